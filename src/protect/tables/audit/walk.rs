//! Walks over the tables of a region, from the true table on, towards one goal after the other.
//!
//! The primal simplex method with bounded variables on a dense tableau (Chvátal, *Linear Programming*, 1983, ch. 8),
//! started where the base point is, which is feasible but no vertex: variables outside the basis may stand between their
//! bounds. Each goal starts where the last one ended, so it costs a few pivots. What it finds is verified by others,
//! and that it finds nothing proves nothing.

use super::lp::Program;

/// Entries smaller than this are rounding; the programmes have entries of ±1.
const TINY: f64 = 1e-9;

/// Pivots for one goal that may bring no progress, before it is left.
const STUCK: usize = 40;

/// Pivots for one goal at most.
const PIVOTS: usize = 400;

const NOT_BASIC: usize = usize::MAX;

/// A point of a programme with a basis of its rows.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    rows: Vec<Vec<f64>>,
    basis: Vec<usize>,
    row_of: Vec<usize>,
    bounds: Vec<(f64, f64)>,
    point: Vec<f64>,
    variables: usize,
}

/// What stops a move.
#[derive(Clone, Copy)]
struct Step {
    column: usize,
    /// +1 or −1.
    way: f64,
    length: f64,
    /// The row whose basic variable stops the move, or none if the moved variable stops at its own bound.
    row: Option<usize>,
}

impl Walk {
    /// Stands at zero, which must be feasible in the programme.
    pub(crate) fn new(program: &Program) -> Self {
        let variables = program.bounds.len();
        let mut bounds = program.bounds.clone();
        bounds.extend(program.rows.iter().filter(|row| row.1 != row.2).map(|row| (row.1, row.2)));
        let width = bounds.len();
        let mut next = variables;
        let mut rows = Vec::new();
        for (terms, low, high) in &program.rows {
            let mut row = vec![0.0; width];
            terms.iter().for_each(|(at, sign)| row[*at] = *sign);
            if low != high {
                row[next] = -1.0;
                next += 1;
            }
            rows.push(row);
        }
        let point = vec![0.0; width];
        let mut walk = Self { rows, basis: Vec::new(), row_of: vec![NOT_BASIC; width], bounds, point, variables };
        walk.choose_basis();
        walk
    }

    /// Makes a basis of the variables with the most room; rows that follow from others go.
    fn choose_basis(&mut self) {
        let mut at = 0;
        while at < self.rows.len() {
            let row = &self.rows[at];
            let room = |column: usize| self.bounds[column].1.min(-self.bounds[column].0);
            let columns = (0..row.len()).filter(|column| row[*column].abs() > TINY);
            match columns.max_by(|a, b| room(*a).total_cmp(&room(*b)).then(b.cmp(a))) {
                Some(column) => {
                    self.basis.push(column);
                    self.eliminate(at, column);
                    at += 1;
                }
                None => {
                    self.rows.swap_remove(at);
                }
            }
        }
    }

    fn eliminate(&mut self, at: usize, column: usize) {
        let mut row = std::mem::take(&mut self.rows[at]);
        let by = row[column];
        row.iter_mut().for_each(|entry| *entry /= by);
        let filled: Vec<usize> = (0..row.len()).filter(|other| row[*other] != 0.0).collect();
        for other in &mut self.rows {
            let factor = other.get(column).copied().unwrap_or(0.0);
            if factor != 0.0 {
                for place in &filled {
                    let entry = other[*place] - factor * row[*place];
                    other[*place] = if entry.abs() < TINY { 0.0 } else { entry };
                }
                other[column] = 0.0;
            }
        }
        row[column] = 1.0;
        self.rows[at] = row;
        self.row_of[column] = at;
    }

    /// The present point, without slack variables.
    pub(crate) fn point(&self) -> &[f64] {
        &self.point[..self.variables]
    }

    /// Moves on until `var` stands at `target`, or as far as it finds a way. Returns whether it got there.
    pub(crate) fn push(&mut self, var: usize, up: bool, target: f64) -> bool {
        let here = |point: &[f64]| if up { point[var] >= target } else { point[var] <= target };
        if here(&self.point) {
            return true;
        }
        if !(self.bounds[var].0..=self.bounds[var].1).contains(&target) || !target.is_finite() {
            return false;
        }
        let before = self.bounds[var];
        if up {
            self.bounds[var].1 = target
        } else {
            self.bounds[var].0 = target
        }
        let (mut stuck, mut pivots) = (0, 0);
        while !here(&self.point) && stuck < STUCK && pivots < PIVOTS {
            let Some(step) = self.best_step(var, up, target) else { break };
            stuck = if step.length > 0.0 { 0 } else { stuck + 1 };
            pivots += 1;
            self.go(step);
        }
        self.bounds[var] = before;
        here(&self.point)
    }

    /// The move that takes `var` farthest; among those that take it nowhere the first.
    fn best_step(&self, var: usize, up: bool, target: f64) -> Option<Step> {
        let way = if up { 1.0 } else { -1.0 };
        if self.row_of[var] == NOT_BASIC {
            return Some(self.step(var, way));
        }
        let row = &self.rows[self.row_of[var]];
        let (mut best, mut best_gain): (Option<Step>, f64) = (None, -1.0);
        let need = (target - self.point[var]).abs();
        for (column, entry) in row.iter().enumerate() {
            if self.row_of[column] != NOT_BASIC || entry.abs() <= TINY {
                continue;
            }
            let side = -way * entry.signum();
            let (low, high) = self.bounds[column];
            let room = if side > 0.0 { high - self.point[column] } else { self.point[column] - low };
            if room <= 0.0 {
                continue;
            }
            let step = self.step(column, side);
            let gain = step.length * entry.abs();
            if gain > best_gain {
                (best, best_gain) = (Some(step), gain);
            }
            if gain >= need {
                break;
            }
        }
        best
    }

    /// How far a variable outside the basis can move, and what stops it (the largest pivot among what stops it first).
    fn step(&self, column: usize, way: f64) -> Step {
        let (low, high) = self.bounds[column];
        let own = if way > 0.0 { high - self.point[column] } else { self.point[column] - low };
        let mut step = Step { column, way, length: own, row: None };
        let mut pivot = 0.0;
        for (at, row) in self.rows.iter().enumerate() {
            let rate = -row[column] * way;
            if rate.abs() <= TINY {
                continue;
            }
            let basic = self.basis[at];
            let (low, high) = self.bounds[basic];
            let room = if rate > 0.0 { high - self.point[basic] } else { self.point[basic] - low };
            let length = (room / rate.abs()).max(0.0);
            if length < step.length || (length == step.length && rate.abs() > pivot) {
                step = Step { length, row: Some(at), ..step };
                pivot = rate.abs();
            }
        }
        step
    }

    fn go(&mut self, step: Step) {
        let Step { column, way, length, row } = step;
        if !length.is_finite() {
            return;
        }
        if length > 0.0 {
            for (at, row) in self.rows.iter().enumerate() {
                if row[column] != 0.0 {
                    self.point[self.basis[at]] -= row[column] * way * length;
                }
            }
            self.point[column] += way * length;
        }
        match row {
            None => self.point[column] = if way > 0.0 { self.bounds[column].1 } else { self.bounds[column].0 },
            Some(at) => {
                let leaving = self.basis[at];
                let upwards = -self.rows[at][column] * way > 0.0;
                self.point[leaving] = if upwards { self.bounds[leaving].1 } else { self.bounds[leaving].0 };
                self.row_of[leaving] = NOT_BASIC;
                self.basis[at] = column;
                self.eliminate(at, column);
            }
        }
    }
}
