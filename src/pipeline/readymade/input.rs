//! The rows of tables that are to be protected.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::cells::{Codes, Needed, ReadymadeError};
use super::decimal;
use super::micro::{Micro, Reading};
use super::nesting::Nesting;
use crate::config::{Decision, ReadyForm, ReadyMeasure, ReadyTable};
use crate::pipeline::error::RunError;
use crate::pipeline::samples::{each_line, labels};

/// A row of a table of cells.
#[derive(Debug, Clone)]
pub(super) struct ReadCell {
    pub codes: Codes,
    /// Line of the file, from 1; 0 where the cell was made of microdata.
    pub line: u64,
    /// In units of 10⁻⁹.
    pub value: i128,
    pub contributors: Option<u64>,
    /// Largest contributions, falling, in units of 10⁻⁹.
    pub largest: Vec<i128>,
    pub decision: Decision,
    pub cost: Option<u64>,
}

/// What a file holds.
pub(super) enum Content {
    Cells(Vec<ReadCell>),
    Micro(Micro),
}

/// Reads a table. `by` are the columns of all linked tables, each once.
pub(super) fn read(table: &ReadyTable, by: &[String]) -> Result<Content, RunError> {
    match &table.form {
        ReadyForm::Cells { .. } => Ok(Content::Cells(cells(table, by)?)),
        ReadyForm::Microdata { .. } => Ok(Content::Micro(contributions(table, by)?)),
    }
}

/// Positions of the table's own columns among those of all.
pub(super) fn own(table: &ReadyTable, by: &[String]) -> Vec<usize> {
    table.by.iter().filter_map(|column| by.iter().position(|other| other == column)).collect()
}

/// A row, with the columns that were asked for by name.
struct Line<'a> {
    table: &'a ReadyTable,
    line: u64,
    columns: &'a [&'a str],
    cells: &'a [Option<&'a str>],
}

impl Line<'_> {
    fn text(&self, column: &str) -> &str {
        let at = self.columns.iter().position(|other| *other == column);
        at.and_then(|at| self.cells[at]).unwrap_or_default().trim()
    }

    fn needed(&self, column: &str, of: Needed) -> RunError {
        let (file, column) = (self.table.file.clone(), column.to_owned());
        ReadymadeError::NumberNeeded { file, line: self.line, column, of }.into()
    }

    /// The number of a column in units of 10⁻⁹; of a count, whole and not negative.
    fn number(&self, column: &str) -> Result<i128, RunError> {
        let whole = self.table.measure == ReadyMeasure::Count;
        let (number, of) = match whole {
            true => (decimal::whole(self.text(column)).map(|n| i128::from(n) * decimal::ONE), Needed::Whole),
            false => (decimal::units(self.text(column)), Needed::Any),
        };
        number.ok_or_else(|| self.needed(column, of))
    }

    fn whole(&self, column: &str) -> Result<u64, RunError> {
        decimal::whole(self.text(column)).ok_or_else(|| self.needed(column, Needed::Whole))
    }

    /// The code of a column, as it stands there.
    fn code(&self, column: &str) -> &str {
        let place = self.columns.iter().position(|other| *other == column);
        place.and_then(|place| self.cells[place]).unwrap_or_default()
    }

    fn codes(&self, own: &[usize], width: usize) -> Codes {
        let mut codes = vec![None; width];
        for (at, column) in own.iter().zip(&self.table.by) {
            let code = self.code(column);
            codes[*at] = (code != self.table.total).then(|| code.to_owned());
        }
        codes
    }
}

fn each<'t>(
    table: &'t ReadyTable,
    more: impl Iterator<Item = &'t String>,
    mut look: impl FnMut(&Line<'_>) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let mut columns: Vec<&str> = Vec::new();
    for column in table.by.iter().chain(&table.value).chain(more).map(String::as_str) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    each_line(&table.file, &columns, |line, cells| look(&Line { table, line, columns: &columns, cells }))
}

