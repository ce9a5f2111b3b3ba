//! Removing the source files of a run: asked for by the pipeline, confirmed by an operator, one by one in the journal.

use std::path::PathBuf;

use super::files::{Beneath, DestroyError, Doomed, FileEnd};
use super::journal::{Begun, Journal, Removal};
use super::reason::Reason;
use super::state::State;
use crate::audit::Operator;
use crate::config::Destroy;

/// The power to destroy the source files of one run. Only [`Warrant::confirm`] makes one.
///
/// ```compile_fail,E0451
/// use tamis::destroy::{Beneath, Warrant};
/// fn forged(beneath: Beneath, operator: tamis::audit::Operator) -> Warrant {
///     Warrant { run: "r1".into(), beneath, operator }
/// }
/// ```
#[derive(Debug)]
pub struct Warrant {
    run: String,
    beneath: Beneath,
    operator: Operator,
}

/// A source file: its number in the journal, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Number under which its digest was written down when it was read.
    pub file: u32,
    /// Where it is.
    pub path: PathBuf,
}

impl Warrant {
    /// Given where the pipeline asks for it (`[destroy] sources_beneath`) and an operator typed the name of the run.
    ///
    /// # Errors
    /// [`DestroyError::NotAsked`], [`DestroyError::NotConfirmed`]; [`DestroyError::Io`] where the folder cannot be
    /// opened.
    pub fn confirm(destroy: &Destroy, run: &str, typed: &str, operator: Operator) -> Result<Self, DestroyError> {
        let root = destroy.sources_beneath.as_ref().ok_or(DestroyError::NotAsked)?;
        if typed.trim() != run {
            return Err(DestroyError::NotConfirmed { run: run.to_owned() });
        }
        Ok(Self { run: run.to_owned(), beneath: Beneath::open(root)?, operator })
    }

    /// Who confirmed.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        &self.operator
    }
}

/// Removes the source files of a run whose keys are destroyed. A file that may not be destroyed is left alone, and its
/// end says why; where the system refuses, removal stops, and the same call goes on from there later. Files that the
/// journal knows as removed are not looked at again.
///
/// # Errors
/// [`DestroyError::TooEarly`], [`DestroyError::NotConfirmed`] (the warrant of another run), [`DestroyError::NotRead`],
/// before anything is touched; [`DestroyError::Kernel`], [`DestroyError::Io`], [`DestroyError::Journal`].
pub fn remove_sources(
    journal: &mut Journal,
    warrant: &Warrant,
    targets: &[Target],
) -> Result<Vec<(u32, FileEnd)>, DestroyError> {
    if journal.state() != State::KeysDestroyed {
        return Err(DestroyError::TooEarly { state: journal.state() });
    }
    if warrant.run != journal.run() {
        return Err(DestroyError::NotConfirmed { run: journal.run().to_owned() });
    }
    if let Some(unread) = targets.iter().find(|target| !journal.sources().contains_key(&target.file)) {
        return Err(DestroyError::NotRead { file: unread.file });
    }
    for target in targets {
        let end = match journal.removal(target.file) {
            Some(Removal::Done(_)) => continue,
            Some(Removal::Begun(begun)) => resumed(journal, &warrant.beneath, target, begun)?,
            None => first(journal, &warrant.beneath, target)?,
        };
        journal.removed(target.file, end)?;
    }
    let asked = |(file, _): &(u32, FileEnd)| targets.iter().any(|target| target.file == *file);
    Ok(journal.ends().into_iter().filter(asked).collect())
}

/// A file that was not begun with.
fn first(journal: &mut Journal, beneath: &Beneath, target: &Target) -> Result<FileEnd, DestroyError> {
    // Known: every target was looked up before.
    let expected = journal.sources().get(&target.file).copied();
    let bytes = expected.map_or(0, |digest| digest.bytes);
    match beneath.inspect(&target.path, expected) {
        Ok(doomed) => {
            let (device, inode, bytes) = doomed.identity();
            journal.removing(target.file, Begun { device, inode, bytes })?;
            end_of(doomed, bytes)
        }
        Err(DestroyError::Refused { reason, .. }) => Ok(FileEnd::of(reason, bytes)),
        Err(error) => Err(error),
    }
}

/// A file with which a run was stopped: whole, half overwritten, overwritten, or gone.
fn resumed(journal: &mut Journal, beneath: &Beneath, target: &Target, begun: Begun) -> Result<FileEnd, DestroyError> {
    match beneath.inspect(&target.path, None) {
        // The very file that was about to be overwritten: its content may be half gone, so it is not asked for.
        Ok(doomed) if doomed.identity() == (begun.device, begun.inode, begun.bytes) => end_of(doomed, begun.bytes),
        Ok(_) => first(journal, beneath, target),
        Err(DestroyError::Refused { reason: Reason::Gone, .. }) => {
            beneath.forget(&target.path)?;
            Ok(FileEnd::of(Reason::GoneAfterBegun, begun.bytes))
        }
        Err(DestroyError::Refused { reason, .. }) => Ok(FileEnd::of(reason, begun.bytes)),
        Err(error) => Err(error),
    }
}

fn end_of(doomed: Doomed, bytes: u64) -> Result<FileEnd, DestroyError> {
    match doomed.destroy() {
        Err(DestroyError::Refused { reason, .. }) => Ok(FileEnd::of(reason, bytes)),
        ended => ended,
    }
}
