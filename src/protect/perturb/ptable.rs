//! Perturbation tables: the probabilities with which a count *i* is published as *i + v*.
//!
//! Sources: B. Fraser and J. Wooton, *A proposed method for confidentialising tabular output to protect against
//! differencing*, UNECE/Eurostat work session 2005; J. K. Marley and V. L. Leaver, *A Method for Confidentialising
//! User-Defined Tables*, ISI 2011 (largest entropy); S. Giessing and R. Tent, *Concepts for generalising tools
//! implementing the cell key method to the case of continuous variables*, UNECE/Eurostat 2019; the conditions are those
//! of the R package `ptable` by T. Enderle.
//!
//! A table has a row for each count 0, 1, …, up to a last row for that count and all above, where nothing is cut off on
//! the left and the distribution is symmetric. A row's probabilities are turned once into whole numbers of 2⁻⁶⁴ which
//! add up to 2⁶⁴ and, where the values allow it, to an expected change of exactly zero; from then on all is in
//! integers.

mod entropy;
pub mod file;

/// Why there is no p-table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PTableError {
    /// *D* is under 1, over 30, or not over *js*.
    #[error("the largest deviation of a p-table is out of range: it is over the blocked counts, and at most 30")]
    Deviation,
    /// *V* is not a positive number.
    #[error("the variance of a p-table is not a positive number")]
    Variance,
    /// The probability of no change is not between 0 and 1.
    #[error("the probability of no change is not between 0 and 1")]
    Stay,
    /// No distribution fulfils the conditions for this count (the variance is too small for a blocked one, or not to be
    /// reached), or none was proved optimal to twelve digits: a row without proof is not used.
    #[error("no distribution fulfils the conditions of the p-table for the count {count}")]
    NoSolution {
        /// The row.
        count: u64,
    },
    /// A row's values would make a count negative, stand twice, or its probabilities do not add up to 1.
    #[error("the row of the p-table for the count {count} is not a distribution")]
    Row {
        /// The row.
        count: u64,
    },
    /// A change over 1000.
    #[error("the row of the p-table for the count {count} changes it by more than 1000")]
    Wide {
        /// The row.
        count: u64,
    },
    /// There is no row, or zero does not stay zero.
    #[error("a p-table has a row for each count from 0, and 0 stays 0")]
    Zero,
    /// A line of the file is not understood.
    #[error("line {line} of the p-table is not understood")]
    Line {
        /// Counted from 1.
        line: u64,
    },
}

/// How the variance is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VarianceRule {
    /// At most *V*: small counts, whose change is cut off on the left, may have less. What `ptable` does (`optim = 1`).
    AtMost,
    /// Exactly *V* in every row but that of zero (`optim = 4`).
    Exactly,
}

/// The parameters of a p-table of largest entropy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// *D*, the largest change.
    pub deviation: u32,
    /// *V*, the variance of the change.
    pub variance: f64,
    /// How *V* is meant.
    pub rule: VarianceRule,
    /// *js*: the counts 1 to *js* are never published.
    pub blocked: u32,
    /// The least probability with which a count that is not blocked stays as it is. (`ptable` lowers it in steps where
    /// *V* is not met; here it holds, and the variance stays under *V*.)
    pub stay: Option<f64>,
    /// Whether a smaller change downwards is never less probable than a larger one (`mono`).
    pub monotone: bool,
}

/// The largest *D*: tables in use have 2 to 15.
const MOST_DEVIATION: u32 = 30;
/// The largest change that a table may have, wherever it comes from.
const WIDEST: u64 = 1000;
/// 2⁶⁴, the weight of certainty.
const WHOLE: u128 = 1 << 64;
/// The largest weight of no change: 0.9, and what is lost in the digits of probabilities that are made or read.
const MOST_STAY: u128 = WHOLE / 10 * 9 + WHOLE / 1_000_000;
/// The least weight of a change that is reckoned with.
const DOUBT: u128 = WHOLE / 1000;

/// One row: changes, ascending, with weights in units of 2⁻⁶⁴ that are above zero and add up to 2⁶⁴.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    values: Vec<i64>,
    weights: Vec<u128>,
    /// The last key word of each change: the words up to it, and after the one before, give that change.
    last: Vec<u64>,
}

impl Row {
    fn new(count: u64, entries: impl IntoIterator<Item = (i64, u128)>) -> Result<Self, PTableError> {
        let (values, weights): (Vec<i64>, Vec<u128>) = entries.into_iter().filter(|(_, weight)| *weight > 0).unzip();
        let row = PTableError::Row { count };
        if values.iter().any(|change| change.unsigned_abs() > WIDEST) {
            return Err(PTableError::Wide { count });
        }
        if !values.is_sorted_by(|a, b| a < b) || values.iter().any(|v| count.checked_add_signed(*v).is_none()) {
            return Err(row);
        }
        let mut sum = 0_u128;
        let mut last = Vec::with_capacity(weights.len());
        for weight in &weights {
            sum = sum.checked_add(*weight).ok_or(row)?;
            last.push(sum.checked_sub(1).and_then(|last| u64::try_from(last).ok()).ok_or(row)?);
        }
        if sum == WHOLE { Ok(Self { values, weights, last }) } else { Err(row) }
    }

