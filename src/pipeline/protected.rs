//! Tables: planned system by system, written table by table.

use serde_json::{Value, json};

use super::earlier::{Before, Held, Limits, Outcome, Recorded};
use super::error::RunError;
use super::output::Found;
use super::perturbed::Perturbed;
use super::run::Context;
use super::summary::{EarlierSummary, TableSummary};
use super::tables::layout;
use super::utility::Pictures;
use super::wished::Wished;
use crate::config::{Aggregate, ChosenBy, ExportFormat, Linked, Measure, Threshold};
use crate::export::RunDirectory;
use crate::ledger::Tables;
use crate::protect::tables::{
    self, AskedOfContributors, PlanReport, Shown, SuppressedCell, SystemPlan, TableCell, Weighing,
};
use crate::release::{PerturbedCells, PerturbedSums, PerturbedTable, SystemCells, TOTAL_CODE, TableRelease, sdmx};
use crate::scan::Scanner;
use crate::sieve::{Cell as Code, Codebook};
use crate::summarise::{Cells, Grid, Layout, Slot, TOTAL};

/// What became of the tables.
pub(super) struct Protected {
    pub tables: Vec<TableSummary>,
    /// Cells that could not be protected.
    pub unprotected: u64,
    /// Decisions by hand about cells that no table has.
    pub decisions_unmet: u64,
    /// What the sender learns of the suppression.
    pub report: Value,
    /// What the ledger is to say of the tables, where one is kept.
    pub recorded: Vec<Tables>,
    /// What earlier releases made of them.
    pub earlier: Option<EarlierSummary>,
}

/// A system of linked tables of which it is decided what leaves.
pub(super) struct Decided<'a> {
    layout: Layout,
    /// Its cells, where some were added to those that were counted.
    completed: Option<Cells>,
    grid: Grid<'a>,
    planned: Planned,
}

/// Decides about the cells of every system; `None` where its counts were changed instead.
pub(super) fn decide<'a>(
    ctx: &'a Context<'_>,
    found: &Found<'_>,
    (left_over, perturbed): (&[Option<Cells>], &[Option<Perturbed<'_>>]),
) -> Result<Vec<Option<Decided<'a>>>, RunError> {
    let of_system = |(at, system): (usize, &'a Linked)| -> Result<Option<Decided<'a>>, RunError> {
        if perturbed[at].is_some() {
            return Ok(None);
        }
        let counted = &found.summary.tables[at];
        let layout = layout(ctx, system);
        let wished = Wished::new(ctx.pipeline, system, found.codebook);
        let completed = wished.complete(&counted.cells, &counted.ascents, &layout)?;
        let cells = completed.as_ref().unwrap_or(&counted.cells);
        let grid = Grid::new(system, cells.iter().map(|(key, _)| key), &counted.ascents)?;
        let planned = plan(ctx, &wished, &grid, (cells, &layout), left_over[at].as_ref())?;
        Ok(Some(Decided { layout, completed, grid, planned }))
    };
    ctx.linked.iter().enumerate().map(of_system).collect()
}

/// Writes the tables of every system, the first at position `first` among the resources of the release.
pub(super) fn write(
    ctx: &Context<'_>,
    found: &Found<'_>,
    (decided, perturbed): (Vec<Option<Decided<'_>>>, &[Option<Perturbed<'_>>]),
    first: usize,
    (scanner, pictures): (&mut Scanner<'_>, &mut Pictures),
    directory: &mut RunDirectory,
) -> Result<Protected, RunError> {
    let pipeline = ctx.pipeline;
    let mut tables = vec![TableSummary::default(); pipeline.aggregates.len()];
    let (mut unprotected, mut decisions_unmet, mut reports, mut recorded) = (0, 0, Vec::new(), Vec::new());
    let mut earlier = ctx.before.map(Before::summary);
    // Behind the outputs and the correspondences of their pseudonyms.
    let after = first + pipeline.aggregates.len() + pipeline.persons.len();
    for (at, (system, decided)) in ctx.linked.iter().zip(decided).enumerate() {
        if let Some(system) = &perturbed[at] {
            reports.push(system.report.clone());
            recorded.extend(system.entry.clone());
            changed(ctx, found.codebook, system, first, (scanner, pictures, directory), &mut tables)?;
        }
        let Some(Decided { layout, completed, grid, planned }) = decided else { continue };
        let Planned { plan, report, entry, held, unmet } = planned;
        let cells = completed.as_ref().unwrap_or(&found.summary.tables[at].cells);
        let told_before = |cell: u32| ctx.before.and_then(|before| before.because(&held, cell));
        let mut told = told(ctx, &grid, &plan, &report, (found.codebook, &told_before));
        if let (Some(before), Some(earlier)) = (ctx.before, &mut earlier) {
            let of_system = judged(before, &held, &grid, &plan);
            told["earlier_releases"] = of_system.to_json();
            earlier.add(&of_system);
        }
        recorded.extend(entry);
        reports.push(told);
        let cells = SystemCells { grid: &grid, cells, plan: &plan, estimates: &found.summary.estimates[at] };
        decisions_unmet += unmet;
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
            pictures.take(pipeline, table, &chunk);
            writer.write(&chunk)?;
            directory.close(writer)?;
            if let Some(structure) = &aggregate.wishes.sdmx {
                let resource = sdmx::resource(&release);
                let index = after + table;
                let chunk = sdmx::chunk(&release, (index, &resource, structure), &cells)??;
                let mut writer = directory.writer(index, &resource, aggregate.recipient, &[ExportFormat::Csv])?;
                scanner.look(&resource, &chunk)?;
                writer.write(&chunk)?;
                directory.close(writer)?;
            }
            tables[table] = summary(&aggregate.name, system, table, &grid, &plan);
        }
    }
    Ok(Protected { tables, unprotected, decisions_unmet, report: Value::Array(reports), recorded, earlier })
}

