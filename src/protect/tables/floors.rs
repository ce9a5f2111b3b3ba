//! Fewest persons of several numbers together.
//!
//! A person may be in several cells, so this takes the larger of two floors: persons of the largest cell, and persons who are in
//! one cell only, added up. The same for what is left of them beside released rows. Where rules look at contributors, they judge the
//! numbers together as well.

use crate::config::{Cost, Decision, Threshold};
use crate::summarise::Cell;

use super::complement::{Lines, Role, Site};
use super::rules::RuleSet;
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

/// For each cell of a system what it costs by its distance from the nearest of the cells that `of` marks; more than any of
/// these where none is near.
#[must_use]
pub fn by_distance(system: &System, of: &[bool]) -> Vec<u64> {
    let distances = system.distances(of);
    let beyond = distances.iter().flatten().max().map_or(1, |most| most + 1);
    distances.into_iter().map(|distance| u64::from(distance.unwrap_or(beyond)).max(1) * RATHER).collect()
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
    /// Whether it costs its distance from the nearest unsafe number instead.
    by_distance: bool,
    wish: Decision,
}

impl<'a> Peopled<'a> {
    pub fn new(cell: &TableCell<'_>, role: Role, floor: impl Fn(&Cell) -> Floor) -> Self {
        let left = cell.left_over.map_or_else(Floor::default, &floor);
        let cost = cell.wish.cost.or(match cell.cost {
            Cost::Persons | Cost::Distance => None,
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
            by_distance: cell.cost == Cost::Distance && cell.wish.cost.is_none(),
            wish: cell.wish.decision,
        }
    }

    /// What the method sees of all numbers of a system.
    pub fn sites(system: &System, numbers: &[Self]) -> Vec<Site> {
        let mut sites: Vec<Site> = numbers.iter().map(Self::site).collect();
        if numbers.iter().any(|number| number.by_distance) {
            let of: Vec<bool> = numbers.iter().map(|number| number.role == Role::Unsafe).collect();
            let far = by_distance(system, &of);
            for ((site, number), far) in
                sites.iter_mut().zip(numbers).zip(far).filter(|((_, number), _)| number.by_distance)
            {
                site.cost = leaned(far, number.wish);
            }
        }
        sites
    }

    /// The same with what is known of contributors.
    pub fn judged(self, judged: Option<Judged<'a>>) -> Self {
        Self { judged: judged.unwrap_or_default(), ..self }
    }

    fn site(&self) -> Site {
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
    /// The largest threshold of its numbers, and how many of them have persons.
    threshold: Option<Threshold>,
    peopled: usize,
    /// Its numbers, where rules look at their contributors.
    cells: Vec<u32>,
}

/// The lines of a system whose numbers have persons.
///
/// What is suppressed of a line is itself a number, that of its total less what is published. It is judged as the total is and as
/// its parts are, which tables with other rules may show; but where it is all that the line has it is the total, whose own tables
/// say what may be known of it.
#[derive(Clone, Copy)]
pub(super) struct PeopledLines<'a> {
    pub system: &'a System,
    pub sites: &'a [Peopled<'a>],
}

impl PeopledLines<'_> {
    /// Whether all persons of a line are in what is suppressed of it.
    fn is_all(&self, line: u32, sum: &Suppressed) -> bool {
        let parts = self.system.relation(line).parts;
        parts.iter().filter(|part| self.sites[**part as usize].whole.persons > 0).count() == sum.peopled
    }

    /// Whether what is suppressed, or what is left of it (`place` 1), breaks rules on contributors.
    fn breaks_rules(&self, line: u32, total: &Peopled<'_>, place: usize, sum: &Suppressed) -> Result<bool, TableError> {
        let judged = |cell: &u32| self.sites[*cell as usize].judged[place];
        let mut rules: Vec<&RuleSet> = total.judged[place].iter().map(|(rules, _)| &**rules).collect();
        for (of_part, _) in sum.cells.iter().filter_map(judged) {
            if !rules.contains(&&**of_part) {
                rules.push(of_part);
            }
        }
        let own = usize::from(total.judged[place].is_some());
        if rules.len() > own && self.is_all(line, sum) {
            rules.truncate(own);
        }
        if rules.is_empty() {
            return Ok(false);
        }
        let facts = |cell: &u32| judged(cell).map(|(_, facts)| facts);
        let parts: Vec<_> = self.system.relation(line).parts.iter().map(facts).collect();
        let hidden: Vec<_> = sum.cells.iter().map(facts).collect();
        let total = total.judged[place].map(|(_, facts)| facts);
        Ok(weigh::unsafe_together(&rules, total, &parts, &hidden)?)
    }
}

impl Lines for PeopledLines<'_> {
    type Sum = Suppressed;

    const EXACT: bool = false;

    fn add(&self, sum: &mut Suppressed, cell: u32) {
        let number = &self.sites[cell as usize];
        sum.together[0].add(number.whole);
        sum.together[1].add(number.left);
        sum.threshold = sum.threshold.max(Some(number.threshold));
        sum.peopled += usize::from(number.whole.persons > 0);
        if number.judged.iter().any(Option::is_some) {
            sum.cells.push(cell);
        }
    }

    fn is_unsafe(&self, line: u32, total: u32, sum: &Suppressed) -> Result<bool, TableError> {
        let total = &self.sites[total as usize];
        let few = |threshold: Threshold| sum.together.iter().any(|together| together.few(threshold));
        let of_parts = sum.threshold.filter(|threshold| *threshold > total.threshold);
        if few(total.threshold) || of_parts.is_some_and(few) && !self.is_all(line, sum) {
            return Ok(true);
        }
        if sum.cells.is_empty() {
            return Ok(false);
        }
        Ok(self.breaks_rules(line, total, 0, sum)? || self.breaks_rules(line, total, 1, sum)?)
    }
}
