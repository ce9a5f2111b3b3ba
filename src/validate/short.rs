//! Short texts as two numbers, which are hashed and compared without a look at bytes one by one.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

/// A text of at most 15 bytes. Two are equal where their texts are. No `Debug`: it is a record's value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Short(u64, u64);

impl Short {
    /// `None` for a text that is longer.
    #[inline]
    pub fn of(text: &[u8]) -> Option<Self> {
        let bytes = text.len();
        // The length stands in the highest byte, so that pieces which overlap tell one text.
        let length = (bytes as u64) << 56;
        match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
            (Some(first), Some(last)) if bytes <= 15 => {
                // Of the last eight bytes those that are not among the first.
                let rest = u64::from_le_bytes(*last) >> 8 >> (8 * (15 - bytes));
                Some(Self(u64::from_le_bytes(*first), length | rest))
            }
            (Some(_), _) => None,
            _ => Some(Self(few(text), length)),
        }
    }
}

/// Up to seven bytes, in pieces that may overlap.
#[inline]
fn few(text: &[u8]) -> u64 {
    match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (Some(first), Some(last)) => u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32,
        _ => match text {
            [] => 0,
            [first, .., last] => u64::from(*first) | u64::from(text[text.len() / 2]) << 8 | u64::from(*last) << 16,
            [only] => u64::from(*only),
        },
    }
}

/// What makes the hashes of one table unforeseeable for whoever writes the file.
pub(super) struct Seeds(u64, u64);

impl Seeds {
    pub fn random() -> Self {
        let random = DefaultHashBuilder::default();
        Self(random.hash_one(0_u64), random.hash_one(1_u64))
    }

    /// The folded product of the two numbers under the seeds.
    #[inline]
    pub fn hash(&self, Short(low, high): Short) -> u64 {
        let product = u128::from(low ^ self.0) * u128::from(high ^ self.1);
        (product >> 64) as u64 ^ product as u64
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[test]
    fn every_text_of_few_letters_is_another() {
        let mut seen: HashMap<(u64, u64), Vec<u8>> = HashMap::new();
        for length in 0..=15 {
            // All texts that differ from one of zeros at two places: pieces that overlap must tell which.
            for at in 0..length.max(1) {
                for other in 0..length.max(1) {
                    for (a, b) in [(0, 0), (1, 0), (1, 1), (2, 1), (255, 7)] {
                        let mut text = vec![0; length];
                        text.get_mut(at).into_iter().for_each(|byte| *byte = a);
                        text.get_mut(other).into_iter().for_each(|byte| *byte |= b);
                        let Short(low, high) = Short::of(&text).unwrap();
                        let before = seen.entry((low, high)).or_insert_with(|| text.clone());
                        assert_eq!(*before, text);
                    }
                }
            }
        }
        assert!(Short::of(&[0; 16]).is_none());
    }

    proptest! {
        #[test]
        fn two_are_equal_where_their_texts_are(a in "[ab]{0,15}", b in "[ab]{0,15}") {
            prop_assert!((Short::of(a.as_bytes()).unwrap() == Short::of(b.as_bytes()).unwrap()) == (a == b));
        }
    }
}
