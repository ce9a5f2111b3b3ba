#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};

use super::*;
use crate::identifiers::{Nir, Sex, check, geo};
use crate::schema::{
    Constraints, Field, FieldType, FieldsMatch, IdentifierKind, StringFormat, TableSchema, TemporalFormat,
};

/// The schema files of the project, read as far as the generator looks at them.
fn schema(name: &str) -> TableSchema {
    let path = format!("{}/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let word = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let field = |json: &serde_json::Value| {
        let limits = &json["constraints"];
        Field {
            name: word(&json["name"]),
            title: None,
            description: None,
            example: None,
            ty: match json["type"].as_str().unwrap() {
                "integer" => FieldType::Integer { bare_number: true, group_char: None },
                "number" => FieldType::Number { decimal_char: '.', group_char: None, bare_number: true },
                "boolean" => {
                    FieldType::Boolean { true_values: vec!["true".into()], false_values: vec!["false".into()] }
                }
                "date" => FieldType::Date { format: TemporalFormat::Default, incomplete: true },
                "year" => FieldType::Year,
                _ => FieldType::String(StringFormat::Default),
            },
            constraints: Constraints {
                required: limits["required"] == true,
                max_length: limits["maxLength"].as_u64().map(|n| n as usize),
                minimum: limits.get("minimum").map(word),
                maximum: limits.get("maximum").map(word),
                pattern: limits.get("pattern").map(word),
                allowed: limits["enum"].as_array().map(|list| list.iter().map(word).collect()),
                ..Constraints::default()
            },
            role: None,
            identifier: match json["tamis:identifier"].as_str() {
                Some("nir") => Some(IdentifierKind::Nir),
                Some("rpps") => Some(IdentifierKind::Rpps),
                Some("finess") => Some(IdentifierKind::Finess),
                Some("commune") => Some(IdentifierKind::Commune),
                Some("iris") => Some(IdentifierKind::Iris),
                Some("postcode") => Some(IdentifierKind::Postcode),
                Some("cim10") => Some(IdentifierKind::Cim10),
                Some("ccam") => Some(IdentifierKind::Ccam),
                Some("loinc") => Some(IdentifierKind::Loinc),
                _ => None,
            },
            missing_values: None,
        }
    };
    TableSchema {
        name: word(&file["name"]),
        title: None,
        description: None,
        fields: file["fields"].as_array().unwrap().iter().map(field).collect(),
        missing_values: vec![String::new()],
        primary_key: file["primaryKey"].as_array().map(|keys| keys.iter().map(word).collect()).unwrap_or_default(),
        unique_keys: Vec::new(),
        fields_match: FieldsMatch::Equal,
        rules: Vec::new(),
    }
}
#[test]
#[ignore]
fn dump() {
    for name in known() {
        let f = std::fs::File::create(format!("/tmp/synth_{name}.csv")).unwrap();
        let t = std::time::Instant::now();
        let n = std::env::var("N").map_or(20_000, |n| n.parse().unwrap());
        let r = write(
            &schema(name),
            &SynthOptions {
                records: n,
                dirty: std::env::var("D").map_or(0.0, |d| d.parse().unwrap()),
                ..Default::default()
            },
            f,
        )
        .unwrap();
        eprintln!("{name} {r:?} {:?}", t.elapsed());
    }
}
