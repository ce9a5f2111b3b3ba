//! What a run tells of its sample and protection: to the recipient in the manifest, to the sender in the dossier.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::admitted::Release;
use super::drawing::Sampled;
use super::frame::{strata_columns, unit_of};
use crate::config::{Linkage, Pipeline, Recipient, SampleUnit, Threshold};
use crate::export::Manifest;
use crate::release::BridgeRelease;
use crate::sample::{ALGORITHM, StratumReport};
use crate::seal::{Challenge, ManifestParts, ReleaseParts};
use crate::sieve::{Cell, Codebook};

/// What the recipient is told. `sample` is that of [`drawn`], `epoch` that of lasting pseudonyms.
pub(super) fn manifest(
    pipeline: &Pipeline,
    created: DateTime<Utc>,
    (sample, releases): (&Value, &[Release]),
    epoch: Option<&str>,
) -> Manifest {
    Manifest {
        name: pipeline.name.clone(),
        id: None,
        created,
        legal_basis: pipeline.legal_basis.clone(),
        purpose: pipeline.purpose.clone(),
        policy: pipeline.policy.clone(),
        pipeline_digest: pipeline.digest.clone(),
        sample: sample.clone(),
        protection: protection(pipeline, epoch, releases),
        challenge: None,
    }
}

/// What is known of a release when it is sealed.
pub(super) struct Made<'a> {
    pub run: &'a str,
    pub at: DateTime<Utc>,
    /// Epoch of lasting pseudonyms.
    pub epoch: Option<&'a str>,
    /// What was drawn.
    pub sample: &'a Value,
    /// Releases that were read.
    pub releases: &'a [Release],
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
        release: release(pipeline, made.run, made.at),
        sample: made.sample.clone(),
        protection: protection(pipeline, made.epoch, made.releases),
        scan: made.scan.clone(),
        pseudonyms: pipeline.subject.linkage != Linkage::None,
        audit_checkpoint: made.checkpoint.to_owned(),
        challenge,
    }
}

/// What is said of a release wherever it is signed.
pub(super) fn release(pipeline: &Pipeline, run: &str, made: DateTime<Utc>) -> ReleaseParts {
    ReleaseParts {
        run: run.to_owned(),
        pipeline: pipeline.name.clone(),
        pipeline_digest: pipeline.digest.clone(),
        made,
        legal_basis: pipeline.legal_basis.clone(),
        purpose: pipeline.purpose.clone(),
        policy: pipeline.policy.clone(),
    }
}

fn protection(pipeline: &Pipeline, epoch: Option<&str>, releases: &[Release]) -> Value {
    let mut all = json!({
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
            "cells_threshold": pipeline.aggregates.iter().filter(|a| a.perturb.is_none()).map(|a| a.threshold.get()).min(),
    });
    if let (Some(fields), false) = (all.as_object_mut(), releases.is_empty()) {
        fields.insert("source_releases".to_owned(), releases.iter().map(Release::to_json).collect());
    }
    all
}

/// What the sender keeps: the sizes of every stratum, and what a replay needs. Strata under the threshold of the outputs are
/// told together, so that no document names the few persons in them.
pub(super) fn sample_report(
    pipeline: &Pipeline,
    sampled: &Sampled,
    drawn: u64,
    digest: &[u8; 32],
    codebook: &Codebook,
) -> Value {
    let strata = pipeline.sample.as_ref().map(|sample| sample.strata.as_slice()).unwrap_or_default();
    let Strata { lines, small } = Strata::of(pipeline, sampled, codebook, true);
    let commitment = sampled.commitment.as_ref();
    json!({
        "design": design(pipeline),
        "pipeline_sha256": pipeline.digest,
        "strata_columns": strata,
        "frame": sampled.frame,
        "drawn": drawn,
        "frame_sha256": commitment.map(|c| hex(&c.frame)),
        "commitment": commitment.map(|c| hex(&c.key)),
        "nonce": commitment.map(|c| hex(&c.nonce)),
        "sample_sha256": commitment.map(|_| hex(digest)),
        "persons_with_several_strata": sampled.faults.conflicts,
        "units_without_stratum": sampled.faults.missing,
        "units_left_out_of_the_frame": sampled.faults.excluded,
        "strata_beyond_disclosure_limits": sampled.telling,
        "overlap": overlap(sampled),
        "strata": lines,
        "strata_under_threshold": {
            "threshold": least_persons(pipeline),
            "strata": small.len(),
            "frame": small.iter().map(|line| line.frame).sum::<u64>(),
            "drawn": small.iter().map(|line| line.drawn).sum::<u64>(),
        },
    })
}

/// Units of a panel that the campaign before would have drawn too, of this frame.
pub(super) fn overlap(sampled: &Sampled) -> Option<u64> {
    sampled.plan.report().iter().map(|line| line.overlap).sum()
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
    let Some(sample) = &pipeline.sample else { return json!({ "design": "everyone" }) };
    let mut all = sample.to_json();
    if let Some(fields) = all.as_object_mut() {
        fields.insert("algorithm".to_owned(), json!(ALGORITHM));
    }
    all
}

/// What was drawn, for recipients: sizes of strata that are large enough, and digests that a replay is held against.
pub(super) fn drawn(pipeline: &Pipeline, sampled: &Sampled, digest: &[u8; 32], codebook: &Codebook) -> Value {
    let mut all = design(pipeline);
    let (Some(fields), Some(commitment)) = (all.as_object_mut(), &sampled.commitment) else { return all };
    let Strata { lines, small } = Strata::of(pipeline, sampled, codebook, false);
    fields.insert("frame_sha256".to_owned(), json!(hex(&commitment.frame)));
    fields.insert("commitment".to_owned(), json!(hex(&commitment.key)));
    fields.insert("sample_sha256".to_owned(), json!(hex(digest)));
    fields.insert("strata_sizes".to_owned(), lines);
    fields.insert("strata_under_threshold".to_owned(), json!(small.len()));
    all
}

/// The strata of a sample: those that may be named, one by one, and the others.
struct Strata {
    lines: Value,
    small: Vec<StratumReport>,
}

impl Strata {
    /// With the thresholds of the numbers, for the sender alone.
    fn of(pipeline: &Pipeline, sampled: &Sampled, codebook: &Codebook, thresholds: bool) -> Self {
        let columns = strata_columns(pipeline, 0);
        let value = |(column, key): (&usize, &u64)| match codebook.cell(0, *column, *key) {
            Cell::Missing => Value::Null,
            Cell::Text(text) => json!(text),
            Cell::Integer(i) => json!(i),
            Cell::Number(x) => json!(x),
        };
        let least = least_persons(pipeline);
        let (named, small): (Vec<_>, Vec<_>) = sampled.plan.report().into_iter().partition(|line| line.frame >= least);
        let line = |line: &StratumReport| {
            let stratum: Vec<Value> = columns.iter().zip(line.stratum.iter()).map(value).collect();
            let mut told = json!({ "stratum": stratum, "frame": line.frame, "drawn": line.drawn });
            if let (Some(fields), true) = (told.as_object_mut(), thresholds) {
                fields.extend(line.overlap.map(|units| ("overlap".to_owned(), json!(units))));
                fields.extend(line.threshold.map(|u| ("threshold".to_owned(), json!(format!("{u:016x}")))));
                let balance = sampled.balances.iter().find(|(stratum, _)| *stratum == line.stratum);
                fields.extend(balance.map(|(_, all)| ("imbalance".to_owned(), json!(all))));
            }
            told
        };
        Self { lines: named.iter().map(line).collect(), small }
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
