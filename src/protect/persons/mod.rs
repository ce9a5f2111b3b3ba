//! Rules for per-person outputs.
//!
//! | module | its job |
//! |---|---|
//! | `k_anonymity` | suppression of small classes as they are |
//! | `lookup` | what becomes of a record, by the words of its columns |
//! | [`hierarchy`] | what values become, level by level |
//! | [`histogram`] | distinct combinations of quasi-identifiers, and what their classes hold |
//! | [`models`] | what a class has to be like before it may leave |
//! | [`loss`] | what a generalisation takes away |
//! | [`search`] | the generalisation with the least loss |
//! | [`local`] | different levels, or single values left out, class by class |
//! | [`micro`] | methods that change numbers and codes |
//! | [`risk`] | how likely somebody is found again |
//! | [`evidence`] | singling out, linkability, inference |

pub mod evidence;
pub mod hierarchy;
pub mod histogram;
mod k_anonymity;
pub mod local;
mod lookup;
pub mod loss;
pub mod micro;
pub mod models;
pub mod risk;
pub mod search;

pub use k_anonymity::{PersonPlan, Tally, Written, plan};
pub use lookup::{Coder, Lookup};

#[cfg(test)]
mod tests;
