//! What to suppress in addition, so that the intruder's interval of a cell becomes wide enough.
//!
//! Published cells are let vary at a cost, and the cheapest table is sought in which the cell reaches what is demanded;
//! the published cells that differ there are suppressed. This is the linear relaxation of Kelly, Golden & Assad
//! (Networks 22(4), 1992), in the form for general linked tables of Fischetti & Salazar-González (2001, section 3).

use super::lp::{Optimum, Outside, Program};
use super::model::Model;
use super::problem::{AuditError, Problem};
use super::region::{Components, From, Grower, Region};
use super::search::{Goal, Options, unit};
use super::swap::Swaps;
use super::tables::Tables;
use super::verdict::{Demand, check, tolerance};
use super::witness::{Checker, Reached, Witness};

/// A deviation below this part of the unit is none.
const MOVED: f64 = 1e-6;

/// The least price, in parts of the dearest.
const LEAST: f64 = 1e-6;

/// Times that a programme of at most so many unknown cells is solved with better prices.
const ROUNDS: usize = 4;
const RESCALED: usize = 400;

/// Which published cells to suppress so that the interval of `demand.cell` contains the demanded one, ascending.
///
/// `costs` are per suppressed cell, ≥ 0; cells already unpublished are free. Only cells with
/// `may_suppress` are proposed. Empty if the demand is met already; `None` if no region within the options' limits
/// holds a solution. What is proposed has been verified by two witness tables. Deterministic; a heuristic, not the
/// least cost.
///
/// # Errors
/// [`AuditError`], as [`super::audit`]; [`AuditError::Length`] if a list does not have one entry per cell;
/// [`AuditError::BadNumber`] for a cost that is negative or not finite.
pub fn widen(
    problem: &Problem,
    demand: &Demand,
    costs: &[f64],
    may_suppress: &[bool],
    options: &Options,
) -> Result<Option<Vec<u32>>, AuditError> {
    check(problem, std::slice::from_ref(demand))?;
    Widener::new(problem, costs, may_suppress)?.widen(demand, options)
}

/// The model in which also the cells that may be suppressed are variables.
pub(crate) struct Widener {
    model: Model,
    components: Components,
    grower: Grower,
    checker: Checker,
    /// Cost of each variable, `None` if it is unknown to the intruder already.
    costs: Vec<Option<f64>>,
    dearest: f64,
    /// What witnesses have reached that need no more than what is unknown by now.
    reached: Reached,
    swaps: Swaps,
    /// The tables that were found.
    pub tables: Tables,
}

impl Widener {
    pub(crate) fn new(problem: &Problem, costs: &[f64], may_suppress: &[bool]) -> Result<Self, AuditError> {
        if costs.len() != problem.values.len() || may_suppress.len() != costs.len() {
            return Err(AuditError::Length);
        }
        if let Some(cell) = costs.iter().position(|cost| !(cost.is_finite() && *cost >= 0.0)) {
            return Err(AuditError::BadNumber(cell as u32));
        }
        let open = |at: usize| may_suppress[at] && !problem.known[at];
        let model = Model::new(problem, |cell| !problem.published[cell as usize] || open(cell as usize))?;
        let swaps = Swaps::new(problem, |cell| open(cell).then(|| costs[cell]))?;
        let cost = |cell: &u32| problem.published[*cell as usize].then(|| costs[*cell as usize]);
        let costs: Vec<Option<f64>> = model.cells.iter().map(cost).collect();
        let dearest = costs.iter().flatten().fold(0.0, |most: f64, cost| most.max(*cost));
        let (components, grower, checker) = (Components::new(&model), Grower::new(&model), Checker::new(&model));
        let (reached, tables) = (Reached::new(&model), Tables::default());
        Ok(Self { reached, model, components, grower, checker, costs, dearest, swaps, tables })
    }

