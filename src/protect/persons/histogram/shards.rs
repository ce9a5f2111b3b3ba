//! Counting in many small tables at once: one table for each part of the keys, so that each fits into the cache while those who
//! wait are looked up in it. Several threads count into the same tables, each with a room of its own for those who wait.
//!
//! Partitioned aggregation: Cieslewicz and Ross, *Adaptive aggregation on chip multiprocessors*, VLDB 2007; Müller et al.,
//! *Cache-efficient aggregation: hashing is sorting*, SIGMOD 2015.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;
use rayon::prelude::*;

use super::build::Record;
use super::classes::{Classes, Counts, Path, several, united};
use super::fault::ShapeFault;
use super::packed::{Packed, Packing};
use super::shard::{Shard, Values, Waiting};

/// Things with their number.
type Counted<T> = Vec<(T, u64)>;

/// Bits of the number of a part.
const PARTS: u32 = 8;

/// Persons with one record that wait for a part before they are looked up.
const WAITING: usize = 1 << 9;

/// Collects persons whose keys have one form. A class goes by a number until all are known: place, then part.
#[derive(Debug)]
pub(super) struct Shards<K> {
    packing: Packing,
    sensitive: usize,
    shards: Arc<[Mutex<Shard<K>>]>,
    waiting: Vec<Waiting<K>>,
    paths: HashMap<Path, u64>,
    /// Persons of the population by the classes that they stand in, where those are several.
    outside: HashMap<Vec<u32>, u64>,
    /// Whether a population was given.
    compared: bool,
}

/// The part that a key belongs to.
fn part<K: Packed>(key: &K) -> usize {
    (key.spread() >> (u64::BITS - PARTS)) as usize
}

/// Where the class with a number is.
fn split(number: u32) -> (usize, usize) {
    ((number & ((1 << PARTS) - 1)) as usize, (number >> PARTS) as usize)
}

impl<K: Packed> Shards<K> {
    pub fn new(packing: Packing, sensitive: usize) -> Self {
        Self::into(packing, sensitive, (0..1 << PARTS).map(|_| Mutex::new(Shard::new(sensitive))).collect())
    }

    /// Another one that counts into the same classes.
    pub fn sibling(&self) -> Self {
        Self::into(self.packing.clone(), self.sensitive, Arc::clone(&self.shards))
    }

    fn into(packing: Packing, sensitive: usize, shards: Arc<[Mutex<Shard<K>>]>) -> Self {
        let waiting = shards.iter().map(|_| Waiting::new()).collect();
        let (paths, outside) = (HashMap::new(), HashMap::new());
        Self { packing, sensitive, shards, waiting, paths, outside, compared: false }
    }

