//! Cells of an aggregated table, with who contributes to them.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::sample::{get_or_insert_with, pairs};

use super::contributions::OpenContributions;
use super::keyed::{Keyed, OpenKeyed};
use super::people::{People, Turn};
use super::{Amount, CellKey, Contributions, Layout, SummariseError};

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

/// Cells of one bucket, while it is read.
pub struct BucketCells<'a> {
    layout: &'a Layout,
    positions: HashMap<CellKey, usize>,
    cells: Vec<OpenCell>,
    turn: Turn,
    /// The only cell of the person at hand; `None` once there are two.
    only: Option<usize>,
}

struct OpenCell {
    people: People,
    amount_people: Box<[People]>,
    share_people: Box<[SharePeople]>,
    contributions: Option<OpenContributions>,
    keyed: Option<OpenKeyed>,
    cell: Cell,
}

/// Persons of a share column.
struct SharePeople {
    /// With a value.
    any: People,
    /// For each category: in it, in another.
    each: Box<[(People, People)]>,
}

impl<'a> BucketCells<'a> {
    /// A bucket of which nothing has been read.
    #[must_use]
    pub fn new(layout: &'a Layout) -> Self {
        Self { layout, positions: HashMap::new(), cells: Vec::new(), turn: Turn::default(), only: None }
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
        let at = *get_or_insert_with(&mut self.positions, key, || {
            self.cells.push(OpenCell::new(self.layout));
            self.cells.len() - 1
        });
        if self.turn.next(person)? {
            self.close_person();
            self.only = Some(at);
        } else if self.only != Some(at) {
            self.only = None;
        }
        let open = &mut self.cells[at];
        open.cell.records += 1;
        let fresh = open.people.meet(person);
        if fresh {
            open.cell.keys = open.cell.keys.plus(record_key);
        }
        if let Some(contributions) = &mut open.contributions {
            contributions.row(fresh, holding, amounts)?;
        }
        if let Some(keyed) = &mut open.keyed {
            keyed.row(fresh, record_key, amounts)?;
        }
        open.amounts(person, amounts)?;
        open.categories(person, categories)?;
        Ok(at)
    }

    fn close_person(&mut self) {
        if let Some(at) = self.only.take() {
            self.cells[at].cell.exclusive += 1;
        }
    }

    /// The cells of the bucket, ready to merge.
    #[must_use]
    pub fn finish(mut self) -> Cells {
        self.close_person();
        let mut cells: Vec<Option<Cell>> = self.cells.into_iter().map(|open| Some(open.close())).collect();
        // Every position was given out once, so every cell is taken once.
        Cells(self.positions.into_iter().filter_map(|(key, at)| cells[at].take().map(|cell| (key, cell))).collect())
    }
}

impl OpenCell {
    fn new(layout: &Layout) -> Self {
        let categories = || layout.shares().iter().map(|share| share.values.len() + 1);
        Self {
            people: People::default(),
            amount_people: layout.amounts().iter().map(|_| People::default()).collect(),
            share_people: categories()
                .map(|count| SharePeople { any: People::default(), each: vec![Default::default(); count].into() })
                .collect(),
            contributions: layout
                .largest()
                .map(|keep| OpenContributions::new(keep, layout.amounts().len(), layout.holding().is_some())),
            keyed: layout.keyed().map(|keep| OpenKeyed::new(keep, layout.amounts().len())),
            cell: Cell {
                records: 0,
                persons: 0,
                exclusive: 0,
                keys: KeySum::default(),
                amounts: layout.amounts().iter().map(|_| AmountTally::default()).collect(),
                shares: categories()
                    .map(|count| ShareTally {
                        categories: vec![CategoryTally::default(); count].into(),
                        ..Default::default()
                    })
                    .collect(),
                contributions: None,
                keyed: Box::default(),
            },
        }
    }

    fn amounts(&mut self, person: u32, amounts: &[Option<Amount>]) -> Result<(), SummariseError> {
        for ((tally, people), amount) in self.cell.amounts.iter_mut().zip(&mut self.amount_people).zip(amounts) {
            if let Some(amount) = amount {
                tally.records += 1;
                tally.sum = tally.sum.plus(*amount)?;
                people.meet(person);
            }
        }
        Ok(())
    }

    fn categories(&mut self, person: u32, categories: &[Option<u32>]) -> Result<(), SummariseError> {
        for ((tally, people), category) in self.cell.shares.iter_mut().zip(&mut self.share_people).zip(categories) {
            let Some(category) = category else { continue };
            let category = *category as usize;
            tally.categories.get_mut(category).ok_or(SummariseError::Layout)?.records += 1;
            tally.records += 1;
            people.any.meet(person);
            for (at, (inside, others)) in people.each.iter_mut().enumerate() {
                if at == category {
                    inside.meet(person)
                } else {
                    others.meet(person)
                };
            }
        }
        Ok(())
    }

    fn close(mut self) -> Cell {
        self.cell.persons = self.people.count;
        self.cell.contributions = self.contributions.take().map(|open| Box::new(open.close()));
        self.cell.keyed = self.keyed.take().map(OpenKeyed::close).unwrap_or_default();
        for (tally, people) in self.cell.amounts.iter_mut().zip(&self.amount_people) {
            tally.persons = people.count;
        }
        for (tally, people) in self.cell.shares.iter_mut().zip(&self.share_people) {
            tally.persons = people.any.count;
            for (category, (inside, others)) in tally.categories.iter_mut().zip(&people.each) {
                (category.persons, category.others) = (inside.count, others.count);
            }
        }
        self.cell
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
            self.0.entry(key.clone()).or_insert_with(|| OpenCell::new(layout).close());
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
