use super::super::numeric::{Sum, sum};
use super::AllocationError;

/// A stratum as the solver sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// What its size is proportional to, *a*; at least 0.
    pub measure: f64,
    /// Least size, *m*; at least 0.
    pub lower: f64,
    /// Greatest size, *M*; at least *m*.
    pub upper: f64,
}

impl Range {
    /// *λ a*, cut to the bounds.
    fn at(&self, scale: f64) -> f64 {
        (self.measure * scale).max(self.lower).min(self.upper)
    }

    /// The scales where the size leaves its lower and reaches its upper bound.
    fn bends(&self) -> [f64; 2] {
        [self.lower / self.measure, self.upper / self.measure]
    }
}

/// The real sizes: minimise *Σ a² / x* under *Σ x = total* and *m ≤ x ≤ M*.
///
/// By the conditions of Karush, Kuhn and Tucker, *x = min(M, max(m, λ a))* for one *λ*. The sum is a rising function
/// of *λ*, straight between the points where a size meets a bound; halving the list of those points finds the piece
/// that holds the total, where *λ* is a quotient.
///
/// # Errors
/// [`AllocationError`] where a value is out of range, bounds cannot be met, or all measures are zero.
pub fn solve(ranges: &[Range], total: f64) -> Result<Vec<f64>, AllocationError> {
    check(ranges, total)?;
    let mut bends: Vec<f64> = ranges.iter().filter(|range| range.measure > 0.0).flat_map(Range::bends).collect();
    bends.sort_by(f64::total_cmp);
    let size = |scale: f64| sum(ranges.iter().map(|range| range.at(scale)));
    // The first bend at which the total is reached.
    let reached = bends.partition_point(|&scale| size(scale) < total);
    let Some(&end) = bends.get(reached) else {
        return exhausted(ranges, &bends, total);
    };
    let start = reached.checked_sub(1).map_or(0.0, |before| bends[before]);
    let (mut fixed, mut measure) = (Sum::default(), Sum::default());
    for range in ranges {
        match range.part(start, end) {
            Part::Fixed(size) => fixed.add(size),
            Part::Free => measure.add(range.measure),
        }
    }
    let scale = if measure.value() > 0.0 { (total - fixed.value()) / measure.value() } else { end };
    let size = |range: &Range| match range.part(start, end) {
        Part::Fixed(size) => size,
        Part::Free => range.at(scale),
    };
    Ok(ranges.iter().map(size).collect())
}

/// A size on one straight piece of the sum.
enum Part {
    Fixed(f64),
    Free,
}

impl Range {
    fn part(&self, start: f64, end: f64) -> Part {
        if self.measure <= 0.0 {
            return Part::Fixed(self.lower);
        }
        let [leaves, reaches] = self.bends();
        match () {
            () if leaves >= end => Part::Fixed(self.lower),
            () if reaches <= start => Part::Fixed(self.upper),
            () => Part::Free,
        }
    }
}

fn check(ranges: &[Range], total: f64) -> Result<(), AllocationError> {
    if ranges.is_empty() {
        return Err(AllocationError::NoStratum);
    }
    // Beyond 2^53 whole numbers are no longer exact.
    if !(0.0..=9_007_199_254_740_992.0).contains(&total) {
        return Err(AllocationError::BadTotal);
    }
    for (stratum, &Range { measure, lower, upper }) in ranges.iter().enumerate() {
        let crossed = AllocationError::CrossedBounds { stratum, lower, upper };
        if !(lower >= 0.0 && lower <= upper && upper.is_finite()) {
            return Err(crossed);
        }
        if !(measure >= 0.0 && measure.is_finite()) {
            return Err(AllocationError::OutOfRange { stratum, field: super::Field::Spread });
        }
    }
    let needed = sum(ranges.iter().map(|range| range.lower));
    if needed > total {
        return Err(AllocationError::LowerBoundsExceedTotal { needed, total });
    }
    let room = sum(ranges.iter().map(|range| range.upper));
    if room < total {
        return Err(AllocationError::UpperBoundsBelowTotal { room, total });
    }
    if ranges.iter().all(|range| range.measure == 0.0) {
        return Err(AllocationError::NoMeasure);
    }
    Ok(())
}

/// The total lies beyond the last bend: by a rounding error, or because the rest can only go where nothing is
/// measured.
fn exhausted(ranges: &[Range], bends: &[f64], total: f64) -> Result<Vec<f64>, AllocationError> {
    let last = bends.last().copied().unwrap_or_default();
    let full: Vec<f64> =
        ranges.iter().map(|range| if range.measure > 0.0 { range.upper } else { range.at(last) }).collect();
    let left = total - sum(full.iter().copied());
    if left > 1e-9 * total {
        return Err(AllocationError::MeasureExhausted { left });
    }
    Ok(full)
}
