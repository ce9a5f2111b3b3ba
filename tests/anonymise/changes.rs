//! Methods that change values, through the program.

use std::collections::BTreeMap;
use std::fs;

use crate::bench::Bench;
use crate::common;

const HEAD: &str = "[anonymise]\nfile = \"in.csv\"\noutput = \"out.csv\"\nkeep = [\"n\", \"montant\", \"duree\"]\n";
const REST: &str = "[[quasi]]\ncolumn = \"sexe\"\n[[rule]]\nrule = \"k_anonymity\"\nk = 2\n";

/// Two hundred records; `n` tells them apart.
fn table() -> String {
    let mut text = "n,sexe,montant,duree\n".to_owned();
    for n in 0..200_u64 {
        let montant = if n == 17 { String::new() } else { format!("{}.{}", (n * n * 37) % 5_000, n % 10) };
        text.push_str(&format!("{n},{},{montant},{}\n", ["F", "M"][(n % 2) as usize], (n * 13) % 30));
    }
    text
}

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("in.csv", &table());
    common::write_root_key(&bench.path("root.key"), 1, Some("2026"));
    bench
}

fn keyed(change: &str) -> String {
    format!("{}key = \"root.key\"\n{REST}[[change]]\n{change}\n", HEAD)
}

/// A column by the number of the record, before and after.
fn pairs(bench: &Bench, change: &str, column: &str) -> Vec<(Option<f64>, Option<f64>)> {
    let (left, _) = bench.anonymise(&keyed(change));
    let number = |text: &String| text.parse::<f64>().ok();
    let by = |rows: Vec<Vec<String>>| -> BTreeMap<u64, Option<f64>> {
        rows.iter().map(|row| (row[0].parse().unwrap(), number(&row[1]))).collect()
    };
    let before = by(crate::Plain::read(&bench.path("in.csv"), ',').cells(&["n", column]));
    let after = by(left.cells(&["n", column]));
    assert_eq!(after.len(), 200);
    before.into_iter().map(|(n, value)| (value, after[&n])).collect()
}

#[test]
fn caps_round_and_leave_missing_values_missing() {
    let bench = bench();
    let cap = pairs(&bench, "method = \"cap\"\ncolumns = [\"montant\"]\nbottom = 100\ntop = 4000.5", "montant");
    assert_eq!(cap[17], (None, None));
    for (before, after) in cap.iter().filter_map(|(one, two)| Some(((*one)?, (*two)?))) {
        assert_eq!(after, before.clamp(100.0, 4_000.5));
    }
    let ends = pairs(&bench, "method = \"cap\"\ncolumns = [\"montant\"]\nat_least = 11", "montant");
    let after: Vec<f64> = ends.iter().filter_map(|(_, two)| *two).collect();
    let (low, high) = (after.iter().copied().fold(f64::MAX, f64::min), after.iter().copied().fold(0.0, f64::max));
    let at = |end: f64| after.iter().filter(|value| **value == end).count();
    assert!(at(low) >= 11 && at(high) >= 11);
    let round = pairs(&bench, "method = \"round\"\ncolumns = [\"montant\"]\nbase = 2.5", "montant");
    for (before, after) in round.iter().filter_map(|(one, two)| Some(((*one)?, (*two)?))) {
        assert!((before - after).abs() <= 1.25 + 1e-9 && (after / 2.5).fract() == 0.0, "{before} {after}");
    }
    let random = pairs(&bench, "method = \"round\"\ncolumns = [\"duree\"]\nbase = 10\nrandom = true", "duree");
    let moved: Vec<f64> = random.iter().filter_map(|(one, two)| Some((*two)? - (*one)?)).collect();
    assert!(moved.iter().all(|by| by.abs() < 10.0) && moved.iter().any(|by| *by > 5.0));
}

#[test]
fn groups_swaps_and_noise_do_what_they_say_and_report_it() {
    let bench = bench();
    let grouped = pairs(&bench, "method = \"microaggregate\"\ncolumns = [\"duree\"]\nk = 7", "duree");
    let mut sizes: BTreeMap<String, u32> = BTreeMap::new();
    grouped.iter().for_each(|(_, after)| *sizes.entry(after.unwrap().to_string()).or_insert(0) += 1);
    assert!(sizes.values().all(|size| *size >= 7), "{sizes:?}");
    let swapped = pairs(&bench, "method = \"swap\"\ncolumns = [\"montant\"]\nshare = 0.1", "montant");
    let sorted = |values: Vec<f64>| {
        let mut values = values;
        values.sort_by(f64::total_cmp);
        values
    };
    let (one, two): (Vec<f64>, Vec<f64>) = swapped.iter().filter_map(|(a, b)| Some(((*a)?, (*b)?))).unzip();
    assert_ne!(one, two);
    assert_eq!(sorted(one), sorted(two), "the values stay the same set");
    let noisy = pairs(&bench, "method = \"noise\"\ncolumns = [\"montant\"]\nshare = 0.2", "montant");
    let report = bench.report();
    let effect = &report["changes"][0];
    let changes: Vec<f64> = noisy.iter().filter_map(|(a, b)| Some(((*b)? - (*a)?).abs())).collect();
    assert_eq!(effect["records"], 199);
    let mean = changes.iter().sum::<f64>() / 199.0;
    assert!((effect["mean_change"].as_f64().unwrap() - mean).abs() < 1e-6, "{mean}");
    assert!(effect["correlation"].as_f64().unwrap() > 0.9);
    let missing = bench
        .run(&keyed("method = \"microaggregate\"\ncolumns = [\"montant\"]\nk = 7").replace("out.csv", "o.csv"), &[]);
    assert_eq!(missing.code, 1, "a record without a value cannot be placed");
    assert!(missing.err.contains("line 19, column `montant`"), "{}", missing.err);
}

#[test]
fn a_kept_key_makes_the_same_draws_whatever_else_the_file_holds_and_no_key_makes_others() {
    let bench = bench();
    for (change, column) in [
        ("method = \"pram\"\ncolumns = [\"sexe\"]\nstay = 0.7", "sexe"),
        ("method = \"noise\"\ncolumns = [\"montant\"]\nshare = 0.2", "montant"),
    ] {
        let (one, report) = bench.anonymise(&keyed(change));
        assert_eq!(bench.anonymise(&keyed(change)).0, one);
        let changed = report["changes"][0]["changed"].as_u64().unwrap();
        assert!(changed > 20, "{changed}");
        let fresh = keyed(change).replace("key = \"root.key\"\n", "");
        assert_ne!(bench.anonymise(&fresh).0, one);
        let _ = column;
    }
    // Invariant post-randomisation keeps frequencies in expectation: of 100 and 100, within five standard deviations.
    let (kept, _) = bench.anonymise(&keyed("method = \"pram\"\ncolumns = [\"sexe\"]\nstay = 0.8\ninvariant = true"));
    let women = kept.cells(&["sexe"]).iter().filter(|cell| cell[0] == "F").count();
    assert!((60..=140).contains(&women), "{women}");
    // Classes are counted after changes: everybody still has company.
    let (left, _) = bench.anonymise(&keyed("method = \"pram\"\ncolumns = [\"sexe\"]\nstay = 0.5"));
    assert!(left.classes(&["sexe"]).values().all(|rows| rows.len() >= 2));
    assert!(!fs::read_to_string(bench.path("out.rapport.json")).unwrap().contains("root.key"));
}
