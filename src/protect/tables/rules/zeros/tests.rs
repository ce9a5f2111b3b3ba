#![allow(clippy::unwrap_used)]

use super::*;

fn zero(possible: bool, occupied: bool, nonzero: bool) -> Result<Option<Zero>, RuleError> {
    Zero::of(ZeroFacts { possible, occupied, nonzero })
}

#[test]
fn zeros_are_told_apart() {
    assert_eq!(zero(false, false, false), Ok(Some(Zero::Structural)));
    assert_eq!(zero(true, false, false), Ok(Some(Zero::Empty)));
    assert_eq!(zero(true, true, false), Ok(Some(Zero::AllZero)));
    assert_eq!(zero(true, true, true), Ok(None));
}

#[test]
fn nobody_can_be_in_a_cell_that_cannot_be() {
    for (possible, occupied, nonzero) in
        [(false, true, false), (false, true, true), (false, false, true), (true, false, true)]
    {
        assert_eq!(zero(possible, occupied, nonzero), Err(RuleError::Contradiction));
    }
}

#[test]
fn each_kind_of_observed_zero_has_its_own_level_and_structural_ones_none() {
    let rule = ZeroRule::new(Some(3), Some(8)).unwrap();
    let bounds = |zero, signed| rule.protection(zero, signed).map(|found| (found.low(), found.high()));
    assert_eq!(bounds(Zero::Structural, true), None);
    assert_eq!(bounds(Zero::Empty, false), Some((0, 3)));
    assert_eq!(bounds(Zero::AllZero, false), Some((0, 8)));
    assert_eq!(bounds(Zero::AllZero, true), Some((8, 8)));
}

#[test]
fn observed_zeros_are_safe_unless_asked_for() {
    let rule = ZeroRule::new(None, Some(8)).unwrap();
    assert_eq!(rule.protection(Zero::Empty, false), None);
}

#[test]
fn a_rule_that_protects_nothing_is_refused() {
    for (empty, all_zero) in [(None, None), (Some(0), None), (Some(2), Some(-1))] {
        assert_eq!(ZeroRule::new(empty, all_zero), Err(RuleError::Parameter));
    }
}
