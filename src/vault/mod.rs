//! The only working store: rows in buckets by subject, in memory up to a limit, then spilled encrypted.

mod ipc;
mod seal;
mod store;

pub use store::{Budget, Store};

use crate::sieve::LayoutError;

/// What was there when a store was destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
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
