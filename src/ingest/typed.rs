//! Parquet, Arrow IPC, spreadsheets, JSON lines and rows of drivers: record batches in file order, with positions.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, Schema, SchemaRef};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;
use parquet::errors::ParquetError;

use crate::disk::DiskFile;

use super::batch::{InputFile, RawBatch};
use super::detect::Kind;
use super::error::{Container, IngestError};
use super::input::{Counted, open_file};
use super::lines::{Faults, Lines};
use super::render;
use super::sheet::Sheet;
use super::source::Inside;

/// Records of a block; a batch of a file may hold millions, and its text would be held at once.
pub(super) const ROWS: usize = 8192;

/// What ends an Arrow stream. The format allows to leave it out, but then nothing tells a whole file from one cut short
/// between two batches.
pub(super) const END_OF_STREAM: [u8; 8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];

type Reader = Counted<BufReader<DiskFile>>;

enum Batches {
    /// With the number of all records and the size on disk: the reader tells no position.
    Parquet(ParquetRecordBatchReader, u64, u64),
    File(FileReader<Reader>),
    Stream(StreamReader<Reader>),
    Sheet(Box<Sheet>),
    Lines(Box<Lines>),
    /// Of no file.
    Rows(Box<dyn Iterator<Item = io::Result<RecordBatch>> + Send>),
}

/// An open file whose records come in batches.
pub(super) struct Typed {
    path: PathBuf,
    container: Container,
    batches: Batches,
    schema: SchemaRef,
    /// A batch, the rows of it that are no records, and how many of its rows were handed out.
    current: Option<(RecordBatch, Faults, usize)>,
    /// Number of the next record.
    record: u64,
    disk: Arc<AtomicU64>,
}

/// Some of its records.
pub(super) struct TypedBlock {
    batch: RecordBatch,
    faults: Faults,
    first_record: u64,
}

impl TypedBlock {
    /// Renders the block as text.
    pub(super) fn parse(self, file: Arc<InputFile>) -> Result<RawBatch, IngestError> {
        render::render(&self.batch, file, self.first_record, &self.faults)
    }
}

impl Typed {
    /// Opens a file of `kind` (not delimited text), refusing damage, compression and column types that are not read.
    pub(super) fn open(path: &Path, kind: Kind, inside: &Inside) -> Result<Self, IngestError> {
        let (mut file, head) = open_file(path)?;
        let container = match kind {
            Kind::Parquet => Container::Parquet,
            Kind::Sheet => Container::Sheet,
            Kind::Lines => Container::Lines,
            Kind::ArrowFile | Kind::ArrowStream | Kind::Delimited(_) => Container::Arrow,
        };
        check_ends(path, &mut file, &head, kind)?;
        let disk = Arc::new(AtomicU64::new(0));
        let fail = |e: ArrowError| from_arrow(path, container, &e);
        let (batches, schema) = match kind {
            Kind::Parquet => guarded(path, container, || open_parquet(path, file))??,
            Kind::Sheet => {
                let sheet = guarded(path, container, || Sheet::open(path, file, inside.sheet.as_deref()))??;
                let schema = sheet.schema();
                (Batches::Sheet(Box::new(sheet)), schema)
            }
            Kind::Lines => {
                let lines = Lines::open(path, file, inside.mapping.clone())?;
                let schema = lines.schema();
                (Batches::Lines(Box::new(lines)), schema)
            }
            Kind::ArrowFile => {
                let counted = Counted::new(BufReader::new(file), Arc::clone(&disk));
                let reader = guarded(path, container, || FileReader::try_new(counted, None))?.map_err(fail)?;
                let schema = reader.schema();
                (Batches::File(reader), schema)
            }
            Kind::ArrowStream | Kind::Delimited(_) => {
                let counted = Counted::new(BufReader::new(file), Arc::clone(&disk));
                let reader = guarded(path, container, || StreamReader::try_new(counted, None))?.map_err(fail)?;
                let schema = reader.schema();
                (Batches::Stream(reader), schema)
            }
        };
        has_labels_and_texts(path, &schema)?;
        Ok(Self { path: path.to_path_buf(), container, batches, schema, current: None, record: 1, disk })
    }

