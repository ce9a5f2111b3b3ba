//! What the columns of files hold: types, what is missing, how values spread, which are frequent, and where persons may be found. It
//! tells no value of a record: frequent values are those that at least [`SHOWN`] records have, and quantiles are rounded until at least
//! as many share them.
//!
//! | file | its job |
//! |---|---|
//! | `inside` | numbers, addresses and names within a text |
//! | `tally` | counts of one column; they merge in any order |
//! | `spread` | quantiles, rounded until they are those of many |

mod inside;
mod spread;
mod tally;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rayon::iter::{ParallelBridge, ParallelIterator};

use crate::infer::{self, InferError, Proposed, SHOWN};
use crate::ingest::{self, IngestError};
use crate::schema::{FieldType, Reader, TableSchema};
use tally::Tally;

pub use inside::Suspicion;
pub use spread::Quantile;
pub use tally::Place;

/// Frequent values that are told.
const FREQUENT: usize = 10;

/// What files of one form hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The files.
    pub files: Vec<PathBuf>,
    /// Records.
    pub records: u64,
    /// Those that have too few or too many cells, are blank, or no text: nothing else is told of them.
    pub malformed: u64,
    /// Column by column.
    pub columns: Vec<ColumnProfile>,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnProfile {
    /// Its label, the type that its values have in common, the role that they suggest, and why.
    pub proposed: Proposed,
    /// Cells with a value, and without.
    pub values: u64,
    /// Empty cells.
    pub missing: u64,
    /// Different values; `None` where there are more than are counted ([`ColumnProfile::MOST_DISTINCT`]).
    pub distinct: Option<u64>,
    /// Fewest and most characters of a value.
    pub lengths: Option<(usize, usize)>,
    /// The most frequent values, the first most frequent, each in at least [`SHOWN`] records; none of a direct identifier.
    pub frequent: Vec<(String, u64)>,
    /// Quantiles of numbers and dates; none of a direct identifier.
    pub quantiles: Vec<Quantile>,
    /// What seems to speak of persons within its texts: in how many cells, and where the first of them are; not asked of direct
    /// identifiers.
    pub suspicions: Vec<(Suspicion, u64, Vec<Place>)>,
}

impl ColumnProfile {
    /// Different values that are counted at most.
    pub const MOST_DISTINCT: usize = tally::DISTINCT;

    /// Whether its values name a person, so that nothing but counts is told of them.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        names_persons(&self.proposed)
    }
}

/// Reads files of one form, of workbooks the named sheet, twice: first for the types of their columns, then for what these hold.
///
/// # Errors
/// A file that cannot be read, or whose header is not that of the others; labels that are empty or repeated.
pub fn profile(files: &[PathBuf], sheet: Option<&str>) -> Result<Profile, InferError> {
    let proposal = infer::infer(files, sheet, "profile")?;
    let types = types(&proposal.schema.to_string(), proposal.columns.len());
    let mut tallies: Vec<Tally> = types.iter().map(|_| Tally::default()).collect();
    let mut malformed = 0;
    for (number, file) in files.iter().enumerate() {
        let (counted, bad) = one((file, sheet), number as u32, &types)?;
        malformed += bad;
        tallies.iter_mut().zip(counted).for_each(|(mine, theirs)| mine.merge(theirs));
    }
    let both = proposal.columns.into_iter().zip(types).zip(tallies);
    let columns = both.map(|((proposed, (ty, _)), tally)| of_column(proposed, &ty, tally)).collect();
    Ok(Profile { files: files.to_vec(), records: proposal.records + malformed, malformed, columns })
}

/// The types of a proposed schema, with what reads them.
fn types(schema: &str, columns: usize) -> Vec<(FieldType, Option<Reader>)> {
    let fields = TableSchema::parse(schema, "profile").map(|schema| schema.fields).unwrap_or_default();
    let text = || (FieldType::String(crate::schema::StringFormat::Default), None);
    let mut types: Vec<_> = fields.into_iter().map(|f| (f.ty.clone(), Reader::new(&f.ty).ok())).collect();
    // A schema that is proposed can be read; a test sees to it.
    types.resize_with(columns, text);
    types
}

fn one(
    (file, sheet): (&Path, Option<&str>),
    number: u32,
    types: &[(FieldType, Option<Reader>)],
) -> Result<(Vec<Tally>, u64), IngestError> {
    let fresh = || (types.iter().map(|_| Tally::default()).collect::<Vec<_>>(), 0);
    let reader = ingest::open_one(file, sheet)?;
    let counted = reader.par_bridge().try_fold(fresh, |(mut tallies, malformed), block| {
        let raw = block?.parse()?;
        for (column, (tally, (ty, reader))) in tallies.iter_mut().zip(types).enumerate() {
            let (texts, missing) = raw.distinct(column);
            tally.missing += missing;
            for (text, (cells, first)) in texts {
                let here = (first..raw.rows()).filter(|row| raw.cell(*row, column) == Some(text));
                let places = here.map(|row| {
                    let (record, line) = raw.position(row);
                    Place { file: number, record, line }
                });
                tally.take((text, cells), (ty, reader.as_ref()), places);
            }
        }
        Ok::<_, IngestError>((tallies, malformed + raw.malformed().len() as u64))
    });
    counted.try_reduce(fresh, |mut a, b| {
        a.0.iter_mut().zip(b.0).for_each(|(a, b)| a.merge(b));
        Ok((a.0, a.1 + b.1))
    })
}

/// Whether a column is there to tell persons apart.
fn names_persons(proposed: &Proposed) -> bool {
    matches!(proposed.role, Some("direct-identifier" | "subject-identifier"))
}

fn of_column(proposed: Proposed, ty: &FieldType, tally: Tally) -> ColumnProfile {
    let is_direct = names_persons(&proposed);
    let (frequent, quantiles) = match is_direct {
        true => (Vec::new(), Vec::new()),
        false => (tally.frequent(FREQUENT, SHOWN), spread::quantiles(&tally.numbers, ty, SHOWN)),
    };
    ColumnProfile {
        proposed,
        values: tally.values,
        missing: tally.missing,
        distinct: tally.distinct(),
        lengths: tally.lengths,
        frequent,
        quantiles,
        // That a column of names holds names is no surprise.
        suspicions: if is_direct { Vec::new() } else { tally.suspicions() },
    }
}
