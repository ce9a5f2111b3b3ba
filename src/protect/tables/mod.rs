//! Rules for aggregated tables: which cells, and which measures of a cell, are published.
//!
//! All tables over the same records are planned together, with the totals that tie them, as one [`System`]:
//!
//! 1. `primary.rs`: a cell over too few persons is unsafe, and so is one of which few persons are left when the released rows are
//!    subtracted; a sum, mean or share is judged by its own persons (`threshold.rs`, `share.rs`);
//! 2. `layer.rs`, `complement.rs`: further cells are suppressed so that no unsafe one can be found by adding and subtracting published ones, nor
//!    be narrowed down, nor a few persons in several suppressed cells together (secondary suppression). The cells themselves are
//!    one layer; each summed column is another, and each column of shares, with its categories as one more dimension.
//!
//! The result depends on the cells and their numbers alone, which the caller gives in a canonical order.

pub mod audit;
mod beforehand;
mod complement;
mod demand;
mod differences;
mod earlier;
mod floors;
pub mod gauss;
mod layer;
mod methods;
mod primary;
mod ready;
mod report;
pub mod rules;
mod share;
mod system;
mod threshold;
mod trim;
mod weigh;

pub use demand::within_few;
pub use earlier::{
    Ahead, Before, Between, Earlier, EarlierAmount, EarlierCell, EarlierFate, EarlierMeasure, EarlierShare, Near,
};
pub use floors::{RATHER, by_distance, leaned};
pub use methods::Method;
pub use ready::{ReadyCell, ReadyRole, Suppressed, suppress_ready};
pub use report::{PlanReport, SuppressedCell, report};
pub use system::{Relation, System, SystemError};
pub use weigh::{AskedOfContributors, Weighed, Weighing};

use crate::config::{Cost, Threshold, Wish, Zeros};
use crate::summarise::{Cell, Slot};
use rules::{Mark, Protection, RuleName};

/// A cell of a system of tables. Its number is its place in the list.
#[derive(Debug, Clone)]
pub struct TableCell<'a> {
    /// Its counts.
    pub cell: &'a Cell,
    /// Its counts without the records that leave as rows; `None` where no rows leave, or nothing is left.
    pub left_over: Option<&'a Cell>,
    /// What tables show of it.
    pub shown: &'a Shown,
    /// Whether an outsider is taken to know it anyway, such as the size of a stratum, which follows from published weights.
    pub known: bool,
    /// Fewest distinct persons that it may show.
    pub threshold: Threshold,
    /// What rules on its contributors find, where there are any.
    pub weighed: Option<Weighed>,
    /// What is decided about it by hand.
    pub wish: Wish,
    /// What its suppression costs where nothing is decided.
    pub cost: Cost,
    /// How cells of nobody are shown.
    pub zeros: Zeros,
    /// How far it must stay unsure, in persons, where it tells about everybody of a group.
    pub group: Option<Protection>,
    /// What earlier releases over the same people make of it.
    pub before: Option<&'a Before>,
    /// Between which limits everybody knows its persons to lie, by numbers that were changed before they were published.
    pub within: Option<(u64, u64)>,
}

impl<'a> TableCell<'a> {
    /// A cell of which nothing more is known.
    #[must_use]
    pub fn new(cell: &'a Cell, shown: &'a Shown, threshold: Threshold) -> Self {
        Self {
            cell,
            left_over: None,
            shown,
            known: false,
            threshold,
            weighed: None,
            wish: Wish::default(),
            cost: Cost::default(),
            zeros: Zeros::default(),
            group: None,
            before: None,
            within: None,
        }
    }
}

/// What tables show of cells of one shape. A cell that none shows ties others together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The cell: its place in a table, and its status.
    pub cell: bool,
    /// For each summed column of the layout, its sum or mean.
    pub amounts: Box<[bool]>,
    /// For each share column of the layout, for each measured value, the share.
    pub shares: Box<[Box<[bool]>]>,
    /// For each share column of the layout, whether a value that everybody has tells about each of them.
    pub groups: Box<[bool]>,
}

