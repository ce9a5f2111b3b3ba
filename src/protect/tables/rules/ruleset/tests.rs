#![allow(clippy::unwrap_used)]

use super::*;
use crate::protect::tables::rules::tests::{cell, percent, sampled};
use crate::protect::tables::rules::{Amount, CellSize, Percent, Tally};

const ONE: i128 = 1_000_000_000;
const PLAIN: Measure = Measure::Amount(Signs::NonNegative);

fn range() -> SafetyRange {
    SafetyRange::new(Percent::whole(10), 1).unwrap()
}

fn threshold(least: u64) -> Rule {
    Rule::Threshold(Unit::Persons, Counted::All, Threshold::new(least).unwrap())
}

fn dominance(n: u8, k: &str) -> Rule {
    Rule::Dominance(Unit::Persons, Dominance::new(n, percent(k)).unwrap())
}

fn p_percent(p: &str) -> Rule {
    Rule::PPercent(Unit::Persons, PPercent::new(percent(p), 1).unwrap())
}

fn set(measure: Measure, rules: Vec<Rule>) -> RuleSet {
    RuleSet::new(measure, rules, range()).unwrap()
}

fn amount(contributors: Contributors) -> CellFacts {
    let value = Value::Amount(contributors.total().floor());
    CellFacts::of_persons(value, UnitFacts::contributing(contributors, 0).unwrap())
}

fn count(count: u64, persons: u64) -> CellFacts {
    CellFacts::of_persons(Value::Count(count), UnitFacts::counted(Tally::exactly(persons)))
}

fn primary(set: &RuleSet, facts: &CellFacts) -> Option<(RuleName, char, i128, i128)> {
    let primary = set.judge(facts).unwrap().primary()?;
    Some((primary.rule, primary.mark.letter(), primary.low(), primary.high()))
}

#[test]
fn the_known_example_fails_dominance_alone() {
    let facts = amount(cell(&[52_000, 50_000, 5_000, 3_000]));
    assert_eq!(set(PLAIN, vec![threshold(3), p_percent("10")]).judge(&facts), Ok(Verdict::Safe));
    let both = set(PLAIN, vec![p_percent("10"), dominance(2, "90.9")]);
    // 100 / 90.9 · 102 000 − 110 000 = 2211.2211221122112… = 1000 · 2.2112211…
    let level = 2_211_221_122_113;
    assert_eq!(primary(&both, &facts), Some((RuleName::Dominance, 'C', level, level)));
}

#[test]
fn the_first_rule_is_the_reason_and_the_widest_interval_the_protection() {
    // 100, 2 and 1 of 103. Threshold 5: 10 % = 10.3. (1, 80): 125 − 103 = 22. p = 50 %: 50 − 1 = 49.
    let facts = amount(cell(&[100, 2, 1]));
    let rules = [p_percent("50"), dominance(1, "80"), threshold(5)];
    let bounds = |rules: &[Rule]| primary(&set(PLAIN, rules.to_vec()), &facts).unwrap();
    assert_eq!(bounds(&rules), (RuleName::Threshold, 'A', 49 * ONE, 49 * ONE));
    assert_eq!(bounds(&rules[..2]), (RuleName::Dominance, 'B', 49 * ONE, 49 * ONE));
    assert_eq!(bounds(&rules[..1]), (RuleName::PPercent, 'F', 49 * ONE, 49 * ONE));
    assert_eq!(bounds(&rules[1..]), (RuleName::Threshold, 'A', 22 * ONE, 22 * ONE));
    assert_eq!(bounds(&rules[2..]), (RuleName::Threshold, 'A', 10_300_000_000, 10_300_000_000));
    let backwards: Vec<Rule> = rules.iter().rev().copied().collect();
    assert_eq!(bounds(&backwards), bounds(&rules));
}

