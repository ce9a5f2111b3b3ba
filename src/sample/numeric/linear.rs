//! Small symmetric systems, some of whose columns may follow from others.

use super::Sum;

/// A symmetric matrix under construction: sums of `weight · row · rowᵀ`.
#[derive(Debug, Clone)]
pub struct Symmetric {
    size: usize,
    /// The lower triangle, row by row.
    sums: Vec<Sum>,
}

impl Symmetric {
    /// The zero matrix of so many rows.
    #[must_use]
    pub fn zero(size: usize) -> Self {
        Self { size, sums: vec![Sum::default(); size * (size + 1) / 2] }
    }

    /// Adds `weight · row · rowᵀ`; the row is sorted by column.
    pub fn add(&mut self, weight: f64, row: &[(u32, f64)]) {
        for (at, &(i, left)) in row.iter().enumerate() {
            let base = i as usize * (i as usize + 1) / 2;
            for &(j, right) in &row[..=at] {
                self.sums[base + j as usize].add(weight * left * right);
            }
        }
    }

    /// Its rows, columns.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The element of a row and a column.
    #[must_use]
    pub fn at(&self, row: usize, column: usize) -> f64 {
        let (low, high) = if row < column { (row, column) } else { (column, row) };
        self.sums[high * (high + 1) / 2 + low].value()
    }

    /// `vectorᵀ · matrix · vector`.
    #[must_use]
    pub fn quadratic(&self, vector: &[f64]) -> f64 {
        let mut sum = Sum::default();
        for (i, own) in vector.iter().enumerate() {
            let row = &self.sums[i * (i + 1) / 2..][..=i];
            let before: f64 = row.iter().zip(&vector[..i]).map(|(element, other)| element.value() * other).sum();
            sum.add(own * (2.0 * before + own * row[i].value()));
        }
        sum.value()
    }
}

/// What is left of a column's own square once the columns before it have explained theirs, as a share: below it, the
/// column counts as a sum of those before it.
const DEPENDENT: f64 = 1e-11;

/// A positive semi-definite matrix as *L D Lᵀ*. A column that follows from the columns before it is set aside: its
/// unknown is zero.
#[derive(Debug, Clone)]
pub struct Factor {
    size: usize,
    /// The lower triangle, row by row, ones on the diagonal left out of account.
    lower: Vec<f64>,
    /// The pivots; zero for a column set aside.
    pivots: Vec<f64>,
}

impl Factor {
    /// Factors a matrix, setting aside the columns that follow from those before them.
    #[must_use]
    pub fn new(matrix: &Symmetric) -> Self {
        Self::with(matrix, |_, pivot, own| if pivot > DEPENDENT * own { pivot } else { 0.0 })
    }

    /// Factors a matrix whose pivots may vanish although `reference` has them: there the reference's own element steps
    /// in, and a column that `aside` lists stays aside.
    #[must_use]
    pub fn guarded(matrix: &Symmetric, reference: &Symmetric, aside: &[usize]) -> Self {
        Self::with(matrix, |j, pivot, _| {
            let own = reference.at(j, j);
            match () {
                () if aside.contains(&j) => 0.0,
                () if pivot > DEPENDENT * own => pivot,
                () => own,
            }
        })
    }

    /// Factors with a rule for pivots: column, pivot and diagonal element in, pivot out.
    fn with(matrix: &Symmetric, rule: impl Fn(usize, f64, f64) -> f64) -> Self {
        let size = matrix.size;
        let mut factor = Self { size, lower: vec![0.0; size * size], pivots: vec![0.0; size] };
        for i in 0..size {
            for j in 0..i {
                if factor.pivots[j] > 0.0 {
                    factor.lower[i * size + j] = factor.rest(matrix, i, j) / factor.pivots[j];
                }
            }
            factor.pivots[i] = rule(i, factor.rest(matrix, i, i), matrix.at(i, i));
        }
        factor
    }

    /// What the columns before `j` leave of an element.
    fn rest(&self, matrix: &Symmetric, i: usize, j: usize) -> f64 {
        let mut rest = Sum::default();
        rest.add(matrix.at(i, j));
        for k in 0..j {
            rest.add(-(self.lower[i * self.size + k] * self.lower[j * self.size + k] * self.pivots[k]));
        }
        rest.value()
    }

    /// The columns set aside, rising.
    #[must_use]
    pub fn aside(&self) -> Vec<usize> {
        (0..self.size).filter(|&j| self.pivots[j] <= 0.0).collect()
    }

    /// *L⁻¹ b*. For a column set aside: how far its element of `b` is from what the columns before it imply.
    #[must_use]
    pub fn forward(&self, b: &[f64]) -> Vec<f64> {
        let mut y: Vec<f64> = Vec::with_capacity(self.size);
        for (i, &own) in b.iter().enumerate().take(self.size) {
            let mut rest = Sum::default();
            rest.add(own);
            for (j, before) in y.iter().enumerate().filter(|&(j, _)| self.pivots[j] > 0.0) {
                rest.add(-(self.lower[i * self.size + j] * before));
            }
            y.push(rest.value());
        }
        y
    }

    /// The solution of *L D Lᵀ x = b*, with zeros for the columns set aside.
    #[must_use]
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let mut x = self.forward(b);
        for (x, &pivot) in x.iter_mut().zip(&self.pivots) {
            *x = if pivot > 0.0 { *x / pivot } else { 0.0 };
        }
        for i in (0..self.size).rev() {
            if self.pivots[i] <= 0.0 {
                continue;
            }
            let mut rest = Sum::default();
            rest.add(x[i]);
            for (j, after) in x.iter().enumerate().skip(i + 1) {
                rest.add(-(self.lower[j * self.size + i] * after));
            }
            x[i] = rest.value();
        }
        x
    }
}
