//! What changes between two versions of a schema, and whether files that were right may now be found wrong.

use super::model::{Constraints, Field, FieldType, FieldsMatch, Role, TableSchema};

/// What a change does to the judgement of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Files that were right may be found wrong.
    Narrower,
    /// Files that were wrong may be found right.
    Wider,
    /// Files are judged as before.
    Neither,
}

impl Effect {
    /// Its name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Narrower => "narrower",
            Self::Wider => "wider",
            Self::Neither => "neither",
        }
    }
}

/// One side of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Side {
    /// Nothing stands there.
    Nothing,
    /// A text of the schema.
    Text(String),
    /// A type with its format.
    Type(FieldType),
}

/// A change.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The field; `None` for the table.
    pub field: Option<String>,
    /// What changed: `added`, `removed`, `moved`, or the property.
    pub what: &'static str,
    /// Before.
    pub before: Side,
    /// After.
    pub after: Side,
    /// What it does to the judgement of files.
    pub effect: Effect,
}

/// Names of changes besides those of constraints.
pub const CHANGES: [&str; 14] = [
    "added",
    "removed",
    "moved",
    "type",
    "missingValues",
    "tamis:role",
    "tamis:identifier",
    "tamis:path",
    "title",
    "fieldsMatch",
    "primaryKey",
    "uniqueKeys",
    "foreignKeys",
    "tamis:rules",
];

/// Every change, those of the table first, then field by field in the order of the new schema.
#[must_use]
pub fn compare(old: &TableSchema, new: &TableSchema) -> Vec<Change> {
    let mut changes = Vec::new();
    table(old, new, &mut changes);
    for field in &new.fields {
        match old.field(&field.name) {
            Some(before) => fields(before, field, &mut changes),
            None => changes.push(Change {
                field: Some(field.name.clone()),
                what: "added",
                before: Side::Nothing,
                after: Side::Type(field.ty.clone()),
                // Files without the column are right only where columns may be left out.
                effect: if may_lack(new) { Effect::Neither } else { Effect::Narrower },
            }),
        }
    }
    for field in old.fields.iter().filter(|f| new.field(&f.name).is_none()) {
        changes.push(Change {
            field: Some(field.name.clone()),
            what: "removed",
            before: Side::Type(field.ty.clone()),
            after: Side::Nothing,
            effect: if may_have_more(new) { Effect::Wider } else { Effect::Narrower },
        });
    }
    moved(old, new, &mut changes);
    changes
}

fn may_lack(schema: &TableSchema) -> bool {
    matches!(schema.fields_match, FieldsMatch::Superset | FieldsMatch::Partial)
}

fn may_have_more(schema: &TableSchema) -> bool {
    matches!(schema.fields_match, FieldsMatch::Subset | FieldsMatch::Partial)
}

fn text(text: impl Into<String>) -> Side {
    let text = text.into();
    if text.is_empty() { Side::Nothing } else { Side::Text(text) }
}

fn table(old: &TableSchema, new: &TableSchema, changes: &mut Vec<Change>) {
    let mut add = |what, before: String, after: String, effect| {
        if before != after {
            changes.push(Change { field: None, what, before: text(before), after: text(after), effect });
        }
    };
    let wider = new.fields_match == FieldsMatch::Partial
        || (old.fields_match == FieldsMatch::Exact && new.fields_match != FieldsMatch::Exact);
    let effect = if wider { Effect::Wider } else { Effect::Narrower };
    add("fieldsMatch", matching(old.fields_match).into(), matching(new.fields_match).into(), effect);
    let keys = |keys: &[Vec<String>]| keys.iter().map(|k| k.join(" + ")).collect::<Vec<_>>().join("; ");
    let effect = |before: bool, after: bool| if after || !before { Effect::Narrower } else { Effect::Wider };
    let (before, after) = (old.primary_key.join(" + "), new.primary_key.join(" + "));
    add("primaryKey", before.clone(), after.clone(), effect(!before.is_empty(), !after.is_empty()));
    let fewer = new.unique_keys.iter().all(|k| old.unique_keys.contains(k));
    add("uniqueKeys", keys(&old.unique_keys), keys(&new.unique_keys), effect(fewer, !fewer));
    let foreign = |s: &TableSchema| {
        let key = |k: &super::model::ForeignKey| {
            format!("{} → {} ({})", k.fields.join(" + "), k.resource, k.reference.join(" + "))
        };
        s.foreign_keys.iter().map(key).collect::<Vec<_>>().join("; ")
    };
    let fewer = new.foreign_keys.iter().all(|k| old.foreign_keys.contains(k));
    add("foreignKeys", foreign(old), foreign(new), effect(fewer, !fewer));
    let rules =
        |s: &TableSchema| s.rules.iter().map(|r| format!("{}: {}", r.name, r.sql)).collect::<Vec<_>>().join("; ");
    let fewer = new.rules.iter().all(|r| old.rules.iter().any(|o| o.sql == r.sql));
    add("tamis:rules", rules(old), rules(new), effect(fewer, !fewer));
    let missing = |s: &TableSchema| s.missing_values.iter().map(|m| format!("`{m}`")).collect::<Vec<_>>().join(", ");
    let kept = old.missing_values.iter().all(|m| new.missing_values.contains(m));
    add("missingValues", missing(old), missing(new), effect(kept, !kept));
    let title = |s: &TableSchema| s.title.clone().unwrap_or_default();
    add("title", title(old), title(new), Effect::Neither);
}

