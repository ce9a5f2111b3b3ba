//! `[[aggregate]]`: the tables that leave.

use std::ops::Range;

use crate::config::spanned::Spanned;

use crate::schema::Logical;

use super::concentration::{self, Concentration, concentration, least};
use super::form::Entry;
use super::keep::find;
use super::model::{Aggregate, Generalise, Kept, Measure, Over, Recipient};
use super::outputs::{named_dataset, output_name, released, released_column, threshold};
use super::problem::{Known, Problem};
use super::raw::{RawAggregate, RawMargins, RawMeasure, RawTableProtect};
use super::read::Reader;
use super::sources::Ground;
use super::wishes::wishes;
use super::{perturb, recipients, words};

/// Reads every aggregated output; each comes with the place of its name.
pub(super) fn aggregates(
    reader: &mut Reader<'_>,
    entries: &[Entry<RawAggregate>],
    ground: &Ground,
    recipients: &[Recipient],
) -> Vec<(Aggregate, Range<usize>)> {
    entries.iter().filter_map(|entry| one(reader, entry, ground, recipients)).collect()
}

fn one(
    reader: &mut Reader<'_>,
    entry: &Entry<RawAggregate>,
    ground: &Ground,
    recipients: &[Recipient],
) -> Option<(Aggregate, Range<usize>)> {
    let raw = &entry.raw;
    let recipient = recipients::of_output(reader, &raw.recipient, entry, recipients);
    let name = output_name(reader, &raw.name, entry, "[[aggregate]]");
    let why = "Name the released columns that make the cells: by = [\"departement\", \"sexe\"].";
    let by_list = reader.required(&raw.by, entry, ("[[aggregate]]", "by"), why);
    if let Some(list) = by_list.filter(|l| l.get_ref().is_empty()) {
        reader.report(list.span(), Problem::BadValue { key: "by", expected: why });
    }
    let why = "Say what is measured: measure = [{ count = \"persons\" }].";
    let measure_list = reader.required(&raw.measure, entry, ("[[aggregate]]", "measure"), why);
    if let Some(list) = measure_list.filter(|l| l.get_ref().is_empty()) {
        reader.report(list.span(), Problem::BadValue { key: "measure", expected: why });
    }
    let least_persons = raw.protect.as_ref().and_then(|p| p.get_ref().threshold.clone());
    let threshold = threshold(reader, &least_persons, "threshold");
    let perturb = raw.perturb.as_ref().map(|written| perturb::perturb(reader, written, perturb::Setting::Pipeline));
    if let (Some(protect), Some(_)) = (&raw.protect, &perturb) {
        let why = "perturbed tables have no suppressed cells, so no threshold: either cells are suppressed, or all are changed.";
        reader.report(protect.span(), Problem::Conflict { key: "protect", other: "perturb", why });
    }
    let wished = [
        ("decisions", raw.decisions.as_ref().map(Spanned::span)),
        ("zeros", raw.zeros.as_ref().map(Spanned::span)),
        ("marks", raw.marks.as_ref().map(Spanned::span)),
        ("sdmx", raw.sdmx.as_ref().map(Spanned::span)),
    ];
    for (key, at) in wished.into_iter().filter_map(|(key, at)| Some((key, at?))).filter(|_| perturb.is_some()) {
        let why = "it is about suppressed cells, and perturbed tables have none.";
        reader.report(at, Problem::Conflict { key, other: "perturb", why });
    }
    let (name, by_list, measure_list) = (name?, by_list?, measure_list?);
    let dataset = dataset(reader, raw, name, ground)?;
    let over = over(reader, entry, ground, dataset);
    let by = released(reader, by_list, ground, dataset);
    let margins = margins(reader, raw, &by, &ground.datasets[dataset].kept);
    margins_over_codes(reader, raw, &by, &margins, &ground.datasets[dataset].kept);
    let measures = measures(reader, measure_list, ground, dataset, &by);
    if over == Over::Sample {
        names_beside(reader, &measures, measure_list, &by, &ground.datasets[dataset].kept);
    }
    let columns = measures.iter().filter_map(|(_, m)| m.column()).chain(by.iter().copied());
    super::outputs::hold_reinforced(reader, columns, &ground.datasets[dataset].kept, name, recipient, recipients);
    let perturb = match perturb {
        Some(perturb) => Some(perturb?),
        None => None,
    };
    let Contributing { concentration, holding, holdings } = contributing(reader, raw, ground, dataset);
    let group = group(reader, raw, ground, (dataset, over), (&by, &margins, &measures));
    let names: Vec<&str> = by.iter().map(|b| ground.datasets[dataset].kept[*b].name.as_str()).collect();
    let wishes = wishes(reader, raw, group, &names);
    if let Some(flow) = &raw.sdmx {
        super::sdmx::distinct_ids(reader, flow.span(), &names, &measures);
    }
    let aggregate = Aggregate {
        name: name.get_ref().clone(),
        recipient,
        dataset,
        by,
        margins,
        measures,
        threshold,
        concentration,
        holding,
        holdings,
        wishes,
        over,
        perturb,
    };
    Some((aggregate, name.span()))
}

