//! `perturb = { … }` as it is written: every key optional and with its place, nothing judged yet.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::raw::{At, List, Scalar};
use crate::config::spanned::Spanned;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawPerturb {
    pub method: At<String>,
    pub base: At<u64>,
    pub to: At<String>,
    pub max: At<u64>,
    pub variance: At<Scalar>,
    pub exact_variance: At<bool>,
    pub blocked: At<u64>,
    pub stay: At<Scalar>,
    pub monotone: At<bool>,
    pub ptable: At<String>,
    pub kind: At<String>,
    pub epsilon: At<Scalar>,
    pub delta: At<Scalar>,
    pub release: At<String>,
    pub budget: At<RawBudget>,
    pub sums: Option<Spanned<Vec<Spanned<RawSum>>>>,
    /// Of tables made elsewhere.
    pub key: At<String>,
    /// Of tables made elsewhere.
    pub cells: At<String>,
}

/// How sums of one column are changed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawSum {
    pub column: At<String>,
    pub base: At<Scalar>,
    pub p: At<Scalar>,
    pub weights: List<Scalar>,
    pub spread: At<Scalar>,
    pub small: At<Scalar>,
    pub floor: At<Scalar>,
    pub unit: At<Scalar>,
    pub lowest: At<Scalar>,
    pub highest: At<Scalar>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawBudget {
    pub file: At<String>,
    pub epsilon: At<Scalar>,
    pub delta: At<Scalar>,
}
