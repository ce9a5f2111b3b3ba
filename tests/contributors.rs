//! Rules on who contributes how much (dominance, p %, (p,q), holdings), end to end: judged anew here, from the rows of the file, without a
//! line of the program's code.

#![allow(clippy::unwrap_used)]

#[path = "common/mod.rs"]
mod common;
#[path = "common/tables.rs"]
mod plain;
#[path = "contributors/wishes.rs"]
mod wishes;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use plain::Table;
use tamis::config::Pipeline;
use tamis::pipeline::{RunError, RunSummary};

const REGIONS: [&str; 3] = ["nord", "sud", "est"];
const ACTS: [&str; 4] = ["bilan", "vaccin", "frottis", "mammo"];

/// A record: person, centre, region, act, amount.
type Row = (u32, String, usize, usize, i64);

/// Rows by a fixed rule: some persons spend much more than others, and some centres do nearly all of an act.
fn rows(count: u32) -> Vec<Row> {
    let mut state = 12_345_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let row = |at: u32| {
        let (region, act) = (next(3) as usize, next(4) as usize);
        // Act 3 of region 2 has one great centre; a few persons spend a thousand times as much.
        let centre = if region == 2 && act == 3 && next(20) > 0 { 0 } else { next(6) };
        let amount = 10 + next(50) as i64 + if next(40) == 0 { 20_000 } else { 0 };
        (at % (count / 2), format!("C{region}{centre}"), region, act, amount)
    };
    (0..count).map(row).collect()
}

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(rows: &[Row]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut csv = String::from("matricule,centre,region,acte,montant\n");
        for (person, centre, region, act, amount) in rows {
            csv += &format!("P{person:05},{centre},{},{},{amount}\n", REGIONS[*region], ACTS[*act]);
        }
        fs::write(folder.path().join("actes.csv"), csv).unwrap();
        let field = |name: &str, kind: &str, role: &str| {
            format!("{{\"name\": \"{name}\", \"type\": \"{kind}\", \"tamis:role\": \"{role}\"}}")
        };
        let fields = [
            field("matricule", "string", "subject-identifier"),
            field("centre", "string", "other"),
            field("region", "string", "other"),
            field("acte", "string", "sensitive"),
            field("montant", "integer", "sensitive"),
        ];
        fs::write(
            folder.path().join("actes.json"),
            format!("{{\"name\": \"actes\", \"fields\": [{}]}}", fields.join(",")),
        )
        .unwrap();
        Self { folder }
    }

    fn write(&self, tables: &str) -> PathBuf {
        let keep = |column: &str| format!("[[keep]]\ncolumn = \"{column}\"\nwhy = \"essai\"\n");
        let text = format!(
            "[pipeline]\nname = \"essai\"\nlegal_basis = \"CSP L1411-8\"\npurpose = \"essai\"\npolicy = \"1\"\n\
             [[source]]\nname = \"actes\"\nschema = \"actes.json\"\nfiles = [\"actes.csv\"]\n\
             [subject]\ncolumn = \"matricule\"\nkind = \"text\"\nlinkage = \"release\"\n{}{tables}\n[export]\nto = \"out\"\n",
            ["centre", "region", "acte", "montant"].map(keep).concat(),
        );
        let path = self.folder.path().join("pipeline.toml");
        fs::write(&path, text).unwrap();
        path
    }

    fn table(&self, protect: &str, threads: usize) -> (Table, serde_json::Value) {
        let tables = format!(
            "[[aggregate]]\nname = \"actes\"\nby = [\"region\", \"acte\"]\nmargins = true\n\
             measure = [{{ count = \"persons\" }}, {{ count = \"records\" }}, {{ sum = \"montant\" }}]\nprotect = {{ {protect} }}\n"
        );
        self.tables(&tables, threads)
    }

    /// The table `actes` of a run, and the sender's report.
    fn tables(&self, tables: &str, threads: usize) -> (Table, serde_json::Value) {
        let summary = self.try_tables(tables, threads).unwrap();
        let out = self.folder.path().join("out");
        let dossier = fs::read_dir(&out).unwrap().find_map(|entry| {
            let folder = entry.unwrap().path();
            fs::read(folder.join("tables.json")).or_else(|_| fs::read(folder.join("dossier").join("tables.json"))).ok()
        });
        let report = dossier.map_or(serde_json::Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap());
        (Table::read(&summary.release.join("tables").join("actes.csv")), report)
    }

    fn try_tables(&self, tables: &str, threads: usize) -> Result<RunSummary, RunError> {
        let pipeline = Pipeline::read(&self.write(tables)).unwrap_or_else(|errors| panic!("{errors:?}"));
        let out = self.folder.path().join("out");
        let _ = fs::remove_dir_all(&out);
        common::run(&pipeline, &out, threads, common::key(3))
    }
}

