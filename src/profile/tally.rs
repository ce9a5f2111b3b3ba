//! Counts of one column. They merge in any order, so that what is told does not depend on blocks or threads.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};
use sha2::{Digest, Sha256};

use super::inside::{Suspicion, look};
use super::spread::Numbers;
use crate::schema::{FieldType, Reader, Value};

/// Different values that are counted at most.
pub(super) const DISTINCT: usize = 500_000;
/// Different texts that are kept to find the frequent ones; a column with more has none that is told.
const TEXTS: usize = 20_000;
/// Longest text that is kept, in bytes.
const LONGEST: usize = 60;
/// Places that are kept of each suspicion.
const PLACES: usize = 5;

/// Where a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Number of the file, from 0.
    pub file: u32,
    /// Number of the record, from 1.
    pub record: u64,
    /// Line on which it begins, from 1; 0 where the file has no lines.
    pub line: u64,
}

/// What is known of a column. No `Debug`: it holds values of records.
#[derive(Default)]
pub(super) struct Tally {
    pub values: u64,
    pub missing: u64,
    pub lengths: Option<(usize, usize)>,
    pub numbers: Numbers,
    /// Digests of different values; `None` once there are too many.
    distinct: Crowd<HashSet<u64>>,
    /// Short texts with their number; `None` once there are too many.
    texts: Crowd<HashMap<String, u64>>,
    suspicions: [(u64, BTreeSet<Place>); 6],
}

/// Something that is given up once it is too large.
enum Crowd<T> {
    Kept(T),
    GivenUp,
}

impl<T: Default> Default for Crowd<T> {
    fn default() -> Self {
        Self::Kept(T::default())
    }
}

impl Tally {
    /// Takes so many cells of one text, which is not empty, of a type. `places` are theirs, in order; they are asked for only where
    /// the text seems to speak of a person.
    pub fn take(
        &mut self,
        (text, cells): (&str, u64),
        (ty, reader): (&FieldType, Option<&Reader>),
        places: impl Iterator<Item = Place>,
    ) {
        self.values += cells;
        let length = text.chars().count();
        self.lengths = Some(self.lengths.map_or((length, length), |(low, high)| (low.min(length), high.max(length))));
        if let Crowd::Kept(distinct) = &mut self.distinct {
            distinct.insert(digest(text));
            if distinct.len() > DISTINCT {
                self.distinct = Crowd::GivenUp;
            }
        }
        if let Crowd::Kept(texts) = &mut self.texts
            && text.len() <= LONGEST
        {
            *texts.entry_ref(text).or_default() += cells;
            if texts.len() > TEXTS {
                self.texts = Crowd::GivenUp;
            }
        }
        let number = reader.and_then(|reader| reader.read(text)).and_then(|reading| match reading.value {
            Value::Integer(whole) => Some(whole as f64),
            Value::Number(number) => Some(number),
            Value::Date(days) => Some(f64::from(days)),
            Value::Text(_) | Value::Boolean(_) | Value::Datetime(_) => None,
        });
        if let Some(number) = number {
            self.numbers.take(number, cells);
        } else if matches!(ty, FieldType::String(_)) {
            let found = look(text);
            if !found.contains(&true) {
                return;
            }
            // More of one text than are kept of all would fall out again.
            let places: Vec<Place> = places.take(PLACES.min(usize::try_from(cells).unwrap_or(PLACES))).collect();
            for ((all, kept), _) in self.suspicions.iter_mut().zip(found).filter(|(_, found)| *found) {
                *all += cells;
                places.iter().for_each(|place| keep(kept, *place));
            }
        }
    }

    /// Adds what another part of the column holds.
    pub fn merge(&mut self, other: Self) {
        self.values += other.values;
        self.missing += other.missing;
        self.lengths = match (self.lengths, other.lengths) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        self.numbers.merge(other.numbers);
        match (&mut self.distinct, other.distinct) {
            (Crowd::Kept(mine), Crowd::Kept(theirs)) => {
                mine.extend(theirs);
                if mine.len() > DISTINCT {
                    self.distinct = Crowd::GivenUp;
                }
            }
            _ => self.distinct = Crowd::GivenUp,
        }
        match (&mut self.texts, other.texts) {
            (Crowd::Kept(mine), Crowd::Kept(theirs)) => {
                theirs.into_iter().for_each(|(text, n)| *mine.entry(text).or_default() += n);
                if mine.len() > TEXTS {
                    self.texts = Crowd::GivenUp;
                }
            }
            _ => self.texts = Crowd::GivenUp,
        }
        for ((cells, places), (more, theirs)) in self.suspicions.iter_mut().zip(other.suspicions) {
            *cells += more;
            theirs.into_iter().for_each(|place| keep(places, place));
        }
    }

    /// Different values, where they could be counted.
    pub fn distinct(&self) -> Option<u64> {
        match &self.distinct {
            Crowd::Kept(distinct) => Some(distinct.len() as u64),
            Crowd::GivenUp => None,
        }
    }

    /// At most so many texts, each in at least `shown` records and without anything that speaks of a person.
    pub fn frequent(&self, most: usize, shown: u64) -> Vec<(String, u64)> {
        let Crowd::Kept(texts) = &self.texts else { return Vec::new() };
        let is_told = |text: &str| !look(text).contains(&true);
        let mut frequent: Vec<(String, u64)> = texts
            .iter()
            .filter(|(text, n)| **n >= shown && is_told(text))
            .map(|(text, n)| (text.clone(), *n))
            .collect();
        frequent.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        frequent.truncate(most);
        frequent
    }

    /// What was found within texts.
    pub fn suspicions(self) -> Vec<(Suspicion, u64, Vec<Place>)> {
        let all = Suspicion::ALL.into_iter().zip(self.suspicions);
        all.filter(|(_, (cells, _))| *cells > 0)
            .map(|(what, (cells, places))| (what, cells, places.into_iter().collect()))
            .collect()
    }
}

/// Keeps the first places.
fn keep(places: &mut BTreeSet<Place>, place: Place) {
    places.insert(place);
    if places.len() > PLACES {
        places.pop_last();
    }
}

/// The same for all threads and runs, so that counts merge.
fn digest(text: &str) -> u64 {
    let hash = Sha256::digest(text.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(first)
}
