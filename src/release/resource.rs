//! The description of what leaves: resources and their columns.

use crate::schema::{Logical, Role};

/// [`ReleaseField::generalised`] of a column that holds pseudonyms: the one form in which a subject identifier leaves.
pub const PSEUDONYM: &str = "pseudonym";

/// What the rows of a resource are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// One row for each record of a person who was drawn.
    Persons,
    /// One row for each cell of an aggregated table.
    Table,
}

impl ResourceKind {
    /// The word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ResourceKind::Persons => "persons",
            ResourceKind::Table => "table",
        }
    }
}

/// A column that leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseField {
    /// Name in the release.
    pub name: String,
    /// Kind of value.
    pub logical: Logical,
    /// Title for a reader.
    pub title: Option<String>,
    /// Description for a reader.
    pub description: Option<String>,
    /// Privacy role of the source column; `None` for what was computed (weights, counts, statuses).
    pub role: Option<Role>,
    /// Source column.
    pub origin: Option<String>,
    /// How it was made coarser: the keyword of the pipeline file, or [`PSEUDONYM`].
    pub generalised: &'static str,
    /// Why it leaves (R25).
    pub why: Option<String>,
}

impl ReleaseField {
    /// Whether it may stand in a release at all: never a direct identifier, a subject identifier only as a pseudonym
    /// (R05, the last of the checks that say so).
    #[must_use]
    pub fn may_leave(&self) -> bool {
        match self.role {
            Some(Role::DirectIdentifier) => false,
            Some(Role::SubjectIdentifier) => self.generalised == PSEUDONYM,
            _ => true,
        }
    }
}

/// A per-person file or an aggregated table that leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseResource {
    /// Name: lower-case letters, digits, `_` and `-`; unique in a release.
    pub name: String,
    /// What its rows are.
    pub kind: ResourceKind,
    /// Title for a reader.
    pub title: Option<String>,
    /// Columns in the order of the output.
    pub fields: Vec<ReleaseField>,
    /// The protection that was applied, for the manifest.
    pub protection: serde_json::Value,
}
