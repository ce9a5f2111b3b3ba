//! The form of a pipeline file as a JSON Schema, made of the types that read it: editors complete keys and mark slips.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::form::SECTIONS;
use super::raw::{
    RawAggregate, RawDerive, RawDestroy, RawExclude, RawExport, RawForm, RawGeneralise, RawJoin, RawKeep, RawLedger,
    RawLimits, RawMargins, RawPersons, RawPipeline, RawRecipient, RawSample, RawSender, RawSource, RawSubject, Scalar,
};
use super::{generalise, sample};

// A test holds the sections against those that are read.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields,
    title = "tamis pipeline",
    description = "What is read, what leaves and how it is protected. What is not named does not leave."
)]
#[allow(dead_code)]
struct File {
    pipeline: RawPipeline,
    limits: Option<RawLimits>,
    sender: Option<RawSender>,
    recipient: Option<Vec<RawRecipient>>,
    source: Vec<RawSource>,
    join: Option<Vec<RawJoin>>,
    exclude: Option<Vec<RawExclude>>,
    subject: Option<RawSubject>,
    derive: Option<Vec<RawDerive>>,
    keep: Option<Vec<RawKeep>>,
    sample: Option<RawSample>,
    persons: Option<Vec<RawPersons>>,
    aggregate: Option<Vec<RawAggregate>>,
    ledger: Option<RawLedger>,
    export: RawExport,
    destroy: Option<RawDestroy>,
}

/// A text, a number or true/false.
impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

/// True, false or names.
impl JsonSchema for RawMargins {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Margins".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "boolean" }, { "type": "array", "items": { "type": "string" } }] })
    }
}

/// A word, or a table.
impl JsonSchema for RawGeneralise {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Generalise".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let form = generator.subschema_for::<RawForm>();
        json_schema!({ "anyOf": [{ "type": "string", "enum": generalise::FORMS }, form] })
    }
}

/// The sections of a pipeline file, in the order in which they are told.
#[must_use]
pub fn sections() -> &'static [&'static str] {
    &SECTIONS
}

/// The JSON Schema (draft 2020-12) of a pipeline file; `describe` says what a section is for.
///
/// It knows keys, kinds of values and some words. What a file means is judged by [`Pipeline::read`](super::Pipeline::read) alone.
#[must_use]
pub fn json_schema_of_pipelines(describe: impl Fn(&str) -> String) -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<File>().to_value();
    without_null(&mut schema);
    if let Some(sections) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, section) in sections {
            // Beside a reference other keys count since draft 2019-09.
            if let Some(section) = section.as_object_mut() {
                section.insert("description".into(), describe(name).into());
            }
        }
    }
    let words = [
        ("/$defs/RawSample/properties/design", json!(sample::designs())),
        ("/$defs/RawForm/properties/to", json!(generalise::FORMS)),
    ];
    for (place, words) in words {
        if let Some(key) = schema.pointer_mut(place).and_then(Value::as_object_mut) {
            key.insert("enum".into(), words);
        }
    }
    schema
}

/// TOML has no null: what may be absent is not null.
fn without_null(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|t| t != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    object.insert("type".into(), one);
                }
            }
            if let Some(Value::Array(forms)) = object.get_mut("anyOf") {
                forms.retain(|form| form.get("type").is_none_or(|t| t != "null"));
                if let [Value::Object(one)] = forms.as_slice() {
                    let one: Map<String, Value> = one.clone();
                    object.remove("anyOf");
                    object.extend(one);
                }
            }
            object.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}
