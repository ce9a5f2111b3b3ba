//! Sliding protection: does what stays possible of a cell span a width, wherever in it the true value lies?

use super::intervals::intervals;
use super::problem::{AuditError, Problem};
use super::search::Options;
use super::verdict::{Demand, audit, check};

/// How wide the intruder's interval of a cell must be at least; the *sliding protection level* of Fischetti &
/// Salazar-González (2001, section 2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The cell.
    pub cell: u32,
    /// The width, above 0, in the unit of the table.
    pub width: f64,
}

/// For each span what verified tables reach: an interval as wide as demanded, up to 1e-7 of the width, if one is found, and
/// otherwise the widest that is. A published cell has its value alone.
///
/// First an interval of the width around the true value is sought for all cells together, as [`audit`] does; cells that
/// have none there, because of what lies to one side, are asked for all that is possible of them.
///
/// # Errors
/// As [`audit`].
pub fn spanned(problem: &Problem, spans: &[Span], options: &Options) -> Result<Vec<(f64, f64)>, AuditError> {
    check(problem, &[])?;
    let demand = |span: &Span| {
        let at = span.cell as usize;
        let value = *problem.values.get(at).ok_or(AuditError::NoSuchCell(span.cell))?;
        // Where one side is short, the other makes up for it.
        let low = (value - span.width / 2.0).max(problem.low[at]).min(value);
        let high = (low + span.width).min(problem.high[at]).max(value);
        Ok(Demand { cell: span.cell, low: (high - span.width).max(problem.low[at]).min(low), high })
    };
    let demands = spans.iter().map(demand).collect::<Result<Vec<_>, AuditError>>()?;
    let found = audit(problem, &demands, options)?;
    let mut reached: Vec<(f64, f64)> =
        found.verdicts.iter().map(|verdict| (verdict.interval.reached_low, verdict.interval.reached_high)).collect();
    let is_short = |at: &usize| {
        let demand = demands[*at];
        !found.verdicts[*at].is_safe() || demand.high - demand.low < spans[*at].width
    };
    let short: Vec<usize> = (0..spans.len()).filter(is_short).collect();
    let cells: Vec<u32> = short.iter().map(|at| spans[*at].cell).collect();
    for (at, interval) in short.iter().zip(intervals(problem, &cells, options)?) {
        let seen = &mut reached[*at];
        *seen = (seen.0.min(interval.reached_low), seen.1.max(interval.reached_high));
    }
    Ok(reached)
}
