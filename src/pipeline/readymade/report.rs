//! Protected tables as they are written, and the report for whoever sends them.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::decimal::{float, shown};
use super::group::Group;
use super::noted::Noted;
use super::protect::{Outcome, ReadyFile};
use crate::config::ReadyTables;
use crate::pipeline::csv::line;
use crate::protect::tables::SILENT;
use crate::protect::tables::rules::{Mark, Primary, RuleName};

fn reason(primary: Option<Primary>) -> RuleName {
    primary.map_or(RuleName::Secondary, |found| found.rule)
}

/// Columns and codes of a cell.
pub(super) fn place(group: &Group<'_>, cell: u32) -> Vec<(String, String)> {
    let row = group.tied.row[cell as usize];
    let codes = row.map_or(&group.tied.finest[cell as usize], |row| &group.rows[row].1.codes);
    let total = &group.tables[row.map_or(0, |row| group.rows[row].0)].total;
    let code = |code: &Option<String>| code.clone().unwrap_or_else(|| total.clone());
    group.by.iter().cloned().zip(codes.iter().map(code)).collect()
}

/// Rows of a table: their cells, in canonical order.
fn rows_of(group: &Group<'_>, table: usize) -> Vec<(usize, usize)> {
    let all = group.rows.iter().zip(&group.tied.place).enumerate();
    let own = all.filter(|(_, ((of, _), _))| *of == table);
    let mut rows: Vec<(usize, usize)> = own.map(|(row, (_, cell))| (*cell as usize, row)).collect();
    rows.sort_unstable();
    rows
}

/// One table.
pub(super) fn file(group: &Group<'_>, outcome: &Outcome, at: usize) -> ReadyFile {
    let table = group.tables[at];
    let columns = super::input::own(table, &group.by);
    let mut csv = String::new();
    let header = table.by.iter().map(String::as_str).chain([table.value_label(), "statut", "marque"]);
    line(&mut csv, header);
    let rows = rows_of(group, at);
    let (mut primary, mut secondary) = (0, 0);
    for (cell, row) in &rows {
        let row = &group.rows[*row].1;
        let hidden = outcome.done.hidden[*cell];
        let found = outcome.primary[*cell];
        let value = if hidden { String::new() } else { shown(row.value) };
        let mark = found.map_or(Mark::D, |found| found.mark).letter().to_string();
        let (status, mark) = match (hidden, outcome.reasons) {
            (false, _) => ("publie", Mark::V.letter().to_string()),
            (true, true) => (reason(found).status(), mark),
            (true, false) => (SILENT, String::new()),
        };
        let codes = columns.iter().map(|at| row.codes[*at].as_deref().unwrap_or(&table.total));
        line(&mut csv, codes.chain([value.as_str(), status, mark.as_str()]));
        primary += usize::from(hidden && found.is_some());
        secondary += usize::from(hidden && found.is_none());
    }
    ReadyFile { name: table.name.clone(), csv, cells: rows.len(), primary, secondary, perturbed: false }
}

fn finite(end: f64) -> Json {
    if end.is_finite() { json!(end) } else { Json::Null }
}

/// What is reported of linked tables.
pub(super) fn system(group: &Group<'_>, outcome: &Outcome, noted: Option<&Noted<'_>>) -> Json {
    let tables: Vec<Json> = (0..group.tables.len()).map(|at| of_table(group, outcome, at)).collect();
    let codes = |cell: u32| -> Json {
        place(group, cell)
            .into_iter()
            .map(|(column, code)| (column, json!(code)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let asked: BTreeMap<u32, (f64, f64)> =
        outcome.done.asked.iter().map(|demand| (demand.cell, (demand.low, demand.high))).collect();
    let intervals = outcome.done.intervals.iter().map(|(cell, interval)| {
        let at = *cell as usize;
        let demanded = outcome.demanded[at].map_or(Json::Null, |(low, high)| json!([low, high]));
        let asked = asked.get(cell).map_or(Json::Null, |(low, high)| json!([low, high]));
        let (low, high) = match interval.exact {
            true => (interval.low, interval.high),
            false => (interval.reached_low, interval.reached_high),
        };
        json!({
            "cell": codes(*cell),
            "shown": group.tied.row[at].is_some(),
            "value": float(group.values[at]),
            "reason": reason(outcome.primary[at]).status(),
            "earlier_release": noted.and_then(|noted| noted.because(*cell)),
            "low": finite(low),
            "high": finite(high),
            "exact": interval.exact,
            "demanded": demanded,
            "asked": asked,
        })
    });
    let forced = (0_u32..)
        .zip(&outcome.forced)
        .filter_map(|(cell, broken)| broken.map(|broken| json!({ "cell": codes(cell), "broken": broken.rule.word() })));
    json!({
        "tables": tables,
        "hierarchies": { "used": group.hierarchies.used, "found": group.hierarchies.found },
        "reasons_told": outcome.reasons,
        "worst_margin": finite(outcome.done.worst),
        "cost": outcome.done.cost,
        "least_cost": outcome.done.least,
        "excess_over_least": excess(outcome.done.cost, outcome.done.least),
        "published_by_decision": forced.collect::<Vec<_>>(),
        "unprotected": outcome.done.unprotected.iter().map(|cell| codes(*cell)).collect::<Vec<_>>(),
        "intervals": intervals.collect::<Vec<_>>(),
    })
}

/// By which part of the least cost a pattern is dearer.
fn excess(cost: u64, least: Option<f64>) -> Json {
    let excess = least.filter(|least| *least > 0.0).map(|least| (cost as f64 / least - 1.0).max(0.0));
    excess.map_or(Json::Null, |excess| json!(excess))
}

/// Per rule, the cells and the value that are suppressed.
fn of_table(group: &Group<'_>, outcome: &Outcome, at: usize) -> Json {
    let table = group.tables[at];
    let rows = rows_of(group, at);
    let mut by_rule: BTreeMap<RuleName, (u64, i128)> = BTreeMap::new();
    for (cell, row) in rows.iter().filter(|(cell, _)| outcome.done.hidden[*cell]) {
        let entry = by_rule.entry(reason(outcome.primary[*cell])).or_default();
        entry.0 += 1;
        entry.1 = entry.1.saturating_add(group.rows[*row].1.value.abs());
    }
    let suppressed = by_rule
        .into_iter()
        .map(|(rule, (cells, value))| (rule.status().to_owned(), json!({ "cells": cells, "value": float(value) })));
    json!({
        "name": table.name,
        "value": table.value_label(),
        "cells": rows.len(),
        "suppressed": suppressed.collect::<serde_json::Map<_, _>>(),
    })
}

/// The whole report.
pub(super) fn whole(spec: &ReadyTables, systems: Vec<Json>) -> Json {
    let method = spec.method.word();
    let perturbed = spec.tables.iter().filter(|table| table.perturb.is_some()).count();
    if perturbed == spec.tables.len() {
        return json!({ "method": "perturbation of counts", "systems": systems });
    }
    json!({
        "method": method,
        "objective": spec.objective.word(),
        "safety_range": spec.safety_range.as_str(),
        "systems": systems,
    })
}
