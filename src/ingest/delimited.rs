//! Delimited text: the header, then blocks of whole records.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use memchr::memchr;

use super::batch::{InputFile, RawBatch};
use super::boundary::{Boundary, MAX_RECORD, Unclosed, first_record, line_ends, strip_line_end};
use super::cells::{self, Chunk};
use super::detect::{self, CANDIDATES, Mark};
use super::error::{Container, IngestError};
use super::input::{Input, open_file};
use crate::config::Encoding;

/// Bytes read at first for a header, if blocks are not smaller.
pub(super) const HEADER_CHUNK: usize = 8 * 1024;

/// Bytes that tell every byte order mark.
const MARK: usize = 4;

/// What is known of a text file before its records are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    pub container: Container,
    /// `Detect` until a byte above 127 was seen.
    pub encoding: Encoding,
    pub delimiter: u8,
}

/// A text file at its first record.
pub(super) struct Delimited {
    path: PathBuf,
    input: Input,
    dialect: Dialect,
    /// Read, not yet handed out; starts at a record.
    carry: Vec<u8>,
    last: bool,
    /// Number of the next record.
    record: u64,
    /// Line of the next record.
    line: u64,
}

/// Whole records of a text file.
pub(super) struct TextBlock {
    bytes: Vec<u8>,
    encoding: Encoding,
    delimiter: u8,
    first_record: u64,
    first_line: u64,
    records: u64,
    quoted: bool,
}

/// Opens a text file and reads its header.
///
/// `delimiter`: `None` to detect it. `encoding`: as declared, or as found when the file was opened before. `chunk`: bytes
/// read at first.
pub(super) fn open(
    path: &Path,
    container: Container,
    encoding: Encoding,
    delimiter: Option<u8>,
    chunk: usize,
) -> Result<(Delimited, Vec<String>), IngestError> {
    if delimiter.is_some_and(|d| !detect::usable(d)) {
        return Err(IngestError::Delimiter { file: path.to_path_buf() });
    }
    let (disk, _) = open_file(path)?;
    begin(path, Input::new(path, disk, container)?, (container, encoding, delimiter), chunk)
}

/// Reads the header of plain text in UTF-8 with commas, whose bytes are there already.
pub(super) fn pinned(path: &Path, input: Input) -> Result<(Delimited, Vec<String>), IngestError> {
    begin(path, input, (Container::Plain, Encoding::Utf8, Some(b',')), HEADER_CHUNK)
}

fn begin(
    path: &Path,
    input: Input,
    (container, encoding, delimiter): (Container, Encoding, Option<u8>),
    chunk: usize,
) -> Result<(Delimited, Vec<String>), IngestError> {
    let mut reader = Delimited {
        path: path.to_path_buf(),
        input,
        dialect: Dialect { container, encoding, delimiter: delimiter.unwrap_or(b',') },
        carry: Vec::new(),
        last: false,
        record: 1,
        line: 1,
    };
    reader.read_mark(chunk)?;
    if delimiter.is_none() {
        let end = reader.header_end(&CANDIDATES)?;
        reader.dialect.delimiter = detect::delimiter(&reader.carry[..end]);
    }
    let end = reader.header_end(&[reader.dialect.delimiter])?;
    let labels = reader.take_header(end)?;
    Ok((reader, labels))
}

impl Delimited {
    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(super) fn disk_bytes(&self) -> u64 {
        self.input.disk_bytes()
    }

    /// Removes a byte order mark; it outweighs a declared encoding, since no text starts so by chance.
    fn read_mark(&mut self, chunk: usize) -> Result<(), IngestError> {
        self.last = self.input.fill(&mut self.carry, chunk.max(MARK))?;
        match Mark::of(&self.carry) {
            Mark::None => {}
            Mark::Utf8 => {
                self.carry.drain(..3);
                self.dialect.encoding = Encoding::Utf8;
            }
            Mark::Utf16 => return Err(IngestError::Utf16 { file: self.path.clone() }),
        }
        if self.carry.is_empty() {
            return Err(IngestError::Empty { file: self.path.clone() });
        }
        Ok(())
    }

