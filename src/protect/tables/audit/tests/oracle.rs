//! Independent checks: a dense simplex in exact fractions, and enumeration of all tables of whole numbers.

use crate::protect::tables::system::System;

/// A fraction; tests keep numbers small enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fraction {
    top: i128,
    bottom: i128,
}

fn divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { divisor(b, a % b) }
}

impl Fraction {
    const ZERO: Self = Self { top: 0, bottom: 1 };

    fn new(top: i128, bottom: i128) -> Self {
        let by = divisor(top, bottom).max(1) * bottom.signum();
        Self { top: top / by, bottom: bottom / by }
    }

    fn times(self, other: Self) -> Self {
        Self::new(self.top * other.top, self.bottom * other.bottom)
    }

    fn over(self, other: Self) -> Self {
        Self::new(self.top * other.bottom, self.bottom * other.top)
    }

    fn minus(self, other: Self) -> Self {
        Self::new(self.top * other.bottom - other.top * self.bottom, self.bottom * other.bottom)
    }

    fn below(self, other: Self) -> bool {
        self.top * other.bottom < other.top * self.bottom
    }
}

/// A feasible basis of equations over x ≥ 0, found by the first phase of the simplex method with Bland's rule.
pub(super) struct Exact {
    tableau: Vec<Vec<Fraction>>,
    basis: Vec<usize>,
    variables: usize,
    width: usize,
}

impl Exact {
    /// `rows` are coefficients and right sides; they must be feasible.
    pub(super) fn new(rows: &[Equation], variables: usize) -> Self {
        let (height, width) = (rows.len(), variables + rows.len() + 1);
        let mut tableau: Vec<Vec<Fraction>> = Vec::new();
        for (at, (coefficients, right)) in rows.iter().enumerate() {
            let sign = if *right < 0 { -1 } else { 1 };
            let mut row: Vec<Fraction> = coefficients.iter().map(|number| Fraction::new(sign * number, 1)).collect();
            row.extend((0..height).map(|other| Fraction::new(i128::from(other == at), 1)));
            row.push(Fraction::new(sign * right, 1));
            tableau.push(row);
        }
        let mut basis: Vec<usize> = (variables..variables + height).collect();
        let artificial = |var: usize| if var >= variables { -1 } else { 0 };
        assert!(climb(&mut tableau, &mut basis, width, variables + height, artificial));
        for at in 0..height {
            if basis[at] >= variables {
                assert_eq!(tableau[at][width - 1], Fraction::ZERO, "rows contradict each other");
                if let Some(var) = (0..variables).find(|var| tableau[at][*var] != Fraction::ZERO) {
                    pivot(&mut tableau, &mut basis, at, var);
                }
            }
        }
        Self { tableau, basis, variables, width }
    }

    /// The highest (or lowest) value of a variable, `None` if it has no limit.
    pub(super) fn extreme(&mut self, goal: usize, up: bool) -> Option<f64> {
        let cost = |var: usize| if var == goal { if up { 1 } else { -1 } } else { 0 };
        if !climb(&mut self.tableau, &mut self.basis, self.width, self.variables, cost) {
            return None;
        }
        let row = self.basis.iter().position(|var| *var == goal);
        let value = |row: usize| self.tableau[row][self.width - 1];
        Some(row.map_or(0.0, |row| value(row).top as f64 / value(row).bottom as f64))
    }
}

fn climb(
    tableau: &mut [Vec<Fraction>],
    basis: &mut [usize],
    width: usize,
    usable: usize,
    cost: impl Fn(usize) -> i128,
) -> bool {
    loop {
        let reduced = |var: usize| {
            let start = Fraction::new(cost(var), 1);
            (0..basis.len())
                .fold(start, |sum, row| sum.minus(Fraction::new(cost(basis[row]), 1).times(tableau[row][var])))
        };
        let Some(enter) = (0..usable).find(|var| Fraction::ZERO.below(reduced(*var))) else { return true };
        let mut leave: Option<(Fraction, usize)> = None;
        for row in 0..basis.len() {
            if Fraction::ZERO.below(tableau[row][enter]) {
                let ratio = tableau[row][width - 1].over(tableau[row][enter]);
                let better =
                    leave.is_none_or(|(best, at)| ratio.below(best) || (ratio == best && basis[row] < basis[at]));
                if better {
                    leave = Some((ratio, row));
                }
            }
        }
        let Some((_, row)) = leave else { return false };
        pivot(tableau, basis, row, enter);
    }
}

