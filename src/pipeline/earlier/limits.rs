//! What earlier releases tell of counts without telling them: limits, by numbers that were changed before they were published.
//!
//! Whoever kept a count that was rounded to a multiple of *b* knows it up to *b* − 1, whatever is suppressed later; cell keys leave as much
//! as their p-table changes at most. Noise leaves everything possible, if not equally likely. Limits that the count is no longer within
//! are of another count: nobody can use them. Two draws of one count are another matter: of 7, rounded by chance to 5 and then to 10,
//! limits alone say 6 to 9, and many draws the count itself. So what is drawn again under another key, by another method or with other
//! parameters is told here.

use super::{Before, Recorded};
use crate::ledger::{Changed, Tables, tie};

/// What is known of the counts of new cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::pipeline) struct Limits {
    /// For each new cell between which limits its count lies; all, where nothing is known.
    pub within: Vec<(u64, u64)>,
    /// Shown cells whose counts were changed by another draw.
    pub drawn_again: u64,
}

impl Limits {
    /// Limits by numbers that were changed, of cells with these counts.
    pub fn of_changed(before: &Before, recorded: &Recorded, relations: &[(u32, Vec<u32>)], counts: &[u64]) -> Self {
        let mut limits = Self::none(counts.len());
        for earlier in before.of_dataset(&recorded.tables) {
            if let Some(changed) = earlier.changed {
                limits.take(recorded, relations, (earlier, &changed), counts, |_| false);
            }
        }
        limits
    }

    /// The same by exact numbers too, for counts that are to be changed in the way of `own`; `shown` are the cells that are released.
    pub fn of_all(
        before: &Before,
        recorded: &Recorded,
        relations: &[(u32, Vec<u32>)],
        (counts, shown, own): (&[u64], &[bool], &Changed),
    ) -> Self {
        let mut limits = Self::none(counts.len());
        for earlier in before.of_dataset(&recorded.tables) {
            match earlier.changed {
                Some(changed) => {
                    let both = own.by.can_be_averaged() && changed.by.can_be_averaged() && own.draw != changed.draw;
                    limits.take(recorded, relations, (earlier, &changed), counts, |cell| both && shown[cell]);
                }
                // Of a cell there are as many as rows at least, or as were drawn.
                None if earlier.rows || earlier.sample != recorded.tables.sample => {
                    limits.take_rows(recorded, relations, earlier, counts)
                }
                None => limits.take_exact(recorded, relations, earlier, counts),
            }
        }
        limits
    }

    fn none(cells: usize) -> Self {
        Self { within: vec![(0, u64::MAX); cells], drawn_again: 0 }
    }

    /// Limits that are not of this count were those of another.
    fn narrow(&mut self, cell: usize, (low, high): (u64, u64), count: u64) {
        if (low..=high).contains(&count) {
            let known = &mut self.within[cell];
            *known = (known.0.max(low), known.1.min(high));
        }
    }

    fn take(
        &mut self,
        recorded: &Recorded,
        relations: &[(u32, Vec<u32>)],
        (earlier, changed): (&Tables, &Changed),
        counts: &[u64],
        again: impl Fn(usize) -> bool,
    ) {
        let Some(tied) = tie(&recorded.tables, &recorded.nested, relations, earlier) else { return };
        let shown = earlier.cells.iter().zip(&tied.same).filter_map(|(cell, same)| Some((cell, (*same)? as usize)));
        for (cell, new) in shown {
            self.drawn_again += u64::from(again(new));
            if let Some((low, high)) = cell.within {
                // Of the persons of a cell as many were drawn at most.
                let low = if recorded.tables.sample && !earlier.sample { 0 } else { low };
                self.narrow(new, (low, high), counts[new]);
            }
        }
        for (new, _) in tied.absent.iter().enumerate().filter(|(_, absent)| **absent) {
            // Nobody, or a count that became 0.
            if let Some(absent) = changed.absent {
                self.drawn_again += u64::from(again(new) && counts[new] > 0);
                self.narrow(new, absent, counts[new]);
            }
        }
    }

    fn take_rows(&mut self, recorded: &Recorded, relations: &[(u32, Vec<u32>)], earlier: &Tables, counts: &[u64]) {
        let Some(tied) = tie(&recorded.tables, &recorded.nested, relations, earlier) else { return };
        for (cell, same) in earlier.cells.iter().zip(&tied.same) {
            if let (Some(new), Some(known)) = (same, cell.counts) {
                self.narrow(*new as usize, (known.persons, u64::MAX), counts[*new as usize]);
            }
        }
    }

    fn take_exact(&mut self, recorded: &Recorded, relations: &[(u32, Vec<u32>)], earlier: &Tables, counts: &[u64]) {
        let Some(tied) = tie(&recorded.tables, &recorded.nested, relations, earlier) else { return };
        for (cell, same) in earlier.cells.iter().zip(&tied.same) {
            let Some(new) = same.map(|new| new as usize) else { continue };
            match cell.counts {
                Some(known) => self.narrow(new, (known.persons, known.persons), counts[new]),
                // It stands in a table, so somebody is in it.
                None if earlier.shapes[cell.shape as usize].shown => self.narrow(new, (1, u64::MAX), counts[new]),
                None => {}
            }
        }
        for (new, _) in tied.absent.iter().enumerate().filter(|(_, absent)| **absent) {
            self.narrow(new, (0, 0), counts[new]);
        }
    }
}
