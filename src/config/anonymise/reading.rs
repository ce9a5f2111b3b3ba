//! Reads the file of `tamis anonymise`, section by section.

use std::path::PathBuf;

use crate::config::spanned::Spanned;

use super::raw::{RawAnonymise, RawEvidence, RawLoss, RawQuasi, RawRisk, RawSearch, RawSensitive};
use super::{
    Anonymise, DatePart, EvidenceLimits, Levels, Local, LossAggregate, LossChoice, LossMeasure, Population, Protection,
    Quasi, RiskWanted, RuleModel, Search, Sensitive, changes, rules, special_sets,
};
use crate::config::form::{AnonymiseDocument, Entry};
use crate::config::problem::{Known, Problem};
use crate::config::raw::{At, List};
use crate::config::read::Reader;
use crate::config::words;
use crate::disk;

/// Fewest persons of a class that is not small, unless the file says so.
const USUAL_THRESHOLD: u64 = 11;
/// Generalisations that a bounded search counts, unless the file says so.
const USUAL_CHECKS: u64 = 2_000;
pub(super) const SHARE: &str = "Write a number from 0 to 1, such as 0.04.";

/// Reads all of it. `None` always comes with a problem.
pub(super) fn whole(reader: &mut Reader<'_>, document: &AnonymiseDocument) -> Option<Anonymise> {
    let Some(head) = &document.head else {
        let why = "Name the file, and where the anonymised one goes: [anonymise] with file and output.";
        let span = reader.end();
        reader.report(span, Problem::MissingSection { section: "anonymise", why });
        return None;
    };
    let raw = &head.raw;
    let mut roles: Vec<String> = Vec::new();
    let quasi: Vec<Option<Quasi>> = document.quasi.iter().map(|entry| quasi(reader, entry, &mut roles)).collect();
    let sensitive: Vec<Option<Sensitive>> =
        document.sensitive.iter().map(|entry| sensitive(reader, entry, &mut roles)).collect();
    if document.quasi.is_empty() {
        let why = "Name what an outsider may know: [[quasi]] with column, and what its values may become.";
        let span = reader.end();
        reader.report(span, Problem::MissingSection { section: "quasi", why });
    }
    let keep = keep(reader, &raw.keep, &mut roles);
    let person = raw.person.as_ref().and_then(|name| role(reader, name, "person", &mut roles));
    let weights = weights(reader, &raw.weights, (&keep, person.as_deref()), &mut roles);
    let (local, key) = (local(reader, &raw.local, &raw.missing), reader.key(&raw.key));
    let why = "Name the CSV, Parquet or Arrow file with the records.";
    let file = reader.required_text(&raw.file, head, ("[anonymise]", "file"), why);
    let why = "Name the CSV file that is written; it must not exist yet.";
    let output = reader.required_text(&raw.output, head, ("[anonymise]", "output"), why);
    let suppress = within(reader, &raw.suppress, "suppress", SHARE, share).unwrap_or(0.0);
    let threshold = at_least_one(reader, &raw.threshold, "threshold").unwrap_or(USUAL_THRESHOLD);
    let (loss, search) = (
        loss(reader, document.loss.as_ref().map(|entry| &entry.raw)),
        search(reader, document.search.as_ref().map(|entry| &entry.raw)),
    );
    let evidence = evidence(reader, document.evidence.as_ref().map(|entry| &entry.raw));
    let written = document.risk.as_ref().map(|entry| &entry.raw);
    let group = written.and_then(|raw| raw.group.as_ref());
    let group = group.and_then(|name| role(reader, name, "group", &mut roles));
    let risk = RiskWanted { group, ..risk(reader, written, document.quasi.len()) };
    // What columns there are is only known where each of them could be read.
    let quasi = quasi.into_iter().collect::<Option<Vec<Quasi>>>()?;
    let sensitive = sensitive.into_iter().collect::<Option<Vec<Sensitive>>>()?;
    let rules = rules::rules(reader, document, (&quasi, &sensitive));
    let leaving: Vec<String> =
        quasi.iter().map(|q| &q.column).chain(sensitive.iter().map(|s| &s.column)).chain(&keep).cloned().collect();
    let changes = changes::changes(reader, document, &leaving);
    let anonymise = Anonymise {
        file: reader.path(file?.get_ref()),
        sheet: raw.sheet.as_ref().map(|sheet| sheet.get_ref().clone()),
        output: reader.path(output?.get_ref()),
        person,
        keep,
        weights,
        protection: Protection {
            quasi,
            sensitive,
            rules: rules?,
            suppress,
            loss,
            search,
            threshold,
            evidence,
            risk,
            population: raw.population.as_ref().map(|file| Population::File(reader.path(file.get_ref()))),
            local,
            changes: changes?,
        },
        key,
    };
    judge(reader, document, raw, &anonymise);
    Some(anonymise)
}

