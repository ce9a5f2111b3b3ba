//! Perturbation of tables: what can be published in place of suppressed cells. Methods are told for counts; [`sums`] has those of sums.
//!
//! | Method | Additive | Same cell, same value in every table | Noise on large cells | Module |
//! |---|---|---|---|---|
//! | rounding to the nearest multiple | no | yes | bounded by half the base | [`rounding`] |
//! | unbiased random rounding | no | yes, by keyed words of cell and count | under the base | [`rounding`] |
//! | small count rounding | yes | yes, one system | only what small cells cause | [`controlled`] |
//! | cell-key method | no | yes, by its records | bounded by the p-table's *D* | [`cell_key`], [`ptable`] |
//! | discrete Laplace or Gaussian noise | no | no, one draw a cell | unbounded | [`noise`], paid from [`budget`] |
//!
//! Only the last gives a proven bound (differential privacy); the first two and the cell-key method protect by doubt
//! about small counts, and a user who gets many linked tables of the same records can average or add up. What is random
//! here comes from keyed words ([`keyed`]) or from a stream the caller hands in: nothing is drawn from the system or
//! from the clock.

pub mod amount;
pub mod budget;
pub mod cell_key;
pub mod controlled;
pub mod keyed;
pub mod narrow;
pub mod noise;
pub mod ptable;
mod report;
pub mod rounding;
pub mod sums;

pub use report::{Deviation, deviation};
