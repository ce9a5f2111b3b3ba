//! Tables: planned system by system, written table by table.

use serde_json::{Value, json};

use super::earlier::{Before, Held, Recorded};
use super::error::RunError;
use super::output::Found;
use super::run::Context;
use super::summary::{EarlierSummary, TableSummary};
use super::tables::{Counted, layout};
use crate::config::{Linked, Threshold};
use crate::export::RunDirectory;
use crate::ledger::Tables;
use crate::protect::tables::{self, PlanReport, Shown, SuppressedCell, SystemPlan, TableCell};
use crate::release::{SystemCells, TOTAL_CODE, TableRelease};
use crate::scan::Scanner;
use crate::sieve::{Cell as Code, Codebook};
use crate::summarise::{Cells, Grid, Layout, Slot, TOTAL};

/// What became of the tables.
pub(super) struct Protected {
    pub tables: Vec<TableSummary>,
    /// Cells that could not be protected.
    pub unprotected: u64,
    /// What the sender learns of the suppression.
    pub report: Value,
    /// What the ledger is to say of the tables, where one is kept.
    pub recorded: Vec<Tables>,
    /// What earlier releases made of them.
    pub earlier: Option<EarlierSummary>,
}

/// Plans every system of linked tables and writes its tables, the first at position `first` among the resources of the release.
pub(super) fn write(
    ctx: &Context<'_>,
    found: &Found<'_>,
    left_over: &[Option<Cells>],
    first: usize,
    scanner: &mut Scanner<'_>,
    directory: &mut RunDirectory,
) -> Result<Protected, RunError> {
    let pipeline = ctx.pipeline;
    let mut tables = vec![TableSummary::default(); pipeline.aggregates.len()];
    let (mut unprotected, mut reports, mut recorded) = (0, Vec::new(), Vec::new());
    let mut earlier = ctx.before.map(Before::summary);
    for (at, system) in ctx.linked.iter().enumerate() {
        let counted = &found.summary.tables[at];
        let grid = Grid::new(system, counted.cells.iter().map(|(key, _)| key), &counted.ascents)?;
        let layout = layout(ctx, system);
        let Planned { plan, report, entry, held } =
            plan(ctx, &grid, (counted, &layout), left_over[at].as_ref(), found.codebook)?;
        let told_before = |cell: u32| ctx.before.and_then(|before| before.because(&held, cell));
        let mut told = told(ctx, &grid, &plan, &report, (found.codebook, &told_before));
        if let (Some(before), Some(earlier)) = (ctx.before, &mut earlier) {
            let of_system = before.judged(&held, &grid, &plan);
            told["earlier_releases"] = of_system.to_json();
            earlier.add(&of_system);
        }
        recorded.extend(entry);
        reports.push(told);
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
    Ok(Protected { tables, unprotected, report: Value::Array(reports), recorded, earlier })
}

/// A system with its plan.
struct Planned {
    plan: SystemPlan,
    report: PlanReport,
    /// What the ledger is to say of it.
    entry: Option<Tables>,
    held: Held,
}

/// Decides about the cells of a system from their counts, and from what is left of them when released rows are subtracted.
fn plan(
    ctx: &Context<'_>,
    grid: &Grid<'_>,
    (counted, layout): (&Counted, &Layout),
    left_over: Option<&Cells>,
    codebook: &Codebook,
) -> Result<Planned, RunError> {
    let system = grid.system();
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
            before: None,
        })
    };
    let mut cells: Vec<TableCell<'_>> = grid.keys().iter().enumerate().map(cell).collect::<Result<_, _>>()?;
    let relations = grid.relations()?;
    let recorded = ctx.before.map(|before| Recorded::new(ctx, &before.universe, grid, layout, codebook));
    let held = match ctx.before.zip(recorded.as_ref()) {
        Some((before, recorded)) => recorded.held(before, &cells, &relations, layout)?,
        None => Held::default(),
    };
    for (at, cell) in cells.iter_mut().enumerate() {
        cell.before = held.ahead.before(at);
    }
    let plan = tables::plan_after(&cells, relations.clone(), &held.ahead)?;
    let report = tables::report(&cells, relations, &plan, &held.ahead)?;
    let shown: Vec<Shown> = shapes.iter().map(|(_, shown)| shown.clone()).collect();
    let entry = recorded.map(|recorded| recorded.settle(grid, counted, (&shown, &plan))).transpose()?;
    Ok(Planned { plan, report, entry, held })
}

/// The protection report of a system of tables.
fn told(
    ctx: &Context<'_>,
    grid: &Grid<'_>,
    plan: &SystemPlan,
    report: &PlanReport,
    (codebook, before): (&Codebook, &dyn Fn(u32) -> Option<Value>),
) -> Value {
    let system = grid.system();
    let kept = &ctx.pipeline.datasets[system.dataset].kept;
    let value = |cell: usize, dimension: usize, level: usize, column: usize| {
        let key = grid.value(cell, dimension, level);
        let text = match codebook.cell(system.dataset, column, key) {
            _ if key == TOTAL => json!(TOTAL_CODE),
            Code::Missing => Value::Null,
            Code::Text(text) => json!(text),
            Code::Integer(i) => json!(i),
            Code::Number(x) => json!(x),
        };
        (kept[column].name.clone(), text)
    };
    let place = |cell: usize| -> serde_json::Map<String, Value> {
        let dimensions = system.dimensions.iter().enumerate();
        let levels =
            dimensions.flat_map(|(at, d)| d.levels.iter().enumerate().map(move |(l, column)| (at, l + 1, *column)));
        levels.map(|(dimension, level, column)| value(cell, dimension, level, column)).collect()
    };
    let end = |end: f64| if end.is_finite() { json!(end) } else { Value::Null };
    let suppressed = |cell: &SuppressedCell| {
        json!({
            "cell": place(cell.cell as usize),
            "status": plan.word(cell.cell as usize),
            "unsafe": cell.change.is_some(),
            "earlier_release": before(cell.cell),
            "persons_at_least": end(cell.persons.0),
            "persons_at_most": end(cell.persons.1),
            "exact": cell.exact,
            "change_in_the_other_table": cell.change,
        })
    };
    json!({
        "tables": system.tables.iter().map(|table| ctx.pipeline.aggregates[*table].name.as_str()).collect::<Vec<_>>(),
        "method": "no unsafe cell is a combination of published ones (elimination over the whole system), nor can it be narrowed \
                   down (audit by linear programming)",
        "cells": grid.keys().len(),
        "cells_unprotected": plan.unprotected(),
        "derivable_from_what_is_known": report.derivable.len(),
        "cells_of_earlier_releases_derivable": report.earlier,
        "narrowest_interval_of_an_unsafe_cell": report.narrowest().map(end),
        "suppressed": report.cells.iter().map(suppressed).collect::<Value>(),
    })
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
