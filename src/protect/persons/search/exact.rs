//! The whole lattice, node by node in ascending order of the lower bound.
//!
//! From each node about which nothing is known a path leads up through such nodes; a binary search along it finds where the
//! rules begin to hold that keep holding further up. A node that fails settles all nodes below it, one that passes all nodes
//! above it. The search ends at the first node whose bound is beyond what was found: all nodes behind it are too.

use super::best::Best;
use super::check::{Checker, Verdict};
use super::lattice::Lattice;
use super::{Effort, Found, Proof};

/// What is known about a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unknown,
    /// The rules cannot be met here nor below.
    Fails,
    /// The rules that only need to hold once hold here; not yet counted.
    Passes,
    /// Counted, and they hold.
    Counted,
}

/// The search, half-way.
struct Walk<'s, 'a> {
    checker: &'s mut Checker<'a>,
    width: usize,
    /// The levels of all nodes, one after the other.
    levels: Vec<usize>,
    /// Per column: how far apart neighbouring nodes are, and the highest level.
    steps: Vec<(u32, usize)>,
    states: Vec<State>,
    /// Lower bounds of the loss at each node and above: from levels at first, then from classes counted below it.
    bounds: Vec<f64>,
    best: Best,
    /// How far beyond the end of a path to look first, in [`FAILED_STEP`]ths of a step.
    reach: usize,
}

/// One step of [`Walk::reach`]: it grows by a quarter with each look that settles a path, and falls by three quarters with
/// each that does not, so that three of four do.
const FAILED_STEP: usize = 4;

/// Searches a lattice of fewer than 2³² nodes.
pub(super) fn search(checker: &mut Checker, lattice: &Lattice, effort: Effort) -> Found {
    let (nodes, width) = (lattice.nodes() as u32, lattice.width());
    let levels: Vec<usize> = (0..nodes).flat_map(|node| lattice.levels(u128::from(node))).collect();
    let at = |node: u32| &levels[node as usize * width..(node as usize + 1) * width];
    let lowest: Vec<f64> = (0..nodes).map(|node| checker.loss.bound(at(node))).collect();
    let heights: Vec<usize> = (0..nodes).map(|node| at(node).iter().sum()).collect();
    let mut order: Vec<u32> = (0..nodes).collect();
    order.sort_unstable_by(|&one, &two| {
        let key = |node: u32| (heights[node as usize], node);
        lowest[one as usize].total_cmp(&lowest[two as usize]).then(key(one).cmp(&key(two)))
    });
    let steps = (0..width).map(|column| (lattice.stride(column) as u32, lattice.height(column) - 1)).collect();
    let states = vec![State::Unknown; nodes as usize];
    let best = Best::new(effort.keep);
    let mut walk = Walk { checker, width, levels, steps, states, bounds: lowest.clone(), best, reach: 0 };
    for &node in &order {
        // The bound of the levels, by which nodes are ordered.
        if walk.best.beyond(lowest[node as usize]) {
            break;
        }
        walk.visit(node);
    }
    let checks = walk.checker.checks;
    Found { solutions: walk.best.into_solutions(), proof: Proof::Optimal, nodes: lattice.nodes(), checks }
}

impl Walk<'_, '_> {
    /// Settles a node.
    fn visit(&mut self, node: u32) {
        self.inherit(node);
        while self.states[node as usize] == State::Unknown && !self.hopeless(node) {
            let path = self.path(node, true);
            if self.best.is_full() { self.leap(&path) } else { self.halve(&path) }
        }
        // The path may have ended in something better, or in a failure above.
        if self.states[node as usize] == State::Passes && !self.hopeless(node) {
            self.count(node);
        }
    }

    /// The levels of a node.
    fn levels(&self, node: u32) -> &[usize] {
        &self.levels[node as usize * self.width..(node as usize + 1) * self.width]
    }

