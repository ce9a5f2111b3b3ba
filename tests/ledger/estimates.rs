//! Estimates over a sample, and rows whose values became coarser, beside tables over the same people: somebody who knows the
//! weights counts who was drawn, and subtracts.

use std::collections::BTreeMap;

use crate::attacker::Place;
use crate::bench::{Bench, LEDGER, Person, people, table};
use crate::plain::Table;

const COUNTED: &str =
    "[[aggregate]]\nname = \"sexe\"\nby = [\"dept\", \"sexe\"]\nmargins = true\nmeasure = [{ count = \"persons\" }]\n";
/// Nine of ten: each weighs 10/9.
const DRAWN: &str = "[sample]\ndesign = \"bernoulli\"\nrate = \"9/10\"\n";

fn estimated() -> String {
    COUNTED.replace("measure", "over = \"sample\"\nmeasure")
}

fn place(table: &Table, row: &[String]) -> Place {
    let code = |column: &str| Some(row[table.at(column)].clone()).filter(|code| code != "_T");
    [code("dept"), code("sexe"), None]
}

/// Published numbers, each over the weight of a person.
fn shown(table: &Table, weight: f64) -> BTreeMap<Place, u64> {
    let published = table.rows.iter().filter(|row| row[table.at("statut")] == "publie");
    let number = |row: &Vec<String>| {
        let drawn = row[table.at("persons")].parse::<f64>().unwrap() / weight;
        assert!((drawn - drawn.round()).abs() < 1e-6, "{drawn} were drawn");
        (place(table, row), drawn.round() as u64)
    };
    published.map(number).collect()
}

/// Cells of both of which one has few more than the other.
fn few_between(one: &BTreeMap<Place, u64>, other: &BTreeMap<Place, u64>) -> usize {
    let differ =
        |(cell, number): &(&Place, &u64)| other.get(*cell).is_some_and(|b| (1..11).contains(&b.abs_diff(**number)));
    one.iter().filter(differ).count()
}

/// Few between what two releases show; `None` of a text for a table of everybody.
fn told(bench: &Bench, releases: [(&[Person], bool); 2], more: &str) -> (usize, usize) {
    let [first, second] = [0, 1].map(|at| {
        let (all, drawn) = releases[at];
        let (tables, weight) = if drawn { (estimated(), 10.0 / 9.0) } else { (COUNTED.to_owned(), 1.0) };
        let more = if drawn { format!("{more}{DRAWN}") } else { more.to_owned() };
        let done = bench.release(&format!("out{at}-{}", more.len()), all, &tables, &more);
        shown(&table(&done.release, "sexe"), weight)
    });
    (few_between(&first, &second), second.len())
}

#[test]
fn estimates_are_written_down_with_who_was_drawn() {
    let bench = Bench::new();
    bench.release("out", &people(900, 3), &estimated(), &format!("{LEDGER}{DRAWN}"));
    let (releases, _) = tamis::ledger::read(&bench.path("ledger")).unwrap();
    let tables = &releases[0].tables[0];
    assert!(tables.sample && tables.estimates);
    let of_all = tables.cells.iter().filter_map(|cell| cell.counts).map(|counts| counts.persons).max().unwrap();
    assert!((700..900).contains(&of_all), "{of_all} of 900 were drawn");
}

#[test]
fn few_who_were_not_drawn_are_not_found_between_a_population_and_a_sample() {
    for order in [[true, false], [false, true]] {
        let (mut without, mut left) = (0, 0);
        for seed in 1..4 {
            let all = people(500, seed);
            let releases = order.map(|drawn| (&all[..], drawn));
            without += told(&Bench::new(), releases, "").0;
            let (found, shown) = told(&Bench::new(), releases, LEDGER);
            assert_eq!(found, 0, "seed {seed}, sample first: {}", order[0]);
            left += shown;
        }
        assert!(without > 0, "the attack finds nothing to attack");
        assert!(left > 3, "{left} cells are left");
    }
}

#[test]
fn few_who_came_are_not_found_between_two_samples_under_one_key() {
    let (mut without, mut left) = (0, 0);
    for seed in 1..4 {
        let all = people(906, seed);
        let releases = [(&all[..900], true), (&all[..], true)];
        without += told(&Bench::new(), releases, "").0;
        let (found, shown) = told(&Bench::new(), releases, LEDGER);
        assert_eq!(found, 0, "seed {seed}");
        left += shown;
    }
    assert!(without > 0, "the attack finds nothing to attack");
    assert!(left > 3, "{left} cells are left");
}

#[test]
fn the_same_estimates_again_suppress_nothing_more() {
    let all = people(900, 3);
    let (bench, more) = (Bench::new(), format!("{LEDGER}{DRAWN}"));
    let [first, second] =
        ["out1", "out2"].map(|out| table(&bench.release(out, &all, &estimated(), &more).release, "sexe").rows);
    assert_eq!(first, second);
}

