//! Judges records against their schema. Findings say file, record, field and rule, never the value.

mod cell;

pub use cell::{CellJudge, Value, Violation};
