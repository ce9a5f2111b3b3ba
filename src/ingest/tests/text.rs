//! Delimited text: cells, positions, faults of form.

use super::*;

#[test]
fn cells_of_a_plain_file_stand_at_their_records_and_lines() {
    let content = read(b"u;v\n1;deux\n3;\n").unwrap();
    assert_eq!(content.labels, ["u", "v"]);
    assert_eq!(content.cells(), [["1", "deux"], ["3", ""]]);
    assert_eq!(content.positions(), [(1, 2), (2, 3)]);
}

#[test]
fn line_breaks_in_quotes_move_the_lines_and_not_the_records() {
    let content = read(b"\"u\nu\",v\n\"a\r\nb\n\",1\nc,2\n").unwrap();
    assert_eq!(content.labels, ["u\nu", "v"]);
    assert_eq!(content.cells(), [["a\r\nb\n", "1"], ["c", "2"]]);
    assert_eq!(content.positions(), [(1, 3), (2, 6)]);
}

#[test]
fn crlf_and_lf_may_be_mixed_and_the_last_line_may_lack_both() {
    let content = read(b"u,v\r\n1,2\r\n3,4\n5,6").unwrap();
    assert_eq!(content.cells(), [["1", "2"], ["3", "4"], ["5", "6"]]);
}

#[test]
fn pairs_of_quotes_are_one_and_text_around_quotes_is_kept() {
    let content = read("u,v\n\"il dit \"\"oui\"\"\",\"é\"suite\n5\" de long,\" fin\"\n".as_bytes()).unwrap();
    assert_eq!(content.cells(), [["il dit \"oui\"", "ésuite"], ["5\" de long", " fin"]]);
}

#[test]
fn a_space_before_a_quote_makes_it_a_letter() {
    let content = read(b"u,v\n1, \"a\n2,b\"\n").unwrap();
    assert_eq!(content.cells(), [["1", " \"a"], ["2", "b\""]]);
}

#[test]
fn ragged_and_blank_records_are_counted_but_are_no_rows() {
    let content = read(b"u;v;w\n1;2\n\n;;\n1;2;3;4\n\"\";\"\";\n;;x\n").unwrap();
    assert_eq!(content.cells(), [["", "", "x"]]);
    assert_eq!(content.positions(), [(6, 7)]);
    let faults = [
        (1, 2, Malformed::Short(2)),
        (2, 3, Malformed::Blank),
        (3, 4, Malformed::Blank),
        (4, 5, Malformed::Long(4)),
        (5, 6, Malformed::Blank),
    ];
    assert_eq!(content.faults(), faults);
}

#[test]
fn an_empty_line_that_ends_the_file_is_no_record_but_one_before_it_is() {
    assert_eq!(read(b"u,v\n1,2\n\n").unwrap().faults(), []);
    assert_eq!(read(b"u,v\r\n1,2\r\n\r\n").unwrap().faults(), []);
    assert_eq!(read(b"u,v\n1,2\n\n\n").unwrap().faults(), [(2, 3, Malformed::Blank)]);
    assert_eq!(read(b"u,v\n1,2\n,\n").unwrap().faults(), [(2, 3, Malformed::Blank)]);
}

#[test]
fn a_header_alone_is_a_file_of_no_records() {
    for bytes in [&b"u,v\n"[..], b"u,v", b"u,v\r\n", b"u,v\n\n"] {
        let content = read(bytes).unwrap();
        assert_eq!(content.labels, ["u", "v"]);
        assert_eq!((content.rows.len(), content.malformed.len()), (0, 0));
    }
}

#[test]
fn labels_are_kept_as_written() {
    assert_eq!(read(b" u ,\"v \"\"w\"\"\",,u\n").unwrap().labels, [" u ", "v \"w\"", "", "u"]);
}

