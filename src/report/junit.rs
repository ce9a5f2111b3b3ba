//! JUnit XML, which build servers read: a suite for each source, a case for its structure, each field, each rule, its keys.

use std::fmt::Write;

use super::{Judged, Report, Single, place, sentence};
use crate::validate::{Category, FindingKey, FindingKind};
use crate::words::Words;

/// Writes the report.
pub(super) fn write(report: &Report<'_>, words: &Words) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut suites = String::new();
    let (mut tests, mut failures, mut left) = (0, 0, report.most);
    for source in &report.sources {
        let (text, all, failed) = suite(report, source, words, &mut left);
        suites.push_str(&text);
        tests += all;
        failures += failed;
    }
    let _ =
        writeln!(out, "<testsuites name=\"tamis validate\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">");
    out.push_str(&suites);
    out.push_str("</testsuites>\n");
    out
}

/// What a case stands for.
#[derive(PartialEq)]
enum Check<'a> {
    Structure,
    Field(&'a str),
    Rule(&'a str),
    Keys,
}

fn check_of(key: &FindingKey) -> Check<'_> {
    match (key.kind.category(), key.kind, &key.field, &key.rule) {
        (Category::Structure, ..) => Check::Structure,
        (_, FindingKind::RowConstraint, _, Some(rule)) => Check::Rule(rule),
        (_, FindingKind::TypeError | FindingKind::ConstraintError, Some(field), _) => Check::Field(field),
        _ => Check::Keys,
    }
}

fn suite(report: &Report<'_>, source: &Judged<'_>, words: &Words, left: &mut usize) -> (String, usize, usize) {
    let schema = source.schema;
    let mut checks = vec![(Check::Structure, words.say("report-check-structure"))];
    checks.extend(schema.fields.iter().map(|f| (Check::Field(&f.name), f.name.clone())));
    checks.extend(schema.rules.iter().map(|r| (Check::Rule(&r.name), r.name.clone())));
    checks.push((Check::Keys, words.say("report-check-keys")));
    let singles = source.singles(report.places);
    let mut cases = String::new();
    let mut failures = 0;
    for (check, name) in &checks {
        let keys = source.findings.iter().filter(|(key, _)| check_of(key) == *check);
        let count: u64 = keys.map(|(_, found)| found.count).sum();
        let _ = write!(cases, "    <testcase classname=\"{}\" name=\"{}\"", xml(source.name), xml(name));
        if count == 0 {
            cases.push_str("/>\n");
            continue;
        }
        failures += 1;
        let here: Vec<&Single<'_>> = singles.iter().filter(|s| check_of(s.key) == *check).take(*left).collect();
        *left -= here.len();
        failure(&mut cases, source, count, &here, words);
    }
    let mut out = String::new();
    let tests = checks.len();
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">",
        xml(source.name)
    );
    out.push_str(&cases);
    if !source.warnings.is_empty() {
        out.push_str("    <system-err>");
        for warning in &source.warnings {
            let _ = writeln!(out, "{}", xml(&format!("{}; {}", warning.message, warning.advice)));
        }
        out.push_str("</system-err>\n");
    }
    out.push_str("  </testsuite>\n");
    (out, tests, failures)
}

fn failure(cases: &mut String, source: &Judged<'_>, count: u64, here: &[&Single<'_>], words: &Words) {
    let kind = here.first().map_or("", |s| s.key.kind.as_str());
    let message =
        format!("{}{}{}", words.say("report-count"), words.lang.pick(": ", "\u{a0}: "), words.lang.number(count));
    let _ = writeln!(cases, ">\n      <failure type=\"{kind}\" message=\"{}\">", xml(&message));
    for single in here {
        let what = sentence(words, source, single.key, single.shape);
        let said = format!("{}, {}: {what}", source.file(single.place), place(words, single.place));
        let _ = writeln!(cases, "{}", xml(&said));
    }
    cases.push_str("      </failure>\n    </testcase>\n");
}

/// Text as XML 1.0 takes it: characters that it does not have become a question mark.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => out.push('?'),
            c if c.is_control() => out.push('?'),
            c => out.push(c),
        }
    }
    out
}
