//! `tamis ledger`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::Shell;
use super::args::Format;
use super::show::{self, Lang};
use crate::clock::SystemClock;
use crate::ledger::{self, Fate, Ledger, LedgerError, LineCount, Release, State, Tables};

/// What is asked of a ledger of released tables. All of it is checked first.
#[derive(Debug, clap::Subcommand)]
pub enum LedgerCommand {
    /// Begin a ledger, for the first releases of an organisation.
    New(LedgerArgs),
    /// The releases, one a line.
    List(LedgerArgs),
    /// One release: its tables, and how many cells of them are published.
    Show(LedgerShowArgs),
    /// Check that every line follows from the one before, and that none is missing.
    Verify(LedgerArgs),
}

/// A ledger.
#[derive(Debug, clap::Args)]
pub struct LedgerArgs {
    /// The ledger; its head lies beside it, FILE.head.
    pub file: PathBuf,
}

/// A release in a ledger.
#[derive(Debug, clap::Args)]
pub struct LedgerShowArgs {
    /// The ledger; its head lies beside it, FILE.head.
    pub file: PathBuf,
    /// Its number in the list; default: the last.
    pub release: Option<usize>,
}

/// Shows or checks a ledger: exit 4 where it is not the one that was written, 6 where it cannot be read.
pub(super) fn ledger(shell: &Shell, command: &LedgerCommand) -> u8 {
    if let LedgerCommand::New(LedgerArgs { file }) = command {
        return match Ledger::create(file, Arc::new(SystemClock)) {
            Ok(_) => begun(shell, file),
            Err(error) => refuse(shell, file, &error),
        };
    }
    let (LedgerCommand::New(LedgerArgs { file })
    | LedgerCommand::List(LedgerArgs { file })
    | LedgerCommand::Verify(LedgerArgs { file })
    | LedgerCommand::Show(LedgerShowArgs { file, .. })) = command;
    let (releases, lines) = match ledger::read(file) {
        Ok(read) => read,
        Err(error) => return refuse(shell, file, &error),
    };
    match (command, shell.format) {
        (LedgerCommand::New(_), _) => begun(shell, file),
        (LedgerCommand::List(_), Format::Human) => shell.print(&list(shell.lang, &releases)),
        (LedgerCommand::List(_), Format::Json) => {
            let all: Vec<Value> = releases.iter().enumerate().map(|(at, release)| told(at, release)).collect();
            shell.print_json(&Value::Array(all))
        }
        (LedgerCommand::Verify(_), Format::Human) => shell.print(&sound(shell.lang, &releases, lines)),
        (LedgerCommand::Verify(_), Format::Json) => {
            let LineCount { all, after_head } = lines;
            shell.print_json(&json!({
                "sound": true,
                "lines": all,
                "lines_after_head": after_head,
                "releases": releases.len(),
            }))
        }
        (LedgerCommand::Show(args), format) => {
            let wanted = args.release.unwrap_or(releases.len());
            let found = wanted.checked_sub(1).and_then(|at| releases.get(at).map(|release| (at, release)));
            let Some((at, release)) = found else {
                let what = shell.lang.pick("the ledger has no such release", "le registre n'a pas cette diffusion");
                return shell.complain(2, &format!("{}: {what}", file.display()));
            };
            match format {
                Format::Human => shell.print(&one(shell.lang, at, release)),
                Format::Json => {
                    let mut whole = told(at, release);
                    whole["systems"] = release.tables.iter().map(system).collect();
                    shell.print_json(&whole)
                }
            }
        }
    }
}

fn begun(shell: &Shell, file: &Path) -> u8 {
    match shell.format {
        Format::Human => {
            let what = shell.lang.pick(
                "the ledger is begun; keep a copy of its head elsewhere",
                "le registre est ouvert ; gardez ailleurs une copie de sa tête",
            );
            shell.print(&format!("{}: {what} ({})\n", file.display(), ledger::head_of(file).display()))
        }
        Format::Json => shell.print_json(&json!({ "ledger": file, "head": ledger::head_of(file) })),
    }
}

/// What became of a release, for a reader.
fn state(lang: Lang, release: &Release) -> &'static str {
    match release.state {
        State::Published => lang.pick("published", "diffusée"),
        State::Withdrawn => lang.pick("not released: its run failed", "non diffusée : échec"),
        State::Pending => lang.pick("counts as published: its run was stopped", "réputée diffusée : interrompue"),
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Published => "published",
        State::Withdrawn => "withdrawn",
        State::Pending => "pending",
    }
}

fn suppressed(release: &Release) -> usize {
    release.fates(Fate::Unsafe) + release.fates(Fate::Hidden)
}

fn list(lang: Lang, releases: &[Release]) -> String {
    let n = |n: usize| show::number(lang, n as u64);
    let mut out = String::new();
    if releases.is_empty() {
        let _ = writeln!(out, "{}", lang.pick("No release yet.", "Aucune diffusion."));
    }
    for (at, release) in releases.iter().enumerate() {
        let time = release.time.format("%Y-%m-%d %H:%M");
        let cells = match lang {
            Lang::En => format!("{} cells, {} suppressed", n(release.cells()), n(suppressed(release))),
            Lang::Fr => format!("{} cases, {} masquées", n(release.cells()), n(suppressed(release))),
        };
        let Release { universe, pipeline, .. } = release;
        let state = state(lang, release);
        let _ = writeln!(out, "{:>4}  {time}  {universe}  {pipeline}  {cells}  {state}", at + 1);
    }
    out
}

