//! `[table.protect]`: the rules of a table to protect.

use std::ops::Range;

use toml::Spanned;

use super::form::Entry;
use super::problem::Problem;
use super::raw::{At, Scalar};
use super::read::Reader;
use super::ready_raw::{RawDominance, RawPQ, RawReadyProtect, RawReadyTable};
use super::ready_tables::{Percentage, ReadyForm, ReadyMeasure, ReadyRules, Written};

/// Most contributors that a dominance rule looks at.
const MOST: u64 = 8;
/// 100 % in 10⁻⁹ of a percent.
const ALL: u64 = 100_000_000_000;

const DOMINANCE: &str =
    "Write dominance = [{ n = 1, k = \"85\" }]: n from 1 to 8, k above 0 and below 100, no pair twice.";
const P_PERCENT: &str = "Write a percentage above 0, such as p_percent = \"10\".";
const P_Q: &str = "Write p_q = { p = \"10\", q = \"50\" } with 0 < p < q.";

/// Reads the rules of a table, and whether what they need is there.
pub(super) fn rules(
    reader: &mut Reader<'_>,
    entry: &Entry<RawReadyTable>,
    (measure, form, written): Written<'_>,
) -> Option<ReadyRules> {
    let why = "Say which cells are unsafe: [table.protect] with threshold, dominance, p_percent, p_q or zeros.";
    let raw = reader.required(written, entry, ("[[table]]", "protect"), why)?;
    let (span, raw) = (raw.span(), raw.get_ref());
    let rules = ReadyRules {
        threshold: least(reader, &raw.threshold, "threshold"),
        holdings: least(reader, &raw.holdings, "holdings"),
        dominance: dominance(reader, raw),
        p_percent: raw.p_percent.as_ref().and_then(|p| percentage(reader, p, "p_percent", P_PERCENT)),
        p_q: raw.p_q.as_ref().and_then(|p_q| pair(reader, p_q)),
        zeros: reader.word(&raw.zeros, "zeros", false, &[("safe", false), ("unsafe", true)]),
    };
    let any = raw.threshold.is_some() || raw.holdings.is_some() || raw.dominance.is_some();
    if !(any || raw.p_percent.is_some() || raw.p_q.is_some() || rules.zeros) {
        reader.report(span.clone(), Problem::MissingKey { section: "[table.protect]", key: "threshold", why });
    }
    fits(reader, raw, &rules, (measure, form, span));
    Some(rules)
}

fn least(reader: &mut Reader<'_>, written: &At<u64>, key: &'static str) -> Option<u64> {
    let written = written.as_ref()?;
    if *written.get_ref() < 2 {
        reader.report(written.span(), Problem::ThresholdTooLow { key });
    }
    Some(*written.get_ref())
}

fn percentage(
    reader: &mut Reader<'_>,
    written: &Spanned<Scalar>,
    key: &'static str,
    expected: &'static str,
) -> Option<Percentage> {
    let found =
        Percentage::new(written.get_ref()).filter(|found| (1..=1_000_000 * ALL / 100).contains(&found.billionths()));
    if found.is_none() {
        reader.report(written.span(), Problem::BadValue { key, expected });
    }
    found
}

fn dominance(reader: &mut Reader<'_>, raw: &RawReadyProtect) -> Vec<(u8, Percentage)> {
    let mut found: Vec<(u8, Percentage)> = Vec::new();
    let Some(list) = &raw.dominance else { return found };
    if list.get_ref().is_empty() {
        reader.report(list.span(), Problem::BadValue { key: "dominance", expected: DOMINANCE });
    }
    for rule in list.get_ref() {
        let RawDominance { n, k } = rule.get_ref();
        let n = n.as_ref().map(|n| *n.get_ref()).filter(|n| (1..=MOST).contains(n));
        let k = k.as_ref().and_then(|k| Percentage::new(k.get_ref()));
        let k = k.filter(|k| (1..ALL).contains(&k.billionths()));
        match n.and_then(|n| u8::try_from(n).ok()).zip(k) {
            Some((n, k)) if !found.iter().any(|(m, l)| (*m, l.billionths()) == (n, k.billionths())) => {
                found.push((n, k));
            }
            _ => reader.report(rule.span(), Problem::BadValue { key: "dominance", expected: DOMINANCE }),
        }
    }
    found
}

fn pair(reader: &mut Reader<'_>, written: &Spanned<RawPQ>) -> Option<(Percentage, Percentage)> {
    let RawPQ { p, q } = written.get_ref();
    let read = |one: &At<Scalar>| one.as_ref().and_then(|one| Percentage::new(one.get_ref()));
    let sound = |(p, q): &(Percentage, Percentage)| {
        0 < p.billionths() && p.billionths() < q.billionths() && q.billionths() <= 1_000_000 * ALL / 100
    };
    let found = read(p).zip(read(q)).filter(sound);
    if found.is_none() {
        reader.report(written.span(), Problem::BadValue { key: "p_q", expected: P_Q });
    }
    found
}

/// Whether a table tells what its rules look at.
fn fits(
    reader: &mut Reader<'_>,
    raw: &RawReadyProtect,
    rules: &ReadyRules,
    (measure, form, span): (ReadyMeasure, &ReadyForm, Range<usize>),
) {
    let mut lacks = |at: Option<Range<usize>>, key: &'static str, other: &'static str, why: &'static str| {
        if let Some(at) = at {
            reader.report(at, Problem::Conflict { key, other, why });
        }
    };
    let weighing = [
        ("dominance", raw.dominance.as_ref().map(Spanned::span)),
        ("p_percent", raw.p_percent.as_ref().map(Spanned::span)),
        ("p_q", raw.p_q.as_ref().map(Spanned::span)),
    ];
    for (key, at) in weighing {
        if measure == ReadyMeasure::Count {
            lacks(at, key, "measure", "in a count nobody contributes more than anybody else.");
        }
    }
    let place = |at: &At<u64>| at.as_ref().map(Spanned::span);
    match form {
        ReadyForm::Cells { contributors, largest, .. } => {
            let why = "cells do not tell their holdings; name microdata with `holding`.";
            lacks(place(&raw.holdings), "holdings", "form", why);
            if contributors.is_none() && measure == ReadyMeasure::Amount {
                let why = "name the column of distinct `contributors`, or no threshold can be held against a sum.";
                lacks(place(&raw.threshold), "threshold", "form", why);
            }
            if usize::from(rules.needs()) > largest.len() && measure == ReadyMeasure::Amount {
                let why = "a rule looks at more contributions than `largest` names columns.";
                lacks(Some(span), "protect", "largest", why);
            }
        }
        ReadyForm::Microdata { holding: None, .. } => {
            lacks(place(&raw.holdings), "holdings", "form", "name the column `holding` of the contributors' houses.");
        }
        ReadyForm::Microdata { .. } => {}
    }
}
