//! Roles where a proposal leaves them open: nothing may leave because nobody looked at it.

use serde_json::{Map, Value, json};

use super::ScaffoldError;

/// Parts of names of columns that hold coordinates.
const PLACES: [&str; 7] = ["lat", "lon", "lng", "latitude", "longitude", "gps", "coordonnees"];
/// Parts of names of columns that hold the sex.
pub(super) const SEX: [&str; 4] = ["sexe", "sex", "genre", "gender"];

/// The fields of a schema as written.
pub(super) fn fields(schema: &mut Value) -> Vec<&mut Map<String, Value>> {
    let fields = schema.get_mut("fields").and_then(Value::as_array_mut);
    fields.into_iter().flatten().filter_map(Value::as_object_mut).collect()
}

fn word<'a>(field: &'a Map<String, Value>, key: &str) -> &'a str {
    field.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Gives the named column the role of the person's identifier.
pub(super) fn name_subject(schema: &mut Value, column: &str) -> Result<(), ScaffoldError> {
    let mut fields = fields(schema);
    let columns: Vec<String> = fields.iter().map(|field| word(field, "name").to_owned()).collect();
    let Some(field) = fields.iter_mut().find(|field| word(field, "name") == column) else {
        return Err(ScaffoldError::UnknownColumn { column: column.to_owned(), columns });
    };
    field.insert("tamis:role".into(), json!("subject-identifier"));
    Ok(())
}

/// Gives every field without a role the strictest that fits its form, and names the fields. Texts of any form could name a
/// person and can never leave; codes, numbers and yes or no count as health data; dates as what singles out.
/// Coordinates and whole numbers that nobody shares can never leave either.
pub(super) fn settle(schema: &mut Value) -> Vec<String> {
    let mut settled = Vec::new();
    for field in fields(schema) {
        if field.contains_key("tamis:role") {
            continue;
        }
        let unique = field.get("constraints").is_some_and(|c| c.get("unique").is_some_and(|u| u == true));
        let name = word(field, "name").to_lowercase();
        let says = |words: &[&str]| name.split(|c: char| !c.is_alphanumeric()).any(|part| words.contains(&part));
        let codes =
            field.get("constraints").is_some_and(|c| c.get("enum").is_some()) || field.contains_key("categories");
        let role = match word(field, "type") {
            // A place on the map is a detailed address, and a whole number that nobody shares is a name.
            _ if says(&PLACES) => "direct-identifier",
            "integer" if unique => "direct-identifier",
            _ if codes && says(&SEX) => "quasi-identifier",
            "date" | "datetime" | "year" | "yearmonth" => "quasi-identifier",
            "integer" | "number" | "boolean" => "sensitive",
            _ if codes => "sensitive",
            _ => "direct-identifier",
        };
        field.insert("tamis:role".into(), json!(role));
        settled.push(word(field, "name").to_owned());
    }
    settled
}
