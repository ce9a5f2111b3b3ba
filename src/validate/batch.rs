//! Records that passed, and the values of their columns.

use super::Scratch;
use super::findings::Place;
use super::header::Layout;
use super::interner::{Interner, Texts};
use super::references::KeyEntry;
use super::unique::UniqueEntry;
use crate::ingest::RawBatch;

/// The parsed values of a field.
pub(crate) enum Column {
    /// Codes of the interner; `u32::MAX` where missing or bad.
    Code(Vec<u32>),
    /// `i64::MIN` where missing or bad.
    Integer(Vec<i64>),
    /// NaN where missing or bad.
    Number(Vec<f64>),
    /// Only judged.
    Judged,
}

/// Records that passed. Only `validate` can make one. It has no `Debug`: its text is identified data.
pub struct ValidBatch<'a> {
    pub(super) raw: &'a RawBatch,
    pub(super) layout: &'a Layout,
    pub(super) scratch: &'a Scratch,
    pub(super) rows: Vec<u32>,
    pub(super) columns: Vec<Column>,
    pub(super) derived: Vec<Column>,
    pub(super) conditions: Vec<Vec<bool>>,
    pub(super) digests: Vec<u64>,
    pub(super) unique: Vec<UniqueEntry>,
    pub(super) keys: Vec<KeyEntry>,
}

/// The values of one column of a [`ValidBatch`], for the sieve.
pub(crate) enum View<'a> {
    /// Codes with the texts they stand for.
    Text(&'a [u32], &'a dyn Texts),
    /// Integers, dates, booleans.
    Integer(&'a [i64]),
    /// Numbers.
    Number(&'a [f64]),
}

impl<'a> ValidBatch<'a> {
    /// Places in the block of the records that passed.
    #[must_use]
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// The text of a cell, for identifiers that are hashed and never kept.
    #[must_use]
    pub(crate) fn text(&self, row: u32, field: usize) -> Option<&'a str> {
        self.layout.columns[field].and_then(|c| self.raw.cell(row as usize, c))
    }

    /// Values of a field that was wanted.
    pub(crate) fn field(&self, field: usize) -> Option<View<'_>> {
        view(self.columns.get(field)?, self.scratch.interners.get(field)?.as_ref())
    }

    /// Values of a derived column.
    pub(crate) fn derived(&self, index: usize) -> Option<View<'_>> {
        view(self.derived.get(index)?, self.scratch.derived.get(index))
    }

    /// Whether a wanted condition holds, for every record of the block.
    #[must_use]
    pub(crate) fn condition(&self, index: usize) -> &[bool] {
        self.conditions.get(index).map_or(&[], Vec::as_slice)
    }

    /// A digest of each record of the block, where wanted.
    pub(crate) fn digests(&self) -> &[u64] {
        &self.digests
    }

    /// File, record number and line of a row.
    #[must_use]
    pub fn place(&self, row: u32) -> Place {
        let (record, line) = self.raw.position(row as usize);
        Place { file: self.raw.file().index, record, line }
    }

    /// What the passed records hold in columns whose values are unique.
    #[must_use]
    pub fn unique(&self) -> &[UniqueEntry] {
        &self.unique
    }

    /// What the records hold in the sets of fields of [`Wants::keys`](super::Wants), wrong records among them: another
    /// mistake in a record does not make its key absent.
    #[must_use]
    pub fn keys(&self) -> &[KeyEntry] {
        &self.keys
    }
}

fn view<'a>(column: &'a Column, interner: Option<&'a Interner>) -> Option<View<'a>> {
    match (column, interner) {
        (Column::Code(codes), Some(interner)) => Some(View::Text(codes, interner)),
        (Column::Integer(v), _) => Some(View::Integer(v)),
        (Column::Number(v), _) => Some(View::Number(v)),
        _ => None,
    }
}
