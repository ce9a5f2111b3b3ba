//! Formats, languages, and what makes the exit code.

use serde_json::Value;

use crate::Bench;

const SCHEMA: &str = r#"{"name": "visites", "primaryKey": "id", "fields": [
    {"name": "id", "type": "integer"},
    {"name": "jour", "type": "date", "format": "%d/%m/%Y"},
    {"name": "sexe", "type": "string", "constraints": {"enum": ["F", "M"]}},
    {"name": "nom", "type": "string", "tamis:role": "direct-identifier", "constraints": {"pattern": "[A-Z]+"}}
]}"#;

const FILE: &str = "id,jour,sexe,nom\n1,25/02/2026,F,DUPONT\n2,2026-02-25,F,DURAND\n3,26/02/2026,X,Lefevre\n\n5,1/2/2026,F\n1,26/02/2026,M,PETIT\n";

fn bench() -> Bench {
    Bench::new(&[("s.json", SCHEMA), ("v.csv", FILE)])
}

#[test]
fn findings_are_told_with_row_line_field_rule_and_expected_form_and_without_a_value() {
    let told = bench().validate(&["v.csv", "--schema", "s.json", "--format", "jsonl"]);
    assert_eq!(told.code, Some(1), "{}", told.err);
    let found = told.findings();
    let expected = [
        (Some(3), Some(2), "type-error"),
        (Some(4), Some(3), "constraint-error"),
        (Some(4), Some(4), "constraint-error"),
        (Some(5), None, "blank-row"),
        (Some(6), Some(4), "missing-cell"),
        (Some(7), None, "primary-key"),
    ];
    assert_eq!(found, expected.map(|(row, column, kind)| (row, column, kind.to_owned())));
    let lines = told.lines("finding");
    assert_eq!((lines[0]["line"].as_u64(), lines[0]["shape"].as_str()), (Some(3), Some("9999-99-99")));
    assert!(lines[0]["expected"].as_str().unwrap().contains("`25/02/2026`"), "{}", lines[0]);
    assert_eq!(lines[2]["shape"], Value::Null, "the form of a name is not shown");
    assert_eq!((lines[3]["category"].as_str(), lines[0]["category"].as_str()), (Some("structure"), Some("content")));
    assert_eq!(lines[5]["line"], 7, "a repeated key has a line too");
    for value in ["2026-02-25", "26/02", "Lefevre", "DUPONT", "\"X\""] {
        assert!(!told.out.contains(value), "{value}");
    }
}

#[test]
fn several_formats_are_written_at_once_to_new_files() {
    let bench = bench();
    let formats = ["human", "json=r.json", "jsonl=r.jsonl", "sarif=r.sarif", "junit=r.xml", "html=r.html"];
    let mut words = vec!["v.csv", "--schema", "s.json", "--lang", "fr"];
    words.extend(formats.iter().flat_map(|f| ["--format", f]));
    let told = bench.validate(&words);
    assert_eq!(told.code, Some(1), "{}", told.err);
    assert!(told.out.contains("Contenu") && told.out.contains("attendu : "), "{}", told.out);
    let json: Value = serde_json::from_str(&bench.read("r.json")).unwrap();
    assert_eq!(json["sources"][0]["records"]["rejected"], 5);
    assert_eq!(json["sources"][0]["findings"].as_array().unwrap().len(), 6);
    assert!(bench.read("r.html").contains("<html lang=\"fr\">") && bench.read("r.xml").starts_with("<?xml"));
    assert_eq!(serde_json::from_str::<Value>(&bench.read("r.sarif")).unwrap()["version"], "2.1.0");

    let before = bench.read("r.json");
    let again = bench.validate(&["v.csv", "--schema", "s.json", "--format", "json=r.json"]);
    assert_eq!((again.code, bench.read("r.json")), (Some(2), before));
    assert!(again.err.contains("r.json") && again.err.contains("already"), "{}", again.err);
    let nowhere = bench.validate(&["v.csv", "--schema", "s.json", "--format", "json=no/r.json"]);
    assert_eq!(nowhere.code, Some(6), "{}", nowhere.err);
}

#[test]
fn slips_in_the_words_are_told_before_anything_is_read() {
    let bench = bench();
    let cases: &[(&[&str], &str)] = &[
        (&["v.csv"], "--schema"),
        (&["v.csv", "--pipeline", "p.toml"], "either"),
        (&["--pipeline", "p.toml", "--schema", "s.json"], "either"),
        (&["v.csv", "--schema", "s.json", "--format", "json", "--format", "sarif"], "only one format"),
        (&["v.csv", "--schema", "s.json", "--format", "xml"], "the formats are"),
        (&["v.csv", "--schema", "s.json", "--fail-on", "101%"], "percentage"),
        (&["v.csv", "--schema", "s.json", "--fail-on", "never"], "percentage"),
        (&["v.csv", "--schema", "s.json", "--reference", "autre"], "name of the table"),
        (&["v.csv", "--schema", "s.json", "--reference", "autre=v.csv"], "no foreign key"),
        (&[], "FILES"),
    ];
    for (words, part) in cases {
        let told = bench.validate(words);
        assert_eq!(told.code, Some(2), "{words:?}");
        assert!(told.err.contains(part), "{words:?}: {}", told.err);
    }
    let told = bench.tamis(&["plan", "p.toml", "--format", "sarif"]);
    assert!(told.code == Some(2) && told.err.contains("human or json"), "{}", told.err);
}

