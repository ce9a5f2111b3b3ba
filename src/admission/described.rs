//! What the signed descriptor says of the output that is read, against the schema that the pipeline counts on.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::DESCRIPTOR;
use super::error::AdmissionError;
use crate::config::{Source, SourceRelease};
use crate::schema::{Field, Role};

/// What is needed of the descriptor. It has more: the format is open.
#[derive(Deserialize)]
struct Package {
    #[serde(rename = "tamis:release")]
    release: Release,
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Release {
    #[serde(default)]
    sample: Value,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
    path: String,
    #[serde(rename = "tamis:kind")]
    kind: String,
    #[serde(rename = "tamis:formula_guard")]
    guard: Option<Guard>,
    schema: Option<Schema>,
}

#[derive(Deserialize)]
struct Guard {
    cells: u64,
}

#[derive(Deserialize)]
struct Schema {
    fields: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "tamis:role")]
    role: Option<String>,
}

/// The output that is read.
pub(super) struct Described {
    /// Path of its CSV file in the release.
    pub path: String,
    /// How its persons were drawn.
    pub sample: Value,
}

/// Finds the output and compares its columns, in their order, with the schema of the source.
pub(super) fn output(
    folder: &Path,
    descriptor: &[u8],
    release: &SourceRelease,
    source: &Source,
) -> Result<Described, AdmissionError> {
    let unread = |_| AdmissionError::Document { path: folder.join(DESCRIPTOR) };
    let package: Package = serde_json::from_slice(descriptor).map_err(unread)?;
    let path = format!("data/{}.csv", release.output);
    let is_it =
        |resource: &&Resource| resource.name == release.output && resource.path == path && resource.kind == "persons";
    let found = package.resources.iter().find(is_it);
    let none = || AdmissionError::NoOutput { folder: folder.to_path_buf(), output: release.output.clone() };
    let resource = found.ok_or_else(none)?;
    if let Some(Guard { cells: cells @ 1.. }) = resource.guard {
        return Err(AdmissionError::Guarded { folder: folder.to_path_buf(), output: release.output.clone(), cells });
    }
    let columns = resource.schema.as_ref().map_or(&[][..], |schema| &schema.fields);
    if let Some(what) = differs(columns, &source.schema.fields) {
        return Err(AdmissionError::Columns {
            folder: folder.to_path_buf(),
            output: release.output.clone(),
            source_name: source.name.clone(),
            what,
        });
    }
    Ok(Described { path, sample: package.release.sample })
}

/// The first difference in words.
fn differs(columns: &[Column], fields: &[Field]) -> Option<String> {
    for at in 0..columns.len().max(fields.len()) {
        match (columns.get(at), fields.get(at)) {
            (Some(column), Some(field)) if column.name != field.name => {
                return Some(format!(
                    "column {} is `{}` in the release and `{}` in the schema",
                    at + 1,
                    column.name,
                    field.name
                ));
            }
            (Some(column), Some(field)) if column.kind != field.logical().type_name() => {
                let (name, there, here) = (&field.name, &column.kind, field.logical().type_name());
                return Some(format!("`{name}` is {there} in the release and {here} in the schema"));
            }
            (Some(column), Some(field)) if differs_in_role(column, field) => {
                let there = column.role.as_deref().unwrap_or_default();
                let here = field.role.map_or("none", Role::as_str);
                return Some(format!("`{}` has the role {there} in the release and {here} in the schema", field.name));
            }
            (Some(column), None) => return Some(format!("the schema has no `{}`", column.name)),
            (None, Some(field)) => return Some(format!("the release has no `{}`", field.name)),
            _ => {}
        }
    }
    None
}

/// Whether the schema plays down, or up, what the maker of the release said of a column: evidence and reasons are asked for by role.
/// Columns that were computed, such as weights, have none.
fn differs_in_role(column: &Column, field: &Field) -> bool {
    column.role.as_deref().is_some_and(|there| field.role.map(Role::as_str) != Some(there))
}
