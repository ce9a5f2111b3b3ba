//! `tamis risk`, end to end: published answers, answers counted by hand, bad input, and no value of a record anywhere.

#![allow(clippy::unwrap_used)]

#[path = "common/mod.rs"]
mod common;

use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use serde_json::Value;

const ADULT: &str = "sex,age,race,marital-status,education,native-country,workclass,occupation,salary-class";

fn run(folder: &Path, words: &[&str]) -> Output {
    common::tamis().current_dir(folder).arg("risk").args(words).output().unwrap()
}

fn told(folder: &Path, words: &[&str]) -> Value {
    let done = run(folder, &[words, &["--format", "json"]].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

fn refused(folder: &Path, words: &[&str]) -> (i32, String) {
    let done = run(folder, words);
    assert!(done.stdout.is_empty(), "{words:?}");
    (done.status.code().unwrap(), String::from_utf8(done.stderr).unwrap())
}

/// Eight records of six persons: four in the class (75, 40), one of them twice; one alone in (2A, 90); one in both of the
/// classes (75, 41) and (13, 41).
const SMALL: &str = "id;dep;age;diag;poids;foyer\n\
    a;75;40;I10;10;f1\na;75;40;E11;10;f1\nb;75;40;I10;10;f1\nc;75;40;I10;10;f2\nd;75;40;C50;10;f2\n\
    e;2A;90;C50;4;f3\nf;75;41;I10;5;f3\nf;13;41;I10;5;f3\n";

fn small() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("p.csv"), SMALL).unwrap();
    folder
}

const SMALL_WORDS: &[&str] = &[
    "p.csv",
    "--quasi",
    "dep,age",
    "--person",
    "id",
    "--sensitive",
    "diag",
    "--weights",
    "poids",
    "--group",
    "foyer",
    "--threshold",
    "3",
    "--suda",
];

#[test]
fn adult_has_the_risk_that_arx_publishes() {
    let Some(folder) = common::shared_data("arx") else { return };
    let all = told(&folder, &["adult.csv", "--quasi", ADULT]);
    assert_eq!(all["records"], 30_162);
    assert_eq!(all["persons"], 30_162);
    assert_eq!(all["classes"], 19_502);
    let average = all["prosecutor"]["average"].as_f64().unwrap();
    assert!((average - 0.646_575_160_798_355_5).abs() < 1e-14, "{average}");
    assert_eq!(all["prosecutor"]["highest"], 1.0);
    assert_eq!(all["marketer"]["average"].as_f64(), Some(average));
    assert_eq!(all["journalist"], Value::Null);

    let three = told(&folder, &["adult.csv", "--quasi", "sex,age,race", "--sensitive", "occupation,salary-class"]);
    assert_eq!((&three["classes"], &three["uniques"], &three["k"]), (&528.into(), &62.into(), &1.into()));
    assert_eq!(three["under_threshold"]["records"], 1_085);
    assert_eq!(three["under_threshold"]["threshold"], 11);
    let share = three["prosecutor"]["share_over_threshold"].as_f64().unwrap();
    assert!((share - 1_085.0 / 30_162.0).abs() < 1e-15);
    // Somebody is alone: the one value is the only one, and as far from the table as can be.
    let occupation = &three["sensitive"]["occupation"];
    assert_eq!((&occupation["distinct_l"], &occupation["largest_share"]), (&1.into(), &1.0.into()));
    assert_eq!(occupation["t_ordered"], Value::Null);
    // Half of everybody's occupations are rarer than half: t over 0.9, and β that of the rarest one.
    assert!(occupation["t_equal"].as_f64().unwrap() > 0.9);

    let estimates = told(&folder, &["adult.csv", "--quasi", ADULT, "--fraction", "0.1"]);
    let found = &estimates["population_uniques"];
    assert_eq!(found["population"], 301_620);
    for model in ["pitman", "zayatz"] {
        let uniques = found[model].as_f64().unwrap();
        assert!(uniques > 10_000.0 && uniques < 150_000.0, "{model}: {uniques}");
    }
    assert_eq!(found["dankar"]["uniques"], found["pitman"]);
}

