//! The certificate of a run that is closed, or that was given up.

use std::path::Path;

use serde_json::{Value, json};

use super::closing::{Closing, LOG, Stand, origin};
use super::error::RunError;
use super::pending::Pending;
use crate::audit::{self, Fact};
use crate::destroy::{
    self, Carried, Certificate, Context, Evidence, Journal, KeyKind, RecipientCopy, Released, State, SurvivingKey,
};
use crate::disk;
use crate::export::{Dossier, remove_partial};
use crate::keys::SigningKey;

/// Event: the file of the key under which an engine carried the working data is gone.
pub(super) const KEY_REMOVED: &str = "passage_key_removed";
/// The certificate as plain JSON, signed, and in French to print.
pub(super) const CERTIFICATE: &str = "certificate.json";
const SIGNED: &str = "certificate.note";
const PRINTED: &str = "proces-verbal.txt";

impl Stand<'_> {
    /// Writes the certificate; anew where a process was killed before the log said that it is written.
    pub(super) fn certify(&self) -> Result<Certificate, RunError> {
        let released = self.pending.files.iter().map(Released::from).collect();
        let certificate = destroy::after_closing(&self.journal, released, &self.context()?)?;
        write_certificate(&self.dossier(), &certificate, self.closing.signer)?;
        Ok(certificate)
    }

    fn context(&self) -> Result<Context, RunError> {
        let pending = self.pending;
        let mut evidence = Evidence::of_journal(&self.journal, &self.origin(), self.closing.signer)?;
        let operator = self.intent()?.and_then(|(who, _)| who);
        evidence.operator = operator.or_else(|| self.closing.operator.clone());
        evidence.acknowledgements = self.acknowledged()?;
        evidence.surviving_keys = surviving(pending);
        evidence.recipients = pending
            .packages
            .iter()
            .map(|p| RecipientCopy { recipient: p.expected.recipient.clone(), use_until: p.use_until })
            .collect();
        let swept = audit::read(&self.dossier().path().join(LOG))?;
        let swept = swept.iter().find(|e| e.event == State::Scanned.as_str()).map(|e| e.fields.clone());
        evidence.scan = Some(json!({ "outputs": pending.scan, "working_directory_after": swept }));
        evidence.memory_locked = Some(pending.memory_locked);
        evidence.databases = pending.databases;
        evidence.carried = carried(pending.carried_under_kept_key, &self.dossier().path().join(LOG))?;
        Ok(context(pending, evidence, self.closing.clock.now()))
    }
}

fn context(pending: &Pending, evidence: Evidence, now: chrono::DateTime<chrono::Utc>) -> Context {
    Context {
        pipeline: pending.pipeline.clone(),
        pipeline_digest: pending.pipeline_digest.clone(),
        legal_basis: pending.legal_basis.clone(),
        purpose: pending.purpose.clone(),
        policy: pending.policy.clone(),
        run: pending.run.clone(),
        started: pending.started,
        destroyed: now,
        source_files: pending.source_files,
        vaults_opened: pending.vaults,
        run_keys_wiped: pending.run_keys,
        counts: pending.counts.clone(),
        evidence,
    }
}

/// What became of working data that an engine carried, by the log.
pub(super) fn carried(under_kept_key: Option<bool>, log: &Path) -> Result<Option<Carried>, RunError> {
    Ok(match under_kept_key {
        None => None,
        Some(true) => Some(Carried::KeyKept),
        Some(false) if audit::read(log)?.iter().any(|e| e.event == KEY_REMOVED) => Some(Carried::KeyRemoved),
        Some(false) => Some(Carried::KeyUnknown),
    })
}

/// Keys that outlive the run, and who holds them.
fn surviving(pending: &Pending) -> Vec<SurvivingKey> {
    let sender = pending.sender();
    let name = sender.as_ref().map_or_else(|| "sender".to_owned(), |s| s.name().to_owned());
    let root = pending.root_key.iter().map(|fingerprint| SurvivingKey {
        key: KeyKind::Root,
        fingerprint: fingerprint.clone(),
        holder: name.clone(),
    });
    let signing = sender.iter().map(|key| SurvivingKey {
        key: KeyKind::Signing,
        fingerprint: key.as_str().to_owned(),
        holder: name.clone(),
    });
    let recipients = pending.recipients.iter().map(|r| SurvivingKey {
        key: KeyKind::Recipient,
        fingerprint: r.age.clone(),
        holder: r.name.clone(),
    });
    root.chain(signing).chain(recipients).collect()
}

