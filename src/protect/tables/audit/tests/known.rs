//! Tables whose intervals are known.

use super::tables::{fill, flat, grid, tree};
use crate::protect::tables::audit::*;
use crate::protect::tables::system::System;

fn problem<'a>(system: &'a System, values: &[f64], unknown: &[u32]) -> Problem<'a> {
    let mut problem = Problem::new(system, values.to_vec(), vec![true; values.len()]).expect("sound");
    problem.suppress(unknown);
    problem
}

fn ranges(problem: &Problem) -> Vec<(u32, f64, f64)> {
    let found = all_intervals(problem, &Options::default()).expect("sound");
    assert!(found.iter().all(|(_, interval)| interval.exact), "{found:?}");
    found.into_iter().map(|(cell, interval)| (cell, interval.low, interval.high)).collect()
}

/// Rows 7 and 3, columns 6 and 4: cells 4, 5, 7, 8 of a 3 × 3 grid with margins.
fn square() -> (System, Vec<f64>) {
    let inner = [4.0, 3.0, 2.0, 1.0];
    let mut next = inner.iter();
    let system = grid(&[flat(2), flat(2)]);
    let values = fill(&system, || *next.next().expect("four"));
    (system, values)
}

#[test]
fn a_square_of_four_suppressed_cells_has_one_degree_of_freedom() {
    let (system, values) = square();
    let found = ranges(&problem(&system, &values, &[4, 5, 7, 8]));
    assert_eq!(found, [(4, 3.0, 6.0), (5, 1.0, 4.0), (7, 0.0, 3.0), (8, 0.0, 3.0)]);
}

#[test]
fn without_the_truth_the_intervals_are_the_same() {
    let (system, mut values) = square();
    for cell in [4, 5, 7, 8] {
        values[cell] = f64::NAN;
    }
    let found = ranges(&problem(&system, &values, &[4, 5, 7, 8]));
    assert_eq!(found, [(4, 3.0, 6.0), (5, 1.0, 4.0), (7, 0.0, 3.0), (8, 0.0, 3.0)]);
}

#[test]
fn published_numbers_that_contradict_each_other_are_an_error() {
    let (system, mut values) = square();
    for cell in [4, 5, 7, 8] {
        values[cell] = f64::NAN;
    }
    values[1] = 8.0;
    let found = all_intervals(&problem(&system, &values, &[4, 5, 7, 8]), &Options::default());
    assert!(matches!(found, Err(AuditError::Contradiction(_))), "{found:?}");
}

#[test]
fn a_single_suppressed_cell_falls() {
    let (system, values) = square();
    assert_eq!(ranges(&problem(&system, &values, &[4])), [(4, 4.0, 4.0)]);
    let tables = problem(&system, &values, &[4]);
    assert!(intervals(&tables, &[4], &Options::default()).expect("sound")[0].falls(0.0));
}

#[test]
fn who_knows_one_cell_of_a_square_knows_all() {
    let (system, values) = square();
    let insider = problem(&system, &values, &[4, 5, 7, 8]).known(&[8]).expect("sound");
    assert_eq!(ranges(&insider), [(4, 4.0, 4.0), (5, 3.0, 3.0), (7, 2.0, 2.0)]);
}

#[test]
fn a_cycle_through_three_rows_moves_all_its_cells_together() {
    let mut next = [5.0, 2.0, 1.0, 1.0, 6.0, 3.0, 4.0, 2.0, 7.0].into_iter();
    let system = grid(&[flat(3), flat(3)]);
    let values = fill(&system, || next.next().expect("nine"));
    // Inner cell (i, j) is 4 i + j; the cycle (1,1) (1,2) (2,2) (2,3) (3,3) (3,1) moves by −2 to 1.
    let found = ranges(&problem(&system, &values, &[5, 6, 10, 11, 15, 13]));
    let expected = [(5, 0.0, 7.0), (6, 0.0, 7.0), (10, 1.0, 8.0), (11, 1.0, 8.0), (13, 2.0, 9.0), (15, 2.0, 9.0)];
    assert_eq!(found, expected);
}

