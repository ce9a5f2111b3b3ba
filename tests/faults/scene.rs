//! A small run in a folder of its own, what must hold whenever it stops, and how it goes on afterwards.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use age::secrecy::ExposeSecret;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tamis::audit::{self, Entry, Operator};
use tamis::clock::Clock;
use tamis::config::Pipeline;
use tamis::destroy::State;
use tamis::keys::{SigningKey, VerifierKey, generate_signing_key};
use tamis::pipeline::{self, Closed, Closing, RunError, RunOptions, RunSummary, Unwatched, Waiting, Watch};
use tamis::reception::{self, Desk, OpenRequest};
use tamis::seal::Package;

use crate::common;

/// Stand in every direct identifier of the input: the beginning of every NIR, and a part of every name and address.
const INPUT: [&str; 2] = ["2840588321", "KANARIENVOGEL"];
/// Stands in every row of an output.
const OUTPUT: &str = "sortie-canari";
const PERSONS: u64 = 200;
const PURPOSE: &str = "essai";

const SCHEMA: &str = r#"{
  "name": "suivi", "missingValues": [""],
  "fields": [
    {"name": "personne", "type": "string", "tamis:role": "subject-identifier"},
    {"name": "nom", "type": "string", "tamis:role": "direct-identifier"},
    {"name": "annee", "type": "integer", "tamis:role": "quasi-identifier"},
    {"name": "groupe", "type": "string", "tamis:role": "other"}
  ]
}"#;

/// How the release of a run leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In the clear; the run ends by itself.
    Open,
    /// Sealed; the run waits for its recipient and for an operator, and its source files are destroyed.
    Sealed,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Sealed => "sealed",
        }
    }

    pub fn of_word(word: &str) -> Self {
        if word == "open" { Self::Open } else { Self::Sealed }
    }
}

/// Every answer a second later than the one before: two runs never have one name.
struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn now(&self) -> DateTime<Utc> {
        let seconds = self.0.fetch_add(1, Ordering::Relaxed);
        "2026-03-01T12:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds as i64)
    }
}

/// Keys that outlive the runs of a test, and the folder of one run after the other.
pub struct Scene {
    folder: PathBuf,
    kind: Kind,
    identity: age::x25519::Identity,
    sender: SigningKey,
    reader: SigningKey,
    clock: Arc<dyn Clock>,
    pipeline: Pipeline,
}

