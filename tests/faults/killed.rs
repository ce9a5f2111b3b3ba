//! The process is killed at any call.

use std::path::Path;

use tamis::disk::faults::{Call, Fault, Plan, arm};

use crate::scene::{Kind, Scene, alone, part, play, quick_folder};

/// Kills a process at its first, second, … call, and looks at what it left. Each state of a run lasts from the flush of its
/// event to the flush of the next one: all of these are tried. Of the other calls every third is, so that the whole takes no
/// more than a minute.
fn at_every_call(test: &str, kind: Kind, work: &str, prepare: impl Fn(&Scene) -> Option<Vec<u8>>) {
    for (call, step) in [(Some(Call::Sync), 1), (Some(Call::Rename), 1), (None, 3)] {
        for nth in (1..).step_by(step) {
            let folder = quick_folder();
            let scene = Scene::of(folder.path(), kind, 0);
            let acknowledgement = prepare(&scene);
            let word = call.map_or("any".to_owned(), |call| format!("{call:?}"));
            let output = play(&[], test, &format!("{work} {} {word} {nth}", kind.word()), folder.path());
            let when = format!("killed at call {nth} of kind {word}");
            if output.status.success() {
                assert!(nth > 3, "{when}: more than that");
                break;
            }
            assert_eq!(output.status.code(), None, "{when}: {}", String::from_utf8_lossy(&output.stderr));
            // The clock has gone on.
            let scene = Scene::of(folder.path(), kind, 100_000);
            scene.check(&when);
            for run in scene.runs() {
                scene.verify_before_intent(&run, &when);
            }
            if let (Some(acknowledgement), Some(run)) = (acknowledgement, scene.runs().first()) {
                let _ = scene.close(run, &acknowledgement).unwrap_or_else(|e| panic!("{when}: {e}"));
                assert!(scene.sources_gone(), "{when}: the sources are left");
            }
            if nth % 2 == 0 {
                scene.go_on(&when);
            } else {
                // Nobody looked after the dead run before the next one, which sweeps.
                scene.next_run(&when);
                scene.end_all(&when);
            }
        }
    }
}

/// The part of the process that is killed; `None` where this is not it.
fn doomed(name: &str) -> Option<(Scene, std::path::PathBuf)> {
    let (part, folder) = part()?;
    let words: Vec<&str> = part.split(' ').collect();
    let [work, kind, call, nth] = words[..] else { return None };
    if work != name {
        return None;
    }
    let scene = Scene::of(&folder, Kind::of_word(kind), 1000);
    let call = match call {
        "Sync" => Some(Call::Sync),
        "Rename" => Some(Call::Rename),
        _ => None,
    };
    arm(Plan { call, nth: nth.parse().unwrap(), for_ever: false, fault: Fault::Kill });
    Some((scene, folder))
}

fn a_run(test: &str, kind: Kind) {
    match doomed("run") {
        Some((scene, _)) => drop(scene.run().unwrap()),
        None => alone(test, |_: &Path| at_every_call(test, kind, "run", |_| None)),
    }
}

#[test]
fn a_sealed_run_that_is_killed_at_any_call_leaves_nothing_half_visible_and_comes_to_its_end() {
    a_run(
        "killed::a_sealed_run_that_is_killed_at_any_call_leaves_nothing_half_visible_and_comes_to_its_end",
        Kind::Sealed,
    );
}

#[test]
fn a_run_in_the_clear_that_is_killed_at_any_call_leaves_nothing_half_visible_and_comes_to_its_end() {
    a_run(
        "killed::a_run_in_the_clear_that_is_killed_at_any_call_leaves_nothing_half_visible_and_comes_to_its_end",
        Kind::Open,
    );
}

#[test]
fn a_closing_that_is_killed_at_any_call_destroys_nothing_early_and_goes_on_to_the_certificate() {
    const NAME: &str =
        "killed::a_closing_that_is_killed_at_any_call_destroys_nothing_early_and_goes_on_to_the_certificate";
    if let Some((scene, folder)) = doomed("close") {
        let acknowledgement = std::fs::read(folder.join("ack")).unwrap();
        let _ = scene.close(&scene.runs()[0], &acknowledgement).unwrap();
        return;
    }
    alone(NAME, |_| {
        at_every_call(NAME, Kind::Sealed, "close", |scene| {
            let run = scene.run().unwrap().dossier.parent().unwrap().to_path_buf();
            Some(scene.acknowledge(&run))
        });
    });
}
