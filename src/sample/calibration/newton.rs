//! Newton's method on the dual, *Σ (d/q) ∫F − totalsᵀλ*, whose gradient is the distance from the totals. A step is
//! shortened until the function falls, so that the method also arrives where *F* is flat or steep.

use super::super::numeric::{Factor, Sum, Symmetric, sum};
use super::{CalibrationError, Options, Problem, Start};

/// Share of the fall that a step's slope promises which it must deliver (Armijo 1966).
const PROMISE: f64 = 1e-4;
/// Differences of the function below this share of its terms are rounding errors.
const NOISE: f64 = 1e-13;
/// Most times that a step is halved.
const HALVINGS: usize = 60;

/// The function at one *λ*.
struct State {
    lambda: Vec<f64>,
    ratios: Vec<f64>,
    slopes: Vec<f64>,
    /// *Σ d g x − totals*
    gradient: Vec<f64>,
    value: f64,
    noise: f64,
}

impl State {
    fn at(problem: &Problem<'_>, lambda: Vec<f64>) -> Self {
        let units = problem.design_weights.len();
        let (mut ratios, mut slopes) = (Vec::with_capacity(units), Vec::with_capacity(units));
        let mut gradient = vec![Sum::default(); lambda.len()];
        let (mut value, mut terms) = (Sum::default(), 0.0);
        for (column, (total, lambda)) in problem.totals.iter().zip(&lambda).enumerate() {
            gradient[column].add(-total);
            value.add(-total * lambda);
            terms += (total * lambda).abs();
        }
        for (unit, (row, weight)) in problem.auxiliaries.iter().zip(problem.design_weights).enumerate() {
            let scale = problem.scale(unit);
            let point = problem.method.at(scale * super::Rows::dot(row, &lambda));
            row.iter().for_each(|&(column, x)| gradient[column as usize].add(weight * point.ratio * x));
            value.add(weight / scale * point.area);
            terms += (weight / scale * point.area).abs();
            ratios.push(point.ratio);
            slopes.push(weight * scale * point.slope);
        }
        let gradient = gradient.into_iter().map(Sum::value).collect();
        Self { lambda, ratios, slopes, gradient, value: value.value(), noise: NOISE * terms }
    }

    /// The auxiliary furthest from its total, and how far relative to its magnitude.
    fn worst(&self, magnitude: &[f64]) -> (usize, f64) {
        let distances =
            self.gradient.iter().zip(magnitude).map(|(off, size)| if *off == 0.0 { 0.0 } else { off.abs() / size });
        distances.enumerate().fold((0, 0.0), |worst, next| if next.1 > worst.1 { next } else { worst })
    }

    /// Where Newton's method would go from here. Where all units of a column have ratios that no longer move, the
    /// column's curvature at the start stands in.
    fn direction(&self, problem: &Problem<'_>, start: &Start, redundant: &[usize]) -> Vec<f64> {
        let mut curvature = Symmetric::zero(self.lambda.len());
        problem.auxiliaries.iter().zip(&self.slopes).for_each(|(row, &slope)| curvature.add(slope, row));
        let downhill: Vec<f64> = self.gradient.iter().map(|gradient| -gradient).collect();
        Factor::guarded(&curvature, &start.curvature, redundant).solve(&downhill)
    }

    /// The first of the steps 1, 1/2, 1/4 … that lowers the function enough.
    fn step(&self, problem: &Problem<'_>, direction: &[f64]) -> Option<Self> {
        let slope = sum(self.gradient.iter().zip(direction).map(|(gradient, direction)| gradient * direction));
        let mut length = 1.0;
        for _ in 0..HALVINGS {
            let moved = self.lambda.iter().zip(direction).map(|(lambda, direction)| lambda + length * direction);
            let next = Self::at(problem, moved.collect());
            if next.value <= self.value + PROMISE * length * slope + self.noise {
                return Some(next);
            }
            length /= 2.0;
        }
        None
    }
}

/// The ratios that meet the totals, and the steps taken.
pub(super) fn minimise(
    problem: &Problem<'_>,
    options: Options,
    start: &Start,
    redundant: &[usize],
) -> Result<(Vec<f64>, u32), CalibrationError> {
    let mut state = State::at(problem, vec![0.0; problem.totals.len()]);
    let mut iterations = 0;
    loop {
        let (auxiliary, distance) = state.worst(&start.magnitude);
        if distance <= options.tolerance {
            return Ok((state.ratios, iterations));
        }
        let next = if iterations < options.iterations {
            state.step(problem, &state.direction(problem, start, redundant))
        } else {
            None
        };
        let Some(next) = next else {
            let wanted = problem.totals[auxiliary];
            let reached = wanted + state.gradient[auxiliary];
            return Err(CalibrationError::NotConverged { iterations, auxiliary, wanted, reached });
        };
        state = next;
        iterations += 1;
    }
}
