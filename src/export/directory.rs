//! The folder of a run, from its making to the moment when the release gets its name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::descriptor::{Manifest, datapackage, resource_name};
use super::dossier::{Dossier, json_bytes};
use super::error::{ExportError, Operation};
use super::files::{Hash, HashedFile, checked_name, create_folder, ensure_folder, hexadecimal, sync_folder};
use super::read_back::{self, Expected};
use super::receipt::{ExportReceipt, ReceiptFile};
use super::writer::{ResourceWriter, WrittenResource, folder};
use crate::config::ExportFormat;
use crate::disk;
use crate::release::ReleaseResource;

/// Name of the descriptor.
const DESCRIPTOR: &str = "datapackage.json";

/// A run directory whose release is not complete. Dropped, it takes every partial file with it; documents that stand
/// in the dossier stay.
pub struct RunDirectory {
    path: PathBuf,
    dossier: Dossier,
    /// The release where it stands now.
    release: PathBuf,
    /// Whether it was published, or removed on purpose: nothing partial is left.
    settled: bool,
    /// Names of the resources begun and not closed.
    open: BTreeSet<String>,
    /// Names of the files as resources.
    names: BTreeSet<String>,
    written: Vec<WrittenResource>,
}

/// What was removed when a run was given up. Its dossier stays, for the certificate.
#[derive(Debug, Clone)]
pub struct Abandoned {
    dossier: Dossier,
    files: u64,
    bytes: u64,
}

impl Abandoned {
    /// Where the documents about the failed run go.
    #[must_use]
    pub fn dossier(&self) -> &Dossier {
        &self.dossier
    }

