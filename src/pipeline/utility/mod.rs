//! What is left of the data for those who use them: the distribution of every released column before and after.
//!
//! *Before* are all records that reached the vault, *after* those that leave. Persons are counted, each once for each value that their
//! records have. What is told is for the sender's dossier, and still no more than a release may tell:
//!
//! 1. A value has a line of its own only where as many persons as the threshold have it, and one in a hundred; the others
//!    are one line.
//! 2. Numbers are shares, rounded so that they add up to 100 % and that a step is never fewer persons than the threshold: a share, or
//!    what is left to 100 %, tells no more than a count that is masked.
//! 3. Whoever holds the release knows what left exactly. Before is therefore told as what left and whole thresholds of persons
//!    more or fewer: how many were left out is never known closer than that.
//! 4. Of a column that tables over the same records show or measure, nothing is told before but what those tables publish:
//!    else it would be one more margin of theirs, and suppressed cells could be found.

mod bins;
mod pictures;
mod rounded;
mod seen;
mod shown;
mod spread;
#[cfg(test)]
mod tests;

use serde_json::{Value as Json, json};

use super::run::Context;
use crate::config::{ColumnRef, Generalise, Kept, Measure, Persons, Pipeline, SampleUnit};
use crate::protect::persons::PersonPlan;
use crate::sieve::Codebook;
use bins::Column;
pub(super) use pictures::Pictures;
pub(super) use seen::Values;
pub(super) use spread::{Bucket, Spread};

/// How the columns of a per-person output are counted.
pub(super) struct Look<'a> {
    persons: &'a Persons,
    columns: Vec<Column>,
    /// Columns of age and sex, positions in `columns`.
    pyramid: Option<(usize, usize)>,
    /// Whether every person has one weight.
    weighted: bool,
}

/// Decides how each output is counted, from the values that were seen and from what they become.
pub(super) fn looks<'a>(
    ctx: &Context<'a>,
    codebook: &Codebook,
    values: &Values,
    plans: &[PersonPlan],
) -> Vec<Look<'a>> {
    let pipeline = ctx.pipeline;
    let weighted = pipeline.sample.as_ref().is_some_and(|sample| sample.unit == SampleUnit::Person);
    let one = |(persons, plan): (&'a Persons, &PersonPlan)| {
        let columns: Vec<Column> = persons
            .columns
            .iter()
            .map(|&kept| Column::new(pipeline, codebook, values, (persons, plan), kept))
            .collect();
        let kept = &pipeline.datasets[persons.dataset].kept;
        let find =
            |what: &str| columns.iter().position(|column| !column.is_bare() && meaning(&kept[column.kept]) == what);
        let pyramid = find("age").zip(find("sex")).filter(|(age, sex)| {
            let cells = columns[*age].len() * columns[*sex].len();
            cells <= seen::MOST_VALUES
        });
        Look { persons, columns, pyramid, weighted }
    };
    pipeline.persons.iter().zip(plans).map(one).collect()
}

/// The document of the dossier.
pub(super) fn document(ctx: &Context<'_>, looks: &[Look<'_>], spreads: &[Spread], pictures: &Pictures) -> Json {
    let outputs = looks.iter().zip(spreads).map(|(look, spread)| shown::output(ctx.pipeline, look, spread, pictures));
    json!({
        "counted": "distinct persons, each once for each value; shares in percent",
        "persons": outputs.collect::<Vec<_>>(),
        "tables": pictures.to_json(),
    })
}

/// What a column is about, as far as a plot of its own is made of it.
fn meaning(kept: &Kept) -> &'static str {
    let (name, from) = (kept.name.to_lowercase(), kept.from_name.to_lowercase());
    let begins = |with: &[&str]| with.iter().any(|with| name == *with || name.starts_with(&format!("{with}_")));
    match kept.generalise {
        Generalise::Age { .. } | Generalise::AgeBand { .. } => "age",
        Generalise::Departement | Generalise::Region => "place",
        _ if begins(&["age", "tranche_age"]) => "age",
        _ if begins(&["sexe", "sex"]) => "sex",
        _ if begins(&["departement", "region", "dep", "reg"]) || from.starts_with("departement") => "place",
        _ => "other",
    }
}

/// Whether two columns are made of one.
fn are_akin(one: &Kept, other: &Kept) -> bool {
    one.name == other.name || (one.from == other.from && !matches!(one.from, ColumnRef::Derived(_)))
}

/// Whether a table over the records of a dataset tells how often values of a column occur.
fn in_table(pipeline: &Pipeline, dataset: usize, column: usize) -> bool {
    let kept = &pipeline.datasets[dataset].kept;
    let tables = pipeline.aggregates.iter().filter(|table| table.dataset == dataset);
    let mut told = tables.flat_map(|table| {
        let shares = table.measures.iter().filter_map(|(_, measure)| match measure {
            Measure::Share { column, .. } => Some(*column),
            _ => None,
        });
        table.by.iter().copied().chain(shares)
    });
    told.any(|told| are_akin(&kept[told], &kept[column]))
}
