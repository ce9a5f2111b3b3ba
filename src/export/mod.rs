//! The release on disk: written, flushed, synced, read back and compared, and only then given its name.
//!
//! ```text
//! <to>/<pipeline>-<run>/
//!     release.partial/        becomes release/ once every file was read back
//!         datapackage.json
//!         data/<name>.csv, .parquet       per-person files
//!         data/anonymisation.json         evidence for those that were made coarser
//!         tables/<name>.csv, .parquet     aggregated tables
//!         statement.note                  what the signing key says of all these files, where there is one
//!     sealed.partial/         instead, where there are recipients; becomes sealed/ in the same way
//!         <pipeline>-<run>-<recipient>.tamis
//!     dossier/                the sender's own documents: log, findings, certificate
//! ```
//!
//! Nothing is accepted here but a [`ReleaseChunk`](crate::release::ReleaseChunk). What comes out is an
//! [`ExportReceipt`], which exists only once the release stands complete on disk; destruction asks for it.

mod assembled;
mod csv;
mod descriptor;
mod directory;
mod dossier;
mod error;
mod files;
mod parquet;
mod read_back;
mod receipt;
mod render;
mod reopen;
mod sweep;
#[cfg(test)]
mod tests;
mod writer;

pub use assembled::{Assembled, Compared, SealWith, StateWith};
pub use descriptor::Manifest;
pub use directory::{Abandoned, RunDirectory, has_partial, is_published, remove_partial, remove_release};
pub use dossier::Dossier;
pub use error::{ExportError, Mismatch, Operation};
pub use receipt::{ExportReceipt, PackageReceipt, ReceiptFile};
pub use reopen::reopen;
pub use sweep::{PENDING, sweep};
pub use writer::ResourceWriter;
