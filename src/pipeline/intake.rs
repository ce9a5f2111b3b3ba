//! From files to the vault: read, judge, sieve, join; then leave out what only the whole input shows to be wrong.

use std::sync::Arc;

use hashbrown::HashSet;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::admitted::{self, Loaded, Opened, Release};
use super::blocks::{Pool, for_each, stopped};
use super::content::Content;
use super::error::{Rejection, RunError};
use super::frame::unit_of;
use super::run::Context;
use super::summary::SourceSummary;
use super::uniqueness::{THOROUGH_KINDS, UNIQUE_KINDS, repeated, unique_rows};
use super::watch::Stage;
use crate::config::{Dataset, Exclude, Linkage, Perturb, SampleUnit, Source};
use crate::destroy::Digest;
use crate::ingest::{self, SourceReader};
use crate::keys::SubjectKey;
use crate::scan::{self, Stripped};
use crate::sieve::{Codebook, Dictionaries, Excluded, JoinPlan, Layout, LeftOut, Sieve, SieveScratch, Stager};
use crate::validate::{self, Findings, Judge, Scratch, ValidBatch, Wants};
use crate::vault::{Staging, Store, Vault};

/// What came of the input.
pub(super) struct Intake {
    pub vault: Vault,
    pub codebook: Codebook,
    pub sources: Vec<SourceSummary>,
    /// Fingerprints of what the sieve dropped.
    pub stripped: Stripped,
    /// Content of the source files, in their order, where they may be destroyed later.
    pub digests: Vec<Digest>,
    /// Persons named in registers of objections or objecting in a record.
    pub objections: u64,
    /// Releases among the sources.
    pub releases: Vec<Release>,
    /// Libraries that were loaded.
    pub drivers: Vec<Loaded>,
    /// What the rows of queries are known by.
    pub queries: Vec<QueryContent>,
}

/// What the rows of a query were.
pub(super) struct QueryContent {
    /// Position in `sources`.
    pub source: usize,
    pub records: u64,
    pub sha256: [u8; 32],
}

/// What is known of one source while it is read.
pub(super) struct SourceState {
    /// For each file, where the fields stand; `None` where its records are not judged.
    pub layouts: Vec<Option<validate::Layout>>,
    pub findings: Findings,
    pub summary: SourceSummary,
    /// Of the rows of a query, as far as they were read.
    content: Option<(Content, Vec<String>)>,
}

/// What one thread remembers while it reads a source.
struct ThreadState {
    judge: Scratch,
    sieve: Option<SieveScratch>,
    objected: Excluded,
    stripped: Option<scan::Scratch>,
    content: Option<Content>,
}

/// Reads all sources into the vault.
pub(super) fn intake(ctx: &Context<'_>) -> Result<Intake, RunError> {
    let pipeline = ctx.pipeline;
    let Opened { readers, releases, drivers } = admitted::open(ctx)?;
    let mut states = sound_headers(ctx, &readers)?;
    let mut digests = Vec::new();
    if pipeline.destroy.sources_beneath.is_some() {
        for reader in &readers {
            digests.extend(reader.digests()?.into_iter().map(|f| Digest { bytes: f.bytes, sha256: f.sha256 }));
        }
    }
    let mut excluded = registers(ctx, ctx.keys.subject())?;
    let dictionaries = Dictionaries::new(pipeline);
    let layouts = layouts(ctx);
    let mut vault = Vault::new(layouts.clone(), ctx.buckets, &ctx.budget, &ctx.spill)?;
    let stripped = Stripped::new(pipeline, ctx.buckets, &ctx.budget, &ctx.spill)?;
    let total = readers.iter().map(SourceReader::total_bytes).sum::<Option<u64>>();
    ctx.watch.stage(Stage::Sieve, total);
    let mut readers: Vec<Option<SourceReader>> = readers.into_iter().map(Some).collect();
    let mut objected = Excluded::default();
    for (dataset, (data, layout)) in pipeline.datasets.iter().zip(&layouts).enumerate() {
        let layout = layout.clone();
        let filling = Filling { ctx, dataset, layout, excluded: &excluded, vault: &vault, stripped: &stripped };
        let reject = match data.join {
            None => filling.plain(&mut readers, &mut states, &dictionaries, &mut objected)?,
            Some(_) => filling.joined(&mut readers, &mut states, &dictionaries, &mut objected)?,
        };
        states[data.source].summary.rejected += vault.leave_out_records(dataset, reject)?;
    }
    excluded.merge(objected);
    let objections = excluded.len() as u64;
    count_late_objections(ctx, &vault, &excluded, &mut states)?;
    vault.leave_out_persons(excluded);
    let query = |(source, state): (usize, &SourceState)| {
        let (content, labels) = state.content.as_ref()?;
        Some(QueryContent { source, records: content.records(), sha256: content.digest(labels) })
    };
    let queries = states.iter().enumerate().filter_map(query).collect();
    let sources: Vec<SourceSummary> = states.into_iter().map(SourceState::finish).collect();
    tolerate(ctx, &sources)?;
    let codebook = dictionaries.freeze(pipeline);
    Ok(Intake { vault, codebook, sources, stripped, digests, objections, releases, drivers, queries })
}