    /// Whether two count into the same classes.
    pub fn is_sibling(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shards, &other.shards)
    }

    /// A part. Whoever panicked while holding it ends the run.
    fn shard(&self, part: usize) -> MutexGuard<'_, Shard<K>> {
        self.shards[part].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A person whose records have the right shape. At least one.
    pub fn person(&mut self, records: &[Record]) -> Result<(), ShapeFault> {
        if let [record] = records {
            let key = K::pack(&self.packing, record.key);
            let part = part(&key);
            if self.waiting[part].take(key, record.weight, record.sensitive) >= WAITING {
                return self.settle(part);
            }
            return Ok(());
        }
        let classes: Vec<u32> = records.iter().map(|record| self.class(record.key)).collect::<Result<_, _>>()?;
        for (record, &class) in records.iter().zip(&classes) {
            let (part, place) = split(class);
            let mut shard = self.shard(part);
            shard.classes[place].rows += 1;
            if record.weight > 0 {
                super::shard::add(&mut shard.weights, place as u32, record.weight.into());
            }
        }
        self.several(records, classes);
        Ok(())
    }

    /// Looks up all who wait, and gives their room back.
    pub fn rest(&mut self) -> Result<(), ShapeFault> {
        for part in 0..self.waiting.len() {
            self.settle(part)?;
            self.waiting[part] = Waiting::new();
        }
        Ok(())
    }

    /// Looks up those who wait for a part.
    fn settle(&mut self, part: usize) -> Result<(), ShapeFault> {
        let mut shard = self.shards[part].lock().unwrap_or_else(PoisonError::into_inner);
        shard.settle(&mut self.waiting[part]);
        if shard.is_full() { Err(ShapeFault::TooMany) } else { Ok(()) }
    }

    /// Distinct classes of a person with several records, and distinct values in each.
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
        for &class in &classes {
            let (part, place) = split(class);
            self.shard(part).classes[place].persons += 1;
        }
        for (column, all) in values.iter().enumerate() {
            for &(class, value) in all {
                let (part, place) = split(class);
                self.shard(part).values[column].meet(place as u32, value);
            }
        }
        if classes.len() > 1 {
            *self.paths.entry(Path { classes, values }).or_insert(0) += 1;
        }
    }

    /// Persons of the population.
    pub fn population(&mut self, key: &[u32], persons: u64) -> Result<(), ShapeFault> {
        let class = self.class(key)?;
        self.outsiders(class, persons);
        Ok(())
    }

    /// A person of the population with the keys of all of their records.
    pub fn population_person(&mut self, keys: &[&[u32]]) -> Result<(), ShapeFault> {
        let mut classes: Vec<u32> = keys.iter().map(|key| self.class(key)).collect::<Result<_, _>>()?;
        classes.sort_unstable();
        classes.dedup();
        classes.iter().for_each(|&class| self.outsiders(class, 1));
        if classes.len() > 1 {
            *self.outside.entry(classes).or_insert(0) += 1;
        }
        Ok(())
    }

    fn outsiders(&mut self, class: u32, persons: u64) {
        let (part, place) = split(class);
        super::shard::add(&mut self.shard(part).population, place as u32, persons);
        self.compared = true;
    }

    /// The number of the class with this key.
    fn class(&mut self, key: &[u32]) -> Result<u32, ShapeFault> {
        let key = K::pack(&self.packing, key);
        let part = part(&key);
        let mut shard = self.shard(part);
        if shard.is_full() {
            return Err(ShapeFault::TooMany);
        }
        Ok(shard.place(key) << PARTS | part as u32)
    }
}

/// Everything that siblings counted.
pub(super) struct Gathered<K> {
    packing: Packing,
    sensitive: usize,
    compared: bool,
    shards: Vec<Shard<K>>,
    /// Persons who stand in several classes, and those of the population, by what each sibling met.
    paths: Vec<HashMap<Path, u64>>,
    outside: Vec<HashMap<Vec<u32>, u64>>,
}

impl<K: Packed> Gathered<K> {
    /// What siblings counted of disjoint sets of persons.
    pub fn of(first: Shards<K>, others: Vec<Shards<K>>) -> Self {
        let (packing, sensitive, shards) = (first.packing.clone(), first.sensitive, Arc::clone(&first.shards));
        let (mut compared, mut paths, mut outside) = (false, Vec::new(), Vec::new());
        let mut waiting: Vec<Vec<Waiting<K>>> = shards.iter().map(|_| Vec::new()).collect();
        for one in std::iter::once(first).chain(others) {
            waiting.iter_mut().zip(one.waiting).for_each(|(all, own)| all.push(own));
            paths.push(one.paths);
            outside.push(one.outside);
            compared |= one.compared;
        }
        let close = |(shard, mut waiting): (&Mutex<Shard<K>>, Vec<Waiting<K>>)| {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.iter_mut().for_each(|waiting| shard.settle(waiting));
            shard.close();
            std::mem::replace(&mut *shard, Shard::new(sensitive))
        };
        let shards = shards.par_iter().zip(waiting).map(close).collect();
        Self { packing, sensitive, compared, shards, paths, outside }
    }

    /// The classes in the order of their keys, by columns.
    pub fn finish(mut self) -> (Vec<Vec<u32>>, Classes) {
        let values =
            (0..self.sensitive).map(|column| self.shards.iter_mut().map(|shard| shard.taken(column)).collect());
        let values: Vec<Vec<Values>> = values.collect();
        let order = ordered(&self.shards);
        let (paths, outside) = self.paths(&order);
        let content = Content { order: &order, shards: &self.shards };
        let (mut rows, mut persons) = (Vec::new(), Vec::new());
        content.counts_into(&mut rows, &mut persons);
        let classes = Classes {
            rows,
            persons,
            weights: match self.shards.iter().all(|shard| shard.weights.is_empty()) {
                true => vec![0; order.len()],
                false => content.gathered(|shard, place| shard.weights.get(place).copied().unwrap_or(0)),
            },
            population: (self.compared)
                .then(|| content.gathered(|shard, place| shard.population.get(place).copied().unwrap_or(0))),
            outside,
            sensitive: values.into_par_iter().map(|values| content.counts(values)).collect(),
            paths,
        };
        let column = |column| order.iter().map(|(key, _)| key.code(&self.packing, column)).collect();
        ((0..self.packing.width()).into_par_iter().map(column).collect(), classes)
    }

