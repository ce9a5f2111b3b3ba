//! All files of a source, one after the other.

use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use glob::MatchOptions;

use super::batch::{InputFile, RawBatch};
use super::delimited::{self, Delimited, Dialect, HEADER_CHUNK, TextBlock};
use super::detect::{self, Kind};
use super::error::{Container, IngestError};
use super::fhir::Mapping;
use super::input::{Input, open_file};
use super::typed::{Typed, TypedBlock};
use crate::config::{Encoding, FileFormat, Source};
use crate::disk::{self, DiskFile};

/// Bytes of a block unless told otherwise: large against the cost of handing it over, and small enough that text and places of
/// its cells stay in the cache of a core.
const BLOCK: usize = 1 << 18;

/// No block is asked to be larger.
const MAX_BLOCK: usize = 16 << 20;

/// How the files of a source were declared.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub format: Option<FileFormat>,
    pub encoding: Encoding,
    pub delimiter: Option<u8>,
    pub inside: Inside,
}

impl Default for Declared {
    /// Everything found out.
    fn default() -> Self {
        Self { format: None, encoding: Encoding::Detect, delimiter: None, inside: Inside::default() }
    }
}

/// Where in a file the table is.
#[derive(Debug, Clone, Default)]
pub(super) struct Inside {
    /// The sheet of a workbook; `None`: the one that holds something.
    pub sheet: Option<String>,
    /// Where values stand in FHIR resources; `None`: the file holds none.
    pub mapping: Option<Arc<Mapping>>,
}

/// Finds and checks the files of a source and reads their headers.
///
/// Patterns are expanded, paths sorted, and a file that several patterns name is read once.
///
/// # Errors
///
/// A pattern that matches nothing; a path that is not a readable regular file; an empty file; a header that is no text
/// or holds no label; a Parquet or Arrow file that is damaged or has a column type that is not read.
pub fn open(source: &Source) -> Result<SourceReader, IngestError> {
    open_without(source, &HashSet::new())
}

/// Opens a source without some of its files, named as [`files`] names them.
///
/// # Errors
///
/// As [`open`].
pub fn open_without(source: &Source, left_out: &HashSet<PathBuf>) -> Result<SourceReader, IngestError> {
    let Source { format, encoding, delimiter, .. } = *source;
    let inside = Inside { sheet: source.sheet.clone(), mapping: Mapping::of(source).map(Arc::new) };
    let declared = Declared { format, encoding, delimiter, inside };
    let mut reader = SourceReader::empty();
    for path in files(source)?.into_iter().filter(|path| !left_out.contains(path)) {
        reader.add(path, &declared)?;
    }
    Ok(reader)
}

/// The files of a source, in the order in which they are read, each once.
///
/// # Errors
///
/// A pattern that matches nothing; a path that is not a readable regular file; an empty file.
pub fn files(source: &Source) -> Result<Vec<PathBuf>, IngestError> {
    if source.files.is_empty() {
        return Err(IngestError::NoFiles { source_name: source.name.clone() });
    }
    let mut paths = Vec::new();
    for pattern in &source.files {
        expand(pattern, &mut paths)?;
    }
    paths.sort();
    let mut seen = HashSet::new();
    let mut files = Vec::new();
    for path in paths {
        check(&path)?;
        let real = disk::canonical(&path).map_err(|e| IngestError::from_io(&path, Container::Plain, &e))?;
        if seen.insert(real) {
            files.push(path);
        }
    }
    Ok(files)
}

/// Opens one file, named as it stands, with its form found out; of a workbook the named sheet.
///
/// # Errors
///
/// As [`open`].
pub fn open_one(path: &Path, sheet: Option<&str>) -> Result<SourceReader, IngestError> {
    check(path)?;
    let mut reader = SourceReader::empty();
    let inside = Inside { sheet: sheet.map(str::to_owned), ..Inside::default() };
    reader.add(path.to_path_buf(), &Declared { inside, ..Declared::default() })?;
    Ok(reader)
}

/// Reads a CSV file (UTF-8, commas) that stands open, through this descriptor alone, and refuses its end where the bytes that were read
/// do not have that SHA-256: what is judged is what was hashed, whatever becomes of the name in the meantime. `path` is for
/// messages.
///
/// # Errors
///
/// As [`open`]; while iterating, [`IngestError::Changed`] before the last block.
pub fn open_pinned(path: &Path, file: DiskFile, sha256: [u8; 32]) -> Result<SourceReader, IngestError> {
    let disk_bytes = file.metadata().map_err(|e| IngestError::from_io(path, Container::Plain, &e))?.len();
    let (ready, labels) = delimited::pinned(path, Input::pinned(path, file, sha256)?)?;
    let mut reader = SourceReader::empty();
    let file = Arc::new(InputFile { index: 0, path: path.to_path_buf(), labels });
    let form = Form::Text(ready.dialect());
    let inside = Inside::default();
    let ready = Some(Open::Text(Box::new(ready)));
    reader.entries.push(Entry { file, form, inside, disk_bytes: Some(disk_bytes), ready });
    Ok(reader)
}

