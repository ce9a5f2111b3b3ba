//! From the text of a cell to its value, for every type and format of Table Schema.
//!
//! A [`Reader`] is compiled once from a [`FieldType`]; [`Reader::read`] then borrows and does not allocate.

mod geojson;
mod number;
mod strptime;
mod temporal;
mod text;

use number::NumberForm;
use strptime::DatePattern;

use super::error::Fault;
use super::model::{FieldType, StringFormat, TemporalFormat};

/// The value of a cell that is not missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Text as it stands in the file; also for types without arithmetic (`time`, `list`, `object`…).
    Text(&'a str),
    /// Whole number, never `i64::MIN`.
    Integer(i64),
    /// Finite number, never −0.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z; a time without an offset counts as UTC.
    Datetime(i64),
}

/// What bounds and allowed values are compared by.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) enum Order {
    /// No order: allowed values are compared as text.
    None,
    /// Integers, days, microseconds, months; false is 0 and true is 1.
    Whole(i64),
    /// Finite numbers.
    Real(f64),
}

/// A cell that could be read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading<'a> {
    pub value: Value<'a>,
    pub order: Order,
}

impl<'a> Reading<'a> {
    fn text(text: &'a str) -> Self {
        Self { value: Value::Text(text), order: Order::None }
    }

    /// Text that has an order, such as a time of day.
    fn ordered(text: &'a str, order: i64) -> Self {
        Self { value: Value::Text(text), order: Order::Whole(order) }
    }
}

/// A compiled [`FieldType`].
#[derive(Debug, Clone)]
pub(crate) enum Reader {
    Text,
    Email,
    Uri,
    Base64,
    Uuid,
    Integer(NumberForm),
    Number(NumberForm),
    Boolean { yes: Vec<String>, no: Vec<String> },
    Date { form: Temporal, incomplete: bool },
    Datetime(Temporal),
    Time(Temporal),
    Year,
    Yearmonth,
    Duration,
    Geopoint,
    GeopointArray,
    GeopointObject,
    Object,
    Geojson,
    Topojson,
    Array,
    List { delimiter: String, item: Box<Reader> },
}

/// A compiled [`TemporalFormat`].
#[derive(Debug, Clone)]
pub(crate) enum Temporal {
    Default,
    Any,
    Pattern(DatePattern),
}

impl Temporal {
    fn new(format: &TemporalFormat) -> Result<Self, Fault> {
        Ok(match format {
            TemporalFormat::Default => Self::Default,
            TemporalFormat::Any => Self::Any,
            TemporalFormat::Pattern(p) => Self::Pattern(DatePattern::new(p)?),
        })
    }
}

impl Reader {
    /// Compiles a type.
    ///
    /// # Errors
    /// A strptime pattern with an unknown directive.
    pub fn new(ty: &FieldType) -> Result<Self, Fault> {
        Ok(match ty {
            FieldType::String(StringFormat::Default) | FieldType::Any => Self::Text,
            FieldType::String(StringFormat::Email) => Self::Email,
            FieldType::String(StringFormat::Uri) => Self::Uri,
            FieldType::String(StringFormat::Binary) => Self::Base64,
            FieldType::String(StringFormat::Uuid) => Self::Uuid,
            FieldType::Integer { bare_number, group_char } => {
                Self::Integer(NumberForm { decimal: '.', group: *group_char, bare: *bare_number })
            }
            FieldType::Number { decimal_char, group_char, bare_number } => {
                Self::Number(NumberForm { decimal: *decimal_char, group: *group_char, bare: *bare_number })
            }
            FieldType::Boolean { true_values, false_values } => {
                Self::Boolean { yes: true_values.clone(), no: false_values.clone() }
            }
            FieldType::Date { format, incomplete } => {
                Self::Date { form: Temporal::new(format)?, incomplete: *incomplete }
            }
            FieldType::Datetime(format) => Self::Datetime(Temporal::new(format)?),
            FieldType::Time(format) => Self::Time(Temporal::new(format)?),
            FieldType::Year => Self::Year,
            FieldType::Yearmonth => Self::Yearmonth,
            FieldType::Duration => Self::Duration,
            FieldType::Geopoint => Self::Geopoint,
            FieldType::GeopointArray => Self::GeopointArray,
            FieldType::GeopointObject => Self::GeopointObject,
            FieldType::Object => Self::Object,
            FieldType::Geojson => Self::Geojson,
            FieldType::Topojson => Self::Topojson,
            FieldType::Array => Self::Array,
            FieldType::List { delimiter, item } => {
                Self::List { delimiter: delimiter.clone(), item: Box::new(Self::new(item)?) }
            }
        })
    }

