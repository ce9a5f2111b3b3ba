//! A table as SDMX-CSV 2.0: a row for each cell and measure, with the status of its confidentiality.
//!
//! Codes are those of the cross-domain lists of SDMX: `_T` for totals, `CL_CONF_STATUS` 1.3 for confidentiality, `CL_OBS_STATUS` 2.2
//! for what a number is.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, StringBuilder};
use arrow_array::{ArrayRef, Float64Array, StringArray};

use super::table::{SystemCells, TableRelease, code_text, computed, value_of};
use super::{ReleaseChunk, ReleaseError, ReleaseField, ReleaseResource, chunk_of};
use crate::config::{SDMX_SUFFIX, sdmx_id};
use crate::protect::tables::SystemPlan;
use crate::protect::tables::rules::Mark;
use crate::schema::Logical;
use crate::summarise::SummariseError;

/// What the SDMX form of a table is called and holds.
#[must_use]
pub fn resource(release: &TableRelease<'_>) -> ReleaseResource {
    let table = release.resource();
    let component = |name: &str, title: &str| computed(name, Logical::Text, title.to_owned());
    let [structure, structure_id, action] =
        [("STRUCTURE", "Type de structure"), ("STRUCTURE_ID", "Structure"), ("ACTION", "Action")];
    let mut fields: Vec<ReleaseField> =
        [structure, structure_id, action].map(|(name, title)| component(name, title)).into();
    for (at, field) in table.fields.iter().take(release.columns().len()).enumerate() {
        let description = field.description.clone();
        fields.push(ReleaseField {
            name: sdmx_id(&field.name),
            logical: Logical::Text,
            description,
            ..table.fields[at].clone()
        });
    }
    fields.push(component("MEASURE", "Mesure"));
    fields.push(computed("OBS_VALUE", Logical::Number, "Valeur observée".to_owned()));
    fields.push(component("OBS_STATUS", "Statut de l'observation (CL_OBS_STATUS)"));
    fields.push(component("CONF_STATUS", "Statut de confidentialité (CL_CONF_STATUS)"));
    ReleaseResource { name: format!("{}{SDMX_SUFFIX}", table.name), fields, ..table.clone() }
}

/// The rows, at position `index` among the resources of the release. `structure` is the data flow, as `AGENCY:ID(1.0)`.
///
/// # Errors
/// As for the table itself.
pub fn chunk(
    release: &TableRelease<'_>,
    (index, resource, structure): (usize, &ReleaseResource, &str),
    counted: &SystemCells<'_>,
) -> Result<Result<ReleaseChunk, ReleaseError>, SummariseError> {
    let SystemCells { grid, cells, plan, estimates } = *counted;
    let numbers = release.numbers(grid)?;
    let measures = release.measures();
    let rows = numbers.len() * measures.len();
    let constant = |text: &str| -> ArrayRef { Arc::new((0..rows).map(|_| Some(text)).collect::<StringArray>()) };
    let mut arrays: Vec<ArrayRef> = vec![constant("dataflow"), constant(structure), constant("I")];
    for &column in release.columns() {
        let (dimension, level) = grid.system().place(column).ok_or(SummariseError::Layout)?;
        let mut codes = StringBuilder::new();
        for cell in &numbers {
            let text =
                code_text(release.codebook(), grid.system().dataset, column, grid.value(*cell, dimension, level));
            // What is missing has no code in the list of the column.
            let text = if text.is_empty() { "_U" } else { &text };
            measures.iter().for_each(|_| codes.append_value(text));
        }
        arrays.push(Arc::new(codes.finish()));
    }
    let (mut names, mut observed, mut confidential) =
        (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
    let mut values = Float64Builder::new();
    for at in &numbers {
        let key = &grid.keys()[*at];
        let cell = cells.get(key).ok_or(SummariseError::Layout)?;
        for (name, number, slot) in &measures {
            let published = plan.publishes(*at, *slot);
            let value = match release.estimates() {
                true => estimates.get(key, *number).map(|found| found.value),
                false => value_of(*slot, cell),
            };
            let value = value.filter(|_| published);
            names.append_value(sdmx_id(name));
            values.append_option(value);
            // Nobody has a value: there is nothing to hide, and nothing to show.
            observed.append_value(match (value, published) {
                (Some(_), _) if release.estimates() => "E",
                (Some(_), _) => "A",
                (None, true) => "M",
                (None, false) => "Q",
            });
            confidential.append_value(conf_status(plan, *at, published));
        }
    }
    arrays.push(Arc::new(names.finish()));
    let values: Float64Array = values.finish();
    arrays.push(Arc::new(values));
    arrays.push(Arc::new(observed.finish()));
    arrays.push(Arc::new(confidential.finish()));
    Ok(chunk_of(index, resource, arrays))
}

/// The code of `CL_CONF_STATUS`.
fn conf_status(plan: &SystemPlan, cell: usize, published: bool) -> &'static str {
    match plan.mark(cell) {
        _ if published => "F",
        // The cell is published and one of its measures is not, or no status tells why.
        None | Some(Mark::V) => "N",
        Some(Mark::A) => "A",
        Some(Mark::B) => "O",
        Some(Mark::C) => "T",
        Some(Mark::F) => "M",
        Some(Mark::D) => "D",
    }
}
