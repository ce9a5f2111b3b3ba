#![allow(clippy::unwrap_used)]

use num_bigint::BigInt;
use proptest::prelude::*;

use super::*;

#[test]
fn a_product_with_a_fraction_of_a_weight_is_exact() {
    // 3 · 10⁻⁹ · 0.333333333 = 0.999999999 · 10⁻⁹: nothing whole, all of it rest.
    let sum = Sum::product(Amount::from_units(3), Weight::from_units(333_333_333)).unwrap();
    assert_eq!(sum.scaled(), BigInt::from(999_999_999));
    assert_eq!(sum.floor(), Amount::ZERO);
}

#[test]
fn the_floor_of_a_negative_sum_is_below_it() {
    let sum = Sum::product(Amount::from_units(-1), Weight::from_units(500_000_000)).unwrap();
    assert_eq!(sum.floor(), Amount::from_units(-1));
    assert_eq!(sum.size().unwrap().scaled(), BigInt::from(500_000_000));
}

#[test]
fn what_does_not_fit_is_refused_and_does_not_wrap() {
    let most = Amount::from_units(i128::MAX);
    assert_eq!(most.plus(Amount::from_units(1)), Err(RuleError::TooLarge));
    assert_eq!(Amount::from_units(i128::MIN).size(), Err(RuleError::TooLarge));
    assert_eq!(Sum::from(most).plus(Amount::from_units(1).into()), Err(RuleError::TooLarge));
    assert_eq!(Sum::product(most, Weight::from_units(1_000_000_001)), Err(RuleError::TooLarge));
    assert_eq!(Sum::from(Amount::from_units(i128::MIN)).size(), Err(RuleError::TooLarge));
    assert!(Sum::product(most, Weight::from_units(999_999_999)).is_ok());
}

#[test]
fn a_ceiling_goes_up_on_either_side_of_zero() {
    let ceiling = |numerator: i128, denominator: i128| ceiling(&numerator.into(), &denominator.into()).unwrap();
    assert_eq!([ceiling(7, 2), ceiling(6, 2), ceiling(-7, 2), ceiling(0, 2)], [4, 3, -3, 0]);
    assert_eq!(super::ceiling(&(BigInt::from(i128::MAX) * 2), &BigInt::from(1)), Err(RuleError::TooLarge));
}

proptest! {
    #[test]
    fn products_and_sums_agree_with_big_integers(
        terms in prop::collection::vec((-(1_i128 << 90)..(1_i128 << 90), 0_u64..1 << 34), 0..9)
    ) {
        let mut sum = Sum::default();
        let mut naive = BigInt::default();
        for (units, weight) in terms {
            sum = sum.plus(Sum::product(Amount::from_units(units), Weight::from_units(weight)).unwrap()).unwrap();
            naive += BigInt::from(units) * weight;
        }
        prop_assert_eq!(sum.scaled(), naive.clone());
        prop_assert_eq!(sum.size().unwrap().scaled(), BigInt::from(naive.magnitude().clone()));
    }
}
