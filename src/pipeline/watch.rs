//! What a run tells while it works, and how it is stopped. Stages are silent: whoever runs the pipeline listens.

use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::clock::Clock;

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

/// A watch that also remembers the stages and when each began: the last for the certificate of a run that fails.
pub(super) struct Remember<'a> {
    inner: &'a dyn Watch,
    clock: Arc<dyn Clock>,
    stages: Mutex<Vec<(Stage, DateTime<Utc>)>>,
}

impl<'a> Remember<'a> {
    pub fn new(inner: &'a dyn Watch, clock: Arc<dyn Clock>) -> Self {
        Self { inner, clock, stages: Mutex::new(Vec::new()) }
    }

    pub fn last(&self) -> &'static str {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        stages.last().map_or("planned", |(stage, _)| stage.as_str())
    }

    /// Seconds of each stage, in the order in which they began; one that was come back to is told once.
    pub fn seconds(&self) -> Vec<(Stage, f64)> {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = stages.iter().skip(1).map(|(_, at)| *at).chain([self.clock.now()]);
        let mut all: Vec<(Stage, f64)> = Vec::new();
        for ((stage, from), to) in stages.iter().zip(ends) {
            let seconds = (to - *from).as_seconds_f64();
            match all.iter_mut().find(|(known, _)| known == stage) {
                Some((_, sum)) => *sum += seconds,
                None => all.push((*stage, seconds)),
            }
        }
        all
    }
}

impl Watch for Remember<'_> {
    fn stage(&self, stage: Stage, total: Option<u64>) {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).push((stage, self.clock.now()));
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
