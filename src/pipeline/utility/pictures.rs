//! What released tables show, for plots of it: nothing here but published numbers.

use std::collections::BTreeSet;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use serde_json::{Value as Json, json};

use super::bins::natural;
use super::{are_akin, meaning};
use crate::config::{Kept, Measure, Over, Pipeline};
use crate::release::{ReleaseChunk, TOTAL_CODE};

/// Margins and pyramids with more cells are not told: nobody reads such a plot.
const MOST_CELLS: usize = 240;

/// A margin of a table: what it publishes for each value of a column, all others taken together.
struct Margin {
    /// Position in the dataset's `kept`.
    column: usize,
    name: String,
    is: &'static str,
    cells: Vec<(String, Option<f64>)>,
}

/// Age by sex.
struct Pyramid {
    age: String,
    sex: String,
    cells: Vec<(String, String, f64)>,
}

struct Picture {
    table: String,
    dataset: usize,
    /// Whether it counts persons of the population as they are.
    counts: bool,
    measure: String,
    margins: Vec<Margin>,
    pyramid: Option<Pyramid>,
}

/// What all tables show.
#[derive(Default)]
pub(in crate::pipeline) struct Pictures(Vec<Picture>);

impl Pictures {
    /// Takes in a table as it leaves.
    pub fn take(&mut self, pipeline: &Pipeline, table: usize, chunk: &ReleaseChunk) {
        let aggregate = &pipeline.aggregates[table];
        let find = |kind: &Measure| aggregate.measures.iter().find(|(_, measure)| measure == kind);
        let Some((measure, kind)) = find(&Measure::Persons).or_else(|| find(&Measure::Records)) else { return };
        let kept = &pipeline.datasets[aggregate.dataset].kept;
        let rows = chunk.rows();
        let Some(values) = numbers(rows, measure) else { return };
        let by: Vec<&Kept> = aggregate.by.iter().map(|column| &kept[*column]).collect();
        let Some(codes) = by.iter().map(|kept| texts(rows, &kept.name)).collect::<Option<Vec<_>>>() else { return };
        let cells = Cells { by, codes, values };
        let margins = (0..cells.by.len()).filter_map(|at| {
            let shown = cells.over(&[at])?;
            let cells = shown.into_iter().map(|(mut codes, value)| (codes.pop().unwrap_or_default(), value)).collect();
            let kept = &kept[aggregate.by[at]];
            Some(Margin { column: aggregate.by[at], name: kept.name.clone(), is: meaning(kept), cells })
        });
        let margins: Vec<Margin> = margins.collect();
        let find = |what: &str| cells.by.iter().position(|kept| meaning(kept) == what);
        let pyramid = find("age").zip(find("sex")).and_then(|(age, sex)| {
            let shown = cells.over(&[age, sex])?.into_iter();
            let told = shown.filter_map(|(codes, value)| match <[String; 2]>::try_from(codes) {
                Ok([age, sex]) => Some((age, sex, value?)),
                Err(_) => None,
            });
            let cells: Vec<_> = told.collect();
            let name = |column: usize| kept[aggregate.by[column]].name.clone();
            (!cells.is_empty()).then(|| Pyramid { age: name(age), sex: name(sex), cells })
        });
        self.0.push(Picture {
            table: aggregate.name.clone(),
            dataset: aggregate.dataset,
            counts: *kind == Measure::Persons && aggregate.over == Over::Population && aggregate.perturb.is_none(),
            measure: measure.clone(),
            margins,
            pyramid,
        });
    }

    /// The persons of a column's values as some table publishes them.
    pub(super) fn margin(&self, dataset: usize, column: usize) -> Option<Vec<(&str, Option<f64>)>> {
        let mut tables = self.0.iter().filter(|picture| picture.dataset == dataset && picture.counts);
        let margin = tables.find_map(|picture| picture.margins.iter().find(|margin| margin.column == column))?;
        let told = margin.cells.iter().any(|(_, count)| count.is_some());
        told.then(|| margin.cells.iter().map(|(value, count)| (value.as_str(), *count)).collect())
    }

