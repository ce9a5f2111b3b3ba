//! Tables whose counts are changed, in place of suppressing cells: planned before anything is written, paid for before anything is
//! drawn.

mod amounts;
mod budget;
mod cells;
mod change;
mod error;
mod limits;
mod method;

use std::path::Path;

use serde_json::{Value, json};

pub(super) use amounts::{AmountCell, Amounts, ChangedSums, bounded, looks_at};
pub(super) use budget::{Bill, spend};
pub(super) use change::{Changed, Counts};
pub use error::PerturbError;
pub(super) use method::{Method, loss, loss_json};

use super::earlier::Recorded;
use super::error::RunError;
use super::output::Found;
use super::run::Context;
use super::tables::{layout, perturb_of};
use crate::config::{Linked, Noise, Perturb, Pipeline};
use crate::keys::PerturbationKey;
use crate::ledger::{self, Tables};
use crate::protect::perturb::budget::Ledger;
use crate::summarise::{Cells, Grid};

/// A system of tables whose counts were changed.
pub(super) struct Perturbed<'a> {
    /// Its cells.
    pub grid: Grid<'a>,
    /// For each what is published of it; `None` where it stands in no table.
    pub values: Vec<Option<i64>>,
    /// For each summed column of the layout what is published of its sums.
    pub sums: Vec<ChangedSums>,
    /// What everybody may know: method, parameters, expected error.
    pub told: Value,
    /// What the sender learns.
    pub report: Value,
    /// What the ledger is to say of them, where one is kept.
    pub entry: Option<Tables>,
}

/// Checks what can be checked of the methods before a record is read.
///
/// # Errors
/// [`PerturbError`] where parameters contradict each other.
pub(super) fn ready(pipeline: &Pipeline) -> Result<(), PerturbError> {
    pipeline.aggregates.iter().filter_map(|table| table.perturb.as_ref()).try_for_each(|p| Method::new(p).map(drop))
}

/// Most draws of one run.
const DRAWS: u32 = 8;

/// A system on its way.
struct Prepared<'a> {
    linked: &'a Linked,
    perturb: &'a Perturb,
    method: Method,
    grid: Grid<'a>,
    counts: Counts,
    /// In the words of the ledger, where one is kept, and how they are changed.
    recorded: Option<(Recorded, ledger::Changed)>,
}

/// Changes the counts of every system that is perturbed; `None` for the others. What noise costs is on disk when this returns,
/// or nothing is.
pub(super) fn perturb<'a>(
    ctx: &'a Context<'_>,
    found: &Found<'_>,
    left_over: &[Option<Cells>],
) -> Result<Vec<Option<Perturbed<'a>>>, RunError> {
    let mut prepared = Vec::new();
    for (at, linked) in ctx.linked.iter().enumerate() {
        let Some(perturb) = perturb_of(ctx.pipeline, linked) else {
            prepared.push(None);
            continue;
        };
        let counted = (&found.summary.tables[at], left_over[at].as_ref());
        let (grid, mut counts) = cells::counts(ctx, linked, perturb, counted, found.codebook)?;
        let method = Method::new(perturb)?;
        let recorded = ctx.before.map(|before| {
            let recorded = Recorded::new(ctx, &before.universe, &grid, &layout(ctx, linked), found.codebook);
            let changed = method.changed(&perturb.to_json(), Some(ctx.keys.perturbation()));
            counts.after(before, &recorded, &grid.relations()?, &changed)?;
            Ok::<_, RunError>((recorded, changed))
        });
        let recorded = recorded.transpose()?;
        prepared.push(Some(Prepared { linked, perturb, method, grid, counts, recorded }));
    }
    // Whatever else can be refused is, before anything is paid.
    let changed = changed(ctx, &mut prepared)?;
    let bills = prepared.iter().flatten().filter_map(|system| system.bill(ctx).transpose());
    let mut ledgers = spend(&bills.collect::<Result<Vec<_>, _>>()?)?.into_iter();
    let finish = |(system, changed): (Option<Prepared<'a>>, Option<Changed>)| {
        let Some(system) = system else { return Ok(None) };
        let ledger = if system.is_noise() { ledgers.next() } else { None };
        let changed = changed.map_or_else(|| system.change(ctx.keys.perturbation()), Ok)?;
        system.finish(ctx, changed, ledger).map(Some)
    };
    prepared.into_iter().zip(changed).map(finish).collect()
}

/// Changes the counts of all systems but those of noise. Seldom (once in some hundred draws of a full table by department, age and
/// sex) a draw lets counts be found. Where neither a key nor a ledger ties this draw to another, it is made again, for all systems.
fn changed(ctx: &Context<'_>, prepared: &mut [Option<Prepared<'_>>]) -> Result<Vec<Option<Changed>>, PerturbError> {
    let systems = || prepared.iter().flatten().filter(|system| !system.is_noise());
    let is_free =
        ctx.keys.epoch().is_none() && ctx.before.is_none() && systems().all(|system| system.method.is_drawn());
    draw(ctx.keys.perturbation(), if is_free { DRAWS } else { 1 }, |key, is_first| {
        if !is_first {
            prepared.iter_mut().flatten().for_each(|system| system.counts.draw_again(key));
        }
        let change = |system: &Option<Prepared<'_>>| match system {
            Some(system) if !system.is_noise() => system.change(key).map(Some),
            _ => Ok(None),
        };
        prepared.iter().map(change).collect()
    })
}

