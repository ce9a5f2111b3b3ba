//! The main job, from files to the certificate.

use std::fs::{File, TryLockError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::documents;
use super::error::RunError;
use super::frame::Frame;
use super::intake::{Intake, intake, judge_only};
use super::keys::RunKeys;
use super::output;
use super::passes;
use super::summary::{RunSummary, SourceSummary};
use super::watch::{Stage, Watch};
use crate::audit::{AuditLog, Fact, Name};
use crate::clock::Clock;
use crate::config::{Exclude, Pipeline};
use crate::destroy::{self, AuditEnd, Certificate};
use crate::disk;
use crate::export::{Dossier, ExportError, ExportReceipt, Operation, RunDirectory, sweep};
use crate::keys::{EpochChoice, MasterKey, scrub_stack};
use crate::vault::Budget;

/// What a run is given besides its pipeline.
pub struct RunOptions<'a> {
    /// Folder under which the run directory is made, instead of the pipeline's.
    pub out: Option<PathBuf>,
    /// Number of threads; `None` for one per core.
    pub threads: Option<usize>,
    /// Root key. Where pseudonyms last, the kept one; else `None` for a fresh one from the operating system: given, it makes
    /// a run repeatable.
    pub key: Option<MasterKey>,
    /// Epoch of lasting pseudonyms, from the ledger of `key`.
    pub epoch: Option<EpochChoice>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Who listens.
    pub watch: &'a dyn Watch,
}

/// What the stages share.
pub(super) struct Context<'a> {
    pub pipeline: &'a Pipeline,
    pub keys: &'a RunKeys,
    pub watch: &'a dyn Watch,
    pub budget: Arc<Budget>,
    pub buckets: usize,
    pub spill: PathBuf,
}

/// A watch that also remembers the stage, for the certificate of a run that fails.
struct Remember<'a> {
    inner: &'a dyn Watch,
    stage: Mutex<&'static str>,
}

impl Remember<'_> {
    fn last(&self) -> &'static str {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Remember<'_> {
    fn stage(&self, stage: Stage, total: Option<u64>) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage.as_str();
        self.inner.stage(stage, total);
    }

    fn advance(&self, steps: u64, records: u64) {
        self.inner.advance(steps, records);
    }

    fn stop(&self) -> Option<i32> {
        self.inner.stop()
    }
}

/// Runs a pipeline: reads, sieves, samples, protects, releases, reads back, destroys, certifies.
///
/// # Errors
/// [`RunError`]; nothing is published then, save for [`RunError::NotCertified`]. The vault is destroyed on every path.
pub fn run(pipeline: &Pipeline, options: RunOptions<'_>) -> Result<RunSummary, RunError> {
    let started = options.clock.now();
    // Before anything is made or read: without its keys there is no run.
    let keys = RunKeys::new(pipeline, options.key, options.epoch)?;
    let to = options.out.clone().unwrap_or_else(|| pipeline.export.to.clone());
    let _lock = lock(&to, &pipeline.name)?;
    sweep(&to, &pipeline.name)?;
    let run = started.format("%Y%m%dT%H%M%S%.3fZ").to_string();
    let directory = RunDirectory::create(&to, &pipeline.name, &run)?;
    let dossier = directory.dossier().clone();
    let mut audit = AuditLog::create(&dossier.path().join("audit.jsonl"), &run, Arc::clone(&options.clock))?;
    let names: Vec<Name> = pipeline.sources.iter().map(Name::from).collect();
    let digest = Fact::Name(Name::digest_of(pipeline));
    let columns: Vec<Name> = pipeline.datasets.iter().flat_map(|d| &d.kept).map(Name::from).collect();
    let planned = [("pipeline", digest), ("sources", Fact::Names(names)), ("columns", Fact::Names(columns))];
    audit.event("planned", &planned)?;

    let job = Job { pipeline, dossier, run, started, budget: Budget::new(pipeline.limits.memory) };
    let watch = Remember { inner: options.watch, stage: Mutex::new("planned") };
    let mut directory = Some(directory);
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0));
    let pool = threads.build().map_err(|_| RunError::Threads)?;
    // A panic is a bug; it ends like every failure: vault destroyed, nothing published, certificate written.
    let work = || pool.install(|| job.work(keys, &watch, &mut directory, &mut audit));
    let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(RunError::Bug("a stage panicked")));
    // The keys are gone by now; so is what computing with them left behind.
    pool.broadcast(|_| scrub_stack());
    scrub_stack();
    match outcome {
        Ok(done) => job.certify(done, audit, &options.clock),
        Err(error) => Err(job.give_up(error, watch.last(), directory.take(), audit, &options.clock)),
    }
}

