//! `tamis validate`.

use std::path::PathBuf;

use serde_json::json;

use super::args::Format;
use super::formats::Asked;
use super::progress::Bars;
use super::run::Since;
use super::signals::Signals;
use super::{Shell, french};
use crate::config::{Encoding, Pipeline};
use crate::disk;
use crate::pipeline::{self, RunError, SourceSummary};
use crate::report::{Form, Judged, Report, Warning};
use crate::schema::{self, TableSchema};
use crate::words::Words;

/// Arguments of `tamis validate`.
#[derive(Debug, clap::Args)]
pub struct ValidateArgs {
    /// Files to judge against --schema; or one pipeline file (.toml), whose sources are judged.
    #[arg(required_unless_present = "pipeline")]
    pub files: Vec<PathBuf>,
    /// Table Schema of the files.
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// Pipeline file whose sources are judged, each against its own schema.
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// File in which the foreign keys of the schema to a table of that name are looked up; once for each table.
    #[arg(long = "reference", value_name = "TABLE=FILE", value_parser = reference)]
    pub references: Vec<(String, PathBuf)>,
    /// Where the address of a database is that a source of the pipeline is read from: FILE, credential:NAME (systemd) or fd:N;
    /// unless told, the credential that `url_from` names.
    #[arg(long = "credential", value_name = "NAME=KEY")]
    pub credentials: Vec<String>,
    /// Judge only files that no earlier run of the pipeline released from, as `tamis run --since` reads them.
    #[arg(long, value_name = "WHEN", value_enum, requires = "pipeline")]
    pub since: Option<Since>,
    /// Folder in which these runs lie, instead of the pipeline's [export] to.
    #[arg(long, value_name = "DIR", requires = "since")]
    pub out: Option<PathBuf>,
    /// Encoding of CSV files.
    #[arg(long, value_enum, default_value_t = EncodingArg::Detect)]
    pub encoding: EncodingArg,
    /// Delimiter of CSV files: `,`, `;`, `|` or tab; default: the one that occurs most in the header.
    #[arg(long, value_name = "CHAR", value_parser = super::args::delimiter)]
    pub delimiter: Option<u8>,
    /// Sheet of a workbook (XLSX, ODS) that holds more than one.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// Read the files as FHIR resources of this type, one a line, by the paths of the schema (`tamis:path`).
    #[arg(long, value_name = "TYPE", requires = "schema")]
    pub resource: Option<String>,
    /// First places shown per field and rule.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub places: usize,
    /// Findings listed one by one, over all fields and rules; all are counted.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub max_errors: usize,
    /// What makes the exit code 1: an error, a warning too, or errors in more than so many of a hundred records of a source.
    #[arg(long, value_name = "error|warning|PERCENT", default_value = "error", value_parser = fail_on)]
    pub fail_on: FailOn,
}

/// How CSV files are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum EncodingArg {
    /// The first line with a byte above 127 decides.
    Detect,
    /// UTF-8.
    #[value(name = "utf-8")]
    Utf8,
    /// Windows-1252, also for Latin-1 and Latin-9 files without the euro sign.
    #[value(name = "windows-1252")]
    Windows1252,
}

/// What makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FailOn {
    /// Any finding.
    Error,
    /// Any finding or warning.
    Warning,
    /// Findings in more than this share of the records of a source (from 0 to 1), or a header that is not the schema's.
    Share(f64),
}

pub(super) fn fail_on(text: &str) -> Result<FailOn, String> {
    let percent = |number: &str| number.trim().parse::<f64>().ok().filter(|p| (0.0..=100.0).contains(p));
    match (text, text.strip_suffix('%')) {
        ("error", _) => Ok(FailOn::Error),
        ("warning", _) => Ok(FailOn::Warning),
        (_, number) => percent(number.unwrap_or(text))
            .map(|p| FailOn::Share(p / 100.0))
            .ok_or_else(|| "write error, warning, or a percentage such as 2%".to_owned()),
    }
}

