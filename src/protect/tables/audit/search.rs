//! The search behind audits and intervals: goals (a cell should reach a value), settled by ever larger programmes.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::lp::{Optimum, Outside, Program};
use super::model::Model;
use super::problem::{AuditError, Problem};
use super::propagate;
use super::region::{Components, From, Grower, Region};
use super::swap::Swaps;
use super::tables::{Tables, taken_up};
use super::walk::Walk;
use super::witness::{Checker, Reached, Witness};

/// A value counts as reached, or two bounds as equal, within this part of what was asked for.
pub(crate) const REACH: f64 = 1e-7;

/// Goals tried side by side before their witnesses are shared; fixed, so that results do not depend on threads.
const BATCH: usize = 64;

/// Unknown cells of a component in which a programme is solved even where there is no time for many.
const SMALL: usize = 40;

/// How far a search goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Unknown cells in the bulk programmes, which serve many demands at once; one pass after the other.
    pub bulk: Vec<usize>,
    /// Unknown cells in the programmes around a single cell, one after the other.
    pub sizes: Vec<usize>,
    /// The most unknown cells in a programme over a whole component; beyond, what is still open stays undecided, which
    /// counts as unsafe.
    pub largest: usize,
    /// Whether to go on to the exact interval of a cell already proved unsafe.
    pub exact: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { bulk: vec![100, 250, 600], sizes: vec![64, 256, 800], largest: 2000, exact: true }
    }
}

/// By which stage a demand was settled, or the last one tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Nothing to do: the demand asks for nothing, or the cell is published.
    Trivial,
    /// Bound tightening.
    Propagation,
    /// A witness that an earlier step had found, verified again.
    Known,
    /// A witness by elimination among cells with room.
    Swap,
    /// A witness from a bulk programme over a region, of the given place in [`Options::bulk`].
    Bulk(u8),
    /// A programme around the cell, of the given place in [`Options::sizes`].
    Local(u8),
    /// A programme over the whole component.
    Component,
}

/// A cell should deviate to `target` or beyond.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Goal {
    /// The variable.
    pub var: u32,
    /// Up or down.
    pub up: bool,
    /// Deviation wanted, ≥ 0 if up, ≤ 0 if down; may be infinite.
    pub target: f64,
    /// What may be missing.
    pub close: f64,
}

impl Goal {
    /// Whether a deviation reaches it.
    pub(crate) fn is_met(&self, deviation: f64) -> bool {
        if self.up { deviation + self.close >= self.target } else { deviation - self.close <= self.target }
    }
}

/// What one probe found.
#[derive(Debug, Default)]
struct Probe {
    witness: Option<Witness>,
    /// A verified ray leads to infinity.
    ray: bool,
    /// Outer bound.
    limit: Option<f64>,
}

/// Room for one thread.
#[derive(Debug)]
pub(crate) struct Tools {
    /// See [`Grower`].
    pub grower: Grower,
    /// See [`Checker`].
    pub checker: Checker,
}

/// The state of a search: inner and outer bounds of every unknown cell, in deviations.
#[derive(Debug)]
pub(crate) struct Search {
    /// The model, with bounds tightened.
    pub model: Model,
    /// Its components.
    pub components: Components,
    /// Inner bounds.
    pub reached: Reached,
    /// Outer bounds.
    pub low: Vec<f64>,
    /// See `low`.
    pub high: Vec<f64>,
    /// The tables that reached goals first, as far as they are kept.
    pub tables: Tables,
    /// Finds tables by elimination, where the true table is known.
    pub swaps: Option<Swaps>,
    tools: Mutex<Vec<Tools>>,
}

impl Search {
    /// Builds the model of what is unpublished, tightens bounds, finds components.
    pub(crate) fn new(problem: &Problem) -> Result<Self, AuditError> {
        Self::over(Model::new(problem, |cell| !problem.published[cell as usize])?)
    }

