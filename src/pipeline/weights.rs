//! Weights that are fitted to known margins.

use std::collections::BTreeMap;

use super::drawing::{Margin, Sampled};
use super::error::RunError;
use super::estimates;
use super::frame::Frame;
use super::passes::over_buckets;
use super::run::Context;
use super::watch::Stage;
use crate::config::{Calibration, CalibrationMethod, KnownTotals};
use crate::keys::Prn;
use crate::sample::calibration::{Bounds, Method, Options, Problem, Rows, calibrate, post_stratify};
use crate::sample::{Fitted, SampleError, StratumKey, Unfit};
use crate::vault::Vault;

/// A unit of the sample with the words of its margins.
struct Drawn {
    number: Prn,
    stratum: StratumKey,
    words: Vec<u64>,
}

/// Fits the weights of the sample to the margins of the pipeline, where it asks for that.
pub(super) fn fit(ctx: &Context<'_>, vault: &Vault, frame: &Frame<'_>, sampled: Sampled) -> Result<Sampled, RunError> {
    let Some(calibration) = frame.sample.and_then(|sample| sample.calibration.as_ref()) else { return Ok(sampled) };
    let mut drawn = over_buckets(
        ctx,
        vault,
        Stage::Draw,
        Vec::new,
        |drawn, people| {
            frame.drawn(people, &sampled.plan, |units, unit, number, _| {
                let words = units.words(unit)[frame.columns.margins.clone()].to_vec();
                drawn.push(Drawn { number: *number, stratum: units.stratum(unit).into(), words });
            })?;
            Ok(())
        },
        Ok,
        |mut a: Vec<Drawn>, b| {
            a.extend(b);
            Ok(a)
        },
    )?;
    // Sums in floating point follow this order, whatever the buckets and threads.
    drawn.sort_unstable_by_key(|unit| unit.number);
    let known = Known::of(frame, calibration, &sampled.margins)?;
    let weight = |unit: &Drawn| sampled.plan.chance_of(&unit.stratum, &unit.number).map(|chance| chance.design_weight);
    let design: Option<Vec<f64>> = drawn.iter().map(weight).collect();
    let design = design.ok_or(RunError::Bug("a unit of the sample has no chance"))?;
    let rows = known.rows(frame, &drawn)?;
    let weights = known.solve(calibration.method, &design, &rows)?;
    let units: Vec<(Prn, StratumKey, f64)> =
        drawn.into_iter().zip(weights).map(|(unit, weight)| (unit.number, unit.stratum, weight)).collect();
    let fitted = estimates::wanted(ctx.pipeline).then_some(Fitted { design_weights: design, auxiliaries: rows });
    Ok(Sampled { plan: sampled.plan.with_weights(&units), fitted, ..sampled })
}

/// The auxiliary variables, one after the other, and their totals.
struct Known {
    totals: Vec<f64>,
    /// For each margin, where its variables begin, and the variable of each value; `None` for a number.
    margins: Vec<(u32, Option<BTreeMap<u64, u32>>)>,
    /// For each variable, the margin that it belongs to.
    margin_of: Vec<usize>,
}

