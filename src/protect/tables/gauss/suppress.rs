//! Protects every unsafe cell, as cheaply as it finds, and publishes again what nobody needs.

use super::board::Board;
use super::matrix::Matrix;
use super::moves::Moves;
use super::proof::Proof;
use super::search::{Answer, Question, Scratch, search};
use super::{Cell, GaussError, Options, Outcome, Role, Statistics, Status};
use crate::protect::tables::system::System;

/// A suppression to which cells can be added.
#[derive(Debug, Clone)]
pub struct Suppressor {
    matrix: Matrix,
    board: Board,
    moves: Moves,
    scratch: Scratch,
    options: Options,
    people: Vec<u64>,
    unprotected: Vec<u32>,
    /// Cells, and contributors by number who can derive them whatever is suppressed; ascending.
    exposed: Vec<(u32, u32)>,
    searches: u64,
    returned: usize,
    undecided: usize,
}

impl Suppressor {
    /// Suppresses cells until every unsafe cell is protected, as far as forced cells allow.
    ///
    /// # Errors
    /// [`GaussError::Length`] where `cells` are not as many as the system has.
    pub fn new(system: &System, cells: &[Cell], options: Options) -> Result<Self, GaussError> {
        Self::starting_from(system, cells, &[], options)
    }

    /// The same with these cells, if they are free, suppressed from the start.
    ///
    /// # Errors
    /// [`GaussError::Length`], [`GaussError::NoSuchCell`].
    pub fn starting_from(
        system: &System,
        cells: &[Cell],
        suppressed: &[u32],
        options: Options,
    ) -> Result<Self, GaussError> {
        if cells.len() != system.cells() {
            return Err(GaussError::Length { system: system.cells(), given: cells.len() });
        }
        if let Some(cell) = suppressed.iter().find(|cell| **cell as usize >= cells.len()) {
            return Err(GaussError::NoSuchCell(*cell));
        }
        let mut people: Vec<u64> = cells.iter().filter_map(|cell| cell.singleton).collect();
        people.sort_unstable();
        people.dedup();
        let matrix = Matrix::new(system, |cell| cells[cell as usize].cost);
        let mut suppressor = Self {
            board: Board::new(&matrix, cells, &people),
            moves: Moves::new(cells.len()),
            scratch: Scratch::new(&matrix),
            matrix,
            options,
            people,
            unprotected: Vec::new(),
            exposed: Vec::new(),
            searches: 0,
            returned: 0,
            undecided: 0,
        };
        let unsafe_cells: Vec<u32> =
            (0..cells.len() as u32).filter(|cell| cells[*cell as usize].role == Role::Primary).collect();
        for cell in suppressed {
            if suppressor.board.offers(*cell) {
                suppressor.board.suppress(&suppressor.matrix, *cell, Status::Secondary);
            }
        }
        for cell in &unsafe_cells {
            suppressor.moves.needs[*cell as usize] = true;
        }
        suppressor.protect(&unsafe_cells);
        if options.clean_up {
            let all: Vec<u32> = (0..cells.len() as u32).collect();
            suppressor.clean_up(&all);
        }
        Ok(suppressor)
    }

    /// Suppresses more cells, as a later audit asks for, and whatever else is needed so that they are of use: a helper
    /// that is itself derivable protects nobody. They stay suppressed; so does everything suppressed before.
    ///
    /// # Errors
    /// [`GaussError::NoSuchCell`] and [`GaussError::Forced`], before anything is suppressed.
    pub fn suppress_also(&mut self, cells: &[u32]) -> Result<(), GaussError> {
        for cell in cells {
            match self.board.role.get(*cell as usize) {
                None => return Err(GaussError::NoSuchCell(*cell)),
                Some(Role::Forced) => return Err(GaussError::Forced(*cell)),
                Some(_) => {}
            }
        }
        let before = self.board.status.clone();
        let mut wanted: Vec<u32> =
            cells.iter().copied().filter(|cell| self.board.role[*cell as usize] == Role::Free).collect();
        wanted.sort_unstable();
        wanted.dedup();
        for cell in &wanted {
            if self.board.offers(*cell) {
                self.board.suppress(&self.matrix, *cell, Status::Secondary);
            }
            self.moves.needs[*cell as usize] = true;
        }
        self.protect(&wanted);
        if self.options.clean_up {
            let fresh = |cell: &u32| before[*cell as usize] == Status::Published && wanted.binary_search(cell).is_err();
            let fresh: Vec<u32> = (0..before.len() as u32).filter(fresh).collect();
            self.clean_up(&fresh);
        }
        Ok(())
    }

