//! A table whose numbers were changed: every row has the same status.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
use serde_json::{Value, json};

use super::by::{by_fields, by_values, totals_over};
use super::table::{COUNTED_EACH, EACH_RECORD, STATUS_COLUMN, computed};
use super::{ReleaseChunk, ReleaseError, ReleaseResource, ResourceKind, chunk_of};
use crate::config::{Aggregate, Measure, Perturb, Pipeline, SumChange};
use crate::schema::Logical;
use crate::sieve::Codebook;
use crate::summarise::{Amount, Grid, SummariseError};

/// An aggregated output whose counts are changed.
pub struct PerturbedTable<'a> {
    index: usize,
    /// Position in `aggregates`.
    table: usize,
    resource: ReleaseResource,
    aggregate: &'a Aggregate,
    codebook: &'a Codebook,
    /// What each column of numbers shows.
    shown: Vec<Of>,
    status: &'static str,
}

/// What a column of numbers shows; columns are positions among those that leave.
#[derive(Clone, Copy)]
enum Of {
    Persons,
    /// Sums, and whether they are whole numbers.
    Sum(usize, bool),
    Mean(usize),
    WithValue(usize),
}

const SUM: &str = "Somme modifiée : elle peut s'écarter du total de ses parties, et être négative.";
const MEAN: &str = "Somme modifiée divisée par le nombre modifié de personnes ayant une valeur ; vide si ce nombre est nul ou négatif.";

/// The changed numbers of a system of tables, by cell; `None` for a cell that is in no table.
#[derive(Clone, Copy)]
pub struct PerturbedCells<'a> {
    /// Persons.
    pub persons: &'a [Option<i64>],
    /// For each summed column (a position among those that leave) its sums in units of 10⁻⁹, and beside means the persons with a value.
    pub sums: &'a [PerturbedSums<'a>],
}

/// The changed sums of a column.
pub type PerturbedSums<'a> = (usize, &'a [Option<i128>], Option<&'a [Option<i64>]>);

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
            Perturb::CellKey { .. } | Perturb::Noise(_) => "perturbé",
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
        let mut shown = Vec::new();
        for (name, measure) in &aggregate.measures {
            let column = measure.column().map_or("", |column| dataset.kept[column].name.as_str());
            let mut add = |name: &str, logical, title: String, note: &str, of| {
                let mut field = computed(name, logical, title);
                field.description = Some(note.to_owned());
                fields.push(field);
                shown.push(of);
            };
            match measure {
                Measure::Sum(at) => {
                    let is_whole = perturb.sum_of(column).is_some_and(SumChange::is_whole);
                    let is_whole = is_whole && dataset.kept[*at].logical == Logical::Integer;
                    let logical = if is_whole { Logical::Integer } else { Logical::Number };
                    add(name, logical, format!("Somme de {column} ({changed})"), SUM, Of::Sum(*at, is_whole));
                }
                Measure::Mean(at) => {
                    let title = format!("Moyenne de {column} par personne ({changed})");
                    add(name, Logical::Number, title, MEAN, Of::Mean(*at));
                    let title = format!("Nombre de personnes ayant {column} ({changed})");
                    let beside = Aggregate::persons_beside(name);
                    add(&beside, Logical::Integer, title, "Diviseur de la moyenne.", Of::WithValue(*at));
                }
                _ => add(name, Logical::Integer, title.clone(), note, Of::Persons),
            }
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
        Self { index, table, resource, aggregate, codebook, shown, status: perturb.status() }
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
        cells: PerturbedCells<'_>,
    ) -> Result<Result<ReleaseChunk, ReleaseError>, SummariseError> {
        let system = grid.system();
        let place = system.tables.iter().position(|table| *table == self.table).ok_or(SummariseError::Layout)?;
        let is_shown: Vec<bool> = system.shapes.iter().map(|shape| shape.shown.contains(&place)).collect();
        let published = |cell: usize| cells.persons.get(cell).copied().flatten().filter(|_| is_shown[grid.shape(cell)]);
        let rows: Vec<usize> = (0..grid.keys().len()).filter(|cell| published(*cell).is_some()).collect();
        let mut arrays = by_values(self.aggregate, self.codebook, grid, &rows)?;
        for of in &self.shown {
            arrays.push(of.array(&rows, cells)?);
        }
        arrays.push(Arc::new(rows.iter().map(|_| Some(self.status)).collect::<StringArray>()));
        Ok(chunk_of(self.index, &self.resource, arrays))
    }
}

impl Of {
    /// The column, from released numbers alone.
    fn array(self, rows: &[usize], cells: PerturbedCells<'_>) -> Result<ArrayRef, SummariseError> {
        let of = |column: usize| {
            let found = cells.sums.iter().find(|(at, ..)| *at == column);
            found.map(|(_, sums, persons)| (*sums, persons.unwrap_or_default())).ok_or(SummariseError::Layout)
        };
        let sum = |sums: &[Option<i128>], cell: usize| sums.get(cell).copied().flatten().map(Amount::from_units);
        let number = |numbers: &[Option<i64>], cell: usize| numbers.get(cell).copied().flatten();
        Ok(match self {
            Self::Persons => Arc::new(rows.iter().map(|cell| number(cells.persons, *cell)).collect::<Int64Array>()),
            Self::WithValue(column) => {
                let (_, persons) = of(column)?;
                Arc::new(rows.iter().map(|cell| number(persons, *cell)).collect::<Int64Array>())
            }
            Self::Sum(column, true) => {
                let (sums, _) = of(column)?;
                let whole = |cell: &usize| match sum(sums, *cell) {
                    Some(sum) => sum.to_i64().map(Some).ok_or(SummariseError::TooLarge),
                    None => Ok(None),
                };
                Arc::new(rows.iter().map(whole).collect::<Result<Int64Array, _>>()?)
            }
            Self::Sum(column, false) => {
                let (sums, _) = of(column)?;
                Arc::new(rows.iter().map(|cell| sum(sums, *cell).map(Amount::to_f64)).collect::<Float64Array>())
            }
            Self::Mean(column) => {
                let (sums, persons) = of(column)?;
                let mean = |cell: &usize| {
                    let divisor = u64::try_from(number(persons, *cell)?).ok()?;
                    sum(sums, *cell)?.over(divisor).map(Amount::to_f64)
                };
                Arc::new(rows.iter().map(mean).collect::<Float64Array>())
            }
        })
    }
}
