//! Waiting for the recipients of a sealed release: their acknowledgements are checked, kept, and written down.

use std::path::PathBuf;

use serde_json::Value;

use super::closing::{LOG, Stand, Waiting};
use super::error::RunError;
use crate::audit::{self, Entry, Fact, Name};
use crate::config::When;
use crate::destroy::{Acknowledged, State};
use crate::disk;
use crate::keys::VerifierKey;
use crate::seal::{Acknowledgement, SealError};

/// Event of an acknowledgement that was checked.
const RECEIVED: &str = "acknowledgement";

impl Stand<'_> {
    /// Takes the acknowledgements that were brought, and says whose are missing where all are asked for.
    pub(super) fn wait(&mut self) -> Result<Option<Waiting>, RunError> {
        for bytes in &self.closing.acknowledgements {
            self.take(bytes)?;
        }
        self.note_kept()?;
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

    /// Writes down the acknowledgements that are kept and not yet in the log; a process may have been killed in between.
    fn note_kept(&mut self) -> Result<(), RunError> {
        let pending = self.pending;
        let entries = audit::read(&self.dossier().path().join(LOG))?;
        let noted = |recipient: &str| {
            let of = |entry: &Entry| entry.fields.get("recipient").and_then(Value::as_str) == Some(recipient);
            entries.iter().any(|entry| entry.event == RECEIVED && of(entry))
        };
        for expected in pending.packages.iter().map(|package| &package.expected) {
            if disk::exists(&self.kept(&expected.recipient)) && !noted(&expected.recipient) {
                let facts = [
                    ("recipient", Fact::Name(Name::recipient_of(expected))),
                    ("manifest", Fact::Digest(expected.manifest_sha256.bytes())),
                ];
                self.journal.note(RECEIVED, &facts)?;
            }
        }
        Ok(())
    }

    fn key_of(&self, recipient: &str) -> Option<VerifierKey> {
        let found = self.pending.recipients.iter().find(|r| r.name == recipient)?;
        found.key.as_ref().and_then(|key| VerifierKey::new(key).ok())
    }

    /// Where an acknowledgement is kept. Names of recipients are safe in file names.
    pub(super) fn kept(&self, recipient: &str) -> PathBuf {
        self.dossier().path().join(format!("acknowledgement-{recipient}.note"))
    }

    /// The acknowledgements that are kept, checked again.
    pub(super) fn acknowledged(&self) -> Result<Vec<Acknowledged>, RunError> {
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
}
