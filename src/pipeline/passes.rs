//! Passes over the buckets of the vault: census, draw, summary. Each gives small results that merge in any order.

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::blocks::stopped;
use super::error::RunError;
use super::frame::{Frame, Inclusions, NOT_DRAWN, drawn};
use super::run::Context;
use super::tables::{Counted, Table};
use super::watch::Stage;
use crate::config::{Over, Persons};
use crate::release::class_key;
use crate::sample::{Allocation, Census, Draw, SamplePlan, allocate};
use crate::sieve::Codebook;
use crate::summarise::{BucketClasses, Classes};
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
    let inclusions = Inclusions::of(&plan);
    Ok(Sampled { inclusions, frame: census.total(), conflicts, plan })
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
                let rows = &drawn.rows[table.aggregate.dataset];
                *counted =
                    table.count(people, |row| table.aggregate.over == Over::Population || rows[row] != NOT_DRAWN)?;
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
            Ok(Summary {
                tables: a.tables.into_iter().zip(b.tables).map(|(a, b)| a.merge(b)).collect::<Result<_, _>>()?,
                classes: a.classes.into_iter().zip(b.classes).map(|(a, b)| a.merge(b)).collect(),
                sampled: a.sampled.iter().zip(&b.sampled).map(|(a, b)| a + b).collect(),
                drawn: a.drawn + b.drawn,
            })
        },
    )
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
