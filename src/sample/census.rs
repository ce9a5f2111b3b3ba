//! Step 1: the frame, counted.

use hashbrown::HashMap;

use super::{StratumKey, get_or_insert_with};

/// Units per stratum. A unit is added once: a person once, however many records it has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census(HashMap<StratumKey, u64>);

impl Census {
    /// Counts one unit. Nothing is allocated for a stratum already met.
    pub fn add(&mut self, stratum: &[u64]) {
        *get_or_insert_with(&mut self.0, stratum, || 0) += 1;
    }

    /// The census of both parts.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        if self.0.len() < other.0.len() {
            return other.merge(self);
        }
        for (stratum, units) in other.0 {
            *self.0.entry(stratum).or_insert(0) += units;
        }
        self
    }

    /// Units of one stratum; 0 for one never met.
    #[must_use]
    pub fn units(&self, stratum: &[u64]) -> u64 {
        self.0.get(stratum).copied().unwrap_or(0)
    }

    /// Units of all strata.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Strata with their units, in no fixed order.
    pub fn strata(&self) -> impl Iterator<Item = (&[u64], u64)> {
        self.0.iter().map(|(stratum, &units)| (&**stratum, units))
    }
}