/// Writes the tables of a system whose counts were changed.
fn changed(
    ctx: &Context<'_>,
    codebook: &Codebook,
    system: &Perturbed<'_>,
    first: usize,
    (scanner, pictures, directory): (&mut Scanner<'_>, &mut Pictures, &mut RunDirectory),
    tables: &mut [TableSummary],
) -> Result<(), RunError> {
    let pipeline = ctx.pipeline;
    let columns = layout(ctx, system.grid.system());
    let sums = columns.amounts().iter().zip(&system.sums);
    let sums: Vec<PerturbedSums<'_>> =
        sums.map(|(column, sums)| (*column, sums.values.as_slice(), sums.persons.as_deref())).collect();
    let cells = PerturbedCells { persons: &system.values, sums: &sums };
    for &table in &system.grid.system().tables {
        let aggregate = &pipeline.aggregates[table];
        let how = aggregate.perturb.as_ref().ok_or(RunError::Bug("a table is perturbed by no method"))?;
        let release = PerturbedTable::new(pipeline, (first + table, table), (how, &system.told), codebook);
        let chunk = release.chunk(&system.grid, cells)??;
        let formats = &pipeline.export.formats;
        let mut writer = directory.writer(first + table, release.resource(), aggregate.recipient, formats)?;
        scanner.look(release.resource(), &chunk)?;
        pictures.take(pipeline, table, &chunk);
        writer.write(&chunk)?;
        let cells = directory.close(writer)?;
        tables[table] = TableSummary { name: aggregate.name.clone(), cells, ..TableSummary::default() };
    }
    Ok(())
}

/// What earlier releases made of the shown cells of a system.
fn judged(before: &Before, held: &Held, grid: &Grid<'_>, plan: &SystemPlan) -> EarlierSummary {
    let outcome = |at: usize| match plan.status(at) {
        tables::Status::Published => Outcome::Published,
        status if status.is_primary() => Outcome::Primary,
        _ => Outcome::Otherwise,
    };
    let shown = (0..grid.keys().len()).filter(|at| !grid.system().shapes[grid.shape(*at)].shown.is_empty());
    let summary = before.judged(held, shown.map(|at| (at, outcome(at))));
    EarlierSummary { unprotected: plan.earlier_unprotected(), ..summary }
}

/// A system with its plan.
struct Planned {
    plan: SystemPlan,
    report: PlanReport,
    /// What the ledger is to say of it.
    entry: Option<Tables>,
    held: Held,
    /// Decisions by hand about cells that no table has.
    unmet: u64,
}

/// Decides about the cells of a system from their counts, and from what is left of them when released rows are subtracted.
fn plan(
    ctx: &Context<'_>,
    wished: &Wished<'_>,
    grid: &Grid<'_>,
    (counted, layout): (&Cells, &Layout),
    left_over: Option<&Cells>,
) -> Result<Planned, RunError> {
    let system = grid.system();
    // Tables that show one cell decide about it together: the most careful threshold holds for all.
    let threshold = |shown: &[usize]| -> Threshold {
        let thresholds = shown.iter().map(|table| ctx.pipeline.aggregates[system.tables[*table]].threshold);
        thresholds.max().unwrap_or(Threshold::DEFAULT)
    };
    let all: Vec<usize> = (0..system.tables.len()).collect();
    let of_shape = |shape: &crate::config::Shape| -> Result<ShapeRules, RunError> {
        // A cell that no table shows may follow from all of them.
        let tables = if shape.shown.is_empty() { &all } else { &shape.shown };
        let asked = tables.iter().map(|table| asked(&ctx.pipeline.aggregates[system.tables[*table]]));
        Ok(ShapeRules {
            threshold: threshold(tables),
            shown: shown(ctx, system, layout, &shape.shown),
            weighing: Weighing::new(asked).map_err(tables::TableError::Rules)?,
            records: counts_records(ctx, system, tables),
        })
    };
    let shapes: Vec<ShapeRules> = system.shapes.iter().map(of_shape).collect::<Result<_, _>>()?;
    let signed = signed(layout, counted);
    let relations = grid.relations()?;
    let (wishes, unmet) = wished.decisions(grid);
    let thresholds: Vec<u64> = (0..grid.keys().len()).map(|cell| shapes[grid.shape(cell)].threshold.get()).collect();
    let groups = wished.groups(grid, &relations, (counted, &thresholds))?;
    let common = system.tables.first().map(|table| &ctx.pipeline.aggregates[*table].wishes);
    let (cost, zeros) = common.map_or_else(Default::default, |wishes| (wishes.cost, wishes.zeros));
    let lost = || RunError::Bug("a cell of a table is lost");
    let cell = |(at, key): (usize, &crate::summarise::CellKey)| -> Result<TableCell<'_>, RunError> {
        let (known, rules) = (system.shapes[grid.shape(at)].known, &shapes[grid.shape(at)]);
        let cell = counted.get(key).ok_or_else(lost)?;
        let left_over = left_over.and_then(|cells| cells.get(key));
        let weighed = rules.weighing.as_ref().map(|weighing| weighing.weigh(cell, left_over, rules.records, &signed));
        let weighed = weighed.transpose().map_err(tables::TableError::Rules)?;
        Ok(TableCell {
            left_over,
            known,
            weighed,
            wish: wishes[at],
            cost,
            zeros,
            group: groups[at],
            ..TableCell::new(cell, &rules.shown, rules.threshold)
        })
    };
    let mut cells: Vec<TableCell<'_>> = grid.keys().iter().enumerate().map(cell).collect::<Result<_, _>>()?;
    let recorded = ctx.before.map(|before| Recorded::new(ctx, &before.universe, grid, layout, wished.codebook()));
    let held = match ctx.before.zip(recorded.as_ref()) {
        Some((before, recorded)) => recorded.held(before, &cells, &relations)?,
        None => Held::default(),
    };
    let persons: Vec<u64> = cells.iter().map(|cell| cell.cell.persons).collect();
    let limits = ctx.before.zip(recorded.as_ref());
    let limits = limits.map(|(before, recorded)| Limits::of_changed(before, recorded, &relations, &persons));
    for (at, cell) in cells.iter_mut().enumerate() {
        cell.before = held.ahead.before(at);
        cell.within = limits.as_ref().map(|limits| limits.within[at]);
    }
    // Along which dimensions the parts of each sum are finer.
    let refined: Vec<Vec<usize>> = relations.iter().map(|(total, parts)| finer(grid, *total, parts)).collect();
    let method = match common.map_or(ChosenBy::Elimination, |wishes| wishes.method) {
        ChosenBy::Elimination => tables::Method::Elimination,
        ChosenBy::Modular => tables::Method::Modular(&refined),
        ChosenBy::Optimal { seconds } => tables::Method::Optimal(seconds),
    };
    let plan = tables::plan_after(&cells, relations.clone(), &held.ahead, method)?;
    let report = tables::report(&cells, relations, &plan, &held.ahead)?;
    let shown: Vec<Shown> = shapes.iter().map(|shape| shape.shown.clone()).collect();
    let entry = recorded.map(|recorded| recorded.settle(grid, counted, (&shown, &plan))).transpose()?;
    Ok(Planned { plan, report, entry, held, unmet })
}

