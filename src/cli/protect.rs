//! `tamis protect`.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Shell;
use super::args::Format;
use super::sample::in_reception;
use super::show::with_causes;
use crate::config::ReadyTables;
use crate::disk;
use crate::pipeline::{self, ReadyProtected};

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
        let told = shell.lang.pick("exists already; nothing is overwritten", "existe déjà ; rien n'est écrasé");
        return Err(shell.complain(2, &format!("{} {told}", args.out.display())));
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
    let done = pipeline::protect_ready(&spec);
    let done = done.map_err(|error| shell.complain(error.exit_code(), &with_causes(&error)))?;
    if !done.unprotected.is_empty() {
        return Err(shell.complain(4, &unprotected(shell, &done)));
    }
    let written = write(&args.out, &done);
    written.map_err(|error| shell.complain(6, &format!("{}: {}", args.out.display(), error.kind())))?;
    Ok(match shell.format {
        Format::Json => shell.print_json(&summary(&args.out, &done)),
        Format::Human => shell.print(&told(shell, &args.out, &done)),
    })
}

/// The whole folder or nothing: it gets its name when all files are in it.
fn write(out: &Path, done: &ReadyProtected) -> io::Result<()> {
    let partial = disk::partial_name(out);
    disk::create_folder(&partial)?;
    let fill = || -> io::Result<()> {
        for table in &done.tables {
            disk::write_new(&partial.join(format!("{}.csv", table.name)), table.csv.as_bytes())?;
        }
        disk::write_new(&partial.join("rapport.json"), format!("{:#}\n", done.report).as_bytes())?;
        disk::rename_new(&partial, out)?;
        out.parent().map_or(Ok(()), disk::sync_folder)
    };
    fill().inspect_err(|_| {
        // Suppressed numbers stand in it; the first error is the one to report.
        let _ = disk::remove_tree(&partial);
    })
}

/// Which cells cannot be protected, by their codes.
fn unprotected(shell: &Shell, done: &ReadyProtected) -> String {
    const SHOWN: usize = 10;
    let lang = shell.lang;
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
    json!({ "out": out.display().to_string(), "tables": done.tables.iter().map(table).collect::<Vec<_>>() })
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
    let report = lang.pick(
        "rapport.json holds what was suppressed or changed: it is for the sender alone",
        "rapport.json contient ce qui est masqué ou modifié : il n'est destiné qu'à l'émetteur",
    );
    let _ = writeln!(text, "→ {} ({report})", out.display());
    text
}
