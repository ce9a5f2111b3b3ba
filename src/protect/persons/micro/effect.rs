//! What a method did to a column.

/// Before and after, over all records.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// Records.
    pub records: u64,
    /// Records whose value is another.
    pub changed: u64,
    /// Mean before, in the unit of the values; NaN without records.
    pub mean_before: f64,
    /// Mean after.
    pub mean_after: f64,
    /// Variance before (over n).
    pub variance_before: f64,
    /// Variance after.
    pub variance_after: f64,
    /// Mean of the absolute changes.
    pub mean_change: f64,
    /// Largest absolute change.
    pub largest_change: u64,
    /// Correlation of values before and after; NaN where either is constant.
    pub correlation: f64,
}

impl Effect {
    /// Compares two columns of the same length. Sums are exact, so that order does not matter.
    pub(super) fn of(before: &[i64], after: &[i64]) -> Self {
        let pairs = || before.iter().zip(after);
        let (one, two) = (moments(before), moments(after));
        let (n, changes) = (before.len() as f64, pairs().map(|(one, two)| one.abs_diff(*two)));
        let centre = (centre(one.0), centre(two.0));
        let product = pairs().fold(0_i128, |sum, (&one, &two)| {
            sum.saturating_add((i128::from(one) - centre.0).saturating_mul(i128::from(two) - centre.1))
        });
        let shared = product as f64 / n - (one.0 - centre.0 as f64) * (two.0 - centre.1 as f64);
        Self {
            records: before.len() as u64,
            changed: pairs().filter(|(one, two)| one != two).count() as u64,
            mean_before: one.0,
            mean_after: two.0,
            variance_before: one.1,
            variance_after: two.1,
            mean_change: changes.clone().map(u128::from).sum::<u128>() as f64 / n,
            largest_change: changes.max().unwrap_or(0),
            correlation: shared / (one.1.sqrt() * two.1.sqrt()),
        }
    }
}

/// Mean and variance.
pub(super) fn moments(values: &[i64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().map(|&value| i128::from(value)).sum::<i128>() as f64 / n;
    // Exact deviations from the rounded mean, then the correction for rounding it. Values at both ends of 64 bits saturate.
    let centre = centre(mean);
    let squares = values.iter().fold(0_i128, |sum, &value| {
        let deviation = i128::from(value) - centre;
        sum.saturating_add(deviation.saturating_mul(deviation))
    });
    (mean, (squares as f64 / n - (mean - centre as f64).powi(2)).max(0.0))
}

/// The integer next to a mean.
fn centre(mean: f64) -> i128 {
    i128::from(mean.round() as i64)
}
