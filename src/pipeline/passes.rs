//! Passes over the buckets of the vault: census, draw, summary. Each gives small results that merge in any order.

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::blocks::stopped;
use super::cluster::Gathered;
use super::drawing::Sampled;
use super::error::RunError;
use super::estimates::{self, Members, Parts};
use super::frame::{Frame, NOT_DRAWN};
use super::run::Context;
use super::tables::{Counted, OpenSystem, TableSystem, number_on};
use super::utility::Values;
use super::watch::Stage;
use crate::config::{Over, Persons};
use crate::release::class_key;
use crate::sample::{Member, SampleDigest, SampleError};
use crate::sieve::Codebook;
use crate::summarise::{BucketClasses, Classes, Estimates};
use crate::vault::{People, Vault};

/// Looks at every bucket in parallel. A thread gathers what it sees of many buckets in one place, so that large tables are
/// not built anew for each; what the threads gathered is then finished and merged.
pub(super) fn over_buckets<T: Send, U: Send>(
    ctx: &Context<'_>,
    vault: &Vault,
    stage: Stage,
    empty: impl Fn() -> T + Sync + Send,
    look: impl Fn(&mut T, &People<'_>) -> Result<(), RunError> + Sync + Send,
    finish: impl Fn(T) -> Result<U, RunError> + Sync + Send,
    merge: impl Fn(U, U) -> Result<U, RunError> + Sync + Send,
) -> Result<U, RunError> {
    ctx.watch.stage(stage, Some(vault.buckets() as u64));
    let gathered = (0..vault.buckets()).into_par_iter().try_fold(&empty, |mut seen, bucket| {
        stopped(ctx.watch)?;
        look(&mut seen, &People::of(vault, bucket)?)?;
        ctx.watch.advance(1, 0);
        Ok::<_, RunError>(seen)
    });
    let merged = gathered.map(|seen| seen.and_then(&finish)).try_reduce_with(&merge);
    merged.unwrap_or_else(|| finish(empty()))
}

/// Cells of every system of tables, classes of every per-person output.
pub(super) struct Summary {
    pub tables: Vec<Counted>,
    /// Of outputs that only leave out classes; of others none.
    pub classes: Vec<Classes>,
    /// Records of drawn units, per per-person output.
    pub sampled: Vec<u64>,
    /// Units drawn, as met in this pass.
    pub drawn: u64,
    /// Who they are.
    pub digest: SampleDigest,
    /// All of them, where some table estimates the frame.
    pub members: Vec<Member>,
    /// What they say of the frame, for each system of tables; nothing for one that counts.
    pub estimates: Vec<Estimates>,
    /// Which values the columns of per-person outputs have.
    pub values: Values,
}

/// Counts cells and classes, and estimates what tables over the sample show.
pub(super) fn summarise(
    ctx: &Context<'_>,
    vault: &Vault,
    codebook: &Codebook,
    frame: &Frame<'_>,
    sampled: &Sampled,
) -> Result<Summary, RunError> {
    if let Some(mut summary) = ctx.gathered.and_then(Gathered::summary) {
        summary.estimates = estimates::of(ctx, sampled, &mut summary)?;
        return Ok(summary);
    }
    let pipeline = ctx.pipeline;
    let systems: Vec<TableSystem<'_>> = ctx.linked.iter().map(|l| TableSystem::new(ctx, l, codebook, vault)).collect();
    let empty = || Tally {
        tables: systems.iter().map(TableSystem::open).collect(),
        classes: pipeline.persons.iter().map(|_| BucketClasses::default()).collect(),
        sampled: vec![0; pipeline.persons.len()],
        drawn: 0,
        digest: SampleDigest::default(),
        persons: 0,
        members: Members::default(),
        values: Values::new(pipeline),
    };
    let estimates = estimates::wanted(pipeline);
    let mut summary = over_buckets(
        ctx,
        vault,
        Stage::Summarise,
        empty,
        |tally, people| {
            let (digest, members) = (&mut tally.digest, &mut tally.members);
            members.begin()?;
            let drawn = frame.drawn(people, &sampled.plan, |units, unit, number, chance| {
                digest.add(number, chance);
                if estimates {
                    members.meet(unit, units.stratum(unit), number);
                }
            })?;
            for (system, open) in systems.iter().zip(&mut tally.tables) {
                let rows = &drawn.rows[system.linked.dataset];
                let is_in = |row: usize| system.linked.over == Over::Population || rows[row] != NOT_DRAWN;
                if system.linked.estimates(frame.sample) {
                    let parts = Parts::of(ctx, system, people, &drawn, &tally.members)?;
                    open.count(people, is_in, |row, key| parts.part(row, key))?;
                } else {
                    open.count(people, is_in, |_, _| None)?;
                }
            }
            tally.values.look(codebook, people);
            let first = number_on(&mut tally.persons, people)?;
            for (i, persons) in pipeline.persons.iter().enumerate() {
                let rows = &drawn.rows[persons.dataset];
                tally.sampled[i] += rows.iter().filter(|r| **r != NOT_DRAWN).count() as u64;
                if persons.protection.is_some() {
                    // Its classes are counted by what its values may become.
                    continue;
                }
                count_classes(persons, codebook, people, rows, first, &mut tally.classes[i])?;
            }
            tally.drawn += drawn.count;
            Ok(())
        },
        Tally::finish,
        |a, b| {
            let first = u32::try_from(a.members.len()).map_err(|_| SampleError::TooMany)?;
            u32::try_from(a.members.len() + b.members.len()).map_err(|_| SampleError::TooMany)?;
            Ok(Summary {
                tables: a.tables.into_iter().zip(b.tables).map(|(a, b)| a.merge(b, first)).collect::<Result<_, _>>()?,
                members: a.members.into_iter().chain(b.members).collect(),
                classes: a.classes.into_iter().zip(b.classes).map(|(a, b)| a.merge(b)).collect(),
                sampled: a.sampled.iter().zip(&b.sampled).map(|(a, b)| a + b).collect(),
                drawn: a.drawn + b.drawn,
                digest: a.digest.merge(b.digest),
                estimates: Vec::new(),
                values: a.values.merge(b.values),
            })
        },
    )?;
    summary.estimates = estimates::of(ctx, sampled, &mut summary)?;
    Ok(summary)
}

/// What one thread counts, over many buckets.
struct Tally<'a> {
    tables: Vec<OpenSystem<'a>>,
    classes: Vec<BucketClasses>,
    sampled: Vec<u64>,
    drawn: u64,
    digest: SampleDigest,
    /// Persons of the buckets before, for the classes.
    persons: u32,
    members: Members,
    values: Values,
}

impl Tally<'_> {
    fn finish(self) -> Result<Summary, RunError> {
        Ok(Summary {
            tables: self.tables.into_iter().map(OpenSystem::finish).collect::<Result<_, _>>()?,
            classes: self.classes.into_iter().map(BucketClasses::finish).collect(),
            sampled: self.sampled,
            drawn: self.drawn,
            digest: self.digest,
            members: self.members.finish(),
            estimates: Vec::new(),
            values: self.values,
        })
    }
}

/// Counts the classes of a bucket, whose persons are numbered from `first`.
fn count_classes(
    persons: &Persons,
    codebook: &Codebook,
    people: &People<'_>,
    drawn: &[u32],
    first: u32,
    classes: &mut BucketClasses,
) -> Result<(), RunError> {
    let rows = people.of_dataset(persons.dataset);
    let mut key = Vec::with_capacity(persons.quasi_identifiers.len() + 1);
    for (row, &inclusion) in drawn.iter().enumerate().filter(|(_, i)| **i != NOT_DRAWN) {
        class_key(persons, codebook, rows, row, inclusion, |_| None, &mut key);
        classes.row(first + people.person[persons.dataset][row], &key)?;
    }
    Ok(())
}
