//! A domain costs its own units only, and says the same as the long way over all units.

use proptest::prelude::*;

use super::*;

/// A sample in strata of clusters, with values, some of them in the domain.
fn sampled() -> impl Strategy<Value = (Vec<Unit>, Vec<Entry>)> {
    let unit = (0..4_u32, 0..5_u32, 1..9_u32, -9.0..9.0_f64, any::<bool>());
    prop::collection::vec(unit, 12..60).prop_map(|rows| {
        let mut rows = rows;
        // each stratum has two clusters at least
        (0..8).for_each(|at: u32| (rows[at as usize].0, rows[at as usize].1) = (at / 2, at % 2));
        let unit = |&(stratum, cluster, weight, ..): &(u32, u32, u32, f64, bool)| Unit {
            stratum,
            cluster,
            inclusion: 0.1 * f64::from(stratum + 1) + 0.05 * f64::from(cluster),
            within: 1.0,
            weight: f64::from(weight),
        };
        let entries =
            (0..).zip(&rows).filter(|(_, row)| row.4).map(|(unit, row)| Entry { unit, y: row.3, x: 2.0 + row.3 / 9.0 });
        (rows.iter().map(unit).collect(), entries.collect())
    })
}

/// The domain with all other units, at zero.
fn spelt_out(domain: &[Entry], units: usize) -> Vec<Entry> {
    let mut all: Vec<Entry> = (0..units as u32).map(|unit| Entry { unit, y: 0.0, x: 0.0 }).collect();
    domain.iter().for_each(|entry| all[entry.unit as usize] = *entry);
    all
}

fn close(left: f64, right: f64, scale: f64) -> bool {
    (left - right).abs() <= 1e-9 * scale.abs().max(left.abs()).max(1e-9)
}

/// A second variable, and a constant.
fn auxiliaries(units: &[Unit]) -> Rows {
    let mut rows = Rows::new(2);
    units.iter().enumerate().for_each(|(at, _)| rows.push([(0, 1.0), (1, (at % 7) as f64)]));
    rows
}

proptest! {
    #[test]
    fn zeros_may_be_listed_or_left_out(
        (units, domain) in sampled(),
        formula in 0..4_usize,
        calibrate in any::<bool>(),
    ) {
        let rows = auxiliaries(&units);
        let formula = [Formula::FixedSize, Formula::Independent, Formula::Deville, Formula::Balanced(&rows)][formula];
        let mut sample = Sample::new(&units, formula, Lonely::Centre).unwrap();
        let design_weights: Vec<f64> = units.iter().map(|unit| 1.0 / unit.inclusion).collect();
        if calibrate {
            let regression = Regression { design_weights: &design_weights, auxiliaries: &rows, scale: None };
            sample = sample.calibrated(&regression).unwrap();
        }
        let all = spelt_out(&domain, units.len());
        let (short, long) = (sample.total(&domain).unwrap(), sample.total(&all).unwrap());
        prop_assert!(close(short.value, long.value, 1.0));
        prop_assert!(close(short.standard_error.unwrap(), long.standard_error.unwrap(), 1.0));
        if !domain.is_empty() {
            let (short, long) = (sample.ratio(&domain).unwrap(), sample.ratio(&all).unwrap());
            prop_assert!(close(short.standard_error.unwrap(), long.standard_error.unwrap(), 1.0));
        }
    }

    /// The residuals, one by one, through an uncalibrated sample of the same units.
    #[test]
    fn the_short_formula_of_residuals_is_the_long_one((units, domain) in sampled()) {
        let rows = auxiliaries(&units);
        let design_weights: Vec<f64> = units.iter().map(|unit| 1.0 / unit.inclusion).collect();
        let plain = Sample::new(&units, Formula::FixedSize, Lonely::Refuse).unwrap();
        let regression = Regression { design_weights: &design_weights, auxiliaries: &rows, scale: None };
        let calibrated = plain.clone().calibrated(&regression).unwrap();
        let z = spelt_out(&domain, units.len());
        // B by Cramer's rule
        let of = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
            (0..units.len()).map(|at| design_weights[at] * f((at % 7) as f64, z[at].y)).sum()
        };
        let (n, x, xx) = (of(&|_, _| 1.0), of(&|x, _| x), of(&|x, _| x * x));
        let (y, xy) = (of(&|_, y| y), of(&|x, y| x * y));
        let determinant = n * xx - x * x;
        let (start, slope) = ((y * xx - x * xy) / determinant, (n * xy - x * y) / determinant);
        let residual = |entry: &Entry| Entry { y: entry.y - start - slope * f64::from(entry.unit % 7), ..*entry };
        let residuals: Vec<Entry> = z.iter().map(residual).collect();
        let (short, long) = (calibrated.total(&domain).unwrap(), plain.total(&residuals).unwrap());
        prop_assert!(close(short.standard_error.unwrap(), long.standard_error.unwrap(), 1.0));
        prop_assert!(close(short.value, plain.total(&domain).unwrap().value, 1.0));
    }

    #[test]
    fn the_order_in_which_a_domain_is_listed_changes_no_bit((units, domain) in sampled()) {
        let sample = Sample::new(&units, Formula::FixedSize, Lonely::Refuse).unwrap();
        let reversed: Vec<Entry> = domain.iter().rev().copied().collect();
        prop_assert_eq!(sample.total(&domain).unwrap(), sample.total(&reversed).unwrap());
    }
}

