//! What may stand in a schema and should be known: it is read all the same.
//!
//! The departures are those of schemas in use, such as the ones of the national health-data hub: names in capitals,
//! `missingValues: []`, properties of their own. The Frictionless framework refuses some of them.

use std::collections::BTreeMap;

use serde_json::Value;

/// Properties of a schema that have a meaning in Table Schema or in catalogues of schemas.
const TABLE: &[&str] = &[
    "$schema",
    "name",
    "title",
    "description",
    "fields",
    "fieldsMatch",
    "missingValues",
    "primaryKey",
    "uniqueKeys",
    "foreignKeys",
    "homepage",
    "version",
    "created",
    "lastModified",
    "keywords",
    "contributors",
    "sources",
    "licenses",
    "path",
    "examples",
    "countryCode",
    "resources",
    "uriPattern",
    "profile",
];
/// Properties of a field that have a meaning in Table Schema.
const FIELD: &[&str] = &[
    "name",
    "type",
    "format",
    "title",
    "description",
    "example",
    "examples",
    "constraints",
    "categories",
    "categoriesOrdered",
    "missingValues",
    "rdfType",
    "trueValues",
    "falseValues",
    "bareNumber",
    "groupChar",
    "decimalChar",
    "delimiter",
    "itemType",
];

/// Something about a schema that is taken and should be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Which.
    pub kind: RemarkKind,
    /// Where, such as `fields[3].nomenclature`; the first place of several.
    pub place: String,
    /// The name it is about, where there is one.
    pub name: String,
    /// How often.
    pub count: u64,
}

/// What is remarkable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RemarkKind {
    /// A name of the table with capitals or signs, which version 1 did not allow.
    TableName,
    /// No text means "missing": an empty cell is a value.
    NothingMissing,
    /// A property that has no meaning in Table Schema and no prefix of its own.
    CustomProperty,
    /// A form of version 1, read as that of version 2.
    OldForm,
    /// Fields without a role.
    NoRole,
    /// Fields with neither title nor description.
    Undescribed,
    /// Fields of text that nothing limits and that may leave.
    FreeText,
    /// Patterns with anchors that mean nothing.
    AnchoredPattern,
    /// Fields with a single allowed value.
    OneValue,
    /// A field that speaks of what identifies persons, with a role that lets it leave.
    LooksIdentifying,
    /// A table without a primary key.
    NoKey,
}

impl RemarkKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::TableName,
        Self::NothingMissing,
        Self::CustomProperty,
        Self::OldForm,
        Self::NoRole,
        Self::Undescribed,
        Self::FreeText,
        Self::AnchoredPattern,
        Self::OneValue,
        Self::LooksIdentifying,
        Self::NoKey,
    ];

    /// Its name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TableName => "table-name",
            Self::NothingMissing => "nothing-missing",
            Self::CustomProperty => "custom-property",
            Self::OldForm => "old-form",
            Self::NoRole => "no-role",
            Self::Undescribed => "undescribed",
            Self::FreeText => "free-text",
            Self::AnchoredPattern => "anchored-pattern",
            Self::OneValue => "one-value",
            Self::LooksIdentifying => "looks-identifying",
            Self::NoKey => "no-key",
        }
    }
}

/// What should be known of a schema that can be read; nothing of a text that is no JSON object.
#[must_use]
pub fn remarks(json: &str) -> Vec<Remark> {
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    let Ok(schema) = serde_json::from_str::<Value>(json) else { return Vec::new() };
    let mut remarks = Vec::new();
    let mut add = |kind, place: &str, name: &str| {
        remarks.push(Remark { kind, place: place.to_owned(), name: name.to_owned(), count: 1 });
    };
    if let Some(name) = schema["name"].as_str().filter(|name| !is_plain(name)) {
        add(RemarkKind::TableName, "name", name);
    }
    if schema["missingValues"].as_array().is_some_and(Vec::is_empty) {
        add(RemarkKind::NothingMissing, "missingValues", "");
    }
    old_forms(&schema, &mut add);
    let mut custom: BTreeMap<String, (String, u64)> = BTreeMap::new();
    let mut look = |object: &Value, known: &[&str], place: &str| {
        for key in object.as_object().into_iter().flat_map(|o| o.keys()) {
            if !known.contains(&key.as_str()) && !key.contains(':') {
                let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                custom.entry(key.clone()).or_insert((place, 0)).1 += 1;
            }
        }
    };
    look(&schema, TABLE, "");
    for (i, field) in schema["fields"].as_array().into_iter().flatten().enumerate() {
        if field["missingValues"].as_array().is_some_and(Vec::is_empty) {
            add(
                RemarkKind::NothingMissing,
                &format!("fields[{i}].missingValues"),
                field["name"].as_str().unwrap_or(""),
            );
        }
        look(field, FIELD, &format!("fields[{i}]"));
    }
    let custom = custom.into_iter();
    remarks.extend(custom.map(|(name, (place, count))| Remark {
        kind: RemarkKind::CustomProperty,
        place,
        name,
        count,
    }));
    remarks
}

fn old_forms(schema: &Value, add: &mut impl FnMut(RemarkKind, &str, &str)) {
    for key in ["primaryKey", "fieldsMatch"] {
        if schema[key].is_string() {
            add(RemarkKind::OldForm, key, key);
        }
    }
    for (i, key) in schema["foreignKeys"].as_array().into_iter().flatten().enumerate() {
        let own = key["reference"]["resource"].as_str() == Some("");
        if key["fields"].is_string() || key["reference"]["fields"].is_string() || own {
            add(RemarkKind::OldForm, &format!("foreignKeys[{i}]"), "foreignKeys");
        }
    }
}

/// A name as version 1 of the standard asks for it.
fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._/".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_of_the_health_data_hub_are_taken_and_their_departures_told_once_each() {
        let json = r#"{"name": "IR_SEX_V", "missingValues": [], "primaryKey": "A", "champ": "", "tamis:x": 1, "fields": [
            {"name": "A", "type": "string", "role": "code"}, {"name": "B", "type": "string", "role": "label"}]}"#;
        let told: Vec<_> = remarks(json).into_iter().map(|r| (r.kind, r.place, r.name, r.count)).collect();
        let expected = [
            (RemarkKind::TableName, "name", "IR_SEX_V", 1),
            (RemarkKind::NothingMissing, "missingValues", "", 1),
            (RemarkKind::OldForm, "primaryKey", "primaryKey", 1),
            (RemarkKind::CustomProperty, "champ", "champ", 1),
            (RemarkKind::CustomProperty, "fields[0].role", "role", 2),
        ];
        let expected = expected.map(|(kind, place, name, n)| (kind, place.to_owned(), name.to_owned(), n as u64));
        assert_eq!(told, expected);
    }

    #[test]
    fn a_schema_of_version_2_has_nothing_remarkable() {
        let json = r#"{"$schema": "https://x", "name": "a-b", "primaryKey": ["a"], "missingValues": ["", "NA"],
            "fields": [{"name": "a", "type": "integer", "tamis:role": "other", "constraints": {"required": true}}]}"#;
        assert_eq!(remarks(json), []);
        assert_eq!(remarks("no json"), []);
    }
}