    /// Batches that come from elsewhere.
    pub(super) fn rows(
        name: &Path,
        schema: SchemaRef,
        rows: Box<dyn Iterator<Item = io::Result<RecordBatch>> + Send>,
    ) -> Result<Self, IngestError> {
        has_labels_and_texts(name, &schema)?;
        let (batches, disk) = (Batches::Rows(rows), Arc::default());
        Ok(Self {
            path: name.to_path_buf(),
            container: Container::Arrow,
            batches,
            schema,
            current: None,
            record: 1,
            disk,
        })
    }

    pub(super) fn labels(&self) -> Vec<String> {
        self.schema.fields().iter().map(|f| f.name().clone()).collect()
    }

    /// Bytes read from disk so far; for Parquet the share of the records read, since its reader seeks.
    pub(super) fn disk_bytes(&self) -> u64 {
        match &self.batches {
            Batches::Parquet(_, records, size) => {
                let read = u128::from(self.record - 1) * u128::from(*size);
                (read / u128::from((*records).max(1))) as u64
            }
            Batches::Sheet(sheet) => sheet.disk_bytes(),
            Batches::Lines(lines) => lines.disk_bytes(),
            Batches::File(_) | Batches::Stream(_) | Batches::Rows(_) => self.disk.load(Ordering::Relaxed),
        }
    }

    /// The next records; `None` at the end of the file.
    pub(super) fn next_block(&mut self) -> Result<Option<TypedBlock>, IngestError> {
        loop {
            if let Some((batch, faults, used)) = &mut self.current {
                let rows = ROWS.min(batch.num_rows() - *used);
                if rows > 0 {
                    let these = *used..*used + rows;
                    let faults = faults.iter().filter(|(row, _)| these.contains(row));
                    let faults = faults.map(|(row, what)| (row - these.start, *what)).collect();
                    let block = TypedBlock { batch: batch.slice(*used, rows), faults, first_record: self.record };
                    *used += rows;
                    self.record += rows as u64;
                    return Ok(Some(block));
                }
            }
            let batches = &mut self.batches;
            if let Batches::Lines(lines) = batches {
                match lines.next()? {
                    None => return Ok(None),
                    Some((batch, faults)) => self.current = Some((batch, faults, 0)),
                }
                continue;
            }
            if let Batches::Rows(rows) = batches {
                let Some(batch) = rows.next() else { return Ok(None) };
                let batch = batch.map_err(|e| IngestError::Stream { problem: e.to_string() })?;
                self.disk.fetch_add(batch.get_array_memory_size() as u64, Ordering::Relaxed);
                self.current = Some((batch, Faults::new(), 0));
                continue;
            }
            let next = guarded(&self.path, self.container, || match batches {
                Batches::Parquet(reader, ..) => reader.next(),
                Batches::File(reader) => reader.next(),
                Batches::Stream(reader) => reader.next(),
                Batches::Sheet(sheet) => sheet.next().map(Ok),
                Batches::Lines(_) | Batches::Rows(_) => None,
            });
            match next? {
                None => return Ok(None),
                Some(Ok(batch)) => self.current = Some((batch, Faults::new(), 0)),
                Some(Err(e)) => return Err(from_arrow(&self.path, self.container, &e)),
            }
        }
    }
}

/// The libraries panic on some damaged files where an error is due. Whatever they were reading is not used afterwards.
pub(super) fn guarded<T>(path: &Path, container: Container, read: impl FnOnce() -> T) -> Result<T, IngestError> {
    catch_unwind(AssertUnwindSafe(read)).map_err(|_| IngestError::Corrupt { file: path.to_path_buf(), container })
}