    /// Persons who stand in several classes, by the order of the classes.
    fn paths(&mut self, order: &[(K, u32)]) -> (Counted<Path>, Counted<Vec<u32>>) {
        let (paths, outside) = (std::mem::take(&mut self.paths), std::mem::take(&mut self.outside));
        if paths.iter().all(HashMap::is_empty) && outside.iter().all(HashMap::is_empty) {
            return (Vec::new(), Vec::new());
        }
        let ranks = Content { order, shards: &self.shards }.ranks();
        let rank = |class: u32| {
            let (part, place) = split(class);
            ranks[part][place]
        };
        let moved = |path: Vec<u32>| {
            let mut path: Vec<u32> = path.into_iter().map(rank).collect();
            path.sort_unstable();
            path
        };
        let paths = paths.into_iter().flatten().map(|(path, persons)| (path.moved(rank), persons));
        let outside = outside.into_iter().flatten().map(|(path, persons)| (moved(path), persons));
        (united(paths.collect()), several(outside.collect()))
    }
}

/// All keys, ascending, with the numbers of their classes.
fn ordered<K: Packed>(shards: &[Shard<K>]) -> Vec<(K, u32)> {
    let mut order = Vec::with_capacity(shards.iter().map(|shard| shard.classes.len()).sum());
    for (part, shard) in (0..).zip(shards) {
        order.extend((0_u32..).zip(&shard.classes).map(|(place, class)| (class.key.clone(), place << PARTS | part)));
    }
    order.par_sort_unstable();
    order
}

/// Classes in the order of their keys.
struct Content<'o, K> {
    order: &'o [(K, u32)],
    shards: &'o [Shard<K>],
}

impl<K: Packed> Content<'_, K> {
    /// Records and persons of each class.
    fn counts_into(&self, rows: &mut Vec<u64>, persons: &mut Vec<u64>) {
        let one = |(_, number): &(K, u32)| {
            let (part, place) = split(*number);
            let class = &self.shards[part].classes[place];
            (class.rows, class.persons)
        };
        self.order.par_iter().map(one).unzip_into_vecs(rows, persons);
    }

    /// Something of each class.
    fn gathered<T: Send>(&self, look: impl Fn(&Shard<K>, usize) -> T + Sync) -> Vec<T> {
        let one = |(_, number): &(K, u32)| {
            let (part, place) = split(*number);
            look(&self.shards[part], place)
        };
        self.order.par_iter().map(one).collect()
    }

    /// Per part and place, where a class stands.
    fn ranks(&self) -> Vec<Vec<u32>> {
        let mut ranks: Vec<Vec<u32>> = self.shards.iter().map(|shard| vec![0; shard.classes.len()]).collect();
        for (rank, (_, number)) in (0..).zip(self.order) {
            let (part, place) = split(*number);
            ranks[part][place] = rank;
        }
        ranks
    }

    /// Persons per value of a sensitive column, from what each part counted.
    fn counts(&self, values: Vec<Values>) -> Counts {
        let of_part = |(values, shard): (Values, &Shard<K>)| {
            let values = values.finish();
            let mut starts = vec![0_usize; shard.classes.len() + 1];
            values.iter().for_each(|(class, _, _)| starts[*class as usize + 1] += 1);
            (0..shard.classes.len()).for_each(|at| starts[at + 1] += starts[at]);
            (values, starts)
        };
        let parts: Vec<_> = values.into_iter().zip(self.shards).map(of_part).collect();
        let mut all = Counts { starts: vec![0], ..Counts::default() };
        for (_, number) in self.order {
            let (part, place) = split(*number);
            let (values, starts) = &parts[part];
            for &(_, value, persons) in &values[starts[place]..starts[place + 1]] {
                all.values.push(value);
                all.persons.push(persons);
            }
            all.starts.push(all.values.len());
        }
        all
    }
}