#[test]
fn programmes_narrow_where_propagation_cannot() {
    // Three unknowns in pairs: a + b = 5, b + c = 5, a + c = 4 leave one solution, but no line alone says so.
    let system = System::new(6, [(3, vec![0, 1]), (4, vec![1, 2]), (5, vec![0, 2])]).expect("sound");
    let values = [2.0, 3.0, 2.0, 5.0, 5.0, 4.0];
    let tables = problem(&system, &values, &[0, 1, 2]);
    assert_eq!(ranges(&tables), [(0, 2.0, 2.0), (1, 3.0, 3.0), (2, 2.0, 2.0)]);
    let mut model = crate::protect::tables::audit::model::Model::new(&tables, |cell| cell < 3).expect("sound");
    crate::protect::tables::audit::propagate::tighten(&mut model).expect("sound");
    assert!((0..3).all(|var| !model.is_fixed(var)), "propagation was thought not to be enough");
}

#[test]
fn a_cube_of_eight_cells_moves_by_its_smallest_corners() {
    let mut next = [3.0, 4.0, 5.0, 1.0, 2.0, 6.0, 7.0, 8.0].into_iter();
    let system = grid(&[flat(2), flat(2), flat(2)]);
    let values = fill(&system, || next.next().expect("eight"));
    // Corners of one parity: 3, 1, 6, 7; of the other: 4, 5, 2, 8.
    let inner: Vec<u32> = (0..27).filter(|cell| cell % 3 > 0 && cell / 3 % 3 > 0 && cell / 9 > 0).collect();
    let found = ranges(&problem(&system, &values, &inner));
    let even = |at: usize| [0, 3, 5, 6].contains(&at);
    for (at, (cell, low, high)) in found.into_iter().enumerate() {
        let value = values[cell as usize];
        // The even corners can fall by 1 and rise by 2; the odd ones the other way round.
        let moves = if even(at) { (value - 1.0, value + 2.0) } else { (value - 2.0, value + 1.0) };
        assert_eq!((low, high), moves, "corner {at}");
    }
}

#[test]
fn a_subtotal_ties_the_tables_above_and_below_it() {
    let mut next = [2.0, 3.0, 4.0, 5.0].into_iter();
    let system = grid(&[tree()]);
    let values = fill(&system, || next.next().expect("four"));
    // 1 = 3 + 4 and 2 = 5 + 6 with 0 = 1 + 2 = 14 published.
    assert_eq!(ranges(&problem(&system, &values, &[1, 2, 3])), [(1, 5.0, 5.0), (2, 9.0, 9.0), (3, 2.0, 2.0)]);
    let found = ranges(&problem(&system, &values, &[1, 2, 3, 5]));
    assert_eq!(found, [(1, 3.0, 9.0), (2, 5.0, 11.0), (3, 0.0, 6.0), (5, 0.0, 6.0)]);
}

#[test]
fn bounds_known_from_the_status_of_a_cell_narrow_the_others() {
    let (system, values) = square();
    let (mut low, mut high) = (vec![0.0; 9], vec![f64::INFINITY; 9]);
    (low[7], high[7]) = (1.0, 2.0);
    let tables = problem(&system, &values, &[4, 5, 7, 8]).bounds(low, high).expect("sound");
    assert_eq!(ranges(&tables), [(4, 4.0, 5.0), (5, 2.0, 3.0), (7, 1.0, 2.0), (8, 1.0, 2.0)]);
}

#[test]
fn persons_in_several_parts_leave_a_sum_open_above_but_no_part_exceeds_its_total() {
    let system = System::new(3, [(2, vec![0, 1])]).expect("sound");
    let values = [6.0, 3.0, 8.0];
    let open = |unknown: &[u32]| problem(&system, &values, unknown).slack(vec![true]).expect("sound");
    assert_eq!(ranges(&open(&[0])), [(0, 5.0, 8.0)]);
    assert_eq!(ranges(&open(&[2])), [(2, 6.0, 9.0)]);
    assert_eq!(ranges(&open(&[0, 2])), [(0, 0.0, f64::INFINITY), (2, 3.0, f64::INFINITY)]);
    assert_eq!(ranges(&open(&[0, 1])), [(0, 0.0, 8.0), (1, 0.0, 8.0)]);
    assert_eq!(ranges(&open(&[])), []);
}

#[test]
fn a_signed_measure_has_no_limits_along_a_cycle() {
    let (system, values) = square();
    let (low, high) = (vec![f64::NEG_INFINITY; 9], vec![f64::INFINITY; 9]);
    let tables = problem(&system, &values, &[4, 5, 7, 8]).bounds(low, high).expect("sound");
    for (_, low, high) in ranges(&tables) {
        assert_eq!((low, high), (f64::NEG_INFINITY, f64::INFINITY));
    }
}

