//! The threshold rule (minimum frequency rule): A. Hundepool et al., *Statistical Disclosure Control*, Wiley 2012, §4.2.
//!
//! > a cell is sensitive if persons(cell) < threshold
//!
//! with *distinct persons* for contributors, never rows. A cell with nobody in it is not in the table at all.

use crate::config::Threshold;
use crate::summarise::{AmountTally, Cell};

use super::Status;

/// Primary suppression of a cell.
pub(super) fn primary(cell: &Cell, threshold: Threshold) -> Status {
    if cell.persons < threshold.get() { Status::Primary } else { Status::Published }
}

/// Whether the sum and the mean of a column may be published: they speak about the persons who have a value only.
pub(super) fn amount(tally: &AmountTally, threshold: Threshold) -> bool {
    tally.persons >= threshold.get()
}
