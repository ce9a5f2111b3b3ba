//! Step 2: how many units of each stratum are drawn.

use hashbrown::HashMap;

use crate::config::{Rate, Sample, SampleSize};

use super::{Census, StratumKey};

/// How many units of each stratum are drawn.
#[derive(Debug, Clone)]
pub struct Allocation {
    pub(super) design: Design,
    pub(super) strata: HashMap<StratumKey, Part>,
}

/// How a unit is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Design {
    /// All are.
    Everyone,
    /// Each on its own, with this probability.
    Bernoulli(Rate),
    /// So many of each stratum.
    Stratified,
}

/// The part of one stratum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Units of the frame, *N*.
    pub frame: u64,
    /// Units to draw, *n*. Under Bernoulli nobody knows before the draw; the frame, as an upper bound.
    pub size: u64,
}

impl Part {
    pub(super) fn whole(self) -> bool {
        self.size == self.frame
    }
}

/// The size of the sample in every stratum of the census; `None`: everyone.
///
/// Stratified: `n = min(N, max(⌈rate · N⌉ or size, at_least))`, in exact integers. Rounding up, so that a draw is never
/// smaller than its rate says.
#[must_use]
pub fn allocate(census: &Census, sample: Option<&Sample>) -> Allocation {
    let design = match sample {
        None => Design::Everyone,
        Some(Sample::Bernoulli { rate, .. }) => Design::Bernoulli(*rate),
        Some(Sample::Stratified { .. }) => Design::Stratified,
    };
    let size = |frame: u64| match sample {
        None | Some(Sample::Bernoulli { .. }) => frame,
        Some(Sample::Stratified { size, at_least, .. }) => {
            let asked = match *size {
                SampleSize::Rate(rate) => rate.ceil_of(frame),
                SampleSize::Size(units) => units,
            };
            asked.max(*at_least).min(frame)
        }
    };
    let strata = census.strata().map(|(stratum, frame)| (stratum.into(), Part { frame, size: size(frame) })).collect();
    Allocation { design, strata }
}

impl Allocation {
    /// Whether a pass over the units is needed to know who is drawn, and how many. Without one, [`Draw::finish`] can be
    /// called at once: every stratum is taken whole.
    ///
    /// [`Draw::finish`]: super::Draw::finish
    #[must_use]
    pub fn needs_draw(&self) -> bool {
        match self.design {
            Design::Everyone => false,
            Design::Bernoulli(rate) => rate.numerator() != rate.denominator(),
            Design::Stratified => self.strata.values().any(|part| !part.whole()),
        }
    }

    /// Units to draw and units of the frame, `(n, N)`, of a stratum; under a Bernoulli design `n` is the frame, since
    /// only the draw tells. `None` for a stratum that the census did not meet.
    #[must_use]
    pub fn of(&self, stratum: &[u64]) -> Option<(u64, u64)> {
        self.strata.get(stratum).map(|part| (part.size, part.frame))
    }
}

/// Whether a number falls under a rate: `u / 2^64 < rate`, as `u · denominator < numerator · 2^64`, exact in 128 bits.
pub(super) fn under_rate(u: u64, rate: Rate) -> bool {
    u128::from(u) * u128::from(rate.denominator()) < u128::from(rate.numerator()) << 64
}
