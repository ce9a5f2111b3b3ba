//! The records as they leave, and what they are like when they are counted afresh.

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::plan::Plan;
use super::read::{Prepared, slices};
use super::rules::Judge;
use crate::config::Anonymise;
use crate::pipeline::csv::line;
use crate::pipeline::error::RunError;
use crate::pipeline::people::count::{self, Codes};
use crate::pipeline::people::error::PersonsError;
use crate::pipeline::people::table::Column;
use crate::protect::persons::hierarchy::{EVERYTHING, Hierarchy};
use crate::protect::persons::histogram::{Builder, Histogram, Record, size};
use crate::protect::persons::loss::granularity;

/// What leaves. It has no `Debug`: it is records.
pub(super) struct Leaving {
    /// Which records do.
    pub kept: Vec<bool>,
    /// Per quasi-identifier, what is written for each record; of one that does not leave, anything.
    pub written: Vec<Column>,
    /// Classes of what is written.
    pub histogram: Histogram,
    /// Per quasi-identifier, how coarse values became: 0 untouched, 1 nothing left.
    pub granularity: Vec<f64>,
}

/// Applies the plan.
pub(super) fn leaving(spec: &Anonymise, prepared: &Prepared, plan: &Plan) -> Result<Leaving, PersonsError> {
    let (ground, codes) = (&prepared.ground, &prepared.quasi);
    let lookup = plan.fates.lookup(ground, |at| (0..ground.hierarchies[at].domain() as u64).zip(0..));
    let records = prepared.table.records();
    let way = |words: &mut Vec<u64>, record: usize| {
        words.clear();
        words.extend(codes.iter().map(|column| u64::from(column[record])));
        lookup.way(words)
    };
    let ways: Vec<Option<u32>> = (0..records).into_par_iter().map_init(Vec::new, way).collect();
    let fate = |record: usize| ways[record].map(|way| &plan.fates.ways()[way as usize]);
    let kept: Vec<bool> = ways.iter().map(Option::is_some).collect();
    let mut written = Vec::with_capacity(spec.protection.quasi.len());
    let mut lost = Vec::with_capacity(spec.protection.quasi.len());
    for (at, quasi) in spec.protection.quasi.iter().enumerate() {
        let (tree, own) = (&prepared.ground.trees[at], &prepared.quasi[at]);
        // A value that is left out is written as everything is.
        let group = |record: usize| {
            let level = fate(record).and_then(|levels| levels[at])?;
            Some((level, tree.hierarchy.map(level)?[own[record] as usize]))
        };
        let label = |record| group(record).and_then(|(level, group)| tree.label(level, group)).unwrap_or(EVERYTHING);
        written.push(Column::of(&quasi.column, (0..records).map(label)));
        let stands = |record| {
            (1, group(record).and_then(|(level, group)| tree.hierarchy.leaves(level).get(group as usize).copied()))
        };
        lost.push(granularity(tree.hierarchy.domain(), (0..records).map(stands)));
    }
    if !kept.contains(&true) {
        return Err(PersonsError::Unreachable { proven: true });
    }
    let histogram = counted(prepared, &written, &kept)?;
    Ok(Leaving { kept, written, histogram, granularity: lost })
}

/// Counts what is written, from its texts.
fn counted(prepared: &Prepared, written: &[Column], kept: &[bool]) -> Result<Histogram, PersonsError> {
    let quasi: Vec<&[u32]> = written.iter().map(|column| column.codes.as_slice()).collect();
    let sensitive: Vec<&[u32]> = prepared.sensitive.iter().map(|column| column.codes.as_slice()).collect();
    let codes = Codes { quasi: &quasi, sensitive: &sensitive, weights: &prepared.weights };
    count::histogram(&prepared.people, codes, None, |record| kept[record])
}

/// What leaves at one combination of levels, with the population at the same levels, where one is known.
pub(super) fn beside_population(
    prepared: &Prepared,
    levels: &[usize],
    kept: &[bool],
) -> Result<Option<(Histogram, Histogram)>, PersonsError> {
    let Some(population) = &prepared.population else { return Ok(None) };
    let lifted = |columns: &[Vec<u32>]| -> Vec<Vec<u32>> {
        let lift = |((tree, &level), column): ((&Hierarchy, &usize), &Vec<u32>)| {
            let map = tree.map(level).unwrap_or(&[]);
            column.iter().filter_map(|&code| map.get(code as usize).copied()).collect()
        };
        prepared.ground.hierarchies.iter().zip(levels).zip(columns).map(lift).collect()
    };
    let (own, outside) = (lifted(&prepared.quasi), lifted(population));
    let sensitive: Vec<&[u32]> = prepared.sensitive.iter().map(|column| column.codes.as_slice()).collect();
    let (keys, others) = (slices(&own), slices(&outside));
    let codes = Codes { quasi: &keys, sensitive: &sensitive, weights: &prepared.weights };
    let both = count::histogram(&prepared.people, codes, Some(&others), |record| kept[record])?;
    let sizes: Vec<u32> = others.iter().map(|column| size(column)).collect();
    let mut builder = Builder::sized(&sizes, 0);
    let mut key = vec![0; sizes.len()];
    for record in 0..others.first().map_or(0, |column| column.len()) {
        key.iter_mut().zip(&others).for_each(|(code, column)| *code = column[record]);
        builder.person(&[Record { key: &key, sensitive: &[], weight: 0 }])?;
    }
    Ok(Some((both, builder.finish())))
}

/// Judges what is written once more, from its texts alone. Rules about a population are judged by the search alone: what the
/// population would become is not written anywhere.
pub(super) fn verify(judges: &[Judge], plan: &Plan, leaving: &Leaving) -> Result<(), RunError> {
    if plan.any {
        // Values that may be any were counted by that convention when they were left out.
        return Ok(());
    }
    for judge in judges.iter().filter(|judge| !judge.model.population()) {
        let part = leaving.histogram.marginal(&judge.columns);
        if (0..part.len()).any(|class| !judge.model.holds(&part.classes().class(class))) {
            let why =
                "counted afresh, what would leave does not meet a rule: groups of different levels may have one name";
            return Err(PersonsError::Rules(why.to_owned()).into());
        }
    }
    Ok(())
}

/// The file as it is written (RFC 4180): records in ascending order of their lines, so that neither their order in the input nor
/// who was left out between them shows.
pub(super) fn csv(spec: &Anonymise, prepared: &Prepared, leaving: &Leaving) -> String {
    let stays = |name: &String| {
        Some(name) == spec.person.as_ref()
            || Some(name) == spec.protection.risk.group.as_ref()
            || Some(name) == spec.weights.as_ref() && !spec.keep.contains(name)
    };
    let columns = prepared.table.columns.iter().filter(|column| !stays(&column.name));
    let columns: Vec<&Column> = columns
        .map(|column| leaving.written.iter().find(|written| written.name == column.name).unwrap_or(column))
        .collect();
    let row = |record: usize| {
        let mut text = String::new();
        line(&mut text, columns.iter().map(|column| column.text(record)));
        text
    };
    let leaves = |record: &usize| leaving.kept[*record];
    let mut rows: Vec<String> = (0..leaving.kept.len()).into_par_iter().filter(leaves).map(row).collect();
    rows.par_sort_unstable();
    let mut text = String::new();
    line(&mut text, columns.iter().map(|column| column.name.as_str()));
    rows.iter().for_each(|row| text.push_str(row));
    text
}
