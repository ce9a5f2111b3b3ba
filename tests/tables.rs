//! Linked tables with totals, end to end: what is published is right, and nothing that is suppressed follows from it. Counting and
//! attacking are done here anew, without a line of the program's code.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

#[path = "common/mod.rs"]
mod common;
#[path = "tables/intruder.rs"]
mod intruder;
#[path = "common/tables.rs"]
mod plain;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use intruder::{Intruder, Seen};
use plain::Table;
use tamis::config::Pipeline;
use tamis::synth::SynthOptions;

/// Groups of the eight codes of `pcs`.
const GROUPS: [&str; 8] =
    ["independants", "independants", "cadres", "cadres", "employes", "employes", "inactifs", "inactifs"];

const THREE: &str = r#"
[[aggregate]]
name    = "pcs"
by      = ["groupe", "pcs", "sexe"]
margins = true
measure = [{ count = "persons" }, { count = "records" }, { mean = "pas_mmhg" }, { share = "tabac", equals = "2", as = "fumeurs" }]
[[aggregate]]
name    = "professions"
by      = ["pcs", "profession"]
margins = ["profession"]
measure = [{ count = "records" }, { sum = "pas_mmhg" }]
[[aggregate]]
name    = "groupes"
by      = ["profession", "groupe", "sexe"]
measure = [{ count = "persons" }, { share = "tabac", equals = "0", as = "non_fumeurs" }]
"#;

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(records: u64, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SynthOptions { records, seed, ..SynthOptions::default() };
        common::synth(&folder.path().join("c.csv"), "consultation_prevention", options);
        let levels = |(at, group): (usize, &&str)| format!("{};{group};tous\n", at + 1);
        fs::write(folder.path().join("pcs.csv"), GROUPS.iter().enumerate().map(levels).collect::<String>()).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn pipeline(&self, files: &str, tables: &str) -> Pipeline {
        Pipeline::read(&self.write(files, tables)).unwrap_or_else(|errors| panic!("{errors:?}"))
    }

    /// The file of a pipeline.
    fn write(&self, files: &str, tables: &str) -> PathBuf {
        let schema = common::schema_path("consultation_prevention");
        let keep = |column: &str, more: &str| format!("[[keep]]\ncolumn = \"{column}\"\nwhy = \"essai\"\n{more}\n");
        let group = "as = \"groupe\"\ngeneralise = { to = \"hierarchy\", file = \"pcs.csv\", level = 1 }";
        let kept = [
            keep("pcs", group),
            keep("pcs", ""),
            keep("sexe", ""),
            keep("profession", ""),
            keep("tabac", ""),
            keep("pas_mmhg", ""),
        ];
        let text = format!(
            "[pipeline]\nname = \"essai\"\nlegal_basis = \"CSP L1411-8\"\npurpose = \"essai\"\npolicy = \"1\"\n\
             [limits]\nreject_above = \"50%\"\n\
             [[source]]\nname = \"consultations\"\nschema = \"{}\"\nfiles = [\"{files}\"]\n\
             [subject]\ncolumn = \"matricule_ins\"\nkind = \"nir\"\nlinkage = \"release\"\n{}{tables}\n[export]\nto = \"out\"\n",
            schema.display(),
            kept.concat(),
        );
        let path = self.path("pipeline.toml");
        fs::write(&path, text).unwrap();
        path
    }

    /// The folder of the tables of a run.
    fn release(&self, tables: &str, out: &str, threads: usize) -> PathBuf {
        let pipeline = self.pipeline("c.csv", tables);
        common::run(&pipeline, &self.path(out), threads, common::key(3)).unwrap().release.join("tables")
    }

    /// The records that were taken, as (pcs, sexe, profession, tabac, pas, person).
    fn records(&self) -> Vec<Record> {
        let table = Table::read(&self.path("c.csv"));
        let at = |name: &str| table.at(name);
        let columns = [at("pcs"), at("sexe"), at("profession"), at("tabac"), at("pas_mmhg"), at("matricule_ins")];
        let row = |row: &Vec<String>| Record(columns.map(|column| row[column].clone()));
        table.rows.iter().map(row).collect()
    }
}

struct Record([String; 6]);

impl Record {
    fn value(&self, column: &str) -> &str {
        let at = |column| {
            ["pcs", "sexe", "profession", "tabac", "pas_mmhg", "matricule_ins"].iter().position(|c| *c == column)
        };
        match column {
            "groupe" => self.value("pcs").parse::<usize>().map_or("", |pcs| GROUPS[pcs - 1]),
            column => &self.0[at(column).unwrap()],
        }
    }
}

