//! From a release that stands to its certificate: at the end of a run, or later, in another process.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::certifying::{CERTIFICATE, says_destroyed, settle, settle_dead};
use super::error::RunError;
use super::pending::Pending;
use crate::audit::{self, AuditError, Entry, Fact, Name, Operator};
use crate::clock::Clock;
use crate::config::{Destroy, When};
use crate::destroy::{
    Certificate, Class, Digest, Journal, JournalError, Parcel, State, Target, Warrant, remove_packages, remove_sources,
};
use crate::disk;
use crate::export::{Dossier, ExportError, PackageReceipt, has_partial, is_published, reopen};
use crate::keys::{SigningKey, VerifierKey};
use crate::scan;
use crate::seal::{Package, SealError};

/// The log of a run.
pub(super) const LOG: &str = "audit.jsonl";
/// Where the log ended.
const CHECKPOINT: &str = "audit.checkpoint";
/// Event: the release has its name.
pub(super) const PUBLISHED: &str = "published";

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
    /// Numbers with the form and key of a NIR that the search after the destruction found.
    pub found: u64,
}

/// Goes on with a run that was killed, or that waits: settles what a dead process left, reads the release back, takes
/// acknowledgements, and destroys and certifies as far as everybody has said yes.
///
/// # Errors
/// [`RunError`]; what was reached stays, and the same call goes on from there.
pub fn close(run: &Path, closing: &Closing<'_>) -> Result<Closed, RunError> {
    let log = run.join("dossier").join(LOG);
    let resumed = Journal::resume(&log, Arc::clone(&closing.clock)).map_err(|error| unresumed(run, &log, error))?;
    let (mut journal, state) = resumed;
    if state.is_end() {
        return ended(run, &journal, closing);
    }
    if let Some(pending) = Pending::read(run)? {
        return Stand { run, journal, pending: &pending, closing }.on();
    }
    settle_dead(run, &mut journal, None, closing)?;
    ended(run, &journal, closing)
}

/// A log without a plan in the folder of a run: its process was stopped before it had read anything.
fn unresumed(run: &Path, log: &Path, error: JournalError) -> RunError {
    let unplanned = match &error {
        // A line that was cut off is all that can stand there.
        JournalError::NoPlan { .. } => audit::read(log).is_ok_and(|all| all.iter().all(|e| e.event == "recovered")),
        JournalError::Audit(AuditError::Io { kind: ErrorKind::NotFound, .. }) => disk::exists(run),
        _ => false,
    };
    if unplanned { RunError::NeverBegan { path: run.to_path_buf() } } else { error.into() }
}

/// A run at its end. What the disk refused of its last documents, or did not let go of a release that was given up, is made
/// up for.
fn ended(run: &Path, journal: &Journal, closing: &Closing<'_>) -> Result<Closed, RunError> {
    let certificate = run.join("dossier").join(CERTIFICATE);
    match journal.state() {
        State::Certified => {
            if let Some(pending) = Pending::read(run)? {
                write_checkpoint(run, journal, &origin(&pending.pipeline, journal.run()), closing)?;
            }
        }
        _ if !disk::exists(&certificate) || has_partial(run) => {
            settle(run, journal, None, closing)?;
        }
        _ => {}
    }
    Ok(Closed {
        run: journal.run().to_owned(),
        state: journal.state(),
        waiting: None,
        destroyed: says_destroyed(&certificate)?,
        found: found(run)?,
        certificate: Some(certificate).filter(|path| disk::exists(path)),
    })
}

/// What the search after the destruction found, by the log; nothing where it did not come so far.
fn found(run: &Path) -> Result<u64, RunError> {
    let entries = audit::read(&run.join("dossier").join(LOG))?;
    let scanned = entries.iter().find(|entry| entry.event == State::Scanned.as_str());
    Ok(scanned.and_then(|entry| entry.fields.get("hits")?.as_u64()).unwrap_or(0))
}

