//! The linear model of the intruder: unknown cells as deviations from a base point, rows as ranges.

use super::problem::{AuditError, Problem};
use crate::protect::tables::system::Relation;

/// No variable stands for this cell.
pub(crate) const NONE: u32 = u32::MAX;

/// Relative tolerance on the consistency of true or published values, against the sum of magnitudes in the relation.
const CONSISTENT: f64 = 1e-9;

/// Integers up to here add up exactly in `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A variable in a row, counted +1 or −1 times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term {
    /// Variable of a row, or row of a variable.
    pub at: u32,
    /// Whether it counts −1 times.
    pub minus: bool,
}

impl Term {
    pub(crate) fn sign(self) -> f64 {
        if self.minus { -1.0 } else { 1.0 }
    }
}

/// Unknown cells and the rows between them. All numbers are deviations from `base`, so that a base point that is the
/// true table makes the zero vector feasible, and large values do not drown small differences.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    /// Cell of each variable, ascending.
    pub cells: Vec<u32>,
    var_of: Vec<u32>,
    /// Point from which deviations count.
    pub base: Vec<f64>,
    /// The base point satisfies everything (it is the true table).
    pub anchored: bool,
    /// Variables for which the base point is not known to be feasible; empty if `anchored`.
    pub loose: Vec<bool>,
    /// All values and bounds are whole numbers whose sums are exact.
    pub integral: bool,
    /// Bounds on deviations; at first a priori, later tightened by propagation.
    pub low: Vec<f64>,
    /// See `low`.
    pub high: Vec<f64>,
    /// Σ sign · deviation of a row lies in `[row_low, row_high]`.
    pub row_low: Vec<f64>,
    /// See `row_low`.
    pub row_high: Vec<f64>,
    row_starts: Vec<u32>,
    row_terms: Vec<Term>,
    /// Relation a row comes from.
    row_relation: Vec<u32>,
    col_starts: Vec<u32>,
    col_terms: Vec<Term>,
}

impl Model {
    /// The model in which exactly the cells with `free(cell)` are unknown; others count with their values.
    pub(crate) fn new(problem: &Problem, free: impl Fn(u32) -> bool) -> Result<Self, AuditError> {
        let mut model = Self { row_starts: vec![0], integral: true, anchored: true, ..Self::default() };
        model.add_variables(problem, free)?;
        for relation in 0..problem.system.relations() as u32 {
            model.add_relation(problem, relation)?;
        }
        model.add_columns();
        model.check_base()?;
        Ok(model)
    }

    fn add_variables(&mut self, problem: &Problem, free: impl Fn(u32) -> bool) -> Result<(), AuditError> {
        self.var_of = vec![NONE; problem.values.len()];
        let mut size = 0.0;
        for (at, value) in problem.values.iter().enumerate() {
            let cell = at as u32;
            let (low, high) = (problem.low[at], problem.high[at]);
            let sound = low <= high && low < f64::INFINITY && high > f64::NEG_INFINITY && !value.is_infinite();
            if !sound {
                return Err(AuditError::BadNumber(cell));
            }
            if value.is_nan() && !free(cell) {
                return Err(AuditError::NoTruth(cell));
            }
            let whole = |number: f64| number.is_infinite() || number.fract() == 0.0;
            if free(cell) {
                let base = if value.is_nan() { 0.0_f64.clamp(low, high) } else { *value };
                self.anchored &= !value.is_nan();
                self.integral &= whole(base) && whole(low) && whole(high);
                self.var_of[at] = self.cells.len() as u32;
                self.cells.push(cell);
                self.base.push(base);
                self.low.push(low - base);
                self.high.push(high - base);
                size += base.abs();
            } else {
                self.integral &= whole(*value);
                size += value.abs();
            }
        }
        self.integral &= size < EXACT / 16.0;
        Ok(())
    }

    fn add_relation(&mut self, problem: &Problem, at: u32) -> Result<(), AuditError> {
        let relation = problem.system.relation(at);
        let slack = problem.slack[at as usize];
        let parts = relation.parts.iter().map(|cell| (*cell, false));
        self.add_row(problem, at, parts.chain([(relation.total, true)]), slack)?;
        if slack { self.cap_parts(problem, at, relation) } else { Ok(()) }
    }

    /// No part of a slack relation exceeds its total: a bound where one of both is known, else a row.
    fn cap_parts(&mut self, problem: &Problem, at: u32, Relation { total, parts }: Relation) -> Result<(), AuditError> {
        for part in parts {
            self.add_row(problem, at, [(total, false), (*part, true)].into_iter(), true)?;
        }
        Ok(())
    }

