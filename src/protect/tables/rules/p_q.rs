//! The (p,q) or prior–posterior ambiguity rule.

use super::amount::{ONE, ceiling};
use super::{Contributors, Percent, Protection, RuleError, Signs};

/// (p,q): everybody could estimate every contribution within q percent before publication, and nobody shall come within
/// p percent by it.
///
/// Hundepool et al. 2012, §4.2.1, “The (p,q)-rule”: the second largest contributor knows all smaller ones within q
/// percent together, so that the cell is unsafe where (q / 100) · (X − x₂ − x₁) < (p / 100) · x₁, strictly. The p %
/// rule is the case q = 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PQ {
    p: Percent,
    q: Percent,
}

impl PQ {
    /// The rule of percentages `p` after and `q` before publication.
    ///
    /// # Errors
    /// [`RuleError::Parameter`] unless 0 < `p` < `q`: where others know as much beforehand, publication gains them
    /// nothing.
    pub fn new(p: Percent, q: Percent) -> Result<Self, RuleError> {
        if p.is_zero() || p >= q { Err(RuleError::Parameter) } else { Ok(Self { p, q }) }
    }

    /// Contributors that the rule looks at.
    #[must_use]
    pub fn needs(&self) -> u8 {
        2
    }

    /// Whether q · (X − x₂ − x₁) < p · x₁.
    ///
    /// # Errors
    /// [`RuleError::TooFewKept`] where fewer than two contributors were kept.
    pub fn sensitive(&self, of: &Contributors, signs: Signs) -> Result<bool, RuleError> {
        let rest = of.size(signs) - of.top(self.needs())?;
        Ok(self.q.units() * rest < self.p.units() * of.first())
    }

    /// The protection of an unsafe cell, `None` for a safe one: (p / q) · x₁ − (X − x₁ − x₂) upwards, rounded up
    /// (Hundepool et al. 2012, §4.2.2, table of upper protection levels), and the same downwards.
    ///
    /// # Errors
    /// [`RuleError::TooFewKept`] as above; [`RuleError::TooLarge`] where the level does not fit 128 bits.
    pub fn protection(&self, of: &Contributors, signs: Signs) -> Result<Option<Protection>, RuleError> {
        if !self.sensitive(of, signs)? {
            return Ok(None);
        }
        let rest = of.size(signs) - of.top(self.needs())?;
        // Contributions are in 10⁻¹⁸, the level in 10⁻⁹.
        let lacking = self.p.units() * of.first() - self.q.units() * rest;
        let level = ceiling(&lacking, &(self.q.units() * ONE))?;
        Ok(Some(Protection::symmetric(level, of.floor(signs))))
    }
}

#[cfg(test)]
mod tests;
