#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use crate::summarise::{Amount, AmountTally, CategoryTally, KeySum, ShareTally};

mod brute;
mod earlier;
mod shares;
mod weighed;

use super::*;

use Status::{Published as O, Secondary as S};

const T: u64 = 11;
/// Too few persons.
const P: Status = Status::Primary(RuleName::Threshold);

fn threshold() -> Threshold {
    Threshold::new(T).unwrap()
}

#[test]
fn distances_count_the_sums_between_a_cell_and_the_nearest_unsafe_one() {
    // France is two regions of two departments each; 7 stands in no sum.
    let system = System::new(8, [(0, vec![1, 2]), (1, vec![3, 4]), (2, vec![5, 6])]).unwrap();
    let from: Vec<bool> = (0..8).map(|cell| cell == 3).collect();
    let near = [Some(2), Some(1), Some(2), Some(0), Some(1), Some(3), Some(3), None];
    assert_eq!(system.distances(&from), near);
    let beyond = near.map(|near| near.map_or(4, |near| u64::from(near.max(1))) * RATHER);
    assert_eq!(by_distance(&system, &from), beyond);
    assert_eq!(system.distances(&[false; 8]), [None; 8]);
    assert_eq!(by_distance(&system, &[false; 8]), [RATHER; 8]);
}

/// A cell of persons who are in no other.
fn apart(persons: u64) -> Cell {
    Cell {
        records: 2 * persons,
        persons,
        exclusive: persons,
        keys: KeySum::default(),
        amounts: [].into(),
        shares: [].into(),
        contributions: None,
        keyed: Box::default(),
    }
}

/// A table of (group, persons) whose groups have totals that are known, as the whole has.
struct Table {
    cells: Vec<Cell>,
    /// Totals of the groups, then of all.
    totals: Vec<Cell>,
    parts: Vec<Vec<u32>>,
}

fn seen(cells: &[Cell]) -> Shown {
    let Some(first) = cells.first() else { return Shown::default() };
    let shares = first.shares.iter().map(|share| vec![true; share.categories.len() - 1].into());
    Shown { cell: true, amounts: vec![true; first.amounts.len()].into(), shares: shares.collect(), groups: [].into() }
}

impl Table {
    fn new(cells: &[(u64, u64)]) -> Self {
        Self::of(cells.iter().map(|&(group, persons)| (group, apart(persons))).collect())
    }

    fn of(cells: Vec<(u64, Cell)>) -> Self {
        let (groups, cells): (Vec<u64>, Vec<Cell>) = cells.into_iter().unzip();
        let mut distinct = groups.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let of_group = |group: &u64| (0_u32..).zip(&groups).filter(|(_, g)| *g == group).map(|(at, _)| at).collect();
        let mut parts: Vec<Vec<u32>> = distinct.iter().map(of_group).collect();
        parts.push((0..cells.len() as u32).collect());
        parts.retain(|parts| !parts.is_empty());
        let totals = parts.iter().map(|parts| together(parts.iter().map(|at| &cells[*at as usize]))).collect();
        Self { cells, totals, parts }
    }

    fn plan(&self) -> SystemPlan {
        let (shown, unseen) = (seen(&self.cells), Shown::default());
        let cell = |(cell, known)| TableCell {
            known,
            ..TableCell::new(cell, if known { &unseen } else { &shown }, threshold())
        };
        let cells = self.cells.iter().map(|cell| (cell, false)).chain(self.totals.iter().map(|total| (total, true)));
        let relations = (self.cells.len() as u32..).zip(self.parts.clone()).collect();
        plan(&cells.map(cell).collect::<Vec<_>>(), relations).unwrap()
    }

    fn status(&self) -> Vec<Status> {
        let plan = self.plan();
        (0..self.cells.len()).map(|at| plan.status(at)).collect()
    }
}

/// The total of cells of which no two have a person in common.
fn together<'a>(cells: impl Iterator<Item = &'a Cell>) -> Cell {
    let mut cells = cells.cloned();
    let Some(mut total) = cells.next() else { return apart(0) };
    for cell in cells {
        total.records += cell.records;
        total.persons += cell.persons;
        total.exclusive += cell.exclusive;
        for (ours, theirs) in total.amounts.iter_mut().zip(&cell.amounts) {
            (ours.records, ours.persons) = (ours.records + theirs.records, ours.persons + theirs.persons);
        }
        for (ours, theirs) in total.shares.iter_mut().zip(&cell.shares) {
            (ours.records, ours.persons) = (ours.records + theirs.records, ours.persons + theirs.persons);
            for (ours, theirs) in ours.categories.iter_mut().zip(&theirs.categories) {
                ours.records += theirs.records;
                ours.persons += theirs.persons;
                ours.others += theirs.others;
            }
        }
    }
    total
}

