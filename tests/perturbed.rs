//! Tables whose counts are changed, end to end: what is promised of each method holds in what is released, counted and attacked here
//! without a line of the program's code.

#![allow(clippy::unwrap_used)]

#[path = "perturbed/bench.rs"]
mod bench;
#[path = "perturbed/budget.rs"]
mod budget;
#[path = "perturbed/budget_files.rs"]
mod budget_files;
#[path = "common/mod.rs"]
mod common;
#[path = "common/tables.rs"]
mod plain;
#[path = "perturbed/ready.rs"]
mod ready;
#[path = "perturbed/ready_noise.rs"]
mod ready_noise;
#[path = "perturbed/sums.rs"]
mod sums;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use tamis::clock::FixedClock;
use tamis::config::{Linkage, Pipeline};
use tamis::keys::open_epoch;
use tamis::pipeline::{RunOptions, Unwatched};

use bench::{Bench, Place, numbers, place, published};
use plain::Table;

const ROUNDING: &str = "{ method = \"rounding\", base = 5 }";
const CONTROLLED: &str = "{ method = \"controlled_rounding\", base = 5 }";
const CELL_KEY: &str = "{ method = \"cell_key\", max = 4, variance = \"2\" }";

/// Three linked tables without a common finest one.
pub fn three(perturb: &str) -> String {
    format!(
        r#"
[[aggregate]]
name    = "pcs"
by      = ["groupe", "pcs", "sexe"]
margins = true
measure = [{{ count = "persons" }}]
perturb = {perturb}
[[aggregate]]
name    = "professions"
by      = ["pcs", "profession"]
margins = ["profession"]
measure = [{{ count = "persons" }}]
perturb = {perturb}
[[aggregate]]
name    = "groupes"
by      = ["profession", "groupe", "sexe"]
measure = [{{ count = "persons" }}]
perturb = {perturb}
"#
    )
}

/// Numbers of all tables; one cell has one number, in whatever table it stands.
fn all(tables: &BTreeMap<String, Table>) -> BTreeMap<Place, i64> {
    let mut all = BTreeMap::new();
    for (cell, number) in tables.values().flat_map(numbers) {
        assert_eq!(*all.entry(cell.clone()).or_insert(number), number, "{cell:?} has two numbers");
    }
    all
}

/// Distinct persons, by hand, of every cell that could stand in the three tables.
fn truth(bench: &Bench) -> BTreeMap<Place, u64> {
    let shapes: [&[&str]; 10] = [
        &[],
        &["sexe"],
        &["groupe"],
        &["groupe", "sexe"],
        &["pcs"],
        &["pcs", "sexe"],
        &["pcs", "profession"],
        &["groupe", "profession", "sexe"],
        &["groupe", "profession"],
        &["profession"],
    ];
    shapes.iter().flat_map(|columns| bench.persons(columns)).collect()
}

fn assert_status(tables: &BTreeMap<String, Table>, word: &str) {
    for (name, table) in tables {
        assert!(!table.rows.is_empty() && table.column("statut").iter().all(|status| *status == word), "{name}");
    }
}

#[test]
fn rounded_counts_are_multiples_near_the_truth_and_one_cell_has_one_number_in_all_tables() {
    let bench = Bench::new(2_500, 900, 5);
    let tables = bench.tables(&three(ROUNDING), 3);
    assert_status(&tables, "arrondi");
    let (found, truth) = (all(&tables), truth(&bench));
    let (mut shown, mut moved) = (0, 0);
    for (cell, count) in &truth {
        let number = found.get(cell).copied();
        assert!(number.is_none_or(|number| number > 0 && number % 5 == 0), "{cell:?}: {number:?}");
        if let Some(number) = number {
            assert!(number.abs_diff(*count as i64) < 5, "{cell:?}: {number} for {count}");
            assert!(count % 5 != 0 || number == *count as i64, "a multiple stays");
            (shown, moved) = (shown + 1, moved + u64::from(number != *count as i64));
        }
    }
    assert!(shown > 80 && moved > 50, "{shown} cells, {moved} moved");
    assert!(found.keys().all(|cell| truth.contains_key(cell)), "no cell of nobody");
}

