//! The row of a p-table: the distribution of largest entropy under the row's conditions.
//!
//! maximise −Σ pᵥ ln pᵥ subject to Σ pᵥ = 1, Σ v·pᵥ = 0, Σ v²·pᵥ ≤ V (or = V), where asked p₀ ≥ s, and where asked pᵥ
//! not falling from the left up to v = 0. Source of the problem: S. Giessing, *Computational Issues in the Design of
//! Transition Probabilities and Disclosure Risk Estimation for Additive Noise*, PSD 2016, section 2; J. K. Marley and
//! V. L. Leaver, *A Method for Confidentialising User-Defined Tables*, ISI 2011. The problem is convex and has one
//! solution.
//!
//! Method: the dual problem has one multiplier a condition, those of inequalities not negative, and the distribution
//! follows from them as p ∝ exp(−Σ multiplier × condition), always positive. It is solved by the projected Newton
//! method (D. Bertsekas, *Projected Newton Methods for Optimization Problems with Simple Constraints*, SIAM J. Control
//! 20, 1982), and the result is accepted only with its proof of optimality. Logarithm and exponential are `libm`'s, the
//! same bits on every machine.

use super::PTableError;

/// Conditions on one row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conditions {
    pub(super) variance: f64,
    /// The variance is to be met, not only kept under.
    pub(super) exactly: bool,
    /// The least probability of no change.
    pub(super) stay: Option<f64>,
    pub(super) monotone: bool,
}

/// `coefficients · p = bound`, or `≤ bound`.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) coefficients: Vec<f64>,
    pub(super) bound: f64,
}

impl Line {
    fn at(&self, p: &[f64]) -> f64 {
        dot(&self.coefficients, p) - self.bound
    }
}

/// The problem in standard form.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) equalities: Vec<Line>,
    pub(super) inequalities: Vec<Line>,
    size: usize,
    /// How many of the inequalities, at the end, are those of the order of the left side.
    rising: usize,
}

impl Problem {
    pub(super) fn new(values: &[i64], conditions: Conditions) -> Self {
        let size = values.len();
        let power = |power: u32| values.iter().map(|v| v.pow(power) as f64).collect::<Vec<_>>();
        let mut equalities =
            vec![Line { coefficients: power(0), bound: 1.0 }, Line { coefficients: power(1), bound: 0.0 }];
        let mut inequalities = Vec::new();
        let variance = Line { coefficients: power(2), bound: conditions.variance };
        if conditions.exactly { &mut equalities } else { &mut inequalities }.push(variance);
        let unit = |entries: &[(usize, f64)]| {
            let mut coefficients = vec![0.0; size];
            entries.iter().for_each(|(at, value)| coefficients[*at] = *value);
            coefficients
        };
        let mut order = 0;
        if let Some(zero) = values.iter().position(|v| *v == 0) {
            if let Some(stay) = conditions.stay {
                inequalities.push(Line { coefficients: unit(&[(zero, -1.0)]), bound: -stay });
            }
            if conditions.monotone {
                let rising = (0..zero).map(|at| Line { coefficients: unit(&[(at, 1.0), (at + 1, -1.0)]), bound: 0.0 });
                inequalities.extend(rising);
                order = zero;
            }
        }
        Self { equalities, inequalities, size, rising: order }
    }

    fn lines(&self) -> impl Iterator<Item = &Line> {
        self.equalities.iter().chain(&self.inequalities)
    }

    /// The distribution, with multipliers that prove it optimal; `None` where none is found.
    ///
    /// Without the order of the left side first: often it comes by itself, and where the left side is flat its
    /// conditions are all just kept without pushing, on which an iteration goes back and forth.
    fn solve(&self) -> Option<Solution> {
        let ordered = self.inequalities.len();
        [ordered - self.rising, ordered].into_iter().find_map(|inequalities| self.solve_with(inequalities))
    }

