#![allow(clippy::unwrap_used)]

mod journal;
mod packages;
mod printed;
mod told;

use chrono::DateTime;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::config::{ExportFormat, When};
use crate::export::{ExportReceipt, Manifest, RunDirectory};
use crate::release::{ReleaseField, ReleaseResource, ResourceKind};
use crate::schema::Logical;
use crate::vault::Destroyed;

fn context() -> Context {
    Context {
        pipeline: "l1411-8".into(),
        pipeline_digest: "ab".repeat(32),
        legal_basis: "CSP L1411-8".into(),
        purpose: "suivi épidémiologique".into(),
        policy: "2026-01".into(),
        run: "r1".into(),
        started: DateTime::from_timestamp(1_772_000_000, 0).unwrap(),
        destroyed: DateTime::from_timestamp(1_772_000_060, 500_000_000).unwrap(),
        source_files: 3,
        vaults_opened: 1,
        run_keys_wiped: 2,
        counts: vec![("records_read".to_owned(), 120), ("records_released".to_owned(), 12)],
        evidence: Evidence::default(),
    }
}

fn vault() -> Destroyed {
    Destroyed {
        keys_wiped: 1,
        spill_files: 4,
        spill_bytes: 4096,
        memory_bytes: 1_048_576,
        buckets: 64,
        spill_unlinked_at_creation: true,
    }
}

fn resource() -> ReleaseResource {
    let field = ReleaseField {
        name: "age".into(),
        logical: Logical::Text,
        title: None,
        description: None,
        role: None,
        origin: None,
        generalised: "band",
        why: None,
    };
    let (name, kind) = ("consultations".into(), ResourceKind::Persons);
    ReleaseResource { name, kind, title: None, fields: vec![field], protection: Value::Null }
}

fn begun(folder: &TempDir) -> RunDirectory {
    let mut run = RunDirectory::create(folder.path(), "l1411-8", "r1", &[]).unwrap();
    let writer = run.writer(0, &resource(), None, &[ExportFormat::Csv]).unwrap();
    run.close(writer).unwrap();
    run
}

fn receipt(folder: &TempDir) -> ExportReceipt {
    let context = context();
    let manifest = Manifest {
        name: context.pipeline,
        id: None,
        created: context.started,
        legal_basis: context.legal_basis,
        purpose: context.purpose,
        policy: context.policy,
        pipeline_digest: context.pipeline_digest,
        sample: Value::Null,
        protection: Value::Null,
        challenge: None,
    };
    begun(folder)
        .assemble(&manifest, None)
        .and_then(crate::export::Assembled::read_back)
        .and_then(crate::export::Compared::publish)
        .unwrap()
}

/// The certificate of a run whose vaults reported that, made by the process that ran it.
fn exported(vaults: &[Destroyed], context: &Context) -> Certificate {
    let (folder, journals) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let receipt = receipt(&folder);
    let mut journal = journal::begin(journals.path(), When::Exported);
    for state in [State::Ingested, State::Staged, State::Exported] {
        journal.advance(state, &[]).unwrap();
    }
    journal.read_back(&receipt).unwrap();
    for vault in vaults {
        journal.vault_destroyed(*vault).unwrap();
    }
    for state in [State::DestroyIntended, State::KeysDestroyed, State::FilesRemoved, State::Scanned] {
        journal.advance(state, &[]).unwrap();
    }
    let released = receipt.files().iter().map(Released::from).collect();
    after_closing(&journal, released, context).unwrap()
}

fn class_of(certificate: &Certificate, what: &str) -> Option<Class> {
    certificate.items().iter().find(|item| item.what() == what).map(Item::class)
}

#[test]
fn after_an_export_keys_and_spill_count_as_erased_and_memory_only_as_given_back() {
    let certificate = exported(&[vault()], &context());
    assert!(certificate.working_data_destroyed());
    assert_eq!(class_of(&certificate, "keys of the vault"), Some(Class::KeyErased));
    assert_eq!(class_of(&certificate, "spilled buckets"), Some(Class::KeyErased));
    assert_eq!(class_of(&certificate, "keys of the run"), Some(Class::KeyErased));
    assert_eq!(class_of(&certificate, "buckets in memory"), Some(Class::UnlinkedOnly));
}

