//! Opens a package: verified, then admitted, then decrypted. Each step makes the only value on which the next one works.

use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use age::{DecryptError, Decryptor};
use chrono::NaiveDate;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::age_file;
use super::content::{Challenge, Content, Expected};
use super::error::{Act, SealError};
use super::hash::Hash;
use super::manifest::Manifest;
use super::name::{DESCRIPTOR, EntryName, STATEMENT};
use super::package::{self, Verified};
use super::rows::{self, RecordCounter};
use super::tar::Section;
use crate::disk::{self, DiskFile};
use crate::keys::VerifierKey;

/// Longest descriptor that is read, in bytes.
const LONGEST_DESCRIPTOR: u64 = 64 * 1024 * 1024;

/// A package whose signature fits and whose every byte is what the sender signed for.
pub struct Package {
    path: PathBuf,
    file: DiskFile,
    verified: Verified,
}

/// On which terms somebody wants to open a package.
pub struct Terms<'a> {
    /// The reader's public age key, `age1…`.
    pub age: &'a str,
    /// What for (R14).
    pub purpose: &'a str,
    /// The day.
    pub today: NaiveDate,
}

/// A package that may be opened by this reader, for this purpose, on this day. Only [`Package::admit`] makes one.
pub struct Admitted<'a>(&'a Package);

/// A release in the clear, in a folder of its own, every file compared with the descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The files, in order of their names.
    pub files: Vec<OpenedFile>,
    /// What the acknowledgement has to say.
    pub expected: Expected,
}

/// A file of an opened release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedFile {
    /// Path, length and hash.
    pub content: Content,
    /// Number of rows; `None` for the descriptor.
    pub rows: Option<u64>,
}

impl Package {
    /// Opens the file and verifies it whole: signature of the pinned sender, canonical form, every hash.
    ///
    /// # Errors
    /// [`SealError`]; nothing of the file is to be believed then.
    pub fn verify(path: &Path, sender: &VerifierKey) -> Result<Self, SealError> {
        // Asked first, as opening a pipe would wait for its writer.
        let metadata = disk::metadata(path).map_err(SealError::io(path, Act::Read))?;
        if !metadata.is_file() {
            return Err(SealError::NotAPackage { path: path.to_path_buf(), at: 0, why: "it is not a plain file" });
        }
        let file = disk::open(path).map_err(SealError::io(path, Act::Read))?;
        let verified = package::verify(&file, path, sender)?;
        Ok(Self { path: path.to_path_buf(), file, verified })
    }

