//! `tamis runs`: what was run, what became of it, what changed from one run to another; and releases that may go.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::args::Format;
use super::report::{code_of, told};
use super::{Shell, close, french, show};
use crate::account::{AccountError, Change, Compared, Papers, Passed, Verdict, compare, gates};
use crate::clock::{Clock, SystemClock};
use crate::disk;
use crate::pipeline;
use crate::words::{Lang, Words};

/// `tamis runs`.
#[derive(Debug, clap::Subcommand)]
pub enum RunsCommand {
    /// The runs in a folder, one a line, the latest last.
    List(ListArgs),
    /// One run: verdict, gates, what it read, what came of it.
    Show(ShowArgs),
    /// What changed from one run to another: in the pipeline, in what was read, in what came of it.
    Diff(DiffArgs),
    /// Remove releases in the clear that are older than some days; dossiers stay. Only shows what would go, unless --yes is given.
    Purge(PurgeArgs),
}

/// Arguments of `tamis runs list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// The folder that a pipeline writes to ([export] to).
    #[arg(default_value = "out")]
    pub folder: PathBuf,
    /// Only runs of this pipeline.
    #[arg(long, value_name = "NAME")]
    pub pipeline: Option<String>,
}

/// Arguments of `tamis runs show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The directory of a run.
    pub run: PathBuf,
}

/// Arguments of `tamis runs diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The directory of the earlier run.
    pub before: PathBuf,
    /// The directory of the later run.
    pub after: PathBuf,
}

/// Arguments of `tamis runs purge`.
#[derive(Debug, clap::Args)]
pub struct PurgeArgs {
    /// The folder that a pipeline writes to ([export] to).
    #[arg(default_value = "out")]
    pub folder: PathBuf,
    /// Releases of runs that began more days ago than this.
    #[arg(long, value_name = "DAYS")]
    pub older_than: u32,
    /// Only runs of this pipeline.
    #[arg(long, value_name = "NAME")]
    pub pipeline: Option<String>,
    /// Who removes them, for the dossiers.
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
    /// Remove them.
    #[arg(long)]
    pub yes: bool,
}

/// Looks at runs: exit 2 where a folder is not a run's, 6 where it cannot be read.
pub(super) fn runs(shell: &Shell, command: &RunsCommand) -> u8 {
    let outcome = match command {
        RunsCommand::List(args) => list(shell, args),
        RunsCommand::Show(args) => one(shell, &args.run),
        RunsCommand::Diff(args) => diff(shell, args),
        RunsCommand::Purge(args) => purge(shell, args),
    };
    outcome.unwrap_or_else(|code| code)
}

fn refuse(shell: &Shell) -> impl Fn(AccountError) -> u8 + '_ {
    |error| shell.complain(code_of(&error), &told(shell.lang, &error))
}

/// The runs in a folder, of one pipeline where it is named, by their times.
fn all(shell: &Shell, folder: &Path, pipeline: Option<&str>) -> Result<Vec<(PathBuf, Papers)>, u8> {
    let mut runs = Papers::all(folder).map_err(refuse(shell))?;
    runs.retain(|(_, papers)| pipeline.is_none_or(|name| papers.pipeline() == name));
    runs.sort_by_key(|(run, papers)| (began(papers), run.clone()));
    Ok(runs)
}

/// When a run began, as its name says.
fn began(papers: &Papers) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(papers.run_name(), "%Y%m%dT%H%M%S%.3fZ").ok().map(|time| time.and_utc())
}

/// In one word, for a list.
fn in_a_word(lang: Lang, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Released => lang.pick("released", "transmis"),
        Verdict::Waiting => lang.pick("waits", "en attente"),
        Verdict::NotClosed => lang.pick("not closed", "non clos"),
        Verdict::Nothing => lang.pick("nothing", "rien"),
        Verdict::Uncertain => lang.pick("uncertain", "incertain"),
    }
}

