//! Attacks on outputs whose columns become coarser: the attacker has a list of everybody with what the columns said before.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;

use serde_json::Value;
use tamis::config::Pipeline;
use tempfile::TempDir;

use super::{KEY, country_input};
use crate::common;
use crate::tables::Table;

const K: usize = 7;
const QUASI: [&str; 3] = ["naissance", "sexe", "commune"];

const PIPELINE: &str = r#"
[pipeline]
name = "grossier"
legal_basis = "CSP L1411-8"
purpose = "essai"
policy = "2026-01"
[[source]]
name = "depistages"
schema = "SCHEMAS/depistage_organise.json"
files = ["depistages.csv"]
event_date = "date_invitation"
[subject]
column = "matricule_ins"
kind = "nir"
linkage = "release"
[[keep]]
column = "date_naissance"
as = "naissance"
generalise = "year"
[[keep]]
column = "sexe"
[[keep]]
column = "commune_residence"
as = "commune"
generalise = "departement"
[[keep]]
column = "programme"
[sample]
design = "bernoulli"
rate = "1/2"
[[persons]]
name = "lignes"
[persons.protect]
k = 7
quasi_identifiers = ["naissance", "sexe", "commune"]
levels = { naissance = { bands = [5, 10, 20] }, commune = { prefixes = [1] } }
suppress = 0.05
[export]
to = "out"
"#;

/// What outsiders know of one person's record.
type Known = [String; 3];

/// What a value is called at a level, by the words of the document for users.
fn coarser(column: usize, level: u64, value: &str) -> String {
    match (column, level) {
        (_, 0) => value.to_owned(),
        (_, _) if value.is_empty() => String::new(),
        (0, 1..=3) => {
            let (year, width) = (value.parse::<u32>().unwrap(), 5 << (level - 1));
            format!("{}-{}", year / width * width, year / width * width + width - 1)
        }
        (2, 1) => value[..1].to_owned(),
        _ => "*".to_owned(),
    }
}

#[test]
fn a_list_of_everybody_joined_with_a_coarser_file_finds_no_class_under_k() {
    let folder = TempDir::new().unwrap();
    let (_, seen) = country_input(folder.path(), 6_000);
    let schemas = common::project().join("schemas");
    let path = folder.path().join("pipeline.toml");
    fs::write(&path, PIPELINE.replace("SCHEMAS", schemas.to_str().unwrap())).unwrap();
    let pipeline = Pipeline::read(&path).unwrap_or_else(|e| panic!("{e:?}"));
    let summary = common::run(&pipeline, &folder.path().join("out"), 2, common::key(KEY)).unwrap();
    let package: Value = serde_json::from_slice(&fs::read(summary.release.join("datapackage.json")).unwrap()).unwrap();
    let levels = &package["resources"][0]["tamis:protection"]["levels"];
    let levels: Vec<u64> = QUASI.iter().map(|name| levels[*name].as_u64().unwrap()).collect();
    assert!(levels[0] > 0 || levels[2] > 0, "nothing became coarser: {levels:?}");

    // The outside list, as the release would write it.
    let input = Table::read(&folder.path().join("depistages.csv"));
    let birth = input.at("date_naissance");
    let mut list: HashMap<Known, BTreeSet<&str>> = HashMap::new();
    for (row, seen) in input.rows.iter().zip(&seen) {
        let known = [row[birth][..4].to_owned(), seen.sexe.clone(), seen.departement.clone()];
        let known = [0, 1, 2].map(|at| coarser(at, levels[at], &known[at]));
        list.entry(known).or_default().insert(&seen.nir);
    }
    let released = Table::read(&summary.release.join("data/lignes.csv"));
    let place = QUASI.map(|name| released.at(name));
    let (pseudonym, chance) = (released.at("pseudonyme"), released.at("proba_inclusion"));
    let mut classes: BTreeMap<(Known, &str), BTreeSet<&str>> = BTreeMap::new();
    for row in &released.rows {
        let key = (place.map(|at| row[at].clone()), row[chance].as_str());
        classes.entry(key).or_default().insert(&row[pseudonym]);
    }
    assert!(classes.len() > 5 && released.rows.len() * 10 > seen.len() * 4, "{} classes", classes.len());
    for ((key, _), persons) in &classes {
        // The attacker understands what is written: every class of the release is one of the list.
        let candidates = list.get(key).unwrap_or_else(|| panic!("{key:?} matches nobody"));
        assert!(persons.len() >= K, "{key:?}: {} persons", persons.len());
        assert!(candidates.len() >= persons.len(), "{key:?}: more persons leave than there are");
    }
    // Without the levels the same list would have found persons alone in the sample.
    let mut alone: HashMap<[&str; 3], BTreeSet<&str>> = HashMap::new();
    for (row, seen) in input.rows.iter().zip(&seen) {
        alone.entry([&row[birth], &seen.sexe, &seen.departement]).or_default().insert(&seen.nir);
    }
    assert!(alone.values().any(|persons| persons.len() == 1));
}
