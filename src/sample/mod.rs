//! Drawing units by permanent random numbers: census of the frame, allocation, draw, plan.
//!
//! Four steps, three of them passes over the buckets whose results merge in any order:
//!
//! 1. [`Census`]: how many units each stratum has;
//! 2. [`allocate`]: how many of them are drawn, in whole numbers;
//! 3. [`Draw`]: the units with the smallest random numbers in each stratum, kept in a heap no larger than the sample;
//! 4. [`SamplePlan`]: who is in it, with which inclusion probability.
//!
//! Each unit's number is a keyed digest of the unit itself (Ohlsson 1995, "Coordination of samples using permanent
//! random numbers"), so nothing depends on the order of rows, files, buckets or threads, and the same key replays to
//! the same sample (R07). Only integers are compared.

mod allocation;
mod census;
mod draw;
mod keyed;
mod plan;

pub use allocation::{Allocation, allocate};
pub use census::Census;
pub use draw::Draw;
pub(crate) use keyed::get_or_insert_with;
pub use plan::{SamplePlan, StratumReport};

/// A stratum: one code for each strata column, given by the caller. Codes mean nothing here.
pub type StratumKey = Box<[u64]>;

/// What can go wrong between the passes of a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// A unit lies in a stratum that the census never met.
    #[error("a unit lies in a stratum that the census did not count: census and draw saw different data")]
    UnknownStratum,
    /// A stratum has another number of units than the census counted.
    #[error("the census counted {census} units in a stratum and the draw {draw}: they saw different data")]
    FrameChanged {
        /// Units that the census counted.
        census: u64,
        /// Units that the draw met.
        draw: u64,
    },
}

#[cfg(test)]
mod tests;
