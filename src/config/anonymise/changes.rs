//! `[[change]]`: methods that change values.

use crate::config::spanned::Spanned;

use super::raw::RawChange;
use super::reading::{at_least_one, place, share, within};
use super::{Change, ChangeMethod};
use crate::config::form::{AnonymiseDocument, Entry};
use crate::config::problem::Problem;
use crate::config::raw::At;
use crate::config::read::Reader;

#[derive(Clone, Copy, PartialEq)]
enum Word {
    Cap,
    Round,
    Microaggregate,
    Swap,
    Pram,
    Noise,
}

const WORDS: [(&str, Word); 6] = [
    ("cap", Word::Cap),
    ("round", Word::Round),
    ("microaggregate", Word::Microaggregate),
    ("swap", Word::Swap),
    ("pram", Word::Pram),
    ("noise", Word::Noise),
];

impl Word {
    /// The word, and the keys that mean something for it.
    fn keys(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Cap => ("cap", &["bottom", "top", "at_least", "beyond"]),
            Self::Round => ("round", &["base", "random"]),
            Self::Microaggregate => ("microaggregate", &["k"]),
            Self::Swap => ("swap", &["share"]),
            Self::Pram => ("pram", &["stay", "invariant"]),
            Self::Noise => ("noise", &["share"]),
        }
    }
}

/// Reads all changes. `leaving` are the columns that leave. `None` always comes with a problem.
pub(super) fn changes(
    reader: &mut Reader<'_>,
    document: &AnonymiseDocument,
    leaving: &[String],
) -> Option<Vec<Change>> {
    let one = |entry: &Entry<RawChange>| change(reader, &entry.raw, &entry.span, leaving);
    let found: Vec<Option<Change>> = document.changes.iter().map(one).collect();
    found.into_iter().collect()
}

/// Reads one change of columns that leave. `None` always comes with a problem.
pub(super) fn change(
    reader: &mut Reader<'_>,
    raw: &RawChange,
    span: &std::ops::Range<usize>,
    leaving: &[String],
) -> Option<Change> {
    let entry = &Said { raw, place: Entry { raw: (), span: span.clone() } };
    let why = "Name the method: method = \"cap\".";
    reader.required(&raw.method, &entry.place, ("[[change]]", "method"), why)?;
    let before = reader.count();
    let word = reader.word(&raw.method, "method", Word::Cap, &WORDS);
    if reader.count() > before {
        return None;
    }
    stray(reader, raw, word);
    let names = named(reader, entry)?;
    let mut columns: Vec<String> = Vec::new();
    for name in names {
        place(reader, name, leaving.iter().map(String::as_str), "the columns that leave")?;
        if columns.contains(name.get_ref()) {
            reader.report(name.span(), Problem::ColumnTwice { column: name.get_ref().clone() });
        }
        columns.push(name.get_ref().clone());
    }
    Some(Change { columns, method: method(reader, entry, word)? })
}

/// A change as it is written, and where.
struct Said<'r> {
    raw: &'r RawChange,
    place: Entry<()>,
}

/// The columns of a change: one, or a list.
fn named<'r>(reader: &mut Reader<'_>, said: &Said<'r>) -> Option<Vec<&'r Spanned<String>>> {
    let raw = said.raw;
    if let (Some(column), Some(_)) = (&raw.column, &raw.columns) {
        let why = "columns are named in one place.";
        reader.report(column.span(), Problem::Conflict { key: "column", other: "columns", why });
        return None;
    }
    if let Some(column) = &raw.column {
        return Some(vec![column]);
    }
    let why = "Name the columns whose values change, among those that leave: columns = [\"montant\"].";
    let list = reader.required(&raw.columns, &said.place, ("[[change]]", "columns"), why)?;
    if list.get_ref().is_empty() {
        reader.report(list.span(), Problem::BadValue { key: "columns", expected: why });
    }
    Some(list.get_ref().iter().collect())
}

