//! `tamis worker` and `tamis cluster`: the passes of a run on many machines, and what one machine makes of them.

use std::io::{BufWriter, stdin, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::Format;
use super::listening::{Listening, LogForm};
use super::progress::Bars;
use super::signals::Signals;
use super::{Shell, close, french, keys, report, show};
use crate::clock::SystemClock;
use crate::config::Pipeline;
use crate::keys::{KeySource, MasterKey, load_root};
use crate::pipeline::{self, Around, Parts, Pass, Repeat, RunError, RunOptions, Watch};
use crate::worker::{Folder, Writer, parts};

/// Arguments of `tamis worker`.
#[derive(Debug, clap::Args)]
pub struct WorkerArgs {
    /// The pass.
    #[arg(value_parser = ["sieve", "unique", "census", "draw", "summary", "release"])]
    pub pass: String,
    /// The pipeline file, the same to the byte on every machine.
    pub pipeline: PathBuf,
    /// Folder with the key of the run and the plans made so far.
    #[arg(long, value_name = "DIR")]
    pub folder: PathBuf,
    /// Key of the run where it does not lie in the folder: FILE, credential:NAME (systemd) or fd:N.
    #[arg(long, value_name = "KEY")]
    pub run_key: Option<String>,
    /// The source whose records come, for the pass sieve.
    #[arg(long, value_name = "SOURCE", required_if_eq("pass", "sieve"))]
    pub source: Option<String>,
}

/// `tamis cluster`.
#[derive(Debug, clap::Subcommand)]
pub enum ClusterCommand {
    /// List the stages of a pipeline as JSON: arguments, shuffle keys, sort, schema.
    Plan(ClusterPlanArgs),
    /// Make the folder of a run, with its key and what all workers are to know.
    Begin(ClusterBeginArgs),
    /// Make the plan of a pass of what all workers gave in it, which comes on standard input.
    Merge(ClusterMergeArgs),
    /// Write the release of what the workers selected, which comes on standard input; then destroy the folder.
    Finish(ClusterFinishArgs),
    /// Destroy the folder of a run that failed.
    Clear(ClusterClearArgs),
}

/// Arguments of `tamis cluster plan`.
#[derive(Debug, clap::Args)]
pub struct ClusterPlanArgs {
    /// The pipeline file.
    pub pipeline: PathBuf,
}

/// Arguments of `tamis cluster begin`.
#[derive(Debug, clap::Args)]
pub struct ClusterBeginArgs {
    /// The pipeline file.
    pub pipeline: PathBuf,
    /// The folder; it must not exist yet.
    #[arg(long, value_name = "DIR")]
    pub folder: PathBuf,
    /// Root key of the run in place of a fresh one, so that the run can be repeated: FILE, credential:NAME (systemd) or fd:N.
    #[arg(long, value_name = "KEY")]
    pub root_key: Option<String>,
}

/// Arguments of `tamis cluster merge`.
#[derive(Debug, clap::Args)]
pub struct ClusterMergeArgs {
    /// The pass.
    #[arg(value_parser = ["sieve", "unique", "census", "draw", "summary"])]
    pub pass: String,
    /// The pipeline file.
    pub pipeline: PathBuf,
    /// Folder of the run.
    #[arg(long, value_name = "DIR")]
    pub folder: PathBuf,
}

/// Arguments of `tamis cluster finish`.
#[derive(Debug, clap::Args)]
pub struct ClusterFinishArgs {
    /// The pipeline file.
    pub pipeline: PathBuf,
    /// Folder of the run.
    #[arg(long, value_name = "DIR")]
    pub folder: PathBuf,
    /// Folder under which the run directory is made, instead of the pipeline's [export] to.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The signing key of a sealed release, or of one in the clear whose files shall be vouched for: FILE, credential:NAME or fd:N.
    #[arg(long, value_name = "KEY")]
    pub signing_key: Option<String>,
    /// Who runs it, for log and certificate.
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
}

/// Arguments of `tamis cluster clear`.
#[derive(Debug, clap::Args)]
pub struct ClusterClearArgs {
    /// Folder of the run.
    #[arg(long, value_name = "DIR")]
    pub folder: PathBuf,
}

/// Why a command did not end well: an exit code that was told already, or an error that is not.
enum Stop {
    Told(u8),
    Run(RunError),
}

impl<E: Into<RunError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Run(error.into())
    }
}

fn ended(shell: &Shell, outcome: Result<u8, Stop>) -> u8 {
    match outcome {
        Ok(code) | Err(Stop::Told(code)) => code,
        Err(Stop::Run(error)) => shell.complain(error.exit_code(), &french::of_run(shell.lang, &error)),
    }
}

fn read(shell: &Shell, path: &Path) -> Result<Pipeline, Stop> {
    Pipeline::read(path).map_err(|error| Stop::Told(shell.refuse_pipeline(error)))
}

/// Nobody is told of progress: standard error is the engine's log. A signal stops the pass.
struct Quiet(Signals);

impl Watch for Quiet {
    fn stop(&self) -> Option<i32> {
        self.0.received()
    }
}

/// One pass, from standard input to standard output.
pub(super) fn worker(shell: &Shell, args: &WorkerArgs) -> u8 {
    ended(shell, pass(shell, args))
}

