#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const VECTORS: &str = include_str!("../../../tests/vectors/sample/calibration.csv");
const NARROW: Bounds = Bounds { lower: 0.94, upper: 1.05 };

/// A column of the vectors made by benches/r/calibration.R.
fn column(name: &str) -> Vec<f64> {
    let mut lines = VECTORS.lines().skip(1);
    let at = lines.next().unwrap().split(',').position(|column| column == name).unwrap();
    lines.map(|line| line.split(',').nth(at).unwrap().parse().unwrap()).collect()
}

/// Indicators of the categories of some columns, then some values, as rows.
fn rows(categories: &[(&str, u32)], values: &[&str]) -> Rows {
    let width = categories.iter().map(|&(_, count)| count).sum::<u32>();
    let categories: Vec<_> = categories.iter().map(|&(name, count)| (column(name), count)).collect();
    let values: Vec<_> = values.iter().map(|name| column(name)).collect();
    let mut rows = Rows::new(width as usize + values.len());
    for unit in 0..column("d").len() {
        let mut start = 0;
        let ones = categories.iter().map(|(codes, count)| {
            start += count;
            (start - count + codes[unit] as u32, 1.0)
        });
        rows.push(ones.chain((width..).zip(values.iter().map(|values| values[unit]))));
    }
    rows
}

fn worst(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).fold(0.0, |worst, (l, r)| f64::max(worst, (l - r).abs()))
}

#[test]
fn every_distance_gives_the_weights_that_r_gives() {
    let auxiliaries = rows(&[("stype", 3)], &["api99", "meals"]);
    let totals = [4421.0, 755.0, 1018.0, 3_914_069.0, 297_533.0];
    let weights = column("d");
    let enroll: Vec<f64> = column("enroll").iter().map(|enroll| 1.0 / enroll).collect();
    let cases = [
        ("linear", Method::Linear, None),
        ("raking", Method::Raking, None),
        ("truncated", Method::TruncatedLinear(NARROW), None),
        ("logit", Method::Logit(NARROW), None),
        ("scaled", Method::Linear, Some(&*enroll)),
    ];
    for (name, method, scale) in cases {
        let problem = Problem { design_weights: &weights, auxiliaries: &auxiliaries, totals: &totals, scale, method };
        let calibrated = calibrate(&problem, Options::default()).unwrap();
        assert!(worst(&calibrated.ratios, &column(name)) < 1e-9, "{name}");
        assert!(calibrated.redundant.is_empty());
    }
}

#[test]
fn raking_two_margins_leaves_one_category_aside_and_meets_all() {
    let auxiliaries = rows(&[("stype", 3), ("wide", 2)], &[]);
    let totals = [4421.0, 755.0, 1018.0, 1072.0, 5122.0];
    let weights = column("d");
    let problem = Problem {
        design_weights: &weights,
        auxiliaries: &auxiliaries,
        totals: &totals,
        scale: None,
        method: Method::Raking,
    };
    let calibrated = calibrate(&problem, Options::default()).unwrap();
    assert!(worst(&calibrated.ratios, &column("raked")) < 1e-9);
    assert_eq!(calibrated.redundant, [4]);
    let wide: f64 = calibrated.weights.iter().zip(column("wide")).map(|(weight, wide)| weight * wide).sum();
    assert!((wide - 5122.0).abs() < 1e-7);

    let apart = [4421.0, 755.0, 1018.0, 1072.0, 5132.0];
    let error = calibrate(&Problem { totals: &apart, ..problem }, Options::default()).unwrap_err();
    let CalibrationError::Contradictory { auxiliary: 4, wanted: 5132.0, implied } = error else { panic!("{error}") };
    assert!((implied - 5122.0).abs() < 1e-6);
}

