//! Rules on contributors, where what is suppressed of a line is one number more.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::config::{Concentration, Measure, Percentage};
use crate::protect::tables::{AskedOfContributors, Weighing};
use crate::summarise::{BucketCells, Layout};

/// A record: person, cell, amount; sorted by person.
type Row = (u32, u64, i64);

/// The rows of `persons` with one amount each in one cell.
fn each(persons: std::ops::Range<u32>, cell: u64, amount: i64) -> Vec<Row> {
    persons.map(|person| (person, cell, amount)).collect()
}

fn layout() -> Layout {
    Layout::new(&[Measure::Sum(0)]).with_contributions(2, None)
}

/// What is counted of rows, the cell of each being told.
fn counted(rows: &[Row], cell_of: impl Fn(u64) -> u64) -> Vec<Cell> {
    let layout = layout();
    let mut sorted = rows.to_vec();
    sorted.sort_unstable();
    let mut bucket = BucketCells::new(&layout);
    for (person, cell, amount) in sorted {
        bucket.row((person, 0), &[cell_of(cell)], &[Some(Amount::from_i64(amount))], &[], None).unwrap();
    }
    let cells = bucket.finish();
    let sorted: BTreeMap<u64, Cell> = cells.iter().map(|(key, cell)| (key[0], cell.clone())).collect();
    sorted.into_values().collect()
}

fn dominance(percent: &str) -> Weighing {
    let percent: Percentage = Percentage::of_text(percent).unwrap();
    let concentration = Concentration { dominance: vec![(1, percent)], ..Concentration::default() };
    let asked = AskedOfContributors { concentration: &concentration, held: false, holdings: None };
    Weighing::new([asked].into_iter()).unwrap().unwrap()
}

/// A line: what its parts and its total are judged by.
struct Line {
    rows: Vec<Row>,
    thresholds: [u64; 2],
    weighing: [Option<Weighing>; 2],
}

impl Line {
    /// Which parts show their sum, and which show that they are there.
    fn published(&self) -> (Vec<bool>, Vec<bool>) {
        let (parts, total) = (counted(&self.rows, |cell| cell), counted(&self.rows, |_| 0).remove(0));
        let shown = Shown { cell: true, amounts: [true].into(), ..Shown::default() };
        let cell = |cell, place: usize| TableCell {
            known: place == 1,
            weighed: self.weighing[place].as_ref().map(|of| of.weigh(cell, None, false, &[false]).unwrap()),
            ..TableCell::new(cell, &shown, Threshold::new(self.thresholds[place]).unwrap())
        };
        let cells: Vec<TableCell<'_>> = parts.iter().map(|part| cell(part, 0)).chain([cell(&total, 1)]).collect();
        let plan = plan(&cells, vec![(parts.len() as u32, (0..parts.len() as u32).collect())]).unwrap();
        assert_eq!(plan.unprotected(), 0);
        let published = |slot| (0..parts.len()).map(|at| plan.publishes(at, slot)).collect();
        (published(Slot::Sum(0)), published(Slot::Persons))
    }

    /// The percentage of the largest contributor to the sums that are not shown, of all that is not shown.
    fn largest_of_hidden(&self, published: &[bool]) -> i64 {
        let of: BTreeSet<u64> = self.rows.iter().map(|(_, cell, _)| *cell).collect();
        let hidden: BTreeSet<u64> =
            of.into_iter().zip(published).filter(|(_, is)| !**is).map(|(cell, _)| cell).collect();
        let mut persons: BTreeMap<u32, i64> = BTreeMap::new();
        for (person, _, amount) in self.rows.iter().filter(|(_, cell, _)| hidden.contains(cell)) {
            *persons.entry(*person).or_default() += amount;
        }
        100 * persons.values().max().unwrap() / persons.values().sum::<i64>()
    }
}

