//! The threshold rule: a minimum frequency.

use super::amount::ONE;
use super::{Amount, Protection, RuleError, SafetyRange, Tally};

/// The minimum frequency rule: unsafe where there are contributors, but fewer than a given number of distinct ones.
///
/// Hundepool et al. 2012, §4.2.1, table of sensitivity rules, “Minimum frequency rule”: the cell frequency is less than
/// n, strictly. It is applied to distinct persons, or to distinct holdings, or under sampling to the estimated number
/// of contributors, which is the sum of their weights: so do τ-ARGUS, and the rules of Insee for enterprises (“on
/// applique la règle de fréquence sur les pondérations”, *Manuel de protection des tableaux*, §11.1), on condition that
/// who was sampled, and with what weight, stays secret. Empty cells are a matter of the zero rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Threshold {
    least: u64,
}

impl Threshold {
    /// The rule of at least `least` contributors.
    ///
    /// # Errors
    /// [`RuleError::Parameter`] for a minimum below 2, which no cell misses.
    pub fn new(least: u64) -> Result<Self, RuleError> {
        if least < 2 { Err(RuleError::Parameter) } else { Ok(Self { least }) }
    }

    /// The minimum, t.
    #[must_use]
    pub fn least(&self) -> u64 {
        self.least
    }

    /// Whether 0 < x < t. Where the number x of contributors is known within bounds only, it is the lower one that must
    /// reach t, and the upper one that must not be 0.
    #[must_use]
    pub fn sensitive(&self, contributors: Tally) -> bool {
        contributors.most() > 0 && contributors.least() < self.least
    }

    /// Whether 0 < x < t for an estimated number x of contributors in 10⁻⁹, of which `sampled` were counted: sampled
    /// ones whose weights are all 0 are still somebody.
    #[must_use]
    pub fn sensitive_estimate(&self, population: u128, sampled: u64) -> bool {
        sampled > 0 && population < u128::from(self.least) * ONE.unsigned_abs()
    }

    /// The safety interval of an unsafe count v: [1, t − 1] must stay feasible, so that nothing more comes out than
    /// that somebody is there and that they are too few; down v − 1, up t − 1 − v. A count of records can reach t while
    /// its persons do not; then [1, v].
    #[must_use]
    pub fn protection_of_count(&self, count: u64) -> Protection {
        let (count, most) = (i128::from(count), i128::from(self.least) - 1);
        Protection::new(count - 1, most - count)
    }

    /// The safety interval of an unsafe amount. Theory gives none, so it is a percentage of the amount set by whoever
    /// publishes (τ-ARGUS 4.1 manual, §4.4.4, “Frequency-range”).
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] where a level does not fit 128 bits.
    pub fn protection_of_amount(
        &self,
        amount: Amount,
        signed: bool,
        range: &SafetyRange,
    ) -> Result<Protection, RuleError> {
        range.protection(amount.units(), signed)
    }
}

#[cfg(test)]
mod tests;
