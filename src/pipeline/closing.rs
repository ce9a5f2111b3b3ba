//! From a release that stands to its certificate: at the end of a run, or later, in another process.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::error::RunError;
use super::pending::Pending;
use crate::audit::{self, Entry, Fact, Name, Operator};
use crate::clock::Clock;
use crate::config::{Destroy, When};
use crate::destroy::{
    self, Acknowledged, Certificate, Class, Context, Digest, Evidence, Journal, KeyKind, Parcel, RecipientCopy,
    Released, State, SurvivingKey, Target, Warrant, remove_packages, remove_sources,
};
use crate::disk;
use crate::export::{Dossier, ExportError, PackageReceipt, remove_partial, reopen};
use crate::keys::{SigningKey, VerifierKey};
use crate::scan;
use crate::seal::{Acknowledgement, SealError};

/// The log of a run.
pub(super) const LOG: &str = "audit.jsonl";
/// The certificate as plain JSON, signed, and in French to print.
const CERTIFICATE: &str = "certificate.json";
const SIGNED: &str = "certificate.note";
const PRINTED: &str = "proces-verbal.txt";
/// Where the log ended.
const CHECKPOINT: &str = "audit.checkpoint";
/// Event of an acknowledgement that was checked.
const RECEIVED: &str = "acknowledgement";

/// What somebody who closes a run brings.
pub struct Closing<'a> {
    /// Acknowledgements, as the recipients sent them.
    pub acknowledgements: Vec<Vec<u8>>,
    /// The sender's key, to sign certificate and checkpoint.
    pub signer: Option<&'a SigningKey>,
    /// Who closes it.
    pub operator: Option<Operator>,
    /// The name of the run, typed by the operator to confirm that its source files are destroyed.
    pub confirm: Option<String>,
    /// Close the run and keep the source files, although the pipeline asks for their destruction.
    pub keep_sources: bool,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
}

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// The acknowledgements of these recipients.
    Acknowledgements(Vec<String>),
    /// An operator who confirms that the source files are destroyed, or keeps them.
    Confirmation,
}

impl Waiting {
    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Acknowledgements(missing) => json!({ "acknowledgements": missing }),
            Self::Confirmation => json!("confirmation"),
        }
    }
}

/// Where a run stands after it was closed as far as it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The run.
    pub run: String,
    /// Where it stands.
    pub state: State,
    /// What it waits for, if it is not at its end.
    pub waiting: Option<Waiting>,
    /// The certificate, where there is one.
    pub certificate: Option<PathBuf>,
    /// Whether the working data are destroyed, by the certificate.
    pub destroyed: bool,
}

/// Goes on with a run that was killed, or that waits: settles what a dead process left, reads the release back, takes
/// acknowledgements, and destroys and certifies as far as everybody has said yes.
///
/// # Errors
/// [`RunError`]; what was reached stays, and the same call goes on from there.
pub fn close(run: &Path, closing: &Closing<'_>) -> Result<Closed, RunError> {
    let (mut journal, state) = Journal::resume(&run.join("dossier").join(LOG), Arc::clone(&closing.clock))?;
    let ended = |journal: &Journal, state| Closed {
        run: journal.run().to_owned(),
        state,
        waiting: None,
        certificate: Some(run.join("dossier").join(CERTIFICATE)).filter(|p| disk::exists(p)),
        destroyed: true,
    };
    if state.is_end() {
        return Ok(ended(&journal, state));
    }
    let pending = Pending::read(run)?;
    let Some(pending) = pending else {
        settle_dead(run, &mut journal, None, closing)?;
        return Ok(ended(&journal, State::Interrupted));
    };
    Stand { run, journal, pending: &pending, closing }.on()
}

/// The public key under which a run is signed; `None` where it is not, or did not come so far.
///
/// # Errors
/// Where its journal or its documents are not those that were written.
pub fn sender_of(run: &Path) -> Result<Option<VerifierKey>, RunError> {
    Ok(Pending::read(run)?.and_then(|pending| pending.sender()))
}

impl Closed {
    /// 0 where the run is closed or waits; 7 where not everything is destroyed; 130 where it had been killed before its
    /// release stood, so that nothing was published.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.state {
            State::Certified if !self.destroyed => 7,
            State::Interrupted | State::Failed => 130,
            _ => 0,
        }
    }
}

