//! What becomes of each class of the data at a generalisation.

use super::check::Checker;
use super::lattice::Lattice;
use super::task::{SearchFault, Task};

/// The plan for the rows: look up the class of a record, leave it out or write its codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Per class of the data: whether its records leave.
    pub kept: Vec<bool>,
    /// Per column, per class of the data: the group that is written, at the chosen level.
    pub columns: Vec<Vec<u32>>,
}

/// Which classes of the data leave at a generalisation; `None` if the rules cannot be met there within the limit.
///
/// # Errors
/// [`SearchFault`], also for levels that do not exist.
pub fn kept(task: &Task, levels: &[usize]) -> Result<Option<Vec<bool>>, SearchFault> {
    if !Lattice::of(task.hierarchies).contains(levels) {
        return Err(SearchFault::Levels);
    }
    Ok(Checker::new(task)?.kept(levels))
}

/// Applies a generalisation; `None` if the rules cannot be met there within the limit.
///
/// # Errors
/// [`SearchFault`], also for levels that do not exist.
pub fn apply(task: &Task, levels: &[usize]) -> Result<Option<Applied>, SearchFault> {
    let Some(kept) = kept(task, levels)? else { return Ok(None) };
    let column = |(column, &level): (usize, &usize)| {
        let map = task.hierarchies[column].map(level).unwrap_or(&[]);
        task.histogram.column(column).iter().map(|&code| map[code as usize]).collect()
    };
    Ok(Some(Applied { kept, columns: levels.iter().enumerate().map(column).collect() }))
}
