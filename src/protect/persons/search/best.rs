//! The solutions found so far.

use std::cmp::Ordering;

use crate::protect::persons::loss::Loss;

/// A generalisation that meets the rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// One level per column.
    pub levels: Vec<usize>,
    /// What it costs.
    pub loss: Loss,
    /// Records left out.
    pub suppressed: u64,
    /// Classes that leave.
    pub classes: u64,
    /// Distinct persons in the smallest class that leaves; 0 if none does.
    pub smallest: u64,
}

/// How much a bound computed in floating point may be too high.
const ROUNDING: f64 = 1e-12;

/// The best solutions, best first.
#[derive(Debug)]
pub(super) struct Best {
    keep: usize,
    solutions: Vec<Solution>,
}

impl Best {
    /// Keeps so many.
    pub(super) fn new(keep: usize) -> Self {
        Self { keep: keep.max(1), solutions: Vec::new() }
    }

    /// Adds a solution; each node comes once at most.
    pub(super) fn add(&mut self, solution: Solution) {
        let rank = |one: &Solution| order((one.loss.total, &one.levels), (solution.loss.total, &solution.levels));
        let place = self.solutions.partition_point(|one| rank(one).is_lt());
        if self.solutions.get(place).is_none_or(|held| held.levels != solution.levels) {
            self.solutions.insert(place, solution);
            self.solutions.truncate(self.keep);
        }
    }

    /// Whether a node of which only a lower bound is known cannot be among the best.
    pub(super) fn hopeless(&self, bound: f64, levels: &[usize]) -> bool {
        let Some(worst) = self.solutions.get(self.keep - 1) else { return false };
        let loss = worst.loss.total;
        // A bound that is higher by rounding alone proves nothing. One that is equal is decided by the levels.
        bound - bound.abs() * ROUNDING > loss || bound == loss && order((bound, levels), (loss, &worst.levels)).is_ge()
    }

    /// Whether everything with this bound or a higher one is hopeless, whatever its levels.
    pub(super) fn beyond(&self, bound: f64) -> bool {
        self.solutions.get(self.keep - 1).is_some_and(|worst| bound - bound.abs() * ROUNDING > worst.loss.total)
    }

    /// Whether as many were found as are wanted, so that the next has to be better.
    pub(super) fn is_full(&self) -> bool {
        self.solutions.len() == self.keep
    }

    /// What was found.
    pub(super) fn into_solutions(self) -> Vec<Solution> {
        self.solutions
    }
}

/// Loss, then the sum of levels, then the levels from the first column on.
pub(super) fn order(one: (f64, &[usize]), two: (f64, &[usize])) -> Ordering {
    let height = |levels: &[usize]| levels.iter().sum::<usize>();
    one.0.total_cmp(&two.0).then_with(|| height(one.1).cmp(&height(two.1))).then_with(|| one.1.cmp(two.1))
}
