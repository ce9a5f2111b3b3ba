//! Weights that meet known totals: Deville & Särndal 1992, "Calibration estimators in survey sampling", JASA 87, with
//! the distances of CALMAR (Sautory 1993).
//!
//! A unit's weight is its design weight *d* times a ratio *g = F(q xᵀλ)*; *λ* is such that *Σ d g x* equals the
//! totals. It minimises a convex function, which a damped Newton method finds.

mod distance;
mod error;
mod newton;
mod post_stratify;

pub use super::numeric::Rows;
pub use distance::{Bounds, Method};
pub use error::CalibrationError;
pub use post_stratify::post_stratify;

use super::numeric::{Factor, Sum, Symmetric};

/// What is to be calibrated.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// Design weights *d* of the *n* sampled units, above 0.
    pub design_weights: &'a [f64],
    /// Auxiliary variables *x*: *n* rows of *p* columns; a category is a column of zeros and ones.
    pub auxiliaries: &'a Rows,
    /// Known totals of the *p* columns.
    pub totals: &'a [f64],
    /// Freedom *q* of each unit to move, above 0; all 1 where absent.
    pub scale: Option<&'a [f64]>,
    /// Distance between design weights and weights.
    pub method: Method,
}

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Largest distance from a total that counts as none, relative to *|total| + Σ d |x|*.
    pub tolerance: f64,
    /// Most steps.
    pub iterations: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { tolerance: 1e-11, iterations: 100 }
    }
}

/// Weights that meet the totals.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// Weight over design weight, *g*, for each unit.
    pub ratios: Vec<f64>,
    /// Weights *d g*.
    pub weights: Vec<f64>,
    /// Steps taken.
    pub iterations: u32,
    /// Columns that follow from those before them, such as the last category of a second margin. Their totals are met
    /// too.
    pub redundant: Vec<usize>,
}

impl Calibrated {
    fn new(design_weights: &[f64], ratios: Vec<f64>, iterations: u32, redundant: Vec<usize>) -> Self {
        let weights = design_weights.iter().zip(&ratios).map(|(weight, ratio)| weight * ratio).collect();
        Self { ratios, weights, iterations, redundant }
    }

    /// Smallest and largest ratio; `None` without units.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        let first = *self.ratios.first()?;
        Some(self.ratios.iter().fold((first, first), |(low, high), &ratio| (low.min(ratio), high.max(ratio))))
    }
}

/// What the units give before any step.
struct Start {
    /// *Σ d q x xᵀ*
    curvature: Symmetric,
    /// *|total| + Σ d |x|*: what a distance from a total is compared with.
    magnitude: Vec<f64>,
    /// Least and most that ratios within their limits make of each total.
    reach: Vec<(f64, f64)>,
}

/// A margin is contradictory where what the others imply is further from it, relative to its magnitude.
const CONTRADICTION: f64 = 1e-8;

/// Calibrates weights to totals.
///
/// # Errors
/// [`CalibrationError`] where the input is malformed, a total cannot be met whatever the others are, totals contradict
/// one another, or no weights within the bounds meet all of them.
pub fn calibrate(problem: &Problem<'_>, options: Options) -> Result<Calibrated, CalibrationError> {
    check(problem)?;
    let start = Start::of(problem);
    for auxiliary in 0..problem.totals.len() {
        start.check_reach(problem, auxiliary)?;
    }
    let factor = Factor::new(&start.curvature);
    let redundant = factor.aside();
    let rest = factor.forward(problem.totals);
    for &auxiliary in &redundant {
        if rest[auxiliary].abs() > CONTRADICTION * start.magnitude[auxiliary] {
            let wanted = problem.totals[auxiliary];
            return Err(CalibrationError::Contradictory { auxiliary, wanted, implied: wanted - rest[auxiliary] });
        }
    }
    let (ratios, iterations) = newton::minimise(problem, options, &start, &redundant)?;
    Ok(Calibrated::new(problem.design_weights, ratios, iterations, redundant))
}

fn check(problem: &Problem<'_>) -> Result<(), CalibrationError> {
    let Problem { design_weights, auxiliaries, totals, scale, method } = problem;
    let units = design_weights.len();
    if units == 0 || auxiliaries.len() != units || scale.is_some_and(|scale| scale.len() != units) {
        return Err(CalibrationError::Shape);
    }
    if auxiliaries.columns() != totals.len() {
        return Err(CalibrationError::Shape);
    }
    let positive = |value: &f64| *value > 0.0 && value.is_finite();
    let bad = |values: &[f64]| values.iter().position(|value| !positive(value));
    if let Some(unit) = bad(design_weights).or_else(|| scale.and_then(bad)).or_else(|| auxiliaries.first_bad_row()) {
        return Err(CalibrationError::BadUnit { unit });
    }
    if let Some(auxiliary) = totals.iter().position(|total| !total.is_finite()) {
        return Err(CalibrationError::BadTotal { auxiliary });
    }
    match method.bounds() {
        Some(Bounds { lower, upper }) if !(lower.is_finite() && lower < 1.0 && 1.0 < upper && upper.is_finite()) => {
            Err(CalibrationError::BadBounds { lower, upper })
        }
        _ => Ok(()),
    }
}

impl Problem<'_> {
    fn scale(&self, unit: usize) -> f64 {
        self.scale.map_or(1.0, |scale| scale[unit])
    }
}

impl Start {
    fn of(problem: &Problem<'_>) -> Self {
        let columns = problem.totals.len();
        let mut curvature = Symmetric::zero(columns);
        let mut sums = vec![[Sum::default(); 3]; columns];
        let (least, most) = problem.method.limits();
        for (unit, (row, weight)) in problem.auxiliaries.iter().zip(problem.design_weights).enumerate() {
            curvature.add(weight * problem.scale(unit), row);
            for &(column, value) in row {
                let term = weight * value;
                let [size, lowest, highest] = &mut sums[column as usize];
                size.add(term.abs());
                lowest.add((term * least).min(term * most));
                highest.add((term * least).max(term * most));
            }
        }
        let magnitude = sums.iter().zip(problem.totals).map(|([size, ..], total)| size.value() + total.abs()).collect();
        let reach = sums.iter().map(|[_, lowest, highest]| (lowest.value(), highest.value())).collect();
        Self { curvature, magnitude, reach }
    }

    /// Whether some ratios, each within its limits, meet this total, all others left aside.
    fn check_reach(&self, problem: &Problem<'_>, auxiliary: usize) -> Result<(), CalibrationError> {
        let wanted = problem.totals[auxiliary];
        if self.curvature.at(auxiliary, auxiliary) <= 0.0 {
            let empty = CalibrationError::Empty { auxiliary, wanted };
            return if wanted == 0.0 { Ok(()) } else { Err(empty) };
        }
        let (lowest, highest) = self.reach[auxiliary];
        let slack = 1e-12 * self.magnitude[auxiliary];
        let within = if problem.method.reaches_limits() {
            wanted >= lowest - slack && wanted <= highest + slack
        } else {
            wanted > lowest && wanted < highest
        };
        if within { Ok(()) } else { Err(CalibrationError::OutOfReach { auxiliary, wanted, lowest, highest }) }
    }
}

#[cfg(test)]
mod tests;
