//! From records to the histogram.

use super::Histogram;
use super::classes::Classes;
use super::fault::ShapeFault;
use super::packed::{Packed, Packing};
use super::shards::{Gathered, Shards};

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

/// Collects persons. What comes out does not depend on their order.
#[derive(Debug)]
pub struct Builder {
    packing: Packing,
    sensitive: usize,
    held: Held,
}

/// Keys in the narrowest form that holds them.
#[derive(Debug)]
enum Held {
    Word(Shards<u64>),
    Double(Shards<u128>),
    Wide(Shards<Box<[u32]>>),
}

/// The same for each form of keys.
macro_rules! each {
    ($held:expr, $shards:ident => $done:expr) => {
        match $held {
            Held::Word($shards) => $done,
            Held::Double($shards) => $done,
            Held::Wide($shards) => $done,
        }
    };
}

impl Builder {
    /// For records with `width` quasi-identifiers of any codes, and so many sensitive columns.
    pub fn new(width: usize, sensitive: usize) -> Self {
        Self::sized(&vec![u32::MAX; width], sensitive)
    }

    /// For records whose quasi-identifiers have codes below the sizes: faster and smaller, the fewer bits they take together. Up to
    /// 64 bits a key is one number, up to 128 bits another.
    pub fn sized(sizes: &[u32], sensitive: usize) -> Self {
        let packing = Packing::of(sizes);
        let held = match packing.total() {
            0..=64 => Held::Word(Shards::new(packing.clone(), sensitive)),
            65..=128 => Held::Double(Shards::new(packing.clone(), sensitive)),
            _ => Held::Wide(Shards::new(packing.clone(), sensitive)),
        };
        Self { packing, sensitive, held }
    }

    /// Adds one person (or household: whatever a class shall count) with all of its records.
    ///
    /// # Errors
    /// [`ShapeFault::Record`], [`ShapeFault::NoRecord`] or [`ShapeFault::Beyond`]; nothing is added then.
    pub fn person(&mut self, records: &[Record]) -> Result<(), ShapeFault> {
        if records.is_empty() {
            return Err(ShapeFault::NoRecord);
        }
        for record in records {
            self.check(record.key)?;
            check(self.sensitive, record.sensitive)?;
        }
        each!(&mut self.held, shards => shards.person(records))
    }

    /// Adds persons of the population against which k-map and δ-presence are judged. The persons of the data belong to it
    /// and have to be added here too.
    ///
    /// # Errors
    /// [`ShapeFault::Record`] or [`ShapeFault::Beyond`].
    pub fn population(&mut self, key: &[u32], persons: u64) -> Result<(), ShapeFault> {
        self.check(key)?;
        each!(&mut self.held, shards => shards.population(key, persons))
    }

    /// Adds one person of the population with the keys of all of their records. It counts once per class, also when classes merge.
    ///
    /// # Errors
    /// [`ShapeFault::Record`], [`ShapeFault::NoRecord`] or [`ShapeFault::Beyond`]; nothing is added then.
    pub fn population_person(&mut self, keys: &[&[u32]]) -> Result<(), ShapeFault> {
        if keys.is_empty() {
            return Err(ShapeFault::NoRecord);
        }
        keys.iter().try_for_each(|key| self.check(key))?;
        each!(&mut self.held, shards => shards.population_person(keys))
    }

    /// The histogram, its classes in the order of their keys.
    pub fn finish(self) -> Histogram {
        let (columns, classes) = each!(self.held, shards => Gathered::of(shards, Vec::new()).finish());
        Histogram { columns, classes }
    }

    /// Another one that counts into the same classes, for another thread. What it collects is in the histogram once it was
    /// [united](Self::united) with this one.
    #[must_use]
    pub fn sibling(&self) -> Self {
        let held = match &self.held {
            Held::Word(shards) => Held::Word(shards.sibling()),
            Held::Double(shards) => Held::Double(shards.sibling()),
            Held::Wide(shards) => Held::Wide(shards.sibling()),
        };
        Self { packing: self.packing.clone(), sensitive: self.sensitive, held }
    }

    /// Counts persons who wait to be looked up with others, and gives the memory of the queue back: for a sibling that has done.
    ///
    /// # Errors
    /// [`ShapeFault::TooMany`].
    pub fn rest(&mut self) -> Result<(), ShapeFault> {
        each!(&mut self.held, shards => shards.rest())
    }

    /// What this one and its siblings collected of disjoint sets of persons, as one would have.
    ///
    /// # Errors
    /// [`ShapeFault::Apart`] if one is no sibling.
    pub fn united(self, others: Vec<Self>) -> Result<Histogram, ShapeFault> {
        let others = others.into_iter().map(|one| one.held);
        let (columns, classes) = match self.held {
            Held::Word(first) => {
                finished(first, others.map(|one| if let Held::Word(one) = one { Some(one) } else { None }))?
            }
            Held::Double(first) => {
                finished(first, others.map(|one| if let Held::Double(one) = one { Some(one) } else { None }))?
            }
            Held::Wide(first) => {
                finished(first, others.map(|one| if let Held::Wide(one) = one { Some(one) } else { None }))?
            }
        };
        Ok(Histogram { columns, classes })
    }

    /// Whether a key has as many codes as it should, and none that is out of range.
    fn check(&self, key: &[u32]) -> Result<(), ShapeFault> {
        check(self.packing.width(), key)?;
        match self.packing.beyond(key) {
            Some(column) => Err(ShapeFault::Beyond { column }),
            None => Ok(()),
        }
    }
}

/// Whether a record has as many codes as it should, and none that cannot be numbered.
fn check(expected: usize, codes: &[u32]) -> Result<(), ShapeFault> {
    if codes.len() != expected {
        return Err(ShapeFault::Record { expected, found: codes.len() });
    }
    if codes.contains(&u32::MAX) { Err(ShapeFault::TooMany) } else { Ok(()) }
}

/// Columns and classes of siblings.
fn finished<K: Packed>(
    first: Shards<K>,
    others: impl Iterator<Item = Option<Shards<K>>>,
) -> Result<(Vec<Vec<u32>>, Classes), ShapeFault> {
    let others: Vec<Shards<K>> =
        others.map(|one| one.filter(|one| one.is_sibling(&first))).collect::<Option<_>>().ok_or(ShapeFault::Apart)?;
    Ok(Gathered::of(first, others).finish())
}
