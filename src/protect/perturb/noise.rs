//! Discrete Laplace and discrete Gaussian noise: differential privacy for counts.
//!
//! Sources: C. Canonne, G. Kamath and T. Steinke, *The Discrete Gaussian for Differential Privacy*, NeurIPS 2020 (arXiv
//! 2004.00010): algorithms 1 to 3, theorem 4 and lemma 29; A. Ghosh, T. Roughgarden and M. Sundararajan, *Universally
//! Utility- Maximizing Privacy Mechanisms*, STOC 2009 (the two-sided geometric mechanism, which is the discrete Laplace
//! one).
//!
//! The samplers are those of the crate [`prio`] (Divvi Up, ISRG), which works over rationals of any size: no logarithm,
//! no exponential and no binary fraction is formed, so the distribution is the stated one and the attacks on
//! floating-point samplers (Mironov 2012) have no hold. The OpenDP library has exact samplers too, but takes its words
//! from the operating system or from OpenSSL only: a run could not be replayed.
//!
//! **Replay.** The stream of random words is the caller's, and a run under the same stream gives the same noise. Two
//! things follow, on which the guarantee stands. The stream must be secret for good: who has it takes the noise off.
//! And it must be bound to the *data*, for instance by deriving its key from the run's key, the release's name and a
//! digest of the counts: two different tables under one stream have the same noise, and their difference is the exact
//! difference of the data.
//!
//! **Zeros.** Every published cell gets noise, those with a count of zero too; leaving a cell out because nobody is in
//! it tells that nobody is in it. Which cells there are must come from the code lists.

use num_bigint::BigInt;
use prio::dp::Rational;
use prio::dp::distributions::{DiscreteGaussian, DiscreteLaplace};
use rand::Rng;
use rand::distr::Distribution;

use super::amount::{Amount, UNIT};
use super::budget::Loss;

/// The Gaussian's standard deviation is a multiple of one over this.
const GRID: u64 = 1 << 16;

/// Why there is no noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoiseError {
    /// *ε* or *ρ* is zero: no noise is enough.
    #[error("a privacy loss of zero allows no release")]
    NoLoss,
    /// Nobody can be in any cell.
    #[error("the sensitivity of the tables is zero")]
    NoSensitivity,
    /// A noisy count outside of 63 bits, or a parameter outside of what the sampler takes.
    #[error("the noise is out of range")]
    OutOfRange,
}

/// Which two data sets are to look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbours {
    /// One person more or less.
    AddOrRemove,
    /// One person's records replaced by another's; the number of persons is then public.
    Substitute,
}

/// How much one person can change all tables published together.
///
/// The number of cells must follow from the design (dimensions, levels of hierarchies, most records kept for one
/// person), never from a look at the data: the largest number *found* tells about the person who has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sensitivity {
    cells: u64,
    /// By how much one person changes a cell, at most.
    by: u64,
}

impl Sensitivity {
    /// For counts of persons (a person adds 1 to a cell or nothing) of whom each can touch at most `cells` published
    /// cells, totals and cells of linked tables counted each.
    ///
    /// Under [`Neighbours::Substitute`] as many cells can lose 1 as gain 1.
    ///
    /// # Errors
    /// [`NoiseError::NoSensitivity`] for no cell.
    pub fn of_counts(cells: u32, neighbours: Neighbours) -> Result<Self, NoiseError> {
        let cells = match neighbours {
            Neighbours::AddOrRemove => u64::from(cells),
            Neighbours::Substitute => 2 * u64::from(cells),
        };
        if cells == 0 { Err(NoiseError::NoSensitivity) } else { Ok(Self { cells, by: 1 }) }
    }

    /// For sums to each of which a person adds `most` units at most, up or down; between neighbours a person comes or leaves.
    ///
    /// # Errors
    /// [`NoiseError::NoSensitivity`] for no cell or no unit, [`NoiseError::OutOfRange`] for 2⁶² units or more.
    pub fn of_sums(cells: u32, most: u64) -> Result<Self, NoiseError> {
        match (cells, most) {
            (0, _) | (_, 0) => Err(NoiseError::NoSensitivity),
            (_, most) if most >= 1 << 62 => Err(NoiseError::OutOfRange),
            _ => Ok(Self { cells: cells.into(), by: most }),
        }
    }

    /// The largest sum of the absolute changes of all cells, ‖·‖₁.
    #[must_use]
    pub fn l1(self) -> u128 {
        u128::from(self.cells) * u128::from(self.by)
    }

    /// The largest sum of the squared changes, ‖·‖₂², in squares of [`Sensitivity::by`]: the number of cells.
    #[must_use]
    pub fn l2_squared(self) -> u64 {
        self.cells
    }

