//! The generalisation that makes a table safe at the least loss.
//!
//! The candidates are all combinations of one level per column: a lattice, with the data as they are at the bottom. At each
//! node the classes that do not hold are left out, as long as they have no more records than allowed. [`best`] searches the
//! whole lattice where it is small enough to be written down, and what it finds is optimal. It leaves out what cannot be
//! better: nodes below one that needs too much suppression even by the rules that generalisation can only help (Samarati
//! 2001; El Emam et al., JAMIA 16 (2009); Kohlmayer et al., *Flash*, PASSAT 2012, whose paths through the lattice are used
//! here), and nodes whose loss is at least that of what is found. Where the lattice is larger it goes best first within a
//! budget and says how much better an optimum could be.

mod apply;
mod best;
mod bounded;
mod check;
mod exact;
mod lattice;
mod task;

#[cfg(test)]
mod tests;

pub use apply::{Applied, apply, kept};
pub use best::Solution;
pub use lattice::Lattice;
pub use task::{QuasiSet, SearchFault, Task};

use check::Checker;

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// How many solutions are wanted: 2 is the optimum and the runner-up.
    pub keep: usize,
    /// Largest lattice that is searched whole, in nodes; about 40 bytes of memory each, and 8 per column.
    pub nodes: u64,
    /// How many generalisations may be counted in a larger lattice.
    pub checks: u64,
}

impl Default for Effort {
    /// Optimum and runner-up; lattices up to a million nodes whole, else 2,000 generalisations.
    fn default() -> Self {
        Self { keep: 2, nodes: 1 << 20, checks: 2_000 }
    }
}

/// What is known about the solutions found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Proof {
    /// There is no better one: neither for the first, nor for those behind it.
    Optimal,
    /// The budget ran out. No solution that was not seen has a loss below this.
    AtLeast(f64),
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Best first: smallest loss, then least generalisation, then the first columns' levels. Empty where the rules cannot
    /// be met within the limit (or, without proof, where none was found).
    pub solutions: Vec<Solution>,
    /// What is proven.
    pub proof: Proof,
    /// Number of generalisations in the lattice.
    pub nodes: u128,
    /// Number of generalisations whose classes were counted.
    pub checks: u64,
}

/// Searches.
///
/// # Errors
/// [`SearchFault`] where histogram, hierarchies, sets, models and loss do not fit together.
pub fn best(task: &Task, effort: Effort) -> Result<Found, SearchFault> {
    let lattice = Lattice::of(task.hierarchies);
    let mut checker = Checker::new(task)?;
    let small = lattice.nodes() <= u128::from(effort.nodes.min(u64::from(u32::MAX - 1)));
    Ok(if small {
        exact::search(&mut checker, &lattice, effort)
    } else {
        bounded::search(&mut checker, &lattice, effort)
    })
}

/// What one generalisation would cost; `None` if the rules cannot be met there within the limit.
///
/// # Errors
/// [`SearchFault`], also for levels that do not exist.
pub fn cost(task: &Task, levels: &[usize]) -> Result<Option<Solution>, SearchFault> {
    let lattice = Lattice::of(task.hierarchies);
    if !lattice.contains(levels) {
        return Err(SearchFault::Levels);
    }
    Ok(Checker::new(task)?.check(levels).solution)
}