#[test]
fn of_two_dominance_rules_the_one_on_a_single_contributor_gives_the_mark() {
    let facts = amount(cell(&[90, 5, 5]));
    let both = set(PLAIN, vec![dominance(2, "80"), dominance(1, "80")]);
    assert_eq!(primary(&both, &facts).map(|found| found.1), Some('B'));
    let second = set(PLAIN, vec![dominance(2, "80"), dominance(1, "95")]);
    assert_eq!(primary(&second, &facts).map(|found| found.1), Some('C'));
}

#[test]
fn a_count_is_judged_by_its_persons() {
    let set = set(Measure::Count, vec![threshold(5)]);
    assert_eq!(primary(&set, &count(5, 5)), None);
    assert_eq!(primary(&set, &count(2, 2)), Some((RuleName::Threshold, 'A', 1, 2)));
    // Ten stays of three persons.
    assert_eq!(primary(&set, &count(10, 3)), Some((RuleName::Threshold, 'A', 9, 0)));
    assert_eq!(set.judge(&count(0, 0)), Ok(Verdict::Safe));
}

#[test]
fn persons_and_holdings_can_be_judged_side_by_side() {
    // 5 records of 2 holdings.
    let mut facts = amount(cell(&[10, 10, 10, 10, 10]));
    let few = Rule::Threshold(Unit::Holdings, Counted::All, Threshold::new(3).unwrap());
    let set = set(PLAIN, vec![threshold(5), few]);
    assert_eq!(set.judge(&facts), Err(RuleError::MissingFacts));
    facts.holdings = Some(UnitFacts::contributing(cell(&[20, 30]), 0).unwrap());
    assert_eq!(primary(&set, &facts), Some((RuleName::Threshold, 'A', 5 * ONE, 5 * ONE)));
    facts.holdings = Some(UnitFacts::contributing(cell(&[20, 20, 10]), 0).unwrap());
    assert_eq!(set.judge(&facts), Ok(Verdict::Safe));
}

#[test]
fn contributors_of_nothing_can_be_left_out_of_the_count() {
    let facts = amount(cell(&[7, 7, 0, 0, 0]));
    assert_eq!(set(PLAIN, vec![threshold(3)]).judge(&facts), Ok(Verdict::Safe));
    let strict = Rule::Threshold(Unit::Persons, Counted::NonZero, Threshold::new(3).unwrap());
    assert_eq!(primary(&set(PLAIN, vec![strict]), &facts).map(|found| found.0), Some(RuleName::Threshold));
}

#[test]
fn a_decision_by_hand_overrides_the_rules_and_says_so() {
    let set = set(Measure::Count, vec![threshold(5)]);
    let with = |manual, persons| CellFacts { manual: Some(manual), ..count(persons, persons) };
    let broken = Primary::new(RuleName::Threshold, Protection::new(1, 2));
    assert_eq!(set.judge(&with(Manual::Publish, 2)), Ok(Verdict::Forced(Some(broken))));
    assert_eq!(set.judge(&with(Manual::Publish, 9)), Ok(Verdict::Forced(None)));
    assert_eq!(set.judge(&with(Manual::Publish, 2)).unwrap().mark(), Mark::V);
    // 10 % of 90, and of 2 by hand at least 1 beside 2 by the threshold.
    assert_eq!(primary(&set, &with(Manual::Unsafe, 90)), Some((RuleName::Manual, 'B', 9, 9)));
    assert_eq!(primary(&set, &with(Manual::Unsafe, 2)), Some((RuleName::Manual, 'B', 1, 2)));
}

#[test]
fn a_structural_zero_is_beyond_all_decisions() {
    let zero = Rule::Zero(ZeroRule::new(Some(3), None).unwrap());
    let set = set(Measure::Count, vec![threshold(5), zero]);
    let structural = CellFacts { manual: Some(Manual::Unsafe), ..CellFacts::structural(Value::Count(0)) };
    assert_eq!(set.judge(&structural), Ok(Verdict::Structural));
    assert_eq!(primary(&set, &count(0, 0)), Some((RuleName::Zero, 'B', 0, 3)));
    let occupied = CellFacts { possible: false, ..count(1, 1) };
    assert_eq!(set.judge(&occupied), Err(RuleError::Contradiction));
}

