//! The log: append-only JSON Lines, whose exact bytes are the leaves of a Merkle tree.
//!
//! A line holds `seq` (from 1), `time`, `run`, `event`, `fields` and `prev`. Two things bind the lines together:
//!
//! - A tree over the lines without their line feeds, hashed as RFC 6962 § 2.1 says. [`AuditLog::checkpoint`] gives its
//!   size and root in the C2SP tlog-checkpoint format, signed where there is a key. It is copied to elsewhere (manifest,
//!   certificate), and against a copy [`verify_checkpoint`] finds that lines were cut off the end, or that the log was
//!   rewritten from its first line on.
//! - `prev`, the SHA-256 of the line before (64 zeros in the first). It finds a plain edit without any copy, and says at
//!   which line, which a root alone cannot. It costs one hash per line.
//!
//! No cell of a record can be written here: a [`Fact`] is a number, a digest, a date, a person who works with the
//! program, or a [`Name`], and a name is made from a part of the pipeline or schema, or from a word in the program.
//!
//! ```compile_fail,E0277
//! let cell: String = std::env::args().collect();
//! let name = tamis::audit::Name::from(cell.as_str());
//! ```

mod checkpoint;
mod fact;
mod lines;
mod log;
#[cfg(test)]
mod tests;
mod tree;

use std::io;
use std::path::{Path, PathBuf};

pub use checkpoint::{Checkpointed, verify_checkpoint};
pub use fact::{Fact, Name, Operator};
pub use lines::{Entry, Verified, read, read_sound, verify};
pub use log::{AuditLog, Head};

use crate::keys::SignatureError;

/// Why a log could not be written, or is not the one that was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// The system refused.
    #[error("{}: the log could not be used: {kind}", path.display())]
    Io {
        /// The log.
        path: PathBuf,
        /// The system's reason.
        kind: io::ErrorKind,
    },
    /// Another process writes to it.
    #[error("{}: another process writes to this log; try again when it is done", path.display())]
    Locked {
        /// The log.
        path: PathBuf,
    },
    /// An earlier event may be half on disk: nothing may follow it.
    #[error("{}: an earlier event could not be written, the log is closed", path.display())]
    Broken {
        /// The log.
        path: PathBuf,
    },
    /// A line is not one of a log.
    #[error("line {line} of the log is not an event")]
    NotAnEvent {
        /// Line, from 1.
        line: u64,
    },
    /// A line has another number than its place: lines are missing, repeated or out of order.
    #[error("line {line} of the log has another number: lines were removed, added or moved before it")]
    Sequence {
        /// Line, from 1.
        line: u64,
    },
    /// A line does not carry the hash of the one before.
    #[error("line {line} of the log does not follow from the one before, which was changed")]
    Chain {
        /// Line, from 1.
        line: u64,
    },
    /// The last line has no line feed: it was cut.
    #[error("line {line} of the log is cut short")]
    Cut {
        /// Line, from 1.
        line: u64,
    },
    /// The log has fewer lines than its checkpoint.
    #[error("the log has {found} lines, its checkpoint {recorded}: lines were cut off its end")]
    Truncated {
        /// Lines that the checkpoint counts.
        recorded: u64,
        /// Lines that there are.
        found: u64,
    },
    /// The lines that the checkpoint covers are others now.
    #[error("the first {size} lines of the log are not those of its checkpoint: the log was rewritten")]
    Rewritten {
        /// Lines that the checkpoint counts.
        size: u64,
    },
    /// Not a checkpoint.
    #[error("this is not a checkpoint (C2SP tlog-checkpoint: origin, number of lines, root)")]
    NotACheckpoint,
    /// The signature of a checkpoint is missing, of somebody else, or does not fit.
    #[error("the checkpoint is not to be believed: {0}")]
    Signature(SignatureError),
    /// A name of a log that no checkpoint can carry.
    #[error("the name of a log is one line of printable text")]
    Origin,
    /// A name of a person that cannot be written down.
    #[error("an operator's name has 1 to 100 bytes of printable text")]
    Operator,
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> AuditError {
    let path = path.to_path_buf();
    move |error| AuditError::Io { path: path.clone(), kind: error.kind() }
}
