//! Rules for aggregated tables: which cells, and which measures of a cell, are published.
//!
//! 1. `threshold.rs`: a cell, or a sum or mean in it, over too few persons is suppressed (primary suppression);
//! 2. `share.rs`: a share that shows a group of too few persons is suppressed, with what it could be computed from;
//! 3. `complement.rs`: further cells are suppressed so that the first ones cannot be found by subtracting published cells
//!    from a known total (secondary suppression).
//!
//! The result depends on the cells and their ranks alone, not on the order in which they come.

mod complement;
mod remainder;
mod share;
mod threshold;

use hashbrown::HashMap;

use crate::config::Threshold;
use crate::summarise::{Cell, CellKey, Slot};

use complement::Contribution;

/// A cell with its place in the table.
#[derive(Debug, Clone)]
pub struct TableCell<'a> {
    /// Its key.
    pub key: &'a [u64],
    /// Its counts.
    pub cell: &'a Cell,
    /// Its counts without the records that leave as rows; `None` where no rows leave, or nothing is left.
    pub left_over: Option<&'a Cell>,
    /// Cells with the same group lie on a line whose total an outsider is taken to know, such as the size of a stratum,
    /// which follows from published design weights. All alike where only the grand total is known.
    pub group: CellKey,
    /// Place in the canonical order of the table (by the written values, not by codes, which may depend on the order of
    /// the input). Distinct for every cell.
    pub rank: u64,
}

/// What becomes of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Published.
    Published,
    /// Suppressed: too few persons.
    Primary,
    /// Suppressed to protect another cell, or persons whose rows do not leave beside the table.
    Secondary,
}

/// Why no plan was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Two cells have one rank, so that a tie between them would be settled by chance.
    #[error("two cells of a table have the same rank")]
    SameRank,
    /// A cell comes twice.
    #[error("a cell of a table comes twice")]
    SameCell,
}

/// What becomes of one cell and of its measures.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CellPlan {
    status: Status,
    /// Per summed column of the layout: sum and mean are published.
    amounts: Box<[bool]>,
    /// Per share column of the layout, per measured value: the share is published.
    shares: Box<[Box<[bool]>]>,
}

/// Counts of what a plan suppresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Cells published.
    pub published: u64,
    /// Cells suppressed for too few persons.
    pub primary: u64,
    /// Cells suppressed to protect others.
    pub secondary: u64,
    /// In published cells: summed columns whose sum and mean are suppressed.
    pub amounts: u64,
    /// In published cells: shares that are suppressed.
    pub shares: u64,
    /// Groups that have nothing published left and still could not be protected against somebody who knows their total.
    /// Such a total alone tells about few persons; nothing in the table adds to it.
    pub exhausted: u64,
}

/// Which cells and measures of a table are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablePlan {
    threshold: Threshold,
    cells: HashMap<CellKey, CellPlan>,
    counts: Counts,
}

/// Decides about every cell and every measure of a table.
///
/// # Errors
/// [`TableError`] where two cells have the same rank or the same key.
pub fn plan(cells: &[TableCell<'_>], threshold: Threshold) -> Result<TablePlan, TableError> {
    let mut order: Vec<&TableCell<'_>> = cells.iter().collect();
    order.sort_unstable_by_key(|cell| cell.rank);
    if order.windows(2).any(|pair| pair[0].rank == pair[1].rank) {
        return Err(TableError::SameRank);
    }
    let mut status: Vec<Status> = order.iter().map(|cell| remainder::primary(cell, threshold)).collect();
    let contributions: Vec<Contribution> = order.iter().map(|cell| Contribution::of(cell.cell)).collect();
    let exhausted = complement::protect(&contributions, &lines(&order), threshold, &mut status);

    let mut plan = TablePlan { threshold, cells: HashMap::with_capacity(order.len()), counts: Counts::default() };
    plan.counts.exhausted = exhausted;
    for (cell, status) in order.into_iter().zip(status) {
        let cell_plan = CellPlan::of(cell, status, threshold);
        plan.counts.add(&cell_plan);
        if plan.cells.insert(cell.key.into(), cell_plan).is_some() {
            return Err(TableError::SameCell);
        }
    }
    Ok(plan)
}

/// Positions of the cells of every group, groups in the order of their first cell.
fn lines(order: &[&TableCell<'_>]) -> Vec<Vec<usize>> {
    let mut lines: Vec<Vec<usize>> = Vec::new();
    let mut of_group: HashMap<&[u64], usize> = HashMap::new();
    for (at, cell) in order.iter().enumerate() {
        let line = *of_group.entry(&cell.group).or_insert_with(|| {
            lines.push(Vec::new());
            lines.len() - 1
        });
        lines[line].push(at);
    }
    lines
}

impl CellPlan {
    fn of(cell: &TableCell<'_>, status: Status, threshold: Threshold) -> Self {
        let published = status == Status::Published;
        let amounts = remainder::amounts(cell, threshold).into_iter().map(|is| published && is).collect();
        let shares = remainder::shares(cell, threshold).into_iter();
        let shares = shares.map(|values| values.into_iter().map(|is| published && is).collect()).collect();
        Self { status, amounts, shares }
    }
}

impl Counts {
    fn add(&mut self, plan: &CellPlan) {
        match plan.status {
            Status::Primary => self.primary += 1,
            Status::Secondary => self.secondary += 1,
            Status::Published => {
                self.published += 1;
                self.amounts += plan.amounts.iter().filter(|&&is| !is).count() as u64;
                self.shares += plan.shares.iter().flatten().filter(|&&is| !is).count() as u64;
            }
        }
    }
}

impl TablePlan {
    /// What becomes of a cell; `None` for a cell that was not planned.
    #[must_use]
    pub fn status(&self, key: &[u64]) -> Option<Status> {
        self.cells.get(key).map(|plan| plan.status)
    }

    /// Whether a measure of a cell is published. Nothing of a cell that was not planned is.
    #[must_use]
    pub fn publishes(&self, key: &[u64], slot: Slot) -> bool {
        let Some(plan) = self.cells.get(key).filter(|plan| plan.status == Status::Published) else { return false };
        match slot {
            Slot::Records | Slot::Persons => true,
            Slot::Sum(at) | Slot::Mean(at) => plan.amounts.get(at).is_some_and(|&is| is),
            Slot::Share { column, value } => {
                plan.shares.get(column).and_then(|values| values.get(value)).is_some_and(|&is| is)
            }
        }
    }

    /// The threshold that was asked for.
    #[must_use]
    pub fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// How much is suppressed, by reason.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

#[cfg(test)]
mod tests;
