//! Cells of linked tables: all their shapes, counted together.

use super::error::RunError;
use super::keys::RunKeys;
use super::perturbed::{bounded, looks_at};
use super::run::Context;
use crate::config::{Linked, Measure, Perturb, Pipeline, SumChange, SumHow};
use crate::sieve::{Cell, Codebook, Rows};
use crate::summarise::{
    Amount, Ascents, BucketCells, BucketParts, CellKey, Cells, Drawn, Layout, Parts, SummariseError, TOTAL, cell_key,
};
use crate::vault::{People, Vault};

/// A system of tables counted.
#[derive(Default)]
pub(super) struct Counted {
    /// The cells of all shapes.
    pub cells: Cells,
    /// How levels lie under each other.
    pub ascents: Ascents,
    /// What drawn units bring to the cells, where the tables estimate.
    pub parts: Parts,
}

impl Counted {
    /// The counts of both; no person lies in both. Drawn units of the other are numbered on from `first`.
    pub fn merge(self, other: Self, first: u32) -> Result<Self, RunError> {
        Ok(Self {
            cells: self.cells.merge(other.cells)?,
            ascents: self.ascents.merge(other.ascents)?,
            parts: self.parts.merge(other.parts, first),
        })
    }
}

/// A system of tables, ready to count.
pub(super) struct TableSystem<'a> {
    pub linked: &'a Linked,
    pub layout: Layout,
    codebook: &'a Codebook,
    keys: &'a RunKeys,
    /// How the tables are changed, where they are.
    perturb: Option<&'a Perturb>,
    /// The column with digests of records, where records have them.
    digests: Option<usize>,
    /// For each share column, the keys of the measured values.
    shares: Vec<Vec<Option<u64>>>,
    /// For each summed column, how what a record adds is bounded, where it is.
    bounds: Vec<Option<&'a SumChange>>,
    /// The first column of each dimension in the list of all columns of all dimensions.
    starts: Vec<usize>,
}

/// How the tables of a system are changed, all of them in one way.
pub(super) fn perturb_of<'p>(pipeline: &'p Pipeline, linked: &Linked) -> Option<&'p Perturb> {
    linked.tables.first().and_then(|table| pipeline.aggregates[*table].perturb.as_ref())
}

/// What all tables of a system measure; those of one table come together, and tables in their order.
pub(super) fn layout(ctx: &Context<'_>, linked: &Linked) -> Layout {
    let tables = linked.tables.iter().map(|table| &ctx.pipeline.aggregates[*table]);
    let measures =
        tables.clone().flat_map(|table| table.measures.iter().map(|(_, measure): &(String, Measure)| measure));
    let layout = Layout::new(measures);
    let needs = tables.clone().map(|table| table.concentration.needs()).max().unwrap_or(0);
    let holding = tables.clone().find_map(|table| table.holding);
    if let Some(perturb) = perturb_of(ctx.pipeline, linked).filter(|perturb| !perturb.sums().is_empty()) {
        let looks_at = looks_at(perturb.sums());
        return match perturb {
            Perturb::CellKey { .. } => layout.with_keys(looks_at),
            _ if looks_at > 0 => layout.with_contributions(looks_at, None),
            _ => layout,
        };
    }
    // Rules on holdings alone look at the largest as well, where several are taken together.
    if needs > 0 || holding.is_some() { layout.with_contributions(needs.max(1), holding) } else { layout }
}

impl<'a> TableSystem<'a> {
    pub fn new(ctx: &Context<'a>, linked: &'a Linked, codebook: &'a Codebook, vault: &Vault) -> Self {
        let layout = layout(ctx, linked);
        let key = |column, text: &String| codebook.key_of_text(linked.dataset, column, text);
        let shares = layout.shares().iter().map(|s| s.values.iter().map(|v| key(s.column, v)).collect()).collect();
        let mut starts = Vec::new();
        let columns = linked.dimensions.iter().fold(0, |start, dimension| {
            starts.push(start);
            start + dimension.levels.len()
        });
        starts.push(columns);
        let (keys, perturb) = (ctx.keys, perturb_of(ctx.pipeline, linked));
        let digests = vault.layout(linked.dataset).digest;
        let kept = &ctx.pipeline.datasets[linked.dataset].kept;
        let bounded = |change: &&SumChange| matches!(change.how, SumHow::Bounded { .. });
        let bounds = layout.amounts().iter().map(|at| perturb?.sum_of(&kept[*at].name).filter(bounded)).collect();
        Self { linked, layout, codebook, keys, perturb, digests, shares, bounds, starts }
    }

