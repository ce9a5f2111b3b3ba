#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::individual::expected_inverse;
use super::special::{digamma, ln_gamma};
use super::uniques::{shlosser, slide_negative_binomial};
use super::*;
use crate::protect::persons::histogram::{Builder, Histogram, Record};
use crate::protect::persons::tests::adult::{ALL, Adult};

fn close(one: f64, two: f64, relative: f64) {
    assert!((one - two).abs() <= relative * two.abs(), "{one} is not {two}");
}

/// One record per person, with weights.
fn table(rows: &[(Vec<u32>, u64)]) -> Histogram {
    let mut builder = Builder::new(rows[0].0.len(), 0);
    for (key, weight) in rows {
        builder.person(&[Record { key, sensitive: &[], weight: *weight }]).unwrap();
    }
    builder.finish()
}

#[test]
fn prosecutor_risk_of_adult_is_what_arx_publishes() {
    let Some(adult) = Adult::load() else { return };
    let risk = prosecutor(adult.histogram(&ALL, &[]).classes(), 0.2).unwrap();
    assert_eq!((risk.persons, risk.classes), (30_162, 19_502));
    close(risk.average, 0.646_575_160_798_355_5, 1e-13);
    assert_eq!(risk.highest, 1.0);
    close(risk.uniques as f64 / risk.persons as f64, 0.514_289_503_348_584_4, 1e-13);
    let three = adult.histogram(&[0, 1, 2], &[]);
    let risk = prosecutor(three.classes(), 1.0 / 11.0).unwrap();
    assert_eq!((risk.classes, risk.uniques), (528, 62));
    assert_eq!((risk.over * 30_162.0).round(), 1_085.0, "persons in classes under 11");
}

#[test]
fn population_uniques_of_adult_are_what_arx_publishes() {
    // ARX's TestRiskMetrics: share of the population, for sampling fractions of 1, 10 and 20 per cent.
    let Some(adult) = Adult::load() else { return };
    let sizes = SizeCounts::of(adult.histogram(&ALL, &[]).classes());
    let cases = [(3_016_200, 0.144_608_353_116_738_4), (301_620, 0.276_849_938_836_535_97)];
    for (population, share) in cases {
        let found = population_uniques(&sizes, population).unwrap();
        let chosen = found.dankar.unwrap();
        assert_eq!(chosen.choice, Choice::Pitman);
        close(chosen.uniques / population as f64, share, 1e-5);
    }
    let found = population_uniques(&sizes, 301_620).unwrap();
    close(found.zayatz.unwrap() / 301_620.0, 0.320_740_239_346_618_9, 1e-5);
    let found = population_uniques(&sizes, 150_810).unwrap();
    close(found.zayatz.unwrap() / 150_810.0, 0.357_709_923_482_912_5, 1e-5);
    let all = population_uniques(&sizes, 30_162).unwrap().dankar.unwrap();
    assert_eq!((all.choice, all.uniques), (Choice::Counted, 15_512.0));
}

/// Words that are as good as independent: SplitMix64.
fn word(at: u64) -> u64 {
    let mut word = at.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x1234_5678_9ABC_DEF1);
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[test]
fn slide_negative_binomial_recovers_a_population_that_follows_it() {
    // 20,000 classes of size 1 + NB(1, 0.3), 30 per cent drawn: expected ones and twos by R's dbinom, summed.
    close(slide_negative_binomial(20_000.0, 0.3, 6_920.415, 2_849.583).unwrap(), 6_000.0, 1e-5);
    assert_eq!(slide_negative_binomial(20_000.0, 0.3, 100.0, 0.0), None);
    // The same drawn by chance.
    let (mut at, mut sample, mut persons) = (0, Vec::new(), 0_u64);
    let mut chance = || {
        at += 1;
        (word(at) >> 11) as f64 / (1_u64 << 53) as f64
    };
    for class in 0..20_000_u32 {
        let mut size = 1;
        while chance() > 0.3 {
            size += 1;
        }
        persons += size;
        for _ in 0..size {
            if chance() < 0.3 {
                sample.push((vec![class], 0));
            }
        }
    }
    let sizes = SizeCounts::of(table(&sample).classes());
    // 21,076.5 for the expected counts, by R.
    close(shlosser(&sizes, sizes.persons() as f64 / persons as f64), 21_076.5, 0.02);
    let found = population_uniques(&sizes, persons).unwrap();
    let (slide, zayatz) = (found.slide_negative_binomial.unwrap(), found.zayatz.unwrap());
    let chosen = found.dankar.unwrap();
    assert_eq!(chosen.uniques, slide.min(zayatz), "above a tenth the smaller one is taken");
}

