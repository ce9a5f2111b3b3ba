//! What can be wrong with records and hierarchies.

use thiserror::Error;

/// Something has the wrong shape. Never bears a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ShapeFault {
    /// A record has too few or too many codes.
    #[error("a record has {found} codes where {expected} were expected")]
    Record {
        /// What the histogram has.
        expected: usize,
        /// What the record has.
        found: usize,
    },
    /// A person without a record.
    #[error("a person has no record")]
    NoRecord,
    /// There must be one hierarchy per column.
    #[error("there are {found} hierarchies for {expected} columns")]
    Hierarchies {
        /// Number of columns.
        expected: usize,
        /// Number of hierarchies.
        found: usize,
    },
    /// There must be one level per column.
    #[error("there are {found} levels for {expected} columns")]
    Levels {
        /// Number of columns.
        expected: usize,
        /// Number of levels.
        found: usize,
    },
    /// A level does not exist.
    #[error("the hierarchy of column {column} has no such level")]
    Level {
        /// Position of the column.
        column: usize,
    },
    /// The data have a code that the hierarchy does not know.
    #[error("the hierarchy of column {column} does not cover every value of the data")]
    Code {
        /// Position of the column.
        column: usize,
    },
    /// A code is beyond the size that its column was said to have.
    #[error("column {column} has more values than were expected")]
    Beyond {
        /// Position of the column.
        column: usize,
    },
    /// What was counted apart cannot be put together.
    #[error("parts of a table were not counted into the same classes")]
    Apart,
    /// There are more distinct combinations, or codes, than can be numbered.
    #[error("more than 4,294,967,294 distinct combinations or values")]
    TooMany,
}