#[test]
fn source_files_dossier_and_backups_are_never_said_to_be_destroyed() {
    let exported = exported(&[vault()], &context());
    let failed = after_failure("validate", &[vault()], None, &context());
    for certificate in [exported, failed] {
        for what in ["source files", "dossier", "copies elsewhere"] {
            assert_eq!(class_of(&certificate, what), Some(Class::NotDestroyed), "{what}");
        }
    }
}

#[test]
fn a_vault_that_reports_no_key_wiped_is_not_destroyed_and_its_spill_is_unlinked_only() {
    let silent = Destroyed { keys_wiped: 0, ..vault() };
    let certificate = exported(&[vault(), silent], &context());
    assert!(!certificate.working_data_destroyed());
    assert!(
        certificate.items().iter().any(|item| item.class() == Class::UnlinkedOnly && item.what() == "spilled buckets")
    );
    assert!(certificate.proces_verbal().contains("n'est pas établie"));
    assert!(!certificate.proces_verbal().contains("Les données de travail sont détruites"));
}

#[test]
fn an_export_without_the_report_of_a_vault_is_not_taken_for_destroyed() {
    for opened in [0, 1] {
        let certificate = exported(&[], &Context { vaults_opened: opened, ..context() });
        assert!(!certificate.working_data_destroyed());
        assert_eq!(class_of(&certificate, "vaults without a report"), Some(Class::NotDestroyed));
    }
}

#[test]
fn a_run_that_failed_before_a_vault_was_opened_says_so() {
    let certificate = after_failure("config", &[], None, &Context { vaults_opened: 0, ..context() });
    assert!(certificate.working_data_destroyed());
    assert!(certificate.proces_verbal().contains("Aucun coffre de travail n'avait été ouvert."));
    assert!(certificate.released().is_empty());
}

#[test]
fn a_vault_that_was_opened_and_did_not_report_is_not_destroyed_nor_said_never_to_have_been_opened() {
    let certificate = after_failure("sieve", &[], None, &context());
    assert!(!certificate.working_data_destroyed());
    assert_eq!(class_of(&certificate, "vaults without a report"), Some(Class::NotDestroyed));
    assert!(!certificate.proces_verbal().contains("Aucun coffre"));
    assert!(certificate.proces_verbal().contains("n'est pas établie"));
}

#[test]
fn a_partial_release_that_was_removed_is_unlinked_only_and_one_not_reported_is_not_destroyed() {
    let folder = TempDir::new().unwrap();
    let abandoned = begun(&folder).abandon().unwrap();
    let reported = after_interruption(&[vault()], Some(&abandoned), &context());
    assert_eq!(class_of(&reported, "partial release"), Some(Class::UnlinkedOnly));
    let silent = after_interruption(&[vault()], None, &context());
    assert_eq!(class_of(&silent, "partial release"), Some(Class::NotDestroyed));
}

#[test]
fn the_document_carries_times_counts_and_hashes_of_the_release() {
    let document = serde_json::to_value(exported(&[vault()], &context())).unwrap();
    assert_eq!(document["outcome"], json!({ "state": "exported" }));
    assert_eq!(document["destroyed_at"], "2026-02-25T06:14:20.500000Z");
    assert_eq!(document["counts"], json!({ "records_read": 120, "records_released": 12 }));
    let released = document["released"].as_array().unwrap();
    assert_eq!(released[0]["path"], "datapackage.json");
    assert!(released.iter().all(|file| file["sha256"].as_str().is_some_and(|sha256| sha256.len() == 64)));
    assert_eq!(document["items"][1]["class"], "key-erased");
    let failed = serde_json::to_value(after_failure("sieve", &[], None, &context())).unwrap();
    assert_eq!(failed["outcome"], json!({ "state": "failed", "stage": "sieve" }));
}

