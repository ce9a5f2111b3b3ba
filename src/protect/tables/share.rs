//! Shares: neither those who have a value nor those who have not may be few.
//!
//! A share of 3 in 100 shows three persons, and so does one of 97 in 100. With *P*ᵢ the persons of category *i* and *O*ᵢ
//! the persons of all other categories, and zero allowed (nobody is shown; that *all* have a value is attribute disclosure,
//! which a threshold does not judge):
//!
//! > the share of category *i* is sensitive if 0 < *P*ᵢ < threshold or 0 < *O*ᵢ < threshold,
//! > and every share is where the persons with any value are under the threshold
//!
//! Shares of one column add up to one, so what is not published, measured or not, is known as a whole by subtraction:
//!
//! > the categories that are not published have 0 or at least threshold persons together
//!
//! and further shares of the column are suppressed, smallest first, until that holds.

use crate::config::Threshold;
use crate::summarise::{CategoryTally, ShareTally};

/// For each measured value of the column, whether its share is published.
pub(super) fn published(tally: &ShareTally, threshold: Threshold) -> Box<[bool]> {
    let threshold = threshold.get();
    let Some((rest, measured)) = tally.categories.split_last() else { return Box::default() };
    if tally.persons < threshold {
        return vec![false; measured.len()].into();
    }
    let few = |persons: u64| (1..threshold).contains(&persons);
    let mut is: Box<[bool]> = measured.iter().map(|category| !few(category.persons) && !few(category.others)).collect();
    if few(hidden(measured, &is, rest)) {
        // A published category that is not empty has at least `threshold` persons: hiding one is enough.
        let shown = (0..measured.len()).filter(|&at| is[at] && measured[at].persons > 0);
        if let Some(smallest) = shown.min_by_key(|&at| measured[at].persons) {
            is[smallest] = false;
        }
    }
    is
}

/// A floor for the distinct persons of all categories that are not published: those of the largest one, since a person
/// may be in several.
fn hidden(measured: &[CategoryTally], published: &[bool], rest: &CategoryTally) -> u64 {
    let hidden = measured.iter().zip(published).filter(|(_, is)| !**is).map(|(category, _)| category.persons);
    hidden.chain([rest.persons]).max().unwrap_or(0)
}
