use proptest::prelude::*;

use super::super::ptable::{Parameters, VarianceRule};
use super::*;

fn table() -> PTable {
    let parameters =
        Parameters { deviation: 5, variance: 3.0, rule: VarianceRule::AtMost, blocked: 2, stay: None, monotone: true };
    PTable::of_largest_entropy(&parameters).expect("a table")
}

fn record(identity: u32) -> RecordKey {
    RecordKey::of(&WordKey::new(&[1; 32], "record keys"), &identity.to_be_bytes())
}

fn cell(records: impl IntoIterator<Item = u32>) -> KeyedCount {
    records.into_iter().map(|identity| KeyedCount::one(record(identity))).sum()
}

#[test]
fn a_cell_without_contributors_stays_zero() {
    assert_eq!(cell([]).perturbed(&table()), 0);
}

#[test]
fn the_same_contributors_get_the_same_noise_in_every_table() {
    let table = table();
    let mut differing = 0;
    for from in 0..300 {
        let one = cell(from..from + 20);
        let other = cell((from..from + 7).rev()).and(cell(from + 7..from + 20));
        assert!(one == other && one.perturbed(&table) == other.perturbed(&table));
        differing += u32::from(one.perturbed(&table) != cell(from + 1000..from + 1020).perturbed(&table));
    }
    assert!(differing > 100, "other contributors have noise of their own");
}

#[test]
fn noise_never_goes_under_zero_nor_over_what_is_counted() {
    let table = table();
    let most = KeyedCount { count: u64::MAX, key: u64::MAX };
    assert_eq!(most.perturbed(&table), u64::MAX);
    assert_eq!(KeyedCount { count: 1, key: 0 }.perturbed(&table), 0);
}

/// Published counts of 20 000 cells of one size, all of different contributors, against the row of the p-table: every
/// frequency within Bernstein's bound, false alarm under 1 in a million for each row (the keys are fixed, so is the
/// result).
#[test]
fn published_counts_have_the_frequencies_of_the_table() {
    const CELLS: u32 = 20_000;
    let table = table();
    for size in [1, 2, 3, 5, 9] {
        let mut seen = std::collections::BTreeMap::<i64, u32>::new();
        for at in 0..CELLS {
            let published = cell(at * 16..at * 16 + size).perturbed(&table);
            *seen.entry(published as i64 - i64::from(size)).or_default() += 1;
        }
        let rows: Vec<_> = table.changes(size.into()).collect();
        let log = (2e6 * rows.len() as f64).ln();
        let mut expected_again = 0;
        for (change, weight) in rows {
            let (n, p) = (f64::from(CELLS), weight as f64 / 2.0_f64.powi(64));
            let bound = (2.0 * n * p * (1.0 - p) * log).sqrt() + log / 3.0;
            let seen = seen.get(&change).copied().unwrap_or(0);
            assert!((f64::from(seen) - n * p).abs() < bound, "{size} {change}");
            expected_again += seen;
        }
        assert_eq!(expected_again, CELLS, "no change outside of the row");
    }
}

proptest! {
    #[test]
    fn the_order_of_adding_up_does_not_matter(keys in prop::collection::vec(any::<u64>(), 0..30), split in 0_usize..30) {
        let cells: Vec<KeyedCount> = keys.iter().map(|key| KeyedCount::one(RecordKey(*key))).collect();
        let split = split.min(cells.len());
        let forth: KeyedCount = cells.iter().copied().sum();
        let back: KeyedCount = cells[split..].iter().rev().chain(&cells[..split]).copied().sum();
        prop_assert!(forth == back);
        prop_assert_eq!(forth.count(), keys.len() as u64);
        prop_assert_eq!(forth.key(), keys.iter().fold(0, |sum: u64, key| sum.wrapping_add(*key)));
    }
}
