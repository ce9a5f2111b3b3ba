//! Holds perturbed tables against each other and against what leaves beside them.

use std::ops::Range;

use super::{Perturb, apart};
use crate::config::keep::find;
use crate::config::linked::link;
use crate::config::model::{Aggregate, Measure, MissingSubject, Over, Persons, Sample};
use crate::config::problem::Problem;
use crate::config::read::Reader;
use crate::config::sources::Ground;

/// Outputs with the places of their names.
type Placed<T> = [(T, Range<usize>)];

/// Refuses tables of one system that are changed in different ways, and what no method can protect.
pub(in crate::config) fn judge(
    reader: &mut Reader<'_>,
    aggregates: &Placed<Aggregate>,
    persons: &Placed<Persons>,
    (sample, ground): (Option<&Sample>, &Ground),
) {
    for (number, (table, at)) in aggregates.iter().enumerate() {
        let same = |other: &&(Aggregate, Range<usize>)| (other.0.dataset, other.0.over) == (table.dataset, table.over);
        let first = aggregates[..number].iter().find(same);
        if let Some((first, before)) = first.filter(|(first, _)| first.perturb != table.perturb) {
            let problem = Problem::PerturbDiffers { first: first.name.clone(), second: table.name.clone() };
            reader.report_with(at.clone(), problem, before.clone(), "the same records are counted here");
        }
        let Some(perturb) = &table.perturb else { continue };
        if table.over == Over::Sample {
            let what = "perturb over a sample".to_owned();
            let instead = "Estimates cannot be perturbed. Count over the population, or protect by suppression.";
            reader.report(at.clone(), Problem::NotAvailable { what, instead });
        }
        if table.measures.iter().any(|(_, measure)| *measure != Measure::Persons) {
            reader.report(at.clone(), Problem::PerturbMeasure { table: table.name.clone() });
        }
        if !matches!(perturb, Perturb::Noise(_)) {
            continue;
        }
        if let Some((rows, before)) = persons.iter().find(|(rows, _)| rows.dataset == table.dataset) {
            let problem = Problem::NoiseBesideRows { table: table.name.clone(), persons: rows.name.clone() };
            reader.report_with(at.clone(), problem, before.clone(), "these rows are exact");
        } else if sample.is_some() {
            let what = "noise beside [sample]".to_owned();
            let instead = "Draw the sample in a pipeline of its own: a release tells sizes of strata exactly, and the noise could be held against them.";
            reader.report(at.clone(), Problem::NotAvailable { what, instead });
        }
        if first.is_none() {
            let untold = ground.datasets[table.dataset].subject.is_none();
            if ground.subject.missing == MissingSubject::Alone || untold {
                let (what, instead) = if untold {
                    ("noise over a release without pseudonyms", UNTOLD)
                } else {
                    ("noise beside missing = \"alone\"", ALONE)
                };
                reader.report(at.clone(), Problem::NotAvailable { what: what.to_owned(), instead });
            }
            apart::judge(reader, ground, (table, at));
            declared(reader, aggregates, (number, sample, ground));
        }
    }
}

const ALONE: &str = "Each record without identifier would be a person of its own, whoever it is of, and noise hides one person alone. Write missing = \"reject\".";
const UNTOLD: &str = "Each record would be a person of its own, whoever it is of, and noise hides one person alone. Protect by suppression.";

/// Every column of a system with noise has a list of its values.
fn declared(
    reader: &mut Reader<'_>,
    aggregates: &Placed<Aggregate>,
    (number, sample, ground): (usize, Option<&Sample>, &Ground),
) {
    let (table, at) = &aggregates[number];
    let dataset = &ground.datasets[table.dataset];
    let tables: Vec<Aggregate> = aggregates.iter().map(|(table, _)| table.clone()).collect();
    // Columns that are not nested were told of.
    let Ok(linked) = link(&tables, (table.dataset, table.over), (&dataset.kept, &dataset.derived), sample) else {
        return;
    };
    for column in linked.dimensions.iter().flat_map(|dimension| &dimension.levels) {
        let kept = &dataset.kept[*column];
        let field = find(ground, table.dataset, &kept.from_name).and_then(|found| found.field);
        if !kept.is_declared(field) {
            let place = aggregates.iter().find(|(a, _)| a.by.contains(column)).map_or(at, |(_, at)| at);
            reader.report(place.clone(), Problem::NotDeclared { column: kept.name.clone() });
        }
    }
}
