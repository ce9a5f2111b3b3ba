//! Two phases: a stratified sample, of which a stratified sample is drawn; the strata of the phases need not nest.

use super::super::numeric::Sum;
use super::EstimationError;

/// A stratum of one phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// Units drawn.
    pub drawn: u64,
    /// Units that they were drawn from.
    pub of: u64,
}

impl Phase {
    pub(super) fn rate(self) -> f64 {
        self.drawn as f64 / self.of as f64
    }

    /// Whether a single unit of several says nothing of the stratum's variance.
    pub(super) fn lonely(&self) -> bool {
        self.drawn == 1 && self.of > 1
    }

    pub(super) fn check(self) -> Result<(), EstimationError> {
        if self.drawn == 0 || self.drawn > self.of { Err(EstimationError::BadPhases) } else { Ok(()) }
    }
}

/// The first phase's part of the variance, estimated from the units of the second. Units are by position.
#[derive(Debug, Clone)]
pub(super) struct FirstPhase {
    pub strata: Vec<Phase>,
    pub second: Vec<Phase>,
    /// First-phase stratum of each position.
    pub first_of: Vec<u32>,
    /// Second-phase stratum of each position.
    pub second_of: Vec<u32>,
}

impl FirstPhase {
    /// Whether some of these units were not certain to be in the first phase.
    pub fn random(&self, values: &[(u32, f64)]) -> bool {
        let strata = values.iter().filter_map(|&(at, _)| self.strata.get(self.first_of[at as usize] as usize));
        strata.into_iter().any(|phase| phase.drawn < phase.of)
    }

    /// Strata whose part of the variance is missing.
    pub fn unknown(&self, values: &[(u32, f64)]) -> u32 {
        let touched = values.iter().filter(|(_, value)| *value != 0.0).map(|&(at, _)| self.first_of[at as usize]);
        let lonely = |stratum: &u32| self.strata.get(*stratum as usize).is_some_and(Phase::lonely);
        touched.filter(lonely).collect::<std::collections::BTreeSet<u32>>().len() as u32
    }

    /// Särndal, Swensson & Wretman 1992, § 9.3: in the first-phase stratum *g*, with *y̌* expanded by the first phase,
    /// *(1 − f) (Σ y̌² − Σ_{k≠l} y̌_k y̌_l / (n − 1))*, each sum divided by the second phase's probability of its
    /// terms. In values *v* expanded by both phases, and with sums *S* of *v* and *P* of *v²* in the second-phase
    /// strata, that is *Σ r P − ((ΣS)² − ΣS² + Σ κ (S² − P)) / (n − 1)*, *r = m/M*, *κ = m (M − 1)/(M (m − 1))*.
    pub fn variance(&self, values: &[(u32, f64)]) -> f64 {
        let mut sorted: Vec<(u32, u32, f64)> =
            values.iter().map(|&(at, v)| (self.first_of[at as usize], self.second_of[at as usize], v)).collect();
        sorted.sort_by_key(|&(first, second, _)| (first, second));
        let mut variance = Sum::default();
        for stratum in sorted.chunk_by(|a, b| a.0 == b.0) {
            let Some(phase) = stratum.first().and_then(|first| self.strata.get(first.0 as usize)) else { continue };
            let (mut all, mut squares, mut pairs) = (Sum::default(), Sum::default(), Sum::default());
            for cell in stratum.chunk_by(|a, b| a.1 == b.1) {
                let Some(second) = cell.first().and_then(|first| self.second.get(first.1 as usize)) else { continue };
                let (mut own, mut square) = (Sum::default(), Sum::default());
                for &(.., v) in cell {
                    own.add(v);
                    square.add(v * v);
                }
                let (own, square) = (own.value(), square.value());
                all.add(own);
                squares.add(second.rate() * square);
                pairs.add(-own * own);
                if second.drawn > 1 {
                    let (m, of) = (second.drawn as f64, second.of as f64);
                    pairs.add(m * (of - 1.0) / (of * (m - 1.0)) * (own * own - square));
                }
            }
            pairs.add(all.value() * all.value());
            if phase.drawn > 1 {
                let inner = squares.value() - pairs.value() / (phase.drawn as f64 - 1.0);
                variance.add((1.0 - phase.rate()) * inner);
            }
        }
        variance.value()
    }
}
