//! What leaves and how it is protected, where it goes, and what is destroyed.

use super::page::Page;
use crate::config::plan::{delivery, format_word, name};
use crate::config::{
    Aggregate, CellKey, Dataset, Delivery, Levels, Linkage, Local, Measure, Over, Persons, Perturb, Pipeline,
    Population, Protection, Recipient, RoundTo, SumChange, SumHow, UseUntil, When,
};
use crate::words::Lang;

pub(super) fn outputs(page: &mut Page, pipeline: &Pipeline) {
    if !pipeline.persons.is_empty() {
        page.heading("files", &[]);
    }
    for output in &pipeline.persons {
        persons(page, pipeline, output);
    }
    if !pipeline.aggregates.is_empty() {
        page.heading("tables", &[]);
    }
    for table in &pipeline.aggregates {
        aggregate(page, pipeline, table);
    }
}

fn persons(page: &mut Page, pipeline: &Pipeline, output: &Persons) {
    let kept = &pipeline.datasets[output.dataset].kept;
    let names = |positions: &[usize]| positions.iter().map(|p| kept[*p].name.as_str()).collect::<Vec<_>>().join(", ");
    page.pair(&output.name, &names(&output.columns));
    let ties = match pipeline.subject.linkage {
        Linkage::None => "tie-none",
        Linkage::Release => "tie-release",
        Linkage::Longitudinal => "tie-longitudinal",
    };
    page.note(ties, &[]);
    if pipeline.sample.is_some() {
        page.note("weighted", &[]);
    }
    let (quasi, k) = (names(&output.quasi_identifiers), output.k.get().to_string());
    page.note("k", &[("columns", &quasi), ("least", &k)]);
    output.protection.iter().for_each(|protection| protected(page, protection));
}

/// What more is said than k.
fn protected(page: &mut Page, protection: &Protection) {
    let coarser = protection.quasi.iter().filter(|quasi| quasi.levels != Levels::Same);
    let coarser: Vec<&str> = coarser.map(|quasi| quasi.column.as_str()).collect();
    if !coarser.is_empty() {
        page.note("coarser", &[("columns", &coarser.join(", "))]);
    }
    let limit = page.tell("suppress", &[("percent", &(protection.suppress * 100.0).to_string())]);
    match protection.local {
        Local::Global => page.pair("", &limit),
        Local::Recode => page.note("recode", &[("limit", &limit)]),
        Local::Suppress { .. } => page.note("local", &[]),
    }
    if protection.rules.len() > 1 {
        let sensitive: Vec<&str> = protection.sensitive.iter().map(|column| column.column.as_str()).collect();
        let on = match sensitive.as_slice() {
            [] => String::new(),
            sensitive => format!(" {}", page.tell("on", &[("columns", &sensitive.join(", "))])),
        };
        page.note("rules", &[("count", &(protection.rules.len() - 1).to_string()), ("on", &on)]);
    }
    for change in &protection.changes {
        page.note("changed", &[("columns", &change.columns.join(", ")), ("method", change.method.word())]);
    }
    match &protection.population {
        None => {}
        Some(Population::Frame) => page.note("population-frame", &[]),
        Some(Population::File(path)) => {
            let file = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
            page.note("population-file", &[("file", &file)]);
        }
    }
    page.note("evidence", &[]);
}

fn aggregate(page: &mut Page, pipeline: &Pipeline, table: &Aggregate) {
    let dataset = &pipeline.datasets[table.dataset];
    let by: Vec<&str> = table.by.iter().map(|p| dataset.kept[*p].name.as_str()).collect();
    let over = page.say(match table.over {
        Over::Population if pipeline.over_word(table) == "release" => "over-release",
        Over::Population => "over-population",
        Over::Sample if table.estimates(pipeline.sample.as_ref()) => "over-estimates",
        Over::Sample => "over-sample",
    });
    let what = [("dataset", name(pipeline, dataset)), ("by", &by.join(" × ")), ("over", &over)];
    page.pair(&table.name, &page.tell("table", &what));
    let totals: Vec<&str> = by.iter().zip(&table.margins).filter(|(_, margin)| **margin).map(|(b, _)| *b).collect();
    if !totals.is_empty() {
        page.note("totals", &[("columns", &totals.join(", "))]);
    }
    let measure = |(name, measure): &(String, Measure)| {
        let column = |p: &usize| dataset.kept[*p].name.as_str();
        let what = match measure {
            Measure::Records => page.say("count-records"),
            Measure::Persons => page.say("count-persons"),
            Measure::Sum(p) => page.tell("sum", &[("column", column(p))]),
            Measure::Mean(p) => page.tell("mean", &[("column", column(p))]),
            Measure::Share { column: p, equals } => page.tell("share", &[("column", column(p)), ("value", equals)]),
        };
        format!("{name} ({what})")
    };
    let measures = table.measures.iter().map(measure).collect::<Vec<_>>().join(", ");
    page.pair("", &measures);
    match &table.perturb {
        Some(perturb) => page.note("protected-by", &[("how", &changed(page, perturb))]),
        None => rules(page, dataset, table),
    }
    let linked =
        |other: &&Aggregate| (other.dataset, other.over) == (table.dataset, table.over) && other.name != table.name;
    let others: Vec<&str> = pipeline.aggregates.iter().filter(linked).map(|other| other.name.as_str()).collect();
    if !others.is_empty() {
        page.note("together", &[("tables", &others.join(", "))]);
    }
}