/// What contributors, named by `who`, bring to a cell; falling.
fn contributions(
    rows: &[Row],
    cell: (&str, &str),
    who: impl Fn(&Row) -> String,
    part: impl Fn(&Row) -> i64,
) -> Vec<i64> {
    let inside = |row: &&Row| (cell.0 == "_T" || cell.0 == REGIONS[row.2]) && (cell.1 == "_T" || cell.1 == ACTS[row.3]);
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    rows.iter().filter(inside).for_each(|row| *sums.entry(who(row)).or_default() += part(row));
    let mut sums: Vec<i64> = sums.into_values().collect();
    sums.sort_unstable_by(|a, b| b.cmp(a));
    sums
}

fn person(row: &Row) -> String {
    row.0.to_string()
}

fn centre(row: &Row) -> String {
    row.1.clone()
}

/// Whether the n largest have more than k percent.
fn dominated(sums: &[i64], n: usize, k: i64) -> bool {
    100 * sums.iter().take(n).sum::<i64>() > k * sums.iter().sum::<i64>()
}

/// Whether the second can estimate the first to within p percent.
fn estimated(sums: &[i64], p: i64) -> bool {
    let rest: i64 = sums.iter().skip(2).sum();
    100 * rest < p * sums.first().copied().unwrap_or(0)
}

/// Checks a table against a rule told by hand; the rule is asked with contributions to the records and to the sum.
fn judge(table: &Table, rows: &[Row], unsafe_by: impl Fn((&str, &str), bool) -> bool) -> (usize, usize, usize) {
    let (mut cells, mut sums, mut shown) = (0, 0, 0);
    for row in &table.rows {
        let cell = (row[table.at("region")].as_str(), row[table.at("acte")].as_str());
        let of = |part: &dyn Fn(&Row) -> i64| contributions(rows, cell, person, part);
        let published = row[table.at("statut")] == "publie";
        let sum = row[table.at("sum_montant")].as_str();
        if unsafe_by(cell, true) {
            assert!(!published, "a cell is published that the rule forbids: {cell:?}");
            cells += 1;
        }
        if unsafe_by(cell, false) {
            assert!(sum.is_empty(), "a sum is published that the rule forbids: {cell:?}");
            sums += 1;
        }
        if published {
            assert_eq!(row[table.at("records")], of(&|_| 1).iter().sum::<i64>().to_string());
            assert_eq!(row[table.at("persons")], of(&|_| 1).len().to_string());
        }
        if !sum.is_empty() {
            assert_eq!(sum, of(&|row| row.4).iter().sum::<i64>().to_string());
            shown += 1;
        }
    }
    (cells, sums, shown)
}

#[test]
fn sums_that_one_person_dominates_do_not_leave_and_others_do() {
    let rows = rows(900);
    let bench = Bench::new(&rows);
    let (table, _) = bench.table("threshold = 5, dominance = [{ n = 1, k = \"30\" }]", 2);
    let part = |records: bool| move |row: &Row| if records { 1 } else { row.4 };
    let rule = |cell: (&str, &str), records: bool| dominated(&contributions(&rows, cell, person, part(records)), 1, 30);
    let (_, sums, shown) = judge(&table, &rows, rule);
    assert!(sums >= 2 && shown >= 4, "{sums} unsafe, {shown} shown");
    // Without the rule they leave: what the test looks for is there to be found.
    let (plain, _) = bench.table("threshold = 5", 2);
    let all = plain.column("sum_montant").iter().filter(|sum| !sum.is_empty()).count();
    assert_eq!(all, plain.rows.len());
}

#[test]
fn the_p_percent_rule_looks_at_the_second_largest_and_p_q_at_what_he_knows_before() {
    let rows = rows(900);
    let bench = Bench::new(&rows);
    let amounts = |cell: (&str, &str)| contributions(&rows, cell, person, |row: &Row| row.4);
    let (table, _) = bench.table("threshold = 5, p_percent = \"90\"", 2);
    let (_, sums, shown) = judge(&table, &rows, |cell, records| !records && estimated(&amounts(cell), 90));
    assert!(sums >= 1 && shown >= 3, "{sums} unsafe, {shown} shown");
    // p = 45 of q = 50 is 90 %: the same cells.
    let (same, _) = bench.table("threshold = 5, p_q = { p = \"45\", q = \"50\" }", 2);
    assert_eq!(same.to_csv().replace("supprime_p_q", "supprime_p_pour_cent"), table.to_csv());
}