/// The records that a row of a table counts.
fn counted<'r>(records: &'r [Record], by: &[&str], table: &Table, row: &[String]) -> Vec<&'r Record> {
    let is_in = |record: &&Record| {
        by.iter().all(|column| {
            let value = &row[table.at(column)];
            value == "_T" || value == record.value(column)
        })
    };
    records.iter().filter(is_in).collect()
}

fn columns_of(table: &Table) -> Vec<&str> {
    ["groupe", "pcs", "sexe", "profession"]
        .into_iter()
        .filter(|column| table.labels.iter().any(|l| l == column))
        .collect()
}

#[test]
fn every_published_number_is_what_a_count_by_hand_gives() {
    let bench = Bench::new(9_000, 5);
    let records = bench.records();
    let release = bench.release(THREE, "out", 2);
    let mut compared = 0;
    for name in ["pcs", "professions", "groupes"] {
        let table = Table::read(&release.join(format!("{name}.csv")));
        let by = columns_of(&table);
        for row in &table.rows {
            let these = counted(&records, &by, &table, row);
            assert!(!these.is_empty(), "{name}: a cell of nobody");
            let pressures: Vec<i64> = these.iter().filter_map(|r| r.value("pas_mmhg").parse().ok()).collect();
            let smokers = |code: &str| {
                let told = these.iter().filter(|r| !r.value("tabac").is_empty());
                told.clone().filter(|r| r.value("tabac") == code).count() as f64 / told.count() as f64
            };
            let persons: BTreeSet<&str> = these.iter().map(|r| r.value("matricule_ins")).collect();
            let expected: BTreeMap<&str, f64> = BTreeMap::from([
                ("persons", persons.len() as f64),
                ("records", these.len() as f64),
                ("mean_pas_mmhg", pressures.iter().sum::<i64>() as f64 / pressures.len() as f64),
                ("sum_pas_mmhg", pressures.iter().sum::<i64>() as f64),
                ("fumeurs", smokers("2")),
                ("non_fumeurs", smokers("0")),
            ]);
            for (label, cell) in table.labels.iter().zip(row) {
                let (Some(truth), Ok(shown)) = (expected.get(label.as_str()), cell.parse::<f64>()) else { continue };
                assert!((truth - shown).abs() < 1e-6 * truth.abs().max(1.0), "{name}.{label}: {shown} for {truth}");
                compared += 1;
            }
            let published = row[table.at("statut")] == "publie";
            assert!(!published || persons.len() >= 11, "{name}: a cell of {} persons", persons.len());
        }
    }
    assert!(compared > 200, "only {compared} numbers were compared");
}

/// What an intruder sees of the records in the cells of all tables.
fn seen(release: &Path) -> Vec<Seen> {
    let mut seen = Vec::new();
    for name in ["pcs", "professions", "groupes"] {
        let table = Table::read(&release.join(format!("{name}.csv")));
        let by = columns_of(&table);
        let rows = table.rows.iter().map(|row| {
            let place = by.iter().map(|column| ((*column).to_owned(), row[table.at(column)].clone())).collect();
            (place, row[table.at("statut")].clone())
        });
        seen.push(Seen { rows: rows.collect() });
    }
    seen
}

#[test]
fn no_suppressed_cell_is_a_combination_of_published_ones_over_all_tables() {
    for method in methods() {
        let mut suppressed = 0;
        for seed in [5, 6, 7] {
            let bench = Bench::new(2_000, seed);
            let release = bench.release(&by_method(method), "out", 2);
            let intruder = Intruder::new(&seen(&release), &GROUPS);
            let (found, unsafe_cells) = intruder.derivable();
            suppressed += unsafe_cells;
            assert_eq!(found, BTreeSet::new(), "{method}: cells that follow from published ones");
        }
        assert!(suppressed > 50, "{method}: only {suppressed} unsafe cells");
    }
}

/// The methods that are built in.
fn methods() -> impl Iterator<Item = &'static str> {
    ["elimination", "modular"].into_iter().chain(cfg!(feature = "optimal").then_some("optimal"))
}

/// The three tables, protected by a method.
fn by_method(method: &str) -> String {
    THREE.replace("[[aggregate]]", &format!("[[aggregate]]\nprotect = {{ method = \"{method}\" }}"))
}

