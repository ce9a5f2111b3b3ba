//! Protects tables that were made elsewhere: rules, elimination, audit.
//!
//! What a status tells is held against its cell as well. In a table that counts contributors, a cell under the threshold is told
//! to have 1…*t*−1 and any other *t* at least; where no suppression protects all cells from somebody who uses that, no status
//! tells its reason. The same where zeros are unsafe: a reason that only a zero can have would be its number.

use serde_json::Value as Json;

use super::decimal::float;
use super::everybody;
use super::group::{Group, linked};
use super::judge::rules_error;
use super::noted::Noted;
use super::perturb::{Finished, Keys, Prepared};
use super::report;
use crate::config::{ChosenBy, Decision, Objective, ReadyMeasure, ReadyTables};
use crate::ledger::Tables;
use crate::pipeline::earlier::Before;
use crate::pipeline::error::RunError;
use crate::pipeline::perturbed::spend;
use crate::pipeline::summary::EarlierSummary;
use crate::protect::tables::rules::{Primary, RuleName, SafetyRange, Signs, Verdict, percent};
use crate::protect::tables::{self, Ahead, RATHER, ReadyCell, ReadyRole, Suppressed, leaned, suppress_ready};

/// The dearest cell of tables without costs of their own; preferences are powers above and below.
const DEAREST: f64 = 4_294_967_296.0;
/// Protected tables, as they are to be written, or what stands in the way.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadyProtected {
    /// Name and content of each table.
    pub tables: Vec<ReadyFile>,
    /// For the sender alone: it holds what was suppressed.
    pub report: Json,
    /// Cells that cannot be protected, by the names of their columns and their codes; empty where the tables may be written.
    pub unprotected: Vec<Vec<(String, String)>>,
    /// What earlier releases made of the tables, where a ledger is kept. Where some of it is unprotected nothing may be written.
    pub earlier: Option<EarlierSummary>,
}

impl ReadyProtected {
    /// Whether the tables may be written.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.unprotected.is_empty() && self.earlier.as_ref().is_none_or(|earlier| earlier.unprotected == 0)
    }
}

/// A protected table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyFile {
    /// Its name.
    pub name: String,
    /// Its content as CSV (RFC 4180).
    pub csv: String,
    /// Its cells.
    pub cells: usize,
    /// Those suppressed by the rules.
    pub primary: usize,
    /// Those suppressed to protect others.
    pub secondary: usize,
    /// Whether its counts were changed, in place of suppressing cells.
    pub perturbed: bool,
}

/// What becomes of the cells of linked tables.
pub(super) struct Outcome {
    /// Why each cell is unsafe; `None` where it is safe, or published by decision.
    pub primary: Vec<Option<Primary>>,
    /// Rules that are broken by cells published by decision.
    pub forced: Vec<Option<Primary>>,
    pub done: Suppressed,
    /// What is demanded of each unsafe cell.
    pub demanded: Vec<Option<(f64, f64)>>,
    /// Whether statuses tell why a cell is suppressed.
    pub reasons: bool,
}

