//! A house that makes a release and then statistics of it, and what it says of both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::common;
use crate::machines::{self, Machine, PURPOSE, Run, Told};
use crate::tables::Table;
use crate::{BASIS, bilans};

/// Persons of a campaign.
pub const RECORDS: u64 = 1500;

/// What a per-person output needs to be certified.
pub const CERTIFIED: &str = "evidence = { smallest = 11, advantage = 0.9 }";

/// The columns of the release, as statistics count on them.
pub const SCHEMA: &str = r#"{
  "name": "personnes",
  "fields": [
    {"name": "pseudonyme", "type": "string", "tamis:role": "subject-identifier"},
    {"name": "age", "type": "string", "tamis:role": "quasi-identifier"},
    {"name": "sexe", "type": "string", "tamis:role": "quasi-identifier"},
    {"name": "tabac", "type": "string", "tamis:role": "sensitive"}
  ]
}"#;

/// The per-person output of the release.
pub fn persons(protect: &str) -> String {
    format!(
        "[[persons]]\nname = \"personnes\"\ncolumns = [\"age\", \"sexe\", \"tabac\"]\n\
         protect = {{ quasi_identifiers = [\"age\", \"sexe\"], {protect} }}\n"
    )
}

/// A house with keys and a campaign.
pub fn house() -> Machine {
    let house = machines::sender();
    bilans::campaign(&house, "in/bilans.csv", RECORDS, 0);
    fs::write(house.path("personnes.json"), SCHEMA).unwrap();
    house
}

/// A house with a release in the clear of that linkage and protection.
pub fn with_release(linkage: &str, protect: &str) -> (Machine, Run) {
    let house = house();
    bilans::pipeline(&house, linkage, &persons(protect));
    let run = machines::run(&house, &[]);
    (house, run)
}

/// What the pipeline of statistics says; tests change one thing.
#[derive(Clone)]
pub struct Statistics {
    pub basis: String,
    pub from: String,
    pub verifier: String,
    pub output: String,
    pub purpose: String,
    pub evidence: String,
    pub schema: String,
    pub by: String,
}

impl Statistics {
    pub fn of(from: &str) -> Self {
        Self {
            basis: BASIS.to_owned(),
            from: from.to_owned(),
            verifier: "signing.key.pub".to_owned(),
            output: "personnes".to_owned(),
            purpose: PURPOSE.to_owned(),
            evidence: "{ smallest = 11 }".to_owned(),
            schema: "personnes.json".to_owned(),
            by: "\"age\", \"sexe\"".to_owned(),
        }
    }

    pub fn text(&self) -> String {
        let Self { basis, from, verifier, output, purpose, evidence, schema, by } = self;
        format!(
            r#"
[pipeline]
name = "statistiques"
legal_basis = "{basis}"
purpose = "pilotage de la politique de santé publique"
policy = "2026-01"
[[source]]
name = "bilans"
schema = "{schema}"
release = {{ from = "{from}", verifier = "{verifier}", output = "{output}", purpose = "{purpose}", evidence = {evidence} }}
[[keep]]
column = "age"
[[keep]]
column = "sexe"
[[keep]]
column = "tabac"
why = "facteur de risque suivi"
[[aggregate]]
name = "fumeurs"
by = [{by}]
margins = true
measure = [{{ count = "persons" }}, {{ count = "records" }}, {{ share = "tabac", equals = "2", as = "part" }}]
over = "release"
[export]
to = "stats"
"#
        )
    }

    /// Runs it there.
    pub fn run(&self, house: &Machine, more: &[&str]) -> Told {
        fs::write(house.path("statistiques.toml"), self.text()).unwrap();
        house.tamis(&[&["run", "statistiques.toml"], more].concat())
    }
}