#[test]
fn tables_that_are_protected_together_are_protected_by_one_method_that_is_built_in() {
    let bench = Bench::new(50, 1);
    let refused = |tables: &str| format!("{:?}", Pipeline::read(&bench.write("c.csv", tables)).unwrap_err());
    let first_only = by_method("modular").replacen("method = \"modular\"", "method = \"elimination\"", 1);
    assert!(refused(&first_only).contains("LinkedDiffer"));
    assert!(refused(&by_method("modulair")).contains("modular"));
    assert!(refused(&by_method("modular\", seconds = 5, cost = \"cells")).contains("Conflict"));
    if !cfg!(feature = "optimal") {
        assert!(refused(&by_method("optimal")).contains("NotAvailable"));
    }
}

#[test]
fn one_cell_of_several_tables_is_shown_by_all_or_by_none() {
    let bench = Bench::new(2_000, 5);
    let mut statuses: BTreeMap<Vec<(String, String)>, BTreeSet<String>> = BTreeMap::new();
    for table in seen(&bench.release(THREE, "out", 2)) {
        for (place, status) in table.rows {
            statuses.entry(intruder::constraint(&place)).or_default().insert(status);
        }
    }
    let torn: Vec<_> = statuses.iter().filter(|(_, statuses)| statuses.len() > 1).collect();
    assert!(torn.is_empty(), "{torn:?}");
}

/// What `tamis attack` says of tables, and its exit code.
fn attack(files: &[(&str, &str)], words: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = common::tamis();
    command.arg("attack").args(words).current_dir(folder.path());
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
        command.arg(name);
    }
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

const TWO_BY_TWO: &str = "a,b,records,statut\n1,1,,supprime\n1,2,,supprime\n2,1,,supprime\n2,2,,supprime\n\
                          1,_T,7,publie\n2,_T,3,publie\n_T,1,6,publie\n_T,2,4,publie\n_T,_T,10,publie\n";

#[test]
fn the_intruder_finds_the_interval_of_the_two_by_two_table() {
    let (code, told, _) = attack(&[("t.csv", TWO_BY_TWO)], &[]);
    assert_eq!(code, Some(0), "{told}");
    for expected in
        ["[3 ; 6]                  1 · 1\n", "[1 ; 4]                  1 · 2\n", "[0 ; 3]                  2 · 2\n"]
    {
        assert!(told.contains(expected), "{told}");
    }
    let (_, json, _) = attack(&[("t.csv", TWO_BY_TWO)], &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["cells"], &json["suppressed"], &json["fallen"]), (&9.into(), &4.into(), &0.into()));
}

#[test]
fn a_cell_that_follows_from_a_second_table_is_found_and_the_exit_code_says_so() {
    let second = "a,c,records\n1,x,4\n1,y,3\n2,x,1\n2,y,2\n";
    let rows = TWO_BY_TWO.replace("1,_T,7,publie", "1,_T,,supprime").replace("1,1,,supprime", "1,1,5,publie");
    let (code, told, _) = attack(&[("t.csv", &rows), ("u.csv", second)], &["--by", "a,b,c"]);
    assert_eq!(code, Some(4), "{told}");
    assert!(told.contains("1 · _T · _T  FOUND"), "{told}");
}

#[test]
fn tables_that_are_none_are_refused_without_quoting_them() {
    let refused = |text: &str, words: &[&str], says: &str| {
        let (code, out, told) = attack(&[("t.csv", text)], words);
        assert!(matches!(code, Some(2)) && told.contains(says) && out.is_empty(), "{code:?} {told}");
        assert!(!told.contains("KANARIENVOGEL"), "{told}");
    };
    refused(&TWO_BY_TWO.replace("1,_T,7,", "1,_T,KANARIENVOGEL,"), &[], "line 6, column `records`");
    refused(&TWO_BY_TWO.replace("2,2,,supprime", "2,1,,supprime"), &[], "line 5");
    refused(&TWO_BY_TWO.replace("_T,_T,10", "_T,_T,3"), &[], "contradict each other");
    refused(&TWO_BY_TWO.replace("records", "nombre"), &[], "--value");
    refused(TWO_BY_TWO, &["--by", "a,KANARIEN"], "no table has a column");
}

#[test]
fn linked_tables_are_the_same_bytes_whatever_the_threads() {
    let bench = Bench::new(2_000, 5);
    for method in methods() {
        let (one, four) = (format!("{method}-one"), format!("{method}-four"));
        let one = common::files(&bench.release(&by_method(method), &one, 1));
        assert_eq!(one, common::files(&bench.release(&by_method(method), &four, 4)));
        assert!(one.len() >= 6, "three tables in two formats");
    }
}