    fn moment(&self, power: u32) -> i128 {
        // Weights fit i128, and values are small: |v|² · 2⁶⁴ is far from 2¹²⁷.
        self.values.iter().zip(&self.weights).map(|(v, w)| i128::from(*v).pow(power) * *w as i128).sum()
    }
}

/// A p-table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PTable {
    rows: Vec<Row>,
    /// For each published count up to where only the last row leads, between which limits the count lies.
    behind: Vec<(u64, u64)>,
}

impl PTable {
    /// The p-table of largest entropy for these parameters.
    ///
    /// # Errors
    /// [`PTableError`] for parameters out of range or conditions that contradict each other.
    pub fn of_largest_entropy(parameters: &Parameters) -> Result<Self, PTableError> {
        let Parameters { deviation, variance, blocked, stay, .. } = *parameters;
        if !(1..=MOST_DEVIATION).contains(&deviation) || deviation <= blocked {
            return Err(PTableError::Deviation);
        }
        if !(variance > 0.0 && variance.is_finite()) {
            return Err(PTableError::Variance);
        }
        if stay.is_some_and(|stay| !(stay > 0.0 && stay < 1.0)) {
            return Err(PTableError::Stay);
        }
        // From this count on, all changes down to −D lead to 0 or over the blocked counts.
        let last = if blocked == 0 { deviation } else { deviation + blocked + 1 };
        let zero = Row::new(0, [(0, WHOLE)]);
        let rows = std::iter::once(zero).chain((1..=last).map(|count| row_of_largest_entropy(count, parameters)));
        rows.collect::<Result<_, _>>().map(Self::of)
    }

    /// A table of checked rows, at least one.
    fn of(rows: Vec<Row>) -> Self {
        let mut table = Self { rows, behind: Vec::new() };
        table.behind = table.limits();
        table
    }

    /// The limits of every published count up to the last row and the widest change over it.
    fn limits(&self) -> Vec<(u64, u64)> {
        type Limits = Option<(u64, u64)>;
        let widen = |limits: &mut Limits, count: u64| {
            let (least, most) = limits.unwrap_or((count, count));
            *limits = Some((least.min(count), most.max(count)));
        };
        let size = (self.last() + self.widest() + 1) as usize;
        let (mut likely, mut any): (Vec<Limits>, Vec<Limits>) = (vec![None; size], vec![None; size]);
        for count in 0..=self.last() + 2 * self.widest() {
            for (change, weight) in self.changes(count) {
                let published = count.checked_add_signed(change).and_then(|published| usize::try_from(published).ok());
                let Some(published) = published.filter(|published| *published < size) else { continue };
                widen(&mut any[published], count);
                if weight >= DOUBT {
                    widen(&mut likely[published], count);
                }
            }
        }
        let itself = |published: usize| (published as u64, published as u64);
        (0..size).map(|at| likely[at].or(any[at]).unwrap_or_else(|| itself(at))).collect()
    }

    /// A table from its rows; row *i* has changes and weights in units of 2⁻⁶⁴.
    ///
    /// # Errors
    /// [`PTableError::Zero`], [`PTableError::Row`].
    pub fn from_rows(rows: impl IntoIterator<Item = Vec<(i64, u128)>>) -> Result<Self, PTableError> {
        let rows = rows.into_iter().zip(0..).map(|(row, count)| Row::new(count, row)).collect::<Result<Vec<_>, _>>()?;
        if rows.first().is_some_and(|zero| zero.values == [0]) { Ok(Self::of(rows)) } else { Err(PTableError::Zero) }
    }

    /// The change of a count under a key: a look-up, the same at every call.
    #[must_use]
    pub fn change(&self, count: u64, key: u64) -> i64 {
        let row = self.row(count);
        let at = row.last.partition_point(|last| *last < key);
        row.values.get(at).copied().unwrap_or(0)
    }

    /// The changes of a count and their weights, ascending; probabilities are weights over 2⁶⁴.
    pub fn changes(&self, count: u64) -> impl Iterator<Item = (i64, u128)> {
        let row = self.row(count);
        row.values.iter().copied().zip(row.weights.iter().copied())
    }

    /// The largest change of any count.
    #[must_use]
    pub fn widest(&self) -> u64 {
        self.rows.iter().flat_map(|row| &row.values).map(|change| change.unsigned_abs()).max().unwrap_or(0)
    }

    /// The least and the largest count that are published as `published` with a probability of 1 in 1000 at least: what is rarer
    /// makes nobody doubt. Where there is none, those that can be at all; where there is none either, `published` itself.
    #[must_use]
    pub fn behind(&self, published: u64) -> (u64, u64) {
        // Beyond the first rows every count has the last one: the limits lie as far from the published count as there.
        let at = usize::try_from(published).unwrap_or(usize::MAX).min(self.behind.len() - 1);
        let further = published - at as u64;
        let (least, most) = self.behind[at];
        (least.saturating_add(further), most.saturating_add(further))
    }

