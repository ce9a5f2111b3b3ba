//! Rows that may leave.

use arrow_array::RecordBatch;
use arrow_schema::{DataType, TimeUnit};

use super::ReleaseResource;
use crate::schema::Logical;

/// Rows that do not fit the description of their resource. Says columns and types, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// Another number of columns than described.
    #[error("{resource}: {found} columns where {expected} are described")]
    Width {
        /// Name of the resource.
        resource: String,
        /// Columns described.
        expected: usize,
        /// Columns found.
        found: usize,
    },
    /// A column stands where another is described.
    #[error("{resource}: column {position} is not `{expected}` as described")]
    Name {
        /// Name of the resource.
        resource: String,
        /// Position of the column, from 1.
        position: usize,
        /// Name described.
        expected: String,
    },
    /// A column has another type than described.
    #[error("{resource}: column `{column}` does not hold the described {expected:?}")]
    Type {
        /// Name of the resource.
        resource: String,
        /// Name of the column.
        column: String,
        /// Kind of value described.
        expected: Logical,
    },
    /// A direct identifier, or a subject identifier that is not a pseudonym (R05).
    #[error("{resource}: column `{column}` is an identifier and can never leave")]
    Identifier {
        /// Name of the resource.
        resource: String,
        /// Name of the column.
        column: String,
    },
}

/// Rows of one resource, protected, in the order in which they leave.
///
/// It has no `Debug`, so that no log or panic message can hold its cells.
pub struct ReleaseChunk {
    resource: usize,
    rows: RecordBatch,
}

impl ReleaseChunk {
    /// Rows of the resource at position `index` among those of the release. Only the stage that applies the plans of
    /// protection may call this.
    ///
    /// Columns hold, by kind of value: text `Utf8` or `Dictionary(Int32, Utf8)`, integers `Int64`, numbers `Float64`,
    /// `Boolean`, dates `Date32`, datetimes `Timestamp(µs, UTC)`; each may hold nulls.
    ///
    /// # Errors
    /// Where number, names or types of the columns are not those of `resource`, or one of them can never leave.
    #[allow(dead_code, reason = "called by the stage that applies the plans")]
    pub(crate) fn new(index: usize, resource: &ReleaseResource, rows: RecordBatch) -> Result<Self, ReleaseError> {
        let name = || resource.name.clone();
        let (expected, found) = (resource.fields.len(), rows.num_columns());
        if expected != found {
            return Err(ReleaseError::Width { resource: name(), expected, found });
        }
        for (position, (field, column)) in resource.fields.iter().zip(rows.schema_ref().fields()).enumerate() {
            if field.name != *column.name() {
                let expected = field.name.clone();
                return Err(ReleaseError::Name { resource: name(), position: position + 1, expected });
            }
            if !field.may_leave() {
                return Err(ReleaseError::Identifier { resource: name(), column: field.name.clone() });
            }
            if !holds(column.data_type(), field.logical) {
                let (column, expected) = (field.name.clone(), field.logical);
                return Err(ReleaseError::Type { resource: name(), column, expected });
            }
        }
        Ok(Self { resource: index, rows })
    }

    /// Position of the resource among those of the release.
    #[must_use]
    pub fn resource(&self) -> usize {
        self.resource
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.num_rows()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.num_rows() == 0
    }

    /// The rows, for the writers.
    pub(crate) fn rows(&self) -> &RecordBatch {
        &self.rows
    }
}

/// Whether an Arrow type holds that kind of value here.
fn holds(found: &DataType, logical: Logical) -> bool {
    match (logical, found) {
        (Logical::Text, DataType::Utf8)
        | (Logical::Integer, DataType::Int64)
        | (Logical::Number, DataType::Float64)
        | (Logical::Boolean, DataType::Boolean)
        | (Logical::Date, DataType::Date32) => true,
        (Logical::Text, DataType::Dictionary(keys, values)) => **keys == DataType::Int32 && **values == DataType::Utf8,
        (Logical::Datetime, DataType::Timestamp(TimeUnit::Microsecond, Some(zone))) => &**zone == "UTC",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int32Array, Int64Array, StringArray};

    use super::*;
    use crate::release::{PSEUDONYM, ReleaseField, ResourceKind};
    use crate::schema::Role;

    fn resource(logical: Logical, role: Option<Role>, generalised: &'static str) -> ReleaseResource {
        let field = ReleaseField {
            name: "colonne".into(),
            logical,
            title: None,
            description: None,
            role,
            origin: None,
            generalised,
            why: None,
        };
        ReleaseResource {
            name: "consultations".into(),
            kind: ResourceKind::Persons,
            title: None,
            fields: vec![field],
            protection: serde_json::Value::Null,
        }
    }

    fn one(name: &str, array: ArrayRef) -> RecordBatch {
        RecordBatch::try_from_iter([(name, array)]).unwrap()
    }

    fn text() -> ArrayRef {
        Arc::new(StringArray::from(vec!["1531245007231"]))
    }

    #[test]
    fn a_direct_identifier_cannot_stand_in_a_chunk_even_when_called_a_pseudonym() {
        let resource = resource(Logical::Text, Some(Role::DirectIdentifier), PSEUDONYM);
        let error = ReleaseChunk::new(0, &resource, one("colonne", text())).err().unwrap();
        assert!(matches!(error, ReleaseError::Identifier { .. }));
        assert!(!error.to_string().contains("1531245007231"));
    }

    #[test]
    fn a_subject_identifier_leaves_as_a_pseudonym_only() {
        let raw = resource(Logical::Text, Some(Role::SubjectIdentifier), "keep");
        assert!(ReleaseChunk::new(0, &raw, one("colonne", text())).is_err());
        let pseudonym = resource(Logical::Text, Some(Role::SubjectIdentifier), PSEUDONYM);
        assert!(ReleaseChunk::new(0, &pseudonym, one("colonne", text())).is_ok());
    }

    #[test]
    fn a_column_under_another_name_is_refused() {
        let resource = resource(Logical::Text, None, "keep");
        let error = ReleaseChunk::new(0, &resource, one("nom_naissance", text())).err().unwrap();
        assert!(matches!(error, ReleaseError::Name { position: 1, .. }));
    }

    #[test]
    fn an_integer_is_sixty_four_bits_wide_or_refused() {
        let resource = resource(Logical::Integer, None, "keep");
        assert!(ReleaseChunk::new(0, &resource, one("colonne", Arc::new(Int64Array::from(vec![1])))).is_ok());
        assert!(ReleaseChunk::new(0, &resource, one("colonne", Arc::new(Int32Array::from(vec![1])))).is_err());
    }

    #[test]
    fn a_surplus_column_is_refused() {
        let resource = resource(Logical::Text, None, "keep");
        let rows = RecordBatch::try_from_iter([("colonne", text()), ("surplus", text())]).unwrap();
        let error = ReleaseChunk::new(0, &resource, rows).err().unwrap();
        assert_eq!(error, ReleaseError::Width { resource: "consultations".into(), expected: 1, found: 2 });
    }
}
