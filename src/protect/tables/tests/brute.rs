//! Random small tables, attacked by somebody who tries every table that agrees with what is published and with what statuses tell. Not a line
//! of the attack is the program's; whole numbers are tried one by one, and what adds up is solved over fractions.

use super::*;
use crate::config::{Decision, Wish, Zeros};

/// Few are fewer.
const FEW: u64 = 4;

/// One innermost cell: what is in it.
#[derive(Debug, Clone)]
struct Inner {
    persons: u64,
    /// Persons of three categories of a column, of which the first two are measured; together at most all persons.
    categories: [u64; 3],
    amount: i64,
    decision: Decision,
}

/// Rows in groups by columns, with all totals; some shapes may be shown by no table.
#[derive(Debug, Clone)]
struct Case {
    /// The group of each row.
    groups: Vec<usize>,
    columns: usize,
    inner: Vec<Inner>,
    zeros: Zeros,
    /// Whether cells of rows by columns are shown: otherwise two tables with a margin each, linked by what they are made of.
    fine: bool,
    /// Whether groups are shown.
    grouped: bool,
    /// Whether the table has shares and sums.
    measured: bool,
}

/// A cell: row level (0 row, 1 group, 2 all) with its number, and column or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    level: usize,
    at: usize,
    column: Option<usize>,
}

struct Made {
    places: Vec<Place>,
    cells: Vec<Cell>,
    shown: Vec<bool>,
    known: Vec<bool>,
    relations: Vec<(u32, Vec<u32>)>,
    /// For each cell the innermost ones that it is made of.
    of: Vec<Vec<usize>>,
}

fn cell_of(inner: &Inner, measured: bool) -> Cell {
    let [a, b, c] = inner.categories;
    let with_value = a + b + c;
    let category = |persons: u64| CategoryTally { records: persons, persons, others: with_value - persons };
    let shares = ShareTally { records: with_value, persons: with_value, categories: [a, b, c].map(category).into() };
    let sum = Amount::from_i64(inner.amount);
    Cell {
        records: inner.persons,
        amounts: if measured {
            [AmountTally { records: inner.persons, persons: inner.persons, sum }].into()
        } else {
            [].into()
        },
        shares: if measured { [shares].into() } else { [].into() },
        ..apart(inner.persons)
    }
}

fn added<'a>(cells: impl Iterator<Item = &'a Cell>) -> Cell {
    let mut cells = cells.cloned();
    let mut total = cells.next().unwrap();
    for cell in cells {
        let sums: Vec<Amount> =
            total.amounts.iter().zip(&cell.amounts).map(|(a, b)| a.sum.plus(b.sum).unwrap()).collect();
        total = together([&total, &cell].into_iter());
        total.amounts.iter_mut().zip(sums).for_each(|(tally, sum)| tally.sum = sum);
    }
    total
}

impl Case {
    fn made(&self) -> Made {
        let rows = self.groups.len();
        let count = self.groups.iter().max().unwrap() + 1;
        let inside = |place: &Place| -> Vec<usize> {
            let row = |row: usize| match place.level {
                0 => row == place.at,
                1 => self.groups[row] == place.at,
                _ => true,
            };
            let column = |column: usize| place.column.is_none_or(|own| own == column);
            (0..rows * self.columns).filter(|at| row(at / self.columns) && column(at % self.columns)).collect()
        };
        let columns = || (0..self.columns).map(Some).chain([None]);
        let of_level = |level: usize| match level {
            0 => 0..rows,
            1 => 0..count,
            _ => 0..1,
        };
        let mut places = Vec::new();
        for level in 0..3 {
            for at in of_level(level) {
                places.extend(columns().map(|column| Place { level, at, column }));
            }
        }
        let somebody = |place: &Place| inside(place).iter().any(|at| self.inner[*at].persons > 0);
        places.retain(|place| self.zeros != Zeros::Absent || somebody(place));
        let of: Vec<Vec<usize>> = places.iter().map(inside).collect();
        let inner: Vec<Cell> = self.inner.iter().map(|inner| cell_of(inner, self.measured)).collect();
        let cells: Vec<Cell> = of.iter().map(|of| added(of.iter().map(|at| &inner[*at]))).collect();
        let shown = places.iter().map(|place| match (place.level, place.column) {
            (0, Some(_)) => self.fine,
            (1, _) => self.grouped,
            _ => true,
        });
        let shown = shown.collect();
        let known = places.iter().map(|place| place.level == 2 && place.column.is_none()).collect();
        let find = |place: Place| places.iter().position(|other| *other == place).map(|at| at as u32);
        let mut relations = Vec::new();
        for (at, place) in places.iter().enumerate() {
            let mut lines: Vec<Vec<Place>> = Vec::new();
            if place.column.is_none() {
                lines.push((0..self.columns).map(|column| Place { column: Some(column), ..*place }).collect());
            }
            match place.level {
                1 => {
                    let rows = (0..rows).filter(|row| self.groups[*row] == place.at);
                    lines.push(rows.map(|row| Place { level: 0, at: row, ..*place }).collect());
                }
                2 => lines.push((0..count).map(|group| Place { level: 1, at: group, ..*place }).collect()),
                _ => {}
            }
            for line in lines {
                let parts: Vec<u32> = line.into_iter().filter_map(find).collect();
                if !parts.is_empty() {
                    relations.push((at as u32, parts));
                }
            }
        }
        Made { places, cells, shown, known, relations, of }
    }

