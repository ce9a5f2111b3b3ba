//! Digests of frame and sample, for whoever holds a replay against the first draw.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::census::plus;
use super::{Census, Listing, Names, SamplePlan, pairs};
use crate::keys::Prn;

/// The digest of a frame: of every stratum its name, its size and who is in it; with `listing`, also everything that a design
/// which holds the frame looks at. It is made of keyed numbers, so that it tells nothing to whoever lacks the key.
#[must_use]
pub fn frame_digest(census: &Census, listing: Option<&Listing>, names: &dyn Names) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(b"tamis frame 1");
    for (stratum, counted) in census.strata() {
        for value in names.stratum(stratum) {
            hash.update([u8::from(value.is_some())]);
            let value = value.unwrap_or_default();
            hash.update((value.len() as u64).to_be_bytes());
            hash.update(value.as_bytes());
        }
        hash.update(counted.units.to_be_bytes());
        counted.digest.iter().for_each(|word| hash.update(word.to_be_bytes()));
    }
    if let Some(listing) = listing {
        hash.update(listing.digest());
    }
    hash.finalize().into()
}

/// Who was drawn and with which chance, gathered in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleDigest(#[serde(with = "pairs")] HashMap<u32, (u64, [u64; 4])>);

impl SampleDigest {
    /// One unit of the sample, with the position of its chance.
    pub fn add(&mut self, number: &Prn, chance: u32) {
        let (units, sum) = self.0.entry(chance).or_default();
        *units += 1;
        *sum = plus(*sum, number.words());
    }

    /// The digest of both parts.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        if self.0.len() < other.0.len() {
            return other.merge(self);
        }
        for (chance, (units, sum)) in other.0 {
            let ours = self.0.entry(chance).or_default();
            ours.0 += units;
            ours.1 = plus(ours.1, sum);
        }
        self
    }

    /// Units gathered.
    #[must_use]
    pub fn units(&self) -> u64 {
        self.0.values().map(|(units, _)| units).sum()
    }

    /// The digest of the whole sample.
    #[must_use]
    pub fn finish(&self, plan: &SamplePlan) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(b"tamis sample 1");
        for (at, chance) in plan.chances().iter().enumerate() {
            let Some((units, sum)) = self.0.get(&(at as u32)) else { continue };
            hash.update(chance.inclusion.to_string().as_bytes());
            hash.update([0]);
            hash.update(chance.design_weight.to_bits().to_be_bytes());
            hash.update(units.to_be_bytes());
            sum.iter().for_each(|word| hash.update(word.to_be_bytes()));
        }
        hash.finalize().into()
    }
}
