//! Rules about a population: of a file, or everybody whom the sample may draw. Classes are counted again from the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::{Bench, LEVELS, stays};

/// A band, as the document for users says.
fn band(age: u32, width: u32) -> String {
    format!("{}-{}", age / width * width, age / width * width + width - 1)
}

/// What a row of the input (age, commune, entree) is at these levels.
fn lifted(row: &[String], levels: &Value) -> [String; 3] {
    let age: u32 = row[0].parse().unwrap();
    let age = match levels["age"].as_u64().unwrap() {
        0 => row[0].clone(),
        1 => band(age, 10),
        2 => band(age, 20),
        _ => "*".to_owned(),
    };
    let head = if row[1].starts_with("97") { 3 } else { 2 };
    let commune = match levels["commune"].as_u64().unwrap() {
        0 => row[1].clone(),
        1 => row[1][..head].to_owned(),
        _ => "*".to_owned(),
    };
    let entry = match levels["entree"].as_u64().unwrap() {
        0 => row[2].clone(),
        1 => row[2][..7].to_owned(),
        2 => row[2][..4].to_owned(),
        3 => format!("{0}0-{0}9", &row[2][..3]),
        _ => "*".to_owned(),
    };
    [age, commune, entry]
}

/// Age, commune, entry and patient of each stay.
fn input(rows: &[String]) -> Vec<(Vec<String>, String)> {
    let cells = |row: &String| row.split(',').map(str::to_owned).collect::<Vec<_>>();
    rows.iter().map(cells).map(|row| (row[1..4].to_vec(), row[0].clone())).collect()
}

/// Persons of a population per class at these levels.
fn counted(rows: &[(Vec<String>, String)], levels: &Value) -> BTreeMap<[String; 3], usize> {
    let mut classes: BTreeMap<[String; 3], BTreeSet<&String>> = BTreeMap::new();
    rows.iter().for_each(|(row, person)| _ = classes.entry(lifted(row, levels)).or_default().insert(person));
    classes.into_iter().map(|(key, persons)| (key, persons.len())).collect()
}

const SAMPLE: &str = "[sample]\ndesign = \"bernoulli\"\nrate = \"1/2\"\n";

fn classes_of(rows: &[Vec<String>]) -> BTreeMap<[String; 3], BTreeSet<&String>> {
    let mut classes: BTreeMap<[String; 3], BTreeSet<&String>> = BTreeMap::new();
    for row in rows {
        classes.entry([row[0].clone(), row[1].clone(), row[2].clone()]).or_default().insert(&row[4]);
    }
    classes
}

/// Journalist's risk of what leaves: largest, and share of persons linked at best.
fn outside(rows: &[Vec<String>], population: &BTreeMap<[String; 3], usize>) -> (f64, f64) {
    let classes = classes_of(rows);
    let highest = classes.keys().map(|key| 1.0 / population[key] as f64).fold(0.0, f64::max);
    let expected: f64 = classes.iter().map(|(key, persons)| persons.len() as f64 / population[key] as f64).sum();
    (highest, expected / classes.values().map(|persons| persons.len() as f64).sum::<f64>())
}

