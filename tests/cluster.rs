//! A run on many machines, without an engine: the list of stages is followed as an engine follows it, each share of the work
//! through a process of its own, and what comes out is that of a run on one machine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "cluster/bench.rs"]
mod bench;
mod common;
#[path = "cluster/spark.rs"]
mod spark;

use std::collections::BTreeMap;
use std::path::PathBuf;

use bench::{Bench, Table};
use tamis::pipeline::Part;

/// Says which file differs rather than printing both.
pub fn assert_same(expected: &BTreeMap<PathBuf, Vec<u8>>, found: &BTreeMap<PathBuf, Vec<u8>>, what: &str) {
    let names = |r: &BTreeMap<PathBuf, Vec<u8>>| r.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(expected), names(found), "{what}");
    for (name, bytes) in expected {
        assert!(bytes == &found[name], "{what}: {} differs", name.display());
    }
}

/// Figures of a run that do not depend on where it ran.
fn figures(summary: &serde_json::Value) -> serde_json::Value {
    let mut summary = summary.clone();
    let told = summary.as_object_mut().unwrap();
    for own in ["run", "dossier", "release", "seconds", "stages", "vault", "scan", "certificate"] {
        told.remove(own);
    }
    for source in told["sources"].as_array_mut().unwrap() {
        source.as_object_mut().unwrap().remove("files");
        for finding in source["findings"].as_array_mut().unwrap() {
            finding.as_object_mut().unwrap().remove("places");
        }
    }
    summary
}

fn hold(bench: &Bench, partitions: &[usize]) -> serde_json::Value {
    let (summary, expected) = bench.on_one_machine();
    assert!(expected.len() >= 4 && expected.values().all(|bytes| !bytes.is_empty()));
    for &partitions in partitions {
        let (told, found) = bench.on_many(partitions);
        assert_same(&expected, &found, &format!("{partitions} partitions"));
        let (here, there) = (figures(&summary), figures(&told));
        for (name, figure) in here.as_object().unwrap() {
            assert_eq!(*figure, there[name], "{name} with {partitions} partitions");
        }
    }
    summary
}

#[test]
fn consultations_and_screenings_are_the_same_release_from_one_machine_and_from_any_number_of_partitions() {
    let bench = Bench::l1411_8("50%");
    let summary = hold(&bench, &[1, 13]);
    let records = |what: &str| summary["records"][what].as_u64().unwrap();
    assert!(records("rejected") > 100, "bad records and repeated keys are among them");
    assert!(records("excluded") > 10, "objections from the register and from records are among them");
    assert!(records("released") > 100 && summary["sample"]["drawn"].as_u64() < summary["sample"]["frame"].as_u64());
}

#[test]
fn certificates_without_linkage_and_without_identifiers_are_the_same_release() {
    hold(&Bench::certificates(), &[8]);
}

#[test]
fn a_worker_gives_the_same_bytes_for_the_same_records_and_no_value_in_the_clear() {
    let bench = Bench::l1411_8("50%");
    let (folder, _) = bench.begin();
    let table = &bench.tables[0];
    let sieve = || bench.worker(folder.path(), "sieve", Some(&table.name), &table.stream(0..table.rows.len()));
    let (first, second) = (sieve(), sieve());
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(first.stdout == second.stdout && first.stderr.is_empty());
    let nir = table.column("matricule_ins");
    let name = table.column("nom_naissance");
    let in_the_clear = |text: &str| first.stdout.windows(text.len()).any(|window| window == text.as_bytes());
    for row in table.rows.iter().take(200) {
        for text in [nir, name].iter().filter_map(|column| row[*column].as_deref()).filter(|t| t.len() > 5) {
            assert!(!in_the_clear(text), "an identifier stands in what a worker gives");
        }
    }
}

#[test]
fn a_bad_record_fails_the_worker_with_field_and_rule_where_none_may_pass() {
    let bench = Bench::l1411_8("0%");
    let (folder, _) = bench.begin();
    let table = &bench.tables[0];
    let failed = bench.worker(folder.path(), "sieve", Some(&table.name), &table.stream(0..table.rows.len()));
    assert_eq!(failed.status.code(), Some(1));
    let told = String::from_utf8(failed.stderr).unwrap();
    assert!(told.contains("consultations") && told.contains("bad records") && told.contains("reject_above"), "{told}");
    for row in &table.rows {
        for text in row.iter().flatten().filter(|text| text.len() > 9) {
            assert!(!told.contains(text.as_str()), "a value stands in an error");
        }
    }
    assert!(bench::whole(&failed.stdout).is_err(), "what was written passes for whole");
}

#[test]
fn too_many_bad_records_stop_the_run_where_all_are_counted() {
    let bench = Bench::l1411_8("0.1%");
    let (folder, _) = bench.begin();
    let mut parts: Vec<Part> = Vec::new();
    for table in &bench.tables {
        let done = bench.worker(folder.path(), "sieve", Some(&table.name), &table.stream(0..table.rows.len()));
        assert!(done.status.success());
        parts.extend(bench::whole(&done.stdout).unwrap());
    }
    parts.retain(|part| ["texts", "counts", "stripped"].contains(&part.kind.as_str()));
    let merged = bench.cluster(&["merge", "sieve"], folder.path(), &bench::stream(parts));
    assert_eq!(merged.status.code(), Some(1));
    assert!(!folder.path().join("sieve.plan").exists());
}

