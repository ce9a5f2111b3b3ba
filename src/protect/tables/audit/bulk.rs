//! The bulk of the goals: one walk over the tables of a region serves all goals in it.

use rayon::prelude::*;

use super::lp::{Outside, Program};
use super::region::{From, Region};
use super::search::{Goal, Search, Tools, unit};
use super::walk::Walk;
use super::witness::Witness;

/// Regions grown before they are served side by side; fixed, so that results do not depend on threads.
const BATCH: usize = 64;

/// A table that changes more cells is not kept: it is found again, or another is.
const MOST_KEPT: usize = 48;

/// What a region gave: the values that each of its cells was seen to take, and the tables that showed it.
type Served = (Vec<(f64, f64)>, Vec<Witness>);

/// Covers all goals with regions of about `size` cells, and seeks tables in each that reach its goals.
///
/// Goals are sorted by variable and side.
pub(crate) fn run(search: &mut Search, goals: &[Goal], size: usize) {
    let mut covered = vec![false; search.model.variables()];
    let mut next = 0;
    while next < goals.len() {
        let regions = regions(search, goals, size, &mut covered, &mut next);
        let found: Vec<Served> =
            regions.par_iter().map(|region| search.with_tools(|tools| serve(search, tools, region, goals))).collect();
        for (region, (seen, tables)) in regions.iter().zip(found) {
            search.reached.note_all(&region.vars, &seen);
            tables.iter().for_each(|table| search.tables.keep(&search.model, table));
        }
    }
}

/// The next regions around goals not yet covered.
fn regions(search: &Search, goals: &[Goal], size: usize, covered: &mut [bool], next: &mut usize) -> Vec<Region> {
    let mut regions = Vec::new();
    search.with_tools(|tools| {
        while let Some(goal) = goals.get(*next).filter(|_| regions.len() < BATCH) {
            *next += 1;
            if covered[goal.var as usize] || is_settled(search, goal) {
                continue;
            }
            let bias = |var: u32| i64::from(covered[var as usize]);
            let mut region =
                tools.grower.grow(&search.model, &search.components, goal.var, (size, From::of_size(size)), bias);
            tools.grower.prune(&search.model, &mut region);
            covered[goal.var as usize] = true;
            for var in &region.vars {
                covered[*var as usize] = true;
            }
            if region.vars.len() > 1 {
                regions.push(region);
            }
        }
    });
    regions
}

/// Not worth a walk.
fn is_settled(search: &Search, goal: &Goal) -> bool {
    search.is_reached(goal) || search.is_excluded(goal) || search.is_exact(goal) || !search.model.is_anchored(goal.var)
}

/// Walks to each open goal of a region in turn; the lowest and highest deviation of each variable in any verified
/// witness, those seen before included; and the witnesses that reached goals, those aside that change many cells.
fn serve(search: &Search, tools: &mut Tools, region: &Region, goals: &[Goal]) -> Served {
    let mut tables = Vec::new();
    let model = &search.model;
    let mut walk = Walk::new(&Program::new(model, region, Outside::Fixed));
    let side = |at: &usize| region.vars[*at] as usize;
    let mut seen: Vec<(f64, f64)> =
        (0..region.vars.len()).map(|at| (search.reached.low[side(&at)], search.reached.high[side(&at)])).collect();
    for (at, var) in region.vars.iter().enumerate() {
        let first = goals.partition_point(|goal| goal.var < *var);
        for goal in goals[first..].iter().take_while(|goal| goal.var == *var) {
            let there =
                if goal.up { seen[at].1 + goal.close >= goal.target } else { seen[at].0 - goal.close <= goal.target };
            if there || is_settled(search, goal) {
                continue;
            }
            let before = walk.point()[at];
            let done = walk.push(at, goal.up, goal.target);
            if !done && walk.point()[at] == before {
                continue;
            }
            let unit = unit(model, goal.target.abs());
            let Some(witness) = tools.checker.verify(model, &region.vars, walk.point(), unit) else {
                // The walk has lost its way by rounding; what is still open is left to others.
                return (seen, tables);
            };
            for (seen, (_, deviation)) in seen.iter_mut().zip(&witness) {
                *seen = (seen.0.min(*deviation), seen.1.max(*deviation));
            }
            if done && witness.iter().filter(|(_, deviation)| *deviation != 0.0).count() <= MOST_KEPT {
                tables.push(witness.into_iter().filter(|(_, deviation)| *deviation != 0.0).collect());
            }
        }
    }
    (seen, tables)
}
