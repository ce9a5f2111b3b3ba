//! Persons, populations, and levels that need no file.

use std::collections::{BTreeMap, BTreeSet};

use crate::bench::Bench;

/// Stays of patients: several each, in departments and years that differ.
fn stays() -> String {
    let mut text = "patient,age,commune,entree,montant,diag\n".to_owned();
    let communes = ["75056", "75101", "13055", "13001", "97105", "97209"];
    for patient in 0..240_usize {
        for stay in 0..=(patient % 3) {
            let age = 20 + (patient * 7) % 60;
            let commune = communes[(patient + stay) % communes.len()];
            let month = 1 + (patient + 5 * stay) % 12;
            let year = 2019 + (patient + stay) % 4;
            let diag = ["I10", "E11", "C50", "J45"][(patient / 3 + stay) % 4];
            text.push_str(&format!(
                "p{patient},{age},{commune},{year}-{month:02}-{:02},{}.50,{diag}\n",
                1 + patient % 28,
                100 + patient
            ));
        }
    }
    text
}

const QUASI: &str = "[[quasi]]\ncolumn = \"age\"\nbands = [10, 20]\n[[quasi]]\ncolumn = \"commune\"\nprefixes = [2]\noverseas = true\n\
                     [[quasi]]\ncolumn = \"entree\"\ndates = [\"month\", \"year\", \"decade\"]\n";
const COLUMNS: [&str; 3] = ["age", "commune", "entree"];

#[test]
fn a_class_counts_persons_however_many_stays_they_have() {
    let bench = Bench::new();
    bench.write("in.csv", &stays());
    let head = "[anonymise]\nfile = \"in.csv\"\noutput = \"out.csv\"\nsuppress = 0.1\nkeep = [\"montant\"]\n";
    let rule = "[[rule]]\nrule = \"k_anonymity\"\nk = 6\n";
    let (left, report) = bench.anonymise(&format!("{head}person = \"patient\"\n{QUASI}{rule}"));
    assert_eq!(left.header, ["age", "commune", "entree", "montant"], "in the order of the file, without the person");
    // The amount tells who it is in this test, so that persons are counted by hand.
    let at = left.at("montant");
    for (key, rows) in left.classes(&COLUMNS) {
        let persons: BTreeSet<&String> = rows.iter().map(|row| &row[at]).collect();
        assert!(persons.len() >= 6, "{key:?}");
    }
    assert_eq!(report["risk"]["before"]["persons"], 240);
    assert!(report["risk"]["before"]["records"].as_u64().unwrap() > 240);
    // Somewhere records alone would have made do with less.
    let (_, records) = bench.anonymise(&format!("{head}{QUASI}{rule}"));
    let loss = |report: &serde_json::Value| report["plan"]["chosen"]["loss"]["total"].as_f64().unwrap();
    assert!(loss(&records) <= loss(&report));
    let mut lines: Vec<String> = stays().lines().map(str::to_owned).collect();
    lines[5] = lines[5].replacen(&lines[5].split(',').next().unwrap().to_owned(), "", 1);
    bench.write("in.csv", &lines.join("\n")).clear();
    let done = bench.run(&format!("{head}person = \"patient\"\n{QUASI}{rule}"), &[]);
    assert_eq!(done.code, 1);
    assert!(done.err.contains("line 6, column `patient`"), "{}", done.err);
}

#[test]
fn levels_without_a_file_have_the_names_that_readers_expect() {
    let bench = Bench::new();
    bench.write("in.csv", &stays());
    let fixed = QUASI
        .replace("bands = [10, 20]", "bands = [10, 20]\nlevel = 1")
        .replace("overseas = true", "overseas = true\nlevel = 1")
        .replace("\"decade\"]", "\"decade\"]\nlevel = 2");
    let head = "[anonymise]\nfile = \"in.csv\"\noutput = \"out.csv\"\nlocal = \"suppress\"\n";
    let (left, _) = bench.anonymise(&format!("{head}{fixed}[[rule]]\nrule = \"k_anonymity\"\nk = 1\n"));
    let values = |column: &str| -> BTreeSet<String> { left.cells(&[column]).into_iter().flatten().collect() };
    let expected = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(values("age"), expected(&["20-29", "30-39", "40-49", "50-59", "60-69", "70-79"]));
    assert_eq!(values("commune"), expected(&["13", "75", "971", "972"]));
    assert_eq!(values("entree"), expected(&["2019", "2020", "2021", "2022"]));
}

