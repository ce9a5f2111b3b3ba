//! Why counts were not perturbed.

use std::path::PathBuf;

use crate::protect::perturb::budget::BudgetError;
use crate::protect::perturb::controlled::ControlledError;
use crate::protect::perturb::noise::NoiseError;
use crate::protect::perturb::ptable::PTableError;
use crate::protect::perturb::rounding::RoundingError;
use crate::protect::tables::SystemError;
use crate::protect::tables::audit::AuditError;

/// Why a table was not perturbed. No variant carries a value of a record.
#[derive(Debug, thiserror::Error)]
pub enum PerturbError {
    /// The parameters make no p-table, or its file is none.
    #[error("the p-table cannot be used: {0}")]
    PTable(#[from] PTableError),
    /// A p-table whose changes do not even out.
    #[error(
        "the p-table cannot be used: the expected change of the count {count} is not zero, so that sums of many cells would drift"
    )]
    Biased {
        /// The row.
        count: u64,
    },
    /// A p-table that changes hardly any count.
    #[error(
        "the p-table cannot be used: the count {count} stays as it is with a probability over 0.9, which hides hardly anybody: take a larger variance or a smaller `stay`, or another file"
    )]
    Weak {
        /// The row.
        count: u64,
    },
    /// A count cannot be rounded.
    #[error(transparent)]
    Rounding(#[from] RoundingError),
    /// Counts cannot be rounded together.
    #[error(transparent)]
    Controlled(#[from] ControlledError),
    /// Cells are not tied as they should be.
    #[error(transparent)]
    System(#[from] SystemError),
    /// What published numbers leave open cannot be found out.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// Noise cannot be drawn.
    #[error(transparent)]
    Noise(#[from] NoiseError),
    /// More cells than can be drawn for, whatever the records hold.
    #[error("the declared values make more than {most} cells: use fewer columns, or coarser ones")]
    TooManyCells {
        /// The most.
        most: u64,
    },
    /// ε and δ leave nothing.
    #[error("no noise keeps this epsilon and delta: give a larger delta")]
    NoLoss,
    /// Counts that could be found.
    #[error(
        "{cells} counts of few persons could be found from the perturbed ones and their totals; nothing was written: take a larger base or a p-table of wider changes, to = \"random\" instead of \"nearest\", or fewer totals; under another key other counts are drawn"
    )]
    Found {
        /// How many.
        cells: u64,
    },
    /// Sums of which what one contributor adds could be found.
    #[error(
        "in {cells} cells what one contributor adds to the sum of `{column}` could be found within `p` per cent from the rounded sums and their totals; nothing was written: take a larger base, to = \"random\" instead of \"nearest\", fewer totals or columns, or method = \"cell_key\""
    )]
    SumFound {
        /// The column.
        column: String,
        /// How many.
        cells: u64,
    },
    /// Counts that an earlier release changed by another draw.
    #[error(
        "{cells} cells were published before with their counts changed under another key, by another method or with other parameters: both together tell more than each, and many of them the counts; nothing was written: release them under the key and with the parameters of then (linkage = \"longitudinal\" keeps the key of a pipeline)"
    )]
    DrawnAgain {
        /// How many.
        cells: u64,
    },
    /// A method draws by a key, and there is none.
    #[error("this method draws by a key: name its file with key = \"…\" in [table.perturb]")]
    KeyNeeded,
    /// The budget refuses.
    #[error("{}: {problem}; nothing was written", file.display())]
    Budget {
        /// The file.
        file: PathBuf,
        /// Why.
        problem: BudgetError,
    },
    /// A name that was paid for other numbers.
    #[error(
        "{}: a release named `{release}` was paid with other counts, parameters or keys; nothing was written: give this one a name of its own with `release`, and it is paid too",
        file.display()
    )]
    OtherCounts {
        /// The file.
        file: PathBuf,
        /// The name.
        release: String,
    },
    /// The file of the budget holds another one.
    #[error("{}: the budget in this file is another than the one in the pipeline; nothing was written", file.display())]
    OtherBudget {
        /// The file.
        file: PathBuf,
    },
    /// A budget's file of which another name would not be replaced.
    #[error(
        "{}: the file of a privacy budget is a regular file with one name, as it is replaced whole; this has several (hard links) or is something else; nothing was written",
        file.display()
    )]
    BudgetLinked {
        /// The file.
        file: PathBuf,
    },
    /// The file of the budget is damaged.
    #[error("{}: this is no privacy budget, or it was changed by hand; nothing was written", file.display())]
    DamagedBudget {
        /// The file.
        file: PathBuf,
    },
    /// The file of the budget cannot be read or written.
    #[error("{}: the privacy budget cannot be kept: {kind}; nothing was written", file.display())]
    BudgetFile {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        kind: std::io::ErrorKind,
    },
}

impl PerturbError {
    /// The exit code, as documented in the README.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::PTable(_) | Self::Biased { .. } | Self::Weak { .. } | Self::NoLoss | Self::TooManyCells { .. } => 2,
            Self::KeyNeeded => 5,
            Self::BudgetFile { .. } | Self::BudgetLinked { .. } | Self::DamagedBudget { .. } => 6,
            _ => 4,
        }
    }
}
