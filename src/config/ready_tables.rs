//! Tables that were made elsewhere and are to be protected: the file of `tamis protect tables`.

use std::path::{Path, PathBuf};

use super::concentration::Concentration;
use super::error::ConfigErrors;
use super::form::{self, Entry, ReadyDocument};
use super::ledger::{self, Ledger};
use super::model::Threshold;
use super::outputs::output_name;
use super::perturb::Perturb;
use super::problem::{Known, Problem};
use super::raw::{At, List, RawMargins, Scalar};
use super::read::Reader;
use super::ready_method;
use super::ready_method::ChosenBy;
use super::ready_raw::{RawReadyProtect, RawReadyTable, RawReadyTables};
use super::words;
use super::{ready_perturb, ready_rules};
use crate::keys::KeySource;

/// The columns that are written beside those of a table.
const WRITTEN: [&str; 2] = ["statut", "marque"];

/// Tables to be protected together, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyTables {
    /// What a suppressed cell costs.
    pub objective: Objective,
    /// The part of its size by which an unsafe cell must stay unsure where its rule does not say by how much.
    pub safety_range: Percentage,
    /// How cells are chosen that protect others.
    pub method: ChosenBy,
    /// Columns that are levels of one another, the finest first; `None` where that is found in the tables.
    pub hierarchies: Option<Vec<Vec<String>>>,
    /// Where they are written down, and what they are held against.
    pub ledger: Option<Ledger>,
    /// The tables, at least one.
    pub tables: Vec<ReadyTable>,
}

/// What a suppressed cell costs, unless its table says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// The size of its value.
    Value,
    /// Each the same.
    Cells,
    /// How many sums lie between it and the nearest unsafe cell.
    Distance,
}

impl Objective {
    /// Every objective by the word that names it.
    pub(super) const WORDS: [(&'static str, Self); 3] =
        [("value", Self::Value), ("cells", Self::Cells), ("distance", Self::Distance)];

    /// The word that names it.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, objective)| *objective == self).map_or("value", |(word, _)| word)
    }
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyTable {
    /// Name of the file that is written.
    pub name: String,
    /// The file that is read.
    pub file: PathBuf,
    /// Columns that make the cells.
    pub by: Vec<String>,
    /// What stands for all values together.
    pub total: String,
    /// The column of numbers; `None` where records are counted.
    pub value: Option<String>,
    /// What the numbers are.
    pub measure: ReadyMeasure,
    /// What a row of the file is.
    pub form: ReadyForm,
    /// Which cells are unsafe.
    pub rules: ReadyRules,
    /// How its counts are changed, in place of suppressing cells.
    pub perturb: Option<ReadyPerturb>,
}

/// How the counts of a table made elsewhere are changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyPerturb {
    /// The method.
    pub how: Perturb,
    /// The root key of what is drawn; `None` where nothing is.
    pub key: Option<KeySource>,
    /// For noise, the file that lists all cells.
    pub cells: Option<PathBuf>,
    /// For noise over a table of cells: in how many of its cells one contributor counts, totals among them, at most.
    pub cells_per_contributor: Option<u32>,
}

impl ReadyTable {
    /// Whether it shows the same numbers as another table, along a column that both have.
    #[must_use]
    pub fn is_linked(&self, other: &Self) -> bool {
        (self.value_label(), self.measure) == (other.value_label(), other.measure)
            && self.by.iter().any(|column| other.by.contains(column))
    }

    /// The name of the column of numbers that is written.
    #[must_use]
    pub fn value_label(&self) -> &str {
        self.value.as_deref().unwrap_or("records")
    }
}

/// What a table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadyMeasure {
    /// Sums.
    Amount,
    /// Numbers of contributors or of records.
    Count,
}

/// What a row of a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadyForm {
    /// A cell.
    Cells {
        /// Column of distinct contributors.
        contributors: Option<String>,
        /// Columns of the largest contributions, falling.
        largest: Vec<String>,
        /// Column of decisions by hand.
        decision: Option<String>,
        /// Column of costs.
        cost: Option<String>,
    },
    /// A contribution.
    Microdata {
        /// Column of contributors; without it every row is one.
        contributor: Option<String>,
        /// Column of what contributors belong to.
        holding: Option<String>,
        /// Column of sampling weights.
        weight: Option<String>,
        /// For each column of `by`, whether totals over it are shown.
        margins: Vec<bool>,
    },
}

