//! The recipient's signed word that a release was decrypted.
//!
//! A signed note (C2SP signed-note) under the recipient's key, with this text and no other:
//!
//! ```text
//! tamis acknowledgement 1
//! run 20260301T120000.000Z
//! recipient dgs
//! manifest sha256:…
//! content sha256:…
//! opened 2026-03-02T08:00:00.000Z
//! ```
//!
//! The digest of the content cannot be formed without what was encrypted (see [`super::Challenge`]), so it proves
//! decryption, and it belongs to one package only.

use chrono::{DateTime, SubsecRound, Utc};

use super::content::Expected;
use super::error::SealError;
use super::hash::Hash;
use super::time::instant;
use crate::keys::{SigningKey, VerifierKey};

const TITLE: &str = "tamis acknowledgement 1";
/// Longest file that is read, in bytes; one of ours has about 500.
const LONGEST: usize = 16 * 1024;

/// An acknowledgement whose signature fits and which speaks of the expected release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    said: Expected,
    opened: DateTime<Utc>,
}

impl Acknowledgement {
    /// Writes and signs one.
    ///
    /// # Errors
    /// [`SealError::Unsignable`].
    pub fn write(said: &Expected, opened: DateTime<Utc>, key: &SigningKey) -> Result<String, SealError> {
        let this = Self { said: said.clone(), opened: opened.trunc_subsecs(3) };
        key.sign(&this.text()).map_err(SealError::Unsignable)
    }

    /// Verifies one against the recipient's key and what the sender expects.
    ///
    /// # Errors
    /// Where it is not signed by that key, has another form, or speaks of another run, recipient, manifest or content: a
    /// replayed acknowledgement is one of these.
    pub fn read(bytes: &[u8], key: &VerifierKey, expected: &Expected) -> Result<Self, SealError> {
        if bytes.len() > LONGEST {
            return Err(SealError::NotAnAcknowledgement);
        }
        let text = key.verify(bytes).map_err(SealError::AcknowledgementSignature)?;
        let this = Self::parse(&text).filter(|this| this.text() == text).ok_or(SealError::NotAnAcknowledgement)?;
        let (said, other) = (&this.said, |what| Err(SealError::OtherRelease { what }));
        if said.run != expected.run {
            return other("run");
        }
        if said.recipient != expected.recipient {
            return other("recipient");
        }
        if said.manifest_sha256 != expected.manifest_sha256 {
            return other("manifest");
        }
        if said.content != expected.content {
            return other("content: it does not prove that the release was decrypted");
        }
        Ok(this)
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.said.run
    }

    /// Name of the recipient.
    #[must_use]
    pub fn recipient(&self) -> &str {
        &self.said.recipient
    }

    /// SHA-256 of the manifest.
    #[must_use]
    pub fn manifest_sha256(&self) -> Hash {
        self.said.manifest_sha256
    }

    /// When the release was opened, by the recipient's clock.
    #[must_use]
    pub fn opened(&self) -> DateTime<Utc> {
        self.opened
    }

    fn text(&self) -> String {
        let Expected { run, recipient, manifest_sha256, content } = &self.said;
        let opened = instant::text(&self.opened);
        format!(
            "{TITLE}\nrun {run}\nrecipient {recipient}\nmanifest sha256:{manifest_sha256}\ncontent sha256:{content}\nopened {opened}\n"
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut next = |prefix: &str| lines.next()?.strip_prefix(prefix);
        next(TITLE).filter(|rest| rest.is_empty())?;
        let run = next("run ")?.to_owned();
        let recipient = next("recipient ")?.to_owned();
        let manifest_sha256 = Hash::parse(next("manifest sha256:")?)?;
        let content = Hash::parse(next("content sha256:")?)?;
        let opened = instant::parse(next("opened ")?)?;
        Some(Self { said: Expected { run, recipient, manifest_sha256, content }, opened })
    }
}
