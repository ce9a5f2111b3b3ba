//! The certificate of destruction (R13).

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::evidence::{self, Acknowledged, Evidence, OutOfReach, RecipientCopy, Released, SurvivingKey};
use super::files::{DestroyError, FileEnd};
use super::items::{self, Class, Item, Thing};
use super::journal::Journal;
use super::proces_verbal;
use super::state::State;
use crate::audit::Operator;
use crate::export::Abandoned;
use crate::keys::{SignatureError, SigningKey};
use crate::vault::Destroyed;

/// What the document calls itself.
pub(super) const DOCUMENT: &str = "certificate of destruction";
/// The form of the document.
pub(super) const VERSION: u32 = 2;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Outcome {
    /// The release stands and was read back.
    Exported,
    /// The release was read back, and every recipient acknowledged it.
    Acknowledged,
    /// A stage failed; nothing was published.
    Failed {
        /// The stage.
        stage: &'static str,
    },
    /// The run was told to stop, or was killed; nothing was published.
    Interrupted,
    /// A recipient is done with what was received.
    Used,
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
    pub counts: Vec<(String, u64)>,
    /// What else is known.
    pub evidence: Evidence,
}

/// What a recipient received, opened and has destroyed.
#[derive(Debug, Clone)]
pub struct Reception {
    /// Name of the sender's pipeline.
    pub pipeline: String,
    /// SHA-256 of the sender's pipeline file, hexadecimal.
    pub pipeline_digest: String,
    /// What allowed the processing.
    pub legal_basis: String,
    /// What for.
    pub purpose: String,
    /// Version of the policy.
    pub policy: String,
    /// Identifier of the sender's run.
    pub run: String,
    /// Who sent it.
    pub sender: String,
    /// Who received it.
    pub recipient: String,
    /// SHA-256 of the manifest, hexadecimal.
    pub manifest_sha256: String,
    /// When it was opened.
    pub opened: DateTime<Utc>,
    /// Last day of use.
    pub use_until: NaiveDate,
    /// When the opened files were destroyed.
    pub destroyed: DateTime<Utc>,
    /// What became of the sealed package; `None` where it was not to be destroyed.
    pub package: Option<FileEnd>,
    /// What became of files that stood among the opened ones and are not as they were opened: changed, or added.
    pub others: Vec<(u32, FileEnd)>,
    /// What else is known; the opened files among it.
    pub evidence: Evidence,
}

/// Where a recipient's files came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Origin {
    pub sender: String,
    pub recipient: String,
    pub manifest_sha256: String,
    #[serde(serialize_with = "evidence::day")]
    pub use_until: NaiveDate,
}

/// What a class of the document means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Method {
    pub class: Class,
    means: &'static str,
}

/// Says what was destroyed and how. Made only by [`after_closing`], [`after_failure`], [`after_interruption`],
/// [`after_death`] and [`of_reception`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    pub(super) document: &'static str,
    pub(super) version: u32,
    pub(super) tamis: &'static str,
    pub(super) pipeline: String,
    pub(super) pipeline_digest: String,
    pub(super) legal_basis: String,
    pub(super) purpose: String,
    pub(super) policy: String,
    pub(super) run: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reception: Option<Origin>,
    #[serde(serialize_with = "evidence::operator")]
    pub(super) operator: Option<Operator>,
    #[serde(serialize_with = "rfc3339")]
    pub(super) started: DateTime<Utc>,
    #[serde(serialize_with = "rfc3339")]
    pub(super) destroyed_at: DateTime<Utc>,
    pub(super) outcome: Outcome,
    pub(super) working_data_destroyed: bool,
    pub(super) methods: Vec<Method>,
    pub(super) items: Vec<Item>,
    pub(super) counts: Map<String, Value>,
    pub(super) released: Vec<Released>,
    pub(super) acknowledgements: Vec<Acknowledged>,
    pub(super) surviving_keys: Vec<SurvivingKey>,
    pub(super) copies_with_recipients: Vec<RecipientCopy>,
    #[serde(serialize_with = "in_english")]
    pub(super) out_of_reach: Vec<OutOfReach>,
    pub(super) memory_locked: Option<bool>,
    pub(super) scan: Option<Value>,
    pub(super) audit_checkpoint: Option<String>,
}

