//! CSV: UTF-8, comma, line feed, quotes as in RFC 4180 and only where they are needed.
//!
//! A null is an empty cell, an empty text is `""`. Text that a spreadsheet would run as a formula gets an apostrophe
//! in front ([`is_formula`]); numbers, dates and booleans are written as they are.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};

use super::error::ExportError;
use super::files::{HashedFile, Place, Written};
use super::render;
use crate::release::ReleaseField;

/// Bytes gathered before they are handed to the system.
const BUFFER: usize = 256 * 1024;

/// What the manifest says about the apostrophe.
pub(super) const GUARD_RULE: &str = "Text that begins, after any apostrophes, with one of = + - @ ＝ ＋ － ＠, a tab, \
a carriage return or a line feed has one more apostrophe in front, so that no spreadsheet runs it as a formula. \
To undo: take one apostrophe off such text.";

/// A CSV file while it is written.
pub(super) struct CsvFile {
    file: HashedFile,
    buffer: Vec<u8>,
    rows: u64,
    guarded: u64,
}

/// A CSV file on disk.
pub(super) struct CsvWritten {
    pub(super) written: Written,
    pub(super) rows: u64,
    /// Cells with an apostrophe in front.
    pub(super) guarded: u64,
}

impl CsvFile {
    /// Makes the file and writes its header.
    pub(super) fn create(place: Place<'_>, name: &str, fields: &[ReleaseField]) -> Result<Self, ExportError> {
        let mut buffer = Vec::with_capacity(BUFFER + BUFFER / 4);
        for (position, field) in fields.iter().enumerate() {
            if position > 0 {
                buffer.push(b',');
            }
            // Labels come from the pipeline, not from records: a guard would make them differ from the schema.
            quote_if_needed(&mut buffer, field.name.as_bytes(), false);
        }
        buffer.push(b'\n');
        Ok(Self { file: HashedFile::create(place, name)?, buffer, rows: 0, guarded: 0 })
    }

    /// Appends rows.
    pub(super) fn write(&mut self, rows: &RecordBatch) -> Result<(), ExportError> {
        let columns: Option<Vec<Column<'_>>> = rows.columns().iter().map(|array| Column::new(array)).collect();
        let Some(columns) = columns else {
            return Err(ExportError::Encode { path: self.file.path().to_path_buf() });
        };
        for row in 0..rows.num_rows() {
            let begun = self.buffer.len();
            for (position, column) in columns.iter().enumerate() {
                if position > 0 {
                    self.buffer.push(b',');
                }
                self.guarded += u64::from(column.render(&mut self.buffer, row));
            }
            if self.buffer.len() == begun {
                // The one cell of the row is null: an empty line would be skipped by most readers.
                self.buffer.extend_from_slice(b"\"\"");
            }
            self.buffer.push(b'\n');
            if self.buffer.len() >= BUFFER {
                self.file.put(&self.buffer)?;
                self.buffer.clear();
            }
        }
        self.rows += rows.num_rows() as u64;
        Ok(())
    }

    /// Writes what is left and waits until the disk has it.
    pub(super) fn close(mut self) -> Result<CsvWritten, ExportError> {
        self.file.put(&self.buffer)?;
        Ok(CsvWritten { written: self.file.finish()?, rows: self.rows, guarded: self.guarded })
    }
}

