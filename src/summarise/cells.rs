//! Cells of an aggregated table, with who contributes to them.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use serde::{Deserialize, Serialize};

use crate::sample::pairs;

use super::contributions::OpenContributions;
use super::keyed::{Keyed, OpenKeyed};
use super::people::{People, Turn};
use super::{Amount, CellKey, Contributions, Layout, ShareColumn, SummariseError};

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Records.
    pub records: u64,
    /// Distinct persons.
    pub persons: u64,
    /// Persons all of whose records lie in this cell. Unlike `persons` these add up over cells without counting anybody
    /// twice: a floor for the distinct persons of several cells together.
    pub exclusive: u64,
    /// Record keys of its distinct persons, added up modulo 2⁶⁴; 0 where persons have none. A secret.
    pub keys: KeySum,
    /// One for each summed column of the layout.
    pub amounts: Box<[AmountTally]>,
    /// One for each share column of the layout.
    pub shares: Box<[ShareTally]>,
    /// Who contributes how much, where the layout asks for it.
    pub contributions: Option<Box<Contributions>>,
    /// For each summed column its contributors with their record keys, where the layout asks for them; else empty.
    pub keyed: Box<[Keyed]>,
}

/// Record keys of distinct persons, added up modulo 2⁶⁴. Shows nothing of itself.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySum(pub u64);

impl KeySum {
    pub(super) fn plus(self, key: u64) -> Self {
        Self(self.0.wrapping_add(key))
    }
}

impl std::fmt::Debug for KeySum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeySum(..)")
    }
}

/// A summed column in a cell, over records that have a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AmountTally {
    /// Records with a value.
    pub records: u64,
    /// Distinct persons with a value.
    pub persons: u64,
    /// Their sum, exact.
    pub sum: Amount,
}

/// A share column in a cell, over records that have a value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ShareTally {
    /// Records with a value: the denominator.
    pub records: u64,
    /// Distinct persons with a value.
    pub persons: u64,
    /// The measured values, then all others as one category.
    pub categories: Box<[CategoryTally]>,
}

/// One category of a share column in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CategoryTally {
    /// Records in the category: the numerator.
    pub records: u64,
    /// Distinct persons with a record in it.
    pub persons: u64,
    /// Distinct persons with a record in another category. A person with several records may be in both.
    pub others: u64,
}

/// Cells of one bucket, while it is read. Their parts lie side by side in lists of their own: a record meets one cell among
/// thousands, and every list that it follows to another place is waited for.
pub struct BucketCells<'a> {
    layout: &'a Layout,
    positions: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Keys of all cells, one behind the other.
    keys: Vec<u64>,
    cells: Vec<OpenCell>,
    /// So many of each cell: summed columns, share columns, and categories of all share columns.
    amounts: Vec<OpenAmount>,
    shares: Vec<OpenShare>,
    categories: Vec<OpenCategory>,
    /// Of each cell, where the layout asks for it.
    contributions: Vec<OpenContributions>,
    keyed: Vec<OpenKeyed>,
    turn: Turn,
    /// The only cell of the person at hand; `None` once there are two.
    only: Option<usize>,
}

#[derive(Clone, Copy, Default)]
struct OpenCell {
    records: u64,
    exclusive: u64,
    keys: KeySum,
    people: People,
}

#[derive(Clone, Copy, Default)]
struct OpenAmount {
    records: u64,
    people: People,
    sum: Amount,
}

#[derive(Clone, Copy, Default)]
struct OpenShare {
    records: u64,
    people: People,
}

#[derive(Clone, Copy, Default)]
struct OpenCategory {
    records: u64,
    /// With a record in it, and with one in another.
    inside: People,
    others: People,
}

impl<'a> BucketCells<'a> {
    /// A bucket of which nothing has been read.
    #[must_use]
    pub fn new(layout: &'a Layout) -> Self {
        Self {
            layout,
            positions: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            keys: Vec::new(),
            cells: Vec::new(),
            amounts: Vec::new(),
            shares: Vec::new(),
            categories: Vec::new(),
            contributions: Vec::new(),
            keyed: Vec::new(),
            turn: Turn::default(),
            only: None,
        }
    }

