use std::fs;
use std::io;
use std::process::Command;

use super::*;

/// A run with one closed resource of three rows.
fn closed(folder: &TempDir) -> RunDirectory {
    let mut run = started(folder);
    let mut writer = run.writer(0, &texts("texte"), None, &BOTH).unwrap();
    writer.write(&text_chunk(vec![Some("a"), Some("b"), Some("c")])).unwrap();
    assert_eq!(run.close(writer).unwrap(), 3);
    run
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_release_has_its_name_only_after_it_was_read_back() {
    let folder = TempDir::new().unwrap();
    let run = closed(&folder);
    assert!(!exists(&run_path(&folder).join("release")));
    let receipt = run.assemble(&manifest(), None).and_then(Assembled::read_back).and_then(Compared::publish).unwrap();
    assert_eq!(receipt.release(), run_path(&folder).join("release"));
    assert!(exists(&receipt.release().join("data/texte.csv")));
    assert!(!exists(&run_path(&folder).join("release.partial")));
    let rows: Vec<_> = receipt.files().iter().map(ReceiptFile::rows).collect();
    assert_eq!(rows, [None, Some(3), Some(3)]);
}

#[test]
fn one_flipped_bit_on_disk_stops_the_release_and_leaves_nothing() {
    for file in ["data/texte.csv", "data/texte.parquet"] {
        let folder = TempDir::new().unwrap();
        let run = closed(&folder);
        flip(&run.path().join("release.partial").join(file), 7);
        let error = run.assemble(&manifest(), None).and_then(Assembled::read_back).and_then(Compared::publish).err();
        assert_eq!(error, Some(ExportError::ReadBack { file: file.into(), what: Mismatch::Content }));
        assert!(!exists(&run_path(&folder)));
    }
}

#[test]
fn a_file_cut_short_or_gone_stops_the_release() {
    let folder = TempDir::new().unwrap();
    let run = closed(&folder);
    let path = run.path().join("release.partial/data/texte.csv");
    fs::write(&path, "texte\na\n").unwrap();
    let error = run.assemble(&manifest(), None).and_then(Assembled::read_back).and_then(Compared::publish).err();
    assert_eq!(error, Some(ExportError::ReadBack { file: "data/texte.csv".into(), what: Mismatch::Length }));

    let run = closed(&folder);
    fs::remove_file(&path).unwrap();
    let error = run.assemble(&manifest(), None).and_then(Assembled::read_back).and_then(Compared::publish).err();
    assert_eq!(error, Some(ExportError::Io { path, operation: Operation::Read, kind: io::ErrorKind::NotFound }));
}

#[test]
fn a_file_that_the_run_did_not_write_stops_the_release() {
    let folder = TempDir::new().unwrap();
    let run = closed(&folder);
    fs::write(run.path().join("release.partial/data/brut.csv"), "x").unwrap();
    assert_eq!(
        run.assemble(&manifest(), None).and_then(Assembled::read_back).and_then(Compared::publish).err(),
        Some(ExportError::Stray { file: "data/brut.csv".into() })
    );
    assert!(!exists(&run_path(&folder)));
}

#[test]
fn a_resource_that_was_not_closed_stops_the_release() {
    let folder = TempDir::new().unwrap();
    let mut run = started(&folder);
    let _writer = run.writer(0, &texts("texte"), None, &BOTH).unwrap();
    assert_eq!(
        run.assemble(&manifest(), None).and_then(Assembled::read_back).and_then(Compared::publish).err(),
        Some(ExportError::Unclosed { resource: "texte".into() })
    );
}

#[test]
fn rows_of_another_resource_are_refused() {
    let folder = TempDir::new().unwrap();
    let mut run = started(&folder);
    let mut writer = run.writer(1, &texts("texte"), None, &BOTH).unwrap();
    let error = writer.write(&text_chunk(vec![Some("a")])).err();
    assert_eq!(error, Some(ExportError::OtherResource { resource: "texte".into() }));
}

#[test]
fn a_run_directory_that_is_dropped_takes_everything_with_it() {
    let folder = TempDir::new().unwrap();
    drop(closed(&folder));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_run_that_is_given_up_says_what_it_removed_and_keeps_its_dossier() {
    let folder = TempDir::new().unwrap();
    let run = closed(&folder);
    run.dossier().write("findings.json", &json!({ "rejected": 3 })).unwrap();
    let abandoned = run.abandon().unwrap();
    assert_eq!(abandoned.files(), 2);
    assert!(abandoned.bytes() > 100);
    assert!(!exists(&run_path(&folder).join("release.partial")));
    abandoned.dossier().write("certificate.json", &json!({})).unwrap();
    assert!(exists(&run_path(&folder).join("dossier/findings.json")));
    assert!(exists(&run_path(&folder).join("dossier/certificate.json")));
}

#[test]
fn a_dropped_run_keeps_the_documents_that_stand_in_its_dossier() {
    let folder = TempDir::new().unwrap();
    let run = closed(&folder);
    run.dossier().write("findings.json", &json!({})).unwrap();
    drop(run);
    assert!(!exists(&run_path(&folder).join("release.partial")));
    assert!(exists(&run_path(&folder).join("dossier/findings.json")));
}

#[test]
fn a_published_release_survives_its_receipt() {
    let folder = TempDir::new().unwrap();
    drop(
        closed(&folder).assemble(&manifest(), None).and_then(Assembled::read_back).and_then(Compared::publish).unwrap(),
    );
    assert!(exists(&run_path(&folder).join("release/datapackage.json")));
}

#[test]
fn an_existing_run_directory_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(run_path(&folder)).unwrap();
    fs::write(run_path(&folder).join("note"), "x").unwrap();
    let error = RunDirectory::create(folder.path(), "l1411-8", "r1", &[]).err().unwrap();
    let (path, kind) = (run_path(&folder), io::ErrorKind::AlreadyExists);
    assert_eq!(error, ExportError::Io { path, operation: Operation::Create, kind });
    assert!(exists(&run_path(&folder).join("note")));
}

#[test]
fn names_that_would_leave_the_folder_are_refused() {
    let folder = TempDir::new().unwrap();
    for name in ["../x", "a/b", ".hidden", "", "é", "a\0b", "a\\b"] {
        let error = RunDirectory::create(folder.path(), name, "r1", &[]).err();
        assert_eq!(error, Some(ExportError::Name { name: name.into() }));
        assert!(started(&folder).writer(0, &texts(name), None, &BOTH).is_err());
    }
}

#[test]
fn two_resources_whose_files_would_share_a_name_are_refused() {
    let folder = TempDir::new().unwrap();
    let mut run = started(&folder);
    let _one = run.writer(0, &texts("a"), None, &BOTH).unwrap();
    let error = run.writer(1, &texts("a-parquet"), None, &[ExportFormat::Csv]).err();
    assert_eq!(error, Some(ExportError::Duplicate { name: "a-parquet".into() }));
}

#[test]
fn a_document_of_the_dossier_is_written_once_and_leaves_no_partial_file() {
    let folder = TempDir::new().unwrap();
    let run = started(&folder);
    let path = run.dossier().write("summary.json", &json!({ "read": 120 })).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\n  \"read\": 120\n}\n");
    assert!(run.dossier().write("summary.json", &json!({ "read": 0 })).is_err());
    assert_eq!(fs::read_dir(run.dossier().path()).unwrap().count(), 1);
    assert!(run.dossier().write("../summary.json", &json!({})).is_err());
}

