//! Two runs side by side: what the pipeline says, what was read, what came of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::papers::Papers;
use super::shown::{each, word};
use super::verdict::Verdict;

/// Something that differs between two runs; null where one of them does not have it, or where it counts few.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What it is, as a path through the document: `persons.consultations.protect.k`.
    pub what: String,
    /// In the earlier one.
    pub before: Value,
    /// In the later one.
    pub after: Value,
}

/// What differs between two runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// In their pipelines.
    pub pipeline: Vec<Change>,
    /// Files of the same content, files that only the later one read, files that only the earlier one read.
    pub inputs: [u64; 3],
    /// In what came of them.
    pub figures: Vec<Change>,
}

/// Holds two runs against each other.
#[must_use]
pub fn compare(before: &Papers, after: &Papers) -> Compared {
    let pipelines = |papers: &Papers| flat(&[("", &papers.plan)]);
    let contents = |papers: &Papers| -> BTreeSet<String> {
        each(&papers.run["inputs"]).map(|input| word(&input["sha256"]).to_owned()).collect()
    };
    let (old, new) = (contents(before), contents(after));
    let same = old.intersection(&new).count();
    Compared {
        pipeline: changes(&pipelines(before), &pipelines(after)),
        inputs: [same, new.len() - same, old.len() - same].map(|files| files as u64),
        figures: changes(&figures(before), &figures(after)),
    }
}

impl Compared {
    /// For a program.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let all = |changes: &[Change]| -> Value {
            changes.iter().map(|c| json!({ "what": c.what, "before": c.before, "after": c.after })).collect()
        };
        let [same, new, gone] = self.inputs;
        json!({
            "pipeline": all(&self.pipeline),
            "inputs": { "same": same, "new": new, "gone": gone },
            "figures": all(&self.figures),
        })
    }
}

/// What came of a run, in figures that can be compared.
fn figures(papers: &Papers) -> BTreeMap<String, Value> {
    // As the report tells them: what is hidden there is as good as absent here.
    let summary = &papers.safe_summary();
    let sources = if summary.is_null() { papers.safe_findings() } else { summary["sources"].clone() };
    let some = |document: &Value, keys: &[&str]| -> Value {
        keys.iter().map(|key| ((*key).to_owned(), document[*key].clone())).collect::<serde_json::Map<_, _>>().into()
    };
    let named = |documents: &Value, keys: &[&str]| -> Value { each(documents).map(|d| some(d, keys)).collect() };
    let mut findings = BTreeMap::<String, Option<u64>>::new();
    for source in each(&sources) {
        for found in each(&source["findings"]) {
            let rule = found["rule"].as_str().unwrap_or_else(|| word(&found["type"]));
            let field = found["field"].as_str().unwrap_or("*");
            let sum = findings.entry(format!("{}.{field}.{rule}", word(&source["source"]))).or_insert(Some(0));
            *sum = sum.zip(found["count"].as_u64()).map(|(sum, count)| sum + count);
        }
    }
    let mut all = flat(&[
        ("records", &summary["records"]),
        ("sample", &some(&summary["sample"], &["frame", "drawn", "stratum_conflicts", "left_out_of_frame"])),
        ("persons", &named(&summary["persons"], &["name", "sampled", "released", "suppressed", "smallest_class"])),
        ("tables", &named(&summary["tables"], &["name", "cells", "suppressed_primary", "suppressed_secondary"])),
    ]);
    let told = findings.into_iter().filter_map(|(what, n)| Some((format!("findings.{what}"), json!(n?))));
    all.extend(told);
    all.insert("verdict".to_owned(), json!(Verdict::of(papers).word()));
    all
}

/// Every scalar of some documents by its path. Members of a list are named as they name themselves, else by their number.
fn flat(documents: &[(&str, &Value)]) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for (name, document) in documents {
        walk(document, name, &mut all);
    }
    all
}

fn walk(value: &Value, path: &str, all: &mut BTreeMap<String, Value>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| walk(value, &below(name), all)),
        Value::Array(members) => {
            for (number, member) in members.iter().enumerate() {
                let own = ["name", "as", "column"].iter().find_map(|key| member.get(key)?.as_str());
                walk(member, &below(own.unwrap_or(&number.to_string())), all);
            }
        }
        Value::Null => {}
        scalar => drop(all.insert(path.to_owned(), scalar.clone())),
    }
}

fn changes(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<Change> {
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let of = |all: &BTreeMap<String, Value>, path: &String| all.get(path).cloned().unwrap_or(Value::Null);
    let both = paths.into_iter().map(|path| (path, of(before, path), of(after, path)));
    both.filter(|(_, b, a)| b != a).map(|(what, before, after)| Change { what: what.clone(), before, after }).collect()
}
