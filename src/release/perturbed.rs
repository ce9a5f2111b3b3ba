//! A table whose counts were changed: every row has a number, and the same status.

use std::sync::Arc;

use arrow_array::{Int64Array, StringArray};
use serde_json::{Value, json};

use super::by::{by_fields, by_values, totals_over};
use super::table::{COUNTED_EACH, EACH_RECORD, STATUS_COLUMN, computed};
use super::{ReleaseChunk, ReleaseError, ReleaseResource, ResourceKind, chunk_of};
use crate::config::{Aggregate, Perturb, Pipeline};
use crate::schema::Logical;
use crate::sieve::Codebook;
use crate::summarise::{Grid, SummariseError};

/// An aggregated output whose counts are changed.
pub struct PerturbedTable<'a> {
    index: usize,
    /// Position in `aggregates`.
    table: usize,
    resource: ReleaseResource,
    aggregate: &'a Aggregate,
    codebook: &'a Codebook,
    status: &'static str,
}

impl<'a> PerturbedTable<'a> {
    /// The aggregate at position `table`, the output at position `index` among the resources of the release, changed by `perturb`;
    /// `told` are its method and parameters for the descriptor.
    #[must_use]
    pub fn new(
        pipeline: &'a Pipeline,
        (index, table): (usize, usize),
        (perturb, told): (&Perturb, &Value),
        codebook: &'a Codebook,
    ) -> Self {
        let aggregate = &pipeline.aggregates[table];
        let dataset = &pipeline.datasets[aggregate.dataset];
        let mut fields = by_fields(pipeline, aggregate);
        let changed = match perturb {
            Perturb::Rounding { .. } | Perturb::ControlledRounding { .. } => "arrondi",
            Perturb::CellKey(_) | Perturb::Noise(_) => "perturbé",
        };
        let told_apart = dataset.subject.is_some();
        let title = match perturb.counts_once() {
            _ if !told_apart => format!("{EACH_RECORD} ({changed})"),
            true => format!("Nombre de personnes, chacune comptée une seule fois ({changed})"),
            false => format!("Nombre de personnes distinctes ({changed})"),
        };
        let note = match perturb {
            Perturb::Noise(_) => "Nombre bruité : il peut être négatif.",
            _ => "Une case dont le nombre devient 0 ne figure pas dans le tableau.",
        };
        for (name, _) in &aggregate.measures {
            let mut field = computed(name, Logical::Integer, title.clone());
            field.description = Some(note.to_owned());
            fields.push(field);
        }
        fields.push(computed(STATUS_COLUMN, Logical::Text, "Statut de la cellule".to_owned()));
        let mut protection = json!({ "rule": "perturbation" });
        if let (Some(all), Some(told)) = (protection.as_object_mut(), told.as_object()) {
            all.extend(told.clone());
            all.insert("totals".to_owned(), json!(totals_over(pipeline, aggregate)));
            all.insert("over".to_owned(), json!(pipeline.over_word(aggregate)));
            if !told_apart {
                all.insert("counted_over".to_owned(), json!(COUNTED_EACH));
            }
        }
        let resource = ReleaseResource {
            name: aggregate.name.clone(),
            kind: ResourceKind::Table,
            title: pipeline.sources[dataset.source].schema.title.clone(),
            fields,
            protection,
        };
        Self { index, table, resource, aggregate, codebook, status: perturb.status() }
    }

    /// The description of the resource.
    #[must_use]
    pub fn resource(&self) -> &ReleaseResource {
        &self.resource
    }

    /// The table, out of the cells of its system and what is published of each; `None` for a cell that is in no table.
    ///
    /// # Errors
    /// [`SummariseError::Layout`] where the table is none of the system's.
    pub fn chunk(
        &self,
        grid: &Grid<'_>,
        values: &[Option<i64>],
    ) -> Result<Result<ReleaseChunk, ReleaseError>, SummariseError> {
        let system = grid.system();
        let place = system.tables.iter().position(|table| *table == self.table).ok_or(SummariseError::Layout)?;
        let is_shown: Vec<bool> = system.shapes.iter().map(|shape| shape.shown.contains(&place)).collect();
        let published = |cell: usize| values.get(cell).copied().flatten().filter(|_| is_shown[grid.shape(cell)]);
        let rows: Vec<(usize, i64)> =
            (0..grid.keys().len()).filter_map(|cell| published(cell).map(|value| (cell, value))).collect();
        let (cells, numbers): (Vec<usize>, Vec<i64>) = rows.into_iter().unzip();
        let mut arrays = by_values(self.aggregate, self.codebook, grid, &cells)?;
        for _ in &self.aggregate.measures {
            arrays.push(Arc::new(Int64Array::from(numbers.clone())));
        }
        arrays.push(Arc::new(cells.iter().map(|_| Some(self.status)).collect::<StringArray>()));
        Ok(chunk_of(self.index, &self.resource, arrays))
    }
}
