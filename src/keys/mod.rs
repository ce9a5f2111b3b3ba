//! Keys: one root per run, everything else derived from it under its own label, all of it wiped.
//!
//! Derivation is HKDF-SHA-256 (RFC 5869) and every use is HMAC-SHA-256 (RFC 2104, FIPS 198-1). An identifier is never
//! hashed without a key: a NIR has about 8.6·10¹⁰ values, so a plain hash of one is reversed in hours.
//!
//! No key here has `Debug`, `Copy` or `Clone`. Root and prepared HMAC states lie on pages of their own that are locked in
//! memory and wiped before they are given back; moving a key moves a pointer. What computing with a key leaves on the stack
//! is cleared after each derivation, and after a run on each of its threads ([`scrub_stack`]).

mod custody;
mod epochs;
mod error;
mod generate;
mod locked;
mod passage;
mod perturbation;
mod process;
mod signing;

use std::fmt::Write;
use std::hint::black_box;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

pub use custody::{
    Credential, Identity, KeyKind, KeyReport, KeySource, NotASource, inspect, load_credential, load_identity,
    load_root, load_signing_key, public_file,
};
pub use epochs::{Epoch, EpochChoice, Epochs, open_epoch};
pub use error::{KeyError, LedgerProblem, Refusal};
pub use generate::{generate_recipient, generate_root, generate_signing, write_root};
pub use locked::{scrub_stack, unlocked};
pub use passage::{NotOurs, PassageKey};
pub use perturbation::PerturbationKey;
pub use process::{harden_process, is_dumpable};
pub use signing::{SignatureError, SigningKey, VerifierKey, generate as generate_signing_key};

pub(crate) use epochs::RUN;
pub(crate) use locked::Locked;

/// First field of every derivation. Another way of deriving gets another version, so that the two never share a key.
const VERSION: &[u8] = b"tamis keys 1";
const SUBJECT: &[u8] = b"subject";
const PSEUDONYM: &[u8] = b"pseudonym";
const SAMPLING: &[u8] = b"sampling";
const SHUFFLE: &[u8] = b"shuffle";
const PERTURBATION: &[u8] = b"perturbation";
const FINGERPRINT: &[u8] = b"fingerprint";
/// First field of the message behind a permanent random number.
const NUMBER: &[u8] = b"tamis permanent random number";
/// The same for clusters, for second phases, for streams and for what is laid down before a draw.
const CLUSTER: &[u8] = b"tamis random number of a cluster";
const SECOND: &[u8] = b"tamis random number of a second phase";
const STREAM: &[u8] = b"tamis random stream";
const COMMITMENT: &[u8] = b"tamis commitment to a sampling key";
const NONCE: &[u8] = b"tamis nonce of a commitment";

/// A root key: 32 bytes from which all other keys of a run are derived.
pub struct MasterKey(Locked<[u8; MasterKey::LENGTH]>);

impl MasterKey {
    /// Its length in bytes.
    pub const LENGTH: usize = 32;

    /// A key from the operating system's random source.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`] where that source fails.
    pub fn random() -> Result<Self, KeyError> {
        let mut bytes = Locked::zeros();
        getrandom::fill(&mut *bytes).map_err(KeyError::NoRandomness)?;
        Self::checked(bytes)
    }

    /// A given key, for tests and to replay a run. The caller wipes its own copy.
    ///
    /// # Errors
    /// [`KeyError::OneByteRepeated`] where all bytes are equal (all zero among them).
    pub fn from_bytes(mut bytes: [u8; 32]) -> Result<Self, KeyError> {
        let key = Self::filled(|key| key.copy_from_slice(&bytes));
        bytes.zeroize();
        key
    }

    /// A key that is written in place, so that no copy of it is left anywhere.
    fn filled(fill: impl FnOnce(&mut [u8; 32])) -> Result<Self, KeyError> {
        let mut bytes = Locked::zeros();
        fill(&mut bytes);
        Self::checked(bytes)
    }

    fn checked(bytes: Locked<[u8; 32]>) -> Result<Self, KeyError> {
        if bytes.iter().all(|&byte| byte == bytes[0]) {
            return Err(KeyError::OneByteRepeated);
        }
        Ok(Self(bytes))
    }

    /// The key itself, to be written to the file that keeps it.
    fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// What tells keys apart without telling anything about them: 64 bits derived under their own label.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut bytes = [0; 8];
        hkdf_sha256(self.bytes(), &[], &info(&[VERSION, FINGERPRINT]), &mut bytes);
        scrub_stack();
        Fingerprint(bytes.iter().fold(String::new(), |mut text, byte| {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }))
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

    /// The key by which counts of tables are changed.
    #[must_use]
    pub fn perturbation_key(&self, domain: &Domain<'_>) -> PerturbationKey {
        PerturbationKey::new(self.derive(domain, PERTURBATION, None))
    }

