//! Table Schema (Data Package v2) with privacy roles.

mod model;

pub use model::{
    Constraints, Field, FieldType, FieldsMatch, IdentifierKind, Logical, Role, Rule, StringFormat, TableSchema,
    TemporalFormat,
};
