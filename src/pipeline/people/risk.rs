//! `tamis risk`: a file, its quasi-identifiers, and how likely its persons are found again.

use std::path::PathBuf;

use super::count::{self, Codes, People};
use super::error::PersonsError;
use super::groups::groups;
use super::link::link;
use super::measure::{Measured, Wanted};
use super::table::{self, Column, Table};
use crate::pipeline::error::RunError;
use crate::pipeline::samples::OneFile;

/// What is measured of which file.
#[derive(Debug, Clone)]
pub struct RiskOptions {
    /// A CSV, Parquet or Arrow file, one row per record.
    pub file: PathBuf,
    /// Its sheet, where it is a workbook of several.
    pub sheet: Option<String>,
    /// Quasi-identifiers, at least one.
    pub quasi: Vec<String>,
    /// Sensitive columns.
    pub sensitive: Vec<String>,
    /// Column of sampling weights.
    pub weights: Option<String>,
    /// Column that tells persons apart; without it every record is somebody else.
    pub person: Option<String>,
    /// Column of households or other groups of persons.
    pub group: Option<String>,
    /// A file of the population with the same quasi-identifiers, one row per person.
    pub population: Option<PathBuf>,
    /// Another release with the same quasi-identifiers, and the same column of persons where one is named.
    pub other: Option<PathBuf>,
    /// Fewest persons of a class that is not small.
    pub threshold: u64,
    /// Share of the population that is in the file.
    pub fraction: Option<f64>,
    /// Largest sets of columns of the search for special uniques.
    pub suda: Option<usize>,
}

/// Measures a file.
///
/// # Errors
/// A file that cannot be read or lacks a column; [`PersonsError`] for anything else that is wrong with it or with the options.
pub fn measure_risk(options: &RiskOptions) -> Result<Measured, RunError> {
    if options.quasi.is_empty() {
        return Err(PersonsError::Parameter { name: "quasi", expected: "at least one column" }.into());
    }
    if options.threshold == 0 {
        return Err(PersonsError::Parameter { name: "threshold", expected: "at least 1" }.into());
    }
    let named = options.quasi.iter().chain(&options.sensitive);
    let named = named.chain(&options.weights).chain(&options.person).chain(&options.group);
    let names: Vec<&str> = named.map(String::as_str).collect();
    let mut table = table::read(OneFile { path: &options.file, sheet: options.sheet.as_deref() }, &names)?;
    let population = options.population.as_ref().map(|file| {
        let quasi: Vec<&str> = options.quasi.iter().map(String::as_str).collect();
        table::read(file, &quasi)
    });
    let mut population = population.transpose()?;
    if let Some(population) = &mut population {
        let pairs = table.columns.iter_mut().zip(&mut population.columns);
        pairs.for_each(|(one, two)| table::unify(one, two));
    }
    let mut measured = measure(options, &table, population.as_ref())?;
    if let Some(file) = &options.other {
        let names: Vec<&str> = options.quasi.iter().chain(&options.person).map(String::as_str).collect();
        let other = table::read(file, &names)?;
        measured.linked = Some(link((&table, &other), &options.quasi, options.person.as_deref())?);
    }
    Ok(measured)
}

fn measure(options: &RiskOptions, table: &Table, population: Option<&Table>) -> Result<Measured, PersonsError> {
    let columns = |names: &[String]| -> Vec<&Column> { names.iter().filter_map(|name| table.column(name)).collect() };
    let (quasi, sensitive) = (columns(&options.quasi), columns(&options.sensitive));
    let one = |name: &Option<String>| name.as_deref().and_then(|name| table.column(name));
    let people = People::of(table, one(&options.person))?;
    let weights = one(&options.weights).map(|column| count::weights(table, column)).transpose()?.unwrap_or_default();
    let codes = |columns: &[&Column]| -> Vec<Vec<u32>> { columns.iter().map(|column| column.codes.clone()).collect() };
    let (quasi_codes, sensitive_codes) = (codes(&quasi), codes(&sensitive));
    let (keys, values) = (slices(&quasi_codes), slices(&sensitive_codes));
    let outside: Option<Vec<&[u32]>> =
        population.map(|table| table.columns.iter().map(|column| column.codes.as_slice()).collect());
    let all = Codes { quasi: &keys, sensitive: &values, weights: &weights };
    let histogram = count::histogram(&people, all, outside.as_deref(), |_| true)?;
    let wanted = Wanted {
        threshold: options.threshold,
        fraction: options.fraction,
        suda: options.suda,
        sensitive: sensitive.iter().map(|column| (column.name.clone(), count::numeric_order(column))).collect(),
        references: None,
    };
    let mut measured = Measured::of(&histogram, &wanted)?;
    if let Some(group) = one(&options.group) {
        measured.groups = groups(table, group, &people, (&histogram, &keys), |_| true)?;
    }
    Ok(measured)
}

fn slices(columns: &[Vec<u32>]) -> Vec<&[u32]> {
    columns.iter().map(Vec::as_slice).collect()
}
