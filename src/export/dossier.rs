//! The sender's own documents about a run: log, summary, findings, certificate. Not part of the release.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::{ExportError, Operation};
use super::files::{checked_name, create_folder};
use crate::disk;

/// The folder `dossier/` of a run directory. It outlives a run that failed: the certificate of destruction goes there.
#[derive(Debug, Clone)]
pub struct Dossier {
    folder: PathBuf,
}

impl Dossier {
    /// The dossier of an existing run directory.
    pub(super) fn of(directory: &Path) -> Self {
        Self { folder: directory.join("dossier") }
    }

    /// The dossier of an existing run directory, of this process or an earlier one.
    #[must_use]
    pub fn open(directory: &Path) -> Self {
        Self::of(directory)
    }

    /// Makes the folder.
    pub(super) fn create(directory: &Path) -> Result<Self, ExportError> {
        let dossier = Self::of(directory);
        create_folder(&dossier.folder)?;
        Ok(dossier)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Writes a JSON document: to a temporary name, synced, then renamed. A document is written once; a second of
    /// the same name is refused. Its path.
    ///
    /// # Errors
    /// Where the name is unsafe or taken, or the disk refuses; nothing half-written is left then.
    pub fn write(&self, name: &str, document: &impl Serialize) -> Result<PathBuf, ExportError> {
        let path = self.folder.join(checked_name(name)?);
        self.write_bytes(&path, &json_bytes(&path, document)?)?;
        Ok(path)
    }

    /// Writes a document that is text already, as [`Dossier::write`] does. Its path.
    ///
    /// # Errors
    /// As [`Dossier::write`].
    pub fn write_text(&self, name: &str, text: &str) -> Result<PathBuf, ExportError> {
        let path = self.folder.join(checked_name(name)?);
        self.write_bytes(&path, text.as_bytes())?;
        Ok(path)
    }

    fn write_bytes(&self, path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
        disk::write_new(path, bytes).map_err(ExportError::io(path, Operation::Write))
    }

    /// Removes the folder if it holds no document.
    pub(super) fn remove_if_empty(&self) {
        // Refused by the system where something is in it, as it should be.
        let _ = disk::remove_folder(&self.folder);
    }
}

/// A document as indented JSON with a line feed at its end.
pub(super) fn json_bytes(path: &Path, document: &impl Serialize) -> Result<Vec<u8>, ExportError> {
    let encoded = serde_json::to_vec_pretty(document);
    let mut bytes = encoded.map_err(|_| ExportError::Encode { path: path.to_path_buf() })?;
    bytes.push(b'\n');
    Ok(bytes)
}
