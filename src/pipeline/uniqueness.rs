//! Values that are unique: what every record leaves, and the records that share a value when all are read.

use hashbrown::HashSet;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::blocks::stopped;
use super::error::RunError;
use super::intake::SourceState;
use super::run::Context;
use crate::sieve::{Kind, Rows, Values, place_of, record_number};
use crate::validate::{Findings, Judge, Place, ValidBatch, duplicates};
use crate::vault::Store;

/// Kinds of the columns behind the digest of a value that must be unique: set, digest and number of the record.
pub(super) const UNIQUE_KINDS: [Kind; 3] = [Kind::Word, Kind::Word, Kind::Word];
/// Where judging is all that is done, a fourth: twice the line, and one more where the record has a finding anyhow.
pub(super) const THOROUGH_KINDS: [Kind; 4] = [Kind::Word; 4];

/// What the records of a block leave; `None` where that is nothing.
pub(super) fn unique_rows(batch: &ValidBatch<'_>, thorough: bool) -> Option<Rows> {
    let entries = batch.unique();
    if entries.is_empty() {
        return None;
    }
    let digests = batch.digests();
    let key = entries.iter().map(|e| e.key).collect();
    let set = entries.iter().map(|e| u64::from(e.set)).collect();
    // Whoever reads findings looks for a second record behind a first one: there the order of the file decides.
    let digest = |row: u32| if thorough { 0 } else { digests.get(row as usize).copied().unwrap_or(0) };
    let digest = entries.iter().map(|e| digest(e.row)).collect();
    let record = entries.iter().map(|e| record_number(batch.place(e.row))).collect();
    let mut columns = vec![Values::Word(set), Values::Word(digest), Values::Word(record)];
    if thorough {
        let lines = entries.iter().map(|e| batch.place(e.row).line << 1 | u64::from(e.bad));
        columns.push(Values::Word(lines.collect()));
    }
    Some(Rows { key, columns })
}

/// Finds values that should be unique and are not; reports them and says which records are to be left out. Whoever leaves
/// them out counts them as rejected: some may have been left out before, for another reason.
pub(super) fn repeated(
    ctx: &Context<'_>,
    judge: &Judge,
    unique: &Store,
    state: &mut SourceState,
) -> Result<HashSet<u64>, RunError> {
    if unique.rows() == 0 {
        return Ok(HashSet::new());
    }
    let places = ctx.pipeline.limits.places;
    let found = (0..unique.buckets()).into_par_iter().map(|bucket| -> Result<_, RunError> {
        stopped(ctx.watch)?;
        let rows = unique.bucket(bucket)?;
        let mut findings = Findings::new(places);
        let mut records = HashSet::new();
        for row in duplicates(&rows.key, rows.words(1), rows.words(2)) {
            let (set, record) = (rows.words(0)[row] as u16, rows.words(2)[row]);
            let keys = judge.unique_keys();
            let more = rows.words(3).get(row).copied().unwrap_or(0);
            let place = Place { line: more >> 1, ..place_of(record) };
            findings.add(keys.kind(set), None, Some(keys.name(set)), place);
            if more & 1 == 0 {
                records.insert(record);
            }
        }
        Ok((findings, records))
    });
    let merged = found.try_reduce(
        || (Findings::new(places), HashSet::new()),
        |mut a, b| {
            a.0.merge(b.0);
            a.1.extend(b.1);
            Ok(a)
        },
    )?;
    state.findings.merge(merged.0);
    Ok(merged.1)
}
