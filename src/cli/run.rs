//! `tamis run`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::args::Format;
use super::lineage::Tracer;
use super::listening::{Listening, LogForm};
use super::progress::Bars;
use super::signals::Signals;
use super::{Shell, close, french, keys, plan, report, show};
use crate::account::{Ended, Papers, metrics};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Pipeline};
use crate::disk;
use crate::pipeline::{self, Repeat, RunError, RunOptions};

/// Arguments of `tamis run`.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// The pipeline file.
    pub pipeline: PathBuf,
    /// Folder under which the run directory is made, instead of the pipeline's [export] to.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Kept root key of lasting pseudonyms: FILE, credential:NAME (systemd) or fd:N.
    #[arg(long, value_name = "KEY")]
    pub root_key: Option<String>,
    /// Ledger of the root key's epochs; default: beside the key file, FILE.epochs.
    #[arg(long, value_name = "FILE", requires = "root_key")]
    pub epochs: Option<PathBuf>,
    /// The signing key of a sealed release, or of one in the clear whose files shall be vouched for: FILE, credential:NAME or fd:N.
    #[arg(long, value_name = "KEY")]
    pub signing_key: Option<String>,
    /// Who runs it, for log and certificate.
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
    /// The folder of the release that a source is, in place of what the pipeline says.
    #[arg(long = "release", value_name = "SOURCE=DIR")]
    pub releases: Vec<String>,
    /// Where the address of a database is that a source is read from: FILE, credential:NAME (systemd) or fd:N; unless told, the
    /// credential that `url_from` names.
    #[arg(long = "credential", value_name = "NAME=KEY")]
    pub credentials: Vec<String>,
    /// Also release, for each per-person output, which pseudonyms of this earlier epoch became which.
    #[arg(long, value_name = "EPOCH", requires = "root_key")]
    pub bridge: Option<String>,
    /// Release once more from files that an earlier run of this pipeline, into the same folder, released from.
    #[arg(long, conflicts_with = "since")]
    pub again: bool,
    /// Read only files that no earlier run of this pipeline, into the same folder, released from; with none, do nothing.
    #[arg(long, value_name = "WHEN", value_enum)]
    pub since: Option<Since>,
    /// What is told on standard error meanwhile: bars on a terminal, or JSON lines for a collector, with --format json.
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    pub log: LogForm,
    /// File to write figures of the run to, for Prometheus; the one of the run before is replaced.
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,
    /// File to whose end OpenLineage events of the run are written, a JSON line each: what it read, and what left it.
    #[arg(long, value_name = "FILE")]
    pub openlineage: Option<PathBuf>,
    /// The namespace of job and datasets in these events, for a catalogue that hears several machines.
    #[arg(long, value_name = "NAME", default_value = "tamis", requires = "openlineage")]
    pub openlineage_namespace: String,
}

/// From when on files are new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Since {
    /// Since the last run that released.
    Last,
}

/// Runs a pipeline and tells what became of it; in figures for an alarm as well, where they are wanted.
pub(super) fn run(shell: &Shell, args: &RunArgs) -> u8 {
    let started = SystemClock.now();
    let tracer = args.openlineage.as_deref().map(|file| Tracer::new(shell, file, &args.openlineage_namespace));
    let tracer = match tracer.transpose() {
        Ok(tracer) => tracer,
        Err(code) => return code,
    };
    let mut begun = Begun { tracer: tracer.as_ref(), ..Begun::default() };
    let code = go(shell, args, &mut begun);
    let papers = begun.directory.as_ref().and_then(|run| Papers::read(run).ok());
    if let Some(tracer) = &tracer {
        tracer.ended(shell, code, papers.as_ref(), (started, &stem(args)));
    }
    match &args.metrics {
        Some(file) => figures(shell, (file, args), code, (&begun, papers.as_ref()), started),
        None => code,
    }
}

/// What a pipeline that cannot be read is called.
fn stem(args: &RunArgs) -> String {
    args.pipeline.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// What is known of a run that may not have begun.
#[derive(Default)]
struct Begun<'a> {
    pipeline: Option<String>,
    directory: Option<PathBuf>,
    tracer: Option<&'a Tracer>,
}

