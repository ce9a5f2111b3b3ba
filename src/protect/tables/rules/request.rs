//! The request rule.

use super::{Contributors, Percent, RuleError, Signs};

/// The request rule of foreign trade: a cell is unsafe only where somebody has asked for protection.
///
/// Hundepool et al. 2012, §4.2.1, “Foreign trade rules”; τ-ARGUS 4.1 manual, §4.4.4, “Request Rule”: where the largest
/// contribution of somebody who has asked makes up more than k percent of the cell; and, if a minimum frequency is
/// given, where anybody has asked and there are fewer contributors than that (a large one who has not asked could
/// compute a small one who has). There is no formula for the protection of such a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Request {
    k: Percent,
    least: u64,
}

impl Request {
    /// The rule of more than `k` percent, and of fewer than `least` contributors; 0 for no minimum.
    ///
    /// # Errors
    /// [`RuleError::Parameter`] unless 0 < `k` < 100.
    pub fn new(k: Percent, least: u64) -> Result<Self, RuleError> {
        if k.is_zero() || k >= Percent::whole(100) { Err(RuleError::Parameter) } else { Ok(Self { k, least }) }
    }

    /// Whether somebody has asked, and x > (k / 100) · X for the largest who has, or there are too few contributors.
    #[must_use]
    pub fn sensitive(&self, of: &Contributors, signs: Signs) -> bool {
        of.asked_size().is_some_and(|asked| {
            of.count() < self.least || Percent::hundred() * asked > self.k.units() * of.size(signs)
        })
    }
}

#[cfg(test)]
mod tests;
