#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Words by SplitMix64, with a key.
struct Chance(u64);

impl Words for Chance {
    fn word(&self, record: u64, draw: u32) -> u64 {
        let mut word =
            (record ^ self.0).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(u64::from(draw) << 32 | 0x5bd1);
        for _ in 0..2 {
            word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            word ^= word >> 31;
        }
        word
    }
}

/// Digests of so many records.
fn digests(count: usize) -> Vec<u64> {
    (0..count as u64).map(|at| Chance(99).word(at, 0)).collect()
}

/// The entries in another order.
fn mixed<T: Clone>(all: &[T], order: &[usize]) -> Vec<T> {
    order.iter().map(|&at| all[at].clone()).collect()
}

proptest! {
    #[test]
    fn no_method_depends_on_the_order_of_records(values in prop::collection::vec(-20..20_i64, 1..40), turn in 0..40_usize) {
        let (n, words) = (values.len(), Chance(7));
        let records = digests(n);
        let order: Vec<usize> = (0..n).rev().map(|at| (at + turn) % n).collect();
        let (others, renamed) = (mixed(&values, &order), mixed(&records, &order));
        let swapped = |values: &[i64], records: &[u64]| swap(values, records, 0.3, &words).unwrap().0;
        prop_assert_eq!(mixed(&swapped(&values, &records), &order), swapped(&others, &renamed));
        let noisy = |values: &[i64], records: &[u64]| noise(values, records, 0.5, &words).unwrap().0;
        prop_assert_eq!(mixed(&noisy(&values, &records), &order), noisy(&others, &renamed));
        let rounded = |values: &[i64], records: &[u64]| round_at_random(values, 7, records, &words).0;
        prop_assert_eq!(mixed(&rounded(&values, &records), &order), rounded(&others, &renamed));
        let grouped = |values: &[i64], records: &[u64]| mdav(&[values.to_vec()], records, 3).unwrap().columns.remove(0);
        prop_assert_eq!(mixed(&grouped(&values, &records), &order), grouped(&others, &renamed));
        let matrix = Transition::uniform(40, 0.5).unwrap();
        let codes = |values: &[i64]| values.iter().map(|value| (value + 20) as u32).collect::<Vec<u32>>();
        let drawn = |values: &[i64], records: &[u64]| pram(&codes(values), records, &matrix, &words).unwrap().codes;
        prop_assert_eq!(mixed(&drawn(&values, &records), &order), drawn(&others, &renamed));
    }

    #[test]
    fn mdav_makes_groups_of_k_to_2k_and_puts_their_means(
        rows in prop::collection::vec((0..50_i64, 0..50_i64), 1..60), k in 1..6_usize,
    ) {
        let columns = vec![rows.iter().map(|row| row.0).collect::<Vec<i64>>(), rows.iter().map(|row| row.1).collect()];
        let found = mdav(&columns, &digests(rows.len()), k).unwrap();
        let mut groups: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        found.groups.iter().enumerate().for_each(|(at, group)| groups.entry(*group).or_default().push(at));
        for members in groups.values() {
            prop_assert!(members.len() < 2 * k && (members.len() >= k || rows.len() < k));
            for (before, after) in columns.iter().zip(&found.columns) {
                let mean = members.iter().map(|&at| before[at]).sum::<i64>() as f64 / members.len() as f64;
                prop_assert!(members.iter().all(|&at| (after[at] as f64 - mean).abs() <= 0.5));
            }
        }
        prop_assert!((0.0..=1.0 + 1e-9).contains(&found.lost) && (k > 1 || found.lost == 0.0));
    }

    #[test]
    fn swapping_keeps_the_values_and_the_reach(values in prop::collection::hash_set(-1_000..1_000_i64, 2..60), share in 0.0..=1.0_f64) {
        let values: Vec<i64> = values.into_iter().collect();
        let (swapped, effect) = swap(&values, &digests(values.len()), share, &Chance(3)).unwrap();
        let (mut before, mut after) = (values.clone(), swapped.clone());
        before.sort_unstable();
        after.sort_unstable();
        prop_assert_eq!(&before, &after);
        let rank = |value: i64| before.binary_search(&value).unwrap();
        let reach = (share * values.len() as f64) as usize;
        prop_assert!(values.iter().zip(&swapped).all(|(one, two)| rank(*one).abs_diff(rank(*two)) <= reach));
        prop_assert_eq!(effect.changed, values.iter().zip(&swapped).filter(|(one, two)| one != two).count() as u64);
        prop_assert!(reach == 0 || effect.changed > 0);
        prop_assert!((effect.mean_before - effect.mean_after).abs() < 1e-9);
    }

    #[test]
    fn rounding_goes_to_the_nearest_or_a_neighbouring_multiple(value in any::<i64>(), base in 1..1_000_u32, key in any::<u64>()) {
        let wide = i128::from(base);
        let near = i128::from(round(&[value], base).0[0]);
        let at_random = i128::from(round_at_random(&[value], base, &[1], &Chance(key)).0[0]);
        let ends = [i128::from(i64::MIN), i128::from(i64::MAX)];
        prop_assert!(ends.contains(&near) || near % wide == 0 && 2 * (near - i128::from(value)).abs() <= wide);
        prop_assert!(ends.contains(&at_random) || at_random % wide == 0 && (at_random - i128::from(value)).abs() < wide);
    }

    #[test]
    fn invariant_pram_keeps_the_frequencies_in_expectation(counts in prop::collection::vec(0..50_u64, 2..6), stay in 0.2..0.95_f64) {
        let matrix = Transition::uniform(counts.len(), stay).unwrap().invariant(&counts).unwrap();
        for (to, &count) in counts.iter().enumerate() {
            let expected: f64 = matrix.rows().iter().zip(&counts).map(|(row, &from)| row[to] * from as f64).sum();
            prop_assert!((expected - count as f64).abs() < 1e-9);
        }
        for row in matrix.rows() {
            prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9 && row.iter().all(|entry| *entry >= 0.0));
        }
    }
}

