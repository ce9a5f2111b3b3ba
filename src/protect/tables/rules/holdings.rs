//! Contributions by holding, gathered over buckets.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Amount, Contributors, RuleError};

/// What each holding contributes to one amount of one cell.
///
/// A holding is whatever belongs together behind several contributors: all records of one health centre, all branches
/// of one company. A cell with many persons may still show the business of a single house, so the rules are applied to
/// holdings, whose parts are first added up (Hundepool et al. 2012, §4.2.1 “Holdings”; τ-ARGUS 4.1 manual, §4.4.4
/// “Holding Indicator”). Unlike τ-ARGUS, which wants the records of one holding to be neighbours, parts may come in any
/// order.
///
/// There are no weights: the contributors that a sampled one stands for are not known to be of his holding, and
/// literature rules the combination out (Hundepool et al. 2012, §4.2.1, note to “Sampling weights”).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holdings {
    totals: BTreeMap<u64, Amount>,
}

impl Holdings {
    /// Adds a contribution to that of its holding.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] beyond 128 bits. The accumulator is then as it was.
    pub fn add(&mut self, holding: u64, contribution: Amount) -> Result<(), RuleError> {
        match self.totals.entry(holding) {
            Entry::Vacant(place) => {
                place.insert(contribution);
            }
            Entry::Occupied(mut total) => *total.get_mut() = total.get().plus(contribution)?,
        }
        Ok(())
    }

    /// Adds another accumulator, holding by holding. Associative and commutative.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] beyond 128 bits. The accumulator is of no use afterwards.
    pub fn merge(&mut self, other: Self) -> Result<(), RuleError> {
        other.totals.into_iter().try_for_each(|(holding, total)| self.add(holding, total))
    }

    /// Distinct holdings.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.totals.len() as u64
    }

    /// The total of one holding; `None` where it does not contribute.
    #[must_use]
    pub fn total(&self, holding: u64) -> Option<Amount> {
        self.totals.get(&holding).copied()
    }

    /// The holdings as contributors, exact for the `keep` largest.
    ///
    /// # Errors
    /// [`RuleError::Parameter`] as for [`Contributors::new`]; [`RuleError::TooLarge`] beyond 128 bits.
    pub fn top(&self, keep: u8) -> Result<Contributors, RuleError> {
        let mut contributors = Contributors::new(keep)?;
        self.totals.values().try_for_each(|total| contributors.offer(*total))?;
        Ok(contributors)
    }
}

#[cfg(test)]
mod tests;
