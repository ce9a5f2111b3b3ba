//! Builds a package. Plaintext comes in through [`SealedEntry`], which is a writer, and is encrypted on its way; memory does
//! not grow with the length of an entry.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use age::Encryptor;
use age::stream::StreamWriter;
use sha2::{Digest, Sha256};

use super::content::{Content, Expected};
use super::error::{Act, SealError};
use super::hash::Hash;
use super::manifest::{Manifest, ManifestEntry, ManifestParts, ManifestRecipient};
use super::name::{DESCRIPTOR, EntryName, MANIFEST, PACKAGE_ENDING, is_plain};
use super::package::SealedPackage;
use super::partial::{Partial, entry_path};
use super::tar;
use crate::config::{self, UseUntil};
use crate::disk::{self, DiskFile};
use crate::keys::SigningKey;

/// One recipient's package under construction.
pub struct Sealer {
    folder: PathBuf,
    file_name: String,
    age: age::x25519::Recipient,
    recipient: ManifestRecipient,
    use_until: UseUntil,
    /// Names of the entries begun.
    begun: Arc<Mutex<BTreeSet<EntryName>>>,
}

/// An entry that is being written. Dropped before it is closed, it leaves nothing behind.
pub struct SealedEntry {
    name: EntryName,
    /// `None` once a write failed: the ciphertext is cut in the middle then.
    pub(super) writer: Option<StreamWriter<Ciphertext>>,
    plain: Sha256,
    plain_bytes: u64,
    path: PathBuf,
    partial: Partial,
    package: Arc<Mutex<BTreeSet<EntryName>>>,
}

/// An entry that is complete and on disk, encrypted. Dropped before it is in its package, it leaves nothing behind.
pub struct ClosedEntry {
    name: EntryName,
    plain_bytes: u64,
    plain_sha256: Hash,
    sealed_bytes: u64,
    sealed_sha256: Hash,
    rows: Option<u64>,
    path: PathBuf,
    /// Removes the file when the entry goes.
    _partial: Partial,
    package: Arc<Mutex<BTreeSet<EntryName>>>,
}

/// A file of ciphertext, hashed as it is written.
pub(super) struct Ciphertext {
    file: DiskFile,
    hasher: Sha256,
    bytes: u64,
}

impl Write for Ciphertext {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Only what the system took counts: a short write is continued by the caller.
        let taken = self.file.write(bytes)?;
        self.hasher.update(&bytes[..taken]);
        self.bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Sealer {
    /// Begins a package in an existing folder. `file_name` is [`super::package_name`]'s.
    ///
    /// # Errors
    /// Where the recipient's key or the name cannot be used, or the name is taken.
    pub fn create(folder: &Path, file_name: &str, recipient: &config::Recipient) -> Result<Self, SealError> {
        let unusable = |_| SealError::RecipientKey { name: recipient.name.clone() };
        let age = recipient.age.parse::<age::x25519::Recipient>().map_err(unusable)?;
        if !is_plain(file_name, 230) || !file_name.ends_with(PACKAGE_ENDING) {
            return Err(SealError::Name { name: file_name.to_owned() });
        }
        let path = folder.join(file_name);
        if disk::exists(&path) {
            return Err(SealError::Exists { path });
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            file_name: file_name.to_owned(),
            // Written anew from the key itself: in the one form that the reader compares with.
            recipient: ManifestRecipient { name: recipient.name.clone(), age: age.to_string() },
            age,
            use_until: recipient.use_until,
            begun: Arc::default(),
        })
    }

