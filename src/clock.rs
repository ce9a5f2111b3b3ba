//! The time of day, as an argument: a run that is replayed with a fixed clock writes the same documents.

use std::time::SystemTime;

use chrono::{DateTime, Utc};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from(SystemTime::now())
    }
}

/// A clock that stands still, for replays and tests.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(
    /// The time that it tells.
    pub DateTime<Utc>,
);

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_past_the_year_this_was_written_and_does_not_run_backwards() {
        let first = SystemClock.now();
        assert!(first.timestamp() > 1_767_225_600, "before 2026");
        assert!(SystemClock.now() >= first);
    }
}
