//! Keys and their ledger on a disk that fails: in a process of its own, since the faults hold for all of it.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use tamis::clock::SystemClock;
use tamis::disk::faults::{Call, Fault, Plan, arm, disarm};
use tamis::keys::{self, Epoch, Epochs, KeyError, KeySource};

/// EIO, EACCES, ENOSPC, EROFS, EDQUOT.
const ERRORS: [i32; 5] = [5, 13, 28, 30, 122];
const CALLS: [Call; 6] = [Call::Open, Call::Read, Call::Write, Call::Sync, Call::Rename, Call::Remove];

/// Does the work in a fresh folder again and again, with the 1st, 2nd, … call of every kind failing, once and for ever, until
/// it is done without meeting the fault; after each, the folder is looked at.
fn with_every_fault(
    prepare: impl Fn(&Path),
    work: impl Fn(&Path) -> Result<(), KeyError>,
    look: impl Fn(&Path, Result<(), KeyError>, Plan),
) {
    let mut met = 0;
    for error in ERRORS {
        for call in CALLS {
            for for_ever in [false, true] {
                for nth in 1..100 {
                    let folder = tempfile::tempdir().unwrap();
                    prepare(folder.path());
                    let plan = Plan { call: Some(call), nth, for_ever, fault: Fault::Error(error) };
                    arm(plan);
                    let outcome = work(folder.path());
                    let seen = disarm();
                    look(folder.path(), outcome, plan);
                    if seen < nth {
                        break;
                    }
                    met += 1;
                }
            }
        }
    }
    assert!(met > 20, "{met} faults were met");
}

#[test]
fn on_a_failing_disk_a_key_stands_whole_or_is_refused_and_a_ledger_is_never_damaged() {
    keys_stand_whole_or_not_at_all();
    a_ledger_is_as_before_or_has_one_line_more();
}

fn keys_stand_whole_or_not_at_all() {
    let work = |folder: &Path| {
        keys::generate_root(&folder.join("root"), Some("2026"), &SystemClock)?;
        keys::generate_signing(&folder.join("signing"), "a")?;
        keys::generate_recipient(&folder.join("recipient")).map(|_| ())
    };
    with_every_fault(
        |_| {},
        work,
        |folder, outcome, plan| {
            let source = |name: &str| KeySource::File(folder.join(name));
            if outcome.is_ok() {
                let root = keys::load_root(&source("root")).unwrap();
                assert_eq!(
                    Epochs::read(&folder.join("root.epochs"), &root.fingerprint()).unwrap().current().name(),
                    "2026"
                );
                keys::inspect(&source("signing")).unwrap();
                keys::inspect(&source("recipient")).unwrap();
                return;
            }
            // Where not even removing works, what is left is refused or a whole key that nobody was told of.
            let could_clean = !(plan.for_ever && plan.call == Some(Call::Remove));
            for name in ["root", "signing", "recipient"] {
                let secret = folder.join(name);
                if could_clean && plan.call != Some(Call::Remove) && secret.exists() {
                    keys::inspect(&source(name)).unwrap_or_else(|e| panic!("{plan:?}: half a key is left: {e}"));
                }
            }
        },
    );
}

fn a_ledger_is_as_before_or_has_one_line_more() {
    let key = |folder: &Path| keys::load_root(&KeySource::File(folder.join("root"))).unwrap().fingerprint();
    with_every_fault(
        |folder| {
            keys::generate_root(&folder.join("root"), Some("2026"), &SystemClock).unwrap();
            // Left by a writer that was killed.
            fs::write(folder.join(".root.epochs.partial"), "{").unwrap();
        },
        |folder| {
            let fingerprint = keys::load_root(&KeySource::File(folder.join("root")))?.fingerprint();
            keys::open_epoch(&folder.join("root.epochs"), &fingerprint, "2027", &SystemClock).map(|_| ())
        },
        |folder, outcome, plan| {
            let epochs = Epochs::read(&folder.join("root.epochs"), &key(folder));
            let epochs = epochs.unwrap_or_else(|e| panic!("{plan:?}: the ledger is damaged: {e}"));
            let names: Vec<&str> = epochs.iter().map(Epoch::name).collect();
            match outcome {
                Ok(()) => assert_eq!(names, ["2026", "2027"], "{plan:?}"),
                Err(_) => assert!(names == ["2026"] || names == ["2026", "2027"], "{plan:?}: {names:?}"),
            }
        },
    );
}
