//! Protection that differs from class to class, in pipelines: compared with what `tamis anonymise` makes of the same records.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::{Bench, LEVELS, common, holds_everywhere, stays};

const FIXED: &str = "levels = { age = { bands = [10, 20], level = 1, weight = 3 }, commune = { prefixes = [2], overseas = true, level = 1 }, \
                     entree = { dates = [\"year\"], level = 1 } }\nlocal = \"suppress\"\n";

/// What the command makes of the records of the bench, row by row in ascending order.
fn alone(bench: &Bench, head: &str, columns: &str) -> Vec<Vec<String>> {
    let spec = format!(
        "[anonymise]\nfile = \"stays.csv\"\noutput = \"alone.csv\"\nperson = \"patient\"\nkeep = [\"diag\", \"dossier\"]\n\
         {head}\n{columns}[[rule]]\nrule = \"k_anonymity\"\nk = 6\n"
    );
    fs::write(bench.path("alone.toml"), spec).unwrap();
    let done = common::tamis().current_dir(bench.folder.path()).args(["anonymise", "alone.toml"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = fs::read_to_string(bench.path("alone.csv")).unwrap();
    let mut rows: Vec<Vec<String>> =
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect();
    rows.sort();
    rows
}

fn columns(level: &str) -> String {
    let dates = if level.is_empty() { "\"month\", \"year\", \"decade\"" } else { "\"year\"" };
    let weight = if level.is_empty() { 2 } else { 3 };
    format!(
        "[[quasi]]\ncolumn = \"age\"\nbands = [10, 20]\nweight = {weight}\n{level}\
         [[quasi]]\ncolumn = \"commune\"\nprefixes = [2]\noverseas = true\n{level}\
         [[quasi]]\ncolumn = \"entree\"\ndates = [{dates}]\n{level}"
    )
}

#[test]
fn what_one_generalisation_leaves_out_gets_a_coarser_one() {
    let bench = Bench::new();
    // Some stays where others are few: they need a coarser generalisation than the rest.
    let rare = |(at, row): (usize, String)| {
        let mut cells: Vec<&str> = row.split(',').collect();
        let commune = format!("593{:02}", at % 97);
        cells[2] = if at % 8 == 0 { &commune } else { cells[2] };
        cells.join(",")
    };
    bench.records(&stays().into_iter().enumerate().map(rare).collect::<Vec<_>>());
    let (rows, package, report) = bench.released(&bench.pipeline(&format!("{LEVELS}local = \"recode\"\n"), ""), &[]);
    holds_everywhere(&rows);
    assert_eq!(rows, alone(&bench, "suppress = 0.1\nlocal = \"recode\"", &columns("")));
    let passes = report[0]["plan"]["passes"].as_array().unwrap();
    assert!(passes.len() > 1, "{passes:?}");
    let told = &package["resources"][0]["tamis:protection"];
    assert_eq!((&told["local"], &told["levels"]), (&"recode".into(), &serde_json::Value::Null));
    let (_, _, global) = bench.released(&bench.pipeline(LEVELS, ""), &[]);
    let mean = |report: &serde_json::Value| report[0]["cost"]["granularity"]["mean"].as_f64().unwrap();
    assert!(mean(&report) < mean(&global), "{} instead of {}", mean(&report), mean(&global));
    assert_eq!(told["risk"]["k"], told["evidence"]["singling_out"]["smallest_class"]);
}

#[test]
fn single_values_are_left_out_until_each_class_has_k_persons() {
    let bench = Bench::new();
    let (rows, package, report) = bench.released(&bench.pipeline(FIXED, ""), &[]);
    holds_everywhere(&rows);
    assert_eq!(rows, alone(&bench, "local = \"suppress\"", &columns("level = 1\n")));
    for (at, column) in ["age", "commune", "entree"].into_iter().enumerate() {
        let gone = rows.iter().filter(|row| row[at] == "*").count();
        assert_eq!(report[0]["plan"]["values_left_out"][column].as_u64(), Some(gone as u64), "{column}");
    }
    assert!(rows.iter().any(|row| row.contains(&"*".to_owned())), "no value had to go");
    assert_eq!(package["resources"][0]["tamis:protection"]["missing_counts_as"], "a value of its own");
}

#[test]
fn values_that_may_be_any_are_counted_so_where_persons_have_one_record() {
    let bench = Bench::new();
    let any = format!("{FIXED}missing = \"any\"\n");
    let told = bench.run(&bench.pipeline(&any, ""), &[]);
    assert_eq!(told.code, 2, "{}", told.err);
    assert!(told.err.contains("missing = \"own\""), "{}", told.err);
    let mut seen = BTreeSet::new();
    let first: Vec<String> = stays().into_iter().filter(|row| seen.insert(row[..5].to_owned())).collect();
    bench.records(&first);
    let (rows, package, _) = bench.released(&bench.pipeline(&any, ""), &[]);
    assert_eq!(rows, alone(&bench, "local = \"suppress\"\nmissing = \"any\"", &columns("level = 1\n")));
    assert_eq!(package["resources"][0]["tamis:protection"]["missing_counts_as"], "any value");
    for row in &rows {
        let like = |other: &&Vec<String>| (0..3).all(|at| row[at] == "*" || other[at] == "*" || row[at] == other[at]);
        assert!(rows.iter().filter(like).map(|row| &row[4]).collect::<BTreeSet<_>>().len() >= 6, "{row:?}");
    }
}

#[test]
fn the_weight_of_a_sample_is_never_left_out_and_divides_the_classes() {
    let bench = Bench::new();
    let mut seen = BTreeSet::new();
    let first: Vec<String> = stays().into_iter().filter(|row| seen.insert(row[..5].to_owned())).collect();
    bench.records(&first);
    let sample = "[sample]\ndesign = \"minimum\"\nstrata = [\"commune\"]\nrate = \"1/2\"\nat_least = 25\n";
    for protect in [FIXED.to_owned(), format!("{}local = \"recode\"\n", LEVELS.replace("0.1", "0.3"))] {
        let (rows, ..) = bench.released(&bench.pipeline(&protect, sample), &[]);
        let mut classes: BTreeMap<Vec<&String>, BTreeSet<&String>> = BTreeMap::new();
        for row in &rows {
            classes.entry(row[..3].iter().chain(&row[5..]).collect()).or_default().insert(&row[4]);
        }
        assert!(!rows.is_empty() && classes.values().all(|persons| persons.len() >= 6), "{protect}");
        assert!(rows.iter().all(|row| row[5].contains('/') || row[5] == "1"), "{:?}", rows[0]);
    }
}

#[test]
fn neither_buckets_nor_threads_change_protection_class_by_class() {
    let bench = Bench::new();
    for protect in [FIXED.to_owned(), format!("{LEVELS}local = \"recode\"\n")] {
        let first = bench.released(&bench.pipeline(&protect, ""), &[]);
        let pipeline = bench.pipeline(&protect, "[limits]\nbuckets = 32\n");
        let again = bench.released(&pipeline, &["--threads", "2"]);
        assert_eq!((first.0, first.2), (again.0, again.2));
    }
}