/// Reads CSV (UTF-8, commas) that comes from elsewhere than a file, once. `name` is for messages.
///
/// # Errors
///
/// As [`open`], and [`IngestError::Stream`] with the words of the stream's own error.
pub fn open_stream(name: &Path, stream: Box<dyn Read + Send>) -> Result<SourceReader, IngestError> {
    let (ready, labels) = delimited::pinned(name, Input::stream(name, stream))?;
    let mut reader = SourceReader::empty();
    let file = Arc::new(InputFile { index: 0, path: name.to_path_buf(), labels });
    let (form, inside) = (Form::Text(ready.dialect()), Inside::default());
    reader.entries.push(Entry { file, form, inside, disk_bytes: None, ready: Some(Open::Text(Box::new(ready))) });
    Ok(reader)
}

/// Reads record batches that come from elsewhere than a file, once. `name` is for messages.
///
/// # Errors
///
/// Columns without names, or of a type that is not read; while iterating, [`IngestError::Stream`] with the words of the rows' own error.
pub fn open_batches(
    name: &Path,
    schema: SchemaRef,
    batches: Box<dyn Iterator<Item = io::Result<RecordBatch>> + Send>,
) -> Result<SourceReader, IngestError> {
    let typed = Typed::rows(name, schema, batches)?;
    let mut reader = SourceReader::empty();
    let file = Arc::new(InputFile { index: 0, path: name.to_path_buf(), labels: typed.labels() });
    let (form, inside) = (Form::Typed(Kind::ArrowStream), Inside::default());
    reader.entries.push(Entry { file, form, inside, disk_bytes: None, ready: Some(Open::Typed(Box::new(typed))) });
    Ok(reader)
}

/// Adds the paths that a pattern names; one that exists as it is written, or has no wildcard, is taken literally.
fn expand(pattern: &str, paths: &mut Vec<PathBuf>) -> Result<(), IngestError> {
    let literal = Path::new(pattern);
    if !pattern.contains(['*', '?', '[']) || literal.symlink_metadata().is_ok() {
        paths.push(literal.to_path_buf());
        return Ok(());
    }
    // As in a shell, hidden files (lock files, unfinished copies) are matched only by name
    let options = MatchOptions { require_literal_leading_dot: true, ..MatchOptions::new() };
    let found =
        glob::glob_with(pattern, options).map_err(|_| IngestError::BadPattern { pattern: pattern.to_owned() })?;
    let before = paths.len();
    for path in found {
        paths.push(path.map_err(|e| IngestError::from_io(e.path(), Container::Plain, e.error()))?);
    }
    if paths.len() == before {
        return Err(IngestError::NoMatch { pattern: pattern.to_owned() });
    }
    Ok(())
}

pub(super) fn check(path: &Path) -> Result<(), IngestError> {
    let metadata = disk::metadata_of_target(path).map_err(|e| IngestError::from_io(path, Container::Plain, &e))?;
    let file = || path.to_path_buf();
    if metadata.is_dir() {
        Err(IngestError::IsDirectory { file: file() })
    } else if !metadata.is_file() {
        Err(IngestError::NotAFile { file: file() })
    } else if metadata.len() == 0 {
        Err(IngestError::Empty { file: file() })
    } else {
        Ok(())
    }
}

/// A file whose header was read.
struct Entry {
    file: Arc<InputFile>,
    form: Form,
    inside: Inside,
    /// Its size; `None` of a stream, which no file holds.
    disk_bytes: Option<u64>,
    /// The file, open behind its header, where it is not to be opened anew.
    ready: Option<Open>,
}

#[derive(Clone, Copy)]
enum Form {
    Text(Dialect),
    Typed(Kind),
}

enum Open {
    Text(Box<Delimited>),
    Typed(Box<Typed>),
}

/// A file as it lay on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDigest {
    /// Where.
    pub path: PathBuf,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

/// The blocks of all files of a source, in order.
///
/// Iterating is sequential and cheap; [`Block::parse`] is the work. After an error nothing more comes.
pub struct SourceReader {
    entries: Vec<Entry>,
    /// Position of the file that is read, or will be next.
    at: usize,
    open: Option<Open>,
    /// Size of the files already read.
    disk_bytes: u64,
    block_size: usize,
    failed: bool,
}

impl SourceReader {
    pub(super) fn empty() -> Self {
        Self { entries: Vec::new(), at: 0, open: None, disk_bytes: 0, block_size: BLOCK, failed: false }
    }