/// A run whose release stood whole when its process ended.
pub(super) struct Stand<'a> {
    pub run: &'a Path,
    pub journal: Journal,
    pub pending: &'a Pending,
    pub closing: &'a Closing<'a>,
}

impl Stand<'_> {
    /// As far as it goes.
    pub fn on(mut self) -> Result<Closed, RunError> {
        if self.journal.state() == State::Exported {
            self.read_back()?;
        }
        if self.journal.state() == State::ReadBack {
            if let Some(waiting) = self.wait()? {
                return Ok(self.closed(Some(waiting), None));
            }
        }
        if matches!(self.journal.state(), State::ReadBack | State::Acknowledged) {
            if self.wants_confirmation() {
                return Ok(self.closed(Some(Waiting::Confirmation), None));
            }
            self.intend()?;
        }
        let certificate = self.destroy()?;
        let destroyed = certificate.is_none_or(|c| c.working_data_destroyed());
        Ok(self.closed(None, Some(destroyed)))
    }

    fn closed(&self, waiting: Option<Waiting>, destroyed: Option<bool>) -> Closed {
        let certificate = self.dossier().path().join(CERTIFICATE);
        Closed {
            run: self.journal.run().to_owned(),
            state: self.journal.state(),
            waiting,
            certificate: Some(certificate).filter(|p| disk::exists(p)),
            destroyed: destroyed.unwrap_or(false),
        }
    }

    fn dossier(&self) -> Dossier {
        Dossier::open(self.run)
    }

    /// Compares what stands with what was written down; a release that is not that is given up.
    fn read_back(&mut self) -> Result<(), RunError> {
        let sender = self.pending.sender();
        match reopen(self.run, &self.pending.files, &self.pending.packages, sender.as_ref()) {
            Ok(receipt) => Ok(self.journal.read_back(&receipt)?),
            // The disk may be better tomorrow.
            Err(error @ (ExportError::Io { .. } | ExportError::Seal(SealError::Io { .. }))) => Err(error.into()),
            Err(error) => {
                settle_dead(self.run, &mut self.journal, Some(self.pending), self.closing)?;
                Err(error.into())
            }
        }
    }

    /// Takes the acknowledgements that were brought, and says whose are missing where all are asked for.
    fn wait(&mut self) -> Result<Option<Waiting>, RunError> {
        for bytes in &self.closing.acknowledgements {
            self.take(bytes)?;
        }
        if self.journal.when() == When::Exported {
            return Ok(None);
        }
        let have = self.acknowledged()?;
        let missing: Vec<String> = self
            .pending
            .packages
            .iter()
            .map(|p| p.expected.recipient.clone())
            .filter(|name| !have.iter().any(|a| a.recipient == *name))
            .collect();
        if !missing.is_empty() {
            return Ok(Some(Waiting::Acknowledgements(missing)));
        }
        self.journal.advance(State::Acknowledged, &[("recipients", Fact::Count(have.len() as u64))])?;
        Ok(None)
    }

    /// Checks one acknowledgement and keeps it. One that was taken before changes nothing.
    fn take(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        let mut refused = None;
        for package in &self.pending.packages {
            let Some(key) = self.key_of(&package.expected.recipient) else { continue };
            match Acknowledgement::read(bytes, &key, &package.expected) {
                Ok(_) => {
                    let path = self.kept(&package.expected.recipient);
                    if !disk::exists(&path) {
                        disk::write_new(&path, bytes).map_err(|e| RunError::Resume { path, kind: e.kind() })?;
                        let facts = [
                            ("recipient", Fact::Name(Name::recipient_of(&package.expected))),
                            ("manifest", Fact::Digest(package.expected.manifest_sha256.bytes())),
                        ];
                        self.journal.note(RECEIVED, &facts)?;
                    }
                    return Ok(());
                }
                // A note under another key is perhaps another recipient's; what this key signed is told as it is.
                Err(error @ SealError::Signature { .. }) => refused = refused.or(Some(error)),
                Err(error) => refused = Some(error),
            }
        }
        let error = refused.map_or(RunError::NotAwaited, RunError::Acknowledgement);
        // Refusals are part of the history; that it cannot be written changes nothing about the refusal.
        let _ = self.journal.note("acknowledgement refused", &[]);
        Err(error)
    }

    fn key_of(&self, recipient: &str) -> Option<VerifierKey> {
        let found = self.pending.recipients.iter().find(|r| r.name == recipient)?;
        found.key.as_ref().and_then(|key| VerifierKey::new(key).ok())
    }

    /// Where an acknowledgement is kept. Names of recipients are safe in file names.
    fn kept(&self, recipient: &str) -> PathBuf {
        self.dossier().path().join(format!("acknowledgement-{recipient}.note"))
    }

    /// The acknowledgements that are kept, checked again.
    fn acknowledged(&self) -> Result<Vec<Acknowledged>, RunError> {
        let mut all = Vec::new();
        for package in &self.pending.packages {
            let path = self.kept(&package.expected.recipient);
            let (Some(key), true) = (self.key_of(&package.expected.recipient), disk::exists(&path)) else { continue };
            let bytes = disk::read(&path).map_err(|e| RunError::Resume { path, kind: e.kind() })?;
            let read = Acknowledgement::read(&bytes, &key, &package.expected).map_err(RunError::Acknowledgement)?;
            all.push(Acknowledged {
                recipient: package.expected.recipient.clone(),
                manifest_sha256: package.expected.manifest_sha256.to_string(),
                at: read.opened(),
            });
        }
        Ok(all)
    }

    fn wants_confirmation(&self) -> bool {
        let asked = self.pending.sources_beneath.is_some() && !self.closing.keep_sources;
        asked && (self.closing.confirm.is_none() || self.closing.operator.is_none())
    }

    /// Writes that there is no way back, and whether the source files are part of it.
    fn intend(&mut self) -> Result<(), RunError> {
        let destroys = self.pending.sources_beneath.is_some() && !self.closing.keep_sources;
        if let (true, Some(typed), Some(operator)) = (destroys, &self.closing.confirm, &self.closing.operator) {
            // Refused here, before the intent, where the run was not named.
            Warrant::confirm(&self.rule(), self.journal.run(), typed, operator.clone())?;
        }
        let facts = intent(self.closing.operator.as_ref(), destroys);
        Ok(self.journal.advance(State::DestroyIntended, &facts)?)
    }

    fn rule(&self) -> Destroy {
        Destroy { when: self.journal.when(), sources_beneath: self.pending.sources_beneath.clone() }
    }

    /// From the intent to the certificate; every step is on disk before the next.
    fn destroy(&mut self) -> Result<Option<Certificate>, RunError> {
        if self.journal.state() == State::DestroyIntended {
            let wiped = self.journal.vaults().iter().map(|v| v.keys_wiped as u64).sum();
            self.journal.advance(State::KeysDestroyed, &[("vault_keys", Fact::Count(wiped))])?;
        }
        if self.journal.state() == State::KeysDestroyed {
            self.remove_source_files()?;
            let sealed = self.remove_sealed()?;
            self.journal.advance(State::FilesRemoved, &[("sealed", Fact::Count(sealed))])?;
        }
        if self.journal.state() == State::FilesRemoved {
            let swept = scan::sweep(&[self.run])?;
            self.journal.advance(
                State::Scanned,
                &[("files", Fact::Count(swept.files)), ("hits", Fact::Count(swept.hits.iter().map(|f| f.count).sum()))],
            )?;
        }
        if self.journal.state() == State::Scanned {
            let certificate = self.certify()?;
            self.journal.advance(State::Certified, &[])?;
            let checkpoint = self.journal.checkpoint(&self.origin(), self.closing.signer)?;
            // Written once; after a crash in between the log itself is checked against the certificate's.
            if !disk::exists(&self.dossier().path().join(CHECKPOINT)) {
                self.dossier().write_text(CHECKPOINT, &checkpoint)?;
            }
            return Ok(certificate);
        }
        Ok(None)
    }

    fn remove_source_files(&mut self) -> Result<(), RunError> {
        let Some((operator, true)) = self.intent()? else { return Ok(()) };
        let operator = operator.ok_or(RunError::Bug("an intent without an operator"))?;
        let run = self.journal.run().to_owned();
        // Confirmed when the intent was written: a resumed run goes forward with it.
        let warrant = Warrant::confirm(&self.rule(), &run, &run, operator)?;
        let sources = self.pending.sources.iter().enumerate();
        let targets: Vec<Target> = sources.map(|(i, path)| Target { file: i as u32, path: path.clone() }).collect();
        remove_sources(&mut self.journal, &warrant, &targets)?;
        Ok(())
    }

    /// Who wrote the intent, and whether source files are part of it.
    fn intent(&self) -> Result<Option<(Option<Operator>, bool)>, RunError> {
        let entries = audit::read(&self.dossier().path().join(LOG))?;
        let Some(intent) = entries.iter().find(|e| e.event == State::DestroyIntended.as_str()) else { return Ok(None) };
        let destroys = intent.fields.get("sources").and_then(Value::as_str) == Some("destroyed");
        Ok(Some((who(intent), destroys)))
    }

    /// Removes the sealed files once every recipient has acknowledged; they are ciphertext for the recipients alone.
    fn remove_sealed(&mut self) -> Result<u64, RunError> {
        if self.journal.when() != When::Acknowledged || self.pending.packages.is_empty() {
            return Ok(0);
        }
        let folder = self.run.join("sealed");
        let packages = self.pending.packages.iter().enumerate();
        let parcel = |(i, package): (usize, &PackageReceipt)| Parcel {
            package: i as u32,
            path: folder.join(&package.file),
            digest: Digest { bytes: package.bytes, sha256: package.sha256.bytes() },
        };
        let parcels: Vec<Parcel> = packages.map(parcel).collect();
        let ends = remove_packages(&mut self.journal, &folder, &parcels)?;
        Ok(ends.iter().filter(|(_, end)| end.class() < Class::NotDestroyed).count() as u64)
    }

    fn origin(&self) -> String {
        origin(&self.pending.pipeline, self.journal.run())
    }

    /// Writes the certificate; `None` where a process that was killed had written it whole.
    fn certify(&self) -> Result<Option<Certificate>, RunError> {
        let dossier = self.dossier();
        let last = dossier.path().join(if self.closing.signer.is_some() { SIGNED } else { CERTIFICATE });
        if disk::exists(&last) {
            return Ok(None);
        }
        let released = self.pending.files.iter().map(Released::from).collect();
        let certificate = destroy::after_closing(&self.journal, released, &self.context()?)?;
        write_certificate(&dossier, &certificate, self.closing.signer)?;
        Ok(Some(certificate))
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

/// The name of a run's log in its checkpoints.
pub(super) fn origin(pipeline: &str, run: &str) -> String {
    format!("tamis/{pipeline}/{run}")
}

/// Writes the certificate to print, as JSON, and signed where there is a key; the last one counts.
pub(super) fn write_certificate(
    dossier: &Dossier,
    certificate: &Certificate,
    signer: Option<&SigningKey>,
) -> Result<(), RunError> {
    let text = certificate.text()?;
    let mut documents = vec![(PRINTED, certificate.proces_verbal()), (CERTIFICATE, text)];
    if let Some(key) = signer {
        documents.push((SIGNED, certificate.sign(key)?));
    }
    for (name, text) in documents {
        let path = dossier.path().join(name);
        if disk::exists(&path) {
            // Of a process that was killed before it was done.
            disk::remove_file(&path).map_err(|e| RunError::Resume { path, kind: e.kind() })?;
        }
        dossier.write_text(name, &text)?;
    }
    Ok(())
}

/// Settles a run whose process died before its release stood: what is partial is removed, and that is certified.
fn settle_dead(
    run: &Path,
    journal: &mut Journal,
    pending: Option<&Pending>,
    closing: &Closing<'_>,
) -> Result<(), RunError> {
    let abandoned = remove_partial(run)?;
    let planned = audit::read(&run.join("dossier").join(LOG))?;
    let text =
        |key: &str| planned.first().and_then(|e| e.fields.get(key)).and_then(Value::as_str).unwrap_or("").to_owned();
    let now = closing.clock.now();
    let evidence = Evidence { operator: closing.operator.clone(), ..Evidence::default() };
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
    Ok(journal.advance(State::Interrupted, &[("removed", Fact::Count(abandoned.files()))])?)
}

/// What is written before anything is destroyed: who, and whether the source files are part of it.
pub(super) fn intent(operator: Option<&Operator>, sources: bool) -> Vec<(&'static str, Fact)> {
    let who = operator.map(|operator| ("who", Fact::Who(operator.clone())));
    let sources = ("sources", Fact::Name(Name::word(if sources { "destroyed" } else { "kept" })));
    who.into_iter().chain([sources]).collect()
}

fn who(entry: &Entry) -> Option<Operator> {
    let who = entry.fields.get("who")?;
    let uid = who.get("uid").and_then(Value::as_u64).and_then(|uid| u32::try_from(uid).ok())?;
    Operator::new(who.get("name").and_then(Value::as_str)?, uid).ok()
}
