//! Removing the files of a run, one by one in the journal: its sources, where the pipeline asks for it and an operator
//! confirms; its sealed packages, once every recipient has acknowledged.

use std::path::{Path, PathBuf};

use super::files::{Beneath, DestroyError, Digest, Doomed, FileEnd, io_error};
use super::journal::{Begun, Journal, Piece, Removal};
use super::reason::Reason;
use super::state::State;
use crate::audit::Operator;
use crate::config::Destroy;
use crate::disk;

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

/// A sealed package: its number among those of the run, where it is, and what it was when it was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Its number.
    pub package: u32,
    /// Where it is.
    pub path: PathBuf,
    /// Length and SHA-256 of the ciphertext.
    pub digest: Digest,
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
        // Known: every target was looked up before.
        let expected = journal.sources().get(&target.file).copied();
        remove(journal, Some(&warrant.beneath), Piece::Source(target.file), &target.path, expected)?;
    }
    let asked = |(file, _): &(u32, FileEnd)| targets.iter().any(|target| target.file == *file);
    Ok(journal.ends().into_iter().filter(asked).collect())
}

/// Removes the sealed packages of a run whose every recipient has acknowledged, and the folder that held nothing else.
/// They are ciphertext for the recipients alone; what was delivered is not touched. Ends, stops and goes on as
/// [`remove_sources`] does.
///
/// # Errors
/// [`DestroyError::TooEarly`] before anything is touched; [`DestroyError::Kernel`], [`DestroyError::Io`],
/// [`DestroyError::Journal`].
pub fn remove_packages(
    journal: &mut Journal,
    folder: &Path,
    parcels: &[Parcel],
) -> Result<Vec<(u32, FileEnd)>, DestroyError> {
    if journal.state() != State::KeysDestroyed || !journal.was_acknowledged() {
        return Err(DestroyError::TooEarly { state: journal.state() });
    }
    // Somebody may have taken the whole folder away; then each package is found gone.
    let beneath = if disk::exists(folder) { Some(Beneath::open(folder)?) } else { None };
    for parcel in parcels {
        let piece = Piece::Package(parcel.package);
        remove(journal, beneath.as_ref(), piece, &parcel.path, Some(parcel.digest))?;
    }
    let failed = |error: std::io::Error| io_error(folder, "remove the folder", &error);
    if beneath.is_some() && disk::list(folder).map_err(failed)?.is_empty() {
        disk::remove_folder(folder).map_err(failed)?;
    }
    disk::sync_folder(folder.parent().unwrap_or(Path::new(""))).map_err(failed)?;
    Ok(journal.package_ends())
}

/// One file, as far as the journal does not know it to be over. Without a folder there is nothing to find.
fn remove(
    journal: &mut Journal,
    beneath: Option<&Beneath>,
    piece: Piece,
    path: &Path,
    expected: Option<Digest>,
) -> Result<(), DestroyError> {
    let bytes = expected.map_or(0, |digest| digest.bytes);
    let end = match (journal.removal(piece), beneath) {
        (Some(Removal::Done(_)), _) => return Ok(()),
        (Some(Removal::Begun(begun)), Some(beneath)) => resumed(journal, beneath, piece, path, expected, begun)?,
        (None, Some(beneath)) => first(journal, beneath, piece, path, expected)?,
        (Some(Removal::Begun(begun)), None) => FileEnd::of(Reason::GoneAfterBegun, begun.bytes),
        (None, None) => FileEnd::of(Reason::Gone, bytes),
    };
    Ok(journal.removed(piece, end)?)
}

/// A file that was not begun with.
fn first(
    journal: &mut Journal,
    beneath: &Beneath,
    piece: Piece,
    path: &Path,
    expected: Option<Digest>,
) -> Result<FileEnd, DestroyError> {
    let bytes = expected.map_or(0, |digest| digest.bytes);
    match beneath.inspect(path, expected) {
        Ok(doomed) => {
            let (device, inode, bytes) = doomed.identity();
            journal.removing(piece, Begun { device, inode, bytes })?;
            end_of(doomed, bytes)
        }
        Err(DestroyError::Refused { reason, .. }) => Ok(FileEnd::of(reason, bytes)),
        Err(error) => Err(error),
    }
}

/// A file with which a run was stopped: whole, half overwritten, overwritten, or gone.
fn resumed(
    journal: &mut Journal,
    beneath: &Beneath,
    piece: Piece,
    path: &Path,
    expected: Option<Digest>,
    begun: Begun,
) -> Result<FileEnd, DestroyError> {
    match beneath.inspect(path, None) {
        // The very file that was about to be overwritten: its content may be half gone, so it is not asked for.
        Ok(doomed) if doomed.identity() == (begun.device, begun.inode, begun.bytes) => end_of(doomed, begun.bytes),
        Ok(_) => first(journal, beneath, piece, path, expected),
        Err(DestroyError::Refused { reason: Reason::Gone, .. }) => {
            beneath.forget(path)?;
            Ok(FileEnd::of(Reason::GoneAfterBegun, begun.bytes))
        }
        Err(DestroyError::Refused { reason, .. }) => Ok(FileEnd::of(reason, begun.bytes)),
        Err(error) => Err(error),
    }
}

pub(super) fn end_of(doomed: Doomed, bytes: u64) -> Result<FileEnd, DestroyError> {
    match doomed.destroy() {
        Err(DestroyError::Refused { reason, .. }) => Ok(FileEnd::of(reason, bytes)),
        ended => ended,
    }
}
