//! The cube method.

use proptest::prelude::*;

use super::pivots::ordered;
use super::*;

fn inclusion(sizes: &[u64], n: u64) -> Vec<Inclusion> {
    let shares = Proportional::new(sizes, n).unwrap();
    sizes.iter().map(|&size| shares.inclusion(size)).collect()
}

fn values(inclusion: &[Inclusion]) -> Vec<f64> {
    inclusion.iter().map(Inclusion::value).collect()
}

#[test]
fn balanced_on_its_probabilities_alone_the_ordered_cube_is_the_ordered_pivotal_method() {
    let pi = inclusion(&[1, 2, 3, 4, 5, 6, 7, 8], 3);
    let mut stream = stream(70);
    let found = frequencies(8, 10_000, || cube(&pi, &values(&pi), 1, UnitOrder::Given, &mut stream).unwrap().selection);
    assert_eq!(found.against(&ordered(&values(&pi))), Ok(()));
}

#[test]
fn without_variables_the_cube_is_poisson_sampling() {
    let pi = inclusion(&[1, 2, 3, 0, 40, 5], 3);
    let mut stream = stream(71);
    let found = frequencies(6, 10_000, || cube(&pi, &[], 0, UnitOrder::Random, &mut stream).unwrap().selection);
    assert_eq!(found.against(&independent(&values(&pi))), Ok(()));
}

#[test]
fn units_keep_their_probabilities_with_several_variables() {
    // Pairs have no closed form here; the margins do, and the size is fixed.
    let sizes: Vec<u64> = (1..=12).collect();
    let pi = inclusion(&sizes, 5);
    let x: Vec<f64> = (0..12).flat_map(|i| [pi[i].value(), (i * i) as f64, ((i * 7) % 12) as f64]).collect();
    for order in [UnitOrder::Given, UnitOrder::Random] {
        let mut stream = stream(72);
        let found = frequencies(12, 5_000, || {
            let balanced = cube(&pi, &x, 3, order, &mut stream).unwrap();
            assert_eq!(balanced.selection.units.len(), 5);
            balanced.selection
        });
        for (unit, pi) in pi.iter().enumerate() {
            assert!(plausible(found.counts[unit * 13], found.draws, pi.value()), "unit {unit}");
        }
    }
}

#[test]
fn indicators_of_strata_fix_the_size_in_each() {
    // Strata of 10, 14 and 6 units with equal probabilities 3/10, 7/14, 2/6: stratified simple random sampling.
    let strata = [(10, 3), (14, 7), (6, 2)];
    let mut pi = Vec::new();
    let mut x = Vec::new();
    for (stratum, (units, n)) in strata.into_iter().enumerate() {
        for _ in 0..units {
            pi.push(Inclusion::from_fraction(n, units).unwrap());
            x.extend((0..3).map(|other| if other == stratum { 1.0 } else { 0.0 }));
        }
    }
    for index in 0..100 {
        let balanced = cube(&pi, &x, 3, UnitOrder::Random, &mut stream(index)).unwrap();
        let within = |from, to| balanced.selection.units.iter().filter(|unit| (from..to).contains(*unit)).count();
        assert_eq!([within(0, 10), within(10, 24), within(24, 30)], [3, 7, 2]);
        assert_eq!(balanced.landed, 0, "the flight alone decides");
        for (of, (units, _)) in balanced.imbalance.iter().zip(strata) {
            assert_eq!(of.total, units as f64);
            assert!(of.relative().unwrap().abs() < 1e-12);
        }
    }
}

#[test]
fn balanced_on_strata_alone_the_cube_is_stratified_simple_random_sampling() {
    // 2 of 4 and 2 of 5 units, mixed in the frame.
    let stratum = |unit: usize| usize::from(unit.is_multiple_of(2));
    let frames = [4_u128, 5];
    let pi: Vec<_> = (0..9).map(|unit| Inclusion::from_fraction(2, frames[stratum(unit)]).unwrap()).collect();
    let x: Vec<f64> = (0..9).flat_map(|unit| [stratum(unit) as f64, 1.0 - stratum(unit) as f64]).collect();
    let mut expected = independent(&values(&pi));
    for (unit, other) in (0..9).flat_map(|unit| (0..9).map(move |other| (unit, other))) {
        if unit != other && stratum(unit) == stratum(other) {
            let frame = frames[stratum(unit)] as f64;
            expected[unit * 9 + other] = 2.0 / (frame * (frame - 1.0));
        }
    }
    let mut stream = stream(73);
    let found = frequencies(9, 8_000, || cube(&pi, &x, 2, UnitOrder::Random, &mut stream).unwrap().selection);
    assert_eq!(found.against(&expected), Ok(()));
}

