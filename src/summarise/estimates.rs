//! Estimates for the cells of a table over a sample: what each drawn unit brings to each cell, and what follows for the frame.

use hashbrown::HashMap;

use crate::sample::estimation::{Entry, EstimationError};
use crate::sample::{Measured, Survey};

use super::{Amount, CellKey, Layout, Slot, SummariseError};

/// What one drawn unit brings to one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    /// The unit, as the caller numbers those that were drawn.
    unit: u32,
    /// Its records.
    records: u64,
    /// Units of the frame that the same person has in the cell: a person is counted once by all of them together.
    of_person: u64,
    /// For each summed column: records with a value, and their sum.
    amounts: Box<[(u64, Amount)]>,
    /// For each share column, records in each category.
    shares: Box<[Box<[u64]>]>,
}

/// A record of a drawn unit.
#[derive(Debug, Clone, Copy)]
pub struct Drawn {
    /// The unit, as the caller numbers those that were drawn.
    pub unit: u32,
    /// Units of the frame that the same person has in the cell: 1 where units are persons.
    pub of_person: u64,
}

/// What the drawn units of one bucket, or of several that are counted as one, bring to the cells of a table.
pub struct BucketParts<'a> {
    layout: &'a Layout,
    cells: Vec<Vec<Part>>,
}

impl<'a> BucketParts<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new(layout: &'a Layout) -> Self {
        Self { layout, cells: Vec::new() }
    }

    /// Takes in a record of the cell at a position. The records of a unit come together; `amounts` and `categories` are as in
    /// [`BucketCells::row`].
    ///
    /// # Errors
    /// [`SummariseError::Layout`], [`SummariseError::TooLarge`].
    ///
    /// [`BucketCells::row`]: super::BucketCells::row
    pub fn row(
        &mut self,
        cell: usize,
        drawn: Drawn,
        amounts: &[Option<Amount>],
        categories: &[Option<u32>],
    ) -> Result<(), SummariseError> {
        if self.cells.len() <= cell {
            self.cells.resize_with(cell + 1, Vec::new);
        }
        let parts = &mut self.cells[cell];
        if parts.last().is_none_or(|last| last.unit != drawn.unit) {
            parts.push(Part::new(drawn, self.layout));
        }
        let Some(part) = parts.last_mut() else { return Err(SummariseError::Layout) };
        part.records += 1;
        for ((records, sum), amount) in part.amounts.iter_mut().zip(amounts) {
            if let Some(amount) = amount {
                *records += 1;
                *sum = sum.plus(*amount)?;
            }
        }
        for (counts, category) in part.shares.iter_mut().zip(categories) {
            if let Some(category) = category {
                *counts.get_mut(*category as usize).ok_or(SummariseError::Layout)? += 1;
            }
        }
        Ok(())
    }

    /// The parts, ready to merge; `keys` are those of the cells by position.
    #[must_use]
    pub fn finish(self, keys: impl Iterator<Item = CellKey>) -> Parts {
        Parts(keys.zip(self.cells).collect())
    }
}

impl Part {
    fn new(drawn: Drawn, layout: &Layout) -> Self {
        Self {
            unit: drawn.unit,
            records: 0,
            of_person: drawn.of_person,
            amounts: vec![(0, Amount::default()); layout.amounts().len()].into(),
            shares: layout.shares().iter().map(|share| vec![0; share.values.len() + 1].into()).collect(),
        }
    }

    /// What the unit adds to a measure; `None` where it has no value of it.
    fn entry(&self, slot: Slot) -> Option<Entry> {
        let entry = |y: f64, x: u64| Entry { unit: self.unit, y, x: x as f64 };
        match slot {
            Slot::Records => Some(entry(self.records as f64, 1)),
            Slot::Persons => Some(entry(1.0 / self.of_person as f64, 1)),
            Slot::Sum(at) | Slot::Mean(at) => {
                let (records, sum) = self.amounts.get(at)?;
                (*records > 0).then(|| entry(sum.to_f64(), *records))
            }
            Slot::Share { column, value } => {
                let counts = self.shares.get(column)?;
                let all = counts.iter().sum::<u64>();
                (all > 0).then_some(entry(*counts.get(value)? as f64, all))
            }
        }
    }
}

/// What the drawn units of any number of buckets bring to the cells of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts(HashMap<CellKey, Vec<Part>>);

impl Parts {
    /// Those of both; the units of the other are numbered on from `first`.
    #[must_use]
    pub fn merge(mut self, other: Self, first: u32) -> Self {
        for (key, mut parts) in other.0 {
            parts.iter_mut().for_each(|part| part.unit += first);
            self.0.entry(key).or_default().extend(parts);
        }
        self
    }

    /// Estimates of all measures in all cells. `position` is for each unit its position in the survey: sums follow that order,
    /// whatever order the units came in.
    ///
    /// # Errors
    /// [`EstimationError`] where units are not those of the survey.
    pub fn estimate(self, layout: &Layout, position: &[u32], survey: &Survey) -> Result<Estimates, EstimationError> {
        let mut estimates = Estimates::default();
        for (key, mut parts) in self.0 {
            for part in &mut parts {
                let unit = EstimationError::BadEntry { unit: part.unit };
                part.unit = *position.get(part.unit as usize).ok_or(unit)?;
            }
            parts.sort_unstable_by_key(|part| part.unit);
            let measure = |slot: &Slot| -> Result<Option<Measured>, EstimationError> {
                let domain: Vec<Entry> = parts.iter().filter_map(|part| part.entry(*slot)).collect();
                match slot {
                    Slot::Records | Slot::Persons | Slot::Sum(_) => survey.total(&domain).map(Some),
                    Slot::Mean(_) => survey.ratio(&domain),
                    Slot::Share { .. } => survey.share(&domain),
                }
            };
            let measured: Box<[Option<Measured>]> = layout.slots().iter().map(measure).collect::<Result<_, _>>()?;
            estimates.0.insert(key, measured);
        }
        Ok(estimates)
    }
}

/// For each cell of a table, an estimate for each measure of its layout.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Estimates(HashMap<CellKey, Box<[Option<Measured>]>>);

impl Estimates {
    /// The estimate of a measure, by its position; `None` where there is none.
    #[must_use]
    pub fn get(&self, key: &[u64], measure: usize) -> Option<Measured> {
        self.0.get(key).and_then(|measured| measured.get(measure).copied().flatten())
    }
}
