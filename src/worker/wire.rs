//! Parts as Arrow batches of three columns: kind, bucket, data.

use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, BinaryArray, Int32Array, RecordBatch, StringArray};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use crate::ingest::ToItsEnd;
use crate::pipeline::{ClusterError, Part, Parts, RunError};

/// Bytes of parts that go into one batch, about.
const BATCH: usize = 4 << 20;

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("kind", DataType::Utf8, false),
        Field::new("bucket", DataType::Int32, false),
        Field::new("data", DataType::Binary, false),
    ]))
}

/// The message of the library could quote.
fn failed(error: &ArrowError) -> ClusterError {
    match error {
        ArrowError::IoError(_, error) => ClusterError::Pipe { kind: error.kind() },
        _ => ClusterError::NoParts,
    }
}

/// Writes parts as one stream.
pub struct Writer<W: Write> {
    inner: StreamWriter<W>,
    held: Vec<Part>,
    bytes: usize,
}

impl<W: Write> Writer<W> {
    /// A stream without parts.
    ///
    /// # Errors
    /// [`ClusterError::Pipe`].
    pub fn new(to: W) -> Result<Self, RunError> {
        let inner = StreamWriter::try_new(to, &schema()).map_err(|e| failed(&e))?;
        Ok(Self { inner, held: Vec::new(), bytes: 0 })
    }

    /// Adds a part.
    ///
    /// # Errors
    /// [`ClusterError::Pipe`].
    pub fn put(&mut self, part: Part) -> Result<(), RunError> {
        self.bytes += part.data.len();
        self.held.push(part);
        if self.bytes >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), RunError> {
        if self.held.is_empty() {
            return Ok(());
        }
        let held = std::mem::take(&mut self.held);
        self.bytes = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(held.iter().map(|part| &part.kind))),
            Arc::new(Int32Array::from_iter_values(held.iter().map(|part| part.bucket as i32))),
            Arc::new(BinaryArray::from_iter_values(held.iter().map(|part| &part.data))),
        ];
        let batch = RecordBatch::try_new(schema(), columns).map_err(|e| failed(&e))?;
        Ok(self.inner.write(&batch).map_err(|e| failed(&e))?)
    }

    /// Writes what is held and the mark of the end, and gives back what was written to. A writer that is dropped leaves a stream
    /// without end, which no reader takes for a whole one.
    ///
    /// # Errors
    /// [`ClusterError::Pipe`].
    pub fn finish(mut self) -> Result<W, RunError> {
        self.flush()?;
        let mut to = self.inner.into_inner().map_err(|e| failed(&e))?;
        to.flush().map_err(|e| ClusterError::Pipe { kind: e.kind() })?;
        Ok(to)
    }
}

/// The parts of a stream, and an error where it stops before its end.
pub fn parts(from: impl Read + Send + 'static) -> Parts {
    let stream = Stream { input: Some(from), reader: None, batch: None, over: false };
    Box::new(stream)
}

struct Stream<R: Read> {
    /// What the reader will be made of.
    input: Option<R>,
    reader: Option<StreamReader<ToItsEnd<R>>>,
    /// A batch and how many of its parts were handed out.
    batch: Option<(RecordBatch, usize)>,
    over: bool,
}

impl<R: Read> Stream<R> {
    fn advance(&mut self) -> Result<Option<Part>, ClusterError> {
        loop {
            if let Some((batch, at)) = &mut self.batch
                && *at < batch.num_rows()
            {
                *at += 1;
                return part(batch, *at - 1).map(Some);
            }
            if let Some(input) = self.input.take() {
                let opened = guarded(|| StreamReader::try_new(ToItsEnd::new(input), None))?;
                self.reader = Some(opened.map_err(|e| failed(&e))?);
            }
            let Some(reader) = &mut self.reader else { return Ok(None) };
            match guarded(|| reader.next())? {
                Some(batch) => self.batch = Some((batch.map_err(|e| failed(&e))?, 0)),
                None if reader.get_ref().is_whole() => return Ok(None),
                None => return Err(ClusterError::CutShort),
            }
        }
    }
}

/// The library panics on some damaged streams where an error is due.
fn guarded<T>(read: impl FnOnce() -> T) -> Result<T, ClusterError> {
    catch_unwind(AssertUnwindSafe(read)).map_err(|_| ClusterError::NoParts)
}

impl<R: Read> Iterator for Stream<R> {
    type Item = Result<Part, RunError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let next = self.advance();
        self.over = !matches!(next, Ok(Some(_)));
        next.map_err(RunError::from).transpose()
    }
}

fn part(batch: &RecordBatch, row: usize) -> Result<Part, ClusterError> {
    let [kind, bucket, data] = batch.columns() else { return Err(ClusterError::NoParts) };
    let present = [kind, bucket, data].iter().all(|column| !column.is_null(row));
    let bucket = bucket.as_primitive_opt::<Int32Type>().filter(|_| present).ok_or(ClusterError::NoParts)?;
    let bucket = u32::try_from(bucket.value(row)).map_err(|_| ClusterError::NoParts)?;
    let kind = match kind.as_string_opt::<i32>() {
        Some(kind) => kind.value(row),
        None => kind.as_string_opt::<i64>().ok_or(ClusterError::NoParts)?.value(row),
    };
    let data = match data.as_binary_opt::<i32>() {
        Some(data) => data.value(row),
        None => data.as_binary_opt::<i64>().ok_or(ClusterError::NoParts)?.value(row),
    };
    Ok(Part { kind: kind.to_owned(), bucket, data: data.to_vec() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn stream(count: u32) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new()).unwrap();
        for bucket in 0..count {
            writer.put(Part { kind: "rows".to_owned(), bucket, data: vec![7; 1 << 20] }).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn parts_come_back_as_they_were_and_none_of_a_stream_without_end_passes_for_the_last() {
        let whole = stream(9);
        let back: Vec<Part> = parts(std::io::Cursor::new(whole.clone())).map(Result::unwrap).collect();
        assert!(back.iter().zip(0..).all(|(part, bucket)| part.bucket == bucket && part.data == vec![7; 1 << 20]));
        assert_eq!(back.len(), 9);
        assert_eq!(parts(std::io::Cursor::new(stream(0))).count(), 0);
        for cut in [0, 3, 8, 100, 5 << 20, whole.len() - 9, whole.len() - 8, whole.len() - 1] {
            let end = parts(std::io::Cursor::new(whole[..cut].to_vec())).last();
            assert!(end.unwrap().is_err(), "{cut} of {} bytes passed for the whole", whole.len());
        }
    }
}
