//! Words in, exit code out.

pub mod plan;
