//! The intruder's side: feasibility intervals of unknown cells.

use super::bulk;
use super::lp::{Optimum, Outside, Program};
use super::model::Model;
use super::problem::{AuditError, Problem};
use super::region::Region;
use super::search::{Goal, Options, Search};
use super::witness::Witness;

/// What an intruder can conclude about a cell, in the unit of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// No value below this is possible; −∞ where there is no limit.
    pub low: f64,
    /// No value above this is possible; ∞ where there is no limit.
    pub high: f64,
    /// The lowest value shown possible by a verified table; NaN if none was found.
    pub reached_low: f64,
    /// The highest value shown possible; NaN if none was found.
    pub reached_high: f64,
    /// `low` and `high` are both reached, within 1e-7 of the size of the cell: this is the feasibility interval.
    pub exact: bool,
}

impl Interval {
    /// Whether the cell is determined, up to `close` (in the unit of the table): the suppressed value falls.
    #[must_use]
    pub fn falls(&self, close: f64) -> bool {
        self.high - self.low <= close
    }

    fn point(value: f64) -> Self {
        Self { low: value, high: value, reached_low: value, reached_high: value, exact: true }
    }
}

/// The feasibility interval of each asked cell; of a published cell its value.
///
/// Linear relaxation: two programmes per cell (minimum and maximum) over the unknown cells around it, where
/// propagation and witnesses found before do not settle it (Fischetti & Salazar-González 2001, section 2; Hundepool et
/// al. 2012, section 4.3). That tables of counts are whole numbers is not used, so in three and more dimensions the
/// true interval may be narrower by a fraction.
///
/// # Errors
/// [`AuditError`], among others if the published numbers contradict each other.
pub fn intervals(problem: &Problem, cells: &[u32], options: &Options) -> Result<Vec<Interval>, AuditError> {
    if let Some(cell) = cells.iter().find(|cell| **cell as usize >= problem.values.len()) {
        return Err(AuditError::NoSuchCell(*cell));
    }
    let mut search = Search::new(problem)?;
    if !search.model.anchored {
        anchor(&mut search, options)?;
    }
    let mut vars: Vec<u32> = cells.iter().filter_map(|cell| search.model.variable(*cell)).collect();
    vars.sort_unstable();
    vars.dedup();
    let sides = vars.iter().flat_map(|var| [false, true].map(|up| (*var, up)));
    let goals = sides.map(|(var, up)| {
        let target = if up { search.high[var as usize] } else { search.low[var as usize] };
        Goal { var, up, target, close: 0.0 }
    });
    let goals: Vec<Goal> = goals.collect();
    for size in &options.bulk {
        bulk::run(&mut search, &goals, *size);
    }
    search.run(goals, &Options { exact: true, ..options.clone() }, |_, _| {});
    let of = |cell: &u32| match search.model.variable(*cell) {
        Some(var) => interval(&search, var),
        None => Interval::point(problem.values[*cell as usize]),
    };
    Ok(cells.iter().map(of).collect())
}

/// The feasibility intervals of all unknown cells, ascending by cell.
///
/// # Errors
/// As [`intervals`].
pub fn all_intervals(problem: &Problem, options: &Options) -> Result<Vec<(u32, Interval)>, AuditError> {
    let unknown: Vec<u32> =
        (0..problem.values.len() as u32).filter(|cell| !problem.published[*cell as usize]).collect();
    let found = intervals(problem, &unknown, options)?;
    Ok(unknown.into_iter().zip(found).collect())
}

/// Inner and outer bounds of a variable as values.
pub(crate) fn interval(search: &Search, var: u32) -> Interval {
    let at = var as usize;
    let base = search.model.base[at];
    let exact = [false, true].iter().all(|up| search.is_exact(&Goal { var, up: *up, target: 0.0, close: 0.0 }));
    let anchored = search.model.is_anchored(var);
    let inner = |deviation: f64| if anchored { base + deviation } else { f64::NAN };
    Interval {
        low: base + search.low[at],
        high: base + search.high[at],
        reached_low: inner(search.reached.low[at]),
        reached_high: inner(search.reached.high[at]),
        exact: anchored && exact,
    }
}

/// Finds a table that agrees with everything published, component by component, as the truth is not known.
///
/// Components too large for one programme stay without: of their cells only outer bounds can be given.
fn anchor(search: &mut Search, options: &Options) -> Result<(), AuditError> {
    let count = search.model.variables() as u32;
    search.model.loose = vec![true; count as usize];
    let fixed: Vec<(u32, f64)> =
        (0..count).filter(|var| search.model.is_fixed(*var)).map(|var| (var, search.model.low[var as usize])).collect();
    search.model.rebase(&fixed, 0.0);
    for (var, _) in &fixed {
        search.model.loose[*var as usize] = false;
    }
    for var in 0..count {
        let component = search.components.around(var);
        if component.first() != Some(&var) || component.len() > options.largest {
            continue;
        }
        let region = Region { vars: component.to_vec(), whole: true };
        if let Some((moves, close)) = feasible_point(&search.model, &region)? {
            search.model.rebase(&moves, close);
            for (var, _) in &moves {
                search.model.loose[*var as usize] = false;
            }
        }
    }
    (search.low, search.high) = (search.model.low.clone(), search.model.high.clone());
    Ok(())
}

/// A feasible point of a whole component, and what its rows may miss.
fn feasible_point(model: &Model, region: &Region) -> Result<Option<(Witness, f64)>, AuditError> {
    let program = Program::new(model, region, Outside::Free);
    let ranges = program.rows.iter().flat_map(|(_, low, high)| [*low, *high]);
    let size = ranges.filter(|bound| bound.is_finite()).fold(0.0, |most: f64, bound| most.max(bound.abs()));
    let unit = super::search::unit(model, if size > 0.0 { size } else { 1.0 });
    match program.maximise(unit) {
        Optimum::Point(mut point) => {
            for (value, (low, high)) in point.iter_mut().zip(&program.bounds) {
                let rounded =
                    if model.integral && (*value - value.round()).abs() < 1e-6 { value.round() } else { *value };
                *value = rounded.max(*low).min(*high);
            }
            let close = 1e-7 * unit;
            let holds = program.holds(&point, close);
            Ok(holds.then(|| (region.vars.iter().copied().zip(point).collect(), close)))
        }
        Optimum::Infeasible => {
            let row = region.vars.first().and_then(|var| model.column(*var).first());
            Err(AuditError::Contradiction(row.map_or(0, |row| model.relation(row.at))))
        }
        Optimum::Unbounded | Optimum::Failed => Ok(None),
    }
}
