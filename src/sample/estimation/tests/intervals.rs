use super::*;

#[test]
fn quantiles_are_those_of_r() {
    let lines = include_str!("../../../../tests/vectors/sample/estimates.txt").lines();
    let mut compared = 0;
    for line in lines.filter_map(|line| line.strip_prefix("qt.")) {
        let (degrees, rest) = line.split_once('.').unwrap();
        let mut fields = rest.split_whitespace();
        let p: f64 = fields.next().unwrap().parse().unwrap();
        let expected: f64 = fields.next().unwrap().parse().unwrap();
        let found = t_quantile(p, degrees.parse().unwrap()).unwrap();
        assert!((found - expected).abs() <= 1e-10 * expected.abs(), "{line}: {found}");
        compared += 1;
    }
    assert_eq!(compared, 72);
    assert_eq!(t_quantile(0.5, 3.0), Some(0.0));
    assert!([t_quantile(0.0, 3.0), t_quantile(1.0, 3.0), t_quantile(0.9, 0.0)].iter().all(Option::is_none));
}

/// Ten of a hundred, drawn without replacement.
fn ten() -> Sample {
    let units: Vec<Unit> = (0..10).map(|number| Unit::single(0, number, 0.1)).collect();
    Sample::new(&units, Formula::FixedSize, Lonely::Refuse).unwrap()
}

fn members(ones: u32) -> Vec<Entry> {
    (0..10).map(|unit| Entry { unit, y: f64::from(unit < ones), x: 1.0 }).collect()
}

/// `binom.test(0, 10)` of R: 0 to 0.3084971.
#[test]
fn a_share_of_nobody_or_of_all_has_the_exact_limit() {
    let sample = ten();
    let (low, high) = sample.share(&members(0)).unwrap().interval(0.95).unwrap();
    assert!(low == 0.0 && (high - 0.308_497_1).abs() < 1e-7);
    let (low, high) = sample.share(&members(10)).unwrap().interval(0.95).unwrap();
    assert!(high == 1.0 && (low - 0.691_502_9).abs() < 1e-7);
}

#[test]
fn a_share_stays_within_0_and_1() {
    let sample = ten();
    for ones in 0..=10 {
        let share = sample.share(&members(ones)).unwrap();
        let (low, high) = share.interval(0.999).unwrap();
        let value = f64::from(ones) / 10.0;
        assert!((0.0..=value).contains(&low) && (value..=1.0).contains(&high) && low < high);
    }
    // where Student's interval does not
    assert!(sample.ratio(&members(1)).unwrap().interval(0.95).unwrap().0 < 0.0);
}

#[test]
fn clusters_count_once_in_the_limit_at_zero() {
    let unit = |number: u32| Unit { stratum: 0, cluster: number / 5, inclusion: 0.1, within: 1.0, weight: 10.0 };
    let sample = Sample::new(&(0..10).map(unit).collect::<Vec<_>>(), Formula::FixedSize, Lonely::Refuse).unwrap();
    let share = sample.share(&members(0)).unwrap();
    assert_eq!(share.effective, 2.0);
    // R: binom.test(0, 2)
    assert!((share.interval(0.95).unwrap().1 - 0.841_886_1).abs() < 1e-7);
}

#[test]
fn a_domain_taken_whole_has_no_uncertainty() {
    let units: Vec<Unit> =
        (0..10).map(|number| Unit::single(number / 5, number, if number < 5 { 1.0 } else { 0.5 })).collect();
    let sample = Sample::new(&units, Formula::FixedSize, Lonely::Refuse).unwrap();
    let whole: Vec<Entry> = members(2).into_iter().take(5).collect();
    let share = sample.share(&whole).unwrap();
    assert_eq!((share.estimate.standard_error, share.interval(0.95)), (Some(0.0), Some((0.4, 0.4))));
    assert_eq!(sample.total(&whole[..1]).unwrap().interval(0.95), Some((1.0, 1.0)));
    let drawn: Vec<Entry> = members(7).split_off(5);
    assert!(sample.share(&drawn).unwrap().estimate.standard_error.unwrap() > 0.0);
}

#[test]
fn what_is_no_share_and_what_has_no_interval() {
    let sample = ten();
    assert_eq!(sample.ratio(&[]).err(), Some(EstimationError::EmptyDomain));
    let more = [Entry { unit: 0, y: 2.0, x: 1.0 }, Entry { unit: 1, y: 0.0, x: 1.0 }];
    assert_eq!(sample.share(&more).err(), Some(EstimationError::NotAShare));
    let one = sample.total(&[Entry { unit: 3, y: 1.0, x: 1.0 }]).unwrap();
    assert_eq!((one.value, one.degrees, one.interval(0.95)), (10.0, 0, None));
    assert_eq!(sample.total(&members(5)).unwrap().interval(1.0), None);
    // Nobody was seen: the estimate is zero, but that is not certain.
    let nobody = sample.total(&[]).unwrap();
    assert_eq!((nobody.value, nobody.certain, nobody.interval(0.95)), (0.0, false, None));
}