    /// As [`widen`]; what is proposed counts as unknown from then on.
    pub(crate) fn widen(&mut self, demand: &Demand, options: &Options) -> Result<Option<Vec<u32>>, AuditError> {
        let Some(var) = self.model.variable(demand.cell).filter(|var| self.costs[*var as usize].is_none()) else {
            return Ok(None);
        };
        let (base, close) = (self.model.base[var as usize], tolerance(demand));
        let mut all = Vec::new();
        for target in [demand.low - base, demand.high - base] {
            let met =
                self.reached.low[var as usize] - close <= target && target <= self.reached.high[var as usize] + close;
            if met {
                continue;
            }
            let Some(cells) = self.one_side(var, target, options) else {
                self.withdraw(&all);
                return Ok(None);
            };
            all.extend(cells);
        }
        all.sort_unstable();
        Ok(Some(all.iter().map(|(var, _)| self.model.cells[*var as usize]).collect()))
    }

    /// Takes back what was proposed for one side when the other side cannot be met.
    fn withdraw(&mut self, proposed: &[(u32, u64)]) {
        for (var, cost) in proposed {
            self.costs[*var as usize] = Some(f64::from_bits(*cost));
            self.swaps.publish(self.model.cells[*var as usize]);
        }
        if !proposed.is_empty() {
            self.reached = Reached::new(&self.model);
        }
    }

    /// Variables to suppress, each with the bits of its cost, so that `var` reaches a deviation.
    fn one_side(&mut self, var: u32, target: f64, options: &Options) -> Option<Vec<(u32, u64)>> {
        if !(self.model.low[var as usize]..=self.model.high[var as usize]).contains(&target) || target.is_infinite() {
            return None;
        }
        // Totals are dear: they move where nothing else does.
        let near = options.sizes.iter().chain([&options.largest]).map(|size| (*size, From::Cell));
        let far = options.sizes.last().into_iter().chain([&options.largest]).map(|size| (*size, From::Totals));
        let regions: Vec<(usize, From)> = near.chain(far).collect();
        self.programmes(&regions, var, target).or_else(|| self.swapped(var, target))
    }

    /// By elimination among cells with room, wherever these are.
    fn swapped(&mut self, var: u32, target: f64) -> Option<Vec<(u32, u64)>> {
        let goal = Goal { var, up: target > 0.0, target, close: 0.0 };
        let witness = self.swaps.find(&self.model, &mut self.checker, &goal, true)?;
        Some(self.accept(witness))
    }

    /// By linear programmes over ever larger regions.
    fn programmes(&mut self, sizes: &[(usize, From)], var: u32, target: f64) -> Option<Vec<(u32, u64)>> {
        for (size, from) in sizes.iter().copied() {
            let costs = &self.costs;
            let bias = |var: u32| costs[var as usize].map_or(0, |cost| 1 + (cost + 1.0).log2() as i64);
            let mut region = self.grower.grow(&self.model, &self.components, var, (size, from), bias);
            self.grower.prune(&self.model, &mut region);
            let found = self.solve(&region, var, target);
            if found.is_some() || region.whole {
                return found;
            }
        }
        None
    }

    fn solve(&mut self, region: &Region, var: u32, target: f64) -> Option<Vec<(u32, u64)>> {
        let goal = region.vars.binary_search(&var).ok()?;
        let unit = unit(&self.model, target.abs());
        let mut program = Program::new(&self.model, region, Outside::Fixed);
        program.bounds[goal] = (target, target);
        let split = self.price(&mut program, region, target.abs());
        let mut best: Option<(f64, Vec<u32>, Vec<f64>)> = None;
        let rounds = if region.vars.len() <= RESCALED { ROUNDS } else { 1 };
        for _ in 0..rounds {
            let Optimum::Point(point) = program.maximise(unit) else { break };
            let joined: Vec<f64> =
                (0..region.vars.len()).map(|at| point[at] - split[at].map_or(0.0, |down| point[down])).collect();
            let Some((outlay, vars, moves)) = self.judged(region, &joined, unit) else { break };
            if best.as_ref().is_some_and(|(least, ..)| *least <= outlay) {
                break;
            }
            best = Some((outlay, vars, moves));
            self.reprice(&mut program, region, &split, &joined);
        }
        let (_, vars, moves) = best?;
        let witness = self.checker.verify(&self.model, &vars, &moves, unit)?;
        Some(self.accept(witness))
    }

