//! Designs by permanent random numbers: Poisson, and order sampling.
//!
//! A permanent random number `u` is one of 0…2⁶⁴ − 1 and stands for `u / 2⁶⁴`. Given the same numbers, samples of
//! different sizes or of later frames overlap as much as they can.

use std::cmp::Ordering;

use super::wide::compare_products;
use super::{DesignError, Inclusion, Proportional, Selection};

/// Poisson sampling: each unit on its own, when `u < π` (Hájek 1964). Exact. The size is random, `n` on average.
///
/// # Errors
/// As [`Proportional::new`], and [`DesignError::UnequalLengths`].
pub fn poisson(sizes: &[u64], n: u64, u: &[u64]) -> Result<Selection, DesignError> {
    let shares = checked(sizes, n, u)?;
    let mut selection = Selection { units: Vec::new(), inclusion: Vec::new() };
    for (unit, (&size, &u)) in (0..).zip(sizes.iter().zip(u)) {
        if shares.poisson_selects(size, u) {
            selection.units.push(unit);
            selection.inclusion.push(shares.inclusion(size));
        }
    }
    Ok(selection)
}

impl Proportional {
    /// Whether Poisson sampling draws a unit of this size and random number: for a frame that is not in memory.
    #[must_use]
    pub fn poisson_selects(&self, size: u64, u: u64) -> bool {
        self.is_certain(size) || compare_products(&[u.into(), self.total()], &[self.numerator(size), 1 << 64]).is_lt()
    }
}

/// Sequential Poisson sampling (Ohlsson 1998): the certain units, then the smallest `u / π`. Compared in integers.
/// The probabilities are nominal, marked approximate.
///
/// # Errors
/// As [`Proportional::new`], and [`DesignError::UnequalLengths`].
pub fn sequential_poisson(sizes: &[u64], n: u64, u: &[u64]) -> Result<Selection, DesignError> {
    smallest_ranks(sizes, n, u, RankingRule::SequentialPoisson)
}

/// Pareto sampling (Rosén 1997): the certain units, then the smallest `u (1 − π) / (π (1 − u))`. Compared exactly.
/// The probabilities are nominal, marked approximate; nearer to the true ones than those of sequential Poisson
/// sampling.
///
/// # Errors
/// As [`Proportional::new`], and [`DesignError::UnequalLengths`].
pub fn pareto(sizes: &[u64], n: u64, u: &[u64]) -> Result<Selection, DesignError> {
    smallest_ranks(sizes, n, u, RankingRule::Pareto)
}

/// How order sampling ranks units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RankingRule {
    /// By `u / π` (Ohlsson 1998).
    SequentialPoisson,
    /// By `u (1 − π) / (π (1 − u))` (Rosén 1997).
    Pareto,
}

/// Order sampling over a frame that need not be in memory: the sample is the `n` units with the smallest [`Rank`],
/// and those of parts of a frame merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranking {
    rule: RankingRule,
    shares: Proportional,
}

impl Ranking {
    /// Ranks for these probabilities.
    #[must_use]
    pub fn new(rule: RankingRule, shares: Proportional) -> Self {
        Self { rule, shares }
    }

    /// The rank of a unit; `None` where it is never drawn.
    #[must_use]
    pub fn rank(&self, size: u64, u: u64) -> Option<Rank> {
        if self.shares.is_certain(size) {
            return Some(Rank::CERTAIN);
        }
        // Factors common to all units of the frame, `take` below and 2⁶⁴ above, order nothing and are left out.
        let rank = match self.rule {
            RankingRule::SequentialPoisson => Rank::new([u.into(), 1], [size.into(), 1]),
            RankingRule::Pareto => {
                let rest = self.shares.total().checked_sub(self.shares.numerator(size))?;
                Rank::new([u.into(), rest], [size.into(), (1 << 64) - u128::from(u)])
            }
        };
        (size > 0 && self.shares.take() > 0).then_some(rank)
    }

    /// The nominal inclusion probability, marked approximate unless it is 0 or 1.
    #[must_use]
    pub fn inclusion(&self, size: u64) -> Inclusion {
        self.shares.inclusion(size).approximately()
    }
}

/// The place of a unit in the order of a draw. Certain units come first. Ranks of one [`Ranking`] compare exactly;
/// equal ones are told apart by the caller, by pairing the rank with something of the unit's own.
#[derive(Debug, Clone, Copy)]
pub struct Rank {
    /// Two factors each, all together under 2³⁸⁴ with another rank's.
    above: [u128; 2],
    below: [u128; 2],
    /// The quotient within 10⁻¹⁵ of itself: decides almost every comparison at once.
    near: f64,
}

impl Rank {
    const CERTAIN: Self = Self { above: [0, 0], below: [1, 1], near: -1.0 };

    fn new(above: [u128; 2], below: [u128; 2]) -> Self {
        let value = |factors: [u128; 2]| factors[0] as f64 * factors[1] as f64;
        Self { above, below, near: value(above) / value(below) }
    }
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        let margin = 1e-12 * self.near.max(other.near);
        if (self.near - other.near).abs() > margin {
            return self.near.total_cmp(&other.near);
        }
        let [a, b] = self.above;
        let [c, d] = other.below;
        let [e, f] = other.above;
        let [g, h] = self.below;
        compare_products(&[a, b, c, d], &[e, f, g, h])
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Rank {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Rank {}

fn smallest_ranks(sizes: &[u64], n: u64, u: &[u64], rule: RankingRule) -> Result<Selection, DesignError> {
    let ranking = Ranking::new(rule, checked(sizes, n, u)?);
    let mut ranks: Vec<(Rank, u32)> =
        (0..).zip(sizes.iter().zip(u)).filter_map(|(unit, (&size, &u))| Some((ranking.rank(size, u)?, unit))).collect();
    let n = n as usize;
    if n < ranks.len() {
        ranks.select_nth_unstable(n);
        ranks.truncate(n);
    }
    let mut units: Vec<u32> = ranks.into_iter().map(|(_, unit)| unit).collect();
    units.sort_unstable();
    let inclusion = units.iter().filter_map(|&unit| sizes.get(unit as usize)).map(|&size| ranking.inclusion(size));
    Ok(Selection { inclusion: inclusion.collect(), units })
}

fn checked(sizes: &[u64], n: u64, u: &[u64]) -> Result<Proportional, DesignError> {
    if sizes.len() != u.len() {
        return Err(DesignError::UnequalLengths { expected: sizes.len(), found: u.len() });
    }
    Proportional::new(sizes, n)
}
