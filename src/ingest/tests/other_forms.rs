//! Spreadsheets and JSON lines. The spreadsheets were made with openpyxl and odfpy.

use super::*;
use crate::ingest::Container;

fn spreadsheet(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/files").join(name)
}

#[test]
fn a_sheet_reads_as_the_table_that_a_person_sees() {
    for name in ["consultations.xlsx", "consultations.ods"] {
        let path = spreadsheet(name);
        let content = read_source(&source(&[&path]), 1 << 20).unwrap();
        let cells = content.cells();
        assert_eq!(cells.len(), 3, "{name}");
        assert_eq!(
            cells[0],
            ["284058832102532", "2", "1984-05-12", "71.5", "2026-02-25T14:30:00", "true", "rien à signaler"]
        );
        assert_eq!(cells[1][..6], ["255069900500188", "1", "1955-06-30", "80", "∅", "false"], "{name}");
        assert!(cells[1][6].starts_with("dit : \"ça va\"\n"), "{name}");
        assert_eq!(cells[2][3..6], ["71.25", "2026-03-01", "true"], "{name}");
        // Rows count as everywhere: the empty one is told, and has its number.
        assert_eq!(content.positions(), [(1, 1), (2, 2), (4, 4)], "{name}");
        assert_eq!(content.faults(), [(3, 3, Malformed::Blank)], "{name}");
        let labels = open(&source(&[&path])).unwrap().files()[0].labels.clone();
        assert_eq!(labels[..3], ["matricule_ins", "sexe", "date_naissance"]);
    }
}

#[test]
fn a_file_of_several_sheets_or_none_is_refused_and_damage_is_told_without_what_it_holds() {
    let several = open(&source(&[&spreadsheet("deux-feuilles.xlsx")])).err();
    assert!(matches!(several, Some(IngestError::Sheets { .. })), "{several:?}");
    let whole = std::fs::read(spreadsheet("consultations.xlsx")).unwrap();
    for (bytes, what) in
        [(&whole[..whole.len() / 2], "cut"), (&b"PK\x03\x04 and no more"[..], "no archive"), (b"a;b\n1;2\n", "text")]
    {
        let (_folder, path) = file_with("c.xlsx", bytes);
        let found = open(&source(&[&path])).err();
        assert!(matches!(found, Some(IngestError::Corrupt { container: Container::Sheet, .. })), "{what}: {found:?}");
    }
}

#[test]
fn json_lines_are_records_whatever_the_order_of_their_members() {
    let text =
        "{\"a\":1,\"b\":\"x\\ny\",\"c\":true}\n{\"c\":null,\"a\":2.5,\"d\":[1,{\"e\":\"f\"}]}\r\n\n{\"b\":\"é\"}";
    let (_folder, path) = file_with("c.ndjson", text.as_bytes());
    let content = read_source(&source(&[&path]), 1 << 20).unwrap();
    assert_eq!(open(&source(&[&path])).unwrap().files()[0].labels, ["a", "b", "c", "d"]);
    assert_eq!(
        content.cells(),
        [vec!["1", "x\ny", "true", "∅"], vec!["2.5", "∅", "∅", "[1,{\"e\":\"f\"}]"], vec!["∅", "é", "∅", "∅"]]
    );
    assert_eq!(content.faults(), [(3, 3, Malformed::Blank)]);
    assert_eq!(content.positions().last(), Some(&(4, 4)));
}

#[test]
fn a_line_that_is_no_record_is_told_by_its_number_and_never_quoted() {
    for (text, line) in [
        ("{\"a\":1}\n{\"a\":KANARI}\n", 2),
        ("[1,2]\n", 1),
        ("{\"a\":1}\n{\"a\":2,\"a\":\"KANARI\"}\n", 2),
        ("{\"a\":1}\n\"KANARI\"\n", 2),
        ("{\"a\":\"KANARI", 1),
    ] {
        let (_folder, path) = file_with("c.jsonl", text.as_bytes());
        let found = open(&source(&[&path])).err().unwrap();
        assert!(matches!(&found, IngestError::NotAnObject { line: told, .. } if *told == line), "{found:?}");
        assert!(!found.to_string().contains("KANARI") && !format!("{found:?}").contains("KANARI"));
    }
    // Labels come from the first 8,192 records; what comes later is not lost unseen.
    let mut text = "{\"a\":1}\n".repeat(9_000);
    text.push_str("{\"a\":1,\"KANARI\":2}\n");
    let (_folder, path) = file_with("c.jsonl", text.as_bytes());
    let found = read_source(&source(&[&path]), 1 << 20).err().unwrap();
    assert!(matches!(found, IngestError::UnknownMember { line: 9_001, .. }), "{found:?}");
    assert!(!found.to_string().contains("KANARI"));
}
