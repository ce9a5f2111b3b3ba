//! One resource on its way to disk.

use std::path::Path;

use super::csv::CsvFile;
use super::error::ExportError;
use super::files::Hash;
use super::parquet::ParquetFile;
use crate::config::ExportFormat;
use crate::release::{ReleaseChunk, ReleaseResource, ResourceKind};

/// Writes the rows of one resource, in the order given, in every format asked for. Streams: no more than a row group
/// is held. Close it with [`RunDirectory::close`](super::RunDirectory::close).
pub struct ResourceWriter {
    index: usize,
    resource: ReleaseResource,
    csv: Option<CsvFile>,
    parquet: Option<ParquetFile>,
}

/// A file of the release, as it was handed to the disk.
#[derive(Clone)]
pub(super) struct WrittenFile {
    /// Path in the release, with `/`.
    pub(super) path: String,
    pub(super) format: ExportFormat,
    pub(super) bytes: u64,
    pub(super) hash: Hash,
    pub(super) rows: u64,
    /// Text cells with an apostrophe in front; none in Parquet.
    pub(super) guarded: u64,
}

/// A resource on disk.
pub(super) struct WrittenResource {
    pub(super) index: usize,
    pub(super) resource: ReleaseResource,
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
    /// Makes the files of a resource under `root`, where its folder exists already.
    pub(super) fn create(
        root: &Path,
        index: usize,
        resource: &ReleaseResource,
        formats: &[ExportFormat],
    ) -> Result<Self, ExportError> {
        let folder = root.join(folder(resource.kind));
        let path = |extension| folder.join(format!("{}.{extension}", resource.name));
        let asked = |format| formats.contains(&format);
        let (fields, resource) = (&resource.fields, resource.clone());
        let csv = asked(ExportFormat::Csv).then(|| CsvFile::create(path("csv"), fields)).transpose()?;
        let parquet = asked(ExportFormat::Parquet).then(|| ParquetFile::create(path("parquet"), fields)).transpose()?;
        Ok(Self { index, resource, csv, parquet })
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
        let path = |extension| format!("{}/{}.{extension}", folder(self.resource.kind), self.resource.name);
        let mut files = Vec::new();
        if let Some(file) = self.csv {
            let csv = file.close()?;
            files.push(WrittenFile {
                path: path("csv"),
                format: ExportFormat::Csv,
                bytes: csv.bytes,
                hash: csv.hash,
                rows: csv.rows,
                guarded: csv.guarded,
            });
        }
        if let Some(file) = self.parquet {
            let (bytes, hash, rows) = file.close()?;
            let format = ExportFormat::Parquet;
            files.push(WrittenFile { path: path("parquet"), format, bytes, hash, rows, guarded: 0 });
        }
        Ok(WrittenResource { index: self.index, resource: self.resource, files })
    }
}
