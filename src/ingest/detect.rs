//! What a file is, told by its first bytes, its ending and its header.

use std::path::Path;

use memchr::memchr;

use super::error::Container;
use crate::config::{Encoding, FileFormat};

/// Delimiters told from the header; the first of equals wins.
pub(super) const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// So many first bytes tell format and compression.
pub(super) const HEAD: usize = 8;

/// Which reader a file needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Delimited text in a container: `Plain`, `Gzip` or `Zstd`.
    Delimited(Container),
    Parquet,
    /// Arrow IPC with a footer.
    ArrowFile,
    /// Arrow IPC, a stream of messages.
    ArrowStream,
    /// A spreadsheet: XLSX or ODS.
    Sheet,
    /// JSON lines.
    Lines,
}

/// The reader for a file whose first bytes (up to [`HEAD`]) are `head`.
///
/// A declared format is believed; else the first bytes decide, then the ending.
pub(super) fn kind(declared: Option<FileFormat>, path: &Path, head: &[u8]) -> Kind {
    let arrow = || if head.starts_with(b"ARROW1") { Kind::ArrowFile } else { Kind::ArrowStream };
    match declared {
        Some(FileFormat::Csv) => Kind::Delimited(compression(head)),
        Some(FileFormat::Parquet) => Kind::Parquet,
        Some(FileFormat::Arrow) => arrow(),
        Some(FileFormat::Sheet) => Kind::Sheet,
        Some(FileFormat::Lines | FileFormat::Fhir) => Kind::Lines,
        None if head.starts_with(b"PAR1") => Kind::Parquet,
        None if head.starts_with(b"ARROW1") => Kind::ArrowFile,
        // A message starts with a continuation mark and a length under 16 MiB; as text it would be `ÿÿÿÿ` and a NUL.
        None if head.len() == HEAD && head.starts_with(&[0xFF; 4]) && head[7] == 0 => Kind::ArrowStream,
        None => match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("parquet" | "pq") => Kind::Parquet,
            Some("arrow" | "arrows" | "ipc" | "feather") => arrow(),
            Some("xlsx" | "xlsm" | "ods") => Kind::Sheet,
            Some("ndjson" | "jsonl") => Kind::Lines,
            _ => Kind::Delimited(compression(head)),
        },
    }
}

/// gzip: RFC 1952 §2.3.1. zstd: RFC 8878 §3.1.1 and, for skippable frames, §3.1.2.
fn compression(head: &[u8]) -> Container {
    match head {
        [0x1F, 0x8B, ..] => Container::Gzip,
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Container::Zstd,
        _ => Container::Plain,
    }
}

/// A byte order mark at the start of (decompressed) text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    None,
    Utf8,
    /// UTF-16 in either order; UTF-32 begins alike or with two NUL bytes.
    Utf16,
}

impl Mark {
    pub(super) fn of(text: &[u8]) -> Self {
        match text {
            [0xEF, 0xBB, 0xBF, ..] => Mark::Utf8,
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 0, 0xFE, 0xFF, ..] => Mark::Utf16,
            _ => Mark::None,
        }
    }
}

/// The encoding that the first physical line with a byte above 127 shows; `None` while all is ASCII.
///
/// `records` are whole lines, so the answer does not depend on where blocks are cut.
pub(super) fn encoding(records: &[u8]) -> Option<Encoding> {
    if records.is_ascii() {
        return None;
    }
    let first = records.iter().position(|b| !b.is_ascii())?;
    let end = memchr(b'\n', &records[first..]).map_or(records.len(), |p| first + p);
    let valid = std::str::from_utf8(&records[first..end]).is_ok();
    Some(if valid { Encoding::Utf8 } else { Encoding::Windows1252 })
}

/// The candidate that occurs most outside quotes in the header; a comma where there is none (a single column).
pub(super) fn delimiter(header: &[u8]) -> u8 {
    let mut counts = [0usize; CANDIDATES.len()];
    let mut quoted = false;
    // At the start of a cell; or just behind a closing quote, where another one makes the pair that stands for one
    let mut may_open = true;
    for &byte in header {
        if byte == b'"' {
            (quoted, may_open) = if quoted { (false, true) } else { (may_open, false) };
        } else if !quoted {
            let candidate = CANDIDATES.iter().position(|&c| c == byte);
            if let Some(c) = candidate {
                counts[c] += 1;
            }
            may_open = candidate.is_some();
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let first = counts.iter().position(|&n| n == most).unwrap_or(0);
    CANDIDATES[first]
}

/// Whether a declared delimiter can be told from everything else.
pub(super) fn usable(delimiter: u8) -> bool {
    delimiter.is_ascii() && !matches!(delimiter, b'"' | b'\n' | b'\r' | 0)
}
