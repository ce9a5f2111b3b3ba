//! Drop, generalise, pseudonymise: the allow-list.

mod rows;

pub use rows::{Kind, LayoutError, MISSING_CODE, MISSING_INTEGER, Rows, Values};
