//! Counting: cells of tables with their contributors, classes of per-person outputs.
//!
//! All records of one person lie in one bucket and come together, so *distinct persons* of a bucket are counted by
//! remembering the last person seen, and those of all buckets by adding. What a bucket is fed into ([`BucketCells`],
//! [`BucketClasses`]) and what merges ([`Cells`], [`Classes`]) are two types: nothing can be fed after a merge, where a
//! person's number would mean another person.
//!
//! What a table over a sample estimates is gathered per drawn unit ([`BucketParts`], [`Parts`]) and summed in the order of the
//! units' numbers, since these sums are in floating point.
//!
//! Merging is associative and commutative to the last bit: counts are integers and sums are fixed-point
//! ([`Amount`]).

mod amount;
mod cells;
mod classes;
mod contributions;
mod estimates;
mod grid;
mod keyed;
mod layout;
mod people;

pub use amount::Amount;
pub use cells::{AmountTally, BucketCells, CategoryTally, Cell, Cells, KeySum, ShareTally};
pub use classes::{BucketClasses, Class, Classes};
pub use contributions::{Contributions, Largest};
pub use estimates::{BucketParts, Drawn, Estimates, Parts};
pub use grid::{Ascents, Grid, TOTAL, cell_key};
pub use keyed::Keyed;
pub use layout::{Layout, ShareColumn, Slot};

pub use crate::sample::Measured;

/// A cell or a class: one code for each column that makes it, given by the caller. Codes mean nothing here.
pub type CellKey = Box<[u64]>;

/// What can go wrong while counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SummariseError {
    /// A value or a sum does not fit ([`Amount`] tells the limits), or is not a number.
    #[error("a value or a sum is not a number or is too large to be summed exactly")]
    TooLarge,
    /// A person came back after another one: the records of a bucket are not sorted by person.
    #[error("the records of a bucket are not sorted by person")]
    Unsorted,
    /// A value of one level of a hierarchy was met under two values of the level above.
    #[error("a value of a column lies under two values of a coarser column made of the same one")]
    Levels,
    /// Values or categories do not fit the layout, or two layouts differ.
    #[error("the measured values do not fit the layout of the table")]
    Layout,
}

#[cfg(test)]
mod tests;
