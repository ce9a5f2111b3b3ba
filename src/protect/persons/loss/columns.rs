//! The losses of levels, computed once, and of generalisations, from them and the suppressed classes.

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use thiserror::Error;

use super::{Generalised, Loss, LossSpec, Measure};
use crate::protect::persons::hierarchy::Hierarchy;
use crate::protect::persons::histogram::{Histogram, ShapeFault};

/// Why a loss cannot be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LossFault {
    /// Histogram and hierarchies do not fit.
    #[error(transparent)]
    Shape(#[from] ShapeFault),
    /// As many weights as columns, or none.
    #[error("there are {found} weights for {expected} columns")]
    Weights {
        /// Columns.
        expected: usize,
        /// Weights.
        found: usize,
    },
    /// Weights are finite and not negative, one at least above 0.
    #[error("weights must be numbers from 0 on, one of them above 0")]
    Weight,
    /// The combinations of all values cannot be counted in 128 bits.
    #[error("the columns have too many combinations for the measure of ambiguity")]
    TooWide,
}

/// A loss for one table and its hierarchies.
#[derive(Debug, Clone)]
pub struct Prepared<'a> {
    spec: LossSpec,
    weights: Vec<f64>,
    hierarchies: &'a [Hierarchy],
    rows: u64,
    /// Per column and level: Σ over records of the number of values that a value stands for (granularity), or entropy.
    leaves: Vec<Vec<u128>>,
    entropies: Vec<Vec<f64>>,
}

impl<'a> Prepared<'a> {
    /// Looks at each column by itself.
    ///
    /// # Errors
    /// [`LossFault`].
    pub fn new(spec: &LossSpec, histogram: &Histogram, hierarchies: &'a [Hierarchy]) -> Result<Self, LossFault> {
        histogram.check(hierarchies)?;
        let width = histogram.width();
        let weights = normalised(&spec.weights, width)?;
        let rows = histogram.classes().all_rows();
        if spec.measure == Measure::Ambiguity {
            hierarchies
                .iter()
                .try_fold(u128::from(rows.max(1)), |product, hierarchy| product.checked_mul(hierarchy.domain() as u128))
                .ok_or(LossFault::TooWide)?;
        }
        let of_column = |column: usize| {
            let hierarchy = &hierarchies[column];
            let mut marginal = vec![0_u64; hierarchy.domain()];
            let codes = histogram.column(column).iter().zip(histogram.classes().rows());
            codes.for_each(|(&code, &rows)| marginal[code as usize] += rows);
            let levels = 0..hierarchy.levels();
            let leaves: Vec<u128> = levels.clone().map(|level| leaves_of(&marginal, hierarchy, level)).collect();
            let entropies: Vec<f64> = levels.map(|level| entropy_of(&marginal, hierarchy, level)).collect();
            (leaves, entropies)
        };
        let (leaves, entropies) = (0..width).into_par_iter().map(of_column).unzip();
        Ok(Self { spec: spec.clone(), weights, hierarchies, rows, leaves, entropies })
    }

    /// Which measure this is.
    pub fn measure(&self) -> Measure {
        self.spec.measure
    }

    /// A lower bound of the loss at these levels and all higher ones, from the levels alone; 0 for measures of classes.
    /// For measures by levels it is the loss itself.
    pub fn bound(&self, levels: &[usize]) -> f64 {
        if !self.spec.measure.by_column() {
            return 0.0;
        }
        let least = |(column, &level): (usize, &usize)| match self.spec.measure {
            // To leave a record out may be cheaper than to generalise it.
            Measure::Precision { suppression: true } => self.level(column, level).min(self.spec.balance.suppression()),
            _ => self.level(column, level),
        };
        let columns: Vec<f64> = levels.iter().enumerate().map(least).collect();
        self.spec.aggregate.apply(&columns, &self.weights)
    }