    /// Reads on until the header is whole; the position behind it.
    fn header_end(&mut self, delimiters: &[u8]) -> Result<usize, IngestError> {
        loop {
            match first_record(&self.carry, delimiters, self.last) {
                Ok(Some(end)) if end <= MAX_RECORD => return Ok(end),
                Ok(found) if found.is_some() || self.carry.len() > MAX_RECORD => {
                    return Err(IngestError::RecordTooLong { file: self.path.clone(), line: 1 });
                }
                // Twice as much each time, so that looking again from the start costs no more than reading
                Ok(_) => {
                    let more = self.carry.len();
                    self.last = self.input.fill(&mut self.carry, more)?;
                }
                Err(Unclosed(open)) => {
                    let line = 1 + line_ends(&self.carry[..open]);
                    return Err(IngestError::UnterminatedQuote { file: self.path.clone(), line });
                }
            }
        }
    }

    /// Cuts the header off and into labels.
    fn take_header(&mut self, end: usize) -> Result<Vec<String>, IngestError> {
        let file = self.path.clone();
        let header = self.carry[..end].to_vec();
        if memchr(0, &header).is_some() {
            return Err(IngestError::NotText { file });
        }
        self.line += line_ends(&header);
        if self.dialect.encoding == Encoding::Detect {
            self.dialect.encoding = detect::encoding(&header).unwrap_or(Encoding::Detect);
        }
        if self.dialect.encoding != Encoding::Windows1252 && std::str::from_utf8(&header).is_err() {
            return Err(IngestError::HeaderEncoding { file });
        }
        if carriage_return_inside(&header) {
            return Err(IngestError::BareCarriageReturn { file });
        }
        self.carry.drain(..end);
        let labels = cells::labels(header, self.dialect.encoding, self.dialect.delimiter);
        if labels.iter().all(String::is_empty) {
            return Err(IngestError::NoLabels { file });
        }
        Ok(labels)
    }

    /// The next records, about `size` bytes of them and at least one; `None` at the end of the file.
    pub(super) fn next_block(&mut self, size: usize) -> Result<Option<TextBlock>, IngestError> {
        let mut bytes = std::mem::take(&mut self.carry);
        let mut boundary = Boundary::new(self.dialect.delimiter);
        let (end, records) = loop {
            if !self.last {
                let more = if bytes.len() < size { size - bytes.len() } else { size };
                self.last = self.input.fill(&mut bytes, more)?;
            }
            if let Err(Unclosed(open)) = boundary.advance(&bytes, self.last) {
                let line = self.line + line_ends(&bytes[..open]);
                return Err(IngestError::UnterminatedQuote { file: self.path.clone(), line });
            }
            let (end, records) = boundary.without_empty_line(&bytes);
            if end > 0 || self.last {
                break (end, records);
            }
            if bytes.len() > MAX_RECORD {
                return Err(IngestError::RecordTooLong { file: self.path.clone(), line: self.line });
            }
        };
        if !self.last {
            self.carry = bytes[end..].to_vec();
        }
        bytes.truncate(end);
        if bytes.is_empty() {
            return Ok(None);
        }
        if self.dialect.encoding == Encoding::Detect {
            self.dialect.encoding = detect::encoding(&bytes).unwrap_or(Encoding::Detect);
        }
        let lines = if boundary.quoted { line_ends(&bytes) } else { records };
        let block = TextBlock {
            encoding: self.dialect.encoding,
            delimiter: self.dialect.delimiter,
            first_record: self.record,
            first_line: self.line,
            records,
            quoted: boundary.quoted,
            bytes,
        };
        self.record += records;
        self.line += lines;
        Ok(Some(block))
    }
}

/// Whether a carriage return stands outside quotes and not before a line end: then lines end in it alone, or in two, and
/// nearly every record would be misread.
fn carriage_return_inside(header: &[u8]) -> bool {
    let mut quoted = false;
    strip_line_end(header).iter().any(|&b| {
        quoted ^= b == b'"';
        b == b'\r' && !quoted
    })
}

impl TextBlock {
    /// Cuts the block into cells.
    pub(super) fn parse(self, file: Arc<InputFile>) -> RawBatch {
        let size = self.bytes.len();
        let (text, invalid) = cells::decode(self.bytes, self.encoding);
        let chunk = Chunk {
            text,
            invalid,
            delimiter: self.delimiter,
            quoted: self.quoted,
            records: self.records,
            first_record: self.first_record,
            first_line: self.first_line,
        };
        chunk.parse(file, size)
    }
}
