//! The first pass: which values there are, and how many persons have each.

use hashbrown::HashMap;

use crate::config::Pipeline;
use crate::schema::Logical;
use crate::sieve::{Codebook, Rows};
use crate::vault::People;

/// Most distinct values of a column that are told apart.
pub(super) const MOST_VALUES: usize = 4096;

const SIGN: u64 = 1 << 63;

/// Records and distinct persons. Records of one person are met one after the other, all in one bucket.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(super) struct Met {
    pub records: u64,
    pub persons: u64,
    last: Option<u128>,
}

impl Met {
    /// Whether the person was not met before.
    pub fn meet(&mut self, person: u128) -> bool {
        self.records += 1;
        let fresh = self.last.replace(person) != Some(person);
        self.persons += u64::from(fresh);
        fresh
    }

    /// With what was met in other buckets.
    pub fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.persons += other.persons;
    }
}

/// The values of a column, of all records.
#[derive(Clone)]
pub(super) struct Seen {
    is_text: bool,
    /// Values that lie close to the smallest word, or to zero, by their distance from it.
    dense: Vec<Met>,
    sparse: HashMap<u64, Met>,
    /// Words of `sparse` are shifted by so many bits: neighbours that are too many to be told apart are one.
    shift: u32,
    distinct: usize,
    /// Texts have no neighbours: where there are too many, none is told apart.
    full: bool,
    pub missing: Met,
    /// Whoever has a value.
    pub all: Met,
}

impl Seen {
    pub fn new(logical: Logical) -> Self {
        Self {
            is_text: logical == Logical::Text,
            dense: Vec::new(),
            sparse: HashMap::new(),
            shift: 0,
            distinct: 0,
            full: false,
            missing: Met::default(),
            all: Met::default(),
        }
    }

    fn zero(&self) -> u64 {
        if self.is_text { 0 } else { SIGN }
    }

    pub fn meet(&mut self, person: u128, word: u64) {
        self.all.meet(person);
        if self.full {
            return;
        }
        let met = self.at(word);
        let fresh = met.records == 0;
        met.meet(person);
        self.distinct += usize::from(fresh);
        self.bound();
    }

    fn at(&mut self, word: u64) -> &mut Met {
        let place = (word ^ self.zero()) as usize;
        if self.shift == 0 && place < MOST_VALUES {
            if self.dense.len() <= place {
                self.dense.resize(place + 1, Met::default());
            }
            return &mut self.dense[place];
        }
        self.sparse.entry(word >> self.shift).or_default()
    }

    /// The same words, however threads and buckets shared them, end at the same shift: the first at which they are few enough.
    fn bound(&mut self) {
        while self.distinct > MOST_VALUES {
            if self.is_text {
                (self.full, self.distinct) = (true, 0);
                (self.dense, self.sparse) = (Vec::new(), HashMap::new());
                return;
            }
            self.coarsen(self.shift + 1);
        }
    }

    fn coarsen(&mut self, shift: u32) {
        let (zero, by) = (self.zero(), shift - self.shift);
        let dense = std::mem::take(&mut self.dense).into_iter().enumerate();
        let dense = dense.filter(|(_, met)| met.records > 0).map(|(place, met)| ((place as u64 ^ zero) >> by, met));
        let sparse = std::mem::take(&mut self.sparse).into_iter().map(|(word, met)| (word >> by, met));
        let mut joined: HashMap<u64, Met> = HashMap::new();
        dense.chain(sparse).for_each(|(word, met)| joined.entry(word).or_default().add(&met));
        (self.shift, self.distinct, self.sparse) = (shift, joined.len(), joined);
    }

    pub fn merge(mut self, mut other: Self) -> Self {
        self.all.add(&other.all);
        self.missing.add(&other.missing);
        if self.full || other.full {
            self.distinct = MOST_VALUES + 1;
            self.bound();
            return self;
        }
        let shift = self.shift.max(other.shift);
        for one in [&mut self, &mut other] {
            if one.shift < shift {
                one.coarsen(shift);
            }
        }
        let zero = self.zero();
        let dense = other.dense.iter().enumerate().filter(|(_, met)| met.records > 0);
        let theirs = dense.map(|(place, met)| (place as u64 ^ zero, *met)).collect::<Vec<_>>();
        // Words that were shifted already are found where they are.
        for (word, met) in theirs.into_iter().chain(other.sparse.into_iter().map(|(word, met)| (word << shift, met))) {
            let ours = self.at(word);
            let fresh = ours.records == 0;
            ours.add(&met);
            self.distinct += usize::from(fresh);
        }
        self.bound();
        self
    }

    /// Every value with its persons, ascending; `None` where there were too many.
    pub fn words(&self) -> Option<Vec<(u64, u64)>> {
        (!self.full && self.shift == 0).then(|| self.sorted(|met| met.persons))
    }

    /// Values with their records, ascending; neighbours may be one.
    pub fn records(&self) -> Vec<(u64, u64)> {
        self.sorted(|met| met.records)
    }

    fn sorted(&self, count: impl Fn(&Met) -> u64) -> Vec<(u64, u64)> {
        let zero = self.zero();
        let dense = self.dense.iter().enumerate().filter(|(_, met)| met.records > 0);
        let dense = dense.map(|(place, met)| (place as u64 ^ zero, count(met)));
        let sparse = self.sparse.iter().map(|(word, met)| (word << self.shift, count(met)));
        let mut all: Vec<(u64, u64)> = dense.chain(sparse).collect();
        all.sort_unstable();
        all
    }
}

/// The values of the columns that per-person outputs have, dataset by dataset.
#[derive(Default)]
pub(in crate::pipeline) struct Values {
    columns: Vec<Vec<Option<Seen>>>,
}

impl Values {
    /// Nothing seen yet.
    pub fn new(pipeline: &Pipeline) -> Self {
        let is_released = |dataset: usize, column: usize| {
            pipeline.persons.iter().any(|persons| persons.dataset == dataset && persons.columns.contains(&column))
        };
        let of = |(number, dataset): (usize, &crate::config::Dataset)| {
            let kept = dataset.kept.iter().enumerate();
            kept.map(|(column, kept)| is_released(number, column).then(|| Seen::new(kept.logical))).collect()
        };
        Self { columns: pipeline.datasets.iter().enumerate().map(of).collect() }
    }

    /// Takes in all records of a bucket.
    pub fn look(&mut self, codebook: &Codebook, people: &People<'_>) {
        for (dataset, columns) in self.columns.iter_mut().enumerate() {
            let rows: &Rows = people.of_dataset(dataset);
            for (column, seen) in columns.iter_mut().enumerate().filter_map(|(at, seen)| Some((at, seen.as_mut()?))) {
                let missing = codebook.missing_key(dataset, column);
                for (row, &person) in rows.key.iter().enumerate() {
                    match codebook.key(dataset, column, rows, row) {
                        word if word == missing => drop(seen.missing.meet(person)),
                        word => seen.meet(person, word),
                    }
                }
            }
        }
    }

    /// With what was seen in other buckets.
    pub fn merge(self, other: Self) -> Self {
        let both = |(ours, theirs): (Vec<Option<Seen>>, Vec<Option<Seen>>)| {
            ours.into_iter().zip(theirs).map(|(a, b)| a.zip(b).map(|(a, b)| a.merge(b))).collect()
        };
        Self { columns: self.columns.into_iter().zip(other.columns).map(both).collect() }
    }

    /// What was seen of a column.
    pub(super) fn of(&self, dataset: usize, column: usize) -> Option<&Seen> {
        self.columns.get(dataset)?.get(column)?.as_ref()
    }
}
