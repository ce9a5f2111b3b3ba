#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::protect::tables::rules::tests::{cell, percent, sampled, units};
use crate::protect::tables::rules::{CellSize, Dominance, RuleError};

const PLAIN: Signs = Signs::NonNegative;

fn rule(p: &str) -> PPercent {
    PPercent::new(percent(p), 1).unwrap()
}

#[test]
fn the_known_example_is_safe_under_this_rule_and_unsafe_under_dominance() {
    // Hundepool et al. 2012, §4.2.1, example 2: the rest of 8 000 is 15.4 % of 52 000.
    let cell = cell(&[52_000, 50_000, 5_000, 3_000]);
    assert!(!rule("10").sensitive(&cell, PLAIN).unwrap());
    assert!(Dominance::new(2, percent("90.9")).unwrap().sensitive(&cell, PLAIN).unwrap());
    // 8 000 / 52 000 = 15.384615384615… %
    assert!(!rule("15.384615384").sensitive(&cell, PLAIN).unwrap());
    assert!(rule("15.384615385").sensitive(&cell, PLAIN).unwrap());
}

#[test]
fn an_estimate_off_by_exactly_p_percent_is_far_enough() {
    // Example 1: 50 000 and 49 000 of 100 000; the second estimates 51 000, which is 2 % too much.
    let cell = cell(&[50_000, 49_000, 1_000]);
    assert!(!rule("2").sensitive(&cell, PLAIN).unwrap());
    assert!(rule("2.000000001").sensitive(&cell, PLAIN).unwrap());
}

#[test]
fn one_unit_decides_at_the_limit() {
    let (x, one) = (1_000_000_000_i128, 1_i128);
    assert!(!rule("10").sensitive(&units(&[100 * x, 50 * x, 10 * x]), PLAIN).unwrap());
    assert!(rule("10").sensitive(&units(&[100 * x, 50 * x, 10 * x - one]), PLAIN).unwrap());
}

#[test]
fn the_limit_is_where_it_is_and_not_where_floating_point_puts_it() {
    // 7 / 100 · 100 comes out above 7 in floating point.
    let float = 7.0 < 7.0 / 100.0 * 100.0;
    assert!(float);
    assert!(!rule("7").sensitive(&cell(&[100, 60, 7]), PLAIN).unwrap());
}

#[test]
fn one_or_two_contributors_are_always_unsafe() {
    for all in [&[5][..], &[5, 5], &[5, 0, 0]] {
        assert!(rule("0.000000001").sensitive(&cell(all), PLAIN).unwrap());
    }
    assert!(!rule("50").sensitive(&cell(&[]), PLAIN).unwrap());
    assert!(!rule("50").sensitive(&cell(&[0, 0, 0]), PLAIN).unwrap());
}

#[test]
fn a_coalition_knows_more() {
    // 100, 40, 30 and 12: the second alone leaves 42, with the third only 12.
    let cell = cell(&[100, 40, 30, 12]);
    let coalition = |others| PPercent::new(percent("20"), others).unwrap();
    assert!(!coalition(1).sensitive(&cell, PLAIN).unwrap());
    assert!(coalition(2).sensitive(&cell, PLAIN).unwrap());
    // 20 − 12 = 8.
    let protection = coalition(2).protection(&cell, PLAIN).unwrap().unwrap();
    assert_eq!((protection.low(), protection.high()), (8_000_000_000, 8_000_000_000));
}

#[test]
fn a_sampled_contributor_of_weight_two_is_his_own_second() {
    // Hundepool et al. 2012, §4.2.1, “Sampling weights”: 100 (weight 2) and 1 (weight 3) are sensitive for any p above
    // 3.
    let cell = sampled(&[(100, 2_000), (1, 3_000)]);
    assert!(!rule("3").sensitive(&cell, PLAIN).unwrap());
    assert!(rule("3.000000001").sensitive(&cell, PLAIN).unwrap());
    // And the other way round: 100 and 100 of weight 9 make 1 000, of which two take off no more than 200.
    let spread = sampled(&[(100, 1_000), (100, 9_000)]);
    assert!(!rule("100").sensitive(&spread, PLAIN).unwrap());
}

#[test]
fn negative_contributions_count_by_their_size() {
    // 100 − 95 + 3: the rest is 3 by sizes; the total of 8 is less than what two hold.
    let cell = cell(&[100, -95, 3]);
    for size in [CellSize::SumOfSizes, CellSize::SizeOfTotal] {
        assert!(rule("4").sensitive(&cell, Signs::Signed(size)).unwrap());
    }
    assert!(!rule("3").sensitive(&cell, Signs::Signed(CellSize::SumOfSizes)).unwrap());
    // By the size of the total: 3 − (8 − 195) = 190 up and down, at p = 3.
    let protection = rule("3").protection(&cell, Signs::Signed(CellSize::SizeOfTotal)).unwrap().unwrap();
    assert_eq!((protection.low(), protection.high()), (190_000_000_000, 190_000_000_000));
}

#[test]
fn parameters_without_sense_are_refused() {
    assert_eq!(PPercent::new(percent("0"), 1), Err(RuleError::Parameter));
    for coalition in [0, 8] {
        assert_eq!(PPercent::new(percent("5"), coalition), Err(RuleError::Parameter));
    }
}

#[test]
fn a_level_beyond_all_numbers_is_an_error() {
    let cell = units(&[i128::MAX / 2]);
    assert_eq!(rule("1000000").protection(&cell, PLAIN), Err(RuleError::TooLarge));
}

proptest! {
    /// By definition: the smallest U at which no contributor, from the upper bound X + U less his own part, comes to an
    /// estimate of anybody else that is under (1 + p / 100) times the truth. All pairs are tried, not only the two
    /// largest.
    #[test]
    fn the_level_is_the_smallest_at_which_nobody_can_estimate_anybody(
        all in prop::collection::vec(0..60_i128, 0..7),
        p in 1..80_i128,
    ) {
        let total: i128 = all.iter().sum();
        // Somebody outside knows nothing of his own: he is the 0 at the end.
        let knowing: Vec<i128> = all.iter().copied().chain([0]).collect();
        let far = |up: i128| {
            knowing.iter().enumerate().all(|(a, own)| {
                let others = all.iter().enumerate().filter(|(b, _)| a != *b);
                others.into_iter().all(|(_, other)| 100 * (total + up - own) >= (100 + p) * other)
            })
        };
        let needed = (0..).find(|up| far(*up)).unwrap();
        let cell = units(&all);
        let rule = rule(&p.to_string());
        prop_assert_eq!(rule.sensitive(&cell, PLAIN).unwrap(), needed > 0);
        let found = rule.protection(&cell, PLAIN).unwrap();
        prop_assert_eq!(found.map_or(0, |protection| protection.high()), needed);
        prop_assert_eq!(found.map_or(0, |protection| protection.low()), needed.min(total));
    }

    #[test]
    fn what_is_safe_under_two_k_is_safe_under_the_p_that_goes_with_it(all in prop::collection::vec(0..60_i64, 0..7)) {
        // Hundepool et al. 2012, §4.2.1, statement A, with p = 25 and k = 80.
        let cell = cell(&all);
        let dominated = Dominance::new(2, percent("80")).unwrap().sensitive(&cell, PLAIN).unwrap();
        prop_assert!(dominated || !rule("25").sensitive(&cell, PLAIN).unwrap());
    }
}
