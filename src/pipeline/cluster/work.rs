//! The passes over buckets on one of many machines, and what one machine makes of what they counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::drawing;
use super::super::error::RunError;
use super::super::frame::Frame;
use super::super::intake::{registers, tolerate};
use super::super::output::{self, Found};
use super::super::passes;
use super::super::run::Context;
use super::forms::{CensusForm, Counts, LeftForm, SummaryForm, open_numbered, seal_form, seal_numbered};
use super::gathered::Gathered;
use super::load::{Loaded, load};
use super::sieve::UNIQUE_KINDS;
use super::{Around, ClusterError, Emit, Keys, Parts, Pass, kind, on_threads};
use crate::sample::Draw;
use crate::validate::{FindingKey, Findings, Judge, Wants};
use crate::vault::{Budget, Store, Vault, bucket_of, bytes_of_rows};

/// Rows that go together at most.
const ROWS: usize = 1 << 16;

/// What all workers are to know before they begin: who objected in a register, and whether the key of the run is a kept one.
///
/// # Errors
/// [`RunError`]: a pipeline that one machine alone can run, a register that cannot be read.
pub fn begin(around: Around<'_>, kept: bool, emit: Emit<'_>) -> Result<(), RunError> {
    let Around { pipeline, key, watch, .. } = around;
    let keys = Keys::new(pipeline, key)?;
    let ctx = Context::new(pipeline, &keys.run, watch, Budget::new(pipeline.limits.memory));
    let persons = registers(&ctx, keys.run.subject())?.sorted();
    let mut gathered = Gathered::new(pipeline, keys.passage);
    let parts = [
        seal_form(gathered.passage(), kind::KEPT, 0, &kept)?,
        seal_form(gathered.passage(), kind::REGISTERS, 0, &persons)?,
    ];
    parts.iter().try_for_each(|part| gathered.take(part))?;
    gathered.emit(Pass::Begin, None, emit)
}

/// One pass over all parts of some buckets.
///
/// # Errors
/// [`RunError`].
pub fn work(around: Around<'_>, pass: Pass, known: Parts, input: Parts, emit: Emit<'_>) -> Result<(), RunError> {
    let Around { pipeline, key, threads, watch } = around;
    let keys = Keys::new(pipeline, key)?;
    let mut gathered = Gathered::new(pipeline, keys.passage);
    gathered.take_all(known)?;
    let ctx = Context::new(pipeline, &keys.run, watch, Budget::new(pipeline.limits.memory));
    let ctx = Context { gathered: Some(&gathered), ..ctx };
    on_threads(threads, || match pass {
        Pass::Unique => unique(&ctx, &gathered, input, emit),
        Pass::Census => census(&ctx, &gathered, input, emit),
        Pass::Draw => draw(&ctx, &gathered, input, emit),
        Pass::Summary => summary(&ctx, &gathered, input, emit),
        Pass::Release => release(&ctx, &gathered, input, emit),
        Pass::Begin | Pass::Sieve => Err(RunError::Bug("a pass over buckets that is none")),
    })?
}

