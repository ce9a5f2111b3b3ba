//! The file of `tamis anonymise` as it is written: every key optional and with its place, nothing judged yet.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::raw::{At, List};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawAnonymise {
    pub file: At<String>,
    pub sheet: At<String>,
    pub output: At<String>,
    pub person: At<String>,
    pub population: At<String>,
    pub keep: List<String>,
    pub weights: At<String>,
    pub suppress: At<f64>,
    pub threshold: At<u64>,
    pub local: At<String>,
    pub missing: At<String>,
    pub key: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawQuasi {
    pub column: At<String>,
    pub hierarchy: At<String>,
    pub bands: List<u64>,
    pub prefixes: List<u64>,
    pub overseas: At<bool>,
    pub dates: List<String>,
    pub weight: At<f64>,
    pub level: At<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawSensitive {
    pub column: At<String>,
    pub hierarchy: At<String>,
    pub order: List<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawRule {
    pub rule: At<String>,
    pub columns: List<String>,
    pub sensitive: At<String>,
    pub k: At<u64>,
    pub l: At<f64>,
    pub c: At<f64>,
    pub t: At<f64>,
    pub alpha: At<f64>,
    pub beta: At<f64>,
    pub delta: List<f64>,
    pub kind: At<String>,
    pub distance: At<String>,
    pub values: List<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawLoss {
    pub measure: At<String>,
    pub suppression: At<bool>,
    pub aggregate: At<String>,
    pub balance: At<f64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawSearch {
    pub method: At<String>,
    pub checks: At<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawEvidence {
    pub smallest: At<u64>,
    pub linkable: At<f64>,
    pub advantage: At<f64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawRisk {
    pub fraction: At<f64>,
    pub suda: At<u64>,
    pub group: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawChange {
    pub method: At<String>,
    pub column: At<String>,
    pub columns: List<String>,
    pub bottom: At<f64>,
    pub top: At<f64>,
    pub at_least: At<u64>,
    pub beyond: At<String>,
    pub base: At<f64>,
    pub random: At<bool>,
    pub k: At<u64>,
    pub share: At<f64>,
    pub stay: At<f64>,
    pub invariant: At<bool>,
}
