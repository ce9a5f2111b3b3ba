//! All cells of linked tables in one canonical order, and the sums that tie them.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::config::Linked;

use super::{CellKey, SummariseError};

/// The part of a key where its dimension is totalled. Texts, whose keys are ranks, sort before it.
pub const TOTAL: u64 = u64::MAX;

/// For every dimension and every level but the coarsest: the value one level above.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Levels", into = "Levels")]
pub struct Ascents(Vec<Vec<HashMap<u64, u64>>>);

/// The same in one order.
type Levels = Vec<Vec<BTreeMap<u64, u64>>>;

impl From<Levels> for Ascents {
    fn from(levels: Levels) -> Self {
        Self(levels.into_iter().map(|d| d.into_iter().map(|l| l.into_iter().collect()).collect()).collect())
    }
}

impl From<Ascents> for Levels {
    fn from(Ascents(levels): Ascents) -> Self {
        levels.into_iter().map(|d| d.into_iter().map(|l| l.into_iter().collect()).collect()).collect()
    }
}

impl Ascents {
    /// Nothing met yet.
    #[must_use]
    pub fn new(system: &Linked) -> Self {
        Self(system.dimensions.iter().map(|d| vec![HashMap::new(); d.levels.len().saturating_sub(1)]).collect())
    }

    /// Meets the values of a record along a dimension, coarsest first.
    ///
    /// # Errors
    /// [`SummariseError::Levels`] where a value was met under another one before.
    pub fn meet(&mut self, dimension: usize, values: &[u64]) -> Result<(), SummariseError> {
        let levels = self.0.get_mut(dimension).ok_or(SummariseError::Layout)?;
        for (up, pair) in levels.iter_mut().zip(values.windows(2)) {
            if *up.entry(pair[1]).or_insert(pair[0]) != pair[0] {
                return Err(SummariseError::Levels);
            }
        }
        Ok(())
    }

    /// What both met.
    ///
    /// # Errors
    /// As [`Ascents::meet`].
    pub fn merge(mut self, other: Self) -> Result<Self, SummariseError> {
        if self.0.is_empty() {
            return Ok(other);
        }
        for (ours, theirs) in self.0.iter_mut().flatten().zip(other.0.into_iter().flatten()) {
            for (value, above) in theirs {
                if *ours.entry(value).or_insert(above) != above {
                    return Err(SummariseError::Levels);
                }
            }
        }
        Ok(self)
    }

    /// The value at level `to` above a value at level `from`; [`TOTAL`] at level 0. `None` where that was never met.
    fn up(&self, dimension: usize, value: u64, from: usize, to: usize) -> Option<u64> {
        if to == 0 {
            return Some(TOTAL);
        }
        // Level l stands at l − 1, and its ascent to level l − 1 at l − 2.
        (to..from).rev().try_fold(value, |value, level| self.0.get(dimension)?.get(level - 1)?.get(&value).copied())
    }
}

/// The key of a cell: the position of its shape, then for every dimension its value at the level of the shape.
pub fn cell_key(system: &Linked, shape: usize, value: impl Fn(usize, usize) -> u64, key: &mut Vec<u64>) {
    key.clear();
    key.push(shape as u64);
    let levels = system.shapes[shape].levels.iter().enumerate();
    key.extend(levels.map(|(dimension, &level)| if level == 0 { TOTAL } else { value(dimension, level) }));
}

/// The cells of a system in the order of their values, totals last, so that neither threads nor buckets change a number.
#[derive(Debug, Clone)]
pub struct Grid<'a> {
    system: &'a Linked,
    keys: Vec<CellKey>,
    /// For each cell, for each dimension, its values from level 1 to the finest; [`TOTAL`] from where it is totalled.
    paths: Vec<Box<[u64]>>,
    /// Where each dimension begins in a path.
    starts: Vec<usize>,
}

impl<'a> Grid<'a> {
    /// The cells with these keys, as [`cell_key`] makes them, each once.
    ///
    /// # Errors
    /// [`SummariseError::Layout`] where a key is not one of the system's.
    pub fn new<'k>(
        system: &'a Linked,
        cells: impl Iterator<Item = &'k [u64]>,
        ascents: &Ascents,
    ) -> Result<Self, SummariseError> {
        let mut starts = vec![0];
        for dimension in &system.dimensions {
            starts.push(starts[starts.len() - 1] + dimension.levels.len());
        }
        let mut all: Vec<(Box<[u64]>, CellKey)> = Vec::new();
        for key in cells {
            let path = path(system, ascents, key).ok_or(SummariseError::Layout)?;
            all.push((path, key.into()));
        }
        all.sort_unstable();
        let (paths, keys) = all.into_iter().unzip();
        Ok(Self { system, keys, paths, starts })
    }

    /// The system.
    #[must_use]
    pub fn system(&self) -> &'a Linked {
        self.system
    }

    /// Keys of all cells, by their numbers.
    #[must_use]
    pub fn keys(&self) -> &[CellKey] {
        &self.keys
    }

    /// Position of the shape of a cell.
    #[must_use]
    pub fn shape(&self, cell: usize) -> usize {
        self.keys[cell][0] as usize
    }

    /// The value of a cell along a dimension at a level (from 1), [`TOTAL`] where it is totalled there.
    #[must_use]
    pub fn value(&self, cell: usize, dimension: usize, level: usize) -> u64 {
        self.paths[cell][self.starts[dimension] + level - 1]
    }

    /// Cells of one shape that are sums of cells of the next finer ones: total and parts, by their numbers, parts ascending.
    ///
    /// # Errors
    /// [`SummariseError::Layout`] where a cell has no total.
    pub fn relations(&self) -> Result<Vec<(u32, Vec<u32>)>, SummariseError> {
        let mut of_shape: Vec<Vec<u32>> = vec![Vec::new(); self.system.shapes.len()];
        for cell in 0..self.keys.len() {
            of_shape[self.shape(cell)].push(u32::try_from(cell).map_err(|_| SummariseError::TooLarge)?);
        }
        let number: HashMap<&[u64], u32> = (0_u32..).zip(&self.keys).map(|(at, key)| (&**key, at)).collect();
        let mut relations = Vec::new();
        for (coarse, fine) in self.system.steps() {
            let mut parts: HashMap<u32, Vec<u32>> = HashMap::new();
            let mut key = Vec::new();
            for &part in &of_shape[fine] {
                cell_key(self.system, coarse, |dimension, level| self.value(part as usize, dimension, level), &mut key);
                let total = number.get(&*key).ok_or(SummariseError::Layout)?;
                parts.entry(*total).or_default().push(part);
            }
            let mut step: Vec<(u32, Vec<u32>)> = parts.into_iter().collect();
            step.sort_unstable();
            relations.extend(step);
        }
        Ok(relations)
    }
}

fn path(system: &Linked, ascents: &Ascents, key: &[u64]) -> Option<Box<[u64]>> {
    let (shape, values) = key.split_first()?;
    let shape = system.shapes.get(usize::try_from(*shape).ok()?)?;
    let mut path = Vec::new();
    for (at, (dimension, (value, level))) in system.dimensions.iter().zip(values.iter().zip(&shape.levels)).enumerate()
    {
        for to in 1..=dimension.levels.len() {
            path.push(if to > *level { TOTAL } else { ascents.up(at, *value, *level, to)? });
        }
    }
    (values.len() == system.dimensions.len()).then(|| path.into())
}