fn matching(how: FieldsMatch) -> &'static str {
    match how {
        FieldsMatch::Exact => "exact",
        FieldsMatch::Equal => "equal",
        FieldsMatch::Subset => "subset",
        FieldsMatch::Superset => "superset",
        FieldsMatch::Partial => "partial",
    }
}

fn fields(old: &Field, new: &Field, changes: &mut Vec<Change>) {
    let name = &new.name;
    let mut add = |what, before: Side, after: Side, effect| {
        if before != after {
            changes.push(Change { field: Some(name.clone()), what, before, after, effect });
        }
    };
    let any_text = matches!(new.ty, FieldType::Any | FieldType::String(super::model::StringFormat::Default));
    let effect = if any_text { Effect::Wider } else { Effect::Narrower };
    add("type", Side::Type(old.ty.clone()), Side::Type(new.ty.clone()), effect);
    let role = |r: Option<Role>| text(r.map_or("", Role::as_str));
    add("tamis:role", role(old.role), role(new.role), Effect::Neither);
    let kind = |f: &Field| text(f.identifier.map(|i| format!("{i:?}").to_lowercase()).unwrap_or_default());
    let effect = if new.identifier.is_some() { Effect::Narrower } else { Effect::Wider };
    add("tamis:identifier", kind(old), kind(new), effect);
    let path = |f: &Field| text(f.path.as_ref().map(ToString::to_string).unwrap_or_default());
    add("tamis:path", path(old), path(new), Effect::Neither);
    let missing = |f: &Field| {
        let texts = f.missing_values.iter().flatten().map(|m| format!("`{m}`"));
        text(texts.collect::<Vec<_>>().join(", "))
    };
    add("missingValues", missing(old), missing(new), Effect::Narrower);
    let title = |f: &Field| text(f.title.clone().unwrap_or_default());
    add("title", title(old), title(new), Effect::Neither);
    constraints(&old.constraints, &new.constraints, &mut add);
}

fn constraints(old: &Constraints, new: &Constraints, add: &mut impl FnMut(&'static str, Side, Side, Effect)) {
    let strict = |after: bool| if after { Effect::Narrower } else { Effect::Wider };
    let flag = |f: bool| text(if f { "true" } else { "" });
    add("required", flag(old.required), flag(new.required), strict(new.required));
    add("unique", flag(old.unique), flag(new.unique), strict(new.unique));
    let length = |n: Option<usize>| text(n.map(|n| n.to_string()).unwrap_or_default());
    let grew = new.min_length.unwrap_or(0) > old.min_length.unwrap_or(0);
    add("minLength", length(old.min_length), length(new.min_length), strict(grew));
    let fell = new.max_length.unwrap_or(usize::MAX) < old.max_length.unwrap_or(usize::MAX);
    add("maxLength", length(old.max_length), length(new.max_length), strict(fell));
    let bound = |b: &Option<String>| text(b.clone().unwrap_or_default());
    for (what, before, after, lower) in [
        ("minimum", &old.minimum, &new.minimum, true),
        ("maximum", &old.maximum, &new.maximum, false),
        ("exclusiveMinimum", &old.exclusive_minimum, &new.exclusive_minimum, true),
        ("exclusiveMaximum", &old.exclusive_maximum, &new.exclusive_maximum, false),
    ] {
        add(what, bound(before), bound(after), strict(tightened(before, after, lower)));
    }
    add("pattern", bound(&old.pattern), bound(&new.pattern), strict(new.pattern.is_some()));
    let json = |a: &Option<serde_json::Value>| text(a.as_ref().map(ToString::to_string).unwrap_or_default());
    add("jsonSchema", json(&old.json_schema), json(&new.json_schema), strict(new.json_schema.is_some()));
    let list =
        |a: &Option<Vec<String>>| text(a.iter().flatten().map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", "));
    let lost = match (&old.allowed, &new.allowed) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(before), Some(after)) => before.iter().any(|v| !after.contains(v)),
    };
    add("enum", list(&old.allowed), list(&new.allowed), strict(lost));
}

