//! Text → cells. The hot loop: nothing is allocated per cell, and only unescaped cells are copied.

use std::sync::Arc;

use encoding_rs::WINDOWS_1252;
use memchr::memchr;

use super::batch::{InputFile, Malformed, MalformedRecord, RawBatch, Span};
use super::places::Places;
use crate::config::Encoding;

/// Whole records of a text file, decoded.
pub(super) struct Chunk {
    pub text: String,
    /// Where bytes stood that were no text, ascending.
    pub invalid: Vec<usize>,
    pub delimiter: u8,
    /// Whether any cell may be quoted.
    pub quoted: bool,
    /// Number of records, to set memory aside.
    pub records: u64,
    pub first_record: u64,
    pub first_line: u64,
}

/// Bytes → text, and the places in the text where bytes were not valid.
///
/// Invalid bytes become `?`. They are above 127, so delimiters, quotes and line ends stay where they are.
pub(super) fn decode(bytes: Vec<u8>, encoding: Encoding) -> (String, Vec<usize>) {
    if encoding == Encoding::Windows1252 && !bytes.is_ascii() {
        return (WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned(), Vec::new());
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return (text, Vec::new()),
        Err(error) => error.into_bytes(),
    };
    let mut text = String::with_capacity(bytes.len());
    let mut invalid = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            invalid.push(text.len());
            text.extend(chunk.invalid().iter().map(|_| '?'));
        }
    }
    (text, invalid)
}

/// The labels of a header.
pub(super) fn labels(header: Vec<u8>, encoding: Encoding, delimiter: u8) -> Vec<String> {
    let (text, invalid) = decode(header, encoding);
    let mut splitter = Splitter::new(&text, delimiter, None, invalid);
    splitter.split_quoted();
    let Splitter { spans, unescaped, .. } = splitter;
    let text = text + &unescaped;
    spans.iter().map(|s| text[s.start as usize..s.end as usize].to_owned()).collect()
}

impl Chunk {
    /// Cuts the records into cells. `size`: bytes of the block in the file.
    pub(super) fn parse(self, file: Arc<InputFile>, size: usize) -> RawBatch {
        let width = file.labels.len();
        let mut splitter = Splitter::new(&self.text, self.delimiter, Some(width), self.invalid);
        // Every record is a byte and every cell too, if only its delimiter: a false count cannot ask for more memory
        let records = (self.records as usize).min(self.text.len());
        splitter.positions.reserve_exact(records);
        splitter.spans.reserve_exact(records.saturating_mul(width).min(self.text.len() + 1));
        splitter.record = self.first_record;
        splitter.line = self.first_line;
        if self.quoted {
            splitter.split_quoted();
        } else {
            splitter.split_plain();
        }
        let Splitter { spans, positions, malformed, unescaped, .. } = splitter;
        let mut text = self.text;
        text.push_str(&unescaped);
        RawBatch { file, text, cells: spans, width, positions, malformed, bytes: size }
    }
}

