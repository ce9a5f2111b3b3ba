//! Bound tightening: what each row alone says about each of its cells, until nothing changes.
//!
//! Feasibility-based bound tightening, known for tables as the shuttle algorithm (Dobra & Fienberg 2001; Buzzigoli &
//! Giusti 1999). The bounds it gives contain the feasibility interval, and need not be attained.

use std::collections::VecDeque;

use super::model::Model;
use super::problem::AuditError;

/// Rounding allowance for sums of bounds that are not whole numbers, against the sum of magnitudes in the row.
const ROUNDING: f64 = 1e-12;

/// Bounds that creep (as around a cycle with real numbers) are left once a step is below this part of the width.
const STEP: f64 = 1e-3;

/// Row visits allowed, in multiples of the size of the model: stopping early leaves wider bounds, which is sound.
const VISITS: usize = 64;

/// A sum of bounds of which some may be infinite.
#[derive(Default, Clone, Copy)]
struct Side {
    sum: f64,
    infinite: u32,
}

impl Side {
    fn add(&mut self, bound: f64) {
        if bound.is_finite() { self.sum += bound } else { self.infinite += 1 }
    }

    /// The sum without one of its terms, if it is finite.
    fn without(self, bound: f64) -> Option<f64> {
        match (self.infinite, bound.is_finite()) {
            (0, true) => Some(self.sum - bound),
            (1, false) => Some(self.sum),
            _ => None,
        }
    }
}

/// Tightens the bounds of all variables of the model.
///
/// # Errors
/// [`AuditError::Contradiction`] if a variable is left no value at all (only without an anchor).
pub(crate) fn tighten(model: &mut Model) -> Result<(), AuditError> {
    let rows = model.rows();
    let mut queue: VecDeque<u32> = (0..rows as u32).collect();
    let mut queued = vec![true; rows];
    let mut work = (0..rows as u32).map(|row| model.row(row).len()).sum::<usize>().saturating_mul(VISITS) + 1000;
    while let Some(row) = queue.pop_front() {
        queued[row as usize] = false;
        let length = model.row(row).len();
        if work < length {
            break;
        }
        work -= length;
        let (least, most, size) = activity(model, row);
        for at in 0..length {
            if let Some(var) = tighten_term(model, row, at, (least, most, size))? {
                for around in model.column(var) {
                    let (other, flag) = (around.at, &mut queued[around.at as usize]);
                    if other != row && !*flag {
                        *flag = true;
                        queue.push_back(other);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Bounds of sign · deviation.
pub(crate) fn signed(model: &Model, var: u32, minus: bool) -> (f64, f64) {
    let (low, high) = (model.low[var as usize], model.high[var as usize]);
    if minus { (-high, -low) } else { (low, high) }
}

fn activity(model: &Model, row: u32) -> (Side, Side, f64) {
    let (mut least, mut most, mut size) = (Side::default(), Side::default(), 0.0);
    for term in model.row(row) {
        let (low, high) = signed(model, term.at, term.minus);
        least.add(low);
        most.add(high);
        size += if low.is_finite() { low.abs() } else { 0.0 } + if high.is_finite() { high.abs() } else { 0.0 };
    }
    (least, most, size)
}

/// Tightens one variable by a row; returns it if its bounds moved enough to look at its other rows again.
///
/// The sums of the row stay those at the start of the visit: they are wider, thus still sound.
fn tighten_term(
    model: &mut Model,
    row: u32,
    at: usize,
    (least, most, size): (Side, Side, f64),
) -> Result<Option<u32>, AuditError> {
    let term = model.row(row)[at];
    let (row_low, row_high) = (model.row_low[row as usize], model.row_high[row as usize]);
    let var = term.at as usize;
    let (low, high) = signed(model, term.at, term.minus);
    let (row_size, close) = (row_low.abs().min(f64::MAX), if model.integral { 0.0 } else { ROUNDING });
    let close = close * (size + if row_low.is_finite() { row_size } else { 0.0 });
    let mut new_low = most.without(high).map_or(low, |others| low.max(row_low - others - close));
    let mut new_high = least.without(low).map_or(high, |others| high.min(row_high - others + close));
    if new_low.is_nan() || new_high.is_nan() {
        return Ok(None);
    }
    if model.anchored {
        (new_low, new_high) = (new_low.min(0.0), new_high.max(0.0));
    } else if new_low > new_high {
        let base = model.base[var].abs();
        if new_low - new_high > 1e-9 * (size + base) {
            return Err(AuditError::Contradiction(model.relation(row)));
        }
        (new_low, new_high) = (new_high, new_low);
    }
    let width = high - low;
    let moved = (new_low - low).max(high - new_high);
    if !(moved > 0.0 || (low.is_infinite() && new_low.is_finite()) || (high.is_infinite() && new_high.is_finite())) {
        return Ok(None);
    }
    (model.low[var], model.high[var]) = if term.minus { (-new_high, -new_low) } else { (new_low, new_high) };
    let enough = !width.is_finite() || moved > STEP * width;
    Ok(enough.then_some(term.at))
}
