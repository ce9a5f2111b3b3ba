//! `tamis attack`.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::args::Format;
use super::sample::in_reception;
use super::{Shell, french};
use crate::pipeline::{self, Attack, AttackOptions, Fallen};

/// Arguments of `tamis attack`.
#[derive(Debug, clap::Args)]
pub struct AttackArgs {
    /// Published tables over the same records, as CSV or Parquet; columns of one name mean the same.
    #[arg(required = true)]
    pub tables: Vec<PathBuf>,
    /// Columns that make the cells; default: those before the numbers.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub by: Option<Vec<String>>,
    /// Column of numbers, none of which is negative; empty where they are suppressed. Default: records, else persons.
    #[arg(long, value_name = "COLUMN")]
    pub value: Option<String>,
    /// Column of statuses.
    #[arg(long, value_name = "COLUMN", default_value = crate::pipeline::STATUS_COLUMN)]
    pub status: String,
    /// What stands for all values together.
    #[arg(long, value_name = "CODE", default_value = crate::pipeline::TOTAL_CODE)]
    pub total: String,
    /// The threshold in persons, where statuses tell which cells are under it: the intruder uses that too.
    #[arg(long, value_name = "PERSONS")]
    pub threshold: Option<u64>,
    /// Cells of nobody are suppressed as those of few are (zeros = "unsafe").
    #[arg(long, requires = "threshold")]
    pub zeros: bool,
}

/// Plays the intruder on published tables: exit 4 where a suppressed cell is found.
pub(super) fn attack(shell: &Shell, args: &AttackArgs) -> u8 {
    if let Some(table) = args.tables.iter().find(|table| in_reception(table)) {
        let told = shell.lang.pick(
            "lies in an opened release: nothing of it is written out again (R12)",
            "se trouve dans une transmission ouverte : rien n'en est réécrit (R12)",
        );
        return shell.complain(4, &format!("{} {told}", table.display()));
    }
    let fail = |error: pipeline::RunError| shell.complain(error.exit_code(), &french::of_run(shell.lang, &error));
    let columns = match pipeline::columns_of_table(&args.tables, args.by.as_deref(), args.value.as_deref()) {
        Ok(columns) => columns,
        Err(error) => return fail(error),
    };
    let (by, value) = columns;
    let options = AttackOptions {
        files: args.tables.clone(),
        by,
        value,
        status: args.status.clone(),
        total: args.total.clone(),
        threshold: args.threshold,
        zeros: args.zeros,
    };
    match pipeline::attack(&options) {
        Err(error) => fail(error),
        Ok(found) => {
            let printed = match shell.format {
                Format::Json => shell.print_json(&as_json(&found)),
                Format::Human => shell.print(&told(shell, &options, &found)),
            };
            if printed == 0 && found.fallen() > 0 { 4 } else { printed }
        }
    }
}

fn as_json(found: &Attack) -> Value {
    let finite = |end: f64| if end.is_finite() { json!(end) } else { Value::Null };
    json!({
        "cells": found.cells,
        "suppressed": found.suppressed.len(),
        "fallen": found.fallen(),
        "undecided": found.undecided,
        "intervals": found.suppressed.iter().map(|cell| json!({
            "cell": found.by.iter().cloned().zip(cell.codes.iter().map(|code| json!(code))).collect::<serde_json::Map<_, _>>(),
            "low": finite(cell.interval.0),
            "high": finite(cell.interval.1),
            "derivable": cell.derivable,
            "exact": cell.exact,
        })).collect::<Value>(),
    })
}

fn told(shell: &Shell, options: &AttackOptions, found: &Attack) -> String {
    let lang = shell.lang;
    let mut text = String::new();
    let mut cells: Vec<&Fallen> = found.suppressed.iter().collect();
    let width = |cell: &Fallen| cell.interval.1 - cell.interval.0;
    cells.sort_by(|a, b| width(a).total_cmp(&width(b)).then_with(|| a.codes.cmp(&b.codes)));
    let _ = writeln!(
        text,
        "{}",
        lang.pick("Suppressed cells, the least hidden first:", "Cases masquées, les moins protégées d'abord :")
    );
    for cell in cells {
        let codes =
            cell.codes.iter().map(|code| code.as_deref().unwrap_or(&options.total)).collect::<Vec<_>>().join(" · ");
        let end = |end: f64| if end.is_finite() { format!("{}", (end * 1e6).round() / 1e6) } else { "∞".to_owned() };
        let verdict = match (cell.derivable, cell.exact) {
            (true, _) => lang.pick("  FOUND: follows from published cells", "  TROUVÉE : se déduit des cases publiées"),
            (false, true) => lang.pick("  FOUND: only one number is possible", "  TROUVÉE : un seul nombre possible"),
            (false, false) => "",
        };
        let interval = format!("[{} ; {}]", end(cell.interval.0), end(cell.interval.1));
        let _ = writeln!(text, "  {interval:<24} {codes}{verdict}");
    }
    let (of, fell) =
        (lang.pick("suppressed of", "masquées sur"), lang.pick("found by the attack", "trouvées par l'attaque"));
    let _ = writeln!(
        text,
        "{} {of} {} ({}): {} {fell}",
        found.suppressed.len(),
        found.cells,
        options.value,
        found.fallen()
    );
    if found.undecided > 0 {
        let what = lang.pick("of which elimination found no end", "pour lesquelles l'élimination n'a pas abouti");
        let _ = writeln!(text, "{} {what}", found.undecided);
    }
    text
}