/// The columns that the rows of each dataset have in the vault.
pub(super) fn layouts(ctx: &Context<'_>) -> Vec<Layout> {
    let layout = |d: &Dataset| {
        let unique = has_unique(&ctx.pipeline.sources[d.source]);
        Layout::new(d, needs_digests(ctx) || unique, unique)
    };
    ctx.pipeline.datasets.iter().map(layout).collect()
}

impl SourceState {
    pub fn finish(mut self) -> SourceSummary {
        self.summary.findings = self.findings;
        self.summary
    }
}

/// Judges the headers of all files; of one that is not that of its schema, by what can be told of it if `nearest`.
pub(super) fn headers(
    ctx: &Context<'_>,
    readers: &[SourceReader],
    nearest: bool,
) -> Result<Vec<SourceState>, RunError> {
    let mut states = Vec::with_capacity(readers.len());
    for (source, reader) in ctx.pipeline.sources.iter().zip(readers) {
        let files = reader.files();
        let mut findings = Findings::new(ctx.pipeline.limits.places);
        let judge = Judge::new(source, Wants::default(), ctx.keys.tie_key())?;
        let layouts = files.iter().map(|file| match nearest {
            true => judge.nearest_layout(file, &mut findings),
            false => judge.layout(file, &mut findings),
        });
        let layouts = layouts.collect();
        let summary = SourceSummary::new(&source.name, &files);
        let labels = || files.iter().flat_map(|file| file.labels.iter().cloned()).collect();
        let content = source.query.as_ref().map(|_| (Content::default(), labels()));
        states.push(SourceState { layouts, findings, summary, content });
    }
    Ok(states)
}

/// The headers of all files, all of which have to be sound before any record is read.
fn sound_headers(ctx: &Context<'_>, readers: &[SourceReader]) -> Result<Vec<SourceState>, RunError> {
    let states = headers(ctx, readers, false)?;
    if states.iter().flat_map(|s| &s.layouts).all(Option::is_some) {
        return Ok(states);
    }
    let sources: Vec<SourceSummary> = states.into_iter().map(SourceState::finish).collect();
    Err(RunError::Rejected { reason: Rejection::Columns, sources })
}

pub(super) fn registers(ctx: &Context<'_>, key: &SubjectKey) -> Result<Excluded, RunError> {
    let mut excluded = Excluded::default();
    for exclude in &ctx.pipeline.excludes {
        if let Exclude::Register { path, column, encoding, delimiter } = exclude {
            let register = ingest::read_register(path, column, *encoding, *delimiter)?;
            excluded
                .add_register(register.iter(), ctx.pipeline.subject.kind, key)
                .map_err(|problem| RunError::Register { path: path.display().to_string(), problem })?;
        }
    }
    Ok(excluded)
}

pub(super) fn has_unique(source: &Source) -> bool {
    let schema = &source.schema;
    !schema.primary_key.is_empty()
        || !schema.unique_keys.is_empty()
        || schema.fields.iter().any(|f| f.constraints.unique)
}

