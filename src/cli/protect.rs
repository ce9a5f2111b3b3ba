//! `tamis protect`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::Format;
use super::ledger::in_words;
use super::sample::in_reception;
use super::show::held;
use super::{Shell, french};
use crate::clock::{Clock, SystemClock};
use crate::config::ReadyTables;
use crate::disk;
use crate::pipeline::{self, EarlierSummary, ReadyProtected, RunError};

/// What is protected.
#[derive(Debug, clap::Subcommand)]
pub enum ProtectCommand {
    /// Suppress cells of ready-made tables until no unsafe one follows from the others.
    Tables(ProtectTablesArgs),
}

/// Arguments of `tamis protect tables`.
#[derive(Debug, clap::Args)]
pub struct ProtectTablesArgs {
    /// The file that names the tables and their rules: [tables], [[table]], [table.protect].
    pub spec: PathBuf,
    /// Folder that is made for the protected tables and the sender's report.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Protects ready-made tables: exit 4 where a cell cannot be protected.
pub(super) fn protect(shell: &Shell, ProtectCommand::Tables(args): &ProtectCommand) -> u8 {
    tables(shell, args).unwrap_or_else(|code| code)
}

fn tables(shell: &Shell, args: &ProtectTablesArgs) -> Result<u8, u8> {
    if disk::exists(&args.out) {
        return Err(shell.refuse_taken(&args.out));
    }
    let spec = ReadyTables::read(&args.spec).map_err(|error| shell.refuse_pipeline(error))?;
    let lists = spec.tables.iter().filter_map(|table| table.perturb.as_ref()?.cells.as_ref());
    if let Some(file) = spec.tables.iter().map(|table| &table.file).chain(lists).find(|file| in_reception(file)) {
        let told = shell.lang.pick(
            "lies in an opened release: nothing of it is written out again (R12)",
            "se trouve dans une transmission ouverte : rien n'en est réécrit (R12)",
        );
        return Err(shell.complain(4, &format!("{} {told}", file.display())));
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let done = pipeline::release_ready(&spec, &args.out, &clock);
    let done = done.map_err(|error| match (&error, &spec.ledger) {
        (RunError::Ledger(why), Some(of)) => {
            shell.complain(error.exit_code(), &in_words(shell.lang, &of.file.display().to_string(), why))
        }
        _ => shell.complain(error.exit_code(), &french::of_run(shell.lang, &error)),
    })?;
    if !done.is_safe() {
        return Err(shell.complain(4, &unprotected(shell, &done)));
    }
    Ok(match shell.format {
        Format::Json => shell.print_json(&summary(&args.out, &done)),
        Format::Human => shell.print(&told(shell, &args.out, &done)),
    })
}

/// Which cells cannot be protected, by their codes.
fn unprotected(shell: &Shell, done: &ReadyProtected) -> String {
    const SHOWN: usize = 10;
    let lang = shell.lang;
    if let Some(earlier) = done.earlier.as_ref().filter(|_| done.unprotected.is_empty()) {
        let what = lang.pick(
            "numbers of few would follow from earlier releases of the ledger, whatever is suppressed; nothing was written",
            "nombres de peu de contributeurs se déduiraient des diffusions antérieures du registre, quoi que l'on masque ; rien n'a été écrit",
        );
        return format!("{} {what}", earlier.unprotected);
    }
    let what = lang.pick(
        "cells cannot be protected, whatever is suppressed; nothing was written:",
        "cases ne peuvent être protégées, quoi que l'on masque ; rien n'a été écrit :",
    );
    let place = |cell: &Vec<(String, String)>| {
        cell.iter().map(|(column, code)| format!("{column}={code}")).collect::<Vec<_>>().join(" · ")
    };
    let places: Vec<String> = done.unprotected.iter().take(SHOWN).map(place).collect();
    let more = if done.unprotected.len() > SHOWN { " …" } else { "" };
    format!("{} {what} {}{more}", done.unprotected.len(), places.join(" ; "))
}

fn summary(out: &Path, done: &ReadyProtected) -> Value {
    let table = |table: &pipeline::ReadyFile| {
        json!({
            "name": table.name,
            "cells": table.cells,
            "primary": table.primary,
            "secondary": table.secondary,
            "perturbed": table.perturbed,
        })
    };
    json!({
        "out": out.display().to_string(),
        "tables": done.tables.iter().map(table).collect::<Vec<_>>(),
        "earlier_releases": done.earlier.as_ref().map(EarlierSummary::to_json),
    })
}

fn told(shell: &Shell, out: &Path, done: &ReadyProtected) -> String {
    let lang = shell.lang;
    let mut text = String::new();
    for table in &done.tables {
        if table.perturbed {
            let what = lang.pick("cells, all perturbed", "cases, toutes perturbées");
            let _ = writeln!(text, "  {:<24} {:>8} {what}", table.name, table.cells);
            continue;
        }
        let _ = writeln!(
            text,
            "  {:<24} {:>8} {}, {} {}, {} {}",
            table.name,
            table.cells,
            lang.pick("cells", "cases"),
            table.primary,
            lang.pick("suppressed by the rules", "masquées par les règles"),
            table.secondary,
            lang.pick("to protect them", "pour les protéger"),
        );
    }
    if let Some(earlier) = &done.earlier {
        held(lang, earlier, &mut text);
    }
    let report = lang.pick(
        "rapport.json holds what was suppressed or changed: it is for the sender alone",
        "rapport.json contient ce qui est masqué ou modifié : il n'est destiné qu'à l'émetteur",
    );
    let _ = writeln!(text, "→ {} ({report})", out.display());
    text
}
