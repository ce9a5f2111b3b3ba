//! What can go wrong at the desk. Names files, states and rules; never a value.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::audit::AuditError;
use crate::destroy::{DestroyError, JournalError, Reason};
use crate::keys::SignatureError;
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
    /// Files could not be destroyed.
    #[error(transparent)]
    Destroy(DestroyError),
    /// Files were left alone; the others are destroyed.
    #[error("not destroyed, to be tried again: {}", told(files))]
    Left {
        /// Which, and why.
        files: Vec<(PathBuf, Reason)>,
    },
    /// The certificate could not be signed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
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
    #[error(
        "`{name}` was opened at this desk and destroyed after use: nothing of it is left, and it is not opened again"
    )]
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

fn told(files: &[(PathBuf, Reason)]) -> String {
    let each = files.iter().map(|(path, reason)| format!("{}: {}", path.display(), reason.english()));
    each.collect::<Vec<_>>().join("; ")
}

impl From<DestroyError> for ReceptionError {
    fn from(error: DestroyError) -> Self {
        match error {
            DestroyError::Journal(JournalError::Audit(error)) => Self::Audit(error),
            error => Self::Destroy(error),
        }
    }
}

impl ReceptionError {
    pub(super) fn io(path: &Path, act: Act) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |error| Self::Io { path, act, kind: error.kind() }
    }

    /// The exit code of a command that ends with it: 4 where a rule refused, 6 where the system did, 7 where something is not
    /// destroyed.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Io { .. } | Self::Seal(SealError::Io { .. } | SealError::NoRandomness) | Self::Audit(_) => 6,
            Self::Destroy(_) | Self::Left { .. } => 7,
            Self::Signature(_) => 5,
            _ => 4,
        }
    }

    /// The rule that refused, in a word for the log.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Seal(error) => error.word(),
            Self::Audit(_) => "log",
            Self::Destroy(DestroyError::Kernel) => "kernel",
            Self::Destroy(_) => "input/output",
            Self::Left { .. } => "left",
            Self::Signature(_) => "signature",
            Self::Io { .. } => "input/output",
            Self::AlreadyOpened { .. } => "already opened",
            Self::Destroyed { .. } => "destroyed",
            Self::NotAReception { .. } => "not a reception",
            Self::Changed { .. } => "changed",
        }
    }
}
