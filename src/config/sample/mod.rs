//! `[sample]`: the design of the draw.

mod calibrate;
mod columns;
mod design;
mod strata;

use std::ops::Range;

use crate::config::spanned::Spanned;

use super::form::Entry;
use super::model::{
    Disclosure, DrawKey, FramePolicy, OnDuplicate, OnEmptyStratum, OnMissingStratum, OnShortStratum, OnStratumConflict,
    Rate, Sample, SampleSize, SampleUnit,
};
use super::problem::Problem;
use super::raw::{At, List, RawSample, Scalar};
use super::read::Reader;
use super::words;

pub(super) use columns::judge;
pub(super) use design::designs;

/// Reads the sample; absent means that everyone is released.
pub(super) fn sample(reader: &mut Reader<'_>, entry: Option<&Entry<RawSample>>) -> Option<Sample> {
    let entry = entry?;
    let raw = &entry.raw;
    let before = reader.count();
    let design = design::design(reader, entry);
    let unit = [("person", SampleUnit::Person), ("record", SampleUnit::Record)];
    let key = [("run", DrawKey::Run), ("kept", DrawKey::Kept)];
    let strata = names(&raw.strata);
    let sample = Sample {
        unit: reader.word(&raw.unit, "unit", SampleUnit::Person, &unit),
        key: reader.word(&raw.key, "key", DrawKey::Run, &key),
        coordination: coordination(reader, raw),
        frame: policy(reader, raw),
        named: strata::named(reader, raw, &strata),
        disclosure: disclosure(reader, raw),
        calibration: calibrate::calibration(reader, raw),
        strata,
        ..Sample::of(design?)
    };
    (reader.count() == before).then_some(sample)
}

fn names(list: &List<String>) -> Vec<String> {
    list.iter().flat_map(|l| l.get_ref()).map(|name| name.get_ref().clone()).collect()
}

fn coordination(reader: &mut Reader<'_>, raw: &RawSample) -> Option<String> {
    let group = raw.coordination.as_ref()?;
    if words::is_pipeline_name(group.get_ref()) {
        return Some(group.get_ref().clone());
    }
    let expected = "Write a letter or digit first, then letters without accents, digits, `-`, `_` or `.`.";
    reader.report(group.span(), Problem::BadValue { key: "coordination", expected });
    None
}

fn policy(reader: &mut Reader<'_>, raw: &RawSample) -> FramePolicy {
    let safe = FramePolicy::default();
    let conflict = [
        ("error", OnStratumConflict::Error),
        ("first", OnStratumConflict::First),
        ("exclude", OnStratumConflict::Exclude),
    ];
    let missing = [
        ("error", OnMissingStratum::Error),
        ("own_stratum", OnMissingStratum::OwnStratum),
        ("exclude", OnMissingStratum::Exclude),
    ];
    let short = [
        ("error", OnShortStratum::Error),
        ("take_all", OnShortStratum::TakeAll),
        ("redistribute", OnShortStratum::Redistribute),
    ];
    let empty = [("error", OnEmptyStratum::Error), ("report_zero", OnEmptyStratum::ReportZero)];
    FramePolicy {
        on_duplicate: duplicate(reader, raw),
        on_stratum_conflict: reader.word(
            &raw.on_stratum_conflict,
            "on_stratum_conflict",
            safe.on_stratum_conflict,
            &conflict,
        ),
        on_missing_stratum: reader.word(
            &raw.on_missing_stratum,
            "on_missing_stratum",
            safe.on_missing_stratum,
            &missing,
        ),
        on_short_stratum: reader.word(&raw.on_short_stratum, "on_short_stratum", safe.on_short_stratum, &short),
        on_empty_stratum: reader.word(&raw.on_empty_stratum, "on_empty_stratum", safe.on_empty_stratum, &empty),
    }
}

