//! Releases whose tables stand at different levels: what one has follows from the other only by adding up.

use std::fs;

use crate::bench::{Bench, Person, table};

/// So many women and men in a department.
fn group(dept: &str, women: usize, men: usize, cout: u64) -> Vec<Person> {
    let person = |at: usize| {
        let sexe = if at < women { "F" } else { "M" };
        Person {
            id: format!("{dept}-{cout}-{at:04}"),
            place: [dept.to_owned(), sexe.to_owned(), "a".to_owned()],
            tabac: ["0", "1", "2"][at % 3],
            cout,
        }
    };
    (0..women + men).map(person).collect()
}

/// A cell of a released table, by its first columns.
fn shown(
    bench: &Bench,
    out: &str,
    people: &[Person],
    tables: &str,
    name: &str,
) -> impl Fn(&[&str], &str) -> String + use<> {
    let found = table(&bench.noted(out, people, tables).release, name);
    move |codes, column| {
        let row = found.rows.iter().find(|row| row.iter().zip(codes).all(|(code, of)| code == of)).unwrap();
        row[found.at(column)].clone()
    }
}

fn tables(name: &str, by: &str, measure: &str, more: &str) -> String {
    format!("[[aggregate]]\nname = \"{name}\"\nby = [{by}]\nmeasure = [{measure}]\n{more}\n")
}

const PERSONS: &str = "{ count = \"persons\" }";
const COST: &str = "{ count = \"persons\" }, { sum = \"cout\" }";

#[test]
fn persons_who_came_are_not_found_by_adding_up_cells_though_they_are_more_than_eleven() {
    let mut people = [group("01", 100, 100, 20), group("02", 90, 120, 20)].concat();
    let bench = Bench::new();
    let thirty = "protect = { threshold = 30 }";
    bench.noted("one", &people, &tables("t", "\"dept\"", PERSONS, thirty));
    people.extend(group("01", 15, 0, 21));
    let by_sex = tables("t", "\"dept\", \"sexe\"", PERSONS, thirty);
    let two = shown(&bench, "two", &people, &by_sex, "t");
    let both = ["F", "M"].map(|sexe| two(&["01", sexe], "statut"));
    assert!(both.iter().any(|status| status != "publie"), "115 + 100 - 200 = 15 < 30: {both:?}");
    assert_eq!(two(&["02", "F"], "statut"), "publie");
}

#[test]
fn one_corrected_amount_is_not_found_by_adding_up_sums() {
    let mut people = [group("01", 100, 100, 20), group("02", 90, 120, 20)].concat();
    let bench = Bench::new();
    bench.noted("one", &people, &tables("t", "\"dept\"", COST, ""));
    people[0].cout += 4_980;
    let two = shown(&bench, "two", &people, &tables("t", "\"dept\", \"sexe\"", COST, ""), "t");
    let both = ["F", "M"].map(|sexe| two(&["01", sexe], "sum_cout"));
    assert!(both.iter().any(String::is_empty), "5 000 of one person follow: {both:?}");
    assert_ne!(two(&["02", "F"], "sum_cout"), "");
}

#[test]
fn a_withheld_sum_does_not_follow_from_the_total_of_a_later_release() {
    let mut people = [group("01", 60, 100, 90), group("02", 90, 120, 90)].concat();
    people[0].cout = 50_000;
    let ruled = "protect = { dominance = [{ n = 1, k = \"80\" }] }";
    for (first, hidden) in [(ruled, true), ("", false)] {
        let bench = Bench::new();
        let one = shown(&bench, "one", &people, &tables("t", "\"dept\", \"sexe\"", COST, first), "t");
        assert_eq!(
            (one(&["01", "F"], "sum_cout").is_empty(), one(&["01", "M"], "sum_cout").is_empty()),
            (hidden, false)
        );
        let two = shown(&bench, "two", &people, &tables("u", "\"dept\"", COST, ""), "u");
        assert_eq!((two(&["01"], "sum_cout").is_empty(), two(&["02"], "sum_cout").is_empty()), (hidden, false));
    }
}

#[test]
fn two_persons_who_came_are_not_found_from_a_region_that_only_the_later_release_has() {
    let mut people = [
        group("01", 50, 50, 20),
        group("02", 60, 60, 20),
        group("03", 80, 80, 20),
        group("04", 70, 70, 20),
        group("05", 75, 75, 20),
    ]
    .concat();
    let bench = Bench::new();
    fs::write(bench.path("regions.csv"), "01;nord\n02;nord\n03;sud\n04;sud\n05;est\n").unwrap();
    bench.noted("one", &people, &tables("t", "\"dept\"", PERSONS, ""));
    // One more in each department of the north, many in the south.
    people.extend(
        [
            group("01", 1, 0, 21),
            group("02", 0, 1, 21),
            group("03", 20, 20, 21),
            group("04", 20, 20, 21),
            group("05", 20, 20, 21),
        ]
        .concat(),
    );
    let region = "[[keep]]\ncolumn = \"dept\"\nas = \"region\"\nwhy = \"essai\"\n\
                  generalise = { to = \"hierarchy\", file = \"regions.csv\", level = 1 }\n";
    let by_region = tables("t", "\"region\", \"dept\"", PERSONS, "margins = true");
    let two = shown(&bench, "two", &people, &format!("{region}{by_region}"), "t");
    assert_ne!(two(&["nord", "_T"], "statut"), "publie", "two persons came to the north");
    assert!(["sud", "est"].iter().any(|region| two(&[region, "_T"], "statut") == "publie"));
}
