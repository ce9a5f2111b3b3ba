//! What may be written: the types through which alone something gets into the log.

use std::fmt::Write;
use std::time::Duration;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::AuditError;
use crate::config;
use crate::config::Threshold;
use crate::schema;
use crate::seal;

/// Longest name of an operator, in bytes.
const LONGEST_NAME: usize = 100;

/// A name that comes from the pipeline, from a schema or from the program, never from a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// A word in the program: a rule, a state, a format.
    #[must_use]
    pub fn word(word: &'static str) -> Self {
        Self(word.to_owned())
    }

    /// The digest of the pipeline file.
    #[must_use]
    pub fn digest_of(pipeline: &config::Pipeline) -> Self {
        Self(pipeline.digest.clone())
    }

    /// Legal basis, purpose and policy of a pipeline.
    #[must_use]
    pub fn law_of(pipeline: &config::Pipeline) -> [Self; 3] {
        [&pipeline.legal_basis, &pipeline.purpose, &pipeline.policy].map(|text| Self(text.clone()))
    }

    /// The universe of a ledger of released tables.
    #[must_use]
    pub fn universe_of(ledger: &config::Ledger) -> Self {
        Self(ledger.universe.clone())
    }

    /// The recipient of whom an acknowledgement is expected.
    #[must_use]
    pub fn recipient_of(expected: &seal::Expected) -> Self {
        Self(expected.recipient.clone())
    }

    /// The run that made a release, as its signed statement says it.
    #[must_use]
    pub fn run_of(statement: &seal::Statement) -> Self {
        Self(statement.run().to_owned())
    }

    /// The purpose of a release, as its signed manifest says it.
    #[must_use]
    pub fn purpose_of(manifest: &seal::Manifest) -> Self {
        Self(manifest.purpose().to_owned())
    }
}

/// The path of a file in a release.
impl From<&seal::ManifestEntry> for Name {
    fn from(entry: &seal::ManifestEntry) -> Self {
        Self(entry.name.as_str().to_owned())
    }
}

/// Makes a name of everything that has one and holds no record.
macro_rules! names {
    ($($named:ty),+ $(,)?) => {
        $(impl From<&$named> for Name {
            fn from(named: &$named) -> Self {
                Self(named.name.clone())
            }
        })+
    };
}

names!(
    config::Pipeline,
    config::Source,
    config::Derived,
    config::Kept,
    config::Dropped,
    config::Persons,
    config::Aggregate,
    config::Recipient,
    schema::TableSchema,
    schema::Field,
    schema::Rule,
);

/// A person who works with the program, as the system or the command line names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    name: String,
    uid: u32,
}

impl Operator {
    /// A name of 1 to 100 bytes without control characters, and the number of the account.
    ///
    /// # Errors
    /// [`AuditError::Operator`].
    pub fn new(name: &str, uid: u32) -> Result<Self, AuditError> {
        let printable = !name.trim().is_empty() && !name.chars().any(unprintable);
        if !printable || name.len() > LONGEST_NAME {
            return Err(AuditError::Operator);
        }
        Ok(Self { name: name.to_owned(), uid })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of the account.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.uid
    }
}

/// Characters that move a terminal's cursor, end a line, or turn the direction of writing: with them a name could look
/// like another one.
pub(super) fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A number of records, persons, cells, bytes…
    Count(u64),
    /// A number of persons that may be small: under the threshold only `{"below": threshold}` is written.
    Persons(u64, Threshold),
    /// Name of a column, resource, rule or state.
    Name(Name),
    /// Names.
    Names(Vec<Name>),
    /// An input file, by its position in its source.
    File(u32),
    /// Wall time; written in milliseconds.
    Duration(Duration),
    /// SHA-256 of a document or of a content; written in hexadecimal.
    Digest([u8; 32]),
    /// Hashes of definitions, 128 bits each; written in hexadecimal.
    Hashes(Vec<[u8; 16]>),
    /// Numbers of cells of released tables, and their places.
    Numbers(Vec<u64>),
    /// Who did it.
    Who(Operator),
    /// A day.
    Date(NaiveDate),
    /// The system's error number.
    Error(i32),
}

impl Fact {
    /// The names of several things.
    pub fn names<'a, T: 'a>(named: impl IntoIterator<Item = &'a T>) -> Self
    where
        Name: From<&'a T>,
    {
        Fact::Names(named.into_iter().map(Name::from).collect())
    }

    pub(super) fn json(&self) -> Value {
        match self {
            Fact::Count(count) => json!(count),
            Fact::Persons(count, threshold) if *count < threshold.get() => json!({ "below": threshold.get() }),
            Fact::Persons(count, _) => json!(count),
            Fact::Name(name) => json!(name.0),
            Fact::Names(names) => names.iter().map(|name| name.0.as_str()).collect(),
            Fact::File(file) => json!({ "file": file }),
            Fact::Duration(duration) => json!({ "ms": u64::try_from(duration.as_millis()).unwrap_or(u64::MAX) }),
            Fact::Digest(digest) => json!(hexadecimal(digest)),
            Fact::Hashes(hashes) => hashes.iter().map(|hash| hexadecimal(hash)).collect(),
            Fact::Numbers(numbers) => json!(numbers),
            Fact::Who(operator) => json!({ "name": operator.name, "uid": operator.uid }),
            Fact::Date(date) => json!(date.format("%Y-%m-%d").to_string()),
            Fact::Error(number) => json!({ "errno": number }),
        }
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // A String takes everything that is written to it.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
