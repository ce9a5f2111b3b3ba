//! Residual technique: values become residuals of their regression on the calibration variables.

use super::super::numeric::{Factor, Rows, Sum, Symmetric};
use super::EstimationError;
use super::level::{Centring, Level};

/// How the weights of a sample were calibrated. The weights of its units are the calibrated ones.
///
/// Residuals are *y − xᵀB*, *B* by least squares with the weights *d q* (Särndal, Swensson & Wretman 1992, § 6.4–6.6,
/// as R's `survey` does); they then enter the variance with the calibrated weights, *g d e*. Deville & Särndal 1992
/// put *d g q* in the place of *d q*, which makes no difference in large samples.
#[derive(Debug, Clone, Copy)]
pub struct Regression<'a> {
    /// Design weights *d*, one for each unit.
    pub design_weights: &'a [f64],
    /// Calibration variables *x*, one row for each unit.
    pub auxiliaries: &'a Rows,
    /// Freedom *q* of each unit; all 1 where absent.
    pub scale: Option<&'a [f64]>,
}

/// Below this share of its terms, the short formula has lost too many digits.
const CANCELLED: f64 = 1e-6;

/// What residuals of any domain are made from. Lists are by position.
#[derive(Debug, Clone)]
pub(super) struct Residuals {
    rows: Rows,
    /// *d q*
    strength: Vec<f64>,
    /// Calibrated weights.
    weights: Vec<f64>,
    factor: Factor,
    /// One for each stage, or none where a stage has no short formula.
    moments: Option<Vec<Moments>>,
}

/// The calibration variables, weighted, as one stage sees them.
#[derive(Debug, Clone)]
struct Moments {
    /// Totals of items.
    items: Rows,
    /// Means of groups, weighted by the stage's coefficients.
    means: Rows,
    /// The stage's quadratic form of all pairs of variables, and the same around zero.
    centred: Symmetric,
    raw: Symmetric,
}

impl Moments {
    /// `None` where values are not centred on the mean of their group or on zero.
    fn new(level: &Level, rows: &Rows, weights: &[f64], unit_at: &[u32]) -> Option<Self> {
        let columns = rows.columns();
        if matches!(level.centring, Centring::Balanced(_)) || level.lonely().next().is_some() {
            return None;
        }
        let items = level.rows(rows, |position| weights[position], unit_at);
        let (mut centred, mut means) = (Symmetric::zero(columns), Rows::new(columns));
        items.iter().zip(&level.coefficient).for_each(|(row, &a)| centred.add(a, row));
        let raw = centred.clone();
        if matches!(level.centring, Centring::Group) {
            let every: Vec<usize> = (0..level.group.len()).collect();
            for run in every.chunk_by(|&a, &b| level.group[a] == level.group[b]) {
                let sum = run.first().map_or(0.0, |&item| level.groups[level.group[item] as usize].coefficients);
                let share = |item: usize| if sum > 0.0 { level.coefficient[item] / sum } else { 0.0 };
                let items = &items;
                means.push(run.iter().flat_map(|&item| {
                    let share = share(item);
                    items.row(item).iter().map(move |&(column, value)| (column, share * value))
                }));
                centred.add(-sum, means.row(means.len() - 1));
            }
        }
        Some(Self { items, means, centred, raw })
    }

    /// The stage's form of each variable with the values.
    fn cross(&self, level: &Level, values: &[(u32, f64)], into: &mut [Sum]) {
        for (item, total) in level.items(values) {
            let weighted = level.coefficient[item] * total;
            let group = level.group.get(item).copied().unwrap_or_default() as usize;
            self.items.row(item).iter().for_each(|&(column, x)| into[column as usize].add(weighted * x));
            self.means.row(group).iter().for_each(|&(column, mean)| into[column as usize].add(-weighted * mean));
        }
    }
}

impl Residuals {
    /// Prepares the regression; `unit_at` gives the unit of each position, `weights` are by position.
    pub fn new(
        regression: &Regression<'_>,
        levels: &[Level],
        unit_at: &[u32],
        weights: &[f64],
    ) -> Result<Self, EstimationError> {
        let Regression { design_weights, auxiliaries, scale } = regression;
        let units = unit_at.len();
        if design_weights.len() != units || auxiliaries.len() != units || scale.is_some_and(|q| q.len() != units) {
            return Err(EstimationError::Shape);
        }
        let strength: Vec<f64> = unit_at
            .iter()
            .map(|&unit| design_weights[unit as usize] * scale.map_or(1.0, |q| q[unit as usize]))
            .collect();
        let bad = strength.iter().position(|strength| !(*strength >= 0.0 && strength.is_finite()));
        if let Some(unit) = bad.map(|position| unit_at[position] as usize).or_else(|| auxiliaries.first_bad_row()) {
            return Err(EstimationError::BadUnit { unit });
        }
        let mut matrix = Symmetric::zero(auxiliaries.columns());
        let mut rows = Rows::new(auxiliaries.columns());
        for (&unit, &strength) in unit_at.iter().zip(&strength) {
            let row = auxiliaries.row(unit as usize);
            matrix.add(strength, row);
            rows.push(row.iter().copied());
        }
        let moments = levels.iter().map(|level| Moments::new(level, auxiliaries, weights, unit_at)).collect();
        Ok(Self { rows, strength, weights: weights.to_vec(), factor: Factor::new(&matrix), moments })
    }

    /// The variance of the calibrated total of values `z`, by position, rising. The short formula expands the square
    /// of *z − xᵀB*; where it cancels, or does not apply, residuals are computed for all units.
    pub fn variance(&self, levels: &[Level], z: &[(u32, f64)], full: impl Fn(&[(u32, f64)]) -> f64) -> f64 {
        let slopes = self.slopes(z);
        if let Some(moments) = &self.moments {
            let values: Vec<(u32, f64)> = z.iter().map(|&(at, z)| (at, self.weights[at as usize] * z)).collect();
            let mut cross = vec![Sum::default(); slopes.len()];
            let (mut short, mut terms) = (Sum::default(), 0.0);
            for (level, moments) in levels.iter().zip(moments) {
                moments.cross(level, &values, &mut cross);
                let own = level.spread(&values).variance;
                short.add(own);
                short.add(moments.centred.quadratic(&slopes));
                terms += own + moments.raw.quadratic(&slopes);
            }
            slopes.iter().zip(&cross).for_each(|(slope, cross)| short.add(-2.0 * slope * cross.value()));
            if short.value() > CANCELLED * terms {
                return short.value();
            }
        }
        let mut totals = vec![0.0; self.rows.len()];
        z.iter().for_each(|&(at, z)| totals[at as usize] = z);
        let residual = |at: u32| {
            let residual = totals[at as usize] - Rows::dot(self.rows.row(at as usize), &slopes);
            (at, self.weights[at as usize] * residual)
        };
        full(&(0..self.rows.len() as u32).map(residual).collect::<Vec<_>>())
    }

    /// *B*, zero for variables that follow from others.
    fn slopes(&self, z: &[(u32, f64)]) -> Vec<f64> {
        let mut cross = vec![Sum::default(); self.rows.columns()];
        for &(at, z) in z {
            let weighted = self.strength[at as usize] * z;
            self.rows.row(at as usize).iter().for_each(|&(column, x)| cross[column as usize].add(weighted * x));
        }
        self.factor.solve(&cross.into_iter().map(Sum::value).collect::<Vec<_>>())
    }
}
