#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::protect::tables::rules::tests::{cell, sampled};

const UNIT: u64 = 1_000_000_000;

/// Sum of the n largest, with all contributors at hand: (size in 10⁻⁹, weight in 10⁻⁹), weights under 1 counted as 1.
fn naive_top(all: &[(i128, u64)], n: u8) -> BigInt {
    let mut all: Vec<(i128, u64)> = all.iter().map(|(units, weight)| (units.abs(), (*weight).max(UNIT))).collect();
    all.sort_unstable();
    let mut missing = BigInt::from(u64::from(n) * UNIT);
    let mut sum = BigInt::default();
    for (size, weight) in all.into_iter().rev() {
        let taken = missing.clone().min(BigInt::from(weight));
        sum += &taken * size;
        missing -= taken;
    }
    sum
}

fn gather(keep: u8, all: &[(i128, u64)]) -> Contributors {
    let mut cell = Contributors::new(keep).unwrap();
    for (units, weight) in all {
        cell.offer_sampled(Amount::from_units(*units), Weight::from_units(*weight)).unwrap();
    }
    cell
}

#[test]
fn a_sampled_contributor_stands_for_as_many_as_his_weight() {
    // The example of the manual: 100 of weight 4, 10 of weight 7 make 470, and the two largest are 100 and 100.
    let cell = sampled(&[(10, 7_000), (100, 4_000)]);
    assert_eq!(cell.total(), Amount::from_i64(470).into());
    assert_eq!(cell.top(2).unwrap(), Sum::from(Amount::from_i64(200)).scaled());
    assert_eq!(cell.top(5).unwrap(), Sum::from(Amount::from_i64(410)).scaled());
    assert_eq!((cell.count(), cell.population()), (2, 11 * u128::from(UNIT)));
}

#[test]
fn the_last_contributor_counts_by_the_missing_fraction() {
    // 100 · 1.5 + 40 · 0.5 = 170 of 100 · 1.5 + 40 · 2 = 230.
    let cell = sampled(&[(100, 1_500), (40, 2_000)]);
    assert_eq!(cell.top(2).unwrap(), Sum::from(Amount::from_i64(170)).scaled());
    assert_eq!(cell.total(), Amount::from_i64(230).into());
}

#[test]
fn a_weight_below_one_still_stands_for_one_contributor() {
    let cell = sampled(&[(100, 500), (40, 1_000)]);
    assert_eq!(cell.top(1).unwrap(), Sum::from(Amount::from_i64(100)).scaled());
    assert_eq!(cell.total(), Amount::from_i64(90).into());
}

#[test]
fn negative_contributions_rank_by_their_size() {
    let cell = cell(&[-70, 50, 20, -5]);
    let largest: Vec<_> = cell.largest().map(|amount| amount.units() / i128::from(UNIT)).collect();
    assert_eq!(largest, [70, 50, 20, 5]);
    assert!(cell.signed());
    assert_eq!(cell.total(), Amount::from_i64(-5).into());
    assert_eq!(cell.sizes(), Amount::from_i64(145).into());
    let scaled = |value| Sum::from(Amount::from_i64(value)).scaled();
    assert_eq!(cell.size(Signs::Signed(CellSize::SizeOfTotal)), scaled(5));
    assert_eq!(cell.size(Signs::Signed(CellSize::SumOfSizes)), scaled(145));
}

#[test]
fn zeros_are_contributors_who_contribute_nothing() {
    let cell = cell(&[0, 3, 0]);
    assert_eq!((cell.count(), cell.nonzero().least(), cell.nonzero().most()), (3, 1, 1));
}

#[test]
fn a_rule_cannot_look_beyond_what_was_kept() {
    assert_eq!(gather(2, &[(5, UNIT); 4]).top(3), Err(RuleError::TooFewKept));
    assert_eq!(Contributors::new(0), Err(RuleError::Parameter));
    assert_eq!(Contributors::new(MOST_KEPT + 1), Err(RuleError::Parameter));
}

#[test]
fn a_merger_is_exact_for_the_smaller_number_kept() {
    let merged = gather(2, &[(5, UNIT); 4]).merge(&gather(4, &[(3, UNIT); 4])).unwrap();
    assert_eq!(merged.keep(), 2);
    assert_eq!(merged, gather(4, &[(3, UNIT); 4]).merge(&gather(2, &[(5, UNIT); 4])).unwrap());
    assert_eq!(merged.top(3), Err(RuleError::TooFewKept));
}

