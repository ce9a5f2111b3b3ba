//! Tables over a sample, through whole runs: estimates and standard errors against R's `survey`, against sums by hand and
//! against the frame itself; the same bytes in all orders; nothing of a cell that is suppressed.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;
#[path = "common/tables.rs"]
mod tables;

#[path = "estimates/against_r.rs"]
mod against_r;
#[path = "estimates/designs.rs"]
mod designs;
#[path = "estimates/frame.rs"]
mod frame;
#[path = "estimates/shown.rs"]
mod shown;
