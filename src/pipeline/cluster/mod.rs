//! The stages of a run on many machines.
//!
//! Each pass over the records takes *parts* and gives parts: sealed bytes of a kind, in a bucket by subject. What the passes count
//! merges in any order and is gathered on one machine, which hands it to the passes after; plans are made of it wherever one
//! is needed, by the code that a run on one machine uses. The last stage is such a run, whose vault holds nothing: it finds
//! what would have been read and counted among what was gathered.

mod finish;
mod forms;
mod gathered;
mod load;
mod refused;
mod sieve;
mod work;

pub use finish::finish;
pub use gathered::{End, Gathered};
pub use refused::stages;
pub use sieve::sieve;
pub use work::{begin, merge, work};

use std::path::PathBuf;

use super::error::RunError;
use super::keys::RunKeys;
use super::watch::Watch;
use crate::config::Pipeline;
use crate::keys::{MasterKey, NotOurs, PassageKey};

/// Sealed working data on their way between machines.
pub struct Part {
    /// What it is; see [`kind`].
    pub kind: String,
    /// The bucket of subjects, or of other keys, to which it belongs; 0 for what has none.
    pub bucket: u32,
    /// Ciphertext.
    pub data: Vec<u8>,
}

/// Kinds of parts.
pub(super) mod kind {
    /// Which pass a plan came from.
    pub const PLAN: &str = "plan";
    /// Whether the key of the run outlives it.
    pub const KEPT: &str = "kept";
    /// Persons of registers of objections.
    pub const REGISTERS: &str = "registers";
    /// Sieved rows.
    pub const ROWS: &str = "rows";
    /// Persons who object in a record.
    pub const OBJECTIONS: &str = "objections";
    /// Values that must be unique.
    pub const UNIQUE: &str = "unique";
    /// Records that repeat one.
    pub const REPEATS: &str = "repeats";
    /// Texts of released columns.
    pub const TEXTS: &str = "texts";
    /// Records and findings, counted.
    pub const COUNTS: &str = "counts";
    /// Fingerprints of what was stripped.
    pub const STRIPPED: &str = "stripped";
    /// Strata, counted.
    pub const CENSUS: &str = "census";
    /// The smallest random numbers.
    pub const DRAW: &str = "draw";
    /// Cells and classes.
    pub const SUMMARY: &str = "summary";
    /// Rows that leave.
    pub const RELEASED: &str = "released";
    /// Cells without the rows that leave.
    pub const LEFT: &str = "left";
}

/// A pass over the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pass {
    /// Before the first: what all workers are to know.
    Begin,
    /// Judge, drop, generalise, pseudonymise.
    Sieve,
    /// Find values that should be unique and are not.
    Unique,
    /// Count the frame.
    Census,
    /// Find the smallest random numbers.
    Draw,
    /// Count cells and classes.
    Summary,
    /// Select the rows that leave.
    Release,
}

impl Pass {
    /// All of them, in order.
    pub const ALL: [Self; 7] =
        [Self::Begin, Self::Sieve, Self::Unique, Self::Census, Self::Draw, Self::Summary, Self::Release];

    /// The word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Sieve => "sieve",
            Self::Unique => "unique",
            Self::Census => "census",
            Self::Draw => "draw",
            Self::Summary => "summary",
            Self::Release => "release",
        }
    }

    /// The pass of a word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pass| pass.word() == word)
    }
}

/// Why a run on many machines cannot be made, or does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The pipeline asks for something that only one machine does.
    #[error("this pipeline cannot run on a cluster yet: it has {what}; use `tamis run` on one machine")]
    Refused {
        /// What.
        what: &'static str,
    },
    /// A part is not of this run.
    #[error("{0}; run all stages with one pipeline file and one run key")]
    NotOurs(#[from] NotOurs),
    /// A part cannot be read though it is of this run.
    #[error(
        "a part of the working data is not what this pass takes: every stage of a run needs the same version of tamis"
    )]
    Damaged,
    /// A plan is not there.
    #[error("the plan of the pass `{}` is not in the folder: `tamis cluster merge` makes it of what the workers gave", pass.word())]
    Missing {
        /// Of which pass.
        pass: Pass,
    },
    /// There is no such source.
    #[error("the pipeline has no source `{name}`")]
    NoSource {
        /// What was asked for.
        name: String,
    },
    /// The columns of a table are not those of the schema.
    #[error("source `{name}`: its columns are not those of the schema: {problem}")]
    Columns {
        /// The source.
        name: String,
        /// Kind of finding and field.
        problem: String,
    },
    /// Bad records, where the pipeline lets none pass.
    #[error(
        "source `{name}`: {count} bad records, the first kind being {problem}, and [limits] reject_above lets none pass"
    )]
    BadRecords {
        /// The source.
        name: String,
        /// How many.
        count: u64,
        /// Kind of finding and field.
        problem: String,
    },
    /// Rows were lost, or came twice.
    #[error("between two stages rows were lost, or came twice: {found} of {expected}; nothing is released of them")]
    Lost {
        /// Rows that there are.
        expected: u64,
        /// Rows that came.
        found: u64,
    },
    /// A pipe failed.
    #[error("a stream of parts failed: {kind}")]
    Pipe {
        /// The system's reason.
        kind: std::io::ErrorKind,
    },
    /// A stream stopped before its end.
    #[error("a stream of parts stopped before its end: whoever wrote it failed")]
    CutShort,
    /// A stream is none of parts.
    #[error("a stream holds no parts: its columns must be kind (text), bucket (32-bit integer) and data (bytes)")]
    NoParts,
    /// A file of the folder of a run failed.
    #[error("{}: {kind}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        kind: std::io::ErrorKind,
    },
}

impl ClusterError {
    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { .. } | Self::Missing { .. } | Self::NoSource { .. } => 2,
            Self::Columns { .. } | Self::BadRecords { .. } => 1,
            Self::NotOurs(_) | Self::Damaged => 4,
            Self::Lost { .. } | Self::Pipe { .. } | Self::CutShort | Self::NoParts | Self::File { .. } => 6,
        }
    }
}

/// What every stage is given.
pub struct Around<'a> {
    /// The pipeline, the same to the byte on every machine.
    pub pipeline: &'a Pipeline,
    /// The key of the run.
    pub key: MasterKey,
    /// Threads.
    pub threads: usize,
    /// Who listens.
    pub watch: &'a dyn Watch,
}

/// The keys of a stage.
struct Keys {
    run: RunKeys,
    passage: PassageKey,
}

impl Keys {
    fn new(pipeline: &Pipeline, key: MasterKey) -> Result<Self, RunError> {
        refused::refuse(pipeline)?;
        let run = RunKeys::new(pipeline, Some(key), None, None)?;
        let passage = run.passage(pipeline);
        Ok(Self { run, passage })
    }
}

/// Takes parts as they are made.
pub type Emit<'e> = &'e mut (dyn FnMut(Part) -> Result<(), RunError> + Send);

/// Parts that come one after the other.
pub type Parts = Box<dyn Iterator<Item = Result<Part, RunError>> + Send>;

/// Runs `work` on so many threads.
fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T, RunError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|_| RunError::Threads)?;
    Ok(pool.install(work))
}
