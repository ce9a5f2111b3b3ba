//! Whole runs under bad conditions, as SQLite is tested: any call to the disk fails, the process is killed at any call, two
//! work at once, the disk is full. Afterwards nothing is half visible, nothing stands in the clear, nothing is destroyed
//! early, and every run comes to its end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod common;
#[path = "faults/errors.rs"]
mod errors;
#[path = "faults/killed.rs"]
mod killed;
#[path = "faults/scene.rs"]
mod scene;
#[path = "faults/system.rs"]
mod system;
#[path = "faults/twice.rs"]
mod twice;
