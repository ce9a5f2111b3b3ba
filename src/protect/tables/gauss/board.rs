//! What the intruder knows: which cells are published, which not, and who alone stands behind one.

use super::matrix::Matrix;
use super::{Cell, Role, Status};

/// No single contributor.
pub(super) const NOBODY: u32 = u32::MAX;

/// Roles and statuses of all cells, and the unknown cells of every row.
#[derive(Debug, Clone)]
pub(super) struct Board {
    pub role: Vec<Role>,
    pub price: Vec<u64>,
    /// The single contributor, numbered densely, or [`NOBODY`].
    pub contributor: Vec<u32>,
    pub status: Vec<Status>,
    /// Suppressed cells that follow from the published ones whatever else is suppressed: of no use to others.
    pub lost: Vec<bool>,
    unknown: Vec<Vec<u32>>,
}

impl Board {
    /// The board before any secondary suppression; `people` are the contributors, ascending.
    pub fn new(matrix: &Matrix, cells: &[Cell], people: &[u64]) -> Self {
        let number = |cell: &Cell| {
            let at = cell.singleton.and_then(|person| people.binary_search(&person).ok());
            at.map_or(NOBODY, |at| at as u32)
        };
        let mut board = Self {
            role: cells.iter().map(|cell| cell.role).collect(),
            price: cells.iter().map(|cell| cell.cost).collect(),
            contributor: cells.iter().map(number).collect(),
            status: vec![Status::Published; cells.len()],
            lost: vec![false; cells.len()],
            unknown: vec![Vec::new(); matrix.rows()],
        };
        for (cell, role) in cells.iter().map(|cell| cell.role).enumerate() {
            match role {
                Role::Primary => board.suppress(matrix, cell as u32, Status::Primary),
                Role::Virtual => board.suppress(matrix, cell as u32, Status::Virtual),
                Role::Free | Role::Forced => {}
            }
        }
        board
    }

    /// Suppresses a published cell.
    pub fn suppress(&mut self, matrix: &Matrix, cell: u32, status: Status) {
        self.status[cell as usize] = status;
        for row in matrix.around(cell) {
            let unknown = &mut self.unknown[*row as usize];
            if let Err(at) = unknown.binary_search(&cell) {
                unknown.insert(at, cell);
            }
        }
    }

    /// Publishes a cell, or takes it as known.
    pub fn publish(&mut self, matrix: &Matrix, cell: u32) {
        self.status[cell as usize] = Status::Published;
        for row in matrix.around(cell) {
            let unknown = &mut self.unknown[*row as usize];
            if let Ok(at) = unknown.binary_search(&cell) {
                unknown.remove(at);
            }
        }
    }

    /// Suppressed cells of a row, ascending.
    pub fn unknown(&self, row: u32) -> &[u32] {
        &self.unknown[row as usize]
    }

    /// Whether a cell is published and may be suppressed.
    pub fn offers(&self, cell: u32) -> bool {
        self.status[cell as usize] == Status::Published && self.role[cell as usize] == Role::Free
    }

    /// The single contributor of a cell, by number.
    pub fn person(&self, cell: u32) -> Option<u32> {
        Some(self.contributor[cell as usize]).filter(|person| *person != NOBODY)
    }
}