/// Over whom a table counts. One of a release says so: its persons may be a sample, and are no population.
fn over(reader: &mut Reader<'_>, entry: &Entry<RawAggregate>, ground: &Ground, dataset: usize) -> Over {
    if ground.sources[ground.datasets[dataset].source].release.is_none() {
        let words = [("population", Over::Population), ("sample", Over::Sample)];
        return reader.word(&entry.raw.over, "over", Over::Population, &words);
    }
    let why =
        "Write over = \"release\": those are counted whose rows were released, a sample perhaps, and never everybody.";
    reader.required(&entry.raw.over, entry, ("[[aggregate]]", "over"), why);
    reader.word(&entry.raw.over, "over", Over::Population, &[("release", Over::Population)])
}

/// Rules on contributors.
#[derive(Default)]
struct Contributing {
    concentration: Concentration,
    holding: Option<usize>,
    holdings: Option<u64>,
}

fn contributing(reader: &mut Reader<'_>, raw: &RawAggregate, ground: &Ground, dataset: usize) -> Contributing {
    let Some(protect) = raw.protect.as_ref().map(Spanned::get_ref) else { return Contributing::default() };
    let RawTableProtect { dominance, p_percent, p_q, .. } = protect;
    let concentration = concentration(reader, &concentration::Written { dominance, p_percent, p_q });
    let holding = protect.holding.as_ref().and_then(|column| released_column(reader, column, ground, dataset));
    let holdings = least(reader, &protect.holdings, "holdings");
    match (&protect.holding, &protect.holdings) {
        (None, Some(least)) => {
            let why = "say which column names what records belong to: holding = \"finess\".";
            reader.report(least.span(), Problem::Conflict { key: "holdings", other: "protect", why });
        }
        (Some(column), None) if concentration.needs() == 0 => {
            let why = "no rule looks at holdings: add holdings = 3, or dominance, p_percent or p_q.";
            reader.report(column.span(), Problem::Conflict { key: "holding", other: "protect", why });
        }
        _ => {}
    }
    Contributing { concentration, holding, holdings }
}

/// Columns that tell about everybody of a group: the table shows totals over them and cells of nobody, or shares of them.
fn group(
    reader: &mut Reader<'_>,
    raw: &RawAggregate,
    ground: &Ground,
    (dataset, over): (usize, Over),
    (by, margins, measures): (&[usize], &[bool], &[(String, Measure)]),
) -> Vec<usize> {
    let shown = raw.zeros.as_ref().filter(|zeros| matches!(zeros.get_ref().as_str(), "shown" | "unsafe"));
    let partly = over == Over::Sample || ground.sources[ground.datasets[dataset].source].release.is_some();
    if let Some(zeros) = shown.filter(|_| partly) {
        let why = "what nobody of the sample is in may well be in the population.";
        reader.report(zeros.span(), Problem::Conflict { key: "zeros", other: "over", why });
    }
    let Some(list) = raw.protect.as_ref().and_then(|protect| protect.get_ref().group.as_ref()) else {
        return Vec::new();
    };
    let columns = released(reader, list, ground, dataset);
    for (column, written) in columns.iter().zip(list.get_ref()) {
        let advice = match by.iter().position(|b| b == column) {
            Some(at) if !margins[at] => "Show totals over it (margins), so that everybody of a line is counted.",
            Some(_) if shown.is_none() => {
                "Show cells of nobody (zeros = \"shown\"): that they are absent tells as much."
            }
            None if !measures
                .iter()
                .any(|(_, m)| matches!(m, Measure::Share { .. }) && m.column() == Some(*column)) =>
            {
                "Name a column of `by`, or one of which the table measures shares."
            }
            _ => continue,
        };
        reader.report(written.span(), Problem::Group { column: written.get_ref().clone(), advice });
    }
    columns
}