    pub(super) fn to_json(&self) -> Json {
        let margin = |margin: &Margin| {
            let cells = margin.cells.iter().map(|(value, count)| json!({ "value": value, "count": count }));
            json!({ "column": margin.name, "is": margin.is, "cells": cells.collect::<Vec<_>>() })
        };
        let pyramid = |pyramid: &Pyramid| {
            let cells = pyramid.cells.iter();
            let cells = cells.map(|(age, sex, count)| json!({ "age": age, "sex": sex, "count": count }));
            json!({ "age": pyramid.age, "sex": pyramid.sex, "cells": cells.collect::<Vec<_>>() })
        };
        let picture = |picture: &Picture| {
            json!({
                "name": picture.table,
                "measure": picture.measure,
                "margins": picture.margins.iter().map(margin).collect::<Vec<_>>(),
                "pyramid": picture.pyramid.as_ref().map(pyramid),
            })
        };
        self.0.iter().map(picture).collect()
    }
}

/// The cells of a table, column by column.
struct Cells<'a> {
    by: Vec<&'a Kept>,
    codes: Vec<Vec<String>>,
    values: Vec<Option<f64>>,
}

impl Cells<'_> {
    /// The cells by some of the columns, all others taken together; those of one dimension as coarsely as there are such. `None`
    /// where the table does not show that, or too much of it.
    fn over(&self, shown: &[usize]) -> Option<Vec<(Vec<String>, Option<f64>)>> {
        let is_total = |column: usize, row: usize| self.codes[column][row] == TOTAL_CODE;
        let akin = |column: usize| shown.iter().any(|&at| are_akin(self.by[at], self.by[column]));
        let others: Vec<usize> = (0..self.by.len()).filter(|column| !shown.contains(column)).collect();
        let fits = |row: usize, coarse: bool| {
            shown.iter().all(|&column| !is_total(column, row))
                && others.iter().all(|&column| is_total(column, row) || (!coarse && akin(column)))
        };
        let rows = |coarse: bool| (0..self.values.len()).filter(|&row| fits(row, coarse)).collect::<Vec<usize>>();
        let rows = Some(rows(true)).filter(|rows| !rows.is_empty()).unwrap_or_else(|| rows(false));
        let cell = |&row: &usize| {
            let codes: Vec<String> = shown.iter().map(|&column| self.codes[column][row].clone()).collect();
            (codes, self.values[row])
        };
        let mut cells: Vec<(Vec<String>, Option<f64>)> = rows.iter().map(cell).collect();
        let distinct: BTreeSet<&Vec<String>> = cells.iter().map(|(codes, _)| codes).collect();
        if cells.is_empty() || distinct.len() < cells.len() || cells.len() > MOST_CELLS {
            return None;
        }
        cells.sort_by(|(one, _), (two, _)| {
            let order = |codes: &[String]| codes.iter().map(|code| natural(code).0).collect::<Vec<_>>();
            order(one).cmp(&order(two)).then_with(|| one.iter().map(|c| natural(c)).cmp(two.iter().map(|c| natural(c))))
        });
        Some(cells)
    }
}

/// A column as text; nothing for a missing value. `None` where it is of a kind that no table is cut by here.
fn texts(rows: &RecordBatch, name: &str) -> Option<Vec<String>> {
    let column = rows.column_by_name(name)?;
    let all = 0..column.len();
    Some(match column.data_type() {
        DataType::Utf8 => {
            let texts = column.as_string::<i32>();
            texts.iter().map(|text| text.unwrap_or_default().to_owned()).collect()
        }
        DataType::Int64 => {
            let numbers = column.as_primitive::<Int64Type>();
            numbers.iter().map(|number| number.map(|n| n.to_string()).unwrap_or_default()).collect()
        }
        DataType::Boolean => {
            let values = column.as_boolean();
            all.map(|row| if values.is_null(row) { String::new() } else { values.value(row).to_string() }).collect()
        }
        _ => return None,
    })
}

/// A column of numbers; `None` of a row where it is not published.
fn numbers(rows: &RecordBatch, name: &str) -> Option<Vec<Option<f64>>> {
    let column = rows.column_by_name(name)?;
    match column.data_type() {
        DataType::Int64 => Some(column.as_primitive::<Int64Type>().iter().map(|n| n.map(|n| n as f64)).collect()),
        DataType::Float64 => Some(column.as_primitive::<Float64Type>().iter().collect()),
        _ => None,
    }
}
