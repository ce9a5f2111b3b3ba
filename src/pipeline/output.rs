//! From counts to plans to files.

use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde_json::Value as Json;

use super::blocks::stopped;
use super::bridge::Bridges;
use super::drawing::Sampled;
use super::error::RunError;
use super::exposure::{self, Plain, ProtectionSummary};
use super::frame::Frame;
use super::passes::Summary;
use super::perturbed;
use super::protected::{self, Protected};
use super::recoded::{self, Changed, Recoded};
use super::run::Context;
use super::summary::{BridgeSummary, PersonsSummary};
use super::tables::{Counted, OpenSystem, TableSystem};
use super::watch::Stage;
use crate::config::{Linkage, Linked, Over};
use crate::export::RunDirectory;
use crate::protect::persons::{self, PersonPlan};
use crate::release::{PeopleRelease, RowOrder};
use crate::scan::Scanner;
use crate::sieve::Codebook;
use crate::summarise::Cells;
use crate::vault::{People, Store, Vault};

/// Buckets of a per-person output that are brought into order at a time.
const WINDOW: usize = 8;

/// What the passes before found.
pub(super) struct Found<'a> {
    pub vault: &'a Vault,
    pub codebook: &'a Codebook,
    pub frame: &'a Frame<'a>,
    pub sampled: &'a Sampled,
    pub summary: &'a Summary,
}

/// What was written, output by output.
pub(super) struct Written {
    pub persons: Vec<PersonsSummary>,
    pub tables: Protected,
    pub bridges: Vec<BridgeSummary>,
    /// For the sender, of each per-person output.
    pub anonymisation: Vec<Json>,
}

/// Plans the outputs and writes them into the run directory. `staged` is called once it is settled what leaves, before the
/// first byte of it is written.
pub(super) fn write(
    ctx: &Context<'_>,
    found: &Found<'_>,
    scanner: &mut Scanner<'_>,
    directory: &mut RunDirectory,
    staged: &mut dyn FnMut() -> Result<(), RunError>,
) -> Result<Written, RunError> {
    let pipeline = ctx.pipeline;
    let Found { codebook, sampled, summary, .. } = *found;
    let chances = pipeline.sample.is_some().then_some(sampled.plan.chances());
    let Planned { plans, told, reports, summaries, changed } = planned(ctx, found)?;
    let outputs: Vec<PeopleRelease<'_>> = pipeline
        .persons
        .iter()
        .zip(plans.iter().zip(&told))
        .enumerate()
        .map(|(index, (persons, (plan, told)))| {
            let order = match pipeline.subject.linkage {
                Linkage::None => RowOrder::Shuffle(ctx.keys.shuffle(pipeline, persons)),
                Linkage::Release | Linkage::Longitudinal => RowOrder::Pseudonym(ctx.keys.pseudonyms(pipeline, persons)),
            };
            PeopleRelease::new(pipeline, index, persons, codebook, (plan, told.as_ref()), order, chances)
        })
        .collect();
    let bridges = Bridges::new(ctx)?;
    let Collected { stores, left_over } = collect(ctx, found, (&outputs, &changed), &bridges)?;
    // What noise costs is on disk before anything that has it.
    let perturbed = perturbed::perturb(ctx, found, &left_over)?;
    staged()?;
    ctx.watch.stage(Stage::Export, Some(stores.iter().map(|s| s.buckets() as u64).sum()));
    let mut people = Vec::with_capacity(outputs.len());
    for (i, (output, store)) in outputs.iter().zip(&stores).enumerate() {
        let released = write_people(ctx, i, output, store, scanner, directory)?;
        if let Some(told) = &told[i] {
            directory.attest(pipeline.persons[i].recipient, recoded::attested(pipeline, i, told));
        }
        let protection = summaries[i].clone();
        people.push(persons_summary(&pipeline.persons[i].name, summary.sampled[i], released, (&plans[i], protection)));
    }
    let protected = protected::write(ctx, found, (&left_over, &perturbed), outputs.len(), scanner, directory)?;
    let bridges = bridges.write(ctx, scanner, directory)?;
    Ok(Written { persons: people, tables: protected, bridges, anonymisation: reports })
}

