//! Says to the sender, signed, that a release was decrypted.

use std::path::Path;
use std::sync::Arc;

use super::desk::Desk;
use super::error::{Act, ReceptionError};
use super::record::{MANIFEST, RELEASE, Record, not_a_reception, write_whole};
use crate::audit::{Fact, Operator};
use crate::clock::Clock;
use crate::disk;
use crate::keys::SigningKey;
use crate::seal::{Acknowledgement, Content, DESCRIPTOR, EntryName, Expected, Hash, STATEMENT, described_files};

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
    write_whole(output, note.as_bytes())?;
    Ok(read)
}

/// What an acknowledgement can say of the files as they stand there now.
fn content_now(reception: &Path, record: &Record) -> Result<Expected, ReceptionError> {
    let changed = |path: &Path| ReceptionError::Changed { path: path.to_path_buf() };
    let note = reception.join(MANIFEST);
    let manifest = content_of(&note).ok_or_else(|| changed(&note))?;
    let release = reception.join(RELEASE);
    let descriptor = release.join(DESCRIPTOR);
    let (challenge, described) = described_files(&release).map_err(|_| changed(&descriptor))?;
    let mut contents = Vec::with_capacity(described.len() + 1);
    for file in described {
        let path = release.join(file.content.name.as_str());
        let found = content_of(&path).ok_or_else(|| changed(&path))?;
        if found != (file.content.bytes, file.content.sha256) {
            return Err(changed(&path));
        }
        contents.push(file.content);
    }
    // Neither is described by the descriptor. Releases of earlier versions have no statement.
    let stated = record.files.iter().any(|file| file.path == STATEMENT).then_some(STATEMENT);
    for name in stated.into_iter().chain([DESCRIPTOR]) {
        let path = release.join(name);
        let (bytes, sha256) = content_of(&path).ok_or_else(|| changed(&path))?;
        let name = EntryName::new(name).ok_or_else(|| changed(&path))?;
        contents.push(Content { name, bytes, sha256 });
    }
    let Expected { run, recipient, .. } = &record.expected;
    let now = Expected::of(run, recipient, manifest.1, &challenge, &contents);
    // A descriptor that was rewritten to fit changed files gives another digest than at the opening.
    if now == record.expected { Ok(now) } else { Err(changed(&descriptor)) }
}

/// Length and SHA-256 of a plain file.
fn content_of(path: &Path) -> Option<(u64, Hash)> {
    // Asked first: a pipe in its place would be read for ever.
    if !disk::metadata(path).ok()?.is_file() {
        return None;
    }
    disk::digest(path).ok().map(|found| (found.bytes, Hash::from_bytes(found.sha256)))
}
