//! Stories told through the program: what a run says, what it leaves behind, and how it ends when something is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "runs/again.rs"]
mod again;
#[path = "runs/bad_input.rs"]
mod bad_input;
mod common;
#[path = "runs/interrupted.rs"]
mod interrupted;
#[path = "runs/lineage.rs"]
mod lineage;
#[path = "runs/listed.rs"]
mod listed;
#[path = "runs/objections.rs"]
mod objections;
#[path = "common/tables.rs"]
mod tables;
#[path = "runs/words.rs"]
mod words;
#[path = "runs/workshop.rs"]
mod workshop;
