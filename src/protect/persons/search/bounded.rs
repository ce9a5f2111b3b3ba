//! Best first within a budget, for lattices that are too large to be written down.
//!
//! First a way down from the top, always to the neighbour with the least loss that still holds: something to compare with.
//! Then nodes from the bottom up in ascending order of their lower bound, each with a halved path as in the whole search.
//! What was not reached lies above a node that still waits, so that the smallest bound among those holds for all of it.

use std::cmp::Ordering;
use std::collections::{BTreeSet, BinaryHeap};

use super::best::{Best, order};
use super::check::{Checker, Verdict};
use super::lattice::{Lattice, below_or_equal};
use super::{Effort, Found, Proof};

/// A node that waits, the most promising first.
#[derive(Debug, PartialEq)]
struct Waiting {
    bound: f64,
    levels: Vec<usize>,
}

impl Eq for Waiting {}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        order((other.bound, &other.levels), (self.bound, &self.levels))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Most nodes that wait or were seen, per check of the budget: memory stays bounded by the budget.
const NODES_PER_CHECK: u64 = 1_000;

/// The search, half-way.
struct Walk<'s, 'a> {
    checker: &'s mut Checker<'a>,
    lattice: &'s Lattice,
    best: Best,
    /// Highest nodes that fail; all below them fail.
    failed: Vec<Vec<usize>>,
    counted: BTreeSet<Vec<usize>>,
    budget: u64,
}

/// Searches within `effort.checks`.
pub(super) fn search(checker: &mut Checker, lattice: &Lattice, effort: Effort) -> Found {
    let best = Best::new(effort.keep);
    let mut walk = Walk { checker, lattice, best, failed: Vec::new(), counted: BTreeSet::new(), budget: effort.checks };
    let proof = match walk.descend() {
        // Not even the top holds, and nothing below can.
        false if walk.checker.monotone() => Proof::Optimal,
        _ => walk.climb(),
    };
    let checks = walk.checker.checks;
    Found { solutions: walk.best.into_solutions(), proof, nodes: lattice.nodes(), checks }
}

impl Walk<'_, '_> {
    /// From the top down. Whether the top holds.
    fn descend(&mut self) -> bool {
        let mut at = self.lattice.top();
        if self.count(&at).is_none_or(|verdict| verdict.solution.is_none()) {
            return false;
        }
        // Half of the budget at most: what is found here is to be compared with.
        let half = self.budget / 2;
        loop {
            let mut lower = self.lattice.predecessors(&at);
            lower.sort_by(|one, two| order((self.checker.loss.bound(one), one), (self.checker.loss.bound(two), two)));
            let next = lower.into_iter().find(|levels| {
                self.checker.checks < half && self.count(levels).is_some_and(|verdict| verdict.solution.is_some())
            });
            match next {
                Some(next) => at = next,
                None => return true,
            }
        }
    }

    /// From the bottom up, until nothing promising is left, or the budget is.
    fn climb(&mut self) -> Proof {
        let bottom = vec![0; self.lattice.width()];
        let mut seen = BTreeSet::from([bottom.clone()]);
        let mut heap = BinaryHeap::from([Waiting { bound: self.checker.loss.bound(&bottom), levels: bottom }]);
        while let Some(Waiting { bound, levels }) = heap.pop() {
            if self.best.beyond(bound) {
                return Proof::Optimal;
            }
            if self.checker.checks >= self.budget || seen.len() as u64 >= self.budget.saturating_mul(NODES_PER_CHECK) {
                return Proof::AtLeast(bound);
            }
            let mut bound = bound;
            if !self.best.hopeless(bound, &levels) && !self.fails(&levels) && !self.counted.contains(&levels) {
                bound = bound.max(self.settle(&levels));
            }
            for levels in self.lattice.successors(&levels) {
                let bound = bound.max(self.checker.loss.bound(&levels));
                if !self.best.beyond(bound) && seen.insert(levels.clone()) {
                    heap.push(Waiting { bound, levels });
                }
            }
        }
        Proof::Optimal
    }

    /// Counts a node, after a path up from it was halved. Gives the lower bound there; 0 if it need not be counted.
    fn settle(&mut self, from: &[usize]) -> f64 {
        let path = self.path(from);
        let (mut low, mut high) = (0, path.len());
        let mut bound = 0.0;
        while low < high && self.checker.checks < self.budget {
            let middle = usize::midpoint(low, high);
            match self.count(&path[middle]) {
                Some(verdict) if verdict.passes => high = middle,
                _ => low = middle + 1,
            }
        }
        if !self.fails(from)
            && !self.best.hopeless(self.checker.loss.bound(from), from)
            && let Some(verdict) = self.count(from)
        {
            bound = verdict.bound;
        }
        bound
    }

    /// A path up through open nodes, each step the one that costs least.
    fn path(&self, from: &[usize]) -> Vec<Vec<usize>> {
        let mut path = vec![from.to_vec()];
        loop {
            let open = |levels: &Vec<usize>| {
                !self.counted.contains(levels)
                    && !self.fails(levels)
                    && !self.best.hopeless(self.checker.loss.bound(levels), levels)
            };
            let above = self.lattice.successors(&path[path.len() - 1]).into_iter().filter(open);
            let bound = |levels: &Vec<usize>| self.checker.loss.bound(levels);
            match above.min_by(|one, two| order((bound(one), one), (bound(two), two))) {
                Some(above) => path.push(above),
                None => return path,
            }
        }
    }

    /// Whether a node is known to fail.
    fn fails(&self, levels: &[usize]) -> bool {
        self.failed.iter().any(|failed| below_or_equal(levels, failed))
    }

    /// Counts a node, once.
    fn count(&mut self, levels: &[usize]) -> Option<Verdict> {
        if !self.counted.insert(levels.to_vec()) {
            return None;
        }
        let verdict = self.checker.check(levels);
        if let Some(solution) = &verdict.solution {
            self.best.add(solution.clone());
        }
        if !verdict.passes {
            self.failed.retain(|failed| !below_or_equal(failed, levels));
            self.failed.push(levels.to_vec());
        }
        Some(verdict)
    }
}
