//! Cells of an aggregate, with the strata that each lies in.

use hashbrown::HashMap;

use super::error::RunError;
use super::frame::strata_columns;
use super::run::Context;
use crate::config::Aggregate;
use crate::sieve::{Cell, Codebook, Rows};
use crate::summarise::{Amount, BucketCells, BucketParts, CellKey, Cells, Drawn, Layout, Parts};
use crate::vault::People;

/// A stratum column whose values differ within a cell: the cell belongs to no single stratum along that column.
const MIXED: u64 = u64::MAX - 1;

/// A table counted: its cells, and the strata that each lies in.
#[derive(Default)]
pub(super) struct Counted {
    pub cells: Cells,
    /// Along each stratum column the common value of the cell's records, or [`MIXED`]. Sizes of strata follow from
    /// published design weights, so these are margins that an outsider may know.
    pub strata: HashMap<CellKey, CellKey>,
    /// What drawn units bring to the cells, where the table estimates.
    pub parts: Parts,
}

impl Counted {
    /// The counts of both; no person lies in both. Drawn units of the other are numbered on from `first`.
    pub fn merge(self, other: Self, first: u32) -> Result<Self, RunError> {
        Ok(Self {
            cells: self.cells.merge(other.cells)?,
            strata: merge_strata(self.strata, other.strata),
            parts: self.parts.merge(other.parts, first),
        })
    }
}

fn merge_strata(a: HashMap<CellKey, CellKey>, b: HashMap<CellKey, CellKey>) -> HashMap<CellKey, CellKey> {
    let (mut a, b) = if a.len() < b.len() { (b, a) } else { (a, b) };
    for (cell, theirs) in b {
        match a.get_mut(&cell) {
            Some(ours) => blend(ours, &theirs),
            None => drop(a.insert(cell, theirs)),
        }
    }
    a
}

fn blend(ours: &mut [u64], theirs: &[u64]) {
    for (a, b) in ours.iter_mut().zip(theirs) {
        if *a != *b {
            *a = MIXED;
        }
    }
}

/// An aggregate, ready to count.
pub(super) struct Table<'a> {
    pub aggregate: &'a Aggregate,
    codebook: &'a Codebook,
    layout: Layout,
    strata: Vec<usize>,
    /// For each share column, the keys of the measured values.
    shares: Vec<Vec<Option<u64>>>,
}

impl<'a> Table<'a> {
    pub fn new(ctx: &Context<'a>, aggregate: &'a Aggregate, codebook: &'a Codebook) -> Self {
        let layout = Layout::of(aggregate);
        let key = |column, text: &String| codebook.key_of_text(aggregate.dataset, column, text);
        let shares = layout.shares().iter().map(|s| s.values.iter().map(|v| key(s.column, v)).collect()).collect();
        Self { aggregate, codebook, layout, strata: strata_columns(ctx.pipeline, aggregate.dataset), shares }
    }

    /// Nothing counted yet.
    pub fn open(&self) -> OpenTable<'_> {
        OpenTable {
            table: self,
            cells: BucketCells::new(&self.layout),
            parts: BucketParts::new(&self.layout),
            strata: Vec::new(),
            persons: 0,
        }
    }

    /// The cell in which a record lies.
    pub fn key(&self, rows: &Rows, row: usize) -> CellKey {
        let dataset = self.aggregate.dataset;
        self.aggregate.by.iter().map(|&column| self.codebook.key(dataset, column, rows, row)).collect()
    }

    fn amount(&self, rows: &Rows, column: usize, row: usize) -> Result<Option<Amount>, RunError> {
        let dataset = self.aggregate.dataset;
        let key = self.codebook.key(dataset, column, rows, row);
        Ok(match self.codebook.cell(dataset, column, key) {
            Cell::Integer(i) => Some(Amount::from_i64(i)),
            Cell::Number(x) => Some(Amount::from_f64(x)?),
            Cell::Missing | Cell::Text(_) => None,
        })
    }

    fn category(&self, rows: &Rows, share: usize, row: usize) -> Option<u32> {
        let column = self.layout.shares()[share].column;
        let dataset = self.aggregate.dataset;
        let key = self.codebook.key(dataset, column, rows, row);
        if self.codebook.cell(dataset, column, key) == Cell::Missing {
            return None;
        }
        let values = &self.shares[share];
        Some(values.iter().position(|v| *v == Some(key)).unwrap_or(values.len()) as u32)
    }
}

/// A table while it is counted, over as many buckets as a thread takes.
pub(super) struct OpenTable<'a> {
    table: &'a Table<'a>,
    cells: BucketCells<'a>,
    parts: BucketParts<'a>,
    /// Key and strata of each cell, in the order in which cells were met.
    strata: Vec<(CellKey, CellKey)>,
    /// Persons of the buckets before: their numbers go on from bucket to bucket.
    persons: u32,
}

impl OpenTable<'_> {
    /// Counts the rows of a bucket that `include` names. Where the table estimates, `part` tells of a row in a cell which drawn
    /// unit it belongs to.
    pub fn count(
        &mut self,
        people: &People<'_>,
        include: impl Fn(usize) -> bool,
        part: impl Fn(usize, &[u64]) -> Option<Drawn>,
    ) -> Result<(), RunError> {
        let Table { aggregate, codebook, layout, strata, .. } = self.table;
        let dataset = aggregate.dataset;
        let rows = people.of_dataset(dataset);
        let first = number_on(&mut self.persons, people)?;
        let (mut key, mut stratum) = (Vec::new(), Vec::new());
        let (mut amounts, mut categories) = (Vec::new(), Vec::new());
        for row in (0..rows.len()).filter(|row| include(*row)) {
            key.clear();
            key.extend(aggregate.by.iter().map(|&c| codebook.key(dataset, c, rows, row)));
            stratum.clear();
            stratum.extend(strata.iter().map(|&c| codebook.key(dataset, c, rows, row)));
            amounts.clear();
            for &column in layout.amounts() {
                amounts.push(self.table.amount(rows, column, row)?);
            }
            categories.clear();
            categories.extend((0..self.table.shares.len()).map(|share| self.table.category(rows, share, row)));
            let at = self.cells.row(first + people.person[dataset][row], &key, &amounts, &categories)?;
            if let Some(drawn) = part(row, &key) {
                self.parts.row(at, drawn, &amounts, &categories)?;
            }
            match self.strata.get_mut(at) {
                Some((_, known)) => blend(known, &stratum),
                // Cells are numbered as they are met, so a new one is the next.
                None => self.strata.push((key.as_slice().into(), stratum.as_slice().into())),
            }
        }
        Ok(())
    }

    /// What was counted.
    pub fn finish(self) -> Counted {
        let parts = self.parts.finish(self.strata.iter().map(|(key, _)| key.clone()));
        Counted { cells: self.cells.finish(), strata: self.strata.into_iter().collect(), parts }
    }
}

/// Numbers the people of a bucket on from those of the buckets before; the number of the first.
pub(super) fn number_on(persons: &mut u32, people: &People<'_>) -> Result<u32, RunError> {
    let first = *persons;
    let many = RunError::Bug("more persons than one thread can number");
    *persons = u32::try_from(people.persons.len()).ok().and_then(|n| first.checked_add(n)).ok_or(many)?;
    Ok(first)
}
