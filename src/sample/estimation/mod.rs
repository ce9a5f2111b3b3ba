//! Estimates of totals, means and shares in domains, with standard errors that follow from the design.
//!
//! A [`Sample`] is prepared once; each domain is then a short list of its units. What units outside the domain, whose
//! values are zero, contribute to a variance is known from counts, so that a table of thousands of cells costs as much
//! as its units, not as its cells times the sample. Every variance is a sum over groups of *Σ a (t − t̄)²*, where *t*
//! are weighted values (of units, or of whole clusters), and *a* depends on the design:
//!
//! | design | groups | *a* |
//! |---|---|---|
//! | without replacement, in strata or not; clusters | strata | *(1 − π) n/(n − 1)* |
//! | unequal probabilities of fixed size (Hájek 1964; Deville 1993) | strata | the same, each its own *π* |
//! | Bernoulli, Poisson | none, *t̄ = 0* | *1 − π* |
//! | balanced (Deville & Tillé 2005) | *t̄* by regression | *(1 − π) n/(n − p)* |
//! | second stage (Särndal, Swensson & Wretman 1992, § 4.3) | clusters | *π₁ (1 − π₂) m/(m − 1)* |
//!
//! Means and shares are linearised. Calibrated weights: the values are replaced by the residuals of their regression
//! on the calibration variables (Deville & Särndal 1992, § 3).

mod balanced;
mod calibrated;
mod error;
mod estimate;
mod first_stage;
mod level;
mod sample;
mod student;
mod two_phase;
mod unit;

pub use super::numeric::Rows;
pub use calibrated::Regression;
pub use error::EstimationError;
pub use estimate::{Estimate, Share};
pub use sample::Sample;
pub use student::t_quantile;
pub use two_phase::Phase;
pub use unit::{Entry, Formula, Lonely, Unit};

#[cfg(test)]
mod tests;
