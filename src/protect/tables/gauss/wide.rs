//! Moves among cells that have room: what lets a cell change by much, and not only by something.
//!
//! A move that only changes cells with room for an amount, by that amount, is a whole table that nobody can tell from the true one.
//! The search is the elimination of `search.rs`; it is told which cells may change, and prefers what is suppressed already to what is
//! cheap. What comes out has not been held against any bound: that is for the caller.

use std::sync::{Mutex, PoisonError};

use super::board::Board;
use super::matrix::Matrix;
use super::scalar::Values;
use super::search::{Answer, Question, SHORT, Scratch, search};
use super::{Cell, GaussError, Status};
use crate::protect::tables::system::System;

/// A cell and by how much it changes, in whole numbers.
pub type Change = (u32, f64);

/// Numbers up to here are exact in `f64`.
const EXACT: u64 = 1 << 53;

/// A system in which moves are sought; the search itself changes nothing, so that several threads may search at once.
#[derive(Debug)]
pub struct Mover {
    matrix: Matrix,
    board: Board,
    /// For each long row, the cells with the most room.
    likely: Vec<Box<[u32]>>,
    scratch: Mutex<Vec<Scratch>>,
}

impl Mover {
    /// The cells as they stand: those with the role of unsafe or of virtual cells are unknown, free ones published. `room` tells by how
    /// much a cell may change; of long rows, those with the most are looked at first.
    ///
    /// # Errors
    /// [`GaussError::Length`] where `cells` are not as many as the system has.
    pub fn new(system: &System, cells: &[Cell], room: impl Fn(usize) -> f64) -> Result<Self, GaussError> {
        if cells.len() != system.cells() {
            return Err(GaussError::Length { system: system.cells(), given: cells.len() });
        }
        let matrix = Matrix::new(system, |cell| cells[cell as usize].cost);
        let board = Board::new(&matrix, cells, &[]);
        let likely = (0..matrix.rows() as u32).map(|row| {
            let mut unknown = board.unknown(row).to_vec();
            if unknown.len() <= SHORT {
                return Box::default();
            }
            let by_room = |a: &u32, b: &u32| room(*b as usize).total_cmp(&room(*a as usize)).then(a.cmp(b));
            unknown.select_nth_unstable_by(SHORT, by_room);
            unknown.truncate(SHORT);
            unknown.into_boxed_slice()
        });
        Ok(Self { likely: likely.collect(), matrix, board, scratch: Mutex::new(Vec::new()) })
    }

    /// From now on a cell is unknown.
    pub fn suppress(&mut self, cell: u32) {
        if self.board.offers(cell) {
            self.board.suppress(&self.matrix, cell, Status::Secondary);
        }
    }

    /// From now on a cell that was suppressed is published again.
    pub fn publish(&mut self, cell: u32) {
        if self.board.status.get(cell as usize) == Some(&Status::Secondary) {
            self.board.publish(&self.matrix, cell);
        }
    }

    /// A move that changes `target`, and else only cells for which `admits` is true: unknown ones, and with `complement` published free
    /// ones at their price. Ascending by cell. `None` where there is none, or none was found in so many elementary steps.
    pub fn find(
        &self,
        target: u32,
        admits: &(dyn Fn(u32) -> bool + Sync),
        complement: bool,
        effort: u64,
    ) -> Option<Vec<Change>> {
        let lent = self.scratch.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut scratch = lent.unwrap_or_else(|| Scratch::new(&self.matrix));
        let question = Question {
            target,
            without: None,
            knowing: &[],
            complement,
            effort,
            admits: Some(admits),
            likely: &self.likely,
        };
        let answer = search(&self.matrix, &self.board, &mut scratch, question);
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        let Answer::Movable(change) = answer else { return None };
        // What does not fit machine words is of no use: nothing has room for it.
        let Values::Small(values) = change.values else { return None };
        let fits = values.iter().all(|value| value.unsigned_abs() < EXACT);
        fits.then(|| change.cells.iter().copied().zip(values.iter().map(|value| *value as f64)).collect())
    }
}
