//! The proof of decryption: a digest that nobody can form without what was encrypted.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::error::SealError;
use super::hash::{Hash, from_hex, to_hex};
use super::name::EntryName;

/// First field of the digest. Another way of forming it gets another label.
const LABEL: &[u8] = b"tamis content 1";

/// 32 random bytes that travel in the encrypted descriptor (`"tamis:challenge"`). Without them the digest in an
/// acknowledgement cannot be formed, nor a guessed content be confirmed by it. No `Debug`, no `Clone`; wiped when dropped.
pub struct Challenge(Box<Zeroizing<[u8; 32]>>);

impl Challenge {
    /// Draws one from the operating system.
    ///
    /// # Errors
    /// [`SealError::NoRandomness`].
    pub fn random() -> Result<Self, SealError> {
        let mut bytes = Box::new(Zeroizing::new([0; 32]));
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| SealError::NoRandomness)?;
        Ok(Self(bytes))
    }

    /// Reads 64 lower-case hexadecimal digits; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        from_hex(text).map(|bytes| Self(Box::new(Zeroizing::new(bytes))))
    }

    /// The 64 hexadecimal digits for the descriptor.
    #[must_use]
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(to_hex(&self.0))
    }
}

/// A file of a release as it is before encryption and after decryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its path.
    pub name: EntryName,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Hash,
}

/// `SHA-256(label ‖ challenge ‖ manifest ‖ (name ‖ length ‖ SHA-256)…)`, files in the order of their names, every field
/// behind its length in bytes (8, big-endian), so that no two lists of fields give the same bytes.
pub(super) fn digest(challenge: &Challenge, manifest: Hash, files: &[Content]) -> Hash {
    let mut hasher = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    field(LABEL);
    field(challenge.0.as_slice());
    field(&manifest.bytes());
    let mut files: Vec<&Content> = files.iter().collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    for file in files {
        field(file.name.as_str().as_bytes());
        field(&file.bytes.to_be_bytes());
        field(&file.sha256.bytes());
    }
    Hash::finish(hasher)
}

/// What an acknowledgement of one package has to say. The sender keeps it; it tells nothing about the content to whoever
/// lacks the challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The run.
    pub run: String,
    /// Name of the recipient.
    pub recipient: String,
    /// SHA-256 of the manifest: text and signature, as it stands in the package.
    pub manifest_sha256: Hash,
    /// The digest that proves decryption.
    pub content: Hash,
}

impl Expected {
    /// Forms it from what only somebody who sealed or decrypted the release has.
    #[must_use]
    pub fn of(run: &str, recipient: &str, manifest_sha256: Hash, challenge: &Challenge, files: &[Content]) -> Self {
        let content = digest(challenge, manifest_sha256, files);
        Self { run: run.to_owned(), recipient: recipient.to_owned(), manifest_sha256, content }
    }
}