/// The short formulas cancel here: of the values, all but a millionth is explained.
#[test]
fn what_the_auxiliaries_explain_adds_no_variance() {
    let units: Vec<Unit> = (0..200).map(|number| Unit::single(number % 3, number, 0.2)).collect();
    let rows = auxiliaries(&units);
    let noise = |unit: u32| f64::from(unit * unit % 11);
    let domain = |factor: f64| -> Vec<Entry> {
        (0..200).map(|unit| Entry { unit, y: noise(unit) + factor * f64::from(unit % 7), x: 1.0 }).collect()
    };
    let plain = Sample::new(&units, Formula::FixedSize, Lonely::Refuse).unwrap();
    let regression = Regression { design_weights: &[5.0; 200], auxiliaries: &rows, scale: None };
    let calibrated = plain.calibrated(&regression).unwrap();
    let balanced = Sample::new(&units, Formula::Balanced(&rows), Lonely::Refuse).unwrap();
    for sample in [calibrated, balanced] {
        let error = |factor| sample.total(&domain(factor)).unwrap().standard_error.unwrap();
        assert_close("error", error(1e6), error(0.0));
        assert!(error(0.0) > 1.0);
    }
}

#[test]
fn a_stratum_with_a_single_unit_counts_in_a_domain_elsewhere() {
    let units: Vec<Unit> = (0..7).map(|number| Unit::single(number / 6, number, 0.25)).collect();
    let domain: Vec<Entry> = (0..3).map(|unit| Entry { unit, y: 5.0 + f64::from(unit), x: 1.0 }).collect();
    // values 20, 24, 28, 0, 0, 0 and alone 0, which is 72/7 from the mean
    let own: f64 = 0.75 * (6.0 / 5.0) * (400.0 + 576.0 + 784.0 - 72.0 * 72.0 / 6.0);
    let expected = (own + 0.75 * (72.0_f64 / 7.0).powi(2)).sqrt();
    for formula in [Formula::FixedSize, Formula::Deville] {
        let sample = Sample::new(&units, formula, Lonely::Centre).unwrap();
        assert_close("error", sample.total(&domain).unwrap().standard_error.unwrap(), expected);
        let all = spelt_out(&domain, 7);
        assert_close("error", sample.total(&all).unwrap().standard_error.unwrap(), expected);
    }
}

#[test]
fn balancing_on_nothing_but_the_probability_is_hajeks_formula() {
    let units: Vec<Unit> = (0..9).map(|number| Unit::single(0, number, f64::from(number + 1) / 10.0)).collect();
    let mut rows = Rows::new(1);
    units.iter().for_each(|unit| rows.push([(0, unit.inclusion)]));
    let domain: Vec<Entry> = (2..7).map(|unit| Entry { unit, y: f64::from(unit * unit), x: 1.0 }).collect();
    let error = |formula| Sample::new(&units, formula, Lonely::Refuse).unwrap().total(&domain).unwrap().standard_error;
    assert_close("error", error(Formula::Balanced(&rows)).unwrap(), error(Formula::FixedSize).unwrap());
}