/// Reads and judges every source of a pipeline, and publishes nothing. Findings may be many; that is no error.
///
/// # Errors
/// A file that cannot be read, or a schema that cannot be used.
pub fn check(pipeline: &Pipeline, threads: Option<usize>, watch: &dyn Watch) -> Result<Vec<SourceSummary>, RunError> {
    let keys = RunKeys::fresh(pipeline)?;
    let budget = Budget::new(pipeline.limits.memory);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0));
    let pool = pool.build().map_err(|_| RunError::Threads)?;
    let ctx = Context::new(pipeline, &keys, watch, budget);
    match pool.install(|| judge_only(&ctx)) {
        Ok(sources) => Ok(sources),
        Err(RunError::Rejected { sources, .. }) => Ok(sources),
        Err(error) => Err(error),
    }
}

impl<'a> Context<'a> {
    fn new(pipeline: &'a Pipeline, keys: &'a RunKeys, watch: &'a dyn Watch, budget: Arc<Budget>) -> Self {
        let limits = &pipeline.limits;
        let spill = limits.spill.clone().unwrap_or_else(std::env::temp_dir);
        Self { pipeline, keys, watch, budget, buckets: limits.buckets, spill }
    }
}

/// Two runs of one pipeline into one folder would be two drawings of one sample: the second stops.
fn lock(to: &Path, name: &str) -> Result<File, RunError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |e: std::io::Error| {
            RunError::Export(ExportError::Io { path, operation: Operation::Create, kind: e.kind() })
        }
    };
    disk::ensure_folder(to).map_err(failed(to))?;
    let path = to.join(format!(".{name}.lock"));
    let file = disk::open_lock(&path).map_err(failed(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RunError::Locked { folder: to.display().to_string() }),
        Err(TryLockError::Error(e)) => Err(failed(&path)(e)),
    }
}

/// A run under way.
struct Job<'a> {
    pipeline: &'a Pipeline,
    dossier: Dossier,
    run: String,
    started: DateTime<Utc>,
    budget: Arc<Budget>,
}

/// A release that stands, and what is still to be said of it.
struct Done {
    receipt: ExportReceipt,
    summary: RunSummary,
    sample: Value,
}

