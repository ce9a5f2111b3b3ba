//! What can go wrong while a release is written. Names files and columns, never a value.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::seal::SealError;

/// What was being done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
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

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Operation::Create => "created",
            Operation::Write => "written",
            Operation::Sync => "synced to disk",
            Operation::Read => "read",
            Operation::Rename => "renamed",
            Operation::Remove => "removed",
        })
    }
}

/// What differs between a file as it was written and as it was read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// Its length in bytes.
    Length,
    /// Its SHA-256.
    Content,
    /// The number of its rows.
    Rows,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mismatch::Length => "another length",
            Mismatch::Content => "other bytes",
            Mismatch::Rows => "another number of rows",
        })
    }
}

/// Why nothing was published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// The system refused.
    #[error("{} could not be {operation}: {kind}{}", path.display(), advice(*kind))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        operation: Operation,
        /// The system's reason.
        kind: io::ErrorKind,
    },
    /// A name that would not make a safe file name.
    #[error("`{name}` cannot name a file: use letters, digits, `-`, `_` and `.`, and begin with a letter or digit")]
    Name {
        /// The name, from the pipeline.
        name: String,
    },
    /// Two resources of one name.
    #[error("two resources of the release are named `{name}`: rename an output in the pipeline")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// What was written down about a file does not fit it.
    #[error("`{file}` is not the file that was written down")]
    Unknown {
        /// Its path in the release.
        file: String,
    },
    /// A release for recipients without a key to sign it with.
    #[error("a sealed release is signed, and there is no signing key")]
    NoSigningKey,
    /// An output for nobody, or in the clear beside sealed ones.
    #[error("`{resource}` has no recipient in the pipeline: nothing is sent to somebody who is not named there")]
    UnlistedRecipient {
        /// Name of the resource.
        resource: String,
    },
    /// No format was asked for.
    #[error("`{resource}` has no format to be written in: name one in `[export] formats`")]
    NoFormat {
        /// Name of the resource.
        resource: String,
    },
    /// Rows of another resource were handed to a writer.
    #[error("rows of another resource were handed to the writer of `{resource}`")]
    OtherResource {
        /// Name of the writer's resource.
        resource: String,
    },
    /// A writer was not closed before the release was finished.
    #[error("`{resource}` was begun and not completed")]
    Unclosed {
        /// Name of the resource.
        resource: String,
    },
    /// The rows could not be encoded as Parquet or JSON.
    #[error("{} could not be encoded", path.display())]
    Encode {
        /// The file.
        path: PathBuf,
    },
    /// A file on disk is not the one that was written.
    #[error("{file} has {what} when it is read back: nothing was published; check the disk, then run again")]
    ReadBack {
        /// Path in the release.
        file: String,
        /// What differs.
        what: Mismatch,
    },
    /// Something stands in the release that was not written by this run.
    #[error("{file} stands among the files of the release but was not written by this run: nothing was published")]
    Stray {
        /// Path in the release.
        file: String,
    },
}

impl ExportError {
    /// Turns an error of the system into one that says where.
    pub(super) fn io(path: &Path, operation: Operation) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |error| Self::Io { path, operation, kind: error.kind() }
    }
}

/// What to do about it, where that is known.
fn advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; make room or choose another folder, then run again"
        }
        io::ErrorKind::PermissionDenied => "; give yourself the right to write there or choose another folder",
        io::ErrorKind::ReadOnlyFilesystem => "; choose a folder that can be written to",
        io::ErrorKind::NotADirectory => "; choose a folder, not a file",
        io::ErrorKind::AlreadyExists => "; a run never writes over what is there: choose another folder",
        _ => "",
    }
}