    /// Partial files removed.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files
    }

    /// Their length together, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl RunDirectory {
    /// Makes `<to>/<pipeline>-<run>/` with an empty release and an empty dossier, for their owner alone.
    ///
    /// # Errors
    /// Where a name is unsafe, the folder exists already, or the disk refuses.
    pub fn create(to: &Path, pipeline: &str, run: &str) -> Result<Self, ExportError> {
        let path = to.join(format!("{}-{}", checked_name(pipeline)?, checked_name(run)?));
        ensure_folder(to)?;
        create_folder(&path)?;
        let mut directory = Self {
            dossier: Dossier::of(&path),
            release: path.join("release.partial"),
            settled: false,
            open: BTreeSet::new(),
            names: BTreeSet::new(),
            written: Vec::new(),
            path,
        };
        // From here on, a failure drops `directory`, which removes what was made.
        create_folder(&directory.release)?;
        directory.dossier = Dossier::create(&directory.path)?;
        sync_folder(&directory.path)?;
        sync_folder(to)?;
        Ok(directory)
    }

    /// The run directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the sender's own documents go.
    #[must_use]
    pub fn dossier(&self) -> &Dossier {
        &self.dossier
    }

    /// Begins a resource, which has position `index` among those of the release. Its files exist, with their header,
    /// even if no row follows.
    ///
    /// # Errors
    /// Where there is no format, the name is unsafe or taken, or the disk refuses.
    pub fn writer(
        &mut self,
        index: usize,
        resource: &ReleaseResource,
        formats: &[ExportFormat],
    ) -> Result<ResourceWriter, ExportError> {
        let name = checked_name(&resource.name)?;
        if formats.is_empty() {
            return Err(ExportError::NoFormat { resource: name.to_owned() });
        }
        for format in [ExportFormat::Csv, ExportFormat::Parquet].into_iter().filter(|one| formats.contains(one)) {
            if !self.names.insert(resource_name(name, format)) {
                return Err(ExportError::Duplicate { name: resource_name(name, format) });
            }
        }
        ensure_folder(&self.release.join(folder(resource.kind)))?;
        let writer = ResourceWriter::create(&self.release, index, resource, formats)?;
        self.open.insert(name.to_owned());
        Ok(writer)
    }

    /// Completes a resource: everything in it is on disk afterwards. Its number of rows.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn close(&mut self, writer: ResourceWriter) -> Result<u64, ExportError> {
        let written = writer.close()?;
        self.open.remove(&written.resource.name);
        let rows = written.files.first().map_or(0, |file| file.rows);
        self.written.push(written);
        Ok(rows)
    }

    /// Writes the descriptor, reads every file back and compares it, and only then gives the release its name.
    ///
    /// # Errors
    /// Where a resource is not closed, a file differs from what was written, something else stands among them, or
    /// the disk refuses. Nothing is published then, and the partial files are removed.
    pub fn finish(mut self, manifest: &Manifest) -> Result<ExportReceipt, ExportError> {
        if let Some(resource) = self.open.first() {
            return Err(ExportError::Unclosed { resource: resource.clone() });
        }
        self.written.sort_by_key(|resource| resource.index);
        let partial = self.release.clone();
        let (bytes, hash) = write_descriptor(&partial, manifest, &self.written)?;
        for inner in ["data", "tables"].map(|name| partial.join(name)) {
            if inner.is_dir() {
                sync_folder(&inner)?;
            }
        }
        sync_folder(&partial)?;

        let descriptor = Expected { path: DESCRIPTOR, bytes, hash: &hash, rows: None };
        let resources = self.written.iter().flat_map(|resource| &resource.files).map(Expected::from);
        let expected: Vec<_> = std::iter::once(descriptor).chain(resources).collect();
        for file in &expected {
            read_back::compare(&partial, file)?;
        }
        if let Some(file) = read_back::list(&partial)?.into_iter().find(|found| is_stray(found, &expected)) {
            return Err(ExportError::Stray { file });
        }
        let files = expected.iter().map(receipt_file).collect();

        self.publish(&partial)?;
        Ok(ExportReceipt { directory: self.path.clone(), files })
    }

    /// Gives the release its name, for good.
    fn publish(&mut self, partial: &Path) -> Result<(), ExportError> {
        let release = self.path.join("release");
        if disk::exists(&release) {
            // A rename would silently take the place of an empty folder.
            let kind = std::io::ErrorKind::AlreadyExists;
            return Err(ExportError::Io { path: release, operation: Operation::Rename, kind });
        }
        disk::rename(partial, &release).map_err(ExportError::io(&release, Operation::Rename))?;
        // Until the new name is on disk, it is the one to remove.
        self.release = release;
        sync_folder(&self.path)?;
        if let Some(parent) = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_folder(parent)?;
        }
        self.settled = true;
        Ok(())
    }

    /// Gives the run up: removes every partial file and says how many. The dossier stays.
    ///
    /// # Errors
    /// Where a partial file could not be removed; it is tried once more as the run directory is dropped.
    pub fn abandon(mut self) -> Result<Abandoned, ExportError> {
        let mut abandoned = Abandoned { dossier: self.dossier.clone(), files: 0, bytes: 0 };
        for file in read_back::list(&self.release)? {
            let path = self.release.join(file);
            let metadata = disk::metadata(&path).map_err(ExportError::io(&path, Operation::Read))?;
            abandoned.files += 1;
            abandoned.bytes += metadata.len();
        }
        disk::remove_tree(&self.release).map_err(ExportError::io(&self.release, Operation::Remove))?;
        sync_folder(&self.path)?;
        self.settled = true;
        Ok(abandoned)
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        // Nobody is left to be told; `abandon` is the way that reports.
        if !self.settled {
            let _ = disk::remove_tree(&self.release);
            self.dossier.remove_if_empty();
            let _ = disk::remove_folder(&self.path);
        }
    }
}

fn write_descriptor(
    partial: &Path,
    manifest: &Manifest,
    written: &[WrittenResource],
) -> Result<(u64, Hash), ExportError> {
    let path = partial.join(DESCRIPTOR);
    let bytes = json_bytes(&path, &datapackage(manifest, written))?;
    let mut file = HashedFile::create(path)?;
    file.put(&bytes)?;
    file.seal()
}

fn is_stray(found: &str, expected: &[Expected<'_>]) -> bool {
    expected.iter().all(|file| file.path != found)
}

fn receipt_file(file: &Expected<'_>) -> ReceiptFile {
    ReceiptFile {
        path: file.path.to_owned(),
        bytes: file.bytes,
        sha256: hexadecimal(file.hash),
        rows: file.rows.map(|(_, rows)| rows),
    }
}
