//! What is known of an output before the search: the words of its columns, what they may become, and the classes.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate};
use hashbrown::{HashMap, HashSet};

use crate::config::{Persons, Protection};
use crate::pipeline::error::RunError;
use crate::pipeline::exposure::ProtectionCost;
use crate::pipeline::frame::NOT_DRAWN;
use crate::pipeline::output::Found;
use crate::pipeline::passes::over_buckets;
use crate::pipeline::people::PersonsError;
use crate::pipeline::people::anonymise::{Ground, SensitiveValues, Values, generalised, of_file};
use crate::pipeline::people::table::Column;
use crate::pipeline::run::Context;
use crate::pipeline::watch::Stage;
use crate::protect::persons::histogram::{Builder, Histogram, Record};
use crate::protect::persons::loss::granularity;
use crate::protect::persons::{PersonPlan, Tally, Written};
use crate::release::class_key;
use crate::schema::Logical;
use crate::sieve::{Cell, Codebook};
use crate::vault::People;

/// The words of each column, ascending: quasi-identifiers, the inclusion probability, sensitive columns.
pub(super) type Words = Vec<Vec<u64>>;

/// Drawn records of an output in a bucket, with their person and the words of all columns.
fn each_drawn(
    found: &Found<'_>,
    persons: &Persons,
    people: &People<'_>,
    mut look: impl FnMut(u32, &[u64]) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let drawn = found.frame.drawn(people, &found.sampled.plan, |_, _, _, _| {})?;
    let rows = people.of_dataset(persons.dataset);
    let mut key = Vec::new();
    for (row, &inclusion) in drawn.rows[persons.dataset].iter().enumerate().filter(|(_, i)| **i != NOT_DRAWN) {
        class_key(persons, found.codebook, rows, row, inclusion, &mut key);
        key.extend(persons.sensitive.iter().map(|&c| found.codebook.key(persons.dataset, c, rows, row)));
        look(people.person[persons.dataset][row], &key)?;
    }
    Ok(())
}

/// Which words each column has: codes are their ranks, whatever the buckets.
fn words(ctx: &Context<'_>, found: &Found<'_>, persons: &Persons) -> Result<Words, RunError> {
    let width = persons.quasi_identifiers.len() + 1 + persons.sensitive.len();
    let met: Vec<HashSet<u64>> = over_buckets(
        ctx,
        found.vault,
        Stage::Summarise,
        || vec![HashSet::new(); width],
        |met: &mut Vec<HashSet<u64>>, people| {
            each_drawn(found, persons, people, |_, words| {
                met.iter_mut().zip(words).for_each(|(met, word)| _ = met.insert(*word));
                Ok(())
            })
        },
        Ok,
        |mut one, two| {
            one.iter_mut().zip(two).for_each(|(one, two)| one.extend(two));
            Ok(one)
        },
    )?;
    Ok(met.into_iter().map(|met| met.into_iter().collect::<BTreeSet<u64>>().into_iter().collect()).collect())
}

