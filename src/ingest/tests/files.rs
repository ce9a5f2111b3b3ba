//! Which files are read, in which order, and what is refused.

use std::fs;

use super::*;

fn names(reader: &SourceReader) -> Vec<String> {
    reader.files().iter().map(|f| f.path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn patterns_are_expanded_sorted_and_each_file_is_read_once() {
    let folder = TempDir::new().unwrap();
    for (name, cell) in [("b.csv", "2"), ("a.csv", "1"), ("c.csv", "3"), (".caché.csv", "4"), ("autre.txt", "5")] {
        fs::write(folder.path().join(name), format!("u,v\n{cell},x\n")).unwrap();
    }
    let at = |name: &str| folder.path().join(name);
    let reader = open(&source(&[&at("c.csv"), &at("*.csv"), &at("./a.csv")])).unwrap();
    assert_eq!(names(&reader), ["a.csv", "b.csv", "c.csv"]);
    assert_eq!(reader.files().iter().map(|f| f.index).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(reader.total_bytes(), Some(3 * 8));
    let content = drain(reader).unwrap();
    assert_eq!(content.cells(), [["1", "x"], ["2", "x"], ["3", "x"]]);
    assert_eq!(content.positions(), [(1, 2), (1, 2), (1, 2)], "numbers start anew in each file");
}

#[test]
fn a_name_with_brackets_is_taken_as_it_is_written() {
    let (_folder, path) = file_with("essai[1].csv", b"u,v\n");
    assert_eq!(names(&open(&source(&[&path])).unwrap()), ["essai[1].csv"]);
}

#[test]
fn every_header_is_read_and_each_file_may_have_its_own_form() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("1.csv"), b"u;v\n1;\xE9\n").unwrap();
    fs::write(folder.path().join("2.csv"), "v,u,w\né,2,3\n").unwrap();
    let reader = open(&source(&[&folder.path().join("*.csv")])).unwrap();
    let labels: Vec<_> = reader.files().iter().map(|f| f.labels.join("+")).collect();
    assert_eq!(labels, ["u+v", "v+u+w"]);
    assert_eq!(drain(reader).unwrap().cells(), [vec!["1", "é"], vec!["é", "2", "3"]]);
}

#[test]
fn a_pattern_without_a_match_is_an_error_even_beside_one_with() {
    let (folder, path) = file_with("essai.csv", b"u,v\n");
    let found = open(&source(&[&path, &folder.path().join("absent-*.csv")])).err();
    assert!(matches!(found, Some(IngestError::NoMatch { .. })), "{found:?}");
    assert!(matches!(open(&source(&[])).err(), Some(IngestError::NoFiles { .. })));
    let found = open(&source(&[&folder.path().join("a***b")])).err();
    assert!(matches!(found, Some(IngestError::BadPattern { .. })), "{found:?}");
}

#[test]
fn what_is_no_readable_file_is_told_apart() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("dossier.csv")).unwrap();
    fs::write(folder.path().join("vide.csv"), b"").unwrap();
    fs::write(folder.path().join("marque.csv"), b"\xEF\xBB\xBF").unwrap();
    fs::write(folder.path().join("sans-nom.csv"), b";;\n1;2;3\n").unwrap();
    let error = |name: &str| open(&source(&[&folder.path().join(name)])).err().unwrap();
    assert!(matches!(error("absent.csv"), IngestError::NotFound { .. }));
    assert!(matches!(error("dossier.csv"), IngestError::IsDirectory { .. }));
    assert!(matches!(error("dossier.*"), IngestError::IsDirectory { .. }));
    assert!(matches!(error("vide.csv"), IngestError::Empty { .. }));
    assert!(matches!(error("marque.csv"), IngestError::Empty { .. }));
    assert!(matches!(error("sans-nom.csv"), IngestError::NoLabels { .. }));
    assert!(error("vide.csv").to_string().contains("vide.csv"));
}

#[cfg(unix)]
#[test]
fn a_device_is_refused() {
    assert!(matches!(open(&source(&[Path::new("/dev/null")])).err(), Some(IngestError::NotAFile { .. })));
}

#[cfg(unix)]
#[test]
#[allow(clippy::print_stderr)]
fn a_file_without_read_permission_says_so() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path) = file_with("essai.csv", b"u,v\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        eprintln!("skipped: this user may read any file");
        return;
    }
    let found = open(&source(&[&path])).err();
    assert!(matches!(found, Some(IngestError::PermissionDenied { .. })), "{found:?}");
}

#[test]
fn permission_denied_is_told_apart_from_other_failures_of_the_system() {
    use crate::ingest::Container;
    use std::io::{Error, ErrorKind};
    let path = Path::new("essai.csv");
    let denied = IngestError::from_io(path, Container::Gzip, &Error::from(ErrorKind::PermissionDenied));
    assert!(matches!(denied, IngestError::PermissionDenied { .. }), "{denied:?}");
    // EIO from the disk under a decoder is the disk's fault, not the file's
    let broken = IngestError::from_io(path, Container::Gzip, &Error::from_raw_os_error(5));
    assert!(matches!(broken, IngestError::Io { .. }), "{broken:?}");
}

