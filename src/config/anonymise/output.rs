//! `[[persons]] protect` of a pipeline, where it says more than *k*.

use toml::Spanned;

use super::raw::RawQuasi;
use super::reading::{self, SHARE, levels, share, within};
use super::{EvidenceLimits, Levels, Protection, Quasi, Rule, RuleModel, Sensitive, rules};
use crate::config::model::Threshold;
use crate::config::problem::{Known, Problem};
use crate::config::raw::RawPersonsProtect;
use crate::config::read::Reader;

/// Reads what values may become, and the rules beside *k*-anonymity. `None` where nothing of it is written. `quasi` are the
/// quasi-identifiers, `leaving` the columns of the output, `health` those of them that are sensitive by their role: what the
/// evidence looks at where the file names no sensitive columns.
pub(in crate::config) fn of_output(
    reader: &mut Reader<'_>,
    protect: &Spanned<RawPersonsProtect>,
    (k, quasi): (Threshold, &[String]),
    (leaving, health): (&[String], &[String]),
) -> Option<Protection> {
    let raw = protect.get_ref();
    let as_it_is = raw.levels.is_none()
        && raw.rules.is_none()
        && raw.suppress.is_none()
        && raw.loss.is_none()
        && raw.search.is_none();
    if as_it_is && raw.sensitive.is_none() && raw.evidence.is_none() {
        return None;
    }
    let columns = columns(reader, raw, quasi);
    let mut sensitive = sensitive(reader, raw, quasi, leaving);
    let all: Vec<usize> = (0..columns.len()).collect();
    let mut rules = vec![Rule { model: RuleModel::KAnonymity { k: k.get() }, columns: all }];
    for entry in raw.rules.iter().flat_map(|list| list.get_ref()) {
        let Some(rule) = rules::rule(reader, entry.get_ref(), entry.span(), (&columns, &sensitive)) else { continue };
        if matches!(rule.model, RuleModel::KMap { .. } | RuleModel::Presence { .. }) {
            let what = "a rule about a population, in a pipeline,".to_owned();
            let instead = "Rules of pipelines look at the records alone; `tamis anonymise` takes a population.";
            reader.report(entry.span(), Problem::NotAvailable { what, instead });
        }
        rules.push(rule);
    }
    // Where nothing may become coarser, small classes are left out however many they are, as with k alone.
    let unless_told = if as_it_is { 1.0 } else { 0.0 };
    let suppress = within(reader, &raw.suppress, "suppress", SHARE, share).unwrap_or(unless_told);
    let evidence: EvidenceLimits = reading::evidence(reader, raw.evidence.as_ref().map(Spanned::get_ref));
    if raw.sensitive.is_none() && evidence.advantage.is_some() {
        let plain = |column: &String| Sensitive { column: column.clone(), order: Vec::new(), hierarchy: None };
        sensitive.extend(health.iter().filter(|column| !quasi.contains(column)).map(plain));
    }
    Some(Protection {
        quasi: columns,
        sensitive,
        rules,
        suppress,
        loss: reading::loss(reader, raw.loss.as_ref().map(Spanned::get_ref)),
        search: reading::search(reader, raw.search.as_ref().map(Spanned::get_ref)),
        threshold: k.get(),
        evidence,
    })
}

/// What each quasi-identifier may become; one of which nothing is said stays as it is.
fn columns(reader: &mut Reader<'_>, raw: &RawPersonsProtect, quasi: &[String]) -> Vec<Quasi> {
    let same = |column: &String| Quasi { column: column.clone(), levels: Levels::Same, weight: 1.0, level: 0 };
    let mut columns: Vec<Quasi> = quasi.iter().map(same).collect();
    for (name, entry) in raw.levels.iter().flat_map(|levels| levels.get_ref()) {
        let Some(at) = quasi.iter().position(|column| column == name.get_ref()) else {
            let (column, known) =
                (name.get_ref().clone(), Known::new(name.get_ref(), quasi.iter().map(String::as_str)));
            let place = "quasi_identifiers".to_owned();
            reader.report(name.span(), Problem::UnknownColumn { column, place, known });
            continue;
        };
        let said: &RawQuasi = entry.get_ref();
        let stray =
            [("column", said.column.as_ref().map(Spanned::span)), ("level", said.level.as_ref().map(Spanned::span))];
        for (key, span) in stray.into_iter().filter_map(|(key, span)| Some((key, span?))) {
            reader.report(span, Problem::StrayOption { key, to: "levels of a column" });
        }
        let expected = "Write a number above 0: how much it matters what is lost in this column.";
        if let Some(weight) = within(reader, &said.weight, "weight", expected, |weight| weight > 0.0) {
            columns[at].weight = weight;
        }
        if let Some(levels) = levels(reader, said) {
            columns[at].levels = levels;
        }
    }
    columns
}

/// Sensitive columns leave, and are no quasi-identifiers.
fn sensitive(reader: &mut Reader<'_>, raw: &RawPersonsProtect, quasi: &[String], leaving: &[String]) -> Vec<Sensitive> {
    let mut roles = quasi.to_vec();
    let mut found = Vec::new();
    let Some(list) = &raw.sensitive else { return found };
    for written in list.get_ref() {
        let column = reading::sensitive_of(reader, written.get_ref(), written.span(), &mut roles);
        let Some(column) = column else { continue };
        if !leaving.contains(&column.column) {
            let known = Known::new(&column.column, leaving.iter().map(String::as_str));
            let (name, place) = (column.column.clone(), "the columns of this output".to_owned());
            reader.report(written.span(), Problem::UnknownColumn { column: name, place, known });
        }
        found.push(column);
    }
    found
}
