//! What becomes of each class.

use serde_json::{Value as Json, json};

use super::fates::{Fate, Fates};
use super::ground::Ground;
use super::rules::{self, Judge};
use crate::config::{Local, Protection, RuleModel};
use crate::pipeline::people::error::PersonsError;
use crate::protect::persons::histogram::{Histogram, Keyed};
use crate::protect::persons::local::{Convention, Suppressed, recode, suppress, verify_suppressed};
use crate::protect::persons::loss::LossSpec;
use crate::protect::persons::models::Model;
use crate::protect::persons::search::{
    Effort, Found, Lattice, Proof, QuasiSet, SearchFault, Solution, Task, best, kept,
};

/// Largest lattice that is searched whole where the file asks for it: about 2 GB of memory.
const MOST_NODES: u128 = 1 << 24;
/// Most passes of local recoding.
const PASSES: usize = 100;
/// A pass of local recoding lets at least one record in so many go.
const SHARE: u64 = 1_000;

/// What becomes of each class of the data.
pub(in crate::pipeline) struct Plan {
    /// Per class, what its records become.
    pub fates: Fates,
    /// The levels of all records, where they are the same.
    pub levels: Option<Vec<usize>>,
    /// Whether values that are left out count as any value.
    pub any: bool,
    /// For the report.
    pub told: Json,
}

/// Finds the plan.
///
/// # Errors
/// [`PersonsError::Unreachable`] where the rules cannot be met; [`PersonsError::Rules`] where rules and data do not go together.
pub(in crate::pipeline) fn plan(
    protection: &Protection,
    ground: &Ground,
    judges: &[Judge],
) -> Result<Plan, PersonsError> {
    if let Some(plan) = locally(protection, ground, judges)? {
        return Ok(plan);
    }
    let Searched { chosen, kept, told } = search(protection, ground, judges)?;
    let fates = Fates::same(&chosen.levels, &kept);
    Ok(Plan { fates, levels: Some(chosen.levels), any: false, told })
}

/// Finds a plan that differs from class to class; `None` where one generalisation is asked for.
fn locally(protection: &Protection, ground: &Ground, judges: &[Judge]) -> Result<Option<Plan>, PersonsError> {
    match protection.local {
        Local::Global => Ok(None),
        Local::Suppress { any } => single_values(protection, ground, any).map(Some),
        Local::Recode => {
            let loss = rules::loss(protection)?;
            let (task, effort) = (task(protection, ground, judges, &loss), effort(protection, ground)?);
            let found = best(&task, effort).map_err(fault)?;
            let unreachable = PersonsError::Unreachable { proven: found.proof == Proof::Optimal };
            let mut told = search_json(ground, &found);
            let recoded = recode(&task, effort, PASSES, SHARE).map_err(fault)?.ok_or(unreachable)?;
            let pass =
                |(levels, records): &(Vec<usize>, u64)| json!({ "levels": named(ground, levels), "records": records });
            told["passes"] = recoded.passes.iter().map(pass).collect();
            let fate = |levels: &Option<Vec<usize>>| Some(levels.as_ref()?.iter().copied().map(Some).collect());
            let fates: Vec<Option<Fate>> = recoded.levels.iter().map(fate).collect();
            Ok(Some(Plan { fates: Fates::each(&fates), levels: None, any: false, told }))
        }
    }
}

/// One generalisation for all records.
struct Searched {
    /// The best.
    chosen: Solution,
    /// Per class of the data, whether its records leave.
    kept: Vec<bool>,
    /// The search, what it chose, and the runner-up.
    told: Json,
}

