//! The release of an earlier process: what stands there is held against what was written down, and only then counts.

use std::path::Path;

use super::assembled::{Compared, Unnamed, only_these};
use super::directory::folders;
use super::error::ExportError;
use super::files::from_hexadecimal;
use super::read_back::{self, Expected};
use super::receipt::{ExportReceipt, PackageReceipt, ReceiptFile};
use crate::disk;
use crate::keys::VerifierKey;
use crate::seal;

/// Reads the release of a run directory back; where a crash came before that, it may get its name then. `files` and
/// `packages` are what was written down when it stood whole; sealed files have to bear the signature of `sender`.
///
/// # Errors
/// Where a file is missing or differs, something else stands among them, or the disk refuses. Nothing is changed then.
pub fn reopen(
    directory: &Path,
    files: &[ReceiptFile],
    packages: &[PackageReceipt],
    sender: Option<&VerifierKey>,
) -> Result<Compared, ExportError> {
    let [partial, last] = folders(packages.is_empty()).map(|name| directory.join(name));
    let named = disk::exists(&last);
    let folder = if named { &last } else { &partial };
    if packages.is_empty() {
        for file in files {
            let hash = from_hexadecimal(&file.sha256).ok_or(ExportError::Unknown { file: file.path.clone() })?;
            read_back::compare(folder, &Expected { path: &file.path, bytes: file.bytes, hash: &hash, rows: None })?;
        }
        only_these(folder, &files.iter().map(|f| f.path.clone()).collect::<Vec<_>>())?;
    } else {
        let sender = sender.ok_or(ExportError::NoSigningKey)?;
        for package in packages {
            let found = seal::resume_read_back(folder, &package.file, package.sha256, sender)?;
            if found.manifest_sha256() != package.expected.manifest_sha256 {
                return Err(ExportError::Unknown { file: package.file.clone() });
            }
        }
        only_these(folder, &packages.iter().map(|p| p.file.clone()).collect::<Vec<_>>())?;
    }
    let receipt =
        ExportReceipt { directory: directory.to_path_buf(), files: files.to_vec(), packages: packages.to_vec() };
    Ok(Compared { receipt, unnamed: if named { Unnamed::Nothing } else { Unnamed::Left } })
}