#[test]
fn persons_are_counted_not_records() {
    let folder = small();
    let found = told(folder.path(), SMALL_WORDS);
    assert_eq!((&found["records"], &found["persons"], &found["classes"]), (&8.into(), &6.into(), &4.into()));
    // e and f are alone; f in two classes, and one person all the same.
    assert_eq!((&found["uniques"], &found["k"]), (&2.into(), &1.into()));
    assert_eq!(found["average_class_size"], 7.0 / 4.0);
    let small = &found["under_threshold"];
    assert_eq!((&small["classes"], &small["records"], &small["persons"]), (&3.into(), &3.into(), &2.into()));
    // Four persons at ¼, two at 1.
    assert_eq!(found["prosecutor"]["average"], 0.5);
    assert_eq!(found["prosecutor"]["share_over_threshold"], 2.0 / 6.0);
    // f1 has a and b: 1 − (¾)²; with weights the risks are those of Benedetti and Franconi, which are lower for a weighted record.
    assert_eq!(found["groups"]["groups"], 3);
    let without: Vec<&str> =
        SMALL_WORDS.iter().copied().filter(|word| !["--weights", "poids"].contains(word)).collect();
    let plain = told(folder.path(), &without);
    let (average, highest) =
        (plain["groups"]["average"].as_f64().unwrap(), plain["groups"]["highest"].as_f64().unwrap());
    assert_eq!(highest, 1.0);
    assert!((average - (2.0 * (1.0 - 0.5625) + 1.0) / 3.0).abs() < 1e-15, "{average}");
    assert_eq!(plain["individual"], Value::Null);
    // One record that stands for four: −ln(¼)·(¼ / ¾). One for five: ln 5 / 4.
    let highest = found["individual"]["highest"].as_f64().unwrap();
    assert!((highest - 4_f64.ln() / 3.0).abs() < 1e-12, "{highest}");
    // Four persons of the class have three diagnoses between them, in five pairs; one alone has one.
    assert_eq!(found["sensitive"]["diag"]["distinct_l"], 1);
    assert!(found["suda"]["minimal_uniques_by_size"].as_array().is_some());
}

#[test]
fn a_population_tells_the_journalists_risk() {
    let folder = small();
    let mut population = "dep,age\n".to_owned();
    for (key, persons) in [("75,40", 8), ("2A,90", 2), ("75,41", 4), ("13,41", 10), ("99,1", 100)] {
        (0..persons).for_each(|_| population.push_str(&format!("{key}\n")));
    }
    fs::write(folder.path().join("pop.csv"), population).unwrap();
    let words = ["p.csv", "--quasi", "dep,age", "--person", "id", "--population", "pop.csv"];
    let found = told(folder.path(), &words);
    // Four at ⅛, one at ½, one at the worse of ¼ and ⅒.
    assert_eq!(found["journalist"]["highest"], 0.5);
    let average = found["journalist"]["average"].as_f64().unwrap();
    assert!((average - (0.5 + 0.5 + 0.25) / 6.0).abs() < 1e-15, "{average}");
    assert_eq!(found["prosecutor"]["average"], 0.5, "the prosecutor looks at the file alone");
}

