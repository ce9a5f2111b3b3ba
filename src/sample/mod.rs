//! Drawing units by permanent random numbers: census of the frame, sizes, draw, plan.
//!
//! Five steps, of which those over the units merge in any order:
//!
//! 1. [`Census`]: how many units each stratum has, and what their order-free digest is;
//! 2. [`Sizes`]: how many of them are drawn, in whole numbers;
//! 3. [`Draw`]: the units with the smallest random numbers in each stratum, kept in a heap no larger than the sample — or,
//!    for designs that look at all units together, [`Listing`] and [`draw_listed`];
//! 4. [`SamplePlan`]: who is in it, with which inclusion probability and weight;
//! 5. [`Survey`]: what is estimated from it, with standard errors.
//!
//! Each unit's number is a keyed digest of the unit itself (Ohlsson 1995, "Coordination of samples using permanent
//! random numbers"), so nothing depends on the order of rows, files, buckets or threads, and the same key replays to
//! the same sample (R07). Whatever decides who is drawn is computed with integers, or with IEEE 754 additions,
//! subtractions, multiplications and divisions in a fixed order.

pub mod allocation;
pub mod calibration;
mod census;
mod chance;
mod clusters;
pub mod designs;
mod digest;
mod draw;
mod error;
pub mod estimation;
mod keyed;
mod listed;
mod listing;
mod numeric;
mod places;
mod plan;
mod sizes;
mod survey;

pub use census::{Census, Counted};
pub use chance::{Chance, Probability};
pub use digest::{SampleDigest, frame_digest};
pub use draw::{Draw, DrawPart};
pub use error::{SampleError, Unfit};
pub(crate) use keyed::{get_or_insert_with, pairs};
pub use listed::draw_listed;
pub use listing::{Listing, Trait, Unit};
pub use plan::{SamplePlan, StratumReport};
pub use sizes::Sizes;
pub use survey::{Fitted, Measured, Member, Survey};

use zeroize::Zeroizing;

use crate::keys::Prn;

/// The version of everything that decides who is drawn. Another way of drawing gets another version.
pub const ALGORITHM: &str = "tamis-sample/1";

/// A stratum: one code for each strata column, given by the caller. Codes mean nothing here.
pub type StratumKey = Box<[u64]>;

/// What the caller's codes mean, where a design has to know.
pub trait Names: Sync {
    /// The values of a stratum, one for each of its columns, as they are written in a release; `None`: no value.
    fn stratum(&self, key: &[u64]) -> Vec<Option<String>>;
}

/// Random numbers of what is drawn besides units. Implemented over the sampling key of the run.
pub trait Chances: Sync {
    /// The permanent random number of a cluster.
    fn cluster(&self, cluster: u64) -> Prn;
    /// The number of a unit in the second phase of a draw, independent of its number in the first.
    fn second(&self, number: &Prn) -> Prn;
    /// The seed of a stream for one purpose in one stratum, under the stratum's name: another stratum more changes none of the
    /// others.
    fn seed(&self, purpose: &str, stratum: &[Option<String>]) -> Zeroizing<[u8; 32]>;
}

#[cfg(test)]
mod tests;
