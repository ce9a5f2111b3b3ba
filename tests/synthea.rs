//! The whole job on records made by others (Synthea), held against counts made here by other means: a reader of a few lines,
//! maps and whole numbers, nothing of the library.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use tamis::config::{Generalise, Pipeline, Threshold};

type Row = BTreeMap<String, String>;
/// A multiset of rows of text.
type Bag = BTreeMap<Vec<String>, u64>;

/// The records of a CSV file, read the plain way: quotes open and close, nothing is judged.
fn read(path: &Path) -> Vec<Row> {
    let text = fs::read_to_string(path).unwrap();
    let (mut records, mut record, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.push(chars.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            c => cell.push(c),
        }
    }
    assert!(record.is_empty() && cell.is_empty() && !quoted, "{} ends in a line feed", path.display());
    let labels = records.remove(0);
    records.into_iter().map(|cells| labels.iter().cloned().zip(cells).collect()).collect()
}

fn pipeline(name: &str) -> Option<Pipeline> {
    common::shared_data("synthea")?;
    Some(Pipeline::read(&common::project().join("tests/synthea").join(name)).unwrap())
}

fn data(name: &str) -> Vec<Row> {
    read(&common::shared_data("synthea").unwrap().join(name))
}

/// Money in hundredths, exactly.
fn cents(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    assert!(part.len() <= 2 && !text.starts_with('-'));
    whole.parse::<i64>().unwrap() * 100 + format!("{part:0<2}").parse::<i64>().unwrap()
}

/// Whole years between two dates written `YYYY-MM-DD…`.
fn age(birth: &str, at: &str) -> i64 {
    let year = |d: &str| d[..4].parse::<i64>().unwrap();
    year(at) - year(birth) - i64::from(at[5..10] < birth[5..10])
}

/// A procedure with what is known of its person, as far as it may leave.
struct Act {
    person: String,
    act: String,
    age: String,
    sex: String,
    married: Option<bool>,
    cents: i64,
}

fn acts() -> Vec<Act> {
    let patients: BTreeMap<String, Row> = data("patients.csv").into_iter().map(|p| (p["Id"].clone(), p)).collect();
    let act = |code: &str| match code {
        "73761001" => "coloscopie",
        "71651007" | "241055006" => "mammographie",
        "171207006" => "depression",
        _ => "autre",
    };
    let band = |age: i64| match age {
        0..18 => "0-17",
        18..45 => "18-44",
        45..65 => "45-64",
        65.. => "65+",
        _ => "<0",
    };
    let look_up = |p: Row| {
        let person = &patients[&p["PATIENT"]];
        Act {
            person: person["SSN"].clone(),
            act: act(&p["CODE"]).to_owned(),
            age: band(age(&person["BIRTHDATE"], &p["START"])).to_owned(),
            sex: person["GENDER"].clone(),
            married: (!person["MARITAL"].is_empty()).then(|| person["MARITAL"] == "M"),
            cents: cents(&p["BASE_COST"]),
        }
    };
    data("procedures.csv").into_iter().map(look_up).collect()
}

/// What is counted in a cell.
#[derive(Default)]
struct Cell {
    persons: BTreeSet<String>,
    records: u64,
    cents: i64,
}

/// Holds a released table against cells counted here: which cells there are, which are hidden and why, and every number.
/// Returns the number of cells published.
fn hold_table(released: &[Row], by: [&str; 2], expected: &BTreeMap<[String; 2], Cell>, threshold: usize) -> usize {
    assert_eq!(released.len(), expected.len(), "as many cells as there are combinations in the data");
    let mut published = 0;
    for row in released {
        let key = by.map(|column| row[column].clone());
        let cell = expected.get(&key).unwrap_or_else(|| panic!("no cell {key:?} in the data"));
        let few = cell.persons.len() < threshold;
        assert_eq!(row["statut"] == "supprime_seuil", few, "{key:?}");
        if row["statut"] != "publie" {
            let shown = row.iter().filter(|(k, v)| !by.contains(&k.as_str()) && *k != "statut" && !v.is_empty());
            assert_eq!(shown.count(), 0, "a hidden cell shows nothing: {key:?}");
            continue;
        }
        published += 1;
        assert_eq!(row["persons"], cell.persons.len().to_string(), "persons of {key:?}");
        assert_eq!(row["records"], cell.records.to_string(), "records of {key:?}");
        let sum: f64 = row["cout_total"].parse().unwrap();
        assert!((sum * 100.0 - cell.cents as f64).abs() < 0.01, "sum of {key:?}: {sum} is not {} cents", cell.cents);
        let mean: f64 = row["cout_moyen"].parse().unwrap();
        let expected = cell.cents as f64 / 100.0 / cell.records as f64;
        assert!((mean - expected).abs() < 1e-6, "mean of {key:?}: {mean} is not {expected}");
    }
    published
}

fn bag(rows: impl IntoIterator<Item = Vec<String>>) -> Bag {
    rows.into_iter().fold(Bag::new(), |mut bag, row| {
        *bag.entry(row).or_default() += 1;
        bag
    })
}