#[test]
fn neither_order_of_rows_nor_delimiter_nor_format_changes_a_digit() {
    let folder = small();
    let mut rows: Vec<&str> = SMALL.lines().skip(1).collect();
    rows.reverse();
    rows.swap(1, 4);
    let header = SMALL.lines().next().unwrap();
    let other = format!("{header}\n{}\n", rows.join("\n")).replace(';', ",");
    fs::write(folder.path().join("q.csv"), other).unwrap();
    let texts = |at: usize| -> ArrayRef {
        Arc::new(SMALL.lines().skip(1).map(|line| line.split(';').nth(at)).collect::<StringArray>())
    };
    let numbers = |at: usize| -> ArrayRef {
        let number = |line: &str| line.split(';').nth(at).unwrap().parse::<i64>().unwrap();
        Arc::new(SMALL.lines().skip(1).map(number).collect::<Int64Array>())
    };
    let columns = header.split(';').enumerate();
    let columns = columns.map(|(at, name)| (name, if [2, 4].contains(&at) { numbers(at) } else { texts(at) }));
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = fs::File::create(folder.path().join("q.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let same = |file: &str| {
        let words: Vec<&str> = std::iter::once(file).chain(SMALL_WORDS[1..].iter().copied()).collect();
        run(folder.path(), &[&words[..], &["--format", "json"]].concat()).stdout
    };
    let first = same("p.csv");
    assert!(!first.is_empty());
    assert_eq!(String::from_utf8(same("q.csv")).unwrap(), String::from_utf8(first.clone()).unwrap());
    assert_eq!(same("q.parquet"), first);
}

#[test]
fn whatever_is_wrong_is_told_by_line_and_column_and_no_value_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("empty.csv", ""),
        ("header.csv", "dep,age\n"),
        ("short.csv", "dep,age,poids\nCANARI1,CANARI2\n"),
        ("weights.csv", "dep,age,poids\nCANARI1,CANARI2,3\nCANARI1,CANARI2,CANARI3\n"),
        ("nobody.csv", "id,dep\nCANARI1,CANARI2\n,CANARI2\n"),
        ("moved.csv", "id,dep,foyer\nCANARI1,CANARI2,CANARI3\nCANARI1,CANARI2,CANARI4\n"),
        ("twice.csv", "dep,dep\nCANARI1,CANARI2\n"),
        ("fine.csv", "id,dep,age,poids\nCANARI1,CANARI2,3,4\n"),
    ];
    files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    let cases: &[(&[&str], i32, &str)] = &[
        (&["absent.csv", "--quasi", "dep"], 6, "absent.csv"),
        (&["empty.csv", "--quasi", "dep"], 1, "empty.csv"),
        (&["header.csv", "--quasi", "dep"], 1, "there is no record"),
        (&["short.csv", "--quasi", "dep"], 1, "line 2"),
        (&["weights.csv", "--quasi", "dep", "--weights", "poids"], 1, "line 3, column `poids`"),
        (&["nobody.csv", "--quasi", "dep", "--person", "id"], 1, "line 3, column `id`"),
        (&["moved.csv", "--quasi", "dep", "--person", "id", "--group", "foyer"], 1, "line 3, column `foyer`"),
        (&["twice.csv", "--quasi", "dep"], 1, "`dep`"),
        (&["fine.csv", "--quasi", "commune"], 1, "`commune`"),
        (&["fine.csv", "--quasi", "dep,age,dep"], 2, "`dep` is named twice"),
        (&["fine.csv", "--quasi", "dep", "--sensitive", "dep"], 2, "`dep` is named twice"),
        (&["fine.csv", "--quasi", "dep", "--fraction", "0"], 2, "fraction must be above 0"),
        (&["fine.csv", "--quasi", "dep", "--fraction", "1.5"], 2, "fraction must be above 0"),
        (&["fine.csv", "--quasi", "dep", "--threshold", "0"], 2, "threshold must be at least 1"),
        (&["fine.csv", "--quasi", "dep", "--suda", "0"], 2, "suda must be"),
        (&["fine.csv"], 2, "--quasi"),
    ];
    for (words, code, part) in cases {
        let (found, text) = refused(folder.path(), words);
        assert_eq!(found, *code, "{words:?}: {text}");
        assert!(text.contains(part), "{words:?}: {text}");
        assert!(!text.contains("CANARI"), "{words:?}: {text}");
    }
    for words in [&["--lang", "fr"][..], &["--lang", "en"], &["--format", "json"]] {
        let all = ["fine.csv", "--quasi", "dep,age", "--sensitive", "id", "--weights", "poids", "--suda"];
        let done = run(folder.path(), &[&all[..], words].concat());
        assert!(done.status.success());
        assert!(!String::from_utf8_lossy(&done.stdout).contains("CANARI"));
    }
    let french = run(folder.path(), &["fine.csv", "--quasi", "dep", "--lang", "fr"]).stdout;
    assert!(String::from_utf8(french).unwrap().contains("plus petite classe (k)"));
}

