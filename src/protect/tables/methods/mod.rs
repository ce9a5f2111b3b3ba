//! How the cells are chosen that protect others. Whatever the method, its pattern ends in the same search for what is missing
//! (`complement`), and in the same audit.

mod modular;
#[cfg(feature = "optimal")]
mod optimal;
mod several;

#[cfg(test)]
pub(super) use modular::simple;

use super::TableError;
use super::complement::{Beside, Complement, Lines, Measure, Role, Site};
use super::layer::Hidden;
use super::system::System;

/// How cells are chosen that protect others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method<'a> {
    /// Exact elimination and widening, for small systems from several starts; the cheapest pattern is taken.
    Elimination,
    /// The same in each simple table, from the coarsest on; for each sum the dimensions along which its parts are finer.
    Modular(&'a [Vec<usize>]),
    /// Integer programming, for at most so many seconds.
    Optimal(u64),
}

/// How many patterns are made, of which the cheapest is taken; one at least.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// At most.
    pub runs: usize,
    /// Cells in all of them together, about.
    pub cells: usize,
    /// Unsafe cells in all of them together, about: widening their intervals is what takes time.
    pub demands: usize,
}

impl Effort {
    /// One pattern.
    pub const ONE: Self = Self { runs: 1, cells: 0, demands: 0 };
}

/// What is to be protected.
pub(super) struct Task<'a, L> {
    pub system: &'a System,
    pub sites: &'a [Site],
    pub measures: &'a [Measure],
    pub lines: L,
    pub beside: Option<Beside<'a>>,
    /// How many patterns are made of a system.
    pub effort: Effort,
}

/// From where a run starts.
#[derive(Clone, Copy)]
pub(super) enum Start<'a> {
    /// From the unsafe cells, by elimination.
    Elimination,
    /// From a pattern, to which is added what it lacks, and from which is taken what nobody needs.
    Pattern(&'a [u32]),
}

impl<L: Lines + Copy> Task<'_, L> {
    /// A pattern, and what none can cost less than where the method tells.
    ///
    /// # Errors
    /// [`TableError`] where cells do not fit the system; [`TableError::NoSolver`] for the optimal method, where it is not built in.
    pub fn protect(&self, method: Method<'_>) -> Result<(Hidden, Option<f64>), TableError> {
        match method {
            Method::Elimination => Ok((self.cheapest()?, None)),
            Method::Modular(refined) => {
                let pattern = modular::pattern(self, refined)?;
                Ok((self.run(self.sites, Start::Pattern(&pattern))?, None))
            }
            Method::Optimal(seconds) => self.optimal(seconds),
        }
    }

    #[cfg(feature = "optimal")]
    fn optimal(&self, seconds: u64) -> Result<(Hidden, Option<f64>), TableError> {
        optimal::cheapest(self, seconds)
    }

    #[cfg(not(feature = "optimal"))]
    fn optimal(&self, _: u64) -> Result<(Hidden, Option<f64>), TableError> {
        Err(TableError::NoSolver)
    }

    /// Protects with these prices.
    fn run(&self, sites: &[Site], start: Start<'_>) -> Result<Hidden, TableError> {
        let pattern = match start {
            Start::Elimination => None,
            Start::Pattern(pattern) => Some(pattern),
        };
        Complement::with(self.system, sites.to_vec(), self.lines, self.beside, pattern)?.protect(self.measures)
    }

    /// The pattern that leaves fewer cells unprotected; of two, the cheaper; of two of one cost, the first.
    fn better(&self, one: Hidden, two: Hidden) -> Hidden {
        let rank = |hidden: &Hidden| {
            (hidden.unprotected.len() + hidden.known.len() + hidden.earlier, self.cost(&hidden.hidden))
        };
        if rank(&two) < rank(&one) { two } else { one }
    }

    /// Costs of the safe cells that are suppressed.
    pub fn cost(&self, hidden: &[bool]) -> u64 {
        let safe = self.sites.iter().zip(hidden).filter(|(site, hidden)| **hidden && site.role == Role::Free);
        safe.fold(0, |sum, (site, _)| sum.saturating_add(site.cost))
    }
}
