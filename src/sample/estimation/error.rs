/// Why there is no estimate. Units are named by their position in the sample, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EstimationError {
    /// The sample has no unit, or a list does not have one row per unit.
    #[error("the sample is empty, or a list does not have one row per sampled unit")]
    Shape,
    /// A probability is outside 0 to 1, a weight is negative, or a number is not finite.
    #[error("unit {unit}: a probability is not between 0 and 1, or a weight or value is not a number")]
    BadUnit {
        /// Position of the unit.
        unit: usize,
    },
    /// The units of one cluster do not agree on the cluster's probability.
    #[error("unit {unit}: its cluster has another inclusion probability in another unit")]
    ClusterDisagrees {
        /// Position of the unit.
        unit: usize,
    },
    /// A stratum, or a cluster at the second stage, has a single sampled unit and was not taken whole.
    #[error(
        "stratum {stratum} has a single sampled unit and is not taken whole, so that its variance is unknown; \
         join it with another, or choose how to treat such strata"
    )]
    Lonely {
        /// The stratum.
        stratum: u32,
    },
    /// A balanced sample has no more units than balancing variables.
    #[error("{units} sampled units are too few for {variables} balancing variables")]
    TooFew {
        /// Units that were not certain to be drawn.
        units: usize,
        /// Variables that do not follow from others.
        variables: usize,
    },
    /// A domain names a unit that does not exist, or one twice.
    #[error("a domain names unit {unit} twice, or there is no such unit")]
    BadEntry {
        /// The unit as named.
        unit: u32,
    },
    /// A mean or share over nobody: the denominator is zero.
    #[error("the denominator of a mean or share is zero: no sampled unit lies in its domain")]
    EmptyDomain,
    /// A share outside 0 to 1: the numerator is not a part of the denominator.
    #[error("a share lies outside 0 to 1: what it counts is not a part of what it is a share of")]
    NotAShare,
    /// Two-phase counts do not fit: a stratum drawn larger than it is, or units that were not declared.
    #[error("the counts of the two phases do not fit the sampled units")]
    BadPhases,
}
