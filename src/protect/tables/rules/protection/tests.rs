#![allow(clippy::unwrap_used)]

use super::*;
use crate::protect::tables::rules::tests::percent;

#[test]
fn a_protection_of_nothing_still_forbids_the_exact_value() {
    let none = Protection::new(0, -3);
    assert_eq!((none.low(), none.high()), (0, 1));
    let below = Protection::new(2, 0);
    assert_eq!((below.low(), below.high()), (2, 0));
}

#[test]
fn the_widest_protection_holds_both_on_either_side() {
    let both = Protection::new(5, 1).widest(Protection::new(2, 7));
    assert_eq!((both.low(), both.high()), (5, 7));
}

#[test]
fn a_range_is_a_percentage_of_the_value_rounded_up() {
    let range = SafetyRange::new(percent("12.5"), 1).unwrap();
    // 12.5 % of 81 is 10.125.
    let protection = range.protection(81, false).unwrap();
    assert_eq!((protection.low(), protection.high()), (11, 11));
    // 12.5 % of 80 is 10.
    assert_eq!(range.protection(80, false).unwrap().high(), 10);
}

#[test]
fn a_range_never_reaches_below_zero_unless_values_can_be_negative() {
    let range = SafetyRange::new(percent("10"), 50).unwrap();
    let plain = range.protection(30, false).unwrap();
    assert_eq!((plain.low(), plain.high()), (30, 50));
    let signed = range.protection(30, true).unwrap();
    assert_eq!((signed.low(), signed.high()), (50, 50));
    let negative = range.protection(-1000, true).unwrap();
    assert_eq!((negative.low(), negative.high()), (100, 100));
    let zero = range.protection(0, false).unwrap();
    assert_eq!((zero.low(), zero.high()), (0, 50));
}

#[test]
fn a_range_without_a_least_level_is_refused() {
    assert_eq!(SafetyRange::new(percent("10"), 0), Err(RuleError::Parameter));
    let range = SafetyRange::new(percent("10"), 1).unwrap();
    assert_eq!(range.protection(i128::MIN, true), Err(RuleError::TooLarge));
}
