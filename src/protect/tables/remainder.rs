//! Differencing against rows: a table over everybody beside rows of some.
//!
//! Whoever holds both can subtract the rows of a cell from the cell. Where a stratum was drawn as a whole, or nearly, what is
//! left are the few persons whose classes were under *k*. With *R* the records of the cell that do not leave as rows:
//!
//! > a cell is sensitive if 0 < persons(*R*) < threshold; a sum, mean or share also if its own rule fails on *R*
//!
//! Nothing left (persons(*R*) = 0) is safe: the table then says what the rows say. If every published cell keeps the rule, so
//! does every union of published cells, since what is left of a union is empty or holds what is left of one of them.

use crate::config::Threshold;
use crate::summarise::{AmountTally, Cell, ShareTally};

use super::{Status, TableCell, share, threshold};

/// What is left of a cell, if anybody is.
fn left<'a>(cell: &TableCell<'a>) -> Option<&'a Cell> {
    cell.left_over.filter(|rest| rest.persons > 0)
}

/// Suppression of a cell by itself, and by what is left of it. A cell with enough persons of whom few are left is
/// *secondary*: it protects those few, and its status must not say that it has few persons itself.
pub(super) fn primary(cell: &TableCell<'_>, limit: Threshold) -> Status {
    match (threshold::primary(cell.cell, limit), left(cell).map(|rest| threshold::primary(rest, limit))) {
        (Status::Published, Some(Status::Primary)) => Status::Secondary,
        (by_itself, _) => by_itself,
    }
}

/// Per summed column, whether sum and mean may be published.
pub(super) fn amounts(cell: &TableCell<'_>, limit: Threshold) -> Vec<bool> {
    let safe = |(at, tally)| {
        let rest = left(cell).and_then(|rest| rest.amounts.get(at)).filter(|rest: &&AmountTally| rest.persons > 0);
        threshold::amount(tally, limit) && rest.is_none_or(|rest| threshold::amount(rest, limit))
    };
    cell.cell.amounts.iter().enumerate().map(safe).collect()
}

/// Per share column and measured value, whether the share may be published.
pub(super) fn shares(cell: &TableCell<'_>, limit: Threshold) -> Vec<Vec<bool>> {
    let safe = |(at, tally)| {
        let whole = share::published(tally, limit);
        match left(cell).and_then(|rest| rest.shares.get(at)).filter(|rest: &&ShareTally| rest.persons > 0) {
            None => whole.into_vec(),
            Some(rest) => {
                let rest = share::published(rest, limit);
                let both: Vec<bool> = whole.iter().zip(&rest).map(|(a, b)| *a && *b).collect();
                // Shares of a column are protected jointly: hiding one of several could give back another, so all go.
                if both.iter().any(|is| !is) { vec![false; both.len()] } else { both }
            }
        }
    };
    cell.cell.shares.iter().enumerate().map(safe).collect()
}