/// Searches for the generalisation with the least loss.
fn search(protection: &Protection, ground: &Ground, judges: &[Judge]) -> Result<Searched, PersonsError> {
    let loss = rules::loss(protection)?;
    let task = task(protection, ground, judges, &loss);
    let found = best(&task, effort(protection, ground)?).map_err(fault)?;
    let unreachable = || PersonsError::Unreachable { proven: found.proof == Proof::Optimal };
    let told = search_json(ground, &found);
    let chosen = found.solutions.first().cloned().ok_or_else(unreachable)?;
    let kept = kept(&task, &chosen.levels).map_err(fault)?.ok_or_else(unreachable)?;
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

/// Leaves out single values, the least important first, at the levels that the file fixes. A column without a weight is never
/// left out: its values divide the records into parts, each of which is protected by itself.
fn single_values(protection: &Protection, ground: &Ground, any: bool) -> Result<Plan, PersonsError> {
    let k = protection.rules.iter().find_map(|rule| match rule.model {
        RuleModel::KAnonymity { k } => Some(k),
        _ => None,
    });
    let k = k.ok_or_else(|| PersonsError::Rules("single values are left out for k-anonymity".to_owned()))?;
    let levels: Vec<usize> = protection.quasi.iter().map(|quasi| quasi.level).collect();
    let expected = "a level that the column has; 0 is the value itself";
    if levels.iter().zip(&ground.hierarchies).any(|(&level, tree)| level >= tree.levels()) {
        return Err(PersonsError::Parameter { name: "level", expected });
    }
    let (mut columns, mut fixed) = (Vec::new(), Vec::new());
    for (at, quasi) in protection.quasi.iter().enumerate() {
        if quasi.weight > 0.0 { columns.push(at) } else { fixed.push(at) }
    }
    let convention = if any { Convention::Any } else { Convention::Own };
    let importance: Vec<f64> = columns.iter().map(|&at| protection.quasi[at].weight).collect();
    let mut done = Parts {
        levels: &levels,
        columns: &columns,
        fates: vec![None; ground.histogram.len()],
        counts: vec![0; columns.len()],
        records: 0,
    };
    for part in parts(ground, &fixed) {
        let some = ground.histogram.filter(&part);
        let base = some.project(&ground.hierarchies, &levels)?.marginal(&columns);
        let found = suppress(&base, k, &importance, convention);
        let found = found.map_err(|fault| PersonsError::Rules(fault.to_string()))?;
        if !verify_suppressed(&base, &found, k, convention) {
            let why = "persons with records in several classes are not counted with values that may be any: write missing = \"own\"";
            return Err(PersonsError::Rules(why.to_owned()));
        }
        done.add(ground, &part, (&base, &found));
    }
    let names = columns.iter().map(|&at| ground.names[at].clone());
    let counts = names.zip(&done.counts).map(|(name, count)| (name, json!(count)));
    let told = json!({
        "levels": named(ground, &levels),
        "values_left_out": counts.collect::<serde_json::Map<_, _>>(),
        "records_left_out": done.records,
        "missing_counts_as": if any { "any value" } else { "a value of its own" },
    });
    Ok(Plan { fates: Fates::each(&done.fates), levels: None, any, told })
}

/// The classes with records, divided by their values in some columns.
fn parts(ground: &Ground, columns: &[usize]) -> Vec<Vec<bool>> {
    let histogram = &ground.histogram;
    let mut parts: std::collections::BTreeMap<Vec<u32>, Vec<bool>> = std::collections::BTreeMap::new();
    for class in (0..histogram.len()).filter(|&class| histogram.classes().rows()[class] > 0) {
        let key = columns.iter().map(|&at| histogram.column(at)[class]).collect();
        parts.entry(key).or_insert_with(|| vec![false; histogram.len()])[class] = true;
    }
    parts.into_values().collect()
}

/// What became of the parts of the data.
struct Parts<'p> {
    levels: &'p [usize],
    columns: &'p [usize],
    fates: Vec<Option<Fate>>,
    /// Per column of `columns`, values left out.
    counts: Vec<u64>,
    records: u64,
}

impl Parts<'_> {
    /// Takes over what was found for the classes of a part at their levels.
    fn add(&mut self, ground: &Ground, part: &[bool], (base, found): (&Histogram, &Suppressed)) {
        let place = Keyed::of(base);
        let lifted = |class: usize| -> Option<Vec<u32>> {
            let group = |&at: &usize| {
                let map = ground.hierarchies[at].map(self.levels[at])?;
                map.get(ground.histogram.column(at)[class] as usize).copied()
            };
            self.columns.iter().map(group).collect()
        };
        for class in (0..part.len()).filter(|&class| part[class]) {
            let Some(at) = lifted(class).and_then(|key| place.get(&key)) else { continue };
            let at = at as usize;
            if found.removed[at] {
                continue;
            }
            let mut fate: Fate = self.levels.iter().copied().map(Some).collect();
            for (&column, &out) in self.columns.iter().zip(&found.values[at]) {
                if out {
                    fate[column] = None;
                }
            }
            self.fates[class] = Some(fate);
        }
        self.records += found.records;
        self.counts.iter_mut().zip(&found.counts).for_each(|(all, count)| *all += count);
    }
}
