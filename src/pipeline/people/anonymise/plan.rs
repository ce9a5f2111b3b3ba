//! What becomes of each class.

use serde_json::{Value as Json, json};

use super::ground::Ground;
use super::read::{Prepared, slices};
use super::rules::{self, Judge};
use crate::config::{Anonymise, Local, Protection, RuleModel};
use crate::pipeline::people::count::{self, Codes};
use crate::pipeline::people::error::PersonsError;
use crate::protect::persons::histogram::Histogram;
use crate::protect::persons::local::{Convention, recode, suppress, verify_suppressed};
use crate::protect::persons::loss::LossSpec;
use crate::protect::persons::models::Model;
use crate::protect::persons::search::{
    Applied, Effort, Found, Lattice, Proof, QuasiSet, SearchFault, Solution, Task, apply, best,
};

/// Largest lattice that is searched whole where the file asks for it: about 2 GB of memory.
const MOST_NODES: u128 = 1 << 24;
/// Most passes of local recoding.
const PASSES: usize = 100;
/// A pass of local recoding lets at least one record in so many go.
const SHARE: u64 = 1_000;

/// What becomes of each class of a histogram.
pub(super) struct Plan {
    /// Where the classes are not those of the data: theirs, and the codes of each record in them.
    pub base: Option<Base>,
    /// Per class, what its records become: per column a level, or `None` for a value that is left out; nothing at all where they
    /// are left out.
    pub fates: Vec<Option<Vec<Option<usize>>>>,
    /// The levels of all records, where they are the same.
    pub levels: Option<Vec<usize>>,
    /// Whether values that are left out count as any value.
    pub any: bool,
    /// For the report.
    pub told: Json,
}

/// Classes at fixed levels.
pub(super) struct Base {
    pub histogram: Histogram,
    /// Per column, record by record, groups of its level.
    pub codes: Vec<Vec<u32>>,
    pub levels: Vec<usize>,
}

/// Finds the plan.
pub(super) fn plan(spec: &Anonymise, prepared: &Prepared, judges: &[Judge]) -> Result<Plan, PersonsError> {
    if let Local::Suppress { any } = spec.protection.local {
        return single_values(spec, prepared, any);
    }
    let ground = &prepared.ground;
    if spec.protection.local == Local::Recode {
        let loss = rules::loss(&spec.protection)?;
        let (task, effort) = (task(&spec.protection, ground, judges, &loss), effort(&spec.protection, ground)?);
        let found = best(&task, effort).map_err(fault)?;
        let unreachable = PersonsError::Unreachable { proven: found.proof == Proof::Optimal };
        let mut told = search_json(ground, &found);
        let recoded = recode(&task, effort, PASSES, SHARE).map_err(fault)?.ok_or(unreachable)?;
        let pass =
            |(levels, records): &(Vec<usize>, u64)| json!({ "levels": named(ground, levels), "records": records });
        told["passes"] = recoded.passes.iter().map(pass).collect();
        let fate = |levels: &Option<Vec<usize>>| Some(levels.as_ref()?.iter().copied().map(Some).collect());
        let fates = recoded.levels.iter().map(fate).collect();
        return Ok(Plan { base: None, fates, levels: None, any: false, told });
    }
    let Searched { chosen, kept, told } = search(&spec.protection, ground, judges)?;
    let levels: Vec<Option<usize>> = chosen.levels.iter().copied().map(Some).collect();
    let fates = kept.iter().map(|kept| kept.then(|| levels.clone())).collect();
    Ok(Plan { base: None, fates, levels: Some(chosen.levels), any: false, told })
}

/// One generalisation for all records.
pub(in crate::pipeline) struct Searched {
    /// The best.
    pub chosen: Solution,
    /// Per class of the data, whether its records leave.
    pub kept: Vec<bool>,
    /// The search, what it chose, and the runner-up.
    pub told: Json,
}

/// Searches for the generalisation with the least loss.
pub(in crate::pipeline) fn search(
    protection: &Protection,
    ground: &Ground,
    judges: &[Judge],
) -> Result<Searched, PersonsError> {
    let loss = rules::loss(protection)?;
    let task = task(protection, ground, judges, &loss);
    let found = best(&task, effort(protection, ground)?).map_err(fault)?;
    let unreachable = || PersonsError::Unreachable { proven: found.proof == Proof::Optimal };
    let told = search_json(ground, &found);
    let chosen = found.solutions.first().cloned().ok_or_else(unreachable)?;
    let Applied { kept, .. } = apply(&task, &chosen.levels).map_err(fault)?.ok_or_else(unreachable)?;
    Ok(Searched { chosen, kept, told })
}

fn fault(fault: SearchFault) -> PersonsError {
    PersonsError::Rules(fault.to_string())
}

fn task<'t>(protection: &Protection, ground: &'t Ground, judges: &'t [Judge], loss: &'t LossSpec) -> Task<'t> {
    let limit = (protection.suppress * ground.histogram.classes().all_rows() as f64).floor() as u64;
    Task { histogram: &ground.histogram, hierarchies: &ground.hierarchies, sets: sets(judges), limit, loss }
}