/// The rules of a table; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyRules {
    /// Fewest distinct contributors.
    pub threshold: Option<u64>,
    /// Fewest distinct holdings.
    pub holdings: Option<u64>,
    /// Rules on who contributes how much.
    pub concentration: Concentration,
    /// Whether observed zeros are unsafe.
    pub zeros: bool,
    /// Columns of `by` of which no value may be that of everybody of a line.
    pub group: Vec<String>,
}

impl ReadyRules {
    /// What counts as few contributors where nothing is suppressed.
    fn of_perturbed() -> Self {
        let (holdings, concentration, zeros) = (None, Concentration::default(), false);
        Self { threshold: Some(Threshold::DEFAULT.get()), holdings, concentration, zeros, group: Vec::new() }
    }
}

/// A percentage as written: digits, and at most one point and nine decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Percentage(String);

impl Percentage {
    /// A percentage, with or without its sign; `None` for any other text.
    pub(super) fn new(written: &Scalar) -> Option<Self> {
        Self::of_text(&written.to_string())
    }

    /// The same of a text.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('%').trim_end();
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit());
        (digits(whole) && digits(decimals)).then(|| Self(text.to_owned()))
    }

    /// As written, without the sign.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In 10⁻⁹ of a percent.
    pub(super) fn billionths(&self) -> u64 {
        let (whole, decimals) = self.0.split_once('.').unwrap_or((&self.0, "0"));
        format!("{whole}{decimals:0<9}").parse().unwrap_or(u64::MAX)
    }
}

impl ReadyTables {
    /// Reads and checks the file. The tables themselves are not opened.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place and what to do.
    pub fn read(path: &Path) -> Result<Self, ConfigErrors> {
        let super::read::Opened { content, text, .. } = super::read::open_tables(path)?;
        let document = form::ready(&text, &content).map_err(|problems| ConfigErrors::new(path, problems))?;
        let mut reader = Reader::new(&text, path.parent().unwrap_or(Path::new("")), content.len());
        let found = tables(&mut reader, &document);
        match (found, reader.into_problems()) {
            (Some(found), problems) if problems.is_empty() => Ok(found),
            (_, problems) => Err(ConfigErrors::new(path, problems)),
        }
    }
}

fn tables(reader: &mut Reader<'_>, document: &ReadyDocument) -> Option<ReadyTables> {
    let head = document.head.as_ref().map(|entry| &entry.raw);
    let objective = head.and_then(|raw| raw.objective.clone());
    let objective = reader.word(&objective, "objective", Objective::Value, &Objective::WORDS);
    let safety_range = safety_range(reader, head);
    if document.tables.is_empty() {
        let why = "Name the tables to protect: [[table]] with name, file, form, by, value and [table.protect].";
        let span = reader.end();
        reader.report(span, Problem::MissingSection { section: "table", why });
    }
    let mut tables: Vec<ReadyTable> = Vec::new();
    for entry in &document.tables {
        let Some(table) = table(reader, entry) else { continue };
        if tables.iter().any(|other| other.name == table.name) {
            let span =
                entry.raw.name.as_ref().map_or_else(|| entry.span.clone(), crate::config::spanned::Spanned::span);
            reader.report(span, Problem::DuplicateName { what: "table", name: table.name.clone() });
        }
        tables.push(table);
    }
    ready_perturb::judge(reader, document, &tables);
    let method = head.map_or(ChosenBy::Elimination, |head| ready_method::method(reader, &head.method, &head.seconds));
    let hierarchies = ready_method::hierarchies(reader, head.map(|raw| &raw.hierarchy), &tables);
    let ledger = document.ledger.as_ref().map(|entry| ledger::of_entry(reader, entry));
    let ledger = match ledger {
        Some(read) => {
            document.tables.iter().for_each(|entry| comparable(reader, entry));
            Some(read?)
        }
        None => None,
    };
    Some(ReadyTables { objective, safety_range: safety_range?, method, hierarchies, ledger, tables })
}

