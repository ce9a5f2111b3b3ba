//! Audit logs through the program, and on disks that fail.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tamis::audit::{self, AuditError, AuditLog, Fact, Operator};
use tamis::clock::{Clock, FixedClock};
use tamis::disk::faults::{self, Call, Fault, Plan};
use tamis::keys::{SigningKey, VerifierKey, generate_signing_key};

/// Calls are made to fail for the whole process: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn clock(time: &str) -> Arc<dyn Clock> {
    Arc::new(FixedClock(time.parse().unwrap()))
}

/// What the program says: exit code, standard output, standard error.
fn said(arguments: &[&str], paths: &[&Path]) -> (i32, String, String) {
    let mut command = common::tamis();
    let output = command.args(arguments).args(paths).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

struct Desk {
    folder: tempfile::TempDir,
    log: PathBuf,
    public: VerifierKey,
}

/// A desk's log of two days, its signed checkpoint after the first, and the key.
fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("audit.jsonl");
    let (secret, public) = generate_signing_key("dgs").unwrap();
    let key = SigningKey::new(&secret, &public).unwrap();
    let who = |name| Fact::Who(Operator::new(name, 1000).unwrap());
    let mut first = AuditLog::open_or_create(&log, clock("2026-03-01T12:00:00Z")).unwrap();
    first.for_run("20260301T110000.000Z");
    first.event("opened", &[("who", who("Zoé Martin")), ("rows", Fact::Count(12_345))]).unwrap();
    first.event("acknowledged", &[("who", who("Zoé Martin")), ("manifest", Fact::Digest([7; 32]))]).unwrap();
    fs::write(folder.path().join("checkpoint"), first.checkpoint("dgs desk", Some(&key)).unwrap()).unwrap();
    drop(first);
    let mut second = AuditLog::open_or_create(&log, clock("2026-03-02T08:30:00Z")).unwrap();
    second.for_run("20260302T080000.000Z");
    second.event("opened", &[("who", who("Paul Roux")), ("rows", Fact::Count(8))]).unwrap();
    fs::write(folder.path().join("dgs.pub"), public.as_str()).unwrap();
    Desk { folder, log, public }
}

impl Desk {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn edit(&self, change: impl FnOnce(String) -> String) {
        fs::write(&self.log, change(fs::read_to_string(&self.log).unwrap())).unwrap();
    }
}

#[test]
fn a_sound_log_is_said_to_be_sound_and_what_cannot_be_known_without_a_checkpoint_is_said_too() {
    let _alone = alone();
    let desk = desk();
    let (code, out, _) = said(&["audit", "verify"], &[&desk.log]);
    let root = audit::verify(&desk.log).unwrap().root_text();
    assert_eq!(code, 0);
    assert!(
        out.starts_with("The log is sound: 3 events") && out.contains(&root) && out.contains("--checkpoint"),
        "{out}"
    );

    let (code, out, _) = said(&["--lang", "fr", "audit", "verify"], &[&desk.log]);
    assert!(code == 0 && out.starts_with("Le journal est intègre : 3 événements"), "{out}");
}

#[test]
fn a_log_is_held_against_a_signed_checkpoint_of_its_beginning() {
    let _alone = alone();
    let desk = desk();
    let (checkpoint, key) = (desk.path("checkpoint"), desk.path("dgs.pub"));
    let (checkpoint, key) = (checkpoint.to_str().unwrap(), key.to_str().unwrap());
    let (code, out, err) = said(&["audit", "verify", "--checkpoint", checkpoint, "--key", key], &[&desk.log]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("first 2 events are those of the checkpoint; 1 added since"), "{out}");
    assert!(out.contains("signed by dgs"), "{out}");

    // The same checkpoint inside a document.
    let document = serde_json::json!({ "audit": { "checkpoint": fs::read_to_string(checkpoint).unwrap() } });
    fs::write(desk.path("certificate.json"), document.to_string()).unwrap();
    let document = desk.path("certificate.json");
    let arguments = ["--format", "json", "audit", "verify", "--checkpoint", document.to_str().unwrap(), "--key", key];
    let (code, out, err) = said(&arguments, &[&desk.log]);
    assert_eq!(code, 0, "{err}");
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&told["events"], &told["checkpoint"]["events"]), (&3.into(), &2.into()));
    assert_eq!(told["checkpoint"]["signed_by"], desk.public.name());

    let (_, other) = generate_signing_key("dgs").unwrap();
    fs::write(desk.path("other.pub"), other.as_str()).unwrap();
    let other = desk.path("other.pub");
    let arguments = ["audit", "verify", "--checkpoint", checkpoint, "--key", other.to_str().unwrap()];
    let (code, _, err) = said(&arguments, &[&desk.log]);
    assert!(code == 4 && err.contains("not signed by the expected key"), "{err}");
}

