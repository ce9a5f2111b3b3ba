//! Definitions, as hashes that are the same in every release.
//!
//! A cell of two releases is the same where it is of one universe and dataset and has the same codes in the same columns. A column is
//! the same where it is made of the same field in the same way, under whatever name it leaves. Each hash is over labelled parts with
//! their lengths before them, so that no two lists of parts are hashed alike.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::Hash;
use crate::config::{ColumnRef, Dataset, Generalise, Pipeline};

fn hash(parts: &[&[u8]]) -> Hash {
    let mut whole = Sha256::new();
    for part in parts {
        whole.update((part.len() as u64).to_be_bytes());
        whole.update(part);
    }
    let mut first = Hash::default();
    first.copy_from_slice(&whole.finalize()[..16]);
    first
}

/// A dataset of a universe, by the name of its source.
#[must_use]
pub fn dataset(universe: &str, pipeline: &Pipeline, dataset: usize) -> Hash {
    let source = &pipeline.sources[pipeline.datasets[dataset].source];
    hash(&[b"tamis ledger 1: dataset", universe.as_bytes(), source.name.as_bytes()])
}

/// The numbers of tables of a universe that were made elsewhere, by the name of their column; `counted` tells counts from sums.
#[must_use]
pub fn ready_dataset(universe: &str, number: &str, counted: bool) -> Hash {
    let kind: &[u8] = if counted { b"counts" } else { b"sums" };
    hash(&[b"tamis ledger 1: tables made elsewhere", universe.as_bytes(), number.as_bytes(), kind])
}

/// A column of tables made elsewhere, by its name.
#[must_use]
pub fn ready_column(of: Hash, name: &str) -> Hash {
    hash(&[b"tamis ledger 1: column made elsewhere", &of, name.as_bytes()])
}

/// A released column of a dataset; `column` is a position in `kept`.
#[must_use]
pub fn column(of: Hash, pipeline: &Pipeline, dataset: usize, column: usize) -> Hash {
    let dataset = &pipeline.datasets[dataset];
    let kept = &dataset.kept[column];
    let from = name_of(pipeline, dataset, kept.from);
    let how = way(pipeline, dataset, &kept.generalise);
    let how: Vec<&[u8]> = how.iter().map(String::as_bytes).collect();
    hash(&[&[b"tamis ledger 1: column".as_slice(), &of, from.as_bytes()], how.as_slice()].concat())
}

/// A code of a column, as it is written in the release.
#[must_use]
pub fn code(column: Hash, text: &str) -> Hash {
    hash(&[b"tamis ledger 1: code", &column, text.as_bytes()])
}

/// The missing value of a column.
#[must_use]
pub fn missing(column: Hash) -> Hash {
    hash(&[b"tamis ledger 1: missing", &column])
}

/// The sum and the mean of a column.
#[must_use]
pub fn total_of(column: Hash) -> Hash {
    hash(&[b"tamis ledger 1: sum", &column])
}

/// Where a column comes from: its field by name, or the expression that computes it.
fn name_of(pipeline: &Pipeline, dataset: &Dataset, from: ColumnRef) -> String {
    match from {
        ColumnRef::Own(at) => format!("own {}", pipeline.sources[dataset.source].schema.fields[at].name),
        ColumnRef::Derived(at) => format!("sql {}", dataset.derived[at].sql),
        ColumnRef::Joined(at) => {
            let right = dataset.join.map(|join| &pipeline.sources[pipeline.joins[join].right]);
            right.map_or_else(String::new, |s| format!("joined {}.{}", s.name, s.schema.fields[at].name))
        }
    }
}

/// How a column is made coarser, in full: two hierarchy files with the same lines are the same.
fn way(pipeline: &Pipeline, dataset: &Dataset, generalise: &Generalise) -> Vec<String> {
    let mut all = vec![generalise.keyword().to_owned()];
    match generalise {
        Generalise::Age { at } => all.push(name_of(pipeline, dataset, *at)),
        Generalise::AgeBand { at, bounds } => {
            all.push(name_of(pipeline, dataset, *at));
            all.extend(bounds.iter().map(ToString::to_string));
        }
        Generalise::Band { bounds } => all.extend(bounds.iter().map(ToString::to_string)),
        Generalise::Clamp { bottom, top } => all.extend([bottom, top].map(|end| format!("{end:?}"))),
        Generalise::Hierarchy { map, .. } => {
            let map: BTreeMap<&String, &String> = map.iter().collect();
            all.extend(map.into_iter().flat_map(|(value, text)| [value.clone(), text.clone()]));
        }
        Generalise::Keep
        | Generalise::Year
        | Generalise::Quarter
        | Generalise::Month
        | Generalise::Departement
        | Generalise::Region => {}
    }
    all
}
