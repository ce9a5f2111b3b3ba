//! The constraints of a field, compiled: bounds and allowed values read with the field's own type.

use regex::Regex;

use super::error::Fault;
use super::json_form::JsonForm;
use super::model::{Constraints, Field, FieldType, TemporalFormat};
use super::reading::{Order, Reader};

/// What a cell of a field is held against. Made for judging: see `validate`.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub reader: Reader,
    /// Compiled as `^(?:p)$`.
    pub pattern: Option<Regex>,
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    pub minimum: Option<Order>,
    pub maximum: Option<Order>,
    pub exclusive_minimum: Option<Order>,
    pub exclusive_maximum: Option<Order>,
    pub allowed: Option<Allowed>,
    pub json: Option<JsonForm>,
}

/// The allowed values: by value where the type has an order, else by text (JSON by its content).
#[derive(Debug, Clone)]
pub(crate) enum Allowed {
    /// Sorted.
    Text(Vec<String>),
    /// Sorted.
    Whole(Vec<i64>),
    Real(Vec<f64>),
    Json(Vec<serde_json::Value>),
}

impl Allowed {
    /// Whether a value that could be read is one of these.
    #[inline]
    pub fn has(&self, text: &str, order: Order) -> bool {
        match (self, order) {
            (Self::Whole(list), Order::Whole(n)) => list.binary_search(&n).is_ok(),
            (Self::Real(list), Order::Real(x)) => list.contains(&x),
            (Self::Text(list), _) => list.binary_search_by(|t| t.as_str().cmp(text)).is_ok(),
            (Self::Json(list), _) => serde_json::from_str(text).is_ok_and(|v| list.contains(&v)),
            _ => false,
        }
    }
}

impl Limits {
    /// Compiles the type and constraints of a field.
    ///
    /// # Errors
    /// Every fault, with its place inside the field (`constraints.pattern`).
    pub fn compile(field: &Field) -> Result<Self, Vec<(String, Fault)>> {
        let c = &field.constraints;
        let reader = Reader::new(&field.ty).map_err(|fault| vec![("format".to_owned(), fault)])?;
        let literals = Literals { ty: &field.ty, reader: &reader, plain: plain(&field.ty) };
        let mut faults = Vec::new();

        let mut bound = |key: &str, text: &Option<String>| {
            let result = literals.bound(text.as_deref()?);
            result.map_err(|fault| faults.push((format!("constraints.{key}"), fault))).ok()
        };
        let minimum = bound("minimum", &c.minimum);
        let maximum = bound("maximum", &c.maximum);
        let exclusive_minimum = bound("exclusiveMinimum", &c.exclusive_minimum);
        let exclusive_maximum = bound("exclusiveMaximum", &c.exclusive_maximum);
        let low = [("minimum", minimum, false), ("exclusiveMinimum", exclusive_minimum, true)];
        let high = [("maximum", maximum, false), ("exclusiveMaximum", exclusive_maximum, true)];
        for (low_key, low, low_open) in low {
            for (high_key, high, high_open) in high {
                if let (Some(a), Some(b)) = (low, high)
                    && (a > b || (a == b && (low_open || high_open)))
                {
                    faults.push((format!("constraints.{low_key}"), Fault::Crossed { low: low_key, high: high_key }));
                }
            }
        }
        if let (Some(a), Some(b)) = (c.min_length, c.max_length)
            && a > b
        {
            faults.push(("constraints.minLength".into(), Fault::Crossed { low: "minLength", high: "maxLength" }));
        }
        let pattern = c
            .pattern
            .as_deref()
            .and_then(|p| anchored(p).map_err(|fault| faults.push(("constraints.pattern".into(), fault))).ok());
        let allowed = literals.allowed(c, &mut faults);
        let json = c.json_schema.as_ref().map(JsonForm::compile).transpose();
        let json = json.map_err(|fault| faults.push(("constraints.jsonSchema".into(), fault))).ok().flatten();

        if !faults.is_empty() {
            return Err(faults);
        }
        let (min_length, max_length) = (c.min_length, c.max_length);
        Ok(Self {
            reader,
            pattern,
            min_length,
            max_length,
            minimum,
            maximum,
            exclusive_minimum,
            exclusive_maximum,
            allowed,
            json,
        })
    }
}