#[test]
fn every_way_to_bend_a_log_ends_with_4_and_says_where() {
    let _alone = alone();
    type Bend = fn(String) -> String;
    let bends: [(&str, Bend, &str); 5] = [
        ("changed", |text| text.replacen("12345", "12346", 1), "line 2 of the log does not follow"),
        ("line removed", |text| text.split_once('\n').unwrap().1.to_owned(), "line 1 of the log has another number"),
        ("not a log", |text| text.replacen("\"event\"", "\"evnt\"", 1), "line 1 of the log is not an event"),
        ("cut in a line", |text| text[..text.len() - 9].to_owned(), "line 3 of the log is cut short"),
        ("lines cut off", |text| text.lines().next().unwrap().to_owned() + "\n", "1 lines, its checkpoint 2"),
    ];
    for (what, bend, expected) in bends {
        let desk = desk();
        desk.edit(bend);
        let checkpoint = desk.path("checkpoint");
        let (code, out, err) = said(&["audit", "verify", "--checkpoint", checkpoint.to_str().unwrap()], &[&desk.log]);
        assert!(code == 4 && out.is_empty() && err.contains(expected), "{what}: {code} {err}");
    }
    let desk = desk();
    desk.edit(|text| text.replacen("12345", "12346", 1));
    let (code, _, err) = said(&["--lang", "fr", "audit", "verify"], &[&desk.log]);
    assert!(code == 4 && err.contains("la ligne 2 du journal ne fait pas suite"), "{err}");
    let (code, _, err) = said(&["audit", "verify"], &[&desk.path("none.jsonl")]);
    assert!(code == 6 && err.contains("none.jsonl"), "{err}");
}

#[test]
fn a_log_is_shown_by_person_event_and_time() {
    let _alone = alone();
    let desk = desk();
    let (code, out, _) = said(&["audit", "show"], &[&desk.log]);
    assert_eq!(code, 0);
    let expected = "\
run 20260301T110000.000Z
  1  2026-03-01 12:00:00  opened        who Zoé Martin (uid 1000) · rows 12,345
  2  2026-03-01 12:00:00  acknowledged  who Zoé Martin (uid 1000) · manifest 070707070707…

run 20260302T080000.000Z
  3  2026-03-02 08:30:00  opened        who Paul Roux (uid 1000) · rows 8

3 of 3 events, times in UTC; every line follows from the one before
";
    assert_eq!(out, expected);

    let numbers = |arguments: &[&str]| -> Vec<u64> {
        let (code, out, err) = said(&[&["--format", "json", "audit", "show"], arguments].concat(), &[&desk.log]);
        assert_eq!(code, 0, "{err}");
        let event = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"].as_u64().unwrap();
        out.lines().map(event).collect()
    };
    assert_eq!(numbers(&[]), [1, 2, 3]);
    assert_eq!(numbers(&["--who", "zoé martin"]), [1, 2]);
    assert_eq!(numbers(&["--what", "opened"]), [1, 3]);
    assert_eq!(numbers(&["--since", "2026-03-02"]), [3]);
    assert_eq!(numbers(&["--since", "2026-03-02T09:30:00+01:00"]), [3]);
    assert_eq!(numbers(&["--since", "2026-03-02T08:31"]), [0u64; 0]);
    assert_eq!(said(&["audit", "show", "--since", "hier"], &[&desk.log]).0, 2);

    // What is sound of a changed log is shown, and what is not is said.
    desk.edit(|text| text.replacen("acknowledged", "acknowledgex", 1));
    let (code, out, err) = said(&["audit", "show"], &[&desk.log]);
    assert!(
        code == 4 && out.contains("Zoé Martin") && !out.contains("Paul Roux") && err.contains("line 3"),
        "{out}{err}"
    );
}

/// Whatever call fails, and however: every event that was confirmed stands in the log afterwards, in order, and at most
/// the one that was refused last behind them; nothing is written after a flush that failed.
#[test]
fn no_confirmed_event_is_lost_on_a_disk_that_fails() {
    let _alone = alone();
    let time = || clock("2026-03-01T12:00:00Z");
    let mut refusals = 0;
    for call in [Call::Open, Call::Read, Call::Write, Call::Sync] {
        for errno in [5, 28, 122, 30, 13] {
            for for_ever in [false, true] {
                for nth in 1..50 {
                    let what = format!("{call:?} {nth} {errno} {for_ever}");
                    let folder = tempfile::tempdir().unwrap();
                    let path = folder.path().join("audit.jsonl");
                    faults::arm(Plan { call: Some(call), nth, for_ever, fault: Fault::Error(errno) });
                    let (mut confirmed, mut refused) = (Vec::new(), 0);
                    for opening in 0..3 {
                        let Ok(mut log) = AuditLog::open_or_create(&path, time()) else {
                            refused += 1;
                            continue;
                        };
                        let mut closed = false;
                        for n in 0..3 {
                            let n = opening * 3 + n;
                            let outcome = log.event("step", &[("n", Fact::Count(n))]);
                            assert!(!closed || matches!(outcome, Err(AuditError::Broken { .. })), "{what}");
                            closed |= call == Call::Sync && outcome.is_err();
                            match outcome {
                                Ok(()) => confirmed.push(n),
                                Err(_) => refused += 1,
                            }
                        }
                    }
                    let calls = faults::disarm();
                    refusals += refused;
                    let found: Vec<u64> = AuditLog::open_or_create(&path, time())
                        .and_then(|_| audit::read(&path))
                        .unwrap_or_else(|error| panic!("{what}: {error}"))
                        .iter()
                        .filter_map(|entry| entry.fields.get("n").and_then(serde_json::Value::as_u64))
                        .collect();
                    let missing: Vec<&u64> = confirmed.iter().filter(|n| !found.contains(n)).collect();
                    assert!(missing.is_empty() && found.is_sorted(), "{what}: {found:?} for {confirmed:?}");
                    assert!(found.len() as u64 <= confirmed.len() as u64 + refused, "{what}");
                    if calls < nth {
                        assert_eq!(refused, 0, "{what}");
                        break;
                    }
                }
            }
        }
    }
    assert!(refusals > 200, "{refusals} refusals were tried");
}
