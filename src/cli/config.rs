//! `tamis config`: a pipeline file under the eyes of whoever writes it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Shell;
use super::args::Format;
use crate::config::{Effective, Pipeline, effective, json_schema_of_pipelines};
use crate::words::Words;

/// What `tamis config` does.
#[derive(Debug, clap::Subcommand)]
pub enum ConfigCommand {
    /// Say everything that is wrong with pipeline files, each with its place; reads no data.
    Check(CheckArgs),
    /// Show every value that holds for a run, and the line it comes from, or that it is a default.
    Show(ShowArgs),
    /// Write the JSON Schema of pipeline files, by which editors complete keys and mark slips.
    Schema(SchemaArgs),
}

/// Arguments of `tamis config check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Pipeline files.
    #[arg(required = true)]
    pub pipelines: Vec<PathBuf>,
}

/// Arguments of `tamis config show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The pipeline file.
    pub pipeline: PathBuf,
}

/// Arguments of `tamis config schema`.
#[derive(Debug, clap::Args)]
pub struct SchemaArgs {
    /// File to write, which must not exist yet; default: standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Does what is asked of pipeline files.
pub(super) fn config(shell: &Shell, command: &ConfigCommand) -> u8 {
    let words = Words::new(shell.lang);
    match command {
        ConfigCommand::Check(args) => check(shell, args, &words),
        ConfigCommand::Show(args) => show(shell, &args.pipeline, &words),
        ConfigCommand::Schema(args) => schema(shell, args.output.as_deref(), &words),
    }
}

fn check(shell: &Shell, args: &CheckArgs, words: &Words) -> u8 {
    let mut code = 0;
    let mut sound = Vec::new();
    for path in &args.pipelines {
        match Pipeline::read(path) {
            Ok(_) => sound.push(path.display().to_string()),
            Err(error) => code = shell.refuse_pipeline(error),
        }
    }
    let printed = match shell.format {
        Format::Human => {
            let line = |path: &String| format!("{}\n", words.tell("config-sound", &[("path", path.into())]));
            shell.print(&sound.iter().map(line).collect::<String>())
        }
        Format::Json => shell.print_json(&json!({ "sound": sound })),
    };
    if code == 0 { printed } else { code }
}

fn show(shell: &Shell, path: &Path, words: &Words) -> u8 {
    match effective(path) {
        Err(error) => shell.refuse_pipeline(error),
        Ok(values) => match shell.format {
            Format::Human => shell.print(&table(&values, words)),
            Format::Json => {
                let one = |e: &Effective| json!({ "key": e.key, "value": e.value, "line": e.line });
                let values: Vec<Value> = values.iter().map(one).collect();
                shell.print_json(&json!({ "pipeline": path.display().to_string(), "values": values }))
            }
        },
    }
}

fn table(values: &[Effective], words: &Words) -> String {
    let origin = |e: &Effective| match e.line {
        Some(line) => words.tell("config-line", &[("line", (&line.to_string()).into())]),
        None => words.say("config-default"),
    };
    let first = values.iter().map(|e| origin(e).chars().count()).max().unwrap_or(0);
    let second = values.iter().map(|e| e.key.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for value in values {
        let _ = writeln!(out, "{:first$}  {:second$}  {}", origin(value), value.key, value.value);
    }
    out
}

fn schema(shell: &Shell, output: Option<&Path>, words: &Words) -> u8 {
    let schema = json_schema_of_pipelines(|section| words.say(&format!("section-{section}")));
    let text = format!("{schema:#}\n");
    match output {
        None => shell.print(&text),
        Some(path) => shell.write_new(path, &text),
    }
}
