//! Values that occur once: `unique` fields, primary key, unique keys.
//!
//! Each record leaves a keyed digest per set of fields; digests are gathered in buckets and looked at when all records are
//! read. Of several records with one value, the one with the smallest digest of its whole text stays, so that the choice does
//! not depend on the order of rows or files; the others are reported and left out.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;
use siphasher::sip128::{Hasher128, SipHasher13 as SipHasher128};

use crate::ingest::RawBatch;
use crate::schema::{Logical, TableSchema};

use super::cell::CellJudge;
use super::findings::{FindingKind, Place};
use super::header::Layout;
use super::{Column, Scratch};

/// A value that must be unique, as a digest.
pub struct UniqueEntry {
    /// Which set of fields, see [`UniqueKeys::name`].
    pub set: u16,
    /// Digest of the set and the values.
    pub key: u128,
    /// Row in the block.
    pub row: u32,
    /// Whether the record has a finding; only where such records are not left out.
    pub bad: bool,
}

/// One set of fields whose values are unique together.
struct UniqueSet {
    kind: FindingKind,
    name: String,
    fields: Vec<usize>,
}

/// All sets of fields of a schema whose values are unique.
pub struct UniqueKeys {
    sets: Vec<UniqueSet>,
    pub(super) key: [u8; 16],
}

impl UniqueKeys {
    pub(super) fn new(schema: &TableSchema, key: &[u8; 16]) -> Self {
        let mut sets = Vec::new();
        let positions = |names: &[String]| -> Vec<usize> { names.iter().filter_map(|n| schema.position(n)).collect() };
        if !schema.primary_key.is_empty() {
            let fields = positions(&schema.primary_key);
            sets.push(UniqueSet { kind: FindingKind::PrimaryKey, name: schema.primary_key.join(", "), fields });
        }
        for (i, field) in schema.fields.iter().enumerate().filter(|(_, f)| f.constraints.unique) {
            sets.push(UniqueSet { kind: FindingKind::UniqueError, name: field.name.clone(), fields: vec![i] });
        }
        for names in &schema.unique_keys {
            sets.push(UniqueSet { kind: FindingKind::UniqueError, name: names.join(", "), fields: positions(names) });
        }
        Self { sets, key: *key }
    }

    /// Whether nothing is unique.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// The fields of a set, for findings.
    #[must_use]
    pub fn name(&self, set: u16) -> &str {
        self.sets.get(usize::from(set)).map_or("", |s| s.name.as_str())
    }

    /// The kind of finding that a repeated value of a set is.
    #[must_use]
    pub fn kind(&self, set: u16) -> FindingKind {
        self.sets.get(usize::from(set)).map_or(FindingKind::UniqueError, |s| s.kind)
    }

    /// Fields whose parsed values are compared: `01` and `1` are one integer.
    pub(super) fn typed_fields<'a>(&'a self, schema: &'a TableSchema) -> impl Iterator<Item = usize> + 'a {
        let all = self.sets.iter().flat_map(|s| s.fields.iter().copied());
        all.filter(|&f| schema.fields[f].logical() != Logical::Text)
    }

    /// A digest of every record's text, cell by cell in the order of the schema.
    pub(super) fn digests(&self, raw: &RawBatch, layout: &Layout) -> Vec<u64> {
        let hasher = SipHasher13::new_with_key(&self.key);
        let columns: Vec<usize> = layout.columns.iter().flatten().copied().collect();
        // One message a record: the hash is far slower when it is given cell by cell.
        let mut record = Vec::new();
        (0..raw.rows())
            .map(|row| {
                record.clear();
                // No cell holds a unit separator next to its neighbour's text by accident and shifts into it.
                raw.join(row, &columns, 0x1f, &mut record);
                hasher.hash(&record)
            })
            .collect()
    }

    /// Entries of the records that are not bad so far, or of `all`; a record without a primary key is bad.
    pub(super) fn entries(
        &self,
        raw: &RawBatch,
        layout: &Layout,
        columns: &[Column],
        scratch: &mut Scratch,
        bad: &mut [bool],
        all: bool,
    ) -> Vec<UniqueEntry> {
        let mut entries = Vec::with_capacity(self.sets.len() * raw.rows());
        let fresh = SipHasher128::new_with_key(&self.key);
        for (number, set) in self.sets.iter().enumerate() {
            for (row, bad) in bad.iter_mut().enumerate().filter(|(_, b)| all || !**b) {
                let mut hasher = fresh;
                hasher.write_u16(number as u16);
                let mut missing = false;
                for &field in &set.fields {
                    let judge = &scratch.judges[field];
                    missing |= !write_value(&mut hasher, raw, layout, &columns[field], judge, field, row);
                    hasher.write_u8(0x1f);
                }
                if !missing {
                    entries.push(UniqueEntry {
                        set: number as u16,
                        key: hasher.finish128().as_u128(),
                        row: row as u32,
                        bad: false,
                    });
                // A key that is wrong is not missing.
                } else if set.kind == FindingKind::PrimaryKey && !*bad {
                    let (record, line) = raw.position(row);
                    let place = Place { file: raw.file().index, record, line };
                    scratch.findings.add(FindingKind::PrimaryKey, None, Some(&set.name), place);
                    *bad = true;
                }
            }
        }
        entries
    }
}

/// Writes a value; false where it is missing.
pub(super) fn write_value(
    hasher: &mut SipHasher128,
    raw: &RawBatch,
    layout: &Layout,
    column: &Column,
    judge: &CellJudge,
    field: usize,
    row: usize,
) -> bool {
    match column {
        Column::Integer(v) => {
            hasher.write_i64(v[row]);
            v[row] != i64::MIN
        }
        Column::Number(v) => {
            hasher.write_u64((v[row] + 0.0).to_bits());
            !v[row].is_nan()
        }
        Column::Code(v) if v[row] == u32::MAX => false,
        _ => match layout.columns[field].and_then(|c| raw.cell(row, c)) {
            Some(text) if !text.is_empty() && !judge.is_missing(text) => {
                hasher.write(text.as_bytes());
                true
            }
            _ => false,
        },
    }
}

/// Rows to leave out, of rows sorted by `keys`: in each run of one key, all but the row with the smallest (digest, row number).
#[must_use]
pub fn duplicates(keys: &[u128], digests: &[u64], rows: &[u64]) -> Vec<usize> {
    let mut out = Vec::new();
    let mut start = 0;
    while start < keys.len() {
        let mut end = start + 1;
        while end < keys.len() && keys[end] == keys[start] {
            end += 1;
        }
        if end - start > 1 {
            let stays = (start..end).min_by_key(|&i| (digests[i], rows[i]));
            out.extend((start..end).filter(|&i| Some(i) != stays));
        }
        start = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_records_with_one_key_the_smallest_digest_stays() {
        let keys = [1, 2, 2, 2, 3, 3];
        let digests = [5, 9, 4, 7, 1, 1];
        let rows = [10, 20, 30, 40, 60, 50];
        assert_eq!(duplicates(&keys, &digests, &rows), [1, 3, 4]);
    }
}
