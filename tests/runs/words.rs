//! What the program says when all is well.

use std::fs;

use serde_json::Value;

use crate::common;
use crate::workshop::{Workshop, certificate, run_directories, told};

const PIPELINES: [&str; 2] = ["l1411-8", "certificats-enfant"];

fn pipeline(name: &str) -> String {
    common::project().join(format!("pipelines/{name}.toml")).display().to_string()
}

/// Rows of a released CSV file without line breaks in cells.
fn rows(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b == b'\n').count() as u64 - 1
}

#[test]
fn the_pipelines_of_the_project_run_on_its_sample_data_and_say_what_became_of_it() {
    for name in PIPELINES {
        let shop = Workshop::new();
        let out = shop.out();
        let told = told(shop.command(&["run", &pipeline(name), "--out", out.to_str().unwrap()]).output().unwrap());
        assert!(matches!(told.code, Some(0 | 3)), "{name} ends with {:?}: {}", told.code, told.err);
        assert_eq!(told.err, "", "no bars where standard error is no terminal");
        let [run] = run_directories(&out).try_into().unwrap();
        let name = run.file_name().unwrap().to_str().unwrap();
        for part in ["release", "dossier"] {
            assert!(told.out.contains(&format!("{name}/{part}")), "{part} is not in {}", told.out);
        }
        for word in ["records read", "rejected", "excluded", "sampled", "records released", "cells suppressed"] {
            assert!(told.out.contains(word), "{word} is not in {}", told.out);
        }
        assert!(told.out.contains("vault was destroyed"), "{}", told.out);
        assert!(!told.out.contains('\u{1b}'), "no colours");
        assert_eq!(certificate(&run)["working_data_destroyed"], true);
        assert!(common::files(&shop.path("tmp")).is_empty());
        let left = certificate(&run)["counts"]["records_rejected"].as_u64().unwrap() > 0;
        assert_eq!(told.code, Some(if left { 3 } else { 0 }), "3 says that records were left out as wrong");
    }
}

#[test]
fn numbers_told_as_json_are_those_of_the_files() {
    for name in PIPELINES {
        let shop = Workshop::new();
        let out = shop.out();
        let words = ["run", &pipeline(name), "--out", out.to_str().unwrap(), "--format", "json"];
        let told = told(shop.command(&words).output().unwrap());
        let summary: Value = serde_json::from_str(&told.out).unwrap();
        let [run] = run_directories(&out).try_into().unwrap();
        assert_eq!(summary["release"], run.join("release").display().to_string());
        assert_eq!(summary["vault"]["destroyed"], true);
        let files = common::files(&run.join("release"));
        let csv = |folder: &str, name: &Value| {
            &files[&std::path::PathBuf::from(folder).join(format!("{}.csv", name.as_str().unwrap()))]
        };
        let mut released = 0;
        for output in summary["persons"].as_array().unwrap() {
            let count = rows(csv("data", &output["name"]));
            assert_eq!(output["released"], count);
            assert_eq!(output["sampled"].as_u64().unwrap(), count + output["suppressed"].as_u64().unwrap());
            released += count;
        }
        assert!(released > 0, "{name} releases something of the sample data");
        assert_eq!(summary["records"]["released"], released);
        for table in summary["tables"].as_array().unwrap() {
            let bytes = csv("tables", &table["name"]);
            assert_eq!(table["cells"], rows(bytes));
            let text = String::from_utf8(bytes.clone()).unwrap();
            let with = |status: &str| text.lines().filter(|l| l.ends_with(status)).count() as u64;
            assert_eq!(table["suppressed_primary"], with(",supprime_seuil"));
            assert_eq!(table["suppressed_secondary"], with(",supprime_secondaire"));
        }
        let package: Value = serde_json::from_slice(&files[std::path::Path::new("datapackage.json")]).unwrap();
        for resource in package["resources"].as_array().unwrap() {
            let bytes = &files[std::path::Path::new(resource["path"].as_str().unwrap())];
            assert_eq!(resource["bytes"], bytes.len());
            if resource["format"] == "csv" {
                assert_eq!(resource["tamis:rows"], rows(bytes));
            }
        }
        let counts = &certificate(&run)["counts"];
        assert_eq!(counts["records_read"], summary["records"]["read"]);
        assert_eq!(counts["records_released"], released);
        let kept: Value = serde_json::from_slice(&fs::read(run.join("dossier/summary.json")).unwrap()).unwrap();
        assert_eq!(kept, summary, "the dossier keeps what was told");
    }
}

#[test]
fn a_plan_names_every_column_and_reads_no_data() {
    for name in PIPELINES {
        let shop = Workshop::new();
        let words = ["plan", &pipeline(name)];
        let human = told(shop.command(&words).output().unwrap());
        assert_eq!((human.code, human.err.as_str()), (Some(0), ""));
        assert!(human.out.contains("CSP L1411-8"));
        let json = told(shop.command(&["plan", &pipeline(name), "--format", "json"]).output().unwrap());
        let plan: Value = serde_json::from_str(&json.out).unwrap();
        assert!(plan.is_object());
        let read = tamis::config::Pipeline::read(pipeline(name).as_ref()).unwrap();
        for dataset in &read.datasets {
            for field in &read.sources[dataset.source].schema.fields {
                assert!(human.out.contains(&field.name), "{} is not explained", field.name);
                assert!(json.out.contains(&field.name), "{} is not in the plan as JSON", field.name);
            }
        }
    }
    let shop = Workshop::new();
    shop.pipeline("absent.csv", "", "");
    assert_eq!(told(shop.command(&["plan", "pipeline.toml"]).output().unwrap()).code, Some(0), "no file is looked for");
}

