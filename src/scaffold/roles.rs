//! Roles where a proposal leaves them open: nothing may leave because nobody looked at it.

use serde_json::{Map, Value, json};

use super::ScaffoldError;

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
pub(super) fn settle(schema: &mut Value) -> Vec<String> {
    let mut settled = Vec::new();
    for field in fields(schema) {
        if field.contains_key("tamis:role") {
            continue;
        }
        let codes =
            field.get("constraints").is_some_and(|c| c.get("enum").is_some()) || field.contains_key("categories");
        let role = match word(field, "type") {
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
