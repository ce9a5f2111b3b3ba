//! Proposes a schema for files: types, constraints and roles, each with its reason. What it proposes holds no value of a
//! record but codes that at least [`SHOWN`] records have.
//!
//! | file | its job |
//! |---|---|
//! | `kinds` | what a text could be: the forms that are tried |
//! | `column` | counts of one column; they merge in any order |
//! | `propose` | counts → a field with its reasons |
//! | `people` | forenames and surnames, addresses, telephone numbers |

mod column;
mod kinds;
mod people;
mod propose;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use rayon::iter::{ParallelBridge, ParallelIterator};
use serde_json::Value;

use crate::ingest::{self, IngestError};
use column::Column;
use kinds::Kinds;

pub use people::{is_address, is_forename, is_surname, is_telephone};
pub use propose::Reason;

/// Records that have a code before it may be written into a schema.
pub const SHOWN: u64 = 11;

/// A proposed schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The descriptor.
    pub schema: Value,
    /// For each column its label, type and reasons.
    pub columns: Vec<Proposed>,
    /// Records looked at.
    pub records: u64,
}

/// What is proposed for a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposed {
    /// Its label.
    pub name: String,
    /// The type's word.
    pub ty: String,
    /// The role's word, where one is proposed.
    pub role: Option<&'static str>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Why no schema is proposed.
#[derive(Debug, thiserror::Error)]
pub enum InferError {
    /// A file cannot be read.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// Files with different headers.
    #[error("{}: its header is not that of {}; one schema is proposed for files of one form", file.display(), first.display())]
    OtherHeader {
        /// The file.
        file: PathBuf,
        /// The first file.
        first: PathBuf,
    },
    /// A header that is a record.
    #[error("{}: its first row seems to be a record, not a header; give it a header: its values would be told as labels", file.display())]
    NoHeader {
        /// The file.
        file: PathBuf,
    },
    /// A label that cannot name a field.
    #[error("{}: column {column} has no label, or one that stands there twice; give each column a name of its own", file.display())]
    Label {
        /// The file.
        file: PathBuf,
        /// The column, from 1.
        column: usize,
    },
}

/// Reads files of one form, of workbooks the named sheet, and proposes their schema; `name` is the table's.
///
/// # Errors
/// A file that cannot be read, or whose header is not that of the others; labels that are empty or repeated.
pub fn infer(files: &[PathBuf], sheet: Option<&str>, name: &str) -> Result<Proposal, InferError> {
    let mut columns: Vec<Column> = Vec::new();
    let mut labels: Vec<String> = Vec::new();
    let mut records = 0;
    for file in files {
        let reader = ingest::open_one(file, sheet)?;
        let found = reader.files().first().map(|f| f.labels.clone()).unwrap_or_default();
        if found.iter().any(|label| kinds::is_of_a_record(label)) {
            return Err(InferError::NoHeader { file: file.clone() });
        }
        if let Some(column) = (0..found.len()).find(|&i| found[i].trim().is_empty() || found[..i].contains(&found[i])) {
            return Err(InferError::Label { file: file.clone(), column: column + 1 });
        }
        if labels.is_empty() {
            labels = found;
            columns = labels.iter().map(|_| Column::default()).collect();
        } else if labels != found {
            return Err(InferError::OtherHeader { file: file.clone(), first: files[0].clone() });
        }
        let fresh = || (labels.iter().map(|_| Column::default()).collect::<Vec<_>>(), 0u64);
        let counted = reader.par_bridge().try_fold(fresh, |(mut columns, records), block| {
            let raw = block?.parse()?;
            let kinds = Kinds::shared();
            for (i, column) in columns.iter_mut().enumerate() {
                let (texts, missing) = raw.distinct(i);
                column.missing += missing;
                texts.into_iter().for_each(|(text, (cells, _))| column.take(text, cells, kinds));
            }
            Ok::<_, IngestError>((columns, records + raw.rows() as u64))
        });
        let (counted, read) = counted.try_reduce(fresh, |mut a, b| {
            a.0.iter_mut().zip(b.0).for_each(|(a, b)| a.merge(b));
            Ok((a.0, a.1 + b.1))
        })?;
        columns.iter_mut().zip(counted).for_each(|(mine, theirs)| mine.merge(theirs));
        records += read;
    }
    Ok(propose::propose(name, &labels, &columns, records))
}
