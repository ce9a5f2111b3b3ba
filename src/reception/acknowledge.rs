//! Says to the sender, signed, that a release was decrypted.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::desk::Desk;
use super::error::{Act, ReceptionError};
use super::record::{MANIFEST, RELEASE, Record, not_a_reception};
use crate::audit::{Fact, Operator};
use crate::clock::Clock;
use crate::disk;
use crate::keys::SigningKey;
use crate::seal::{Acknowledgement, Content, DESCRIPTOR, EntryName, Expected, Hash, described_files};

/// Longest signed manifest that is read, in bytes.
const LONGEST_MANIFEST: u64 = 1_100_000;

/// Reads every file of a reception again, forms the digest that proves decryption, signs it, and writes it to a file that
/// must not exist.
///
/// # Errors
/// Where a file is missing or changed, the reception was destroyed, or the disk refuses.
pub fn acknowledge(
    reception: &Path,
    key: &SigningKey,
    who: &Operator,
    output: &Path,
    clock: &Arc<dyn Clock>,
) -> Result<Acknowledgement, ReceptionError> {
    let record = Record::read(reception)?;
    // `name/..` and the like have no folder above them that could be told from their text.
    let whole = disk::canonical(reception).map_err(ReceptionError::io(reception, Act::Read))?;
    let folder = whole.parent().ok_or_else(|| not_a_reception(reception))?;
    let mut desk = Desk::enter(folder, Arc::clone(clock))?;
    if !disk::exists(&reception.join(RELEASE)) {
        let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Err(ReceptionError::Destroyed { name });
    }
    let said = content_now(reception, &record)?;
    let note = Acknowledgement::write(&said, record.opened, key)?;
    let read = Acknowledgement::read(note.as_bytes(), key.verifier(), &said)?;
    desk.log.for_run(&said.run);
    let facts = [
        ("who", Fact::Who(who.clone())),
        ("manifest_sha256", Fact::Digest(said.manifest_sha256.bytes())),
        ("content", Fact::Digest(said.content.bytes())),
    ];
    desk.log.event("acknowledged", &facts)?;
    disk::write_new(output, note.as_bytes()).map_err(ReceptionError::io(output, Act::Write))?;
    Ok(read)
}

/// What an acknowledgement can say of the files as they stand there now.
fn content_now(reception: &Path, record: &Record) -> Result<Expected, ReceptionError> {
    let changed = |path: &Path| ReceptionError::Changed { path: path.to_path_buf() };
    let note = reception.join(MANIFEST);
    let manifest = hash(&note, LONGEST_MANIFEST).map_err(|_| changed(&note))?;
    let release = reception.join(RELEASE);
    let descriptor = release.join(DESCRIPTOR);
    let (challenge, described) = described_files(&release).map_err(|_| changed(&descriptor))?;
    let mut contents = Vec::with_capacity(described.len() + 1);
    for file in described {
        let path = release.join(file.content.name.as_str());
        let found = hash(&path, file.content.bytes).map_err(|_| changed(&path))?;
        if found != (file.content.bytes, file.content.sha256) {
            return Err(changed(&path));
        }
        contents.push(file.content);
    }
    // The descriptor has been read as one, so it is a plain name and not endless.
    let (bytes, sha256) = hash(&descriptor, u64::MAX).map_err(|_| changed(&descriptor))?;
    let name = EntryName::new(DESCRIPTOR).ok_or_else(|| changed(&descriptor))?;
    contents.push(Content { name, bytes, sha256 });
    let Expected { run, recipient, .. } = &record.expected;
    let now = Expected::of(run, recipient, manifest.1, &challenge, &contents);
    // A descriptor that was rewritten to fit changed files gives another digest than at the opening.
    if now == record.expected { Ok(now) } else { Err(changed(&descriptor)) }
}

/// Length and SHA-256 of a file, read up to one byte beyond a length.
fn hash(path: &Path, longest: u64) -> std::io::Result<(u64, Hash)> {
    let mut file = disk::open(path)?.take(longest.saturating_add(1));
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok((bytes, Hash::from_bytes(hasher.finalize().into())));
        }
        bytes += length as u64;
        hasher.update(&buffer[..length]);
    }
}
