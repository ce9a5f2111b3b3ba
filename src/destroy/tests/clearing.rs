#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::*;
use crate::clock::SystemClock;
use crate::destroy::Class;

const MINE: [u8; 32] = [1; 32];

/// Three opened files in `release/`, the second in a folder of its own, and the log of the desk.
struct Scene {
    folder: TempDir,
    received: Vec<Received>,
}

impl Scene {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir_all(folder.path().join("release/data")).unwrap();
        let file = |(path, content): &(&str, &[u8])| {
            fs::write(folder.path().join("release").join(path), content).unwrap();
            let digest = Digest { bytes: content.len() as u64, sha256: Sha256::digest(content).into() };
            Received { path: PathBuf::from(path), digest }
        };
        let files: [(&str, &[u8]); 3] = [("a.csv", b"age;30"), ("data/b.csv", b"age;40"), ("c.csv", b"")];
        let received = files.iter().map(file).collect();
        Self { folder, received }
    }

    fn release(&self) -> PathBuf {
        self.folder.path().join("release")
    }

    fn log(&self) -> AuditLog {
        AuditLog::open_or_create(&self.folder.path().join("audit.jsonl"), Arc::new(SystemClock)).unwrap()
    }

    fn clear(&self) -> Result<Cleared, DestroyError> {
        clear_opened(&mut self.log(), MINE, &self.release(), &self.received)
    }

    fn begun(&self, path: &str, event: &'static str, number: u32) {
        let beneath = Beneath::open(self.folder.path()).unwrap();
        let (device, inode, bytes) = beneath.inspect(&self.release().join(path), None).unwrap().identity();
        let facts = [
            (MANIFEST, Fact::Digest(MINE)),
            ("file", Fact::File(number)),
            ("device", Fact::Count(device)),
            ("inode", Fact::Count(inode)),
            ("bytes", Fact::Count(bytes)),
        ];
        self.log().event(event, &facts).unwrap();
    }
}

fn numbers(ends: &[(u32, FileEnd)]) -> Vec<u32> {
    ends.iter().map(|(number, _)| *number).collect()
}

fn gone(ends: &[(u32, FileEnd)]) -> bool {
    ends.iter().all(|(_, end)| end.class() < Class::NotDestroyed)
}

#[test]
fn opened_files_go_with_their_folder_and_whoever_holds_one_reads_zeros() {
    let scene = Scene::new();
    let held = fs::File::open(scene.release().join("data/b.csv")).unwrap();
    let cleared = scene.clear().unwrap();
    assert_eq!((numbers(&cleared.files), gone(&cleared.files)), (vec![0, 1, 2], true));
    assert!(cleared.others.is_empty() && cleared.left.is_empty());
    assert!(!scene.release().exists());
    let mut content = Vec::new();
    io::Read::read_to_end(&mut &held, &mut content).unwrap();
    assert_eq!(content, [0; 6]);
    assert_eq!(scene.clear().unwrap(), cleared, "the log remembers");
    let other = clear_opened(&mut scene.log(), [2; 32], &scene.release(), &[]).unwrap();
    assert_eq!(other, Cleared::default(), "and keeps releases apart");
}

#[test]
fn files_that_were_changed_or_added_go_too_and_are_told_apart() {
    let scene = Scene::new();
    fs::write(scene.release().join("a.csv"), b"age;31;note").unwrap();
    fs::write(scene.release().join("copy of a.csv"), b"age;30").unwrap();
    let cleared = scene.clear().unwrap();
    assert_eq!(numbers(&cleared.files), [1, 2]);
    assert_eq!((numbers(&cleared.others), gone(&cleared.others)), (vec![0, 3], true));
    assert!(!scene.release().exists());
    let log = fs::read_to_string(scene.folder.path().join("audit.jsonl")).unwrap();
    assert!(!log.contains("copy of"), "a name that somebody chose is not logged");
}

