//! `[[persons]]`, and what the outputs of a release give away together.

use std::collections::HashMap;
use std::ops::Range;

use crate::config::spanned::Spanned;

use crate::schema::{Logical, Role};

use super::anonymise;
use super::form::{Document, Entry};
use super::lineage::NotNested;
use super::linked::link;
use super::model::{Aggregate, Design, Kept, Over, Persons, Recipient, Sample, Threshold};
use super::problem::{Known, Problem};
use super::raw::{At, Names, RawPersons};
use super::read::Reader;
use super::sources::Ground;
use super::{recipients, words};

/// Fewest persons that a threshold can ask for: a group of one hides nobody.
const LOWEST_THRESHOLD: u64 = 2;

/// The end of the name of a table's SDMX form.
pub const SDMX_SUFFIX: &str = "-sdmx";

/// Reads every per-person output; each comes with the place of its name.
pub(super) fn persons(
    reader: &mut Reader<'_>,
    entries: &[Entry<RawPersons>],
    ground: &Ground,
    recipients: &[Recipient],
) -> Vec<(Persons, Range<usize>)> {
    entries.iter().filter_map(|entry| one(reader, entry, ground, recipients)).collect()
}

fn one(
    reader: &mut Reader<'_>,
    entry: &Entry<RawPersons>,
    ground: &Ground,
    recipients: &[Recipient],
) -> Option<(Persons, Range<usize>)> {
    let raw = &entry.raw;
    let recipient = recipients::of_output(reader, &raw.recipient, entry, recipients);
    let name = output_name(reader, &raw.name, entry, "[[persons]]")?;
    let dataset = match &raw.source {
        Some(source) => named_dataset(reader, source, ground)?,
        None => {
            let only = (ground.datasets.len() == 1).then_some(0);
            match ground.dataset(name.get_ref()).or(only) {
                Some(dataset) => dataset,
                None => {
                    let known = Known::new(name.get_ref(), ground.names());
                    reader.report(name.span(), Problem::WhichDataset { name: name.get_ref().clone(), known });
                    return None;
                }
            }
        }
    };
    let kept = &ground.datasets[dataset].kept;
    let columns = match &raw.columns {
        Some(list) => {
            if list.get_ref().is_empty() {
                let expected = "Name released columns, or leave the key out for all.";
                reader.report(list.span(), Problem::BadValue { key: "columns", expected });
            }
            released(reader, list, ground, dataset)
        }
        // Columns under reinforced protection go only where they are named.
        None => (0..kept.len()).filter(|c| !kept[*c].reinforced).collect(),
    };
    hold_reinforced(reader, columns.iter().copied(), kept, name, recipient, recipients);
    let why = "Write protect = { k = 11, quasi_identifiers = [\"…\"] }.";
    let protect = reader.required(&raw.protect, entry, ("[[persons]]", "protect"), why)?;
    let k = threshold(reader, &protect.get_ref().k, "k");
    let place = Entry { raw: (), span: protect.span() };
    let quasi = &protect.get_ref().quasi_identifiers;
    let why = "Name the released columns that could single a person out together.";
    let list = reader.required(quasi, &place, ("protect", "quasi_identifiers"), why)?;
    let quasi_identifiers = released(reader, list, ground, dataset);
    hold_quasi(reader, (list, &quasi_identifiers), &columns, kept, name);
    let names = |positions: &[usize]| positions.iter().map(|c| kept[*c].name.clone()).collect::<Vec<_>>();
    let (quasi, leaving) = (names(&quasi_identifiers), names(&columns));
    let health: Vec<usize> = columns.iter().copied().filter(|c| kept[*c].role == Role::Sensitive).collect();
    let kinds: Vec<Logical> = columns.iter().map(|column| kept[*column].logical).collect();
    let leaving = anonymise::Leaving { names: &leaving, kinds: &kinds, health: &names(&health) };
    let protection = anonymise::of_output(reader, protect, (k, &quasi), &leaving);
    let sensitive = protection.iter().flat_map(|protection| &protection.sensitive);
    let place = |column: &String| kept.iter().position(|k| k.name == *column);
    let sensitive = sensitive.filter_map(|sensitive| place(&sensitive.column)).collect();
    let group = protect.get_ref().risk.as_ref().and_then(|risk| risk.get_ref().group.as_ref());
    let group = group.and_then(|column| released_column(reader, column, ground, dataset));
    let name_ = name.get_ref().clone();
    let persons =
        Persons { name: name_, recipient, dataset, columns, k, quasi_identifiers, protection, sensitive, group };
    Some((persons, name.span()))
}

