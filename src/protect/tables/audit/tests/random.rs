//! Random small tables against the independent checks.

use proptest::prelude::*;

use super::oracle::{Exact, enumerate, equations};
use super::tables::{fill, flat, grid, linked, tree};
use crate::protect::tables::audit::*;
use crate::protect::tables::system::System;

/// A random table: shape, values, which cells are unknown, a priori upper bounds, slack.
#[derive(Debug, Clone)]
struct Case {
    shape: usize,
    values: Vec<f64>,
    published: Vec<bool>,
    high: Vec<Option<i128>>,
    slack: Vec<bool>,
}

fn shape(shape: usize) -> System {
    match shape {
        0 => grid(&[flat(3), flat(3)]),
        1 => grid(&[flat(2), flat(4)]),
        2 => grid(&[flat(2), flat(2), flat(2)]),
        3 => grid(&[tree(), flat(2)]),
        4 => grid(&[linked(), flat(2)]),
        _ => grid(&[flat(2), flat(2), flat(3)]),
    }
}

fn cases(bounded: bool) -> impl Strategy<Value = Case> {
    (0..6_usize, 0.2..0.8_f64, any::<u64>()).prop_map(move |(at, share, seed)| {
        let system = shape(at);
        let mut state = seed;
        let mut draw = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / f64::from(1_u32 << 31)
        };
        let values = fill(&system, || (draw() * 5.0).floor());
        let slack = vec![false; system.relations()];
        let published: Vec<bool> = values.iter().map(|_| draw() > share).collect();
        let high =
            values.iter().map(|value| (bounded && draw() < 0.5).then(|| *value as i128 + (draw() * 3.0) as i128));
        let high: Vec<Option<i128>> = high.collect();
        Case { shape: at, values, published, high, slack }
    })
}

impl Case {
    fn problem<'a>(&self, system: &'a System) -> Problem<'a> {
        let high = self.high.iter().map(|high| high.map_or(f64::INFINITY, |high| high as f64)).collect();
        Problem::new(system, self.values.clone(), self.published.clone())
            .and_then(|problem| problem.bounds(vec![0.0; self.values.len()], high))
            .and_then(|problem| problem.slack(self.slack.clone()))
            .expect("sound")
    }

    /// Exact intervals of the unknown cells.
    fn exact(&self, system: &System) -> Vec<(u32, f64, f64)> {
        let (unknown, rows, variables) = equations(system, &self.values, &self.published, &self.slack, &self.high);
        let mut exact = Exact::new(&rows, variables);
        let mut end = |var, up| exact.extreme(var, up).unwrap_or(f64::INFINITY);
        unknown.iter().enumerate().map(|(var, cell)| (*cell, end(var, false), end(var, true))).collect()
    }
}

fn near(found: f64, exact: f64) -> bool {
    found == exact || (found - exact).abs() < 1e-6
}

/// Steps small enough that small tables go through every stage.
fn stepwise() -> Options {
    Options { bulk: vec![6], sizes: vec![4, 8], largest: 1000, exact: true }
}