#[test]
fn a_sum_of_nothing_but_zeros_is_told_from_an_empty_cell() {
    let zero = Rule::Zero(ZeroRule::new(None, Some(4)).unwrap());
    let set = set(PLAIN, vec![zero]);
    assert_eq!(primary(&set, &amount(cell(&[0, 0]))), Some((RuleName::Zero, 'B', 0, 4)));
    assert_eq!(set.judge(&amount(cell(&[]))), Ok(Verdict::Safe));
}

#[test]
fn a_sum_that_cancels_out_is_no_zero_cell() {
    let zero = Rule::Zero(ZeroRule::new(None, Some(4)).unwrap());
    let set = set(Measure::Amount(Signs::Signed(CellSize::SumOfSizes)), vec![zero]);
    assert_eq!(set.judge(&amount(cell(&[5, -5]))), Ok(Verdict::Safe));
}

#[test]
fn negative_contributions_need_a_table_that_allows_them() {
    let facts = amount(cell(&[50, -20, 40]));
    let rules = || vec![threshold(4), p_percent("30")];
    assert_eq!(set(PLAIN, rules()).judge(&facts), Err(RuleError::Contradiction));
    let by = |size| primary(&set(Measure::Amount(Signs::Signed(size)), rules()), &facts);
    // By sizes the rest is 20 ≥ 15; by the total it is 70 − 90 = −20, which lacks 35. The threshold adds 10 % of 70.
    assert_eq!(by(CellSize::SumOfSizes), Some((RuleName::Threshold, 'A', 7 * ONE, 7 * ONE)));
    assert_eq!(by(CellSize::SizeOfTotal), Some((RuleName::Threshold, 'A', 35 * ONE, 35 * ONE)));
}

#[test]
fn under_sampling_persons_stand_for_as_many_as_they_weigh() {
    // 100 (weight 4) and 10 (weight 7): 11 persons, 470, of whom two hold 200.
    let facts = amount(sampled(&[(100, 4_000), (10, 7_000)]));
    let estimate = |least| Rule::Threshold(Unit::Persons, Counted::Population, Threshold::new(least).unwrap());
    assert_eq!(set(PLAIN, vec![estimate(11), p_percent("10"), dominance(2, "43")]).judge(&facts), Ok(Verdict::Safe));
    assert_eq!(primary(&set(PLAIN, vec![estimate(12)]), &facts).map(|found| found.0), Some(RuleName::Threshold));
    assert_eq!(primary(&set(PLAIN, vec![threshold(3)]), &facts).map(|found| found.0), Some(RuleName::Threshold));
    assert_eq!(primary(&set(PLAIN, vec![dominance(2, "42")]), &facts).map(|found| found.0), Some(RuleName::Dominance));
}

#[test]
fn holdings_cannot_be_weighed_under_sampling() {
    let mut facts = amount(sampled(&[(100, 4_000), (10, 7_000)]));
    facts.holdings = Some(UnitFacts::contributing(cell(&[110]), 0).unwrap());
    let by_holding = Rule::Dominance(Unit::Holdings, Dominance::new(1, percent("80")).unwrap());
    assert_eq!(set(PLAIN, vec![by_holding]).judge(&facts), Err(RuleError::WeightedHoldings));
    let counted = Rule::Threshold(Unit::Holdings, Counted::All, Threshold::new(3).unwrap());
    assert_eq!(primary(&set(PLAIN, vec![counted]), &facts).map(|found| found.0), Some(RuleName::Threshold));
}

#[test]
fn a_request_is_protected_by_the_range() {
    let mut contributors = cell(&[10, 10]);
    contributors.offer_asking(Amount::from_i64(80)).unwrap();
    let request = Rule::Request(Unit::Persons, Request::new(percent("70"), 0).unwrap());
    let set = set(PLAIN, vec![request]);
    assert_eq!(primary(&set, &amount(contributors)), Some((RuleName::Request, 'B', 10 * ONE, 10 * ONE)));
    assert_eq!(set.needs(), 1);
}

