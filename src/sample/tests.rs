#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::config::{Design, OnShortStratum, Rate, Sample, SampleSize};
use crate::keys::{Domain, MasterKey, Prn, SamplingKey};

use super::*;

/// The frequency tests below compare this many statistics in all, each with a normal bound. Were the keys drawn anew, a
/// correct program would fail with probability at most `STATISTICS · TAIL`, about 10⁻⁴; the keys are fixed, so that a
/// pass stays a pass.
const STATISTICS: f64 = 100.0;
/// Two-sided tail of the normal distribution beyond `Z`.
const TAIL: f64 = 1e-6;
/// Standard deviations within which every frequency must lie.
const Z: f64 = 4.892;
const _: () = assert!(STATISTICS * TAIL < 1.01e-4);
/// Keys tried by each frequency test.
const KEYS: u64 = 4000;

fn key(index: u64) -> SamplingKey {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&index.to_be_bytes());
    let domain = Domain { epoch: "e", recipient: "r", dataset: "d", identifier: "i" };
    MasterKey::from_bytes(bytes).unwrap().sampling_key(&domain)
}

fn rate(numerator: u64, denominator: u64) -> Rate {
    Rate::new(numerator, denominator).unwrap()
}

fn stratified(size: SampleSize, at_least: u64) -> Sample {
    let mut sample = Sample::of(Design::Stratified { size, at_least });
    sample.strata = vec!["s".into()];
    sample.frame.on_short_stratum = OnShortStratum::TakeAll;
    sample
}

/// Strata named by their codes.
struct Codes;

impl Names for Codes {
    fn stratum(&self, key: &[u64]) -> Vec<Option<String>> {
        key.iter().map(|code| Some(code.to_string())).collect()
    }
}

fn sizes(census: &Census, sample: Option<&Sample>) -> Sizes {
    sample.map_or_else(|| Sizes::everyone(census), |sample| Sizes::of(census, sample, &Codes).unwrap())
}

fn census(units: &[(u64, Prn)]) -> Census {
    let mut census = Census::default();
    units.iter().for_each(|(stratum, number)| census.add(&[*stratum], number, 0));
    census
}

fn draw<'a>(sizes: &'a Sizes, units: &[(u64, Prn)]) -> Draw<'a> {
    let mut draw = Draw::new(sizes);
    units.iter().for_each(|(stratum, number)| draw.add(&[*stratum], *number).unwrap());
    draw
}

fn plan(units: &[(u64, Prn)], sample: Option<&Sample>) -> SamplePlan {
    draw(&sizes(&census(units), sample), units).finish().unwrap()
}

fn selected(plan: &SamplePlan, units: &[(u64, Prn)]) -> Vec<bool> {
    units.iter().map(|(stratum, number)| plan.draws(&[*stratum], number).is_some()).collect()
}

/// A number whose first byte alone is given: small enough a range that ties are common.
fn coarse(byte: u8) -> Prn {
    let mut digest = [0; 32];
    digest[0] = byte;
    Prn::from_digest(&digest)
}

fn within(observed: u64, trials: u64, probability: f64) -> bool {
    let mean = trials as f64 * probability;
    (observed as f64 - mean).abs() <= Z * (mean * (1.0 - probability)).sqrt()
}

#[test]
fn a_stratum_smaller_than_the_minimum_is_taken_whole_and_a_rate_is_rounded_up() {
    let of = |frame: u64, sample: &Sample| {
        let mut census = Census::default();
        (0..frame).for_each(|_| census.add(&[1], &coarse(0), 0));
        sizes(&census, Some(sample)).get(&[1]).unwrap()
    };
    assert_eq!(of(101, &stratified(SampleSize::Rate(rate(1, 10)), 0)), (11, 101));
    assert_eq!(of(100, &stratified(SampleSize::Rate(rate(1, 10)), 0)), (10, 100));
    assert_eq!(of(100, &stratified(SampleSize::Rate(rate(1, 10)), 30)), (30, 100));
    assert_eq!(of(20, &stratified(SampleSize::Rate(rate(1, 10)), 30)), (20, 20));
    assert_eq!(of(20, &stratified(SampleSize::Size(7), 0)), (7, 20));
    assert_eq!(of(5, &stratified(SampleSize::Size(7), 0)), (5, 5));
}

