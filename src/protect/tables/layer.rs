//! Secondary suppression of one layer: the cells themselves, a summed column, or the categories of a column of shares.
//!
//! Each layer is a [`System`] of numbers that add up, in which some are unsafe. Suppressing a cell hides its measures in all
//! layers; suppressing a sum or a share hides it alone.

use super::audit::{Demand, Tables};
use super::complement::{Beside, Measure, Role};
use super::floors::{Floor, Peopled, PeopledLines};
use super::methods::{Effort, Method, Task};
use super::system::{Relation, System};
use super::{Ahead, TableCell, TableError, Weighed, demand, primary};
use crate::config::Decision;
use crate::summarise::Cell;

/// What a layer hides, by the numbers of its cells.
pub(super) struct Hidden {
    pub hidden: Vec<bool>,
    /// Unsafe cells that could not be protected, ascending.
    pub unprotected: Vec<u32>,
    /// Unsafe cells of which too much is known anyway, whatever is suppressed and whatever statuses tell; ascending.
    pub known: Vec<u32>,
    /// Cells of earlier releases, and differences to them, that could not be protected.
    pub earlier: usize,
    /// For each measure what was asked of it: what was demanded, less what is known before any number is published.
    pub asked: Vec<Vec<Demand>>,
    /// For each measure, tables that showed demands to be met when they were found.
    pub tables: Vec<Tables>,
}

fn roles(sites: &[Peopled<'_>]) -> Vec<Role> {
    sites.iter().map(|site| site.role).collect()
}

/// Protects the numbers of a layer; what none of its patterns can cost less than, where the method tells.
fn protect(
    system: &System,
    sites: &[Peopled<'_>],
    measures: &[Measure],
    (method, beside, effort): (Method<'_>, Option<Beside<'_>>, Effort),
) -> Result<(Hidden, Option<f64>), TableError> {
    let own = Peopled::sites(system, sites);
    let lines = PeopledLines { system, sites };
    Task { system, sites: &own, measures, lines, beside, effort }.protect(method)
}

/// How many patterns are made of a layer, where no earlier release has to be looked at. A run has several layers, and reasons to go
/// through them again: so there are several patterns of small ones only.
const EFFORT: Effort = Effort { runs: 8, cells: 400, demands: 400 };

/// Rounds of taking reasons out of statuses before they are taken out of all.
const ROUNDS: usize = 4;

/// The layer of the cells themselves, and of which of them the status may tell why it is suppressed.
pub(super) fn cells<'a>(
    system: &System,
    cells: &'a [TableCell<'a>],
    ahead: &Ahead,
    method: Method<'_>,
) -> Result<(Hidden, Vec<bool>, Option<f64>), TableError> {
    let site = |cell: &'a TableCell<'a>| {
        let known = cell.known || cell.before.is_some_and(|before| before.known);
        let role = match (cell.shown.cell, primary::cell(cell)) {
            (true, true) => Role::Unsafe,
            (true, false) if known || cell.wish.decision == Decision::Publish => Role::Known,
            (true, false) => Role::Free,
            // No table shows it, but it could follow from those that do. Of what is known anyway, few persons are told by that;
            // nothing in the tables adds to it.
            (false, true) if !known => Role::Unsafe,
            (false, false) if known => Role::Known,
            (false, _) => Role::Tie,
        };
        let floor = |of: &Cell| Floor { persons: of.persons, exclusive: of.exclusive };
        Peopled::new(cell, role, floor).judged(cell.weighed.as_ref().map(Weighed::of_records))
    };
    let sites: Vec<Peopled> = cells.iter().map(site).collect();
    let beside = ahead.beside();
    let effort = if beside.is_some() { Effort::ONE } else { EFFORT };
    let protect = |reasons: &[bool], effort: Effort| {
        let measures = demand::counts(cells, &roles(&sites), reasons);
        protect(system, &sites, &measures, (method, beside, effort))
    };
    let mut reasons = vec![true; cells.len()];
    let (first, least) = protect(&reasons, effort)?;
    if first.unprotected.is_empty() {
        return Ok((first, reasons, least));
    }
    let (mut last, fewest) = (first.unprotected.clone(), first.unprotected.len());
    for _ in 0..ROUNDS {
        for line in last.iter().flat_map(|cell| system.around(*cell)) {
            let Relation { total, parts } = system.relation(*line);
            parts.iter().chain([&total]).for_each(|cell| reasons[*cell as usize] = false);
        }
        let (again, least) = protect(&reasons, Effort::ONE)?;
        if again.unprotected.is_empty() {
            return Ok((again, reasons, least));
        }
        last = again.unprotected;
    }
    // What follows whatever the statuses say follows from what is known: they need not be silent for that.
    let silent = vec![false; cells.len()];
    let (plain, least_of_silent) = protect(&silent, Effort::ONE)?;
    Ok(if plain.unprotected.len() < fewest {
        (plain, silent, least_of_silent)
    } else {
        (first, vec![true; cells.len()], least)
    })
}

