//! Tables by hand; the parts check random ones against the definition.

mod brute;
mod random;
mod tables;

use num_bigint::BigInt;
use num_traits::Zero;

use super::*;
use crate::protect::tables::system::System;
use tables::{Tables, flat, grouped, table};

fn free(cells: usize) -> Vec<Cell> {
    (0..cells).map(|cell| Cell { cost: 10 + cell as u64 % 7, ..Cell::default() }).collect()
}

fn with(system: &System, changes: &[(u32, Role)]) -> Vec<Cell> {
    let mut cells = free(system.cells());
    changes.iter().for_each(|(cell, role)| cells[*cell as usize].role = *role);
    cells
}

fn run(system: &System, cells: &[Cell]) -> Outcome {
    let outcome = Suppressor::new(system, cells, Options::default()).expect("as many cells").finish();
    brute::check(system, cells, &outcome, &[]);
    outcome
}

fn flags(outcome: &Outcome) -> Vec<bool> {
    outcome.statuses.iter().map(|status| *status != Status::Published).collect()
}

/// All cells of the table named by points, flagged.
fn mark(tables: &Tables, points: &[&[u32]]) -> Vec<bool> {
    let mut suppressed = vec![false; tables.names.len()];
    points.iter().for_each(|point| suppressed[tables.at(point) as usize] = true);
    suppressed
}

/// Suppressed cells of a sum.
fn unknown(system: &System, at: u32, suppressed: &[bool]) -> Vec<u32> {
    let relation = system.relation(at);
    let line = relation.parts.iter().chain([&relation.total]).copied();
    line.filter(|cell| suppressed[*cell as usize]).collect()
}

/// Suppressed cells of which each line has two or none, and one that follows all the same.
fn check_hidden_derivation(tables: &Tables, suppressed: &[bool], follows: &[u32]) {
    let system = tables.system();
    for at in 0..system.relations() as u32 {
        assert_ne!(unknown(&system, at, suppressed).len(), 1, "a line with one unknown cell is too easy");
    }
    assert_eq!(derivable(&system, suppressed), Ok(follows.to_vec()));
    // Protection has to find it, too.
    let roles = (0..).zip(suppressed).filter(|(_, s)| **s).map(|(cell, _)| (cell, Role::Primary));
    let outcome = run(&system, &with(&system, &roles.collect::<Vec<_>>()));
    assert!(outcome.statistics.secondary > 0);
    assert_eq!(derivable(&system, &flags(&outcome)), Ok(vec![]));
}

#[test]
fn two_suppressed_cells_per_line_are_not_enough_in_two_dimensions() {
    // Two blocks that meet in one cell: rows 1, 2 with columns 1, 2, and rows 3, 4 with columns 3, 4, tied by (2, 3).
    let tables = table(&[&flat(5), &flat(5)]);
    let blocks: [&[u32]; 9] = [&[1, 1], &[1, 2], &[2, 1], &[2, 2], &[3, 3], &[3, 4], &[4, 3], &[4, 4], &[2, 3]];
    check_hidden_derivation(&tables, &mark(&tables, &blocks), &[tables.at(&[2, 3])]);
}

#[test]
fn a_margin_may_follow_though_its_lines_have_several_unknown_cells() {
    // Rows 1 and 2 form one block, rows 4 and 5 another; two margins tie them, and nothing else does.
    let tables = table(&[&flat(5), &flat(4)]);
    let cells: [&[u32]; 7] = [&[1, 1], &[1, 2], &[2, 1], &[2, 2], &[2, 0], &[5, 0], &[5, 3]];
    let mut suppressed = mark(&tables, &cells);
    for point in [[4, 3], [4, 4], [5, 4]] {
        suppressed[tables.at(&point) as usize] = true;
    }
    check_hidden_derivation(&tables, &suppressed, &[tables.at(&[2, 0]), tables.at(&[5, 0])]);
}

#[test]
fn two_suppressed_cells_per_line_are_not_enough_in_three_dimensions() {
    let trees = [(flat(4), flat(4), flat(3)), (flat(3), flat(4), flat(4)), (grouped(&[2, 2]), flat(3), flat(3))];
    for (seed, (a, b, c)) in (1..).zip(&trees) {
        let tables = table(&[a, b, c]);
        let (suppressed, follows) = hidden_derivation(&tables.system(), seed);
        check_hidden_derivation(&tables, &suppressed, &follows);
    }
}

