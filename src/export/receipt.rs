//! The proof that a release stands complete on disk.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::directory::{OPEN, SEALED};
use super::dossier::Dossier;
use super::files::hexadecimal;
use crate::seal::SealedPackage;

/// One file of a published release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptFile {
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
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

/// Exists only once every file of the release was read back from disk, compared, and given its name. Destruction as
/// "done" asks for one, and nothing else makes one:
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
    /// Name of the recipient.
    pub recipient: String,
    /// Name of the file.
    pub file: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// SHA-256 of its signed manifest, hexadecimal.
    pub manifest_sha256: String,
    /// What an acknowledgement has to say of the content, hexadecimal.
    pub content_sha256: String,
    /// Last day of use.
    pub use_until: chrono::NaiveDate,
}

impl PackageReceipt {
    pub(super) fn of(recipient: &str, package: &SealedPackage) -> Self {
        Self {
            recipient: recipient.to_owned(),
            file: package.file_name().to_owned(),
            bytes: package.bytes(),
            sha256: hexadecimal(&package.sha256()),
            manifest_sha256: hexadecimal(&package.manifest_sha256()),
            content_sha256: hexadecimal(&package.expected_content()),
            use_until: package.use_until(),
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
