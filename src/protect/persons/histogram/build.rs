//! From records to the histogram.

use hashbrown::{HashMap, HashTable};
use std::hash::BuildHasher;
use thiserror::Error;

use super::classes::{Classes, Counts, Path, several, united};
use super::{Grouping, Histogram, Needs};

/// One record: codes only. Codes are positions in a dictionary: memory grows with the largest.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// One code per quasi-identifier.
    pub key: &'a [u32],
    /// One code per sensitive column.
    pub sensitive: &'a [u32],
    /// Sampling weight in a fixed unit chosen by the caller (10⁻⁹ elsewhere in this program); 0 where there is none.
    pub weight: u64,
}

/// Something has the wrong shape. Never bears a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ShapeFault {
    /// A record has too few or too many codes.
    #[error("a record has {found} codes where {expected} were expected")]
    Record {
        /// What the histogram has.
        expected: usize,
        /// What the record has.
        found: usize,
    },
    /// A person without a record.
    #[error("a person has no record")]
    NoRecord,
    /// There must be one hierarchy per column.
    #[error("there are {found} hierarchies for {expected} columns")]
    Hierarchies {
        /// Number of columns.
        expected: usize,
        /// Number of hierarchies.
        found: usize,
    },
    /// There must be one level per column.
    #[error("there are {found} levels for {expected} columns")]
    Levels {
        /// Number of columns.
        expected: usize,
        /// Number of levels.
        found: usize,
    },
    /// A level does not exist.
    #[error("the hierarchy of column {column} has no such level")]
    Level {
        /// Position of the column.
        column: usize,
    },
    /// The data have a code that the hierarchy does not know.
    #[error("the hierarchy of column {column} does not cover every value of the data")]
    Code {
        /// Position of the column.
        column: usize,
    },
    /// There are more distinct combinations, or codes, than can be numbered.
    #[error("more than 4,294,967,294 distinct combinations or values")]
    TooMany,
}

/// Collects persons. What comes out does not depend on their order.
#[derive(Debug)]
pub struct Builder {
    width: usize,
    sensitive: usize,
    index: HashTable<u32>,
    hasher: hashbrown::DefaultHashBuilder,
    keys: Vec<u32>,
    rows: Vec<u64>,
    persons: Vec<u64>,
    weights: Vec<u128>,
    population: Vec<u64>,
    /// Persons by class, sensitive column and value.
    values: Vec<HashMap<(u32, u32), u64>>,
    paths: HashMap<Path, u64>,
    /// Persons of the population by the classes that they stand in, where those are several.
    outside: HashMap<Vec<u32>, u64>,
}

impl Builder {
    /// For records with `width` quasi-identifiers and so many sensitive columns.
    pub fn new(width: usize, sensitive: usize) -> Self {
        Self {
            width,
            sensitive,
            index: HashTable::new(),
            hasher: hashbrown::DefaultHashBuilder::default(),
            keys: Vec::new(),
            rows: Vec::new(),
            persons: Vec::new(),
            weights: Vec::new(),
            population: Vec::new(),
            values: vec![HashMap::new(); sensitive],
            paths: HashMap::new(),
            outside: HashMap::new(),
        }
    }

    /// Adds one person (or household: whatever a class shall count) with all of its records.
    ///
    /// # Errors
    /// [`ShapeFault::Record`] or [`ShapeFault::NoRecord`]; nothing is added then.
    pub fn person(&mut self, records: &[Record]) -> Result<(), ShapeFault> {
        for record in records {
            check(self.width, record.key)?;
            check(self.sensitive, record.sensitive)?;
        }
        let mut classes = Vec::with_capacity(records.len());
        for record in records {
            let class = self.class(record.key)?;
            self.rows[class as usize] += 1;
            self.weights[class as usize] += u128::from(record.weight);
            classes.push(class);
        }
        match records {
            [] => Err(ShapeFault::NoRecord),
            [record] => {
                self.persons[classes[0] as usize] += 1;
                for (counts, &value) in self.values.iter_mut().zip(record.sensitive) {
                    *counts.entry((classes[0], value)).or_insert(0) += 1;
                }
                Ok(())
            }
            _ => {
                self.several(records, classes);
                Ok(())
            }
        }
    }

    /// A person with several records: distinct classes, and distinct values in each.
    fn several(&mut self, records: &[Record], mut classes: Vec<u32>) {
        let values: Vec<Vec<(u32, u32)>> = (0..self.sensitive)
            .map(|column| {
                let all = classes.iter().zip(records);
                let mut all: Vec<(u32, u32)> = all.map(|(&class, record)| (class, record.sensitive[column])).collect();
                all.sort_unstable();
                all.dedup();
                all
            })
            .collect();
        classes.sort_unstable();
        classes.dedup();
        classes.iter().for_each(|&class| self.persons[class as usize] += 1);
        for (counts, all) in self.values.iter_mut().zip(&values) {
            all.iter().for_each(|&pair| *counts.entry(pair).or_insert(0) += 1);
        }
        if classes.len() > 1 {
            *self.paths.entry(Path { classes, values }).or_insert(0) += 1;
        }
    }