/// Whether records are ordered or drawn one by one, or one of each person is chosen, by a digest of each.
fn needs_digests(ctx: &Context<'_>) -> bool {
    let by_record = ctx.pipeline.sample.is_some() && unit_of(ctx.pipeline) == SampleUnit::Record;
    let by_person = ctx.pipeline.aggregates.iter().any(|a| a.perturb.as_ref().is_some_and(Perturb::counts_once));
    by_record || by_person || ctx.pipeline.subject.linkage == Linkage::None
}

pub(super) fn conditions(ctx: &Context<'_>, source: usize) -> Vec<String> {
    let of = |e: &Exclude| match e {
        Exclude::When { source: s, sql } if *s == source => Some(sql.clone()),
        _ => None,
    };
    ctx.pipeline.excludes.iter().filter_map(of).collect()
}

/// A source that is about to be read.
pub(super) struct Input<'a> {
    pub source: usize,
    pub reader: SourceReader,
    pub wants: Wants,
    /// Where fingerprints of what is dropped are gathered.
    pub stripped: Option<&'a Stripped>,
}

/// Reads one source through its judge; `take` sees every judged block. Returns the numbers of the records whose values
/// should have been unique.
pub(super) fn read_source(
    ctx: &Context<'_>,
    input: Input<'_>,
    state: &mut SourceState,
    objected: &mut Excluded,
    sieve: impl Fn() -> Option<SieveScratch> + Sync,
    take: impl Fn(&ValidBatch<'_>, &mut Option<SieveScratch>, &mut Excluded) -> Result<(), RunError> + Sync,
) -> Result<HashSet<u64>, RunError> {
    let Input { source, reader, wants, stripped } = input;
    let places = ctx.pipeline.limits.places;
    let thorough = wants.thorough;
    let is_query = state.content.is_some();
    let judge = Judge::new(&ctx.pipeline.sources[source], wants, ctx.keys.tie_key())?;
    let kinds = if thorough { THOROUGH_KINDS.to_vec() } else { UNIQUE_KINDS.to_vec() };
    let unique = Store::new(kinds, ctx.buckets, Arc::clone(&ctx.budget), &ctx.spill)?;
    let pool = Pool::new(|| ThreadState {
        judge: judge.scratch(places),
        sieve: sieve(),
        objected: Excluded::default(),
        stripped: stripped.map(Stripped::scratch),
        content: is_query.then(Content::default),
    });
    let layouts = &state.layouts;
    for_each(reader, &pool, ctx.watch, |raw, thread| {
        thread.content.iter_mut().for_each(|content| content.take(raw));
        let layout = layouts.get(raw.file().index as usize).ok_or(RunError::Bug("a block of an unknown file"))?;
        let Some(layout) = layout else {
            thread.judge.pass_over(raw);
            return Ok(());
        };
        let ThreadState { judge: scratch, sieve, objected, stripped: fingerprints, .. } = thread;
        let batch = judge.judge(raw, layout, scratch)?;
        if let Some(rows) = unique_rows(&batch, thorough) {
            unique.append(&rows)?;
        }
        if let (Some(stripped), Some(fingerprints)) = (stripped, fingerprints) {
            stripped.take(source, &batch, fingerprints)?;
        }
        take(&batch, sieve, objected)
    })?;
    for thread in pool.into_states() {
        state.summary.read += thread.judge.read;
        state.summary.rejected += thread.judge.rejected;
        state.summary.filtered += thread.judge.filtered;
        state.findings.merge(thread.judge.findings);
        objected.merge(thread.objected);
        if let (Some((mine, _)), Some(theirs)) = (&mut state.content, thread.content) {
            mine.merge(theirs);
        }
        if let (Some(stripped), Some(fingerprints)) = (stripped, thread.stripped) {
            stripped.close(fingerprints)?;
        }
        if let Some(sieve) = thread.sieve {
            state.take_sieve(sieve, ctx, source);
        }
    }
    repeated(ctx, &judge, &unique, state)
}

impl SourceState {
    fn take_sieve(&mut self, sieve: SieveScratch, ctx: &Context<'_>, source: usize) {
        self.summary.rejected += sieve.rejected;
        self.summary.excluded += sieve.excluded;
        if let Some(dataset) = ctx.pipeline.datasets.iter().find(|d| d.source == source) {
            for (kept, count) in dataset.kept.iter().zip(sieve.not_in_hierarchy()) {
                if count > 0 {
                    *self.summary.not_in_hierarchy.entry(kept.name.clone()).or_default() += count;
                }
            }
        }
        self.findings.merge(sieve.findings);
    }
}

fn take_reader(readers: &mut [Option<SourceReader>], source: usize) -> Result<SourceReader, RunError> {
    readers[source].take().ok_or(RunError::Bug("a source is read twice"))
}

/// A dataset on its way into the vault.
struct Filling<'a> {
    ctx: &'a Context<'a>,
    dataset: usize,
    layout: Layout,
    excluded: &'a Excluded,
    vault: &'a Vault,
    stripped: &'a Stripped,
}