/// A constant has no variance under a fixed size, to the last bit; with random sizes it has.
#[test]
fn a_count_of_everyone_is_known() {
    let units: Vec<Unit> = (0..1000).map(|number| Unit::single(number % 7, number, 0.003)).collect();
    let everyone: Vec<Entry> = (0..1000).map(|unit| Entry { unit, y: 1.0, x: 1.0 }).collect();
    let error =
        |formula| Sample::new(&units, formula, Lonely::Refuse).unwrap().total(&everyone).unwrap().standard_error;
    assert!(error(Formula::FixedSize).unwrap() < 1e-9);
    assert_close("error", error(Formula::Independent).unwrap(), (1000.0 * 0.997_f64).sqrt() / 0.003);
}

#[test]
fn an_empty_cluster_counts_in_its_stratum() {
    let cluster = |cluster: u32, weight: f64| Unit { stratum: 0, cluster, inclusion: 0.5, within: 1.0, weight };
    let domain = [Entry { unit: 0, y: 4.0, x: 1.0 }, Entry { unit: 1, y: 6.0, x: 1.0 }];
    let units = [cluster(1, 2.0), cluster(2, 2.0), cluster(3, 0.0)];
    let sample = Sample::new(&units, Formula::FixedSize, Lonely::Refuse).unwrap();
    // totals 8, 12 and 0: (1 − ½) · 3 · their variance
    let variance: f64 = 0.5 * 3.0 * ((64.0 + 144.0) - 400.0 / 3.0) / 2.0;
    assert_close("error", sample.total(&domain).unwrap().standard_error.unwrap(), variance.sqrt());
    assert_eq!(sample.degrees(), 2);
}

#[test]
fn malformed_samples_and_domains_are_refused() {
    use EstimationError as E;
    let new = |units: &[Unit]| Sample::new(units, Formula::FixedSize, Lonely::Refuse).map(|_| ()).unwrap_err();
    let good = [Unit::single(0, 0, 0.5), Unit::single(0, 1, 0.5)];
    assert_eq!(new(&[]), E::Shape);
    assert_eq!(new(&[good[0], Unit { inclusion: 1.5, ..good[1] }]), E::BadUnit { unit: 1 });
    assert_eq!(new(&[good[0], Unit { within: 0.0, ..good[1] }]), E::BadUnit { unit: 1 });
    assert_eq!(new(&[good[0], Unit { weight: f64::NAN, ..good[1] }]), E::BadUnit { unit: 1 });
    assert_eq!(new(&[good[0], Unit { inclusion: 0.4, ..good[0] }]), E::ClusterDisagrees { unit: 1 });
    let third = Unit::single(9, 2, 0.5);
    assert_eq!(new(&[good[0], good[1], third]), E::Lonely { stratum: 9 });
    // the second stage: one of two units of cluster 1 of stratum 0
    let half = Unit { cluster: 1, within: 0.5, ..good[1] };
    assert_eq!(new(&[good[0], half]), E::Lonely { stratum: 0 });

    let sample = Sample::new(&good, Formula::FixedSize, Lonely::Refuse).unwrap();
    let entry = Entry { unit: 1, y: 1.0, x: 1.0 };
    assert_eq!(sample.total(&[entry, entry]).unwrap_err(), E::BadEntry { unit: 1 });
    assert_eq!(sample.total(&[Entry { unit: 2, ..entry }]).unwrap_err(), E::BadEntry { unit: 2 });
    assert_eq!(sample.total(&[Entry { y: f64::NAN, ..entry }]).unwrap_err(), E::BadUnit { unit: 1 });
    let rows = Rows::from_dense(2, &[1.0, 2.0, 1.0, 3.0]);
    let balanced = Sample::new(&good, Formula::Balanced(&rows), Lonely::Refuse).unwrap_err();
    assert_eq!(balanced, E::TooFew { units: 2, variables: 2 });
    let short = Regression { design_weights: &[1.0], auxiliaries: &rows, scale: None };
    assert_eq!(sample.calibrated(&short).unwrap_err(), E::Shape);
}
