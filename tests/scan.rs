//! What was stripped is found in what would leave, in every spelling; and nothing else is taken for it.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "runs/workshop.rs"]
#[allow(dead_code)]
mod workshop;

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use tamis::config::Pipeline;
use tamis::pipeline::{RunError, RunSummary};
use tamis::scan::Class;
use tempfile::TempDir;

/// What one record holds.
#[derive(Clone)]
struct Record {
    nir: String,
    nom: String,
    prenoms: String,
    adresse: String,
    telephone: String,
    courriel: String,
    rpps: String,
    commentaire: String,
    sexe: &'static str,
    ville: String,
    motif: String,
    montant: i64,
}

const SCHEMA: &str = r#"{
  "name": "essai",
  "fields": [
    { "name": "nir", "type": "string", "tamis:role": "subject-identifier" },
    { "name": "nom", "type": "string", "tamis:role": "direct-identifier" },
    { "name": "prenoms", "type": "string", "tamis:role": "direct-identifier" },
    { "name": "adresse", "type": "string", "tamis:role": "direct-identifier" },
    { "name": "telephone", "type": "string", "tamis:role": "direct-identifier" },
    { "name": "courriel", "type": "string", "tamis:role": "direct-identifier" },
    { "name": "rpps", "type": "string", "tamis:role": "direct-identifier", "tamis:identifier": "rpps" },
    { "name": "commentaire", "type": "string", "tamis:role": "direct-identifier" },
    { "name": "sexe", "type": "string", "tamis:role": "quasi-identifier", "constraints": { "enum": ["M", "F", "MARTIN"] } },
    { "name": "ville", "type": "string", "tamis:role": "other" },
    { "name": "motif", "type": "string", "tamis:role": "other" },
    { "name": "montant", "type": "integer", "tamis:role": "other" }
  ]
}"#;

const PIPELINE: &str = r#"
[pipeline]
name = "essai"
legal_basis = "CSP L1411-8"
purpose = "essai"
policy = "1"
[limits]
MEMORY
[[source]]
name = "essai"
schema = "schema.json"
files = ["in.csv"]
[subject]
column = "nir"
kind = "nir"
linkage = "LINKAGE"
[[keep]]
column = "sexe"
[[keep]]
column = "ville"
[[keep]]
column = "motif"
[[keep]]
column = "montant"
OUTPUTS
[export]
to = "out"
"#;

const ROWS: &str = "[[persons]]\nname = \"lignes\"\nprotect = { k = 5, quasi_identifiers = [\"sexe\"] }";
const TABLE: &str = r#"[[aggregate]]
name = "villes"
by = ["ville"]
measure = [{ count = "persons" }]
protect = { threshold = 5 }"#;

struct Bench {
    folder: TempDir,
    records: Vec<Record>,
    linkage: &'static str,
    limits: &'static str,
}

impl Bench {
    /// Forty persons of whom nothing leaks.
    fn new() -> Self {
        let record = |i: usize| {
            let body = format!("18405883210{:02}", i + 10);
            let key = tamis::identifiers::nir_key(body.as_bytes().try_into().unwrap()).unwrap();
            let nom = ["D'Almeida-Béranger", "LEFÈVRE", "Martin", "Petit", "de L'Épine"][i % 5];
            let prenoms = ["Marie-Ève", "Noé Enzo", "Aïcha", "Raphaël", "Chloé", "Loïc", "Élise"][i % 7];
            let body_of_doctor = format!("9970000{i:03}");
            let digit = tamis::identifiers::rpps_check_digit(body_of_doctor.as_bytes().try_into().unwrap()).unwrap();
            Record {
                nir: format!("{body}{key:02}"),
                nom: nom.to_owned(),
                prenoms: prenoms.to_owned(),
                adresse: format!("{} bis impasse de l'Église, 71100 Chalon-sur-Saône", i + 3),
                telephone: format!("06 39 98 62 {:02}", i + 10),
                courriel: format!("patient.numero-{i}@example.com"),
                rpps: format!("{body_of_doctor}{digit}"),
                commentaire: format!("revient pour un contrôle dans {} mois", i + 2),
                sexe: ["M", "F"][i % 2],
                ville: ["Saint-Martin", "Petit-Bourg", "L'Épine", "Saint-Élise"][i % 4].to_owned(),
                motif: ["suivi annuel", "contrôle de routine", "2A 12/03/2026 120/80", "M"][i % 4].to_owned(),
                montant: 1000 + i as i64,
            }
        };
        Self { folder: TempDir::new().unwrap(), records: (0..40).map(record).collect(), linkage: "release", limits: "" }
    }

