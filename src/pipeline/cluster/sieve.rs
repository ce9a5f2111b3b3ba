//! The sieve on one of many machines: a share of the records of a source in, parts by bucket out.

use std::io::Read;
use std::sync::Arc;

use super::super::error::RunError;
use super::super::intake::{conditions, layouts};
use super::super::run::Context;
use super::forms::{Counts, Texts, seal_form, seal_numbered};
use super::gathered::Gathered;
use super::{Around, ClusterError, Emit, Keys, Parts, Pass, kind, on_threads};
use crate::ingest::RecordStream;
use crate::scan::Stripped;
use crate::sieve::{Codebook, Dictionaries, Excluded, Kind, Layout, Rows, Sieve, Values};
use crate::validate::{Findings, Judge, ValidBatch, Wants};
use crate::vault::{Budget, Store, Vault, bucket_of, bytes_of_rows};

/// Kinds of the columns behind the digest of a value that must be unique: set, digest of the record, person.
pub(super) const UNIQUE_KINDS: [Kind; 3] = [Kind::Word, Kind::Word, Kind::Digest];
/// Rows that go together at most.
const ROWS: usize = 1 << 16;

/// Judges and sieves the records of a stream. Nothing is given before the whole stream was read and found sound.
///
/// # Errors
/// [`RunError`]: a stream that is cut short, columns that are not those of the schema, bad records where the pipeline lets none
/// pass, and whatever the stages of a run fail by.
pub fn sieve(
    around: Around<'_>,
    source: &str,
    input: impl Read + Send,
    known: Parts,
    emit: Emit<'_>,
) -> Result<(), RunError> {
    let Around { pipeline, key, threads, watch } = around;
    let keys = Keys::new(pipeline, key)?;
    let at = pipeline.sources.iter().position(|s| s.name == source);
    let at = at.ok_or_else(|| ClusterError::NoSource { name: source.to_owned() })?;
    let mut gathered = Gathered::new(pipeline, keys.passage);
    gathered.take_all(known)?;
    gathered.need(Pass::Begin)?;
    let ctx = Context::new(pipeline, &keys.run, watch, Budget::new(pipeline.limits.memory));
    let sieved = on_threads(threads, || Sieved::read(&ctx, &gathered, at, input))??;
    sieved.emit(&ctx, &gathered, emit)
}

/// What came of a share of a source.
struct Sieved {
    source: usize,
    dataset: usize,
    vault: Vault,
    codebook: Codebook,
    unique: Store,
    objected: Excluded,
    stripped: Stripped,
    counts: Counts,
}

impl Sieved {
    fn read(ctx: &Context<'_>, gathered: &Gathered, source: usize, input: impl Read) -> Result<Self, RunError> {
        let pipeline = ctx.pipeline;
        let name = || pipeline.sources[source].name.clone();
        // Joins are refused: every source is a dataset.
        let found = pipeline.datasets.iter().position(|d| d.source == source);
        let dataset = found.ok_or(RunError::Bug("a source without dataset"))?;
        let data = &pipeline.datasets[dataset];
        let dictionaries = Dictionaries::new(pipeline);
        let layouts = layouts(ctx);
        let layout = layouts[dataset].clone();
        let vault = Vault::new(layouts, ctx.buckets, &ctx.budget, &ctx.spill)?;
        let unique = Store::new(UNIQUE_KINDS.to_vec(), ctx.buckets, Arc::clone(&ctx.budget), &ctx.spill)?;
        let stripped = Stripped::shared(gathered.passage(), pipeline, ctx.buckets, &ctx.budget, &ctx.spill)?;
        let excluded = gathered.registered();
        let (sieve, judge) = made(ctx, (source, dataset), layout, &dictionaries)?;
        let mut stream = RecordStream::open(input)?;
        let mut counts = Counts::of_source(source);
        let mut headers = Findings::new(0);
        let Some(layout) = judge.layout(stream.file(), &mut headers) else {
            return Err(ClusterError::Columns { name: name(), problem: first(&headers) }.into());
        };
        let mut scratch = judge.scratch(0);
        let mut of_sieve = sieve.scratch(0);
        let mut fingerprints = stripped.scratch();
        let mut objected = Excluded::default();
        while let Some(raw) = stream.next_batch()? {
            let batch = judge.judge(&raw, &layout, &mut scratch)?;
            if let Some(rows) = unique_rows(&batch, &sieve) {
                unique.append(&rows)?;
            }
            stripped.take(source, &batch, &mut fingerprints)?;
            vault.put(&sieve.pass(&batch, &excluded, &mut objected, &mut of_sieve)?)?;
        }
        stripped.close(fingerprints)?;
        counts.read = scratch.read;
        counts.filtered = scratch.filtered;
        counts.rejected = scratch.rejected + of_sieve.rejected;
        counts.excluded = of_sieve.excluded;
        for (kept, count) in data.kept.iter().zip(of_sieve.not_in_hierarchy()).filter(|(_, count)| *count > 0) {
            counts.not_in_hierarchy.insert(kept.name.clone(), count);
        }
        let mut findings = scratch.findings;
        findings.merge(of_sieve.findings);
        counts.take_findings(&findings);
        // Elsewhere only the whole input shows whether too many records are wrong.
        if counts.rejected > 0 && pipeline.limits.reject_above.get() == 0.0 {
            let (count, problem) = (counts.rejected, first(&findings));
            return Err(ClusterError::BadRecords { name: name(), count, problem }.into());
        }
        let codebook = dictionaries.freeze(pipeline);
        Ok(Self { source, dataset, vault, codebook, unique, objected, stripped, counts })
    }

