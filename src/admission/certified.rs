//! The evidence that an output is anonymised (opinion 05/2014, WP216), judged again from its numbers: the word `certified` alone is not
//! believed.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::EVIDENCE;
use super::error::AdmissionError;
use crate::config::{EvidenceLimits, Source, SourceRelease};
use crate::schema::Role;

/// What is needed of `data/anonymisation.json`. It has more: levels, rules, risk.
#[derive(Deserialize)]
struct Attested {
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
struct Output {
    name: String,
    linkage: String,
    certified: bool,
    #[serde(default)]
    quasi_identifiers: Vec<String>,
    evidence: Option<Evidence>,
}

#[derive(Deserialize)]
struct Evidence {
    singling_out: SinglingOut,
    linkability: Linkability,
    inference: BTreeMap<String, Inference>,
    thresholds: Thresholds,
    failed: Vec<String>,
}

#[derive(Deserialize)]
struct SinglingOut {
    persons: u64,
    smallest_class: u64,
}

#[derive(Deserialize)]
struct Linkability {
    expected_share: f64,
}

#[derive(Deserialize)]
struct Inference {
    advantage: f64,
}

#[derive(Deserialize)]
struct Thresholds {
    smallest: Option<u64>,
    linkable: Option<f64>,
    advantage: Option<f64>,
}

const LASTING: &str = "its pseudonyms last, so that a person can be tied to other releases; a pseudonymised release is not an anonymised one";
const NOT_SAID: &str = "its maker does not certify it";
const NO_LIMIT: &str = "no limit was set for its smallest class, or for what can be inferred of health";
const HAS_FAILED: &str = "a criterion was not met as it was made";
const NOBODY: &str = "nobody is in it";
const NOT_ABOUT: &str = "its evidence is not about every quasi-identifier and every sensitive column of the schema";

/// Judges the evidence about the output that is read. `evidence` is empty where the release has none.
pub(super) fn judge(
    folder: &Path,
    evidence: &[u8],
    release: &SourceRelease,
    source: &Source,
) -> Result<(), AdmissionError> {
    let (to, name) = (|| folder.to_path_buf(), || release.output.clone());
    if evidence.is_empty() {
        return Err(AdmissionError::NoEvidence { folder: to(), output: name() });
    }
    let unread = |_| AdmissionError::Document { path: folder.join(EVIDENCE) };
    let attested: Attested = serde_json::from_slice(evidence).map_err(unread)?;
    let mut about = attested.outputs.iter().filter(|output| output.name == release.output);
    let (Some(output), None) = (about.next(), about.next()) else {
        return Err(AdmissionError::NoEvidence { folder: to(), output: name() });
    };
    let found = match &output.evidence {
        Some(found) => found,
        None => return Err(AdmissionError::NoEvidence { folder: to(), output: name() }),
    };
    let refused = |why| Err(AdmissionError::NotCertified { folder: to(), output: name(), why });
    let health = columns(source, Role::Sensitive).filter(|column| !output.quasi_identifiers.contains(column));
    let health: Vec<&String> = health.collect();
    let complete = columns(source, Role::QuasiIdentifier).all(|column| output.quasi_identifiers.contains(column))
        && health.iter().all(|column| found.inference.contains_key(*column));
    let limited = found.thresholds.smallest.is_some() && (health.is_empty() || found.thresholds.advantage.is_some());
    let reasons = [
        (!matches!(output.linkage.as_str(), "none" | "release"), LASTING),
        (!output.certified, NOT_SAID),
        (!found.failed.is_empty(), HAS_FAILED),
        (found.singling_out.persons == 0, NOBODY),
        (!complete, NOT_ABOUT),
        (!limited, NO_LIMIT),
    ];
    if let Some((_, why)) = reasons.into_iter().find(|(bad, _)| *bad) {
        return refused(why);
    }
    let Thresholds { smallest, linkable, advantage } = found.thresholds;
    let own = EvidenceLimits { smallest, linkable, advantage };
    for (limits, limit) in [(own, "the limits of its maker"), (release.evidence, "the limits of this pipeline")] {
        if let Some(what) = unmet(&limits, found) {
            return Err(AdmissionError::Evidence { folder: to(), output: name(), limit, what });
        }
    }
    Ok(())
}

fn columns(source: &Source, role: Role) -> impl Iterator<Item = &String> {
    source.schema.fields.iter().filter(move |field| field.role == Some(role)).map(|field| &field.name)
}

/// The first criterion that does not meet a limit, in words. A number that is none meets nothing.
fn unmet(limits: &EvidenceLimits, found: &Evidence) -> Option<String> {
    if limits.smallest.is_some_and(|least| found.singling_out.smallest_class < least) {
        return Some("singling out".to_owned());
    }
    let within = |share: f64, most: Option<f64>| most.is_none_or(|most| share <= most);
    if !within(found.linkability.expected_share, limits.linkable) {
        return Some("linkability".to_owned());
    }
    let guessed = found.inference.iter().find(|(_, inference)| !within(inference.advantage, limits.advantage));
    if let Some((column, _)) = guessed {
        return Some(format!("inference of `{column}`"));
    }
    // What is asked for but was not measured is not met.
    (limits.advantage.is_some() && found.inference.is_empty()).then(|| "inference".to_owned())
}