fn list(shell: &Shell, args: &ListArgs) -> Result<u8, u8> {
    let runs = all(shell, &args.folder, args.pipeline.as_deref())?;
    let figure = |papers: &Papers, key: &str| papers.summary["records"][key].as_u64();
    if shell.format == Format::Json {
        let told = |(run, papers): &(PathBuf, Papers)| {
            json!({
                "directory": run,
                "pipeline": papers.pipeline(),
                "run": papers.run_name(),
                "id": papers.run["id"],
                "verdict": Verdict::of(papers).word(),
                "read": figure(papers, "read"),
                "released": figure(papers, "released"),
                "seconds": papers.summary["seconds"],
                "release_stands": disk::exists(&run.join("release")),
            })
        };
        return Ok(shell.print_json(&runs.iter().map(told).collect::<Value>()));
    }
    if runs.is_empty() {
        let none = shell.lang.pick("no run has written to", "aucune exécution n'a écrit dans");
        return Ok(shell.print(&format!("{none} {}\n", show::place(&args.folder))));
    }
    let lang = shell.lang;
    let heads = [
        lang.pick("began (UTC)", "début (UTC)"),
        lang.pick("pipeline", "traitement"),
        lang.pick("verdict", "verdict"),
        lang.pick("read", "lus"),
        lang.pick("released", "transmis"),
        lang.pick("seconds", "secondes"),
        lang.pick("directory", "dossier"),
    ];
    let mut rows = vec![heads.map(str::to_owned)];
    for (run, papers) in &runs {
        let shown = |key: &str| figure(papers, key).map_or_else(|| "–".to_owned(), |n| show::number(lang, n));
        let time = began(papers).map_or_else(String::new, |time| time.format("%Y-%m-%d %H:%M").to_string());
        let seconds = papers.summary["seconds"].as_f64().map_or_else(|| "–".to_owned(), |s| format!("{s:.1}"));
        let verdict = in_a_word(lang, Verdict::of(papers)).to_owned();
        let (read, released) = (shown("read"), shown("released"));
        rows.push([time, papers.pipeline().to_owned(), verdict, read, released, seconds, show::place(run)]);
    }
    Ok(shell.print(&columns(&rows, &[3, 4, 5])))
}

/// Rows of cells in columns; those of figures stand at the right.
fn columns<const N: usize>(rows: &[[String; N]], figures: &[usize]) -> String {
    let widths: [usize; N] =
        std::array::from_fn(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0));
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[at] - cell.chars().count());
            let _ = match figures.contains(&at) {
                true => write!(line, "{pad}{cell}  "),
                false => write!(line, "{cell}{pad}  "),
            };
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn one(shell: &Shell, run: &Path) -> Result<u8, u8> {
    let papers = Papers::read(run).map_err(refuse(shell))?;
    if shell.format == Format::Json {
        return Ok(shell.print_json(&papers.to_json()));
    }
    let (lang, words) = (shell.lang, Words::new(shell.lang));
    let verdict = Verdict::of(&papers);
    let mut out = format!("{} · {}\n", papers.pipeline(), papers.run_name());
    let _ = writeln!(out, "{}\n", words.say(&format!("run-verdict-{}", verdict.word())));
    let named: Vec<(String, String)> =
        gates(&papers).iter().map(|gate| (words.say(&format!("run-gate-{}", gate.name)), gate.told(&words))).collect();
    let width = named.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (gate, (name, told)) in gates(&papers).iter().zip(&named) {
        let mark = match gate.passed {
            Passed::Yes => "✓",
            Passed::No => "✗",
            Passed::Look => "!",
            Passed::NotAsked => "–",
        };
        let _ = writeln!(out, "  {mark} {name}{}  {told}", " ".repeat(width - name.chars().count()));
    }
    let inputs = papers.run["inputs"].as_array().map_or(&[][..], Vec::as_slice);
    if !inputs.is_empty() {
        let _ = writeln!(out, "\n{}", lang.pick("Files read", "Fichiers lus"));
    }
    for input in inputs {
        let bytes = show::number(lang, input["bytes"].as_u64().unwrap_or(0));
        let (file, hash) = (input["file"].as_str().unwrap_or_default(), input["sha256"].as_str().unwrap_or_default());
        let _ = writeln!(out, "  {file}  {bytes} {}  sha256 {hash}", lang.pick("bytes", "octets"));
    }
    let dossier = run.join("dossier");
    let next = match verdict {
        Verdict::Waiting => Some(
            lang.pick("tamis destroy RUN --acknowledgement NOTE", "tamis destroy EXÉCUTION --acknowledgement NOTE"),
        ),
        Verdict::NotClosed | Verdict::Uncertain => Some(lang.pick("tamis resume RUN", "tamis resume EXÉCUTION")),
        Verdict::Released | Verdict::Nothing => None,
    };
    let _ = writeln!(out, "\n{} {}", lang.pick("Dossier:", "Dossier :"), show::place(&dossier));
    if let Some(next) = next {
        let _ = writeln!(out, "{} {next}", lang.pick("Next:", "Ensuite :"));
    }
    Ok(shell.print(&out))
}

