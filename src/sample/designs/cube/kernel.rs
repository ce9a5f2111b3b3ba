//! A direction that a small matrix maps to zero.

/// Entries so small after elimination, the largest having begun as 1 at most, are rounding.
const ZERO: f64 = 1e-11;

/// A non-zero vector `v` with `A v = 0`, for a row-major matrix of `rows` × `columns` with entries from −1 to 1;
/// `None` where there is none, or no column. Gauss–Jordan elimination with complete pivoting (Golub & Van Loan 2013,
/// section 3.4.8); the first largest entry is the pivot.
pub(super) fn kernel(matrix: Vec<f64>, rows: usize, columns: usize) -> Option<Vec<f64>> {
    let mut left: Vec<Vec<f64>> =
        (0..rows).map(|row| matrix.get(row * columns..(row + 1) * columns).unwrap_or_default().to_vec()).collect();
    // Column of the pivot, and its row divided by it.
    let mut solved: Vec<(usize, Vec<f64>)> = Vec::with_capacity(rows);
    while let Some((row, column)) = largest(&left) {
        let mut pivot = left.swap_remove(row);
        let divisor = pivot.get(column).copied()?;
        pivot.iter_mut().for_each(|entry| *entry /= divisor);
        for other in left.iter_mut().chain(solved.iter_mut().map(|(_, row)| row)) {
            eliminate(other, &pivot, column);
        }
        solved.push((column, pivot));
    }
    let free = (0..columns).find(|column| solved.iter().all(|(pivot, _)| pivot != column))?;
    let mut vector = vec![0.0; columns];
    *vector.get_mut(free)? = 1.0;
    for (column, row) in &solved {
        *vector.get_mut(*column)? = -row.get(free).copied()?;
    }
    Some(vector)
}

/// Row and column of the largest entry, where it is more than rounding. Columns that are solved hold exact zeros.
fn largest(left: &[Vec<f64>]) -> Option<(usize, usize)> {
    let mut found = None;
    let mut most = ZERO;
    for (row, entries) in left.iter().enumerate() {
        for (column, entry) in entries.iter().enumerate() {
            if entry.abs() > most {
                most = entry.abs();
                found = Some((row, column));
            }
        }
    }
    found
}

/// Takes a multiple of the pivot's row off, so that the column becomes 0.
fn eliminate(row: &mut [f64], pivot: &[f64], column: usize) {
    let factor = row.get(column).copied().unwrap_or(0.0);
    if factor == 0.0 {
        return;
    }
    for (entry, pivot) in row.iter_mut().zip(pivot) {
        *entry -= factor * pivot;
    }
    if let Some(entry) = row.get_mut(column) {
        *entry = 0.0;
    }
}
