//! One field of a descriptor.

use serde_json::Value;

use super::error::Fault;
use super::limits::Limits;
use super::model::{Constraints, Field, FieldType, IdentifierKind, Role, StringFormat, TemporalFormat};
use super::path::ValuePath;
use super::walk::{Object, Problems, labelled};

const TYPES: &str = "string, number, integer, boolean, object, array, list, datetime, date, time, year, yearmonth, \
                     duration, geopoint, geojson, any";
const ROLES: &str = "other, quasi-identifier, sensitive, subject-identifier, direct-identifier";
const IDENTIFIERS: &str = "nir, rpps, finess, commune, iris, postcode, cim10, ccam, loinc";
const PROPERTIES: &str = "tamis:role, tamis:identifier, tamis:incompleteDates, tamis:path";
const CONSTRAINTS: &str = "required, unique, minLength, maxLength, minimum, maximum, exclusiveMinimum, \
                           exclusiveMaximum, pattern, enum, jsonSchema";

impl FieldType {
    /// The word used in schema files.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::String(_) => "string",
            Self::Integer { .. } => "integer",
            Self::Number { .. } => "number",
            Self::Boolean { .. } => "boolean",
            Self::Date { .. } => "date",
            Self::Datetime(_) => "datetime",
            Self::Time(_) => "time",
            Self::Year => "year",
            Self::Yearmonth => "yearmonth",
            Self::Duration => "duration",
            Self::Geopoint | Self::GeopointArray | Self::GeopointObject => "geopoint",
            Self::Object => "object",
            Self::Geojson | Self::Topojson => "geojson",
            Self::Array => "array",
            Self::List { .. } => "list",
            Self::Any => "any",
        }
    }
}

/// Reads one field; `None` where it has no name or no type that could be told.
pub(super) fn read(value: &Value, place: String, problems: &mut Problems) -> Option<Field> {
    let object = Object::new(value, place, problems)?;
    let name = match object.text("name", problems) {
        Some("") => {
            problems.push(object.place("name"), Fault::Empty { expected: "the label of the column" });
            None
        }
        None if object.get("name").is_none() => {
            problems.push(object.place("name"), Fault::Absent { expected: "the label of the column" });
            None
        }
        name => name,
    };
    check_keys(&object, problems);
    let role = word(&object, "tamis:role", ROLES, problems, role);
    let identifier = word(&object, "tamis:identifier", IDENTIFIERS, problems, identifier);
    let ty = read_type(&object, problems)?;
    if identifier.is_some() && !matches!(ty, FieldType::String(_) | FieldType::Any) {
        // A number would lose leading zeros, and 2A.
        let fault = Fault::Misplaced { wanted: "`string`", ty: ty.name() };
        problems.push(object.place("tamis:identifier"), fault);
    }
    let constraints = read_constraints(&object, &ty, problems);
    let missing_values = missing_values(&object, problems);
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let field = Field {
        name: name?.to_owned(),
        title: owned(object.text("title", problems)),
        description: owned(object.text("description", problems)),
        example: object.get("example").and_then(|v| written(v, &ty)),
        ty,
        constraints,
        role,
        identifier,
        missing_values,
        path: path(&object, problems),
    };
    if let Err(faults) = Limits::compile(&field) {
        let from_categories = object.get("constraints").is_none_or(|c| c.get("enum").is_none());
        for (inside, fault) in faults {
            // Categories without an enum are the allowed values: the place is theirs.
            let inside = if from_categories { inside.replace("constraints.enum", "categories") } else { inside };
            problems.push(object.place(&inside), fault);
        }
    }
    Some(field)
}

fn path(object: &Object<'_>, problems: &mut Problems) -> Option<ValuePath> {
    let path = ValuePath::parse(object.text("tamis:path", problems)?);
    if path.is_none() {
        let expected = "a path such as `name[0].family`, `identifier.where(system='…').value` or `subject.getReferenceKey(Patient)`";
        problems.push(object.place("tamis:path"), Fault::Expected { expected });
    }
    path
}

