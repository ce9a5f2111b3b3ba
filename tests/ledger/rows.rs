//! Rows of persons that were released, and tables over the same people later: somebody counts the rows and subtracts.

use std::collections::BTreeMap;

use tamis::ledger::{self, Fate};

use crate::attacker::Place;
use crate::bench::{Bench, COLUMNS, LEDGER, Person, people, table};
use crate::plain::Table;

const ROWS: &str = "[[persons]]\nname = \"lignes\"\ncolumns = [\"dept\", \"sexe\", \"groupe\", \"tabac\"]\n\
                    protect = { quasi_identifiers = [\"dept\", \"sexe\", \"groupe\"] }\n";
const BY_SEX: &str =
    "[[aggregate]]\nname = \"sexe\"\nby = [\"dept\", \"sexe\"]\nmargins = true\nmeasure = [{ count = \"persons\" }]\n";

/// How many rows have the codes of each place.
fn counted(rows: &Table) -> BTreeMap<Place, u64> {
    let mut counts = BTreeMap::new();
    for row in &rows.rows {
        for bits in 0..8 {
            let code = |at: usize| Some(row[rows.at(COLUMNS[at])].clone()).filter(|_| bits >> at & 1 == 1);
            *counts.entry(std::array::from_fn(code)).or_insert(0) += 1;
        }
    }
    counts
}

/// Published cells of a table by department and sex of whom few are not among the rows.
fn few_left(rows: &Table, shown: &Table) -> usize {
    let counts = counted(rows);
    let published = shown.rows.iter().filter(|row| row[shown.at("statut")] == "publie");
    let left = published.map(|row| {
        let code = |column: &str| Some(row[shown.at(column)].clone()).filter(|code| code != "_T");
        let place: Place = [code("dept"), code("sexe"), None];
        row[shown.at("persons")].parse::<u64>().unwrap() - counts.get(&place).copied().unwrap_or(0)
    });
    left.filter(|left| (1..11).contains(left)).count()
}

fn rows_of(bench: &Bench, out: &str, all: &[Person], more: &str) -> Table {
    let done = bench.release(out, all, ROWS, more);
    Table::read(&done.release.join("data").join("lignes.csv"))
}

#[test]
fn a_table_after_rows_does_not_tell_of_the_few_whose_rows_did_not_leave() {
    let (mut without, mut shown) = (0, 0);
    for seed in 1..5 {
        let all = people(500, seed);
        let bench = Bench::new();
        let rows = rows_of(&bench, "out1", &all, LEDGER);
        assert!(rows.rows.len() > 200 && rows.rows.len() < 500);
        let later = bench.noted("out2", &all, BY_SEX);
        let later_table = table(&later.release, "sexe");
        assert_eq!(few_left(&rows, &later_table), 0, "seed {seed}");
        assert_eq!(later.earlier.unwrap().releases.len(), 1);
        shown += later_table.column("statut").iter().filter(|status| **status == "publie").count();
        without += few_left(&rows, &table(&bench.release("out3", &all, BY_SEX, "").release, "sexe"));
    }
    assert!(without > 0, "the attack finds nothing to attack");
    assert!(shown > 4, "{shown} cells are left");
}

#[test]
fn rows_of_a_sample_are_written_down_by_the_combinations_that_left() {
    let all = people(900, 3);
    let bench = Bench::new();
    let half = format!("{LEDGER}[sample]\ndesign = \"bernoulli\"\nrate = \"1/2\"\n");
    let rows = rows_of(&bench, "out1", &all, &half);
    let (releases, _) = ledger::read(&bench.path("ledger")).unwrap();
    let noted = &releases[0].tables[0];
    assert!(noted.rows && noted.sample && noted.changed.is_none());
    let told: u64 = noted.cells.iter().map(|cell| cell.counts.unwrap().records).sum();
    assert_eq!(told, rows.rows.len() as u64);
    assert!(noted.cells.iter().all(|cell| cell.fate == Fate::Published && cell.counts.unwrap().persons >= 11));
    // Nothing of what is no quasi-identifier.
    assert_eq!(noted.columns.len(), 3);
    let later = bench.noted("out2", &all, BY_SEX);
    assert_eq!(few_left(&rows, &table(&later.release, "sexe")), 0);
}

#[test]
fn a_cell_all_of_whose_rows_left_is_published_beside_them() {
    let mut all = people(900, 3);
    all.retain(|person| person.place[2] == "a");
    let bench = Bench::new();
    let rows = rows_of(&bench, "out1", &all, LEDGER);
    let later = table(&bench.noted("out2", &all, BY_SEX).release, "sexe");
    let counts = counted(&rows);
    let whole = later.rows.iter().filter(|row| {
        let code = |column: &str| Some(row[later.at(column)].clone()).filter(|code| code != "_T");
        let place: Place = [code("dept"), code("sexe"), None];
        row[later.at("statut")] == "publie"
            && row[later.at("persons")].parse() == Ok(counts.get(&place).copied().unwrap_or(0))
    });
    assert!(whole.count() > 3);
}

#[test]
fn rows_after_a_table_that_leave_few_of_a_published_cell_are_told() {
    let all = people(500, 2);
    let told = |second: &str| {
        let bench = Bench::new();
        let first = bench.noted("out1", &all, BY_SEX);
        let ledger = LEDGER.replace("essai-2026", second);
        let done = bench.release("out2", &all, ROWS, &ledger);
        let rows = Table::read(&done.release.join("data").join("lignes.csv"));
        (done.earlier.unwrap().unprotected as usize, few_left(&rows, &table(&first.release, "sexe")))
    };
    let (told_of, left) = told("essai-2026");
    assert!(left > 0 && told_of == left, "{told_of} of {left}");
    assert_eq!(told("autre").0, 0);
}
