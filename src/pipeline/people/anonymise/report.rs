//! What was done, what it cost, what risk is left, and the evidence for the three criteria.

use serde_json::{Value as Json, json};

use super::plan::Plan;
use super::read::Prepared;
use super::release::{Leaving, beside_population};
use super::rules::{self, Judge};
use crate::config::{Anonymise, Local};
use crate::pipeline::people::error::PersonsError;
use crate::pipeline::people::measure::{Measured, Wanted};
use crate::protect::persons::evidence::{
    Failed, Inference, Linkability, SinglingOut, Thresholds, failed, inference, linkability, singling_out,
};

/// The report, and what of it decides.
pub(super) struct Told {
    pub json: Json,
    pub before: Measured,
    pub after: Measured,
    /// Criteria that are not met, in words.
    pub failed: Vec<String>,
}

/// Evidence for the criteria of WP216.
struct Evidence {
    singling: SinglingOut,
    /// To what, and how far, persons can be linked.
    link: (&'static str, Linkability),
    inferences: Vec<Inference>,
}

pub(super) fn report(
    spec: &Anonymise,
    prepared: &Prepared,
    judges: &[Judge],
    plan: &Plan,
    leaving: &Leaving,
) -> Result<Told, PersonsError> {
    let classes = prepared.histogram.classes();
    let references = (0..spec.sensitive.len()).map(|column| classes.reference(column)).collect();
    let order = |at: usize| (spec.sensitive[at].column.clone(), rules::order(spec, prepared, at));
    let wanted = Wanted {
        threshold: spec.threshold,
        sensitive: (0..spec.sensitive.len()).map(order).collect(),
        references: Some(references),
        ..Wanted::default()
    };
    let before = Measured::of(&prepared.histogram, &wanted)?;
    let beside = match &plan.levels {
        Some(levels) => beside_population(prepared, levels, &leaving.kept)?,
        None => None,
    };
    let after = Measured::of(beside.as_ref().map_or(&leaving.histogram, |(both, _)| both), &wanted)?;
    let link = match &beside {
        Some((both, population)) => ("population", linkability(both, population)),
        None => ("input", linkability(&leaving.histogram, &leaving.histogram)),
    };
    let nobody = || PersonsError::Rules("nobody is left to be measured".to_owned());
    let found = Evidence {
        singling: singling_out(leaving.histogram.classes(), spec.threshold),
        link: (link.0, link.1.ok_or_else(nobody)?),
        inferences: (0..spec.sensitive.len())
            .filter_map(|column| inference(leaving.histogram.classes(), column))
            .collect(),
    };
    let failed = judged(spec, &found);
    let quasi: Vec<String> = spec.quasi.iter().map(|quasi| quasi.column.clone()).collect();
    let left_out = leaving.kept.iter().filter(|kept| !**kept).count();
    let json = json!({
        "records": leaving.kept.len(),
        "records_left_out": left_out,
        "rules": judges.iter().map(|judge| rule(spec, judge)).collect::<Vec<_>>(),
        "local": match spec.local { Local::Global => "none", Local::Recode => "recode", Local::Suppress { .. } => "suppress" },
        "plan": plan.told,
        "granularity": granularity(&quasi, leaving),
        "changes": prepared.changes,
        "risk": { "before": before.json(&quasi), "after": after.json(&quasi) },
        "evidence": evidence(spec, &found, &failed),
    });
    Ok(Told { json, before, after, failed })
}

fn rule(spec: &Anonymise, judge: &Judge) -> Json {
    let columns: Vec<&str> = judge.columns.iter().map(|&at| spec.quasi[at].column.as_str()).collect();
    json!({ "rule": judge.model.name(), "columns": columns })
}

fn granularity(quasi: &[String], leaving: &Leaving) -> Json {
    let columns = quasi.iter().zip(&leaving.granularity).map(|(name, lost)| (name.clone(), json!(lost)));
    let mean = leaving.granularity.iter().sum::<f64>() / leaving.granularity.len().max(1) as f64;
    json!({ "columns": columns.collect::<serde_json::Map<_, _>>(), "mean": mean })
}

fn judged(spec: &Anonymise, found: &Evidence) -> Vec<String> {
    let limits = Thresholds {
        smallest: spec.evidence.smallest,
        linkable: spec.evidence.linkable,
        advantage: spec.evidence.advantage,
    };
    let word = |failed: &Failed| match failed {
        Failed::SinglingOut => "singling out".to_owned(),
        Failed::Linkability => "linkability".to_owned(),
        Failed::Inference { column } => match spec.sensitive.get(*column) {
            Some(sensitive) => format!("inference of `{}`", sensitive.column),
            None => "inference".to_owned(),
        },
    };
    let all = failed(&limits, Some(&found.singling), std::slice::from_ref(&found.link.1), &found.inferences);
    all.iter().map(word).collect()
}

fn evidence(spec: &Anonymise, found: &Evidence, failed: &[String]) -> Json {
    let (to, link) = &found.link;
    let inferences = spec.sensitive.iter().zip(&found.inferences).map(|(sensitive, found)| {
        let told = json!({
            "base": found.base,
            "informed": found.informed,
            "advantage": found.advantage,
            "share_certain": found.certain,
        });
        (sensitive.column.clone(), told)
    });
    json!({
        "singling_out": {
            "persons": found.singling.persons,
            "uniques": found.singling.uniques,
            "smallest_class": found.singling.smallest,
            "share_under_threshold": found.singling.below,
        },
        "linkability": {
            "to": to,
            "expected_share": link.expected,
            "share_one_to_one": link.unique,
            "share_with_candidates": link.candidates,
        },
        "inference": inferences.collect::<serde_json::Map<_, _>>(),
        "thresholds": {
            "smallest": spec.evidence.smallest,
            "linkable": spec.evidence.linkable,
            "advantage": spec.evidence.advantage,
        },
        "failed": failed,
    })
}
