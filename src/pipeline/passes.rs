//! Passes over the buckets of the vault: census, draw, summary. Each gives small results that merge in any order.

use hashbrown::HashMap;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::blocks::stopped;
use super::error::RunError;
use super::frame::{Frame, Inclusions, NOT_DRAWN, drawn, strata_columns};
use super::run::Context;
use super::watch::Stage;
use crate::config::{Aggregate, Over, Persons};
use crate::release::class_key;
use crate::sample::{Allocation, Census, Draw, SamplePlan, allocate};
use crate::sieve::{Cell, Codebook, Rows};
use crate::summarise::{Amount, BucketCells, BucketClasses, CellKey, Cells, Classes, Layout};
use crate::vault::{People, Vault};

/// Looks at every bucket in parallel. A thread gathers what it sees of many buckets in one place, so that large tables are
/// not built anew for each; what the threads gathered is then finished and merged.
fn over_buckets<T: Send, U: Send>(
    ctx: &Context<'_>,
    vault: &Vault,
    stage: Stage,
    empty: impl Fn() -> T + Sync + Send,
    look: impl Fn(&mut T, &People<'_>) -> Result<(), RunError> + Sync + Send,
    finish: impl Fn(T) -> U + Sync + Send,
    merge: impl Fn(U, U) -> Result<U, RunError> + Sync + Send,
) -> Result<U, RunError> {
    ctx.watch.stage(stage, Some(vault.buckets() as u64));
    let gathered = (0..vault.buckets()).into_par_iter().try_fold(&empty, |mut seen, bucket| {
        stopped(ctx.watch)?;
        look(&mut seen, &People::of(vault, bucket)?)?;
        ctx.watch.advance(1, 0);
        Ok::<_, RunError>(seen)
    });
    let merged = gathered.map(|seen| seen.map(&finish)).try_reduce_with(&merge);
    merged.unwrap_or_else(|| Ok(finish(empty())))
}

/// What the sample passes found.
pub(super) struct Sampled {
    pub plan: SamplePlan,
    pub inclusions: Inclusions,
    pub frame: u64,
    pub conflicts: u64,
}

/// Counts the frame and draws.
pub(super) fn sample(ctx: &Context<'_>, vault: &Vault, frame: &Frame<'_>) -> Result<Sampled, RunError> {
    let (census, conflicts) = over_buckets(
        ctx,
        vault,
        Stage::Census,
        || (Census::default(), 0),
        |(census, conflicts), people| {
            let units = frame.units(people);
            (0..units.len()).for_each(|u| census.add(units.stratum(u)));
            *conflicts += units.conflicts;
            Ok(())
        },
        |seen| seen,
        |a, b| Ok((a.0.merge(b.0), a.1 + b.1)),
    )?;
    let allocation = allocate(&census, ctx.pipeline.sample.as_ref());
    let plan = if allocation.needs_draw() {
        draw(ctx, vault, frame, &allocation)?
    } else {
        Draw::new(&allocation).finish()?
    };
    let inclusions = Inclusions::of(&plan);
    Ok(Sampled { inclusions, frame: census.total(), conflicts, plan })
}

fn draw(ctx: &Context<'_>, vault: &Vault, frame: &Frame<'_>, allocation: &Allocation) -> Result<SamplePlan, RunError> {
    let draw = over_buckets(
        ctx,
        vault,
        Stage::Draw,
        || Draw::new(allocation),
        |draw, people| {
            let units = frame.units(people);
            let numbers = frame.numbers(people)?;
            for (unit, number) in numbers.into_iter().enumerate() {
                draw.add(units.stratum(unit), number)?;
            }
            Ok(())
        },
        |draw| draw,
        |a, b| Ok(a.merge(b)),
    )?;
    Ok(draw.finish()?)
}

/// A stratum column whose values differ within a cell: the cell belongs to no single stratum along that column.
const MIXED: u64 = u64::MAX - 1;

/// A table counted: its cells, and the strata that each lies in.
#[derive(Default)]
pub(super) struct Counted {
    pub cells: Cells,
    /// Along each stratum column the common value of the cell's records, or [`MIXED`]. Sizes of strata follow from
    /// published design weights, so these are margins that an outsider may know.
    pub strata: HashMap<CellKey, CellKey>,
}

/// Cells of every aggregate, classes of every per-person output.
pub(super) struct Summary {
    pub tables: Vec<Counted>,
    pub classes: Vec<Classes>,
    /// Records of drawn units, per per-person output.
    pub sampled: Vec<u64>,
    /// Units drawn, as met in this pass.
    pub drawn: u64,
}

/// Counts cells and classes.
pub(super) fn summarise(
    ctx: &Context<'_>,
    vault: &Vault,
    codebook: &Codebook,
    frame: &Frame<'_>,
    sampled: &Sampled,
) -> Result<Summary, RunError> {
    let pipeline = ctx.pipeline;
    let tables: Vec<Table<'_>> = pipeline.aggregates.iter().map(|a| Table::new(ctx, a, codebook)).collect();
    let empty = || Tally {
        tables: tables.iter().map(OpenTable::new).collect(),
        classes: pipeline.persons.iter().map(|_| BucketClasses::default()).collect(),
        sampled: vec![0; pipeline.persons.len()],
        drawn: 0,
        persons: 0,
    };
    over_buckets(
        ctx,
        vault,
        Stage::Summarise,
        empty,
        |tally, people| {
            let drawn = drawn(frame, people, &sampled.plan, &sampled.inclusions)?;
            let first = tally.persons;
            let many = RunError::Bug("too many persons for one thread");
            tally.persons = u32::try_from(people.persons.len()).ok().and_then(|n| first.checked_add(n)).ok_or(many)?;
            for (table, open) in tables.iter().zip(&mut tally.tables) {
                table.count(people, &drawn.rows[table.aggregate.dataset], first, open)?;
            }
            for (i, persons) in pipeline.persons.iter().enumerate() {
                let rows = &drawn.rows[persons.dataset];
                tally.sampled[i] += rows.iter().filter(|r| **r != NOT_DRAWN).count() as u64;
                classes(persons, codebook, people, rows, first, &mut tally.classes[i])?;
            }
            tally.drawn += drawn.count;
            Ok(())
        },
        Tally::finish,
        |a, b| {
            let merge = |(a, b): (Counted, Counted)| -> Result<Counted, RunError> {
                Ok(Counted { cells: a.cells.merge(b.cells)?, strata: merge_strata(a.strata, b.strata) })
            };
            Ok(Summary {
                tables: a.tables.into_iter().zip(b.tables).map(merge).collect::<Result<_, _>>()?,
                classes: a.classes.into_iter().zip(b.classes).map(|(a, b)| a.merge(b)).collect(),
                sampled: a.sampled.iter().zip(&b.sampled).map(|(a, b)| a + b).collect(),
                drawn: a.drawn + b.drawn,
            })
        },
    )
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

/// What one thread counts, over many buckets.
struct Tally<'a> {
    tables: Vec<OpenTable<'a>>,
    classes: Vec<BucketClasses>,
    sampled: Vec<u64>,
    drawn: u64,
    /// Persons of the buckets before: their numbers go on from bucket to bucket.
    persons: u32,
}

impl Tally<'_> {
    fn finish(self) -> Summary {
        Summary {
            tables: self.tables.into_iter().map(OpenTable::finish).collect(),
            classes: self.classes.into_iter().map(BucketClasses::finish).collect(),
            sampled: self.sampled,
            drawn: self.drawn,
        }
    }
}

