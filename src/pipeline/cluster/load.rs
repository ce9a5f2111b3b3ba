//! The vault of one worker: the records of its buckets, less those that only the whole input shows to be wrong.

use hashbrown::{HashMap, HashSet};

use super::super::error::RunError;
use super::super::intake::layouts;
use super::super::run::Context;
use super::forms::{Counts, Repeats, open_form, open_numbered};
use super::gathered::Gathered;
use super::{ClusterError, Parts, kind};
use crate::sieve::{Codebook, Dictionaries, Excluded};
use crate::vault::Vault;

/// What came of the parts of some buckets.
pub(super) struct Loaded {
    pub vault: Vault,
    pub codebook: Codebook,
    /// What fell out, per source.
    pub counts: Vec<Counts>,
    /// Persons who object in a record and stand in no register.
    pub objectors: u64,
    /// Rows that came.
    pub rows: u64,
}

/// Fills a vault with the parts of some buckets; all parts of a bucket have to be among them.
pub(super) fn load(ctx: &Context<'_>, gathered: &Gathered, parts: Parts) -> Result<Loaded, RunError> {
    let pipeline = ctx.pipeline;
    let key = gathered.passage();
    let dictionaries = gathered.dictionaries(pipeline);
    let known = texts(&dictionaries, pipeline.datasets.len());
    let mut vault = Vault::new(layouts(ctx), ctx.buckets, &ctx.budget, &ctx.spill)?;
    let mut next = vec![0; pipeline.datasets.len()];
    let mut objected = Excluded::default();
    let mut repeats: Vec<HashMap<(u128, u64), u64>> = pipeline.sources.iter().map(|_| HashMap::new()).collect();
    for part in parts {
        let part = part?;
        match part.kind.as_str() {
            kind::ROWS => {
                let (dataset, bytes) = open_numbered(key, &part)?;
                let first = next.get_mut(dataset).ok_or(ClusterError::Damaged)?;
                *first += vault.bring(dataset, &bytes, &dictionaries, *first)?;
            }
            kind::OBJECTIONS => open_form::<Vec<u128>>(key, &part)?.into_iter().for_each(|p| objected.add(p)),
            kind::REPEATS => {
                let (source, all): Repeats = open_form(key, &part)?;
                let of = repeats.get_mut(source).ok_or(ClusterError::Damaged)?;
                for (person, digest, stay) in all {
                    // A record may repeat several values; none of its equals stays because of one where another takes them all.
                    of.entry((person, digest)).and_modify(|least| *least = (*least).min(stay)).or_insert(stay);
                }
            }
            _ => return Err(ClusterError::Damaged.into()),
        }
    }
    // A text that the plan does not know would shift the meaning of all others: the rows are of another input.
    if texts(&dictionaries, pipeline.datasets.len()) != known {
        return Err(ClusterError::Damaged.into());
    }
    let mut counts: Vec<Counts> = (0..pipeline.sources.len()).map(Counts::of_source).collect();
    for (dataset, data) in pipeline.datasets.iter().enumerate() {
        let reject = rejected(&vault, dataset, &repeats[data.source])?;
        counts[data.source].rejected += vault.leave_out_records(dataset, reject)?;
    }
    for (dataset, data) in pipeline.datasets.iter().enumerate().filter(|_| !objected.is_empty()) {
        for bucket in 0..vault.buckets() {
            let rows = vault.bucket(dataset, bucket)?;
            counts[data.source].excluded += rows.key.iter().filter(|p| objected.contains(**p)).count() as u64;
        }
    }
    let registered = gathered.registered();
    let objectors = objected.sorted().iter().filter(|person| !registered.contains(**person)).count() as u64;
    vault.leave_out_persons(objected);
    let rows = next.iter().sum();
    Ok(Loaded { vault, codebook: dictionaries.freeze(pipeline), counts, objectors, rows })
}

fn texts(dictionaries: &Dictionaries, datasets: usize) -> Vec<usize> {
    let all = (0..datasets).flat_map(|dataset| dictionaries.of(dataset));
    all.map(|dictionary| dictionary.freeze().len()).collect()
}

/// Numbers of the records that repeat a value. Of records that are equal to the letter any may stay.
fn rejected(vault: &Vault, dataset: usize, repeats: &HashMap<(u128, u64), u64>) -> Result<HashSet<u64>, RunError> {
    let mut out = HashSet::new();
    let layout = vault.layout(dataset);
    let (Some(digest), Some(record), false) = (layout.digest, layout.record, repeats.is_empty()) else {
        return Ok(out);
    };
    for bucket in 0..vault.buckets() {
        let rows = vault.bucket(dataset, bucket)?;
        let mut met: HashMap<(u128, u64), u64> = HashMap::new();
        for (row, person) in rows.key.iter().enumerate() {
            let of = (*person, rows.words(digest)[row]);
            let Some(stay) = repeats.get(&of) else { continue };
            let met = met.entry(of).or_insert(0);
            *met += 1;
            if *met > *stay {
                out.insert(rows.words(record)[row]);
            }
        }
    }
    Ok(out)
}
