//! Noise and the budget that pays for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use tamis::config::Pipeline;
use tamis::pipeline::RunError;

use crate::bench::{Bench, Place, numbers, published};
use crate::{common, three};

/// Noise of the release `2026-S1` under a budget in `budget.json`.
pub fn noise(kind: &str, epsilon: &str, whole: &str) -> String {
    named("2026-S1", kind, epsilon, whole)
}

/// Noise of a release under a budget in `budget.json`.
fn named(release: &str, kind: &str, epsilon: &str, whole: &str) -> String {
    let delta = if kind == "gaussian" { ", delta = \"1e-6\"" } else { "" };
    format!(
        "{{ method = \"noise\", release = \"{release}\", kind = \"{kind}\", epsilon = \"{epsilon}\"{delta}, \
         budget = {{ file = \"budget.json\", epsilon = \"{whole}\"{delta} }} }}"
    )
}

fn places(bench: &Bench, perturb: &str, key: u8) -> BTreeSet<(String, Place)> {
    let tables = bench.tables(&three(perturb), key);
    tables.iter().flat_map(|(name, table)| numbers(table).into_keys().map(|place| (name.clone(), place))).collect()
}

fn ledger(bench: &Bench) -> serde_json::Value {
    serde_json::from_slice(&fs::read(bench.path("budget.json")).unwrap()).unwrap()
}

#[test]
fn which_cells_a_table_with_noise_has_does_not_depend_on_any_record() {
    let perturb = noise("laplace", "1", "3");
    let (many, few) = (Bench::new(2_000, 900, 5), Bench::new(3, 3, 6));
    let cells = places(&many, &perturb, 3);
    assert_eq!(cells, places(&few, &perturb, 3));
    // pcs × sexe with groups and totals: (1 + 4 + 1 + 8 + 1) lines by (3 + 1 + 1).
    let pcs = cells.iter().filter(|(name, _)| name == "pcs").count();
    assert_eq!(pcs, (8 + 1 + 4 + 1 + 1) * (3 + 1 + 1));
}

/// The descriptor of a release, without sizes and digests of its files.
fn descriptor(release: &std::path::Path) -> serde_json::Value {
    let mut package: serde_json::Value =
        serde_json::from_slice(&fs::read(release.join("datapackage.json")).unwrap()).unwrap();
    for resource in package["resources"].as_array_mut().unwrap() {
        let fields = resource.as_object_mut().unwrap();
        assert!(fields.remove("bytes").is_some() && fields.remove("hash").is_some());
    }
    package
}

#[test]
fn nothing_else_in_a_release_with_noise_depends_on_any_record() {
    let tables = three(&noise("gaussian", "1", "3"));
    let (many, few) = (Bench::new(2_000, 900, 5), Bench::new(3, 3, 6));
    // The pipeline's own digest holds the path of its schema, which is the same, and nothing of the records.
    let release = |bench: &Bench| bench.run(&tables, "out", 3).unwrap().release;
    let (many, few) = (release(&many), release(&few));
    assert_eq!(descriptor(&many), descriptor(&few));
    let names = |release| common::files(release).into_keys().collect::<Vec<_>>();
    assert_eq!(names(&many), names(&few));
}

#[test]
fn noise_has_the_spread_that_the_descriptor_tells() {
    let bench = Bench::new(2_000, 900, 5);
    for (kind, epsilon) in [("laplace", "2"), ("gaussian", "4")] {
        let _ = fs::remove_file(bench.path("budget.json"));
        let out = format!("spread-{kind}");
        let summary = bench.run(&three(&noise(kind, epsilon, "8")), &out, 3).unwrap();
        let report: serde_json::Value =
            serde_json::from_slice(&fs::read(summary.dossier.join("tables.json")).unwrap()).unwrap();
        let told = &report[0]["perturbation"];
        let deviation = told["expected_error"]["standard_deviation"].as_f64().unwrap();
        // Six shapes of the first table, one more of the second, one of the third: a person is in as many cells.
        assert_eq!(told["cells_per_person"], 6 + 1 + 1, "{told}");
        if kind == "laplace" {
            assert!((told["expected_error"]["scale"].as_f64().unwrap() - 4.0).abs() < 1e-9, "{told}");
        }
        // Cells in which nobody can be: every person has a sex, and 'I' is rare; the codes of all.
        let table = &published(&summary.release)["professions"];
        let truth = bench.persons(&["pcs", "profession"]);
        let empty = numbers(table).into_iter().filter(|(place, _)| place.len() == 2 && !truth.contains_key(place));
        let values: Vec<f64> = empty.map(|(_, number)| number as f64).collect();
        assert!(values.len() > 10, "{} empty cells", values.len());
        let square = values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64;
        assert!(square.sqrt() > deviation / 3.0 && square.sqrt() < deviation * 3.0, "{kind}: {square} for {deviation}");
        assert!(values.iter().any(|value| *value < 0.0), "numbers can be negative");
    }
}

