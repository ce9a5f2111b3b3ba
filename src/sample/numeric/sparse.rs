//! Rows that are mostly zeros.

/// Rows of numbers, of which only those other than zero are kept: one row per unit, one column per auxiliary variable.
/// A unit has a single one in each categorical margin, so that a row stays short however many categories there are.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    columns: usize,
    ends: Vec<usize>,
    entries: Vec<(u32, f64)>,
}

impl Rows {
    /// No row yet, of so many columns.
    #[must_use]
    pub fn new(columns: usize) -> Self {
        Self { columns, ends: Vec::new(), entries: Vec::new() }
    }

    /// Rows of `columns` numbers each, one after the other; what does not fill a row at the end is left out.
    #[must_use]
    pub fn from_dense(columns: usize, values: &[f64]) -> Self {
        let mut rows = Self::new(columns);
        for row in values.chunks_exact(columns.max(1)) {
            rows.push((0..).zip(row.iter().copied()));
        }
        rows
    }

    /// Adds a row, as column and value; columns not named are zero, and a column named twice has the sum of both.
    pub fn push(&mut self, row: impl IntoIterator<Item = (u32, f64)>) {
        let start = self.entries.len();
        self.entries.extend(row.into_iter().filter(|&(_, value)| value != 0.0));
        let row = &mut self.entries[start..];
        if !row.is_sorted_by(|a, b| a.0 < b.0) {
            row.sort_by_key(|&(column, _)| column);
            self.join(start);
        }
        self.ends.push(self.entries.len());
    }

    /// Sums the entries of equal columns from `start` on, which are sorted.
    fn join(&mut self, start: usize) {
        let mut kept = start;
        for next in start..self.entries.len() {
            let (column, value) = self.entries[next];
            if kept > start && self.entries[kept - 1].0 == column {
                self.entries[kept - 1].1 += value;
            } else {
                self.entries[kept] = (column, value);
                kept += 1;
            }
        }
        self.entries.truncate(kept);
    }

    /// Columns of each row.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The entries of one row, by rising column; none beyond the last row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[(u32, f64)] {
        let Some(&end) = self.ends.get(row) else { return &[] };
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.entries[start..end]
    }

    /// All rows, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &[(u32, f64)]> {
        (0..self.len()).map(|row| self.row(row))
    }

    /// The first row that names a column that does not exist or holds a value that is not finite.
    pub(crate) fn first_bad_row(&self) -> Option<usize> {
        let bad = |&(column, value): &(u32, f64)| column as usize >= self.columns || !value.is_finite();
        self.iter().position(|row| row.iter().any(bad))
    }

    /// The product of one row and a vector of as many numbers as there are columns.
    #[must_use]
    pub(crate) fn dot(row: &[(u32, f64)], vector: &[f64]) -> f64 {
        row.iter().map(|&(column, value)| value * vector[column as usize]).sum()
    }
}
