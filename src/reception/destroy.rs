//! Destroys receptions after use (R13).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::desk::Desk;
use super::error::{Act, ReceptionError};
use super::record::{CERTIFICATE, PRINTED, RECORD, RELEASE, ReceivedFile, Record, SIGNED, not_a_reception};
use crate::audit::{Fact, Name, Operator};
use crate::clock::Clock;
use crate::destroy::{
    self, Certificate, Class, Cleared, Digest, Evidence, KeyKind, Received, SurvivingKey, clear_opened, of_reception,
};
use crate::disk;
use crate::keys::SigningKey;
use crate::seal::Expected;

/// Which receptions of a desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// One, by the name of its folder.
    Named(String),
    /// Every one whose last day of use is past.
    Expired,
}

/// Who destroys, and with which key the certificate is signed, if with any.
#[derive(Clone, Copy)]
pub struct Hand<'a> {
    /// Who.
    pub who: &'a Operator,
    /// The recipient's signing key.
    pub signer: Option<&'a SigningKey>,
}

impl<'a> From<&'a Operator> for Hand<'a> {
    fn from(who: &'a Operator) -> Self {
        Self { who, signer: None }
    }
}

/// What was destroyed, and what could not be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Destroyed now.
    pub destroyed: Vec<DestroyedReception>,
    /// Still there. To be tried again; an event tells of each.
    pub failed: Vec<Failed>,
}

/// A reception that was destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestroyedReception {
    /// Its folder; what is left in it holds no data of persons.
    pub path: PathBuf,
    /// What was received.
    pub record: Record,
    /// When it was destroyed.
    pub destroyed: DateTime<Utc>,
    /// What became of each file.
    pub certificate: Certificate,
}

/// A reception that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Its folder.
    pub path: PathBuf,
    /// Why.
    pub error: ReceptionError,
}

/// Destroys receptions of a desk: the intent is logged, then every file is overwritten, flushed and removed, each in the
/// log, then a certificate says what became of them. A call that was interrupted is made good by the next. A file that has
/// other names is left alone, and its reception with it, until they are gone.
///
/// # Errors
/// Where the desk cannot be entered, its log cannot be written, or there is no such reception. One reception that cannot be
/// destroyed does not keep the others: it is told in the report.
pub fn destroy<'a>(
    desk: &Path,
    which: &Which,
    hand: impl Into<Hand<'a>>,
    clock: &Arc<dyn Clock>,
) -> Result<Report, ReceptionError> {
    let hand = hand.into();
    if !disk::exists(desk) {
        // Entering would make it.
        return Err(not_a_reception(desk));
    }
    let mut desk = Desk::enter(desk, Arc::clone(clock))?;
    let mut report = Report::default();
    let (paths, why) = match which {
        Which::Named(name) => (vec![desk.named(name)?], "asked"),
        Which::Expired => (desk.standing()?, "expired"),
    };
    let today = clock.now().date_naive();
    for path in paths {
        let record = match Record::read(&path) {
            Ok(record) if *which == Which::Expired && record.use_until >= today => continue,
            other => other,
        };
        match record.and_then(|record| desk.destroy_one(&path, record, &hand, why)) {
            Ok(done) => report.destroyed.push(done),
            // Without its log the desk does nothing more.
            Err(error @ ReceptionError::Audit(_)) => return Err(error),
            Err(error) => {
                let facts = [("who", Fact::Who(hand.who.clone())), ("why", Fact::Name(Name::word(error.word())))];
                desk.log.event("not destroyed", &facts)?;
                report.failed.push(Failed { path, error });
            }
        }
    }
    Ok(report)
}

impl Desk {
    /// A reception by its name, which is one plain part of a path.
    fn named(&self, name: &str) -> Result<PathBuf, ReceptionError> {
        let path = self.folder.join(name);
        let plain = path.file_name().is_some_and(|last| last == name) && path.parent() == Some(self.folder.as_path());
        if !plain || name.starts_with('.') || !disk::exists(&path.join(RECORD)) {
            return Err(not_a_reception(&path));
        }
        if disk::exists(&path.join(CERTIFICATE)) && !disk::exists(&path.join(RELEASE)) {
            return Err(ReceptionError::Destroyed { name: name.to_owned() });
        }
        Ok(path)
    }

