//! Conditional Poisson and Sampford sampling.

use proptest::prelude::*;

use super::super::bridge::{Bridge, Trial};
use super::*;

/// Sizes whose probabilities for three units are .07, .17, .41, .61, .83, .91.
const SIX: [u64; 6] = [7, 17, 41, 61, 83, 91];

/// Every subset of `n` of the units, with its weight.
fn over_all_samples(units: usize, n: usize, weight: impl Fn(&[usize]) -> f64) -> Vec<f64> {
    let mut joint = vec![0.0; units * units];
    let mut total = 0.0;
    for set in 0_u32..1 << units {
        let sample: Vec<usize> = (0..units).filter(|unit| set >> unit & 1 == 1).collect();
        if sample.len() == n {
            let weight = weight(&sample);
            total += weight;
            for &unit in &sample {
                sample.iter().for_each(|&other| joint[unit * units + other] += weight);
            }
        }
    }
    joint.iter().map(|sum| sum / total).collect()
}

fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= tolerance, "entry {index}: {found}, not {expected}");
    }
}

#[test]
fn conditional_poisson_has_the_published_joint_probability() {
    let joint = ConditionalPoisson::new(&SIX, 3).unwrap().joint().unwrap();
    let found = joint.get(0, 1).unwrap();
    // R's UPmaxentropypi2 gives 0.00491709069946113: it stops when the parameters move by less than 10⁻⁶. With `eps =
    // 1e-15` it finds the parameters within rounding, and the second number.
    assert!((found - 0.004_917_090_699_461_13).abs() < 3e-9, "{found}");
    assert!((found - 0.004_917_093_317_990_35).abs() < 1e-13, "{found}");
    assert_eq!((joint.get(0, 6), joint.get(6, 0), joint.units()), (None, None, 6));
}

