//! The largest contributions to a sum, each with the record key of its contributor: what the cell-key method for sums looks at.

use serde::{Deserialize, Serialize};

use super::cells::KeySum;
use super::{Amount, Layout, SummariseError};

/// Contributors to one sum of a cell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyed {
    keep: u8,
    /// Record keys of all contributors, added up modulo 2⁶⁴. A secret.
    keys: KeySum,
    /// Falling by size.
    found: Vec<(Amount, KeySum)>,
}

impl Keyed {
    fn new(keep: u8) -> Self {
        Self { keep, ..Self::default() }
    }

    fn offer(&mut self, amount: Amount, key: u64) {
        self.keys = self.keys.plus(key);
        self.insert(amount, KeySum(key));
    }

    /// Ties are settled by value and key, so no order of records counts.
    fn insert(&mut self, amount: Amount, key: KeySum) {
        let rank = |(amount, key): &(Amount, KeySum)| (amount.size(), *amount, key.0);
        let at = self.found.partition_point(|before| rank(before) >= rank(&(amount, key)));
        self.found.insert(at, (amount, key));
        self.found.truncate(self.keep.into());
    }

    /// Takes in the contributors of the same cell in another bucket; nobody is in both.
    pub(super) fn merge(&mut self, other: &Self) -> Result<(), SummariseError> {
        if self.keep != other.keep {
            return Err(SummariseError::Layout);
        }
        self.keys = self.keys.plus(other.keys.0);
        other.found.iter().for_each(|(amount, key)| self.insert(*amount, *key));
        Ok(())
    }

    /// Record keys of all contributors, added up modulo 2⁶⁴.
    #[must_use]
    pub fn keys(&self) -> u64 {
        self.keys.0
    }

    /// The largest contributions with the record keys of those who make them, falling by size.
    pub fn found(&self) -> impl Iterator<Item = (Amount, u64)> {
        self.found.iter().map(|(amount, key)| (*amount, key.0))
    }
}

/// Contributors to the sums of a cell while its bucket is read: records come person by person.
pub(super) struct OpenKeyed {
    done: Box<[Keyed]>,
    /// What the person at hand has contributed to each sum so far, and the record key.
    person: Box<[Option<Amount>]>,
    key: u64,
}

impl OpenKeyed {
    /// For a cell, where the layout asks for it.
    pub fn of(layout: &Layout) -> Option<Self> {
        layout.keyed().map(|keep| Self::new(keep, layout.amounts().len()))
    }

    /// For a cell with so many sums.
    fn new(keep: u8, amounts: usize) -> Self {
        Self { done: vec![Keyed::new(keep); amounts].into(), person: vec![None; amounts].into(), key: 0 }
    }

    /// Takes in a record; `fresh` where it is the first of its person in this cell.
    pub fn row(&mut self, fresh: bool, key: u64, amounts: &[Option<Amount>]) -> Result<(), SummariseError> {
        if fresh {
            self.next_person();
            self.key = key;
        }
        for (own, amount) in self.person.iter_mut().zip(amounts) {
            *own = match (*own, *amount) {
                (Some(own), Some(amount)) => Some(own.plus(amount)?),
                (own, amount) => own.or(amount),
            };
        }
        Ok(())
    }

    fn next_person(&mut self) {
        for (keyed, own) in self.done.iter_mut().zip(&mut self.person) {
            if let Some(own) = own.take() {
                keyed.offer(own, self.key);
            }
        }
    }

    /// All that was contributed.
    pub fn close(mut self) -> Box<[Keyed]> {
        self.next_person();
        self.done
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn cell(rows: &[(u32, u64, i64)], keep: u8) -> Keyed {
        let mut open = OpenKeyed::new(keep, 1);
        let mut last = None;
        for (person, key, amount) in rows {
            open.row(last != Some(*person), *key, &[Some(Amount::from_i64(*amount))]).unwrap();
            last = Some(*person);
        }
        open.close()[0].clone()
    }

    #[test]
    fn a_person_of_several_records_is_one_contributor_whatever_the_bucket() {
        let whole = cell(&[(1, 11, 4), (1, 11, 5), (2, 22, -20), (3, 33, 9), (4, 44, 1)], 3);
        let found: Vec<_> = whole.found().collect();
        let amount = Amount::from_i64;
        assert_eq!(found, [(amount(-20), 22), (amount(9), 33), (amount(9), 11)]);
        assert_eq!(whole.keys(), 110);
        let mut one = cell(&[(3, 33, 9), (4, 44, 1)], 3);
        one.merge(&cell(&[(1, 11, 5), (1, 11, 4), (2, 22, -20)], 3)).unwrap();
        assert_eq!(one, whole);
        assert_eq!(one.merge(&cell(&[], 2)), Err(SummariseError::Layout));
    }
}
