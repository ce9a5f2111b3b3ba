//! Files and folders made for one owner, hashed while they are written.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::{ExportError, Operation};
use crate::disk::{self, DiskFile};
use crate::seal::{ClosedEntry, SealedEntry, Sealer};

/// SHA-256 of a file's bytes.
pub(super) type Hash = [u8; 32];

/// A folder for its owner alone (mode 0700); it must not exist.
pub(super) fn create_folder(path: &Path) -> Result<(), ExportError> {
    disk::create_folder(path).map_err(ExportError::io(path, Operation::Create))
}

/// A folder and its missing parents, for their owner alone; an existing one is left as it is.
pub(super) fn ensure_folder(path: &Path) -> Result<(), ExportError> {
    disk::ensure_folder(path).map_err(ExportError::io(path, Operation::Create))
}

/// Waits until the entries of a folder are on disk.
pub(super) fn sync_folder(path: &Path) -> Result<(), ExportError> {
    disk::sync_folder(path).map_err(ExportError::io(path, Operation::Sync))
}

/// A name that stays in its folder on every system: letters, digits, `-`, `_`, `.`, begun by a letter or digit.
pub(super) fn checked_name(name: &str) -> Result<&str, ExportError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let begun = name.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    if begun && name.len() <= 200 && name.bytes().all(plain) {
        Ok(name)
    } else {
        Err(ExportError::Name { name: name.to_owned() })
    }
}

/// Where the files of a release are made.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// In the clear, in this folder.
    Open(&'a Path),
    /// Inside the sealed file of a recipient: what is written is encrypted before it touches the disk.
    Sealed(&'a Sealer),
}

/// A file that is hashed as it is written.
pub(super) struct HashedFile {
    path: PathBuf,
    under: Under,
    hasher: Sha256,
    bytes: u64,
}

enum Under {
    Disk(DiskFile),
    Sealed(Box<SealedEntry>),
}

/// What was handed to the disk.
pub(super) struct Written {
    /// Length in bytes, before encryption.
    pub(super) bytes: u64,
    /// Of the bytes before encryption.
    pub(super) hash: Hash,
    /// The entry of the sealed file, where there is one.
    pub(super) sealed: Option<ClosedEntry>,
}

impl HashedFile {
    /// Makes the file `name` (with `/`) of a release; it must not exist.
    pub(super) fn create(place: Place<'_>, name: &str) -> Result<Self, ExportError> {
        let (path, under) = match place {
            Place::Open(root) => {
                let path = root.join(name);
                let file = disk::create_new(&path).map_err(ExportError::io(&path, Operation::Create))?;
                (path, Under::Disk(file))
            }
            Place::Sealed(sealer) => (PathBuf::from(name), Under::Sealed(Box::new(sealer.entry(name)?))),
        };
        Ok(Self { path, under, hasher: Sha256::new(), bytes: 0 })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes, naming the file where that fails.
    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        let written = self.write_all(bytes);
        written.map_err(ExportError::io(&self.path, Operation::Write))
    }

    /// Waits until the disk has it; its length in bytes and its hash.
    pub(super) fn finish(self) -> Result<Written, ExportError> {
        let sealed = match self.under {
            Under::Disk(file) => {
                file.sync().map_err(ExportError::io(&self.path, Operation::Sync))?;
                None
            }
            Under::Sealed(entry) => Some((*entry).close()?),
        };
        Ok(Written { bytes: self.bytes, hash: self.hasher.finalize().into(), sealed })
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Only what the system took counts: a short write is continued by the caller.
        let taken = match &mut self.under {
            Under::Disk(file) => file.write(bytes)?,
            Under::Sealed(entry) => entry.write(bytes)?,
        };
        self.hasher.update(&bytes[..taken]);
        self.bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.under {
            Under::Disk(file) => file.flush(),
            Under::Sealed(entry) => entry.flush(),
        }
    }
}

/// Lower-case hexadecimal.
pub(super) fn hexadecimal(hash: &Hash) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// What [`hexadecimal`] wrote.
pub(super) fn from_hexadecimal(text: &str) -> Option<Hash> {
    crate::seal::Hash::parse(text).map(|hash| hash.bytes())
}