    /// Forgets that helpers were asked for, but for these: from now on [`Suppressor::can_publish`] looks at unsafe cells and at them.
    pub fn release_helpers(&mut self, but: impl Fn(u32) -> bool) {
        for (cell, (needs, status)) in (0..).zip(self.moves.needs.iter_mut().zip(&self.board.status)) {
            *needs &= *status == Status::Primary || but(cell);
        }
    }

    /// Whether a secondary cell can be published with every unsafe cell, and every helper that was not released, keeping its moves;
    /// found within [`Options::clean_up_effort`].
    pub fn can_publish(&mut self, cell: u32) -> bool {
        if self.board.status.get(cell as usize) != Some(&Status::Secondary) {
            return false;
        }
        let needs = std::mem::take(&mut self.moves.needs[cell as usize]);
        let may = self.dispensable(cell) == Some(true);
        self.moves.needs[cell as usize] = needs && !may;
        may
    }

    /// Publishes a secondary cell of which [`Suppressor::can_publish`] was true.
    pub fn publish(&mut self, cell: u32) {
        self.moves.forget(cell);
        self.board.publish(&self.matrix, cell);
        self.returned += 1;
    }

    /// What becomes of each cell, as things stand.
    #[must_use]
    pub fn statuses(&self) -> &[Status] {
        &self.board.status
    }

    /// Unsafe cells that follow from forced ones whatever is suppressed, ascending.
    #[must_use]
    pub fn unprotected(&self) -> &[u32] {
        &self.unprotected
    }

    /// Unsafe cells that a single contributor can derive from his own cells whatever is suppressed, ascending; one may stand
    /// there several times.
    pub fn exposed(&self) -> impl Iterator<Item = u32> {
        self.exposed.iter().map(|(cell, _)| *cell)
    }

