//! Judges one cell against one field.
//!
//! Departures from Table Schema, each on the side of refusing: numbers must be finite and integers above `i64::MIN`
//! (a sum over `NaN` means nothing, and these values stand for "missing" inside); group characters must stand between
//! whole groups; a year has four digits. See the readers in `schema::reading`.

use std::fmt;
use std::ops::RangeInclusive;

use crate::identifiers;
use crate::schema::{Field, IdentifierKind, Limits, Order, SchemaError, TableSchema, Value};

#[cfg(test)]
mod tests;

/// The rule that a cell breaks. It never holds the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Violation {
    /// Not a value of the field's type and format.
    Type,
    /// Missing where a value must stand.
    Required,
    /// Not one of the allowed values.
    Enum,
    /// Does not match the pattern as a whole.
    Pattern,
    /// Too short.
    MinLength,
    /// Too long.
    MaxLength,
    /// Too low.
    Minimum,
    /// Too high.
    Maximum,
    /// Not above the bound.
    ExclusiveMinimum,
    /// Not below the bound.
    ExclusiveMaximum,
    /// JSON that does not keep to the JSON Schema given for it.
    JsonSchema,
    /// Not a well-formed identifier of its kind, or with a wrong key or check digit.
    Identifier,
}

impl Violation {
    /// The name of the error in the Frictionless vocabulary.
    #[must_use]
    pub fn frictionless(&self) -> &'static str {
        match self {
            Self::Type => "type-error",
            _ => "constraint-error",
        }
    }

    /// The rule, as schema files spell it; `type` and `identifier` for the two that are not constraints there.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Required => "required",
            Self::Enum => "enum",
            Self::Pattern => "pattern",
            Self::MinLength => "minLength",
            Self::MaxLength => "maxLength",
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::ExclusiveMinimum => "exclusiveMinimum",
            Self::ExclusiveMaximum => "exclusiveMaximum",
            Self::JsonSchema => "jsonSchema",
            Self::Identifier => "identifier",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rule())
    }
}

/// A field made ready for judging its cells.
///
/// A judge is cheap to share between threads; a clone for each thread spares them the common cache of the regular
/// expression.
#[derive(Debug, Clone)]
pub struct CellJudge {
    required: bool,
    missing: Missing,
    limits: Limits,
    /// Whether any bound is set.
    bounded: bool,
    /// Any text of so many bytes is good whatever it says: its length is all that the field limits.
    free_bytes: RangeInclusive<usize>,
    identifier: Option<IdentifierKind>,
}

/// Texts that mean "missing".
#[derive(Debug, Clone)]
enum Missing {
    /// Only the empty text: the usual case.
    Empty,
    /// These.
    Texts(Vec<String>),
}

impl CellJudge {
    /// Compiles the type, constraints, missing values and identifier of a field of a table.
    ///
    /// # Errors
    /// The first fault of the field's constraints. A field of a schema that was read from a file has none.
    pub fn new(field: &Field, table: &TableSchema) -> Result<Self, SchemaError> {
        let limits = Limits::compile(field).map_err(|faults| {
            // `compile` gives at least one fault.
            let (inside, fault) = faults.into_iter().next().expect("a refusal has a fault");
            let place = match table.position(&field.name) {
                Some(i) => format!("fields[{i}].{inside}"),
                None => format!("{}.{inside}", field.name),
            };
            SchemaError::At { place, fault }
        })?;
        let missing = field.missing_values.as_ref().unwrap_or(&table.missing_values);
        let missing = match missing.as_slice() {
            [only] if only.is_empty() => Missing::Empty,
            texts => Missing::Texts(texts.to_vec()),
        };
        let bounds = [limits.minimum, limits.maximum, limits.exclusive_minimum, limits.exclusive_maximum];
        let any_text = limits.reader.takes_any_text() && matches!(missing, Missing::Empty);
        let any_text = any_text && field.identifier.is_none() && limits.pattern.is_none() && limits.allowed.is_none();
        let any_text = any_text && bounds.iter().all(Option::is_none) && limits.min_length.is_none();
        // A text has at most as many characters as bytes. An empty text is missing.
        let free_bytes = match limits.max_length {
            _ if !any_text => RangeInclusive::new(1, 0),
            max => RangeInclusive::new(usize::from(field.constraints.required), max.unwrap_or(usize::MAX)),
        };
        Ok(Self {
            free_bytes,
            required: field.constraints.required,
            missing,
            bounded: bounds.iter().any(Option::is_some),
            limits,
            identifier: field.identifier,
        })
    }

