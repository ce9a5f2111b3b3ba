//! The pipeline file as it is written: every key optional and with its place, nothing judged yet.

use crate::config::spanned::Spanned;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

use super::anonymise::raw::{RawChange, RawEvidence, RawLoss, RawQuasi, RawRisk, RawRule, RawSearch, RawSensitive};
use super::perturb::raw::RawPerturb;
use super::ready_raw::{RawDominance, RawPQ};

/// A value that may be absent, with its place.
pub(super) type At<T> = Option<Spanned<T>>;

/// A list of values, each with its place.
pub(super) type List<T> = Option<Spanned<Vec<Spanned<T>>>>;

/// A list of names, as [`List`] holds it.
pub(super) type Names = Spanned<Vec<Spanned<String>>>;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPipeline {
    pub name: At<String>,
    pub legal_basis: At<String>,
    pub purpose: At<String>,
    pub policy: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    pub reject_above: At<Scalar>,
    pub memory: At<Scalar>,
    pub buckets: At<u64>,
    pub spill: At<String>,
    pub places: At<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLedger {
    pub file: At<String>,
    pub universe: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSource {
    pub name: At<String>,
    pub schema: At<String>,
    pub files: List<String>,
    pub format: At<String>,
    pub encoding: At<String>,
    pub delimiter: At<String>,
    pub sheet: At<String>,
    pub resource: At<String>,
    pub query: At<String>,
    pub url_from: At<String>,
    pub ca: At<String>,
    pub event_date: At<String>,
    pub subject: At<String>,
    pub filter: At<String>,
    pub release: At<RawRelease>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRelease {
    pub from: At<String>,
    pub verifier: At<String>,
    pub output: At<String>,
    pub purpose: At<String>,
    pub evidence: At<RawEvidence>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawJoin {
    pub left: At<String>,
    pub right: At<String>,
    pub on: At<RawOn>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOn {
    pub left: At<String>,
    pub right: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExclude {
    pub register: At<String>,
    pub column: At<String>,
    pub encoding: At<String>,
    pub delimiter: At<String>,
    pub source: At<String>,
    pub when: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSubject {
    pub column: At<String>,
    pub kind: At<String>,
    pub linkage: At<String>,
    pub missing: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDerive {
    pub source: At<String>,
    pub name: At<String>,
    pub sql: At<String>,
    #[serde(rename = "type")]
    pub kind: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawKeep {
    pub column: At<String>,
    pub source: At<String>,
    #[serde(rename = "as")]
    pub rename: At<String>,
    pub generalise: At<RawGeneralise>,
    pub why: At<String>,
    pub reinforced: At<bool>,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawForm {
    pub to: At<String>,
    pub at: At<String>,
    pub bounds: List<f64>,
    pub bottom: At<f64>,
    pub top: At<f64>,
    pub file: At<String>,
    pub level: At<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSample {
    pub design: At<String>,
    pub rate: At<Scalar>,
    pub size: At<u64>,
    pub strata: List<String>,
    pub at_least: At<u64>,
    pub unit: At<String>,
    pub allocation: At<String>,
    pub of: At<String>,
    pub power: At<Scalar>,
    pub proportional_to: At<String>,
    pub order: List<String>,
    pub balance: List<String>,
    pub cluster: At<String>,
    pub clusters: At<Scalar>,
    pub within: At<Scalar>,
    pub second: At<RawSecond>,
    pub campaign: At<u64>,
    pub rotation: At<Scalar>,
    pub coordination: At<String>,
    pub key: At<String>,
    pub on_duplicate: At<String>,
    pub latest_by: At<String>,
    pub on_stratum_conflict: At<String>,
    pub on_missing_stratum: At<String>,
    pub on_short_stratum: At<String>,
    pub on_empty_stratum: At<String>,
    pub disclosure: At<RawDisclosure>,
    pub stratum: List<RawStratum>,
    pub calibrate: At<RawCalibrate>,
}

/// The second phase of a draw in two phases.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSecond {
    pub strata: List<String>,
    pub rate: At<Scalar>,
    pub size: At<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDisclosure {
    pub max_fraction: At<Scalar>,
    pub min_stratum: At<u64>,
    pub otherwise: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStratum {
    #[serde(rename = "where")]
    pub values: At<BTreeMap<Spanned<String>, Spanned<Scalar>>>,
    pub rate: At<Scalar>,
    pub size: At<u64>,
    pub spread: At<f64>,
    pub mean: At<f64>,
    pub cost: At<f64>,
    pub importance: At<f64>,
    pub at_least: At<u64>,
    pub at_most: At<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCalibrate {
    pub method: At<String>,
    pub bounds: List<f64>,
    pub margin: List<RawMargin>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMargin {
    pub column: At<String>,
    pub total: At<f64>,
    pub counts: At<BTreeMap<String, f64>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPersons {
    pub name: At<String>,
    pub recipient: At<String>,
    pub source: At<String>,
    pub columns: List<String>,
    pub protect: At<RawPersonsProtect>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPersonsProtect {
    pub k: At<u64>,
    pub quasi_identifiers: List<String>,
    pub levels: At<BTreeMap<Spanned<String>, Spanned<RawQuasi>>>,
    pub sensitive: List<RawSensitive>,
    pub rules: List<RawRule>,
    pub suppress: At<f64>,
    pub loss: At<RawLoss>,
    pub search: At<RawSearch>,
    pub evidence: At<RawEvidence>,
    pub risk: At<RawRisk>,
    pub population: At<String>,
    pub change: List<RawChange>,
    pub local: At<String>,
    pub missing: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAggregate {
    pub name: At<String>,
    pub recipient: At<String>,
    pub source: At<String>,
    pub by: List<String>,
    pub measure: List<RawMeasure>,
    pub over: At<String>,
    pub protect: At<RawTableProtect>,
    pub margins: At<RawMargins>,
    pub decisions: At<String>,
    pub zeros: At<String>,
    pub marks: At<bool>,
    pub sdmx: At<String>,
    pub perturb: At<RawPerturb>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMeasure {
    pub count: At<String>,
    pub sum: At<String>,
    pub mean: At<String>,
    pub share: At<String>,
    pub equals: At<Scalar>,
    #[serde(rename = "as")]
    pub rename: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTableProtect {
    pub threshold: At<u64>,
    pub dominance: Option<Spanned<Vec<Spanned<RawDominance>>>>,
    pub p_percent: At<Scalar>,
    pub p_q: At<RawPQ>,
    pub holding: At<String>,
    pub holdings: At<u64>,
    pub group: List<String>,
    pub cost: At<String>,
    pub method: At<String>,
    pub seconds: At<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExport {
    pub to: At<String>,
    pub formats: List<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDestroy {
    pub when: At<String>,
    pub sources: At<bool>,
    pub root: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSender {
    pub key: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRecipient {
    pub name: At<String>,
    pub age: At<String>,
    pub key: At<String>,
    pub use_until: At<String>,
    pub use_for: At<String>,
    pub deliver: At<RawDelivery>,
    pub reinforced: At<bool>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDelivery {
    pub to: At<String>,
    pub identity: At<String>,
    pub host_key: At<String>,
    pub endpoint: At<String>,
    pub region: At<String>,
    pub credentials: At<String>,
}

/// A text, a number or true/false.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Text(String),
    Integer(i64),
    Number(f64),
    Boolean(bool),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Text(v) => f.write_str(v),
            Scalar::Integer(v) => v.fmt(f),
            Scalar::Number(v) => v.fmt(f),
            Scalar::Boolean(v) => v.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl Visitor<'_> for ScalarVisitor {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }
            fn visit_str<E>(self, v: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(v.to_owned()))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Scalar, E> {
                Ok(Scalar::Integer(v))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Scalar, E> {
                Ok(Scalar::Number(v))
            }
            fn visit_bool<E>(self, v: bool) -> Result<Scalar, E> {
                Ok(Scalar::Boolean(v))
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

/// `margins = true`, or the columns over which totals are shown.
pub(super) enum RawMargins {
    All(bool),
    Over(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for RawMargins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MarginsVisitor;
        impl<'de> Visitor<'de> for MarginsVisitor {
            type Value = RawMargins;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, or a list of columns of `by`")
            }
            fn visit_bool<E>(self, all: bool) -> Result<RawMargins, E> {
                Ok(RawMargins::All(all))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<RawMargins, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(RawMargins::Over)
            }
        }
        deserializer.deserialize_any(MarginsVisitor)
    }
}

/// `generalise = "month"` or `generalise = { to = "month" }`.
pub(super) enum RawGeneralise {
    Word(String),
    Form(Box<RawForm>),
}

impl<'de> Deserialize<'de> for RawGeneralise {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FormVisitor;
        impl<'de> Visitor<'de> for FormVisitor {
            type Value = RawGeneralise;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word, or a table such as { to = \"month\" }")
            }
            fn visit_str<E>(self, v: &str) -> Result<RawGeneralise, E> {
                Ok(RawGeneralise::Word(v.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawGeneralise, A::Error> {
                RawForm::deserialize(MapAccessDeserializer::new(map)).map(|form| RawGeneralise::Form(Box::new(form)))
            }
        }
        deserializer.deserialize_any(FormVisitor)
    }
}