fn pass(shell: &Shell, args: &WorkerArgs) -> Result<u8, Stop> {
    let pipeline = read(shell, &args.pipeline)?;
    let folder = Folder::at(&args.folder);
    let watch = Quiet(Signals::listen());
    let key = args.run_key.as_deref().map_or_else(|| Ok(folder.key()?), |text| given(shell, text))?;
    // An engine runs one worker a core.
    let around = Around { pipeline: &pipeline, key, threads: shell.threads.unwrap_or(1), watch: &watch };
    let mut out = Writer::new(BufWriter::new(stdout()))?;
    let emit = &mut |part| out.put(part);
    match (Pass::named(&args.pass), &args.source) {
        (Some(Pass::Sieve), Some(source)) => pipeline::sieve(around, source, stdin(), folder.known(), emit)?,
        (Some(pass), None) => pipeline::work(around, pass, folder.known(), parts(stdin()), emit)?,
        _ => return Err(Stop::Told(shell.complain(2, "--source names a source for the pass sieve, and for no other"))),
    }
    // The mark of the end comes last: whoever reads takes nothing for whole before.
    drop(out.finish()?);
    Ok(0)
}

fn around<'a>(
    shell: &Shell,
    pipeline: &'a Pipeline,
    folder: &Folder,
    watch: &'a dyn Watch,
) -> Result<Around<'a>, Stop> {
    Ok(Around { pipeline, key: folder.key()?, threads: shell.threads.unwrap_or(1), watch })
}

/// What one machine does.
pub(super) fn cluster(shell: &Shell, command: &ClusterCommand) -> u8 {
    let outcome = match command {
        ClusterCommand::Plan(args) => plan(shell, args),
        ClusterCommand::Begin(args) => begin(shell, args),
        ClusterCommand::Merge(args) => merge(shell, args),
        ClusterCommand::Finish(args) => finish(shell, args),
        ClusterCommand::Clear(args) => Folder::at(&args.folder).destroy().map(|()| 0).map_err(Stop::Run),
    };
    ended(shell, outcome)
}

fn plan(shell: &Shell, args: &ClusterPlanArgs) -> Result<u8, Stop> {
    Ok(shell.print_json(&pipeline::stages(&read(shell, &args.pipeline)?)?))
}

fn begin(shell: &Shell, args: &ClusterBeginArgs) -> Result<u8, Stop> {
    let pipeline = read(shell, &args.pipeline)?;
    pipeline::stages(&pipeline)?;
    let given = args.root_key.as_deref().map(|text| given(shell, text)).transpose()?;
    let folder = Folder::begin(&args.folder, given)?;
    let watch = Quiet(Signals::listen());
    let begun = around(shell, &pipeline, &folder, &watch).and_then(|around| {
        let mut plan = folder.new_plan(Pass::Begin)?;
        pipeline::begin(around, args.root_key.is_some(), &mut |part| plan.put(part))?;
        drop(plan.finish()?);
        Ok(0)
    });
    if begun.is_err() {
        // The first error is the one to tell.
        let _ = folder.destroy();
    }
    begun
}

fn given(shell: &Shell, text: &str) -> Result<MasterKey, Stop> {
    let source = text.parse::<KeySource>().map_err(|error| Stop::Told(shell.complain(2, &error.to_string())))?;
    Ok(load_root(&source)?)
}

fn merge(shell: &Shell, args: &ClusterMergeArgs) -> Result<u8, Stop> {
    let pipeline = read(shell, &args.pipeline)?;
    let folder = Folder::at(&args.folder);
    let pass = Pass::named(&args.pass).ok_or(RunError::Bug("a pass without a name"))?;
    let watch = Quiet(Signals::listen());
    let around = around(shell, &pipeline, &folder, &watch)?;
    let known = folder.known();
    let mut made = Vec::new();
    let mut stripped = if pass == Pass::Sieve { Some(folder.new_stripped()?) } else { None };
    let take = &mut |part| match &mut stripped {
        Some(stripped) => stripped.put(part),
        None => Err(RunError::Bug("fingerprints come from the sieve alone")),
    };
    let keep = &mut |part| {
        made.push(part);
        Ok(())
    };
    let merged = pipeline::merge(around, pass, known, parts(stdin()), keep, take);
    if let (Err(RunError::Rejected { sources, .. }), Format::Human) = (&merged, shell.format) {
        shell.print(&show::findings(shell.lang, sources, 0));
    }
    merged?;
    if let Some(stripped) = stripped {
        drop(stripped.finish()?);
    }
    let mut plan = folder.new_plan(pass)?;
    made.into_iter().try_for_each(|part| plan.put(part))?;
    drop(plan.finish()?);
    Ok(0)
}

fn finish(shell: &Shell, args: &ClusterFinishArgs) -> Result<u8, Stop> {
    let pipeline = read(shell, &args.pipeline)?;
    let folder = Folder::at(&args.folder);
    let signer = keys::of_run(shell, &pipeline, args.signing_key.as_deref()).map_err(Stop::Told)?;
    let operator = close::operator(shell, args.operator.as_deref()).map_err(Stop::Told)?;
    let listening = Listening::new(Bars::new(shell.lang, Signals::listen()), LogForm::default(), &pipeline.name);
    let options = RunOptions {
        out: args.out.clone(),
        threads: shell.threads,
        key: Some(folder.key()?),
        draw_key: None,
        epoch: None,
        signer: signer.as_ref(),
        operator: Some(operator),
        repeat: Repeat::Allowed,
        clock: Arc::new(SystemClock),
        watch: &listening,
    };
    let parts: (Parts, Parts, Parts) = (folder.known(), folder.stripped(), parts(stdin()));
    let end = {
        let folder = Folder::at(&args.folder);
        Box::new(move || folder.destroy())
    };
    let outcome = pipeline::finish(&pipeline, folder.key()?, options, parts, end);
    if let Some(run) = listening.end() {
        report::leave(shell, &run);
    }
    let summary = outcome?;
    listening.ended(summary.exit_code());
    let printed = match shell.format {
        Format::Human => shell.print(&show::summary(shell.lang, &summary, &pipeline, &args.pipeline)),
        Format::Json => shell.print_json(&summary.to_json()),
    };
    Ok(if printed == 0 { summary.exit_code() } else { printed })
}
