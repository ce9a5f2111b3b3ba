//! Walking a JSON object while collecting every problem with its place.

use serde_json::{Map, Value};

use super::error::{Fault, SchemaError};

/// The problems found so far, in the order of the file.
#[derive(Default)]
pub(super) struct Problems(Vec<SchemaError>);

impl Problems {
    pub fn push(&mut self, place: String, fault: Fault) {
        self.0.push(SchemaError::At { place, fault });
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value, if nothing is wrong.
    pub fn unless_any<T>(self, value: Option<T>) -> Result<T, Vec<SchemaError>> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}

/// A JSON object and where it stands.
pub(super) struct Object<'j> {
    map: &'j Map<String, Value>,
    place: String,
}

impl<'j> Object<'j> {
    pub fn new(value: &'j Value, place: String, problems: &mut Problems) -> Option<Self> {
        let Some(map) = value.as_object() else {
            problems.push(
                if place.is_empty() { "schema".into() } else { place },
                Fault::Expected { expected: "a JSON object" },
            );
            return None;
        };
        Some(Self { map, place })
    }

    pub fn place(&self, key: &str) -> String {
        if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) }
    }

    pub fn keys(&self) -> impl Iterator<Item = &'j str> {
        self.map.keys().map(String::as_str)
    }

    pub fn get(&self, key: &str) -> Option<&'j Value> {
        self.map.get(key)
    }

    fn expect<T>(
        &self,
        key: &str,
        expected: &'static str,
        problems: &mut Problems,
        read: impl FnOnce(&'j Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(key)?;
        let read = read(value);
        if read.is_none() {
            problems.push(self.place(key), Fault::Expected { expected });
        }
        read
    }

    pub fn text(&self, key: &str, problems: &mut Problems) -> Option<&'j str> {
        self.expect(key, "a text", problems, Value::as_str)
    }

    pub fn flag(&self, key: &str, problems: &mut Problems) -> Option<bool> {
        self.expect(key, "true or false", problems, Value::as_bool)
    }

    pub fn size(&self, key: &str, problems: &mut Problems) -> Option<usize> {
        let read = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok());
        self.expect(key, "a whole number from 0", problems, read)
    }

    pub fn list(&self, key: &str, problems: &mut Problems) -> Option<&'j [Value]> {
        self.expect(key, "a list", problems, |v| v.as_array().map(Vec::as_slice))
    }

    pub fn object(&self, key: &str, problems: &mut Problems) -> Option<Object<'j>> {
        Object::new(self.get(key)?, self.place(key), problems)
    }

    /// A list of texts.
    pub fn texts(&self, key: &str, problems: &mut Problems) -> Option<Vec<String>> {
        self.expect(key, "a list of texts", problems, strings)
    }

    /// A text, or a list of texts.
    pub fn text_or_texts(&self, key: &str, problems: &mut Problems) -> Option<Vec<String>> {
        self.expect(key, "a text or a list of texts", problems, one_or_more)
    }

    /// One character that is neither digit, letter nor sign.
    pub fn separator(&self, key: &str, problems: &mut Problems) -> Option<char> {
        let read = |v: &Value| {
            let mut chars = v.as_str()?.chars();
            let c = chars.next().filter(|c| !c.is_alphanumeric() && !matches!(c, '+' | '-'))?;
            chars.next().is_none().then_some(c)
        };
        self.expect(key, "one character that is no digit, letter or sign", problems, read)
    }
}

fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|v| v.as_str().map(str::to_owned)).collect()
}

/// A text, or a list of texts.
pub(super) fn one_or_more(value: &Value) -> Option<Vec<String>> {
    value.as_str().map(|one| vec![one.to_owned()]).or_else(|| strings(value))
}

/// The items of a list whose items are plain values or objects with a `value` (`missingValues`, `categories`).
pub(super) fn labelled(items: &[Value]) -> impl Iterator<Item = &Value> {
    items.iter().map(|item| item.get("value").unwrap_or(item))
}