    /// `HKDF(root, salt = epoch, info = version ‖ purpose ‖ recipient ‖ dataset ‖ identifier kind [‖ resource])`.
    fn derive(&self, domain: &Domain<'_>, purpose: &[u8], resource: Option<&str>) -> Keyed {
        let Domain { epoch, recipient, dataset, identifier } = domain;
        let mut fields = vec![VERSION, purpose, recipient.as_bytes(), dataset.as_bytes(), identifier.as_bytes()];
        fields.extend(resource.map(str::as_bytes));
        let mut key = Zeroizing::new([0; 32]);
        hkdf_sha256(self.bytes(), epoch.as_bytes(), &info(&fields), key.as_mut_slice());
        let keyed = Keyed::new(key.as_slice());
        scrub_stack();
        keyed
    }
}

/// Fields one after the other, each behind its length in bytes (8, big-endian), so that no two lists give the same bytes.
fn info(fields: &[&[u8]]) -> Vec<u8> {
    let mut info = Vec::with_capacity(128);
    for field in fields {
        info.extend_from_slice(&(field.len() as u64).to_be_bytes());
        info.extend_from_slice(field);
    }
    info
}

/// Tells root keys apart: 16 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// A fingerprint as it was told; `None` where it is none.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let digits = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        (text.len() == 16 && text.chars().all(digits)).then(|| Self(text.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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

impl SamplingKey {
    /// The random number of a cluster, by the name that tells it from the others.
    #[must_use]
    pub fn cluster(&self, group: &str, name: &[u8]) -> Prn {
        Prn::from_digest(&self.0.digest(&[CLUSTER, &[0], group.as_bytes(), &[0], name]))
    }

    /// The number of a unit in a second phase, made of its first.
    #[must_use]
    pub fn second(&self, group: &str, number: &Prn) -> Prn {
        let mut bytes = [0; 32];
        for (part, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(number.words()) {
            *part = word.to_be_bytes();
        }
        Prn::from_digest(&self.0.digest(&[SECOND, &[0], group.as_bytes(), &[0], &bytes]))
    }

    /// The seed of a stream of random words for one purpose in one stratum. Fields are length-prefixed.
    #[must_use]
    pub fn seed(&self, group: &str, purpose: &str, stratum: &[Option<String>]) -> Zeroizing<[u8; 32]> {
        let mut fields: Vec<&[u8]> = vec![STREAM, group.as_bytes(), purpose.as_bytes()];
        for value in stratum {
            // A missing value is no empty text.
            fields.push(if value.is_some() { b"=" } else { b"-" });
            fields.push(value.as_deref().unwrap_or("").as_bytes());
        }
        Zeroizing::new(self.0.digest(&[&info(&fields)]))
    }

    /// What keeps two commitments to one key apart, made of what is drawn from.
    #[must_use]
    pub fn nonce(&self, frame: &[u8; 32]) -> [u8; 32] {
        self.0.digest(&[NONCE, &[0], frame])
    }

    /// What can be laid down before a draw and checked after it, without telling anything of the key:
    /// `SHA-256(label ‖ 0 ‖ HMAC(key, label) ‖ nonce)`.
    #[must_use]
    pub fn commitment(&self, nonce: &[u8; 32]) -> [u8; 32] {
        let inner = Zeroizing::new(self.0.digest(&[COMMITMENT]));
        Sha256::new()
            .chain_update(COMMITMENT)
            .chain_update([0])
            .chain_update(*inner)
            .chain_update(nonce)
            .finalize()
            .into()
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

    /// The number of these words, the most significant first.
    #[must_use]
    pub fn from_words([u, a, b, c]: [u64; 4]) -> Self {
        Self { u, tie: [a, b, c] }
    }

    /// The whole digest as four words, the most significant first.
    #[must_use]
    pub fn words(&self) -> [u64; 4] {
        [self.u, self.tie[0], self.tie[1], self.tie[2]]
    }

    /// The number as seen from `start`, going round: units from `start` on come first, those before it last.
    #[must_use]
    pub fn shifted(&self, start: u64) -> Self {
        Self { u: self.u.wrapping_sub(start), tie: self.tie }
    }

    /// The first 64 bits: uniform over `0..2^64`.
    #[must_use]
    pub fn u(&self) -> u64 {
        self.u
    }
}

/// An HMAC-SHA-256 state whose key block is already absorbed: a clone costs less than keying anew for every record.
struct Keyed(Locked<Hmac<Sha256>>);

impl Keyed {
    fn new(key: &[u8]) -> Self {
        let mut state = Locked::new(Hmac::new(&Default::default()));
        // HMAC takes a key of any length (RFC 2104 §2), so this cannot fail.
        *state = Hmac::new_from_slice(key).expect("HMAC takes a key of any length");
        Self(state)
    }

    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
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
    // Only this file asks for bytes, 32 or 8, and its tests at most 8,160, which is the limit.
    expander.expand(info, okm).expect("no more than 255 blocks are asked for");
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
