//! Which measure, and how columns become one number.

/// A measure of loss. n is the number of records, a *suppressed* record one that does not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Granularity (*Loss*): the share of a column's domain that a value stands for, averaged over records, and scaled so
    /// that untouched data have 0 and data of which nothing is left 1. Iyengar, *Transforming data to satisfy privacy
    /// constraints*, KDD 2002, § 4; the scaling is ARX's.
    Granularity,
    /// Non-uniform entropy: Σ over records of −log₂ P(value | what it became), in bits, with frequencies of the data before.
    /// De Waal and Willenborg, *Information loss through global recoding and local suppression*, Netherlands Official
    /// Statistics 14 (1999); Gionis and Tassa, *k-anonymization with minimal loss of information*, IEEE TKDE 21 (2009),
    /// definition 4.4. ARX calls it "precomputed".
    ///
    /// With `suppression`, each suppressed record adds −log₂ of the frequency, among the suppressed, of what its value had
    /// become (ARX's variant that is not monotonic); without, only levels count (its monotonic variant).
    Entropy {
        /// Whether suppressed records cost extra.
        suppression: bool,
    },
    /// Discernibility: the sum of the squared class sizes. Bayardo and Agrawal, *Data privacy through optimal
    /// k-anonymization*, ICDE 2005, § 2.2. With `suppression` a suppressed record costs n; without, it costs the size of
    /// its class (DM* in El Emam et al., JAMIA 16 (2009)).
    Discernibility {
        /// Whether suppressed records cost extra.
        suppression: bool,
    },
    /// Average class size: n over the number of classes; all suppressed records together are one class. LeFevre, DeWitt and
    /// Ramakrishnan, *Mondrian multidimensional k-anonymity*, ICDE 2006, § 2.2, without the division by k.
    ClassSize,
    /// Precision: the level over the highest level, averaged over records; Sweeney, *Achieving k-anonymity privacy
    /// protection using generalization and suppression*, IJUFKS 10 (2002), definition 4 (one minus her Prec). With
    /// `suppression` a suppressed record counts as 1; without, only levels count.
    Precision {
        /// Whether suppressed records cost extra.
        suppression: bool,
    },
    /// Ambiguity: the number of combinations that a record may stand for, summed over records. Goldberger and Tassa,
    /// *Efficient anonymizations with enhanced utility*, Transactions on Data Privacy 3 (2010), § 3.
    Ambiguity,
}

/// How the losses of columns become one. Weights are divided by the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// Σ wᵢxᵢ
    Sum,
    /// Σ wᵢxᵢ / number of columns
    Mean,
    /// Π (1 + wᵢxᵢ)^(1 / number of columns) − 1
    GeometricMean,
    /// max wᵢxᵢ
    Maximum,
}

/// What generalising costs against suppressing, from 0 to 1: below ½ suppression is cheap (0: free), above it
/// generalisation is. The factor of ARX ("coding model").
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Balance(f64);

impl Balance {
    /// Both at full price.
    pub const EVEN: Self = Self(0.5);

    /// `None` outside of 0 to 1.
    pub fn new(factor: f64) -> Option<Self> {
        (0.0..=1.0).contains(&factor).then_some(Self(factor))
    }

    /// The factor of generalisation.
    pub fn generalisation(self) -> f64 {
        if self.0 <= 0.5 { 1.0 } else { 2.0 - 2.0 * self.0 }
    }

    /// The factor of suppression.
    pub fn suppression(self) -> f64 {
        if self.0 < 0.5 { 2.0 * self.0 } else { 1.0 }
    }
}

/// The whole choice.
#[derive(Debug, Clone, PartialEq)]
pub struct LossSpec {
    /// Which measure.
    pub measure: Measure,
    /// Importance of each column, not negative; empty for all alike. Only measures per column look at it.
    pub weights: Vec<f64>,
    /// How columns become one; only measures per column look at it.
    pub aggregate: Aggregate,
    /// Generalisation against suppression; granularity, entropy and precision look at it.
    pub balance: Balance,
}

impl LossSpec {
    /// The measure with columns alike, summed where it is an entropy, averaged otherwise, and both prices full.
    pub fn of(measure: Measure) -> Self {
        let aggregate = if matches!(measure, Measure::Entropy { .. }) { Aggregate::Sum } else { Aggregate::Mean };
        Self { measure, weights: Vec::new(), aggregate, balance: Balance::EVEN }
    }
}

/// A loss.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// What the search makes small.
    pub total: f64,
    /// Per column, not yet weighted; empty for measures of whole classes.
    pub columns: Vec<f64>,
}

impl Measure {
    /// Whether the measure is a number per column.
    pub fn by_column(self) -> bool {
        matches!(self, Self::Granularity | Self::Entropy { .. } | Self::Precision { .. })
    }

    /// Whether the loss depends on levels alone, whatever is suppressed.
    pub fn by_levels(self) -> bool {
        matches!(self, Self::Entropy { suppression: false } | Self::Precision { suppression: false })
    }
}

impl Aggregate {
    /// One number from many.
    pub(super) fn apply(self, values: &[f64], weights: &[f64]) -> f64 {
        let terms = values.iter().zip(weights).map(|(value, weight)| value * weight);
        let count = values.len().max(1) as f64;
        match self {
            Self::Sum => terms.sum(),
            Self::Mean => terms.sum::<f64>() / count,
            Self::GeometricMean => terms.map(|term| (term + 1.0).powf(1.0 / count)).product::<f64>() - 1.0,
            Self::Maximum => terms.fold(0.0, f64::max),
        }
    }
}

/// Granularity of one column ([`Measure::Granularity`], both prices full), whatever became of each record: pairs of records and
/// how many values of a domain of so many they may have; `None` for a value that was left out, which may be any. From 0 for
/// untouched data to 1 for nothing left. A sum of integers, so that the order does not matter.
pub fn granularity(domain: usize, cells: impl Iterator<Item = (u64, Option<u32>)>) -> f64 {
    let (mut records, mut stands) = (0_u128, 0_u128);
    for (rows, leaves) in cells {
        records += u128::from(rows);
        stands += u128::from(rows) * leaves.map_or(domain as u128, u128::from);
    }
    if domain < 2 || records == 0 {
        return 0.0;
    }
    // (Σ stands / domain − n / domain) / (n − n / domain)
    (stands.saturating_sub(records)) as f64 / (records * (domain as u128 - 1)) as f64
}