/// Draws suppressed cells, and publishes those that are alone in a line, until one of the rest follows from others.
fn hidden_derivation(system: &System, mut seed: u64) -> (Vec<bool>, Vec<u32>) {
    for attempt in 0..100_000 {
        let mut suppressed = vec![false; system.cells()];
        for flag in &mut suppressed {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *flag = (seed >> 33) % 100 < 25 + attempt % 25;
        }
        while let Some(at) = (0..system.relations() as u32).find(|at| unknown(system, *at, &suppressed).len() == 1) {
            unknown(system, at, &suppressed).iter().for_each(|cell| suppressed[*cell as usize] = false);
        }
        let follows = brute::derivable(system, &suppressed);
        let follows: Vec<u32> = (0..).zip(follows).filter(|(_, follows)| *follows).map(|(cell, _)| cell).collect();
        if !follows.is_empty() {
            return (suppressed, follows);
        }
    }
    panic!("no such table was found");
}

#[test]
fn tables_that_are_safe_alone_are_not_safe_together() {
    // Region × sex and region × age share the margin by region.
    let link = |tables: &mut Tables, second: bool| {
        tables.add(&[&flat(3), &flat(2)], |p| vec![p[0], p[1], 0]);
        if second {
            tables.add(&[&flat(3), &flat(2)], |p| vec![p[0], 0, p[1]]);
        }
    };
    let mut one = Tables::default();
    link(&mut one, false);
    // Region 1 and 2: one inner cell and the margin are unknown.
    let first: [&[u32]; 4] = [&[1, 1, 0], &[1, 0, 0], &[2, 1, 0], &[2, 0, 0]];
    assert_eq!(derivable(&one.system(), &mark(&one, &first)), Ok(vec![]));
    let mut both = Tables::default();
    link(&mut both, true);
    let follows = derivable(&both.system(), &mark(&both, &first)).expect("as many flags");
    assert_eq!(follows.len(), 4, "the second table shows all margins by its own sums");
    let system = both.system();
    let outcome = run(&system, &with(&system, &first.map(|point| (both.at(point), Role::Primary))));
    assert!(outcome.unprotected.is_empty() && outcome.statistics.secondary > 0);
}

#[test]
fn a_hierarchy_is_protected_on_all_levels() {
    let tables = table(&[&grouped(&[2, 3, 2]), &grouped(&[2, 2])]);
    let system = tables.system();
    let outcome =
        run(&system, &with(&system, &[(tables.at(&[4, 3]), Role::Primary), (tables.at(&[1, 0]), Role::Primary)]));
    assert!(outcome.unprotected.is_empty());
    assert_eq!(derivable(&system, &flags(&outcome)), Ok(vec![]));
}

#[test]
fn a_group_of_one_is_as_unsafe_as_its_only_part() {
    let tables = table(&[&grouped(&[1, 2])]);
    let system = tables.system();
    let outcome = run(&system, &with(&system, &[(tables.at(&[3]), Role::Primary)]));
    assert_eq!(outcome.statuses[tables.at(&[1]) as usize], Status::Secondary);
}

#[test]
fn the_cheaper_of_two_complements_is_taken() {
    let system = System::new(4, [(0, vec![1, 2, 3])]).expect("sound");
    let mut cells = with(&system, &[(1, Role::Primary)]);
    (cells[0].cost, cells[2].cost, cells[3].cost) = (9, 5, 4);
    assert_eq!(flags(&run(&system, &cells)), [false, true, false, true]);
    cells[2].cost = 3;
    assert_eq!(flags(&run(&system, &cells)), [false, true, true, false]);
    // Ties go to the lowest number.
    (cells[0].cost, cells[2].cost, cells[3].cost) = (3, 3, 3);
    assert_eq!(flags(&run(&system, &cells)), [true, true, false, false]);
}