/// Every quasi-identifier leaves, and every column that is one by its role is among them.
fn hold_quasi(
    reader: &mut Reader<'_>,
    (list, quasi_identifiers): (&Names, &[usize]),
    columns: &[usize],
    kept: &[Kept],
    name: &Spanned<String>,
) {
    for (position, written) in quasi_identifiers.iter().zip(list.get_ref()) {
        if !columns.contains(position) && list.get_ref().len() == quasi_identifiers.len() {
            let (column, dataset) = (written.get_ref().clone(), format!("the output `{}`", name.get_ref()));
            let known = Known::new(&column, columns.iter().map(|c| kept[*c].name.as_str()));
            reader.report(written.span(), Problem::NotKept { column, dataset, known });
        }
    }
    for position in columns {
        let Kept { role, name, .. } = &kept[*position];
        if *role == Role::QuasiIdentifier && !quasi_identifiers.contains(position) {
            reader.report(list.span(), Problem::QuasiIdentifierLeftOut { column: name.clone() });
        }
    }
}

/// Columns under reinforced protection go only to a recipient that is meant for them (R34).
pub(super) fn hold_reinforced(
    reader: &mut Reader<'_>,
    mut columns: impl Iterator<Item = usize>,
    kept: &[Kept],
    name: &Spanned<String>,
    recipient: Option<usize>,
    recipients: &[Recipient],
) {
    let recipient = recipient.and_then(|r| recipients.get(r));
    // Where nobody could be told from several, that was reported.
    if recipient.is_some_and(|r| r.reinforced) || recipient.is_none() && !recipients.is_empty() {
        return;
    }
    if let Some(column) = columns.find(|c| kept[*c].reinforced) {
        let whom = recipient.map_or_else(|| "an open file".to_owned(), |r| format!("`{}`", r.name));
        reader.report(name.span(), Problem::Reinforced { column: kept[column].name.clone(), whom });
    }
}

/// Strata are told to every recipient of the sample and weights tell of sizes and margins: none is made of columns under
/// reinforced protection.
pub(super) fn reinforced(reader: &mut Reader<'_>, document: &Document, ground: &Ground, sample: Option<&Sample>) {
    let (Some(sample), Some(entry)) = (sample, &document.sample) else { return };
    let named = sample.columns();
    let kept = ground.datasets.iter().flat_map(|d| &d.kept);
    for column in kept.filter(|k| k.reinforced && named.contains(&k.name.as_str())) {
        let problem = Problem::Reinforced { column: column.name.clone(), whom: "the strata of the sample".to_owned() };
        reader.report(entry.span.clone(), problem);
    }
}

/// The name of an output: it becomes the name of a file.
pub(super) fn output_name<'v, E>(
    reader: &mut Reader<'_>,
    value: &'v At<String>,
    entry: &Entry<E>,
    section: &'static str,
) -> Option<&'v Spanned<String>> {
    let name = reader.required_text(value, entry, (section, "name"), "The file of the output is named by it.")?;
    if !words::is_output_name(name.get_ref()) {
        let expected = "Write small letters without accents, digits, `-` or `_`: it becomes the name of a file.";
        reader.report(name.span(), Problem::BadValue { key: "name", expected });
    }
    Some(name)
}

