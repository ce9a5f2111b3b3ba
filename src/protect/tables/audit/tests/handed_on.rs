//! Tables that are found by elimination, and handed on.

use super::tables::{fill, flat, grid};
use crate::protect::tables::audit::*;
use crate::protect::tables::system::System;

/// Only what elimination finds, or what is handed on, counts.
const NOTHING_ELSE: Options = Options { bulk: Vec::new(), sizes: Vec::new(), largest: 0, exact: false };

/// A cube of 3 × 3 × 3 with margins in which the corners of a box, all but one of 3, are 20; the box is suppressed.
fn cube() -> (System, Vec<f64>, Vec<bool>, u32) {
    let system = grid(&[flat(3), flat(3), flat(3)]);
    let mut values = fill(&system, || 20.0);
    let (small, off) = (1 + 4 + 16, 17.0);
    // The small cell, and every total that it is in.
    for cell in (0..64_u32).filter(|cell| [1, 4, 16].iter().all(|stride| (cell / stride) % 4 <= 1)) {
        values[cell as usize] -= off;
    }
    let corner = |cell: u32| [1, 4, 16].iter().all(|stride| matches!((cell / stride) % 4, 1 | 2));
    let published = (0..64).map(|cell| !corner(cell)).collect();
    (system, values, published, small)
}

#[test]
fn the_corners_of_a_box_are_swapped_without_a_programme() {
    let (system, values, published, cell) = cube();
    let problem = Problem::new(&system, values, published).expect("sound");
    let demand = Demand { cell, low: 1.0, high: 10.0 };
    let found = audit(&problem, &[demand], &NOTHING_ELSE).expect("sound");
    assert_eq!((found.verdicts[0].standing, found.verdicts[0].method), (Standing::Safe, Method::Swap));
    assert!(found.tables.iter().all(|table| table.len() == 8) && !found.tables.is_empty());
}

#[test]
fn nobody_moves_by_more_than_the_others_have_room_for() {
    let (system, values, published, cell) = cube();
    let high = (0..64).map(|at| if at == 2 + 4 + 16 { values[at] + 4.0 } else { f64::INFINITY }).collect();
    let problem = Problem::new(&system, values, published).expect("sound").bounds(vec![0.0; 64], high).expect("sound");
    let within = Demand { cell, low: 1.0, high: 10.0 };
    assert!(audit(&problem, &[within], &NOTHING_ELSE).expect("sound").verdicts[0].is_safe());
    // Down by 3 the neighbour goes up by 3; no more than 4 would do.
    let tight = vec![0.0; 64];
    let mut most = vec![f64::INFINITY; 64];
    most[2 + 4 + 16] = problem.values[2 + 4 + 16] + 1.0;
    let problem = problem.bounds(tight, most).expect("sound");
    assert!(!audit(&problem, &[within], &NOTHING_ELSE).expect("sound").verdicts[0].is_safe());
}

#[test]
fn a_table_that_was_handed_on_counts_while_it_holds_and_no_longer() {
    let (system, values, published, cell) = cube();
    let demand = [Demand { cell, low: 1.0, high: 10.0 }];
    let problem = Problem::new(&system, values.clone(), published.clone()).expect("sound");
    let known = audit(&problem, &demand, &NOTHING_ELSE).expect("sound").tables;
    let again = audit_with(&problem, &demand, &NOTHING_ELSE, &known).expect("sound");
    assert_eq!((again.verdicts[0].standing, again.verdicts[0].method), (Standing::Safe, Method::Known));
    for corner in (0..64_u32).filter(|at| !published[*at as usize] && *at != cell) {
        let mut shown = published.clone();
        shown[corner as usize] = true;
        let problem = Problem::new(&system, values.clone(), shown).expect("sound");
        let found = audit_with(&problem, &demand, &NOTHING_ELSE, &known).expect("sound");
        assert!(!found.verdicts[0].is_safe(), "corner {corner} is published");
    }
}

#[test]
fn a_table_in_which_a_sum_or_a_bound_is_wrong_is_not_believed() {
    let (system, values, published, cell) = cube();
    let demand = [Demand { cell, low: 1.0, high: 10.0 }];
    let problem = Problem::new(&system, values.clone(), published.clone()).expect("sound");
    let forged = Tables::of(&[&[(cell, 7.0)], &[(cell, -2.0)], &[(cell, 7.0), (cell + 1, -7.0)]]);
    // The first corner is all that is not published, so that nothing else can be found.
    let mut alone = vec![true; 64];
    alone[cell as usize] = false;
    alone[cell as usize + 1] = false;
    let problem = Problem::new(&system, problem.values.clone(), alone).expect("sound");
    let found = audit_with(&problem, &demand, &NOTHING_ELSE, &forged).expect("sound");
    assert!(!found.verdicts[0].is_safe());
}
