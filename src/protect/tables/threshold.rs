//! The threshold rule (minimum frequency rule): A. Hundepool et al., *Statistical Disclosure Control*, Wiley 2012, §4.2.
//!
//! > a cell is sensitive if 0 < persons(cell) < threshold
//!
//! with *distinct persons* for contributors, never rows. A cell with nobody in it is not in the table at all.

use crate::config::Threshold;

/// Whether these are some persons, but too few.
pub(super) fn few(persons: u64, threshold: Threshold) -> bool {
    (1..threshold.get()).contains(&persons)
}
