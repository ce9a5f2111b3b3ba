//! Pseudonyms under a kept key: what two releases have in common, and what they do not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tamis::clock::FixedClock;
use tamis::config::Pipeline;
use tamis::keys::{self, Epochs, KeyError, KeySource, MasterKey, SigningKey, VerifierKey};
use tamis::pipeline::{self, RunError, RunOptions, RunSummary, Unwatched};
use tempfile::TempDir;

use crate::common;

const SCHEMA: &str = r#"{
  "name": "suivi", "missingValues": [""],
  "fields": [
    {"name": "personne", "type": "string", "tamis:role": "subject-identifier"},
    {"name": "annee", "type": "integer", "tamis:role": "quasi-identifier"},
    {"name": "valeur", "type": "integer", "tamis:role": "other"}
  ]
}"#;

/// Persons in the input; `valeur` is the person's number, so that the tests can tell who is behind a pseudonym.
const PERSONS: usize = 40;

pub struct Office {
    folder: PathBuf,
    /// Removes the folder; `None` for whoever only looks in.
    _own: Option<TempDir>,
    age: BTreeMap<&'static str, String>,
    sender: String,
}

/// One row of a release: its pseudonym and the person's number.
type Row = (String, String);

impl Office {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let place = |name: &str| folder.path().join(name);
        fs::write(place("schema.json"), SCHEMA).unwrap();
        let mut rows = String::from("personne,annee,valeur\n");
        for i in 0..PERSONS {
            // Two records of each; the last person is alone in a class and never leaves.
            let year = if i + 1 == PERSONS { 1900 } else { 1980 };
            rows += &format!("p{i},{year},{i}\np{i},{year},{i}\n");
        }
        fs::write(place("suivi.csv"), rows).unwrap();
        keys::generate_root(&place("root.key"), Some("2026"), &clock()).unwrap();
        let sender = keys::generate_signing(&place("signing.key"), "crcdc").unwrap().as_str().to_owned();
        let age = ["ars-53", "ars-35"].map(|name| {
            (name, keys::generate_recipient(&place(&format!("{name}.key"))).unwrap().recipient().to_owned())
        });
        Self { folder: folder.path().to_path_buf(), _own: Some(folder), age: age.into(), sender }
    }

    /// An office that was set up by another process.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), _own: None, age: BTreeMap::new(), sender: String::new() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn pipeline(&self, linkage: &str, name: &str, output: &str, recipient: &str) -> PathBuf {
        let text = format!(
            r#"
[pipeline]
name = "{name}"
legal_basis = "CSP L1411-8"
purpose = "essai"
policy = "1"
[sender]
key = "{sender}"
[[recipient]]
name = "{recipient}"
age = "{age}"
use_for = "180 days"
[[source]]
name = "suivi"
schema = "schema.json"
files = ["suivi.csv"]
[subject]
column = "personne"
kind = "text"
linkage = "{linkage}"
[[keep]]
column = "annee"
[[keep]]
column = "valeur"
[[persons]]
name = "{output}"
protect = {{ k = 2, quasi_identifiers = ["annee"] }}
[export]
to = "out"
formats = ["csv"]
"#,
            sender = self.sender,
            age = self.age[recipient],
        );
        let path = self.path("pipeline.toml");
        fs::write(&path, text).unwrap();
        path
    }

    fn signer(&self) -> SigningKey {
        let public = VerifierKey::new(&fs::read_to_string(self.path("signing.key.pub")).unwrap()).unwrap();
        keys::load_signing_key(&KeySource::File(self.path("signing.key")), &public).unwrap()
    }

    /// First and last column of an output.
    fn rows(&self, summary: &RunSummary, output: &str, recipient: &str) -> Vec<Row> {
        let identity = keys::load_identity(&KeySource::File(self.path(&format!("{recipient}.key")))).unwrap();
        let files = common::unsealed(&summary.release, recipient, identity.age());
        let text = String::from_utf8(files[&format!("data/{output}.csv")].clone()).unwrap();
        let ends = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[0].to_owned(), cells[cells.len() - 1].to_owned())
        };
        text.lines().skip(1).map(ends).collect()
    }

    fn root(&self) -> MasterKey {
        keys::load_root(&KeySource::File(self.path("root.key"))).unwrap()
    }

    fn epochs(&self) -> Epochs {
        Epochs::read(&Epochs::beside(&self.path("root.key")), &self.root().fingerprint()).unwrap()
    }

    fn rotate(&self, name: &str) {
        keys::open_epoch(&Epochs::beside(&self.path("root.key")), &self.root().fingerprint(), name, &clock()).unwrap();
    }

    pub fn run(&self, pipeline: &Path, bridge: Option<&str>) -> (TempDir, RunSummary) {
        let pipeline = Pipeline::read(pipeline).unwrap_or_else(|e| panic!("{e:?}"));
        let epoch = self.epochs().choose(bridge, Path::new("root.key.epochs")).unwrap();
        let out = TempDir::new().unwrap();
        let signer = self.signer();
        let options = RunOptions { signer: Some(&signer), ..options(out.path(), Some(self.root()), Some(epoch)) };
        let summary = pipeline::run(&pipeline, options).unwrap();
        (out, summary)
    }

    /// The rows of the only output of a lasting pipeline.
    fn release(&self, name: &str, output: &str, recipient: &str) -> Vec<Row> {
        let (_out, summary) = self.run(&self.pipeline("longitudinal", name, output, recipient), None);
        self.rows(&summary, output, recipient)
    }
}

