//! The report of a run: the documents of its dossier in, one page out, and the same figures for programs.
//!
//! The page is one file: no network, no script, both languages, light and dark, for a phone, a wide screen and paper. Nothing in it
//! comes from records but counts, and small counts are masked as in a release ([`masked`]).

mod bars;
mod chart;
mod compare;
mod ending;
mod few;
mod lineage;
mod masked;
mod metrics;
mod page;
mod papers;
mod privacy;
mod records;
mod shown;
#[cfg(test)]
mod tests;
mod utility;
mod verdict;

pub use compare::{Change, Compared, compare};
pub use lineage::{EVENT_SCHEMA, Traced, Turn};
pub use masked::masked;
pub use metrics::{Ended, metrics};
pub use page::page;
pub use papers::{AccountError, Papers};
pub use verdict::{Gate, Passed, Verdict, gates};
