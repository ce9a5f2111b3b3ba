//! Single stages: verification of witnesses, walks, regions.

use super::tables::{fill, flat, grid};
use crate::protect::tables::audit::lp::{Optimum, Outside, Program};
use crate::protect::tables::audit::model::Model;
use crate::protect::tables::audit::region::{Components, From, Grower, Region};
use crate::protect::tables::audit::walk::Walk;
use crate::protect::tables::audit::witness::Checker;
use crate::protect::tables::audit::*;

/// The cube of ones with all inner cells unknown: eight variables.
fn cube(by: f64) -> Model {
    let system = grid(&[flat(2), flat(2), flat(2)]);
    let values = fill(&system, || by);
    let inner = |cell: usize| ![cell, cell / 3, cell / 9].iter().any(|code| code.is_multiple_of(3));
    let published = (0..27).map(|cell| !inner(cell)).collect();
    let problem = Problem::new(&system, values, published).expect("sound");
    Model::new(&problem, |cell| inner(cell as usize)).expect("sound")
}

/// Deviations of the cube's corners: alternating by parity.
fn corners(by: f64) -> Vec<f64> {
    (0..8_u32).map(|at| if at.count_ones() % 2 == 0 { by } else { -by }).collect()
}

#[test]
fn a_witness_must_keep_every_row_and_every_bound() {
    let model = cube(1.0);
    let vars: Vec<u32> = (0..8).collect();
    let mut checker = Checker::new(&model);
    assert!(checker.verify(&model, &vars, &corners(1.0), 1.0).is_some());
    assert!(checker.verify(&model, &vars, &corners(-1.0), 1.0).is_some());
    assert_eq!(checker.verify(&model, &vars, &corners(2.0), 1.0), None, "a value below zero");
    let mut uneven = corners(1.0);
    uneven[7] = 0.0;
    assert_eq!(checker.verify(&model, &vars, &uneven, 1.0), None, "a sum that is missed by one");
    let mut slightly = corners(0.5);
    slightly[7] += 1e-4;
    assert_eq!(checker.verify(&model, &vars, &slightly, 1.0), None, "a sum that is missed by a little");
    assert_eq!(checker.verify(&model, &vars, &corners(f64::NAN), 1.0), None);
    assert_eq!(checker.verify(&model, &vars[..7], &corners(1.0)[..7], 1.0), None, "a cell left where it was");
}

#[test]
fn whole_numbers_are_cleared_of_rounding() {
    let model = cube(1.0);
    let vars: Vec<u32> = (0..8).collect();
    let almost: Vec<f64> = corners(1.0).iter().map(|by| by * (1.0 - 1e-9)).collect();
    let witness = Checker::new(&model).verify(&model, &vars, &almost, 1.0).expect("a witness");
    assert!(witness.iter().zip(corners(1.0)).all(|((_, found), by)| *found == by));
}

#[test]
fn a_walk_goes_to_one_corner_and_then_to_the_other() {
    let model = cube(3.0);
    let region = Region { vars: (0..8).collect(), whole: true };
    let program = Program::new(&model, &region, Outside::Fixed);
    let mut walk = Walk::new(&program);
    assert!(walk.push(0, true, 3.0));
    assert_eq!(walk.point(), corners(3.0));
    assert!(walk.push(0, false, -2.0));
    assert_eq!(walk.point(), corners(-2.0));
    assert!(!walk.push(0, false, -4.0), "beyond what the cube allows");
    assert!(program.holds(walk.point(), 1e-9));
}

