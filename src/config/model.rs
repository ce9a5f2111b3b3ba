//! The checked form of a pipeline file. Nothing here can hold a value that the law or arithmetic forbids.

use std::path::PathBuf;

use super::anonymise::Protection;
pub use super::design::{
    AllocationRule, Calibration, CalibrationMethod, Design, Disclosure, DrawKey, FramePolicy, KnownTotals, Margin,
    NamedStratum, OnDuplicate, OnEmptyStratum, OnMissingStratum, OnShortStratum, OnStratumConflict, Power, Sample,
    SampleSize, SampleUnit, UnequalMethod,
};
pub use super::ledger::Ledger;
pub use super::limits::{Limits, Rate, Share, Threshold};
use super::perturb::Perturb;
pub use super::transmission::{Delivery, Destroy, Recipient, S3, Sender, Sftp, UseUntil, When};
use crate::schema::{Logical, Role, TableSchema};

use super::concentration::Concentration;
use super::query::SourceQuery;
use super::release::SourceRelease;
use super::wishes::Wishes;

/// A checked pipeline.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// The file it was read from.
    pub path: PathBuf,
    /// SHA-256 of the file's bytes, hexadecimal: recorded in manifest and audit log.
    pub digest: String,
    /// Name, used for the run directory: letters, digits, `-`, `_`, `.` only.
    pub name: String,
    /// What allows the processing.
    pub legal_basis: String,
    /// What for.
    pub purpose: String,
    /// Version of the policy.
    pub policy: String,
    /// Resources and tolerance.
    pub limits: Limits,
    /// Who signs what is sent; present where there are recipients.
    pub sender: Option<Sender>,
    /// To whom the release is sealed; none: it is written in the clear.
    pub recipients: Vec<Recipient>,
    /// Files read, in order of the pipeline file; names are unique.
    pub sources: Vec<Source>,
    /// Sources whose columns are attached to another source.
    pub joins: Vec<Join>,
    /// Persons who are left out.
    pub excludes: Vec<Exclude>,
    /// Whose records they are.
    pub subject: Subject,
    /// What becomes of every column, per dataset (a source that is not the right side of a join), in source order.
    pub datasets: Vec<Dataset>,
    /// How persons are sampled; `None`: all.
    pub sample: Option<Sample>,
    /// Per-person outputs.
    pub persons: Vec<Persons>,
    /// Aggregated outputs.
    pub aggregates: Vec<Aggregate>,
    /// Where released tables are written down, and which earlier ones they are held against; `None`: nowhere.
    pub ledger: Option<Ledger>,
    /// Where and how the release is written.
    pub export: Export,
    /// When the working data are destroyed.
    pub destroy: Destroy,
}

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// Delimited text, plain or gzip or zstd (told by the first bytes).
    Csv,
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC, file or stream.
    Arrow,
    /// A spreadsheet, XLSX or ODS.
    Sheet,
    /// JSON lines: one object a line.
    Lines,
    /// FHIR resources, one a line.
    Fhir,
}

/// A text encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// The first line with a byte above 127 decides: UTF-8 if it is valid, else Windows-1252.
    #[default]
    Detect,
    /// UTF-8, with or without byte order mark.
    Utf8,
    /// Windows-1252.
    Windows1252,
}

/// Files of one schema (`[[source]]`).
#[derive(Debug, Clone)]
pub struct Source {
    /// Name in the pipeline.
    pub name: String,
    /// Path of the schema.
    pub schema_path: PathBuf,
    /// The schema; every field has a role.
    pub schema: TableSchema,
    /// Glob patterns, absolute or relative to the working directory (already joined with the pipeline's folder).
    pub files: Vec<String>,
    /// `None`: by the file's ending and first bytes.
    pub format: Option<FileFormat>,
    /// Text encoding of CSV files.
    pub encoding: Encoding,
    /// Delimiter of CSV files; `None`: the one of `,` `;` tab that occurs most in the header.
    pub delimiter: Option<u8>,
    /// Sheet of a workbook; `None`: the one that holds something.
    pub sheet: Option<String>,
    /// Type of the FHIR resources that are its records, whose values stand where the paths of the schema say; `None`: no FHIR.
    pub resource: Option<String>,
    /// Position in the schema of the subject's identifier; `None` where it comes from a joined source.
    pub subject: Option<usize>,
    /// SQL condition over the fields: other records are left out, counted as "filtered".
    pub filter: Option<String>,
    /// The query whose rows it is; it has no `files` then.
    pub query: Option<SourceQuery>,
    /// The release that it is; it has no `files` then.
    pub release: Option<SourceRelease>,
}

/// Columns of one source attached to another by a key (`[[join]]`). Each record of `left` finds at most one of `right`.
#[derive(Debug, Clone)]
pub struct Join {
    /// Position in `sources` of the side whose records are kept.
    pub left: usize,
    /// Position in `sources` of the side that is looked up.
    pub right: usize,
    /// Position of the key in the left schema.
    pub left_key: usize,
    /// Position of the key in the right schema.
    pub right_key: usize,
}