/// How counts are changed, in words.
fn changed(page: &Page, perturb: &Perturb) -> String {
    let counts = match perturb {
        Perturb::Rounding { base, to: RoundTo::Random, .. } => {
            page.tell("round-random", &[("base", &base.to_string())])
        }
        Perturb::Rounding { base, to: RoundTo::Nearest, .. } => {
            page.tell("round-nearest", &[("base", &base.to_string())])
        }
        Perturb::ControlledRounding { base } => page.tell("round-controlled", &[("base", &base.to_string())]),
        Perturb::CellKey { counts: CellKey::Made { max, variance, .. }, .. } => {
            page.tell("cell-key", &[("max", &max.to_string()), ("variance", variance.as_str())])
        }
        Perturb::CellKey { counts: CellKey::File { path, .. }, .. } => {
            page.tell("cell-key-file", &[("file", &path.display().to_string())])
        }
        Perturb::Noise(noise) => {
            let file = noise.budget.file.display().to_string();
            page.tell("noise", &[("epsilon", noise.epsilon.as_str()), ("file", &file)])
        }
    };
    let sums = perturb.sums().iter().map(|change| summed(page, change));
    std::iter::once(counts).chain(sums).collect::<Vec<_>>().join("; ")
}

/// How sums of a column are changed, in words.
fn summed(page: &Page, change: &SumChange) -> String {
    let column = change.column.as_str();
    match &change.how {
        SumHow::Rounded { base, p } => {
            page.tell("sums-rounded", &[("column", column), ("base", base.as_str()), ("percent", p.as_str())])
        }
        SumHow::Keyed { weights, p, .. } => {
            let parts = weights.len().to_string();
            page.tell("sums-keyed", &[("column", column), ("parts", &parts), ("percent", p.as_str())])
        }
        SumHow::Bounded { lowest, highest, .. } => {
            let bounds = [("column", column), ("lowest", lowest.as_str()), ("highest", highest.as_str())];
            page.tell("sums-noise", &bounds)
        }
    }
}

/// The rules of a table of which cells are suppressed.
fn rules(page: &mut Page, dataset: &Dataset, table: &Aggregate) {
    page.note("threshold", &[("least", &table.threshold.get().to_string())]);
    let french = |rule: String| if page.lang() == Lang::Fr { rule.replace(" with ", " avec ") } else { rule };
    let mut rules: Vec<String> = table.concentration.words().into_iter().map(french).collect();
    rules.extend(table.holdings.map(|least| page.tell("holdings", &[("least", &least.to_string())])));
    if !rules.is_empty() {
        let holding = table.holding.map(|column| dataset.kept[column].name.as_str());
        let whom = holding.map_or_else(String::new, |column| page.tell("holding-whom", &[("column", column)]));
        page.note("unsafe", &[("rules", &rules.join(", ")), ("whom", &whom)]);
    }
}

pub(super) fn end(page: &mut Page, pipeline: &Pipeline) {
    page.heading("end", &[]);
    let formats: Vec<&str> = pipeline.export.formats.iter().map(|f| format_word(*f)).collect();
    let formats = formats.join(&format!(" {} ", page.say("and")));
    page.labelled("release", "release", &[("to", &pipeline.export.to.display().to_string()), ("formats", &formats)]);
    if let Some(sender) = &pipeline.sender {
        page.fact("signed", sender.key.as_str());
    }
    for recipient in &pipeline.recipients {
        self::recipient(page, pipeline, recipient);
    }
    if let Some(ledger) = &pipeline.ledger {
        page.labelled("ledger", "ledger", &[("file", &ledger.file.display().to_string())]);
        page.note("ledger-universe", &[("universe", &ledger.universe)]);
    }
    page.labelled("destroyed", "destroyed", &[]);
    page.note("destroyed-after", &[]);
    if pipeline.destroy.when == When::Acknowledged {
        page.note("destroyed-sealed", &[]);
    }
    match &pipeline.destroy.sources_beneath {
        None => page.labelled("kept", "kept-sources", &[]),
        Some(root) => page.note("destroyed-sources", &[("root", &root.display().to_string())]),
    }
    if pipeline.sources.iter().any(|source| source.query.is_some()) {
        page.labelled("kept", "kept-database", &[]);
    }
}

fn recipient(page: &mut Page, pipeline: &Pipeline, recipient: &Recipient) {
    let position = pipeline.recipients.iter().position(|r| r.name == recipient.name);
    let persons = pipeline.persons.iter().filter(|p| p.recipient == position).map(|p| p.name.as_str());
    let tables = pipeline.aggregates.iter().filter(|a| a.recipient == position).map(|a| a.name.as_str());
    let outputs: Vec<&str> = persons.chain(tables).collect();
    page.labelled("sealed", "sealed", &[("name", &recipient.name), ("outputs", &outputs.join(", "))]);
    page.pair("", &recipient.age);
    match recipient.use_until {
        UseUntil::Date(date) => page.note("use-until", &[("date", &date.to_string())]),
        UseUntil::Days(days) => page.note("use-for", &[("days", &days.to_string())]),
    }
    if recipient.reinforced {
        page.note("reinforced", &[]);
    }
    if let Some(deliver) = &recipient.deliver {
        let mut place = delivery(deliver);
        if let (Lang::Fr, Delivery::S3(_)) = (page.lang(), deliver) {
            place = place.replacen(" at ", " sur ", 1);
        }
        page.note("delivered", &[("place", &place)]);
    }
}
