//! What the stages of a run share.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;

use super::cluster::Gathered;
use super::earlier::{Before, with_earlier_shapes};
use super::keys::RunKeys;
use super::watch::Watch;
use crate::config::{Linked, Pipeline};
use crate::vault::Budget;

/// What the stages share.
pub(super) struct Context<'a> {
    pub pipeline: &'a Pipeline,
    pub keys: &'a RunKeys,
    pub watch: &'a dyn Watch,
    pub budget: Arc<Budget>,
    pub buckets: usize,
    pub spill: PathBuf,
    /// Tables over the same records, as systems.
    pub linked: Vec<Linked>,
    /// The releases that tables are held against, where a ledger is kept.
    pub before: Option<&'a Before>,
    /// The day, where a release that is read may be past its last day of use.
    pub today: Option<NaiveDate>,
    /// Files that are not read, though the pipeline names them.
    pub left_out: HashSet<PathBuf>,
    /// What was counted on other machines.
    pub gathered: Option<&'a Gathered>,
}

impl<'a> Context<'a> {
    pub(super) fn new(pipeline: &'a Pipeline, keys: &'a RunKeys, watch: &'a dyn Watch, budget: Arc<Budget>) -> Self {
        let limits = &pipeline.limits;
        let spill = limits.spill.clone().unwrap_or_else(std::env::temp_dir);
        Self {
            pipeline,
            keys,
            watch,
            budget,
            buckets: limits.buckets_for(0),
            spill,
            linked: pipeline.linked(),
            before: None,
            today: None,
            left_out: HashSet::new(),
            gathered: None,
        }
    }

    /// The same for work that makes no table.
    pub(super) fn without_tables(&self) -> Self {
        let Self { pipeline, keys, watch, buckets, before, today, gathered, .. } = *self;
        let (budget, spill, left_out) = (Arc::clone(&self.budget), self.spill.clone(), self.left_out.clone());
        Self { pipeline, keys, watch, budget, buckets, spill, linked: Vec::new(), before, today, left_out, gathered }
    }

    /// The same, after earlier releases.
    pub(super) fn after(mut self, before: Option<&'a Before>) -> Self {
        let mut linked = std::mem::take(&mut self.linked);
        for (linked, before) in linked.iter_mut().flat_map(|linked| before.map(|before| (linked, before))) {
            with_earlier_shapes(&self, before, linked);
        }
        Self { linked, before, ..self }
    }
}
