//! Rows on their way from one machine to another: bytes that the caller seals. Codes mean something on one machine only, so
//! texts go along.

use std::collections::BTreeSet;

use super::{Vault, VaultError, ipc};
use crate::sieve::{Cell, Codebook, Dictionaries, Kind, MISSING_CODE, Rows, Values};

/// Rows that go together at most.
const ROWS: usize = 1 << 16;

impl Vault {
    /// The rows of a bucket of a dataset, in parts of bounded size. Numbers of records are left behind: they mean nothing elsewhere.
    ///
    /// # Errors
    /// [`VaultError`] where the store fails.
    pub fn carry(&self, dataset: usize, bucket: usize, codebook: &Codebook) -> Result<Vec<Vec<u8>>, VaultError> {
        let rows = self.bucket(dataset, bucket)?;
        let places: Vec<u32> = (0..rows.len() as u32).collect();
        let part = |places: &[u32]| {
            let mut part = rows.gather(places);
            if let Some(Values::Word(records)) = self.layout(dataset).record.and_then(|at| part.columns.get_mut(at)) {
                records.fill(0);
            }
            let mut texts = Vec::new();
            for column in 0..self.layout(dataset).kept {
                let keys: Vec<u64> = match &part.columns[column] {
                    Values::Code(codes) => (0..codes.len()).map(|r| codebook.key(dataset, column, &part, r)).collect(),
                    _ => continue,
                };
                let own: BTreeSet<u64> = keys.iter().copied().filter(|key| *key != u64::from(MISSING_CODE)).collect();
                let own: Vec<u64> = own.into_iter().collect();
                let code = |key: &u64| own.binary_search(key).map_or(MISSING_CODE, |at| at as u32);
                part.columns[column] = Values::Code(keys.iter().map(code).collect());
                let text = |key: &u64| match codebook.cell(dataset, column, *key) {
                    Cell::Text(text) => Ok(text.to_owned()),
                    _ => Err(VaultError::Layout),
                };
                texts.push(own.iter().map(text).collect::<Result<Vec<String>, _>>()?);
            }
            let texts = serde_json::to_vec(&texts).map_err(|_| VaultError::Layout)?;
            let mut bytes = (texts.len() as u32).to_be_bytes().to_vec();
            bytes.extend(texts);
            bytes.extend(ipc::encode(part)?);
            Ok(bytes)
        };
        places.chunks(ROWS).map(part).collect()
    }

    /// Takes in rows of a dataset that another vault of the run carried. Records are numbered on from `first`; gives their number.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where they are not such rows.
    pub fn bring(
        &self,
        dataset: usize,
        bytes: &[u8],
        dictionaries: &Dictionaries,
        first: u64,
    ) -> Result<u64, VaultError> {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or(VaultError::Damaged)?;
        let (texts, rows) = rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or(VaultError::Damaged)?;
        // The message of the library could quote.
        let texts: Vec<Vec<String>> = serde_json::from_slice(texts).map_err(|_| VaultError::Damaged)?;
        let layout = self.layouts.get(dataset).ok_or(VaultError::Layout)?;
        let mut rows = rows_of_bytes(rows, &layout.kinds)?;
        let mut texts = texts.into_iter();
        for (column, dictionary) in dictionaries.of(dataset).iter().enumerate() {
            let Some(Values::Code(codes)) = rows.columns.get_mut(column) else { continue };
            let texts = texts.next().ok_or(VaultError::Damaged)?;
            let own: Vec<u32> = texts.iter().map(|text| dictionary.code(text)).collect();
            for code in codes.iter_mut().filter(|code| **code != MISSING_CODE) {
                *code = *own.get(*code as usize).ok_or(VaultError::Damaged)?;
            }
        }
        let count = rows.len() as u64;
        if let Some(Values::Word(records)) = layout.record.and_then(|at| rows.columns.get_mut(at)) {
            records.iter_mut().zip(first..).for_each(|(record, number)| *record = number);
        }
        self.stores.get(dataset).ok_or(VaultError::Layout)?.append(&rows)?;
        Ok(count)
    }
}

/// Rows without texts as bytes.
///
/// # Errors
/// [`VaultError::Layout`] for a bug.
pub fn bytes_of_rows(rows: Rows) -> Result<Vec<u8>, VaultError> {
    ipc::encode(rows)
}

/// The rows of such bytes.
///
/// # Errors
/// [`VaultError::Damaged`] where they are none, or have other columns.
pub fn rows_of_bytes(bytes: &[u8], kinds: &[Kind]) -> Result<Rows, VaultError> {
    ipc::decode(bytes.to_vec(), kinds)
}
