//! Keys: one root per run, everything else derived from it under its own label, all of it wiped.
//!
//! Derivation is HKDF-SHA-256 (RFC 5869) and every use is HMAC-SHA-256 (RFC 2104, FIPS 198-1). An identifier is never
//! hashed without a key: a NIR has about 8.6·10¹⁰ values, so a plain hash of one is reversed in hours.
//!
//! No key here has `Debug`, `Copy` or `Clone`. The root and the derived 32 bytes are wiped with `zeroize`; a prepared
//! HMAC state lies on the heap, so that moving a key leaves no copy behind, and is overwritten when the key goes.

mod signing;

use std::hint::black_box;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

pub use signing::{SignatureError, SigningKey, VerifierKey, generate as generate_signing_key};

/// First field of every derivation. Another way of deriving gets another version, so that the two never share a key.
const VERSION: &[u8] = b"tamis keys 1";
const SUBJECT: &[u8] = b"subject";
const PSEUDONYM: &[u8] = b"pseudonym";
const SAMPLING: &[u8] = b"sampling";
const SHUFFLE: &[u8] = b"shuffle";
/// First field of the message behind a permanent random number.
const NUMBER: &[u8] = b"tamis permanent random number";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes for the key of this run")]
    NoRandomness(#[source] getrandom::Error),
    /// Every byte of the key is the same: a placeholder or a broken source, not a key.
    #[error("the key is one byte repeated; a key is 32 random bytes")]
    OneByteRepeated,
}

/// The root key of a run: 32 bytes that exist in memory only.
pub struct MasterKey(Box<Zeroizing<[u8; 32]>>);

impl MasterKey {
    /// A key from the operating system's random source.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`] where that source fails.
    pub fn random() -> Result<Self, KeyError> {
        let mut bytes = Box::new(Zeroizing::new([0; 32]));
        getrandom::fill(bytes.as_mut_slice()).map_err(KeyError::NoRandomness)?;
        Self::checked(bytes)
    }

    /// A given key, for tests and to replay a run. The caller wipes its own copy.
    ///
    /// # Errors
    /// [`KeyError::OneByteRepeated`] where all bytes are equal (all zero among them).
    pub fn from_bytes(mut bytes: [u8; 32]) -> Result<Self, KeyError> {
        let boxed = Box::new(Zeroizing::new(bytes));
        bytes.zeroize();
        Self::checked(boxed)
    }

    fn checked(bytes: Box<Zeroizing<[u8; 32]>>) -> Result<Self, KeyError> {
        if bytes.iter().all(|&byte| byte == bytes[0]) {
            return Err(KeyError::OneByteRepeated);
        }
        Ok(Self(bytes))
    }

    /// The key that tells which records are one person's inside the run. Not for anything that leaves.
    #[must_use]
    pub fn subject_key(&self, domain: &Domain<'_>) -> SubjectKey {
        SubjectKey(self.derive(domain, SUBJECT, None))
    }

    /// The key behind the pseudonyms of one output resource. Every resource has its own, so that two outputs of a
    /// release cannot be linked by their pseudonyms.
    #[must_use]
    pub fn pseudonym_key(&self, domain: &Domain<'_>, resource: &str) -> PseudonymKey {
        PseudonymKey(self.derive(domain, PSEUDONYM, Some(resource)))
    }

    /// The key behind the sample. Whoever lacks it cannot tell who was drawn, even with every identifier in hand.
    #[must_use]
    pub fn sampling_key(&self, domain: &Domain<'_>) -> SamplingKey {
        SamplingKey(self.derive(domain, SAMPLING, None))
    }

    /// The key behind the row order of one output resource. Every resource has its own: a shared order would link the
    /// rows of two outputs as surely as a shared pseudonym.
    #[must_use]
    pub fn shuffle_key(&self, domain: &Domain<'_>, resource: &str) -> ShuffleKey {
        ShuffleKey(self.derive(domain, SHUFFLE, Some(resource)))
    }

    /// `HKDF(root, salt = epoch, info = version ‖ purpose ‖ recipient ‖ dataset ‖ identifier kind [‖ resource])`, each
    /// field of `info` behind its length in bytes (8, big-endian), so that no two lists of fields give the same bytes.
    fn derive(&self, domain: &Domain<'_>, purpose: &[u8], resource: Option<&str>) -> Keyed {
        let mut info = Vec::with_capacity(128);
        let fields = [VERSION, purpose, domain.recipient.as_bytes(), domain.dataset.as_bytes()];
        for field in fields.into_iter().chain([domain.identifier.as_bytes()]).chain(resource.map(str::as_bytes)) {
            info.extend_from_slice(&(field.len() as u64).to_be_bytes());
            info.extend_from_slice(field);
        }
        let mut key = Zeroizing::new([0; 32]);
        hkdf_sha256(self.0.as_slice(), domain.epoch.as_bytes(), &info, key.as_mut_slice());
        Keyed::new(key.as_slice())
    }
}