fn key(folder: &Path, name: &str) -> SigningKey {
    let path = folder.join(name);
    if !path.exists() {
        let (secret, public) = generate_signing_key(name).unwrap();
        fs::write(&path, format!("{}\n{}", *secret, public.as_str())).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    let (secret, public) = text.split_once('\n').unwrap();
    SigningKey::new(secret, &VerifierKey::new(public).unwrap()).unwrap()
}

/// 13 digits of a NIR with their key.
fn nir(n: u64) -> String {
    let digits: u64 = format!("{}{n:03}", INPUT[0]).parse().unwrap();
    format!("{digits}{:02}", 97 - digits % 97)
}

pub fn who() -> Operator {
    Operator::new("M. Martin", 1000).unwrap()
}

impl Scene {
    /// The scene in a folder, which another process may have set up. `start` is the second at which its clock begins.
    pub fn of(folder: &Path, kind: Kind, start: u64) -> Self {
        let path = folder.join("identity");
        if !path.exists() {
            fs::write(&path, age::x25519::Identity::generate().to_string().expose_secret()).unwrap();
        }
        let identity: age::x25519::Identity = fs::read_to_string(&path).unwrap().parse().unwrap();
        let (sender, reader) = (key(folder, "crcdc"), key(folder, "dgs"));
        fs::write(folder.join("schema.json"), SCHEMA).unwrap();
        let file = folder.join(format!("{}.toml", kind.word()));
        let age = identity.to_public().to_string();
        fs::write(&file, text(kind, &age, sender.verifier(), reader.verifier())).unwrap();
        let scene = Self {
            folder: folder.to_path_buf(),
            kind,
            identity,
            sender,
            reader,
            clock: Arc::new(Ticking(AtomicU64::new(start))),
            pipeline: Pipeline::read(&file).unwrap(),
        };
        if !scene.case().exists() {
            scene.clean();
        }
        scene
    }

    /// The folder of one run: input, output, spill.
    pub fn case(&self) -> PathBuf {
        self.folder.join("case")
    }

    pub fn out(&self) -> PathBuf {
        self.case().join("out")
    }

    /// The recipient's folder; not part of what is searched.
    pub fn desk(&self) -> PathBuf {
        self.folder.join("desk")
    }

    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Everything anew: the input, and nothing else.
    pub fn clean(&self) {
        for old in [self.case(), self.desk()] {
            if old.exists() {
                fs::remove_dir_all(old).unwrap();
            }
        }
        for new in ["in", "out", "spill"] {
            fs::create_dir_all(self.case().join(new)).unwrap();
        }
        self.put_sources();
    }

    fn sources() -> [(&'static str, String); 2] {
        let rows = |from: u64, to: u64| {
            let row = |n: u64| {
                format!("{},{} n°{n},{},{OUTPUT}-{}\n", nir(n), INPUT[1], 1980 + n % 2, ["a", "b"][(n % 2) as usize])
            };
            "personne,nom,annee,groupe\n".to_owned() + &(from..to).map(row).collect::<String>()
        };
        [("suivi-1.csv", rows(0, PERSONS / 2)), ("suivi-2.csv", rows(PERSONS / 2, PERSONS))]
    }

    fn put_sources(&self) {
        for (name, text) in Self::sources() {
            fs::write(self.case().join("in").join(name), text).unwrap();
        }
    }

    pub fn run(&self) -> Result<RunSummary, RunError> {
        self.run_watched(&Unwatched)
    }

    pub fn run_watched(&self, watch: &dyn Watch) -> Result<RunSummary, RunError> {
        let options = RunOptions {
            out: None,
            // One, so that the nth call is the same each time.
            threads: Some(1),
            key: None,
            draw_key: None,
            epoch: None,
            signer: (self.kind == Kind::Sealed).then_some(&self.sender),
            operator: Some(who()),
            repeat: tamis::pipeline::Repeat::Allowed,
            clock: self.clock(),
            watch,
        };
        pipeline::run(&self.pipeline, options)
    }

    /// The run directories, oldest first.
    pub fn runs(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.out()) else { return Vec::new() };
        let mut runs: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
        runs.sort();
        runs
    }

    fn closing(&self, acknowledgement: Option<Vec<u8>>, confirm: Option<String>) -> Closing<'_> {
        Closing {
            acknowledgements: acknowledgement.into_iter().collect(),
            signer: (self.kind == Kind::Sealed).then_some(&self.sender),
            operator: Some(who()),
            confirm,
            keep_sources: false,
            clock: self.clock(),
        }
    }

    /// What `tamis resume` does.
    pub fn resume(&self, run: &Path) -> Result<Closed, RunError> {
        pipeline::close(run, &self.closing(None, None))
    }

    /// What the operator does when the acknowledgement has come.
    pub fn close(&self, run: &Path, acknowledgement: &[u8]) -> Result<Closed, RunError> {
        let name = run.file_name().unwrap().to_str().unwrap().split_once('-').unwrap().1.to_owned();
        pipeline::close(run, &self.closing(Some(acknowledgement.to_vec()), Some(name)))
    }

    /// The recipient opens the sealed file and acknowledges it.
    pub fn acknowledge(&self, run: &Path) -> Vec<u8> {
        let output = self.folder.join("ack");
        if output.exists() {
            fs::remove_file(&output).unwrap();
        }
        let package = fs::read_dir(run.join("sealed")).unwrap().next().unwrap().unwrap().path();
        let age = self.identity.to_public().to_string();
        let request = OpenRequest {
            package: &package,
            sender: self.sender.verifier(),
            identity: &self.identity,
            age: &age,
            purpose: PURPOSE,
            who: &who(),
            stop: &|| false,
        };
        let opened = Desk::enter(&self.desk(), self.clock()).unwrap().open(&request).unwrap();
        reception::acknowledge(&opened.path, &self.reader, &who(), &output, &self.clock()).unwrap();
        fs::read(output).unwrap()
    }

    // --- What must hold whenever a run stops --------------------------------------------------------------------------

    /// Nothing half visible, nothing in the clear, nothing destroyed early.
    pub fn check(&self, when: &str) {
        let mut intended = false;
        for run in self.runs() {
            let log = log(&run);
            let happened = |event: &str| log.iter().any(|entry| entry.event == event);
            for name in ["release", "sealed"] {
                let seen = run.join(name).exists();
                assert!(
                    !seen || happened("read back"),
                    "{when}: `{name}` is seen, and the journal knows nothing of it"
                );
            }
            let mut intents = log.iter().filter(|entry| entry.event == State::DestroyIntended.as_str());
            intended |= intents.any(|entry| entry.fields["sources"] == "destroyed");
        }
        self.nothing_in_the_clear(when);
        for (name, text) in Self::sources() {
            let found = fs::read(self.case().join("in").join(name));
            assert!(intended || found.is_ok_and(|found| found == text.as_bytes()), "{when}: {name} is not as it was");
        }
    }

    fn nothing_in_the_clear(&self, when: &str) {
        for (path, bytes) in common::files(&self.case()) {
            if path.starts_with("in") {
                continue;
            }
            let place = path.parent().and_then(Path::file_name).and_then(|n| n.to_str()).unwrap_or("").to_owned();
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.ends_with(".tamis") {
                assert!(["sealed", "sealed.partial"].contains(&place.as_str()), "{when}: {}", path.display());
            }
            for canary in INPUT {
                assert!(!contains(&bytes, canary) && !name.contains(canary), "{when}: {canary} in {}", path.display());
            }
            let released =
                self.kind == Kind::Open && path.iter().any(|part| part == "release" || part == "release.partial");
            // A value that all have is told once for each place of a page where it is counted, and not once for each row.
            let whole = name.strip_prefix('.').and_then(|name| name.strip_suffix(".partial")).unwrap_or(name);
            let tells = place == "dossier" && ["utility.json", "report.html"].contains(&whole);
            let times = bytes.windows(OUTPUT.len()).filter(|bytes| *bytes == OUTPUT.as_bytes()).count();
            let most = if tells { PERSONS as usize / 10 } else { 0 };
            assert!(released || times <= most, "{when}: rows in {}", path.display());
        }
        let left: Vec<PathBuf> = common::files(&std::env::temp_dir()).into_keys().collect();
        assert!(left.is_empty(), "{when}: left in TMPDIR: {left:?}");
    }

    // --- How it goes on -----------------------------------------------------------------------------------------------

    /// With a disk that works again every run comes to its end, or says why it never began, and the next run works.
    pub fn go_on(&self, when: &str) {
        self.end_all(when);
        self.next_run(when);
    }

    pub fn end_all(&self, when: &str) {
        for run in self.runs() {
            self.end(&run, when);
        }
    }

    pub fn next_run(&self, when: &str) {
        // A run that was closed may have taken its sources with it.
        self.put_sources();
        let summary = self.run().unwrap_or_else(|e| panic!("{when}: the next run fails: {e}"));
        let run = summary.dossier.parent().unwrap().to_path_buf();
        assert!(run.join(if self.kind == Kind::Open { "release" } else { "sealed" }).exists(), "{when}");
        assert_eq!(summary.waiting.is_some(), self.kind == Kind::Sealed, "{when}");
    }

    /// Closes a run, whatever it needs.
    pub fn end(&self, run: &Path, when: &str) -> Option<Closed> {
        let before = log(run).iter().any(|entry| entry.event == State::Certified.as_str());
        let mut closed = self.resume(run);
        if let Err(RunError::NeverBegan { .. }) = closed {
            assert!(log(run).is_empty(), "{when}: it began");
            return None;
        }
        if let Err(error) = closed {
            // It was given up just now, and said why.
            assert!(matches!(error, RunError::Export(_)), "{when}: {error}");
            closed = self.resume(run);
        }
        let mut closed = closed.unwrap_or_else(|e| panic!("{when}: {e}"));
        match closed.waiting {
            Some(Waiting::Acknowledgements(_)) => {
                let acknowledgement = self.acknowledge(run);
                closed = self.close(run, &acknowledgement).unwrap_or_else(|e| panic!("{when}: {e}"));
            }
            Some(Waiting::Confirmation) => {
                let name = closed.run.clone();
                closed =
                    pipeline::close(run, &self.closing(None, Some(name))).unwrap_or_else(|e| panic!("{when}: {e}"));
            }
            None => {}
        }
        self.is_ended(run, &closed, when);
        // Of one that had ended before, a later run may have brought its own.
        assert!(before || !self.destroyed_sources(run) || self.sources_gone(), "{when}: the sources are left");
        Some(closed)
    }

    /// Whether a run was closed with the destruction of its sources.
    fn destroyed_sources(&self, run: &Path) -> bool {
        self.kind == Kind::Sealed && log(run).iter().any(|entry| entry.event == State::Certified.as_str())
    }

    pub fn sources_gone(&self) -> bool {
        !self.case().join("in/suivi-1.csv").exists()
    }

    fn is_ended(&self, run: &Path, closed: &Closed, when: &str) {
        assert!(closed.state.is_end() && closed.waiting.is_none(), "{when}: {closed:?}");
        let dossier = run.join("dossier");
        audit::verify(&dossier.join("audit.jsonl")).unwrap_or_else(|e| panic!("{when}: {e}"));
        let text = fs::read_to_string(dossier.join("certificate.json"));
        let text = text.unwrap_or_else(|e| panic!("{when}: no certificate: {e}"));
        let certificate: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(certificate["working_data_destroyed"], closed.destroyed, "{when}");
        if self.kind == Kind::Sealed {
            let note = fs::read(dossier.join("certificate.note"));
            let note = note.unwrap_or_else(|e| panic!("{when}: no signed certificate: {e}"));
            assert_eq!(self.sender.verifier().verify(&note).unwrap(), text, "{when}");
        }
        for name in ["release.partial", "sealed.partial"] {
            assert!(!run.join(name).exists(), "{when}: {name} is left");
        }
        let outcome = certificate["outcome"]["state"].as_str().unwrap();
        let seen = run.join("release").exists() || run.join("sealed").exists();
        if closed.state == State::Certified {
            let (expected, stands) = if self.kind == Kind::Open { ("exported", true) } else { ("acknowledged", false) };
            assert_eq!((outcome, seen), (expected, stands), "{when}");
            assert!(dossier.join("sample.json").exists() && dossier.join("audit.checkpoint").exists(), "{when}");
        } else {
            assert!(["failed", "interrupted"].contains(&outcome) && !seen, "{when}: {outcome}");
        }
        if self.kind == Kind::Open && seen {
            for file in certificate["released"].as_array().unwrap() {
                let bytes = fs::read(run.join("release").join(file["path"].as_str().unwrap())).unwrap();
                let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(file["sha256"], sha256, "{when}");
            }
        }
        if self.kind == Kind::Sealed && closed.state == State::Certified {
            assert_eq!(certificate["acknowledgements"].as_array().map(Vec::len), Some(1), "{when}");
            let events = log(run).iter().filter(|entry| entry.event == "acknowledgement").count();
            assert_eq!(events, 1, "{when}: the acknowledgement is not in the log once");
        }
    }

    /// As long as nothing is to be destroyed, a sealed file that is seen is whole.
    pub fn verify_before_intent(&self, run: &Path, when: &str) {
        if log(run).iter().any(|entry| entry.event == State::DestroyIntended.as_str()) {
            return;
        }
        for package in fs::read_dir(run.join("sealed")).into_iter().flatten() {
            let verified = Package::verify(&package.unwrap().path(), self.sender.verifier());
            assert!(verified.is_ok(), "{when}: half a sealed file");
        }
    }
}

