use proptest::prelude::*;

use super::*;

#[test]
fn of_sizes_1_to_20_twelve_units_hold_four_certain_ones_and_seventeenths() {
    let sizes: Vec<u64> = (1..=20).collect();
    let shares = Proportional::new(&sizes, 12).unwrap();
    for size in 1..=16 {
        assert_eq!(shares.inclusion(size).fraction(), (u128::from(size), 17));
    }
    assert!((17..=20).all(|size| shares.inclusion(size) == Inclusion::CERTAIN));
    assert_eq!((shares.certain(), shares.take()), (4, 8));
}

#[test]
fn more_units_than_have_a_size_are_refused() {
    assert_eq!(Proportional::new(&[0, 3, 0, 1], 3), Err(DesignError::SampleTooLarge { asked: 3, positive: 2 }));
    let all = Proportional::new(&[0, 3, 0, 1], 2).unwrap();
    assert_eq!([0, 3, 1].map(|size| all.inclusion(size).fraction()), [(0, 1), (1, 1), (1, 1)]);
    assert_eq!(Proportional::new(&[0, 0], 0).unwrap().inclusion(0), Inclusion::NEVER);
    assert_eq!(Proportional::new(&[], 0).unwrap().take(), 0);
}

#[test]
fn the_largest_sizes_do_not_overflow() {
    let shares = Proportional::new(&[u64::MAX, u64::MAX, u64::MAX, u64::MAX - 1], 3).unwrap();
    let (numerator, denominator) = shares.inclusion(u64::MAX).fraction();
    let max = u128::from(u64::MAX);
    // 3 M / (4 M − 1), and M = 2⁶⁴ − 1 is divisible by 3 while 4 M − 1 is not.
    assert_eq!((numerator, denominator), (3 * max, 4 * max - 1));
}

#[test]
fn a_probability_just_under_one_is_not_shown_as_one() {
    let almost = Inclusion::from_fraction(u128::MAX - 1, u128::MAX).unwrap();
    assert!(almost.value() < 1.0 && !almost.is_certain());
    assert_eq!(Inclusion::from_fraction(2, 1), None);
    assert_eq!(Inclusion::from_fraction(0, 0), None);
    assert_eq!(Inclusion::from_fraction(6, 8).unwrap().fraction(), (3, 4));
    assert_eq!(Inclusion::from_fraction(1, 4).unwrap().weight(), 4.0);
}

#[test]
fn probabilities_agree_with_r_on_belgian_municipalities() {
    let rows = vectors(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/sample/designs_order.csv")));
    let sizes: Vec<u64> = rows.iter().map(|row| row[0] as u64).collect();
    assert_eq!(sizes.len(), 589);
    let pi = probabilities(&sizes, 200);
    assert!(pi.iter().zip(&rows).all(|(pi, row)| (pi - row[1]).abs() < 1e-14));
    assert_eq!(pi.iter().filter(|pi| **pi == 1.0).count(), rows.iter().filter(|row| row[1] > 1.0 - 1e-12).count());
}

proptest! {
    #[test]
    fn probabilities_sum_to_the_sample_and_nobody_below_the_cut_is_certain(
        sizes in prop::collection::vec(prop_oneof![0_u64..5, 0_u64..1000], 1..40),
        asked in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let positive = sizes.iter().filter(|size| **size > 0).count();
        let n = asked.index(positive + 1) as u64;
        let shares = Proportional::new(&sizes, n).unwrap();
        let open = sizes.iter().filter(|size| !shares.is_certain(**size));
        let numerators: u128 = open.clone().map(|&size| u128::from(shares.take()) * u128::from(size)).sum();
        prop_assert_eq!(numerators, u128::from(shares.take()) * shares.total());
        prop_assert_eq!(shares.certain() + shares.take(), n);
        for &size in open {
            prop_assert!(shares.take() == 0 || u128::from(shares.take() * size) < shares.total());
        }
        let smallest = sizes.iter().filter(|size| shares.is_certain(**size)).min();
        if let Some(&smallest) = smallest {
            // With the smallest certain unit put back among the others, its share is 1 or more.
            prop_assert!(u128::from((shares.take() + 1) * smallest) >= shares.total() + u128::from(smallest));
        }
        let (left, right) = sizes.split_at(cut.index(sizes.len()));
        let census = |part: &[u64]| {
            let mut census = SizeCensus::new(n);
            part.iter().for_each(|&size| census.add(size));
            census
        };
        prop_assert_eq!(census(right).merge(census(left)).finish().unwrap(), shares);
    }
}
