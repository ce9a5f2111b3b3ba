//! Protection that differs from class to class: single values left out, or levels chosen class by class.

mod recode;
mod suppress;

#[cfg(test)]
mod tests;

pub use recode::{Recoded, recode, verify_recoded};
pub use suppress::{Convention, SuppressFault, Suppressed, suppress, verify_suppressed};
