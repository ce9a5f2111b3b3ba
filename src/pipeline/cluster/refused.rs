//! What runs on many machines, and the list of its stages.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use serde_json::{Value, json};

use super::super::error::RunError;
use super::super::intake::has_unique;
use super::super::perturbed;
use super::{ClusterError, Pass, kind};
use crate::config::{DrawKey, Generalise, Linkage, Over, Pipeline};

/// The form of the list.
const VERSION: u32 = 1;

/// Refuses what only one machine does. Nothing of it would be wrong on many: it would be missing.
pub(super) fn refuse(pipeline: &Pipeline) -> Result<(), RunError> {
    let sample = pipeline.sample.as_ref();
    let why = [
        (!pipeline.joins.is_empty(), "a [[join]]"),
        (pipeline.sources.iter().any(|s| s.release.is_some()), "a release as its source"),
        (pipeline.sources.iter().any(|s| s.query.is_some()), "a query to a database as its source"),
        (pipeline.sources.iter().any(|s| s.resource.is_some()), "FHIR resources as its source"),
        (pipeline.datasets.iter().any(|d| d.subject.is_none()), "records without a subject"),
        (pipeline.subject.linkage == Linkage::Longitudinal, "lasting pseudonyms"),
        (sample.is_some_and(|s| s.key == DrawKey::Kept), "[sample] key = \"kept\""),
        (sample.is_some_and(|s| s.design.holds_frame()), "a design that holds the whole frame"),
        (sample.is_some_and(|s| s.calibration.is_some()), "calibrated weights"),
        (pipeline.persons.iter().any(|p| p.protection.is_some()), "[[persons]] with rules beyond k"),
        (pipeline.aggregates.iter().any(|a| a.perturb.is_some()), "a perturbed [[aggregate]]"),
        (
            pipeline.aggregates.iter().any(|a| a.over == Over::Sample && sample.is_some()),
            "an [[aggregate]] that estimates",
        ),
        (pipeline.ledger.is_some(), "a [ledger]"),
        (pipeline.destroy.sources_beneath.is_some(), "[destroy] of its sources"),
    ];
    match why.iter().find(|(asked, _)| *asked) {
        Some((_, what)) => Err(ClusterError::Refused { what }.into()),
        None => Ok(perturbed::ready(pipeline)?),
    }
}

/// The stages of a run on a cluster, for an engine that knows nothing of what they do: arguments, what goes in, what the rows
/// are shuffled by, what one machine makes of what comes out.
///
/// # Errors
/// [`ClusterError::Refused`], as a [`RunError`].
pub fn stages(pipeline: &Pipeline) -> Result<Value, RunError> {
    refuse(pipeline)?;
    let sources = pipeline.sources.iter().map(|source| {
        let columns: Vec<&str> = source.schema.fields.iter().map(|f| f.name.as_str()).collect();
        json!({ "name": source.name, "columns": columns })
    });
    let mut stages = Vec::new();
    let last = pipeline.sources.len() - 1;
    let merge = |pass: Pass| json!(["cluster", "merge", pass.word()]);
    for (at, source) in pipeline.sources.iter().enumerate() {
        stages.push(json!({
            "name": format!("sieve-{}", source.name),
            "args": ["worker", "sieve", "--source", source.name],
            "input": { "source": source.name },
            "shuffle": null, "sort": null, "keep": true,
            "to_driver": [kind::TEXTS, kind::COUNTS, kind::STRIPPED],
            "driver": if at == last { merge(Pass::Sieve) } else { Value::Null },
        }));
    }
    let rows = json!([kind::ROWS, kind::OBJECTIONS, kind::REPEATS]);
    let mut pass = |pass: Pass, kinds: Value, keep: bool, to_driver: &[&str], driver: Value| {
        stages.push(json!({
            "name": pass.word(),
            "args": ["worker", pass.word()],
            "input": { "kinds": kinds },
            "shuffle": ["bucket"], "sort": null, "keep": keep,
            "to_driver": to_driver,
            "driver": driver,
        }));
    };
    if pipeline.sources.iter().any(has_unique) {
        pass(Pass::Unique, json!([kind::UNIQUE]), true, &[kind::COUNTS], merge(Pass::Unique));
    }
    pass(Pass::Census, rows.clone(), false, &[kind::CENSUS, kind::COUNTS], merge(Pass::Census));
    pass(Pass::Draw, rows.clone(), false, &[kind::DRAW], merge(Pass::Draw));
    pass(Pass::Summary, rows.clone(), false, &[kind::SUMMARY], merge(Pass::Summary));
    pass(Pass::Release, rows, false, &[kind::RELEASED, kind::LEFT], json!(["cluster", "finish"]));
    let (base, files) = files(pipeline);
    Ok(json!({
        "version": VERSION,
        "tamis": env!("CARGO_PKG_VERSION"),
        "pipeline": { "name": pipeline.name, "sha256": pipeline.digest, "file": name(&base, &pipeline.path) },
        "base": base,
        "files": files.iter().map(|file| name(&base, file)).collect::<Vec<_>>(),
        "sources": sources.collect::<Vec<_>>(),
        "schema": [
            { "name": "kind", "type": "string" },
            { "name": "bucket", "type": "int" },
            { "name": "data", "type": "binary" },
        ],
        "buckets": pipeline.limits.buckets_for(0),
        "requires": {
            "spark.io.encryption.enabled": "true",
            "spark.authenticate": "true",
            "spark.network.crypto.enabled": "true",
        },
        "stages": stages,
    }))
}

/// The files that a worker reads to know the pipeline, and the deepest folder that holds them all.
fn files(pipeline: &Pipeline) -> (PathBuf, BTreeSet<PathBuf>) {
    let hierarchies = pipeline.datasets.iter().flat_map(|d| &d.kept).filter_map(|kept| match &kept.generalise {
        Generalise::Hierarchy { path, .. } => Some(path),
        _ => None,
    });
    let schemas = pipeline.sources.iter().map(|source| &source.schema_path);
    let all: BTreeSet<PathBuf> =
        std::iter::once(&pipeline.path).chain(schemas).chain(hierarchies).map(|path| plain(path)).collect();
    let mut base = plain(&pipeline.path);
    base.pop();
    while !all.iter().all(|file| file.starts_with(&base)) && base.pop() {}
    (base, all)
}

/// The absolute path without `.` and `..`, as it is written: no link is followed.
fn plain(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

fn name(base: &Path, file: &Path) -> PathBuf {
    let file = plain(file);
    file.strip_prefix(base).map(Path::to_path_buf).unwrap_or(file)
}
