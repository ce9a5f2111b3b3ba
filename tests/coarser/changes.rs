//! Values of pipelines that change before anything is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use tamis::config::Pipeline;

use crate::{Bench, LEVELS, classes, common, holds_everywhere, stays};

fn protect(change: &str) -> String {
    format!("{}change = [{change}]\n", LEVELS.replace("suppress = 0.1\n", ""))
}

/// The sixth column of the input.
fn dossiers() -> Vec<i64> {
    stays().iter().map(|row| row.split(',').nth(5).unwrap().parse().unwrap()).collect()
}

fn sorted(mut all: Vec<i64>) -> Vec<i64> {
    all.sort_unstable();
    all
}

/// What left of that column, the descriptor, the dossier's report.
fn changed(bench: &Bench, change: &str) -> (Vec<Vec<String>>, Vec<i64>, Value, Value) {
    let (rows, package, report) = bench.released(&bench.pipeline(&protect(change), ""), &[]);
    assert_eq!(rows.len(), stays().len(), "{change}: every record leaves");
    let numbers = rows.iter().map(|row| row[4].parse().unwrap()).collect();
    (rows, numbers, package["resources"][0].clone(), report[0].clone())
}

#[test]
fn rounding_and_capping_change_each_value_by_itself() {
    let bench = Bench::new();
    let (_, numbers, resource, report) = changed(&bench, "{ column = \"dossier\", method = \"round\", base = 7 }");
    let rounded = |x: i64| (x + 3).div_euclid(7) * 7;
    assert_eq!(sorted(numbers), sorted(dossiers().into_iter().map(rounded).collect()));
    let told = &report["changes"][0];
    let moved = dossiers().into_iter().filter(|x| x % 7 != 0).count();
    assert_eq!((told["changed"].as_u64(), &told["method"]), (Some(moved as u64), &"round".into()));
    // The recipient learns the method; what the values were like before stays with the sender.
    let public = &resource["tamis:protection"]["changes"];
    assert_eq!(public[0]["parameters"]["base"], 7.0);
    assert!(!resource.to_string().contains("mean_before"));
    let fields = resource["schema"]["fields"].as_array().unwrap();
    let field = fields.iter().find(|field| field["name"] == "dossier").unwrap();
    assert_eq!((&field["tamis:generalised"], &field["type"]), (&"changed".into(), &"integer".into()));

    let (_, numbers, _, report) = changed(&bench, "{ column = \"dossier\", method = \"cap\", top = 100100 }");
    assert_eq!(sorted(numbers), sorted(dossiers().into_iter().map(|x| x.min(100_100)).collect()));
    assert!(report["changes"][0]["mean_after"].as_f64() < report["changes"][0]["mean_before"].as_f64());
}

#[test]
fn methods_that_look_at_a_whole_column_keep_what_they_promise() {
    let bench = Bench::new();
    let input: BTreeSet<(String, i64)> = stays()
        .iter()
        .map(|row| row.split(',').collect::<Vec<_>>())
        .map(|r| (r[4].to_owned(), r[5].parse().unwrap()))
        .collect();
    let pairs = |rows: &[Vec<String>]| -> BTreeSet<(String, i64)> {
        rows.iter().map(|row| (row[3].clone(), row[4].parse().unwrap())).collect()
    };
    let (rows, numbers, ..) = changed(&bench, "{ column = \"dossier\", method = \"swap\", share = 0.2 }");
    assert_eq!(sorted(numbers), sorted(dossiers()));
    assert!(pairs(&rows) != input, "nothing was swapped");

    let (_, numbers, ..) = changed(&bench, "{ columns = [\"dossier\"], method = \"microaggregate\", k = 5 }");
    let mut groups: BTreeMap<i64, usize> = BTreeMap::new();
    numbers.iter().for_each(|x| *groups.entry(*x).or_default() += 1);
    assert!(groups.values().all(|count| *count >= 5) && groups.len() > 20, "{groups:?}");
    let moved = (numbers.iter().sum::<i64>() - dossiers().iter().sum::<i64>()).unsigned_abs() as usize;
    assert!(moved <= numbers.len(), "means are whole numbers, half a unit off at most: {moved}");

    let (_, numbers, _, report) = changed(&bench, "{ column = \"dossier\", method = \"noise\", share = 0.1 }");
    assert_ne!(sorted(numbers.clone()), sorted(dossiers()));
    let told = &report["changes"][0];
    let mean = numbers.iter().sum::<i64>() as f64 / numbers.len() as f64;
    assert!((told["mean_after"].as_f64().unwrap() - mean).abs() < 1e-6);
    assert!(told["correlation"].as_f64().unwrap() > 0.9);

    let (rows, _, _, report) = changed(&bench, "{ column = \"diag\", method = \"pram\", stay = 0.6 }");
    let known = BTreeSet::from(["I10", "E11", "C50", "J45"]);
    assert!(rows.iter().all(|row| known.contains(row[3].as_str())));
    let share = report["changes"][0]["changed"].as_f64().unwrap() / rows.len() as f64;
    assert!((0.2..0.6).contains(&share), "{share}");
    assert!(pairs(&rows) != input);
}

