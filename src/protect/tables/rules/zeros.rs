//! Cells of zero: what cannot be, what was not observed, and what adds up to nothing.

use super::{Protection, RuleError};

/// What kind of zero a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zero {
    /// The combination cannot occur (pregnant men). Everybody knows; there is nothing to protect, and nothing else can
    /// be protected by not publishing it.
    Structural,
    /// The combination could occur, but nobody contributes: an observed zero.
    Empty,
    /// Somebody contributes, and all contributions are 0. Whoever knows that somebody is in the cell knows his
    /// contribution.
    AllZero,
}

/// What is needed to tell zeros apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZeroFacts {
    /// Whether the combination can occur at all.
    pub possible: bool,
    /// Whether anybody contributes.
    pub occupied: bool,
    /// Whether anything but 0 was contributed; for a count, the same as `occupied`.
    pub nonzero: bool,
}

impl Zero {
    /// The kind of zero that a cell is, `None` for one that is not.
    ///
    /// # Errors
    /// [`RuleError::Contradiction`] where somebody contributes to what cannot occur, or nobody contributes something.
    pub fn of(facts: ZeroFacts) -> Result<Option<Self>, RuleError> {
        match facts {
            ZeroFacts { possible: false, occupied: true, .. } | ZeroFacts { occupied: false, nonzero: true, .. } => {
                Err(RuleError::Contradiction)
            }
            ZeroFacts { possible: false, .. } => Ok(Some(Self::Structural)),
            ZeroFacts { occupied: false, .. } => Ok(Some(Self::Empty)),
            ZeroFacts { nonzero: false, .. } => Ok(Some(Self::AllZero)),
            _ => Ok(None),
        }
    }
}

/// Whether observed zeros are unsafe.
///
/// τ-ARGUS (4.1 manual, §4.4.4, “Zero Unsafe”) makes cells unsafe whose contributions are all 0, and can treat empty
/// cells as not structural; both with an upper protection level given as a value, as no percentage of 0 protects, and a
/// lower one of 0. Hundepool et al. 2012, §5.2, show what zeros of a frequency table tell about groups; see
/// [`GroupRule`](super::GroupRule) for the finer instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ZeroRule {
    empty: Option<i128>,
    all_zero: Option<i128>,
}

impl ZeroRule {
    /// The upper protection levels of empty cells and of cells whose contributions are all 0, in units of the cell's
    /// value; `None` for those that are safe.
    ///
    /// # Errors
    /// [`RuleError::Parameter`] for a level below 1 unit, and where both are safe: that is no rule.
    pub fn new(empty: Option<i128>, all_zero: Option<i128>) -> Result<Self, RuleError> {
        let levels = || [empty, all_zero].into_iter().flatten();
        let sound = levels().count() > 0 && levels().all(|level| level >= 1);
        if sound { Ok(Self { empty, all_zero }) } else { Err(RuleError::Parameter) }
    }

    /// The protection of an unsafe zero, `None` for a safe one; structural zeros are always safe. Downwards there is
    /// room only where contributions may be negative.
    #[must_use]
    pub fn protection(&self, zero: Zero, signed: bool) -> Option<Protection> {
        let level = match zero {
            Zero::Structural => None,
            Zero::Empty => self.empty,
            Zero::AllZero => self.all_zero,
        }?;
        Some(Protection::symmetric(level, (!signed).then_some(0)))
    }
}

#[cfg(test)]
mod tests;
