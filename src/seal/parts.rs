//! What is said of a release wherever it is signed.

use chrono::{DateTime, Utc};

/// What the maker of a release says about it, in its statement and in the manifest of each sealed file.
#[derive(Debug, Clone)]
pub struct ReleaseParts {
    /// The run.
    pub run: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// SHA-256 of the pipeline file, hexadecimal.
    pub pipeline_digest: String,
    /// When the release was made.
    pub made: DateTime<Utc>,
    /// What allows it.
    pub legal_basis: String,
    /// What for (R14, R18).
    pub purpose: String,
    /// Version of the policy.
    pub policy: String,
}
