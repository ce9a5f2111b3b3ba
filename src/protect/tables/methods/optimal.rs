//! The optimal method: the cheapest pattern under which every demanded interval is possible, by integer programming.
//!
//! M. Fischetti, J. J. Salazar-González, “Solving the cell suppression problem on tabular data with linear constraints”,
//! *Management Science* 47(7), 2001. A binary variable *x* says of each free cell whether it is suppressed. For every end of a
//! demanded interval an attacker maximises how far the cell can move in that direction,
//!
//! > max ±y_k  subject to  A·y = 0,  −down_i·x_i ≤ y_i ≤ up_i·x_i,
//!
//! and where he gets less far than *T*, the multipliers λ of his sums give an inequality that every sound pattern keeps (§4):
//!
//! > Σ x_i·min(T, max(d_i, 0)·up_i + max(−d_i, 0)·down_i) ≥ T,  with d = ±e_k − λᵀ·A
//!
//! which is valid for any λ, so that it does not matter how exact the solver's are. The master programme is solved with these, first
//! without and then with whole numbers, until the attackers find nothing more; what it costs then is the least there is. Where time
//! runs out, what it costs so far is a lower bound. Solvers: HiGHS.
//!
//! The model knows of the first measure alone, and neither the single contributors of cells nor lines that are unsafe together. What these need is added afterwards,
//! as to any other pattern; the bound holds for it all the same.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use highs::{Col, HighsModelStatus, Model, RowProblem, Sense, SolvedModel};

use super::{Start, Task};
use crate::protect::tables::TableError;
use crate::protect::tables::complement::{Lines, Measure, Role, attainable};
use crate::protect::tables::layer::Hidden;
use crate::protect::tables::system::Relation;

/// What an attacker may miss, in parts of what is demanded.
const CLOSE: f64 = 1e-6;
/// Where a cell has no bound, it moves this often as far as is demanded at most.
const FAR: f64 = 1_000.0;
/// The dearest cell costs this much in the master programme.
const DEAREST: f64 = 1_000.0;
/// The least coefficient in an inequality; smaller ones are taken for this, which keeps the inequality valid.
const LEAST: f64 = 1e-6;

/// One end of a demanded interval.
#[derive(Clone, Copy)]
struct End {
    cell: u32,
    up: bool,
    /// How far it must be.
    size: f64,
}

/// Σ coefficient · x ≥ 1.
type Cut = Vec<(u32, f64)>;

/// The cheapest pattern that was found, and what none can cost less than.
pub(super) fn cheapest<L: Lines + Copy>(task: &Task<'_, L>, seconds: u64) -> Result<(Hidden, Option<f64>), TableError> {
    // What the other method finds is there whatever happens.
    let best = task.cheapest()?;
    let until = Instant::now() + Duration::from_secs(seconds);
    let Some(measure) = task.measures.first() else { return Ok((best, None)) };
    let mut search = Search::new(task, measure, until)?;
    let found = search.run()?;
    let next = task.run(task.sites, Start::Pattern(&found))?;
    Ok((task.better(best, next), Some(search.least)))
}

struct Search<'a, L> {
    task: &'a Task<'a, L>,
    until: Instant,
    ends: Vec<End>,
    /// For each cell how far it can fall and rise, if it is unknown; ∞ without end.
    room: Vec<(f64, f64)>,
    cuts: Vec<Cut>,
    /// Costs are divided by this.
    scale: f64,
    /// What no pattern can cost less than.
    least: f64,
    attacker: Option<(Model, Vec<Col>)>,
}

impl<'a, L: Lines + Copy> Search<'a, L> {
    fn new(task: &'a Task<'a, L>, measure: &'a Measure, until: Instant) -> Result<Self, TableError> {
        let demands = attainable(task.system, task.sites, measure)?.demands;
        let values = &measure.values;
        let mut ends = Vec::new();
        for demand in demands {
            let value = values[demand.cell as usize];
            let sides = [(false, value - demand.low), (true, demand.high - value)];
            let asked = sides.into_iter().filter(|(_, size)| *size > 0.0 && size.is_finite());
            ends.extend(asked.map(|(up, size)| End { cell: demand.cell, up, size }));
        }
        let room = |(value, (low, high)): (&f64, &(f64, f64))| ((value - low).max(0.0), (high - value).max(0.0));
        let room = values.iter().zip(&measure.bounds).map(room).collect();
        let dearest = task.sites.iter().map(|site| site.cost).max().unwrap_or(1).max(1);
        let scale = dearest as f64 / DEAREST;
        Ok(Self { task, until, ends, room, cuts: Vec::new(), scale, least: 0.0, attacker: None })
    }