/// What one machine makes of what all workers gave in a pass: its plan, for the passes after. Fingerprints of what was stripped
/// go to `stripped` as they are, since they are many.
///
/// # Errors
/// [`RunError`]: too many bad records, a sample that cannot be drawn.
pub fn merge(
    around: Around<'_>,
    pass: Pass,
    known: Parts,
    input: Parts,
    emit: Emit<'_>,
    stripped: Emit<'_>,
) -> Result<(), RunError> {
    let Around { pipeline, key, threads, watch } = around;
    let keys = Keys::new(pipeline, key)?;
    let mut before = Gathered::new(pipeline, keys.passage);
    before.take_all(known)?;
    before.need(Pass::Begin)?;
    let sieved = before.rows_of_sieve();
    let mut gathered = Gathered::new(pipeline, keys.run.passage(pipeline));
    for part in input {
        let part = part?;
        // What was gathered until now, with what is new, is what a run would know.
        match part.kind.as_str() {
            kind::STRIPPED => stripped(part)?,
            _ => {
                before.take(&part)?;
                gathered.take(&part)?;
            }
        }
    }
    before.whole(pass, sieved)?;
    let ctx = Context::new(pipeline, &keys.run, watch, Budget::new(pipeline.limits.memory));
    let ctx = Context { gathered: Some(&before), ..ctx };
    tolerate(&ctx, &before.sources(pipeline)?)?;
    on_threads(threads, || -> Result<(), RunError> {
        if !matches!(pass, Pass::Census | Pass::Draw) {
            return gathered.emit(pass, None, emit);
        }
        if pass == Pass::Draw {
            before.need(Pass::Census)?;
        }
        let vault = nobody(&ctx)?;
        let codebook = before.dictionaries(pipeline).freeze(pipeline);
        let frame = Frame::new(&ctx, &codebook, &vault);
        let sizes = if before.census().is_some() { drawing::sizes_to_draw(&ctx, &vault, &frame)? } else { None };
        if pass == Pass::Draw {
            // What a run refuses is refused before the next pass.
            drawing::sample(&ctx, &vault, &frame, &mut |_, _| Ok(()))?;
        }
        gathered.emit(pass, sizes.as_ref(), emit)
    })?
}

/// A vault without rows.
fn nobody(ctx: &Context<'_>) -> Result<Vault, RunError> {
    Ok(Vault::new(super::super::intake::layouts(ctx), ctx.buckets, &ctx.budget, &ctx.spill)?)
}

/// Finds the records that repeat a value, and tells the buckets of their persons.
fn unique(ctx: &Context<'_>, gathered: &Gathered, input: Parts, emit: Emit<'_>) -> Result<(), RunError> {
    gathered.need(Pass::Sieve)?;
    let pipeline = ctx.pipeline;
    let key = gathered.passage();
    let new = || Store::new(UNIQUE_KINDS.to_vec(), ctx.buckets, Arc::clone(&ctx.budget), &ctx.spill);
    let stores: Vec<Store> = pipeline.sources.iter().map(|_| new()).collect::<Result<_, _>>()?;
    for part in input {
        let part = part?;
        if part.kind != kind::UNIQUE {
            return Err(ClusterError::Damaged.into());
        }
        let (source, bytes) = open_numbered(key, &part)?;
        let store = stores.get(source).ok_or(ClusterError::Damaged)?;
        store.append(&crate::vault::rows_of_bytes(&bytes, &UNIQUE_KINDS)?)?;
    }
    for (source, store) in stores.iter().enumerate().filter(|(_, store)| store.rows() > 0) {
        let judge = Judge::new(&pipeline.sources[source], Wants::default(), ctx.keys.tie_key())?;
        let keys = judge.unique_keys();
        let mut findings = Findings::new(0);
        let mut repeats: BTreeMap<u32, Vec<(u128, u64, u64)>> = BTreeMap::new();
        for bucket in 0..store.buckets() {
            let rows = store.bucket(bucket)?;
            let (sets, digests, persons) = (rows.words(0), rows.words(1), rows.digests(2));
            let record = |row: usize| (digests[row], persons[row]);
            let mut start = 0;
            for run in rows.key.chunk_by(|a, b| a == b) {
                let own = start..start + run.len();
                start = own.end;
                // As on one machine the record with the smallest digest stays; which of its equals it is, nobody can tell.
                let Some(stays) = own.clone().min_by_key(|row| (record(*row), *row)) else { continue };
                for row in own.filter(|row| *row != stays) {
                    let set = sets[row] as u16;
                    let rule = Some(keys.name(set).to_owned());
                    findings.count(FindingKey { kind: keys.kind(set), field: None, rule }, 1);
                    let bucket = bucket_of(persons[row], ctx.buckets) as u32;
                    let equal = u64::from(record(row) == record(stays));
                    repeats.entry(bucket).or_default().push((persons[row], digests[row], equal));
                }
            }
        }
        for (bucket, mut all) in repeats {
            all.sort_unstable();
            emit(seal_form(key, kind::REPEATS, bucket, &(source, all))?)?;
        }
        let mut counts = Counts::of_source(source);
        counts.take_findings(&findings);
        emit(seal_form(key, kind::COUNTS, 0, &counts)?)?;
    }
    Ok(())
}