/// Writes where the log of a certified run ends; once.
fn write_checkpoint(run: &Path, journal: &Journal, origin: &str, closing: &Closing<'_>) -> Result<(), RunError> {
    let dossier = Dossier::open(run);
    if !disk::exists(&dossier.path().join(CHECKPOINT)) {
        dossier.write_text(CHECKPOINT, &journal.checkpoint(origin, closing.signer)?)?;
    }
    Ok(())
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
        self.publish()?;
        if self.journal.state() == State::ReadBack
            && let Some(waiting) = self.wait()?
        {
            return Ok(self.closed(Some(waiting), false));
        }
        if matches!(self.journal.state(), State::ReadBack | State::Acknowledged) {
            if self.wants_confirmation() {
                return Ok(self.closed(Some(Waiting::Confirmation), false));
            }
            self.intend()?;
        }
        let destroyed = self.destroy()?.working_data_destroyed();
        Ok(Closed { found: found(self.run)?, ..self.closed(None, destroyed) })
    }

    fn closed(&self, waiting: Option<Waiting>, destroyed: bool) -> Closed {
        let certificate = self.dossier().path().join(CERTIFICATE);
        Closed {
            run: self.journal.run().to_owned(),
            state: self.journal.state(),
            waiting,
            certificate: Some(certificate).filter(|p| disk::exists(p)),
            destroyed,
            found: 0,
        }
    }

    pub(super) fn dossier(&self) -> Dossier {
        Dossier::open(self.run)
    }

    /// Where the release has no name yet: compares what stands with what was written down, and gives it its name. A release
    /// that is not what was written down, or is gone, is given up.
    fn publish(&mut self) -> Result<(), RunError> {
        let exported = self.journal.state() == State::Exported;
        let read_back = self.journal.state() == State::ReadBack;
        if !exported && (!read_back || self.has_event(PUBLISHED)?) {
            return Ok(());
        }
        if read_back && is_published(self.run) {
            // Its process was killed just after.
            return Ok(self.journal.note(PUBLISHED, &[])?);
        }
        let sender = self.pending.sender();
        match reopen(self.run, &self.pending.files, &self.pending.packages, sender.as_ref()) {
            Ok(compared) => {
                if exported {
                    self.journal.read_back(compared.receipt())?;
                }
                let _receipt = compared.publish()?;
                Ok(self.journal.note(PUBLISHED, &[])?)
            }
            // The disk may be better tomorrow; what is gone stays gone.
            Err(error @ (ExportError::Io { kind, .. } | ExportError::Seal(SealError::Io { kind, .. })))
                if kind != ErrorKind::NotFound =>
            {
                Err(error.into())
            }
            Err(error) => {
                settle_dead(self.run, &mut self.journal, Some(self.pending), self.closing)?;
                Err(error.into())
            }
        }
    }

    fn wants_confirmation(&self) -> bool {
        let asked = self.pending.sources_beneath.is_some() && !self.closing.keep_sources;
        asked && (self.closing.confirm.is_none() || self.closing.operator.is_none())
    }

    /// Writes that there is no way back, and whether the source files are part of it.
    fn intend(&mut self) -> Result<(), RunError> {
        let destroys = self.pending.sources_beneath.is_some() && !self.closing.keep_sources;
        self.hold_against_seal(destroys)?;
        self.hold_acknowledgements()?;
        if let (true, Some(typed), Some(operator)) = (destroys, &self.closing.confirm, &self.closing.operator) {
            // Refused here, before the intent, where the run was not named.
            Warrant::confirm(&self.rule(), self.journal.run(), typed, operator.clone())?;
        }
        let facts = intent(self.closing.operator.as_ref(), destroys);
        Ok(self.journal.advance(State::DestroyIntended, &facts)?)
    }

    /// A journal whose every line follows from the one before can still be written anew. What it says of the plan and of the
    /// source files was signed with each sealed file, under the key of whoever closes the run.
    /// Where source files go, the sealed files have to be there for it.
    fn hold_against_seal(&self, destroys: bool) -> Result<(), RunError> {
        let Some(sender) = self.pending.sender() else { return Ok(()) };
        let log = self.dossier().path().join(LOG);
        for package in &self.pending.packages {
            let file = self.run.join("sealed").join(&package.file);
            if !destroys && !disk::exists(&file) {
                continue;
            }
            let sealed = Package::verify(&file, &sender).map_err(ExportError::Seal)?;
            audit::verify_checkpoint(&log, sealed.manifest().audit_checkpoint(), Some(&sender))
                .map_err(|_| RunError::Rewritten { path: log.clone() })?;
        }
        Ok(())
    }

    /// The word of the journal that everybody has acknowledged is not enough: whoever can write to its file can write that.
    /// The signed notes are read again.
    fn hold_acknowledgements(&self) -> Result<(), RunError> {
        if self.journal.when() == When::Exported {
            return Ok(());
        }
        let have = self.acknowledged()?;
        let mut packages = self.pending.packages.iter();
        match packages.find(|p| have.iter().all(|a| a.recipient != p.expected.recipient)) {
            Some(missing) => Err(RunError::Unacknowledged { path: self.kept(&missing.expected.recipient) }),
            None => Ok(()),
        }
    }

    fn rule(&self) -> Destroy {
        Destroy { when: self.journal.when(), sources_beneath: self.pending.sources_beneath.clone() }
    }

    fn has_event(&self, name: &str) -> Result<bool, RunError> {
        Ok(audit::read(&self.dossier().path().join(LOG))?.iter().any(|entry| entry.event == name))
    }

    /// From the intent to the certificate; every step is on disk before the next.
    fn destroy(&mut self) -> Result<Certificate, RunError> {
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
        let certificate = self.certify()?;
        self.journal.advance(State::Certified, &[])?;
        write_checkpoint(self.run, &self.journal, &self.origin(), self.closing)?;
        Ok(certificate)
    }

    fn remove_source_files(&mut self) -> Result<(), RunError> {
        let Some((operator, true)) = self.intent()? else { return Ok(()) };
        if self.journal.ends().len() < self.pending.sources.len() {
            self.hold_against_seal(true)?;
            self.hold_acknowledgements()?;
        }
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
    pub(super) fn intent(&self) -> Result<Option<(Option<Operator>, bool)>, RunError> {
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

    pub(super) fn origin(&self) -> String {
        origin(&self.pending.pipeline, self.journal.run())
    }
}

/// The name of a run's log in its checkpoints.
pub(super) fn origin(pipeline: &str, run: &str) -> String {
    format!("tamis/{pipeline}/{run}")
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
