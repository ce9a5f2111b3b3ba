//! Holds perturbed tables against each other and against what leaves beside them.

use std::ops::Range;

use super::{Perturb, apart};
use crate::config::keep::find;
use crate::config::linked::link;
use crate::config::model::{Aggregate, Kept, Measure, MissingSubject, Over, Persons, Sample};
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
        let kept = &ground.datasets[table.dataset].kept;
        let changes = |measure: &Measure| match measure {
            Measure::Persons => true,
            Measure::Sum(column) | Measure::Mean(column) => perturb.sum_of(&kept[*column].name).is_some(),
            Measure::Records | Measure::Share { .. } => false,
        };
        if !table.measures.iter().all(|(_, measure)| changes(measure)) {
            reader.report(at.clone(), Problem::PerturbMeasure { table: table.name.clone() });
        }
        beside(reader, (table, at), kept);
        if first.is_none() {
            unused(reader, aggregates, (number, perturb), kept);
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

/// The numbers of persons beside means bear names that nothing else bears.
fn beside(reader: &mut Reader<'_>, (table, at): (&Aggregate, &Range<usize>), kept: &[Kept]) {
    let means = table.measures.iter().filter(|(_, measure)| matches!(measure, Measure::Mean(_)));
    for name in means.map(|(name, _)| Aggregate::persons_beside(name)) {
        if table.measures.iter().any(|(other, _)| *other == name) || table.by.iter().any(|by| kept[*by].name == name) {
            reader.report(at.clone(), Problem::DuplicateName { what: "column of the table", name });
        }
    }
}

/// Refuses what is said of a column that no table of the records sums: a slip of the pen would leave another without it.
fn unused(
    reader: &mut Reader<'_>,
    aggregates: &Placed<Aggregate>,
    (number, perturb): (usize, &Perturb),
    kept: &[Kept],
) {
    let (table, at) = &aggregates[number];
    let linked = || aggregates.iter().filter(|(other, _)| (other.dataset, other.over) == (table.dataset, table.over));
    for sum in perturb.sums() {
        let summed = |(_, measure): &(String, Measure)| match measure {
            Measure::Sum(column) | Measure::Mean(column) => kept[*column].name == sum.column,
            _ => false,
        };
        if !linked().any(|(other, _)| other.measures.iter().any(summed)) {
            let what = format!("sums = [{{ column = \"{}\" }}]", sum.column);
            let instead =
                "No table of these records sums this column: measure its sum or its mean, or take it out of `sums`.";
            reader.report(at.clone(), Problem::NotAvailable { what, instead });
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
