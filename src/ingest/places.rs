//! Where delimiters, line ends and quotes stand: eight bytes are compared at a time, as one number, and 64 answers are kept as the bits
//! of another. Places are many, one in nine bytes, so that a search that begins anew at each of them costs more than looking
//! at every byte.

/// One in every byte.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The lower seven bits of every byte.
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
/// Brings the highest bits of eight bytes together in the highest byte of a product.
const GATHER: u64 = 0x0102_0408_1020_4080;
/// Bytes that are looked at before their places are handed out.
const BLOCK: usize = 64;

/// Places of some bytes, ascending.
pub(super) struct Places<'a, const N: usize> {
    /// Not looked at.
    rest: &'a [u8],
    /// Where the next bytes to be looked at stand.
    next: usize,
    /// Places among the 64 bytes before `next` that were not handed out.
    found: u64,
    wanted: [u64; N],
}

impl<'a, const N: usize> Places<'a, N> {
    /// The places of these bytes, none of which is 0.
    pub fn new(bytes: &'a [u8], wanted: [u8; N]) -> Self {
        Self { rest: bytes, next: 0, found: 0, wanted: wanted.map(|byte| u64::from(byte) * ONES) }
    }

    /// A bit for each byte that is wanted, the lowest for the first.
    #[inline(always)]
    fn look(&self, block: &[u8; BLOCK]) -> u64 {
        let (words, _) = block.as_chunks::<8>();
        let mut found = 0;
        for (at, word) in words.iter().enumerate() {
            let word = u64::from_le_bytes(*word);
            // The highest bit of each byte that is the wanted one: the sum carries into it from any of the lower bits.
            let is = |wanted: u64| !((((word ^ wanted) & LOW) + LOW) | (word ^ wanted) | LOW);
            let any = self.wanted.iter().fold(0, |any, wanted| any | is(*wanted));
            found |= ((any >> 7).wrapping_mul(GATHER) >> 56) << (8 * at);
        }
        found
    }
}

impl<const N: usize> Iterator for Places<'_, N> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            match self.rest.split_first_chunk::<BLOCK>() {
                Some((block, rest)) => (self.found, self.rest) = (self.look(block), rest),
                None if self.rest.is_empty() => return None,
                None => {
                    let mut block = [0; BLOCK];
                    block[..self.rest.len()].copy_from_slice(self.rest);
                    (self.found, self.rest) = (self.look(&block), &[]);
                }
            }
            self.next += BLOCK;
        }
        let at = self.next - BLOCK + self.found.trailing_zeros() as usize;
        self.found &= self.found - 1;
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_byte_is_told_from_every_other() {
        let all: Vec<u8> = (0..=255).collect();
        for wanted in 1..=255 {
            assert!(Places::new(&all, [wanted]).eq([usize::from(wanted)]), "{wanted}");
        }
    }

    proptest! {
        #[test]
        fn places_are_those_that_a_search_finds(bytes in prop::collection::vec(prop::sample::select(b",;\n\"a\0\xff\xac\x8a".to_vec()), 0..300)) {
            let expected: Vec<usize> = memchr::memchr3_iter(b',', b'\n', b'"', &bytes).collect();
            prop_assert_eq!(Places::new(&bytes, [b',', b'\n', b'"']).collect::<Vec<_>>(), expected);
        }
    }
}