fn reference(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), file.into())),
        _ => Err("write the name of the table and its file, such as IR_SEX_V=IR_SEX_V.csv".to_owned()),
    }
}

/// Judges files against a schema, or the sources of a pipeline against theirs.
pub(super) fn validate(shell: &Shell, args: &ValidateArgs) -> u8 {
    let words = Words::new(shell.lang);
    let pipeline = match read(shell, args, &words) {
        Ok(pipeline) => pipeline,
        Err(code) => return code,
    };
    let asked = match outputs(shell, &words) {
        Ok(asked) => asked,
        Err(code) => return code,
    };
    let bars = Bars::new(shell.lang, Signals::listen());
    let runs = args.since.map(|Since::Last| args.out.as_deref().unwrap_or(&pipeline.export.to));
    let outcome = pipeline::check(&pipeline, runs, shell.threads, &bars);
    bars.clear();
    let summaries = match outcome {
        Ok(summaries) => summaries,
        Err(RunError::NothingNew { files }) if shell.format == Format::Json => {
            return shell.print_json(&json!({ "nothing_new": files }));
        }
        Err(error @ RunError::NothingNew { .. }) => {
            return shell.print(&format!("{}\n", french::of_run(shell.lang, &error)));
        }
        Err(error @ RunError::Validate(_)) => return shell.complain(2, &french::of_run(shell.lang, &error)),
        Err(error) => return shell.complain(error.exit_code(), &french::of_run(shell.lang, &error)),
    };
    let report = report(&pipeline, &summaries, args, &words);
    for Asked { form, to } in &asked {
        let text = report.write(*form, &words);
        let code = match to {
            Some(path) => shell.write_new(path, &text),
            None => shell.print(&text),
        };
        if code != 0 {
            return code;
        }
    }
    u8::from(fails(args.fail_on, &report))
}

/// The pipeline whose sources are judged.
fn read(shell: &Shell, args: &ValidateArgs, words: &Words) -> Result<Pipeline, u8> {
    let file = match (&args.pipeline, args.files.as_slice()) {
        (Some(file), []) if args.schema.is_none() => Some(file),
        (Some(_), _) => return Err(shell.complain(2, &words.say("error-both"))),
        (None, [file]) if args.schema.is_none() && file.extension().is_some_and(|e| e == "toml") => Some(file),
        (None, _) => None,
    };
    if file.is_some() && args.sheet.is_some() {
        return Err(shell.complain(2, &words.say("error-sheet-of-pipeline")));
    }
    let mut pipeline = match (file, &args.schema) {
        (Some(file), _) => Pipeline::read(file).map_err(|error| shell.refuse_pipeline(error))?,
        (None, Some(path)) => {
            let schema = TableSchema::read(path).map_err(|e| shell.complain(2, &french::of_schema(shell.lang, &e)))?;
            let mut pipeline = Pipeline::for_validation(path, schema, &args.files);
            for source in &mut pipeline.sources {
                source.delimiter = args.delimiter;
                source.sheet.clone_from(&args.sheet);
                source.encoding = match args.encoding {
                    EncodingArg::Detect => Encoding::Detect,
                    EncodingArg::Utf8 => Encoding::Utf8,
                    EncodingArg::Windows1252 => Encoding::Windows1252,
                };
            }
            if let Some(resource) = &args.resource {
                let read = pipeline.read_as_resources(resource);
                read.map_err(|why| shell.complain(2, &format!("{}: {why}", path.display())))?;
            }
            pipeline
        }
        (None, None) => return Err(shell.complain(2, &words.say("error-needs-schema"))),
    };
    for (name, path) in &args.references {
        if file.is_some() || !pipeline.add_reference(name, path) {
            return Err(shell.complain(2, &words.tell("error-reference", &[("name", name.into())])));
        }
    }
    super::keys::credentials(shell, &mut pipeline, &args.credentials)?;
    pipeline.limits.places = args.places;
    Ok(pipeline)
}