    /// Figures, as things stand.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let count = |wanted| self.board.status.iter().filter(|status| **status == wanted).count();
        let secondary = self.board.status.iter().zip(&self.board.price).filter(|(s, _)| **s == Status::Secondary);
        Statistics {
            primary: count(Status::Primary),
            secondary: count(Status::Secondary),
            virtuals: count(Status::Virtual),
            cost: secondary.fold(0, |sum, (_, price)| sum.saturating_add(*price)),
            returned: self.returned,
            undecided: self.undecided,
            searches: self.searches,
            steps: self.scratch.steps,
        }
    }

    /// The result, with its proof.
    #[must_use]
    pub fn finish(self) -> Outcome {
        let statistics = self.statistics();
        let proof = Proof::of(self.board.status.len(), self.moves.all(), |cell| {
            self.board.status[cell as usize] == Status::Primary
        });
        let exposed = self.exposed.iter().map(|(cell, person)| (*cell, self.people[*person as usize])).collect();
        Outcome { statuses: self.board.status, unprotected: self.unprotected, exposed, statistics, proof }
    }

    /// Finds moves for cells: first with what is suppressed already, then with more.
    fn protect(&mut self, cells: &[u32]) {
        let alone = |suppressor: &Self, cell: u32| suppressor.moves.knowing(&suppressor.board, cell, None).is_none();
        for cell in cells {
            if alone(self, *cell) {
                self.movable(*cell, &[], None, self.options.effort);
            }
        }
        for cell in cells {
            if alone(self, *cell) && !self.cover(*cell, &[]) {
                self.board.lost[*cell as usize] = true;
                self.moves.needs[*cell as usize] = false;
                if self.board.status[*cell as usize] == Status::Primary {
                    self.unprotected.push(*cell);
                }
            }
        }
        for cell in cells {
            self.protect_from_contributors(*cell);
        }
        self.exposed.sort_unstable();
    }

    /// Finds moves for an unsafe cell until there is one without the cells of each single contributor.
    fn protect_from_contributors(&mut self, cell: u32) {
        let Some(knowing) = self.moves.knowing(&self.board, cell, None) else { return };
        if knowing.len() > 1 {
            // Often one move avoids them all.
            self.movable(cell, &knowing, None, self.options.effort);
        }
        for person in knowing {
            let left = self.moves.knowing(&self.board, cell, None).unwrap_or_default();
            if left.binary_search(&person).is_ok() && !self.cover(cell, &[person]) {
                self.exposed.push((cell, person));
            }
        }
    }

    /// Whether a cell can change with suppressed cells only; keeps the move.
    fn movable(&mut self, cell: u32, knowing: &[u32], without: Option<u32>, effort: u64) -> Option<bool> {
        let question =
            Question { target: cell, without, knowing, complement: false, effort, admits: None, likely: &[] };
        self.searches += 1;
        match search(&self.matrix, &self.board, &mut self.scratch, question) {
            Answer::Movable(change) => {
                self.moves.keep(&self.board, change, without);
                Some(true)
            }
            Answer::Derived(_) => Some(false),
            Answer::Undecided => None,
        }
    }

    /// Finds a move for a cell, and suppresses what it needs; no, where forced cells leave none.
    fn cover(&mut self, cell: u32, knowing: &[u32]) -> bool {
        if self.movable(cell, knowing, None, self.options.effort) == Some(true) {
            return true;
        }
        let question = Question {
            target: cell,
            without: None,
            knowing,
            complement: true,
            effort: u64::MAX,
            admits: None,
            likely: &[],
        };
        self.searches += 1;
        let Answer::Movable(change) = search(&self.matrix, &self.board, &mut self.scratch, question) else {
            return false;
        };
        for helper in &change.cells {
            if self.board.status[*helper as usize] == Status::Published {
                self.board.suppress(&self.matrix, *helper, Status::Secondary);
            }
        }
        self.moves.keep(&self.board, change, None);
        true
    }

    /// Publishes secondary cells among these again, the dearest first, where every holder of a move has another.
    ///
    /// One round is enough: a cell that cannot be published cannot be after others are.
    fn clean_up(&mut self, cells: &[u32]) {
        let secondary = |cell: &u32| self.board.status[*cell as usize] == Status::Secondary;
        let mut order: Vec<u32> = cells.iter().copied().filter(secondary).collect();
        order.retain(|cell| !self.moves.needs[*cell as usize]);
        order.sort_unstable_by_key(|cell| (std::cmp::Reverse(self.board.price[*cell as usize]), *cell));
        for cell in order {
            match self.dispensable(cell) {
                Some(true) => self.publish(cell),
                Some(false) => {}
                None => self.undecided += 1,
            }
        }
    }

    /// Whether all that hold a move with this cell have others, or now find them.
    fn dispensable(&mut self, cell: u32) -> Option<bool> {
        for holder in self.moves.dependents(cell) {
            let before = self.moves.knowing(&self.board, holder, None).unwrap_or_default();
            if self.moves.knowing(&self.board, holder, Some(cell)).is_none()
                && !self.movable(holder, &[], Some(cell), self.options.clean_up_effort)?
            {
                return Some(false);
            }
            let Some(knowing) = self.moves.knowing(&self.board, holder, Some(cell)) else { return Some(false) };
            for person in knowing.into_iter().filter(|person| before.binary_search(person).is_err()) {
                let left = self.moves.knowing(&self.board, holder, Some(cell)).unwrap_or_default();
                if left.binary_search(&person).is_ok()
                    && !self.movable(holder, &[person], Some(cell), self.options.clean_up_effort)?
                {
                    return Some(false);
                }
            }
        }
        Some(true)
    }
}
