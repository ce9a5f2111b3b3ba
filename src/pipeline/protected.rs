//! Tables: planned system by system, written table by table.

use super::error::RunError;
use super::output::Found;
use super::run::Context;
use super::summary::TableSummary;
use super::tables::{Counted, layout};
use crate::config::{Linked, Threshold};
use crate::export::RunDirectory;
use crate::protect::tables::{self, Shown, SystemPlan, TableCell};
use crate::release::{SystemCells, TableRelease};
use crate::scan::Scanner;
use crate::summarise::{Cells, Grid, Layout, Slot};

/// Plans every system of linked tables and writes its tables, the first at position `first` among the resources of the release.
/// Returns what became of each, and how many cells could not be protected.
pub(super) fn write(
    ctx: &Context<'_>,
    found: &Found<'_>,
    left_over: &[Option<Cells>],
    first: usize,
    scanner: &mut Scanner<'_>,
    directory: &mut RunDirectory,
) -> Result<(Vec<TableSummary>, u64), RunError> {
    let pipeline = ctx.pipeline;
    let mut tables = vec![TableSummary::default(); pipeline.aggregates.len()];
    let mut unprotected = 0;
    for (at, system) in ctx.linked.iter().enumerate() {
        let counted = &found.summary.tables[at];
        let grid = Grid::new(system, counted.cells.iter().map(|(key, _)| key), &counted.ascents)?;
        let layout = layout(ctx, system);
        let plan = plan(ctx, system, &grid, (counted, &layout), left_over[at].as_ref())?;
        let cells =
            SystemCells { grid: &grid, cells: &counted.cells, plan: &plan, estimates: &found.summary.estimates[at] };
        unprotected += plan.unprotected();
        let mut slot = 0;
        for &table in &system.tables {
            let aggregate = &pipeline.aggregates[table];
            let slots = slot..slot + aggregate.measures.len();
            slot = slots.end;
            let release = TableRelease::new(pipeline, (first + table, table), (&layout, slots), found.codebook);
            let chunk = release.chunk(&cells)??;
            let formats = &pipeline.export.formats;
            let mut writer = directory.writer(first + table, release.resource(), aggregate.recipient, formats)?;
            scanner.look(release.resource(), &chunk)?;
            writer.write(&chunk)?;
            directory.close(writer)?;
            tables[table] = summary(&aggregate.name, system, table, &grid, &plan);
        }
    }
    Ok((tables, unprotected))
}

/// Decides about the cells of a system from their counts, and from what is left of them when released rows are subtracted.
fn plan(
    ctx: &Context<'_>,
    system: &Linked,
    grid: &Grid<'_>,
    (counted, layout): (&Counted, &Layout),
    left_over: Option<&Cells>,
) -> Result<SystemPlan, RunError> {
    // Tables that show one cell decide about it together: the most careful threshold holds for all.
    let threshold = |shown: &[usize]| -> Threshold {
        let thresholds = shown.iter().map(|table| ctx.pipeline.aggregates[system.tables[*table]].threshold);
        thresholds.max().unwrap_or(Threshold::DEFAULT)
    };
    let shapes: Vec<(Threshold, Shown)> =
        system.shapes.iter().map(|shape| (threshold(&shape.shown), shown(ctx, system, layout, &shape.shown))).collect();
    let lost = || RunError::Bug("a cell of a table is lost");
    let cell = |(at, key): (usize, &crate::summarise::CellKey)| -> Result<TableCell<'_>, RunError> {
        let shape = &system.shapes[grid.shape(at)];
        Ok(TableCell {
            cell: counted.cells.get(key).ok_or_else(lost)?,
            left_over: left_over.and_then(|cells| cells.get(key)),
            shown: &shapes[grid.shape(at)].1,
            known: shape.known,
            threshold: shapes[grid.shape(at)].0,
        })
    };
    let cells: Vec<TableCell<'_>> = grid.keys().iter().enumerate().map(cell).collect::<Result<_, _>>()?;
    Ok(tables::plan(&cells, grid.relations()?)?)
}

/// What some of a system's tables show of a cell that is in all of them.
fn shown(ctx: &Context<'_>, system: &Linked, layout: &Layout, tables: &[usize]) -> Shown {
    let mut amounts = vec![false; layout.amounts().len()];
    let mut shares: Vec<Box<[bool]>> = layout.shares().iter().map(|s| vec![false; s.values.len()].into()).collect();
    let mut first = 0;
    for (at, table) in system.tables.iter().enumerate() {
        let slots = first..first + ctx.pipeline.aggregates[*table].measures.len();
        first = slots.end;
        for slot in layout.slots()[slots].iter().filter(|_| tables.contains(&at)) {
            match *slot {
                Slot::Records | Slot::Persons => {}
                Slot::Sum(at) | Slot::Mean(at) => amounts[at] = true,
                Slot::Share { column, value } => shares[column][value] = true,
            }
        }
    }
    Shown { cell: !tables.is_empty(), amounts: amounts.into(), shares: shares.into() }
}

fn summary(name: &str, system: &Linked, table: usize, grid: &Grid<'_>, plan: &SystemPlan) -> TableSummary {
    let place = system.tables.iter().position(|at| *at == table);
    let is_shown = |cell: &usize| place.is_some_and(|at| system.shapes[grid.shape(*cell)].shown.contains(&at));
    let mut summary = TableSummary { name: name.to_owned(), ..TableSummary::default() };
    for cell in (0..grid.keys().len()).filter(is_shown) {
        let status = plan.status(cell);
        summary.cells += 1;
        summary.primary += u64::from(status.is_primary());
        summary.secondary += u64::from(status == tables::Status::Secondary);
    }
    summary
}
