//! Batches: the same files a second time, a folder that fills up, and what an operator's machines read of a run.

use std::fs;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::tables::Table;
use crate::workshop::{Told, Workshop, told};

const RUN: [&str; 2] = ["run", "pipeline.toml"];

fn tamis(shop: &Workshop, more: &[&str]) -> Told {
    told(shop.command(&[&RUN[..], more].concat()).output().unwrap())
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn document(folder: &std::path::Path, name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join("dossier").join(name)).unwrap()).unwrap()
}

#[test]
fn the_same_files_are_released_from_once_unless_somebody_asks_again() {
    let shop = Workshop::new();
    shop.input("c.csv", Workshop::records(400));
    shop.pipeline("*.csv", "", "");
    let first = tamis(&shop, &[]);
    assert_eq!(first.code, Some(0), "{}", first.err);
    let [run] = shop.runs().try_into().unwrap();
    let name = run.file_name().unwrap().to_str().unwrap().to_owned();

    let second = tamis(&shop, &[]);
    assert_eq!(second.code, Some(2));
    assert!(second.err.contains(&name) && second.err.contains("--again"), "{}", second.err);
    let french = tamis(&shop, &["--lang", "fr"]);
    assert!(french.err.contains("déjà transmis") && french.err.contains(&name), "{}", french.err);
    assert_eq!(shop.runs().len(), 1, "nothing is made of it");
    // Another name for the same content changes nothing about it.
    fs::rename(shop.path("in/c.csv"), shop.path("in/d.csv")).unwrap();
    assert_eq!(tamis(&shop, &[]).code, Some(2));

    let again = tamis(&shop, &["--again"]);
    assert_eq!(again.code, Some(0), "{}", again.err);
    let ids: Vec<Value> = shop.runs().iter().map(|run| document(run, "run.json")["id"].clone()).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1] && ids[0].as_str().unwrap().len() == 32, "{ids:?}");
    let input = &document(&run, "run.json")["inputs"][0];
    assert_eq!(input["sha256"].as_str().unwrap(), sha256(&fs::read(shop.path("in/d.csv")).unwrap()));

    // One more record is another run; so is another pipeline over the same files.
    let mut text = fs::read_to_string(shop.path("in/d.csv")).unwrap();
    let last = text.lines().last().unwrap().to_owned();
    text.push_str(&format!("{last}\n"));
    fs::write(shop.path("in/d.csv"), text).unwrap();
    assert!(matches!(tamis(&shop, &[]).code, Some(0 | 3)));
}

#[test]
fn a_run_that_released_nothing_does_not_stand_in_the_way() {
    let shop = Workshop::new();
    shop.input("c.csv", "a;b\n1;2\n");
    shop.pipeline("c.csv", "", "");
    let refused = tamis(&shop, &[]);
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    let [run] = shop.runs().try_into().unwrap();
    // The report of a run that failed is there without asking, and the error says where.
    assert!(refused.err.contains("report: out/essai-"), "{}", refused.err);
    let report = fs::read_to_string(run.join("dossier/report.html")).unwrap();
    assert!(report.contains("Nothing was released"));
    assert_eq!(tamis(&shop, &[]).code, Some(1), "it is read again, and refused for the same reason");
}

#[test]
fn of_a_folder_that_fills_up_only_new_files_are_read() {
    let shop = Workshop::new();
    let whole = Table::parse(&Workshop::records(900));
    let part = |range: std::ops::Range<usize>| {
        Table { labels: whole.labels.clone(), rows: whole.rows[range].to_vec() }.to_csv()
    };
    shop.input("1.csv", part(0..300));
    shop.pipeline("*.csv", "", "");
    let read = |told: &Told| -> u64 {
        assert_eq!(told.code, Some(0), "{}", told.err);
        let json: Value = serde_json::from_str(&told.out).unwrap();
        json["records"]["read"].as_u64().unwrap()
    };
    let since = ["--since", "last", "--format", "json"];
    assert_eq!(read(&tamis(&shop, &since)), 300, "without an earlier run everything is new");
    let nothing = tamis(&shop, &["--since", "last"]);
    assert_eq!((nothing.code, nothing.err.as_str()), (Some(0), ""));
    assert!(nothing.out.starts_with("nothing is new"), "{}", nothing.out);
    let nothing: Value = serde_json::from_str(&tamis(&shop, &since).out).unwrap();
    assert_eq!(nothing["nothing_new"], 1);
    shop.input("2.csv", part(300..500)).input("3.csv", part(500..900));
    assert_eq!(read(&tamis(&shop, &since)), 600);
    let latest = shop.runs().into_iter().max().unwrap();
    let run = document(&latest, "run.json");
    assert_eq!((run["inputs"].as_array().unwrap().len(), run["left_out"].as_u64()), (2, Some(1)));
    assert!(fs::read_to_string(latest.join("dossier/report.html")).unwrap().contains("One file was left out"));
    assert_eq!(shop.runs().len(), 2);
    // A name that was used before tells nothing about what a file holds now.
    shop.input("1.csv", part(100..250));
    assert_eq!(read(&tamis(&shop, &since)), 150);
    assert_eq!(tamis(&shop, &["--since", "last", "--again"]).code, Some(2));
}

