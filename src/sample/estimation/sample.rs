use super::super::numeric::{Sum, sum};
use super::calibrated::Residuals;
use super::first_stage::first_stage;
use super::level::{Alone, Level, Spread};
use super::two_phase::FirstPhase;
use super::unit::check;
use super::{Entry, Estimate, EstimationError, Formula, Lonely, Phase, Regression, Share, Unit};

/// A sample ready for estimates. Positions, inside, are units sorted by stratum and cluster.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The position of each unit.
    position: Vec<u32>,
    /// By position.
    weights: Vec<f64>,
    /// By position.
    cluster: Vec<u32>,
    /// By cluster.
    stratum: Vec<u32>,
    levels: Vec<Level>,
    first_phase: Option<FirstPhase>,
    residuals: Option<Residuals>,
}

impl Sample {
    /// A sample of one or two stages; the second is there if some unit has *π₂* below 1.
    ///
    /// # Errors
    /// [`EstimationError`] where units are malformed, clusters contradict themselves, a stratum has a single unit and
    /// `lonely` refuses, or a balanced sample is too small for its variables.
    pub fn new(units: &[Unit], formula: Formula<'_>, lonely: Lonely) -> Result<Self, EstimationError> {
        check(units)?;
        let mut order: Vec<u32> = (0..units.len() as u32).collect();
        order.sort_by_key(|&unit| (units[unit as usize].stratum, units[unit as usize].cluster));
        let at = |position: usize| &units[order[position] as usize];
        let (mut cluster, mut clusters) = (Vec::with_capacity(units.len()), Vec::<&Unit>::new());
        for (position, &number) in order.iter().enumerate() {
            let unit = at(position);
            match clusters.last() {
                Some(last) if (last.stratum, last.cluster) == (unit.stratum, unit.cluster) => {
                    if last.inclusion != unit.inclusion {
                        return Err(EstimationError::ClusterDisagrees { unit: number as usize });
                    }
                }
                _ => clusters.push(unit),
            }
            cluster.push(clusters.len() as u32 - 1);
        }
        let stratum = dense(clusters.iter().map(|unit| unit.stratum));
        let chance: Vec<f64> = clusters.iter().map(|unit| 1.0 - unit.inclusion).collect();
        let alone = if lonely == Lonely::Centre { Alone::Centred } else { Alone::Missing };
        let inclusion: Vec<f64> = clusters.iter().map(|unit| unit.inclusion).collect();
        let mut levels = vec![first_stage(formula, &cluster, &stratum, &inclusion, &order, alone)?];
        if units.iter().any(|unit| unit.within < 1.0) {
            let within: Vec<f64> = (0..units.len()).map(|position| 1.0 - at(position).within).collect();
            let item = (0..units.len() as u32).collect();
            let scale = |position: usize| 1.0 - chance[cluster[position] as usize];
            levels.push(Level::fixed(item, cluster.clone(), &within, scale, alone));
        }
        let mut sample = Self {
            position: inverse(&order),
            weights: (0..units.len()).map(|position| at(position).weight).collect(),
            cluster,
            stratum,
            levels,
            first_phase: None,
            residuals: None,
        };
        if lonely == Lonely::Refuse {
            sample.refuse_lonely(|cluster| clusters[cluster].stratum)?;
        }
        sample.levels.retain(|level| level.coefficient.iter().any(|&a| a > 0.0));
        Ok(sample)
    }

