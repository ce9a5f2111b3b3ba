#![allow(clippy::unwrap_used)]

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate};
use serde_json::json;
use tempfile::TempDir;

use super::lines::hash;
use super::*;
use crate::clock::{Clock, FixedClock};
use crate::config::Threshold;
use crate::keys::{SigningKey, generate_signing_key};

fn clock() -> Arc<dyn Clock> {
    Arc::new(FixedClock(DateTime::from_timestamp(1_772_000_000, 0).unwrap()))
}

fn signing_key(name: &str) -> SigningKey {
    let (secret, public) = generate_signing_key(name).unwrap();
    SigningKey::new(&secret, &public).unwrap()
}

fn count(path: &Path) -> u64 {
    verify(path).unwrap().events
}

/// A log of four events, and its checkpoint.
fn log(folder: &TempDir) -> (PathBuf, String) {
    let path = folder.path().join("audit.jsonl");
    let mut log = AuditLog::create(&path, "r1", clock()).unwrap();
    log.event("ingest", &[("file", Fact::File(0)), ("records", Fact::Count(120))]).unwrap();
    log.event("validate", &[("rejected", Fact::Count(3)), ("rule", Fact::Name(Name::word("pattern")))]).unwrap();
    log.event("sieve", &[("took", Fact::Duration(Duration::from_millis(1250)))]).unwrap();
    log.event("done", &[]).unwrap();
    let checkpoint = log.checkpoint("tamis test", None).unwrap();
    (path, checkpoint)
}

fn edit(path: &Path, change: impl FnOnce(Vec<String>) -> Vec<String>) {
    let lines = fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    let lines: String = change(lines).into_iter().map(|line| line + "\n").collect();
    fs::write(path, lines).unwrap();
}

#[test]
fn an_untouched_log_verifies_alone_and_against_its_checkpoint() {
    let folder = TempDir::new().unwrap();
    let (path, checkpoint) = log(&folder);
    let verified = verify(&path).unwrap();
    assert_eq!(verified.events, 4);
    assert_eq!(verify_checkpoint(&path, &checkpoint, None).unwrap().log, verified);
}

#[test]
fn a_line_says_number_time_run_event_fields_and_the_hash_of_the_line_before() {
    let folder = TempDir::new().unwrap();
    let (path, _) = log(&folder);
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let expected = format!(
        r#"{{"seq":3,"time":"2026-02-25T06:13:20.000000Z","run":"r1","event":"sieve","fields":{{"took":{{"ms":1250}}}},"prev":"{}"}}"#,
        hash(lines[1].as_bytes())
    );
    assert_eq!(lines[2], expected);
}

#[test]
fn a_changed_count_in_the_middle_is_found_on_the_next_line() {
    let folder = TempDir::new().unwrap();
    let (path, _) = log(&folder);
    edit(&path, |lines| lines.into_iter().map(|line| line.replace("\"rejected\":3", "\"rejected\":0")).collect());
    assert_eq!(verify(&path), Err(AuditError::Chain { line: 3 }));
}

#[test]
fn a_removed_line_is_found() {
    let folder = TempDir::new().unwrap();
    let (path, _) = log(&folder);
    edit(&path, |mut lines| {
        lines.remove(1);
        lines
    });
    assert_eq!(verify(&path), Err(AuditError::Sequence { line: 2 }));
}

#[test]
fn a_removed_first_line_is_found() {
    let folder = TempDir::new().unwrap();
    let (path, _) = log(&folder);
    edit(&path, |lines| lines[1..].to_vec());
    assert_eq!(verify(&path), Err(AuditError::Sequence { line: 1 }));
}

#[test]
fn two_lines_that_changed_places_are_found() {
    let folder = TempDir::new().unwrap();
    let (path, _) = log(&folder);
    edit(&path, |mut lines| {
        lines.swap(1, 2);
        lines
    });
    assert_eq!(verify(&path), Err(AuditError::Sequence { line: 2 }));
}

#[test]
fn a_log_cut_in_the_middle_of_a_line_is_found() {
    let folder = TempDir::new().unwrap();
    let (path, _) = log(&folder);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 10]).unwrap();
    assert_eq!(verify(&path), Err(AuditError::Cut { line: 4 }));
}

#[test]
fn lines_cut_off_the_end_pass_the_chain_and_fail_against_the_checkpoint() {
    let folder = TempDir::new().unwrap();
    let (path, checkpoint) = log(&folder);
    edit(&path, |lines| lines[..3].to_vec());
    assert_eq!(count(&path), 3);
    assert_eq!(verify_checkpoint(&path, &checkpoint, None), Err(AuditError::Truncated { recorded: 4, found: 3 }));
}

