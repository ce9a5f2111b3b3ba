//! Parquet and Arrow IPC.

use std::fs::File;
use std::sync::Arc;

use arrow_array::types::{Int8Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int64Array, LargeStringArray, ListArray, NullArray, RecordBatch, StringArray, StringViewArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt8Array,
};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::*;
use crate::ingest::Container;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

/// Writes a batch in each format, `times` in a row.
fn written(batch: &RecordBatch, times: usize) -> (TempDir, [PathBuf; 3]) {
    let folder = TempDir::new().unwrap();
    let paths = ["essai.parquet", "essai.arrow", "essai.arrows"].map(|name| folder.path().join(name));
    // Row groups that end inside the blocks
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(Default::default()))
        .set_max_row_group_row_count(Some(5_000))
        .build();
    let mut parquet = ArrowWriter::try_new(File::create(&paths[0]).unwrap(), batch.schema(), Some(properties)).unwrap();
    let mut file = FileWriter::try_new(File::create(&paths[1]).unwrap(), &batch.schema()).unwrap();
    let mut stream = StreamWriter::try_new(File::create(&paths[2]).unwrap(), &batch.schema()).unwrap();
    for _ in 0..times {
        parquet.write(batch).unwrap();
        file.write(batch).unwrap();
        stream.write(batch).unwrap();
    }
    parquet.close().unwrap();
    file.finish().unwrap();
    stream.finish().unwrap();
    (folder, paths)
}

/// The text of one column, from a Parquet file and both forms of Arrow, which must agree.
fn rendered(array: ArrayRef) -> Vec<String> {
    let key: ArrayRef = Arc::new(StringArray::from(vec!["x"; array.len()]));
    let (_folder, paths) = written(&batch(vec![("clé", key), ("v", array)]), 1);
    let texts = paths.map(|path| {
        let content = read_source(&source(&[&path]), 1 << 20).unwrap();
        content.cells().into_iter().map(|cells| cells[1].to_owned()).collect::<Vec<_>>()
    });
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[1], texts[2]);
    texts.into_iter().next().unwrap()
}

#[test]
fn numbers_are_written_in_the_shortest_text_that_reads_back() {
    assert_eq!(
        rendered(Arc::new(Int64Array::from(vec![Some(-5), None, Some(i64::MAX)]))),
        ["-5", "∅", "9223372036854775807"]
    );
    assert_eq!(rendered(Arc::new(UInt8Array::from(vec![255]))), ["255"]);
    assert_eq!(rendered(Arc::new(Float32Array::from(vec![0.1, 16_777_216.0]))), ["0.1", "16777216"]);
    let doubles = vec![0.1 + 0.2, 3.0, -0.5, 1e300, 1e-9, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let expected = ["0.30000000000000004", "3", "-0.5", "1e300", "1e-9", "NaN", "INF", "-INF"];
    assert_eq!(rendered(Arc::new(Float64Array::from(doubles))), expected);
    let decimals = Decimal128Array::from(vec![12_345, -5, 0]).with_precision_and_scale(10, 2).unwrap();
    assert_eq!(rendered(Arc::new(decimals)), ["123.45", "-0.05", "0.00"]);
}

#[test]
fn dates_and_times_are_iso_8601_in_utc() {
    assert_eq!(rendered(Arc::new(Date32Array::from(vec![0, -1, 20_000]))), ["1970-01-01", "1969-12-31", "2024-10-04"]);
    assert_eq!(rendered(Arc::new(Date64Array::from(vec![-86_400_000]))), ["1969-12-31"]);
    assert_eq!(rendered(Arc::new(TimestampSecondArray::from(vec![1_728_000_000]))), ["2024-10-04T00:00:00Z"]);
    assert_eq!(rendered(Arc::new(TimestampMillisecondArray::from(vec![-1]))), ["1969-12-31T23:59:59.999000Z"]);
    let zoned = TimestampMicrosecondArray::from(vec![Some(1), None]).with_timezone("Europe/Paris");
    assert_eq!(rendered(Arc::new(zoned)), ["1970-01-01T00:00:00.000001Z", "∅"]);
    assert_eq!(
        rendered(Arc::new(TimestampNanosecondArray::from(vec![-1, 1_999]))),
        ["1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00.000001Z"]
    );
}

#[test]
fn a_date_that_has_no_iso_text_becomes_a_bare_number_and_no_other_date() {
    assert_eq!(rendered(Arc::new(Date32Array::from(vec![i32::MAX]))), ["2147483647"]);
    assert_eq!(rendered(Arc::new(TimestampMicrosecondArray::from(vec![i64::MIN]))), ["-9223372036854775808"]);
}

#[test]
fn texts_booleans_and_dictionaries_tell_null_from_empty() {
    let texts = vec![Some("é"), None, Some("")];
    assert_eq!(rendered(Arc::new(StringArray::from(texts.clone()))), ["é", "∅", ""]);
    assert_eq!(rendered(Arc::new(LargeStringArray::from(texts.clone()))), ["é", "∅", ""]);
    assert_eq!(rendered(Arc::new(StringViewArray::from(texts.clone()))), ["é", "∅", ""]);
    assert_eq!(rendered(Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))), ["true", "∅", "false"]);
    let dictionary: DictionaryArray<Int8Type> = vec![Some("b"), None, Some("a"), Some("b")].into_iter().collect();
    assert_eq!(rendered(Arc::new(dictionary)), ["b", "∅", "a", "b"]);
    let empty: DictionaryArray<UInt32Type> = vec![None::<&str>, None].into_iter().collect();
    assert_eq!(rendered(Arc::new(empty)), ["∅", "∅"]);
    assert_eq!(rendered(Arc::new(NullArray::new(2))), ["∅", "∅"]);
}