    fn emit(self, ctx: &Context<'_>, gathered: &Gathered, emit: Emit<'_>) -> Result<(), RunError> {
        let key = gathered.passage();
        for bucket in 0..self.vault.buckets() {
            for rows in self.vault.carry(self.dataset, bucket, &self.codebook)? {
                emit(seal_numbered(key, kind::ROWS, bucket as u32, self.dataset, &rows)?)?;
            }
        }
        for bucket in 0..self.unique.buckets() {
            let rows = self.unique.bucket(bucket)?;
            let places: Vec<u32> = (0..rows.len() as u32).collect();
            for places in places.chunks(ROWS) {
                let bytes = bytes_of_rows(rows.gather(places))?;
                emit(seal_numbered(key, kind::UNIQUE, bucket as u32, self.source, &bytes)?)?;
            }
        }
        let objected = self.objected.sorted();
        for persons in objected.chunk_by(|a, b| bucket_of(*a, ctx.buckets) == bucket_of(*b, ctx.buckets)) {
            let bucket = persons.first().map_or(0, |person| bucket_of(*person, ctx.buckets));
            emit(seal_form(key, kind::OBJECTIONS, bucket as u32, &persons)?)?;
        }
        let texts = |column: usize| -> Texts {
            let texts = self.codebook.texts(self.dataset, column).map(str::to_owned).collect();
            (self.dataset, column, texts)
        };
        let columns = 0..ctx.pipeline.datasets[self.dataset].kept.len();
        emit(seal_form(key, kind::TEXTS, 0, &columns.map(texts).collect::<Vec<Texts>>())?)?;
        emit(seal_form(key, kind::COUNTS, 0, &self.counts)?)?;
        self.stripped.carry(|carried| emit(seal_form(key, kind::STRIPPED, 0, &carried)?))
    }
}

/// The sieve of a dataset that stands alone, and the judge of its source.
fn made<'k>(
    ctx: &Context<'k>,
    (source, dataset): (usize, usize),
    layout: Layout,
    dictionaries: &Dictionaries,
) -> Result<(Sieve<'k>, Judge), RunError> {
    let pipeline = ctx.pipeline;
    let conditions = conditions(ctx, source);
    let digests = layout.digest.is_some();
    let (key, kind) = (ctx.keys.subject(), pipeline.subject.kind);
    let sieve = Sieve::new(pipeline, dataset, layout, key, kind, dictionaries.of(dataset), conditions.len());
    let sieve = sieve.ok_or(RunError::Bug("the subject of a plain dataset is not its own"))?;
    let derived = pipeline.datasets[dataset].derived.clone();
    let wants = Wants { fields: sieve.fields(), derived, conditions, digests, ..Wants::default() };
    let judge = Judge::new(&pipeline.sources[source], wants, ctx.keys.tie_key())?;
    Ok((sieve, judge))
}

/// What the records of a block hold in columns whose values are unique, with the person of each: a record has no number that
/// holds on all machines.
fn unique_rows(batch: &ValidBatch<'_>, sieve: &Sieve<'_>) -> Option<Rows> {
    let entries = batch.unique();
    if entries.is_empty() {
        return None;
    }
    let digest = |row: u32| batch.digests().get(row as usize).copied().unwrap_or(0);
    Some(Rows {
        key: entries.iter().map(|e| e.key).collect(),
        columns: vec![
            Values::Word(entries.iter().map(|e| u64::from(e.set)).collect()),
            Values::Word(entries.iter().map(|e| digest(e.row)).collect()),
            Values::Digest(entries.iter().map(|e| sieve.person(batch, e.row).unwrap_or(0)).collect()),
        ],
    })
}

/// The first kind of finding, with its field and rule.
fn first(findings: &Findings) -> String {
    findings.iter().next().map_or_else(String::new, |(key, _)| {
        let field = key.field.as_ref().map(|field| format!(" in `{field}`")).unwrap_or_default();
        let rule = key.rule.as_ref().map(|rule| format!(" ({rule})")).unwrap_or_default();
        format!("{}{field}{rule}", key.kind.as_str())
    })
}
