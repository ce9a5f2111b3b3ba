//! Step 2: how many units of each stratum are drawn.

use hashbrown::HashMap;

use crate::config::{
    AllocationRule, Design, NamedStratum, OnEmptyStratum, OnShortStratum, Power, Rate, Sample, SampleSize,
};

use super::allocation::{self, Exponent, Rule, Stratum, Total};
use super::{Census, Counted, Names, SampleError, StratumKey};

/// How many units of each stratum are drawn, and by which rule.
#[derive(Debug, Clone)]
pub struct Sizes {
    pub(super) way: Way,
    pub(super) strata: HashMap<StratumKey, Part>,
}

/// How a unit is chosen by its number alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// All are.
    Everyone,
    /// Each on its own, with this probability.
    Bernoulli(Rate),
    /// So many of each stratum.
    Lowest,
    /// So many of each stratum, among numbers shifted by `start`; by `before` in the campaign before.
    Shifted { start: u64, before: Option<u64> },
    /// By a design that looks at all units together.
    Listed,
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

impl Sizes {
    /// Everyone is taken.
    #[must_use]
    pub fn everyone(census: &Census) -> Self {
        Self { way: Way::Everyone, strata: parts(census, |counted| counted.units) }
    }

    /// The size of the sample in every stratum of the census.
    ///
    /// A rate is rounded up, in exact integers, so that a draw is never smaller than its rate says. Under cluster designs
    /// the size is not known before the draw, and the frame stands for it.
    ///
    /// # Errors
    /// [`SampleError`] where a policy of the sample makes a short or an empty stratum an error, or an allocation cannot be made.
    pub fn of(census: &Census, sample: &Sample, names: &dyn Names) -> Result<Self, SampleError> {
        let named = Named::of(census, sample, names)?;
        let way = match &sample.design {
            Design::Bernoulli { rate } => {
                return Ok(Self { way: Way::Bernoulli(*rate), strata: parts(census, |counted| counted.units) });
            }
            Design::Clusters { .. } | Design::TwoPhase { .. } => {
                return Ok(Self { way: Way::Listed, strata: parts(census, |counted| counted.units) });
            }
            Design::Stratified { .. } | Design::Allocated { .. } => Way::Lowest,
            Design::Panel { campaign, rotation, .. } => Way::Shifted {
                start: shift(*campaign, *rotation),
                before: campaign.checked_sub(1).map(|before| shift(before, *rotation)),
            },
            Design::Systematic { .. } | Design::Unequal { .. } | Design::Balanced { .. } => Way::Listed,
        };
        let strata = match &sample.design {
            Design::Allocated { size, rule, at_least } => allocated(census, *size, rule, *at_least, &named)?,
            design => declared(census, design, sample.frame.on_short_stratum, &named)?,
        };
        Ok(Self { way, strata })
    }

    /// Whether a pass over the units is needed to know who is drawn, and how many. Without one, [`Draw::finish`] can be
    /// called at once: every stratum is taken whole.
    ///
    /// [`Draw::finish`]: super::Draw::finish
    #[must_use]
    pub fn needs_draw(&self) -> bool {
        match self.way {
            Way::Everyone | Way::Listed => false,
            Way::Bernoulli(rate) => rate.numerator() != rate.denominator(),
            Way::Lowest | Way::Shifted { .. } => self.strata.values().any(|part| !part.whole()),
        }
    }

    /// Units to draw and units of the frame, `(n, N)`, of a stratum; where only the draw tells `n`, it is the frame. `None`
    /// for a stratum that the census did not meet.
    #[must_use]
    pub fn get(&self, stratum: &[u64]) -> Option<(u64, u64)> {
        self.strata.get(stratum).map(|part| (part.size, part.frame))
    }
}

fn parts(census: &Census, size: impl Fn(&Counted) -> u64) -> HashMap<StratumKey, Part> {
    let part = |counted: &Counted| Part { frame: counted.units, size: size(counted) };
    census.strata().into_iter().map(|(stratum, counted)| (stratum.into(), part(counted))).collect()
}

/// Where the numbers of a campaign begin: `campaign · rotation`, as a part of all 2⁶⁴ numbers, going round.
fn shift(campaign: u64, rotation: Rate) -> u64 {
    let turns = u128::from(campaign) * u128::from(rotation.numerator()) % u128::from(rotation.denominator());
    ((turns << 64) / u128::from(rotation.denominator())) as u64
}

/// The strata that the pipeline names, by the caller's codes.
struct Named<'a>(HashMap<StratumKey, &'a NamedStratum>);

impl<'a> Named<'a> {
    fn of(census: &Census, sample: &'a Sample, names: &dyn Names) -> Result<Self, SampleError> {
        if sample.named.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let by_name: HashMap<&[Option<String>], &NamedStratum> =
            sample.named.iter().map(|stratum| (stratum.values.as_slice(), stratum)).collect();
        let known = census.strata().into_iter().filter_map(|(key, _)| {
            let stratum = by_name.get(names.stratum(key).as_slice())?;
            Some((StratumKey::from(key), *stratum))
        });
        let found: HashMap<StratumKey, &NamedStratum> = known.collect();
        let empty = (sample.named.len() - found.len()) as u64;
        if empty > 0 && sample.frame.on_empty_stratum == OnEmptyStratum::Error {
            return Err(SampleError::EmptyStrata { strata: empty });
        }
        Ok(Self(found))
    }

    fn get(&self, stratum: &[u64]) -> Option<&NamedStratum> {
        self.0.get(stratum).copied()
    }
}

