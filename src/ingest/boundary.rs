//! Where records end. RFC 4180: a quote opens a cell only at its start, a pair of quotes inside is one, line breaks inside
//! do not end the record. Everything else about quotes is as lenient as the `csv` crate.

use memchr::{memchr, memchr_iter, memchr2, memrchr};

/// A quoted cell longer than this is taken for one that is never closed, so that memory stays bounded.
pub(super) const MAX_QUOTED: usize = 16 << 20;

/// A record may not be longer than this.
pub(super) const MAX_RECORD: usize = 64 << 20;

/// Segments between quotes up to this length are walked byte by byte: cheaper than setting up a search.
const SHORT: usize = 16;

/// A quoted cell that is not closed: where its quote stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unclosed(pub usize);

/// Finds the last end of a record in a buffer that starts at a record and grows between calls.
///
/// Jumps from quote to quote; nothing is looked at twice when more bytes arrive.
pub(super) struct Boundary {
    delimiter: u8,
    /// First byte not looked at.
    at: usize,
    /// Where the open quoted cell began.
    open: Option<usize>,
    /// Just behind the last complete record.
    pub(super) end: usize,
    /// Complete records before `end`.
    pub(super) records: u64,
    /// Whether any cell so far is quoted.
    pub(super) quoted: bool,
}

impl Boundary {
    pub(super) fn new(delimiter: u8) -> Self {
        Self { delimiter, at: 0, open: None, end: 0, records: 0, quoted: false }
    }

    /// Looks at the bytes that were added to `buffer` since the last call. `last`: no more will come.
    pub(super) fn advance(&mut self, buffer: &[u8], last: bool) -> Result<(), Unclosed> {
        loop {
            if let Some(open) = self.open {
                let Some(quote) = memchr(b'"', &buffer[self.at..]).map(|p| self.at + p) else {
                    self.at = buffer.len();
                    return if last || self.at - open > MAX_QUOTED { Err(Unclosed(open)) } else { Ok(()) };
                };
                if quote - open > MAX_QUOTED {
                    return Err(Unclosed(open));
                }
                match buffer.get(quote + 1) {
                    Some(b'"') => self.at = quote + 2,
                    // The next byte tells whether this quote closes: wait for it
                    None if !last => {
                        self.at = quote;
                        return Ok(());
                    }
                    _ => {
                        self.open = None;
                        self.at = quote + 1;
                    }
                }
            } else {
                let quote = memchr(b'"', &buffer[self.at..]).map(|p| self.at + p);
                self.count(buffer, quote.unwrap_or(buffer.len()));
                let Some(quote) = quote else { break };
                self.at = quote + 1;
                if quote == 0 || buffer[quote - 1] == self.delimiter || buffer[quote - 1] == b'\n' {
                    self.open = Some(quote);
                    self.quoted = true;
                }
            }
        }
        if last && self.end < buffer.len() {
            self.end = buffer.len();
            self.records += 1;
        }
        Ok(())
    }

    /// Counts the line ends in `at..to`, which is outside quotes.
    fn count(&mut self, buffer: &[u8], to: usize) {
        let segment = &buffer[self.at..to];
        if segment.len() <= SHORT {
            for (i, &byte) in segment.iter().enumerate() {
                if byte == b'\n' {
                    self.records += 1;
                    self.end = self.at + i + 1;
                }
            }
        } else if let Some(last) = memrchr(b'\n', segment) {
            self.records += memchr_iter(b'\n', &segment[..=last]).count() as u64;
            self.end = self.at + last + 1;
        }
        self.at = to;
    }

    /// End and number of the records found, without an empty line that ends them: only what follows tells whether that
    /// line is a blank record or the end of the file.
    pub(super) fn without_empty_line(&self, buffer: &[u8]) -> (usize, u64) {
        let start = strip_line_end(&buffer[..self.end]).len();
        // No quote can stand between two line ends, so a line end just before is outside quotes as well
        let empty_line = start < self.end && (start == 0 || buffer[start - 1] == b'\n');
        if empty_line { (start, self.records - 1) } else { (self.end, self.records) }
    }
}

/// Without LF, CR LF, or (where a file ends so) CR at its end.
pub(super) fn strip_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// Lines that end in `bytes`.
pub(super) fn line_ends(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

/// Just behind the first record of `buffer`, where any of `delimiters` separates cells. `None`: more bytes are needed.
pub(super) fn first_record(buffer: &[u8], delimiters: &[u8], last: bool) -> Result<Option<usize>, Unclosed> {
    let mut at = 0;
    while let Some(found) = memchr2(b'"', b'\n', &buffer[at..]).map(|p| at + p) {
        if buffer[found] == b'\n' {
            return Ok(Some(found + 1));
        }
        at = found + 1;
        if found > 0 && !delimiters.contains(&buffer[found - 1]) {
            continue;
        }
        loop {
            let Some(quote) = memchr(b'"', &buffer[at..]).map(|p| at + p) else {
                return if last || buffer.len() - found > MAX_QUOTED { Err(Unclosed(found)) } else { Ok(None) };
            };
            at = quote + 1;
            match buffer.get(at) {
                Some(b'"') => at += 1,
                None if !last => return Ok(None),
                _ => break,
            }
        }
    }
    Ok(last.then_some(buffer.len()))
}