/// Whether a table tells what is needed to compare it with others: what few are, and of sums how many contribute.
fn comparable(reader: &mut Reader<'_>, entry: &Entry<RawReadyTable>) {
    let raw = &entry.raw;
    raw.perturb.iter().for_each(|perturb| ledger::no_sums(reader, perturb));
    if let Some(protect) = raw.protect.as_ref().filter(|protect| protect.get_ref().threshold.is_none()) {
        let why = "Beside a ledger it says how many contributors are few between two releases: threshold = 3.";
        let (section, key) = ("[table.protect]", "threshold");
        reader.report(protect.span(), Problem::MissingKey { section, key, why });
    }
    let is = |word: &At<String>, of: &str| word.as_ref().is_some_and(|word| word.get_ref() == of);
    if is(&raw.form, "cells") && !is(&raw.measure, "count") && raw.contributors.is_none() {
        let why = "Beside a ledger sums are compared by their contributors: name the column with their number.";
        reader.report(entry.span.clone(), Problem::MissingKey { section: "[[table]]", key: "contributors", why });
    }
}

fn safety_range(reader: &mut Reader<'_>, head: Option<&RawReadyTables>) -> Option<Percentage> {
    let Some(written) = head.and_then(|raw| raw.safety_range.as_ref()) else {
        return Some(Percentage("10".to_owned()));
    };
    let found = Percentage::new(written.get_ref()).filter(|range| range.billionths() > 0);
    if found.is_none() {
        let expected = "Write a percentage above 0, such as \"10%\".";
        reader.report(written.span(), Problem::BadValue { key: "safety_range", expected });
    }
    found
}

fn table(reader: &mut Reader<'_>, entry: &Entry<RawReadyTable>) -> Option<ReadyTable> {
    let raw = &entry.raw;
    let name = output_name(reader, &raw.name, entry, "[[table]]").map(|name| name.get_ref().clone());
    let why = "Name the CSV or Parquet file with the cells or contributions.";
    let file = reader.required_text(&raw.file, entry, ("[[table]]", "file"), why).map(|f| f.get_ref().clone());
    let why = "Name the columns that make the cells: by = [\"departement\", \"secteur\"].";
    let by = reader.required(&raw.by, entry, ("[[table]]", "by"), why).is_some().then(|| columns(reader, &raw.by));
    if let Some(list) = raw.by.as_ref().filter(|list| list.get_ref().is_empty()) {
        reader.report(list.span(), Problem::BadValue { key: "by", expected: why });
    }
    let why = "Say what a row of the file is: form = \"cells\" or form = \"microdata\".";
    let told = reader.required(&raw.form, entry, ("[[table]]", "form"), why).is_some();
    let microdata = reader.word(&raw.form, "form", false, &[("cells", false), ("microdata", true)]);
    let default = if raw.value.is_none() { ReadyMeasure::Count } else { ReadyMeasure::Amount };
    let words = [("amount", ReadyMeasure::Amount), ("count", ReadyMeasure::Count)];
    let measure = reader.word(&raw.measure, "measure", default, &words);
    if raw.value.is_none() && told && (!microdata || measure == ReadyMeasure::Amount) {
        let why = "Name the column of numbers; only records of microdata are counted without one.";
        reader.report(entry.span.clone(), Problem::MissingKey { section: "[[table]]", key: "value", why });
    }
    let by = by?;
    let form = if microdata { of_microdata(reader, raw, &by) } else { of_cells(reader, raw) };
    columns_differ(reader, raw, &by);
    let perturb = raw.perturb.as_ref().map(|written| ready_perturb::perturb(reader, raw, written, (measure, &form)));
    if let (None, Some(stray)) = (&raw.perturb, &raw.cells_per_contributor) {
        let why = "it bounds what one contributor adds to a table that gets noise.";
        reader.report(stray.span(), Problem::Conflict { key: "cells_per_contributor", other: "protect", why });
    }
    let rules = match perturb {
        None => ready_rules::rules(reader, entry, (measure, &form, &raw.protect), &by),
        Some(_) => Some(ReadyRules::of_perturbed()),
    };
    told.then_some(())?;
    let perturb = match perturb {
        Some(perturb) => Some(perturb?),
        None => None,
    };
    Some(ReadyTable {
        name: name?,
        file: reader.path(&file?),
        by,
        total: raw.total.as_ref().map_or_else(|| "_T".to_owned(), |total| total.get_ref().clone()),
        value: raw.value.as_ref().map(|value| value.get_ref().clone()),
        measure,
        form,
        rules: rules?,
        perturb,
    })
}

