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
    assert!(matches!(&several, Some(IngestError::Sheets { filled, of: 3, .. }) if filled == &[1, 3]), "{several:?}");
    let told = several.unwrap().to_string();
    assert!(told.contains("sheet = \"NAME\"") && !told.contains("plus"), "{told}");
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
fn a_sheet_is_taken_by_its_name_and_only_workbooks_have_one() {
    let of = |path: &Path, sheet: &str| Source { sheet: Some(sheet.to_owned()), ..source(&[path]) };
    let several = spreadsheet("deux-feuilles.xlsx");
    let one = read_source(&source(&[&spreadsheet("consultations.xlsx")]), 1 << 20).unwrap();
    assert_eq!(read_source(&of(&several, "consultations"), 1 << 20).unwrap(), one);
    let other = open_one(&several, Some("plus")).unwrap();
    assert_eq!(other.files()[0].labels, ["a"]);
    assert!(matches!(open(&of(&several, "vide")).err(), Some(IngestError::NoLabels { .. })));
    let absent = open(&of(&several, "Consultations")).err();
    assert!(matches!(absent, Some(IngestError::NoSheet { of: 3, .. })), "{absent:?}");
    let ods = spreadsheet("consultations.ods");
    let names = open(&of(&ods, "no such sheet")).err();
    assert!(matches!(names, Some(IngestError::NoSheet { .. })), "{names:?}");
    let (_folder, text) = file_with("c.csv", b"a;b\n1;2\n");
    assert!(matches!(open(&of(&text, "a")).err(), Some(IngestError::NotAWorkbook { .. })));
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
fn a_line_that_is_no_record_is_one_bad_record_and_never_quoted() {
    for (bad, what) in [
        ("{\"a\":KANARI}", "no JSON"),
        ("[1,2]", "a list"),
        ("{\"a\":2,\"a\":\"KANARI\"}", "a member twice"),
        ("{\"a\":{\"b\":1,\"b\":\"KANARI\"}}", "a member twice inside"),
        ("\"KANARI\"", "a text"),
        ("{\"a\":\"KANARI", "cut short"),
        ("{\"a\":\"\\ud800KANARI\"}", "half a character"),
        ("{\"a\":1e999}", "no number"),
    ] {
        let (_folder, path) = file_with("c.jsonl", format!("{{\"a\":1}}\n{bad}\n{{\"a\":3}}\n").as_bytes());
        let content = read_source(&source(&[&path]), 1 << 20).unwrap();
        assert_eq!(content.cells(), [["1"], ["3"]], "{what}");
        assert_eq!(content.faults(), [(2, 2, Malformed::NotAnObject)], "{what}");
        assert_eq!(content.positions(), [(1, 1), (3, 3)], "{what}");
        // Where no line tells the labels there is nothing to judge.
        let (_folder, path) = file_with("c.jsonl", format!("\n{bad}\n").as_bytes());
        let found = open(&source(&[&path])).err().unwrap();
        assert!(matches!(&found, IngestError::NotAnObject { line: 2, .. }), "{what}: {found:?}");
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

#[test]
fn a_file_that_breaks_off_within_a_record_lost_its_rest_and_is_refused() {
    for torn in ["{\"a\":\"KANARI", "{\"a\":1", "{"] {
        let (_folder, path) = file_with("c.jsonl", format!("{{\"a\":1}}\n{torn}").as_bytes());
        let found = open(&source(&[&path])).err().unwrap();
        assert!(matches!(found, IngestError::CutShort { container: Container::Lines, .. }), "{torn}: {found:?}");
    }
}

/// Faults far behind the first block keep their place.
#[test]
fn bad_lines_are_told_by_their_number_in_every_block() {
    let mut text = String::new();
    for line in 1..=20_000 {
        text.push_str(if line % 5_000 == 0 { "[]\n" } else { "{\"a\":1}\n" });
    }
    let (_folder, path) = file_with("c.ndjson", text.as_bytes());
    let content = read_source(&source(&[&path]), 1 << 20).unwrap();
    let bad: Vec<u64> = content.malformed.iter().map(|m| m.record).collect();
    assert_eq!((bad, content.rows.len()), (vec![5_000, 10_000, 15_000, 20_000], 19_996));
    assert_eq!(content.positions().last(), Some(&(19_999, 19_999)));
}