fn clock() -> FixedClock {
    FixedClock("2026-03-01T12:00:00Z".parse().unwrap())
}

fn options(out: &Path, key: Option<MasterKey>, epoch: Option<keys::EpochChoice>) -> RunOptions<'static> {
    let out = Some(out.to_path_buf());
    let clock = Arc::new(clock());
    RunOptions {
        out,
        threads: Some(2),
        key,
        draw_key: None,
        epoch,
        signer: None,
        operator: None,
        repeat: tamis::pipeline::Repeat::Allowed,
        clock,
        watch: &Unwatched,
    }
}

fn pseudonyms(rows: &[Row]) -> BTreeSet<&str> {
    rows.iter().map(|row| row.0.as_str()).collect()
}

#[test]
fn a_person_keeps_the_pseudonym_from_one_campaign_to_the_next_within_an_epoch() {
    let office = Office::new();
    let first = office.release("suivi", "personnes", "ars-53");
    assert_eq!(pseudonyms(&first).len(), PERSONS - 1);
    assert_eq!(first, office.release("suivi", "personnes", "ars-53"));
}

#[test]
fn two_recipients_have_no_pseudonym_in_common_nor_have_two_epochs_outputs_or_pipelines() {
    let office = Office::new();
    let mut releases = vec![
        office.release("suivi", "personnes", "ars-53"),
        office.release("suivi", "personnes", "ars-35"),
        office.release("suivi", "autres", "ars-53"),
        office.release("suivi-2", "personnes", "ars-53"),
    ];
    office.rotate("2027");
    releases.push(office.release("suivi", "personnes", "ars-53"));
    let all: BTreeSet<&str> = releases.iter().flat_map(|rows| pseudonyms(rows)).collect();
    assert_eq!(all.len(), 5 * (PERSONS - 1), "a pseudonym stands in two releases");
}

#[test]
fn recipients_of_pseudonyms_for_one_release_share_none_even_under_one_key() {
    let office = Office::new();
    let release = |recipient: &str| {
        let pipeline = Pipeline::read(&office.pipeline("release", "suivi", "personnes", recipient)).unwrap();
        let out = TempDir::new().unwrap();
        let signer = office.signer();
        let options = RunOptions { signer: Some(&signer), ..options(out.path(), Some(office.root()), None) };
        let summary = pipeline::run(&pipeline, options).unwrap();
        office.rows(&summary, "personnes", recipient)
    };
    let (one, other, lasting) = (release("ars-53"), release("ars-35"), office.release("suivi", "personnes", "ars-53"));
    assert!(pseudonyms(&one).is_disjoint(&pseudonyms(&other)));
    assert!(pseudonyms(&one).is_disjoint(&pseudonyms(&lasting)));
    assert_eq!(one, release("ars-53"), "else the test shows nothing");
}

