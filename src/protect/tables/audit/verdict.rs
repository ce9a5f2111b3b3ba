//! The audit: does the intruder's interval of every unsafe cell contain the interval demanded for it?

use super::bulk;
use super::intervals::{Interval, interval};
use super::problem::{AuditError, Problem};
use super::search::{Goal, Method, Options, REACH, Search};
use super::tables::Tables;

/// A safety interval: the intruder's feasibility interval of the cell must contain `[low, high]`.
///
/// In the words of Fischetti & Salazar-González (2001, section 2): with nominal value a, lower protection level LPL
/// and upper protection level UPL, `low` = a − LPL and `high` = a + UPL.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demand {
    /// The cell.
    pub cell: u32,
    /// Lower end, at most the true value; unit of the table.
    pub low: f64,
    /// Upper end, at least the true value.
    pub high: f64,
}

/// How a demand stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Verified tables reach both ends.
    Safe,
    /// Proved that the intruder's interval does not contain the demanded one.
    Unsafe,
    /// Neither was shown within the options' limits, or the solver failed: to be treated as unsafe.
    Undecided,
}

/// What the audit says about one demand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// The cell.
    pub cell: u32,
    /// How the demand stands.
    pub standing: Standing,
    /// The stage that settled it.
    pub method: Method,
    /// The intruder's interval; exact if so marked, else inner and outer bounds.
    pub interval: Interval,
    /// By how much verified tables go beyond the demand on the tighter side, in demanded widths; negative: what is
    /// missing. Of a safe cell at least this much (the search stops at the demand); of an unsafe cell exact where the
    /// interval is, else the worst that is possible.
    pub margin: f64,
}

impl Verdict {
    /// Whether the demand is met for certain.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.standing == Standing::Safe
    }
}

/// All verdicts of an audit.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// One verdict per demand, in the order of the demands.
    pub verdicts: Vec<Verdict>,
    /// The worst margin of safety, in demanded widths; ∞ without demands.
    pub worst: f64,
    /// The tables that were found to meet demands, as far as they are kept; those that were known aside.
    pub tables: Tables,
}

impl Audit {
    /// How many demands each stage settled, or tried last, by method; with how many of them are safe.
    #[must_use]
    pub fn stages(&self) -> Vec<(Method, usize, usize)> {
        let mut stages = std::collections::BTreeMap::<Method, (usize, usize)>::new();
        for verdict in &self.verdicts {
            let entry = stages.entry(verdict.method).or_default();
            entry.0 += 1;
            entry.1 += usize::from(verdict.is_safe());
        }
        stages.into_iter().map(|(method, (all, safe))| (method, all, safe)).collect()
    }
}

/// Audits demands: safe only with verified witness tables at or beyond both ends, up to 1e-7 of the demanded width.
///
/// In counts of three or more dimensions a witness may have fractions: an intruder who also uses that counts are whole
/// numbers solves integer programmes, which this audit, like the literature, does not.
///
/// Needs the true values of all cells: they are the table from which witnesses are sought, first in bulk programmes
/// over regions of the graph of unknown cells (all others fixed at their true values), then in programmes around each
/// cell left, of growing size, up to its component. What the whole component does not reach is unsafe; so is what a
/// relaxation around the cell excludes.
///
/// # Errors
/// [`AuditError`]; among others [`AuditError::NoTruth`] and [`AuditError::BadDemand`].
pub fn audit(problem: &Problem, demands: &[Demand], options: &Options) -> Result<Audit, AuditError> {
    audit_with(problem, demands, options, &Tables::default())
}