/// What one section says of another.
fn judge(reader: &mut Reader<'_>, document: &AnonymiseDocument, raw: &RawAnonymise, whole: &Anonymise) {
    let suppresses = matches!(whole.protection.local, Local::Suppress { .. });
    let plain = |rule: &super::Rule| {
        matches!(rule.model, RuleModel::KAnonymity { .. }) && rule.columns.len() == whole.protection.quasi.len()
    };
    if let (true, Some(local)) = (suppresses, &raw.local) {
        if whole.protection.rules.len() != 1 || !whole.protection.rules.iter().all(plain) {
            let why = "single values are left out for one rule k-anonymity over all quasi-identifiers.";
            reader.report(local.span(), Problem::Conflict { key: "local", other: "rule", why });
        }
        if let Some(suppress) = &raw.suppress {
            let why = "records go only where no set of values is enough; their number is in the report.";
            reader.report(suppress.span(), Problem::Conflict { key: "suppress", other: "local", why });
        }
    }
    for entry in document.quasi.iter().filter(|_| !suppresses) {
        if let Some(level) = &entry.raw.level {
            let why = "levels are searched for, unless local = \"suppress\" leaves out values at fixed ones.";
            reader.report(level.span(), Problem::Conflict { key: "level", other: "local", why });
        }
    }
    let compares = |rule: &super::Rule| rule.model.compares();
    if let (Some(at), None) = (whole.protection.rules.iter().position(compares), &raw.population) {
        let span = document.rules.get(at).map_or_else(|| reader.end(), |entry| entry.span.clone());
        let why = "The rule compares with a population: name its file, one row per person, in [anonymise].";
        reader.report(span, Problem::MissingKey { section: "[anonymise]", key: "population", why });
    }
    for entry in document.changes.iter().filter(|_| raw.population.is_some()) {
        let names = entry.raw.columns.iter().flat_map(|list| list.get_ref());
        for name in names.filter(|name| whole.protection.quasi.iter().any(|quasi| quasi.column == *name.get_ref())) {
            let why = "values that were changed cannot be compared with those of the population.";
            reader.report(name.span(), Problem::Conflict { key: "columns", other: "population", why });
        }
    }
    if let (Some(output), true) = (&raw.output, whole.output == whole.file) {
        let why = "nothing is overwritten; give the anonymised file a name of its own.";
        reader.report(output.span(), Problem::Conflict { key: "output", other: "file", why });
    }
}

/// A column, which has one role alone.
fn role(reader: &mut Reader<'_>, name: &Spanned<String>, key: &'static str, roles: &mut Vec<String>) -> Option<String> {
    let column = name.get_ref();
    if roles.contains(column) {
        reader.report(name.span(), Problem::ColumnTwice { column: column.clone() });
        return None;
    }
    if !words::is_column_name(column) {
        let expected = "Write a name of visible characters, at most 100 bytes.";
        reader.report(name.span(), Problem::BadValue { key, expected });
        return None;
    }
    roles.push(column.clone());
    Some(column.clone())
}

fn keep(reader: &mut Reader<'_>, list: &List<String>, roles: &mut Vec<String>) -> Vec<String> {
    let names = list.iter().flat_map(|list| list.get_ref());
    names.filter_map(|name| role(reader, name, "keep", roles)).collect()
}

/// The column of weights: one that is kept, or one of its own.
fn weights(
    reader: &mut Reader<'_>,
    written: &At<String>,
    (keep, person): (&[String], Option<&str>),
    roles: &mut Vec<String>,
) -> Option<String> {
    let name = written.as_ref()?;
    if keep.contains(name.get_ref()) && person != Some(name.get_ref().as_str()) {
        return Some(name.get_ref().clone());
    }
    role(reader, name, "weights", roles)
}

