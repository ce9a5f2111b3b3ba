//! A frame held in memory, for designs that look at all units together.

use sha2::{Digest, Sha256};

use crate::keys::Prn;

use super::SampleError;

/// One unit of the frame.
pub struct Unit<'a> {
    /// Its permanent random number.
    pub number: Prn,
    /// Its stratum.
    pub stratum: &'a [u64],
    /// Its stratum in the second phase; empty where there is none.
    pub second: &'a [u64],
    /// Its size, where probabilities are proportional to one.
    pub size: u64,
    /// What it is ordered by, where an order is declared.
    pub order: &'a [u64],
    /// What the sample is balanced on.
    pub balance: &'a [Trait],
    /// Its clusters, each with the stratum in which it lies there; empty where none are drawn.
    pub clusters: &'a [(u64, Vec<u64>)],
}

/// Units of the frame with everything that a design looks at; 32 bytes a unit, and 8 for each number besides.
#[derive(Default)]
pub struct Listing {
    pub(super) numbers: Vec<Prn>,
    pub(super) strata: Table<u64>,
    pub(super) second: Table<u64>,
    pub(super) sizes: Vec<u64>,
    pub(super) order: Table<u64>,
    pub(super) balance: Table<Trait>,
    /// Unit, cluster, and the stratum of the cluster there.
    pub(super) links: Vec<(u32, u64, Vec<u64>)>,
}

/// What a sample can be balanced on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trait {
    /// A number: its total is balanced.
    Number(f64),
    /// One of several values: how many units have each is balanced.
    Value(u64),
}

/// Rows of equal width in one list.
pub(super) struct Table<T> {
    width: usize,
    values: Vec<T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { width: 0, values: Vec::new() }
    }
}

impl<T: Copy> Table<T> {
    fn push(&mut self, row: &[T]) {
        self.width = row.len();
        self.values.extend_from_slice(row);
    }

    fn extend(&mut self, other: Self) {
        self.width = self.width.max(other.width);
        self.values.extend(other.values);
    }

    pub(super) fn row(&self, at: usize) -> &[T] {
        self.values.get(at * self.width..(at + 1) * self.width).unwrap_or(&[])
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }
}

impl Listing {
    /// Adds a unit. All have strata, orders and balances of the same widths.
    ///
    /// # Errors
    /// [`SampleError::TooMany`] beyond 2³² units.
    pub fn push(&mut self, unit: &Unit<'_>) -> Result<(), SampleError> {
        let at = u32::try_from(self.numbers.len()).map_err(|_| SampleError::TooMany)?;
        self.numbers.push(unit.number);
        self.strata.push(unit.stratum);
        self.second.push(unit.second);
        self.sizes.push(unit.size);
        self.order.push(unit.order);
        self.balance.push(unit.balance);
        self.links.extend(unit.clusters.iter().map(|(cluster, stratum)| (at, *cluster, stratum.clone())));
        Ok(())
    }

    /// The units of both parts.
    ///
    /// # Errors
    /// [`SampleError::TooMany`] beyond 2³² units.
    pub fn merge(mut self, other: Self) -> Result<Self, SampleError> {
        if self.numbers.len() < other.numbers.len() {
            return other.merge(self);
        }
        let first = u32::try_from(self.numbers.len()).map_err(|_| SampleError::TooMany)?;
        u32::try_from(self.numbers.len() + other.numbers.len()).map_err(|_| SampleError::TooMany)?;
        self.numbers.extend(other.numbers);
        self.strata.extend(other.strata);
        self.second.extend(other.second);
        self.sizes.extend(other.sizes);
        self.order.extend(other.order);
        self.balance.extend(other.balance);
        self.links.extend(other.links.into_iter().map(|(unit, cluster, stratum)| (first + unit, cluster, stratum)));
        Ok(self)
    }

    /// Number of units.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// A keyed digest of the frame, with everything that the design looks at, that the order of units does not change.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for unit in self.by_stratum().into_iter().flat_map(|(_, units)| units) {
            let unit = unit as usize;
            let mut words: Vec<u64> = self.numbers[unit].words().to_vec();
            words.extend(self.strata.row(unit).iter().chain(self.second.row(unit)).chain(self.order.row(unit)));
            words.push(self.sizes[unit]);
            words.extend(self.balance.row(unit).iter().map(|value| match value {
                Trait::Number(number) => number.to_bits(),
                Trait::Value(value) => *value,
            }));
            words.iter().for_each(|word| hash.update(word.to_be_bytes()));
        }
        let mut links: Vec<(Prn, u64, &[u64])> = self
            .links
            .iter()
            .map(|(unit, cluster, s)| (self.numbers[*unit as usize], *cluster, s.as_slice()))
            .collect();
        links.sort_unstable();
        for (number, cluster, stratum) in links {
            let words = number.words().into_iter().chain([cluster]).chain(stratum.iter().copied());
            words.for_each(|word| hash.update(word.to_be_bytes()));
        }
        hash.finalize().into()
    }

    /// Positions of all units, by stratum, and in each by the declared order and then by random number: an order that the
    /// input's does not change.
    pub(super) fn by_stratum(&self) -> Vec<(Vec<u64>, Vec<u32>)> {
        let mut all: Vec<u32> = (0..self.numbers.len() as u32).collect();
        let key = |unit: &u32| {
            let unit = *unit as usize;
            (self.strata.row(unit), self.order.row(unit), self.numbers[unit])
        };
        all.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        let groups = all.chunk_by(|a, b| self.strata.row(*a as usize) == self.strata.row(*b as usize));
        groups.map(|units| (self.strata.row(units[0] as usize).to_vec(), units.to_vec())).collect()
    }
}
