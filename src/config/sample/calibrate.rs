//! `[sample.calibrate]`: margins that the weights are fitted to.

use crate::config::spanned::Spanned;

use super::super::model::{Calibration, CalibrationMethod, KnownTotals, Margin};
use super::super::problem::Problem;
use super::super::raw::{RawCalibrate, RawMargin, RawSample};
use super::super::read::Reader;

/// Reads the calibration, where one is asked for.
pub(super) fn calibration(reader: &mut Reader<'_>, raw: &RawSample) -> Option<Calibration> {
    let written = raw.calibrate.as_ref()?;
    let method = method(reader, written)?;
    let why = "Name what is known: margin = [{ column = \"sexe\" }]. Without totals the frame's own are taken.";
    let Some(list) = written.get_ref().margin.as_ref().filter(|l| !l.get_ref().is_empty()) else {
        reader.report(written.span(), Problem::MissingKey { section: "[sample.calibrate]", key: "margin", why });
        return None;
    };
    let margins: Vec<Margin> = list.get_ref().iter().filter_map(|m| margin(reader, m)).collect();
    if method == CalibrationMethod::PostStratification && margins.len() > 1 {
        let expected = "Name one column: several margins are fitted by \"raking\".";
        reader.report(list.span(), Problem::BadValue { key: "margin", expected });
    }
    Some(Calibration { method, margins })
}

fn method(reader: &mut Reader<'_>, written: &Spanned<RawCalibrate>) -> Option<CalibrationMethod> {
    #[derive(Clone, Copy)]
    enum Word {
        Post,
        Raking,
        Linear,
        Truncated,
        Logit,
    }
    let raw = written.get_ref();
    if raw.method.is_none() {
        let why = "Write \"raking\", \"linear\", \"truncated\", \"logit\" or \"post-stratification\".";
        reader.report(written.span(), Problem::MissingKey { section: "[sample.calibrate]", key: "method", why });
        return None;
    }
    let words = [
        ("post-stratification", Word::Post),
        ("raking", Word::Raking),
        ("linear", Word::Linear),
        ("truncated", Word::Truncated),
        ("logit", Word::Logit),
    ];
    let word = reader.word(&raw.method, "method", Word::Linear, &words);
    let bounds: Option<(f64, f64)> = raw.bounds.as_ref().and_then(|list| match list.get_ref().as_slice() {
        [low, high] => Some((*low.get_ref(), *high.get_ref())),
        _ => None,
    });
    let sound = bounds.filter(|(low, high)| (0.0..1.0).contains(low) && *high > 1.0 && high.is_finite());
    match (word, &raw.bounds, sound) {
        (Word::Truncated, _, Some((low, high))) => Some(CalibrationMethod::Truncated(low, high)),
        (Word::Logit, _, Some((low, high))) => Some(CalibrationMethod::Logit(low, high)),
        (Word::Truncated | Word::Logit, at, None) => {
            let expected =
                "Write the bounds of the ratio of weights: bounds = [0.4, 2.5], from 0 to under 1 and above 1.";
            let span = at.as_ref().map_or_else(|| written.span(), Spanned::span);
            reader.report(span, Problem::BadValue { key: "bounds", expected });
            None
        }
        (_, Some(at), _) => {
            let why = "only \"truncated\" and \"logit\" hold the weights between bounds.";
            reader.report(at.span(), Problem::Conflict { key: "bounds", other: "method", why });
            None
        }
        (Word::Post, None, _) => Some(CalibrationMethod::PostStratification),
        (Word::Raking, None, _) => Some(CalibrationMethod::Raking),
        (Word::Linear, None, _) => Some(CalibrationMethod::Linear),
    }
}

fn margin(reader: &mut Reader<'_>, written: &Spanned<RawMargin>) -> Option<Margin> {
    let raw = written.get_ref();
    let Some(column) = &raw.column else {
        let why = "Name the released column.";
        reader.report(written.span(), Problem::MissingKey { section: "margin", key: "column", why });
        return None;
    };
    let finite = "Write finite numbers; counts are not below 0.";
    let known = match (&raw.total, &raw.counts) {
        (Some(_), Some(counts)) => {
            let why = "a number has a total, any other column has counts.";
            reader.report(counts.span(), Problem::Conflict { key: "counts", other: "total", why });
            return None;
        }
        (Some(total), None) => {
            if !total.get_ref().is_finite() {
                reader.report(total.span(), Problem::BadValue { key: "total", expected: finite });
            }
            KnownTotals::Total(*total.get_ref())
        }
        (None, Some(counts)) => {
            if counts.get_ref().is_empty() || counts.get_ref().values().any(|n| !n.is_finite() || *n < 0.0) {
                reader.report(counts.span(), Problem::BadValue { key: "counts", expected: finite });
            }
            KnownTotals::Counts(counts.get_ref().iter().map(|(value, n)| (value.clone(), *n)).collect())
        }
        (None, None) => KnownTotals::Frame,
    };
    Some(Margin { column: column.get_ref().clone(), known })
}
