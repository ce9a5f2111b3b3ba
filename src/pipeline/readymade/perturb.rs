//! Tables made elsewhere whose numbers are changed, in place of suppressing cells.

mod sums;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value as Json, json};

use super::cells::{Codes, ReadymadeError};
use super::decimal::{self, ONE};
use super::group::Group;
use super::input::{Content, own};
use super::noted;
use super::protect::ReadyFile;
use crate::config::{Noise, Perturb, ReadyMeasure, ReadyPerturb, ReadyTable};
use crate::keys::{Domain, KeySource, MasterKey, PerturbationKey, RUN, load_root};
use crate::ledger::{self, ChangedBy, Tables};
use crate::pipeline::csv::line;
use crate::pipeline::earlier::{Before, Recorded};
use crate::pipeline::error::RunError;
use crate::pipeline::perturbed::{self, Amounts, Bill, Changed, Counts, Method, of_budget};
use crate::pipeline::samples::each_row;
use crate::protect::perturb::budget::Ledger;
use crate::protect::perturb::narrow::Sum;
use crate::protect::tables::Relation;

/// Names of columns with their codes: what a cell is called in every table.
type Name = Vec<(String, String)>;

/// Keys of this command, each loaded once.
#[derive(Default)]
pub(super) struct Keys(Vec<(KeySource, PerturbationKey)>);

impl Keys {
    /// Loads what a table names.
    pub fn load(&mut self, perturb: &ReadyPerturb) -> Result<(), RunError> {
        let Some(source) = &perturb.key else { return Ok(()) };
        if self.of(perturb).is_none() {
            let root: MasterKey = load_root(source)?;
            let domain = Domain { epoch: RUN, recipient: "", dataset: "tables", identifier: "text" };
            self.0.push((source.clone(), root.perturbation_key(&domain)));
        }
        Ok(())
    }

    fn of(&self, perturb: &ReadyPerturb) -> Option<&PerturbationKey> {
        self.0.iter().find(|(source, _)| Some(source) == perturb.key.as_ref()).map(|(_, key)| key)
    }
}

/// Linked tables, ready to be changed.
pub(super) struct Prepared<'a> {
    /// Positions of the tables in the file.
    pub numbers: Vec<usize>,
    tables: Vec<&'a ReadyTable>,
    perturb: &'a ReadyPerturb,
    method: Method,
    counts: Counts,
    /// For each table, its rows: codes as they are written, and the cell.
    rows: Vec<Vec<(Vec<String>, usize)>>,
    /// In the words of the ledger, where one is kept, and how they are changed.
    recorded: Option<(Recorded, ledger::Changed)>,
}

/// Changed tables.
pub(super) struct Finished {
    /// The tables, with the positions of theirs.
    pub files: Vec<(usize, ReadyFile)>,
    pub report: Json,
    /// What the ledger is to say of them, where one is kept.
    pub entry: Option<Tables>,
}

