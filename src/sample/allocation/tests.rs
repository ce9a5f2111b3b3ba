#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn ranges(measures: &[f64], lower: &[f64], upper: &[f64]) -> Vec<Range> {
    let bounds = lower.iter().zip(upper);
    measures.iter().zip(bounds).map(|(&measure, (&lower, &upper))| Range { measure, lower, upper }).collect()
}

fn spread_over(units: &[u64], spreads: &[f64]) -> Vec<Stratum> {
    units.iter().zip(spreads).map(|(&units, &spread)| Stratum { spread, ..Stratum::of(units) }).collect()
}

fn assert_close(left: &[f64], right: &[f64]) {
    assert_eq!(left.len(), right.len());
    assert!(left.iter().zip(right).all(|(l, r)| (l - r).abs() <= 1e-9 * r.abs().max(1.0)), "{left:?} {right:?}");
}

#[test]
fn bounds_above_and_below_give_the_published_answers() {
    let strata = ranges(&[3000.0, 4000.0, 5000.0, 2000.0], &[100.0, 90.0, 70.0, 50.0], &[300.0, 400.0, 200.0, 90.0]);
    assert_close(&solve(&strata, 553.0).unwrap(), &[118.5, 158.0, 197.5, 79.0]);
    assert_close(&solve(&strata, 366.0).unwrap(), &[100.0, 96.0, 120.0, 50.0]);
    assert_close(&solve(&strata, 310.0).unwrap(), &[100.0, 90.0, 70.0, 50.0]);
    assert_close(&solve(&strata, 990.0).unwrap(), &[300.0, 400.0, 200.0, 90.0]);
}

#[test]
fn neyman_takes_a_stratum_whole_before_it_takes_more_than_there_is() {
    let free = ranges(&[125.0, 750.0, 250.0], &[0.0; 3], &[99.0; 3]);
    assert_close(&solve(&free, 99.0).unwrap(), &[11.0, 66.0, 22.0]);
    let strata = spread_over(&[25, 50, 100], &[5.0, 15.0, 2.5]);
    let allocation = allocate(&strata, Rule::Neyman, Total::Units(99)).unwrap();
    assert_close(allocation.real(), &[49.0 / 3.0, 50.0, 98.0 / 3.0]);
    assert_eq!(allocation.units(), [16, 50, 33]);
}

/// benches/r/allocation.R: regions of MU284, spread of RMT85, Neyman, lower bound 2, upper bound the region.
#[test]
fn regions_of_mu284_get_what_bisection_in_r_finds() {
    let units = [25, 48, 32, 38, 56, 41, 15, 29];
    let spreads = [
        1201.1447289981336,
        306.2489709057829,
        179.3964343156276,
        558.3247957281616,
        887.9858704781462,
        148.1493313864221,
        203.9395802215754,
        189.3103506599548,
    ];
    let mut strata = spread_over(&units, &spreads);
    strata.iter_mut().for_each(|stratum| stratum.lower = 2);
    let allocation = allocate(&strata, Rule::Neyman, Total::Units(120)).unwrap();
    assert_close(
        allocation.real(),
        &[
            25.0,
            13.173563877204028,
            5.144595000182863,
            19.013318292542365,
            44.56372531658312,
            5.443408896681474,
            2.741449096948181,
            4.919939519857977,
        ],
    );
    assert_eq!(allocation.units(), [25, 13, 5, 19, 45, 5, 3, 5]);
}

