//! The p % rule.

use super::amount::{ONE, ceiling};
use super::{Contributors, MOST_KEPT, Percent, Protection, RuleError, Signs};

/// The p % rule: unsafe where the second largest contributor, who takes his own part off the total, comes within p
/// percent of the largest contribution.
///
/// Hundepool et al. 2012, §4.2.1, table of sensitivity rules: X − x₂ − x₁ < (p / 100) · x₁, strictly; with a coalition
/// of c contributors who pool what they know, X − x_{c+1} − … − x₂ − x₁ < (p / 100) · x₁ (footnote there; τ-ARGUS calls
/// c its “n”). Every other estimate of any other contribution is relatively worse, so that only this one need be looked
/// at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PPercent {
    p: Percent,
    coalition: u8,
}

impl PPercent {
    /// The rule that nobody may be estimated within `p` percent by `coalition` others, usually 1.
    ///
    /// # Errors
    /// [`RuleError::Parameter`] for `p` = 0, and unless `coalition` is from 1 to one less than [`MOST_KEPT`].
    pub fn new(p: Percent, coalition: u8) -> Result<Self, RuleError> {
        let sound = (1..MOST_KEPT).contains(&coalition) && !p.is_zero();
        if sound { Ok(Self { p, coalition }) } else { Err(RuleError::Parameter) }
    }

    /// Contributors that the rule looks at.
    #[must_use]
    pub fn needs(&self) -> u8 {
        self.coalition + 1
    }

    /// Whether X − x₂ − x₁ < (p / 100) · x₁.
    ///
    /// # Errors
    /// [`RuleError::TooFewKept`] where fewer contributors were kept than the rule looks at.
    pub fn sensitive(&self, of: &Contributors, signs: Signs) -> Result<bool, RuleError> {
        let rest = of.size(signs) - of.top(self.needs())?;
        Ok(Percent::hundred() * rest < self.p.units() * of.first())
    }

    /// The protection of an unsafe cell, `None` for a safe one: (p / 100) · x₁ − (X − x₁ − x₂) upwards, rounded up
    /// (Hundepool et al. 2012, §4.2.2, table of upper protection levels and the proof after it: the second largest can
    /// only infer x₁ ≤ X + U − x₂, which must not be below (1 + p / 100) · x₁), and the same downwards.
    ///
    /// # Errors
    /// [`RuleError::TooFewKept`] as above; [`RuleError::TooLarge`] where the level does not fit 128 bits.
    pub fn protection(&self, of: &Contributors, signs: Signs) -> Result<Option<Protection>, RuleError> {
        if !self.sensitive(of, signs)? {
            return Ok(None);
        }
        let rest = of.size(signs) - of.top(self.needs())?;
        // Contributions are in 10⁻¹⁸, the level in 10⁻⁹.
        let lacking = self.p.units() * of.first() - Percent::hundred() * rest;
        let level = ceiling(&lacking, &(Percent::hundred() * ONE))?;
        Ok(Some(Protection::symmetric(level, of.floor(signs))))
    }
}

#[cfg(test)]
mod tests;
