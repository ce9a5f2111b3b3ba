//! Random tables against the definition.

use proptest::prelude::*;

use super::super::*;
use super::brute;
use super::tables::{Tables, flat, grouped, table};
use crate::protect::tables::system::System;

fn tables() -> impl Strategy<Value = Tables> {
    let two = (2..5_u32, 2..5_u32).prop_map(|(a, b)| table(&[&flat(a), &flat(b)]));
    let three = (2..3_u32, 2..3_u32, 2..4_u32).prop_map(|(a, b, c)| table(&[&flat(a), &flat(b), &flat(c)]));
    let groups = (prop::collection::vec(1..4_u32, 1..4), 2..4_u32);
    let tree = groups.prop_map(|(groups, parts)| table(&[&grouped(&groups), &flat(parts)]));
    let linked = (2..4_u32, 2..4_u32, 2..4_u32).prop_map(|(a, b, c)| {
        let mut tables = Tables::default();
        tables.add(&[&flat(a), &flat(b)], |p| vec![p[0], p[1], 0]);
        tables.add(&[&flat(a), &flat(c)], |p| vec![p[0], 0, p[1]]);
        tables
    });
    prop_oneof![two, three, tree, linked]
}

fn cell(unsafe_share: u32, forced: u32, singletons: u32) -> impl Strategy<Value = Cell> {
    let role = (0..100_u32).prop_map(move |roll| match roll {
        roll if roll < unsafe_share => Role::Primary,
        roll if roll < unsafe_share + forced => Role::Forced,
        97.. => Role::Virtual,
        _ => Role::Free,
    });
    let singleton = (0..100_u32, 0..3_u64).prop_map(move |(roll, id)| (roll < singletons).then_some(id));
    (role, 0..8_u64, singleton).prop_map(|(role, cost, singleton)| Cell { role, cost, singleton })
}

fn case() -> impl Strategy<Value = (Tables, Vec<Cell>)> {
    let shares = (prop::sample::select(vec![4, 12, 30, 55]), prop::sample::select(vec![0, 10, 40]));
    (tables(), shares, prop::sample::select(vec![0, 10, 30])).prop_flat_map(|(tables, (share, forced), singletons)| {
        let size = tables.names.len();
        (Just(tables), prop::collection::vec(cell(share, forced, singletons), size))
    })
}

fn suppress(system: &System, cells: &[Cell]) -> Outcome {
    Suppressor::new(system, cells, Options::default()).expect("as many cells").finish()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_unsafe_cell_is_protected_and_no_secondary_cell_is_idle((tables, cells) in case()) {
        let system = tables.system();
        brute::check(&system, &cells, &suppress(&system, &cells), &[]);
    }

    #[test]
    fn the_order_of_the_sums_does_not_matter((tables, cells) in case(), turn in 0..100_usize) {
        let first = suppress(&tables.system(), &cells);
        let mut other = tables.clone();
        let turn = turn % other.relations.len();
        other.relations.rotate_left(turn);
        other.relations.reverse();
        let twice = other.relations[0].clone();
        other.relations.push(twice);
        prop_assert_eq!(first, suppress(&other.system(), &cells));
    }

    #[test]
    fn derivable_cells_are_those_of_the_definition((tables, cells) in case()) {
        let system = tables.system();
        let suppressed: Vec<bool> = cells.iter().map(|cell| cell.role != Role::Free).collect();
        let found = derivable(&system, &suppressed).expect("as many flags");
        let expected = brute::derivable(&system, &suppressed);
        let expected: Vec<u32> = (0..).zip(expected).filter(|(_, follows)| *follows).map(|(cell, _)| cell).collect();
        prop_assert_eq!(&found, &expected);
        for cell in 0..cells.len() as u32 {
            let formula = formula(&system, &suppressed, cell).expect("as many flags");
            prop_assert_eq!(formula.is_some(), !suppressed[cell as usize] || expected.contains(&cell));
        }
    }

    #[test]
    fn cells_added_later_are_protected_as_well((tables, cells) in case(), more in prop::collection::vec(0..20_u32, 1..3)) {
        let system = tables.system();
        let mut suppressor = Suppressor::new(&system, &cells, Options::default()).expect("as many cells");
        let before = suppressor.statuses().to_vec();
        let more: Vec<u32> = more.into_iter().map(|cell| cell % cells.len() as u32).collect();
        let more: Vec<u32> = more.into_iter().filter(|cell| cells[*cell as usize].role == Role::Free).collect();
        prop_assert_eq!(suppressor.suppress_also(&more), Ok(()));
        let outcome = suppressor.finish();
        let mut kept = more.clone();
        for (cell, status) in (0..).zip(&before).filter(|(_, status)| **status != Status::Published) {
            prop_assert_eq!(outcome.statuses[cell as usize], *status);
            kept.push(cell);
        }
        // Cells that only serve the added ones are kept with them.
        let suppressed: Vec<bool> = outcome.statuses.iter().map(|status| *status != Status::Published).collect();
        let everything: Vec<bool> = cells.iter().map(|cell| cell.role != Role::Forced).collect();
        let (follows, always) = (brute::derivable(&system, &suppressed), brute::derivable(&system, &everything));
        for cell in &more {
            prop_assert_eq!(outcome.statuses[*cell as usize], Status::Secondary);
            prop_assert!(!follows[*cell as usize] || always[*cell as usize]);
        }
        kept.extend((0..cells.len() as u32).filter(|cell| before[*cell as usize] == Status::Published));
        brute::check(&system, &cells, &outcome, &kept);
    }
}
