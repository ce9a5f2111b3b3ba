//! *k*-anonymity by suppression of whole classes.
//!
//! P. Samarati, L. Sweeney, "Protecting privacy when disclosing information: k-anonymity and its enforcement through
//! generalization and suppression", SRI-CSL-98-04, 1998; L. Sweeney, "k-anonymity: a model for protecting privacy",
//! Int. J. Uncertainty, Fuzziness and Knowledge-Based Systems 10(5), 2002.
//!
//! An output is *k*-anonymous if every combination of quasi-identifiers in it is shared by at least *k* distinct persons:
//!
//! > ∀ class *c* of the output: persons(*c*) ≥ *k*
//!
//! Persons are counted, not records: eleven visits of one patient hide nobody. What this does not do: it looks at one
//! record at a time, so where a pseudonym ties several records of a person together, their *combination* may be rarer than
//! any of them; and a class whose members all have the same sensitive value discloses that value (attribute disclosure).

use super::lookup::{Coder, Lookup};
use crate::config::Threshold;
use crate::summarise::{Class, Classes};

/// Which classes leave.
#[derive(Debug, Clone)]
pub struct PersonPlan {
    k: Threshold,
    /// Released, not suppressed, classes are listed: what is not there does not leave. With the way in which values are written.
    /// Classes are those of the data, or those that they become where all become one generalisation.
    released: Lookup,
    left: Tally,
    suppressed: Tally,
    smallest: Option<u64>,
    /// Per quasi-identifier, what its values become; empty where all stay as they are.
    written: Vec<Option<Written>>,
}

/// What the values of a column become, in each of the ways in which classes are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Groups by the word of the value, for each level that occurs.
    levels: Vec<Coder>,
    /// The position of its level for each way.
    of_way: Vec<usize>,
    labels: Vec<String>,
}

impl Written {
    /// Groups by the word of the value for each level, the level of each way, and what each group is called; an empty text is a
    /// missing value.
    #[must_use]
    pub fn new(levels: Vec<Coder>, of_way: Vec<usize>, labels: Vec<String>) -> Self {
        Self { levels, of_way, labels }
    }

    /// The group of a value in a way; `None` for one that nobody counted.
    #[must_use]
    pub fn group(&self, way: u32, word: u64) -> Option<u32> {
        self.levels.get(*self.of_way.get(way as usize)?)?.code(word)
    }

    /// What groups are called; nothing for a missing value.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The groups of values where they are the same in every way.
    #[must_use]
    pub fn single(&self) -> Option<&Coder> {
        self.levels.first().filter(|_| self.levels.len() == 1)
    }

    /// What a group is called; `None` for a missing value.
    #[must_use]
    pub fn label(&self, group: u32) -> Option<&str> {
        self.labels.get(group as usize).map(String::as_str).filter(|label| !label.is_empty())
    }
}

/// Classes with what is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Classes.
    pub classes: u64,
    /// Records.
    pub records: u64,
    /// Persons, added up over classes: somebody with records in two classes counts twice.
    pub persons: u64,
}

impl Tally {
    fn add(&mut self, class: Class) {
        self.classes += 1;
        self.records += class.records;
        self.persons += class.persons;
    }
}

/// Suppresses every class with fewer than `k` distinct persons.
#[must_use]
pub fn plan(classes: &Classes, k: Threshold) -> PersonPlan {
    // persons(c) ≥ k
    let leaves = |class: &Class| class.persons >= k.get();
    let mut plan = PersonPlan {
        k,
        released: Lookup::of_words(classes.iter().filter(|(_, class)| leaves(class)).map(|(key, _)| (key, 0))),
        left: Tally::default(),
        suppressed: Tally::default(),
        smallest: None,
        written: Vec::new(),
    };
    for (_, class) in classes.iter() {
        if leaves(&class) {
            plan.left.add(class);
            plan.smallest = Some(plan.smallest.map_or(class.persons, |smallest| smallest.min(class.persons)));
        } else {
            plan.suppressed.add(class);
        }
    }
    plan
}

impl PersonPlan {
    /// A plan that was found elsewhere: which classes of the data leave and in which way they are written, what is in what leaves and in what does not, and what
    /// the values of each quasi-identifier become. `smallest` is the smallest class of what leaves.
    #[must_use]
    pub fn recoded(
        k: Threshold,
        released: Lookup,
        (left, suppressed): (Tally, Tally),
        smallest: u64,
        written: Vec<Option<Written>>,
    ) -> Self {
        Self { k, released, left, suppressed, smallest: (left.classes > 0).then_some(smallest), written }
    }

    /// What the values of a quasi-identifier become; `None` where they stay as they are.
    #[must_use]
    pub fn written(&self, quasi: usize) -> Option<&Written> {
        self.written.get(quasi).and_then(Option::as_ref)
    }

    /// Whether the records of a class leave.
    #[must_use]
    pub fn releases(&self, key: &[u64]) -> bool {
        self.way(key).is_some()
    }

    /// In which way the values of a class are written; `None` where its records do not leave.
    #[must_use]
    pub fn way(&self, key: &[u64]) -> Option<u32> {
        self.released.way(key)
    }

    /// The *k* that was asked for.
    #[must_use]
    pub fn k(&self) -> Threshold {
        self.k
    }

    /// What leaves.
    #[must_use]
    pub fn released(&self) -> Tally {
        self.left
    }

    /// What does not.
    #[must_use]
    pub fn suppressed(&self) -> Tally {
        self.suppressed
    }

    /// Distinct persons of the smallest class that leaves: the *k* that was reached. `None` where nothing leaves.
    #[must_use]
    pub fn smallest_class(&self) -> Option<u64> {
        self.smallest
    }
}