/// The dataset that `source` names.
pub(super) fn named_dataset(reader: &mut Reader<'_>, source: &Spanned<String>, ground: &Ground) -> Option<usize> {
    let name = source.get_ref();
    let found = ground.dataset(name);
    if found.is_none() {
        let problem = if ground.sources.iter().any(|s| s.name == *name) {
            Problem::NotADataset { name: name.clone() }
        } else {
            Problem::UnknownSource { name: name.clone(), known: Known::new(name, ground.names()) }
        };
        reader.report(source.span(), problem);
    }
    found
}

/// The position of a released column.
pub(super) fn released_column(
    reader: &mut Reader<'_>,
    column: &Spanned<String>,
    ground: &Ground,
    dataset: usize,
) -> Option<usize> {
    let kept = &ground.datasets[dataset].kept;
    let found = kept.iter().position(|k| k.name == *column.get_ref());
    if found.is_none() && !ground.is_refused(dataset, column.get_ref()) {
        let known = Known::new(column.get_ref(), kept.iter().map(|k| k.name.as_str()));
        let dataset = format!("`{}`", ground.name(dataset));
        reader.report(column.span(), Problem::NotKept { column: column.get_ref().clone(), dataset, known });
    }
    found
}

/// The positions of released columns, each named once.
pub(super) fn released(reader: &mut Reader<'_>, list: &Names, ground: &Ground, dataset: usize) -> Vec<usize> {
    let mut positions = Vec::new();
    for column in list.get_ref() {
        match released_column(reader, column, ground, dataset) {
            Some(position) if positions.contains(&position) => {
                reader.report(column.span(), Problem::ColumnTwice { column: column.get_ref().clone() });
            }
            Some(position) => positions.push(position),
            None => {}
        }
    }
    positions
}

/// A threshold on distinct persons; 11 unless told, never under 2.
pub(super) fn threshold(reader: &mut Reader<'_>, value: &At<u64>, key: &'static str) -> Threshold {
    let Some(value) = value else { return Threshold::DEFAULT };
    match Threshold::new(*value.get_ref()) {
        Some(threshold) if threshold.get() >= LOWEST_THRESHOLD => threshold,
        _ => {
            reader.report(value.span(), Problem::ThresholdTooLow { key });
            Threshold::DEFAULT
        }
    }
}

/// Holds the outputs against each other: names are unique, and none can be subtracted from or matched with another.
pub(super) fn judge(
    reader: &mut Reader<'_>,
    document: &Document,
    persons: &[(Persons, Range<usize>)],
    aggregates: &[(Aggregate, Range<usize>)],
    (sample, ground): (Option<&Sample>, &Ground),
) {
    // A design that was refused is not "no design": what it lets subtract cannot be judged.
    let sample_is_known = document.sample.is_some() == sample.is_some();
    if document.persons.is_empty() && document.aggregates.is_empty() {
        reader.report(reader.end(), Problem::NoOutput);
    }
    let with_sdmx = |(table, at): &'_ (Aggregate, Range<usize>)| {
        let beside = table.wishes.sdmx.as_ref().map(|_| format!("{}{SDMX_SUFFIX}", table.name));
        [Some(table.name.clone()), beside].into_iter().flatten().map(|name| (name, at.clone())).collect::<Vec<_>>()
    };
    let names = persons.iter().map(|(p, at)| (p.name.clone(), at.clone()));
    let mut seen: HashMap<String, Range<usize>> = HashMap::new();
    for (name, at) in names.chain(aggregates.iter().flat_map(with_sdmx)) {
        if let Some(first) = seen.insert(name.clone(), at.clone()) {
            let problem = Problem::DuplicateName { what: "output", name };
            reader.report_with(at, problem, first, "first used here");
        }
    }
    for (number, (second, at)) in persons.iter().enumerate() {
        // Two recipients may get different columns of one dataset: without a shared column or key nothing ties them.
        let apart =
            |p: &Persons| p.recipient != second.recipient && !p.columns.iter().any(|c| second.columns.contains(c));
        if let Some((first, before)) = persons[..number].iter().find(|(p, _)| p.dataset == second.dataset && !apart(p))
        {
            let problem = Problem::PersonsTwice { first: first.name.clone(), second: second.name.clone() };
            reader.report_with(at.clone(), problem, before.clone(), "the same records leave here");
        }
    }
    nested(reader, aggregates, ground, sample);
    super::perturb::judge(reader, aggregates, persons, (sample, ground));
    for (number, (second, at)) in aggregates.iter().enumerate() {
        let mixed = |a: &Aggregate| a.dataset == second.dataset && a.over != second.over;
        if let Some((first, before)) = aggregates[..number].iter().find(|(a, _)| mixed(a)) {
            let problem = Problem::TablesTwice { first: first.name.clone(), second: second.name.clone() };
            reader.report_with(at.clone(), problem, before.clone(), "the same records are counted here");
            continue;
        }
        for (first, before) in aggregates[..number].iter().filter(|(a, _)| a.dataset == second.dataset) {
            if let Some(key) = differ(first, second) {
                let problem = Problem::LinkedDiffer { key, first: first.name.clone(), second: second.name.clone() };
                reader.report_with(at.clone(), problem, before.clone(), "another word is said here");
                break;
            }
        }
        if second.estimates(sample)
            && sample.is_some_and(|s| s.calibration.is_some() && matches!(s.design, Design::TwoPhase { .. }))
        {
            let what = "a table over a two-phase sample with fitted weights".to_owned();
            let instead =
                "Its standard errors are not known. Take [sample.calibrate] out, or count over the population.";
            reader.report(at.clone(), Problem::NotAvailable { what, instead });
        }
        let rows = persons.iter().find(|(p, _)| p.dataset == second.dataset && sample_is_known);
        if let (Some((rows, before)), Some(advice)) = (rows, subtractable(second, sample)) {
            let (table, persons) = (second.name.clone(), rows.name.clone());
            let problem = Problem::TableOfReleasedRows { table, persons, advice };
            reader.report_with(at.clone(), problem, before.clone(), "these rows could be subtracted");
        }
    }
}

