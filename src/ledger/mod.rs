//! The ledger of released tables: which cells were released, suppressed, and with which counts, so that a later release can be held
//! against them. Two releases over the same people are subtracted by anybody: what they differ by are the few who came or left.
//!
//! A ledger is an audit log (`audit`): JSON Lines, each bound to the one before, under a lock while a run has it open. Beside it
//! lies its *head* (`FILE.head`), a checkpoint of how many lines there are and of their root: a ledger that lost lines at its end,
//! or was written anew, is not the one of its head.
//!
//! What stands in it: hashes of the definitions of datasets, columns and codes (the same for everybody: who guesses a code can check
//! it; codes of cells stand in the released tables anyway), what became of each cell, and counts of those that were published. Of
//! numbers that were changed, method and parameters, and the limits that a published one leaves to its count. No
//! count of a suppressed cell, and so none under the threshold. Nobody can write a value of a record into it: a fact is a hash, a
//! number or a name of the pipeline.

mod define;
mod file;
mod model;
#[cfg(test)]
mod tests;
mod tie;
mod wire;

use std::io;
use std::path::{Path, PathBuf};

pub use define::{code, column, dataset, missing, ready_column, ready_dataset, total_of};
pub use file::{Ledger, LineCount, head_of, read};
pub use model::{Cell, Changed, ChangedBy, Counts, Fate, Hash, Release, Shape, Share, State, Sum, Tables, Told};
pub use tie::{Tied, tie};

use crate::audit::AuditError;

/// Why a ledger cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Its lines are not those that were written, or the system refused.
    #[error("the ledger of releases: {0}")]
    Log(#[from] AuditError),
    /// Its head could not be used.
    #[error("{}: the head of the ledger could not be used: {kind}", path.display())]
    Head {
        /// The head.
        path: PathBuf,
        /// The system's reason.
        kind: io::ErrorKind,
    },
    /// There is no ledger.
    #[error("{}: there is no ledger of releases here; where these are the first of their people, begin one: tamis ledger new {}", path.display(), path.display())]
    Absent {
        /// Where it should be.
        path: PathBuf,
    },
    /// There is one already.
    #[error("{}: this ledger stands already", path.display())]
    Stands {
        /// The ledger.
        path: PathBuf,
    },
    /// There are releases, and no head.
    #[error("{}: this ledger has lines and no head beside it ({}); put the head back: without it nobody can tell whether releases are missing", path.display(), head_of(path).display())]
    NoHead {
        /// The ledger.
        path: PathBuf,
    },
    /// There is a head, and no ledger.
    #[error("{}: the ledger is gone, its head still lies beside it; put the ledger back: without it earlier releases would be overlooked", path.display())]
    Gone {
        /// The ledger.
        path: PathBuf,
    },
    /// A line of the log is not one that a ledger has there.
    #[error("line {line} of the ledger is not one of a ledger of releases")]
    NotALedger {
        /// Line, from 1.
        line: u64,
    },
}

impl LedgerError {
    /// Whether another process has it open.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Log(AuditError::Locked { .. }))
    }

    /// Whether the system refused, and the ledger may be sound.
    #[must_use]
    pub fn is_system(&self) -> bool {
        matches!(self, Self::Head { .. } | Self::Log(AuditError::Io { .. } | AuditError::Broken { .. }))
    }
}

fn head_error(path: &Path) -> impl Fn(io::Error) -> LedgerError {
    let path = path.to_path_buf();
    move |error| LedgerError::Head { path: path.clone(), kind: error.kind() }
}
