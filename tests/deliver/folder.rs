use std::fs;
use std::os::unix::fs::PermissionsExt;

use tamis::config::Delivery;
use tamis::deliver::{Check, DeliverError, Step, deliver};
use tamis::disk::faults::{self, Call, Fault, Plan};

use super::{NAME, Waits, attempts, names, noise, package};

#[test]
fn a_file_arrives_whole_under_its_name_and_nothing_else_does() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = package(from.path(), 700_000);
    let delivered = deliver(&file, &Delivery::Folder(to.path().into()), &attempts(1), &Waits::new()).unwrap();
    assert_eq!(names(to.path()), [NAME]);
    assert_eq!(fs::read(to.path().join(NAME)).unwrap(), noise(700_000));
    assert_eq!((delivered.bytes(), delivered.attempts(), delivered.check()), (700_000, 1, Check::Content));
    assert_eq!(delivered.place(), to.path().join(NAME).display().to_string());
    assert!(!delivered.already_there());
}

#[test]
fn the_same_file_counts_as_delivered_and_another_of_its_name_is_never_overwritten() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = package(from.path(), 1000);
    let place = Delivery::Folder(to.path().into());
    deliver(&file, &place, &attempts(1), &Waits::new()).unwrap();
    assert!(deliver(&file, &place, &attempts(1), &Waits::new()).unwrap().already_there());

    let mut other = noise(1000);
    other[999] ^= 1;
    fs::write(to.path().join(NAME), &other).unwrap();
    let waits = Waits::new();
    let error = deliver(&file, &place, &attempts(5), &waits).unwrap_err();
    assert!(matches!(error, DeliverError::Occupied { .. }), "{error}");
    assert_eq!(fs::read(to.path().join(NAME)).unwrap(), other);
    assert!(waits.seconds().is_empty());
}

#[test]
fn what_an_earlier_attempt_left_is_replaced() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = package(from.path(), 1000);
    fs::write(to.path().join(format!(".{NAME}.partial")), "half").unwrap();
    deliver(&file, &Delivery::Folder(to.path().into()), &attempts(1), &Waits::new()).unwrap();
    assert_eq!(names(to.path()), [NAME]);
}

#[test]
fn who_may_read_the_folder_may_read_the_file_and_nobody_else() {
    let from = tempfile::tempdir().unwrap();
    let file = package(from.path(), 10);
    for (folder, expected) in [(0o700, 0o600), (0o750, 0o640), (0o755, 0o644), (0o777, 0o644)] {
        let to = tempfile::tempdir().unwrap();
        fs::set_permissions(to.path(), fs::Permissions::from_mode(folder)).unwrap();
        deliver(&file, &Delivery::Folder(to.path().into()), &attempts(1), &Waits::new()).unwrap();
        let mode = fs::metadata(to.path().join(NAME)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, expected, "folder {folder:o}");
    }
}

#[test]
fn a_missing_folder_is_not_made_as_it_may_be_a_drive_that_is_not_mounted() {
    let from = tempfile::tempdir().unwrap();
    let file = package(from.path(), 10);
    let missing = from.path().join("drive");
    let error = deliver(&file, &Delivery::Folder(missing.clone()), &attempts(5), &Waits::new()).unwrap_err();
    assert!(matches!(error, DeliverError::NoFolder { .. }), "{error}");
    assert!(!missing.exists());
}

#[test]
fn a_name_that_hides_a_file_or_steers_a_server_is_refused() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in [".hidden.tamis", "two words.tamis", "été.tamis", "a\nb.tamis"] {
        let file = from.path().join(name);
        fs::write(&file, "x").unwrap();
        let error = deliver(&file, &Delivery::Folder(to.path().into()), &attempts(1), &Waits::new()).unwrap_err();
        assert!(matches!(error, DeliverError::Name { .. }), "{name:?}: {error}");
    }
    assert!(names(to.path()).is_empty());
}

/// Every call to the file system fails in turn, with each of the errors that disks give. The calls are made to fail for
/// the whole process, so this test runs itself again alone.
#[test]
fn whatever_call_fails_the_name_stands_for_the_whole_file_or_for_nothing() {
    const ALONE: &str = "TAMIS_TEST_FAULTS_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let name = "folder::whatever_call_fails_the_name_stands_for_the_whole_file_or_for_nothing";
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let output = again.args(["--exact", name, "--test-threads=1"]).env(ALONE, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let from = tempfile::tempdir().unwrap();
    let file = package(from.path(), 600_000);
    let mut failed = 0;
    for call in [Call::Open, Call::Read, Call::Write, Call::Sync, Call::Rename] {
        for errno in [5, 28, 122, 30, 13] {
            for for_ever in [false, true] {
                for nth in 1..100 {
                    let to = tempfile::tempdir().unwrap();
                    let place = Delivery::Folder(to.path().into());
                    faults::arm(Plan { call: Some(call), nth, for_ever, fault: Fault::Error(errno) });
                    let outcome = deliver(&file, &place, &attempts(1), &Waits::new());
                    let calls = faults::disarm();
                    let found = fs::read(to.path().join(NAME)).ok();
                    let what = format!("{call:?} {nth} {errno} {for_ever}");
                    assert_eq!(outcome.is_ok(), found.is_some(), "{what}");
                    assert!(found.is_none_or(|bytes| bytes == noise(600_000)), "{what}");
                    assert!(!to.path().join(format!(".{NAME}.partial")).exists(), "{what}");
                    failed += u32::from(outcome.is_err());
                    if calls < nth {
                        assert!(outcome.is_ok(), "{what}");
                        break;
                    }
                    // The next attempt, on a disk that works again, succeeds.
                    deliver(&file, &place, &attempts(1), &Waits::new()).expect(&what);
                }
            }
        }
    }
    assert!(failed > 200, "{failed} failures were tried");
}

#[test]
fn a_disk_that_does_not_let_us_is_not_asked_again() {
    let kinds = |kind| DeliverError::Disk { place: String::new(), step: Step::Write, kind }.is_lasting();
    assert!(kinds(std::io::ErrorKind::PermissionDenied));
    assert!(kinds(std::io::ErrorKind::ReadOnlyFilesystem));
    assert!(!kinds(std::io::ErrorKind::StorageFull));
}