#[test]
fn joint_probabilities_agree_with_r_on_swedish_municipalities() {
    let rows = vectors(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/sample/designs_joint.csv")));
    let sizes: Vec<u64> = rows.iter().filter(|row| row[0] == row[1]).map(|row| row[2] as u64).collect();
    let conditional = ConditionalPoisson::new(&sizes, 9).unwrap().joint().unwrap();
    let sampford = Sampford::new(&sizes, 9).unwrap().joint().unwrap();
    for row in rows {
        let (unit, other) = (row[0] as usize, row[1] as usize);
        for (joint, expected, tolerance) in [(&conditional, row[3], 1e-11), (&sampford, row[4], 1e-11)] {
            let found = joint.get(unit, other).unwrap();
            assert!((found - expected).abs() < tolerance, "({unit}, {other}): {found}, not {expected}");
            assert_eq!(joint.get(other, unit), Some(found));
        }
    }
}

#[test]
fn sampford_joint_probabilities_are_those_of_its_density() {
    for (sizes, n) in [(&SIX[..], 3), (&[1, 2, 3, 4, 5, 6, 7, 8], 4), (&[1, 1, 2], 1), (&[3, 3, 4, 4, 4], 2)] {
        let pi = probabilities(sizes, n);
        let expected = over_all_samples(sizes.len(), n as usize, |sample| {
            let odds: f64 = sample.iter().map(|&unit| pi[unit] / (1.0 - pi[unit])).product();
            odds * sample.iter().map(|&unit| 1.0 - pi[unit]).sum::<f64>()
        });
        let joint = Sampford::new(sizes, n).unwrap().joint().unwrap();
        close(joint.values(), &expected, 1e-12);
    }
}

#[test]
fn conditional_poisson_samples_units_and_pairs_as_the_theory_says() {
    for (index, (sizes, n)) in
        [(&SIX[..], 3), (&[5, 0, 1, 2, 100, 3, 4, 9], 4), (&[1, 1], 1), (&[2, 3, 4], 1)].into_iter().enumerate()
    {
        let design = ConditionalPoisson::new(sizes, n).unwrap();
        let mut stream = stream(30 + index as u64);
        let found = frequencies(sizes.len(), 10_000, || design.draw(&mut stream).unwrap());
        assert_eq!(found.against(design.joint().unwrap().values()), Ok(()));
    }
}

#[test]
fn sampford_samples_units_and_pairs_as_the_theory_says() {
    for (index, (sizes, n)) in
        [(&SIX[..], 3), (&[5, 0, 1, 2, 100, 3, 4, 9], 4), (&[1, 1], 1), (&[2, 3, 4], 1)].into_iter().enumerate()
    {
        let design = Sampford::new(sizes, n).unwrap();
        let mut stream = stream(40 + index as u64);
        let found = frequencies(sizes.len(), 6_000, || design.draw(&mut stream).unwrap());
        assert_eq!(found.against(design.joint().unwrap().values()), Ok(()));
    }
}

#[test]
fn samples_themselves_come_as_often_as_the_density_of_each_design_says() {
    // 4 units, n = 2: six samples tell the designs apart better than pairs of a larger frame. π = .2, .4, .6, .8.
    let pi = probabilities(&[1, 2, 3, 4], 2);
    let density = over_all_samples(4, 2, |sample| {
        sample.iter().map(|&unit| pi[unit] / (1.0 - pi[unit])).product::<f64>()
            * sample.iter().map(|&unit| 1.0 - pi[unit]).sum::<f64>()
    });
    let (sampford, conditional) =
        (Sampford::new(&[1, 2, 3, 4], 2).unwrap(), ConditionalPoisson::new(&[1, 2, 3, 4], 2).unwrap());
    let (mut one, mut other) = (stream(50), stream(51));
    assert_eq!(frequencies(4, 20_000, || sampford.draw(&mut one).unwrap()).against(&density), Ok(()));
    assert_eq!(
        frequencies(4, 20_000, || conditional.draw(&mut other).unwrap()).against(conditional.joint().unwrap().values()),
        Ok(())
    );
}

/// Probability of `n` successes, over all trials and all numbers of successes.
fn successes(p: impl Iterator<Item = f64>, n: usize) -> f64 {
    let mut chances = vec![0.0; n + 1];
    chances[0] = 1.0;
    for p in p {
        for count in (1..=n).rev() {
            chances[count] = chances[count] * (1.0 - p) + chances[count - 1] * p;
        }
        chances[0] *= 1.0 - p;
    }
    chances[n]
}

#[test]
fn numbers_of_successes_far_from_the_mean_may_be_left_out() {
    // The window is some 100 wide on either side; the mean is 420.
    let p: Vec<f64> = (0..700).map(|trial| 0.4 + 0.4 * f64::from(trial % 3) / 2.0).collect();
    let n = p.iter().sum::<f64>().round() as usize;
    let trials: Vec<Trial> = p.iter().map(|&p| Trial { p, q: 1.0 - p }).collect();
    let odds = Bridge::new(&trials, n).unwrap().odds();
    let total = successes(p.iter().copied(), n);
    for trial in [0, 1, 2, 350, 698, 699] {
        let others = p.iter().enumerate().filter(|(other, _)| *other != trial).map(|(_, p)| *p);
        let (with, without) = (p[trial] * successes(others.clone(), n - 1), (1.0 - p[trial]) * successes(others, n));
        assert!((odds[trial].0 - with / total).abs() < 1e-13, "{:?}, not {}", odds[trial], with / total);
        assert!((odds[trial].1 - without / total).abs() < 1e-13, "{:?}, not {}", odds[trial], without / total);
    }
}

#[test]
fn a_large_stratum_is_drawn_with_its_size_and_probabilities() {
    // 0.1 and 0.3 in turn.
    let sizes: Vec<u64> = (0..1_500).map(|unit| 1 + 2 * (unit % 2)).collect();
    let (conditional, sampford) = (ConditionalPoisson::new(&sizes, 300).unwrap(), Sampford::new(&sizes, 300).unwrap());
    let mut stream = stream(52);
    for samples in [[(); 8].map(|()| conditional.draw(&mut stream)), [(); 8].map(|()| sampford.draw(&mut stream))] {
        let mut large = 0;
        for selection in samples {
            let units = selection.unwrap().units;
            assert_eq!(units.len(), 300);
            large += units.iter().filter(|unit| *unit % 2 == 1).count() as u64;
        }
        // The size is fixed: large units vary less in number than independent trials would.
        assert!(plausible(large, 8 * 750, 0.3), "{large}");
    }
}

#[test]
fn a_unit_that_is_almost_certain_is_no_obstacle() {
    // π = 1 − 2⁻⁶⁰, which no `f64` tells from 1.
    let sizes = [1 << 60, 1];
    let shares = Proportional::new(&sizes, 1).unwrap();
    assert_eq!((shares.certain(), shares.take()), (0, 1));
    let joint = ConditionalPoisson::new(&sizes, 1).unwrap().joint().unwrap();
    assert_eq!(joint.get(0, 1), Some(0.0));
    for index in 0..100 {
        assert_eq!(ConditionalPoisson::new(&sizes, 1).unwrap().draw(&mut stream(index)).unwrap().units, [0]);
        assert_eq!(Sampford::new(&sizes, 1).unwrap().draw(&mut stream(index)).unwrap().units, [0]);
    }
}

#[test]
fn samples_of_nobody_and_of_everybody_are_drawn() {
    for n in [0, 3] {
        let conditional = ConditionalPoisson::new(&[1, 2, 3, 0], n).unwrap();
        let sampford = Sampford::new(&[1, 2, 3, 0], n).unwrap();
        assert_eq!(conditional.draw(&mut stream(0)).unwrap().units.len(), n as usize);
        assert_eq!(sampford.draw(&mut stream(0)).unwrap().units.len(), n as usize);
        assert_eq!(conditional.joint().unwrap().get(0, 1), Some(n as f64 / 3.0));
        assert_eq!(sampford.joint().unwrap(), conditional.joint().unwrap());
    }
}

#[test]
fn work_beyond_the_limit_is_refused_at_once() {
    let sizes = vec![1; 20_000];
    let design = Sampford::new(&sizes, 100).unwrap();
    let refused = design.joint().unwrap_err();
    assert_eq!(refused, DesignError::TooCostly { cells: 20_000 * 20_000 * 101, limit: 1_000_000_000 });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn rows_of_joint_probabilities_sum_to_n_times_the_inclusion_probability(
        sizes in prop::collection::vec(prop_oneof![1_u64..10, 0_u64..10_000], 2..25),
        asked in any::<prop::sample::Index>(),
    ) {
        let positive = sizes.iter().filter(|size| **size > 0).count();
        let n = asked.index(positive + 1) as u64;
        let pi = probabilities(&sizes, n);
        let conditional = ConditionalPoisson::new(&sizes, n).unwrap();
        let sampford = Sampford::new(&sizes, n).unwrap();
        for joint in [conditional.joint().unwrap(), sampford.joint().unwrap()] {
            for (row, pi) in joint.values().chunks(sizes.len()).zip(&pi) {
                prop_assert!((row.iter().sum::<f64>() - n as f64 * pi).abs() < 1e-9);
                // Negative correlation (Sen–Yates–Grundy estimates are not negative).
                prop_assert!(row.iter().all(|both| *both <= pi + 1e-12));
            }
        }
        prop_assert_eq!(conditional.draw(&mut stream(1)).unwrap().units.len() as u64, n);
        prop_assert_eq!(sampford.draw(&mut stream(1)).unwrap().units.len() as u64, n);
    }
}