fn finer(grid: &Grid<'_>, total: u32, parts: &[u32]) -> Vec<usize> {
    let levels = |cell: u32| &grid.system().shapes[grid.shape(cell as usize)].levels;
    let Some(first) = parts.first() else { return Vec::new() };
    let both = levels(total).iter().zip(levels(*first)).enumerate();
    both.filter(|(_, (above, below))| above != below).map(|(dimension, _)| dimension).collect()
}

/// What holds for the cells of one shape.
struct ShapeRules {
    threshold: Threshold,
    shown: Shown,
    weighing: Option<Weighing>,
    /// Whether a table shows the number of records.
    records: bool,
}

fn asked(table: &Aggregate) -> AskedOfContributors<'_> {
    AskedOfContributors { concentration: &table.concentration, held: table.holding.is_some(), holdings: table.holdings }
}

/// Whether tables tell of the number of records: they show it, or the sum and the mean of one column, whose quotient it is.
fn counts_records(ctx: &Context<'_>, system: &Linked, tables: &[usize]) -> bool {
    let measures = || tables.iter().flat_map(|table| &ctx.pipeline.aggregates[system.tables[*table]].measures);
    measures().any(|(_, measure)| match measure {
        Measure::Records => true,
        Measure::Mean(column) => measures().any(|(_, other)| *other == Measure::Sum(*column)),
        _ => false,
    })
}