/// The events of a run that are wholly written.
pub fn log(run: &Path) -> Vec<Entry> {
    audit::read_sound(&run.join("dossier/audit.jsonl")).0
}

fn contains(hay: &[u8], needle: &str) -> bool {
    memchr::memmem::find(hay, needle.as_bytes()).is_some()
}

fn text(kind: Kind, age: &str, sender: &VerifierKey, reader: &VerifierKey) -> String {
    let sealed = format!(
        "[sender]\nkey = \"{}\"\n[[recipient]]\nname = \"dgs\"\nage = \"{age}\"\nkey = \"{}\"\nuse_for = \"30 days\"\n\
         [destroy]\nwhen = \"acknowledged\"\nsources = true\nroot = \"case/in\"\n",
        sender.as_str(),
        reader.as_str(),
    );
    let (formats, more) = match kind {
        Kind::Open => ("[\"csv\", \"parquet\"]", "[destroy]\nwhen = \"exported\"\n"),
        Kind::Sealed => ("[\"csv\"]", sealed.as_str()),
    };
    format!(
        r#"
[pipeline]
name = "essai"
legal_basis = "CSP L1411-8"
purpose = "{PURPOSE}"
policy = "1"
[limits]
memory = "1 B"
buckets = 1
spill = "case/spill"
{more}
[[source]]
name = "suivi"
schema = "schema.json"
files = ["case/in/suivi-*.csv"]
[subject]
column = "personne"
kind = "nir"
linkage = "release"
[[keep]]
column = "annee"
[[keep]]
column = "groupe"
[[persons]]
name = "personnes"
protect = {{ k = 2, quasi_identifiers = ["annee"] }}
[export]
to = "case/out"
formats = {formats}
"#
    )
}

