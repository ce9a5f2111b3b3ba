//! What the maker of a release signs about its files as they are in the clear, so that whoever computes with them later can tell that
//! they are the ones that left. It lies among them: in a folder, or encrypted inside a sealed file.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

use super::error::SealError;
use super::hash::Hash;
use super::name::{EntryName, STATEMENT};
use super::parts::ReleaseParts;
use crate::keys::{SignatureError, SigningKey, VerifierKey};

/// First field of the text: the other notes of the same key cannot be read as one of these, nor the other way round.
const KIND: &str = "tamis release statement 1";
/// Longest note that is read, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// Why a statement is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The signature.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A note of the expected key that states no release.
    #[error("it is signed by the expected key, but it is no statement about a release")]
    NotAStatement,
}

/// The signed words about the files of a release. Only a signature that fits makes one out of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    kind: String,
    run: String,
    pipeline: String,
    pipeline_digest: String,
    signer: String,
    /// To whom it was sealed; absent for a release in the clear.
    recipient: Option<String>,
    #[serde(with = "super::time::instant")]
    made: DateTime<Utc>,
    /// Last day of use, where it was sealed.
    use_until: Option<String>,
    legal_basis: String,
    purpose: String,
    policy: String,
    files: Vec<StatedFile>,
}

/// A file of a release, in the clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedFile {
    /// Path in the release, with `/`.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: Hash,
}