/// What linked tables have to say alike and do not.
fn differ(first: &Aggregate, second: &Aggregate) -> Option<&'static str> {
    // A table that has no holding leaves it to the other.
    let holdings = first.holding.is_some() && second.holding.is_some() && first.holding != second.holding;
    let keys = [
        ("holding", holdings),
        ("zeros", first.wishes.zeros != second.wishes.zeros),
        ("cost", first.wishes.cost != second.wishes.cost),
        ("method", first.wishes.method != second.wishes.method),
    ];
    keys.into_iter().find(|(_, differ)| *differ).map(|(key, _)| key)
}

/// Columns of linked tables are nested or have nothing to do with each other; told once for every dataset.
fn nested(reader: &mut Reader<'_>, aggregates: &[(Aggregate, Range<usize>)], ground: &Ground, sample: Option<&Sample>) {
    let tables: Vec<Aggregate> = aggregates.iter().map(|(table, _)| table.clone()).collect();
    for (number, (table, at)) in aggregates.iter().enumerate() {
        let system = (table.dataset, table.over);
        if tables[..number].iter().any(|before| (before.dataset, before.over) == system) {
            continue;
        }
        let kept = &ground.datasets[table.dataset].kept;
        if let Err(NotNested { first, second }) =
            link(&tables, system, (kept, &ground.datasets[table.dataset].derived), sample)
        {
            let place = aggregates.iter().find(|(a, _)| a.by.contains(&second)).map_or(at, |(_, at)| at);
            let (first, second) = (kept[first].name.clone(), kept[second].name.clone());
            reader.report(place.clone(), Problem::NotNested { first, second });
        }
    }
}

/// Why the rows of a per-person output could be subtracted from a table: it counts just the persons that were drawn.
fn subtractable(aggregate: &Aggregate, sample: Option<&Sample>) -> Option<&'static str> {
    let everyone = sample.is_none_or(|s| s.design.is_census());
    match aggregate.over {
        Over::Sample => Some("Count over the population (over = \"population\"), or release only one of the two."),
        Over::Population if everyone => Some("Draw a sample with [sample], or release only one of the two."),
        Over::Population => None,
    }
}
