//! Random words from a seed, the same for ever.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// A stream of random words: the key stream of ChaCha20 (RFC 8439) under the seed, with nonce 0 and block counter
/// from 0, read as little-endian 64-bit numbers.
///
/// The draws on top of it are defined here and pinned by test vectors, so that no library's next version changes a
/// sample. The stream knows who will be drawn: it has no `Debug`.
pub struct Stream(ChaCha20Rng);

impl Stream {
    /// A stream from 32 secret bytes.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    /// A number from 0 to 2⁶⁴ − 1, all equally likely.
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number from 0 to `bound − 1`, all equally likely; 0 for a bound of 0. Lemire (2019), "Fast random integer
    /// generation in an interval", algorithm 5: the high half of `word · bound`, where words that would favour a
    /// number are drawn again (less than one time in two).
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // 2⁶⁴ mod bound: so many words are too many.
        let surplus = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.word()) * u128::from(bound);
            if product as u64 >= surplus {
                return (product >> 64) as u64;
            }
        }
    }

    /// The same for a bound that may need more than 64 bits. A bound that fits is drawn as by [`Stream::below`]; a
    /// wider one as two words, high one first, cut to the bits of `bound − 1` and drawn again until under the bound.
    pub fn below_wide(&mut self, bound: u128) -> u128 {
        if let Ok(narrow) = u64::try_from(bound) {
            return u128::from(self.below(narrow));
        }
        let mask = u128::MAX >> (bound - 1).leading_zeros();
        loop {
            let drawn = (u128::from(self.word()) << 64 | u128::from(self.word())) & mask;
            if drawn < bound {
                return drawn;
            }
        }
    }

    /// A number at least 0 and under 1: the high 53 bits of a word over 2⁵³.
    pub fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Puts a list in random order, all orders equally likely (Durstenfeld 1964, algorithm 235), from its end.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}
