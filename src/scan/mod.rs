//! Proof that nothing leaked: what was stripped is looked for in what leaves.
//!
//! While records are read, every value of a direct or subject identifier leaves a keyed 64-bit fingerprint of its normal form
//! (no accents, case, blanks or punctuation) in an encrypted store ([`Stripped`]). The cleartext of every output, as it is
//! handed to the writers, is cut into words, runs of words and groups of digits, whose fingerprints are gathered
//! ([`Scanner`]); there are few of them. At the end the stored fingerprints are streamed through that set once: memory does
//! not grow with the input, and nothing that could be read is kept of either side. Besides, numbers that have the form and
//! key of a NIR are found without any knowledge of the input, in outputs and, by [`sweep`], in files that are left behind.
//!
//! What it cannot see: values that were changed beyond spelling (encrypted, abbreviated, spelled out), parts of addresses
//! other than the street, and what is shorter than the limits that the [`Report`] names. A fingerprint of 61 bits is another's
//! by chance once in 2·10¹⁸ pairs.

mod candidates;
mod chance;
mod collect;
mod fingerprint;
mod nir;
mod normal;
mod report;
mod scanner;
mod sweep;
mod verdict;

pub use collect::{Scratch, Stripped};
pub use report::{Class, ColumnScan, Hit, Report, Searched};
pub use scanner::Scanner;
pub use sweep::{FileHits, SweepReport, sweep};

use std::path::PathBuf;

use crate::vault::VaultError;

/// Whether a text holds a number with the form and the key of a NIR.
#[must_use]
pub fn holds_nir(text: &str) -> bool {
    let mut holds = false;
    nir::find(text.as_bytes(), 0..text.len(), nir::Width::One, |number| holds |= number.key_is_right);
    holds
}

/// Why a search could not be done. Holds no value.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes for the key of the leak scan")]
    Random,
    /// The store of fingerprints failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A column of an output is of a kind that the scan cannot read: a bug, and no reason to let it pass.
    #[error("column `{column}` of `{resource}` cannot be searched")]
    Unreadable {
        /// Name of the resource.
        resource: String,
        /// Name of the column.
        column: String,
    },
    /// A file could not be searched.
    #[error("{path} could not be searched for identifiers: {kind}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Kind of failure.
        kind: std::io::ErrorKind,
    },
}

#[cfg(test)]
mod tests;