    /// A sample of two phases, both stratified and without replacement; weights are the inverse of both rates. `units`
    /// holds the strata of each unit in the first and in the second phase, counted from 0. A stratum of a single unit
    /// is what `lonely` says, unless it was taken whole; it cannot be centred. (Särndal, Swensson & Wretman 1992, ch. 9.)
    ///
    /// # Errors
    /// [`EstimationError`] where counts do not fit the units or each other.
    pub fn two_phase(
        first: &[Phase],
        second: &[Phase],
        units: &[(u32, u32)],
        lonely: Lonely,
    ) -> Result<Self, EstimationError> {
        let lonely = if lonely == Lonely::Centre { Lonely::Refuse } else { lonely };
        first.iter().chain(second).try_for_each(|phase| phase.check())?;
        let total = |count: fn(&Phase) -> u64, phases: &[Phase]| {
            phases.iter().map(|phase| u128::from(count(phase))).sum::<u128>()
        };
        if total(|phase| phase.drawn, first) != total(|phase| phase.of, second) {
            return Err(EstimationError::BadPhases);
        }
        let (mut counts, mut members) = (vec![0; second.len()], Vec::with_capacity(units.len()));
        for (number, &(g, h)) in (0..).zip(units) {
            let (Some(one), Some(two)) = (first.get(g as usize), second.get(h as usize)) else {
                return Err(EstimationError::BadPhases);
            };
            counts[h as usize] += 1;
            let weight = 1.0 / (one.rate() * two.rate());
            members.push(Unit { weight, ..Unit::single(h, number, two.rate()) });
        }
        if counts.iter().zip(second).any(|(&count, phase)| count != phase.drawn) {
            return Err(EstimationError::BadPhases);
        }
        let alone = first.iter().position(Phase::lonely).filter(|_| lonely == Lonely::Refuse);
        if let Some(g) = alone {
            return Err(EstimationError::Lonely { stratum: g as u32 });
        }
        let mut sample = Self::new(&members, Formula::FixedSize, lonely)?;
        let order = inverse(&sample.position);
        let strata = |part: fn(&(u32, u32)) -> u32| order.iter().map(|&unit| part(&units[unit as usize])).collect();
        let (first_of, second_of) = (strata(|unit| unit.0), strata(|unit| unit.1));
        sample.first_phase = Some(FirstPhase { strata: first.to_vec(), second: second.to_vec(), first_of, second_of });
        Ok(sample)
    }

    /// The same sample, its weights calibrated as told: variances are those of residuals. Not for two phases.
    ///
    /// # Errors
    /// [`EstimationError`] where lists do not have a row for each unit, or hold numbers out of range.
    pub fn calibrated(mut self, regression: &Regression<'_>) -> Result<Self, EstimationError> {
        if self.first_phase.is_some() {
            return Err(EstimationError::BadPhases);
        }
        let residuals = Residuals::new(regression, &self.levels, &inverse(&self.position), &self.weights)?;
        self.residuals = Some(residuals);
        Ok(self)
    }

    /// Degrees of freedom of the whole sample: clusters less strata.
    #[must_use]
    pub fn degrees(&self) -> u64 {
        let strata = self.stratum.last().map_or(0, |&last| u64::from(last) + 1);
        self.stratum.len() as u64 - strata
    }

    /// The total of *y*.
    ///
    /// # Errors
    /// [`EstimationError::BadEntry`], [`EstimationError::BadUnit`].
    pub fn total(&self, domain: &[Entry]) -> Result<Estimate, EstimationError> {
        let entries = self.sorted(domain)?;
        let value = sum(entries.iter().map(|&(at, entry)| self.weights[at as usize] * entry.y));
        let z: Vec<(u32, f64)> = entries.iter().map(|&(at, entry)| (at, entry.y)).collect();
        Ok(self.estimate(value, &z))
    }

    /// The ratio of the totals of *y* and *x*; a mean where *x* is 1.
    ///
    /// # Errors
    /// As [`Sample::total`]; [`EstimationError::EmptyDomain`] where the total of *x* is zero.
    pub fn ratio(&self, domain: &[Entry]) -> Result<Estimate, EstimationError> {
        self.linearised(&self.sorted(domain)?)
    }

    /// The ratio of the totals of *y* and *x* as a share, *0 ≤ y ≤ x*.
    ///
    /// # Errors
    /// As [`Sample::ratio`]; [`EstimationError::NotAShare`] where it is outside 0 to 1.
    pub fn share(&self, domain: &[Entry]) -> Result<Share, EstimationError> {
        let entries = self.sorted(domain)?;
        if entries.iter().any(|(_, entry)| !(0.0..=entry.x).contains(&entry.y)) {
            return Err(EstimationError::NotAShare);
        }
        let estimate = self.linearised(&entries)?;
        let (mut sizes, mut squares) = (Sum::default(), Sum::default());
        for run in entries.chunk_by(|a, b| self.cluster[a.0 as usize] == self.cluster[b.0 as usize]) {
            let size = sum(run.iter().map(|&(at, entry)| self.weights[at as usize] * entry.x));
            sizes.add(size);
            squares.add(size * size);
        }
        Share::new(estimate, sizes.value() * sizes.value() / squares.value())
    }