/// That columns have names, and that all of them have a text form here.
pub(super) fn has_labels_and_texts(path: &Path, schema: &Schema) -> Result<(), IngestError> {
    if schema.fields().iter().all(|f| f.name().is_empty()) {
        return Err(IngestError::NoLabels { file: path.to_path_buf() });
    }
    match schema.fields().iter().find(|f| !render::readable(f.data_type())) {
        None => Ok(()),
        Some(field) => Err(IngestError::UnsupportedType {
            file: path.to_path_buf(),
            column: field.name().clone(),
            type_name: field.data_type().to_string(),
        }),
    }
}

/// First and last bytes: they tell a file of another kind and one cut short.
fn check_ends(path: &Path, file: &mut DiskFile, head: &[u8], kind: Kind) -> Result<(), IngestError> {
    let (start, end, container): (&[u8], &[u8], _) = match kind {
        // A ZIP file, whose directory at the end is the reader's to find; text, which may end anywhere.
        Kind::Sheet => (b"PK\x03\x04", b"", Container::Sheet),
        Kind::Lines => (b"", b"", Container::Lines),
        Kind::Parquet => (b"PAR1", b"PAR1", Container::Parquet),
        Kind::ArrowFile => (b"ARROW1", b"ARROW1", Container::Arrow),
        Kind::ArrowStream | Kind::Delimited(_) => (&[0xFF; 4], &END_OF_STREAM, Container::Arrow),
    };
    if !head.starts_with(start) {
        return Err(IngestError::Corrupt { file: path.to_path_buf(), container });
    }
    let fail = |e: std::io::Error| IngestError::from_io(path, Container::Plain, &e);
    let size = file.metadata().map_err(fail)?.len();
    let mut tail = Vec::with_capacity(end.len());
    file.seek(SeekFrom::Start(size.saturating_sub(end.len() as u64))).map_err(fail)?;
    (&mut *file).take(end.len() as u64).read_to_end(&mut tail).map_err(fail)?;
    file.seek(SeekFrom::Start(0)).map_err(fail)?;
    if tail != end || size < (start.len() + end.len()) as u64 {
        return Err(IngestError::CutShort { file: path.to_path_buf(), container });
    }
    Ok(())
}

fn open_parquet(path: &Path, file: DiskFile) -> Result<(Batches, SchemaRef), IngestError> {
    let fail = |e: ParquetError| from_parquet(path, &e);
    let size = file.metadata().map_err(|e| IngestError::from_io(path, Container::Plain, &e))?.len();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.into_file()).map_err(fail)?;
    let metadata = builder.metadata();
    let readable = |c| matches!(c, Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_));
    if metadata.row_groups().iter().flat_map(|g| g.columns()).any(|c| !readable(c.compression())) {
        return Err(IngestError::UnsupportedCompression { file: path.to_path_buf(), container: Container::Parquet });
    }
    let records = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
    let schema = Arc::clone(builder.schema());
    let reader = builder.with_batch_size(ROWS).build().map_err(fail)?;
    Ok((Batches::Parquet(reader, records, size), schema))
}

/// The kind of an error, without its message: it could quote content.
pub(super) fn from_arrow(path: &Path, container: Container, error: &ArrowError) -> IngestError {
    let file = path.to_path_buf();
    match error {
        ArrowError::IoError(_, e) => IngestError::from_io(path, container, e),
        ArrowError::ExternalError(e) => match e.downcast_ref::<std::io::Error>() {
            Some(e) => IngestError::from_io(path, container, e),
            None => IngestError::Corrupt { file, container },
        },
        // The one way in which the library tells that a codec was not built in
        ArrowError::InvalidArgumentError(m) if m.contains("decompression requires") => {
            IngestError::UnsupportedCompression { file, container }
        }
        _ => IngestError::Corrupt { file, container },
    }
}

fn from_parquet(path: &Path, error: &ParquetError) -> IngestError {
    let file = path.to_path_buf();
    match error {
        ParquetError::External(e) => match e.downcast_ref::<std::io::Error>() {
            Some(e) => IngestError::from_io(path, Container::Parquet, e),
            None => IngestError::Corrupt { file, container: Container::Parquet },
        },
        ParquetError::EOF(_) => IngestError::CutShort { file, container: Container::Parquet },
        _ => IngestError::Corrupt { file, container: Container::Parquet },
    }
}
