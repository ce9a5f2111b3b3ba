//! What the tests of reading share.
#![allow(clippy::unwrap_used)]

mod detection;
mod files;
mod other_forms;
mod reference;
mod registers;
mod resources;
mod text;
mod typed;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{IngestError, Malformed, MalformedRecord, SourceReader, open, open_one, open_pinned};
use crate::config::{Encoding, FileFormat, Source};
use crate::schema::{FieldsMatch, TableSchema};

/// A source of the named patterns, everything detected.
fn source(files: &[&Path]) -> Source {
    Source {
        name: "essai".to_owned(),
        schema_path: PathBuf::new(),
        schema: TableSchema {
            name: "essai".to_owned(),
            title: None,
            description: None,
            fields: Vec::new(),
            missing_values: Vec::new(),
            primary_key: Vec::new(),
            unique_keys: Vec::new(),
            foreign_keys: Vec::new(),
            fields_match: FieldsMatch::Exact,
            rules: Vec::new(),
        },
        files: files.iter().map(|p| p.to_str().unwrap().to_owned()).collect(),
        format: None,
        encoding: Encoding::Detect,
        delimiter: None,
        sheet: None,
        resource: None,
        subject: None,
        query: None,
        release: None,
        filter: None,
    }
}

/// Everything read from a source, in order.
#[derive(Debug, PartialEq, Clone, Default)]
struct Content {
    labels: Vec<String>,
    /// Record number, line, cells.
    rows: Vec<(u64, u64, Vec<Option<String>>)>,
    malformed: Vec<MalformedRecord>,
}

impl Content {
    /// The cells alone; nulls as `∅`.
    fn cells(&self) -> Vec<Vec<&str>> {
        self.rows.iter().map(|(_, _, cells)| cells.iter().map(|c| c.as_deref().unwrap_or("∅")).collect()).collect()
    }

    fn positions(&self) -> Vec<(u64, u64)> {
        self.rows.iter().map(|(record, line, _)| (*record, *line)).collect()
    }

    fn faults(&self) -> Vec<(u64, u64, Malformed)> {
        self.malformed.iter().map(|m| (m.record, m.line, m.what)).collect()
    }
}

fn drain(reader: SourceReader) -> Result<Content, IngestError> {
    let mut content = Content { labels: reader.files()[0].labels.clone(), ..Content::default() };
    for block in reader {
        let batch = block?.parse()?;
        for row in 0..batch.rows() {
            let cells: Vec<_> = (0..batch.width()).map(|c| batch.cell(row, c).map(str::to_owned)).collect();
            let (record, line) = batch.position(row);
            joined_as_cells(&batch, row, &cells);
            content.rows.push((record, line, cells));
        }
        content.malformed.extend_from_slice(batch.malformed());
    }
    Ok(content)
}

/// That cells in one piece are the cells one by one, whichever columns are asked for.
fn joined_as_cells(batch: &crate::ingest::RawBatch, row: usize, cells: &[Option<String>]) {
    let ascending: Vec<usize> = (0..cells.len()).collect();
    let descending = ascending.iter().rev().copied().collect();
    let some = ascending.iter().copied().filter(|column| column % 3 != 1).collect();
    for columns in [ascending, descending, some] {
        let cell = |column: &usize| format!("{}\x1f", cells[*column].as_deref().unwrap_or_default());
        let mut joined = b"before".to_vec();
        batch.join(row, &columns, 0x1f, &mut joined);
        assert_eq!(joined, format!("before{}", columns.iter().map(cell).collect::<String>()).as_bytes());
    }
}

fn read_source(source: &Source, block: usize) -> Result<Content, IngestError> {
    drain(open(source)?.with_block_size(block))
}

/// A folder with one file of these bytes.
fn file_with(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
    (folder, path)
}

/// A CSV file of these bytes, everything detected, in one block.
fn read(bytes: &[u8]) -> Result<Content, IngestError> {
    let (_folder, path) = file_with("essai.csv", bytes);
    read_source(&source(&[&path]), 1 << 20)
}

/// The same, with a declared encoding.
fn read_as(bytes: &[u8], encoding: Encoding) -> Result<Content, IngestError> {
    let (_folder, path) = file_with("essai.csv", bytes);
    read_source(&Source { encoding, format: Some(FileFormat::Csv), ..source(&[&path]) }, 1 << 20)
}

/// A folder under the shared data; `None`, said aloud, where it is absent.
#[allow(clippy::print_stderr)]
fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(folder);
    if !path.is_dir() {
        eprintln!("skipped: no folder shared/data/{folder}");
        return None;
    }
    Some(path)
}