/// Tables per property.
const CASES: u32 = 400;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn intervals_are_those_of_an_exact_simplex(case in cases(true)) {
        let system = shape(case.shape);
        for options in [Options::default(), stepwise()] {
            let found = all_intervals(&case.problem(&system), &options).expect("sound");
            for ((cell, interval), (_, low, high)) in found.into_iter().zip(case.exact(&system)) {
                prop_assert!(interval.exact);
                prop_assert!(near(interval.low, low) && near(interval.high, high), "{cell} {interval:?} {low} {high}");
            }
        }
    }

    #[test]
    fn an_attack_without_the_truth_finds_the_same(case in cases(true)) {
        let system = shape(case.shape);
        let mut outside = case.clone();
        for (value, shown) in outside.values.iter_mut().zip(&case.published) {
            if !shown {
                *value = f64::NAN;
            }
        }
        let found = all_intervals(&outside.problem(&system), &Options::default()).expect("sound");
        for ((cell, interval), (_, low, high)) in found.into_iter().zip(case.exact(&system)) {
            prop_assert!(near(interval.low, low) && near(interval.high, high), "{cell} {interval:?} {low} {high}");
        }
    }

    #[test]
    fn intervals_contain_every_whole_table_and_in_two_dimensions_no_more(case in cases(false)) {
        let system = shape(case.shape);
        let mut case = case;
        // Nothing exceeds a published grand total, so that there are not too many tables to enumerate.
        case.published[0] = true;
        if let Some(whole) = enumerate(&system, &case.values, &case.published, 200_000) {
            let found = all_intervals(&case.problem(&system), &Options::default()).expect("sound");
            for ((_, interval), (low, high)) in found.into_iter().zip(whole) {
                prop_assert!(interval.low <= low + 1e-9 && interval.high >= high - 1e-9);
                if case.shape < 2 || case.shape == 3 {
                    prop_assert!(near(interval.low, low) && near(interval.high, high), "{interval:?} {low} {high}");
                }
            }
        }
    }

    #[test]
    fn a_width_is_spanned_exactly_where_the_interval_has_it(case in cases(true), width in 1..6_u8) {
        let system = shape(case.shape);
        let problem = case.problem(&system);
        let exact = case.exact(&system);
        let width = f64::from(width);
        let spans: Vec<Span> = exact.iter().map(|(cell, _, _)| Span { cell: *cell, width }).collect();
        for options in [Options::default(), stepwise()] {
            let found = spanned(&problem, &spans, &options).expect("sound");
            for ((from, to), (cell, low, high)) in found.into_iter().zip(&exact) {
                prop_assert!(from >= low - 1e-6 && to <= high + 1e-6, "{cell}: impossible");
                let value = case.values[*cell as usize];
                prop_assert!((from..=to).contains(&value), "{cell}: without the truth");
                prop_assert_eq!(to - from >= width - 1e-6, high - low >= width - 1e-6, "{}: {} to {}", cell, low, high);
                prop_assert!(to - from >= width - 1e-6 || near(to - from, high - low), "{cell}: not the widest");
            }
        }
    }

    #[test]
    fn audits_agree_with_exact_intervals(case in cases(true), lower in 0..4_u8, upper in 0..4_u8) {
        let system = shape(case.shape);
        let problem = case.problem(&system);
        let exact = case.exact(&system);
        let demand = |(cell, _, _): &(u32, f64, f64)| {
            let value = case.values[*cell as usize];
            Demand { cell: *cell, low: (value - f64::from(lower)).max(0.0), high: value + f64::from(upper) }
        };
        let demands: Vec<Demand> = exact.iter().map(demand).collect();
        for options in [Options::default(), stepwise(), Options { exact: false, ..stepwise() }] {
            let found = audit(&problem, &demands, &options).expect("sound");
            for ((verdict, demand), (_, low, high)) in found.verdicts.iter().zip(&demands).zip(&exact) {
                let safe = *low <= demand.low + 1e-6 && *high >= demand.high - 1e-6;
                let expected = if safe { Standing::Safe } else { Standing::Unsafe };
                prop_assert_eq!(verdict.standing, expected, "{:?} {} {}", verdict, low, high);
                if options.exact && !safe {
                    let width = demand.high - demand.low;
                    let missing = (demand.low - low).min(high - demand.high) / width;
                    prop_assert!((verdict.margin - missing).abs() < 1e-5, "{verdict:?} {missing}");
                }
            }
        }
    }

    #[test]
    fn after_protection_every_demand_holds_or_is_listed(case in cases(false), upper in 1..5_u8) {
        let system = shape(case.shape);
        let demands: Vec<Demand> = (0..case.values.len())
            .filter(|at| !case.published[*at] && case.values[*at] < 4.0)
            .map(|at| Demand { cell: at as u32, low: 0.0, high: case.values[at] + f64::from(upper) })
            .collect();
        let mut problem = case.problem(&system);
        let costs: Vec<f64> = case.values.iter().map(|value| value + 1.0).collect();
        // The grand total stays.
        let may: Vec<bool> = (0..costs.len()).map(|cell| cell > 0).collect();
        let mut told = 0;
        let done = protect_intervals(&mut problem, &demands, &costs, &may, &stepwise(), &mut Tables::default(), |fresh| {
            told += fresh.len();
            fresh.iter().map(|cell| cell + 1).collect()
        }).expect("sound");
        prop_assert!(told <= done.suppressed.len());
        let mut after = case.clone();
        for (cell, shown) in after.published.iter_mut().enumerate() {
            *shown = problem.is_published(cell as u32);
            prop_assert_eq!(*shown, case.published[cell] && !done.suppressed.contains(&(cell as u32)));
        }
        let exact = after.exact(&system);
        for demand in &demands {
            let (_, low, high) = exact.iter().find(|(cell, _, _)| *cell == demand.cell).expect("unknown");
            let safe = *low <= demand.low + 1e-6 && *high >= demand.high - 1e-6;
            let listed = done.unmet.iter().any(|verdict| verdict.cell == demand.cell);
            prop_assert_eq!(safe, !listed, "{:?} {} {} {:?}", demand, low, high, done);
        }
    }

    #[test]
    fn sums_that_are_not_whole_numbers_have_scaled_intervals(case in cases(true), power in -3..11_i32, upper in 1..4_u8) {
        let system = shape(case.shape);
        // Not a power of two, so that no value is exact, and totals miss their parts by rounding.
        let by = 10_f64.powi(power) / 3.0;
        let mut scaled = case.clone();
        scaled.values.iter_mut().for_each(|value| *value *= by);
        let high = case.high.iter().map(|high| high.map_or(f64::INFINITY, |high| high as f64 * by)).collect();
        let problem = scaled.problem(&system).bounds(vec![0.0; case.values.len()], high).expect("sound");
        let exact = case.exact(&system);
        let found = all_intervals(&problem, &Options::default()).expect("sound");
        for ((cell, interval), (_, low, high)) in found.into_iter().zip(&exact) {
            let near = |found: f64, exact: f64| found == exact || (found / by - exact).abs() < 1e-5;
            prop_assert!(near(interval.low, *low) && near(interval.high, *high), "{cell} {interval:?} {low} {high} {by}");
        }
        let upper = f64::from(upper);
        let demand = |(cell, _, _): &(u32, f64, f64)| {
            let value = scaled.values[*cell as usize];
            Demand { cell: *cell, low: value, high: value + upper * by }
        };
        let demands: Vec<Demand> = exact.iter().map(demand).collect();
        let found = audit(&problem, &demands, &Options::default()).expect("sound");
        for (verdict, (cell, _, high)) in found.verdicts.iter().zip(&exact) {
            let safe = *high >= case.values[*cell as usize] + upper - 1e-6;
            prop_assert_eq!(verdict.is_safe(), safe, "{:?} {}", verdict, high);
        }
    }
}
