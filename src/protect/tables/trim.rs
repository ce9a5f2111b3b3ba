//! Publishes secondary cells again that nobody needs, the dearest first.
//!
//! A secondary cell that was needed when it was suppressed may be dispensable in the end, since others came after it. Each is tried:
//! published, it must leave every unsafe cell a move (`gauss`), every line safe, and every demand met by a table that does not
//! change the cell (`audit::Keeper`). What cannot be published now cannot be once others are, unless it is one of these that held it back:
//! such cells are tried again. So a pattern without superfluous cells is left, as far as the effort goes.

use super::TableError;
use super::audit::{Demand, Keeper};
use super::complement::{Complement, Lines, Measure, Role};
use super::system::{Relation, System};

/// Elementary steps allowed for each cell of the system, and for any system.
const STEPS: u64 = 20_000;
const STEPS_AT_LEAST: u64 = 200_000_000;

/// What came of the trial of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    Published,
    /// Other cells would follow from it that have to stay hidden, or beside which lines need it.
    Pinned,
    Needed,
}

/// Which numbers are known line by line, and how many of each line are not.
struct Known<'a> {
    system: &'a System,
    known: Vec<bool>,
    /// Numbers of each line that are not known.
    open: Vec<u32>,
    exact: bool,
}

impl<'a> Known<'a> {
    fn new(system: &'a System, known: Vec<bool>, exact: bool) -> Self {
        let unknown = |cell: &&u32| !known[**cell as usize];
        let line = |line: u32| {
            let Relation { total, parts } = system.relation(line);
            parts.iter().chain([&total]).filter(unknown).count() as u32
        };
        let open = (0..system.relations() as u32).map(line).collect();
        Self { system, known, open, exact }
    }

    /// Learns a number, and all that follow from it line by line; these are returned.
    fn learn(&mut self, cell: u32) -> Vec<u32> {
        let (mut learnt, mut next) = (Vec::new(), vec![cell]);
        while let Some(cell) = next.pop() {
            if std::mem::replace(&mut self.known[cell as usize], true) {
                continue;
            }
            learnt.push(cell);
            for line in self.system.around(cell) {
                self.open[*line as usize] -= 1;
                if self.exact && self.open[*line as usize] == 1 {
                    let Relation { total, parts } = self.system.relation(*line);
                    next.extend(parts.iter().chain([&total]).find(|cell| !self.known[**cell as usize]));
                }
            }
        }
        learnt
    }

    fn forget(&mut self, learnt: &[u32]) {
        for cell in learnt {
            self.known[*cell as usize] = false;
            self.system.around(*cell).iter().for_each(|line| self.open[*line as usize] += 1);
        }
    }
}

impl<L: Lines> Complement<'_, L> {
    /// Publishes what nobody needs. Gives for each measure the demands for which no table was kept: they have to be looked at again.
    pub(super) fn trim(
        &mut self,
        measures: &[Measure],
        demands: &[Vec<Demand>],
    ) -> Result<Vec<Vec<Demand>>, TableError> {
        let mut keepers = Vec::with_capacity(measures.len());
        for ((measure, demands), tables) in measures.iter().zip(demands).zip(&self.tables) {
            keepers.push(Keeper::new(&self.problem(measure)?, demands, tables)?);
        }
        let mut order: Vec<u32> = (0..self.sites.len() as u32)
            .filter(|cell| self.unknown[*cell as usize] && self.sites[*cell as usize].role == Role::Free)
            .collect();
        order.sort_unstable_by_key(|cell| (std::cmp::Reverse(self.sites[*cell as usize].cost), *cell));
        let mut known = Known::new(self.system, self.known(), L::EXACT);
        // What a line needs hides something only where it does not follow from elsewhere.
        self.suppressor.release_helpers(|cell| self.in_lines[cell as usize]);
        let budget = STEPS_AT_LEAST.max(STEPS.saturating_mul(self.sites.len() as u64));
        while !order.is_empty() {
            let (mut pinned, before) = (Vec::new(), order.len());
            for cell in order {
                if keepers.iter().map(|keeper| keeper.steps).sum::<u64>() > budget {
                    break;
                }
                if self.trial(cell, &mut known, &mut keepers)? == Trial::Pinned {
                    pinned.push(cell);
                }
            }
            // What another cell of a line held back may go once that one is gone.
            order = if pinned.len() < before { pinned } else { Vec::new() };
        }
        self.tables = keepers.iter().map(Keeper::tables).collect();
        let unsettled = keepers.iter().zip(demands).map(|(keeper, demands)| {
            let missing = keeper.missing();
            demands.iter().filter(|demand| missing.binary_search(&demand.cell).is_ok()).copied().collect()
        });
        Ok(unsettled.collect())
    }

    fn trial(&mut self, cell: u32, known: &mut Known<'_>, keepers: &mut [Keeper]) -> Result<Trial, TableError> {
        self.unknown[cell as usize] = false;
        let learnt = known.learn(cell);
        let safe = self.lines_stay_safe(cell, &learnt, &known.known)?;
        let mut may = safe && self.suppressor.can_publish(cell);
        let pinned = safe && !may;
        let before: Vec<(f64, f64)> = keepers.iter().map(|keeper| keeper.bounds(cell)).collect();
        let mut tried = 0;
        while may && tried < keepers.len() {
            may = keepers[tried].without(cell);
            tried += usize::from(may);
        }
        for (keeper, before) in keepers.iter_mut().zip(before).take(tried) {
            keeper.settled(cell, may, before);
        }
        if may {
            self.suppressor.publish(cell);
        } else {
            known.forget(&learnt);
            self.unknown[cell as usize] = true;
        }
        Ok(match (may, pinned) {
            (true, _) => Trial::Published,
            (_, true) => Trial::Pinned,
            _ => Trial::Needed,
        })
    }

    /// Whether no line is unsafe for it that these numbers are known.
    fn lines_stay_safe(&self, cell: u32, learnt: &[u32], known: &[bool]) -> Result<bool, TableError> {
        let mut lines: Vec<u32> =
            learnt.iter().chain([&cell]).flat_map(|cell| self.system.around(*cell)).copied().collect();
        lines.sort_unstable();
        lines.dedup();
        for line in lines {
            if self.gives_away(line, known)?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