#[test]
fn a_changed_last_line_passes_the_chain_and_fails_against_the_checkpoint() {
    let folder = TempDir::new().unwrap();
    let (path, checkpoint) = log(&folder);
    edit(&path, |lines| lines.into_iter().map(|line| line.replace("\"done\"", "\"fail\"")).collect());
    assert_eq!(count(&path), 4);
    assert_eq!(verify_checkpoint(&path, &checkpoint, None), Err(AuditError::Rewritten { size: 4 }));
}

#[test]
fn a_log_rewritten_with_a_chain_that_fits_fails_against_the_checkpoint_even_once_it_is_longer() {
    let folder = TempDir::new().unwrap();
    let (path, checkpoint) = log(&folder);
    fs::remove_file(&path).unwrap();
    let mut forged = AuditLog::create(&path, "r1", clock()).unwrap();
    for _ in 0..6 {
        forged.event("done", &[]).unwrap();
    }
    assert_eq!(count(&path), 6);
    assert_eq!(verify_checkpoint(&path, &checkpoint, None), Err(AuditError::Rewritten { size: 4 }));
}

#[test]
fn a_checkpoint_holds_for_the_lines_it_counts_whatever_follows() {
    let folder = TempDir::new().unwrap();
    let (path, checkpoint) = log(&folder);
    let mut again = AuditLog::open(&path, clock()).unwrap();
    again.event("later", &[]).unwrap();
    let later = again.verified();
    assert_eq!(later.events, 5);
    let checked = verify_checkpoint(&path, &checkpoint, None).unwrap();
    assert_eq!(checked, Checkpointed { log: later, origin: "tamis test".to_owned(), covered: 4 });
}

#[test]
fn a_checkpoint_is_origin_size_and_root_in_base64_signed_as_a_note_where_there_is_a_key() {
    let folder = TempDir::new().unwrap();
    let (path, bare) = log(&folder);
    let lines: Vec<&str> = bare.lines().collect();
    assert_eq!(lines[..2], ["tamis test", "4"]);
    let root = tlog_tiles::Hash(verify(&path).unwrap().root).to_string();
    assert_eq!(lines[2..], [root.as_str()]);

    let key = signing_key("crcdc-ara");
    let signed = AuditLog::open(&path, clock()).unwrap().checkpoint("tamis test", Some(&key)).unwrap();
    assert_eq!(signed.split_once("\n\n").unwrap().0.lines().collect::<Vec<_>>(), lines);
    assert!(verify_checkpoint(&path, &signed, Some(key.verifier())).is_ok());
    assert!(verify_checkpoint(&path, &signed, None).is_ok());
}

#[test]
fn a_checkpoint_that_is_asked_for_a_signature_is_refused_without_it_from_another_key_and_changed() {
    let folder = TempDir::new().unwrap();
    let (path, bare) = log(&folder);
    let (key, other) = (signing_key("crcdc-ara"), signing_key("crcdc-ara"));
    let signed = AuditLog::open(&path, clock()).unwrap().checkpoint("tamis test", Some(&key)).unwrap();
    let judged = |text: &str, key: &SigningKey| verify_checkpoint(&path, text, Some(key.verifier())).unwrap_err();
    assert_eq!(judged(&bare, &key), AuditError::Signature(SignatureError::NotANote));
    assert_eq!(judged(&signed, &other), AuditError::Signature(SignatureError::OtherKey));
    assert_eq!(judged(&signed.replace("\n4\n", "\n3\n"), &key), AuditError::Signature(SignatureError::Forged));
    assert_eq!(verify_checkpoint(&path, "4\n", None), Err(AuditError::NotACheckpoint));
}

#[test]
fn a_log_is_named_by_one_line_of_printable_text() {
    let folder = TempDir::new().unwrap();
    let log = AuditLog::create(&folder.path().join("a.jsonl"), "r1", clock()).unwrap();
    for origin in ["", " ", "two\nlines", "bell\u{7}"] {
        assert_eq!(log.checkpoint(origin, None), Err(AuditError::Origin), "{origin:?}");
    }
    assert!(log.checkpoint("x\n5", None).is_err());
}

#[test]
fn a_log_of_several_runs_names_the_run_of_each_event_and_goes_on_where_it_ended() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("desk.jsonl");
    for run in ["r1", "r2"] {
        let mut log = AuditLog::open_or_create(&path, clock()).unwrap();
        log.event("started", &[]).unwrap();
        log.for_run(run);
        log.event("opened", &[]).unwrap();
    }
    let runs: Vec<Option<String>> = read(&path).unwrap().into_iter().map(|entry| entry.run).collect();
    let named = |run: &str| Some(run.to_owned());
    assert_eq!(runs, [None, named("r1"), None, named("r2")]);
    // Only an existing log is resumed, and for the run that it ended with.
    assert_eq!(AuditLog::open(&path, clock()).unwrap().run(), Some("r2"));
    let missing = AuditLog::open(&folder.path().join("none.jsonl"), clock()).err().unwrap();
    assert!(matches!(missing, AuditError::Io { kind: io::ErrorKind::NotFound, .. }));
}