    /// What the sender says of it.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.verified.manifest
    }

    /// The manifest with its signature, as it stands in the package.
    #[must_use]
    pub fn note(&self) -> &[u8] {
        &self.verified.note
    }

    /// SHA-256 of [`Self::note`].
    #[must_use]
    pub fn manifest_sha256(&self) -> Hash {
        Hash::of(&self.verified.note)
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> Hash {
        self.verified.sha256
    }

    /// Whether this reader may open it: recipient, algorithms (R33), purpose (R14), day, in this order. Blanks around the
    /// purpose do not count.
    ///
    /// # Errors
    /// [`SealError::OtherRecipient`], [`SealError::Algorithm`], [`SealError::Purpose`], [`SealError::Expired`].
    pub fn admit(&self, terms: &Terms<'_>) -> Result<Admitted<'_>, SealError> {
        let manifest = self.manifest();
        if manifest.recipient().age != terms.age {
            return Err(SealError::OtherRecipient);
        }
        manifest.check_algorithms()?;
        for (_, section) in &self.verified.layout.entries {
            age_file::check(&self.file, &self.path, *section)?;
        }
        if manifest.purpose().trim() != terms.purpose.trim() {
            return Err(SealError::Purpose);
        }
        if terms.today > manifest.use_until() {
            return Err(SealError::Expired { until: manifest.use_until() });
        }
        Ok(Admitted(self))
    }
}

impl Admitted<'_> {
    /// Decrypts everything into a folder that must not exist yet and compares it with the descriptor: lengths, hashes, rows,
    /// no file more or less. The ciphertext is hashed once more on its way, as the file could have been changed since.
    ///
    /// `stop` is asked before every piece whether somebody wants to stop.
    ///
    /// # Errors
    /// [`SealError`]; the folder is removed then.
    pub fn decrypt(
        &self,
        identity: &dyn age::Identity,
        into: &Path,
        stop: &dyn Fn() -> bool,
    ) -> Result<Opened, SealError> {
        disk::create_folder(into).map_err(SealError::io(into, Act::Create))?;
        let outcome = self.fill(identity, into, stop);
        if outcome.is_err() {
            // The first error is the one to tell. The caller made the folder above, and removes it with what is left.
            let _ = disk::remove_tree(into);
        }
        outcome
    }

    fn fill(&self, identity: &dyn age::Identity, into: &Path, stop: &dyn Fn() -> bool) -> Result<Opened, SealError> {
        let mut files = Vec::new();
        for ((name, section), entry) in self.0.verified.layout.entries.iter().zip(self.0.manifest().entries()) {
            if let Some((folder, _)) = name.as_str().split_once('/') {
                let folder = into.join(folder);
                disk::ensure_folder(&folder).map_err(SealError::io(&folder, Act::Create))?;
            }
            let file = self.decrypt_one(identity, name, *section, into, stop)?;
            if file.sealed_sha256 != entry.sha256 {
                return Err(SealError::Changed { path: self.0.path.clone() });
            }
            if entry.rows.is_some() && entry.rows != file.opened.rows {
                return Err(SealError::Differs { name: name.clone(), what: "number of rows" });
            }
            files.push(file.opened);
        }
        let challenge = compare(into, &files)?;
        for folder in ["data", "tables", ""].map(|folder| into.join(folder)) {
            if disk::exists(&folder) {
                disk::sync_folder(&folder).map_err(SealError::io(&folder, Act::Sync))?;
            }
        }
        let contents: Vec<Content> = files.iter().map(|file| file.content.clone()).collect();
        let manifest = self.0.manifest();
        let note = self.0.manifest_sha256();
        let expected = Expected::of(manifest.run(), &manifest.recipient().name, note, &challenge, &contents);
        Ok(Opened { files, expected })
    }

    fn decrypt_one(
        &self,
        identity: &dyn age::Identity,
        name: &EntryName,
        section: Section,
        into: &Path,
        stop: &dyn Fn() -> bool,
    ) -> Result<Decrypted, SealError> {
        let path = into.join(name.as_str());
        let read = |error: io::Error| match error.raw_os_error() {
            Some(_) => SealError::io(&self.0.path, Act::Read)(error),
            // The cipher's own word: a block was changed or is missing.
            None => SealError::NotDecrypted { name: name.clone() },
        };
        let mut sealed = BufReader::with_capacity(
            64 * 1024,
            SectionReader { file: &self.0.file, at: section.at, left: section.bytes, hasher: Sha256::new() },
        );
        let decryptor = Decryptor::new_buffered(&mut sealed).map_err(|error| refused(error, name, &self.0.path))?;
        let identities = std::iter::once(identity);
        let mut plain = decryptor.decrypt(identities).map_err(|error| refused(error, name, &self.0.path))?;

        let mut file = disk::create_new(&path).map_err(SealError::io(&path, Act::Create))?;
        let (mut hasher, mut bytes, mut counter) = (Sha256::new(), 0, RecordCounter::default());
        let mut buffer = Zeroizing::new(vec![0; 64 * 1024]);
        loop {
            if stop() {
                return Err(SealError::Interrupted);
            }
            let length = plain.read(&mut buffer).map_err(read)?;
            if length == 0 {
                break;
            }
            let piece = &buffer[..length];
            hasher.update(piece);
            counter.feed(piece);
            bytes += length as u64;
            file.write_all(piece).map_err(SealError::io(&path, Act::Write))?;
        }
        file.sync().map_err(SealError::io(&path, Act::Sync))?;
        drop(plain);
        let sealed = sealed.into_inner();
        if sealed.left != 0 {
            return Err(SealError::NotDecrypted { name: name.clone() });
        }
        let content = Content { name: name.clone(), bytes, sha256: Hash::finish(hasher) };
        let rows = rows::of(name, &counter, &path)?;
        Ok(Decrypted { opened: OpenedFile { content, rows }, sealed_sha256: Hash::finish(sealed.hasher) })
    }
}