fn duplicate(reader: &mut Reader<'_>, raw: &RawSample) -> OnDuplicate {
    #[derive(Clone, Copy, PartialEq)]
    enum Word {
        Error,
        Collapse,
        Latest,
    }
    let words = [("error", Word::Error), ("collapse_identical", Word::Collapse), ("latest", Word::Latest)];
    let word = reader.word(&raw.on_duplicate, "on_duplicate", Word::Collapse, &words);
    match (word, &raw.latest_by) {
        (Word::Latest, Some(column)) => return OnDuplicate::Latest(column.get_ref().clone()),
        (Word::Latest, None) => {
            let why = "Name the released column that tells which record is the latest: latest_by = \"mois\".";
            let span = raw.on_duplicate.as_ref().map_or_else(|| reader.end(), Spanned::span);
            reader.report(span, Problem::MissingKey { section: "[sample]", key: "latest_by", why });
        }
        (_, Some(column)) => {
            let why = "it serves on_duplicate = \"latest\".";
            reader.report(column.span(), Problem::Conflict { key: "latest_by", other: "on_duplicate", why });
        }
        (_, None) => {}
    }
    if word == Word::Error { OnDuplicate::Error } else { OnDuplicate::CollapseIdentical }
}

fn disclosure(reader: &mut Reader<'_>, raw: &RawSample) -> Disclosure {
    let mut limits = Disclosure { max_fraction: None, min_stratum: None, refuse: false };
    let Some(written) = raw.disclosure.as_ref().map(Spanned::get_ref) else { return limits };
    limits.max_fraction = rate_of(reader, &written.max_fraction, "max_fraction");
    limits.min_stratum = written.min_stratum.as_ref().map(|n| *n.get_ref());
    limits.refuse = reader.word(&written.otherwise, "otherwise", true, &[("warn", false), ("refuse", true)]);
    limits
}

/// A rate above 0, where one is written.
fn rate_of(reader: &mut Reader<'_>, value: &At<Scalar>, key: &'static str) -> Option<Rate> {
    let value = value.as_ref()?;
    let rate = words::rate(value.get_ref());
    if rate.is_none() {
        let expected = "Write a rate above 0 and at most 1, such as \"1/10\", \"10%\" or 0.1.";
        reader.report(value.span(), Problem::BadValue { key, expected });
    }
    rate
}

/// A number of units, at least 1.
fn size_of(reader: &mut Reader<'_>, value: &At<u64>) -> Option<u64> {
    let value = value.as_ref()?;
    if *value.get_ref() == 0 {
        let expected = "Write how many units are drawn: at least 1.";
        reader.report(value.span(), Problem::BadValue { key: "size", expected });
        return None;
    }
    Some(*value.get_ref())
}

/// A rate or a size, not both. `None` comes with a problem.
fn rate_or_size(
    reader: &mut Reader<'_>,
    rate: &At<Scalar>,
    size: &At<u64>,
    (section, span): (&'static str, Range<usize>),
) -> Option<SampleSize> {
    match (rate, size) {
        (Some(_), Some(size)) => {
            let why = "the size of the sample is given by one of them.";
            reader.report(size.span(), Problem::Conflict { key: "size", other: "rate", why });
            None
        }
        (None, Some(_)) => size_of(reader, size).map(SampleSize::Size),
        (Some(_), None) => rate_of(reader, rate, "rate").map(SampleSize::Rate),
        (None, None) => {
            let why = "Write the rate, rate = \"1/10\", or the size, size = 500.";
            reader.report(span, Problem::MissingKey { section, key: "rate", why });
            None
        }
    }
}

/// `20` or `"1/5"`.
fn count_or_rate(reader: &mut Reader<'_>, value: &Spanned<Scalar>, key: &'static str) -> Option<SampleSize> {
    let size = match value.get_ref() {
        Scalar::Integer(n) if *n > 0 => u64::try_from(*n).ok().map(SampleSize::Size),
        other => words::rate(other).map(SampleSize::Rate),
    };
    if size.is_none() {
        let expected = "Write a number of at least 1, or a rate such as \"1/5\".";
        reader.report(value.span(), Problem::BadValue { key, expected });
    }
    size
}
