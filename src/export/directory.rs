//! The folder of a run, from its making to the moment when the release gets its name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::assembled::{Assembled, assemble_open, assemble_sealed};
use super::descriptor::{Manifest, resource_name};
use super::dossier::Dossier;
use super::error::{ExportError, Operation};
use super::files::{Place, checked_name, create_folder, ensure_folder, sync_folder};
use super::read_back;
use super::writer::{self, ResourceWriter, WrittenResource};
use super::{SealWith, StateWith};
use crate::config::{ExportFormat, Recipient};
use crate::disk;
use crate::release::ReleaseResource;
use crate::seal::Sealer;

/// Folder of a release in the clear.
pub(super) const OPEN: &str = "release";
/// Folder of a release in the clear that is not complete.
pub(super) const OPEN_PARTIAL: &str = "release.partial";
/// Folder of the sealed files.
pub(super) const SEALED: &str = "sealed";
/// Folder of sealed files that are not complete.
pub(super) const SEALED_PARTIAL: &str = "sealed.partial";

/// A run directory whose release is not complete. Dropped, it takes every partial file with it; documents that stand
/// in the dossier stay.
pub struct RunDirectory {
    path: PathBuf,
    dossier: Dossier,
    pub(super) standing: Standing,
    /// Name of the run directory, with which sealed files begin.
    name: String,
    /// Whether it was published, or removed on purpose: nothing partial is left.
    pub(super) settled: bool,
    /// Names of the resources begun and not closed.
    open: BTreeSet<String>,
    /// Names of the files as resources.
    names: BTreeSet<String>,
    written: Vec<WrittenResource>,
    /// What is known of outputs that were made coarser, each for its recipient.
    evidence: Vec<(Option<usize>, serde_json::Value)>,
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

/// Where the release stands while it is written.
pub(super) enum Standing {
    /// Files in the clear under this folder.
    Open(PathBuf),
    /// A sealed file for each recipient, in this folder; one is begun with its first output.
    Sealed { folder: PathBuf, files: Vec<(Recipient, Option<Sealer>)> },
}

impl Standing {
    pub(super) fn folder(&self) -> &Path {
        match self {
            Standing::Open(folder) | Standing::Sealed { folder, .. } => folder,
        }
    }

    /// Name of the folder once the release is complete.
    fn last_name(&self) -> &'static str {
        match self {
            Standing::Open(_) => OPEN,
            Standing::Sealed { .. } => SEALED,
        }
    }
}

