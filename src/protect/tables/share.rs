//! Shares: neither those who have a value nor those who have not may be few.
//!
//! A share of 3 in 100 shows three persons, and so does one of 97 in 100. With *P*ᵢ the persons of category *i* and *O*ᵢ
//! the persons of all other categories, and zero allowed (nobody is shown; that *all* have a value is attribute disclosure,
//! which a threshold does not judge):
//!
//! > the share of category *i* is sensitive if 0 < *P*ᵢ < threshold or 0 < *O*ᵢ < threshold,
//! > and every share is where the persons with any value are under the threshold
//!
//! Shares of one column add up to one, so what is not published, measured or not, is known as a whole by subtraction. This is
//! why the categories of a cell are cells of a layer of their own, which add up to the cell.

use crate::config::Threshold;
use crate::summarise::CategoryTally;

use super::threshold::few;

/// Whether the share of a category is unsafe; `persons` have any value.
pub(super) fn sensitive(category: &CategoryTally, persons: u64, threshold: Threshold) -> bool {
    few(category.persons, threshold) || few(category.others, threshold) || few(persons, threshold)
}
