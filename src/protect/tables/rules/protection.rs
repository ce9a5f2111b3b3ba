//! Protection levels, and the range that stands in where a rule has no formula of its own.

use super::amount::{Amount, ceiling};
use super::{Percent, RuleError};

/// The safety interval of an unsafe cell, as distances from its value: whatever can be computed from all that is
/// published must leave every value of [value − low, value + high] possible, or at least its two ends.
///
/// In units of the cell's value: 1 for a count, 10⁻⁹ for an amount. Never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Protection {
    low: i128,
    high: i128,
}

impl Protection {
    /// Two distances; negative ones are taken as 0. Where both are 0, the upper one becomes 1 unit: a cell that may be
    /// computed exactly is not protected at all.
    #[must_use]
    pub fn new(low: i128, high: i128) -> Self {
        let (low, high) = (low.max(0), high.max(0));
        Self { low, high: if low == 0 { high.max(1) } else { high } }
    }

    /// The same distance on both sides, as literature and τ-ARGUS take it for want of a formula for the lower side
    /// (Hundepool et al. 2012, §4.2.2; τ-ARGUS 4.1 manual, §4.4.4). Downwards no more than `floor`, the value itself
    /// where it is known not to be negative: an interval that reaches below zero could never be feasible.
    pub(super) fn symmetric(level: i128, floor: Option<i128>) -> Self {
        Self::new(floor.map_or(level, |floor| level.min(floor)), level)
    }

    /// Distance downwards: the lower protection level.
    #[must_use]
    pub fn low(self) -> i128 {
        self.low
    }

    /// Distance upwards: the upper protection level.
    #[must_use]
    pub fn high(self) -> i128 {
        self.high
    }

    /// The smallest interval that holds both.
    #[must_use]
    pub fn widest(self, other: Self) -> Self {
        Self { low: self.low.max(other.low), high: self.high.max(other.high) }
    }
}

/// The protection of a cell for which theory gives none: a percentage of its value on both sides.
///
/// It is needed for amounts under the threshold rule, and for cells made unsafe by hand (τ-ARGUS 4.1 manual, §4.4.4,
/// “Frequency-range” and “Manual Safety Range”).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SafetyRange {
    percent: Percent,
    least: i128,
}

impl SafetyRange {
    /// A percentage of the value, but never less than `least`, in units of the value: a percentage of nothing is
    /// nothing.
    ///
    /// # Errors
    /// [`RuleError::Parameter`] where `least` is below 1 unit.
    pub fn new(percent: Percent, least: i128) -> Result<Self, RuleError> {
        if least < 1 { Err(RuleError::Parameter) } else { Ok(Self { percent, least }) }
    }

    /// max(|value| · r / 100, least) on both sides, rounded up to a whole unit; downwards no more than the value itself
    /// where `signed` is false, that is where the value is known not to be negative.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] where a level does not fit 128 bits.
    pub fn protection(&self, value: i128, signed: bool) -> Result<Protection, RuleError> {
        let size = Amount::from_units(value).size()?.units();
        let level = ceiling(&(self.percent.units() * size), &Percent::hundred())?.max(self.least);
        Ok(Protection::symmetric(level, (!signed).then_some(size)))
    }
}

#[cfg(test)]
mod tests;