/// Rules for the same columns belong together.
fn sets(judges: &[Judge]) -> Vec<QuasiSet<'_>> {
    let mut sets: Vec<QuasiSet<'_>> = Vec::new();
    for judge in judges {
        let mut columns = judge.columns.clone();
        columns.sort_unstable();
        let model: &dyn Model = &*judge.model;
        match sets.iter_mut().find(|set| set.columns == columns) {
            Some(set) => set.models.push(model),
            None => sets.push(QuasiSet { columns, models: vec![model] }),
        }
    }
    sets
}

fn effort(protection: &Protection, ground: &Ground) -> Result<Effort, PersonsError> {
    let usual = Effort::default();
    let nodes = match protection.search.whole {
        None => usual.nodes,
        Some(false) => 0,
        Some(true) if Lattice::of(&ground.hierarchies).nodes() <= MOST_NODES => MOST_NODES as u64,
        Some(true) => {
            let why = "there are more than 16,777,216 generalisations: give columns fewer levels, or write method = \"bounded\"";
            return Err(PersonsError::Rules(why.to_owned()));
        }
    };
    Ok(Effort { keep: 2, nodes, checks: protection.search.checks })
}

/// Levels by the names of the columns.
fn named(ground: &Ground, levels: &[usize]) -> Json {
    let all = ground.names.iter().zip(levels).map(|(name, level)| (name.clone(), json!(level)));
    all.collect::<serde_json::Map<_, _>>().into()
}

fn solution(ground: &Ground, found: &Solution) -> Json {
    let columns = ground.names.iter().zip(&found.loss.columns).map(|(name, loss)| (name.clone(), json!(loss)));
    json!({
        "levels": named(ground, &found.levels),
        "loss": { "total": found.loss.total, "columns": columns.collect::<serde_json::Map<_, _>>() },
        "records_left_out": found.suppressed,
        "classes": found.classes,
        "smallest_class": found.smallest,
    })
}

fn search_json(ground: &Ground, found: &Found) -> Json {
    let proof = match found.proof {
        Proof::Optimal => json!("optimal"),
        Proof::AtLeast(bound) => json!({ "no_unseen_loss_below": bound }),
    };
    let mut told = json!({ "generalisations": found.nodes.to_string(), "counted": found.checks, "proof": proof });
    told["chosen"] = found.solutions.first().map_or(Json::Null, |one| solution(ground, one));
    told["runner_up"] = match found.solutions.as_slice() {
        [first, second, ..] => {
            let mut told = solution(ground, second);
            told["more_loss"] = json!(second.loss.total - first.loss.total);
            told
        }
        _ => Json::Null,
    };
    told
}

/// Leaves out single values, the least important first, at the levels that the file fixes.
fn single_values(spec: &Anonymise, prepared: &Prepared, any: bool) -> Result<Plan, PersonsError> {
    let k = spec.protection.rules.iter().find_map(|rule| match rule.model {
        RuleModel::KAnonymity { k } => Some(k),
        _ => None,
    });
    let k = k.ok_or_else(|| PersonsError::Rules("single values are left out for k-anonymity".to_owned()))?;
    let base = base(spec, prepared)?;
    let importance: Vec<f64> = spec.protection.quasi.iter().map(|quasi| quasi.weight).collect();
    let convention = if any { Convention::Any } else { Convention::Own };
    let done = suppress(&base.histogram, k, &importance, convention);
    let done = done.map_err(|fault| PersonsError::Rules(fault.to_string()))?;
    if !verify_suppressed(&base.histogram, &done, k, convention) {
        let why = "persons with records in several classes are not counted with values that may be any: write missing = \"own\"";
        return Err(PersonsError::Rules(why.to_owned()));
    }
    let level = |(level, out): (&usize, &bool)| (!out).then_some(*level);
    let fate =
        |(removed, out): (&bool, &Vec<bool>)| (!removed).then(|| base.levels.iter().zip(out).map(level).collect());
    let fates = done.removed.iter().zip(&done.values).map(fate).collect();
    let counts =
        spec.protection.quasi.iter().zip(&done.counts).map(|(quasi, count)| (quasi.column.clone(), json!(count)));
    let told = json!({
        "levels": named(&prepared.ground, &base.levels),
        "values_left_out": counts.collect::<serde_json::Map<_, _>>(),
        "records_left_out": done.records,
        "missing_counts_as": if any { "any value" } else { "a value of its own" },
    });
    Ok(Plan { base: Some(base), fates, levels: None, any, told })
}

fn base(spec: &Anonymise, prepared: &Prepared) -> Result<Base, PersonsError> {
    let levels: Vec<usize> = spec.protection.quasi.iter().map(|quasi| quasi.level).collect();
    let mut codes = Vec::with_capacity(levels.len());
    for ((tree, &level), column) in prepared.ground.hierarchies.iter().zip(&levels).zip(&prepared.quasi) {
        let expected = "a level that the column has; 0 is the value itself";
        let map = tree.map(level).ok_or(PersonsError::Parameter { name: "level", expected })?;
        codes.push(column.iter().map(|&code| map[code as usize]).collect());
    }
    let keys = slices(&codes);
    let all = Codes { quasi: &keys, sensitive: &[], weights: &[] };
    let histogram = count::histogram(&prepared.people, all, None, |_| true)?;
    Ok(Base { histogram, codes, levels })
}