    /// With the first so many inequalities only, but optimal for all.
    fn solve_with(&self, inequalities: usize) -> Option<Solution> {
        // The first equality, that of the sum, is met by scaling.
        let lines: Vec<&Line> = self.lines().skip(1).take(self.equalities.len() - 1 + inequalities).collect();
        let free = self.equalities.len() - 1;
        let mut at = Dual::at(&lines, self.size, self.start(&lines));
        // Conditions that are just kept are left alone in further passes.
        for tolerance in [0.0, 1e-9, 1e-7] {
            for _ in 0..400 {
                let Some(next) = at.step(&lines, Frame { free, tolerance }) else { break };
                at = next;
            }
            let (nu, lambda) = at.y.split_at(free);
            let nu = std::iter::once(at.log_sum - 1.0).chain(nu.iter().copied()).collect();
            let mut lambda = lambda.to_vec();
            lambda.resize(self.inequalities.len(), 0.0);
            let solution = Solution { p: at.p.clone(), nu, lambda };
            if self.optimality(&solution) < 1e-12 {
                return Some(solution);
            }
        }
        None
    }

    /// Multipliers to start from: that of the variance which meets it alone, found by bisection, and zeros. From far
    /// away Newton's steps could end where the distribution has all its mass on one value and no slope leads back.
    fn start(&self, lines: &[&Line]) -> Vec<f64> {
        // After the mean comes the variance, an equality or the first inequality.
        let with = |multiplier: f64| {
            let mut y = vec![0.0; lines.len()];
            y[1] = multiplier;
            y
        };
        let above = |multiplier: f64| Dual::at(lines, self.size, with(multiplier)).slack[1] < 0.0;
        if !above(0.0) {
            return with(0.0);
        }
        let (mut low, mut high) = (0.0, 64.0);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if above(middle) { low = middle } else { high = middle }
        }
        with(high)
    }

    /// The largest violation of the Karush-Kuhn-Tucker conditions: 0 proves that no other distribution has as much
    /// entropy.
    pub(super) fn optimality(&self, solution: &Solution) -> f64 {
        let mut stationary: Vec<f64> = vec![1.0; self.size];
        for (line, multiplier) in self.lines().zip(solution.nu.iter().chain(&solution.lambda)) {
            axpy(*multiplier, &line.coefficients, &mut stationary);
        }
        for (residual, p) in stationary.iter_mut().zip(&solution.p) {
            // A probability under the smallest number, e⁻⁷⁴⁵, is written as zero, and right if it is to be smaller
            // still.
            *residual = if *p < f64::MIN_POSITIVE && *residual > 700.0 { 0.0 } else { *residual + libm::log(*p) };
        }
        let size = |line: &Line| line.coefficients.iter().fold(1.0, |most: f64, c| most.max(c.abs()));
        let scale = solution.nu.iter().chain(&solution.lambda).fold(1.0, |most: f64, y| most.max(y.abs()));
        let stationary = stationary.into_iter().map(|r| r.abs() / (scale * self.lines().map(size).fold(1.0, f64::max)));
        let equal = self.equalities.iter().map(|line| line.at(&solution.p).abs() / size(line));
        let under = self.inequalities.iter().zip(&solution.lambda).map(|(line, lambda)| {
            let above = line.at(&solution.p) / size(line);
            above.max(-lambda).max((lambda * above).abs())
        });
        stationary.chain(equal).chain(under).fold(0.0, f64::max)
    }
}

/// A distribution and the multipliers that prove it optimal.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    pub(super) p: Vec<f64>,
    pub(super) nu: Vec<f64>,
    pub(super) lambda: Vec<f64>,
}

/// How many multipliers may be negative, and by how much a condition without push may be missed.
#[derive(Debug, Clone, Copy)]
struct Frame {
    free: usize,
    tolerance: f64,
}

/// A point of the dual problem: least ln Σ exp(−yᵀB) + yᵀb.
struct Dual {
    y: Vec<f64>,
    p: Vec<f64>,
    log_sum: f64,
    value: f64,
    /// By how much each condition is kept: bound minus what the distribution has.
    slack: Vec<f64>,
}

impl Dual {
    fn at(lines: &[&Line], size: usize, y: Vec<f64>) -> Self {
        let mut exponents = vec![0.0; size];
        lines.iter().zip(&y).for_each(|(line, y)| axpy(-y, &line.coefficients, &mut exponents));
        let most = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut p: Vec<f64> = exponents.iter().map(|exponent| libm::exp(exponent - most)).collect();
        let sum: f64 = p.iter().sum();
        p.iter_mut().for_each(|p| *p /= sum);
        let log_sum = most + libm::log(sum);
        let value = log_sum + lines.iter().zip(&y).map(|(line, y)| line.bound * y).sum::<f64>();
        let slack = lines.iter().map(|line| -line.at(&p)).collect();
        Self { y, p, log_sum, value, slack }
    }