/// What may leave of each per-person output.
#[derive(Default)]
struct Planned {
    plans: Vec<PersonPlan>,
    /// What the recipient is told, where columns become coarser.
    told: Vec<Option<Json>>,
    /// What the sender is told of each.
    reports: Vec<Json>,
    /// Risk and cost of each.
    summaries: Vec<Option<ProtectionSummary>>,
    /// Values that were changed.
    changed: Vec<Option<Changed>>,
}

fn planned(ctx: &Context<'_>, found: &Found<'_>) -> Result<Planned, RunError> {
    let outputs = ctx.pipeline.persons.iter().zip(&found.summary.classes);
    let mut recoded: Vec<Option<Recoded>> = Vec::with_capacity(outputs.len());
    for index in 0..outputs.len() {
        recoded.push(recoded::plan(ctx, found, index)?);
    }
    let mut plain = plain(ctx, found, |index| recoded[index].is_none())?.into_iter();
    let mut planned = Planned::default();
    for (recoded, (persons, _)) in recoded.into_iter().zip(outputs) {
        let (plan, told, report, summary, changed) = match (recoded, persons) {
            (Some(Recoded { plan, told, report, summary, changed, .. }), _) => {
                (plan, Some(told), report, summary, changed)
            }
            (None, persons) => {
                let (plan, summary) = plain.next().ok_or(RunError::Bug("an output was not planned"))?;
                (plan, None, exposure::report(persons, summary.as_ref()), summary, None)
            }
        };
        planned.plans.push(plan);
        planned.told.push(told);
        planned.reports.push(report);
        planned.summaries.push(summary);
        planned.changed.push(changed);
    }
    Ok(planned)
}

/// Plans of the outputs that only leave out classes, among those asked for, with what it takes.
pub(super) fn plain(
    ctx: &Context<'_>,
    found: &Found<'_>,
    asked: impl Fn(usize) -> bool,
) -> Result<Vec<(PersonPlan, Option<ProtectionSummary>)>, RunError> {
    let all = ctx.pipeline.persons.iter().zip(&found.summary.classes).enumerate();
    let asked: Vec<_> = all.filter(|(index, _)| asked(*index)).map(|(_, one)| one).collect();
    let plans: Vec<PersonPlan> = asked.iter().map(|(persons, classes)| persons::plan(classes, persons.k)).collect();
    let plain: Vec<Plain<'_>> =
        asked.into_iter().zip(&plans).map(|((persons, classes), plan)| Plain { persons, classes, plan }).collect();
    let summaries = exposure::measure(ctx, found, &plain)?;
    Ok(plans.into_iter().zip(summaries).collect())
}

/// What the release pass brought together.
struct Collected {
    /// Rows that leave, per per-person output.
    stores: Vec<Store>,
    /// For each system of tables over the population beside rows of the same dataset: its cells without the released rows.
    left_over: Vec<Option<Cells>>,
}

