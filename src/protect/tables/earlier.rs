//! Earlier releases over the same people, and what somebody who kept them learns from a new one.
//!
//! With *x* the counts of a new release and *y* those of an earlier one, whoever knows both knows *x* − *y*: those who came in between,
//! less those who left. Three things are asked of a new release:
//!
//! > a cell whose earlier count is known is unsafe if 0 < |x − y| < threshold, in records or in persons (`primary.rs`)
//! > of a line whose total is known in both, the parts that are not are not few together (`complement.rs`)
//! > no cell that was unsafe then follows from both, where it may hold the same now (elimination over both systems)
//!
//! An earlier count is *known* where it was published, follows from published ones through sums, or is that of nobody. A cell that was
//! suppressed then *may hold the same now* where a known count around it changed by fewer than the threshold, or none around or in it
//! is known to have changed by more: its earlier and its new number are then one unknown. Where everything around it changed by more, it cannot be told how much
//! of that came to it. A release of which it is not sure that it became visible is reckoned with wherever that asks for more care. A count that is known and has not changed is known to everybody; suppressing it again hides nothing.

use std::collections::BTreeMap;

pub use super::differences::Between;

use super::complement::{Beside, Difference, Differences};
use super::gauss::{self, derivable, formula};
use super::system::{Relation, System};
use super::threshold::few;
use super::{TableCell, TableError};

/// An earlier release of a system of tables, its cells numbered from 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Earlier {
    /// Whether it surely became visible: otherwise what it shows may be known or not.
    pub certain: bool,
    /// Its cells.
    pub cells: Vec<EarlierCell>,
    /// Their sums, total and parts.
    pub relations: Vec<(u32, Vec<u32>)>,
    /// For each new cell, whether the earlier release says by its absence that nobody was in it.
    pub absent: Vec<bool>,
    /// Earlier cells that are parts of a new sum, and no new cells: the position of the sum, and the cell.
    pub gone: Vec<(u32, u32)>,
}

/// A cell of an earlier release.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierCell {
    /// The new cell with the same definition.
    pub same: Option<u32>,
    /// What became of it.
    pub fate: EarlierFate,
    /// Earlier cells of which it is not known whether they are parts of it.
    pub perhaps: Box<[u32]>,
    /// Its sums, as the new layout has them.
    pub amounts: Box<[EarlierMeasure<EarlierAmount>]>,
    /// Its shares, as the new layout has them.
    pub shares: Box<[Box<[EarlierMeasure<EarlierShare>]>]>,
}

/// What became of an earlier cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlierFate {
    /// Published or taken to be known: its records and persons.
    Known(u64, u64),
    /// Suppressed for its own sake.
    Unsafe,
    /// Suppressed for others, or not shown.
    Hidden,
}

/// A measure of an earlier cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlierMeasure<T> {
    /// Not shown.
    Nothing,
    /// Suppressed.
    Withheld,
    /// Published.
    Shown(T),
}

/// A sum that was published, or that published ones add up to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlierAmount {
    /// Records with a value.
    pub records: u64,
    /// Persons with a value.
    pub persons: Between,
    /// The sum.
    pub sum: f64,
    /// By how much it may be off for its having been added up.
    pub error: f64,
}

/// A share that was published, or follows from published ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierShare {
    /// Records with the value.
    pub records: u64,
    /// Persons with it.
    pub persons: Between,
    /// Persons with another.
    pub others: Between,
    /// Records with any.
    pub of_records: u64,
    /// Persons with any.
    pub of_persons: Between,
}

/// What earlier releases make of a new cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Before {
    /// It has the number that everybody knows.
    pub known: bool,
    /// The first release with a known number from which it differs by few, and what must stay possible of its records and persons.
    pub near: Option<Near>,
    /// The first release in which it was unsafe, where it may hold the same now.
    pub then: Option<usize>,
    /// Sums that would tell of few, by the layout.
    pub amounts: Box<[bool]>,
    /// Shares that would tell of few, by the layout.
    pub shares: Box<[Box<[bool]>]>,
}

