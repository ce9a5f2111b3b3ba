//! What a package says of itself, signed: to whom, under which law, for what, until when, and the hash of every entry.

use std::path::Path;

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::content::Challenge;
use super::error::SealError;
use super::hash::Hash;
use super::name::EntryName;
use super::parts::ReleaseParts;
use crate::keys::{SignatureError, SigningKey, VerifierKey};

/// Version of the form.
const VERSION: u32 = 1;

/// The algorithms of a package (R33). Only these are written, and any other is refused.
const ENCRYPTION: &str = "age-encryption.org/v1: X25519, HKDF-SHA-256, ChaCha20-Poly1305";
const SIGNATURE: &str = "Ed25519 (C2SP signed-note)";
const DIGEST: &str = "SHA-256";
const PSEUDONYMS: &str = "HMAC-SHA-256, 128 bits";

/// What the maker of a release says about it. The rest of the manifest follows from recipient, signer and entries.
pub struct ManifestParts {
    /// The release.
    pub release: ReleaseParts,
    /// Rule of the sample (R07).
    pub sample: Value,
    /// The protection applied, words on linkage among it.
    pub protection: Value,
    /// Scope and counts of the search for stripped values.
    pub scan: Value,
    /// Whether there are pseudonyms in the release.
    pub pseudonyms: bool,
    /// The checkpoint of the sender's audit log, so that it cannot be rewritten later.
    pub audit_checkpoint: String,
    /// What the descriptor carries as `"tamis:challenge"`. Not in the manifest.
    pub challenge: Challenge,
}

/// The signed manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    version: u32,
    run: String,
    pipeline: String,
    pipeline_digest: String,
    sender: String,
    recipient: ManifestRecipient,
    #[serde(with = "super::time::instant")]
    made: DateTime<Utc>,
    #[serde(with = "super::time::day")]
    use_until: NaiveDate,
    legal_basis: String,
    purpose: String,
    policy: String,
    sample: Value,
    protection: Value,
    scan: Value,
    algorithms: Algorithms,
    entries: Vec<ManifestEntry>,
    audit_checkpoint: String,
}

/// To whom a package is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestRecipient {
    /// Name in the sender's pipeline.
    pub name: String,
    /// Public age key.
    pub age: String,
}

/// The algorithms used (R33).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Algorithms {
    /// Of every entry.
    pub encryption: String,
    /// Of the manifest.
    pub signature: String,
    /// Of hashes.
    pub digest: String,
    /// Of pseudonyms; `None` where there are none.
    pub pseudonyms: Option<String>,
}

impl Algorithms {
    fn ours(pseudonyms: bool) -> Self {
        Self {
            encryption: ENCRYPTION.to_owned(),
            signature: SIGNATURE.to_owned(),
            digest: DIGEST.to_owned(),
            pseudonyms: pseudonyms.then(|| PSEUDONYMS.to_owned()),
        }
    }

    /// Refuses everything that this program does not write.
    fn check(&self) -> Result<(), SealError> {
        let ours = Self::ours(self.pseudonyms.is_some());
        let pairs = [
            ("encryption", self.encryption == ours.encryption),
            ("the signature", self.signature == ours.signature),
            ("digests", self.digest == ours.digest),
            ("pseudonyms", self.pseudonyms == ours.pseudonyms),
        ];
        match pairs.into_iter().find(|(_, same)| !same) {
            Some((what, _)) => Err(SealError::Algorithm { what }),
            None => Ok(()),
        }
    }
}

/// One encrypted file of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestEntry {
    /// Its name; in the manifest, with `.age`.
    pub name: EntryName,
    /// Length of the ciphertext in bytes.
    pub bytes: u64,
    /// SHA-256 of the ciphertext.
    pub sha256: Hash,
    /// `persons`, `table`, `descriptor` or `statement`.
    pub kind: String,
    /// Number of rows, where it has rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

impl Manifest {
    pub(super) fn new(
        parts: &ManifestParts,
        recipient: ManifestRecipient,
        use_until: NaiveDate,
        entries: Vec<ManifestEntry>,
        signer: &SigningKey,
    ) -> Self {
        Self {
            version: VERSION,
            run: parts.release.run.clone(),
            pipeline: parts.release.pipeline.clone(),
            pipeline_digest: parts.release.pipeline_digest.clone(),
            sender: signer.verifier().name().to_owned(),
            recipient,
            made: parts.release.made.trunc_subsecs(3),
            use_until,
            legal_basis: parts.release.legal_basis.clone(),
            purpose: parts.release.purpose.clone(),
            policy: parts.release.policy.clone(),
            sample: parts.sample.clone(),
            protection: parts.protection.clone(),
            scan: parts.scan.clone(),
            algorithms: Algorithms::ours(parts.pseudonyms),
            entries,
            audit_checkpoint: parts.audit_checkpoint.clone(),
        }
    }

    /// The manifest as a signed note.
    pub(super) fn sign(&self, signer: &SigningKey) -> Result<String, SealError> {
        // Maps with text keys, numbers and texts: nothing that JSON cannot hold.
        let text = serde_json::to_string_pretty(self).map_err(|_| SealError::Unsignable(SignatureError::Text))?;
        signer.sign(&format!("{text}\n")).map_err(SealError::Unsignable)
    }

    /// The manifest in a note, if the sender signed it.
    pub(super) fn read(note: &[u8], sender: &VerifierKey, path: &Path) -> Result<Self, SealError> {
        let text = sender.verify(note).map_err(|why| SealError::Signature { path: path.to_path_buf(), why })?;
        // What the library says could quote a value.
        let unreadable = |line| SealError::Manifest { path: path.to_path_buf(), line };
        let manifest: Self = serde_json::from_str(&text).map_err(|error| unreadable(error.line()))?;
        if manifest.version != VERSION || manifest.sender != sender.name() {
            return Err(unreadable(1));
        }
        Ok(manifest)
    }

    pub(super) fn check_algorithms(&self) -> Result<(), SealError> {
        self.algorithms.check()
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Name of the pipeline.
    #[must_use]
    pub fn pipeline(&self) -> &str {
        &self.pipeline
    }

    /// Name of the sender's key.
    #[must_use]
    pub fn sender(&self) -> &str {
        &self.sender
    }

    /// To whom it is sealed.
    #[must_use]
    pub fn recipient(&self) -> &ManifestRecipient {
        &self.recipient
    }

    /// When the release was made.
    #[must_use]
    pub fn made(&self) -> DateTime<Utc> {
        self.made
    }

    /// Last day of use.
    #[must_use]
    pub fn use_until(&self) -> NaiveDate {
        self.use_until
    }

    /// What allows the release.
    #[must_use]
    pub fn legal_basis(&self) -> &str {
        &self.legal_basis
    }

    /// What it is for.
    #[must_use]
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// Version of the policy.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// SHA-256 of the sender's pipeline file, hexadecimal.
    #[must_use]
    pub fn pipeline_digest(&self) -> &str {
        &self.pipeline_digest
    }

    /// The entries, in order of their names.
    #[must_use]
    pub fn entries(&self) -> &[ManifestEntry] {
        &self.entries
    }

    /// The algorithms used.
    #[must_use]
    pub fn algorithms(&self) -> &Algorithms {
        &self.algorithms
    }

    /// The checkpoint of the sender's audit log at the time of sealing.
    #[must_use]
    pub fn audit_checkpoint(&self) -> &str {
        &self.audit_checkpoint
    }
}
