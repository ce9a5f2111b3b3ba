//! How likely it is that somebody in the data is found again.
//!
//! All measures read a histogram, so that they are the same before and after protection: take the histogram of the data, and
//! the one of what leaves. Terms follow El Emam, *Guide to the de-identification of personal health information* (2013).

mod attacks;
mod individual;
mod special;
mod suda;
mod uniques;

#[cfg(test)]
mod tests;

pub use attacks::{Risk, group_risk, journalist, marketer, persons_by_size, prosecutor};
pub use individual::{IndividualRisk, individual};
pub use suda::{Suda, suda};
pub use uniques::{Choice, Estimate, PopulationFault, PopulationUniques, SizeCounts, population_uniques};
