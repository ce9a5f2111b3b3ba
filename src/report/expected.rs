//! What should stand where a finding is, as the schema has it.

use std::fmt::Write;

use chrono::NaiveDate;

use crate::schema::{Field, FieldType, IdentifierKind, StringFormat, TableSchema, TemporalFormat};
use crate::validate::{FindingKey, FindingKind};
use crate::words::Words;

/// Allowed values that are named; the others are counted.
const NAMED: usize = 8;

/// What a finding means, without its place.
#[must_use]
pub fn message(words: &Words, key: &FindingKey) -> String {
    match (key.kind, key.rule.as_deref()) {
        (FindingKind::ConstraintError, Some(rule)) => words.say(&format!("rule-{rule}")),
        (kind, _) => words.say(&format!("finding-{}", kind.as_str())),
    }
}

/// What should stand there; `None` where the message says it all.
#[must_use]
pub fn expected(words: &Words, schema: &TableSchema, key: &FindingKey) -> Option<String> {
    let field = key.field.as_deref().and_then(|name| schema.field(name));
    let rule = key.rule.as_deref().unwrap_or_default();
    match key.kind {
        FindingKind::TypeError => Some(form(words, &field?.ty)),
        FindingKind::ConstraintError => constraint(words, field?, rule),
        FindingKind::MissingLabel | FindingKind::IncorrectLabel => {
            Some(words.tell("expected-label", &[("field", field?.name.as_str().into())]))
        }
        FindingKind::MissingCell | FindingKind::ExtraCell => Some(words.say("expected-cells")),
        FindingKind::EncodingError => Some(words.say("expected-utf8")),
        FindingKind::UniqueError => Some(words.tell("expected-unique", &[("fields", rule.into())])),
        FindingKind::PrimaryKey => Some(words.tell("expected-key", &[("fields", rule.into())])),
        FindingKind::ForeignKey if key.rule.is_none() => None,
        FindingKind::ForeignKey if rule.is_empty() => Some(words.say("expected-foreign-key-own")),
        FindingKind::ForeignKey => Some(words.tell("expected-foreign-key", &[("resource", rule.into())])),
        FindingKind::RowConstraint => {
            let rule = schema.rules.iter().find(|r| r.name == rule)?;
            let said = rule.description.as_deref().unwrap_or(&rule.sql);
            Some(words.tell("expected-rule", &[("rule", said.into())]))
        }
        _ => None,
    }
}

pub(super) fn constraint(words: &Words, field: &Field, rule: &str) -> Option<String> {
    let c = &field.constraints;
    let key = format!("expected-{rule}");
    let length = |n: Option<usize>| Some(words.tell(&key, &[("n", (n? as u64).into())]));
    let bound = |b: &Option<String>| Some(words.tell(&key, &[("bound", b.as_ref()?.into())]));
    match rule {
        "required" | "jsonSchema" => Some(words.say(&key)),
        "enum" => Some(allowed(words, c.allowed.as_ref()?)),
        "pattern" => Some(words.tell(&key, &[("pattern", c.pattern.as_ref()?.into())])),
        "minLength" => length(c.min_length),
        "maxLength" => length(c.max_length),
        "minimum" => bound(&c.minimum),
        "maximum" => bound(&c.maximum),
        "exclusiveMinimum" => bound(&c.exclusive_minimum),
        "exclusiveMaximum" => bound(&c.exclusive_maximum),
        "identifier" => Some(words.say(&format!("identifier-{}", identifier(field.identifier?)))),
        _ => None,
    }
}

fn allowed(words: &Words, values: &[String]) -> String {
    let named = values.iter().take(NAMED).map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", ");
    match values.len().saturating_sub(NAMED) {
        0 => words.tell("expected-enum", &[("values", (&named).into())]),
        more => {
            let more = words.lang.number(more as u64);
            words.tell("expected-enum-more", &[("values", (&named).into()), ("more", (&more).into())])
        }
    }
}

fn identifier(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Nir => "nir",
        IdentifierKind::Rpps => "rpps",
        IdentifierKind::Finess => "finess",
        IdentifierKind::Commune => "commune",
        IdentifierKind::Iris => "iris",
        IdentifierKind::Postcode => "postcode",
        IdentifierKind::Cim10 => "cim10",
        IdentifierKind::Ccam => "ccam",
        IdentifierKind::Loinc => "loinc",
    }
}

/// How values of a type are written.
#[must_use]
pub fn form(words: &Words, ty: &FieldType) -> String {
    let plain = |key: &str| words.say(&format!("type-{key}"));
    match ty {
        FieldType::String(format) => plain(match format {
            StringFormat::Default => "string",
            StringFormat::Email => "email",
            StringFormat::Uri => "uri",
            StringFormat::Binary => "binary",
            StringFormat::Uuid => "uuid",
        }),
        FieldType::Integer { group_char: None, .. } => plain("integer"),
        FieldType::Integer { group_char: Some(c), .. } => {
            words.tell("type-integer-grouped", &[("group", (&quoted(*c)).into())])
        }
        FieldType::Number { decimal_char, group_char, .. } => {
            let decimal = quoted(*decimal_char);
            match group_char {
                None => words.tell("type-number", &[("decimal", (&decimal).into())]),
                Some(c) => {
                    let group = quoted(*c);
                    words.tell("type-number-grouped", &[("decimal", (&decimal).into()), ("group", (&group).into())])
                }
            }
        }
        FieldType::Boolean { true_values, false_values } => {
            let list = |texts: &[String]| texts.iter().map(|t| format!("`{t}`")).collect::<Vec<_>>().join(", ");
            let (yes, no) = (list(true_values), list(false_values));
            words.tell("type-boolean", &[("true", (&yes).into()), ("false", (&no).into())])
        }
        FieldType::Date { format, .. } => temporal(words, "type-date", format),
        FieldType::Datetime(format) => temporal(words, "type-datetime", format),
        FieldType::Time(format) => temporal(words, "type-time", format),
        FieldType::List { delimiter, item } => {
            let (delimiter, item) = (format!("`{delimiter}`"), form(words, item));
            words.tell("type-list", &[("delimiter", (&delimiter).into()), ("item", (&item).into())])
        }
        FieldType::GeopointArray => plain("geopoint-array"),
        FieldType::GeopointObject => plain("geopoint-object"),
        FieldType::Topojson => plain("topojson"),
        other => plain(other.name()),
    }
}

fn quoted(c: char) -> String {
    format!("`{c}`")
}

fn temporal(words: &Words, key: &str, format: &TemporalFormat) -> String {
    match format {
        TemporalFormat::Default => words.say(key),
        TemporalFormat::Any => words.say(&format!("{key}-any")),
        TemporalFormat::Pattern(pattern) => {
            let (example, pattern) = (format!("`{}`", example(pattern)), format!("`{pattern}`"));
            let parts = [("example", (&example).into()), ("pattern", (&pattern).into())];
            words.tell(&format!("{key}-pattern"), &parts)
        }
    }
}

/// 25 February 2026, half past two, in an strptime pattern; the pattern itself where it cannot be written so.
fn example(pattern: &str) -> String {
    let time = NaiveDate::from_ymd_opt(2026, 2, 25).and_then(|day| day.and_hms_opt(14, 30, 0));
    let mut text = String::new();
    match time {
        Some(time) if write!(text, "{}", time.and_utc().format(pattern)).is_ok() => text,
        _ => pattern.to_owned(),
    }
}
