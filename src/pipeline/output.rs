//! From counts to plans to files.

use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde_json::Value as Json;

use super::blocks::stopped;
use super::bridge::Bridges;
use super::cluster::Gathered;
use super::drawing::Sampled;
use super::earlier::{few_without_rows, rows, take_written, written};
use super::error::RunError;
use super::exposure::{self, Plain, ProtectionSummary, Sizes};
use super::frame::Frame;
use super::passes::Summary;
use super::perturbed;
use super::protected::{self, Protected};
use super::recoded::{self, Changed, Recoded};
use super::run::Context;
use super::summary::{BridgeSummary, PersonsSummary};
use super::tables::{Counted, OpenSystem, TableSystem};
use super::utility::{self, Bucket, Look, Pictures, Spread};
use super::watch::Stage;
use crate::config::{Linkage, Linked, Over, Persons, Threshold};
use crate::export::RunDirectory;
use crate::protect::persons::{self, PersonPlan};
use crate::release::{PeopleRelease, RowOrder};
use crate::scan::Scanner;
use crate::sieve::Codebook;
use crate::summarise::{Cells, Classes};
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
    /// For the sender, distributions before and after.
    pub utility: Json,
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
    let Found { codebook, summary, .. } = *found;
    let Planned { plans, told, mut reports, mut summaries, changed } = planned(ctx, found)?;
    let outputs = outputs(ctx, found, (&plans, &told));
    let bridges = Bridges::new(ctx)?;
    let plain = plain(ctx, found, &plans);
    let looks = match ctx.gathered {
        // Other machines did not count how values are distributed.
        Some(_) => Vec::new(),
        None => utility::looks(ctx, codebook, &summary.values, &plans),
    };
    let collected = match ctx.gathered.and_then(Gathered::released) {
        Some((released, key)) => released.collected(key, ctx, &outputs)?,
        None => collect(ctx, found, (&outputs, (&plain, &changed, &looks)), &bridges)?,
    };
    let Collected { stores, left_over, sizes, spreads, written: classes } = collected;
    for (index, (plain, sizes)) in plain.iter().zip(&sizes).enumerate() {
        if let Some(plain) = plain {
            summaries[index] = plain.summary(ctx, sizes);
            reports[index] = exposure::report(plain.persons, summaries[index].as_ref());
        }
    }
    // What noise costs is on disk before anything that has it.
    let perturbed = perturbed::perturb(ctx, found, &left_over)?;
    staged()?;
    ctx.watch.stage(Stage::Export, Some(stores.iter().map(|s| s.buckets() as u64).sum()));
    let write_all = || -> Result<_, RunError> {
        let mut people = Vec::with_capacity(outputs.len());
        for (i, (output, store)) in outputs.iter().zip(&stores).enumerate() {
            let released = write_people(ctx, i, output, store, scanner, directory)?;
            if let Some(told) = &told[i] {
                directory.attest(pipeline.persons[i].recipient, recoded::attested(pipeline, i, told));
            }
            let protection = summaries[i].clone();
            let name = &pipeline.persons[i].name;
            people.push(persons_summary(name, summary.sampled[i], released, (&plans[i], protection)));
        }
        Ok(people)
    };
    // To decide about tables takes one thread for a while, to write rows waits for the disk.
    let decide = || protected::decide(ctx, found, (&left_over, &perturbed));
    let (decided, people) = rayon::join(decide, write_all);
    let (decided, people) = (decided?, people?);
    let mut pictures = Pictures::default();
    let counted = (decided, perturbed.as_slice());
    let mut protected = protected::write(ctx, found, counted, outputs.len(), (scanner, &mut pictures), directory)?;
    if let Some(before) = ctx.before {
        for plain in plain.iter().flatten() {
            let rows = rows(ctx, &before.universe, plain.persons, (plain.classes, plain.plan), codebook);
            let few = few_without_rows(before, &rows, Threshold::DEFAULT.max(plain.persons.k));
            protected.earlier.iter_mut().for_each(|earlier| earlier.unprotected += few);
            protected.recorded.push(rows);
        }
        for (persons, classes) in pipeline.persons.iter().zip(&classes).filter(|(p, _)| p.protection.is_some()) {
            let rows = written(ctx, &before.universe, persons, classes, codebook);
            let threshold = Threshold::DEFAULT.max(persons.k);
            let few = rows.iter().map(|rows| few_without_rows(before, rows, threshold)).max().unwrap_or(0);
            protected.earlier.iter_mut().for_each(|earlier| earlier.unprotected += few);
            protected.recorded.extend(rows);
        }
    }
    let bridges = bridges.write(ctx, scanner, directory)?;
    let utility = utility::document(ctx, &looks, &spreads, &pictures);
    Ok(Written { persons: people, tables: protected, bridges, anonymisation: reports, utility })
}