#[test]
fn a_population_hides_those_who_are_alone_in_the_file() {
    let Some(bench) = Bench::adult(800) else { return };
    let quasi = ["sex", "age", "race"];
    let rule = "[[rule]]\nrule = \"k_map\"\nk = 20\n[[rule]]\nrule = \"delta_presence\"\ndelta = [0.0, 0.2]\n";
    let head = "suppress = 0.1\npopulation = \"adult.csv\"";
    let (left, report) = bench.anonymise(&crate::spec(head, &quasi, rule));
    // The population at the chosen levels, by the hierarchy files alone.
    let population = crate::Plain::read(&bench.path("adult.csv"), ';').cells(&quasi);
    let levels = &report["plan"]["chosen"]["levels"];
    let trees: Vec<_> =
        quasi.iter().map(|column| (bench.hierarchy(column), levels[*column].as_u64().unwrap())).collect();
    let mut there: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for person in population {
        let key =
            person.iter().zip(&trees).map(|(value, (tree, level))| tree[value][*level as usize].clone()).collect();
        *there.entry(key).or_insert(0) += 1;
    }
    let classes = left.classes(&quasi);
    for (key, rows) in &classes {
        assert!(there[key] >= 20 && rows.len() as f64 / there[key] as f64 <= 0.2, "{key:?}");
    }
    assert!(classes.values().any(|rows| rows.len() == 1), "alone in the file, not in the population");
    assert_eq!(report["evidence"]["linkability"]["to"], "population");
    let expected: f64 = classes.iter().map(|(key, rows)| rows.len() as f64 / there[key] as f64).sum();
    let found = report["evidence"]["linkability"]["expected_share"].as_f64().unwrap();
    assert!((found - expected / left.rows.len() as f64).abs() < 1e-12, "{found}");
    let highest = report["risk"]["after"]["journalist"]["highest"].as_f64().unwrap();
    let worst = classes.keys().map(|key| there[key]).min().unwrap();
    assert!((highest - 1.0 / worst as f64).abs() < 1e-15);
    // A population that lacks a value of the hierarchy is told of by its own line.
    bench.write("adult.csv", "sex;age;race\nMale;30;CANARI\n").clear();
    let done = bench.run(&crate::spec(head, &quasi, rule), &[]);
    assert!(done.code == 1 && done.err.contains("adult.csv: line 2, column `race`"), "{}", done.err);
    assert!(!done.err.contains("CANARI"));
}

#[test]
fn sampling_weights_give_the_individual_risk_before_and_after_and_leave_only_if_kept() {
    let bench = Bench::new();
    bench.write("in.csv", &stays());
    let rest = format!("{QUASI}[[rule]]\nrule = \"k_anonymity\"\nk = 6\n");
    let head = "[anonymise]\nfile = \"in.csv\"\noutput = \"out.csv\"\nsuppress = 0.1\nweights = \"montant\"\n";
    let (left, _) = bench.anonymise(&format!("{head}{rest}"));
    assert_eq!(left.header, COLUMNS);
    bench.clear();
    let (left, report) = bench.anonymise(&format!("{head}keep = [\"montant\"]\n{rest}"));
    assert_eq!(left.header, ["age", "commune", "entree", "montant"]);
    for (file, when) in [("in.csv", "before"), ("out.csv", "after")] {
        let mut command = crate::common::tamis();
        let words = ["risk", file, "--quasi", "age,commune,entree", "--weights", "montant", "--threshold", "11"];
        let done = command.current_dir(bench.path("")).args(words).args(["--format", "json"]).output().unwrap();
        let measured: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        assert!(measured["individual"]["highest"].as_f64().unwrap() > 0.0);
        assert_eq!(report["risk"][when]["individual"], measured["individual"], "{when}");
    }
    bench.clear();
    let done = bench.run(&format!("{}{rest}", head.replace("montant", "diag")), &[]);
    assert!(done.code == 1 && done.err.contains("a number above 0") && !done.err.contains("E11"), "{}", done.err);
    let done = bench.run(&format!("{}{rest}", head.replace("montant", "age")), &[]);
    assert!(done.code == 2 && done.err.contains("column_twice"), "{}", done.err);
}

#[test]
fn the_report_has_uniques_of_the_population_groups_and_special_uniques_before_and_after() {
    let bench = Bench::new();
    let homes = |text: String| -> String {
        let row = |(at, line): (usize, &str)| match at {
            0 => format!("{line},foyer\n"),
            _ => format!("{line},{}\n", line[1..].split(',').next().unwrap().parse::<u32>().unwrap() % 50),
        };
        text.lines().enumerate().map(row).collect()
    };
    bench.write("in.csv", &homes(stays()));
    let head = "[anonymise]\nfile = \"in.csv\"\noutput = \"out.csv\"\nperson = \"patient\"\nsuppress = 0.1\n";
    let spec = format!(
        "{head}{QUASI}[[rule]]\nrule = \"k_anonymity\"\nk = 6\n[risk]\nfraction = 0.25\nsuda = 2\ngroup = \"foyer\"\n"
    );
    let (left, report) = bench.anonymise(&spec);
    assert_eq!(left.header, ["age", "commune", "entree"], "the column of groups is counted, never written");
    let quasi = ["risk", "in.csv", "--quasi", "age,commune,entree", "--person", "patient", "--threshold", "11"];
    let more = ["--fraction", "0.25", "--suda", "2", "--group", "foyer", "--format", "json"];
    let done = crate::common::tamis().current_dir(bench.path("")).args(quasi).args(more).output().unwrap();
    let own: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    for key in ["population_uniques", "suda", "groups"] {
        assert!(own[key].is_object(), "{own}");
        assert_eq!(report["risk"]["before"][key], own[key], "{key}");
    }
    let after = &report["risk"]["after"];
    assert!(after["groups"]["highest"].as_f64() < own["groups"]["highest"].as_f64());
    assert_eq!(
        (after["uniques"].as_u64(), after["suda"]["minimal_uniques_by_size"].to_string().as_str()),
        (Some(0), "[0,0]")
    );
    bench.clear();
    for (from, to, code) in [
        ("fraction = 0.25", "fraction = 1.5", "bad_value"),
        ("suda = 2", "suda = 0", "bad_value"),
        ("group = \"foyer\"", "group = \"age\"", "column_twice"),
        ("group = \"foyer\"", "groups = \"foyer\"", "unknown_key"),
    ] {
        let done = bench.run(&spec.replace(from, to), &[]);
        assert!(done.code == 2 && done.err.contains(code), "{to}: {}", done.err);
    }
}
