//! What a run tells while it works, and how it is stopped. Stages are silent: whoever runs the pipeline listens.

use std::path::Path;

/// The stages of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Read, judge, sieve.
    Sieve,
    /// Look for values that must be unique.
    Unique,
    /// Count the frame of the sample.
    Census,
    /// Draw.
    Draw,
    /// Count cells and classes.
    Summarise,
    /// Apply the plans.
    Release,
    /// Write and read back.
    Export,
    /// Destroy the vault.
    Destroy,
}

impl Stage {
    /// The name in audit logs and on progress bars.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sieve => "sieve",
            Self::Unique => "unique",
            Self::Census => "census",
            Self::Draw => "draw",
            Self::Summarise => "summarise",
            Self::Release => "release",
            Self::Export => "export",
            Self::Destroy => "destroy",
        }
    }
}

/// Listens to a run.
pub trait Watch: Sync {
    /// The run has a directory; what is laid there stays, whatever becomes of the run.
    fn begun(&self, _run: &Path) {}

    /// A stage begins; `total` steps are to come, where that is known. For [`Stage::Sieve`] steps are bytes on disk.
    fn stage(&self, _stage: Stage, _total: Option<u64>) {}

    /// So many steps of the stage are done, with so many records.
    fn advance(&self, _steps: u64, _records: u64) {}

    /// The signal that asks the run to stop, if any.
    fn stop(&self) -> Option<i32> {
        None
    }
}

/// Nobody listens.
pub struct Unwatched;

impl Watch for Unwatched {}
