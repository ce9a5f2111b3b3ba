//! What was done, what it cost, and what risk is left.

use serde_json::{Value as Json, json};

use super::evidence::{After, Beside, Judged, judged, rules_json};
use super::plan::Plan;
use super::read::{Prepared, slices};
use super::release::{Leaving, beside_population};
use super::rules::Judge;
use crate::config::Anonymise;
use crate::pipeline::people::error::PersonsError;
use crate::pipeline::people::groups::groups;

/// The report, with what decides.
pub(super) fn report(
    spec: &Anonymise,
    prepared: &Prepared,
    judges: &[Judge],
    plan: &Plan,
    leaving: &Leaving,
) -> Result<(Json, Judged), PersonsError> {
    let beside = match &plan.levels {
        Some(levels) => beside_population(prepared, levels, &leaving.kept)?,
        None => None,
    };
    let beside = beside.as_ref().map(|(both, population)| Beside { to: "population", both, population });
    let after = After { leaving: &leaving.histogram, beside };
    let mut found = judged(&spec.protection, &prepared.ground, &after)?;
    if let Some(group) = spec.protection.risk.group.as_deref().and_then(|name| prepared.table.column(name)) {
        let (table, people) = (&prepared.table, &prepared.people);
        let before = (&prepared.ground.histogram, &slices(&prepared.quasi)[..]);
        found.before.groups = groups(table, group, people, before, |_| true)?;
        let written: Vec<&[u32]> = leaving.written.iter().map(|column| column.codes.as_slice()).collect();
        let after = (&leaving.histogram, &written[..]);
        found.after.groups = groups(table, group, people, after, |record| leaving.kept[record])?;
    }
    let quasi = &prepared.ground.names;
    let left_out = leaving.kept.iter().filter(|kept| !**kept).count();
    let json = json!({
        "records": leaving.kept.len(),
        "records_left_out": left_out,
        "rules": rules_json(&prepared.ground, judges),
        "local": spec.protection.local.word(),
        "plan": plan.told,
        "granularity": granularity(quasi, leaving),
        "changes": prepared.changes,
        "risk": { "before": found.before.json(quasi), "after": found.after.json(quasi) },
        "evidence": found.evidence,
    });
    Ok((json, found))
}

fn granularity(quasi: &[String], leaving: &Leaving) -> Json {
    let columns = quasi.iter().zip(&leaving.granularity).map(|(name, lost)| (name.clone(), json!(lost)));
    let mean = leaving.granularity.iter().sum::<f64>() / leaving.granularity.len().max(1) as f64;
    json!({ "columns": columns.collect::<serde_json::Map<_, _>>(), "mean": mean })
}
