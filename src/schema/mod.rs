//! Table Schema (Data Package v2) with privacy roles.
//!
//! [`TableSchema::read`] turns a descriptor into a checked form: a schema that cannot be held against a file (an
//! unknown type, a pattern that does not compile, a bound that the type cannot read, a key over absent fields) is
//! refused before any data is opened, with every problem and its place. Forms of version 1 (`primaryKey` as a text, no
//! `name`) are taken too.
//!
//! Custom properties of `tamis`:
//!
//! | property | on | meaning |
//! |---|---|---|
//! | `tamis:role` | field | [`Role`] |
//! | `tamis:identifier` | field of type `string` | [`IdentifierKind`] |
//! | `tamis:incompleteDates` | field of type `date` | month or day `00` are taken |
//! | `tamis:path` | field | [`ValuePath`] to its value in a FHIR resource |
//! | `tamis:rules` | table | [`Rule`]s: `[{"name", "sql", "description"}]` |
//!
//! Other custom properties are left alone, but an unknown one that starts with `tamis:` is an error: a slip in
//! `tamis:role` must not pass in silence. `foreignKeys` are held against the files by `tamis validate`; a run leaves them alone:
//! joins are the pipeline's business.

mod diff;
mod error;
mod field;
mod json_form;
mod limits;
mod lint;
mod model;
mod path;
mod reading;
mod remarks;
#[cfg(test)]
mod rules_tests;
mod table;
#[cfg(test)]
mod tests;
mod walk;

pub use diff::{CHANGES, Change, Effect, Side, compare};
pub use error::{Fault, SchemaError};
pub(crate) use limits::Limits;
pub use lint::lint;
pub use model::{
    Constraints, Field, FieldType, FieldsMatch, ForeignKey, IdentifierKind, Logical, Role, Rule, StringFormat,
    TableSchema, TemporalFormat,
};
pub use path::{PathStep, ValuePath};
pub use reading::Value;
pub(crate) use reading::{Order, Reader};
pub use remarks::{Remark, RemarkKind, remarks};
