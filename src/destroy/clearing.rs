//! Empties a folder that the program itself filled: the opened files of a recipient, and what an opening that was killed
//! left behind.
//!
//! Everything beneath the folder goes, also what was changed or added there: it is made of what was received. Files go as
//! in [`Beneath`](super::Beneath), one by one in the log of the desk, so that a killed call is made good by the next. One
//! that has other names is left alone, and told: its content would stay under them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::files::{Beneath, DestroyError, Digest, Doomed, FileEnd, io_error};
use super::journal::{self, Begun, JournalError, Piece, Removal};
use super::reason::Reason;
use super::replay;
use crate::audit::{self, AuditLog, Fact};
use crate::disk;

/// Field that says of which release a file was.
const MANIFEST: &str = "manifest_sha256";

/// A file as it was when it was opened; its number is its place among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Path beneath the folder.
    pub path: PathBuf,
    /// Length and SHA-256.
    pub digest: Digest,
}

/// What became of a folder of opened files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleared {
    /// The files that were received, by their numbers.
    pub files: Vec<(u32, FileEnd)>,
    /// Files that are not as they were received, or were added; numbers beyond those of the received.
    pub others: Vec<(u32, FileEnd)>,
    /// What is left, and why. Where something is, the folder stands, and files that are missing are not told yet.
    pub left: Vec<(PathBuf, Reason)>,
}

/// Destroys opened files and their folder, each in the log of the desk under the SHA-256 of its manifest. Where the folder
/// is gone already, what the log knows of its files is told.
///
/// # Errors
/// [`DestroyError::Journal`] where the log cannot be read or written; [`DestroyError::Kernel`], [`DestroyError::Io`]. The
/// same call goes on from there.
pub fn clear_opened(
    log: &mut AuditLog,
    manifest: [u8; 32],
    folder: &Path,
    received: &[Received],
) -> Result<Cleared, DestroyError> {
    let known = past(log, manifest)?;
    let mut clearing = Clearing { log, manifest, folder, received, known, left: Vec::new() };
    let tree = Tree::of(folder)?;
    // Opened by the folder above: whoever put a link in the place of this one leads nowhere.
    let beneath = Beneath::open(above(folder))?;
    for path in &tree.files {
        clearing.file(&beneath, path)?;
    }
    if clearing.left.is_empty() {
        tree.remove(&beneath, folder)?;
        clearing.missing()?;
    }
    Ok(clearing.told())
}

/// Destroys whatever lies in a folder that nobody ever opened, and the folder. Of a file with other names the name goes.
///
/// # Errors
/// [`DestroyError::Kernel`], [`DestroyError::Io`]; the same call goes on from there.
pub fn clear_unopened(folder: &Path) -> Result<Vec<FileEnd>, DestroyError> {
    let tree = Tree::of(folder)?;
    // Opened by the folder above: whoever put a link in the place of this one leads nowhere.
    let beneath = Beneath::open(above(folder))?;
    let mut ends = Vec::new();
    for path in &tree.files {
        match beneath.destroy(path, None) {
            Ok(end) => ends.push(end),
            Err(DestroyError::Refused { reason: Reason::HardLink, .. }) => {
                beneath.remove_name(path)?;
                ends.push(FileEnd::of(Reason::HardLink, 0));
            }
            Err(error) => return Err(error),
        }
    }
    tree.remove(&beneath, folder)?;
    Ok(ends)
}

/// What the log says of the files of a release.
fn past(log: &AuditLog, manifest: [u8; 32]) -> Result<BTreeMap<Piece, Removal>, DestroyError> {
    let mut known = BTreeMap::new();
    let entries = audit::read(log.path()).map_err(JournalError::from)?;
    for (at, entry) in entries.iter().enumerate() {
        let fields = &entry.fields;
        let of = |piece: fn(u32) -> Piece| replay::file(fields).map(piece);
        let event = entry.event.as_str();
        let (piece, removal) = match [Piece::Opened, Piece::Other].into_iter().find_map(|p| side(p, event)) {
            Some((piece, Side::Begun)) => (of(piece), replay::begun(fields)),
            Some((piece, Side::Done)) => (of(piece), replay::done(fields)),
            None => continue,
        };
        let Some((piece, removal)) = piece.zip(removal) else {
            return Err(JournalError::Order { path: log.path().to_path_buf(), line: at as u64 + 1 }.into());
        };
        if replay::digest(fields, MANIFEST) == Some(manifest) {
            known.insert(piece, removal);
        }
    }
    Ok(known)
}

