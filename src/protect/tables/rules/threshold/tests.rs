#![allow(clippy::unwrap_used)]

use super::*;
use crate::protect::tables::rules::tests::percent;

fn rule(least: u64) -> Threshold {
    Threshold::new(least).unwrap()
}

#[test]
fn a_minimum_is_enough_and_one_less_is_not() {
    let sensitive: Vec<u64> = (0..8).filter(|count| rule(5).sensitive(Tally::exactly(*count))).collect();
    assert_eq!(sensitive, [1, 2, 3, 4]);
}

#[test]
fn of_a_number_within_bounds_the_lower_one_counts() {
    assert!(rule(5).sensitive(Tally::between(4, 90)));
    assert!(!rule(5).sensitive(Tally::between(5, 90)));
    assert!(rule(5).sensitive(Tally::between(0, 1)));
}

#[test]
fn under_sampling_the_weights_are_counted() {
    // Two respondents who stand for five, or for one unit of 10⁻⁹ less.
    assert!(!rule(5).sensitive_estimate(5_000_000_000, 2));
    assert!(rule(5).sensitive_estimate(4_999_999_999, 2));
    assert!(rule(5).sensitive_estimate(0, 1));
    assert!(!rule(5).sensitive_estimate(0, 0));
}

#[test]
fn an_unsafe_count_must_stay_any_number_below_the_minimum() {
    for count in 1..5 {
        let protection = rule(5).protection_of_count(count);
        let count = i128::from(count);
        assert_eq!((count - protection.low(), count + protection.high()), (1, 4));
    }
}

#[test]
fn many_records_of_few_persons_must_stay_any_number_down_to_one() {
    let protection = rule(5).protection_of_count(30);
    assert_eq!((protection.low(), protection.high()), (29, 0));
}

#[test]
fn a_single_person_under_a_minimum_of_two_is_not_computed_exactly_either() {
    let protection = rule(2).protection_of_count(1);
    assert_eq!((protection.low(), protection.high()), (0, 1));
}

#[test]
fn an_unsafe_amount_is_protected_by_the_range() {
    let range = SafetyRange::new(percent("15"), 2).unwrap();
    let protection = |units| rule(5).protection_of_amount(Amount::from_units(units), false, &range).unwrap();
    assert_eq!((protection(100).low(), protection(100).high()), (15, 15));
    assert_eq!((protection(1).low(), protection(1).high()), (1, 2));
}

#[test]
fn a_minimum_that_no_cell_misses_is_refused() {
    assert_eq!(Threshold::new(1), Err(RuleError::Parameter));
    assert_eq!(rule(2).least(), 2);
}
