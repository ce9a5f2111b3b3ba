//! What operators and stewards meet first: a new workshop, the doctor, a pipeline file under an editor, explanations.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/machines.rs"]
mod machines;

#[path = "operators/doctor.rs"]
mod doctor;
#[path = "operators/init.rs"]
mod init;
