//! What was found in judged files, in every format and language. Values in, text out: nothing here reads or writes.
//!
//! No format has a place for a value. What a schema says (names, bounds, allowed values) may stand in all of them.
//!
//! | file | its job |
//! |---|---|
//! | `expected` | what should stand there, by the schema |
//! | `human` | lines for a terminal |
//! | `json` | one document, or a line for each finding |
//! | `sarif` | SARIF 2.1.0, for code hosts and editors |
//! | `junit` | JUnit XML, for build servers |
//! | `doc` | a page about a schema |
//! | `changes` | changes of schemas, reasons of proposals |
//! | `html` | one page that needs neither script nor network |

mod changes;
mod doc;
mod expected;
mod html;
mod human;
mod json;
mod junit;
mod sarif;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::schema::TableSchema;
use crate::validate::{FindingKey, FindingKind, Findings, Place, Shape};
use crate::words::Words;

pub use changes::{Affected, changes, changes_json, reason};
pub use doc::{html as html_page, markdown};
pub use expected::{expected, form, message};

/// A format of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// Lines for a reader.
    Human,
    /// One JSON document.
    Json,
    /// A JSON object a line: every finding, then every count.
    Jsonl,
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML.
    Junit,
    /// A page.
    Html,
}

impl Form {
    /// Every format.
    pub const ALL: [Self; 6] = [Self::Human, Self::Json, Self::Jsonl, Self::Sarif, Self::Junit, Self::Html];

    /// Its word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Html => "html",
        }
    }
}

/// Something to be known that is no finding about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Its name in documents.
    pub code: String,
    /// What it is, and where.
    pub message: String,
    /// What to do.
    pub advice: String,
}

/// The files of one schema and what was found in them.
pub struct Judged<'a> {
    /// Name of the source, or of the schema.
    pub name: &'a str,
    /// The schema.
    pub schema: &'a TableSchema,
    /// Where the schema is, as it was named.
    pub schema_path: String,
    /// The files, by their number in findings.
    pub files: &'a [PathBuf],
    /// Number of labels of each file.
    pub columns: &'a [usize],
    /// Records read.
    pub read: u64,
    /// Records with a finding.
    pub rejected: u64,
    /// Records that a filter leaves out.
    pub filtered: u64,
    /// What was found.
    pub findings: &'a Findings,
    /// What is to be known besides.
    pub warnings: Vec<Warning>,
}

/// What is told, and how much of it.
pub struct Report<'a> {
    /// The sources, in their order.
    pub sources: Vec<Judged<'a>>,
    /// First places told of each field and rule.
    pub places: usize,
    /// Findings listed one by one, over all sources.
    pub most: usize,
}

/// One finding at one place.
pub struct Single<'a> {
    /// What it is counted by.
    pub key: &'a FindingKey,
    /// Where.
    pub place: Place,
    /// The masked form of the cell.
    pub shape: Option<&'a Shape>,
}

impl Single<'_> {
    /// The row as a spreadsheet numbers it, the header being row 1; `None` for the header.
    #[must_use]
    pub fn row(&self) -> Option<u64> {
        row(self.place)
    }
}

/// The row of a place as a spreadsheet numbers it.
fn row(place: Place) -> Option<u64> {
    (place.record > 0).then_some(place.record + 1)
}

/// The line of a place, where it is known.
fn line(place: Place) -> Option<u64> {
    (place.line > 0).then_some(place.line)
}

impl Judged<'_> {
    /// The field that findings are about; for values that are unique the fields of the key.
    #[must_use]
    pub fn field_of<'k>(&self, key: &'k FindingKey) -> Option<&'k str> {
        let of_key = matches!(key.kind, FindingKind::UniqueError | FindingKind::PrimaryKey);
        key.field.as_deref().or_else(|| key.rule.as_deref().filter(|_| of_key))
    }

    /// The column that a finding is about, from 1, as the Frictionless framework numbers it.
    #[must_use]
    pub fn number_of(&self, key: &FindingKey, place: Place) -> Option<usize> {
        let cells = || self.columns.get(place.file as usize).map(|n| n + 1);
        match key.kind {
            FindingKind::PrimaryKey => None,
            FindingKind::ExtraCell => cells(),
            _ => key.column().or_else(|| Some(self.schema.position(self.field_of(key)?)? + 1)),
        }
    }

    /// The file of a place, as it was named.
    #[must_use]
    pub fn file(&self, place: Place) -> String {
        self.files.get(place.file as usize).map(|p| p.display().to_string()).unwrap_or_default()
    }

    /// Findings one by one in the order of the files, their records and columns: the first places of each field and rule.
    #[must_use]
    pub fn singles(&self, places: usize) -> Vec<Single<'_>> {
        let all = self.findings.iter().flat_map(|(key, found)| {
            let first = found.places.iter().zip(&found.shapes).take(places);
            first.map(move |(place, shape)| Single { key, place: *place, shape: shape.as_ref() })
        });
        let mut all: Vec<Single<'_>> = all.collect();
        all.sort_by_key(|s| {
            let column = self.number_of(s.key, s.place).unwrap_or(0);
            (s.place.file, s.place.record, column, s.key.kind, s.key.rule.clone())
        });
        all
    }
}

impl Report<'_> {
    /// Findings one by one with their sources, no more than are to be listed.
    fn listed(&self) -> impl Iterator<Item = (&Judged<'_>, Single<'_>)> {
        let all = self.sources.iter().flat_map(|s| s.singles(self.places).into_iter().map(move |single| (s, single)));
        all.take(self.most)
    }

    /// Number of all findings.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.sources.iter().map(|s| s.findings.total()).sum()
    }

    /// The report in a format and a language.
    #[must_use]
    pub fn write(&self, form: Form, words: &Words) -> String {
        match form {
            Form::Human => human::write(self, words),
            Form::Json => json::document(self, words),
            Form::Jsonl => json::lines(self, words),
            Form::Sarif => sarif::write(self, words),
            Form::Junit => junit::write(self, words),
            Form::Html => html::write(self, words),
        }
    }
}

/// What a finding means, what should stand there, and the masked form: one sentence.
fn sentence(words: &Words, source: &Judged<'_>, key: &FindingKey, shape: Option<&Shape>) -> String {
    let mut text = match source.field_of(key) {
        Some(field) => format!("{field}{}{}", words.lang.pick(": ", "\u{a0}: "), message(words, key)),
        None => message(words, key),
    };
    if let Some(expected) = expected(words, source.schema, key) {
        text.push_str(then(words));
        text.push_str(&words.tell("report-expected", &[("expected", (&expected).into())]));
    }
    if let Some(shape) = shape {
        text.push_str(then(words));
        text.push_str(&words.tell("report-form", &[("shape", shape.as_str().into())]));
    }
    text
}

/// What stands between two parts of a sentence.
fn then(words: &Words) -> &'static str {
    words.lang.pick("; ", "\u{a0}; ")
}

/// A place in words.
fn place(words: &Words, place: Place) -> String {
    let record = words.lang.number(place.record);
    match (place.record, place.line) {
        (0, _) => words.say("report-header"),
        (_, 0) => words.tell("report-place-record", &[("record", (&record).into())]),
        (_, line) => {
            let line = words.lang.number(line);
            words.tell("report-place", &[("record", (&record).into()), ("line", (&line).into())])
        }
    }
}
