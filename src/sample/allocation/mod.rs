//! How many units each stratum gets.
//!
//! Every rule gives a stratum a measure *a*, and the sizes are *λ a* cut to the stratum's bounds, with the one *λ*
//! that spends the total. This is the exact optimum of the bounded problem (Gabler, Ganninger & Münnich 2012, "Optimal
//! allocation of the sample size to strata under box constraints", Metrika 75; Wesołowski, Wieczorkowski & Wójciak
//! 2021, "Optimality of the recursive Neyman allocation", JSSAM 10), which is then rounded by largest remainder.
//!
//! Sizes decide who is drawn. They are computed with comparisons, + − × ÷ and the square root, which IEEE 754 rounds
//! correctly: every machine gets the same ones.

mod error;
mod measure;
mod rounding;
mod solve;

pub use error::AllocationError;
pub use measure::{Exponent, Field, Rule, Stratum};
pub use solve::{Range, solve};

use rounding::{round_to_cost, round_to_units};

/// What is spent on the whole sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Total {
    /// So many units.
    Units(u64),
    /// At most so much, each unit at the cost of its stratum.
    Cost(f64),
}

/// Sizes of the strata, in the order in which they were given.
#[derive(Debug, Clone, PartialEq)]
pub struct Allocation {
    real: Vec<f64>,
    units: Vec<u64>,
}

impl Allocation {
    /// The exact solution, before it is rounded.
    #[must_use]
    pub fn real(&self) -> &[f64] {
        &self.real
    }

    /// Units to draw.
    #[must_use]
    pub fn units(&self) -> &[u64] {
        &self.units
    }
}

/// Allocates a total to strata: real sizes first, then whole ones by largest remainder. A remainder counts in
/// millionths (2⁻²⁰), and of equal ones the stratum that comes first wins: the caller sorts strata by key. Whole sizes
/// keep the bounds; they add up to [`Total::Units`], or cost no more than [`Total::Cost`].
///
/// # Errors
/// [`AllocationError`] where a value is out of its domain, bounds cannot be met, or the rule's measure is zero in every
/// stratum that could still take units.
pub fn allocate(strata: &[Stratum], rule: Rule, total: Total) -> Result<Allocation, AllocationError> {
    let mut ranges = Vec::with_capacity(strata.len());
    for (index, stratum) in strata.iter().enumerate() {
        ranges.push(stratum.range(index, rule, total)?);
    }
    let amount = match total {
        Total::Units(units) => units as f64,
        Total::Cost(cost) => cost,
    };
    let spent = solve(&ranges, amount)?;
    match total {
        Total::Units(total) => {
            let units = round_to_units(&spent, strata, total);
            Ok(Allocation { real: spent, units })
        }
        Total::Cost(budget) => {
            let real: Vec<f64> = spent.iter().zip(strata).map(|(spent, stratum)| spent / stratum.cost).collect();
            let units = round_to_cost(&real, strata, budget);
            Ok(Allocation { real, units })
        }
    }
}

#[cfg(test)]
mod tests;
