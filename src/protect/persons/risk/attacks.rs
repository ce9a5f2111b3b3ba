//! Prosecutor, journalist and marketer: El Emam (2013), chapter 16; El Emam and Dankar, *Protecting privacy using
//! k-anonymity*, JAMIA 15 (2008).

use crate::protect::persons::histogram::Classes;

/// The risk of persons under one kind of attack. A person in several classes has the risk of the worst.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Risk {
    /// Distinct persons judged.
    pub persons: u64,
    /// Classes that they stand in.
    pub classes: u64,
    /// Of the person most at risk.
    pub highest: f64,
    /// Over all persons.
    pub average: f64,
    /// Share of persons whose risk is above the threshold.
    pub over: f64,
    /// Persons who are alone in a class.
    pub uniques: u64,
}

/// The prosecutor knows that a certain person is in the data: 1 over the persons of the class. `None` for no person.
pub fn prosecutor(classes: &Classes, threshold: f64) -> Option<Risk> {
    risk(classes, classes.persons(), threshold)
}

/// The journalist wants anybody, and knows the population: 1 over the population of the class, where the population counts
/// at least the persons of the data. The average is the larger of the two in El Emam's table 16.1: classes over their
/// population, and the mean over persons. `None` without population or person.
pub fn journalist(classes: &Classes, threshold: f64) -> Option<Risk> {
    let population = at_least_data(classes)?;
    let mut found = risk(classes, &population, threshold)?;
    let pairs = classes.persons().iter().zip(&population).filter(|(persons, _)| **persons > 0);
    let all: u64 = pairs.map(|(_, population)| population).sum();
    found.average = found.average.max(found.classes as f64 / all as f64);
    Some(found)
}

/// The marketer wants as many as possible: the expected share of persons matched rightly, against the population where one
/// is known, else against the data. `None` for no person.
pub fn marketer(classes: &Classes) -> Option<f64> {
    let against = at_least_data(classes).unwrap_or_else(|| classes.persons().to_vec());
    risk(classes, &against, 1.0).map(|risk| risk.average)
}

/// The risk that at least one of a group (a household) is found, from the risks of its members, taken as independent:
/// 1 − Π(1 − r). Templ, *Statistical disclosure control for microdata* (2017), § 3.6.
pub fn group_risk(members: &[f64]) -> f64 {
    1.0 - members.iter().map(|risk| 1.0 - risk).product::<f64>()
}

/// The population, where it is known; never fewer than the data have.
fn at_least_data(classes: &Classes) -> Option<Vec<u64>> {
    Some(classes.population()?.iter().zip(classes.persons()).map(|(one, two)| *one.max(two)).collect())
}

/// How many persons have a smallest class of which size: pairs of persons and size, of which one size may have several.
pub fn persons_by_size(classes: &Classes) -> Vec<(u64, u64)> {
    by_smallest(classes, classes.persons()).collect()
}

/// Persons with the smallest of `sizes` among their classes.
fn by_smallest<'a>(classes: &'a Classes, sizes: &'a [u64]) -> impl Iterator<Item = (u64, u64)> + 'a {
    // Persons of one class alone; those of several follow.
    let mut alone = classes.persons().to_vec();
    for (path, persons) in classes.paths() {
        path.iter().for_each(|&class| alone[class as usize] -= persons);
    }
    let singles = alone.into_iter().zip(sizes.iter().copied()).filter(|(persons, _)| *persons > 0);
    let several = classes.paths().filter_map(|(path, persons)| {
        path.iter().map(|&class| sizes[class as usize]).min().map(|smallest| (persons, smallest))
    });
    singles.chain(several)
}

/// 1 over `sizes`, person by person.
fn risk(classes: &Classes, sizes: &[u64], threshold: f64) -> Option<Risk> {
    let mut found = Risk { persons: 0, classes: 0, highest: 0.0, average: 0.0, over: 0.0, uniques: 0 };
    let (mut sum, mut over) = (0.0, 0);
    for (persons, size) in by_smallest(classes, sizes) {
        let risk = 1.0 / size as f64;
        found.persons += persons;
        found.highest = found.highest.max(risk);
        found.uniques += if size == 1 { persons } else { 0 };
        sum += persons as f64 * risk;
        over += if risk > threshold { persons } else { 0 };
    }
    found.classes = classes.persons().iter().filter(|persons| **persons > 0).count() as u64;
    found.average = sum / found.persons as f64;
    found.over = over as f64 / found.persons as f64;
    (found.persons > 0).then_some(found)
}