/// A column, its type resolved once for all its rows.
enum Column<'a> {
    Text(&'a StringArray),
    /// Each distinct text rendered once.
    Coded {
        keys: &'a Int32Array,
        rendered: Rendered,
    },
    /// A dictionary with more entries than there are rows.
    Sparse {
        keys: &'a Int32Array,
        values: &'a StringArray,
    },
    Integer(&'a Int64Array),
    Number(&'a Float64Array),
    Boolean(&'a BooleanArray),
    Date(&'a Date32Array),
    Datetime(&'a TimestampMicrosecondArray),
}

impl<'a> Column<'a> {
    /// `None` for a type that no release chunk has.
    fn new(array: &'a dyn Array) -> Option<Self> {
        if let Some(values) = array.as_string_opt::<i32>() {
            return Some(Column::Text(values));
        }
        if let Some(coded) = array.as_dictionary_opt::<Int32Type>() {
            let (keys, values) = (coded.keys(), coded.values().as_string_opt::<i32>()?);
            return Some(if values.len() <= keys.len() {
                Column::Coded { keys, rendered: Rendered::new(values) }
            } else {
                Column::Sparse { keys, values }
            });
        }
        let integer = array.as_primitive_opt::<Int64Type>().map(Column::Integer);
        let number = || array.as_primitive_opt::<Float64Type>().map(Column::Number);
        let boolean = || array.as_boolean_opt().map(Column::Boolean);
        let date = || array.as_primitive_opt::<Date32Type>().map(Column::Date);
        let datetime = || array.as_primitive_opt::<TimestampMicrosecondType>().map(Column::Datetime);
        integer.or_else(number).or_else(boolean).or_else(date).or_else(datetime)
    }

    /// Appends the cell of a row, nothing where it is null. Whether it got an apostrophe.
    #[inline]
    fn render(&self, out: &mut Vec<u8>, row: usize) -> bool {
        match self {
            Column::Text(values) if values.is_valid(row) => return text(out, values.value(row)),
            Column::Coded { keys, rendered } if keys.is_valid(row) => return rendered.copy(out, keys.value(row)),
            Column::Sparse { keys, values } if keys.is_valid(row) => {
                let key = keys.value(row) as usize;
                return values.is_valid(key) && text(out, values.value(key));
            }
            Column::Integer(values) if values.is_valid(row) => render::integer(out, values.value(row)),
            Column::Number(values) if values.is_valid(row) => render::number(out, values.value(row)),
            Column::Boolean(values) if values.is_valid(row) => {
                out.extend_from_slice(if values.value(row) { b"true" } else { b"false" });
            }
            Column::Date(values) if values.is_valid(row) => render::date(out, values.value(row)),
            Column::Datetime(values) if values.is_valid(row) => render::datetime(out, values.value(row)),
            _ => {}
        }
        false
    }
}

/// The cells of a dictionary, ready to be copied.
struct Rendered {
    bytes: Vec<u8>,
    /// End of each cell in `bytes`, and whether it got an apostrophe.
    ends: Vec<(usize, bool)>,
}

impl Rendered {
    fn new(values: &StringArray) -> Self {
        let mut bytes = Vec::new();
        let render = |value: Option<&str>| {
            let guarded = value.is_some_and(|value| text(&mut bytes, value));
            (bytes.len(), guarded)
        };
        let ends = values.iter().map(render).collect();
        Self { bytes, ends }
    }

    #[inline]
    fn copy(&self, out: &mut Vec<u8>, key: i32) -> bool {
        // Arrow holds that every valid key of a dictionary array is a position among its values.
        let key = key as usize;
        let begin = if key == 0 { 0 } else { self.ends[key - 1].0 };
        let (end, guarded) = self.ends[key];
        out.extend_from_slice(&self.bytes[begin..end]);
        guarded
    }
}

/// Appends a text cell. Whether it got an apostrophe.
fn text(out: &mut Vec<u8>, cell: &str) -> bool {
    let guarded = is_formula(cell);
    quote_if_needed(out, cell.as_bytes(), guarded);
    guarded
}

/// Whether a spreadsheet could run the text as a formula (OWASP, *CSV Injection*), or is a guarded text already.
///
/// Apostrophes in front are looked through, so that the guard can be undone without a doubt: `=1` becomes `'=1` and
/// `'=1` becomes `''=1`.
fn is_formula(cell: &str) -> bool {
    let first = cell.trim_start_matches('\'').chars().next();
    matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'))
}

/// RFC 4180, 2.5 to 2.7: quotes around a cell with a comma, a quote or a line break, and quotes in it doubled; also
/// around nothing at all, which tells an empty text from a null.
fn quote_if_needed(out: &mut Vec<u8>, cell: &[u8], guarded: bool) {
    let special = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    let quoted = cell.is_empty() || cell.iter().any(special);
    if quoted {
        out.push(b'"');
    }
    if guarded {
        out.push(b'\'');
    }
    if quoted {
        for (position, part) in cell.split(|byte| *byte == b'"').enumerate() {
            if position > 0 {
                out.extend_from_slice(b"\"\"");
            }
            out.extend_from_slice(part);
        }
        out.push(b'"');
    } else {
        out.extend_from_slice(cell);
    }
}
