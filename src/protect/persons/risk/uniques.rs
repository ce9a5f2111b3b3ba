//! How many persons of the population are alone in their class, estimated from a sample.
//!
//! Four ways: Pitman's sampling formula (Hoshino, *Applying Pitman's sampling formula to microdata disclosure risk
//! assessment*, J. Official Statistics 17 (2001)); Zayatz, *Estimation of the percent of unique population elements on a
//! microdata file using the sample* (1991); the slide negative binomial model (Chen and McNulty, *Estimation under
//! slide-negative-binomial*, JOS 14 (1998)); and the choice between them of Dankar, El Emam, Neisa and Roffey, *Estimating
//! the re-identification risk of clinical data sets*, BMC Med. Inform. Decis. Mak. 12:66 (2012).

use std::collections::BTreeMap;
use thiserror::Error;

use super::special::{digamma, ln_gamma, root};
use crate::protect::persons::histogram::Classes;

/// How many classes there are of each size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeCounts(BTreeMap<u64, u64>);

impl SizeCounts {
    /// Sizes in persons; empty classes do not count.
    pub fn of(classes: &Classes) -> Self {
        let mut counts = BTreeMap::new();
        classes.persons().iter().filter(|size| **size > 0).for_each(|&size| *counts.entry(size).or_insert(0) += 1);
        Self(counts)
    }

    /// Number of classes of one size.
    pub fn classes_of(&self, size: u64) -> u64 {
        self.0.get(&size).copied().unwrap_or(0)
    }

    /// Number of classes.
    pub fn classes(&self) -> u64 {
        self.0.values().sum()
    }

    /// Number of persons.
    pub fn persons(&self) -> u64 {
        self.0.iter().map(|(size, count)| size * count).sum()
    }

    /// Σ over sizes of number of classes times a function of the size.
    fn sum(&self, function: impl Fn(f64) -> f64) -> f64 {
        self.0.iter().map(|(&size, &count)| count as f64 * function(size as f64)).sum()
    }
}

/// Which model an estimate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Nobody in the sample is unique.
    NoSampleUniques,
    /// The sample is the population: counted, not estimated.
    Counted,
    /// Pitman.
    Pitman,
    /// Zayatz.
    Zayatz,
    /// Slide negative binomial.
    SlideNegativeBinomial,
}

/// Dankar's choice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Which model.
    pub choice: Choice,
    /// Unique persons of the population.
    pub uniques: f64,
}

/// Estimates of the number of unique persons in the population. `None` where a model has no solution for these data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PopulationUniques {
    /// Persons of the population.
    pub population: u64,
    /// Unique persons of the sample.
    pub sample_uniques: u64,
    /// Pitman.
    pub pitman: Option<f64>,
    /// Zayatz.
    pub zayatz: Option<f64>,
    /// Slide negative binomial.
    pub slide_negative_binomial: Option<f64>,
    /// Dankar's choice: up to a sampling fraction of 0.1 Pitman, or Zayatz where that has no solution; above it the smaller
    /// of Zayatz and slide negative binomial.
    pub dankar: Option<Estimate>,
}

/// The population is not larger than the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the population has fewer persons than the data, or the data have none")]
pub struct PopulationFault;

/// All four, for a sample from a population of so many persons.
///
/// # Errors
/// [`PopulationFault`].
pub fn population_uniques(sizes: &SizeCounts, population: u64) -> Result<PopulationUniques, PopulationFault> {
    let (sample, uniques) = (sizes.persons(), sizes.classes_of(1));
    if sample == 0 || population < sample {
        return Err(PopulationFault);
    }
    let fixed = |choice| PopulationUniques {
        population,
        sample_uniques: uniques,
        pitman: Some(uniques as f64),
        zayatz: Some(uniques as f64),
        slide_negative_binomial: Some(uniques as f64),
        dankar: Some(Estimate { choice, uniques: uniques as f64 }),
    };
    if uniques == 0 {
        return Ok(fixed(Choice::NoSampleUniques));
    }
    if population == sample {
        return Ok(fixed(Choice::Counted));
    }
    let possible = |uniques: &f64| uniques.is_finite() && *uniques > 0.0 && *uniques <= population as f64;
    let pitman = pitman(sizes, population).filter(possible);
    let zayatz = Some(zayatz(sizes, population)).filter(possible);
    let fraction = sample as f64 / population as f64;
    let (ones, twos) = (uniques as f64, sizes.classes_of(2) as f64);
    let slide = slide_negative_binomial(shlosser(sizes, fraction), fraction, ones, twos).filter(possible);
    let of = |choice, uniques: Option<f64>| uniques.map(|uniques| Estimate { choice, uniques });
    let (by_zayatz, by_slide) = (of(Choice::Zayatz, zayatz), of(Choice::SlideNegativeBinomial, slide));
    let dankar = if fraction <= 0.1 {
        of(Choice::Pitman, pitman).or(by_zayatz)
    } else {
        match (by_zayatz, by_slide) {
            (Some(one), Some(two)) => Some(if one.uniques < two.uniques { one } else { two }),
            (one, two) => one.or(two),
        }
    };
    Ok(PopulationUniques {
        population,
        sample_uniques: uniques,
        pitman,
        zayatz,
        slide_negative_binomial: slide,
        dankar,
    })
}

