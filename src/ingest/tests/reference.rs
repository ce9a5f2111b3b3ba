//! Random texts against a naive reader, written character by character from the rules and sharing nothing with the fast one.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;

struct Reference {
    /// Record, line, cells.
    rows: Vec<(u64, u64, Vec<Option<String>>)>,
    malformed: Vec<MalformedRecord>,
}

#[derive(PartialEq, Clone, Copy)]
enum State {
    Start,
    Bare,
    Quoted,
    Closed,
}

/// Cuts text into records; `Err`: the line where a quote opens that is never closed.
fn records(text: &str, delimiter: char) -> Result<Vec<(u64, Vec<String>)>, u64> {
    let chars: Vec<char> = text.chars().collect();
    let mut records = Vec::new();
    let (mut cells, mut cell) = (Vec::new(), String::new());
    let (mut state, mut line, mut start, mut opened) = (State::Start, 1, 1, 0);
    let mut pending = false;
    for (i, &c) in chars.iter().enumerate() {
        pending = true;
        let next = chars.get(i + 1);
        match (state, c) {
            (State::Quoted, '"') => state = State::Closed,
            (State::Quoted, _) => cell.push(c),
            (State::Closed, '"') => {
                cell.push('"');
                state = State::Quoted;
            }
            (State::Start, '"') => {
                state = State::Quoted;
                opened = line;
            }
            (_, '\r') if next.is_none_or(|&n| n == '\n') => {}
            (_, '\n') => {
                cells.push(std::mem::take(&mut cell));
                records.push((start, std::mem::take(&mut cells)));
                (state, start, pending) = (State::Start, line + 1, false);
            }
            _ if c == delimiter => {
                cells.push(std::mem::take(&mut cell));
                state = State::Start;
            }
            _ => {
                cell.push(c);
                state = State::Bare;
            }
        }
        line += u64::from(c == '\n');
    }
    if state == State::Quoted {
        return Err(opened);
    }
    if pending {
        cells.push(cell);
        records.push((start, cells));
    }
    // An empty line at the end of the file: nothing, not even quotes, behind the line end before it
    let body = text.strip_suffix('\n').unwrap_or(text);
    let body = body.strip_suffix('\r').unwrap_or(body);
    if body.len() < text.len() && (body.is_empty() || body.ends_with('\n')) {
        records.pop();
    }
    Ok(records)
}

fn reference(body: &str, delimiter: char, width: usize) -> Result<Reference, u64> {
    let mut out = Reference { rows: Vec::new(), malformed: Vec::new() };
    // The header is line 1
    for ((line, cells), record) in records(body, delimiter).map_err(|line| line + 1)?.into_iter().zip(1..) {
        let line = line + 1;
        let what = if cells.iter().all(String::is_empty) {
            Malformed::Blank
        } else if cells.len() < width {
            Malformed::Short(cells.len())
        } else if cells.len() > width {
            Malformed::Long(cells.len())
        } else {
            out.rows.push((record, line, cells.into_iter().map(Some).collect()));
            continue;
        };
        out.malformed.push(MalformedRecord { record, line, what });
    }
    Ok(out)
}

/// Texts in which quotes, delimiters and line ends are as frequent as letters.
fn body() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec!["a", ",", ",", "\"", "\"", ";", "\n", "\n", "\r", "\r\n", " ", "é", "\"\""]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Texts that are mostly well formed, so that long stretches are read before something is wrong.
fn well_formed() -> impl Strategy<Value = String> {
    let cell = prop::sample::select(vec![
        "",
        "a",
        "é é",
        "\"\"",
        "\"a,b\"",
        "\"x\ny\"",
        "\"\r\n\"",
        "\"a\"\"b\"",
        "\"\"\"\n\"\"\"",
        "b\"c",
        "\"d\"e",
    ]);
    let end = prop::sample::select(vec!["\n", "\r\n"]);
    let record = (prop::collection::vec(cell, 1..4), end).prop_map(|(cells, end)| cells.join(",") + end);
    prop::collection::vec(record, 0..30).prop_map(|records| records.concat())
}

fn same_as_reference(path: &Path, body: &str, width: usize, block: usize) {
    let header = &"u,v,w,x"[..2 * width - 1];
    std::fs::write(path, format!("{header}\n{body}")).unwrap();
    let source = Source { delimiter: Some(b','), encoding: Encoding::Utf8, ..source(&[path]) };
    match (read_source(&source, block), reference(body, ',', width)) {
        (Ok(content), Ok(reference)) => {
            assert_eq!(content.rows, reference.rows);
            assert_eq!(content.malformed, reference.malformed);
        }
        (Err(IngestError::UnterminatedQuote { line, .. }), Err(expected)) => assert_eq!(line, expected),
        (content, reference) => panic!("{:?} where {:?} is right", content.err(), reference.err()),
    }
}

/// Runs a property over random values, with one file that it may overwrite each time.
fn for_all<S: Strategy>(strategy: S, property: impl Fn(&Path, S::Value)) {
    let (_folder, path) = file_with("essai.csv", b"");
    let config = ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() };
    let run = TestRunner::new(config).run(&strategy, |value| {
        property(&path, value);
        Ok(())
    });
    if let Err(error) = run {
        panic!("{error}");
    }
}

#[test]
fn any_text_is_read_as_the_naive_reader_reads_it_whatever_the_block_size() {
    for_all((body(), 1usize..4, 1usize..64), |path, (body, width, block)| same_as_reference(path, &body, width, block));
}

#[test]
fn well_formed_text_is_read_as_the_naive_reader_reads_it_whatever_the_block_size() {
    for_all((well_formed(), 1usize..4, 1usize..64), |path, (body, width, block)| {
        same_as_reference(path, &body, width, block);
        same_as_reference(path, &body, width, 1 << 20);
    });
}

#[test]
fn any_bytes_are_read_alike_in_small_blocks_and_in_one_with_everything_detected() {
    let pieces: Vec<&[u8]> =
        vec![b"a", b",", b";", b"\"", b"\n", b"\r\n", b"\r", b"\xC3\xA9", b"\xE9", b"\0", b"\t", b"\xEF\xBB\xBF"];
    let bytes = prop::collection::vec(prop::sample::select(pieces), 0..60);
    // Behind a sound header more often than not, else most texts would end there
    let header = prop::sample::select(vec![&b""[..], b"u,v\n", b"u;v\r\n", b"\"u\nu\",v\n"]);
    for_all((header, bytes, 1usize..64), |path, (header, pieces, block)| {
        std::fs::write(path, [header, &pieces.concat()].concat()).unwrap();
        let read = |size| read_source(&source(&[path]), size).map_err(|e| e.to_string());
        assert_eq!(read(block), read(1 << 20));
    });
}

#[test]
fn the_naive_reader_itself_follows_rfc_4180() {
    let cut = |text: &str| records(text, ',').map(|r| r.into_iter().map(|(_, cells)| cells).collect::<Vec<_>>());
    assert_eq!(cut("a,\"b\r\n\"\"c\"\r\n").unwrap(), [["a", "b\r\n\"c"]]);
    assert_eq!(cut("a\n\n").unwrap(), [["a"]]);
    assert_eq!(cut("a\n\n\n").unwrap(), [["a"], [""]]);
    assert_eq!(cut("a\n\"b"), Err(2));
}
