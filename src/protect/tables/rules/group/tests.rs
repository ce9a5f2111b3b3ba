#![allow(clippy::unwrap_used)]

use super::*;

fn findings(rule: &GroupRule, total: u64, parts: &[u64]) -> Vec<(usize, GroupKind, i128, i128)> {
    let found = rule.line(&GroupPart::of_line(total, parts).unwrap());
    found.iter().map(|f| (f.part, f.kind, f.protection.low(), f.protection.high())).collect()
}

fn all(outside: u64) -> GroupRule {
    GroupRule::new(Sensitive::Every, Some(outside), None).unwrap()
}

#[test]
fn a_full_cell_is_unsafe_and_its_zeros_tell() {
    // Hundepool et al. 2012, §5.2: 6 married, all of them at work full time.
    let parts = GroupPart::of_line(6, &[6, 0]).unwrap();
    assert_eq!(findings(&all(1), 6, &[6, 0]), [(0, GroupKind::All, 1, 0)]);
    assert_eq!(all(1).telling_zeros(&parts), [1]);
}

#[test]
fn a_full_cell_but_for_one_is_unsafe_to_that_one() {
    // The same table: 6 divorced, 5 of them full time; the sixth knows it of all others.
    assert_eq!(findings(&all(1), 6, &[5, 1]), []);
    assert_eq!(findings(&all(2), 6, &[5, 1]), [(0, GroupKind::NearlyAll, 1, 0)]);
    assert_eq!(findings(&all(2), 7, &[5, 2]), []);
    assert_eq!(findings(&all(3), 7, &[5, 2]), [(0, GroupKind::NearlyAll, 1, 0)]);
    assert_eq!(findings(&all(3), 6, &[6, 0]), [(0, GroupKind::All, 3, 0)]);
}

#[test]
fn of_two_who_differ_each_knows_the_other() {
    assert_eq!(findings(&all(2), 2, &[1, 1]), [(0, GroupKind::NearlyAll, 1, 0), (1, GroupKind::NearlyAll, 1, 0)]);
}

#[test]
fn nobody_with_an_attribute_is_unsafe_only_where_that_is_asked() {
    let none = GroupRule::new(Sensitive::Every, None, Some(4)).unwrap();
    assert_eq!(findings(&none, 6, &[3, 3, 0]), [(2, GroupKind::None, 0, 4)]);
    assert_eq!(findings(&all(2), 6, &[3, 3, 0]), []);
    assert_eq!(all(2).telling_zeros(&GroupPart::of_line(6, &[3, 3, 0]).unwrap()), Vec::<usize>::new());
    let both = GroupRule::new(Sensitive::Every, Some(1), Some(4)).unwrap();
    assert_eq!(findings(&both, 6, &[6, 0]), [(0, GroupKind::All, 1, 0), (1, GroupKind::None, 0, 4)]);
}

#[test]
fn only_sensitive_parts_are_judged() {
    let rule = GroupRule::new(Sensitive::These([1].into()), Some(1), Some(4)).unwrap();
    assert_eq!(findings(&rule, 6, &[6, 0, 0]), [(1, GroupKind::None, 0, 4)]);
    assert_eq!(findings(&rule, 6, &[0, 6, 0]), [(1, GroupKind::All, 1, 0)]);
    assert_eq!(rule.telling_zeros(&GroupPart::of_line(6, &[0, 6, 0]).unwrap()), [0, 2]);
}

#[test]
fn a_group_of_nobody_tells_nothing() {
    let both = GroupRule::new(Sensitive::Every, Some(2), Some(4)).unwrap();
    assert_eq!(findings(&both, 0, &[0, 0]), []);
}

#[test]
fn a_small_full_cell_cannot_lose_more_than_all() {
    assert_eq!(findings(&all(3), 1, &[1, 0]), [(0, GroupKind::All, 1, 0)]);
}

#[test]
fn somebody_in_several_parts_can_make_two_of_them_full() {
    // Three persons with two attributes each.
    assert_eq!(findings(&all(1), 3, &[3, 3, 0]), [(0, GroupKind::All, 1, 0), (1, GroupKind::All, 1, 0)]);
}

#[test]
fn parts_that_do_not_make_the_line_are_a_contradiction() {
    assert_eq!(GroupPart::of_line(3, &[4, 0]), Err(RuleError::Contradiction));
    assert_eq!(GroupPart::of_line(3, &[1, 1]), Err(RuleError::Contradiction));
    assert!(GroupPart::of_line(u64::MAX, &[u64::MAX, u64::MAX]).is_ok());
}

#[test]
fn a_rule_that_finds_nothing_is_refused() {
    let refused = [
        (Sensitive::Every, None, None),
        (Sensitive::Every, Some(0), None),
        (Sensitive::Every, Some(1), Some(0)),
        (Sensitive::These(BTreeSet::new()), Some(1), None),
    ];
    for (sensitive, all, none) in refused {
        assert_eq!(GroupRule::new(sensitive, all, none), Err(RuleError::Parameter));
    }
}