#[test]
fn every_class_that_leaves_has_k_persons_of_the_frame_counted_once_each() {
    let bench = Bench::new();
    let protect = LEVELS.replace("suppress = 0.1", "suppress = 0.4")
        + "population = \"frame\"\nrules = [{ rule = \"k_map\", k = 25 }]\nevidence = { linkable = 0.9 }\n";
    let (rows, package, report) = bench.released(&bench.pipeline(&protect, SAMPLE).replace("k = 6", "k = 3"), &[]);
    let told = &package["resources"][0]["tamis:protection"];
    let population = counted(&input(&stays()), &told["levels"]);
    assert!(!rows.is_empty());
    for (key, persons) in classes_of(&rows) {
        assert!(persons.len() >= 3 && population[&key] >= 25, "{key:?}: {} of {}", persons.len(), population[&key]);
    }
    let (highest, expected) = outside(&rows, &population);
    assert!((told["risk"]["journalist"]["highest"].as_f64().unwrap() - highest).abs() < 1e-12);
    let link = &told["evidence"]["linkability"];
    assert_eq!((&told["population"], &link["to"]), (&"frame".into(), &"frame".into()));
    assert!((link["expected_share"].as_f64().unwrap() - expected).abs() < 1e-12, "{link} {expected}");
    assert!(report[0]["risk"]["before"]["journalist"]["highest"].as_f64().unwrap() > highest);
    // The same without the rule lets smaller classes go.
    let (rows, package, _) = bench.released(
        &bench.pipeline(&protect.replace("{ rule = \"k_map\", k = 25 }", ""), SAMPLE).replace("k = 6", "k = 3"),
        &[],
    );
    let population = counted(&input(&stays()), &package["resources"][0]["tamis:protection"]["levels"]);
    assert!(classes_of(&rows).keys().any(|key| population[key] < 25));
}

#[test]
fn neither_buckets_nor_threads_change_what_is_counted_in_the_frame() {
    let bench = Bench::new();
    let protect = format!("{LEVELS}population = \"frame\"\nrules = [{{ rule = \"k_map\", k = 12 }}]\n");
    let first = bench.released(&bench.pipeline(&protect, ""), &[]);
    for buckets in [1, 16] {
        let pipeline = bench.pipeline(&protect, &format!("[limits]\nbuckets = {buckets}\n"));
        let again = bench.released(&pipeline, &["--threads", "2"]);
        assert_eq!((&again.0, &again.2), (&first.0, &first.2));
    }
}

#[test]
fn a_file_of_the_population_is_generalised_with_the_records() {
    let bench = Bench::new();
    // Everybody once, and as many again elsewhere and older, whom no record knows.
    let mut lines = vec!["age,commune,entree".to_owned()];
    let mut population = Vec::new();
    let mut seen = BTreeSet::new();
    for (number, (row, patient)) in input(&stays()).into_iter().enumerate() {
        if seen.insert(patient.clone()) {
            lines.push(row.join(","));
            population.push((row.clone(), patient));
            let other = vec![(81 + number % 9).to_string(), "59350".to_owned(), row[2].clone()];
            lines.push(other.join(","));
            population.push((other, format!("autre{number}")));
        }
    }
    fs::write(bench.path("pop.csv"), lines.join("\n") + "\n").unwrap();
    let first: Vec<String> = stays()
        .into_iter()
        .scan(BTreeSet::new(), |met, row| Some(met.insert(row[..5].to_owned()).then_some(row)))
        .flatten()
        .collect();
    bench.records(&first);
    let protect = format!("{LEVELS}population = \"pop.csv\"\nrules = [{{ rule = \"k_map\", k = 9 }}]\n");
    let (rows, package, _) = bench.released(&bench.pipeline(&protect, ""), &[]);
    let told = &package["resources"][0]["tamis:protection"];
    let counts = counted(&population, &told["levels"]);
    assert!(rows.iter().all(|row| counts[&[row[0].clone(), row[1].clone(), row[2].clone()]] >= 9));
    let (highest, expected) = outside(&rows, &counts);
    assert!((told["risk"]["journalist"]["highest"].as_f64().unwrap() - highest).abs() < 1e-12);
    assert_eq!(told["evidence"]["linkability"]["to"], "population");
    assert!((told["evidence"]["linkability"]["expected_share"].as_f64().unwrap() - expected).abs() < 1e-12);
    // Each of them is somebody, so nobody's presence may be sure: half of the population is in the data, all in some classes.
    let presence = |most: &str| {
        let rule = format!("rules = [{{ rule = \"delta_presence\", delta = [0.0, {most}] }}]\n");
        bench.run(&bench.pipeline(&format!("{LEVELS}population = \"pop.csv\"\n{rule}"), ""), &[])
    };
    assert_eq!(presence("1.0").code, 0);
    let told = presence("0.4");
    assert_eq!(told.code, 4, "{}", told.err);
}

