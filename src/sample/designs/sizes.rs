//! Inclusion probabilities proportional to size.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::bridge::Trial;
use super::{DesignError, Inclusion, Selection};

/// Inclusion probabilities proportional to integer sizes, for a sample of fixed (or expected) size *n*.
///
/// A unit whose share would be 1 or more is certain; it is taken out together with its place in the sample, and the
/// others share the places that remain, until nobody is above 1 (Särndal, Swensson & Wretman 1992, section 3.6.2;
/// Tillé 2006, section 2.10). Units of size 0 are never drawn. All in integers: `π = take · size / total`, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proportional {
    certain_from: Option<u64>,
    certain: u64,
    take: u64,
    total: u128,
}

impl Proportional {
    /// The probabilities for `n` of these units.
    ///
    /// # Errors
    /// [`DesignError::SampleTooLarge`] where fewer than `n` units have a size; [`DesignError::TooManyUnits`].
    pub fn new(sizes: &[u64], n: u64) -> Result<Self, DesignError> {
        let mut census = SizeCensus::new(n);
        sizes.iter().for_each(|&size| census.add(size));
        census.finish()
    }

    /// The inclusion probability of a unit of this size, which is one of the sizes that were counted.
    #[must_use]
    pub fn inclusion(&self, size: u64) -> Inclusion {
        if self.is_certain(size) {
            Inclusion::CERTAIN
        } else if self.total == 0 {
            Inclusion::NEVER
        } else {
            Inclusion::new(self.numerator(size), self.total)
        }
    }

    /// Whether units of this size are always drawn.
    #[must_use]
    pub fn is_certain(&self, size: u64) -> bool {
        self.certain_from.is_some_and(|from| size >= from)
    }

    /// Certain units.
    #[must_use]
    pub fn certain(&self) -> u64 {
        self.certain
    }

    /// Places in the sample that the certain units leave to the others.
    #[must_use]
    pub fn take(&self) -> u64 {
        self.take
    }

    /// Total size of the units that are not certain. Under 2⁹⁶.
    #[must_use]
    pub fn total(&self) -> u128 {
        self.total
    }

    /// Numerator of the probability of a unit that is not certain, over [`Self::total`].
    pub(super) fn numerator(&self, size: u64) -> u128 {
        u128::from(self.take) * u128::from(size)
    }
}

/// What the probabilities need to know of a frame: its total size and its *n* largest units. Parts of a frame are
/// counted on their own and merged; memory is eight bytes for each unit of the sample.
#[derive(Debug, Clone)]
pub struct SizeCensus {
    n: u64,
    units: u64,
    positive: u64,
    total: u128,
    largest: BinaryHeap<Reverse<u64>>,
}

impl SizeCensus {
    /// A census for samples of `n` units, that has met nobody yet.
    #[must_use]
    pub fn new(n: u64) -> Self {
        Self { n, units: 0, positive: 0, total: 0, largest: BinaryHeap::new() }
    }

    /// Meets one unit.
    pub fn add(&mut self, size: u64) {
        self.units += 1;
        if size == 0 {
            return;
        }
        self.positive += 1;
        self.total += u128::from(size);
        self.keep(size);
    }

    fn keep(&mut self, size: u64) {
        if (self.largest.len() as u64) < self.n {
            self.largest.push(Reverse(size));
        } else if let Some(mut smallest) = self.largest.peek_mut()
            && size > smallest.0
        {
            *smallest = Reverse(size);
        }
    }

    /// The census over both parts. Both were made for the same `n`.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.units += other.units;
        self.positive += other.positive;
        self.total += other.total;
        other.largest.into_iter().for_each(|Reverse(size)| self.keep(size));
        self
    }

    /// The probabilities.
    ///
    /// # Errors
    /// As [`Proportional::new`].
    pub fn finish(self) -> Result<Proportional, DesignError> {
        if self.units > u64::from(u32::MAX) {
            return Err(DesignError::TooManyUnits);
        }
        if self.n > self.positive {
            return Err(DesignError::SampleTooLarge { asked: self.n, positive: self.positive });
        }
        let mut found = Proportional { certain_from: None, certain: 0, take: self.n, total: self.total };
        // From the largest down: a unit is certain only if all larger ones are, and units of one size all are or
        // none.
        for Reverse(size) in self.largest.into_sorted_vec() {
            if found.numerator(size) < found.total {
                break;
            }
            found.certain_from = Some(size);
            found.certain += 1;
            found.take -= 1;
            found.total -= u128::from(size);
        }
        Ok(found)
    }
}

/// The units of a frame with the chance of each: certain, never, or something between that a design decides.
pub(super) struct Uncertain {
    shares: Proportional,
    /// Size of every unit of the frame.
    sizes: Vec<u64>,
    /// Positions of the units with a probability above 0 and under 1.
    open: Vec<u32>,
}

impl Uncertain {
    pub(super) fn new(sizes: &[u64], n: u64) -> Result<Self, DesignError> {
        let shares = Proportional::new(sizes, n)?;
        let is_open = |size| size > 0 && shares.take() > 0 && !shares.is_certain(size);
        let open = (0..).zip(sizes).filter(|&(_, &size)| is_open(size)).map(|(unit, _)| unit).collect();
        Ok(Self { shares, sizes: sizes.to_vec(), open })
    }

    /// Places that the open units share. Fewer than there are open units.
    pub(super) fn take(&self) -> usize {
        self.shares.take() as usize
    }

    /// Positions of the open units in the frame, ascending.
    pub(super) fn open(&self) -> &[u32] {
        &self.open
    }

    /// Inclusion probability of every unit of the frame.
    pub(super) fn inclusion(&self) -> impl Iterator<Item = Inclusion> {
        self.sizes.iter().map(|&size| self.shares.inclusion(size))
    }

    fn open_sizes(&self) -> impl Iterator<Item = u64> {
        self.open.iter().filter_map(|&unit| self.sizes.get(unit as usize).copied())
    }

    /// Numerators of the probabilities of the open units, over [`Self::total`]; their sum is `take` times that.
    pub(super) fn numerators(&self) -> impl Iterator<Item = u128> {
        self.open_sizes().map(|size| self.shares.numerator(size))
    }

    /// Total size of the open units.
    pub(super) fn total(&self) -> u128 {
        self.shares.total()
    }

    fn open_inclusion(&self) -> impl Iterator<Item = Inclusion> {
        self.open_sizes().map(|size| self.shares.inclusion(size))
    }

    /// Inclusion probabilities of the open units.
    pub(super) fn trials(&self) -> Vec<Trial> {
        self.open_inclusion().map(|inclusion| Trial { p: inclusion.value(), q: inclusion.complement() }).collect()
    }

    /// Their odds, `π / (1 − π)`.
    pub(super) fn odds(&self) -> Vec<f64> {
        self.open_inclusion().map(|inclusion| inclusion.value() / inclusion.complement()).collect()
    }

    /// The certain units with these of the open ones, given by their places among the open ones.
    pub(super) fn selection(&self, drawn: &[usize]) -> Selection {
        let certain = (0..).zip(&self.sizes).filter(|&(_, &size)| self.shares.is_certain(size)).map(|(unit, _)| unit);
        let drawn = drawn.iter().filter_map(|&place| self.open.get(place).copied());
        let mut units: Vec<u32> = certain.chain(drawn).collect();
        units.sort_unstable();
        let sizes = units.iter().filter_map(|&unit| self.sizes.get(unit as usize));
        let inclusion = sizes.map(|&size| self.shares.inclusion(size)).collect();
        Selection { units, inclusion }
    }
}
