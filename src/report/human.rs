//! Lines for a terminal.

use std::fmt::Write;

use super::{Judged, Report, expected, message, place, then};
use crate::validate::{Category, FindingKey, Found};
use crate::words::Words;

/// Writes the report.
pub(super) fn write(report: &Report<'_>, words: &Words) -> String {
    let mut out = String::new();
    let mut left = report.most;
    for source in &report.sources {
        head(&mut out, words, source);
        for category in [Category::Structure, Category::Content] {
            let found: Vec<_> = source.findings.iter().filter(|(key, _)| key.kind.category() == category).collect();
            if !found.is_empty() {
                let _ = writeln!(out, "\n  {}", words.say(&format!("report-{}", category.as_str())));
            }
            for (key, found) in found {
                let shown = report.places.min(left).min(found.places.len());
                left -= shown;
                finding(&mut out, words, source, (key, found), shown);
            }
        }
        if source.findings.is_empty() {
            let _ = writeln!(out, "  {}", words.say("report-nothing"));
        }
        if !source.warnings.is_empty() {
            let _ = writeln!(out, "\n  {}", words.say("report-warnings"));
            for warning in &source.warnings {
                let _ = writeln!(out, "  {:>10}  {}\n{:14}→ {}", "!", warning.message, "", warning.advice);
            }
        }
    }
    out
}

fn head(out: &mut String, words: &Words, source: &Judged<'_>) {
    let count = words.lang.number(source.read);
    let records = words.tell("report-records", &[("n", source.read.into()), ("count", (&count).into())]);
    let wrong = words.lang.number(source.rejected);
    let said = words.tell("report-source", &[("records", (&records).into()), ("wrong", (&wrong).into())]);
    let _ = writeln!(out, "{}{}{said}", source.name, words.lang.pick(": ", " : "));
    for (i, file) in source.files.iter().enumerate() {
        let _ = writeln!(out, "  [{}] {}", i + 1, file.display());
    }
}

fn finding(out: &mut String, words: &Words, source: &Judged<'_>, (key, found): (&FindingKey, &Found), shown: usize) {
    let mut name = key.kind.as_str().to_owned();
    for part in [&key.field, &key.rule].into_iter().flatten() {
        let _ = write!(name, "  {part}");
    }
    let _ = writeln!(out, "  {:>10}  {name}", words.lang.number(found.count));
    let mut what = message(words, key);
    if let Some(expected) = expected(words, source.schema, key) {
        what.push_str(then(words));
        what.push_str(&words.tell("report-expected", &[("expected", (&expected).into())]));
    }
    let _ = writeln!(out, "{:14}{what}", "");
    let places: Vec<String> = found.places[..shown]
        .iter()
        .zip(&found.shapes)
        .map(|(at, shape)| {
            let form = shape.as_ref().map(|s| format!(" {s}")).unwrap_or_default();
            format!("[{}] {}{form}", at.file + 1, place(words, *at))
        })
        .collect();
    if !places.is_empty() {
        let more = if found.count > shown as u64 { ", …" } else { "" };
        let _ = writeln!(out, "{:14}{} {}{more}", "", words.lang.pick("at", "en"), places.join(", "));
    }
}
