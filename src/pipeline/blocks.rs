//! Blocks of a source in parallel, each thread with memory of its own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::iter::{ParallelBridge, ParallelIterator};

use super::error::RunError;
use super::watch::Watch;
use crate::ingest::{RawBatch, SourceReader};

/// States that threads borrow for a block. They are not bound to threads: a thread that waits inside the SQL engine may be
/// given another block meanwhile, and then takes another state.
pub(super) struct Pool<S, F: Fn() -> S> {
    free: Mutex<Vec<S>>,
    make: F,
}

impl<S, F: Fn() -> S> Pool<S, F> {
    pub fn new(make: F) -> Self {
        Self { free: Mutex::new(Vec::new()), make }
    }

    pub fn with<R>(&self, work: impl FnOnce(&mut S) -> R) -> R {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut state = free.unwrap_or_else(&self.make);
        let result = work(&mut state);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(state);
        result
    }

    pub fn into_states(self) -> Vec<S> {
        self.free.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Parses every block of a source and hands it to `work`, in no particular order.
pub(super) fn for_each<S: Send, F: Fn() -> S + Sync>(
    reader: SourceReader,
    pool: &Pool<S, F>,
    watch: &dyn Watch,
    work: impl Fn(&RawBatch, &mut S) -> Result<(), RunError> + Sync,
) -> Result<(), RunError> {
    let seen = AtomicU64::new(0);
    reader.par_bridge().try_for_each(|block| {
        stopped(watch)?;
        let block = block.map_err(|error| unless_stopped(watch, error))?;
        let so_far = block.disk_bytes_so_far();
        let bytes = so_far.saturating_sub(seen.fetch_max(so_far, Ordering::Relaxed));
        let raw = block.parse()?;
        watch.advance(bytes, (raw.rows() + raw.malformed().len()) as u64);
        pool.with(|state| work(&raw, state))
    })
}

/// An error if somebody asked the run to stop.
pub(super) fn stopped(watch: &dyn Watch) -> Result<(), RunError> {
    watch.stop().map_or(Ok(()), |signal| Err(RunError::Interrupted { signal }))
}

/// The error, unless it came of a stop that somebody asked for.
pub(super) fn unless_stopped(watch: &dyn Watch, error: impl Into<RunError>) -> RunError {
    stopped(watch).err().unwrap_or_else(|| error.into())
}