#[test]
fn a_column_of_a_type_that_is_not_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let bytes: ArrayRef = Arc::new(arrow_array::BinaryArray::from_vec(vec![b"CANARI"]));
    let batch = RecordBatch::try_from_iter([("dep", bytes)]).unwrap();
    let file = fs::File::create(folder.path().join("q.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let (code, text) = refused(folder.path(), &["q.parquet", "--quasi", "dep"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("`dep`") && !text.contains("CANARI"), "{text}");
}

#[test]
fn a_file_of_an_opened_release_is_refused() {
    let folder = small();
    fs::write(folder.path().join("reception.json"), "{}").unwrap();
    let (code, text) = refused(folder.path(), &["p.csv", "--quasi", "dep"]);
    assert_eq!(code, 4, "{text}");
    assert!(text.contains("R12"), "{text}");
}

/// Another release about the persons of [`SMALL`], some of them elsewhere by now, and two more.
const OTHER: &str = "id;dep;age\na;75;40\nb;75;40\nx;75;40\nc;13;40\ne;2A;90\nf;13;41\ng;75;41\n";

#[test]
fn persons_are_linked_between_two_releases_as_counted_by_hand() {
    let folder = small();
    fs::write(folder.path().join("o.csv"), OTHER).unwrap();
    let words = ["p.csv", "--quasi", "dep,age", "--other", "o.csv"];
    let all = told(folder.path(), &[&words[..], &["--person", "id"]].concat());
    let linked = &all["linked"];
    // a and b among three, e and f alone with themselves, c is elsewhere now, and d is not there: (2/3 + 2) of six.
    assert!((linked["expected_share_linked_rightly"].as_f64().unwrap() - 8.0 / 18.0).abs() < 1e-12, "{linked}");
    assert_eq!((&linked["persons"], &linked["persons_of_the_other"]), (&6.into(), &7.into()));
    assert_eq!((&linked["persons_in_both"], &linked["distinct_domains"]), (&5.into(), &false.into()));
    // Three pairs that are alone on both sides, of seven pairs of a person and a class; one of them is wrong.
    assert!((linked["share_one_to_one"].as_f64().unwrap() - 3.0 / 7.0).abs() < 1e-12);
    assert_eq!(linked["share_with_candidates"], 1.0);

    // Pseudonyms of another domain have nothing in common.
    let renamed: String = OTHER
        .lines()
        .enumerate()
        .map(|(at, line)| if at == 0 { format!("{line}\n") } else { format!("z{line}\n") })
        .collect();
    fs::write(folder.path().join("o.csv"), renamed).unwrap();
    let all = told(folder.path(), &[&words[..], &["--person", "id"]].concat());
    let linked = &all["linked"];
    assert_eq!((&linked["persons_in_both"], &linked["distinct_domains"]), (&0.into(), &true.into()));
    assert_eq!(linked["expected_share_linked_rightly"], Value::Null);
    assert!((linked["share_one_to_one"].as_f64().unwrap() - 3.0 / 7.0).abs() < 1e-12);

    // Without a key every record is somebody: nothing can be said of who is linked rightly.
    let all = told(folder.path(), &words);
    assert_eq!((&all["linked"]["persons"], &all["linked"]["persons_in_both"]), (&8.into(), &Value::Null));
    let plain = told(folder.path(), &words[..3]);
    assert!(plain.get("linked").is_none());
}

#[test]
fn linkage_is_told_in_both_languages_and_tells_no_value() {
    let folder = small();
    fs::write(folder.path().join("o.csv"), OTHER).unwrap();
    for (lang, title, domains) in [
        ("C", "Linkage with the other release", "no key in common"),
        ("fr_FR.UTF-8", "Rapprochement avec l'autre diffusion", "aucune clé commune"),
    ] {
        let said = |words: &[&str]| {
            let mut command = common::tamis();
            let done = command.current_dir(folder.path()).env("LC_ALL", lang).arg("risk").args(words).output().unwrap();
            String::from_utf8(done.stdout).unwrap()
        };
        fs::write(folder.path().join("o.csv"), OTHER).unwrap();
        let words = ["p.csv", "--quasi", "dep,age", "--other", "o.csv", "--person", "id"];
        let text = said(&words);
        assert!(text.contains(title) && text.contains("44") && !text.contains(domains), "{text}");
        fs::write(folder.path().join("o.csv"), "id;dep;age\nq;75;40\n").unwrap();
        assert!(said(&words).contains(domains));
    }
    let (code, err) = refused(folder.path(), &["p.csv", "--quasi", "dep,age", "--other", "none.csv"]);
    assert!(code == 6 && err.contains("none.csv"), "{code} {err}");
    fs::write(folder.path().join("o.csv"), "id;dep\nq;75\n").unwrap();
    let (code, err) = refused(folder.path(), &["p.csv", "--quasi", "dep,age", "--other", "o.csv"]);
    assert!(code != 0 && err.contains("age") && !err.contains("75"), "{code} {err}");
}