/// The only release of statistics in a house.
pub fn made(house: &Machine) -> String {
    let runs: Vec<String> = fs::read_dir(house.path("stats"))
        .unwrap()
        .map(|run| format!("stats/{}", run.unwrap().file_name().to_str().unwrap()))
        .filter(|run| house.path(run).join("release").is_dir())
        .collect();
    let [one] = runs.as_slice() else { panic!("one release, not {runs:?}") };
    one.clone()
}

/// Whether statistics were published, or lie about half done.
pub fn nothing_made(house: &Machine) -> bool {
    let left = common::files(&house.path("stats")).into_keys().filter(|name| !name.starts_with(".statistiques.lock"));
    left.into_iter().all(|name| name.components().any(|part| part.as_os_str() == "dossier"))
}

/// What rows say of a cell: persons by pseudonym, records, sum of a column in units of 10⁻⁹, records with a value.
#[derive(Default)]
pub struct Counted {
    pub persons: BTreeSet<String>,
    pub records: u64,
    pub sum: f64,
    pub with: u64,
    pub known: u64,
}

/// Counts rows by columns with all totals, a line each. `sum` names a column that is added, `share` one with its value.
pub fn counted(rows: &Table, by: &[&str], sum: Option<&str>, share: (&str, &str)) -> BTreeMap<Vec<String>, Counted> {
    let mut cells: BTreeMap<Vec<String>, Counted> = BTreeMap::new();
    for (number, row) in rows.rows.iter().enumerate() {
        for hidden in 0..1_u32 << by.len() {
            let code = |(at, label): (usize, &&str)| {
                if hidden >> at & 1 == 1 { "_T".to_owned() } else { row[rows.at(label)].clone() }
            };
            let cell = cells.entry(by.iter().enumerate().map(code).collect()).or_default();
            let person = rows.labels.iter().position(|label| label == "pseudonyme");
            cell.persons.insert(person.map_or_else(|| number.to_string(), |at| row[at].clone()));
            cell.records += 1;
            cell.sum += sum.map_or(0.0, |label| row[rows.at(label)].parse::<f64>().unwrap());
            let value = &row[rows.at(share.0)];
            cell.known += u64::from(!value.is_empty());
            cell.with += u64::from(value == share.1);
        }
    }
    cells
}

/// Every published cell says what the rows say; cells of fewer than 11 persons are not published. Returns how many are.
pub fn agrees(table: &Table, cells: &BTreeMap<Vec<String>, Counted>, by: &[&str], labels: [Option<&str>; 4]) -> usize {
    let [persons, records, sum, share] = labels;
    let (mut published, mut shares) = (0, 0);
    assert_eq!(table.rows.len(), cells.len(), "a line for each cell");
    for row in &table.rows {
        let key: Vec<String> = by.iter().map(|label| row[table.at(label)].clone()).collect();
        let cell = cells.get(&key).unwrap_or_else(|| panic!("no such cell {key:?}"));
        let number = |label: &str| row[table.at(label)].parse::<f64>().unwrap();
        if row[table.at("statut")] != "publie" {
            assert!(persons.is_none_or(|label| row[table.at(label)].is_empty()), "a hidden cell shows nothing");
            continue;
        }
        published += 1;
        assert!(cell.persons.len() >= 11, "{key:?} has {} persons", cell.persons.len());
        for (label, is) in [(persons, cell.persons.len() as u64), (records, cell.records)] {
            assert!(label.is_none_or(|label| number(label) == is as f64), "{key:?} {label:?} is {is}");
        }
        assert!(sum.is_none_or(|label| (number(label) - cell.sum).abs() < 1e-6 * cell.sum), "{key:?} sum");
        let part = cell.with as f64 / cell.known as f64;
        // A share tells two counts, and is hidden by itself where one of them is small.
        if let Some(label) = share.filter(|label| !row[table.at(label)].is_empty()) {
            assert!((number(label) - part).abs() < 1e-9, "{key:?} share is {part}");
            shares += 1;
        }
    }
    assert!(share.is_none() || shares > 0, "some share is published");
    published
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    for (name, bytes) in common::files(from) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