#[test]
fn records_are_numbered_through_all_batches_and_row_groups() {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..12_000));
    let (_folder, paths) = written(&batch(vec![("n", numbers)]), 3);
    for path in paths {
        let reader = open(&source(&[&path])).unwrap();
        let total = reader.total_bytes().unwrap();
        let blocks: Vec<_> = reader.map(Result::unwrap).collect();
        assert!(blocks.len() > 3);
        let disk: Vec<_> = blocks.iter().map(super::super::Block::disk_bytes_so_far).collect();
        assert!(
            disk.is_sorted() && *disk.last().unwrap() * 10 > total * 9 && *disk.last().unwrap() <= total,
            "{disk:?}"
        );
        let content = read_source(&source(&[&path]), 1).unwrap();
        assert_eq!(content.rows.len(), 36_000);
        for (i, (record, line, cells)) in content.rows.iter().enumerate() {
            let expected = Some((i % 12_000).to_string());
            assert_eq!((*record, *line, &cells[0]), (i as u64 + 1, i as u64 + 1, &expected));
        }
    }
}

#[test]
fn records_of_nulls_and_records_with_a_nul_are_malformed_as_in_text() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("b\0"), Some(""), Some("c")]));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(2), None, None]));
    let (_folder, paths) = written(&batch(vec![("t", texts), ("n", numbers)]), 1);
    for path in paths {
        let content = read_source(&source(&[&path]), 1).unwrap();
        assert_eq!(content.labels, ["t", "n"]);
        assert_eq!(content.cells(), [["a", "1"], ["c", "∅"]]);
        assert_eq!(content.positions(), [(1, 1), (5, 5)]);
        let faults = [(2, 2, Malformed::Blank), (3, 3, Malformed::Nul), (4, 4, Malformed::Blank)];
        assert_eq!(content.faults(), faults);
    }
}

#[test]
fn a_column_type_without_a_text_form_is_refused_before_anything_is_read() {
    let lists = ListArray::from_iter_primitive::<Int8Type, _, _>([Some([Some(1)])]);
    let (_folder, paths) = written(&batch(vec![("liste", Arc::new(lists) as ArrayRef)]), 1);
    for path in paths {
        match open(&source(&[&path])).err() {
            Some(IngestError::UnsupportedType { column, type_name, .. }) => {
                assert_eq!(column, "liste");
                assert!(type_name.starts_with("List"), "{type_name}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_first_bytes_tell_the_format_where_the_name_does_not() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    let (folder, paths) = written(&batch(vec![("t", texts)]), 1);
    for path in paths {
        let renamed = folder.path().join("essai.csv");
        std::fs::rename(&path, &renamed).unwrap();
        assert_eq!(read_source(&source(&[&renamed]), 1).unwrap().cells(), [["a"]]);
    }
}

#[test]
fn a_file_cut_short_ends_early_wherever_it_is_cut() {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..500));
    let (_folder, paths) = written(&batch(vec![("n", numbers)]), 4);
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        for keep in (8..bytes.len()).step_by(8).chain([bytes.len() - 1]) {
            std::fs::write(&path, &bytes[..keep]).unwrap();
            let found = read_source(&source(&[&path]), 1).err();
            let early = matches!(found, Some(IngestError::CutShort { .. } | IngestError::Corrupt { .. }));
            assert!(early, "{} bytes of {}: {found:?}", keep, path.display());
        }
    }
}

#[test]
fn text_under_the_name_of_a_parquet_file_is_not_sound_parquet() {
    for (name, expected) in [("essai.parquet", Container::Parquet), ("essai.arrow", Container::Arrow)] {
        let (_folder, path) = file_with(name, b"u,v\n1,2\n");
        match open(&source(&[&path])).err() {
            Some(IngestError::Corrupt { container, .. }) => assert_eq!(container, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn damage_ends_in_an_answer_without_content_and_never_in_a_panic() {
    let texts: ArrayRef = Arc::new(StringArray::from((0..200).map(|i| format!("cellule {i}")).collect::<Vec<_>>()));
    let (_folder, paths) = written(&batch(vec![("t", texts)]), 1);
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        for at in (0..bytes.len()).step_by(11) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xFF;
            std::fs::write(&path, &damaged).unwrap();
            // Formats without checksums cannot show every flipped bit; what matters is an answer, and no content in it
            if let Err(error) = read_source(&source(&[&path]), 1) {
                assert!(!error.to_string().contains("cellule"), "{error}");
            }
        }
    }
}