    /// The node one level higher in a column, if there is one.
    fn above(&self, node: u32, column: usize) -> Option<u32> {
        let (stride, top) = self.steps[column];
        (self.levels(node)[column] < top).then(|| node + stride)
    }

    /// The node one level lower in a column, if there is one.
    fn below(&self, node: u32, column: usize) -> Option<u32> {
        (self.levels(node)[column] > 0).then(|| node - self.steps[column].0)
    }

    /// What is a bound below is a bound here.
    fn inherit(&mut self, node: u32) {
        for column in 0..self.width {
            if let Some(below) = self.below(node, column) {
                self.bounds[node as usize] = self.bounds[node as usize].max(self.bounds[below as usize]);
            }
        }
    }

    /// Whether the node cannot be among the best.
    fn hopeless(&self, node: u32) -> bool {
        self.best.hopeless(self.bounds[node as usize], self.levels(node))
    }

    /// A path up through nodes about which nothing is known; if `hopeful`, through such as may still be among the best. Each
    /// step is the one that costs least, so that the path stays long.
    fn path(&self, from: u32, hopeful: bool) -> Vec<u32> {
        let mut path = vec![from];
        let mut at = from;
        loop {
            let open =
                |&above: &u32| self.states[above as usize] == State::Unknown && !(hopeful && self.hopeless(above));
            let above = (0..self.width).filter_map(|column| self.above(at, column)).filter(open);
            let least = above.min_by(|&one, &two| {
                self.bounds[one as usize].total_cmp(&self.bounds[two as usize]).then(one.cmp(&two))
            });
            match least {
                Some(above) => path.push(above),
                None => return path,
            }
            at = path[path.len() - 1];
        }
    }

    /// Settles the end of a path; most fail there once something good was found. What fails further up settles more, even
    /// where nothing good can be found any more, so that the first look is as many steps beyond the end as went well of late.
    fn leap(&mut self, path: &[u32]) {
        let end = path.len() - 1;
        let beyond = self.path(path[end], false);
        let far = (self.reach / FAILED_STEP).min(beyond.len() - 1);
        if !self.count(beyond[far]) {
            self.reach += FAILED_STEP / 4;
            return;
        }
        self.reach = self.reach.saturating_sub(3 * FAILED_STEP / 4);
        self.halve(&beyond[..far]);
        if matches!(self.states[path[end] as usize], State::Passes | State::Counted) {
            self.halve(&path[..end]);
        }
    }

    /// Finds by halving where on a path the rules begin to hold.
    fn halve(&mut self, path: &[u32]) {
        let (mut low, mut high) = (0, path.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.count(path[middle]) { high = middle } else { low = middle + 1 }
        }
    }

    /// Counts a node, and settles what follows from it. Whether the rules hold that keep holding above.
    fn count(&mut self, node: u32) -> bool {
        let levels = &self.levels[node as usize * self.width..(node as usize + 1) * self.width];
        let Verdict { passes, bound, solution } = self.checker.check(levels);
        self.bounds[node as usize] = self.bounds[node as usize].max(bound);
        if let Some(solution) = solution {
            self.best.add(solution);
        }
        if passes {
            self.states[node as usize] = State::Counted;
            self.spread(node, State::Passes, Self::above);
        } else {
            self.states[node as usize] = State::Fails;
            self.spread(node, State::Fails, Self::below);
        }
        passes
    }

    /// Marks all unknown nodes above or below. It stops where nodes are marked already: what is beyond them is, too.
    fn spread(&mut self, from: u32, state: State, step: fn(&Self, u32, usize) -> Option<u32>) {
        let mut stack = vec![from];
        while let Some(node) = stack.pop() {
            for column in 0..self.width {
                if let Some(next) =
                    step(self, node, column).filter(|next| self.states[*next as usize] == State::Unknown)
                {
                    self.states[next as usize] = state;
                    stack.push(next);
                }
            }
        }
    }
}
