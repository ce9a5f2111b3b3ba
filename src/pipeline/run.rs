//! The main job, from files to the certificate.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::admitted::Release;
use super::certifying::write_certificate;
use super::closing::{self, Closing, LOG, Stand};
use super::cluster::Gathered;
pub(super) use super::context::Context;
use super::documents::{self, Made};
use super::drawing::{self, Commitment};
use super::earlier::Before;
use super::error::RunError;
use super::frame::Frame;
use super::identity::{Identity, Repeat};
use super::intake::{Intake, intake};
use super::keys::RunKeys;
use super::opening::{can_be_opened, lock, planned, signed_by};
use super::output;
use super::passes;
use super::pending::{self, Pending};
use super::perturbed;
use super::summary::{RunSummary, SourceSummary, ingested};
use super::watch::{Remember, Stage, Watch};
use crate::audit::{AuditLog, Fact, Name, Operator};
use crate::clock::Clock;
use crate::config::{Exclude, Pipeline, Recipient, plan};
use crate::destroy::{self, Carried, Certificate, Evidence, Journal, State};
use crate::export::{Assembled, Dossier, RunDirectory, SealWith, StateWith, is_published, remove_partial, sweep};
use crate::keys::{EpochChoice, MasterKey, SigningKey, scrub_stack, unlocked};
use crate::ledger::Ledger;
use crate::scan::{self, Scanner};
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
    /// Kept key behind a draw that can be repeated, where pseudonyms do not last.
    pub draw_key: Option<MasterKey>,
    /// Epoch of lasting pseudonyms, from the ledger of `key`.
    pub epoch: Option<EpochChoice>,
    /// The sender's key, where the release is sealed; it signs certificate and log as well.
    pub signer: Option<&'a SigningKey>,
    /// Who runs it, for log and certificate.
    pub operator: Option<Operator>,
    /// What becomes of files that an earlier run published from.
    pub repeat: Repeat,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Who listens.
    pub watch: &'a dyn Watch,
}

/// Runs a pipeline: reads, sieves, samples, protects, searches for what was stripped, releases in the clear or sealed, reads
/// back, destroys, certifies. Where it has to wait for acknowledgements or for an operator, it ends once the release was
/// read back, and [`close`](super::close) goes on from there; the vault and its keys are gone then.
///
/// # Errors
/// [`RunError`]; nothing is published then, save for [`RunError::NotClosed`]. The vault is destroyed on every path.
pub fn run(pipeline: &Pipeline, options: RunOptions<'_>) -> Result<RunSummary, RunError> {
    run_on(pipeline, options, None)
}