    /// Adds a file behind the others, reading its header.
    pub(super) fn add(&mut self, path: PathBuf, declared: &Declared) -> Result<(), IngestError> {
        let (file, head) = open_file(&path)?;
        if head.is_empty() {
            return Err(IngestError::Empty { file: path });
        }
        let disk_bytes = file.metadata().map_err(|e| IngestError::from_io(&path, Container::Plain, &e))?.len();
        drop(file);
        let inside = declared.inside.clone();
        let format = if inside.mapping.is_some() { Some(FileFormat::Fhir) } else { declared.format };
        let (form, labels) = match detect::kind(format, &path, &head) {
            kind if inside.sheet.is_some() && kind != Kind::Sheet => {
                return Err(IngestError::NotAWorkbook { file: path });
            }
            Kind::Delimited(container) => {
                let (reader, labels) =
                    delimited::open(&path, container, declared.encoding, declared.delimiter, HEADER_CHUNK)?;
                (Form::Text(reader.dialect()), labels)
            }
            kind => (Form::Typed(kind), Typed::open(&path, kind, &inside)?.labels()),
        };
        let index = self.entries.len() as u32;
        let file = Arc::new(InputFile { index, path, labels });
        self.entries.push(Entry { file, form, inside, disk_bytes: Some(disk_bytes), ready: None });
        Ok(())
    }

    /// The files, in the order in which they are read, with their labels.
    #[must_use]
    pub fn files(&self) -> Vec<Arc<InputFile>> {
        self.entries.iter().map(|e| Arc::clone(&e.file)).collect()
    }

    /// Length and SHA-256 of every file as it lies on disk, in the order of [`SourceReader::files`]. Reads every file
    /// once: ask before iterating where the files are to be destroyed later, unchanged. A stream is no file.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn digests(&self) -> Result<Vec<FileDigest>, IngestError> {
        let digest = |entry: &Entry| {
            let path = &entry.file.path;
            let digest = disk::digest(path).map_err(|e| IngestError::from_io(path, Container::Plain, &e))?;
            Ok(FileDigest { path: path.clone(), bytes: digest.bytes, sha256: digest.sha256 })
        };
        self.entries.iter().filter(|entry| entry.disk_bytes.is_some()).map(digest).collect()
    }

    /// Bytes of all files on disk, for progress. `None` where that is not known beforehand, as of a stream.
    #[must_use]
    pub fn total_bytes(&self) -> Option<u64> {
        self.entries.iter().map(|e| e.disk_bytes).sum()
    }

    /// Asks for blocks of about so many bytes of decompressed text (1 to 16 MiB; 1 MiB if never called).
    ///
    /// What is read does not depend on it.
    #[must_use]
    pub fn with_block_size(mut self, bytes: usize) -> Self {
        self.block_size = bytes.clamp(1, MAX_BLOCK);
        self
    }

    fn advance(&mut self) -> Result<Option<Block>, IngestError> {
        while let Some(entry) = self.entries.get_mut(self.at) {
            let open = match &mut self.open {
                Some(open) => open,
                None => self.open.insert(entry.reopen(self.block_size.min(HEADER_CHUNK))?),
            };
            let (data, disk) = match open {
                Open::Text(reader) => (reader.next_block(self.block_size)?.map(Data::Text), reader.disk_bytes()),
                Open::Typed(reader) => (reader.next_block()?.map(Data::Typed), reader.disk_bytes()),
            };
            if let Some(data) = data {
                let disk_bytes = self.disk_bytes + disk.min(entry.disk_bytes.unwrap_or(disk));
                return Ok(Some(Block { file: Arc::clone(&entry.file), data, disk_bytes }));
            }
            self.disk_bytes += entry.disk_bytes.unwrap_or(disk);
            self.open = None;
            self.at += 1;
        }
        Ok(None)
    }
}

impl Entry {
    fn reopen(&mut self, chunk: usize) -> Result<Open, IngestError> {
        if let Some(ready) = self.ready.take() {
            return Ok(ready);
        }
        let path = &self.file.path;
        Ok(match self.form {
            Form::Text(d) => {
                Open::Text(Box::new(delimited::open(path, d.container, d.encoding, Some(d.delimiter), chunk)?.0))
            }
            Form::Typed(kind) => Open::Typed(Box::new(Typed::open(path, kind, &self.inside)?)),
        })
    }
}

impl Iterator for SourceReader {
    type Item = Result<Block, IngestError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let block = self.advance();
        self.failed = block.is_err();
        block.transpose()
    }
}

impl std::iter::FusedIterator for SourceReader {}

/// Whole records of one file, not yet cut into cells.
///
/// It has no `Debug`: its bytes are identified data.
pub struct Block {
    file: Arc<InputFile>,
    data: Data,
    disk_bytes: u64,
}

enum Data {
    Text(TextBlock),
    Typed(TypedBlock),
}

impl Block {
    /// Cuts the block into cells. Blocks may be parsed in any order and on any thread.
    ///
    /// # Errors
    ///
    /// Only for Parquet and Arrow files: a batch whose text takes more than 4 GiB.
    pub fn parse(self) -> Result<RawBatch, IngestError> {
        match self.data {
            Data::Text(block) => Ok(block.parse(self.file)),
            Data::Typed(block) => block.parse(self.file),
        }
    }

    /// Bytes of all files taken from disk up to this block, for progress against [`SourceReader::total_bytes`].
    #[must_use]
    pub fn disk_bytes_so_far(&self) -> u64 {
        self.disk_bytes
    }
}
