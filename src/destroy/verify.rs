//! Checking a certificate that somebody else made.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::certificate::{Certificate, DOCUMENT, VERSION};
use crate::disk;
use crate::keys::{SignatureError, VerifierKey};

/// Longest file that is taken for a certificate, in bytes; a signed note holds no more than that.
const LONGEST: u64 = 2 * 1024 * 1024;

/// Why a certificate is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The system refused.
    #[error("{}: could not read the certificate: {kind}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        kind: io::ErrorKind,
    },
    /// The signature does not fit, or is somebody else's.
    #[error("the certificate is not to be believed: {0}")]
    Signature(#[from] SignatureError),
    /// A key was named, and the certificate bears no signature.
    #[error("this certificate is not signed: it shows nothing about who made it")]
    Unsigned,
    /// The certificate is signed, and no key was named to check it with.
    #[error("this certificate is signed: name the verifier key of its maker to check it")]
    KeyNeeded,
    /// Some other document.
    #[error("this is not a certificate of destruction")]
    NotACertificate,
    /// A form of the document that this program does not know.
    #[error("this certificate has form {found}; this program knows form {VERSION}")]
    Version {
        /// Its form.
        found: u64,
    },
}

/// A certificate that was read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    document: Value,
    signer: Option<String>,
}

impl Checked {
    fn of(text: &str, signer: Option<String>) -> Result<Self, CertificateError> {
        let document: Value = serde_json::from_str(text).map_err(|_| CertificateError::NotACertificate)?;
        if document.get("document").and_then(Value::as_str) != Some(DOCUMENT) {
            return Err(CertificateError::NotACertificate);
        }
        match document.get("version").and_then(Value::as_u64) {
            Some(version) if version == u64::from(VERSION) => Ok(Self { document, signer }),
            Some(found) => Err(CertificateError::Version { found }),
            None => Err(CertificateError::NotACertificate),
        }
    }

    /// Name of the key that signed it; `None` where it is not signed, and shows nothing about who made it.
    #[must_use]
    pub fn signer(&self) -> Option<&str> {
        self.signer.as_deref()
    }

    /// The whole document.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> Option<&str> {
        self.document.get("run")?.as_str()
    }

    /// Whether it says that the working data are destroyed.
    #[must_use]
    pub fn working_data_destroyed(&self) -> bool {
        self.document.get("working_data_destroyed").and_then(Value::as_bool) == Some(true)
    }

    /// Where it says that the log of the run ended.
    #[must_use]
    pub fn audit_checkpoint(&self) -> Option<&str> {
        self.document.get("audit_checkpoint")?.as_str()
    }
}

impl Certificate {
    /// Checks a signed certificate, as [`Certificate::sign`] writes it.
    ///
    /// # Errors
    /// [`CertificateError`]; nothing of the document is to be believed then.
    pub fn verify(bytes: &[u8], key: &VerifierKey) -> Result<Checked, CertificateError> {
        match key.verify(bytes) {
            Ok(text) => Checked::of(&text, Some(key.name().to_owned())),
            Err(SignatureError::NotANote) if is_json(bytes) => Err(CertificateError::Unsigned),
            Err(error) => Err(error.into()),
        }
    }
}

/// Checks the certificate in a file: its signature with `key`; without one, only that it is an unsigned certificate.
///
/// # Errors
/// [`CertificateError`].
pub fn verify_certificate(path: &Path, key: Option<&VerifierKey>) -> Result<Checked, CertificateError> {
    let failed = |error: io::Error| CertificateError::Io { path: path.to_path_buf(), kind: error.kind() };
    let mut bytes = Vec::new();
    let file = disk::open(path).map_err(failed)?;
    // Bounded: it may be any file.
    file.take(LONGEST).read_to_end(&mut bytes).map_err(failed)?;
    match key {
        Some(key) => Certificate::verify(&bytes, key),
        None if is_json(&bytes) => {
            let text = std::str::from_utf8(&bytes).map_err(|_| CertificateError::NotACertificate)?;
            Checked::of(text, None)
        }
        None if is_note(&bytes) => Err(CertificateError::KeyNeeded),
        None => Err(CertificateError::NotACertificate),
    }
}

/// Whether signature lines stand at the end; they begin with a dash.
fn is_note(bytes: &[u8]) -> bool {
    let mark = "\n\n\u{2014} ".as_bytes();
    bytes.windows(mark.len()).any(|part| part == mark)
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_ok()
}