/// Protects the tables of a file, after earlier releases where a ledger is kept; with what the ledger is to say of them. Nothing is written.
///
/// # Errors
/// A table that cannot be read, or contradicts itself or another.
pub(super) fn protect_ready(
    spec: &ReadyTables,
    before: Option<&Before>,
) -> Result<(ReadyProtected, Vec<Tables>), RunError> {
    let mut tables: Vec<Option<ReadyFile>> = vec![None; spec.tables.len()];
    let (mut systems, mut unprotected) = (Vec::new(), Vec::new());
    let (mut prepared, mut keys) = (Vec::new(), Keys::default());
    let (mut recorded, mut earlier) = (Vec::new(), before.map(Before::summary));
    for numbers in linked(spec) {
        let perturb = numbers.first().and_then(|number| spec.tables[*number].perturb.as_ref());
        let group = Group::read(spec, numbers, before)?;
        if let Some(perturb) = perturb {
            keys.load(perturb)?;
            prepared.push(Prepared::new(group, perturb, (&keys, before))?);
            continue;
        }
        let noted = before.map(|before| Noted::new(&group, before)).transpose()?;
        let outcome = decide(spec, &group, noted.as_ref())?;
        unprotected.extend(outcome.done.unprotected.iter().map(|cell| report::place(&group, *cell)));
        for (at, number) in group.numbers.iter().enumerate() {
            tables[*number] = Some(report::file(&group, &outcome, at));
        }
        let mut report = report::system(&group, &outcome, noted.as_ref());
        if let Some(noted) = noted {
            let of_system = noted.summary(&group, &outcome);
            report["earlier_releases"] = of_system.to_json();
            earlier.iter_mut().for_each(|earlier| earlier.add(&of_system));
            recorded.push(noted.settle(&group, &outcome));
        }
        systems.push(report);
    }
    let safe = unprotected.is_empty() && earlier.as_ref().is_none_or(|earlier| earlier.unprotected == 0);
    // Nothing is spent where nothing will be written.
    if safe {
        // Whatever else can be refused is, before anything is paid.
        let change = |system: &Prepared<'_>| if system.is_noise() { Ok(None) } else { system.change(&keys).map(Some) };
        let changed = prepared.iter().map(change).collect::<Result<Vec<_>, RunError>>()?;
        let bills = prepared.iter().map(|system| system.bill(&keys)).collect::<Result<Vec<_>, _>>()?;
        let mut ledgers = spend(&bills.into_iter().flatten().collect::<Vec<_>>())?.into_iter();
        for (system, changed) in prepared.into_iter().zip(changed) {
            let ledger = if system.is_noise() { ledgers.next() } else { None };
            let changed = changed.map_or_else(|| system.change(&keys), Ok)?;
            let Finished { files, report, entry } = system.finish(changed, ledger)?;
            files.into_iter().for_each(|(number, file)| tables[number] = Some(file));
            systems.push(report);
            recorded.extend(entry);
        }
    }
    let tables: Vec<ReadyFile> = tables.into_iter().flatten().collect();
    Ok((ReadyProtected { report: report::whole(spec, systems), tables, unprotected, earlier }, recorded))
}

