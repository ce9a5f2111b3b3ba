//! The moves that unsafe cells hold, and which cells they need.

use super::Status;
use super::board::Board;
use super::search::Move;

/// A move that some cell may hold.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub change: Move,
    /// Single contributors of its cells, ascending: the move says nothing about what *they* can derive.
    people: Box<[u32]>,
}

/// All moves, and for each cell those it holds (unsafe cells) or serves (secondary cells).
#[derive(Debug, Clone)]
pub(super) struct Moves {
    kept: Vec<Option<Kept>>,
    of: Vec<Vec<u32>>,
    /// Cells that must not be derivable: unsafe ones, and helpers that were asked for.
    pub needs: Vec<bool>,
}

impl Moves {
    pub fn new(cells: usize) -> Self {
        Self { kept: Vec::new(), of: vec![Vec::new(); cells], needs: vec![false; cells] }
    }

    /// Keeps a move for all cells that are better off with it, were the cell `without` published.
    pub fn keep(&mut self, board: &Board, change: Move, without: Option<u32>) {
        let mut people: Vec<u32> = change.cells.iter().filter_map(|cell| board.person(*cell)).collect();
        people.sort_unstable();
        people.dedup();
        let id = self.kept.len() as u32;
        for cell in &change.cells {
            let helps = if self.needs[*cell as usize] {
                let knowing = self.knowing(board, *cell, without);
                knowing.is_none_or(|knowing| knowing.iter().any(|person| people.binary_search(person).is_err()))
            } else {
                board.status[*cell as usize] == Status::Secondary
            };
            if helps {
                self.of[*cell as usize].push(id);
            }
        }
        self.kept.push(Some(Kept { change, people: people.into_boxed_slice() }));
    }

    fn held(&self, cell: u32) -> impl Iterator<Item = &Kept> {
        self.of[cell as usize].iter().filter_map(|id| self.kept[*id as usize].as_ref())
    }

    /// Contributors against whom a cell has no move, those with no cell `without`; none at all where it has no move.
    ///
    /// One who knows his own cells can derive nothing that a move changes which avoids these. The contributor of the
    /// cell itself is left out, as are all for helpers.
    pub fn knowing(&self, board: &Board, cell: u32, without: Option<u32>) -> Option<Vec<u32>> {
        let changes = |kept: &&Kept| without.is_none_or(|known| kept.change.cells.binary_search(&known).is_err());
        let mut held = self.held(cell).filter(changes);
        let first = held.next()?;
        if board.status[cell as usize] != Status::Primary {
            return Some(Vec::new());
        }
        let own = board.person(cell);
        let mut people: Vec<u32> = first.people.iter().copied().filter(|person| own != Some(*person)).collect();
        for kept in held {
            people.retain(|person| kept.people.binary_search(person).is_ok());
        }
        Some(people)
    }

    /// Cells that hold a move which changes this one, ascending.
    pub fn dependents(&self, cell: u32) -> Vec<u32> {
        let mut all: Vec<u32> = Vec::new();
        for id in &self.of[cell as usize] {
            let Some(kept) = &self.kept[*id as usize] else { continue };
            let holders = kept.change.cells.iter().copied();
            all.extend(holders.filter(|holder| self.needs[*holder as usize] && self.of[*holder as usize].contains(id)));
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Forgets all moves that change a secondary cell.
    pub fn forget(&mut self, cell: u32) {
        for id in std::mem::take(&mut self.of[cell as usize]) {
            let Some(kept) = self.kept[id as usize].take() else { continue };
            for other in &kept.change.cells {
                self.of[*other as usize].retain(|held| *held != id);
            }
        }
    }

    /// All moves that are kept, in the order in which they came.
    pub fn all(&self) -> impl Iterator<Item = &Move> {
        self.kept.iter().flatten().map(|kept| &kept.change)
    }
}