#[test]
fn a_count_that_becomes_zero_stands_in_no_table_like_a_cell_of_nobody() {
    let bench = Bench::new(300, 200, 5);
    for perturb in [ROUNDING, CONTROLLED, CELL_KEY, "{ method = \"rounding\", base = 5, to = \"nearest\" }"] {
        let tables = bench.tables(&three(perturb), 3);
        let found = all(&tables);
        assert!(found.values().all(|number| *number > 0), "{perturb}");
        let gone = bench.persons(&["pcs", "profession"]).into_keys().filter(|cell| !found.contains_key(cell)).count();
        assert!(gone > 3, "{perturb}: {gone} cells of somebody are gone");
    }
}

/// Hoeffding's bound on the mean of independent draws from a range, at one in ten million.
fn bound(range: f64, draws: u32) -> f64 {
    range * (2e7_f64.ln() / (2.0 * f64::from(draws))).sqrt()
}

/// For each rest of division by five, the changes of all counts that leave it, under 30 keys: how many, and their sum.
fn changes(bench: &Bench, perturb: &str, shapes: &[&[&str]]) -> [(u32, i64); 5] {
    let tables = format!(
        "[[aggregate]]\nname = \"t\"\nby = [\"sexe\", \"pcs\", \"profession\"]\nmargins = true\nmeasure = [{{ count = \"persons\" }}]\nperturb = {perturb}\n"
    );
    let truth: BTreeMap<Place, u64> = shapes.iter().flat_map(|columns| bench.persons(columns)).collect();
    let mut classes = [(0, 0); 5];
    for key in 0..30 {
        let found = all(&bench.tables(&tables, key));
        for (cell, count) in &truth {
            let (draws, sum) = &mut classes[(count % 5) as usize];
            (*draws, *sum) = (*draws + 1, *sum + found.get(cell).copied().unwrap_or(0) - *count as i64);
        }
    }
    classes
}

/// Rounding to the nearest is off by 1 at least in each of the classes, which the bounds would show.
#[test]
fn random_rounding_is_right_on_average_at_every_rest() {
    let bench = Bench::new(400, 300, 6);
    let shapes: [&[&str]; 8] = [
        &[],
        &["sexe"],
        &["pcs"],
        &["profession"],
        &["pcs", "sexe"],
        &["profession", "sexe"],
        &["pcs", "profession"],
        &["pcs", "profession", "sexe"],
    ];
    let [multiples, rests @ ..] = changes(&bench, ROUNDING, &shapes);
    assert!(multiples.0 > 100 && multiples.1 == 0, "multiples stay");
    for (rest, (draws, sum)) in (1..).zip(rests) {
        let (bias, bound) = (sum as f64 / f64::from(draws), bound(5.0, draws));
        assert!(bound < 1.0, "{draws} draws of rest {rest} could not show a bias of 1");
        assert!(bias.abs() < bound, "{bias} at rest {rest}, {draws} draws");
    }
    let nearest = "{ method = \"rounding\", base = 5, to = \"nearest\" }";
    assert!(changes(&bench, nearest, &shapes)[1..].iter().all(|(draws, sum)| sum.unsigned_abs() >= u64::from(*draws)));
}

/// The finest cells alone, of records of hardly anybody twice: the keys of other cells are sums of theirs.
#[test]
fn cell_keys_are_right_on_average_over_keys() {
    let bench = Bench::new(1_500, 1_000_000, 6);
    let classes = changes(&bench, CELL_KEY, &[&["pcs", "profession", "sexe"]]);
    let (draws, sum) = classes.iter().fold((0, 0), |(draws, sum), class| (draws + class.0, sum + class.1));
    let (bias, bound) = (sum as f64 / f64::from(draws), bound(8.0, draws));
    assert!(bound < 0.5 && bias.abs() < bound, "{bias}, {draws} draws");
}

