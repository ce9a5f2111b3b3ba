//! One column of a small file, such as a register of persons who objected.

use std::path::Path;

use super::batch::Malformed;
use super::error::IngestError;
use super::source::{Declared, SourceReader};
use crate::config::{Encoding, FileFormat};

/// The cells of one column, with their lines.
///
/// It has no `Debug`: the cells identify persons.
pub struct Register {
    values: Vec<(u64, String)>,
}

impl Register {
    /// Line (from 1, header included) and text of each cell, in file order. Empty cells are among them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u64, &str)> {
        self.values.iter().map(|(line, value)| (*line, value.as_str()))
    }

    /// Number of cells.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it holds nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// Reads one column of a CSV file (plain, gzip or zstd).
///
/// Blank lines are skipped. Any other record that cannot be cut into cells is an error: to skip it could release a person
/// who objected.
///
/// # Errors
///
/// As [`super::open`] and reading do; also where the column is missing or there twice, or a record is malformed.
pub fn read_register(
    path: &Path,
    column: &str,
    encoding: Encoding,
    delimiter: Option<u8>,
) -> Result<Register, IngestError> {
    let mut reader = SourceReader::empty();
    super::source::check(path)?;
    let declared = Declared { format: Some(FileFormat::Csv), encoding, delimiter, ..Declared::default() };
    reader.add(path.to_path_buf(), &declared)?;
    let file = || path.to_path_buf();
    let mut at = None;
    for (position, _) in reader.files().iter().flat_map(|f| f.labels.iter().enumerate()).filter(|(_, l)| *l == column) {
        if at.replace(position).is_some() {
            return Err(IngestError::RepeatedColumn { file: file(), column: column.to_owned() });
        }
    }
    let at = at.ok_or_else(|| IngestError::NoColumn { file: file(), column: column.to_owned() })?;
    let mut values = Vec::new();
    for block in reader {
        let batch = block?.parse()?;
        if let Some(bad) = batch.malformed().iter().find(|m| m.what != Malformed::Blank) {
            return Err(IngestError::RegisterRecord { file: file(), line: bad.line });
        }
        values.extend((0..batch.rows()).filter_map(|r| Some((batch.position(r).1, batch.cell(r, at)?.to_owned()))));
    }
    Ok(Register { values })
}