struct Decrypted {
    opened: OpenedFile,
    sealed_sha256: Hash,
}

/// Reads one section of a file and nothing beside it.
struct SectionReader<'a> {
    file: &'a DiskFile,
    at: u64,
    left: u64,
    hasher: Sha256,
}

impl Read for SectionReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        self.file.read_exact_at(&mut buffer[..length], self.at)?;
        self.hasher.update(&buffer[..length]);
        self.at += length as u64;
        self.left -= length as u64;
        Ok(length)
    }
}

/// What the library says of a file it does not decrypt, without its words.
fn refused(error: DecryptError, name: &EntryName, path: &Path) -> SealError {
    match error {
        DecryptError::Io(error) if error.raw_os_error().is_some() => SealError::io(path, Act::Read)(error),
        _ => SealError::NotDecrypted { name: name.clone() },
    }
}

/// The parts of a Data Package descriptor that are compared. It has others: the format is open.
#[derive(Deserialize)]
struct Descriptor {
    #[serde(rename = "tamis:challenge")]
    challenge: String,
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    path: String,
    bytes: u64,
    hash: String,
    /// Absent for a document that has no rows; a file with rows differs then, and is refused.
    #[serde(rename = "tamis:rows", default)]
    rows: Option<u64>,
}

/// The challenge in an opened release's descriptor, and the files that it describes, in order of their names.
///
/// # Errors
/// [`SealError::Descriptor`] where it is not one of ours; [`SealError::Io`].
pub fn described_files(release: &Path) -> Result<(Challenge, Vec<OpenedFile>), SealError> {
    let path = release.join(DESCRIPTOR);
    let length = disk::metadata(&path).map_err(SealError::io(&path, Act::Read))?.len();
    if length > LONGEST_DESCRIPTOR {
        return Err(SealError::Descriptor);
    }
    let bytes = disk::read(&path).map_err(SealError::io(&path, Act::Read))?;
    let descriptor: Descriptor = serde_json::from_slice(&bytes).map_err(|_| SealError::Descriptor)?;
    let challenge = Challenge::parse(&descriptor.challenge).ok_or(SealError::Descriptor)?;
    let file = |resource: &Resource| {
        let name = EntryName::new(&resource.path).filter(|name| ![DESCRIPTOR, STATEMENT].contains(&name.as_str()))?;
        let sha256 = Hash::parse(resource.hash.strip_prefix("sha256:")?)?;
        Some(OpenedFile { content: Content { name, bytes: resource.bytes, sha256 }, rows: resource.rows })
    };
    let files: Option<Vec<OpenedFile>> = descriptor.resources.iter().map(file).collect();
    let mut files = files.ok_or(SealError::Descriptor)?;
    files.sort_by(|a, b| a.content.name.cmp(&b.content.name));
    Ok((challenge, files))
}

/// Holds what was decrypted against the descriptor, which was decrypted with it.
fn compare(release: &Path, files: &[OpenedFile]) -> Result<Challenge, SealError> {
    if files.iter().all(|file| file.content.name.as_str() != DESCRIPTOR) {
        return Err(SealError::Descriptor);
    }
    let (challenge, described) = described_files(release)?;
    let described_by_it = |file: &&OpenedFile| ![DESCRIPTOR, STATEMENT].contains(&file.content.name.as_str());
    let found: Vec<&OpenedFile> = files.iter().filter(described_by_it).collect();
    if found.len() != described.len() {
        return Err(SealError::Descriptor);
    }
    for (found, told) in found.into_iter().zip(&described) {
        if found.content.name != told.content.name {
            return Err(SealError::Descriptor);
        }
        let differs = |what| Err(SealError::Differs { name: told.content.name.clone(), what });
        if found.content.bytes != told.content.bytes {
            return differs("length");
        }
        if found.content.sha256 != told.content.sha256 {
            return differs("SHA-256");
        }
        if found.rows != told.rows {
            return differs("number of rows");
        }
    }
    Ok(challenge)
}