    /// Thirty thousand persons more.
    fn crowd(&mut self) {
        let first = self.records[0].clone();
        let many = (0..30_000).map(|i| {
            let mut record = first.clone();
            let body = format!("18{:02}12{:02}{:03}{:02}1", i % 100, i / 100 % 90 + 1, i / 9000, i % 97);
            let body = body.get(..13).map_or_else(|| format!("{body:0<13}"), str::to_owned);
            let key = tamis::identifiers::nir_key(body.as_bytes().try_into().unwrap()).unwrap();
            record.nir = format!("{body}{key:02}");
            record.telephone = format!("0639{i:06}");
            record.courriel = format!("personne{i}@example.org");
            record.adresse = format!("{i} rue du Lavoir, 31000 Toulouse");
            record
        });
        self.records.extend(many);
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn run_with(&self, outputs: &str) -> Result<RunSummary, RunError> {
        let mut text =
            "nir,nom,prenoms,adresse,telephone,courriel,rpps,commentaire,sexe,ville,motif,montant\n".to_owned();
        for r in &self.records {
            writeln!(
                text,
                "{},\"{}\",\"{}\",\"{}\",{},{},{},\"{}\",{},\"{}\",\"{}\",{}",
                r.nir,
                r.nom,
                r.prenoms,
                r.adresse,
                r.telephone,
                r.courriel,
                r.rpps,
                r.commentaire,
                r.sexe,
                r.ville,
                r.motif,
                r.montant
            )
            .unwrap();
        }
        fs::write(self.folder.path().join("in.csv"), text).unwrap();
        fs::write(self.folder.path().join("schema.json"), SCHEMA).unwrap();
        let pipeline =
            PIPELINE.replace("LINKAGE", self.linkage).replace("OUTPUTS", outputs).replace("MEMORY", self.limits);
        let path = self.folder.path().join("pipeline.toml");
        fs::write(&path, pipeline).unwrap();
        let pipeline = Pipeline::read(&path).unwrap_or_else(|e| panic!("{e:?}"));
        common::run(&pipeline, &self.out(), 2, common::key(1))
    }

    fn run(&self) -> Result<RunSummary, RunError> {
        self.run_with(ROWS)
    }

    /// The run stops with these leaks, publishes nothing, and says no word of what leaked.
    fn assert_leak(&self, column: &str, class: Class, secret: &str) {
        let error = match self.run() {
            Err(error) => error,
            Ok(summary) => panic!("{class:?} passed: {} {:?}", self.records[17].motif, summary.scan),
        };
        assert_eq!(error.exit_code(), 4);
        let RunError::Leak(report) = &error else { panic!("{error}") };
        let hit = report.hits.iter().find(|h| h.leak && h.class == class && h.column == column);
        assert!(hit.is_some(), "{class:?} in {column}: {:?}", report.hits);
        let mut told = format!("{error}{error:?}{}", report.to_json());
        workshop::assert_nothing_is_published(&self.out());
        for bytes in common::files(&self.out()).values() {
            told.push_str(&String::from_utf8_lossy(bytes));
        }
        let letters = |text: &str| text.to_lowercase().replace([' ', '.', '-'], "");
        assert!(!letters(&told).contains(&letters(secret)), "the leak is told");
        assert!(told.contains(column) && told.contains(class.as_str()));
    }
}

/// A person's values in the texts of a column that leaves, as people write them.
#[test]
fn every_class_is_found_in_free_text_in_every_spelling() {
    let cases: [(Class, &str, &str); 23] = [
        (Class::Identifier, "{nir}", "{nir}"),
        (Class::Identifier, "nir: 1 84 05 88 321 010 {key}.", "88 321 010"),
        (Class::Identifier, "voir RPPS 99700 000005", "99700000005"),
        (Class::Identifier, "RPPS99700000005", "99700000005"),
        (Class::Telephone, "rappeler au 06.39.98.62.10 demain", "6399862"),
        (Class::Telephone, "0639986210", "6399862"),
        (Class::Telephone, "tél. +33 6 39 98 62 10", "6399862"),
        (Class::Telephone, "tél. +33 (0)6 39 98 62 10", "6399862"),
        (Class::Telephone, "tel0033639986210", "6399862"),
        (Class::Email, "écrire à PATIENT.NUMERO-0@EXAMPLE.COM svp", "numero-0"),
        (Class::Email, "patient.numero-0 @ example.com", "numero-0"),
        (Class::FullName, "Mme D'ALMEIDA-BERANGER Marie-Eve revue ce jour", "almeida"),
        (Class::FullName, "marie eve d almeida beranger", "almeida"),
        (Class::FullName, "MarieEveDAlmeidaBeranger", "almeida"),
        (Class::FullName, "vu avec Noé Lefevre", "lefevre"),
        (Class::FullName, "LEFEVRE, Noé Enzo", "lefevre"),
        (Class::FullName, "Ａïcha MARTIN", "aichamartin"),
        (Class::FullName, "aïcha martin", "aichamartin"),
        (Class::FullName, "Raphae\u{308}l   Petit", "raphaelpetit"),
        (Class::Address, "3 BIS, IMPASSE DE L EGLISE 71100 CHALON SUR SAONE", "impasse"),
        (Class::Address, "habite 3 bis impasse de l’église depuis peu", "impasse"),
        (Class::Identifier, "1840588321010{key}", "84058832"),
        (Class::Identifier, "1-84-05-88-321-010-{key}", "84058832"),
    ];
    for (class, text, secret) in cases {
        let mut bench = Bench::new();
        let nir = bench.records[0].nir.clone();
        let fill = |t: &str| t.replace("{nir}", &nir).replace("{key}", &nir[13..]);
        bench.records[17].motif = fill(text);
        bench.assert_leak("motif", class, &fill(secret));
    }
}

#[test]
fn a_number_that_lies_in_an_integer_column_is_found() {
    let mut bench = Bench::new();
    bench.records[3].montant = bench.records[8].nir.parse().unwrap();
    bench.assert_leak("montant", Class::Identifier, &bench.records[8].nir);
    let mut bench = Bench::new();
    bench.records[3].montant = 639_986_211;
    bench.assert_leak("montant", Class::Telephone, "639986211");
}

#[test]
fn a_national_number_is_found_though_nobody_in_the_input_has_it() {
    for text in ["conjoint 2 84 05 88 321 025 32", "mère : 284052A32102552", "2\u{a0}84\u{a0}05\u{a0}2b 321 025 79"] {
        let mut bench = Bench::new();
        bench.records[5].motif = text.to_owned();
        bench.assert_leak("motif", Class::Identifier, "321025");
        assert!(!bench.records.iter().any(|r| r.nir.starts_with("284")));
    }
}

#[test]
fn a_leak_is_found_where_nothing_ties_the_rows_together() {
    let mut bench = Bench::new();
    bench.linkage = "none";
    bench.records[39].motif = "aicha.petit, 0639986210".to_owned();
    bench.assert_leak("motif", Class::Telephone, "6399862");
}

#[test]
fn a_leak_is_found_where_the_fingerprints_were_spilled() {
    let mut bench = Bench::new();
    bench.limits = "memory = \"1 MiB\"";
    bench.crowd();
    bench.records[20].motif = "écrire à personne29999@example.org".to_owned();
    bench.assert_leak("motif", Class::Email, "personne29999");
}

#[test]
fn a_leak_in_a_table_is_found() {
    let mut bench = Bench::new();
    bench.records[0].ville = "Chez Aïcha Martin".to_owned();
    let Err(RunError::Leak(report)) = bench.run_with(TABLE) else { panic!("passed") };
    assert!(report.hits.iter().any(|h| h.leak && h.resource == "villes" && h.class == Class::FullName));
}

#[test]
fn a_column_of_nothing_but_names_is_a_leak_though_a_single_name_is_a_word() {
    let mut bench = Bench::new();
    let names = ["Marie-Eve", "ENZO", "aïcha", "Raphael", "Chloe", "loic", "Elise", "lefevre", "martin", "PETIT"];
    for (i, record) in bench.records.iter_mut().enumerate() {
        record.motif = names[i % names.len()].to_owned();
    }
    bench.records[1].prenoms = "Enzo".to_owned();
    bench.assert_leak("motif", Class::Name, "raphael");
}

#[test]
fn words_codes_and_places_that_are_somebodys_name_stop_nothing() {
    let mut bench = Bench::new();
    bench.records[0].sexe = "MARTIN";
    for record in &mut bench.records[..6] {
        record.sexe = "MARTIN";
    }
    bench.records[1].motif = "un petit martin-pêcheur".to_owned();
    bench.records[2].motif = "douleur de l'épine dorsale".to_owned();
    bench.records[3].motif = "2A".to_owned();
    bench.records[4].montant = 123_456_789_012;
    let summary = bench.run().unwrap_or_else(|e| panic!("{e}"));
    let scan = summary.scan.unwrap();
    assert!(!scan.leaks());
    let told: Vec<_> = scan.warnings().map(|h| (h.column.as_str(), h.class)).collect();
    assert!(told.contains(&("motif", Class::Name)), "{told:?}");
    assert!(!told.iter().any(|(column, _)| *column == "sexe"), "a list of codes holds no names: {told:?}");
}

#[test]
fn a_full_name_that_as_many_persons_share_as_a_class_needs_is_no_ones() {
    let mut bench = Bench::new();
    bench.records[2].nom = "Saint".to_owned();
    bench.records[2].prenoms = "Martin".to_owned();
    let summary = bench.run().unwrap_or_else(|e| panic!("{e}"));
    let scan = summary.scan.unwrap();
    assert!(scan.warnings().any(|h| h.column == "ville" && h.class == Class::FullName), "ten persons live there");
    let mut records = bench.records;
    let mut bench = Bench::new();
    for record in &mut records {
        record.ville = "Lyon".to_owned();
    }
    bench.records = records;
    bench.records[7].ville = "Saint-Martin".to_owned();
    bench.assert_leak("ville", Class::FullName, "saintmartin");
}

#[test]
fn a_text_that_one_person_has_in_many_rows_is_shared_by_nobody() {
    let mut bench = Bench::new();
    let mut again = bench.records[2].clone();
    again.ville = "Aïcha Martin".to_owned();
    bench.records.extend(std::iter::repeat_n(again, 12));
    bench.assert_leak("ville", Class::FullName, "aichamartin");
}

#[test]
fn short_numbers_among_many_persons_stand_there_by_chance() {
    let mut bench = Bench::new();
    bench.crowd();
    // Kit numbers of six digits, one of which is also that of a lot
    for (i, record) in bench.records.iter_mut().enumerate() {
        record.commentaire = (100_000 + i * 7).to_string();
    }
    bench.records[0].motif = "lot 100007".to_owned();
    let scan = bench.run().unwrap_or_else(|e| panic!("{e}")).scan.unwrap();
    let found: Vec<_> = scan.hits.iter().filter(|h| h.class == Class::Identifier).collect();
    assert!(found.len() == 1 && !found[0].leak, "{found:?}");
}

#[test]
fn the_report_tells_scope_and_counts_and_the_recipient_no_sizes() {
    let bench = Bench::new();
    let summary = bench.run().unwrap_or_else(|e| panic!("{e}"));
    let scan = summary.scan.clone().unwrap();
    let of = |class| *scan.stripped.iter().find(|s| s.class == class).unwrap();
    assert_eq!(of(Class::Telephone).searched, 40);
    assert_eq!(of(Class::Email).searched, 40);
    assert_eq!(of(Class::Identifier).searched, 80, "NIR and RPPS");
    assert!(of(Class::Name).too_short == 0 && of(Class::FullName).searched >= 80);
    let how: Vec<_> = scan.columns.iter().map(|c| (c.column.as_str(), c.searched_as)).collect();
    let expected =
        [("pseudonyme", "pseudonyms"), ("sexe", "codes"), ("ville", "text"), ("motif", "text"), ("montant", "numbers")];
    assert_eq!(how, expected);
    assert_eq!(scan.columns[3].cells, 40);
    assert_eq!(scan.columns[3].distinct, 4);
    let json = summary.to_json();
    assert_eq!(json["leak_scan"]["leaks"], false);
    let told = scan.for_recipient(|_| true).to_string();
    assert!(!told.contains("40") && told.contains("motif"));
    let resource = &scan.columns[0].resource;
    assert!(!scan.for_recipient(|name| name != resource).to_string().contains("motif"), "another one's columns");
}
