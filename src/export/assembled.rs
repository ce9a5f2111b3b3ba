//! A release that is wholly on disk and not yet read back.

use std::path::Path;

use super::descriptor::{Manifest, datapackage, resource_name};
use super::directory::RunDirectory;
use super::dossier::json_bytes;
use super::error::ExportError;
use super::files::{Hash, HashedFile, Place, Written, hexadecimal, sync_folder};
use super::read_back::{self, Expected};
use super::receipt::{ExportReceipt, PackageReceipt, ReceiptFile};
use super::writer::WrittenResource;
use crate::config::Recipient;
use crate::keys::SigningKey;
use crate::seal::{ClosedEntry, ManifestParts, Resource, SealedPackage, Sealer};

/// Name of the descriptor.
const DESCRIPTOR: &str = "datapackage.json";

/// What sealing needs besides the files.
pub struct SealWith<'a> {
    /// The sender's key.
    pub signer: &'a SigningKey,
    /// What the manifest tells a recipient; its resources are filled in here.
    pub parts: &'a dyn Fn(&Recipient) -> ManifestParts,
}

/// A release that is wholly on disk under names that say that it is not complete. Dropped, it is removed.
pub struct Assembled {
    pub(super) directory: RunDirectory,
    pub(super) whole: Whole,
}

/// What is to be read back.
pub(super) enum Whole {
    Open { descriptor: (u64, Hash), written: Vec<WrittenResource> },
    Sealed { packages: Vec<(String, SealedPackage)>, written: Vec<WrittenResource> },
}

/// Writes the descriptor of a release in the clear.
pub(super) fn assemble_open(
    partial: &Path,
    manifest: &Manifest,
    written: Vec<WrittenResource>,
) -> Result<Whole, ExportError> {
    let all: Vec<&WrittenResource> = written.iter().collect();
    let Written { bytes, hash, .. } = write_descriptor(Place::Open(partial), manifest, &all)?;
    for inner in ["data", "tables"].map(|name| partial.join(name)) {
        if inner.is_dir() {
            sync_folder(&inner)?;
        }
    }
    Ok(Whole::Open { descriptor: (bytes, hash), written })
}

/// Writes the descriptor into the sealed file of each recipient, and signs.
pub(super) fn assemble_sealed(
    files: Vec<(Recipient, Option<Sealer>)>,
    manifest: &Manifest,
    seal: &SealWith<'_>,
    mut written: Vec<WrittenResource>,
) -> Result<Whole, ExportError> {
    let mut packages = Vec::new();
    for (position, (recipient, sealer)) in files.into_iter().enumerate() {
        // A recipient to whom no output goes gets no file.
        let Some(sealer) = sealer else { continue };
        let mut parts = (seal.parts)(&recipient);
        let own = || written.iter().filter(|w| w.recipient == Some(position));
        let mut manifest = manifest.clone();
        manifest.challenge = Some(hexadecimal(&parts.challenge));
        let descriptor = write_descriptor(Place::Sealed(&sealer), &manifest, &own().collect::<Vec<_>>())?;
        parts.resources.extend(own().flat_map(|w| {
            let kind = w.resource.kind.as_str();
            w.files.iter().map(move |file| Resource::new(&file.path, kind, Some(file.rows)))
        }));
        parts.resources.push(Resource::new(DESCRIPTOR, "descriptor", None));
        let inside = written.iter_mut().filter(|w| w.recipient == Some(position)).flat_map(|w| &mut w.files);
        let mut entries: Vec<ClosedEntry> = inside.filter_map(|file| file.sealed.take()).collect();
        entries.extend(descriptor.sealed);
        packages.push((recipient.name, sealer.finish(entries, parts, seal.signer)?));
    }
    Ok(Whole::Sealed { packages, written })
}

fn write_descriptor(
    place: Place<'_>,
    manifest: &Manifest,
    written: &[&WrittenResource],
) -> Result<Written, ExportError> {
    let mut file = HashedFile::create(place, DESCRIPTOR)?;
    let bytes = json_bytes(file.path(), &datapackage(manifest, written))?;
    file.put(&bytes)?;
    file.finish()
}

impl Assembled {
    /// The sealed files as they will be acknowledged; none for a release in the clear.
    #[must_use]
    pub fn packages(&self) -> Vec<PackageReceipt> {
        match &self.whole {
            Whole::Open { .. } => Vec::new(),
            Whole::Sealed { packages, .. } => packages.iter().map(|(to, p)| PackageReceipt::of(to, p)).collect(),
        }
    }

    /// The run directory.
    #[must_use]
    pub fn directory(&self) -> &RunDirectory {
        &self.directory
    }

    /// Gives the run up, as [`RunDirectory::abandon`] does.
    ///
    /// # Errors
    /// As [`RunDirectory::abandon`].
    pub fn abandon(self) -> Result<super::Abandoned, ExportError> {
        drop(self.whole);
        self.directory.abandon()
    }

    /// Reads every file back, compares it, and only then gives the release its name.
    ///
    /// # Errors
    /// Where a file differs from what was written, something else stands among them, or the disk refuses. Nothing is
    /// published then, and the partial files are removed.
    pub fn read_back(self) -> Result<ExportReceipt, ExportError> {
        let Assembled { mut directory, whole } = self;
        let packages = match &whole {
            Whole::Open { .. } => Vec::new(),
            Whole::Sealed { packages, .. } => packages.iter().map(|(to, p)| PackageReceipt::of(to, p)).collect(),
        };
        let files = match whole {
            Whole::Open { descriptor, written } => {
                read_back_open(directory.standing.folder(), &descriptor, &written)?
            }
            Whole::Sealed { packages, written } => {
                let expected: Vec<String> = packages.iter().map(|(_, p)| p.file_name().to_owned()).collect();
                for (_, package) in packages {
                    package.read_back()?;
                }
                let found = read_back::list(directory.standing.folder())?;
                if let Some(file) = found.into_iter().find(|found| !expected.contains(found)) {
                    return Err(ExportError::Stray { file });
                }
                written.iter().flat_map(|w| &w.files).map(|file| receipt_file(&Expected::from(file))).collect()
            }
        };
        directory.publish()?;
        Ok(ExportReceipt { directory: directory.path().to_path_buf(), files, packages })
    }
}

fn read_back_open(
    partial: &Path,
    (bytes, hash): &(u64, Hash),
    written: &[WrittenResource],
) -> Result<Vec<ReceiptFile>, ExportError> {
    let descriptor = Expected { path: DESCRIPTOR, bytes: *bytes, hash, rows: None };
    let resources = written.iter().flat_map(|resource| &resource.files).map(Expected::from);
    let expected: Vec<_> = std::iter::once(descriptor).chain(resources).collect();
    for file in &expected {
        read_back::compare(partial, file)?;
    }
    let is_stray = |found: &String| expected.iter().all(|file| file.path != found);
    if let Some(file) = read_back::list(partial)?.into_iter().find(is_stray) {
        return Err(ExportError::Stray { file });
    }
    Ok(expected.iter().map(receipt_file).collect())
}

fn receipt_file(file: &Expected<'_>) -> ReceiptFile {
    ReceiptFile {
        path: file.path.to_owned(),
        bytes: file.bytes,
        sha256: hexadecimal(file.hash),
        rows: file.rows.map(|(_, rows)| rows),
    }
}