#[test]
fn post_stratification_is_what_r_gives_and_what_every_distance_gives() {
    let cells: Vec<u32> =
        column("stype").iter().zip(column("awards")).map(|(stype, awards)| (stype + 3.0 * awards) as u32).collect();
    let totals = [1111.0, 467.0, 449.0, 3310.0, 288.0, 569.0];
    let weights = column("d");
    let exact = post_stratify(&weights, &cells, &totals).unwrap();
    assert!(worst(&exact.ratios, &column("post")) < 1e-12);
    let mut auxiliaries = Rows::new(6);
    cells.iter().for_each(|&cell| auxiliaries.push([(cell, 1.0)]));
    for method in [Method::Linear, Method::Raking, Method::Logit(Bounds { lower: 0.1, upper: 4.0 })] {
        let problem =
            Problem { design_weights: &weights, auxiliaries: &auxiliaries, totals: &totals, scale: None, method };
        assert!(worst(&calibrate(&problem, Options::default()).unwrap().ratios, &exact.ratios) < 1e-9);
    }
}

/// Example 1 of R's `sampling::calib`.
fn example(method: Method, totals: &[f64]) -> Result<Calibrated, CalibrationError> {
    example_until(method, totals, Options::default())
}

fn example_until(method: Method, totals: &[f64], options: Options) -> Result<Calibrated, CalibrationError> {
    let mut auxiliaries = Rows::new(3);
    (0..10).for_each(|unit| auxiliaries.push([(unit / 5, 1.0), (2, f64::from(unit + 1))]));
    let problem = Problem { design_weights: &[5.0; 10], auxiliaries: &auxiliaries, totals, scale: None, method };
    calibrate(&problem, options)
}

/// R's function stops at a distance of 10⁻⁶ of a total, 2·10⁻⁹ before the ratios settle; called again on its own
/// result it gives the second pair.
#[test]
fn the_example_of_calib_has_its_known_answers() {
    let totals = [24.0, 26.0, 290.0];
    let early = Options { tolerance: 5e-7, ..Options::default() };
    let raked = example_until(Method::Raking, &totals, early).unwrap();
    assert!(worst(&raked.ratios[..2], &[0.777431050141976, 0.859569228040572]) < 1e-12);
    let raked = example(Method::Raking, &totals).unwrap();
    assert!(worst(&raked.ratios[..2], &[0.7774310483319773, 0.8595692262765033]) < 1e-12);
    let truncated = example(Method::TruncatedLinear(Bounds { lower: 0.75, upper: 1.2 }), &totals).unwrap();
    let known = [0.75, 0.85125, 0.95875, 1.06625, 1.17375, 0.83875, 0.94625, 1.05375, 1.16125, 1.2];
    assert!(worst(&truncated.ratios, &known) < 1e-12);
    assert_eq!(truncated.range(), Some((0.75, 1.2)));
}

#[test]
fn a_total_that_cannot_be_met_is_named() {
    use CalibrationError as E;
    let wide = Bounds { lower: 0.5, upper: 2.0 };
    let alone = example(Method::Logit(wide), &[24.0, 50.5, 290.0]).unwrap_err();
    assert_eq!(alone, E::OutOfReach { auxiliary: 1, wanted: 50.5, lowest: 12.5, highest: 50.0 });
    let none = example(Method::Raking, &[0.0, 26.0, 290.0]).unwrap_err();
    assert_eq!(none, E::OutOfReach { auxiliary: 0, wanted: 0.0, lowest: 0.0, highest: f64::INFINITY });
    // each within reach, but not together: 50 units of at most 10
    for method in [Method::Raking, Method::TruncatedLinear(wide), Method::Logit(wide)] {
        let error = example(method, &[24.0, 26.0, 500.0]).unwrap_err();
        assert!(matches!(error, E::NotConverged { .. }), "{error}");
    }
    let mut empty = Rows::new(2);
    (0..4).for_each(|_| empty.push([(0, 1.0)]));
    let problem = Problem {
        design_weights: &[1.0; 4],
        auxiliaries: &empty,
        totals: &[4.0, 3.0],
        scale: None,
        method: Method::Linear,
    };
    assert_eq!(calibrate(&problem, Options::default()).unwrap_err(), E::Empty { auxiliary: 1, wanted: 3.0 });
    let nothing = calibrate(&Problem { totals: &[5.0, 0.0], ..problem }, Options::default()).unwrap();
    assert_eq!((nothing.ratios, nothing.redundant), (vec![1.25; 4], vec![1]));
    assert_eq!(post_stratify(&[1.0], &[0], &[1.0, 3.0]).unwrap_err(), E::Empty { auxiliary: 1, wanted: 3.0 });
    assert_eq!(post_stratify(&[1.0], &[1], &[1.0]).unwrap_err(), E::Shape);
}

