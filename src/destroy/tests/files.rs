#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;
use crate::disk::{self as disk_room};

const CONTENT: &[u8] = b"1 85 05 78 006 084 91;DUPONT";

/// `in/a.csv` under an allowed folder `in`, and a folder `out` beside it.
fn folders() -> (TempDir, Beneath, PathBuf) {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    let path = folder.path().join("in/a.csv");
    fs::write(&path, CONTENT).unwrap();
    let beneath = Beneath::open(&folder.path().join("in")).unwrap();
    (folder, beneath, path)
}

fn digest(content: &[u8]) -> Option<Digest> {
    Some(Digest { bytes: content.len() as u64, sha256: Sha256::digest(content).into() })
}

fn reason<T: std::fmt::Debug>(result: Result<T, DestroyError>) -> Reason {
    match result.unwrap_err() {
        DestroyError::Refused { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_with_the_content_that_was_read_is_zeros_for_whoever_still_holds_it_and_has_no_name() {
    let (_folder, beneath, path) = folders();
    let held = fs::File::open(&path).unwrap();
    let end = beneath.destroy(&path, digest(CONTENT)).unwrap();
    assert_eq!(end.bytes(), CONTENT.len() as u64);
    assert!(matches!(end.class(), Class::Overwritten | Class::UnlinkedOnly));
    assert!(!path.exists());
    let mut left = Vec::new();
    io::Read::read_to_end(&mut &held, &mut left).unwrap();
    assert_eq!(left, vec![0; CONTENT.len()]);
}

#[test]
fn the_class_is_the_one_of_the_medium_and_never_better() {
    let (_folder, beneath, path) = folders();
    let medium = Medium::of(&disk_room::open(&path).unwrap()).reason();
    assert_eq!(beneath.destroy(&path, None).unwrap().reason(), medium);
}

#[test]
fn a_file_longer_than_one_piece_is_overwritten_to_its_end() {
    let (_folder, beneath, path) = folders();
    let content = vec![7; PIECE + 12_345];
    fs::write(&path, &content).unwrap();
    let doomed = beneath.inspect(&path, digest(&content)).unwrap();
    doomed.overwrite().unwrap();
    assert!(fs::read(&path).unwrap() == vec![0; content.len()]);
}

#[test]
fn an_empty_file_is_removed() {
    let (_folder, beneath, path) = folders();
    fs::write(&path, b"").unwrap();
    beneath.destroy(&path, digest(b"")).unwrap();
    assert!(!path.exists());
}

#[test]
fn a_changed_content_is_left_alone_whether_or_not_its_length_is_the_same() {
    let (_folder, beneath, path) = folders();
    let mut other = CONTENT.to_vec();
    other[0] ^= 1;
    for changed in [other, [CONTENT, b"\n"].concat()] {
        fs::write(&path, &changed).unwrap();
        assert_eq!(reason(beneath.destroy(&path, digest(CONTENT))), Reason::Changed);
        assert_eq!(fs::read(&path).unwrap(), changed);
    }
}

#[test]
fn a_symbolic_link_is_refused_as_the_file_and_on_the_way_to_it() {
    let (folder, beneath, path) = folders();
    let secret = folder.path().join("out/secret.csv");
    fs::write(&secret, CONTENT).unwrap();
    let (link, way) = (folder.path().join("in/link.csv"), folder.path().join("in/way"));
    symlink(&secret, &link).unwrap();
    symlink("../out", &way).unwrap();
    assert_eq!(reason(beneath.destroy(&link, digest(CONTENT))), Reason::Link);
    assert_eq!(reason(beneath.destroy(&way.join("secret.csv"), digest(CONTENT))), Reason::Link);
    // Also one that leads to a file which may be destroyed.
    let inner = folder.path().join("in/inner.csv");
    symlink("a.csv", &inner).unwrap();
    assert_eq!(reason(beneath.destroy(&inner, digest(CONTENT))), Reason::Link);
    assert_eq!(fs::read(&secret).unwrap(), CONTENT);
    assert_eq!(fs::read(&path).unwrap(), CONTENT);
}

#[test]
fn a_path_that_leads_out_of_the_folder_is_refused_however_it_is_written() {
    let (folder, beneath, _) = folders();
    let secret = folder.path().join("out/secret.csv");
    fs::write(&secret, CONTENT).unwrap();
    let root = folder.path().join("in");
    for path in [
        secret.clone(),
        root.join("../out/secret.csv"),
        root.join("sub/../../out/secret.csv"),
        root.clone(),
        root.join(".."),
        folder.path().join("inner/a.csv"),
    ] {
        assert_eq!(reason(beneath.destroy(&path, digest(CONTENT))), Reason::Outside, "{}", path.display());
    }
    assert_eq!(fs::read(&secret).unwrap(), CONTENT);
}

#[test]
fn a_folder_named_by_a_link_is_the_folder_and_its_files_may_be_named_either_way() {
    let (folder, _, path) = folders();
    symlink("in", folder.path().join("alias")).unwrap();
    let beneath = Beneath::open(&folder.path().join("alias")).unwrap();
    beneath.inspect(&path, digest(CONTENT)).unwrap();
    beneath.inspect(&folder.path().join("alias/a.csv"), digest(CONTENT)).unwrap();
}

#[test]
fn a_file_with_a_second_name_is_neither_overwritten_nor_unlinked() {
    let (folder, beneath, path) = folders();
    let second = folder.path().join("out/b.csv");
    fs::hard_link(&path, &second).unwrap();
    let refused = reason(beneath.destroy(&path, digest(CONTENT)));
    assert_eq!((refused, refused.class()), (Reason::HardLink, Class::NotDestroyed));
    assert_eq!(fs::read(&path).unwrap(), CONTENT);
    assert_eq!(fs::read(&second).unwrap(), CONTENT);
}

#[test]
fn folders_and_pipes_are_refused_without_waiting_for_a_writer() {
    let (folder, beneath, _) = folders();
    let (sub, pipe) = (folder.path().join("in/sub"), folder.path().join("in/pipe"));
    fs::create_dir(&sub).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert_eq!(reason(beneath.destroy(&sub, None)), Reason::NotRegular);
    assert_eq!(reason(beneath.destroy(&pipe, None)), Reason::NotRegular);
    assert_eq!(reason(beneath.destroy(&folder.path().join("in/none"), None)), Reason::Gone);
}

#[test]
fn a_file_that_took_the_name_between_hash_and_overwriting_is_intact_and_so_is_the_first() {
    let (folder, beneath, path) = folders();
    let doomed = beneath.inspect(&path, digest(CONTENT)).unwrap();
    let moved = folder.path().join("in/moved.csv");
    fs::rename(&path, &moved).unwrap();
    fs::write(&path, b"another").unwrap();
    assert_eq!(reason(doomed.destroy()), Reason::Replaced);
    assert_eq!(fs::read(&path).unwrap(), b"another");
    assert_eq!(fs::read(&moved).unwrap(), CONTENT);
}

#[test]
fn a_file_that_took_the_name_between_overwriting_and_unlinking_keeps_it() {
    let (folder, beneath, path) = folders();
    let doomed = beneath.inspect(&path, digest(CONTENT)).unwrap();
    doomed.overwrite().unwrap();
    fs::rename(&path, folder.path().join("in/moved.csv")).unwrap();
    fs::write(&path, b"another").unwrap();
    assert_eq!(reason(doomed.unlink()), Reason::Replaced);
    assert_eq!(fs::read(&path).unwrap(), b"another");
}

#[test]
fn a_file_written_to_or_linked_after_its_inspection_is_left_alone() {
    let (folder, beneath, path) = folders();
    let doomed = beneath.inspect(&path, digest(CONTENT)).unwrap();
    // Times of files may be as coarse as a tick of the kernel's clock.
    std::thread::sleep(std::time::Duration::from_millis(30));
    fs::write(&path, CONTENT).unwrap();
    assert_eq!(reason(doomed.destroy()), Reason::Changed);

    let doomed = beneath.inspect(&path, digest(CONTENT)).unwrap();
    let second = folder.path().join("out/b.csv");
    fs::hard_link(&path, &second).unwrap();
    assert_eq!(reason(doomed.destroy()), Reason::HardLink);
    assert_eq!(fs::read(&second).unwrap(), CONTENT);
}

#[test]
fn a_folder_exchanged_for_another_does_not_turn_destruction_there() {
    let (folder, beneath, _) = folders();
    let sub = folder.path().join("in/sub");
    fs::create_dir(&sub).unwrap();
    fs::write(sub.join("b.csv"), CONTENT).unwrap();
    let doomed = beneath.inspect(&sub.join("b.csv"), digest(CONTENT)).unwrap();
    fs::rename(&sub, folder.path().join("in/moved")).unwrap();
    fs::write(folder.path().join("out/b.csv"), CONTENT).unwrap();
    symlink("../out", &sub).unwrap();
    doomed.destroy().unwrap();
    assert!(!folder.path().join("in/moved/b.csv").exists());
    assert_eq!(fs::read(folder.path().join("out/b.csv")).unwrap(), CONTENT);
}

#[test]
fn an_error_names_the_file_and_the_rule_and_nothing_of_the_content() {
    let (_folder, beneath, path) = folders();
    let error = beneath.destroy(&path, digest(b"other")).unwrap_err().to_string();
    assert!(error.contains("a.csv") && error.contains("not the one that was read"), "{error}");
    assert!(!error.contains("DUPONT"));
}
