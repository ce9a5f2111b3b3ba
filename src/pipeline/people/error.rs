//! What is wrong with a file of persons, or with what is asked of it.

use std::path::PathBuf;

use crate::protect::persons::hierarchy::ReadFault;
use crate::protect::persons::histogram::ShapeFault;

/// Why a file of persons was not measured or anonymised. Lines and columns, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PersonsError {
    /// No row behind the header.
    #[error("{}: there is no record", file.display())]
    NoRecord {
        /// The file.
        file: PathBuf,
    },
    /// A row that cannot be cut into cells.
    #[error("{}: line {line} cannot be read: correct it; to leave it out would be another table", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
    },
    /// A record without its person.
    #[error("{}: line {line}, column `{column}`: the record names nobody, and persons are counted", file.display())]
    NoPerson {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: String,
    },
    /// A person with two values where there can be one.
    #[error("{}: line {line}, column `{column}`: not the same as in another record of the person", file.display())]
    Differs {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: String,
    },
    /// A number that is missing, or is none.
    #[error("{}: line {line}, column `{column}`: {needed} is needed here", file.display())]
    Number {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: String,
        /// What kind of number.
        needed: &'static str,
    },
    /// A column that is named for two things, or twice for one.
    #[error("the column `{column}` is named twice: each column is one thing")]
    Twice {
        /// The column.
        column: String,
    },
    /// A parameter out of its range.
    #[error("{name} must be {expected}")]
    Parameter {
        /// What it is called where it is written.
        name: &'static str,
        /// What would do.
        expected: &'static str,
    },
    /// A hierarchy that is none.
    #[error("{}: {fault}", file.display())]
    Hierarchy {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        fault: ReadFault,
    },
    /// Built-in levels of which one splits what a finer one joins.
    #[error("column `{column}`: each level must join whole groups of the one before it")]
    Levels {
        /// The column.
        column: String,
    },
    /// A value that a hierarchy, or a kind of levels, does not know.
    #[error("{}: line {line}, column `{column}`: {what}", file.display())]
    Uncovered {
        /// The file.
        file: PathBuf,
        /// Line of the first record that has it, from 1.
        line: u64,
        /// The column.
        column: String,
        /// What the value is not.
        what: &'static str,
    },
    /// The same, where no file can be named.
    #[error("column `{column}`: the records have {what}")]
    Strange {
        /// The column.
        column: String,
        /// What the value is not.
        what: &'static str,
    },
    /// Too many columns or combinations.
    #[error(transparent)]
    Shape(#[from] ShapeFault),
    /// The rules, the loss and the columns do not fit together.
    #[error("{0}")]
    Rules(String),
    /// No generalisation meets the rules.
    #[error(
        "no generalisation meets the rules within the limit of suppression{}; nothing was written",
        if *proven { "" } else { ", as far as was searched" }
    )]
    Unreachable {
        /// Whether the whole lattice was searched.
        proven: bool,
    },
    /// What would leave does not meet a threshold of the evidence.
    #[error("what would leave does not meet the thresholds of [evidence]: {}; nothing was written", failed.join(", "))]
    Evidence {
        /// The criteria that are not met.
        failed: Vec<String>,
    },
}

impl PersonsError {
    /// The exit code, as documented in the README.
    pub(in crate::pipeline) fn exit_code(&self) -> u8 {
        match self {
            Self::NoRecord { .. }
            | Self::Malformed { .. }
            | Self::NoPerson { .. }
            | Self::Differs { .. }
            | Self::Number { .. }
            | Self::Uncovered { .. }
            | Self::Strange { .. } => 1,
            Self::Twice { .. }
            | Self::Parameter { .. }
            | Self::Hierarchy { .. }
            | Self::Levels { .. }
            | Self::Shape(_)
            | Self::Rules(_) => 2,
            Self::Unreachable { .. } | Self::Evidence { .. } => 4,
        }
    }
}