/// A hierarchy file: where it is, and its text.
fn hierarchy(reader: &mut Reader<'_>, written: &Spanned<String>) -> Option<(PathBuf, String)> {
    let path = reader.path(written.get_ref());
    let read = disk::read(&path).map_err(|error| Problem::Unreadable { path: path.clone(), kind: error.kind() });
    let text = read.and_then(|bytes| String::from_utf8(bytes).map_err(|_| Problem::NotUtf8 { path: path.clone() }));
    match text {
        Ok(text) => Some((path, text)),
        Err(problem) => {
            reader.report(written.span(), problem);
            None
        }
    }
}

fn quasi(reader: &mut Reader<'_>, entry: &Entry<RawQuasi>, roles: &mut Vec<String>) -> Option<Quasi> {
    let raw = &entry.raw;
    let why = "Name the column: column = \"age\".";
    let column = reader.required_text(&raw.column, entry, ("[[quasi]]", "column"), why);
    let column = column.and_then(|name| role(reader, name, "column", roles));
    let levels = levels(reader, raw);
    let expected = "Write a number above 0: how much it matters what is lost in this column.";
    let weight = within(reader, &raw.weight, "weight", expected, |weight| weight > 0.0).unwrap_or(1.0);
    let level = raw.level.as_ref().map_or(0, |level| *level.get_ref()) as usize;
    Some(Quasi { column: column?, levels: levels?, weight, level })
}

pub(super) fn levels(reader: &mut Reader<'_>, raw: &RawQuasi) -> Option<Levels> {
    let written = [
        ("hierarchy", raw.hierarchy.as_ref().map(Spanned::span)),
        ("bands", raw.bands.as_ref().map(Spanned::span)),
        ("prefixes", raw.prefixes.as_ref().map(Spanned::span)),
        ("dates", raw.dates.as_ref().map(Spanned::span)),
    ];
    let mut given = written.into_iter().filter_map(|(key, span)| Some((key, span?)));
    let first = given.next();
    if let (Some((other, _)), Some((key, span))) = (&first, given.next()) {
        reader.report(span, Problem::Conflict { key, other, why: "a column has one kind of levels." });
        return None;
    }
    if let (Some(overseas), None) = (&raw.overseas, &raw.prefixes) {
        reader.report(overseas.span(), Problem::StrayOption { key: "overseas", to: "levels that are no prefixes" });
    }
    if let Some(file) = &raw.hierarchy {
        return hierarchy(reader, file).map(|(path, text)| Levels::File { path, text });
    }
    if let Some(list) = &raw.bands {
        let expected = "Write widths from 2 on, each a multiple of the one before: bands = [5, 10, 20].";
        let widths: Option<Vec<u32>> =
            list.get_ref().iter().map(|width| u32::try_from(*width.get_ref()).ok()).collect();
        let sound = |widths: &Vec<u32>| {
            widths.first().is_some_and(|width| *width > 1)
                && widths.windows(2).all(|pair| pair[1] > pair[0] && pair[1] % pair[0] == 0)
        };
        return checked(reader, list.span(), "bands", expected, widths.filter(sound)).map(Levels::Bands);
    }
    if let Some(list) = &raw.prefixes {
        let expected = "Write numbers of characters from 1 on, falling: prefixes = [3, 2].";
        let lengths: Option<Vec<usize>> = list.get_ref().iter().map(|n| usize::try_from(*n.get_ref()).ok()).collect();
        let sound = |lengths: &Vec<usize>| {
            lengths.last().is_some_and(|length| *length > 0) && lengths.windows(2).all(|pair| pair[1] < pair[0])
        };
        let lengths = checked(reader, list.span(), "prefixes", expected, lengths.filter(sound))?;
        let overseas = raw.overseas.as_ref().is_some_and(|overseas| *overseas.get_ref());
        return Some(Levels::Prefixes { lengths, overseas });
    }
    let Some(list) = &raw.dates else { return Some(Levels::All) };
    let before = reader.count();
    let words = [("month", DatePart::Month), ("year", DatePart::Year), ("decade", DatePart::Decade)];
    let parts: Vec<DatePart> =
        list.get_ref().iter().map(|word| reader.word(&Some(word.clone()), "dates", DatePart::Month, &words)).collect();
    if reader.count() > before {
        return None;
    }
    let sound = |parts: &Vec<DatePart>| !parts.is_empty() && parts.windows(2).all(|pair| pair[0] < pair[1]);
    let expected = "Write parts from fine to coarse, each once: dates = [\"month\", \"year\", \"decade\"].";
    checked(reader, list.span(), "dates", expected, Some(parts).filter(sound)).map(Levels::Dates)
}

