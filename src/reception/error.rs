//! What can go wrong at the desk. Names files, states and rules; never a value.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::audit::AuditError;
use crate::seal::SealError;

/// What was being done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Making a file or folder that must not exist yet.
    Create,
    /// Writing.
    Write,
    /// Waiting until the disk has it.
    Sync,
    /// Opening or reading.
    Read,
    /// Giving it its final name.
    Rename,
    /// Removing.
    Remove,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Act::Create => "created",
            Act::Write => "written",
            Act::Sync => "flushed to disk",
            Act::Read => "read",
            Act::Rename => "renamed",
            Act::Remove => "removed",
        })
    }
}

/// Why a release was not opened, acknowledged or destroyed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceptionError {
    /// The package or its terms.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The log of the desk. Without it nothing is opened.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The system refused.
    #[error("{} could not be {act}: {kind}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        act: Act,
        /// The system's reason.
        kind: io::ErrorKind,
    },
    /// It stands opened on this desk.
    #[error("`{name}` was opened at this desk already and stands there; a package is opened once")]
    AlreadyOpened {
        /// Name of the reception.
        name: String,
    },
    /// It was destroyed on this desk.
    #[error("`{name}` was opened at this desk and destroyed after use: it is not opened again")]
    Destroyed {
        /// Name of the reception.
        name: String,
    },
    /// Not a folder that `tamis open` made.
    #[error("{} is not a reception: give the folder that `tamis open` made", path.display())]
    NotAReception {
        /// The folder.
        path: PathBuf,
    },
    /// A file is missing, or not the one that was decrypted.
    #[error("{} is missing or was changed since it was opened: what is not whole cannot be acknowledged", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

impl ReceptionError {
    pub(super) fn io(path: &Path, act: Act) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |error| Self::Io { path, act, kind: error.kind() }
    }

    /// The exit code of a command that ends with it: 4 where a rule refused, 6 where the system did.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Io { .. } | Self::Seal(SealError::Io { .. } | SealError::NoRandomness) | Self::Audit(_) => 6,
            _ => 4,
        }
    }

    /// The rule that refused, in a word for the log.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Seal(error) => error.word(),
            Self::Audit(_) => "log",
            Self::Io { .. } => "input/output",
            Self::AlreadyOpened { .. } => "already opened",
            Self::Destroyed { .. } => "destroyed",
            Self::NotAReception { .. } => "not a reception",
            Self::Changed { .. } => "changed",
        }
    }
}
