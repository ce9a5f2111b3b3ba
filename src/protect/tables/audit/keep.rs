//! Witness tables that are kept, so that cells can be published again one after the other.
//!
//! Each end of a demanded interval holds one verified table that reaches it. A cell may be published again where every end whose
//! table changes that cell has another table that does not. Most cells are in few of these tables, so that a trial costs little.

use rayon::prelude::*;

use super::problem::{AuditError, Problem};
use super::search::{Goal, Search};
use super::tables::Tables;
use super::verdict::{Demand, check, goals};
use super::witness::Witness;

/// Unknown cells of the programmes in which a table is sought at first, one size after the other.
const FIRST: [usize; 5] = [32, 128, 400, 800, 2000];

/// The same where a cell is tried.
const TRIAL: [usize; 2] = [48, 160];

/// Tables of a cell that are looked at before another is sought.
const LOOK: usize = 24;

/// Goals sought side by side; fixed, so that results do not depend on threads.
const BATCH: usize = 64;

const NONE: u32 = u32::MAX;

/// Demands with the tables that meet them.
#[derive(Debug)]
pub(crate) struct Keeper {
    search: Search,
    goals: Vec<Goal>,
    /// The table of each goal, or [`NONE`] where none was found: such a goal holds nothing back.
    held: Vec<u32>,
    /// Variables and deviations, ascending; empty where a cell in it was published since.
    tables: Vec<Witness>,
    /// Goals that hold each table.
    holders: Vec<Vec<u32>>,
    /// Tables that change each variable.
    moves: Vec<Vec<u32>>,
    /// What changes hands if the cell at hand is published.
    pending: Vec<(u32, u32)>,
    /// Elementary steps so far: squares of the sizes of programmes.
    pub steps: u64,
}

impl Keeper {
    /// Finds tables for all demands that are met; those known already are taken up first, where they hold.
    ///
    /// # Errors
    /// As [`super::audit`].
    pub(crate) fn new(problem: &Problem, demands: &[Demand], known: &Tables) -> Result<Self, AuditError> {
        check(problem, demands)?;
        let search = Search::swapping(problem)?;
        let goals: Vec<Goal> = goals(&search, demands).into_iter().flatten().collect();
        let variables = search.model.variables();
        let mut keeper = Self {
            held: vec![NONE; goals.len()],
            search,
            goals,
            tables: Vec::new(),
            holders: Vec::new(),
            moves: vec![Vec::new(); variables],
            pending: Vec::new(),
            steps: 0,
        };
        keeper.take_up(known);
        keeper.seek(|search, goal| search.by_swap(goal));
        for size in FIRST {
            keeper.seek(|search, goal| search.seek(goal, size, false));
        }
        Ok(keeper)
    }

    /// Holds those of these tables that reach goals without one.
    fn take_up(&mut self, known: &Tables) {
        let mut of: Vec<Vec<u32>> = vec![Vec::new(); self.search.model.variables()];
        for (goal, at) in self.goals.iter().zip(0..) {
            of[goal.var as usize].push(at);
        }
        for table in self.search.holding(known) {
            let goals = table.iter().flat_map(|(var, by)| of[*var as usize].iter().map(move |goal| (*goal, *by)));
            let open =
                |(goal, by): &(u32, f64)| self.held[*goal as usize] == NONE && self.goals[*goal as usize].is_met(*by);
            let goals: Vec<u32> = goals.filter(open).map(|(goal, _)| goal).collect();
            if !goals.is_empty() {
                let id = self.keep(table);
                goals.into_iter().for_each(|goal| self.hold(goal, id));
            }
        }
    }

    /// Seeks tables for the goals that have none.
    fn seek(&mut self, find: impl Fn(&Search, &Goal) -> Option<Witness> + Sync) {
        let open: Vec<u32> = (0..self.goals.len() as u32).filter(|goal| self.held[*goal as usize] == NONE).collect();
        for batch in open.chunks(BATCH) {
            let batch: Vec<u32> = batch.iter().copied().filter(|goal| !self.settle(*goal)).collect();
            let goals = batch.iter().map(|goal| self.goals[*goal as usize]).collect::<Vec<_>>();
            let found: Vec<Option<Witness>> = goals.par_iter().map(|goal| find(&self.search, goal)).collect();
            for (goal, table) in batch.iter().zip(found) {
                if let Some(table) = table {
                    let id = self.keep(table);
                    self.hold(*goal, id);
                }
            }
        }
    }

