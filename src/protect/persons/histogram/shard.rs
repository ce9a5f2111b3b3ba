//! The classes of a part of all keys: those whose spread begins with the same bits.

use super::packed::Packed;

/// Most classes of a part, so that a place and the number of its part fit into 32 bits, with room for those who wait.
const MOST: usize = (1 << 24) - (1 << 20);

/// Values that wait at least before they are counted.
const FRESH: usize = 1 << 10;

/// Persons with one record, until they are looked up together.
#[derive(Debug)]
pub(super) struct Waiting<K> {
    keys: Vec<K>,
    /// Weights; empty as long as all are 0.
    weights: Vec<u64>,
    /// Sensitive values, one person after the other.
    values: Vec<u32>,
    /// Where they seem to belong, while they are looked up.
    places: Vec<u32>,
}

impl<K> Waiting<K> {
    /// Nobody.
    pub fn new() -> Self {
        Self { keys: Vec::new(), weights: Vec::new(), values: Vec::new(), places: Vec::new() }
    }

    /// Another one comes. How many there are then.
    pub fn take(&mut self, key: K, weight: u64, sensitive: &[u32]) -> usize {
        if weight > 0 {
            self.weights.resize(self.keys.len(), 0);
            self.weights.push(weight);
        }
        self.keys.push(key);
        self.values.extend_from_slice(sensitive);
        self.keys.len()
    }
}

/// A class with what is counted of each.
#[derive(Debug, Clone)]
pub(super) struct Entry<K> {
    pub key: K,
    pub rows: u64,
    pub persons: u64,
}

/// Classes are numbered by their places, in the order in which they come.
#[derive(Debug)]
pub(super) struct Shard<K> {
    /// Open addressing, at most half full: a place and 1, or 0.
    slots: Vec<u32>,
    pub classes: Vec<Entry<K>>,
    /// Sums of weights; empty as long as all are 0. It may be shorter than there are classes, as may the next.
    pub weights: Vec<u128>,
    pub population: Vec<u64>,
    /// Per sensitive column.
    pub values: Vec<Values>,
}

impl<K: Packed> Shard<K> {
    /// For so many sensitive columns.
    pub fn new(sensitive: usize) -> Self {
        Self {
            slots: Vec::new(),
            classes: Vec::new(),
            weights: Vec::new(),
            population: Vec::new(),
            values: vec![Values::default(); sensitive],
        }
    }

    /// Counts those who wait, and empties their room.
    pub fn settle(&mut self, waiting: &mut Waiting<K>) {
        if waiting.keys.is_empty() {
            return;
        }
        let sensitive = self.values.len();
        let mut values = waiting.values.chunks_exact(sensitive.max(1));
        let weights = waiting.weights.iter().copied().chain(std::iter::repeat(0));
        self.reserve(waiting.keys.len());
        // All slots are read before any class is, and all classes before any is changed: the memory serves many at once then.
        let mask = self.slots.len() - 1;
        waiting.places.clear();
        waiting.places.extend(waiting.keys.iter().map(|key| self.slots[key.spread() as usize & mask]));
        for (held, key) in waiting.places.iter_mut().zip(&waiting.keys) {
            let same = self.classes.get((*held as usize).wrapping_sub(1)).is_some_and(|class| class.key == *key);
            *held = if same { *held } else { 0 };
        }
        for ((key, &held), weight) in waiting.keys.drain(..).zip(&waiting.places).zip(weights) {
            let place = if held > 0 { held - 1 } else { self.place(key) };
            let class = &mut self.classes[place as usize];
            class.rows += 1;
            class.persons += 1;
            if weight > 0 {
                add(&mut self.weights, place, weight.into());
            }
            for (column, &value) in values.next().unwrap_or(&[]).iter().enumerate() {
                self.values[column].meet(place, value);
            }
        }
        waiting.weights.clear();
        waiting.values.clear();
    }

    /// Whether no class may be added any more.
    pub fn is_full(&self) -> bool {
        self.classes.len() >= MOST
    }

    /// The values of a sensitive column, which are there no more.
    pub fn taken(&mut self, column: usize) -> Values {
        std::mem::take(&mut self.values[column])
    }

    /// The place of a class, which is new if it has to be.
    pub fn place(&mut self, key: K) -> u32 {
        self.reserve(1);
        let mask = self.slots.len() - 1;
        let mut at = key.spread() as usize & mask;
        loop {
            match self.slots[at] {
                0 => break,
                held if self.classes[held as usize - 1].key == key => return held - 1,
                _ => at = (at + 1) & mask,
            }
        }
        let place = self.classes.len() as u32;
        self.slots[at] = place + 1;
        self.classes.push(Entry { key, rows: 0, persons: 0 });
        place
    }

    /// Room for so many more, with at least half of the slots free.
    fn reserve(&mut self, more: usize) {
        let wanted = 2 * (self.classes.len() + more);
        if wanted <= self.slots.len() {
            return;
        }
        let mask = wanted.next_power_of_two().max(16) - 1;
        self.slots.clear();
        self.slots.resize(mask + 1, 0);
        for (class, place) in self.classes.iter().zip(1..) {
            let mut at = class.key.spread() as usize & mask;
            while self.slots[at] != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = place;
        }
    }

    /// Gives up what only serves counting.
    pub fn close(&mut self) {
        self.slots = Vec::new();
    }
}

/// Adds to a place that may not be there yet.
pub(super) fn add<T: Copy + Default + std::ops::AddAssign>(all: &mut Vec<T>, place: u32, more: T) {
    let place = place as usize;
    if all.len() <= place {
        all.resize(place + 1, T::default());
    }
    all[place] += more;
}

/// Persons per class and value of a sensitive column. Pairs are gathered, then sorted, so that memory is linear in the distinct
/// ones and each is moved a few times at most.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    counted: Vec<(u64, u64)>,
    fresh: Vec<u64>,
}

impl Values {
    /// A person with a value in a class.
    pub fn meet(&mut self, place: u32, value: u32) {
        self.fresh.push(u64::from(place) << 32 | u64::from(value));
        if self.fresh.len() >= FRESH.max(2 * self.counted.len()) {
            self.count();
        }
    }

    fn count(&mut self) {
        self.fresh.sort_unstable();
        let runs = self.fresh.chunk_by(|one, two| one == two).map(|run| (run[0], run.len() as u64));
        self.counted.extend(runs);
        self.fresh.clear();
        // Two ascending runs are merged by this sort, and not sorted afresh.
        self.counted.sort();
        self.counted.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
    }

    /// Class, value and persons, ascending.
    pub fn finish(mut self) -> Vec<(u32, u32, u64)> {
        self.count();
        self.counted.into_iter().map(|(pair, persons)| ((pair >> 32) as u32, pair as u32, persons)).collect()
    }
}