#[test]
fn each_rule_is_proportional_to_its_own_measure() {
    let stratum =
        |units, spread, mean, cost, importance| Stratum { spread, mean, cost, importance, ..Stratum::of(units) };
    let strata = [stratum(1000, 4.0, 2.0, 1.0, 16.0), stratum(3000, 2.0, -1.0, 4.0, 256.0)];
    let real = |rule| allocate(&strata, rule, Total::Units(120)).unwrap().real().to_vec();
    let shares = |first: f64, second: f64| [120.0 * first / (first + second), 120.0 * second / (first + second)];
    assert_close(&real(Rule::Equal), &[60.0, 60.0]);
    assert_close(&real(Rule::Proportional), &[30.0, 90.0]);
    assert_close(&real(Rule::Neyman), &shares(4000.0, 6000.0));
    assert_close(&real(Rule::Optimal), &shares(4000.0, 3000.0));
    assert_close(&real(Rule::Power(Exponent::Zero)), &[60.0, 60.0]);
    assert_close(&real(Rule::Power(Exponent::Quarter)), &shares(2.0, 4.0));
    assert_close(&real(Rule::Power(Exponent::Half)), &shares(4.0, 16.0));
    assert_close(&real(Rule::Power(Exponent::ThreeQuarters)), &shares(8.0, 64.0));
    assert_close(&real(Rule::Power(Exponent::One)), &shares(16.0, 256.0));
}

#[test]
fn equal_remainders_go_to_the_first_strata() {
    let strata = [Stratum::of(10); 3];
    assert_eq!(allocate(&strata, Rule::Equal, Total::Units(10)).unwrap().units(), [4, 3, 3]);
    assert_eq!(allocate(&strata, Rule::Equal, Total::Units(11)).unwrap().units(), [4, 4, 3]);
    // 9.5, 6 and 5.5: in binary the last remainder comes out larger
    let strata = spread_over(&[100; 3], &[3.8, 2.4, 2.2]);
    let allocation = allocate(&strata, Rule::Neyman, Total::Units(21)).unwrap();
    assert!(allocation.real()[2].fract() > allocation.real()[0].fract());
    assert_eq!(allocation.units(), [10, 6, 5]);
}

#[test]
fn a_budget_is_spent_but_not_exceeded() {
    let strata = [Stratum { cost: 3.0, ..Stratum::of(100) }, Stratum { cost: 5.0, ..Stratum::of(100) }];
    let allocation = allocate(&strata, Rule::Equal, Total::Cost(20.0)).unwrap();
    assert_close(allocation.real(), &[2.5, 2.5]);
    assert_eq!(allocation.units(), [3, 2]);
    let allocation = allocate(&strata, Rule::Equal, Total::Cost(21.0)).unwrap();
    // 2.625 each: a third unit of the first is paid (19), one of the second no longer
    assert_eq!(allocation.units(), [3, 2]);
}

#[test]
fn what_cannot_be_allocated_is_an_error_that_says_why() {
    use AllocationError as E;
    let fails = |strata: &[Stratum], rule, units| allocate(strata, rule, Total::Units(units)).unwrap_err();
    let bounded = |lower, upper| Stratum { lower, upper, ..Stratum::of(10) };
    assert_eq!(fails(&[], Rule::Equal, 1), E::NoStratum);
    assert_eq!(
        fails(&[bounded(4, 10), bounded(4, 10)], Rule::Equal, 7),
        E::LowerBoundsExceedTotal { needed: 8.0, total: 7.0 }
    );
    assert_eq!(
        fails(&[bounded(0, 4), bounded(0, 99)], Rule::Equal, 15),
        E::UpperBoundsBelowTotal { room: 14.0, total: 15.0 }
    );
    assert_eq!(
        fails(&[Stratum::of(10), bounded(11, 12)], Rule::Equal, 15),
        E::CrossedBounds { stratum: 1, lower: 11.0, upper: 10.0 }
    );
    assert_eq!(fails(&spread_over(&[5, 5], &[0.0, 0.0]), Rule::Neyman, 4), E::NoMeasure);
    assert_eq!(fails(&spread_over(&[5, 5], &[1.0, 0.0]), Rule::Neyman, 7), E::MeasureExhausted { left: 2.0 });
    assert_eq!(
        fails(&spread_over(&[5, 5], &[1.0, f64::NAN]), Rule::Neyman, 4),
        E::OutOfRange { stratum: 1, field: Field::Spread }
    );
    let free = Stratum { cost: 0.0, ..Stratum::of(5) };
    assert_eq!(fails(&[free], Rule::Equal, 4), E::OutOfRange { stratum: 0, field: Field::Cost });
    let centred = Stratum { mean: 0.0, ..Stratum::of(5) };
    assert_eq!(fails(&[centred], Rule::Power(Exponent::Half), 4), E::OutOfRange { stratum: 0, field: Field::Mean });
    assert_eq!(allocate(&[Stratum::of(5)], Rule::Equal, Total::Cost(f64::INFINITY)).unwrap_err(), E::BadTotal);
}

