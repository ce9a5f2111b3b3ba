//! `[[persons]] protect` of a pipeline, where it says more than *k*.

use crate::config::spanned::Spanned;

use super::raw::RawQuasi;
use super::reading::{self, SHARE, levels, share, within};
use super::{
    Change, ChangeMethod, EvidenceLimits, Levels, Local, Population, Protection, Quasi, RiskWanted, Rule, RuleModel,
    Sensitive, changes, rules,
};
use crate::config::model::Threshold;
use crate::config::problem::{Known, Problem};
use crate::config::raw::RawPersonsProtect;
use crate::config::read::Reader;
use crate::schema::Logical;

/// Reads what values may become, and the rules beside *k*-anonymity. `None` where nothing of it is written. `quasi` are the
/// quasi-identifiers, `leaving` the columns of the output.
pub(in crate::config) fn of_output(
    reader: &mut Reader<'_>,
    protect: &Spanned<RawPersonsProtect>,
    (k, quasi): (Threshold, &[String]),
    leaving: &Leaving<'_>,
) -> Option<Protection> {
    let raw = protect.get_ref();
    let as_it_is = raw.levels.is_none()
        && raw.rules.is_none()
        && raw.suppress.is_none()
        && raw.loss.is_none()
        && raw.search.is_none()
        && raw.population.is_none()
        && raw.change.is_none()
        && raw.local.is_none()
        && raw.missing.is_none();
    if as_it_is && raw.sensitive.is_none() && raw.evidence.is_none() && raw.risk.is_none() {
        return None;
    }
    let local = reading::local(reader, &raw.local, &raw.missing);
    let columns = columns(reader, raw, quasi, local);
    let mut sensitive = sensitive(reader, raw, quasi, leaving.names);
    let all: Vec<usize> = (0..columns.len()).collect();
    let mut rules = vec![Rule { model: RuleModel::KAnonymity { k: k.get() }, columns: all }];
    for entry in raw.rules.iter().flat_map(|list| list.get_ref()) {
        let Some(rule) = rules::rule(reader, entry.get_ref(), entry.span(), (&columns, &sensitive)) else { continue };
        if rule.model.compares() && raw.population.is_none() {
            let why = "The rule compares with a population: write population = \"frame\", or name a file with one row per person.";
            let problem = Problem::MissingKey { section: "protect", key: "population", why };
            reader.report(entry.span(), problem);
        }
        rules.push(rule);
    }
    judge(reader, raw, local, quasi);
    // Where nothing may become coarser, small classes are left out however many they are, as with k alone.
    let unless_told = if as_it_is { 1.0 } else { 0.0 };
    let suppress = within(reader, &raw.suppress, "suppress", SHARE, share).unwrap_or(unless_told);
    let evidence: EvidenceLimits = reading::evidence(reader, raw.evidence.as_ref().map(Spanned::get_ref));
    if raw.sensitive.is_none() && evidence.advantage.is_some() {
        let plain = |column: &String| Sensitive { column: column.clone(), order: Vec::new(), hierarchy: None };
        sensitive.extend(leaving.health.iter().filter(|column| !quasi.contains(column)).map(plain));
    }
    // Beside the quasi-identifiers stands the inclusion probability.
    let risk = reading::risk(reader, raw.risk.as_ref().map(Spanned::get_ref), columns.len() + 1);
    let group = raw.risk.as_ref().and_then(|risk| risk.get_ref().group.as_ref());
    Some(Protection {
        quasi: columns,
        sensitive,
        rules,
        suppress,
        loss: reading::loss(reader, raw.loss.as_ref().map(Spanned::get_ref)),
        search: reading::search(reader, raw.search.as_ref().map(Spanned::get_ref)),
        threshold: k.get(),
        evidence,
        risk: RiskWanted { group: group.map(|name| name.get_ref().clone()), ..risk },
        population: population(reader, raw),
        local,
        changes: changed(reader, raw, leaving),
    })
}

