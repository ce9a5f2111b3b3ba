//! The constraint `jsonSchema`: what a cell of JSON is held against.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use boon::{Compiler, SchemaIndex, Schemas, UrlLoader};
use serde_json::Value;

use super::error::Fault;

/// A compiled JSON Schema. Clones share it.
#[derive(Clone)]
pub(crate) struct JsonForm(Arc<(Schemas, SchemaIndex)>);

/// The address that the schema has for itself; no host has such a name (RFC 6761).
const OWN: &str = "https://tamis.invalid/constraint.json";

/// Other documents are neither fetched nor read from the disk.
struct Nothing;

impl UrlLoader for Nothing {
    fn load(&self, _url: &str) -> Result<Value, Box<dyn Error>> {
        Err("no other document is read".into())
    }
}

impl JsonForm {
    /// Compiles a schema, in the draft that it names or the latest.
    ///
    /// # Errors
    /// [`Fault::BadJsonSchema`]: it is none, or refers to another document.
    pub fn compile(schema: &Value) -> Result<Self, Fault> {
        let mut compiler = Compiler::new();
        compiler.use_loader(Box::new(Nothing));
        let mut schemas = Schemas::new();
        // The library's words could quote the schema at any length.
        compiler.add_resource(OWN, schema.clone()).map_err(|_| Fault::BadJsonSchema)?;
        let index = compiler.compile(OWN, &mut schemas).map_err(|_| Fault::BadJsonSchema)?;
        Ok(Self(Arc::new((schemas, index))))
    }

    /// Whether a text is JSON that keeps to it.
    pub fn is_kept_by(&self, text: &str) -> bool {
        let (schemas, index) = &*self.0;
        serde_json::from_str::<Value>(text).is_ok_and(|value| schemas.validate(&value, *index).is_ok())
    }
}

impl fmt::Debug for JsonForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonForm")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_held_against_its_schema() {
        let schema = json!({
            "type": "object",
            "required": ["code"],
            "properties": { "code": { "$ref": "#/$defs/code" }, "dose": { "type": "number", "minimum": 0 } },
            "additionalProperties": false,
            "$defs": { "code": { "type": "string", "pattern": "^[A-Z]{4}[0-9]{3}$" } },
        });
        let form = JsonForm::compile(&schema).unwrap();
        for good in [r#"{"code": "QEQK004"}"#, r#"{"code": "JKHD001", "dose": 2.5}"#] {
            assert!(form.is_kept_by(good), "{good}");
        }
        let bad = [
            r#"{}"#,
            r#"{"code": 4}"#,
            r#"{"code": "x"}"#,
            r#"{"code": "QEQK004", "dose": -1}"#,
            r#"{"code": "QEQK004", "x": 1}"#,
        ];
        for bad in bad.into_iter().chain(["[]", "", "{"]) {
            assert!(!form.is_kept_by(bad), "{bad}");
        }
    }

    #[test]
    fn the_draft_is_the_one_that_the_schema_names() {
        // An array of schemas for items is a tuple in draft 7, and no keyword of that form since 2020-12.
        let tuple = |draft: &str| json!({ "$schema": draft, "items": [{ "type": "integer" }] });
        let form = JsonForm::compile(&tuple("http://json-schema.org/draft-07/schema#")).unwrap();
        assert!(form.is_kept_by("[1, \"a\"]") && !form.is_kept_by("[\"a\"]"));
        assert_eq!(
            JsonForm::compile(&tuple("https://json-schema.org/draft/2020-12/schema")).err(),
            Some(Fault::BadJsonSchema)
        );
    }

    #[test]
    fn no_other_document_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("other.json");
        std::fs::write(&other, "{}").unwrap();
        for elsewhere in
            [format!("file://{}", other.display()), "https://example.org/s.json".to_owned(), "other.json".to_owned()]
        {
            assert_eq!(
                JsonForm::compile(&json!({ "$ref": elsewhere })).err(),
                Some(Fault::BadJsonSchema),
                "{elsewhere}"
            );
        }
        for none in [json!(3), json!({ "type": "nombre" }), json!({ "pattern": "(" })] {
            assert_eq!(JsonForm::compile(&none).err(), Some(Fault::BadJsonSchema), "{none}");
        }
    }
}
