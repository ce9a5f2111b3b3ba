//! A made frame of 240 persons in three regions and 24 districts, with one to three records each, and runs over it.

use std::fs;
use std::path::{Path, PathBuf};

use tamis::config::{Pipeline, Threshold};
use tamis::pipeline::{RunError, RunSummary};

use crate::common;
use crate::tables::Table;

const SCHEMA: &str = r#"{
  "name": "actes",
  "fields": [
    {"name": "ident", "type": "string", "tamis:role": "subject-identifier"},
    {"name": "numero", "type": "integer", "tamis:role": "other"},
    {"name": "region", "type": "string", "tamis:role": "quasi-identifier"},
    {"name": "bassin", "type": "string", "tamis:role": "other"},
    {"name": "sexe", "type": "string", "tamis:role": "other"},
    {"name": "taille", "type": "integer", "tamis:role": "other"},
    {"name": "acte", "type": "string", "tamis:role": "other"},
    {"name": "montant", "type": "number", "tamis:role": "other"},
    {"name": "fumeur", "type": "string", "tamis:role": "other"}
  ]
}"#;

/// Measures of every table here.
pub const MEASURES: &str = r#"{ count = "persons", as = "personnes" }, { count = "records", as = "actes" },
{ sum = "montant", as = "somme" }, { mean = "montant", as = "moyenne" }, { share = "fumeur", equals = "oui", as = "part" }"#;

/// What a record says.
pub struct Record {
    pub person: u64,
    pub region: &'static str,
    pub bassin: String,
    pub sexe: &'static str,
    pub acte: &'static str,
    pub montant: Option<f64>,
    pub fumeur: Option<bool>,
}

/// All records: 120 persons in nord, 80 in sud, 40 in ouest.
pub fn records() -> Vec<Record> {
    let mut all = Vec::new();
    for p in 0..240u64 {
        let (region, districts) = match p % 6 {
            0..3 => ("nord", 12),
            3 | 4 => ("sud", 8),
            _ => ("ouest", 4),
        };
        for j in 0..=p * 13 % 3 {
            all.push(Record {
                person: p,
                region,
                bassin: format!("{region}{}", (p / 6 * 7 + p) % districts),
                sexe: if (p * p + p / 3) % 5 < 3 { "F" } else { "M" },
                acte: ["a", "b", "c"][((p * p / 7 + j * j) % 3) as usize],
                montant: (!(p + j).is_multiple_of(11)).then(|| ((p * 37 + j * 101) % 500) as f64 / 4.0 + 10.0),
                fumeur: (!p.is_multiple_of(13)).then_some(p * 29 % 7 < 3),
            });
        }
    }
    all
}

/// A folder with the frame.
pub struct Workshop {
    folder: tempfile::TempDir,
    runs: std::cell::Cell<usize>,
}

impl Workshop {
    pub fn new() -> Self {
        Self::with(&records())
    }

    pub fn with(records: &[Record]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut text = "ident,numero,region,bassin,sexe,taille,acte,montant,fumeur\n".to_owned();
        for r in records {
            let montant = r.montant.map_or_else(String::new, |m| m.to_string());
            let fumeur = r.fumeur.map_or("", |f| if f { "oui" } else { "non" });
            let Record { person: p, region, bassin, sexe, acte, .. } = r;
            text += &format!("P{p:04},{p},{region},{bassin},{sexe},{},{acte},{montant},{fumeur}\n", 1 + p % 4);
        }
        fs::write(folder.path().join("actes.csv"), text).unwrap();
        fs::write(folder.path().join("actes.json"), SCHEMA).unwrap();
        Self { folder, runs: std::cell::Cell::default() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A pipeline with this sample and these outputs.
    pub fn pipeline(&self, sample: &str, outputs: &str) -> Pipeline {
        let keeps = ["numero", "region", "bassin", "sexe", "taille", "acte", "montant", "fumeur"];
        let keeps: String = keeps.iter().map(|column| format!("[[keep]]\ncolumn = \"{column}\"\n")).collect();
        let text = format!(
            "[pipeline]\nname = \"actes\"\nlegal_basis = \"CSP L1411-8\"\npurpose = \"essai\"\npolicy = \"1\"\n\
             [[source]]\nname = \"actes\"\nschema = \"actes.json\"\nfiles = [\"actes.csv\"]\n\
             [subject]\ncolumn = \"ident\"\nkind = \"text\"\nlinkage = \"{}\"\n{keeps}{sample}\n{outputs}\n[export]\nto = \"out\"\n",
            if sample.contains("unit = \"record\"") { "none" } else { "release" }
        );
        let path = self.path().join("pipeline.toml");
        fs::write(&path, text).unwrap();
        Pipeline::read(&path).unwrap_or_else(|e| panic!("{e:?}"))
    }

    pub fn run(&self, pipeline: &Pipeline, threads: usize) -> Result<RunSummary, RunError> {
        self.runs.set(self.runs.get() + 1);
        let out = self.path().join(format!("out-{}", self.runs.get()));
        common::run(pipeline, &out, threads, common::key(3))
    }

    /// The release of a table by these columns.
    pub fn release(&self, sample: &str, by: &str, threshold: u64) -> PathBuf {
        self.run(&self.pipeline(sample, &table(by, threshold)), 2).unwrap().release
    }

    /// The table by these columns.
    pub fn table(&self, sample: &str, by: &str, threshold: u64) -> Table {
        Table::read(&self.release(sample, by, threshold).join("tables/tableau.csv"))
    }

    /// The records that were drawn, with all that is kept.
    pub fn drawn(&self, sample: &str) -> Table {
        let rows = "[[persons]]\nname = \"lignes\"\nprotect = { k = 2, quasi_identifiers = [\"region\"] }\n";
        let mut pipeline = self.pipeline(sample, rows);
        // Everybody, also those who are alone with their weight: no pipeline file could say so.
        pipeline.persons[0].k = Threshold::new(1).unwrap();
        let release = self.run(&pipeline, 2).unwrap().release;
        Table::read(&release.join("data/lignes.csv"))
    }
}

/// An output over the sample.
pub fn table(by: &str, threshold: u64) -> String {
    format!(
        "[[aggregate]]\nname = \"tableau\"\nover = \"sample\"\nby = [{by}]\nmeasure = [{}]\nprotect = {{ threshold = {threshold} }}\n",
        MEASURES.replace('\n', " ")
    )
}

/// A measure of a row: estimate, standard error, limits.
pub fn measured(table: &Table, row: usize, name: &str) -> [Option<f64>; 4] {
    ["", "_erreur_type", "_ic_bas", "_ic_haut"].map(|suffix| {
        let cell = &table.rows[row][table.at(&format!("{name}{suffix}"))];
        (!cell.is_empty()).then(|| cell.parse().unwrap())
    })
}

pub fn names() -> [&'static str; 5] {
    ["personnes", "actes", "somme", "moyenne", "part"]
}
