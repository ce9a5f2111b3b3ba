//! Registers: one column of a small file.

use super::*;
use crate::ingest::{Register, read_register};

fn register(bytes: &[u8], column: &str) -> Result<Register, IngestError> {
    let (_folder, path) = file_with("oppositions.csv", bytes);
    read_register(&path, column, Encoding::Detect, None)
}

#[test]
fn a_register_gives_one_column_with_its_lines() {
    let register = register(b"date;nir\n2026;255081416802538\n\n2026;\n2026;284058832102532\n", "nir").unwrap();
    let cells: Vec<_> = register.iter().collect();
    assert_eq!(cells, [(2, "255081416802538"), (4, ""), (5, "284058832102532")]);
    assert_eq!((register.len(), register.is_empty()), (3, false));
}

#[test]
fn a_line_of_a_register_that_cannot_be_read_is_never_skipped() {
    for bytes in [&b"date;nir\n2026;1\n2026\n"[..], b"date;nir\n2026;1\n2026;2;3\n", b"date;nir\n2026;1\n2026;\0\n"] {
        let found = register(bytes, "nir").err();
        assert!(matches!(found, Some(IngestError::RegisterRecord { line: 3, .. })), "{found:?}");
    }
}

#[test]
fn a_register_needs_its_column_exactly_once() {
    let found = register(b"date;nir\n", "NIR").err();
    assert!(matches!(found, Some(IngestError::NoColumn { .. })), "{found:?}");
    let found = register(b"nir;nir\n", "nir").err();
    assert!(matches!(found, Some(IngestError::RepeatedColumn { .. })), "{found:?}");
    let found = read_register(Path::new("absent.csv"), "nir", Encoding::Utf8, None).err();
    assert!(matches!(found, Some(IngestError::NotFound { .. })), "{found:?}");
}

#[test]
fn a_register_without_persons_is_empty() {
    assert!(register(b"nir\n", "nir").unwrap().is_empty());
}
