//! What the sender learns about a plan: how far suppressed cells stay unsure, and a proof that none follows from published ones.
//!
//! Nothing of this leaves with a release: an interval tells more about a cell than its suppression does.

use super::audit::{self, Options, Problem};
use super::gauss::{self, Suppressor};
use super::system::{Relation, System};
use super::{Ahead, Status, SystemPlan, TableCell, TableError, demand, primary};

/// The report on a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanReport {
    /// For every suppressed cell that is shown, in order of number.
    pub cells: Vec<SuppressedCell>,
    /// Unsafe cells that follow from what outsiders know.
    pub derivable: Vec<u32>,
    /// How many cells that were unsafe in earlier releases follow from these and from the new one together.
    pub earlier: usize,
}

/// A suppressed cell as the sender sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct SuppressedCell {
    /// Its number.
    pub cell: u32,
    /// The least and the largest number of persons that somebody who knows everything published, and the statuses, must hold
    /// possible; ∞ without end.
    pub persons: (f64, f64),
    /// Whether that interval is exact; otherwise the true one is not narrower than this.
    pub exact: bool,
    /// A second table agrees with every published number, and its records differ in this cell by so many, in whole numbers as text:
    /// so the cell does not follow from them. `None` for a cell that needs no protection of its own.
    pub change: Option<String>,
}

/// Most suppressed cells whose exact intervals are computed.
const MOST_EXACT: usize = 4_000;

/// Looks at a plan again, apart from how it was made. `relations` are those that it was made for, `ahead` what it was
/// held against.
///
/// # Errors
/// [`TableError`] where cells, relations and plan do not belong together; [`TableError::Proof`] where the proof does not hold.
pub fn report(
    cells: &[TableCell<'_>],
    relations: Vec<(u32, Vec<u32>)>,
    plan: &SystemPlan,
    ahead: &Ahead,
) -> Result<PlanReport, TableError> {
    let system = System::new(cells.len(), relations)?;
    let unknown: Vec<bool> = cells.iter().enumerate().map(|(at, cell)| unknown(cell, plan.status(at))).collect();
    let described: Vec<gauss::Cell> =
        cells.iter().zip(&unknown).map(|(cell, hidden)| described(cell, *hidden)).collect();
    let outcome = Suppressor::new(&system, &described, gauss::Options::default())?.finish();
    let whole = outcome.proof.verify(&system, &outcome.statuses, &outcome.unprotected);
    whole.map_err(|_| TableError::Proof)?;
    let mut changes: Vec<Option<String>> = vec![None; cells.len()];
    for (cell, change) in outcome.proof.changes() {
        if described[cell as usize].role == gauss::Role::Primary {
            changes[cell as usize] = Some(change.to_string());
        }
    }
    let reasons: Vec<bool> = (0..cells.len()).map(|at| plan.tells_reason(at)).collect();
    let (low, high) = demand::known_of_persons(cells, &reasons).into_iter().unzip();
    let values: Vec<f64> = cells.iter().map(|cell| cell.cell.persons as f64).collect();
    let slack = overlapping(&system, &values);
    let problem = Problem::new(&system, values, unknown.iter().map(|unknown| !unknown).collect())?;
    let problem = problem.bounds(low, high)?.slack(slack)?;
    let shown: Vec<u32> =
        (0_u32..).zip(cells).filter(|(at, cell)| cell.shown.cell && unknown[*at as usize]).map(|(at, _)| at).collect();
    let options =
        if shown.len() > MOST_EXACT { Options { exact: false, ..Options::default() } } else { Options::default() };
    let intervals = audit::intervals(&problem, &shown, &options)?;
    let cells = shown.iter().zip(intervals).map(|(&cell, interval)| SuppressedCell {
        cell,
        persons: if interval.exact {
            (interval.low, interval.high)
        } else {
            (interval.reached_low, interval.reached_high)
        },
        exact: interval.exact,
        change: changes[cell as usize].take(),
    });
    Ok(PlanReport { cells: cells.collect(), derivable: outcome.unprotected, earlier: ahead.exposed(&unknown)? })
}

fn unknown(cell: &TableCell<'_>, status: Status) -> bool {
    if cell.shown.cell {
        status != Status::Published
    } else {
        !(cell.known || cell.before.is_some_and(|before| before.known)) || primary::cell(cell)
    }
}

/// A pattern that is settled: what is published is fixed, what is suppressed may not come back.
fn described(cell: &TableCell<'_>, hidden: bool) -> gauss::Cell {
    let role = match (hidden, primary::cell(cell) && (cell.shown.cell || !cell.known)) {
        (false, _) => gauss::Role::Forced,
        (true, true) => gauss::Role::Primary,
        (true, false) => gauss::Role::Virtual,
    };
    gauss::Cell { role, cost: 0, singleton: None }
}

/// Sums whose parts have persons in common.
pub(super) fn overlapping(system: &System, values: &[f64]) -> Vec<bool> {
    let overlap = |line: u32| {
        let Relation { total, parts } = system.relation(line);
        parts.iter().map(|part| values[*part as usize]).sum::<f64>() != values[total as usize]
    };
    (0..system.relations() as u32).map(overlap).collect()
}

impl PlanReport {
    /// The least number of persons between the ends of an interval, over unsafe cells; `None` where there is none.
    #[must_use]
    pub fn narrowest(&self) -> Option<f64> {
        let unsafe_cells = self.cells.iter().filter(|cell| cell.change.is_some());
        unsafe_cells.map(|cell| cell.persons.1 - cell.persons.0).min_by(f64::total_cmp)
    }
}
