//! `[table.protect]`: the rules of a table to protect.

use std::ops::Range;

use crate::config::spanned::Spanned;

use super::concentration::{self, concentration, least};
use super::form::Entry;
use super::problem::{Known, Problem};
use super::raw::At;
use super::read::Reader;
use super::ready_raw::{RawReadyProtect, RawReadyTable};
use super::ready_tables::{ReadyForm, ReadyMeasure, ReadyRules, Written};

/// Reads the rules of a table, and whether what they need is there.
pub(super) fn rules(
    reader: &mut Reader<'_>,
    entry: &Entry<RawReadyTable>,
    (measure, form, written): Written<'_>,
    by: &[String],
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
        group: group(reader, raw, measure, by),
    };
    let any = raw.group.is_some() || raw.threshold.is_some() || raw.holdings.is_some() || raw.dominance.is_some();
    if !(any || raw.p_percent.is_some() || raw.p_q.is_some() || rules.zeros) {
        reader.report(span.clone(), Problem::MissingKey { section: "[table.protect]", key: "threshold", why });
    }
    fits(reader, raw, &rules, (measure, form, span));
    Some(rules)
}

/// The columns of `group`.
fn group(reader: &mut Reader<'_>, raw: &RawReadyProtect, measure: ReadyMeasure, by: &[String]) -> Vec<String> {
    let Some(list) = &raw.group else { return Vec::new() };
    if measure != ReadyMeasure::Count {
        let why = "how many of a line share a value is told by counts alone.";
        reader.report(list.span(), Problem::Conflict { key: "group", other: "measure", why });
    }
    for column in list.get_ref() {
        let name = column.get_ref();
        if !by.contains(name) {
            let known = Known::new(name, by.iter().map(String::as_str));
            let place = "`by`".to_owned();
            reader.report(column.span(), Problem::UnknownColumn { column: name.clone(), place, known });
        }
    }
    list.get_ref().iter().map(|column| column.get_ref().clone()).collect()
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