/// The formats asked for, those for a file held against what is there already.
fn outputs(shell: &Shell, words: &Words) -> Result<Vec<Asked>, u8> {
    let mut asked = shell.forms.clone();
    if asked.is_empty() {
        asked.push(Asked { form: Form::Human, to: None });
    }
    if asked.iter().filter(|a| a.to.is_none()).count() > 1 {
        return Err(shell.complain(2, &words.say("error-two-outputs")));
    }
    for path in asked.iter().filter_map(|a| a.to.as_deref()) {
        if disk::exists(path) {
            return Err(shell.refuse_taken(path));
        }
    }
    Ok(asked)
}

fn report<'a>(
    pipeline: &'a Pipeline,
    summaries: &'a [SourceSummary],
    args: &ValidateArgs,
    words: &Words,
) -> Report<'a> {
    let judged = |(number, (source, summary)): (usize, (&'a crate::config::Source, &'a SourceSummary))| Judged {
        name: &summary.name,
        schema: &source.schema,
        schema_path: source.schema_path.display().to_string(),
        files: &summary.files,
        columns: &summary.columns,
        read: summary.read,
        rejected: summary.rejected,
        filtered: summary.filtered,
        findings: &summary.findings,
        warnings: warnings(pipeline, number, words),
    };
    let sources = pipeline.sources.iter().zip(summaries).enumerate().map(judged).collect();
    Report { sources, places: args.places, most: args.max_errors }
}

/// What is to be known of a source besides its findings: departures of its schema, keys that are not checked.
fn warnings(pipeline: &Pipeline, number: usize, words: &Words) -> Vec<Warning> {
    let source = &pipeline.sources[number];
    let first = pipeline.sources.iter().position(|s| s.schema_path == source.schema_path);
    let text = disk::read(&source.schema_path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    // A file that is named to be looked up in has no schema of its own.
    let text = text.filter(|_| first == Some(number)).unwrap_or_default();
    let mut warnings: Vec<Warning> = schema::remarks(&text).iter().map(|remark| of_remark(words, remark)).collect();
    for (_, key) in pipeline.references().into_iter().filter_map(Result::err).filter(|(from, _)| *from == number) {
        let fields = key.fields.join(", ");
        let parts = || [("fields", (&fields).into()), ("resource", (&key.resource).into())];
        warnings.push(Warning {
            code: "foreign-key-unchecked".to_owned(),
            message: words.tell("warning-foreign-key", &parts()),
            advice: words.tell("advice-foreign-key", &parts()),
        });
    }
    warnings
}

/// A remark about a schema, in words.
pub(super) fn of_remark(words: &Words, remark: &schema::Remark) -> Warning {
    let code = remark.kind.as_str();
    let parts = || [("place", (&remark.place).into()), ("name", (&remark.name).into())];
    Warning {
        code: code.to_owned(),
        message: words.tell(&format!("remark-{code}"), &parts()),
        advice: words.tell(&format!("advice-{code}"), &parts()),
    }
}

fn fails(on: FailOn, report: &Report<'_>) -> bool {
    let found = |s: &Judged<'_>| !s.findings.is_empty();
    let of_file = |s: &Judged<'_>| s.findings.iter().any(|(key, _)| key.kind.is_of_header());
    match on {
        FailOn::Error => report.sources.iter().any(found),
        FailOn::Warning => report.sources.iter().any(|s| found(s) || !s.warnings.is_empty()),
        FailOn::Share(share) => {
            let over = |s: &Judged<'_>| s.rejected as f64 > share * s.read as f64;
            report.sources.iter().any(|s| over(s) || of_file(s))
        }
    }
}

/// How errors are told beside these formats.
pub(super) fn beside(forms: &[Asked]) -> Format {
    let by_program = |a: &Asked| a.to.is_none() && matches!(a.form, Form::Json | Form::Jsonl | Form::Sarif);
    if forms.iter().any(by_program) { Format::Json } else { Format::Human }
}
