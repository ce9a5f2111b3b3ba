//! Tables by elimination: a cell moves by what is wanted, and others that have room for as much make good for it.
//!
//! In a table without hierarchy this is the old swap of four cells, +1 −1 +1 −1, and in more dimensions that of the corners of a box;
//! with hierarchies, boxes whose sides go down to the finest cells. A linear programme would find these too, and mixtures of them, but
//! takes a hundred times as long. What is found is verified like any other table.

use super::model::Model;
use super::problem::{AuditError, Problem};
use super::search::{Goal, unit};
use super::witness::{Checker, Witness};
use crate::protect::tables::gauss::{self, Mover};

/// Elementary steps of one search among unknown cells, and of one that may suppress more.
const STEPS: u64 = 40_000;
const DEAR_STEPS: u64 = 1_000_000;

/// Searches for one goal: after each, cells that would leave their bounds may not change.
const TRIES: usize = 4;

/// Finds such tables.
#[derive(Debug)]
pub(crate) struct Swaps {
    mover: Mover,
}

impl Swaps {
    /// What is unpublished may change; `free` tells of a published cell what it costs that it may, if it may.
    pub(crate) fn new(problem: &Problem, free: impl Fn(usize) -> Option<f64>) -> Result<Self, AuditError> {
        let cell = |at: usize| match (problem.published[at], free(at)) {
            (false, _) => gauss::Cell { role: gauss::Role::Virtual, ..gauss::Cell::default() },
            // Costs are whole numbers of at most 50 bits, or smaller than that.
            (true, Some(cost)) => gauss::Cell { role: gauss::Role::Free, cost: cost as u64, singleton: None },
            (true, None) => gauss::Cell { role: gauss::Role::Forced, ..gauss::Cell::default() },
        };
        let cells: Vec<gauss::Cell> = (0..problem.values.len()).map(cell).collect();
        let room = |at: usize| (problem.high[at] - problem.values[at]).min(problem.values[at] - problem.low[at]);
        let room = |at: usize| if room(at).is_nan() { 0.0 } else { room(at) };
        Ok(Self { mover: Mover::new(problem.system, &cells, room).map_err(|_| AuditError::Length)? })
    }

    /// From now on a cell is unknown.
    pub(crate) fn suppress(&mut self, cell: u32) {
        self.mover.suppress(cell);
    }

    /// A cell is published again.
    pub(crate) fn publish(&mut self, cell: u32) {
        self.mover.publish(cell);
    }

    /// A verified table that reaches a goal, ascending by variable; with `more`, published cells may change too.
    pub(crate) fn find(&self, model: &Model, checker: &mut Checker, goal: &Goal, more: bool) -> Option<Witness> {
        let (low, high) = (model.low[goal.var as usize], model.high[goal.var as usize]);
        let need = goal.target.abs();
        if !model.is_anchored(goal.var) || need == 0.0 || !(low..=high).contains(&goal.target) || !need.is_finite() {
            return None;
        }
        let both = |low: f64, high: f64| high.min(-low) >= need;
        let either = |low: f64, high: f64| high.max(-low) >= need;
        let found = self.with_room(model, checker, goal, more, both);
        found.or_else(|| self.with_room(model, checker, goal, more, either))
    }

    fn with_room(
        &self,
        model: &Model,
        checker: &mut Checker,
        goal: &Goal,
        more: bool,
        room: impl Fn(f64, f64) -> bool + Sync,
    ) -> Option<Witness> {
        let mut barred: Vec<u32> = Vec::new();
        for _ in 0..TRIES {
            let admits = |cell: u32| {
                model.variable(cell).is_some_and(|var| {
                    room(model.low[var as usize], model.high[var as usize]) && !barred.contains(&cell)
                })
            };
            let effort = if more { DEAR_STEPS } else { STEPS };
            let change = self.mover.find(model.cells[goal.var as usize], &admits, more, effort)?;
            let (vars, moves) = scaled(model, goal, &change)?;
            let unit = unit(model, goal.target.abs());
            if let Some(witness) = checker.verify(model, &vars, &moves, unit) {
                return Some(witness);
            }
            let before = barred.len();
            for (var, by) in vars.iter().zip(&moves) {
                let at = *var as usize;
                if *var != goal.var && !(model.low[at]..=model.high[at]).contains(by) {
                    barred.push(model.cells[at]);
                }
            }
            if barred.len() == before {
                return None;
            }
        }
        None
    }
}

/// A move as often as takes its cell to the goal, or beyond in whole numbers.
fn scaled(model: &Model, goal: &Goal, change: &[(u32, f64)]) -> Option<(Vec<u32>, Vec<f64>)> {
    let own = model.cells[goal.var as usize];
    let by = change.iter().find(|(cell, _)| *cell == own)?.1;
    let times = goal.target / by;
    let times = if model.integral { times.abs().ceil() * times.signum() } else { times };
    let moves = change.iter().map(|(cell, by)| model.variable(*cell).map(|var| (var, by * times)));
    Some(moves.collect::<Option<Vec<_>>>()?.into_iter().unzip())
}
