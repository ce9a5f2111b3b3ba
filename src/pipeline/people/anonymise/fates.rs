//! What becomes of each class of the data.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::Ground;
use crate::protect::persons::{Coder, Lookup};

/// Per column, a level or `None` for a value that is left out.
pub(in crate::pipeline) type Fate = Vec<Option<usize>>;

/// What becomes of each class: few ways, and the way of each class.
pub(in crate::pipeline) struct Fates {
    /// Distinct, ascending.
    ways: Vec<Fate>,
    of: Vec<Option<u32>>,
}

impl Fates {
    /// The same levels for all classes that are kept.
    pub fn same(levels: &[usize], kept: &[bool]) -> Self {
        let ways = if kept.contains(&true) { vec![levels.iter().copied().map(Some).collect()] } else { Vec::new() };
        Self { ways, of: kept.iter().map(|kept| kept.then_some(0)).collect() }
    }

    /// A fate for each class; `None` where its records are left out.
    pub fn each(fates: &[Option<Fate>]) -> Self {
        let distinct: BTreeSet<&Fate> = fates.iter().flatten().collect();
        let numbers: BTreeMap<&Fate, u32> = distinct.iter().copied().zip(0..).collect();
        let of = fates.iter().map(|fate| numbers.get(fate.as_ref()?).copied()).collect();
        Self { ways: distinct.into_iter().cloned().collect(), of }
    }

    /// The fates that occur, ascending.
    pub fn ways(&self) -> &[Fate] {
        &self.ways
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// The way of a class; `None` where its records are left out.
    pub fn way(&self, class: usize) -> Option<u32> {
        self.of[class]
    }

    /// The fate of a class; `None` where its records are left out.
    pub fn of(&self, class: usize) -> Option<&Fate> {
        self.way(class).map(|way| &self.ways[way as usize])
    }

    /// Which classes are kept.
    pub fn kept(&self) -> Vec<bool> {
        self.of.iter().map(Option::is_some).collect()
    }

    /// The way of each record by the words of its columns. `coded` gives the words of a column with their codes. Where all classes
    /// have the same levels, whether a record leaves is settled by the groups of its values, of which there are few; else by the
    /// values themselves. Every record was counted, so that none meets a class of others.
    pub fn lookup<C: Iterator<Item = (u64, u32)>>(&self, ground: &Ground, coded: impl Fn(usize) -> C) -> Lookup {
        let levels: Vec<Option<usize>> = match self.ways.as_slice() {
            [one] => one.clone(),
            _ => vec![None; ground.names.len()],
        };
        let maps: Vec<Option<&[u32]>> =
            ground.hierarchies.iter().zip(&levels).map(|(tree, level)| tree.map((*level)?)).collect();
        let maps = if maps.iter().all(Option::is_some) { maps } else { vec![None; maps.len()] };
        let became = |at: usize, code: u32| maps[at].map_or(Some(code), |map: &[u32]| map.get(code as usize).copied());
        let coder = |at| Coder::new(coded(at).filter_map(|(word, code)| Some((word, became(at, code)?))));
        let mut lookup = Lookup::new((0..maps.len()).map(coder).collect());
        let rows = ground.histogram.classes().rows();
        lookup.release_all(&ground.histogram, &maps, |class| self.way(class).filter(|_| rows[class] > 0));
        lookup
    }
}
