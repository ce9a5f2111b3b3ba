//! `tamis anonymise`.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::Format;
use super::sample::in_reception;
use super::show::{Lang, number};
use super::{Shell, french};
use crate::config::Anonymise;
use crate::disk;
use crate::pipeline::{self, Anonymised};

/// Arguments of `tamis anonymise`.
#[derive(Debug, clap::Args)]
pub struct AnonymiseArgs {
    /// The file that names records, quasi-identifiers and rules: [anonymise], [[quasi]], [[rule]].
    pub spec: PathBuf,
    /// Show what would be done and what it would cost; write nothing.
    #[arg(long)]
    pub plan: bool,
}

/// Anonymises a file: exit 4 where the rules or the thresholds of the evidence cannot be met.
pub(super) fn anonymise(shell: &Shell, args: &AnonymiseArgs) -> u8 {
    run(shell, args).unwrap_or_else(|code| code)
}

fn run(shell: &Shell, args: &AnonymiseArgs) -> Result<u8, u8> {
    let spec = Anonymise::read(&args.spec).map_err(|error| shell.refuse_pipeline(error))?;
    let report = report_of(&spec.output);
    if let (false, Some(taken)) = (args.plan, [&spec.output, &report].into_iter().find(|file| disk::exists(file))) {
        return Err(shell.refuse_taken(taken));
    }
    let files = std::iter::once(spec.file.as_path()).chain(spec.protection.population_file());
    if let Some(file) = files.into_iter().find(|file| in_reception(file)) {
        let told = shell.lang.pick(
            "lies in an opened release: nothing of it is written out again (R12)",
            "se trouve dans une transmission ouverte : rien n'en est réécrit (R12)",
        );
        return Err(shell.complain(4, &format!("{} {told}", file.display())));
    }
    let done = pipeline::anonymise(&spec, shell.threads);
    let done = done.map_err(|error| shell.complain(error.exit_code(), &french::of_run(shell.lang, &error)))?;
    if !args.plan {
        let written = write(&spec.output, &report, &done);
        written.map_err(|error| {
            shell.complain(6, &format!("{}: {}", spec.output.display(), french::of_kind(shell.lang, error.kind())))
        })?;
    }
    Ok(match shell.format {
        Format::Json => shell.print_json(&summary(args.plan, &spec, &done)),
        Format::Human => shell.print(&told(shell.lang, args.plan, &spec, &done)),
    })
}

/// The report stands beside the file.
fn report_of(output: &Path) -> PathBuf {
    output.with_extension("rapport.json")
}

/// Both files or none.
fn write(output: &Path, report: &Path, done: &Anonymised) -> io::Result<()> {
    disk::write_new(report, format!("{:#}\n", done.report).as_bytes())?;
    disk::write_new(output, done.csv.as_bytes()).inspect_err(|_| {
        // A report of a file that is not there; the first error is the one to tell.
        let _ = disk::remove_file(report);
    })
}

fn summary(plan: bool, spec: &Anonymise, done: &Anonymised) -> Value {
    let mut summary = done.report.clone();
    if !plan {
        summary["output"] = json!(spec.output.display().to_string());
    }
    summary
}

pub(super) fn decimal(lang: Lang, number: f64) -> String {
    let shown = format!("{number:.4}");
    if lang == Lang::Fr { shown.replace('.', ",") } else { shown }
}

fn told(lang: Lang, plan: bool, spec: &Anonymise, done: &Anonymised) -> String {
    let mut text = String::new();
    let (what, of) = (lang.pick("records leave of", "enregistrements sortent sur"), number(lang, done.records));
    let _ = writeln!(text, "{} {what} {of}", number(lang, done.records - done.left_out));
    let found = &done.report["plan"];
    search(lang, &mut text, found);
    let columns: Vec<&str> = spec.protection.quasi.iter().map(|quasi| quasi.column.as_str()).collect();
    solutions(lang, &mut text, &columns, found);
    for pass in found["passes"].as_array().into_iter().flatten() {
        let records = number(lang, pass["records"].as_u64().unwrap_or_default());
        let what = lang.pick("records at", "enregistrements à");
        let _ = writeln!(text, "  {records:>12} {what} {}", levels(&columns, &pass["levels"]));
    }
    if let Some(counts) = found["values_left_out"].as_object() {
        for (column, count) in counts {
            let count = number(lang, count.as_u64().unwrap_or_default());
            let _ =
                writeln!(text, "  {count:>12} {} {column}", lang.pick("values left out of", "valeurs masquées dans"));
        }
    }
    for change in done.report["changes"].as_array().into_iter().flatten() {
        let changed = number(lang, change["changed"].as_u64().unwrap_or_default());
        let (method, column) = (change["method"].as_str().unwrap_or(""), change["column"].as_str().unwrap_or(""));
        let _ = writeln!(
            text,
            "  {changed:>12} {} {column} ({method})",
            lang.pick("values changed in", "valeurs changées dans")
        );
    }
    risk(lang, &mut text, done);
    if plan {
        let _ = writeln!(text, "{}", lang.pick("Nothing was written (--plan).", "Rien n'a été écrit (--plan)."));
    } else {
        let told = lang.pick("for the sender alone", "pour l'émetteur seul");
        let _ = writeln!(text, "→ {}\n→ {} ({told})", spec.output.display(), report_of(&spec.output).display());
    }
    text
}

