//! Lets a release in as the source of statistics (décret, art. 1, 6°): only one that was certified anonymised, as its maker signed it, for the
//! purpose that it was made for.
//!
//! A release is believed by its [`Statement`](crate::seal::Statement): a note signed by the pinned key with length and SHA-256 of every
//! other file. [`admit`] reads every byte before anything is used: a file more or less, a link, a changed byte, another signer, another
//! purpose is refused. What it parses are the bytes that it hashed; the records themselves are read later through the descriptor that was
//! hashed here, and hashed again as they are read. Then the evidence: it must be about this output, certified, for pseudonyms that
//! end with the release, and its numbers are held against its limits, and those of the pipeline, once more.

mod certified;
mod described;
mod error;
mod folder;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use chrono::NaiveDate;
use serde_json::Value;

pub use error::AdmissionError;

use crate::config::{Source, SourceRelease};
use crate::disk::DiskFile;
use crate::seal::{Hash, STATEMENT, Statement};

/// Name of the descriptor.
const DESCRIPTOR: &str = crate::seal::DESCRIPTOR;
/// Name of the evidence.
const EVIDENCE: &str = "data/anonymisation.json";

/// A release that may be read. Only [`admit`] makes one.
///
/// ```compile_fail,E0451
/// let admitted = tamis::admission::Admitted { folder: "out".into() };
/// ```
#[derive(Debug)]
pub struct Admitted {
    folder: PathBuf,
    statement: Statement,
    note: Hash,
    sample: Value,
    records: (PathBuf, DiskFile, Hash),
}

impl Admitted {
    /// Where it stands.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// What its maker signed.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// SHA-256 of the statement with its signature: tells releases apart.
    #[must_use]
    pub fn statement_sha256(&self) -> Hash {
        self.note
    }

    /// How the persons in it were drawn, as its maker tells.
    #[must_use]
    pub fn sample(&self) -> &Value {
        &self.sample
    }

    /// SHA-256 of the file of records.
    #[must_use]
    pub fn records_sha256(&self) -> Hash {
        self.records.2
    }

    /// The file of records: its path for messages, the open file whose bytes were hashed, and their SHA-256.
    #[must_use]
    pub fn into_records(self) -> (PathBuf, DiskFile, [u8; 32]) {
        let (path, file, hash) = self.records;
        (path, file, hash.bytes())
    }
}

/// Where the statement of a release stands, which names every byte of it. Nothing is verified.
///
/// # Errors
/// [`AdmissionError`] where no folder, or more than one, fits.
pub fn statement_of(release: &SourceRelease) -> Result<PathBuf, AdmissionError> {
    Ok(folder::find(&release.from)?.join(STATEMENT))
}

/// Verifies the release of a source whole: signature, purpose, last day of use, every file, columns, evidence, in this order.
/// `today` is `None` where nothing is made of it, as when files are only judged.
///
/// # Errors
/// [`AdmissionError`]; nothing of the release is to be used then.
pub fn admit(source: &Source, release: &SourceRelease, today: Option<NaiveDate>) -> Result<Admitted, AdmissionError> {
    let verifier = folder::verifier(&release.verifier)?;
    let folder = folder::find(&release.from)?;
    let (note, statement) = folder::statement(&folder, &verifier)?;
    if statement.purpose().trim() != release.purpose.trim() {
        return Err(AdmissionError::Purpose { folder });
    }
    if let (Some(until), Some(today)) = (statement.use_until(), today)
        && today > until
    {
        return Err(AdmissionError::UseIsOver { folder, until });
    }
    let mut files = folder::verified(&folder, &statement)?;
    let descriptor = files.document(DESCRIPTOR)?;
    let described = described::output(&folder, &descriptor, release, source)?;
    let evidence = files.document(EVIDENCE)?;
    certified::judge(&folder, &evidence, release, source)?;
    let records = files.take(&described.path)?;
    Ok(Admitted { folder, statement, note, sample: described.sample, records })
}