/// Reads values that stand in the schema itself.
struct Literals<'a> {
    ty: &'a FieldType,
    reader: &'a Reader,
    /// Reads the plain spelling (ISO dates, decimal point), which a schema may use whatever the files do.
    plain: Option<Reader>,
}

impl Literals<'_> {
    fn read(&self, text: &str) -> Result<Order, Fault> {
        let plain = || self.plain.as_ref().and_then(|r| r.read(text));
        let reading = self.reader.read(text).or_else(plain);
        reading.map(|r| r.order).ok_or_else(|| Fault::NotOfType { value: text.to_owned(), ty: self.ty.name() })
    }

    fn bound(&self, text: &str) -> Result<Order, Fault> {
        if !has_order(self.ty) {
            return Err(Fault::NoOrder { ty: self.ty.name() });
        }
        self.read(text)
    }

    fn allowed(&self, c: &Constraints, faults: &mut Vec<(String, Fault)>) -> Option<Allowed> {
        let texts = c.allowed.as_ref()?;
        let mut orders = Vec::with_capacity(texts.len());
        for (i, text) in texts.iter().enumerate() {
            match self.read(text) {
                Ok(order) => orders.push(order),
                Err(fault) => faults.push((format!("constraints.enum[{i}]"), fault)),
            }
        }
        Some(match self.ty {
            FieldType::Number { .. } => Allowed::Real(
                orders.iter().filter_map(|o| if let Order::Real(x) = o { Some(*x) } else { None }).collect(),
            ),
            FieldType::Object | FieldType::Array | FieldType::Geojson | FieldType::Topojson => {
                Allowed::Json(texts.iter().filter_map(|t| serde_json::from_str(t).ok()).collect())
            }
            _ if has_order(self.ty) || matches!(self.ty, FieldType::Boolean { .. }) => {
                let whole = orders.iter().filter_map(|o| if let Order::Whole(n) = o { Some(*n) } else { None });
                let mut whole: Vec<i64> = whole.collect();
                whole.sort_unstable();
                Allowed::Whole(whole)
            }
            _ => {
                let mut texts = texts.clone();
                texts.sort_unstable();
                Allowed::Text(texts)
            }
        })
    }
}

fn has_order(ty: &FieldType) -> bool {
    matches!(
        ty,
        FieldType::Integer { .. }
            | FieldType::Number { .. }
            | FieldType::Date { .. }
            | FieldType::Datetime(_)
            | FieldType::Time(_)
            | FieldType::Year
            | FieldType::Yearmonth
            | FieldType::Duration
    )
}

fn plain(ty: &FieldType) -> Option<Reader> {
    let default = TemporalFormat::Default;
    let plain = match ty {
        FieldType::Integer { .. } => FieldType::Integer { bare_number: true, group_char: None },
        FieldType::Number { .. } => FieldType::Number { decimal_char: '.', group_char: None, bare_number: true },
        FieldType::Date { incomplete, .. } => FieldType::Date { format: default, incomplete: *incomplete },
        FieldType::Datetime(_) => FieldType::Datetime(default),
        FieldType::Time(_) => FieldType::Time(default),
        _ => return None,
    };
    Reader::new(&plain).ok()
}

/// Compiles a pattern so that it must match the whole text.
fn anchored(pattern: &str) -> Result<Regex, Fault> {
    let compile = |p: &str| {
        Regex::new(p).map_err(|error| {
            // The last line says what; the ones above it draw the place.
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
            Fault::BadRegex { reason }
        })
    };
    // On its own first: `a)|(b` would compile inside the brackets and then match parts of texts.
    compile(pattern)?;
    compile(&format!("^(?:{pattern})$"))
}
