//! TOML text → [`Document`]: all unknown keys and wrong kinds of value are found, not only the first.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::anonymise::raw::{
    RawAnonymise, RawChange, RawEvidence, RawLoss, RawQuasi, RawRisk, RawRule, RawSearch, RawSensitive,
};
use super::error::{ConfigError, Text};
use super::problem::{Known, Problem};
use super::raw::{
    RawAggregate, RawDerive, RawDestroy, RawExclude, RawExport, RawJoin, RawKeep, RawLedger, RawLimits, RawPersons,
    RawPipeline, RawRecipient, RawSample, RawSender, RawSource, RawSubject,
};
use super::ready_raw::{RawReadyTable, RawReadyTables};

/// A section as written, and where it starts.
pub(super) struct Entry<T> {
    pub raw: T,
    pub span: Range<usize>,
}

/// A pipeline file whose keys are all known and whose values are all of the right kind.
#[derive(Default)]
pub(super) struct Document {
    pub pipeline: Option<Entry<RawPipeline>>,
    pub limits: Option<Entry<RawLimits>>,
    pub sender: Option<Entry<RawSender>>,
    pub recipients: Vec<Entry<RawRecipient>>,
    pub sources: Vec<Entry<RawSource>>,
    pub joins: Vec<Entry<RawJoin>>,
    pub excludes: Vec<Entry<RawExclude>>,
    pub subject: Option<Entry<RawSubject>>,
    pub derives: Vec<Entry<RawDerive>>,
    pub keeps: Vec<Entry<RawKeep>>,
    pub sample: Option<Entry<RawSample>>,
    pub persons: Vec<Entry<RawPersons>>,
    pub aggregates: Vec<Entry<RawAggregate>>,
    pub ledger: Option<Entry<RawLedger>>,
    pub export: Option<Entry<RawExport>>,
    pub destroy: Option<Entry<RawDestroy>>,
}

pub(super) const SECTIONS: [&str; 16] = [
    "pipeline",
    "limits",
    "sender",
    "recipient",
    "source",
    "join",
    "exclude",
    "subject",
    "derive",
    "keep",
    "sample",
    "persons",
    "aggregate",
    "ledger",
    "export",
    "destroy",
];

/// A file of tables to protect whose keys are all known and whose values are all of the right kind.
#[derive(Default)]
pub(super) struct ReadyDocument {
    pub head: Option<Entry<RawReadyTables>>,
    pub ledger: Option<Entry<RawLedger>>,
    pub tables: Vec<Entry<RawReadyTable>>,
}

const READY_SECTIONS: [&str; 3] = ["tables", "ledger", "table"];

/// A file of persons to anonymise whose keys are all known and whose values are all of the right kind.
#[derive(Default)]
pub(super) struct AnonymiseDocument {
    pub head: Option<Entry<RawAnonymise>>,
    pub quasi: Vec<Entry<RawQuasi>>,
    pub sensitive: Vec<Entry<RawSensitive>>,
    pub rules: Vec<Entry<RawRule>>,
    pub changes: Vec<Entry<RawChange>>,
    pub loss: Option<Entry<RawLoss>>,
    pub search: Option<Entry<RawSearch>>,
    pub evidence: Option<Entry<RawEvidence>>,
    pub risk: Option<Entry<RawRisk>>,
}

const ANONYMISE_SECTIONS: [&str; 9] =
    ["anonymise", "quasi", "sensitive", "rule", "change", "loss", "search", "evidence", "risk"];

/// Most errors of syntax that are told: one often brings all others.
const MOST_ERRORS: usize = 20;

/// The sections of a text.
fn root_of<'t>(text: &Text, content: &'t str) -> Result<DeTable<'t>, Vec<ConfigError>> {
    let (root, errors) = DeTable::parse_recoverable(content);
    if errors.is_empty() {
        return Ok(root.into_inner());
    }
    let syntax = |e: toml::de::Error| {
        let span = e.span().filter(|s| !s.is_empty()).unwrap_or_else(|| line_of(content, &e));
        ConfigError::at(text, span, Problem::Syntax { message: e.message().to_owned() })
    };
    Err(errors.into_iter().take(MOST_ERRORS).map(syntax).collect())
}