fn columns(row: &Row, names: &[&str]) -> Vec<String> {
    names.iter().map(|n| row[*n].clone()).collect()
}

struct Released {
    summary: tamis::pipeline::RunSummary,
    folder: PathBuf,
    _temp: tempfile::TempDir,
}

impl Released {
    fn table(&self, path: &str) -> Vec<Row> {
        read(&self.folder.join(path))
    }
}

fn run(pipeline: &Pipeline) -> Released {
    let temp = tempfile::tempdir().unwrap();
    let summary = common::run(pipeline, temp.path(), 2, common::key(7)).unwrap();
    Released { folder: summary.release.clone(), summary, _temp: temp }
}

#[test]
fn a_table_of_joined_events_shows_what_a_count_by_hand_gives() {
    let Some(mut pipeline) = pipeline("pipeline.toml") else { return };
    // Beside rows of half of 112 persons nearly every cell would be hidden: few would be left of it.
    pipeline.persons.clear();
    let released = run(&pipeline);
    assert_eq!((released.summary.read(), released.summary.rejected()), (14_761 + 112, 0));

    let mut cells: BTreeMap<[String; 2], Cell> = BTreeMap::new();
    let mut married: BTreeMap<[String; 2], [u64; 2]> = BTreeMap::new();
    for act in acts() {
        let key = [act.act, act.sex];
        let cell = cells.entry(key.clone()).or_default();
        cell.persons.insert(act.person);
        cell.records += 1;
        cell.cents += act.cents;
        if let Some(is) = act.married {
            let [yes, all] = married.entry(key).or_default();
            *yes += u64::from(is);
            *all += 1;
        }
    }
    let of = |act: &str| cells.iter().filter(|(k, _)| k[0] == act).map(|(_, c)| c.records).sum::<u64>();
    assert_eq!([of("coloscopie"), of("mammographie"), of("depression")], [65, 28, 1_491]);
    let table = released.table("tables/actes_par_sexe.csv");
    assert!(hold_table(&table, ["acte", "sexe"], &cells, 11) >= 4, "most cells are large");
    for row in table.iter().filter(|r| !r["part_maries"].is_empty()) {
        let [yes, all] = married[&["acte", "sexe"].map(|c| row[c].clone())];
        let share: f64 = row["part_maries"].parse().unwrap();
        assert!((share - yes as f64 / all as f64).abs() < 1e-9);
    }
    let hidden: Vec<&Row> = table.iter().filter(|r| r["statut"] != "publie").collect();
    assert!(hidden.len() >= 2, "five women with a mammogram are hidden, and not alone");
}

#[test]
fn a_drawn_person_leaves_with_all_records_that_enough_others_share() {
    let Some(pipeline) = pipeline("pipeline.toml") else { return };
    let released = run(&pipeline);
    assert_eq!((released.summary.frame, released.summary.drawn), (111, 60), "59 women, 52 men: 30 of each");
    assert_eq!(released.summary.stratum_conflicts, 0);
    let rows = released.table("data/actes.csv");
    assert_eq!(rows.len() as u64, released.summary.persons[0].released);
    assert_eq!(released.summary.persons[0].sampled, rows.len() as u64 + released.summary.persons[0].suppressed);

    let mut pseudonyms: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
    let mut classes: BTreeMap<Vec<String>, BTreeSet<&str>> = BTreeMap::new();
    for row in &rows {
        let inclusion = if row["sexe"] == "F" { "30/59" } else { "30/52" };
        assert_eq!(row["proba_inclusion"], inclusion);
        let weight: f64 = row["poids_sondage"].parse().unwrap();
        assert!((weight - if row["sexe"] == "F" { 59.0 / 30.0 } else { 52.0 / 30.0 }).abs() < 1e-12);
        pseudonyms.entry(&row["pseudonyme"]).or_default().push(columns(row, &["acte", "age", "sexe"]));
        classes.entry(columns(row, &["age", "sexe"])).or_default().insert(&row["pseudonyme"]);
    }
    assert!(classes.values().all(|persons| persons.len() >= 3), "no class has fewer than three persons");
    assert!(pseudonyms.len() > 50 && pseudonyms.len() <= 60);

    // Each pseudonym has just the records of a real person in the classes that left, and no person has two pseudonyms.
    let mut persons: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for act in acts() {
        if classes.contains_key(&vec![act.age.clone(), act.sex.clone()]) {
            persons.entry(act.person).or_default().push(vec![act.act, act.age, act.sex]);
        }
    }
    let mut people: BTreeMap<Bag, u64> = BTreeMap::new();
    persons.into_values().for_each(|rows| *people.entry(bag(rows)).or_default() += 1);
    for rows in pseudonyms.into_values() {
        let left = people.get_mut(&bag(rows)).expect("the rows of a pseudonym are those of a person");
        *left = left.checked_sub(1).expect("no person leaves twice");
    }
}

