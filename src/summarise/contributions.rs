//! Who contributes how much to the numbers of a cell, as far as any rule looks.
//!
//! Numbers come in one order everywhere: the records of the cell, then the summed columns of the layout.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};

use super::{Amount, Layout, SummariseError};

/// The largest contributions of distinct contributors to one number, each with all that is his.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Largest {
    keep: u8,
    /// Falling by size.
    found: Vec<Amount>,
    count: u64,
    negative: bool,
}

impl Largest {
    /// No contributor yet; `keep` of the largest are kept.
    #[must_use]
    pub fn new(keep: u8) -> Self {
        Self { keep, found: Vec::new(), count: 0, negative: false }
    }

    /// Counts one contributor with his whole contribution.
    pub fn offer(&mut self, contribution: Amount) {
        self.count += 1;
        self.negative |= contribution < Amount::default();
        self.insert(contribution);
    }

    /// Of two of the same size the positive one comes first: ties are settled by values alone, so no order of records counts.
    fn insert(&mut self, contribution: Amount) {
        let rank = |amount: &Amount| (amount.size(), *amount);
        let at = self.found.partition_point(|before| rank(before) >= rank(&contribution));
        self.found.insert(at, contribution);
        self.found.truncate(self.keep.into());
    }

    /// Takes in the contributors of another; nobody is in both.
    fn merge(&mut self, other: &Self) -> Result<(), SummariseError> {
        if self.keep != other.keep {
            return Err(SummariseError::Layout);
        }
        other.found.iter().for_each(|contribution| self.insert(*contribution));
        self.count += other.count;
        self.negative |= other.negative;
        Ok(())
    }

    /// The largest contributions, signed, falling by size; all of them where there are no more contributors than were to be kept.
    #[must_use]
    pub fn found(&self) -> &[Amount] {
        &self.found
    }

    /// Contributors.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether any contribution, kept or not, is negative.
    #[must_use]
    pub fn negative(&self) -> bool {
        self.negative
    }
}

/// Contributions to the numbers of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contributions {
    keep: u8,
    persons: Box<[Largest]>,
    /// For each number, whether any record takes something away from it.
    negative: Box<[bool]>,
    /// What each holding contributes to each number, `None` for no value; `None` where holdings are not asked for.
    holdings: Option<BTreeMap<u64, Box<[Option<Amount>]>>>,
}

impl Contributions {
    fn new(keep: u8, numbers: usize, holdings: bool) -> Self {
        let persons = (0..numbers).map(|_| Largest::new(keep)).collect();
        Self { keep, persons, negative: vec![false; numbers].into(), holdings: holdings.then(BTreeMap::new) }
    }

    /// Persons who contribute to a number, by its position; `None` for no number of the cell.
    #[must_use]
    pub fn persons(&self, number: usize) -> Option<&Largest> {
        self.persons.get(number)
    }

    /// Whether any record takes something away from a number: then what a holding contributes, or what is left of a cell, may be
    /// negative although nobody's whole contribution is.
    #[must_use]
    pub fn negative(&self, number: usize) -> bool {
        self.negative.get(number).copied().unwrap_or(false)
    }

    /// Holdings that contribute to a number; `None` where they were not asked for.
    #[must_use]
    pub fn holdings(&self, number: usize) -> Option<Largest> {
        let mut largest = Largest::new(self.keep);
        for parts in self.holdings.as_ref()?.values() {
            if let Some(contribution) = parts.get(number)? {
                largest.offer(*contribution);
            }
        }
        Some(largest)
    }

    /// Takes in those of the same cell in another bucket.
    pub(super) fn merge(&mut self, other: &Self) -> Result<(), SummariseError> {
        if self.persons.len() != other.persons.len() || self.holdings.is_some() != other.holdings.is_some() {
            return Err(SummariseError::Layout);
        }
        for (ours, theirs) in self.persons.iter_mut().zip(&other.persons) {
            ours.merge(theirs)?;
        }
        self.negative.iter_mut().zip(&other.negative).for_each(|(ours, theirs)| *ours |= theirs);
        for (holding, parts) in other.holdings.iter().flatten() {
            self.add_to(*holding, parts)?;
        }
        Ok(())
    }

    fn add_to(&mut self, holding: u64, parts: &[Option<Amount>]) -> Result<(), SummariseError> {
        match self.holdings.as_mut().ok_or(SummariseError::Layout)?.entry(holding) {
            Entry::Vacant(place) => {
                place.insert(parts.into());
                Ok(())
            }
            Entry::Occupied(mut sums) => add(sums.get_mut(), parts),
        }
    }
}

fn add(sums: &mut [Option<Amount>], parts: &[Option<Amount>]) -> Result<(), SummariseError> {
    for (sum, part) in sums.iter_mut().zip(parts) {
        *sum = match (*sum, *part) {
            (Some(sum), Some(part)) => Some(sum.plus(part)?),
            (sum, part) => sum.or(part),
        };
    }
    Ok(())
}

/// Contributions to a cell while its bucket is read: records come person by person.
pub(super) struct OpenContributions {
    done: Contributions,
    /// What the person at hand has contributed so far.
    person: Box<[Option<Amount>]>,
    /// Room for one record.
    record: Vec<Option<Amount>>,
}

impl OpenContributions {
    /// Nobody yet, where the layout asks for contributions.
    pub fn of(layout: &Layout) -> Option<Self> {
        layout.largest().map(|keep| Self::new(keep, layout.amounts().len(), layout.holding().is_some()))
    }

    /// For a cell with so many summed columns.
    pub fn new(keep: u8, amounts: usize, holdings: bool) -> Self {
        let numbers = amounts + 1;
        Self {
            done: Contributions::new(keep, numbers, holdings),
            person: vec![None; numbers].into(),
            record: Vec::with_capacity(numbers),
        }
    }

    /// Takes in a record; `fresh` where it is the first of its person in this cell.
    pub fn row(&mut self, fresh: bool, holding: Option<u64>, amounts: &[Option<Amount>]) -> Result<(), SummariseError> {
        if fresh {
            self.next_person();
        }
        self.record.clear();
        self.record.push(Some(Amount::from_i64(1)));
        self.record.extend_from_slice(amounts);
        add(&mut self.person, &self.record)?;
        let taken = self.record.iter().map(|amount| amount.is_some_and(|amount| amount < Amount::default()));
        self.done.negative.iter_mut().zip(taken).for_each(|(negative, taken)| *negative |= taken);
        match (holding, self.done.holdings.is_some()) {
            (Some(holding), true) => self.done.add_to(holding, &self.record),
            (None, false) => Ok(()),
            _ => Err(SummariseError::Layout),
        }
    }

    fn next_person(&mut self) {
        for (largest, own) in self.done.persons.iter_mut().zip(&mut self.person) {
            if let Some(own) = own.take() {
                largest.offer(own);
            }
        }
    }

    /// All that was contributed.
    pub fn close(mut self) -> Contributions {
        self.next_person();
        self.done
    }
}
