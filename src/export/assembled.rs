//! A release that is wholly on disk and not yet read back.

use std::path::Path;

use serde_json::{Value, json};

use super::descriptor::{Manifest, datapackage};
use super::directory::{RunDirectory, folders, publish};
use super::dossier::json_bytes;
use super::error::ExportError;
use super::files::{Hash, HashedFile, Place, Written, hexadecimal, sync_folder};
use super::read_back::{self, Expected};
use super::receipt::{ExportReceipt, PackageReceipt, ReceiptFile};
use super::writer::{WrittenDocument, WrittenResource};
use crate::config::Recipient;
use crate::keys::SigningKey;
use crate::seal::{
    Challenge, ClosedEntry, ManifestParts, ReleaseParts, STATEMENT, SealedPackage, Sealer, StatedFile, Statement,
};

/// Name of the descriptor.
const DESCRIPTOR: &str = "datapackage.json";
/// Name of the evidence that per-person outputs are anonymised.
const EVIDENCE: &str = "data/anonymisation.json";

/// What sealing needs besides the files.
pub struct SealWith<'a> {
    /// The sender's key.
    pub signer: &'a SigningKey,
    /// What the manifest tells a recipient.
    pub parts: &'a dyn Fn(&Recipient, Challenge) -> ManifestParts,
}

/// What signing a release in the clear needs besides the files.
pub struct StateWith<'a> {
    /// The key.
    pub signer: &'a SigningKey,
    /// What is signed about the release beside its files.
    pub release: ReleaseParts,
}

/// A release that is wholly on disk under names that say that it is not complete. Dropped, it is removed.
pub struct Assembled {
    pub(super) directory: RunDirectory,
    pub(super) whole: Whole,
}

/// What is to be read back.
pub(super) enum Whole {
    Open {
        descriptor: (u64, Hash),
        /// The evidence and the statement, where there are any.
        documents: Vec<WrittenDocument>,
        written: Vec<WrittenResource>,
    },
    Sealed {
        packages: Vec<(PackageReceipt, SealedPackage)>,
        documents: Vec<WrittenDocument>,
        written: Vec<WrittenResource>,
    },
}

/// Writes the descriptor of a release in the clear, and the statement where it is signed.
pub(super) fn assemble_open(
    partial: &Path,
    manifest: &Manifest,
    state: Option<&StateWith<'_>>,
    evidence: &[(Option<usize>, Value)],
    written: Vec<WrittenResource>,
) -> Result<Whole, ExportError> {
    let all: Vec<&WrittenResource> = written.iter().collect();
    let evidence = write_evidence(Place::Open(partial), evidence.iter().map(|(_, told)| told))?;
    let Written { bytes, hash, .. } = write_descriptor(Place::Open(partial), manifest, &all, evidence.as_ref())?;
    let state = state.map(|state| {
        let files = stated(&all, evidence.as_ref(), (bytes, &hash));
        let statement = Statement::new(state.release.clone(), None, files, state.signer.verifier());
        write_statement(Place::Open(partial), &statement, state.signer)
    });
    let documents = evidence.into_iter().chain(state.transpose()?).collect();
    for inner in ["data", "tables"].map(|name| partial.join(name)) {
        if inner.is_dir() {
            sync_folder(&inner)?;
        }
    }
    Ok(Whole::Open { descriptor: (bytes, hash), documents, written })
}

