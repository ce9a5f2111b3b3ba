//! Distinct texts of a column, each judged once.
//!
//! Most columns have few distinct values: a cell is looked up, and its verdict and everything that is computed from it later
//! is found under its code. One interner belongs to one thread and one column.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::Violation;
use super::short::{Seeds, Short};

/// Distinct values after which an interner starts anew at the next block, so that a column of names does not fill the memory.
const MOST_VALUES: usize = 1 << 16;

/// Records of a block from which it can be told whether the texts of a column repeat.
const TELLING: usize = 256;

/// What is known of a distinct text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    Missing,
    Bad(Violation),
}

/// What a distinct text is known for.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub verdict: Verdict,
    /// Its value, as the column keeps it; of no meaning for texts.
    pub value: u64,
}

impl Known {
    /// Without a value.
    pub fn bare(verdict: Verdict) -> Self {
        Self { verdict, value: 0 }
    }
}

/// Texts behind codes.
pub trait Texts {
    /// The text of a code.
    fn text(&self, code: u32) -> &str;

    /// Changes when codes are given anew: what was remembered by code is then void.
    fn generation(&self) -> u64;
}

/// Distinct texts and their verdicts. No `Debug`: the texts are records' values.
pub struct Interner {
    /// Codes of short texts, which are compared as numbers.
    short: HashTable<(Short, u32)>,
    seeds: Seeds,
    /// Codes of all others.
    long: HashTable<u32>,
    hasher: DefaultHashBuilder,
    arena: String,
    ends: Vec<u32>,
    known: Vec<Known>,
    generation: u64,
    useless: bool,
}

impl Interner {
    pub(super) fn new() -> Self {
        Self {
            short: HashTable::new(),
            seeds: Seeds::random(),
            long: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            arena: String::new(),
            ends: Vec::new(),
            known: Vec::new(),
            generation: 1,
            useless: false,
        }
    }

    /// To be called between blocks: codes of the last block end here if the interner has grown large.
    pub(super) fn breathe(&mut self) {
        if self.ends.len() > MOST_VALUES {
            self.short.clear();
            self.long.clear();
            self.arena.clear();
            self.ends.clear();
            self.known.clear();
            self.generation += 1;
        }
    }

    /// Whether looking a text up promises to be cheaper than judging it.
    pub(super) fn is_of_use(&self) -> bool {
        !self.useless
    }

    /// Takes note that `new` of the texts of `rows` records were new. Where most were, the texts of the column hardly
    /// repeat: what is known is given up.
    pub(super) fn learn(&mut self, rows: usize, new: usize) {
        if rows >= TELLING && new > rows / 2 {
            *self = Self { useless: true, generation: self.generation + 1, ..Self::new() };
        }
    }

    /// The code of a text; `judge` is asked at its first appearance only.
    #[inline]
    pub(super) fn code(&mut self, text: &str, judge: impl FnOnce(&str) -> Known) -> u32 {
        if let Some(short) = Short::of(text.as_bytes()) {
            let hash = self.seeds.hash(short);
            if let Some((_, code)) = self.short.find(hash, |(other, _)| *other == short) {
                return *code;
            }
            let code = self.learn_text(text, judge);
            let seeds = &self.seeds;
            self.short.insert_unique(hash, (short, code), |(other, _)| seeds.hash(*other));
            return code;
        }
        let hash = self.hasher.hash_one(text.as_bytes());
        let (arena, ends) = (&self.arena, &self.ends);
        if let Some(&code) = self.long.find(hash, |&code| slice(arena, ends, code) == text) {
            return code;
        }
        let code = self.learn_text(text, judge);
        let (arena, ends, hasher) = (&self.arena, &self.ends, &self.hasher);
        self.long.insert_unique(hash, code, |&c| hasher.hash_one(slice(arena, ends, c).as_bytes()));
        code
    }

    fn learn_text(&mut self, text: &str, judge: impl FnOnce(&str) -> Known) -> u32 {
        let code = self.ends.len() as u32;
        self.known.push(judge(text));
        self.arena.push_str(text);
        self.ends.push(self.arena.len() as u32);
        code
    }

    #[inline]
    pub(super) fn known(&self, code: u32) -> Known {
        self.known[code as usize]
    }

    /// Number of distinct texts known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl Texts for Interner {
    fn text(&self, code: u32) -> &str {
        slice(&self.arena, &self.ends, code)
    }

    fn generation(&self) -> u64 {
        self.generation
    }
}

fn slice<'a>(arena: &'a str, ends: &[u32], code: u32) -> &'a str {
    let code = code as usize;
    let start = if code == 0 { 0 } else { ends[code - 1] as usize };
    &arena[start..ends[code] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Known {
        Known::bare(Verdict::Good)
    }

    #[test]
    fn a_text_is_judged_once() {
        let mut interner = Interner::new();
        let mut judged = 0;
        for text in ["sein", "col", "sein", "", "col", ""] {
            interner.code(text, |_| {
                judged += 1;
                good()
            });
        }
        assert_eq!((judged, interner.len()), (3, 3));
        let code = interner.code("col", |_| Known::bare(Verdict::Missing));
        assert_eq!((interner.text(code), interner.known(code).verdict), ("col", Verdict::Good));
    }

    #[test]
    fn texts_that_hardly_repeat_are_not_remembered() {
        let mut interner = Interner::new();
        for i in 0..TELLING {
            interner.code(&(i % 100).to_string(), |_| good());
        }
        interner.learn(TELLING, 100);
        assert!(interner.is_of_use() && interner.len() == 100);
        interner.learn(TELLING - 1, TELLING - 1);
        assert!(interner.is_of_use(), "too few records to tell");
        interner.learn(TELLING, TELLING);
        assert!(!interner.is_of_use() && interner.is_empty());
    }

    #[test]
    fn a_column_of_names_does_not_fill_the_memory() {
        let mut interner = Interner::new();
        for i in 0..=MOST_VALUES {
            interner.code(&i.to_string(), |_| good());
        }
        let before = interner.generation();
        interner.breathe();
        assert!(interner.is_empty() && interner.generation() > before);
    }
}