/// For each column of `by`, whether totals over it are shown.
fn margins(reader: &mut Reader<'_>, raw: &RawAggregate, by: &[usize], kept: &[Kept]) -> Vec<bool> {
    let list = match raw.margins.as_ref().map(Spanned::get_ref) {
        None => return vec![false; by.len()],
        Some(RawMargins::All(all)) => return vec![*all; by.len()],
        Some(RawMargins::Over(list)) => list,
    };
    for column in list {
        if !by.iter().any(|b| kept[*b].name == *column.get_ref()) {
            let known = Known::new(column.get_ref(), by.iter().map(|b| kept[*b].name.as_str()));
            let (name, dataset) = (column.get_ref().clone(), "this table's `by`".to_owned());
            reader.report(column.span(), Problem::NotKept { column: name, dataset, known });
        }
    }
    by.iter().map(|b| list.iter().any(|column| *column.get_ref() == kept[*b].name)).collect()
}

/// A column with totals holds codes.
fn margins_over_codes(reader: &mut Reader<'_>, raw: &RawAggregate, by: &[usize], margins: &[bool], kept: &[Kept]) {
    let Some(written) = &raw.margins else { return };
    for column in by.iter().zip(margins).filter(|(_, margin)| **margin).map(|(column, _)| &kept[*column]) {
        if !matches!(column.logical, Logical::Text | Logical::Integer | Logical::Boolean) {
            let problem = Problem::ColumnType {
                column: column.name.clone(),
                kind: column.logical.word(),
                expected: "a code",
                advice: "Totals are shown over codes: make dates coarser with \"month\", measures with \"band\".",
            };
            reader.report(written.span(), problem);
        }
    }
}

/// The dataset that `source` names, or the only one that has all the columns.
fn dataset(reader: &mut Reader<'_>, raw: &RawAggregate, name: &Spanned<String>, ground: &Ground) -> Option<usize> {
    if let Some(source) = &raw.source {
        return named_dataset(reader, source, ground);
    }
    let by = raw.by.iter().flat_map(|l| l.get_ref());
    let measured = raw.measure.iter().flat_map(|l| l.get_ref()).filter_map(|m| {
        let RawMeasure { sum, mean, share, .. } = m.get_ref();
        sum.as_ref().or(mean.as_ref()).or(share.as_ref())
    });
    let columns: Vec<&String> = by.chain(measured).map(Spanned::get_ref).collect();
    let has_all = |d: &usize| columns.iter().all(|c| ground.releases(*d, c));
    let all: Vec<usize> = (0..ground.datasets.len()).collect();
    let having: Vec<usize> = all.iter().copied().filter(has_all).collect();
    match (having.as_slice(), all.as_slice()) {
        ([only], _) => Some(*only),
        // With one dataset the columns are looked for in it, so that the message names the one that is missing.
        ([], [only]) => Some(*only),
        _ => {
            let known = Known::new(name.get_ref(), ground.names());
            reader.report(name.span(), Problem::WhichDataset { name: name.get_ref().clone(), known });
            None
        }
    }
}

fn measures(
    reader: &mut Reader<'_>,
    list: &Spanned<Vec<Spanned<RawMeasure>>>,
    ground: &Ground,
    dataset: usize,
    by: &[usize],
) -> Vec<(String, Measure)> {
    let kept = &ground.datasets[dataset].kept;
    let mut measures: Vec<(String, Measure)> = Vec::new();
    for entry in list.get_ref() {
        let Some((default, measure)) = measure(reader, entry, ground, dataset) else { continue };
        let (name, span) = match &entry.get_ref().rename {
            Some(rename) => (rename.get_ref().clone(), rename.span()),
            None => (default, entry.span()),
        };
        if !words::is_column_name(&name) {
            let expected = "Write a name of visible characters, at most 100 bytes.";
            reader.report(span.clone(), Problem::BadValue { key: "as", expected });
        }
        if measures.iter().any(|(n, _)| *n == name) || by.iter().any(|b| kept[*b].name == name) {
            let what = "column of the table";
            reader.report(span, Problem::DuplicateName { what, name: name.clone() });
        }
        measures.push((name, measure));
    }
    measures
}

