use super::super::numeric::Rows;
use super::EstimationError;

/// A sampled unit. Units are listed in canonical order: sums follow it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// Stratum of the first stage.
    pub stratum: u32,
    /// Cluster within the stratum; a number of its own for each unit where units were drawn singly.
    pub cluster: u32,
    /// Probability with which the cluster was drawn, *π₁*; 0 leaves the finite population out of account.
    pub inclusion: f64,
    /// Probability with which the unit was drawn within its cluster, *π₂*; 1 where clusters were taken whole.
    pub within: f64,
    /// Weight: *1/(π₁ π₂)*, or as calibrated. A unit of weight 0 stands for a cluster that was drawn and found empty.
    pub weight: f64,
}

impl Unit {
    /// A unit drawn singly: its number in the sample, and a weight that is the inverse of its probability.
    #[must_use]
    pub fn single(stratum: u32, number: u32, inclusion: f64) -> Self {
        Self { stratum, cluster: number, inclusion, within: 1.0, weight: 1.0 / inclusion }
    }
}

/// A unit of a domain. Units outside have zero of both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Position of the unit in the sample.
    pub unit: u32,
    /// What is summed: 1 for a count or a numerator's member.
    pub y: f64,
    /// Denominator of a mean or share: 1 for its members. A total leaves it out of account.
    pub x: f64,
}

/// How clusters (or single units) were drawn.
#[derive(Debug, Clone, Copy)]
pub enum Formula<'a> {
    /// Each on its own: Bernoulli, Poisson. The variance includes that of the sample's size, as it must with weights
    /// *1/π*. To condition on the size, give `FixedSize` with weights that add up to the frame, *N/n* in a stratum; or
    /// calibrate on the frame's size, which comes to the same in large samples.
    Independent,
    /// A fixed number in each stratum: without replacement, of equal or unequal probabilities. Exact for equal ones;
    /// else Hájek's approximation (1964), *(1 − π) n/(n − 1)*.
    FixedSize,
    /// The same with Deville's correction (1993): *(1 − π)/(1 − Σα²)*, *α = (1 − π)/Σ(1 − π)*; as R's
    /// `sampling::varest`.
    Deville,
    /// Balanced on variables, one row for each unit; strata count only through them. Include *π* itself where the size
    /// was fixed.
    Balanced(&'a Rows),
}

/// What to do with a stratum of which a single unit was drawn from several: its variance cannot be estimated. A
/// stratum taken whole has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lonely {
    /// An error.
    #[default]
    Refuse,
    /// Estimates that depend on it have no standard error; they count such strata.
    Unknown,
    /// Its unit is compared with the mean of all, as `survey.lonely.psu = "adjust"` is documented. Too large rather
    /// than too small where strata differ.
    Centre,
}

/// Refuses units that are out of range.
pub(super) fn check(units: &[Unit]) -> Result<(), EstimationError> {
    if units.is_empty() || u32::try_from(units.len()).is_err() {
        return Err(EstimationError::Shape);
    }
    let probability = |value: f64| (0.0..=1.0).contains(&value);
    let good = |unit: &Unit| {
        probability(unit.inclusion)
            && probability(unit.within)
            && unit.within > 0.0
            && unit.weight >= 0.0
            && unit.weight.is_finite()
    };
    match units.iter().position(|unit| !good(unit)) {
        Some(unit) => Err(EstimationError::BadUnit { unit }),
        None => Ok(()),
    }
}
