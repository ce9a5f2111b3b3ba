//! Released rows whose values became coarser or were changed, in the words of the ledger.
//!
//! What somebody learns by subtracting them lies between two readings: that each row still told what it was made of, and that a row tells
//! of a column only where it shows what was there. Both are written down, each by all combinations of some quasi-identifiers:
//!
//! - by what rows *were*, cells of a table and any union of them, such as a coarser group that the rows show, have few beside the rows or not;
//! - by what rows *show*, those whose values were left out or made coarser count as beside the rows: a table that has few of these
//!   tells their values.
//!
//! Of combinations of fewer persons than the output's *k* only that they are there is written down.

use std::collections::BTreeMap;

use super::recorded::code;
use super::rows::defined;
use crate::config::Persons;
use crate::ledger::{Cell, Counts, Fate, Hash, Shape, Tables};
use crate::pipeline::error::RunError;
use crate::pipeline::run::Context;
use crate::release::PeopleRelease;
use crate::sieve::{Codebook, Rows};
use crate::summarise::{BucketClasses, Classes};
use crate::vault::People;

/// Up to so many quasi-identifiers are combined in all ways; of more, two at a time, and all.
const MOST: usize = 6;

/// Sets of quasi-identifiers, as bits of their positions.
fn sets(width: usize) -> impl Iterator<Item = u64> {
    let all = if width >= 64 { u64::MAX } else { (1_u64 << width) - 1 };
    let two = move || (0..width.min(64)).flat_map(move |a| (a..width.min(64)).map(move |b| 1 << a | 1 << b));
    let (each, few) = if width <= MOST { (1..=all, None) } else { (all..=all, Some(two())) };
    each.chain(few.into_iter().flatten())
}

/// What rows were, and what they show.
const READINGS: [u64; 2] = [0, 1];

/// Counts the rows of a bucket that leave, by reading and set, then by their codes.
pub(in crate::pipeline) fn take_written(
    output: &PeopleRelease<'_>,
    persons: &Persons,
    (people, codebook): (&People<'_>, &Codebook),
    (written, leaves): (&Rows, &[bool]),
) -> Result<Classes, RunError> {
    let rows = people.of_dataset(persons.dataset);
    let quasi = &persons.quasi_identifiers;
    let place = |column: &usize| persons.columns.iter().position(|other| other == column);
    let places: Vec<Option<usize>> = quasi.iter().map(place).collect();
    let mut classes = BucketClasses::default();
    let mut key = Vec::with_capacity(quasi.len() + 2);
    let leaving = leaves.iter().enumerate().filter(|(_, leaves)| **leaves).enumerate();
    for (number, (row, _)) in leaving {
        let words: Vec<u64> = quasi.iter().map(|column| codebook.key(persons.dataset, *column, rows, row)).collect();
        let shown = words.iter().zip(&places).enumerate().filter(|(_, (word, place))| {
            place.is_some_and(|place| output.shows(place, **word, written.words(place)[number]))
        });
        let shown = shown.fold(0_u64, |bits, (at, _)| bits | 1_u64.checked_shl(at as u32).unwrap_or(0));
        let person = people.person[persons.dataset][row];
        for reading in READINGS {
            for set in sets(quasi.len()).filter(|set| reading == 0 || shown & set == *set) {
                key.clear();
                key.extend([reading, set]);
                key.extend(words.iter().enumerate().filter(|(at, _)| has(set, *at)).map(|(_, word)| *word));
                classes.row(person, &key)?;
            }
        }
    }
    Ok(classes.finish())
}

fn has(set: u64, at: usize) -> bool {
    set.checked_shr(at as u32).is_some_and(|bits| bits & 1 == 1)
}

/// The rows of an output in both readings.
pub(in crate::pipeline) fn written(
    ctx: &Context<'_>,
    universe: &str,
    persons: &Persons,
    classes: &Classes,
    codebook: &Codebook,
) -> Vec<Tables> {
    READINGS.iter().map(|reading| one(ctx, universe, persons, (classes, *reading), codebook)).collect()
}

fn one(
    ctx: &Context<'_>,
    universe: &str,
    persons: &Persons,
    (classes, reading): (&Classes, u64),
    codebook: &Codebook,
) -> Tables {
    let (quasi, (dataset, columns)) = (&persons.quasi_identifiers, defined(ctx.pipeline, universe, persons));
    let mut tables =
        Tables { dataset, sample: ctx.pipeline.sample.is_some(), rows: true, columns, ..Tables::default() };
    let mut numbers: BTreeMap<Hash, u32> = BTreeMap::new();
    let mut shapes: BTreeMap<u64, u32> = BTreeMap::new();
    for set in sets(quasi.len()) {
        let path: Vec<u32> = (0..quasi.len()).filter(|at| has(set, *at)).map(|at| at as u32).collect();
        shapes.entry(set).or_insert_with(|| {
            tables.shapes.push(Shape { finest: path.clone(), path, shown: true });
            tables.shapes.len() as u32 - 1
        });
    }
    // In an order that the order of classes cannot change.
    let mut all: Vec<(&[u64], u64, u64)> =
        classes.iter().map(|(key, class)| (key, class.records, class.persons)).collect();
    all.sort_unstable();
    for (key, records, persons_of) in all {
        let [found, set, words @ ..] = key else { continue };
        let Some(shape) = shapes.get(set).copied().filter(|_| *found == reading) else { continue };
        let places: Vec<usize> = (0..quasi.len()).filter(|at| has(*set, *at)).collect();
        let codes = places.iter().zip(words).map(|(at, word)| {
            let hash = code(codebook, (persons.dataset, quasi[*at]), tables.columns[*at], *word);
            let next = tables.codes.len() as u32;
            *numbers.entry(hash).or_insert_with(|| {
                tables.codes.push(hash);
                next
            })
        });
        let codes = codes.collect();
        let enough = persons_of >= persons.k.get();
        let counts = enough.then_some(Counts { records, persons: persons_of });
        let fate = if enough { Fate::Published } else { Fate::Hidden };
        let (sums, shares) = ([].into(), [].into());
        tables.cells.push(Cell { shape, codes, fate, counts, within: None, sums, shares });
    }
    tables
}
