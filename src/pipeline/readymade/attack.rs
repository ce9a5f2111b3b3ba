//! The intruder: what follows from published tables about the cells that they suppress.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::cells::{ReadymadeError, Tables, Tied};
use crate::pipeline::error::RunError;
use crate::protect::tables::audit::{self, Options, Problem};
use crate::protect::tables::rules::RuleName;
use crate::protect::tables::{Relation, gauss};

/// Which tables are attacked, and what the intruder knows.
#[derive(Debug, Clone)]
pub struct AttackOptions {
    /// Published tables over the same records.
    pub files: Vec<PathBuf>,
    /// Columns that make the cells.
    pub by: Vec<String>,
    /// The column of numbers; none is negative.
    pub value: String,
    /// The column of statuses, if there is one.
    pub status: String,
    /// The code of a total.
    pub total: String,
    /// Where the statuses tell why a cell is suppressed: fewer than this many, or at least.
    pub threshold: Option<u64>,
    /// Whether nobody counts as few: cells of nobody are suppressed with the word for the threshold. So it is anyway where a 0 is
    /// published, as it is known then that cells of nobody are shown.
    pub zeros: bool,
}

/// A suppressed cell, and what follows about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fallen {
    /// The cell: for each column its code, `None` where it is totalled.
    pub codes: Vec<Option<String>>,
    /// Its least and largest possible number.
    pub interval: (f64, f64),
    /// Whether its number is a sum and difference of published ones.
    pub derivable: bool,
    /// Whether its interval is that of one number.
    pub exact: bool,
}

/// What an attack finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Attack {
    /// Columns that make the cells.
    pub by: Vec<String>,
    /// Cells of all tables, each counted once.
    pub cells: usize,
    /// Every suppressed cell.
    pub suppressed: Vec<Fallen>,
    /// Suppressed cells of which elimination did not tell within its effort whether they are combinations of published ones.
    pub undecided: usize,
}

impl Attack {
    /// Suppressed cells whose number is known.
    #[must_use]
    pub fn fallen(&self) -> usize {
        self.suppressed.iter().filter(|cell| cell.derivable || cell.exact).count()
    }
}

/// Why cells of enough persons are suppressed.
const ENOUGH: [RuleName; 4] = [RuleName::Secondary, RuleName::Dominance, RuleName::PPercent, RuleName::PQ];

/// Elementary steps of elimination spent on one suppressed cell.
const EFFORT: u64 = 2_000_000;

/// Attacks tables as somebody would who has nothing but them: finds every suppressed cell that is a combination of published
/// ones, and for every suppressed cell the interval in which its number lies.
///
/// # Errors
/// A file that cannot be read or is no table, or tables that contradict each other.
pub fn attack(options: &AttackOptions) -> Result<Attack, RunError> {
    let tables = Tables::read(&options.files, &options.by, &options.value, &options.status, &options.total)?;
    let tied = tables.tie(false)?;
    let row = |cell: usize| tied.row[cell].map(|row| &tied.tables.rows[row]);
    let number = |cell: usize| row(cell).and_then(|row| row.value);
    let cells = tied.system.cells();
    let values = (0..cells).map(|cell| number(cell).unwrap_or(f64::NAN)).collect();
    let published: Vec<bool> = (0..cells).map(|cell| number(cell).is_some()).collect();
    let least = if options.zeros || (0..cells).any(|cell| number(cell) == Some(0.0)) { 0.0 } else { 1.0 };
    let bounds = |cell: usize| -> (f64, f64) {
        let told = options.threshold.zip(row(cell));
        match told.map(|(t, row)| (t as f64, row.status.as_str())) {
            Some((t, status)) if status == RuleName::Threshold.status() => (least, t - 1.0),
            // The threshold is looked at first: what another rule suppresses has as many.
            Some((t, status)) if ENOUGH.iter().any(|rule| rule.status() == status) => (t, f64::INFINITY),
            _ => (0.0, f64::INFINITY),
        }
    };
    let hidden: Vec<bool> = published.iter().map(|is| !is).collect();
    let derivable = gauss::derivable_within(&tied.system, &hidden, EFFORT).map_err(|_| ReadymadeError::TooLarge)?;
    let (derivable, undecided) = (derivable.derivable, derivable.undecided.len());
    let (low, high) = (0..cells)
        .map(|cell| match number(cell) {
            Some(_) => (f64::NEG_INFINITY, f64::INFINITY),
            None => bounds(cell),
        })
        .unzip();
    let problem = Problem::new(&tied.system, values, published).and_then(|problem| problem.bounds(low, high));
    let problem = problem.map_err(|_| ReadymadeError::Contradiction)?;
    let try_with = |slack: Vec<bool>| {
        problem.clone().slack(slack).and_then(|problem| audit::all_intervals(&problem, &Options::default()))
    };
    // Where parts overlap too little to be seen in lines that are published whole, only all lines together show it.
    let found = try_with(overlapping(&tied, number)).or_else(|_| try_with(vec![true; tied.system.relations()]));
    let found = found.map_err(|_| ReadymadeError::Contradiction)?;
    let mut suppressed = Vec::new();
    for (cell, interval) in found {
        let Some(row) = row(cell as usize) else { continue };
        suppressed.push(Fallen {
            codes: row.codes.clone(),
            interval: (interval.low, interval.high),
            derivable: derivable.binary_search(&cell).is_ok(),
            exact: interval.falls(1e-6),
        });
    }
    let shown = tied.row.iter().flatten().count();
    Ok(Attack { by: options.by.clone(), cells: shown, suppressed, undecided })
}

/// Sums whose parts overlap, as distinct persons do who are in several age groups: wherever published parts of one shape add up
/// to more than a published total of another, the same is possible for every sum between these shapes.
fn overlapping(tied: &Tied, number: impl Fn(usize) -> Option<f64>) -> Vec<bool> {
    let exceeds = |line: u32| -> bool {
        let Relation { total, parts } = tied.system.relation(line);
        let sum: Option<f64> = parts.iter().map(|part| number(*part as usize)).sum();
        sum.zip(number(total as usize)).is_some_and(|(sum, total)| sum > total * (1.0 + 1e-9) + 1e-6)
    };
    let all = (0_u32..).zip(&tied.steps);
    let overlap: BTreeSet<(usize, usize)> = all.filter(|(line, _)| exceeds(*line)).map(|(_, step)| *step).collect();
    tied.steps.iter().map(|step| overlap.contains(step)).collect()
}