/// Persons who are left out (`[[exclude]]`).
#[derive(Debug, Clone)]
pub enum Exclude {
    /// A register: a CSV file with one identifier a line in the named column.
    Register {
        /// The file.
        path: PathBuf,
        /// Column with the identifier.
        column: String,
        /// Encoding of the register.
        encoding: Encoding,
        /// Delimiter of the register.
        delimiter: Option<u8>,
    },
    /// Every person with a record in that source for which the SQL condition is true.
    When {
        /// Position in `sources`.
        source: usize,
        /// SQL condition over the source's fields.
        sql: String,
    },
}

/// Whether records of one person can be tied together in the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linkage {
    /// Nothing ties two records of one person (R09): no pseudonym, order by a keyed shuffle.
    None,
    /// Pseudonyms under a key drawn in memory for the run.
    Release,
    /// Pseudonyms under a kept key: the same in every release of one epoch to one recipient.
    Longitudinal,
}

/// How an identifier is normalised before it is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// NIR with its key checked: spaces removed, upper case.
    Nir,
    /// Any text: surrounding blanks removed.
    Text,
}

/// The subject of the records (`[subject]`).
#[derive(Debug, Clone)]
pub struct Subject {
    /// Name of the column with the identifier.
    pub column: String,
    /// Kind of identifier.
    pub kind: SubjectKind,
    /// What ties records together.
    pub linkage: Linkage,
    /// What becomes of a record without identifier.
    pub missing: MissingSubject,
}

/// What becomes of a record that does not say whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingSubject {
    /// It is left out and counted as rejected.
    Reject,
    /// It counts as the only record of a person of its own; identical records count as one person. Only where nothing ties
    /// records together.
    Alone,
}

/// Which column of a dataset is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnRef {
    /// Field of the dataset's own source (position in its schema).
    Own(usize),
    /// Field of the joined source (position in the right side's schema).
    Joined(usize),
    /// Derived column (position in the dataset's `derived`).
    Derived(usize),
}

/// A column computed by an SQL expression over fields of the source (`[[derive]]`).
#[derive(Debug, Clone)]
pub struct Derived {
    /// Name, distinct from the fields'.
    pub name: String,
    /// SQL expression over the dataset's own fields; direct and subject identifiers cannot be named in it.
    pub sql: String,
    /// Kind of value that comes out.
    pub logical: Logical,
    /// The gravest role of the columns in it.
    pub role: Role,
}

/// How a value is made coarser.
#[derive(Debug, Clone)]
pub enum Generalise {
    /// Kept as it is.
    Keep,
    /// Whole years from a birth date to the date in `at`.
    Age {
        /// Date of the event.
        at: ColumnRef,
    },
    /// Age band from a birth date at the date in `at`; bounds ascending, `[18, 26)` is written `18-25`.
    AgeBand {
        /// Date of the event.
        at: ColumnRef,
        /// Lower bounds of the bands.
        bounds: Vec<i64>,
    },
    /// Band of an integer or number. Integers: `18-25`; numbers: `[18;26[`. Under the first bound `<18`, from the last `70+`.
    Band {
        /// Lower bounds of the bands.
        bounds: Vec<f64>,
    },
    /// `2026`, as an integer.
    Year,
    /// `2026-T3`.
    Quarter,
    /// `2026-07`.
    Month,
    /// Commune → department.
    Departement,
    /// Commune (or department) → region.
    Region,
    /// Values under `bottom` become `bottom`, over `top` become `top`.
    Clamp {
        /// Lowest value that leaves.
        bottom: Option<f64>,
        /// Highest value that leaves.
        top: Option<f64>,
    },
    /// A level of a hierarchy file (ARX's `;` form: value, level 1, level 2…).
    Hierarchy {
        /// From value to its text at the level.
        map: std::collections::HashMap<String, String>,
        /// The file, for messages and documents.
        path: PathBuf,
        /// Level, 1 for the first after the value.
        level: usize,
    },
}

impl Generalise {
    /// The keyword in pipeline files and documents.
    #[must_use]
    pub fn keyword(&self) -> &'static str {
        match self {
            Generalise::Keep => "keep",
            Generalise::Age { .. } => "age",
            Generalise::AgeBand { .. } | Generalise::Band { .. } => "band",
            Generalise::Year => "year",
            Generalise::Quarter => "quarter",
            Generalise::Month => "month",
            Generalise::Departement => "departement",
            Generalise::Region => "region",
            Generalise::Clamp { .. } => "clamp",
            Generalise::Hierarchy { .. } => "hierarchy",
        }
    }
}

