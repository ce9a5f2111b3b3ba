//! Checkpoints: size and root of the tree in the C2SP tlog-checkpoint format, kept elsewhere.

use std::path::Path;

use tlog_tiles::{Checkpoint, Hash};

use super::AuditError;
use super::fact::unprintable;
use super::lines::{Lines, Verified};
use crate::keys::{SigningKey, VerifierKey};

/// Longest origin, in bytes.
const LONGEST_ORIGIN: usize = 200;

/// The checkpoint of a log: `origin`, number of lines, root; signed where there is a key.
pub(super) fn write(origin: &str, log: Verified, key: Option<&SigningKey>) -> Result<String, AuditError> {
    if origin.trim().is_empty() || origin.len() > LONGEST_ORIGIN || origin.chars().any(unprintable) {
        return Err(AuditError::Origin);
    }
    let checkpoint = Checkpoint::new(origin, log.events, Hash(log.root), "").map_err(|_| AuditError::Origin)?;
    // Of texts and base64: UTF-8.
    let text = String::from_utf8(checkpoint.to_bytes()).map_err(|_| AuditError::Origin)?;
    match key {
        Some(key) => key.sign(&text).map_err(AuditError::Signature),
        None => Ok(text),
    }
}

/// A log that is the one of its checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpointed {
    /// The log as it is now.
    pub log: Verified,
    /// The log's name in the checkpoint.
    pub origin: String,
    /// How many of its lines the checkpoint covers: the first ones.
    pub covered: u64,
}

/// Checks every line of a log, and that its first lines are those of a checkpoint; later lines may have followed. With a
/// key the checkpoint has to bear its signature; without one a signature is not looked at.
///
/// # Errors
/// [`AuditError::Truncated`] and [`AuditError::Rewritten`] where the log is not the one of the checkpoint; a checkpoint
/// that cannot be believed; else as [`verify`](super::verify).
pub fn verify_checkpoint(path: &Path, checkpoint: &str, key: Option<&VerifierKey>) -> Result<Checkpointed, AuditError> {
    let checkpoint = parse(checkpoint, key)?;
    let size = checkpoint.size();
    let mut lines = Lines::open(path)?;
    let mut recorded = (size == 0).then(|| lines.verified());
    while lines.next()?.is_some() {
        if lines.tree.size() == size {
            recorded = Some(lines.verified());
        }
    }
    match recorded {
        None => Err(AuditError::Truncated { recorded: size, found: lines.tree.size() }),
        Some(then) if then.root != checkpoint.hash().0 => Err(AuditError::Rewritten { size }),
        Some(_) => Ok(Checkpointed { log: lines.verified(), origin: checkpoint.origin().to_owned(), covered: size }),
    }
}

fn parse(text: &str, key: Option<&VerifierKey>) -> Result<Checkpoint, AuditError> {
    let body = match key {
        Some(key) => key.verify(text.as_bytes()).map_err(AuditError::Signature)?,
        None => text.split_once("\n\n").map_or_else(|| text.to_owned(), |(body, _)| format!("{body}\n")),
    };
    Checkpoint::from_bytes(body.as_bytes()).map_err(|_| AuditError::NotACheckpoint)
}
