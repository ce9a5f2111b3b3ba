//! Parts of the graph of unknown cells, grown around a cell, in which a linear programme is small enough to solve.

use std::collections::BinaryHeap;

use super::model::{Model, NONE};

/// Of a longer row only this many cells beside the current one are looked at while growing.
const WINDOW: usize = 256;

/// The connected components of the cells that propagation has not fixed.
#[derive(Debug, Default)]
pub(crate) struct Components {
    /// Component of each variable, [`NONE`] if it is fixed.
    of: Vec<u32>,
    starts: Vec<u32>,
    members: Vec<u32>,
}

impl Components {
    pub(crate) fn new(model: &Model) -> Self {
        let mut out = Self { of: vec![NONE; model.variables()], starts: vec![0], members: Vec::new() };
        let mut row_done = vec![false; model.rows()];
        for var in 0..model.variables() as u32 {
            if out.of[var as usize] != NONE || model.is_fixed(var) {
                continue;
            }
            let (label, first) = (out.starts.len() as u32 - 1, out.members.len());
            out.of[var as usize] = label;
            out.members.push(var);
            let mut next = first;
            while next < out.members.len() {
                for row in model.column(out.members[next]) {
                    if std::mem::replace(&mut row_done[row.at as usize], true) {
                        continue;
                    }
                    for term in model.row(row.at) {
                        if out.of[term.at as usize] == NONE && !model.is_fixed(term.at) {
                            out.of[term.at as usize] = label;
                            out.members.push(term.at);
                        }
                    }
                }
                next += 1;
            }
            out.members[first..].sort_unstable();
            out.starts.push(out.members.len() as u32);
        }
        out
    }

    /// All variables connected with this one, ascending; none if it is fixed.
    pub(crate) fn around(&self, var: u32) -> &[u32] {
        match self.of[var as usize] {
            NONE => &[],
            label => &self.members[self.starts[label as usize] as usize..self.starts[label as usize + 1] as usize],
        }
    }
}

/// With what a region begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// With its first cell.
    Cell,
    /// With its first cell and the totals that this is in, directly or through others: where none of them has room nearby, a cell moves
    /// only if they do.
    Totals,
}

impl From {
    /// Where it costs nothing what moves: the totals as soon as there is room for them.
    pub(crate) fn of_size(size: usize) -> Self {
        if size > NEAR { Self::Totals } else { Self::Cell }
    }
}

/// Cells of the largest region that is filled with what is near.
const NEAR: usize = 64;

/// Variables that may move together, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Region {
    /// The variables.
    pub vars: Vec<u32>,
    /// They are all of their component.
    pub whole: bool,
}

/// How urgently a candidate should join: first what closes open ends, then what stands near, then the first.
type Rank = (i64, i64, u32);

/// Room for growing regions, as long as the model, used again and again.
#[derive(Debug)]
pub(crate) struct Grower {
    /// Members of the region in each row.
    count: Vec<u32>,
    touched: Vec<u32>,
    inside: Vec<bool>,
}

impl Grower {
    pub(crate) fn new(model: &Model) -> Self {
        Self { count: vec![0; model.rows()], touched: Vec::new(), inside: vec![false; model.variables()] }
    }

    /// A region of about `size` variables around `seed`.
    ///
    /// Grows best first. A row with one member is an open end, as nothing in it can make good what that member moves
    /// by; a candidate that closes more open ends than it opens goes first, so that cycles, rectangles and boxes
    /// close. `bias` ranks candidates that are otherwise equal (smaller first; at most some thousands).
    pub(crate) fn grow(
        &mut self,
        model: &Model,
        components: &Components,
        seed: u32,
        (size, from): (usize, From),
        bias: impl Fn(u32) -> i64,
    ) -> Region {
        let all = components.around(seed);
        if all.len() <= size + size / 2 {
            return Region { vars: all.to_vec(), whole: true };
        }
        let mut vars = Vec::with_capacity(size);
        let mut heap: BinaryHeap<(Rank, std::cmp::Reverse<u32>)> = BinaryHeap::new();
        heap.push((self.rank(model, seed, seed, &bias), std::cmp::Reverse(seed)));
        if from == From::Totals {
            for var in above(model, seed, size / 2) {
                self.inside[var as usize] = true;
                vars.push(var);
                self.join(model, seed, var, &bias, &mut heap);
            }
        }
        while let Some((rank, std::cmp::Reverse(var))) = heap.pop() {
            if self.inside[var as usize] {
                continue;
            }
            let now = self.rank(model, seed, var, &bias);
            if now < rank {
                heap.push((now, std::cmp::Reverse(var)));
                continue;
            }
            self.inside[var as usize] = true;
            vars.push(var);
            if vars.len() >= size {
                break;
            }
            self.join(model, seed, var, &bias, &mut heap);
        }
        self.clear(&vars);
        vars.sort_unstable();
        let whole = vars.len() == all.len();
        Region { vars, whole }
    }