struct Splitter<'a> {
    text: &'a str,
    delimiter: u8,
    /// Cells that a record must have; `None`: any number, and no record is malformed.
    width: Option<usize>,
    /// Next record.
    record: u64,
    line: u64,
    /// Where its cells start in `spans`.
    row: usize,
    spans: Vec<Span>,
    positions: Vec<(u64, u64)>,
    malformed: Vec<MalformedRecord>,
    /// Cells that do not stand in the text as they are; their spans count on from its end.
    unescaped: String,
    invalid: std::iter::Peekable<std::vec::IntoIter<usize>>,
    has_nul: bool,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a str, delimiter: u8, width: Option<usize>, invalid: Vec<usize>) -> Self {
        Self {
            text,
            delimiter,
            width,
            record: 1,
            line: 1,
            row: 0,
            spans: Vec::new(),
            positions: Vec::new(),
            malformed: Vec::new(),
            unescaped: String::new(),
            invalid: invalid.into_iter().peekable(),
            has_nul: memchr(0, text.as_bytes()).is_some(),
        }
    }

    /// A text without quoted cells: every delimiter and every line end counts.
    fn split_plain(&mut self) {
        let bytes = self.text.as_bytes();
        let delimiter = self.delimiter;
        let (mut record, mut cell) = (0, 0);
        for at in Places::new(bytes, [delimiter, b'\n']) {
            if bytes[at] == delimiter {
                self.spans.push(span(cell, at));
            } else {
                let end = record_end(bytes, cell, at);
                self.spans.push(span(cell, end));
                self.end_record(record, end, 0);
                record = at + 1;
            }
            cell = at + 1;
        }
        if record < bytes.len() {
            let end = record_end(bytes, cell, bytes.len());
            self.spans.push(span(cell, end));
            self.end_record(record, end, 0);
        }
    }

    /// A text in which cells may be quoted. Every quote that opens is closed: `Boundary` lets no other block through.
    fn split_quoted(&mut self) {
        let bytes = self.text.as_bytes();
        let delimiter = self.delimiter;
        let (mut record, mut cell) = (0, 0);
        let mut quote = Quote::default();
        let mut places = Places::new(bytes, [delimiter, b'\n', b'"']);
        while let Some(at) = places.next() {
            let byte = bytes[at];
            if byte == b'"' {
                if quote.open {
                    if bytes.get(at + 1) == Some(&b'"') {
                        quote.doubled = true;
                        places.next();
                    } else {
                        quote.open = false;
                        quote.closed_at = at;
                    }
                } else if at == cell {
                    quote.open = true;
                    quote.any = true;
                }
            } else if quote.open {
                quote.line_ends += u64::from(byte == b'\n');
            } else if byte == delimiter {
                self.push_cell(cell, at, &quote);
                cell = at + 1;
                quote.next_cell();
            } else {
                let end = record_end(bytes, cell, at);
                self.push_cell(cell, end, &quote);
                self.end_record(record, end, quote.line_ends);
                quote = Quote::default();
                (record, cell) = (at + 1, at + 1);
            }
        }
        if record < bytes.len() {
            let end = record_end(bytes, cell, bytes.len());
            self.push_cell(cell, end, &quote);
            self.end_record(record, end, quote.line_ends);
        }
    }

    #[inline]
    fn push_cell(&mut self, start: usize, end: usize, quote: &Quote) {
        let cell = if !quote.any {
            span(start, end)
        } else if !quote.doubled && quote.closed_at + 1 == end {
            span(start + 1, quote.closed_at)
        } else {
            self.unescape(start, end, quote.closed_at)
        };
        self.spans.push(cell);
    }

    /// Copies a quoted cell with each pair of quotes made one; what follows the closing quote is kept as it is.
    fn unescape(&mut self, start: usize, end: usize, closed_at: usize) -> Span {
        let begin = self.text.len() + self.unescaped.len();
        let mut rest = &self.text[start + 1..closed_at];
        while let Some(pair) = memchr(b'"', rest.as_bytes()) {
            self.unescaped.push_str(&rest[..=pair]);
            rest = &rest[pair + 2..];
        }
        self.unescaped.push_str(rest);
        self.unescaped.push_str(&self.text[closed_at + 1..end]);
        span(begin, self.text.len() + self.unescaped.len())
    }

    /// Judges the form of the record `start..end`, whose cells are pushed.
    #[inline]
    fn end_record(&mut self, start: usize, end: usize, inner_lines: u64) {
        let cells = &self.spans[self.row..];
        // A record with a first cell is not blank: most records need no closer look
        let regular = self.width.is_none_or(|w| w == cells.len())
            && cells.first().is_some_and(|first| first.start < first.end)
            && !self.has_nul
            && self.invalid.peek().is_none();
        let what = if regular { None } else { self.fault(start, end) };
        match what {
            None => self.positions.push((self.record, self.line)),
            Some(what) => {
                self.spans.truncate(self.row);
                self.malformed.push(MalformedRecord { record: self.record, line: self.line, what });
            }
        }
        self.row = self.spans.len();
        self.record += 1;
        self.line += 1 + inner_lines;
    }

    #[inline(never)]
    fn fault(&mut self, start: usize, end: usize) -> Option<Malformed> {
        let mut encoding = false;
        while self.invalid.next_if(|&at| at < end).is_some() {
            encoding = true;
        }
        let width = self.width?;
        let cells = self.spans.len() - self.row;
        if encoding {
            Some(Malformed::Encoding)
        } else if self.has_nul && memchr(0, &self.text.as_bytes()[start..end]).is_some() {
            Some(Malformed::Nul)
        } else if self.spans[self.row..].iter().all(|s| s.start == s.end) {
            Some(Malformed::Blank)
        } else if cells < width {
            Some(Malformed::Short(cells))
        } else if cells > width {
            Some(Malformed::Long(cells))
        } else {
            None
        }
    }
}

/// What is known of the cell being read.
#[derive(Default)]
struct Quote {
    any: bool,
    open: bool,
    doubled: bool,
    closed_at: usize,
    /// Line ends inside quotes since the record began.
    line_ends: u64,
}

impl Quote {
    #[inline]
    fn next_cell(&mut self) {
        *self = Quote { line_ends: self.line_ends, ..Quote::default() };
    }
}

/// The end of the cell `cell..at` that ends a record: a carriage return before the line end belongs to that.
#[inline]
fn record_end(bytes: &[u8], cell: usize, at: usize) -> usize {
    if at > cell && bytes[at - 1] == b'\r' { at - 1 } else { at }
}

/// A block is at most 80 MiB (`MAX_RECORD` and what is read at a time); Windows-1252 takes up to three bytes for one, and
/// unescaped cells are no longer than the text: together under 4 GiB, so that a `u32` holds any place.
#[inline]
fn span(start: usize, end: usize) -> Span {
    Span { start: start as u32, end: end as u32 }
}
