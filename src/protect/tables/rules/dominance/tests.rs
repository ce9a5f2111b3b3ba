#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::protect::tables::rules::RuleError;
use crate::protect::tables::rules::tests::{cell, percent, sampled, units};

const PLAIN: Signs = Signs::NonNegative;

fn rule(n: u8, k: &str) -> Dominance {
    Dominance::new(n, percent(k)).unwrap()
}

#[test]
fn two_who_hold_a_little_more_than_the_limit_are_unsafe() {
    // Hundepool et al. 2012, §4.2.1, example 2: 52 000 + 50 000 = 102 000 > 0.909 · 110 000 = 99 990.
    let unsafe_cell = cell(&[52_000, 50_000, 5_000, 3_000]);
    assert!(rule(2, "90.9").sensitive(&unsafe_cell, PLAIN).unwrap());
    // Example 1: 50 000 of 100 000 is far from 90 %.
    assert!(!rule(1, "90").sensitive(&cell(&[50_000, 49_000, 1_000]), PLAIN).unwrap());
}

#[test]
fn exactly_the_limit_is_safe() {
    // 85 + 5 = 90 of 100, not more than 90 %; one unit of 10⁻⁹ more is.
    let (x, one) = (1_000_000_000_i128, 1_i128);
    let at = units(&[85 * x, 5 * x, 5 * x, 5 * x]);
    assert!(!rule(2, "90").sensitive(&at, PLAIN).unwrap());
    let above = units(&[85 * x + one, 5 * x, 5 * x, 5 * x - one]);
    assert!(rule(2, "90").sensitive(&above, PLAIN).unwrap());
    let below = units(&[85 * x - one, 5 * x, 5 * x, 5 * x + one]);
    assert!(!rule(2, "90").sensitive(&below, PLAIN).unwrap());
}

#[test]
fn the_limit_is_where_it_is_and_not_where_floating_point_puts_it() {
    // 33.3 / 100 · 1000 comes out below 333 in floating point.
    let float = 333.0 > 33.3 / 100.0 * 1000.0;
    assert!(float);
    assert!(!rule(1, "33.3").sensitive(&cell(&[333, 300, 300, 67]), PLAIN).unwrap());
    // Beyond 2⁵³ neighbours are the same number in floating point.
    let (x, total) = (9 * 10_i128.pow(29), 10_i128.pow(30));
    assert!(!rule(1, "90").sensitive(&units(&[x, total - x]), PLAIN).unwrap());
    assert!(rule(1, "90").sensitive(&units(&[x + 1, total - x - 1]), PLAIN).unwrap());
    assert_eq!((x + 1) as f64, x as f64);
}

#[test]
fn an_empty_cell_and_one_of_zeros_are_not_dominated() {
    assert!(!rule(1, "50").sensitive(&cell(&[]), PLAIN).unwrap());
    assert!(!rule(1, "50").sensitive(&cell(&[0, 0]), PLAIN).unwrap());
    assert!(rule(1, "99.999999999").sensitive(&cell(&[7]), PLAIN).unwrap());
}

#[test]
fn the_level_is_that_of_the_literature() {
    // Example 4: 300, 20, 10 under (1, 85) must not be bounded below 100 / 85 · 300 = 352.941176470588…
    let protection = rule(1, "85").protection(&cell(&[300, 20, 10]), PLAIN).unwrap().unwrap();
    assert_eq!((protection.low(), protection.high()), (22_941_176_471, 22_941_176_471));
    assert_eq!(rule(1, "91").protection(&cell(&[300, 20, 10]), PLAIN).unwrap(), None);
}

#[test]
fn downwards_there_is_no_more_than_the_value() {
    // 100 / 20 · 10 − 10 = 40 up, but only 10 down unless the cell can be negative.
    let protection = rule(1, "20").protection(&cell(&[10]), PLAIN).unwrap().unwrap();
    assert_eq!((protection.low(), protection.high()), (10_000_000_000, 40_000_000_000));
    let signs = Signs::Signed(crate::protect::tables::rules::CellSize::SumOfSizes);
    let protection = rule(1, "20").protection(&cell(&[10]), signs).unwrap().unwrap();
    assert_eq!((protection.low(), protection.high()), (40_000_000_000, 40_000_000_000));
}

#[test]
fn a_cell_of_both_signs_is_judged_by_sizes() {
    use crate::protect::tables::rules::CellSize::{SizeOfTotal, SumOfSizes};
    // 60 − 50 + 40 − 45 = 5; sizes add up to 195, of which 60 is a third.
    let signed = cell(&[60, -50, 40, -45]);
    assert!(!rule(1, "50").sensitive(&signed, Signs::Signed(SumOfSizes)).unwrap());
    assert!(rule(1, "50").sensitive(&signed, Signs::Signed(SizeOfTotal)).unwrap());
    // A negative total is no excuse: −90 of −100.
    let negative = cell(&[-90, -10]);
    assert!(rule(1, "85").sensitive(&negative, Signs::Signed(SumOfSizes)).unwrap());
    assert!(rule(1, "85").sensitive(&negative, Signs::Signed(SizeOfTotal)).unwrap());
    assert!(!rule(1, "90").sensitive(&negative, Signs::Signed(SizeOfTotal)).unwrap());
}

#[test]
fn weights_make_two_of_one() {
    // 100 (weight 4) and 10 (weight 7): 200 of 470 is 42.553… %.
    let cell = sampled(&[(100, 4_000), (10, 7_000)]);
    assert!(rule(2, "42.55").sensitive(&cell, PLAIN).unwrap());
    assert!(!rule(2, "42.56").sensitive(&cell, PLAIN).unwrap());
}

#[test]
fn parameters_without_sense_are_refused() {
    for (n, k) in [(0, "50"), (9, "50"), (1, "0"), (1, "100"), (1, "150")] {
        assert_eq!(Dominance::new(n, percent(k)), Err(RuleError::Parameter));
    }
    let mut narrow = Contributors::new(1).unwrap();
    narrow.offer(crate::protect::tables::rules::Amount::from_i64(1)).unwrap();
    assert_eq!(rule(2, "50").sensitive(&narrow, PLAIN), Err(RuleError::TooFewKept));
}

proptest! {
    /// By definition: the smallest distance U at which the same contributors would no longer be too much of X + U.
    #[test]
    fn the_level_is_the_smallest_at_which_nobody_is_too_large(
        all in prop::collection::vec(0..60_i128, 0..7),
        n in 1..4_u8,
        k in 30..100_i128,
    ) {
        let mut sorted = all.clone();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let (top, total): (i128, i128) = (sorted.iter().take(n.into()).sum(), all.iter().sum());
        let needed = (0..).find(|up| 100 * top <= k * (total + up)).unwrap();
        let rule = rule(n, &k.to_string());
        let cell = units(&all);
        prop_assert_eq!(rule.sensitive(&cell, PLAIN).unwrap(), needed > 0);
        let found = rule.protection(&cell, PLAIN).unwrap();
        prop_assert_eq!(found.map_or(0, |protection| protection.high()), needed);
        prop_assert_eq!(found.map_or(0, |protection| protection.low()), needed.min(total));
    }
}