    /// The loss of a column at a level if no record were suppressed.
    pub fn level(&self, column: usize, level: usize) -> f64 {
        let factor = self.spec.balance.generalisation();
        match self.spec.measure {
            Measure::Granularity => {
                let domain = self.hierarchies[column].domain() as f64;
                self.scaled(factor * (self.leaves[column][level] as f64 / domain), column)
            }
            Measure::Entropy { .. } => factor * self.entropies[column][level],
            Measure::Precision { .. } => factor * self.height(column, level),
            _ => 0.0,
        }
    }

    /// How many bits of a column its highest level takes away.
    pub fn bits(&self, column: usize) -> f64 {
        self.entropies[column].last().copied().unwrap_or(0.0)
    }

    /// A lower bound of the loss at this generalisation and all coarser ones, from its classes.
    pub fn bound_of(&self, levels: &[usize], classes: &impl Generalised) -> f64 {
        match self.spec.measure {
            // Every record costs at least the size of its class; classes only grow.
            Measure::Discernibility { .. } => squares(classes.rows().iter().copied()) as f64,
            // There are never more classes than now.
            Measure::ClassSize => self.per_class(occupied(classes.rows())),
            // What a record may stand for only grows.
            Measure::Ambiguity => self.ambiguity(levels, classes, true),
            _ => self.bound(levels),
        }
    }

    /// The loss of a generalisation.
    pub fn of(&self, levels: &[usize], classes: &impl Generalised) -> Loss {
        let rows = classes.rows();
        let whole = |total: f64| Loss { total, columns: Vec::new() };
        let gone = |class: &usize| !classes.kept(*class) && rows[*class] > 0;
        let suppressed: Vec<usize> = (0..rows.len()).filter(gone).collect();
        match self.spec.measure {
            Measure::Discernibility { suppression: false } => whole(squares(rows.iter().copied()) as f64),
            Measure::Discernibility { suppression: true } => {
                let out: u64 = suppressed.iter().map(|&class| rows[class]).sum();
                let kept = (0..rows.len()).filter(|&class| classes.kept(class)).map(|class| rows[class]);
                whole((squares(kept) + u128::from(out) * u128::from(self.rows)) as f64)
            }
            Measure::ClassSize => {
                let kept = occupied(rows) - suppressed.len() as u64;
                whole(self.per_class(kept + u64::from(!suppressed.is_empty())))
            }
            Measure::Ambiguity => whole(self.ambiguity(levels, classes, false)),
            _ => {
                let out: u64 = suppressed.iter().map(|&class| rows[class]).sum();
                let column = |(column, &level): (usize, &usize)| self.column(column, level, classes, &suppressed, out);
                let columns: Vec<f64> = levels.iter().enumerate().map(column).collect();
                Loss { total: self.spec.aggregate.apply(&columns, &self.weights), columns }
            }
        }
    }

    /// The loss of one column: what its level costs, with the suppressed records at their own price.
    fn column(&self, column: usize, level: usize, classes: &impl Generalised, suppressed: &[usize], out: u64) -> f64 {
        if out == 0 || self.spec.measure.by_levels() {
            return self.level(column, level);
        }
        let (general, price) = (self.spec.balance.generalisation(), self.spec.balance.suppression());
        let rows = classes.rows();
        match self.spec.measure {
            Measure::Granularity => {
                let leaves = self.hierarchies[column].leaves(level);
                let stands = |&class: &usize| {
                    u128::from(rows[class]) * u128::from(leaves[classes.group(column, class) as usize])
                };
                let lost: u128 = suppressed.iter().map(stands).sum();
                let domain = self.hierarchies[column].domain() as f64;
                let (left, lost) = ((self.leaves[column][level] - lost) as f64 / domain, lost as f64 / domain);
                // A suppressed record costs what its value stands for, and `price` of what is left up to everything.
                self.scaled(general * left + lost + price * (out as f64 - lost), column)
            }
            Measure::Entropy { .. } => {
                let mut counts = vec![0_u64; self.hierarchies[column].groups(level)];
                suppressed.iter().for_each(|&class| counts[classes.group(column, class) as usize] += rows[class]);
                let bits: f64 = counts
                    .iter()
                    .filter(|count| **count > 0)
                    .map(|&count| count as f64 * (out as f64 / count as f64).log2())
                    .sum();
                general * self.entropies[column][level] + price * bits
            }
            _ => {
                let kept = (self.rows - out) as f64 * self.height(column, level) * general;
                (kept + out as f64 * price) / self.rows as f64
            }
        }
    }