#[test]
fn a_file_where_the_folder_should_be_is_told_as_such() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("fichier");
    fs::write(&file, "x").unwrap();
    let error = RunDirectory::create(&file, "l1411-8", "r1", &[]).err().unwrap();
    assert!(matches!(&error, ExportError::Io { path, operation: Operation::Create, .. } if *path == file), "{error}");
}

#[cfg(unix)]
#[test]
fn everything_is_made_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let to = folder.path().join("sorties/2026");
    let run = RunDirectory::create(&to, "l1411-8", "r1", &[]).unwrap();
    drop(run);
    let receipt =
        closed(&folder).assemble(&manifest(), None).and_then(Assembled::read_back).and_then(Compared::publish).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&to), 0o700);
    for inner in ["", "dossier", "release", "release/data"] {
        assert_eq!(mode(&run_path(&folder).join(inner)), 0o700, "{inner}");
    }
    for file in receipt.files() {
        assert_eq!(mode(&receipt.release().join(file.path())), 0o600, "{}", file.path());
    }
}

#[cfg(unix)]
#[test]
#[allow(clippy::print_stderr)]
fn a_folder_without_the_right_to_write_is_told_as_such() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(folder.path().join("essai"), "x").is_ok() {
        eprintln!("skipped: this user may write everywhere");
        return;
    }
    let error = RunDirectory::create(folder.path(), "l1411-8", "r1", &[]).err().unwrap();
    assert!(matches!(error, ExportError::Io { kind: io::ErrorKind::PermissionDenied, .. }));
}

/// A file system of 64 KiB, taken off again when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs"]).arg(folder.path());
        let mounted = command.output().is_ok_and(|output| output.status.success());
        mounted.then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).output();
    }
}

#[test]
#[allow(clippy::print_stderr)]
fn a_full_disk_is_told_as_such_and_nothing_is_left_on_it() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: this user may not mount a small file system");
        return;
    };
    for format in BOTH {
        let mut run = started(&disk.0);
        let mut writer = run.writer(0, &every_kind(), None, &[format]).unwrap();
        let failed = (0..20).map(|at| writer.write(&varied(at * 20_000, (at + 1) * 20_000, true))).find(Result::is_err);
        let error = match failed {
            Some(error) => error.err().unwrap(),
            None => run.close(writer).err().unwrap(),
        };
        assert!(matches!(error, ExportError::Io { kind: io::ErrorKind::StorageFull, .. }), "{error}");
        assert!(error.to_string().contains("make room"));
        drop(run);
        assert_eq!(fs::read_dir(disk.0.path()).unwrap().count(), 0, "{format:?}");
    }
}
