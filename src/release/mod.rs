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

mod bridge;
mod by;
mod chunk;
mod people;
mod perturbed;
mod resource;
pub mod sdmx;
mod table;

pub use bridge::{BridgeRelease, EARLIER_COLUMN};
pub use chunk::{ReleaseChunk, ReleaseError};
pub use people::{INCLUSION_COLUMN, PSEUDONYM_COLUMN, PeopleRelease, RowOrder, WEIGHT_COLUMN};
pub use perturbed::{PerturbedCells, PerturbedSums, PerturbedTable};
pub use resource::{PSEUDONYM, ReleaseField, ReleaseResource, ResourceKind};
pub use table::{MARK_COLUMN, STATUS_COLUMN, SystemCells, TOTAL_CODE, TableRelease, code_text};

use people::{array, chunk_of};

use crate::config::{ColumnRef, Persons, Pipeline};
use crate::sieve::{Codebook, Rows};

/// The key of a record's equivalence class: its quasi-identifiers, then its inclusion probability, which the design weight
/// in the output tells. `became` gives the word of a value that was changed, by its column among those kept.
pub(crate) fn class_key(
    persons: &Persons,
    codebook: &Codebook,
    rows: &Rows,
    row: usize,
    inclusion: u32,
    became: impl Fn(usize) -> Option<u64>,
    key: &mut Vec<u64>,
) {
    key.clear();
    let word = |&column| became(column).unwrap_or_else(|| codebook.key(persons.dataset, column, rows, row));
    key.extend(persons.quasi_identifiers.iter().map(word));
    key.push(u64::from(inclusion));
}

/// The description of a released column.
fn field_of(pipeline: &Pipeline, dataset: usize, column: usize) -> ReleaseField {
    let data = &pipeline.datasets[dataset];
    let kept = &data.kept[column];
    let field = match kept.from {
        ColumnRef::Own(f) => pipeline.sources[data.source].schema.fields.get(f),
        ColumnRef::Joined(f) => data.join.and_then(|j| pipeline.sources[pipeline.joins[j].right].schema.fields.get(f)),
        ColumnRef::Derived(_) => None,
    };
    ReleaseField {
        name: kept.name.clone(),
        logical: kept.logical,
        title: field.and_then(|f| f.title.clone()),
        description: field.and_then(|f| f.description.clone()),
        role: Some(kept.role),
        origin: Some(kept.from_name.clone()),
        generalised: kept.generalise.keyword(),
        why: kept.why.clone(),
    }
}
