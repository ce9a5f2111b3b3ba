//! Every value that holds for a run, and where it comes from: a line of the file, or a default.

use std::path::Path;

use serde_json::{Value, json};
use toml::de::{DeTable, DeValue};

use super::model::{Aggregate, Encoding, ExportFormat, MissingSubject, Pipeline, When};
use super::wishes::{Cost, Zeros};
use super::{ConfigErrors, read};

/// A value that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective {
    /// Its key: `limits.memory`, `source[1].files`.
    pub key: String,
    /// The value.
    pub value: Value,
    /// The line of the file, from 1; `None` for a default.
    pub line: Option<usize>,
}

/// The values of a pipeline file, in its order, then the defaults of the keys that it leaves out.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn effective(path: &Path) -> Result<Vec<Effective>, ConfigErrors> {
    let pipeline = Pipeline::read(path)?;
    let content = read::open(path)?.content;
    let mut found = Vec::new();
    if let Ok(root) = DeTable::parse(&content) {
        table(root.get_ref(), "", &content, &mut found);
    }
    let line = |effective: &Effective| effective.line;
    found.sort_by_key(line);
    let defaults = defaults(&pipeline);
    let absent = |found: &[Effective], key: &str| {
        // A key that holds a table or a list of them stands there as its parts.
        !found.iter().any(|e| e.key == key || e.key.strip_prefix(key).is_some_and(|r| r.starts_with(['.', '['])))
    };
    for (key, value) in defaults {
        if absent(&found, &key) {
            found.push(Effective { key, value, line: None });
        }
    }
    Ok(found)
}

fn table(table: &DeTable<'_>, prefix: &str, content: &str, found: &mut Vec<Effective>) {
    for (key, value) in table {
        let name = key.get_ref();
        let name = if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") };
        let line = content[..key.span().start.min(content.len())].matches('\n').count() + 1;
        match value.get_ref() {
            DeValue::Table(inner) => self::table(inner, &name, content, found),
            DeValue::Array(items) if items.iter().any(|item| item.get_ref().is_table()) => {
                for (number, item) in items.iter().enumerate() {
                    let name = format!("{name}[{}]", number + 1);
                    match item.get_ref() {
                        DeValue::Table(inner) => self::table(inner, &name, content, found),
                        other => found.push(Effective { key: name, value: plain(other), line: Some(line) }),
                    }
                }
            }
            other => found.push(Effective { key: name, value: plain(other), line: Some(line) }),
        }
    }
}

fn plain(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Null, Value::from)
        }
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, |n| json!(n)),
        DeValue::Boolean(yes) => json!(yes),
        DeValue::Datetime(time) => json!(time.to_string()),
        DeValue::Array(items) => items.iter().map(|item| plain(item.get_ref())).collect(),
        DeValue::Table(_) => Value::Null,
    }
}

/// The values of keys that can be left out, as the checked pipeline has them.
fn defaults(pipeline: &Pipeline) -> Vec<(String, Value)> {
    let limits = &pipeline.limits;
    let mut all = vec![
        ("limits.reject_above".to_owned(), json!(limits.reject_above.get())),
        ("limits.memory".to_owned(), json!(bytes(limits.memory))),
        ("limits.buckets".to_owned(), limits.buckets.map_or_else(|| json!("by the size of the files"), |n| json!(n))),
        ("limits.places".to_owned(), json!(limits.places)),
    ];
    // The folder of the system is that of the process, and no value of the file.
    let spill = limits.spill.as_ref().map_or_else(|| json!("TMPDIR"), |spill| json!(spill.display().to_string()));
    all.push(("limits.spill".to_owned(), spill));
    for (number, source) in pipeline.sources.iter().enumerate().filter(|(_, source)| source.release.is_none()) {
        let key = |name: &str| format!("source[{}].{name}", number + 1);
        all.push((key("format"), json!("by name and content")));
        all.push((key("encoding"), json!(encoding(source.encoding))));
        all.push((key("delimiter"), json!("by content")));
    }
    if pipeline.sources.iter().all(|source| source.release.is_none()) {
        let missing = if pipeline.subject.missing == MissingSubject::Alone { "alone" } else { "reject" };
        all.push(("subject.missing".to_owned(), json!(missing)));
    }
    if let Some(Value::Object(sample)) = pipeline.sample.as_ref().map(super::Sample::to_json) {
        all.extend(sample.into_iter().map(|(key, value)| (format!("sample.{key}"), value)));
    }
    for (number, persons) in pipeline.persons.iter().enumerate() {
        let kept = &pipeline.datasets[persons.dataset].kept;
        let columns: Vec<&str> = persons.columns.iter().map(|column| kept[*column].name.as_str()).collect();
        all.push((format!("persons[{}].columns", number + 1), json!(columns)));
        all.push((format!("persons[{}].protect.k", number + 1), json!(persons.k.get())));
    }
    for (number, table) in pipeline.aggregates.iter().enumerate() {
        let of_table = of_table(pipeline, table);
        all.extend(of_table.into_iter().map(|(key, value)| (format!("aggregate[{}].{key}", number + 1), value)));
    }
    let formats = pipeline.export.formats.iter();
    let formats: Vec<&str> = formats.map(|f| if *f == ExportFormat::Csv { "csv" } else { "parquet" }).collect();
    all.push(("export.formats".to_owned(), json!(formats)));
    let when = if pipeline.destroy.when == When::Exported { "exported" } else { "acknowledged" };
    all.push(("destroy.when".to_owned(), json!(when)));
    all.push(("destroy.sources".to_owned(), json!(pipeline.destroy.sources_beneath.is_some())));
    all
}

fn of_table(pipeline: &Pipeline, table: &Aggregate) -> Vec<(&'static str, Value)> {
    let cost = match table.wishes.cost {
        Cost::Persons => "persons",
        Cost::Records => "records",
        Cost::Cells => "cells",
        Cost::Distance => "distance",
    };
    let zeros = match table.wishes.zeros {
        Zeros::Absent => "absent",
        Zeros::Shown => "shown",
        Zeros::Unsafe => "unsafe",
    };
    let mut all = vec![
        ("margins", json!(table.margins.iter().any(|m| *m))),
        ("over", json!(pipeline.over_word(table))),
        ("protect.threshold", json!(table.threshold.get())),
    ];
    // What is perturbed hides no cell.
    if table.perturb.is_none() {
        all.extend([("protect.cost", json!(cost)), ("zeros", json!(zeros)), ("marks", json!(table.wishes.marks))]);
    }
    all
}

fn encoding(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Detect => "detect",
        Encoding::Utf8 => "utf-8",
        Encoding::Windows1252 => "windows-1252",
    }
}

/// A size as the file would write it.
fn bytes(bytes: usize) -> String {
    if bytes.is_multiple_of(1 << 20) { format!("{} MiB", bytes >> 20) } else { bytes.to_string() }
}
