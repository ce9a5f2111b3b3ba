//! Probabilities with which pairs of units are drawn.

use super::DesignError;
use super::bridge::Trial;
use super::sizes::Uncertain;

/// Steps allowed: some seconds.
const LIMIT: u64 = 1_000_000_000;

/// Second-order inclusion probabilities of a design: for every pair of units of the frame, the probability that both
/// are drawn; for a unit with itself, its inclusion probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Joint {
    units: usize,
    values: Vec<f64>,
}

impl Joint {
    /// Units of the frame, *N*.
    #[must_use]
    pub fn units(&self) -> usize {
        self.units
    }

    /// The probability that both units are drawn; `None` outside the frame.
    #[must_use]
    pub fn get(&self, unit: usize, other: usize) -> Option<f64> {
        if other < self.units { self.values.get(unit * self.units + other).copied() } else { None }
    }

    /// Row-major, *N* × *N*.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    fn set(&mut self, unit: usize, other: usize, value: f64) {
        for index in [unit * self.units + other, other * self.units + unit] {
            if let Some(slot) = self.values.get_mut(index) {
                *slot = value;
            }
        }
    }
}

/// `P(n successes)` and `E[Σ q of the successes; n successes]`, of some trials, by `n`.
type Sums = Vec<(f64, f64)>;

/// The sums after one more trial.
fn extended(sums: &Sums, Trial { p, q }: Trial) -> Sums {
    let failed = sums.iter().map(|&(chance, sum)| (q * chance, q * sum));
    let succeeded = sums.iter().map(|&(chance, sum)| (p * chance, p * (sum + q * chance)));
    let none = std::iter::once((0.0, 0.0));
    failed.zip(none.chain(succeeded)).map(|((a, b), (c, d))| (a + c, b + d)).collect()
}

fn of_none(most: usize) -> Sums {
    let mut sums = vec![(0.0, 0.0); most + 1];
    if let Some(first) = sums.first_mut() {
        first.0 = 1.0;
    }
    sums
}

/// The sums for `most` successes of two sets of trials together.
fn together(one: &Sums, other: &Sums) -> (f64, f64) {
    let pairs = one.iter().zip(other.iter().rev());
    pairs.fold((0.0, 0.0), |(chance, sum), (&(a, b), &(c, d))| (chance + a * c, sum + a * d + b * c))
}

/// Of conditional Poisson sampling with these parameters.
pub(super) fn conditional_poisson(units: &Uncertain, trials: &[Trial]) -> Result<Joint, DesignError> {
    pairs(units, trials, |(total, _), (chance, _), one, other| one.p * other.p * chance / total)
}

/// Of Sampford sampling, whose parameters are the inclusion probabilities: conditional Poisson samples weighted by
/// the sum of their `1 − π`.
pub(super) fn sampford(units: &Uncertain, trials: &[Trial]) -> Result<Joint, DesignError> {
    pairs(units, trials, |(_, total), (chance, sum), one, other| {
        one.p * other.p * ((one.q + other.q) * chance + sum) / total
    })
}

/// For every pair, `probability(sums of all trials at n, sums of all but the pair at n − 2, one of the pair, the
/// other)`. Each pair is computed from positive terms only; the usual formula `(π w' − π' w) / (w' − w)` cancels for
/// sizes that are nearly equal.
fn pairs(
    units: &Uncertain,
    trials: &[Trial],
    probability: impl Fn((f64, f64), (f64, f64), Trial, Trial) -> f64,
) -> Result<Joint, DesignError> {
    let take = units.take();
    let frame = units.inclusion().count();
    let cells = (frame as u64).saturating_mul(frame as u64).saturating_mul(take as u64 + 1);
    if cells > LIMIT {
        return Err(DesignError::TooCostly { cells, limit: LIMIT });
    }
    let inclusion: Vec<f64> = units.inclusion().map(|inclusion| inclusion.value()).collect();
    let mut joint = Joint { units: frame, values: vec![0.0; frame * frame] };
    for (unit, &first) in inclusion.iter().enumerate() {
        for (other, &second) in inclusion.iter().enumerate() {
            // A certain unit adds nothing to what is known of the other. Pairs of open units follow below.
            if unit == other || first == 1.0 || second == 1.0 {
                joint.set(unit, other, first.min(second));
            }
        }
    }
    let Some(most) = take.checked_sub(2) else { return Ok(joint) };
    let all = trials.iter().fold(of_none(take), |sums, &trial| extended(&sums, trial));
    let all = all.last().copied().unwrap_or_default();
    // Sums of the trials before `unit`.
    let mut before = of_none(most);
    for (place, (&unit, &trial)) in units.open().iter().zip(trials).enumerate() {
        // The trials that follow an `other`, from the last one back, then forward over those before it.
        let mut after = vec![of_none(most)];
        for &follows in trials.iter().skip(place + 2).rev() {
            after.extend(after.last().map(|sums| extended(sums, follows)));
        }
        let mut between = before.clone();
        let others = units.open().iter().zip(trials).skip(place + 1);
        for ((&other, &other_trial), after) in others.zip(after.iter().rev()) {
            let rest = together(&between, after);
            joint.set(unit as usize, other as usize, probability(all, rest, trial, other_trial));
            between = extended(&between, other_trial);
        }
        before = extended(&before, trial);
    }
    Ok(joint)
}