/// A known earlier number from which a new one differs by few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near {
    /// The position of the release.
    pub release: usize,
    /// Its records then.
    pub records: u64,
    /// Its persons then, where they are known.
    pub persons: Option<u64>,
}

impl Before {
    /// Whether everybody knows another number of it than it has, so that its own must not be found.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.near.is_some() || self.known && self.amounts.iter().any(|changed| *changed)
    }

    /// Whether it must not be found.
    #[must_use]
    pub fn is_unsafe(&self) -> bool {
        !self.known && (self.near.is_some() || self.then.is_some())
    }
}

/// Counts that everybody knows of an earlier cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    records: u64,
    /// Persons do not follow through sums where one may be in several parts.
    persons: Option<u64>,
}

impl Known {
    fn before(self, now: (u64, u64)) -> Difference {
        let less = |now: u64, then: u64| i64::try_from(i128::from(now) - i128::from(then)).unwrap_or(i64::MAX);
        Difference { records: less(now.0, self.records), persons: self.persons.map(|then| less(now.1, then)) }
    }
}

/// All earlier releases, held against the cells of a new one.
#[derive(Debug, Clone, Default)]
pub struct Ahead {
    /// For each new cell, what the releases make of it.
    before: Vec<Before>,
    /// The new system and the earlier ones, with cells that may hold the same as one; new cells first.
    joint: System,
    extra: Vec<gauss::Cell>,
    differences: Vec<Differences>,
    /// Which new cells have another number than everybody knows of them.
    changed: Vec<bool>,
}

impl Ahead {
    /// Holds earlier releases against new cells, of which `relations` are the sums. What the cells say of releases before is not
    /// looked at.
    ///
    /// # Errors
    /// [`TableError`] where releases do not fit the cells.
    pub fn new(
        cells: &[TableCell<'_>],
        relations: &[(u32, Vec<u32>)],
        earlier: &[Earlier],
    ) -> Result<Self, TableError> {
        let measures = |cell: &TableCell<'_>| Before {
            amounts: vec![false; cell.cell.amounts.len()].into(),
            shares: cell.cell.shares.iter().map(|share| vec![false; share.categories.len()].into()).collect(),
            ..Before::default()
        };
        let mut ahead = Self { before: cells.iter().map(measures).collect(), ..Self::default() };
        let mut sums = relations.to_vec();
        for (release, earlier) in earlier.iter().enumerate() {
            if earlier.absent.len() != cells.len() {
                return Err(TableError::Layout);
            }
            let seen = Seen::new(earlier, cells)?;
            seen.judge(release, &mut ahead.before);
            ahead.differences.push(seen.differences(relations));
            seen.join(cells.len(), &mut ahead.extra, &mut sums)?;
        }
        ahead.joint = System::new(cells.len() + ahead.extra.len(), sums)?;
        ahead.changed = ahead.before.iter().map(Before::has_changed).collect();
        Ok(ahead)
    }

    /// What the releases make of a new cell.
    #[must_use]
    pub fn before(&self, cell: usize) -> Option<&Before> {
        self.before.get(cell)
    }

    pub(super) fn beside(&self) -> Option<Beside<'_>> {
        let Self { joint, extra, differences, changed, .. } = self;
        (!differences.is_empty()).then_some(Beside { system: joint, extra, differences, changed })
    }

    /// Cells of earlier releases that were unsafe and follow from both where these new cells are unknown; by their numbers in
    /// the joint system. It is found anew, apart from how a plan was made.
    ///
    /// # Errors
    /// [`TableError`] where there are not as many cells.
    pub(super) fn exposed(&self, unknown: &[bool]) -> Result<usize, TableError> {
        if self.extra.is_empty() {
            return Ok(0);
        }
        let extra = self.extra.iter().map(|cell| cell.role != gauss::Role::Forced);
        let suppressed: Vec<bool> = unknown.iter().copied().chain(extra).collect();
        let first = unknown.len();
        let found = derivable(&self.joint, &suppressed)?.into_iter().filter_map(|at| (at as usize).checked_sub(first));
        Ok(found.filter(|at| self.extra[*at].role == gauss::Role::Primary).count())
    }
}

