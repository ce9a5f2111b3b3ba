//! What operators and stewards meet first: a new workshop, the doctor, a pipeline file under an editor, explanations.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;
#[path = "common/machines.rs"]
mod machines;

#[path = "operators/config.rs"]
mod config;
#[path = "operators/doctor.rs"]
mod doctor;
#[path = "operators/french.rs"]
mod french;
#[path = "operators/init.rs"]
mod init;
#[path = "operators/words.rs"]
mod words;
