//! What was searched and what was found: names and counts, never a value.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

/// What a stripped value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A number or code that stands for a person or professional.
    Identifier = 0,
    /// A telephone number.
    Telephone = 1,
    /// An e-mail address.
    Email = 2,
    /// Two names of one record side by side, or a name of several words that stands alone in its record.
    FullName = 3,
    /// One name.
    Name = 4,
    /// A postal address, or its street.
    Address = 5,
    /// Another text, such as a comment.
    Text = 6,
}

impl Class {
    /// All classes, in order.
    pub const ALL: [Self; 7] =
        [Self::Identifier, Self::Telephone, Self::Email, Self::FullName, Self::Name, Self::Address, Self::Text];

    /// The word in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::Telephone => "telephone number",
            Self::Email => "e-mail address",
            Self::FullName => "full name",
            Self::Name => "name",
            Self::Address => "address",
            Self::Text => "text",
        }
    }

    /// The fewest characters of a normal form that are searched for.
    #[must_use]
    pub fn least(self) -> usize {
        match self {
            Self::Identifier | Self::Email | Self::FullName => 6,
            Self::Telephone => 9,
            Self::Name => 4,
            Self::Address => 10,
            Self::Text => 12,
        }
    }
}

/// A column of an output, as it was searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnScan {
    /// Name of the resource.
    pub resource: String,
    /// Name of the column.
    pub column: String,
    /// How: `text`, `codes`, `numbers`, `pseudonyms`, or `not_searched` (dates, truth values, counts and means).
    pub searched_as: &'static str,
    /// Cells.
    pub cells: u64,
    /// Distinct texts, or numbers long enough to be searched.
    pub distinct: u64,
}

/// Stripped values of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Searched {
    /// Which.
    pub class: Class,
    /// Values searched for; one value may give several (a forename alone, with the surname), and repeats.
    pub searched: u64,
    /// Values too short to be searched for.
    pub too_short: u64,
}

/// Stripped values of one class in one column of an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// Name of the resource.
    pub resource: String,
    /// Name of the column.
    pub column: String,
    /// What was found.
    pub class: Class,
    /// Distinct values found.
    pub count: u64,
    /// Whether it stops the run. Otherwise it is told: a single name that may be a word, a text that many persons share, a
    /// number that stands there by chance.
    pub leak: bool,
}

/// Scope and findings of the search of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Columns of the outputs.
    pub columns: Vec<ColumnScan>,
    /// What was searched for.
    pub stripped: Vec<Searched>,
    /// What was found.
    pub hits: Vec<Hit>,
}

impl Report {
    /// How it is done, for documents.
    pub const METHOD: &'static str = "SipHash-1-3 fingerprints (61 bits, key of the run, wiped) of stripped values in normal \
        form (NFKD without marks, lower case, letters and digits), looked for in whole cells, words, runs of words and groups \
        of digits of every output; numbers with the form and key of a NIR";

    /// Whether anything found stops the run.
    #[must_use]
    pub fn leaks(&self) -> bool {
        self.hits.iter().any(|h| h.leak)
    }

    /// Findings that are told and do not stop the run.
    pub fn warnings(&self) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(|h| !h.leak)
    }

    /// Cells searched.
    #[must_use]
    pub fn cells(&self) -> u64 {
        self.columns.iter().filter(|c| c.searched_as != "not_searched").map(|c| c.cells).sum()
    }

    /// All of it, for the sender's documents.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let least: Vec<Value> = Class::ALL.iter().map(|c| json!({ "class": c, "characters": c.least() })).collect();
        json!({
            "method": Self::METHOD,
            "leaks": self.leaks(),
            "searched_for_from": least,
            "columns": self.columns,
            "stripped": self.stripped,
            "hits": self.hits,
        })
    }

    /// What a recipient is told: scope and result. How many values were stripped is the size of the sender's files, and what
    /// others are sent is not this one's to know: only of resources that `receives` names is anything said.
    #[must_use]
    pub fn for_recipient(&self, receives: impl Fn(&str) -> bool) -> Value {
        let columns: Vec<Value> = self
            .columns
            .iter()
            .filter(|c| receives(&c.resource))
            .map(|c| json!({ "resource": c.resource, "column": c.column, "searched_as": c.searched_as }))
            .collect();
        json!({ "method": Self::METHOD, "leaks": self.leaks(), "classes": Class::ALL, "columns": columns })
    }
}

impl fmt::Display for Report {
    /// The leaks, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, hit) in self.hits.iter().filter(|h| h.leak).enumerate() {
            let between = if i == 0 { "" } else { "; " };
            let Hit { resource, column, class, count, .. } = hit;
            let s = match (count, class) {
                (1, _) => "",
                (_, Class::Email | Class::Address) => "es",
                _ => "s",
            };
            write!(f, "{between}{count} {}{s} in column `{column}` of `{resource}`", class.as_str())?;
        }
        Ok(())
    }
}
