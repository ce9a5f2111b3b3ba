//! Evidence is judged by its numbers; the bytes that are parsed are those that were hashed.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{AdmissionError, certified, described, folder};
use crate::config::{EvidenceLimits, Pipeline, Source, SourceRelease, Verifier};
use crate::keys::{SigningKey, generate_signing_key};
use crate::schema::TableSchema;
use crate::seal::{Hash, ReleaseParts, STATEMENT, StatedFile, Statement};

const SCHEMA: &str = r#"{"name": "personnes", "fields": [
    {"name": "pseudonyme", "type": "string", "tamis:role": "subject-identifier"},
    {"name": "age", "type": "string", "tamis:role": "quasi-identifier"},
    {"name": "tabac", "type": "string", "tamis:role": "sensitive"}
]}"#;

fn source() -> Source {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schema.json");
    fs::write(&path, SCHEMA).unwrap();
    let schema = TableSchema::read(&path).unwrap();
    Pipeline::for_validation(&path, schema, &[]).sources.remove(0)
}

fn release(evidence: EvidenceLimits) -> SourceRelease {
    SourceRelease {
        from: "release".to_owned(),
        verifier: Verifier::File(PathBuf::new()),
        output: "personnes".to_owned(),
        purpose: "suivi".to_owned(),
        evidence,
    }
}

/// Evidence that certifies.
fn sound() -> Value {
    json!({ "outputs": [{
        "name": "personnes",
        "linkage": "release",
        "certified": true,
        "quasi_identifiers": ["age"],
        "evidence": {
            "singling_out": { "persons": 400, "smallest_class": 12 },
            "linkability": { "expected_share": 0.05 },
            "inference": { "tabac": { "advantage": 0.1 } },
            "thresholds": { "smallest": 11, "linkable": null, "advantage": 0.2 },
            "failed": []
        }
    }] })
}

fn judged(evidence: &Value, limits: EvidenceLimits) -> Result<(), AdmissionError> {
    certified::judge(Path::new("release"), evidence.to_string().as_bytes(), &release(limits), &source())
}

#[test]
fn evidence_certifies_by_its_numbers_and_not_by_its_word() {
    let none = EvidenceLimits::default();
    judged(&sound(), none).unwrap();
    let lies = [
        ("/outputs/0/linkage", json!("longitudinal"), "pseudonymised release"),
        ("/outputs/0/linkage", json!("other"), "pseudonymised release"),
        ("/outputs/0/certified", json!(false), "does not certify"),
        ("/outputs/0/evidence/failed", json!(["singling out"]), "not met as it was made"),
        ("/outputs/0/evidence/singling_out/persons", json!(0), "nobody"),
        ("/outputs/0/evidence/singling_out/smallest_class", json!(10), "its maker: singling out"),
        ("/outputs/0/evidence/inference/tabac/advantage", json!(0.21), "its maker: inference of `tabac`"),
        ("/outputs/0/evidence/inference", json!({}), "not about every"),
        ("/outputs/0/quasi_identifiers", json!([]), "not about every"),
        ("/outputs/0/evidence/thresholds/smallest", Value::Null, "no limit"),
        ("/outputs/0/evidence/thresholds/advantage", Value::Null, "no limit"),
        ("/outputs/0/evidence/thresholds/linkable", json!(0.01), "its maker: linkability"),
        ("/outputs/0/evidence", Value::Null, "no evidence"),
        ("/outputs/0/name", json!("autres"), "no evidence"),
        ("/outputs/0/evidence/inference/tabac/advantage", Value::Null, "not written as releases"),
    ];
    for (at, value, word) in lies {
        let mut evidence = sound();
        *evidence.pointer_mut(at).unwrap() = value;
        let error = judged(&evidence, none).unwrap_err();
        assert!(error.to_string().contains(word), "{at}: {error}");
        assert_eq!(error.exit_code(), 4);
    }
    let mut twice = sound();
    let again = twice["outputs"][0].clone();
    twice["outputs"].as_array_mut().unwrap().push(again);
    assert!(matches!(judged(&twice, none), Err(AdmissionError::NoEvidence { .. })), "two words about one output");
}

