//! `generalise`: how a value is made coarser, held against the kind of value it is applied to.

use std::ops::Range;

use crate::config::spanned::Spanned;

use crate::schema::{IdentifierKind, Logical};

use super::hierarchy::{self, HierarchyProblem};
use super::keep::{Found, column_names, find};
use super::model::{ColumnRef, Generalise};
use super::problem::{Known, Problem};
use super::raw::{RawForm, RawGeneralise};
use super::read::Reader;
use super::sources::Ground;

/// Kind of value that comes out.
pub(super) fn outcome(generalise: &Generalise, before: Logical) -> Logical {
    match generalise {
        Generalise::Keep | Generalise::Clamp { .. } => before,
        Generalise::Age { .. } | Generalise::Year => Logical::Integer,
        Generalise::AgeBand { .. }
        | Generalise::Band { .. }
        | Generalise::Quarter
        | Generalise::Month
        | Generalise::Departement
        | Generalise::Region
        | Generalise::Hierarchy { .. } => Logical::Text,
    }
}

pub(super) const FORMS: [&str; 9] =
    ["age", "band", "year", "quarter", "month", "departement", "region", "clamp", "hierarchy"];

/// One use of `generalise`: what is written, of which column, in which dataset.
struct Use<'u, 'a> {
    raw: &'u RawForm,
    to: &'static str,
    /// Place of the word that says how.
    span: Range<usize>,
    column: &'u Spanned<String>,
    found: &'u Found<'a>,
    ground: &'u Ground,
    dataset: usize,
}

/// Reads `generalise`; absent means that the value leaves as it is. `None` comes with a problem.
pub(super) fn generalise(
    reader: &mut Reader<'_>,
    written: Option<&Spanned<RawGeneralise>>,
    column: &Spanned<String>,
    found: &Found<'_>,
    ground: &Ground,
    dataset: usize,
) -> Option<Generalise> {
    let Some(written) = written else { return Some(Generalise::Keep) };
    let bare = RawForm::default();
    let (raw, word, span) = match written.get_ref() {
        RawGeneralise::Word(word) => (&bare, word.as_str(), written.span()),
        RawGeneralise::Form(form) => match &form.to {
            Some(to) => (&**form, to.get_ref().as_str(), to.span()),
            None => {
                let why = "Say what the value becomes, such as to = \"month\".";
                reader.report(written.span(), Problem::MissingKey { section: "generalise", key: "to", why });
                return None;
            }
        },
    };
    let Some(to) = FORMS.iter().find(|f| **f == word).copied() else {
        let known = Known::new(word, FORMS);
        reader.report(span, Problem::UnknownWord { key: "generalise", word: word.to_owned(), known });
        return None;
    };
    let this = Use { raw, to, span, column, found, ground, dataset };
    this.refuse_stray_options(reader);
    match to {
        "age" => this.needs(reader, &DATES, "a date", DATE_ADVICE).and_then(|()| this.age(reader)),
        "band" => this.band(reader),
        "year" => this.needs(reader, &DATES, "a date", DATE_ADVICE).map(|()| Generalise::Year),
        "quarter" => this.needs(reader, &DATES, "a date", DATE_ADVICE).map(|()| Generalise::Quarter),
        "month" => this.needs(reader, &DATES, "a date", DATE_ADVICE).map(|()| Generalise::Month),
        "departement" => this.place(reader).map(|()| Generalise::Departement),
        "region" => this.place(reader).map(|()| Generalise::Region),
        "clamp" => this.clamp(reader),
        _ => this.hierarchy(reader),
    }
}

const DATES: [Logical; 2] = [Logical::Date, Logical::Datetime];
const NUMBERS: [Logical; 2] = [Logical::Integer, Logical::Number];
const DATE_ADVICE: &str = "Only dates have an age, a year, a quarter or a month.";

