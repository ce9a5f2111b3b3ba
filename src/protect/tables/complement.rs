//! Secondary suppression (complementary suppression) of a system of numbers that add up.
//!
//! Three conditions are met in turn until all hold:
//!
//! 1. no unsafe number is a combination of published ones (`gauss`);
//! 2. what is suppressed of a line is not unsafe together: where a total is known, so is what its suppressed parts add up to
//!    (`Lines`: in the tables of a run floors of persons, `floors.rs`; in ready-made ones the rules of the tables);
//! 3. no unsafe number can be narrowed down beyond what its status tells, by somebody who knows every published number
//!    (`audit`, for each measure that is demanded).

use super::TableError;
use super::audit::{self, Demand, Problem, Tables};
use super::beforehand::tighten;
use super::differences::Found;
pub(super) use super::differences::{Difference, Differences};
use super::gauss::{self, Options, Suppressor};
use super::layer::Hidden;
use super::report::overlapping;
use super::system::{Relation, System};

/// At least this far apart must the ends of the interval of an unsafe number be, so that three numbers are possible.
pub(super) const LEAST_WIDTH: f64 = 2.0;

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

/// A number of the system.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site {
    /// What may become of it.
    pub role: Role,
    /// What is lost when it is suppressed.
    pub cost: u64,
    /// Its one contributor, if it has just one: he knows it.
    pub singleton: Option<u64>,
}

/// Which suppressed numbers of one line are unsafe together, where their sum is known because their total is.
pub(super) trait Lines {
    /// Several numbers together.
    type Sum: Clone + Default;

    /// Whether parts add up to their total exactly, so that a total that nobody shows is known where all its parts are. Distinct
    /// persons do not.
    const EXACT: bool;

    /// Takes one more number in.
    fn add(&self, sum: &mut Self::Sum, cell: u32);

    /// Whether they are unsafe together, in a line of this number and total.
    fn is_unsafe(&self, line: u32, total: u32, sum: &Self::Sum) -> Result<bool, TableError>;
}

/// Numbers of one kind in the cells of a system, and which of them must stay unsure.
pub(super) struct Measure {
    /// True values.
    pub values: Vec<f64>,
    /// What an outsider knows of a number that is suppressed: its least and largest value.
    pub bounds: Vec<(f64, f64)>,
    /// What he would know of it if its status did not tell why it is suppressed.
    pub silent: Vec<(f64, f64)>,
    /// What he must still hold possible of unsafe numbers.
    pub demands: Vec<Demand>,
    /// Whether parts may add up to more than their total: distinct persons, of whom one may be in several parts.
    pub overlaps: bool,
}

/// What can be asked of a suppression, and what cannot.
#[derive(Default)]
pub(super) struct Attainable {
    /// Demands less what is known before any number is published.
    pub demands: Vec<Demand>,
    /// Cells of which statuses alone leave nearly nothing open.
    told: Vec<u32>,
    /// Cells of which what is known anyway leaves nearly nothing open, whatever statuses tell.
    known: Vec<u32>,
}

impl Attainable {
    /// `told` follows from statuses alone, `known` from what is known alone.
    fn new(demands: &[Demand], told: &[(f64, f64)], known: &[(f64, f64)]) -> Self {
        let mut attainable = Self::default();
        for demand in demands {
            let width = LEAST_WIDTH.min(demand.high - demand.low);
            let within = |low: f64, high: f64, (least, most): (f64, f64)| {
                let low = low.max(least);
                (low, high.max(low + width).min(most))
            };
            let by_known = within(demand.low, demand.high, known[demand.cell as usize]);
            let by_both = within(by_known.0, by_known.1, told[demand.cell as usize]);
            if by_known.1 - by_known.0 < width {
                attainable.known.push(demand.cell);
            } else if by_both.1 - by_both.0 < width {
                attainable.told.push(demand.cell);
            }
            attainable.demands.push(Demand { cell: demand.cell, low: by_both.0, high: by_both.1.max(by_both.0) });
        }
        attainable
    }
}

/// Earlier releases beside a system.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    /// The system and those of the releases, with cells that may hold the same as one; its own cells first.
    pub system: &'a System,
    /// The further cells.
    pub extra: &'a [gauss::Cell],
    /// By how much cells changed since each release.
    pub differences: &'a [Differences],
    /// Which of its own cells have another number than everybody knows of them.
    pub changed: &'a [bool],
}

