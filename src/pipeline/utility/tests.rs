#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::bins::natural;
use super::rounded::{distance, known, listed, shares, step};
use super::seen::{MOST_VALUES, Met, Seen};
use crate::schema::Logical;

const SIGN: u64 = 1 << 63;

proptest! {
    #[test]
    fn shares_add_up_and_are_less_than_a_step_off(counts in prop::collection::vec(0_u64..5000, 1..20), threshold in 2_u64..50) {
        let total: u64 = counts.iter().sum();
        let Some(step) = step(total, threshold) else { return Ok(()) };
        prop_assert!(total * step >= 100 * threshold);
        let wide: Vec<u128> = counts.iter().map(|count| u128::from(*count)).collect();
        let shown = shares(&wide, step).unwrap();
        prop_assert_eq!(shown.iter().sum::<u64>(), 100);
        for (count, share) in counts.iter().zip(shown) {
            prop_assert_eq!(share % step, 0);
            let exact = *count as f64 * 100.0 / total as f64;
            prop_assert!((exact - share as f64).abs() < step as f64, "{} {}", exact, share);
        }
    }

    #[test]
    fn who_knows_what_left_learns_whole_thresholds(after in 0_u64..2000, more in 0_u64..2000, threshold in 2_u64..50) {
        let told = known(after + more, after, threshold);
        // All numbers of persons left out between two multiples of the threshold are told alike.
        let from = after + more / threshold * threshold;
        prop_assert!((from..from + threshold).all(|before| known(before, after, threshold) == told));
        prop_assert!(told <= after + more && told + threshold > after + more);
        // Values that were changed may be more than before.
        let fewer = known(after, after + more, threshold);
        prop_assert!(fewer >= after && fewer < after + threshold);
    }

    #[test]
    fn what_is_seen_does_not_depend_on_who_saw_what(words in prop::collection::vec(0_u64..20_000, 0..9000), cut in 0.0_f64..1.0, text: bool) {
        let logical = if text { Logical::Text } else { Logical::Integer };
        let word = |word: u64| if text { word } else { word.wrapping_sub(5000) ^ SIGN };
        let see = |words: &[(u128, u64)]| {
            let mut seen = Seen::new(logical);
            words.iter().for_each(|(person, value)| seen.meet(*person, word(*value)));
            seen
        };
        let met: Vec<(u128, u64)> = words.iter().enumerate().map(|(at, word)| (at as u128 / 2, *word)).collect();
        // A person is in one bucket.
        let (one, two) = met.split_at((met.len() as f64 * cut / 2.0) as usize * 2);
        let (whole, parts, turned) = (see(&met), see(one).merge(see(two)), see(two).merge(see(one)));
        for other in [&parts, &turned] {
            prop_assert_eq!(whole.words(), other.words());
            prop_assert_eq!(whole.records(), other.records());
            prop_assert_eq!((whole.all.records, whole.all.persons), (other.all.records, other.all.persons));
        }
        let distinct = met.iter().map(|(_, word)| word).collect::<std::collections::BTreeSet<_>>().len();
        prop_assert_eq!(whole.words().is_some(), distinct <= MOST_VALUES);
        prop_assert!(whole.records().len() <= MOST_VALUES);
        if !text {
            prop_assert_eq!(whole.records().iter().map(|(_, records)| *records).sum::<u64>(), met.len() as u64);
        }
    }
}

/// All ways to share `total` among `lines`.
fn all_counts(total: u128, lines: usize) -> Vec<Vec<u128>> {
    if lines == 1 {
        return vec![vec![total]];
    }
    let with = |first: u128| {
        let rest = all_counts(total - first, lines - 1).into_iter();
        rest.map(move |rest| [first].into_iter().chain(rest).collect())
    };
    (0..=total).flat_map(with).collect()
}

/// The attacker knows the total and every share, and thinks of every count that gives them.
#[test]
fn no_count_follows_from_shares_and_total() {
    for (total, threshold, lines) in
        [(40, 4, 2), (60, 3, 2), (110, 11, 2), (24, 5, 3), (40, 3, 3), (33, 3, 3), (20, 2, 4)]
    {
        let step = step(total, threshold).unwrap();
        let mut alike: BTreeMap<Vec<u64>, Vec<Vec<u128>>> = BTreeMap::new();
        for counts in all_counts(u128::from(total), lines) {
            alike.entry(shares(&counts, step).unwrap()).or_default().push(counts);
        }
        for (shown, possible) in &alike {
            for line in 0..lines {
                let found: std::collections::BTreeSet<u128> = possible.iter().map(|counts| counts[line]).collect();
                let (least, most) = (*found.first().unwrap(), *found.last().unwrap());
                let reach = u64::try_from(most - least).unwrap() + 1;
                match shown[line] {
                    // Nobody, or some: which, it does not tell.
                    0 => assert!(least == 0 && 2 * reach >= threshold, "{shown:?}: {least} to {most}"),
                    100 => assert!(2 * reach >= threshold, "{shown:?}: {least} to {most}"),
                    _ => assert!(reach >= threshold, "{shown:?}: {least} to {most}, {threshold}"),
                }
            }
        }
    }
}

#[test]
fn steps_are_as_fine_as_the_threshold_allows() {
    let steps: Vec<Option<u64>> = [0, 30, 44, 109, 110, 275, 1099, 1100, 1 << 50].map(|total| step(total, 11)).to_vec();
    assert_eq!(steps, [None, None, Some(25), Some(20), Some(10), Some(4), Some(2), Some(1), Some(1)]);
    assert_eq!(shares(&[], 1), None);
    assert_eq!(shares(&[0, 0], 1), None);
    // Weights are summed in small parts of one: their sums are large.
    assert_eq!(shares(&[u128::MAX / 8, u128::MAX / 8, 1], 1).unwrap(), [50, 50, 0]);
    assert_eq!(distance(&[50, 50, 0], &[20, 70, 10]), 30);
}

#[test]
fn rare_values_have_no_line() {
    assert_eq!(listed(&[500, 10, 11, 489], 11), [true, false, true, true]);
    // One in a hundred.
    assert_eq!(listed(&[9000, 89, 911], 11), [true, false, true]);
}

#[test]
fn a_person_counts_once_for_a_value() {
    let mut met = Met::default();
    let fresh: Vec<bool> = [7, 7, 8, 9, 9].map(|person| met.meet(person)).to_vec();
    assert_eq!(fresh, [true, false, true, true, false]);
    assert_eq!((met.records, met.persons), (5, 3));
}

#[test]
fn bands_stand_in_the_order_of_their_numbers() {
    let mut bands = ["70+", "8-17", "<8", "18-69", "_T", "2A"];
    bands.sort_by(|one, two| natural(one).cmp(&natural(two)));
    assert_eq!(bands, ["<8", "8-17", "18-69", "70+", "2A", "_T"]);
    let mut numbers = ["[30;35[", "35+", "<18.5", "[18.5;25[", "[25;30["];
    numbers.sort_by(|one, two| natural(one).cmp(&natural(two)));
    assert_eq!(numbers, ["<18.5", "[18.5;25[", "[25;30[", "[30;35[", "35+"]);
}