    /// From the sum of shares to 0 (every value stands for itself) … 1 (for all). A domain of one value has nothing to lose.
    fn scaled(&self, sum: f64, column: usize) -> f64 {
        let (domain, rows) = (self.hierarchies[column].domain() as f64, self.rows as f64);
        let least = self.spec.balance.generalisation() * rows / domain;
        if rows - least > 0.0 { ((sum - least) / (rows - least)).max(0.0) } else { 0.0 }
    }

    /// Level over highest level.
    fn height(&self, column: usize, level: usize) -> f64 {
        match self.hierarchies[column].levels() - 1 {
            0 => 0.0,
            top => level as f64 / top as f64,
        }
    }

    /// Records per class.
    fn per_class(&self, classes: u64) -> f64 {
        if classes == 0 { 0.0 } else { self.rows as f64 / classes as f64 }
    }

    /// Combinations that records may stand for; suppressed ones for all, unless they count as if they were kept.
    fn ambiguity(&self, levels: &[usize], classes: &impl Generalised, all: bool) -> f64 {
        let leaves: Vec<&[u32]> =
            levels.iter().zip(self.hierarchies).map(|(&level, tree)| tree.leaves(level)).collect();
        let everything: u128 = self.hierarchies.iter().map(|tree| tree.domain() as u128).product();
        let of = |class: usize| -> u128 {
            let cells = leaves.iter().enumerate();
            cells.map(|(column, leaves)| u128::from(leaves[classes.group(column, class) as usize])).product()
        };
        let rows = classes.rows().iter().enumerate().filter(|(_, rows)| **rows > 0);
        let sum: u128 = rows
            .map(|(class, &rows)| u128::from(rows) * if all || classes.kept(class) { of(class) } else { everything })
            .sum();
        sum as f64
    }
}

/// Weights over the largest.
fn normalised(weights: &[f64], width: usize) -> Result<Vec<f64>, LossFault> {
    if weights.is_empty() {
        return Ok(vec![1.0; width]);
    }
    if weights.len() != width {
        return Err(LossFault::Weights { expected: width, found: weights.len() });
    }
    let largest = weights.iter().copied().fold(0.0, f64::max);
    if weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0) || largest == 0.0 {
        return Err(LossFault::Weight);
    }
    Ok(weights.iter().map(|weight| weight / largest).collect())
}

/// Σ over records of the number of values that their group has.
fn leaves_of(marginal: &[u64], hierarchy: &Hierarchy, level: usize) -> u128 {
    let (map, leaves) = (hierarchy.map(level).unwrap_or(&[]), hierarchy.leaves(level));
    let stands = |(&rows, &group): (&u64, &u32)| u128::from(rows) * u128::from(leaves[group as usize]);
    marginal.iter().zip(map).map(stands).sum()
}

/// Σ over values of a·log₂(b / a), a being the value's records and b those of its group.
fn entropy_of(marginal: &[u64], hierarchy: &Hierarchy, level: usize) -> f64 {
    let map = hierarchy.map(level).unwrap_or(&[]);
    let mut groups = vec![0_u64; hierarchy.groups(level)];
    marginal.iter().zip(map).for_each(|(&rows, &group)| groups[group as usize] += rows);
    let values = marginal.iter().zip(map).filter(|(rows, _)| **rows > 0);
    values.map(|(&rows, &group)| rows as f64 * (groups[group as usize] as f64 / rows as f64).log2()).sum()
}

/// Σ size²
fn squares(sizes: impl Iterator<Item = u64>) -> u128 {
    sizes.map(|rows| u128::from(rows) * u128::from(rows)).sum()
}

/// Classes with a record.
fn occupied(rows: &[u64]) -> u64 {
    rows.iter().filter(|rows| **rows > 0).count() as u64
}