/// What can be asked, given what is known before any number is published.
pub(super) fn attainable(system: &System, sites: &[Site], measure: &Measure) -> Result<Attainable, TableError> {
    if measure.values.len() != sites.len() || measure.bounds.len() != sites.len() {
        return Err(audit::AuditError::Length.into());
    }
    let overlaps = overlaps(system, measure);
    let all = sites.iter().zip(&measure.values).zip(&measure.silent);
    let fixed: Vec<(f64, f64)> =
        all.map(|((site, value), bound)| if site.role == Role::Known { (*value, *value) } else { *bound }).collect();
    let told = tighten(system, &measure.bounds, &overlaps);
    Ok(Attainable::new(&measure.demands, &told, &tighten(system, &fixed, &overlaps)))
}

pub(super) fn overlaps(system: &System, measure: &Measure) -> Vec<bool> {
    match measure.overlaps {
        true => overlapping(system, &measure.values),
        false => vec![false; system.relations()],
    }
}

/// A system under way.
pub(super) struct Complement<'a, L> {
    pub(super) system: &'a System,
    beside: Option<Beside<'a>>,
    pub(super) sites: Vec<Site>,
    lines: L,
    pub(super) suppressor: Suppressor,
    /// Suppressed, or never shown.
    pub(super) unknown: Vec<bool>,
    /// Suppressed because a line would be unsafe without them.
    pub(super) in_lines: Vec<bool>,
    /// For each measure, tables that show demands to be met.
    pub(super) tables: Vec<Tables>,
}

impl<'a, L: Lines> Complement<'a, L> {
    pub fn new(system: &'a System, sites: Vec<Site>, lines: L) -> Result<Self, TableError> {
        Self::with(system, sites, lines, None, None)
    }

    /// A system beside which earlier releases lie; with a pattern, these of its free cells are suppressed from the start.
    pub fn with(
        system: &'a System,
        sites: Vec<Site>,
        lines: L,
        beside: Option<Beside<'a>>,
        pattern: Option<&[u32]>,
    ) -> Result<Self, TableError> {
        let cell = |site: &Site| gauss::Cell {
            role: match site.role {
                Role::Free => gauss::Role::Free,
                Role::Unsafe => gauss::Role::Primary,
                Role::Known => gauss::Role::Forced,
                Role::Tie => gauss::Role::Virtual,
            },
            cost: site.cost,
            singleton: site.singleton,
        };
        let extra = beside.as_ref().map_or(&[][..], |beside| beside.extra);
        let cells: Vec<gauss::Cell> = sites.iter().map(cell).chain(extra.iter().copied()).collect();
        let whole = beside.as_ref().map_or(system, |beside| beside.system);
        // What of a pattern is not needed for moves may be needed for intervals.
        let options = Options { clean_up: pattern.is_none(), ..Options::default() };
        let suppressor = Suppressor::starting_from(whole, &cells, pattern.unwrap_or_default(), options)?;
        let in_lines = vec![false; sites.len()];
        let mut complement =
            Self { system, beside, sites, lines, suppressor, unknown: Vec::new(), in_lines, tables: Vec::new() };
        complement.look();
        Ok(complement)
    }

    /// Unsafe cells that are combinations of known numbers. That hidden cells may hold the same as then and that a total of theirs
    /// changed cannot both be: whoever believes the first finds the number of then. Such a total counts where it follows from
    /// the new tables alone.
    fn derivable(&self) -> Result<Vec<u32>, TableError> {
        let found = self.suppressor.unprotected();
        let has_changed = |cell: &u32| self.beside.is_some_and(|b| b.changed.get(*cell as usize).is_some_and(|is| *is));
        if !found.iter().any(has_changed) {
            return Ok(found.to_vec());
        }
        let alone = gauss::derivable(self.system, &self.unknown)?;
        Ok(found.iter().copied().filter(|cell| !has_changed(cell) || alone.contains(cell)).collect())
    }

    fn look(&mut self) {
        let statuses = self.suppressor.statuses().iter().take(self.sites.len());
        self.unknown = statuses.map(|status| *status != gauss::Status::Published).collect();
    }

