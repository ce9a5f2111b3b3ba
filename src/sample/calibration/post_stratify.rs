use super::super::numeric::Sum;
use super::{Calibrated, CalibrationError};

/// Post-stratification: in each cell, weights are multiplied by the cell's total over what they sum to (Holt & Smith
/// 1979, "Post stratification", JRSS A 142). Exact, in one step; every distance gives the same result.
///
/// `cells` holds the cell of each unit, from 0; `totals` the units of the frame in each cell, at least 0.
///
/// # Errors
/// [`CalibrationError`] where lengths differ, a cell has no total, a weight is not above 0, or a cell without sampled
/// units has a total above 0. A total of 0 for a cell with units cannot be met by positive weights.
pub fn post_stratify(design_weights: &[f64], cells: &[u32], totals: &[f64]) -> Result<Calibrated, CalibrationError> {
    if design_weights.is_empty() || design_weights.len() != cells.len() {
        return Err(CalibrationError::Shape);
    }
    let mut sums = vec![Sum::default(); totals.len()];
    for (unit, (&weight, &cell)) in design_weights.iter().zip(cells).enumerate() {
        let sum = sums.get_mut(cell as usize).ok_or(CalibrationError::Shape)?;
        if !(weight > 0.0 && weight.is_finite()) {
            return Err(CalibrationError::BadUnit { unit });
        }
        sum.add(weight);
    }
    let mut factors = Vec::with_capacity(totals.len());
    for (auxiliary, (&wanted, sum)) in totals.iter().zip(&sums).enumerate() {
        let sum = sum.value();
        if !(wanted >= 0.0 && wanted.is_finite()) {
            return Err(CalibrationError::BadTotal { auxiliary });
        }
        factors.push(match (sum > 0.0, wanted > 0.0) {
            (true, true) => wanted / sum,
            (false, false) => 1.0,
            (false, true) => return Err(CalibrationError::Empty { auxiliary, wanted }),
            (true, false) => {
                let (lowest, highest) = (0.0, f64::INFINITY);
                return Err(CalibrationError::OutOfReach { auxiliary, wanted, lowest, highest });
            }
        });
    }
    let ratios = cells.iter().map(|&cell| factors[cell as usize]).collect();
    Ok(Calibrated::new(design_weights, ratios, 1, Vec::new()))
}
