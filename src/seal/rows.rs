//! How many rows a file has.

use std::path::Path;

use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;

use super::error::{Act, SealError};
use super::name::EntryName;
use crate::disk;

/// Counts the records of a CSV file as it passes: line feeds outside of quotes (RFC 4180).
#[derive(Debug, Default)]
pub struct RecordCounter {
    records: u64,
    quoted: bool,
    begun: bool,
}

impl RecordCounter {
    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        // A doubled quote closes and opens again, which changes nothing for the line feeds around it.
        for at in memchr::memchr2_iter(b'"', b'\n', bytes) {
            if bytes[at] == b'"' {
                self.quoted = !self.quoted;
            } else if !self.quoted {
                self.records += 1;
            }
        }
        self.begun = bytes.last().map_or(self.begun, |byte| *byte != b'\n');
    }

    /// Number of records, header included; `None` where the last one is cut short.
    #[must_use]
    pub fn whole(&self) -> Option<u64> {
        (!self.quoted && !self.begun).then_some(self.records)
    }
}

/// The rows of a decrypted file: of CSV by its records without the header, of Parquet by its footer; `None` where it cannot
/// be told.
pub(super) fn of(name: &EntryName, counted: &RecordCounter, path: &Path) -> Result<Option<u64>, SealError> {
    if name.as_str().ends_with(".csv") {
        return Ok(counted.whole().and_then(|records| records.checked_sub(1)));
    }
    if !name.as_str().ends_with(".parquet") {
        return Ok(None);
    }
    let file = disk::open(path).map_err(SealError::io(path, Act::Read))?.into_file();
    // What the library says could quote a value: that it could not be read is enough.
    let rows = SerializedFileReader::new(file).ok().map(|reader| reader.metadata().file_metadata().num_rows());
    Ok(rows.and_then(|rows| u64::try_from(rows).ok()))
}