/// Whether a bound admits less than before; where it cannot be told, it is taken to.
fn tightened(before: &Option<String>, after: &Option<String>, lower: bool) -> bool {
    match (before, after) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(a), Some(b)) => match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => (b > a) == lower,
            // Dates of the standard's own form are in the order of their texts.
            _ if a.len() == b.len() => (b > a) == lower,
            _ => true,
        },
    }
}

/// Fields of both schemas whose order differs, where the order counts.
fn moved(old: &TableSchema, new: &TableSchema, changes: &mut Vec<Change>) {
    let common = |a: &TableSchema, b: &TableSchema| {
        let names = a.fields.iter().map(|f| f.name.clone());
        names.filter(|n| b.field(n).is_some()).collect::<Vec<_>>()
    };
    let (before, after) = (common(old, new), common(new, old));
    let effect = if new.fields_match == FieldsMatch::Exact { Effect::Narrower } else { Effect::Neither };
    for (i, name) in after.iter().enumerate() {
        let Some(was) = before.iter().position(|n| n == name).filter(|&was| was != i) else { continue };
        changes.push(Change {
            field: Some(name.clone()),
            what: "moved",
            before: text((was + 1).to_string()),
            after: text((i + 1).to_string()),
            effect,
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn schema(fields: &str, more: &str) -> TableSchema {
        TableSchema::parse(&format!(r#"{{"fields": [{fields}]{more}}}"#), "t").unwrap()
    }

    fn told(old: &TableSchema, new: &TableSchema) -> Vec<(Option<String>, &'static str, Effect)> {
        compare(old, new).into_iter().map(|c| (c.field, c.what, c.effect)).collect()
    }

    #[test]
    fn a_schema_does_not_differ_from_itself() {
        let one =
            schema(r#"{"name": "a", "type": "integer", "constraints": {"minimum": 1}}"#, r#", "primaryKey": "a""#);
        assert_eq!(compare(&one, &one), []);
    }

    #[test]
    fn what_admits_less_is_told_from_what_admits_more() {
        let field = |constraints: &str| {
            schema(&format!(r#"{{"name": "a", "type": "integer", "constraints": {{{constraints}}}}}"#), "")
        };
        for (looser, tighter, what) in [
            ("", r#""required": true"#, "required"),
            ("", r#""minimum": 1"#, "minimum"),
            (r#""minimum": 9"#, r#""minimum": 10"#, "minimum"),
            (r#""maximum": 10"#, r#""maximum": 9"#, "maximum"),
            (r#""enum": [1, 2]"#, r#""enum": [2]"#, "enum"),
            ("", r#""pattern": "1+""#, "pattern"),
            (r#""maxLength": 5"#, r#""maxLength": 3"#, "maxLength"),
            (r#""minLength": 1"#, r#""minLength": 2"#, "minLength"),
        ] {
            let (looser, tighter) = (field(looser), field(tighter));
            let a = Some("a".to_owned());
            assert_eq!(told(&looser, &tighter), [(a.clone(), what, Effect::Narrower)]);
            assert_eq!(told(&tighter, &looser), [(a, what, Effect::Wider)]);
        }
    }

    #[test]
    fn columns_that_come_go_and_move_are_told() {
        let (a, b, c) =
            (r#"{"name": "a", "type": "any"}"#, r#"{"name": "b", "type": "any"}"#, r#"{"name": "c", "type": "any"}"#);
        let old = schema(&[a, b].join(","), "");
        let new = schema(&[c, b, a].join(","), "");
        let name = |n: &str| Some(n.to_owned());
        assert_eq!(
            told(&old, &new),
            [
                (name("c"), "added", Effect::Narrower),
                (name("b"), "moved", Effect::Narrower),
                (name("a"), "moved", Effect::Narrower),
            ]
        );
        let loose = schema(&[c, b, a].join(","), r#", "fieldsMatch": ["partial"]"#);
        assert!(told(&old, &loose).iter().all(|(_, _, effect)| *effect != Effect::Narrower));
        assert_eq!(told(&new, &old)[0], (name("c"), "removed", Effect::Narrower));
    }

    #[test]
    fn every_change_is_one_of_those_that_have_a_name() {
        let old = schema(r#"{"name": "a", "type": "date", "title": "A"}"#, "");
        let new = schema(
            r#"{"name": "a", "type": "string", "tamis:role": "other", "tamis:identifier": "nir", "missingValues": ["-"]}"#,
            r#", "primaryKey": "a", "uniqueKeys": [["a"]], "fieldsMatch": "equal", "title": "T", "missingValues": [],
               "foreignKeys": [{"fields": "a", "reference": {"resource": "t", "fields": "b"}}],
               "tamis:rules": [{"name": "r", "sql": "a > 'b'"}]"#,
        );
        let changes = compare(&old, &new);
        assert!(changes.len() >= 11 && changes.iter().all(|c| CHANGES.contains(&c.what)), "{changes:?}");
    }
}
