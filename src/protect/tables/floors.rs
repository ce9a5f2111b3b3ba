//! Fewest persons of several numbers together.
//!
//! A person may be in several cells, so this takes the larger of two floors: persons of the largest cell, and persons who are in
//! one cell only, added up. The same for what is left of them beside released rows. Where rules look at contributors, they judge the
//! numbers together as well.

use crate::config::{Cost, Decision, Threshold};
use crate::summarise::Cell;

use super::complement::{Lines, Role, Site};
use super::weigh::{self, Judged};
use super::{System, TableCell, TableError};

/// How much more the suppression of a cell costs that is rather published.
pub const RATHER: u64 = 1 << 16;
/// The largest cost: sums of costs of all cells stay numbers.
const MOST_COST: u64 = 1 << 50;

/// The cost of a cell with what is decided about it.
#[must_use]
pub fn leaned(cost: u64, decision: Decision) -> u64 {
    let cost = cost.min(MOST_COST);
    match decision {
        Decision::PreferPublish => cost.max(1).saturating_mul(RATHER).min(MOST_COST),
        Decision::PreferSuppress => 1,
        _ => cost,
    }
}

/// Persons of a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Floor {
    pub persons: u64,
    /// Those who are in no other number of its shape.
    pub exclusive: u64,
}

/// A number with its persons.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peopled<'a> {
    pub role: Role,
    threshold: Threshold,
    whole: Floor,
    /// What is left beside released rows.
    left: Floor,
    /// What is known of contributors, where rules look at them.
    judged: Judged<'a>,
    /// What its suppression costs; `None` for what its persons say.
    cost: Option<u64>,
    wish: Decision,
}

impl<'a> Peopled<'a> {
    pub fn new(cell: &TableCell<'_>, role: Role, floor: impl Fn(&Cell) -> Floor) -> Self {
        let left = cell.left_over.map_or_else(Floor::default, &floor);
        let cost = cell.wish.cost.or(match cell.cost {
            Cost::Persons => None,
            Cost::Records => Some(cell.cell.records.max(1)),
            Cost::Cells => Some(RATHER),
        });
        Self {
            role,
            threshold: cell.threshold,
            whole: floor(cell.cell),
            left,
            judged: [None; 2],
            cost,
            wish: cell.wish.decision,
        }
    }

    /// The same with what is known of contributors.
    pub fn judged(self, judged: Option<Judged<'a>>) -> Self {
        Self { judged: judged.unwrap_or_default(), ..self }
    }

    pub fn site(&self) -> Site {
        Site { role: self.role, cost: self.cost(), singleton: None }
    }

    /// What its suppression costs: the persons it does not tell of. A cell of hardly more than the threshold hides little, since
    /// its status says that it has as many: with fewer than 2*t* − 2 persons it cannot make up for another cell of 1…*t*−1, and is
    /// not worth more than one that can.
    fn cost(&self) -> u64 {
        let enough = 2 * self.threshold.get().saturating_sub(1);
        let usual = self.whole.persons + 3 * enough.saturating_sub(self.whole.persons);
        leaned(self.cost.unwrap_or(usual), self.wish)
    }
}

/// Persons of several numbers together, at least.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Together {
    largest: u64,
    exclusive: u64,
}

impl Together {
    fn add(&mut self, floor: Floor) {
        self.largest = self.largest.max(floor.persons);
        self.exclusive += floor.exclusive;
    }

    fn few(self, threshold: Threshold) -> bool {
        (1..threshold.get()).contains(&self.largest.max(self.exclusive))
    }
}

/// What is suppressed of a line.
#[derive(Debug, Clone, Default)]
pub(super) struct Suppressed {
    /// All of it, and what is left of it.
    together: [Together; 2],
    /// Its numbers, where rules look at their contributors.
    cells: Vec<u32>,
}

/// The lines of a system whose numbers have persons.
pub(super) struct PeopledLines<'a> {
    pub system: &'a System,
    pub sites: &'a [Peopled<'a>],
}

impl Lines for PeopledLines<'_> {
    type Sum = Suppressed;

    const EXACT: bool = false;

    fn add(&self, sum: &mut Suppressed, cell: u32) {
        let number = &self.sites[cell as usize];
        sum.together[0].add(number.whole);
        sum.together[1].add(number.left);
        if number.judged.iter().any(Option::is_some) {
            sum.cells.push(cell);
        }
    }

    fn is_unsafe(&self, line: u32, total: u32, sum: &Suppressed) -> Result<bool, TableError> {
        let total = &self.sites[total as usize];
        if sum.together.iter().any(|together| together.few(total.threshold)) {
            return Ok(true);
        }
        for (place, judged) in total.judged.iter().enumerate() {
            let Some(judged) = judged else { continue };
            let of = |cell: &u32| self.sites[*cell as usize].judged[place].map(|(_, facts)| facts);
            let parts: Vec<_> = self.system.relation(line).parts.iter().map(of).collect();
            let hidden: Vec<_> = sum.cells.iter().map(of).collect();
            if weigh::unsafe_together(judged, &parts, &hidden)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