/// The per-person outputs with their plans.
fn outputs<'p>(
    ctx: &Context<'p>,
    found: &Found<'p>,
    (plans, told): (&'p [PersonPlan], &[Option<Json>]),
) -> Vec<PeopleRelease<'p>> {
    let pipeline = ctx.pipeline;
    let chances = pipeline.sample.is_some().then_some(found.sampled.plan.chances());
    let all = pipeline.persons.iter().zip(plans.iter().zip(told)).enumerate();
    let output = |(index, (persons, (plan, told)))| {
        let order = match pipeline.subject.linkage {
            Linkage::None => RowOrder::Shuffle(ctx.keys.shuffle(pipeline, persons)),
            Linkage::Release | Linkage::Longitudinal => RowOrder::Pseudonym(ctx.keys.pseudonyms(pipeline, persons)),
        };
        let told: &Option<Json> = told;
        PeopleRelease::new(pipeline, index, persons, found.codebook, (plan, told.as_ref()), order, chances)
    };
    all.map(output).collect()
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
    let mut planned = Planned::default();
    for (index, (persons, classes)) in ctx.pipeline.persons.iter().zip(&found.summary.classes).enumerate() {
        let (plan, told, report, summary, changed) = match recoded::plan(ctx, found, index)? {
            Some(Recoded { plan, told, report, summary, changed, .. }) => (plan, Some(told), report, summary, changed),
            // Measured when rows are selected.
            None => (persons::plan(classes, persons.k), None, Json::Null, None, None),
        };
        planned.plans.push(plan);
        planned.told.push(told);
        planned.reports.push(report);
        planned.summaries.push(summary);
        planned.changed.push(changed);
    }
    Ok(planned)
}

/// The outputs that only leave out classes; `None` for others.
pub(super) fn plain<'p>(ctx: &'p Context<'_>, found: &'p Found<'_>, plans: &'p [PersonPlan]) -> Vec<Option<Plain<'p>>> {
    let all = ctx.pipeline.persons.iter().zip(&found.summary.classes).zip(plans);
    let one = |((persons, classes), plan): ((&'p Persons, &'p Classes), &'p PersonPlan)| {
        persons.protection.is_none().then_some(Plain { persons, classes, plan })
    };
    all.map(one).collect()
}

/// What the release pass brings together on a machine that writes nothing.
pub(super) fn collected(ctx: &Context<'_>, found: &Found<'_>) -> Result<Collected, RunError> {
    let Planned { plans, told, changed, .. } = planned(ctx, found)?;
    let outputs = outputs(ctx, found, (&plans, &told));
    let plain = plain(ctx, found, &plans);
    collect(ctx, found, (&outputs, (&plain, &changed, &[])), &Bridges::new(ctx)?)
}

/// What the release pass brought together.
pub(super) struct Collected {
    /// Rows that leave, per per-person output.
    pub stores: Vec<Store>,
    /// For each system of tables over the population beside rows of the same dataset: its cells without the released rows.
    pub left_over: Vec<Option<Cells>>,
    /// For each output that only leaves out classes, its persons by the size of their smallest class.
    pub sizes: Vec<Sizes>,
    /// For each output, how its values are distributed before and after, where that was counted.
    pub spreads: Vec<Spread>,
    /// For each output whose values are changed or made coarser, where a ledger is kept, its rows by what they are and by what they show.
    pub written: Vec<Classes>,
}

/// What a thread counts of the buckets that it selects rows from.
struct Open<'t> {
    tables: Vec<Option<OpenSystem<'t>>>,
    sizes: Vec<Sizes>,
    spreads: Vec<Spread>,
    written: Vec<Classes>,
}

