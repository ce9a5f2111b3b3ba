#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray};

use super::*;
use crate::config::Pipeline;
use crate::release::{PSEUDONYM, ReleaseChunk, ReleaseField, ReleaseResource, ResourceKind};
use crate::schema::{Logical, Role};
use crate::vault::Budget;

/// Any pipeline; the columns of these tests are not among those that it keeps.
fn pipeline() -> Pipeline {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/certificats-enfant.toml");
    Pipeline::read(&path).unwrap_or_else(|e| panic!("{e:?}"))
}

const PERSON: [(&str, Role); 5] = [
    ("284058832102532", Role::SubjectIdentifier),
    ("D'Almeida", Role::DirectIdentifier),
    ("Éliott Luc", Role::DirectIdentifier),
    ("06 39 98 62 55", Role::DirectIdentifier),
    ("eliott@example.com", Role::DirectIdentifier),
];

fn field(name: &str, logical: Logical, generalised: &'static str) -> ReleaseField {
    let role = (generalised == PSEUDONYM).then_some(Role::SubjectIdentifier);
    let name = name.to_owned();
    ReleaseField { name, logical, title: None, description: None, role, origin: None, generalised, why: None }
}

/// What is found in one column.
fn found_in(field: ReleaseField, array: ArrayRef, memory: usize) -> Result<Report, ScanError> {
    let pipeline = pipeline();
    let budget = Budget::new(memory);
    let stripped = Stripped::new(&pipeline, 4, &budget, &std::env::temp_dir())?;
    let mut scratch = stripped.scratch();
    stripped.take_record(&PERSON, &mut scratch)?;
    stripped.close(scratch)?;
    let rows = RecordBatch::try_from_iter_with_nullable([(field.name.as_str(), array, true)]).unwrap();
    let resource = ReleaseResource {
        name: "r".into(),
        kind: ResourceKind::Persons,
        title: None,
        fields: vec![field],
        protection: serde_json::Value::Null,
    };
    let chunk = ReleaseChunk::new(0, &resource, rows).unwrap();
    let mut scanner = Scanner::new(&pipeline, &stripped);
    scanner.look(&resource, &chunk)?;
    let report = scanner.finish();
    drop(stripped);
    assert_eq!(budget.destroyed().len(), 1, "the store says that it was destroyed");
    report
}

fn leaks(field: ReleaseField, array: ArrayRef) -> Vec<Class> {
    let report = found_in(field, array, 1 << 20).unwrap();
    report.hits.iter().filter(|h| h.leak).map(|h| h.class).collect()
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

#[test]
fn words_are_looked_for_in_text_and_numbers_everywhere() {
    let sentence = ["vu Eliott d’Almeida", "x", "appeler 0639986255", "eliott@EXAMPLE.com", "284 058832102532"];
    let found = leaks(field("texte", Logical::Text, "keep"), texts(&sentence));
    assert_eq!(found, [Class::Identifier, Class::Telephone, Class::Email, Class::FullName]);
    let codes = ["Eliott D'Almeida", "284058832102532", "0639986255", "eliott@example.com"];
    let found = leaks(field("code", Logical::Text, "hierarchy"), texts(&codes));
    assert_eq!(found, [Class::Identifier, Class::Telephone, Class::Email], "no names");
}

#[test]
fn a_dictionary_is_searched_like_plain_text_and_nulls_are_nothing() {
    let values: DictionaryArray<arrow_array::types::Int32Type> =
        [Some("a"), None, Some("0639986255"), Some("a")].into_iter().collect();
    let report = found_in(field("texte", Logical::Text, "keep"), Arc::new(values), 1 << 20).unwrap();
    assert!(report.leaks());
    assert_eq!((report.columns[0].cells, report.columns[0].distinct), (4, 2));
}

#[test]
fn numbers_are_looked_for_by_their_digits() {
    let integers: ArrayRef = Arc::new(Int64Array::from(vec![5, 284_058_832_102_532, -1]));
    assert_eq!(leaks(field("entier", Logical::Integer, "keep"), integers), [Class::Identifier]);
    let numbers: ArrayRef = Arc::new(Float64Array::from(vec![0.1 + 0.2, 639_986_255.0, f64::NAN, f64::INFINITY]));
    assert_eq!(leaks(field("reel", Logical::Number, "keep"), numbers), [Class::Telephone]);
    let computed: ArrayRef = Arc::new(Int64Array::from(vec![284_058_832_102_532]));
    assert!(leaks(field("somme", Logical::Integer, "computed"), computed).is_empty());
}

#[test]
fn a_pseudonym_is_passed_over_and_what_stands_in_its_place_is_not() {
    let pseudonyms = ["0123456789abcdef0123456789abcdef", "284058832102532"];
    assert_eq!(leaks(field("pseudonyme", Logical::Text, PSEUDONYM), texts(&pseudonyms)), [Class::Identifier]);
    assert!(leaks(field("pseudonyme", Logical::Text, PSEUDONYM), texts(&pseudonyms[..1])).is_empty());
}

#[test]
fn long_codes_that_have_a_right_key_by_chance_are_no_national_numbers() {
    // One code in 97 has the key.
    let codes: Vec<String> = (0..97).map(|i| format!("1840588321{i:03}13")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let report = found_in(field("code", Logical::Text, "keep"), texts(&codes), 1 << 20).unwrap();
    assert!(!report.leaks() && report.warnings().any(|h| h.class == Class::Identifier), "{:?}", report.hits);
}

#[test]
fn what_was_spilled_is_searched_too() {
    let report = found_in(field("texte", Logical::Text, "keep"), texts(&["eliott@example.com"]), 1).unwrap();
    assert!(report.leaks());
}

#[test]
fn many_texts_take_several_rounds_and_each_value_counts_once() {
    let sentence = "Eliott d'Almeida et un deux trois quatre cinq six sept huit neuf dix onze douze treize";
    let many: Vec<String> = (0..40_000).map(|i| format!("{sentence} {i}a b{i} c{i} {i}d e{i}")).collect();
    let report = found_in(field("texte", Logical::Text, "keep"), Arc::new(StringArray::from(many)), 1 << 20).unwrap();
    let names: Vec<_> = report.hits.iter().filter(|h| h.class == Class::FullName).map(|h| h.count).collect();
    assert_eq!(names, [1], "{:?}", report.hits);
}

#[test]
fn a_telephone_number_is_not_mistaken_for_the_words_around_it() {
    for text in ["tél. +33 6 39 98 62 55", "tel +33639986255", "tel33639986255 tel 0639986255"] {
        assert_eq!(leaks(field("texte", Logical::Text, "keep"), texts(&[text])), [Class::Telephone], "{text}");
    }
}