/// Texts that mean "missing": plain, or as objects with a `value`.
pub(super) fn missing_values(object: &Object<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let items = object.list("missingValues", problems)?;
    let texts: Option<Vec<String>> = labelled(items).map(|v| v.as_str().map(str::to_owned)).collect();
    if texts.is_none() {
        problems.push(object.place("missingValues"), Fault::Expected { expected: "a list of texts" });
    }
    texts
}

fn check_keys(object: &Object<'_>, problems: &mut Problems) {
    for key in object.keys() {
        if key.starts_with("tamis:") && !PROPERTIES.split(", ").any(|k| k == key) {
            problems.push(object.place(key), Fault::UnknownProperty { known: PROPERTIES });
        } else if CONSTRAINTS.split(", ").any(|k| k == key) {
            problems.push(object.place(key), Fault::OutsideConstraints);
        }
    }
}

fn word<T>(
    object: &Object<'_>,
    key: &str,
    known: &'static str,
    problems: &mut Problems,
    read: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let text = object.text(key, problems)?;
    let value = read(text);
    if value.is_none() {
        problems.push(object.place(key), Fault::UnknownWord { found: text.to_owned(), known });
    }
    value
}

fn role(text: &str) -> Option<Role> {
    [Role::Other, Role::QuasiIdentifier, Role::Sensitive, Role::SubjectIdentifier, Role::DirectIdentifier]
        .into_iter()
        .find(|r| r.as_str() == text)
}

fn identifier(text: &str) -> Option<IdentifierKind> {
    Some(match text {
        "nir" => IdentifierKind::Nir,
        "rpps" => IdentifierKind::Rpps,
        "finess" => IdentifierKind::Finess,
        "commune" => IdentifierKind::Commune,
        "iris" => IdentifierKind::Iris,
        "postcode" => IdentifierKind::Postcode,
        "cim10" => IdentifierKind::Cim10,
        "ccam" => IdentifierKind::Ccam,
        "loinc" => IdentifierKind::Loinc,
        _ => return None,
    })
}

fn read_type(object: &Object<'_>, problems: &mut Problems) -> Option<FieldType> {
    let incomplete = object.flag("tamis:incompleteDates", problems);
    // A field without a type may hold anything.
    let name = if object.get("type").is_none() { "any" } else { object.text("type", problems)? };
    let format = object.text("format", problems).unwrap_or("default");
    let ty = match name {
        "list" => read_list(object, problems)?,
        "number" | "integer" => read_number(object, name, problems),
        "boolean" => read_boolean(object, problems),
        _ => simple(name).or_else(|| {
            problems.push(object.place("type"), Fault::UnknownWord { found: name.to_owned(), known: TYPES });
            None
        })?,
    };
    let ty = match formatted(ty, format, incomplete == Some(true)) {
        Ok(ty) => ty,
        Err(fault) => {
            problems.push(object.place("format"), fault);
            return None;
        }
    };
    if incomplete.is_some() && name != "date" {
        let fault = Fault::Misplaced { wanted: "`date`", ty: ty.name() };
        problems.push(object.place("tamis:incompleteDates"), fault);
    }
    Some(ty)
}

/// A type without options, in its default format.
fn simple(name: &str) -> Option<FieldType> {
    Some(match name {
        "string" => FieldType::String(StringFormat::Default),
        "date" => FieldType::Date { format: TemporalFormat::Default, incomplete: false },
        "datetime" => FieldType::Datetime(TemporalFormat::Default),
        "time" => FieldType::Time(TemporalFormat::Default),
        "year" => FieldType::Year,
        "yearmonth" => FieldType::Yearmonth,
        "duration" => FieldType::Duration,
        "geopoint" => FieldType::Geopoint,
        "object" => FieldType::Object,
        "geojson" => FieldType::Geojson,
        "array" => FieldType::Array,
        "any" => FieldType::Any,
        _ => return None,
    })
}

