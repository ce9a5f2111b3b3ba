//! Individual risk of a sample with weights: Benedetti and Franconi (1998); Franconi and Polettini, *Individual risk
//! estimation in μ-Argus: a review*, PSD 2004, LNCS 3050, § 3.

use crate::protect::persons::histogram::Classes;

/// The risk of one class: the expected value of 1/F, F being its size in the population.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IndividualRisk {
    /// Records in the sample.
    pub sample: u64,
    /// Estimated size in the population: the sum of the weights.
    pub population: f64,
    /// From 0 to 1.
    pub risk: f64,
}

/// The risk of every class, for weights in units of `unit` (10⁹ where weights are in 10⁻⁹). Given f records in the sample, F
/// is negative binomial with p = f / Σ weights. Weights below 1 on average are taken as 1: nobody counts less than himself.
/// Classes without a record have risk 0. `None` if the histogram has no weights.
pub fn individual(classes: &Classes, unit: f64) -> Option<Vec<IndividualRisk>> {
    if classes.weights().len() != classes.len() {
        return None;
    }
    let pairs = classes.rows().iter().zip(classes.weights());
    Some(
        pairs
            .map(|(&sample, &weight)| {
                let population = (weight as f64 / unit).max(sample as f64);
                let risk = if sample == 0 { 0.0 } else { expected_inverse(sample, sample as f64 / population) };
                IndividualRisk { sample, population, risk }
            })
            .collect(),
    )
}

/// E(1/F | f) = p^f/f · ₂F₁(f, f; f+1; 1−p), which Euler's transformation makes p/f · ₂F₁(1, 1; f+1; 1−p): a series of
/// positive terms with ratio (1−p)(m+1)/(f+1+m). Closed forms for f ≤ 3, where it would be slow (equations 9 to 11 there).
pub(super) fn expected_inverse(f: u64, p: f64) -> f64 {
    let (q, odds) = (1.0 - p, p / (1.0 - p));
    // Near p = 1 the closed forms lose their digits, and the series is fast.
    if f <= 3 && q > 0.05 {
        let log = -p.ln();
        return match f {
            1 => odds * log,
            2 => odds - odds * odds * log,
            _ => p / (2.0 * q.powi(3)) * (q * (3.0 * q - 2.0) + 2.0 * p * p * log),
        };
    }
    let (mut term, mut sum, mut m) = (1.0, 0.0, 0.0);
    while term > sum * 1e-17 {
        sum += term;
        term *= q * (m + 1.0) / (f as f64 + 1.0 + m);
        m += 1.0;
    }
    p / f as f64 * sum
}