/// The layer of a summed column; `outer` tells which cells are suppressed.
pub(super) fn amount<'a>(
    system: &System,
    cells: &'a [TableCell<'a>],
    outer: &[bool],
    (at, method): (usize, Method<'_>),
) -> Result<Hidden, TableError> {
    let site = |(cell, hidden): (&'a TableCell<'a>, &bool)| {
        let nobody = cell.cell.amounts[at].persons == 0;
        let shown = cell.shown.amounts.get(at).is_some_and(|is| *is);
        // What no table shows may follow from those that do, as of the cells themselves.
        let role = match (primary::amount(cell, at) || *hidden && primary::cell(cell), *hidden || !shown) {
            (true, _) => Role::Unsafe,
            (_, true) => Role::Tie,
            (_, false) => {
                if nobody || cell.wish.decision == Decision::Publish {
                    Role::Known
                } else {
                    Role::Free
                }
            }
        };
        let floor = |of: &Cell| {
            let persons = of.amounts.get(at).map_or(0, |tally| tally.persons);
            Floor { persons, exclusive: (of.exclusive + persons).saturating_sub(of.persons) }
        };
        Peopled::new(cell, role, floor).judged(cell.weighed.as_ref().map(|weighed| weighed.of_amount(at)))
    };
    let sites: Vec<Peopled> = cells.iter().zip(outer).map(site).collect();
    let measure = demand::sums(cells, &roles(&sites), at);
    Ok(protect(system, &sites, &[measure], (method, None, EFFORT))?.0)
}

/// The layer of a column of shares: for each cell and measured value, whether the share is published; and how many unsafe ones
/// could not be protected.
#[allow(clippy::type_complexity)]
pub(super) fn share(
    system: &System,
    cells: &[TableCell<'_>],
    outer: &[bool],
    (at, method): (usize, Method<'_>),
) -> Result<(Vec<Box<[bool]>>, Vec<u32>), TableError> {
    let categories = cells.first().map_or(0, |cell| cell.cell.shares[at].categories.len());
    // Number of a category in its layer: those of one cell stand together, their sum after them.
    let width = categories + 1;
    let number = |cell: usize, category: usize| u32::try_from(cell * width + category);
    let mut relations = Vec::new();
    for relation in 0..system.relations() as u32 {
        let Relation { total, parts } = system.relation(relation);
        for category in 0..width {
            let parts = parts.iter().map(|part| number(*part as usize, category)).collect::<Result<_, _>>();
            let total = number(total as usize, category);
            relations.push((
                total.map_err(|_| super::SystemError::TooLarge)?,
                parts.map_err(|_| super::SystemError::TooLarge)?,
            ));
        }
    }
    for cell in 0..cells.len() {
        let parts = (0..categories).map(|category| number(cell, category)).collect::<Result<_, _>>();
        let total = number(cell, categories);
        relations
            .push((total.map_err(|_| super::SystemError::TooLarge)?, parts.map_err(|_| super::SystemError::TooLarge)?));
    }
    let layer = System::new(cells.len() * width, relations)?;
    let mut sites = Vec::with_capacity(layer.cells());
    for (cell, hidden) in cells.iter().zip(outer) {
        for category in 0..categories {
            let measured = cell.shown.shares.get(at).and_then(|values| values.get(category)).is_some_and(|is| *is);
            let role = match (primary::category(cell, at, category), *hidden, measured) {
                (true, _, _) => Role::Unsafe,
                (false, false, true) => Role::Free,
                (false, _, _) => Role::Tie,
            };
            // A person may be in several categories, and in several cells.
            let floor = |of: &Cell| {
                let found = of.shares.get(at).and_then(|tally| tally.categories.get(category));
                Floor { persons: found.map_or(0, |found| found.persons), exclusive: 0 }
            };
            sites.push(Peopled::new(cell, role, floor));
        }
        let persons = |of: &Cell| of.shares.get(at).map_or(0, |tally| tally.persons);
        let all = Peopled::new(cell, if *hidden { Role::Tie } else { Role::Known }, |of| Floor {
            persons: persons(of),
            exclusive: 0,
        });
        sites.push(all);
    }
    let measure = demand::categories(cells, &roles(&sites), at);
    // Categories of a cell are one dimension more.
    let refined: Vec<Vec<usize>> = match method {
        Method::Modular(refined) => {
            let of_cells = refined.iter().flat_map(|along| vec![along.clone(); width]);
            of_cells.chain(vec![vec![usize::MAX]; cells.len()]).collect()
        }
        _ => Vec::new(),
    };
    let method = if let Method::Modular(_) = method { Method::Modular(&refined) } else { method };
    let (Hidden { hidden, mut unprotected, known, .. }, _) =
        protect(&layer, &sites, &[measure], (method, None, EFFORT))?;
    unprotected.extend(known);
    let published = |of_cell: &[bool]| of_cell[..categories.saturating_sub(1)].iter().map(|hidden| !hidden).collect();
    Ok((hidden.chunks(width.max(1)).map(published).collect(), unprotected))
}