#[test]
fn forced_cells_are_published_and_what_they_reveal_is_told() {
    let tables = table(&[&flat(2), &flat(2)]);
    let system = tables.system();
    let inner = tables.at(&[1, 1]);
    let mut cells = with(&system, &[(inner, Role::Primary), (tables.at(&[1, 2]), Role::Forced)]);
    cells[tables.at(&[1, 0]) as usize].cost = 1_000_000;
    let outcome = run(&system, &cells);
    assert_eq!(outcome.statuses[tables.at(&[1, 0]) as usize], Status::Secondary, "the only complement left");
    cells[tables.at(&[1, 0]) as usize].role = Role::Forced;
    cells[tables.at(&[2, 2]) as usize].role = Role::Primary;
    let outcome = run(&system, &cells);
    assert_eq!(outcome.unprotected, [inner]);
    assert!(outcome.statistics.secondary > 0, "the other unsafe cell is protected");
}

#[test]
fn a_virtual_cell_costs_nothing_and_ties_tables() {
    // The parts of an unseen total are unknown together.
    let system = System::new(4, [(0, vec![1, 2]), (3, vec![1, 2])]).expect("sound");
    let cells = with(&system, &[(1, Role::Primary), (0, Role::Virtual)]);
    let outcome = run(&system, &cells);
    assert_eq!(outcome.statistics.secondary, 1, "the second total is seen, the first is not");
    let system = System::new(3, [(0, vec![1, 2])]).expect("sound");
    let outcome = run(&system, &with(&system, &[(1, Role::Primary), (0, Role::Virtual)]));
    assert_eq!((outcome.statistics.secondary, outcome.statistics.cost), (0, 0));
}

#[test]
fn a_single_contributor_does_not_derive_another() {
    let system = System::new(5, [(0, vec![1, 2, 3, 4])]).expect("sound");
    let mut cells = with(&system, &[(1, Role::Primary), (2, Role::Primary)]);
    assert_eq!(run(&system, &cells).statistics.secondary, 0);
    cells[1].singleton = Some(77);
    assert_eq!(run(&system, &cells).statistics.secondary, 1, "contributor 77 would know cell 2");
    cells[2].singleton = Some(77);
    assert_eq!(run(&system, &cells).statistics.secondary, 0, "both cells are his");
    cells[2].singleton = Some(78);
    cells[0].role = Role::Forced;
    cells[3].role = Role::Forced;
    cells[4].role = Role::Forced;
    assert_eq!(run(&system, &cells).exposed, [(1, 78), (2, 77)]);
}

#[test]
fn a_contributor_of_several_cells_knows_them_all() {
    let system = System::new(5, [(0, vec![1, 2, 3, 4])]).expect("sound");
    let mut cells = with(&system, &[(1, Role::Primary), (2, Role::Primary), (3, Role::Primary)]);
    cells[1].singleton = Some(5);
    assert_eq!(run(&system, &cells).statistics.secondary, 0);
    cells[2].singleton = Some(5);
    assert_eq!(run(&system, &cells).statistics.secondary, 1);
}

#[test]
fn suppressing_the_result_again_changes_nothing() {
    let tables = table(&[&grouped(&[3, 3]), &flat(4)]);
    let system = tables.system();
    let mut cells = with(&system, &[(tables.at(&[4, 2]), Role::Primary), (tables.at(&[7, 1]), Role::Primary)]);
    let first = run(&system, &cells);
    for (cell, status) in cells.iter_mut().zip(&first.statuses) {
        if *status == Status::Secondary {
            cell.role = Role::Primary;
        }
    }
    let again = run(&system, &cells);
    assert_eq!(flags(&first), flags(&again));
    assert_eq!(again.statistics.secondary, 0);
}

#[test]
fn cells_can_be_added_and_are_of_use() {
    let tables = table(&[&flat(3), &flat(3)]);
    let system = tables.system();
    let cells = with(&system, &[(tables.at(&[1, 1]), Role::Primary)]);
    let mut suppressor = Suppressor::new(&system, &cells, Options::default()).expect("as many cells");
    let before: Vec<Status> = suppressor.statuses().to_vec();
    let more = (0..16).find(|cell| before[*cell as usize] == Status::Published).expect("some are published");
    assert_eq!(suppressor.suppress_also(&[more]), Ok(()));
    for (before, after) in before.iter().zip(suppressor.statuses()) {
        assert!(*before == Status::Published || before == after, "what was suppressed stays so");
    }
    let outcome = suppressor.finish();
    assert_eq!(outcome.statuses[more as usize], Status::Secondary);
    assert_eq!(derivable(&system, &flags(&outcome)), Ok(vec![]), "a derivable helper helps nobody");
}

