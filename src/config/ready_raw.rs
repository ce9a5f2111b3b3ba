//! The file of tables to protect as it is written: every key optional and with its place, nothing judged yet.

use std::fmt;

use crate::config::spanned::Spanned;
use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::perturb::raw::RawPerturb;
use super::raw::{At, List, RawMargins, Scalar};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawReadyTables {
    pub objective: At<String>,
    pub safety_range: At<Scalar>,
    pub method: At<String>,
    pub seconds: At<u64>,
    pub hierarchy: At<RawHierarchies>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawReadyTable {
    pub name: At<String>,
    pub file: At<String>,
    pub form: At<String>,
    pub by: List<String>,
    pub total: At<String>,
    pub value: At<String>,
    pub measure: At<String>,
    pub margins: At<RawMargins>,
    pub contributors: At<String>,
    pub cells_per_contributor: At<u64>,
    pub largest: List<String>,
    pub decision: At<String>,
    pub cost: At<String>,
    pub contributor: At<String>,
    pub holding: At<String>,
    pub weight: At<String>,
    pub protect: At<RawReadyProtect>,
    pub perturb: At<RawPerturb>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawReadyProtect {
    pub threshold: At<u64>,
    pub holdings: At<u64>,
    pub dominance: Option<Spanned<Vec<Spanned<RawDominance>>>>,
    pub p_percent: At<Scalar>,
    pub p_q: At<RawPQ>,
    pub zeros: At<String>,
    pub group: List<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDominance {
    pub n: At<u64>,
    pub k: At<Scalar>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPQ {
    pub p: At<Scalar>,
    pub q: At<Scalar>,
}

/// `hierarchy = false`, or columns from the finest to the coarsest.
pub(super) enum RawHierarchies {
    Any(bool),
    These(Vec<Spanned<Vec<Spanned<String>>>>),
}

impl<'de> Deserialize<'de> for RawHierarchies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HierarchiesVisitor;
        impl<'de> Visitor<'de> for HierarchiesVisitor {
            type Value = RawHierarchies;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("false, or a list of lists of columns")
            }
            fn visit_bool<E>(self, any: bool) -> Result<RawHierarchies, E> {
                Ok(RawHierarchies::Any(any))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<RawHierarchies, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(RawHierarchies::These)
            }
        }
        deserializer.deserialize_any(HierarchiesVisitor)
    }
}
