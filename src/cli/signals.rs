//! Signals that ask a run to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};

/// Remembers the first signal that asked to stop.
#[derive(Clone, Default)]
pub struct Signals(Arc<AtomicUsize>);

impl Signals {
    /// Listens to interrupt, termination and hang-up; a run that is asked to stop destroys its vault first.
    pub fn listen() -> Self {
        let signals = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // Without a handler the signal ends the process at once, which is safe too: the spill file has no name.
            let _ = signal_hook::flag::register_usize(signal, Arc::clone(&signals.0), signal as usize);
        }
        // Beyond a limit on the size of files the system would end the process with half a file on disk. Handled, the write
        // fails instead, and the run removes what is partial and says why.
        let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
        signals
    }

    /// What holds the number of the signal.
    pub fn flag(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.0)
    }

    /// The signal, if one came.
    pub fn received(&self) -> Option<i32> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            signal => i32::try_from(signal).ok(),
        }
    }
}