/// How many cells are published, suppressed for themselves, and suppressed for others.
fn counts(status: &[Status]) -> [usize; 3] {
    [O, P, S].map(|which| status.iter().filter(|is| **is == which).count())
}

#[test]
fn ten_persons_with_twenty_records_are_suppressed_and_eleven_are_not() {
    assert_eq!(Table::new(&[(0, 10), (0, 10), (0, 11), (1, 11)]).status()[..2], [P, P]);
    assert_eq!(Table::new(&[(0, 11), (0, 12)]).status(), [O, O]);
}

#[test]
fn a_single_small_cell_takes_the_smallest_cell_of_its_group_that_hides_it() {
    // With 11, both would hold 14: whoever knows that the larger one has 11 or more knows that the small one has 3 at most.
    assert_eq!(Table::new(&[(0, 3), (0, 500), (0, 11), (0, 30), (1, 20)]).status(), [P, O, O, S, O]);
}

#[test]
fn the_smallest_cell_that_hides_another_is_found_in_its_own_group_and_ties_go_by_rank() {
    assert_eq!(Table::new(&[(0, 3), (0, 40), (0, 40), (1, 25), (1, 25)]).status(), [P, S, O, O, O]);
}

#[test]
fn two_small_cells_that_together_stay_small_are_not_enough() {
    assert_eq!(Table::new(&[(0, 5), (0, 5), (0, 40)]).status(), [P, P, S]);
    assert_eq!(Table::new(&[(0, 5), (0, 6), (0, 40)]).status(), [P, P, O]);
}

#[test]
fn eleven_cells_that_must_hold_one_person_each_are_not_enough() {
    let mut cells = vec![(0, 1); 11];
    cells.push((0, 100));
    assert_eq!(Table::new(&cells).status()[11], S);
}

#[test]
fn cells_that_must_all_hold_ten_persons_are_not_enough() {
    assert_eq!(Table::new(&[(0, 10), (0, 10), (0, 100)]).status(), [P, P, S]);
    assert_eq!(Table::new(&[(0, 10), (0, 9), (0, 100)]).status(), [P, P, S]);
}

#[test]
fn a_cell_of_five_persons_and_one_of_six_who_are_the_same_persons_are_not_taken_for_eleven() {
    let shared = |persons| Cell { exclusive: 0, ..apart(persons) };
    let table = Table::of(vec![(0, shared(5)), (0, shared(6)), (0, shared(50))]);
    assert_eq!(table.status(), [P, P, S]);
    assert_eq!(Table::new(&[(0, 5), (0, 6), (0, 50)]).status(), [P, P, O]);
}

#[test]
fn a_group_with_nothing_left_to_suppress_is_hidden_in_the_table_and_its_helper_in_its_own_group() {
    // Group 0 is one cell of 3. The table as a line takes the 25 of group 1, which takes the 60 of group 1.
    let table = Table::new(&[(0, 3), (1, 25), (1, 60), (1, 70), (2, 90)]);
    assert_eq!(table.status(), [P, S, S, O, O]);
    assert_eq!(table.plan().unprotected(), 1);
}

#[test]
fn a_table_without_small_cells_is_published_whole_and_an_empty_one_has_an_empty_plan() {
    assert_eq!(counts(&Table::new(&[(0, 11), (1, 11), (2, 11)]).status()), [3, 0, 0]);
    assert_eq!(counts(&Table::new(&[]).status()), [0, 0, 0]);
}

#[test]
fn a_cell_that_was_not_planned_is_not_published() {
    let plan = Table::new(&[(0, 50)]).plan();
    assert!(plan.publishes(0, Slot::Persons) && !plan.publishes(9, Slot::Persons));
    assert_eq!(plan.status(9), P);
}

#[test]
fn a_suppressed_cell_shows_no_measure_at_all() {
    let mut small = apart(3);
    small.shares = [shares(20, &[(0, 20)], 20)].into();
    let large = Cell { shares: [shares(60, &[(30, 30)], 30)].into(), ..apart(60) };
    let plan = Table::of(vec![(0, small), (0, large)]).plan();
    for slot in [Slot::Records, Slot::Persons, Slot::Sum(0), Slot::Mean(0), Slot::Share { column: 0, value: 0 }] {
        assert!(!plan.publishes(0, slot));
    }
}

