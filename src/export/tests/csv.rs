use std::fs;

use proptest::prelude::*;

use super::*;
use crate::seal::RecordCounter;

fn written(resource: &ReleaseResource, chunks: &[ReleaseChunk]) -> String {
    let folder = TempDir::new().unwrap();
    let receipt = released(&folder, resource, chunks);
    fs::read_to_string(receipt.release().join(format!("data/{}.csv", resource.name))).unwrap()
}

/// A reader of RFC 4180 that knows nothing of the writer: one character at a time. `None` for an unquoted empty cell.
fn naive_reader(text: &str) -> Vec<Vec<Option<String>>> {
    let (mut rows, mut row) = (Vec::new(), Vec::new());
    let (mut cell, mut was_quoted, mut quoted) = (String::new(), false, false);
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '"' if quoted && rest.peek() == Some(&'"') => cell.extend(rest.next()),
            '"' => (quoted, was_quoted) = (!quoted, true),
            ',' | '\n' if !quoted => {
                let taken = std::mem::take(&mut cell);
                row.push((was_quoted || !taken.is_empty()).then_some(taken));
                was_quoted = false;
                if next == '\n' {
                    rows.push(std::mem::take(&mut row));
                }
            }
            other => cell.push(other),
        }
    }
    rows
}

/// Undoes the guard as the manifest tells it.
fn without_guard(cell: &str) -> &str {
    let formula =
        cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    cell.strip_prefix('\'').filter(|_| formula).unwrap_or(cell)
}

fn cells() -> impl Strategy<Value = Vec<(Option<String>, Option<String>)>> {
    let cell = || proptest::option::of(r#"[a,"\n\r;é' =+@\t-]{0,6}"#);
    proptest::collection::vec((cell(), cell()), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_read_back_by_a_naive_reader_and_nulls_stay_apart_from_empty_texts(rows in cells()) {
        let resource =
            resource("textes", ResourceKind::Persons, vec![field("a", Logical::Text), field("b", Logical::Text)]);
        let plain: StringArray = rows.iter().map(|(a, _)| a.as_deref()).collect();
        let coded: DictionaryArray<Int32Type> = rows.iter().map(|(_, b)| b.as_deref()).collect();
        let text = written(&resource, &[chunk(&resource, vec![Arc::new(plain), Arc::new(coded)])]);
        let mut read = naive_reader(&text);
        prop_assert_eq!(read.remove(0), vec![Some("a".to_owned()), Some("b".to_owned())]);
        let read: Vec<_> = read
            .into_iter()
            .map(|row| {
                let cell = |at: usize| row[at].as_deref().map(|cell| without_guard(cell).to_owned());
                (cell(0), cell(1))
            })
            .collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn records_are_counted_alike_however_the_bytes_are_cut(text in r#"[a,"\n]{0,30}"#, cut in 0_usize..30) {
        let mut whole = RecordCounter::default();
        whole.feed(text.as_bytes());
        let cut = cut.min(text.len());
        let mut parts = RecordCounter::default();
        parts.feed(&text.as_bytes()[..cut]);
        parts.feed(&text.as_bytes()[cut..]);
        prop_assert_eq!(whole.whole(), parts.whole());
    }
}

#[test]
fn every_kind_of_value_is_written_in_its_plain_form_without_needless_quotes() {
    let resource = every_kind();
    let columns: Vec<ArrayRef> = vec![
        Arc::new([Some("F"), None].into_iter().collect::<DictionaryArray<Int32Type>>()),
        Arc::new(StringArray::from(vec![Some("Île-de-France"), Some("a,\"b\"\nc")])),
        Arc::new(Int64Array::from(vec![Some(-42), None])),
        Arc::new(Float64Array::from(vec![Some(0.1), None])),
        Arc::new(BooleanArray::from(vec![Some(true), Some(false)])),
        Arc::new(Date32Array::from(vec![Some(20_454), None])),
        Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None]).with_timezone("UTC")),
    ];
    let text = written(&resource, &[chunk(&resource, columns)]);
    let expected = "code,libelle,age,poids,a_jour,jour,instant\n\
        F,Île-de-France,-42,0.1,true,2026-01-01,1970-01-01T00:00:00.000001Z\n\
        ,\"a,\"\"b\"\"\nc\",,,false,,\n";
    assert_eq!(text, expected);
}

#[test]
fn text_that_a_spreadsheet_would_run_gets_an_apostrophe_and_negative_numbers_do_not() {
    let resource =
        resource("garde", ResourceKind::Persons, vec![field("t", Logical::Text), field("n", Logical::Integer)]);
    let texts = ["=1+1", "+33", "-5", "@SUM(A1)", "\tx", "\rx", "a=b", "'=1", "l'an", "＝1"];
    let numbers: Int64Array = (0..texts.len() as i64).map(|row| Some(-row)).collect();
    let text =
        written(&resource, &[chunk(&resource, vec![Arc::new(StringArray::from(texts.to_vec())), Arc::new(numbers)])]);
    let expected =
        "t,n\n'=1+1,0\n'+33,-1\n'-5,-2\n'@SUM(A1),-3\n'\tx,-4\n\"'\rx\",-5\na=b,-6\n''=1,-7\nl'an,-8\n'＝1,-9\n";
    assert_eq!(text, expected);
}

#[test]
fn a_null_in_the_only_column_does_not_become_a_blank_line_that_readers_skip() {
    let text = written(&texts("texte"), &[text_chunk(vec![Some("a"), None, Some("b")])]);
    assert_eq!(text, "texte\na\n\"\"\nb\n");
}

#[test]
fn a_resource_without_rows_still_has_its_header() {
    assert_eq!(written(&texts("texte"), &[]), "texte\n");
}

#[test]
fn a_dictionary_larger_than_its_rows_and_one_smaller_give_the_same_cells() {
    let values = Arc::new(StringArray::from(vec!["=a", "b", "c", "d"]));
    let coded =
        |keys: Vec<i32>| -> ArrayRef { Arc::new(DictionaryArray::<Int32Type>::new(keys.into(), values.clone())) };
    let resource = texts("texte");
    let large =
        written(&resource, &[chunk(&resource, vec![coded(vec![2, 0])]), chunk(&resource, vec![coded(vec![1, 0, 3])])]);
    let small = written(&resource, &[chunk(&resource, vec![coded(vec![2, 0, 1, 0, 3])])]);
    assert_eq!(large, small);
    assert_eq!(small, "texte\nc\n'=a\nb\n'=a\nd\n");
}
