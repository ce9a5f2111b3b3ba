//! Which cells and measures are unsafe by themselves, or by what is left of them beside released rows.
//!
//! *Differencing against rows.* Whoever holds a table over everybody and rows of some can subtract the rows of a cell from the
//! cell. Where a stratum was drawn as a whole, or nearly, what is left are the few persons whose classes were under *k*. With *R*
//! the records of the cell that do not leave as rows:
//!
//! > a cell is sensitive if 0 < persons(*R*) < threshold; a sum, mean or share also if its own rule fails on *R*
//!
//! Nothing left (persons(*R*) = 0) is safe: the table then says what the rows say. If every published cell keeps the rule, so
//! does every union of published cells, since what is left of a union is empty or holds what is left of one of them.

use crate::config::{Decision, Zeros};
use crate::summarise::{AmountTally, CategoryTally, Cell, ShareTally};

use super::rules::{Mark, RuleName};
use super::{Before, Status, TableCell, Weighed, share, threshold};

/// Whether a cell is unsafe: few persons contribute, or few are left; or, unless it is decided that it is published all the same, a
/// rule on contributors is broken, it tells about everybody of a group, or that nobody is in it must not be known.
pub(super) fn cell(cell: &TableCell<'_>) -> bool {
    let few = threshold::few(cell.cell.persons, cell.threshold)
        || left(cell, |rest| rest.persons)
        || cell.before.is_some_and(Before::is_unsafe);
    let otherwise = cell.wish.decision == Decision::Unsafe
        || cell.weighed.as_ref().is_some_and(|weighed| weighed.cell().is_some())
        || cell.group.is_some()
        || nobody(cell);
    few || otherwise && cell.wish.decision != Decision::Publish
}

/// Whether nobody is in a cell, and that must not be known.
pub(super) fn nobody(cell: &TableCell<'_>) -> bool {
    cell.cell.persons == 0 && cell.zeros == Zeros::Unsafe && cell.shown.cell
}

/// What a suppressed cell is said to be. One with enough persons of whom few are left is *secondary*: it protects those few, and
/// its status must not say that it has few persons itself; nor may that of one that tells about everybody say that it does. A cell
/// of nobody, where such cells are shown, is one of fewer than the threshold.
pub(super) fn status(cell: &TableCell<'_>, hidden: bool) -> Status {
    match hidden {
        false => Status::Published,
        true if cell.cell.persons < cell.threshold.get() => Status::Primary(RuleName::Threshold),
        true if cell.wish.decision == Decision::Unsafe => Status::Primary(RuleName::Manual),
        true if cell.wish.decision == Decision::Publish => Status::Secondary,
        true => cell.weighed.as_ref().and_then(Weighed::rule).map_or(Status::Secondary, Status::Primary),
    }
}

/// The mark of a cell.
pub(super) fn mark(cell: &TableCell<'_>, hidden: bool) -> Mark {
    match status(cell, hidden) {
        Status::Published => Mark::V,
        Status::Secondary => Mark::D,
        Status::Primary(rule) => {
            let weighed = cell.weighed.as_ref().and_then(Weighed::cell).filter(|found| found.rule == rule);
            weighed.map_or_else(|| rule.mark(1), |found| found.mark)
        }
    }
}

/// Whether the sum and the mean of a summed column are unsafe in a cell: they speak about the persons who have a value only.
pub(super) fn amount(cell: &TableCell<'_>, at: usize) -> bool {
    let persons = |of: &Cell| of.amounts.get(at).map_or(0, |tally: &AmountTally| tally.persons);
    let earlier = cell.before.is_some_and(|before| before.amounts.get(at).is_some_and(|is| *is));
    threshold::few(persons(cell.cell), cell.threshold)
        || left(cell, persons)
        || earlier
        || cell.wish.decision != Decision::Publish
            && cell.weighed.as_ref().is_some_and(|weighed| weighed.amount(at).is_some())
}

/// Whether the share of a category is unsafe in a cell, for the persons who are in it or for those who are not.
pub(super) fn category(cell: &TableCell<'_>, at: usize, category: usize) -> bool {
    let unsafe_in = |of: &Cell| {
        let tally = of.shares.get(at);
        let found = |tally: &ShareTally| tally.categories.get(category).copied();
        tally.and_then(found).is_some_and(|found: CategoryTally| {
            let persons = tally.map_or(0, |tally| tally.persons);
            let everybody = cell.shown.groups.get(at).is_some_and(|is| *is) && persons > 0 && found.others == 0;
            everybody || share::sensitive(&found, persons, cell.threshold)
        })
    };
    let told = |before: &Before| before.shares.get(at).and_then(|all| all.get(category)).is_some_and(|is| *is);
    unsafe_in(cell.cell) || cell.left_over.is_some_and(unsafe_in) || cell.before.is_some_and(told)
}

fn left(cell: &TableCell<'_>, persons: impl Fn(&Cell) -> u64) -> bool {
    cell.left_over.is_some_and(|rest| threshold::few(persons(rest), cell.threshold))
}
