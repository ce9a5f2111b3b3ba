//! The proof that a release stands complete on disk.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::directory::{OPEN, SEALED};
use super::dossier::Dossier;
use crate::seal::{Expected, Hash, SealedPackage};

/// One file of a published release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptFile {
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rows: Option<u64>,
}

impl ReceiptFile {
    /// Path in the release, with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Length in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of its bytes, hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Rows in it, header not counted; `None` for the descriptor.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        self.rows
    }
}

/// Exists only once every file of the release was read back from disk and compared. Destruction as "done" asks for one, and
/// nothing else makes one:
///
/// ```compile_fail,E0451
/// let receipt = tamis::export::ExportReceipt { directory: "/tmp".into(), files: Vec::new(), packages: Vec::new() };
/// ```
#[derive(Debug)]
#[must_use = "the working data are to be destroyed against this receipt"]
pub struct ExportReceipt {
    pub(super) directory: PathBuf,
    pub(super) files: Vec<ReceiptFile>,
    pub(super) packages: Vec<PackageReceipt>,
}

/// One sealed file, as it will be acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageReceipt {
    /// Name of the file.
    pub file: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: Hash,
    /// What its acknowledgement has to say.
    pub expected: Expected,
    /// Last day of use.
    pub use_until: chrono::NaiveDate,
}

impl PackageReceipt {
    pub(super) fn of(package: &SealedPackage, use_until: chrono::NaiveDate) -> Self {
        let name = package.path().file_name().unwrap_or_default();
        Self {
            file: name.to_string_lossy().into_owned(),
            bytes: package.bytes(),
            sha256: package.sha256(),
            expected: package.expected().clone(),
            use_until,
        }
    }
}

impl ExportReceipt {
    /// The run directory, with `release/` and `dossier/` in it.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The folder of the release: files in the clear, or sealed files.
    #[must_use]
    pub fn release(&self) -> PathBuf {
        self.directory.join(if self.packages.is_empty() { OPEN } else { SEALED })
    }

    /// The sealed files; none where the release is in the clear.
    #[must_use]
    pub fn packages(&self) -> &[PackageReceipt] {
        &self.packages
    }

    /// Every file of the release: `datapackage.json`, then the resources in their order.
    #[must_use]
    pub fn files(&self) -> &[ReceiptFile] {
        &self.files
    }

    /// Where the sender's own documents go.
    #[must_use]
    pub fn dossier(&self) -> Dossier {
        Dossier::of(&self.directory)
    }
}
