//! `risk` of an output: figures that classes alone do not give, held against `tamis risk` on the same records.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::{Bench, LEVELS, common, stays};

const DERIVED: &str = "[[derive]]\nsource = \"sejours\"\nname = \"foyer\"\nsql = \"dossier % 80\"\ntype = \"integer\"\n\
                       [[keep]]\ncolumn = \"foyer\"\nwhy = \"étude\"\n";
const COLUMNS: &str = "name = \"lignes\"\ncolumns = [\"age\", \"commune\", \"entree\", \"diag\", \"dossier\"]\n";
const RISK: &str = "risk = { fraction = 0.2, suda = 2, group = \"foyer\" }\n";

/// A pipeline whose output leaves without its households.
fn pipeline(bench: &Bench, protect: &str, more: &str) -> String {
    bench.pipeline(protect, &format!("{DERIVED}{more}")).replace("name = \"lignes\"\n", COLUMNS)
}

/// What `tamis risk` says of a file.
fn measured(bench: &Bench, file: &str, quasi: &str, more: &[&str]) -> Value {
    let mut command = common::tamis();
    let command = command.current_dir(bench.folder.path()).args(["risk", file, "--quasi", quasi]);
    let done = command.args(["--threshold", "6", "--format", "json"]).args(more).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// Rows with their households, as a file for `tamis risk`; persons are told apart by `dossier`, the fifth column.
fn file(bench: &Bench, name: &str, rows: &[Vec<String>]) {
    let mut text = "age,commune,entree,diag,dossier,foyer\n".to_owned();
    for row in rows {
        let home = row[4].parse::<u64>().unwrap() % 80;
        text += &format!("{},{home}\n", row[..5].join(","));
    }
    fs::write(bench.path(name), text).unwrap();
}

fn raw() -> Vec<Vec<String>> {
    stays().iter().map(|row| row.split(',').skip(1).map(str::to_owned).collect()).collect()
}

#[test]
fn a_pipeline_measures_what_the_command_measures_before_and_after() {
    let recoded = format!("{LEVELS}local = \"recode\"\n{RISK}");
    for protect in [format!("{LEVELS}{RISK}"), RISK.to_owned(), recoded] {
        let bench = Bench::new();
        if protect == RISK {
            // Few columns, so that some classes leave as they are and others do not.
            let coarse = |row: &String| {
                let mut cells: Vec<String> = row.split(',').map(str::to_owned).collect();
                cells[1] = (cells[1].parse::<u32>().unwrap() / 30 * 30).to_string();
                cells[3] = format!("{}-01-01", &cells[3][..4]);
                cells.join(",")
            };
            bench.records(&stays().iter().map(coarse).collect::<Vec<String>>());
        }
        let text = fs::read_to_string(bench.path("stays.csv")).unwrap();
        let input: Vec<Vec<String>> =
            text.lines().skip(1).map(|row| row.split(',').skip(1).map(str::to_owned).collect()).collect();
        let (rows, package, report) = bench.released(&pipeline(&bench, &protect, ""), &[]);
        assert!(!rows.is_empty());
        file(&bench, "before.csv", &input);
        file(&bench, "after.csv", &rows);
        let persons = |rows: &[Vec<String>]| rows.iter().map(|row| &row[4]).collect::<BTreeSet<_>>().len() as f64;
        // Whoever is left out is no longer in the data, and still in the population.
        let fraction = 0.2 * persons(&rows) / persons(&input);
        for (name, when, fraction) in [("before.csv", "before", 0.2), ("after.csv", "after", fraction)] {
            let fraction = fraction.to_string();
            let more = ["--person", "dossier", "--group", "foyer", "--suda", "2", "--fraction", &fraction];
            let own = measured(&bench, name, "age,commune,entree", &more);
            let told = &report[0]["risk"][when];
            for key in ["population_uniques", "groups", "suda"] {
                assert!(own[key].is_object(), "{key}: {own}");
                close(&told[key], &own[key], &format!("{protect}{when} {key}"));
            }
        }
        let told = &package["resources"][0]["tamis:protection"]["risk"];
        assert_eq!(told["groups"], report[0]["risk"]["after"]["groups"]);
        assert!(!fs::read_to_string(bench.only_run().join("release/data/lignes.csv")).unwrap().contains("foyer"));
    }
}

/// The same figures but for the last digits of sums.
fn close(one: &Value, two: &Value, what: &str) {
    match (one, two) {
        (Value::Object(a), Value::Object(b)) => {
            assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{what}");
            a.iter().for_each(|(key, value)| close(value, &b[key], &format!("{what} {key}")));
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{what}");
            a.iter().zip(b).for_each(|(a, b)| close(a, b, what));
        }
        _ => match (one.as_f64(), two.as_f64()) {
            (Some(a), Some(b)) => assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "{what}: {a} and {b}"),
            _ => assert_eq!(one, two, "{what}"),
        },
    }
}