#[test]
fn the_business_of_one_centre_is_not_shown() {
    let rows = rows(900);
    let bench = Bench::new(&rows);
    let part = |records: bool| move |row: &Row| if records { 1 } else { row.4 };
    let by_centre = |cell: (&str, &str), records| dominated(&contributions(&rows, cell, centre, part(records)), 1, 80);
    let by_person = |cell: (&str, &str), records| dominated(&contributions(&rows, cell, person, part(records)), 1, 80);
    let (table, _) = bench.table("threshold = 5, holding = \"centre\", dominance = [{ n = 1, k = \"80\" }]", 2);
    let (cells, ..) = judge(&table, &rows, |cell, records| by_centre(cell, records) || by_person(cell, records));
    assert!(cells >= 1, "no cell of a great centre");
    assert!(table.column("statut").contains(&"supprime_dominance"));
    // No centre has nearly everything: only its number of centres forbids a cell then.
    let (few, _) = bench.table("threshold = 5, holding = \"centre\", holdings = 6", 2);
    let least = |cell: (&str, &str), _| contributions(&rows, cell, centre, |_| 1).len() < 6;
    let (cells, ..) = judge(&few, &rows, least);
    assert!(cells >= 1, "no cell of few centres");
}

#[test]
fn a_centre_that_gave_back_what_others_took_is_judged_by_its_size() {
    // Nobody's amounts add up to less than nothing; those of the second centre do.
    let record = |person: u32| {
        let amount = if person == 0 { 20_000 } else { 40 };
        [
            (person, "C0".to_owned(), 0, 0, amount),
            (person, "C1".to_owned(), 0, 0, -3),
            (person, "C0".to_owned(), 1, 0, 25),
        ]
    };
    let rows: Vec<Row> = (0..60).flat_map(record).collect();
    let (table, _) =
        Bench::new(&rows).table("threshold = 5, holding = \"centre\", dominance = [{ n = 1, k = \"80\" }]", 2);
    let shown = |region: &str| {
        let row = table
            .rows
            .iter()
            .find(|row| row[table.at("region")] == region && row[table.at("acte")] == "bilan")
            .unwrap();
        row[table.at("sum_montant")].clone()
    };
    assert_eq!(shown("nord"), "", "one person has most of it");
}

#[test]
fn a_suppressed_cell_does_not_follow_from_its_line() {
    let rows = rows(900);
    let bench = Bench::new(&rows);
    for protect in ["dominance = [{ n = 1, k = \"30\" }]", "holding = \"centre\", holdings = 6", "p_percent = \"90\""] {
        let (table, _) = bench.table(&format!("threshold = 5, {protect}"), 2);
        for (measure, hidden) in [("records", "statut"), ("sum_montant", "sum_montant")] {
            let is_hidden = |row: &Vec<String>| {
                if hidden == "statut" { row[table.at("statut")] != "publie" } else { row[table.at(measure)].is_empty() }
            };
            let code = |row: &Vec<String>, column: &str| row[table.at(column)].clone();
            for (along, across) in [("region", "acte"), ("acte", "region")] {
                let lines: BTreeSet<String> = table.rows.iter().map(|row| code(row, across)).collect();
                for line in lines {
                    let open = table.rows.iter().filter(|row| code(row, across) == line && is_hidden(row)).count();
                    assert_ne!(open, 1, "{protect}: {measure} along {along} at {line}");
                }
            }
        }
    }
}

#[test]
fn tables_with_rules_on_contributors_are_the_same_bytes_whatever_the_threads() {
    let bench = Bench::new(&rows(900));
    let protect =
        "threshold = 5, holding = \"centre\", holdings = 3, dominance = [{ n = 2, k = \"60\" }], p_percent = \"20\"";
    let (one, report) = bench.table(protect, 1);
    assert!(report.is_array() || report.is_object(), "the sender's report is there");
    assert_eq!(one.to_csv(), bench.table(protect, 4).0.to_csv());
    // The order of the rows does not count either.
    let mut turned = rows(900);
    turned.reverse();
    assert_eq!(one.to_csv(), Bench::new(&turned).table(protect, 3).0.to_csv());
}

#[test]
fn what_a_rule_needs_is_asked_for() {
    let bench = Bench::new(&rows(20));
    let refused = |protect: &str| {
        let tables = format!(
            "[[aggregate]]\nname = \"actes\"\nby = [\"region\"]\nmeasure = [{{ sum = \"montant\" }}]\nprotect = {{ {protect} }}\n"
        );
        let errors = Pipeline::read(&bench.write(&tables)).unwrap_err();
        format!("{errors:?}")
    };
    assert!(
        refused("holdings = 3").contains("holding = \\\"finess\\\"") || refused("holdings = 3").contains("Conflict")
    );
    assert!(refused("holding = \"centre\"").contains("Conflict"));
    assert!(refused("holding = \"maison\", holdings = 3").contains("NotKept"));
    assert!(refused("dominance = [{ n = 9, k = \"85\" }]").contains("dominance"));
    assert!(refused("dominance = []").contains("dominance"));
    assert!(refused("p_percent = \"0\"").contains("p_percent"));
    assert!(refused("p_q = { p = \"60\", q = \"50\" }").contains("p_q"));
}
