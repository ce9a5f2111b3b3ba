//! Uniform 64-bit words from a secret key and a name, the only randomness of rounding and of the cell-key method.
//!
//! The words are those of HMAC-SHA-256 (RFC 2104) in counter mode: as long as the key is secret they cannot be told
//! from uniform ones, and the same name gives the same words on every machine, in every table, at every run under the
//! same key.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// HMAC blocks are 64 bytes; a shorter key is padded with zeros, as RFC 2104 says.
const BLOCK: usize = 64;

/// A secret key, bound to one purpose; wiped when it is dropped. No `Debug`.
pub struct WordKey {
    block: Zeroizing<[u8; BLOCK]>,
    purpose: Box<str>,
}

impl WordKey {
    /// Words under `key` for one `purpose` ("record keys", "random rounding"): other purposes give unrelated words.
    #[must_use]
    pub fn new(key: &[u8; 32], purpose: &str) -> Self {
        let mut block = Zeroizing::new([0_u8; BLOCK]);
        block[..key.len()].copy_from_slice(key);
        Self { block, purpose: purpose.into() }
    }

    fn mac(&self) -> Hmac<Sha256> {
        let mut mac = Hmac::new(&(*self.block).into());
        absorb(&mut mac, self.purpose.as_bytes());
        mac
    }

    /// The endless words of a record or of anything else that has a name of its own.
    pub fn words(&self, name: &[u8]) -> Words {
        let mut mac = self.mac();
        absorb(&mut mac, name);
        Words { mac, block: 0, ready: [0; 4], left: 0 }
    }

    /// The endless words of a cell with a count, named by its coordinates: pairs of variable and category, in any order.
    ///
    /// A variable over which the cell is a total is left out, so that the total by sex has the same name, and the same
    /// words, in the table sex × age as in the table sex × district. The count belongs to the name: as long as it stays, the
    /// words stay, whatever else of the table changes, and who asks again and again cannot average; where it changes they are
    /// unrelated. Under the same words a user could compare two years of one cell and learn from a value that moved on
    /// which side of it the count lies.
    pub fn cell_words(&self, coordinates: &[(&str, &str)], count: u64) -> Words {
        let mut sorted = coordinates.to_vec();
        sorted.sort_unstable();
        let mut mac = self.mac();
        absorb_count(&mut mac, sorted.len());
        for (variable, category) in sorted {
            absorb(&mut mac, variable.as_bytes());
            absorb(&mut mac, category.as_bytes());
        }
        mac.update(&count.to_be_bytes());
        Words { mac, block: 0, ready: [0; 4], left: 0 }
    }
}

/// The length goes first, so that no two lists of names run together into the same bytes.
fn absorb(mac: &mut Hmac<Sha256>, bytes: &[u8]) {
    absorb_count(mac, bytes.len());
    mac.update(bytes);
}

fn absorb_count(mac: &mut Hmac<Sha256>, count: usize) {
    mac.update(&(count as u64).to_be_bytes());
}

/// The words of one name, without end. No `Debug`.
#[derive(Clone)]
pub struct Words {
    mac: Hmac<Sha256>,
    block: u64,
    ready: [u64; 4],
    left: usize,
}

impl Words {
    /// The next word.
    pub fn word(&mut self) -> u64 {
        if self.left == 0 {
            let mut mac = self.mac.clone();
            mac.update(&self.block.to_be_bytes());
            let bytes: [u8; 32] = mac.finalize().into_bytes().into();
            for (word, eight) in self.ready.iter_mut().zip(bytes.chunks_exact(8)) {
                *word = eight.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            }
            self.block = self.block.wrapping_add(1);
            self.left = self.ready.len();
        }
        self.left -= 1;
        self.ready[self.ready.len() - 1 - self.left]
    }
}

impl Iterator for Words {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        Some(self.word())
    }
}

#[cfg(test)]
mod tests;
