//! Methods that change values: top and bottom coding, rounding, microaggregation, rank swapping, PRAM, additive noise.
//!
//! Numbers are integers in a unit of the caller's choice. Chance comes as words that belong to a record, not to a position in
//! a stream, so that neither order nor partition of the input matters. Every method reports its effect.

mod coding;
mod effect;
mod mdav;
mod noise;
mod pram;
mod swap;

#[cfg(test)]
mod tests;

pub use coding::{Beyond, Coded, Ends, cap, limits, round, round_at_random};
pub use effect::Effect;
pub use mdav::{Microaggregated, mdav};
pub use noise::noise;
pub use pram::{Kept, PramFault, Transition, pram};
pub use swap::swap;

/// Words of keyed chance.
pub trait Words {
    /// A word, uniform over 64 bits, for one record (named by a digest that no other record has) and one purpose. The same
    /// arguments give the same word; different ones words that have nothing to do with one another.
    fn word(&self, record: u64, draw: u32) -> u64;
}

/// A uniform number below `bound`, by multiplication (Lemire, ACM TOMACS 29 (2019)); its bias is below bound / 2⁶⁴.
fn below(word: u64, bound: u64) -> u64 {
    ((u128::from(word) * u128::from(bound)) >> 64) as u64
}