#[test]
fn a_nul_byte_spoils_its_record_alone() {
    let content = read(b"u,v\n1,a\n2,b\0\n3,c\n").unwrap();
    assert_eq!(content.cells(), [["1", "a"], ["3", "c"]]);
    assert_eq!(content.faults(), [(2, 3, Malformed::Nul)]);
}

#[test]
fn bytes_that_are_no_utf_8_spoil_their_record_alone() {
    let bytes = b"u,v\n\xC3\xA9,a\n\"x\n\xE9\xE9\",b\nc,\xFF\n\xC3\xA9,d\n";
    for encoding in [Encoding::Utf8, Encoding::Detect] {
        let content = read_as(bytes, encoding).unwrap();
        assert_eq!(content.cells(), [["é", "a"], ["é", "d"]]);
        assert_eq!(content.positions(), [(1, 2), (4, 6)]);
        assert_eq!(content.faults(), [(2, 3, Malformed::Encoding), (3, 5, Malformed::Encoding)]);
    }
}

#[test]
fn an_open_quote_is_told_with_the_line_where_it_opens() {
    let lines = |bytes: &[u8]| match read(bytes) {
        Err(IngestError::UnterminatedQuote { line, .. }) => line,
        other => panic!("{:?}", other.err()),
    };
    assert_eq!(lines(b"u,v\n1,2\n3,\"4\n5,6\n"), 3);
    assert_eq!(lines(b"u,\"v\n1,2\n"), 1);
    assert_eq!(lines(b"u,v\n\"a\nb\",\"c\nd\n"), 3);
}

#[test]
fn a_quoted_cell_over_16_mib_is_taken_for_one_that_is_never_closed() {
    let limit = super::super::boundary::MAX_QUOTED;
    let with = |letters: usize| [b"u,v\n1,2\n3,\"".to_vec(), vec![b'a'; letters], b"\"\n5,6\n".to_vec()].concat();
    assert_eq!(read(&with(limit - 1)).unwrap().rows.len(), 3);
    let found = read(&with(limit));
    assert!(matches!(found, Err(IngestError::UnterminatedQuote { line: 3, .. })), "{:?}", found.err());
}

#[test]
fn a_record_over_64_mib_is_refused_rather_than_held_in_memory() {
    let bytes = [b"u,v\n1,2\n".to_vec(), vec![b'a'; 66 << 20]].concat();
    let found = read(&bytes);
    assert!(matches!(found, Err(IngestError::RecordTooLong { line: 3, .. })), "{:?}", found.err());
    let found = read(&bytes[8..]);
    assert!(matches!(found, Err(IngestError::RecordTooLong { line: 1, .. })), "{:?}", found.err());
}

#[test]
fn blocks_are_cut_at_records_and_count_every_byte_behind_the_header_once() {
    let body = "1,\"a\nb\"\n".repeat(40_000);
    let (_folder, path) = file_with("essai.csv", format!("u,v\n{body}").as_bytes());
    let blocks: Vec<_> = open(&source(&[&path])).unwrap().with_block_size(10_000).map(Result::unwrap).collect();
    assert!(blocks.len() > 30, "{} blocks", blocks.len());
    let disk: Vec<_> = blocks.iter().map(super::super::Block::disk_bytes_so_far).collect();
    assert!(disk.is_sorted());
    assert_eq!(*disk.last().unwrap(), body.len() as u64 + 4);
    let batches: Vec<_> = blocks.into_iter().map(|b| b.parse().unwrap()).collect();
    assert_eq!(batches.iter().map(super::super::RawBatch::bytes).sum::<usize>(), body.len());
    assert_eq!(batches.iter().map(super::super::RawBatch::rows).sum::<usize>(), 40_000);
    let last = batches.last().unwrap();
    assert_eq!(last.position(last.rows() - 1), (40_000, 80_000));
}

#[test]
fn blocks_may_be_parsed_on_any_thread() {
    fn sendable<T: Send>() {}
    sendable::<SourceReader>();
    sendable::<super::super::Block>();
    sendable::<super::super::RawBatch>();
    sendable::<IngestError>();
}