impl Statement {
    /// About these files, for this recipient until this day where they are sealed.
    #[must_use]
    pub fn new(
        parts: ReleaseParts,
        recipient: Option<(&str, NaiveDate)>,
        mut files: Vec<StatedFile>,
        signer: &VerifierKey,
    ) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self {
            kind: KIND.to_owned(),
            run: parts.run,
            pipeline: parts.pipeline,
            pipeline_digest: parts.pipeline_digest,
            signer: signer.name().to_owned(),
            recipient: recipient.map(|(name, _)| name.to_owned()),
            made: parts.made.trunc_subsecs(3),
            use_until: recipient.map(|(_, day)| day.format("%Y-%m-%d").to_string()),
            legal_basis: parts.legal_basis,
            purpose: parts.purpose,
            policy: parts.policy,
            files,
        }
    }

    /// The statement as a signed note.
    ///
    /// # Errors
    /// [`SealError::Unsignable`].
    pub fn sign(&self, signer: &SigningKey) -> Result<String, SealError> {
        // Texts and numbers: nothing that JSON cannot hold.
        let text = serde_json::to_string_pretty(self).map_err(|_| SealError::Unsignable(SignatureError::Text))?;
        signer.sign(&format!("{text}\n")).map_err(SealError::Unsignable)
    }

    /// The statement in a note, if the expected key signed it and its names stay in a release.
    ///
    /// # Errors
    /// [`StatementError`]; nothing of the note is to be believed then.
    pub fn read(note: &[u8], signer: &VerifierKey) -> Result<Self, StatementError> {
        if note.len() > LONGEST {
            return Err(StatementError::NotAStatement);
        }
        let text = signer.verify(note)?;
        // What the library says could quote.
        let read: Self = serde_json::from_str(&text).map_err(|_| StatementError::NotAStatement)?;
        let names: Option<Vec<EntryName>> = read.files.iter().map(|file| EntryName::new(&file.path)).collect();
        let ascending = names.is_some_and(|names| {
            names.is_sorted_by(|a, b| a < b) && names.iter().all(|name| name.as_str() != STATEMENT)
        });
        let day = read.use_until.as_ref().is_none_or(|_| read.use_until().is_some());
        let ours = read.kind == KIND && read.signer == signer.name();
        if ascending && day && ours { Ok(read) } else { Err(StatementError::NotAStatement) }
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Name of the pipeline that made the release.
    #[must_use]
    pub fn pipeline(&self) -> &str {
        &self.pipeline
    }

    /// SHA-256 of that pipeline's file, hexadecimal.
    #[must_use]
    pub fn pipeline_digest(&self) -> &str {
        &self.pipeline_digest
    }

    /// To whom it was sealed.
    #[must_use]
    pub fn recipient(&self) -> Option<&str> {
        self.recipient.as_deref()
    }

    /// Last day of use; `None` for a release in the clear.
    #[must_use]
    pub fn use_until(&self) -> Option<NaiveDate> {
        self.use_until.as_deref().and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok())
    }

    /// What the release was made for.
    #[must_use]
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// Every file of the release but the statement itself, in order of their paths.
    #[must_use]
    pub fn files(&self) -> &[StatedFile] {
        &self.files
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::keys::generate_signing_key;

    fn parts() -> ReleaseParts {
        ReleaseParts {
            run: "20260301T120000.000Z".to_owned(),
            pipeline: "bilans".to_owned(),
            pipeline_digest: "00".to_owned(),
            made: "2026-03-01T12:00:00.000Z".parse().unwrap(),
            legal_basis: "CSP L1411-8".to_owned(),
            purpose: "suivi".to_owned(),
            policy: "1".to_owned(),
        }
    }

    fn file(path: &str) -> StatedFile {
        StatedFile { path: path.to_owned(), bytes: 3, sha256: Hash::of(b"abc") }
    }

    #[test]
    fn a_statement_is_believed_unchanged_and_from_its_maker_only() {
        let (secret, public) = generate_signing_key("maison").unwrap();
        let key = SigningKey::new(&secret, &public).unwrap();
        let until: NaiveDate = "2027-06-30".parse().unwrap();
        let files = vec![file("datapackage.json"), file("data/a.csv")];
        let statement = Statement::new(parts(), Some(("dgs", until)), files, &public);
        let note = statement.sign(&key).unwrap();
        let read = Statement::read(note.as_bytes(), &public).unwrap();
        assert_eq!(read, statement);
        assert_eq!((read.recipient(), read.use_until(), read.purpose()), (Some("dgs"), Some(until), "suivi"));
        let paths: Vec<&str> = read.files().iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["data/a.csv", "datapackage.json"]);
        for at in 0..note.len() {
            let mut changed = note.clone().into_bytes();
            changed[at] ^= 1;
            assert!(Statement::read(&changed, &public).is_err(), "byte {at}");
        }
        let (_, other) = generate_signing_key("maison").unwrap();
        let refused = Statement::read(note.as_bytes(), &other);
        assert_eq!(refused, Err(StatementError::Signature(SignatureError::OtherKey)));
    }

    #[test]
    fn what_the_same_key_signed_otherwise_is_no_statement() {
        let (secret, public) = generate_signing_key("maison").unwrap();
        let key = SigningKey::new(&secret, &public).unwrap();
        let sound = serde_json::to_string(&Statement::new(parts(), None, vec![file("data/a.csv")], &public)).unwrap();
        let read = |text: &str| Statement::read(key.sign(&format!("{text}\n")).unwrap().as_bytes(), &public);
        assert!(read(&sound).is_ok());
        let others = [
            "tamis".to_owned(),
            sound.replace(KIND, "tamis release statement 2"),
            sound.replace("\"maison\"", "\"autre\""),
            sound.replace("data/a.csv", "../a.csv"),
            sound.replace("data/a.csv", "/etc/a.csv"),
            sound.replace("data/a.csv", STATEMENT),
            sound.replace("\"use_until\":null", "\"use_until\":\"jamais\""),
            sound.replace("\"run\"", "\"more\":1,\"run\""),
        ];
        for other in others {
            assert_eq!(read(&other), Err(StatementError::NotAStatement), "{other}");
        }
        // A path that is named twice could be two contents.
        let twice = Statement::new(parts(), None, vec![file("data/a.csv"), file("data/a.csv")], &public);
        assert!(Statement::read(twice.sign(&key).unwrap().as_bytes(), &public).is_err());
    }
}