/// Newton's first step, to exp(4·10¹¹), is out of range; shortened steps arrive.
#[test]
fn a_total_far_away_is_reached_by_shorter_steps() {
    let rows = Rows::from_dense(1, &[1.0, 2.0]);
    let problem = Problem {
        design_weights: &[1.0, 1.0],
        auxiliaries: &rows,
        totals: &[1e6 + 2e12],
        scale: None,
        method: Method::Raking,
    };
    // e^λ + 2 e^2λ with e^λ = 10⁶
    let calibrated = calibrate(&problem, Options::default()).unwrap();
    assert!((calibrated.ratios[0] / 1e6 - 1.0).abs() < 1e-9 && (calibrated.ratios[1] / 1e12 - 1.0).abs() < 1e-9);
}

#[test]
fn malformed_input_is_refused() {
    use CalibrationError as E;
    let rows = Rows::from_dense(1, &[1.0, 1.0]);
    let problem = Problem {
        design_weights: &[1.0, 2.0],
        auxiliaries: &rows,
        totals: &[4.0],
        scale: None,
        method: Method::Linear,
    };
    let fails = |problem: Problem<'_>| calibrate(&problem, Options::default()).unwrap_err();
    assert_eq!(fails(Problem { design_weights: &[1.0], ..problem }), E::Shape);
    assert_eq!(fails(Problem { totals: &[4.0, 1.0], ..problem }), E::Shape);
    assert_eq!(fails(Problem { scale: Some(&[1.0]), ..problem }), E::Shape);
    assert_eq!(fails(Problem { design_weights: &[1.0, 0.0], ..problem }), E::BadUnit { unit: 1 });
    assert_eq!(fails(Problem { scale: Some(&[1.0, f64::NAN]), ..problem }), E::BadUnit { unit: 1 });
    assert_eq!(fails(Problem { totals: &[f64::NAN], ..problem }), E::BadTotal { auxiliary: 0 });
    let bounds = Bounds { lower: 1.0, upper: 2.0 };
    assert_eq!(fails(Problem { method: Method::Logit(bounds), ..problem }), E::BadBounds { lower: 1.0, upper: 2.0 });
    let wrong = Rows::from_dense(1, &[1.0, f64::INFINITY]);
    assert_eq!(fails(Problem { auxiliaries: &wrong, ..problem }), E::BadUnit { unit: 1 });
}

proptest! {
    /// Totals made from ratios within the bounds can be met, and are, by ratios within the bounds.
    #[test]
    fn totals_that_can_be_met_are_met(
        units in prop::collection::vec((0..3_u32, 0..4_u32, -5.0..5.0_f64, 1.0..20.0_f64, 0.6..1.9_f64), 8..60),
        at in 0..4_usize,
    ) {
        let bounds = Bounds { lower: 0.5, upper: 2.0 };
        let method = [Method::Linear, Method::Raking, Method::TruncatedLinear(bounds), Method::Logit(bounds)][at];
        let mut auxiliaries = Rows::new(8);
        let mut totals = vec![0.0; 8];
        let mut weights = Vec::new();
        for &(first, second, x, weight, ratio) in &units {
            let row = [(first, 1.0), (3 + second, 1.0), (7, x)];
            row.iter().for_each(|&(column, value)| totals[column as usize] += weight * ratio * value);
            auxiliaries.push(row);
            weights.push(weight);
        }
        let problem =
            Problem { design_weights: &weights, auxiliaries: &auxiliaries, totals: &totals, scale: None, method };
        let calibrated = calibrate(&problem, Options::default()).unwrap();
        let mut reached = vec![0.0; 8];
        for (row, weight) in auxiliaries.iter().zip(&calibrated.weights) {
            row.iter().for_each(|&(column, value)| reached[column as usize] += weight * value);
        }
        prop_assert!(worst(&reached, &totals) < 1e-6);
        let (low, high) = calibrated.range().unwrap();
        prop_assert!(matches!(method, Method::Linear | Method::Raking) || (low >= 0.5 && high <= 2.0));
    }
}
