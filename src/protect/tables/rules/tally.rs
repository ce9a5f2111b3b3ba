//! Numbers of distinct contributors, exact in one cell and within bounds in several.

use super::RuleError;

/// How many distinct persons (or holdings) contribute to a cell, or to several cells together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tally {
    least: u64,
    most: u64,
    exclusive: u64,
}

/// How far the contributors of two cells may be the same persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Overlap {
    /// Nobody contributes to both.
    Disjoint,
    /// Somebody may, and it is not known who.
    Possible,
}

impl Tally {
    /// Exactly so many, of whom `exclusive` are known to contribute to no other cell that this one may be joined with
    /// (0 where nothing is known).
    ///
    /// # Errors
    /// [`RuleError::Contradiction`] for more exclusive ones than there are.
    pub fn new(count: u64, exclusive: u64) -> Result<Self, RuleError> {
        if exclusive > count {
            return Err(RuleError::Contradiction);
        }
        Ok(Self { least: count, most: count, exclusive })
    }

    /// Exactly so many, of whom it is not known where else they contribute.
    #[must_use]
    pub fn exactly(count: u64) -> Self {
        Self { least: count, most: count, exclusive: 0 }
    }

    /// Somewhere between two numbers.
    pub(super) fn between(least: u64, most: u64) -> Self {
        Self { least, most: most.max(least), exclusive: 0 }
    }

    /// No fewer than this.
    #[must_use]
    pub fn least(self) -> u64 {
        self.least
    }

    /// No more than this.
    #[must_use]
    pub fn most(self) -> u64 {
        self.most
    }

    /// Of them in no other cell: no fewer than this.
    #[must_use]
    pub fn exclusive(self) -> u64 {
        self.exclusive
    }

    /// Whether somebody may be in both.
    #[must_use]
    pub fn overlap(self, other: Self) -> Overlap {
        // All of one cell being exclusive to it is enough.
        let alone = |tally: Self| tally.exclusive == tally.most;
        if alone(self) || alone(other) { Overlap::Disjoint } else { Overlap::Possible }
    }

    /// Of two cells together. Distinct persons do not add up: their number lies between the larger of the two and the
    /// sum. Those exclusive to one cell are certainly not in the other, which lifts the lower bound to max(|a| +
    /// exclusive(b), |b| + exclusive(a)): never below the largest cell, nor below the sum of exclusive persons.
    /// Associative and commutative: for several cells it is the largest of |c| + Σ exclusive persons of all others.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] beyond 64 bits.
    pub fn union(self, other: Self) -> Result<Self, RuleError> {
        let sum = |one: u64, two: u64| one.checked_add(two).ok_or(RuleError::TooLarge);
        Ok(Self {
            least: sum(self.least, other.exclusive)?.max(sum(other.least, self.exclusive)?),
            most: sum(self.most, other.most)?,
            exclusive: sum(self.exclusive, other.exclusive)?,
        })
    }
}

#[cfg(test)]
mod tests;
