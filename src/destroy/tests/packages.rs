//! Sealed packages that the sender no longer needs.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::super::journal::{Begun, Piece};
use super::super::state::ALL;
use super::journal::*;
use crate::audit;
use crate::config::When;
use crate::destroy::*;

/// Two sealed packages of a run that was acknowledged and whose keys are destroyed.
struct SealedRun {
    folder: TempDir,
    parcels: Vec<Parcel>,
}

impl SealedRun {
    fn new() -> (Self, Journal) {
        let folder = TempDir::new().unwrap();
        let sealed = folder.path().join("sealed");
        fs::create_dir(&sealed).unwrap();
        let mut journal = begin(folder.path(), When::Acknowledged);
        let parcels: Vec<Parcel> = (0..2)
            .map(|package| {
                let path = sealed.join(format!("{package}.tamis"));
                fs::write(&path, CONTENT).unwrap();
                Parcel { package, path, digest: digest(CONTENT) }
            })
            .collect();
        lead(&mut journal, State::KeysDestroyed);
        (Self { folder, parcels }, journal)
    }

    fn sealed(&self) -> PathBuf {
        self.folder.path().join("sealed")
    }

    fn resume(&self) -> Journal {
        Journal::resume(&self.folder.path().join("audit.jsonl"), clock()).unwrap().0
    }
}

#[test]
fn sealed_packages_go_with_their_folder_and_each_end_is_found_again() {
    let (run, mut journal) = SealedRun::new();
    let ends = remove_packages(&mut journal, &run.sealed(), &run.parcels).unwrap();
    assert_eq!(ends.len(), 2);
    assert!(ends.iter().all(|(_, end)| end.class() < Class::NotDestroyed && end.bytes() == CONTENT.len() as u64));
    assert!(!run.sealed().exists());
    assert!(journal.ends().is_empty(), "a package is no source");
    drop(journal);
    let mut journal = run.resume();
    assert_eq!(journal.package_ends(), ends);
    assert_eq!(remove_packages(&mut journal, &run.sealed(), &run.parcels).unwrap(), ends);
    let events = audit::read(&run.folder.path().join("audit.jsonl")).unwrap();
    assert_eq!(events.iter().filter(|entry| entry.event == "package removed").count(), 2, "each is told once");
}

#[test]
fn no_package_goes_before_its_acknowledgement_and_the_destruction_of_the_keys() {
    for (when, state) in WHENS.into_iter().flat_map(|when| ALL.map(|state| (when, state))) {
        // Without waiting for an acknowledgement there is none.
        let skips = when == When::Exported && state == State::KeysDestroyed;
        if state == State::KeysDestroyed && !skips {
            continue;
        }
        let (run, _) = SealedRun::new();
        let folder = TempDir::new().unwrap();
        let mut journal = if skips {
            let mut journal = begin(folder.path(), when);
            lead(&mut journal, State::ReadBack);
            journal.step(State::DestroyIntended, &[]).unwrap();
            journal.step(State::KeysDestroyed, &[]).unwrap();
            journal
        } else {
            at(folder.path(), when, state)
        };
        let refused = remove_packages(&mut journal, &run.sealed(), &run.parcels);
        assert!(matches!(refused, Err(DestroyError::TooEarly { .. })), "{state}");
        assert!(run.parcels.iter().all(|parcel| parcel.path.exists()));
    }
}

#[test]
fn a_killed_removal_of_packages_goes_on_with_the_half_overwritten_one() {
    let (run, mut journal) = SealedRun::new();
    let (device, inode, bytes) =
        Beneath::open(&run.sealed()).unwrap().inspect(&run.parcels[0].path, None).unwrap().identity();
    journal.removing(Piece::Package(0), Begun { device, inode, bytes }).unwrap();
    let mut half = CONTENT.to_vec();
    half[..10].fill(0);
    write_in_place(&run.parcels[0].path, &half);
    drop(journal);
    let ends = remove_packages(&mut run.resume(), &run.sealed(), &run.parcels).unwrap();
    assert!(ends.len() == 2 && ends.iter().all(|(_, end)| end.class() < Class::NotDestroyed));
    assert!(!run.sealed().exists());
}

#[test]
fn a_package_that_somebody_exchanged_or_took_away_is_said_to_be_so() {
    let (run, mut journal) = SealedRun::new();
    fs::write(&run.parcels[0].path, b"another file").unwrap();
    fs::remove_file(&run.parcels[1].path).unwrap();
    let ends = remove_packages(&mut journal, &run.sealed(), &run.parcels).unwrap();
    let reasons: Vec<Reason> = ends.iter().map(|(_, end)| end.reason()).collect();
    assert_eq!(reasons, [Reason::Changed, Reason::Gone]);
    assert_eq!(fs::read(&run.parcels[0].path).unwrap(), b"another file");

    let (run, mut journal) = SealedRun::new();
    fs::rename(run.sealed(), run.folder.path().join("taken")).unwrap();
    let ends = remove_packages(&mut journal, &run.sealed(), &run.parcels).unwrap();
    assert!(ends.iter().all(|(_, end)| end.reason() == Reason::Gone));
}

#[test]
fn a_log_that_tells_of_a_removed_package_before_its_acknowledgement_is_refused() {
    let folder = TempDir::new().unwrap();
    let mut journal = begin(folder.path(), When::Exported);
    lead(&mut journal, State::ReadBack);
    journal.step(State::DestroyIntended, &[]).unwrap();
    journal.step(State::KeysDestroyed, &[]).unwrap();
    journal.removed(Piece::Package(0), FileEnd::of(Reason::Flash, 1)).unwrap();
    drop(journal);
    let refused = Journal::resume(&folder.path().join("audit.jsonl"), clock()).err();
    assert!(matches!(refused, Some(JournalError::Order { .. })));
}
