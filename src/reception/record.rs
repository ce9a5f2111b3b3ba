//! The documents of a reception. None holds data of persons.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::{Act, ReceptionError};
use crate::audit::Operator;
use crate::disk;
use crate::seal::{Expected, Hash, Manifest, Opened};

/// The release in the clear.
pub(super) const RELEASE: &str = "release";
/// The signed manifest.
pub(super) const MANIFEST: &str = "manifest";
/// The record of the opening.
pub(super) const RECORD: &str = "reception.json";
/// The record of the destruction.
pub(super) const DESTROYED: &str = "destroyed.json";
/// Longest record that is read, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;
const VERSION: u32 = 1;

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Name, as given.
    pub name: String,
    /// Number of the account, from the system.
    pub uid: u32,
}

impl From<&Operator> for Who {
    fn from(operator: &Operator) -> Self {
        Self { name: operator.name().to_owned(), uid: operator.uid() }
    }
}

/// A file as it was when it was decrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceivedFile {
    /// Path in the release.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: Hash,
    /// Number of rows, where it has rows.
    pub rows: Option<u64>,
}

/// `reception.json`: what was opened, by whom, for what, until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    version: u32,
    /// The sender's pipeline.
    pub pipeline: String,
    /// Name of the sender's key.
    pub sender: String,
    /// What allows the release.
    pub legal_basis: String,
    /// What it was sent and opened for.
    pub purpose: String,
    /// Last day of use.
    #[serde(with = "crate::seal::time::day")]
    pub use_until: NaiveDate,
    /// When it was opened.
    #[serde(with = "crate::seal::time::instant")]
    pub opened: DateTime<Utc>,
    /// By whom.
    pub who: Who,
    /// SHA-256 of the package.
    pub package_sha256: Hash,
    /// Run, recipient, manifest and digest of the content.
    pub expected: Expected,
    /// What was in it.
    pub files: Vec<ReceivedFile>,
}

impl Record {
    pub(super) fn new(
        manifest: &Manifest,
        package_sha256: Hash,
        opened: &Opened,
        when: DateTime<Utc>,
        who: &Operator,
    ) -> Self {
        let file = |file: &crate::seal::OpenedFile| ReceivedFile {
            path: file.content.name.as_str().to_owned(),
            bytes: file.content.bytes,
            sha256: file.content.sha256,
            rows: file.rows,
        };
        Self {
            version: VERSION,
            pipeline: manifest.pipeline().to_owned(),
            sender: manifest.sender().to_owned(),
            legal_basis: manifest.legal_basis().to_owned(),
            purpose: manifest.purpose().to_owned(),
            use_until: manifest.use_until(),
            opened: when,
            who: who.into(),
            package_sha256,
            expected: opened.expected.clone(),
            files: opened.files.iter().map(file).collect(),
        }
    }

    /// Reads the record of a reception.
    ///
    /// # Errors
    /// [`ReceptionError::NotAReception`] where there is none that this program wrote; [`ReceptionError::Io`].
    pub fn read(reception: &Path) -> Result<Self, ReceptionError> {
        let record: Self = read(reception, RECORD)?;
        if record.version == VERSION { Ok(record) } else { Err(not_a_reception(reception)) }
    }

    /// Rows of all files together.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files.iter().filter_map(|file| file.rows).sum()
    }
}

/// A file that was destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasedFile {
    /// Path in the release.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// Whether it is known to have been overwritten before its name was removed. Where not, another name keeps the content,
    /// it was no plain file, or it was gone already.
    pub overwritten: bool,
}

/// `destroyed.json`: what was destroyed, by whom, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Destruction {
    pub(super) version: u32,
    pub(super) run: String,
    pub(super) recipient: String,
    pub(super) manifest_sha256: Hash,
    #[serde(with = "crate::seal::time::instant")]
    pub(super) destroyed: DateTime<Utc>,
    pub(super) who: Who,
    /// `asked` or `expired`.
    pub(super) why: String,
    pub(super) files: Vec<ErasedFile>,
}

impl Destruction {
    pub(super) fn new(
        record: &Record,
        destroyed: DateTime<Utc>,
        who: &Operator,
        why: &str,
        files: Vec<ErasedFile>,
    ) -> Self {
        let Expected { run, recipient, manifest_sha256, .. } = record.expected.clone();
        Self {
            version: VERSION,
            run,
            recipient,
            manifest_sha256,
            destroyed,
            who: who.into(),
            why: why.to_owned(),
            files,
        }
    }
}

/// Writes a document that must not exist yet.
pub(super) fn write<T: Serialize>(reception: &Path, name: &str, document: &T) -> Result<(), ReceptionError> {
    let path = reception.join(name);
    // Texts, numbers and lists: nothing that JSON cannot hold.
    let refused = |_| ReceptionError::Io { path: path.clone(), act: Act::Write, kind: std::io::ErrorKind::InvalidData };
    let mut bytes = serde_json::to_vec_pretty(document).map_err(refused)?;
    bytes.push(b'\n');
    write_whole(&path, &bytes)
}

/// Writes a file that must not exist yet, whole or not at all.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ReceptionError> {
    disk::write_new(path, bytes).map_err(ReceptionError::io(path, Act::Write))
}

fn read<T: DeserializeOwned>(reception: &Path, name: &str) -> Result<T, ReceptionError> {
    let path = reception.join(name);
    let metadata = match disk::metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(not_a_reception(reception)),
        found => found.map_err(ReceptionError::io(&path, Act::Read))?,
    };
    if !metadata.is_file() || metadata.len() > LONGEST {
        return Err(not_a_reception(reception));
    }
    let bytes = disk::read(&path).map_err(ReceptionError::io(&path, Act::Read))?;
    serde_json::from_slice(&bytes).map_err(|_| not_a_reception(reception))
}

pub(super) fn not_a_reception(path: &Path) -> ReceptionError {
    ReceptionError::NotAReception { path: path.to_path_buf() }
}