    /// A search over a given model.
    pub(crate) fn over(mut model: Model) -> Result<Self, AuditError> {
        propagate::tighten(&mut model)?;
        let components = Components::new(&model);
        let (reached, low, high) = (Reached::new(&model), model.low.clone(), model.high.clone());
        let (tables, tools) = (Tables::default(), Mutex::new(Vec::new()));
        Ok(Self { model, components, reached, low, high, tables, swaps: None, tools })
    }

    /// A search that begins with elimination.
    pub(crate) fn swapping(problem: &Problem) -> Result<Self, AuditError> {
        let swaps = Swaps::new(problem, |_| None)?;
        Ok(Self { swaps: Some(swaps), ..Self::new(problem)? })
    }

    /// Takes up what others have found, as far as it holds here.
    pub(crate) fn take_up(&mut self, tables: &Tables) {
        for table in self.holding(tables) {
            self.reached.note(&table);
        }
    }

    /// Those of these tables that hold here.
    pub(crate) fn holding(&self, tables: &Tables) -> Vec<Witness> {
        let taken_up = |tools: &mut Tools| {
            tables.iter().filter_map(|table| taken_up(&self.model, &mut tools.checker, table)).collect()
        };
        self.with_tools(taken_up)
    }

    /// Seeks a table for each goal by elimination.
    pub(crate) fn swap(&mut self, goals: &[Goal]) {
        for batch in goals.chunks(BATCH) {
            let open: Vec<&Goal> = batch.iter().filter(|goal| self.is_open(goal, false)).collect();
            let found: Vec<Option<Witness>> = open.par_iter().map(|goal| self.by_swap(goal)).collect();
            for (goal, table) in open.into_iter().zip(found) {
                if let Some(table) = table.filter(|_| !self.is_reached(goal)) {
                    self.reached.note(&table);
                    self.tables.keep(&self.model, &table);
                }
            }
        }
    }

    /// A verified table by elimination alone that reaches a goal.
    pub(crate) fn by_swap(&self, goal: &Goal) -> Option<Witness> {
        let swaps = self.swaps.as_ref()?;
        self.with_tools(|tools| swaps.find(&self.model, &mut tools.checker, goal, false))
    }

    /// Lends the tools of a thread.
    pub(crate) fn with_tools<T>(&self, work: impl FnOnce(&mut Tools) -> T) -> T {
        let lent = self.tools.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut tools =
            lent.unwrap_or_else(|| Tools { grower: Grower::new(&self.model), checker: Checker::new(&self.model) });
        let out = work(&mut tools);
        self.tools.lock().unwrap_or_else(PoisonError::into_inner).push(tools);
        out
    }

    /// Whether a witness reaches the goal.
    pub(crate) fn is_reached(&self, goal: &Goal) -> bool {
        let at = goal.var as usize;
        if goal.up {
            self.reached.high[at] + goal.close >= goal.target
        } else {
            self.reached.low[at] - goal.close <= goal.target
        }
    }

    /// Whether the outer bound excludes the goal.
    pub(crate) fn is_excluded(&self, goal: &Goal) -> bool {
        let at = goal.var as usize;
        if goal.up { self.high[at] + goal.close < goal.target } else { self.low[at] - goal.close > goal.target }
    }

    /// Whether inner and outer bound agree on the side of the goal.
    pub(crate) fn is_exact(&self, goal: &Goal) -> bool {
        let at = goal.var as usize;
        let (inner, outer) =
            if goal.up { (self.reached.high[at], self.high[at]) } else { (self.reached.low[at], self.low[at]) };
        inner == outer || (inner - outer).abs() <= agree(&self.model, goal.var, inner)
    }

    fn is_open(&self, goal: &Goal, exact: bool) -> bool {
        !(self.is_reached(goal) || self.is_exact(goal) || (!exact && self.is_excluded(goal)))
    }