/// Reads the text of a file of tables to protect.
///
/// # Errors
/// Everything that is wrong with the form of the file.
pub(super) fn ready(text: &Text, content: &str) -> Result<ReadyDocument, Vec<ConfigError>> {
    let root = root_of(text, content)?;
    let mut form = Form { text, problems: Vec::new() };
    let mut found = ReadyDocument::default();
    for (key, value) in root {
        match &**key.get_ref() {
            "tables" => found.head = form.single("tables", value),
            "ledger" => found.ledger = form.single("ledger", value),
            "table" => found.tables = form.list("table", value),
            other => {
                let problem = Problem::UnknownKey { key: other.to_owned(), known: Known::new(other, READY_SECTIONS) };
                form.problems.push(ConfigError::at(text, key.span(), problem));
            }
        }
    }
    if form.problems.is_empty() { Ok(found) } else { Err(form.problems) }
}

/// Reads the text of a file of persons to anonymise.
///
/// # Errors
/// Everything that is wrong with the form of the file.
pub(super) fn anonymise(text: &Text, content: &str) -> Result<AnonymiseDocument, Vec<ConfigError>> {
    let root = root_of(text, content)?;
    let mut form = Form { text, problems: Vec::new() };
    let mut found = AnonymiseDocument::default();
    for (key, value) in root {
        match &**key.get_ref() {
            "anonymise" => found.head = form.single("anonymise", value),
            "quasi" => found.quasi = form.list("quasi", value),
            "sensitive" => found.sensitive = form.list("sensitive", value),
            "rule" => found.rules = form.list("rule", value),
            "change" => found.changes = form.list("change", value),
            "loss" => found.loss = form.single("loss", value),
            "search" => found.search = form.single("search", value),
            "evidence" => found.evidence = form.single("evidence", value),
            "risk" => found.risk = form.single("risk", value),
            other => {
                let known = Known::new(other, ANONYMISE_SECTIONS);
                let problem = Problem::UnknownKey { key: other.to_owned(), known };
                form.problems.push(ConfigError::at(text, key.span(), problem));
            }
        }
    }
    if form.problems.is_empty() { Ok(found) } else { Err(form.problems) }
}

/// Reads the text.
///
/// # Errors
/// Everything that is wrong with the form of the file.
pub(super) fn document(text: &Text, content: &str) -> Result<Document, Vec<ConfigError>> {
    let root = root_of(text, content)?;
    let mut form = Form { text, problems: Vec::new() };
    let mut found = Document::default();
    for (key, value) in root {
        match &**key.get_ref() {
            "pipeline" => found.pipeline = form.single("pipeline", value),
            "limits" => found.limits = form.single("limits", value),
            "sender" => found.sender = form.single("sender", value),
            "recipient" => found.recipients = form.list("recipient", value),
            "source" => found.sources = form.list("source", value),
            "join" => found.joins = form.list("join", value),
            "exclude" => found.excludes = form.list("exclude", value),
            "subject" => found.subject = form.single("subject", value),
            "derive" => found.derives = form.list("derive", value),
            "keep" => found.keeps = form.list("keep", value),
            "sample" => found.sample = form.single("sample", value),
            "persons" => found.persons = form.list("persons", value),
            "aggregate" => found.aggregates = form.list("aggregate", value),
            "ledger" => found.ledger = form.single("ledger", value),
            "export" => found.export = form.single("export", value),
            "destroy" => found.destroy = form.single("destroy", value),
            other => {
                let problem = Problem::UnknownKey { key: other.to_owned(), known: Known::new(other, SECTIONS) };
                form.problems.push(ConfigError::at(text, key.span(), problem));
            }
        }
    }
    if form.problems.is_empty() { Ok(found) } else { Err(form.problems) }
}

/// Whether a line of the text begins a section of a pipeline.
pub(super) fn has_a_section(content: &str) -> bool {
    begins_one_of(content, &SECTIONS)
}

/// Whether a line of the text begins a section of a file of tables to protect.
pub(super) fn has_a_table(content: &str) -> bool {
    // A ledger is in pipelines too.
    begins_one_of(content, &["tables", "table"])
}

/// Whether a line of the text begins a section of a file of persons to anonymise.
pub(super) fn has_persons(content: &str) -> bool {
    begins_one_of(content, &ANONYMISE_SECTIONS)
}