/// Writes the descriptor into the sealed file of each recipient, and signs.
pub(super) fn assemble_sealed(
    files: Vec<(Recipient, Option<Sealer>)>,
    manifest: &Manifest,
    seal: &SealWith<'_>,
    told: &[(Option<usize>, Value)],
    mut written: Vec<WrittenResource>,
) -> Result<Whole, ExportError> {
    let (mut packages, mut documents) = (Vec::new(), Vec::new());
    for (position, (recipient, sealer)) in files.into_iter().enumerate() {
        // A recipient to whom no output goes gets no file.
        let Some(sealer) = sealer else { continue };
        let parts = (seal.parts)(&recipient, Challenge::random()?);
        let mut manifest = manifest.clone();
        manifest.challenge = Some(parts.challenge.to_hex().to_string());
        let own: Vec<&WrittenResource> = written.iter().filter(|w| w.recipient == Some(position)).collect();
        let told = told.iter().filter(|(recipient, _)| *recipient == Some(position)).map(|(_, told)| told);
        let mut evidence = write_evidence(Place::Sealed(&sealer), told)?;
        let descriptor = write_descriptor(Place::Sealed(&sealer), &manifest, &own, evidence.as_ref())?;
        let use_until = recipient.use_until.date(parts.release.made.date_naive());
        let files = stated(&own, evidence.as_ref(), (descriptor.bytes, &descriptor.hash));
        let to = Some((recipient.name.as_str(), use_until));
        let statement = Statement::new(parts.release.clone(), to, files, seal.signer.verifier());
        let mut statement = write_statement(Place::Sealed(&sealer), &statement, seal.signer)?;
        let inside = written.iter_mut().filter(|w| w.recipient == Some(position)).flat_map(|w| &mut w.files);
        let mut entries: Vec<ClosedEntry> =
            inside.filter_map(|file| Some(file.sealed.take()?.with_rows(file.rows))).collect();
        entries.extend(evidence.as_mut().and_then(|evidence| evidence.sealed.take()));
        entries.extend(descriptor.sealed);
        entries.extend(statement.sealed.take());
        documents.extend(evidence.into_iter().chain([statement]));
        let package = sealer.finish(entries, parts, seal.signer)?;
        packages.push((PackageReceipt::of(&package, use_until), package));
    }
    Ok(Whole::Sealed { packages, documents, written })
}

/// Every file as it is in the clear.
fn stated(
    written: &[&WrittenResource],
    evidence: Option<&WrittenDocument>,
    (bytes, hash): (u64, &Hash),
) -> Vec<StatedFile> {
    let file = |path: &str, bytes, hash: &Hash| StatedFile {
        path: path.to_owned(),
        bytes,
        sha256: crate::seal::Hash::from_bytes(*hash),
    };
    let data = written.iter().flat_map(|resource| &resource.files).map(|f| file(&f.path, f.bytes, &f.hash));
    let evidence = evidence.map(|document| file(document.path, document.bytes, &document.hash));
    data.chain(evidence).chain([file(DESCRIPTOR, bytes, hash)]).collect()
}

fn write_statement(
    place: Place<'_>,
    statement: &Statement,
    signer: &SigningKey,
) -> Result<WrittenDocument, ExportError> {
    let note = statement.sign(signer)?;
    let mut file = HashedFile::create(place, STATEMENT)?;
    file.put(note.as_bytes())?;
    let Written { bytes, hash, sealed } = file.finish()?;
    Ok(WrittenDocument { path: STATEMENT, bytes, hash, sealed })
}

fn write_descriptor(
    place: Place<'_>,
    manifest: &Manifest,
    written: &[&WrittenResource],
    evidence: Option<&WrittenDocument>,
) -> Result<Written, ExportError> {
    let mut file = HashedFile::create(place, DESCRIPTOR)?;
    let bytes = json_bytes(file.path(), &datapackage(manifest, written, evidence))?;
    file.put(&bytes)?;
    file.finish()
}

/// Writes what is known of outputs that were made coarser; nothing where there is none.
fn write_evidence<'v>(
    place: Place<'_>,
    told: impl Iterator<Item = &'v Value>,
) -> Result<Option<WrittenDocument>, ExportError> {
    let outputs: Vec<&Value> = told.collect();
    if outputs.is_empty() {
        return Ok(None);
    }
    let mut file = HashedFile::create(place, EVIDENCE)?;
    let bytes = json_bytes(file.path(), &json!({ "outputs": outputs }))?;
    file.put(&bytes)?;
    let Written { bytes, hash, sealed } = file.finish()?;
    Ok(Some(WrittenDocument { path: EVIDENCE, bytes, hash, sealed }))
}

impl Assembled {
    /// The sealed files as they will be acknowledged; none for a release in the clear.
    #[must_use]
    pub fn packages(&self) -> Vec<PackageReceipt> {
        match &self.whole {
            Whole::Open { .. } => Vec::new(),
            Whole::Sealed { packages, .. } => packages.iter().map(|(receipt, _)| receipt.clone()).collect(),
        }
    }

