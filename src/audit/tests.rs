#![allow(clippy::unwrap_used)]

use std::fs;

use chrono::DateTime;
use tempfile::TempDir;

use super::*;
use crate::clock::FixedClock;

fn clock() -> Arc<dyn Clock> {
    Arc::new(FixedClock(DateTime::from_timestamp(1_772_000_000, 0).unwrap()))
}

/// A log of four events.
fn log(folder: &TempDir) -> (PathBuf, Head) {
    let path = folder.path().join("audit.jsonl");
    let mut log = AuditLog::create(&path, "r1", clock()).unwrap();
    log.event("ingest", &[("file", Fact::File(0)), ("records", Fact::Count(120))]).unwrap();
    log.event("validate", &[("rejected", Fact::Count(3)), ("rule", Fact::Name(Name::word("pattern")))]).unwrap();
    log.event("sieve", &[("took", Fact::Duration(Duration::from_millis(1250)))]).unwrap();
    log.event("done", &[]).unwrap();
    (path, log.head().clone())
}

fn edit(path: &Path, change: impl FnOnce(Vec<String>) -> Vec<String>) {
    let lines = fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    let lines: String = change(lines).into_iter().map(|line| line + "\n").collect();
    fs::write(path, lines).unwrap();
}

#[test]
fn an_untouched_log_verifies_with_its_number_of_events_and_its_head() {
    let folder = TempDir::new().unwrap();
    let (path, head) = log(&folder);
    assert_eq!(verify(&path), Ok(4));
    assert_eq!(verify_head(&path, &head), Ok(()));
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
fn lines_cut_off_the_end_pass_the_chain_and_fail_against_the_recorded_head() {
    let folder = TempDir::new().unwrap();
    let (path, head) = log(&folder);
    edit(&path, |lines| lines[..3].to_vec());
    assert_eq!(verify(&path), Ok(3));
    assert_eq!(verify_head(&path, &head), Err(AuditError::Head));
}

#[test]
fn a_changed_last_line_fails_against_the_recorded_head() {
    let folder = TempDir::new().unwrap();
    let (path, head) = log(&folder);
    edit(&path, |lines| lines.into_iter().map(|line| line.replace("\"done\"", "\"fail\"")).collect());
    assert_eq!(verify_head(&path, &head), Err(AuditError::Head));
}

#[test]
fn a_line_of_another_run_is_found_even_where_the_chain_holds() {
    let folder = TempDir::new().unwrap();
    let (path, head) = log(&folder);
    let foreign = json!({"seq": 5, "time": "", "run": "r2", "event": "x", "fields": {}, "prev": head.sha256});
    edit(&path, |mut lines| {
        lines.push(foreign.to_string());
        lines
    });
    assert_eq!(verify(&path), Err(AuditError::Run { line: 5 }));
}

#[test]
fn an_existing_log_is_never_opened_again() {
    let folder = TempDir::new().unwrap();
    let (path, _) = log(&folder);
    let again = AuditLog::create(&path, "r1", clock()).err();
    assert_eq!(again, Some(AuditError::Io { path: path.clone(), kind: io::ErrorKind::AlreadyExists }));
    assert_eq!(verify(&path), Ok(4));
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_a_log() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let (path, _) = log(&folder);
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}