impl<'a> Prepared<'a> {
    /// Checks that everybody counts once, and gathers counts, keys and sums of all cells.
    pub fn new(
        group: Group<'a>,
        perturb: &'a ReadyPerturb,
        (keys, before): (&Keys, Option<&Before>),
    ) -> Result<Self, RunError> {
        let method = Method::new(&perturb.how)?;
        for (table, content) in group.tables.iter().zip(&group.contents) {
            let once = match content {
                // Sums bound no contributor but under noise.
                Content::Micro(micro) if table.measure == ReadyMeasure::Amount => {
                    !matches!(perturb.how, Perturb::Noise(_)) || micro.adds_once()
                }
                Content::Cells(_) if table.measure == ReadyMeasure::Amount => true,
                Content::Micro(micro) => micro.counts_once(),
                Content::Cells(cells) => {
                    cells.iter().all(|cell| cell.contributors.is_none_or(|n| i128::from(n) * ONE == cell.value))
                }
            };
            if !once {
                return Err(ReadymadeError::CountsTwice { file: table.file.clone() }.into());
            }
        }
        let summed = group.tables.first().filter(|table| table.measure == ReadyMeasure::Amount);
        let summed = summed.and_then(|table| perturb.how.sum_of(table.value_label()));
        if summed.is_none() || matches!(perturb.how, Perturb::Noise(_)) {
            alike(&group, matches!(perturb.how, Perturb::Noise(_)))?;
        }
        let made = summed.map(|change| sums::cells(&group, change, keys.of(perturb))).transpose()?;
        let numbers: Vec<u64> = match &made {
            Some(cells) => cells.iter().map(|cell| cell.contributors).collect(),
            None => group.values.iter().map(|value| count(*value)).collect::<Result<_, _>>()?,
        };
        let label =
            format!("tables/{}", group.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>().join("+"));
        let (mut counts, rows, from) = match perturb.how {
            Perturb::Noise(_) => listed(&group, &numbers)?,
            _ => tied(&group, numbers),
        };
        if let (Perturb::CellKey { .. }, Some(key)) = (&perturb.how, keys.of(perturb)) {
            counts.keys = cell_keys(&group, key)?;
        }
        if let Some((change, cells)) = summed.zip(made) {
            let cell = |from: &Option<usize>| from.and_then(|at| cells.get(at)).cloned().unwrap_or_default();
            let cells = from.iter().map(cell).collect();
            counts.hidden = true;
            counts.amounts.push(Amounts { change: change.clone(), cells, persons: None });
        }
        counts.label = label;
        counts.threshold = group.tables.iter().filter_map(|table| table.rules.threshold).max().unwrap_or(0);
        let recorded = before.map(|before| {
            let recorded = noted::recorded(&group, &before.universe);
            let changed = method.changed(&perturb.how.to_json(), keys.of(perturb));
            // Listed cells of noise are others; nothing is known of them, and nothing written down.
            if changed.by != ChangedBy::Noise {
                counts.after(before, &recorded, &noted::relations(&group), &changed)?;
            }
            Ok::<_, RunError>((recorded, changed))
        });
        let recorded = recorded.transpose()?;
        Ok(Self { numbers: group.numbers, tables: group.tables, perturb, method, counts, rows, recorded })
    }

    /// Whether it is paid for.
    pub fn is_noise(&self) -> bool {
        matches!(self.perturb.how, Perturb::Noise(_))
    }

    /// What noise costs, and from which budget.
    pub fn bill(&self, keys: &Keys) -> Result<Option<Bill<'a>>, RunError> {
        let Perturb::Noise(Noise { budget, .. }) = &self.perturb.how else { return Ok(None) };
        let key = keys.of(self.perturb).ok_or(perturbed::PerturbError::KeyNeeded)?;
        Ok(Some((budget, self.counts.entry(&self.method, (&self.perturb.how.to_json(), key))?)))
    }

    /// Changes the counts.
    pub fn change(&self, keys: &Keys) -> Result<Changed, RunError> {
        Ok(self.counts.change(&self.method, &self.perturb.how.to_json(), keys.of(self.perturb))?)
    }

    /// The changed tables, and what is reported of them.
    pub fn finish(
        self,
        Changed { values, limits, sums, effect }: Changed,
        ledger: Option<Ledger>,
    ) -> Result<Finished, RunError> {
        let how = &self.perturb.how;
        let file = |(table, rows): (&&ReadyTable, &Vec<(Vec<String>, usize)>)| {
            let mut csv = String::new();
            line(&mut csv, table.by.iter().map(String::as_str).chain([table.value_label(), "statut"]));
            let mut cells = 0;
            for (codes, cell) in rows {
                let value = match sums.first() {
                    Some(sums) => sums.values[*cell].map(decimal::shown),
                    None => values[*cell].map(|value| value.to_string()),
                };
                let Some(value) = value else { continue };
                line(&mut csv, codes.iter().map(String::as_str).chain([value.as_str(), how.status()]));
                cells += 1;
            }
            ReadyFile { name: table.name.clone(), csv, cells, primary: 0, secondary: 0, perturbed: true }
        };
        let files: Vec<ReadyFile> = self.tables.iter().zip(&self.rows).map(file).collect();
        let mut report = json!({
            "tables": files.iter().map(|file| json!({ "name": file.name, "cells": file.cells })).collect::<Vec<_>>(),
            "perturbation": perturbed::told(how, &self.method, (self.counts.shapes, self.counts.layers()))?,
            "effect": effect,
        });
        if let (Perturb::Noise(Noise { budget, .. }), Some(ledger), Some(fields)) =
            (how, ledger, report.as_object_mut())
        {
            fields.insert("budget".to_owned(), of_budget(&budget.file, &ledger));
        }
        let entry = self.recorded.map(|(recorded, changed)| recorded.changed(changed, &limits));
        Ok(Finished { files: self.numbers.iter().copied().zip(files).collect(), report, entry })
    }
}

