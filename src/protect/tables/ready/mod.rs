//! Tables that were made elsewhere, and judged by rules on their contributors: which of their cells are suppressed so that no
//! unsafe one can be found, or come too close to.

use super::audit::{self, Audit, Demand, Interval, Problem};
use super::complement::{LEAST_WIDTH, Lines, Measure, Role, Site};
use super::layer::Hidden;
use super::methods::{Effort, Method, Task};
use super::rules::RuleError;
use super::{Ahead, Before, System, TableError};

/// What may become of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ReadyRole {
    /// Safe.
    Free,
    /// To be suppressed, and this much of it to stay possible: from … to, in the unit of the table.
    Unsafe(f64, f64),
    /// Published whatever happens.
    Published,
    /// Suppressed, and nothing asked of it: it was suppressed for others in an earlier release.
    Withheld,
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
    /// Cells that were unsafe in earlier releases, and sums of few changes since, that cannot be protected.
    pub earlier: usize,
    /// The interval of every suppressed cell, ascending.
    pub intervals: Vec<(u32, Interval)>,
    /// What was asked of unsafe cells: what is demanded, less what is known before any number is published.
    pub asked: Vec<Demand>,
    /// By how much intervals go beyond what is asked at least, in widths of what is asked; ∞ where nothing is unsafe.
    pub worst: f64,
    /// Costs of the suppressed cells that are safe.
    pub cost: u64,
    /// What no pattern with the asked intervals can cost less than, where the method tells.
    pub least: Option<f64>,
}

/// Judges by the rules of ready-made tables which cells of a line are unsafe together.
#[derive(Clone, Copy)]
struct Judged<'f>(&'f Together<'f>);

/// Whether cells of a line are unsafe together: asked with the number of the line, and the cells.
type Together<'f> = dyn Fn(u32, &[u32]) -> Result<bool, RuleError> + 'f;

impl Lines for Judged<'_> {
    type Sum = Vec<u32>;

    const EXACT: bool = true;

    fn add(&self, sum: &mut Vec<u32>, cell: u32) {
        sum.push(cell);
    }

    fn is_unsafe(&self, line: u32, _: u32, sum: &Vec<u32>) -> Result<bool, TableError> {
        Ok((self.0)(line, sum)?)
    }
}

/// How many patterns are made.
const EFFORT: Effort = Effort { runs: 24, cells: 12_000, demands: 2_000 };
/// Most suppressed cells whose intervals are computed to the end; of more, what is shown possible is told.
const MOST_EXACT: usize = 1_500;
/// Most whose intervals are sought cell by cell at all.
const MOST_SOUGHT: usize = 6_000;