    /// Counts one record, and tells the position of its cell in the order in which cells were first met. Persons are
    /// numbered within the bucket (or on from the bucket before, where several are counted as one) and come in
    /// non-decreasing order; `amounts` and `categories` follow the layout, `None` where the record has no value. A
    /// category is the position of the value among the measured values of the column, or their number for any other value.
    /// `holding` is a code for what the record belongs to, where the layout asks for it.
    ///
    /// The second part of `person` is their record key; 0 where cells have none.
    ///
    /// # Errors
    /// [`SummariseError::Unsorted`], [`SummariseError::Layout`], or [`SummariseError::TooLarge`] where a sum grows too
    /// large. The bucket is of no use afterwards.
    pub fn row(
        &mut self,
        (person, record_key): (u32, u64),
        key: &[u64],
        amounts: &[Option<Amount>],
        categories: &[Option<u32>],
        holding: Option<u64>,
    ) -> Result<usize, SummariseError> {
        if amounts.len() != self.layout.amounts().len() || categories.len() != self.layout.shares().len() {
            return Err(SummariseError::Layout);
        }
        let at = self.place(key);
        if self.turn.next(person)? {
            self.close_person();
            self.only = Some(at);
        } else if self.only != Some(at) {
            self.only = None;
        }
        let cell = &mut self.cells[at];
        cell.records += 1;
        let fresh = cell.people.meet(person);
        if fresh {
            cell.keys = cell.keys.plus(record_key);
        }
        if let Some(contributions) = self.contributions.get_mut(at) {
            contributions.row(fresh, holding, amounts)?;
        }
        if let Some(keyed) = self.keyed.get_mut(at) {
            keyed.row(fresh, record_key, amounts)?;
        }
        let open = &mut self.amounts[at * amounts.len()..];
        for (open, amount) in open.iter_mut().zip(amounts) {
            if let Some(amount) = amount {
                open.records += 1;
                open.sum = open.sum.plus(*amount)?;
                open.people.meet(person);
            }
        }
        self.share(at, person, categories)?;
        Ok(at)
    }

    fn share(&mut self, at: usize, person: u32, categories: &[Option<u32>]) -> Result<(), SummariseError> {
        let mut first = at * self.layout.categories();
        for (share, category) in categories.iter().enumerate() {
            let count = self.layout.shares()[share].values.len() + 1;
            let each = &mut self.categories[first..first + count];
            first += count;
            let Some(category) = category else { continue };
            let category = *category as usize;
            each.get_mut(category).ok_or(SummariseError::Layout)?.records += 1;
            let open = &mut self.shares[at * categories.len() + share];
            open.records += 1;
            open.people.meet(person);
            for (other, open) in each.iter_mut().enumerate() {
                if other == category {
                    open.inside.meet(person)
                } else {
                    open.others.meet(person)
                };
            }
        }
        Ok(())
    }

    /// The place of a cell, which is made where it is new.
    fn place(&mut self, key: &[u64]) -> usize {
        let width = key.len();
        let keys = &self.keys;
        let of = |place: u32| &keys[place as usize * width..][..width];
        let hash = self.hasher.hash_one(key);
        if let Some(place) = self.positions.find(hash, |place| of(*place) == key) {
            return *place as usize;
        }
        let at = self.cells.len();
        let hasher = &self.hasher;
        self.positions.insert_unique(hash, at as u32, |place| hasher.hash_one(of(*place)));
        self.keys.extend_from_slice(key);
        let layout = self.layout;
        self.cells.push(OpenCell::default());
        self.amounts.resize(self.amounts.len() + layout.amounts().len(), OpenAmount::default());
        self.shares.resize(self.shares.len() + layout.shares().len(), OpenShare::default());
        self.categories.resize(self.categories.len() + layout.categories(), OpenCategory::default());
        self.contributions.extend(OpenContributions::of(layout));
        self.keyed.extend(OpenKeyed::of(layout));
        at
    }

    fn close_person(&mut self) {
        if let Some(at) = self.only.take() {
            self.cells[at].exclusive += 1;
        }
    }

    /// The cells of the bucket, ready to merge.
    #[must_use]
    pub fn finish(mut self) -> Cells {
        self.close_person();
        let layout = self.layout;
        let width = self.keys.len() / self.cells.len().max(1);
        let mut contributions = self.contributions.into_iter();
        let mut keyed = self.keyed.into_iter();
        let mut cells = HashMap::with_capacity(self.cells.len());
        for (at, open) in self.cells.iter().enumerate() {
            let amounts = &self.amounts[at * layout.amounts().len()..][..layout.amounts().len()];
            let mut categories = &self.categories[at * layout.categories()..][..layout.categories()];
            let share = |(share, open): (&ShareColumn, &OpenShare)| {
                let (own, rest) = categories.split_at(share.values.len() + 1);
                categories = rest;
                ShareTally {
                    records: open.records,
                    persons: open.people.count,
                    categories: own.iter().map(OpenCategory::close).collect(),
                }
            };
            let shares = &self.shares[at * layout.shares().len()..][..layout.shares().len()];
            let cell = Cell {
                records: open.records,
                persons: open.people.count,
                exclusive: open.exclusive,
                keys: open.keys,
                amounts: amounts.iter().map(OpenAmount::close).collect(),
                shares: layout.shares().iter().zip(shares).map(share).collect(),
                contributions: contributions.next().map(|open| Box::new(open.close())),
                keyed: keyed.next().map(OpenKeyed::close).unwrap_or_default(),
            };
            cells.insert(self.keys[at * width..][..width].into(), cell);
        }
        Cells(cells)
    }
}

