//! `tamis profile`: what a steward learns of a file before there is a schema, and what nobody learns of its persons.

use std::collections::BTreeSet;

use serde_json::Value;
use tamis::synth::SynthOptions;

use crate::common;
use crate::tables::Table;

fn told(words: &[&std::ffi::OsStr]) -> String {
    let done = common::tamis().arg("profile").args(words).output().unwrap();
    assert!(done.status.success() && done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn a_file_is_described_and_no_person_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("consultations.csv");
    let options = SynthOptions { records: 3_000, seed: 5, ..SynthOptions::default() };
    common::synth(&file, "consultation_prevention", options);
    let human = told(&[file.as_os_str(), "--lang".as_ref(), "fr".as_ref()]);
    let json = told(&[file.as_os_str(), "--format".as_ref(), "json".as_ref()]);
    let found: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(found["records"], 3_000);
    let column = |name: &str| {
        let columns = found["columns"].as_array().unwrap();
        columns.iter().find(|column| column["column"] == name).unwrap().clone()
    };
    assert_eq!(column("matricule_ins")["role"], "subject-identifier");
    assert!(column("date_naissance")["quantiles"].as_array().unwrap().len() == 5);
    let frequent = column("sexe")["frequent"].as_array().unwrap().clone();
    assert!(frequent.len() >= 2 && frequent.iter().all(|one| one["records"].as_u64().unwrap() >= 11), "{frequent:?}");
    // Notes in which somebody wrote a number to call.
    let notes = column("commentaire_libre")["suspicions"].as_array().unwrap().clone();
    let calls = notes.iter().find(|one| one["what"] == "telephone").unwrap();
    assert!(calls["cells"].as_u64().unwrap() > 0 && calls["places"][0]["line"].as_u64().unwrap() > 1);
    assert!(human.contains("textes contiennent peut-être un numéro de téléphone"), "{human}");
    assert!(human.contains("identifiant direct : seuls des effectifs sont donnés"));
    assert!(!human.contains("profile-") && !human.contains("reason-"), "every message is there");

    let table = Table::read(&file);
    let words: BTreeSet<&str> = human.split(|c: char| !c.is_alphanumeric() && !"@.+-".contains(c)).collect();
    for name in
        ["matricule_ins", "nom_naissance", "prenoms", "telephone", "courriel", "adresse_detaillee", "rpps_effecteur"]
    {
        for value in table.column(name).into_iter().filter(|value| value.len() > 4) {
            assert!(!json.contains(&format!("\"{value}\"")), "a value of {name}");
            assert!(!words.contains(value), "a value of {name}");
        }
    }
    // Every value that is told as frequent is that of eleven records or more, also where it is a number or a day.
    for column in found["columns"].as_array().unwrap() {
        let values = table.column(column["column"].as_str().unwrap());
        let shared = |text: &str| values.iter().filter(|value| **value == text).count();
        for one in column["frequent"].as_array().unwrap() {
            assert!(shared(one["value"].as_str().unwrap()) >= 11, "of {}", column["column"]);
        }
        for one in column["quantiles"].as_array().unwrap().iter().filter(|one| one["rounded"] == false) {
            let number: f64 = one["value"].as_str().unwrap().parse().unwrap_or(f64::NAN);
            let same = |value: &&&str| value.replace(',', ".").parse::<f64>().is_ok_and(|value| value == number);
            let sharing = values.iter().filter(same).count().max(shared(one["value"].as_str().unwrap()));
            assert!(sharing >= 11, "of {}", column["column"]);
        }
    }
}

#[test]
fn what_cannot_be_read_or_has_another_form_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (one, two, twice) = (path("a.csv", "a;b\n1;2\n"), path("b.csv", "a;c\n1;2\n"), path("c.csv", "a;a\n1;2\n"));
    let missing = folder.path().join("d.csv");
    for (files, code, word) in
        [(vec![&one, &two], 1, "header"), (vec![&twice], 1, "label"), (vec![&missing], 6, "not found")]
    {
        let done = common::tamis().arg("profile").args(files).output().unwrap();
        let err = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(code) && err.contains(word), "{err}");
    }
}