fn formatted(ty: FieldType, format: &str, incomplete: bool) -> Result<FieldType, Fault> {
    let unknown = |known| Fault::UnknownFormat { found: format.to_owned(), ty: ty.name(), known };
    let temporal = || match format {
        "default" => Ok(TemporalFormat::Default),
        "any" => Ok(TemporalFormat::Any),
        pattern if pattern.contains('%') => Ok(TemporalFormat::Pattern(pattern.to_owned())),
        _ => Err(unknown("default, any or a pattern such as %d/%m/%Y")),
    };
    Ok(match (&ty, format) {
        (FieldType::Date { .. }, _) => FieldType::Date { format: temporal()?, incomplete },
        (FieldType::Datetime(_), _) => FieldType::Datetime(temporal()?),
        (FieldType::Time(_), _) => FieldType::Time(temporal()?),
        (_, "default") => ty,
        (FieldType::String(_), "email") => FieldType::String(StringFormat::Email),
        (FieldType::String(_), "uri") => FieldType::String(StringFormat::Uri),
        (FieldType::String(_), "binary") => FieldType::String(StringFormat::Binary),
        (FieldType::String(_), "uuid") => FieldType::String(StringFormat::Uuid),
        (FieldType::String(_), _) => return Err(unknown("default, email, uri, binary or uuid")),
        (FieldType::Geopoint, "array") => FieldType::GeopointArray,
        (FieldType::Geopoint, "object") => FieldType::GeopointObject,
        (FieldType::Geopoint, _) => return Err(unknown("default, array or object")),
        (FieldType::Geojson, "topojson") => FieldType::Topojson,
        (FieldType::Geojson, _) => return Err(unknown("default or topojson")),
        _ => return Err(unknown("default")),
    })
}

fn read_number(object: &Object<'_>, name: &str, problems: &mut Problems) -> FieldType {
    let bare_number = object.flag("bareNumber", problems).unwrap_or(true);
    let group_char = object.separator("groupChar", problems);
    if name == "integer" {
        return FieldType::Integer { bare_number, group_char };
    }
    let decimal_char = object.separator("decimalChar", problems).unwrap_or('.');
    if group_char == Some(decimal_char) {
        problems.push(object.place("groupChar"), Fault::TwoMeanings { text: decimal_char.to_string() });
    }
    FieldType::Number { decimal_char, group_char, bare_number }
}

fn read_boolean(object: &Object<'_>, problems: &mut Problems) -> FieldType {
    let words = |key: &str, default: [&str; 4], problems: &mut Problems| match object.texts(key, problems) {
        Some(words) if words.is_empty() => {
            problems.push(object.place(key), Fault::Empty { expected: "at least one word" });
            words
        }
        Some(words) => words,
        None => default.map(str::to_owned).to_vec(),
    };
    let true_values = words("trueValues", ["true", "True", "TRUE", "1"], problems);
    let false_values = words("falseValues", ["false", "False", "FALSE", "0"], problems);
    if let Some(both) = true_values.iter().find(|w| false_values.contains(w)) {
        problems.push(object.place("falseValues"), Fault::TwoMeanings { text: both.clone() });
    }
    FieldType::Boolean { true_values, false_values }
}

fn read_list(object: &Object<'_>, problems: &mut Problems) -> Option<FieldType> {
    let delimiter = object.text("delimiter", problems).unwrap_or(",");
    if delimiter.is_empty() {
        problems.push(object.place("delimiter"), Fault::Empty { expected: "what stands between two items" });
        return None;
    }
    let item = match object.text("itemType", problems).unwrap_or("string") {
        "integer" => FieldType::Integer { bare_number: true, group_char: None },
        "number" => FieldType::Number { decimal_char: '.', group_char: None, bare_number: true },
        "boolean" => FieldType::Boolean {
            true_values: ["true", "True", "TRUE", "1"].map(str::to_owned).to_vec(),
            false_values: ["false", "False", "FALSE", "0"].map(str::to_owned).to_vec(),
        },
        name @ ("string" | "date" | "datetime" | "time") => simple(name)?,
        other => {
            let known = "string, integer, boolean, number, datetime, date, time";
            problems.push(object.place("itemType"), Fault::UnknownWord { found: other.to_owned(), known });
            return None;
        }
    };
    Some(FieldType::List { delimiter: delimiter.to_owned(), item: Box::new(item) })
}