#[test]
fn without_a_sample_everyone_is_in_with_probability_one_and_no_pass_is_needed() {
    let units: Vec<_> = (0..10).map(|i| (i % 2, key(0).number("g", i.into()))).collect();
    let sizes = sizes(&census(&units), None);
    assert!(!sizes.needs_draw());
    let plan = Draw::new(&sizes).finish().unwrap();
    assert!(selected(&plan, &units).iter().all(|&is| is));
    assert_eq!(plan.chance_of(&[0], &units[0].1), Some(&Chance::CERTAIN));
    assert_eq!((plan.drawn(), plan.frame()), (10, 10));
}

#[test]
fn a_stratum_without_a_size_is_an_error() {
    let units: Vec<_> = (0..10_u64).map(|i| (i % 2, key(0).number("g", i.into()))).collect();
    let error = Sizes::of(&census(&units), &stratified(SampleSize::Size(0), 0), &Codes).err();
    assert_eq!(error, Some(SampleError::Unsized { strata: 2 }));
}

#[test]
fn the_weights_of_a_stratum_add_up_to_its_frame() {
    let units: Vec<_> = (0..997).map(|i| (i % 3, key(1).number("g", i.into()))).collect();
    let plan = plan(&units, Some(&stratified(SampleSize::Rate(rate(1, 7)), 0)));
    for line in plan.report() {
        let stratum = line.stratum[0];
        let chance = |(s, number): &(u64, Prn)| plan.chance_of(&[*s], number).filter(|_| *s == stratum).copied();
        let drawn: Vec<Chance> = units.iter().filter_map(chance).collect();
        assert_eq!(drawn.len() as u64, line.drawn);
        assert!((drawn.iter().map(|c| c.weight).sum::<f64>() - line.frame as f64).abs() < 1e-9);
        assert_eq!(drawn[0].inclusion.to_string(), format!("{}/{}", line.drawn, line.frame));
    }
}

#[test]
fn a_draw_that_sees_other_data_than_the_census_is_refused() {
    let units: Vec<_> = (0..10_u64).map(|i| (0, key(0).number("g", i.into()))).collect();
    let sample = stratified(SampleSize::Size(3), 0);
    let sizes = sizes(&census(&units), Some(&sample));
    assert_eq!(draw(&sizes, &units[..9]).finish().err(), Some(SampleError::FrameChanged { census: 10, draw: 9 }));
    assert_eq!(Draw::new(&sizes).add(&[1], coarse(0)), Err(SampleError::UnknownStratum));
}

#[test]
fn a_bernoulli_threshold_is_exact_at_the_last_bit() {
    use super::sizes::under_rate;
    assert!(under_rate((1 << 63) - 1, rate(1, 2)) && !under_rate(1 << 63, rate(1, 2)));
    // 2^64 / 3 = 6148914691236517205.33…
    assert!(under_rate(6_148_914_691_236_517_205, rate(1, 3)) && !under_rate(6_148_914_691_236_517_206, rate(1, 3)));
    assert!(under_rate(u64::MAX, rate(1, 1)));
    assert!(under_rate(0, rate(1, u64::MAX)) && under_rate(1, rate(1, u64::MAX)) && !under_rate(2, rate(1, u64::MAX)));
}

#[test]
fn a_bernoulli_report_tells_how_many_were_really_drawn() {
    let units: Vec<_> = (0..500).map(|i| (i % 2, key(3).number("g", i.into()))).collect();
    let plan = plan(&units, Some(&Sample::of(Design::Bernoulli { rate: rate(1, 4) })));
    let drawn = selected(&plan, &units).iter().filter(|&&is| is).count() as u64;
    assert_eq!((plan.drawn(), plan.frame()), (drawn, 500));
    let [chance] = plan.chances() else { panic!("all have the same chance") };
    assert_eq!((chance.inclusion.to_string().as_str(), chance.weight), ("1/4", 4.0));
}

#[test]
fn over_many_keys_a_bernoulli_sample_includes_units_and_pairs_as_often_as_its_rate_says() {
    let rate = rate(3, 10);
    let mut included = [0; 10];
    let mut first_two = 0;
    for index in 0..KEYS {
        let key = key(index);
        let is: [bool; 10] = std::array::from_fn(|i| under(&key, i, rate));
        included.iter_mut().zip(is).for_each(|(count, is)| *count += u64::from(is));
        first_two += u64::from(is[0] && is[1]);
    }
    for count in included {
        assert!(within(count, KEYS, 0.3), "{count} of {KEYS}");
    }
    assert!(within(first_two, KEYS, 0.09), "independent units: {first_two} of {KEYS}");
}

fn under(key: &SamplingKey, unit: usize, rate: Rate) -> bool {
    super::sizes::under_rate(key.number("g", unit as u128).u(), rate)
}

