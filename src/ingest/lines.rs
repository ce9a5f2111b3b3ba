//! JSON lines (NDJSON): one object a line. Its members are the cells, or the values that paths find in it. Members that are objects or
//! lists are kept as their JSON.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use hashbrown::HashMap;
use serde_json::{Map, Value};

use super::batch::Malformed;
use super::boundary::MAX_RECORD;
use super::error::{Container, IngestError};
use super::fhir::Mapping;
use super::strict::Strict;
use crate::disk::DiskFile;

/// Records of a batch; those of the first tell the labels.
const ROWS: usize = 8192;

/// Rows of a batch that are no records, ascending, and what is wrong with each.
pub(super) type Faults = Vec<(usize, Malformed)>;

/// An open file of JSON lines.
pub(super) struct Lines {
    path: PathBuf,
    reader: BufReader<DiskFile>,
    schema: SchemaRef,
    /// Where members stand that are cells.
    positions: HashMap<String, usize>,
    /// Where cells are found instead.
    mapping: Option<Arc<Mapping>>,
    /// Number of the next line, from 1.
    line: u64,
    disk: Arc<AtomicU64>,
}

impl Lines {
    /// Opens a file. Its labels are those of the mapping; without one they are taken from the first records, in the order in which they
    /// first stand there.
    ///
    /// # Errors
    /// [`IngestError::NotAnObject`] where none of the first lines is a record; [`IngestError::NoLabels`]; a file that cannot be read.
    pub fn open(path: &Path, mut file: DiskFile, mapping: Option<Arc<Mapping>>) -> Result<Self, IngestError> {
        let fail = |e: std::io::Error| IngestError::from_io(path, Container::Plain, &e);
        file.seek(SeekFrom::Start(0)).map_err(fail)?;
        let (schema, positions) = (Arc::new(Schema::empty()), HashMap::new());
        let (reader, disk) = (BufReader::new(file), Arc::new(AtomicU64::new(0)));
        let mut lines = Self { path: path.to_path_buf(), reader, schema, positions, mapping, line: 1, disk };
        let labels = match &lines.mapping {
            Some(mapping) => mapping.labels().map(str::to_owned).collect(),
            None => lines.first_labels()?,
        };
        let fields: Vec<Field> = labels.into_iter().map(|label| Field::new(label, DataType::Utf8, true)).collect();
        lines.schema = Arc::new(Schema::new(fields));
        lines.reader.seek(SeekFrom::Start(0)).map_err(fail)?;
        lines.line = 1;
        lines.disk.store(0, Ordering::Relaxed);
        Ok(lines)
    }

    fn first_labels(&mut self) -> Result<Vec<String>, IngestError> {
        let (mut labels, mut first_bad): (Vec<String>, _) = (Vec::new(), None);
        for line in 1..=ROWS as u64 {
            let members = match self.record()? {
                None => break,
                Some(Some(members)) => members,
                Some(None) => {
                    first_bad.get_or_insert(line);
                    continue;
                }
            };
            for label in members.keys() {
                if !self.positions.contains_key(label) {
                    self.positions.insert(label.clone(), labels.len());
                    labels.push(label.clone());
                }
            }
        }
        let file = self.path.clone();
        match (labels.iter().all(|label| label.trim().is_empty()), first_bad) {
            (true, Some(line)) => Err(IngestError::NotAnObject { file, line }),
            (true, None) => Err(IngestError::NoLabels { file }),
            (false, _) => Ok(labels),
        }
    }

    /// The columns, all of text.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Bytes read so far.
    pub fn disk_bytes(&self) -> u64 {
        self.disk.load(Ordering::Relaxed)
    }

    /// The next records; `None` at the end. Rows of lines that are no records hold nothing.
    ///
    /// # Errors
    /// [`IngestError::UnknownMember`] where a record has one that the first did not have.
    pub fn next(&mut self) -> Result<Option<(RecordBatch, Faults)>, IngestError> {
        let width = self.schema.fields().len();
        let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); width];
        let mut faults = Vec::new();
        let mut rows = 0;
        while rows < ROWS {
            let line = self.line;
            let Some(record) = self.record()? else { break };
            let cells = match record {
                None => Err(Malformed::NotAnObject),
                Some(members) => self.cells(members, line)?,
            };
            let cells = cells.unwrap_or_else(|what| {
                faults.push((rows, what));
                vec![None; width]
            });
            columns.iter_mut().zip(cells).for_each(|(column, cell)| column.push(cell));
            rows += 1;
        }
        if rows == 0 {
            return Ok(None);
        }
        let arrays: Vec<ArrayRef> = columns.into_iter().map(|c| Arc::new(StringArray::from(c)) as ArrayRef).collect();
        let corrupt = |_| IngestError::Corrupt { file: self.path.clone(), container: Container::Lines };
        let batch = RecordBatch::try_new(self.schema(), arrays).map_err(corrupt)?;
        Ok(Some((batch, faults)))
    }

    /// The cells of a record, or what is wrong with it.
    fn cells(
        &self,
        members: Map<String, Value>,
        line: u64,
    ) -> Result<Result<Vec<Option<String>>, Malformed>, IngestError> {
        let mut cells = vec![None; self.schema.fields().len()];
        if let Some(mapping) = self.mapping.as_ref().filter(|_| !members.is_empty()) {
            return Ok(mapping.cells(&members));
        }
        for (label, value) in members {
            let Some(column) = self.positions.get(&label) else {
                return Err(IngestError::UnknownMember { file: self.path.clone(), line });
            };
            cells[*column] = text(value);
        }
        Ok(Ok(cells))
    }

    /// The members of the next line; inside `None` where it is no object with every member once, outside at the end. An empty line
    /// is a record without members, so that records and lines count alike.
    ///
    /// # Errors
    /// [`IngestError::CutShort`]; [`IngestError::RecordTooLong`].
    fn record(&mut self) -> Result<Option<Option<Map<String, Value>>>, IngestError> {
        let mut line = Vec::new();
        let read = (&mut self.reader).take(MAX_RECORD as u64 + 1).read_until(b'\n', &mut line);
        let read = read.map_err(|e| IngestError::from_io(&self.path, Container::Plain, &e))?;
        if read == 0 {
            return Ok(None);
        }
        if read > MAX_RECORD {
            return Err(IngestError::RecordTooLong { file: self.path.clone(), line: self.line });
        }
        self.disk.fetch_add(read as u64, Ordering::Relaxed);
        self.line += 1;
        let text = line.trim_ascii();
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        if text.is_empty() {
            return Ok(Some(Some(Map::new())));
        }
        // What the library says of a line that is none could quote it.
        match serde_json::from_slice(text) {
            Ok(Strict(Value::Object(members))) => Ok(Some(Some(members))),
            // A line without an end that breaks off is the last of a file that lost its rest.
            Err(error) if error.is_eof() && !line.ends_with(b"\n") => {
                Err(IngestError::CutShort { file: self.path.clone(), container: Container::Lines })
            }
            _ => Ok(Some(None)),
        }
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