/// Whether a contributor of several linked files has the same codes in all of them: else they would be in several cells of one kind.
/// `named` asks that all have names, without which nobody knows.
fn alike(group: &Group<'_>, named: bool) -> Result<(), ReadymadeError> {
    let mut met: HashMap<&str, Codes> = HashMap::new();
    for (table, content) in group.tables.iter().zip(&group.contents) {
        let Content::Micro(micro) = content else { continue };
        for (name, codes) in micro.named() {
            let Some(name) = name else {
                if named {
                    return Err(ReadymadeError::NoContributor { file: table.file.clone() });
                }
                continue;
            };
            let known = met.entry(name).or_insert_with(|| codes.clone());
            for (known, code) in known.iter_mut().zip(codes) {
                match (&known, code) {
                    (Some(one), Some(other)) if one != other => {
                        return Err(ReadymadeError::CountsTwice { file: table.file.clone() });
                    }
                    (None, Some(_)) => known.clone_from(code),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

fn count(units: i128) -> Result<u64, RunError> {
    u64::try_from(units / ONE).map_err(|_| ReadymadeError::TooLarge.into())
}

/// Codes of a row as they are written.
fn written(table: &ReadyTable, by: &[String], codes: &Codes) -> Vec<String> {
    own(table, by).iter().map(|at| codes[*at].clone().unwrap_or_else(|| table.total.clone())).collect()
}

type Rows = Vec<Vec<(Vec<String>, usize)>>;

/// For each cell that is changed the one of the system that it is, where it has numbers.
type From = Vec<Option<usize>>;

/// All cells of the system with their numbers of contributors, and the sums that tie them.
fn tied(group: &Group<'_>, numbers: Vec<u64>) -> (Counts, Rows, From) {
    let name = |codes: &Codes| -> Name {
        let pairs = group.by.iter().zip(codes);
        pairs.filter_map(|(column, code)| Some((column.clone(), code.clone()?))).collect()
    };
    let sum = |at: u32| {
        let Relation { total, parts } = group.tied.system.relation(at);
        let number = |cell: u32| u128::from(numbers[cell as usize]);
        // Of contributors to sums, some may be in several parts.
        let adds_up = parts.iter().map(|part| number(*part)).sum::<u128>() == number(total);
        Sum { total, parts: parts.to_vec(), adds_up }
    };
    let cells = group.values.len();
    let is_whole = |codes: &Codes| cells > 1 && codes.iter().all(Option::is_none);
    let sums = (0..group.tied.system.relations() as u32).map(sum).collect();
    let counts = Counts {
        counts: numbers,
        names: group.tied.finest.iter().map(name).collect(),
        shown: group.tied.row.iter().map(Option::is_some).collect(),
        known: group.tied.finest.iter().map(is_whole).collect(),
        seen: vec![0; cells],
        sums,
        ..Counts::default()
    };
    let mut rows: Rows = vec![Vec::new(); group.tables.len()];
    for ((table, row), cell) in group.rows.iter().zip(&group.tied.place) {
        rows[*table].push((written(group.tables[*table], &group.by, &row.codes), *cell as usize));
    }
    rows.iter_mut().for_each(|rows| rows.sort_by_key(|(_, cell)| *cell));
    (counts, rows, (0..cells).map(Some).collect())
}

/// Sums of record keys: each contributor has the key of their name.
fn cell_keys(group: &Group<'_>, key: &PerturbationKey) -> Result<Vec<u64>, RunError> {
    let mut keys = vec![0_u64; group.values.len()];
    for (columns, cells) in group.tied.by_shape() {
        let mut shaped = BTreeMap::new();
        for cell in cells {
            let Some((table, _)) = group.tied.row[cell].map(|row| &group.rows[row]) else { continue };
            let Content::Micro(micro) = &group.contents[*table] else { continue };
            let shaped = shaped.entry(*table).or_insert_with(|| micro.gather(&columns));
            for who in shaped.cells.get(&group.tied.finest[cell]).into_iter().flatten().map(|(who, _)| who) {
                let file = || ReadymadeError::NoContributor { file: group.tables[*table].file.clone() };
                let name = micro.name(*who).ok_or_else(file)?;
                keys[cell] = keys[cell].wrapping_add(key.record(name.as_bytes()));
            }
        }
    }
    Ok(keys)
}

/// The cells that the lists name, whatever the tables hold.
fn listed(group: &Group<'_>, numbers: &[u64]) -> Result<(Counts, Rows, From), RunError> {
    let mut cells: BTreeMap<Name, Option<usize>> = BTreeMap::new();
    let mut lists: Vec<Vec<(Vec<String>, Name)>> = Vec::new();
    // Kinds of cells that microdata make: one row each puts a contributor into one cell of each kind.
    let mut made: BTreeSet<Vec<String>> = BTreeSet::new();
    // Cells of one contributor in tables of cells.
    let mut told: u32 = 0;
    for (at, table) in group.tables.iter().enumerate() {
        let file = table.perturb.as_ref().and_then(|perturb| perturb.cells.clone()).unwrap_or_default();
        let list = list(table, &file)?;
        let kinds = |names: &BTreeSet<Name>| -> BTreeSet<Vec<String>> {
            names.iter().map(|name| name.iter().map(|(column, _)| column.clone()).collect()).collect()
        };
        let named: BTreeSet<Name> = list.iter().map(|(_, name)| name.clone()).collect();
        let columns = own(table, &group.by);
        let mut met = BTreeSet::new();
        for ((_, row), place) in group.rows.iter().zip(&group.tied.place).filter(|((of, _), _)| *of == at) {
            let pairs = table.by.iter().zip(&columns);
            let name: Name = pairs.filter_map(|(column, at)| Some((column.clone(), row.codes[*at].clone()?))).collect();
            if !named.contains(&name) {
                return Err(ReadymadeError::NotListed { file }.into());
            }
            cells.insert(name.clone(), Some(*place as usize));
            met.insert(name);
        }
        // A kind of total that no row has would have a 0 that is none.
        if !met.is_empty() && kinds(&met) != kinds(&named) {
            return Err(ReadymadeError::NotListed { file }.into());
        }
        match table.perturb.as_ref().and_then(|perturb| perturb.cells_per_contributor) {
            None => made.extend(kinds(&named)),
            Some(bound) if (bound as usize) < kinds(&named).len() => {
                return Err(ReadymadeError::FewCells { file }.into());
            }
            Some(bound) => told = told.saturating_add(bound),
        }
        for name in named {
            cells.entry(name).or_insert(None);
        }
        lists.push(list);
    }
    let names: Vec<Name> = cells.keys().cloned().collect();
    let place = |name: &Name| names.binary_search(name).map_err(|_| RunError::Bug("a listed cell is lost"));
    let row = |(codes, name): &(Vec<String>, Name)| Ok((codes.clone(), place(name)?));
    let rows: Rows = lists
        .iter()
        .map(|list| list.iter().map(row).collect::<Result<Vec<_>, RunError>>())
        .collect::<Result<_, _>>()?;
    let shapes =
        u32::try_from(made.len()).ok().and_then(|made| made.checked_add(told)).ok_or(ReadymadeError::TooLarge)?;
    let from: From = cells.into_values().collect();
    let counts = Counts {
        counts: from.iter().map(|at| at.map_or(0, |at| numbers[at])).collect(),
        shown: vec![true; names.len()],
        known: vec![false; names.len()],
        seen: vec![0; names.len()],
        shapes,
        names,
        ..Counts::default()
    };
    Ok((counts, rows, from))
}

/// The cells of a list, in the order of their codes.
fn list(table: &ReadyTable, file: &std::path::Path) -> Result<Vec<(Vec<String>, Name)>, RunError> {
    let columns: Vec<&str> = table.by.iter().map(String::as_str).collect();
    let mut found: BTreeMap<Vec<String>, Name> = BTreeMap::new();
    let mut line = 1;
    each_row(file, &columns, |cells| {
        line += 1;
        let codes: Vec<String> = cells.iter().map(|cell| cell.unwrap_or_default().to_owned()).collect();
        let pairs = table.by.iter().zip(&codes).filter(|(_, code)| **code != table.total);
        let name = pairs.map(|(column, code)| (column.clone(), code.clone())).collect();
        if found.insert(codes, name).is_some() {
            return Err(ReadymadeError::CellTwice { file: file.to_path_buf(), line }.into());
        }
        Ok(())
    })?;
    Ok(found.into_iter().collect())
}
