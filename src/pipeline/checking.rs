//! Reads and judges every source alone: no joins, no exclusions, nothing is kept but digests of keys.

use std::path::Path;
use std::sync::Arc;

use hashbrown::HashSet;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::admitted::{self, Opened};
use super::blocks::stopped;
use super::error::RunError;
use super::identity::{Identity, Repeat};
use super::intake::{Input, SourceState, headers, read_source};
use super::keys::RunKeys;
use super::perturbed;
use super::run::Context;
use super::summary::SourceSummary;
use super::watch::{Stage, Watch};
use crate::config::{Pipeline, Reference};
use crate::ingest::SourceReader;
use crate::sieve::{Excluded, Kind, Rows, Values, place_of, record_number};
use crate::validate::{FindingKind, Findings, KeyColumns, Place, ValidBatch, Wants};
use crate::vault::{Budget, Store};

/// Kinds of the columns behind the digest of a key: number of the foreign key, side, number of the record, twice
/// the line and one more where the record has a finding anyhow.
const KEY_KINDS: [Kind; 4] = [Kind::Word; 4];

/// Reads and judges every source. A header that is not its schema's is told, and what can be judged of its file is.
pub(super) fn judge_only(ctx: &Context<'_>) -> Result<Vec<SourceSummary>, RunError> {
    let Opened { readers, .. } = admitted::open(ctx)?;
    let mut states = headers(ctx, &readers, true)?;
    let references: Vec<Reference> = ctx.pipeline.references().into_iter().flatten().collect();
    let keys = Store::new(KEY_KINDS.to_vec(), ctx.buckets, Arc::clone(&ctx.budget), &ctx.spill)?;
    let total = readers.iter().map(SourceReader::total_bytes).sum::<Option<u64>>();
    ctx.watch.stage(Stage::Sieve, total);
    for (source, reader) in readers.into_iter().enumerate() {
        let wants = Wants { thorough: true, keys: columns(ctx, &references, source), ..Wants::default() };
        let input = Input { source, reader, wants, stripped: None };
        let nobody = &mut Excluded::default();
        let keep = |batch: &ValidBatch<'_>| key_rows(batch).map_or(Ok(()), |rows| keys.append(&rows));
        let repeated = read_source(ctx, input, &mut states[source], nobody, || None, |batch, _, _| Ok(keep(batch)?))?;
        states[source].summary.rejected += repeated.len() as u64;
    }
    without_partner(ctx, &references, &keys, &mut states)?;
    Ok(states.into_iter().map(SourceState::finish).collect())
}

/// The sets of fields of a source that are looked up, or looked up in.
fn columns(ctx: &Context<'_>, references: &[Reference], source: usize) -> Vec<KeyColumns> {
    let mut sets = Vec::new();
    for (number, reference) in references.iter().enumerate() {
        let field = |source: usize, field: usize| &ctx.pipeline.sources[source].schema.fields[field];
        let logical = |&(a, b): &(usize, usize)| {
            // `01` and `1` are one integer; what is an integer on one side and text on the other is compared as text.
            (a, b, field(reference.from, a).logical() != field(reference.to, b).logical())
        };
        let fields: Vec<_> = reference.fields.iter().map(logical).collect();
        let number = number as u16;
        if reference.from == source {
            let fields = fields.iter().map(|&(a, _, as_text)| (a, as_text)).collect();
            sets.push(KeyColumns { number, refers: true, fields });
        }
        if reference.to == source {
            let fields = fields.iter().map(|&(_, b, as_text)| (b, as_text)).collect();
            sets.push(KeyColumns { number, refers: false, fields });
        }
    }
    sets
}

