//! Records that come as one Arrow IPC stream through a pipe: no file, so no lines.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;

use super::batch::{InputFile, RawBatch};
use super::error::{Container, IngestError};
use super::render;
use super::typed::{END_OF_STREAM, ROWS, from_arrow, guarded, has_labels_and_texts};

/// What stands for a file in messages.
const NAME: &str = "standard input";

/// Reads an Arrow stream, and knows whether it ended with its mark of the end. The format allows to leave it out, but then nothing
/// tells a whole stream from one whose writer failed.
pub struct ToItsEnd<R> {
    inner: R,
    last: [u8; END_OF_STREAM.len()],
}

impl<R> ToItsEnd<R> {
    /// Nothing read yet.
    pub fn new(inner: R) -> Self {
        Self { inner, last: [0; END_OF_STREAM.len()] }
    }

    /// Whether the mark of the end was read last.
    pub fn is_whole(&self) -> bool {
        self.last == END_OF_STREAM
    }
}

impl<R: Read> Read for ToItsEnd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        let new = n.min(self.last.len());
        self.last.rotate_left(new);
        let kept = self.last.len() - new;
        self.last[kept..].copy_from_slice(&buffer[n - new..n]);
        Ok(n)
    }
}

/// The records of one stream. Positions are counted from its beginning.
pub struct RecordStream<R: Read> {
    reader: StreamReader<ToItsEnd<R>>,
    file: Arc<InputFile>,
    /// A batch and how many of its records were handed out.
    current: Option<(RecordBatch, usize)>,
    record: u64,
}

impl<R: Read> RecordStream<R> {
    /// Reads the schema of a stream.
    ///
    /// # Errors
    /// [`IngestError`] where it is no Arrow stream, has no label, or a column of a type that is not read.
    pub fn open(input: R) -> Result<Self, IngestError> {
        let path = Path::new(NAME);
        let reader = guarded(path, Container::Arrow, || StreamReader::try_new(ToItsEnd::new(input), None))?
            .map_err(|e| from_arrow(path, Container::Arrow, &e))?;
        let schema = reader.schema();
        has_labels_and_texts(path, &schema)?;
        let labels = schema.fields().iter().map(|f| f.name().clone()).collect();
        let file = Arc::new(InputFile { index: 0, path: PathBuf::from(NAME), labels });
        Ok(Self { reader, file, current: None, record: 1 })
    }

    /// What stands for the file of these records.
    #[must_use]
    pub fn file(&self) -> &InputFile {
        &self.file
    }

    /// The next records; `None` at the end of the stream.
    ///
    /// # Errors
    /// [`IngestError::CutShort`] where the stream stops without its mark of the end: whoever feeds it failed.
    pub fn next_batch(&mut self) -> Result<Option<RawBatch>, IngestError> {
        loop {
            if let Some((batch, used)) = &mut self.current {
                let rows = ROWS.min(batch.num_rows() - *used);
                if rows > 0 {
                    let block = batch.slice(*used, rows);
                    *used += rows;
                    let first = self.record;
                    self.record += rows as u64;
                    return render::render(&block, Arc::clone(&self.file), first, &[]).map(Some);
                }
            }
            let path = Path::new(NAME);
            let reader = &mut self.reader;
            match guarded(path, Container::Arrow, || reader.next())? {
                Some(Ok(batch)) => self.current = Some((batch, 0)),
                Some(Err(e)) => return Err(from_arrow(path, Container::Arrow, &e)),
                None if reader.get_ref().is_whole() => return Ok(None),
                None => {
                    return Err(IngestError::CutShort { file: path.to_path_buf(), container: Container::Arrow });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow_array::StringArray;
    use arrow_ipc::writer::StreamWriter;
    use arrow_schema::{DataType, Field, Schema};

    use super::*;

    fn bytes() -> Vec<u8> {
        let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Utf8, true)]));
        let mut writer = StreamWriter::try_new(Vec::new(), &schema).unwrap();
        for values in [vec![Some("1"), None], vec![Some("3")]] {
            let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(StringArray::from(values))]).unwrap();
            writer.write(&batch).unwrap();
        }
        writer.into_inner().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<usize, IngestError> {
        let mut stream = RecordStream::open(bytes)?;
        let mut records = 0;
        while let Some(raw) = stream.next_batch()? {
            records += raw.rows() + raw.malformed().len();
        }
        Ok(records)
    }

    #[test]
    fn a_stream_counts_only_with_its_end() {
        let whole = bytes();
        assert_eq!(read(&whole).unwrap(), 3);
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut]).is_err(), "{cut} of {} bytes passed for the whole", whole.len());
        }
    }
}
