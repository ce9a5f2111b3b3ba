//! FHIR R4 resources, one a line (*FHIR Bulk Data Access*): the values that the paths of a schema find become the cells of a record.

use serde_json::{Map, Value};

use super::batch::Malformed;
use crate::config::Source;
use crate::schema::{PathStep, ValuePath};

/// Which resources are records, and where the value of each column stands in them.
#[derive(Debug)]
pub(super) struct Mapping {
    resource: String,
    columns: Vec<(String, ValuePath)>,
}

impl Mapping {
    /// That of a source; `None` where it reads no resources. Every field has a path: `config` sees to it.
    pub fn of(source: &Source) -> Option<Self> {
        let resource = source.resource.clone()?;
        let column = |field: &crate::schema::Field| Some((field.name.clone(), field.path.clone()?));
        Some(Self { resource, columns: source.schema.fields.iter().filter_map(column).collect() })
    }

    /// The labels, in the order of the schema.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(label, _)| label.as_str())
    }

    /// The cells of a resource; `None` where it has no value.
    ///
    /// # Errors
    /// [`Malformed::OtherResource`]; [`Malformed::NotOneValue`] and [`Malformed::Reference`] with the column.
    pub fn cells(&self, resource: &Map<String, Value>) -> Result<Vec<Option<String>>, Malformed> {
        if resource.get("resourceType").and_then(Value::as_str) != Some(&self.resource) {
            return Err(Malformed::OtherResource);
        }
        let columns = self.columns.iter().enumerate();
        columns.map(|(column, (_, path))| value(resource, path.steps(), column)).collect()
    }
}

/// The one value that a path finds.
fn value(resource: &Map<String, Value>, steps: &[PathStep], column: usize) -> Result<Option<String>, Malformed> {
    let Some((PathStep::Member(first), steps)) = steps.split_first() else { return Ok(None) };
    let mut found: Vec<&Value> = items(resource.get(first)).collect();
    for step in steps {
        found = match step {
            PathStep::Member(name) => found.into_iter().flat_map(|value| items(value.get(name))).collect(),
            PathStep::Index(at) => found.get(*at).copied().into_iter().collect(),
            PathStep::Where { member, equals } => {
                let is = |value: &&Value| value.get(member).and_then(Value::as_str) == Some(equals);
                found.into_iter().filter(is).collect()
            }
            PathStep::ReferenceKey(kind) => return key(&found, kind.as_deref(), column),
        };
    }
    match found.as_slice() {
        [] | [Value::Null] => Ok(None),
        [Value::String(text)] => Ok(Some(text.clone())),
        [one @ (Value::Bool(_) | Value::Number(_))] => Ok(Some(one.to_string())),
        // Which of several is meant nobody has said, and an element with parts is no value.
        _ => Err(Malformed::NotOneValue(column)),
    }
}

/// The items of a list; anything else is one.
fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let list = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter().chain(value.filter(|value| !value.is_array()))
}

/// The id behind a reference `Type/id`, with or without a version. An address of another server, a contained resource or a UUID
/// does not say which record of this export is meant. Nothing where it is to another type, or an identifier alone.
fn key(references: &[&Value], kind: Option<&str>, column: usize) -> Result<Option<String>, Malformed> {
    let reference = match references {
        [] => return Ok(None),
        [one] => one.get("reference"),
        _ => return Err(Malformed::NotOneValue(column)),
    };
    let Some(reference) = reference else { return Ok(None) };
    let unresolved = Malformed::Reference(column);
    let parts: Vec<&str> = reference.as_str().ok_or(unresolved)?.split('/').collect();
    let (of, id) = match parts.as_slice() {
        [of, id] | [of, id, "_history", _] => (*of, *id),
        _ => return Err(unresolved),
    };
    let is_type = of.starts_with(|c: char| c.is_ascii_uppercase()) && of.bytes().all(|b| b.is_ascii_alphabetic());
    let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
    match kind {
        _ if !is_type || !is_id => Err(unresolved),
        Some(kind) if kind != of => Ok(None),
        _ => Ok(Some(id.to_owned())),
    }
}