/// One earlier release beside the new cells.
struct Seen<'a> {
    earlier: &'a Earlier,
    cells: &'a [TableCell<'a>],
    system: System,
    known: Vec<Option<Known>>,
    /// Which earlier cells that are not known may hold the same now as their new cell.
    one: Vec<bool>,
}

impl<'a> Seen<'a> {
    fn new(earlier: &'a Earlier, cells: &'a [TableCell<'a>]) -> Result<Self, TableError> {
        let system = System::new(earlier.cells.len(), earlier.relations.iter().cloned())?;
        let known = complete(&system, &earlier.cells)?;
        let mut seen = Self { earlier, cells, system, known, one: Vec::new() };
        seen.one = seen.unchanged();
        Ok(seen)
    }

    fn counts(&self, new: u32) -> (u64, u64) {
        let cell = self.cells[new as usize].cell;
        (cell.records, cell.persons)
    }

    /// By how much a known earlier cell changed, and whether that is fewer than the threshold.
    fn change(&self, cell: usize) -> Option<(Difference, bool)> {
        let (new, known) = (self.earlier.cells[cell].same?, self.known[cell]?);
        if !self.earlier.cells[cell].perhaps.is_empty() {
            return None;
        }
        let difference = known.before(self.counts(new));
        let threshold = self.cells[new as usize].threshold.get();
        let small = |change: i64| change.unsigned_abs() < threshold;
        Some((difference, small(difference.records) || difference.persons.is_some_and(small)))
    }

    /// The earlier number of a cell to which others belonged or not, where some of these together bring it near to the new one.
    fn perhaps_near(&self, release: usize, cell: usize, new: u32) -> Option<Near> {
        let known = self.known[cell]?;
        let most = |most: u64, part: &u32| Some(most.saturating_add(self.known[*part as usize]?.records));
        // Of one that is not known nobody knows how many it had.
        let most = self.earlier.cells[cell].perhaps.iter().try_fold(known.records, most).unwrap_or(u64::MAX);
        let (now, _) = self.counts(new);
        let near = Between { least: known.records, most }.is_near(now, self.cells[new as usize].threshold);
        near.then_some(Near { release, records: known.records, persons: None })
    }

    /// Cells that are not known, and around which something changed by few, or nothing is known to have changed by more.
    fn unchanged(&self) -> Vec<bool> {
        let change: Vec<Option<bool>> =
            (0..self.known.len()).map(|cell| self.change(cell).map(|(_, few)| few)).collect();
        // Cells that changed by more, as they or parts of them show: from the parts up.
        let mut much: Vec<bool> = change.iter().map(|few| *few == Some(false)).collect();
        // What larger cells tell: whether one of them is known to have changed or not, and whether by few. From the totals down.
        let mut around = vec![(false, false); self.earlier.cells.len()];
        let mut moved = true;
        while moved {
            moved = false;
            for line in 0..self.system.relations() as u32 {
                let Relation { total, parts } = self.system.relation(line);
                let at = total as usize;
                let grown = much[at] || change[at].is_none() && parts.iter().any(|part| much[*part as usize]);
                moved |= grown != much[at];
                much[at] = grown;
                let told = (around[at].0 || change[at].is_some() || grown, around[at].1 || change[at] == Some(true));
                for part in parts {
                    let part = &mut around[*part as usize];
                    let next = (part.0 || told.0, part.1 || told.1);
                    moved |= next != *part;
                    *part = next;
                }
            }
        }
        let cells = self.earlier.cells.iter().zip(&self.known).zip(around.into_iter().zip(much));
        cells
            .map(|((cell, known), ((any, few), much))| known.is_none() && cell.same.is_some() && (few || !any && !much))
            .collect()
    }

    fn judge(&self, release: usize, before: &mut [Before]) {
        for (at, cell) in self.earlier.cells.iter().enumerate() {
            let Some(new) = cell.same else { continue };
            let told = &mut before[new as usize];
            let now = &self.cells[new as usize];
            let change = self.change(at);
            if let (Some((difference, _)), Some(known)) = (change, self.known[at]) {
                let moved = |by: i64| few(by.unsigned_abs(), now.threshold);
                if difference.is_none() {
                    told.known |= self.earlier.certain;
                } else if moved(difference.records) || difference.persons.is_some_and(moved) {
                    let near = Near { release, records: known.records, persons: known.persons };
                    told.near.get_or_insert(near);
                }
            }
            if self.one[at] && cell.fate == EarlierFate::Unsafe {
                told.then.get_or_insert(release);
            }
            let loose = !cell.perhaps.is_empty();
            if let (true, Some(near)) = (loose, self.perhaps_near(release, at, new)) {
                told.near.get_or_insert(near);
            }
            let same = change.map_or(self.one[at] || loose, |(_, few)| few);
            measures(cell, now, same, told);
        }
    }

    /// By how much new cells changed, as far as everybody knows both numbers.
    fn differences(&self, relations: &[(u32, Vec<u32>)]) -> Differences {
        let nobody = Known { records: 0, persons: Some(0) };
        let absent = |(new, absent): (u32, &bool)| absent.then(|| nobody.before(self.counts(new)));
        let mut cells: Vec<Option<Difference>> = (0_u32..).zip(&self.earlier.absent).map(absent).collect();
        for (at, cell) in self.earlier.cells.iter().enumerate() {
            if let (Some(new), Some((difference, _))) = (cell.same, self.change(at)) {
                cells[new as usize] = Some(difference);
            }
        }
        let mut gone: BTreeMap<u32, Option<Difference>> = BTreeMap::new();
        for (line, cell) in &self.earlier.gone {
            let left = self.known[*cell as usize].map(|known| known.before((0, 0)));
            let sum = gone.entry(*line).or_insert(Some(Difference::NONE));
            *sum = sum.zip(left).map(|(sum, left)| sum.plus(left));
        }
        let thresholds = self.cells.iter().map(|cell| cell.threshold).collect();
        let persons = |cell: &u32| self.cells[*cell as usize].cell.persons;
        let exact = relations.iter().map(|(total, parts)| parts.iter().map(persons).sum::<u64>() == persons(total));
        Differences { cells, gone, exact: exact.collect(), thresholds }
    }

    /// Adds the earlier system to the joint one, where a cell of it may hold the same as a new one.
    fn join(
        &self,
        new_cells: usize,
        extra: &mut Vec<gauss::Cell>,
        sums: &mut Vec<(u32, Vec<u32>)>,
    ) -> Result<(), TableError> {
        if !self.one.contains(&true) {
            return Ok(());
        }
        let mut number = Vec::with_capacity(self.one.len());
        for (at, cell) in self.earlier.cells.iter().enumerate() {
            if let (true, Some(new)) = (self.one[at], cell.same) {
                number.push(new);
                continue;
            }
            number.push(u32::try_from(new_cells + extra.len()).map_err(|_| super::SystemError::TooLarge)?);
            let role = match (self.known[at], cell.fate) {
                (Some(_), _) => gauss::Role::Forced,
                (None, EarlierFate::Unsafe) => gauss::Role::Primary,
                (None, _) => gauss::Role::Virtual,
            };
            extra.push(gauss::Cell { role, cost: 0, singleton: None });
        }
        let all = 0..self.system.relations() as u32;
        sums.extend(all.map(|line| {
            let Relation { total, parts } = self.system.relation(line);
            (number[total as usize], parts.iter().map(|part| number[*part as usize]).collect())
        }));
        Ok(())
    }
}

/// Which measures of a new cell would tell of few: those that were published and changed by few, and those that were suppressed where
/// the cell may hold the same now.
fn measures(then: &EarlierCell, now: &TableCell<'_>, same: bool, before: &mut Before) {
    for ((tally, then), told) in now.cell.amounts.iter().zip(&then.amounts).zip(&mut before.amounts) {
        *told |= match then {
            EarlierMeasure::Nothing => false,
            EarlierMeasure::Withheld => same,
            EarlierMeasure::Shown(had) => {
                let moved = (had.sum - tally.sum.to_f64()).abs() > had.error || had.records != tally.records;
                moved && had.persons.is_near(tally.persons, now.threshold)
            }
        };
    }
    for ((tally, then), told) in now.cell.shares.iter().zip(&then.shares).zip(&mut before.shares) {
        for ((found, then), told) in tally.categories.iter().zip(then).zip(told) {
            *told |= match then {
                EarlierMeasure::Nothing => false,
                EarlierMeasure::Withheld => same,
                EarlierMeasure::Shown(had) => {
                    let changed = (found.records, tally.records) != (had.records, had.of_records);
                    let counts =
                        [(had.persons, found.persons), (had.others, found.others), (had.of_persons, tally.persons)];
                    few(found.records.abs_diff(had.records), now.threshold)
                        || counts.iter().any(|(had, has)| had.differs_by_few(*has, changed, now.threshold))
                }
            };
        }
    }
}

/// What everybody knows of earlier cells: what was published, and what follows.
fn complete(system: &System, cells: &[EarlierCell]) -> Result<Vec<Option<Known>>, TableError> {
    let told = |cell: &EarlierCell| match cell.fate {
        EarlierFate::Known(records, persons) => Some(Known { records, persons: Some(persons) }),
        EarlierFate::Unsafe | EarlierFate::Hidden => None,
    };
    let mut known: Vec<Option<Known>> = cells.iter().map(told).collect();
    let mut moved = true;
    while moved {
        moved = false;
        for line in 0..system.relations() as u32 {
            moved |= fill(system.relation(line), &mut known);
        }
    }
    // Few follow only from several sums together.
    let suppressed: Vec<bool> = known.iter().map(Option::is_none).collect();
    for cell in derivable(system, &suppressed)? {
        let Some(found) = formula(system, &suppressed, cell)? else { continue };
        let terms = found.terms.iter().map(|(of, factor)| known[*of as usize].map(|k| factor * k.records));
        let sum: Option<num_bigint::BigInt> = terms.sum();
        let records = sum.map(|sum| sum / found.divisor).and_then(|records| u64::try_from(records).ok());
        known[cell as usize] = records.map(|records| Known { records, persons: None });
    }
    Ok(known)
}

/// Fills in the one number of a line that is not known.
fn fill(Relation { total, parts }: Relation<'_>, known: &mut [Option<Known>]) -> bool {
    let mut open = parts.iter().chain([&total]).filter(|cell| known[**cell as usize].is_none());
    let (Some(&last), None) = (open.next(), open.next()) else { return false };
    let mut others = parts.iter().filter_map(|part| known[*part as usize]);
    // Numbers that nobody can have counted tell nothing.
    let Some(sum) = others.try_fold(0_u64, |sum, known| sum.checked_add(known.records)) else { return false };
    known[last as usize] = if last == total {
        Some(Known { records: sum, persons: None })
    } else {
        known[total as usize].and_then(|whole| {
            // Where nobody has two records, nobody is in two parts.
            let records = whole.records.checked_sub(sum)?;
            Some(Known { records, persons: (whole.persons == Some(whole.records)).then_some(records) })
        })
    };
    known[last as usize].is_some()
}
