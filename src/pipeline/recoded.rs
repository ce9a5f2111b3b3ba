//! Per-person outputs whose columns become coarser: classes are counted over all buckets, a generalisation is searched for among
//! them, and judged. Rows are touched once more, when they are written.

mod changed;
mod groups;
mod prepared;
mod ways;

use serde_json::{Value as Json, json};

use super::error::RunError;
use super::exposure::{Exposure, ProtectionCost, ProtectionSummary};
use super::output::Found;
use super::people::PersonsError;
use super::people::anonymise::{
    After, Beside, Judge, Judged, Plan, judged, judges, measured, plan as planned, rules_json,
};
use super::run::Context;
use crate::config::{Levels, Linkage, Local, Persons, Pipeline, Protection, Quasi};
use crate::protect::persons::histogram::Histogram;
use crate::protect::persons::{Lookup, PersonPlan};
use crate::release::INCLUSION_COLUMN;
use crate::schema::Role;
pub(super) use changed::Changed;
use prepared::Prepared;
use ways::Ways;

/// A plan, what a recipient is told of it, and what the sender is.
pub(super) struct Recoded {
    pub plan: PersonPlan,
    /// Levels, rules and evidence.
    pub told: Json,
    /// The same with the search, its costs and the risk before.
    pub report: Json,
    /// Risk and cost; `None` where nobody was drawn.
    pub summary: Option<ProtectionSummary>,
    /// Criteria of the evidence that are not met, in words.
    pub failed: Vec<String>,
    /// Values that were changed; `None` where all stay.
    pub changed: Option<Changed>,
}

/// What was found for an output.
pub(super) enum Sought {
    /// A plan.
    Found(Box<Recoded>),
    /// No generalisation meets the rules.
    Unreachable {
        /// The risk of the drawn records.
        before: Box<Exposure>,
        /// Whether the whole lattice was searched.
        proven: bool,
        /// The search once more, as if any number of records could be left out.
        without_limit: Json,
    },
}

/// Plans an output; `None` where it says no more than *k*.
///
/// # Errors
/// [`PersonsError`] where the rules or the thresholds of the evidence cannot be met.
pub(super) fn plan(ctx: &Context<'_>, found: &Found<'_>, index: usize) -> Result<Option<Recoded>, RunError> {
    match seek(ctx, found, index)? {
        None => Ok(None),
        Some(Sought::Found(recoded)) if recoded.failed.is_empty() => Ok(Some(*recoded)),
        Some(Sought::Found(recoded)) => Err(PersonsError::Evidence { failed: recoded.failed }.into()),
        Some(Sought::Unreachable { proven, .. }) => Err(PersonsError::Unreachable { proven }.into()),
    }
}

/// Searches for a plan, whether it may be used or not; `None` where the output says no more than *k*.
pub(super) fn seek(ctx: &Context<'_>, found: &Found<'_>, index: usize) -> Result<Option<Sought>, RunError> {
    let persons = &ctx.pipeline.persons[index];
    let Some(protection) = &persons.protection else { return Ok(None) };
    let protection = &drawn(found, with_inclusion(protection));
    let Some(prepared) = Prepared::read(ctx, found, persons, protection)? else {
        return Ok(Some(Sought::Found(Box::new(nothing(persons)))));
    };
    let judges = judges(protection, &prepared.ground)?;
    let plan = match planned(protection, &prepared.ground, &judges) {
        Err(PersonsError::Unreachable { proven }) => {
            let free = Protection { suppress: 1.0, ..protection.clone() };
            let without_limit = planned(&free, &prepared.ground, &judges).map_or(Json::Null, |found| found.told);
            let before = measured(protection, &prepared.ground, &prepared.ground.histogram)?;
            let before = Box::new(Exposure::of(&before));
            return Ok(Some(Sought::Unreachable { before, proven, without_limit }));
        }
        other => other?,
    };
    let ways = Ways::of(&prepared, persons, &plan);
    let leaving = leaving(&prepared, &judges, &plan, &ways)?;
    let population = leaving.population().map(|all| all.marginal(&prepared.ground.outside));
    let beside = population.as_ref().map(|population| Beside { to: prepared.to, both: &leaving, population });
    let mut outcome = judged(protection, &prepared.ground, &After { leaving: &leaving, beside })?;
    (outcome.before.groups, outcome.after.groups) =
        groups::measure(ctx, found, persons, (&prepared, &plan, &ways), &leaving)?;
    let cost = prepared.cost(persons, &plan);
    let (told, report) = documents((persons, protection), &prepared, &judges, &plan, (&outcome, &cost));
    let plan = prepared.plan(persons, &plan, ways, &leaving);
    let summary =
        ProtectionSummary { before: Exposure::of(&outcome.before), after: Some(Exposure::of(&outcome.after)), cost };
    let (failed, changed) = (outcome.failed, prepared.changed);
    Ok(Some(Sought::Found(Box::new(Recoded { plan, told, report, summary: Some(summary), failed, changed }))))
}

/// Nobody was drawn, and nothing leaves.
fn nothing(persons: &Persons) -> Recoded {
    let plan = PersonPlan::recoded(persons.k, Lookup::new(Vec::new()), Default::default(), 0, Vec::new());
    let told = json!({ "method": "nothing leaves" });
    let report = json!({ "name": persons.name, "method": "nothing leaves" });
    Recoded { plan, told, report, summary: None, failed: Vec::new(), changed: None }
}

