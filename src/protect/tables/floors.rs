//! Fewest persons of several numbers together.
//!
//! A person may be in several cells, so this takes the larger of two floors: persons of the largest cell, and persons who are in
//! one cell only, added up. The same for what is left of them beside released rows.

use crate::config::Threshold;
use crate::summarise::Cell;

use super::complement::{Lines, Role, Site};
use super::{TableCell, TableError};

/// Persons of a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Floor {
    pub persons: u64,
    /// Those who are in no other number of its shape.
    pub exclusive: u64,
}

/// A number with its persons.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peopled {
    pub role: Role,
    threshold: Threshold,
    whole: Floor,
    /// What is left beside released rows.
    left: Floor,
}

impl Peopled {
    pub fn new(cell: &TableCell<'_>, role: Role, floor: impl Fn(&Cell) -> Floor) -> Self {
        let left = cell.left_over.map_or_else(Floor::default, &floor);
        Self { role, threshold: cell.threshold, whole: floor(cell.cell), left }
    }

    pub fn site(&self) -> Site {
        Site { role: self.role, cost: self.cost(), singleton: None }
    }

    /// What its suppression costs: the persons it does not tell of. A cell of hardly more than the threshold hides little, since
    /// its status says that it has as many: with fewer than 2*t* − 2 persons it cannot make up for another cell of 1…*t*−1, and is
    /// not worth more than one that can.
    fn cost(&self) -> u64 {
        let enough = 2 * self.threshold.get().saturating_sub(1);
        self.whole.persons + 3 * enough.saturating_sub(self.whole.persons)
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

impl Lines for &[Peopled] {
    /// All of them, and what is left of them.
    type Sum = [Together; 2];

    fn add(&self, [whole, left]: &mut Self::Sum, cell: u32) {
        let number = &self[cell as usize];
        whole.add(number.whole);
        left.add(number.left);
    }

    fn is_unsafe(&self, _: u32, total: u32, [whole, left]: &Self::Sum) -> Result<bool, TableError> {
        let threshold = self[total as usize].threshold;
        Ok(whole.few(threshold) || left.few(threshold))
    }
}
