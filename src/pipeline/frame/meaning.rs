//! What the codes of the frame mean.

use zeroize::Zeroizing;

use super::columns::Columns;
use crate::keys::{Prn, SamplingKey};
use crate::sample::{Chances, Names};
use crate::sieve::{Cell, Codebook};

/// The meaning of the words of a unit, and the random numbers of what is drawn besides units.
pub(in super::super) struct Meaning<'a> {
    codebook: &'a Codebook,
    columns: &'a Columns,
    key: &'a SamplingKey,
    group: &'a str,
}

impl<'a> Meaning<'a> {
    pub fn new(codebook: &'a Codebook, columns: &'a Columns, key: &'a SamplingKey, group: &'a str) -> Self {
        Self { codebook, columns, key, group }
    }

    /// A value as it is written in a release.
    pub fn text(&self, column: usize, word: u64) -> Option<String> {
        text(self.cell(column, word))
    }

    /// A value that is a number.
    pub fn number(&self, column: usize, word: u64) -> Option<f64> {
        match self.cell(column, word) {
            Cell::Integer(i) => Some(i as f64),
            Cell::Number(x) => Some(x),
            Cell::Missing | Cell::Text(_) => None,
        }
    }

    fn cell(&self, column: usize, word: u64) -> Cell<'_> {
        match self.columns.of.first().and_then(|of| of.get(column)) {
            Some(released) => self.codebook.cell(0, *released, word),
            None => Cell::Missing,
        }
    }
}

/// A value as it is written in a release.
pub(in super::super) fn text(cell: Cell<'_>) -> Option<String> {
    match cell {
        Cell::Missing => None,
        Cell::Text(text) => Some(text.to_owned()),
        Cell::Integer(i) => Some(i.to_string()),
        Cell::Number(x) => Some(x.to_string()),
    }
}

impl Names for Meaning<'_> {
    fn stratum(&self, key: &[u64]) -> Vec<Option<String>> {
        key.iter().enumerate().map(|(column, word)| self.text(column, *word)).collect()
    }
}

impl Chances for Meaning<'_> {
    fn cluster(&self, cluster: u64) -> Prn {
        let name = self.columns.cluster.and_then(|column| self.text(column, cluster)).unwrap_or_default();
        self.key.cluster(self.group, name.as_bytes())
    }

    fn second(&self, number: &Prn) -> Prn {
        self.key.second(self.group, number)
    }

    fn seed(&self, purpose: &str, stratum: &[Option<String>]) -> Zeroizing<[u8; 32]> {
        self.key.seed(self.group, purpose, stratum)
    }
}