    fn planned(&self, made: &Made) -> SystemPlan {
        let show = |cell: &Cell| seen(std::slice::from_ref(cell));
        let (all, none) = (show(&made.cells[0]), Shown { cell: false, ..show(&made.cells[0]) });
        let none = Shown { amounts: all.amounts.iter().map(|_| false).collect(), shares: [].into(), ..none };
        let cells: Vec<TableCell<'_>> = (0..made.cells.len())
            .map(|at| {
                let shown = if made.shown[at] { &all } else { &none };
                let place = made.places[at];
                let decision = match (place.level, place.column) {
                    (0, Some(column)) => self.inner[place.at * self.columns + column].decision,
                    _ => Decision::None,
                };
                TableCell {
                    known: made.known[at],
                    wish: Wish { decision, ..Wish::default() },
                    zeros: self.zeros,
                    ..TableCell::new(&made.cells[at], shown, Threshold::new(FEW).unwrap())
                }
            })
            .collect();
        let plan = plan(&cells, made.relations.clone()).unwrap();
        report(&cells, made.relations.clone(), &plan, &Ahead::default()).unwrap();
        plan
    }
}

/// Most persons of an innermost cell that the intruder tries.
const MOST: u64 = 16;

/// Every assignment of whole numbers to innermost cells within limits of all cells; `seen` gets each.
fn assignments(
    inner: usize,
    limits: &[(Vec<usize>, u64, u64)],
    possible: &[bool],
    seen: &mut dyn FnMut(&[u64]),
    budget: &mut u64,
) {
    fn go(
        values: &mut Vec<u64>,
        inner: usize,
        limits: &[(Vec<usize>, u64, u64)],
        possible: &[bool],
        seen: &mut dyn FnMut(&[u64]),
        budget: &mut u64,
    ) {
        if *budget == 0 {
            return;
        }
        *budget -= 1;
        let at = values.len();
        for (of, low, high) in limits.iter().filter(|(of, ..)| at == inner || at > 0 && of.contains(&(at - 1))) {
            let told: u64 = of.iter().filter(|cell| **cell < at).map(|cell| values[*cell]).sum();
            let open = of.iter().filter(|cell| **cell >= at && possible[**cell]).count() as u64;
            if told > *high || told + open * MOST < *low {
                return;
            }
        }
        if at == inner {
            return seen(values);
        }
        for value in 0..=if possible[at] { MOST } else { 0 } {
            values.push(value);
            go(values, inner, limits, possible, seen, budget);
            values.pop();
        }
    }
    go(&mut Vec::new(), inner, limits, possible, seen, budget);
}

