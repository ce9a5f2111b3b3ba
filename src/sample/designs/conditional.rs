//! Conditional Poisson sampling: the design of fixed size with the most entropy.

use super::bridge::{Bridge, Trial};
use super::joint::{self, Joint};
use super::sizes::Uncertain;
use super::{DesignError, Selection, Stream};

/// Iterations allowed. Small samples need up to forty, large ones fewer than ten.
const ITERATIONS: u32 = 200;
/// The odds of every unit are met within this part of themselves …
const GOAL: f64 = 1e-12;
/// … or, where rounding in a large stratum forbids, within this one.
const ENOUGH: f64 = 1e-9;

/// Conditional Poisson (maximum entropy) sampling of fixed size with given inclusion probabilities: Poisson sampling
/// with adapted parameters, given that `n` units are drawn (Hájek 1964; Chen, Dempster & Liu 1994, "Weighted finite
/// population sampling to maximize entropy"; Tillé 2006, chapter 5).
///
/// Making one finds the parameters, by iteration, in `O(N √n)` steps each; drawing is list-sequential, without
/// retries, in `O(N √n)` steps. Inclusion probabilities hold within 10⁻⁹ of their odds, usually 10⁻¹².
pub struct ConditionalPoisson {
    units: Uncertain,
    /// Parameters of the Poisson design, for units that are not certain. Their sum is near the places left.
    trials: Vec<Trial>,
}

impl ConditionalPoisson {
    /// The design for `n` units with probability proportional to size.
    ///
    /// # Errors
    /// As [`Proportional::new`](super::Proportional::new); [`DesignError::TooCostly`] above 4·10⁹ steps (a million
    /// units and a sample of 100,000 are possible); [`DesignError::NotConverged`].
    pub fn new(sizes: &[u64], n: u64) -> Result<Self, DesignError> {
        let units = Uncertain::new(sizes, n)?;
        let trials = parameters(&units)?;
        Ok(Self { units, trials })
    }

    /// Draws a sample.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn draw(&self, stream: &mut Stream) -> Result<Selection, DesignError> {
        if self.trials.is_empty() {
            return Ok(self.units.selection(&[]));
        }
        let bridge = Bridge::new(&self.trials, self.units.take())?;
        Ok(self.units.selection(&bridge.draw(stream)))
    }

    /// The probabilities with which pairs of units are drawn, in `O(N² n)` steps.
    ///
    /// # Errors
    /// [`DesignError::TooCostly`] above 10⁹ steps.
    pub fn joint(&self) -> Result<Joint, DesignError> {
        joint::conditional_poisson(&self.units, &self.trials)
    }
}

/// Finds the parameters: odds are multiplied by (a damped power of) wanted over achieved odds.
///
/// To first order a step multiplies the error of the logits by `I − θ D⁻¹ C`, with `C` the covariance of the
/// indicators and `D` its diagonal. The rows of `C` sum to 0 and its other entries are negative, so the eigenvalues
/// of `D⁻¹ C` lie in [0, 2], and near 1 where `V`, the variance of the Poisson sample's size, is large. So `θ = V /
/// (V + 1)` serves large samples, nearly undamped; `θ = 1/2` is always safe, and best where two units share one place
/// and the undamped step would oscillate.
fn parameters(units: &Uncertain) -> Result<Vec<Trial>, DesignError> {
    let n = units.take();
    let wanted = units.odds();
    let mut odds = wanted.clone();
    let variance: f64 = wanted.iter().map(|odds| odds / ((1.0 + odds) * (1.0 + odds))).sum();
    let damping = (variance / (variance + 1.0)).max(0.5);
    let mut last_error = f64::INFINITY;
    for _ in 0..ITERATIONS {
        scale_to(&mut odds, n as f64);
        let trials: Vec<Trial> = odds.iter().map(|&odds| Trial::with_odds(odds)).collect();
        if trials.is_empty() {
            return Ok(trials);
        }
        let mut error = 0.0_f64;
        for ((odds, wanted), (with, without)) in odds.iter_mut().zip(&wanted).zip(Bridge::new(&trials, n)?.odds()) {
            let ratio = wanted * without / with;
            error = if ratio.is_finite() { error.max((ratio - 1.0).abs()) } else { f64::INFINITY };
            // A power `ratio^damping` to first order, symmetric in a ratio and its inverse.
            *odds *= ((1.0 + damping) * ratio + 1.0 - damping) / ((1.0 - damping) * ratio + 1.0 + damping);
        }
        if error <= GOAL || (error <= ENOUGH && error > last_error / 2.0) {
            return Ok(trials);
        }
        last_error = error;
    }
    Err(DesignError::NotConverged { iterations: ITERATIONS })
}

/// Multiplies all odds so that the probabilities sum to about `n`. The design does not change; the numbers stay in
/// range.
fn scale_to(odds: &mut [f64], n: f64) {
    for _ in 0..20 {
        let (mut sum, mut slope) = (0.0, 0.0);
        for odds in odds.iter() {
            sum += odds / (1.0 + odds);
            slope += odds / ((1.0 + odds) * (1.0 + odds));
        }
        let step = (n - sum) / slope;
        if !(1e-6..).contains(&step.abs()) {
            return;
        }
        // Newton's step on the logarithm, to first order.
        let factor = if step > 0.0 { 1.0 + step } else { 1.0 / (1.0 - step) };
        odds.iter_mut().for_each(|odds| *odds *= factor);
    }
}