#[test]
fn ends_are_coded_and_counted() {
    let values = [1, 5, 6, 7, 90, 100];
    let ends = Ends { bottom: Some(5), top: Some(7) };
    let coded = cap(&values, ends, Beyond::Limit);
    assert_eq!((coded.values, coded.low, coded.high), (vec![5, 5, 6, 7, 7, 7], 1, 2));
    let coded = cap(&values, ends, Beyond::Mean);
    assert_eq!(coded.values, [1, 5, 6, 7, 95, 95]);
    assert_eq!(coded.effect.mean_before, coded.effect.mean_after);
    assert_eq!((coded.effect.changed, coded.effect.largest_change), (2, 5));
    let wide = limits(&values, 2);
    assert_eq!(wide, Ends { bottom: Some(5), top: Some(90) });
    let coded = cap(&values, wide, Beyond::Limit).values;
    assert_eq!(coded, [5, 5, 6, 7, 90, 90], "two at each end");
    assert_eq!(limits(&values, 7), Ends::default());
    assert_eq!(cap(&values, Ends::default(), Beyond::Mean).values, values);
}

#[test]
fn the_effect_is_that_of_textbooks() {
    let coded = cap(&[2, 4, 4, 4, 5, 5, 7, 9], Ends { bottom: None, top: Some(5) }, Beyond::Limit).effect;
    assert_eq!((coded.records, coded.changed, coded.largest_change), (8, 2, 4));
    assert_eq!((coded.mean_before, coded.mean_after, coded.mean_change), (5.0, 4.25, 0.75));
    assert_eq!((coded.variance_before, coded.variance_after), (4.0, 0.9375));
    // Σ(x − 5)(y − 4.25) = 12: 12/8 / √(4 · 0.9375)
    assert!((coded.correlation - 1.5 / 3.75_f64.sqrt()).abs() < 1e-12, "{}", coded.correlation);
    let ends = cap(&[i64::MIN, i64::MAX], Ends::default(), Beyond::Limit).effect;
    assert!(ends.variance_before > 0.0, "no overflow");
}

