//! Secondary suppression along lines whose totals are known.
//!
//! L. H. Cox, "Suppression methodology and statistical disclosure control", J. American Statistical Association 75, 1980;
//! Hundepool et al., *Statistical Disclosure Control*, Wiley 2012, §4.4.
//!
//! An outsider may know the total of a group of cells (the size of a stratum follows from published weights) and of the
//! whole table. Published cells subtracted from it leave the total *T* of the suppressed ones. He also knows what the
//! status says: each of *m* primary cells has 1…*t*−1 persons, each of *s* secondary cells at least *t*. A line is safe if
//!
//! 1. *m* + *s* ≥ 2: no suppressed cell is alone;
//! 2. the suppressed cells have at least *t* distinct persons together. A person may be in several cells, so this takes
//!    the larger of two floors: persons of the largest cell, and persons who are in one cell only, added up;
//! 3. a primary cell may still have any number 1…*t*−1. Its highest possible value, all others being as low as they
//!    can, reaches *t*−1:  *T* − (*m*−1) − *s*·*t* ≥ *t*−1; and where *s* = 0 its lowest, all others being *t*−1, reaches
//!    1:  *T* − (*m*−1)(*t*−1) ≤ 1. (Eleven cells that hold eleven persons hold one each.)
//!
//! Where persons lie in several cells, a known number of persons is not the sum of the cells and nothing can be subtracted
//! exactly; condition 2 carries the line then.
//!
//! Where a line is not safe, the smallest published cell that makes it so is suppressed; where no single cell does, the
//! largest, and so on. Where a group has nothing published left, the whole table is still made safe as one line.
//!
//! This protects one set of disjoint lines and their sum. A table with margins along several columns, or two tables that
//! share cells, have more lines than these, and suppressing along one can be undone along another: that takes a solver.
//! This is why a pipeline refuses margins and linked tables.

use crate::config::Threshold;
use crate::summarise::Cell;

use super::Status;

/// What a cell gives to the total of its lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contribution {
    persons: u64,
    exclusive: u64,
}

impl Contribution {
    pub(super) fn of(cell: &Cell) -> Self {
        Self { persons: cell.persons, exclusive: cell.exclusive }
    }
}

/// The suppressed cells of a line.
#[derive(Debug, Clone, Copy, Default)]
struct Hidden {
    /// *m*
    primary: u64,
    /// *s*
    secondary: u64,
    /// *T*
    persons: u64,
    exclusive: u64,
    largest: u64,
}

impl Hidden {
    fn of(line: &[usize], cells: &[Contribution], status: &[Status]) -> Self {
        line.iter().fold(Self::default(), |hidden, &at| hidden.with(cells[at], status[at]))
    }

    fn with(mut self, cell: Contribution, status: Status) -> Self {
        match status {
            Status::Published => return self,
            Status::Primary => self.primary += 1,
            Status::Secondary => self.secondary += 1,
        }
        self.persons += cell.persons;
        self.exclusive += cell.exclusive;
        self.largest = self.largest.max(cell.persons);
        self
    }

    /// The three conditions above; a line without primary cells has nothing to hide but must not give a secondary cell
    /// away, on which another line may rest.
    fn safe(&self, threshold: Threshold) -> bool {
        let [m, s, total, t] = [self.primary, self.secondary, self.persons, threshold.get()].map(i128::from);
        if m + s == 0 {
            return true;
        }
        let together = self.largest.max(self.exclusive) >= threshold.get();
        let reaches_top = total - (m - 1) - s * t >= t - 1;
        let reaches_bottom = s > 0 || total - (m - 1) * (t - 1) <= 1;
        m + s >= 2 && together && (m == 0 || (reaches_top && reaches_bottom))
    }
}

/// Suppresses further cells until every line, and the whole table as a line, is safe or has nothing published left.
/// Cells are in canonical order; `lines` hold positions and are disjoint. Returns the number of lines that are not safe.
pub(super) fn protect(
    cells: &[Contribution],
    lines: &[Vec<usize>],
    threshold: Threshold,
    status: &mut [Status],
) -> u64 {
    let table: Vec<usize> = (0..cells.len()).collect();
    loop {
        let mut suppressed = 0;
        for line in lines {
            suppressed += make_safe(line, cells, threshold, status);
        }
        // A cell suppressed for the sake of the table may be alone in its group: go round again.
        if make_safe(&table, cells, threshold, status) + suppressed == 0 {
            break;
        }
    }
    lines.iter().filter(|line| !Hidden::of(line, cells, status).safe(threshold)).count() as u64
}

/// Makes one line safe as far as its published cells allow, and returns how many it suppressed.
fn make_safe(line: &[usize], cells: &[Contribution], threshold: Threshold, status: &mut [Status]) -> usize {
    let mut hidden = Hidden::of(line, cells, status);
    if hidden.safe(threshold) {
        return 0;
    }
    let mut candidates: Vec<usize> = line.iter().copied().filter(|&at| status[at] == Status::Published).collect();
    // Positions are in canonical order and the sort is stable: ties go by rank.
    candidates.sort_by_key(|&at| cells[at].persons);
    let mut suppressed = 0;
    while !hidden.safe(threshold) {
        // A published cell has t persons or more, so condition 2 holds with any of them, and the others are the easier
        // to meet the larger the cell is: candidates that suffice are the upper end of the list.
        let enough = |&at: &usize| hidden.with(cells[at], Status::Secondary).safe(threshold);
        let first = candidates.partition_point(|at| !enough(at));
        let at = if first < candidates.len() { Some(candidates.remove(first)) } else { candidates.pop() };
        let Some(at) = at else { break };
        status[at] = Status::Secondary;
        hidden = hidden.with(cells[at], Status::Secondary);
        suppressed += 1;
    }
    suppressed
}