    /// Every file of the release, as it was before encryption.
    #[must_use]
    pub fn files(&self) -> Vec<ReceiptFile> {
        match &self.whole {
            Whole::Open { descriptor, documents, written } => {
                open_files(descriptor, documents, written).iter().map(receipt_file).collect()
            }
            Whole::Sealed { written, documents, .. } => {
                let files = written.iter().flat_map(|w| &w.files).map(Expected::from);
                files.chain(documents.iter().map(Expected::from)).map(|file| receipt_file(&file)).collect()
            }
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

    /// Reads every file back and compares it; then the release may get its name.
    ///
    /// # Errors
    /// Where a file differs from what was written, something else stands among them, or the disk refuses. Nothing is
    /// published then, and the partial files are removed.
    pub fn read_back(self) -> Result<Compared, ExportError> {
        let (files, packages) = (self.files(), self.packages());
        let Assembled { directory, whole } = self;
        match whole {
            Whole::Open { descriptor, documents, written } => {
                let files = open_files(&descriptor, &documents, &written);
                read_back_open(directory.standing.folder(), &files)?;
            }
            Whole::Sealed { packages, .. } => {
                let expected: Vec<String> = packages.iter().map(|(receipt, _)| receipt.file.clone()).collect();
                for (_, package) in packages {
                    package.read_back()?;
                }
                only_these(directory.standing.folder(), &expected)?;
            }
        }
        let receipt = ExportReceipt { directory: directory.path().to_path_buf(), files, packages };
        Ok(Compared { receipt, unnamed: Unnamed::Own(Box::new(directory)) })
    }
}

/// A release that was read back and compared, and does not have its name yet. In between, the journal says that it was read
/// back: so no release is ever seen of which the journal does not say so.
#[must_use = "the release has no name yet"]
pub struct Compared {
    pub(super) receipt: ExportReceipt,
    pub(super) unnamed: Unnamed,
}

/// What stands between a release and its name.
pub(super) enum Unnamed {
    /// This process made it. Dropped, it is removed.
    Own(Box<RunDirectory>),
    /// An earlier process made it; it still has the name of something that is not complete.
    Left,
    /// Nothing: an earlier process named it.
    Nothing,
}

impl Compared {
    /// The proof that it was read back.
    pub fn receipt(&self) -> &ExportReceipt {
        &self.receipt
    }

    /// Gives the release its name, for good.
    ///
    /// # Errors
    /// Where the name is taken or the disk refuses. Nothing is published then.
    pub fn publish(self) -> Result<ExportReceipt, ExportError> {
        match self.unnamed {
            Unnamed::Own(mut directory) => directory.publish()?,
            Unnamed::Left => {
                let folders = folders(self.receipt.packages.is_empty());
                let [partial, last] = folders.map(|name| self.receipt.directory.join(name));
                publish(&self.receipt.directory, &partial, &last)?;
            }
            Unnamed::Nothing => {}
        }
        Ok(self.receipt)
    }
}

/// Refuses a folder with anything else in it.
pub(super) fn only_these(folder: &Path, expected: &[String]) -> Result<(), ExportError> {
    match read_back::list(folder)?.into_iter().find(|found| !expected.contains(found)) {
        Some(file) => Err(ExportError::Stray { file }),
        None => Ok(()),
    }
}

/// The files of a release in the clear, the descriptor first.
fn open_files<'a>(
    (bytes, hash): &'a (u64, Hash),
    documents: &'a [WrittenDocument],
    written: &'a [WrittenResource],
) -> Vec<Expected<'a>> {
    let descriptor = Expected { path: DESCRIPTOR, bytes: *bytes, hash, rows: None };
    let files = written.iter().flat_map(|resource| &resource.files).map(Expected::from);
    std::iter::once(descriptor).chain(files).chain(documents.iter().map(Expected::from)).collect()
}

fn read_back_open(partial: &Path, expected: &[Expected<'_>]) -> Result<(), ExportError> {
    for file in expected {
        read_back::compare(partial, file)?;
    }
    only_these(partial, &expected.iter().map(|file| file.path.to_owned()).collect::<Vec<_>>())
}

fn receipt_file(file: &Expected<'_>) -> ReceiptFile {
    ReceiptFile {
        path: file.path.to_owned(),
        bytes: file.bytes,
        sha256: hexadecimal(file.hash),
        rows: file.rows.map(|(_, rows)| rows),
    }
}
