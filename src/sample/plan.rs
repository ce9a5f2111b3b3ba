//! Step 4: who is in the sample, and with which probability.

use hashbrown::HashMap;

use crate::keys::Prn;

use super::chance::Chance;
use super::designs::Inclusion;
use super::places::Places;
use super::sizes::{Way, under_rate};
use super::{Probability, StratumKey};

/// Who is in the sample.
///
/// Two units with the same number are the same record twice (see [`Prn`]): both are in or both are out. Where they lie on
/// the boundary of a stratum, both are in, and the stratum has one unit more than was asked for; the counts and
/// probabilities given here are those of the units really drawn, so that the weights of a stratum still add up to its
/// frame.
pub struct SamplePlan {
    way: Way,
    strata: HashMap<StratumKey, Taken>,
    /// Units drawn by a design that looks at all of them, or whose weights were fitted one by one, with their chances.
    listed: HashMap<Prn, u32>,
    /// Position of the chance of each stratum, where all of its units have the same.
    of_stratum: HashMap<StratumKey, u32>,
    /// Distinct chances, in a fixed order.
    chances: Vec<Chance>,
    /// How units were drawn, beyond their chances.
    pub(super) places: Places,
}

/// What is taken of one stratum.
#[derive(Clone)]
pub(super) struct Taken {
    pub frame: u64,
    pub drawn: u64,
    pub cut: Cut,
    /// Units that the campaign before would have drawn too.
    pub overlap: Option<u64>,
}

impl Taken {
    pub(super) const NOBODY: Self = Self { frame: 0, drawn: 0, cut: Cut::Nobody, overlap: None };

    pub(super) fn whole(frame: u64) -> Self {
        Self { frame, drawn: frame, cut: Cut::All, overlap: None }
    }
}

/// The numbers that are in.
#[derive(Clone)]
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
    /// Units that the campaign before would have drawn too, of this frame; panels only.
    pub overlap: Option<u64>,
    /// The first 64 bits of the largest number drawn, where numbers decide alone. For the sender only.
    pub threshold: Option<u64>,
}

impl SamplePlan {
    pub(super) fn new(way: Way, strata: HashMap<StratumKey, Taken>) -> Self {
        let mut all: Vec<(StratumKey, Chance)> = Vec::with_capacity(strata.len());
        for (stratum, taken) in &strata {
            let chance = match way {
                Way::Everyone => Chance::CERTAIN,
                Way::Bernoulli(rate) => Chance::of(Inclusion::of_counts(rate.numerator(), rate.denominator())),
                _ if taken.drawn == 0 => continue,
                _ => Chance::of(Inclusion::of_counts(taken.drawn, taken.frame)),
            };
            all.push((stratum.clone(), chance));
        }
        let (chances, positions) = distinct(all.iter().map(|(_, chance)| *chance).collect());
        let of_stratum = all.into_iter().zip(positions).map(|((stratum, _), at)| (stratum, at)).collect();
        Self { way, strata, listed: HashMap::new(), of_stratum, chances, places: Places::Single }
    }

    /// The plan of a design that names its units one by one.
    pub(super) fn listed(strata: HashMap<StratumKey, Taken>, units: Vec<(Prn, Chance)>, places: Places) -> Self {
        let (chances, positions) = distinct(units.iter().map(|(_, chance)| *chance).collect());
        let listed = units.into_iter().zip(positions).map(|((number, _), at)| (number, at)).collect();
        Self { way: Way::Listed, strata, listed, of_stratum: HashMap::new(), chances, places }
    }

    /// The same sample, whose units have weights of their own. `units` are those drawn, each with its stratum and weight.
    #[must_use]
    pub fn with_weights(self, units: &[(Prn, StratumKey, f64)]) -> Self {
        let chance = |(number, stratum, weight): &(Prn, StratumKey, f64)| {
            let chance = self.chance_of(stratum, number)?;
            Some((*number, Chance { weight: *weight, ..*chance }))
        };
        let units: Vec<(Prn, Chance)> = units.iter().filter_map(chance).collect();
        Self::listed(self.strata, units, self.places)
    }

    /// The position among [`SamplePlan::chances`] of the chance of a unit that is in the sample; `None` for one that is not.
    /// Nobody of a stratum that the census did not meet is, unless everyone is.
    #[must_use]
    pub fn draws(&self, stratum: &[u64], number: &Prn) -> Option<u32> {
        let is_in = match self.way {
            Way::Listed => return self.listed.get(number).copied(),
            Way::Everyone => true,
            Way::Bernoulli(rate) => under_rate(number.u(), rate),
            Way::Lowest | Way::Shifted { .. } => match self.strata.get(stratum).map(|taken| &taken.cut) {
                Some(Cut::All) => true,
                Some(Cut::UpTo(largest)) => self.shifted(number) <= *largest,
                Some(Cut::Nobody) | None => false,
            },
        };
        if is_in { self.of_stratum.get(stratum).copied() } else { None }
    }

    fn shifted(&self, number: &Prn) -> Prn {
        match self.way {
            Way::Shifted { start, .. } => number.shifted(start),
            _ => *number,
        }
    }

    /// The chance of a unit that is in the sample.
    #[must_use]
    pub fn chance_of(&self, stratum: &[u64], number: &Prn) -> Option<&Chance> {
        self.draws(stratum, number).and_then(|at| self.chances.get(at as usize))
    }

    /// All chances that units of the sample have, each once, in an order that depends on them alone.
    #[must_use]
    pub fn chances(&self) -> &[Chance] {
        &self.chances
    }

    /// Whether the chances stand with units, not with strata.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.way == Way::Listed
    }

    /// Frame and sample of every stratum, ordered by its codes.
    #[must_use]
    pub fn report(&self) -> Vec<StratumReport> {
        let threshold = |taken: &Taken| match &taken.cut {
            Cut::UpTo(largest) => Some(largest.u()),
            Cut::All | Cut::Nobody => None,
        };
        let line = |(stratum, taken): (&StratumKey, &Taken)| StratumReport {
            stratum: stratum.clone(),
            frame: taken.frame,
            drawn: taken.drawn,
            overlap: taken.overlap,
            threshold: threshold(taken),
        };
        let mut lines: Vec<StratumReport> = self.strata.iter().map(line).collect();
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

/// The distinct chances in a fixed order, and the position of each among them.
fn distinct(all: Vec<Chance>) -> (Vec<Chance>, Vec<u32>) {
    type Key = (u64, u64, u64, u128, u128);
    let key = |chance: &Chance| -> Key {
        let (numerator, denominator) = match &chance.inclusion {
            Probability::Fraction(fraction) => fraction.fraction(),
            Probability::Number(_) => (0, 0),
        };
        // All are positive, and positive numbers sort as their bits do.
        let [inclusion, design, weight] =
            [chance.inclusion.value(), chance.design_weight, chance.weight].map(f64::to_bits);
        (inclusion, design, weight, numerator, denominator)
    };
    let mut sorted: Vec<(Key, Chance)> = all.iter().map(|chance| (key(chance), *chance)).collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    sorted.dedup_by_key(|(key, _)| *key);
    let position = |chance: &Chance| {
        let at = sorted.binary_search_by_key(&key(chance), |(key, _)| *key);
        at.unwrap_or_else(|at| at) as u32
    };
    let positions = all.iter().map(position).collect();
    (sorted.into_iter().map(|(_, chance)| chance).collect(), positions)
}