/// What a key is for. Two domains that differ in any field have unrelated keys (R18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain<'a> {
    /// Period or run in which pseudonyms stay the same.
    pub epoch: &'a str,
    /// Who receives the release.
    pub recipient: &'a str,
    /// The set of data in which a person must be the same person: one name for all datasets that are linked or
    /// sampled together.
    pub dataset: &'a str,
    /// Kind of identifier, such as `nir`.
    pub identifier: &'a str,
}

/// Tells which records are one person's inside a run.
pub struct SubjectKey(Keyed);

impl SubjectKey {
    /// The person behind a normalised identifier: the first 16 bytes of the HMAC, big-endian.
    #[must_use]
    pub fn subject(&self, identifier: &[u8]) -> u128 {
        first_16(&self.0.digest(&[identifier]))
    }
}

/// Makes the pseudonyms of one output resource.
pub struct PseudonymKey(Keyed);

impl PseudonymKey {
    /// The pseudonym of a person: the first 16 bytes of the HMAC of its 16 bytes, big-endian.
    #[must_use]
    pub fn pseudonym(&self, subject: u128) -> u128 {
        first_16(&self.0.digest(&[&subject.to_be_bytes()]))
    }
}

/// Makes the numbers by which units are drawn.
pub struct SamplingKey(Keyed);

impl SamplingKey {
    /// The permanent random number of a unit within a group of units that are drawn together.
    ///
    /// The message is `label ‖ 0 ‖ group ‖ 0 ‖ unit`: label and unit have fixed lengths, so it reads back one way only.
    #[must_use]
    pub fn number(&self, group: &str, unit: u128) -> Prn {
        Prn::from_digest(&self.0.digest(&[NUMBER, &[0], group.as_bytes(), &[0], &unit.to_be_bytes()]))
    }
}

/// Orders the rows of one output resource.
pub struct ShuffleKey(Keyed);

impl ShuffleKey {
    /// The place of a person's row in the order of the output: the first 16 bytes of the HMAC of subject (16 bytes) and
    /// row (8 bytes), big-endian.
    #[must_use]
    pub fn order(&self, subject: u128, row: u64) -> u128 {
        first_16(&self.0.digest(&[&subject.to_be_bytes(), &row.to_be_bytes()]))
    }
}

/// A permanent random number (Ohlsson 1995): a whole 256-bit digest, compared as a big-endian number, so that ties
/// happen only between units that are the same unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prn {
    u: u64,
    tie: [u64; 3],
}

impl Prn {
    /// The number that a digest is.
    #[must_use]
    pub fn from_digest(digest: &[u8; 32]) -> Self {
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(digest.as_chunks::<8>().0) {
            *word = u64::from_be_bytes(*bytes);
        }
        Self { u: words[0], tie: [words[1], words[2], words[3]] }
    }

    /// The first 64 bits: uniform over `0..2^64`.
    #[must_use]
    pub fn u(&self) -> u64 {
        self.u
    }
}

/// An HMAC-SHA-256 state whose key block is already absorbed: a clone costs less than keying anew for every record.
struct Keyed(Box<Hmac<Sha256>>);

impl Keyed {
    fn new(key: &[u8]) -> Self {
        // HMAC takes a key of any length (RFC 2104 §2), so this cannot fail.
        Self(Box::new(Hmac::new_from_slice(key).expect("HMAC takes a key of any length")))
    }

    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = (*self.0).clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl Drop for Keyed {
    fn drop(&mut self) {
        overwrite(&mut *self.0, Hmac::new(&Default::default()));
    }
}

/// Puts a value that is no secret where a secret lies. `black_box` counts as a reader, so the write is not optimised away.
fn overwrite<T>(secret: &mut T, blank: T) {
    *secret = blank;
    black_box(secret);
}

/// RFC 5869, extract and expand. `okm` is at most 255 · 32 bytes.
fn hkdf_sha256(ikm: &[u8], salt: &[u8], info: &[u8], okm: &mut [u8]) {
    let (mut prk, mut expander) = Hkdf::<Sha256>::extract(Some(salt), ikm);
    // Only the two callers in this file ask for bytes: 32 for a key, 42 and 82 for the vectors of the RFC; 8,160 is the limit.
    expander.expand(info, okm).expect("fewer than 255 blocks are asked for");
    prk.as_mut_slice().zeroize();
    overwrite(&mut expander, Hkdf::new(None, &[]));
}

fn first_16(digest: &[u8; 32]) -> u128 {
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests;
