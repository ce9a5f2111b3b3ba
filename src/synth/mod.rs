//! Synthetic French records of prevention, screening and child health, at any size.
//!
//! Nobody in them exists. They hold together as real ones do: a NIR fits sex, birth date and birthplace and its key
//! is right; no two persons share one; a person is the same in every dataset made with the same seed, so that
//! consultations and screenings join; measurements depend on age and on each other; the rules between fields hold.
//! Without dirt every record passes validation.
//!
//! The bytes depend on schema and options alone, not on the number of threads.

mod certificate;
mod consultation;
mod dataset;
mod date;
mod dirty;
mod draw;
mod names;
mod person;
mod places;
mod row;
mod screening;
#[cfg(test)]
mod tests;
mod write;

pub use dirty::DirtyKind;

use std::io;

use dataset::Dataset;

use crate::schema::TableSchema;

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SynthOptions {
    /// Number of records; fewer only where `population` gives out.
    pub records: u64,
    /// Everything random follows from this.
    pub seed: u64,
    /// Share of records made bad, 0 … 1, every [`DirtyKind`] in rotation.
    pub dirty: f64,
    /// Between cells: comma, semicolon, tab or vertical bar.
    pub delimiter: u8,
    /// Draw from the first so many persons of the seed only. The file ends early when they have no more records.
    pub population: Option<u64>,
}

impl Default for SynthOptions {
    fn default() -> Self {
        Self { records: 1_000, seed: 1, dirty: 0.0, delimiter: b',', population: None }
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SynthReport {
    records: u64,
    persons: u64,
    dirty: [u64; DirtyKind::ALL.len()],
}

impl SynthReport {
    /// Records written, bad ones included.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Distinct persons that the records are about.
    #[must_use]
    pub fn persons(&self) -> u64 {
        self.persons
    }

    /// Records made bad in this way.
    #[must_use]
    pub fn dirty(&self, kind: DirtyKind) -> u64 {
        self.dirty[kind as usize]
    }

    /// Records that validation must reject: all bad ones but the legal spellings.
    #[must_use]
    pub fn invalid(&self) -> u64 {
        DirtyKind::ALL.into_iter().filter(|kind| !kind.is_legal()).map(|kind| self.dirty(kind)).sum()
    }
}

/// Why nothing, or not everything, could be written.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// There is no generator for a schema of that name.
    #[error("no synthetic records for schema `{name}`; known are {}", known().join(", "))]
    UnknownSchema {
        /// Name of the schema.
        name: String,
    },
    /// The schema has other fields than the generator.
    #[error(
        "schema `{schema}` is not the one that synthetic records are made for; missing: [{}]; surplus: [{}]",
        missing.join(", "), surplus.join(", ")
    )]
    Fields {
        /// Name of the schema.
        schema: String,
        /// Fields that the generator writes and the schema lacks.
        missing: Vec<&'static str>,
        /// Fields that the schema has and the generator does not know.
        surplus: Vec<String>,
    },
    /// The share of bad records is not between 0 and 1.
    #[error("the share of bad records must lie between 0 and 1")]
    Dirty,
    /// The delimiter could stand inside a number or a date.
    #[error("the delimiter must be a comma, a semicolon, a tab or a vertical bar")]
    Delimiter,
    /// Every person that can have a NIR of their own has been used.
    #[error("only {written} records can be made with distinct persons")]
    Exhausted {
        /// Records written.
        written: u64,
    },
    /// The output failed.
    #[error("could not write synthetic records")]
    Write(#[from] io::Error),
}

/// The schemas that records can be made for, by name.
#[must_use]
pub fn known() -> [&'static str; 3] {
    [consultation::Consultations::NAME, screening::Screenings::NAME, certificate::Certificates::NAME]
}

/// Writes a CSV file of synthetic records: a header, then records of the schema's fields in the schema's order, with
/// `\n` between them, quoted as RFC 4180 says, in UTF-8. Memory does not grow with the number of records.
///
/// # Errors
/// [`SynthError`]; after an error in the middle, what was written before stands.
pub fn write<W: io::Write>(schema: &TableSchema, options: &SynthOptions, out: W) -> Result<SynthReport, SynthError> {
    if !(0.0..=1.0).contains(&options.dirty) {
        return Err(SynthError::Dirty);
    }
    if !matches!(options.delimiter, b',' | b';' | b'\t' | b'|') {
        return Err(SynthError::Delimiter);
    }
    match schema.name.as_str() {
        consultation::Consultations::NAME => {
            write::run(&consultation::Consultations::new(options.seed), schema, options, out)
        }
        screening::Screenings::NAME => write::run(&screening::Screenings::new(options.seed), schema, options, out),
        certificate::Certificates::NAME => write::run(&certificate::Certificates, schema, options, out),
        _ => Err(SynthError::UnknownSchema { name: schema.name.clone() }),
    }
}
