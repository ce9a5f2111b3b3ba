//! Inner cells that published cells give away one after the other.

use super::{Published, Rounded};

/// For each inner cell, whether its value follows from the published cells one at a time: a published cell that is
/// zero, less the inner cells known already, has only zeros left; one with a single unknown inner cell tells it. The
/// light check of the R package `SmallCountRounding` (`easyCheck`); values that follow from several published cells
/// together are not found.
pub(super) fn deducible(published: &Published, state: &Rounded) -> Vec<bool> {
    let mut known = vec![false; published.inner()];
    let mut unknown: Vec<usize> = (0..published.cells()).map(|cell| published.members(cell).len()).collect();
    // What the unknown inner cells of a published one add up to.
    let mut rest = state.published.clone();
    let mut open: Vec<usize> = (0..published.cells()).collect();
    while let Some(cell) = open.pop() {
        if unknown[cell] != 1 && rest[cell] != 0 {
            continue;
        }
        for inner in published.members(cell) {
            if std::mem::replace(&mut known[*inner as usize], true) {
                continue;
            }
            for around in published.around(*inner) {
                let around = *around as usize;
                unknown[around] -= 1;
                rest[around] -= state.inner[*inner as usize];
                if unknown[around] == 1 || (rest[around] == 0 && unknown[around] > 0) {
                    open.push(around);
                }
            }
        }
    }
    known
}