#[test]
fn what_ended_alike_is_one_line_with_all_counts_and_bytes_and_what_did_not_keeps_its_own() {
    let other = Destroyed { keys_wiped: 1, spill_files: 0, spill_bytes: 0, memory_bytes: 500, buckets: 7, ..vault() };
    let silent = Destroyed { keys_wiped: 0, ..vault() };
    let certificate = exported(&[vault(), other, silent, vault()], &Context { vaults_opened: 4, ..context() });
    let told = |what: &str| -> Vec<(Class, Option<u64>, Option<u64>)> {
        let items = certificate.items().iter().filter(|item| item.what() == what);
        items.map(|item| (item.class(), item.count(), item.bytes())).collect()
    };
    let keys = [(Class::KeyErased, Some(3), None), (Class::NotDestroyed, Some(0), None)];
    assert_eq!(told("keys of the vault"), keys);
    let spill = [(Class::KeyErased, Some(8), Some(2 * 4096)), (Class::UnlinkedOnly, Some(4), Some(4096))];
    assert_eq!(told("spilled buckets"), spill);
    let memory = [(Class::UnlinkedOnly, Some(3 * 64 + 7), Some(3 * 1_048_576 + 500))];
    assert_eq!(told("buckets in memory"), memory);
}

/// A run whose process was killed after its release stood, closed by another process.
fn taken_up(vaults: &[Destroyed], context: &Context) -> Certificate {
    let journals = TempDir::new().unwrap();
    let mut journal = journal::begin(journals.path(), When::Exported);
    journal::lead(&mut journal, State::ReadBack);
    for vault in vaults {
        journal.vault_destroyed(*vault).unwrap();
    }
    drop(journal);
    let mut journal = Journal::resume(&journals.path().join("audit.jsonl"), journal::clock()).unwrap().0;
    journal::lead(&mut journal, State::Scanned);
    after_closing(&journal, Vec::new(), context).unwrap()
}

#[test]
fn keys_of_a_process_that_died_before_it_reported_are_gone_with_it_and_not_said_to_be_overwritten() {
    let none = taken_up(&[], &context());
    assert!(none.working_data_destroyed());
    assert_eq!(class_of(&none, "keys and vaults of an ended process"), Some(Class::UnlinkedOnly));
    assert!(none.items().iter().all(|item| item.class() != Class::KeyErased), "no report, no claim");
    assert!(none.proces_verbal().contains("programme arrêté"));

    let some = taken_up(&[vault()], &Context { vaults_opened: 3, ..context() });
    let lost = some.items().iter().find(|item| item.thing() == Thing::DeadProcess).unwrap();
    assert_eq!((lost.class(), lost.count()), (Class::UnlinkedOnly, Some(2)));
    let erased = some.items().iter().find(|item| item.thing() == Thing::VaultKeys).unwrap();
    assert_eq!((erased.class(), erased.count()), (Class::KeyErased, Some(1)));

    let all = taken_up(&[vault()], &context());
    assert_eq!(class_of(&all, "keys and vaults of an ended process"), None);
    assert_eq!(class_of(&all, "keys of the run"), Some(Class::KeyErased));

    let unwiped = taken_up(&[Destroyed { keys_wiped: 0, ..vault() }], &Context { vaults_opened: 2, ..context() });
    assert!(!unwiped.working_data_destroyed(), "a report that no key was wiped stands");
}

#[test]
fn the_certificate_is_written_into_the_dossier_of_the_release() {
    let folder = TempDir::new().unwrap();
    let receipt = receipt(&folder);
    let path = receipt.dossier().write("certificate.json", &exported(&[vault()], &context())).unwrap();
    let checked = verify_certificate(&path, None).unwrap();
    assert_eq!((checked.run(), checked.signer()), (Some("r1"), None));
    assert!(checked.working_data_destroyed());
}
