//! What can go wrong with a file. Paths, lines, column labels; never the content of a record.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What a file's bytes are wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// Nothing: delimited text.
    Plain,
    /// gzip, one or more members (RFC 1952).
    Gzip,
    /// Zstandard, one or more frames (RFC 8878).
    Zstd,
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC, file or stream.
    Arrow,
    /// A spreadsheet.
    Sheet,
    /// JSON lines.
    Lines,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Container::Plain => "text",
            Container::Gzip => "gzip",
            Container::Zstd => "zstd",
            Container::Parquet => "Parquet",
            Container::Arrow => "Arrow",
            Container::Sheet => "spreadsheet",
            Container::Lines => "JSON lines",
        })
    }
}

/// Why a file cannot be read. What is wrong with single records is in [`super::Malformed`] instead.
///
/// Each message says what happened, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// A glob pattern that is none.
    #[error("`{pattern}` is not a file pattern: `*`, `?`, `[…]` and `**` between slashes have a meaning; correct it")]
    BadPattern {
        /// The pattern.
        pattern: String,
    },
    /// A source without patterns.
    #[error("source `{source_name}` names no file; give at least one path or pattern in `files`")]
    NoFiles {
        /// Name of the source.
        source_name: String,
    },
    /// A pattern that no file matches.
    #[error("no file matches `{pattern}`; check the folder and the pattern")]
    NoMatch {
        /// The pattern.
        pattern: String,
    },
    /// No such file.
    #[error("{}: not found; check the path", file.display())]
    NotFound {
        /// The file.
        file: PathBuf,
    },
    /// A directory where a file should be.
    #[error("{}: is a directory; name the files in it, for example with `*.csv`", file.display())]
    IsDirectory {
        /// The path.
        file: PathBuf,
    },
    /// A pipe, a device, a socket.
    #[error("{}: is not a regular file, and a file is opened more than once; copy it to a file first", file.display())]
    NotAFile {
        /// The path.
        file: PathBuf,
    },
    /// No right to read.
    #[error("{}: no permission to read; ask for read access", file.display())]
    PermissionDenied {
        /// The file.
        file: PathBuf,
    },
    /// The operating system refused.
    #[error("{}: cannot be read ({kind}); check the disk or the network folder, then run again", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        kind: io::ErrorKind,
    },
    /// Not a byte in it.
    #[error("{}: is empty, without even a header; leave it out or send it again", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// A header without a label.
    #[error("{}: the first line holds no column label; put the labels there", file.display())]
    NoLabels {
        /// The file.
        file: PathBuf,
    },
    /// A byte order mark of UTF-16 or UTF-32.
    #[error("{}: is UTF-16 or UTF-32; save it as UTF-8", file.display())]
    Utf16 {
        /// The file.
        file: PathBuf,
    },
    /// A NUL byte in the header.
    #[error("{}: the header holds NUL bytes, so this is no UTF-8 or Windows-1252 text; convert it or correct `format`", file.display())]
    NotText {
        /// The file.
        file: PathBuf,
    },
    /// Header bytes that are not text in the declared encoding.
    #[error("{}: the header is not valid UTF-8; declare `encoding = \"windows-1252\"` or convert the file", file.display())]
    HeaderEncoding {
        /// The file.
        file: PathBuf,
    },
    /// Lines that end in a carriage return alone, or in two of them.
    #[error("{}: a carriage return stands inside the header; let lines end in LF or CR LF", file.display())]
    BareCarriageReturn {
        /// The file.
        file: PathBuf,
    },
    /// A delimiter that cannot be one.
    #[error("{}: the declared delimiter cannot be told from quotes, line ends or letters; use `,` `;` tab or `|`", file.display())]
    Delimiter {
        /// The file.
        file: PathBuf,
    },
    /// The bytes that were read are not those whose hash was signed.
    #[error("{}: it was changed while it was read; nothing of it is used", file.display())]
    Changed {
        /// The file.
        file: PathBuf,
    },
    /// A stream broke off.
    #[error("{problem}")]
    Stream {
        /// What happened, in the words of whoever made the stream, who quotes nothing of it.
        problem: String,
    },
    /// The end is missing.
    #[error("{}: the {container} data ends early; the file was cut short, send it again", file.display())]
    CutShort {
        /// The file.
        file: PathBuf,
        /// What ends early.
        container: Container,
    },
    /// Damaged, or not what its name or first bytes say.
    #[error("{}: is not sound {container} data; send it again, or correct `format`", file.display())]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// What it should be.
        container: Container,
    },
    /// A compression inside a Parquet or Arrow file that is not read.
    #[error("{}: this compression inside a {container} file is not read; write it {}", file.display(), allowed(*container))]
    UnsupportedCompression {
        /// The file.
        file: PathBuf,
        /// The format.
        container: Container,
    },
    /// A workbook in which several sheets hold something.
    #[error("{}: of its {of} sheets, numbers {} hold something, and which of them is the table is not told; name it: `sheet = \"NAME\"` in [[source]], or --sheet NAME", file.display(), numbers(filled))]
    Sheets {
        /// The file.
        file: PathBuf,
        /// Which sheets hold something, from 1. Their names could hold data.
        filled: Vec<usize>,
        /// How many sheets there are.
        of: usize,
    },
    /// A workbook without the named sheet.
    #[error("{}: none of its {of} sheets is named `{sheet}`; write the name as it stands on its tab, letter for letter", file.display())]
    NoSheet {
        /// The file.
        file: PathBuf,
        /// The name looked for.
        sheet: String,
        /// How many sheets there are.
        of: usize,
    },
    /// A sheet is named, and the file has none.
    #[error("{}: is no workbook (XLSX, ODS), so it has no sheets; leave `sheet` out, or name the workbook", file.display())]
    NotAWorkbook {
        /// The file.
        file: PathBuf,
    },
    /// No line of the first is a JSON object.
    #[error("{}, line {line}: is not a JSON object with every member once, and no other line tells the labels; each line is one record, such as {{\"sexe\": \"1\"}}", file.display())]
    NotAnObject {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
    },
    /// A member that none of the first records has.
    #[error("{}, line {line}: has a member that none of the first 8,192 records has; give every record the same members, null where there is no value", file.display())]
    UnknownMember {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
    },
    /// A quoted cell without end.
    #[error("{}, line {line}: a quote opens a cell and is never closed; close it, or double it if it is text", file.display())]
    UnterminatedQuote {
        /// The file.
        file: PathBuf,
        /// Line where the quote opens, from 1.
        line: u64,
    },
    /// A record too large for the memory set aside.
    #[error("{}, line {line}: the record is longer than 64 MiB; check delimiter, line ends and format", file.display())]
    RecordTooLong {
        /// The file.
        file: PathBuf,
        /// Line (record number in Parquet and Arrow files) where the record starts.
        line: u64,
    },
    /// A column type that has no text form here.
    #[error("{}, column `{column}`: values of type {type_name} are not read; write them as text, numbers, dates or booleans", file.display())]
    UnsupportedType {
        /// The file.
        file: PathBuf,
        /// Label of the column.
        column: String,
        /// The type, in Arrow's words.
        type_name: String,
    },
    /// A register without the named column.
    #[error("{}: has no column `{column}`; correct `column` or the header", file.display())]
    NoColumn {
        /// The file.
        file: PathBuf,
        /// The label looked for.
        column: String,
    },
    /// A register with the named column twice.
    #[error("{}: more than one column is labelled `{column}`; leave one", file.display())]
    RepeatedColumn {
        /// The file.
        file: PathBuf,
        /// The label looked for.
        column: String,
    },
    /// A record of a register that cannot be cut into cells. Skipping it could release a person who objected.
    #[error("{}, line {line}: this line of the register cannot be read; correct number of cells and encoding", file.display())]
    RegisterRecord {
        /// The file.
        file: PathBuf,
        /// Line where the record starts, from 1.
        line: u64,
    },
}

fn numbers(of: &[usize]) -> String {
    of.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn allowed(container: Container) -> &'static str {
    match container {
        Container::Parquet => "uncompressed, or with snappy or zstd",
        _ => "uncompressed",
    }
}

impl IngestError {
    /// The kind of a failure to open or read; only the kind is kept, since a library's message might quote content.
    ///
    /// Decoders report damage as I/O errors without a system code: those are blamed on the `container`.
    pub(super) fn from_io(file: &Path, container: Container, error: &io::Error) -> Self {
        let file = file.to_path_buf();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound { file },
            io::ErrorKind::PermissionDenied => Self::PermissionDenied { file },
            io::ErrorKind::IsADirectory => Self::IsDirectory { file },
            kind if error.raw_os_error().is_some() || container == Container::Plain => Self::Io { file, kind },
            io::ErrorKind::UnexpectedEof => Self::CutShort { file, container },
            io::ErrorKind::OutOfMemory => Self::Io { file, kind: io::ErrorKind::OutOfMemory },
            _ => Self::Corrupt { file, container },
        }
    }
}