#[test]
fn walks_go_as_far_as_the_solver_in_random_regions() {
    let mut seed = 1_u64;
    let mut draw = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as f64 / f64::from(1_u32 << 31)
    };
    let (mut same, mut all) = (0, 0);
    for _ in 0..60 {
        let system = grid(&[flat(5), flat(4), flat(3)]);
        let values = fill(&system, || (draw() * 8.0).floor());
        let published: Vec<bool> = values.iter().map(|_| draw() < 0.3).collect();
        let problem = Problem::new(&system, values, published.clone()).expect("sound");
        let model = Model::new(&problem, |cell| !published[cell as usize]).expect("sound");
        let components = Components::new(&model);
        let mut grower = Grower::new(&model);
        let mut region = grower.grow(&model, &components, 0, (30, From::Cell), |_| 0);
        grower.prune(&model, &mut region);
        for at in 0..region.vars.len() {
            let mut program = Program::new(&model, &region, Outside::Fixed);
            program.costs[at] = -1.0;
            let Optimum::Point(point) = program.maximise(1.0) else { panic!("the solver failed") };
            let mut walk = Walk::new(&program);
            walk.push(at, false, program.bounds[at].0);
            assert!(program.holds(walk.point(), 1e-9), "a walk left the tables");
            assert!(walk.point()[at] >= point[at] - 1e-6, "a walk beyond the optimum");
            same += usize::from(walk.point()[at] <= point[at] + 1e-6);
            all += 1;
        }
    }
    assert!(all > 300 && same * 100 > all * 98, "{same} of {all}");
}

#[test]
fn what_stands_alone_in_a_line_is_pruned_from_a_region() {
    let system = grid(&[flat(3), flat(3)]);
    let values = fill(&system, || 2.0);
    // A square at (1, 1) to (2, 2), and a cell at (3, 3) alone.
    let open = [5, 6, 9, 10, 15];
    let published = (0..16).map(|cell| !open.contains(&cell)).collect();
    let problem = Problem::new(&system, values, published).expect("sound");
    let model = Model::new(&problem, |cell| open.contains(&(cell as usize))).expect("sound");
    let mut region = Region { vars: (0..5).collect(), whole: false };
    Grower::new(&model).prune(&model, &mut region);
    assert_eq!(region.vars, [0, 1, 2, 3]);
    let grown = Grower::new(&model).grow(&model, &Components::new(&model), 3, (2, From::Cell), |_| 0);
    assert_eq!(grown.vars.len(), 2);
    assert!(!grown.whole && grown.vars.contains(&3));
}

#[test]
fn cells_the_intruder_knows_are_neither_suppressed_nor_proposed() {
    let system = grid(&[flat(3), flat(3)]);
    let values = fill(&system, || 3.0);
    let mut problem = Problem::new(&system, values, vec![true; 16]).expect("sound").known(&[6, 10]).expect("sound");
    assert_eq!(problem.suppress(&[5, 6, 99, 5]), [5]);
    let demand = Demand { cell: 5, low: 1.0, high: 5.0 };
    let found = widen(&problem, &demand, &[1.0; 16], &[true; 16], &Options::default()).expect("sound");
    let found = found.expect("a way around");
    assert!(found.len() >= 3 && !found.contains(&6) && !found.contains(&10), "{found:?}");
    problem.suppress(&found);
    assert!(audit(&problem, &[demand], &Options::default()).expect("sound").verdicts[0].is_safe());
}

#[test]
fn where_no_neighbour_has_room_a_cell_is_widened_through_its_totals() {
    // Sixty places in which one person each is of the rarest kind, and nobody can be fewer.
    let system = grid(&[flat(60), flat(3)]);
    let mut kinds = (0..).map(|at| if at % 3 == 2 { 1.0 } else { 50.0 });
    let values = fill(&system, || kinds.next().expect("endless"));
    let (rare, is_total) = (4 + 3, |cell: usize| cell < 4 || cell.is_multiple_of(4));
    let published: Vec<bool> = (0..values.len()).map(|cell| cell != rare).collect();
    let (least, most) = (vec![1.0; values.len()], vec![f64::INFINITY; values.len()]);
    let problem =
        Problem::new(&system, values, published).and_then(|problem| problem.bounds(least, most)).expect("sound");
    let costs: Vec<f64> = (0..244).map(|cell| if is_total(cell) { 1000.0 } else { 10.0 }).collect();
    let may: Vec<bool> = (0..244).map(|cell| cell != 0).collect();
    let demand = Demand { cell: rare as u32, low: 1.0, high: 8.0 };
    let options = Options { sizes: vec![8], largest: 16, ..Options::default() };
    let found = widen(&problem, &demand, &costs, &may, &options).expect("sound").expect("a way");
    // The total of the rare kind rises, and a common one falls in the same place and in all.
    assert!(found.contains(&3) && found.iter().filter(|cell| **cell < 4).count() == 2, "{found:?}");
}
