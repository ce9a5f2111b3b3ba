#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;

use serde_json::{Value, json};

use super::*;

fn infer_text(text: &str) -> Proposal {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.csv");
    fs::write(&path, text).unwrap();
    infer(&[path], None, "essai").unwrap()
}

/// A file of one column, beside a number that tells records apart.
fn column(label: &str, values: &[&str], times: usize) -> Value {
    let all: Vec<&str> = values.iter().copied().cycle().take(values.len() * times).collect();
    let rows: String = all.iter().enumerate().map(|(i, v)| format!("{}x;{v}\n", i + 1)).collect();
    let mut proposal = infer_text(&format!("numero;{label}\n{rows}"));
    proposal.schema["fields"][1].take()
}

#[test]
fn types_are_found_by_content() {
    for (values, ty, more) in [
        (["1", "20", "300"], "integer", json!({})),
        (["1.5", "2", "3.25"], "number", json!({})),
        (["1,5", "2,25", "3,0"], "number", json!({"decimalChar": ","})),
        (["2026-02-25", "2026-12-31", "2025-01-01"], "date", json!({})),
        (["25/02/2026", "31/12/2026", "01/01/2025"], "date", json!({"format": "%d/%m/%Y"})),
        (["20260225", "20261231", "20250101"], "date", json!({"format": "%Y%m%d"})),
        (["oui", "non", "oui"], "boolean", json!({"trueValues": ["oui"], "falseValues": ["non"]})),
        (["01", "02", "11"], "string", json!({})),
        (["a", "b b", "c"], "string", json!({})),
    ] {
        let field = column("mesure", &values, 1);
        assert_eq!(field["type"], ty, "{values:?}");
        for (key, value) in more.as_object().unwrap() {
            assert_eq!(&field[key], value, "{values:?}");
        }
    }
}

#[test]
fn what_identifies_persons_is_found_by_content_whatever_its_label() {
    let cases: [(&[&str], &str); 4] = [
        (&["0478001122", "06 39 98 00 01", "+33639980002"], "direct-identifier"),
        (&["a.b@example.org", "c@exemple.fr", "d.e@example.com"], "direct-identifier"),
        (&["12 rue des Lilas", "3 avenue Jean Jaurès", "1 bis place Bellecour"], "direct-identifier"),
        (&["1931-01-02", "1985-03-04", "2010-05-06"], "quasi-identifier"),
    ];
    for (values, role) in cases {
        let field = column("x", values, 11);
        assert_eq!(field["tamis:role"], role, "{values:?}");
        assert!(field["constraints"]["enum"].is_null(), "no value of a person is shown");
    }
    let names = include_str!("../../data/forenames_f.txt").lines().take(30).collect::<Vec<_>>();
    assert_eq!(column("x", &names, 1)["tamis:role"], "direct-identifier");
    assert!(column("mesure", &["1", "2", "3"], 5)["tamis:role"].is_null(), "what nothing tells is left to the reader");
}

#[test]
fn a_national_number_is_the_subject_and_a_text() {
    let body = ["2550699005001", "1800675110002", "2991233063003"];
    let numbers: Vec<String> = body
        .iter()
        .map(|b| format!("{b}{:02}", crate::identifiers::nir_key(b.as_bytes().try_into().unwrap()).unwrap()))
        .collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let field = column("x", &numbers, 4);
    assert_eq!((field["type"].as_str(), field["tamis:identifier"].as_str()), (Some("string"), Some("nir")));
    assert_eq!(field["tamis:role"], "subject-identifier");
    assert!(field["constraints"]["enum"].is_null());
}

#[test]
fn a_code_is_shown_only_where_enough_records_have_it() {
    assert_eq!(column("acte", &["A", "B"], 11)["constraints"]["enum"], json!(["A", "B"]));
    assert!(column("acte", &["A", "B"], 10)["constraints"]["enum"].is_null());
    assert!(column("acte", &["A", "B", "B"], 10)["constraints"]["enum"].is_null(), "B alone has enough");
}

#[test]
fn a_few_slips_do_not_hide_what_a_column_is() {
    let mut values = vec!["12"; 99];
    values.push("douze");
    assert_eq!(column("age", &values, 1)["type"], "integer");
    values.extend(["x"; 5]);
    assert_eq!(column("age", &values, 1)["type"], "string");
}

#[test]
fn what_is_proposed_can_be_read_and_has_a_reason_for_each_column() {
    let proposal = infer_text("id;jour;vide\n1;2026-01-01;\n2;2026-01-02;\n");
    let schema = crate::schema::TableSchema::parse(&proposal.schema.to_string(), "x").unwrap();
    assert_eq!((schema.fields.len(), schema.primary_key.as_slice()), (3, ["id".to_owned()].as_slice()));
    assert!(proposal.columns.iter().all(|c| !c.reasons.is_empty()));
    assert_eq!(proposal.records, 2);
}

#[test]
fn the_same_records_in_another_order_give_the_same_schema() {
    let rows: Vec<String> = (0..200).map(|i| format!("{i};{};{}\n", i % 3, ["F", "M"][i % 2])).collect();
    let forth = infer_text(&format!("a;b;sexe\n{}", rows.concat()));
    let back = infer_text(&format!("a;b;sexe\n{}", rows.iter().rev().cloned().collect::<String>()));
    assert_eq!(forth, back);
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let (one, other) = (path("one.csv", "a;b\n1;2\n"), path("other.csv", "a;c\n1;2\n"));
    assert!(matches!(infer(&[one, other], None, "x"), Err(InferError::OtherHeader { .. })));
    let twice = path("twice.csv", "a;a\n1;2\n");
    assert!(matches!(infer(&[twice], None, "x"), Err(InferError::Label { column: 2, .. })));
    assert!(matches!(infer(&[folder.path().join("no.csv")], None, "x"), Err(InferError::Ingest(_))));
}
