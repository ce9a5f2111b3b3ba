//! A whole descriptor.

use std::io;
use std::path::Path;

use serde_json::Value;

use crate::disk;

use super::error::{Fault, SchemaError};
use super::field;
use super::model::{Field, FieldsMatch, ForeignKey, Rule, TableSchema};
use super::walk::{Object, Problems, one_or_more};

const PROPERTIES: &str = "tamis:rules";

fn utf8(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData.into())
}

impl TableSchema {
    /// Reads and checks a schema file. A schema without a `name` takes the file's.
    ///
    /// # Errors
    /// [`SchemaError::Unreadable`], or [`SchemaError::Invalid`] with every problem of the schema.
    pub fn read(path: &Path) -> Result<Self, SchemaError> {
        let unreadable = |e: io::Error| SchemaError::Unreadable { path: path.to_owned(), kind: e.kind() };
        let text = disk::read(path).and_then(utf8).map_err(unreadable)?;
        let stem = path.file_stem().map(|s| s.to_string_lossy()).unwrap_or_default();
        Self::parse(&text, &stem).map_err(|problems| SchemaError::Invalid { path: path.to_owned(), problems })
    }

    /// Parses and checks a descriptor; `name_if_absent` is the table's name where the descriptor has none.
    ///
    /// # Errors
    /// Every problem with its place, in the order of the file; never an empty list.
    pub fn parse(json: &str, name_if_absent: &str) -> Result<Self, Vec<SchemaError>> {
        let json = json.strip_prefix('\u{feff}').unwrap_or(json);
        let value: Value = serde_json::from_str(json).map_err(|e| vec![not_json(&e)])?;
        let mut problems = Problems::default();
        let table = read(&value, name_if_absent, &mut problems);
        problems.unless_any(table)
    }
}

fn not_json(error: &serde_json::Error) -> SchemaError {
    let text = error.to_string();
    // The position follows in fields of its own.
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason).to_owned();
    SchemaError::Json { line: error.line(), column: error.column(), reason }
}

fn read(value: &Value, name_if_absent: &str, problems: &mut Problems) -> Option<TableSchema> {
    let object = Object::new(value, String::new(), problems)?;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let name = object.text("name", problems).filter(|n| !n.is_empty()).unwrap_or(name_if_absent).to_owned();
    let title = owned(object.text("title", problems));
    let description = owned(object.text("description", problems));
    for key in object.keys().filter(|k| k.starts_with("tamis:") && *k != PROPERTIES) {
        problems.push(key.to_owned(), Fault::UnknownProperty { known: PROPERTIES });
    }
    let missing_values = field::missing_values(&object, problems).unwrap_or_else(|| vec![String::new()]);
    let fields_match = fields_match(&object, problems);
    let before = problems.len();
    let fields = fields(&object, problems);
    // Keys are held against the fields only where all fields could be read: else they would seem to be absent.
    let known = (problems.len() == before).then_some(fields.as_slice());
    let primary_key = object.text_or_texts("primaryKey", problems).unwrap_or_default();
    check_key(&primary_key, "primaryKey", known, problems);
    let unique_keys = unique_keys(&object, known, problems);
    let foreign_keys = foreign_keys(&object, known, problems);
    let rules = rules(&object, problems);
    Some(TableSchema {
        name,
        title,
        description,
        fields,
        missing_values,
        primary_key,
        unique_keys,
        foreign_keys,
        fields_match,
        rules,
    })
}

fn fields(object: &Object<'_>, problems: &mut Problems) -> Vec<Field> {
    let expected = "a list with at least one field";
    if object.get("fields").is_none() {
        problems.push("fields".into(), Fault::Absent { expected });
    }
    let Some(items) = object.list("fields", problems) else { return Vec::new() };
    if items.is_empty() {
        problems.push("fields".into(), Fault::Empty { expected });
    }
    let mut fields: Vec<Field> = Vec::with_capacity(items.len());
    let mut places: Vec<usize> = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let Some(field) = field::read(item, format!("fields[{i}]"), problems) else { continue };
        if let Some(k) = fields.iter().position(|f| f.name == field.name) {
            let first = format!("fields[{}]", places[k]);
            problems.push(format!("fields[{i}].name"), Fault::Duplicate { name: field.name, first });
            continue;
        }
        fields.push(field);
        places.push(i);
    }
    fields
}

/// Version 2 writes the word in a list of one; a plain word is taken too.
fn fields_match(object: &Object<'_>, problems: &mut Problems) -> FieldsMatch {
    let Some(words) = object.text_or_texts("fieldsMatch", problems) else { return FieldsMatch::default() };
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["exact"] => FieldsMatch::Exact,
        ["equal"] => FieldsMatch::Equal,
        ["subset"] => FieldsMatch::Subset,
        ["superset"] => FieldsMatch::Superset,
        ["partial"] => FieldsMatch::Partial,
        _ => {
            let known = "exact, equal, subset, superset, partial";
            problems.push("fieldsMatch".into(), Fault::UnknownWord { found: words.join(", "), known });
            FieldsMatch::default()
        }
    }
}

