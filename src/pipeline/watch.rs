//! What a run tells while it works, and how it is stopped. Stages are silent: whoever runs the pipeline listens.

use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};

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

    /// What is no longer 0 once a signal asks the run to stop, for those who wait for somebody else.
    fn stop_flag(&self) -> Option<Arc<AtomicUsize>> {
        None
    }
}

/// Nobody listens.
pub struct Unwatched;

impl Watch for Unwatched {}

/// A watch that also remembers the stage, for the certificate of a run that fails.
pub(super) struct Remember<'a> {
    inner: &'a dyn Watch,
    stage: Mutex<&'static str>,
}

impl<'a> Remember<'a> {
    pub fn new(inner: &'a dyn Watch) -> Self {
        Self { inner, stage: Mutex::new("planned") }
    }

    pub fn last(&self) -> &'static str {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Remember<'_> {
    fn stage(&self, stage: Stage, total: Option<u64>) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage.as_str();
        self.inner.stage(stage, total);
    }

    fn advance(&self, steps: u64, records: u64) {
        self.inner.advance(steps, records);
    }

    fn begun(&self, run: &Path) {
        self.inner.begun(run);
    }

    fn stop(&self) -> Option<i32> {
        self.inner.stop()
    }

    fn stop_flag(&self) -> Option<Arc<AtomicUsize>> {
        self.inner.stop_flag()
    }
}
