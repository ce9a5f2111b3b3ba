//! Audit and widening in turn, until every demand is met or nothing more can be done.

use super::problem::{AuditError, Problem};
use super::search::Options;
use super::tables::Tables;
use super::verdict::{Demand, Verdict, audit_with};
use super::widen::Widener;

/// What [`protect_intervals`] did.
#[derive(Debug, Clone, PartialEq)]
pub struct Protection {
    /// Cells suppressed in addition, with those the callback added, ascending.
    pub suppressed: Vec<u32>,
    /// Demands that are not met, with their intervals as they are in the end.
    pub unmet: Vec<Verdict>,
    /// Rounds of audit and widening.
    pub rounds: usize,
}

/// Suppresses further cells until the intruder's interval of every demanded cell is wide enough.
///
/// In each round the open demands are audited, and those not safe are widened one after the other as in
/// [`super::widen`]. Then `suppress_also` is told which cells were suppressed in this round, and returns further cells
/// that it wants suppressed (for instance so that no cell follows from others); they need not be in `may_suppress`.
/// `tables` are those that show demands to be met, found before and now.
/// Suppressing more never narrows an interval, so what is safe stays safe. It ends because every round but the last
/// suppresses a cell.
///
/// # Errors
/// As [`super::widen`].
pub fn protect_intervals(
    problem: &mut Problem,
    demands: &[Demand],
    costs: &[f64],
    may_suppress: &[bool],
    options: &Options,
    tables: &mut Tables,
    mut suppress_also: impl FnMut(&[u32]) -> Vec<u32>,
) -> Result<Protection, AuditError> {
    let quick = Options { exact: false, ..options.clone() };
    let (mut suppressed, mut rounds) = (Vec::new(), 0);
    let mut open: Vec<Demand> = demands.to_vec();
    loop {
        rounds += 1;
        let found = audit_with(problem, &open, &quick, tables)?;
        tables.extend(&found.tables);
        let verdicts = found.verdicts;
        let unsafe_ones = open.iter().zip(&verdicts).filter(|(_, verdict)| !verdict.is_safe());
        open = unsafe_ones.map(|(demand, _)| *demand).collect();
        if open.is_empty() {
            break;
        }
        let mut widener = Widener::new(problem, costs, may_suppress)?;
        let (mut fresh, mut left) = (Vec::new(), Vec::new());
        for demand in &open {
            match widener.widen(demand, &quick)? {
                Some(cells) => fresh.extend(cells),
                None => left.push(*demand),
            }
        }
        tables.extend(&widener.tables);
        // What was widened has verified witnesses; only the rest is looked at again.
        open = left;
        let fresh = problem.suppress(&fresh);
        if fresh.is_empty() {
            break;
        }
        suppressed.extend(&fresh);
        suppressed.extend(problem.suppress(&suppress_also(&fresh)));
        if open.is_empty() {
            break;
        }
    }
    let unmet = if open.is_empty() { Vec::new() } else { audit_with(problem, &open, options, tables)?.verdicts };
    let unmet = unmet.into_iter().filter(|verdict| !verdict.is_safe()).collect();
    suppressed.sort_unstable();
    Ok(Protection { suppressed, unmet, rounds })
}