/// Maximum likelihood under Pitman's formula with u classes of n persons:
/// ℓ(θ, α) = Σ_{i=1}^{u−1} ln(θ + iα) − Σ_{i=1}^{n−1} ln(θ + i) + Σ_j s_j Σ_{i=1}^{j−1} ln(i − α), 0 < α < 1, θ > −α.
/// Expected population uniques: Γ(θ+1) / Γ(θ+α) · N^α.
fn pitman(sizes: &SizeCounts, population: u64) -> Option<f64> {
    let (u, n) = (sizes.classes() as f64, sizes.persons() as f64);
    // ∂ℓ/∂θ for a given α, and the θ at which it vanishes: the derivative falls from +∞ (or so) as θ grows.
    let slope = |theta: f64, alpha: f64| {
        (digamma(theta / alpha + u) - digamma(theta / alpha + 1.0)) / alpha
            - (digamma(theta + n) - digamma(theta + 1.0))
    };
    let theta = |alpha: f64| root(-alpha * (1.0 - 1e-9), n * n, |theta| slope(theta, alpha));
    // ∂ℓ/∂α at that θ: Σ i/(θ + iα) is (u − 1 − θ·Σ 1/(θ + iα)) / α.
    let profile = |alpha: f64| -> f64 {
        let Some(theta) = theta(alpha) else { return f64::NAN };
        let inverse = (digamma(theta / alpha + u) - digamma(theta / alpha + 1.0)) / alpha;
        let large = sizes.sum(|size| digamma(size - alpha) - digamma(1.0 - alpha));
        (u - 1.0 - theta * inverse) / alpha - large
    };
    // The profile's derivative changes its sign once; a grid finds between which points.
    let grid: Vec<f64> = (1..200).map(|step| f64::from(step) / 200.0).collect();
    let values: Vec<f64> = grid.iter().map(|&alpha| profile(alpha)).collect();
    let at = (1..grid.len()).find(|&at| values[at - 1] > 0.0 && values[at] <= 0.0)?;
    let alpha = root(grid[at - 1], grid[at], profile)?;
    let theta = theta(alpha)?;
    let scale = alpha * (population as f64).ln();
    if theta + alpha <= 0.0 { None } else { Some((ln_gamma(theta + 1.0) - ln_gamma(theta + alpha) + scale).exp()) }
}

/// Zayatz: the sample's distribution of sizes is taken for that of the population, and Bayes' rule gives the share of
/// sample uniques that are population uniques; then scaled up by the sampling fraction.
fn zayatz(sizes: &SizeCounts, population: u64) -> f64 {
    let (n, all) = (sizes.persons() as f64, population as f64);
    let classes = sizes.classes() as f64;
    // Hypergeometric: exactly one of `size` is drawn when n of all are.
    let one_of = |size: f64| {
        let mut probability = size * n / all;
        let mut step = 0.0;
        while step < size - 1.0 && probability > 0.0 {
            probability *= ((all - n - step) / (all - 1.0 - step)).max(0.0);
            step += 1.0;
            if probability < 1e-300 {
                return 0.0;
            }
        }
        probability
    };
    let uniques = sizes.classes_of(1) as f64;
    let some = sizes.sum(one_of) / classes;
    let conditional = uniques / classes * one_of(1.0) / some;
    uniques * conditional * all / n
}

/// Slide negative binomial: sizes in the population are 1 + NB(a, b), K classes in all, persons drawn with probability f.
/// With d = (1 − f)(1 − b) a class shows 1 person with probability f·(b/(1−d))^a·(1 + a·d/(1−d)), and 2 with
/// f²/2·a(1−b)·b^a/(1−d)^{a+2}·(2 + (a−1)d). Expected counts are set equal to those seen, K by Shlosser's estimate
/// (Haas and Stokes, *Estimating the number of classes in a finite population*, JASA 93 (1998), D_Sh3). Uniques: K·b^a. An
/// error in K weighs heavily: 5 % too many classes can be 25 % too many uniques.
pub(super) fn slide_negative_binomial(classes: f64, f: f64, one: f64, two: f64) -> Option<f64> {
    if two == 0.0 || one == 0.0 {
        return None;
    }
    let d = |b: f64| (1.0 - f) * (1.0 - b);
    let shows_one = |a: f64, b: f64| f * (b / (1.0 - d(b))).powf(a) * (1.0 + a * d(b) / (1.0 - d(b)));
    // For each b the a at which twos and ones stand in the ratio seen; it grows with a.
    let ratio = |a: f64, b: f64| {
        f / 2.0 * a * (1.0 - b) / (1.0 - d(b)).powi(2) * (2.0 + (a - 1.0) * d(b)) / (1.0 + a * d(b) / (1.0 - d(b)))
    };
    let a_of = |b: f64| root(1e-9, 1e6, |a| ratio(a, b) - two / one);
    let off = |b: f64| a_of(b).map_or(f64::NAN, |a| classes * shows_one(a, b) - one);
    let grid: Vec<f64> = (1..400).map(|step| f64::from(step) / 400.0).collect();
    let values: Vec<f64> = grid.iter().map(|&b| off(b)).collect();
    let at = (1..grid.len()).find(|&at| values[at - 1] * values[at] <= 0.0)?;
    let b = root(grid[at - 1], grid[at], off)?;
    Some(classes * b.powf(a_of(b)?))
}

/// Number of classes in the population from a sample with fraction q.
pub(super) fn shlosser(sizes: &SizeCounts, q: f64) -> f64 {
    let square = q * q;
    let doubled = sizes.sum(|i| i * square * (1.0 - square).powf(i - 1.0));
    let unseen = sizes.sum(|i| (1.0 - q).powf(i) * ((1.0 + q).powf(i) - 1.0));
    let zero = sizes.sum(|i| (1.0 - q).powf(i));
    let single = sizes.sum(|i| i * q * (1.0 - q).powf(i - 1.0));
    sizes.classes() as f64 + sizes.classes_of(1) as f64 * (doubled / unseen) * (zero / single).powi(2)
}