#[test]
fn cells_that_cannot_be_added_are_refused_and_nothing_changes() {
    let system = System::new(3, [(0, vec![1, 2])]).expect("sound");
    let cells = with(&system, &[(2, Role::Forced)]);
    let mut suppressor = Suppressor::new(&system, &cells, Options::default()).expect("as many cells");
    assert_eq!(suppressor.suppress_also(&[1, 2]), Err(GaussError::Forced(2)));
    assert_eq!(suppressor.suppress_also(&[1, 3]), Err(GaussError::NoSuchCell(3)));
    assert!(suppressor.statuses().iter().all(|status| *status == Status::Published));
    let short = Suppressor::new(&system, &cells[..2], Options::default());
    assert_eq!(short.err(), Some(GaussError::Length { system: 3, given: 2 }));
    assert_eq!(derivable(&system, &[true]), Err(GaussError::Length { system: 3, given: 1 }));
}

#[test]
fn a_formula_gives_the_value_of_a_derived_cell() {
    // Every table that fits satisfies it; here one with values 1, 2, 3, ….
    let tables = table(&[&flat(5), &flat(5)]);
    let blocks: [&[u32]; 9] = [&[1, 1], &[1, 2], &[2, 1], &[2, 2], &[3, 3], &[3, 4], &[4, 3], &[4, 4], &[2, 3]];
    let suppressed = mark(&tables, &blocks);
    let system = tables.system();
    let inner = |row: u32, column: u32| i64::from(row * row * 7 + column * 3 + row * column);
    let value = |point: &[u32]| -> i64 {
        let range = |node: u32| if node == 0 { 1..=5 } else { node..=node };
        range(point[0]).flat_map(|row| range(point[1]).map(move |column| inner(row, column))).sum()
    };
    let values: std::collections::BTreeMap<u32, i64> = tables.names.iter().map(|(p, cell)| (*cell, value(p))).collect();
    let cell = tables.at(&[2, 3]);
    let found = formula(&system, &suppressed, cell).expect("as many flags").expect("it follows");
    assert!(found.terms.iter().all(|(cell, _)| !suppressed[*cell as usize]));
    let sum: BigInt = found.terms.iter().map(|(cell, factor)| factor * values[cell]).sum();
    assert!(!found.divisor.is_zero());
    assert_eq!(sum, found.divisor * values[&cell]);
    assert_eq!(formula(&system, &suppressed, tables.at(&[1, 1])), Ok(None));
}

#[test]
fn a_forged_proof_does_not_pass() {
    let tables = table(&[&flat(3), &flat(3)]);
    let system = tables.system();
    let outcome = run(&system, &with(&system, &[(tables.at(&[1, 1]), Role::Primary)]));
    let verify = |proof: &Proof, statuses: &[Status]| proof.verify(&system, statuses, &[]);
    assert_eq!(verify(&outcome.proof, &outcome.statuses), Ok(()));
    let unsafe_cell = tables.at(&[1, 1]);
    assert_eq!(verify(&Proof::default(), &outcome.statuses), Err(ProofError::Unchanged(unsafe_cell)));
    let secondary = (0..16).find(|cell| outcome.statuses[*cell as usize] == Status::Secondary).expect("one");
    let mut statuses = outcome.statuses.clone();
    statuses[secondary as usize] = Status::Published;
    assert_eq!(verify(&outcome.proof, &statuses), Err(ProofError::NotSuppressed(secondary)));
    let mut other = Proof::default();
    other.push(unsafe_cell, 1);
    assert!(matches!(verify(&other, &outcome.statuses), Err(ProofError::Sum(_))));
    assert_eq!(verify(&outcome.proof, &statuses[1..]), Err(ProofError::Length));
}

#[test]
fn changes_beyond_machine_words_are_exact() {
    // Each cell is the sum of all before it: doubling 80 times.
    let chain = (2..82_u32).map(|cell| (cell, (0..cell).collect::<Vec<u32>>()));
    let system = System::new(82, chain).expect("sound");
    let cells = vec![Cell { role: Role::Primary, ..Cell::default() }; 82];
    let outcome = Suppressor::new(&system, &cells, Options::default()).expect("as many cells").finish();
    assert_eq!(outcome.proof.verify(&system, &outcome.statuses, &outcome.unprotected), Ok(()));
    assert!(outcome.proof.changes().any(|(_, change)| change.bits() > 64));
    assert!(outcome.unprotected.is_empty());
}