impl OpenAmount {
    fn close(&self) -> AmountTally {
        AmountTally { records: self.records, persons: self.people.count, sum: self.sum }
    }
}

impl OpenCategory {
    fn close(&self) -> CategoryTally {
        CategoryTally { records: self.records, persons: self.inside.count, others: self.others.count }
    }
}

/// The cell of nobody.
fn empty(layout: &Layout) -> Cell {
    let category = |share: &ShareColumn| vec![CategoryTally::default(); share.values.len() + 1].into();
    Cell {
        records: 0,
        persons: 0,
        exclusive: 0,
        keys: KeySum::default(),
        amounts: layout.amounts().iter().map(|_| AmountTally::default()).collect(),
        shares: layout
            .shares()
            .iter()
            .map(|share| ShareTally { categories: category(share), ..Default::default() })
            .collect(),
        contributions: OpenContributions::of(layout).map(|open| Box::new(open.close())),
        keyed: OpenKeyed::of(layout).map(OpenKeyed::close).unwrap_or_default(),
    }
}

/// Cells of any number of buckets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cells(#[serde(with = "pairs")] HashMap<CellKey, Cell>);

impl Cells {
    /// The cells of both; no person lies in both.
    ///
    /// # Errors
    /// [`SummariseError::TooLarge`] where a sum grows too large, [`SummariseError::Layout`] where the layouts differ.
    pub fn merge(mut self, other: Self) -> Result<Self, SummariseError> {
        if self.0.len() < other.0.len() {
            return other.merge(self);
        }
        for (key, theirs) in other.0 {
            match self.0.entry(key) {
                hashbrown::hash_map::Entry::Vacant(entry) => {
                    entry.insert(theirs);
                }
                hashbrown::hash_map::Entry::Occupied(mut entry) => entry.get_mut().add(&theirs)?,
            }
        }
        Ok(self)
    }

    /// The cells, and one of nobody for each key that has none.
    #[must_use]
    pub fn with_empty<'k>(mut self, keys: impl Iterator<Item = &'k CellKey>, layout: &Layout) -> Self {
        for key in keys {
            self.0.entry(key.clone()).or_insert_with(|| empty(layout));
        }
        self
    }

    /// One cell.
    #[must_use]
    pub fn get(&self, key: &[u64]) -> Option<&Cell> {
        self.0.get(key)
    }

    /// All cells, in no fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u64], &Cell)> {
        self.0.iter().map(|(key, cell)| (&**key, cell))
    }

    /// Number of cells.
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

impl Cell {
    fn add(&mut self, other: &Self) -> Result<(), SummariseError> {
        let sizes = |cell: &Self| (cell.amounts.len(), cell.shares.len(), cell.keyed.len());
        if sizes(self) != sizes(other) {
            return Err(SummariseError::Layout);
        }
        self.records += other.records;
        self.persons += other.persons;
        self.exclusive += other.exclusive;
        self.keys = self.keys.plus(other.keys.0);
        for (ours, theirs) in self.amounts.iter_mut().zip(&other.amounts) {
            ours.records += theirs.records;
            ours.persons += theirs.persons;
            ours.sum = ours.sum.plus(theirs.sum)?;
        }
        for (ours, theirs) in self.shares.iter_mut().zip(&other.shares) {
            ours.add(theirs)?;
        }
        for (ours, theirs) in self.keyed.iter_mut().zip(&other.keyed) {
            ours.merge(theirs)?;
        }
        match (&mut self.contributions, &other.contributions) {
            (Some(ours), Some(theirs)) => ours.merge(theirs),
            (None, None) => Ok(()),
            _ => Err(SummariseError::Layout),
        }
    }
}

impl ShareTally {
    fn add(&mut self, other: &Self) -> Result<(), SummariseError> {
        if self.categories.len() != other.categories.len() {
            return Err(SummariseError::Layout);
        }
        self.records += other.records;
        self.persons += other.persons;
        for (ours, theirs) in self.categories.iter_mut().zip(&other.categories) {
            ours.records += theirs.records;
            ours.persons += theirs.persons;
            ours.others += theirs.others;
        }
        Ok(())
    }
}
