//! `datapackage.json`: what is in the release, under which law and protection (Data Package v2).

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::csv::GUARD_RULE;
use super::files::hexadecimal;
use super::writer::{WrittenDocument, WrittenFile, WrittenResource};
use crate::config::ExportFormat;
use crate::release::ReleaseField;

/// What the pipeline and the stages before say about a release as a whole.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Name of the package: the pipeline's.
    pub name: String,
    /// Identifier of the package, where there is one.
    pub id: Option<String>,
    /// When it was made, by the clock of the run.
    pub created: DateTime<Utc>,
    /// What allows it.
    pub legal_basis: String,
    /// What for (R14).
    pub purpose: String,
    /// Version of the policy.
    pub policy: String,
    /// SHA-256 of the pipeline file, hexadecimal.
    pub pipeline_digest: String,
    /// Rule, strata, sizes and rates of the sample (R07).
    pub sample: Value,
    /// The protection applied to the whole.
    pub protection: Value,
    /// What an acknowledgement has to prove knowledge of, hexadecimal; only inside sealed files.
    pub challenge: Option<String>,
}

/// Name of a file as a resource: the CSV form has the resource's own name, so that the two are told apart.
pub(super) fn resource_name(name: &str, format: ExportFormat) -> String {
    match format {
        ExportFormat::Csv => name.to_owned(),
        ExportFormat::Parquet => format!("{name}-parquet"),
    }
}

/// The descriptor. Its bytes depend on nothing but the arguments; `created` is the only time in it.
pub(super) fn datapackage(
    manifest: &Manifest,
    written: &[&WrittenResource],
    evidence: Option<&WrittenDocument>,
) -> Value {
    let files = written.iter().flat_map(|resource| resource.files.iter().map(move |file| (*resource, file)));
    let mut package = Map::new();
    package.insert("$schema".into(), json!("https://datapackage.org/profiles/2.0/datapackage.json"));
    package.insert("name".into(), json!(manifest.name));
    insert_some(&mut package, "id", manifest.id.as_deref());
    package.insert("created".into(), json!(manifest.created.to_rfc3339_opts(SecondsFormat::Secs, true)));
    package.insert("tamis:release".into(), release(manifest));
    insert_some(&mut package, "tamis:challenge", manifest.challenge.as_deref());
    let files = files.map(|(resource, file)| describe(resource, file));
    package.insert("resources".into(), files.chain(evidence.map(describe_evidence)).collect());
    Value::Object(package)
}

fn release(manifest: &Manifest) -> Value {
    json!({
        "legal_basis": manifest.legal_basis,
        "purpose": manifest.purpose,
        "policy": manifest.policy,
        "pipeline_digest": format!("sha256:{}", manifest.pipeline_digest),
        "sample": manifest.sample,
        "protection": manifest.protection,
        "tamis": env!("CARGO_PKG_VERSION"),
    })
}

/// A document beside the data. Names of outputs have no dots, so that its name is nobody else's.
fn describe_evidence(document: &WrittenDocument) -> Value {
    json!({
        "$schema": "https://datapackage.org/profiles/2.0/dataresource.json",
        "name": document.path.rsplit('/').next(),
        "path": document.path,
        "format": "json",
        "mediatype": "application/json",
        "encoding": "utf-8",
        "bytes": document.bytes,
        "hash": format!("sha256:{}", hexadecimal(&document.hash)),
        "tamis:kind": "evidence",
    })
}

fn describe(written: &WrittenResource, file: &WrittenFile) -> Value {
    let resource = &written.resource;
    let mut described = Map::new();
    described.insert("$schema".into(), json!("https://datapackage.org/profiles/2.0/dataresource.json"));
    described.insert("name".into(), json!(resource_name(&resource.name, file.format)));
    insert_some(&mut described, "title", resource.title.as_deref());
    described.insert("type".into(), json!("table"));
    described.insert("path".into(), json!(file.path));
    match file.format {
        ExportFormat::Csv => {
            described.insert("format".into(), json!("csv"));
            described.insert("mediatype".into(), json!("text/csv"));
            described.insert("encoding".into(), json!("utf-8"));
            described.insert("dialect".into(), dialect());
        }
        ExportFormat::Parquet => {
            described.insert("format".into(), json!("parquet"));
            described.insert("mediatype".into(), json!("application/vnd.apache.parquet"));
        }
    }
    described.insert("bytes".into(), json!(file.bytes));
    described.insert("hash".into(), json!(format!("sha256:{}", hexadecimal(&file.hash))));
    described.insert("tamis:rows".into(), json!(file.rows));
    described.insert("tamis:kind".into(), json!(resource.kind.as_str()));
    described.insert("tamis:protection".into(), resource.protection.clone());
    if file.format == ExportFormat::Csv {
        described.insert("tamis:formula_guard".into(), json!({ "rule": GUARD_RULE, "cells": file.guarded }));
    }
    described.insert("schema".into(), schema(&resource.fields));
    Value::Object(described)
}

fn dialect() -> Value {
    json!({
        "$schema": "https://datapackage.org/profiles/2.0/tabledialect.json",
        "header": true,
        "delimiter": ",",
        "lineTerminator": "\n",
        "quoteChar": "\"",
        "doubleQuote": true,
    })
}

fn schema(fields: &[ReleaseField]) -> Value {
    json!({
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": fields.iter().map(field).collect::<Vec<_>>(),
        "missingValues": [""],
    })
}

fn field(field: &ReleaseField) -> Value {
    let mut described = Map::new();
    described.insert("name".into(), json!(field.name));
    described.insert("type".into(), json!(field.logical.type_name()));
    insert_some(&mut described, "title", field.title.as_deref());
    insert_some(&mut described, "description", field.description.as_deref());
    insert_some(&mut described, "tamis:origin", field.origin.as_deref());
    described.insert("tamis:generalised".into(), json!(field.generalised));
    insert_some(&mut described, "tamis:role", field.role.map(|role| role.as_str()));
    insert_some(&mut described, "tamis:why", field.why.as_deref());
    Value::Object(described)
}

fn insert_some(object: &mut Map<String, Value>, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), json!(value));
    }
}
