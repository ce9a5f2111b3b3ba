//! What a run tells of its sample and protection: to the recipient in the manifest, to the sender in the dossier.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::frame::{strata_columns, unit_of};
use super::passes::Sampled;
use crate::config::{Linkage, Pipeline, Rate, Recipient, Sample, SampleSize, SampleUnit, Threshold};
use crate::export::Manifest;
use crate::release::BridgeRelease;
use crate::seal::{Challenge, ManifestParts};
use crate::sieve::{Cell, Codebook};

/// What the recipient is told: the rule of the sample, not the sizes of its strata, which would be margins.
///
/// `epoch` is that of lasting pseudonyms.
pub(super) fn manifest(pipeline: &Pipeline, created: DateTime<Utc>, epoch: Option<&str>) -> Manifest {
    Manifest {
        name: pipeline.name.clone(),
        id: None,
        created,
        legal_basis: pipeline.legal_basis.clone(),
        purpose: pipeline.purpose.clone(),
        policy: pipeline.policy.clone(),
        pipeline_digest: pipeline.digest.clone(),
        sample: design(pipeline),
        protection: protection(pipeline, epoch),
        challenge: None,
    }
}

/// What is known of a release when it is sealed.
pub(super) struct Made<'a> {
    pub run: &'a str,
    pub at: DateTime<Utc>,
    /// Epoch of lasting pseudonyms.
    pub epoch: Option<&'a str>,
    /// Scope and counts of the search for what was stripped.
    pub scan: &'a Value,
    /// Where the log stood.
    pub checkpoint: &'a str,
}

/// Whether a resource of the release goes to a recipient.
pub(super) fn goes_to(pipeline: &Pipeline, resource: &str, recipient: &Recipient) -> bool {
    let is_theirs =
        |at: Option<usize>| at.and_then(|at| pipeline.recipients.get(at)).is_some_and(|r| r.name == recipient.name);
    pipeline
        .persons
        .iter()
        .any(|p| is_theirs(p.recipient) && (p.name == resource || BridgeRelease::name_of(p) == resource))
        || pipeline.aggregates.iter().any(|a| is_theirs(a.recipient) && a.name == resource)
}

/// What is signed for a recipient.
pub(super) fn parts(pipeline: &Pipeline, made: &Made<'_>, challenge: Challenge) -> ManifestParts {
    ManifestParts {
        run: made.run.to_owned(),
        pipeline: pipeline.name.clone(),
        pipeline_digest: pipeline.digest.clone(),
        made: made.at,
        legal_basis: pipeline.legal_basis.clone(),
        purpose: pipeline.purpose.clone(),
        policy: pipeline.policy.clone(),
        sample: design(pipeline),
        protection: protection(pipeline, made.epoch),
        scan: made.scan.clone(),
        pseudonyms: pipeline.subject.linkage != Linkage::None,
        audit_checkpoint: made.checkpoint.to_owned(),
        challenge,
    }
}

fn protection(pipeline: &Pipeline, epoch: Option<&str>) -> Value {
    json!({
            "direct_identifiers": "dropped",
            "linkage": match pipeline.subject.linkage {
                Linkage::None => "none",
                Linkage::Release => "within each file, under a key drawn for the run and destroyed",
                Linkage::Longitudinal => {
                    "within each file and with the file of the same name in every release of the epoch to this recipient, \
                     under a key that the sender keeps; not with other files, recipients or epochs"
                }
            },
            "epoch": epoch,
            "pseudonyms": match pipeline.subject.linkage {
                Linkage::None => None,
                Linkage::Release | Linkage::Longitudinal => Some("HMAC-SHA-256, 128 bits"),
            },
            "persons_threshold": pipeline.persons.iter().map(|p| p.k.get()).min(),
            "cells_threshold": pipeline.aggregates.iter().map(|a| a.threshold.get()).min(),
    })
}

/// What the sender keeps: the sizes of every stratum. Strata under the threshold of the outputs are told together, so that no
/// document names the few persons in them.
pub(super) fn sample_report(pipeline: &Pipeline, sampled: &Sampled, drawn: u64, codebook: &Codebook) -> Value {
    let strata: &[String] = match &pipeline.sample {
        Some(Sample::Stratified { strata, .. }) => strata,
        _ => &[],
    };
    let columns = strata_columns(pipeline, 0);
    let value = |(column, key): (&usize, &u64)| match codebook.cell(0, *column, *key) {
        Cell::Missing => Value::Null,
        Cell::Text(text) => json!(text),
        Cell::Integer(i) => json!(i),
        Cell::Number(x) => json!(x),
    };
    let report = sampled.plan.report();
    let least = least_persons(pipeline);
    let (named, small): (Vec<_>, Vec<_>) = report.iter().partition(|line| line.frame >= least);
    let lines: Vec<Value> = named
        .iter()
        .map(|line| {
            let stratum: Vec<Value> = columns.iter().zip(line.stratum.iter()).map(value).collect();
            json!({ "stratum": stratum, "frame": line.frame, "drawn": line.drawn })
        })
        .collect();
    json!({
        "design": design(pipeline),
        "strata_columns": strata,
        "frame": sampled.frame,
        "drawn": drawn,
        "persons_with_several_strata": sampled.conflicts,
        "strata": lines,
        "strata_under_threshold": {
            "threshold": least,
            "strata": small.len(),
            "frame": small.iter().map(|line| line.frame).sum::<u64>(),
            "drawn": small.iter().map(|line| line.drawn).sum::<u64>(),
        },
    })
}

/// The smallest number of persons that any output may show.
fn least_persons(pipeline: &Pipeline) -> u64 {
    let thresholds = pipeline.persons.iter().map(|p| p.k).chain(pipeline.aggregates.iter().map(|a| a.threshold));
    thresholds.max().unwrap_or(Threshold::DEFAULT).get()
}

/// The word for what is drawn.
pub(super) fn unit_word(pipeline: &Pipeline) -> &'static str {
    match unit_of(pipeline) {
        SampleUnit::Person => "person",
        SampleUnit::Record => "record",
    }
}

/// The rule of the sample (R07), without sizes of strata.
fn design(pipeline: &Pipeline) -> Value {
    let rate = |r: &Rate| format!("{}/{}", r.numerator(), r.denominator());
    match &pipeline.sample {
        None => json!({ "design": "everyone" }),
        Some(Sample::Bernoulli { rate: r, .. }) => {
            json!({ "design": "bernoulli", "rate": rate(r), "unit": unit_word(pipeline), "algorithm": "hmac-sha256-prn/1" })
        }
        Some(Sample::Stratified { strata, size, at_least, .. }) => json!({
            "design": "stratified without replacement",
            "strata": strata,
            "rate": match size { SampleSize::Rate(r) => Some(rate(r)), SampleSize::Size(_) => None },
            "size": match size { SampleSize::Size(n) => Some(*n), SampleSize::Rate(_) => None },
            "at_least": at_least,
            "unit": unit_word(pipeline),
            "algorithm": "hmac-sha256-prn/1",
        }),
    }
}
