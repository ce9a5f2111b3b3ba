//! The file that is delivered.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::DeliverError;
use crate::disk::{self, DiskFile};

/// How much is read at once, in bytes.
pub(super) const BLOCK: usize = 256 * 1024;

/// Longest name, in bytes: a temporary name around it fits everywhere.
const LONGEST_NAME: usize = 200;

/// A file with its name, size and digest.
#[derive(Debug)]
pub(super) struct Package {
    path: PathBuf,
    name: String,
    bytes: u64,
    sha256: [u8; 32],
}

impl Package {
    /// Reads the whole file once.
    pub fn read(path: &Path) -> Result<Self, DeliverError> {
        let unsafe_name = || DeliverError::Name { path: path.to_path_buf() };
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(unsafe_name)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.len() > LONGEST_NAME
            || !name.starts_with(|c: char| c.is_ascii_alphanumeric())
            || !name.chars().all(plain)
        {
            return Err(unsafe_name());
        }
        let failed = |error: io::Error| DeliverError::Package { path: path.to_path_buf(), kind: error.kind() };
        let (bytes, sha256) = disk::open(path).and_then(digest).map_err(failed)?;
        Ok(Self { path: path.to_path_buf(), name: name.to_owned(), bytes, sha256 })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name while it is not whole yet.
    pub fn partial_name(&self) -> String {
        format!(".{}.partial", self.name)
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Opens it to send it.
    pub fn open(&self) -> Result<Sending<'_>, DeliverError> {
        let file = disk::open(&self.path).map_err(|error| self.unreadable(&error))?;
        Ok(Sending { package: self, file, digest: Sha256::new(), bytes: 0 })
    }

    /// Whether a digest and size are its own.
    pub fn is(&self, (bytes, sha256): (u64, [u8; 32])) -> bool {
        bytes == self.bytes && sha256 == self.sha256
    }

    fn unreadable(&self, error: &io::Error) -> DeliverError {
        DeliverError::Package { path: self.path.clone(), kind: error.kind() }
    }
}

/// The file while it is read once more. [`next`](Self::next) ends well only if the bytes were those of the digest.
pub(super) struct Sending<'a> {
    package: &'a Package,
    file: DiskFile,
    digest: Sha256,
    bytes: u64,
}

impl Sending<'_> {
    /// The next bytes; `0` at the end.
    pub fn next(&mut self, block: &mut [u8]) -> Result<usize, DeliverError> {
        let taken = loop {
            match self.file.read(block) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                taken => break taken.map_err(|error| self.package.unreadable(&error))?,
            }
        };
        self.digest.update(&block[..taken]);
        self.bytes += taken as u64;
        let ended = taken == 0 && !block.is_empty();
        if self.bytes > self.package.bytes
            || ended && !self.package.is((self.bytes, self.digest.clone().finalize().into()))
        {
            return Err(DeliverError::Changed { path: self.package.path.clone() });
        }
        Ok(taken)
    }
}

/// Size and SHA-256 of a file.
pub(super) fn digest(mut file: DiskFile) -> io::Result<(u64, [u8; 32])> {
    let (mut digest, mut bytes, mut block) = (Sha256::new(), 0, vec![0; BLOCK]);
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok((bytes, digest.finalize().into())),
            Ok(taken) => {
                digest.update(&block[..taken]);
                bytes += taken as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