/// Classes of what leaves, judged once more.
fn leaving(prepared: &Prepared, judges: &[Judge], plan: &Plan, ways: &Ways) -> Result<Histogram, RunError> {
    let shape = |fault| RunError::from(PersonsError::Shape(fault));
    let all = &prepared.ground.histogram;
    let kept = plan.fates.kept();
    let leaving = match &plan.levels {
        // The population is not ours to leave out.
        Some(levels) if prepared.has_population() => all.emptied(&kept).project(&prepared.ground.hierarchies, levels),
        Some(levels) => all.filter(&kept).project(&prepared.ground.hierarchies, levels),
        None => Ok(ways.histogram(prepared, plan)),
    };
    let leaving = leaving.map_err(shape)?;
    if leaving.classes().all_rows() == 0 {
        return Err(PersonsError::Unreachable { proven: true }.into());
    }
    // Values that may be any were counted by that convention when they were left out; what a population would become class by
    // class is written nowhere.
    let judged = judges.iter().filter(|judge| !plan.any && (plan.levels.is_some() || !judge.model.population()));
    for judge in judged {
        let part = leaving.marginal(&judge.columns);
        if (0..part.len()).any(|class| !judge.model.holds(&part.classes().class(class))) {
            let why =
                "counted afresh, what would leave does not meet a rule: groups of different levels may have one name";
            return Err(PersonsError::Rules(why.to_owned()).into());
        }
    }
    Ok(leaving)
}

/// What the recipient is told, and what the sender is.
fn documents(
    (persons, protection): (&Persons, &Protection),
    prepared: &Prepared,
    judges: &[Judge],
    plan: &Plan,
    (outcome, cost): (&Judged, &ProtectionCost),
) -> (Json, Json) {
    let names = &prepared.ground.names;
    let named = |levels: &Vec<usize>| -> Json {
        let all = names.iter().zip(levels).map(|(name, level)| (name.clone(), json!(level)));
        all.collect::<serde_json::Map<_, _>>().into()
    };
    let public = json!({
        "model": rules_json(&prepared.ground, judges),
        "k": persons.k.get(),
        "quasi_identifiers": persons.quasi_identifiers.iter().zip(names).map(|(_, name)| name).collect::<Vec<_>>(),
        "counted_over": "distinct persons",
        "method": "values of columns are grouped; records of classes that do not hold are left out",
        "local": protection.local.word(),
        "levels": plan.levels.as_ref().map(named),
        "missing_counts_as": matches!(protection.local, Local::Suppress { .. })
            .then_some(if plan.any { "any value" } else { "a value of its own" }),
        "population": prepared.has_population().then_some(prepared.to),
        "changes": protection.changes.iter().map(changed::told).collect::<Vec<_>>(),
        "risk": outcome.after.json(names),
        "evidence": outcome.evidence,
    });
    let report = json!({
        "name": persons.name,
        "rules": public["model"],
        "local": protection.local.word(),
        "plan": plan.told,
        "cost": cost.to_json(),
        "changes": prepared.changed.as_ref().map_or(&[][..], Changed::reports),
        "risk": { "before": outcome.before.json(names), "after": outcome.after.json(names) },
        "evidence": outcome.evidence,
    });
    (public, report)
}

/// What stands beside the data: the evidence, and whether it certifies that the output is anonymised: pseudonyms do not tie a person to
/// other releases, and each criterion of WP216 has a limit that is met. A limit for the smallest class bounds the share of
/// persons that can be linked as well; inference has one for every column that is sensitive by its role.
pub(super) fn attested(pipeline: &Pipeline, index: usize, told: &Json) -> Json {
    let persons = &pipeline.persons[index];
    let (linkage, apart) = match pipeline.subject.linkage {
        Linkage::None => ("none", true),
        Linkage::Release => ("release", true),
        Linkage::Longitudinal => ("longitudinal", false),
    };
    let certified = apart && told.get("evidence").is_some() && all_limited(pipeline, persons);
    let mut whole = json!({ "name": persons.name, "linkage": linkage, "certified": certified });
    if let (Some(whole), Some(told)) = (whole.as_object_mut(), told.as_object()) {
        whole.extend(told.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    whole
}

/// Whether every criterion has a limit, for every column that it is about.
fn all_limited(pipeline: &Pipeline, persons: &Persons) -> bool {
    let kept = &pipeline.datasets[persons.dataset].kept;
    let Some(protection) = &persons.protection else { return false };
    let health =
        |column: &&usize| kept[**column].role == Role::Sensitive && !persons.quasi_identifiers.contains(column);
    let mut health = persons.columns.iter().filter(health).peekable();
    let limited = health.peek().is_none() || protection.evidence.advantage.is_some();
    protection.evidence.smallest.is_some() && limited && health.all(|column| persons.sensitive.contains(column))
}

/// The share of the population that was drawn is that of the frame, unless another one is named.
fn drawn(found: &Found<'_>, mut protection: Protection) -> Protection {
    let (drawn, frame) = (found.summary.drawn, found.sampled.frame);
    if protection.risk.fraction.is_none() && (1..frame).contains(&drawn) {
        protection.risk.fraction = Some(drawn as f64 / frame as f64);
    }
    protection
}

/// A weight that few persons have tells them apart as any quasi-identifier does, and cannot become coarser.
fn with_inclusion(protection: &Protection) -> Protection {
    let mut whole = protection.clone();
    let at = whole.quasi.len();
    // It has nothing to lose, but some column has to count.
    let weight = if at == 0 { 1.0 } else { 0.0 };
    whole.quasi.push(Quasi { column: INCLUSION_COLUMN.to_owned(), levels: Levels::Same, weight, level: 0 });
    // Nothing is known of the weights of a population; what compares with one is asked beside k-anonymity, which counts them.
    whole.rules.iter_mut().filter(|rule| !rule.model.compares()).for_each(|rule| rule.columns.push(at));
    whole
}
