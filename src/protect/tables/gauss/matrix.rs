//! The sums as rows of a matrix, in an order that does not depend on how they were given.

use crate::protect::tables::system::System;

/// One row per distinct sum: +1 for each part, −1 for the total. Rows stand in ascending order of total and parts.
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    starts: Vec<u32>,
    cells: Vec<u32>,
    totals: Vec<u32>,
    first: Vec<u32>,
    around: Vec<u32>,
}

impl Matrix {
    /// Rows of a system; within a row, cells stand in ascending order of `price`, then of number.
    pub fn new(system: &System, price: impl Fn(u32) -> u64) -> Self {
        let mut order: Vec<u32> = (0..system.relations() as u32).collect();
        let key = |row: &u32| {
            let relation = system.relation(*row);
            (relation.total, relation.parts)
        };
        order.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        order.dedup_by(|a, b| key(a) == key(b));
        let mut matrix =
            Self { starts: vec![0], cells: Vec::new(), totals: Vec::new(), first: Vec::new(), around: Vec::new() };
        for row in &order {
            let (total, parts) = key(row);
            let from = matrix.cells.len();
            matrix.cells.push(total);
            matrix.cells.extend(parts);
            matrix.cells[from..].sort_unstable_by_key(|cell| (price(*cell), *cell));
            matrix.totals.push(total);
            // The system numbers totals and parts together with 32 bits.
            matrix.starts.push(matrix.cells.len() as u32);
        }
        matrix.index(system.cells());
        matrix
    }

    fn index(&mut self, cells: usize) {
        let mut first = vec![0_u32; cells + 1];
        for cell in &self.cells {
            first[*cell as usize + 1] += 1;
        }
        for at in 1..first.len() {
            first[at] += first[at - 1];
        }
        let (mut next, mut around) = (first.clone(), vec![0; self.cells.len()]);
        for row in 0..self.totals.len() as u32 {
            for cell in self.row(row) {
                around[next[*cell as usize] as usize] = row;
                next[*cell as usize] += 1;
            }
        }
        (self.first, self.around) = (first, around);
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.totals.len()
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.first.len() - 1
    }

    /// Cells of a row, the total among them.
    pub fn row(&self, row: u32) -> &[u32] {
        &self.cells[self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize]
    }

    /// Rows in which a cell stands, ascending.
    pub fn around(&self, cell: u32) -> &[u32] {
        &self.around[self.first[cell as usize] as usize..self.first[cell as usize + 1] as usize]
    }

    /// Whether a cell's coefficient in one of its rows is −1 and not +1.
    pub fn negative(&self, row: u32, cell: u32) -> bool {
        self.totals[row as usize] == cell
    }
}