    /// The last pattern of the master programme.
    fn run(&mut self) -> Result<Vec<u32>, TableError> {
        let mut pattern = vec![0.0; self.task.sites.len()];
        for whole in [false, true] {
            loop {
                let Some(next) = self.master(whole)? else { return Ok(chosen(&pattern)) };
                pattern = next;
                let found = self.attack(&pattern)?;
                if found == 0 || Instant::now() >= self.until {
                    break;
                }
            }
        }
        Ok(chosen(&pattern))
    }

    /// Solves the master programme; `None` where time has run out before it has any pattern.
    fn master(&mut self, whole: bool) -> Result<Option<Vec<f64>>, TableError> {
        let mut problem = RowProblem::default();
        let mut columns: Vec<Option<Col>> = vec![None; self.task.sites.len()];
        for (column, site) in columns.iter_mut().zip(self.task.sites).filter(|(_, site)| site.role == Role::Free) {
            *column = Some(problem.add_column_with_integrality(site.cost as f64 / self.scale, 0.0..=1.0, whole));
        }
        if columns.iter().all(Option::is_none) {
            return Ok(Some(vec![0.0; columns.len()]));
        }
        for cut in &self.cuts {
            let terms = cut.iter().filter_map(|(cell, by)| Some((columns[*cell as usize]?, *by)));
            problem.add_row(1.0.., terms.collect::<Vec<_>>());
        }
        let solved = self.solve(ready(problem, Sense::Minimise)?, whole)?;
        let optimal = solved.status() == HighsModelStatus::Optimal;
        let bound = match (whole, optimal) {
            (true, _) => solved.double_info_value(c"mip_dual_bound").ok(),
            (false, true) => Some(solved.objective_value()),
            (false, false) => None,
        };
        // A little is given for the solver's own tolerances.
        let bound = bound.filter(|bound| bound.is_finite()).map_or(0.0, |bound| bound * self.scale * (1.0 - CLOSE));
        self.least = self.least.max(bound);
        if !optimal && solved.status() != HighsModelStatus::ReachedTimeLimit {
            return Err(TableError::Solver);
        }
        let values = solved.get_solution();
        let value =
            |column: &Option<Col>| column.map_or(0.0, |column| values.columns()[column.index()].clamp(0.0, 1.0));
        let any = optimal || solved.primal_solution_status() == highs::HighsSolutionStatus::Feasible;
        Ok(any.then(|| columns.iter().map(value).collect()))
    }

    fn solve(&self, mut model: Model, whole: bool) -> Result<SolvedModel, TableError> {
        let left = self.until.saturating_duration_since(Instant::now()).as_secs_f64();
        model.try_set_option("time_limit", left.max(0.1)).map_err(|_| TableError::Solver)?;
        if whole {
            model.try_set_option("mip_rel_gap", CLOSE).map_err(|_| TableError::Solver)?;
        }
        model.try_solve().map_err(|_| TableError::Solver)
    }

    /// Lets attackers look at a pattern; how many inequalities they find that it breaks.
    fn attack(&mut self, pattern: &[f64]) -> Result<usize, TableError> {
        let mut fresh = Vec::new();
        for end in self.ends.clone() {
            if Instant::now() >= self.until {
                break;
            }
            fresh.extend(self.attack_one(end, pattern)?);
        }
        let found = fresh.len();
        self.cuts.append(&mut fresh);
        Ok(found)
    }

    fn attack_one(&mut self, end: End, pattern: &[f64]) -> Result<Option<Cut>, TableError> {
        let (mut model, columns) = match self.attacker.take() {
            Some(attacker) => attacker,
            None => self.attackers_model()?,
        };
        for (cell, column) in (0_u32..).zip(&columns) {
            let (down, up) = self.moves(cell, end);
            let part = self.part(cell, pattern);
            model.change_column_bounds(*column, -down * part..=up * part);
            model.change_column_cost(*column, 0.0);
        }
        model.change_column_cost(columns[end.cell as usize], if end.up { 1.0 } else { -1.0 });
        let solved = model.try_solve().map_err(|_| TableError::Solver)?;
        let sound = solved.status() == HighsModelStatus::Optimal;
        let solution = solved.get_solution();
        let reached = solution.columns()[end.cell as usize].abs();
        let cut = (sound && reached < end.size * (1.0 - CLOSE)).then(|| self.cut(end, pattern, solution.dual_rows()));
        self.attacker = Some((solved.into(), columns));
        Ok(cut.flatten())
    }

