//! Files → batches with positions. No judgement.
//!
//! Reading has two halves. [`SourceReader`] is sequential and cheap: it decompresses, finds where records end by jumping
//! from quote to quote, and hands out [`Block`]s of whole records that know their first record number and line.
//! [`Block::parse`] is the heavy half and needs nothing but its block, so blocks are parsed in parallel, in any order.
//!
//! | file | its job |
//! |---|---|
//! | `source` | globs, checks, the iterator over all files |
//! | `detect` | format, compression, byte order mark, delimiter, encoding |
//! | `input` | bytes of a file, decompressed, counted |
//! | `boundary` | where records end |
//! | `delimited` | CSV: header, blocks |
//! | `cells` | CSV: block → cells, the hot loop |
//! | `typed`, `render` | Parquet, Arrow and what follows: record batches → cells |
//! | `sheet` | XLSX and ODS → record batches |
//! | `lines`, `strict` | JSON lines → record batches |
//! | `fhir` | a FHIR resource → the cells that paths find |
//! | `stream` | an Arrow stream that comes through a pipe |
//! | `register` | one column of a small file |

mod batch;
mod boundary;
mod cells;
mod delimited;
mod detect;
mod error;
mod fhir;
mod input;
mod lines;
mod places;
mod register;
mod render;
mod sheet;
mod source;
mod stream;
mod strict;
#[cfg(test)]
mod tests;
mod typed;

pub use batch::{InputFile, Malformed, MalformedRecord, RawBatch};
pub use error::{Container, IngestError};
pub use register::{Register, read_register};
pub use source::{
    Block, FileDigest, SourceReader, files, open, open_batches, open_one, open_pinned, open_stream, open_without,
};
pub use stream::{RecordStream, ToItsEnd};