#[test]
fn totals_of_controlled_rounding_are_the_sums_of_their_parts_in_all_tables() {
    let bench = Bench::new(2_500, 900, 5);
    let tables = bench.tables(&three(CONTROLLED), 3);
    assert_status(&tables, "arrondi");
    let found = all(&tables);
    assert!(found.values().all(|number| *number >= 5), "no count from 1 to 4");
    // Every shown total against the shown cells under it: those that are not shown are 0.
    let shape = |cell: &Place| cell.keys().cloned().collect::<Vec<_>>();
    let columns = |columns: &[&str]| columns.iter().map(|column| (*column).to_owned()).collect::<Vec<_>>();
    let mut sums = 0;
    for (total, parts) in [
        (columns(&[]), columns(&["sexe"])),
        (columns(&[]), columns(&["pcs"])),
        (columns(&["sexe"]), columns(&["groupe", "sexe"])),
        (columns(&["groupe"]), columns(&["groupe", "sexe"])),
        (columns(&["pcs"]), columns(&["pcs", "sexe"])),
        (columns(&["pcs"]), columns(&["pcs", "profession"])),
        (columns(&["groupe", "sexe"]), columns(&["groupe", "profession", "sexe"])),
    ] {
        let under = |cell: &Place, part: &Place| cell.iter().all(|(column, code)| part.get(column) == Some(code));
        for (cell, number) in found.iter().filter(|(cell, _)| shape(cell) == total) {
            let parts = found.iter().filter(|(part, _)| shape(part) == parts && under(cell, part));
            assert_eq!(parts.map(|(_, number)| number).sum::<i64>(), *number, "{cell:?}");
            sums += 1;
        }
    }
    assert!(sums > 25, "{sums} sums");
    // Everybody counts once.
    let persons = bench.persons(&[])[&Place::new()] as i64;
    assert!(found[&Place::new()].abs_diff(persons) <= 3, "{} for {persons}", found[&Place::new()]);
}

#[test]
fn a_cell_of_the_same_persons_gets_the_same_change_whatever_its_table_pipeline_or_file() {
    let bench = Bench::new(2_500, 900, 5);
    let tables = lasting(&bench, bench.pipeline("c.csv", &three(CELL_KEY)), 3, "2026");
    assert_status(&tables, "perturbe");
    let (found, truth) = (all(&tables), truth(&bench));
    let mut changes = BTreeMap::<i64, u64>::new();
    for (cell, count) in &truth {
        if let Some(number) = found.get(cell) {
            assert!(number.abs_diff(*count as i64) <= 4, "{cell:?}: {number} for {count}");
            *changes.entry(number - *count as i64).or_default() += 1;
        }
    }
    assert!(changes.len() > 5, "{changes:?}");
    // A pipeline of another name with one of the tables alone, and the records in other files and another order.
    bench.write_parts(300);
    let one = "[[aggregate]]\nname = \"t\"\nby = [\"sexe\", \"pcs\"]\nmeasure = [{ count = \"persons\" }]\n";
    let mut pipeline = bench.pipeline("part-*.csv", &format!("{one}perturb = {CELL_KEY}\n"));
    pipeline.limits.buckets = Some(4);
    pipeline.name = "autre".to_owned();
    let again = all(&lasting(&bench, pipeline.clone(), 3, "2026"));
    assert!(again.len() > 15 && again.iter().all(|(cell, number)| found.get(cell) == Some(number)));
    // Another key, or another epoch, changes them otherwise.
    for (key, epoch) in [(4, "2026"), (3, "2027")] {
        let other = all(&lasting(&bench, pipeline.clone(), key, epoch));
        assert!(other.iter().any(|(cell, number)| found.get(cell) != Some(number)), "{key} {epoch}");
    }
}

#[test]
fn a_rounded_cell_has_one_number_in_pipelines_of_two_names_under_one_key() {
    let bench = Bench::new(2_500, 900, 5);
    let found = all(&lasting(&bench, bench.pipeline("c.csv", &three(ROUNDING)), 3, "2026"));
    let one = "[[aggregate]]\nname = \"t\"\nby = [\"sexe\", \"pcs\"]\nmeasure = [{ count = \"persons\" }]\n";
    let mut pipeline = bench.pipeline("c.csv", &format!("{one}perturb = {ROUNDING}\n"));
    pipeline.name = "autre".to_owned();
    let again = all(&lasting(&bench, pipeline, 3, "2026"));
    assert!(again.len() > 15 && again.iter().all(|(cell, number)| found.get(cell) == Some(number)));
}