/// The same, where the records were read and counted on other machines.
pub(super) fn run_on(
    pipeline: &Pipeline,
    options: RunOptions<'_>,
    gathered: Option<&Gathered>,
) -> Result<RunSummary, RunError> {
    let started = options.clock.now();
    // Before anything is made or read: without its keys there is no run.
    let kept = options.epoch.is_some() || gathered.is_some_and(Gathered::under_kept_key);
    let root = options.key.as_ref().filter(|_| kept);
    let root_key = root.map(|key| key.fingerprint().as_str().to_owned());
    let keys = RunKeys::new(pipeline, options.key, options.epoch, options.draw_key)?;
    perturbed::ready(pipeline)?;
    signed_by(pipeline, options.signer)?;
    can_be_opened(pipeline, started)?;
    let to = options.out.clone().unwrap_or_else(|| pipeline.export.to.clone());
    let _lock = lock(&to, &pipeline.name)?;
    let mut book = pipeline.ledger.as_ref().map(|of| Ledger::open(&of.file, Arc::clone(&options.clock))).transpose()?;
    sweep(&to, &pipeline.name)?;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0));
    let pool = threads.build().map_err(|_| RunError::Threads)?;
    // What other machines read is not known by its files.
    let identity = match gathered {
        Some(_) => None,
        None => pool.install(|| Identity::of(pipeline, keys.epoch(), &to, options.repeat))?,
    };
    let run = started.format("%Y%m%dT%H%M%S%.3fZ").to_string();
    let directory = RunDirectory::create(&to, &pipeline.name, &run, &pipeline.recipients)?;
    let dossier = directory.dossier().clone();
    options.watch.begun(directory.path());
    dossier.write("plan.json", &plan::json(pipeline))?;
    let waits_for_rows = pipeline.sources.iter().any(|source| source.query.is_some());
    if let Some(identity) = identity.as_ref().filter(|_| !waits_for_rows) {
        identity.write(&dossier, (pipeline, &run), keys.epoch())?;
    }
    let log = AuditLog::create(&dossier.path().join(LOG), &run, Arc::clone(&options.clock))?;
    let mut journal = Journal::begin(log, pipeline.destroy.when, &planned(pipeline))?;

    let job = Job {
        pipeline,
        dossier,
        run,
        started,
        budget: Budget::new(pipeline.limits.memory),
        signer: options.signer,
        root_key,
        operator: options.operator,
        before: book.as_ref().zip(pipeline.ledger.as_ref()).map(|(book, of)| Before::new(book, of)),
        left_out: identity.as_ref().map(Identity::left_out).unwrap_or_default(),
        bytes: identity.as_ref().map_or(0, Identity::bytes),
        unread: identity.filter(|_| waits_for_rows),
        to,
        repeat: options.repeat,
        gathered,
    };
    let watch = Remember::new(options.watch, Arc::clone(&options.clock));
    let mut directory = Some(directory);
    // A panic is a bug; it ends like every failure: vault destroyed, nothing published, certificate written.
    let work = || pool.install(|| job.work(keys, &watch, &mut directory, &mut journal, &mut book));
    let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(RunError::Bug("a stage panicked")));
    // The keys are gone by now; so is what computing with them left behind.
    pool.broadcast(|_| scrub_stack());
    scrub_stack();
    match outcome {
        Ok(mut done) => {
            done.summary.stages = watch.seconds();
            job.finish(done, journal, &options.clock)
        }
        // What is published stays published: the run is not given up, it goes on with `resume`.
        Err(error) if is_published(&job.directory()) => Err(job.not_closed(error, journal)),
        Err(error) => {
            // Once its last name was asked for it may have been seen.
            let unseen = journal.state() != State::ReadBack;
            let (error, gone) = job.give_up(error, watch.last(), directory.take(), journal, &options.clock);
            if unseen && gone {
                // A ledger that refuses goes on counting the release, which is careful.
                let _ = book.as_mut().map(|book| book.settle(false));
            }
            Err(error)
        }
    }
}

/// A run under way.
struct Job<'a> {
    pipeline: &'a Pipeline,
    dossier: Dossier,
    run: String,
    started: DateTime<Utc>,
    budget: Arc<Budget>,
    signer: Option<&'a SigningKey>,
    /// Fingerprint of the kept key.
    root_key: Option<String>,
    operator: Option<Operator>,
    /// What tables are held against.
    before: Option<Before>,
    /// Files that are not read.
    left_out: HashSet<PathBuf>,
    /// Length of all files that are read.
    bytes: u64,
    /// What the run is known by but for the rows of queries, where there are any.
    unread: Option<Identity>,
    /// Folder of the earlier runs, and what becomes of a repetition.
    to: PathBuf,
    repeat: Repeat,
    /// What was counted on other machines.
    gathered: Option<&'a Gathered>,
}

/// A release that stands, and what is still to be said of it.
struct Done {
    summary: RunSummary,
    pending: Pending,
}

