//! What is known of an output before the search: the words of its columns, what they may become, and the classes.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate};
use hashbrown::{HashMap, HashSet};

use super::changed::Changed;
use super::ways::Ways;
use crate::config::{Persons, Population, Protection};
use crate::pipeline::error::RunError;
use crate::pipeline::exposure::ProtectionCost;
use crate::pipeline::frame::NOT_DRAWN;
use crate::pipeline::output::Found;
use crate::pipeline::passes::over_buckets;
use crate::pipeline::people::PersonsError;
use crate::pipeline::people::anonymise::{Ground, Plan, SensitiveValues, Values, generalised, of_file};
use crate::pipeline::people::table::{Column, Table, read};
use crate::pipeline::run::Context;
use crate::pipeline::watch::Stage;
use crate::protect::persons::hierarchy::Hierarchy;
use crate::protect::persons::histogram::{Builder, Histogram, Record, size};
use crate::protect::persons::loss::granularity;
use crate::protect::persons::{Coder, PersonPlan, Tally};
use crate::release::class_key;
use crate::schema::Logical;
use crate::sieve::{Cell, Codebook};
use crate::vault::People;

/// The words of each column, ascending: quasi-identifiers, the inclusion probability, sensitive columns.
pub(super) type Words = Vec<Vec<u64>>;

/// Drawn records of an output in a bucket, with their person, their row, and the words of all columns.
pub(super) fn each_drawn(
    found: &Found<'_>,
    (persons, changed): (&Persons, Option<&Changed>),
    people: &People<'_>,
    mut look: impl FnMut(u32, usize, &[u64]) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let drawn = found.frame.drawn(people, &found.sampled.plan, |_, _, _, _| {})?;
    let rows = people.of_dataset(persons.dataset);
    let mut key = Vec::new();
    let met = drawn.rows[persons.dataset].iter().enumerate().filter(|(_, i)| **i != NOT_DRAWN).enumerate();
    for (number, (row, &inclusion)) in met {
        let became = |column| changed.and_then(|changed| changed.word(people.bucket, column, number));
        class_key(persons, found.codebook, rows, row, inclusion, became, &mut key);
        let word = |&c| became(c).unwrap_or_else(|| found.codebook.key(persons.dataset, c, rows, row));
        key.extend(persons.sensitive.iter().map(word));
        look(people.person[persons.dataset][row], row, &key)?;
    }
    Ok(())
}

/// Records of an output's dataset in a bucket that the sample may draw, with their person and the words of the
/// quasi-identifiers.
fn each_of_frame(
    found: &Found<'_>,
    persons: &Persons,
    people: &People<'_>,
    mut look: impl FnMut(u32, &[u64]) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let units = found.frame.units(people);
    let rows = people.of_dataset(persons.dataset);
    let mut key = Vec::new();
    for (row, &unit) in units.of_row[persons.dataset].iter().enumerate() {
        if units.is_out(unit as usize) {
            continue;
        }
        class_key(persons, found.codebook, rows, row, NOT_DRAWN, |_| None, &mut key);
        key.truncate(persons.quasi_identifiers.len());
        look(people.person[persons.dataset][row], &key)?;
    }
    Ok(())
}