#[test]
fn rules_about_sensitive_values_judge_what_they_became() {
    let bench = Bench::new();
    let more = "sensitive = [{ column = \"diag\" }]\nrules = [{ rule = \"l_diversity\", l = 3 }]\n";
    // All have one diagnosis: only what it becomes is diverse.
    let one: Vec<String> =
        stays().iter().enumerate().map(|(at, row)| if at < 8 { row.clone() } else { of_one_diagnosis(row) }).collect();
    bench.records(&one);
    let refused = bench.run(&bench.pipeline(&format!("{}{more}", protect("")), ""), &[]);
    let randomised = protect("{ column = \"diag\", method = \"pram\", stay = 0.3 }");
    let (rows, _, _) = bench.released(&bench.pipeline(&format!("{randomised}{more}"), ""), &[]);
    for rows in classes(&rows).values() {
        assert!(rows.iter().map(|row| &row[3]).collect::<BTreeSet<_>>().len() >= 3);
    }
    // Without the change, one class of everybody is all that holds, or nothing does.
    assert!(refused.code == 4 || classes(&rows).len() > 1, "{}", refused.err);
}

fn of_one_diagnosis(row: &str) -> String {
    let mut cells: Vec<&str> = row.split(',').collect();
    cells[4] = "I10";
    cells.join(",")
}

const METHODS: [&str; 6] = [
    "{ column = \"dossier\", method = \"swap\", share = 0.2 }",
    "{ column = \"dossier\", method = \"noise\", share = 0.1 }",
    "{ column = \"dossier\", method = \"round\", base = 10, random = true }",
    "{ column = \"dossier\", method = \"microaggregate\", k = 4 }",
    "{ column = \"diag\", method = \"pram\", stay = 0.5, invariant = true }",
    "{ column = \"dossier\", method = \"cap\", at_least = 12, beyond = \"mean\" }",
];

/// The released file of a run under a key.
fn released_under(bench: &Bench, pipeline: &str, threads: usize, key: u8, out: &Path) -> String {
    fs::write(bench.path("p.toml"), pipeline).unwrap();
    let pipeline = Pipeline::read(&bench.path("p.toml")).unwrap_or_else(|e| panic!("{e:?}"));
    let summary = common::run(&pipeline, out, threads, common::key(key)).unwrap();
    fs::read_to_string(summary.release.join("data/lignes.csv")).unwrap()
}

#[test]
fn changes_are_the_same_whatever_the_buckets_threads_and_order_of_rows() {
    for (number, change) in METHODS.into_iter().enumerate() {
        let bench = Bench::new();
        let out = |name: &str| bench.path(&format!("{name}{number}"));
        let pipeline = |more: &str| bench.pipeline(&protect(change), more);
        let first = released_under(&bench, &pipeline(""), 1, 3, &out("one"));
        let mut rows = stays();
        rows.reverse();
        rows.swap(10, 300);
        bench.records(&rows);
        let again = released_under(&bench, &pipeline("[limits]\nbuckets = 32\n"), 2, 3, &out("two"));
        assert_eq!(first, again, "{change}");
        let other = released_under(&bench, &pipeline(""), 1, 4, &out("three"));
        let values = |text: &str| -> Vec<String> {
            let mut all: Vec<String> =
                text.lines().map(|line| line.rsplitn(3, ',').take(2).collect::<Vec<_>>().join(",")).collect();
            all.sort();
            all
        };
        // Groups of records that are equally far apart are told apart by digests, which are keyed too.
        if !change.contains("microaggregate") {
            assert_eq!(values(&first) != values(&other), !change.contains("cap"), "{change}: under another key");
        }
    }
}

