//! Inequalities, several threads, and tables larger than one programme.

use super::oracle::{Exact, equations};
use super::tables::{fill, flat, grid};
use crate::protect::tables::audit::*;
use crate::protect::tables::system::System;

fn draws(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 31)
    }
}

#[test]
fn slack_relations_agree_with_an_exact_simplex() {
    for seed in 0..300 {
        let mut draw = draws(seed);
        // Persons by 3 places in 2 periods with totals over places that are only inequalities.
        let system = grid(&[flat(2), flat(3)]);
        let mut values = fill(&system, || (draw() * 6.0).floor());
        let slack: Vec<bool> = (0..system.relations()).map(|at| system.relation(at as u32).parts.len() == 3).collect();
        // Each total over places falls by what may be counted twice, without falling below a part.
        for row in 0..2 {
            let parts = &values[4 * (row + 1) + 1..4 * (row + 1) + 4];
            let (sum, most) = (parts.iter().sum::<f64>(), parts.iter().copied().fold(0.0, f64::max));
            values[4 * (row + 1)] = (sum - (draw() * 3.0).floor()).max(most);
        }
        values[0] = values[4] + values[8];
        let published: Vec<bool> = values.iter().map(|_| draw() > 0.5).collect();
        let high = vec![None; values.len()];
        let problem = Problem::new(&system, values.clone(), published.clone())
            .and_then(|problem| problem.slack(slack.clone()))
            .expect("sound");
        let (unknown, rows, variables) = equations(&system, &values, &published, &slack, &high);
        let found = all_intervals(&problem, &Options::default()).expect("sound");
        assert_eq!(found.len(), unknown.len());
        let mut exact = Exact::new(&rows, variables);
        for (var, (_, interval)) in found.iter().enumerate() {
            let [low, high] = [false, true].map(|up| exact.extreme(var, up).unwrap_or(f64::INFINITY));
            let near = |a: f64, b: f64| a == b || (a - b).abs() < 1e-6;
            assert!(near(interval.low, low) && near(interval.high, high), "{seed} {interval:?} {low} {high}");
        }
    }
}

fn large(seed: u64) -> (System, Vec<f64>, Vec<bool>, Vec<Demand>) {
    let system = grid(&[flat(10), flat(8), flat(4)]);
    let mut draw = draws(seed);
    let values = fill(&system, || (draw().powi(3) * 60.0).floor());
    let published: Vec<bool> = values.iter().map(|value| *value >= 11.0 && draw() > 0.2).collect();
    let small = (0..values.len()).filter(|at| !published[*at] && values[*at] < 11.0);
    let demand = |at: usize| Demand { cell: at as u32, low: values[at].min(1.0), high: values[at].max(10.0) };
    let demands = small.map(demand).collect();
    (system, values, published, demands)
}

#[test]
fn verdicts_are_the_same_for_any_number_of_threads() {
    let (system, values, published, demands) = large(3);
    let problem = Problem::new(&system, values, published).expect("sound");
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| audit(&problem, &demands, &Options { sizes: vec![32, 128], ..Options::default() }))
            .expect("sound")
    };
    let one = run(1);
    assert!(one.verdicts.iter().filter(|verdict| verdict.is_safe()).count() > 20);
    assert_eq!(one, run(3));
}

#[test]
fn what_limits_leave_open_is_not_called_safe() {
    let (system, values, published, demands) = large(4);
    let problem = Problem::new(&system, values, published).expect("sound");
    let none = Options { bulk: vec![], sizes: vec![], largest: 0, exact: false };
    let found = audit(&problem, &demands, &none).expect("sound");
    assert!(found.verdicts.iter().any(|verdict| verdict.standing == Standing::Undecided));
    let few = audit(&problem, &demands, &Options { sizes: vec![32], largest: 0, ..none }).expect("sound");
    let all = audit(&problem, &demands, &Options { exact: false, ..Options::default() }).expect("sound");
    for (few, all) in few.verdicts.iter().zip(&all.verdicts) {
        assert!(few.standing == all.standing || few.standing == Standing::Undecided, "{few:?} {all:?}");
    }
}
