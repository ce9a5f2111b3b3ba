//! The only working store: rows in buckets by subject, in memory up to a limit, then spilled encrypted.

mod carried;
mod ipc;
mod seal;
mod store;

pub use carried::{bytes_of_rows, rows_of_bytes};
pub use store::{Budget, Held, Store, bucket_of};

use std::path::Path;
use std::sync::Arc;

use hashbrown::HashSet;

use crate::sieve::{Excluded, Kind, Layout, LayoutError, Rows, SievedBatch, StagedBatch};

/// The sieved records of all datasets of a run, in buckets by person: a bucket holds all records of its persons.
///
/// Dropping it destroys it: keys are wiped, memory and spill files given up, and [`Budget::destroyed`] says so.
pub struct Vault {
    stores: Vec<Store>,
    layouts: Vec<Layout>,
    objected: Excluded,
    rejected: Vec<HashSet<u64>>,
}

impl Vault {
    /// An empty vault for datasets of these layouts; see [`Store::new`].
    pub fn new(layouts: Vec<Layout>, buckets: usize, budget: &Arc<Budget>, folder: &Path) -> Result<Self, VaultError> {
        let store = |layout: &Layout| Store::new(layout.kinds.clone(), buckets, Arc::clone(budget), folder);
        Ok(Self {
            stores: layouts.iter().map(store).collect::<Result<_, _>>()?,
            rejected: layouts.iter().map(|_| HashSet::new()).collect(),
            objected: Excluded::default(),
            layouts,
        })
    }

    /// Takes in sieved records.
    pub fn put(&self, batch: &SievedBatch) -> Result<(), VaultError> {
        self.stores.get(batch.dataset()).ok_or(VaultError::Layout)?.append(batch.rows())
    }

    /// Number of buckets.
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.stores.first().map_or(0, Store::buckets)
    }

    /// Number of datasets.
    #[must_use]
    pub fn datasets(&self) -> usize {
        self.stores.len()
    }

    /// Layout of a dataset's rows.
    #[must_use]
    pub fn layout(&self, dataset: usize) -> &Layout {
        &self.layouts[dataset]
    }

    /// From now on, records of these persons are not shown.
    pub fn leave_out_persons(&mut self, persons: Excluded) {
        self.objected.merge(persons);
    }

    /// From now on, these records of a dataset are not shown. Returns how many of them the vault holds: the others were left
    /// out before.
    pub fn leave_out_records(&mut self, dataset: usize, records: HashSet<u64>) -> Result<u64, VaultError> {
        let mut held = 0;
        if let (Some(column), false) = (self.layouts[dataset].record, records.is_empty()) {
            for bucket in 0..self.buckets() {
                let rows = self.bucket(dataset, bucket)?;
                held += rows.words(column).iter().filter(|r| records.contains(*r)).count() as u64;
            }
        }
        self.rejected[dataset].extend(records);
        Ok(held)
    }

    /// The rows of a bucket of a dataset in order of their persons.
    pub fn bucket(&self, dataset: usize, bucket: usize) -> Result<Held<'_>, VaultError> {
        let held = self.stores[dataset].bucket(bucket)?;
        let rejected = &self.rejected[dataset];
        if self.objected.is_empty() && rejected.is_empty() {
            return Ok(held);
        }
        let records: &[u64] = match self.layouts[dataset].record {
            Some(column) if !rejected.is_empty() => held.words(column),
            _ => &[],
        };
        let shown = |&row: &u32| {
            let row = row as usize;
            !self.objected.contains(held.key[row]) && !records.get(row).is_some_and(|r| rejected.contains(r))
        };
        let rows: Vec<u32> = (0..held.len() as u32).filter(shown).collect();
        Ok(if rows.len() == held.len() { held } else { Held::Loaded(held.gather(&rows)) })
    }

    /// Rows that were put in, those left out later among them.
    #[must_use]
    pub fn rows(&self, dataset: usize) -> u64 {
        self.stores[dataset].rows()
    }

    /// Ciphertext bytes spilled so far.
    #[must_use]
    pub fn spilled_bytes(&self) -> u64 {
        self.stores.iter().map(Store::spilled_bytes).sum()
    }
}

