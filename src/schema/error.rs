//! What can be wrong with a schema. A schema holds no personal data, so these messages may quote it.

use std::io;
use std::path::PathBuf;

/// Why a schema cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The file cannot be read.
    #[error("{}: the schema cannot be read ({kind}); check the path and the permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        kind: io::ErrorKind,
    },
    /// The file was read and has problems: all of them, in the order of the file.
    #[error("{}: {}", path.display(), lines(problems))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong; never empty.
        problems: Vec<SchemaError>,
    },
    /// The text is not JSON.
    #[error("line {line}, column {column}: not JSON ({reason}); a schema is one JSON object")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser expected.
        reason: String,
    },
    /// Something is wrong at one place.
    #[error("{place}: {fault}")]
    At {
        /// Where, such as `fields[3].constraints.pattern`.
        place: String,
        /// What.
        fault: Fault,
    },
}

/// What is wrong at one place of a schema, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The JSON value is of another kind.
    #[error("{expected} is expected here")]
    Expected {
        /// What should stand there.
        expected: &'static str,
    },
    /// A property that cannot be left out is absent.
    #[error("the property is absent; add {expected}")]
    Absent {
        /// What should stand there.
        expected: &'static str,
    },
    /// A list, text or object with nothing in it.
    #[error("nothing stands here; write {expected} or take the property out")]
    Empty {
        /// What should stand there.
        expected: &'static str,
    },
    /// A word that is none of the words known here.
    #[error("`{found}` is not known here; use one of: {known}")]
    UnknownWord {
        /// What stands there.
        found: String,
        /// What may stand there.
        known: &'static str,
    },
    /// A constraint that does not exist: a slip here would switch a check off in silence.
    #[error("there is no constraint of this name; use one of: {known}")]
    UnknownConstraint {
        /// The constraints that exist.
        known: &'static str,
    },
    /// A constraint beside `constraints` instead of inside it, where it would have no effect.
    #[error("a constraint has no effect here; move it into `constraints`")]
    OutsideConstraints,
    /// A custom property of `tamis` that does not exist.
    #[error("there is no such property of `tamis` here; use one of: {known}")]
    UnknownProperty {
        /// The properties that exist.
        known: &'static str,
    },
    /// A constraint of the standard that is not checked by `tamis`.
    #[error(
        "this is no JSON Schema that can be used; correct it, and take references to other documents into it: they are not followed"
    )]
    BadJsonSchema,
    /// Two things of one name.
    #[error("`{name}` stands at {first} already; names must differ")]
    Duplicate {
        /// The name.
        name: String,
        /// Where it stood first.
        first: String,
    },
    /// The format is not one of the type's.
    #[error("`{found}` is not a format of the type `{ty}`; use {known}")]
    UnknownFormat {
        /// What stands there.
        found: String,
        /// The type.
        ty: &'static str,
        /// What may stand there.
        known: &'static str,
    },
    /// The strptime pattern has a directive that does not exist.
    #[error("`{found}` has a directive that is not one of strptime's; see the formats of Table Schema dates")]
    BadDatePattern {
        /// The pattern.
        found: String,
    },
    /// The regular expression does not compile.
    #[error("the regular expression does not compile ({reason}); correct it, without look-around or back-references")]
    BadRegex {
        /// What the compiler says.
        reason: String,
    },
    /// A key names a field that the schema does not have.
    #[error("there is no field `{name}`; use names of `fields`")]
    AbsentField {
        /// The name.
        name: String,
    },
    /// A bound or an allowed value is not a value of the field's type.
    #[error("`{value}` cannot be read as `{ty}` in the field's own format; write it as it stands in the files")]
    NotOfType {
        /// The value, as written.
        value: String,
        /// The field's type.
        ty: &'static str,
    },
    /// A bound on a type without order.
    #[error("values of type `{ty}` have no order; take the bound out or change the type")]
    NoOrder {
        /// The field's type.
        ty: &'static str,
    },
    /// A lower bound that lies above the upper one.
    #[error("no value can be within both `{low}` and `{high}`; correct one of them")]
    Crossed {
        /// The lower bound's key.
        low: &'static str,
        /// The upper bound's key.
        high: &'static str,
    },
    /// A property that means nothing for the field's type.
    #[error("the property is only for fields of type {wanted}; this one is of type `{ty}`")]
    Misplaced {
        /// The types it is for.
        wanted: &'static str,
        /// The field's type.
        ty: &'static str,
    },
    /// The same text or character has two meanings.
    #[error("`{text}` has two meanings in this field; choose another")]
    TwoMeanings {
        /// The text.
        text: String,
    },
    /// An allowed value that is no category of the field.
    #[error("`{value}` is not among the field's `categories`; add it there or take it out")]
    NotACategory {
        /// The value.
        value: String,
    },
}

fn lines(problems: &[SchemaError]) -> String {
    match problems {
        [one] => one.to_string(),
        _ => {
            let mut text = format!("{} problems", problems.len());
            for problem in problems {
                text.push_str("\n  ");
                text.push_str(&problem.to_string());
            }
            text
        }
    }
}
