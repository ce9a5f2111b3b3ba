//! The distinct combinations of quasi-identifiers, with what each class of records holds.
//!
//! Every model of disclosure looks at classes only, never at rows, so that this histogram is all that a search needs. It
//! merges over buckets in any order and can be generalised without going back to the data. Memory is linear in the number
//! of distinct combinations (and in the distinct paths of persons who stand in several classes).
//!
//! A *person* counts once per class, however many records it has there. When classes merge, a person who stood in two of
//! them still counts once: the histogram keeps the paths of such persons and corrects for them.

mod build;
mod classes;
mod fault;
mod grouping;
mod keyed;
mod packed;
mod shard;
mod shards;

#[cfg(test)]
mod tests;

pub use build::{Builder, Record};
pub use classes::{Class, Classes, Counts, Needs};
pub use fault::ShapeFault;
pub(crate) use grouping::Room;
pub use grouping::{Coded, Grouping};
pub use keyed::{Keyed, size};

use crate::protect::persons::hierarchy::Hierarchy;

/// Classes with their keys, in ascending order of the keys: equal content is an equal histogram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// One vector per quasi-identifier: the code of each class.
    columns: Vec<Vec<u32>>,
    classes: Classes,
}

impl Histogram {
    /// A histogram of classes whose keys may repeat and stand in any order.
    pub(crate) fn canonical(columns: &[Vec<u32>], classes: &Classes) -> Self {
        let grouping = Grouping::sorted(columns, classes.len());
        let columns = columns.iter().map(|codes| pick(codes, grouping.first())).collect();
        Self { columns, classes: classes.grouped(&grouping, Needs::all()) }
    }

    /// Number of classes, those of the population alone included.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there is no class.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of quasi-identifiers.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The codes of one quasi-identifier, class by class.
    pub fn column(&self, column: usize) -> &[u32] {
        &self.columns[column]
    }

    /// All quasi-identifiers.
    pub fn columns(&self) -> &[Vec<u32>] {
        &self.columns
    }

    /// The key of one class.
    pub fn key(&self, class: usize) -> Vec<u32> {
        self.columns.iter().map(|codes| codes[class]).collect()
    }

    /// What the classes hold.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The union of two histograms over disjoint sets of persons, whose codes mean the same. `None` if the numbers of
    /// quasi-identifiers or sensitive columns differ.
    pub fn merge(&self, other: &Self) -> Option<Self> {
        if self.width() != other.width() {
            return None;
        }
        let classes = self.classes.beside(&other.classes)?;
        let columns: Vec<Vec<u32>> =
            self.columns.iter().zip(&other.columns).map(|(one, two)| [one.as_slice(), two].concat()).collect();
        Some(Self::canonical(&columns, &classes))
    }

    /// The histogram at the given level of each column's hierarchy. Codes become the groups of that level.
    ///
    /// # Errors
    /// [`ShapeFault`] if there is not one hierarchy and level per column, a level is too high, or a code is outside.
    pub fn project(&self, hierarchies: &[Hierarchy], levels: &[usize]) -> Result<Self, ShapeFault> {
        self.check(hierarchies)?;
        if levels.len() != self.width() {
            return Err(ShapeFault::Levels { expected: self.width(), found: levels.len() });
        }
        let mut columns = Vec::with_capacity(self.width());
        for (column, (hierarchy, &level)) in hierarchies.iter().zip(levels).enumerate() {
            let map = hierarchy.map(level).ok_or(ShapeFault::Level { column })?;
            columns.push(self.columns[column].iter().map(|&code| map[code as usize]).collect());
        }
        Ok(Self::canonical(&columns, &self.classes))
    }

    /// The histogram over some of the columns, in the order named. Columns beyond the width are left out.
    pub fn marginal(&self, columns: &[usize]) -> Self {
        let columns: Vec<Vec<u32>> = columns.iter().filter_map(|&column| self.columns.get(column).cloned()).collect();
        Self::canonical(&columns, &self.classes)
    }

    /// The histogram of some of the classes. Paths of persons through classes that are left out are cut there.
    pub fn filter(&self, keep: &[bool]) -> Self {
        let kept: Vec<u32> = (0..self.len() as u32).filter(|&class| keep.get(class as usize) == Some(&true)).collect();
        let columns = self.columns.iter().map(|codes| pick(codes, &kept)).collect();
        Self { columns, classes: self.classes.filtered(keep) }
    }

    /// The histogram with nobody of the data in the classes that are not kept. The population stays.
    pub fn emptied(&self, keep: &[bool]) -> Self {
        Self { columns: self.columns.clone(), classes: self.classes.emptied(keep) }
    }

    /// The population as if it were the data: its persons, without sensitive values and weights. `None` where there is none.
    pub fn population(&self) -> Option<Self> {
        let classes = self.classes.of_population()?;
        Some(Self { columns: self.columns.clone(), classes })
    }

    /// The data alone, without the population.
    pub fn alone(&self) -> Self {
        Self { columns: self.columns.clone(), classes: self.classes.alone() }
    }

    /// Whether the hierarchies cover the codes.
    ///
    /// # Errors
    /// [`ShapeFault`] with the column at fault.
    pub fn check(&self, hierarchies: &[Hierarchy]) -> Result<(), ShapeFault> {
        if hierarchies.len() != self.width() {
            return Err(ShapeFault::Hierarchies { expected: self.width(), found: hierarchies.len() });
        }
        for (column, (hierarchy, codes)) in hierarchies.iter().zip(&self.columns).enumerate() {
            if codes.iter().any(|&code| code as usize >= hierarchy.domain()) {
                return Err(ShapeFault::Code { column });
            }
        }
        Ok(())
    }
}

/// The entries of `codes` at the given places.
fn pick(codes: &[u32], places: &[u32]) -> Vec<u32> {
    places.iter().map(|&place| codes[place as usize]).collect()
}