#[test]
fn a_sum_too_large_leaves_the_accumulator_as_it_was() {
    let mut cell = gather(2, &[(i128::MAX, UNIT)]);
    let before = cell.clone();
    assert_eq!(cell.offer(Amount::from_units(1)), Err(RuleError::TooLarge));
    assert_eq!(cell, before);
    assert_eq!(cell.offer(Amount::from_units(i128::MIN)), Err(RuleError::TooLarge));
    assert_eq!(cell, before);
    assert_eq!(before.merge(&before), Err(RuleError::TooLarge));
}

#[test]
fn the_largest_who_asked_is_known_after_a_merge() {
    let mut one = cell(&[100]);
    one.offer_asking(Amount::from_i64(-30)).unwrap();
    let mut two = cell(&[7]);
    two.offer_asking(Amount::from_i64(20)).unwrap();
    assert_eq!(one.merge(&two).unwrap().asked(), Some(Amount::from_i64(30)));
    assert_eq!(cell(&[100]).asked(), None);
}

#[test]
fn the_same_person_may_be_the_largest_of_both_cells() {
    // Apart, two contributors of 60 each; at worst one of 120.
    let (one, two) = (cell(&[60, 1]), cell(&[60, 2]));
    let merged = one.union(&two, Overlap::Disjoint).unwrap();
    assert_eq!(merged.first(), Sum::from(Amount::from_i64(60)).scaled());
    assert_eq!(merged.count(), 4);
    let worst = one.union(&two, Overlap::Possible).unwrap();
    assert_eq!(worst.first(), Sum::from(Amount::from_i64(120)).scaled());
    assert_eq!(worst.top(2).unwrap(), Sum::from(Amount::from_i64(123)).scaled());
    assert_eq!((worst.count(), worst.nonzero().least(), worst.nonzero().most()), (2, 2, 4));
    assert_eq!(worst.total(), merged.total());
}

#[test]
fn contributions_of_opposite_sign_may_cancel_out_in_a_union() {
    let worst = cell(&[50, -20]).union(&cell(&[20, -50]), Overlap::Possible).unwrap();
    // Two persons of +50 − 50 and −20 + 20 would make a cell of nothing but zeros.
    assert_eq!(worst.sizes(), Sum::default());
    assert_eq!((worst.nonzero().least(), worst.nonzero().most()), (0, 4));
    assert!(worst.signed());
}

/// Few sizes and weights, so that ties are common.
fn contributors() -> impl Strategy<Value = Vec<(i128, u64)>> {
    let units = prop_oneof![-3_i128..4, -(1_i128 << 80)..(1_i128 << 80)];
    let weight = prop_oneof![Just(UNIT), 0..3 * UNIT, Just(UNIT / 2), Just(7 * UNIT)];
    prop::collection::vec((units, weight), 0..24)
}

