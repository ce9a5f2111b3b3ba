//! From counts to plans to files.

use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::blocks::stopped;
use super::error::RunError;
use super::frame::{Frame, drawn};
use super::passes::{Counted, Sampled, Summary};
use super::run::Context;
use super::summary::{PersonsSummary, TableSummary};
use super::watch::Stage;
use crate::config::Linkage;
use crate::export::RunDirectory;
use crate::protect::persons::{self, PersonPlan};
use crate::protect::tables::{self, TableCell, TablePlan};
use crate::release::{PeopleRelease, RowOrder, TableRelease};
use crate::sieve::Codebook;
use crate::vault::{People, Store, Vault};

/// Buckets of a per-person output that are brought into order at a time.
const WINDOW: usize = 8;

/// What is published.
pub(super) struct Plans {
    pub persons: Vec<PersonPlan>,
    pub tables: Vec<TablePlan>,
}

/// What the passes before found.
pub(super) struct Found<'a> {
    pub vault: &'a Vault,
    pub codebook: &'a Codebook,
    pub frame: &'a Frame<'a>,
    pub sampled: &'a Sampled,
    pub summary: &'a Summary,
}

/// Decides from summaries alone.
pub(super) fn plan(ctx: &Context<'_>, summary: &Summary) -> Result<Plans, RunError> {
    let pipeline = ctx.pipeline;
    let persons = pipeline.persons.iter().zip(&summary.classes).map(|(p, classes)| persons::plan(classes, p.k));
    let tables = pipeline.aggregates.iter().zip(&summary.tables).map(|(a, counted)| plan_table(counted, a.threshold));
    Ok(Plans { persons: persons.collect(), tables: tables.collect::<Result<_, _>>()? })
}

fn plan_table(counted: &Counted, threshold: crate::config::Threshold) -> Result<TablePlan, RunError> {
    let order = TableRelease::order(&counted.cells);
    let cells: Vec<TableCell<'_>> = order
        .iter()
        .enumerate()
        .filter_map(|(rank, key)| {
            let cell = counted.cells.get(key)?;
            let group = counted.strata.get(key).cloned().unwrap_or_default();
            Some(TableCell { key, cell, group, rank: rank as u64 })
        })
        .collect();
    tables::plan(&cells, threshold).map_err(|_| RunError::Bug("two cells of a table are one"))
}

/// Writes every output into the run directory; the release is not complete before `finish`.
pub(super) fn write(
    ctx: &Context<'_>,
    found: &Found<'_>,
    plans: &Plans,
    directory: &mut RunDirectory,
) -> Result<(Vec<PersonsSummary>, Vec<TableSummary>), RunError> {
    let pipeline = ctx.pipeline;
    let Found { vault, codebook, frame, sampled, summary } = *found;
    let inclusions = pipeline.sample.is_some().then_some(sampled.inclusions.0.as_slice());
    let outputs: Vec<PeopleRelease<'_>> = pipeline
        .persons
        .iter()
        .zip(&plans.persons)
        .enumerate()
        .map(|(index, (persons, plan))| {
            let order = match pipeline.subject.linkage {
                Linkage::None => RowOrder::Shuffle(ctx.keys.shuffle(&persons.name)),
                Linkage::Release | Linkage::Longitudinal => RowOrder::Pseudonym(ctx.keys.pseudonyms(&persons.name)),
            };
            PeopleRelease::new(pipeline, index, persons, codebook, plan, order, inclusions)
        })
        .collect();
    let stores = collect(ctx, vault, frame, sampled, &outputs)?;
    ctx.watch.stage(Stage::Export, Some(stores.iter().map(|s| s.buckets() as u64).sum()));
    let mut people = Vec::with_capacity(outputs.len());
    for (i, (output, store)) in outputs.iter().zip(&stores).enumerate() {
        let released = write_people(ctx, i, output, store, directory)?;
        people.push(persons_summary(&pipeline.persons[i].name, summary.sampled[i], released, &plans.persons[i]));
    }
    let mut tables = Vec::with_capacity(pipeline.aggregates.len());
    for (i, aggregate) in pipeline.aggregates.iter().enumerate() {
        let index = outputs.len() + i;
        let table = TableRelease::new(pipeline, index, aggregate, codebook);
        let chunk = table.chunk(&summary.tables[i].cells, &plans.tables[i])??;
        let mut writer = directory.writer(index, table.resource(), &pipeline.export.formats)?;
        writer.write(&chunk)?;
        directory.close(writer)?;
        let counts = plans.tables[i].counts();
        let cells = counts.published + counts.primary + counts.secondary;
        tables.push(TableSummary {
            name: aggregate.name.clone(),
            cells,
            primary: counts.primary,
            secondary: counts.secondary,
        });
    }
    Ok((people, tables))
}

/// Rows that leave, in encrypted stores bucketed by the order in which they will leave.
fn collect(
    ctx: &Context<'_>,
    vault: &Vault,
    frame: &Frame<'_>,
    sampled: &Sampled,
    outputs: &[PeopleRelease<'_>],
) -> Result<Vec<Store>, RunError> {
    let new = |o: &PeopleRelease<'_>| Store::new(o.kinds(), ctx.buckets, Arc::clone(&ctx.budget), &ctx.spill);
    let stores: Vec<Store> = outputs.iter().map(new).collect::<Result<_, _>>()?;
    ctx.watch.stage(Stage::Release, Some(vault.buckets() as u64));
    if outputs.is_empty() {
        return Ok(stores);
    }
    (0..vault.buckets()).into_par_iter().try_for_each(|bucket| -> Result<(), RunError> {
        stopped(ctx.watch)?;
        let people = People::of(vault, bucket)?;
        let drawn = drawn(frame, &people, &sampled.plan, &sampled.inclusions)?;
        for ((output, store), persons) in outputs.iter().zip(&stores).zip(&ctx.pipeline.persons) {
            let digest = vault.layout(persons.dataset).digest;
            store.append(&output.select(&people, &drawn.rows[persons.dataset], digest))?;
        }
        ctx.watch.advance(1, 0);
        Ok(())
    })?;
    Ok(stores)
}

/// Writes the rows of one output in order; buckets are brought into order side by side. Returns the number of rows.
fn write_people(
    ctx: &Context<'_>,
    index: usize,
    output: &PeopleRelease<'_>,
    store: &Store,
    directory: &mut RunDirectory,
) -> Result<u64, RunError> {
    let mut writer = directory.writer(index, output.resource(), &ctx.pipeline.export.formats)?;
    for start in (0..store.buckets()).step_by(WINDOW) {
        stopped(ctx.watch)?;
        let end = (start + WINDOW).min(store.buckets());
        let chunk = |bucket| -> Result<_, RunError> { Ok(output.chunk(&*store.bucket(bucket)?)?) };
        let chunks: Vec<_> = (start..end).into_par_iter().map(chunk).collect::<Result<_, _>>()?;
        for chunk in chunks.iter().filter(|c| !c.is_empty()) {
            writer.write(chunk)?;
        }
        ctx.watch.advance((end - start) as u64, 0);
    }
    Ok(directory.close(writer)?)
}

fn persons_summary(name: &str, sampled: u64, released: u64, plan: &PersonPlan) -> PersonsSummary {
    PersonsSummary {
        name: name.to_owned(),
        sampled,
        released,
        suppressed: sampled - released.min(sampled),
        classes: plan.released().classes,
        classes_suppressed: plan.suppressed().classes,
        smallest_class: plan.smallest_class(),
    }
}