#[test]
fn a_file_with_another_name_is_left_alone_and_told_until_that_name_is_gone() {
    let scene = Scene::new();
    let elsewhere = scene.folder.path().join("elsewhere");
    fs::hard_link(scene.release().join("a.csv"), &elsewhere).unwrap();
    let cleared = scene.clear().unwrap();
    assert_eq!(cleared.left, [(scene.release().join("a.csv"), Reason::HardLink)]);
    assert_eq!(fs::read(&elsewhere).unwrap(), b"age;30");
    assert!(!scene.release().join("data/b.csv").exists(), "the others are gone");
    fs::remove_file(&elsewhere).unwrap();
    let cleared = scene.clear().unwrap();
    assert_eq!((numbers(&cleared.files), gone(&cleared.files)), (vec![0, 1, 2], true));
    assert!(!scene.release().exists());
}

#[test]
fn links_are_removed_and_nothing_behind_them_is_touched() {
    let scene = Scene::new();
    let outside = scene.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("d.csv"), b"not ours").unwrap();
    symlink(outside.join("d.csv"), scene.release().join("file")).unwrap();
    symlink(&outside, scene.release().join("folder")).unwrap();
    let cleared = scene.clear().unwrap();
    assert!(cleared.left.is_empty() && cleared.others.is_empty() && !scene.release().exists());
    assert_eq!(fs::read(outside.join("d.csv")).unwrap(), b"not ours");

    // In the place of the folder itself as well.
    let scene = Scene::new();
    fs::rename(scene.release(), scene.folder.path().join("moved")).unwrap();
    symlink("moved", scene.release()).unwrap();
    let cleared = scene.clear().unwrap();
    assert!(cleared.files.iter().all(|(_, end)| end.reason() == Reason::Gone));
    assert!(!disk::exists(&scene.release()));
    assert_eq!(fs::read(scene.folder.path().join("moved/a.csv")).unwrap(), b"age;30");
}

#[test]
fn what_a_killed_call_had_begun_with_is_known_again_half_overwritten_or_gone() {
    let scene = Scene::new();
    fs::write(scene.release().join("added"), b"more").unwrap();
    scene.begun("a.csv", "removing opened", 0);
    scene.begun("data/b.csv", "removing opened", 1);
    scene.begun("added", "removing other", 3);
    let path = scene.release().join("a.csv");
    io::Write::write_all(&mut fs::OpenOptions::new().write(true).open(path).unwrap(), &[0; 3]).unwrap();
    fs::remove_file(scene.release().join("data/b.csv")).unwrap();
    fs::remove_file(scene.release().join("added")).unwrap();
    fs::remove_file(scene.release().join("c.csv")).unwrap();
    let cleared = scene.clear().unwrap();
    assert_eq!((numbers(&cleared.files), numbers(&cleared.others)), (vec![0, 1, 2], vec![3]));
    assert_ne!(cleared.files[0].1.reason(), Reason::Changed);
    assert!(gone(&cleared.files[..1]));
    assert_eq!(cleared.files[1].1.reason(), Reason::GoneAfterBegun);
    assert_eq!((cleared.files[2].1.reason(), gone(&cleared.files[2..])), (Reason::Gone, false));
    assert_eq!(cleared.others[0].1.reason(), Reason::GoneAfterBegun);
}

#[test]
fn a_file_that_stands_again_under_the_name_of_a_removed_one_is_one_that_was_added() {
    let scene = Scene::new();
    let elsewhere = scene.folder.path().join("elsewhere");
    fs::hard_link(scene.release().join("a.csv"), &elsewhere).unwrap();
    scene.clear().unwrap();
    fs::write(scene.release().join("c.csv"), b"written since").unwrap();
    fs::remove_file(&elsewhere).unwrap();
    let cleared = scene.clear().unwrap();
    assert_eq!((numbers(&cleared.files), numbers(&cleared.others)), (vec![0, 1, 2], vec![3]));
}

#[test]
fn what_nobody_opened_goes_whatever_it_is_and_other_names_keep_their_content() {
    let scene = Scene::new();
    let elsewhere = scene.folder.path().join("elsewhere");
    fs::hard_link(scene.release().join("a.csv"), &elsewhere).unwrap();
    symlink("nowhere", scene.release().join("link")).unwrap();
    let ends = clear_unopened(&scene.release()).unwrap();
    assert_eq!(ends.iter().filter(|end| end.reason() == Reason::HardLink).count(), 1);
    assert_eq!((ends.len(), scene.release().exists()), (3, false));
    assert_eq!(fs::read(&elsewhere).unwrap(), b"age;30");
    assert!(clear_unopened(&scene.release()).unwrap().is_empty(), "nothing is no error");
}
