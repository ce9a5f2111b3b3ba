//! Linked cells, and the sums that tie them.

/// A total that is the sum of its parts: one line of a table with margins, or a tie between two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relation<'a> {
    /// The cell that is the sum.
    pub total: u32,
    /// The cells that add up to it; distinct, ascending, the total not among them.
    pub parts: &'a [u32],
}

/// Why sums do not make a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SystemError {
    /// A relation names a cell that is not there.
    #[error("a sum names a cell that is not in the system")]
    NoSuchCell,
    /// A relation has no parts, names a part twice, or its total among them.
    #[error("a sum of cells is not well formed")]
    Malformed,
    /// More cells or parts than 32 bits number.
    #[error("the tables have too many cells")]
    TooLarge,
}

/// All cells of linked tables, numbered in canonical order, and every sum by which one follows from others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct System {
    cells: u32,
    totals: Vec<u32>,
    /// Parts of relation *r* are `parts[starts[r]..starts[r + 1]]`.
    starts: Vec<u32>,
    parts: Vec<u32>,
    /// Relations around cell *c*, as total or part, are `around[first[c]..first[c + 1]]`, ascending.
    first: Vec<u32>,
    around: Vec<u32>,
}

impl System {
    /// A system of `cells` cells, numbered from 0, and relations of total and parts.
    ///
    /// # Errors
    /// [`SystemError`] where a relation names a cell that is not there, is not well formed, or there are too many.
    pub fn new(cells: usize, relations: impl IntoIterator<Item = (u32, Vec<u32>)>) -> Result<Self, SystemError> {
        let cells = u32::try_from(cells).map_err(|_| SystemError::TooLarge)?;
        let mut system = Self { cells, starts: vec![0], ..Self::default() };
        for (total, mut parts) in relations {
            parts.sort_unstable();
            let sound = !parts.is_empty() && parts.is_sorted_by(|a, b| a < b) && parts.binary_search(&total).is_err();
            if !sound {
                return Err(SystemError::Malformed);
            }
            if total >= cells || parts.last().is_some_and(|last| *last >= cells) {
                return Err(SystemError::NoSuchCell);
            }
            system.totals.push(total);
            system.parts.extend(parts);
            system.starts.push(u32::try_from(system.parts.len()).map_err(|_| SystemError::TooLarge)?);
        }
        system.index()?;
        Ok(system)
    }

    fn index(&mut self) -> Result<(), SystemError> {
        let mut first = vec![0_u32; self.cells as usize + 1];
        for cell in self.parts.iter().chain(&self.totals) {
            first[*cell as usize + 1] += 1;
        }
        for at in 1..first.len() {
            first[at] = first[at].checked_add(first[at - 1]).ok_or(SystemError::TooLarge)?;
        }
        let mut next = first.clone();
        let mut around = vec![0; self.parts.len() + self.totals.len()];
        for relation in 0..self.totals.len() as u32 {
            let Relation { total, parts } = self.relation(relation);
            for cell in std::iter::once(total).chain(parts.iter().copied()) {
                around[next[cell as usize] as usize] = relation;
                next[cell as usize] += 1;
            }
        }
        (self.first, self.around) = (first, around);
        Ok(())
    }

    /// Number of cells.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.cells as usize
    }

    /// Number of relations.
    #[must_use]
    pub fn relations(&self) -> usize {
        self.totals.len()
    }

    /// One relation; `at` under [`System::relations`].
    #[must_use]
    pub fn relation(&self, at: u32) -> Relation<'_> {
        let [from, to] = [at as usize, at as usize + 1].map(|at| self.starts[at] as usize);
        Relation { total: self.totals[at as usize], parts: &self.parts[from..to] }
    }

    /// The relations in which a cell stands, as total or part, ascending.
    #[must_use]
    pub fn around(&self, cell: u32) -> &[u32] {
        let [from, to] = [cell as usize, cell as usize + 1].map(|at| self.first[at] as usize);
        &self.around[from..to]
    }

    /// How many sums lie between each cell and the nearest of those that `from` marks: 0 for these, 1 for what stands in a sum with
    /// one; `None` where no chain of sums leads there. `from` has one entry per cell.
    #[must_use]
    pub fn distances(&self, from: &[bool]) -> Vec<Option<u32>> {
        let mut distances: Vec<Option<u32>> = from.iter().map(|is| is.then_some(0)).collect();
        let mut crossed = vec![false; self.relations()];
        let mut reached: Vec<u32> = (0..self.cells).filter(|cell| from[*cell as usize]).collect();
        let mut distance = 0;
        while !reached.is_empty() {
            distance += 1;
            let mut next = Vec::new();
            for line in reached.iter().flat_map(|cell| self.around(*cell)) {
                if std::mem::replace(&mut crossed[*line as usize], true) {
                    continue;
                }
                let Relation { total, parts } = self.relation(*line);
                for cell in parts.iter().copied().chain([total]) {
                    if distances[cell as usize].is_none() {
                        distances[cell as usize] = Some(distance);
                        next.push(cell);
                    }
                }
            }
            reached = next;
        }
        distances
    }
}
