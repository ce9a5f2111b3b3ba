//! Cells of an aggregated table with the plan applied: a status for each, and measures only where they are published.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, Float64Array};

use super::{ReleaseChunk, ReleaseError, ReleaseField, ReleaseResource, ResourceKind, array, chunk_of};
use crate::config::{Aggregate, Measure, Over, Pipeline};
use crate::protect::tables::{Status, TablePlan};
use crate::schema::Logical;
use crate::sieve::Codebook;
use crate::summarise::{Amount, Cell, CellKey, Cells, Estimates, Layout, Measured, Slot, SummariseError};

/// Name of the column with the status of a cell: `publie`, `supprime_seuil` (under the threshold) or
/// `supprime_secondaire` (to protect another cell, or persons whose rows do not leave).
pub const STATUS_COLUMN: &str = "statut";

/// An aggregated output with its plan.
pub struct TableRelease<'a> {
    index: usize,
    resource: ReleaseResource,
    aggregate: &'a Aggregate,
    codebook: &'a Codebook,
    layout: Layout,
    /// Whether measures are estimates, with errors and limits beside them.
    estimates: bool,
}

impl<'a> TableRelease<'a> {
    /// The output at position `index` among the resources of the release.
    #[must_use]
    pub fn new(pipeline: &Pipeline, index: usize, aggregate: &'a Aggregate, codebook: &'a Codebook) -> Self {
        let dataset = &pipeline.datasets[aggregate.dataset];
        let mut fields: Vec<ReleaseField> =
            aggregate.by.iter().map(|&c| super::field_of(pipeline, aggregate.dataset, c)).collect();
        let estimates = aggregate.estimates(pipeline.sample.as_ref());
        for (name, measure) in &aggregate.measures {
            let (logical, title) = match measure {
                Measure::Records => (Logical::Integer, "Nombre d'enregistrements".to_owned()),
                Measure::Persons => (Logical::Integer, "Nombre de personnes distinctes".to_owned()),
                Measure::Sum(c) if dataset.kept[*c].logical == Logical::Integer => {
                    (Logical::Integer, format!("Somme de {}", dataset.kept[*c].name))
                }
                Measure::Sum(c) => (Logical::Number, format!("Somme de {}", dataset.kept[*c].name)),
                Measure::Mean(c) => (Logical::Number, format!("Moyenne de {}", dataset.kept[*c].name)),
                Measure::Share { column, equals } => {
                    (Logical::Number, format!("Part de {} = {equals}", dataset.kept[*column].name))
                }
            };
            if estimates {
                fields.extend(estimated(name, &title));
            } else {
                fields.push(computed(name, logical, title));
            }
        }
        fields.push(computed(STATUS_COLUMN, Logical::Text, "Statut de la cellule".to_owned()));
        let mut protection = serde_json::json!({
            "rule": "threshold",
            "threshold": aggregate.threshold.get(),
            "counted_over": "distinct persons",
            "method": "cell suppression, with secondary suppression within strata and the whole table",
            "over": match aggregate.over { Over::Population => "population", Over::Sample => "sample" },
        });
        if let (true, Some(sample), Some(told)) = (estimates, &pipeline.sample, protection.as_object_mut()) {
            told.insert("estimates".to_owned(), sample.estimation());
        }
        let resource = ReleaseResource {
            name: aggregate.name.clone(),
            kind: ResourceKind::Table,
            title: pipeline.sources[dataset.source].schema.title.clone(),
            fields,
            protection,
        };
        Self { index, resource, aggregate, codebook, layout: Layout::of(aggregate), estimates }
    }

    /// The description of the resource.
    #[must_use]
    pub fn resource(&self) -> &ReleaseResource {
        &self.resource
    }

    /// Keys of the cells in the order in which they leave: by their values.
    #[must_use]
    pub fn order(cells: &Cells) -> Vec<CellKey> {
        let mut keys: Vec<CellKey> = cells.iter().map(|(key, _)| key.into()).collect();
        keys.sort_unstable();
        keys
    }

