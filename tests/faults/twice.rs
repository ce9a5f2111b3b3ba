//! Two at once.

use std::sync::{Arc, Mutex, mpsc};

use chrono::{DateTime, Utc};
use tamis::clock::Clock;
use tamis::pipeline::{Closing, RunError, Stage, Watch, close};

use crate::scene::{Kind, Scene, alone, who};

/// Somebody who is stopped in the middle: says that it has come there, and waits to be let go.
struct Stopped {
    arrived: Mutex<mpsc::Sender<()>>,
    go_on: Mutex<mpsc::Receiver<()>>,
}

impl Stopped {
    fn new() -> (Self, mpsc::Receiver<()>, mpsc::Sender<()>) {
        let (arrived, has_arrived) = mpsc::channel();
        let (let_go, go_on) = mpsc::channel();
        (Self { arrived: Mutex::new(arrived), go_on: Mutex::new(go_on) }, has_arrived, let_go)
    }

    fn stop(&self) {
        // Only the first time somebody waits: afterwards the other end is gone.
        if self.arrived.lock().unwrap().send(()).is_ok() {
            let _ = self.go_on.lock().unwrap().recv();
        }
    }
}

impl Watch for Stopped {
    fn stage(&self, _: Stage, _: Option<u64>) {
        self.stop();
    }
}

impl Clock for Stopped {
    fn now(&self) -> DateTime<Utc> {
        self.stop();
        "2026-03-02T12:00:00Z".parse().unwrap()
    }
}

#[test]
fn of_two_runs_of_one_pipeline_the_second_stops_with_exit_code_11_and_disturbs_nothing() {
    alone("twice::of_two_runs_of_one_pipeline_the_second_stops_with_exit_code_11_and_disturbs_nothing", |folder| {
        let scene = Scene::of(folder, Kind::Open, 0);
        let (watch, has_arrived, let_go) = Stopped::new();
        std::thread::scope(|threads| {
            let first = threads.spawn(|| scene.run_watched(&watch));
            has_arrived.recv().unwrap();
            let before = scene.runs();
            let second = scene.run().unwrap_err();
            assert!(matches!(second, RunError::Locked { .. }), "{second}");
            assert_eq!((second.exit_code(), scene.runs()), (11, before));
            // Nor is a run under way closed from outside.
            let closed = scene.resume(&scene.runs()[0]).unwrap_err();
            assert_eq!(closed.exit_code(), 11, "{closed}");
            drop(has_arrived);
            drop(let_go);
            first.join().unwrap().unwrap();
        });
        assert_eq!(scene.runs().len(), 1);
        scene.check("two runs");
        scene.end(&scene.runs()[0], "two runs");
    });
}

#[test]
fn of_two_who_close_one_run_the_second_is_told_that_its_log_is_locked() {
    alone("twice::of_two_who_close_one_run_the_second_is_told_that_its_log_is_locked", |folder| {
        let scene = Scene::of(folder, Kind::Sealed, 0);
        let run = scene.run().unwrap().dossier.parent().unwrap().to_path_buf();
        let acknowledgement = scene.acknowledge(&run);
        let (clock, has_arrived, let_go) = Stopped::new();
        let closing = Closing {
            acknowledgements: vec![acknowledgement],
            signer: None,
            operator: Some(who()),
            confirm: None,
            keep_sources: true,
            clock: Arc::new(clock),
        };
        std::thread::scope(|threads| {
            let first = threads.spawn(|| close(&run, &closing));
            has_arrived.recv().unwrap();
            let second = scene.resume(&run).unwrap_err();
            assert!(second.to_string().contains("another process"), "{second}");
            assert_eq!(second.exit_code(), 11);
            drop(has_arrived);
            drop(let_go);
            assert!(first.join().unwrap().unwrap().state.is_end());
        });
        scene.check("two closings");
    });
}