/// How far the search went, and what it proves.
pub(super) fn search(lang: Lang, text: &mut String, found: &Value) {
    let Some(nodes) = found["generalisations"].as_str() else { return };
    let counted = number(lang, found["counted"].as_u64().unwrap_or_default());
    let _ = match lang {
        Lang::En => write!(text, "  {counted} of {nodes} generalisations counted: "),
        Lang::Fr => write!(text, "  {counted} généralisations comptées sur {nodes} : "),
    };
    let _ = match found["proof"]["no_unseen_loss_below"].as_f64() {
        None => writeln!(text, "{}", lang.pick("there is no better one", "il n'en existe pas de meilleure")),
        Some(bound) => {
            let what = lang.pick(
                "not proven optimal; none unseen costs less than",
                "optimum non prouvé ; aucune non vue ne coûte moins de",
            );
            writeln!(text, "{what} {}", decimal(lang, bound))
        }
    };
}

fn levels(columns: &[&str], levels: &Value) -> String {
    let one = |column: &&str| format!("{column}={}", levels[*column]);
    columns.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// What was chosen and the runner-up, with what each costs.
pub(super) fn solutions(lang: Lang, text: &mut String, columns: &[&str], found: &Value) {
    let names = [("chosen", lang.pick("chosen", "retenue")), ("runner_up", lang.pick("runner-up", "suivante"))];
    for (key, name) in names {
        let one = &found[key];
        let Some(total) = one["loss"]["total"].as_f64() else { continue };
        let count = |key: &str| number(lang, one[key].as_u64().unwrap_or_default());
        let _ = writeln!(
            text,
            "  {name:<10} {} {:>16}   {} {}, {} classes, k = {}   {}",
            lang.pick("loss", "perte"),
            decimal(lang, total),
            count("records_left_out"),
            lang.pick("records left out", "enregistrements omis"),
            count("classes"),
            count("smallest_class"),
            levels(columns, &one["levels"]),
        );
    }
}

fn risk(lang: Lang, text: &mut String, done: &Anonymised) {
    let (before, after) = (&done.before, &done.after);
    let _ = writeln!(text, "  {:<36} {:>12} {:>12}", "", lang.pick("before", "avant"), lang.pick("after", "après"));
    let mut line = |name: &str, one: String, two: String| {
        let _ = writeln!(text, "  {name:<36} {one:>12} {two:>12}");
    };
    let count = |n: u64| number(lang, n);
    line(lang.pick("smallest class (k)", "plus petite classe (k)"), count(before.smallest), count(after.smallest));
    line(
        lang.pick("persons alone in a class", "personnes seules dans une classe"),
        count(before.uniques),
        count(after.uniques),
    );
    line(
        lang.pick("prosecutor risk, average", "risque procureur, moyen"),
        decimal(lang, before.prosecutor.average),
        decimal(lang, after.prosecutor.average),
    );
    line(
        lang.pick("prosecutor risk, highest", "risque procureur, maximal"),
        decimal(lang, before.prosecutor.highest),
        decimal(lang, after.prosecutor.highest),
    );
    for (column, found) in done.report["evidence"]["inference"].as_object().into_iter().flatten() {
        let name = format!("{} {column}", lang.pick("inference advantage,", "avantage d'inférence,"));
        line(&name, "–".to_owned(), decimal(lang, found["advantage"].as_f64().unwrap_or_default()));
    }
}
