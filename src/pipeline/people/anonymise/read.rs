//! The records of a file to anonymise: read, changed, and counted.

use serde_json::Value as Json;

use super::change::change;
use super::ground::{Ground, SensitiveValues};
use super::levels::{Values, generalised, of_file};
use crate::config::Anonymise;
use crate::pipeline::error::RunError;
use crate::pipeline::people::count::{self, Codes, People};
use crate::pipeline::people::table::{self, Column, Table, unify};
use crate::pipeline::samples::{OneFile, labels};
use crate::protect::persons::hierarchy::Labelled;

/// Everything that is known before the search. It has no `Debug`: it is records.
pub(super) struct Prepared {
    /// The columns that leave, and those of persons and weights, in the order of the file.
    pub table: Table,
    pub people: People,
    pub ground: Ground,
    /// Per quasi-identifier, record by record, codes of the hierarchy.
    pub quasi: Vec<Vec<u32>>,
    /// The same for the population.
    pub population: Option<Vec<Vec<u32>>>,
    /// Sensitive columns with the codes that are counted.
    pub sensitive: Vec<Column>,
    /// Sampling weights in units of 10⁻⁹, before any change; empty where there are none.
    pub weights: Vec<u64>,
    /// What each change did.
    pub changes: Vec<Json>,
}

/// Slices of columns.
pub(super) fn slices(columns: &[Vec<u32>]) -> Vec<&[u32]> {
    columns.iter().map(Vec::as_slice).collect()
}

impl Prepared {
    /// Reads the file and its population, changes values, finds them in their hierarchies, and counts.
    pub fn read(spec: &Anonymise) -> Result<Self, RunError> {
        let mut table = read_in_order(spec)?;
        let column_of = |name: &String| table.column(name);
        let weights = spec.weights.as_ref().and_then(column_of).map(|column| count::weights(&table, column));
        let weights = weights.transpose()?.unwrap_or_default();
        let changes = change(spec, &mut table)?;
        let mut population = read_population(spec)?;
        let (mut trees, mut quasi, mut outside) = (Vec::new(), Vec::new(), Vec::new());
        for (at, wanted) in spec.protection.quasi.iter().enumerate() {
            let own = column(&table, &wanted.column)?;
            if let Some(population) = &mut population {
                unify(&mut table.columns[own], &mut population.columns[at]);
            }
            let mut values = Values::of(&table, &table.columns[own]);
            values.places.extend(population.as_ref().map(|population| (population, &population.columns[at])));
            let found = generalised(&wanted.levels, &values)?;
            quasi.push(found.records(&table.columns[own]));
            outside.extend(population.as_ref().map(|population| found.records(&population.columns[at])));
            trees.push(found.tree);
        }
        let population = population.map(|_| outside);
        let person = spec.person.as_deref().and_then(|name| table.column(name));
        let people = People::of(&table, person)?;
        let (sensitive, trees_of_sensitive) = sensitive(spec, &table)?;
        let values: Vec<&[u32]> = sensitive.iter().map(|column| column.codes.as_slice()).collect();
        let keys = slices(&quasi);
        let codes = Codes { quasi: &keys, sensitive: &values, weights: &weights };
        let outside = population.as_deref().map(slices);
        let histogram = count::histogram(&people, codes, outside.as_deref(), |_| true)?;
        let wanted = spec.protection.sensitive.iter().zip(&sensitive).zip(trees_of_sensitive);
        let ground = Ground {
            names: spec.protection.quasi.iter().map(|quasi| quasi.column.clone()).collect(),
            hierarchies: trees.iter().map(|tree| tree.hierarchy.clone()).collect(),
            trees,
            sensitive: wanted.map(|((wanted, column), tree)| SensitiveValues::of(wanted, column, tree)).collect(),
            outside: (0..spec.protection.quasi.len()).collect(),
            histogram,
        };
        Ok(Self { table, people, ground, quasi, population, sensitive, weights, changes })
    }
}

fn column(table: &Table, name: &str) -> Result<usize, RunError> {
    let at = table.columns.iter().position(|column| column.name == name);
    at.ok_or(RunError::Bug("a column that was read is not there"))
}

/// The columns that leave, and those of persons and weights, in the order in which the file has them.
fn read_in_order(spec: &Anonymise) -> Result<Table, RunError> {
    let quasi = spec.protection.quasi.iter().map(|quasi| &quasi.column);
    let named = quasi.chain(spec.protection.sensitive.iter().map(|sensitive| &sensitive.column)).chain(&spec.keep);
    let mut names: Vec<&str> = named.chain(&spec.person).map(String::as_str).collect();
    names.extend(spec.weights.as_deref().filter(|weights| !spec.keep.iter().any(|kept| kept == weights)));
    names.extend(spec.protection.risk.group.as_deref());
    let of = OneFile { path: &spec.file, sheet: spec.sheet.as_deref() };
    let file = labels(of)?;
    // One that the file lacks comes last, and is told of when it is read.
    names.sort_by_key(|name| file.iter().position(|label| label == name).unwrap_or(usize::MAX));
    table::read(of, &names)
}

fn read_population(spec: &Anonymise) -> Result<Option<Table>, RunError> {
    let Some(file) = spec.protection.population_file() else { return Ok(None) };
    let names: Vec<&str> = spec.protection.quasi.iter().map(|quasi| quasi.column.as_str()).collect();
    table::read(file, &names).map(Some)
}

/// Sensitive columns; those with a hierarchy take its codes.
fn sensitive(spec: &Anonymise, table: &Table) -> Result<(Vec<Column>, Vec<Option<Labelled>>), RunError> {
    let (mut columns, mut trees) = (Vec::new(), Vec::new());
    for wanted in &spec.protection.sensitive {
        let own = &table.columns[column(table, &wanted.column)?];
        let Some((path, text)) = &wanted.hierarchy else {
            columns.push(own.clone());
            trees.push(None);
            continue;
        };
        let found = of_file(path, text, &Values::of(table, own))?;
        let domain = found.tree.hierarchy.domain();
        let mut values = vec![String::new(); domain];
        own.values.iter().zip(&found.codes).for_each(|(value, &code)| values[code as usize].clone_from(value));
        columns.push(Column { name: own.name.clone(), codes: found.records(own), values });
        trees.push(Some(found.tree));
    }
    Ok((columns, trees))
}