/// Counts the frame, and what fell out since the sieve.
fn census(ctx: &Context<'_>, gathered: &Gathered, input: Parts, emit: Emit<'_>) -> Result<(), RunError> {
    gathered.need(Pass::Sieve)?;
    let Loaded { vault, codebook, counts, objectors, rows } = load(ctx, gathered, input)?;
    let frame = Frame::new(ctx, &codebook, &vault);
    let (census, faults) = drawing::census(ctx, &vault, &frame)?.into_counts();
    let key = gathered.passage();
    emit(seal_form(key, kind::CENSUS, 0, &CensusForm { census, faults, rows, objectors })?)?;
    for counts in &counts {
        emit(seal_form(key, kind::COUNTS, 0, counts)?)?;
    }
    Ok(())
}

/// Finds the smallest random numbers of each stratum, where the sizes call for it.
fn draw(ctx: &Context<'_>, gathered: &Gathered, input: Parts, emit: Emit<'_>) -> Result<(), RunError> {
    gathered.need(Pass::Census)?;
    let Loaded { vault, codebook, .. } = load(ctx, gathered, input)?;
    let frame = Frame::new(ctx, &codebook, &vault);
    let Some(sizes) = drawing::sizes_to_draw(ctx, &vault, &frame)? else { return Ok(()) };
    let drawn: Draw<'_> = drawing::lowest(ctx, &vault, &frame, &sizes)?;
    emit(seal_form(gathered.passage(), kind::DRAW, 0, &drawn.into_part())?)
}

/// Counts cells and classes.
fn summary(ctx: &Context<'_>, gathered: &Gathered, input: Parts, emit: Emit<'_>) -> Result<(), RunError> {
    gathered.need(Pass::Draw)?;
    let Loaded { vault, codebook, rows: given, .. } = load(ctx, gathered, input)?;
    let frame = Frame::new(ctx, &codebook, &vault);
    let sampled = drawing::sample(ctx, &vault, &frame, &mut |_, _| Ok(()))?;
    let summary = passes::summarise(ctx, &vault, &codebook, &frame, &sampled)?;
    emit(seal_form(gathered.passage(), kind::SUMMARY, 0, &SummaryForm::of(summary, given))?)
}

/// Selects the rows that leave.
fn release(ctx: &Context<'_>, gathered: &Gathered, input: Parts, emit: Emit<'_>) -> Result<(), RunError> {
    gathered.need(Pass::Summary)?;
    let Loaded { vault, codebook, rows: given, .. } = load(ctx, gathered, input)?;
    let frame = Frame::new(ctx, &codebook, &vault);
    let sampled = drawing::sample(ctx, &vault, &frame, &mut |_, _| Ok(()))?;
    let summary = passes::summarise(ctx, &vault, &codebook, &frame, &sampled)?;
    let found = Found { vault: &vault, codebook: &codebook, frame: &frame, sampled: &sampled, summary: &summary };
    let output::Collected { stores, left_over, sizes, .. } = output::collected(ctx, &found)?;
    let key = gathered.passage();
    let released = stores.iter().map(Store::rows).collect();
    for (output, store) in stores.iter().enumerate() {
        for bucket in 0..store.buckets() {
            let rows = store.bucket(bucket)?;
            let places: Vec<u32> = (0..rows.len() as u32).collect();
            for places in places.chunks(ROWS) {
                let bytes = bytes_of_rows(rows.gather(places))?;
                emit(seal_numbered(key, kind::RELEASED, bucket as u32, output, &bytes)?)?;
            }
        }
    }
    emit(seal_form(key, kind::LEFT, 0, &LeftForm { rows: given, released, left_over, sizes })?)
}
