//! The modular method: a hierarchical system is taken apart into simple tables, which are protected one after the other.
//!
//! After HiTaS (P.-P. de Wolf, “HiTaS: a heuristic approach to cell suppression in hierarchical tables”, *Inference Control in
//! Statistical Databases*, LNCS 2316, 2002). A simple table has one level along each dimension: a cell, what it is the sum of, and
//! what the sums of these along the other dimensions are. Coarse ones come first. A cell that is suppressed in one is unsafe in all
//! others in which it stands, so that it cannot be found there; tables with such a cell are protected again, until nothing is added.
//!
//! What comes out is a pattern, not yet a safe one: simple tables that are safe need not be so together.

use std::collections::BTreeSet;

use super::Task;
use crate::protect::tables::TableError;
use crate::protect::tables::audit::Demand;
use crate::protect::tables::complement::{Complement, Lines, Measure, Role, Site, attainable};
use crate::protect::tables::system::{Relation, System};

/// Every simple table is protected this often at most.
const TURNS: usize = 8;

/// One level along each dimension: sums and cells, ascending, by the numbers of the system.
pub struct Simple {
    pub sums: Vec<u32>,
    pub cells: Vec<u32>,
}

/// The lines of a simple table, judged as those of the system.
struct Local<'a, L> {
    lines: &'a L,
    table: &'a Simple,
}

impl<L: Lines> Lines for Local<'_, L> {
    type Sum = L::Sum;

    const EXACT: bool = L::EXACT;

    fn add(&self, sum: &mut L::Sum, cell: u32) {
        self.lines.add(sum, self.table.cells[cell as usize]);
    }

    fn is_unsafe(&self, line: u32, total: u32, sum: &L::Sum) -> Result<bool, TableError> {
        self.lines.is_unsafe(self.table.sums[line as usize], self.table.cells[total as usize], sum)
    }
}

/// The safe cells that simple tables suppress, ascending. `refined` tells of each sum along which dimensions its parts are finer.
pub(super) fn pattern<L: Lines + Copy>(task: &Task<'_, L>, refined: &[Vec<usize>]) -> Result<Vec<u32>, TableError> {
    let tables = simple(task.system, refined);
    let mut places: Vec<Vec<u32>> = vec![Vec::new(); task.system.cells()];
    for (at, table) in (0_u32..).zip(&tables) {
        table.cells.iter().for_each(|cell| places[*cell as usize].push(at));
    }
    let mut demand_of: Vec<Vec<Option<Demand>>> = Vec::with_capacity(task.measures.len());
    for measure in task.measures {
        let mut of_cell = vec![None; task.system.cells()];
        for demand in attainable(task.system, task.sites, measure)?.demands {
            of_cell[demand.cell as usize] = Some(demand);
        }
        demand_of.push(of_cell);
    }
    let mut hidden = vec![false; task.system.cells()];
    let mut waiting: BTreeSet<u32> = (0..tables.len() as u32).collect();
    let mut turns = vec![0; tables.len()];
    while let Some(at) = waiting.pop_first() {
        if turns[at as usize] >= TURNS {
            continue;
        }
        turns[at as usize] += 1;
        let table = &tables[at as usize];
        for cell in protect(task, table, &hidden, &demand_of)? {
            hidden[cell as usize] = true;
            waiting.extend(places[cell as usize].iter().filter(|other| **other != at));
        }
    }
    Ok((0_u32..).zip(&hidden).filter(|(_, hidden)| **hidden).map(|(cell, _)| cell).collect())
}

/// Protects a simple table; the safe cells that it suppresses and that were not before.
fn protect<L: Lines + Copy>(
    task: &Task<'_, L>,
    table: &Simple,
    hidden: &[bool],
    demand_of: &[Vec<Option<Demand>>],
) -> Result<Vec<u32>, TableError> {
    let needs = |cell: &u32| hidden[*cell as usize] || task.sites[*cell as usize].role == Role::Unsafe;
    if !table.cells.iter().any(needs) {
        return Ok(Vec::new());
    }
    let own = |cell: u32| table.cells.binary_search(&cell).unwrap_or_default() as u32;
    let sums = table.sums.iter().map(|sum| {
        let Relation { total, parts } = task.system.relation(*sum);
        (own(total), parts.iter().map(|part| own(*part)).collect())
    });
    let system = System::new(table.cells.len(), sums)?;
    let site = |cell: &u32| {
        let site = task.sites[*cell as usize];
        let role = if site.role == Role::Free && hidden[*cell as usize] { Role::Unsafe } else { site.role };
        Site { role, ..site }
    };
    let of = |list: &[(f64, f64)]| table.cells.iter().map(|cell| list[*cell as usize]).collect::<Vec<_>>();
    let measure = |(measure, demand_of): (&Measure, &Vec<Option<Demand>>)| Measure {
        values: table.cells.iter().map(|cell| measure.values[*cell as usize]).collect(),
        bounds: of(&measure.bounds),
        silent: of(&measure.silent),
        demands: (table.cells.iter())
            .filter_map(|cell| demand_of[*cell as usize].map(|demand| Demand { cell: own(*cell), ..demand }))
            .collect(),
        overlaps: measure.overlaps,
    };
    let measures: Vec<Measure> = task.measures.iter().zip(demand_of).map(measure).collect();
    let lines = Local { lines: &task.lines, table };
    let done = Complement::new(&system, table.cells.iter().map(site).collect(), lines)?.protect(&measures)?;
    let fresh = table
        .cells
        .iter()
        .zip(&done.hidden)
        .filter(|(cell, is)| **is && !hidden[**cell as usize] && task.sites[**cell as usize].role == Role::Free);
    Ok(fresh.map(|(cell, _)| *cell).collect())
}

/// The simple tables, those with coarse totals first. Each sum stands in one at least.
pub fn simple(system: &System, refined: &[Vec<usize>]) -> Vec<Simple> {
    let mut covered = vec![false; system.relations()];
    let below = |cell: u32| system.around(cell).iter().copied().filter(move |sum| system.relation(*sum).total == cell);
    let mut tables = Vec::new();
    for corner in 0..system.cells() as u32 {
        if below(corner).all(|sum| covered[sum as usize]) {
            continue;
        }
        let along: BTreeSet<&[usize]> = below(corner).map(|sum| refined[sum as usize].as_slice()).collect();
        let (mut cells, mut sums) = (BTreeSet::from([corner]), Vec::new());
        for dimensions in along {
            for cell in cells.clone() {
                for sum in below(cell).filter(|sum| refined[*sum as usize] == dimensions) {
                    sums.push(sum);
                    cells.extend(system.relation(sum).parts);
                }
            }
        }
        // Sums along a dimension that was taken before others have brought their cells.
        let ready = |sum: &u32| system.relation(*sum).parts.iter().all(|part| cells.contains(part));
        let more = cells.iter().flat_map(|cell| below(*cell)).filter(|sum| {
            let from_corner = below(corner).any(|own| refined[own as usize] == refined[*sum as usize]);
            from_corner && ready(sum)
        });
        sums.extend(more);
        sums.sort_unstable();
        sums.dedup();
        sums.iter().for_each(|sum| covered[*sum as usize] = true);
        tables.push(Simple { sums, cells: cells.into_iter().collect() });
    }
    tables
}
