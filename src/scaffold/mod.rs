//! A workshop that works at once: pipeline, schema, synthetic sample, service and timer, and a page about them.
//!
//! | file | its job |
//! |---|---|
//! | `roles` | what infer leaves open gets the role under which it cannot leave |
//! | `derived` | a schema → the pipeline that fits it |
//! | `toml` | the text of a pipeline, piece by piece |
//! | `unit` | the service and its timer |

mod derived;
mod roles;
#[cfg(test)]
mod tests;
mod toml;
mod unit;

use serde_json::Value;

use crate::config::json_schema_of_pipelines;
use crate::schema::{SchemaError, TableSchema};
use crate::synth::{self, SynthError, SynthOptions};
use crate::words::{Lang, Words};

pub use derived::Column;
pub use unit::Place;

/// The schema of the sample.
const SCHEMA: &str = include_str!("../../schemas/consultation_prevention.json");
/// Records of the sample: enough that most groups have eleven persons.
const RECORDS: u64 = 3_000;
/// The form of pipeline files, which editors find by the first line of the pipeline.
const FORM: &str = "pipeline.schema.json";
/// Where records are put.
const INBOX: &str = "inbox";

/// The files of a workshop, by their path in its folder, with what each is (a key of the messages).
#[derive(Debug)]
pub struct Scaffold {
    /// Name of the pipeline.
    pub name: String,
    /// The files.
    pub files: Vec<Written>,
    /// What became of each column of a foreign file; empty for the sample.
    pub columns: Vec<Column>,
    /// Whether there is something to run on.
    pub has_records: bool,
}

/// A file to write.
#[derive(Debug)]
pub struct Written {
    /// Its path in the folder.
    pub path: String,
    /// What it is: `init-what-` and this.
    pub what: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What a workshop is made for.
#[derive(Debug)]
pub enum Of<'a> {
    /// Synthetic consultations, to try the program.
    Sample,
    /// A schema, as written.
    Schema(Value),
    /// Files that lie elsewhere, and the schema proposed for them.
    Files {
        /// The schema, roles open where nothing told them.
        schema: Value,
        /// Absolute path of the file.
        path: &'a str,
        /// Its sheet, where it is a workbook of several.
        sheet: Option<&'a str>,
    },
}

/// Why no workshop can be made.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// Nothing tells persons apart.
    #[error("no column tells persons apart")]
    NoSubject {
        /// The columns there are.
        columns: Vec<String>,
    },
    /// The named column does not exist.
    #[error("there is no column `{column}`")]
    UnknownColumn {
        /// As named.
        column: String,
        /// The columns there are.
        columns: Vec<String>,
    },
    /// No column may leave, even made coarser.
    #[error("no column is known that could leave, even made coarser")]
    NothingLeaves,
    /// The schema is none.
    #[error("the schema cannot be used: {0}")]
    Schema(String),
    /// The sample could not be made.
    #[error(transparent)]
    Synth(#[from] SynthError),
}

/// What a workshop is made of.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// What for.
    pub of: Of<'a>,
    /// The column that tells persons apart, where the schema does not say.
    pub subject: Option<&'a str>,
    /// Name of the folder: the pipeline is named after it.
    pub folder: &'a str,
    /// Where it stands, for the service.
    pub place: Place<'a>,
    /// Language of comments.
    pub lang: Lang,
}

/// Makes the files of a workshop; writes nothing.
///
/// # Errors
/// [`ScaffoldError`]; a schema without a person or without a column that may leave makes no pipeline.
pub fn make(wanted: Wanted<'_>) -> Result<Scaffold, ScaffoldError> {
    let Wanted { of, subject, folder, place, lang } = wanted;
    let words = Words::new(lang);
    let name = name_of(folder);
    let sample = matches!(of, Of::Sample);
    let (pipeline, schema, columns) = match of {
        Of::Sample => (demo(lang, &name), SCHEMA.to_owned(), Vec::new()),
        Of::Schema(schema) => derived::derive(schema, subject, &name, None, &words)?,
        Of::Files { schema, path, sheet } => derived::derive(schema, subject, &name, Some((path, sheet)), &words)?,
    };
    let records = records(&schema)?;
    let mut files = vec![
        text("pipeline.toml", "pipeline", format!("#:schema ./{FORM}\n{}", pipeline.text)),
        text("schema.json", "schema", schema),
        text(FORM, "form", form(&words)),
        text("README.md", "readme", page(lang, &name, sample)),
        text(&format!("systemd/{name}.service"), "service", unit::service(&name, &place, &words)),
        text(&format!("systemd/{name}.timer"), "timer", unit::timer(&name, &words)),
        text(".gitignore", "ignore", format!("/out/\n/{INBOX}/\n*.key\n*.sign\n*.age\n")),
    ];
    let has_records = records.is_some() || pipeline.elsewhere;
    if let Some(bytes) = records.filter(|_| !pipeline.elsewhere) {
        files.push(Written { path: format!("{INBOX}/records.csv"), what: "records", bytes });
    }
    Ok(Scaffold { name, files, columns, has_records })
}

fn form(words: &Words) -> String {
    format!("{:#}\n", json_schema_of_pipelines(|section| words.say(&format!("section-{section}"))))
}

/// The text of a pipeline, and whether its records lie outside the folder.
struct PipelineText {
    text: String,
    elsewhere: bool,
}

fn text(path: &str, what: &'static str, text: String) -> Written {
    Written { path: path.to_owned(), what, bytes: text.into_bytes() }
}

fn demo(lang: Lang, name: &str) -> PipelineText {
    let text = lang.pick(include_str!("demo.en.toml"), include_str!("demo.fr.toml"));
    PipelineText { text: text.replace("{{name}}", name), elsewhere: false }
}

/// The page about the folder. The first lines differ where the records are real.
fn page(lang: Lang, name: &str, sample: bool) -> String {
    let text = lang.pick(include_str!("readme.en.md"), include_str!("readme.fr.md"));
    let keep = if sample { "<!-- sample -->" } else { "<!-- files -->" };
    let drop = if sample { "<!-- files -->" } else { "<!-- sample -->" };
    let lines = text.lines().filter(|line| !line.ends_with(drop));
    let plain = lines.map(|line| line.strip_suffix(keep).unwrap_or(line).trim_end()).collect::<Vec<_>>().join("\n");
    plain.replace("{{name}}", name) + "\n"
}

/// The checked form of a schema.
fn parse(schema: &str) -> Result<TableSchema, ScaffoldError> {
    let told = |problems: Vec<SchemaError>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    TableSchema::parse(schema, "records").map_err(|problems| ScaffoldError::Schema(told(problems)))
}

/// Synthetic records, where there is a generator for the schema.
fn records(schema: &str) -> Result<Option<Vec<u8>>, ScaffoldError> {
    let schema = parse(schema)?;
    let mut bytes = Vec::new();
    match synth::write(&schema, &SynthOptions { records: RECORDS, ..SynthOptions::default() }, &mut bytes) {
        Ok(_) => Ok(Some(bytes)),
        Err(SynthError::UnknownSchema { .. } | SynthError::Fields { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A name for pipeline and service out of the name of a folder.
fn name_of(folder: &str) -> String {
    let kept: String =
        folder.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' }).collect();
    let name: String = kept.trim_matches(|c: char| !c.is_ascii_alphanumeric()).chars().take(60).collect();
    if name.is_empty() { "tamis".to_owned() } else { name }
}
