use super::Field;

/// Why a total cannot be allocated. Strata are named by their position, from 0.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum AllocationError {
    /// There is no stratum.
    #[error("there is no stratum to allocate to")]
    NoStratum,
    /// A value of a stratum is negative, not finite, zero where it divides, or too large to be exact.
    #[error("stratum {stratum}: its {field} is out of range")]
    OutOfRange {
        /// Position of the stratum.
        stratum: usize,
        /// The value.
        field: Field,
    },
    /// The total is negative, not finite or too large to be exact.
    #[error("the total to allocate is out of range")]
    BadTotal,
    /// A lower bound is above the upper bound, or above the units of the stratum.
    #[error("stratum {stratum}: the lower bound {lower} is above {upper}, the most that can be taken")]
    CrossedBounds {
        /// Position of the stratum.
        stratum: usize,
        /// Lower bound.
        lower: f64,
        /// The smaller of upper bound and units.
        upper: f64,
    },
    /// The lower bounds alone take more than the total.
    #[error("the lower bounds of the strata need {needed}, the total is {total}")]
    LowerBoundsExceedTotal {
        /// What they take together.
        needed: f64,
        /// What there is.
        total: f64,
    },
    /// The upper bounds together take less than the total.
    #[error("the upper bounds of the strata take {room} together, the total is {total}")]
    UpperBoundsBelowTotal {
        /// What they take together.
        room: f64,
        /// What there is.
        total: f64,
    },
    /// The rule's measure is zero in all strata: there is nothing to be proportional to.
    #[error(
        "the rule measures every stratum as zero (no spread, no importance or no units): nothing tells one from another"
    )]
    NoMeasure,
    /// The strata with a positive measure are full, and the rule says nothing on how the others share the rest.
    #[error("the strata that the rule can tell apart are full; {left} remain for strata that it measures as zero")]
    MeasureExhausted {
        /// What remains.
        left: f64,
    },
}
