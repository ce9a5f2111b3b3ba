//! The columns that make the cells of a table, whatever becomes of its numbers: fields, values, totals.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::StringBuilder;

use super::table::TOTAL_CODE;
use super::{ReleaseField, array, field_of};
use crate::config::{Aggregate, Pipeline};
use crate::schema::Logical;
use crate::sieve::{Cell as Value, Codebook};
use crate::summarise::{Grid, SummariseError, TOTAL};

/// The fields of the columns, in the order of the pipeline.
pub(super) fn by_fields(pipeline: &Pipeline, aggregate: &Aggregate) -> Vec<ReleaseField> {
    let field = |(&column, &margin): (&usize, &bool)| {
        let field = field_of(pipeline, aggregate.dataset, column);
        if margin { totalled(field) } else { field }
    };
    aggregate.by.iter().zip(&aggregate.margins).map(field).collect()
}

/// Names of the columns over which totals are shown.
pub(super) fn totals_over<'p>(pipeline: &'p Pipeline, aggregate: &Aggregate) -> Vec<&'p str> {
    let kept = &pipeline.datasets[aggregate.dataset].kept;
    let totalled = aggregate.by.iter().zip(&aggregate.margins).filter(|(_, margin)| **margin);
    totalled.map(|(column, _)| kept[*column].name.as_str()).collect()
}

/// The values of the columns in these cells, by their numbers in the grid.
///
/// # Errors
/// [`SummariseError::Layout`] where a column is none of the system's.
pub(super) fn by_values(
    aggregate: &Aggregate,
    codebook: &Codebook,
    grid: &Grid<'_>,
    cells: &[usize],
) -> Result<Vec<ArrayRef>, SummariseError> {
    let values = |(&column, &margin): (&usize, &bool)| {
        let (dimension, level) = grid.system().place(column).ok_or(SummariseError::Layout)?;
        let keys = cells.iter().map(|cell| grid.value(*cell, dimension, level));
        Ok(match margin {
            true => with_totals(codebook, aggregate.dataset, column, keys),
            false => array(codebook, aggregate.dataset, column, keys),
        })
    };
    aggregate.by.iter().zip(&aggregate.margins).map(values).collect()
}

/// Values of a column as text, and [`TOTAL_CODE`] where they are totalled.
fn with_totals(
    codebook: &Codebook,
    dataset: usize,
    column: usize,
    keys: impl ExactSizeIterator<Item = u64>,
) -> ArrayRef {
    let boolean = codebook.logical(dataset, column) == Logical::Boolean;
    let mut values = StringBuilder::with_capacity(keys.len(), keys.len() * 8);
    for key in keys {
        match codebook.cell(dataset, column, key) {
            _ if key == TOTAL => values.append_value(TOTAL_CODE),
            Value::Text(text) => values.append_value(text),
            Value::Integer(i) if boolean => values.append_value(if i == 0 { "false" } else { "true" }),
            Value::Integer(i) => values.append_value(i.to_string()),
            // No number has margins: a pipeline that asks for them was refused.
            Value::Missing | Value::Number(_) => values.append_null(),
        }
    }
    Arc::new(values.finish())
}

/// A column with totals is one of texts.
fn totalled(field: ReleaseField) -> ReleaseField {
    let note = format!("{TOTAL_CODE} : toutes les valeurs ensemble.");
    let description = field.description.map_or_else(|| note.clone(), |text| format!("{text} {note}"));
    ReleaseField { logical: Logical::Text, description: Some(description), ..field }
}