/// What single values that are left out do not go together with.
fn judge(reader: &mut Reader<'_>, raw: &RawPersonsProtect, local: Local, quasi: &[String]) {
    let (Local::Suppress { .. }, Some(written)) = (local, &raw.local) else { return };
    if quasi.is_empty() {
        let why = "there is no column of which values could be left out.";
        reader.report(written.span(), Problem::Conflict { key: "local", other: "quasi_identifiers", why });
    }
    if raw.rules.as_ref().is_some_and(|rules| !rules.get_ref().is_empty()) {
        let why = "single values are left out for k-anonymity alone.";
        reader.report(written.span(), Problem::Conflict { key: "local", other: "rules", why });
    }
    if let Some(suppress) = &raw.suppress {
        let why = "records go only where no set of values is enough; their number is in the report.";
        reader.report(suppress.span(), Problem::Conflict { key: "suppress", other: "local", why });
    }
}

/// The columns of an output with their kinds.
pub(in crate::config) struct Leaving<'l> {
    pub names: &'l [String],
    pub kinds: &'l [Logical],
    /// Those that are sensitive by their role: what the evidence looks at where the file names no sensitive columns.
    pub health: &'l [String],
}

/// Values change before classes are counted: of a quasi-identifier too, whose levels group what its values became.
fn changed(reader: &mut Reader<'_>, raw: &RawPersonsProtect, leaving: &Leaving<'_>) -> Vec<Change> {
    let mut found = Vec::new();
    for written in raw.change.iter().flat_map(|list| list.get_ref()) {
        let Some(change) = changes::change(reader, written.get_ref(), &written.span(), leaving.names) else { continue };
        for column in &change.columns {
            let kind = leaving.names.iter().position(|name| name == column).map(|at| leaving.kinds[at]);
            let numeric = !matches!(change.method, ChangeMethod::Pram { .. });
            let (fits, expected) = match kind {
                Some(Logical::Integer | Logical::Number) | None => (true, ""),
                Some(Logical::Text | Logical::Boolean) => (!numeric, "a number"),
                Some(Logical::Date | Logical::Datetime) => (false, "a number or a text"),
            };
            if let (false, Some(kind)) = (fits, kind) {
                let (column, kind) = (column.clone(), kind.word());
                let advice =
                    "cap, round, microaggregate, swap and noise take numbers; pram takes numbers, texts and booleans.";
                reader.report(written.span(), Problem::ColumnType { column, kind, expected, advice });
            }
        }
        let whole = |column: &String| {
            let at = leaving.names.iter().position(|name| name == column);
            at.is_some_and(|at| leaving.kinds[at] == Logical::Integer)
        };
        if change.method.numbers().any(|number| number.fract() != 0.0) && change.columns.iter().any(whole) {
            let expected = "The column has whole numbers: write whole limits, and a whole base.";
            reader.report(written.span(), Problem::BadValue { key: "change", expected });
        }
        found.push(change);
    }
    found
}

/// The word of everybody whom the sample may draw; anything else is a file.
const FRAME: &str = "frame";

fn population(reader: &mut Reader<'_>, raw: &RawPersonsProtect) -> Option<Population> {
    let written = raw.population.as_ref()?;
    match written.get_ref().as_str() {
        FRAME => Some(Population::Frame),
        "" => {
            let expected = "Write population = \"frame\", or the name of a file with one row per person.";
            reader.report(written.span(), Problem::BadValue { key: "population", expected });
            None
        }
        file => Some(Population::File(reader.path(file))),
    }
}

/// What each quasi-identifier may become; one of which nothing is said stays as it is.
fn columns(reader: &mut Reader<'_>, raw: &RawPersonsProtect, quasi: &[String], local: Local) -> Vec<Quasi> {
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
        if let Some(column) = &said.column {
            reader.report(column.span(), Problem::StrayOption { key: "column", to: "levels of a column" });
        }
        match &said.level {
            Some(level) if !matches!(local, Local::Suppress { .. }) => {
                let to = "levels that are searched for: local = \"suppress\" fixes them";
                reader.report(level.span(), Problem::StrayOption { key: "level", to });
            }
            level => columns[at].level = level.as_ref().map_or(0, |level| *level.get_ref()) as usize,
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