    /// Every reception that is not wholly destroyed. A folder whose record is missing but which has a release is one.
    fn standing(&self) -> Result<Vec<PathBuf>, ReceptionError> {
        let paths = disk::list(&self.folder).map_err(ReceptionError::io(&self.folder, Act::Read))?;
        let has = |path: &Path, name| disk::exists(&path.join(name));
        let standing = |path: &PathBuf| has(path, RELEASE) || (has(path, RECORD) && !has(path, CERTIFICATE));
        Ok(paths.into_iter().filter(|path| disk::metadata(path).is_ok_and(|m| m.is_dir()) && standing(path)).collect())
    }

    fn destroy_one(
        &mut self,
        path: &Path,
        record: Record,
        hand: &Hand<'_>,
        why: &'static str,
    ) -> Result<DestroyedReception, ReceptionError> {
        self.log.for_run(&record.expected.run);
        let manifest = record.expected.manifest_sha256.bytes();
        let facts = [
            ("who", Fact::Who(hand.who.clone())),
            ("why", Fact::Name(Name::word(why))),
            ("manifest_sha256", Fact::Digest(manifest)),
        ];
        self.log.event("destroy intended", &facts)?;
        let received: Vec<Received> = record.files.iter().map(received).collect();
        let cleared = clear_opened(&mut self.log, manifest, &path.join(RELEASE), &received)?;
        if !cleared.left.is_empty() {
            return Err(ReceptionError::Left { files: cleared.left });
        }
        let destroyed = self.clock.now();
        let ends = || cleared.files.iter().chain(&cleared.others).map(|(_, end)| end);
        let gone = ends().filter(|end| end.class() < Class::NotDestroyed).count() as u64;
        let facts = [
            ("manifest_sha256", Fact::Digest(manifest)),
            ("files", Fact::Count(ends().count() as u64)),
            ("destroyed", Fact::Count(gone)),
            ("bytes", Fact::Count(ends().map(|end| end.bytes()).sum())),
        ];
        self.log.event("destroyed", &facts)?;
        let certificate = self.certify(path, &record, cleared, hand, destroyed)?;
        Ok(DestroyedReception { path: path.to_path_buf(), record, destroyed, certificate })
    }

    /// Writes the certificate into what is left of the reception; as JSON last, for it says that all is done.
    fn certify(
        &self,
        path: &Path,
        record: &Record,
        cleared: Cleared,
        hand: &Hand<'_>,
        destroyed: DateTime<Utc>,
    ) -> Result<Certificate, ReceptionError> {
        let Expected { run, recipient, manifest_sha256, .. } = &record.expected;
        let key = |key, fingerprint: &str| SurvivingKey {
            key,
            fingerprint: fingerprint.to_owned(),
            holder: recipient.clone(),
        };
        let signing = hand.signer.map(|signer| key(KeyKind::Signing, signer.verifier().as_str()));
        let origin = format!("tamis/desk/{recipient}");
        let evidence = Evidence {
            operator: Some(hand.who.clone()),
            files: cleared.files,
            surviving_keys: [key(KeyKind::Recipient, &record.age)].into_iter().chain(signing).collect(),
            checkpoint: Some(self.log.checkpoint(&origin, hand.signer)?),
            ..Evidence::default()
        };
        let certificate = of_reception(&destroy::Reception {
            pipeline: record.pipeline.clone(),
            pipeline_digest: record.pipeline_digest.clone(),
            legal_basis: record.legal_basis.clone(),
            purpose: record.purpose.clone(),
            policy: record.policy.clone(),
            run: run.clone(),
            sender: record.sender.clone(),
            recipient: recipient.clone(),
            manifest_sha256: manifest_sha256.to_string(),
            opened: record.opened,
            use_until: record.use_until,
            destroyed,
            package: None,
            others: cleared.others,
            evidence,
        });
        let mut documents = vec![(PRINTED, certificate.proces_verbal())];
        if let Some(key) = hand.signer {
            documents.push((SIGNED, certificate.sign(key)?));
        }
        documents.push((CERTIFICATE, certificate.text()?));
        for (name, text) in documents {
            let path = path.join(name);
            // What a call that was killed had written is of no worth without the last; this process holds the desk.
            disk::replace(&path, text.as_bytes()).map_err(ReceptionError::io(&path, Act::Write))?;
        }
        Ok(certificate)
    }
}

fn received(file: &ReceivedFile) -> Received {
    let digest = Digest { bytes: file.bytes, sha256: file.sha256.bytes() };
    Received { path: PathBuf::from(&file.path), digest }
}