    /// The sums, over all cells.
    fn attackers_model(&self) -> Result<(Model, Vec<Col>), TableError> {
        let mut problem = RowProblem::default();
        let columns: Vec<Col> = self.room.iter().map(|_| problem.add_column(0.0, 0.0..=0.0)).collect();
        for line in 0..self.task.system.relations() as u32 {
            let Relation { total, parts } = self.task.system.relation(line);
            let parts = parts.iter().map(|part| (columns[*part as usize], 1.0));
            problem.add_row(0.0..=0.0, parts.chain([(columns[total as usize], -1.0)]).collect::<Vec<_>>());
        }
        Ok((ready(problem, Sense::Maximise)?, columns))
    }

    /// How far a cell can fall and rise where it is suppressed.
    fn moves(&self, cell: u32, end: End) -> (f64, f64) {
        let (down, up) = self.room[cell as usize];
        (down.min(FAR * end.size), up.min(FAR * end.size))
    }

    /// How far a cell is suppressed.
    fn part(&self, cell: u32, pattern: &[f64]) -> f64 {
        match self.task.sites[cell as usize].role {
            Role::Free => pattern[cell as usize],
            Role::Unsafe | Role::Tie => 1.0,
            Role::Known => 0.0,
        }
    }

    /// The inequality of an attacker's multipliers, of either sign: the one that the pattern breaks most.
    fn cut(&self, end: End, pattern: &[f64], multipliers: &[f64]) -> Option<Cut> {
        let by_sign = [1.0, -1.0].map(|sign| self.inequality(end, sign, multipliers));
        let broken = by_sign.into_iter().flatten().map(|cut| {
            let kept: f64 = cut.iter().map(|(cell, by)| by * pattern[*cell as usize]).sum();
            (kept, cut)
        });
        // Where all cells together are not enough, no pattern is: that demand is left to those who report it.
        let broken = broken.filter(|(_, cut)| cut.iter().map(|(_, by)| by).sum::<f64>() >= 1.0);
        let worst = broken.min_by(|a, b| a.0.total_cmp(&b.0));
        worst.filter(|(kept, _)| *kept < 1.0 - CLOSE).map(|(_, cut)| cut)
    }

    fn inequality(&self, end: End, sign: f64, multipliers: &[f64]) -> Option<Cut> {
        let mut reduced = vec![0.0; self.room.len()];
        reduced[end.cell as usize] = if end.up { 1.0 } else { -1.0 };
        for (line, multiplier) in (0_u32..).zip(multipliers) {
            let Relation { total, parts } = self.task.system.relation(line);
            parts.iter().for_each(|part| reduced[*part as usize] -= sign * multiplier);
            reduced[total as usize] += sign * multiplier;
        }
        let (mut cut, mut given) = (Cut::new(), 0.0);
        for (cell, reduced) in (0_u32..).zip(&reduced) {
            let (down, up) = self.moves(cell, end);
            let by = (reduced.max(0.0) * up + (-reduced).max(0.0) * down) / end.size;
            match self.task.sites[cell as usize].role {
                Role::Known => {}
                // What rounding leaves of nothing may be left out where the cell is unknown anyway only if it is counted.
                Role::Unsafe | Role::Tie => given += by,
                Role::Free if by > 1e-12 => cut.push((cell, by)),
                Role::Free => given += by,
            }
        }
        let needed = 1.0 - given;
        (needed > CLOSE).then(|| cut.into_iter().map(|(cell, by)| (cell, (by / needed).clamp(LEAST, 1.0))).collect())
    }
}

fn ready(problem: RowProblem, sense: Sense) -> Result<Model, TableError> {
    let mut model = problem.try_optimise(sense).map_err(|_| TableError::Solver)?;
    model.make_quiet();
    // With one thread the same answers come whenever time does not run out.
    model.set_threads(NonZeroU32::MIN);
    Ok(model)
}

fn chosen(pattern: &[f64]) -> Vec<u32> {
    (0_u32..).zip(pattern).filter(|(_, part)| **part > 0.5).map(|(cell, _)| cell).collect()
}
