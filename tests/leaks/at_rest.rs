//! What stands on the disk while a sealed release is made: the process is killed before a call to the file system, and its folders
//! are searched as it left them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use tamis::clock::SystemClock;
use tamis::config::Pipeline;
use tamis::disk::faults::{self, Fault, Plan};
use tamis::keys::{self, KeySource, VerifierKey};
use tamis::pipeline::{RunOptions, Unwatched};

use crate::common;
use crate::machines::{self, Machine};

const NAME: &str = "at_rest::at_no_moment_of_a_sealed_run_does_any_of_its_rows_stand_on_the_disk_in_the_clear";
/// Tells the child that the test starts before which call it dies, and where it works.
const CALL: &str = "TAMIS_TEST_KILL";
const FOLDER: &str = "TAMIS_TEST_FOLDER";
/// Every row of the release begins so in one of its columns.
const FEATHER: &[u8] = b"PLUMAGE";
const ROWS: usize = 300;

const SCHEMA: &str = r#"{
  "name": "ville", "missingValues": [""],
  "fields": [
    {"name": "personne", "type": "string", "tamis:role": "subject-identifier"},
    {"name": "annee", "type": "integer", "tamis:role": "quasi-identifier"},
    {"name": "marque", "type": "string", "tamis:role": "other"}
  ]
}"#;

const PIPELINE: &str = r#"
[pipeline]
name = "ville"
legal_basis = "CSP L1411-8"
purpose = "essai"
policy = "1"
[limits]
memory = "1 KiB"
buckets = 2
[[source]]
name = "ville"
schema = "schema.json"
files = ["in/ville.csv"]
[subject]
column = "personne"
kind = "text"
linkage = "release"
[[keep]]
column = "annee"
[[keep]]
column = "marque"
[[persons]]
name = "lignes"
protect = { quasi_identifiers = ["annee"] }
[[aggregate]]
name = "tableau"
by = ["annee"]
measure = [{ count = "persons" }]
[sample]
design = "bernoulli"
rate = "9/10"
[export]
to = "out"
"#;

fn town() -> Machine {
    let sender = machines::sender();
    machines::recipient("dgs", &sender);
    let rows: String = (0..ROWS).map(|i| format!("habitant-{i:05},2020,PLUMAGE{i:05}\n")).collect();
    fs::write(sender.path("in/ville.csv"), format!("personne,annee,marque\n{rows}")).unwrap();
    fs::write(sender.path("schema.json"), SCHEMA).unwrap();
    let transmission = machines::transmission(&sender, &["dgs"], "use_for = \"30 days\"\n");
    fs::write(sender.path("pipeline.toml"), PIPELINE.replace("[export]", &format!("{transmission}[export]"))).unwrap();
    sender
}

/// The part of the child.
fn work(folder: &Path, nth: u64) {
    let public = VerifierKey::new(&fs::read_to_string(folder.join("signing.key.pub")).unwrap()).unwrap();
    let signer = keys::load_signing_key(&KeySource::File(folder.join("signing.key")), &public).unwrap();
    let pipeline = Pipeline::read(&folder.join("pipeline.toml")).unwrap_or_else(|e| panic!("{e:?}"));
    let options = RunOptions {
        out: None,
        threads: Some(1),
        key: None,
        draw_key: None,
        epoch: None,
        signer: Some(&signer),
        operator: None,
        repeat: tamis::pipeline::Repeat::Allowed,
        clock: Arc::new(SystemClock),
        watch: &Unwatched,
    };
    faults::arm(Plan { call: None, nth, for_ever: false, fault: Fault::Kill });
    let summary = tamis::pipeline::run(&pipeline, options).unwrap_or_else(|e| panic!("{e:?}"));
    assert!(summary.spilled > 0, "nothing was spilled");
}

/// Files that hold rows, or a table that is not encrypted.
fn in_the_clear(machine: &Machine) -> Vec<PathBuf> {
    let holds = |bytes: &[u8], what: &[u8]| memchr::memmem::find(bytes, what).is_some();
    let ours = ["out", "tmp", "drop"].iter().flat_map(|folder| common::files(&machine.path(folder)));
    let marks: [&[u8]; 4] = [FEATHER, b"PAR1", b"pseudonyme,", b"ARROW1"];
    ours.filter(|(_, bytes)| marks.iter().any(|mark| holds(bytes, mark))).map(|(name, _)| name).collect()
}

#[test]
fn at_no_moment_of_a_sealed_run_does_any_of_its_rows_stand_on_the_disk_in_the_clear() {
    if let (Ok(nth), Some(folder)) = (std::env::var(CALL), std::env::var_os(FOLDER)) {
        work(Path::new(&folder), nth.parse().unwrap());
        return;
    }
    let (sender, mut moments) = (town(), 0);
    // Every second call: a file that is written has at least an opening and a writing.
    for nth in (1..).step_by(2) {
        for folder in ["out", "tmp"] {
            let _ = fs::remove_dir_all(sender.path(folder));
            fs::create_dir(sender.path(folder)).unwrap();
        }
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", NAME, "--nocapture", "--test-threads=1"]);
        child.env(CALL, nth.to_string()).env(FOLDER, sender.folder()).env("TMPDIR", sender.path("tmp"));
        let status = child.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert_eq!(in_the_clear(&sender), Vec::<PathBuf>::new(), "before call {nth}");
        moments += 1;
        if status.success() {
            break;
        }
        assert_eq!(status.code(), None, "the child ended by itself before call {nth}");
    }
    assert!(moments > 30, "{moments} moments were looked at");
}

/// The search above can fail: in the open, the same run leaves what it looks for.
#[test]
fn the_same_run_without_a_recipient_leaves_rows_that_the_search_finds() {
    let sender = town();
    fs::write(sender.path("pipeline.toml"), PIPELINE).unwrap();
    sender.tamis(&["run", "pipeline.toml"]).ends(0);
    let found = in_the_clear(&sender);
    assert!(
        found.iter().any(|f| f.ends_with("data/lignes.csv"))
            && found.iter().any(|f| f.ends_with("data/lignes.parquet")),
        "{found:?}"
    );
}
