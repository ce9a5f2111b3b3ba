#![allow(clippy::unwrap_used)]
use std::path::{Path, PathBuf};

use super::*;

/// The judge of the one field that the JSON describes, in a table with default missing values.
fn judge(field: &str) -> CellJudge {
    let table = TableSchema::parse(&format!(r#"{{"fields": [{field}]}}"#), "t").unwrap();
    CellJudge::new(&table.fields[0], &table).unwrap()
}

fn values<'a>(judge: &CellJudge, cells: &[&'a str]) -> Vec<Result<Option<Value<'a>>, Violation>> {
    cells.iter().map(|c| judge.judge(Some(c))).collect()
}

#[test]
fn every_constraint_has_its_own_violation() {
    let cases = [
        (r#"{"name": "a", "type": "integer"}"#, "x", Violation::Type),
        (r#"{"name": "a", "constraints": {"required": true}}"#, "", Violation::Required),
        (r#"{"name": "a", "type": "string", "constraints": {"enum": ["M", "F"]}}"#, "m", Violation::Enum),
        (r#"{"name": "a", "type": "string", "constraints": {"pattern": "[a-z]+"}}"#, "abc1", Violation::Pattern),
        (r#"{"name": "a", "type": "string", "constraints": {"minLength": 3}}"#, "éé", Violation::MinLength),
        (r#"{"name": "a", "type": "string", "constraints": {"maxLength": 3}}"#, "éééé", Violation::MaxLength),
        (r#"{"name": "a", "type": "integer", "constraints": {"minimum": 3}}"#, "2", Violation::Minimum),
        (r#"{"name": "a", "type": "number", "constraints": {"maximum": 3.5}}"#, "3.51", Violation::Maximum),
        (
            r#"{"name": "a", "type": "year", "constraints": {"exclusiveMinimum": 2000}}"#,
            "2000",
            Violation::ExclusiveMinimum,
        ),
        (
            r#"{"name": "a", "type": "date", "constraints": {"exclusiveMaximum": "2024-01-01"}}"#,
            "2024-01-01",
            Violation::ExclusiveMaximum,
        ),
        (r#"{"name": "a", "type": "string", "tamis:identifier": "nir"}"#, "255081416802500", Violation::Identifier),
    ];
    for (field, cell, violation) in cases {
        assert_eq!(judge(field).judge(Some(cell)), Err(violation), "{field}");
    }
}

#[test]
fn bounds_and_lengths_are_reached() {
    let text = judge(r#"{"name": "a", "type": "string", "constraints": {"minLength": 2, "maxLength": 2}}"#);
    assert_eq!(text.judge(Some("éé")), Ok(Some(Value::Text("éé"))));
    let date =
        judge(r#"{"name": "a", "type": "date", "constraints": {"minimum": "2024-01-01", "maximum": "2024-01-02"}}"#);
    assert_eq!(
        values(&date, &["2023-12-31", "2024-01-01", "2024-01-02", "2024-01-03"]),
        [
            Err(Violation::Minimum),
            Ok(Some(Value::Date(19_723))),
            Ok(Some(Value::Date(19_724))),
            Err(Violation::Maximum)
        ]
    );
}

#[test]
fn a_pattern_must_match_the_whole_text() {
    let either = judge(r#"{"name": "a", "type": "string", "constraints": {"pattern": "ab|cd"}}"#);
    assert!(either.judge(Some("ab")).is_ok() && either.judge(Some("cd")).is_ok());
    for bad in ["abx", "xcd", "ab\n", "abcd"] {
        assert_eq!(either.judge(Some(bad)), Err(Violation::Pattern), "{bad:?}");
    }
}

#[test]
fn missing_is_empty_unless_the_schema_says_otherwise_and_nulls_of_typed_files_are_missing() {
    let plain = judge(r#"{"name": "a", "type": "integer"}"#);
    assert_eq!(plain.judge(Some("")), Ok(None));
    assert_eq!(plain.judge(None), Ok(None));
    assert_eq!(plain.judge(Some("NA")), Err(Violation::Type));

    let coded =
        judge(r#"{"name": "a", "type": "integer", "missingValues": ["NA", {"value": "-9", "label": "refus"}]}"#);
    assert_eq!(values(&coded, &["NA", "-9", ""]), [Ok(None), Ok(None), Err(Violation::Type)]);

    let required = judge(r#"{"name": "a", "type": "integer", "constraints": {"required": true}}"#);
    assert_eq!(required.judge(None), Err(Violation::Required));

    let never = judge(r#"{"name": "a", "type": "string", "missingValues": [], "constraints": {"required": true}}"#);
    assert_eq!(never.judge(Some("")), Ok(Some(Value::Text(""))));
}

#[test]
fn the_missing_values_of_the_table_hold_where_a_field_has_none_of_its_own() {
    let json = r#"{"missingValues": ["-"], "fields": [
        {"name": "a", "type": "integer"}, {"name": "b", "type": "integer", "missingValues": ["?"]}]}"#;
    let table = TableSchema::parse(json, "t").unwrap();
    let judges: Vec<_> = table.fields.iter().map(|f| CellJudge::new(f, &table).unwrap()).collect();
    assert_eq!((judges[0].judge(Some("-")), judges[0].judge(Some("?"))), (Ok(None), Err(Violation::Type)));
    assert_eq!((judges[1].judge(Some("-")), judges[1].judge(Some("?"))), (Err(Violation::Type), Ok(None)));
}

#[test]
fn allowed_numbers_and_dates_are_compared_by_value_and_texts_by_letter() {
    let rank = judge(r#"{"name": "a", "type": "integer", "constraints": {"enum": [3, "1", 2]}}"#);
    assert_eq!(rank.judge(Some("01")), Ok(Some(Value::Integer(1))));
    assert_eq!(rank.judge(Some("4")), Err(Violation::Enum));
    let share = judge(r#"{"name": "a", "type": "number", "decimalChar": ",", "constraints": {"enum": [0.5, 2]}}"#);
    assert_eq!(
        values(&share, &["0,50", "2,0", "0,51"]),
        [Ok(Some(Value::Number(0.5))), Ok(Some(Value::Number(2.0))), Err(Violation::Enum)]
    );
    let day = judge(
        r#"{"name": "a", "type": "date", "format": "%d/%m/%Y", "constraints": {"enum": ["01/02/2024", "2024-02-03"]}}"#,
    );
    assert!(day.judge(Some("1/2/2024")).is_ok() && day.judge(Some("03/02/2024")).is_ok());
    assert_eq!(day.judge(Some("04/02/2024")), Err(Violation::Enum));
    let text = judge(r#"{"name": "a", "type": "string", "constraints": {"enum": ["1", "2"]}}"#);
    assert_eq!(text.judge(Some("01")), Err(Violation::Enum));
    let json = judge(r#"{"name": "a", "type": "array", "constraints": {"enum": [[1, 2]]}}"#);
    assert!(json.judge(Some("[1,  2]")).is_ok());
    assert_eq!(json.judge(Some("[2, 1]")), Err(Violation::Enum));
}

#[test]
fn categories_are_the_allowed_values_where_there_is_no_enum() {
    let field = judge(r#"{"name": "a", "type": "string", "categories": ["x", {"value": "y", "label": "Y"}]}"#);
    assert!(field.judge(Some("x")).is_ok() && field.judge(Some("y")).is_ok());
    assert_eq!(field.judge(Some("Y")), Err(Violation::Enum));
}

#[test]
fn booleans_are_the_words_of_the_standard_or_the_fields_own() {
    let standard = judge(r#"{"name": "a", "type": "boolean"}"#);
    for word in ["true", "True", "TRUE", "1"] {
        assert_eq!(standard.judge(Some(word)), Ok(Some(Value::Boolean(true))), "{word}");
    }
    for word in ["false", "False", "FALSE", "0"] {
        assert_eq!(standard.judge(Some(word)), Ok(Some(Value::Boolean(false))), "{word}");
    }
    assert_eq!(standard.judge(Some("oui")), Err(Violation::Type));
    let french = judge(r#"{"name": "a", "type": "boolean", "trueValues": ["oui"], "falseValues": ["non"]}"#);
    assert_eq!(french.judge(Some("oui")), Ok(Some(Value::Boolean(true))));
    assert_eq!(french.judge(Some("true")), Err(Violation::Type));
    let only = judge(r#"{"name": "a", "type": "boolean", "constraints": {"enum": [true]}}"#);
    assert_eq!(only.judge(Some("0")), Err(Violation::Enum));
}

#[test]
fn every_type_of_the_standard_has_a_good_and_a_bad_cell() {
    let cases = [
        (r#""string", "format": "email""#, "a@b.fr", "a@b"),
        (r#""string", "format": "uri""#, "https://a.fr", "a.fr"),
        (r#""string", "format": "binary""#, "QUJD", "QUJ"),
        (r#""string", "format": "uuid""#, "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
        (r#""integer", "groupChar": " ""#, "1 000", "1 00"),
        (r#""number", "bareNumber": false"#, "95 %", "%"),
        (r#""date", "format": "any""#, "03/04/2024", "13/13/2024"),
        (r#""datetime""#, "2024-01-01T10:00:00", "2024-01-01 10:00:00"),
        (r#""datetime", "format": "any""#, "2024-01-01 10:00", "10:00"),
        (r#""datetime", "format": "%d/%m/%Y %H:%M""#, "01/02/2024 10:00", "2024-01-01T10:00:00"),
        (r#""time""#, "10:00:00", "10:00"),
        (r#""time", "format": "%Hh%M""#, "10h05", "10:05"),
        (r#""year""#, "2024", "24"),
        (r#""yearmonth""#, "2024-05", "2024-13"),
        (r#""duration""#, "P1DT2H", "1 day"),
        (r#""geopoint""#, "-1.68, 48.11", "200, 0"),
        (r#""geopoint", "format": "array""#, "[-1.68, 48.11]", "-1.68, 48.11"),
        (r#""geopoint", "format": "object""#, r#"{"lon": -1.68, "lat": 48.11}"#, "{}"),
        (r#""object""#, r#"{"a": 1}"#, "[1]"),
        (r#""geojson""#, r#"{"type": "Point", "coordinates": [0, 0]}"#, "Point"),
        (r#""array""#, "[1]", r#"{"a": 1}"#),
        (r#""list", "delimiter": "|", "itemType": "integer""#, "1|2", "1|b"),
    ];
    for (ty, good, bad) in cases {
        let judge = judge(&format!(r#"{{"name": "a", "type": {ty}}}"#));
        assert!(judge.judge(Some(good)).is_ok(), "{ty}");
        assert_eq!(judge.judge(Some(bad)), Err(Violation::Type), "{ty}");
    }
    assert_eq!(judge(r#"{"name": "a", "type": "any"}"#).judge(Some("?")), Ok(Some(Value::Text("?"))));
}

#[test]
fn times_months_and_durations_stay_text_but_have_bounds() {
    let cases = [
        (r#""time", "constraints": {"minimum": "08:00:00"}"#, "08:00:00", "07:59:59"),
        (r#""yearmonth", "constraints": {"minimum": "2024-02"}"#, "2024-02", "2024-01"),
        (r#""duration", "constraints": {"minimum": "P1M"}"#, "P31D", "P4W"),
    ];
    for (ty, good, bad) in cases {
        let judge = judge(&format!(r#"{{"name": "a", "type": {ty}}}"#));
        assert_eq!(judge.judge(Some(good)), Ok(Some(Value::Text(good))));
        assert_eq!(judge.judge(Some(bad)), Err(Violation::Minimum), "{ty}");
    }
}

#[test]
fn lengths_of_lists_arrays_and_objects_count_entries() {
    for (ty, two, three) in [
        (r#""list""#, "aaaa,b", "a,b,c"),
        (r#""array""#, r#"["aaaa", 1]"#, "[1,2,3]"),
        (r#""object""#, r#"{"aaaa": 1, "b": 2}"#, r#"{"a":1,"b":2,"c":3}"#),
    ] {
        let judge = judge(&format!(r#"{{"name": "a", "type": {ty}, "constraints": {{"maxLength": 2}}}}"#));
        assert!(judge.judge(Some(two)).is_ok(), "{ty}");
        assert_eq!(judge.judge(Some(three)), Err(Violation::MaxLength), "{ty}");
    }
}

#[test]
fn a_french_number_is_read_and_a_json_bound_is_not_mistaken_for_a_grouped_one() {
    let judge = judge(
        r#"{"name": "a", "type": "number", "decimalChar": ",", "groupChar": ".", "constraints": {"maximum": 1.234}}"#,
    );
    assert_eq!(judge.judge(Some("1,2")), Ok(Some(Value::Number(1.2))));
    assert_eq!(judge.judge(Some("1.234,0")), Err(Violation::Maximum));
}

#[test]
fn incomplete_dates_are_taken_only_where_the_field_says_so() {
    let strict = judge(r#"{"name": "a", "type": "date"}"#);
    let lenient = judge(r#"{"name": "a", "type": "date", "tamis:incompleteDates": true}"#);
    assert_eq!(strict.judge(Some("1947-00-00")), Err(Violation::Type));
    assert_eq!(lenient.judge(Some("1947-00-00")), strict.judge(Some("1947-07-01")));
}

#[test]
fn an_identifier_is_checked_by_its_kind_after_the_constraints() {
    let field =
        judge(r#"{"name": "a", "type": "string", "tamis:identifier": "nir", "constraints": {"maxLength": 21}}"#);
    for good in ["284052A32102552", "2 55 08 14 168 025 38", "279035121518989"] {
        assert_eq!(field.judge(Some(good)), Ok(Some(Value::Text(good))), "{good}");
    }
    assert_eq!(field.judge(Some("170017510112313")), Err(Violation::Identifier));
    assert_eq!(field.judge(Some("1700175101123130000000")), Err(Violation::MaxLength));
    assert_eq!(
        judge(r#"{"name": "a", "tamis:identifier": "rpps"}"#).judge(Some("99700218896")).map(|v| v.is_some()),
        Ok(true)
    );
}

#[test]
fn findings_use_the_names_of_frictionless() {
    assert_eq!((Violation::Type.frictionless(), Violation::Type.rule()), ("type-error", "type"));
    assert_eq!(
        (Violation::Identifier.frictionless(), Violation::Identifier.rule()),
        ("constraint-error", "identifier")
    );
    assert_eq!(Violation::ExclusiveMaximum.rule(), "exclusiveMaximum");
}

#[test]
fn a_judge_names_the_place_of_a_fault_in_a_schema_made_by_hand() {
    let mut table = TableSchema::parse(r#"{"fields": [{"name": "a"}, {"name": "b", "type": "string"}]}"#, "t").unwrap();
    table.fields[1].constraints.pattern = Some("(".into());
    let error = CellJudge::new(&table.fields[1], &table).unwrap_err();
    assert!(error.to_string().starts_with("fields[1].constraints.pattern: "), "{error}");
}

fn fixture(name: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/table-schema")).join(name);
    if path.exists() {
        return Some(path);
    }
    #[allow(clippy::print_stderr)]
    {
        eprintln!("skipped: {} is absent", path.display());
    }
    None
}

/// The records of a plain CSV file (no quotes in these), without the header.
fn records(path: &Path, delimiter: char) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|l| l.split(delimiter).map(str::to_owned).collect()).collect()
}

#[test]
fn cells_are_judged_as_frictionless_judges_them() {
    let (Some(schema), Some(csv), Some(expected)) =
        (fixture("data/schema-valid.json"), fixture("data/schema-errors.csv"), fixture("expectations.json"))
    else {
        return;
    };
    let table = TableSchema::read(&schema).unwrap();
    let judges: Vec<_> = table.fields.iter().map(|f| CellJudge::new(f, &table).unwrap()).collect();
    let mut found = Vec::new();
    // Rows are numbered with the header as row 1; the last record is only about surplus cells.
    for (row, record) in records(&csv, ',').iter().enumerate().take(3) {
        for (column, (cell, judge)) in record.iter().zip(&judges).enumerate() {
            if let Err(violation) = judge.judge(Some(cell)) {
                found.push(serde_json::json!([row + 2, column + 1, violation.frictionless()]));
            }
        }
    }
    let expected: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(expected).unwrap()).unwrap();
    let wanted = expected
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["test"] == "test_resource_validate_schema_multiple_errors")
        .map(|e| e["expected"].as_array().unwrap());
    assert_eq!(Some(&found), wanted);
}

#[test]
fn a_code_list_of_the_national_health_data_system_is_good() {
    let (Some(schema), Some(csv)) = (fixture("snds/IR_SEX_V.json"), fixture("snds/IR_SEX_V.csv")) else { return };
    let table = TableSchema::read(&schema).unwrap();
    let judges: Vec<_> = table.fields.iter().map(|f| CellJudge::new(f, &table).unwrap()).collect();
    let records = records(&csv, ';');
    assert_eq!(records.len(), 4);
    for cell in records.iter().flat_map(|r| r.iter().zip(&judges).map(|(c, j)| j.judge(Some(c)))) {
        assert!(cell.is_ok_and(|v| v.is_some()));
    }
}

#[test]
fn only_a_text_that_nothing_but_its_length_limits_passes_unseen() {
    let free = judge(r#"{"name": "a", "type": "string", "constraints": {"maxLength": 3}}"#);
    assert!(free.passes(0) && free.passes(3));
    assert!(!free.passes(4), "four bytes may be three characters or four: they have to be counted");
    assert_eq!(free.judge(Some("éé")), Ok(Some(Value::Text("éé"))));
    let required = judge(r#"{"name": "a", "type": "string", "constraints": {"required": true}}"#);
    assert!(!required.passes(0) && required.passes(1));
    for limited in [
        r#"{"name": "a", "type": "integer"}"#,
        r#"{"name": "a", "type": "string", "constraints": {"pattern": "[a-z]*"}}"#,
        r#"{"name": "a", "type": "string", "constraints": {"enum": ["M"]}}"#,
        r#"{"name": "a", "type": "string", "constraints": {"minLength": 1}}"#,
        r#"{"name": "a", "type": "string", "missingValues": ["NA"], "constraints": {"required": true}}"#,
        r#"{"name": "a", "type": "string", "tamis:identifier": "rpps"}"#,
    ] {
        assert!((0..30).all(|bytes| !judge(limited).passes(bytes)), "{limited}");
    }
}