/// The published tables of a run under a kept key, in one of its epochs.
fn lasting(bench: &Bench, mut pipeline: Pipeline, key: u8, epoch: &str) -> BTreeMap<String, Table> {
    // Pseudonyms that last have to be sealed; there are none here.
    pipeline.subject.linkage = Linkage::Longitudinal;
    let (key, place) = (common::key(key), bench.path(""));
    let number = fs::read_dir(&place).unwrap().count();
    let (epochs, out) = (place.join(format!("{number}.epochs")), place.join(format!("out-{number}")));
    let clock = FixedClock("2026-03-01T12:00:00Z".parse().unwrap());
    let choice = open_epoch(&epochs, &key.fingerprint(), epoch, &clock).unwrap().choose(None, &epochs).unwrap();
    let options = RunOptions {
        out: Some(out),
        threads: Some(2),
        key: Some(key),
        draw_key: None,
        epoch: Some(choice),
        signer: None,
        operator: None,
        repeat: tamis::pipeline::Repeat::Allowed,
        clock: Arc::new(clock),
        watch: &Unwatched,
    };
    published(&tamis::pipeline::run(&pipeline, options).unwrap().release)
}

#[test]
fn perturbed_tables_are_the_same_bytes_whatever_threads_buckets_files_and_order() {
    let bench = Bench::new(1_500, 600, 7);
    bench.write_parts(200);
    let noise = budget::noise("laplace", "1", "9");
    for (number, perturb) in [ROUNDING, CONTROLLED, CELL_KEY, &noise].into_iter().enumerate() {
        let release = |files: &str, threads: usize, buckets: usize| {
            let mut pipeline = bench.pipeline("c.csv", &three(perturb));
            pipeline.sources[0].files = vec![bench.path(files).display().to_string()];
            pipeline.limits.buckets = Some(buckets);
            let out = bench.path(&format!("out-{number}-{threads}-{buckets}"));
            let release = common::run(&pipeline, &out, threads, common::key(3)).unwrap().release;
            common::files(&release)
        };
        let first = release("c.csv", 1, 64);
        for (files, threads, buckets) in [("c.csv", 4, 64), ("c.csv", 2, 1), ("part-*.csv", 2, 8)] {
            let again = release(files, threads, buckets);
            for (name, bytes) in &first {
                assert!(
                    bytes == &again[name],
                    "{perturb}: {} differs, {threads} threads {buckets} buckets",
                    name.display()
                );
            }
        }
    }
}

/// What the released files say of how they were made, and what stays with the sender.
#[test]
fn the_descriptor_tells_method_and_error_and_the_dossier_the_measured_effect() {
    let bench = Bench::new(1_500, 600, 7);
    let summary = bench.run(&three(CELL_KEY), "out", 3).unwrap();
    let read =
        |path: std::path::PathBuf| -> serde_json::Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let package = read(summary.release.join("datapackage.json"));
    let text = package.to_string();
    let protection = package["resources"].as_array().unwrap().iter().find_map(|resource| {
        let found = resource.to_string();
        found.contains("\"perturbation\"").then_some(found)
    });
    let protection = protection.unwrap();
    for told in
        ["\"cell_key\"", "\"variance\":\"2\"", "\"largest\":4", "\"standard_deviation_at_most\"", "distinct persons"]
    {
        assert!(protection.contains(told), "{told}: {protection}");
    }
    assert!(!text.contains("mean_absolute_change") && !text.contains("suppress"), "{text}");
    let report = read(summary.dossier.join("tables.json"));
    let effect = &report[0]["effect"];
    let (found, truth) = (all(&published(&summary.release)), truth(&bench));
    let shown: BTreeSet<&Place> = found.keys().collect();
    assert!(effect["cells"].as_u64().unwrap() >= shown.len() as u64);
    let largest =
        truth.iter().filter_map(|(cell, count)| Some(found.get(cell)?.abs_diff(*count as i64))).max().unwrap();
    assert!(effect["largest_absolute_change"].as_u64().unwrap() >= largest && largest > 0);
    let mean = effect["mean_absolute_change"].as_f64().unwrap();
    assert!(mean > 0.3 && mean < 2.0, "{mean}");
    assert!(effect["narrowest_interval_of_a_count_of_few"].as_u64().unwrap() > 0);
}