/// Which of the two events of a removal.
enum Side {
    Begun,
    Done,
}

/// A kind of files: what makes one of its pieces from a number.
type Kind = fn(u32) -> Piece;

/// Whether an event is one of a kind of files.
fn side(piece: Kind, event: &str) -> Option<(Kind, Side)> {
    let (begun, done) = piece(0).events();
    match event {
        event if event == begun => Some((piece, Side::Begun)),
        event if event == done => Some((piece, Side::Done)),
        _ => None,
    }
}

/// A clearing under way.
struct Clearing<'a> {
    log: &'a mut AuditLog,
    manifest: [u8; 32],
    folder: &'a Path,
    received: &'a [Received],
    known: BTreeMap<Piece, Removal>,
    left: Vec<(PathBuf, Reason)>,
}

impl Clearing<'_> {
    /// A file that stands in the folder.
    fn file(&mut self, beneath: &Beneath, path: &Path) -> Result<(), DestroyError> {
        let doomed = match beneath.inspect(path, None) {
            Ok(doomed) => doomed,
            // Somebody took it away meanwhile: it is missing, or was never one of those received.
            Err(DestroyError::Refused { reason: Reason::Gone, .. }) => return Ok(()),
            Err(DestroyError::Refused { reason, .. }) => return self.stays(path, reason),
            Err(error) => return Err(error),
        };
        let (piece, doomed) = match self.begun_as(&doomed) {
            // Half overwritten, so its content tells nothing.
            Some(piece) => (piece, doomed),
            None => match self.piece(beneath, path, doomed)? {
                Some(named) => named,
                None => return Ok(()),
            },
        };
        let (device, inode, bytes) = doomed.identity();
        let facts = [("device", Fact::Count(device)), ("inode", Fact::Count(inode)), ("bytes", Fact::Count(bytes))];
        self.event(piece.events().0, piece, &facts)?;
        self.known.insert(piece, Removal::Begun(Begun { device, inode, bytes }));
        match doomed.destroy() {
            Ok(end) => self.over(piece, end),
            Err(DestroyError::Refused { reason, .. }) => self.stays(path, reason),
            Err(error) => Err(error),
        }
    }

    /// The number under which a killed call had begun with this very file.
    fn begun_as(&self, doomed: &Doomed) -> Option<Piece> {
        let (device, inode, bytes) = doomed.identity();
        let begun = Removal::Begun(Begun { device, inode, bytes });
        self.known.iter().find(|(_, removal)| **removal == begun).map(|(piece, _)| *piece)
    }

    /// Whether a file is one that was received, as it was; `None` where it stays or is gone.
    fn piece(
        &mut self,
        beneath: &Beneath,
        path: &Path,
        doomed: Doomed,
    ) -> Result<Option<(Piece, Doomed)>, DestroyError> {
        let number = self.received.iter().position(|file| self.folder.join(&file.path) == path);
        // One that was removed before and stands there again was put there since.
        let number = number.map(|number| number as u32).filter(|number| !self.is_over(*number));
        let Some(number) = number else { return Ok(Some((self.next_other(), doomed))) };
        match beneath.inspect(path, Some(self.received[number as usize].digest)) {
            Ok(doomed) => Ok(Some((Piece::Opened(number), doomed))),
            Err(DestroyError::Refused { reason: Reason::Changed, .. }) => Ok(Some((Piece::Other(number), doomed))),
            Err(DestroyError::Refused { reason: Reason::Gone, .. }) => Ok(None),
            Err(DestroyError::Refused { reason, .. }) => self.stays(path, reason).map(|()| None),
            Err(error) => Err(error),
        }
    }

    fn is_over(&self, number: u32) -> bool {
        let over = |piece| matches!(self.known.get(&piece), Some(Removal::Done(_)));
        over(Piece::Opened(number)) || over(Piece::Other(number))
    }

    /// A number that no file has yet.
    fn next_other(&self) -> Piece {
        let taken = self.known.keys().map(|piece| piece.number() + 1).max().unwrap_or(0);
        // As many files as were received were numbered when they were.
        Piece::Other(taken.max(self.received.len() as u32))
    }

    /// Files that were received, and of which nothing stands there.
    fn missing(&mut self) -> Result<(), DestroyError> {
        for number in 0..self.received.len() as u32 {
            if self.is_over(number) {
                continue;
            }
            let begun = [Piece::Opened(number), Piece::Other(number)]
                .into_iter()
                .find_map(|piece| Some((piece, *self.known.get(&piece)?)));
            let (piece, end) = match begun {
                Some((piece, Removal::Begun(begun))) => (piece, FileEnd::of(Reason::GoneAfterBegun, begun.bytes)),
                _ => {
                    let bytes = self.received[number as usize].digest.bytes;
                    (Piece::Opened(number), FileEnd::of(Reason::Gone, bytes))
                }
            };
            self.over(piece, end)?;
        }
        // Files that had been added, with which a killed call had begun.
        let begun: Vec<(Piece, Begun)> = self
            .known
            .iter()
            .filter_map(|(piece, removal)| match removal {
                Removal::Begun(begun) if piece.number() as usize >= self.received.len() => Some((*piece, *begun)),
                _ => None,
            })
            .collect();
        for (piece, begun) in begun {
            self.over(piece, FileEnd::of(Reason::GoneAfterBegun, begun.bytes))?;
        }
        Ok(())
    }

    fn stays(&mut self, path: &Path, reason: Reason) -> Result<(), DestroyError> {
        self.left.push((path.to_path_buf(), reason));
        Ok(())
    }

    fn over(&mut self, piece: Piece, end: FileEnd) -> Result<(), DestroyError> {
        self.event(piece.events().1, piece, &journal::facts_of_end(end))?;
        self.known.insert(piece, Removal::Done(end));
        Ok(())
    }

    fn event(&mut self, event: &'static str, piece: Piece, facts: &[(&'static str, Fact)]) -> Result<(), DestroyError> {
        let mut all = vec![(MANIFEST, Fact::Digest(self.manifest)), ("file", Fact::File(piece.number()))];
        all.extend_from_slice(facts);
        Ok(self.log.event(event, &all).map_err(JournalError::from)?)
    }

    fn told(self) -> Cleared {
        let mut cleared = Cleared { left: self.left, ..Cleared::default() };
        for (piece, removal) in self.known {
            match (piece, removal) {
                (Piece::Opened(number), Removal::Done(end)) => cleared.files.push((number, end)),
                (Piece::Other(number), Removal::Done(end)) => cleared.others.push((number, end)),
                _ => {}
            }
        }
        cleared
    }
}