    fn linearised(&self, entries: &[(u32, Entry)]) -> Result<Estimate, EstimationError> {
        let of =
            |part: fn(&Entry) -> f64| sum(entries.iter().map(|(at, entry)| self.weights[*at as usize] * part(entry)));
        let (y, x) = (of(|entry| entry.y), of(|entry| entry.x));
        if x == 0.0 {
            return Err(EstimationError::EmptyDomain);
        }
        let value = y / x;
        let z: Vec<(u32, f64)> = entries.iter().map(|&(at, entry)| (at, (entry.y - value * entry.x) / x)).collect();
        Ok(self.estimate(value, &z))
    }

    /// The estimate whose variance is that of the weighted total of *z*.
    fn estimate(&self, value: f64, z: &[(u32, f64)]) -> Estimate {
        let values: Vec<(u32, f64)> = z.iter().map(|&(at, z)| (at, self.weights[at as usize] * z)).collect();
        let mut spread = self.spread(&values);
        if let Some(residuals) = &self.residuals {
            let full = |values: &[(u32, f64)]| self.spread(values).variance;
            spread.variance = residuals.variance(&self.levels, z, full);
            // Residuals are spread over all strata.
            spread.random = !self.levels.is_empty();
            let missing = self.levels.iter().filter(|level| level.alone == Alone::Missing);
            spread.unknown = missing.map(|level| level.lonely().count() as u32).sum();
        }
        let known = spread.unknown == 0 && spread.variance >= 0.0;
        let standard_error = known.then(|| spread.variance.sqrt());
        let degrees = self.degrees_of(z);
        let Spread { variance, unknown: unknown_strata, random } = spread;
        let certain = !random && (!z.is_empty() || (self.levels.is_empty() && self.first_phase.is_none()));
        Estimate { value, variance, standard_error, degrees, certain, unknown_strata }
    }

    fn spread(&self, values: &[(u32, f64)]) -> Spread {
        let stages = self.levels.iter().fold(Spread::default(), |sum, level| sum.plus(level.spread(values)));
        match &self.first_phase {
            None => stages,
            Some(first) => stages.plus(Spread {
                variance: first.variance(values),
                unknown: first.unknown(values),
                random: first.random(values),
            }),
        }
    }

    fn degrees_of(&self, z: &[(u32, f64)]) -> u64 {
        let cluster = |at: u32| self.cluster[at as usize];
        let stratum = |at: u32| self.stratum[cluster(at) as usize];
        let runs = |same: &dyn Fn(u32, u32) -> bool| z.chunk_by(|a, b| same(a.0, b.0)).count() as u64;
        runs(&|a, b| cluster(a) == cluster(b)) - runs(&|a, b| stratum(a) == stratum(b))
    }

    /// The units of a domain with their positions, by position.
    fn sorted(&self, domain: &[Entry]) -> Result<Vec<(u32, Entry)>, EstimationError> {
        let mut entries = Vec::with_capacity(domain.len());
        for entry in domain {
            let position = self.position.get(entry.unit as usize);
            if !(entry.y.is_finite() && entry.x.is_finite()) {
                return Err(EstimationError::BadUnit { unit: entry.unit as usize });
            }
            entries.push((*position.ok_or(EstimationError::BadEntry { unit: entry.unit })?, *entry));
        }
        entries.sort_unstable_by_key(|&(position, _)| position);
        match entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(EstimationError::BadEntry { unit: pair[0].1.unit }),
            None => Ok(entries),
        }
    }

    fn refuse_lonely(&self, stratum_of: impl Fn(usize) -> u32) -> Result<(), EstimationError> {
        for (stage, level) in self.levels.iter().enumerate() {
            if let Some(group) = level.lonely().next() {
                let cluster =
                    if stage == 0 { self.stratum.partition_point(|&at| (at as usize) < group) } else { group };
                return Err(EstimationError::Lonely { stratum: stratum_of(cluster) });
            }
        }
        Ok(())
    }
}

/// Sorted codes as numbers from 0 without gaps.
fn dense(codes: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut last = None;
    let mut number = 0;
    codes
        .map(|code| {
            number += u32::from(last.is_some_and(|last| last != code));
            last = Some(code);
            number
        })
        .collect()
}

fn inverse(order: &[u32]) -> Vec<u32> {
    let mut inverse = vec![0; order.len()];
    (0..).zip(order).for_each(|(at, &unit): (u32, &u32)| inverse[unit as usize] = at);
    inverse
}