/// A value, or the problem that it is none.
fn checked<T>(
    reader: &mut Reader<'_>,
    span: std::ops::Range<usize>,
    key: &'static str,
    expected: &'static str,
    value: Option<T>,
) -> Option<T> {
    if value.is_none() {
        reader.report(span, Problem::BadValue { key, expected });
    }
    value
}

fn sensitive(reader: &mut Reader<'_>, entry: &Entry<RawSensitive>, roles: &mut Vec<String>) -> Option<Sensitive> {
    sensitive_of(reader, &entry.raw, entry.span.clone(), roles)
}

/// Reads a sensitive column, which has one role alone.
pub(super) fn sensitive_of(
    reader: &mut Reader<'_>,
    raw: &RawSensitive,
    span: std::ops::Range<usize>,
    roles: &mut Vec<String>,
) -> Option<Sensitive> {
    let place = Entry { raw: (), span };
    let why = "Name the column: column = \"diagnostic\".";
    let column = reader.required_text(&raw.column, &place, ("[[sensitive]]", "column"), why);
    let column = column.and_then(|name| role(reader, name, "column", roles));
    let mut order: Vec<String> = Vec::new();
    for value in raw.order.iter().flat_map(|list| list.get_ref()) {
        if order.contains(value.get_ref()) {
            let expected = "Write every value once, from low to high.";
            reader.report(value.span(), Problem::BadValue { key: "order", expected });
        }
        order.push(value.get_ref().clone());
    }
    let tree = match &raw.hierarchy {
        Some(file) => Some(hierarchy(reader, file)?),
        None => None,
    };
    Some(Sensitive { column: column?, order, hierarchy: tree })
}

/// Whether protection may differ from class to class.
pub(super) fn local(reader: &mut Reader<'_>, written: &At<String>, missing: &At<String>) -> Local {
    let words = [("none", Local::Global), ("recode", Local::Recode), ("suppress", Local::Suppress { any: false })];
    let local = reader.word(written, "local", Local::Global, &words);
    let any = reader.word(missing, "missing", false, &[("own", false), ("any", true)]);
    match (local, missing) {
        (Local::Suppress { .. }, _) => Local::Suppress { any },
        (local, None) => local,
        (local, Some(missing)) => {
            let to = "anything but local = \"suppress\"";
            reader.report(missing.span(), Problem::StrayOption { key: "missing", to });
            local
        }
    }
}

pub(super) fn loss(reader: &mut Reader<'_>, raw: Option<&RawLoss>) -> LossChoice {
    let usual = LossChoice { measure: LossMeasure::Granularity, suppression: true, aggregate: None, balance: 0.5 };
    let Some(raw) = raw else { return usual };
    let words = [
        ("granularity", LossMeasure::Granularity),
        ("entropy", LossMeasure::Entropy),
        ("discernibility", LossMeasure::Discernibility),
        ("class_size", LossMeasure::ClassSize),
        ("precision", LossMeasure::Precision),
        ("ambiguity", LossMeasure::Ambiguity),
    ];
    let measure = reader.word(&raw.measure, "measure", LossMeasure::Granularity, &words);
    let both = matches!(measure, LossMeasure::Entropy | LossMeasure::Discernibility | LossMeasure::Precision);
    if let (false, Some(suppression)) = (both, &raw.suppression) {
        reader.report(suppression.span(), Problem::StrayOption { key: "suppression", to: "this measure" });
    }
    let words = [
        ("sum", LossAggregate::Sum),
        ("mean", LossAggregate::Mean),
        ("geometric_mean", LossAggregate::GeometricMean),
        ("maximum", LossAggregate::Maximum),
    ];
    let aggregate = reader.word(&raw.aggregate, "aggregate", LossAggregate::Mean, &words);
    let by_column = both && measure != LossMeasure::Discernibility || measure == LossMeasure::Granularity;
    for (key, span) in
        [("aggregate", raw.aggregate.as_ref().map(Spanned::span)), ("balance", raw.balance.as_ref().map(Spanned::span))]
    {
        if let (false, Some(span)) = (by_column, span) {
            reader.report(span, Problem::StrayOption { key, to: "a measure of whole classes" });
        }
    }
    let balance = within(reader, &raw.balance, "balance", SHARE, share).unwrap_or(usual.balance);
    let suppression = raw.suppression.as_ref().is_none_or(|suppression| *suppression.get_ref());
    LossChoice { measure, suppression, aggregate: raw.aggregate.as_ref().map(|_| aggregate), balance }
}