impl Known {
    fn of(frame: &Frame<'_>, calibration: &Calibration, counted: &[Margin]) -> Result<Self, SampleError> {
        let meaning = frame.meaning();
        let mut known = Self { totals: Vec::new(), margins: Vec::new(), margin_of: Vec::new() };
        for (position, (margin, tally)) in calibration.margins.iter().zip(counted).enumerate() {
            let column = frame.columns.margins.start + position;
            let first = known.totals.len() as u32;
            let values = match &margin.known {
                KnownTotals::Total(total) => {
                    known.totals.push(*total);
                    None
                }
                KnownTotals::Frame if frame.columns.is_number(column) => {
                    known.totals.push(tally.sum as f64 / 1000.0);
                    None
                }
                KnownTotals::Frame => {
                    known.totals.extend(tally.counts.values().map(|units| *units as f64));
                    Some(tally.counts.keys().copied().zip(first..).collect())
                }
                KnownTotals::Counts(counts) => {
                    let by_text: BTreeMap<&str, f64> = counts.iter().map(|(text, n)| (text.as_str(), *n)).collect();
                    let mut values = BTreeMap::new();
                    for word in tally.counts.keys() {
                        let text = meaning.text(column, *word).unwrap_or_default();
                        let total =
                            by_text.get(text.as_str()).ok_or(SampleError::UnknownCategory { margin: position })?;
                        values.insert(*word, known.totals.len() as u32);
                        known.totals.push(*total);
                    }
                    if values.len() < counts.len() {
                        return Err(SampleError::AbsentCategory { margin: position });
                    }
                    Some(values)
                }
            };
            known.margin_of.resize(known.totals.len(), position);
            known.margins.push((first, values));
        }
        Ok(known)
    }

    fn rows(&self, frame: &Frame<'_>, drawn: &[Drawn]) -> Result<Rows, RunError> {
        let meaning = frame.meaning();
        let mut rows = Rows::new(self.totals.len());
        for unit in drawn {
            let mut row = Vec::with_capacity(self.margins.len());
            for (position, ((first, values), word)) in self.margins.iter().zip(&unit.words).enumerate() {
                let column = frame.columns.margins.start + position;
                row.push(match values {
                    None => (*first, meaning.number(column, *word).unwrap_or(0.0)),
                    Some(values) => {
                        let lost = RunError::Bug("a value of the sample is not in the frame");
                        (*values.get(word).ok_or(lost)?, 1.0)
                    }
                });
            }
            rows.push(row);
        }
        Ok(rows)
    }

    fn solve(&self, method: CalibrationMethod, design: &[f64], rows: &Rows) -> Result<Vec<f64>, SampleError> {
        let bounds = |lower, upper| Bounds { lower, upper };
        let method = match method {
            CalibrationMethod::PostStratification => {
                let cells: Vec<u32> = rows.iter().map(|row| row.first().map_or(0, |(variable, _)| *variable)).collect();
                let solved = post_stratify(design, &cells, &self.totals);
                return solved.map(|c| c.weights).map_err(|error| self.told(error));
            }
            CalibrationMethod::Raking => Method::Raking,
            CalibrationMethod::Linear => Method::Linear,
            CalibrationMethod::Truncated(low, high) => Method::TruncatedLinear(bounds(low, high)),
            CalibrationMethod::Logit(low, high) => Method::Logit(bounds(low, high)),
        };
        let problem = Problem { design_weights: design, auxiliaries: rows, totals: &self.totals, scale: None, method };
        calibrate(&problem, Options::default()).map(|c| c.weights).map_err(|error| self.told(error))
    }

    /// The error, with the margin instead of the variable, and without totals: a small one may be of a few persons.
    fn told(&self, error: crate::sample::calibration::CalibrationError) -> SampleError {
        use crate::sample::calibration::CalibrationError as E;
        let margin = |variable: usize| self.margin_of.get(variable).copied().unwrap_or_default();
        let (problem, margin) = match error {
            E::Empty { auxiliary, .. } => (Unfit::Nobody, margin(auxiliary)),
            E::OutOfReach { auxiliary, .. } => (Unfit::OutOfReach, margin(auxiliary)),
            E::Contradictory { auxiliary, .. } => (Unfit::Contradictory, margin(auxiliary)),
            E::BadTotal { auxiliary } => (Unfit::BadTotal, margin(auxiliary)),
            E::NotConverged { auxiliary, .. } => (Unfit::NotConverged, margin(auxiliary)),
            E::Shape | E::BadUnit { .. } | E::BadBounds { .. } => (Unfit::NoSample, 0),
        };
        SampleError::Calibration { margin, problem }
    }
}
