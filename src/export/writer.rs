//! One resource on its way to disk.

use super::csv::{CsvFile, CsvWritten};
use super::error::ExportError;
use super::files::{Hash, Place};
use super::parquet::ParquetFile;
use crate::config::ExportFormat;
use crate::release::{ReleaseChunk, ReleaseResource, ResourceKind};
use crate::seal::ClosedEntry;

/// Writes the rows of one resource, in the order given, in every format asked for. Streams: no more than a row group
/// is held. Close it with [`RunDirectory::close`](super::RunDirectory::close).
pub struct ResourceWriter {
    index: usize,
    resource: ReleaseResource,
    recipient: Option<usize>,
    csv: Option<CsvFile>,
    parquet: Option<ParquetFile>,
}

/// A file of the release, as it was handed to the disk.
pub(super) struct WrittenFile {
    /// Path in the release, with `/`.
    pub(super) path: String,
    pub(super) format: ExportFormat,
    pub(super) bytes: u64,
    pub(super) hash: Hash,
    pub(super) rows: u64,
    /// Text cells with an apostrophe in front; none in Parquet.
    pub(super) guarded: u64,
    /// The entry of the sealed file, where there is one.
    pub(super) sealed: Option<ClosedEntry>,
}

/// A document on disk that has no rows.
pub(super) struct WrittenDocument {
    /// Path in the release, with `/`.
    pub(super) path: &'static str,
    pub(super) bytes: u64,
    pub(super) hash: Hash,
    /// The entry of the sealed file, where there is one.
    pub(super) sealed: Option<ClosedEntry>,
}

/// A resource on disk.
pub(super) struct WrittenResource {
    pub(super) index: usize,
    pub(super) resource: ReleaseResource,
    /// To whom it is sealed.
    pub(super) recipient: Option<usize>,
    pub(super) files: Vec<WrittenFile>,
}

/// Folder of a resource's files.
pub(super) fn folder(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::Persons => "data",
        ResourceKind::Table => "tables",
    }
}

impl ResourceWriter {
    /// Makes the files of a resource; in an open release their folder exists already.
    pub(super) fn create(
        place: Place<'_>,
        index: usize,
        resource: &ReleaseResource,
        recipient: Option<usize>,
        formats: &[ExportFormat],
    ) -> Result<Self, ExportError> {
        let asked = |format| formats.contains(&format);
        let fields = &resource.fields;
        let csv = asked(ExportFormat::Csv).then(|| CsvFile::create(place, &path(resource, "csv"), fields));
        let parquet =
            asked(ExportFormat::Parquet).then(|| ParquetFile::create(place, &path(resource, "parquet"), fields));
        let (csv, parquet) = (csv.transpose()?, parquet.transpose()?);
        Ok(Self { index, resource: resource.clone(), recipient, csv, parquet })
    }

    /// The resource that is written.
    #[must_use]
    pub fn resource(&self) -> &ReleaseResource {
        &self.resource
    }

    /// Appends rows.
    ///
    /// # Errors
    /// Where the rows are another resource's, or the disk refuses.
    pub fn write(&mut self, chunk: &ReleaseChunk) -> Result<(), ExportError> {
        if chunk.resource() != self.index {
            return Err(ExportError::OtherResource { resource: self.resource.name.clone() });
        }
        if let Some(file) = &mut self.csv {
            file.write(chunk.rows())?;
        }
        if let Some(file) = &mut self.parquet {
            file.write(chunk.rows())?;
        }
        Ok(())
    }

    /// Writes what is left and waits until the disk has it.
    pub(super) fn close(self) -> Result<WrittenResource, ExportError> {
        let mut files = Vec::new();
        if let Some(file) = self.csv {
            let CsvWritten { written, rows, guarded } = file.close()?;
            files.push(WrittenFile {
                path: path(&self.resource, "csv"),
                format: ExportFormat::Csv,
                bytes: written.bytes,
                hash: written.hash,
                rows,
                guarded,
                sealed: written.sealed,
            });
        }
        if let Some(file) = self.parquet {
            let (written, rows) = file.close()?;
            files.push(WrittenFile {
                path: path(&self.resource, "parquet"),
                format: ExportFormat::Parquet,
                bytes: written.bytes,
                hash: written.hash,
                rows,
                guarded: 0,
                sealed: written.sealed,
            });
        }
        Ok(WrittenResource { index: self.index, resource: self.resource, recipient: self.recipient, files })
    }
}

/// Path of a resource's file in the release, with `/`.
fn path(resource: &ReleaseResource, extension: &str) -> String {
    format!("{}/{}.{extension}", folder(resource.kind), resource.name)
}
