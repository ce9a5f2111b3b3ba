//! How far persons of two releases can be tied together by their quasi-identifiers.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use serde_json::{Value as Json, json};

use super::count::{self, Codes, People};
use super::error::PersonsError;
use super::table::{Column, Table, unify};
use crate::protect::persons::evidence::linkability;
use crate::protect::persons::histogram::Histogram;

/// Linkage of a file with another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Linked {
    /// Distinct persons of the file.
    pub persons: u64,
    /// Distinct persons of the other file.
    pub other: u64,
    /// Persons whose key stands in both files; `None` where no column tells persons apart. 0 for pseudonyms of distinct domains.
    pub shared: Option<u64>,
    /// Expected share of the file's persons who are linked rightly by picking at random among the candidates of the other file: 1
    /// over the persons of the class, for whoever stands in it on both sides; of several classes the surest. `None` where the
    /// files have no key in common.
    pub rightly: Option<f64>,
    /// Share of the file's persons who are alone in their class in both files: matched uniquely, whether rightly or not.
    pub one_to_one: f64,
    /// Share of the file's persons with any candidate in the other one.
    pub candidates: f64,
}

impl Linked {
    /// The figures for a program.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({
            "persons": self.persons,
            "persons_of_the_other": self.other,
            "persons_in_both": self.shared,
            "distinct_domains": self.shared.map(|shared| shared == 0),
            "expected_share_linked_rightly": self.rightly,
            "share_one_to_one": self.one_to_one,
            "share_with_candidates": self.candidates,
        })
    }
}

/// A file with its persons and classes. It has no `Debug`: it ties records together.
struct Side<'t> {
    person: Option<&'t Column>,
    people: People,
    /// Per quasi-identifier, codes that mean the same on both sides.
    codes: Vec<Vec<u32>>,
    histogram: Histogram,
}

impl<'t> Side<'t> {
    fn new(table: &'t Table, person: Option<&str>, codes: Vec<Vec<u32>>) -> Result<Self, PersonsError> {
        let person = person.and_then(|name| table.column(name));
        let people = People::of(table, person)?;
        let keys: Vec<&[u32]> = codes.iter().map(Vec::as_slice).collect();
        let all = Codes { quasi: &keys, sensitive: &[], weights: &[] };
        let histogram = count::histogram(&people, all, None, |_| true)?;
        Ok(Self { person, people, codes, histogram })
    }

    /// The distinct classes of some records.
    fn classes(&self, records: &[u32]) -> HashSet<Vec<u32>> {
        records.iter().map(|&record| self.codes.iter().map(|column| column[record as usize]).collect()).collect()
    }

    /// The records of each person by their key.
    fn by_key(&self) -> Option<HashMap<&str, &[u32]>> {
        let person = self.person?;
        let key = |records: &'_ &[u32]| records.first().map(|&first| person.text(first as usize));
        Some(self.people.iter().filter_map(|records| Some((key(&records)?, records))).collect())
    }
}

/// Links two tables. Both have the quasi-identifiers, and the column of persons where one is named.
///
/// # Errors
/// [`PersonsError`] where a record names nobody, or there are too many combinations.
pub(super) fn link(
    (table, other): (&Table, &Table),
    quasi: &[String],
    person: Option<&str>,
) -> Result<Linked, PersonsError> {
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for name in quasi {
        let (Some(one), Some(two)) = (table.column(name), other.column(name)) else { continue };
        let (mut one, mut two) = (one.clone(), two.clone());
        unify(&mut one, &mut two);
        here.push(one.codes);
        there.push(two.codes);
    }
    let (one, two) = (Side::new(table, person, here)?, Side::new(other, person, there)?);
    let nobody = || PersonsError::Rules("nobody is there to be linked".to_owned());
    let found = linkability(&one.histogram, &two.histogram).ok_or_else(nobody)?;
    let rightly = rightly(&one, &two);
    let (persons, shared) = (one.histogram.classes().all_persons(), rightly.map(|(shared, _)| shared));
    Ok(Linked {
        persons,
        other: two.histogram.classes().all_persons(),
        shared,
        rightly: rightly.filter(|(shared, _)| *shared > 0).map(|(_, sum)| sum / persons as f64),
        one_to_one: found.unique,
        candidates: found.candidates,
    })
}

/// Persons with a key in both files, and how many of them are expected to be linked rightly.
fn rightly(one: &Side<'_>, two: &Side<'_>) -> Option<(u64, f64)> {
    let (here, there) = (one.by_key()?, two.by_key()?);
    let persons = two.histogram.classes().persons();
    let sizes: HashMap<Vec<u32>, u64> =
        (0..two.histogram.len()).map(|class| (two.histogram.key(class), persons[class])).collect();
    let mut shared = 0;
    // Persons by the size of the surest class: whole numbers, so that no order shows in the last digit of a sum.
    let mut surest: BTreeMap<u64, u64> = BTreeMap::new();
    for (key, records) in here {
        let Some(others) = there.get(key) else { continue };
        shared += 1;
        let theirs = two.classes(others);
        let both = one.classes(records).into_iter().filter(|class| theirs.contains(class));
        if let Some(smallest) = both.filter_map(|class| sizes.get(&class).copied()).min() {
            *surest.entry(smallest).or_insert(0) += 1;
        }
    }
    Some((shared, surest.iter().map(|(&size, &persons)| persons as f64 / size as f64).sum()))
}
