use super::super::numeric::{Factor, Rows, Sum, Symmetric, sum};
use super::EstimationError;
use super::level::Item;

/// Below this share of *Σ a t²*, the short formula has lost too many digits.
const CANCELLED: f64 = 1e-6;

/// Balancing variables of a stage: *Σ a (t − x̌ᵀ b)²*, *b* by least squares with the same *a* (Deville & Tillé 2005,
/// "Variance approximation under balanced sampling", JSPI 128).
#[derive(Debug, Clone)]
pub(super) struct Balanced {
    /// *x̌ = x/π* of each item.
    rows: Rows,
    factor: Factor,
}

impl Balanced {
    /// Prepares the variables, and gives the coefficients *(1 − π) n/(n − p)* of the items: *n* of them were left to
    /// chance, *p* variables do not follow from others.
    pub fn new(rows: Rows, chance: &[f64]) -> Result<(Self, Vec<f64>), EstimationError> {
        let mut matrix = Symmetric::zero(rows.columns());
        rows.iter().zip(chance).for_each(|(row, &chance)| matrix.add(chance, row));
        let variables = matrix.size() - Factor::new(&matrix).aside().len();
        let units = chance.iter().filter(|&&chance| chance > 0.0).count();
        if units > 0 && units <= variables {
            return Err(EstimationError::TooFew { units, variables });
        }
        let correction = units as f64 / (units as f64 - variables as f64).max(1.0);
        let coefficient: Vec<f64> = chance.iter().map(|chance| chance * correction).collect();
        let mut matrix = Symmetric::zero(rows.columns());
        rows.iter().zip(&coefficient).for_each(|(row, &a)| matrix.add(a, row));
        Ok((Self { rows, factor: Factor::new(&matrix) }, coefficient))
    }

    /// The variance; items not listed have zero.
    pub fn variance(&self, coefficient: &[f64], items: &[Item]) -> f64 {
        let mut cross = vec![Sum::default(); self.rows.columns()];
        let mut square = Sum::default();
        for &(item, total) in items {
            let weighted = coefficient[item] * total;
            square.add(weighted * total);
            self.rows.row(item).iter().for_each(|&(column, x)| cross[column as usize].add(weighted * x));
        }
        let cross: Vec<f64> = cross.into_iter().map(Sum::value).collect();
        let slopes = self.factor.solve(&cross);
        let explained = sum(slopes.iter().zip(&cross).map(|(slope, cross)| slope * cross));
        let short = square.value() - explained;
        if short > CANCELLED * square.value() {
            return short;
        }
        let mut totals = vec![0.0; coefficient.len()];
        items.iter().for_each(|&(item, total)| totals[item] = total);
        let residual = |(row, total): (&[(u32, f64)], &f64)| total - Rows::dot(row, &slopes);
        sum(self.rows.iter().zip(&totals).map(residual).zip(coefficient).map(|(residual, a)| a * residual * residual))
    }
}