#[test]
fn a_resumed_log_has_the_root_of_one_that_was_never_closed() {
    let folder = TempDir::new().unwrap();
    let (path, other) = (folder.path().join("a.jsonl"), folder.path().join("b.jsonl"));
    let mut steady = AuditLog::create(&path, "r1", clock()).unwrap();
    drop(AuditLog::create(&other, "r1", clock()).unwrap());
    for n in 0..9 {
        let mut resumed = AuditLog::open(&other, clock()).unwrap();
        resumed.for_run("r1");
        resumed.event("step", &[("n", Fact::Count(n))]).unwrap();
        steady.event("step", &[("n", Fact::Count(n))]).unwrap();
        assert_eq!(resumed.verified(), steady.verified());
    }
}

#[test]
fn a_log_that_was_changed_is_not_opened_for_appending() {
    let folder = TempDir::new().unwrap();
    let (path, _) = log(&folder);
    edit(&path, |lines| lines.into_iter().map(|line| line.replace("\"rejected\":3", "\"rejected\":0")).collect());
    let before = fs::read(&path).unwrap();
    let (sound, error) = read_sound(&path);
    assert_eq!((sound.len(), error), (2, Some(AuditError::Chain { line: 3 })));
    assert_eq!(AuditLog::open(&path, clock()).err(), Some(AuditError::Chain { line: 3 }));
    assert_eq!(AuditLog::open_or_create(&path, clock()).err(), Some(AuditError::Chain { line: 3 }));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn half_a_line_that_a_crash_left_is_cut_off_and_the_log_says_so() {
    let folder = TempDir::new().unwrap();
    let (path, checkpoint) = log(&folder);
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(b"{\"seq\":5,\"time");
    fs::write(&path, bytes).unwrap();
    let mut log = AuditLog::open(&path, clock()).unwrap();
    log.event("after", &[]).unwrap();
    let entries = read(&path).unwrap();
    assert_eq!(entries[4].event, "recovered");
    assert_eq!(entries[4].fields["bytes_cut"], 14);
    assert_eq!(entries[4].run.as_deref(), Some("r1"));
    assert_eq!(entries[5].event, "after");
    assert!(verify_checkpoint(&path, &checkpoint, None).is_ok());
}

#[test]
fn a_log_that_is_written_to_is_not_opened_by_a_second_writer() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.jsonl");
    let first = AuditLog::create(&path, "r1", clock()).unwrap();
    assert_eq!(AuditLog::open(&path, clock()).err(), Some(AuditError::Locked { path: path.clone() }));
    drop(first);
    assert!(AuditLog::open(&path, clock()).is_ok());
}

#[test]
fn a_fact_is_written_as_its_kind_says() {
    let who = Operator::new("Zoé Martin", 1000).unwrap();
    let day = NaiveDate::from_ymd_opt(2027, 6, 30).unwrap();
    let eleven = Threshold::DEFAULT;
    for (fact, written) in [
        (Fact::Who(who), json!({ "name": "Zoé Martin", "uid": 1000 })),
        (Fact::Digest([0xab; 32]), json!("ab".repeat(32))),
        (Fact::Date(day), json!("2027-06-30")),
        (Fact::Error(28), json!({ "errno": 28 })),
        (Fact::Persons(11, eleven), json!(11)),
        (Fact::Persons(10, eleven), json!({ "below": 11 })),
    ] {
        assert_eq!(fact.json(), written);
    }
}

#[test]
fn an_operator_has_a_short_printable_name_that_cannot_look_like_another() {
    let long = "x".repeat(101);
    for name in ["", "  ", "a\nb", "tab\t", "esc\u{1b}[2J", "abc\u{202e}cba", "zero\u{200b}width", long.as_str()] {
        assert_eq!(Operator::new(name, 0).err(), Some(AuditError::Operator), "{name:?}");
    }
    assert!(Operator::new(&long[..100], 0).is_ok());
}

#[test]
fn the_name_of_a_run_cannot_bring_other_text_into_the_log() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.jsonl");
    let mut log = AuditLog::create(&path, "2 55 08 14 168 025 38\n", clock()).unwrap();
    log.event("started", &[]).unwrap();
    assert_eq!(read(&path).unwrap()[0].run.as_deref(), Some("2_55_08_14_168_025_38_"));
}

#[test]
fn an_existing_log_is_never_opened_again() {
    let folder = TempDir::new().unwrap();
    let (path, _) = log(&folder);
    let again = AuditLog::create(&path, "r1", clock()).err();
    assert_eq!(again, Some(AuditError::Io { path: path.clone(), kind: io::ErrorKind::AlreadyExists }));
    assert_eq!(count(&path), 4);
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_a_log() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let (path, _) = log(&folder);
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}