fn read_constraints(object: &Object<'_>, ty: &FieldType, problems: &mut Problems) -> Constraints {
    let mut c = Constraints::default();
    if object.get("constraints").is_some()
        && let Some(given) = object.object("constraints", problems)
    {
        for key in given.keys() {
            match key {
                // A remark, as schemas of the national health-data system have it.
                "description" => {}
                _ if CONSTRAINTS.split(", ").any(|k| k == key) => {}
                _ => problems.push(given.place(key), Fault::UnknownConstraint { known: CONSTRAINTS }),
            }
        }
        c.required = given.flag("required", problems).unwrap_or(false);
        c.unique = given.flag("unique", problems).unwrap_or(false);
        c.min_length = given.size("minLength", problems);
        c.max_length = given.size("maxLength", problems);
        c.pattern = given.text("pattern", problems).map(str::to_owned);
        let mut bound = |key: &str| {
            let text = written(given.get(key)?, ty);
            if text.is_none() {
                problems.push(given.place(key), Fault::Expected { expected: "a value of the field's type" });
            }
            text
        };
        c.minimum = bound("minimum");
        c.maximum = bound("maximum");
        c.exclusive_minimum = bound("exclusiveMinimum");
        c.exclusive_maximum = bound("exclusiveMaximum");
        c.allowed = values(&given, "enum", ty, problems);
        c.json_schema = given.get("jsonSchema").cloned();
        if c.json_schema.is_some() && !matches!(ty, FieldType::Object | FieldType::Array) {
            let fault = Fault::Misplaced { wanted: "`object` or `array`", ty: ty.name() };
            problems.push(given.place("jsonSchema"), fault);
        }
    }
    let categories = values(object, "categories", ty, problems);
    if let (Some(allowed), Some(categories)) = (&c.allowed, &categories) {
        if let Some((i, stray)) = allowed.iter().enumerate().find(|(_, v)| !categories.contains(v)) {
            let place = object.place(&format!("constraints.enum[{i}]"));
            problems.push(place, Fault::NotACategory { value: stray.clone() });
        }
    } else if categories.is_some() {
        c.allowed = categories;
    }
    c
}

/// A list of values of the field's type, as written.
fn values(object: &Object<'_>, key: &str, ty: &FieldType, problems: &mut Problems) -> Option<Vec<String>> {
    let items = object.list(key, problems)?;
    if items.is_empty() {
        problems.push(object.place(key), Fault::Empty { expected: "at least one value" });
        return None;
    }
    let mut texts = Vec::with_capacity(items.len());
    // Only categories have labels: an allowed value of type `object` may have a member of that name itself.
    let unlabelled = |item: &'_ Value| if key == "categories" { item.get("value").cloned() } else { None };
    for (i, item) in items.iter().enumerate() {
        match written(unlabelled(item).as_ref().unwrap_or(item), ty) {
            Some(text) => texts.push(text),
            None => {
                let place = format!("{}[{i}]", object.place(key));
                problems.push(place, Fault::Expected { expected: "a value of the field's type" });
            }
        }
    }
    Some(texts)
}

/// A JSON value as it would stand in a file of the field's format.
fn written(value: &Value, ty: &FieldType) -> Option<String> {
    Some(match (value, ty) {
        (Value::Null, _) => return None,
        (Value::String(text), _) => text.clone(),
        (Value::Bool(b), FieldType::Boolean { true_values, false_values }) => {
            (if *b { true_values } else { false_values }).first()?.clone()
        }
        // Its decimal point must not be read as a group character.
        (Value::Number(n), FieldType::Number { decimal_char, .. }) => {
            n.to_string().replace('.', decimal_char.encode_utf8(&mut [0; 4]))
        }
        (Value::Array(items), FieldType::List { delimiter, item }) => {
            let texts: Option<Vec<String>> = items.iter().map(|v| written(v, item)).collect();
            texts?.join(delimiter)
        }
        _ => value.to_string(),
    })
}