    /// Adds persons of the population against which k-map and δ-presence are judged. The persons of the data belong to it
    /// and have to be added here too.
    ///
    /// # Errors
    /// [`ShapeFault::Record`].
    pub fn population(&mut self, key: &[u32], persons: u64) -> Result<(), ShapeFault> {
        check(self.width, key)?;
        let class = self.class(key)? as usize;
        self.population.resize(self.rows.len().max(self.population.len()), 0);
        self.population[class] += persons;
        Ok(())
    }

    /// Adds one person of the population with the keys of all of their records. It counts once per class, also when classes merge.
    ///
    /// # Errors
    /// [`ShapeFault::Record`] or [`ShapeFault::NoRecord`]; nothing is added then.
    pub fn population_person(&mut self, keys: &[&[u32]]) -> Result<(), ShapeFault> {
        if keys.is_empty() {
            return Err(ShapeFault::NoRecord);
        }
        keys.iter().try_for_each(|key| check(self.width, key))?;
        let mut classes: Vec<u32> = keys.iter().map(|key| self.class(key)).collect::<Result<_, _>>()?;
        classes.sort_unstable();
        classes.dedup();
        self.population.resize(self.rows.len().max(self.population.len()), 0);
        classes.iter().for_each(|&class| self.population[class as usize] += 1);
        if classes.len() > 1 {
            *self.outside.entry(classes).or_insert(0) += 1;
        }
        Ok(())
    }

    /// The number of the class with this key.
    fn class(&mut self, key: &[u32]) -> Result<u32, ShapeFault> {
        let (width, keys, hasher) = (self.width, &mut self.keys, &self.hasher);
        let at = |keys: &[u32], class: u32| class as usize * width..class as usize * width + width.min(keys.len());
        let hash = hasher.hash_one(key);
        if let Some(&class) = self.index.find(hash, |&class| &keys[at(keys, class)] == key) {
            return Ok(class);
        }
        let class = u32::try_from(self.rows.len()).ok().filter(|&class| class < u32::MAX).ok_or(ShapeFault::TooMany)?;
        keys.extend_from_slice(key);
        self.index.insert_unique(hash, class, |&class| hasher.hash_one(&keys[at(keys, class)]));
        self.rows.push(0);
        self.persons.push(0);
        self.weights.push(0);
        Ok(class)
    }

    /// The histogram, its classes in the order of their keys.
    pub fn finish(self) -> Histogram {
        let classes = self.rows.len();
        let columns: Vec<Vec<u32>> = (0..self.width)
            .map(|column| self.keys.iter().skip(column).step_by(self.width).copied().collect())
            .collect();
        let sensitive = self.values.into_iter().map(|counts| counts_of(counts, classes)).collect();
        let population = (!self.population.is_empty()).then(|| {
            let mut population = self.population;
            population.resize(classes, 0);
            population
        });
        let content = Classes {
            rows: self.rows,
            persons: self.persons,
            weights: self.weights,
            population,
            outside: several(self.outside.into_iter().collect()),
            sensitive,
            paths: united(self.paths.into_iter().collect()),
        };
        let grouping = Grouping::sorted(&columns, classes);
        let columns = columns.iter().map(|codes| super::pick(codes, grouping.first())).collect();
        Histogram { columns, classes: content.grouped(&grouping, Needs::all()) }
    }
}

/// The compact form of counted values.
fn counts_of(counts: HashMap<(u32, u32), u64>, classes: usize) -> Counts {
    let mut sorted: Vec<((u32, u32), u64)> = counts.into_iter().collect();
    sorted.sort_unstable();
    let mut starts = vec![0; classes + 1];
    sorted.iter().for_each(|((class, _), _)| starts[*class as usize + 1] += 1);
    (0..classes).for_each(|class| starts[class + 1] += starts[class]);
    Counts {
        starts,
        values: sorted.iter().map(|((_, value), _)| *value).collect(),
        persons: sorted.iter().map(|(_, persons)| *persons).collect(),
    }
}

/// Whether a record has as many codes as it should, and none that is out of range.
fn check(expected: usize, codes: &[u32]) -> Result<(), ShapeFault> {
    if codes.len() != expected {
        return Err(ShapeFault::Record { expected, found: codes.len() });
    }
    if codes.contains(&u32::MAX) { Err(ShapeFault::TooMany) } else { Ok(()) }
}