fn one(lang: Lang, at: usize, release: &Release) -> String {
    let n = |n: usize| show::number(lang, n as u64);
    let mut out = list(lang, std::slice::from_ref(release)).replacen("   1", &format!("{:>4}", at + 1), 1);
    let _ = writeln!(out, "      {} {}", lang.pick("run", "traitement"), release.run);
    for tables in &release.tables {
        let count = |fate| n(tables.shown().filter(|cell| cell.fate == fate).count());
        if tables.rows {
            let what = lang.pick(
                "combinations in released rows of persons",
                "combinaisons dans des lignes individuelles diffusées",
            );
            let _ = writeln!(out, "      {} {what}", n(tables.shown().count()));
            continue;
        }
        if let Some(changed) = tables.changed {
            let (cells, what) = (n(tables.shown().count()), lang.pick("cells, changed by", "cases, modifiées par"));
            let _ = writeln!(out, "      {cells} {what} {}", changed.by.word());
            continue;
        }
        let over = match (tables.estimates, tables.sample) {
            (true, _) => lang.pick("estimates: not compared", "estimations : non comparées"),
            (_, true) => lang.pick("counts of a sample", "dénombrements sur échantillon"),
            _ => lang.pick("counts", "dénombrements"),
        };
        let (shown, published) = (n(tables.shown().count()), count(Fate::Published));
        let (few, others) = (count(Fate::Unsafe), count(Fate::Hidden));
        let _ = match lang {
            Lang::En => writeln!(
                out,
                "      {over}: {shown} cells, {published} published, {few} suppressed as unsafe, {others} to protect them"
            ),
            Lang::Fr => writeln!(
                out,
                "      {over} : {shown} cases, {published} publiées, {few} masquées pour elles-mêmes, {others} pour les protéger"
            ),
        };
    }
    out
}

fn told(at: usize, release: &Release) -> Value {
    json!({
        "release": at + 1,
        "line": release.line,
        "time": release.time.to_rfc3339(),
        "universe": release.universe,
        "pipeline": release.pipeline,
        "run": release.run,
        "state": word(release.state),
        "cells": release.cells(),
        "published": release.fates(Fate::Published),
        "suppressed": suppressed(release),
    })
}

fn system(tables: &Tables) -> Value {
    let count = |fate| tables.shown().filter(|cell| cell.fate == fate).count();
    json!({
        "over": if tables.sample { "sample" } else { "population" },
        "estimates": tables.estimates,
        "rows": tables.rows,
        "changed_by": tables.changed.map(|changed| changed.by.word()),
        "columns": tables.columns.len(),
        "cells": tables.shown().count(),
        "published": count(Fate::Published),
        "unsafe": count(Fate::Unsafe),
        "hidden": count(Fate::Hidden),
    })
}

fn sound(lang: Lang, releases: &[Release], LineCount { all, after_head }: LineCount) -> String {
    let (releases, lines) = (show::number(lang, releases.len() as u64), show::number(lang, all));
    let mut told = match lang {
        Lang::En => format!(
            "The ledger is sound: {releases} releases in {lines} lines, each following from the one before, none missing since its \
             head was written.\n"
        ),
        Lang::Fr => format!(
            "Le registre est intègre : {releases} diffusions en {lines} lignes, chacune faisant suite à la précédente ; aucune ne \
             manque depuis l'écriture de sa tête.\n"
        ),
    };
    if after_head > 0 {
        let after = show::number(lang, after_head);
        let _ = match lang {
            Lang::En => {
                writeln!(told, "{after} lines came after its head: a run was stopped, or somebody else wrote them.")
            }
            Lang::Fr => writeln!(
                told,
                "{after} lignes suivent sa tête : un traitement a été interrompu, ou un tiers les a écrites."
            ),
        };
    }
    told
}

fn refuse(shell: &Shell, file: &Path, error: &LedgerError) -> u8 {
    let code = match error {
        _ if error.is_locked() => 11,
        _ if error.is_system() => 6,
        _ => 4,
    };
    shell.complain(code, &in_words(shell.lang, &file.display().to_string(), error))
}

/// Why a ledger cannot be used; `file` is its path, or a word for it.
pub(super) fn in_words(lang: Lang, file: &str, error: &LedgerError) -> String {
    match (lang, error) {
        (Lang::Fr, LedgerError::NoHead { .. }) => format!(
            "{file} : ce registre n'a plus sa tête (« .head ») ; sans elle, nul ne peut dire si des diffusions manquent"
        ),
        (Lang::Fr, LedgerError::Gone { .. }) => {
            format!("{file} : le registre a disparu, sa tête est restée ; remettez-le en place")
        }
        (Lang::Fr, LedgerError::Absent { .. }) => {
            format!(
                "{file} : aucun registre ici ; si ces diffusions sont les premières, ouvrez-le : tamis ledger new {file}"
            )
        }
        (Lang::Fr, LedgerError::Stands { .. }) => format!("{file} : ce registre existe déjà"),
        (Lang::Fr, LedgerError::Head { .. }) => format!("{file} : la tête du registre n'a pas pu être utilisée"),
        (Lang::Fr, LedgerError::NotALedger { line }) => {
            format!("{file} : la ligne {line} n'est pas celle d'un registre de diffusions")
        }
        (Lang::Fr, LedgerError::Log(error)) => {
            let told = super::audit::in_french(error).unwrap_or_else(|| error.to_string());
            format!("{file} : {told}")
        }
        (_, LedgerError::Log(error)) => format!("{file}: {error}"),
        (_, error) => error.to_string(),
    }
}