/// Belgian municipalities, n = 50: probabilities and six variables, the first being the probabilities.
fn belgium() -> (Vec<Inclusion>, Vec<f64>) {
    let rows =
        vectors(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/sample/designs_cube_frame.csv")));
    let sizes: Vec<u64> = rows.iter().map(|row| row[0] as u64).collect();
    let pi = inclusion(&sizes, 50);
    let x = rows.iter().zip(&pi).flat_map(|(row, pi)| {
        let mut row = row.clone();
        row[0] = pi.value();
        row
    });
    let x = x.collect();
    (pi, x)
}

#[test]
fn samples_are_as_balanced_as_those_of_r() {
    let rows = vectors(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/sample/designs_cube_rms.csv")));
    let (pi, x) = belgium();
    let samples = 40;
    let mut squares = [0.0; 6];
    for index in 0..samples {
        let balanced = cube(&pi, &x, 6, UnitOrder::Random, &mut stream(index)).unwrap();
        assert_eq!(balanced.selection.units.len(), 50);
        assert!(balanced.landed <= 6);
        for (sum, of) in squares.iter_mut().zip(&balanced.imbalance) {
            *sum += of.relative().unwrap().powi(2) / samples as f64;
        }
    }
    assert!(squares[0] < 1e-20, "the size is fixed");
    for (square, row) in squares.iter().zip(&rows).skip(1) {
        let (found, r, unbalanced) = (square.sqrt(), row[1], row[2]);
        assert!(found < 1.5 * r, "variable {}: {found}, R has {r}", row[0]);
        assert!(found < 0.5 * unbalanced, "variable {}: {found}, pivotal sampling has {unbalanced}", row[0]);
    }
}

#[test]
fn redundant_and_empty_variables_do_no_harm() {
    let pi = inclusion(&[1; 30], 10);
    let x: Vec<f64> = (0..30).flat_map(|i| [1.0, 0.0, 2.0, f64::from(i), 3.0 + f64::from(i)]).collect();
    for index in 0..50 {
        let balanced = cube(&pi, &x, 5, UnitOrder::Random, &mut stream(index)).unwrap();
        assert_eq!(balanced.selection.units.len(), 10);
        assert_eq!(balanced.imbalance[1].relative(), None);
        assert!(balanced.landed <= 2, "rank two: {}", balanced.landed);
    }
}

#[test]
fn lists_that_do_not_fit_and_numbers_that_are_none_are_refused() {
    let pi = inclusion(&[1, 1, 2], 1);
    let refused = |x: &[f64], variables| cube(&pi, x, variables, UnitOrder::Given, &mut stream(0)).unwrap_err();
    assert_eq!(refused(&[1.0; 5], 2), DesignError::UnequalLengths { expected: 6, found: 5 });
    assert_eq!(refused(&[1.0, 1.0, f64::NAN], 1), DesignError::NotFinite { unit: 2, variable: 0 });
    assert_eq!(refused(&[1.0, 1e308, 1.0, 1.0, 1.0, 1.0], 2), DesignError::NotFinite { unit: 0, variable: 1 });
    assert!(matches!(refused(&vec![0.0; 30_000], 10_000), DesignError::TooCostly { .. }));
}

#[test]
fn a_sample_of_nobody_and_of_everybody_is_balanced() {
    for n in [0, 3] {
        let balanced = cube(&inclusion(&[1; 3], n), &[1.0; 3], 1, UnitOrder::Random, &mut stream(0)).unwrap();
        assert_eq!((balanced.selection.units.len() as u64, balanced.landed), (n, 0));
        assert_eq!(balanced.imbalance[0].estimate, n as f64);
    }
    let nobody = cube(&[], &[], 3, UnitOrder::Random, &mut stream(0)).unwrap();
    assert!(nobody.selection.units.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_size_is_fixed_and_what_the_flight_leaves_is_at_most_a_unit_for_each_variable(
        sizes in prop::collection::vec(1_u64..50, 3..60),
        x in prop::collection::vec(-100_i32..100, 180),
        asked in any::<prop::sample::Index>(),
        seed in 0_u64..1000,
    ) {
        let n = 1 + asked.index(sizes.len() - 1) as u64;
        let pi = inclusion(&sizes, n);
        let x: Vec<f64> = pi.iter().zip(x.chunks(3))
            .flat_map(|(pi, x)| [pi.value(), f64::from(x[0]), f64::from(x[1]), f64::from(x[2]) / 7.0]).collect();
        let balanced = cube(&pi, &x, 4, UnitOrder::Random, &mut stream(seed)).unwrap();
        prop_assert_eq!(balanced.selection.units.len() as u64, n);
        prop_assert!(balanced.landed <= 4);
        if balanced.landed == 0 {
            for of in &balanced.imbalance {
                prop_assert!((of.estimate - of.total).abs() < 1e-6 * (1.0 + of.total.abs()));
            }
        }
    }
}