    /// Begins an entry; `name` is its path in the release. Several may be open at a time.
    ///
    /// # Errors
    /// Where the name is unsafe or taken, or the disk refuses.
    pub fn entry(&self, name: &str) -> Result<SealedEntry, SealError> {
        let name = EntryName::new(name).ok_or_else(|| SealError::Name { name: name.to_owned() })?;
        let n = {
            let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
            if !begun.insert(name.clone()) {
                return Err(SealError::Duplicate { name });
            }
            begun.len()
        };
        let path = entry_path(&self.folder, &self.file_name, n);
        let file = disk::create_new(&path).map_err(SealError::io(&path, Act::Create))?;
        let partial = Partial::new(path.clone());
        let recipients = std::iter::once(&self.age as &dyn age::Recipient);
        // Only a passphrase beside a recipient, or none at all, makes this fail.
        let unusable = |_| SealError::RecipientKey { name: self.recipient.name.clone() };
        let encryptor = Encryptor::with_recipients(recipients).map_err(unusable)?;
        let ciphertext = Ciphertext { file, hasher: Sha256::new(), bytes: 0 };
        let writer = encryptor.wrap_output(ciphertext).map_err(SealError::io(&path, Act::Write))?;
        Ok(SealedEntry {
            name,
            writer: Some(writer),
            plain: Sha256::new(),
            plain_bytes: 0,
            path,
            partial,
            package: Arc::clone(&self.begun),
        })
    }

    /// Puts the entries and the signed manifest into one file, under a temporary name. Its entries' files are gone then.
    ///
    /// # Errors
    /// Where an entry is missing or another package's, the manifest cannot be signed, or the disk refuses. Nothing is left
    /// behind then.
    pub fn finish(
        self,
        mut entries: Vec<ClosedEntry>,
        manifest: ManifestParts,
        signer: &SigningKey,
    ) -> Result<SealedPackage, SealError> {
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        self.all_there(&entries)?;
        let described = entries.iter().map(ClosedEntry::describe).collect();
        let use_until = self.use_until.date(manifest.release.made.date_naive());
        let contents: Vec<Content> = entries.iter().map(ClosedEntry::content).collect();
        let signed = Manifest::new(&manifest, self.recipient.clone(), use_until, described, signer);
        let note = signed.sign(signer)?;

        let path = self.folder.join(&self.file_name);
        let partial_path = disk::partial_name(&path);
        let file = disk::create_new(&partial_path).map_err(SealError::io(&partial_path, Act::Create))?;
        let partial = Partial::new(partial_path.clone());
        let mut out = Ciphertext { file, hasher: Sha256::new(), bytes: 0 };
        for entry in entries {
            append(&mut out, &partial_path, &entry)?;
        }
        put(&mut out, &partial_path, MANIFEST, note.as_bytes())?;
        let written = out.write_all(&[0; tar::END as usize]).and_then(|()| out.flush());
        written.map_err(SealError::io(&partial_path, Act::Write))?;
        out.file.sync().map_err(SealError::io(&partial_path, Act::Sync))?;
        // The name has to survive a loss of power as well: until it is read back, this file is all there is.
        disk::sync_folder(&self.folder).map_err(SealError::io(&self.folder, Act::Sync))?;

        let note_hash = Hash::of(note.as_bytes());
        let expected =
            Expected::of(&manifest.release.run, &self.recipient.name, note_hash, &manifest.challenge, &contents);
        let verifier = signer.verifier().clone();
        Ok(SealedPackage::new(path, partial, out.bytes, Hash::finish(out.hasher), expected, verifier))
    }

    /// Whether these are the entries that were begun here, all of them and no others.
    fn all_there(&self, entries: &[ClosedEntry]) -> Result<(), SealError> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let given: BTreeSet<&EntryName> = entries.iter().map(|entry| &entry.name).collect();
        let ours = entries.iter().all(|entry| Arc::ptr_eq(&entry.package, &self.begun));
        if !ours || given.len() != entries.len() || given != begun.iter().collect() {
            return Err(SealError::Entries);
        }
        if begun.iter().any(|name| name.as_str() == DESCRIPTOR) { Ok(()) } else { Err(SealError::NoDescriptor) }
    }
}

