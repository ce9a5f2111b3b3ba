//! A block of records as they stand in the file.

use std::path::PathBuf;
use std::sync::Arc;

use hashbrown::HashMap;

/// One input file.
#[derive(Debug)]
pub struct InputFile {
    /// Position among all files of the source, in sorted order of their paths.
    pub index: u32,
    /// Where it is.
    pub path: PathBuf,
    /// Labels of its columns, in file order, as written (without a byte order mark).
    pub labels: Vec<String>,
}

/// What is wrong with the form of a record, before any cell is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Nothing but empty cells.
    Blank,
    /// Fewer cells than labels: so many cells.
    Short(usize),
    /// More cells than labels: so many cells.
    Long(usize),
    /// Bytes that are not text in the file's encoding.
    Encoding,
    /// A NUL byte.
    Nul,
    /// A line that is no JSON object with every member once.
    NotAnObject,
    /// A FHIR resource of another type than the source's.
    OtherResource,
    /// Several values, or an element with parts, where the path of this column should find one value.
    NotOneValue(usize),
    /// A reference in this column that does not say by type and id which resource of the export is meant.
    Reference(usize),
}

/// A record that could not be cut into cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedRecord {
    /// Number of the record in its file, from 1; the header is not counted.
    pub record: u64,
    /// Line on which the record starts, from 1.
    pub line: u64,
    /// What is wrong.
    pub what: Malformed,
}

/// Where a cell stands in [`RawBatch`]'s text; `NULL` for a null of a typed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// A null of a Parquet or Arrow file.
    pub const NULL: Self = Self { start: u32::MAX, end: u32::MAX };
}

/// Records with positions, cut into cells, not judged. Only `ingest` can make one.
///
/// It has no `Debug`: its text is identified data.
pub struct RawBatch {
    pub(super) file: Arc<InputFile>,
    /// Decoded text of the block; unescaped quoted cells are appended behind it.
    pub(super) text: String,
    /// Row-major, `width` cells for each well-formed record.
    pub(super) cells: Vec<Span>,
    pub(super) width: usize,
    /// Record number and line of each well-formed record.
    pub(super) positions: Vec<(u64, u64)>,
    pub(super) malformed: Vec<MalformedRecord>,
    /// Bytes of the block in the (decompressed) file, for progress.
    pub(super) bytes: usize,
}

impl RawBatch {
    /// The file that the records come from.
    #[must_use]
    pub fn file(&self) -> &InputFile {
        &self.file
    }

    /// Number of well-formed records.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.positions.len()
    }

    /// Cells of each record.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The text of a cell, quotes removed; `None` for a null of a typed file.
    #[must_use]
    #[inline]
    pub fn cell(&self, row: usize, column: usize) -> Option<&str> {
        let span = self.cells[row * self.width + column];
        self.text.get(span.start as usize..span.end as usize)
    }

    /// The different texts of a column, each with the number of its cells and the first row that has it, and the number of cells
    /// without text. Most columns repeat themselves: what is to be known of a text is looked at once.
    #[must_use]
    pub fn distinct(&self, column: usize) -> (HashMap<&str, (u64, usize)>, u64) {
        let mut texts = HashMap::new();
        let mut missing = 0;
        for row in 0..self.rows() {
            match self.cell(row, column) {
                None | Some("") => missing += 1,
                Some(text) => texts.entry(text).or_insert((0, row)).0 += 1,
            }
        }
        (texts, missing)
    }

    /// Bytes of the text of a cell, quotes removed; 0 for a null. Does not touch the text itself.
    #[must_use]
    #[inline]
    pub fn cell_bytes(&self, row: usize, column: usize) -> usize {
        let span = self.cells[row * self.width + column];
        (span.end - span.start) as usize
    }

    /// Appends cells of a row, each with `mark` behind it; a null is empty. Cells that stand side by side in the text are copied in
    /// one piece, in which the mark then takes the place of what separates them.
    pub(crate) fn join(&self, row: usize, columns: &[usize], mark: u8, out: &mut Vec<u8>) {
        let text = self.text.as_bytes();
        let cells = &self.cells[row * self.width..][..self.width];
        let mut rest = columns;
        while let [column, behind @ ..] = rest {
            let first = cells[*column];
            if first == Span::NULL {
                out.push(mark);
                rest = behind;
                continue;
            }
            let mut end = first.end;
            let beside = behind.iter().take_while(|column| {
                let next = cells[**column];
                let is_beside = next.start == end + 1;
                end = if is_beside { next.end } else { end };
                is_beside
            });
            let together = 1 + beside.count();
            let begun = out.len();
            out.extend_from_slice(&text[first.start as usize..end as usize]);
            out.push(mark);
            for column in &rest[..together] {
                out[begun + (cells[*column].end - first.start) as usize] = mark;
            }
            rest = &rest[together..];
        }
    }

    /// Record number (from 1, header not counted) and line (from 1) of a row.
    #[must_use]
    pub fn position(&self, row: usize) -> (u64, u64) {
        self.positions[row]
    }

    /// Records that could not be cut into cells; they are not among the rows.
    #[must_use]
    pub fn malformed(&self) -> &[MalformedRecord] {
        &self.malformed
    }

    /// Bytes of the block, for progress.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
