//! The bytes of one file, decompressed, with a count of what was read from disk.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::detect::HEAD;
use super::error::{Container, IngestError};
use crate::disk::{self, DiskFile};

/// Bytes asked of the disk at a time where a decoder sits in between.
const DISK_BUFFER: usize = 256 * 1024;

/// Opens a file and reads its first bytes; the position is 0 again afterwards.
pub(super) fn open_file(path: &Path) -> Result<(DiskFile, Vec<u8>), IngestError> {
    let fail = |e: io::Error| IngestError::from_io(path, Container::Plain, &e);
    let mut file = disk::open(path).map_err(fail)?;
    let mut head = Vec::with_capacity(HEAD);
    (&mut file).take(HEAD as u64).read_to_end(&mut head).map_err(fail)?;
    file.seek(SeekFrom::Start(0)).map_err(fail)?;
    Ok((file, head))
}

/// Counts what is read through it.
pub(super) struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    pub(super) fn new(inner: R, count: Arc<AtomicU64>) -> Self {
        Self { inner, count }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

enum Decoder {
    Plain(Counted<DiskFile>),
    Gzip(Box<MultiGzDecoder<BufReader<Counted<DiskFile>>>>),
    Zstd(zstd::stream::read::Decoder<'static, BufReader<Counted<DiskFile>>>),
    Stream(Counted<Box<dyn Read + Send>>),
}

/// Decompressed bytes of a text file.
pub(super) struct Input {
    path: PathBuf,
    container: Container,
    decoder: Decoder,
    disk: Arc<AtomicU64>,
    /// The hash so far, and what it has to be at the end of the file.
    pinned: Option<(Sha256, [u8; 32])>,
}

impl Input {
    /// The bytes of an open file, from its beginning, which are refused at its end where they do not have that SHA-256.
    pub(super) fn pinned(path: &Path, mut file: DiskFile, sha256: [u8; 32]) -> Result<Self, IngestError> {
        file.seek(SeekFrom::Start(0)).map_err(|e| IngestError::from_io(path, Container::Plain, &e))?;
        Ok(Self { pinned: Some((Sha256::new(), sha256)), ..Self::new(path, file, Container::Plain)? })
    }

    pub(super) fn new(path: &Path, file: DiskFile, container: Container) -> Result<Self, IngestError> {
        let disk = Arc::new(AtomicU64::new(0));
        let counted = Counted::new(file, Arc::clone(&disk));
        let decoder = match container {
            Container::Gzip => {
                Decoder::Gzip(Box::new(MultiGzDecoder::new(BufReader::with_capacity(DISK_BUFFER, counted))))
            }
            Container::Zstd => Decoder::Zstd(
                zstd::stream::read::Decoder::with_buffer(BufReader::with_capacity(DISK_BUFFER, counted))
                    .map_err(|e| IngestError::from_io(path, container, &e))?,
            ),
            Container::Plain | Container::Parquet | Container::Arrow | Container::Sheet | Container::Lines => {
                Decoder::Plain(counted)
            }
        };
        Ok(Self { path: path.to_path_buf(), container, decoder, disk, pinned: None })
    }

    /// The bytes of a stream, whose errors say themselves what happened.
    pub(super) fn stream(name: &Path, stream: Box<dyn Read + Send>) -> Self {
        let disk = Arc::new(AtomicU64::new(0));
        let decoder = Decoder::Stream(Counted::new(stream, Arc::clone(&disk)));
        Self { path: name.to_path_buf(), container: Container::Plain, decoder, disk, pinned: None }
    }

    /// Appends up to `n` bytes; fewer only at the end of the file, which is then `true`.
    pub(super) fn fill(&mut self, buffer: &mut Vec<u8>, n: usize) -> Result<bool, IngestError> {
        buffer.reserve(n);
        let (limit, before) = (n as u64, buffer.len());
        let read = match &mut self.decoder {
            Decoder::Plain(r) => r.take(limit).read_to_end(buffer),
            Decoder::Gzip(r) => r.take(limit).read_to_end(buffer),
            Decoder::Zstd(r) => r.take(limit).read_to_end(buffer),
            Decoder::Stream(r) => r.take(limit).read_to_end(buffer),
        };
        match read {
            Ok(got) => {
                let end = got < n;
                if let Some((hasher, expected)) = &mut self.pinned {
                    hasher.update(&buffer[before..]);
                    if end && hasher.finalize_reset().as_slice() != expected.as_slice() {
                        return Err(IngestError::Changed { file: self.path.clone() });
                    }
                }
                Ok(end)
            }
            Err(e) if matches!(self.decoder, Decoder::Stream(_)) => Err(IngestError::Stream { problem: e.to_string() }),
            Err(e) => Err(IngestError::from_io(&self.path, self.container, &e)),
        }
    }

    /// Bytes read from disk so far.
    pub(super) fn disk_bytes(&self) -> u64 {
        self.disk.load(Ordering::Relaxed)
    }
}