/// Four groups of two persons each, and eight in all: rounded to the nearest multiple of 5 the parts are 0 and the total is 10, so
/// that every part is 2.
#[test]
fn rounding_to_the_nearest_is_refused_where_margins_give_counts_away() {
    let bench = Bench::new(2_000, 2_000, 9);
    bench.write_few();
    let run = |perturb: &str, key: u8| {
        let table = format!(
            "[[aggregate]]\nname = \"t\"\nby = [\"profession\"]\nmargins = true\nmeasure = [{{ count = \"persons\" }}]\nperturb = {perturb}\n"
        );
        common::run(&bench.pipeline("few.csv", &table), &bench.path(&format!("few-{key}")), 1, common::key(key))
    };
    let error = run("{ method = \"rounding\", base = 5, to = \"nearest\" }", 3).unwrap_err();
    assert_eq!(
        (error.exit_code(), error.to_string().starts_with("4 counts of few persons could be found")),
        (4, true),
        "{error}"
    );
    // By chance the limits are wider.
    let (mut released, mut refused) = (0, 0);
    for key in 10..40 {
        match run(ROUNDING, key) {
            Ok(_) => released += 1,
            Err(error) => {
                assert_eq!(error.exit_code(), 4, "{error}");
                refused += 1;
            }
        }
    }
    assert!(released > 25, "{released} released, {refused} refused");
}

/// Somebody who holds every published number of rounded tables against every other learns no count of few persons: limits
/// from the method, tightened by all sums until nothing moves.
#[test]
fn limits_of_rounded_counts_narrowed_by_all_totals_pin_no_count_of_few() {
    for (seed, to) in [(5, "random"), (6, "random"), (7, "nearest")] {
        let bench = Bench::new(1_200, 1_200, seed);
        let perturb = format!("{{ method = \"rounding\", base = 5, to = \"{to}\" }}");
        let truth = truth(&bench);
        let out = format!("{to}-{seed}");
        let found = match bench.run(&three(&perturb), &out, 3) {
            Ok(summary) => all(&published(&summary.release)),
            Err(error) => panic!("{error}"),
        };
        let by = if to == "random" { (4, 4) } else { (2, 2) };
        // Cells of nobody are taken to be known as such: the intruder knows more than the tables tell.
        let columns = |cell: &Place| cell.keys().cloned().collect::<Vec<_>>();
        let shown: BTreeSet<Vec<String>> = found.keys().map(columns).collect();
        let limits = |cell| match found.get(cell) {
            Some(number) => ((number - by.0).max(0), number + by.1),
            None if shown.contains(&columns(cell)) => (0, by.1),
            None => (0, 1_000_000),
        };
        let mut bounds: BTreeMap<&Place, (i64, i64)> = truth.keys().map(|cell| (cell, limits(cell))).collect();
        *bounds.get_mut(&Place::new()).unwrap() = (truth[&Place::new()] as i64, truth[&Place::new()] as i64);
        let lines = lines(&truth);
        loop {
            let before = bounds.clone();
            for (total, parts) in &lines {
                // Persons can be in several parts: a total is at most the sum of its parts and at least each of them.
                let most: i64 = parts.iter().map(|part| bounds[*part].1).sum();
                let least = parts.iter().map(|part| bounds[*part].0).max().unwrap_or(0);
                let entry = bounds.get_mut(*total).unwrap();
                *entry = (entry.0.max(least), entry.1.min(most));
                let of = *entry;
                for part in parts {
                    let entry = bounds.get_mut(*part).unwrap();
                    *entry = (entry.0.max(of.0 - (most - entry.1)), entry.1.min(of.1));
                }
            }
            if bounds == before {
                break;
            }
        }
        // One that became 0 stands in no table, and could be found all the same.
        let few: Vec<_> = truth.iter().filter(|(cell, count)| **count < 11 && shown.contains(&columns(cell))).collect();
        assert!(few.iter().any(|(cell, _)| !found.contains_key(*cell)), "{to}: none became 0");
        let few = few.into_iter();
        let pinned: Vec<_> = few.filter(|(cell, _)| bounds[*cell].0 >= bounds[*cell].1).collect();
        assert!(pinned.is_empty(), "{to}: {pinned:?}");
    }
}

/// Totals and the cells under them, one column finer.
fn lines(truth: &BTreeMap<Place, u64>) -> Vec<(&Place, Vec<&Place>)> {
    let mut lines = Vec::new();
    for total in truth.keys() {
        for column in bench::COLUMNS.iter().filter(|column| !total.contains_key(**column)) {
            let is_part = |part: &&Place| {
                part.len() == total.len() + 1
                    && part.contains_key(*column)
                    && total.iter().all(|(column, code)| part.get(column) == Some(code))
            };
            let parts: Vec<&Place> = truth.keys().filter(is_part).collect();
            if !parts.is_empty() {
                lines.push((total, parts));
            }
        }
    }
    lines
}

