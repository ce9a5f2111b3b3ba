//! What the rows of a query are known by. A server sends them in any order, so the sum does not depend on it.

use sha2::{Digest as _, Sha256};

use crate::ingest::RawBatch;

/// The sum, modulo 2²⁵⁶, of the SHA-256 of every record, and how many there are. Addition forgets the order and keeps repetition
/// (Bellare and Micciancio, *A New Paradigm for Collision-Free Hashing*, 1997, AdHash). It tells whether rows are the same ones; it is no
/// defence against somebody who makes up rows for a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Content {
    sum: [u64; 4],
    records: u64,
}

impl Content {
    /// Takes in the records of a block. One that cannot be cut into cells counts without its content.
    pub fn take(&mut self, raw: &RawBatch) {
        for row in 0..raw.rows() {
            let mut hash = Sha256::new();
            for column in 0..raw.width() {
                let cell = raw.cell(row, column);
                // A length that no cell has, for one that is missing.
                hash.update(cell.map_or(u64::MAX, |cell| cell.len() as u64).to_be_bytes());
                hash.update(cell.unwrap_or_default());
            }
            let words = hash.finalize();
            let mut words =
                words.chunks_exact(8).map(|bytes| bytes.iter().fold(0, |word, b| word << 8 | u64::from(*b)));
            self.add([(); 4].map(|()| words.next().unwrap_or_default()), 1);
        }
        self.records += raw.malformed().len() as u64;
    }

    /// Those of another part.
    pub fn merge(&mut self, other: Self) {
        self.add(other.sum, other.records);
    }

    fn add(&mut self, words: [u64; 4], records: u64) {
        let mut carry = false;
        for (mine, theirs) in self.sum.iter_mut().zip(words).rev() {
            let (sum, over) = mine.overflowing_add(theirs);
            let (sum, again) = sum.overflowing_add(u64::from(carry));
            (*mine, carry) = (sum, over || again);
        }
        self.records += records;
    }

    /// How many records.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// SHA-256 of labels, number and sum.
    pub fn digest(&self, labels: &[String]) -> [u8; 32] {
        let mut hash = Sha256::new();
        for label in labels {
            hash.update((label.len() as u64).to_be_bytes());
            hash.update(label);
        }
        hash.update(self.records.to_be_bytes());
        self.sum.iter().for_each(|word| hash.update(word.to_be_bytes()));
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;

    fn content(text: &str) -> ([u8; 32], u64) {
        let bytes: Vec<u8> = text.as_bytes().to_vec();
        let reader = crate::ingest::open_stream(Path::new("essai"), Box::new(std::io::Cursor::new(bytes))).unwrap();
        let labels = reader.files()[0].labels.clone();
        let mut all = Content::default();
        for block in reader.with_block_size(8) {
            let mut part = Content::default();
            part.take(&block.unwrap().parse().unwrap());
            all.merge(part);
        }
        (all.digest(&labels), all.records())
    }

    #[test]
    fn the_order_of_rows_changes_nothing_and_everything_else_does() {
        let one = content("a,b\n1,x\n2,y\n3,z\n");
        assert_eq!(one, content("a,b\n3,z\n1,x\n2,y\n"));
        assert_eq!(one.1, 3);
        for other in [
            "a,b\n1,x\n2,y\n",
            "a,b\n1,x\n2,y\n3,z\n3,z\n",
            "a,b\n1,y\n2,x\n3,z\n",
            "a,c\n1,x\n2,y\n3,z\n",
            "a,b\n1x,\n2,y\n3,z\n",
        ] {
            assert_ne!(one, content(other), "{other}");
        }
    }

    #[test]
    fn the_sum_carries_from_word_to_word() {
        let mut sum = Content { sum: [0, 0, u64::MAX, u64::MAX], records: 1 };
        sum.merge(Content { sum: [0, 0, 0, 1], records: 1 });
        assert_eq!(sum, Content { sum: [0, 1, 0, 0], records: 2 });
        let mut full = Content { sum: [u64::MAX; 4], records: 0 };
        full.merge(Content { sum: [0, 0, 0, 1], records: 0 });
        assert_eq!(full, Content::default());
    }
}