/// A column that leaves (`[[keep]]`), resolved for one dataset.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Name in the release.
    pub name: String,
    /// Where it comes from.
    pub from: ColumnRef,
    /// Name of the column it comes from.
    pub from_name: String,
    /// How it is made coarser.
    pub generalise: Generalise,
    /// Role of the column it comes from.
    pub role: Role,
    /// Kind of value in the release.
    pub logical: Logical,
    /// Why it leaves (R25).
    pub why: Option<String>,
    /// Whether it leaves only for a recipient under reinforced protection (R34).
    pub reinforced: bool,
}

/// A column that does not leave, and why.
#[derive(Debug, Clone)]
pub struct Dropped {
    /// Name in the schema.
    pub name: String,
    /// Its role.
    pub role: Role,
}

/// What becomes of the columns of one source (with what is joined to it).
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Position in `sources`.
    pub source: usize,
    /// Position in `joins` of the join whose left side it is.
    pub join: Option<usize>,
    /// Where the subject's identifier is: `Own` or `Joined`. `None`: each record is somebody else's, as in a release without
    /// pseudonyms, and thresholds count records.
    pub subject: Option<ColumnRef>,
    /// Columns computed before anything is generalised.
    pub derived: Vec<Derived>,
    /// Columns that leave, in order of the pipeline file; names are unique.
    pub kept: Vec<Kept>,
    /// Columns that do not.
    pub dropped: Vec<Dropped>,
}

/// A per-person output (`[[persons]]`).
#[derive(Debug, Clone)]
pub struct Persons {
    /// Name of the resource.
    pub name: String,
    /// Position in `recipients`; `None` where nothing is sealed.
    pub recipient: Option<usize>,
    /// Position in `datasets`.
    pub dataset: usize,
    /// Positions in the dataset's `kept`, in the order of the output.
    pub columns: Vec<usize>,
    /// Smallest number of distinct persons in a class.
    pub k: Threshold,
    /// Positions in the dataset's `kept` of the quasi-identifiers.
    pub quasi_identifiers: Vec<usize>,
    /// What else has to hold, and what values may become; `None` where small classes are left out as they are.
    pub protection: Option<Protection>,
    /// Positions in the dataset's `kept` of the sensitive columns of `protection`.
    pub sensitive: Vec<usize>,
    /// Position in the dataset's `kept` of the column of households or other groups, whose risk is measured.
    pub group: Option<usize>,
}

impl Pipeline {
    /// Over whom a table counts, in one word: `population`, `sample`, or `release` where the rows of a release are counted.
    #[must_use]
    pub fn over_word(&self, table: &Aggregate) -> &'static str {
        let of_release = self.sources[self.datasets[table.dataset].source].release.is_some();
        match table.over {
            Over::Population if of_release => "release",
            Over::Population => "population",
            Over::Sample => "sample",
        }
    }
}

/// What an aggregate measures.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// Number of records.
    Records,
    /// Number of distinct persons.
    Persons,
    /// Sum of a column (position in `kept`).
    Sum(usize),
    /// Mean of a column over records that have it.
    Mean(usize),
    /// Share of records with one value, among records that have the column.
    Share {
        /// Position in `kept`.
        column: usize,
        /// The value, as it is written in the release.
        equals: String,
    },
}

impl Measure {
    /// The column that is measured, a position in `kept`.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        match self {
            Measure::Records | Measure::Persons => None,
            Measure::Sum(column) | Measure::Mean(column) | Measure::Share { column, .. } => Some(*column),
        }
    }
}

/// Over whom an aggregate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Everyone (after exclusions).
    Population,
    /// The persons drawn.
    Sample,
}

/// An aggregated output (`[[aggregate]]`).
#[derive(Debug, Clone)]
pub struct Aggregate {
    /// Name of the resource.
    pub name: String,
    /// Position in `recipients`; `None` where nothing is sealed.
    pub recipient: Option<usize>,
    /// Position in `datasets`.
    pub dataset: usize,
    /// Positions in the dataset's `kept` that make the cells.
    pub by: Vec<usize>,
    /// For each of them whether totals over it are shown as well.
    pub margins: Vec<bool>,
    /// Name and kind of every measure.
    pub measures: Vec<(String, Measure)>,
    /// Smallest number of distinct persons in a cell.
    pub threshold: Threshold,
    /// Rules on who contributes how much to the table's records and sums.
    pub concentration: Concentration,
    /// What a record belongs to besides a person, such as a health centre: a position in the dataset's `kept`.
    pub holding: Option<usize>,
    /// Smallest number of distinct holdings in a cell.
    pub holdings: Option<u64>,
    /// What is wished of the suppression.
    pub wishes: Wishes,
    /// Over whom it counts.
    pub over: Over,
    /// How its counts are changed, in place of suppressing cells.
    pub perturb: Option<Perturb>,
}

/// A format of the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// CSV, UTF-8, comma, RFC 4180.
    Csv,
    /// Parquet.
    Parquet,
}

/// Where and how the release is written (`[export]`).
#[derive(Debug, Clone)]
pub struct Export {
    /// Folder under which the run directory is made.
    pub to: PathBuf,
    /// Formats; default both.
    pub formats: Vec<ExportFormat>,
}
