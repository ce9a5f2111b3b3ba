//! `tamis plan --with-data` and what a run says of risk and cost.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::{Bench, LEVELS, common, stays};

impl Bench {
    /// The plan with the data, in English.
    fn foresee(&self, pipeline: &str, more: &[&str]) -> (i32, String, String) {
        fs::write(self.path("p.toml"), pipeline).unwrap();
        let mut command = common::tamis();
        let command = command.current_dir(self.folder.path()).args(["plan", "p.toml", "--with-data"]).args(more);
        let done = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
    }

    fn foreseen(&self, pipeline: &str) -> (i32, Value) {
        let (code, out, err) = self.foresee(pipeline, &["--format", "json"]);
        (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}")))
    }

    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        common::files(self.folder.path())
    }

    fn summary(&self) -> Value {
        serde_json::from_slice(&fs::read(self.only_run().join("dossier/summary.json")).unwrap()).unwrap()
    }
}

const SENSITIVE: &str = "sensitive = [{ column = \"diag\" }]\nevidence = { smallest = 6, advantage = 0.9 }\n";

#[test]
fn the_plan_with_data_foresees_what_a_run_of_the_same_records_does() {
    let bench = Bench::new();
    let pipeline = bench.pipeline(&format!("{LEVELS}{SENSITIVE}"), "");
    let (code, plan) = bench.foreseen(&pipeline);
    assert_eq!(code, 0);
    let foreseen = &plan["with_data"]["persons"][0];
    assert_eq!(plan["with_data"]["sample"]["same_in_a_run"], true);
    let (rows, _, report) = bench.released(&pipeline, &[]);
    assert_eq!(foreseen["report"], report[0]);
    let summary = bench.summary();
    let told = &summary["persons"][0];
    assert_eq!(told["protection"]["risk"], foreseen["exposure"]);
    assert_eq!(told["protection"]["cost"], foreseen["cost"]);
    // Against counts of the test's own.
    let cost = &foreseen["cost"];
    assert_eq!(cost["records"].as_u64().unwrap() as usize, stays().len());
    assert_eq!(cost["records_left_out"].as_u64().unwrap() as usize, stays().len() - rows.len());
    let chosen = &report[0]["plan"]["chosen"];
    for column in ["age", "commune", "entree"] {
        let lost = cost["granularity"]["columns"][column].as_f64().unwrap();
        assert_eq!(lost > 0.0, chosen["levels"][column] != 0 || rows.len() < stays().len(), "{column}");
    }
    let raw: Vec<Vec<String>> = stays().iter().map(|row| row.split(',').skip(1).map(str::to_owned).collect()).collect();
    for (name, rows) in [("before", &raw), ("after", &rows)] {
        let own = exposure(rows);
        let told = &foreseen["exposure"][name];
        assert_eq!(told["persons"].as_u64(), Some(own.0), "{name}");
        assert_eq!(told["uniques"].as_u64(), Some(own.1), "{name}");
        assert_eq!(told["smallest_class"].as_u64(), Some(own.2), "{name}");
        let share = |key: &str| told["prosecutor"][key].as_f64().unwrap();
        assert!((share("average") - own.3).abs() < 1e-12 && (share("highest") - 1.0 / own.2 as f64).abs() < 1e-12);
        assert!((share("share_over_threshold") - own.4).abs() < 1e-12, "{name}");
    }
}

/// Persons, those alone, smallest class, mean risk, share of persons under 6; by `dossier`, the fifth column.
fn exposure(rows: &[Vec<String>]) -> (u64, u64, u64, f64, f64) {
    let mut classes: BTreeMap<&[String], BTreeSet<&String>> = BTreeMap::new();
    rows.iter().for_each(|row| _ = classes.entry(&row[..3]).or_default().insert(&row[4]));
    let mut worst: BTreeMap<&String, u64> = BTreeMap::new();
    for persons in classes.values() {
        for person in persons {
            let held = worst.entry(person).or_insert(u64::MAX);
            *held = (*held).min(persons.len() as u64);
        }
    }
    let count = |of: &dyn Fn(u64) -> bool| worst.values().filter(|size| of(**size)).count() as u64;
    let average = worst.values().map(|size| 1.0 / *size as f64).sum::<f64>() / worst.len() as f64;
    let under = count(&|size| size < 6) as f64 / worst.len() as f64;
    (worst.len() as u64, count(&|size| size == 1), *worst.values().min().unwrap(), average, under)
}

