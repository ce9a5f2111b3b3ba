//! What parts hold, once they are opened: counts in integers and decimals, digests, and rows.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::exposure::Sizes;
use super::super::frame::Faults;
use super::{ClusterError, Part};
use crate::keys::PassageKey;
use crate::sample::{Census, SampleDigest};
use crate::summarise::{Ascents, Cells, Classes};
use crate::validate::{FindingKey, FindingKind, Findings};

/// What became of records of a source, in one place.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Counts {
    pub source: usize,
    pub read: u64,
    pub rejected: u64,
    pub filtered: u64,
    pub excluded: u64,
    pub not_in_hierarchy: BTreeMap<String, u64>,
    /// Kind, field, rule, count.
    pub findings: Vec<(String, Option<String>, Option<String>, u64)>,
}

impl Counts {
    pub fn of_source(source: usize) -> Self {
        Self { source, ..Self::default() }
    }

    pub fn take_findings(&mut self, findings: &Findings) {
        let line = |(key, found): (&FindingKey, &crate::validate::Found)| {
            (key.kind.as_str().to_owned(), key.field.clone(), key.rule.clone(), found.count)
        };
        self.findings.extend(findings.iter().map(line));
    }

    pub fn findings(&self, most_places: usize) -> Result<Findings, ClusterError> {
        let mut findings = Findings::new(most_places);
        for (kind, field, rule, count) in &self.findings {
            let kind = FindingKind::named(kind).ok_or(ClusterError::Damaged)?;
            findings.count(FindingKey { kind, field: field.clone(), rule: rule.clone() }, *count);
        }
        Ok(findings)
    }
}

/// Texts of a released column: dataset, column, texts.
pub(super) type Texts = (usize, usize, Vec<String>);

/// Records of a source that repeat a value: person, digest of the record, and how many of its equals stay.
pub(super) type Repeats = (usize, Vec<(u128, u64, u64)>);

/// The frame, counted.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct CensusForm {
    pub census: Census,
    pub faults: Faults,
    /// Rows that the workers were given.
    pub rows: u64,
    /// Persons who object in a record and stand in no register.
    pub objectors: u64,
}

/// Cells and classes.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct SummaryForm {
    /// Rows that the workers were given.
    pub rows: u64,
    pub tables: Vec<(Cells, Ascents)>,
    pub classes: Vec<Classes>,
    pub sampled: Vec<u64>,
    pub drawn: u64,
    pub digest: SampleDigest,
}

/// What is left of the cells without the rows that leave, and the sizes of classes, output by output.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct LeftForm {
    /// Rows that the worker was given.
    pub rows: u64,
    /// Rows that leave, output by output.
    pub released: Vec<u64>,
    pub left_over: Vec<Option<Cells>>,
    pub sizes: Vec<Sizes>,
}

/// Seals a part.
pub(super) fn seal(key: &PassageKey, kind: &str, bucket: u32, plain: &[u8]) -> Result<Part, ClusterError> {
    Ok(Part { kind: kind.to_owned(), bucket, data: key.seal(kind, bucket, plain)? })
}

/// Seals a form.
pub(super) fn seal_form<T: Serialize>(
    key: &PassageKey,
    kind: &str,
    bucket: u32,
    form: &T,
) -> Result<Part, ClusterError> {
    seal(key, kind, bucket, &serde_json::to_vec(form).map_err(|_| ClusterError::Damaged)?)
}

/// Seals bytes that belong to a dataset, a source or an output.
pub(super) fn seal_numbered(
    key: &PassageKey,
    kind: &str,
    bucket: u32,
    number: usize,
    bytes: &[u8],
) -> Result<Part, ClusterError> {
    seal(key, kind, bucket, &[&(number as u32).to_be_bytes()[..], bytes].concat())
}

pub(super) fn open(key: &PassageKey, part: &Part) -> Result<Vec<u8>, ClusterError> {
    Ok(key.open(&part.kind, part.bucket, &part.data)?)
}

pub(super) fn open_form<T: DeserializeOwned>(key: &PassageKey, part: &Part) -> Result<T, ClusterError> {
    // The message of the library could quote.
    serde_json::from_slice(&open(key, part)?).map_err(|_| ClusterError::Damaged)
}

pub(super) fn open_numbered(key: &PassageKey, part: &Part) -> Result<(usize, Vec<u8>), ClusterError> {
    let mut plain = open(key, part)?;
    let (number, _) = plain.split_first_chunk::<4>().ok_or(ClusterError::Damaged)?;
    let number = u32::from_be_bytes(*number) as usize;
    plain.drain(..4);
    Ok((number, plain))
}
