//! Per-person outputs whose columns become coarser: classes are counted over all buckets, a generalisation is searched for among
//! them, and judged. Rows are touched once more, when they are written.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate};
use hashbrown::{HashMap, HashSet};
use serde_json::{Value as Json, json};

use super::error::RunError;
use super::frame::NOT_DRAWN;
use super::output::Found;
use super::passes::over_buckets;
use super::people::PersonsError;
use super::people::anonymise::{
    After, Ground, Searched, SensitiveValues, Values, generalised, judged, judges, of_file, rules_json, search,
};
use super::people::table::Column;
use super::run::Context;
use super::watch::Stage;
use crate::config::{Levels, Linkage, Persons, Pipeline, Protection, Quasi};
use crate::protect::persons::histogram::{Builder, Histogram, Record};
use crate::protect::persons::{PersonPlan, Tally, Written};
use crate::release::{INCLUSION_COLUMN, class_key};
use crate::schema::{Logical, Role};
use crate::sieve::{Cell, Codebook};
use crate::vault::People;

/// A plan, what a recipient is told of it, and what the sender is.
pub(super) struct Recoded {
    pub plan: PersonPlan,
    /// Levels, rules and evidence.
    pub told: Json,
    /// The same with the search, its costs and the risk before.
    pub report: Json,
}

/// The words of each column, ascending: quasi-identifiers, the inclusion probability, sensitive columns.
type Words = Vec<Vec<u64>>;

/// Plans an output; `None` where it says no more than *k*.
pub(super) fn plan(ctx: &Context<'_>, found: &Found<'_>, index: usize) -> Result<Option<Recoded>, RunError> {
    let persons = &ctx.pipeline.persons[index];
    let Some(protection) = &persons.protection else { return Ok(None) };
    let protection = &with_inclusion(protection);
    let words = words(ctx, found, persons)?;
    if words.first().is_none_or(Vec::is_empty) {
        // Nobody was drawn, and nothing leaves.
        let nothing = PersonPlan::recoded(persons.k, HashSet::new(), Default::default(), 0, Vec::new());
        let told = json!({ "method": "nothing leaves" });
        return Ok(Some(Recoded { plan: nothing, told: told.clone(), report: told }));
    }
    let prepared = Prepared::new(ctx, found, persons, protection, words)?;
    let judges = judges(protection, &prepared.ground)?;
    let Searched { chosen, kept, told } = search(protection, &prepared.ground, &judges)?;
    let shape = |fault| RunError::from(PersonsError::Shape(fault));
    let all = &prepared.ground.histogram;
    let leaving = all.filter(&kept).project(&prepared.ground.hierarchies, &chosen.levels).map_err(shape)?;
    for judge in &judges {
        let part = leaving.marginal(&judge.columns);
        if (0..part.len()).any(|class| !judge.model.holds(&part.classes().class(class))) {
            return Err(RunError::Bug("what would leave does not meet its rules"));
        }
    }
    let outcome = judged(protection, &prepared.ground, &After { leaving: &leaving, beside: None })?;
    if !outcome.failed.is_empty() {
        return Err(PersonsError::Evidence { failed: outcome.failed }.into());
    }
    let names = &prepared.ground.names;
    let levels = names.iter().zip(&chosen.levels).map(|(name, level)| (name.clone(), json!(level)));
    let rules = rules_json(&prepared.ground, &judges);
    let public = json!({
        "model": rules,
        "k": persons.k.get(),
        "quasi_identifiers": persons.quasi_identifiers.iter().zip(names).map(|(_, name)| name).collect::<Vec<_>>(),
        "counted_over": "distinct persons",
        "method": "values of columns are grouped; records of classes that do not hold are left out",
        "levels": levels.collect::<serde_json::Map<_, _>>(),
        "risk": outcome.after.json(names),
        "evidence": outcome.evidence,
    });
    let report = json!({
        "name": persons.name,
        "rules": public["model"],
        "plan": told,
        "risk": { "before": outcome.before.json(names), "after": outcome.after.json(names) },
        "evidence": outcome.evidence,
    });
    let plan = prepared.plan(persons, &kept, (chosen.smallest, chosen.classes), &chosen.levels);
    Ok(Some(Recoded { plan, told: public, report }))
}

/// What stands beside the data: the evidence, and whether it certifies that the output is anonymised: pseudonyms do not tie a person to
/// other releases, and each criterion of WP216 has a limit that is met. A limit for the smallest class bounds the share of
/// persons that can be linked as well; inference has one for every column that is sensitive by its role.
pub(super) fn attested(pipeline: &Pipeline, index: usize, told: &Json) -> Json {
    let persons = &pipeline.persons[index];
    let (linkage, apart) = match pipeline.subject.linkage {
        Linkage::None => ("none", true),
        Linkage::Release => ("release", true),
        Linkage::Longitudinal => ("longitudinal", false),
    };
    let certified = apart && told.get("evidence").is_some() && all_limited(pipeline, persons);
    let mut whole = json!({ "name": persons.name, "linkage": linkage, "certified": certified });
    if let (Some(whole), Some(told)) = (whole.as_object_mut(), told.as_object()) {
        whole.extend(told.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    whole
}

/// Whether every criterion has a limit, for every column that it is about.
fn all_limited(pipeline: &Pipeline, persons: &Persons) -> bool {
    let kept = &pipeline.datasets[persons.dataset].kept;
    let Some(protection) = &persons.protection else { return false };
    let health =
        |column: &&usize| kept[**column].role == Role::Sensitive && !persons.quasi_identifiers.contains(column);
    let mut health = persons.columns.iter().filter(health).peekable();
    let limited = health.peek().is_none() || protection.evidence.advantage.is_some();
    protection.evidence.smallest.is_some() && limited && health.all(|column| persons.sensitive.contains(column))
}

/// A weight that few persons have tells them apart as any quasi-identifier does, and cannot become coarser.
fn with_inclusion(protection: &Protection) -> Protection {
    let mut whole = protection.clone();
    let at = whole.quasi.len();
    // It has nothing to lose, but some column has to count.
    let weight = if at == 0 { 1.0 } else { 0.0 };
    whole.quasi.push(Quasi { column: INCLUSION_COLUMN.to_owned(), levels: Levels::Same, weight, level: 0 });
    whole.rules.iter_mut().for_each(|rule| rule.columns.push(at));
    whole
}

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
struct Prepared {
    ground: Ground,
    words: Words,
    /// Per column, from the rank of a word to its code.
    codes: Vec<Vec<u32>>,
}

impl Prepared {
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
    fn plan(&self, persons: &Persons, kept: &[bool], (smallest, classes): (u64, u64), levels: &[usize]) -> PersonPlan {
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