    /// Suppresses until all conditions hold, or nothing is left that could be suppressed for them; then publishes again what nobody
    /// needs.
    pub fn protect(mut self, measures: &[Measure]) -> Result<Hidden, TableError> {
        self.tables.resize(measures.len(), Tables::default());
        let found: Vec<Attainable> =
            measures.iter().map(|measure| attainable(self.system, &self.sites, measure)).collect::<Result<_, _>>()?;
        let asked: Vec<Vec<Demand>> = found.iter().map(|found| found.demands.clone()).collect();
        let mut open = self.satisfy(measures, asked.clone())?;
        let met = asked
            .iter()
            .zip(&open)
            .map(|(asked, open)| asked.iter().filter(|demand| !open.contains(demand)).copied().collect());
        let met: Vec<Vec<Demand>> = met.collect();
        // Where an unsafe cell follows from what is known, what its lines hide beside it stays hidden. Beside earlier releases a cell
        // is needed for what these hide as well, which a trial does not look at.
        let lost = found.iter().any(|found| !(found.known.is_empty() && found.told.is_empty()));
        let all_met = self.suppressor.unprotected().is_empty() && open.iter().all(Vec::is_empty);
        if all_met && !lost && self.beside.is_none() {
            let unsettled = self.trim(measures, &met)?;
            self.look();
            for (open, more) in open.iter_mut().zip(unsettled) {
                open.extend(more);
            }
            open = self.satisfy(measures, open)?;
        }
        let mut unmet: Vec<u32> = open.iter().flatten().map(|demand| demand.cell).collect();
        unmet.extend(found.iter().flat_map(|found| &found.told));
        let mut known: Vec<u32> = found.into_iter().flat_map(|found| found.known).collect();
        unmet.extend(self.derivable()?);
        unmet.extend(self.suppressor.exposed());
        let (mut differences, new_cells) = (self.differences(true)?.1, self.sites.len() as u32);
        differences += unmet.iter().filter(|cell| **cell >= new_cells).count();
        unmet.retain(|cell| *cell < new_cells);
        unmet.retain(|cell| !known.contains(cell));
        for cells in [&mut unmet, &mut known] {
            cells.sort_unstable();
            cells.dedup();
        }
        let hidden = self.sites.iter().zip(&self.unknown).map(|(site, unknown)| *unknown && site.role != Role::Tie);
        Ok(Hidden {
            hidden: hidden.collect(),
            unprotected: unmet,
            known,
            asked,
            earlier: differences,
            tables: self.tables,
        })
    }

    /// Suppresses until lines are safe and demands are met. Gives those that cannot be; what is met stays so, whatever else is
    /// suppressed.
    fn satisfy(&mut self, measures: &[Measure], mut open: Vec<Vec<Demand>>) -> Result<Vec<Vec<Demand>>, TableError> {
        loop {
            let before = self.unknown.clone();
            self.lines()?;
            for (at, (measure, open)) in measures.iter().zip(&mut open).enumerate() {
                let mut tables = std::mem::take(&mut self.tables[at]);
                *open = self.intervals(measure, open, &mut tables)?;
                self.tables[at] = tables;
                self.lines()?;
            }
            if self.unknown == before {
                return Ok(open);
            }
        }
    }

