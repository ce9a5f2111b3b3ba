//! Cells of an aggregated table with the plan applied: a status for each, and measures only where they are published.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder};
use arrow_array::{ArrayRef, Float64Array, StringArray};

use super::by::{by_fields, by_values, totals_over};
use super::{ReleaseChunk, ReleaseError, ReleaseField, ReleaseResource, ResourceKind, chunk_of};
use crate::config::{Aggregate, Measure, Pipeline};
use crate::protect::tables::SystemPlan;
use crate::schema::Logical;
use crate::sieve::{Cell as Value, Codebook};
use crate::summarise::{Amount, Cell, Cells, Estimates, Grid, Layout, Measured, Slot, SummariseError, TOTAL};

/// Name of the column with the status of a cell: `publie`, `supprime_seuil` (under the threshold), `supprime_dominance` and the like
/// (a rule on contributors) or `supprime_secondaire` (to protect another cell, or persons whose rows do not leave); `supprime` where
/// telling which would tell too much.
pub const STATUS_COLUMN: &str = "statut";

/// Name of the column with the letter of French official statistics for a cell's status: A few contributors, B one dominates, C several
/// do, F p % or (p,q), D to protect others, V published.
pub const MARK_COLUMN: &str = "marque";

/// What stands in a column that a row is totalled over (the code of SDMX for all values together).
pub const TOTAL_CODE: &str = "_T";

/// What is counted where nothing tells persons apart, for readers of the descriptor and of the table.
pub(super) const COUNTED_EACH: &str = "records, each as a person of its own";
pub(super) const EACH_RECORD: &str = "Nombre d'enregistrements, chacun compté comme une personne";

/// An aggregated output with its plan.
pub struct TableRelease<'a> {
    index: usize,
    /// Position in `aggregates`.
    table: usize,
    resource: ReleaseResource,
    aggregate: &'a Aggregate,
    codebook: &'a Codebook,
    layout: &'a Layout,
    /// Which slots of the system's layout the table shows.
    slots: Range<usize>,
    /// Whether measures are estimates, with errors and limits beside them.
    estimates: bool,
}