#[test]
fn without_a_sample_every_record_of_a_large_enough_class_leaves_and_no_other() {
    let Some(mut pipeline) = pipeline("pipeline.toml") else { return };
    pipeline.sample = None;
    pipeline.aggregates.clear();
    pipeline.persons[0].k = Threshold::DEFAULT;
    let rows = run(&pipeline).table("data/actes.csv");
    let mut classes: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for act in acts() {
        classes.entry((act.age, act.sex)).or_default().insert(act.person);
    }
    let expected = bag(acts()
        .into_iter()
        .filter(|a| classes[&(a.age.clone(), a.sex.clone())].len() >= 11)
        .map(|a| vec![a.act, a.age, a.sex]));
    assert_eq!(bag(rows.iter().map(|r| columns(r, &["acte", "age", "sexe"]))), expected);
    let persons: BTreeSet<&String> = rows.iter().map(|r| &r["pseudonyme"]).collect();
    let large = |a: &&Act| classes[&(a.age.clone(), a.sex.clone())].len() >= 11;
    let expected: BTreeSet<String> = acts().iter().filter(large).map(|a| a.person.clone()).collect();
    assert_eq!(persons.len(), expected.len(), "one pseudonym a person");
}

/// Type of visit in five classes, year, person, cost.
fn visits() -> Vec<(String, String, String, i64)> {
    let class = |word: &str| match word {
        "ambulatory" | "outpatient" => "ville",
        "wellness" => "prevention",
        "emergency" | "urgentcare" => "urgence",
        "inpatient" | "snf" | "hospice" => "hospitalisation",
        "home" | "virtual" => "domicile",
        _ => panic!("an unknown type of visit"),
    };
    let visit = |e: Row| {
        let class = class(&e["ENCOUNTERCLASS"]).to_owned();
        (class, e["START"][..4].to_owned(), e["PATIENT"].clone(), cents(&e["TOTAL_CLAIM_COST"]))
    };
    data("encounters.csv").into_iter().map(visit).collect()
}

#[test]
fn a_table_of_events_that_stand_alone_shows_what_a_count_by_hand_gives() {
    let Some(pipeline) = pipeline("encounters.toml") else { return };
    assert!(matches!(pipeline.datasets[0].kept[0].generalise, Generalise::Hierarchy { .. }));
    let released = run(&pipeline);
    assert_eq!((released.summary.read(), released.summary.rejected(), released.summary.frame), (5_598, 0, 5_598));
    assert!(released.summary.sources[0].not_in_hierarchy.is_empty());
    let mut cells: BTreeMap<[String; 2], Cell> = BTreeMap::new();
    for (class, year, person, cents) in visits() {
        let cell = cells.entry([class, year]).or_default();
        cell.persons.insert(person);
        cell.records += 1;
        cell.cents += cents;
    }
    let published = hold_table(&released.table("tables/venues_par_type.csv"), ["type", "annee"], &cells, 11);
    let large = cells.values().filter(|c| c.persons.len() >= 11).count();
    assert!(published > 30 && published <= large, "{published} of {large} large cells are shown");
}

#[test]
fn drawn_records_leave_without_anything_that_ties_them() {
    let Some(pipeline) = pipeline("encounters.toml") else { return };
    let released = run(&pipeline);
    let rows = released.table("data/venues.csv");
    let labels: Vec<&str> = rows[0].keys().map(String::as_str).collect();
    assert_eq!(labels, ["annee", "poids_sondage", "proba_inclusion", "type"], "no pseudonym");
    // 5,598 records with probability 1/4: 1,399.5 expected, standard deviation 32.4; the key of the test is fixed.
    assert!((1_399.5 - released.summary.drawn as f64).abs() < 5.0 * 32.4);
    let all = bag(visits().into_iter().map(|(class, year, ..)| vec![class, year]));
    let mut persons: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    visits().into_iter().for_each(|(class, year, person, _)| {
        persons.entry(vec![class, year]).or_default().insert(person);
    });
    for (row, count) in bag(rows.iter().map(|r| columns(r, &["type", "annee"]))) {
        assert!(count <= all[&row], "{row:?} leaves no more often than it was there");
        assert!(persons[&row].len() >= 5 && count >= 5, "{row:?} is shared by five persons");
    }
}

#[test]
fn no_identifier_of_a_synthetic_person_is_in_any_released_or_kept_file() {
    for name in ["pipeline.toml", "encounters.toml"] {
        let Some(pipeline) = pipeline(name) else { return };
        let released = run(&pipeline);
        let files = common::files(released.folder.parent().unwrap());
        assert!(files.len() >= 8, "release and dossier");
        let hay: String = files.values().map(|bytes| String::from_utf8_lossy(bytes)).collect();
        let identifying = ["Id", "SSN", "DRIVERS", "PASSPORT", "FIRST", "LAST", "ADDRESS", "LAT", "BIRTHDATE"];
        for patient in data("patients.csv") {
            for column in identifying.iter().filter(|c| patient[**c].len() > 4) {
                assert!(!hay.contains(&patient[*column]), "a value of {column} left with {name}");
            }
        }
    }
}