/// Writes the figures. That they cannot be written is told, and changes nothing about how the run ended.
fn figures(
    shell: &Shell,
    (file, args): (&Path, &RunArgs),
    code: u8,
    (begun, papers): (&Begun<'_>, Option<&Papers>),
    started: DateTime<Utc>,
) -> u8 {
    let at = SystemClock.now();
    let pipeline = begun.pipeline.clone().unwrap_or_else(|| stem(args));
    let ended = Ended { pipeline: &pipeline, exit_code: code, at, seconds: (at - started).as_seconds_f64() };
    let before = disk::read(file).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = metrics(&ended, papers, before.as_deref());
    if let Err(error) = disk::replace(file, text.as_bytes()) {
        let told = shell.lang.pick("the figures were not written", "les chiffres n'ont pas été écrits");
        shell.warn(&format!("{told}: {}: {}", file.display(), french::of_kind(shell.lang, error.kind())));
    }
    code
}

fn go(shell: &Shell, args: &RunArgs, begun: &mut Begun<'_>) -> u8 {
    let mut pipeline = match Pipeline::read(&args.pipeline) {
        Ok(pipeline) => pipeline,
        Err(error) => return shell.refuse_pipeline(error),
    };
    begun.pipeline = Some(pipeline.name.clone());
    if let Some(tracer) = begun.tracer {
        tracer.planned(&pipeline.name, config::plan::json(&pipeline));
    }
    for named in &args.releases {
        let taken = named.split_once('=').is_some_and(|(source, folder)| {
            !folder.is_empty() && pipeline.take_release_from(source, Path::new(folder))
        });
        if !taken {
            return shell.complain(
                2,
                shell.lang.pick(
                    "write --release SOURCE=DIR, with a source of the pipeline that is a release",
                    "écrivez --release SOURCE=DOSSIER, avec une source du pipeline qui est une diffusion",
                ),
            );
        }
    }
    if let Err(code) = keys::credentials(shell, &mut pipeline, &args.credentials) {
        return code;
    }
    if let Some(code) = plan::population_refused(shell, &pipeline) {
        return code;
    }
    let keys::Kept { key, epoch, draw_key } = match keys::for_run(shell, args, &pipeline) {
        Ok(kept) => kept,
        Err(code) => return code,
    };
    let signer = match keys::of_run(shell, &pipeline, args.signing_key.as_deref()) {
        Ok(signer) => signer,
        Err(code) => return code,
    };
    let operator = match close::operator(shell, args.operator.as_deref()) {
        Ok(operator) => operator,
        Err(code) => return code,
    };
    let listening =
        Listening::new(Bars::new(shell.lang, Signals::listen()), args.log, &pipeline.name).traced(begun.tracer);
    let repeat = match (args.again, args.since) {
        (true, _) => Repeat::Allowed,
        (_, Some(Since::Last)) => Repeat::LeftOut,
        _ => Repeat::Refused,
    };
    let options = RunOptions {
        out: args.out.clone(),
        threads: shell.threads,
        key,
        draw_key,
        epoch,
        signer: signer.as_ref(),
        operator: Some(operator),
        repeat,
        clock: Arc::new(SystemClock),
        watch: &listening,
    };
    let outcome = pipeline::run(&pipeline, options);
    let directory = listening.end();
    begun.directory.clone_from(&directory);
    // A run that failed has a report as well: that is when it is read.
    let report = directory.and_then(|run| report::leave(shell, &run));
    match outcome {
        Ok(summary) => {
            listening.ended(summary.exit_code());
            let printed = match shell.format {
                Format::Human => shell.print(&show::summary(shell.lang, &summary, &pipeline, &args.pipeline)),
                Format::Json => shell.print_json(&summary.to_json()),
            };
            if printed == 0 { summary.exit_code() } else { printed }
        }
        Err(error) => {
            let told = french::of_run(shell.lang, &error);
            listening.ended(error.exit_code());
            match (&error, shell.format) {
                (RunError::NothingNew { .. }, Format::Human) => return shell.print(&format!("{told}\n")),
                (RunError::NothingNew { files }, Format::Json) => {
                    return shell.print_json(&json!({ "nothing_new": files }));
                }
                (RunError::Rejected { sources, .. }, Format::Human) => {
                    shell.print(&show::findings(shell.lang, sources, pipeline.limits.places.min(5)));
                }
                _ => {}
            }
            let code = shell.complain(error.exit_code(), &told);
            if let (Some(report), Format::Human) = (report, shell.format) {
                shell.hint(&format!("{} {}", shell.lang.pick("report:", "compte rendu :"), show::place(&report)));
            }
            code
        }
    }
}
