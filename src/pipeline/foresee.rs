//! `tamis plan --with-data`: what protection would do to the per-person outputs of a pipeline, measured on its records. Everything
//! up to the plans of a run, and nothing behind it: no release, no log, no ledger, no budget, and the vault is destroyed.

use serde_json::{Value as Json, json};

use super::drawing;
use super::error::RunError;
use super::exposure::{self, Exposure, Plain, ProtectionSummary};
use super::frame::Frame;
use super::intake::{Intake, intake};
use super::keys::RunKeys;
use super::output::{Found, plain};
use super::passes;
use super::recoded::{self, Sought};
use super::run::Context;
use super::samples::within;
use super::summary::SourceSummary;
use super::watch::Watch;
use super::{documents, perturbed};
use crate::config::{Persons, Pipeline};
use crate::keys::{EpochChoice, MasterKey};
use crate::protect::persons::{PersonPlan, plan};

/// What would become of the per-person outputs of a pipeline.
#[derive(Debug, Clone)]
pub struct Foreseen {
    /// What was read.
    pub sources: Vec<SourceSummary>,
    /// Units (persons or records) in the frame of the sample.
    pub frame: u64,
    /// Units drawn.
    pub drawn: u64,
    /// Whether units are persons.
    pub unit: &'static str,
    /// Whether the run would draw the same units: everybody is drawn, or the key of the draw is kept.
    pub same_draw: bool,
    /// The outputs, in the order of the pipeline.
    pub outputs: Vec<ForeseenOutput>,
}

/// What would become of one output.
#[derive(Debug, Clone)]
pub struct ForeseenOutput {
    /// Its name.
    pub name: String,
    /// Records of drawn units.
    pub sampled: u64,
    /// Risk of the drawn records; `None` where nobody was drawn.
    pub before: Option<Exposure>,
    /// Risk of what would leave, and the cost; `None` where the rules cannot be met.
    pub protection: Option<ProtectionSummary>,
    /// What the sender's dossier would say: the search, the chosen levels, the runner-up, rules, evidence.
    pub report: Json,
    /// Why a run would end with 4, in words; empty where it would not.
    pub unmet: Vec<String>,
}

/// The keys of a pipeline that keeps them: of lasting pseudonyms, their epoch, and of a draw that can be repeated. It has no
/// `Debug`: it holds keys.
#[derive(Default)]
pub struct ForeseeKeys {
    /// Kept root key, where pseudonyms last.
    pub key: Option<MasterKey>,
    /// Epoch of lasting pseudonyms, from the ledger of `key`.
    pub epoch: Option<EpochChoice>,
    /// Kept key behind a draw that can be repeated, where pseudonyms do not last.
    pub draw_key: Option<MasterKey>,
}

impl Foreseen {
    /// 4 where an output could not be released, else 3 where records were left out as wrong, else 0.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let rejected = self.sources.iter().any(|source| source.rejected > 0);
        match self.outputs.iter().any(|output| !output.unmet.is_empty()) {
            true => 4,
            false if rejected => 3,
            false => 0,
        }
    }

    /// All of it as JSON.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({
            "sample": { "unit": self.unit, "frame": self.frame, "drawn": self.drawn, "same_in_a_run": self.same_draw },
            "persons": self.outputs.iter().map(ForeseenOutput::to_json).collect::<Json>(),
        })
    }
}

impl ForeseenOutput {
    fn to_json(&self) -> Json {
        let cost = self.protection.as_ref().map(|protection| protection.cost.to_json());
        let after = self.protection.as_ref().and_then(|protection| protection.after.as_ref());
        json!({
            "name": self.name,
            "sampled": self.sampled,
            "exposure": { "before": self.before.as_ref().map(Exposure::to_json), "after": after.map(Exposure::to_json) },
            "cost": cost,
            "report": self.report,
            "unmet": self.unmet,
        })
    }
}

/// Reads the input, draws the sample, counts the classes, searches, and measures. Nothing is written but the working store, which
/// is destroyed.
///
/// # Errors
/// As a run fails before anything is planned; rules and thresholds that cannot be met are no error here.
pub fn foresee(
    pipeline: &Pipeline,
    keys: ForeseeKeys,
    threads: Option<usize>,
    watch: &dyn Watch,
) -> Result<Foreseen, RunError> {
    perturbed::ready(pipeline)?;
    let same_draw = pipeline.sample.is_none() || keys.draw_key.is_some() || keys.key.is_some();
    let keys = RunKeys::new(pipeline, keys.key, keys.epoch, keys.draw_key)?;
    within(pipeline, &keys, threads, watch, |ctx| look(&ctx.without_tables(), same_draw))
}

fn look(ctx: &Context<'_>, same_draw: bool) -> Result<Foreseen, RunError> {
    let Intake { vault, codebook, sources, .. } = intake(ctx)?;
    let frame = Frame::new(ctx, &codebook, &vault);
    let sampled = drawing::sample(ctx, &vault, &frame, &mut |_, _| Ok(()))?;
    let summary = passes::summarise(ctx, &vault, &codebook, &frame, &sampled)?;
    let found = Found { vault: &vault, codebook: &codebook, frame: &frame, sampled: &sampled, summary: &summary };
    let persons = &ctx.pipeline.persons;
    let plans: Vec<PersonPlan> =
        persons.iter().zip(&summary.classes).map(|(persons, classes)| plan(classes, persons.k)).collect();
    let plain: Vec<Plain<'_>> = plain(ctx, &found, &plans).into_iter().flatten().collect();
    let mut plain = exposure::measure(ctx, &found, &plain)?.into_iter();
    let mut outputs = Vec::with_capacity(persons.len());
    for (index, persons) in persons.iter().enumerate() {
        let records = summary.sampled[index];
        outputs.push(match recoded::seek(ctx, &found, index)? {
            Some(sought) => coarser(persons, records, sought),
            None => {
                let protection = plain.next().ok_or(RunError::Bug("an output was not planned"))?;
                let report = exposure::report(persons, protection.as_ref());
                let before = protection.as_ref().map(|protection| protection.before);
                let name = persons.name.clone();
                ForeseenOutput { name, sampled: records, before, protection, report, unmet: Vec::new() }
            }
        });
    }
    let (drawn, unit) = (summary.drawn, documents::unit_word(ctx.pipeline));
    Ok(Foreseen { sources, frame: sampled.frame, drawn, unit, same_draw, outputs })
}

/// What was sought for an output whose columns may become coarser.
fn coarser(persons: &Persons, sampled: u64, sought: Sought) -> ForeseenOutput {
    let name = persons.name.clone();
    match sought {
        Sought::Found(recoded) => {
            let before = recoded.summary.as_ref().map(|summary| summary.before);
            let unmet = recoded.failed.into_iter().map(|criterion| format!("evidence: {criterion}")).collect();
            ForeseenOutput { name, sampled, before, protection: recoded.summary, report: recoded.report, unmet }
        }
        Sought::Unreachable { before, proven, without_limit } => {
            let report = json!({ "name": name, "proven": proven, "without_limit_of_suppression": without_limit });
            let unmet = vec!["rules".to_owned()];
            ForeseenOutput { name, sampled, before: Some(*before), protection: None, report, unmet }
        }
    }
}
