#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::audit::{AuditLog, Fact, Name};
use crate::clock::FixedClock;

fn hash(n: u64) -> Hash {
    let mut hash = Hash::default();
    hash[8..].copy_from_slice(&n.to_be_bytes());
    hash
}

/// Columns of a record: region, department (which tells the region), sex, group.
const COLUMNS: usize = 4;
type Record = [u64; COLUMNS];

fn record() -> impl Strategy<Value = Record> {
    (0..6_u64, 0..2_u64, 0..3_u64).prop_map(|(department, sex, group)| [department / 2, department, sex, group])
}

/// The columns whose code follows from some.
fn path_of(finest: &BTreeSet<usize>) -> Vec<usize> {
    (0..COLUMNS).filter(|c| finest.contains(c) || *c == 0 && finest.contains(&1)).collect()
}

/// Shapes by their columns: never a region beside a department, which tells it.
fn shapes() -> impl Strategy<Value = Vec<BTreeSet<usize>>> {
    let one = (0..3_usize, any::<bool>(), any::<bool>()).prop_map(|(place, sex, group)| {
        let place = [None, Some(0), Some(1)][place];
        place.into_iter().chain(sex.then_some(2)).chain(group.then_some(3)).collect::<BTreeSet<usize>>()
    });
    prop::collection::btree_set(one, 1..5).prop_map(|shapes| shapes.into_iter().collect())
}

/// The tables of some shapes over some records, and the number of records in each cell. `turn` changes the order of everything
/// that a ledger numbers.
fn tables(records: &[Record], shapes: &[BTreeSet<usize>], turn: usize) -> (Tables, Vec<u64>) {
    let place = |column: usize| (column + turn) % COLUMNS;
    let mut tables = Tables { dataset: hash(1), ..Tables::default() };
    tables.columns = vec![Hash::default(); COLUMNS];
    (0..COLUMNS).for_each(|column| tables.columns[place(column)] = hash(100 + column as u64));
    let (mut counts, mut codes) = (Vec::new(), BTreeMap::new());
    for (at, finest) in shapes.iter().enumerate() {
        let path = path_of(finest);
        let numbers = |columns: Vec<usize>| columns.into_iter().map(|column| place(column) as u32).collect();
        let shape =
            Shape { finest: numbers(finest.iter().copied().collect()), path: numbers(path.clone()), shown: true };
        tables.shapes.push(shape);
        let mut cells: BTreeMap<Vec<u64>, u64> = BTreeMap::new();
        for record in records {
            *cells.entry(path.iter().map(|column| record[*column]).collect()).or_default() += 1;
        }
        for (key, count) in cells {
            let code = path.iter().zip(key).map(|(column, value)| {
                let hash = hash(1_000 * (1 + *column as u64) + value);
                *codes.entry(hash).or_insert_with(|| {
                    tables.codes.push(hash);
                    tables.codes.len() as u32 - 1
                })
            });
            tables.cells.push(Cell {
                shape: at as u32,
                codes: code.collect(),
                fate: if count < 11 { Fate::Unsafe } else { Fate::Published },
                counts: (count >= 11).then_some(Counts { records: count, persons: count }),
                within: None,
                sums: [].into(),
                shares: [].into(),
            });
            counts.push(count);
        }
    }
    (tables, counts)
}

/// What a cell asks of a record: by column, the value.
fn asked(tables: &Tables, cell: usize) -> BTreeMap<Hash, Hash> {
    let Cell { shape, codes, .. } = &tables.cells[cell];
    let shape = &tables.shapes[*shape as usize];
    let all = shape.path.iter().zip(codes).filter(|(column, _)| shape.finest.contains(column));
    all.map(|(column, code)| (tables.columns[*column as usize], tables.codes[*code as usize])).collect()
}