/// What lies beneath a folder; links are not followed.
#[derive(Default)]
struct Tree {
    files: Vec<PathBuf>,
    /// Links, pipes and the like.
    names: Vec<PathBuf>,
    /// Outermost first, the folder itself among them.
    folders: Vec<PathBuf>,
}

impl Tree {
    fn of(folder: &Path) -> Result<Self, DestroyError> {
        let mut tree = Self::default();
        if disk::exists(folder) {
            tree.add(folder.to_path_buf())?;
        }
        let mut at = 0;
        while at < tree.folders.len() {
            let folder = tree.folders[at].clone();
            let entries = disk::list(&folder).map_err(|error| io_error(&folder, "list the folder", &error))?;
            for path in entries {
                tree.add(path)?;
            }
            at += 1;
        }
        Ok(tree)
    }

    fn add(&mut self, path: PathBuf) -> Result<(), DestroyError> {
        let kind = disk::metadata(&path).map_err(|error| io_error(&path, "look at the file", &error))?;
        let kinds = match (kind.is_dir(), kind.is_file()) {
            (true, _) => &mut self.folders,
            (false, true) => &mut self.files,
            (false, false) => &mut self.names,
        };
        kinds.push(path);
        Ok(())
    }

    /// Removes what has no content, then the folders, and waits until the disk knows it.
    fn remove(&self, beneath: &Beneath, root: &Path) -> Result<(), DestroyError> {
        for path in &self.names {
            beneath.remove_name(path)?;
        }
        for folder in self.folders.iter().rev() {
            let failed = |error: io::Error| io_error(folder, "remove the folder", &error);
            disk::remove_folder(folder).map_err(failed)?;
        }
        let parent = above(root);
        disk::sync_folder(parent).map_err(|error| io_error(parent, "flush the folder", &error))
    }
}

/// The folder that holds another.
fn above(folder: &Path) -> &Path {
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
#[path = "tests/clearing.rs"]
mod tests;
