//! Spreadsheets (XLSX, ODS): the sheet that is named, or the one that holds anything; its first row is the header. A sheet is read
//! whole; that is how its file is made.

use std::io::{BufReader, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use calamine::{Data, ExcelDateTime, Ods, Range, Reader, Xlsx};

use super::error::{Container, IngestError};
use crate::disk::DiskFile;

/// Records of a batch.
const ROWS: usize = 8192;

/// An open spreadsheet.
pub(super) struct Sheet {
    range: Range<Data>,
    schema: SchemaRef,
    /// The next row of the sheet to be handed out; the first is the header.
    row: usize,
    size: u64,
}

impl Sheet {
    /// Reads the sheet of that name; `None`: the one that holds something. What the library says of damage could quote cells, and is
    /// not passed on.
    ///
    /// # Errors
    /// [`IngestError::Corrupt`]; [`IngestError::NoSheet`]; [`IngestError::Sheets`] where several sheets hold something and none is
    /// named; [`IngestError::NoLabels`].
    pub fn open(path: &Path, mut file: DiskFile, named: Option<&str>) -> Result<Self, IngestError> {
        let corrupt = || IngestError::Corrupt { file: path.to_path_buf(), container: Container::Sheet };
        let fail = |e: std::io::Error| IngestError::from_io(path, Container::Plain, &e);
        let size = file.metadata().map_err(fail)?.len();
        file.seek(SeekFrom::Start(0)).map_err(fail)?;
        let reader = BufReader::new(file);
        let is_open_document = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("ods"));
        let range = match is_open_document {
            true => wanted(path, &mut Ods::new(reader).map_err(|_| corrupt())?, named),
            false => wanted(path, &mut Xlsx::new(reader).map_err(|_| corrupt())?, named),
        }?;
        let header: Vec<String> = range.rows().next().map(|row| row.iter().map(text).collect()).unwrap_or_default();
        // Columns behind the last label are of no table.
        if header.iter().all(|label| label.trim().is_empty()) {
            return Err(IngestError::NoLabels { file: path.to_path_buf() });
        }
        let fields: Vec<Field> = header.into_iter().map(|label| Field::new(label, DataType::Utf8, true)).collect();
        Ok(Self { range, schema: Arc::new(Schema::new(fields)), row: 1, size })
    }

    /// The columns, all of text.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The share of the bytes on disk that corresponds to the rows handed out.
    pub fn disk_bytes(&self) -> u64 {
        let rows = self.range.height().max(1) as u128;
        (u128::from(self.size) * (self.row as u128).min(rows) / rows) as u64
    }

    /// The next rows; `None` at the end.
    pub fn next(&mut self) -> Option<RecordBatch> {
        let rows = ROWS.min(self.range.height().saturating_sub(self.row));
        if rows == 0 {
            return None;
        }
        let column = |at: usize| -> ArrayRef {
            let cells = (self.row..self.row + rows).map(|row| self.range.get((row, at)));
            let texts = cells.map(|cell| cell.filter(|cell| **cell != Data::Empty).map(text));
            Arc::new(texts.collect::<StringArray>())
        };
        let columns: Vec<ArrayRef> = (0..self.schema.fields().len()).map(column).collect();
        self.row += rows;
        RecordBatch::try_new(self.schema(), columns).ok()
    }
}

/// The sheet of that name; without one the sheet that holds something, where there is one alone.
fn wanted<R: Reader<BufReader<DiskFile>>>(
    path: &Path,
    book: &mut R,
    named: Option<&str>,
) -> Result<Range<Data>, IngestError> {
    let file = || path.to_path_buf();
    let corrupt = || IngestError::Corrupt { file: file(), container: Container::Sheet };
    let names = book.sheet_names();
    if let Some(sheet) = named {
        if !names.iter().any(|name| name == sheet) {
            return Err(IngestError::NoSheet { file: file(), sheet: sheet.to_owned(), of: names.len() });
        }
        return book.worksheet_range(sheet).map_err(|_| corrupt());
    }
    let mut found: Option<Range<Data>> = None;
    let mut filled = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let range = book.worksheet_range(name).map_err(|_| corrupt())?;
        if range.used_cells().next().is_some() {
            filled.push(number + 1);
            found.get_or_insert(range);
        }
    }
    if filled.len() > 1 {
        return Err(IngestError::Sheets { file: file(), filled, of: names.len() });
    }
    // A table that does not begin in the first cell has its header where it begins, and everything counts from there.
    found.ok_or_else(|| IngestError::NoLabels { file: file() })
}

/// A cell as a CSV file would hold it.
fn text(cell: &Data) -> String {
    match cell {
        Data::Int(whole) => whole.to_string(),
        Data::Float(number) => number.to_string(),
        Data::String(text) | Data::DurationIso(text) => text.clone(),
        // The one form of a day, whatever the program that wrote it.
        Data::DateTimeIso(text) => text.strip_suffix("T00:00:00").unwrap_or(text).to_owned(),
        Data::Bool(yes) => yes.to_string(),
        Data::DateTime(time) => of_time(time),
        // What a formula failed to compute: no schema takes it for a value.
        Data::Error(_) => "#ERROR".to_owned(),
        Data::Empty => String::new(),
    }
}

/// A day, or a day and a time; of times alone and of durations the hours.
fn of_time(time: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let fraction = if milli == 0 { String::new() } else { format!(".{milli:03}") };
    if time.is_duration() || (0.0..1.0).contains(&time.as_f64()) {
        return format!("{hour:02}:{minute:02}:{second:02}{fraction}");
    }
    let day = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second, milli) {
        (0, 0, 0, 0) => day,
        _ => format!("{day}T{hour:02}:{minute:02}:{second:02}{fraction}"),
    }
}
