//! Per-person outputs of pipelines whose columns become coarser: counted from the files that leave, and compared with what
//! `tamis anonymise` makes of the same records.

#![allow(clippy::unwrap_used)]

#[path = "coarser/changes.rs"]
mod changes;
#[path = "common/mod.rs"]
mod common;
#[path = "coarser/foreseen.rs"]
mod foreseen;
#[path = "coarser/leaks.rs"]
mod leaks;
#[path = "coarser/local.rs"]
mod local;
#[path = "common/machines.rs"]
mod machines;
#[path = "coarser/measured.rs"]
mod measured;
#[path = "coarser/population.rs"]
mod population;
#[path = "coarser/report.rs"]
mod report;
#[path = "common/search.rs"]
mod search;
#[path = "common/tables.rs"]
mod tables;
#[path = "coarser/utility.rs"]
mod utility;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Columns with their kinds and roles. `dossier` is the patient's once more: by it persons are counted in what leaves.
const FIELDS: [(&str, &str, &str); 6] = [
    ("patient", "string", "subject-identifier"),
    ("age", "integer", "quasi-identifier"),
    ("commune", "string", "quasi-identifier"),
    ("entree", "date", "quasi-identifier"),
    ("diag", "string", "sensitive"),
    ("dossier", "integer", "other"),
];
const QUASI: [&str; 3] = ["age", "commune", "entree"];
const LEVELS: &str = "levels = { age = { bands = [10, 20], weight = 2 }, commune = { prefixes = [2], overseas = true }, \
                      entree = { dates = [\"month\", \"year\", \"decade\"] } }\nsuppress = 0.1\n";

struct Bench {
    folder: tempfile::TempDir,
}

struct Told {
    code: i32,
    err: String,
}

fn stays() -> Vec<String> {
    let communes = ["75056", "75101", "13055", "13001", "97105", "97209"];
    let mut rows = Vec::new();
    for patient in 0..240_usize {
        for stay in 0..=(patient % 3) {
            rows.push(format!(
                "P{patient:04},{},{},{}-{:02}-{:02},{},{}",
                20 + (patient * 7) % 60,
                communes[(patient + stay) % communes.len()],
                2019 + (patient + stay) % 4,
                1 + (patient + 5 * stay) % 12,
                1 + patient % 28,
                ["I10", "E11", "C50", "J45"][(patient / 3 + stay) % 4],
                100_000 + patient
            ));
        }
    }
    rows
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        bench.records(&stays());
        let mut fields = String::new();
        for (name, kind, role) in FIELDS {
            let comma = if fields.is_empty() { "" } else { "," };
            write!(fields, "{comma}{{\"name\":\"{name}\",\"type\":\"{kind}\",\"tamis:role\":\"{role}\"}}").unwrap();
        }
        fs::write(bench.path("stays.json"), format!("{{\"name\":\"sejours\",\"fields\":[{fields}]}}")).unwrap();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn records(&self, rows: &[String]) {
        let header: Vec<&str> = FIELDS.iter().map(|(name, _, _)| *name).collect();
        fs::write(self.path("stays.csv"), format!("{}\n{}\n", header.join(","), rows.join("\n"))).unwrap();
    }

    /// A pipeline with one output protected so; `more` are further sections.
    fn pipeline(&self, protect: &str, more: &str) -> String {
        let kept: String = FIELDS[1..]
            .iter()
            .map(|(name, _, _)| format!("[[keep]]\ncolumn = \"{name}\"\nwhy = \"étude\"\n"))
            .collect();
        format!(
            "[pipeline]\nname = \"sejours\"\nlegal_basis = \"CSP L1411-8\"\npurpose = \"essai\"\npolicy = \"1\"\n\
             [[source]]\nname = \"sejours\"\nschema = \"stays.json\"\nfiles = [\"stays.csv\"]\n\
             [subject]\ncolumn = \"patient\"\nkind = \"text\"\nlinkage = \"none\"\n{kept}{more}\n\
             [[persons]]\nname = \"lignes\"\n[persons.protect]\nk = 6\nquasi_identifiers = [\"age\", \"commune\", \"entree\"]\n{protect}\n\
             [export]\nto = \"out\"\n"
        )
    }

    fn run(&self, pipeline: &str, more: &[&str]) -> Told {
        let _ = fs::remove_dir_all(self.path("out"));
        fs::write(self.path("p.toml"), pipeline).unwrap();
        let done = common::tamis().current_dir(self.folder.path()).args(["run", "p.toml"]).args(more).output().unwrap();
        Told { code: done.status.code().unwrap(), err: String::from_utf8(done.stderr).unwrap() }
    }

    /// What left, row by row in ascending order, without its header.
    fn released(&self, pipeline: &str, more: &[&str]) -> (Vec<Vec<String>>, Value, Value) {
        let told = self.run(pipeline, more);
        assert_eq!(told.code, 0, "{pipeline}\n{}", told.err);
        let run = self.only_run();
        let text = fs::read_to_string(run.join("release/data/lignes.csv")).unwrap();
        let mut rows: Vec<Vec<String>> = text.lines().map(|l| l.split(',').map(str::to_owned).collect()).collect();
        assert_eq!(rows.remove(0)[..5], ["age", "commune", "entree", "diag", "dossier"]);
        rows.sort();
        let json = |path: &str| serde_json::from_slice(&fs::read(run.join(path)).unwrap()).unwrap();
        (rows, json("release/datapackage.json"), json("dossier/anonymisation.json"))
    }

    fn only_run(&self) -> PathBuf {
        let folders = fs::read_dir(self.path("out")).unwrap().map(|entry| entry.unwrap().path());
        folders.filter(|path| path.is_dir()).max().unwrap()
    }
}

