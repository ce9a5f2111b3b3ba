//! The release on disk, seen from outside: what a reader of the files finds, and what stops a release.

#![allow(clippy::unwrap_used)]

mod csv;
mod disk;
mod package;
mod parquet;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use chrono::DateTime;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::config::ExportFormat;
use crate::release::{ReleaseChunk, ReleaseField, ReleaseResource, ResourceKind};
use crate::schema::{Logical, Role};

const BOTH: [ExportFormat; 2] = [ExportFormat::Csv, ExportFormat::Parquet];

fn field(name: &str, logical: Logical) -> ReleaseField {
    ReleaseField {
        name: name.into(),
        logical,
        title: Some(format!("Titre de {name}")),
        description: None,
        role: Some(Role::QuasiIdentifier),
        origin: Some(name.into()),
        generalised: "keep",
        why: Some("suivi".into()),
    }
}

fn resource(name: &str, kind: ResourceKind, fields: Vec<ReleaseField>) -> ReleaseResource {
    ReleaseResource { name: name.into(), kind, title: None, fields, protection: json!({ "k": 11 }) }
}

/// One text column called `texte`.
fn texts(name: &str) -> ReleaseResource {
    resource(name, ResourceKind::Persons, vec![field("texte", Logical::Text)])
}

fn chunk(resource: &ReleaseResource, columns: Vec<ArrayRef>) -> ReleaseChunk {
    let named = resource.fields.iter().map(|field| field.name.as_str()).zip(columns);
    ReleaseChunk::new(0, resource, RecordBatch::try_from_iter(named).unwrap()).unwrap()
}

fn text_chunk(cells: Vec<Option<&str>>) -> ReleaseChunk {
    chunk(&texts("texte"), vec![Arc::new(StringArray::from(cells))])
}

/// A column of every kind.
fn every_kind() -> ReleaseResource {
    let fields = vec![
        field("code", Logical::Text),
        field("libelle", Logical::Text),
        field("age", Logical::Integer),
        field("poids", Logical::Number),
        field("a_jour", Logical::Boolean),
        field("jour", Logical::Date),
        field("instant", Logical::Datetime),
    ];
    resource("consultations", ResourceKind::Persons, fields)
}

/// Rows `from..to` of a long, varied table; the code column as a dictionary or as plain text.
fn varied(from: i64, to: i64, coded: bool) -> ReleaseChunk {
    let some = |row: &i64| row % 7 != 3;
    let rows: Vec<i64> = (from..to).collect();
    let codes: Vec<Option<&str>> =
        rows.iter().map(|row| some(row).then(|| ["F", "M", "I"][(row % 3) as usize])).collect();
    let code: ArrayRef = if coded {
        Arc::new(codes.into_iter().collect::<DictionaryArray<Int32Type>>())
    } else {
        Arc::new(StringArray::from(codes))
    };
    let label: StringArray = rows.iter().map(|row| Some(format!("p{:016x}", row * 0x9E37_79B9))).collect();
    let age: Int64Array = rows.iter().map(|row| some(row).then_some(row % 90)).collect();
    let weight: Float64Array = rows.iter().map(|row| some(row).then_some(*row as f64 / 8.0 + 40.0)).collect();
    let current: BooleanArray = rows.iter().map(|row| some(row).then_some(row % 2 == 0)).collect();
    let day: Date32Array = rows.iter().map(|row| some(row).then_some(*row as i32 % 20_000)).collect();
    let instant: TimestampMicrosecondArray = rows.iter().map(|row| some(row).then_some(row * 1_500_000)).collect();
    let columns: Vec<ArrayRef> = vec![
        code,
        Arc::new(label),
        Arc::new(age),
        Arc::new(weight),
        Arc::new(current),
        Arc::new(day),
        Arc::new(instant.with_timezone("UTC")),
    ];
    chunk(&every_kind(), columns)
}

fn manifest() -> Manifest {
    Manifest {
        name: "l1411-8".into(),
        id: None,
        created: DateTime::from_timestamp(1_772_000_000, 0).unwrap(),
        legal_basis: "CSP L1411-8".into(),
        purpose: "suivi statistique et épidémiologique".into(),
        policy: "2026-01".into(),
        pipeline_digest: "ab".repeat(32),
        sample: json!({ "design": "bernoulli", "rate": "1/10" }),
        protection: json!({ "threshold": 11 }),
        challenge: None,
    }
}

fn started(folder: &TempDir) -> RunDirectory {
    RunDirectory::create(folder.path(), "l1411-8", "r1", &[]).unwrap()
}

/// A whole release of one resource.
fn released(folder: &TempDir, resource: &ReleaseResource, chunks: &[ReleaseChunk]) -> ExportReceipt {
    let mut run = started(folder);
    let mut writer = run.writer(0, resource, None, &BOTH).unwrap();
    for chunk in chunks {
        writer.write(chunk).unwrap();
    }
    run.close(writer).unwrap();
    run.assemble(&manifest(), None).and_then(Assembled::read_back).and_then(Compared::publish).unwrap()
}

fn run_path(folder: &TempDir) -> PathBuf {
    folder.path().join("l1411-8-r1")
}

fn exists(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}