#[test]
fn outputs_that_only_leave_out_classes_tell_risk_and_cost_too() {
    let bench = Bench::new();
    let pipeline = bench.pipeline("", "");
    // Few columns, so that some classes leave and others do not.
    let coarse = |row: &String| {
        let mut cells: Vec<String> = row.split(',').map(str::to_owned).collect();
        cells[1] = (cells[1].parse::<u32>().unwrap() / 30 * 30).to_string();
        cells[3] = format!("{}-01-01", &cells[3][..4]);
        cells.join(",")
    };
    let short: Vec<String> = stays().iter().map(coarse).collect();
    bench.records(&short);
    let (code, plan) = bench.foreseen(&pipeline);
    assert_eq!(code, 0);
    let told = bench.run(&pipeline, &[]);
    assert_eq!(told.code, 0, "{}", told.err);
    let text = fs::read_to_string(bench.only_run().join("release/data/lignes.csv")).unwrap();
    let rows: Vec<Vec<String>> =
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect();
    let raw: Vec<Vec<String>> = short.iter().map(|row| row.split(',').skip(1).map(str::to_owned).collect()).collect();
    assert!(!rows.is_empty() && rows.len() < raw.len(), "{} of {}", rows.len(), raw.len());
    let summary = bench.summary();
    let protection = &summary["persons"][0]["protection"];
    assert_eq!(protection["risk"], plan["with_data"]["persons"][0]["exposure"]);
    let report: Value =
        serde_json::from_slice(&fs::read(bench.only_run().join("dossier/anonymisation.json")).unwrap()).unwrap();
    assert_eq!((&report[0]["risk"], &report[0]["cost"]), (&protection["risk"], &protection["cost"]));
    for (name, rows) in [("before", &raw), ("after", &rows)] {
        let (persons, alone, smallest, average, under) = exposure(rows);
        let told = &protection["risk"][name];
        assert_eq!(told["persons"].as_u64(), Some(persons), "{name}");
        assert_eq!(told["uniques"].as_u64(), Some(alone), "{name}");
        assert_eq!(told["smallest_class"].as_u64(), Some(smallest), "{name}");
        assert!((told["prosecutor"]["average"].as_f64().unwrap() - average).abs() < 1e-12, "{name}");
        assert!((told["prosecutor"]["share_over_threshold"].as_f64().unwrap() - under).abs() < 1e-12, "{name}");
    }
    let lost = (raw.len() - rows.len()) as f64 / raw.len() as f64;
    assert!((protection["cost"]["granularity"]["mean"].as_f64().unwrap() - lost).abs() < 1e-12);
    // The recipient learns nothing of the risk before.
    let package = fs::read_to_string(bench.only_run().join("release/datapackage.json")).unwrap();
    assert!(!package.contains("granularity") && !package.contains("before"));
}

#[test]
fn what_a_run_would_refuse_is_told_with_4_and_what_would_do_instead() {
    let bench = Bench::new();
    let (code, plan) = bench.foreseen(&bench.pipeline(&format!("{LEVELS}evidence = {{ smallest = 200 }}\n"), ""));
    let output = &plan["with_data"]["persons"][0];
    assert_eq!((code, &output["unmet"]), (4, &serde_json::json!(["evidence: singling out"])));
    assert!(output["report"]["plan"]["runner_up"]["loss"]["total"].as_f64().is_some());
    let (code, plan) = bench.foreseen(&bench.pipeline("suppress = 0.0\n", ""));
    let output = &plan["with_data"]["persons"][0];
    assert_eq!((code, &output["unmet"]), (4, &serde_json::json!(["rules"])));
    assert_eq!(output["cost"], Value::Null);
    assert_eq!(output["exposure"]["before"]["persons"], 240);
    let free = &output["report"]["without_limit_of_suppression"]["chosen"];
    assert!(free["records_left_out"].as_u64().unwrap() > 0);
    for (lang, words) in [("C", "no generalisation meets the rules"), ("fr_FR.UTF-8", "aucune généralisation")] {
        fs::write(bench.path("p.toml"), bench.pipeline("suppress = 0.0\n", "")).unwrap();
        let mut command = common::tamis();
        let command = command.current_dir(bench.folder.path()).env("LC_ALL", lang);
        let done = command.args(["plan", "p.toml", "--with-data"]).output().unwrap();
        assert_eq!(done.status.code(), Some(4));
        assert!(String::from_utf8(done.stdout).unwrap().contains(words), "{lang}");
    }
}

