//! Secondary cell suppression by elimination, over all linked tables at once.
//!
//! A suppressed cell is *derivable* where it is a linear combination of published cells: with *A* the matrix of sums and
//! *S* the suppressed cells, where every *z* with A_S·z = 0 has z_s = 0 (Cox, JASA 75, 1980; Langsrud, "Secondary Cell
//! Suppression by Gaussian Elimination", PSD 2024). The module suppresses more cells until no unsafe cell is derivable,
//! neither for the public nor for one who is the single contributor of other cells, and publishes again what it can.
//!
//! Langsrud eliminates all published columns in order of preference. Here, each unsafe cell holds a *move* instead: a
//! short vector of the kernel, in whole numbers, which changes the cell and keeps every sum. A move stays valid whatever
//! else is suppressed, so that cells may be added at any time; a cell may be published iff each unsafe cell that needs
//! it has another move. The sum of the moves is a proof that anybody can check in linear time.

mod attack;
mod board;
mod matrix;
mod moves;
mod proof;
mod scalar;
mod search;
mod suppress;
#[cfg(test)]
mod tests;
mod wide;

pub use attack::{Findings, Formula, derivable, derivable_within, formula};
pub use proof::{Proof, ProofError};
pub use suppress::Suppressor;
pub(in crate::protect::tables) use wide::Mover;

/// What may happen to a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Safe; may be published or suppressed.
    #[default]
    Free,
    /// Unsafe: is suppressed, and must not be derivable.
    Primary,
    /// Is published whatever happens.
    Forced,
    /// No table shows it: always unknown, nothing to protect, costs nothing. It only ties tables together.
    Virtual,
}

/// A cell as the suppression sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell {
    /// What may happen to it.
    pub role: Role,
    /// What is lost when it is suppressed, in units of the caller's choice. Cheap cells are suppressed first.
    pub cost: u64,
    /// The one contributor of the cell, if it has just one: he knows its value.
    pub singleton: Option<u64>,
}

/// What becomes of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Its value is shown.
    Published,
    /// Suppressed since it is unsafe.
    Primary,
    /// Suppressed to protect unsafe cells.
    Secondary,
    /// In no table.
    Virtual,
}

/// How much work the suppression puts into a better result. Safety does not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Elementary steps spent on one cell to protect it with cells that are suppressed already, before more are.
    pub effort: u64,
    /// Elementary steps spent on one unsafe cell when a secondary cell is to be published again. Where they run out, the
    /// secondary cell stays suppressed; [`Statistics::undecided`] counts these.
    pub clean_up_effort: u64,
    /// Whether secondary cells are published again where no unsafe cell needs them.
    pub clean_up: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { effort: 20_000, clean_up_effort: 200_000, clean_up: true }
    }
}

/// Figures about a suppression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Unsafe cells, all suppressed.
    pub primary: usize,
    /// Safe cells that are suppressed.
    pub secondary: usize,
    /// Cells in no table.
    pub virtuals: usize,
    /// Costs of the secondary cells together; the largest number there is, where they are more.
    pub cost: u64,
    /// Secondary cells that were published again.
    pub returned: usize,
    /// Secondary cells kept because the effort was used up before it was certain that they are needed.
    pub undecided: usize,
    /// Eliminations, and their elementary steps.
    pub searches: u64,
    /// Elementary steps of all eliminations.
    pub steps: u64,
}

/// The result of a suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What becomes of each cell.
    pub statuses: Vec<Status>,
    /// Unsafe cells that follow from forced ones whatever is suppressed, ascending. All others are protected.
    pub unprotected: Vec<u32>,
    /// Unsafe cells, and contributors who can derive them from their own cells whatever is suppressed, ascending.
    pub exposed: Vec<(u32, u64)>,
    /// Figures.
    pub statistics: Statistics,
    /// Why no unsafe cell follows from the published ones, those in `unprotected` aside.
    pub proof: Proof,
}

/// Why cells cannot be suppressed as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GaussError {
    /// The list of cells does not belong to the system.
    #[error("the system has {system} cells, {given} are described")]
    Length {
        /// Cells of the system.
        system: usize,
        /// Cells described.
        given: usize,
    },
    /// A cell that is not in the system.
    #[error("cell {0} is not in the system")]
    NoSuchCell(u32),
    /// A cell that must be published was to be suppressed.
    #[error("cell {0} must be published")]
    Forced(u32),
}
