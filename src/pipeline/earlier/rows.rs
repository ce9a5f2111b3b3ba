//! Released rows of persons in the words of the ledger: how many of them have each combination of quasi-identifiers. Whoever kept the rows
//! counts them, and subtracts from a later table over the same people: what is left are those whose rows did not leave.
//!
//! Only combinations that left are written down, so none is of fewer persons than the output's *k*. Columns that are no quasi-identifiers
//! stay out of it: what tells few people apart among them is nothing that a table of cells is made by, or should be named a
//! quasi-identifier.

use std::collections::BTreeMap;

use super::Before;
use super::recorded::code;
use crate::config::{Persons, Pipeline, Threshold};
use crate::ledger::{self, Cell, Counts, Fate, Hash, Shape, Tables, tie};
use crate::pipeline::run::Context;
use crate::protect::persons::PersonPlan;
use crate::sieve::Codebook;
use crate::summarise::Classes;

/// The dataset of a per-person output and its quasi-identifiers, as a ledger names them.
pub(super) fn defined(pipeline: &Pipeline, universe: &str, persons: &Persons) -> (Hash, Vec<Hash>) {
    let dataset = ledger::dataset(universe, pipeline, persons.dataset);
    let of = |column: &usize| ledger::column(dataset, pipeline, persons.dataset, *column);
    (dataset, persons.quasi_identifiers.iter().map(of).collect())
}

/// The rows of an output that leaves classes out and changes no value.
pub(in crate::pipeline) fn rows(
    ctx: &Context<'_>,
    universe: &str,
    persons: &Persons,
    (classes, plan): (&Classes, &PersonPlan),
    codebook: &Codebook,
) -> Tables {
    let (quasi, (dataset, columns)) = (&persons.quasi_identifiers, defined(ctx.pipeline, universe, persons));
    // Classes that differ by their weights alone are one combination.
    let mut combinations: BTreeMap<Vec<Hash>, Counts> = BTreeMap::new();
    for (key, class) in classes.iter().filter(|(key, _)| plan.releases(key)) {
        let hash =
            |((column, of), value): ((&usize, &Hash), &u64)| code(codebook, (persons.dataset, *column), *of, *value);
        let codes = quasi.iter().zip(&columns).zip(key).map(hash).collect();
        let counts = combinations.entry(codes).or_insert(Counts { records: 0, persons: 0 });
        counts.records += class.records;
        counts.persons += class.persons;
    }
    let path: Vec<u32> = (0..columns.len() as u32).collect();
    let mut tables = Tables {
        dataset,
        sample: ctx.pipeline.sample.is_some(),
        rows: true,
        columns,
        shapes: vec![Shape { finest: path.clone(), path, shown: true }],
        ..Tables::default()
    };
    let mut numbers: BTreeMap<Hash, u32> = BTreeMap::new();
    for (hashes, counts) in combinations {
        let number = |hash: Hash| {
            let next = tables.codes.len() as u32;
            *numbers.entry(hash).or_insert_with(|| {
                tables.codes.push(hash);
                next
            })
        };
        let codes = hashes.into_iter().map(number).collect();
        let (sums, shares) = ([].into(), [].into());
        let counts = Some(counts);
        tables.cells.push(Cell { shape: 0, codes, fate: Fate::Published, counts, within: None, sums, shares });
    }
    tables
}

/// How many cells that earlier releases published have few records more than rows that are released now: whoever kept the table counts
/// the rows and knows these few. What is published cannot be taken back, so it is told.
pub(in crate::pipeline) fn few_without_rows(before: &Before, rows: &Tables, threshold: Threshold) -> u64 {
    let few_left = |published: &Tables| -> u64 {
        // The earlier cells in the place of new ones: rows are added up to them.
        let Some(tied) = tie(published, &[], &[], rows) else { return 0 };
        let mut known: Vec<Option<u64>> =
            rows.cells.iter().map(|cell| cell.counts.map(|counts| counts.records)).collect();
        known.resize(tied.same.len(), None);
        let mut moved = true;
        while std::mem::take(&mut moved) {
            for (total, parts) in &tied.relations {
                if known[*total as usize].is_none() {
                    let mut parts = parts.iter().map(|part| known[*part as usize]);
                    let sum = parts.try_fold(0_u64, |sum, part| Some(sum.saturating_add(part?)));
                    moved |= sum.is_some();
                    known[*total as usize] = sum;
                }
            }
        }
        let left = tied.same.iter().zip(&known).filter_map(|(same, known)| {
            let cell = published.cells.get((*same)? as usize).filter(|cell| cell.fate == Fate::Published)?;
            cell.counts?.records.checked_sub((*known)?)
        });
        left.filter(|left| (1..threshold.get()).contains(left)).count() as u64
    };
    let exact = before.of_dataset(rows).filter(|earlier| earlier.changed.is_none() && !earlier.rows);
    exact.map(few_left).sum()
}
