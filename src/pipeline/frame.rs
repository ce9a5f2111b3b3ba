//! Units of the sample, their strata and who was drawn, bucket by bucket.

use super::error::RunError;
use super::run::Context;
use crate::config::{Pipeline, Sample, SampleUnit};
use crate::keys::Prn;
use crate::sample::SamplePlan;
use crate::sieve::Codebook;
use crate::vault::{People, Vault};

/// A row that was not drawn.
pub(super) const NOT_DRAWN: u32 = u32::MAX;

/// How units and strata are found in the rows of the vault.
pub(super) struct Frame<'a> {
    ctx: &'a Context<'a>,
    codebook: &'a Codebook,
    unit: SampleUnit,
    /// For each dataset, the released columns that make its strata.
    strata: Vec<Vec<usize>>,
    /// For each dataset, the column with digests of records.
    digests: Vec<Option<usize>>,
}

/// The units of one bucket with their strata.
pub(super) struct Units {
    width: usize,
    /// Stratum keys, `width` words a unit.
    keys: Vec<u64>,
    /// Persons (or nothing, where units are records) whose records disagree.
    pub conflicts: u64,
    /// For each dataset, the unit of each row.
    of_row: Vec<Vec<u32>>,
    count: usize,
}

impl Units {
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn stratum(&self, unit: usize) -> &[u64] {
        &self.keys[unit * self.width..(unit + 1) * self.width]
    }
}

/// What is drawn, and in which released columns the strata are.
pub(super) fn unit_of(pipeline: &Pipeline) -> SampleUnit {
    match pipeline.sample {
        Some(Sample::Bernoulli { unit, .. } | Sample::Stratified { unit, .. }) => unit,
        None => SampleUnit::Person,
    }
}

/// Positions of the strata columns among the released columns of a dataset.
pub(super) fn strata_columns(pipeline: &Pipeline, dataset: usize) -> Vec<usize> {
    let Some(Sample::Stratified { strata, .. }) = &pipeline.sample else { return Vec::new() };
    let kept = &pipeline.datasets[dataset].kept;
    strata.iter().filter_map(|name| kept.iter().position(|k| k.name == *name)).collect()
}

impl<'a> Frame<'a> {
    pub fn new(ctx: &'a Context<'a>, codebook: &'a Codebook, vault: &Vault) -> Self {
        let datasets = 0..ctx.pipeline.datasets.len();
        Self {
            ctx,
            codebook,
            unit: unit_of(ctx.pipeline),
            strata: datasets.clone().map(|d| strata_columns(ctx.pipeline, d)).collect(),
            digests: datasets.map(|d| vault.layout(d).digest).collect(),
        }
    }

    /// The units of a bucket. The stratum of a person is the smallest of those of its records, so that it does not depend
    /// on their order; persons whose records disagree are counted.
    pub fn units(&self, people: &People<'_>) -> Units {
        let width = self.strata.first().map_or(0, Vec::len);
        match self.unit {
            SampleUnit::Person => self.persons(people, width),
            SampleUnit::Record => self.records(people, width),
        }
    }

    fn persons(&self, people: &People<'_>, width: usize) -> Units {
        let count = people.persons.len();
        let mut keys = vec![0u64; count * width];
        let mut seen = vec![false; count];
        let mut conflict = vec![false; count];
        let mut stratum = vec![0u64; width];
        for (dataset, columns) in self.strata.iter().enumerate() {
            let rows = people.of_dataset(dataset);
            for (row, &person) in people.person[dataset].iter().enumerate() {
                for (word, &column) in stratum.iter_mut().zip(columns) {
                    *word = self.codebook.key(dataset, column, rows, row);
                }
                let person = person as usize;
                let mine = &mut keys[person * width..(person + 1) * width];
                if !std::mem::replace(&mut seen[person], true) {
                    mine.copy_from_slice(&stratum);
                } else if *mine != *stratum {
                    conflict[person] = true;
                    if stratum.as_slice() < &*mine {
                        mine.copy_from_slice(&stratum);
                    }
                }
            }
        }
        let conflicts = conflict.iter().filter(|c| **c).count() as u64;
        Units { width, keys, conflicts, of_row: people.person.clone(), count }
    }

