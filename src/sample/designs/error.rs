//! What can go wrong in a design.

/// Why a design cannot be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DesignError {
    /// More units are asked for than have a positive size.
    #[error("{asked} units are asked for, and only {positive} have a size above zero")]
    SampleTooLarge {
        /// Units asked for, *n*.
        asked: u64,
        /// Units of the frame with a positive size.
        positive: u64,
    },
    /// Positions are 32-bit numbers.
    #[error("the stratum has more than 4,294,967,295 units")]
    TooManyUnits,
    /// Two lists that go together have unequal lengths.
    #[error("a list should have {expected} entries and has {found}")]
    UnequalLengths {
        /// Entries it should have.
        expected: usize,
        /// Entries it has.
        found: usize,
    },
    /// The computation would take too long or too much memory. Another design or smaller strata are the way out.
    #[error(
        "the design would need {cells} steps, and at most {limit} are allowed: choose another design or smaller strata"
    )]
    TooCostly {
        /// Steps of the innermost loop.
        cells: u64,
        /// Steps allowed.
        limit: u64,
    },
    /// The parameters of conditional Poisson sampling were not found.
    #[error("the parameters of the design did not converge in {iterations} iterations: choose another design")]
    NotConverged {
        /// Iterations made.
        iterations: u32,
    },
    /// A probability that the design divides by is too small to be represented.
    #[error("the probabilities of the design are too small to compute with: choose another design")]
    Underflow,
    /// A balancing variable is infinite or missing, or its expansion `x / π` is.
    #[error(
        "balancing variable {variable} of unit {unit}, divided by its inclusion probability, is not a finite number"
    )]
    NotFinite {
        /// Position of the unit, from 0.
        unit: usize,
        /// Position of the variable, from 0.
        variable: usize,
    },
}
