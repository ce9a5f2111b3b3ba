//! What can go wrong in a draw. Strata are counted, never named: their names are values of records.

use super::allocation::AllocationError;
use super::designs::DesignError;
use super::estimation::EstimationError;

/// Why a sample cannot be drawn as it is declared.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum SampleError {
    /// A unit lies in a stratum that the census never met.
    #[error("a unit lies in a stratum that the census did not count: census and draw saw different data")]
    UnknownStratum,
    /// A stratum has another number of units than the census counted.
    #[error("the census counted {census} units in a stratum and the draw {draw}: they saw different data")]
    FrameChanged {
        /// Units that the census counted.
        census: u64,
        /// Units that the draw met.
        draw: u64,
    },
    /// More than one record of a person, where that is an error.
    #[error("{units} persons have several records, and on_duplicate is \"error\"")]
    Duplicates {
        /// Persons with several records.
        units: u64,
    },
    /// Records of a person disagree about a column of the frame other than the strata.
    #[error(
        "the records of {units} persons disagree about a column that the sample looks at: aggregate them before, take another \
         column, or write on_duplicate = \"latest\""
    )]
    Disagree {
        /// Persons whose records disagree.
        units: u64,
    },
    /// Records of a person disagree about the stratum, where that is an error.
    #[error(
        "the records of {units} persons lie in several strata, and on_stratum_conflict is \"error\": write \"first\" or \
         \"exclude\", or on_duplicate = \"latest\""
    )]
    Conflicts {
        /// Persons whose records disagree.
        units: u64,
    },
    /// Units without stratum, where that is an error.
    #[error(
        "{units} units have no value in a column of the strata, and on_missing_stratum is \"error\": write \"own_stratum\" or \
         \"exclude\""
    )]
    MissingStratum {
        /// Units without stratum.
        units: u64,
    },
    /// Units whose size is missing, negative or too large.
    #[error("{units} units have no size, or one below 0 or above 10^13, in the column of proportional_to")]
    BadSize {
        /// Units without a usable size.
        units: u64,
    },
    /// A number that a design computes with is missing or too large.
    #[error("{units} units have no number, or one beyond ±10^12, in a column that the sample computes with")]
    BadNumber {
        /// Units without a usable number.
        units: u64,
    },
    /// Units without cluster.
    #[error("{units} units have no value in the column of the clusters")]
    MissingCluster {
        /// Units without cluster.
        units: u64,
    },
    /// A cluster has units of several strata.
    #[error("{clusters} clusters have units of several strata: strata of clusters are made of columns of the cluster")]
    ClusterConflicts {
        /// Clusters in several strata.
        clusters: u64,
    },
    /// A unit in several clusters, under a design that cannot take it.
    #[error(
        "{units} persons lie in several clusters: \"two-stage\" cannot draw them; \"clusters\" does, by weight share, and \
         on_duplicate = \"latest\" leaves one cluster to each"
    )]
    SeveralClusters {
        /// Persons in several clusters.
        units: u64,
    },
    /// Fewer units than are to be drawn.
    #[error(
        "{strata} strata have fewer units than are to be drawn of them, {lacking} in all, and on_short_stratum is \"error\": write \
         \"take_all\" or \"redistribute\""
    )]
    ShortStrata {
        /// Strata that are short.
        strata: u64,
        /// Units that they lack.
        lacking: u64,
    },
    /// What short strata lack cannot be drawn of the others.
    #[error("the frame has {lacking} units fewer than are to be drawn: there is nothing to redistribute")]
    ShortFrame {
        /// Units that the frame lacks.
        lacking: u64,
    },
    /// Named strata without units.
    #[error(
        "{strata} strata that [[sample.stratum]] names have no unit, and on_empty_stratum is \"error\": write \"report_zero\""
    )]
    EmptyStrata {
        /// Named strata without units.
        strata: u64,
    },
    /// Strata without a size.
    #[error("{strata} strata have no size: give [sample] a size or a rate, or name them in [[sample.stratum]]")]
    Unsized {
        /// Strata without a size.
        strata: u64,
    },
    /// Strata without a spread.
    #[error(
        "{strata} strata have no spread: name every stratum in [[sample.stratum]], or the column whose spread counts in `of`"
    )]
    NoSpread {
        /// Strata without a spread.
        strata: u64,
    },
    /// The sizes of the sample tell more than the pipeline allows.
    #[error(
        "in {strata} strata the sample tells too much of the frame (more than max_fraction is drawn, or the stratum has fewer units \
         than min_stratum)"
    )]
    Discloses {
        /// Strata beyond the limits.
        strata: u64,
    },
    /// The design cannot be drawn.
    #[error(transparent)]
    Design(#[from] DesignError),
    /// Fitted weights below 0, with which tables cannot be estimated.
    #[error(
        "the fitted weights of {units} units are below 0, and no share or error can be estimated with them: write method = \
         \"raking\", or hold the ratios of weights between bounds with \"truncated\" or \"logit\""
    )]
    NegativeWeights {
        /// Units with a weight below 0.
        units: u64,
    },
    /// There are no estimates from the sample.
    #[error(transparent)]
    Estimation(#[from] EstimationError),
    /// The size of the sample cannot be divided among the strata.
    #[error(transparent)]
    Allocation(#[from] AllocationError),
    /// A unit of the frame has a value that a margin does not name.
    #[error("margin {} of [sample.calibrate] names not all values of its column", .margin + 1)]
    UnknownCategory {
        /// Position of the margin.
        margin: usize,
    },
    /// A margin names a value that nobody in the frame has.
    #[error("margin {} of [sample.calibrate] names a value that nobody in the frame has", .margin + 1)]
    AbsentCategory {
        /// Position of the margin.
        margin: usize,
    },
    /// The weights cannot be fitted.
    #[error("the weights cannot be fitted to margin {} of [sample.calibrate]: {problem}", .margin + 1)]
    Calibration {
        /// Position of the margin.
        margin: usize,
        /// What is wrong with it.
        problem: Unfit,
    },
    /// More units than positions can be given to.
    #[error("a frame that is held in memory has at most 4,294,967,295 units")]
    TooMany,
}

/// Why weights cannot be fitted to a margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No unit of a value that has a total.
    #[error("nobody in the sample has one of its values")]
    Nobody,
    /// A total beyond what bounds allow.
    #[error("no weights between the bounds reach one of its totals; widen the bounds")]
    OutOfReach,
    /// Totals that do not agree.
    #[error("its totals contradict those of the margins before it: do they add up to the same?")]
    Contradictory,
    /// A negative total, say.
    #[error("one of its totals is not a number that can be met")]
    BadTotal,
    /// No solution was found.
    #[error("no weights were found; widen the bounds, or join its values")]
    NotConverged,
    /// Nothing to fit.
    #[error("the sample is empty, or its values are no numbers")]
    NoSample,
}
