#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::*;
use crate::destroy::State;
use crate::keys::{KeyError, KeyKind, KeyReport, Refusal};
use crate::words::{Lang, Words};

/// A machine that is as a test says: by itself nothing is wrong with it.
struct Given {
    now: DateTime<Utc>,
    user: u32,
    dumpable: Option<bool>,
    swaps: Vec<Swap>,
    swap_forbidden: bool,
    service: Option<Service>,
    files: BTreeMap<PathBuf, FileFacts>,
    closed: BTreeSet<PathBuf>,
    memory: bool,
    free: u64,
    runs: Vec<LeftRun>,
    locked: bool,
    key: Option<KeyReport>,
    credential: bool,
}

const FOLDER: FileFacts = FileFacts { folder: true, mode: 0o700, owner: 7, bytes: 0 };

fn file(bytes: u64) -> FileFacts {
    FileFacts { folder: false, mode: 0o600, owner: 7, bytes }
}

impl Default for Given {
    fn default() -> Self {
        let files = [("/p", FOLDER), ("/tmp", FOLDER), ("/p/in.csv", file(1 << 20)), ("/p/register.csv", file(10))];
        Self {
            now: "2026-11-01T08:00:00Z".parse().unwrap(),
            user: 7,
            dumpable: Some(false),
            swaps: Vec::new(),
            swap_forbidden: false,
            service: None,
            files: files.into_iter().map(|(path, file)| (PathBuf::from(path), file)).collect(),
            closed: BTreeSet::new(),
            memory: false,
            free: 1 << 40,
            runs: Vec::new(),
            locked: false,
            key: None,
            credential: false,
        }
    }
}

impl Facts for Given {
    fn now(&self) -> DateTime<Utc> {
        self.now
    }
    fn user(&self) -> u32 {
        self.user
    }
    fn dumpable(&self) -> Option<bool> {
        self.dumpable
    }
    fn swaps(&self) -> Vec<Swap> {
        self.swaps.clone()
    }
    fn swap_forbidden(&self) -> bool {
        self.swap_forbidden
    }
    fn service(&self) -> Option<Service> {
        self.service
    }
    fn temporary(&self) -> PathBuf {
        "/tmp".into()
    }
    fn file(&self, path: &Path) -> Option<FileFacts> {
        self.files.get(path).copied()
    }
    fn readable(&self, path: &Path) -> bool {
        self.files.contains_key(path) && !self.closed.contains(path)
    }
    fn writable(&self, path: &Path) -> bool {
        self.readable(path)
    }
    fn in_memory(&self, _: &Path) -> bool {
        self.memory
    }
    fn free(&self, _: &Path) -> Option<u64> {
        Some(self.free)
    }
    fn matching(&self, pattern: &str) -> Vec<PathBuf> {
        let path = PathBuf::from(pattern);
        if self.files.contains_key(&path) { vec![path] } else { Vec::new() }
    }
    fn runs(&self, _: &Path, _: &str) -> Vec<LeftRun> {
        self.runs.clone()
    }
    fn locked(&self, _: &Path) -> bool {
        self.locked
    }
    fn key(&self, source: &KeySource) -> Result<KeyReport, KeyError> {
        let refused = || KeyError::Refused { place: source.to_string(), refusal: Refusal::Mode { mode: 0o644 } };
        self.key.clone().ok_or_else(refused)
    }
    fn credential(&self, source: &KeySource) -> Result<(), KeyError> {
        let refused = || KeyError::Refused { place: source.to_string(), refusal: Refusal::NoCredentials };
        self.credential.then_some(()).ok_or_else(refused)
    }
}

const PIPELINE: &str = r#"
[pipeline]
name = "p"
legal_basis = "b"
purpose = "p"
policy = "1"
[[source]]
name = "consultation_prevention"
schema = "SCHEMA"
files = ["/p/in.csv"]
[[exclude]]
register = "/p/register.csv"
column = "matricule_ins"
[subject]
column = "matricule_ins"
kind = "nir"
linkage = "none"
[[keep]]
column = "sexe"
[[aggregate]]
name = "t"
by = ["sexe"]
measure = [{ count = "persons" }]
over = "population"
protect = { threshold = 11 }
[export]
to = "/p/out"
"#;

/// The pipeline, with other lines after it.
fn pipeline(more: &str) -> Pipeline {
    let folder = tempfile::tempdir().unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/consultation_prevention.json");
    let path = folder.path().join("p.toml");
    std::fs::write(&path, PIPELINE.replace("SCHEMA", schema.to_str().unwrap()) + more).unwrap();
    Pipeline::read(&path).unwrap_or_else(|e| panic!("{:?}", e.errors()))
}