/// Suppresses cells until no unsafe one is a combination of published ones, for nobody who is the single contributor of
/// others either, beside earlier releases as `ahead` holds them against these cells; none can be narrowed down beyond its demand; and no suppressed cells of a line whose total is known are unsafe
/// together. `together` is asked about these: the number of the line, and the cells. Whatever the method, its pattern ends in the
/// same search for what is missing, and in the same audit.
///
/// # Errors
/// [`TableError`] where cells do not fit the system, or `together` fails; [`TableError::NoSolver`] for the optimal method, where it is
/// not built in.
pub fn suppress_ready(
    system: &System,
    cells: &[ReadyCell],
    (method, ahead): (Method<'_>, &Ahead),
    together: impl Fn(u32, &[u32]) -> Result<bool, RuleError>,
) -> Result<Suppressed, TableError> {
    let sites: Vec<Site> = cells.iter().map(site).collect();
    let (measures, lines) = ([measure(cells)], Judged(&together));
    let beside = ahead.beside();
    let effort = if beside.is_some() { Effort::ONE } else { EFFORT };
    let task = Task { system, sites: &sites, measures: &measures, lines, beside, effort };
    let (hidden, least) = task.protect(method)?;
    let cost = task.cost(&hidden.hidden);
    let Hidden { mut hidden, mut unprotected, known, asked, earlier, tables } = hidden;
    let asked = asked.concat();
    hidden.iter_mut().zip(cells).for_each(|(hidden, cell)| *hidden |= cell.role == ReadyRole::Withheld);
    let (low, high) = cells.iter().map(|cell| cell.bounds).unzip();
    let seen = |(hidden, cell): (&bool, &ReadyCell)| !*hidden && cell.role != ReadyRole::Tie;
    let published: Vec<bool> = hidden.iter().zip(cells).map(seen).collect();
    // What was found on the way is looked at once more from the outside.
    let earlier = earlier.max(ahead.exposed(&published.iter().map(|is| !is).collect::<Vec<_>>())?);
    let values = cells.iter().map(|cell| cell.value).collect();
    let problem = Problem::new(system, values, published)?.bounds(low, high)?;
    let quick = audit::Options { exact: false, ..audit::Options::default() };
    let found = tables.into_iter().next().unwrap_or_default();
    let Audit { verdicts, worst, .. } = audit::audit_with(&problem, &asked, &quick, &found)?;
    // That hidden cells may hold the same as then and that a total changed cannot both be: whoever believes the first finds the number
    // of then. What counts of such a cell is whether the new tables leave it open.
    let is_open = |cell: u32| {
        let Some(asked) = asked.iter().find(|demand| demand.cell == cell) else { return false };
        let wanted = measures[0].demands.iter().find(|demand| demand.cell == cell);
        let wide = wanted.is_some_and(|all| asked.high - asked.low >= LEAST_WIDTH.min(all.high - all.low));
        wide && verdicts.iter().any(|verdict| verdict.cell == cell && verdict.is_safe())
    };
    let has_changed = |cell: u32| ahead.before(cell as usize).is_some_and(Before::has_changed);
    unprotected.retain(|cell| !(has_changed(*cell) && is_open(*cell)));
    unprotected.extend(known);
    unprotected.extend(verdicts.iter().filter(|verdict| !verdict.is_safe()).map(|verdict| verdict.cell));
    unprotected.sort_unstable();
    unprotected.dedup();
    let suppressed: Vec<u32> = (0_u32..).zip(&hidden).filter(|(_, is)| **is).map(|(cell, _)| cell).collect();
    let mut intervals: Vec<(u32, Interval)> =
        suppressed.iter().copied().zip(audit::intervals(&problem, &suppressed, &followed(suppressed.len()))?).collect();
    for verdict in &verdicts {
        if let Ok(at) = intervals.binary_search_by_key(&verdict.cell, |(cell, _)| *cell) {
            let interval = &mut intervals[at].1;
            interval.reached_low = interval.reached_low.min(verdict.interval.reached_low);
            interval.reached_high = interval.reached_high.max(verdict.interval.reached_high);
        }
    }
    Ok(Suppressed { hidden, unprotected, earlier, intervals, asked, worst, cost, least })
}

/// How far the intervals of so many suppressed cells are followed.
fn followed(suppressed: usize) -> audit::Options {
    let all = audit::Options::default();
    match suppressed {
        few if few <= MOST_EXACT => all,
        some if some <= MOST_SOUGHT => audit::Options { sizes: vec![64], largest: 0, ..all },
        _ => audit::Options { bulk: vec![100], sizes: Vec::new(), largest: 0, ..all },
    }
}

fn site(cell: &ReadyCell) -> Site {
    let role = match cell.role {
        ReadyRole::Free => Role::Free,
        ReadyRole::Unsafe(..) => Role::Unsafe,
        ReadyRole::Published => Role::Known,
        ReadyRole::Withheld | ReadyRole::Tie => Role::Tie,
    };
    Site { role, cost: cell.cost, singleton: cell.singleton }
}

fn measure(cells: &[ReadyCell]) -> Measure {
    let demand = |(cell, number): (u32, &ReadyCell)| match number.role {
        ReadyRole::Unsafe(low, high) => Some(Demand { cell, low: low.min(number.value), high: high.max(number.value) }),
        _ => None,
    };
    Measure {
        values: cells.iter().map(|cell| cell.value).collect(),
        bounds: cells.iter().map(|cell| cell.bounds).collect(),
        silent: cells.iter().map(|cell| cell.bounds).collect(),
        demands: (0_u32..).zip(cells).filter_map(demand).collect(),
        overlaps: false,
    }
}

#[cfg(test)]
mod tests;