proptest! {
    #[test]
    fn what_is_tied_holds_for_the_records_that_both_releases_count(
        records in prop::collection::vec(record(), 1..40),
        ours in shapes(),
        theirs in shapes(),
    ) {
        let ((new, _), (old, counts)) = (tables(&records, &ours, 0), tables(&records, &theirs, 3));
        let tied = tie(&new, &[vec![0, 1]], &[], &old).unwrap();
        // Cells are the same where they ask the same, and only there.
        let of_new: BTreeMap<BTreeMap<Hash, Hash>, usize> =
            (0..new.cells.len()).map(|cell| (asked(&new, cell), cell)).collect();
        for cell in 0..old.cells.len() {
            let same = of_new.get(&asked(&old, cell)).map(|at| *at as u32);
            prop_assert_eq!(tied.same[cell], same);
        }
        prop_assert!(tied.absent.iter().all(|absent| !absent));
        // Every sum is one: cells that are made have the number that the first sum gives them.
        let mut numbers: Vec<Option<u64>> = counts.iter().copied().map(Some).collect();
        numbers.resize(tied.same.len(), None);
        let mut sums = tied.relations.clone();
        while !sums.is_empty() {
            let before = sums.len();
            sums.retain(|(total, parts)| {
                let sum: Option<u64> = parts.iter().map(|part| numbers[*part as usize]).sum();
                let Some(sum) = sum else { return true };
                let number = numbers[*total as usize].get_or_insert(sum);
                assert_eq!(*number, sum, "a sum does not hold");
                false
            });
            prop_assert!(sums.len() < before, "sums that begin nowhere");
        }
        // Each new shape that follows from an earlier one is there, cell for cell.
        for (at, shape) in ours.iter().enumerate() {
            let follows = theirs.iter().any(|fine| shape.iter().all(|column| path_of(fine).contains(column)));
            let cells = (0_u32..).zip(&new.cells).filter(|(_, cell)| cell.shape as usize == at);
            for (cell, _) in cells {
                prop_assert_eq!(tied.same.contains(&Some(cell)), follows);
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again(
        records in prop::collection::vec(record(), 0..30),
        shapes in shapes(),
        told in prop::collection::vec((0..3_u8, any::<[u64; 5]>()), 1..20),
        flags in any::<[bool; 3]>(),
    ) {
        let (mut tables, _) = tables(&records, &shapes, 1);
        (tables.sample, tables.estimates, tables.rows) = (flags[0], flags[1], flags[0] && flags[2]);
        tables.shapes[0].shown = flags[2];
        (tables.sums, tables.shares) = (vec![hash(7)], vec![hash(8), hash(9)]);
        let mut told = told.into_iter().cycle();
        if flags[1] {
            let (by, size, absent) = (ChangedBy::ALL[shapes.len() % 5], 5, flags[2].then_some((0, 4)));
            tables.changed = Some(Changed { by, size, parameters: hash(3), draw: hash(4), absent });
        }
        for cell in &mut tables.cells {
            let mut one = || told.next().unwrap();
            if cell.fate == Fate::Published && flags[1] {
                let (_, [low, high, ..]) = one();
                (cell.counts, cell.within) = (None, Some((low.min(high), low.max(high))));
            }
            let (kind, [records, persons, bits, ..]) = one();
            let [records, persons] = [records, persons].map(|n| n >> 11);
            cell.sums = [[Told::Nothing, Told::Withheld, Told::Shown(Sum { records, persons, bits })][kind as usize]].into();
            let mut share = || {
                let (kind, counts) = one();
                let [records, persons, others, of_records, of_persons] = counts.map(|n: u64| n >> 11);
                let share = Share { records, persons, others, of_records, of_persons };
                [Told::Nothing, Told::Withheld, Told::Shown(share)][kind as usize]
            };
            cell.shares = [share(), share()].into();
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let clock = Arc::new(FixedClock("2026-03-01T12:00:00Z".parse().unwrap()));
        let mut log = AuditLog::create(&path, "run", clock).unwrap();
        for (event, facts) in wire::events(&tables) {
            log.event(event, &facts).unwrap();
        }
        let name = |word| Fact::Name(Name::word(word));
        log.event(wire::RELEASE, &[("universe", name("u")), ("pipeline", name("p")), ("tables", Fact::Count(1))]).unwrap();
        let read = wire::releases(crate::audit::read(&path).unwrap(), 0).unwrap();
        prop_assert_eq!(read.len(), 1);
        prop_assert_eq!(&read[0].tables, &[tables]);
        prop_assert_eq!((read[0].universe.as_str(), read[0].state), ("u", State::Pending));
    }
}

#[test]
fn a_cell_that_is_not_there_was_of_nobody_and_one_that_is_gone_stays_in_its_sum() {
    let shapes = [BTreeSet::new(), BTreeSet::from([1])];
    let (then, now) = ([[0, 0, 0, 0], [0, 1, 0, 0]], [[0, 1, 0, 0], [1, 2, 0, 0]]);
    let ((new, _), (old, _)) = (tables(&now, &shapes, 0), tables(&then, &shapes, 0));
    // Total and departments 1 and 2; departments 0 and 1 before.
    let tied = tie(&new, &[vec![0, 1]], &[(0, vec![1, 2])], &old).unwrap();
    assert_eq!(tied.same, [Some(0), None, Some(1)]);
    assert_eq!(tied.absent, [false, false, true]);
    assert_eq!(tied.gone, [(0, 1)]);
    assert_eq!(tied.relations, [(0, vec![1, 2])]);
}

/// The same tables of a release that had no regions.
fn without_regions(mut tables: Tables) -> Tables {
    for cell in &mut tables.cells {
        let shape = &tables.shapes[cell.shape as usize];
        let codes = shape.path.iter().zip(&cell.codes).filter(|(column, _)| **column != 0).map(|(_, code)| *code);
        cell.codes = codes.collect();
    }
    tables.shapes.iter_mut().for_each(|shape| shape.path.retain(|column| *column != 0));
    tables
}

#[test]
fn departments_add_up_to_regions_that_only_the_new_release_has() {
    let [regions, departments] = [BTreeSet::from([0]), BTreeSet::from([1])];
    let now = [[0, 0, 0, 0], [0, 1, 0, 0], [1, 2, 0, 0], [1, 3, 0, 0]];
    let (new, _) = tables(&now, &[regions.clone(), departments.clone()], 0);
    let then = without_regions(tables(&now[..3], std::slice::from_ref(&departments), 0).0);
    let tied = tie(&new, &[vec![0, 1]], &[], &then).unwrap();
    // Departments 0, 1, 2 of then, and the two regions that they make.
    assert_eq!(tied.same, [Some(2), Some(3), Some(4), Some(0), Some(1)]);
    assert_eq!(tied.relations, [(3, vec![0, 1]), (4, vec![2])]);
    assert_eq!(tied.loose, []);
    // Nobody is in department 1 now: it was in either region.
    let (new, _) = tables(&[now[0], now[2]], &[regions, departments], 0);
    let tied = tie(&new, &[vec![0, 1]], &[], &then).unwrap();
    assert_eq!(tied.same, [Some(2), None, Some(3), Some(0), Some(1)]);
    assert_eq!(tied.relations, [(3, vec![0]), (4, vec![2])]);
    assert_eq!(tied.loose, [(3, vec![1]), (4, vec![1])]);
    // Without the levels nothing is known of regions.
    assert_eq!(tie(&new, &[], &[], &then).unwrap().same, [Some(2), None, Some(3)]);
}

#[test]
fn other_datasets_are_not_tied() {
    let (new, _) = tables(&[[0, 0, 0, 0]], &[BTreeSet::new()], 0);
    let old = Tables { dataset: hash(2), ..new.clone() };
    assert_eq!(tie(&new, &[vec![0, 1]], &[], &old), None);
}

#[test]
fn an_event_that_no_ledger_has_or_a_count_beside_a_suppressed_cell_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let clock = || Arc::new(FixedClock("2026-03-01T12:00:00Z".parse().unwrap()));
    let (mut suppressed, _) = tables(&[[0, 0, 0, 0]], &[BTreeSet::new()], 0);
    suppressed.cells[0].counts = Some(Counts { records: 3, persons: 3 });
    let cases = [vec![("rejected", Vec::new())], vec![(wire::PUBLISHED, Vec::new())], wire::events(&suppressed)];
    for (at, events) in cases.into_iter().enumerate() {
        let path = folder.path().join(at.to_string());
        let mut log = AuditLog::create(&path, "run", clock()).unwrap();
        for (event, facts) in &events {
            log.event(event, facts).unwrap();
        }
        let read = wire::releases(crate::audit::read(&path).unwrap(), 0);
        assert!(matches!(read, Err(LedgerError::NotALedger { .. })), "case {at}: {read:?}");
    }
}
