//! Step 4: who is in the sample, and with which probability.

use hashbrown::HashMap;

use crate::keys::Prn;

use super::StratumKey;
use super::allocation::{Design, under_rate};

/// Who is in the sample.
///
/// Two units with the same number are the same record twice (see [`Prn`]): both are in or both are out. Where they lie on
/// the boundary of a stratum, both are in, and the stratum has one unit more than was asked for; the counts and
/// probabilities given here are those of the units really drawn, so that the weights of a stratum still add up to its
/// frame.
pub struct SamplePlan {
    design: Design,
    strata: HashMap<StratumKey, Taken>,
}

/// What is taken of one stratum.
pub(super) struct Taken {
    pub frame: u64,
    pub drawn: u64,
    pub cut: Cut,
}

impl Taken {
    pub(super) const NOBODY: Self = Self { frame: 0, drawn: 0, cut: Cut::Nobody };
}

/// The numbers that are in.
pub(super) enum Cut {
    All,
    Nobody,
    /// Up to this one, inclusive.
    UpTo(Prn),
}

/// One line of the report on a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StratumReport {
    /// The stratum.
    pub stratum: StratumKey,
    /// Units of the frame, *N*.
    pub frame: u64,
    /// Units drawn, *n*.
    pub drawn: u64,
}

impl SamplePlan {
    pub(super) fn new(design: Design, strata: HashMap<StratumKey, Taken>) -> Self {
        Self { design, strata }
    }

    /// Whether a unit is in the sample. Nobody of a stratum that the census did not meet is, unless everyone is.
    #[must_use]
    pub fn selects(&self, stratum: &[u64], number: &Prn) -> bool {
        match self.design {
            Design::Everyone => true,
            Design::Bernoulli(rate) => under_rate(number.u(), rate),
            Design::Stratified => match self.strata.get(stratum).map(|taken| &taken.cut) {
                Some(Cut::All) => true,
                Some(Cut::UpTo(largest)) => number <= largest,
                Some(Cut::Nobody) | None => false,
            },
        }
    }

    /// The inclusion probability of a unit of the stratum as numerator and denominator: the rate (Bernoulli), `n / N`
    /// (stratified; not reduced, so that both counts can be read), `1 / 1` (everyone). `0 / 1` for a stratum that the
    /// census did not meet.
    #[must_use]
    pub fn inclusion(&self, stratum: &[u64]) -> (u64, u64) {
        match self.design {
            Design::Everyone => (1, 1),
            Design::Bernoulli(rate) => (rate.numerator(), rate.denominator()),
            Design::Stratified => self.strata.get(stratum).map_or((0, 1), |taken| (taken.drawn, taken.frame)),
        }
    }

    /// The design weight: units of the frame that a drawn unit stands for, `1 / inclusion`. 0 where nobody is drawn, so
    /// that no record carries it.
    #[must_use]
    pub fn weight(&self, stratum: &[u64]) -> f64 {
        match self.inclusion(stratum) {
            (0, _) => 0.0,
            (numerator, denominator) => denominator as f64 / numerator as f64,
        }
    }

    /// Frame and sample of every stratum, ordered by its codes.
    #[must_use]
    pub fn report(&self) -> Vec<StratumReport> {
        let mut lines: Vec<StratumReport> = self
            .strata
            .iter()
            .map(|(stratum, taken)| StratumReport { stratum: stratum.clone(), frame: taken.frame, drawn: taken.drawn })
            .collect();
        lines.sort_unstable_by(|a, b| a.stratum.cmp(&b.stratum));
        lines
    }

    /// Units drawn in all strata.
    #[must_use]
    pub fn drawn(&self) -> u64 {
        self.strata.values().map(|taken| taken.drawn).sum()
    }

    /// Units of the frame in all strata.
    #[must_use]
    pub fn frame(&self) -> u64 {
        self.strata.values().map(|taken| taken.frame).sum()
    }
}
