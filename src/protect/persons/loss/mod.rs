//! How much a generalisation takes away: six measures, per column and in total.
//!
//! Measures look at records, suppressed ones included, and are computed from integers, so that they do not depend on the
//! order in which classes come. Each has a lower bound that holds for a generalisation and all coarser ones.

mod columns;
mod measure;

#[cfg(test)]
mod tests;

pub use columns::{LossFault, Prepared};
pub use measure::{Aggregate, Balance, Loss, LossSpec, Measure, granularity};

/// What a loss needs to know of the classes at a generalisation.
pub trait Generalised {
    /// Records per class.
    fn rows(&self) -> &[u64];
    /// The group of a class in a column, at the level of the generalisation.
    fn group(&self, column: usize, class: usize) -> u32;
    /// Whether the records of the class are kept.
    fn kept(&self, class: usize) -> bool;
}
