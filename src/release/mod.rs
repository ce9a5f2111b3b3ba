//! What may leave: the types that an exporter accepts, and nothing else.
//!
//! A [`ReleaseChunk`] holds rows to which the plans of protection have been applied. Its fields are private and its
//! constructor is not public, so no program outside of this crate can make one out of rows of its own:
//!
//! ```compile_fail,E0624
//! # fn attempt(resource: &tamis::release::ReleaseResource, rows: arrow_array::RecordBatch) {
//! let chunk = tamis::release::ReleaseChunk::new(0, resource, rows);
//! # }
//! ```
//!
//! nor by naming its fields:
//!
//! ```compile_fail,E0451
//! # fn attempt(rows: arrow_array::RecordBatch) {
//! let chunk = tamis::release::ReleaseChunk { resource: 0, rows };
//! # }
//! ```
//!
//! A writer takes a chunk,
//!
//! ```
//! fn export(
//!     writer: &mut tamis::export::ResourceWriter,
//!     chunk: &tamis::release::ReleaseChunk,
//! ) -> Result<(), tamis::export::ExportError> {
//!     writer.write(chunk)
//! }
//! ```
//!
//! and the same line with records as they stand in the file does not compile:
//!
//! ```compile_fail,E0308
//! fn export(
//!     writer: &mut tamis::export::ResourceWriter,
//!     raw: &tamis::ingest::RawBatch,
//! ) -> Result<(), tamis::export::ExportError> {
//!     writer.write(raw)
//! }
//! ```

mod chunk;
mod resource;

pub use chunk::{ReleaseChunk, ReleaseError};
pub use resource::{PSEUDONYM, ReleaseField, ReleaseResource, ResourceKind};
