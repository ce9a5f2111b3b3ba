//! Texts that leave, each once: rows carry only codes.

use std::sync::{Mutex, PoisonError};

use hashbrown::HashMap;

use super::rows::MISSING_CODE;
use crate::validate::Texts;

/// Distinct texts of a column, shared by all threads. Codes are given in order of arrival, so they depend on the threads;
/// [`Dictionary::freeze`] gives ranks, which do not. No `Debug`: the texts are records' values.
#[derive(Default)]
pub struct Dictionary {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    codes: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Dictionary {
    /// The code of a text.
    pub(crate) fn code(&self, text: &str) -> u32 {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&code) = inner.codes.get(text) {
            return code;
        }
        let code = inner.texts.len() as u32;
        inner.texts.push(text.into());
        inner.codes.insert(text.into(), code);
        code
    }

    /// All texts in ascending order of their bytes, with the rank of every code given so far.
    #[must_use]
    pub fn freeze(&self) -> Frozen {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut order: Vec<u32> = (0..inner.texts.len() as u32).collect();
        order.sort_unstable_by(|&a, &b| inner.texts[a as usize].cmp(&inner.texts[b as usize]));
        let mut ranks = vec![0; order.len()];
        for (rank, &code) in order.iter().enumerate() {
            ranks[code as usize] = rank as u32;
        }
        Frozen { sorted: order.iter().map(|&c| inner.texts[c as usize].clone()).collect(), ranks }
    }
}

/// A dictionary at rest. No `Debug`: the texts are records' values.
pub struct Frozen {
    sorted: Vec<Box<str>>,
    ranks: Vec<u32>,
}

impl Frozen {
    /// Rank of a code among all texts; [`MISSING_CODE`] stays itself.
    #[must_use]
    #[inline]
    pub fn rank(&self, code: u32) -> u32 {
        if code == MISSING_CODE { MISSING_CODE } else { self.ranks[code as usize] }
    }

    /// The text of a rank; `None` for a missing value.
    #[must_use]
    pub fn of_rank(&self, rank: u32) -> Option<&str> {
        self.sorted.get(rank as usize).map(AsRef::as_ref)
    }

    /// The rank of a text, if it occurs.
    #[must_use]
    pub fn rank_of(&self, text: &str) -> Option<u32> {
        self.sorted.binary_search_by(|t| t.as_ref().cmp(text)).ok().map(|r| r as u32)
    }

    /// All texts, ascending.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.sorted.iter().map(AsRef::as_ref)
    }

    /// Number of distinct texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }
}

impl Texts for Frozen {
    fn text(&self, code: u32) -> &str {
        self.of_rank(self.rank(code)).unwrap_or_default()
    }

    fn generation(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_do_not_depend_on_the_order_of_arrival() {
        let (a, b) = (Dictionary::default(), Dictionary::default());
        let codes_a: Vec<u32> = ["31", "2A", "75"].iter().map(|t| a.code(t)).collect();
        let codes_b: Vec<u32> = ["75", "31", "2A"].iter().map(|t| b.code(t)).collect();
        let (fa, fb) = (a.freeze(), b.freeze());
        assert_eq!(fa.rank(codes_a[0]), fb.rank(codes_b[1]));
        assert_eq!(fa.of_rank(0), Some("2A"));
        assert_eq!(fa.rank_of("75"), Some(2));
        assert_eq!(fa.rank(MISSING_CODE), MISSING_CODE);
        assert_eq!(fa.text(codes_a[1]), "2A");
    }
}