#[test]
fn facts_that_cannot_be_are_refused_rather_than_judged() {
    let counts = set(Measure::Count, vec![threshold(5)]);
    let amounts = set(PLAIN, vec![threshold(5)]);
    assert_eq!(counts.judge(&amount(cell(&[1]))), Err(RuleError::Measure));
    assert_eq!(amounts.judge(&count(1, 1)), Err(RuleError::Measure));
    // Records without persons, persons without records, a total other than that of the contributions.
    assert_eq!(counts.judge(&count(3, 0)), Err(RuleError::Contradiction));
    assert_eq!(counts.judge(&count(0, 3)), Err(RuleError::Contradiction));
    let other = CellFacts { value: Value::Amount(Amount::from_i64(2)), ..amount(cell(&[1])) };
    assert_eq!(amounts.judge(&other), Err(RuleError::Contradiction));
    let nobody = CellFacts { persons: None, ..count(3, 3) };
    assert_eq!(counts.judge(&nobody), Err(RuleError::MissingFacts));
    let unknown = CellFacts { persons: Some(UnitFacts::counted(Tally::exactly(1))), ..amount(cell(&[1])) };
    assert_eq!(set(PLAIN, vec![p_percent("10")]).judge(&unknown), Err(RuleError::MissingFacts));
}

#[test]
fn too_few_kept_contributors_are_an_error_and_not_a_safe_cell() {
    let mut narrow = Contributors::new(1).unwrap();
    (0..9).for_each(|_| narrow.offer(Amount::from_i64(1)).unwrap());
    let set = set(PLAIN, vec![dominance(3, "90")]);
    assert_eq!(set.judge(&amount(narrow)), Err(RuleError::TooFewKept));
    assert_eq!(set.needs(), 3);
}

#[test]
fn rule_sets_without_sense_are_refused() {
    let new = |measure, rules| RuleSet::new(measure, rules, range()).map(|_| ());
    assert_eq!(new(PLAIN, vec![]), Err(RuleError::NoRule));
    assert_eq!(new(PLAIN, vec![threshold(3), p_percent("5"), threshold(3)]), Err(RuleError::Repeated));
    assert_eq!(new(PLAIN, vec![threshold(3), threshold(4)]), Ok(()));
    for rule in [dominance(1, "80"), p_percent("5")] {
        assert_eq!(new(Measure::Count, vec![threshold(3), rule]), Err(RuleError::Measure));
    }
}

#[test]
fn the_rules_stand_in_the_order_of_reasons() {
    let set = set(PLAIN, vec![p_percent("5"), dominance(2, "90"), dominance(1, "80"), threshold(3)]);
    assert_eq!(set.rules(), [threshold(3), dominance(1, "80"), dominance(2, "90"), p_percent("5")]);
    assert_eq!((set.needs(), set.measure()), (2, PLAIN));
}

#[test]
fn an_amount_with_counted_contributors_only_is_no_zero() {
    let zero = Rule::Zero(ZeroRule::new(None, Some(4)).unwrap());
    let value = Value::Amount(Amount::from_i64(7));
    let facts = CellFacts::of_persons(value, UnitFacts::counted(Tally::exactly(3)));
    assert_eq!(set(PLAIN, vec![zero]).judge(&facts), Ok(Verdict::Safe));
}

#[test]
fn findings_of_several_rules_join_in_any_order() {
    let mut several = Primary::new(RuleName::Dominance, Protection::new(3, 0));
    several.mark = Mark::C;
    let single = Primary::new(RuleName::Dominance, Protection::new(1, 0));
    assert_eq!(several.join(single), single.join(several));
    assert_eq!(several.join(single).mark, Mark::B);
    let one = Primary::new(RuleName::Group, Protection::new(3, 0));
    let two = Primary::new(RuleName::Threshold, Protection::new(1, 2));
    assert_eq!(one.join(two), two.join(one));
    assert_eq!((one.join(two).rule, one.join(two).low(), one.join(two).high()), (RuleName::Threshold, 3, 2));
}