/// As [`audit`], with tables that others have found: each is verified before it counts.
///
/// # Errors
/// As [`audit`].
pub fn audit_with(
    problem: &Problem,
    demands: &[Demand],
    options: &Options,
    known: &Tables,
) -> Result<Audit, AuditError> {
    check(problem, demands)?;
    let mut search = Search::swapping(problem)?;
    let mut methods = vec![Method::Trivial; demands.len()];
    let goals = goals(&search, demands);
    let mut open: Vec<usize> = (0..demands.len()).filter(|at| !goals[*at].is_empty()).collect();
    let mut settle = |search: &Search, method: Method| {
        for at in &open {
            methods[*at] = method;
        }
        open.retain(|at| {
            let closed = |goal: &Goal| search.is_reached(goal) || search.is_exact(goal);
            !(goals[*at].iter().all(closed) || goals[*at].iter().any(|goal| search.is_excluded(goal)))
        });
    };
    settle(&search, Method::Propagation);
    let mut wanted: Vec<Goal> = goals.iter().flatten().copied().collect();
    wanted.sort_unstable_by(|a, b| (a.var, a.up).cmp(&(b.var, b.up)).then(a.target.abs().total_cmp(&b.target.abs())));
    search.take_up(known);
    settle(&search, Method::Known);
    search.swap(&wanted);
    settle(&search, Method::Swap);
    for (pass, size) in options.bulk.iter().enumerate() {
        bulk::run(&mut search, &wanted, *size);
        settle(&search, Method::Bulk(u8::try_from(pass).unwrap_or(u8::MAX)));
    }
    search.run(wanted, options, |search, method| settle(search, method));
    let verdicts: Vec<Verdict> = demands
        .iter()
        .zip(&methods)
        .zip(&goals)
        .map(|((demand, method), goals)| verdict(problem, &search, demand, goals, *method))
        .collect();
    let worst = verdicts.iter().map(|verdict| verdict.margin).fold(f64::INFINITY, f64::min);
    Ok(Audit { verdicts, worst, tables: search.tables })
}

pub(crate) fn check(problem: &Problem, demands: &[Demand]) -> Result<(), AuditError> {
    if let Some(at) = problem.values.iter().position(|value| value.is_nan()) {
        return Err(AuditError::NoTruth(at as u32));
    }
    for demand in demands {
        let value = problem.values.get(demand.cell as usize).ok_or(AuditError::NoSuchCell(demand.cell))?;
        if !(demand.low..=demand.high).contains(value) {
            return Err(AuditError::BadDemand(demand.cell));
        }
    }
    Ok(())
}

/// The goals of each demand; none where nothing is asked or the cell is published.
pub(crate) fn goals(search: &Search, demands: &[Demand]) -> Vec<Vec<Goal>> {
    let of = |demand: &Demand| {
        let Some(var) = search.model.variable(demand.cell) else { return Vec::new() };
        let base = search.model.base[var as usize];
        let close = tolerance(demand);
        let sides = [(false, demand.low - base), (true, demand.high - base)];
        sides.into_iter().filter(|(_, by)| *by != 0.0).map(|(up, target)| Goal { var, up, target, close }).collect()
    };
    demands.iter().map(of).collect()
}

/// What may be missing at each end: 1e-7 of the demanded width.
pub(crate) fn tolerance(demand: &Demand) -> f64 {
    let width = demand.high - demand.low;
    if width.is_finite() { REACH * width } else { 0.0 }
}

fn verdict(problem: &Problem, search: &Search, demand: &Demand, goals: &[Goal], method: Method) -> Verdict {
    let value = problem.values[demand.cell as usize];
    let var = search.model.variable(demand.cell);
    let interval = var
        .map_or(Interval { low: value, high: value, reached_low: value, reached_high: value, exact: true }, |var| {
            interval(search, var)
        });
    let nothing = demand.low == demand.high;
    let standing = match var {
        None if nothing => Standing::Safe,
        None => Standing::Unsafe,
        Some(_) if goals.iter().all(|goal| search.is_reached(goal)) => Standing::Safe,
        Some(_)
            if goals
                .iter()
                .any(|goal| search.is_excluded(goal) || (!search.is_reached(goal) && search.is_exact(goal))) =>
        {
            Standing::Unsafe
        }
        Some(_) => Standing::Undecided,
    };
    Verdict { cell: demand.cell, standing, method, interval, margin: margin(demand, &interval, standing) }
}

fn margin(demand: &Demand, interval: &Interval, standing: Standing) -> f64 {
    let width = demand.high - demand.low;
    let beyond = (demand.low - interval.reached_low).min(interval.reached_high - demand.high);
    let margin = if width > 0.0 && width.is_finite() { beyond / width } else { beyond };
    match standing {
        // Both ends infinite and reached leave ∞ − ∞; within the tolerance is not missing.
        Standing::Safe => {
            if margin.is_nan() {
                0.0
            } else {
                margin.max(0.0)
            }
        }
        _ => {
            if margin.is_nan() {
                f64::NEG_INFINITY
            } else {
                margin
            }
        }
    }
}