impl Filling<'_> {
    /// Reads a dataset that stands alone.
    fn plain(
        &self,
        readers: &mut [Option<SourceReader>],
        states: &mut [SourceState],
        dictionaries: &Dictionaries,
        objected: &mut Excluded,
    ) -> Result<HashSet<u64>, RunError> {
        let ctx = self.ctx;
        let data = &ctx.pipeline.datasets[self.dataset];
        let source = data.source;
        let conditions = conditions(ctx, source);
        let sieve = Sieve::new(
            ctx.pipeline,
            self.dataset,
            self.layout.clone(),
            ctx.keys.subject(),
            ctx.pipeline.subject.kind,
            dictionaries.of(self.dataset),
            conditions.len(),
        )
        .ok_or(RunError::Bug("the subject of a plain dataset is not its own"))?;
        let digests = self.layout.digest.is_some();
        let derived = data.derived.clone();
        let wants = Wants { fields: sieve.fields(), derived, conditions, digests, ..Wants::default() };
        let places = ctx.pipeline.limits.places;
        read_source(
            ctx,
            Input { source, reader: take_reader(readers, source)?, wants, stripped: Some(self.stripped) },
            &mut states[source],
            objected,
            || Some(sieve.scratch(places)),
            |batch, scratch, objected| {
                let scratch = scratch.as_mut().ok_or(RunError::Bug("a sieve without memory"))?;
                let sieved = sieve.pass(batch, self.excluded, objected, scratch)?;
                Ok(self.vault.put(&sieved)?)
            },
        )
    }

    /// Reads a dataset to which the columns of another source are joined.
    fn joined(
        &self,
        readers: &mut [Option<SourceReader>],
        states: &mut [SourceState],
        dictionaries: &Dictionaries,
        objected: &mut Excluded,
    ) -> Result<HashSet<u64>, RunError> {
        let ctx = self.ctx;
        let data = &ctx.pipeline.datasets[self.dataset];
        let join = data.join.and_then(|j| ctx.pipeline.joins.get(j)).ok_or(RunError::Bug("a join is lost"))?;
        let when = [conditions(ctx, join.left), conditions(ctx, join.right)];
        let plan = JoinPlan::new(
            ctx.pipeline,
            self.dataset,
            self.layout.clone(),
            ctx.keys.subject(),
            ctx.pipeline.subject.kind,
            dictionaries.of(self.dataset),
            [when[0].len(), when[1].len()],
        )
        .ok_or(RunError::Bug("the subject of a joined dataset is derived"))?;
        let [left_when, right_when] = when;
        let stage = |stager: &Stager<'_>, source, conditions, readers: &mut [_], states: &mut [_], objected: &mut _| {
            let derived = if source == data.source { data.derived.clone() } else { Vec::new() };
            let digests = stager.layout().digest.is_some();
            let wants = Wants { fields: stager.fields(), derived, conditions, digests, ..Wants::default() };
            let staging = Staging::new(stager.layout().kinds.clone(), ctx.buckets, &ctx.budget, &ctx.spill)?;
            let reader = take_reader(readers, source)?;
            let reject = read_source(
                ctx,
                Input { source, reader, wants, stripped: Some(self.stripped) },
                &mut states[source],
                objected,
                || None,
                |batch, _, o| Ok(staging.put(&stager.pass(batch, o)?)?),
            )?;
            Ok::<_, RunError>((staging, reject))
        };
        let (right, right_reject) = stage(&plan.right, join.right, right_when, readers, states, objected)?;
        states[join.right].summary.rejected += right_reject.len() as u64;
        let (left, left_reject) = stage(&plan.left, join.left, left_when, readers, states, objected)?;
        self.join(&plan, &left, &right, &right_reject, states)?;
        Ok(left_reject)
    }

    fn join(
        &self,
        plan: &JoinPlan<'_>,
        left: &Staging,
        right: &Staging,
        right_reject: &HashSet<u64>,
        states: &mut [SourceState],
    ) -> Result<(), RunError> {
        let ctx = self.ctx;
        let places = ctx.pipeline.limits.places;
        let frozen = plan.freeze();
        let pool = Pool::new(|| (plan.scratch(places), Findings::new(places), 0u64, 0u64, 0u64));
        (0..left.buckets()).into_par_iter().try_for_each(|bucket| -> Result<(), RunError> {
            stopped(ctx.watch)?;
            let (l, r) = (left.bucket(bucket)?, right.bucket(bucket)?);
            let (batch, counts) = pool.with(|(scratch, findings, ..)| {
                plan.join(&l, &r, &frozen, LeftOut { persons: self.excluded, right: right_reject }, scratch, findings)
            })?;
            pool.with(|(_, _, rejected, excluded, ambiguous)| {
                *rejected += counts.unmatched + counts.nobody;
                *excluded += counts.excluded;
                *ambiguous += counts.ambiguous;
            });
            Ok(self.vault.put(&batch)?)
        })?;
        let join = &ctx.pipeline.datasets[self.dataset].join.map(|j| &ctx.pipeline.joins[j]);
        let Some(join) = join else { return Err(RunError::Bug("a join is lost")) };
        for (scratch, findings, rejected, excluded, ambiguous) in pool.into_states() {
            states[join.right].findings.merge(findings);
            states[join.right].summary.rejected += ambiguous;
            states[join.left].summary.rejected += rejected;
            states[join.left].summary.excluded += excluded;
            states[join.left].take_sieve(scratch, ctx, join.left);
        }
        Ok(())
    }
}