/// Writes the certificate signed where there is a key, to print, and as JSON: where that stands, the others do. One that stands
/// there already was written by a process that did not come to say so: it is replaced. The caller holds the log.
pub(super) fn write_certificate(
    dossier: &Dossier,
    certificate: &Certificate,
    signer: Option<&SigningKey>,
) -> Result<(), RunError> {
    let mut documents = vec![(PRINTED, certificate.proces_verbal()), (CERTIFICATE, certificate.text()?)];
    if let Some(key) = signer {
        documents.insert(0, (SIGNED, certificate.sign(key)?));
    }
    let path = |name| dossier.path().join(name);
    for name in [CERTIFICATE, SIGNED] {
        if disk::exists(&path(name)) {
            disk::remove_file(&path(name)).map_err(|e| RunError::Resume { path: path(name), kind: e.kind() })?;
        }
    }
    for (name, text) in documents {
        let written = disk::replace(&path(name), text.as_bytes());
        written.map_err(|e| RunError::Resume { path: path(name), kind: e.kind() })?;
    }
    Ok(())
}

/// Settles a run whose process died before its release stood: what is partial is removed, that is certified, and the run is
/// over.
pub(super) fn settle_dead(
    run: &Path,
    journal: &mut Journal,
    pending: Option<&Pending>,
    closing: &Closing<'_>,
) -> Result<(), RunError> {
    let removed = settle(run, journal, pending, closing)?;
    Ok(journal.advance(State::Interrupted, &[("removed", Fact::Count(removed))])?)
}

/// Removes what is partial of a release that was never published, and certifies that. How many files.
pub(super) fn settle(
    run: &Path,
    journal: &Journal,
    pending: Option<&Pending>,
    closing: &Closing<'_>,
) -> Result<u64, RunError> {
    let abandoned = remove_partial(run)?;
    let planned = audit::read(&run.join("dossier").join(LOG))?;
    let text =
        |key: &str| planned.first().and_then(|e| e.fields.get(key)).and_then(Value::as_str).unwrap_or("").to_owned();
    let now = closing.clock.now();
    let mut evidence = Evidence::of_journal(journal, &origin(&text("name"), journal.run()), closing.signer)?;
    evidence.operator = closing.operator.clone();
    let context = match pending {
        Some(pending) => context(pending, evidence, now),
        None => Context {
            pipeline: text("name"),
            pipeline_digest: text("pipeline"),
            legal_basis: text("legal_basis"),
            purpose: text("purpose"),
            policy: text("policy"),
            run: journal.run().to_owned(),
            started: planned.first().map_or(now, |e| e.time),
            destroyed: now,
            source_files: journal.sources().len() as u64,
            vaults_opened: 0,
            run_keys_wiped: 0,
            counts: Vec::new(),
            evidence,
        },
    };
    let certificate = destroy::after_death(Some(&abandoned), &context);
    write_certificate(&Dossier::open(run), &certificate, closing.signer)?;
    Ok(abandoned.files())
}

/// Whether a certificate says that the working data are destroyed; `false` where there is none.
pub(super) fn says_destroyed(certificate: &Path) -> Result<bool, RunError> {
    if !disk::exists(certificate) {
        return Ok(false);
    }
    let path = || certificate.to_path_buf();
    let bytes = disk::read(certificate).map_err(|e| RunError::Resume { path: path(), kind: e.kind() })?;
    // The message of the library could quote.
    let document: Value = serde_json::from_slice(&bytes).map_err(|_| RunError::Altered { path: path() })?;
    let said = document.get("working_data_destroyed").and_then(Value::as_bool);
    said.ok_or_else(|| RunError::Altered { path: path() })
}