impl Job<'_> {
    /// Everything that needs keys and vault: both are gone when this returns, whatever it returns.
    fn work(
        &self,
        keys: RunKeys,
        watch: &dyn Watch,
        directory: &mut Option<RunDirectory>,
        audit: &mut AuditLog,
    ) -> Result<Done, RunError> {
        let ctx = Context::new(self.pipeline, &keys, watch, Arc::clone(&self.budget));

        let Intake { vault, codebook, sources, objections } = intake(&ctx)?;
        let total = |of: fn(&SourceSummary) -> u64| Fact::Count(sources.iter().map(of).sum());
        audit.event(
            "ingested",
            &[
                ("read", total(|s| s.read)),
                ("rejected", total(|s| s.rejected)),
                ("filtered", total(|s| s.filtered)),
                ("excluded", total(|s| s.excluded)),
                ("objections", Fact::Count(objections)),
            ],
        )?;

        let frame = Frame::new(&ctx, &codebook, &vault);
        let sampled = passes::sample(&ctx, &vault, &frame)?;
        let counts = passes::summarise(&ctx, &vault, &codebook, &frame, &sampled)?;
        audit.event("sampled", &[("frame", Fact::Count(sampled.frame)), ("drawn", Fact::Count(counts.drawn))])?;

        let lost = || RunError::Bug("the run directory is lost");
        let run_directory = directory.as_mut().ok_or_else(lost)?;
        let found =
            output::Found { vault: &vault, codebook: &codebook, frame: &frame, sampled: &sampled, summary: &counts };
        let output::Written { persons, tables, bridges } = output::write(&ctx, &found, run_directory)?;
        let path = run_directory.path().to_path_buf();
        let manifest = documents::manifest(self.pipeline, self.started, keys.epoch());
        let receipt = directory.take().ok_or_else(lost)?.finish(&manifest)?;
        audit.event("exported", &[("released", Fact::Count(persons.iter().map(|p| p.released).sum()))])?;

        if !bridges.is_empty() {
            audit.event("bridged", &[("persons", Fact::Count(bridges.iter().map(|b| b.persons).sum()))])?;
        }

        let sample = documents::sample_report(self.pipeline, &sampled, counts.drawn, &codebook);
        let summary = RunSummary {
            pipeline: self.pipeline.name.clone(),
            run: self.run.clone(),
            release: receipt.release(),
            dossier: path.join("dossier"),
            sources,
            frame: sampled.frame,
            drawn: counts.drawn,
            unit: documents::unit_word(self.pipeline),
            stratum_conflicts: sampled.conflicts,
            persons,
            tables,
            bridges,
            spilled: vault.spilled_bytes(),
            ..RunSummary::default()
        };
        watch.stage(Stage::Destroy, None);
        Ok(Done { receipt, summary, sample })
    }

    /// The release stands, keys and vault are gone: says so.
    fn certify(&self, done: Done, mut audit: AuditLog, clock: &Arc<dyn Clock>) -> Result<RunSummary, RunError> {
        let Done { receipt, mut summary, sample } = done;
        let vaults = self.budget.destroyed();
        summary.stores_destroyed = vaults.len() as u64;
        summary.seconds = (clock.now() - self.started).as_seconds_f64();
        let not_certified = |problem| RunError::NotCertified { problem };
        audit.event("destroyed", &[("stores", Fact::Count(vaults.len() as u64))])?;
        let counts = vec![
            ("records_read", summary.read()),
            ("records_rejected", summary.rejected()),
            ("records_excluded", summary.excluded()),
            ("units_drawn", summary.drawn),
            ("records_released", summary.released()),
            ("cells_suppressed", summary.cells_suppressed()),
        ];
        let files = summary.sources.iter().map(|s| s.files.len() as u64).sum();
        let context = self.certificate_context(files, counts, RunKeys::COUNT, &audit, clock);
        let certificate = destroy::after_export(&vaults, &receipt, &context);
        self.dossier.write("summary.json", &summary.to_json()).map_err(not_certified)?;
        self.dossier.write("sample.json", &sample).map_err(not_certified)?;
        self.dossier.write("certificate.json", &certificate).map_err(not_certified)?;
        if !certificate.working_data_destroyed() {
            return Err(RunError::NotDestroyed);
        }
        Ok(summary)
    }

    /// Nothing is published: removes what is partial, says what was destroyed, keeps the reasons in the dossier.
    fn give_up(
        &self,
        error: RunError,
        stage: &'static str,
        directory: Option<RunDirectory>,
        mut audit: AuditLog,
        clock: &Arc<dyn Clock>,
    ) -> RunError {
        let abandoned = directory.and_then(|d| d.abandon().ok());
        let vaults = self.budget.destroyed();
        let state = if matches!(error, RunError::Interrupted { .. }) { "interrupted" } else { "failed" };
        // The first error is the one to tell; a disk that refuses the dossier too changes nothing about it.
        let _ = audit.event(state, &[("stores", Fact::Count(vaults.len() as u64))]);
        let keys = if matches!(error, RunError::Key(_)) { 0 } else { RunKeys::COUNT };
        // Which files the patterns named may not be known: a run can fail before they are looked up.
        let context = self.certificate_context(self.pipeline.sources.len() as u64, Vec::new(), keys, &audit, clock);
        let certificate: Certificate = match error {
            RunError::Interrupted { .. } => destroy::after_interruption(&vaults, abandoned.as_ref(), &context),
            _ => destroy::after_failure(stage, &vaults, abandoned.as_ref(), &context),
        };
        let _ = self.dossier.write("certificate.json", &certificate);
        if let RunError::Rejected { sources, .. } = &error {
            let findings: Vec<Value> = sources.iter().map(SourceSummary::to_json).collect();
            let _ = self.dossier.write("findings.json", &findings);
        }
        error
    }

    fn certificate_context(
        &self,
        sources: u64,
        counts: Vec<(&'static str, u64)>,
        run_keys_wiped: usize,
        audit: &AuditLog,
        clock: &Arc<dyn Clock>,
    ) -> destroy::Context {
        let pipeline = self.pipeline;
        let registers = pipeline.excludes.iter().filter(|e| matches!(e, Exclude::Register { .. })).count();
        let head = audit.head();
        destroy::Context {
            pipeline: pipeline.name.clone(),
            pipeline_digest: pipeline.digest.clone(),
            legal_basis: pipeline.legal_basis.clone(),
            purpose: pipeline.purpose.clone(),
            policy: pipeline.policy.clone(),
            run: self.run.clone(),
            started: self.started,
            destroyed: clock.now(),
            source_files: sources + registers as u64,
            vaults_opened: self.budget.opened(),
            run_keys_wiped,
            counts,
            audit: Some(AuditEnd { events: head.events, sha256: head.sha256.clone() }),
        }
    }
}
