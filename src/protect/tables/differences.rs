//! What changed since an earlier release, line by line.

use std::collections::BTreeMap;

use super::system::Relation;
use super::threshold::few;
use crate::config::Threshold;

/// A number of distinct persons, as far as it is known: of several cells together it is not their sum where one may be in two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Between {
    /// As many at least.
    pub least: u64,
    /// As many at most.
    pub most: u64,
}

impl Between {
    /// A number that is known.
    #[must_use]
    pub fn exactly(count: u64) -> Self {
        Self { least: count, most: count }
    }

    /// Of both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { least: self.least.max(other.least), most: self.most.saturating_add(other.most) }
    }

    /// Whether it may differ from another by fewer than the threshold, or not at all.
    pub(super) fn is_near(self, now: u64, threshold: Threshold) -> bool {
        let threshold = threshold.get();
        now.saturating_add(threshold) > self.least && now < self.most.saturating_add(threshold)
    }

    /// Whether it may differ by some, but too few; of what is not exactly known only where something `changed`.
    pub(super) fn differs_by_few(self, now: u64, changed: bool, threshold: Threshold) -> bool {
        if self.least == self.most {
            few(now.abs_diff(self.least), threshold)
        } else {
            changed && self.is_near(now, threshold)
        }
    }
}

/// By how much a cell changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Difference {
    /// Records that came, less those that left.
    pub records: i64,
    /// The same for persons; `None` where the earlier persons are not known.
    pub persons: Option<i64>,
}

impl Difference {
    /// Nothing changed.
    pub const NONE: Self = Self { records: 0, persons: Some(0) };

    /// Whether nothing is seen to have changed.
    pub fn is_none(self) -> bool {
        self.records == 0 && self.persons.is_none_or(|persons| persons == 0)
    }

    /// Both together; persons of whom one may be in both add up to no more than they show.
    pub fn plus(self, other: Self) -> Self {
        let persons = self.persons.zip(other.persons).map(|(a, b)| a.saturating_add(b));
        Self { records: self.records.saturating_add(other.records), persons }
    }

    fn less(self, other: Self) -> Self {
        let opposite =
            Self { records: other.records.saturating_neg(), persons: other.persons.map(i64::saturating_neg) };
        self.plus(opposite)
    }

    /// Whether it shows some, but too few.
    fn is_few(self, threshold: Threshold) -> bool {
        few(self.records.unsigned_abs(), threshold)
            || self.persons.is_some_and(|persons| few(persons.unsigned_abs(), threshold))
    }
}

/// What everybody knows of the changes since one earlier release, were every new cell published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Differences {
    /// For each new cell; `None` where its earlier count is not known.
    pub cells: Vec<Option<Difference>>,
    /// For each line that earlier cells belong to which are gone, how they changed together; `None` where one is not known.
    pub gone: BTreeMap<u32, Option<Difference>>,
    /// For each line, whether persons of its parts add up: otherwise records alone are looked at.
    pub exact: Vec<bool>,
    /// For each new cell, the fewest persons that it may show.
    pub thresholds: Vec<Threshold>,
}

/// What a line asks for.
pub(super) enum Found {
    /// Nothing.
    Sound,
    /// One more suppressed cell.
    Suppress(u32),
    /// What cannot be had.
    Stuck,
}

impl Differences {
    /// One more number to suppress in a line whose total is known in both releases, while those of its parts that are not known in
    /// both changed by few together. `free` says what may be suppressed, `cost` what that costs.
    pub fn one_more(
        &self,
        Relation { total, parts }: Relation<'_>,
        line: u32,
        unknown: &[bool],
        (free, cost): (&dyn Fn(u32) -> bool, &dyn Fn(u32) -> u64),
    ) -> Found {
        let exact = self.exact.get(line as usize).copied().unwrap_or_default();
        let alike = |d: Difference| if exact { d } else { Difference { persons: None, ..d } };
        let seen = |cell: u32| self.cells[cell as usize].filter(|_| !unknown[cell as usize]).map(alike);
        let Some(whole) = seen(total) else { return Found::Sound };
        let gone = self.gone.get(&line).copied().unwrap_or(Some(Difference::NONE));
        let (mut rest, mut hidden) = (whole.less(gone.unwrap_or(Difference::NONE)), gone.is_none());
        let mut candidates = Vec::new();
        for part in parts {
            match seen(*part) {
                Some(change) => {
                    rest = rest.less(change);
                    if free(*part) && !change.is_none() {
                        candidates.push((cost(*part), *part, change));
                    }
                }
                None => hidden = true,
            }
        }
        let threshold = self.thresholds[total as usize];
        if !hidden || !rest.is_few(threshold) {
            return Found::Sound;
        }
        candidates.sort_unstable_by_key(|(cost, part, _)| (*cost, *part));
        // The cheapest that makes them enough; where none does alone, the largest; the total, where there is none.
        let enough = candidates.iter().find(|(.., change)| !rest.plus(*change).is_few(threshold));
        match enough.or(candidates.last()) {
            Some((_, part, _)) => Found::Suppress(*part),
            None if free(total) => Found::Suppress(total),
            None => Found::Stuck,
        }
    }
}