/// Which words each column has: codes are their ranks, whatever the buckets. With `frame` those of the quasi-identifiers are
/// the words of everybody.
fn words(
    ctx: &Context<'_>,
    found: &Found<'_>,
    (persons, changed): (&Persons, Option<&Changed>),
    frame: bool,
) -> Result<Words, RunError> {
    let width = persons.quasi_identifiers.len() + 1 + persons.sensitive.len();
    let meet = |met: &mut Vec<HashSet<u64>>, words: &[u64]| {
        met.iter_mut().zip(words).for_each(|(met, word)| _ = met.insert(*word));
        Ok(())
    };
    let met: Vec<HashSet<u64>> = over_buckets(
        ctx,
        found.vault,
        Stage::Summarise,
        || vec![HashSet::new(); width],
        |met: &mut Vec<HashSet<u64>>, people| {
            each_drawn(found, (persons, changed), people, |_, _, words| meet(met, words))?;
            if frame { each_of_frame(found, persons, people, |_, words| meet(met, words)) } else { Ok(()) }
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
pub(super) fn text(codebook: &Codebook, dataset: usize, column: usize, word: u64) -> String {
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

/// Whom outsiders may look for. A limit for what can be linked asks for everybody whom the sample may draw, unless another
/// population is named.
fn population_of(protection: &Protection) -> Option<Population> {
    let asked = || protection.evidence.linkable.map(|_| Population::Frame);
    protection.population.clone().or_else(asked)
}

/// The population of a file: its records, and each quasi-identifier in the codes of its hierarchy.
struct Outside {
    table: Table,
    codes: Vec<Vec<u32>>,
}

impl Outside {
    fn read(protection: &Protection, quasi: usize) -> Result<Option<Self>, RunError> {
        let Some(file) = protection.population_file() else { return Ok(None) };
        let names: Vec<&str> = protection.quasi[..quasi].iter().map(|quasi| quasi.column.as_str()).collect();
        Ok(Some(Self { table: read(file, &names)?, codes: Vec::new() }))
    }

    /// The values of a column behind those that the records have, and the column in their places.
    fn beside(&self, at: usize, texts: &mut Vec<String>) -> Column {
        let own: HashMap<&str, u32> = texts.iter().map(String::as_str).zip(0..).collect();
        let column = &self.table.columns[at];
        let mut more = Vec::new();
        let known = own.len() as u32;
        let place: Vec<u32> = (column.values.iter())
            .map(|value| {
                own.get(value.as_str()).copied().unwrap_or_else(|| {
                    more.push(value.clone());
                    known + more.len() as u32 - 1
                })
            })
            .collect();
        drop(own);
        texts.extend(more);
        let codes = column.codes.iter().map(|&code| place[code as usize]).collect();
        Column { name: column.name.clone(), codes, values: texts.clone() }
    }

    /// Its persons, one per record, at the first of the chances: nothing is known of theirs.
    fn histogram(&self, sensitive: usize) -> Result<Histogram, RunError> {
        let shape = |fault| RunError::from(PersonsError::Shape(fault));
        let sizes: Vec<u32> = self.codes.iter().map(|codes| size(codes)).chain([1]).collect();
        let mut builder = Builder::sized(&sizes, sensitive);
        let mut key = vec![0; sizes.len()];
        for record in 0..self.table.records() {
            key.iter_mut().zip(&self.codes).for_each(|(code, codes)| *code = codes[record]);
            builder.population(&key, 1).map_err(shape)?;
        }
        Ok(builder.finish())
    }
}

/// What is known before the search.
pub(super) struct Prepared {
    pub ground: Ground,
    words: Words,
    /// Per column, from the rank of a word to its code.
    codes: Vec<Vec<u32>>,
    /// Values that were changed.
    pub changed: Option<Changed>,
    /// What the population is called.
    pub to: &'static str,
}

impl Prepared {
    /// Gathers the words of the drawn records; `None` where nobody was drawn.
    pub fn read(
        ctx: &Context<'_>,
        found: &Found<'_>,
        persons: &Persons,
        protection: &Protection,
    ) -> Result<Option<Self>, RunError> {
        let population = population_of(protection);
        let changed = Changed::make(ctx, found, persons)?;
        let words = words(ctx, found, (persons, changed.as_ref()), population == Some(Population::Frame))?;
        // Without a chance of the draw there is no drawn record.
        if words.get(persons.quasi_identifiers.len()).is_none_or(Vec::is_empty) {
            return Ok(None);
        }
        Self::new(ctx, found, (persons, protection, changed), words, population.as_ref()).map(Some)
    }

    /// What a plan takes away: drawn records, and granularity of each column of the pipeline.
    pub fn cost(&self, persons: &Persons, plan: &Plan) -> ProtectionCost {
        let (histogram, rows) = (&self.ground.histogram, self.ground.histogram.classes().rows());
        let lost = |at: usize| {
            let (tree, codes) = (&self.ground.hierarchies[at], histogram.column(at));
            // A record or a value that is left out may be any.
            let stands = |class: usize| {
                let level = plan.fates.of(class).and_then(|levels| levels[at])?;
                tree.leaves(level).get(tree.map(level)?[codes[class] as usize] as usize).copied()
            };
            granularity(tree.domain(), (0..histogram.len()).map(|class| (rows[class], stands(class))))
        };
        let columns = (0..persons.quasi_identifiers.len()).map(|at| (self.ground.names[at].clone(), lost(at)));
        let left_out = (0..rows.len()).filter(|&class| plan.fates.way(class).is_none()).map(|class| rows[class]).sum();
        ProtectionCost { records: rows.iter().sum(), left_out, columns: columns.collect() }
    }

    /// Finds the words in their hierarchies, and counts classes.
    fn new(
        ctx: &Context<'_>,
        found: &Found<'_>,
        (persons, protection, changed): (&Persons, &Protection, Option<Changed>),
        words: Words,
        population: Option<&Population>,
    ) -> Result<Self, RunError> {
        let mut outside = Outside::read(protection, persons.quasi_identifiers.len())?;
        let (mut trees, mut codes) = (Vec::new(), Vec::new());
        for (at, quasi) in protection.quasi.iter().enumerate() {
            let column = persons.quasi_identifiers.get(at);
            let mut texts = match column {
                Some(&column) => texts(found, (persons, column), &words[at]),
                // Positions among the chances of the draw.
                None => words[at].iter().map(u64::to_string).collect(),
            };
            let known = outside.as_ref().filter(|_| column.is_some()).map(|outside| outside.beside(at, &mut texts));
            let places = outside.as_ref().zip(known.as_ref()).map(|(outside, known)| (&outside.table, known));
            let values = Values { name: &quasi.column, texts: &texts, places: places.into_iter().collect() };
            let mut done = generalised(&quasi.levels, &values)?;
            if let (Some(outside), Some(known)) = (&mut outside, &known) {
                outside.codes.push(done.records(known));
            }
            done.codes.truncate(words[at].len());
            trees.push(done.tree);
            codes.push(done.codes);
        }
        let sensitive = sensitive(found, (persons, protection), &words, &mut codes)?;
        let frame = population == Some(&Population::Frame);
        let mut histogram = count(ctx, found, (persons, changed.as_ref()), (&words, &codes), frame)?;
        if let Some(outside) = &outside {
            let theirs = outside.histogram(sensitive.len())?;
            histogram = histogram.merge(&theirs).ok_or(RunError::Bug("a population differs in shape"))?;
        }
        let ground = Ground {
            names: protection.quasi.iter().map(|quasi| quasi.column.clone()).collect(),
            hierarchies: trees.iter().map(|tree| tree.hierarchy.clone()).collect(),
            trees,
            sensitive,
            outside: (0..persons.quasi_identifiers.len()).collect(),
            histogram,
        };
        Ok(Self { ground, words, codes, changed, to: if frame { "frame" } else { "population" } })
    }

    /// Whether a population was counted.
    pub fn has_population(&self) -> bool {
        self.ground.histogram.classes().population().is_some()
    }

    /// The plan for the rows: which classes leave, and what their values become.
    pub fn plan(&self, persons: &Persons, plan: &Plan, ways: Ways, leaving: &Histogram) -> PersonPlan {
        let all = self.ground.histogram.classes();
        let (mut left, mut out) = (Tally::default(), Tally::default());
        // Classes of the population alone have no record.
        for class in (0..plan.fates.len()).filter(|&class| all.rows()[class] > 0) {
            let tally = if plan.fates.way(class).is_some() { &mut left } else { &mut out };
            tally.classes += 1;
            tally.records += all.rows()[class];
            tally.persons += all.persons()[class];
        }
        let released = plan.fates.lookup(&self.ground, |at| self.coded(at));
        let there = leaving.classes().persons().iter().copied().filter(|persons| *persons > 0);
        left.classes = there.clone().count() as u64;
        PersonPlan::recoded(persons.k, released, (left, out), there.min().unwrap_or(0), ways.written)
    }

    /// The codes of words.
    pub fn code_of(&self) -> CodeOf {
        CodeOf::new(&self.words, &self.codes)
    }

    /// What the codes of a class become at one combination of levels.
    pub fn lifted(&self, class: usize, levels: &[usize]) -> Option<Vec<u32>> {
        let columns = self.ground.histogram.columns().iter();
        let group = |((codes, tree), &level): ((&Vec<u32>, &Hierarchy), &usize)| {
            tree.map(level)?.get(codes[class] as usize).copied()
        };
        columns.zip(&self.ground.hierarchies).zip(levels).map(group).collect()
    }

    /// From the words of a column to its codes.
    pub fn coded(&self, at: usize) -> impl Iterator<Item = (u64, u32)> {
        self.words[at].iter().copied().zip(self.codes[at].iter().copied())
    }
}

/// Values as the release writes them.
fn texts(found: &Found<'_>, (persons, column): (&Persons, usize), words: &[u64]) -> Vec<String> {
    words.iter().map(|&word| text(found.codebook, persons.dataset, column, word)).collect()
}

/// The sensitive columns; their codes are put behind those of the quasi-identifiers.
fn sensitive(
    found: &Found<'_>,
    (persons, protection): (&Persons, &Protection),
    words: &Words,
    codes: &mut Vec<Vec<u32>>,
) -> Result<Vec<SensitiveValues>, RunError> {
    let mut sensitive = Vec::new();
    for (at, (wanted, &column)) in protection.sensitive.iter().zip(&persons.sensitive).enumerate() {
        let texts = texts(found, (persons, column), &words[protection.quasi.len() + at]);
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
    Ok(sensitive)
}

/// Counts the classes of all drawn records, person by person, and with `frame` those of everybody.
fn count(
    ctx: &Context<'_>,
    found: &Found<'_>,
    (persons, changed): (&Persons, Option<&Changed>),
    (words, codes): (&Words, &[Vec<u32>]),
    frame: bool,
) -> Result<Histogram, RunError> {
    let code_of = CodeOf::new(words, codes);
    let quasi = persons.quasi_identifiers.len() + 1;
    let sizes: Vec<u32> = codes[..quasi].iter().map(|codes| size(codes)).collect();
    let weights = weights(ctx, found, (words, codes), quasi);
    let shape = |fault| RunError::from(PersonsError::Shape(fault));
    let whole = Builder::sized(&sizes, persons.sensitive.len());
    let siblings = over_buckets(
        ctx,
        found.vault,
        Stage::Summarise,
        || whole.sibling(),
        |builder: &mut Builder, people| {
            let mut drawn = ByPerson::new(quasi + persons.sensitive.len());
            let add = |builder: &mut Builder, held: &ByPerson| match held.records().len() {
                // Mostly there is one.
                1 => builder.person(&[record(&held.codes, quasi, &weights)]).map_err(shape),
                _ => {
                    let records = held.records().map(|codes| record(codes, quasi, &weights));
                    builder.person(&records.collect::<Vec<Record<'_>>>()).map_err(shape)
                }
            };
            each_drawn(found, (persons, changed), people, |person, _, words| {
                drawn.turn(person, |held| add(builder, held))?;
                code_of.append(words, &mut drawn.codes)
            })?;
            drawn.close(|held| add(builder, held))?;
            if !frame {
                return Ok(());
            }
            let mut all = ByPerson::new(quasi);
            let add = |builder: &mut Builder, held: &ByPerson| {
                builder.population_person(&held.records().collect::<Vec<&[u32]>>()).map_err(shape)
            };
            each_of_frame(found, persons, people, |person, words| {
                all.turn(person, |held| add(builder, held))?;
                code_of.append(words, &mut all.codes)?;
                // Nothing is known of the weight of somebody who was not drawn.
                all.codes.push(0);
                Ok(())
            })?;
            all.close(|held| add(builder, held))
        },
        |mut builder| builder.rest().map(|()| vec![builder]).map_err(shape),
        |one, two| Ok([one, two].into_iter().flatten().collect()),
    )?;
    whole.united(siblings).map_err(shape)
}

/// A record of so many quasi-identifiers, and its weight by the last of them.
fn record<'c>(codes: &'c [u32], quasi: usize, weights: &HashMap<u32, u64>) -> Record<'c> {
    let (key, sensitive) = codes.split_at(quasi);
    Record { key, sensitive, weight: key.last().and_then(|code| weights.get(code)).copied().unwrap_or(0) }
}

/// What a drawn record stands for, in units of 10⁻⁹, by the code of its inclusion probability; none without a sample.
fn weights(
    ctx: &Context<'_>,
    found: &Found<'_>,
    (words, codes): (&Words, &[Vec<u32>]),
    quasi: usize,
) -> HashMap<u32, u64> {
    let (Some(_), Some(inclusions)) = (&ctx.pipeline.sample, words.get(quasi - 1).zip(codes.get(quasi - 1))) else {
        return HashMap::new();
    };
    let chances = found.sampled.plan.chances();
    let weight =
        |word: u64| chances.get(usize::try_from(word).ok()?).map(|chance| (chance.weight * 1e9).round() as u64);
    inclusions.0.iter().zip(inclusions.1).filter_map(|(&word, &code)| Some((code, weight(word)?))).collect()
}

/// The code of each word, column by column.
pub(super) struct CodeOf(Vec<Coder>);

impl CodeOf {
    fn new(words: &Words, codes: &[Vec<u32>]) -> Self {
        let pairs = words.iter().zip(codes);
        Self(pairs.map(|(words, codes)| Coder::new(words.iter().copied().zip(codes.iter().copied()))).collect())
    }

    /// Puts the codes of a record's words behind others.
    fn append(&self, words: &[u64], codes: &mut Vec<u32>) -> Result<(), RunError> {
        let before = codes.len();
        codes.extend(words.iter().zip(&self.0).map_while(|(&word, coder)| coder.code(word)));
        if codes.len() - before == words.len() {
            return Ok(());
        }
        Err(RunError::Bug("a value was not there when values were gathered"))
    }

    /// The codes of a record's words.
    pub fn codes(&self, words: &[u64]) -> Result<Vec<u32>, RunError> {
        let mut codes = Vec::with_capacity(words.len());
        self.append(words, &mut codes)?;
        Ok(codes)
    }
}

/// The codes of the records of one person, who stand together, until the next one comes.
struct ByPerson {
    width: usize,
    last: Option<u32>,
    codes: Vec<u32>,
}

impl ByPerson {
    fn new(width: usize) -> Self {
        Self { width, last: None, codes: Vec::new() }
    }

    /// The records that are held.
    fn records(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        self.codes.chunks_exact(self.width)
    }

    /// A record of a person comes. Whoever came before is done, if it was another one.
    fn turn(&mut self, person: u32, done: impl FnOnce(&Self) -> Result<(), RunError>) -> Result<(), RunError> {
        if self.last.replace(person) == Some(person) { Ok(()) } else { self.close(done) }
    }

    fn close(&mut self, done: impl FnOnce(&Self) -> Result<(), RunError>) -> Result<(), RunError> {
        if !self.codes.is_empty() {
            done(self)?;
            self.codes.clear();
        }
        Ok(())
    }
}