fn cells(table: &ReadyTable, by: &[String]) -> Result<Vec<ReadCell>, RunError> {
    let ReadyForm::Cells { contributors, largest, decision, cost } = &table.form else { return Ok(Vec::new()) };
    let (own, mut seen, mut found) = (own(table, by), BTreeSet::new(), Vec::new());
    let more = contributors.iter().chain(largest).chain(decision).chain(cost);
    each(table, more, |row| {
        let codes = row.codes(&own, by.len());
        let (file, line) = (|| table.file.clone(), row.line);
        if !seen.insert(codes.clone()) {
            return Err(ReadymadeError::CellTwice { file: file(), line }.into());
        }
        let value = row.number(table.value_label())?;
        let contributors = contributors.as_deref().map(|column| row.whole(column)).transpose()?;
        let mut contributions = Vec::new();
        for column in largest.iter().filter(|column| !row.text(column).is_empty()) {
            contributions.push(row.number(column)?);
        }
        let written = decision.as_deref().unwrap_or_default();
        let decided = if written.is_empty() { Some(Decision::None) } else { Decision::of(row.text(written)) };
        // What cannot be is 0, and nobody's.
        let nothing = value == 0 && contributors.unwrap_or(0) == 0;
        let decision = decided.filter(|decision| *decision != Decision::Impossible || nothing);
        let wrong = || ReadymadeError::Decision { file: file(), line, column: written.to_owned() };
        let decision = decision.ok_or_else(wrong)?;
        let cost = cost.as_deref().filter(|column| !row.text(column).is_empty());
        let cost = cost.map(|column| row.whole(column)).transpose()?;
        found.push(ReadCell { codes, line, value, contributors, largest: contributions, decision, cost });
        Ok(())
    })?;
    Ok(found)
}

fn contributions(table: &ReadyTable, by: &[String]) -> Result<Micro, RunError> {
    let ReadyForm::Microdata { contributor, holding, weight, .. } = &table.form else { return Ok(Micro::default()) };
    let own = own(table, by);
    let mut known: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let (mut reading, mut nesting, mut met) = (Reading::default(), Nesting::default(), HashSet::new());
    // Columns of the other tables that the file has as well: it tells how codes lie under one another.
    let labels = labels(&table.file)?;
    let beside: Vec<usize> = (0..by.len())
        .filter(|at| !own.contains(at) && labels.iter().filter(|label| **label == by[*at]).count() == 1)
        .collect();
    let more = contributor.iter().chain(holding).chain(weight).chain(beside.iter().map(|at| &by[*at]));
    each(table, more, |row| {
        let codes = row.codes(&own, by.len());
        let mut all = codes.clone();
        for at in &beside {
            all[*at] = Some(row.code(&by[*at]).to_owned());
        }
        if met.insert(all.clone()) {
            nesting.meet(&all);
        }
        let place = |column: &str| (table.file.clone(), column.to_owned());
        if let Some(at) = own.iter().position(|at| codes[*at].is_none()) {
            let (file, column) = place(&table.by[at]);
            return Err(ReadymadeError::TotalCode { file, line: row.line, column }.into());
        }
        let value = table.value.as_deref().map_or(Ok(decimal::ONE), |column| row.number(column))?;
        let weight_of = |column: &str| -> Result<u64, RunError> {
            let units = decimal::units(row.text(column)).and_then(|units| u64::try_from(units).ok());
            units.ok_or_else(|| row.needed(column, Needed::NonNegative))
        };
        let own_weight = weight.as_deref().map(weight_of).transpose()?.unwrap_or(decimal::ONE as u64);
        let house = holding.as_deref().map(|column| row.text(column).to_owned()).unwrap_or_default();
        let who = contributor.as_deref().map(|column| row.text(column)).filter(|who| !who.is_empty());
        if let Some(who) = who {
            let first = known.entry(who.to_owned()).or_insert_with(|| (own_weight, house.clone()));
            let other = [(first.0 != own_weight, weight), (first.1 != house, holding)];
            if let Some((_, column)) = other.into_iter().find(|(differs, _)| *differs) {
                let (file, column) = place(column.as_deref().unwrap_or_default());
                return Err(ReadymadeError::Differs { file, line: row.line, column }.into());
            }
        }
        reading.add(codes, who, value, (own_weight, house));
        Ok(())
    })?;
    Ok(reading.finish(weight.is_some(), holding.is_some(), nesting))
}
