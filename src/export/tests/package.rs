use std::fs;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::*;

fn package(receipt: &ExportReceipt) -> Value {
    serde_json::from_slice(&fs::read(receipt.release().join("datapackage.json")).unwrap()).unwrap()
}

#[test]
fn two_runs_over_the_same_rows_give_the_same_bytes_in_every_file() {
    let release = || {
        let folder = TempDir::new().unwrap();
        let receipt = released(&folder, &every_kind(), &[varied(0, 3000, true)]);
        let bytes: Vec<Vec<u8>> =
            receipt.files().iter().map(|file| fs::read(receipt.release().join(file.path())).unwrap()).collect();
        (receipt.files().to_vec(), bytes)
    };
    let (first, second) = (release(), release());
    assert_eq!(first.0, second.0);
    assert!(first.1 == second.1, "bytes differ");
}

#[test]
fn the_descriptor_names_law_purpose_policy_sample_and_protection() {
    let folder = TempDir::new().unwrap();
    let package = package(&released(&folder, &texts("texte"), &[]));
    let expected = json!({
        "legal_basis": "CSP L1411-8",
        "purpose": "suivi statistique et épidémiologique",
        "policy": "2026-01",
        "pipeline_digest": format!("sha256:{}", "ab".repeat(32)),
        "sample": { "design": "bernoulli", "rate": "1/10" },
        "protection": { "threshold": 11 },
        "tamis": env!("CARGO_PKG_VERSION"),
    });
    assert_eq!(package["tamis:release"], expected);
    assert_eq!(package["created"], "2026-02-25T06:13:20Z");
    assert_eq!(package["name"], "l1411-8");
}

#[test]
fn every_resource_has_the_length_hash_and_rows_of_its_file_and_a_name_of_its_own() {
    let folder = TempDir::new().unwrap();
    let receipt = released(&folder, &every_kind(), &[varied(0, 40, true)]);
    let package = package(&receipt);
    let resources = package["resources"].as_array().unwrap();
    let names: Vec<_> = resources.iter().map(|resource| resource["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["consultations", "consultations-parquet"]);
    for resource in resources {
        let bytes = fs::read(receipt.release().join(resource["path"].as_str().unwrap())).unwrap();
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(resource["bytes"], bytes.len());
        assert_eq!(resource["hash"], format!("sha256:{hash}"));
        assert_eq!(resource["tamis:rows"], 40);
    }
}

#[test]
fn a_field_says_where_it_comes_from_how_it_was_made_coarser_and_why_it_leaves() {
    let mut band = field("age", Logical::Text);
    band.origin = Some("date_naissance".into());
    band.generalised = "band";
    let mut weight = field("poids_sondage", Logical::Number);
    (weight.role, weight.origin, weight.why, weight.title) = (None, None, None, None);
    let resource = resource("consultations", ResourceKind::Persons, vec![band, weight]);
    let folder = TempDir::new().unwrap();
    let package = package(&released(&folder, &resource, &[]));
    let expected = json!([
        {
            "name": "age", "type": "string", "title": "Titre de age", "tamis:origin": "date_naissance",
            "tamis:generalised": "band", "tamis:role": "quasi-identifier", "tamis:why": "suivi",
        },
        { "name": "poids_sondage", "type": "number", "tamis:generalised": "keep" },
    ]);
    assert_eq!(package["resources"][0]["schema"]["fields"], expected);
}

#[test]
fn the_manifest_counts_the_cells_that_got_an_apostrophe_and_only_for_csv() {
    let folder = TempDir::new().unwrap();
    let chunk = text_chunk(vec![Some("=1"), Some("a"), Some("-x"), None]);
    let package = package(&released(&folder, &texts("texte"), &[chunk]));
    assert_eq!(package["resources"][0]["tamis:formula_guard"]["cells"], 2);
    assert!(package["resources"][1].get("tamis:formula_guard").is_none());
}

#[test]
fn resources_stand_in_the_order_of_the_release_not_in_that_of_their_closing() {
    let folder = TempDir::new().unwrap();
    let mut run = started(&folder);
    let first = run.writer(0, &texts("a"), None, &BOTH).unwrap();
    let table = resource("b", ResourceKind::Table, vec![field("texte", Logical::Text)]);
    let second = run.writer(1, &table, None, &BOTH).unwrap();
    run.close(second).unwrap();
    run.close(first).unwrap();
    let receipt = run.assemble(&manifest(), None).and_then(Assembled::read_back).and_then(Compared::publish).unwrap();
    let paths: Vec<_> = receipt.files().iter().map(ReceiptFile::path).collect();
    assert_eq!(paths, ["datapackage.json", "data/a.csv", "data/a.parquet", "tables/b.csv", "tables/b.parquet"]);
}