#[test]
fn the_correspondence_leads_from_the_old_release_to_the_new_one_and_names_nobody_else() {
    let office = Office::new();
    let old = office.release("suivi", "personnes", "ars-53");
    office.rotate("2027");
    let (_out, summary) = office.run(&office.pipeline("longitudinal", "suivi", "personnes", "ars-53"), Some("2026"));
    let new = office.rows(&summary, "personnes", "ars-53");
    let bridge = office.rows(&summary, "personnes-correspondance", "ars-53");
    assert_eq!(summary.bridges[0].persons, (PERSONS - 1) as u64);

    let person = |rows: &[Row]| rows.iter().cloned().collect::<BTreeMap<_, _>>();
    let (old, new) = (person(&old), person(&new));
    assert_eq!(bridge.len(), PERSONS - 1, "each person once, and the one that did not leave not at all");
    for (earlier, present) in &bridge {
        assert_eq!(old[earlier], new[present], "both are the same person's");
    }
    assert!(bridge.is_sorted_by_key(|row| row.1.clone()), "no order of the input is left");
    let identity = keys::load_identity(&KeySource::File(office.path("ars-53.key"))).unwrap();
    let files = common::unsealed(&summary.release, "ars-53", identity.age());
    assert!(files["data/personnes-correspondance.csv"].starts_with(b"pseudonyme_ancien,pseudonyme\n"));
    let package: serde_json::Value = serde_json::from_slice(&files["datapackage.json"]).unwrap();
    assert_eq!(package["tamis:release"]["protection"]["epoch"], "2027");
}

#[test]
fn without_the_kept_key_and_its_epoch_nothing_is_read_or_made() {
    let office = Office::new();
    let read = |linkage: &str| Pipeline::read(&office.pipeline(linkage, "suivi", "personnes", "ars-53")).unwrap();
    let (lasting, release) = (read("longitudinal"), read("release"));
    fs::remove_file(office.path("suivi.csv")).unwrap();
    let out = office.path("out");
    let choice = || office.epochs().choose(None, Path::new("x")).unwrap();
    let refuse = |pipeline: &Pipeline, key, epoch| {
        let Err(error) = pipeline::run(pipeline, options(&out, key, epoch)) else { panic!("the run went on") };
        assert_eq!(error.exit_code(), 5, "{error}");
        assert!(!out.exists(), "a run folder was made");
        let RunError::Key(error) = error else { panic!("{error}") };
        error
    };
    assert!(matches!(refuse(&lasting, None, None), KeyError::KeyNeeded));
    assert!(matches!(refuse(&lasting, None, Some(choice())), KeyError::KeyNeeded));
    assert!(matches!(refuse(&lasting, Some(office.root()), None), KeyError::EpochNeeded));
    assert!(matches!(refuse(&lasting, Some(common::key(7)), Some(choice())), KeyError::OtherLedger));
    assert!(matches!(refuse(&release, Some(office.root()), Some(choice())), KeyError::NotLasting));
}

#[test]
fn the_program_takes_a_kept_key_where_it_is_needed_and_nowhere_else() {
    let office = Office::new();
    let run = |more: &[&str]| {
        let mut command = common::tamis();
        command.current_dir(&office.folder).args(["run", "pipeline.toml", "--format", "json"]).args(more);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    office.pipeline("longitudinal", "suivi", "personnes", "ars-53");
    let key = ["--root-key", "root.key"];
    let (code, _, told) = run(&[]);
    assert_eq!(code, Some(5), "{told}");
    assert!(told.contains("--root-key"), "{told}");
    assert_eq!(run(&["--epochs", "root.key.epochs"]).0, Some(2), "a ledger without a key");
    assert_eq!(run(&["--bridge", "2026"]).0, Some(2));
    for bridge in ["2026", "2025"] {
        let (code, _, told) = run(&[&key[..], &["--bridge", bridge]].concat());
        assert_eq!(code, Some(5), "{told}");
    }
    assert!(!office.path("out").exists());
    let (code, _, told) = run(&key);
    assert_eq!(code, Some(5), "{told}");
    assert!(told.contains("--signing-key"), "{told}");
    let key = [&key[..], &["--signing-key", "signing.key"]].concat();
    let (code, _, told) = run(&key);
    assert_eq!(code, Some(0), "{told}");
    office.rotate("2027");
    let (code, out, told) = run(&[&key[..], &["--bridge", "2026"]].concat());
    assert_eq!(code, Some(0), "{told}");
    let summary: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(summary["correspondences"][0]["persons"], PERSONS - 1);

    office.pipeline("release", "suivi", "personnes", "ars-53");
    let (code, _, told) = run(&key);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("keeps no key"), "{told}");
}
