//! Files of persons: how likely somebody in them is found again, and how they are made safe.
//!
//! Neither the files nor what is read of them belong to a run: this is for analysts who look at a table before it is released.

pub(super) mod anonymise;
mod bands;
mod count;
mod error;
pub(super) mod groups;
mod link;
mod measure;
mod risk;
pub(super) mod table;

pub use anonymise::{Anonymised, anonymise};
pub use bands::SizeBands;
pub use error::PersonsError;
pub use link::Linked;
pub use measure::{Groups, Individual, Measured, Small, Special, choice_word};
pub use risk::{RiskOptions, measure_risk};
