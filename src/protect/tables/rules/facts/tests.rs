#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::protect::tables::rules::tests::{cell, percent, units};
use crate::protect::tables::rules::{
    CellSize, Counted, Dominance, Measure, PPercent, Rule, RuleName, RuleSet, SafetyRange, Signs, Threshold, Unit,
    Verdict,
};

fn amount(contributors: Contributors, exclusive: u64) -> CellFacts {
    let value = Value::Amount(contributors.total().floor());
    CellFacts::of_persons(value, UnitFacts::contributing(contributors, exclusive).unwrap())
}

fn count(count: u64, exclusive: u64) -> CellFacts {
    CellFacts::of_persons(Value::Count(count), UnitFacts::counted(Tally::new(count, exclusive).unwrap()))
}

fn set(measure: Measure, rules: Vec<Rule>) -> RuleSet {
    RuleSet::new(measure, rules, SafetyRange::new(percent("10"), 1).unwrap()).unwrap()
}

fn threshold(counted: Counted, least: u64) -> Rule {
    Rule::Threshold(Unit::Persons, counted, Threshold::new(least).unwrap())
}

fn rules() -> Vec<Rule> {
    vec![
        threshold(Counted::All, 4),
        threshold(Counted::NonZero, 3),
        threshold(Counted::Population, 3),
        Rule::Dominance(Unit::Persons, Dominance::new(2, percent("75")).unwrap()),
        Rule::PPercent(Unit::Persons, PPercent::new(percent("20"), 1).unwrap()),
    ]
}

#[test]
fn two_singletons_together_are_unsafe_and_enough_of_them_are_not() {
    let set = set(Measure::Count, vec![threshold(Counted::All, 5)]);
    let single = count(1, 1);
    let four = CellFacts::union_of(&[&single; 4]).unwrap();
    assert_eq!(set.judge(&four).unwrap().primary().map(|found| found.rule), Some(RuleName::Threshold));
    let five = CellFacts::union_of(&[&single; 5]).unwrap();
    assert_eq!(set.judge(&five), Ok(Verdict::Safe));
    assert_eq!(five.value, Value::Count(5));
}

#[test]
fn cells_that_may_share_their_persons_are_no_safer_together() {
    let set = set(Measure::Count, vec![threshold(Counted::All, 5)]);
    let union = count(4, 0).union(&count(4, 0)).unwrap();
    assert_eq!(set.judge(&union).unwrap().primary().map(|found| found.rule), Some(RuleName::Threshold));
    // One exclusive person in the other cell makes five.
    assert_eq!(set.judge(&count(4, 0).union(&count(4, 1)).unwrap()), Ok(Verdict::Safe));
}

#[test]
fn two_dominated_cells_of_different_persons_can_protect_each_other() {
    let p = set(Measure::Amount(Signs::NonNegative), vec![rules()[4]]);
    // 100 of 101 and 90 of 130 apart; together 100 and 90 of 231 leave 41 ≥ 20.
    let (one, two) = (cell(&[100, 1]), cell(&[90, 40]));
    assert!(p.judge(&amount(one.clone(), 0)).unwrap().primary().is_some());
    assert!(p.judge(&amount(two.clone(), 0)).unwrap().primary().is_some());
    let disjoint = amount(one.clone(), 2).union(&amount(two.clone(), 0)).unwrap();
    assert_eq!(p.judge(&disjoint), Ok(Verdict::Safe));
    // If they may be the same two persons, it is 190 and 41 of 231.
    let overlapping = amount(one, 1).union(&amount(two, 0)).unwrap();
    assert!(p.judge(&overlapping).unwrap().primary().is_some());
}

#[test]
fn decisions_by_hand_do_not_carry_over_and_structural_zeros_add_nothing() {
    let published = CellFacts { manual: Some(Manual::Publish), ..count(1, 1) };
    let union = CellFacts::union_of(&[&CellFacts::structural(Value::Count(0)), &published]).unwrap();
    assert_eq!(union, count(1, 1));
    let nothing = CellFacts::structural(Value::Count(0));
    assert_eq!(nothing.union(&nothing).unwrap(), nothing);
}