/// The columns beside an estimate bear names that nothing else bears.
fn names_beside(
    reader: &mut Reader<'_>,
    measures: &[(String, Measure)],
    list: &Spanned<Vec<Spanned<RawMeasure>>>,
    by: &[usize],
    kept: &[Kept],
) {
    for name in measures.iter().flat_map(|(name, _)| Aggregate::columns_beside(name)) {
        if measures.iter().any(|(n, _)| *n == name) || by.iter().any(|b| kept[*b].name == name) {
            let what = "column of the table";
            reader.report(list.span(), Problem::DuplicateName { what, name });
        }
    }
}

/// A measure and the name that it has unless told.
fn measure(
    reader: &mut Reader<'_>,
    entry: &Spanned<RawMeasure>,
    ground: &Ground,
    dataset: usize,
) -> Option<(String, Measure)> {
    let RawMeasure { count, sum, mean, share, equals, .. } = entry.get_ref();
    let named = [count, sum, mean, share].iter().filter(|m| m.is_some()).count();
    if named != 1 || equals.is_some() != share.is_some() {
        reader.report(entry.span(), Problem::Measure);
        return None;
    }
    if let Some(count) = count {
        let words = [("persons", Some(Measure::Persons)), ("records", Some(Measure::Records))];
        let found = words.iter().find(|(w, _)| w == count.get_ref());
        if found.is_none() {
            let known = Known::new(count.get_ref(), words.iter().map(|(w, _)| *w));
            let problem = Problem::UnknownWord { key: "count", word: count.get_ref().clone(), known };
            reader.report(count.span(), problem);
        }
        return found.and_then(|(word, measure)| Some(((*word).to_owned(), measure.clone()?)));
    }
    if let Some(column) = sum {
        let position = numeric(reader, column, ground, dataset)?;
        return Some((format!("sum_{}", column.get_ref()), Measure::Sum(position)));
    }
    if let Some(column) = mean {
        let position = numeric(reader, column, ground, dataset)?;
        return Some((format!("mean_{}", column.get_ref()), Measure::Mean(position)));
    }
    let (column, equals) = (share.as_ref()?, equals.as_ref()?);
    let position = released_column(reader, column, ground, dataset)?;
    let value = equals.get_ref().to_string();
    refuse_impossible_value(reader, column, equals.span(), &value, (ground, dataset, position));
    let name = format!("share_{}_{value}", column.get_ref());
    Some((name, Measure::Share { column: position, equals: value }))
}

/// Sums and means are over numbers.
fn numeric(reader: &mut Reader<'_>, column: &Spanned<String>, ground: &Ground, dataset: usize) -> Option<usize> {
    let position = released_column(reader, column, ground, dataset)?;
    let logical = ground.datasets[dataset].kept[position].logical;
    if !matches!(logical, Logical::Integer | Logical::Number) {
        let problem = Problem::ColumnType {
            column: column.get_ref().clone(),
            kind: logical.word(),
            expected: "a number",
            advice: "Sums and means need numbers; of other columns, measure the share of a value.",
        };
        reader.report(column.span(), problem);
        return None;
    }
    Some(position)
}

/// A share of a value that the column cannot have would be a column of zeros that nobody questions.
fn refuse_impossible_value(
    reader: &mut Reader<'_>,
    column: &Spanned<String>,
    span: Range<usize>,
    value: &str,
    (ground, dataset, position): (&Ground, usize, usize),
) {
    let kept = &ground.datasets[dataset].kept[position];
    let mut values: Option<Vec<String>> = match (&kept.generalise, kept.logical) {
        (Generalise::Keep, Logical::Boolean) => Some(vec!["true".to_owned(), "false".to_owned()]),
        (Generalise::Keep, _) => {
            let found = find(ground, dataset, &kept.from_name);
            found.and_then(|f| f.field).and_then(|f| f.constraints.allowed.clone())
        }
        (Generalise::Hierarchy { map, .. }, _) => Some(map.values().cloned().collect()),
        _ => None,
    };
    if let Some(values) = values.as_mut().filter(|v| !v.iter().any(|v| v == value)) {
        values.sort_unstable();
        values.dedup();
        let known = Known::new(value, values.iter().map(String::as_str));
        let (column, value) = (column.get_ref().clone(), value.to_owned());
        reader.report(span, Problem::ShareValue { column, value, known });
    }
}
