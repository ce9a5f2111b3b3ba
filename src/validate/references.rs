//! Values that are looked up in a table (`foreignKeys`): both sides leave keyed digests, which are compared when all
//! records are read.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13 as SipHasher128};

use crate::ingest::RawBatch;

use super::header::Layout;
use super::unique::{UniqueKeys, write_value};
use super::{Column, Scratch};

/// A set of fields on one side of a foreign key.
#[derive(Debug, Clone)]
pub struct KeyColumns {
    /// Number of the foreign key, the same on both sides.
    pub number: u16,
    /// Whether the values are looked up; else they are what is looked up in.
    pub refers: bool,
    /// Positions in the schema, and whether their text is compared: where types differ, values cannot be.
    pub fields: Vec<(usize, bool)>,
}

impl KeyColumns {
    /// Fields whose parsed values are needed.
    pub(super) fn read(&self) -> impl Iterator<Item = usize> + '_ {
        self.fields.iter().filter(|(_, as_text)| !as_text).map(|(field, _)| *field)
    }
}

/// The values of a record in a set of fields, as a digest.
pub struct KeyEntry {
    /// Number of the foreign key.
    pub number: u16,
    /// Whether the values are looked up; else they are what is looked up in.
    pub refers: bool,
    /// Digest of the number and the values.
    pub key: u128,
    /// Row in the block.
    pub row: u32,
    /// Whether the record has a finding.
    pub bad: bool,
}

/// Entries of all records in which no value of the set is missing or unreadable: those have findings of their own, and
/// what is missing refers to nothing.
pub(super) fn entries(
    sets: &[KeyColumns],
    unique: &UniqueKeys,
    raw: &RawBatch,
    layout: &Layout,
    columns: &[Column],
    scratch: &Scratch,
) -> Vec<KeyEntry> {
    let mut entries = Vec::with_capacity(sets.len() * raw.rows());
    let fresh = SipHasher128::new_with_key(&unique.key);
    for set in sets {
        for row in 0..raw.rows() {
            let mut hasher = fresh;
            hasher.write_u16(set.number);
            let known = set.fields.iter().all(|&(field, as_text)| {
                let column = if as_text { &Column::Judged } else { &columns[field] };
                let there = write_value(&mut hasher, raw, layout, column, &scratch.judges[field], field, row);
                hasher.write_u8(0x1f);
                there
            });
            if known {
                let key = hasher.finish128().as_u128();
                entries.push(KeyEntry { number: set.number, refers: set.refers, key, row: row as u32, bad: false });
            }
        }
    }
    entries
}
