//! Step 5: estimates for the frame from the units that were drawn.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::config::{CONFIDENCE, Design, UnequalMethod};
use crate::keys::Prn;

use super::estimation::{Entry, Estimate, EstimationError, Formula, Lonely, Regression, Rows, Sample, Unit};
use super::numeric::{Factor, Symmetric};
use super::places::Places;
use super::{Chance, SampleError, SamplePlan, StratumKey};

/// A unit that was drawn.
#[derive(Clone)]
pub struct Member {
    /// Its permanent random number.
    pub number: Prn,
    /// Its stratum.
    pub stratum: StratumKey,
}

/// What the weights were fitted to: one row for each unit, in the order of their numbers.
pub struct Fitted {
    /// Weights before they were fitted.
    pub design_weights: Vec<f64>,
    /// Variables of the margins.
    pub auxiliaries: Rows,
}

/// An estimate as it is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The estimate.
    pub value: f64,
    /// Its standard error; `None` where it is not known, which is not 0.
    pub standard_error: Option<f64>,
    /// Limits of its confidence interval, at the level [`CONFIDENCE`].
    pub limits: Option<(f64, f64)>,
}

/// A drawn sample, ready for estimates. Members are named by their position.
pub struct Survey {
    sample: Sample,
    /// Where the places of each member end among those of all; `None` where each member has one.
    ends: Option<Vec<u32>>,
    /// Members whose stratum says nothing of the variance.
    blind: Blind,
}

enum Blind {
    Nobody,
    Some(Vec<bool>),
    Everybody,
}

impl Survey {
    /// Prepares the estimates. `members` are all units drawn, in the order of their numbers; `fitted` has a row for each, where
    /// the weights were fitted to margins.
    ///
    /// # Errors
    /// [`SampleError::NegativeWeights`]; [`SampleError::Estimation`] where members are not those of the plan, or there is none.
    pub fn new(
        design: &Design,
        plan: &SamplePlan,
        members: &[Member],
        fitted: Option<&Fitted>,
    ) -> Result<Self, SampleError> {
        let chance = |member: &Member| plan.chance_of(&member.stratum, &member.number).copied();
        let chances: Option<Vec<Chance>> = members.iter().map(chance).collect();
        let chances = chances.ok_or(EstimationError::Shape)?;
        let units = chances.iter().filter(|chance| chance.weight < 0.0).count() as u64;
        if units > 0 {
            return Err(SampleError::NegativeWeights { units });
        }
        let mut survey = match &plan.places {
            Places::Phases { first, second, of } => {
                let units: Option<Vec<(u32, u32)>> = members.iter().map(|m| of.get(&m.number).copied()).collect();
                let units = units.ok_or(EstimationError::BadPhases)?;
                Self::plain(Sample::two_phase(first, second, &units, Lonely::Unknown)?)
            }
            Places::Clusters(places) => {
                let (mut units, mut ends) = (Vec::with_capacity(members.len()), Vec::with_capacity(members.len()));
                for (member, chance) in members.iter().zip(&chances) {
                    // Fitting changes the weight of a person alike in all clusters.
                    let change = chance.weight / chance.design_weight;
                    let of = places.get(&member.number).ok_or(EstimationError::Shape)?;
                    units.extend(of.iter().map(|place| Unit {
                        stratum: place.stratum,
                        cluster: place.cluster,
                        inclusion: place.inclusion,
                        within: place.within,
                        weight: place.weight * change,
                    }));
                    ends.push(units.len() as u32);
                }
                let sample = Sample::new(&units, Formula::FixedSize, Lonely::Unknown)?;
                Self { sample, ends: Some(ends), blind: Blind::Nobody }
            }
            Places::Balanced { columns, rows } => {
                let mut all = Rows::new(*columns as usize);
                for member in members {
                    all.push(rows.get(&member.number).ok_or(EstimationError::Shape)?.iter().copied());
                }
                let units = single(plan, members, &chances);
                match Sample::new(&units, Formula::Balanced(&all), Lonely::Unknown) {
                    Ok(sample) => Self { sample, ends: None, blind: saturated(&units, &all) },
                    // As many variables as units: they explain everything, and nothing is left to judge by.
                    Err(EstimationError::TooFew { .. }) => {
                        let sample = Sample::new(&units, Formula::FixedSize, Lonely::Unknown)?;
                        Self { sample, ends: None, blind: Blind::Everybody }
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Places::Single => {
                Self::plain(Sample::new(&single(plan, members, &chances), formula(design), Lonely::Unknown)?)
            }
        };
        if let Some(fitted) = fitted {
            survey = survey.calibrated(fitted, &plan.places, members)?;
        }
        Ok(survey)
    }

    fn plain(sample: Sample) -> Self {
        Self { sample, ends: None, blind: Blind::Nobody }
    }

    /// The same with residuals, a row for each place.
    fn calibrated(self, fitted: &Fitted, places: &Places, members: &[Member]) -> Result<Self, SampleError> {
        if fitted.design_weights.len() != members.len() || fitted.auxiliaries.len() != members.len() {
            return Err(EstimationError::Shape.into());
        }
        let Self { sample, ends, blind } = self;
        // A regression takes in all members, so that each estimate depends on all strata.
        let blind = if matches!(blind, Blind::Nobody) { blind } else { Blind::Everybody };
        let sample = match places {
            Places::Clusters(places) => {
                let mut design_weights = Vec::new();
                let mut auxiliaries = Rows::new(fitted.auxiliaries.columns());
                for (at, member) in members.iter().enumerate() {
                    for place in places.get(&member.number).ok_or(EstimationError::Shape)? {
                        design_weights.push(place.weight);
                        auxiliaries.push(fitted.auxiliaries.row(at).iter().copied());
                    }
                }
                let (design_weights, auxiliaries) = (&design_weights[..], &auxiliaries);
                sample.calibrated(&Regression { design_weights, auxiliaries, scale: None })?
            }
            _ => {
                let (design_weights, auxiliaries) = (&fitted.design_weights[..], &fitted.auxiliaries);
                sample.calibrated(&Regression { design_weights, auxiliaries, scale: None })?
            }
        };
        Ok(Self { sample, ends, blind })
    }

    /// The total of *y*.
    ///
    /// # Errors
    /// [`EstimationError`] where a member is named that does not exist.
    pub fn total(&self, domain: &[Entry]) -> Result<Measured, EstimationError> {
        let estimate = self.sample.total(&self.places(domain))?;
        Ok(self.shown(domain, estimate, estimate.interval(CONFIDENCE)))
    }

    /// The ratio of the totals of *y* and *x*; `None` where that of *x* is 0.
    ///
    /// # Errors
    /// As [`Survey::total`].
    pub fn ratio(&self, domain: &[Entry]) -> Result<Option<Measured>, EstimationError> {
        match self.sample.ratio(&self.places(domain)) {
            Err(EstimationError::EmptyDomain) => Ok(None),
            estimate => estimate.map(|e| Some(self.shown(domain, e, e.interval(CONFIDENCE)))),
        }
    }

    /// The same as a share, *0 ≤ y ≤ x*, whose limits lie within 0 and 1.
    ///
    /// # Errors
    /// As [`Survey::total`].
    pub fn share(&self, domain: &[Entry]) -> Result<Option<Measured>, EstimationError> {
        match self.sample.share(&self.places(domain)) {
            Err(EstimationError::EmptyDomain) => Ok(None),
            share => share.map(|s| Some(self.shown(domain, s.estimate, s.interval(CONFIDENCE)))),
        }
    }

    fn shown(&self, domain: &[Entry], estimate: Estimate, limits: Option<(f64, f64)>) -> Measured {
        let blind = match &self.blind {
            Blind::Nobody => false,
            Blind::Some(members) => domain.iter().any(|entry| members.get(entry.unit as usize).is_some_and(|is| *is)),
            Blind::Everybody => !estimate.certain,
        };
        if blind {
            return Measured { value: estimate.value, standard_error: None, limits: None };
        }
        Measured { value: estimate.value, standard_error: estimate.standard_error, limits }
    }

    /// The places of the members of a domain.
    fn places<'d>(&self, domain: &'d [Entry]) -> Cow<'d, [Entry]> {
        let Some(ends) = &self.ends else { return Cow::Borrowed(domain) };
        let end = |member: u32| ends.get(member as usize).copied().unwrap_or(u32::MAX);
        let of = |entry: &Entry| {
            let (entry, start) = (*entry, entry.unit.checked_sub(1).map_or(0, end));
            // A member that does not exist stays one place that does not.
            let end = if (entry.unit as usize) < ends.len() { end(entry.unit) } else { start.saturating_add(1) };
            (start..end).map(move |unit| Entry { unit, ..entry })
        };
        Cow::Owned(domain.iter().flat_map(of).collect())
    }
}

/// The formula of a design that draws units one by one.
fn formula(design: &Design) -> Formula<'static> {
    match design {
        Design::Bernoulli { .. } | Design::Unequal { method: UnequalMethod::Poisson, .. } => Formula::Independent,
        Design::Unequal { .. } => Formula::Deville,
        _ => Formula::FixedSize,
    }
}

