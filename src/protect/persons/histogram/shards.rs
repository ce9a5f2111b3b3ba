//! Counting in many small tables at once: one table for each part of the keys, so that each fits into the cache while records
//! are looked up in it, and so that what several threads counted is united part by part, side by side.
//!
//! Partitioned aggregation: Cieslewicz and Ross, *Adaptive aggregation on chip multiprocessors*, VLDB 2007; Müller et al.,
//! *Cache-efficient aggregation: hashing is sorting*, SIGMOD 2015.

use hashbrown::HashMap;
use rayon::prelude::*;

use super::build::Record;
use super::classes::{Classes, Counts, Path, several, united};
use super::fault::ShapeFault;
use super::packed::{Packed, Packing};
use super::shard::{Shard, Values};

/// Bits of the number of a part.
const PARTS: u32 = 8;

/// Collects persons whose keys have one form. A class goes by a number until all are known: place, then part.
#[derive(Debug)]
pub(super) struct Shards<K> {
    packing: Packing,
    sensitive: usize,
    shards: Vec<Shard<K>>,
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
        let shards = (0..1 << PARTS).map(|_| Shard::new(sensitive)).collect();
        Self { packing, sensitive, shards, paths: HashMap::new(), outside: HashMap::new(), compared: false }
    }

    /// A person whose records have the right shape. At least one.
    pub fn person(&mut self, records: &[Record]) -> Result<(), ShapeFault> {
        if let [record] = records {
            let key = K::pack(&self.packing, record.key);
            let shard = &mut self.shards[part(&key)];
            if shard.is_full() {
                return Err(ShapeFault::TooMany);
            }
            shard.alone(key, record.weight, record.sensitive);
            return Ok(());
        }
        let classes: Vec<u32> = records.iter().map(|record| self.class(record.key)).collect::<Result<_, _>>()?;
        for (record, &class) in records.iter().zip(&classes) {
            let (part, place) = split(class);
            let shard = &mut self.shards[part];
            shard.counts[place].rows += 1;
            if record.weight > 0 {
                super::shard::add(&mut shard.weights, place as u32, record.weight.into());
            }
        }
        self.several(records, classes);
        Ok(())
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
            self.shards[part].counts[place].persons += 1;
        }
        for (column, all) in values.iter().enumerate() {
            for &(class, value) in all {
                let (part, place) = split(class);
                self.shards[part].values[column].meet(place as u32, value);
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
        super::shard::add(&mut self.shards[part].population, place as u32, persons);
        self.compared = true;
    }

    /// The number of the class with this key.
    fn class(&mut self, key: &[u32]) -> Result<u32, ShapeFault> {
        let key = K::pack(&self.packing, key);
        let part = part(&key);
        if self.shards[part].is_full() {
            return Err(ShapeFault::TooMany);
        }
        Ok(self.shards[part].place(key) << PARTS | part as u32)
    }
}

/// Everything that several counted.
pub(super) struct Gathered<K> {
    packing: Packing,
    sensitive: usize,
    compared: bool,
    shards: Vec<Shard<K>>,
    /// Of each one that counted: paths and persons of the population, by its own numbers of classes.
    tied: Vec<Tied>,
    /// Per part, what became of those numbers.
    places: Vec<Places>,
}

/// Persons who stand in several classes.
type Tied = (HashMap<Path, u64>, HashMap<Vec<u32>, u64>);

/// For each of several shards that became one, what the places of its classes are now; nothing where they stayed.
type Places = Vec<Vec<u32>>;

impl<K: Packed> Gathered<K> {
    /// What several counted of disjoint sets of persons, whose keys have one form.
    pub fn of(first: Shards<K>, others: Vec<Shards<K>>) -> Self {
        let (packing, sensitive) = (first.packing.clone(), first.sensitive);
        let mut parts: Vec<Vec<Shard<K>>> = first.shards.iter().map(|_| Vec::with_capacity(1 + others.len())).collect();
        let (mut compared, mut tied) = (false, Vec::with_capacity(1 + others.len()));
        for one in std::iter::once(first).chain(others) {
            parts.iter_mut().zip(one.shards).for_each(|(part, shard)| part.push(shard));
            tied.push((one.paths, one.outside));
            compared |= one.compared;
        }
        let (shards, places) = parts.into_par_iter().map(merged).unzip();
        Self { packing, sensitive, compared, shards, tied, places }
    }

    /// Whether all classes can be numbered, as those of one alone always can.
    pub fn fits(&self) -> bool {
        self.shards.iter().all(Shard::fits)
    }

    /// The classes in the order of their keys, by columns.
    pub fn finish(mut self) -> (Vec<Vec<u32>>, Classes) {
        let values =
            (0..self.sensitive).map(|column| self.shards.iter_mut().map(|shard| shard.taken(column)).collect());
        let values: Vec<Vec<Values>> = values.collect();
        let order = ordered(&mut self.shards);
        let (paths, outside) = self.paths(&order);
        let content = Content { order: &order, shards: &self.shards };
        let classes = Classes {
            rows: content.gathered(|shard, place| shard.counts[place].rows),
            persons: content.gathered(|shard, place| shard.counts[place].persons),
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
    fn paths(&mut self, order: &[(K, u32)]) -> (Vec<(Path, u64)>, Vec<(Vec<u32>, u64)>) {
        let tied = std::mem::take(&mut self.tied);
        if tied.iter().all(|(paths, outside)| paths.is_empty() && outside.is_empty()) {
            return (Vec::new(), Vec::new());
        }
        let ranks = Content { order, shards: &self.shards }.ranks();
        let (mut all, mut others) = (Vec::new(), Vec::new());
        for (at, (paths, outside)) in tied.into_iter().enumerate() {
            let rank = |class: u32| {
                let (part, place) = split(class);
                ranks[part][self.places[part][at].get(place).map_or(place, |&place| place as usize)]
            };
            all.extend(paths.into_iter().map(|(path, persons)| (path.moved(rank), persons)));
            others.extend(outside.into_iter().map(|(path, persons)| {
                let mut path: Vec<u32> = path.into_iter().map(rank).collect();
                path.sort_unstable();
                (path, persons)
            }));
        }
        (united(all), several(others))
    }
}

/// Shards of one part as one: all go into the largest.
fn merged<K: Packed>(mut shards: Vec<Shard<K>>) -> (Shard<K>, Places) {
    let largest = (0..shards.len()).max_by_key(|&at| shards[at].keys.len()).unwrap_or(0);
    let mut whole = std::mem::replace(&mut shards[largest], Shard::new(0));
    let each = shards.into_iter().enumerate();
    let places = each.map(|(at, shard)| if at == largest { Vec::new() } else { whole.take_in(shard) }).collect();
    whole.close();
    (whole, places)
}

/// All keys, ascending, with the numbers of their classes.
fn ordered<K: Packed>(shards: &mut [Shard<K>]) -> Vec<(K, u32)> {
    let mut order = Vec::with_capacity(shards.iter().map(|shard| shard.keys.len()).sum());
    for (part, shard) in (0..).zip(shards) {
        let keys = std::mem::take(&mut shard.keys).into_iter();
        order.extend(keys.zip(0_u32..).map(|(key, place)| (key, place << PARTS | part)));
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
        let mut ranks: Vec<Vec<u32>> = self.shards.iter().map(|shard| vec![0; shard.counts.len()]).collect();
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
            let mut starts = vec![0_usize; shard.counts.len() + 1];
            values.iter().for_each(|(class, _, _)| starts[*class as usize + 1] += 1);
            (0..shard.counts.len()).for_each(|at| starts[at + 1] += starts[at]);
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
