//! Judges records against their schema. Findings say file, record, field and rule, never the value.

mod cell;

pub use crate::schema::Value;
pub use cell::{CellJudge, Violation};