/// Keys that belong to other methods.
fn stray(reader: &mut Reader<'_>, raw: &RawChange, word: Word) {
    fn span<T>(value: &At<T>) -> Option<std::ops::Range<usize>> {
        value.as_ref().map(Spanned::span)
    }
    let written = [
        ("bottom", span(&raw.bottom)),
        ("top", span(&raw.top)),
        ("at_least", span(&raw.at_least)),
        ("beyond", span(&raw.beyond)),
        ("base", span(&raw.base)),
        ("random", span(&raw.random)),
        ("k", span(&raw.k)),
        ("share", span(&raw.share)),
        ("stay", span(&raw.stay)),
        ("invariant", span(&raw.invariant)),
    ];
    let (to, keys) = word.keys();
    for (key, span) in written.into_iter().filter_map(|(key, span)| Some((key, span?))) {
        if !keys.contains(&key) {
            reader.report(span, Problem::StrayOption { key, to });
        }
    }
}

fn method(reader: &mut Reader<'_>, entry: &Said<'_>, word: Word) -> Option<ChangeMethod> {
    let raw = entry.raw;
    let yes = |flag: &At<bool>| flag.as_ref().is_some_and(|flag| *flag.get_ref());
    let mut needed = |value: &At<f64>, key, expected, sound: &dyn Fn(f64) -> bool| {
        reader.required(value, &entry.place, ("[[change]]", key), expected)?;
        within(reader, value, key, expected, sound)
    };
    match word {
        Word::Cap => cap(reader, entry),
        Word::Round => {
            let expected = "Write a number above 0 to whose multiples values are rounded: base = 5.";
            let base = needed(&raw.base, "base", expected, &|base| base > 0.0)?;
            Some(ChangeMethod::Round { base, random: yes(&raw.random) })
        }
        Word::Microaggregate => {
            let why = "Write the fewest records of a group: k = 5.";
            reader.required(&raw.k, &entry.place, ("[[change]]", "k"), why)?;
            Some(ChangeMethod::Microaggregate { k: at_least_one(reader, &raw.k, "k")? })
        }
        Word::Swap => {
            let expected = "Write the largest distance of a swap as a share of the ranks, from 0 to 1: share = 0.05.";
            Some(ChangeMethod::Swap { share: needed(&raw.share, "share", expected, &share)? })
        }
        Word::Pram => {
            let expected = "Write the probability with which a value stays, from 0 to 1: stay = 0.9.";
            let stay = needed(&raw.stay, "stay", expected, &share)?;
            Some(ChangeMethod::Pram { stay, invariant: yes(&raw.invariant) })
        }
        Word::Noise => {
            let expected = "Write the noise's standard deviation as a share of the column's: share = 0.1.";
            Some(ChangeMethod::Noise { share: needed(&raw.share, "share", expected, &|share| share >= 0.0)? })
        }
    }
}

fn cap(reader: &mut Reader<'_>, entry: &Said<'_>) -> Option<ChangeMethod> {
    let raw = entry.raw;
    let expected = "Write a number.";
    let bottom = within(reader, &raw.bottom, "bottom", expected, |_| true);
    let top = within(reader, &raw.top, "top", expected, |_| true);
    let at_least = at_least_one(reader, &raw.at_least, "at_least");
    let mean = reader.word(&raw.beyond, "beyond", false, &[("limit", false), ("mean", true)]);
    if raw.bottom.is_none() && raw.top.is_none() && raw.at_least.is_none() {
        let why =
            "Say where values end: bottom, top, or both; or at_least = 11, so that as many records stand at each end.";
        let problem = Problem::MissingKey { section: "[[change]]", key: "top", why };
        reader.report(entry.place.span.clone(), problem);
        return None;
    }
    if let (Some(written), true) = (&raw.at_least, raw.bottom.is_some() || raw.top.is_some()) {
        let why = "ends are given, or found from the records.";
        reader.report(written.span(), Problem::Conflict { key: "at_least", other: "top", why });
    }
    if let (Some(low), Some(high), Some(written)) = (bottom, top, &raw.top)
        && low > high
    {
        reader.report(written.span(), Problem::BadValue { key: "top", expected: "Write a number not below bottom." });
    }
    Some(ChangeMethod::Cap { bottom, top, at_least, mean })
}