    /// Adds Σ sign · value = 0, or ≥ 0 with `slack`.
    fn add_row(
        &mut self,
        problem: &Problem,
        relation: u32,
        terms: impl Iterator<Item = (u32, bool)>,
        slack: bool,
    ) -> Result<(), AuditError> {
        let (mut sum, mut size, first) = (0.0, 0.0, self.row_terms.len());
        let mut truth = true;
        for (cell, minus) in terms {
            let value = match self.variable(cell) {
                Some(var) => {
                    self.row_terms.push(Term { at: var, minus });
                    truth &= !problem.values[cell as usize].is_nan();
                    self.base[var as usize]
                }
                None => problem.values[cell as usize],
            };
            sum += if minus { -value } else { value };
            size += value.abs();
        }
        // At a point said to be true, what floating point leaves of an equation is taken for zero.
        let close = CONSISTENT * size;
        if truth && (sum < -close || (!slack && sum > close)) {
            return Err(AuditError::Contradiction(relation));
        }
        let rest = match (truth, slack) {
            (true, false) => 0.0,
            (true, true) => (-sum).min(0.0),
            (false, _) => -sum,
        };
        if self.row_terms.len() > first {
            self.row_low.push(rest);
            self.row_high.push(if slack { f64::INFINITY } else { rest });
            self.row_relation.push(relation);
            self.row_starts.push(self.row_terms.len() as u32);
        }
        Ok(())
    }

    fn add_columns(&mut self) {
        let mut starts = vec![0_u32; self.cells.len() + 1];
        for term in &self.row_terms {
            starts[term.at as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        self.col_terms = vec![Term { at: 0, minus: false }; self.row_terms.len()];
        for row in 0..self.rows() as u32 {
            for at in self.row_starts[row as usize]..self.row_starts[row as usize + 1] {
                let Term { at: var, minus } = self.row_terms[at as usize];
                self.col_terms[next[var as usize] as usize] = Term { at: row, minus };
                next[var as usize] += 1;
            }
        }
        self.col_starts = starts;
    }

    fn check_base(&mut self) -> Result<(), AuditError> {
        for var in 0..self.cells.len() {
            // A little outside by rounding is inside.
            let close = if self.integral { 0.0 } else { CONSISTENT * self.base[var].abs() };
            if self.low[var] > close || self.high[var] < -close {
                return Err(AuditError::OutOfBounds(self.cells[var]));
            }
            self.low[var] = self.low[var].min(0.0);
            self.high[var] = self.high[var].max(0.0);
        }
        Ok(())
    }

    /// Whether the base point is feasible in the component of this variable.
    pub(crate) fn is_anchored(&self, var: u32) -> bool {
        self.anchored || !self.loose.get(var as usize).copied().unwrap_or(true)
    }

    /// Moves the base point of some variables; `residual` is what a row range may then miss zero by and still hold it.
    pub(crate) fn rebase(&mut self, moves: &[(u32, f64)], residual: f64) {
        for (var, by) in moves {
            let at = *var as usize;
            self.base[at] += by;
            (self.low[at], self.high[at]) = (self.low[at] - by, self.high[at] - by);
            for index in self.col_starts[at]..self.col_starts[at + 1] {
                let row = self.col_terms[index as usize];
                self.row_low[row.at as usize] -= row.sign() * by;
                self.row_high[row.at as usize] -= row.sign() * by;
            }
        }
        for (var, _) in moves {
            for index in self.col_starts[*var as usize]..self.col_starts[*var as usize + 1] {
                let row = self.col_terms[index as usize].at as usize;
                let equation = self.row_low[row] == self.row_high[row];
                if equation && self.row_low[row].abs() <= residual {
                    (self.row_low[row], self.row_high[row]) = (0.0, 0.0);
                }
            }
        }
    }

    /// The variable of a cell, if it is unknown.
    pub(crate) fn variable(&self, cell: u32) -> Option<u32> {
        self.var_of.get(cell as usize).copied().filter(|var| *var != NONE)
    }

    pub(crate) fn variables(&self) -> usize {
        self.cells.len()
    }

    pub(crate) fn rows(&self) -> usize {
        self.row_low.len()
    }

    /// The variables of a row, in the order of their cells, the total last.
    pub(crate) fn row(&self, row: u32) -> &[Term] {
        let [from, to] = [row as usize, row as usize + 1].map(|at| self.row_starts[at] as usize);
        &self.row_terms[from..to]
    }

    /// The rows of a variable, ascending.
    pub(crate) fn column(&self, var: u32) -> &[Term] {
        let [from, to] = [var as usize, var as usize + 1].map(|at| self.col_starts[at] as usize);
        &self.col_terms[from..to]
    }

    /// The relation a row comes from.
    pub(crate) fn relation(&self, row: u32) -> u32 {
        self.row_relation[row as usize]
    }

    /// Whether the row fixes its sum.
    pub(crate) fn is_equation(&self, row: u32) -> bool {
        self.row_low[row as usize] == self.row_high[row as usize]
    }

    /// Whether propagation has left a variable no room.
    pub(crate) fn is_fixed(&self, var: u32) -> bool {
        self.low[var as usize] >= self.high[var as usize]
    }
}