pub(super) fn search(reader: &mut Reader<'_>, raw: Option<&RawSearch>) -> Search {
    let Some(raw) = raw else { return Search { whole: None, checks: USUAL_CHECKS } };
    let whole =
        reader.word(&raw.method, "method", None, &[("exact", Some(true)), ("bounded", Some(false)), ("auto", None)]);
    if let (Some(true), Some(checks)) = (whole, &raw.checks) {
        reader.report(checks.span(), Problem::StrayOption { key: "checks", to: "an exact search" });
    }
    Search { whole, checks: at_least_one(reader, &raw.checks, "checks").unwrap_or(USUAL_CHECKS) }
}

pub(in crate::config) fn evidence(reader: &mut Reader<'_>, raw: Option<&RawEvidence>) -> EvidenceLimits {
    let Some(raw) = raw else { return EvidenceLimits::default() };
    EvidenceLimits {
        smallest: at_least_one(reader, &raw.smallest, "smallest"),
        linkable: within(reader, &raw.linkable, "linkable", SHARE, share),
        advantage: within(reader, &raw.advantage, "advantage", SHARE, share),
    }
}

/// What is measured beside classes of `width` columns. The column of groups is looked at by the caller.
pub(super) fn risk(reader: &mut Reader<'_>, raw: Option<&RawRisk>, width: usize) -> RiskWanted {
    let Some(raw) = raw else { return RiskWanted::default() };
    let expected = "Write a share of the population above 0, and at most 1.";
    let fraction = within(reader, &raw.fraction, "fraction", expected, |part| part > 0.0 && share(part));
    let suda = at_least_one(reader, &raw.suda, "suda").zip(raw.suda.as_ref()).and_then(|(largest, written)| {
        let largest = usize::try_from(largest).unwrap_or(usize::MAX);
        let expected =
            "Write a smaller number: at most 65,536 sets of columns are looked at, and of at most 30 columns.";
        checked(reader, written.span(), "suda", expected, special_sets(width, largest).map(|_| largest))
    });
    RiskWanted { fraction, suda, group: None }
}

pub(super) fn share(number: f64) -> bool {
    (0.0..=1.0).contains(&number)
}

/// A number that meets a condition.
pub(super) fn within(
    reader: &mut Reader<'_>,
    value: &At<f64>,
    key: &'static str,
    expected: &'static str,
    sound: impl Fn(f64) -> bool,
) -> Option<f64> {
    let value = value.as_ref()?;
    let number = Some(*value.get_ref()).filter(|number| number.is_finite() && sound(*number));
    checked(reader, value.span(), key, expected, number)
}

/// A whole number that is not 0.
pub(super) fn at_least_one(reader: &mut Reader<'_>, value: &At<u64>, key: &'static str) -> Option<u64> {
    let value = value.as_ref()?;
    let number = Some(*value.get_ref()).filter(|number| *number > 0);
    checked(reader, value.span(), key, "Write a whole number from 1 on.", number)
}

/// The position of a name among some.
pub(super) fn place<'n>(
    reader: &mut Reader<'_>,
    name: &Spanned<String>,
    names: impl Iterator<Item = &'n str> + Clone,
    section: &'static str,
) -> Option<usize> {
    let found = names.clone().position(|other| other == name.get_ref());
    if found.is_none() {
        let (column, known) = (name.get_ref().clone(), Known::new(name.get_ref(), names));
        reader.report(name.span(), Problem::UnknownColumn { column, place: section.to_owned(), known });
    }
    found
}