    /// Counts a new member in its rows, and ranks the cells there whose rank this changes.
    fn join(
        &mut self,
        model: &Model,
        seed: u32,
        var: u32,
        bias: &impl Fn(u32) -> i64,
        heap: &mut BinaryHeap<(Rank, std::cmp::Reverse<u32>)>,
    ) {
        for row in model.column(var) {
            let count = &mut self.count[row.at as usize];
            *count += 1;
            if *count == 1 {
                self.touched.push(row.at);
            }
        }
        for row in model.column(var) {
            // From the second member on the ranks in the row only fall, which shows when they are taken from the heap.
            if self.count[row.at as usize] > 1 {
                continue;
            }
            for term in window(model, row.at, var) {
                let other = term.at;
                if self.inside[other as usize] || model.is_fixed(other) {
                    continue;
                }
                heap.push((self.rank(model, seed, other, bias), std::cmp::Reverse(other)));
            }
        }
    }

    fn rank(&self, model: &Model, seed: u32, var: u32, bias: &impl Fn(u32) -> i64) -> Rank {
        let mut gain = 0;
        for row in model.column(var) {
            match self.count[row.at as usize] {
                0 => gain -= 1,
                1 => gain += 1,
                _ => {}
            }
        }
        (gain, -bias(var), u32::MAX - var.abs_diff(seed))
    }

    fn clear(&mut self, vars: &[u32]) {
        for row in self.touched.drain(..) {
            self.count[row as usize] = 0;
        }
        for var in vars {
            self.inside[*var as usize] = false;
        }
    }

    /// Takes out, again and again, what is alone in an equation: with everything else fixed it cannot move.
    pub(crate) fn prune(&mut self, model: &Model, region: &mut Region) {
        for var in &region.vars {
            self.inside[*var as usize] = true;
            for row in model.column(*var) {
                self.count[row.at as usize] += 1;
                self.touched.push(row.at);
            }
        }
        let stuck = |count: &[u32], var: u32| {
            model.column(var).iter().any(|row| count[row.at as usize] == 1 && model.is_equation(row.at))
        };
        let mut stack: Vec<u32> = region.vars.iter().rev().copied().collect();
        while let Some(var) = stack.pop() {
            if !self.inside[var as usize] || !stuck(&self.count, var) {
                continue;
            }
            self.inside[var as usize] = false;
            for row in model.column(var) {
                self.count[row.at as usize] -= 1;
                if self.count[row.at as usize] == 1 {
                    stack.extend(model.row(row.at).iter().map(|term| term.at).filter(|v| self.inside[*v as usize]));
                }
            }
        }
        let before = std::mem::take(&mut region.vars);
        region.vars = before.iter().copied().filter(|var| self.inside[*var as usize]).collect();
        self.clear(&before);
    }
}

/// A variable and the totals that it is in, directly or through others, the nearest first; at most so many.
fn above(model: &Model, var: u32, most: usize) -> Vec<u32> {
    let (mut found, mut next) = (vec![var], 0);
    while let Some(var) = found.get(next).copied().filter(|_| found.len() < most) {
        next += 1;
        for row in model.column(var) {
            let terms = model.row(row.at);
            // That a part is no more than its total says nothing of what makes good for it.
            let is_sum = model.is_equation(row.at) || terms.len() > 2;
            let total = terms.last().filter(|last| is_sum && last.minus && !model.is_fixed(last.at));
            found.extend(total.map(|total| total.at).filter(|total| !found.contains(total)));
        }
    }
    found
}

/// The terms of a row, or of a long row those that stand around a variable.
fn window(model: &Model, row: u32, var: u32) -> &[super::model::Term] {
    let terms = model.row(row);
    if terms.len() <= WINDOW {
        return terms;
    }
    let at = terms.partition_point(|term| term.at < var).saturating_sub(WINDOW / 2).min(terms.len() - WINDOW);
    &terms[at..at + WINDOW]
}
