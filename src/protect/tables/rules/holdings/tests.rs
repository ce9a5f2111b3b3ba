#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::protect::tables::rules::{PPercent, Signs, tests::percent};

fn gather(all: &[(u64, i64)]) -> Holdings {
    let mut holdings = Holdings::default();
    for (holding, value) in all {
        holdings.add(*holding, Amount::from_i64(*value)).unwrap();
    }
    holdings
}

#[test]
fn a_holding_can_be_dominant_when_none_of_its_parts_is() {
    // Example of the τ-ARGUS 4.1 manual, §4.4.4, cell (900, 30): 700 and 200 belong together.
    let all = [(6, 700), (6, 200), (7, 60), (8, 40), (9, 10)];
    let mut apart = Contributors::new(2).unwrap();
    all.iter().for_each(|(_, value)| apart.offer(Amount::from_i64(*value)).unwrap());
    let together = gather(&all).top(2).unwrap();
    let rule = PPercent::new(percent("10"), 1).unwrap();
    // 60 + 40 + 10 = 110 ≥ 70, but 40 + 10 = 50 < 90.
    assert!(!rule.sensitive(&apart, Signs::NonNegative).unwrap());
    assert!(rule.sensitive(&together, Signs::NonNegative).unwrap());
    assert_eq!(together.count(), 4);
    assert_eq!(apart.total(), together.total());
}

#[test]
fn a_holding_gathered_over_buckets_is_one_contributor() {
    let mut one = gather(&[(1, 5), (2, 1)]);
    one.merge(gather(&[(1, 6), (3, 2)])).unwrap();
    assert_eq!(one.count(), 3);
    assert_eq!(one.total(1), Some(Amount::from_i64(11)));
    assert_eq!(one.total(4), None);
}

#[test]
fn a_holding_too_large_is_refused() {
    let mut holdings = Holdings::default();
    holdings.add(1, Amount::from_units(i128::MAX)).unwrap();
    assert_eq!(holdings.add(1, Amount::from_units(1)), Err(RuleError::TooLarge));
    assert_eq!(holdings.total(1), Some(Amount::from_units(i128::MAX)));
}

proptest! {
    #[test]
    fn buckets_can_be_merged_in_any_order(
        all in prop::collection::vec((0..5_u64, -9..9_i64), 0..30).prop_shuffle(),
        cut in 0.0..1.0,
    ) {
        let at = (cut * all.len() as f64) as usize;
        let (mut one, mut two) = (gather(&all[..at]), gather(&all[at..]));
        let (first, second) = (one.clone(), two.clone());
        one.merge(second).unwrap();
        two.merge(first).unwrap();
        prop_assert_eq!(&one, &two);
        prop_assert_eq!(&one, &gather(&all));
        let mut naive: Vec<i64> = (0..5)
            .filter(|holding| all.iter().any(|(of, _)| of == holding))
            .map(|holding| all.iter().filter(|(of, _)| *of == holding).map(|(_, value)| value).sum::<i64>().abs())
            .collect();
        naive.sort_unstable_by(|a, b| b.cmp(a));
        naive.truncate(3);
        let largest: Vec<_> = one.top(3).unwrap().largest().collect();
        prop_assert_eq!(largest, naive.into_iter().map(Amount::from_i64).collect::<Vec<_>>());
    }
}