#[test]
fn large_sums_keep_small_differences() {
    let (system, mut values) = square();
    values.iter_mut().for_each(|value| *value *= 1e11);
    values[4] += 0.25;
    for cell in [0, 1, 3] {
        values[cell] += 0.25;
    }
    let found = ranges(&problem(&system, &values, &[4, 5, 7, 8]));
    let expected = [(3e11, 6e11), (1e11, 4e11), (0.0, 3e11), (0.0, 3e11)];
    for ((_, low, high), (least, most)) in found.into_iter().zip(expected) {
        assert!((low - least).abs() < 1e5 && (high - most).abs() < 1e5, "{low} {high}");
    }
}

#[test]
fn an_audit_tells_safe_from_unsafe_with_the_margin() {
    let (system, values) = square();
    let tables = problem(&system, &values, &[4, 5, 7, 8]);
    let demands = [
        Demand { cell: 4, low: 3.0, high: 6.0 },
        Demand { cell: 4, low: 2.0, high: 6.0 },
        Demand { cell: 7, low: 0.0, high: 5.0 },
        Demand { cell: 0, low: 10.0, high: 10.0 },
        Demand { cell: 0, low: 9.0, high: 10.0 },
    ];
    let found = audit(&tables, &demands, &Options::default()).expect("sound");
    let standings: Vec<Standing> = found.verdicts.iter().map(|verdict| verdict.standing).collect();
    assert_eq!(standings, [Standing::Safe, Standing::Unsafe, Standing::Unsafe, Standing::Safe, Standing::Unsafe]);
    let margins: Vec<f64> = found.verdicts.iter().map(|verdict| verdict.margin).collect();
    assert_eq!(margins, [0.0, -0.25, -0.4, 0.0, -1.0]);
    assert_eq!(found.worst, -1.0);
}

#[test]
fn a_demand_that_leaves_out_the_truth_is_refused() {
    let (system, values) = square();
    let tables = problem(&system, &values, &[4]);
    let demand = Demand { cell: 4, low: 5.0, high: 6.0 };
    assert_eq!(audit(&tables, &[demand], &Options::default()), Err(AuditError::BadDemand(4)));
}

#[test]
fn widening_a_single_cell_suppresses_the_cheapest_square_around_it() {
    let mut next = [4.0, 3.0, 2.0, 1.0, 5.0, 6.0, 7.0, 8.0, 9.0].into_iter();
    let system = grid(&[flat(3), flat(3)]);
    let values = fill(&system, || next.next().expect("nine"));
    let tables = problem(&system, &values, &[5]);
    let mut costs = vec![100.0; 16];
    for cell in [7, 13, 15] {
        costs[cell] = 1.0;
    }
    let demand = Demand { cell: 5, low: 3.0, high: 6.0 };
    let found = widen(&tables, &demand, &costs, &[true; 16], &Options::default()).expect("sound");
    assert_eq!(found, Some(vec![7, 13, 15]));
    let mut fixed = vec![true; 16];
    fixed[5..8].fill(false);
    fixed[4] = false;
    assert_eq!(widen(&tables, &demand, &costs, &fixed, &Options::default()), Ok(None));
}

#[test]
fn numbers_that_are_not_usable_are_errors_and_not_panics() {
    let (system, values) = square();
    assert_eq!(Problem::new(&system, vec![1.0], vec![true]).err(), Some(AuditError::Length));
    let tables = problem(&system, &values, &[4, 5, 7, 8]);
    assert_eq!(intervals(&tables, &[99], &Options::default()), Err(AuditError::NoSuchCell(99)));
    let (mut low, high) = (vec![0.0; 9], vec![f64::INFINITY; 9]);
    low[4] = 5.0;
    let outside = tables.clone().bounds(low, high).expect("sound");
    assert_eq!(intervals(&outside, &[4], &Options::default()), Err(AuditError::OutOfBounds(4)));
    let crossed = tables.clone().bounds(vec![1.0; 9], vec![0.0; 9]).expect("sound");
    assert!(matches!(intervals(&crossed, &[4], &Options::default()), Err(AuditError::BadNumber(_))));
    assert_eq!(tables.known(&[99]).err(), Some(AuditError::NoSuchCell(99)));
}