impl Use<'_, '_> {
    /// Each form has its options; another form's would be silently without effect.
    fn refuse_stray_options(&self, reader: &mut Reader<'_>) {
        let raw = self.raw;
        let dated = DATES.contains(&self.found.logical);
        let options: [(&'static str, Option<Range<usize>>, bool); 6] = [
            ("at", raw.at.as_ref().map(Spanned::span), self.to == "age" || (self.to == "band" && dated)),
            ("bounds", raw.bounds.as_ref().map(Spanned::span), self.to == "band"),
            ("bottom", raw.bottom.as_ref().map(Spanned::span), self.to == "clamp"),
            ("top", raw.top.as_ref().map(Spanned::span), self.to == "clamp"),
            ("file", raw.file.as_ref().map(Spanned::span), self.to == "hierarchy"),
            ("level", raw.level.as_ref().map(Spanned::span), self.to == "hierarchy"),
        ];
        for (key, span, belongs) in options {
            if let (Some(span), false) = (span, belongs) {
                reader.report(span, Problem::StrayOption { key, to: self.to });
            }
        }
    }

    fn needs(
        &self,
        reader: &mut Reader<'_>,
        kinds: &[Logical],
        expected: &'static str,
        advice: &'static str,
    ) -> Option<()> {
        if kinds.contains(&self.found.logical) {
            return Some(());
        }
        let (column, kind) = (self.column.get_ref().clone(), self.found.logical.word());
        reader.report(self.span.clone(), Problem::ColumnType { column, kind, expected, advice });
        None
    }

    fn age(&self, reader: &mut Reader<'_>) -> Option<Generalise> {
        self.at(reader).map(|at| Generalise::Age { at })
    }

    /// The date at which an age is counted: `at`, else the event date of the source.
    fn at(&self, reader: &mut Reader<'_>) -> Option<ColumnRef> {
        let Some(written) = &self.raw.at else {
            let source = self.ground.datasets[self.dataset].source;
            let default = self.ground.event_dates[source].map(ColumnRef::Own);
            if default.is_none() {
                let dataset = self.ground.name(self.dataset).to_owned();
                let column = self.column.get_ref().clone();
                reader.report(self.span.clone(), Problem::MissingAt { column, dataset });
            }
            return default;
        };
        let Some(at) = find(self.ground, self.dataset, written.get_ref()) else {
            let known = Known::new(written.get_ref(), column_names(self.ground, self.dataset));
            let place = format!("`{}`", self.ground.name(self.dataset));
            let column = written.get_ref().clone();
            reader.report(written.span(), Problem::UnknownColumn { column, place, known });
            return None;
        };
        let column = written.get_ref().clone();
        if at.role.never_leaves() {
            reader.report(written.span(), Problem::IdentifierLeaves { column, role: at.role });
            return None;
        }
        if !DATES.contains(&at.logical) {
            let kind = at.logical.word();
            let advice = "Name the date of the event.";
            reader.report(written.span(), Problem::ColumnType { column, kind, expected: "a date", advice });
            return None;
        }
        Some(at.from)
    }

    fn band(&self, reader: &mut Reader<'_>) -> Option<Generalise> {
        let advice = "Bands are made of numbers, or of the age from a birth date.";
        let kinds = [Logical::Date, Logical::Datetime, Logical::Integer, Logical::Number];
        self.needs(reader, &kinds, "a number or a date", advice)?;
        let whole = self.found.logical != Logical::Number;
        let bounds = self.bounds(reader, whole);
        if DATES.contains(&self.found.logical) {
            let at = self.at(reader)?;
            let bounds = bounds?;
            if bounds[0] < 0.0 {
                reader.report(self.span.clone(), Problem::Bounds);
            }
            // `bounds` has let through whole numbers under 2^53 only.
            return Some(Generalise::AgeBand { at, bounds: bounds.into_iter().map(|b| b as i64).collect() });
        }
        Some(Generalise::Band { bounds: bounds? })
    }

    /// Lower bounds: at least one, finite, ascending, whole where the values are.
    fn bounds(&self, reader: &mut Reader<'_>, whole: bool) -> Option<Vec<f64>> {
        const LARGEST: f64 = 9_007_199_254_740_992.0;
        let Some(written) = &self.raw.bounds else {
            let why = "Write the lower bound of every band: bounds = [18, 45, 70].";
            reader.report(self.span.clone(), Problem::MissingKey { section: "generalise", key: "bounds", why });
            return None;
        };
        let bounds: Vec<f64> = written.get_ref().iter().map(|b| *b.get_ref()).collect();
        let sound = |b: &f64| b.abs() < LARGEST && (!whole || b.fract() == 0.0);
        if bounds.is_empty() || !bounds.iter().all(sound) || !bounds.is_sorted_by(|a, b| a < b) {
            reader.report(written.span(), Problem::Bounds);
            return None;
        }
        Some(bounds)
    }

    /// Departments and regions come from communes; a postcode is never taken for one.
    fn place(&self, reader: &mut Reader<'_>) -> Option<()> {
        let name = self.column.get_ref().to_lowercase();
        let identifier = self.found.field.and_then(|f| f.identifier);
        let column = self.column.get_ref().clone();
        if identifier == Some(IdentifierKind::Postcode) || name.contains("postal") || name.contains("postcode") {
            reader.report(self.column.span(), Problem::Postcode { column });
            return None;
        }
        let commune = identifier == Some(IdentifierKind::Commune);
        let departement = identifier.is_none() && (name.ends_with("departement") || name.ends_with("département"));
        if self.found.logical == Logical::Text && (commune || departement) {
            return Some(());
        }
        let kind = self.found.logical.word();
        let advice = "Departments and regions are found from commune codes: if it holds them, write \"tamis:identifier\": \"commune\" in the schema.";
        reader.report(self.span.clone(), Problem::ColumnType { column, kind, expected: "a commune code", advice });
        None
    }

    fn clamp(&self, reader: &mut Reader<'_>) -> Option<Generalise> {
        self.needs(reader, &NUMBERS, "a number", "Only numbers have a lowest and a highest value.")?;
        let value = |at: &Option<Spanned<f64>>| at.as_ref().map(|v| *v.get_ref());
        let (bottom, top) = (value(&self.raw.bottom), value(&self.raw.top));
        let expected = "Write bottom, top or both: finite numbers, bottom under top, whole where the column is.";
        let whole = self.found.logical == Logical::Integer;
        let sound = |v: f64| v.is_finite() && (!whole || v.fract() == 0.0);
        let crossed = bottom.zip(top).is_some_and(|(b, t)| b >= t);
        let empty = bottom.is_none() && top.is_none();
        if empty || crossed || ![bottom, top].into_iter().flatten().all(sound) {
            let span = self.raw.top.as_ref().or(self.raw.bottom.as_ref()).map_or(self.span.clone(), Spanned::span);
            reader.report(span, Problem::BadValue { key: "clamp", expected });
            return None;
        }
        Some(Generalise::Clamp { bottom, top })
    }

    fn hierarchy(&self, reader: &mut Reader<'_>) -> Option<Generalise> {
        let kinds = [Logical::Text, Logical::Integer, Logical::Boolean];
        self.needs(reader, &kinds, "a code", "Make dates coarser with \"month\", measures with \"band\".")?;
        let Some(file) = &self.raw.file else {
            let why = "Name the hierarchy file: file = \"…\", level = 1.";
            reader.report(self.span.clone(), Problem::MissingKey { section: "generalise", key: "file", why });
            return None;
        };
        let level = self.raw.level.as_ref().map_or(1, |l| *l.get_ref());
        let path = reader.path(file.get_ref());
        let map = match hierarchy::read(&path, level) {
            Ok(map) => map,
            Err(problem) => {
                let asked = matches!(problem, Problem::Hierarchy { what: HierarchyProblem::NoSuchLevel { .. }, .. });
                let span = self.raw.level.as_ref().filter(|_| asked).map_or(file.span(), Spanned::span);
                reader.report(span, problem);
                return None;
            }
        };
        let allowed = self.found.field.and_then(|f| f.constraints.allowed.as_ref());
        if let Some(code) = allowed.into_iter().flatten().find(|code| !map.contains_key(*code)) {
            let what = HierarchyProblem::Lacks { code: code.clone() };
            reader.report(file.span(), Problem::Hierarchy { path, what });
            return None;
        }
        // The level was found in the file, so it fits.
        let level = usize::try_from(level).unwrap_or(usize::MAX);
        Some(Generalise::Hierarchy { map, path, level })
    }
}
