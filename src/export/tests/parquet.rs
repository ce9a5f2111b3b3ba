use std::fs::{self, File};

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::file::reader::FileReader;
use ::parquet::file::serialized_reader::SerializedFileReader;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_select::concat::concat_batches;

use super::*;

fn file(chunks: &[ReleaseChunk]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let receipt = released(&folder, &every_kind(), chunks);
    let path = receipt.release().join("data/consultations.parquet");
    (folder, path)
}

fn read(path: &Path) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    concat_batches(&batches[0].schema(), &batches).unwrap()
}

#[test]
fn the_rows_are_read_back_as_they_were_given_nulls_included() {
    let (_folder, path) = file(&[varied(0, 500, true), varied(500, 1000, false)]);
    let expected = varied(0, 1000, false);
    let read = read(&path);
    assert_eq!(read.columns(), expected.rows().columns());
    let names = read.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    assert_eq!(names, ["code", "libelle", "age", "poids", "a_jour", "jour", "instant"]);
}

#[test]
fn the_bytes_do_not_depend_on_how_rows_were_cut_into_chunks_or_text_was_coded() {
    let (_one, whole) = file(&[varied(0, 140_000, true)]);
    let parts: Vec<ReleaseChunk> =
        [0, 1, 999, 70_000, 131_073, 139_999].windows(2).map(|ends| varied(ends[0], ends[1], false)).collect();
    let parts: Vec<ReleaseChunk> = parts.into_iter().chain([varied(139_999, 140_000, true)]).collect();
    let (_other, cut) = file(&parts);
    assert!(fs::read(whole).unwrap() == fs::read(cut).unwrap(), "the files differ");
}

#[test]
fn row_groups_hold_131_072_rows_and_the_maker_is_named() {
    let (_folder, path) = file(&[varied(0, 140_000, true)]);
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let rows: Vec<i64> = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(rows, [131_072, 8_928]);
    let maker = reader.metadata().file_metadata().created_by();
    assert_eq!(maker, Some(concat!("tamis ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_resource_without_rows_is_a_readable_file_of_no_rows() {
    let (_folder, path) = file(&[]);
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    assert_eq!(reader.metadata().file_metadata().schema().get_fields().len(), 7);
}

/// A dictionary may still hold texts of rows that were suppressed, and an array may still hold bytes beneath a null.
#[test]
fn what_no_row_shows_is_in_no_file_neither_unused_dictionary_entries_nor_bytes_beneath_nulls() {
    let resource =
        resource("consultations", ResourceKind::Persons, vec![field("a", Logical::Text), field("b", Logical::Text)]);
    let values = StringArray::from(vec!["seen", "CANARYDICT"]);
    let coded = DictionaryArray::<Int32Type>::new(vec![0, 0].into(), Arc::new(values));
    let offsets = OffsetBuffer::from_lengths([4, 10]);
    let nulls = NullBuffer::from(vec![true, false]);
    let masked = StringArray::new(offsets, arrow_buffer::Buffer::from(b"seenCANARYNULL".as_slice()), Some(nulls));
    assert_eq!(masked.value(1), "CANARYNULL");
    assert!(masked.is_null(1));

    let folder = TempDir::new().unwrap();
    let receipt = released(&folder, &resource, &[chunk(&resource, vec![Arc::new(coded), Arc::new(masked)])]);
    for file in receipt.files() {
        let bytes = fs::read(receipt.release().join(file.path())).unwrap();
        assert!(memchr::memmem::find(&bytes, b"CANARY").is_none(), "{}", file.path());
    }
    let read = read(&receipt.release().join("data/consultations.parquet"));
    assert_eq!(read.column(0).as_string::<i32>().value(1), "seen");
    assert!(read.column(1).is_null(1));
}
