//! Sampling designs with unequal probabilities and balanced sampling, over the units of one stratum held in memory.
//!
//! Units are positions in a list whose order the caller fixes. Sizes are integers, so that inclusion probabilities
//! are exact fractions ([`Proportional`]); units so large that they must be drawn are found first and always taken.
//!
//! | design | function | chance from | size | joint probabilities |
//! |---|---|---|---|---|
//! | Poisson | [`poisson`] | random numbers | random | product |
//! | sequential Poisson, Pareto | [`sequential_poisson`], [`pareto`], [`Ranking`] | random numbers | fixed | not known |
//! | systematic | [`systematic`], [`systematic_pps`] | stream | fixed | many are 0 |
//! | conditional Poisson | [`ConditionalPoisson`] | stream | fixed | all positive |
//! | Sampford | [`Sampford`] | stream | fixed | all positive |
//! | pivotal | [`pivotal`] | stream | fixed | some may be 0 |
//! | cube | [`cube`] | stream | fixed if asked | not known |
//!
//! Whatever decides who is drawn is computed with integers, or with `f64` addition, subtraction, multiplication and
//! division in a fixed order, which IEEE 754 defines to the last bit: a draw is the same on every machine.

mod bridge;
mod conditional;
mod cube;
mod error;
mod joint;
mod order;
mod pivotal;
mod sampford;
mod selection;
mod sizes;
mod stream;
mod systematic;
mod wide;

pub use conditional::ConditionalPoisson;
pub use cube::{Balanced, Imbalance, cube};
pub use error::DesignError;
pub use joint::Joint;
pub use order::{Rank, Ranking, RankingRule, pareto, poisson, sequential_poisson};
pub use pivotal::pivotal;
pub use sampford::Sampford;
pub use selection::{Inclusion, Selection, UnitOrder};
pub use sizes::{Proportional, SizeCensus};
pub use stream::Stream;
pub use systematic::{systematic, systematic_pps};

#[cfg(test)]
mod tests;
