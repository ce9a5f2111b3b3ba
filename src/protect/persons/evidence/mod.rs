//! Evidence for the three criteria of the Article 29 Working Party's opinion 05/2014 on anonymisation techniques (WP216):
//! singling out, linkability, inference. Computed from histograms, with thresholds that a release must meet.

#[cfg(test)]
mod tests;

use crate::protect::persons::histogram::{Classes, Histogram};

/// Can a person be singled out?
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SinglingOut {
    /// Distinct persons.
    pub persons: u64,
    /// Persons alone in a class.
    pub uniques: u64,
    /// Persons of the smallest class: the k that is reached; 0 for nobody.
    pub smallest: u64,
    /// Share of persons in a class with fewer than the threshold.
    pub below: f64,
}

/// Singling out, against a threshold of persons per class.
pub fn singling_out(classes: &Classes, threshold: u64) -> SinglingOut {
    let persons = classes.all_persons();
    let smallest = classes.persons().iter().copied().filter(|persons| *persons > 0).min().unwrap_or(0);
    let within = |least: u64| -> u64 {
        // Persons with a class smaller than `least`: those of one class, then those of several.
        let mut alone = classes.persons().to_vec();
        classes.paths().for_each(|(path, count)| path.iter().for_each(|&class| alone[class as usize] -= count));
        let small = |class: usize| classes.persons()[class] < least;
        let single: u64 = (0..alone.len()).filter(|&class| small(class)).map(|class| alone[class]).sum();
        let several = classes.paths().filter(|(path, _)| path.iter().any(|&class| small(class as usize)));
        single + several.map(|(_, count)| count).sum::<u64>()
    };
    let below = if persons == 0 { 0.0 } else { within(threshold) as f64 / persons as f64 };
    SinglingOut { persons, uniques: within(2), smallest, below }
}

/// Can records of one person be linked?
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Linkability {
    /// Persons of the first table.
    pub persons: u64,
    /// Share of them who are alone in their class in both tables: one candidate on each side.
    pub unique: f64,
    /// Share of them who would be linked rightly by picking at random among the candidates, if everybody of the smaller
    /// side of each class stands on the other too: the most that quasi-identifiers allow.
    pub expected: f64,
    /// Share of them with any candidate.
    pub candidates: f64,
}

/// Links two tables by their quasi-identifiers: two releases, or a release and a population. Columns and codes must mean the
/// same on both sides; `None` if their numbers differ or the first table has nobody. A person in several classes counts in
/// each.
pub fn linkability(one: &Histogram, two: &Histogram) -> Option<Linkability> {
    if one.width() != two.width() {
        return None;
    }
    let persons: u64 = one.classes().persons().iter().sum();
    let (mut unique, mut expected, mut candidates) = (0_u64, 0.0, 0_u64);
    for (here, there) in meeting(one, two) {
        unique += u64::from(here == 1 && there == 1);
        expected += here.min(there) as f64 / here.max(there) as f64;
        candidates += here;
    }
    let share = |part: f64| part / persons as f64;
    (persons > 0).then(|| Linkability {
        persons,
        unique: share(unique as f64),
        expected: share(expected),
        candidates: share(candidates as f64),
    })
}

/// Persons of the classes that both tables have. Keys ascend on both sides.
fn meeting(one: &Histogram, two: &Histogram) -> Vec<(u64, u64)> {
    let (mut at, mut pairs) = (0, Vec::new());
    for class in 0..one.len() {
        let order = |other: usize| {
            let columns = one.columns().iter().zip(two.columns());
            columns.map(|(one, two)| two[other].cmp(&one[class])).find(|order| order.is_ne())
        };
        while at < two.len() && order(at).is_some_and(std::cmp::Ordering::is_lt) {
            at += 1;
        }
        if at < two.len() && order(at).is_none() {
            let (here, there) = (one.classes().persons()[class], two.classes().persons()[at]);
            if here > 0 && there > 0 {
                pairs.push((here, there));
            }
        }
    }
    pairs
}

/// How many pseudonyms two releases share; 0 for releases whose pseudonyms come from distinct domains. Order and repetition
/// do not matter.
pub fn shared_pseudonyms(one: &[u128], two: &[u128]) -> u64 {
    let sorted = |all: &[u128]| {
        let mut all = all.to_vec();
        all.sort_unstable();
        all.dedup();
        all
    };
    let two = sorted(two);
    sorted(one).iter().filter(|pseudonym| two.binary_search(pseudonym).is_ok()).count() as u64
}

/// Can a sensitive value be inferred?
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inference {
    /// Share guessed rightly without looking at quasi-identifiers: always the most frequent value.
    pub base: f64,
    /// Share guessed rightly by the most frequent value of each class.
    pub informed: f64,
    /// (informed − base) / (1 − base): 0 for nothing gained, 1 for everything (Giomi et al., *A unified framework for
    /// quantifying privacy risk in synthetic data*, PoPETs 2023, § 3; 0 if there is nothing to gain).
    pub advantage: f64,
    /// Share of persons in a class in which all have the same value.
    pub certain: f64,
}

/// Inference of one sensitive column from the classes. `None` if the column is not there or nobody is. A person with two
/// values in a class counts for both.
pub fn inference(classes: &Classes, column: usize) -> Option<Inference> {
    let counts = classes.sensitive().get(column)?;
    let reference = classes.reference(column);
    let total: u64 = reference.iter().sum();
    if total == 0 {
        return None;
    }
    let (mut right, mut certain) = (0, 0);
    for class in 0..classes.len() {
        let (values, persons) = counts.of(class);
        right += persons.iter().max().copied().unwrap_or(0);
        certain += if values.len() == 1 { persons[0] } else { 0 };
    }
    let share = |part: u64| part as f64 / total as f64;
    let (base, informed) = (share(reference.iter().copied().max().unwrap_or(0)), share(right));
    let advantage = if base < 1.0 { (informed - base) / (1.0 - base) } else { 0.0 };
    Some(Inference { base, informed, advantage, certain: share(certain) })
}

/// What a release must meet. `None` where nothing is asked.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Thresholds {
    /// Fewest persons of the smallest class.
    pub smallest: Option<u64>,
    /// Largest expected share of persons linked.
    pub linkable: Option<f64>,
    /// Largest advantage of inference.
    pub advantage: Option<f64>,
}

/// One criterion that a release does not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// A class is too small.
    SinglingOut,
    /// Too many persons can be linked.
    Linkability,
    /// Too much can be inferred from this sensitive column.
    Inference {
        /// Which of those given.
        column: usize,
    },
}

/// All criteria that are not met; a release with one does not leave. What is asked for but was not measured fails.
pub fn failed(
    thresholds: &Thresholds,
    singling: Option<&SinglingOut>,
    links: &[Linkability],
    inferences: &[Inference],
) -> Vec<Failed> {
    let mut failed = Vec::new();
    if let Some(least) = thresholds.smallest
        && singling.is_none_or(|found| found.persons > 0 && found.smallest < least)
    {
        failed.push(Failed::SinglingOut);
    }
    if let Some(most) = thresholds.linkable
        && (links.is_empty() || links.iter().any(|link| link.expected.is_nan() || link.expected > most))
    {
        failed.push(Failed::Linkability);
    }
    if let Some(most) = thresholds.advantage {
        let bad = |(_, found): &(usize, &Inference)| found.advantage.is_nan() || found.advantage > most;
        failed.extend(inferences.iter().enumerate().filter(bad).map(|(column, _)| Failed::Inference { column }));
        if inferences.is_empty() {
            failed.push(Failed::Inference { column: 0 });
        }
    }
    failed
}