#[test]
fn a_sample_tells_the_uniques_of_its_frame_and_the_individual_risk_by_its_weights() {
    let bench = Bench::new();
    let sample = "[sample]\ndesign = \"minimum\"\nstrata = [\"commune\"]\nrate = \"1/3\"\nat_least = 12\n";
    let mut seen = BTreeSet::new();
    let first: Vec<String> = stays().into_iter().filter(|row| seen.insert(row[..5].to_owned())).collect();
    bench.records(&first);
    // Nothing may become coarser, and no class is too small: what leaves is what was drawn.
    let protect = "risk = { suda = 1 }\n";
    let pipeline = bench.pipeline(protect, sample).replace("k = 6", "k = 2");
    let pipeline =
        pipeline.replace("[persons.protect]", "columns = [\"commune\", \"diag\", \"dossier\"]\n[persons.protect]");
    let pipeline = pipeline.replace("[\"age\", \"commune\", \"entree\"]", "[\"commune\"]");
    let told = bench.run(&pipeline, &[]);
    assert_eq!(told.code, 0, "{}", told.err);
    let run = bench.only_run();
    let report: Value = serde_json::from_slice(&fs::read(run.join("dossier/anonymisation.json")).unwrap()).unwrap();
    let told = &report[0]["risk"]["before"];
    assert_eq!(told, &report[0]["risk"]["after"]);
    let released = run.join("release/data/lignes.csv");
    let text = fs::read_to_string(&released).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let weight = header.iter().position(|name| *name == "poids_sondage").unwrap();
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let represented: f64 = rows.iter().map(|row| row[weight].parse::<f64>().unwrap()).sum();
    assert!((represented - first.len() as f64).abs() < 1e-6, "{represented} of {}", first.len());
    fs::copy(&released, bench.path("drawn.csv")).unwrap();
    let fraction = (rows.len() as f64 / first.len() as f64).to_string();
    let more = ["--weights", "poids_sondage", "--fraction", &fraction];
    let own = measured(&bench, "drawn.csv", "commune,proba_inclusion", &more);
    close(&told["individual"], &own["individual"], "individual");
    close(&told["population_uniques"], &own["population_uniques"], "population");
    assert!(told["individual"]["highest"].as_f64().unwrap() > 0.0);
    assert_eq!(told["population_uniques"]["population"].as_u64(), Some(first.len() as u64));
}

#[test]
fn the_plan_tells_these_figures_in_both_languages() {
    let bench = Bench::new();
    fs::write(bench.path("p.toml"), pipeline(&bench, &format!("{LEVELS}{RISK}"), "")).unwrap();
    for (lang, words) in [
        (
            "en",
            ["risk of a group, highest", "special uniques (DIS-SUDA), average", "uniques of the population, estimated"],
        ),
        ("fr", ["risque d'un groupe, maximal", "uniques particulières (DIS-SUDA), moyen", "uniques de la population"]),
    ] {
        let mut command = common::tamis();
        let command = command.current_dir(bench.folder.path());
        let done = command.args(["plan", "p.toml", "--with-data", "--lang", lang]).output().unwrap();
        let told = String::from_utf8(done.stdout).unwrap();
        words.iter().for_each(|word| assert!(told.contains(word), "{word}: {told}"));
    }
    let mut command = common::tamis();
    let command = command.current_dir(bench.folder.path());
    let done = command.args(["plan", "p.toml", "--with-data", "--format", "json"]).output().unwrap();
    let plan: Value = serde_json::from_slice(&done.stdout).unwrap();
    let output = &plan["with_data"]["persons"][0];
    for when in ["before", "after"] {
        let (short, long) = (&output["exposure"][when], &output["report"]["risk"][when]);
        assert_eq!(short["groups"]["highest"], long["groups"]["highest"]);
        assert_eq!(short["suda"]["average"], long["suda"]["average"]);
        assert_eq!(short["population_uniques"], long["population_uniques"]["dankar"]["uniques"]);
    }
}

#[test]
fn a_person_whose_records_name_several_groups_is_in_each_and_who_names_none_is_alone() {
    let bench = Bench::new();
    let pipeline = bench.pipeline(&format!("{LEVELS}risk = {{ group = \"diag\" }}\n"), "");
    let (_, _, report) = bench.released(&pipeline, &[]);
    // By hand: the risk of a person is that of the smallest of their classes; a diagnosis is a group here.
    let mut classes: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    raw().iter().for_each(|row| _ = classes.entry(row[..3].to_vec()).or_default().insert(row[4].clone()));
    let mut worst: BTreeMap<String, f64> = BTreeMap::new();
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in raw() {
        let risk = 1.0 / classes[&row[..3].to_vec()].len() as f64;
        let held = worst.entry(row[4].clone()).or_insert(0.0);
        *held = held.max(risk);
        members.entry(row[3].clone()).or_default().insert(row[4].clone());
    }
    let risks: Vec<f64> =
        members.values().map(|all| 1.0 - all.iter().map(|person| 1.0 - worst[person]).product::<f64>()).collect();
    let told = &report[0]["risk"]["before"]["groups"];
    assert_eq!(told["groups"].as_u64(), Some(risks.len() as u64));
    let average = risks.iter().sum::<f64>() / risks.len() as f64;
    assert!((told["average"].as_f64().unwrap() - average).abs() < 1e-12);
}