/// Counts the records that fall out because their person objects in a record read later.
fn count_late_objections(
    ctx: &Context<'_>,
    vault: &Vault,
    excluded: &Excluded,
    states: &mut [SourceState],
) -> Result<(), RunError> {
    if !ctx.pipeline.excludes.iter().any(|e| matches!(e, Exclude::When { .. })) {
        return Ok(());
    }
    for (dataset, data) in ctx.pipeline.datasets.iter().enumerate() {
        let late = (0..vault.buckets()).into_par_iter().map(|bucket| -> Result<u64, RunError> {
            stopped(ctx.watch)?;
            let rows = vault.bucket(dataset, bucket)?;
            Ok(rows.key.iter().filter(|p| excluded.contains(**p)).count() as u64)
        });
        states[data.source].summary.excluded += late.try_reduce(|| 0, |a, b| Ok(a + b))?;
    }
    Ok(())
}

/// Stops the run where too large a share of a source was rejected; of a release, which was judged before it left, a single record.
pub(super) fn tolerate(ctx: &Context<'_>, sources: &[SourceSummary]) -> Result<(), RunError> {
    let allowed = ctx.pipeline.limits.reject_above.get();
    let limits = ctx.pipeline.sources.iter().map(|source| if source.release.is_some() { 0.0 } else { allowed });
    let over = |(s, limit): &(&SourceSummary, f64)| s.read > 0 && s.rejected as f64 > limit * s.read as f64;
    let Some((source, limit)) = sources.iter().zip(limits).find(over) else { return Ok(()) };
    if ctx.pipeline.sources.iter().any(|s| s.name == source.name && s.release.is_some()) {
        let reason = Rejection::Release { wrong: source.rejected, name: source.name.clone() };
        return Err(RunError::Rejected { reason, sources: sources.to_vec() });
    }
    let (wrong, read, name) = (source.rejected, source.read, source.name.clone());
    let reason = Rejection::Share { wrong, read, name, limit };
    Err(RunError::Rejected { reason, sources: sources.to_vec() })
}