impl RunDirectory {
    /// Makes `<to>/<pipeline>-<run>/` with an empty release and an empty dossier, for their owner alone. With
    /// recipients, the release is sealed: nothing of it is written in the clear.
    ///
    /// # Errors
    /// Where a name is unsafe, the folder exists already, or the disk refuses.
    pub fn create(to: &Path, pipeline: &str, run: &str, recipients: &[Recipient]) -> Result<Self, ExportError> {
        let name = format!("{}-{}", checked_name(pipeline)?, checked_name(run)?);
        let path = to.join(&name);
        ensure_folder(to)?;
        create_folder(&path)?;
        let standing = if recipients.is_empty() {
            Standing::Open(path.join(OPEN_PARTIAL))
        } else {
            let files = recipients.iter().map(|r| (r.clone(), None)).collect();
            Standing::Sealed { folder: path.join(SEALED_PARTIAL), files }
        };
        let mut directory = Self {
            dossier: Dossier::of(&path),
            standing,
            name,
            settled: false,
            open: BTreeSet::new(),
            names: BTreeSet::new(),
            written: Vec::new(),
            evidence: Vec::new(),
            path,
        };
        // From here on, a failure drops `directory`, which removes what was made.
        create_folder(directory.standing.folder())?;
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

    /// Begins a resource, which has position `index` among those of the release, for the recipient at that position.
    /// Its files exist, with their header, even if no row follows.
    ///
    /// # Errors
    /// Where there is no format, the name is unsafe or taken, the recipient is unknown, or the disk refuses.
    pub fn writer(
        &mut self,
        index: usize,
        resource: &ReleaseResource,
        recipient: Option<usize>,
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
        let unlisted = || ExportError::UnlistedRecipient { resource: name.to_owned() };
        let place = match (&mut self.standing, recipient) {
            (Standing::Open(folder), None) => {
                ensure_folder(&folder.join(writer::folder(resource.kind)))?;
                Place::Open(folder)
            }
            (Standing::Sealed { folder, files }, Some(recipient)) => {
                let (recipient, sealer) = files.get_mut(recipient).ok_or_else(unlisted)?;
                let file = format!("{}-{}.tamis", self.name, checked_name(&recipient.name)?);
                if sealer.is_none() {
                    *sealer = Some(Sealer::create(folder, &file, recipient)?);
                }
                Place::Sealed(sealer.as_ref().ok_or_else(unlisted)?)
            }
            _ => return Err(unlisted()),
        };
        let writer = ResourceWriter::create(place, index, resource, recipient, formats)?;
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

    /// Lays the evidence that an output is anonymised beside the data of its recipient, in the order of the calls.
    pub fn attest(&mut self, recipient: Option<usize>, evidence: serde_json::Value) {
        self.evidence.push((recipient, evidence));
    }

    /// Writes the descriptors. Everything is on disk then, under names that say that it is not complete.
    ///
    /// `seal` is asked what is told and signed for each recipient, where the release is sealed.
    ///
    /// # Errors
    /// Where a resource is not closed, or the disk refuses. The partial files are removed.
    pub fn assemble(self, manifest: &Manifest, seal: Option<&SealWith<'_>>) -> Result<Assembled, ExportError> {
        self.assembled(manifest, seal, None)
    }

    /// As [`RunDirectory::assemble`] for a release in the clear, with a signed statement about every file of it.
    ///
    /// # Errors
    /// As [`RunDirectory::assemble`].
    pub fn assemble_stated(self, manifest: &Manifest, state: &StateWith<'_>) -> Result<Assembled, ExportError> {
        self.assembled(manifest, None, Some(state))
    }

    fn assembled(
        mut self,
        manifest: &Manifest,
        seal: Option<&SealWith<'_>>,
        state: Option<&StateWith<'_>>,
    ) -> Result<Assembled, ExportError> {
        if let Some(resource) = self.open.first() {
            return Err(ExportError::Unclosed { resource: resource.clone() });
        }
        self.written.sort_by_key(|resource| resource.index);
        let written = std::mem::take(&mut self.written);
        let evidence = std::mem::take(&mut self.evidence);
        let whole = match &mut self.standing {
            Standing::Open(partial) => assemble_open(partial, manifest, state, &evidence, written)?,
            Standing::Sealed { files, .. } => {
                let seal = seal.ok_or(ExportError::NoSigningKey)?;
                assemble_sealed(std::mem::take(files), manifest, seal, &evidence, written)?
            }
        };
        sync_folder(self.standing.folder())?;
        Ok(Assembled { directory: self, whole })
    }

    /// Gives the release its name, for good.
    pub(super) fn publish(&mut self) -> Result<(), ExportError> {
        let release = self.path.join(self.standing.last_name());
        publish(&self.path, self.standing.folder(), &release)?;
        self.settled = true;
        Ok(())
    }

    /// Gives the run up: removes every partial file and says how many. The dossier stays.
    ///
    /// # Errors
    /// Where a partial file could not be removed; it is tried once more as the run directory is dropped.
    pub fn abandon(mut self) -> Result<Abandoned, ExportError> {
        let mut abandoned = Abandoned { dossier: self.dossier.clone(), files: 0, bytes: 0 };
        remove_counted(self.standing.folder(), &mut abandoned)?;
        sync_folder(&self.path)?;
        self.settled = true;
        Ok(abandoned)
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        // Nobody is left to be told; `abandon` is the way that reports.
        if !self.settled {
            let _ = disk::remove_tree(self.standing.folder());
            self.dossier.remove_if_empty();
            let _ = disk::remove_folder(&self.path);
        }
    }
}

/// Names of the folder of a release, before and after it is complete; in the clear or sealed.
pub(super) fn folders(open: bool) -> [&'static str; 2] {
    if open { [OPEN_PARTIAL, OPEN] } else { [SEALED_PARTIAL, SEALED] }
}

/// Whether a release stands in a run directory under its name.
#[must_use]
pub fn is_published(run: &Path) -> bool {
    [OPEN, SEALED].into_iter().any(|name| disk::exists(&run.join(name)))
}

/// Whether something partial of a release is left in a run directory.
#[must_use]
pub fn has_partial(run: &Path) -> bool {
    [OPEN_PARTIAL, SEALED_PARTIAL].into_iter().any(|name| disk::exists(&run.join(name)))
}

/// Removes what a process that was killed left of its release in a run directory.
///
/// # Errors
/// Where the disk refuses.
pub fn remove_partial(run: &Path) -> Result<Abandoned, ExportError> {
    let mut abandoned = Abandoned { dossier: Dossier::of(run), files: 0, bytes: 0 };
    for name in [OPEN_PARTIAL, SEALED_PARTIAL] {
        let folder = run.join(name);
        if disk::exists(&folder) {
            remove_counted(&folder, &mut abandoned)?;
        }
    }
    sync_folder(run)?;
    Ok(abandoned)
}

/// Removes the release in the clear of a run directory, if there is one.
///
/// # Errors
/// Where the disk refuses; what was not removed yet stands then.
pub fn remove_release(run: &Path) -> Result<Abandoned, ExportError> {
    let mut removed = Abandoned { dossier: Dossier::of(run), files: 0, bytes: 0 };
    let folder = run.join(OPEN);
    if disk::exists(&folder) {
        remove_counted(&folder, &mut removed)?;
        sync_folder(run)?;
    }
    Ok(removed)
}

fn remove_counted(folder: &Path, abandoned: &mut Abandoned) -> Result<(), ExportError> {
    for file in read_back::list(folder)? {
        let path = folder.join(file);
        let metadata = disk::metadata(&path).map_err(ExportError::io(&path, Operation::Read))?;
        abandoned.files += 1;
        abandoned.bytes += metadata.len();
    }
    disk::remove_tree(folder).map_err(ExportError::io(folder, Operation::Remove))
}

/// Renames a folder that is complete to its last name, which must be free, and waits until the disk has it.
pub(super) fn publish(run: &Path, partial: &Path, last: &Path) -> Result<(), ExportError> {
    if disk::exists(last) {
        // A rename would silently take the place of an empty folder.
        let kind = std::io::ErrorKind::AlreadyExists;
        return Err(ExportError::Io { path: last.to_path_buf(), operation: Operation::Rename, kind });
    }
    disk::rename(partial, last).map_err(ExportError::io(last, Operation::Rename))?;
    let flushed = sync_folder(run).and_then(|()| run.parent().map_or(Ok(()), sync_folder));
    if flushed.is_err() {
        // The name may be lost with the power: it is taken back, so that nothing stands that was not promised.
        if disk::rename(last, partial).is_err() {
            let _ = disk::remove_tree(last);
        }
    }
    flushed
}