fn pivot(tableau: &mut [Vec<Fraction>], basis: &mut [usize], row: usize, var: usize) {
    let by = tableau[row][var];
    for entry in &mut tableau[row] {
        *entry = entry.over(by);
    }
    let pivot_row = tableau[row].clone();
    for (at, other) in tableau.iter_mut().enumerate() {
        let factor = other[var];
        if at != row && factor != Fraction::ZERO {
            for (entry, base) in other.iter_mut().zip(&pivot_row).filter(|(_, base)| base.top != 0) {
                *entry = entry.minus(factor.times(*base));
            }
        }
    }
    basis[row] = var;
}

/// Coefficients and right side.
pub(super) type Equation = (Vec<i128>, i128);

/// Cells with signs, right side, and whether the sum may exceed it.
type Line = (Vec<(u32, i128)>, i128, bool);

/// Equations of the unknown cells within `high` (`None`: no limit), as [`Exact`] takes them, with slack variables
/// behind the cells.
pub(super) fn equations(
    system: &System,
    values: &[f64],
    published: &[bool],
    slack: &[bool],
    high: &[Option<i128>],
) -> (Vec<u32>, Vec<Equation>, usize) {
    let unknown: Vec<u32> = (0..system.cells() as u32).filter(|cell| !published[*cell as usize]).collect();
    let mut wanted: Vec<Line> = Vec::new();
    for at in 0..system.relations() as u32 {
        let relation = system.relation(at);
        let mut terms: Vec<(u32, i128)> = relation.parts.iter().map(|part| (*part, 1)).collect();
        terms.push((relation.total, -1));
        wanted.push((terms, 0, slack[at as usize]));
        if slack[at as usize] {
            wanted.extend(relation.parts.iter().map(|part| (vec![(relation.total, 1), (*part, -1)], 0, true)));
        }
    }
    for cell in &unknown {
        wanted.extend(high[*cell as usize].map(|high| (vec![(*cell, -1)], -high, true)));
    }
    let variables = unknown.len() + wanted.iter().filter(|row| row.2).count();
    let (mut rows, mut next) = (Vec::new(), unknown.len());
    for (terms, right, open) in wanted {
        let (mut row, mut right) = (vec![0; variables], right);
        for (cell, sign) in terms {
            match unknown.binary_search(&cell) {
                Ok(var) => row[var] += sign,
                Err(_) => right -= sign * values[cell as usize] as i128,
            }
        }
        if open {
            row[next] = -1;
            next += 1;
        }
        rows.push((row, right));
    }
    (unknown, rows, variables)
}

/// Lowest and highest value of each unknown cell over all tables of whole numbers ≥ 0, or `None` after too many steps.
pub(super) fn enumerate(system: &System, values: &[f64], published: &[bool], steps: usize) -> Option<Vec<(f64, f64)>> {
    let unknown: Vec<u32> = (0..system.cells() as u32).filter(|cell| !published[*cell as usize]).collect();
    let most = values.iter().copied().fold(0.0, f64::max);
    let mut walk = Walk { system, unknown: &unknown, most, steps, found: vec![(f64::INFINITY, -1.0); unknown.len()] };
    let mut table: Vec<f64> =
        values.iter().zip(published).map(|(value, shown)| if *shown { *value } else { f64::NAN }).collect();
    walk.step(&mut table, 0).then_some(walk.found)
}

struct Walk<'a> {
    system: &'a System,
    unknown: &'a [u32],
    most: f64,
    steps: usize,
    found: Vec<(f64, f64)>,
}

impl Walk<'_> {
    fn step(&mut self, table: &mut Vec<f64>, at: usize) -> bool {
        let Some(cell) = self.unknown.get(at).copied() else {
            for (found, cell) in self.found.iter_mut().zip(self.unknown) {
                let value = table[*cell as usize];
                *found = (found.0.min(value), found.1.max(value));
            }
            return true;
        };
        let mut value = 0.0;
        while value <= self.most {
            if self.steps == 0 {
                return false;
            }
            self.steps -= 1;
            table[cell as usize] = value;
            if self.agrees(table, cell) && !self.step(table, at + 1) {
                return false;
            }
            value += 1.0;
        }
        table[cell as usize] = f64::NAN;
        true
    }

    fn agrees(&self, table: &[f64], cell: u32) -> bool {
        self.system.around(cell).iter().all(|at| {
            let relation = self.system.relation(*at);
            let total = table[relation.total as usize];
            let known = relation.parts.iter().map(|part| table[*part as usize]);
            let open = known.clone().any(f64::is_nan);
            let sum: f64 = known.filter(|value| !value.is_nan()).sum();
            total.is_nan() || if open { sum <= total } else { sum == total }
        })
    }
}
