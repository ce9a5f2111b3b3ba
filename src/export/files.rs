//! Files and folders made for one owner, hashed while they are written.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::{ExportError, Operation};
use crate::disk::{self, DiskFile};

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

/// A file that is hashed as it is written.
pub(super) struct HashedFile {
    path: PathBuf,
    file: DiskFile,
    hasher: Sha256,
    bytes: u64,
}

impl HashedFile {
    /// Makes the file; it must not exist.
    pub(super) fn create(path: PathBuf) -> Result<Self, ExportError> {
        let file = disk::create_new(&path).map_err(ExportError::io(&path, Operation::Create))?;
        Ok(Self { path, file, hasher: Sha256::new(), bytes: 0 })
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
    pub(super) fn seal(self) -> Result<(u64, Hash), ExportError> {
        self.file.sync().map_err(ExportError::io(&self.path, Operation::Sync))?;
        Ok((self.bytes, self.hasher.finalize().into()))
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Only what the system took counts: a short write is continued by the caller.
        let taken = self.file.write(bytes)?;
        self.hasher.update(&bytes[..taken]);
        self.bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Lower-case hexadecimal.
pub(super) fn hexadecimal(hash: &Hash) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