/// Person 0 makes nearly all of the first cell and, as is allowed, most of the second, which few would miss.
fn one_person_in_two_cells() -> Vec<Row> {
    let small = [vec![(0, 0, 1000)], each(1..12, 0, 1), vec![(0, 1, 230)], each(20..34, 1, 5)];
    [small.concat(), each(100..140, 2, 100), each(200..260, 3, 100)].concat()
}

#[test]
fn sums_of_which_one_person_has_most_together_are_not_hidden_behind_one_another_alone() {
    let rules = || Some(dominance("80"));
    // Where the total is shown by a table without rules, it is the rules of the parts that count.
    for of_total in [rules(), None] {
        let line = Line { rows: one_person_in_two_cells(), thresholds: [T, T], weighing: [rules(), of_total] };
        let (sums, cells) = line.published();
        assert!(!sums[0] && sums.contains(&true) && !cells.contains(&false), "{sums:?}");
        let largest = line.largest_of_hidden(&sums);
        assert!(largest <= 80, "{largest} % of what is hidden is one person's: {sums:?}");
    }
}

#[test]
fn parts_that_few_are_in_together_stay_hidden_though_their_total_has_a_lower_threshold() {
    let rows = [each(0..12, 0, 1), each(20..25, 1, 1), each(100..140, 2, 1), each(200..260, 3, 1)].concat();
    let hidden = |thresholds: [u64; 2]| {
        let (_, cells) = Line { rows: rows.clone(), thresholds, weighing: [None, None] }.published();
        cells.iter().filter(|is| !**is).count()
    };
    assert_eq!(hidden([20, 20]), 3, "17 persons are too few for all tables");
    assert_eq!(hidden([20, T]), 3, "17 persons are too few for the table of the parts");
    // All that the line has is its total, of which its own table decides.
    let rows = [each(0..12, 0, 1), each(20..25, 1, 1)].concat();
    let (_, cells) = Line { rows, thresholds: [20, T], weighing: [None, None] }.published();
    assert_eq!(cells, [false, false]);
}

#[test]
fn a_cell_is_hidden_where_one_person_has_most_of_what_is_left_beside_released_rows() {
    let whole = counted(&[vec![(0, 0, 100)], each(1..40, 0, 20)].concat(), |_| 0).remove(0);
    let left = counted(&[vec![(0, 0, 100)], each(1..13, 0, 1)].concat(), |_| 0).remove(0);
    let shown = Shown { cell: true, amounts: [true].into(), ..Shown::default() };
    let rules = dominance("80");
    let publishes = |left: Option<&Cell>| {
        let weighed = Some(rules.weigh(&whole, left, false, &[false]).unwrap());
        let cell = TableCell { left_over: left, weighed, ..TableCell::new(&whole, &shown, threshold()) };
        let plan = plan(&[cell], Vec::new()).unwrap();
        (plan.publishes(0, Slot::Persons), plan.publishes(0, Slot::Sum(0)))
    };
    assert_eq!(publishes(None), (true, true));
    assert_eq!(publishes(Some(&whole)), (true, true));
    assert_eq!(publishes(Some(&left)), (true, false));
}

#[test]
fn what_is_left_may_be_negative_where_somebody_s_records_add_up_to_something_positive() {
    // Of each person a record of 10 leaves, and one of -3 stays.
    let rows: Vec<Row> = (0..20).flat_map(|person| [(person, 0, 10), (person, 0, -3)]).collect();
    let left: Vec<Row> = rows.iter().copied().filter(|row| row.2 < 0).collect();
    let (whole, left) = (counted(&rows, |_| 0).remove(0), counted(&left, |_| 0).remove(0));
    let negative = |cell: &Cell| cell.contributions.as_ref().unwrap().negative(1);
    assert!(negative(&whole) && negative(&left));
    let rules = dominance("80");
    assert!(rules.weigh(&whole, Some(&left), false, &[negative(&whole)]).is_ok());
    assert!(rules.weigh(&whole, Some(&left), false, &[false]).is_err(), "nobody's whole contribution is negative");
}