fn key_rows(batch: &ValidBatch<'_>) -> Option<Rows> {
    let entries = batch.keys();
    if entries.is_empty() {
        return None;
    }
    let words = |of: &dyn Fn(&crate::validate::KeyEntry) -> u64| Values::Word(entries.iter().map(of).collect());
    Some(Rows {
        key: entries.iter().map(|e| e.key).collect(),
        columns: vec![
            words(&|e| u64::from(e.number)),
            words(&|e| u64::from(e.refers)),
            words(&|e| record_number(batch.place(e.row))),
            words(&|e| batch.place(e.row).line << 1 | u64::from(e.bad)),
        ],
    })
}

/// Reports the records whose keys stand nowhere in the table they are looked up in.
fn without_partner(
    ctx: &Context<'_>,
    references: &[Reference],
    keys: &Store,
    states: &mut [SourceState],
) -> Result<(), RunError> {
    let places = ctx.pipeline.limits.places;
    let found = (0..keys.buckets()).into_par_iter().map(|bucket| -> Result<_, RunError> {
        stopped(ctx.watch)?;
        let rows = keys.bucket(bucket)?;
        let (keys, sides) = (&rows.key, rows.words(1));
        let is = |side: u64| keys.iter().enumerate().filter(move |(row, _)| sides[*row] == side);
        let there: HashSet<u128> = is(0).map(|(_, key)| *key).collect();
        let mut findings: Vec<_> = references.iter().map(|_| (Findings::new(places), HashSet::new())).collect();
        for (row, _) in is(1).filter(|(_, key)| !there.contains(*key)) {
            let number = rows.words(0)[row] as usize;
            let Some(reference) = references.get(number) else { continue };
            let key = &ctx.pipeline.sources[reference.from].schema.foreign_keys[reference.key];
            let (record, more) = (rows.words(2)[row], rows.words(3)[row]);
            let place = Place { line: more >> 1, ..place_of(record) };
            if more & 1 == 0 {
                findings[number].1.insert(record);
            }
            findings[number].0.add(FindingKind::ForeignKey, Some(&key.fields.join(", ")), Some(&key.resource), place);
        }
        Ok(findings)
    });
    let none = || references.iter().map(|_| (Findings::new(places), HashSet::new())).collect::<Vec<_>>();
    let merged = found.try_reduce(none, |mut a, b| {
        for (mine, theirs) in a.iter_mut().zip(b) {
            mine.0.merge(theirs.0);
            mine.1.extend(theirs.1);
        }
        Ok(a)
    })?;
    let mut wrong: Vec<HashSet<u64>> = states.iter().map(|_| HashSet::new()).collect();
    for (reference, (findings, records)) in references.iter().zip(merged) {
        states[reference.from].findings.merge(findings);
        wrong[reference.from].extend(records);
    }
    for (state, records) in states.iter_mut().zip(wrong) {
        state.summary.rejected += records.len() as u64;
    }
    Ok(())
}

/// Reads and judges every source of a pipeline, and publishes nothing. Findings may be many; that is no error. Files that runs in
/// the folder `since` released from are left out.
///
/// # Errors
/// A file that cannot be read, or a schema that cannot be used; [`RunError::NothingNew`] where every file is left out.
pub fn check(
    pipeline: &Pipeline,
    since: Option<&Path>,
    threads: Option<usize>,
    watch: &dyn Watch,
) -> Result<Vec<SourceSummary>, RunError> {
    perturbed::ready(pipeline)?;
    let keys = RunKeys::fresh(pipeline)?;
    let budget = Budget::new(pipeline.limits.memory);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0));
    let pool = pool.build().map_err(|_| RunError::Threads)?;
    let mut ctx = Context::new(pipeline, &keys, watch, budget);
    if let Some(runs) = since {
        let identity = pool.install(|| Identity::of(pipeline, None, runs, Repeat::LeftOut))?;
        ctx.left_out = identity.map(|identity| identity.left_out()).unwrap_or_default();
    }
    match pool.install(|| judge_only(&ctx)) {
        Ok(sources) => Ok(sources),
        Err(RunError::Rejected { sources, .. }) => Ok(sources),
        Err(error) => Err(error),
    }
}