/// What becomes of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Published.
    Published,
    /// Suppressed for its own sake: too few persons, or a rule on its contributors is broken.
    Primary(RuleName),
    /// Suppressed to protect another cell, or persons whose rows do not leave beside the table.
    Secondary,
}

impl Status {
    /// Whether the cell is suppressed for its own sake.
    #[must_use]
    pub fn is_primary(self) -> bool {
        matches!(self, Status::Primary(_))
    }
}

/// The status of a suppressed cell that does not tell why.
pub const SILENT: &str = "supprime";

/// Why no plan was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The cells are not tied together as they should be.
    #[error(transparent)]
    System(#[from] SystemError),
    /// The suppression was asked something that does not fit its cells.
    #[error(transparent)]
    Suppression(#[from] gauss::GaussError),
    /// The audit was asked something that does not fit its cells.
    #[error(transparent)]
    Audit(#[from] audit::AuditError),
    /// A plan whose suppressed cells could be found.
    #[error("the proof that no suppressed cell follows from published ones does not hold")]
    Proof,
    /// The optimal method is not built in.
    #[error("this program was built without the solver of the optimal method: `cargo build --features optimal`")]
    NoSolver,
    /// The solver of the optimal method gave up.
    #[error("the solver of the optimal method found no answer")]
    Solver,
    /// Cells cannot be judged.
    #[error(transparent)]
    Rules(#[from] rules::RuleError),
    /// Cells that measure different things.
    #[error("the cells of linked tables do not measure the same")]
    Layout,
}

/// What becomes of one cell and of its measures.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CellPlan {
    status: Status,
    mark: Mark,
    /// Per summed column of the layout: sum and mean are published.
    amounts: Box<[bool]>,
    /// Per share column of the layout, per measured value: the share is published.
    shares: Box<[Box<[bool]>]>,
}

/// Which cells and measures of a system of tables are published.
#[derive(Debug, Clone, PartialEq)]
pub struct SystemPlan {
    cells: Vec<CellPlan>,
    /// Of which cells the status tells why it is suppressed.
    reasons: Vec<bool>,
    /// Which cells are unsafe.
    unsafe_cells: Vec<bool>,
    unprotected: u64,
    earlier_unprotected: u64,
    /// What no pattern of the cells can cost less than, where the method tells.
    least: Option<f64>,
}

/// Decides about every cell and every measure of a system of tables. `relations` are the totals and their parts, by the cells'
/// numbers.
///
/// # Errors
/// [`TableError`] where the cells do not fit each other.
pub fn plan(cells: &[TableCell<'_>], relations: Vec<(u32, Vec<u32>)>) -> Result<SystemPlan, TableError> {
    plan_after(cells, relations, &Ahead::default(), Method::Elimination)
}

/// As [`plan`], after earlier releases over the same people, as `ahead` holds them against these cells; the cells bear what it makes
/// of them.
///
/// # Errors
/// As [`plan`].
pub fn plan_after(
    cells: &[TableCell<'_>],
    relations: Vec<(u32, Vec<u32>)>,
    ahead: &Ahead,
    method: Method<'_>,
) -> Result<SystemPlan, TableError> {
    let system = System::new(cells.len(), relations)?;
    let measured = |cell: &Cell| -> Vec<usize> {
        let shares = cell.shares.iter().map(|share| share.categories.len());
        [cell.amounts.len()].into_iter().chain(shares).collect()
    };
    if cells.windows(2).any(|pair| measured(pair[0].cell) != measured(pair[1].cell)) {
        return Err(TableError::Layout);
    }
    let (outer, reasons, least) = layer::cells(&system, cells, ahead, method)?;
    let earlier_unprotected = outer.earlier as u64;
    let mut unprotected = (outer.unprotected.len() + outer.known.len()) as u64;
    let unsafe_cells: Vec<bool> = cells.iter().map(primary::cell).collect();
    let mut plans: Vec<CellPlan> = cells
        .iter()
        .zip(&outer.hidden)
        .map(|(cell, hidden)| CellPlan {
            status: primary::status(cell, *hidden),
            mark: primary::mark(cell, *hidden),
            amounts: [].into(),
            shares: [].into(),
        })
        .collect();
    let Some(first) = cells.first() else {
        return Ok(SystemPlan { cells: plans, reasons, unsafe_cells, unprotected, earlier_unprotected, least });
    };
    let mut amounts = vec![Vec::new(); cells.len()];
    for at in 0..first.cell.amounts.len() {
        let layer = layer::amount(&system, cells, &outer.hidden, (at, method))?;
        unprotected += (layer.unprotected.len() + layer.known.len()) as u64;
        amounts.iter_mut().zip(layer.hidden).for_each(|(all, hidden)| all.push(!hidden));
    }
    let mut shares = vec![Vec::new(); cells.len()];
    for at in 0..first.cell.shares.len() {
        let (published, failed) = layer::share(&system, cells, &outer.hidden, (at, method))?;
        unprotected += failed.len() as u64;
        shares.iter_mut().zip(published).for_each(|(all, is)| all.push(is));
    }
    for ((plan, amounts), shares) in plans.iter_mut().zip(amounts).zip(shares) {
        (plan.amounts, plan.shares) = (amounts.into(), shares.into());
    }
    Ok(SystemPlan { cells: plans, reasons, unsafe_cells, unprotected, earlier_unprotected, least })
}

impl SystemPlan {
    /// What becomes of a cell; one that was not planned is not published.
    #[must_use]
    pub fn status(&self, cell: usize) -> Status {
        self.cells.get(cell).map_or(Status::Primary(RuleName::Threshold), |plan| plan.status)
    }

    /// The word for a cell's status in released tables.
    #[must_use]
    pub fn word(&self, cell: usize) -> &'static str {
        match self.status(cell) {
            Status::Published => "publie",
            _ if !self.reasons[cell] => SILENT,
            Status::Primary(rule) => rule.status(),
            Status::Secondary => RuleName::Secondary.status(),
        }
    }

    /// The mark for a cell's status in French official statistics; none where telling which would tell too much.
    #[must_use]
    pub fn mark(&self, cell: usize) -> Option<Mark> {
        let plan = self.cells.get(cell)?;
        (plan.status == Status::Published || self.reasons[cell]).then_some(plan.mark)
    }

    /// Whether the status of a cell tells why it is suppressed.
    #[must_use]
    pub fn tells_reason(&self, cell: usize) -> bool {
        self.reasons.get(cell).copied().unwrap_or_default()
    }

    /// Whether a cell is unsafe, shown or not; one that was not planned is.
    #[must_use]
    pub fn is_unsafe(&self, cell: usize) -> bool {
        self.unsafe_cells.get(cell).copied().unwrap_or(true)
    }

    /// Whether a measure of a cell is published. Nothing of a cell that was not planned is.
    #[must_use]
    pub fn publishes(&self, cell: usize, slot: Slot) -> bool {
        let Some(plan) = self.cells.get(cell).filter(|plan| plan.status == Status::Published) else { return false };
        match slot {
            Slot::Records | Slot::Persons => true,
            Slot::Sum(at) | Slot::Mean(at) => plan.amounts.get(at).is_some_and(|&is| is),
            Slot::Share { column, value } => {
                plan.shares.get(column).and_then(|values| values.get(value)).is_some_and(|&is| is)
            }
        }
    }

    /// What no suppression of these cells can cost less than, where the method tells.
    #[must_use]
    pub fn least(&self) -> Option<f64> {
        self.least
    }

    /// Unsafe cells that could not be protected, since an outsider knows all that could hide them. What is known alone tells
    /// about few persons; nothing in the tables adds to it.
    #[must_use]
    pub fn unprotected(&self) -> u64 {
        self.unprotected
    }

    /// Cells that were unsafe in earlier releases, and sums of few changes since, that what outsiders know leaves no room to hide.
    #[must_use]
    pub fn earlier_unprotected(&self) -> u64 {
        self.earlier_unprotected
    }
}

#[cfg(test)]
mod tests;
