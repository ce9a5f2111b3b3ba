//! An open file.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest as _, Sha256};

use super::Digest;
use super::faults::{Call, gate};

/// An open file.
#[derive(Debug)]
pub struct DiskFile {
    file: File,
    path: PathBuf,
    /// A flush failed: nothing more may be written.
    lost: AtomicBool,
}

impl DiskFile {
    pub(super) fn of(file: File, path: &Path) -> Self {
        Self { file, path: path.to_path_buf(), lost: AtomicBool::new(false) }
    }

    /// Where it was opened; a file without name has that of its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file itself, for libraries that ask for one.
    #[must_use]
    pub fn into_file(self) -> File {
        self.file
    }

    /// The file itself, for questions to the system.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Length, owner, kind.
    ///
    /// # Errors
    /// What the system says.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// Waits until the disk has content and length. After a failure the file is lost: see the head of this room.
    ///
    /// # Errors
    /// What the system says; always, once a flush has failed.
    pub fn sync(&self) -> io::Result<()> {
        self.usable()?;
        let synced = gate(Call::Sync).and_then(|()| self.file.sync_all());
        if synced.is_err() {
            self.lost.store(true, Ordering::Release);
        }
        synced
    }

    /// Cuts the file, or lengthens it with zeros.
    ///
    /// # Errors
    /// What the system says.
    pub fn set_len(&self, length: u64) -> io::Result<()> {
        gate(Call::Write)?;
        self.file.set_len(length)
    }

    /// Locks it for this open file alone, without waiting. `false` where it is locked already; the lock ends with the file.
    ///
    /// # Errors
    /// What the system says.
    pub fn try_lock(&self) -> io::Result<bool> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(fs::TryLockError::WouldBlock) => Ok(false),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Says who may read and write it; see `chmod`.
    ///
    /// # Errors
    /// What the system says.
    pub fn set_mode(&self, mode: u32) -> io::Result<()> {
        gate(Call::Write)?;
        self.file.set_permissions(Permissions::from_mode(mode))
    }

    /// Writes at a place, without moving there.
    ///
    /// # Errors
    /// What the system says.
    pub fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.usable()?;
        gate(Call::Write)?;
        self.file.write_all_at(bytes, offset)
    }

    /// Reads at a place, without moving there.
    ///
    /// # Errors
    /// What the system says.
    pub fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        gate(Call::Read)?;
        self.file.read_exact_at(bytes, offset)
    }

    /// Length and SHA-256 of what is in it, read through this descriptor from the beginning.
    ///
    /// # Errors
    /// What the system says.
    pub fn digest(&mut self) -> io::Result<Digest> {
        self.seek(SeekFrom::Start(0))?;
        let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 256 * 1024]);
        loop {
            let length = self.read(&mut buffer)?;
            if length == 0 {
                return Ok(Digest { bytes, sha256: hasher.finalize().into() });
            }
            hasher.update(&buffer[..length]);
            bytes += length as u64;
        }
    }

    fn usable(&self) -> io::Result<()> {
        if self.lost.load(Ordering::Acquire) {
            return Err(io::Error::other("an earlier flush of this file failed"));
        }
        Ok(())
    }
}

impl Read for DiskFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        gate(Call::Read)?;
        self.file.read(buffer)
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.usable()?;
        gate(Call::Write)?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for DiskFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The null device takes every byte and has nothing to flush: the system refuses that, as a failing disk does.
    #[test]
    fn a_file_whose_flush_failed_takes_not_one_byte_more_and_is_never_said_to_be_flushed() {
        let path = Path::new("/dev/null");
        let mut file = DiskFile::of(fs::OpenOptions::new().write(true).open(path).unwrap(), path);
        file.write_all(b"before").unwrap();
        assert_eq!(file.sync().unwrap_err().kind(), io::ErrorKind::InvalidInput, "the system's own reason");
        for refused in [file.write_all(b"after"), file.write_all_at(b"after", 0), file.sync()] {
            assert!(refused.unwrap_err().to_string().contains("an earlier flush"));
        }
    }
}
