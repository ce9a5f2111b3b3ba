//! Risk before and after, and the evidence for the three criteria of WP216, from classes alone.

use serde_json::{Value as Json, json};

use super::ground::Ground;
use super::rules::Judge;
use crate::config::Protection;
use crate::pipeline::people::error::PersonsError;
use crate::pipeline::people::measure::{Measured, Wanted, special};
use crate::protect::persons::evidence::{
    Failed, Inference, Linkability, SinglingOut, Thresholds, failed, inference, linkability, singling_out,
};
use crate::protect::persons::histogram::Histogram;

/// What leaves, as classes.
pub(in crate::pipeline) struct After<'a> {
    /// Classes of what leaves.
    pub leaving: &'a Histogram,
    /// The population, where one is known.
    pub beside: Option<Beside<'a>>,
}

/// What leaves, beside the population.
#[derive(Clone, Copy)]
pub(in crate::pipeline) struct Beside<'a> {
    /// What it is called.
    pub to: &'static str,
    /// Classes of what leaves, with the population at the same levels.
    pub both: &'a Histogram,
    /// That population alone, by the columns that are known of it.
    pub population: &'a Histogram,
}

/// What decides whether it may.
pub(in crate::pipeline) struct Judged {
    pub before: Measured,
    pub after: Measured,
    /// The evidence with its thresholds.
    pub evidence: Json,
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

/// Measures before and after.
///
/// # Errors
/// [`PersonsError::Rules`] where nobody is left.
pub(in crate::pipeline) fn judged(
    protection: &Protection,
    ground: &Ground,
    after: &After<'_>,
) -> Result<Judged, PersonsError> {
    let before = measured(protection, ground, &ground.histogram)?;
    let leaving = after.leaving.classes();
    let after_all = measured(protection, ground, after.beside.map_or(after.leaving, |beside| beside.both))?;
    let link = match after.beside {
        Some(Beside { to, both, population }) => (to, linkability(&both.marginal(&ground.outside), population)),
        None => ("input", linkability(after.leaving, after.leaving)),
    };
    let nobody = || PersonsError::Rules("nobody is left to be measured".to_owned());
    let found = Evidence {
        singling: singling_out(leaving, protection.threshold),
        link: (link.0, link.1.ok_or_else(nobody)?),
        inferences: (0..ground.sensitive.len()).filter_map(|column| inference(leaving, column)).collect(),
    };
    let failed = unmet(protection, &found);
    let evidence = told(protection, &found, &failed);
    Ok(Judged { before, after: after_all, evidence, failed })
}

/// Measures classes, whose values are held against those of the ground.
///
/// # Errors
/// [`PersonsError::Rules`] where nobody is there.
pub(in crate::pipeline) fn measured(
    protection: &Protection,
    ground: &Ground,
    histogram: &Histogram,
) -> Result<Measured, PersonsError> {
    let classes = ground.histogram.classes();
    // Whoever is left out is no longer in the data, and still in the population.
    let share = histogram.classes().all_persons() as f64 / classes.all_persons().max(1) as f64;
    let wanted = Wanted {
        threshold: protection.threshold,
        fraction: protection.risk.fraction.map(|fraction| fraction * share),
        suda: None,
        sensitive: ground.sensitive.iter().map(|column| (column.name.clone(), column.order.clone())).collect(),
        references: Some((0..ground.sensitive.len()).map(|column| classes.reference(column)).collect()),
    };
    let mut found = Measured::of(histogram, &wanted)?;
    if let Some(largest) = protection.risk.suda {
        // An inclusion probability that all records share is no column that could single anybody out.
        let shared = |column: &[u32]| column.windows(2).all(|codes| codes[0] == codes[1]);
        let mut own = (ground.outside.len()..histogram.width()).map(|at| histogram.column(at));
        let outside = own.all(shared).then(|| histogram.marginal(&ground.outside));
        found.special = Some(special(outside.as_ref().unwrap_or(histogram), largest, wanted.fraction)?);
    }
    if histogram.classes().population().is_some() && ground.outside.len() < histogram.width() {
        // Of the population fewer columns are known.
        let known = Measured::of(&histogram.marginal(&ground.outside), &wanted)?;
        (found.journalist, found.marketer) = (known.journalist, known.marketer);
    }
    Ok(found)
}

/// The rules by the names of the literature, with their columns.
pub(in crate::pipeline) fn rules_json(ground: &Ground, judges: &[Judge]) -> Json {
    let rule = |judge: &Judge| {
        let columns: Vec<&str> = judge.columns.iter().map(|&at| ground.names[at].as_str()).collect();
        json!({ "rule": judge.model.name(), "columns": columns })
    };
    judges.iter().map(rule).collect()
}

fn unmet(protection: &Protection, found: &Evidence) -> Vec<String> {
    let limits = Thresholds {
        smallest: protection.evidence.smallest,
        linkable: protection.evidence.linkable,
        advantage: protection.evidence.advantage,
    };
    let word = |failed: &Failed| match failed {
        Failed::SinglingOut => "singling out".to_owned(),
        Failed::Linkability => "linkability".to_owned(),
        Failed::Inference { column } => match protection.sensitive.get(*column) {
            Some(sensitive) => format!("inference of `{}`", sensitive.column),
            None => "inference".to_owned(),
        },
    };
    let all = failed(&limits, Some(&found.singling), std::slice::from_ref(&found.link.1), &found.inferences);
    all.iter().map(word).collect()
}

fn told(protection: &Protection, found: &Evidence, failed: &[String]) -> Json {
    let (to, link) = &found.link;
    let inferences = protection.sensitive.iter().zip(&found.inferences).map(|(sensitive, found)| {
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
            "smallest": protection.evidence.smallest,
            "linkable": protection.evidence.linkable,
            "advantage": protection.evidence.advantage,
        },
        "failed": failed,
    })
}
