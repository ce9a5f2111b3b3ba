//! `tamis schema`: judge schemas, propose them, describe them, compare them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::Format;
use super::sample::in_reception;
use super::validate::{FailOn, fail_on, of_remark};
use super::{Shell, french, show};
use crate::config::Pipeline;
use crate::disk;
use crate::infer::{self, Proposal};
use crate::report;
use crate::schema::{self, Remark, TableSchema};
use crate::words::Words;

/// What `tamis schema` does.
#[derive(Debug, clap::Subcommand)]
pub enum SchemaCommand {
    /// Judge schemas: what is wrong, what other programs refuse, what could be better.
    Lint(LintArgs),
    /// Propose a schema for files: types, constraints and roles by their content, each with its reason.
    Infer(InferArgs),
    /// Write a page about a schema, for those who fill in its files.
    Doc(DocArgs),
    /// Compare two versions of a schema: which files and which pipelines a change breaks.
    Diff(DiffArgs),
}

/// Arguments of `tamis schema lint`.
#[derive(Debug, clap::Args)]
pub struct LintArgs {
    /// Schemas.
    #[arg(required = true)]
    pub schemas: Vec<PathBuf>,
    /// What makes the exit code 1: an error, or a warning too.
    #[arg(long, value_name = "error|warning", default_value = "error", value_parser = fail_on)]
    pub fail_on: FailOn,
}