/// Rows by their quasi-identifiers, as they are written.
fn classes(rows: &[Vec<String>]) -> BTreeMap<Vec<String>, Vec<&Vec<String>>> {
    let mut classes: BTreeMap<Vec<String>, Vec<&Vec<String>>> = BTreeMap::new();
    rows.iter().for_each(|row| classes.entry(row[..3].to_vec()).or_default().push(row));
    classes
}

fn persons(rows: &[&Vec<String>]) -> usize {
    rows.iter().map(|row| &row[4]).collect::<BTreeSet<_>>().len()
}

fn holds_everywhere(rows: &[Vec<String>]) {
    for (key, rows) in classes(rows) {
        assert!(persons(&rows) >= 6, "{key:?} has {}", persons(&rows));
    }
}

#[test]
fn a_pipeline_finds_what_the_command_finds_and_writes_the_same_values() {
    let bench = Bench::new();
    let (rows, package, report) = bench.released(&bench.pipeline(LEVELS, ""), &[]);
    holds_everywhere(&rows);
    let spec = "[anonymise]\nfile = \"stays.csv\"\noutput = \"alone.csv\"\nperson = \"patient\"\nsuppress = 0.1\n\
                keep = [\"diag\", \"dossier\"]\n\
                [[quasi]]\ncolumn = \"age\"\nbands = [10, 20]\nweight = 2\n\
                [[quasi]]\ncolumn = \"commune\"\nprefixes = [2]\noverseas = true\n\
                [[quasi]]\ncolumn = \"entree\"\ndates = [\"month\", \"year\", \"decade\"]\n\
                [[rule]]\nrule = \"k_anonymity\"\nk = 6\n";
    fs::write(bench.path("alone.toml"), spec).unwrap();
    let done = common::tamis().current_dir(bench.folder.path()).args(["anonymise", "alone.toml"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = fs::read_to_string(bench.path("alone.csv")).unwrap();
    let mut alone: Vec<Vec<String>> =
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect();
    alone.sort();
    assert_eq!(rows, alone);
    assert!(rows.len() * 10 >= stays().len() * 9);
    // The recipient learns levels, rules and evidence; what it cost stays with the sender.
    let told = &package["resources"][0]["tamis:protection"];
    assert_eq!(told["k"], 6);
    assert_eq!(told["levels"]["age"], report[0]["plan"]["chosen"]["levels"]["age"]);
    let smallest = classes(&rows).values().map(|rows| persons(rows)).min().unwrap();
    assert_eq!(told["evidence"]["singling_out"]["smallest_class"], smallest);
    assert_eq!(told["risk"]["k"], smallest);
    assert!(told.get("plan").is_none());
    assert!(report[0]["plan"]["runner_up"]["more_loss"].as_f64().unwrap() >= 0.0);
    assert_eq!(report[0]["risk"]["before"]["persons"], 240);
    let fields = package["resources"][0]["schema"]["fields"].as_array().unwrap();
    let of = |name: &str| fields.iter().find(|field| field["name"] == name).unwrap();
    for (at, name) in QUASI.iter().enumerate() {
        let changed = told["levels"][*name] != 0;
        assert_eq!(of(name)["tamis:generalised"] == "levels", changed, "{name}");
        assert!(!changed || of(name)["type"] == "string");
        let raw: BTreeSet<String> = stays().iter().map(|row| row.split(',').nth(at + 1).unwrap().to_owned()).collect();
        assert!(rows.iter().all(|row| raw.contains(&row[at]) != changed), "{name}");
    }
}

#[test]
fn neither_buckets_threads_nor_order_of_rows_change_what_leaves() {
    let bench = Bench::new();
    let first = bench.released(&bench.pipeline(LEVELS, ""), &[]);
    let mut rows = stays();
    rows.reverse();
    rows.swap(3, 200);
    bench.records(&rows);
    for buckets in [1, 8, 64] {
        let pipeline = bench.pipeline(LEVELS, &format!("[limits]\nbuckets = {buckets}\n"));
        let (rows, _, report) = bench.released(&pipeline, &["--threads", "2"]);
        assert_eq!((rows, report), (first.0.clone(), first.2.clone()), "{buckets}");
    }
}

#[test]
fn rules_about_sensitive_values_hold_in_what_leaves() {
    let bench = Bench::new();
    let rules = "sensitive = [{ column = \"diag\" }]\nrules = [{ rule = \"l_diversity\", l = 3 }, { rule = \"t_closeness\", t = 0.4 }]\n";
    let (rows, package, _) = bench.released(&bench.pipeline(&format!("{LEVELS}{rules}"), ""), &[]);
    holds_everywhere(&rows);
    // Persons by diagnosis, in each class and in the whole input, where a person counts once per class.
    for rows in classes(&rows).values() {
        let pairs: BTreeSet<(&String, &String)> = rows.iter().map(|row| (&row[4], &row[3])).collect();
        let values: BTreeSet<&String> = pairs.iter().map(|(_, diag)| *diag).collect();
        assert!(values.len() >= 3);
        // Each of four diagnoses is nearly a quarter of the input: no share may be 0.4 above that.
        let most = values.iter().map(|v| pairs.iter().filter(|pair| *pair.1 == **v).count()).max().unwrap();
        assert!((most as f64) / (pairs.len() as f64) < 0.66);
    }
    let told = &package["resources"][0]["tamis:protection"];
    assert_eq!(told["model"].as_array().unwrap().len(), 3);
    assert!(told["evidence"]["inference"]["diag"]["advantage"].as_f64().is_some());
    assert!(told["risk"]["sensitive"]["diag"]["distinct_l"].as_u64().unwrap() >= 3);
}

#[test]
fn weights_of_a_sample_are_part_of_the_classes() {
    let bench = Bench::new();
    let sample = "[sample]\ndesign = \"minimum\"\nstrata = [\"commune\"]\nrate = \"1/2\"\nat_least = 25\n";
    let protect = LEVELS.replace("suppress = 0.1", "suppress = 0.6");
    // A person lies in one stratum here.
    let rows: Vec<String> = stays().into_iter().filter(|row| row.len() > 4).collect();
    let mut seen = BTreeSet::new();
    let first: Vec<String> = rows.into_iter().filter(|row| seen.insert(row[..5].to_owned())).collect();
    bench.records(&first);
    let (rows, package, _) = bench.released(&bench.pipeline(&protect, sample), &[]);
    let mut with_weight: BTreeMap<Vec<String>, Vec<&Vec<String>>> = BTreeMap::new();
    for row in &rows {
        let key = row[..3].iter().chain(&row[5..]).cloned().collect();
        with_weight.entry(key).or_default().push(row);
    }
    assert!(!rows.is_empty() && with_weight.values().all(|rows| persons(rows) >= 6));
    assert_eq!(package["resources"][0]["tamis:protection"]["levels"]["proba_inclusion"], 0);
}

#[test]
fn what_cannot_be_met_stops_the_release_with_4() {
    let bench = Bench::new();
    let cases = [
        (LEVELS.to_owned() + "evidence = { smallest = 200 }\n", "singling out"),
        (LEVELS.to_owned() + "evidence = { linkable = 0.0001 }\n", "linkability"),
        ("suppress = 0.0\n".to_owned(), "no generalisation meets the rules"),
    ];
    for (protect, part) in cases {
        let told = bench.run(&bench.pipeline(&protect, ""), &[]);
        assert_eq!(told.code, 4, "{protect}: {}", told.err);
        assert!(told.err.contains(part), "{}", told.err);
        assert!(!has_release(&bench.path("out")));
    }
    // A value without a place in its hierarchy is told by its column alone.
    fs::write(bench.path("few.csv"), "75056;75;*\n").unwrap();
    let told = bench.run(&bench.pipeline("levels = { commune = { hierarchy = \"few.csv\" } }\n", ""), &[]);
    assert_eq!(told.code, 1, "{}", told.err);
    assert!(told.err.contains("column `commune`") && !told.err.contains("97105"), "{}", told.err);
}

fn has_release(out: &Path) -> bool {
    let runs = fs::read_dir(out).map(|runs| runs.map(|run| run.unwrap().path()).collect::<Vec<_>>());
    runs.unwrap_or_default().iter().any(|run| run.join("release").exists())
}

#[test]
fn what_makes_no_sense_in_a_pipeline_is_shown_at_its_place() {
    let bench = Bench::new();
    for (protect, code) in [
        ("levels = { sexe = { bands = [5] } }", "unknown_column"),
        ("levels = { age = { bands = [5, 7] } }", "bad_value"),
        ("levels = { age = { bands = [5], level = 1 } }", "stray_option"),
        ("rules = [{ rule = \"l_diversity\", l = 2 }]", "missing_key"),
        ("rules = [{ rule = \"k_map\", k = 2 }]", "missing_key"),
        ("rules = [{ rule = \"delta_presence\", delta = [0.0, 0.5] }]", "missing_key"),
        ("population = \"\"", "bad_value"),
        ("local = \"suppress\"\nrules = [{ rule = \"k_anonymity\", k = 9 }]", "conflict"),
        ("local = \"suppress\"\nsuppress = 0.1", "conflict"),
        ("local = \"recode\"\nmissing = \"any\"", "stray_option"),
        ("local = \"here\"", "unknown_word"),
        ("change = [{ column = \"entree\", method = \"round\", base = 5 }]", "column_type"),
        ("risk = { fraction = 0.0 }", "bad_value"),
        ("risk = { suda = 0 }", "bad_value"),
        ("risk = { group = \"foyer\" }", "not_kept"),
        ("risk = { household = \"foyer\" }", "unknown_key"),
        ("change = [{ column = \"diag\", method = \"round\", base = 5 }]", "column_type"),
        ("change = [{ column = \"dossier\", method = \"round\", base = 0.5 }]", "bad_value"),
        ("change = [{ column = \"dossier\", method = \"round\" }]", "missing_key"),
        ("change = [{ column = \"dossier\", method = \"swap\", share = 0.1, base = 5 }]", "stray_option"),
        ("change = [{ column = \"patient\", method = \"round\", base = 5 }]", "unknown_column"),
        ("change = [{ column = \"dossier\", columns = [\"dossier\"], method = \"swap\", share = 0.1 }]", "conflict"),
        ("sensitive = [{ column = \"age\" }]", "column_twice"),
        ("sensitive = [{ column = \"patient\" }]", "unknown_column"),
        ("suppress = 2", "bad_value"),
        ("supress = 0.1", "unknown_key"),
    ] {
        let told = bench.run(&bench.pipeline(protect, ""), &[]);
        assert_eq!(told.code, 2, "{protect}: {}", told.err);
        assert!(told.err.contains(&format!("tamis::pipeline::{code}")), "{protect}: {}", told.err);
        assert!(told.err.contains("1 problem"), "{protect}: {}", told.err);
    }
}

#[test]
fn single_values_are_not_left_out_where_no_column_could_lose_any() {
    let bench = Bench::new();
    let pipeline = bench.pipeline("local = \"suppress\"", "");
    let pipeline = pipeline.replace("[\"age\", \"commune\", \"entree\"]", "[]");
    let told = bench.run(&pipeline.replace("name = \"lignes\"\n", "name = \"lignes\"\ncolumns = [\"diag\"]\n"), &[]);
    assert!(told.code == 2 && told.err.contains("tamis::pipeline::conflict"), "{}", told.err);
}

#[test]
fn a_recipient_opens_the_evidence_with_the_data_and_acknowledges_both() {
    for (linkage, certified) in [("none", true), ("longitudinal", false)] {
        let sender = machines::sender();
        let recipient = machines::recipient("dgs", &sender);
        let bench = Bench::new();
        for name in ["stays.csv", "stays.json"] {
            fs::copy(bench.path(name), sender.path(name)).unwrap();
        }
        let transmission = machines::transmission(&sender, &["dgs"], "use_for = \"180 days\"\n");
        let pipeline = bench
            .pipeline(&(LEVELS.to_owned() + "evidence = { smallest = 6, advantage = 0.9 }\n"), &transmission)
            .replace("purpose = \"essai\"", &format!("purpose = \"{}\"", machines::PURPOSE))
            .replace("linkage = \"none\"", &format!("linkage = \"{linkage}\""));
        fs::write(sender.path("pipeline.toml"), pipeline).unwrap();
        let keys: &[&str] = if certified { &[] } else { &["--root-key", "root.key"] };
        let run = machines::run(&sender, keys);
        machines::hand_over(&sender, &recipient, &run, "dgs").ends(0);
        let release = recipient.path(run.reception("dgs")).join("release");
        let json = |name: &str| -> Value { serde_json::from_slice(&fs::read(release.join(name)).unwrap()).unwrap() };
        let (evidence, package) = (json("data/anonymisation.json"), json("datapackage.json"));
        let one = &evidence["outputs"][0];
        assert_eq!((&one["name"], &one["linkage"]), (&"lignes".into(), &linkage.into()));
        assert_eq!(one["certified"], certified);
        assert!(one["evidence"]["singling_out"]["smallest_class"].as_u64().unwrap() >= 6);
        let listed = package["resources"].as_array().unwrap();
        let listed = listed.iter().find(|resource| resource["path"] == "data/anonymisation.json").unwrap();
        assert_eq!((&listed["tamis:kind"], listed.get("tamis:rows")), (&"evidence".into(), None));
        // Its hash stands in what the sender signed; a changed byte is seen at the desk.
        let reception = run.reception("dgs");
        let acknowledge = |output: &str| {
            recipient.tamis(&[
                "acknowledge",
                &reception,
                "--key",
                "reader.key",
                "--output",
                output,
                "--who",
                machines::READER,
            ])
        };
        acknowledge("one.ack").ends(0);
        let text = fs::read_to_string(release.join("data/anonymisation.json")).unwrap();
        fs::write(release.join("data/anonymisation.json"), text.replacen("lignes", "lignez", 1)).unwrap();
        assert_ne!(acknowledge("two.ack").code, Some(0));
    }
}
