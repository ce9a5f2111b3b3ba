//! From the words of a record to what becomes of it.

use hashbrown::{HashMap, HashSet};

use super::histogram::{Histogram, Keyed};

/// Codes of the words of a column: by a table where most words lie close together, as those of texts and dates do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coder {
    /// The word of the first entry of the table.
    base: u64,
    table: Vec<u32>,
    rest: HashMap<u64, u32>,
    size: u32,
}

/// No code.
const NONE: u32 = u32::MAX;

impl Coder {
    /// From pairs of a word and its code; words are distinct, codes below 2³² − 1.
    #[must_use]
    pub fn new(pairs: impl IntoIterator<Item = (u64, u32)>) -> Self {
        let mut pairs: Vec<(u64, u32)> = pairs.into_iter().filter(|(_, code)| *code != NONE).collect();
        pairs.sort_unstable();
        let reach = 4 * pairs.len() as u64 + (1 << 8);
        // The window with the most words. A word for what is missing lies far from the others.
        let (mut from, mut best) = (0, 0..0);
        for to in 0..pairs.len() {
            while pairs[to].0 - pairs[from].0 >= reach {
                from += 1;
            }
            if to + 1 - from > best.len() {
                best = from..to + 1;
            }
        }
        let size = pairs.iter().map(|(_, code)| code + 1).max().unwrap_or(0);
        let Some(base) = pairs.get(best.start).map(|(word, _)| *word) else { return Self::default() };
        let mut table = vec![NONE; pairs[best.end - 1].0.abs_diff(base) as usize + 1];
        pairs[best.clone()].iter().for_each(|(word, code)| table[(word - base) as usize] = *code);
        let rest = pairs[..best.start].iter().chain(&pairs[best.end..]).copied().collect();
        Self { base, table, rest, size }
    }

    /// The code of a word; `None` for one that is not there.
    #[must_use]
    pub fn code(&self, word: u64) -> Option<u32> {
        let at = usize::try_from(word.wrapping_sub(self.base)).ok();
        match at.and_then(|at| self.table.get(at)) {
            Some(&NONE) => None,
            Some(&code) => Some(code),
            None => self.rest.get(&word).copied(),
        }
    }

    /// A number above all codes.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.size
    }
}

/// The way in which the records of a class are written, by the words of their columns. Words become codes column by column, so
/// that values that are grouped are looked up as their group; the codes of a record then make one key.
#[derive(Debug, Clone)]
pub struct Lookup {
    coders: Vec<Coder>,
    ways: Keyed,
}

impl Lookup {
    /// Nothing leaves yet.
    #[must_use]
    pub fn new(coders: Vec<Coder>) -> Self {
        let sizes: Vec<u32> = coders.iter().map(Coder::size).collect();
        Self { coders, ways: Keyed::new(&sizes) }
    }

    /// Classes by their words as they are. All have as many.
    #[must_use]
    pub fn of_words<'k>(classes: impl Iterator<Item = (&'k [u64], u32)> + Clone) -> Self {
        let width = classes.clone().next().map_or(0, |(key, _)| key.len());
        let mut words = vec![HashSet::new(); width];
        for (key, _) in classes.clone() {
            words.iter_mut().zip(key).for_each(|(words, word)| _ = words.insert(*word));
        }
        let mut lookup = Self::new(words.into_iter().map(|words| Coder::new(words.into_iter().zip(0..))).collect());
        let mut codes = Vec::with_capacity(width);
        for (key, way) in classes {
            if lookup.codes(key, &mut codes) {
                lookup.ways.insert(&codes, way);
            }
        }
        lookup
    }

    /// Lets a class leave in a way, by its codes. Whether they are codes of the columns.
    pub fn release(&mut self, codes: &[u32], way: u32) -> bool {
        self.ways.insert(codes, way)
    }

    /// Lets the classes of a histogram leave that have a way. Where there is a map for a column, its codes are those that it gives.
    pub fn release_all(&mut self, histogram: &Histogram, maps: &[Option<&[u32]>], way: impl Fn(usize) -> Option<u32>) {
        let mut codes = vec![0; histogram.width()];
        for class in 0..histogram.len() {
            let Some(way) = way(class) else { continue };
            for ((code, column), map) in codes.iter_mut().zip(histogram.columns()).zip(maps) {
                *code = map.map_or(Some(column[class]), |map| map.get(column[class] as usize).copied()).unwrap_or(NONE);
            }
            self.release(&codes, way);
        }
    }

    /// The way of a record; `None` where it does not leave.
    #[must_use]
    pub fn way(&self, words: &[u64]) -> Option<u32> {
        // So many columns are looked up without a room of their own.
        let mut room = [0; 16];
        match room.get_mut(..words.len()) {
            Some(codes) if words.len() == self.coders.len() => {
                for ((code, coder), &word) in codes.iter_mut().zip(&self.coders).zip(words) {
                    *code = coder.code(word)?;
                }
                self.ways.get(codes)
            }
            _ => {
                let mut codes = Vec::with_capacity(words.len());
                if self.codes(words, &mut codes) { self.ways.get(&codes) } else { None }
            }
        }
    }

    /// The codes of a key. Whether each word has one.
    fn codes(&self, words: &[u64], codes: &mut Vec<u32>) -> bool {
        codes.clear();
        codes.extend(self.coders.iter().zip(words).map_while(|(coder, &word)| coder.code(word)));
        codes.len() == self.coders.len() && words.len() == self.coders.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    /// Words close together, and some that lie far away at either end.
    fn words() -> impl Strategy<Value = u64> {
        prop_oneof![3 => (1_u64 << 40)..(1 << 40) + 30, 1 => Just(0_u64), 1 => Just(u64::MAX), 1 => any::<u64>()]
    }

    proptest! {
        #[test]
        fn codes_of_words_are_those_given(known in prop::collection::hash_map(words(), 0..9_u32, 0..40), others in prop::collection::vec(words(), 40)) {
            let coder = Coder::new(known.iter().map(|(word, code)| (*word, *code)));
            for word in known.keys().chain(&others) {
                prop_assert_eq!(coder.code(*word), known.get(word).copied());
            }
            prop_assert_eq!(coder.size(), known.values().max().map_or(0, |code| code + 1));
        }

        #[test]
        fn ways_are_those_of_the_words(rows in prop::collection::vec(prop::collection::vec(words(), 18), 1..30), width in 0..18_usize) {
            let known: HashMap<&[u64], u32> = rows.iter().step_by(2).map(|row| &row[..width]).zip(0..).collect();
            let lookup = Lookup::of_words(known.iter().map(|(key, way)| (*key, *way)));
            for row in &rows {
                prop_assert_eq!(lookup.way(&row[..width]), known.get(&row[..width]).copied());
                prop_assert_eq!(lookup.way(row), None);
            }
        }
    }

    #[test]
    fn values_of_one_group_leave_together() {
        let coder = || Coder::new([(10, 0), (11, 0), (12, 1)]);
        let mut lookup = Lookup::new(vec![coder(), coder()]);
        assert!(lookup.release(&[0, 1], 5));
        assert!(!lookup.release(&[0, 4], 5) && !lookup.release(&[0], 5));
        assert_eq!([lookup.way(&[10, 12]), lookup.way(&[11, 12]), lookup.way(&[12, 12])], [Some(5), Some(5), None]);
        assert_eq!([lookup.way(&[13, 12]), lookup.way(&[10])], [None, None]);
    }
}
