//! Delimiter, encoding, byte order mark, compression.

use std::io::Read as _;

use flate2::Compression;
use flate2::read::GzEncoder;

use super::*;
use crate::ingest::Container;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    GzEncoder::new(bytes, Compression::default()).read_to_end(&mut out).unwrap();
    out
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

/// Records that do not compress to nothing.
fn records() -> String {
    (0..20_000u64).fold("u;v\n".to_owned(), |s, i| s + &format!("{i};{}\n", i.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

#[test]
fn the_delimiter_is_the_candidate_that_occurs_most_outside_quotes_in_the_header() {
    for (header, labels) in [
        ("a,b;c,d", vec!["a", "b;c", "d"]),
        ("a;\"b,b,b\";c", vec!["a", "b,b,b", "c"]),
        ("a\tb", vec!["a", "b"]),
        ("a|b|c", vec!["a", "b", "c"]),
        ("a,b;c", vec!["a", "b;c"]),
        ("seule", vec!["seule"]),
        ("\"a\"\"b;;;\",c", vec!["a\"b;;;", "c"]),
        ("\"a\n,,,\";c", vec!["a\n,,,", "c"]),
    ] {
        assert_eq!(read(format!("{header}\n").as_bytes()).unwrap().labels, labels, "{header}");
    }
}

#[test]
fn a_declared_delimiter_is_believed() {
    let (_folder, path) = file_with("essai.csv", b"a,b;c,d\n1,2;3,4\n");
    let content = read_source(&Source { delimiter: Some(b';'), ..source(&[&path]) }, 1 << 20).unwrap();
    assert_eq!(content.cells(), [["1,2", "3,4"]]);
}

#[test]
fn a_delimiter_that_could_be_a_letter_or_a_quote_is_refused() {
    let (_folder, path) = file_with("essai.csv", b"a,b\n");
    for delimiter in [b'"', b'\n', b'\r', 0, 0xE9] {
        let found = open(&Source { delimiter: Some(delimiter), ..source(&[&path]) }).err();
        assert!(matches!(found, Some(IngestError::Delimiter { .. })), "{found:?}");
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_label_nor_of_the_encoding_declared() {
    for encoding in [Encoding::Detect, Encoding::Utf8, Encoding::Windows1252] {
        let content = read_as(b"\xEF\xBB\xBF\"u\",v\n\xC3\xA9,1\n", encoding).unwrap();
        assert_eq!(content.labels, ["u", "v"]);
        assert_eq!(content.cells(), [["é", "1"]]);
    }
}

#[test]
fn the_first_line_with_a_byte_above_127_decides_the_encoding() {
    let ascii = "1,a\n".repeat(100_000);
    let bytes = |line: &[u8]| [b"u,v\n", ascii.as_bytes(), line, b"2,\xC3\xA9\n"].concat();
    let content = read(&bytes(b"x,\xE9\x80\n")).unwrap();
    assert_eq!(content.cells()[100_000..], [["x", "é€"], ["2", "Ã©"]]);
    let content = read(&bytes("x,€\n".as_bytes())).unwrap();
    assert_eq!(content.cells()[100_000..], [["x", "€"], ["2", "é"]]);
}

#[test]
fn a_header_decides_the_encoding_too() {
    let content = read(b"pr\xE9nom,v\n\xC3\xA9,1\n").unwrap();
    assert_eq!(content.labels, ["prénom", "v"]);
    assert_eq!(content.cells(), [["Ã©", "1"]]);
    let content = read("prénom,v\n\n".as_bytes()).unwrap();
    assert_eq!(content.labels, ["prénom", "v"]);
}

#[test]
fn a_header_that_is_no_utf_8_is_refused_where_utf_8_is_declared() {
    let found = read_as(b"pr\xE9nom,v\n", Encoding::Utf8).err();
    assert!(matches!(found, Some(IngestError::HeaderEncoding { .. })), "{found:?}");
}

#[test]
fn windows_1252_may_be_declared_against_what_would_be_detected() {
    let content = read_as(b"u,v\n\xC3\xA9,\"\x93a\"\"b\x94\"\n", Encoding::Windows1252).unwrap();
    assert_eq!(content.cells(), [["Ã©", "“a\"b”"]]);
}

#[test]
fn utf_16_is_refused_with_its_name() {
    for bytes in [&b"\xFF\xFEu\0,\0v\0\n\0"[..], b"\xFE\xFF\0u\0,\0v\0\n"] {
        let found = read(bytes).err().unwrap();
        assert!(matches!(found, IngestError::Utf16 { .. }));
        assert!(found.to_string().contains("save it as UTF-8"));
    }
    let without_mark = read(b"u\0,\0v\0\n\0").err();
    assert!(matches!(without_mark, Some(IngestError::NotText { .. })), "{without_mark:?}");
}

#[test]
fn a_file_whose_lines_end_in_cr_alone_is_refused_and_not_read_as_a_header() {
    for bytes in [&b"u,v\r1,2\r3,4\r"[..], b"u,v\r\r\n1,2\r\r\n"] {
        let found = read(bytes).err();
        assert!(matches!(found, Some(IngestError::BareCarriageReturn { .. })), "{found:?}");
    }
    assert_eq!(read(b"\"u\rw\",v\n").unwrap().labels, ["u\rw", "v"]);
}

#[test]
fn compressed_files_read_as_plain_ones_whatever_their_name() {
    let text = records();
    let plain = read(text.as_bytes()).unwrap();
    assert_eq!(plain.rows.len(), 20_000);
    let (first, second) = text.as_bytes().split_at(100_003);
    for bytes in [
        gzip(text.as_bytes()),
        [gzip(first), gzip(second)].concat(),
        zst(text.as_bytes()),
        [zst(first), zst(second)].concat(),
    ] {
        assert!(read(&bytes).unwrap() == plain);
        let (_folder, path) = file_with("essai.csv.gz", &bytes);
        assert!(read_source(&source(&[&path]), 5_000).unwrap() == plain);
    }
}

#[test]
fn a_compressed_file_cut_short_ends_early_and_is_not_a_shorter_file() {
    for (bytes, container) in
        [(gzip(records().as_bytes()), Container::Gzip), (zst(records().as_bytes()), Container::Zstd)]
    {
        for keep in [bytes.len() / 2, bytes.len() - 1, 12] {
            let found = read(&bytes[..keep]).err().unwrap();
            assert!(found.to_string().contains("ends early"), "{container}: {found}");
            assert!(matches!(found, IngestError::CutShort { container: c, .. } if c == container), "{found:?}");
        }
    }
}

#[test]
fn damage_in_a_compressed_file_is_noticed_even_if_all_its_bytes_come_out() {
    let mut bytes = gzip(b"u,v\n1,2\n");
    let checksum = bytes.len() - 8;
    bytes[checksum] ^= 1;
    let found = read(&bytes).err();
    assert!(matches!(found, Some(IngestError::Corrupt { container: Container::Gzip, .. })), "{found:?}");
    let mut bytes = zst(records().as_bytes());
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    let found = read(&bytes).err();
    assert!(matches!(found, Some(IngestError::Corrupt { container: Container::Zstd, .. })), "{found:?}");
}

#[test]
fn a_compressed_nothing_is_an_empty_file() {
    for bytes in [gzip(b""), zst(b""), gzip(b"\xEF\xBB\xBF")] {
        let found = read(&bytes).err();
        assert!(matches!(found, Some(IngestError::Empty { .. })), "{found:?}");
    }
}
