//! Parquet: the same rows give the same bytes, however they were cut into chunks and whether text came coded or plain.

use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow_select::concat::concat_batches;
use arrow_select::take::take;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::error::{ExportError, Operation};
use super::files::{HashedFile, Place, Written};
use crate::release::ReleaseField;
use crate::schema::Logical;

/// Rows of a row group.
const ROW_GROUP: usize = 128 * 1024;

/// A Parquet file while it is written.
///
/// Rows wait until a row group is full, because the pages of a group depend on how its rows were handed over.
pub(super) struct ParquetFile {
    path: PathBuf,
    writer: ArrowWriter<HashedFile>,
    schema: SchemaRef,
    waiting: Vec<RecordBatch>,
    waiting_rows: usize,
    rows: u64,
}

impl ParquetFile {
    /// Makes the file.
    pub(super) fn create(place: Place<'_>, name: &str, fields: &[ReleaseField]) -> Result<Self, ExportError> {
        let columns = fields.iter().map(|field| Field::new(&field.name, arrow_type(field.logical), true));
        let schema: SchemaRef = Arc::new(Schema::new(columns.collect::<Vec<_>>()));
        let properties = WriterProperties::builder()
            .set_created_by(concat!("tamis ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .build();
        // Without the embedded Arrow schema: Parquet's own types say it all, and every reader knows these.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let file = HashedFile::create(place, name)?;
        let path = file.path().to_path_buf();
        let writer = ArrowWriter::try_new_with_options(file, schema.clone(), options)
            .map_err(|error| mapped(&path, &error, Operation::Write))?;
        Ok(Self { path, writer, schema, waiting: Vec::new(), waiting_rows: 0, rows: 0 })
    }

    /// Appends rows.
    pub(super) fn write(&mut self, rows: &RecordBatch) -> Result<(), ExportError> {
        let plain: Result<Vec<ArrayRef>, ArrowError> = rows.columns().iter().map(decoded).collect();
        let plain = plain.and_then(|columns| RecordBatch::try_new(self.schema.clone(), columns));
        self.waiting_rows += rows.num_rows();
        self.waiting.push(plain.map_err(|_| self.unencodable())?);
        if self.waiting_rows >= ROW_GROUP { self.write_groups(false) } else { Ok(()) }
    }

    /// Writes the row groups that are full, and at the end what is left.
    fn write_groups(&mut self, all: bool) -> Result<(), ExportError> {
        let waiting = mem::take(&mut self.waiting);
        let mut rest = concat_batches(&self.schema, &waiting).map_err(|_| self.unencodable())?;
        drop(waiting);
        while rest.num_rows() >= ROW_GROUP || (all && rest.num_rows() > 0) {
            let rows = rest.num_rows().min(ROW_GROUP);
            let written = self.writer.write(&rest.slice(0, rows));
            written.map_err(|error| mapped(&self.path, &error, Operation::Write))?;
            self.rows += rows as u64;
            rest = rest.slice(rows, rest.num_rows() - rows);
        }
        self.waiting_rows = rest.num_rows();
        if self.waiting_rows > 0 {
            self.waiting.push(rest);
        }
        Ok(())
    }

    /// Writes what is left and the footer, and waits until the disk has it; with the number of rows.
    pub(super) fn close(mut self) -> Result<(Written, u64), ExportError> {
        self.write_groups(true)?;
        let file = self.writer.into_inner().map_err(|error| mapped(&self.path, &error, Operation::Write))?;
        Ok((file.finish()?, self.rows))
    }

    fn unencodable(&self) -> ExportError {
        ExportError::Encode { path: self.path.clone() }
    }
}

/// The Arrow type of a kind of value in the file.
fn arrow_type(logical: Logical) -> DataType {
    match logical {
        Logical::Text => DataType::Utf8,
        Logical::Integer => DataType::Int64,
        Logical::Number => DataType::Float64,
        Logical::Boolean => DataType::Boolean,
        Logical::Date => DataType::Date32,
        Logical::Datetime => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// Coded text as plain text. Entries that no row uses are left behind here: a dictionary may still hold the texts of
/// rows that were suppressed.
fn decoded(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match column.as_dictionary_opt::<Int32Type>() {
        Some(coded) => take(coded.values(), coded.keys(), None),
        None => Ok(column.clone()),
    }
}

/// The library's error without its message, which could quote a cell; the system's reason where there is one.
pub(super) fn mapped(path: &Path, error: &ParquetError, operation: Operation) -> ExportError {
    let path = path.to_path_buf();
    let ParquetError::External(inner) = error else { return ExportError::Encode { path } };
    let inner = inner.as_ref();
    let kind =
        inner.downcast_ref::<io::Error>().map(io::Error::kind).or_else(|| match inner.downcast_ref::<ArrowError>() {
            Some(ArrowError::IoError(_, error)) => Some(error.kind()),
            _ => None,
        });
    match kind {
        Some(kind) => ExportError::Io { path, operation, kind },
        None => ExportError::Encode { path },
    }
}
