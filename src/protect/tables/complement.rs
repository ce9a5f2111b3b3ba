//! Secondary suppression (complementary suppression) of a system of numbers that add up.
//!
//! Three conditions are met in turn until all hold:
//!
//! 1. no unsafe number is a combination of published ones (`gauss`);
//! 2. what is suppressed of a line is not few persons together: where a total is known, so is what its suppressed parts add up
//!    to. A person may be in several cells, so this takes the larger of two floors: persons of the largest cell, and persons who
//!    are in one cell only, added up. The same for what is left of them beside released rows;
//! 3. no unsafe number can be narrowed down beyond what its status tells, by somebody who knows every published number
//!    (`audit`, for each measure that is demanded).

use crate::config::Threshold;
use crate::summarise::Cell;

use super::audit::{self, Demand, Problem};
use super::beforehand::tighten;
use super::gauss::{self, Options, Suppressor};
use super::layer::Hidden;
use super::system::{Relation, System};
use super::{TableCell, TableError};

/// At least this far apart must the ends of the interval of an unsafe number be, so that three numbers are possible.
const LEAST_WIDTH: f64 = 2.0;

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

    pub fn role(&self) -> Role {
        self.role
    }

    /// What its suppression costs: the persons it does not tell of. A cell of hardly more than the threshold hides little, since
    /// its status says that it has as many: with fewer than 2*t* − 2 persons it cannot make up for another cell of 1…*t*−1, and is
    /// not worth more than one that can.
    fn cost(&self) -> u64 {
        let enough = 2 * self.threshold.get().saturating_sub(1);
        self.whole.persons + 3 * enough.saturating_sub(self.whole.persons)
    }
}

/// Numbers of one kind in the cells of a system, and which of them must stay unsure.
pub(super) struct Measure {
    /// True values.
    pub values: Vec<f64>,
    /// What an outsider knows of a number that is suppressed: its least and largest value.
    pub bounds: Vec<(f64, f64)>,
    /// What he must still hold possible of unsafe numbers.
    pub demands: Vec<Demand>,
    /// Whether parts may add up to more than their total: distinct persons, of whom one may be in several parts.
    pub overlaps: bool,
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

/// Demands less what is known before any number is published, and the cells of which that leaves nearly nothing open.
fn attainable(demands: &[Demand], beforehand: &[(f64, f64)]) -> (Vec<Demand>, Vec<u32>) {
    let (mut attainable, mut narrow) = (Vec::new(), Vec::new());
    for demand in demands {
        let (least, most) = beforehand[demand.cell as usize];
        let width = LEAST_WIDTH.min(demand.high - demand.low);
        let low = demand.low.max(least);
        let high = demand.high.max(low + width).min(most);
        if high - low < width {
            narrow.push(demand.cell);
        }
        attainable.push(Demand { cell: demand.cell, low, high });
    }
    (attainable, narrow)
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
    pub fn protect(mut self, measures: &[Measure]) -> Result<Hidden, TableError> {
        let mut unmet = Vec::new();
        loop {
            let before = self.unknown.clone();
            self.lines()?;
            unmet.clear();
            for measure in measures {
                unmet.extend(self.intervals(measure)?);
                self.lines()?;
            }
            if self.unknown == before {
                break;
            }
        }
        unmet.extend(self.suppressor.unprotected());
        unmet.sort_unstable();
        unmet.dedup();
        let hidden = self.sites.iter().zip(&self.unknown).map(|(site, unknown)| *unknown && site.role != Role::Tie);
        Ok(Hidden { hidden: hidden.collect(), unprotected: unmet })
    }

    /// Makes the intervals of a measure wide enough; the numbers for which that cannot be.
    fn intervals(&mut self, measure: &Measure) -> Result<Vec<u32>, TableError> {
        let (low, high) = measure.bounds.iter().copied().unzip();
        let published = self.unknown.iter().map(|unknown| !unknown).collect();
        let overlaps = match measure.overlaps {
            true => self.overlapping(&measure.values),
            false => vec![false; self.system.relations()],
        };
        let (demands, mut narrow) = attainable(&measure.demands, &tighten(self.system, &measure.bounds, &overlaps));
        let problem = Problem::new(self.system, measure.values.clone(), published)?.bounds(low, high)?;
        let mut problem = problem.slack(overlaps)?;
        let costs: Vec<f64> = self.sites.iter().map(|site| site.cost() as f64).collect();
        let may: Vec<bool> = self.sites.iter().map(|site| site.role == Role::Free).collect();
        let mut failed = None;
        let also = |cells: &[u32]| -> Vec<u32> {
            failed = failed.or(self.suppressor.suppress_also(cells).err());
            self.look();
            (0_u32..).zip(&self.unknown).filter(|(_, unknown)| **unknown).map(|(cell, _)| cell).collect()
        };
        let done = audit::protect_intervals(&mut problem, &demands, &costs, &may, &audit::Options::default(), also)?;
        failed.map_or(Ok(()), Err)?;
        narrow.extend(done.unmet.iter().map(|verdict| verdict.cell));
        Ok(narrow)
    }

    /// Relations whose parts have persons in common.
    fn overlapping(&self, values: &[f64]) -> Vec<bool> {
        let overlap = |line: u32| {
            let Relation { total, parts } = self.system.relation(line);
            parts.iter().map(|part| values[*part as usize]).sum::<f64>() != values[total as usize]
        };
        (0..self.system.relations() as u32).map(overlap).collect()
    }

    /// Suppresses more of the lines in which few persons are suppressed together, until there are none.
    fn lines(&mut self) -> Result<(), TableError> {
        loop {
            let lines =
                (0..self.system.relations() as u32).filter_map(|line| self.one_more(self.system.relation(line)));
            let mut more: Vec<u32> = lines.collect();
            if more.is_empty() {
                return Ok(());
            }
            more.sort_unstable();
            more.dedup();
            self.suppressor.suppress_also(&more)?;
            self.look();
        }
    }

    /// One more part to suppress of a line whose total is known and whose suppressed parts are few persons together.
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
