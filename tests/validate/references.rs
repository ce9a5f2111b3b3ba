//! Values that are looked up in other files.

use crate::Bench;

const VISITS: &str = r#"{"name": "visites", "fields": [
    {"name": "id", "type": "integer"}, {"name": "sexe", "type": "integer"}, {"name": "suite", "type": "integer"}],
  "foreignKeys": [
    {"fields": ["sexe"], "reference": {"resource": "IR_SEX_V", "fields": ["SEX_COD"]}},
    {"fields": "suite", "reference": {"resource": "", "fields": "id"}}]}"#;

const FILE: &str = "id,sexe,suite\n1,01,\n2,2,1\n3,7,2\n4,,9\n5,x,\n";
const CODES: &str = "SEX_COD;SEX_LIB\n1;M\n2;F\n";

#[test]
fn a_value_that_stands_nowhere_in_the_table_it_refers_to_is_found() {
    let bench = Bench::new(&[("s.json", VISITS), ("v.csv", FILE), ("codes.csv", CODES)]);
    let words = ["v.csv", "--schema", "s.json", "--reference", "IR_SEX_V=codes.csv", "--format", "jsonl"];
    let told = bench.validate(&words);
    let expected = [
        // `01` is 1, and what is missing refers to nothing.
        (Some(4), Some(2), "foreign-key"),
        (Some(5), Some(3), "foreign-key"),
        (Some(6), Some(2), "type-error"),
    ];
    assert_eq!(told.findings(), expected.map(|(r, c, kind)| (r, c, kind.to_owned())), "{}", told.err);
    let first = &told.lines("finding")[0];
    assert_eq!((first["rule"].as_str(), first["line"].as_u64()), (Some("IR_SEX_V"), Some(4)));
    assert!(first["expected"].as_str().unwrap().contains("IR_SEX_V"));
}

#[test]
fn a_key_without_a_file_to_look_up_in_is_a_warning() {
    let bench = Bench::new(&[("s.json", VISITS), ("v.csv", "id,sexe,suite\n1,1,\n")]);
    let told = bench.validate(&["v.csv", "--schema", "s.json", "--format", "jsonl"]);
    assert_eq!(told.code, Some(0), "{}", told.out);
    let codes: Vec<String> = told.lines("warning").iter().map(|w| w["code"].to_string()).collect();
    assert!(codes.contains(&"\"foreign-key-unchecked\"".to_owned()), "{codes:?}");
    let strict = bench.validate(&["v.csv", "--schema", "s.json", "--fail-on", "warning"]);
    assert_eq!(strict.code, Some(1));
}

#[test]
fn a_table_without_the_column_that_is_referred_to_is_told() {
    let bench = Bench::new(&[("s.json", VISITS), ("v.csv", FILE), ("codes.csv", "CODE\n1\n")]);
    let told =
        bench.validate(&["v.csv", "--schema", "s.json", "--reference", "IR_SEX_V=codes.csv", "--format", "jsonl"]);
    assert!(told.findings().contains(&(None, Some(1), "missing-label".to_owned())), "{}", told.out);
}

#[test]
fn a_foreign_key_that_cannot_be_one_is_refused_with_its_place() {
    let key = |key: &str| format!(r#"{{"fields": [{{"name": "a", "type": "string"}}], "foreignKeys": [{key}]}}"#);
    let cases = [
        (r#"{"fields": ["a"]}"#, "foreignKeys[0].reference"),
        (r#"{"fields": ["b"], "reference": {"resource": "t", "fields": ["c"]}}"#, "no field `b`"),
        (r#"{"fields": ["a"], "reference": {"fields": ["c"]}}"#, "no field `c`"),
        (r#"{"fields": ["a"], "reference": {"resource": "t", "fields": ["c", "d"]}}"#, "as many fields"),
        (r#"{"fields": [], "reference": {"resource": "t", "fields": ["c"]}}"#, "at least one name"),
        (r#"{"reference": {"resource": "t", "fields": ["c"]}}"#, "absent"),
        (r#""a""#, "a JSON object"),
    ];
    for (wrong, part) in cases {
        let bench = Bench::new(&[("s.json", &key(wrong)), ("v.csv", "a\n1\n")]);
        let told = bench.validate(&["v.csv", "--schema", "s.json"]);
        assert_eq!(told.code, Some(2), "{wrong}");
        assert!(told.err.contains("foreignKeys[0]") && told.err.contains(part), "{}", told.err);
    }
}