    /// Works on goals with ever larger programmes; returns those left open, neither reached nor known exactly. Tells
    /// `settled` after each stage with which method it worked.
    pub(crate) fn run(
        &mut self,
        mut goals: Vec<Goal>,
        options: &Options,
        mut settled: impl FnMut(&Self, Method),
    ) -> Vec<Goal> {
        goals.retain(|goal| self.is_open(goal, options.exact));
        for (level, size) in options.sizes.iter().enumerate() {
            self.level(&mut goals, *size, options);
            settled(self, Method::Local(u8::try_from(level).unwrap_or(u8::MAX)));
        }
        let (mut small, large): (Vec<_>, Vec<_>) =
            goals.into_iter().partition(|goal| self.components.around(goal.var).len() <= options.largest);
        self.level(&mut small, options.largest, options);
        settled(self, Method::Component);
        small.extend(large);
        small
    }

    fn level(&mut self, goals: &mut Vec<Goal>, size: usize, options: &Options) {
        for from in (0..goals.len()).step_by(BATCH) {
            let to = goals.len().min(from + BATCH);
            let open: Vec<Goal> =
                goals[from..to].iter().filter(|goal| self.is_open(goal, options.exact)).copied().collect();
            let probes: Vec<Probe> =
                open.par_iter().map(|goal| self.with_tools(|tools| self.probe(tools, goal, size))).collect();
            for (goal, probe) in open.iter().zip(probes) {
                self.take(goal, probe);
            }
        }
        goals.retain(|goal| self.is_open(goal, options.exact));
    }

    fn take(&mut self, goal: &Goal, probe: Probe) {
        let at = goal.var as usize;
        if let Some(witness) = probe.witness {
            if !self.is_reached(goal) && witness.iter().any(|(var, by)| *var == goal.var && goal.is_met(*by)) {
                self.tables.keep(&self.model, &witness);
            }
            self.reached.note(&witness);
        }
        if probe.ray {
            let far = if goal.up { &mut self.reached.high[at] } else { &mut self.reached.low[at] };
            *far = if goal.up { f64::INFINITY } else { f64::NEG_INFINITY };
        }
        match probe.limit {
            Some(limit) if goal.up => self.high[at] = self.high[at].min(limit.max(self.reached.high[at])),
            Some(limit) => self.low[at] = self.low[at].max(limit.min(self.reached.low[at])),
            None => {}
        }
    }

    /// A verified table that reaches a goal, sought among about `size` unknown cells around it; the cells that change, ascending.
    /// `quick` leaves it at a walk unless the whole component is very small.
    pub(crate) fn seek(&self, goal: &Goal, size: usize, quick: bool) -> Option<Witness> {
        self.with_tools(|tools| {
            let model = &self.model;
            if !model.is_anchored(goal.var)
                || !(model.low[goal.var as usize]..=model.high[goal.var as usize]).contains(&goal.target)
            {
                return None;
            }
            let mut region = tools.grower.grow(model, &self.components, goal.var, (size, From::of_size(size)), |_| 0);
            tools.grower.prune(model, &mut region);
            region.whole &= !quick || region.vars.len() <= SMALL;
            let (unit, mut probe) = (self.unit(goal), Probe::default());
            self.inner(tools, goal, &region, unit, &mut probe)?;
            let reached = |witness: &Witness| {
                let at = witness.binary_search_by_key(&goal.var, |(var, _)| *var).ok()?;
                let missing = if goal.up { -goal.close } else { goal.close };
                beyond(&Goal { target: goal.target + missing, ..*goal }, witness[at].1).then_some(())
            };
            let mut witness = probe.witness.filter(|witness| reached(witness).is_some())?;
            witness.retain(|(_, deviation)| *deviation != 0.0);
            Some(witness)
        })
    }