impl<'a> TableRelease<'a> {
    /// The aggregate at position `table`, the output at position `index` among the resources of the release. Of the `layout` of
    /// its system it shows `slots`.
    #[must_use]
    pub fn new(
        pipeline: &'a Pipeline,
        (index, table): (usize, usize),
        (layout, slots): (&'a Layout, Range<usize>),
        codebook: &'a Codebook,
    ) -> Self {
        let aggregate = &pipeline.aggregates[table];
        let dataset = &pipeline.datasets[aggregate.dataset];
        let mut fields = by_fields(pipeline, aggregate);
        let estimates = aggregate.estimates(pipeline.sample.as_ref());
        for (name, measure) in &aggregate.measures {
            let (logical, title) = match measure {
                Measure::Records => (Logical::Integer, "Nombre d'enregistrements".to_owned()),
                Measure::Persons if dataset.subject.is_none() => (Logical::Integer, EACH_RECORD.to_owned()),
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
        if aggregate.wishes.marks {
            fields.push(computed(MARK_COLUMN, Logical::Text, "Marque du secret statistique".to_owned()));
        }
        let mut protection = serde_json::json!({
            "rule": "threshold",
            "rules": aggregate.rules(),
            "threshold": aggregate.threshold.get(),
            "counted_over": if dataset.subject.is_some() { "distinct persons" } else { COUNTED_EACH },
            "method": "cell suppression; secondary suppression over all tables of the same records and their totals together, so that no suppressed cell is a combination of published ones",
            "totals": totals_over(pipeline, aggregate),
            "over": pipeline.over_word(aggregate),
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
        Self { index, table, resource, aggregate, codebook, layout, slots, estimates }
    }

    /// The description of the resource.
    #[must_use]
    pub fn resource(&self) -> &ReleaseResource {
        &self.resource
    }

    /// The table, out of the cells of its system. `estimates` are shown where it is one over a sample; where nothing of a measure
    /// is published, neither its estimate is, nor its error, nor a limit.
    pub fn chunk(&self, counted: &SystemCells<'_>) -> Result<Result<ReleaseChunk, ReleaseError>, SummariseError> {
        let SystemCells { grid, cells, plan, estimates } = *counted;
        let numbers = self.numbers(grid)?;
        let cell = |number: &usize| cells.get(&grid.keys()[*number]).ok_or(SummariseError::Layout);
        let rows: Vec<&Cell> = numbers.iter().map(cell).collect::<Result<_, _>>()?;
        let mut arrays = by_values(self.aggregate, self.codebook, grid, &numbers)?;
        for (number, slot) in self.slots.clone().zip(&self.layout.slots()[self.slots.clone()]) {
            let shown = numbers.iter().zip(&rows).map(|(at, cell)| plan.publishes(*at, *slot).then_some((*at, *cell)));
            if self.estimates {
                let of = |at: usize| estimates.get(&grid.keys()[at], number);
                let shown: Vec<Option<Measured>> = shown.map(|cell| cell.and_then(|(at, _)| of(at))).collect();
                arrays.extend(estimate(&shown));
            } else {
                let field = self.aggregate.by.len() + number - self.slots.start;
                let logical = self.resource.fields[field].logical;
                arrays.push(measure(*slot, logical, shown.map(|cell| cell.map(|(_, cell)| cell)))?);
            }
        }
        arrays.push(Arc::new(numbers.iter().map(|at| Some(plan.word(*at))).collect::<StringArray>()));
        if self.aggregate.wishes.marks {
            let letters = numbers.iter().map(|at| plan.mark(*at).map(|mark| mark.letter().to_string()));
            arrays.push(Arc::new(letters.collect::<StringArray>()));
        }
        Ok(chunk_of(self.index, &self.resource, arrays))
    }
}

impl TableRelease<'_> {
    /// The cells of the table, by their numbers in the system.
    pub(super) fn numbers(&self, grid: &Grid<'_>) -> Result<Vec<usize>, SummariseError> {
        let system = grid.system();
        let place = system.tables.iter().position(|table| *table == self.table).ok_or(SummariseError::Layout)?;
        let is_shown: Vec<bool> = system.shapes.iter().map(|shape| shape.shown.contains(&place)).collect();
        Ok((0..grid.keys().len()).filter(|cell| is_shown[grid.shape(*cell)]).collect())
    }

    /// The columns that make the cells.
    pub(super) fn columns(&self) -> &[usize] {
        &self.aggregate.by
    }

    /// Name, number among all measures of the system, and slot of every measure.
    pub(super) fn measures(&self) -> Vec<(&str, usize, Slot)> {
        let names = self.aggregate.measures.iter().map(|(name, _)| name.as_str());
        names.zip(self.slots.clone()).map(|(name, number)| (name, number, self.layout.slots()[number])).collect()
    }

    pub(super) fn codebook(&self) -> &Codebook {
        self.codebook
    }

    /// Whether measures are estimates.
    pub(super) fn estimates(&self) -> bool {
        self.estimates
    }
}

/// The number of a measure in a cell.
pub(super) fn value_of(slot: Slot, cell: &Cell) -> Option<f64> {
    match slot {
        Slot::Records => Some(cell.records as f64),
        Slot::Persons => Some(cell.persons as f64),
        _ => number(slot, cell),
    }
}

/// The cells of a system of tables, and what becomes of them.
#[derive(Clone, Copy)]
pub struct SystemCells<'a> {
    /// Their order.
    pub grid: &'a Grid<'a>,
    /// Their counts.
    pub cells: &'a Cells,
    /// What of them is published.
    pub plan: &'a SystemPlan,
    /// What they say of the frame, where they estimate.
    pub estimates: &'a Estimates,
}

/// A code of a column as tables with totals write it; nothing for a missing value.
#[must_use]
pub fn code_text(codebook: &Codebook, dataset: usize, column: usize, key: u64) -> String {
    match codebook.cell(dataset, column, key) {
        _ if key == TOTAL => TOTAL_CODE.to_owned(),
        Value::Text(text) => text.to_owned(),
        Value::Integer(i) if codebook.logical(dataset, column) == Logical::Boolean => (i != 0).to_string(),
        Value::Integer(i) => i.to_string(),
        Value::Number(x) => x.to_string(),
        Value::Missing => String::new(),
    }
}

pub(super) fn computed(name: &str, logical: Logical, title: String) -> ReleaseField {
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
