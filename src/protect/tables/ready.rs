//! Tables that were made elsewhere, and judged by rules on their contributors: which of their cells are suppressed so that no
//! unsafe one can be found, or come too close to.

use super::audit::{self, Audit, Demand, Interval, Problem};
use super::complement::{Complement, Lines, Measure, Role, Site};
use super::layer::Hidden;
use super::rules::RuleError;
use super::{System, TableError};

/// What may become of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ReadyRole {
    /// Safe.
    Free,
    /// To be suppressed, and this much of it to stay possible: from … to, in the unit of the table.
    Unsafe(f64, f64),
    /// Published whatever happens.
    Published,
    /// In no table, and safe.
    Tie,
}

/// A cell of a ready-made table. Its number is its place in the list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReadyCell {
    /// Its number, in the unit of the table.
    pub value: f64,
    /// What may become of it.
    pub role: ReadyRole,
    /// What is lost when it is suppressed.
    pub cost: u64,
    /// Its one contributor, if it has just one.
    pub singleton: Option<u64>,
    /// What everybody knows of it where it is suppressed: its least and largest number.
    pub bounds: (f64, f64),
}

/// A suppression, and what it leaves to somebody who knows all that is published.
#[derive(Debug, Clone, PartialEq)]
pub struct Suppressed {
    /// Which cells are suppressed; one that no table has counts only where it is unsafe.
    pub hidden: Vec<bool>,
    /// Unsafe cells that cannot be protected, ascending.
    pub unprotected: Vec<u32>,
    /// The interval of every suppressed cell, ascending.
    pub intervals: Vec<(u32, Interval)>,
    /// By how much intervals go beyond what is demanded at least, in widths of what is demanded; ∞ where nothing is unsafe.
    pub worst: f64,
}

/// Judges by the rules of ready-made tables which cells of a line are unsafe together.
struct Judged<F>(F);

impl<F: Fn(u32, &[u32]) -> Result<bool, RuleError>> Lines for Judged<F> {
    type Sum = Vec<u32>;

    const EXACT: bool = true;

    fn add(&self, sum: &mut Vec<u32>, cell: u32) {
        sum.push(cell);
    }

    fn is_unsafe(&self, line: u32, _: u32, sum: &Vec<u32>) -> Result<bool, TableError> {
        Ok((self.0)(line, sum)?)
    }
}

/// Suppresses cells until no unsafe one is a combination of published ones, for nobody who is the single contributor of
/// others either; none can be narrowed down beyond its demand; and no suppressed cells of a line whose total is known are unsafe
/// together. `together` is asked about these: the number of the line, and the cells.
///
/// # Errors
/// [`TableError`] where cells do not fit the system, or `together` fails.
pub fn suppress_ready(
    system: &System,
    cells: &[ReadyCell],
    together: impl Fn(u32, &[u32]) -> Result<bool, RuleError>,
) -> Result<Suppressed, TableError> {
    let site = |cell: &ReadyCell| Site {
        role: match cell.role {
            ReadyRole::Free => Role::Free,
            ReadyRole::Unsafe(..) => Role::Unsafe,
            ReadyRole::Published => Role::Known,
            ReadyRole::Tie => Role::Tie,
        },
        cost: cell.cost,
        singleton: cell.singleton,
    };
    let demand = |(cell, number): (u32, &ReadyCell)| match number.role {
        ReadyRole::Unsafe(low, high) => Some(Demand { cell, low: low.min(number.value), high: high.max(number.value) }),
        _ => None,
    };
    let demands: Vec<Demand> = (0_u32..).zip(cells).filter_map(demand).collect();
    let measure = Measure {
        values: cells.iter().map(|cell| cell.value).collect(),
        bounds: cells.iter().map(|cell| cell.bounds).collect(),
        silent: cells.iter().map(|cell| cell.bounds).collect(),
        demands,
        overlaps: false,
    };
    let complement = Complement::new(system, cells.iter().map(site).collect(), Judged(together))?;
    let Hidden { hidden, mut unprotected, known, asked } = complement.protect(&[measure])?;
    unprotected.extend(known);
    let (low, high) = cells.iter().map(|cell| cell.bounds).unzip();
    let seen = |(hidden, cell): (&bool, &ReadyCell)| !*hidden && cell.role != ReadyRole::Tie;
    let published: Vec<bool> = hidden.iter().zip(cells).map(seen).collect();
    let values = cells.iter().map(|cell| cell.value).collect();
    let problem = Problem::new(system, values, published)?.bounds(low, high)?;
    let suppressed: Vec<u32> = (0_u32..).zip(&hidden).filter(|(_, is)| **is).map(|(cell, _)| cell).collect();
    let options = audit::Options::default();
    let found = audit::intervals(&problem, &suppressed, &options)?;
    let quick = audit::Options { exact: false, ..audit::Options::default() };
    let Audit { verdicts, worst } = audit::audit(&problem, &asked.concat(), &quick)?;
    unprotected.extend(verdicts.iter().filter(|verdict| !verdict.is_safe()).map(|verdict| verdict.cell));
    unprotected.sort_unstable();
    unprotected.dedup();
    Ok(Suppressed { hidden, unprotected, intervals: suppressed.into_iter().zip(found).collect(), worst })
}