fn decide(spec: &ReadyTables, group: &Group<'_>, noted: Option<&Noted<'_>>) -> Result<Outcome, RunError> {
    let cells = group.values.len();
    let (mut primary, mut forced) = (vec![None; cells], vec![None; cells]);
    let mut roles = vec![ReadyRole::Free; cells];
    let everybody = everybody::told(group)?;
    for cell in 0..cells {
        let mut structural = group.decisions[cell] == Decision::Impossible;
        for judge in &group.judges {
            match judge.verdict(cell).map_err(rules_error)? {
                None | Some(Verdict::Safe) => {}
                Some(Verdict::Structural) => structural = true,
                Some(Verdict::Forced(broken)) => forced[cell] = join(forced[cell], broken),
                Some(Verdict::Unsafe(found)) => primary[cell] = join(primary[cell], Some(found)),
            }
        }
        let shown = group.tied.row[cell].is_some();
        primary[cell] = join(primary[cell], everybody[cell]);
        let own = primary[cell].map(|found| demanded(group, cell, found));
        let since = noted.map(|noted| since(spec, group, (noted, cell))).transpose()?.flatten();
        roles[cell] = match join_demands(own, since) {
            _ if structural || group.decisions[cell] == Decision::Publish => ReadyRole::Published,
            Some((low, high)) => ReadyRole::Unsafe(low, high),
            None if shown && noted.is_some_and(|noted| noted.is_withheld(cell)) => ReadyRole::Withheld,
            None if shown => ReadyRole::Free,
            None => ReadyRole::Tie,
        };
    }
    let costs = costs(spec, group, &roles);
    let told = told(group, &primary, &roles);
    let method = match spec.method {
        ChosenBy::Elimination => tables::Method::Elimination,
        ChosenBy::Modular => tables::Method::Modular(&group.tied.refined),
        ChosenBy::Optimal { seconds } => tables::Method::Optimal(seconds),
    };
    let run = |roles: &[ReadyRole], bounds: &[(f64, f64)]| -> Result<Suppressed, RunError> {
        let number = |cell: usize| ReadyCell {
            value: float(group.values[cell]),
            role: roles[cell],
            cost: costs[cell],
            singleton: group.singletons[cell],
            bounds: noted.map_or(bounds[cell], |noted| noted.within(group, cell, bounds[cell])),
        };
        let all: Vec<ReadyCell> = (0..cells).map(number).collect();
        let together = |line: u32, of: &[u32]| {
            let unsafe_together = |judge| super::judge::Judge::together(judge, &group.judges, line, of);
            group.judges.iter().map(unsafe_together).try_fold(false, |any, one| Ok(any || one?))
        };
        let none = Ahead::default();
        let ahead = noted.map_or(&none, Noted::ahead);
        Ok(suppress_ready(&group.tied.system, &all, (method, ahead), together)?)
    };
    let silent = silent(group);
    let zeros = group.tables.iter().any(|table| table.rules.zeros);
    let either = |roles: &[ReadyRole]| -> Result<(Suppressed, bool), RunError> {
        let (done, reasons) = (run(roles, told.as_deref().filter(|_| !zeros).unwrap_or(&silent))?, !zeros);
        let again = reasons && told.is_some() && !done.unprotected.is_empty();
        if again { Ok((run(roles, &silent)?, false)) } else { Ok((done, reasons)) }
    };
    // To suppress what was published before and has not changed hides it from those only who do not take it to be as it was.
    let known = |cell: usize| noted.is_some_and(|noted| noted.is_known(cell));
    let fixed = |(cell, role): (usize, &ReadyRole)| match role {
        ReadyRole::Free | ReadyRole::Tie if known(cell) => ReadyRole::Published,
        role => *role,
    };
    let (mut done, mut reasons) = either(&roles.iter().enumerate().map(fixed).collect::<Vec<_>>())?;
    if noted.is_some() && !(done.unprotected.is_empty() && done.earlier == 0) {
        (done, reasons) = either(&roles)?;
    }
    let demanded = roles.iter().map(|role| match role {
        ReadyRole::Unsafe(low, high) => Some((*low, *high)),
        _ => None,
    });
    Ok(Outcome { demanded: demanded.collect(), primary, forced, done, reasons })
}

fn join(one: Option<Primary>, two: Option<Primary>) -> Option<Primary> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.join(two)),
        (one, two) => one.or(two),
    }
}

/// The safety interval of an unsafe cell, in the unit of the table.
fn demanded(group: &Group<'_>, cell: usize, found: Primary) -> (f64, f64) {
    let value = group.values[cell];
    let unit = if counted(group, cell) { super::decimal::ONE } else { 1 };
    let end = |by: i128| float(value.saturating_add(by.saturating_mul(unit)));
    (end(-found.low()), end(found.high()))
}

