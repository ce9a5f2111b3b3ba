//! How often a delivery is tried, and how long it waits in between.

use std::num::NonZeroU32;
use std::thread;
use std::time::Duration;

/// Longest delay between two attempts.
const LONGEST: Duration = Duration::from_secs(3600);

/// How often, and how long apart: the nth delay is `first · factor^(n−1)`, at most an hour. Nothing is random about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    attempts: NonZeroU32,
    first: Duration,
    factor: NonZeroU32,
}

impl Retry {
    /// At least one attempt; the delay after the first, and by how much every further one is longer.
    #[must_use]
    pub fn new(attempts: NonZeroU32, first: Duration, factor: NonZeroU32) -> Self {
        Self { attempts, first, factor }
    }

    /// The delay after the nth failed attempt, from 1; `None` where it was the last.
    #[must_use]
    pub fn delay_after(&self, attempt: u32) -> Option<Duration> {
        if attempt >= self.attempts.get() {
            return None;
        }
        let factor = self.factor.get().saturating_pow(attempt.saturating_sub(1));
        Some(self.first.saturating_mul(factor).min(LONGEST))
    }
}

impl Default for Retry {
    /// Five attempts, 2, 8, 32 and 128 seconds apart.
    fn default() -> Self {
        let (five, four) = (NonZeroU32::MIN.saturating_add(4), NonZeroU32::MIN.saturating_add(3));
        Self { attempts: five, first: Duration::from_secs(2), factor: four }
    }
}

/// Lets time pass, as an argument: a test waits for nothing.
pub trait Pause {
    /// Waits so long.
    fn pause(&self, delay: Duration);
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemPause;

impl Pause for SystemPause {
    fn pause(&self, delay: Duration) {
        thread::sleep(delay);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn delays_grow_by_the_factor_up_to_an_hour_and_end_with_the_last_attempt() {
        let seconds = |retry: Retry| -> Vec<u64> {
            (1..).map_while(|attempt| retry.delay_after(attempt)).map(|delay| delay.as_secs()).collect()
        };
        assert_eq!(seconds(Retry::default()), [2, 8, 32, 128]);
        let n = |n| NonZeroU32::new(n).unwrap();
        assert_eq!(seconds(Retry::new(n(1), Duration::from_secs(1), n(2))), [0u64; 0]);
        let long = seconds(Retry::new(n(100), Duration::from_secs(1), n(10)));
        assert_eq!(long[..5], [1, 10, 100, 1000, 3600]);
        assert_eq!(long.last(), Some(&3600));
    }
}
