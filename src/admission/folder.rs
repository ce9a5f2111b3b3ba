//! The folder of a release: found, and every byte in it held against what was signed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::error::AdmissionError;
use crate::config::Verifier;
use crate::disk::{self, DiskFile};
use crate::keys::VerifierKey;
use crate::seal::{Hash, STATEMENT, Statement};

/// Longest public key, in bytes.
const LONGEST_KEY: u64 = 4096;
/// Longest statement, descriptor or evidence, in bytes.
const LONGEST: u64 = 64 * 1024 * 1024;
/// Folders of a release.
const FOLDERS: [&str; 2] = ["data", "tables"];

/// The key under which a release must be signed.
pub(super) fn verifier(named: &Verifier) -> Result<VerifierKey, AdmissionError> {
    let path = match named {
        Verifier::Key(key) => return Ok(key.as_ref().clone()),
        Verifier::File(path) => path,
    };
    let refused = |why: String| AdmissionError::Verifier { path: path.clone(), why };
    let mut text = String::new();
    let read = disk::open(path).and_then(|file| file.take(LONGEST_KEY).read_to_string(&mut text));
    read.map_err(|error| refused(error.kind().to_string()))?;
    VerifierKey::new(&text).map_err(|error| refused(error.to_string()))
}

/// The one folder that a pattern names. Folders that nobody signed for are passed over: none of them could be read.
pub(super) fn find(from: &str) -> Result<PathBuf, AdmissionError> {
    let none = || AdmissionError::NoRelease { from: from.to_owned() };
    if !from.contains(['*', '?', '[']) || disk::exists(Path::new(from)) {
        let folder = PathBuf::from(from);
        return if folder.is_dir() { Ok(folder) } else { Err(none()) };
    }
    let paths = glob::glob(from).map_err(|_| none())?;
    let all: Vec<PathBuf> = paths.filter_map(Result::ok).filter(|path| path.is_dir()).collect();
    let (mut signed, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|path| disk::exists(&path.join(STATEMENT)));
    if signed.is_empty() {
        // One of them, for the message that tells what is missing.
        signed.extend(rest.into_iter().next_back());
    }
    match (signed.pop(), signed.len()) {
        (Some(folder), 0) => Ok(folder),
        (Some(_), others) => Err(AdmissionError::SeveralReleases { from: from.to_owned(), found: others + 1 }),
        (None, _) => Err(none()),
    }
}

/// The statement about a release, if the pinned key signed it, and the SHA-256 of the note.
pub(super) fn statement(folder: &Path, verifier: &VerifierKey) -> Result<(Hash, Statement), AdmissionError> {
    let path = folder.join(STATEMENT);
    if !disk::exists(&path) {
        return Err(AdmissionError::NotSigned { folder: folder.to_path_buf() });
    }
    let note = bytes_of(&path, &mut plain(&path)?)?;
    let statement = Statement::read(&note, verifier)
        .map_err(|why| AdmissionError::NotBelieved { folder: folder.to_path_buf(), why })?;
    Ok((Hash::of(&note), statement))
}

/// The files of a release, each open, with the bytes that were signed for.
pub(super) struct Files {
    folder: PathBuf,
    open: BTreeMap<String, (DiskFile, Hash)>,
}

/// Opens every file and reads it whole: those that were signed for, all of them and no others.
pub(super) fn verified(folder: &Path, statement: &Statement) -> Result<Files, AdmissionError> {
    let found = list(folder)?;
    let stated: BTreeSet<&str> = statement.files().iter().map(|file| file.path.as_str()).chain([STATEMENT]).collect();
    if let Some(extra) = found.iter().find(|name| !stated.contains(name.as_str())) {
        return Err(AdmissionError::Extra { path: folder.join(extra) });
    }
    if let Some(missing) = stated.iter().find(|name| !found.contains(**name)) {
        return Err(AdmissionError::Missing { path: folder.join(missing) });
    }
    let mut open = BTreeMap::new();
    for file in statement.files() {
        let path = folder.join(&file.path);
        let mut opened = plain(&path)?;
        let digest = opened.digest().map_err(AdmissionError::io(&path))?;
        if (digest.bytes, digest.sha256) != (file.bytes, file.sha256.bytes()) {
            return Err(AdmissionError::Changed { path });
        }
        open.insert(file.path.clone(), (opened, file.sha256));
    }
    Ok(Files { folder: folder.to_path_buf(), open })
}

impl Files {
    /// The bytes of a document that was signed for: hashed once more as they are now in memory, since the file could have been
    /// written to in the meantime. Empty where the release has none.
    pub fn document(&mut self, name: &str) -> Result<Vec<u8>, AdmissionError> {
        let path = self.folder.join(name);
        let Some((file, hash)) = self.open.get_mut(name) else { return Ok(Vec::new()) };
        let bytes = bytes_of(&path, file)?;
        if Hash::of(&bytes) == *hash { Ok(bytes) } else { Err(AdmissionError::Changed { path }) }
    }

    /// A file that was signed for, still open, with its hash.
    pub fn take(mut self, name: &str) -> Result<(PathBuf, DiskFile, Hash), AdmissionError> {
        let path = self.folder.join(name);
        match self.open.remove(name) {
            Some((file, hash)) => Ok((path, file, hash)),
            None => Err(AdmissionError::Missing { path }),
        }
    }
}

/// Names of all files of a release, with `/`. Anything else than plain files in the folders of a release is refused.
fn list(folder: &Path) -> Result<BTreeSet<String>, AdmissionError> {
    let mut found = BTreeSet::new();
    for inner in [""].into_iter().chain(FOLDERS) {
        let path = folder.join(inner);
        if !inner.is_empty() && !disk::exists(&path) {
            continue;
        }
        for entry in disk::list(&path).map_err(AdmissionError::io(&path))? {
            let metadata = disk::metadata(&entry).map_err(AdmissionError::io(&entry))?;
            // A name that is no text was not signed for.
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if inner.is_empty() && metadata.is_dir() && FOLDERS.contains(&name.as_str()) {
                continue;
            }
            if !metadata.is_file() {
                return Err(AdmissionError::NotAFile { path: entry });
            }
            found.insert(if inner.is_empty() { name } else { format!("{inner}/{name}") });
        }
    }
    Ok(found)
}

/// Opens a plain file under its own name: a link is refused, and so is a pipe, without waiting for its writer.
fn plain(path: &Path) -> Result<DiskFile, AdmissionError> {
    let not_plain = || AdmissionError::NotAFile { path: path.to_path_buf() };
    let file = match disk::open_itself(path) {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => return Err(not_plain()),
        opened => opened.map_err(AdmissionError::io(path))?,
    };
    let is_file = file.metadata().map_err(AdmissionError::io(path))?.is_file();
    if is_file { Ok(file) } else { Err(not_plain()) }
}

fn bytes_of(path: &Path, file: &mut DiskFile) -> Result<Vec<u8>, AdmissionError> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).map_err(AdmissionError::io(path))?;
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(AdmissionError::io(path))?;
    if bytes.len() as u64 > LONGEST {
        return Err(AdmissionError::Document { path: path.to_path_buf() });
    }
    Ok(bytes)
}
