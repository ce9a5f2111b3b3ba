//! Equivalence classes of a per-person output: the same values of all quasi-identifiers.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::sample::{get_or_insert_with, pairs};

use super::people::{People, Turn};
use super::{CellKey, SummariseError};

/// An equivalence class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Class {
    /// Records.
    pub records: u64,
    /// Distinct persons.
    pub persons: u64,
}

/// Classes of one bucket, while it is read.
#[derive(Default)]
pub struct BucketClasses {
    classes: HashMap<CellKey, (u64, People)>,
    turn: Turn,
}

impl BucketClasses {
    /// Counts one record. Persons are numbered within the bucket (or on from the bucket before, where several are
    /// counted as one) and come in non-decreasing order.
    ///
    /// # Errors
    /// [`SummariseError::Unsorted`] where a person comes after a later one.
    pub fn row(&mut self, person: u32, key: &[u64]) -> Result<(), SummariseError> {
        self.turn.next(person)?;
        let (records, people) = get_or_insert_with(&mut self.classes, key, Default::default);
        *records += 1;
        people.meet(person);
        Ok(())
    }

    /// The classes of the bucket, ready to merge.
    #[must_use]
    pub fn finish(self) -> Classes {
        let class = |(records, people): (u64, People)| Class { records, persons: people.count };
        Classes(self.classes.into_iter().map(|(key, counts)| (key, class(counts))).collect())
    }
}

/// Classes of any number of buckets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classes(#[serde(with = "pairs")] HashMap<CellKey, Class>);

impl Classes {
    /// The classes of both; no person lies in both.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        if self.0.len() < other.0.len() {
            return other.merge(self);
        }
        for (key, theirs) in other.0 {
            let ours = self.0.entry(key).or_default();
            ours.records += theirs.records;
            ours.persons += theirs.persons;
        }
        self
    }

    /// One class.
    #[must_use]
    pub fn get(&self, key: &[u64]) -> Option<Class> {
        self.0.get(key).copied()
    }

    /// All classes, in no fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u64], Class)> + Clone {
        self.0.iter().map(|(key, &class)| (&**key, class))
    }

    /// Number of classes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
