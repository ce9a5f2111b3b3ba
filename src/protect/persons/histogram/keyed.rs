//! From keys to numbers.

use std::hash::Hash;

use hashbrown::HashMap;

use super::Histogram;
use super::packed::{Packed, Packing};

/// Numbers by key, keys in the narrowest form that holds them.
#[derive(Debug, Clone)]
pub struct Keyed {
    packing: Packing,
    held: Held,
}

#[derive(Debug, Clone)]
enum Held {
    /// A number, or [`NONE`], for each combination of codes there can be: where those are few.
    Each {
        sizes: Vec<u32>,
        numbers: Vec<u32>,
    },
    Word(HashMap<u64, u32>),
    Double(HashMap<u128, u32>),
    Wide(HashMap<Box<[u32]>, u32>),
}

/// Most combinations with a place for each: 4 MB.
const FEW: u64 = 1 << 20;

/// No number.
const NONE: u32 = u32::MAX;

impl Keyed {
    /// Nothing yet, for columns whose codes are below the sizes.
    pub fn new(sizes: &[u32]) -> Self {
        let packing = Packing::of(sizes);
        let all = sizes.iter().try_fold(1_u64, |all, &size| all.checked_mul(size.into()));
        if let Some(all) = all.filter(|all| *all <= FEW) {
            let numbers = vec![NONE; all as usize];
            return Self { packing, held: Held::Each { sizes: sizes.to_vec(), numbers } };
        }
        let held = match packing.total() {
            0..=64 => Held::Word(HashMap::new()),
            65..=128 => Held::Double(HashMap::new()),
            _ => Held::Wide(HashMap::new()),
        };
        Self { packing, held }
    }

    /// The classes of a histogram by their keys.
    pub fn of(histogram: &Histogram) -> Self {
        let sizes: Vec<u32> = histogram.columns().iter().map(|codes| size(codes)).collect();
        let mut keyed = Self::new(&sizes);
        let mut key = vec![0; sizes.len()];
        for class in 0..histogram.len() {
            key.iter_mut().zip(histogram.columns()).for_each(|(code, codes)| *code = codes[class]);
            keyed.insert(&key, class as u32);
        }
        keyed
    }

    /// Sets the number of a key, below 2³² − 1. Whether the key fits: it has one code per column, and none beyond its size.
    pub fn insert(&mut self, key: &[u32], number: u32) -> bool {
        let fits = self.fits(key);
        if fits {
            match &mut self.held {
                Held::Each { sizes, numbers } => {
                    let held = at(sizes, key).and_then(|at| numbers.get_mut(at));
                    return held.map(|held| *held = number).is_some();
                }
                Held::Word(held) => _ = held.insert(Packed::pack(&self.packing, key), number),
                Held::Double(held) => _ = held.insert(Packed::pack(&self.packing, key), number),
                Held::Wide(held) => _ = held.insert(Packed::pack(&self.packing, key), number),
            }
        }
        fits
    }

    /// The number of a key.
    pub fn get(&self, key: &[u32]) -> Option<u32> {
        if let Held::Each { sizes, numbers } = &self.held {
            return numbers.get(at(sizes, key)?).copied().filter(|number| *number != NONE);
        }
        if !self.fits(key) {
            return None;
        }
        match &self.held {
            Held::Each { .. } => None,
            Held::Word(held) => found(held, &self.packing, key),
            Held::Double(held) => found(held, &self.packing, key),
            Held::Wide(held) => held.get(key).copied(),
        }
    }

    fn fits(&self, key: &[u32]) -> bool {
        key.len() == self.packing.width() && self.packing.beyond(key).is_none()
    }
}

/// The place of a key among all combinations; `None` if it has too few or too many codes, or one beyond its size.
fn at(sizes: &[u32], key: &[u32]) -> Option<usize> {
    if key.len() != sizes.len() {
        return None;
    }
    let mut place = 0;
    for (&size, &code) in sizes.iter().zip(key) {
        if code >= size {
            return None;
        }
        place = place * size as usize + code as usize;
    }
    Some(place)
}

fn found<K: Packed + Hash>(held: &HashMap<K, u32>, packing: &Packing, key: &[u32]) -> Option<u32> {
    held.get(&K::pack(packing, key)).copied()
}

/// A number above all codes.
pub fn size(codes: &[u32]) -> u32 {
    codes.iter().max().map_or(0, |code| code.saturating_add(1))
}