#[test]
fn random_rounding_and_noise_keep_the_mean() {
    let (n, words) = (20_000, Chance(11));
    let (values, records) = (vec![3_i64; n], digests(n));
    let (_, effect) = round_at_random(&values, 10, &records, &words);
    // The mean of n values of 0 or 10 has a standard error of 0.032: six of them are exceeded once in 5·10⁸ keys.
    assert!((effect.mean_after - 3.0).abs() < 0.2, "{}", effect.mean_after);
    let values: Vec<i64> = (0..n as i64).map(|at| at * 1_000).collect();
    let (noisy, effect) = noise(&values, &records, 0.1, &words).unwrap();
    let sd = effect.variance_before.sqrt();
    let error = 0.1 * sd / (n as f64).sqrt();
    assert!((effect.mean_after - effect.mean_before).abs() < 6.0 * error);
    let squares: f64 = values.iter().zip(&noisy).map(|(one, two)| ((one - two) as f64).powi(2)).sum::<f64>() / n as f64;
    assert!((squares.sqrt() / sd - 0.1).abs() < 0.1 * 6.0 / (2.0 * n as f64).sqrt(), "{}", squares.sqrt() / sd);
    assert!(effect.largest_change as f64 <= 0.6 * sd + 1.0, "six standard deviations at most");
    assert!(noise(&values, &records[1..], 0.1, &words).is_none() && noise(&values, &records, -1.0, &words).is_none());
}

#[test]
fn pram_draws_by_the_matrix() {
    let n = 20_000;
    let (codes, records) = (vec![1_u32; n], digests(n));
    let matrix = Transition::new(vec![vec![1.0, 0.0, 0.0], vec![0.25, 0.5, 0.25], vec![0.0, 0.0, 1.0]]).unwrap();
    let found = pram(&codes, &records, &matrix, &Chance(5)).unwrap();
    assert_eq!((found.before, found.after.iter().sum::<u64>()), (vec![0, n as u64, 0], n as u64));
    assert_eq!(found.changed, found.after[0] + found.after[2]);
    // Standard error of a share of ¼: 0.003; six of them.
    [0, 2].iter().for_each(|&code| assert!((found.after[code] as f64 / n as f64 - 0.25).abs() < 0.019));
    assert_eq!(pram(&codes, &records, &Transition::uniform(1, 1.0).unwrap(), &Chance(5)), Err(PramFault::Size));
    assert_eq!(pram(&codes, &records[1..], &matrix, &Chance(5)), Err(PramFault::Size));
    assert_eq!(Transition::new(vec![vec![0.5, 0.4], vec![0.0, 1.0]]), Err(PramFault::Sum { row: 0 }));
    assert_eq!(Transition::new(vec![vec![1.0], vec![0.0]]), Err(PramFault::Entries));
    assert_eq!(Transition::uniform(3, 1.5), Err(PramFault::Entries));
    assert_eq!(matrix.invariant(&[1, 2]), Err(PramFault::Size));
    let (one, two) = (Chance(5), Chance(6));
    let drawn = |words: &Chance| pram(&codes, &records, &matrix, words).unwrap().codes;
    assert_ne!(drawn(&one), drawn(&two), "another key, other draws");
}

#[test]
fn mdav_groups_what_is_near() {
    let found = mdav(&[vec![1, 100, 2, 101, 3, 102]], &digests(6), 3).unwrap();
    assert_eq!(found.columns[0], [2, 101, 2, 101, 2, 101]);
    assert!(found.lost < 0.001 && found.effects[0].largest_change == 1);
    assert!(mdav(&[vec![1]], &digests(2), 3).is_none() && mdav(&[vec![1]], &digests(1), 0).is_none());
    assert_eq!(mdav(&[], &digests(2), 1).map(|found| found.columns.len()), Some(0));
}