/// One side of a join, staged in an encrypted store of its own.
pub struct Staging(Store);

impl Staging {
    /// An empty store for rows of these kinds.
    pub fn new(kinds: Vec<Kind>, buckets: usize, budget: &Arc<Budget>, folder: &Path) -> Result<Self, VaultError> {
        Store::new(kinds, buckets, Arc::clone(budget), folder).map(Self)
    }

    /// Takes in staged records.
    pub fn put(&self, batch: &StagedBatch) -> Result<(), VaultError> {
        self.0.append(batch.rows())
    }

    /// The rows of a bucket in order of their join keys.
    pub fn bucket(&self, bucket: usize) -> Result<Held<'_>, VaultError> {
        self.0.bucket(bucket)
    }

    /// Number of buckets.
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.0.buckets()
    }
}

/// All records of the persons of one bucket, told apart by person.
pub struct People<'a> {
    /// Position of the bucket.
    pub bucket: usize,
    /// The rows of each dataset, in order of their persons.
    pub rows: Vec<Held<'a>>,
    /// The persons, ascending.
    pub persons: Vec<u128>,
    /// For each dataset and row, the position of its person in `persons`.
    pub person: Vec<Vec<u32>>,
}

impl<'a> People<'a> {
    /// The people of a bucket.
    pub fn of(vault: &'a Vault, bucket: usize) -> Result<Self, VaultError> {
        let rows: Vec<Held<'a>> = (0..vault.datasets()).map(|d| vault.bucket(d, bucket)).collect::<Result<_, _>>()?;
        let mut persons: Vec<u128> = rows.iter().flat_map(|r| r.key.iter().copied()).collect();
        persons.sort_unstable();
        persons.dedup();
        let place = |rows: &Held<'_>| {
            let mut at = 0;
            rows.key
                .iter()
                .map(|key| {
                    while persons[at] < *key {
                        at += 1;
                    }
                    at as u32
                })
                .collect()
        };
        let person = rows.iter().map(place).collect();
        Ok(Self { bucket, rows, persons, person })
    }

    /// Rows of a dataset.
    #[must_use]
    pub fn of_dataset(&self, dataset: usize) -> &Rows {
        &self.rows[dataset]
    }
}

/// What was there when a store was destroyed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Destroyed {
    /// Keys wiped from memory.
    pub keys_wiped: usize,
    /// Spill files given up.
    pub spill_files: usize,
    /// Ciphertext bytes in them.
    pub spill_bytes: u64,
    /// Bytes of rows in memory, given back to the operating system.
    pub memory_bytes: u64,
    /// Buckets.
    pub buckets: usize,
    /// Whether the spill files had no name from their first byte on.
    pub spill_unlinked_at_creation: bool,
}

/// What can go wrong in the vault. No variant carries a value.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes for the vault's key")]
    Random,
    /// A chunk could not be encrypted.
    #[error("a chunk of the vault could not be encrypted")]
    Seal,
    /// A spilled chunk is not what was written.
    #[error("a spilled chunk of the vault was changed on disk: the run cannot go on")]
    Damaged,
    /// Rows do not have the columns of the store: a bug.
    #[error("rows do not have the layout of the vault")]
    Layout,
    /// The spill file failed.
    #[error("the vault's spill file failed: {kind}; choose another folder with [limits] spill, or give more memory")]
    Spill {
        /// Kind of failure.
        kind: std::io::ErrorKind,
    },
}

impl From<LayoutError> for VaultError {
    fn from(_: LayoutError) -> Self {
        Self::Layout
    }
}

impl VaultError {
    fn spill(error: &std::io::Error) -> Self {
        Self::Spill { kind: error.kind() }
    }
}

#[cfg(test)]
mod tests;