#[test]
fn a_value_that_a_change_cannot_take_is_told_by_its_column_alone() {
    let bench = Bench::new();
    let mut rows = stays();
    rows[5] = rows[5].rsplit_once(',').unwrap().0.to_owned() + ",";
    bench.records(&rows);
    let change = protect("{ column = \"dossier\", method = \"microaggregate\", k = 5 }");
    let told = bench.run(&bench.pipeline(&change, ""), &[]);
    assert_eq!(told.code, 1, "{}", told.err);
    assert!(told.err.contains("column `dossier`") && !told.err.contains("10000"), "{}", told.err);
    // Others leave what is missing missing.
    let change = protect("{ column = \"dossier\", method = \"noise\", share = 0.1 }");
    let (rows, ..) = bench.released(&bench.pipeline(&change, ""), &[]);
    assert_eq!(rows.iter().filter(|row| row[4].is_empty()).count(), 1);
}

#[test]
fn where_nobody_is_drawn_nothing_changes_and_nothing_leaves() {
    let bench = Bench::new();
    let exclude = "[[exclude]]\nsource = \"sejours\"\nwhen = \"age > 0\"\n";
    for change in METHODS {
        let told = bench.run(&bench.pipeline(&protect(change), exclude), &[]);
        assert_eq!(told.code, 0, "{change}: {}", told.err);
        let text = fs::read_to_string(bench.only_run().join("release/data/lignes.csv")).unwrap();
        assert_eq!(text.lines().count(), 1, "{change}");
    }
}

#[test]
fn quasi_identifiers_change_before_classes_are_counted_and_before_they_become_coarser() {
    let bench = Bench::new();
    let before: Vec<i64> = stays().iter().map(|row| row.split(',').nth(1).unwrap().parse().unwrap()).collect();
    let capped = "{ column = \"age\", method = \"cap\", top = 60 }";
    let rounded = "{ column = \"age\", method = \"round\", base = 30 }";
    let levels = "levels = { commune = { prefixes = [2], overseas = true }, entree = { dates = [\"year\", \"decade\"] } }\n\
                  suppress = 0.3\n";
    for threads in ["1", "2"] {
        let (rows, package, report) = bench.released(
            &bench.pipeline(&format!("{levels}change = [{capped}, {rounded}]\n"), "[limits]\nbuckets = 8\n"),
            &["--threads", threads],
        );
        holds_everywhere(&rows);
        assert!(rows.iter().all(|row| ["30", "60"].contains(&row[0].as_str())), "rounded after it was capped");
        let told = &report[0]["changes"];
        let top = before.iter().filter(|age| **age > 60).count() as u64;
        assert!(top > 0);
        assert_eq!(told[0]["changed"].as_u64(), Some(top));
        let field = &package["resources"][0]["schema"]["fields"][0];
        assert_eq!((&field["name"], &field["tamis:generalised"]), (&"age".into(), &"changed".into()));
        // What is before is what was drawn and changed: ages take two values.
        let own: BTreeSet<String> = stays()
            .iter()
            .map(|row| {
                let cells: Vec<&str> = row.split(',').collect();
                let age: i64 = cells[1].parse().unwrap();
                format!("{}{}{}", if age.min(60) < 45 { 30 } else { 60 }, cells[2], cells[3])
            })
            .collect();
        assert_eq!(report[0]["risk"]["before"]["classes"].as_u64(), Some(own.len() as u64));
    }
    // Groups of the values that they became.
    let banded = "levels = { age = { bands = [60], weight = 9 }, commune = { prefixes = [2] }, entree = { dates = [\"decade\"] } }\n";
    let pipeline = bench.pipeline(&format!("{banded}change = [{rounded}]\n"), "").replace("k = 6\n", "k = 30\n");
    let (rows, package, report) = bench.released(&pipeline, &[]);
    holds_everywhere(&rows);
    assert_eq!(report[0]["plan"]["chosen"]["levels"]["age"], 1);
    assert!(rows.iter().all(|row| ["0-59", "60-119"].contains(&row[0].as_str())), "30, then 60 and 90");
    let field = &package["resources"][0]["schema"]["fields"][0];
    let described = field["description"].as_str().unwrap();
    assert_eq!(field["tamis:generalised"], "levels");
    assert!(described.contains("regroupées") && described.contains("modifiées"), "{described}");
}
