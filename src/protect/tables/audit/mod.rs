//! Interval audit of suppressed tables, the intruder's attack, and what to suppress where intervals are too narrow.

mod bulk;
mod intervals;
mod lp;
mod model;
mod problem;
mod propagate;
mod protect;
mod region;
mod search;
mod verdict;
mod walk;
mod widen;

#[cfg(test)]
mod tests;
mod witness;

pub use intervals::{Interval, all_intervals, intervals};
pub use problem::{AuditError, Problem};
pub use protect::{Protection, protect_intervals};
pub use search::{Method, Options};
pub use verdict::{Audit, Demand, Standing, Verdict, audit};
pub use widen::widen;