#[test]
fn sums_of_cells_that_are_not_there_are_refused() {
    let (cell, shown) = (apart(50), Shown::default());
    let one = TableCell::new(&cell, &shown, threshold());
    assert_eq!(plan(&[one], vec![(0, vec![1])]).err(), Some(TableError::System(SystemError::NoSuchCell)));
}

#[test]
fn a_mean_over_ten_persons_with_a_value_is_suppressed_in_a_published_cell() {
    let amount = |persons| AmountTally { records: 40, persons, ..AmountTally::default() };
    let cell = Cell { amounts: [amount(10), amount(11)].into(), ..apart(50) };
    let plan = Table::of(vec![(0, cell)]).plan();
    let is = [Slot::Persons, Slot::Mean(0), Slot::Sum(0), Slot::Mean(1)].map(|slot| plan.publishes(0, slot));
    assert_eq!(is, [true, false, false, true]);
}

/// A share column: persons with a value, (persons, others) of each measured value, persons of the rest.
fn shares(persons: u64, measured: &[(u64, u64)], rest: u64) -> ShareTally {
    let category = |(persons, others): (u64, u64)| CategoryTally { records: persons, persons, others };
    let others = measured.iter().map(|(persons, _)| persons).sum();
    ShareTally {
        records: measured.iter().map(|(persons, _)| persons).sum::<u64>() + rest,
        persons,
        categories: measured.iter().copied().chain([(rest, others)]).map(category).collect(),
    }
}

fn published(tally: &ShareTally) -> Vec<bool> {
    let cell = Cell { shares: [tally.clone()].into(), ..apart(200) };
    let plan = Table::of(vec![(0, cell)]).plan();
    let share = |value| plan.publishes(0, Slot::Share { column: 0, value });
    (0..tally.categories.len() - 1).map(share).collect()
}

#[test]
fn a_share_shows_neither_few_who_have_a_value_nor_few_who_have_not() {
    assert_eq!(published(&shares(100, &[(10, 90)], 90)), [false]);
    assert_eq!(published(&shares(100, &[(90, 10)], 10)), [false]);
    assert_eq!(published(&shares(100, &[(89, 11)], 11)), [true]);
    assert_eq!(published(&shares(10, &[(5, 5)], 5)), [false], "too few with any value");
}

#[test]
fn a_share_of_nobody_is_published() {
    assert_eq!(published(&shares(100, &[(0, 100)], 100)), [true]);
    assert_eq!(published(&shares(10, &[(0, 10)], 10)), [false], "unless few have any value");
}

#[test]
fn persons_who_are_on_both_sides_do_not_hide_few_on_one_side() {
    // 100 persons with several records: all have the value once, 4 of them also another one.
    assert_eq!(published(&shares(100, &[(100, 4)], 4)), [false]);
}

#[test]
fn a_suppressed_share_cannot_be_found_from_the_other_shares_of_its_column() {
    // 50 %, 47 % and nothing else: the remaining 3 % would be known.
    assert_eq!(published(&shares(100, &[(50, 50), (47, 53), (3, 97)], 0)), [true, false, false]);
}

#[test]
fn values_that_no_share_asks_for_are_protected_as_well() {
    assert_eq!(published(&shares(100, &[(50, 50), (47, 53)], 3)), [true, false]);
    assert_eq!(published(&shares(100, &[(50, 50), (39, 61)], 11)), [true, true]);
}

/// What somebody finds out who knows all totals of groups and the grand total, the published cells, the status of the
/// others and the threshold: for every cell the range of persons it may have, narrowed until nothing changes.
fn attack(table: &Table, plan: &SystemPlan) -> Vec<(i64, i64)> {
    let (t, far) = (T as i64, 1 << 40);
    let persons = |at: usize| table.cells[at].persons as i64;
    let mut range: Vec<(i64, i64)> = (0..table.cells.len())
        .map(|at| match plan.word(at) {
            "publie" => (persons(at), persons(at)),
            "supprime_seuil" => (1, t - 1),
            "supprime_secondaire" => (t, far),
            _ => (0, far),
        })
        .collect();
    loop {
        let before = range.clone();
        for line in &table.parts {
            let line: Vec<usize> = line.iter().map(|at| *at as usize).collect();
            let total: i64 = line.iter().map(|&at| persons(at)).sum();
            for &at in &line {
                let others = |end: fn(&(i64, i64)) -> i64| -> i64 {
                    line.iter().filter(|&&other| other != at).map(|&other| end(&range[other])).sum()
                };
                let (low, high) = (total - others(|r| r.1), total - others(|r| r.0));
                range[at] = (range[at].0.max(low), range[at].1.min(high));
            }
        }
        if range == before {
            return range;
        }
    }
}