    /// Takes note of a table; the published variables that change in it are unknown from now on.
    fn accept(&mut self, witness: Witness) -> Vec<(u32, u64)> {
        self.reached.note(&witness);
        self.tables.keep(&self.model, &witness);
        let mut found = Vec::new();
        for (var, _) in witness {
            if let Some(cost) = self.costs[var as usize].take() {
                self.swaps.suppress(self.model.cells[var as usize]);
                found.push((var, cost.to_bits()));
            }
        }
        found
    }

    /// What a table would cost, and the variables that change in it; `None` where it is no table.
    fn judged(&mut self, region: &Region, joined: &[f64], unit: f64) -> Option<(f64, Vec<u32>, Vec<f64>)> {
        let witness = self.checker.verify(&self.model, &region.vars, joined, unit)?;
        let still = |deviation: f64| deviation.abs() <= MOVED * unit;
        // A published cell that seems to move by rounding alone stays, and the witness must hold without it.
        let kept: Vec<usize> = (0..witness.len())
            .filter(|at| self.costs[region.vars[*at] as usize].is_none() || !still(witness[*at].1))
            .collect();
        let (vars, moves): (Vec<u32>, Vec<f64>) = kept.iter().map(|at| witness[*at]).unzip();
        self.checker.verify(&self.model, &vars, &moves, unit)?;
        let outlay = vars.iter().filter_map(|var| self.costs[*var as usize]).sum();
        Some((outlay, vars, moves))
    }

    /// Prices by which a cell that moved as far again would cost just what it costs to suppress it (slope scaling: D. Kim, P. M.
    /// Pardalos, *Operations Research Letters* 24, 1999, for networks with fixed charges).
    fn reprice(&self, program: &mut Program, region: &Region, split: &[Option<usize>], joined: &[f64]) {
        let scale = self.scale();
        for (at, var) in region.vars.iter().enumerate() {
            let (Some(cost), Some(down)) = (self.costs[*var as usize], split[at]) else { continue };
            if joined[at] != 0.0 {
                let price = -(cost * scale).max(LEAST) / joined[at].abs();
                program.costs[if joined[at] > 0.0 { at } else { down }] = price;
            }
        }
    }

    fn scale(&self) -> f64 {
        if self.dearest > 0.0 { 1.0 / self.dearest } else { 1.0 }
    }

    /// Splits each published variable into a part up and a part down; says where the part down is. Each is priced so that a cell that
    /// moves by `size`, or as far as it can, costs what its suppression does.
    fn price(&self, program: &mut Program, region: &Region, size: f64) -> Vec<Option<usize>> {
        let scale = self.scale();
        let mut split = vec![None; region.vars.len()];
        for (at, var) in region.vars.iter().enumerate() {
            let Some(cost) = self.costs[*var as usize] else { continue };
            // Free deviations of published cells would be taken without need.
            let cost = (cost * scale).max(LEAST);
            let (low, high) = program.bounds[at];
            let price = |room: f64| if room > 0.0 { -cost / room.min(size) } else { -cost };
            split[at] = Some(program.bounds.len());
            program.bounds[at] = (0.0, high);
            program.costs[at] = price(high);
            program.bounds.push((0.0, -low));
            program.costs.push(price(-low));
        }
        for (terms, _, _) in &mut program.rows {
            let down: Vec<_> = terms.iter().filter_map(|(at, sign)| Some((split[*at]?, -sign))).collect();
            terms.extend(down);
        }
        split
    }
}