/// Puts the rows that leave into encrypted stores bucketed by the order in which they will leave, and counts what stays.
fn collect(
    ctx: &Context<'_>,
    found: &Found<'_>,
    (outputs, changed): (&[PeopleRelease<'_>], &[Option<Changed>]),
    bridges: &Bridges,
) -> Result<Collected, RunError> {
    let pipeline = ctx.pipeline;
    let Found { vault, codebook, frame, sampled, .. } = *found;
    let new = |o: &PeopleRelease<'_>| Store::new(o.kinds(), ctx.buckets, Arc::clone(&ctx.budget), &ctx.spill);
    let stores: Vec<Store> = outputs.iter().map(new).collect::<Result<_, _>>()?;
    ctx.watch.stage(Stage::Release, Some(vault.buckets() as u64));
    let beside = |l: &Linked| pipeline.persons.iter().position(|p| p.dataset == l.dataset);
    let tables: Vec<Option<(usize, TableSystem<'_>)>> = (ctx.linked.iter())
        .map(|l| {
            beside(l).filter(|_| l.over == Over::Population).map(|p| (p, TableSystem::new(ctx, l, codebook, vault)))
        })
        .collect();
    type Open<'t> = Vec<Option<OpenSystem<'t>>>;
    let empty = || tables.iter().map(|t| t.as_ref().map(|(_, system)| system.open())).collect::<Open<'_>>();
    let look = |open: &mut Open<'_>, bucket| -> Result<(), RunError> {
        stopped(ctx.watch)?;
        let people = People::of(vault, bucket)?;
        let drawn = frame.drawn(&people, &sampled.plan, |_, _, _, _| {})?;
        let mut leaves = Vec::with_capacity(outputs.len());
        for ((output, store), persons) in outputs.iter().zip(&stores).zip(&pipeline.persons) {
            let digest = vault.layout(persons.dataset).digest;
            let changed = changed[leaves.len()].as_ref();
            let word = |column, number| changed.and_then(|changed| changed.word(bucket, column, number));
            let (rows, these) = output.select(&people, &drawn.rows[persons.dataset], digest, word);
            store.append(&rows)?;
            bridges.take(leaves.len(), &people, &these)?;
            leaves.push(these);
        }
        for (table, open) in tables.iter().zip(open) {
            if let (Some((p, _)), Some(open)) = (table, open) {
                open.count(&people, |row| !leaves[*p][row], |_, _| None)?;
            }
        }
        ctx.watch.advance(1, 0);
        Ok(())
    };
    let finish = |open: Open<'_>| -> Result<Vec<Option<Counted>>, RunError> {
        open.into_iter().map(|t| t.map(OpenSystem::finish).transpose()).collect()
    };
    let merge = |a: Vec<Option<Counted>>, b: Vec<Option<Counted>>| -> Result<_, RunError> {
        let both = |(a, b): (Option<Counted>, Option<Counted>)| a.zip(b).map(|(a, b)| a.merge(b, 0)).transpose();
        a.into_iter().zip(b).map(both).collect()
    };
    let left_over = if outputs.is_empty() {
        finish(empty())?
    } else {
        let counted = (0..vault.buckets())
            .into_par_iter()
            .try_fold(empty, |mut open, bucket| look(&mut open, bucket).map(|()| open));
        counted.map(|open| open.and_then(finish)).try_reduce_with(merge).unwrap_or_else(|| finish(empty()))?
    };
    let nothing_released = outputs.is_empty();
    let cells = |c: Option<Counted>| c.filter(|_| !nothing_released).map(|c| c.cells);
    Ok(Collected { stores, left_over: left_over.into_iter().map(cells).collect() })
}

/// Writes the rows of one output in order; buckets are brought into order side by side. Returns the number of rows.
fn write_people(
    ctx: &Context<'_>,
    index: usize,
    output: &PeopleRelease<'_>,
    store: &Store,
    scanner: &mut Scanner<'_>,
    directory: &mut RunDirectory,
) -> Result<u64, RunError> {
    let recipient = ctx.pipeline.persons[index].recipient;
    let mut writer = directory.writer(index, output.resource(), recipient, &ctx.pipeline.export.formats)?;
    for start in (0..store.buckets()).step_by(WINDOW) {
        stopped(ctx.watch)?;
        let end = (start + WINDOW).min(store.buckets());
        let chunk = |bucket| -> Result<_, RunError> { Ok(output.chunk(&*store.bucket(bucket)?)?) };
        let chunks: Vec<_> = (start..end).into_par_iter().map(chunk).collect::<Result<_, _>>()?;
        for chunk in chunks.iter().filter(|c| !c.is_empty()) {
            scanner.look(output.resource(), chunk)?;
            writer.write(chunk)?;
        }
        ctx.watch.advance((end - start) as u64, 0);
    }
    Ok(directory.close(writer)?)
}

fn persons_summary(
    name: &str,
    sampled: u64,
    released: u64,
    (plan, protection): (&PersonPlan, Option<ProtectionSummary>),
) -> PersonsSummary {
    PersonsSummary {
        name: name.to_owned(),
        sampled,
        released,
        suppressed: sampled - released.min(sampled),
        classes: plan.released().classes,
        classes_suppressed: plan.suppressed().classes,
        smallest_class: plan.smallest_class(),
        protection,
    }
}