    /// A kept inequality whose multiplier is zero, or as good as zero, does not move.
    fn held(&self, at: usize, frame: Frame) -> bool {
        at >= frame.free && self.y[at] <= frame.tolerance.max(1e-9) && self.slack[at] > -frame.tolerance
    }

    /// The slope that counts.
    fn slope(&self, frame: Frame) -> Vec<f64> {
        (0..self.y.len()).map(|at| if self.held(at, frame) { 0.0 } else { self.slack[at] }).collect()
    }

    /// A Newton step of the multipliers that may move, projected and shortened until it helps; `None` at the optimum.
    fn step(&self, lines: &[&Line], frame: Frame) -> Option<Self> {
        let slope = self.slope(frame);
        let moving: Vec<usize> = (0..slope.len()).filter(|at| !self.held(*at, frame)).collect();
        // The second derivative is the covariance of the conditions under the distribution.
        let centred: Vec<Vec<f64>> = moving
            .iter()
            .map(|at| {
                let mean = dot(&lines[*at].coefficients, &self.p);
                lines[*at].coefficients.iter().map(|c| c - mean).collect()
            })
            .collect();
        let covariance = centred.iter().map(|row| {
            let scaled: Vec<f64> = row.iter().zip(&self.p).map(|(c, p)| c * p).collect();
            centred.iter().map(|column| dot(&scaled, column)).collect()
        });
        let change = solve_symmetric(covariance.collect(), moving.iter().map(|at| slope[*at]).collect())?;
        let mut length = 1.0;
        for _ in 0..50 {
            let mut y: Vec<f64> =
                (0..self.y.len()).map(|at| if self.held(at, frame) { 0.0 } else { self.y[at] }).collect();
            for (at, change) in moving.iter().zip(&change) {
                y[*at] -= length * change;
                if *at >= frame.free {
                    y[*at] = y[*at].max(0.0);
                }
            }
            let next = Self::at(lines, self.p.len(), y);
            let gain: f64 = self.y.iter().zip(&next.y).zip(&slope).map(|((y, next), slope)| (y - next) * slope).sum();
            let near = (self.value - next.value).abs() <= 1e-14 * (1.0 + self.value.abs());
            if next.value <= self.value - 1e-4 * gain && !near || near && norm(&next.slope(frame)) < norm(&slope) {
                return Some(next);
            }
            length *= 0.5;
        }
        None
    }
}

/// The distribution of largest entropy over `values` (ascending) for the row of `count`.
pub(super) fn distribution(count: u64, values: &[i64], conditions: Conditions) -> Result<Vec<f64>, PTableError> {
    let problem = Problem::new(values, conditions);
    problem.solve().map(|solution| solution.p).ok_or(PTableError::NoSolution { count })
}

/// Solves a symmetric positive definite system by Cholesky's factors; `None` where the result is not finite.
fn solve_symmetric(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let n = right.len();
    for column in 0..n {
        for row in column..n {
            let sum = matrix[row][column] - dot(&matrix[row][..column], &matrix[column][..column]);
            if row == column {
                // Conditions that depend on each other within rounding: a hair more on the diagonal keeps the step
                // finite.
                matrix[row][column] = libm::sqrt(sum.max(1e-14 * matrix[row][column]).max(f64::MIN_POSITIVE));
            } else {
                matrix[row][column] = sum / matrix[column][column];
            }
        }
    }
    for row in 0..n {
        right[row] = (right[row] - dot(&matrix[row][..row], &right[..row])) / matrix[row][row];
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|below| matrix[below][row] * right[below]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right.iter().all(|value| value.is_finite()).then_some(right)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn axpy(factor: f64, x: &[f64], y: &mut [f64]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += factor * x);
}

fn norm(values: &[f64]) -> f64 {
    libm::sqrt(dot(values, values))
}

#[cfg(test)]
mod tests;