#[test]
fn the_plan_with_data_leaves_nothing_behind() {
    let bench = Bench::new();
    let sample = "[sample]\ndesign = \"bernoulli\"\nrate = \"1/2\"\n";
    let ledger = "[ledger]\nfile = \"ledger\"\nuniverse = \"essai\"\n\
                  [[aggregate]]\nname = \"tableau\"\nby = [\"diag\"]\nmeasure = [{ count = \"persons\" }]\n";
    let done = common::tamis().current_dir(bench.folder.path()).args(["ledger", "new", "ledger"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let refused = format!("{LEVELS}evidence = {{ smallest = 200 }}\n");
    let protect = LEVELS.replace("suppress = 0.1", "suppress = 0.9");
    for (protect, wanted) in [(&protect, 0), (&refused, 4)] {
        let pipeline = bench.pipeline(protect, &format!("{sample}{ledger}"));
        fs::write(bench.path("p.toml"), &pipeline).unwrap();
        let _ = fs::remove_dir_all(bench.path("out"));
        let before = bench.files();
        let (code, out, err) = bench.foresee(&pipeline, &[]);
        assert_eq!(code, wanted, "{out}{err}");
        assert!(bench.files() == before, "{:?}", bench.files().keys());
        assert!(out.contains("the key of the draw is not kept") && out.contains("Nothing was released"), "{out}");
        assert!(!bench.path("out").exists());
        if wanted == 0 {
            // As a run the same pipeline does write, the ledger too.
            assert_eq!(bench.run(&pipeline, &[]).code, 0);
            assert!(fs::read(bench.path("ledger")).unwrap() != before[&PathBuf::from("ledger")]);
        }
    }
}

#[test]
fn a_run_tells_risk_and_cost_of_an_output_in_two_lines_of_either_language() {
    let bench = Bench::new();
    fs::write(bench.path("p.toml"), bench.pipeline(LEVELS, "")).unwrap();
    for (lang, risk, cost) in [("C", "risk: highest", "cost: "), ("fr_FR.UTF-8", "risque : maximal", "coût : ")] {
        let _ = fs::remove_dir_all(bench.path("out"));
        let mut command = common::tamis();
        let command = command.current_dir(bench.folder.path()).env("LC_ALL", lang).args(["run", "p.toml"]);
        let out = String::from_utf8(command.output().unwrap().stdout).unwrap();
        let lines: Vec<&str> = out.lines().collect();
        let at = lines.iter().position(|line| line.trim_start().starts_with("lignes")).unwrap();
        assert!(lines[at + 1].trim_start().starts_with(risk) && lines[at + 2].trim_start().starts_with(cost), "{out}");
        assert!(lines[at + 1].contains('→') && lines[at + 2].contains("age"), "{out}");
    }
}

#[test]
fn under_a_kept_key_the_plan_draws_what_the_run_draws() {
    let bench = Bench::new();
    common::write_root_key(&bench.folder.path().join("root.key"), 1, None);
    let sample = "[sample]\nkey = \"kept\"\ndesign = \"bernoulli\"\nrate = \"1/2\"\n";
    let protect = LEVELS.replace("suppress = 0.1", "suppress = 0.5");
    let pipeline = bench.pipeline(&protect, sample);
    let (code, _, err) = bench.foresee(&pipeline, &[]);
    assert_eq!(code, 5, "without its key there is no such draw: {err}");
    let (code, out, err) = bench.foresee(&pipeline, &["--root-key", "root.key", "--format", "json"]);
    assert_eq!(code, 0, "{err}");
    let plan: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(plan["with_data"]["sample"]["same_in_a_run"], true);
    let (_, _, report) = bench.released(&pipeline, &["--root-key", "root.key"]);
    assert_eq!(plan["with_data"]["persons"][0]["report"], report[0]);
    assert_eq!(plan["with_data"]["sample"]["drawn"], bench.summary()["sample"]["drawn"]);
}

#[test]
fn records_that_are_wrong_are_told_with_3_as_a_run_tells_them() {
    let bench = Bench::new();
    let mut rows = stays();
    rows[7] = rows[7].replacen(&rows[7].split(',').nth(1).unwrap().to_owned(), "vieux", 1);
    bench.records(&rows);
    let pipeline = bench.pipeline(LEVELS, "[limits]\nreject_above = \"5%\"\n");
    let (code, out, err) = bench.foresee(&pipeline, &[]);
    assert_eq!(code, 3, "{out}{err}");
    assert!(out.contains("1 records wrong by their schema") && !out.contains("vieux"), "{out}");
}
