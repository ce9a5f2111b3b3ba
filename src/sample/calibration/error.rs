/// Why weights cannot be calibrated. Auxiliary variables and units are named by their position, from 0.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// Weights, auxiliaries, totals and scales do not have matching lengths, or there is no unit.
    #[error("weights, auxiliary variables, totals and scales do not fit together, or there is no unit")]
    Shape,
    /// A design weight or scale is not above 0, or an auxiliary value is not finite.
    #[error("unit {unit}: its weight or scale is not above 0, or an auxiliary value is not a number")]
    BadUnit {
        /// Position of the unit.
        unit: usize,
    },
    /// A total is not finite; for a post-stratum: negative.
    #[error("auxiliary variable {auxiliary}: its total is not a number that can be met")]
    BadTotal {
        /// Position of the auxiliary.
        auxiliary: usize,
    },
    /// Bounds are not on both sides of 1.
    #[error("bounds on weight ratios must have 1 between them, not {lower} and {upper}")]
    BadBounds {
        /// Lower bound.
        lower: f64,
        /// Upper bound.
        upper: f64,
    },
    /// No sampled unit has the category, or all have zero of the variable.
    #[error(
        "auxiliary variable {auxiliary}: no sampled unit has any of it, yet its total is {wanted}; join it with another"
    )]
    Empty {
        /// Position of the auxiliary.
        auxiliary: usize,
        /// Its total.
        wanted: f64,
    },
    /// The total cannot be met whatever the other totals are.
    #[error(
        "auxiliary variable {auxiliary}: its total {wanted} is out of reach, weights within the bounds give {lowest} to \
         {highest}; widen the bounds or check the total"
    )]
    OutOfReach {
        /// Position of the auxiliary.
        auxiliary: usize,
        /// Its total.
        wanted: f64,
        /// Least that allowed ratios give.
        lowest: f64,
        /// Most that allowed ratios give.
        highest: f64,
    },
    /// The variable is a combination of those before it, and its total is not that of theirs.
    #[error(
        "auxiliary variable {auxiliary}: it follows from those before it, whose totals make {implied} of it, not \
         {wanted}; margins must add up to the same total"
    )]
    Contradictory {
        /// Position of the auxiliary.
        auxiliary: usize,
        /// Its total.
        wanted: f64,
        /// What the totals before it imply.
        implied: f64,
    },
    /// No weights were found that meet all totals.
    #[error(
        "no convergence after {iterations} steps; furthest off is auxiliary variable {auxiliary}: {reached} for \
         {wanted}; widen the bounds or join categories"
    )]
    NotConverged {
        /// Steps taken.
        iterations: u32,
        /// Position of the auxiliary whose total is furthest off.
        auxiliary: usize,
        /// Its total.
        wanted: f64,
        /// What the last weights give.
        reached: f64,
    },
}
