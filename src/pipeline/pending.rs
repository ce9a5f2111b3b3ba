//! What a run writes down of itself once its release stands whole, so that it can be closed later, by another process.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::RunError;
use super::summary::RunSummary;
use crate::audit;
use crate::config::{Exclude, Pipeline, When};
use crate::destroy::State;
use crate::disk;
use crate::export::{Dossier, PENDING, PackageReceipt, ReceiptFile};
use crate::keys::VerifierKey;
use crate::seal::Hash;

/// Version of the document.
const VERSION: u32 = 1;

/// Field of the event `exported` with the digest of the document.
pub(super) const FIELD: &str = "pending";

/// Counts, names, paths and digests; no value of a record.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pending {
    version: u32,
    pub pipeline: String,
    pub pipeline_digest: String,
    pub legal_basis: String,
    pub purpose: String,
    pub policy: String,
    pub run: String,
    pub started: DateTime<Utc>,
    /// Public half of the key under which the release is signed.
    pub sender: Option<String>,
    pub recipients: Vec<PendingRecipient>,
    /// Files of the release, as they were before encryption.
    pub files: Vec<ReceiptFile>,
    pub packages: Vec<PackageReceipt>,
    /// Source files by their number in the journal; empty where they are kept.
    pub sources: Vec<PathBuf>,
    /// Folder beneath which they may be destroyed.
    pub sources_beneath: Option<PathBuf>,
    pub source_files: u64,
    /// Sources that are the rows of a query.
    #[serde(default)]
    pub databases: u64,
    /// Vaults that were opened: as many have to report.
    pub vaults: usize,
    pub run_keys: usize,
    pub counts: Vec<(String, u64)>,
    /// Fingerprint of the root key, where pseudonyms last.
    pub root_key: Option<String>,
    pub memory_locked: bool,
    /// Scope and counts of the search for what was stripped.
    pub scan: Value,
    /// Where an engine carried the working data, whether their key is a kept one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_under_kept_key: Option<bool>,
}

/// A recipient, as its acknowledgement is checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PendingRecipient {
    pub name: String,
    pub age: String,
    /// Public half of the key of its acknowledgements.
    pub key: Option<String>,
}

/// What only the run itself knows.
pub(super) struct Facts<'a> {
    pub run: &'a str,
    pub started: DateTime<Utc>,
    pub files: Vec<ReceiptFile>,
    pub packages: Vec<PackageReceipt>,
    pub summary: &'a RunSummary,
    pub vaults: usize,
    pub run_keys: usize,
    pub root_key: Option<String>,
    pub carried_under_kept_key: Option<bool>,
}

impl Pending {
    pub fn new(pipeline: &Pipeline, facts: Facts<'_>) -> Self {
        let registers = pipeline.excludes.iter().filter(|e| matches!(e, Exclude::Register { .. })).count();
        // The rows of a query lie in no file: there is nothing of them that could be destroyed here.
        let (databases, with_files): (Vec<_>, Vec<_>) =
            facts.summary.sources.iter().partition(|summary| is_query(pipeline, &summary.name));
        let files = with_files.into_iter().flat_map(|s| &s.files);
        let recipient = |r: &crate::config::Recipient| PendingRecipient {
            name: r.name.clone(),
            age: r.age.clone(),
            key: r.key.as_ref().map(|key| key.as_str().to_owned()),
        };
        let source_files = files.clone().count() as u64 + registers as u64;
        let beneath = pipeline.destroy.sources_beneath.clone();
        Self {
            version: VERSION,
            pipeline: pipeline.name.clone(),
            pipeline_digest: pipeline.digest.clone(),
            legal_basis: pipeline.legal_basis.clone(),
            purpose: pipeline.purpose.clone(),
            policy: pipeline.policy.clone(),
            run: facts.run.to_owned(),
            started: facts.started,
            sender: pipeline.sender.as_ref().map(|s| s.key.as_str().to_owned()),
            recipients: pipeline.recipients.iter().map(recipient).collect(),
            files: facts.files,
            packages: facts.packages,
            sources: if beneath.is_some() { files.cloned().collect() } else { Vec::new() },
            sources_beneath: beneath,
            source_files,
            databases: databases.len() as u64,
            vaults: facts.vaults,
            run_keys: facts.run_keys,
            counts: counts(facts.summary),
            root_key: facts.root_key,
            memory_locked: crate::keys::unlocked() == 0,
            carried_under_kept_key: facts.carried_under_kept_key,
            scan: facts.summary.scan.as_ref().map_or(Value::Null, crate::scan::Report::to_json),
        }
    }

    /// Writes it into the dossier; its digest is for the journal.
    pub fn write(&self, dossier: &Dossier) -> Result<[u8; 32], RunError> {
        let path = dossier.write(PENDING, self)?;
        let digest = disk::digest(&path).map_err(|e| RunError::Resume { path, kind: e.kind() })?;
        Ok(digest.sha256)
    }

    /// Reads it, if it is the one whose digest the journal holds. `None` where the run did not come so far.
    pub fn read(run: &Path) -> Result<Option<Self>, RunError> {
        let dossier = run.join("dossier");
        let entries = audit::read(&dossier.join("audit.jsonl"))?;
        let Some(exported) = entries.iter().find(|e| e.event == State::Exported.as_str()) else { return Ok(None) };
        let recorded = exported.fields.get(FIELD).and_then(Value::as_str).and_then(Hash::parse);
        let path = dossier.join(PENDING);
        let bytes = disk::read(&path).map_err(|e| RunError::Resume { path: path.clone(), kind: e.kind() })?;
        if recorded != Some(Hash::of(&bytes)) {
            return Err(RunError::Altered { path });
        }
        // The message of the library could quote.
        let pending: Self = serde_json::from_slice(&bytes).map_err(|_| RunError::Altered { path: path.clone() })?;
        if pending.version == VERSION { Ok(Some(pending)) } else { Err(RunError::Altered { path }) }
    }

    /// The key under which the release is signed.
    pub fn sender(&self) -> Option<VerifierKey> {
        self.sender.as_ref().and_then(|key| VerifierKey::new(key).ok())
    }
}

fn is_query(pipeline: &Pipeline, source: &str) -> bool {
    pipeline.sources.iter().any(|s| s.name == source && s.query.is_some())
}

fn counts(summary: &RunSummary) -> Vec<(String, u64)> {
    let counts = [
        ("records_read", summary.read()),
        ("records_rejected", summary.rejected()),
        ("records_excluded", summary.excluded()),
        ("units_drawn", summary.drawn),
        ("records_released", summary.released()),
        ("cells_suppressed", summary.cells_suppressed()),
    ];
    counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

/// Whether a run of this pipeline ends before its certificate, waiting for somebody.
pub(super) fn waits(pipeline: &Pipeline) -> bool {
    pipeline.destroy.when == When::Acknowledged || pipeline.destroy.sources_beneath.is_some()
}