// --- Processes --------------------------------------------------------------------------------------------------------

/// Which part a process plays, told by the one that starts it.
const PART: &str = "TAMIS_TEST_PART";
const FOLDER: &str = "TAMIS_TEST_FOLDER";

/// The part of this process, and its folder; `None` for the one that was started by hand.
pub fn part() -> Option<(String, PathBuf)> {
    Some((std::env::var(PART).ok()?, std::env::var_os(FOLDER)?.into()))
}

/// This program once more, for one test, in a part of it, with a TMPDIR of its own.
pub fn play(wrapper: &[&str], test: &str, part: &str, folder: &Path) -> Output {
    let tmp = folder.join("tmp");
    fs::create_dir_all(&tmp).unwrap();
    let own = std::env::current_exe().unwrap();
    let mut words = wrapper.iter().map(std::ffi::OsStr::new).chain([own.as_os_str()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["--exact", test, "--nocapture", "--test-threads=1"]);
    command.env(PART, part).env(FOLDER, folder).env("TMPDIR", tmp).stdin(Stdio::null());
    command.output().unwrap()
}

/// A folder in memory where there is one: hundreds of runs would wait for the disk thousands of times.
pub fn quick_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Does the work of a test in a process of its own: faults, and TMPDIR, hold for a whole process.
pub fn alone(test: &str, work: impl FnOnce(&Path)) {
    match part() {
        Some((part, folder)) if part == "alone" => work(&folder),
        Some(_) => {}
        None => {
            let folder = quick_folder();
            let output = play(&[], test, "alone", folder.path());
            let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
            assert!(output.status.success(), "{out}\n{err}");
            err.lines().filter(|line| line.starts_with("skipped")).for_each(|line| eprintln!("{line}"));
        }
    }
}