/// What is found that is not fine.
fn found(given: &Given, pipeline: &Pipeline, keys: &[&str]) -> Vec<&'static str> {
    let keys: Vec<KeySource> = keys.iter().map(|key| key.parse().unwrap()).collect();
    let findings = examine(given, Some(pipeline), &keys);
    for finding in &findings {
        assert!(OUTCOMES.iter().any(|(name, _)| *name == finding.outcome), "{} is not listed", finding.outcome);
    }
    findings.into_iter().filter(|f| f.level != Level::Fine).map(|f| f.outcome).collect()
}

fn with(change: impl FnOnce(&mut Given)) -> Given {
    let mut given = Given::default();
    change(&mut given);
    given
}

fn swap(encrypted: bool) -> Swap {
    Swap { place: "/dev/sda2".into(), encrypted }
}

#[test]
fn each_fault_of_a_machine_is_found_and_no_other() {
    let plain = pipeline("");
    let cases: Vec<(&[&str], Given)> = vec![
        (&["temporary-disk"], Given::default()),
        (&[], with(|g| g.memory = true)),
        (&["swap-open", "temporary-disk"], with(|g| g.swaps = vec![swap(false), swap(true)])),
        (&["temporary-disk"], with(|g| g.swaps = vec![swap(true)])),
        (&["temporary-disk"], with(|g| (g.swaps, g.swap_forbidden) = (vec![swap(false)], true))),
        (&["dumps-on", "temporary-disk"], with(|g| g.dumpable = Some(true))),
        (&["dumps-on", "temporary-disk"], with(|g| g.dumpable = None)),
        (&["user-root", "temporary-disk"], with(|g| g.user = 0)),
        (&["clock-early", "temporary-disk"], with(|g| g.now = "1970-01-02T00:00:00Z".parse().unwrap())),
        (&["temporary-closed"], with(|g| assert!(g.files.remove(Path::new("/tmp")).is_some()))),
        (&["files-missing"], with(|g| (g.memory, _) = (true, g.files.remove(Path::new("/p/in.csv"))))),
        (&["register-missing"], with(|g| (g.memory, _) = (true, g.files.remove(Path::new("/p/register.csv"))))),
        (&["file-unreadable"], with(|g| (g.memory, _) = (true, g.closed.insert("/p/in.csv".into())))),
        (&["out-closed"], with(|g| (g.memory, _) = (true, g.closed.insert("/p".into())))),
        (&["space-short"], with(|g| (g.memory, g.free) = (true, 1 << 20))),
        (&["locked"], with(|g| (g.memory, g.locked) = (true, true))),
    ];
    for (expected, given) in cases {
        assert_eq!(found(&given, &plain, &[]), expected);
    }
    let open = with(|g| {
        g.memory = true;
        g.files.insert("/p/in.csv".into(), FileFacts { mode: 0o644, ..file(5) });
    });
    assert_eq!(found(&open, &plain, &[]), ["sources-open"]);
}

#[test]
fn the_credential_of_a_database_is_looked_for_where_a_run_would() {
    let mut rows = pipeline("");
    let source = &mut rows.sources[0];
    source.files.clear();
    source.query = Some(crate::config::SourceQuery {
        sql: "SELECT 1".to_owned(),
        credential: "base".to_owned(),
        from: KeySource::Credential("base".to_owned()),
        ca: None,
    });
    let given = with(|g| g.memory = true);
    assert_eq!(found(&given, &rows, &[]), ["database-refused"]);
    assert_eq!(exit_code(&examine(&given, Some(&rows), &[])), 5);
    assert!(found(&with(|g| (g.memory, g.credential) = (true, true)), &rows, &[]).is_empty());
}

#[test]
fn a_service_tells_what_it_lacks() {
    let service = Service { no_new_privileges: true, system_calls: false, no_swap: false, no_capabilities: true };
    let finding = system::service(&with(|g| g.service = Some(service)));
    assert_eq!(finding.parts, [("missing", "SystemCallFilter=@system-service, MemorySwapMax=0".to_owned())]);
    let hardened = Service { system_calls: true, no_swap: true, ..service };
    assert_eq!(system::service(&with(|g| g.service = Some(hardened))).outcome, "service-hardened");
}

fn run(state: Option<State>, acknowledged: bool, last: &str) -> LeftRun {
    LeftRun { begun: true, folder: format!("/p/out/{last}").into(), state, acknowledged, last: last.parse().ok() }
}

