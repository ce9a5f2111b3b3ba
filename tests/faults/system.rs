//! Besides the points in the program: the system itself refuses.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::scene::{Kind, Scene, alone, part, play};

/// The path in a line of `strace -y`: `12 fsync(5</tmp/a>) = 0`.
fn path_of(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("fsync(")?;
    let (_, rest) = rest.split_once('<')?;
    rest.split_once(">)").map(|(path, _)| path)
}

/// A run under strace, with these words for it. What strace wrote.
fn traced(test: &str, folder: &Path, words: &[&str]) -> String {
    let log = folder.join("strace");
    let all = [&["strace", "-f", "-y", "-o", log.to_str().unwrap(), "-e", "trace=fsync"], words].concat();
    play(&all, test, "traced", folder);
    fs::read_to_string(log).unwrap()
}

#[test]
fn a_flush_that_the_system_refuses_is_never_tried_again() {
    const NAME: &str = "system::a_flush_that_the_system_refuses_is_never_tried_again";
    if let Some((part, folder)) = part()
        && part == "traced"
    {
        // How it ends is seen from what it leaves.
        let _ = Scene::of(&folder, Kind::Open, 0).run();
        return;
    }
    alone(NAME, |home| {
        if !strace_works() {
            eprintln!("skipped: strace is absent, or may not trace here");
            return;
        }
        // The same folder each time, so that the names are the same.
        let folder = home.join("traced");
        fs::create_dir(&folder).unwrap();
        let scene = Scene::of(&folder, Kind::Open, 100_000);
        let log = traced(NAME, &folder, &[]);
        let paths: BTreeSet<&str> = log.lines().filter_map(path_of).collect();
        assert!(paths.iter().any(|path| path.ends_with("personnes.csv")), "{paths:?}");
        for path in &paths {
            // The first of each thread: the log is flushed by two of them.
            for nth in ["1", "2"] {
                scene.clean();
                let inject = format!("inject=fsync:error=EIO:when={nth}");
                let log = traced(NAME, &folder, &["-P", path, "-e", &inject]);
                let mut lines = log.lines().skip_while(|line| !line.contains("INJECTED"));
                if lines.next().is_none() {
                    assert_eq!(nth, "2", "{path} is not flushed any more");
                    continue;
                }
                // Folders live on; what was to be in them is taken back.
                let folder = paths.iter().any(|other| other.starts_with(&format!("{path}/")));
                assert!(folder || lines.filter_map(path_of).count() == 0, "{path} is flushed again after flush {nth}");
                let when = format!("flush {nth} of {path}");
                scene.check(&when);
                scene.go_on(&when);
            }
        }
    });
}

fn strace_works() -> bool {
    Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output().is_ok_and(|output| output.status.success())
}

/// A file system in memory with room for so many KiB; gone when it is dropped.
struct Small(PathBuf);

impl Small {
    fn mount(at: &Path, kib: u32) -> Option<Self> {
        let output =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={kib}k"), "tmpfs"]).arg(at).output();
        output.is_ok_and(|output| output.status.success()).then(|| Self(at.to_path_buf()))
    }

    fn grow(&self) {
        let output = Command::new("mount").args(["-o", "remount,size=16m"]).arg(&self.0).output().unwrap();
        assert!(output.status.success());
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn on_a_disk_that_is_full_nothing_is_half_visible_and_with_room_the_run_comes_to_its_end() {
    alone("system::on_a_disk_that_is_full_nothing_is_half_visible_and_with_room_the_run_comes_to_its_end", |folder| {
        for kind in [Kind::Open, Kind::Sealed] {
            let mut full = 0;
            for kib in (4..).step_by(4) {
                let scene = Scene::of(folder, kind, u64::from(kib) * 10_000);
                scene.clean();
                let Some(small) = Small::mount(&scene.out(), kib) else {
                    eprintln!("skipped: a small file system cannot be mounted here");
                    return;
                };
                let outcome = scene.run();
                let when = format!("{kib} KiB, {kind:?}");
                scene.check(&when);
                small.grow();
                scene.go_on(&when);
                if outcome.is_ok() {
                    break;
                }
                full += 1;
            }
            assert!(full > 3, "{kind:?}: the disk was never full");
        }
    });
}
