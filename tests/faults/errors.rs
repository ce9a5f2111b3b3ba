//! Any call to the disk fails, once or for ever.

use std::fs;
use std::path::Path;

use tamis::destroy::State;
use tamis::disk::faults::{Call, Fault, Plan, arm, disarm};

use crate::scene::{Kind, Scene, alone};

/// EIO, ENOSPC, EDQUOT, EROFS, EACCES: one after the other over the calls, so that the whole takes no more than a minute;
/// no code of the program tells them apart, save in messages.
const ERRORS: [i32; 5] = [5, 28, 122, 30, 13];
const CALLS: [Call; 6] = [Call::Open, Call::Read, Call::Write, Call::Sync, Call::Rename, Call::Remove];

/// Tells a story again and again, and lets the first, second, … call of each kind fail, until nothing fails. `work` says
/// whether it came to its end without an error.
fn every_fault(prepare: impl Fn(), work: impl Fn() -> bool, after: impl Fn(&str, bool)) {
    let mut faults = 0;
    for call in CALLS {
        for for_ever in [false, true] {
            for nth in 1.. {
                let error = ERRORS[(nth as usize + usize::from(for_ever)) % ERRORS.len()];
                prepare();
                arm(Plan { call: Some(call), nth, for_ever, fault: Fault::Error(error) });
                let whole = work();
                let seen = disarm();
                let when = format!("{call:?} {nth} of {seen}, for ever {for_ever}, error {error}");
                if seen < nth {
                    assert!(whole, "{when}: nothing failed");
                    break;
                }
                after(&when, for_ever);
                faults += 1;
            }
        }
    }
    assert!(faults > 60, "only {faults} calls");
}

fn a_run(folder: &Path, kind: Kind) {
    let scene = Scene::of(folder, kind, 0);
    every_fault(
        || scene.clean(),
        || scene.run().is_ok(),
        |when, for_ever| {
            scene.check(when);
            scene.end_all(when);
            // The next run finds the most where everything failed from there on; the others cost as much time.
            if for_ever {
                scene.next_run(when);
            }
        },
    );
}

#[test]
fn whichever_call_of_a_sealed_run_fails_nothing_is_half_visible_and_it_comes_to_its_end() {
    alone("errors::whichever_call_of_a_sealed_run_fails_nothing_is_half_visible_and_it_comes_to_its_end", |folder| {
        a_run(folder, Kind::Sealed);
    });
}

#[test]
fn whichever_call_of_a_run_in_the_clear_fails_nothing_is_half_visible_and_it_comes_to_its_end() {
    alone(
        "errors::whichever_call_of_a_run_in_the_clear_fails_nothing_is_half_visible_and_it_comes_to_its_end",
        |folder| {
            a_run(folder, Kind::Open);
        },
    );
}

#[test]
fn whichever_call_fails_while_a_run_is_closed_nothing_is_destroyed_early_and_it_is_closed_in_the_end() {
    alone(
        "errors::whichever_call_fails_while_a_run_is_closed_nothing_is_destroyed_early_and_it_is_closed_in_the_end",
        |folder| {
            let scene = Scene::of(folder, Kind::Sealed, 0);
            let run = scene.run().unwrap().dossier.parent().unwrap().to_path_buf();
            let acknowledgement = scene.acknowledge(&run);
            let waiting = folder.join("waiting");
            copy(&scene.case(), &waiting);
            every_fault(
                || {
                    fs::remove_dir_all(scene.case()).unwrap();
                    copy(&waiting, &scene.case());
                },
                || scene.close(&run, &acknowledgement).is_ok(),
                |when, _| {
                    scene.check(when);
                    scene.verify_before_intent(&run, when);
                    let _ = scene.close(&run, &acknowledgement).unwrap_or_else(|e| panic!("{when}: {e}"));
                    let closed = scene.end(&run, when).unwrap();
                    assert_eq!((closed.state, closed.destroyed), (State::Certified, true), "{when}");
                },
            );
        },
    );
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, target) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
