//! `[table.protect]`: the rules of a table to protect.

use std::ops::Range;

use toml::Spanned;

use super::concentration::{self, concentration, least};
use super::form::Entry;
use super::problem::Problem;
use super::raw::At;
use super::read::Reader;
use super::ready_raw::{RawReadyProtect, RawReadyTable};
use super::ready_tables::{ReadyForm, ReadyMeasure, ReadyRules, Written};

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
        concentration: concentration(
            reader,
            &concentration::Written { dominance: &raw.dominance, p_percent: &raw.p_percent, p_q: &raw.p_q },
        ),
        zeros: reader.word(&raw.zeros, "zeros", false, &[("safe", false), ("unsafe", true)]),
    };
    let any = raw.threshold.is_some() || raw.holdings.is_some() || raw.dominance.is_some();
    if !(any || raw.p_percent.is_some() || raw.p_q.is_some() || rules.zeros) {
        reader.report(span.clone(), Problem::MissingKey { section: "[table.protect]", key: "threshold", why });
    }
    fits(reader, raw, &rules, (measure, form, span));
    Some(rules)
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
            if usize::from(rules.concentration.needs()) > largest.len() && measure == ReadyMeasure::Amount {
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
