//! Disclosure control: what may leave. Rules work on plain counts, so that each can be read beside its paper.

pub mod persons;
pub mod perturb;
pub mod tables;
