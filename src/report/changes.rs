//! Changes of schemas and reasons of proposals, in words.

use std::fmt::Write;

use serde_json::{Value, json};

use super::expected::form;
use crate::infer::Reason;
use crate::schema::{Change, Effect, Side};
use crate::words::Words;

/// What becomes of a pipeline under a changed schema.
pub struct Affected {
    /// The pipeline file, as it was named.
    pub pipeline: String,
    /// Whether a source of it has the old schema.
    pub uses: bool,
    /// What is wrong with it under the new schema; empty where it goes on working.
    pub problems: Vec<String>,
}

fn side(words: &Words, side: &Side) -> String {
    match side {
        Side::Nothing => "—".to_owned(),
        Side::Text(text) => text.clone(),
        Side::Type(ty) => form(words, ty),
    }
}

/// The changes and their consequences as lines.
#[must_use]
pub fn changes(changes: &[Change], pipelines: &[Affected], words: &Words) -> String {
    let mut out = String::new();
    if changes.is_empty() {
        let _ = writeln!(out, "{}", words.say("diff-none"));
    }
    for effect in [Effect::Narrower, Effect::Wider, Effect::Neither] {
        let those: Vec<&Change> = changes.iter().filter(|c| c.effect == effect).collect();
        if those.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{}", words.say(&format!("diff-{}", effect.as_str())));
        for change in those {
            let name = change.field.as_deref().unwrap_or("·");
            let (before, after) = (side(words, &change.before), side(words, &change.after));
            let _ = writeln!(out, "  {name}  {}  {before} → {after}", what(words, change));
        }
    }
    for affected in pipelines {
        let key = match (affected.uses, affected.problems.is_empty()) {
            (false, _) => "diff-untouched",
            (true, true) => "diff-works",
            (true, false) => "diff-broken",
        };
        let _ = writeln!(out, "{}", words.tell(key, &[("pipeline", (&affected.pipeline).into())]));
        for problem in &affected.problems {
            let _ = writeln!(out, "  {problem}");
        }
    }
    out
}

/// A change in words; properties of the standard are named as it names them.
fn what(words: &Words, change: &Change) -> String {
    match change.what {
        "added" | "removed" | "moved" => words.say(&format!("change-{}", change.what)),
        property => property.to_owned(),
    }
}

/// The changes and their consequences as JSON.
#[must_use]
pub fn changes_json(changes: &[Change], pipelines: &[Affected], words: &Words) -> Value {
    let changes: Vec<Value> = changes
        .iter()
        .map(|c| {
            let (before, after) = (side(words, &c.before), side(words, &c.after));
            json!({ "field": c.field, "what": c.what, "before": before, "after": after, "effect": c.effect.as_str() })
        })
        .collect();
    let pipelines: Vec<Value> = pipelines
        .iter()
        .map(|p| json!({ "pipeline": p.pipeline, "uses": p.uses, "breaks": !p.problems.is_empty(), "problems": p.problems }))
        .collect();
    json!({ "changes": changes, "pipelines": pipelines })
}

/// A reason of a proposal, in words.
#[must_use]
pub fn reason(reason: &Reason, words: &Words) -> String {
    let (so, of) = (words.lang.number(reason.so), words.lang.number(reason.of));
    let parts = [("so", (&so).into()), ("of", (&of).into()), ("word", (&reason.word).into())];
    words.tell(&format!("reason-{}", reason.what), &parts)
}