/// The certificate of a run whose release stands: the journal is the proof that it was read back, acknowledged where that
/// is asked for, and that keys, files and the search are done with. Vaults and files are taken from the journal.
///
/// Where the process that held the vaults ended before all of them had reported, their keys ended with its memory: that is
/// destroyed, and not said to be overwritten.
///
/// # Errors
/// [`DestroyError::TooEarly`] where the journal is not that far.
pub fn after_closing(
    journal: &Journal,
    released: Vec<Released>,
    context: &Context,
) -> Result<Certificate, DestroyError> {
    if journal.state() != State::Scanned {
        return Err(DestroyError::TooEarly { state: journal.state() });
    }
    let outcome = if journal.was_acknowledged() { Outcome::Acknowledged } else { Outcome::Exported };
    let mut context = context.clone();
    context.evidence.files = journal.ends();
    context.evidence.packages = journal.package_ends();
    let vaults = journal.vaults();
    // A release without a vault cannot be: without a report nothing is known of its data.
    let opened = context.vaults_opened.max(1);
    let lost = opened.saturating_sub(vaults.len());
    if !journal.was_resumed() || lost == 0 {
        context.vaults_opened = opened;
        let items = items::of_run(outcome, vaults, &context, None);
        return Ok(certificate(outcome, all_destroyed(vaults, &context), items, released, &context));
    }
    context.vaults_opened = vaults.len();
    if vaults.is_empty() {
        // The keys of the run are wiped before the first vault reports: without one, that is not known either.
        context.run_keys_wiped = 0;
    }
    let mut items = items::of_run(outcome, vaults, &context, None);
    items.insert(0, items::of_lost_reports(lost as u64));
    Ok(certificate(outcome, all_destroyed(vaults, &context), items, released, &context))
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

/// The certificate of a run whose process was killed before its release stood, made by the one that found it. Keys and
/// vaults were in the memory of the dead process and ended with it; nobody overwrote them, and that is what it says.
#[must_use]
pub fn after_death(abandoned: Option<&Abandoned>, context: &Context) -> Certificate {
    let context = Context { vaults_opened: 0, run_keys_wiped: 0, ..context.clone() };
    let mut items = items::of_run(Outcome::Interrupted, &[], &context, abandoned);
    items.insert(0, items::of_dead_process());
    certificate(Outcome::Interrupted, true, items, Vec::new(), &context)
}

/// The certificate of a recipient who destroyed what had been opened.
#[must_use]
pub fn of_reception(reception: &Reception) -> Certificate {
    let evidence = &reception.evidence;
    let items = items::of_reception(&evidence.files, &reception.others, reception.package);
    let opened = |item: &&Item| matches!(item.thing(), Thing::Opened | Thing::Others);
    let mut left = items.iter().filter(opened).peekable();
    let destroyed = left.peek().is_some() && left.all(|item| item.class() != Class::NotDestroyed);
    let context = Context {
        pipeline: reception.pipeline.clone(),
        pipeline_digest: reception.pipeline_digest.clone(),
        legal_basis: reception.legal_basis.clone(),
        purpose: reception.purpose.clone(),
        policy: reception.policy.clone(),
        run: reception.run.clone(),
        started: reception.opened,
        destroyed: reception.destroyed,
        source_files: 0,
        vaults_opened: 0,
        run_keys_wiped: 0,
        counts: Vec::new(),
        evidence: evidence.clone(),
    };
    let mut certificate = certificate(Outcome::Used, destroyed, items, Vec::new(), &context);
    certificate.reception = Some(Origin {
        sender: reception.sender.clone(),
        recipient: reception.recipient.clone(),
        manifest_sha256: reception.manifest_sha256.clone(),
        use_until: reception.use_until,
    });
    certificate
}

fn unpublished(
    outcome: Outcome,
    vaults: &[Destroyed],
    abandoned: Option<&Abandoned>,
    context: &Context,
) -> Certificate {
    let items = items::of_run(outcome, vaults, context, abandoned);
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
    released: Vec<Released>,
    context: &Context,
) -> Certificate {
    let evidence = context.evidence.clone();
    let counts = context.counts.iter().map(|(name, count)| (name.clone(), Value::from(*count))).collect();
    let mut classes: Vec<Class> = items.iter().map(Item::class).collect();
    classes.sort_unstable();
    classes.dedup();
    Certificate {
        document: DOCUMENT,
        version: VERSION,
        tamis: env!("CARGO_PKG_VERSION"),
        pipeline: context.pipeline.clone(),
        pipeline_digest: format!("sha256:{}", context.pipeline_digest),
        legal_basis: context.legal_basis.clone(),
        purpose: context.purpose.clone(),
        policy: context.policy.clone(),
        run: context.run.clone(),
        reception: None,
        operator: evidence.operator,
        started: context.started,
        destroyed_at: context.destroyed,
        outcome,
        working_data_destroyed,
        methods: classes.into_iter().map(|class| Method { class, means: class.meaning().0 }).collect(),
        items,
        counts,
        out_of_reach: OutOfReach::of(outcome, evidence.carried),
        released,
        acknowledgements: evidence.acknowledgements,
        surviving_keys: evidence.surviving_keys,
        copies_with_recipients: evidence.recipients,
        memory_locked: evidence.memory_locked,
        scan: evidence.scan,
        audit_checkpoint: evidence.checkpoint,
    }
}

pub(super) fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

fn in_english<S: Serializer>(copies: &[OutOfReach], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(copies.iter().map(|copies| copies.texts().0))
}

impl Certificate {
    /// The document as a signed note (C2SP signed-note): its text is the JSON, the signature stands beneath.
    ///
    /// # Errors
    /// [`SignatureError::Text`] where the document is larger than a note may be (a million bytes).
    pub fn sign(&self, key: &SigningKey) -> Result<String, SignatureError> {
        key.sign(&self.text()?)
    }

    /// The document as JSON, with a line feed at its end.
    ///
    /// # Errors
    /// [`SignatureError::Text`] where it cannot be written as JSON.
    pub fn text(&self) -> Result<String, SignatureError> {
        serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(|_| SignatureError::Text)
    }

    /// The document in French, to print and to sign by hand.
    #[must_use]
    pub fn proces_verbal(&self) -> String {
        proces_verbal::text(self)
    }

    /// How the run ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Whether every vault reported its key erased, or every opened file is gone. False after an export is exit code 7.
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
    pub fn released(&self) -> &[Released] {
        &self.released
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }
}
