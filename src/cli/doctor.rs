//! `tamis doctor`: is this machine fit for a run?

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Shell;
use super::args::Format;
use super::validate::{FailOn, fail_on};
use crate::clock::SystemClock;
use crate::config::Pipeline;
use crate::destroy::State;
use crate::doctor::{self, Finding, Level, Machine};
use crate::keys::KeySource;
use crate::words::{Lang, Part, Words};

/// Arguments of `tamis doctor`.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// A pipeline, whose files, folders, recipients and earlier runs are looked at too.
    pub pipeline: Option<PathBuf>,
    /// A key that a run will be given: FILE, credential:NAME (systemd) or fd:N; once for each.
    #[arg(long = "key", value_name = "KEY")]
    pub keys: Vec<String>,
    /// Where the address of a database is that a source of the pipeline is read from: FILE, credential:NAME (systemd) or fd:N.
    #[arg(long = "credential", value_name = "NAME=KEY", requires = "pipeline")]
    pub credentials: Vec<String>,
    /// What makes the exit code 1, besides errors with codes of their own: error, or a warning too.
    #[arg(long, value_name = "error|warning", default_value = "error", value_parser = fail_on)]
    pub fail_on: FailOn,
}

/// Looks, and tells each finding with its fix.
pub(super) fn doctor(shell: &Shell, args: &DoctorArgs) -> u8 {
    let mut keys: Vec<KeySource> = Vec::new();
    for key in &args.keys {
        match key.parse() {
            Ok(source) => keys.push(source),
            // What was written is not repeated: it could be a key.
            Err(error) => return shell.complain(2, &crate::cli::show::with_causes(&error)),
        }
    }
    let machine = Machine { clock: Arc::new(SystemClock) };
    let mut pipeline = args.pipeline.as_ref().map(|path| (path, Pipeline::read(path)));
    if let Some((_, Ok(pipeline))) = &mut pipeline
        && let Err(code) = super::keys::credentials(shell, pipeline, &args.credentials)
    {
        return code;
    }
    let read = pipeline.as_ref().and_then(|(_, read)| read.as_ref().ok());
    let mut findings = doctor::examine(&machine, read, &keys);
    if let Some((path, Err(errors))) = &pipeline {
        findings.insert(0, doctor::wrong_pipeline(path, errors.errors().len()));
    }
    let words = Words::new(shell.lang);
    let printed = match shell.format {
        Format::Human => shell.print(&human(&findings, &words)),
        Format::Json => shell.print_json(&to_json(&findings, &words)),
    };
    let warned = args.fail_on == FailOn::Warning && findings.iter().any(|f| f.level == Level::Warning);
    match (printed, doctor::exit_code(&findings)) {
        (0, 0) => u8::from(warned),
        (0, code) => code,
        (printed, _) => printed,
    }
}

fn message(words: &Words, finding: &Finding, ending: &str) -> String {
    let text = |name: &str, value: &str| match (words.lang, name) {
        (Lang::Fr, "state") => {
            State::of_word(value).map_or_else(|| value.to_owned(), |state| state.french().to_owned())
        }
        (Lang::Fr, "size" | "free" | "needed") => value.replace("iB", "io").replace(" B", " o"),
        _ => value.to_owned(),
    };
    let told: Vec<(&str, String)> = finding.parts.iter().map(|(name, value)| (*name, text(name, value))).collect();
    let parts: Vec<(&str, Part<'_>)> = told
        .iter()
        .map(|(name, value)| match value.parse() {
            Ok(n) if *name == "n" => (*name, Part::Number(n)),
            _ => (*name, Part::from(value)),
        })
        .collect();
    words.tell(&format!("doctor-{}{ending}", finding.outcome), &parts)
}

fn human(findings: &[Finding], words: &Words) -> String {
    let level = |finding: &Finding| words.say(&format!("doctor-{}", finding.level.as_str()));
    let width = findings.iter().map(|f| level(f).chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for finding in findings {
        let _ = writeln!(out, "  {:width$}  {}", level(finding), message(words, finding, ""));
        if finding.level != Level::Fine {
            let _ = writeln!(out, "  {:width$}  → {}", "", message(words, finding, "-fix"));
        }
    }
    let count = |wanted: fn(Level) -> bool| findings.iter().filter(|f| wanted(f.level)).count();
    let errors = count(|level| matches!(level, Level::Error(_)));
    let warnings = count(|level| level == Level::Warning);
    let last = if errors + warnings == 0 {
        words.say("doctor-all-fine")
    } else {
        let (errors, warnings) = (errors.to_string(), warnings.to_string());
        words.tell("doctor-summary", &[("errors", (&errors).into()), ("warnings", (&warnings).into())])
    };
    let _ = writeln!(out, "\n{last}");
    out
}

fn to_json(findings: &[Finding], words: &Words) -> Value {
    let one = |finding: &Finding| {
        let parts: Map<String, Value> =
            finding.parts.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let fix = (finding.level != Level::Fine).then(|| message(words, finding, "-fix"));
        json!({
            "finding": finding.outcome,
            "level": finding.level.as_str(),
            "message": message(words, finding, ""),
            "fix": fix,
            "parts": parts,
        })
    };
    let findings_: Vec<Value> = findings.iter().map(one).collect();
    json!({ "exit_code": doctor::exit_code(findings), "findings": findings_ })
}