fn tables() -> impl Strategy<Value = Vec<(u64, u64)>> {
    // Small and barely large cells are what matters.
    let persons = prop_oneof![1_u64..T, T..T + 3, T..60];
    prop::collection::vec((0_u64..4, persons), 0..24)
}

proptest! {
    #[test]
    fn totals_of_groups_and_table_leave_no_cell_alone_and_no_few_persons_together(cells in tables()) {
        let table = Table::new(&cells);
        let status = table.status();
        let mut lines: Vec<Vec<usize>> = vec![(0..cells.len()).collect()];
        lines.extend((0..4).map(|group| (0..cells.len()).filter(|&at| cells[at].0 == group).collect()));
        for line in lines {
            let hidden: Vec<usize> = line.iter().copied().filter(|&at| status[at] != O).collect();
            if hidden.is_empty() || hidden.len() == line.len() {
                continue;
            }
            prop_assert!(hidden.len() >= 2);
            prop_assert!(hidden.iter().map(|&at| cells[at].1).sum::<u64>() >= T);
        }
    }

    #[test]
    fn somebody_who_knows_all_totals_learns_nothing_about_a_small_cell_beyond_its_being_small(cells in tables()) {
        let table = Table::new(&cells);
        let plan = table.plan();
        let range = attack(&table, &plan);
        for at in (0..cells.len()).filter(|at| plan.status(*at) == P) {
            let group = (0..cells.len()).filter(|&other| cells[other].0 == cells[at].0);
            // Where nothing of a group is published, its total is all there is, and it was known before.
            if group.into_iter().any(|other| plan.status(other) == O) {
                prop_assert!(range[at].0 <= 1 && range[at].1 >= T as i64 - 1, "{at}: {:?} in {:?}", range[at], plan);
            }
        }
    }

    #[test]
    fn no_cell_is_suppressed_for_others_where_none_is_small(cells in prop::collection::vec((0_u64..4, T..60), 0..24)) {
        prop_assert!(Table::new(&cells).status().iter().all(|is| *is == O));
    }

    #[test]
    fn what_published_shares_leave_over_is_nobody_or_not_few(persons in prop::collection::vec(0_u64..40, 1..5), rest in 0_u64..40) {
        let all = persons.iter().sum::<u64>() + rest;
        let measured: Vec<(u64, u64)> = persons.iter().map(|&of| (of, all - of)).collect();
        let is = published(&shares(all, &measured, rest));
        let left = all - persons.iter().zip(&is).filter(|(_, is)| **is).map(|(persons, _)| persons).sum::<u64>();
        prop_assert!(!is.contains(&true) || left == 0 || left >= T);
        for (&(of, others), _) in measured.iter().zip(&is).filter(|(_, is)| **is) {
            prop_assert!((of == 0 || of >= T) && (others == 0 || others >= T));
        }
    }
}

#[test]
fn a_cell_of_which_few_persons_do_not_leave_as_rows_is_not_published() {
    let counts = |persons| Cell {
        keyed: Box::default(),
        records: persons,
        persons,
        exclusive: persons,
        keys: KeySum::default(),
        amounts: [AmountTally { records: persons, persons, sum: Amount::from_i64(5) }].into(),
        shares: Box::default(),
        contributions: None,
    };
    let whole = counts(30);
    let shown = seen(std::slice::from_ref(&whole));
    let published = |left: Option<&Cell>, slot| {
        let cell = |left_over| TableCell { left_over, ..TableCell::new(&whole, &shown, threshold()) };
        // Nothing ties them, so nothing here is suppressed for the sake of another cell.
        plan(&[cell(left), cell(None)], Vec::new()).unwrap().publishes(0, slot)
    };
    for (left, safe) in [(0, true), (1, false), (10, false), (11, true), (30, true)] {
        assert_eq!(published(Some(&counts(left)), Slot::Persons), safe, "{left} left");
    }
    assert!(published(None, Slot::Persons), "no rows leave beside the table");

    // Twelve persons are left, of whom one has a value: the sum would tell it.
    let mut rest = counts(12);
    rest.amounts[0].persons = 1;
    assert!(published(Some(&rest), Slot::Persons));
    assert!(!published(Some(&rest), Slot::Sum(0)) && !published(Some(&rest), Slot::Mean(0)));
}
#[test]
fn a_group_that_is_no_longer_needed_is_published_whole() {
    // The second group hides nothing once all of the first is hidden, and one cell of it alone would follow from its total.
    let status = Table::new(&[(3, 1), (3, 11), (1, 12), (3, 1), (1, 11)]).status();
    assert_eq!((status[2], status[4]), (O, O));
}