impl Job<'_> {
    /// Everything that needs keys and vault: both are gone when this returns, whatever it returns.
    fn work(
        &self,
        keys: RunKeys,
        watch: &dyn Watch,
        directory: &mut Option<RunDirectory>,
        journal: &mut Journal,
        book: &mut Option<Ledger>,
    ) -> Result<Done, RunError> {
        let ctx = Context::new(self.pipeline, &keys, watch, Arc::clone(&self.budget)).after(self.before.as_ref());
        let (today, left_out) = (Some(self.started.date_naive()), self.left_out.clone());
        let buckets = self.pipeline.limits.buckets_for(self.bytes);
        let ctx = Context { today, left_out, buckets, gathered: self.gathered, ..ctx };

        let Intake { vault, codebook, sources, stripped, objections, digests, releases, drivers, queries } =
            match self.gathered {
                Some(gathered) => gathered.intake(&ctx)?,
                None => intake(&ctx)?,
            };
        if let Some(unread) = &self.unread {
            let of = (self.pipeline, keys.epoch());
            let identity = unread.clone().with_queries(of, &self.to, self.repeat, &queries)?;
            identity.write(&self.dossier, (self.pipeline, &self.run), keys.epoch())?;
        }
        for release in &releases {
            journal.note("release_admitted", &release.facts(self.pipeline))?;
        }
        for driver in &drivers {
            journal.note("driver_loaded", &driver.facts(self.pipeline))?;
        }
        for (file, digest) in digests.iter().enumerate() {
            journal.source_read(file as u32, *digest)?;
        }
        journal.advance(State::Ingested, &ingested(&sources, objections))?;

        let frame = Frame::new(&ctx, &codebook, &vault);
        let mut lay_down = |laid: &Commitment, units: u64| {
            let (key, frame) = (Fact::Digest(laid.key), Fact::Digest(laid.frame));
            Ok(journal.note("draw", &[("key", key), ("frame", frame), ("units", Fact::Count(units))])?)
        };
        let sampled = drawing::sample(&ctx, &vault, &frame, &mut lay_down)?;
        let counts = passes::summarise(&ctx, &vault, &codebook, &frame, &sampled)?;

        let lost = || RunError::Bug("the run directory is lost");
        let run_directory = directory.as_mut().ok_or_else(lost)?;
        let found =
            output::Found { vault: &vault, codebook: &codebook, frame: &frame, sampled: &sampled, summary: &counts };
        let staged = [("frame", Fact::Count(sampled.frame)), ("drawn", Fact::Count(counts.drawn))];
        let mut staged = || Ok(journal.advance(State::Staged, &staged)?);
        let mut scanner = Scanner::new(self.pipeline, &stripped);
        let output::Written { persons, tables: protected, bridges, anonymisation, utility } =
            output::write(&ctx, &found, &mut scanner, run_directory, &mut staged)?;
        let scan = scanner.finish()?;
        if scan.leaks() {
            return Err(RunError::Leak(Box::new(scan)));
        }
        let dossier = run_directory.dossier().path().to_path_buf();
        let digest = counts.digest.finish(&sampled.plan);
        let drawn = documents::drawn(self.pipeline, &sampled, &digest, &codebook);
        let assembled =
            self.assemble(directory.take().ok_or_else(lost)?, &keys, &scan, (&drawn, &releases), journal)?;

        let summary = RunSummary {
            pipeline: self.pipeline.name.clone(),
            run: self.run.clone(),
            dossier,
            sources,
            frame: sampled.frame,
            drawn: counts.drawn,
            unit: documents::unit_word(self.pipeline),
            stratum_conflicts: sampled.faults.conflicts,
            left_out_of_frame: sampled.faults.excluded,
            telling_strata: sampled.telling,
            overlap: documents::overlap(&sampled),
            persons,
            tables: protected.tables,
            unprotected: protected.unprotected,
            decisions_unmet: protected.decisions_unmet,
            earlier: protected.earlier,
            bridges,
            spilled: vault.spilled_bytes(),
            scan: Some(scan),
            ..RunSummary::default()
        };
        // How the sample was drawn is known before anything is published, whatever happens then.
        let report = documents::sample_report(self.pipeline, &sampled, counts.drawn, &digest, &codebook);
        self.dossier.write("sample.json", &report)?;
        self.dossier.write("utility.json", &utility)?;
        if !anonymisation.is_empty() {
            self.dossier.write("anonymisation.json", &anonymisation)?;
        }
        if !self.pipeline.aggregates.is_empty() {
            self.dossier.write("tables.json", &protected.report)?;
        }
        // A release that is not in the ledger would be a leak. From the next word of the journal on `resume` makes it visible, so it
        // stands in the ledger before.
        if let (Some(book), Some(of)) = (book.as_mut(), &self.pipeline.ledger) {
            book.announce(of, Name::from(self.pipeline), &self.run, &protected.recorded)?;
        }
        let pending = self.pending(&assembled, &summary);
        let digest = pending.write(&self.dossier)?;
        let released = summary.released();
        journal
            .advance(State::Exported, &[(pending::FIELD, Fact::Digest(digest)), ("released", Fact::Count(released))])?;
        let compared = assembled.read_back()?;
        // Written down before the release has its name: none is ever seen of which the journal does not say so.
        journal.read_back(compared.receipt())?;
        let receipt = compared.publish()?;
        // Without this word the release counts all the same.
        let _ = book.as_mut().map(|book| book.settle(true));
        journal.note(closing::PUBLISHED, &[])?;
        self.gathered.map_or(Ok(()), |gathered| gathered.end(journal))?;
        let summary = RunSummary { release: receipt.release(), packages: pending.packages.clone(), ..summary };
        if !pending::waits(self.pipeline) {
            journal.advance(State::DestroyIntended, &closing::intent(self.operator.as_ref(), false))?;
        }
        watch.stage(Stage::Destroy, None);
        Ok(Done { summary, pending })
    }

    /// Descriptors, manifests and signatures.
    fn assemble(
        &self,
        directory: RunDirectory,
        keys: &RunKeys,
        scan: &scan::Report,
        (sample, releases): (&Value, &[Release]),
        journal: &Journal,
    ) -> Result<Assembled, RunError> {
        let manifest = documents::manifest(self.pipeline, self.started, (sample, releases), keys.epoch());
        let Some(signer) = self.signer else { return Ok(directory.assemble(&manifest, None)?) };
        if self.pipeline.recipients.is_empty() {
            let release = documents::release(self.pipeline, &self.run, self.started);
            return Ok(directory.assemble_stated(&manifest, &StateWith { signer, release })?);
        }
        let checkpoint = journal.checkpoint(&closing::origin(&self.pipeline.name, &self.run), Some(signer))?;
        let parts = |recipient: &Recipient, challenge| {
            let scan = scan.for_recipient(|resource| documents::goes_to(self.pipeline, resource, recipient));
            let (run, at, epoch, checkpoint) = (self.run.as_str(), self.started, keys.epoch(), checkpoint.as_str());
            let made = Made { run, at, epoch, sample, releases, scan: &scan, checkpoint };
            documents::parts(self.pipeline, &made, challenge)
        };
        Ok(directory.assemble(&manifest, Some(&SealWith { signer, parts: &parts }))?)
    }

    fn pending(&self, assembled: &Assembled, summary: &RunSummary) -> Pending {
        let facts = pending::Facts {
            run: &self.run,
            started: self.started,
            files: assembled.files(),
            packages: assembled.packages(),
            summary,
            vaults: self.budget.opened(),
            run_keys: RunKeys::COUNT,
            root_key: self.root_key.clone(),
            carried_under_kept_key: self.gathered.map(Gathered::under_kept_key),
        };
        Pending::new(self.pipeline, facts)
    }

    /// The release stands, keys and vault are gone: says so, and goes on as far as nobody has to be waited for.
    fn finish(&self, done: Done, mut journal: Journal, clock: &Arc<dyn Clock>) -> Result<RunSummary, RunError> {
        let Done { mut summary, pending } = done;
        let vaults = self.budget.destroyed();
        let not_closed = |problem: RunError| RunError::NotClosed { problem: Box::new(problem) };
        for vault in &vaults {
            journal.vault_destroyed(*vault).map_err(|e| not_closed(e.into()))?;
        }
        summary.stores_destroyed = vaults.len() as u64;
        summary.seconds = (clock.now() - self.started).as_seconds_f64();
        self.dossier.write("summary.json", &summary.to_json()).map_err(|e| not_closed(e.into()))?;
        let closing = Closing {
            acknowledgements: Vec::new(),
            signer: self.signer,
            operator: self.operator.clone(),
            confirm: None,
            keep_sources: false,
            clock: Arc::clone(clock),
        };
        let run = self.directory();
        let stand = Stand { run: &run, journal, pending: &pending, closing: &closing };
        let closed = stand.on().map_err(not_closed)?;
        summary.waiting = closed.waiting;
        if summary.waiting.is_none() && !closed.destroyed {
            return Err(RunError::NotDestroyed);
        }
        Ok(summary)
    }

    /// The release stands, and its run stopped before it could say what became of the vault.
    fn not_closed(&self, error: RunError, mut journal: Journal) -> RunError {
        for vault in self.budget.destroyed() {
            // A log that was closed after a failure takes nothing any more: the certificate says then that it is not known.
            let _ = journal.vault_destroyed(vault);
        }
        RunError::NotClosed { problem: Box::new(error) }
    }

    /// The run directory.
    fn directory(&self) -> PathBuf {
        let dossier = self.dossier.path();
        dossier.parent().unwrap_or(dossier).to_path_buf()
    }

    /// Nothing is published: removes what is partial, says what was destroyed, keeps the reasons in the dossier. Tells besides whether
    /// it is sure on disk that nothing of it will be published.
    fn give_up(
        &self,
        error: RunError,
        stage: &'static str,
        directory: Option<RunDirectory>,
        mut journal: Journal,
        clock: &Arc<dyn Clock>,
    ) -> (RunError, bool) {
        // Where the folder was given away or refused to go, it is looked for once more.
        let abandoned = directory.and_then(|d| d.abandon().ok()).or_else(|| remove_partial(&self.directory()).ok());
        let vaults = self.budget.destroyed();
        let interrupted = matches!(error, RunError::Interrupted { .. });
        // The first error is the one to tell; a disk that refuses the dossier too changes nothing about it.
        let state = if interrupted { State::Interrupted } else { State::Failed };
        let ended = journal.advance(state, &[("stores", Fact::Count(vaults.len() as u64))]).is_ok();
        let context = self.context_of_failure(&journal, clock);
        let certificate: Certificate = if interrupted {
            destroy::after_interruption(&vaults, abandoned.as_ref(), &context)
        } else {
            destroy::after_failure(stage, &vaults, abandoned.as_ref(), &context)
        };
        let _ = write_certificate(&self.dossier, &certificate, self.signer);
        match &error {
            RunError::Rejected { sources, .. } => {
                let findings: Vec<Value> = sources.iter().map(SourceSummary::to_json).collect();
                let _ = self.dossier.write("findings.json", &findings);
            }
            RunError::Leak(report) => drop(self.dossier.write("scan.json", &report.to_json())),
            _ => {}
        }
        (error, ended)
    }

    fn context_of_failure(&self, journal: &Journal, clock: &Arc<dyn Clock>) -> destroy::Context {
        let pipeline = self.pipeline;
        let registers = pipeline.excludes.iter().filter(|e| matches!(e, Exclude::Register { .. })).count();
        let origin = closing::origin(&pipeline.name, &self.run);
        // A log that cannot be read any more is one more thing that the certificate cannot say.
        let mut evidence = Evidence::of_journal(journal, &origin, self.signer).unwrap_or_default();
        evidence.operator = self.operator.clone();
        evidence.memory_locked = Some(unlocked() == 0);
        evidence.databases = pipeline.sources.iter().filter(|source| source.query.is_some()).count() as u64;
        evidence.carried = self.gathered.map(|_| Carried::KeyUnknown);
        destroy::Context {
            pipeline: pipeline.name.clone(),
            pipeline_digest: pipeline.digest.clone(),
            legal_basis: pipeline.legal_basis.clone(),
            purpose: pipeline.purpose.clone(),
            policy: pipeline.policy.clone(),
            run: self.run.clone(),
            started: self.started,
            destroyed: clock.now(),
            // Which files the patterns named may not be known: a run can fail before they are looked up.
            source_files: (pipeline.sources.len() + registers) as u64 - evidence.databases,
            vaults_opened: self.budget.opened(),
            run_keys_wiped: RunKeys::COUNT,
            counts: Vec::new(),
            evidence,
        }
    }
}
