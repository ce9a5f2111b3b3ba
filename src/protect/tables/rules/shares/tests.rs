#![allow(clippy::unwrap_used)]

use super::*;
use crate::protect::tables::rules::{Protection, Sensitive};

fn rule(group: Option<GroupRule>) -> ShareRule {
    ShareRule::new(Threshold::new(5).unwrap(), group)
}

fn found(rule: &ShareRule, with: u64, without: u64, any: u64) -> Option<(SharePart, RuleName, i128, i128)> {
    let hidden = rule.share(0, ShareCounts::new(with, without, any).unwrap())?;
    Some((hidden.part, hidden.primary.rule, hidden.primary.low(), hidden.primary.high()))
}

#[test]
fn a_share_goes_with_any_of_the_three_counts_behind_it() {
    let rule = rule(None);
    assert_eq!(found(&rule, 5, 5, 10), None);
    assert_eq!(found(&rule, 4, 6, 10), Some((SharePart::Numerator, RuleName::Share, 3, 0)));
    assert_eq!(found(&rule, 6, 4, 10), Some((SharePart::Complement, RuleName::Share, 3, 0)));
    assert_eq!(found(&rule, 2, 2, 4), Some((SharePart::Denominator, RuleName::Share, 3, 0)));
}

#[test]
fn a_share_of_nobody_hides_nothing() {
    assert_eq!(found(&rule(None), 0, 0, 0), None);
}

#[test]
fn a_share_of_all_or_none_is_a_matter_of_the_group_rule() {
    assert_eq!(found(&rule(None), 9, 0, 9), None);
    let group = GroupRule::new(Sensitive::Every, Some(1), Some(3)).unwrap();
    let strict = rule(Some(group));
    assert_eq!(found(&strict, 9, 0, 9), Some((SharePart::Numerator, RuleName::Group, 1, 0)));
    assert_eq!(found(&strict, 0, 9, 9), Some((SharePart::Numerator, RuleName::Group, 0, 3)));
    // Everybody has the value at least once, five of them another one too.
    assert_eq!(found(&strict, 9, 5, 9), Some((SharePart::Numerator, RuleName::Group, 1, 0)));
    assert_eq!(found(&strict, 9, 5, 10), None);
}

#[test]
fn counts_that_do_not_go_together_are_a_contradiction() {
    for (with, without, any) in [(5, 5, 11), (6, 1, 5), (1, 6, 5)] {
        assert_eq!(ShareCounts::new(with, without, any), Err(RuleError::Contradiction));
    }
    assert!(ShareCounts::new(u64::MAX, u64::MAX, u64::MAX).is_ok());
}

#[test]
fn a_mean_goes_with_its_sum_or_its_number() {
    let dominated = Verdict::Unsafe(Primary::new(RuleName::Dominance, Protection::new(1, 2)));
    let few = Verdict::Unsafe(Primary::new(RuleName::Threshold, Protection::new(3, 0)));
    let part =
        |number, sum, rest| ShareRule::quotient(number, sum, rest).map(|hidden| (hidden.part, hidden.primary.rule));
    assert_eq!(part(Verdict::Safe, Verdict::Safe, None), None);
    assert_eq!(part(Verdict::Safe, dominated, None), Some((SharePart::Numerator, RuleName::Dominance)));
    assert_eq!(part(few, dominated, None), Some((SharePart::Denominator, RuleName::Threshold)));
    assert_eq!(part(Verdict::Safe, Verdict::Structural, Some(few)), Some((SharePart::Complement, RuleName::Threshold)));
    assert_eq!(part(Verdict::Safe, Verdict::Forced(None), None), None);
}

#[test]
fn a_quotient_follows_any_cell_that_was_suppressed() {
    assert!(!ShareRule::follows(false, false, false));
    for at in 0..3 {
        assert!(ShareRule::follows(at == 0, at == 1, at == 2));
    }
}