/// A list of columns, each named once.
fn columns(reader: &mut Reader<'_>, list: &List<String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for column in list.iter().flat_map(|list| list.get_ref()) {
        let name = column.get_ref();
        if found.contains(name) {
            reader.report(column.span(), Problem::ColumnTwice { column: name.clone() });
        } else if !words::is_column_name(name) {
            let expected = "Write a name of visible characters, at most 100 bytes.";
            reader.report(column.span(), Problem::BadValue { key: "by", expected });
        }
        found.push(name.clone());
    }
    found
}

/// No column of the written file has the name of another.
fn columns_differ(reader: &mut Reader<'_>, raw: &RawReadyTable, by: &[String]) {
    let names = raw.by.iter().flat_map(|list| list.get_ref()).chain(&raw.value);
    let twice = raw.value.as_ref().filter(|value| by.contains(value.get_ref()));
    let unnamed = |name: &&crate::config::spanned::Spanned<String>| raw.value.is_none() && name.get_ref() == "records";
    for name in names.filter(|name| WRITTEN.contains(&name.get_ref().as_str()) || unnamed(name)).chain(twice) {
        let (what, name_) = ("column of the table that is written", name.get_ref().clone());
        reader.report(name.span(), Problem::DuplicateName { what, name: name_ });
    }
}

/// A key that belongs to the other form.
fn stray<T>(reader: &mut Reader<'_>, value: &At<T>, key: &'static str, why: &'static str) {
    if let Some(value) = value {
        reader.report(value.span(), Problem::Conflict { key, other: "form", why });
    }
}

fn text(value: &At<String>) -> Option<String> {
    value.as_ref().map(|value| value.get_ref().clone())
}

fn of_cells(reader: &mut Reader<'_>, raw: &RawReadyTable) -> ReadyForm {
    let why = "it is told of contributions, form = \"microdata\".";
    stray(reader, &raw.contributor, "contributor", why);
    stray(reader, &raw.holding, "holding", why);
    stray(reader, &raw.weight, "weight", why);
    stray(reader, &raw.margins, "margins", "totals of cells are read, not made.");
    ReadyForm::Cells {
        contributors: text(&raw.contributors),
        largest: columns(reader, &raw.largest),
        decision: text(&raw.decision),
        cost: text(&raw.cost),
    }
}

fn of_microdata(reader: &mut Reader<'_>, raw: &RawReadyTable, by: &[String]) -> ReadyForm {
    let why = "it is told of cells, form = \"cells\".";
    stray(reader, &raw.contributors, "contributors", why);
    stray(reader, &raw.largest, "largest", why);
    stray(reader, &raw.decision, "decision", why);
    stray(reader, &raw.cost, "cost", why);
    let margins = match raw.margins.as_ref().map(crate::config::spanned::Spanned::get_ref) {
        None => vec![false; by.len()],
        Some(RawMargins::All(all)) => vec![*all; by.len()],
        Some(RawMargins::Over(list)) => {
            for column in list.iter().filter(|column| !by.contains(column.get_ref())) {
                let known = Known::new(column.get_ref(), by.iter().map(String::as_str));
                let (column_, place) = (column.get_ref().clone(), "this table's `by`".to_owned());
                reader.report(column.span(), Problem::UnknownColumn { column: column_, place, known });
            }
            by.iter().map(|column| list.iter().any(|over| over.get_ref() == column)).collect()
        }
    };
    ReadyForm::Microdata {
        contributor: text(&raw.contributor),
        holding: text(&raw.holding),
        weight: text(&raw.weight),
        margins,
    }
}

/// The rules as they are written.
pub(super) type Written<'a> = (ReadyMeasure, &'a ReadyForm, &'a At<RawReadyProtect>);