/// Arguments of `tamis schema infer`.
#[derive(Debug, clap::Args)]
pub struct InferArgs {
    /// Files of one form: CSV, Parquet, Arrow, XLSX, ODS or JSON lines.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Sheet of a workbook (XLSX, ODS) that holds more than one.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// Name of the table; default: that of the first file.
    #[arg(long)]
    pub name: Option<String>,
    /// File to write the schema to, which must not exist yet; default: standard output, and the reasons to standard error.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `tamis schema doc`.
#[derive(Debug, clap::Args)]
pub struct DocArgs {
    /// The schema.
    pub schema: PathBuf,
    /// File to write, which must not exist yet: HTML where its name ends in .html, else Markdown. Default: Markdown to standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `tamis schema diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The schema as it is.
    pub old: PathBuf,
    /// The schema as it shall be.
    pub new: PathBuf,
    /// A pipeline that may have the old schema; once for each.
    #[arg(long = "pipeline", value_name = "FILE")]
    pub pipelines: Vec<PathBuf>,
}

/// Does what is asked of schemas.
pub(super) fn schema(shell: &Shell, command: &SchemaCommand) -> u8 {
    let words = Words::new(shell.lang);
    match command {
        SchemaCommand::Lint(args) => lint(shell, args, &words),
        SchemaCommand::Infer(args) => infer(shell, args, &words),
        SchemaCommand::Doc(args) => doc(shell, args, &words),
        SchemaCommand::Diff(args) => diff(shell, args, &words),
    }
}

/// What is said of one schema.
struct Linted {
    path: String,
    errors: Vec<String>,
    remarks: Vec<Remark>,
}

fn lint(shell: &Shell, args: &LintArgs, words: &Words) -> u8 {
    let mut all = Vec::new();
    for path in &args.schemas {
        let read = TableSchema::read(path);
        let text = disk::read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let (errors, advice) = match &read {
            Ok(schema) => (Vec::new(), schema::lint(schema)),
            Err(schema::SchemaError::Invalid { problems, .. }) => {
                (problems.iter().map(|problem| french::of_schema(shell.lang, problem)).collect(), Vec::new())
            }
            Err(error) => return shell.complain(6, &french::of_schema(shell.lang, error)),
        };
        let remarks = schema::remarks(&text).into_iter().chain(advice).collect();
        all.push(Linted { path: path.display().to_string(), errors, remarks });
    }
    let printed = match shell.format {
        Format::Human => shell.print(&linted(&all, words)),
        Format::Json => shell.print_json(&linted_json(&all, words)),
    };
    let errors = all.iter().any(|l| !l.errors.is_empty());
    let warnings = args.fail_on == FailOn::Warning && all.iter().any(|l| !l.remarks.is_empty());
    if printed != 0 { printed } else { u8::from(errors || warnings) }
}

fn linted(all: &[Linted], words: &Words) -> String {
    let mut out = String::new();
    for Linted { path, errors, remarks } in all {
        let _ = writeln!(out, "{path}");
        for error in errors {
            let _ = writeln!(out, "  {} {error}", show::error_word(words.lang));
        }
        for remark in remarks {
            let warning = of_remark(words, remark);
            let more = match remark.count {
                0 | 1 => String::new(),
                n => format!(" (× {})", words.lang.number(n)),
            };
            let _ = writeln!(out, "  {}{more}\n    → {}", warning.message, warning.advice);
        }
        if errors.is_empty() && remarks.is_empty() {
            let _ = writeln!(out, "  {}", words.say("report-nothing"));
        }
    }
    out
}

fn linted_json(all: &[Linted], words: &Words) -> Value {
    let remark = |r: &Remark| {
        let told = of_remark(words, r);
        json!({ "code": told.code, "place": r.place, "name": r.name, "count": r.count, "message": told.message, "advice": told.advice })
    };
    let of = |l: &Linted| {
        let remarks: Vec<Value> = l.remarks.iter().map(remark).collect();
        json!({ "schema": l.path, "errors": l.errors, "warnings": remarks })
    };
    json!({ "schemas": all.iter().map(of).collect::<Vec<_>>() })
}

fn infer(shell: &Shell, args: &InferArgs, words: &Words) -> u8 {
    if let Some(file) = args.files.iter().find(|file| in_reception(file)) {
        let path = file.display().to_string();
        return shell.complain(4, &words.tell("error-reception", &[("path", (&path).into())]));
    }
    let stem = args.files.first().and_then(|f| f.file_stem()).map(|s| s.to_string_lossy().into_owned());
    let name = args.name.clone().or(stem).unwrap_or_default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(shell.threads.unwrap_or(0)).build();
    let proposal = match &pool {
        Ok(pool) => pool.install(|| infer::infer(&args.files, args.sheet.as_deref(), &name)),
        Err(_) => infer::infer(&args.files, args.sheet.as_deref(), &name),
    };
    let proposal = match proposal {
        Ok(proposal) => proposal,
        Err(error @ infer::InferError::Ingest(_)) => {
            return shell.complain(6, &french::of_inference(shell.lang, &error));
        }
        Err(error) => return shell.complain(1, &french::of_inference(shell.lang, &error)),
    };
    let schema = format!("{:#}\n", proposal.schema);
    let reasons = match shell.format {
        Format::Human => reasons(&proposal, words),
        Format::Json => format!("{:#}\n", reasons_json(&proposal, words)),
    };
    match &args.output {
        Some(path) => match shell.write_new(path, &schema) {
            0 => shell.print(&reasons),
            code => code,
        },
        None => {
            // Where standard error is closed the schema is told all the same.
            let _ = std::io::Write::write_all(&mut std::io::stderr(), reasons.as_bytes());
            shell.print(&schema)
        }
    }
}

fn reasons(proposal: &Proposal, words: &Words) -> String {
    let count = words.lang.number(proposal.records);
    let parts = [("n", proposal.records.into()), ("count", (&count).into())];
    let mut out = format!("{}\n", words.tell("report-records", &parts));
    for column in &proposal.columns {
        let role = column.role.map_or_else(|| words.say("infer-no-role"), |role| words.say(&format!("role-{role}")));
        let _ = writeln!(out, "  {}  {}  {role}", column.name, column.ty);
        for reason in &column.reasons {
            let _ = writeln!(out, "      {}", report::reason(reason, words));
        }
    }
    out
}

fn reasons_json(proposal: &Proposal, words: &Words) -> Value {
    let column = |c: &infer::Proposed| {
        let reasons: Vec<String> = c.reasons.iter().map(|r| report::reason(r, words)).collect();
        json!({ "field": c.name, "type": c.ty, "role": c.role, "reasons": reasons })
    };
    json!({ "records": proposal.records, "fields": proposal.columns.iter().map(column).collect::<Vec<_>>() })
}

fn doc(shell: &Shell, args: &DocArgs, words: &Words) -> u8 {
    let schema = match TableSchema::read(&args.schema) {
        Ok(schema) => schema,
        Err(error) => return shell.complain(2, &french::of_schema(shell.lang, &error)),
    };
    match &args.output {
        None => shell.print(&report::markdown(&schema, words)),
        Some(path) if path.extension().is_some_and(|e| e == "html" || e == "htm") => {
            shell.write_new(path, &report::html_page(&schema, words))
        }
        Some(path) => shell.write_new(path, &report::markdown(&schema, words)),
    }
}

fn diff(shell: &Shell, args: &DiffArgs, words: &Words) -> u8 {
    let read = |path: &Path| TableSchema::read(path).map_err(|e| shell.complain(2, &french::of_schema(shell.lang, &e)));
    let (old, new) = match (read(&args.old), read(&args.new)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(code), _) | (_, Err(code)) => return code,
    };
    let changes = schema::compare(&old, &new);
    let mut affected = Vec::new();
    for path in &args.pipelines {
        // One that is wrong under the old schema is not broken by the new one.
        let before = match Pipeline::read(path) {
            Ok(pipeline) => pipeline,
            Err(error) => return shell.refuse_pipeline(error),
        };
        let uses = before.has_schema(&args.old);
        let problems = match Pipeline::read_instead(path, &args.old, &args.new) {
            Ok(_) => Vec::new(),
            Err(error) => french::problems(shell.lang, error),
        };
        affected.push(report::Affected { pipeline: path.display().to_string(), uses, problems });
    }
    let printed = match shell.format {
        Format::Human => shell.print(&report::changes(&changes, &affected, words)),
        Format::Json => shell.print_json(&report::changes_json(&changes, &affected, words)),
    };
    let breaks = affected.iter().any(|a| !a.problems.is_empty());
    if printed != 0 { printed } else { u8::from(breaks) }
}