#[test]
fn without_sample_uniques_none_are_expected_and_a_small_population_is_refused() {
    let sizes = SizeCounts::of(table(&[(vec![1], 0), (vec![1], 0)]).classes());
    let found = population_uniques(&sizes, 100).unwrap().dankar.unwrap();
    assert_eq!((found.choice, found.uniques), (Choice::NoSampleUniques, 0.0));
    assert_eq!(population_uniques(&sizes, 1), Err(PopulationFault));
}

#[test]
fn functions_of_analysis_agree_with_r() {
    // lgamma and digamma of R 4.
    let cases = [
        (0.1, 2.252_712_651_734_206, -10.423_754_940_411_08),
        (1.5, -0.120_782_237_635_245_2, 0.036_489_973_978_576_9),
        (3.0, std::f64::consts::LN_2, 0.922_784_335_098_467_5),
        (10.0, 12.801_827_480_081_47, 2.251_752_589_066_721),
        (123.25, 468.614_482_950_517, 4.810_152_531_964_818),
        (1e6, 12_815_504.569_147_61, 13.815_510_057_964_19),
    ];
    for (x, gamma, psi) in cases {
        close(ln_gamma(x), gamma, 1e-12);
        close(digamma(x), psi, 1e-11);
    }
}

#[test]
fn individual_risk_is_the_integral_and_what_sdcmicro_publishes() {
    // Numerical integration in R of ∫ (p e^−t / (1 − (1−p) e^−t))^f dt.
    let cases = [
        (1, 0.1, 0.255_842_788_110_449_1),
        (2, 0.1, 0.082_684_134_654_394_5),
        (3, 0.1, 0.046_368_429_482_844_95),
        (4, 0.1, 0.031_884_989_316_720_9),
        (10, 0.3, 0.032_177_299_782_504_7),
        (2, 0.97, 0.489_924_086_264_143_6),
    ];
    for (f, p, risk) in cases {
        close(expected_inverse(f, p), risk, 1e-10);
    }
    close(expected_inverse(5, 1.0), 0.2, 1e-15);
    close(expected_inverse(1, 1.0 - 1e-9), 1.0, 1e-8);
    // sdcMicro's test_indivRisk.R, method "exact", weights in tenths.
    let rows = [
        ([2, 3, 1], 180, 0.013_552_97),
        ([3, 3, 3], 455, 0.085_791_29),
        ([2, 3, 1], 390, 0.013_552_97),
        ([2, 3, 2], 170, 0.177_075_83),
        ([3, 3, 1], 920, 0.018_778_83),
        ([3, 3, 1], 80, 0.018_778_83),
        ([1, 4, 1], 1235, 0.039_316_25),
        ([2, 3, 1], 510, 0.013_552_97),
    ];
    let data = table(&rows.map(|(key, weight, _)| (key.to_vec(), weight)));
    let found = individual(data.classes(), 10.0).unwrap();
    for (key, _, risk) in rows {
        let class = (0..data.len()).find(|&class| data.key(class) == key).unwrap();
        close(found[class].risk, risk, 1e-6);
    }
    let light = individual(table(&[(vec![1], 1)]).classes(), 10.0).unwrap();
    assert_eq!((light[0].population, light[0].risk), (1.0, 1.0), "nobody counts less than himself");
}

#[test]
fn journalist_and_marketer_look_at_the_population() {
    let mut builder = Builder::new(1, 0);
    for key in [0, 0, 1] {
        builder.person(&[Record { key: &[key], sensitive: &[], weight: 0 }]).unwrap();
    }
    assert_eq!(journalist(builder.finish().classes(), 0.1), None, "no population");
    let mut builder = Builder::new(1, 0);
    for key in [0, 0, 1] {
        builder.person(&[Record { key: &[key], sensitive: &[], weight: 0 }]).unwrap();
    }
    [(0, 10), (1, 4), (2, 50)].iter().for_each(|(key, persons)| builder.population(&[*key], *persons).unwrap());
    let data = builder.finish();
    let risk = journalist(data.classes(), 0.2).unwrap();
    assert_eq!((risk.highest, risk.uniques), (0.25, 0));
    close(risk.over, 1.0 / 3.0, 1e-15);
    // Two at a tenth, one at a quarter: 0.15. Two classes over 14 persons: 0.143.
    close(risk.average, 0.15, 1e-15);
    close(marketer(data.classes()).unwrap(), 0.15, 1e-15);
    assert_eq!(prosecutor(Builder::new(1, 0).finish().classes(), 0.1), None);
}

