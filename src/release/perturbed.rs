//! A table whose counts were changed: every row has a number, and the same status.

use std::sync::Arc;

use arrow_array::builder::Int64Builder;
use arrow_array::{ArrayRef, StringArray};
use serde_json::{Value, json};

use super::table::{STATUS_COLUMN, computed, totalled, with_totals};
use super::{ReleaseChunk, ReleaseError, ReleaseResource, ResourceKind, array, chunk_of, field_of};
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
        let mut fields: Vec<_> = (aggregate.by.iter().zip(&aggregate.margins))
            .map(|(&column, &margin)| {
                let field = field_of(pipeline, aggregate.dataset, column);
                if margin { totalled(field) } else { field }
            })
            .collect();
        let changed = match perturb {
            Perturb::Rounding { .. } | Perturb::ControlledRounding { .. } => "arrondi",
            Perturb::CellKey(_) | Perturb::Noise(_) => "perturbé",
        };
        let title = match perturb.counts_once() {
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
        let totals: Vec<&str> = aggregate
            .by
            .iter()
            .zip(&aggregate.margins)
            .filter(|(_, margin)| **margin)
            .map(|(column, _)| dataset.kept[*column].name.as_str())
            .collect();
        let mut protection = json!({ "rule": "perturbation" });
        if let (Some(all), Some(told)) = (protection.as_object_mut(), told.as_object()) {
            all.extend(told.clone());
            all.insert("totals".to_owned(), json!(totals));
            all.insert("over".to_owned(), json!("population"));
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
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.resource.fields.len());
        for (&column, &margin) in self.aggregate.by.iter().zip(&self.aggregate.margins) {
            let (dimension, level) = system.place(column).ok_or(SummariseError::Layout)?;
            let keys = rows.iter().map(|(cell, _)| grid.value(*cell, dimension, level));
            let dataset = self.aggregate.dataset;
            arrays.push(match margin {
                true => with_totals(self.codebook, dataset, column, keys),
                false => array(self.codebook, dataset, column, keys),
            });
        }
        for _ in &self.aggregate.measures {
            let mut numbers = Int64Builder::with_capacity(rows.len());
            rows.iter().for_each(|(_, value)| numbers.append_value(*value));
            arrays.push(Arc::new(numbers.finish()));
        }
        arrays.push(Arc::new(rows.iter().map(|_| Some(self.status)).collect::<StringArray>()));
        Ok(chunk_of(self.index, &self.resource, arrays))
    }
}
