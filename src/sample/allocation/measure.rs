use std::fmt;

use super::{AllocationError, Range, Total};

/// Whole numbers up to here are exact in `f64`.
const EXACT: u64 = 1 << 53;

/// A stratum of the frame. [`Stratum::of`] fills in what a rule does not need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stratum {
    /// Units of the frame, *N*.
    pub units: u64,
    /// Standard deviation of the variable of interest, *S*. Used by Neyman, optimal and power.
    pub spread: f64,
    /// Mean of the variable of interest, used by power alone; 1 where `spread` is a coefficient of variation already.
    pub mean: f64,
    /// Cost of one unit, used by optimal and by a total in cost.
    pub cost: f64,
    /// Importance of the stratum, *X*: its total of a measure of size. Used by power alone.
    pub importance: f64,
    /// Fewest units to draw.
    pub lower: u64,
    /// Most units to draw; more than `units` means `units`.
    pub upper: u64,
}

impl Stratum {
    /// A stratum of so many units, without bounds, all other values 1.
    #[must_use]
    pub fn of(units: u64) -> Self {
        Self { units, spread: 1.0, mean: 1.0, cost: 1.0, importance: 1.0, lower: 0, upper: units }
    }
}

/// A value of a stratum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Field {
    Units,
    Spread,
    Mean,
    Cost,
    Importance,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Units => "number of units",
            Self::Spread => "spread",
            Self::Mean => "mean",
            Self::Cost => "cost",
            Self::Importance => "importance",
        })
    }
}

/// How strata share the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// All alike.
    Equal,
    /// By units, *N*.
    Proportional,
    /// By *N S*: the smallest variance of a total for a number of units (Tchuprow 1923, Neyman 1934).
    Neyman,
    /// By *N S / √c*: the smallest variance of a total for a cost (Cochran 1977, *Sampling Techniques*, § 5.5).
    Optimal,
    /// By *X^q S / Ȳ*: between the precision of the whole, *q* = 1, and the same precision everywhere, *q* = 0
    /// (Bankier 1988, "Power allocations: determining sample sizes for subnational areas", The American Statistician
    /// 42).
    Power(Exponent),
}

/// The exponent of a power allocation, in quarters. A finer one would need a logarithm, whose last bit differs between
/// machines; square roots do not, and a quarter moves sizes by less than the spreads are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exponent {
    /// 0
    Zero,
    /// 1/4
    Quarter,
    /// 1/2
    Half,
    /// 3/4
    ThreeQuarters,
    /// 1
    One,
}

impl Exponent {
    fn of(self, base: f64) -> f64 {
        match self {
            Self::Zero => 1.0,
            Self::Quarter => base.sqrt().sqrt(),
            Self::Half => base.sqrt(),
            Self::ThreeQuarters => base.sqrt() * base.sqrt().sqrt(),
            Self::One => base,
        }
    }
}

impl Stratum {
    /// Measure and bounds, in what the total is counted in: units or cost.
    pub(super) fn range(&self, stratum: usize, rule: Rule, total: Total) -> Result<Range, AllocationError> {
        let checked = |value: f64, field, positive: bool| match value {
            _ if !value.is_finite() || value < 0.0 || (positive && value == 0.0) => {
                Err(AllocationError::OutOfRange { stratum, field })
            }
            _ => Ok(value),
        };
        if self.units > EXACT {
            return Err(AllocationError::OutOfRange { stratum, field: Field::Units });
        }
        let units = self.units as f64;
        let spread = checked(self.spread, Field::Spread, false)?;
        let cost = checked(self.cost, Field::Cost, true)?;
        let measure = match rule {
            Rule::Equal => 1.0,
            Rule::Proportional => units,
            Rule::Neyman => units * spread,
            Rule::Optimal => units * spread / cost.sqrt(),
            Rule::Power(exponent) => {
                let importance = checked(self.importance, Field::Importance, false)?;
                exponent.of(importance) * spread / checked(self.mean.abs(), Field::Mean, true)?
            }
        };
        let each = if matches!(total, Total::Cost(_)) { cost } else { 1.0 };
        let (lower, upper) = (self.lower as f64, self.upper.min(self.units) as f64);
        if lower > upper {
            return Err(AllocationError::CrossedBounds { stratum, lower, upper });
        }
        // The measure may have left the range of f64 although its factors had not.
        let measure = checked(measure * each, Field::Spread, false)?;
        Ok(Range { measure, lower: lower * each, upper: upper * each })
    }
}
