//! Values worked out by hand; the rest of the definitions is compared, record by record, in the tests of the search.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::protect::persons::hierarchy::Hierarchy;
use crate::protect::persons::histogram::{Builder, Histogram, Record};

/// Four values, 2 + 1 + 1 + 0 records: {0, 1} and {2, 3} are pairs.
fn table() -> (Histogram, Vec<Hierarchy>) {
    let mut builder = Builder::new(1, 0);
    for code in [0, 0, 1, 2] {
        builder.person(&[Record { key: &[code], sensitive: &[], weight: 0 }]).unwrap();
    }
    let tree = Hierarchy::new(&[vec![0, 1, 2, 3], vec![0, 0, 1, 1], vec![0; 4]]).unwrap();
    (builder.finish(), vec![tree])
}

/// Two classes, {0, 1} with three records and {2, 3} with one, the second one left out or not.
struct Pairs(bool);

impl Generalised for Pairs {
    fn rows(&self) -> &[u64] {
        &[3, 1]
    }
    fn group(&self, _: usize, class: usize) -> u32 {
        class as u32
    }
    fn kept(&self, class: usize) -> bool {
        self.0 || class == 0
    }
}

fn loss(measure: Measure, kept: bool) -> f64 {
    let (table, trees) = table();
    Prepared::new(&LossSpec::of(measure), &table, &trees).unwrap().of(&[1], &Pairs(kept)).total
}

#[test]
fn each_measure_by_hand() {
    let third = 1.0 / 3.0;
    // Each record stands for half of the domain; untouched is a quarter. (2 − 1) / (4 − 1), and with one at 1: 1.5.
    assert!((loss(Measure::Granularity, true) - third).abs() < 1e-15);
    assert!((loss(Measure::Granularity, false) - 0.5).abs() < 1e-15);
    // 2·log₂(3/2) + 1·log₂ 3 + 1·log₂ 1; one suppressed record of one kind adds nothing.
    let bits = 2.0 * 1.5_f64.log2() + 3_f64.log2();
    assert!((loss(Measure::Entropy { suppression: false }, false) - bits).abs() < 1e-12);
    assert!((loss(Measure::Entropy { suppression: true }, false) - bits).abs() < 1e-12);
    assert_eq!(loss(Measure::Discernibility { suppression: true }, true), 10.0);
    assert_eq!(loss(Measure::Discernibility { suppression: true }, false), 13.0);
    assert_eq!(loss(Measure::Discernibility { suppression: false }, false), 10.0);
    assert_eq!((loss(Measure::ClassSize, true), loss(Measure::ClassSize, false)), (2.0, 2.0));
    assert_eq!(loss(Measure::Precision { suppression: true }, true), 0.5);
    assert_eq!(loss(Measure::Precision { suppression: true }, false), 0.625);
    assert_eq!(loss(Measure::Precision { suppression: false }, false), 0.5);
    assert_eq!((loss(Measure::Ambiguity, true), loss(Measure::Ambiguity, false)), (8.0, 10.0));
}

#[test]
fn granularity_of_single_cells_is_that_of_the_measure() {
    assert!(
        (granularity(4, [(3, Some(2)), (1, Some(2))].into_iter()) - loss(Measure::Granularity, true)).abs() < 1e-15
    );
    assert!((granularity(4, [(3, Some(2)), (1, None)].into_iter()) - loss(Measure::Granularity, false)).abs() < 1e-15);
    assert_eq!(granularity(4, [(9, Some(1))].into_iter()), 0.0);
    assert_eq!(granularity(4, [(9, None)].into_iter()), 1.0);
    assert_eq!((granularity(1, [(9, None)].into_iter()), granularity(4, std::iter::empty())), (0.0, 0.0));
}

#[test]
fn the_balance_makes_one_side_free_at_each_end() {
    let prices = |factor| Balance::new(factor).map(|balance| (balance.generalisation(), balance.suppression()));
    assert_eq!(prices(0.0), Some((1.0, 0.0)));
    assert_eq!(prices(0.25), Some((1.0, 0.5)));
    assert_eq!(prices(0.5), Some((1.0, 1.0)));
    assert_eq!(prices(0.75), Some((0.5, 1.0)));
    assert_eq!(prices(1.0), Some((0.0, 1.0)));
    assert_eq!((prices(-0.1), prices(1.1), prices(f64::NAN)), (None, None, None));
}

#[test]
fn a_bound_stays_below_the_loss_where_suppression_is_cheap() {
    let (table, trees) = table();
    for factor in [0.0, 0.1, 0.3, 0.5, 0.8, 1.0] {
        for measure in [
            Measure::Granularity,
            Measure::Entropy { suppression: true },
            Measure::Precision { suppression: true },
            Measure::Discernibility { suppression: true },
            Measure::ClassSize,
            Measure::Ambiguity,
        ] {
            let spec = LossSpec { balance: Balance::new(factor).unwrap(), ..LossSpec::of(measure) };
            let prepared = Prepared::new(&spec, &table, &trees).unwrap();
            let loss = prepared.of(&[1], &Pairs(false)).total;
            assert!(
                prepared.bound(&[1]) <= loss && prepared.bound_of(&[1], &Pairs(false)) <= loss,
                "{measure:?} {factor}"
            );
        }
    }
}

#[test]
fn faults_are_found_before_the_search() {
    let (table, trees) = table();
    let with = |weights: &[f64]| {
        let spec = LossSpec { weights: weights.to_vec(), ..LossSpec::of(Measure::Granularity) };
        Prepared::new(&spec, &table, &trees).err()
    };
    assert_eq!(with(&[1.0, 1.0]), Some(LossFault::Weights { expected: 1, found: 2 }));
    assert_eq!(
        (with(&[0.0]), with(&[-1.0]), with(&[f64::NAN])),
        (Some(LossFault::Weight), Some(LossFault::Weight), Some(LossFault::Weight))
    );
    assert_eq!(with(&[3.0]), None);
    let mut builder = Builder::new(30, 0);
    builder.person(&[Record { key: &[0; 30], sensitive: &[], weight: 0 }]).unwrap();
    let wide: Vec<Hierarchy> = (0..30).map(|_| Hierarchy::identity(100)).collect();
    let fault = Prepared::new(&LossSpec::of(Measure::Ambiguity), &builder.finish(), &wide).err();
    assert_eq!(fault, Some(LossFault::TooWide));
}
