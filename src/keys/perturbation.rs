//! What decides how counts of tables are changed.

use zeroize::Zeroizing;

use super::{Keyed, first_16, info};

/// First field of the messages behind each use.
const RECORD: &[u8] = b"tamis record key";
const ONE: &[u8] = b"tamis one record of a person";
const SEED: &[u8] = b"tamis seed of a perturbation";
const WORDS: &[u8] = b"tamis words of a perturbation";
const AGAIN: &[u8] = b"tamis another draw of a perturbation";
const RELEASE: &[u8] = b"tamis name of a perturbed release";

/// Changes counts of tables: who has it takes every change off again.
pub struct PerturbationKey(Keyed);

impl PerturbationKey {
    pub(super) fn new(key: Keyed) -> Self {
        Self(key)
    }

    /// The record key of a contributor, uniform on 64 bits and the same in every table.
    #[must_use]
    pub fn record(&self, identity: &[u8]) -> u64 {
        // The upper half of the first 16 bytes: the first 8.
        (first_16(&self.0.digest(&[&info(&[RECORD, identity])])) >> 64) as u64
    }

    /// The place of a record among those of its person: the first one stands for the person where each counts once.
    #[must_use]
    pub fn order(&self, subject: u128, record: u64) -> u128 {
        first_16(&self.0.digest(&[&info(&[ONE, &subject.to_be_bytes(), &record.to_be_bytes()])]))
    }

    /// The key of another draw, of which this one tells nothing.
    #[must_use]
    pub fn again(&self, draw: u32) -> Self {
        let key = Zeroizing::new(self.0.digest(&[&info(&[AGAIN, &draw.to_be_bytes()])]));
        Self::new(Keyed::new(&*key))
    }

    /// The seed of random words for one purpose, whatever the counts: what names a cell and its count names its words.
    #[must_use]
    pub fn words(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.digest(&[&info(&[WORDS, purpose.as_bytes()])]))
    }

    /// The seed of random words for one purpose over one set of counts, named by a digest: other counts have unrelated words.
    #[must_use]
    pub fn seed(&self, purpose: &str, counts: &[u8; 32]) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.digest(&[&info(&[SEED, purpose.as_bytes(), counts])]))
    }

    /// What names a release of these counts under this key, and tells nothing of either.
    #[must_use]
    pub fn release(&self, counts: &[u8; 32]) -> u128 {
        first_16(&self.0.digest(&[&info(&[RELEASE, counts])]))
    }
}
