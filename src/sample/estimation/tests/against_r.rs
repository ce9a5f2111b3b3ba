//! The figures of R's `survey` and `sampling`, and of the published formulas where they have no function.

use super::*;
use crate::sample::calibration::{Bounds, Method, Options, Problem, calibrate};

/// Eight estimates of a sample of schools, two of them in a domain and one in a cell.
fn assert_all(name: &str, table: &Table, sample: &Sample) {
    let column = |name: &str| table.column(name).to_vec();
    let (api00, api99, wide, awards, stype) =
        (column("api00"), column("api99"), column("wide"), column("awards"), column("stype"));
    let one = |_| 1.0;
    let check = |part: &str, estimate: Estimate| {
        assert_estimate(&format!("{name}.{part}"), estimate, estimate.interval(0.95));
    };
    let share = |part: &str, share: Share| {
        assert_estimate(&format!("{name}.{part}"), share.estimate, share.interval(0.95));
    };
    let (all, high) = (|_: usize| true, |row: usize| stype[row] == 1.0);
    let value = |row: usize| api00[row];
    check("total", sample.total(&table.domain(all, value, one)).unwrap());
    check("mean", sample.ratio(&table.domain(all, value, one)).unwrap());
    check("ratio", sample.ratio(&table.domain(all, value, |row| api99[row])).unwrap());
    share("share", sample.share(&table.domain(all, |row| wide[row], one)).unwrap());
    check("domain.total", sample.total(&table.domain(high, value, one)).unwrap());
    check("domain.mean", sample.ratio(&table.domain(high, value, one)).unwrap());
    share("domain.share", sample.share(&table.domain(high, |row| awards[row], one)).unwrap());
    let cell = |row: usize| stype[row] == 2.0 && awards[row] == 0.0;
    check("by", sample.total(&table.domain(cell, value, one)).unwrap());
}

/// Calibrates on number, two types of school and api99.
fn calibrated(table: &Table, mut units: Vec<Unit>, method: Method) -> Sample {
    let design_weights: Vec<f64> = units.iter().map(|unit| unit.weight).collect();
    let mut auxiliaries = Rows::new(4);
    for row in 0..table.len() {
        let indicator = |stype| f64::from(table.code("stype", row) == stype);
        auxiliaries.push([(0, 1.0), (1, indicator(1)), (2, indicator(2)), (3, table.column("api99")[row])]);
    }
    let problem = Problem {
        design_weights: &design_weights,
        auxiliaries: &auxiliaries,
        totals: &[6194.0, 755.0, 1018.0, 3_914_069.0],
        scale: None,
        method,
    };
    let weights = calibrate(&problem, Options::default()).unwrap().weights;
    units.iter_mut().zip(weights).for_each(|(unit, weight)| unit.weight = weight);
    let sample = Sample::new(&units, Formula::FixedSize, Lonely::Unknown).unwrap();
    sample.calibrated(&Regression { design_weights: &design_weights, auxiliaries: &auxiliaries, scale: None }).unwrap()
}

#[test]
fn stratified_with_and_without_the_finite_population() {
    let table = apistrat();
    let mut units = stratified(&table);
    assert_all("strat", &table, &Sample::new(&units, Formula::FixedSize, Lonely::Refuse).unwrap());
    let weights = table.column("pw");
    units.iter_mut().zip(weights).for_each(|(unit, &weight)| (unit.inclusion, unit.weight) = (0.0, weight));
    assert_all("replace", &table, &Sample::new(&units, Formula::FixedSize, Lonely::Refuse).unwrap());
}

#[test]
fn clusters_of_one_and_of_two_stages() {
    let table = apiclus1();
    assert_all("clus1", &table, &Sample::new(&clusters(&table), Formula::FixedSize, Lonely::Refuse).unwrap());
    let table = apiclus2();
    let units = two_stages(&table);
    assert_all("clus2", &table, &Sample::new(&units, Formula::FixedSize, Lonely::Refuse).unwrap());
}

#[test]
fn calibrated_weights_by_residuals() {
    let table = apiclus1();
    assert_all("calibrated", &table, &calibrated(&table, clusters(&table), Method::Linear));
    assert_all("raked", &table, &calibrated(&table, clusters(&table), Method::Raking));
    let table = apistrat();
    assert_all("calibrated.strat", &table, &calibrated(&table, stratified(&table), Method::Linear));
    let table = apiclus2();
    assert_all("calibrated.clus2", &table, &calibrated(&table, two_stages(&table), Method::Linear));
}

/// What is known from calibration has no variance, although the short formula cancels there.
#[test]
fn a_calibrated_margin_is_known() {
    let table = apiclus1();
    let sample = calibrated(&table, clusters(&table), Method::Logit(Bounds { lower: 0.2, upper: 4.0 }));
    let schools = sample.total(&table.domain(|row| table.code("stype", row) == 2, |_| 1.0, |_| 1.0)).unwrap();
    assert_close("schools", schools.value, 1018.0);
    assert!(schools.standard_error.unwrap() < 1e-8);
}