#[test]
fn a_pipeline_may_ask_for_more_than_the_maker_did() {
    let met = EvidenceLimits { smallest: Some(12), linkable: Some(0.05), advantage: Some(0.1) };
    judged(&sound(), met).unwrap();
    for (limits, word) in [
        (EvidenceLimits { smallest: Some(13), ..met }, "this pipeline: singling out"),
        (EvidenceLimits { linkable: Some(0.049), ..met }, "this pipeline: linkability"),
        (EvidenceLimits { advantage: Some(0.09), ..met }, "this pipeline: inference of `tabac`"),
    ] {
        let error = judged(&sound(), limits).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn an_output_with_texts_that_were_guarded_is_refused() {
    let resource = |cells: u64| {
        json!({ "tamis:release": {}, "resources": [{
            "name": "personnes", "path": "data/personnes.csv", "tamis:kind": "persons",
            "tamis:formula_guard": { "rule": "", "cells": cells },
            "schema": { "fields": [
                { "name": "pseudonyme", "type": "string", "tamis:role": "subject-identifier" },
                { "name": "age", "type": "string", "tamis:role": "quasi-identifier" },
                { "name": "tabac", "type": "string", "tamis:role": "sensitive" },
            ] },
        }] })
        .to_string()
    };
    let look = |cells| {
        let release = release(EvidenceLimits::default());
        described::output(Path::new("release"), resource(cells).as_bytes(), &release, &source())
    };
    assert_eq!(look(0).ok().map(|found| found.path).as_deref(), Some("data/personnes.csv"));
    assert!(matches!(look(2), Err(AdmissionError::Guarded { cells: 2, .. })));
}

fn signed(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Statement, SigningKey) {
    let (secret, public) = generate_signing_key("maison").unwrap();
    let key = SigningKey::new(&secret, &public).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let stated = files.iter().map(|(path, bytes)| {
        fs::write(folder.path().join(path), bytes).unwrap();
        StatedFile { path: (*path).to_owned(), bytes: bytes.len() as u64, sha256: Hash::of(bytes) }
    });
    let parts = ReleaseParts {
        run: "r".to_owned(),
        pipeline: "p".to_owned(),
        pipeline_digest: String::new(),
        made: chrono::DateTime::UNIX_EPOCH,
        legal_basis: String::new(),
        purpose: "suivi".to_owned(),
        policy: String::new(),
    };
    let statement = Statement::new(parts, None, stated.collect(), &public);
    fs::write(folder.path().join(STATEMENT), statement.sign(&key).unwrap()).unwrap();
    (folder, statement, key)
}

#[test]
fn a_document_that_is_written_to_after_it_was_verified_is_not_parsed() {
    let (release, statement, _key) = signed(&[("datapackage.json", b"{}"), ("data/a.csv", b"x\n1\n")]);
    let mut files = folder::verified(release.path(), &statement).unwrap();
    assert_eq!(files.document("datapackage.json").unwrap(), b"{}");
    // Under another name in its place, the open file is still the one that was verified.
    fs::remove_file(release.path().join("datapackage.json")).unwrap();
    fs::write(release.path().join("datapackage.json"), b"[]").unwrap();
    assert_eq!(files.document("datapackage.json").unwrap(), b"{}");
    // Written to in place, it is refused.
    let mut files = folder::verified(release.path(), &signed_again(&statement, b"[]")).unwrap();
    fs::write(release.path().join("datapackage.json"), b"{}").unwrap();
    assert!(matches!(files.document("datapackage.json"), Err(AdmissionError::Changed { .. })));
}

/// The same statement about another descriptor of two bytes.
fn signed_again(statement: &Statement, bytes: &[u8]) -> Statement {
    let text = serde_json::to_string(statement).unwrap();
    serde_json::from_str(&text.replace(&Hash::of(b"{}").to_string(), &Hash::of(bytes).to_string())).unwrap()
}

#[test]
fn a_pipe_among_the_files_is_refused_without_waiting_for_its_writer() {
    let (release, statement, _key) = signed(&[("datapackage.json", b"{}"), ("data/a.csv", b"x\n1\n")]);
    let pipe = release.path().join("data/a.csv");
    fs::remove_file(&pipe).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    assert!(matches!(folder::verified(release.path(), &statement), Err(AdmissionError::NotAFile { .. })));
}
