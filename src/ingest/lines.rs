//! JSON lines (NDJSON): one object a line, whose members are the cells. Members that are objects or lists are kept as their JSON.

use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use hashbrown::HashMap;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use super::error::{Container, IngestError};
use crate::disk::DiskFile;

/// Records of a batch; those of the first tell the labels.
const ROWS: usize = 8192;

/// An open file of JSON lines.
pub(super) struct Lines {
    path: PathBuf,
    reader: BufReader<DiskFile>,
    schema: SchemaRef,
    positions: HashMap<String, usize>,
    /// Number of the next line, from 1.
    line: u64,
    disk: Arc<AtomicU64>,
}

impl Lines {
    /// Opens a file and takes its labels from the first records, in the order in which they first stand there.
    ///
    /// # Errors
    /// [`IngestError::NotAnObject`]; [`IngestError::NoLabels`]; a file that cannot be read.
    pub fn open(path: &Path, mut file: DiskFile) -> Result<Self, IngestError> {
        let fail = |e: std::io::Error| IngestError::from_io(path, Container::Plain, &e);
        file.seek(SeekFrom::Start(0)).map_err(fail)?;
        let schema = Arc::new(Schema::empty());
        let (reader, positions, disk) = (BufReader::new(file), HashMap::new(), Arc::new(AtomicU64::new(0)));
        let mut lines = Self { path: path.to_path_buf(), reader, schema, positions, line: 1, disk };
        let mut labels: Vec<String> = Vec::new();
        for record in lines.records()? {
            for (label, _) in &record {
                if !lines.positions.contains_key(label) {
                    lines.positions.insert(label.clone(), labels.len());
                    labels.push(label.clone());
                }
            }
        }
        if labels.iter().all(|label| label.trim().is_empty()) {
            return Err(IngestError::NoLabels { file: path.to_path_buf() });
        }
        let fields: Vec<Field> = labels.into_iter().map(|label| Field::new(label, DataType::Utf8, true)).collect();
        lines.schema = Arc::new(Schema::new(fields));
        lines.reader.seek(SeekFrom::Start(0)).map_err(fail)?;
        lines.line = 1;
        lines.disk.store(0, Ordering::Relaxed);
        Ok(lines)
    }

    /// The columns, all of text.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Bytes read so far.
    pub fn disk_bytes(&self) -> u64 {
        self.disk.load(Ordering::Relaxed)
    }

    /// The next records; `None` at the end.
    ///
    /// # Errors
    /// [`IngestError::NotAnObject`]; [`IngestError::UnknownMember`] where a record has one that the first did not have.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, IngestError> {
        let first = self.line;
        let records = self.records()?;
        if records.is_empty() {
            return Ok(None);
        }
        let mut columns: Vec<Vec<Option<String>>> = vec![vec![None; records.len()]; self.schema.fields().len()];
        for (row, record) in records.into_iter().enumerate() {
            for (label, value) in record {
                let Some(column) = self.positions.get(&label) else {
                    return Err(IngestError::UnknownMember { file: self.path.clone(), line: first + row as u64 });
                };
                columns[*column][row] = text(value);
            }
        }
        let arrays: Vec<ArrayRef> = columns.into_iter().map(|c| Arc::new(StringArray::from(c)) as ArrayRef).collect();
        let corrupt = |_| IngestError::Corrupt { file: self.path.clone(), container: Container::Lines };
        RecordBatch::try_new(self.schema(), arrays).map(Some).map_err(corrupt)
    }

    /// At most [`ROWS`] records. An empty line is a record without members, so that records and lines count alike.
    fn records(&mut self) -> Result<Vec<Vec<(String, Value)>>, IngestError> {
        let mut records = Vec::new();
        let mut line = Vec::new();
        while records.len() < ROWS {
            line.clear();
            let read = self.reader.read_until(b'\n', &mut line);
            let read = read.map_err(|e| IngestError::from_io(&self.path, Container::Plain, &e))?;
            if read == 0 {
                break;
            }
            self.disk.fetch_add(read as u64, Ordering::Relaxed);
            let text = line.trim_ascii();
            // What the library says of a line that is none could quote it.
            let not = || IngestError::NotAnObject { file: self.path.clone(), line: self.line };
            let Members(record) = match text.is_empty() {
                true => Members::default(),
                false => {
                    serde_json::from_slice(text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)).map_err(|_| not())?
                }
            };
            records.push(record);
            self.line += 1;
        }
        Ok(records)
    }
}

/// A member as a CSV file would hold it; null is missing.
fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// The members of an object. One that stands there twice is refused: of its values only one could be kept.
#[derive(Default)]
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members::default())
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Self;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some((label, value)) = map.next_entry::<String, Value>()? {
            if self.0.iter().any(|(known, _)| *known == label) {
                return Err(A::Error::custom("a member stands there twice"));
            }
            self.0.push((label, value));
        }
        Ok(self)
    }
}