fn diff(shell: &Shell, args: &DiffArgs) -> Result<u8, u8> {
    let before = Papers::alone(&args.before).map_err(refuse(shell))?;
    let after = Papers::alone(&args.after).map_err(refuse(shell))?;
    let compared = compare(&before, &after);
    if shell.format == Format::Json {
        return Ok(shell.print_json(&compared.to_json()));
    }
    Ok(shell.print(&differing(shell.lang, &compared)))
}

fn differing(lang: Lang, Compared { pipeline, inputs, figures }: &Compared) -> String {
    let [same, new, gone] = inputs.map(|files| show::number(lang, files));
    let mut out = String::new();
    let _ = match lang {
        Lang::En => writeln!(out, "Files: {same} the same, {new} new, {gone} no longer read"),
        Lang::Fr => writeln!(out, "Fichiers : {same} identiques, {new} nouveaux, {gone} qui ne sont plus lus"),
    };
    let parts = [(lang.pick("Pipeline", "Traitement"), pipeline), (lang.pick("Figures", "Chiffres"), figures)];
    for (title, changes) in parts {
        if changes.is_empty() {
            let _ = writeln!(out, "{title}: {}", lang.pick("the same", "identiques"));
            continue;
        }
        let _ = writeln!(out, "{title}:");
        let rows: Vec<[String; 4]> = changes.iter().map(|change| row(lang, change)).collect();
        for line in columns(&rows, &[1, 2, 3]).lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}

/// What, before, after, and by how much where both are counts.
fn row(lang: Lang, Change { what, before, after }: &Change) -> [String; 4] {
    let told = |value: &Value| match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.as_u64().map_or_else(|| other.to_string(), |n| show::number(lang, n)),
    };
    let by = match (before.as_u64(), after.as_u64()) {
        (Some(before), Some(after)) if after >= before => format!("+{}", show::number(lang, after - before)),
        (Some(before), Some(after)) => format!("−{}", show::number(lang, before - after)),
        _ => String::new(),
    };
    [what.clone(), told(before), format!("→ {}", told(after)), by]
}

fn purge(shell: &Shell, args: &PurgeArgs) -> Result<u8, u8> {
    let operator = close::operator(shell, args.operator.as_deref())?;
    let oldest = SystemClock.now() - TimeDelta::days(i64::from(args.older_than));
    let mut runs = all(shell, &args.folder, args.pipeline.as_deref())?;
    runs.retain(|(run, papers)| {
        Verdict::of(papers).is_over() && began(papers).is_some_and(|b| b < oldest) && disk::exists(&run.join("release"))
    });
    let mut done: Vec<(&Path, u64)> = Vec::new();
    for (run, _) in runs.iter().filter(|_| args.yes) {
        let removed = pipeline::purge(run, &operator, &SystemClock)
            .map_err(|error| shell.complain(error.exit_code(), &french::of_run(shell.lang, &error)))?;
        done.push((run, removed.bytes()));
    }
    let lang = shell.lang;
    if shell.format == Format::Json {
        let runs: Vec<&PathBuf> = runs.iter().map(|(run, _)| run).collect();
        let bytes: u64 = done.iter().map(|(_, bytes)| bytes).sum();
        return Ok(shell.print_json(&json!({ "releases": runs, "removed": args.yes, "bytes": bytes })));
    }
    let mut out = String::new();
    for (run, _) in &runs {
        let _ = writeln!(out, "{}", show::place(&run.join("release")));
    }
    let n = show::number(lang, runs.len() as u64);
    let _ = match (lang, args.yes) {
        (Lang::En, true) => writeln!(out, "{n} releases removed; their dossiers stay"),
        (Lang::En, false) => writeln!(out, "{n} releases would go, their dossiers would stay; --yes removes them"),
        (Lang::Fr, true) => writeln!(out, "{n} transmissions supprimées ; leurs dossiers restent"),
        (Lang::Fr, false) => {
            writeln!(out, "{n} transmissions seraient supprimées, leurs dossiers resteraient ; --yes les supprime")
        }
    };
    Ok(shell.print(&out))
}
