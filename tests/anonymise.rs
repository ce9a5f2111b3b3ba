//! `tamis anonymise`, end to end. What leaves is judged by counting its rows, without the program; an outsider's table is
//! linked with it; optima are those that are published.

#![allow(clippy::unwrap_used)]

#[path = "anonymise/bench.rs"]
mod bench;
#[path = "anonymise/changes.rs"]
mod changes;
#[path = "common/mod.rs"]
mod common;
#[path = "anonymise/persons.rs"]
mod persons;
#[path = "anonymise/rules.rs"]
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use bench::{Bench, Plain, spec};

const ALL: [&str; 9] =
    ["sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation", "salary-class"];
const K5: &str = "[[rule]]\nrule = \"k_anonymity\"\nk = 5\n";
const ENTROPY: &str = "[loss]\nmeasure = \"entropy\"\nsuppression = false\nbalance = 0.1\n";

/// Whether a value could have become what is written: any ancestor of it.
fn agrees(ancestors: &[String], written: &str) -> bool {
    ancestors.iter().any(|label| label == written) || written == "*"
}

#[test]
fn five_anonymity_of_adult_costs_what_arx_publishes_and_an_outsider_finds_nobody() {
    let Some(bench) = Bench::adult(30_162) else { return };
    let (left, report) = bench.anonymise(&spec("suppress = 0.04", &ALL, &format!("{K5}{ENTROPY}")));
    let loss = report["plan"]["chosen"]["loss"]["total"].as_f64().unwrap();
    assert!((loss - 255_559.854_557_310_67).abs() < 1e-9 * loss, "{loss}");
    assert_eq!(report["plan"]["proof"], "optimal");
    assert_eq!(report["plan"]["generalisations"], "12960");
    assert!(report["plan"]["runner_up"]["more_loss"].as_f64().unwrap() >= 0.0);
    let columns = report["plan"]["chosen"]["loss"]["columns"].as_object().unwrap();
    let sum: f64 = columns.values().map(|loss| loss.as_f64().unwrap()).sum();
    assert!((sum - loss).abs() < 1e-6, "losses of columns add up");

    // Counted by hand: who leaves, and in what company.
    let out = report["records_left_out"].as_u64().unwrap() as usize;
    assert!(out <= 1_206 && left.rows.len() + out == 30_162);
    let classes = left.classes(&ALL);
    assert!(classes.values().all(|rows| rows.len() >= 5));
    let smallest = classes.values().map(Vec::len).min().unwrap();
    assert_eq!(report["risk"]["after"]["k"], smallest);
    assert_eq!(report["risk"]["after"]["classes"], classes.len());
    let before = report["risk"]["before"]["prosecutor"]["average"].as_f64().unwrap();
    assert!((before - 0.646_575_160_798_355_5).abs() < 1e-14);
    let after = report["risk"]["after"]["prosecutor"]["average"].as_f64().unwrap();
    assert!((after - classes.len() as f64 / left.rows.len() as f64).abs() < 1e-12);

    // The outsider has everybody's nine true values and looks for each in what leaves: five at least could be meant, or none.
    let trees: Vec<BTreeMap<String, Vec<String>>> = ALL.iter().map(|column| bench.hierarchy(column)).collect();
    let keys: Vec<(&Vec<String>, usize)> = classes.iter().map(|(key, rows)| (key, rows.len())).collect();
    let outside: BTreeSet<Vec<String>> = bench.input().cells(&ALL).into_iter().step_by(37).collect();
    assert!(outside.len() > 700);
    for person in outside {
        let ancestors: Vec<&Vec<String>> = trees.iter().zip(&person).map(|(tree, value)| &tree[value]).collect();
        let meant =
            keys.iter().filter(|(key, _)| ancestors.iter().zip(key.iter()).all(|(all, label)| agrees(all, label)));
        let found: usize = meant.map(|(_, rows)| rows).sum();
        assert!(found == 0 || found >= 5);
    }
}

