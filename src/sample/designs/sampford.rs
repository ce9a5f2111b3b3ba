//! Sampford sampling.

use super::bridge::{Bridge, Trial};
use super::joint::{self, Joint};
use super::sizes::Uncertain;
use super::{DesignError, Selection, Stream};

/// Sampford sampling (1967, "On sampling without replacement with unequal probabilities of selection"): a sample `s`
/// has a probability proportional to `Π π/(1 − π) · Σ (1 − π)` over its units. The inclusion probabilities are
/// exactly the given ones, without iteration.
///
/// Sampford drew a first unit with probability proportional to `π` and the others, with replacement, to `π/(1 − π)`,
/// and began again until all differed, which may take more tries than there is time for. Here the same distribution
/// is drawn without retries (after Grafström 2009, "Non-rejective implementations of the Sampford sampling design"):
/// the first unit with its probability given that a try succeeds, then the other `n − 1` by conditional Poisson
/// sampling with parameters `π`. `O(N √n)` steps.
pub struct Sampford {
    units: Uncertain,
    /// Inclusion probabilities of the units that are not certain.
    trials: Vec<Trial>,
    /// Chances that each of them is the first, up to a factor.
    first: Vec<f64>,
}

impl Sampford {
    /// The design for `n` units with probability proportional to size.
    ///
    /// # Errors
    /// As [`Proportional::new`](super::Proportional::new); [`DesignError::TooCostly`] above 4·10⁹ steps (a million
    /// units and a sample of 100,000 are possible).
    pub fn new(sizes: &[u64], n: u64) -> Result<Self, DesignError> {
        let units = Uncertain::new(sizes, n)?;
        let trials = units.trials();
        if trials.is_empty() {
            return Ok(Self { units, trials, first: Vec::new() });
        }
        // A sample s is drawn with unit i first with the part 1 − π of i in the sum of its density: over all samples
        // that is 1 − π times the inclusion probability of conditional Poisson sampling with parameters π.
        let inclusion = Bridge::new(&trials, units.take())?.odds();
        let first = trials.iter().zip(inclusion).map(|(trial, (with, _))| trial.q * with).collect();
        Ok(Self { units, trials, first })
    }

    /// Draws a sample.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn draw(&self, stream: &mut Stream) -> Result<Selection, DesignError> {
        if self.trials.is_empty() {
            return Ok(self.units.selection(&[]));
        }
        let n = self.units.take();
        let first = pick(&self.first, stream);
        let (mut rest, mut positions) = (Vec::with_capacity(self.trials.len()), Vec::with_capacity(self.trials.len()));
        for (position, &trial) in self.trials.iter().enumerate().filter(|(position, _)| *position != first) {
            rest.push(trial);
            positions.push(position);
        }
        let others = if n > 1 { Bridge::new(&rest, n - 1)?.draw(stream) } else { Vec::new() };
        let mut drawn: Vec<usize> = others.into_iter().filter_map(|other| positions.get(other).copied()).collect();
        drawn.push(first);
        Ok(self.units.selection(&drawn))
    }

    /// The probabilities with which pairs of units are drawn, in `O(N² n)` steps.
    ///
    /// # Errors
    /// [`DesignError::TooCostly`] above 10⁹ steps.
    pub fn joint(&self) -> Result<Joint, DesignError> {
        joint::sampford(&self.units, &self.trials)
    }
}

/// A position, with probability proportional to `chances`, of which some is positive.
fn pick(chances: &[f64], stream: &mut Stream) -> usize {
    let point = stream.unit() * chances.iter().sum::<f64>();
    let mut below = 0.0;
    let mut last_possible = 0;
    for (position, &chance) in chances.iter().enumerate() {
        below += chance;
        if chance > 0.0 {
            last_possible = position;
            if point < below {
                break;
            }
        }
    }
    last_possible
}