/// What is demanded of a cell that would tell of few beside an earlier release.
fn since(
    spec: &ReadyTables,
    group: &Group<'_>,
    (noted, cell): (&Noted<'_>, usize),
) -> Result<Option<(f64, f64)>, RunError> {
    let percent = percent(&spec.safety_range).and_then(|percent| SafetyRange::new(percent, 1)).map_err(rules_error)?;
    let signed = group.signs != Signs::NonNegative;
    let range = percent.protection(group.values[cell], signed).map_err(rules_error)?.high();
    Ok(noted.demanded(group, cell, range).map(|(low, high)| (float(low), float(high))))
}

fn join_demands(one: Option<(f64, f64)>, other: Option<(f64, f64)>) -> Option<(f64, f64)> {
    match (one, other) {
        (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
        (one, other) => one.or(other),
    }
}

/// Whether a cell is judged as a whole number.
fn counted(group: &Group<'_>, cell: usize) -> bool {
    use crate::protect::tables::rules::Value;
    let facts = group.judges.iter().filter_map(|judge| judge.facts[cell].as_ref());
    facts.into_iter().any(|facts| matches!(facts.value, Value::Count(_)))
}

/// What everybody knows of suppressed cells whose statuses tell nothing. Where no row of a table of counts is 0, somebody is in
/// every cell that stands in a table.
fn silent(group: &Group<'_>) -> Vec<(f64, f64)> {
    let counts = group.tables.iter().all(|table| table.measure == ReadyMeasure::Count);
    let occupied = counts && group.rows.iter().all(|(_, row)| row.value >= super::decimal::ONE);
    let least = if group.signs == Signs::NonNegative { 0.0 } else { f64::NEG_INFINITY };
    let low = |row: &Option<usize>| if occupied && row.is_some() { 1.0 } else { least };
    group.tied.row.iter().map(|row| (low(row), f64::INFINITY)).collect()
}

/// What statuses tell of suppressed cells of counts: one under the threshold has a contributor at least, and where cells count
/// contributors and nothing else, fewer than *t*; any other has *t* contributors, and so *t* at least. `None` where they tell
/// nothing.
fn told(group: &Group<'_>, primary: &[Option<Primary>], roles: &[ReadyRole]) -> Option<Vec<(f64, f64)>> {
    let persons = |cell: usize| {
        let facts = group.judges.iter().filter_map(|judge| judge.facts[cell].as_ref()?.persons.as_ref());
        facts.map(|persons| persons.tally.most()).max()
    };
    let value = |cell: usize| float(group.values[cell]);
    let counts = group.tables.iter().all(|table| table.measure == ReadyMeasure::Count);
    let holds = |compare: fn(&f64, &f64) -> bool| {
        (0..roles.len()).all(|cell| persons(cell).is_none_or(|persons| compare(&(persons as f64), &value(cell))))
    };
    if !counts || !holds(f64::le) {
        return None;
    }
    let same = holds(f64::eq) && group.tables.iter().all(|table| table.rules.holdings.is_none());
    let thresholds = || group.tables.iter().filter_map(|table| table.rules.threshold);
    let (least, most) = (thresholds().min()? as f64, thresholds().max()? as f64);
    let free = || (0..roles.len()).filter(|cell| roles[*cell] == ReadyRole::Free);
    let floor = if free().all(|cell| value(cell) >= least) { least } else { 0.0 };
    let bounds = |cell: usize| match (primary[cell].map(|found| found.rule), group.tied.row[cell]) {
        (_, None) => (0.0, f64::INFINITY),
        (Some(RuleName::Threshold), _) => (1.0, if same { most - 1.0 } else { f64::INFINITY }),
        (Some(_), _) => (0.0, f64::INFINITY),
        (None, _) => (floor, f64::INFINITY),
    };
    Some((0..roles.len()).map(bounds).collect())
}

/// What the suppression of each cell costs.
fn costs(spec: &ReadyTables, group: &Group<'_>, roles: &[ReadyRole]) -> Vec<u64> {
    let mut own: Vec<Option<u64>> = vec![None; group.values.len()];
    for (place, (_, row)) in group.tied.place.iter().zip(&group.rows) {
        let known = &mut own[*place as usize];
        *known = (*known).max(row.cost);
    }
    let sizes: Vec<f64> = group.values.iter().map(|value| float(*value).abs()).collect();
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    let occupied = sizes.iter().filter(|size| **size > 0.0).count().max(1) as f64;
    let mean = sizes.iter().sum::<f64>() / occupied;
    // Costs that are written are in the unit of the table; without any, even the smallest sums tell cells apart.
    let scale = if own.iter().any(Option::is_some) || largest == 0.0 { 1.0 } else { DEAREST / largest };
    let far = (spec.objective == Objective::Distance).then(|| {
        let of: Vec<bool> = roles.iter().map(|role| matches!(role, ReadyRole::Unsafe(..))).collect();
        tables::by_distance(&group.tied.system, &of)
    });
    let cost = |cell: usize| {
        // A zero hides little: it can only grow.
        let size = if sizes[cell] > 0.0 { sizes[cell] } else { mean };
        let usual = match spec.objective {
            Objective::Cells => RATHER,
            Objective::Distance => far.as_ref().map_or(RATHER, |far| far[cell]),
            Objective::Value => 2 + (size * scale).min(DEAREST) as u64,
        };
        leaned(own[cell].unwrap_or(usual), group.decisions[cell])
    };
    (0..sizes.len()).map(cost).collect()
}
