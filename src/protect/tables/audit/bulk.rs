//! Bulk programmes: one table over a region that serves many demands at once.

use rayon::prelude::*;

use super::lp::{Optimum, Outside, Program};
use super::region::Region;
use super::search::{Goal, Search, Tools, unit};
use super::witness::{Reached, Witness};

/// Regions grown before their programmes are solved side by side; fixed, so that results do not depend on threads.
const BATCH: usize = 256;

/// Programmes per region at most, and how many in a row may settle nothing.
const ROUNDS: u32 = 10;
const IDLE: u32 = 2;

/// Covers all goals with regions of about `size` cells, and seeks tables in each that reach many goals at once.
///
/// Goals are sorted by variable and side; the farthest of each counts.
pub(crate) fn run(search: &mut Search, goals: &[Goal], size: usize) {
    let mut wanted = Wanted { low: vec![0.0; search.model.variables()], high: vec![0.0; search.model.variables()] };
    for goal in goals {
        let side = if goal.up { &mut wanted.high } else { &mut wanted.low };
        side[goal.var as usize] =
            if goal.up { side[goal.var as usize].max(goal.target) } else { side[goal.var as usize].min(goal.target) };
    }
    let mut covered = vec![false; search.model.variables()];
    let mut next = 0;
    while next < goals.len() {
        let regions = regions(search, goals, size, &mut covered, &mut next);
        let found: Vec<Vec<Witness>> =
            regions.par_iter().map(|region| search.with_tools(|tools| serve(search, tools, region, &wanted))).collect();
        for witness in found.iter().flatten() {
            search.reached.note(witness);
        }
    }
}

/// The deviation wanted of each variable, 0 where none is.
struct Wanted {
    low: Vec<f64>,
    high: Vec<f64>,
}

/// The next regions around goals not yet covered.
fn regions(search: &Search, goals: &[Goal], size: usize, covered: &mut [bool], next: &mut usize) -> Vec<Region> {
    let mut regions = Vec::new();
    search.with_tools(|tools| {
        while let Some(goal) = goals.get(*next).filter(|_| regions.len() < BATCH) {
            *next += 1;
            if covered[goal.var as usize] || search.is_reached(goal) || search.is_excluded(goal) {
                continue;
            }
            let bias = |var: u32| i64::from(covered[var as usize]);
            let mut region = tools.grower.grow(&search.model, &search.components, goal.var, size, bias);
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

/// Solves programmes over a region until its goals are reached or rounds bring nothing.
fn serve(search: &Search, tools: &mut Tools, region: &Region, wanted: &Wanted) -> Vec<Witness> {
    let model = &search.model;
    let mut program = Program::new(model, region, Outside::Fixed);
    let targets = region.vars.iter().map(|var| (wanted.low[*var as usize], wanted.high[*var as usize]));
    let targets: Vec<(f64, f64)> = targets.collect();
    for (bounds, (low, high)) in program.bounds.iter_mut().zip(&targets) {
        if *low < 0.0 {
            bounds.0 = bounds.0.max(*low);
        }
        if *high > 0.0 {
            bounds.1 = bounds.1.min(*high);
        }
    }
    let widest = targets.iter().map(|(low, high)| high - low).filter(|width| width.is_finite()).fold(0.0, f64::max);
    let unit = unit(model, if widest > 0.0 { widest } else { 1.0 });
    let mut reached = Reached { low: vec![0.0; region.vars.len()], high: vec![0.0; region.vars.len()] };
    for (at, var) in region.vars.iter().enumerate() {
        reached.low[at] = search.reached.low[*var as usize];
        reached.high[at] = search.reached.high[*var as usize];
    }
    let (mut found, mut idle) = (Vec::new(), 0);
    for round in 0..ROUNDS {
        if idle >= IDLE || !aim(&mut program, region, &targets, (&reached, round, unit)) {
            break;
        }
        let Optimum::Point(point) = program.maximise(unit) else { break };
        let Some(witness) = tools.checker.verify(model, &region.vars, &point, unit) else { break };
        let before = reached.clone();
        for (at, (_, deviation)) in witness.iter().enumerate() {
            reached.low[at] = reached.low[at].min(*deviation);
            reached.high[at] = reached.high[at].max(*deviation);
        }
        idle = if reached == before { idle + 1 } else { 0 };
        found.push(witness);
    }
    found
}

/// Sets the objective: every open goal counts by the inverse of its distance, cells with two open goals up or down by
/// a fixed pattern which changes with the round. Returns whether any goal is open.
fn aim(
    program: &mut Program,
    region: &Region,
    targets: &[(f64, f64)],
    (reached, round, unit): (&Reached, u32, f64),
) -> bool {
    let mut any = false;
    for (at, (low, high)) in targets.iter().enumerate() {
        let down = low.is_finite() && *low < 0.0 && reached.low[at] > *low;
        let up = high.is_finite() && *high > 0.0 && reached.high[at] < *high;
        any |= down || up;
        let upwards = up && (!down || pattern(region.vars[at], round));
        program.costs[at] = match (upwards, down) {
            (true, _) => (unit / high).clamp(1e-3, 1e3),
            (false, true) => (unit / low).clamp(-1e3, -1e-3),
            _ => 0.0,
        };
    }
    any
}

/// A fixed, irregular pattern of halves (the finaliser of SplitMix64: Steele, Lea & Flood 2014).
fn pattern(var: u32, round: u32) -> bool {
    // Every second round is the opposite of the one before.
    let mut bits = (u64::from(var) << 32 | u64::from(round / 2)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) & 1 == 1) != (round % 2 == 1)
}
