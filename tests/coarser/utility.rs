//! Distributions before and after in the dossier: what they say is true, and what few persons have is not to be got back from them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::{Bench, LEVELS, common, stays};

fn utility(bench: &Bench) -> Value {
    serde_json::from_slice(&fs::read(bench.only_run().join("dossier/utility.json")).unwrap()).unwrap()
}

fn column<'a>(utility: &'a Value, name: &str) -> &'a Value {
    let columns = utility["persons"][0]["columns"].as_array().unwrap();
    columns.iter().find(|column| column["column"] == name).unwrap()
}

fn sum(column: &Value, key: &str) -> u64 {
    column["lines"].as_array().unwrap().iter().map(|line| line[key].as_u64().unwrap()).sum()
}

/// Distinct persons of each value of a column of records, in which the person is the first.
fn persons(rows: &[String], at: usize) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split(',').collect();
        found.entry(cells[at].to_owned()).or_default().insert(cells[0].to_owned());
    }
    found
}

#[test]
fn distributions_are_those_of_the_records_in_steps_of_the_threshold() {
    let bench = Bench::new();
    let (rows, ..) = bench.released(&bench.pipeline(LEVELS, ""), &[]);
    let utility = utility(&bench);
    let diag = column(&utility, "diag");
    let step = diag["step"].as_u64().unwrap();
    // The number of the dossier is the patient's once more.
    let after: Vec<String> = rows.iter().map(|row| format!("{},{}", row[4], row[3])).collect();
    for (key, counted) in [("before", persons(&stays(), 4)), ("after", persons(&after, 1))] {
        let total: usize = counted.values().map(BTreeSet::len).sum();
        assert!(total as u64 * step >= 600, "a step is of at least six persons");
        assert_eq!(sum(diag, key), 100);
        for (value, persons) in &counted {
            let line = diag["lines"].as_array().unwrap().iter().find(|line| line["value"] == **value).unwrap();
            let exact = persons.len() as f64 * 100.0 / total as f64;
            let shown = line[key].as_f64().unwrap();
            // Before is told in whole thresholds besides.
            assert!((shown - exact).abs() < 2.0 * step as f64, "{value} {key}: {shown}, {exact}");
        }
    }
    // Numbers of which every person has another one are told in ranges, which nobody's number stands in.
    let dossier = column(&utility, "dossier");
    assert!(dossier["lines"].as_array().unwrap().len() > 4);
    assert!(dossier["lines"][1]["from"].is_string() && dossier["lines"][1]["value"].is_null());
    assert_eq!((sum(dossier, "before"), sum(dossier, "after")), (100, 100));
    // For a program, the report has the same.
    let told = common::tamis().arg("report").arg(bench.only_run()).args(["--format", "json"]).output().unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["utility"], utility);
}

/// Records of which so many persons have a rare diagnosis in place of a frequent one.
fn with_rare(few: usize) -> Vec<String> {
    let mut left = few;
    let mut rows = Vec::new();
    for row in stays() {
        let mut cells: Vec<String> = row.split(',').map(str::to_owned).collect();
        // Patients with one stay alone, so that each is one person of one value.
        let patient: usize = cells[0][1..].parse().unwrap();
        if patient.is_multiple_of(3) && cells[4] == "I10" && left > 0 {
            cells[4] = ["G10", "G11"][left % 2].to_owned();
            left -= 1;
        }
        rows.push(cells.join(","));
    }
    assert_eq!(left, 0, "there are as many patients");
    rows
}

/// The attacker has the whole document and the page, knows everything about everybody else, and asks how many have a rare diagnosis.
#[test]
fn how_many_few_are_does_not_follow_from_what_is_told_of_the_others() {
    let bench = Bench::new();
    // Nothing leaves of those who have it: their class is small.
    let pipeline = bench.pipeline("", "");
    let mut told: Vec<String> = Vec::new();
    for few in 0..=11 {
        bench.records(&with_rare(few));
        bench.run(&pipeline, &[]);
        let page = fs::read_to_string(bench.only_run().join("dossier/report.html")).unwrap();
        let utility = serde_json::to_string(&utility(&bench)).unwrap();
        if few < 6 {
            assert!(!page.contains("G10") && !page.contains("G11") && !utility.contains("G1"), "{few}");
        }
        told.push(utility);
    }
    for few in 0..6 {
        let alike = told.iter().filter(|other| **other == told[few]).count();
        assert!(alike >= 3, "{few} persons: told alike are {alike} numbers");
    }
}

