//! Units of the sample, their strata and who was drawn, bucket by bucket.

mod columns;
mod meaning;
mod units;

use super::error::RunError;
use super::run::Context;
use crate::config::{OnDuplicate, OnMissingStratum, OnStratumConflict, Pipeline, Sample, SampleUnit};
use crate::keys::Prn;
use crate::sample::{SampleError, SamplePlan};
use crate::sieve::Codebook;
use crate::vault::{People, Vault};

pub(super) use columns::{Columns, strata_columns};
pub(super) use meaning::Meaning;
pub(super) use units::Units;

/// A row that was not drawn.
pub(super) const NOT_DRAWN: u32 = u32::MAX;

/// How units and strata are found in the rows of the vault.
pub(super) struct Frame<'a> {
    ctx: &'a Context<'a>,
    codebook: &'a Codebook,
    pub sample: Option<&'a Sample>,
    unit: SampleUnit,
    pub columns: Columns,
    /// For each dataset, the column with digests of records.
    digests: Vec<Option<usize>>,
    group: &'a str,
}

/// What was found wrong with units, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Faults {
    /// Persons with several records, where one is expected.
    pub duplicates: u64,
    /// Persons whose records lie in several strata.
    pub conflicts: u64,
    /// Persons whose records disagree about another column of the frame.
    pub disagree: u64,
    /// Units without stratum.
    pub missing: u64,
    /// Units without a usable size.
    pub sizes: u64,
    /// Units without a usable number elsewhere.
    pub numbers: u64,
    /// Units that a policy leaves out of the frame.
    pub excluded: u64,
}

impl Faults {
    pub fn merge(self, other: Self) -> Self {
        Self {
            duplicates: self.duplicates + other.duplicates,
            conflicts: self.conflicts + other.conflicts,
            disagree: self.disagree + other.disagree,
            missing: self.missing + other.missing,
            sizes: self.sizes + other.sizes,
            numbers: self.numbers + other.numbers,
            excluded: self.excluded + other.excluded,
        }
    }

    /// What the policies of the sample make an error.
    pub fn judge(&self, sample: &Sample) -> Result<(), SampleError> {
        let policy = &sample.frame;
        if policy.on_duplicate == OnDuplicate::Error && self.duplicates > 0 {
            return Err(SampleError::Duplicates { units: self.duplicates });
        }
        if policy.on_stratum_conflict == OnStratumConflict::Error && self.conflicts > 0 {
            return Err(SampleError::Conflicts { units: self.conflicts });
        }
        if self.disagree > 0 {
            return Err(SampleError::Disagree { units: self.disagree });
        }
        if policy.on_missing_stratum == OnMissingStratum::Error && self.missing > 0 {
            return Err(SampleError::MissingStratum { units: self.missing });
        }
        if self.sizes > 0 {
            return Err(SampleError::BadSize { units: self.sizes });
        }
        if self.numbers > 0 {
            return Err(SampleError::BadNumber { units: self.numbers });
        }
        Ok(())
    }
}

/// What is drawn.
pub(super) fn unit_of(pipeline: &Pipeline) -> SampleUnit {
    pipeline.sample.as_ref().map_or(SampleUnit::Person, |sample| sample.unit)
}

/// Units of one group have one random number in all draws under one key.
pub(super) fn group_of(pipeline: &Pipeline) -> &str {
    let named = pipeline.sample.as_ref().and_then(|sample| sample.coordination.as_deref());
    named.unwrap_or(&pipeline.name)
}

impl<'a> Frame<'a> {
    pub fn new(ctx: &'a Context<'a>, codebook: &'a Codebook, vault: &Vault) -> Self {
        let datasets = 0..ctx.pipeline.datasets.len();
        Self {
            ctx,
            codebook,
            sample: ctx.pipeline.sample.as_ref(),
            unit: unit_of(ctx.pipeline),
            columns: Columns::of(ctx.pipeline),
            digests: datasets.map(|d| vault.layout(d).digest).collect(),
            group: group_of(ctx.pipeline),
        }
    }

    /// What the codes of the frame mean, and the random numbers of what is drawn besides units.
    pub fn meaning(&self) -> Meaning<'_> {
        Meaning::new(self.codebook, &self.columns, self.ctx.keys.sampling(), self.group)
    }

    /// The units of a bucket.
    pub fn units(&self, people: &People<'_>) -> Units {
        units::of(self.codebook, &self.columns, self.sample, self.unit, people)
    }

    /// The permanent random number of every unit.
    pub fn numbers(&self, people: &People<'_>) -> Result<Vec<Prn>, RunError> {
        let keys = self.ctx.keys;
        if self.unit == SampleUnit::Person {
            return Ok(people.persons.iter().map(|&person| keys.sampling().number(self.group, person)).collect());
        }
        let mut numbers = Vec::new();
        for (dataset, digest) in self.digests.iter().enumerate() {
            let rows = people.of_dataset(dataset);
            let column = digest.ok_or(RunError::Bug("records are drawn without digests"))?;
            let digests = rows.words(column);
            for (person, digest) in rows.key.iter().zip(digests) {
                let unit = keys.record_order(*person, *digest);
                numbers.push(keys.sampling().number(self.group, unit));
            }
        }
        Ok(numbers)
    }

    /// Who of a bucket was drawn; `met` sees each drawn unit once.
    pub fn drawn(
        &self,
        people: &People<'_>,
        plan: &SamplePlan,
        mut met: impl FnMut(&Units, usize, &Prn, u32),
    ) -> Result<Drawn, RunError> {
        let units = self.units(people);
        if self.sample.is_none() {
            let rows = units.of_row.iter().map(|r| vec![0; r.len()]).collect();
            return Ok(Drawn { rows, count: units.len() as u64, units });
        }
        let numbers = self.numbers(people)?;
        let mut of_unit = Vec::with_capacity(units.len());
        for (unit, number) in numbers.iter().enumerate() {
            let chance = if units.is_out(unit) { None } else { plan.draws(units.stratum(unit), number) };
            if let Some(chance) = chance {
                met(&units, unit, number, chance);
            }
            of_unit.push(chance.unwrap_or(NOT_DRAWN));
        }
        let rows = units.of_row.iter().map(|r| r.iter().map(|&u| of_unit[u as usize]).collect()).collect();
        let count = of_unit.iter().filter(|i| **i != NOT_DRAWN).count() as u64;
        Ok(Drawn { rows, count, units })
    }
}

/// For each dataset and row, the position of its unit's chance in the plan, or [`NOT_DRAWN`].
pub(super) struct Drawn {
    pub rows: Vec<Vec<u32>>,
    /// Units drawn.
    pub count: u64,
    /// The units of the bucket, drawn or not.
    pub units: Units,
}
