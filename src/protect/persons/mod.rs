//! Rules for per-person outputs.

mod k_anonymity;

pub use k_anonymity::{PersonPlan, Tally, plan};

#[cfg(test)]
mod tests;
