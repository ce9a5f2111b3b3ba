//! The (n,k) dominance rule.

use super::amount::{ONE, ceiling};
use super::{Contributors, MOST_KEPT, Percent, Protection, RuleError, Signs};

/// (n,k) dominance: unsafe where the n largest contributors make up more than k percent of the cell.
///
/// Cox (1981) shows it to be a linear sensitivity measure; the formula is that of Hundepool et al. 2012, §4.2.1, table
/// of sensitivity rules: x₁ + … + xₙ > (k / 100) · X, strictly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dominance {
    n: u8,
    k: Percent,
}

impl Dominance {
    /// The rule of `n` contributors, from 1 to [`MOST_KEPT`], and more than `k` percent. For 100 % and more no cell,
    /// for 0 % every one would be unsafe.
    ///
    /// # Errors
    /// [`RuleError::Parameter`] for any other `n`, and unless 0 < `k` < 100.
    pub fn new(n: u8, k: Percent) -> Result<Self, RuleError> {
        let sound = (1..=MOST_KEPT).contains(&n) && !k.is_zero() && k < Percent::whole(100);
        if sound { Ok(Self { n, k }) } else { Err(RuleError::Parameter) }
    }

    /// Contributors that the rule looks at.
    #[must_use]
    pub fn needs(&self) -> u8 {
        self.n
    }

    /// Whether x₁ + … + xₙ > (k / 100) · X.
    ///
    /// # Errors
    /// [`RuleError::TooFewKept`] where fewer than n contributors were kept.
    pub fn sensitive(&self, of: &Contributors, signs: Signs) -> Result<bool, RuleError> {
        Ok(Percent::hundred() * of.top(self.n)? > self.k.units() * of.size(signs))
    }

    /// The protection of an unsafe cell, `None` for a safe one: (100 / k) · (x₁ + … + xₙ) − X upwards, rounded up
    /// (Hundepool et al. 2012, §4.2.2, table of upper protection levels), and the same downwards.
    ///
    /// # Errors
    /// [`RuleError::TooFewKept`] as above; [`RuleError::TooLarge`] where the level does not fit 128 bits.
    pub fn protection(&self, of: &Contributors, signs: Signs) -> Result<Option<Protection>, RuleError> {
        if !self.sensitive(of, signs)? {
            return Ok(None);
        }
        // Contributions are in 10⁻¹⁸, the level in 10⁻⁹.
        let excess = Percent::hundred() * of.top(self.n)? - self.k.units() * of.size(signs);
        let level = ceiling(&excess, &(self.k.units() * ONE))?;
        Ok(Some(Protection::symmetric(level, of.floor(signs))))
    }
}

#[cfg(test)]
mod tests;
