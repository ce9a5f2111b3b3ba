//! JSON: one document, or a line for each finding.

use serde_json::{Map, Value, json};

use super::{Judged, Report, Single, expected, line, message, row, sentence};
use crate::validate::{FindingKey, Place, Shape};
use crate::words::Words;

/// One document with every count and the first places.
pub(super) fn document(report: &Report<'_>, words: &Words) -> String {
    let sources: Vec<Value> = report.sources.iter().map(|s| source(report, s, words)).collect();
    format!("{:#}\n", json!({ "sources": sources }))
}

fn source(report: &Report<'_>, source: &Judged<'_>, words: &Words) -> Value {
    let findings: Vec<Value> = source
        .findings
        .iter()
        .map(|(key, found)| {
            let mut told = what(source, key, words);
            told.insert("count".into(), found.count.into());
            let first = found.places.iter().zip(&found.shapes).take(report.places);
            told.insert("places".into(), first.map(|(at, shape)| place(*at, shape.as_ref())).collect());
            Value::Object(told)
        })
        .collect();
    let warnings: Vec<Value> =
        source.warnings.iter().map(|w| json!({ "code": w.code, "message": w.message, "advice": w.advice })).collect();
    json!({
        "source": source.name,
        "schema": source.schema_path,
        "files": source.files,
        "records": { "read": source.read, "rejected": source.rejected, "filtered": source.filtered, "excluded": 0 },
        "not_in_hierarchy": {},
        "findings": findings,
        "warnings": warnings,
    })
}

fn what(source: &Judged<'_>, key: &FindingKey, words: &Words) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("type".into(), key.kind.as_str().into());
    told.insert("category".into(), key.kind.category().as_str().into());
    told.insert("field".into(), key.field.clone().into());
    told.insert("rule".into(), key.rule.clone().into());
    told.insert("message".into(), message(words, key).into());
    told.insert("expected".into(), expected(words, source.schema, key).into());
    told
}

fn place(at: Place, shape: Option<&Shape>) -> Value {
    let mut told = json!({ "file": at.file, "record": at.record, "line": at.line, "row": row(at) });
    if let (Some(shape), Some(told)) = (shape, told.as_object_mut()) {
        told.insert("shape".into(), shape.as_str().into());
    }
    told
}

/// A line for each listed finding, then one for each field and rule with its count, then one for each warning.
pub(super) fn lines(report: &Report<'_>, words: &Words) -> String {
    let mut out = String::new();
    let mut add = |value: Value| {
        out.push_str(&value.to_string());
        out.push('\n');
    };
    for (source, single) in report.listed() {
        add(finding(source, &single, words));
    }
    for source in &report.sources {
        for (key, found) in source.findings.iter() {
            let mut told = Map::new();
            told.insert("kind".into(), "count".into());
            told.insert("source".into(), source.name.into());
            told.extend(what(source, key, words));
            told.insert("count".into(), found.count.into());
            add(Value::Object(told));
        }
        for w in &source.warnings {
            let (source, code) = (source.name, &w.code);
            add(json!({ "kind": "warning", "source": source, "code": code, "message": w.message, "advice": w.advice }));
        }
    }
    out
}

fn finding(source: &Judged<'_>, single: &Single<'_>, words: &Words) -> Value {
    let Single { key, place, shape } = single;
    let mut told = Map::new();
    told.insert("kind".into(), "finding".into());
    told.insert("source".into(), source.name.into());
    told.insert("file".into(), source.file(*place).into());
    told.insert("row".into(), single.row().into());
    told.insert("record".into(), (place.record > 0).then_some(place.record).into());
    told.insert("line".into(), line(*place).into());
    told.insert("column".into(), source.number_of(key, *place).into());
    told.extend(what(source, key, words));
    told.insert("shape".into(), shape.map(|s| s.as_str().to_owned()).into());
    told.insert("sentence".into(), sentence(words, source, key, *shape).into());
    Value::Object(told)
}
