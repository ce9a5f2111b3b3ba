//! Reads what stands on disk and holds it against what was written.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use sha2::{Digest, Sha256};

use super::error::{ExportError, Mismatch, Operation};
use super::files::Hash;
use super::parquet::mapped;
use super::writer::{WrittenDocument, WrittenFile};
use crate::config::ExportFormat;
use crate::disk;
use crate::seal::RecordCounter;

/// What a file must be when it is read back.
pub(super) struct Expected<'a> {
    /// Path in the release.
    pub(super) path: &'a str,
    pub(super) bytes: u64,
    pub(super) hash: &'a Hash,
    /// Format and rows; `None` for what has no rows.
    pub(super) rows: Option<(ExportFormat, u64)>,
}

impl<'a> From<&'a WrittenFile> for Expected<'a> {
    fn from(file: &'a WrittenFile) -> Self {
        Self { path: &file.path, bytes: file.bytes, hash: &file.hash, rows: Some((file.format, file.rows)) }
    }
}

impl<'a> From<&'a WrittenDocument> for Expected<'a> {
    fn from(document: &'a WrittenDocument) -> Self {
        Self { path: document.path, bytes: document.bytes, hash: &document.hash, rows: None }
    }
}

/// Compares length, SHA-256 and rows of a file under `root`.
pub(super) fn compare(root: &Path, expected: &Expected<'_>) -> Result<(), ExportError> {
    let path = root.join(expected.path);
    let differs = |what| ExportError::ReadBack { file: expected.path.to_owned(), what };
    let mut file = disk::open(&path).map_err(ExportError::io(&path, Operation::Read))?;
    let (mut hasher, mut records, mut bytes) = (Sha256::new(), RecordCounter::default(), 0);
    let csv = matches!(expected.rows, Some((ExportFormat::Csv, _)));
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let length = file.read(&mut buffer).map_err(ExportError::io(&path, Operation::Read))?;
        if length == 0 {
            break;
        }
        bytes += length as u64;
        hasher.update(&buffer[..length]);
        if csv {
            records.feed(&buffer[..length]);
        }
    }
    if bytes != expected.bytes {
        return Err(differs(Mismatch::Length));
    }
    if hasher.finalize().as_slice() != expected.hash {
        return Err(differs(Mismatch::Content));
    }
    let same = match expected.rows {
        None => true,
        // The header is a record as well.
        Some((ExportFormat::Csv, rows)) => records.whole() == Some(rows + 1),
        Some((ExportFormat::Parquet, rows)) => parquet_rows(&path)? == Some(rows),
    };
    if same { Ok(()) } else { Err(differs(Mismatch::Rows)) }
}

/// Rows of a Parquet file by its footer.
fn parquet_rows(path: &Path) -> Result<Option<u64>, ExportError> {
    let file = disk::open(path).map_err(ExportError::io(path, Operation::Read))?.into_file();
    let reader = SerializedFileReader::new(file).map_err(|error| mapped(path, &error, Operation::Read))?;
    Ok(u64::try_from(reader.metadata().file_metadata().num_rows()).ok())
}

/// Paths of all files under a folder, relative, with `/`; a link or anything else that is no plain file or folder is
/// listed like a file.
pub(super) fn list(root: &Path) -> Result<BTreeSet<String>, ExportError> {
    let mut found = BTreeSet::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let path = root.join(&folder);
        let failed = || ExportError::io(&path, Operation::Read);
        for entry in disk::list(&path).map_err(failed())? {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let inner = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if disk::metadata(&entry).map_err(failed())?.is_dir() {
                folders.push(inner);
            } else {
                found.insert(inner);
            }
        }
    }
    Ok(found)
}
