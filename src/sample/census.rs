//! Step 1: the frame, counted.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::{StratumKey, get_or_insert_with, pairs};
use crate::keys::Prn;

/// What the census knows of a stratum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counted {
    /// Units.
    pub units: u64,
    /// Sum of the units' random numbers, modulo 2^256: a keyed digest of who they are that no order changes (the
    /// MSet-Add-Hash of Clarke, Devadas, van Dijk, Gassend & Suh 2003). Most significant word first.
    pub digest: [u64; 4],
    /// Sum of the values whose spread counts, in thousandths.
    sum: i128,
    /// Sum of their squares, in millionths.
    squares: i128,
}

impl Counted {
    fn add(&mut self, number: &Prn, value: i64) {
        self.units += 1;
        self.digest = plus(self.digest, number.words());
        self.sum += i128::from(value);
        self.squares += i128::from(value) * i128::from(value);
    }

    fn merge(&mut self, other: &Self) {
        self.units += other.units;
        self.digest = plus(self.digest, other.digest);
        self.sum += other.sum;
        self.squares += other.squares;
    }

    /// The mean of the values.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum as f64 / self.units.max(1) as f64 / 1000.0
    }

    /// The standard deviation of the values, with divisor `units − 1`; 0 for a single unit.
    ///
    /// `N Σy² − (Σy)²` is computed in integers, so that it does not depend on the order of the units.
    #[must_use]
    pub fn spread(&self) -> f64 {
        if self.units < 2 {
            return 0.0;
        }
        // Σy² ≥ (Σy)²/N. With the mean taken off first nothing outgrows 128 bits: |y| ≤ 10^15 thousandths.
        let n = i128::from(self.units);
        let (mean, rest) = (self.sum / n, self.sum % n);
        // Σ(y − m)² = Σy² − 2mΣy + Nm², with Σy = Nm + r.
        let about_mean = self.squares - mean * (n * mean + 2 * rest);
        let correction = (rest as f64) * (rest as f64) / self.units as f64;
        ((about_mean as f64 - correction).max(0.0) / (self.units - 1) as f64).sqrt() / 1000.0
    }
}

/// Units per stratum. A unit is added once: a person once, however many records it has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Census(#[serde(with = "pairs")] HashMap<StratumKey, Counted>);

impl Census {
    /// Counts one unit. Nothing is allocated for a stratum already met. `value`, in thousandths and within ±10^15, is what
    /// an allocation by spread looks at; 0 elsewhere.
    pub fn add(&mut self, stratum: &[u64], number: &Prn, value: i64) {
        get_or_insert_with(&mut self.0, stratum, Counted::default).add(number, value);
    }

    /// The census of both parts.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        if self.0.len() < other.0.len() {
            return other.merge(self);
        }
        for (stratum, counted) in other.0 {
            self.0.entry(stratum).or_default().merge(&counted);
        }
        self
    }

    /// Units of one stratum; 0 for one never met.
    #[must_use]
    pub fn units(&self, stratum: &[u64]) -> u64 {
        self.0.get(stratum).map_or(0, |counted| counted.units)
    }

    /// Units of all strata.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().map(|counted| counted.units).sum()
    }

    /// Strata with their units, ordered by their codes.
    #[must_use]
    pub fn strata(&self) -> Vec<(&[u64], &Counted)> {
        let mut all: Vec<_> = self.0.iter().map(|(stratum, counted)| (&**stratum, counted)).collect();
        all.sort_unstable_by_key(|(stratum, _)| *stratum);
        all
    }
}

/// Sum of two 256-bit numbers, modulo 2^256.
pub(super) fn plus(a: [u64; 4], b: [u64; 4]) -> [u64; 4] {
    let mut sum = [0; 4];
    let mut carry = false;
    for i in (0..4).rev() {
        let (word, first) = a[i].overflowing_add(b[i]);
        let (word, second) = word.overflowing_add(u64::from(carry));
        sum[i] = word;
        carry = first || second;
    }
    sum
}