/// A value as the release writes it.
fn text(codebook: &Codebook, dataset: usize, column: usize, word: u64) -> String {
    match (codebook.cell(dataset, column, word), codebook.logical(dataset, column)) {
        (Cell::Missing, _) => String::new(),
        (Cell::Text(text), _) => text.to_owned(),
        (Cell::Number(number), _) => number.to_string(),
        (Cell::Integer(i), Logical::Boolean) => (i != 0).to_string(),
        (Cell::Integer(days), Logical::Date) => {
            let date = i32::try_from(days).ok().and_then(NaiveDate::from_epoch_days);
            date.map_or_else(|| days.to_string(), |date| date.to_string())
        }
        (Cell::Integer(at), Logical::Datetime) => {
            let time = DateTime::from_timestamp_micros(at);
            time.map_or_else(|| at.to_string(), |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
        }
        (Cell::Integer(i), _) => i.to_string(),
    }
}

/// What is known before the search.
pub(super) struct Prepared {
    pub ground: Ground,
    words: Words,
    /// Per column, from the rank of a word to its code.
    codes: Vec<Vec<u32>>,
}

impl Prepared {
    /// Gathers the words of the drawn records; `None` where nobody was drawn.
    pub fn read(
        ctx: &Context<'_>,
        found: &Found<'_>,
        persons: &Persons,
        protection: &Protection,
    ) -> Result<Option<Self>, RunError> {
        let words = words(ctx, found, persons)?;
        if words.first().is_none_or(Vec::is_empty) {
            return Ok(None);
        }
        Self::new(ctx, found, persons, protection, words).map(Some)
    }

    /// What a plan takes away: drawn records, and granularity of each column of the pipeline.
    pub fn cost(&self, persons: &Persons, kept: &[bool], levels: &[usize]) -> ProtectionCost {
        let (histogram, rows) = (&self.ground.histogram, self.ground.histogram.classes().rows());
        let lost = |at: usize| {
            let (tree, codes) = (&self.ground.hierarchies[at], histogram.column(at));
            let (map, leaves) = (tree.map(levels[at]).unwrap_or(&[]), tree.leaves(levels[at]));
            // A record that is left out may have any value.
            let stands = |class: usize| kept[class].then(|| leaves[map[codes[class] as usize] as usize]);
            granularity(tree.domain(), (0..histogram.len()).map(|class| (rows[class], stands(class))))
        };
        let columns = (0..persons.quasi_identifiers.len()).map(|at| (self.ground.names[at].clone(), lost(at)));
        let left_out = rows.iter().zip(kept).filter(|(_, kept)| !**kept).map(|(rows, _)| rows).sum();
        ProtectionCost { records: rows.iter().sum(), left_out, columns: columns.collect() }
    }

    /// Finds the words in their hierarchies, and counts classes.
    fn new(
        ctx: &Context<'_>,
        found: &Found<'_>,
        persons: &Persons,
        protection: &Protection,
        words: Words,
    ) -> Result<Self, RunError> {
        let codebook = found.codebook;
        let texts = |column: usize, words: &[u64]| -> Vec<String> {
            words.iter().map(|&word| text(codebook, persons.dataset, column, word)).collect()
        };
        let (mut trees, mut codes) = (Vec::new(), Vec::new());
        for (at, quasi) in protection.quasi.iter().enumerate() {
            let texts = match persons.quasi_identifiers.get(at) {
                Some(&column) => texts(column, &words[at]),
                // Positions among the chances of the draw.
                None => words[at].iter().map(u64::to_string).collect(),
            };
            let values = Values { name: &quasi.column, texts: &texts, places: Vec::new() };
            let done = generalised(&quasi.levels, &values)?;
            trees.push(done.tree);
            codes.push(done.codes);
        }
        let mut sensitive = Vec::new();
        for (at, (wanted, &column)) in protection.sensitive.iter().zip(&persons.sensitive).enumerate() {
            let texts = texts(column, &words[protection.quasi.len() + at]);
            let own: Vec<u32> = (0..texts.len() as u32).collect();
            let Some((path, hierarchy)) = &wanted.hierarchy else {
                let column = Column { name: wanted.column.clone(), codes: own.clone(), values: texts };
                sensitive.push(SensitiveValues::of(wanted, &column, None));
                codes.push(own);
                continue;
            };
            let values = Values { name: &wanted.column, texts: &texts, places: Vec::new() };
            let done = of_file(path, hierarchy, &values)?;
            let mut known = vec![String::new(); done.tree.hierarchy.domain()];
            texts.iter().zip(&done.codes).for_each(|(text, &code)| known[code as usize].clone_from(text));
            let column = Column { name: wanted.column.clone(), codes: done.codes.clone(), values: known };
            sensitive.push(SensitiveValues::of(wanted, &column, Some(done.tree)));
            codes.push(done.codes);
        }
        let histogram = count(ctx, found, persons, (&words, &codes))?;
        let ground = Ground {
            names: protection.quasi.iter().map(|quasi| quasi.column.clone()).collect(),
            hierarchies: trees.iter().map(|tree| tree.hierarchy.clone()).collect(),
            trees,
            sensitive,
            histogram,
        };
        Ok(Self { ground, words, codes })
    }

    /// The plan for the rows: which classes leave, and what their values become.
    pub fn plan(&self, persons: &Persons, kept: &[bool], (smallest, classes): (u64, u64), levels: &[usize]) -> PersonPlan {
        let quasi = self.ground.names.len();
        // From codes back to words: codes of one column are distinct.
        let back: Vec<HashMap<u32, u64>> =
            (0..quasi).map(|at| self.codes[at].iter().copied().zip(self.words[at].iter().copied()).collect()).collect();
        let all = self.ground.histogram.classes();
        let (mut released, mut left, mut out) = (HashSet::new(), Tally::default(), Tally::default());
        for (class, &keep) in kept.iter().enumerate() {
            let tally = if keep { &mut left } else { &mut out };
            tally.classes += 1;
            tally.records += all.rows()[class];
            tally.persons += all.persons()[class];
            if keep {
                let key = self.ground.histogram.key(class);
                let words: Vec<u64> =
                    key.iter().zip(&back).map(|(code, back)| back.get(code).copied().unwrap_or(u64::MAX)).collect();
                released.insert(words.as_slice().into());
            }
        }
        left.classes = classes;
        let written = (0..persons.quasi_identifiers.len()).map(|at| self.written(at, levels[at])).collect();
        PersonPlan::recoded(persons.k, released, (left, out), smallest, written)
    }

    /// What the values of a column become; `None` where they stay.
    fn written(&self, at: usize, level: usize) -> Option<Written> {
        let tree = &self.ground.trees[at];
        let map = tree.hierarchy.map(level).filter(|_| level > 0)?;
        let group = |(&word, &code): (&u64, &u32)| (word, map[code as usize]);
        let groups = self.words[at].iter().zip(&self.codes[at]).map(group).collect();
        let label = |group: usize| tree.label(level, group as u32).unwrap_or_default().to_owned();
        Some(Written::new(groups, (0..tree.hierarchy.groups(level)).map(label).collect()))
    }
}

/// Counts the classes of all drawn records, person by person.
fn count(
    ctx: &Context<'_>,
    found: &Found<'_>,
    persons: &Persons,
    (words, codes): (&Words, &[Vec<u32>]),
) -> Result<Histogram, RunError> {
    let code_of: Vec<HashMap<u64, u32>> = words
        .iter()
        .zip(codes)
        .map(|(words, codes)| words.iter().copied().zip(codes.iter().copied()).collect())
        .collect();
    let quasi = persons.quasi_identifiers.len() + 1;
    let shape = |fault| RunError::from(PersonsError::Shape(fault));
    over_buckets(
        ctx,
        found.vault,
        Stage::Summarise,
        || Builder::new(quasi, persons.sensitive.len()),
        |builder: &mut Builder, people| {
            // Rows of one person stand together.
            let (mut last, mut held): (u32, Vec<Vec<u32>>) = (0, Vec::new());
            let mut close = |held: &mut Vec<Vec<u32>>| -> Result<(), RunError> {
                let parts: Vec<(&[u32], &[u32])> = held.iter().map(|codes| codes.split_at(quasi)).collect();
                let records: Vec<Record<'_>> =
                    parts.iter().map(|(key, sensitive)| Record { key, sensitive, weight: 0 }).collect();
                if !records.is_empty() {
                    builder.person(&records).map_err(shape)?;
                }
                held.clear();
                Ok(())
            };
            each_drawn(found, persons, people, |person, words| {
                if person != last {
                    close(&mut held)?;
                    last = person;
                }
                let code = |(word, code_of): (&u64, &HashMap<u64, u32>)| code_of.get(word).copied();
                let codes: Option<Vec<u32>> = words.iter().zip(&code_of).map(code).collect();
                held.push(codes.ok_or(RunError::Bug("a value was not there when values were gathered"))?);
                Ok(())
            })?;
            close(&mut held)
        },
        |builder| Ok(builder.finish()),
        |one, two| one.merge(&two).ok_or(RunError::Bug("classes of one output differ in shape")),
    )
}