#[test]
fn a_population_that_cannot_be_used_is_told_of() {
    let bench = Bench::new();
    let with = |protect: &str| bench.run(&bench.pipeline(&format!("{LEVELS}{protect}"), ""), &[]);
    let told = with("population = \"absent.csv\"\n");
    assert!(told.code == 6 && told.err.contains("absent.csv"), "{}: {}", told.code, told.err);
    fs::write(bench.path("pop.csv"), "age,commune\n20,75056\n").unwrap();
    let told = with("population = \"pop.csv\"\n");
    assert!(told.code != 0 && told.err.contains("entree") && !told.err.contains("75056"), "{}", told.err);
    fs::write(bench.path("pop.csv"), "age,commune,entree\n20,75056,2020-01-01\nvieux,75056,2020-01-01\n").unwrap();
    let told = with("population = \"pop.csv\"\n");
    assert!(told.code == 1 && told.err.contains("line 3, column `age`"), "{}", told.err);
    assert!(!told.err.contains("vieux"), "{}", told.err);
}

#[test]
fn nothing_of_an_opened_release_is_a_population() {
    let bench = Bench::new();
    fs::create_dir_all(bench.path("recu/release")).unwrap();
    fs::write(bench.path("recu").join(tamis::reception::RECORD), "{}").unwrap();
    fs::write(bench.path("recu/release/pop.csv"), "age,commune,entree\n20,75056,2020-01-01\n").unwrap();
    let pipeline = bench.pipeline(&format!("{LEVELS}population = \"recu/release/pop.csv\"\n"), "");
    let told = bench.run(&pipeline, &[]);
    assert!(told.code == 4 && told.err.contains("opened release"), "{}", told.err);
    let mut command = crate::common::tamis();
    let done = command.current_dir(bench.folder.path()).args(["plan", "p.toml", "--with-data"]).output().unwrap();
    assert_eq!(done.status.code(), Some(4));
}

#[test]
fn class_by_class_the_population_decides_and_what_leaves_is_linked_to_itself() {
    let bench = Bench::new();
    let protect = LEVELS.replace("suppress = 0.1", "suppress = 0.4")
        + "local = \"recode\"\npopulation = \"frame\"\nrules = [{ rule = \"k_map\", k = 25 }]\nevidence = { linkable = 0.9 }\n";
    let (rows, package, _) = bench.released(&bench.pipeline(&protect, SAMPLE).replace("k = 6", "k = 3"), &[]);
    let told = &package["resources"][0]["tamis:protection"];
    assert_eq!((&told["evidence"]["linkability"]["to"], &told["population"]), (&"input".into(), &"frame".into()));
    assert_eq!(told["risk"]["journalist"], Value::Null);
    // Whatever the level of a value, so many persons of the frame could have it.
    let level = |age, commune, entree| serde_json::json!({ "age": age, "commune": commune, "entree": entree });
    let every: Vec<Value> = (0..5).map(|at| level(at.min(3), at.min(2), at)).collect();
    let people = input(&stays());
    assert!(!rows.is_empty());
    for (key, persons) in classes_of(&rows) {
        let could = |row: &[String]| {
            let ancestors: Vec<[String; 3]> = every.iter().map(|levels| lifted(row, levels)).collect();
            (0..3).all(|at| ancestors.iter().any(|labels| labels[at] == key[at]))
        };
        let candidates: BTreeSet<&String> = people.iter().filter(|(row, _)| could(row)).map(|(_, who)| who).collect();
        assert!(persons.len() >= 3 && candidates.len() >= 25, "{key:?}: {} of {}", persons.len(), candidates.len());
    }
}
