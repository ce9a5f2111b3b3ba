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
pub const RECORD: &str = "reception.json";
/// The certificate of destruction: signed, in French to print, and as JSON. The last is written last, and says that the
/// reception is destroyed.
pub(super) const SIGNED: &str = "certificate.note";
pub(super) const PRINTED: &str = "proces-verbal.txt";
pub(super) const CERTIFICATE: &str = "certificate.json";
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
    /// SHA-256 of the sender's pipeline file, hexadecimal.
    pub pipeline_digest: String,
    /// Name of the sender's key.
    pub sender: String,
    /// What allows the release.
    pub legal_basis: String,
    /// What it was sent and opened for.
    pub purpose: String,
    /// Version of the sender's policy.
    pub policy: String,
    /// Last day of use.
    #[serde(with = "crate::seal::time::day")]
    pub use_until: NaiveDate,
    /// When it was opened.
    #[serde(with = "crate::seal::time::instant")]
    pub opened: DateTime<Utc>,
    /// By whom.
    pub who: Who,
    /// Public half of the key that opened it, `age1…`: it opens the package again as long as both exist.
    pub age: String,
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
        age: &str,
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
            pipeline_digest: manifest.pipeline_digest().to_owned(),
            sender: manifest.sender().to_owned(),
            legal_basis: manifest.legal_basis().to_owned(),
            purpose: manifest.purpose().to_owned(),
            policy: manifest.policy().to_owned(),
            use_until: manifest.use_until(),
            opened: when,
            who: who.into(),
            age: age.to_owned(),
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