#[test]
fn over_many_keys_a_stratified_sample_includes_every_unit_and_pair_equally_often() {
    // Two strata: 4 of 12 and 5 of 20 units.
    let strata = [(12_u64, 4_u64), (20, 5)];
    let sample = stratified(SampleSize::Rate(rate(1, 4)), 4);
    let mut included = [[0; 20]; 2];
    let mut first_two = [0; 2];
    for index in 0..KEYS {
        let key = key(index);
        let units: Vec<(u64, Prn)> = (0..2)
            .flat_map(|s| (0..strata[s].0).map(move |i| (s as u64, u128::from(i) + 1000 * s as u128)))
            .map(|(stratum, unit)| (stratum, key.number("g", unit)))
            .collect();
        let is = selected(&plan(&units, Some(&sample)), &units);
        let (first, second) = is.split_at(12);
        for (s, part) in [first, second].into_iter().enumerate() {
            assert_eq!(part.iter().filter(|&&is| is).count() as u64, strata[s].1, "the size is fixed");
            part.iter().enumerate().for_each(|(i, &is)| included[s][i] += u64::from(is));
            first_two[s] += u64::from(part[0] && part[1]);
        }
    }
    for (s, (frame, size)) in strata.into_iter().enumerate() {
        let (frame, size) = (frame as f64, size as f64);
        for count in &included[s][..frame as usize] {
            assert!(within(*count, KEYS, size / frame), "{count} of {KEYS}");
        }
        // Without replacement: n(n−1) / N(N−1), less than the square of n/N.
        assert!(within(first_two[s], KEYS, size * (size - 1.0) / (frame * (frame - 1.0))));
    }
}

#[test]
fn two_groups_with_one_key_are_drawn_independently() {
    let rate = rate(1, 2);
    let both = (0..KEYS).filter(|&unit| {
        let under = |group| super::sizes::under_rate(key(9).number(group, unit.into()).u(), rate);
        under("a") && under("b")
    });
    assert!(within(both.count() as u64, KEYS, 0.25));
}

/// What the draw must select, by sorting everything: the `n` smallest and whatever equals the last of them.
fn reference(units: &[(u64, Prn)], sample: &Sample) -> Vec<bool> {
    let sizes = sizes(&census(units), Some(sample));
    let mut numbers: BTreeMap<u64, Vec<Prn>> = BTreeMap::new();
    units.iter().for_each(|(stratum, number)| numbers.entry(*stratum).or_default().push(*number));
    let last: BTreeMap<u64, Option<Prn>> = numbers
        .into_iter()
        .map(|(stratum, mut numbers)| {
            numbers.sort();
            let (size, _) = sizes.get(&[stratum]).unwrap();
            (stratum, (size as usize).checked_sub(1).map(|last| numbers[last]))
        })
        .collect();
    units.iter().map(|(stratum, number)| last[stratum].is_some_and(|last| *number <= last)).collect()
}

proptest! {
    #[test]
    fn the_sample_depends_neither_on_the_order_of_units_nor_on_how_parts_are_merged(
        bytes in prop::collection::vec((0_u64..3, 0_u8..40), 1..120),
        shuffled in any::<prop::sample::Index>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        size in 1_u64..20,
        from_the_right in any::<bool>(),
    ) {
        let sample = stratified(SampleSize::Size(size), 0);
        let mut units: Vec<(u64, Prn)> = bytes.iter().map(|&(stratum, byte)| (stratum, coarse(byte))).collect();
        let turn = shuffled.index(units.len());
        units.rotate_left(turn);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(units.len())).collect();
        cuts.extend([0, units.len()]);
        cuts.sort_unstable();
        let parts: Vec<&[(u64, Prn)]> = cuts.windows(2).map(|pair| &units[pair[0]..pair[1]]).collect();

        let counted = parts.iter().map(|part| census(part)).fold(Census::default(), Census::merge);
        prop_assert_eq!(&counted, &census(&units));
        let sizes = sizes(&counted, Some(&sample));
        let draws = parts.iter().map(|part| draw(&sizes, part));
        let merged = if from_the_right {
            draws.rev().fold(Draw::new(&sizes), |right, left| left.merge(right))
        } else {
            draws.fold(Draw::new(&sizes), Draw::merge)
        };
        let plan = merged.finish().unwrap();
        let is = selected(&plan, &units);
        prop_assert_eq!(&is, &reference(&units, &sample));
        prop_assert_eq!(is.iter().filter(|&&is| is).count() as u64, plan.drawn(), "the report counts ties too");
        for line in plan.report() {
            prop_assert!(line.drawn >= size.min(line.frame));
        }
    }
}
