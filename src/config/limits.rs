//! Rates, shares, thresholds, and the limits of a run. A number that makes no sense cannot be made.

use std::path::PathBuf;

/// A rate above 0 and at most 1, as a fraction: `1/10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    numerator: u64,
    denominator: u64,
}

impl Rate {
    /// A rate, reduced. `None` unless `0 < numerator <= denominator`.
    #[must_use]
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        if numerator == 0 || numerator > denominator {
            return None;
        }
        let (mut a, mut b) = (numerator, denominator);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Some(Self { numerator: numerator / a, denominator: denominator / a })
    }

    /// Above the line.
    #[must_use]
    pub fn numerator(self) -> u64 {
        self.numerator
    }

    /// Below the line.
    #[must_use]
    pub fn denominator(self) -> u64 {
        self.denominator
    }

    /// `⌈rate · n⌉`, exact.
    #[must_use]
    pub fn ceil_of(self, n: u64) -> u64 {
        let product = u128::from(self.numerator) * u128::from(n);
        product.div_ceil(u128::from(self.denominator)) as u64
    }
}

/// A share between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// Everything.
    pub const ALL: Self = Self(1.0);

    /// `None` outside 0…1.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

/// A smallest number of distinct persons; at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Threshold(u64);

impl Threshold {
    /// The default of `tamis`: no cell and no class under 11 persons.
    pub const DEFAULT: Self = Self(11);

    /// `None` for 0.
    #[must_use]
    pub fn new(value: u64) -> Option<Self> {
        (value > 0).then_some(Self(value))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// Resources and tolerance (`[limits]`).
#[derive(Debug, Clone)]
pub struct Limits {
    /// The run stops where a larger share of the records of a source is rejected. Default 5 %.
    pub reject_above: Share,
    /// Bytes of sieved data held in memory before they are spilled, encrypted. Default 256 MiB.
    pub memory: usize,
    /// Buckets of the vault, a power of two from 1 to 4096; without it, by the size of the files.
    pub buckets: Option<usize>,
    /// Folder for spilled buckets; default the system's temporary folder.
    pub spill: Option<PathBuf>,
    /// First places kept per (rule, field) in the findings. Default 10.
    pub places: usize,
}

impl Limits {
    /// Buckets of the vault for files of so many bytes together. A thread looks at one bucket after the other, whole: of a large
    /// input each holds the records of 16 to 32 MiB.
    #[must_use]
    pub fn buckets_for(&self, bytes: u64) -> usize {
        let of_32_mebibytes = (bytes >> 25).min(MOST_BUCKETS) as usize;
        self.buckets.unwrap_or_else(|| of_32_mebibytes.next_power_of_two().max(LEAST_BUCKETS))
    }
}

/// Buckets of the vault, at most.
pub(super) const MOST_BUCKETS: u64 = 4096;
/// Buckets of the vault for a small input, unless the pipeline says otherwise.
const LEAST_BUCKETS: usize = 64;

impl Default for Limits {
    fn default() -> Self {
        Self { reject_above: Share(0.05), memory: 256 << 20, buckets: None, spill: None, places: 10 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_of_a_large_input_holds_the_records_of_some_thirty_mebibytes() {
        let limits = Limits::default();
        let buckets: Vec<usize> =
            [0, 2 << 30, 5 << 30, 15 << 30, 1 << 50].map(|bytes| limits.buckets_for(bytes)).into();
        assert_eq!(buckets, [64, 64, 256, 512, 4096]);
        assert_eq!(Limits { buckets: Some(8), ..limits }.buckets_for(1 << 50), 8);
    }
}