    /// What an intruder knows of a measure as things stand.
    pub(super) fn problem(&self, measure: &Measure) -> Result<Problem<'a>, TableError> {
        let (low, high) = measure.bounds.iter().copied().unzip();
        let published = self.unknown.iter().map(|unknown| !unknown).collect();
        let problem = Problem::new(self.system, measure.values.clone(), published)?.bounds(low, high)?;
        Ok(problem.slack(overlaps(self.system, measure))?)
    }

    /// Makes the intervals of a measure wide enough; gives the demands for which that cannot be.
    fn intervals(
        &mut self,
        measure: &Measure,
        demands: &[Demand],
        tables: &mut Tables,
    ) -> Result<Vec<Demand>, TableError> {
        if demands.is_empty() {
            return Ok(Vec::new());
        }
        let mut problem = self.problem(measure)?;
        let costs: Vec<f64> = self.sites.iter().map(|site| site.cost as f64).collect();
        let may: Vec<bool> = self.sites.iter().map(|site| site.role == Role::Free).collect();
        let mut failed = None;
        let also = |cells: &[u32]| -> Vec<u32> {
            failed = failed.or(self.suppressor.suppress_also(cells).err());
            self.look();
            (0_u32..).zip(&self.unknown).filter(|(_, unknown)| **unknown).map(|(cell, _)| cell).collect()
        };
        let done =
            audit::protect_intervals(&mut problem, demands, &costs, &may, &audit::Options::default(), tables, also)?;
        failed.map_or(Ok(()), Err)?;
        let mut unmet: Vec<u32> = done.unmet.iter().map(|verdict| verdict.cell).collect();
        unmet.sort_unstable();
        Ok(demands.iter().filter(|demand| unmet.binary_search(&demand.cell).is_ok()).copied().collect())
    }

    /// Suppresses more of the lines in which what is suppressed is unsafe together, until there are none.
    fn lines(&mut self) -> Result<(), TableError> {
        loop {
            let known = self.known();
            let lines = (0..self.system.relations() as u32).filter_map(|line| self.one_more(line, &known).transpose());
            let mut more: Vec<u32> = lines.collect::<Result<_, _>>()?;
            more.extend(self.differences(false)?.0);
            if more.is_empty() {
                return Ok(());
            }
            more.sort_unstable();
            more.dedup();
            more.iter().for_each(|cell| self.in_lines[*cell as usize] = true);
            self.suppressor.suppress_also(&more)?;
            self.look();
        }
    }

    /// Further numbers to suppress where what changed since earlier releases is few together, and how many lines there are for which
    /// nothing is left to suppress; these are looked for where it is `settled`.
    fn differences(&self, settled: bool) -> Result<(Vec<u32>, usize), TableError> {
        let (mut more, mut unmet) = (Vec::new(), 0);
        for earlier in self.beside.iter().flat_map(|beside| beside.differences) {
            for line in 0..self.system.relations() as u32 {
                let free = |cell: u32| self.sites[cell as usize].role == Role::Free;
                let cost = |cell: u32| self.sites[cell as usize].cost;
                match earlier.one_more(self.system.relation(line), line, &self.unknown, (&free, &cost)) {
                    Found::Sound => {}
                    Found::Suppress(cell) => more.push(cell),
                    Found::Stuck => unmet += usize::from(settled),
                }
            }
        }
        Ok((more, unmet))
    }

    /// Which numbers are published, or follow from these line by line.
    pub(super) fn known(&self) -> Vec<bool> {
        let mut known: Vec<bool> = self.unknown.iter().map(|unknown| !unknown).collect();
        let mut fresh = L::EXACT;
        while fresh {
            fresh = false;
            for line in 0..self.system.relations() as u32 {
                let Relation { total, parts } = self.system.relation(line);
                let mut open = parts.iter().chain([&total]).filter(|cell| !known[**cell as usize]);
                if let (Some(last), None) = (open.next().copied(), open.next()) {
                    known[last as usize] = true;
                    fresh = true;
                }
            }
        }
        known
    }

    /// One more part to suppress of a line whose total is known and whose suppressed parts are unsafe together.
    fn one_more(&self, line: u32, known: &[bool]) -> Result<Option<u32>, TableError> {
        let Some(sum) = self.gives_away(line, known)? else { return Ok(None) };
        let Relation { total, parts } = self.system.relation(line);
        let shown = parts.iter().copied().filter(|part| !self.unknown[*part as usize]);
        let mut free: Vec<u32> = shown.filter(|part| self.sites[*part as usize].role == Role::Free).collect();
        free.sort_unstable_by_key(|part| (self.sites[*part as usize].cost, *part));
        // The cheapest that makes them safe; where none does alone, the largest, and so on.
        for part in &free {
            let mut with = sum.clone();
            self.lines.add(&mut with, *part);
            if !self.lines.is_unsafe(line, total, &with)? {
                return Ok(Some(*part));
            }
        }
        Ok(free.last().copied())
    }

    /// What a line gives away, if its suppressed parts are unsafe together and their sum is known.
    pub(super) fn gives_away(&self, line: u32, known: &[bool]) -> Result<Option<L::Sum>, TableError> {
        let Relation { total, parts } = self.system.relation(line);
        if !known[total as usize] {
            return Ok(None);
        }
        let is_hidden = |part: &&u32| self.unknown[**part as usize];
        // All parts together are the total, which is known to be enough.
        if matches!(parts.iter().filter(is_hidden).count(), none_or_all if none_or_all == 0 || none_or_all == parts.len())
        {
            return Ok(None);
        }
        let mut sum = L::Sum::default();
        parts.iter().filter(is_hidden).for_each(|part| self.lines.add(&mut sum, *part));
        Ok(self.lines.is_unsafe(line, total, &sum)?.then_some(sum))
    }
}