#[test]
fn validate_tells_clean_files_from_bad_ones_by_its_exit_code() {
    let shop = Workshop::new();
    let schema = common::schema_path("consultation_prevention").display().to_string();
    let clean = Workshop::records(40);
    let bad = clean.replacen("medecin", "KANARIENVOGEL", 1);
    assert_ne!(clean, bad);
    shop.input("clean.csv", &clean).input("bad.csv", &bad);
    let validate = |file: &str, more: &[&str]| {
        told(shop.command(&[&["validate", file, "--schema", &schema], more].concat()).output().unwrap())
    };
    let good = validate("in/clean.csv", &[]);
    assert_eq!((good.code, good.err.as_str()), (Some(0), ""));
    assert!(good.out.contains("40 records"), "{}", good.out);
    let found = validate("in/bad.csv", &[]);
    assert_eq!(found.code, Some(1));
    assert!(found.out.contains("constraint-error") && found.out.contains("profession"), "{}", found.out);
    let json: Value = serde_json::from_str(&validate("in/bad.csv", &["--format", "json"]).out).unwrap();
    let source = &json["sources"][0];
    assert_eq!((&source["records"]["read"], &source["records"]["rejected"]), (&Value::from(40), &Value::from(1)));
    assert_eq!(source["findings"][0]["count"], 1);
    assert_eq!(validate("in/absent.csv", &[]).code, Some(6));
    let without = told(shop.command(&["validate", "in/clean.csv"]).output().unwrap());
    assert_eq!(without.code, Some(2));
    assert!(without.err.contains("--schema"));
    assert!(run_directories(&shop.path("")).iter().all(|p| p.ends_with("in") || p.ends_with("tmp")), "writes nothing");
}

#[test]
fn synthetic_records_go_to_a_file_or_to_standard_output_and_pass_validation() {
    let shop = Workshop::new();
    let schema = common::schema_path("certificat_sante_enfant").display().to_string();
    let words = ["synth", "--schema", &schema, "--records", "30", "--seed", "4"];
    let streamed = told(shop.command(&words).output().unwrap());
    assert_eq!((streamed.code, streamed.err.as_str()), (Some(0), ""));
    let filed = told(shop.command(&[&words[..], &["-o", "in/s.csv"]].concat()).output().unwrap());
    assert_eq!(filed.code, Some(0));
    assert!(filed.out.contains("30 records"), "{}", filed.out);
    assert_eq!(fs::read_to_string(shop.path("in/s.csv")).unwrap(), streamed.out, "same seed, same bytes");
    let again = told(shop.command(&[&words[..], &["-o", "in/s.csv"]].concat()).output().unwrap());
    assert_eq!(again.code, Some(6), "a file that exists is not written over");
    told(shop.command(&[&words[..], &["-o", "in/s.csv.gz"]].concat()).output().unwrap());
    assert!(fs::read(shop.path("in/s.csv.gz")).unwrap().starts_with(&[0x1f, 0x8b]));
    for file in ["in/s.csv", "in/s.csv.gz"] {
        let judged = told(shop.command(&["validate", file, "--schema", &schema]).output().unwrap());
        assert_eq!(judged.code, Some(0), "{}", judged.out);
    }
}

#[test]
fn readers_of_french_are_told_in_french() {
    let shop = Workshop::new();
    shop.input("c.csv", Workshop::records(60));
    shop.pipeline("c.csv", "", "");
    let run = told(shop.command(&["run", "pipeline.toml", "--lang", "fr"]).output().unwrap());
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.contains("Le coffre a été détruit") && run.out.contains("Données transmissibles"), "{}", run.out);
    assert!(!run.out.contains("records"), "{}", run.out);
    let mut by_locale = shop.command(&["validate", "in/c.csv", "--schema"]);
    by_locale.arg(common::schema_path("consultation_prevention")).env("LC_ALL", "fr_FR.UTF-8");
    assert!(told(by_locale.output().unwrap()).out.contains("rien à signaler"));
    shop.pipeline("absent.csv", "", "");
    assert!(
        told(shop.command(&["run", "pipeline.toml", "--lang", "fr"]).output().unwrap()).err.starts_with("erreur :")
    );
}

#[test]
fn an_unknown_key_is_shown_in_its_place_before_anything_is_read_or_written() {
    let shop = Workshop::new();
    shop.input("c.csv", Workshop::records(5));
    shop.pipeline("c.csv", "memmory = 5", "");
    for format in ["human", "json"] {
        let told = told(shop.command(&["run", "pipeline.toml", "--format", format]).output().unwrap());
        assert_eq!(told.code, Some(2));
        assert!(told.err.contains("memmory") && told.err.contains("memory"), "{}", told.err);
        assert!(!told.err.contains('\u{1b}'), "no colours where standard error is no terminal");
        if format == "json" {
            serde_json::from_str::<Value>(&told.err).unwrap();
        }
    }
    assert!(!shop.out().exists());
}
