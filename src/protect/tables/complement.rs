//! Secondary suppression (complementary suppression) of a system of numbers that add up.
//!
//! Three conditions are met in turn until all hold:
//!
//! 1. no unsafe number is a combination of published ones (`gauss`);
//! 2. what is suppressed of a line is not few persons together: where a total is known, so is what its suppressed parts add up
//!    to. A person may be in several cells, so this takes the larger of two floors: persons of the largest cell, and persons who
//!    are in one cell only, added up. The same for what is left of them beside released rows;
//! 3. no unsafe number of persons can be narrowed down (`audit`).

use crate::config::Threshold;
use crate::summarise::Cell;

use super::gauss::{self, Options, Suppressor};
use super::layer::Hidden;
use super::system::{Relation, System};
use super::{TableCell, TableError};

/// What may become of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Published or suppressed, as the others need it.
    Free,
    /// Suppressed, and not to be found out.
    Unsafe,
    /// Known to outsiders, whatever is published.
    Known,
    /// Neither shown nor to be protected.
    Tie,
}

/// Persons of a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Floor {
    pub persons: u64,
    /// Those who are in no other number of its shape.
    pub exclusive: u64,
}

/// A number of the system.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site {
    role: Role,
    threshold: Threshold,
    whole: Floor,
    /// What is left beside released rows.
    left: Floor,
}

impl Site {
    pub fn new(cell: &TableCell<'_>, role: Role, floor: impl Fn(&Cell) -> Floor) -> Self {
        let left = cell.left_over.map_or_else(Floor::default, &floor);
        Self { role, threshold: cell.threshold, whole: floor(cell.cell), left }
    }

    /// What its suppression costs: the persons it does not tell of.
    fn cost(&self) -> u64 {
        self.whole.persons
    }
}

/// Persons of several numbers together, at least.
#[derive(Debug, Clone, Copy, Default)]
struct Together {
    largest: u64,
    exclusive: u64,
}

impl Together {
    fn with(self, floor: Floor) -> Self {
        Self { largest: self.largest.max(floor.persons), exclusive: self.exclusive + floor.exclusive }
    }

    fn few(self, threshold: Threshold) -> bool {
        (1..threshold.get()).contains(&self.largest.max(self.exclusive))
    }
}

/// A system under way.
pub(super) struct Complement<'a> {
    system: &'a System,
    sites: Vec<Site>,
    suppressor: Suppressor,
    /// Suppressed, or never shown.
    unknown: Vec<bool>,
}

impl<'a> Complement<'a> {
    pub fn new(system: &'a System, sites: Vec<Site>) -> Result<Self, TableError> {
        let cell = |site: &Site| gauss::Cell {
            role: match site.role {
                Role::Free => gauss::Role::Free,
                Role::Unsafe => gauss::Role::Primary,
                Role::Known => gauss::Role::Forced,
                Role::Tie => gauss::Role::Virtual,
            },
            cost: site.cost(),
            singleton: None,
        };
        let suppressor = Suppressor::new(system, &sites.iter().map(cell).collect::<Vec<_>>(), Options::default())?;
        let mut complement = Self { system, sites, suppressor, unknown: Vec::new() };
        complement.look();
        Ok(complement)
    }

    fn look(&mut self) {
        self.unknown = self.suppressor.statuses().iter().map(|status| *status != gauss::Status::Published).collect();
    }

    /// Suppresses until all conditions hold, or nothing is left that could be suppressed for them.
    pub fn protect(mut self) -> Result<Hidden, TableError> {
        loop {
            let more: Vec<u32> = self.lines_of_few();
            if more.is_empty() {
                break;
            }
            self.suppressor.suppress_also(&more)?;
            self.look();
        }
        let unprotected = self.suppressor.unprotected().len() as u64;
        let hidden = self.sites.iter().zip(&self.unknown).map(|(site, unknown)| *unknown && site.role != Role::Tie);
        Ok(Hidden { hidden: hidden.collect(), unprotected })
    }

    /// For every line whose total is known and whose suppressed parts are few persons together: one more part to suppress.
    fn lines_of_few(&self) -> Vec<u32> {
        let lines = (0..self.system.relations() as u32).filter_map(|line| self.one_more(self.system.relation(line)));
        let mut more: Vec<u32> = lines.collect();
        more.sort_unstable();
        more.dedup();
        more
    }

    fn one_more(&self, Relation { total, parts }: Relation<'_>) -> Option<u32> {
        if self.unknown[total as usize] {
            return None;
        }
        let (hidden, shown): (Vec<u32>, Vec<u32>) = parts.iter().partition(|part| self.unknown[**part as usize]);
        let threshold = self.sites[total as usize].threshold;
        let [mut whole, mut left] = [Together::default(); 2];
        for part in &hidden {
            let site = &self.sites[*part as usize];
            (whole, left) = (whole.with(site.whole), left.with(site.left));
        }
        // All parts together are the total, which is known to be enough.
        let few = |whole: Together, left: Together| whole.few(threshold) || left.few(threshold);
        if hidden.is_empty() || shown.is_empty() || !few(whole, left) {
            return None;
        }
        let mut free: Vec<u32> =
            shown.into_iter().filter(|part| self.sites[*part as usize].role == Role::Free).collect();
        free.sort_unstable_by_key(|part| (self.sites[*part as usize].cost(), *part));
        let enough = |part: &&u32| {
            let site = &self.sites[**part as usize];
            !few(whole.with(site.whole), left.with(site.left))
        };
        // The cheapest that makes them enough; where none does alone, the largest, and so on.
        free.iter().find(enough).or(free.last()).copied()
    }
}