    fn probe(&self, tools: &mut Tools, goal: &Goal, size: usize) -> Probe {
        let (model, mut probe) = (&self.model, Probe::default());
        let region = tools.grower.grow(model, &self.components, goal.var, (size, From::of_size(size)), |_| 0);
        let unit = self.unit(goal);
        if model.is_anchored(goal.var) {
            let mut inner = region.clone();
            tools.grower.prune(model, &mut inner);
            let best = self.inner(tools, goal, &inner, unit, &mut probe);
            let enough = best.is_some_and(|best| beyond(goal, best + if goal.up { goal.close } else { -goal.close }));
            if enough || probe.ray {
                return probe;
            }
            if region.whole {
                probe.limit = best;
                return probe;
            }
        }
        if let Ok(at) = region.vars.binary_search(&goal.var) {
            let mut program = Program::new(model, &region, Outside::Free);
            program.costs[at] = if goal.up { 1.0 } else { -1.0 };
            if let Optimum::Point(point) = program.maximise(unit) {
                probe.limit = Some(point[at]);
            }
        }
        probe
    }

    /// The inner programme; the best deviation, where the solver was sure of it and the witness holds.
    fn inner(&self, tools: &mut Tools, goal: &Goal, region: &Region, unit: f64, probe: &mut Probe) -> Option<f64> {
        let Ok(at) = region.vars.binary_search(&goal.var) else { return Some(0.0) };
        let mut program = Program::new(&self.model, region, Outside::Fixed);
        let bounds = &mut program.bounds[at];
        if goal.up {
            bounds.1 = bounds.1.min(goal.target)
        } else {
            bounds.0 = bounds.0.max(goal.target)
        }
        program.costs[at] = if goal.up { 1.0 } else { -1.0 };
        let mut walk = Walk::new(&program);
        let there = walk.push(at, goal.up, goal.target);
        if let Some(witness) = tools.checker.verify(&self.model, &region.vars, walk.point(), unit) {
            let best = witness.get(at).map(|(_, deviation)| *deviation);
            probe.witness = Some(witness);
            // What a part of a component does not reach proves nothing, so that the solver need not be asked.
            if there || (!region.whole && goal.target.is_finite()) {
                return best;
            }
        }
        match program.maximise(unit) {
            Optimum::Point(point) => {
                let witness = tools.checker.verify(&self.model, &region.vars, &point, unit)?;
                let best = witness.get(at).map(|(_, deviation)| *deviation);
                probe.witness = Some(witness);
                best
            }
            Optimum::Unbounded => {
                let mut ray = Program::new(&self.model, region, Outside::Ray);
                ray.costs[at] = program.costs[at];
                if let Optimum::Point(point) = ray.maximise(1.0) {
                    probe.ray = ray.holds(&point, REACH) && point[at] * ray.costs[at] > 1e-3 / region.vars.len() as f64;
                }
                None
            }
            Optimum::Infeasible | Optimum::Failed => None,
        }
    }

    /// What to count as 1 in the programme of a goal: a power of two, so that scaling is exact.
    fn unit(&self, goal: &Goal) -> f64 {
        let at = goal.var as usize;
        let bound = if goal.up { self.high[at] } else { self.low[at] };
        let size = [goal.target, bound, self.model.base[at]]
            .into_iter()
            .map(f64::abs)
            .find(|size| size.is_finite() && *size > 0.0)
            .unwrap_or(1.0);
        unit(&self.model, size)
    }
}

/// A unit of about this size: 1 for whole numbers that are not large, else a power of two.
pub(crate) fn unit(model: &Model, size: f64) -> f64 {
    let plain = model.integral && size <= 1e4;
    if plain { 1.0 } else { size.clamp(1e-200, 1e200).log2().round().exp2() }
}

/// Within what an inner and an outer bound count as equal.
pub(crate) fn agree(model: &Model, var: u32, inner: f64) -> f64 {
    let size = model.base[var as usize].abs() + if inner.is_finite() { inner.abs() } else { 0.0 };
    REACH * if model.integral { size.max(1.0) } else { size }
}

fn beyond(goal: &Goal, deviation: f64) -> bool {
    if goal.up { deviation >= goal.target } else { deviation <= goal.target }
}