impl Open<'_> {
    fn finish(self) -> Result<Closed, RunError> {
        let tables = self.tables.into_iter().map(|table| table.map(OpenSystem::finish).transpose());
        let tables = tables.collect::<Result<_, _>>()?;
        Ok(Closed { tables, sizes: self.sizes, spreads: self.spreads, written: self.written })
    }
}

/// The same of several buckets.
struct Closed {
    tables: Vec<Option<Counted>>,
    sizes: Vec<Sizes>,
    spreads: Vec<Spread>,
    written: Vec<Classes>,
}

impl Closed {
    fn merge(self, other: Self) -> Result<Self, RunError> {
        let both = |(a, b): (Option<Counted>, Option<Counted>)| a.zip(b).map(|(a, b)| a.merge(b, 0)).transpose();
        let tables = self.tables.into_iter().zip(other.tables).map(both).collect::<Result<_, _>>()?;
        let sizes = self.sizes.into_iter().zip(other.sizes).map(|(a, b)| a.merge(b)).collect();
        let spreads = self.spreads.into_iter().zip(other.spreads).map(|(a, b)| a.merge(b)).collect();
        let written = self.written.into_iter().zip(other.written).map(|(a, b)| a.merge(b)).collect();
        Ok(Self { tables, sizes, spreads, written })
    }
}

/// What is looked at of each output besides its rows: classes, changed values, distributions.
type Counting<'a> = (&'a [Option<Plain<'a>>], &'a [Option<Changed>], &'a [Look<'a>]);

/// Puts the rows that leave into encrypted stores bucketed by the order in which they will leave, and counts what stays.
fn collect(
    ctx: &Context<'_>,
    found: &Found<'_>,
    (outputs, (plain, changed, looks)): (&[PeopleRelease<'_>], Counting<'_>),
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
    let empty = || Open {
        tables: tables.iter().map(|t| t.as_ref().map(|(_, system)| system.open())).collect(),
        sizes: vec![Sizes::default(); outputs.len()],
        spreads: looks.iter().map(Spread::new).collect(),
        written: vec![Classes::default(); outputs.len()],
    };
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
            if let Some(plain) = &plain[leaves.len()] {
                plain.look(found, &people, &drawn.rows[persons.dataset], &mut open.sizes[leaves.len()])?;
            }
            let (at, drawn) = (leaves.len(), &drawn.rows[persons.dataset]);
            let chances = sampled.plan.chances();
            let bucket = Bucket { people: &people, drawn, rows: &rows, leaves: &these, chances };
            if let (Some(spread), Some(look)) = (open.spreads.get_mut(at), looks.get(at)) {
                spread.look(look, codebook, &bucket);
            }
            if ctx.before.is_some() && persons.protection.is_some() {
                let seen = take_written(output, persons, (&people, codebook), (&rows, &these))?;
                open.written[at] = std::mem::take(&mut open.written[at]).merge(seen);
            }
            bridges.take(leaves.len(), &people, &these)?;
            leaves.push(these);
        }
        for (table, open) in tables.iter().zip(&mut open.tables) {
            if let (Some((p, _)), Some(open)) = (table, open) {
                open.count(&people, |row| !leaves[*p][row], |_, _| None)?;
            }
        }
        ctx.watch.advance(1, 0);
        Ok(())
    };
    let closed = if outputs.is_empty() {
        empty().finish()?
    } else {
        let counted = (0..vault.buckets())
            .into_par_iter()
            .try_fold(empty, |mut open, bucket| look(&mut open, bucket).map(|()| open));
        let merged = counted.map(|open| open.and_then(Open::finish)).try_reduce_with(Closed::merge);
        merged.unwrap_or_else(|| empty().finish())?
    };
    let nothing_released = outputs.is_empty();
    let cells = |c: Option<Counted>| c.filter(|_| !nothing_released).map(|c| c.cells);
    Ok(Collected {
        stores,
        left_over: closed.tables.into_iter().map(cells).collect(),
        sizes: closed.sizes,
        spreads: closed.spreads,
        written: closed.written,
    })
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