/// Members as units drawn one by one; strata are numbered in the order of their codes.
fn single(plan: &SamplePlan, members: &[Member], chances: &[Chance]) -> Vec<Unit> {
    let report = plan.report();
    let strata: HashMap<&[u64], u32> = report.iter().map(|line| &*line.stratum).zip(0u32..).collect();
    let unit = |(number, (member, chance)): (u32, (&Member, &Chance))| Unit {
        weight: chance.weight,
        ..Unit::single(strata.get(&*member.stratum).copied().unwrap_or_default(), number, chance.inclusion.value())
    };
    (0u32..).zip(members.iter().zip(chances)).map(unit).collect()
}

/// Strata of which no more units were left to chance than they have balancing variables: residuals are 0 there and say nothing.
fn saturated(units: &[Unit], rows: &Rows) -> Blind {
    let mut strata: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, unit) in units.iter().enumerate().filter(|(_, unit)| unit.inclusion < 1.0) {
        strata.entry(unit.stratum).or_default().push(at);
    }
    let mut blind = vec![false; units.len()];
    for members in strata.values() {
        let columns: std::collections::BTreeSet<u32> =
            members.iter().flat_map(|&at| rows.row(at)).map(|(column, _)| *column).collect();
        let columns: HashMap<u32, u32> = columns.into_iter().zip(0u32..).collect();
        let mut matrix = Symmetric::zero(columns.len());
        for &at in members {
            let expand = 1.0 / units[at].inclusion;
            let row: Vec<(u32, f64)> =
                rows.row(at).iter().map(|(column, value)| (columns[column], expand * value)).collect();
            matrix.add(1.0 - units[at].inclusion, &row);
        }
        let rank = columns.len() - Factor::new(&matrix).aside().len();
        if members.len() <= rank {
            members.iter().for_each(|&at| blind[at] = true);
        }
    }
    if blind.contains(&true) { Blind::Some(blind) } else { Blind::Nobody }
}