/// Draws under a key and, as long as counts could be found and draws are left, under others that follow from it.
fn draw<T>(
    first: &PerturbationKey,
    draws: u32,
    mut once: impl FnMut(&PerturbationKey, bool) -> Result<T, PerturbError>,
) -> Result<T, PerturbError> {
    let mut outcome = once(first, true);
    for number in 1..draws {
        if !matches!(outcome, Err(PerturbError::Found { .. } | PerturbError::SumFound { .. })) {
            break;
        }
        outcome = once(&first.again(number), false);
    }
    outcome
}

impl<'a> Prepared<'a> {
    fn is_noise(&self) -> bool {
        matches!(self.perturb, Perturb::Noise(_))
    }

    /// What noise costs, and from which budget.
    fn bill(&self, ctx: &Context<'_>) -> Result<Option<Bill<'a>>, PerturbError> {
        let Perturb::Noise(Noise { budget, .. }) = self.perturb else { return Ok(None) };
        let entry = self.counts.entry(&self.method, (&self.perturb.to_json(), ctx.keys.perturbation()))?;
        Ok(Some((budget, entry)))
    }

    fn change(&self, key: &PerturbationKey) -> Result<Changed, PerturbError> {
        self.counts.change(&self.method, &self.perturb.to_json(), Some(key))
    }

    fn finish(
        self,
        ctx: &Context<'_>,
        Changed { values, limits, sums, effect }: Changed,
        ledger: Option<Ledger>,
    ) -> Result<Perturbed<'a>, RunError> {
        let Self { linked, perturb, method, grid, counts, recorded } = self;
        let entry = recorded.map(|(recorded, changed)| recorded.changed(changed, &limits));
        let mut told = told(perturb, &method, (counts.shapes, counts.layers()))?;
        let names = linked.tables.iter().map(|table| ctx.pipeline.aggregates[*table].name.as_str());
        let mut report = json!({ "tables": names.collect::<Vec<_>>(), "perturbation": told.clone(), "effect": effect });
        if let (Perturb::Noise(Noise { budget, .. }), Some(ledger), Some(fields)) =
            (perturb, ledger, report.as_object_mut())
        {
            fields.insert("budget".to_owned(), of_budget(&budget.file, &ledger));
        }
        if let Some(fields) = told.as_object_mut() {
            fields.shift_remove("tables");
        }
        Ok(Perturbed { grid, values, sums, told, report, entry })
    }
}

/// What may be published of a method: parameters, expected error, what counts.
pub(super) fn told(perturb: &Perturb, method: &Method, cells: (u32, u32)) -> Result<Value, PerturbError> {
    let mut told = perturb.to_json();
    let Some(fields) = told.as_object_mut() else { return Ok(told) };
    let counted = match perturb.counts_once() {
        true => "distinct persons, each by one of their records alone",
        false => "distinct persons",
    };
    let zeros = match perturb {
        Perturb::Noise(_) => "every combination of declared values has a row; numbers may be negative",
        _ => "a count that becomes 0 stands in no table, like a cell in which nobody is",
    };
    fields.insert("counted_over".to_owned(), json!(counted));
    fields.insert("zeros".to_owned(), json!(zeros));
    fields.insert("expected_error".to_owned(), method.expected_error(cells)?);
    if !perturb.sums().is_empty() {
        fields.insert("means".to_owned(), json!("the sum that is shown over the number of persons with a value that is shown: where a person has several records that count, their values are added up"));
    }
    if let Method::Noise(noise) = method {
        fields.insert("loss".to_owned(), loss_json(loss(noise)?));
        fields.insert("cells_per_person".to_owned(), json!(cells.0));
        fields.insert(
            "composition".to_owned(),
            json!("the loss is that of all tables over the same records together: a person adds 1 to each of at most `cells_per_person` cells, and nothing to any other"),
        );
        if !noise.sums.is_empty() {
            fields.insert("layers".to_owned(), json!(cells.1));
            fields.insert(
                "layers_are".to_owned(),
                json!("numbers of persons, sums of each column, and numbers of persons with a value beside means: each layer has an equal part of the loss"),
            );
        }
    }
    Ok(told)
}

/// What is left of a budget.
pub(super) fn of_budget(file: &Path, ledger: &Ledger) -> Value {
    json!({
        "file": file.display().to_string(),
        "total": ledger.total(),
        "spent": ledger.spent(),
        "left": ledger.left(),
        "releases": ledger.entries().len(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::keys::{Domain, MasterKey};

    #[test]
    fn where_counts_could_be_found_other_keys_are_tried_and_nothing_else_is_tried_again() {
        let key = MasterKey::from_bytes(std::array::from_fn(|at| at as u8 * 7 + 1)).unwrap();
        let key = key.perturbation_key(&Domain { epoch: "", recipient: "", dataset: "", identifier: "nir" });
        let tried = |draws: u32, fails: usize, error: fn() -> PerturbError| {
            let mut words: Vec<u64> = Vec::new();
            let outcome = draw(&key, draws, |key, is_first| {
                assert_eq!(is_first, words.is_empty());
                words.push(key.record(b"who"));
                if words.len() > fails { Ok(()) } else { Err(error()) }
            });
            let distinct: std::collections::BTreeSet<&u64> = words.iter().collect();
            assert_eq!(distinct.len(), words.len(), "every draw has a key of its own");
            (outcome.is_ok(), words.len())
        };
        let found = || PerturbError::Found { cells: 3 };
        assert_eq!(tried(8, 0, found), (true, 1));
        assert_eq!(tried(8, 2, found), (true, 3));
        assert_eq!(tried(8, 9, found), (false, 8));
        assert_eq!(tried(1, 1, found), (false, 1));
        assert_eq!(tried(8, 1, || PerturbError::KeyNeeded), (false, 1));
    }
}
