//! Persons by the size of the smallest class that they stand in, in a few bands around the threshold.

use serde_json::{Value as Json, json};

/// Bands of class sizes: persons alone, fewer than the threshold, up to twice, five times and ten times of it, and beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeBands {
    threshold: u64,
    persons: [u64; 6],
}

impl SizeBands {
    /// From pairs of persons and the size of their smallest class.
    pub(in crate::pipeline) fn of(pairs: impl Iterator<Item = (u64, u64)>, threshold: u64) -> Self {
        let mut bands = Self { threshold: threshold.max(2), persons: [0; 6] };
        let starts = bands.starts();
        for (persons, size) in pairs {
            // Where the threshold is two, the second band is empty, and starts where the third does.
            let at = starts.iter().rposition(|start| *start <= size).unwrap_or(0);
            bands.persons[at] += persons;
        }
        bands
    }

    fn starts(&self) -> [u64; 6] {
        let t = self.threshold;
        [1, 2, t, t.saturating_mul(2), t.saturating_mul(5), t.saturating_mul(10)]
    }

    /// Smallest and largest size of each band (none for the last), and its persons.
    pub fn each(&self) -> impl Iterator<Item = (u64, Option<u64>, u64)> + '_ {
        let starts = self.starts();
        let ends = (1..6).map(move |at| Some(starts[at] - 1)).chain([None]);
        let all = starts.into_iter().zip(ends).zip(self.persons).map(|((from, to), persons)| (from, to, persons));
        all.filter(|(from, to, _)| to.is_none_or(|to| *from <= to))
    }

    /// The bands for a program.
    #[must_use]
    pub fn to_json(&self) -> Json {
        self.each().map(|(from, to, persons)| json!({ "from": from, "to": to, "persons": persons })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_lies_in_one_band() {
        let bands = SizeBands::of([(3, 1), (4, 10), (5, 11), (6, 21), (7, 22), (8, 5000)].into_iter(), 11);
        let found: Vec<_> = bands.each().collect();
        let all = [
            (1, Some(1), 3),
            (2, Some(10), 4),
            (11, Some(21), 11),
            (22, Some(54), 7),
            (55, Some(109), 0),
            (110, None, 8),
        ];
        assert_eq!(found, all);
        let two = SizeBands::of([(1, 1), (2, 2), (4, 3), (8, 4)].into_iter(), 2);
        assert_eq!(
            two.each().map(|(from, _, persons)| (from, persons)).collect::<Vec<_>>(),
            [(1, 1), (2, 6), (4, 8), (10, 0), (20, 0)]
        );
    }
}
