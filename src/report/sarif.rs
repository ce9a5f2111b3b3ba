//! SARIF 2.1.0 (OASIS standard), the format that code hosts and editors read.

use serde_json::{Value, json};

use super::{Judged, Report, Single, line, sentence};
use crate::validate::{Category, FindingKey, FindingKind};
use crate::words::Words;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes the report: a run, its rules, a result for each listed finding.
pub(super) fn write(report: &Report<'_>, words: &Words) -> String {
    let mut rules: Vec<String> = Vec::new();
    let mut results = Vec::new();
    for (source, single) in report.listed() {
        let id = rule_id(single.key);
        let index = rules.iter().position(|r| *r == id).unwrap_or_else(|| {
            rules.push(id);
            rules.len() - 1
        });
        results.push(result(source, &single, (&rules[index], index), words));
    }
    for source in &report.sources {
        for warning in &source.warnings {
            let at = json!([{ "physicalLocation": { "artifactLocation": { "uri": uri(&source.schema_path) } } }]);
            let text = format!("{}; {}", warning.message, warning.advice);
            results.push(json!({
                "ruleId": warning.code, "level": "warning", "message": { "text": text }, "locations": at,
            }));
        }
    }
    let rules: Vec<Value> = rules.iter().map(|id| rule(id, words)).collect();
    let driver = json!({
        "name": "tamis",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    let run = json!({
        "tool": { "driver": driver },
        "language": words.lang.tag(),
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    format!("{:#}\n", json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

/// `constraint-error/minimum`, `type-error`.
fn rule_id(key: &FindingKey) -> String {
    match (key.kind, key.rule.as_deref()) {
        (FindingKind::ConstraintError, Some(rule)) => format!("{}/{rule}", key.kind.as_str()),
        _ => key.kind.as_str().to_owned(),
    }
}

fn rule(id: &str, words: &Words) -> Value {
    let (kind, key) = match id.split_once('/') {
        Some((kind, rule)) => (kind, format!("rule-{rule}")),
        None => (id, format!("finding-{id}")),
    };
    let kind = FindingKind::ALL.into_iter().find(|k| k.as_str() == kind);
    let category = kind.map_or(Category::Content, FindingKind::category);
    json!({
        "id": id,
        "shortDescription": { "text": words.say(&key) },
        "properties": { "tags": [category.as_str()] },
    })
}

fn result(source: &Judged<'_>, single: &Single<'_>, (id, index): (&str, usize), words: &Words) -> Value {
    let Single { key, place, shape } = single;
    let mut physical = json!({ "artifactLocation": { "uri": uri(&source.file(*place)) } });
    if let (Some(line), Some(physical)) = (line(*place), physical.as_object_mut()) {
        physical.insert("region".into(), json!({ "startLine": line }));
    }
    let mut location = json!({ "physicalLocation": physical });
    if let (Some(field), Some(location)) = (source.field_of(key), location.as_object_mut()) {
        let logical =
            json!([{ "name": field, "fullyQualifiedName": format!("{}.{field}", source.name), "kind": "member" }]);
        location.insert("logicalLocations".into(), logical);
    }
    json!({
        "ruleId": id,
        "ruleIndex": index,
        "level": "error",
        "message": { "text": sentence(words, source, key, *shape) },
        "locations": [location],
        "properties": { "row": single.row(), "column": source.number_of(key, *place) },
    })
}

/// A path as a URI reference: what has a meaning in URIs is escaped (RFC 3986).
fn uri(path: &str) -> String {
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