/// Rows of which values are left out class by class.
const LOCAL: &str = "[[persons]]\nname = \"lignes\"\ncolumns = [\"dept\", \"sexe\", \"groupe\", \"tabac\"]\n\
                     protect = { k = 11, quasi_identifiers = [\"dept\", \"sexe\", \"groupe\"], local = \"suppress\" }\n";

/// Published cells with few more persons than rows that show their codes.
fn few_without_a_row(rows: &Table, later: &Table) -> usize {
    let count = |place: &Place| {
        let is_in = |row: &&Vec<String>| {
            ["dept", "sexe"]
                .iter()
                .zip(place)
                .all(|(column, code)| code.as_ref().is_none_or(|c| row[rows.at(column)] == *c))
        };
        rows.rows.iter().filter(is_in).count() as u64
    };
    let cells = shown(later, 1.0);
    cells.iter().filter(|(place, number)| (1..11).contains(&number.abs_diff(count(place)))).count()
}

#[test]
fn a_table_after_rows_with_values_left_out_does_not_tell_these_values() {
    let (mut without, mut left, mut hidden) = (0, 0, 0);
    for seed in 1..6 {
        let all = people(400, seed);
        let bench = Bench::new();
        let done = bench.release("rows", &all, LOCAL, LEDGER);
        let rows = Table::read(&done.release.join("data").join("lignes.csv"));
        let masked = |column: &str| rows.column(column).iter().filter(|code| **code == "*" || code.is_empty()).count();
        hidden += masked("dept") + masked("sexe");
        let later = table(&bench.release("with", &all, COUNTED, LEDGER).release, "sexe");
        assert_eq!(few_without_a_row(&rows, &later), 0, "seed {seed}");
        left += shown(&later, 1.0).len();
        without += few_without_a_row(&rows, &table(&bench.release("without", &all, COUNTED, "").release, "sexe"));
        let (releases, _) = tamis::ledger::read(&bench.path("ledger")).unwrap();
        let [was, shows] = &releases[0].tables[..] else { panic!("two readings") };
        assert!(was.rows && shows.rows && was.shapes.len() == 7);
        // Nothing is written down of combinations of few but that they are there.
        let few = |counts: tamis::ledger::Counts| counts.persons < 11;
        assert!(was.cells.iter().chain(&shows.cells).all(|cell| !cell.counts.is_some_and(few)));
    }
    assert!(hidden > 0 && without > 0, "the attack finds nothing to attack: {hidden} values, {without} cells");
    assert!(left > 4, "{left} cells are left");
}

#[test]
fn a_table_after_coarser_rows_does_not_tell_of_few_beside_a_coarser_group() {
    let (mut without, mut left) = (0, 0);
    for seed in 1..9 {
        let all = people(900, seed);
        let bench = Bench::new();
        // Departments in two groups; few rows are left out.
        let groups: String = (1..=6).map(|at| format!("{at:02};{};*\n", if at < 3 { "nord" } else { "sud" })).collect();
        std::fs::write(bench.path("depts.csv"), groups).unwrap();
        let coarse =
            LOCAL.replace("local = \"suppress\"", "suppress = 0.1, levels = { dept = { hierarchy = \"depts.csv\" } }");
        let done = bench.release("rows", &all, &coarse, LEDGER);
        let rows = Table::read(&done.release.join("data").join("lignes.csv"));
        let count = |group: &str, sexe: &str| {
            rows.rows.iter().filter(|row| row[rows.at("dept")] == group && row[rows.at("sexe")] == sexe).count() as u64
        };
        // Sums of a later table over the departments of a group, where all are published.
        let few = |later: &Table| {
            let cells = shown(later, 1.0);
            let mut few = 0;
            for (group, depts) in [("nord", 1..3), ("sud", 3..7)] {
                for sexe in ["F", "M"] {
                    let cell = |at: u32| cells.get(&[Some(format!("{at:02}")), Some(sexe.to_owned()), None]);
                    let sum: Option<u64> = depts.clone().map(cell).map(|cell| cell.copied()).sum();
                    few += usize::from(sum.is_some_and(|sum| (1..11).contains(&sum.abs_diff(count(group, sexe)))));
                }
            }
            few
        };
        let later = table(&bench.release("with", &all, COUNTED, LEDGER).release, "sexe");
        assert_eq!(few(&later), 0, "seed {seed}");
        left += shown(&later, 1.0).len();
        without += few(&table(&bench.release("without", &all, COUNTED, "").release, "sexe"));
    }
    assert!(without > 0, "the attack finds nothing to attack");
    assert!(left > 4, "{left} cells are left");
}