#[test]
fn a_stratum_with_a_single_unit_is_compared_with_the_mean_of_all() {
    let table = apistrat();
    let middle = (0..table.len()).find(|&row| table.code("stype", row) == 2).unwrap();
    let rows: Vec<usize> = (0..table.len()).filter(|&row| table.code("stype", row) != 2 || row == middle).collect();
    let units = stratified(&table);
    // R's data keep the weights of the whole sample; the probability of the stratum becomes 1/N.
    let unit = |&row: &usize| match row == middle {
        false => Unit { weight: table.column("pw")[row], ..units[row] },
        true => Unit { weight: table.column("pw")[row], inclusion: 1.0 / table.column("fpc")[row], ..units[row] },
    };
    let units: Vec<Unit> = rows.iter().map(unit).collect();
    let domain = |x: &str| -> Vec<Entry> {
        let entry = |(unit, &row): (u32, &usize)| Entry {
            unit,
            y: table.column("api00")[row],
            x: if x.is_empty() { 1.0 } else { table.column(x)[row] },
        };
        (0..).zip(&rows).map(entry).collect()
    };
    let sample = Sample::new(&units, Formula::FixedSize, Lonely::Centre).unwrap();
    let mean = sample.ratio(&domain("")).unwrap();
    assert_estimate("lonely.mean", mean, mean.interval(0.95));
    let ratio = sample.ratio(&domain("api99")).unwrap();
    assert_estimate("lonely.ratio", ratio, ratio.interval(0.95));
    assert_estimate("lonely.total", sample.total(&domain("")).unwrap(), None);

    let refused = Sample::new(&units, Formula::FixedSize, Lonely::Refuse).err();
    assert_eq!(refused, Some(EstimationError::Lonely { stratum: 2 }));
    let sample = Sample::new(&units, Formula::FixedSize, Lonely::Unknown).unwrap();
    let unknown = sample.total(&domain("")).unwrap();
    assert_eq!((unknown.standard_error, unknown.unknown_strata, unknown.interval(0.95)), (None, 1, None));
    let elsewhere: Vec<Entry> = domain("").into_iter().filter(|entry| rows[entry.unit as usize] != middle).collect();
    assert!(sample.total(&elsewhere).unwrap().standard_error.unwrap() > 0.0);
}

#[test]
fn unequal_probabilities() {
    let table = Table::read(include_str!("../../../../tests/vectors/sample/pps.csv"));
    let unit = |row| Unit::single(0, row as u32, table.column("pi")[row]);
    let units: Vec<Unit> = (0..table.len()).map(unit).collect();
    let formulas = [("hajek", Formula::FixedSize), ("deville", Formula::Deville), ("poisson", Formula::Independent)];
    for (name, formula) in formulas {
        let sample = Sample::new(&units, formula, Lonely::Refuse).unwrap();
        let all = table.domain(|_| true, |row| table.column("y")[row], |_| 1.0);
        assert_estimate(&format!("pps.{name}.y"), sample.total(&all).unwrap(), None);
        let here = table.domain(|row| table.code("province", row) == 1, |row| table.column("y")[row], |_| 1.0);
        assert_estimate(&format!("pps.{name}.here"), sample.total(&here).unwrap(), None);
    }
}

#[test]
fn balanced_on_probability_population_and_income() {
    let table = Table::read(include_str!("../../../../tests/vectors/sample/balanced.csv"));
    let unit = |row| Unit::single(0, row as u32, table.column("pi")[row]);
    let units: Vec<Unit> = (0..table.len()).map(unit).collect();
    let mut rows = Rows::new(3);
    for row in 0..table.len() {
        rows.push((0..).zip(["pi", "tot", "income"].map(|name| table.column(name)[row])));
    }
    let sample = Sample::new(&units, Formula::Balanced(&rows), Lonely::Refuse).unwrap();
    let all = |name: &str| table.domain(|_| true, |row| table.column(name)[row], |_| 1.0);
    assert_estimate("balanced.y", sample.total(&all("y")).unwrap(), None);
    let here = table.domain(|row| table.code("province", row) == 1, |row| table.column("y")[row], |_| 1.0);
    assert_estimate("balanced.here", sample.total(&here).unwrap(), None);
    let known = sample.total(&all("tot")).unwrap();
    assert_close("tot", known.value, reference("balanced.tot")[0]);
    assert!(known.standard_error.unwrap() < 1e-6);
}

#[test]
fn two_phases_whose_strata_cross() {
    let table = Table::read(include_str!("../../../../tests/vectors/sample/twophase.csv"));
    let first = [(50, 105), (70, 179)].map(|(drawn, of)| Phase { drawn, of });
    let size = |h| (0..table.len()).find(|&row| table.code("h", row) == h).map(|row| table.column("M")[row] as u64);
    let second: Vec<Phase> =
        [12, 15, 18].into_iter().zip(0..).map(|(drawn, h)| Phase { drawn, of: size(h).unwrap() }).collect();
    let units: Vec<(u32, u32)> = (0..table.len()).map(|row| (table.code("g", row), table.code("h", row))).collect();
    let sample = Sample::two_phase(&first, &second, &units, Lonely::Refuse).unwrap();
    let (y, x) = (|row: usize| table.column("y")[row], |row: usize| table.column("x")[row]);
    assert_estimate("twophase.total", sample.total(&table.domain(|_| true, y, x)).unwrap(), None);
    assert_estimate("twophase.ratio", sample.ratio(&table.domain(|_| true, y, x)).unwrap(), None);
    let part = table.domain(|row| table.code("part", row) == 1, y, x);
    assert_estimate("twophase.domain", sample.total(&part).unwrap(), None);
    // the same units, had the first phase had no strata
    let units: Vec<(u32, u32)> = units.iter().map(|&(_, h)| (0, h)).collect();
    let sample = Sample::two_phase(&[Phase { drawn: 120, of: 284 }], &second, &units, Lonely::Refuse).unwrap();
    assert_estimate("twophase.simple", sample.total(&table.domain(|_| true, y, x)).unwrap(), None);

    let wrong = [Phase { drawn: 119, of: 284 }];
    assert_eq!(Sample::two_phase(&wrong, &second, &units, Lonely::Refuse).err(), Some(EstimationError::BadPhases));
    assert_eq!(Sample::two_phase(&first, &second[..2], &units, Lonely::Refuse).err(), Some(EstimationError::BadPhases));
}
