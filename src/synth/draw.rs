//! Random draws that stay the same for ever: raw ChaCha8 words, and our own bounded draws and permutations on top,
//! since those of libraries change between releases.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// What a stream of words is for. The numbers are part of the output: never reuse or change one.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Identity = 1,
    Child = 2,
    Consultation = 3,
    Screening = 4,
    Certificate = 5,
    Order = 6,
    Dirt = 7,
}

/// A stream of draws of its own for each (seed, purpose, index).
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    pub(super) fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
        key[16..24].copy_from_slice(&index.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 0 … n−1, by multiplication and shift; the bias is under n/2⁶⁴. `n` is above 0.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        scale(self.0.next_u64(), n)
    }

    /// `low` … `high`, both included; `low` where there is nothing between.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        low + self.below(high.abs_diff(low) + 1) as i64
    }

    /// True in `share` of 10,000 draws.
    pub(super) fn chance(&mut self, share: u64) -> bool {
        self.below(10_000) < share
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// One of `from`, by weights.
    pub(super) fn weighted<T: Copy>(&mut self, from: &[(T, u32)]) -> T {
        let total: u64 = from.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut left = self.below(total);
        for &(item, weight) in from {
            let weight = u64::from(weight);
            if left < weight {
                return item;
            }
            left -= weight;
        }
        from[from.len() - 1].0
    }

    /// Mean 0, standard deviation 1, within ±3.5: the sum of four uniform lanes of one word (Irwin–Hall). Only
    /// additions and divisions, so the bits are the same on every machine.
    pub(super) fn normal(&mut self) -> f64 {
        let word = self.0.next_u64();
        let lanes = (0..4).map(|lane| ((word >> (16 * lane)) & 0xffff) as u32).sum::<u32>();
        // Mean of a lane 32767.5; variance of the sum 4 · 65536² / 12.
        (f64::from(lanes) - 131_070.0) / (65_536.0 * 0.577_350_269_189_625_8)
    }

    /// Fisher–Yates.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

fn scale(word: u64, n: u64) -> u64 {
    ((u128::from(word) * u128::from(n)) >> 64) as u64
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): cheap words where a whole stream would be too much.
pub(super) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number below `n` out of [`mix`].
pub(super) fn mix_below(value: u64, n: u64) -> u64 {
    scale(mix(value), n)
}

/// A keyed permutation of 0 … size−1: an additive Feistel network over two digits of mixed radix, walked until it
/// falls inside (Black and Rogaway 2002, "Ciphers with arbitrary finite domains"). It gives every person another
/// number without a table of those given.
pub(super) struct Permutation {
    size: u64,
    left: u64,
    right: u64,
    keys: [u64; 4],
}

impl Permutation {
    /// `size` is at least 1.
    pub(super) fn new(size: u64, seed: u64, purpose: Purpose) -> Self {
        let left = size.isqrt() + 1;
        let right = size.div_ceil(left);
        let mut keys = [0; 4];
        let mut key = mix(seed ^ mix(purpose as u64));
        for slot in &mut keys {
            key = mix(key);
            *slot = key;
        }
        Self { size, left, right, keys }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The image of `index`, which is below the size.
    pub(super) fn at(&self, index: u64) -> u64 {
        let mut value = index;
        loop {
            let (mut left, mut right) = (value / self.right, value % self.right);
            for pair in self.keys.chunks_exact(2) {
                left = (left + mix_below(right ^ pair[0], self.left)) % self.left;
                right = (right + mix_below(left ^ pair[1], self.right)) % self.right;
            }
            value = left * self.right + right;
            if value < self.size {
                return value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_stream_are_pinned() {
        let mut draw = Draw::new(42, Purpose::Identity, 7);
        let drawn: Vec<u64> = (0..4).map(|_| draw.below(1_000_000)).collect();
        assert_eq!(drawn, [408_739, 493_274, 714_333, 490_199]);
    }

    #[test]
    fn a_permutation_hits_every_number_once_and_depends_on_the_seed() {
        for size in [1, 2, 3, 10, 97, 1_000, 4_097] {
            let permutation = Permutation::new(size, 3, Purpose::Identity);
            let mut seen: Vec<u64> = (0..size).map(|index| permutation.at(index)).collect();
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..size), "size {size}");
        }
        let (a, b) = (Permutation::new(1_000, 3, Purpose::Identity), Permutation::new(1_000, 4, Purpose::Identity));
        assert!((0..1_000).filter(|&index| a.at(index) == b.at(index)).count() < 20);
    }

    #[test]
    fn draws_keep_their_bounds_and_their_mean() {
        let mut draw = Draw::new(1, Purpose::Order, 0);
        let mut sum = 0.0;
        for _ in 0..20_000 {
            assert!((-3..=5).contains(&draw.between(-3, 5)));
            let z = draw.normal();
            assert!(z.abs() < 3.5);
            sum += z;
        }
        // The standard error is 0.007.
        assert!((sum / 20_000.0).abs() < 0.035);
    }

    #[test]
    fn weights_are_shares() {
        let mut draw = Draw::new(1, Purpose::Order, 1);
        let rare = (0..10_000).filter(|_| draw.weighted(&[("often", 9), ("rare", 1), ("never", 0)]) == "rare").count();
        assert!((850..1_150).contains(&rare), "{rare}");
    }
}
