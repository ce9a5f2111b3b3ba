#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::protect::tables::rules::PPercent;
use crate::protect::tables::rules::tests::{cell, percent, units};

const PLAIN: Signs = Signs::NonNegative;

fn rule(p: &str, q: &str) -> PQ {
    PQ::new(percent(p), percent(q)).unwrap()
}

#[test]
fn who_knows_half_already_needs_twice_the_rest() {
    // 10 / 50 · 100 = 20: a rest of 20 is just enough, 19 is not. Under p = 10 %, 10 would do.
    assert!(!rule("10", "50").sensitive(&cell(&[100, 30, 12, 8]), PLAIN).unwrap());
    assert!(rule("10", "50").sensitive(&cell(&[100, 30, 12, 7]), PLAIN).unwrap());
    assert!(!PPercent::new(percent("10"), 1).unwrap().sensitive(&cell(&[100, 30, 12, 7]), PLAIN).unwrap());
}

#[test]
fn only_the_ratio_matters_and_thirds_are_exact() {
    // 10 / 30 · 90 = 30, exactly.
    assert!(!rule("10", "30").sensitive(&cell(&[90, 40, 30]), PLAIN).unwrap());
    assert!(rule("10.000000001", "30").sensitive(&cell(&[90, 40, 30]), PLAIN).unwrap());
    assert!(rule("10", "29.999999999").sensitive(&cell(&[90, 40, 30]), PLAIN).unwrap());
}

#[test]
fn the_level_is_that_of_the_literature() {
    // 10 / 30 · 100 − 5 = 28.333333333…, rounded up.
    let protection = rule("10", "30").protection(&cell(&[100, 60, 5]), PLAIN).unwrap().unwrap();
    assert_eq!((protection.low(), protection.high()), (28_333_333_334, 28_333_333_334));
}

#[test]
fn knowing_as_much_beforehand_makes_no_rule() {
    for (p, q) in [("0", "5"), ("5", "5"), ("6", "5")] {
        assert_eq!(PQ::new(percent(p), percent(q)), Err(RuleError::Parameter));
    }
}

proptest! {
    #[test]
    fn with_q_of_a_hundred_it_is_the_p_percent_rule(all in prop::collection::vec(0..60_i128, 0..7), p in 1..99_u32) {
        let cell = units(&all);
        let (one, two) = (rule(&p.to_string(), "100"), PPercent::new(Percent::whole(p), 1).unwrap());
        prop_assert_eq!(one.protection(&cell, PLAIN).unwrap(), two.protection(&cell, PLAIN).unwrap());
    }

    #[test]
    fn the_level_is_the_smallest_rest_that_hides_the_largest(
        all in prop::collection::vec(0..60_i128, 0..7),
        p in 1..40_i128,
        more in 1..60_i128,
    ) {
        let q = p + more;
        let mut sorted = all.clone();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let rest: i128 = sorted.iter().skip(2).sum();
        let first = sorted.first().copied().unwrap_or(0);
        // The rest, known within q percent, must leave p percent of the largest open.
        let needed = (0..).find(|up| q * (rest + up) >= p * first).unwrap();
        let found = rule(&p.to_string(), &q.to_string()).protection(&units(&all), PLAIN).unwrap();
        prop_assert_eq!(found.map_or(0, |protection| protection.high()), needed);
    }
}
