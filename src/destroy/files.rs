//! Destroys files honestly: only beneath an allowed folder, only with the content that was read, and never said to be
//! destroyed further than they are.
//!
//! A file is inspected first ([`Beneath::inspect`]): opened without following links, hashed through the descriptor
//! through which it is overwritten later. What is inspected is destroyed by [`Doomed::destroy`]: overwritten once with
//! zeros (NIST SP 800-88 Rev. 1: one pass is *Clear* on media that write in place), flushed, unlinked, its folder
//! flushed. In between and before the unlinking it is held against its name again.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use rustix::io::Errno;
use sha2::Digest as _;
use sha2::Sha256;

use super::items::Class;
use super::journal::JournalError;
use super::medium::Medium;
use super::reason::Reason;
use super::state::State;
use crate::disk::{self, DiskFile, Folder, Identity, Link};

/// Bytes read and overwritten at once.
const PIECE: usize = 1024 * 1024;

/// Length and SHA-256 of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: [u8; 32],
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileEnd {
    reason: Reason,
    bytes: u64,
}

/// Why files are not destroyed. No variant carries a content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DestroyError {
    /// The file is left as it is.
    #[error("{}: {}", file.display(), reason.english())]
    Refused {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: Reason,
    },
    /// The kernel cannot look beneath a folder.
    #[error("this kernel cannot open files beneath a folder safely (openat2, Linux 5.6): no file is destroyed")]
    Kernel,
    /// The system refused.
    #[error("{}: could not {doing}: {kind}", file.display())]
    Io {
        /// File or folder.
        file: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// The system's reason.
        kind: io::ErrorKind,
    },
    /// The pipeline does not ask for the sources to be destroyed.
    #[error("the pipeline does not ask for the source files to be destroyed ([destroy] sources = true)")]
    NotAsked,
    /// The operator did not confirm this run.
    #[error("the source files are destroyed only when the run is confirmed by its name, `{run}`")]
    NotConfirmed {
        /// The run.
        run: String,
    },
    /// The run is not as far.
    #[error("files are removed only from a run whose keys are destroyed; this one is `{state}`")]
    TooEarly {
        /// Where the run stands.
        state: State,
    },
    /// The run did not read that file.
    #[error("source file {file} was not read by this run, so it is not destroyed by it")]
    NotRead {
        /// Number of the file.
        file: u32,
    },
    /// The journal could not be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl FileEnd {
    pub(super) fn of(reason: Reason, bytes: u64) -> Self {
        Self { reason, bytes }
    }

    /// How far it is destroyed.
    #[must_use]
    pub fn class(self) -> Class {
        self.reason.class()
    }

    /// Why it has this class.
    #[must_use]
    pub fn reason(self) -> Reason {
        self.reason
    }

    /// Its length in bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.bytes
    }
}

/// The folder beneath which files may be destroyed.
#[derive(Debug)]
pub struct Beneath {
    folder: Folder,
    /// Its path as given and without links: a file may be named by either.
    names: [PathBuf; 2],
}

/// A file that was inspected and may be destroyed.
#[derive(Debug)]
pub struct Doomed {
    link: Link,
    file: DiskFile,
    /// As it was once its content had been read.
    seen: Metadata,
    reason: Reason,
}

impl Beneath {
    /// Opens the allowed folder.
    ///
    /// # Errors
    /// [`DestroyError::Io`].
    pub fn open(root: &Path) -> Result<Self, DestroyError> {
        let failed = |error: io::Error| io_error(root, "open the folder", &error);
        let folder = Folder::open(root).map_err(failed)?;
        let names = [std::path::absolute(root).map_err(failed)?, disk::canonical(root).map_err(failed)?];
        Ok(Self { folder, names })
    }

    /// Destroys a file: [`inspect`](Self::inspect), then [`Doomed::destroy`].
    ///
    /// # Errors
    /// As these two.
    pub fn destroy(&self, path: &Path, expected: Option<Digest>) -> Result<FileEnd, DestroyError> {
        self.inspect(path, expected)?.destroy()
    }