/// The tables of a release of that name, made under a key; or why there is none.
fn release(bench: &Bench, name: &str, key: u8) -> Result<BTreeMap<PathBuf, Vec<u8>>, RunError> {
    let out = format!("out-{}", fs::read_dir(bench.path("")).unwrap().count());
    let done = bench.run(&three(&named(name, "laplace", "1", "9")), &out, key)?;
    Ok(common::files(&done.release.join("tables")))
}

fn entries(bench: &Bench) -> Vec<String> {
    let of = |entry: &serde_json::Value| entry["release"].as_str().unwrap().to_owned();
    ledger(bench)["entries"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn a_release_made_again_has_the_same_noise_and_is_paid_once() {
    let bench = Bench::new(1_000, 500, 5);
    let first = release(&bench, "2026-S1", 3).unwrap();
    assert_eq!(first, release(&bench, "2026-S1", 3).unwrap());
    assert_eq!(entries(&bench), ["essai/consultations/2026-S1"], "the same numbers lose nothing more");
}

/// The same noise a second time would tell with certainty that nothing changed.
#[test]
fn a_later_release_of_unchanged_counts_has_noise_of_its_own_and_is_paid() {
    let bench = Bench::new(1_000, 500, 5);
    let first = release(&bench, "2026-S1", 3).unwrap();
    let later = release(&bench, "2026-S2", 3).unwrap();
    assert!(first.iter().all(|(name, bytes)| later.get(name) != Some(bytes)), "all noise is drawn anew");
    assert_eq!(entries(&bench), ["essai/consultations/2026-S1", "essai/consultations/2026-S2"]);
}

#[test]
fn a_name_that_was_paid_shows_the_same_numbers_or_none() {
    let bench = Bench::new(1_000, 500, 5);
    let first = release(&bench, "2026-S1", 3).unwrap();
    let before = fs::read(bench.path("budget.json")).unwrap();
    let refused = |key: u8| {
        let error = release(&bench, "2026-S1", key).unwrap_err();
        assert!(error.exit_code() == 4 && error.to_string().contains("a name of its own"), "{error}");
        assert_eq!(fs::read(bench.path("budget.json")).unwrap(), before);
    };
    // Under another key the noise would be drawn again.
    refused(4);
    // One record less.
    let mut records = bench.records();
    records.rows.truncate(records.rows.len() - 1);
    records.write(&bench.path("c.csv"));
    refused(3);
    let other = release(&bench, "2026-S1.b", 3).unwrap();
    assert!(first.iter().all(|(name, bytes)| other.get(name) != Some(bytes)), "all noise is drawn anew");
    // The file tells no counts to somebody who guesses them: under another key the same ones have another digest.
    let digests = |bench: &Bench| -> Vec<String> {
        let all = ledger(bench)["entries"].as_array().unwrap().clone();
        all.iter().map(|entry| entry["counts"].as_str().unwrap().to_owned()).collect()
    };
    release(&bench, "2026-S1.c", 4).unwrap();
    let [first, second, third] = digests(&bench).try_into().unwrap();
    assert!(first != second && second != third && first.len() == 32, "{first} {second} {third}");
}

#[test]
fn records_without_a_person_are_no_persons_of_their_own_beside_noise() {
    let bench = Bench::new(50, 50, 5);
    let read = |perturb: &str| {
        let path = bench.write_pipeline("c.csv", &three(perturb));
        let text = fs::read_to_string(&path).unwrap();
        let alone = text.replace("linkage = \"release\"", "linkage = \"none\"\nmissing = \"alone\"");
        assert_ne!(text, alone);
        fs::write(&path, alone).unwrap();
        Pipeline::read(&path)
    };
    let errors = read(&noise("laplace", "1", "3")).unwrap_err();
    let told: Vec<String> = errors.errors().iter().map(ToString::to_string).collect();
    assert!(told.len() == 1 && told[0].contains("missing = \"alone\""), "{told:?}");
    assert!(read("{ method = \"rounding\", base = 5 }").is_ok());
}

#[test]
fn a_release_beyond_the_budget_stops_with_4_and_nothing_is_written() {
    let bench = Bench::new(500, 300, 5);
    let tables = |name: &str| three(&named(name, "laplace", "0.4", "1"));
    for name in ["a", "b"] {
        bench.run(&tables(name), &format!("out-{name}"), 3).unwrap();
    }
    let before = fs::read(bench.path("budget.json")).unwrap();
    let error = bench.run(&tables("c"), "beyond", 3).unwrap_err();
    assert_eq!(error.exit_code(), 4, "{error}");
    assert!(error.to_string().contains("the privacy budget does not suffice"), "{error}");
    assert_eq!(fs::read(bench.path("budget.json")).unwrap(), before);
    let left: Vec<_> = common::files(&bench.path("beyond")).into_keys().collect();
    assert!(!left.iter().any(|path| path.to_string_lossy().contains("tables")), "{left:?}");
    // What was paid for can be made again.
    bench.run(&tables("b"), "again", 3).unwrap();
}

#[test]
fn two_runs_at_once_do_not_spend_the_same_rest() {
    let bench = Bench::new(300, 200, 5);
    let pipelines: Vec<_> =
        ["a", "b", "c", "d"].map(|name| bench.pipeline("c.csv", &three(&named(name, "laplace", "0.7", "1")))).into();
    let codes: Vec<u8> = std::thread::scope(|scope| {
        let run = |(at, pipeline)| {
            let out = bench.path(&format!("out-{at}"));
            scope.spawn(move || match common::run(pipeline, &out, 1, common::key(3)) {
                Ok(_) => 0,
                Err(error) => error.exit_code(),
            })
        };
        let runs: Vec<_> = pipelines.iter().enumerate().map(run).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, 0 | 4)), "{codes:?}");
    assert_eq!(ledger(&bench)["entries"].as_array().unwrap().len(), 1);
}

#[test]
fn a_budget_of_another_size_or_a_damaged_one_is_refused_and_left_as_it_is() {
    let bench = Bench::new(300, 200, 5);
    bench.run(&three(&noise("laplace", "0.5", "2")), "out", 3).unwrap();
    let sound = fs::read_to_string(bench.path("budget.json")).unwrap();
    let error = bench.run(&three(&noise("laplace", "0.5", "3")), "more", 4).unwrap_err();
    assert!(error.exit_code() == 4 && error.to_string().contains("another"), "{error}");
    let error = bench.run(&three(&noise("gaussian", "0.5", "2")), "gauss", 4).unwrap_err();
    assert!(error.exit_code() == 4 && error.to_string().contains("another"), "{error}");
    for damaged in [sound.replace("\"0.5\"", "\"2.5\""), sound.replace('}', ""), String::new()] {
        fs::write(bench.path("budget.json"), &damaged).unwrap();
        let error = bench.run(&three(&noise("laplace", "0.5", "2")), "damaged", 4).unwrap_err();
        assert_eq!(error.exit_code(), 6, "{error}");
        assert_eq!(fs::read_to_string(bench.path("budget.json")).unwrap(), damaged);
    }
    // It says who spent what, and nothing of any person.
    let records = bench.records();
    for person in records.column("matricule_ins") {
        assert!(!sound.contains(person));
    }
}

#[test]
fn a_budget_that_cannot_be_kept_stops_the_run_before_anything_is_written() {
    let bench = Bench::new(300, 200, 5);
    let tables = three(&noise("laplace", "0.5", "2").replace("budget.json", "absent/budget.json"));
    let error = bench.run(&tables, "out", 3).unwrap_err();
    assert!(error.exit_code() == 6 && error.to_string().contains("cannot be kept"), "{error}");
    let left: Vec<_> = common::files(&bench.path("out")).into_keys().collect();
    assert!(!left.iter().any(|path| path.to_string_lossy().contains("tables")), "{left:?}");
}