    /// The first count from 1 on that is published as it is with a probability over 0.9; such a table hides hardly anybody.
    #[must_use]
    pub fn weak(&self) -> Option<u64> {
        let stays = |count: &u64| self.changes(*count).any(|(change, weight)| change == 0 && weight > MOST_STAY);
        (1..=self.last().max(1)).find(stays)
    }

    /// The expected change of a count, exactly, in units of 2⁻⁶⁴.
    #[must_use]
    pub fn bias(&self, count: u64) -> i128 {
        self.row(count).moment(1)
    }

    /// The expected square of the change, exactly, in units of 2⁻⁶⁴.
    #[must_use]
    pub fn square(&self, count: u64) -> i128 {
        self.row(count).moment(2)
    }

    /// The count from which on all counts have the same row.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.rows.len() as u64 - 1
    }

    fn row(&self, count: u64) -> &Row {
        &self.rows[count.min(self.last()) as usize]
    }
}

fn row_of_largest_entropy(count: u32, parameters: &Parameters) -> Result<Row, PTableError> {
    let (number, deviation, blocked) =
        (i64::from(count), i64::from(parameters.deviation), i64::from(parameters.blocked));
    let allowed = |v: &i64| number + v == 0 || number + v > blocked;
    let values: Vec<i64> = (-deviation.min(number)..=deviation).filter(allowed).collect();
    let count = u64::from(count);
    let exactly = parameters.rule == VarianceRule::Exactly;
    if let Some(row) = extreme_row(count, &values, parameters.variance, exactly)? {
        return Ok(row);
    }
    let conditions = entropy::Conditions {
        variance: parameters.variance,
        exactly,
        stay: parameters.stay,
        monotone: parameters.monotone,
    };
    let p = entropy::distribution(count, &values, conditions)?;
    Row::new(count, weights(&values, &p).ok_or(PTableError::NoSolution { count })?)
}

/// Rows without a choice, where the conditions leave one distribution and no interior.
fn extreme_row(count: u64, values: &[i64], variance: f64, exactly: bool) -> Result<Option<Row>, PTableError> {
    let none = PTableError::NoSolution { count };
    let Some(below) = values.iter().rposition(|v| *v < 0) else {
        // Every change is upwards: without bias, the count stays.
        return if exactly { Err(none) } else { Row::new(count, [(0, WHOLE)]).map(Some) };
    };
    if values.contains(&0) {
        return Ok(None);
    }
    // Without bias the least variance is that of the two nearest changes, which is −a·b.
    let (a, b) = (values[below], values.get(below + 1).copied().ok_or(none)?);
    let least = (-a * b) as f64;
    if variance < least {
        return Err(none);
    }
    if variance > least {
        return Ok(None);
    }
    let span = (b - a) as f64;
    let p = [b as f64 / span, -a as f64 / span];
    Row::new(count, weights(&[a, b], &p).ok_or(none)?).map(Some)
}

/// Whole weights next to the probabilities, with sum exactly 2⁶⁴ and mean zero, exactly where two changes differ by 1.
///
/// Binary fractions of a row add up to 1 only within their last digits. What is missing is put where it matters least:
/// on a change of zero if the row is symmetric, else on the most probable pair of neighbouring changes, which solves
/// both sums.
fn weights(values: &[i64], p: &[f64]) -> Option<Vec<(i64, u128)>> {
    let n = values.len();
    let symmetric = (0..n).all(|at| values[at] == -values[n - 1 - at] && (p[at] - p[n - 1 - at]).abs() < 1e-12);
    let whole = |p: f64| (p * WHOLE as f64) as i128;
    let mut weights: Vec<i128> = if symmetric {
        (0..n).map(|at| whole(f64::midpoint(p[at], p[n - 1 - at]))).collect()
    } else {
        p.iter().map(|p| whole(*p)).collect()
    };
    let sum: i128 = weights.iter().sum();
    let missing = WHOLE as i128 - sum;
    match values.iter().position(|v| *v == 0) {
        Some(zero) if symmetric => weights[zero] += missing,
        _ => {
            let mean: i128 = values.iter().zip(&weights).map(|(v, w)| i128::from(*v) * w).sum();
            let gap = |at: &usize| values[at + 1] - values[*at];
            let least = |at: &usize| weights[*at].min(weights[at + 1]);
            let pair = (0..n.checked_sub(1)?).max_by_key(|at| (-gap(at), least(at)))?;
            let gap = i128::from(gap(&pair));
            // δ₁ + δ₂ = missing, a·δ₁ + (a + gap)·δ₂ = −mean.
            let rest = -mean - i128::from(values[pair]) * missing;
            let second = (rest + gap.div_euclid(2)).div_euclid(gap);
            weights[pair] += missing - second;
            weights[pair + 1] += second;
        }
    }
    let entries = values.iter().zip(weights).map(|(v, weight)| Some((*v, u128::try_from(weight).ok()?)));
    entries.collect()
}

#[cfg(test)]
mod tests;