    /// Opens a file beneath the folder and looks whether it may be destroyed: no link on its way, a regular file under
    /// one name only, with the expected content. A relative path counts from the working directory.
    ///
    /// # Errors
    /// [`DestroyError::Refused`] where it may not; [`DestroyError::Kernel`], [`DestroyError::Io`].
    pub fn inspect(&self, path: &Path, expected: Option<Digest>) -> Result<Doomed, DestroyError> {
        let (link, file) = self.open_file(path)?;
        let failed = |error: io::Error| io_error(path, "read the file", &error);
        let before = file.metadata().map_err(failed)?;
        if before.nlink() > 1 {
            return Err(refused(path, Reason::HardLink));
        }
        if let Some(Digest { bytes, sha256: read }) = expected
            && (before.len() != bytes || sha256(&file, bytes).map_err(failed)? != read)
        {
            return Err(refused(path, Reason::Changed));
        }
        let seen = file.metadata().map_err(failed)?;
        if stamp(&seen) != stamp(&before) {
            return Err(refused(path, Reason::Changed));
        }
        let reason = Medium::of(&file).reason();
        Ok(Doomed { link, file, seen, reason })
    }

    fn open_file(&self, path: &Path) -> Result<(Link, DiskFile), DestroyError> {
        let relative = self.relative(path)?;
        let failed = |error: io::Error| beneath_error(path, &error);
        let link = self.folder.find(&relative).map_err(failed)?;
        let identity = link.identity().map_err(failed)?;
        // Looked at before it is opened: opening a device can do something.
        match (identity.link, identity.regular) {
            (true, _) => return Err(refused(path, Reason::Link)),
            (false, false) => return Err(refused(path, Reason::NotRegular)),
            (false, true) => {}
        }
        let file = link.open_in_place().map_err(failed)?;
        let opened = file.metadata().map_err(|error| io_error(path, "look at the file", &error))?;
        if Identity::of(&opened) != identity {
            return Err(refused(path, Reason::Replaced));
        }
        Ok((link, file))
    }

    /// The way from the folder to a file. The kernel refuses what leads out; here it is said in words, and a path that
    /// begins elsewhere is not mistaken for one that counts from the folder.
    fn relative(&self, path: &Path) -> Result<PathBuf, DestroyError> {
        let absolute = std::path::absolute(path).map_err(|error| io_error(path, "find the file", &error))?;
        let beneath = self.names.iter().find_map(|name| absolute.strip_prefix(name).ok());
        match beneath {
            Some(relative)
                if relative.file_name().is_some()
                    && relative.components().all(|part| matches!(part, Component::Normal(_))) =>
            {
                Ok(relative.to_path_buf())
            }
            _ => Err(refused(path, Reason::Outside)),
        }
    }

    /// Removes a name, whatever it stands for; what a link leads to is left alone.
    pub(super) fn remove_name(&self, path: &Path) -> Result<(), DestroyError> {
        let link = self.folder.find(&self.relative(path)?).map_err(|error| beneath_error(path, &error))?;
        link.remove().map_err(|error| io_error(path, "remove the file", &error))
    }

    /// Waits until the folder that held a file has forgotten its name.
    pub(super) fn forget(&self, path: &Path) -> Result<(), DestroyError> {
        match self.folder.find(&self.relative(path)?) {
            Ok(link) => link.sync_folder().map_err(|error| io_error(path, "flush the folder", &error)),
            // The folder is gone as well.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(beneath_error(path, &error)),
        }
    }
}

impl Doomed {
    /// Device, number and length of the file.
    pub(super) fn identity(&self) -> (u64, u64, u64) {
        (self.seen.dev(), self.seen.ino(), self.seen.len())
    }