#[test]
fn a_steward_judges_what_the_next_run_will_read() {
    let shop = Workshop::new();
    shop.input("1.csv", Workshop::records(300)).pipeline("*.csv", "", "");
    let validate = |more: &[&str]| {
        let words = ["validate", "--pipeline", "pipeline.toml", "--format", "json"];
        told(shop.command(&[&words[..], more].concat()).output().unwrap())
    };
    let read = |told: &Told| -> Value {
        let json: Value = serde_json::from_str(&told.out).unwrap_or_else(|_| panic!("{}{}", told.out, told.err));
        json["sources"][0]["records"]["read"].clone()
    };
    assert_eq!(read(&validate(&["--since", "last"])), 300, "without an earlier run everything is new");
    assert_eq!(tamis(&shop, &[]).code, Some(0));
    let nothing = validate(&["--since", "last"]);
    assert_eq!((nothing.code, nothing.err.as_str()), (Some(0), ""));
    assert_eq!(serde_json::from_str::<Value>(&nothing.out).unwrap()["nothing_new"], 1);
    shop.input("2.csv", "a;b\n1;2\n");
    let bad = validate(&["--since", "last"]);
    assert!(bad.code == Some(1) && bad.out.contains("2.csv") && !bad.out.contains("1.csv"), "{}", bad.out);
    assert!(validate(&[]).out.contains("1.csv"), "without --since all are judged");
    // Runs that lie elsewhere are looked for there.
    assert_eq!(validate(&["--since", "last", "--out", "in"]).code, Some(1));
    assert!(validate(&["--since", "last", "--out", "in"]).out.contains("1.csv"));
    assert_eq!(validate(&["--out", "in"]).code, Some(2));
}

#[test]
fn synthetic_records_are_written_whole_or_not_at_all() {
    let shop = Workshop::new();
    fs::write(shop.path("other.json"), "{\"name\": \"autre\", \"fields\": [{\"name\": \"a\"}]}").unwrap();
    for file in ["s.csv", "s.csv.gz"] {
        let words = ["synth", "--schema", "other.json", "--records", "5", "-o", file];
        let refused = told(shop.command(&words).output().unwrap());
        assert!(refused.code == Some(2) && refused.err.contains("no synthetic records"), "{}", refused.err);
        assert!(!shop.path(file).exists(), "nothing is left of {file}");
    }
    fs::write(shop.path("s.csv"), "kept").unwrap();
    let words = ["synth", "--schema", "other.json", "--records", "5", "-o", "s.csv"];
    assert_ne!(told(shop.command(&words).output().unwrap()).code, Some(0));
    assert_eq!(fs::read_to_string(shop.path("s.csv")).unwrap(), "kept", "what stood there is not ours");
}

#[test]
fn collectors_read_lines_and_alarms_read_figures() {
    let shop = Workshop::new();
    shop.input("c.csv", Workshop::records(400));
    shop.pipeline("c.csv", "", "");
    let metrics = ["--metrics", "tamis.prom", "--log", "json"];
    let done = tamis(&shop, &metrics);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let lines: Vec<Value> = done.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!((events[0], *events.last().unwrap()), ("begun", "ended"));
    let mut stages =
        lines.iter().filter(|line| line["event"] == "stage done").map(|line| line["stage"].as_str().unwrap());
    assert_eq!(stages.clone().next(), Some("sieve"));
    assert!(stages.next_back() == Some("destroy") && lines.iter().all(|line| line["pipeline"] == "essai"));
    assert!(
        serde_json::from_str::<Value>(&done.out).unwrap()["records"].is_object(),
        "standard output is JSON as well"
    );
    let figure = |name: &str| -> Option<f64> {
        let text = fs::read_to_string(shop.path("tamis.prom")).unwrap();
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    };
    assert_eq!(figure("tamis_run_exit_code{pipeline=\"essai\"}"), Some(0.0));
    assert_eq!(figure("tamis_records{pipeline=\"essai\",what=\"read\"}"), Some(400.0));
    assert_eq!(figure("tamis_working_data_destroyed{pipeline=\"essai\"}"), Some(1.0));
    let last = figure("tamis_run_last_success_timestamp_seconds{pipeline=\"essai\"}").unwrap();

    // A run that is refused tells so, and when one last went well.
    let refused = tamis(&shop, &metrics);
    assert_eq!(refused.code, Some(2));
    assert_eq!(figure("tamis_run_exit_code{pipeline=\"essai\"}"), Some(2.0));
    assert_eq!(figure("tamis_records{pipeline=\"essai\",what=\"read\"}"), None);
    assert_eq!(figure("tamis_run_last_success_timestamp_seconds{pipeline=\"essai\"}"), Some(last));
    let error: Value = serde_json::from_str(refused.err.lines().last().unwrap()).unwrap();
    assert_eq!(error["exit_code"], 2);
}