fn begins_one_of(content: &str, sections: &[&str]) -> bool {
    let names = content.lines().filter_map(|line| line.trim_start().strip_prefix('['));
    names
        .map(|name| name.trim_start_matches('['))
        .any(|name| sections.iter().any(|section| name.strip_prefix(section).is_some_and(|rest| rest.starts_with(']'))))
}

/// The line of an error that is about nothing that stands there, such as a value that is missing.
fn line_of(content: &str, error: &toml::de::Error) -> Range<usize> {
    let at = error.span().map_or(0, |s| s.start).min(content.len());
    let start = content[..at].rfind('\n').map_or(0, |n| n + 1);
    let end = content[at..].find('\n').map_or(content.len(), |n| at + n);
    start..end
}

struct Form<'a> {
    text: &'a Text,
    problems: Vec<ConfigError>,
}

impl Form<'_> {
    fn single<T: for<'de> Deserialize<'de>>(
        &mut self,
        section: &'static str,
        value: Spanned<DeValue<'_>>,
    ) -> Option<Entry<T>> {
        if value.get_ref().is_table() {
            return self.entry(value);
        }
        let span = place_of(&value);
        self.problems.push(ConfigError::at(self.text, span, Problem::WrongBrackets { section, list: false }));
        None
    }

    fn list<T: for<'de> Deserialize<'de>>(
        &mut self,
        section: &'static str,
        value: Spanned<DeValue<'_>>,
    ) -> Vec<Entry<T>> {
        let span = place_of(&value);
        match value.into_inner() {
            DeValue::Array(items) if items.iter().all(|v| v.get_ref().is_table()) => {
                items.into_iter().filter_map(|item| self.entry(item)).collect()
            }
            _ => {
                self.problems.push(ConfigError::at(self.text, span, Problem::WrongBrackets { section, list: true }));
                Vec::new()
            }
        }
    }

    /// Deserialises one section. What serde refuses is reported and taken out, and the rest is tried again, so that
    /// one reading shows everything.
    fn entry<T: for<'de> Deserialize<'de>>(&mut self, mut value: Spanned<DeValue<'_>>) -> Option<Entry<T>> {
        let span = value.span();
        let mut sound = true;
        loop {
            let error = match T::deserialize(ValueDeserializer::from(value.clone())) {
                Ok(raw) => return sound.then_some(Entry { raw, span }),
                Err(error) => error,
            };
            sound = false;
            let place = error.span().unwrap_or_else(|| span.clone());
            self.problems.push(ConfigError::at(self.text, place.clone(), refusal(error.message())));
            if !remove(value.get_mut(), &place) {
                return None;
            }
        }
    }
}

/// The place of a list of tables is its first header, since the list itself has none.
fn place_of(value: &Spanned<DeValue<'_>>) -> Range<usize> {
    match value.get_ref() {
        DeValue::Array(items) if value.span().is_empty() => items.iter().next().map_or(0..0, Spanned::span),
        _ => value.span(),
    }
}

/// serde's message as a problem: ``unknown field `x`, expected one of `a`, `b` `` or ``invalid type: …``.
fn refusal(message: &str) -> Problem {
    let Some(rest) = message.strip_prefix("unknown field `") else {
        return Problem::WrongType { message: message.strip_prefix("invalid type: ").unwrap_or(message).to_owned() };
    };
    let mut words = rest.split('`').step_by(2);
    let key = words.next().unwrap_or_default().to_owned();
    let names: Vec<&str> = rest.split('`').skip(1).collect();
    // After the key the names stand between back quotes: every second piece.
    let names = names.iter().skip(1).step_by(2).copied();
    let known = Known::new(&key, names);
    Problem::UnknownKey { key, known }
}

/// Takes out the key or value that stands at `place`; false where there is none.
fn remove(value: &mut DeValue<'_>, place: &Range<usize>) -> bool {
    match value {
        DeValue::Table(table) => {
            let bad = table.iter().find(|(k, v)| k.span() == *place || v.span() == *place).map(|(k, _)| k.clone());
            if let Some(key) = bad {
                return table.remove(&key).is_some();
            }
            table.iter_mut().any(|(_, v)| remove(v.get_mut(), place))
        }
        DeValue::Array(items) => {
            if let Some(at) = items.iter().position(|v| v.span() == *place) {
                let kept = items.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, v)| v.clone()).collect();
                *items = kept;
                return true;
            }
            items.iter_mut().any(|v| remove(v.get_mut(), place))
        }
        _ => false,
    }
}