/// Whether some unknowns, as parts of sums of what is unknown, are determined: solved over fractions by hand.
fn determined(unknowns: usize, sums: &[Vec<usize>], wanted: &[usize]) -> bool {
    // Rows of sums as they are known; the wanted sum is determined if it is a combination of them.
    let row = |parts: &[usize]| -> Vec<i128> {
        let mut row = vec![0_i128; unknowns];
        parts.iter().for_each(|part| row[*part] += 1);
        row
    };
    let mut basis: Vec<Vec<i128>> = Vec::new();
    let reduce = |mut row: Vec<i128>, basis: &[Vec<i128>]| -> Vec<i128> {
        for known in basis {
            let lead = known.iter().position(|value| *value != 0).unwrap();
            if row[lead] != 0 {
                let (own, other) = (row[lead], known[lead]);
                for (value, base) in row.iter_mut().zip(known) {
                    *value = *value * other - base * own;
                }
                let divisor = row.iter().fold(0_i128, |a, b| gcd(a, *b));
                if divisor > 1 {
                    row.iter_mut().for_each(|value| *value /= divisor);
                }
            }
        }
        row
    };
    for sum in sums {
        let left = reduce(row(sum), &basis);
        if left.iter().any(|value| *value != 0) {
            basis.push(left);
            basis.sort_by_key(|row| row.iter().position(|value| *value != 0));
        }
    }
    reduce(row(wanted), &basis).iter().all(|value| *value == 0)
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

fn case() -> impl Strategy<Value = Case> {
    let zeros = prop_oneof![3 => Just(Zeros::Absent), 1 => Just(Zeros::Shown), 1 => Just(Zeros::Unsafe)];
    let decision = prop_oneof![
        12 => Just(Decision::None), 1 => Just(Decision::Publish), 1 => Just(Decision::Unsafe),
        1 => Just(Decision::PreferPublish), 1 => Just(Decision::PreferSuppress)
    ];
    let persons = prop_oneof![2 => Just(0_u64), 3 => 1..FEW, 4 => FEW..15];
    let inner = (persons, 0..=100_u64, 0..=100_u64, 0..=100_u64, 0..400_i64, decision).prop_map(
        |(persons, a, b, c, amount, decision)| {
            let with = persons * a / 100;
            let first = with * b / 100;
            let second = (with - first) * c / 100;
            Inner {
                persons,
                categories: [first, second, with - first - second],
                amount: if persons == 0 { 0 } else { amount },
                decision,
            }
        },
    );
    let shape = prop_oneof![
        Just((vec![0, 0], 2)),
        Just((vec![0, 0, 1], 2)),
        Just((vec![0, 1], 2)),
        Just((vec![0, 0], 3)),
        Just((vec![0, 0, 1, 1], 2)),
        Just((vec![0, 0, 0], 2))
    ];
    (shape, prop::collection::vec(inner, 8), zeros, prop::bool::weighted(0.8), any::<bool>(), any::<bool>()).prop_map(
        |((groups, columns), mut inner, zeros, fine, grouped, measured)| {
            inner.truncate(groups.len() * columns);
            // Somebody is there.
            inner[0].persons = inner[0].persons.max(1);
            Case { groups, columns, inner, zeros, fine, grouped, measured }
        },
    )
}

fn check(case: &Case) -> Result<(), TestCaseError> {
    let made = case.made();
    let plan = case.planned(&made);
    let published: Vec<bool> = (0..made.cells.len()).map(|at| made.shown[at] && plan.status(at) == O).collect();
    let few = |at: usize| (1..FEW).contains(&made.cells[at].persons);
    // Those concerned may have agreed that a cell of nobody is seen.
    let agreed = |at: usize| match (made.places[at].level, &made.of[at][..]) {
        (0, [inner]) if made.places[at].column.is_some() => case.inner[*inner].decision == Decision::Publish,
        _ => false,
    };
    let nobody =
        |at: usize| made.shown[at] && made.cells[at].persons == 0 && case.zeros == Zeros::Unsafe && !agreed(at);
    for at in (0..made.cells.len()).filter(|at| published[*at]) {
        prop_assert!(!few(at) && !nobody(at), "an unsafe cell is published: {:?}", made.places[at]);
    }
    if plan.unprotected() > 0 {
        return Ok(());
    }
    // What statuses and rows tell of innermost cells and totals.
    let inner = case.inner.len();
    let least = u64::from(case.zeros == Zeros::Absent);
    let mut limits: Vec<(Vec<usize>, u64, u64)> = Vec::new();
    let mut possible = vec![true; inner];
    for (at, cell) in made.cells.iter().enumerate() {
        let persons = cell.persons;
        let of = made.of[at].clone();
        if published[at] || made.known[at] {
            limits.push((of, persons, persons));
        } else if made.shown[at] {
            let (low, high) = match (plan.tells_reason(at), persons < FEW) {
                (false, _) => (least, u64::MAX),
                (true, true) => (least, FEW - 1),
                (true, false) => (FEW, u64::MAX),
            };
            limits.push((of, low, high));
        }
    }
    if case.zeros == Zeros::Absent {
        for (at, cell) in case.inner.iter().enumerate().filter(|_| case.fine) {
            possible[at] = cell.persons > 0;
        }
    }
    let mut found = vec![(u64::MAX, 0); made.cells.len()];
    let mut budget = 60_000;
    let mut look = |values: &[u64]| {
        for (found, of) in found.iter_mut().zip(&made.of) {
            let sum = of.iter().map(|at| values[*at]).sum();
            *found = (found.0.min(sum), found.1.max(sum));
        }
    };
    assignments(inner, &limits, &possible, &mut look, &mut budget);
    if budget > 0 {
        for at in (0..made.cells.len()).filter(|at| !made.known[*at] && (few(*at) || nobody(*at))) {
            let (low, high) = found[at];
            prop_assert!(low <= made.cells[at].persons && made.cells[at].persons <= high, "the truth is possible");
            // A cell that no table shows is unsafe where it follows.
            prop_assert!(low < high, "{:?} of {} is found", made.places[at], made.cells[at].persons);
            if made.shown[at] {
                prop_assert!(high - low >= 2.min(FEW - 2), "{:?} is {low} to {high}", made.places[at]);
            }
        }
    }
    if case.measured {
        measures(case, &made, &plan)?;
    }
    Ok(())
}

/// Sums and shares over few are no combinations of published ones.
fn measures(case: &Case, made: &Made, plan: &SystemPlan) -> Result<(), TestCaseError> {
    let inner = case.inner.len();
    let publishes = |at: usize, slot: Slot| made.shown[at] && plan.publishes(at, slot);
    let sums: Vec<Vec<usize>> =
        (0..made.cells.len()).filter(|at| publishes(*at, Slot::Sum(0))).map(|at| made.of[at].clone()).collect();
    // Of nobody the sum is nothing.
    let nobody = |at: &usize| case.inner[*at].persons == 0 && case.zeros == Zeros::Absent && case.fine;
    let known = (0..inner).filter(nobody).map(|at| vec![at]);
    let sums: Vec<Vec<usize>> = sums.into_iter().chain(known).collect();
    for at in 0..made.cells.len() {
        if (1..FEW).contains(&made.cells[at].persons) && !made.known[at] {
            prop_assert!(!determined(inner, &sums, &made.of[at]), "the sum of {:?} follows", made.places[at]);
        }
    }
    // Unknowns: three categories of each innermost cell; of cells that are published the persons with a value are taken to be known.
    let number =
        |cells: &[usize], category: usize| -> Vec<usize> { cells.iter().map(|at| at * 3 + category).collect() };
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for at in 0..made.cells.len() {
        for value in 0..2 {
            if publishes(at, Slot::Share { column: 0, value }) {
                rows.push(number(&made.of[at], value));
            }
        }
        if publishes(at, Slot::Persons) {
            rows.push((0..3).flat_map(|category| number(&made.of[at], category)).collect());
        }
    }
    for at in (0..inner).filter(nobody) {
        (0..3).for_each(|category| rows.push(vec![at * 3 + category]));
    }
    for at in (0..made.cells.len()).filter(|at| made.shown[*at]) {
        let tally = &made.cells[at].shares[0];
        for (category, found) in tally.categories.iter().enumerate().filter(|_| tally.persons > 0) {
            let is_unsafe = (1..FEW).contains(&found.persons) || (1..FEW).contains(&found.others);
            if is_unsafe && category < 2 {
                prop_assert!(!publishes(at, Slot::Share { column: 0, value: category }), "{:?}", made.places[at]);
                let wanted = number(&made.of[at], category);
                prop_assert!(!determined(inner * 3, &rows, &wanted), "a share of {:?} follows", made.places[at]);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("TAMIS_BRUTE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(120)
    ))]

    #[test]
    fn who_tries_every_table_finds_no_few_persons(case in case()) {
        // The number of all is taken to be known: of few people it tells itself.
        prop_assume!(case.inner.iter().map(|inner| inner.persons).sum::<u64>() >= FEW);
        check(&case)?;
    }
}