impl Write for SealedEntry {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(writer) = &mut self.writer else {
            return Err(io::Error::other("an earlier write of this entry failed"));
        };
        match writer.write(bytes) {
            Ok(taken) => {
                self.plain.update(&bytes[..taken]);
                self.plain_bytes += taken as u64;
                Ok(taken)
            }
            Err(error) => {
                // A block is half written; another try would put it there twice.
                self.writer = None;
                Err(error)
            }
        }
    }

    /// Does nothing: a block is written when it is full, and the last one when the entry is closed.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SealedEntry {
    /// The path in the release.
    #[must_use]
    pub fn name(&self) -> &EntryName {
        &self.name
    }

    /// Ends the entry; its ciphertext is on disk afterwards.
    ///
    /// # Errors
    /// Where an earlier write failed, or the disk refuses; the entry is given up then.
    pub fn close(mut self) -> Result<ClosedEntry, SealError> {
        let given_up = || SealError::GivenUp { name: self.name.clone() };
        let writer = self.writer.take().ok_or_else(given_up)?;
        let sealed = writer.finish().map_err(SealError::io(&self.path, Act::Write))?;
        sealed.file.sync().map_err(SealError::io(&self.path, Act::Sync))?;
        Ok(ClosedEntry {
            name: self.name,
            plain_bytes: self.plain_bytes,
            plain_sha256: Hash::finish(self.plain),
            sealed_bytes: sealed.bytes,
            sealed_sha256: Hash::finish(sealed.hasher),
            rows: None,
            path: self.path,
            _partial: self.partial,
            package: self.package,
        })
    }
}

impl ClosedEntry {
    /// Tells the number of rows in it, for the manifest.
    #[must_use]
    pub fn with_rows(mut self, rows: u64) -> Self {
        self.rows = Some(rows);
        self
    }

    /// The path in the release.
    #[must_use]
    pub fn name(&self) -> &EntryName {
        &self.name
    }

    /// Length before encryption, in bytes.
    #[must_use]
    pub fn plain_bytes(&self) -> u64 {
        self.plain_bytes
    }

    /// SHA-256 before encryption: for the encrypted descriptor only.
    #[must_use]
    pub fn plain_sha256(&self) -> Hash {
        self.plain_sha256
    }

    /// Length of the ciphertext, in bytes.
    #[must_use]
    pub fn sealed_bytes(&self) -> u64 {
        self.sealed_bytes
    }

    /// SHA-256 of the ciphertext.
    #[must_use]
    pub fn sealed_sha256(&self) -> Hash {
        self.sealed_sha256
    }

    fn describe(&self) -> ManifestEntry {
        ManifestEntry {
            name: self.name.clone(),
            bytes: self.sealed_bytes,
            sha256: self.sealed_sha256,
            kind: self.name.kind().to_owned(),
            rows: self.rows,
        }
    }

    fn content(&self) -> Content {
        Content { name: self.name.clone(), bytes: self.plain_bytes, sha256: self.plain_sha256 }
    }
}

/// Copies an entry's ciphertext into the package and compares it on the way with what was encrypted.
fn append(out: &mut Ciphertext, to: &Path, entry: &ClosedEntry) -> Result<(), SealError> {
    begin(out, to, &entry.name.sealed(), entry.sealed_bytes)?;
    let mut file = disk::open(&entry.path).map_err(SealError::io(&entry.path, Act::Read))?;
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let length = file.read(&mut buffer).map_err(SealError::io(&entry.path, Act::Read))?;
        if length == 0 {
            break;
        }
        bytes += length as u64;
        hasher.update(&buffer[..length]);
        out.write_all(&buffer[..length]).map_err(SealError::io(to, Act::Write))?;
    }
    if bytes != entry.sealed_bytes || Hash::finish(hasher) != entry.sealed_sha256 {
        return Err(SealError::ReadBack { path: entry.path.clone() });
    }
    pad(out, to, bytes)
}

fn put(out: &mut Ciphertext, to: &Path, name: &str, bytes: &[u8]) -> Result<(), SealError> {
    begin(out, to, name, bytes.len() as u64)?;
    out.write_all(bytes).map_err(SealError::io(to, Act::Write))?;
    pad(out, to, bytes.len() as u64)
}

fn begin(out: &mut Ciphertext, to: &Path, name: &str, bytes: u64) -> Result<(), SealError> {
    let header = tar::header(name, bytes).ok_or_else(|| SealError::Name { name: name.to_owned() })?;
    out.write_all(&header).map_err(SealError::io(to, Act::Write))
}

fn pad(out: &mut Ciphertext, to: &Path, bytes: u64) -> Result<(), SealError> {
    // Less than a block.
    let zeros = &[0; tar::BLOCK as usize][..tar::padding(bytes) as usize];
    out.write_all(zeros).map_err(SealError::io(to, Act::Write))
}