    /// The table. `estimates` are shown where it is one over a sample; where nothing of a measure is published, neither its
    /// estimate is, nor its error, nor a limit.
    pub fn chunk(
        &self,
        cells: &Cells,
        plan: &TablePlan,
        estimates: &Estimates,
    ) -> Result<Result<ReleaseChunk, ReleaseError>, SummariseError> {
        let keys = Self::order(cells);
        let rows: Vec<(&CellKey, &Cell)> = keys.iter().filter_map(|k| cells.get(k).map(|c| (k, c))).collect();
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.resource.fields.len());
        for (position, &column) in self.aggregate.by.iter().enumerate() {
            let values = rows.iter().map(|(key, _)| key[position]);
            arrays.push(array(self.codebook, self.aggregate.dataset, column, values));
        }
        for (number, slot) in self.layout.slots().iter().enumerate() {
            let shown = rows.iter().map(|(key, cell)| plan.publishes(key, *slot).then_some((*key, *cell)));
            if self.estimates {
                let shown: Vec<Option<Measured>> =
                    shown.map(|cell| cell.and_then(|(key, _)| estimates.get(key, number))).collect();
                arrays.extend(estimate(&shown));
            } else {
                let logical = self.resource.fields[self.aggregate.by.len() + number].logical;
                arrays.push(measure(*slot, logical, shown.map(|cell| cell.map(|(_, cell)| cell)))?);
            }
        }
        let mut status = StringBuilder::new();
        for (key, _) in &rows {
            status.append_value(match plan.status(key) {
                Some(Status::Published) => "publie",
                // A cell that was not planned publishes nothing, and says so.
                Some(Status::Primary) | None => "supprime_seuil",
                Some(Status::Secondary) => "supprime_secondaire",
            });
        }
        arrays.push(Arc::new(status.finish()));
        Ok(chunk_of(self.index, &self.resource, arrays))
    }
}

fn computed(name: &str, logical: Logical, title: String) -> ReleaseField {
    ReleaseField {
        name: name.to_owned(),
        logical,
        title: Some(title),
        description: None,
        role: None,
        origin: None,
        generalised: "computed",
        why: None,
    }
}

/// An estimate with its standard error and the limits of its confidence interval.
fn estimated(name: &str, title: &str) -> [ReleaseField; 4] {
    let column = |name: &str, title: String, description: &str| ReleaseField {
        description: Some(description.to_owned()),
        ..computed(name, Logical::Number, title)
    };
    let [error, low, high] = Aggregate::columns_beside(name);
    let unknown = "Vide si l'échantillon ne permet pas de l'estimer.";
    [
        column(name, format!("{title} (estimation)"), "Estimation pondérée pour la base de sondage."),
        column(&error, format!("{title} : erreur type"), unknown),
        column(&low, format!("{title} : borne inférieure de l'intervalle de confiance à 95 %"), unknown),
        column(&high, format!("{title} : borne supérieure de l'intervalle de confiance à 95 %"), unknown),
    ]
}

/// The columns of an estimate; `None` for a cell in which it is not published.
fn estimate(cells: &[Option<Measured>]) -> [ArrayRef; 4] {
    let column = |part: fn(&Measured) -> Option<f64>| -> ArrayRef {
        Arc::new(cells.iter().map(|cell| cell.as_ref().and_then(part)).collect::<Float64Array>())
    };
    [
        column(|m| Some(m.value)),
        column(|m| m.standard_error),
        column(|m| m.limits.map(|(low, _)| low)),
        column(|m| m.limits.map(|(_, high)| high)),
    ]
}

/// A measure of every cell; `None` for a cell whose measure is not published.
fn measure<'c>(
    slot: Slot,
    logical: Logical,
    cells: impl Iterator<Item = Option<&'c Cell>>,
) -> Result<ArrayRef, SummariseError> {
    let count = |cell: &Cell| match slot {
        Slot::Records => Some(cell.records),
        Slot::Persons => Some(cell.persons),
        _ => None,
    };
    if logical == Logical::Integer {
        let mut values = Int64Builder::new();
        for cell in cells {
            values.append_option(match (cell, slot) {
                (Some(cell), Slot::Sum(at)) => Some(cell.amounts[at].sum.to_i64().ok_or(SummariseError::TooLarge)?),
                (Some(cell), _) => {
                    count(cell).map(|n| i64::try_from(n).map_err(|_| SummariseError::TooLarge)).transpose()?
                }
                (None, _) => None,
            });
        }
        return Ok(Arc::new(values.finish()));
    }
    let mut values = Float64Builder::new();
    for cell in cells {
        values.append_option(cell.and_then(|cell| number(slot, cell)));
    }
    Ok(Arc::new(values.finish()))
}

fn number(slot: Slot, cell: &Cell) -> Option<f64> {
    match slot {
        Slot::Sum(at) => Some(cell.amounts[at].sum.to_f64()),
        Slot::Mean(at) => {
            let tally = &cell.amounts[at];
            tally.sum.over(tally.records).map(Amount::to_f64)
        }
        Slot::Share { column, value } => {
            let tally = &cell.shares[column];
            let numerator = tally.categories.get(value)?.records;
            (tally.records > 0).then(|| numerator as f64 / tally.records as f64)
        }
        Slot::Records | Slot::Persons => None,
    }
}