/// Strata with bounds, and a total between what the bounds allow.
fn bounded_problem() -> impl Strategy<Value = (Vec<Stratum>, u64)> {
    let stratum = (0..2000_u64, 0..20_u64, 0..100_u64, 0..100_u64).prop_map(|(units, spread, low, high)| {
        let (low, high) = (low.min(high), low.max(high));
        let spread = 1.0 + spread as f64 / 3.0;
        Stratum { spread, lower: units * low / 100, upper: units * high / 100, ..Stratum::of(units) }
    });
    (prop::collection::vec(stratum, 1..12), 0.0..=1.0_f64).prop_map(|(strata, at)| {
        let (low, high): (u64, u64) = strata.iter().fold((0, 0), |(l, h), s| (l + s.lower, h + s.upper));
        let total = low + ((high - low) as f64 * at) as u64;
        (strata, total)
    })
}

proptest! {
    #[test]
    fn no_feasible_move_lowers_the_variance((strata, total) in bounded_problem()) {
        let allocation = match allocate(&strata, Rule::Neyman, Total::Units(total)) {
            Err(AllocationError::NoMeasure) => return Ok(()),
            allocation => allocation.unwrap(),
        };
        let real = allocation.real();
        prop_assert!((real.iter().sum::<f64>() - total as f64).abs() < 1e-9 * (total as f64).max(1.0));
        for (to, gains) in strata.iter().enumerate() {
            prop_assert!(real[to] >= gains.lower as f64 && real[to] <= gains.upper as f64);
            for (from, loses) in strata.iter().enumerate() {
                if real[to] < gains.upper as f64 - 1e-7 && real[from] > loses.lower as f64 + 1e-7 {
                    // What the variance loses by the next unit of `to`, and gains by one less of `from`
                    let slope = |at: usize| strata[at].units as f64 * strata[at].spread / real[at];
                    prop_assert!(slope(to) <= slope(from) * (1.0 + 1e-9));
                }
            }
        }
    }

    #[test]
    fn whole_sizes_keep_total_and_bounds_and_stay_within_one_of_the_real_ones((strata, total) in bounded_problem()) {
        let allocation = match allocate(&strata, Rule::Neyman, Total::Units(total)) {
            Err(AllocationError::NoMeasure) => return Ok(()),
            allocation => allocation.unwrap(),
        };
        prop_assert_eq!(allocation.units().iter().sum::<u64>(), total);
        for ((&units, real), stratum) in allocation.units().iter().zip(allocation.real()).zip(&strata) {
            prop_assert!(units >= stratum.lower && units <= stratum.upper);
            prop_assert!((units as f64 - real).abs() < 1.0);
        }
    }

    #[test]
    fn a_budget_is_kept(
        (strata, total) in bounded_problem(),
        costs in prop::array::uniform12(1..9_u64),
    ) {
        let mut strata = strata;
        strata.iter_mut().zip(costs).for_each(|(stratum, cost)| (stratum.cost, stratum.lower) = (cost as f64 / 2.0, 0));
        let budget = total as f64;
        let Ok(allocation) = allocate(&strata, Rule::Optimal, Total::Cost(budget)) else { return Ok(()) };
        let spent: f64 = allocation.units().iter().zip(&strata).map(|(&n, s)| n as f64 * s.cost).sum();
        prop_assert!(spent <= budget * (1.0 + 1e-12));
        let mut sizes = allocation.units().iter().zip(allocation.real());
        prop_assert!(sizes.all(|(&n, real)| (n as f64 - real).abs() < 1.0 + 1e-9));
    }
}