#[test]
fn the_exit_code_says_what_was_asked_to_count_as_a_failure() {
    let clean = "id,jour,sexe,nom\n1,25/02/2026,F,A\n2,25/02/2026,F,B\n3,25/02/2026,F,C\n4,25/02/2026,F,D\n";
    let one_in_four = clean.replace("4,25/02/2026,F", "4,25/02/2026,Z");
    let bench = Bench::new(&[
        ("s.json", SCHEMA),
        ("new.json", &SCHEMA.replace("\"primaryKey\": \"id\"", "\"primaryKey\": [\"id\"]")),
        ("clean.csv", clean),
        ("quarter.csv", &one_in_four),
        ("header.csv", &clean.replace("sexe", "genre")),
    ]);
    let cases = [
        ("clean.csv", "s.json", "error", 0),
        ("clean.csv", "s.json", "warning", 1), // the primary key is written as in version 1
        ("clean.csv", "new.json", "warning", 0),
        ("quarter.csv", "new.json", "error", 1),
        ("quarter.csv", "new.json", "25%", 0),
        ("quarter.csv", "new.json", "24.9", 1),
        ("header.csv", "new.json", "100%", 1), // a header that is not the schema's is no matter of shares
    ];
    for (file, schema, on, code) in cases {
        for places in ["5", "0"] {
            let told = bench.validate(&[file, "--schema", schema, "--fail-on", on, "--places", places]);
            assert_eq!(told.code, Some(code), "{file} {on}: {}{}", told.out, told.err);
        }
    }
}

#[test]
fn all_findings_are_counted_however_few_are_listed() {
    let rows: String = (1..=50).map(|i| format!("{i},jamais,F,A\n")).collect();
    let bench = Bench::new(&[("s.json", SCHEMA), ("v.csv", &format!("id,jour,sexe,nom\n{rows}"))]);
    let words = ["v.csv", "--schema", "s.json", "--format", "jsonl", "--places", "20", "--max-errors", "7"];
    let told = bench.validate(&words);
    assert_eq!(told.findings().len(), 7);
    assert_eq!(told.lines("count")[0]["count"], 50);
    let listed: Vec<u64> = told.findings().iter().map(|f| f.0.unwrap()).collect();
    assert_eq!(listed, [2, 3, 4, 5, 6, 7, 8]);
    for threads in ["1", "4"] {
        let again = bench.validate(&[words.as_slice(), &["--threads", threads]].concat());
        assert_eq!(again.out, told.out, "the same whatever the threads");
    }
}

#[test]
fn records_are_judged_behind_a_header_that_is_not_the_schemas() {
    let bench = Bench::new(&[
        ("s.json", SCHEMA),
        ("renamed.csv", "id,jour,genre,nom\n1,x,F,A\n"),
        ("short.csv", "id,jour,nom\n1,x,A\n"),
        ("other.csv", "a;b\n1;2\n"),
    ]);
    let found = |file: &str| bench.validate(&[file, "--schema", "s.json", "--format", "jsonl"]).findings();
    let own = |list: &[(Option<u64>, Option<u64>, &str)]| {
        list.iter().map(|(row, column, kind)| (*row, *column, (*kind).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(found("renamed.csv"), own(&[(None, Some(3), "incorrect-label"), (Some(2), Some(2), "type-error")]));
    assert_eq!(found("short.csv"), own(&[(None, Some(3), "missing-label"), (Some(2), Some(2), "type-error")]));
    assert!(found("other.csv").iter().all(|f| f.0.is_none()), "another table is not judged row by row");
}

#[test]
fn a_pipeline_is_judged_source_by_source() {
    let bench = Bench::new(&[]);
    let pipeline = crate::common::project().join("pipelines/l1411-8.toml");
    let told = bench.validate(&["--pipeline", pipeline.to_str().unwrap(), "--format", "json"]);
    assert!(matches!(told.code, Some(0 | 1)), "{}", told.err);
    let json: Value = serde_json::from_str(&told.out).unwrap();
    let by_name = bench.validate(&[pipeline.to_str().unwrap(), "--format", "json"]);
    assert_eq!(by_name.out, told.out);
    assert!(json["sources"].as_array().unwrap().iter().all(|s| s["records"]["read"].as_u64() > Some(0)));
}

#[test]
fn json_in_a_cell_is_held_against_its_json_schema() {
    let schema = r##"{"name": "actes", "fields": [{"name": "id", "type": "integer"}, {"name": "acte", "type": "object", "constraints": {
        "required": true, "jsonSchema": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string", "maxLength": 7}}}}}]}"##;
    let file = "id;acte\n1;\"{\"\"code\"\": \"\"QEQK004\"\"}\"\n2;\"{\"\"code\"\": 12345}\"\n3;{}\n4;[]\n";
    let bench = Bench::new(&[("s.json", schema), ("a.csv", file)]);
    let told = bench.validate(&["a.csv", "--schema", "s.json", "--format", "jsonl"]);
    assert_eq!(told.code, Some(1), "{}", told.err);
    let rules: Vec<(u64, String)> = told
        .lines("finding")
        .iter()
        .map(|line| (line["row"].as_u64().unwrap(), format!("{} {}", line["type"], line["rule"]).replace('"', "")))
        .collect();
    let expected = [(3, "constraint-error jsonSchema"), (4, "constraint-error jsonSchema"), (5, "type-error null")];
    assert_eq!(rules, expected.map(|(row, rule)| (row, rule.to_owned())));
    assert!(!told.out.contains("12345"), "no value is told");
    let french = bench.validate(&["a.csv", "--schema", "s.json", "--lang", "fr"]);
    assert!(french.out.contains("un JSON conforme à"), "{}", french.out);
    let elsewhere = schema.replace("\"maxLength\": 7", "\"$ref\": \"https://example.org/s.json\"");
    let bench = Bench::new(&[("s.json", &elsewhere), ("a.csv", file)]);
    let refused = bench.validate(&["a.csv", "--schema", "s.json"]);
    assert!(refused.code == Some(2) && refused.err.contains("they are not followed"), "{}", refused.err);
}