proptest! {
    #[test]
    fn the_largest_are_those_of_all_contributors(all in contributors(), keep in 1..=MOST_KEPT) {
        let cell = gather(keep, &all);
        for n in 1..=keep {
            prop_assert_eq!(cell.top(n).unwrap(), naive_top(&all, n));
        }
        let total: BigInt = all.iter().map(|(units, weight)| BigInt::from(*units) * *weight).sum();
        let sizes: BigInt = all.iter().map(|(units, weight)| BigInt::from(units.abs()) * *weight).sum();
        prop_assert_eq!(cell.total().scaled(), total);
        prop_assert_eq!(cell.sizes().scaled(), sizes);
        prop_assert_eq!(cell.count(), all.len() as u64);
        prop_assert_eq!(cell.nonzero().least(), all.iter().filter(|(units, _)| *units != 0).count() as u64);
        prop_assert_eq!(cell.population(), all.iter().map(|(_, weight)| u128::from(*weight)).sum::<u128>());
        prop_assert_eq!(cell.signed(), all.iter().any(|(units, _)| *units < 0));
        prop_assert!(cell.largest().count() <= usize::from(keep));
    }

    #[test]
    fn neither_the_order_nor_the_grouping_of_contributors_matters(
        all in contributors().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        keep in 1..=MOST_KEPT,
        cuts in (0.0..1.0, 0.0..1.0),
    ) {
        let (all, shuffled) = all;
        let whole = gather(keep, &all);
        prop_assert_eq!(&gather(keep, &shuffled), &whole);
        let at = |cut: f64| (cut * shuffled.len() as f64) as usize;
        let (first, second) = (at(cuts.0).min(at(cuts.1)), at(cuts.0).max(at(cuts.1)));
        let [a, b, c] = [&shuffled[..first], &shuffled[first..second], &shuffled[second..]].map(|part| gather(keep, part));
        let left = a.merge(&b).unwrap().merge(&c).unwrap();
        let right = a.merge(&b.merge(&c).unwrap()).unwrap();
        let backwards = c.merge(&b).unwrap().merge(&a).unwrap();
        prop_assert_eq!(&left, &whole);
        prop_assert_eq!(&right, &whole);
        prop_assert_eq!(&backwards, &whole);
    }

    #[test]
    fn an_overlapping_union_bounds_every_way_in_which_persons_may_coincide(
        // Of each person: contributions to the two cells, and one weight.
        persons in prop::collection::vec((-4_i128..9, -4_i128..9, 1..4_u64, 0..3_u8), 0..9),
    ) {
        // In the first cell only, in the second only, or in both.
        let one: Vec<_> = persons.iter().filter(|p| p.3 != 1).map(|p| (p.0, p.2 * UNIT)).collect();
        let two: Vec<_> = persons.iter().filter(|p| p.3 != 0).map(|p| (p.1, p.2 * UNIT)).collect();
        let truth: Vec<_> = persons
            .iter()
            .map(|p| (if p.3 == 0 { p.0 } else if p.3 == 1 { p.1 } else { p.0 + p.1 }, p.2 * UNIT))
            .collect();
        let (one, two, truth) = (gather(8, &one), gather(8, &two), gather(8, &truth));
        let worst = one.union(&two, Overlap::Possible).unwrap();
        prop_assert_eq!(worst.total(), truth.total());
        prop_assert!(worst.sizes() <= truth.sizes());
        prop_assert!(worst.first() >= truth.first());
        for n in 1..=8 {
            prop_assert!(worst.top(n).unwrap() >= truth.top(n).unwrap());
        }
        prop_assert!(worst.count() <= truth.count());
        prop_assert!(worst.population() <= truth.population());
        prop_assert!(worst.nonzero().least() <= truth.nonzero().least());
        prop_assert!(worst.nonzero().most() >= truth.nonzero().least());
        // No looser than adding up what the two cells say.
        for n in 1..=8 {
            prop_assert_eq!(worst.top(n).unwrap(), one.top(n).unwrap() + two.top(n).unwrap());
        }
    }
}

#[test]
fn what_a_table_tells_of_contributors_is_judged_as_they_are() {
    let units = |values: &[i64]| values.iter().map(|value| Amount::from_i64(*value)).collect::<Vec<_>>();
    let told = Contributors::of_largest(&units(&[52, 50]), Amount::from_i64(110), 10).unwrap();
    assert_eq!((told.keep(), told.count(), told.total(), told.sizes()), (2, 10, told.sizes(), told.total()));
    assert_eq!(told.total().floor(), Amount::from_i64(110));
    assert_eq!(told.top(3), Err(RuleError::TooFewKept));
    // Where all are told there is nothing more to look at.
    assert!(Contributors::of_largest(&units(&[60, 50]), Amount::from_i64(110), 2).unwrap().top(8).is_ok());
    assert!(Contributors::of_largest(&[], Amount::ZERO, 0).is_ok());
    for (largest, total, count) in [
        (&[50, 52][..], 110, 10),
        (&[52, 50], 110, 2),
        (&[52, 50], 110, 1),
        (&[52, 50], 101, 10),
        (&[3, 2], 110, 10),
        (&[], 5, 0),
    ] {
        let found = Contributors::of_largest(&units(largest), Amount::from_i64(total), count);
        assert_eq!(found, Err(RuleError::Contradiction), "{largest:?} {total} {count}");
    }
    // Of both signs, what is left over may be negative.
    let signed = Contributors::of_largest(&units(&[100, -90]), Amount::from_i64(-50), 3).unwrap();
    assert!(signed.signed() && signed.total().floor() == Amount::from_i64(-50));
}