#[test]
fn a_plan_shows_what_would_be_done_and_writes_nothing() {
    let Some(bench) = Bench::adult(1_500) else { return };
    let text = spec("suppress = 0.04", &["sex", "age", "race"], K5);
    let done = bench.run(&text, &["--plan"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("runner-up") && done.out.contains("Nothing was written"), "{}", done.out);
    assert!(bench.nothing());
    let french = bench.run(&text, &["--plan", "--lang", "fr"]);
    assert!(french.out.contains("Rien n'a été écrit") && french.out.contains("plus petite classe"), "{}", french.out);
    let json = bench.run(&text, &["--plan", "--format", "json"]);
    let planned: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let (_, report) = bench.anonymise(&text);
    assert_eq!(planned, report);
    // Twice is once too often.
    let again = bench.run(&text, &[]);
    assert_eq!(again.code, 2, "{}", again.err);
    assert!(again.err.contains("exists already"), "{}", again.err);
}

#[test]
fn a_bounded_search_says_what_it_did_not_prove() {
    let Some(bench) = Bench::adult(3_000) else { return };
    let quasi = ["sex", "age", "race", "marital-status", "education"];
    let (_, whole) = bench.anonymise(&spec("suppress = 0.02", &quasi, K5));
    let bounded = format!("{K5}[search]\nmethod = \"bounded\"\nchecks = 12\n");
    let (left, found) = bench.anonymise(&spec("suppress = 0.02", &quasi, &bounded));
    assert!(left.classes(&quasi).values().all(|rows| rows.len() >= 5), "without proof, but safe");
    assert!(found["plan"]["counted"].as_u64().unwrap() <= 13);
    let bound = found["plan"]["proof"]["no_unseen_loss_below"].as_f64().unwrap();
    let (best, mine) = (&whole["plan"]["chosen"]["loss"]["total"], &found["plan"]["chosen"]["loss"]["total"]);
    assert!(mine.as_f64() >= best.as_f64(), "nothing is better than the optimum");
    assert!(bound <= best.as_f64().unwrap() || mine == best, "the bound holds");
}

#[test]
fn local_recoding_loses_less_and_leaves_nobody_alone() {
    let Some(bench) = Bench::adult(4_000) else { return };
    let quasi = ["sex", "age", "race", "marital-status", "education"];
    let (plain, one) = bench.anonymise(&spec("suppress = 0.02", &quasi, K5));
    let (left, many) = bench.anonymise(&spec("suppress = 0.02\nlocal = \"recode\"", &quasi, K5));
    assert!(left.classes(&quasi).values().all(|rows| rows.len() >= 5));
    assert!(many["plan"]["passes"].as_array().unwrap().len() > 1);
    let lost = |report: &serde_json::Value| report["granularity"]["mean"].as_f64().unwrap();
    assert!(lost(&many) < lost(&one), "{} {}", lost(&many), lost(&one));
    assert!(plain.rows.len() >= 3_920 && left.rows.len() >= 3_920);
    // Everybody who leaves is written as what they are or something coarser: as many by sex as there were, but for the rest.
    let trees: Vec<BTreeMap<String, Vec<String>>> = quasi.iter().map(|column| bench.hierarchy(column)).collect();
    let labels: Vec<BTreeSet<&String>> = trees.iter().map(|tree| tree.values().flatten().collect()).collect();
    assert!(left.cells(&quasi).iter().all(|row| row.iter().zip(&labels).all(|(cell, known)| known.contains(cell))));
}

#[test]
fn single_values_are_left_out_least_important_first() {
    let Some(bench) = Bench::adult(1_000) else { return };
    let quasi = ["sex", "age", "race"];
    let head = "local = \"suppress\"";
    let level = "hierarchy = \"adult_hierarchy_age.csv\"\n";
    let base = spec(head, &quasi, K5).replace(level, &format!("{level}level = 1\nweight = 0.1\n"));
    let (left, report) = bench.anonymise(&base);
    // A value that is left out counts as one of its own: each class as it is written has five.
    assert!(left.classes(&quasi).values().all(|rows| rows.len() >= 5));
    let counts = &report["plan"]["values_left_out"];
    let stars = |column: &str| left.cells(&[column]).iter().filter(|cell| cell[0] == "*").count();
    for column in quasi {
        assert_eq!(counts[column], stars(column), "{column}");
    }
    assert!(stars("age") > 0, "ages matter least");
    assert!(left.cells(&["age"]).iter().all(|age| age[0] == "*" || age[0].contains('-')), "ages at level 1");
    assert_eq!(left.rows.len() as u64, 1_000 - report["records_left_out"].as_u64().unwrap());

    let (any, loose) = bench.anonymise(&base.replace(head, "local = \"suppress\"\nmissing = \"any\""));
    let missing = |report: &serde_json::Value| -> u64 {
        report["plan"]["values_left_out"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum()
    };
    assert!(missing(&loose) <= missing(&report));
    // Who is written so agrees with five at least, a value that is left out agreeing with any.
    let rows = any.cells(&quasi);
    let agree = |one: &[String], two: &[String]| one.iter().zip(two).all(|(a, b)| a == b || a == "*" || b == "*");
    for one in rows.iter().step_by(7) {
        assert!(rows.iter().filter(|two| agree(one, two)).count() >= 5);
    }
}

#[test]
fn neither_the_order_of_rows_nor_threads_change_a_byte() {
    let Some(bench) = Bench::adult(1_200) else { return };
    for head in ["suppress = 0.03", "suppress = 0.03\nlocal = \"recode\"", "local = \"suppress\""] {
        let text = spec(head, &["sex", "age", "race"], K5);
        let first = bench.anonymise(&text);
        let bytes = std::fs::read(bench.path("out.csv")).unwrap();
        let input = std::fs::read_to_string(bench.path("in.csv")).unwrap();
        let mut lines: Vec<&str> = input.lines().collect();
        lines[1..].reverse();
        bench.write("in.csv", &format!("{}\n", lines.join("\n")));
        assert_eq!(bench.anonymise(&text), first, "{head}");
        assert_eq!(std::fs::read(bench.path("out.csv")).unwrap(), bytes);
        bench.clear();
        assert_eq!(bench.run(&text, &["--threads", "1"]).code, 0);
        assert_eq!(std::fs::read(bench.path("out.csv")).unwrap(), bytes);
    }
}

#[test]
fn what_cannot_be_met_ends_with_4_and_no_file() {
    let Some(bench) = Bench::adult(500) else { return };
    let quasi = ["sex", "age", "race"];
    let never = spec("", &quasi, "[[rule]]\nrule = \"k_anonymity\"\nk = 501\n");
    let cases = [
        (never.clone(), "no generalisation meets the rules within the limit of suppression;"),
        (format!("{never}[search]\nmethod = \"bounded\"\nchecks = 1\n"), "no generalisation meets the rules"),
        (never.replace("file = \"in.csv\"", "file = \"in.csv\"\nlocal = \"suppress\""), "no generalisation"),
        (never.replace("file = \"in.csv\"", "file = \"in.csv\"\nlocal = \"recode\""), "no generalisation"),
        (spec("suppress = 0.1", &quasi, &format!("{K5}[evidence]\nsmallest = 400\n")), "singling out"),
        (spec("suppress = 0.1", &quasi, &format!("{K5}[evidence]\nlinkable = 0.001\n")), "linkability"),
        (
            spec(
                "suppress = 0.1",
                &quasi,
                &format!("[[sensitive]]\ncolumn = \"occupation\"\n{K5}[evidence]\nadvantage = 0.0\n"),
            ),
            "inference of `occupation`",
        ),
    ];
    for (text, part) in cases {
        for more in [&[][..], &["--plan"]] {
            let done = bench.run(&text, more);
            assert_eq!(done.code, 4, "{text}\n{}{}", done.out, done.err);
            assert!(done.err.contains(part), "{}", done.err);
            assert!(bench.nothing());
        }
    }
    let met = format!("{K5}[evidence]\nsmallest = 5\nlinkable = 0.2\n");
    let (_, report) = bench.anonymise(&spec("suppress = 0.1", &quasi, &met));
    assert_eq!(report["evidence"]["failed"], serde_json::json!([]));
    assert_eq!(report["evidence"]["thresholds"]["linkable"], 0.2);
}

#[test]
fn bad_input_is_told_by_file_line_and_column_and_no_value_is_shown() {
    let bench = Bench::new();
    bench.write(
        "in.csv",
        "id,age,dep,jour,diag\nCANARI1,34,75,2024-01-02,CANARI2\nCANARI3,CANARI4,75,CANARI5,CANARI6\n",
    );
    bench.write("few.csv", "75;*\n").write("bad.csv", "75;a;*\n13;a;b\n13;a;*\n").write("empty.csv", "id,age\n");
    let of = |quasi: &str| {
        format!(
            "[anonymise]\nfile = \"in.csv\"\noutput = \"out.csv\"\n[[quasi]]\n{quasi}\n[[rule]]\nrule = \"k_anonymity\"\nk = 1\n"
        )
    };
    let fine = of("column = \"dep\"");
    let cases: &[(String, i32, &str)] = &[
        (of("column = \"age\"\nbands = [5]"), 1, "line 3, column `age`"),
        (of("column = \"jour\"\ndates = [\"year\"]"), 1, "line 3, column `jour`"),
        (of("column = \"id\"\nhierarchy = \"few.csv\""), 1, "line 2, column `id`"),
        (of("column = \"dep\"\nhierarchy = \"bad.csv\""), 2, "bad.csv: line 3"),
        (of("column = \"absent\""), 1, "`absent`"),
        (fine.replace("in.csv", "missing.csv"), 6, "missing.csv"),
        (fine.replace("in.csv", "empty.csv").replace("\"dep\"", "\"age\""), 1, "there is no record"),
        (format!("{fine}[[change]]\nmethod = \"round\"\ncolumns = [\"dep\"]\nbase = 0.0000000001\n"), 2, "base"),
        (
            format!("{}[[change]]\nmethod = \"noise\"\ncolumns = [\"age\"]\nshare = 0.1\n", of("column = \"age\"")),
            1,
            "line 3, column `age`",
        ),
        (
            fine.replace("[[rule]]", "[[sensitive]]\ncolumn = \"diag\"\n[[rule]]")
                + "[[rule]]\nrule = \"t_closeness\"\nt = 0.5\ndistance = \"ordered\"\n",
            2,
            "column `diag`: its values have no order",
        ),
        (fine.replace("out.csv", "absent/out.csv"), 6, "out.csv"),
        (fine.replace("[[quasi]]", "[[quasis]]"), 2, "quasis"),
    ];
    for (text, code, part) in cases {
        let done = bench.run(text, &[]);
        assert_eq!(done.code, *code, "{text}\n{}", done.err);
        assert!(done.err.contains(part), "{text}\n{}", done.err);
        assert!(!done.err.contains("CANARI") && !done.out.contains("CANARI"), "{}", done.err);
        assert!(bench.nothing());
    }
    // The report and what is shown hold no value; the file holds those of its columns, and no other.
    let rest = fine.replace("[[rule]]", "[[sensitive]]\ncolumn = \"diag\"\n[[rule]]");
    let done = bench.run(&rest.replace("[anonymise]", "[anonymise]\nperson = \"id\""), &[]);
    assert_eq!(done.code, 0, "{}", done.err);
    let left = Plain::read(&bench.path("out.csv"), ',');
    assert_eq!(left.header, ["dep", "diag"]);
    assert!(!done.out.contains("CANARI") && !bench.report().to_string().contains("CANARI"));
    bench.write("reception.json", "{}").clear();
    let refused = bench.run(&fine, &[]);
    assert_eq!((refused.code, bench.nothing()), (4, true), "{}", refused.err);
}
