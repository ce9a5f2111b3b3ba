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

/// Runs `look` on every bucket in parallel and merges what comes out.
fn over_buckets<T: Send>(
    ctx: &Context<'_>,
    vault: &Vault,
    stage: Stage,
    empty: impl Fn() -> T + Sync + Send,
    look: impl Fn(&People<'_>) -> Result<T, RunError> + Sync + Send,
    merge: impl Fn(T, T) -> Result<T, RunError> + Sync + Send,
) -> Result<T, RunError> {
    ctx.watch.stage(stage, Some(vault.buckets() as u64));
    (0..vault.buckets())
        .into_par_iter()
        .map(|bucket| {
            stopped(ctx.watch)?;
            let found = look(&People::of(vault, bucket)?)?;
            ctx.watch.advance(1, 0);
            Ok(found)
        })
        .try_reduce(&empty, &merge)
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
        |people| {
            let units = frame.units(people);
            let mut census = Census::default();
            (0..units.len()).for_each(|u| census.add(units.stratum(u)));
            Ok((census, units.conflicts))
        },
        |a, b| Ok((a.0.merge(b.0), a.1 + b.1)),
    )?;
    let allocation = allocate(&census, ctx.pipeline.sample.as_ref());
    let plan = if allocation.needs_draw() {
        draw(ctx, vault, frame, &allocation)?
    } else {
        Draw::new(&allocation).finish()?
    };
    refuse_whole_strata(ctx, &plan)?;
    let inclusions = Inclusions::of(&plan);
    Ok(Sampled { inclusions, frame: census.total(), conflicts, plan })
}

/// A table over the population next to rows of everybody in a stratum: the classes that the rows leave out could be found
/// by subtracting. Strata under k are no danger: none of their rows is released.
fn refuse_whole_strata(ctx: &Context<'_>, plan: &SamplePlan) -> Result<(), RunError> {
    let pipeline = ctx.pipeline;
    for table in pipeline.aggregates.iter().filter(|a| a.over == Over::Population) {
        let Some(rows) = pipeline.persons.iter().find(|p| p.dataset == table.dataset) else { continue };
        let whole = |s: &&crate::sample::StratumReport| s.drawn == s.frame && s.frame >= rows.k.get();
        let strata = plan.report().iter().filter(whole).count();
        if pipeline.sample.is_some() && strata > 0 {
            return Err(RunError::WholeStrata { strata, table: table.name.clone(), rows: rows.name.clone() });
        }
    }
    Ok(())
}

fn draw(ctx: &Context<'_>, vault: &Vault, frame: &Frame<'_>, allocation: &Allocation) -> Result<SamplePlan, RunError> {
    let draw = over_buckets(
        ctx,
        vault,
        Stage::Draw,
        || Draw::new(allocation),
        |people| {
            let units = frame.units(people);
            let numbers = frame.numbers(people)?;
            let mut draw = Draw::new(allocation);
            for (unit, number) in numbers.into_iter().enumerate() {
                draw.add(units.stratum(unit), number)?;
            }
            Ok(draw)
        },
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
    let empty = || Summary {
        tables: pipeline.aggregates.iter().map(|_| Counted::default()).collect(),
        classes: pipeline.persons.iter().map(|_| Classes::default()).collect(),
        sampled: vec![0; pipeline.persons.len()],
        drawn: 0,
    };
    over_buckets(
        ctx,
        vault,
        Stage::Summarise,
        empty,
        |people| {
            let drawn = drawn(frame, people, &sampled.plan, &sampled.inclusions)?;
            let mut summary = empty();
            for (table, counted) in tables.iter().zip(&mut summary.tables) {
                *counted = table.count(people, &drawn.rows[table.aggregate.dataset])?;
            }
            for (i, persons) in pipeline.persons.iter().enumerate() {
                let rows = &drawn.rows[persons.dataset];
                summary.sampled[i] = rows.iter().filter(|r| **r != NOT_DRAWN).count() as u64;
                summary.classes[i] = classes(persons, codebook, people, rows)?;
            }
            summary.drawn = drawn.count;
            Ok(summary)
        },
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

fn classes(persons: &Persons, codebook: &Codebook, people: &People<'_>, drawn: &[u32]) -> Result<Classes, RunError> {
    let rows = people.of_dataset(persons.dataset);
    let mut classes = BucketClasses::default();
    let mut key = Vec::with_capacity(persons.quasi_identifiers.len() + 1);
    for (row, &inclusion) in drawn.iter().enumerate().filter(|(_, i)| **i != NOT_DRAWN) {
        class_key(persons, codebook, rows, row, inclusion, &mut key);
        classes.row(people.person[persons.dataset][row], &key)?;
    }
    Ok(classes.finish())
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

    fn count(&self, people: &People<'_>, drawn: &[u32]) -> Result<Counted, RunError> {
        let dataset = self.aggregate.dataset;
        let rows = people.of_dataset(dataset);
        let mut cells = BucketCells::new(&self.layout);
        let mut strata: HashMap<CellKey, CellKey> = HashMap::new();
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
            cells.row(people.person[dataset][row], &key, &amounts, &categories)?;
            match strata.get_mut(key.as_slice()) {
                Some(known) => blend(known, &stratum),
                None => drop(strata.insert(key.as_slice().into(), stratum.as_slice().into())),
            }
        }
        Ok(Counted { cells: cells.finish(), strata })
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