#[test]
fn after_an_error_nothing_more_is_read() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("1.csv"), b"u,v\n\"1,2\n").unwrap();
    fs::write(folder.path().join("2.csv"), b"u,v\n1,2\n").unwrap();
    let mut reader = open(&source(&[&folder.path().join("*.csv")])).unwrap();
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}

#[test]
fn no_error_quotes_the_content_of_a_file() {
    let canary = "CANARI255081416802538";
    for text in [
        format!("u,v\n1,\"{canary}\n"),
        format!("\"{canary},v\n"),
        format!("{canary}\rv\r1"),
        format!("{canary}\0,v\n"),
        format!("PAR1{canary}"),
        format!("ARROW1\0\0{canary}ARROW1"),
    ] {
        let found = read(text.as_bytes()).err().unwrap();
        assert!(!format!("{found} {found:?}").contains(canary), "{found:?}");
    }
}

#[test]
fn synthea_files_have_as_many_records_as_their_makers_say() {
    let Some(folder) = shared("synthea") else { return };
    for (name, rows) in [("patients.csv", 112), ("encounters.csv", 5_598), ("procedures.csv", 14_761)] {
        let whole = read_source(&source(&[&folder.join(name)]), 1 << 20).unwrap();
        assert_eq!((whole.rows.len(), whole.malformed.len()), (rows, 0), "{name}");
        let small = read_source(&source(&[&folder.join(name)]), 1_000).unwrap();
        assert!(whole == small, "{name} depends on the block size");
    }
    let patients = read_source(&source(&[&folder.join("patients.csv")]), 1 << 20).unwrap();
    assert_eq!(patients.labels[3], "SSN");
    assert!(patients.cells().iter().all(|cells| cells[3].len() == 11));
}

#[test]
fn table_schema_fixtures_are_malformed_where_frictionless_says_so() {
    let Some(folder) = shared("table-schema/data") else { return };
    let content = |name: &str| read_source(&source(&[&folder.join(name)]), 1 << 20).unwrap();
    assert_eq!(content("table.csv").cells(), [["1", "english"], ["2", "中国人"]]);
    assert_eq!(content("latin1.csv").cells(), [["1", "english"], ["2", "©"]]);
    assert_eq!(content("blank-headers.csv").labels, ["id", "", "age"]);
    assert_eq!(content("defective-rows.csv").faults(), [(1, 2, Malformed::Short(2)), (2, 3, Malformed::Long(4))]);
    let blank: Vec<_> = (3..=13).map(|record| (record, record + 1, Malformed::Blank)).collect();
    assert_eq!(content("blank-rows-multiple.csv").faults(), blank);
    let faults = [
        (1, 2, Malformed::Short(2)),
        (2, 3, Malformed::Short(2)),
        (3, 4, Malformed::Blank),
        (4, 5, Malformed::Long(5)),
    ];
    assert_eq!(content("invalid.csv").faults(), faults);
}

#[test]
fn a_pinned_file_is_read_through_its_descriptor_and_refused_where_its_bytes_are_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let text: String = std::iter::once("a,b\n".to_owned()).chain((0..9000).map(|i| format!("{i},\u{e9}\n"))).collect();
    std::fs::write(&path, &text).unwrap();
    let digest = crate::disk::digest(&path).unwrap().sha256;
    let rows = |reader: SourceReader| -> Result<usize, IngestError> {
        reader.with_block_size(4096).map(|block| Ok(block?.parse()?.rows())).sum()
    };
    // Another file under the same name changes nothing.
    let file = crate::disk::open(&path).unwrap();
    std::fs::rename(&path, folder.path().join("b.csv")).unwrap();
    std::fs::write(&path, "a,b\nx,y\n").unwrap();
    let reader = open_pinned(&path, file, digest).unwrap();
    assert_eq!(reader.files()[0].labels, ["a", "b"]);
    assert_eq!(rows(reader).unwrap(), 9000);
    // Bytes that change under it while it is read, in its first record or its last.
    let path = folder.path().join("b.csv");
    for at in ["\n0,", "\n8999,"] {
        let at = text.find(at).unwrap() as u64 + 1;
        let reader = open_pinned(&path, crate::disk::open(&path).unwrap(), digest).unwrap();
        let write = |byte: &[u8]| crate::disk::open_in_place(&path).unwrap().write_all_at(byte, at).unwrap();
        write(b"7");
        let outcome = rows(reader);
        // The head was read before; what follows was not.
        if at > 8192 {
            assert!(matches!(outcome, Err(IngestError::Changed { .. })), "{outcome:?}");
        }
        let again = open_pinned(&path, crate::disk::open(&path).unwrap(), digest).unwrap();
        assert!(matches!(rows(again), Err(IngestError::Changed { .. })));
        write(&text.as_bytes()[at as usize..][..1]);
    }
    assert!(rows(open_pinned(&path, crate::disk::open(&path).unwrap(), digest).unwrap()).is_ok());
}