#[test]
fn rows_that_the_engine_loses_or_gives_twice_stop_the_run() {
    let bench = Bench::certificates();
    let (folder, _) = bench.begin();
    let table = &bench.tables[0];
    let of = |parts: &[Part], kinds: &[&str]| -> Vec<Part> {
        parts.iter().filter(|part| kinds.contains(&part.kind.as_str())).map(bench::copy).collect()
    };
    let done = bench.worker(folder.path(), "sieve", Some(&table.name), &table.stream(0..table.rows.len()));
    let sieved = bench::whole(&done.stdout).unwrap();
    let merged = of(&sieved, &["texts", "counts", "stripped"]);
    assert!(bench.cluster(&["merge", "sieve"], folder.path(), &bench::stream(merged)).status.success());
    let counted = |rows: Vec<Part>| {
        let done = bench.worker(folder.path(), "census", None, &bench::stream(rows));
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        bench.cluster(&["merge", "census"], folder.path(), &done.stdout)
    };
    let rows = || of(&sieved, &["rows", "objections"]);
    let last = |mut rows: Vec<Part>| rows.pop().unwrap();
    let (mut fewer, mut more) = (rows(), rows());
    fewer.pop();
    more.push(last(rows()));
    for wrong in [fewer, more] {
        let refused = counted(wrong);
        let told = String::from_utf8(refused.stderr).unwrap();
        assert!(refused.status.code() == Some(6) && told.contains("lost, or came twice"), "{told}");
    }
    assert!(counted(rows()).status.success());
}

#[test]
fn a_stream_that_is_cut_short_is_never_taken_for_a_whole_one() {
    let bench = Bench::l1411_8("50%");
    let (folder, _) = bench.begin();
    let table = &bench.tables[0];
    let whole = table.stream(0..table.rows.len());
    for cut in [whole.len() - 8, whole.len() / 2] {
        let failed = bench.worker(folder.path(), "sieve", Some(&table.name), &whole[..cut]);
        assert!(!failed.status.success());
        assert!(bench::whole(&failed.stdout).is_err());
    }
}

#[test]
fn columns_that_are_not_those_of_the_schema_are_refused() {
    let bench = Bench::l1411_8("50%");
    let (folder, _) = bench.begin();
    let mut table: Table = bench.tables[0].clone();
    table.labels[3] = "adresse".to_owned();
    let failed = bench.worker(folder.path(), "sieve", Some(&table.name), &table.stream(0..5));
    let told = String::from_utf8(failed.stderr).unwrap();
    assert!(failed.status.code() == Some(1) && told.contains("adresse_detaillee"), "{told}");
}

#[test]
fn parts_of_another_run_and_passes_out_of_order_are_refused() {
    let bench = Bench::l1411_8("50%");
    let (folder, _) = bench.begin();
    let table = &bench.tables[0];
    let done = bench.worker(folder.path(), "sieve", Some(&table.name), &table.stream(0..50));
    let parts = bench::whole(&done.stdout).unwrap();
    let counts = || parts.iter().filter(|p| p.kind == "counts").map(bench::copy).collect::<Vec<_>>();
    // Another key.
    let other = bench.begin_with(None);
    let refused = bench.cluster(&["merge", "sieve"], other.path(), &bench::stream(counts()));
    assert_eq!(refused.status.code(), Some(4));
    // A part that says of itself that it is another.
    let posing = counts().into_iter().map(|part| Part { kind: "texts".to_owned(), ..part }).collect();
    assert_eq!(bench.cluster(&["merge", "sieve"], folder.path(), &bench::stream(posing)).status.code(), Some(4));
    // No plan of the pass before.
    let refused = bench.worker(folder.path(), "census", None, &bench::stream(Vec::new()));
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("`sieve`"));
}

#[test]
fn what_one_machine_alone_does_is_refused_with_its_name() {
    for (name, what) in [("l1411-8", "[[persons]] with rules beyond k"), ("art1-6", "a release as its source")] {
        let file = common::project().join("pipelines").join(format!("{name}.toml"));
        let folder = tempfile::tempdir().unwrap().path().join("run");
        for words in [vec!["plan"], vec!["begin", "--folder", folder.to_str().unwrap()]] {
            let refused = common::tamis().arg("cluster").args(words).arg(&file).output().unwrap();
            let told = String::from_utf8(refused.stderr).unwrap();
            assert!(refused.status.code() == Some(2) && told.contains(what) && told.contains("one machine"), "{told}");
        }
        assert!(!folder.exists());
    }
}

#[test]
fn the_certificate_of_a_cluster_says_what_became_of_the_key_and_what_cannot_be_known() {
    let bench = Bench::certificates();
    let kept = bench.key();
    for (key, class, survives) in [(None, "unlinked-only", 0), (Some(kept.as_path()), "not-destroyed", 1)] {
        let (summary, _) = bench.on_many_under(key, 1);
        let certificate = &summary["certificate"];
        let items = certificate["items"].as_array().unwrap();
        let of = |what: &str| items.iter().find(|item| item["what"] == what).unwrap_or_else(|| panic!("{what}"));
        assert_eq!(of("working data on a cluster")["class"], class);
        assert_eq!(of("keys of the run")["class"], "unlinked-only");
        assert_eq!(certificate["surviving_keys"].as_array().unwrap().len(), survives);
        let out_of_reach = certificate["out_of_reach"].to_string();
        assert!(out_of_reach.contains("shuffle files, caches, work folders"), "{out_of_reach}");
    }
    let (alone, _) = bench.on_one_machine();
    assert!(!alone["certificate"]["out_of_reach"].to_string().contains("shuffle files"));
}

#[test]
fn a_folder_is_cleared_with_its_key() {
    let bench = Bench::l1411_8("50%");
    let folder = bench.begin_with(None);
    assert!(folder.path().join("run.key").is_file());
    assert!(bench.cluster(&["clear"], folder.path(), &[]).status.success());
    assert!(!folder.path().exists());
}