/// Sizes that the pipeline says.
fn declared(
    census: &Census,
    design: &Design,
    on_short: OnShortStratum,
    named: &Named<'_>,
) -> Result<HashMap<StratumKey, Part>, SampleError> {
    let (common, at_least) = match design {
        Design::Stratified { size, at_least } => (*size, *at_least),
        Design::Panel { size, .. }
        | Design::Systematic { size, .. }
        | Design::Unequal { size, .. }
        | Design::Balanced { size, .. } => (*size, 0),
        _ => (SampleSize::Size(0), 0),
    };
    let strata = census.strata();
    let mut unsized_strata = 0;
    let mut wanted = Vec::with_capacity(strata.len());
    for (key, counted) in &strata {
        let own = named.get(key);
        let least = own.and_then(|s| s.at_least).unwrap_or(at_least).min(counted.units);
        let asked = match own.and_then(|s| s.size).unwrap_or(common) {
            SampleSize::Rate(rate) => rate.ceil_of(counted.units),
            SampleSize::Size(0) => {
                unsized_strata += 1;
                0
            }
            SampleSize::Size(units) => units,
        };
        wanted.push(asked.max(least));
    }
    if unsized_strata > 0 {
        return Err(SampleError::Unsized { strata: unsized_strata });
    }
    let frames: Vec<u64> = strata.iter().map(|(_, counted)| counted.units).collect();
    short(&mut wanted, &frames, on_short)?;
    let part = |((key, counted), size): (&(&[u64], &Counted), u64)| {
        (StratumKey::from(*key), Part { frame: counted.units, size })
    };
    Ok(strata.iter().zip(wanted).map(part).collect())
}

/// Holds sizes to what the strata have, as the policy says.
fn short(wanted: &mut [u64], frames: &[u64], on_short: OnShortStratum) -> Result<(), SampleError> {
    let lacks = |(size, frame): (&u64, &u64)| size.saturating_sub(*frame);
    let lacking: u64 = wanted.iter().zip(frames).map(lacks).sum();
    if lacking == 0 {
        return Ok(());
    }
    match on_short {
        OnShortStratum::Error => {
            let strata = wanted.iter().zip(frames).filter(|(size, frame)| size > frame).count() as u64;
            Err(SampleError::ShortStrata { strata, lacking })
        }
        OnShortStratum::TakeAll => {
            wanted.iter_mut().zip(frames).for_each(|(size, frame)| *size = (*size).min(*frame));
            Ok(())
        }
        OnShortStratum::Redistribute => {
            let total: u64 = wanted.iter().sum();
            let have: u64 = frames.iter().sum();
            if total > have {
                return Err(SampleError::ShortFrame { lacking: total - have });
            }
            // In proportion to what is drawn of each, none giving back what it has.
            let strata: Vec<Stratum> = wanted
                .iter()
                .zip(frames)
                // The rule by power takes any measure: here what is drawn of the stratum.
                .map(|(&size, &frame)| Stratum {
                    importance: size as f64,
                    lower: size.min(frame),
                    ..Stratum::of(frame)
                })
                .collect();
            let sizes = allocation::allocate(&strata, Rule::Power(Exponent::One), Total::Units(total))?;
            wanted.copy_from_slice(sizes.units());
            Ok(())
        }
    }
}

/// Sizes that a rule makes of a total.
fn allocated(
    census: &Census,
    total: u64,
    rule: &AllocationRule,
    at_least: u64,
    named: &Named<'_>,
) -> Result<HashMap<StratumKey, Part>, SampleError> {
    let strata = census.strata();
    let mut without = 0;
    let mut plain = Vec::with_capacity(strata.len());
    for (key, counted) in &strata {
        let own = named.get(key);
        let spread = own.and_then(|s| s.spread).or_else(|| rule.spread_of().map(|_| counted.spread()));
        without += u64::from(rule.needs_spread() && spread.is_none());
        let upper = own.and_then(|s| s.at_most).unwrap_or(counted.units).min(counted.units);
        let lower = own.and_then(|s| s.at_least).unwrap_or(at_least).min(upper);
        plain.push(Stratum {
            spread: spread.unwrap_or(1.0),
            mean: own.and_then(|s| s.mean).or_else(|| rule.spread_of().map(|_| counted.mean())).unwrap_or(1.0),
            cost: own.and_then(|s| s.cost).unwrap_or(1.0),
            importance: own.and_then(|s| s.importance).unwrap_or(counted.units as f64),
            lower,
            upper,
            ..Stratum::of(counted.units)
        });
    }
    if without > 0 {
        return Err(SampleError::NoSpread { strata: without });
    }
    let rule = match rule {
        AllocationRule::Equal => Rule::Equal,
        AllocationRule::Proportional => Rule::Proportional,
        AllocationRule::Neyman { .. } => Rule::Neyman,
        AllocationRule::Optimal { .. } => Rule::Optimal,
        AllocationRule::Power { power, .. } => Rule::Power(match power {
            Power::Zero => Exponent::Zero,
            Power::Quarter => Exponent::Quarter,
            Power::Half => Exponent::Half,
            Power::ThreeQuarters => Exponent::ThreeQuarters,
            Power::One => Exponent::One,
        }),
    };
    // An optimal allocation spends a budget where costs are named, else it divides a number of units.
    let sizes = allocation::allocate(&plain, rule, Total::Units(total))?;
    let sizes = sizes.units().iter().copied();
    let part = |((key, counted), size): (&(&[u64], &Counted), u64)| {
        (StratumKey::from(*key), Part { frame: counted.units, size })
    };
    Ok(strata.iter().zip(sizes).map(part).collect())
}

/// Whether a number falls under a rate: `u / 2^64 < rate`, as `u · denominator < numerator · 2^64`, exact in 128 bits.
pub(super) fn under_rate(u: u64, rate: Rate) -> bool {
    u128::from(u) * u128::from(rate.denominator()) < u128::from(rate.numerator()) << 64
}