    /// Nothing counted yet.
    pub fn open(&self) -> OpenSystem<'_> {
        let shapes = || self.linked.shapes.iter();
        OpenSystem {
            system: self,
            cells: shapes().map(|_| BucketCells::new(&self.layout)).collect(),
            parts: shapes().map(|_| BucketParts::new(&self.layout)).collect(),
            keys: shapes().map(|_| Vec::new()).collect(),
            ascents: Ascents::new(self.linked),
            persons: 0,
        }
    }

    /// The values of a record in all columns of all dimensions.
    pub fn values(&self, rows: &Rows, row: usize, values: &mut Vec<u64>) -> Result<(), RunError> {
        values.clear();
        let columns = self.linked.dimensions.iter().flat_map(|dimension| &dimension.levels);
        values.extend(columns.map(|&column| self.codebook.key(self.linked.dataset, column, rows, row)));
        // One integer of 2⁶⁴ would be taken for a total.
        if values.contains(&TOTAL) { Err(SummariseError::TooLarge.into()) } else { Ok(()) }
    }

    /// The key of the cell of a shape in which a record with these values lies.
    pub fn key(&self, shape: usize, values: &[u64], key: &mut Vec<u64>) {
        cell_key(self.linked, shape, |dimension, level| values[self.starts[dimension] + level - 1], key);
    }

    /// Where each person counts by one record of theirs alone, whether each row is that record. Which one it is depends on the
    /// key and on the person's records, and on nobody else's.
    fn stands(&self, rows: &Rows) -> Result<Option<Vec<bool>>, RunError> {
        if !self.perturb.is_some_and(Perturb::counts_once) {
            return Ok(None);
        }
        let digests = rows.words(self.digests.ok_or(RunError::Bug("persons count once without digests of records"))?);
        let mut stands = vec![false; rows.len()];
        let mut first = 0;
        for person in rows.key.chunk_by(|a, b| a == b) {
            let own = first..first + person.len();
            first = own.end;
            let digest = |row: &usize| digests.get(*row).copied().unwrap_or(0);
            let order = |row: &usize| self.keys.perturbation().order(rows.key[*row], digest(row));
            if let Some(row) = own.min_by_key(|row| (order(row), *row)) {
                stands[row] = true;
            }
        }
        Ok(Some(stands))
    }

    /// The key of a person's record, where cells have keys.
    fn record_key(&self, person: u128) -> u64 {
        match self.perturb {
            Some(Perturb::CellKey { .. }) => self.keys.perturbation().record(&person.to_be_bytes()),
            _ => 0,
        }
    }

    fn amount(&self, rows: &Rows, at: usize, row: usize) -> Result<Option<Amount>, RunError> {
        let column = self.layout.amounts()[at];
        let dataset = self.linked.dataset;
        let key = self.codebook.key(dataset, column, rows, row);
        let amount = match self.codebook.cell(dataset, column, key) {
            Cell::Integer(i) => Some(Amount::from_i64(i)),
            Cell::Number(x) => Some(Amount::from_f64(x)?),
            Cell::Missing | Cell::Text(_) => None,
        };
        Ok(match self.bounds[at] {
            Some(change) => amount.map(|amount| Amount::from_units(bounded(change, amount.units()))),
            None => amount,
        })
    }

    fn category(&self, rows: &Rows, share: usize, row: usize) -> Option<u32> {
        let column = self.layout.shares()[share].column;
        let dataset = self.linked.dataset;
        let key = self.codebook.key(dataset, column, rows, row);
        if self.codebook.cell(dataset, column, key) == Cell::Missing {
            return None;
        }
        let values = &self.shares[share];
        Some(values.iter().position(|v| *v == Some(key)).unwrap_or(values.len()) as u32)
    }
}

