//! Linear programmes over a region: the inner one (all else fixed) and the outer one (all else free in its bounds).

use microlp::{ComparisonOp, Error, OptimizationDirection, Problem, SolveOptions};

use super::model::Model;
use super::propagate::signed;
use super::region::Region;

/// Feasibility tolerance asked of the solver, in units of the programme (a demanded width is about 1).
const FEASIBLE: f64 = 1e-9;

/// How a linear programme ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Optimum {
    /// The best point, in deviations.
    Point(Vec<f64>),
    /// The objective has no limit.
    Unbounded,
    /// There is no feasible point.
    Infeasible,
    /// The solver gave up; nothing is known.
    Failed,
}

/// Terms (variable, coefficient) and the lowest and highest value of their sum.
pub(crate) type Row = (Vec<(usize, f64)>, f64, f64);

/// A small linear programme: maximise Σ cost · x within bounds and row ranges.
#[derive(Debug, Clone, Default)]
pub(crate) struct Program {
    /// Bounds of the variables.
    pub bounds: Vec<(f64, f64)>,
    /// What each variable counts in the objective.
    pub costs: Vec<f64>,
    /// Ranges of sums.
    pub rows: Vec<Row>,
}

/// What stands outside the region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outside {
    /// Fixed at the base point: every solution is a table.
    Fixed,
    /// Free within its bounds, and in each row for itself: no table is lost.
    Free,
    /// Only the directions in which one may go for ever: the recession cone, cut off at ±1.
    Ray,
}

impl Program {
    /// The programme of a region without objective; variables in the order of the region.
    pub(crate) fn new(model: &Model, region: &Region, outside: Outside) -> Self {
        let ray = |low: f64, high: f64| {
            let open = |bound: f64, far: f64| if bound.is_finite() { 0.0 } else { far };
            (open(low, -1.0), open(high, 1.0))
        };
        let bounds = region.vars.iter().map(|var| {
            let (low, high) = (model.low[*var as usize], model.high[*var as usize]);
            if outside == Outside::Ray { ray(low, high) } else { (low, high) }
        });
        let bounds: Vec<_> = bounds.collect();
        let mut around: Vec<(u32, usize, f64)> = Vec::new();
        for (at, var) in region.vars.iter().enumerate() {
            around.extend(model.column(*var).iter().map(|row| (row.at, at, row.sign())));
        }
        around.sort_unstable_by_key(|(row, at, _)| (*row, *at));
        let mut rows = Vec::new();
        for group in around.chunk_by(|a, b| a.0 == b.0) {
            let Some((row, _, _)) = group.first() else { continue };
            let (low, high) = (model.row_low[*row as usize], model.row_high[*row as usize]);
            let (low, high) = match outside {
                Outside::Fixed => (low, high),
                Outside::Free => free_range(model, region, *row, (low, high)),
                Outside::Ray => {
                    let open = |bound: f64| if bound.is_finite() { 0.0 } else { bound };
                    (open(low), open(high))
                }
            };
            if low.is_finite() || high.is_finite() {
                rows.push((group.iter().map(|(_, at, sign)| (*at, *sign)).collect(), low, high));
            }
        }
        Self { costs: vec![0.0; bounds.len()], bounds, rows }
    }

    /// Solves the programme; `unit` is what counts as 1 while solving (values should be near it).
    ///
    /// Deterministic. The point has not been verified.
    pub(crate) fn maximise(&self, unit: f64) -> Optimum {
        // A panic in the solver is numerical trouble like any other.
        let run = || self.run(unit);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or(Optimum::Failed)
    }

    /// Whether a point keeps all bounds and rows up to `close`.
    pub(crate) fn holds(&self, point: &[f64], close: f64) -> bool {
        let within = |value: f64, low: f64, high: f64| low - close <= value && value <= high + close;
        point.len() == self.bounds.len()
            && point.iter().zip(&self.bounds).all(|(value, (low, high))| within(*value, *low, *high))
            && self
                .rows
                .iter()
                .all(|(terms, low, high)| within(terms.iter().map(|(at, sign)| sign * point[*at]).sum(), *low, *high))
    }

    fn run(&self, unit: f64) -> Optimum {
        if !(unit.is_finite() && unit > 0.0) {
            return Optimum::Failed;
        }
        let mut problem = Problem::new(OptimizationDirection::Maximize);
        let vars: Vec<_> = self
            .bounds
            .iter()
            .zip(&self.costs)
            .map(|((low, high), cost)| problem.add_var(*cost, (low / unit, high / unit)))
            .collect();
        for (terms, low, high) in &self.rows {
            let terms: Vec<_> = terms.iter().map(|(at, sign)| (vars[*at], *sign)).collect();
            if low == high {
                problem.add_constraint(&terms, ComparisonOp::Eq, low / unit);
                continue;
            }
            if low.is_finite() {
                problem.add_constraint(&terms, ComparisonOp::Ge, low / unit);
            }
            if high.is_finite() {
                problem.add_constraint(&terms, ComparisonOp::Le, high / unit);
            }
        }
        let mut options = SolveOptions::default();
        options.tolerances.feasibility = FEASIBLE;
        match problem.solve_with(options).map(|outcome| outcome.into_solution()) {
            Ok(Ok(solution)) => Optimum::Point(vars.iter().map(|var| solution.var_value(*var) * unit).collect()),
            Err(Error::Unbounded) => Optimum::Unbounded,
            Err(Error::Infeasible) => Optimum::Infeasible,
            Ok(Err(_)) | Err(_) => Optimum::Failed,
        }
    }
}

/// The range left to the members of a region in a row, when the others in it take any value within their bounds.
fn free_range(model: &Model, region: &Region, row: u32, (mut low, mut high): (f64, f64)) -> (f64, f64) {
    for term in model.row(row) {
        if region.vars.binary_search(&term.at).is_err() {
            let (least, most) = signed(model, term.at, term.minus);
            (low, high) = (low - most, high - least);
        }
    }
    (low, high)
}