/// A table while it is counted.
struct OpenTable<'a> {
    cells: BucketCells<'a>,
    /// Key and strata of each cell, in the order in which cells were met.
    strata: Vec<(CellKey, CellKey)>,
}

impl<'a> OpenTable<'a> {
    fn new(table: &'a Table<'_>) -> Self {
        Self { cells: BucketCells::new(&table.layout), strata: Vec::new() }
    }

    fn finish(self) -> Counted {
        Counted { cells: self.cells.finish(), strata: self.strata.into_iter().collect() }
    }
}

/// Counts the classes of a bucket, whose persons are numbered from `first`.
fn classes(
    persons: &Persons,
    codebook: &Codebook,
    people: &People<'_>,
    drawn: &[u32],
    first: u32,
    classes: &mut BucketClasses,
) -> Result<(), RunError> {
    let rows = people.of_dataset(persons.dataset);
    let mut key = Vec::with_capacity(persons.quasi_identifiers.len() + 1);
    for (row, &inclusion) in drawn.iter().enumerate().filter(|(_, i)| **i != NOT_DRAWN) {
        class_key(persons, codebook, rows, row, inclusion, &mut key);
        classes.row(first + people.person[persons.dataset][row], &key)?;
    }
    Ok(())
}

/// An aggregate, ready to count.
struct Table<'a> {
    aggregate: &'a Aggregate,
    codebook: &'a Codebook,
    layout: Layout,
    strata: Vec<usize>,
    /// For each share column, the keys of the measured values.
    shares: Vec<Vec<Option<u64>>>,
}

impl<'a> Table<'a> {
    fn new(ctx: &Context<'a>, aggregate: &'a Aggregate, codebook: &'a Codebook) -> Self {
        let layout = Layout::of(aggregate);
        let key = |column, text: &String| codebook.key_of_text(aggregate.dataset, column, text);
        let shares = layout.shares().iter().map(|s| s.values.iter().map(|v| key(s.column, v)).collect()).collect();
        Self { aggregate, codebook, layout, strata: strata_columns(ctx.pipeline, aggregate.dataset), shares }
    }

    /// Counts a bucket, whose persons are numbered from `first`.
    fn count(&self, people: &People<'_>, drawn: &[u32], first: u32, open: &mut OpenTable<'_>) -> Result<(), RunError> {
        let dataset = self.aggregate.dataset;
        let rows = people.of_dataset(dataset);
        let OpenTable { cells, strata } = open;
        let (mut key, mut stratum) = (Vec::new(), Vec::new());
        let (mut amounts, mut categories) = (Vec::new(), Vec::new());
        for (row, &inclusion) in drawn.iter().enumerate() {
            if self.aggregate.over == Over::Sample && inclusion == NOT_DRAWN {
                continue;
            }
            key.clear();
            key.extend(self.aggregate.by.iter().map(|&c| self.codebook.key(dataset, c, rows, row)));
            stratum.clear();
            stratum.extend(self.strata.iter().map(|&c| self.codebook.key(dataset, c, rows, row)));
            amounts.clear();
            for &column in self.layout.amounts() {
                amounts.push(self.amount(rows, column, row)?);
            }
            categories.clear();
            categories.extend((0..self.shares.len()).map(|share| self.category(rows, share, row)));
            let at = cells.row(first + people.person[dataset][row], &key, &amounts, &categories)?;
            match strata.get_mut(at) {
                Some((_, known)) => blend(known, &stratum),
                // Cells are numbered as they are met, so a new one is the next.
                None => strata.push((key.as_slice().into(), stratum.as_slice().into())),
            }
        }
        Ok(())
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