    /// By how much one person changes a cell at most.
    #[must_use]
    pub fn by(self) -> u64 {
        self.by
    }
}

/// Noise to be added to counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noise {
    kind: Kind,
    loss: Loss,
    /// Scale of the Laplace or standard deviation of the Gaussian, a fraction.
    numerator: u128,
    denominator: u128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Laplace,
    Gaussian,
}

impl Noise {
    /// Discrete Laplace noise, P(x) ∝ exp(−|x|·ε/Δ₁): all the tables together lose `epsilon`.
    ///
    /// # Errors
    /// [`NoiseError::NoLoss`] where `epsilon` is zero, [`NoiseError::OutOfRange`] where the scale is too large.
    pub fn laplace(epsilon: Amount, sensitivity: Sensitivity) -> Result<Self, NoiseError> {
        if epsilon == Amount::ZERO {
            return Err(NoiseError::NoLoss);
        }
        let numerator = sensitivity.l1().checked_mul(u128::from(UNIT)).ok_or(NoiseError::OutOfRange)?;
        Ok(Self { kind: Kind::Laplace, loss: Loss::Epsilon(epsilon), numerator, denominator: epsilon.units().into() })
    }

    /// Discrete Gaussian noise, P(x) ∝ exp(−x²/2σ²): all the tables together lose at most `rho`, as σ is the smallest
    /// multiple of 2⁻¹⁶ that is not under Δ₂/√(2ρ).
    ///
    /// # Errors
    /// [`NoiseError::NoLoss`] where `rho` is zero.
    pub fn gaussian(rho: Amount, sensitivity: Sensitivity) -> Result<Self, NoiseError> {
        if rho == Amount::ZERO {
            return Err(NoiseError::NoLoss);
        }
        // (σ·GRID)² ≥ Δ₂²·GRID²/(2ρ) for a change of 1; the product is under 2³³ · 2³² · 2⁴⁰.
        let square = u128::from(sensitivity.l2_squared()) * u128::from(GRID) * u128::from(GRID) * u128::from(UNIT);
        let square = square.div_ceil(2 * u128::from(rho.units()));
        let root = square.isqrt();
        let numerator = if root * root < square { root + 1 } else { root };
        let numerator = numerator.checked_mul(sensitivity.by().into()).ok_or(NoiseError::OutOfRange)?;
        Ok(Self { kind: Kind::Gaussian, loss: Loss::Rho(rho), numerator, denominator: GRID.into() })
    }

    /// What adding this noise to all the tables costs; to be spent in the ledger before anything is drawn.
    #[must_use]
    pub fn loss(self) -> Loss {
        self.loss
    }

    /// Scale of the Laplace, standard deviation of the Gaussian: numerator and denominator.
    #[must_use]
    pub fn scale(self) -> (u128, u128) {
        (self.numerator, self.denominator)
    }

    /// Noisy counts, in the order of the cells, each with a draw of its own from `stream`. They can be under zero;
    /// setting those to zero costs no privacy, but lifts sums.
    ///
    /// # Errors
    /// [`NoiseError::OutOfRange`] where a noisy count does not fit 63 bits.
    pub fn perturb<R: Rng + ?Sized>(self, counts: &[u64], stream: &mut R) -> Result<Vec<i64>, NoiseError> {
        let counts = counts.iter().map(|count| i64::try_from(*count)).collect::<Result<Vec<_>, _>>();
        self.perturb_signed(&counts.map_err(|_| NoiseError::OutOfRange)?, stream)
    }

    /// The same for sums in whole units.
    ///
    /// # Errors
    /// As [`Noise::perturb`].
    pub fn perturb_signed<R: Rng + ?Sized>(self, counts: &[i64], stream: &mut R) -> Result<Vec<i64>, NoiseError> {
        let scale = Rational::from_unsigned(self.numerator, self.denominator).map_err(|_| NoiseError::OutOfRange)?;
        match self.kind {
            Kind::Laplace => add(counts, &DiscreteLaplace::new(scale).map_err(|_| NoiseError::OutOfRange)?, stream),
            Kind::Gaussian => add(counts, &DiscreteGaussian::new(scale).map_err(|_| NoiseError::OutOfRange)?, stream),
        }
    }
}

fn add<D, R>(counts: &[i64], distribution: &D, stream: &mut R) -> Result<Vec<i64>, NoiseError>
where
    D: Distribution<BigInt>,
    R: Rng + ?Sized,
{
    let noisy = |count: &i64| i64::try_from(distribution.sample(stream) + *count).map_err(|_| NoiseError::OutOfRange);
    counts.iter().map(noisy).collect()
}

#[cfg(test)]
mod tests;
