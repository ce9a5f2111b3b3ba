//! From the temporary name to the final one: a package counts only once it was read back from disk and verified.

use std::path::{Path, PathBuf};

use super::content::Expected;
use super::error::{Act, SealError};
use super::hash::Hash;
use super::manifest::Manifest;
use super::partial::Partial;
use super::tar::Layout;
use crate::disk::{self, DiskFile};
use crate::keys::VerifierKey;

/// A package that is complete under a temporary name. Dropped before it is read back, it leaves nothing behind.
pub struct SealedPackage {
    path: PathBuf,
    partial: Partial,
    bytes: u64,
    sha256: Hash,
    expected: Expected,
    verifier: VerifierKey,
}

/// A package that was read back from disk, verified, and has its final name. Only that makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBack {
    path: PathBuf,
    bytes: u64,
    sha256: Hash,
    manifest_sha256: Hash,
    run: String,
    recipient: String,
}

impl SealedPackage {
    pub(super) fn new(
        path: PathBuf,
        partial: Partial,
        bytes: u64,
        sha256: Hash,
        expected: Expected,
        verifier: VerifierKey,
    ) -> Self {
        Self { path, partial, bytes, sha256, expected, verifier }
    }

    /// Its final name; it stands there after [`Self::read_back`].
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length of the file.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> Hash {
        self.sha256
    }

    /// SHA-256 of the manifest with its signature.
    #[must_use]
    pub fn manifest_sha256(&self) -> Hash {
        self.expected.manifest_sha256
    }

    /// The digest that only somebody who decrypted everything can form.
    #[must_use]
    pub fn expected_content(&self) -> Hash {
        self.expected.content
    }

    /// What the acknowledgement has to say; to be kept by the sender.
    #[must_use]
    pub fn expected(&self) -> &Expected {
        &self.expected
    }

    /// Reads the file from disk, compares its hash, verifies the signature and every entry, and only then gives it its name.
    ///
    /// # Errors
    /// Where anything differs or the disk refuses. The package is removed then.
    pub fn read_back(self) -> Result<ReadBack, SealError> {
        let from = disk::partial_name(&self.path);
        let found = verified(&from, &self.verifier)?;
        if found.sha256 != self.sha256 || found.manifest_sha256 != self.expected.manifest_sha256 {
            return Err(SealError::ReadBack { path: self.path.clone() });
        }
        publish(&from, &self.path)?;
        self.partial.keep();
        settle(&self.path)?;
        Ok(found.named(self.path))
    }
}

impl ReadBack {
    /// Where it stands.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length of the file.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> Hash {
        self.sha256
    }

    /// SHA-256 of the manifest with its signature.
    #[must_use]
    pub fn manifest_sha256(&self) -> Hash {
        self.manifest_sha256
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Name of the recipient.
    #[must_use]
    pub fn recipient(&self) -> &str {
        &self.recipient
    }
}

/// Goes on where a process was killed after [`super::Sealer::finish`] and before the package was known to be read back:
/// verifies what stands there, under the temporary or the final name, and gives it the final one.
///
/// # Errors
/// [`SealError::Missing`] where nothing is there; [`SealError::ReadBack`] or what is wrong with it where it is not the
/// package of that hash: what is partial is removed then. A disk that refuses leaves it as it is.
pub fn resume_read_back(
    folder: &Path,
    file_name: &str,
    expected_sha256: Hash,
    sender: &VerifierKey,
) -> Result<ReadBack, SealError> {
    let path = folder.join(file_name);
    let partial = disk::partial_name(&path);
    let renamed = disk::exists(&path);
    if !renamed && !disk::exists(&partial) {
        return Err(SealError::Missing { path });
    }
    let from = if renamed { &path } else { &partial };
    let outcome = verified(from, sender).and_then(|found| {
        if found.sha256 == expected_sha256 { Ok(found) } else { Err(SealError::ReadBack { path: path.clone() }) }
    });
    match outcome {
        Ok(found) => {
            if !renamed {
                publish(&partial, &path)?;
            }
            settle(&path)?;
            Ok(found.named(path))
        }
        Err(error @ SealError::Io { .. }) => Err(error),
        Err(error) => {
            if !renamed {
                drop(Partial::new(partial));
            }
            Err(error)
        }
    }
}

/// A file as [`verified`] found it.
struct Found {
    bytes: u64,
    sha256: Hash,
    manifest_sha256: Hash,
    manifest: Manifest,
}

impl Found {
    fn named(self, path: PathBuf) -> ReadBack {
        ReadBack {
            path,
            bytes: self.bytes,
            sha256: self.sha256,
            manifest_sha256: self.manifest_sha256,
            run: self.manifest.run().to_owned(),
            recipient: self.manifest.recipient().name.clone(),
        }
    }
}

/// A package whose signature fits and whose every byte is what was signed for.
pub(super) struct Verified {
    pub(super) layout: Layout,
    pub(super) manifest: Manifest,
    pub(super) note: Vec<u8>,
    pub(super) sha256: Hash,
}

/// Verifies an open file. The signature comes first: nothing else of an unsigned file is read but headers.
pub(super) fn verify(file: &DiskFile, path: &Path, sender: &VerifierKey) -> Result<Verified, SealError> {
    let layout = Layout::read(file, path)?;
    let note = layout.manifest(file, path)?;
    let manifest = Manifest::read(&note, sender, path)?;
    let changed = || SealError::Changed { path: path.to_path_buf() };
    let same = |((name, section), entry): (&(super::EntryName, super::tar::Section), &super::ManifestEntry)| {
        *name == entry.name && section.bytes == entry.bytes
    };
    if manifest.entries().len() != layout.entries.len() || !layout.entries.iter().zip(manifest.entries()).all(same) {
        return Err(changed());
    }
    let (sha256, hashes) = layout.hashes(file, path)?;
    let signed = manifest.entries().iter().map(|entry| entry.sha256).chain([Hash::of(&note)]);
    if !signed.eq(hashes) {
        return Err(changed());
    }
    Ok(Verified { layout, manifest, note, sha256 })
}

fn verified(path: &Path, sender: &VerifierKey) -> Result<Found, SealError> {
    let file = disk::open(path).map_err(SealError::io(path, Act::Read))?;
    let verified = verify(&file, path, sender)?;
    let bytes = file.metadata().map_err(SealError::io(path, Act::Read))?.len();
    let manifest_sha256 = Hash::of(&verified.note);
    Ok(Found { bytes, sha256: verified.sha256, manifest_sha256, manifest: verified.manifest })
}

fn publish(from: &Path, to: &Path) -> Result<(), SealError> {
    if disk::exists(to) {
        // A rename would silently take its place.
        return Err(SealError::Exists { path: to.to_path_buf() });
    }
    disk::rename(from, to).map_err(SealError::io(to, Act::Rename))
}

/// Waits until the new name is on disk.
fn settle(path: &Path) -> Result<(), SealError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    disk::sync_folder(folder).map_err(SealError::io(folder, Act::Sync))
}
