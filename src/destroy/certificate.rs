//! The certificate of destruction (R13).

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::items::{self, Class, Item};
use super::proces_verbal;
use crate::export::{Abandoned, ExportReceipt, ReceiptFile};
use crate::vault::Destroyed;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Outcome {
    /// The release stands on disk and was read back.
    Exported,
    /// A stage failed; nothing was published.
    Failed {
        /// The stage.
        stage: &'static str,
    },
    /// The run was told to stop; nothing was published.
    Interrupted,
}

/// Where the log of the run ended: shows later that nothing was cut off its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEnd {
    /// Number of events.
    pub events: u64,
    /// SHA-256 of the last line, hexadecimal.
    pub sha256: String,
}

/// The run that the certificate is about. Counts and names only.
#[derive(Debug, Clone)]
pub struct Context {
    /// Name of the pipeline.
    pub pipeline: String,
    /// SHA-256 of the pipeline file, hexadecimal.
    pub pipeline_digest: String,
    /// What allowed the processing.
    pub legal_basis: String,
    /// What for.
    pub purpose: String,
    /// Version of the policy.
    pub policy: String,
    /// Identifier of the run.
    pub run: String,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When the working data were destroyed.
    pub destroyed: DateTime<Utc>,
    /// Source files read, registers included.
    pub source_files: u64,
    /// Vaults that were opened: as many have to report.
    pub vaults_opened: usize,
    /// Keys of pseudonyms and sampling that were overwritten; 0 where none was drawn.
    pub run_keys_wiped: usize,
    /// Records and persons by what became of them: `("records_read", 120)`.
    pub counts: Vec<(&'static str, u64)>,
    /// Where the log ends, once its last event is written.
    pub audit: Option<AuditEnd>,
}

/// Says what was destroyed and how. Made only by [`after_export`], [`after_failure`] and [`after_interruption`].
#[derive(Debug, Clone, Serialize)]
pub struct Certificate {
    document: &'static str,
    version: u32,
    tamis: &'static str,
    pipeline: String,
    pipeline_digest: String,
    legal_basis: String,
    purpose: String,
    policy: String,
    run: String,
    #[serde(serialize_with = "rfc3339")]
    started: DateTime<Utc>,
    #[serde(serialize_with = "rfc3339")]
    destroyed_at: DateTime<Utc>,
    outcome: Outcome,
    working_data_destroyed: bool,
    items: Vec<Item>,
    counts: Map<String, Value>,
    released: Vec<ReceiptFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<AuditEnd>,
    #[serde(rename = "procès-verbal")]
    proces_verbal: String,
}

/// The certificate of a run whose release was read back from disk.
#[must_use]
pub fn after_export(vaults: &[Destroyed], receipt: &ExportReceipt, context: &Context) -> Certificate {
    // A release without a vault cannot be: without a report nothing is known of its data.
    let destroyed = !vaults.is_empty() && all_destroyed(vaults, context);
    let items = items::list(Outcome::Exported, vaults, context, None);
    certificate(Outcome::Exported, destroyed, items, receipt.files().to_vec(), context)
}

/// The certificate of a run that failed in `stage`. `vaults` is empty where it failed before one was opened;
/// `abandoned` tells what was removed of a release that was begun.
#[must_use]
pub fn after_failure(
    stage: &'static str,
    vaults: &[Destroyed],
    abandoned: Option<&Abandoned>,
    context: &Context,
) -> Certificate {
    unpublished(Outcome::Failed { stage }, vaults, abandoned, context)
}

/// The certificate of a run that was told to stop.
#[must_use]
pub fn after_interruption(vaults: &[Destroyed], abandoned: Option<&Abandoned>, context: &Context) -> Certificate {
    unpublished(Outcome::Interrupted, vaults, abandoned, context)
}

fn unpublished(
    outcome: Outcome,
    vaults: &[Destroyed],
    abandoned: Option<&Abandoned>,
    context: &Context,
) -> Certificate {
    let items = items::list(outcome, vaults, context, abandoned);
    certificate(outcome, all_destroyed(vaults, context), items, Vec::new(), context)
}

/// A vault is destroyed once its key is: what it spilled cannot be read then, and what it held in memory is given
/// back. One that reports no key wiped is not taken at its word, and one that does not report is not destroyed.
fn all_destroyed(vaults: &[Destroyed], context: &Context) -> bool {
    vaults.len() >= context.vaults_opened && vaults.iter().all(|vault| vault.keys_wiped > 0)
}

fn certificate(
    outcome: Outcome,
    working_data_destroyed: bool,
    items: Vec<Item>,
    released: Vec<ReceiptFile>,
    context: &Context,
) -> Certificate {
    let counts = context.counts.iter().map(|(name, count)| ((*name).to_owned(), Value::from(*count))).collect();
    let mut certificate = Certificate {
        document: "certificate of destruction",
        version: 1,
        tamis: env!("CARGO_PKG_VERSION"),
        pipeline: context.pipeline.clone(),
        pipeline_digest: format!("sha256:{}", context.pipeline_digest),
        legal_basis: context.legal_basis.clone(),
        purpose: context.purpose.clone(),
        policy: context.policy.clone(),
        run: context.run.clone(),
        started: context.started,
        destroyed_at: context.destroyed,
        outcome,
        working_data_destroyed,
        items,
        counts,
        released,
        audit: context.audit.clone(),
        proces_verbal: String::new(),
    };
    certificate.proces_verbal = proces_verbal::text(&certificate);
    certificate
}

fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

impl Certificate {
    /// How the run ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Whether every vault reported its key erased. False after an export is exit code 7.
    #[must_use]
    pub fn working_data_destroyed(&self) -> bool {
        self.working_data_destroyed
    }

    /// What became of each thing.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The files that were released, with their hashes.
    #[must_use]
    pub fn released(&self) -> &[ReceiptFile] {
        &self.released
    }

    /// The certificate in French prose.
    #[must_use]
    pub fn proces_verbal(&self) -> &str {
        &self.proces_verbal
    }

    pub(super) fn run(&self) -> &str {
        &self.run
    }

    pub(super) fn pipeline(&self) -> (&str, &str, &str) {
        (&self.pipeline, &self.legal_basis, &self.purpose)
    }

    pub(super) fn destroyed_at(&self) -> DateTime<Utc> {
        self.destroyed_at
    }

    /// Number of items of a class and their bytes together.
    pub(super) fn sum(&self, what: &str, class: Class) -> (u64, u64) {
        let items = self.items.iter().filter(|item| item.what() == what && item.class() == class);
        items
            .fold((0, 0), |(count, bytes), item| (count + item.count().unwrap_or(0), bytes + item.bytes().unwrap_or(0)))
    }
}