    /// Overwrites the file, flushes it, removes its name, flushes the folder.
    ///
    /// # Errors
    /// [`DestroyError::Refused`] where its name stands for another file by now, or it was changed or linked since it was
    /// inspected; [`DestroyError::Io`], after which it can be inspected again.
    pub fn destroy(self) -> Result<FileEnd, DestroyError> {
        self.unchanged()?;
        self.overwrite()?;
        self.unlink()
    }

    /// Nobody touched the file since its content was read, and its name still stands for it.
    fn unchanged(&self) -> Result<(), DestroyError> {
        self.own_name()?;
        let now = self.file.metadata().map_err(|error| self.failed("look at the file", &error))?;
        if now.nlink() > 1 {
            return Err(refused(&self.link.path(), Reason::HardLink));
        }
        if stamp(&now) != stamp(&self.seen) {
            return Err(refused(&self.link.path(), Reason::Changed));
        }
        Ok(())
    }

    /// The name stands for this file and no other.
    fn own_name(&self) -> Result<(), DestroyError> {
        let path = self.link.path();
        let named = self.link.identity().map_err(|error| beneath_error(&path, &error))?;
        if named == Identity::of(&self.seen) { Ok(()) } else { Err(refused(&path, Reason::Replaced)) }
    }

    fn overwrite(&self) -> Result<(), DestroyError> {
        let length = self.seen.len();
        let zeros = vec![0; PIECE];
        let mut at = 0;
        while at < length {
            let piece = (length - at).min(PIECE as u64);
            // At most PIECE.
            let written = self.file.write_all_at(&zeros[..piece as usize], at);
            written.map_err(|error| self.failed("overwrite the file", &error))?;
            at += piece;
        }
        self.file.sync().map_err(|error| self.failed("flush the file", &error))
    }

    fn unlink(self) -> Result<FileEnd, DestroyError> {
        self.own_name()?;
        self.link.remove().map_err(|error| self.failed("remove the file", &error))?;
        self.link.sync_folder().map_err(|error| self.failed("flush the folder", &error))?;
        Ok(FileEnd { reason: self.reason, bytes: self.seen.len() })
    }

    fn failed(&self, doing: &'static str, error: &io::Error) -> DestroyError {
        io_error(&self.link.path(), doing, error)
    }
}

/// What changes when somebody writes to a file or gives it another name; reading leaves it as it is.
fn stamp(metadata: &Metadata) -> (u64, i64, i64, i64, i64) {
    (metadata.len(), metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec())
}

/// SHA-256 of the first bytes of a file, read at their places.
fn sha256(file: &DiskFile, length: u64) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut piece = vec![0; PIECE];
    let mut at = 0;
    while at < length {
        // At most PIECE.
        let bytes = &mut piece[..(length - at).min(PIECE as u64) as usize];
        file.read_exact_at(bytes, at)?;
        hasher.update(&*bytes);
        at += bytes.len() as u64;
    }
    Ok(hasher.finalize().into())
}

fn refused(file: &Path, reason: Reason) -> DestroyError {
    DestroyError::Refused { file: file.to_path_buf(), reason }
}

pub(super) fn io_error(file: &Path, doing: &'static str, error: &io::Error) -> DestroyError {
    DestroyError::Io { file: file.to_path_buf(), doing, kind: error.kind() }
}

/// What the kernel means when it does not open a path beneath a folder.
fn beneath_error(file: &Path, error: &io::Error) -> DestroyError {
    match Errno::from_io_error(error) {
        Some(Errno::XDEV) => refused(file, Reason::Outside),
        Some(Errno::LOOP) => refused(file, Reason::Link),
        // A part of the way that is a link or a file, and not a folder.
        Some(Errno::NOTDIR) => refused(file, Reason::NotRegular),
        Some(Errno::NOENT) => refused(file, Reason::Gone),
        Some(Errno::NOSYS) => DestroyError::Kernel,
        _ => io_error(file, "open the file", error),
    }
}

#[cfg(test)]
#[path = "tests/files.rs"]
mod tests;