fn check_key(key: &[String], place: &str, known: Option<&[Field]>, problems: &mut Problems) {
    for (i, name) in key.iter().enumerate() {
        if key[..i].contains(name) {
            let fault = Fault::Duplicate { name: name.clone(), first: place.to_owned() };
            problems.push(place.to_owned(), fault);
        } else if known.is_some_and(|fields| !fields.iter().any(|f| f.name == *name)) {
            problems.push(place.to_owned(), Fault::AbsentField { name: name.clone() });
        }
    }
}

fn unique_keys(object: &Object<'_>, known: Option<&[Field]>, problems: &mut Problems) -> Vec<Vec<String>> {
    let mut keys = Vec::new();
    for (i, item) in object.list("uniqueKeys", problems).unwrap_or_default().iter().enumerate() {
        let place = format!("uniqueKeys[{i}]");
        match one_or_more(item).filter(|k| !k.is_empty()) {
            Some(key) => {
                check_key(&key, &place, known, problems);
                keys.push(key);
            }
            None => problems.push(place, Fault::Expected { expected: "a list of names of fields" }),
        }
    }
    keys
}

fn foreign_keys(object: &Object<'_>, known: Option<&[Field]>, problems: &mut Problems) -> Vec<ForeignKey> {
    let mut keys = Vec::new();
    for (i, item) in object.list("foreignKeys", problems).unwrap_or_default().iter().enumerate() {
        let place = format!("foreignKeys[{i}]");
        let Some(key) = Object::new(item, place.clone(), problems) else { continue };
        let fields = names(&key, "fields", problems);
        if key.get("reference").is_none() {
            problems.push(key.place("reference"), Fault::Absent { expected: "the table and fields to look up in" });
        }
        let Some(reference) = key.object("reference", problems) else { continue };
        // Version 1 writes an empty text for the table itself, version 2 leaves the property out.
        let resource = reference.text("resource", problems).unwrap_or("").to_owned();
        let columns = names(&reference, "fields", problems);
        let (Some(fields), Some(columns)) = (fields, columns) else { continue };
        check_key(&fields, &key.place("fields"), known, problems);
        if resource.is_empty() {
            check_key(&columns, &reference.place("fields"), known, problems);
        }
        if fields.len() != columns.len() {
            let expected = "as many fields as the key has";
            problems.push(reference.place("fields"), Fault::Expected { expected });
            continue;
        }
        keys.push(ForeignKey { fields, resource, reference: columns });
    }
    keys
}

/// Names of fields that must be there.
fn names(object: &Object<'_>, key: &str, problems: &mut Problems) -> Option<Vec<String>> {
    let expected = "at least one name of a field";
    if object.get(key).is_none() {
        problems.push(object.place(key), Fault::Absent { expected });
        return None;
    }
    let names = object.text_or_texts(key, problems)?;
    if names.is_empty() {
        problems.push(object.place(key), Fault::Empty { expected });
    }
    (!names.is_empty()).then_some(names)
}

fn rules(object: &Object<'_>, problems: &mut Problems) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for (i, item) in object.list("tamis:rules", problems).unwrap_or_default().iter().enumerate() {
        let Some(rule) = Object::new(item, format!("tamis:rules[{i}]"), problems) else { continue };
        for key in rule.keys().filter(|k| !["name", "sql", "description"].contains(k)) {
            problems.push(rule.place(key), Fault::UnknownProperty { known: "name, sql, description" });
        }
        let description = rule.text("description", problems).map(str::to_owned);
        let name = filled(&rule, "name", "a short name of the rule", problems);
        let sql = filled(&rule, "sql", "an SQL expression over fields of the table", problems);
        let (Some(name), Some(sql)) = (name, sql) else { continue };
        if let Some(k) = rules.iter().position(|r| r.name == name) {
            problems.push(rule.place("name"), Fault::Duplicate { name, first: format!("tamis:rules[{k}]") });
            continue;
        }
        rules.push(Rule { name, sql, description });
    }
    rules
}

/// A text that must be there and say something.
fn filled(object: &Object<'_>, key: &str, expected: &'static str, problems: &mut Problems) -> Option<String> {
    if object.get(key).is_none() {
        problems.push(object.place(key), Fault::Absent { expected });
        return None;
    }
    let text = object.text(key, problems)?;
    if text.trim().is_empty() {
        problems.push(object.place(key), Fault::Empty { expected });
        return None;
    }
    Some(text.to_owned())
}
