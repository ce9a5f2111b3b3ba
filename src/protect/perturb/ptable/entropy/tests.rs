use proptest::prelude::*;

use super::*;

const PLAIN: Conditions = Conditions { variance: 1.0, exactly: false, stay: None, monotone: false };

fn solved(values: &[i64], conditions: Conditions) -> (Problem, Solution) {
    let problem = Problem::new(values, conditions);
    let solution = problem.solve().expect("a solution");
    (problem, solution)
}

fn entropy(p: &[f64]) -> f64 {
    -p.iter().map(|p| if *p > 0.0 { p * p.ln() } else { 0.0 }).sum::<f64>()
}

#[test]
fn without_binding_conditions_the_distribution_is_uniform() {
    let (_, solution) = solved(&[-2, -1, 0, 1, 2], Conditions { variance: 3.0, ..PLAIN });
    assert!(solution.p.iter().all(|p| (p - 0.2).abs() < 1e-14));
}

#[test]
fn on_minus_one_zero_one_the_variance_decides_everything() {
    let (_, solution) = solved(&[-1, 0, 1], Conditions { variance: 0.5, ..PLAIN });
    for (p, known) in solution.p.iter().zip([0.25, 0.5, 0.25]) {
        assert!((p - known).abs() < 1e-14);
    }
}

#[test]
fn on_non_negative_counts_of_mean_one_the_distribution_is_geometric() {
    // A wide support and a loose variance: largest entropy of mean 1 on 0, 1, 2, … is 2^−(k+1).
    let values: Vec<i64> = (-1..=60).collect();
    let (_, solution) = solved(&values, Conditions { variance: 50.0, ..PLAIN });
    for (k, p) in solution.p.iter().enumerate().take(20) {
        assert!((p - 0.5_f64.powi(k as i32 + 1)).abs() < 1e-13, "{k}");
    }
}

#[test]
fn a_distribution_that_is_not_optimal_is_found_out() {
    let (problem, solution) = solved(&[-2, -1, 0, 1, 2], PLAIN);
    assert!(problem.optimality(&solution) < 1e-12);
    let mut moved = solution.clone();
    // Still a distribution, unbiased, of the same variance: the moved mass has moments 0, 0 and 0, only the entropy is
    // less.
    for (p, by) in moved.p.iter_mut().zip([-1.0, 2.0, 0.0, -2.0, 1.0]) {
        *p += 1e-6 * by;
    }
    assert!(problem.equalities.iter().all(|line| line.at(&moved.p).abs() < 1e-14));
    assert!(problem.optimality(&moved) > 1e-8);
    assert!(entropy(&moved.p) < entropy(&solution.p));
}

#[test]
fn a_variance_out_of_reach_has_no_solution() {
    assert!(Problem::new(&[-1, 0, 1], Conditions { variance: 1.5, exactly: true, ..PLAIN }).solve().is_none());
    assert!(Problem::new(&[-1, 2, 3], Conditions { variance: 1.9, ..PLAIN }).solve().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Every row of every table in use is solved, and its multipliers prove it optimal.
    #[test]
    fn rows_are_solved_to_twelve_digits(
        deviation in 1_i64..=20, count in 1_i64..=24, variance in 0.02_f64..12.0, stay in prop::option::of(0.05_f64..0.95),
        monotone in any::<bool>(),
    ) {
        let values: Vec<i64> = (-deviation.min(count)..=deviation).collect();
        let conditions = Conditions { variance, exactly: false, stay, monotone };
        let (problem, solution) = solved(&values, conditions);
        prop_assert!(problem.optimality(&solution) < 1e-12);
        // Told again without the solver's own functions.
        let sum: f64 = solution.p.iter().sum();
        let mean: f64 = values.iter().zip(&solution.p).map(|(v, p)| *v as f64 * p).sum();
        let square: f64 = values.iter().zip(&solution.p).map(|(v, p)| (*v * *v) as f64 * p).sum();
        prop_assert!((sum - 1.0).abs() < 1e-12 && mean.abs() < 1e-11 && square < variance + 1e-9);
        let zero = deviation.min(count) as usize;
        prop_assert!(stay.is_none_or(|stay| solution.p[zero] > stay - 1e-12));
        prop_assert!(!monotone || solution.p[..=zero].is_sorted_by(|a, b| *a <= *b + 1e-12));
    }

    /// No small step in a direction that keeps sum and mean, and does not raise the variance, raises the entropy.
    #[test]
    fn no_allowed_step_raises_the_entropy(from in 0_usize..4, over in 1_usize..3, size in 1e-6_f64..1e-4, up in any::<bool>()) {
        let values: Vec<i64> = (-3..=5).collect();
        let (_, solution) = solved(&values, Conditions { variance: 2.0, ..PLAIN });
        let (middle, to) = (from + over, from + 2 * over);
        // Mass from the two ends into the middle or back, and one further right with the other sign: variance
        // unchanged.
        let sign = if up { size } else { -size };
        let mut moved = solution.p.clone();
        for (shift, sign) in [(0, sign), (1, -sign)] {
            for (at, by) in [(from, 1.0), (middle, -2.0), (to, 1.0)] {
                moved[at + shift] += sign * by;
            }
        }
        prop_assume!(moved.iter().all(|p| *p > 0.0));
        prop_assert!(entropy(&moved) < entropy(&solution.p));
    }
}