/// A system while it is counted, over as many buckets as a thread takes. Lists go by shape.
pub(super) struct OpenSystem<'a> {
    system: &'a TableSystem<'a>,
    cells: Vec<BucketCells<'a>>,
    parts: Vec<BucketParts<'a>>,
    /// Keys of the cells that drawn units are parts of, in the order in which cells were met.
    keys: Vec<Vec<CellKey>>,
    ascents: Ascents,
    /// Persons of the buckets before: their numbers go on from bucket to bucket.
    persons: u32,
}

impl OpenSystem<'_> {
    /// Counts the rows of a bucket that `include` names. Where the tables estimate, `part` tells of a row in a cell which drawn
    /// unit it belongs to.
    pub fn count(
        &mut self,
        people: &People<'_>,
        include: impl Fn(usize) -> bool,
        part: impl Fn(usize, &[u64]) -> Option<Drawn>,
    ) -> Result<(), RunError> {
        let TableSystem { linked, layout, starts, .. } = self.system;
        let rows = people.of_dataset(linked.dataset);
        let first = number_on(&mut self.persons, people)?;
        let (mut values, mut key) = (Vec::new(), Vec::new());
        let (mut amounts, mut categories) = (Vec::new(), Vec::new());
        let stands = self.system.stands(rows)?;
        let counts = |row: &usize| stands.as_ref().is_none_or(|stands| stands[*row]) && include(*row);
        let mut record_key = (None, 0);
        for row in (0..rows.len()).filter(counts) {
            self.system.values(rows, row, &mut values)?;
            for (dimension, range) in starts.windows(2).enumerate() {
                self.ascents.meet(dimension, &values[range[0]..range[1]])?;
            }
            amounts.clear();
            for at in 0..layout.amounts().len() {
                amounts.push(self.system.amount(rows, at, row)?);
            }
            categories.clear();
            categories.extend((0..layout.shares().len()).map(|share| self.system.category(rows, share, row)));
            let holding = layout.holding().map(|column| self.system.codebook.key(linked.dataset, column, rows, row));
            let place = people.person[linked.dataset][row];
            if record_key.0 != Some(place) {
                record_key = (Some(place), self.system.record_key(rows.key[row]));
            }
            let person = (first + place, record_key.1);
            for shape in 0..linked.shapes.len() {
                self.system.key(shape, &values, &mut key);
                let at = self.cells[shape].row(person, &key, &amounts, &categories, holding)?;
                if let Some(drawn) = part(row, &key) {
                    // Cells are numbered as they are met, and every record of a system that estimates is a part.
                    if at == self.keys[shape].len() {
                        self.keys[shape].push(key.as_slice().into());
                    }
                    self.parts[shape].row(at, drawn, &amounts, &categories)?;
                }
            }
        }
        Ok(())
    }

    /// What was counted.
    pub fn finish(self) -> Result<Counted, RunError> {
        let mut counted = Counted { ascents: self.ascents, ..Counted::default() };
        for ((cells, parts), keys) in self.cells.into_iter().zip(self.parts).zip(self.keys) {
            counted.cells = counted.cells.merge(cells.finish())?;
            counted.parts = counted.parts.merge(parts.finish(keys.into_iter()), 0);
        }
        Ok(counted)
    }
}

/// Numbers the people of a bucket on from those of the buckets before; the number of the first.
pub(super) fn number_on(persons: &mut u32, people: &People<'_>) -> Result<u32, RunError> {
    let first = *persons;
    let many = RunError::Bug("more persons than one thread can number");
    *persons = u32::try_from(people.persons.len()).ok().and_then(|n| first.checked_add(n)).ok_or(many)?;
    Ok(first)
}