    /// Reads a text that is not missing; `None` where it is not of the type.
    #[inline]
    pub fn read<'a>(&self, text: &'a str) -> Option<Reading<'a>> {
        match self {
            Self::Text => Some(Reading::text(text)),
            Self::Integer(form) => form.integer(text).map(integer),
            Self::Number(form) => form.number(text).map(|n| Reading { value: Value::Number(n), order: Order::Real(n) }),
            Self::Date { form, incomplete } => {
                let days = match form {
                    Temporal::Default => temporal::iso_date(text.as_bytes(), *incomplete),
                    Temporal::Any => temporal::any_date(text.as_bytes(), *incomplete),
                    Temporal::Pattern(p) => p.date(text, *incomplete),
                }?;
                Some(Reading { value: Value::Date(days), order: Order::Whole(i64::from(days)) })
            }
            Self::Boolean { yes, no } => {
                let b = if yes.iter().any(|w| w == text) {
                    true
                } else if no.iter().any(|w| w == text) {
                    false
                } else {
                    return None;
                };
                Some(Reading { value: Value::Boolean(b), order: Order::Whole(i64::from(b)) })
            }
            Self::Year => temporal::year(text.as_bytes()).map(integer),
            Self::Datetime(form) => {
                let micros = match form {
                    Temporal::Default => temporal::iso_datetime(text.as_bytes()),
                    Temporal::Any => temporal::any_datetime(text.as_bytes()),
                    Temporal::Pattern(p) => p.datetime(text),
                }?;
                Some(Reading { value: Value::Datetime(micros), order: Order::Whole(micros) })
            }
            _ => self.read_rare(text),
        }
    }

    /// The types that stay text.
    fn read_rare<'a>(&self, text: &'a str) -> Option<Reading<'a>> {
        let good = match self {
            Self::Time(form) => {
                let micros = match form {
                    Temporal::Default => temporal::iso_time(text.as_bytes()),
                    Temporal::Any => temporal::any_time(text.as_bytes()),
                    Temporal::Pattern(p) => p.time(text),
                };
                return micros.map(|m| Reading::ordered(text, m));
            }
            Self::Yearmonth => return temporal::yearmonth(text.as_bytes()).map(|m| Reading::ordered(text, m)),
            Self::Duration => return temporal::duration(text.as_bytes()).map(|m| Reading::ordered(text, m)),
            Self::Email => text::is_email(text),
            Self::Uri => text::is_uri(text.as_bytes()),
            Self::Base64 => text::is_base64(text.as_bytes()),
            Self::Uuid => text::is_uuid(text.as_bytes()),
            Self::Geopoint => text::is_geopoint(text),
            Self::GeopointArray => text::is_geopoint_array(text),
            Self::GeopointObject => text::is_geopoint_object(text),
            Self::Object => text::is_json(text, b'{'),
            Self::Geojson => geojson::is_geojson(text),
            Self::Topojson => geojson::is_topojson(text),
            Self::Array => text::is_json(text, b'['),
            Self::List { delimiter, item } => text.split(delimiter.as_str()).all(|t| item.read(t).is_some()),
            // The others are read above.
            _ => true,
        };
        good.then(|| Reading::text(text))
    }

    /// Whether every text is of the type.
    pub fn takes_any_text(&self) -> bool {
        matches!(self, Self::Text)
    }

    /// Whether [`Reader::length`] counts characters.
    #[inline]
    pub fn counts_characters(&self) -> bool {
        !matches!(self, Self::List { .. } | Self::Array | Self::Object | Self::Geojson | Self::Topojson)
    }

    /// The length that `minLength` and `maxLength` bound: entries of a list, an array or an object, else characters.
    pub fn length(&self, text: &str) -> usize {
        match self {
            Self::List { delimiter, .. } => text.split(delimiter.as_str()).count(),
            Self::Array | Self::Object | Self::Geojson | Self::Topojson => text::json_entries(text),
            _ => text.chars().count(),
        }
    }
}

fn integer<'a>(n: i64) -> Reading<'a> {
    Reading { value: Value::Integer(n), order: Order::Whole(n) }
}
