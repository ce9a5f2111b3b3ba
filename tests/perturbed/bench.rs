//! Pipelines with perturbed tables over synthetic consultations, and counts made by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use tamis::config::Pipeline;
use tamis::pipeline::{RunError, RunSummary};
use tamis::synth::SynthOptions;

use crate::common;
use crate::plain::Table;

/// Groups of the eight codes of `pcs`.
pub const GROUPS: [&str; 8] =
    ["independants", "independants", "cadres", "cadres", "employes", "employes", "inactifs", "inactifs"];

/// Columns of all tables here.
pub const COLUMNS: [&str; 4] = ["groupe", "pcs", "sexe", "profession"];

pub struct Bench {
    folder: tempfile::TempDir,
}

/// A cell by its columns that are not totalled, coarser ones of a hierarchy left out.
pub type Place = BTreeMap<String, String>;

impl Bench {
    /// Consultations of `persons` persons, several of some.
    pub fn new(records: u64, persons: u64, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SynthOptions { records, seed, population: Some(persons), ..SynthOptions::default() };
        common::synth(&folder.path().join("c.csv"), "consultation_prevention", options);
        let levels = |(at, group): (usize, &&str)| format!("{};{group}\n", at + 1);
        fs::write(folder.path().join("pcs.csv"), GROUPS.iter().enumerate().map(levels).collect::<String>()).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A pipeline of these tables over the files of that pattern.
    pub fn pipeline(&self, files: &str, tables: &str) -> Pipeline {
        let path = self.write_pipeline(files, tables);
        Pipeline::read(&path).unwrap_or_else(|errors| panic!("{errors:?}"))
    }

    pub fn write_pipeline(&self, files: &str, tables: &str) -> PathBuf {
        // Of records with one number one stays, whoever they are of: beside noise the key contains the person.
        let path = common::schema_path("consultation_prevention");
        let schema = if tables.contains("\"noise\"") {
            let text = fs::read_to_string(path).unwrap();
            let keyed = text.replace("[\"id_enregistrement\"]", "[\"matricule_ins\", \"id_enregistrement\"]");
            assert_ne!(text, keyed);
            fs::write(self.path("schema.json"), keyed).unwrap();
            PathBuf::from("schema.json")
        } else {
            path
        };
        let keep = |column: &str, more: &str| format!("[[keep]]\ncolumn = \"{column}\"\nwhy = \"essai\"\n{more}\n");
        let group = "as = \"groupe\"\ngeneralise = { to = \"hierarchy\", file = \"pcs.csv\", level = 1 }";
        let (minutes, weight) = (keep("activite_min_semaine", ""), keep("poids_kg", ""));
        let kept = [
            keep("pcs", group),
            keep("pcs", ""),
            keep("sexe", ""),
            keep("profession", ""),
            keep("tabac", ""),
            minutes,
            weight,
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

    /// Runs a pipeline of these tables under a fixed key.
    pub fn run(&self, tables: &str, out: &str, key: u8) -> Result<RunSummary, RunError> {
        common::run(&self.pipeline("c.csv", tables), &self.path(out), 2, common::key(key))
    }

    /// The published tables of a run.
    pub fn tables(&self, tables: &str, key: u8) -> BTreeMap<String, Table> {
        let out = format!("out-{}", fs::read_dir(self.folder.path()).unwrap().count());
        published(&self.run(tables, &out, key).unwrap().release)
    }

    /// The same records in files of so many, in another order.
    pub fn write_parts(&self, size: usize) {
        let mut all = self.records();
        all.rows.sort_unstable_by_key(|row| row.iter().rev().cloned().collect::<Vec<_>>());
        for (at, rows) in all.rows.chunks(size).enumerate() {
            let part = Table { labels: all.labels.clone(), rows: rows.to_vec() };
            part.write(&self.path(&format!("part-{at}.csv")));
        }
    }

    /// Four groups of profession with two persons each, in `few.csv`.
    pub fn write_few(&self) {
        let records = self.records();
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut met: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
        for row in &records.rows {
            let (group, person) = (&row[records.at("profession")], &row[records.at("matricule_ins")]);
            let persons = met.entry(group).or_default();
            if persons.len() < 2 && persons.insert(person) {
                rows.push(row.clone());
            }
        }
        let groups = met.len();
        assert!(groups >= 4, "{groups} groups");
        rows.retain(|row| met.keys().take(4).any(|group| **group == row[records.at("profession")]));
        Table { labels: records.labels.clone(), rows }.write(&self.path("few.csv"));
    }

    /// The records that were taken.
    pub fn records(&self) -> Table {
        Table::read(&self.path("c.csv"))
    }

    /// Distinct persons of every cell of these columns, by hand: each cell in which somebody is.
    pub fn persons(&self, columns: &[&str]) -> BTreeMap<Place, u64> {
        let records = self.records();
        let mut cells: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
        for row in &records.rows {
            let value = |column: &str| match column {
                "groupe" => {
                    row[records.at("pcs")].parse::<usize>().map_or(String::new(), |pcs| GROUPS[pcs - 1].to_owned())
                }
                column => row[records.at(column)].clone(),
            };
            let place = columns.iter().map(|column| ((*column).to_owned(), value(column))).collect();
            cells.entry(place).or_default().insert(row[records.at("matricule_ins")].clone());
        }
        cells.into_iter().map(|(place, persons)| (place, persons.len() as u64)).collect()
    }
}

/// The tables of a release.
pub fn published(release: &Path) -> BTreeMap<String, Table> {
    let files = fs::read_dir(release.join("tables")).unwrap().map(|entry| entry.unwrap().path());
    let tables = files.filter(|path| path.extension().is_some_and(|extension| extension == "csv"));
    tables.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), Table::read(&path))).collect()
}

/// The cell of a row.
pub fn place(table: &Table, row: &[String]) -> Place {
    let columns = COLUMNS.iter().filter(|column| table.labels.iter().any(|label| label == *column));
    let told = columns.map(|column| ((*column).to_owned(), row[table.at(column)].clone()));
    let mut place: Place = told.filter(|(_, code)| code != "_T").collect();
    if place.contains_key("pcs") {
        place.remove("groupe");
    }
    place
}

/// The numbers of a table by their cells.
pub fn numbers(table: &Table) -> BTreeMap<Place, i64> {
    let value = |row: &Vec<String>| row[table.at("persons")].parse().unwrap();
    let all: BTreeMap<Place, i64> = table.rows.iter().map(|row| (place(table, row), value(row))).collect();
    assert_eq!(all.len(), table.rows.len(), "each cell once");
    all
}
