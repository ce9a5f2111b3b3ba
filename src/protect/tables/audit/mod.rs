//! Interval audit of suppressed tables, the intruder's attack, and what to suppress where intervals are too narrow.
//!
//! Tolerances: a witness of whole numbers is verified exactly; any other may miss rows by 1e-7 of the unit of its
//! programme (about the width asked for), and counts as reaching an end within 1e-7 of the demanded width. In doubt a
//! demand is not safe: only a verified witness makes it so. Results do not depend on the number of threads.

mod bulk;
mod intervals;
mod keep;
mod lp;
mod model;
mod problem;
mod propagate;
mod protect;
mod region;
mod search;
mod sliding;
mod swap;
mod tables;
mod verdict;
mod walk;
mod widen;

#[cfg(test)]
mod tests;
mod witness;

pub(in crate::protect::tables) use keep::Keeper;

pub use intervals::{Interval, all_intervals, intervals};
pub use problem::{AuditError, Problem};
pub use protect::{Protection, protect_intervals};
pub use search::{Method, Options};
pub use sliding::{Span, spanned};
pub use tables::Tables;
pub use verdict::{Audit, Demand, Standing, Verdict, audit, audit_with};
pub use widen::widen;
