//! What to search for.

use thiserror::Error;

use crate::protect::persons::hierarchy::Hierarchy;
use crate::protect::persons::histogram::{Histogram, ShapeFault};
use crate::protect::persons::loss::{LossFault, LossSpec};
use crate::protect::persons::models::Model;

/// One set of quasi-identifiers that an outsider may know together, and the rules for its classes.
#[derive(Debug, Clone)]
pub struct QuasiSet<'a> {
    /// Positions of the columns in the histogram.
    pub columns: Vec<usize>,
    /// What has to hold for each class.
    pub models: Vec<&'a dyn Model>,
}

/// A table, the rules for it, and what counts as loss.
#[derive(Debug, Clone)]
pub struct Task<'a> {
    /// The table.
    pub histogram: &'a Histogram,
    /// One hierarchy per column.
    pub hierarchies: &'a [Hierarchy],
    /// At least one set.
    pub sets: Vec<QuasiSet<'a>>,
    /// How many records may be left out.
    pub limit: u64,
    /// What to make small.
    pub loss: &'a LossSpec,
}

impl<'a> Task<'a> {
    /// One set of all columns.
    pub fn new(
        histogram: &'a Histogram,
        hierarchies: &'a [Hierarchy],
        models: Vec<&'a dyn Model>,
        limit: u64,
        loss: &'a LossSpec,
    ) -> Self {
        let set = QuasiSet { columns: (0..histogram.width()).collect(), models };
        Self { histogram, hierarchies, sets: vec![set], limit, loss }
    }
}

/// Why a search cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SearchFault {
    /// Histogram and hierarchies do not fit.
    #[error(transparent)]
    Shape(#[from] ShapeFault),
    /// The loss cannot be computed.
    #[error(transparent)]
    Loss(#[from] LossFault),
    /// No set, or a set without a column, with one twice, or with one that is not there.
    #[error("each set of quasi-identifiers needs at least one column of the table, and none twice")]
    Set,
    /// A rule needs the population, and none was given.
    #[error("a rule compares with a population, but there is no population table")]
    Population,
    /// Levels that are not in the lattice.
    #[error("there is no such combination of levels")]
    Levels,
}

impl Task<'_> {
    /// Whether all parts fit.
    pub(super) fn validate(&self) -> Result<(), SearchFault> {
        self.histogram.check(self.hierarchies)?;
        let width = self.histogram.width();
        let bad = |set: &QuasiSet| {
            let mut columns = set.columns.clone();
            columns.sort_unstable();
            columns.dedup();
            columns.is_empty() || columns.len() != set.columns.len() || columns.iter().any(|&column| column >= width)
        };
        if self.sets.is_empty() || self.sets.iter().any(bad) {
            return Err(SearchFault::Set);
        }
        let wanted = self.sets.iter().flat_map(|set| &set.models).any(|model| model.population());
        if wanted && self.histogram.classes().population().is_none() {
            return Err(SearchFault::Population);
        }
        Ok(())
    }
}