#[test]
fn a_person_in_several_classes_has_the_risk_of_the_smallest() {
    let mut builder = Builder::new(1, 0);
    let record = |key: &'static [u32]| Record { key, sensitive: &[], weight: 0 };
    builder.person(&[record(&[0]), record(&[1])]).unwrap();
    builder.person(&[record(&[0])]).unwrap();
    let risk = prosecutor(builder.finish().classes(), 0.5).unwrap();
    assert_eq!((risk.persons, risk.uniques, risk.highest), (2, 1, 1.0));
    close(risk.average, 0.75, 1e-15);
    close(group_risk(&[0.5, 0.2]), 0.6, 1e-15);
}

/// Scores by class of a table of rows.
fn scores(rows: &[Vec<u32>]) -> Vec<f64> {
    let data = table(&rows.iter().map(|key| (key.clone(), 0)).collect::<Vec<_>>());
    let found = suda(&data, usize::MAX, 0.1).unwrap();
    rows.iter().map(|row| found.score[(0..data.len()).find(|&at| data.key(at) == *row).unwrap()]).collect()
}

#[test]
fn suda_scores_are_those_of_the_published_examples() {
    // Templ (2017), and the SDC practice guide: both in sdcMicro's test_suda2.R.
    let book = [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 1, 0],
        [0, 1, 1, 1],
        [0, 1, 1, 0],
        [0, 1, 1, 2],
        [1, 0, 1, 1],
    ];
    assert_eq!(scores(&book.map(|row| row.to_vec()))[4..], [4.0, 2.0, 6.0, 8.0]);
    let guide = [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 1, 1],
        [0, 1, 2, 0],
        [1, 0, 2, 2],
        [0, 1, 2, 0],
        [0, 0, 3, 1],
        [0, 1, 4, 2],
        [0, 0, 0, 1],
        [0, 0, 0, 1],
    ];
    assert_eq!(scores(&guide.map(|row| row.to_vec())), [0.0, 0.0, 6.0, 0.0, 12.0, 0.0, 6.0, 10.0, 0.0, 0.0]);
    let small = table(&[(vec![2, 0, 0], 0), (vec![1, 3, 6], 0), (vec![1, 0, 0], 0)]);
    let found = suda(&small, 3, 0.1).unwrap();
    let total: f64 = found.score.iter().sum();
    let of = |column: usize| {
        found.score.iter().zip(&found.contributions).map(|(score, all)| score * all[column]).sum::<f64>()
    };
    assert_eq!([0, 1, 2].map(|column| of(column) / total), [0.5, 0.375, 0.375]);
}

#[test]
fn dis_measure_is_that_of_skinner_and_elliot() {
    // Three uniques and two pairs at a tenth: 0.3 / (0.3 + 0.9·4).
    let rows = [[0, 0], [1, 1], [2, 2], [3, 3], [3, 3], [4, 4], [4, 4]].map(|row| (row.to_vec(), 0));
    let found = suda(&table(&rows), 2, 0.1).unwrap();
    close(found.measure, 0.3 / 3.9, 1e-15);
    // All uniques have the same score, so that each has the measure itself.
    let dis: Vec<f64> = found.dis.iter().copied().filter(|dis| *dis > 0.0).collect();
    assert_eq!(dis.len(), 3);
    dis.iter().for_each(|dis| close(*dis, 0.3 / 3.9, 1e-12));
    assert!(suda(&table(&rows), 2, 0.0).is_none() && suda(&table(&rows), 2, 1.1).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn suda_finds_what_trying_all_sets_finds(rows in prop::collection::vec(prop::collection::vec(0..3_u32, 4), 2..14), largest in 1..4_usize) {
        let data = table(&rows.iter().map(|key| (key.clone(), 0)).collect::<Vec<_>>());
        let found = suda(&data, largest, 0.1).unwrap();
        let alone = |row: &[u32], set: u32| {
            let same = |other: &&Vec<u32>| (0..4).all(|at| set >> at & 1 == 0 || other[at] == row[at]);
            rows.iter().filter(same).count() == 1
        };
        let mut expected: BTreeMap<Vec<u32>, f64> = BTreeMap::new();
        for row in &rows {
            let mut score = 0.0;
            for set in (1_u32..16).filter(|set| set.count_ones() as usize <= largest && alone(row, *set)) {
                if (0..4).all(|at| set >> at & 1 == 0 || !alone(row, set & !(1 << at))) {
                    score += (set.count_ones()..=largest as u32).map(|i| 4.0 - f64::from(i)).product::<f64>();
                }
            }
            expected.insert(row.clone(), score);
        }
        for class in 0..data.len() {
            prop_assert_eq!(found.score[class], expected[&data.key(class)]);
        }
    }
}