    /// All tables that some goal holds.
    pub(crate) fn tables(&self) -> Tables {
        let mut tables = Tables::default();
        for (id, table) in (0..).zip(&self.tables) {
            if self.holders[id as usize].iter().any(|goal| self.held[*goal as usize] == id) {
                tables.keep(&self.search.model, table);
            }
        }
        tables
    }

    /// Gives a goal a table that is there already.
    fn settle(&mut self, goal: u32) -> bool {
        let found = self.other(goal, NONE);
        found.map(|id| self.hold(goal, id)).is_some()
    }

    fn keep(&mut self, table: Witness) -> u32 {
        let id = self.tables.len() as u32;
        table.iter().for_each(|(var, _)| self.moves[*var as usize].push(id));
        self.tables.push(table);
        self.holders.push(Vec::new());
        id
    }

    fn hold(&mut self, goal: u32, id: u32) {
        self.held[goal as usize] = id;
        self.holders[id as usize].push(goal);
    }

    /// A table that reaches a goal and does not change a variable.
    fn other(&self, goal: u32, without: u32) -> Option<u32> {
        let (wanted, var) = (&self.goals[goal as usize], self.goals[goal as usize].var);
        let reaches = |id: &u32| {
            let table = &self.tables[*id as usize];
            let place = |var: u32| table.binary_search_by_key(&var, |(at, _)| *at);
            let there = place(var).is_ok_and(|at| wanted.is_met(table[at].1));
            there && place(without).is_err()
        };
        self.moves[var as usize].iter().rev().take(LOOK).copied().find(reaches)
    }

    /// Whether a cell can be published with every demand that is met staying so. It then counts as published until
    /// [`Keeper::settled`] says what became of it.
    pub(crate) fn without(&mut self, cell: u32) -> bool {
        self.pending.clear();
        let Some(var) = self.search.model.variable(cell) else { return true };
        let at = var as usize;
        let before = (self.search.model.low[at], self.search.model.high[at]);
        (self.search.model.low[at], self.search.model.high[at]) = (0.0, 0.0);
        let tables = self.moves[at].clone();
        let affected = tables.iter().flat_map(|id| self.holders[*id as usize].iter().map(move |goal| (*goal, *id)));
        let affected: Vec<u32> =
            affected.filter(|(goal, id)| self.held[*goal as usize] == *id).map(|(goal, _)| goal).collect();
        for goal in affected {
            let Some(id) = self.other(goal, var).or_else(|| self.find(goal)) else {
                (self.search.model.low[at], self.search.model.high[at]) = before;
                self.pending.clear();
                return false;
            };
            self.pending.push((goal, id));
        }
        true
    }

    fn find(&mut self, goal: u32) -> Option<u32> {
        if let Some(table) = self.search.by_swap(&self.goals[goal as usize]) {
            return Some(self.keep(table));
        }
        for size in TRIAL {
            self.steps += (size * size) as u64;
            if let Some(table) = self.search.seek(&self.goals[goal as usize], size, true) {
                return Some(self.keep(table));
            }
        }
        None
    }

    /// Ends a trial that went well: the cell is published, or, `before` being its bounds, unknown again.
    pub(crate) fn settled(&mut self, cell: u32, published: bool, before: (f64, f64)) {
        let Some(var) = self.search.model.variable(cell) else { return };
        if !published {
            (self.search.model.low[var as usize], self.search.model.high[var as usize]) = before;
            self.pending.clear();
            return;
        }
        for (goal, id) in std::mem::take(&mut self.pending) {
            self.hold(goal, id);
        }
        for id in std::mem::take(&mut self.moves[var as usize]) {
            self.tables[id as usize] = Witness::new();
            self.holders[id as usize] = Vec::new();
        }
    }

    /// Cells of which some goal has no table, ascending: they hold nothing back.
    pub(crate) fn missing(&self) -> Vec<u32> {
        let open = self.goals.iter().zip(&self.held).filter(|(_, held)| **held == NONE);
        let mut cells: Vec<u32> = open.map(|(goal, _)| self.search.model.cells[goal.var as usize]).collect();
        cells.sort_unstable();
        cells.dedup();
        cells
    }

    /// The bounds on the deviation of an unknown cell.
    pub(crate) fn bounds(&self, cell: u32) -> (f64, f64) {
        let at = self.search.model.variable(cell).map(|var| var as usize);
        at.map_or((0.0, 0.0), |at| (self.search.model.low[at], self.search.model.high[at]))
    }
}
