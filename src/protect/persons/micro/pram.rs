//! Post-randomisation: each category becomes another with a known probability. Gouweleeuw, Kooiman, Willenborg and de Wolf,
//! *Post randomisation for statistical disclosure control*, JOS 14 (1998); § 3.3 there for the invariant kind.

use thiserror::Error;

use super::Words;

/// Probabilities: row is before, column after.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    rows: Vec<Vec<f64>>,
}

/// Why a matrix is none, or does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PramFault {
    /// Square, numbers from 0 to 1.
    #[error("the matrix must be square, its entries from 0 to 1")]
    Entries,
    /// Rows sum to 1.
    #[error("row {row} of the matrix does not sum to 1")]
    Sum {
        /// Which row, from 0.
        row: usize,
    },
    /// A code beyond the matrix, or lengths that differ.
    #[error("the matrix does not have a row for every category, or there is not one digest per record")]
    Size,
}

impl Transition {
    /// A matrix of probabilities.
    ///
    /// # Errors
    /// [`PramFault`].
    pub fn new(rows: Vec<Vec<f64>>) -> Result<Self, PramFault> {
        let size = rows.len();
        if rows.iter().any(|row| row.len() != size || row.iter().any(|entry| !(0.0..=1.0).contains(entry))) {
            return Err(PramFault::Entries);
        }
        match rows.iter().position(|row| (row.iter().sum::<f64>() - 1.0).abs() > 1e-9) {
            Some(row) => Err(PramFault::Sum { row }),
            None => Ok(Self { rows }),
        }
    }

    /// Each category stays with probability `stay` and becomes each other one with the same chance.
    ///
    /// # Errors
    /// [`PramFault::Entries`].
    pub fn uniform(size: usize, stay: f64) -> Result<Self, PramFault> {
        let other = if size > 1 { (1.0 - stay) / (size as f64 - 1.0) } else { 0.0 };
        let entry =
            |row: usize, column: usize| if size == 1 || row == column { stay.max(f64::from(size == 1)) } else { other };
        Self::new((0..size).map(|row| (0..size).map(|column| entry(row, column)).collect()).collect())
    }

    /// The matrix that keeps the frequencies of these counts in expectation: first this one, then the one that goes back by
    /// Bayes' rule, q(j→k) = p(k→j)·t(k) / Σ p(m→j)·t(m). A category that is never reached stays where it is.
    ///
    /// # Errors
    /// [`PramFault::Size`] if there is not one count per category.
    pub fn invariant(&self, counts: &[u64]) -> Result<Self, PramFault> {
        let size = self.rows.len();
        if counts.len() != size {
            return Err(PramFault::Size);
        }
        let reached = |j: usize| -> f64 { (0..size).map(|m| self.rows[m][j] * counts[m] as f64).sum() };
        let back = |j: usize, k: usize| -> f64 {
            let all = reached(j);
            if all > 0.0 { self.rows[k][j] * counts[k] as f64 / all } else { f64::from(j == k) }
        };
        let both =
            |i: usize, k: usize| -> f64 { (0..size).map(|j| self.rows[i][j] * back(j, k)).sum::<f64>().min(1.0) };
        Ok(Self { rows: (0..size).map(|i| (0..size).map(|k| both(i, k)).collect()).collect() })
    }

    /// Row by row: the probabilities, which an analyst needs to correct estimates.
    pub fn rows(&self) -> &[Vec<f64>] {
        &self.rows
    }
}

/// The effect of PRAM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The new codes.
    pub codes: Vec<u32>,
    /// Records whose category is another.
    pub changed: u64,
    /// Records per category before.
    pub before: Vec<u64>,
    /// Records per category after.
    pub after: Vec<u64>,
}

/// Draws the new category of each record; `records` has their digests, draw 0 is used.
///
/// # Errors
/// [`PramFault::Size`].
pub fn pram(codes: &[u32], records: &[u64], matrix: &Transition, words: &impl Words) -> Result<Kept, PramFault> {
    let size = matrix.rows.len();
    if codes.len() != records.len() || codes.iter().any(|&code| code as usize >= size) {
        return Err(PramFault::Size);
    }
    let draw = |(&code, &record): (&u32, &u64)| -> u32 {
        // 53 bits: every such number is exact.
        let point = (words.word(record, 0) >> 11) as f64 / (1_u64 << 53) as f64;
        let row = &matrix.rows[code as usize];
        let mut sum = 0.0;
        let hit = row.iter().position(|entry| {
            sum += entry;
            point < sum
        });
        // Rounding may leave a gap at the end of a row: nothing changes there.
        hit.map_or(code, |new| new as u32)
    };
    let new: Vec<u32> = codes.iter().zip(records).map(draw).collect();
    let count = |codes: &[u32]| {
        let mut counts = vec![0; size];
        codes.iter().for_each(|&code| counts[code as usize] += 1);
        counts
    };
    let changed = codes.iter().zip(&new).filter(|(one, two)| one != two).count() as u64;
    Ok(Kept { changed, before: count(codes), after: count(&new), codes: new })
}