#[test]
fn what_is_not_known_of_one_cell_is_not_known_of_the_union() {
    let mut with = count(3, 0);
    with.holdings = Some(UnitFacts::counted(Tally::exactly(2)));
    assert_eq!(with.union(&count(3, 0)).unwrap().holdings, None);
    assert_eq!(with.union(&with).unwrap().holdings.map(|units| units.tally.least()), Some(2));
}

#[test]
fn a_count_and_an_amount_have_no_union() {
    assert_eq!(count(3, 0).union(&amount(cell(&[1]), 0)), Err(RuleError::Measure));
    assert_eq!(CellFacts::union_of(&[]), Err(RuleError::MissingFacts));
    assert_eq!(count(u64::MAX, 0).union(&count(1, 0)), Err(RuleError::TooLarge));
}

/// Facts of cells, and of all of them as one, from what each person contributes to each cell (`None`: not in it).
fn gathered(persons: &[Vec<Option<i128>>], cells: usize) -> (Vec<CellFacts>, CellFacts) {
    let facts = (0..cells).map(|at| {
        let inside = || persons.iter().filter(move |person| person[at].is_some());
        let exclusive = inside().filter(|person| person.iter().flatten().count() == 1).count();
        amount(units(&inside().filter_map(|person| person[at]).collect::<Vec<_>>()), exclusive as u64)
    });
    let whole: Vec<i128> = persons
        .iter()
        .filter(|person| person.iter().any(Option::is_some))
        .map(|person| person.iter().flatten().sum())
        .collect();
    (facts.collect(), amount(units(&whole), 0))
}

fn persons(least: i128, cells: usize) -> impl Strategy<Value = Vec<Vec<Option<i128>>>> {
    let place = prop_oneof![3 => Just(None), 2 => (least..30).prop_map(Some)];
    prop::collection::vec(prop::collection::vec(place, cells), 0..14)
}

proptest! {
    #[test]
    fn a_union_that_is_unsafe_is_never_taken_for_safe(
        persons in persons(0, 3),
        order in Just(vec![0_usize, 1, 2]).prop_shuffle(),
    ) {
        let (cells, truth) = gathered(&persons, 3);
        let union = CellFacts::union_of(&cells.iter().collect::<Vec<_>>()).unwrap();
        let shuffled = CellFacts::union_of(&order.iter().map(|at| &cells[*at]).collect::<Vec<_>>()).unwrap();
        prop_assert_eq!(union.value, truth.value);
        for rule in rules() {
            let set = set(Measure::Amount(Signs::NonNegative), vec![rule]);
            let (found, really) = (set.judge(&union).unwrap().primary(), set.judge(&truth).unwrap().primary());
            prop_assert!(found.is_some() || really.is_none());
            // And it is protected as far as it really needs.
            if let (Some(found), Some(really)) = (found, really) {
                prop_assert!(found.low() >= really.low() && found.high() >= really.high());
            }
            prop_assert_eq!(found, set.judge(&shuffled).unwrap().primary());
        }
    }

    #[test]
    fn nor_is_one_with_contributions_of_both_signs(persons in persons(-30, 3)) {
        let (cells, truth) = gathered(&persons, 3);
        let union = CellFacts::union_of(&cells.iter().collect::<Vec<_>>()).unwrap();
        for size in [CellSize::SizeOfTotal, CellSize::SumOfSizes] {
            for rule in rules() {
                let set = set(Measure::Amount(Signs::Signed(size)), vec![rule]);
                let (found, really) = (set.judge(&union).unwrap().primary(), set.judge(&truth).unwrap().primary());
                prop_assert!(found.is_some() || really.is_none());
                if let (Some(found), Some(really)) = (found, really) {
                    prop_assert!(found.low() >= really.low() && found.high() >= really.high());
                }
            }
        }
    }

    #[test]
    fn a_union_of_cells_without_common_persons_is_judged_exactly(cells in prop::collection::vec(
        prop::collection::vec(0..30_i128, 0..6), 1..5
    )) {
        let facts: Vec<CellFacts> = cells.iter().map(|cell| amount(units(cell), cell.len() as u64)).collect();
        let union = CellFacts::union_of(&facts.iter().collect::<Vec<_>>()).unwrap();
        let truth = amount(units(&cells.concat()), cells.concat().len() as u64);
        prop_assert_eq!(union, truth);
    }
}
