//! The cell-key method: noise that belongs to the set of records in a cell.
//!
//! Sources: B. Fraser and J. Wooton, UNECE/Eurostat work session 2005; G. Thompson, S. Broadfoot and D. Elazar,
//! *Methodology for the Automatic Confidentialisation of Statistical Outputs from Remote Servers at the Australian
//! Bureau of Statistics*, UNECE/Eurostat 2013; S. Giessing and R. Tent, *Concepts for generalising tools implementing
//! the cell key method*, UNECE/Eurostat 2019; the R package `cellKey` by B. Meindl.
//!
//! Each contributor has a record key, uniform on 64 bits. A cell's key is the sum of its contributors' keys modulo 2⁶⁴:
//! uniform as soon as there is one contributor, the same wherever the same contributors meet, in whichever table and
//! under whichever name. The key and the count are looked up in the [`PTable`]. Sums of published cells are not the
//! published totals.
//!
//! The record keys must stay secret: with them everyone takes the noise off.

use super::keyed::WordKey;
use super::ptable::PTable;

/// The key of one contributor. No `Debug`: it is a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RecordKey(pub u64);

impl RecordKey {
    /// The key of the contributor with this identity, for keeps: the first word under the key of record keys.
    #[must_use]
    pub fn of(key: &WordKey, identity: &[u8]) -> Self {
        Self(key.words(identity).word())
    }
}

/// A cell in the making: its count and its key. Adding up is associative and commutative, so threads and order do not
/// matter. No `Debug`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyedCount {
    count: u64,
    key: u64,
}

impl KeyedCount {
    /// A cell of `count` contributors whose keys add up, modulo 2⁶⁴, to `key`.
    #[must_use]
    pub fn new(count: u64, key: u64) -> Self {
        Self { count, key }
    }

    /// A cell with one contributor.
    #[must_use]
    pub fn one(record: RecordKey) -> Self {
        Self { count: 1, key: record.0 }
    }

    /// The cell that holds the contributors of both, which have none in common.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { count: self.count.saturating_add(other.count), key: self.key.wrapping_add(other.key) }
    }

    /// The true count; not for publication.
    #[must_use]
    pub fn count(self) -> u64 {
        self.count
    }

    /// The cell's key.
    #[must_use]
    pub fn key(self) -> u64 {
        self.key
    }

    /// The count to be published.
    #[must_use]
    pub fn perturbed(self, table: &PTable) -> u64 {
        self.count.saturating_add_signed(table.change(self.count, self.key))
    }
}

impl std::iter::Sum for KeyedCount {
    fn sum<I: Iterator<Item = Self>>(cells: I) -> Self {
        cells.fold(Self::default(), Self::and)
    }
}

#[cfg(test)]
mod tests;