#[test]
fn earlier_runs_are_told_by_what_they_wait_for() {
    let plain = pipeline("");
    let cases = [
        (Some(State::Certified), false, None),
        (Some(State::Failed), false, None),
        (Some(State::Staged), false, Some("run-dead")),
        (Some(State::ReadBack), false, Some("run-dead")),
        (Some(State::ReadBack), true, Some("run-waits")),
        (Some(State::DestroyIntended), true, Some("run-halfway")),
        (None, false, Some("run-unread")),
    ];
    for (state, acknowledged, expected) in cases {
        let given = with(|g| {
            g.memory = true;
            g.runs = vec![run(state, acknowledged, "2026-10-01T00:00:00Z")];
        });
        assert_eq!(found(&given, &plain, &[]), expected.into_iter().collect::<Vec<_>>(), "{state:?}");
    }
    let empty = with(|g| {
        g.memory = true;
        g.runs = vec![LeftRun { begun: false, ..run(None, false, "2026-10-01T00:00:00Z") }];
    });
    assert_eq!(found(&empty, &plain, &[]), ["run-empty"]);
    // The newest run under a lock is the one that works.
    let under_way = with(|g| {
        (g.memory, g.locked) = (true, true);
        g.runs = vec![
            run(Some(State::Staged), false, "2026-10-01T00:00:00Z"),
            run(Some(State::Planned), false, "2026-10-02T00:00:00Z"),
        ];
    });
    assert_eq!(found(&under_way, &plain, &[]), ["locked", "run-dead"]);
}

#[test]
fn a_run_dated_later_than_now_shows_a_wrong_clock() {
    let given = with(|g| {
        g.memory = true;
        g.runs = vec![run(Some(State::Certified), false, "2026-11-01T08:00:01Z")];
    });
    assert_eq!(found(&given, &pipeline(""), &[]), ["clock-behind"]);
}

#[test]
fn keys_recipients_and_drops_are_looked_at() {
    let (_, own) = crate::keys::generate_signing_key("house").unwrap();
    let (_, other) = crate::keys::generate_signing_key("house").unwrap();
    let age = age::x25519::Identity::generate().to_public();
    let more = format!(
        "[sender]\nkey = \"{}\"\n[[recipient]]\nname = \"dgs\"\nage = \"{age}\"\nuse_until = \"2026-10-31\"\ndeliver = {{ to = \"/p/drop\" }}\n",
        own.as_str()
    );
    let sealed = pipeline(&more);
    let report =
        |kind, public: &str| KeyReport { kind, public: public.into(), mode: None, written: None, locked: true };
    let memory = || with(|g| g.memory = true);
    assert_eq!(found(&memory(), &sealed, &[]), ["key-unnamed", "recipient-over", "drop-closed"]);
    let mut given = memory();
    given.files.insert("/p/drop".into(), FOLDER);
    assert_eq!(found(&given, &sealed, &["k"]), ["key-refused", "recipient-over"]);
    given.now = "2026-10-31T08:00:00Z".parse().unwrap();
    given.key = Some(report(KeyKind::Signing, other.as_str()));
    assert_eq!(found(&given, &sealed, &["k"]), ["key-other"]);
    given.key = Some(report(KeyKind::Signing, own.as_str()));
    assert_eq!(found(&given, &sealed, &["k"]), Vec::<&str>::new());
}

#[test]
fn the_exit_code_is_that_of_the_first_error_and_warnings_have_none() {
    let plain = pipeline("");
    let warned = examine(&with(|g| g.user = 0), Some(&plain), &[]);
    assert!(warned.iter().any(|f| f.level == Level::Warning));
    assert_eq!(exit_code(&warned), 0);
    let wrong = with(|g| (g.locked, _) = (true, g.files.remove(Path::new("/p/in.csv"))));
    assert_eq!(exit_code(&examine(&wrong, Some(&plain), &[])), 11);
}

#[test]
fn every_outcome_has_its_words_and_its_fix_in_both_languages() {
    for lang in [Lang::En, Lang::Fr] {
        let words = Words::new(lang);
        for (name, level) in OUTCOMES {
            assert!(words.has(&format!("doctor-{name}")), "{name}");
            assert_eq!(words.has(&format!("doctor-{name}-fix")), *level != Level::Fine, "{name}");
        }
    }
}

#[test]
fn sizes_are_told_in_units_of_1024() {
    assert_eq!((paths::size(512), paths::size(1 << 20)), ("512 B".to_owned(), "1.0 MiB".to_owned()));
    assert_eq!(paths::size(3 << 41), "6.0 TiB");
}
