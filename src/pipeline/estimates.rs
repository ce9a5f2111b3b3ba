//! Tables over the sample: what their units say of the frame.

use hashbrown::HashMap;

use super::drawing::Sampled;
use super::error::RunError;
use super::frame::Drawn;
use super::passes::Summary;
use super::run::Context;
use super::tables::{TableSystem, layout};
use crate::config::{Pipeline, SampleUnit};
use crate::keys::Prn;
use crate::sample::{Member, SampleError, Survey};
use crate::summarise::{self, CellKey, Estimates};
use crate::vault::People;

/// Whether some table estimates the frame from the sample.
pub(super) fn wanted(pipeline: &Pipeline) -> bool {
    pipeline.aggregates.iter().any(|table| table.estimates(pipeline.sample.as_ref()))
}

/// The units that a thread met among the drawn, numbered as it met them.
#[derive(Default)]
pub(super) struct Members {
    all: Vec<Member>,
    /// Those of the bucket at hand: number of the first, and their numbers among the units of the bucket, rising.
    first: u32,
    units: Vec<u32>,
}

impl Members {
    /// A bucket more begins.
    pub fn begin(&mut self) -> Result<(), RunError> {
        self.first = u32::try_from(self.all.len()).map_err(|_| SampleError::TooMany)?;
        self.units.clear();
        Ok(())
    }

    /// The next unit of the bucket that was drawn.
    pub fn meet(&mut self, unit: usize, stratum: &[u64], number: &Prn) {
        self.units.push(unit as u32);
        self.all.push(Member { number: *number, stratum: stratum.into() });
    }

    fn of_unit(&self, unit: u32) -> Option<u32> {
        self.units.binary_search(&unit).ok().map(|at| self.first + at as u32)
    }

    /// Those that were met.
    pub fn finish(self) -> Vec<Member> {
        self.all
    }
}

/// The records of a bucket as parts of units that were drawn.
pub(super) struct Parts<'a> {
    members: &'a Members,
    units: &'a [u32],
    /// Where records are drawn, how many of the frame a person has in a cell of any shape.
    repeats: Option<HashMap<(u32, CellKey), u64>>,
    persons: &'a [u32],
}

impl<'a> Parts<'a> {
    /// The records of a system of tables.
    pub fn of(
        ctx: &Context<'_>,
        system: &TableSystem<'_>,
        people: &'a People<'_>,
        drawn: &'a Drawn,
        members: &'a Members,
    ) -> Result<Self, RunError> {
        let dataset = system.linked.dataset;
        let (units, persons) = (&drawn.units.of_row[dataset][..], &people.person[dataset][..]);
        let records = ctx.pipeline.sample.as_ref().is_some_and(|sample| sample.unit == SampleUnit::Record);
        let mut repeats = records.then(HashMap::new);
        if let Some(repeats) = &mut repeats {
            let rows = people.of_dataset(dataset);
            let (mut values, mut key) = (Vec::new(), Vec::new());
            for row in (0..rows.len()).filter(|row| !drawn.units.is_out(units[*row] as usize)) {
                system.values(rows, row, &mut values)?;
                for shape in 0..system.linked.shapes.len() {
                    system.key(shape, &values, &mut key);
                    *repeats.entry((persons[row], CellKey::from(key.as_slice()))).or_insert(0) += 1;
                }
            }
        }
        Ok(Self { members, units, repeats, persons })
    }

    /// The part that a record is.
    pub fn part(&self, row: usize, key: &[u64]) -> Option<summarise::Drawn> {
        let unit = self.members.of_unit(*self.units.get(row)?)?;
        let of_person = match &self.repeats {
            None => 1,
            Some(repeats) => repeats.get(&(self.persons[row], key.into())).copied().unwrap_or(1),
        };
        Some(summarise::Drawn { unit, of_person })
    }
}

/// Estimates for every system of tables, in their order; those of one that counts are empty.
pub(super) fn of(ctx: &Context<'_>, sampled: &Sampled, counts: &mut Summary) -> Result<Vec<Estimates>, RunError> {
    let Some(sample) = ctx.pipeline.sample.as_ref().filter(|_| !counts.members.is_empty()) else {
        return Ok(vec![Estimates::default(); ctx.linked.len()]);
    };
    let mut members: Vec<(Member, u32)> = std::mem::take(&mut counts.members).into_iter().zip(0u32..).collect();
    members.sort_by(|(a, _), (b, _)| (a.number, &a.stratum).cmp(&(b.number, &b.stratum)));
    let mut position = vec![0; members.len()];
    (0u32..).zip(&members).for_each(|(at, (_, met))| position[*met as usize] = at);
    let members: Vec<Member> = members.into_iter().map(|(member, _)| member).collect();
    let survey = Survey::new(&sample.design, &sampled.plan, &members, sampled.fitted.as_ref())?;
    let estimate = |(linked, counted): (&crate::config::Linked, &mut super::tables::Counted)| {
        let parts = std::mem::take(&mut counted.parts);
        parts.estimate(&layout(ctx, linked), &position, &survey).map_err(|error| SampleError::from(error).into())
    };
    ctx.linked.iter().zip(&mut counts.tables).map(estimate).collect()
}