/// Of which summed columns outsiders must hold negative contributions possible: those of which some record has one.
fn signed(layout: &Layout, cells: &Cells) -> Vec<bool> {
    let negative = |at: usize| {
        let contributions = cells.iter().filter_map(|(_, cell)| cell.contributions.as_ref());
        contributions.into_iter().any(|found| found.negative(at + 1))
    };
    (0..layout.amounts().len()).map(negative).collect()
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
    let chosen = ctx.pipeline.aggregates[system.tables[0]].wishes.method;
    json!({
        "tables": system.tables.iter().map(|table| ctx.pipeline.aggregates[*table].name.as_str()).collect::<Vec<_>>(),
        "method": "no unsafe cell is a combination of published ones (elimination over the whole system), nor can it be narrowed \
                   down (audit by linear programming)",
        "chosen_by": chosen.word(),
        "least_cost": plan.least(),
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
    let group = |column: usize| {
        let wishes = tables.iter().map(|at| &ctx.pipeline.aggregates[system.tables[*at]].wishes);
        wishes.into_iter().any(|wishes| wishes.group.contains(&column))
    };
    let groups = layout.shares().iter().map(|share| group(share.column)).collect();
    Shown { cell: !tables.is_empty(), amounts: amounts.into(), shares: shares.into(), groups }
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