    /// The value of a cell; `None` where it is missing, be it a text that means so or the null of a typed file.
    ///
    /// Allocates nothing (but for the length or allowed values of JSON arrays and objects).
    ///
    /// # Errors
    /// The first rule that is broken, in the order: required, type, lengths, pattern, allowed values, bounds,
    /// identifier.
    #[inline]
    pub fn judge<'a>(&self, cell: Option<&'a str>) -> Result<Option<Value<'a>>, Violation> {
        let Some(text) = cell.filter(|t| !self.is_missing(t)) else {
            return if self.required { Err(Violation::Required) } else { Ok(None) };
        };
        let reading = self.limits.reader.read(text).ok_or(Violation::Type)?;
        self.check_text(text, reading.order)?;
        if self.bounded {
            self.check_bounds(reading.order)?;
        }
        if let Some(kind) = self.identifier {
            // Which part of the identifier is wrong is not told: the rule is enough for a finding.
            identifiers::check(kind, text).map_err(|_| Violation::Identifier)?;
        }
        Ok(Some(reading.value))
    }

    /// Whether any cell of so many bytes is good, whatever it says.
    #[inline]
    pub(super) fn passes(&self, bytes: usize) -> bool {
        self.free_bytes.contains(&bytes)
    }

    /// Whether a text means "missing".
    #[inline]
    pub(super) fn is_missing(&self, text: &str) -> bool {
        match &self.missing {
            Missing::Empty => text.is_empty(),
            Missing::Texts(texts) => texts.iter().any(|t| t == text),
        }
    }

    #[inline]
    fn check_text(&self, text: &str, order: Order) -> Result<(), Violation> {
        let limits = &self.limits;
        // A text has at most as many characters as bytes: most need not be counted.
        let may_be_long = |max| text.len() > max || !limits.reader.counts_characters();
        if limits.min_length.is_some() || limits.max_length.is_some_and(may_be_long) {
            let length = limits.reader.length(text);
            if limits.min_length.is_some_and(|min| length < min) {
                return Err(Violation::MinLength);
            }
            if limits.max_length.is_some_and(|max| length > max) {
                return Err(Violation::MaxLength);
            }
        }
        if limits.pattern.as_ref().is_some_and(|p| !p.is_match(text)) {
            return Err(Violation::Pattern);
        }
        if limits.allowed.as_ref().is_some_and(|a| !a.has(text, order)) {
            return Err(Violation::Enum);
        }
        if limits.json.as_ref().is_some_and(|form| !form.is_kept_by(text)) {
            return Err(Violation::JsonSchema);
        }
        Ok(())
    }

    /// Bounds are read by the same reader as the cell, so the two orders are of one kind.
    #[inline]
    fn check_bounds(&self, order: Order) -> Result<(), Violation> {
        let limits = &self.limits;
        if limits.minimum.is_some_and(|min| order < min) {
            return Err(Violation::Minimum);
        }
        if limits.maximum.is_some_and(|max| order > max) {
            return Err(Violation::Maximum);
        }
        if limits.exclusive_minimum.is_some_and(|min| order <= min) {
            return Err(Violation::ExclusiveMinimum);
        }
        if limits.exclusive_maximum.is_some_and(|max| order >= max) {
            return Err(Violation::ExclusiveMaximum);
        }
        Ok(())
    }
}
