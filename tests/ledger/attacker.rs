//! Somebody who kept an earlier release, and subtracts: elimination over both, without a line of the program's code.

use std::collections::{BTreeMap, BTreeSet};

use crate::bench::{COLUMNS, Person};
use crate::plain::Table;

/// 2⁶¹ − 1.
const P: u128 = (1 << 61) - 1;

/// What a cell asks of a record, column by column; `None` for all.
pub type Place = [Option<String>; 3];

/// Cells of released tables: place and status.
pub struct Seen {
    pub cells: BTreeMap<Place, String>,
    /// Published numbers of persons.
    pub persons: BTreeMap<Place, u64>,
}

impl Seen {
    pub fn new(tables: &[Table]) -> Self {
        let (mut cells, mut persons) = (BTreeMap::new(), BTreeMap::new());
        for table in tables {
            for row in &table.rows {
                let of = |column: &str| {
                    let at = table.labels.iter().position(|label| label == column)?;
                    Some(row[at].clone()).filter(|value| value != "_T")
                };
                let place: Place = COLUMNS.map(of);
                let status = row[table.at("statut")].clone();
                if let Ok(number) = row[table.at("persons")].parse() {
                    persons.insert(place.clone(), number);
                }
                cells.insert(place, status);
            }
        }
        Self { cells, persons }
    }

    pub fn published(&self) -> impl Iterator<Item = &Place> {
        self.cells.iter().filter(|(_, status)| *status == "publie").map(|(place, _)| place)
    }

    pub fn suppressed(&self) -> usize {
        self.cells.values().filter(|status| *status != "publie").count()
    }
}

pub fn lies(person: &Person, place: &Place) -> bool {
    person.place.iter().zip(place).all(|(value, asked)| asked.as_ref().is_none_or(|asked| asked == value))
}

pub fn count(people: &[Person], place: &Place) -> i64 {
    people.iter().filter(|person| lies(person, place)).count() as i64
}

/// Kinds of records that there are: an intruder who knows of each whether there is any.
pub fn kinds(people: &[Person]) -> Vec<Person> {
    let mut seen = BTreeSet::new();
    people.iter().filter(|person| seen.insert(person.place.clone())).cloned().collect()
}

/// Sums of the numbers of kinds that somebody knows.
pub struct Knowledge {
    kinds: Vec<Person>,
    rows: Vec<Option<Vec<u128>>>,
}

impl Knowledge {
    pub fn new(kinds: Vec<Person>, known: &[&Seen]) -> Self {
        let mut knowledge = Self { rows: vec![None; kinds.len()], kinds };
        for place in known.iter().flat_map(|seen| seen.published()) {
            knowledge.add(knowledge.vector(&[(1, place)]));
        }
        knowledge
    }

    fn vector(&self, sum: &[(i64, &Place)]) -> Vec<u128> {
        let of = |kind: &Person| {
            let total: i64 = sum.iter().filter(|(_, place)| lies(kind, place)).map(|(sign, _)| sign).sum();
            (i128::from(total)).rem_euclid(P as i128) as u128
        };
        self.kinds.iter().map(of).collect()
    }

    /// Whether a sum of cells follows from what is known.
    pub fn has(&self, sum: &[(i64, &Place)]) -> bool {
        self.reduce(self.vector(sum)).iter().all(|x| *x == 0)
    }

    fn reduce(&self, mut vector: Vec<u128>) -> Vec<u128> {
        for at in 0..vector.len() {
            if let (Some(row), factor @ 1..) = (&self.rows[at], vector[at]) {
                for (x, y) in vector.iter_mut().zip(row) {
                    *x = (*x + (P - factor) * y) % P;
                }
            }
        }
        vector
    }

    fn add(&mut self, vector: Vec<u128>) {
        let vector = self.reduce(vector);
        if let Some(at) = vector.iter().position(|x| *x != 0) {
            let inverse = power(vector[at], P - 2);
            self.rows[at] = Some(vector.iter().map(|x| x * inverse % P).collect());
        }
    }
}

fn power(mut base: u128, mut exponent: u128) -> u128 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % P;
        }
        base = base * base % P;
        exponent >>= 1;
    }
    result
}

/// A release, and the people whom it counts.
pub struct Known<'a> {
    pub people: &'a [Person],
    pub seen: &'a Seen,
}

/// Pairs of published numbers of one cell that differ by few.
pub fn plain_differences(old: &Seen, new: &Seen, threshold: u64) -> Vec<(Place, i64)> {
    let both = new.persons.iter().filter_map(|(place, now)| Some((place, *now, *old.persons.get(place)?)));
    let few = both.filter(|(_, now, then)| (1..threshold).contains(&now.abs_diff(*then)));
    few.map(|(place, now, then)| (place.clone(), now as i64 - then as i64)).collect()
}

/// Cells, and a cell less a part of it, whose numbers follow from the first release by itself and from the second by itself, and that
/// changed by few.
pub fn differences(old: &Known<'_>, new: &Known<'_>, threshold: i64) -> Vec<(Vec<(i64, Place)>, i64)> {
    let before = Knowledge::new(kinds(old.people), &[old.seen]);
    let now = Knowledge::new(kinds(new.people), &[new.seen]);
    let places: BTreeSet<&Place> = old.seen.cells.keys().chain(new.seen.cells.keys()).collect();
    let inside = |part: &Place, whole: &Place| part.iter().zip(whole).all(|(p, w)| w.is_none() || p == w);
    let mut sums: Vec<Vec<(i64, &Place)>> = places.iter().map(|place| vec![(1, *place)]).collect();
    for whole in &places {
        for part in places.iter().filter(|part| *part != whole && inside(part, whole)) {
            sums.push(vec![(1, *whole), (-1, *part)]);
        }
    }
    let mut found = Vec::new();
    for sum in sums {
        let by = |people: &[Person]| -> i64 { sum.iter().map(|(sign, place)| sign * count(people, place)).sum() };
        let change = by(new.people) - by(old.people);
        if (1..threshold).contains(&change.abs()) && before.has(&sum) && now.has(&sum) {
            found.push((sum.into_iter().map(|(sign, place)| (sign, place.clone())).collect(), change));
        }
    }
    found
}

/// Cells of few persons in the first release that follow from both together, where nothing changed in between.
pub fn opened(old: &Known<'_>, seen: &[&Seen], threshold: i64) -> Vec<Place> {
    let all = Knowledge::new(kinds(old.people), seen);
    let few = old.seen.cells.keys().filter(|place| (1..threshold).contains(&count(old.people, place)));
    few.filter(|place| all.has(&[(1, place)])).cloned().collect()
}