    fn records(&self, people: &People<'_>, width: usize) -> Units {
        let mut keys = Vec::new();
        let mut of_row = Vec::with_capacity(self.strata.len());
        let mut count = 0usize;
        for (dataset, columns) in self.strata.iter().enumerate() {
            let rows = people.of_dataset(dataset);
            for row in 0..rows.len() {
                keys.extend(columns.iter().map(|&c| self.codebook.key(dataset, c, rows, row)));
            }
            of_row.push((count as u32..(count + rows.len()) as u32).collect());
            count += rows.len();
        }
        Units { width, keys, conflicts: 0, of_row, count }
    }

    /// The permanent random number of every unit.
    pub fn numbers(&self, people: &People<'_>) -> Result<Vec<Prn>, RunError> {
        let keys = self.ctx.keys;
        let group = &self.ctx.pipeline.name;
        if self.unit == SampleUnit::Person {
            return Ok(people.persons.iter().map(|&person| keys.sampling().number(group, person)).collect());
        }
        let mut numbers = Vec::new();
        for (dataset, digest) in self.digests.iter().enumerate() {
            let rows = people.of_dataset(dataset);
            let column = digest.ok_or(RunError::Bug("records are drawn without digests"))?;
            let digests = rows.words(column);
            for (person, digest) in rows.key.iter().zip(digests) {
                let unit = keys.record_order(*person, *digest);
                numbers.push(keys.sampling().number(group, unit));
            }
        }
        Ok(numbers)
    }
}

/// The distinct inclusion probabilities of a plan, ascending.
pub(super) struct Inclusions(pub Vec<(u64, u64)>);

impl Inclusions {
    pub fn of(plan: &SamplePlan) -> Self {
        let mut all: Vec<(u64, u64)> = plan.report().iter().map(|s| plan.inclusion(&s.stratum)).collect();
        all.push((1, 1));
        all.sort_unstable();
        all.dedup();
        Self(all)
    }

    fn position(&self, of: (u64, u64)) -> Option<u32> {
        self.0.binary_search(&of).ok().map(|p| p as u32)
    }
}

/// For each dataset and row, the position of its unit's inclusion probability, or [`NOT_DRAWN`].
pub(super) struct Drawn {
    pub rows: Vec<Vec<u32>>,
    /// Units drawn.
    pub count: u64,
}

/// Who of a bucket was drawn.
pub(super) fn drawn(
    frame: &Frame<'_>,
    people: &People<'_>,
    plan: &SamplePlan,
    inclusions: &Inclusions,
) -> Result<Drawn, RunError> {
    let units = frame.units(people);
    if frame.ctx.pipeline.sample.is_none() {
        let everyone = inclusions.position((1, 1)).ok_or(RunError::Bug("an inclusion probability is lost"))?;
        let rows = units.of_row.iter().map(|r| vec![everyone; r.len()]).collect();
        return Ok(Drawn { rows, count: units.len() as u64 });
    }
    let numbers = frame.numbers(people)?;
    let mut of_unit = Vec::with_capacity(units.len());
    for (unit, number) in numbers.iter().enumerate() {
        let stratum = units.stratum(unit);
        of_unit.push(if plan.selects(stratum, number) {
            inclusions.position(plan.inclusion(stratum)).ok_or(RunError::Bug("an inclusion probability is lost"))?
        } else {
            NOT_DRAWN
        });
    }
    let rows = units.of_row.iter().map(|r| r.iter().map(|&u| of_unit[u as usize]).collect()).collect();
    let count = of_unit.iter().filter(|i| **i != NOT_DRAWN).count() as u64;
    Ok(Drawn { rows, count })
}