#[test]
fn neither_threads_nor_buckets_nor_the_order_of_rows_change_a_byte() {
    let bench = Bench::new();
    let mut rows = stays();
    let mut all = BTreeSet::new();
    for (threads, buckets) in [("1", 1), ("2", 8), ("2", 64)] {
        rows.rotate_left(77);
        bench.records(&rows);
        for protect in [LEVELS, ""] {
            let pipeline = bench.pipeline(protect, &format!("[limits]\nbuckets = {buckets}\n"));
            bench.run(&pipeline, &["--threads", threads]);
            all.insert((protect, fs::read(bench.only_run().join("dossier/utility.json")).unwrap()));
        }
    }
    assert_eq!(all.len(), 2);
}

#[test]
fn what_tables_show_is_told_only_as_they_publish_it() {
    let bench = Bench::new();
    // Whoever is drawn: nine in ten are.
    let table = |margins: bool| {
        format!(
            "[sample]\ndesign = \"stratified\"\nrate = \"9/10\"\n[[aggregate]]\nname = \"par_diag\"\nby = [\"diag\", \"commune\"]\nmargins = {margins}\n\
             measure = [{{ count = \"persons\" }}]\nprotect = {{ threshold = 6 }}\n"
        )
    };
    bench.run(&bench.pipeline(LEVELS, &table(false)), &[]);
    let hidden = utility(&bench);
    let diag = column(&hidden, "diag");
    assert_eq!((diag["before"].is_null(), &diag["why"]), (true, &Value::from("table")));
    assert!(diag["lines"].as_array().unwrap().iter().all(|line| line["before"].is_null() && line["after"].is_u64()));
    bench.run(&bench.pipeline(LEVELS, &table(true)), &[]);
    let open = utility(&bench);
    let diag = column(&open, "diag");
    // All margins are large here: shares of them are those of the records.
    assert_eq!((&diag["before"], sum(diag, "before")), (&Value::from("table"), 100));
    let margins = open["tables"][0]["margins"].as_array().unwrap();
    let of_diag = margins.iter().find(|margin| margin["column"] == "diag").unwrap();
    let counted = persons(&stays(), 4);
    for cell in of_diag["cells"].as_array().unwrap() {
        assert_eq!(cell["count"].as_f64().unwrap() as usize, counted[cell["value"].as_str().unwrap()].len());
    }
    // Communes leave as they are or, by whom was drawn, as groups, which no table shows: they are counted in neither case.
    assert_ne!(column(&open, "commune")["before"], "counted");
}

#[test]
fn columns_that_are_empty_of_one_value_or_of_too_many_can_be_told() {
    let bench = Bench::new();
    let row = |at: usize, diag: &str, dossier: &str| format!("P{at:05},40,75056,2020-01-01,{diag},{dossier}");
    let pipeline = bench.pipeline("", "");
    let cases: [(&str, Vec<String>); 4] = [
        ("missing", (0..300).map(|at| row(at, "", "7")).collect()),
        ("one", (0..300).map(|at| row(at, "I10", "7")).collect()),
        ("many", (0..10_000).map(|at| row(at, &format!("D{at}"), &(at * at).to_string())).collect()),
        ("nobody", (0..3).map(|at| row(at, "I10", "7")).collect()),
    ];
    for (case, rows) in cases {
        bench.records(&rows);
        bench.run(&pipeline, &[]);
        let utility = utility(&bench);
        let (diag, dossier) = (column(&utility, "diag"), column(&utility, "dossier"));
        let lines = |column: &Value| column["lines"].as_array().unwrap().len();
        match case {
            "missing" => {
                assert_eq!((lines(diag), diag["lines"][0]["is"].as_str()), (1, Some("missing")));
                assert_eq!((sum(diag, "before"), sum(diag, "after")), (100, 100));
            }
            "one" => {
                assert_eq!((lines(diag), &diag["lines"][0]["value"]), (1, &Value::from("I10")));
                assert_eq!((sum(diag, "before"), sum(diag, "after"), diag["distance"].as_u64()), (100, 100, Some(0)));
            }
            "many" => {
                assert_eq!((lines(diag), diag["why"].as_str()), (0, Some("many")));
                assert!((5..30).contains(&lines(dossier)) && sum(dossier, "after") == 100);
            }
            _ => assert_eq!((lines(diag), diag["why"].as_str()), (0, Some("few"))),
        }
        let page = fs::read_to_string(bench.only_run().join("dossier/report.html")).unwrap();
        assert!(!page.contains("run-") && !page.contains("P00"), "{case}");
    }
}
