//! What the Frictionless framework says of its own test files, and what `tamis validate` says of them.
//!
//! The files and expectations are test data beside the repository (`../shared`); without them these tests say so and pass.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{Bench, common};

type Finding = (Option<u64>, Option<u64>, String);

/// How a case is tried here.
enum Plan {
    /// A file against a schema of its columns; findings of these types alone, the first so many.
    Judge {
        file: &'static str,
        schema: Schema,
        only: &'static [&'static str],
        first: usize,
        words: &'static [&'static str],
    },
    /// The same with several files one after the other; the first number of an expected row is that of the file.
    JudgeEach(&'static [(&'static str, Schema)]),
    /// Types alone are compared.
    Types { file: &'static str, schema: Schema, words: &'static [&'static str] },
    /// The schema is refused, and these words say why.
    Refused { schema: &'static str, words: &'static [&'static str] },
    /// The schema is taken.
    Taken(&'static str),
    /// Not agreed with, or not for this command, and why.
    Not(&'static str),
}

#[derive(Clone, Copy)]
enum Schema {
    /// Columns of any type by these names: the framework infers such a schema where none is given.
    Columns(&'static [&'static str]),
    /// A file of the set.
    File(&'static str),
}

const EVERYTHING: &[&str] = &[];
const INVALID: Schema = Schema::Columns(&["id", "name", "field3", "name2"]);
const TABLE: Schema = Schema::Columns(&["id", "name"]);

fn judge(file: &'static str, schema: Schema) -> Plan {
    Plan::Judge { file, schema, only: EVERYTHING, first: 1000, words: &[] }
}

fn plan(test: &str) -> Plan {
    let only = |file, schema, only| Plan::Judge { file, schema, only, first: 1000, words: &[] };
    match test {
        "test_validate_invalid" | "test_resource_validate_invalid_table" => judge("invalid.csv", INVALID),
        "test_inquiry_validate_multiple_invalid_with_schema" => {
            Plan::JudgeEach(&[("table.csv", Schema::Columns(&["bad", "name"])), ("invalid.csv", INVALID)])
        }
        "test_inquiry_validate_parallel_multiple_invalid" => {
            Plan::JudgeEach(&[("table.csv", TABLE), ("invalid.csv", INVALID)])
        }
        "test_resource_validate_blank_headers" => judge("blank-headers.csv", Schema::Columns(&["id", "field2", "age"])),
        "test_resource_validate_defective_rows" => judge("defective-rows.csv", Schema::Columns(&["id", "name", "age"])),
        "test_resource_validate_blank_rows_multiple" => {
            judge("blank-rows-multiple.csv", Schema::Columns(&["id", "name", "age"]))
        }
        "test_resource_validate_pick_errors" => only("invalid.csv", INVALID, &["blank-label", "blank-row"]),
        "test_resource_validate_skip_errors" => {
            only("invalid.csv", INVALID, &["duplicate-label", "missing-cell", "extra-cell"])
        }
        "test_resource_validate_invalid_limit_errors" => Plan::Judge {
            file: "invalid.csv",
            schema: INVALID,
            only: EVERYTHING,
            first: 3,
            words: &["--max-errors", "3"],
        },
        "test_resource_validate_encoding_invalid" => {
            Plan::Types { file: "latin1.csv", schema: TABLE, words: &["--encoding", "utf-8"] }
        }
        // The framework stops at three errors of this file.
        "test_resource_validate_schema_multiple_errors" => Plan::Judge {
            file: "schema-errors.csv",
            schema: Schema::File("schema-valid.json"),
            only: EVERYTHING,
            first: 3,
            words: &["--max-errors", "3"],
        },
        "test_resource_validate_schema_unique_error" => {
            only("unique-field.csv", Schema::File("unique-field.json"), &["unique-error"])
        }
        "test_resource_validate_schema_primary_key_error" => {
            only("unique-field.csv", Schema::File("unique-field.json"), &["primary-key"])
        }
        "test_resource_validate_schema_invalid_json" => {
            Plan::Refused { schema: "invalid.json", words: &["line 2", "not JSON"] }
        }
        "test_validate_required_invalid" => {
            Plan::Refused { schema: "schema-invalid.json", words: &["fields[0].required", "constraints"] }
        }
        "test_validate_file_set_default_field_type_if_missing" => Plan::Taken("invalid-schema.json"),
        "test_resource_validate_less_actual_fields_with_required_constraint_issue_950" => Plan::Not(
            "an absent column is said once, of the file, and not twice more for each of its records: that would bury the rest",
        ),
        "test_validate_package_descriptor_type_package_invalid"
        | "test_package_validate_from_dict_invalid"
        | "test_package_validate_parallel_from_dict_invalid"
        | "test_resource_validate_resource_array_path_issue_991" => {
            Plan::Not("the data files that the descriptor names are not in the set")
        }
        "test_validate_baseline_stats_rows_invalid" | "test_resource_validate_stats_bytes_invalid" => {
            Plan::Not("counts and sizes written beside a file are no rules of a Table Schema, and are not compared")
        }
        "test_package_validate_invalid_package_standards_v2_strict"
        | "test_package_validate_multiple_package_errors" => {
            Plan::Not("descriptors of packages and resources are not judged, schemas and files are")
        }
        "test_resource_validate_custom_check" | "test_resource_validate_custom_check_bad_name" => {
            Plan::Not("checks written in Python; rules over several fields are SQL here (`tamis:rules`)")
        }
        other => panic!("nothing is planned for `{other}`"),
    }
}

/// A schema file in the bench, by its name there.
fn lay(bench: &Bench, folder: &Path, schema: Schema) -> &'static str {
    let text = match schema {
        Schema::File(name) => fs::read_to_string(folder.join(name)).unwrap(),
        Schema::Columns(names) => {
            let fields: Vec<Value> = names.iter().map(|n| serde_json::json!({ "name": n, "type": "any" })).collect();
            serde_json::json!({ "fields": fields }).to_string()
        }
    };
    fs::write(bench.path("schema.json"), text).unwrap();
    "schema.json"
}

fn found(folder: &Path, file: &str, schema: Schema, words: &[&str]) -> Vec<Finding> {
    let bench = Bench::new(&[]);
    let schema = lay(&bench, folder, schema);
    let file = folder.join(file).display().to_string();
    let fixed = ["--schema", schema, "--format", "jsonl", "--places", "1000"];
    bench.validate(&[&[file.as_str()], fixed.as_slice(), words].concat()).findings()
}

/// Row, column and type of an expected finding, behind `skip` other parts.
fn row(expected: &Value, skip: usize) -> Finding {
    let part = |i: usize| &expected[skip + i];
    (part(0).as_u64(), part(1).as_u64(), part(2).as_str().unwrap().to_owned())
}

#[test]
fn files_of_the_frictionless_framework_are_judged_as_it_judges_them() {
    let Some(set) = common::shared_data("table-schema") else { return };
    let folder = set.join("data");
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(set.join("expectations.json")).unwrap()).unwrap();
    let (mut agreed, mut not) = (0, BTreeSet::new());
    for case in &cases {
        let test = case["test"].as_str().unwrap();
        let expected = case["expected"].as_array().unwrap();
        let sorted = |mut list: Vec<Finding>| {
            list.sort();
            list
        };
        match plan(test) {
            Plan::Judge { file, schema, only, first, words } => {
                let mut list = found(&folder, file, schema, words);
                list.retain(|f| only.is_empty() || only.contains(&f.2.as_str()));
                assert!(list.len() <= first, "{test}");
                assert_eq!(sorted(list), sorted(expected.iter().map(|e| row(e, 0)).collect()), "{test}");
            }
            Plan::JudgeEach(files) => {
                for (number, (file, schema)) in files.iter().enumerate() {
                    let theirs = expected.iter().filter(|e| e[0].as_u64() == Some(number as u64 + 1));
                    let theirs: Vec<Finding> = theirs.map(|e| row(e, 1)).collect();
                    assert_eq!(sorted(found(&folder, file, *schema, &[])), sorted(theirs), "{test}: {file}");
                }
            }
            Plan::Types { file, schema, words } => {
                let ours: Vec<String> = found(&folder, file, schema, words).into_iter().map(|f| f.2).collect();
                let theirs: Vec<String> = expected.iter().map(|e| e[0].as_str().unwrap().to_owned()).collect();
                assert_eq!(ours, theirs, "{test}");
            }
            Plan::Refused { schema, words } => {
                let schema = folder.join(schema).display().to_string();
                let file = folder.join("table.csv").display().to_string();
                let told = Bench::new(&[]).validate(&[&file, "--schema", &schema]);
                assert_eq!((told.code, expected.len()), (Some(2), 1), "{test}");
                assert!(words.iter().all(|w| told.err.contains(w)), "{test}: {}", told.err);
            }
            Plan::Taken(schema) => {
                assert!(expected.is_empty(), "{test}");
                tamis::schema::TableSchema::read(&folder.join(schema)).unwrap();
            }
            Plan::Not(why) => {
                not.insert(format!("not agreed: {test}: {why}"));
                continue;
            }
        }
        agreed += 1;
    }
    for line in &not {
        eprintln!("{line}");
    }
    eprintln!("agreed with {agreed} of {} cases", cases.len());
    assert_eq!((agreed, cases.len()), (18, 29), "what is not agreed with is listed above");
}

#[test]
fn schemas_of_the_health_data_hub_are_taken_with_a_warning() {
    let Some(set) = common::shared_data("table-schema") else { return };
    let folder = set.join("snds");
    let bench = Bench::new(&[]);
    let path = |name: &str| folder.join(name).display().to_string();
    let words = [&path("IR_SEX_V.csv"), "--schema", &path("IR_SEX_V.json"), "--format", "jsonl"];
    let told = bench.validate(&words);
    assert_eq!((told.code, told.findings().len()), (Some(0), 0), "{}{}", told.out, told.err);
    let codes: BTreeSet<String> =
        told.lines("warning").iter().map(|w| w["code"].as_str().unwrap().to_owned()).collect();
    assert!(codes.contains("table-name") && codes.contains("custom-property"), "{codes:?}");
    // The largest table of the set is read as well, though it has no file here.
    let schema = tamis::schema::TableSchema::read(&folder.join("IR_BEN_R.json")).unwrap();
    assert!(schema.fields.len() > 10 && schema.primary_key.len() == 2);
}
