//! Generalisation hierarchies: what each code becomes at each level.

mod made;
mod read;

#[cfg(test)]
mod tests;

pub use made::{EVERYTHING, Part, all, bands, dates, is_date, prefixes, same};
pub use read::{Labelled, ReadFault, read};

use thiserror::Error;

/// The levels of one column, fine to coarse. Level 0 is what the data have. Groups that one level joins stay joined at all
/// coarser ones (full-domain generalisation, Samarati, IEEE TKDE 13 (2001), § 3), so that the levels form a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchy {
    levels: Vec<Level>,
}

/// One level.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Level {
    /// From a code to its group, dense, numbered by the first code of the group.
    map: Vec<u32>,
    /// Codes per group.
    leaves: Vec<u32>,
    /// From the groups of each finer level, and of this one, to this one's.
    lifts: Vec<Vec<u32>>,
}

/// Why levels are no hierarchy. Positions only, counted from 0, never a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HierarchyFault {
    /// No level.
    #[error("the hierarchy has no level")]
    Empty,
    /// Levels of different lengths.
    #[error("level {level} says something of {found} values, level 0 of {expected}")]
    Length {
        /// Position of the level.
        level: usize,
        /// Values of level 0.
        expected: usize,
        /// Values of this level.
        found: usize,
    },
    /// Two codes are one group at a level, but not at the next.
    #[error("values {one} and {two} are together at level {level}, but apart at level {}", .level + 1)]
    Splits {
        /// Position of the finer level.
        level: usize,
        /// Position of one value.
        one: usize,
        /// Position of the other.
        two: usize,
    },
}

impl Hierarchy {
    /// Levels as given by what each code becomes; any numbers will do for groups, equal ones mean one group.
    ///
    /// # Errors
    /// [`HierarchyFault`] if there is no level, their lengths differ, or a level splits a group of a finer one.
    pub fn new(levels: &[Vec<u32>]) -> Result<Self, HierarchyFault> {
        let domain = levels.first().ok_or(HierarchyFault::Empty)?.len();
        let mut made: Vec<Level> = Vec::with_capacity(levels.len());
        for (at, groups) in levels.iter().enumerate() {
            if groups.len() != domain {
                return Err(HierarchyFault::Length { level: at, expected: domain, found: groups.len() });
            }
            let (map, first) = dense(groups);
            let mut leaves = vec![0; first.len()];
            map.iter().for_each(|&group| leaves[group as usize] += 1);
            let mut lifts = Vec::with_capacity(at + 1);
            for (level, finer) in made.iter().enumerate() {
                lifts.push(
                    lift(&finer.map, finer.leaves.len(), &map).map_err(|(one, two)| HierarchyFault::Splits {
                        level,
                        one,
                        two,
                    })?,
                );
            }
            lifts.push((0..first.len() as u32).collect());
            made.push(Level { map, leaves, lifts });
        }
        Ok(Self { levels: made })
    }

    /// A hierarchy that changes nothing, of one level, for so many codes.
    pub fn identity(domain: usize) -> Self {
        let map: Vec<u32> = (0..domain as u32).collect();
        Self { levels: vec![Level { leaves: vec![1; domain], lifts: vec![map.clone()], map }] }
    }

    /// The same with one more level on top at which all codes are one, unless there is such a level already.
    pub fn with_top(mut self) -> Self {
        let domain = self.domain();
        if self.levels.last().is_some_and(|level| level.leaves.len() > 1) {
            let mut lifts: Vec<Vec<u32>> = self.levels.iter().map(|level| vec![0; level.leaves.len()]).collect();
            lifts.push(vec![0]);
            self.levels.push(Level { map: vec![0; domain], leaves: vec![domain as u32], lifts });
        }
        self
    }

    /// Number of levels, at least 1.
    pub fn levels(&self) -> usize {
        self.levels.len()
    }

    /// Number of codes.
    pub fn domain(&self) -> usize {
        self.levels.first().map_or(0, |level| level.map.len())
    }

    /// From a code to its group; `None` for a level that is not there.
    pub fn map(&self, level: usize) -> Option<&[u32]> {
        self.levels.get(level).map(|level| level.map.as_slice())
    }

    /// Number of groups of a level, 0 for one that is not there.
    pub fn groups(&self, level: usize) -> usize {
        self.leaves(level).len()
    }

    /// How many codes each group of a level stands for; empty for a level that is not there.
    pub fn leaves(&self, level: usize) -> &[u32] {
        self.levels.get(level).map_or(&[], |level| level.leaves.as_slice())
    }

    /// From the groups of a level to those of another that is not finer; `None` for levels in the wrong order or not there.
    pub fn lift(&self, from: usize, to: usize) -> Option<&[u32]> {
        self.levels.get(to).and_then(|level| level.lifts.get(from)).map(Vec::as_slice)
    }
}

/// Groups numbered by their first member, and those first members.
fn dense(groups: &[u32]) -> (Vec<u32>, Vec<usize>) {
    let mut number = hashbrown::HashMap::new();
    let mut first = Vec::new();
    let map = groups
        .iter()
        .enumerate()
        .map(|(code, group)| {
            *number.entry(*group).or_insert_with(|| {
                first.push(code);
                first.len() as u32 - 1
            })
        })
        .collect();
    (map, first)
}

/// From finer to coarser groups; else two codes that the coarser level puts apart.
fn lift(finer: &[u32], groups: usize, coarser: &[u32]) -> Result<Vec<u32>, (usize, usize)> {
    let mut seen: Vec<Option<usize>> = vec![None; groups];
    for (code, &group) in finer.iter().enumerate() {
        match seen[group as usize] {
            Some(one) if coarser[one] != coarser[code] => return Err((one, code)),
            Some(_) => {}
            None => seen[group as usize] = Some(code),
        }
    }
    Ok(seen.iter().flatten().map(|&code| coarser[code]).collect())
}
