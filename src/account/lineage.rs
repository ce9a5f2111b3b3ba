//! Events of OpenLineage (openlineage.io, specification 2-0-2): what a run read and what left it, for a catalogue that draws the
//! way of data from system to system.
//!
//! An event has names that the pipeline file gives, columns, and rows of what was released. It has no path, no message of an
//! error, and no count of few.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::papers::Papers;
use super::shown::{count, each, word};

/// The specification that events keep to.
pub const EVENT_SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

/// Where the form of each facet stands.
const FACETS: &str = "https://openlineage.io/spec/facets";

/// A run, as events name it.
#[derive(Debug, Clone)]
pub struct Traced {
    namespace: String,
    pipeline: String,
    id: String,
}

/// What an event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The run began.
    Started,
    /// It ended, with an exit code of the program.
    Ended(u8),
}

impl Turn {
    /// The word of the specification.
    fn word(self) -> &'static str {
        match self {
            Self::Started => "START",
            Self::Ended(0 | 3) => "COMPLETE",
            // Somebody, or the system, asked it to stop.
            Self::Ended(130 | 143) => "ABORT",
            Self::Ended(_) => "FAIL",
        }
    }
}

impl Traced {
    /// A run of a pipeline. Its number follows from `run`, the name of its folder, or the time at which it was refused one.
    #[must_use]
    pub fn new(namespace: &str, pipeline: &str, run: &str) -> Self {
        let mut hash = Sha256::new_with_prefix("tamis OpenLineage run");
        for part in [namespace, pipeline, run] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        Self { namespace: namespace.to_owned(), pipeline: pipeline.to_owned(), id: uuid(bytes) }
    }

    /// The number of the run.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What happened to the run. `plan` is what its pipeline says, null where that cannot be read; `papers` are there once the run
    /// has a folder.
    #[must_use]
    pub fn event(&self, turn: Turn, at: DateTime<Utc>, plan: &Value, papers: Option<&Papers>) -> Value {
        let mut facets = Map::new();
        let engine = json!({ "name": "tamis", "version": env!("CARGO_PKG_VERSION") });
        facets.insert("processing_engine".into(), facet("1-1-1/ProcessingEngineRunFacet", engine));
        if let (Turn::Ended(code), "FAIL") = (turn, turn.word()) {
            let message = format!("exit code {code}");
            let error = json!({ "message": message, "programmingLanguage": "Rust" });
            facets.insert("errorMessage".into(), facet("1-0-1/ErrorMessageRunFacet", error));
        }
        let inputs = each(&plan["sources"]).map(|source| self.dataset("sources", word(&source["name"])));
        let released = papers.filter(|papers| turn != Turn::Started && !papers.summary.is_null());
        let outputs = ["persons", "aggregates"].into_iter().flat_map(|kind| {
            let folder = if kind == "persons" { "persons" } else { "tables" };
            each(&plan[kind]).map(move |output| {
                let dataset = self.dataset(folder, word(&output["name"]));
                match released {
                    Some(papers) => left(dataset, papers, plan, kind, output),
                    None => dataset,
                }
            })
        });
        json!({
            "eventType": turn.word(),
            "eventTime": at.to_rfc3339_opts(SecondsFormat::Millis, true),
            "producer": producer(),
            "schemaURL": EVENT_SCHEMA,
            "run": { "runId": self.id, "facets": facets },
            "job": { "namespace": self.namespace, "name": self.pipeline, "facets": job(plan) },
            "inputs": inputs.collect::<Value>(),
            "outputs": outputs.collect::<Value>(),
        })
    }

    /// A dataset by the name that the pipeline gives it. Sources and outputs may have one name, and are not the same thing.
    fn dataset(&self, folder: &str, name: &str) -> Value {
        json!({ "namespace": self.namespace, "name": format!("{}/{folder}/{name}", self.pipeline) })
    }
}

/// What the job is and what for.
fn job(plan: &Value) -> Value {
    let mut facets = Map::new();
    let kind = json!({ "processingType": "BATCH", "integration": "TAMIS", "jobType": "PIPELINE" });
    facets.insert("jobType".into(), facet("2-0-4/JobTypeJobFacet", kind));
    if let (Some(basis), Some(purpose)) =
        (plan["pipeline"]["legal_basis"].as_str(), plan["pipeline"]["purpose"].as_str())
    {
        let description = json!({ "description": format!("{basis}: {purpose}"), "contentType": "text/plain" });
        facets.insert("documentation".into(), facet("1-1-0/DocumentationJobFacet", description));
    }
    Value::Object(facets)
}

/// An output that left: its columns, as the last search saw them, and its rows unless they are few.
fn left(mut dataset: Value, papers: &Papers, plan: &Value, kind: &str, output: &Value) -> Value {
    let name = word(&output["name"]);
    let columns: Vec<&Value> =
        each(&papers.summary["leak_scan"]["columns"]).filter(|column| word(&column["resource"]) == name).collect();
    let Some(first) = columns.first() else { return dataset };
    let kept = |column: &str| {
        let data = each(&plan["datasets"]).find(|data| data["name"] == output["source"])?;
        each(&data["kept"]).find(|kept| word(&kept["as"]) == column)
    };
    let fields: Value =
        columns.iter().enumerate().map(|(at, column)| field(column, at + 1, kind, output, kept)).collect();
    dataset["facets"] = json!({ "schema": facet("1-2-0/SchemaDatasetFacet", json!({ "fields": fields })) });
    let rows = count(&first["cells"]);
    // Of a table they are cells, of which few tell nothing about few persons.
    if kind == "aggregates" || !papers.is_few(rows) {
        let rows = facet("1-0-2/OutputStatisticsOutputDatasetFacet", json!({ "rowCount": rows }));
        dataset["outputFacets"] = json!({ "outputStatistics": rows });
    }
    dataset
}

/// A column that left, with the pipeline's reason; its type where it left as it was kept.
fn field<'a>(
    column: &Value,
    position: usize,
    kind: &str,
    output: &Value,
    kept: impl Fn(&str) -> Option<&'a Value>,
) -> Value {
    let name = word(&column["column"]);
    let mut field = json!({ "name": name, "ordinal_position": position });
    let Some(kept) = kept(name) else { return field };
    if let Some(why) = kept["why"].as_str() {
        field["description"] = json!(why);
    }
    let coarser = each(&output["protect"]["coarser"]).any(|coarser| word(coarser) == name);
    let changed =
        each(&output["protect"]["changes"]).flat_map(|change| each(&change["columns"])).any(|c| word(c) == name);
    if kind == "persons" && !coarser && !changed {
        field["type"] = kept["type"].clone();
    }
    field
}

/// A facet bears the form that it has, and who made it.
fn facet(form: &str, mut facet: Value) -> Value {
    let name = form.rsplit('/').next().unwrap_or_default();
    facet["_producer"] = json!(producer());
    facet["_schemaURL"] = json!(format!("{FACETS}/{form}.json#/$defs/{name}"));
    facet
}

fn producer() -> String {
    format!("urn:tamis:{}", env!("CARGO_PKG_VERSION"))
}

/// A UUID of version 8: what it is made of is our own (RFC 9562, 5.8).
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