/// Rows of a sample beside a rounded table: what they show is counted as seen, and the tables stay what they are.
#[test]
fn rows_of_a_sample_beside_rounded_tables_are_reckoned_with() {
    let bench = Bench::new(3_000, 3_000, 5);
    let tables = three(ROUNDING)
        + "[sample]\ndesign = \"stratified\"\nstrata = [\"sexe\"]\nrate = \"1/4\"\n\
           [[persons]]\nname = \"consultations\"\ncolumns = [\"groupe\", \"sexe\"]\nprotect = { k = 5, quasi_identifiers = [\"groupe\", \"sexe\"] }\n";
    let summary = bench.run(&tables, "out", 3).unwrap();
    assert!(summary.released() > 100);
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(summary.dossier.join("tables.json")).unwrap()).unwrap();
    assert!(report[0]["effect"]["narrowest_interval_of_a_count_of_few"].as_u64().unwrap() > 0);
    let (found, truth) = (all(&published(&summary.release)), truth(&bench));
    assert!(found.iter().all(|(cell, number)| number.abs_diff(truth[cell] as i64) < 5));
    assert!(place(&published(&summary.release)["pcs"], &["_T", "_T", "_T", "", ""].map(str::to_owned)).is_empty());
}

#[test]
fn parameters_that_contradict_each_other_are_refused_before_anything_is_read() {
    let bench = Bench::new(50, 50, 5);
    fs::write(bench.path("p.csv"), "i;j;p;v\n0;0;1;0\n1;0;0.5;-1\n1;3;0.5;2\n").unwrap();
    let weak = "i;j;p;v\n0;0;1;0\n1;0;0.0000005;-1\n1;1;0.999999;0\n1;2;0.0000005;1\n";
    fs::write(bench.path("weak.csv"), weak).unwrap();
    let wide = "i;j;p;v\n0;0;1;0\n1;0;0.999999;-1\n1;4000000001;0.000001;4000000000\n";
    fs::write(bench.path("wide.csv"), wide).unwrap();
    for (perturb, says) in [
        (
            "{ method = \"cell_key\", max = 5, variance = \"0.1\", blocked = 3, exact_variance = true }",
            "the p-table cannot be used",
        ),
        ("{ method = \"cell_key\", ptable = \"p.csv\" }", "is not zero"),
        ("{ method = \"cell_key\", ptable = \"pcs.csv\" }", "line 1 of the p-table"),
        ("{ method = \"cell_key\", ptable = \"wide.csv\" }", "changes it by more than 1000"),
        ("{ method = \"cell_key\", ptable = \"weak.csv\" }", "the count 1 stays as it is with a probability over 0.9"),
        ("{ method = \"cell_key\", max = 5, variance = \"0.01\" }", "stays as it is with a probability over 0.9"),
    ] {
        let error = bench.run(&three(perturb), "out", 3).unwrap_err();
        assert!(error.exit_code() == 2 && error.to_string().contains(says), "{error}");
        assert!(!bench.path("out").exists());
    }
}

#[test]
fn a_p_table_from_a_file_is_used_as_it_stands() {
    let bench = Bench::new(1_500, 600, 7);
    // From 3 on up or down by 2 or 3, and under it up by 1 or down to 0 or 1: no other change can be seen.
    let text = "i;j;p;v\n0;0;1;0\n1;0;0.5;-1\n1;2;0.5;1\n2;1;0.5;-1\n2;3;0.5;1\n\
                3;0;0.25;-3\n3;1;0.25;-2\n3;5;0.25;2\n3;6;0.25;3\n";
    fs::write(bench.path("p.csv"), text).unwrap();
    let found = all(&bench.tables(&three("{ method = \"cell_key\", ptable = \"p.csv\" }"), 3));
    let truth = truth(&bench);
    for (cell, number) in &found {
        let change = number - truth[cell] as i64;
        let allowed = if truth[cell] < 3 { [-1, 1].as_slice() } else { &[-3, -2, 2, 3] };
        assert!(allowed.contains(&change), "{cell:?}: {change}");
    }
}
