//! `tamis plan`: what a pipeline will do, for a reader who answers for it. Nothing is read but the pipeline, unless `--with-data`
//! asks what protection would do to its records.

mod data;
mod page;
mod sample;
#[cfg(test)]
mod tests;

use crate::config::plan::{column, delivery, format_word, name};
use crate::config::{
    Aggregate, CellKey, ColumnRef, Dataset, EvidenceLimits, Exclude, Generalise, Kept, Levels, Linkage, Local, Measure,
    Over, Persons, Perturb, Pipeline, Population, Protection, Rate, Recipient, RoundTo, SourceRelease, SubjectKind,
    SumChange, SumHow, UseUntil, Verifier, When,
};
use crate::schema::Role;

pub(super) use data::{cost, population_refused, with_data};
use page::{Page, list};

/// The plan as plain text, at most 100 characters wide.
#[must_use]
pub fn human(pipeline: &Pipeline) -> String {
    let mut page = Page::default();
    head(&mut page, pipeline);
    read(&mut page, pipeline);
    left_out(&mut page, pipeline);
    for dataset in &pipeline.datasets {
        leaves(&mut page, pipeline, dataset);
        stays(&mut page, pipeline, dataset);
    }
    page.heading("The sample (échantillon)");
    sample::sample(&mut page, pipeline);
    outputs(&mut page, pipeline);
    end(&mut page, pipeline);
    page.finish()
}

fn head(page: &mut Page, pipeline: &Pipeline) {
    page.title(&format!("Plan of the pipeline {}", pipeline.name));
    page.pair("legal basis", &pipeline.legal_basis);
    page.pair("purpose", &pipeline.purpose);
    page.pair("policy", &pipeline.policy);
    page.pair("file", &pipeline.path.display().to_string());
    page.pair("SHA-256", &pipeline.digest);
}

fn read(page: &mut Page, pipeline: &Pipeline) {
    page.heading("What is read (sources)");
    for (position, source) in pipeline.sources.iter().enumerate() {
        let title = source.schema.title.as_deref().unwrap_or(&source.schema.name);
        page.pair(&source.name, &format!("{title}: {} columns", source.schema.fields.len()));
        for file in &source.files {
            page.pair("", short(pipeline, file));
        }
        if let Some(query) = &source.query {
            page.pair("", &format!("the rows of a query to the database whose address is in {}:", query.credential));
            page.pair("", &query.sql.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        if let Some(resource) = &source.resource {
            page.pair("", &format!("FHIR resources of the type {resource}, a record each"));
        }
        if let Some(sheet) = &source.sheet {
            page.pair("", &format!("the sheet {sheet} of each"));
        }
        if let Some(release) = &source.release {
            required(page, pipeline, release);
        }
        if let Some(filter) = &source.filter {
            page.pair("", &format!("only records where {filter}"));
        }
        if let Some(join) = pipeline.joins.iter().find(|j| j.left == position) {
            let right = &pipeline.sources[join.right];
            let left_key = &source.schema.fields[join.left_key].name;
            let right_key = &right.schema.fields[join.right_key].name;
            page.pair("", &format!("each record looks up one of {}: {left_key} = {right_key}", right.name));
        }
    }
    let Pipeline { subject, limits, .. } = pipeline;
    let kind = match subject.kind {
        SubjectKind::Nir => "a NIR, normalised and checked",
        SubjectKind::Text => "a text",
    };
    if pipeline.sources.iter().all(|source| source.release.is_none()) {
        page.pair("persons", &format!("told apart by {} ({kind}), which never leaves", subject.column));
    }
    for dataset in pipeline.datasets.iter().filter(|d| pipeline.sources[d.source].release.is_some()) {
        let whose = match dataset.subject {
            Some(subject) => format!("told apart by {}, which never leaves", column(pipeline, dataset, subject)),
            None => "not told apart: each record counts as a person, and thresholds count records".to_owned(),
        };
        page.pair("persons", &format!("of {}: {whose}", name(pipeline, dataset)));
    }
    if pipeline.sources.iter().any(|source| source.release.is_some()) {
        page.pair("tolerance", "none: a record of a release that does not fit its schema stops the run");
        return;
    }
    let percent = limits.reject_above.get() * 100.0;
    page.pair("tolerance", &format!("if more than {percent} % of the records of a source are bad, nothing leaves"));
}

/// What a release must be before its first record is read.
fn required(page: &mut Page, pipeline: &Pipeline, release: &SourceRelease) {
    page.pair("", &format!("the output {} of the release in {}", release.output, short(pipeline, &release.from)));
    let whose = match &release.verifier {
        Verifier::Key(key) => format!("the key {}", key.name()),
        Verifier::File(path) => format!("the key in {}", short(pipeline, &path.display().to_string())),
    };
    page.pair("", &format!("every byte signed by {whose}, made for: {}", release.purpose));
    page.pair("", "certified anonymised, its evidence checked again; no byte changed, no file more or less");
    let EvidenceLimits { smallest, linkable, advantage } = release.evidence;
    let limits = [
        smallest.map(|n| format!("classes of at least {n} persons")),
        linkable.map(|share| format!("at most {} % of persons linked", share * 100.0)),
        advantage.map(|share| format!("an advantage of inference of at most {share}")),
    ];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    if !limits.is_empty() {
        page.pair("", &limits.join(", "));
    }
}

/// A pattern without the folder of the pipeline, as it is written there.
fn short<'a>(pipeline: &Pipeline, file: &'a str) -> &'a str {
    let folder = pipeline.path.parent().map(|f| glob::Pattern::escape(&f.to_string_lossy())).unwrap_or_default();
    file.strip_prefix(&folder).map_or(file, |f| f.trim_start_matches('/'))
}

fn left_out(page: &mut Page, pipeline: &Pipeline) {
    page.heading("Who is left out (exclusions)");
    if pipeline.excludes.is_empty() {
        page.paragraph("Nobody.");
    }
    for exclude in &pipeline.excludes {
        match exclude {
            Exclude::Register { path, column, .. } => {
                let file = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
                page.pair("register", &format!("every person whose identifier is in the column {column} of {file}"));
            }
            Exclude::When { source, sql } => {
                let source = &pipeline.sources[*source].name;
                page.pair("condition", &format!("every person with a record in {source} where {sql}"));
            }
        }
    }
}

fn leaves(page: &mut Page, pipeline: &Pipeline, dataset: &Dataset) {
    page.heading(&format!("What leaves of {} (colonnes transmises)", name(pipeline, dataset)));
    if dataset.kept.is_empty() {
        page.paragraph("Nothing.");
        return;
    }
    let row = |kept: &Kept| {
        let how = becomes(pipeline, dataset, &kept.generalise);
        [kept.from_name.clone(), format!("→ {}", kept.name), how, kept.role.to_string()]
    };
    let used = used(pipeline, dataset);
    let rows: Vec<_> = dataset.kept.iter().map(row).collect();
    let notes = dataset.kept.iter().enumerate().map(|(position, kept)| {
        let derived = match kept.from {
            ColumnRef::Derived(at) => Some(format!("computed as {}", dataset.derived[at].sql)),
            _ => None,
        };
        let unused = (!used[position]).then(|| "named, but in no output: it does not leave".to_owned());
        let why = kept.why.as_ref().map(|why| format!("«\u{a0}{why}\u{a0}»"));
        derived.into_iter().chain(why).chain(unused).collect::<Vec<_>>()
    });
    page.table(["column", "  released as", "how", "role"], &rows, &notes.collect::<Vec<_>>());
}

/// For each released column of a dataset, whether an output or the draw uses it.
fn used(pipeline: &Pipeline, dataset: &Dataset) -> Vec<bool> {
    let mut used = vec![false; dataset.kept.len()];
    let here = |number: usize| std::ptr::eq(&pipeline.datasets[number], dataset);
    for persons in pipeline.persons.iter().filter(|p| here(p.dataset)) {
        persons.columns.iter().for_each(|c| used[*c] = true);
    }
    for name in pipeline.sample.iter().flat_map(|sample| sample.columns()) {
        dataset.kept.iter().zip(&mut used).filter(|(kept, _)| kept.name == name).for_each(|(_, used)| *used = true);
    }
    for table in pipeline.aggregates.iter().filter(|a| here(a.dataset)) {
        table.by.iter().for_each(|c| used[*c] = true);
        for (_, measure) in &table.measures {
            if let Measure::Sum(c) | Measure::Mean(c) | Measure::Share { column: c, .. } = measure {
                used[*c] = true;
            }
        }
    }
    used
}

/// What does not leave, by role.
fn stays(page: &mut Page, pipeline: &Pipeline, dataset: &Dataset) {
    page.heading(&format!("What stays of {} (colonnes non transmises)", name(pipeline, dataset)));
    const ROLES: [(Role, &str); 5] = [
        (Role::DirectIdentifier, "direct identifiers: they can never leave"),
        (Role::SubjectIdentifier, "subject identifiers: they tell persons apart and can never leave"),
        (Role::Sensitive, "sensitive, not named by the pipeline"),
        (Role::QuasiIdentifier, "quasi-identifiers, not named by the pipeline"),
        (Role::Other, "others, not named by the pipeline"),
    ];
    for (role, reason) in ROLES {
        let marked = |name: &String| if serves(pipeline, dataset, name) { format!("{name}*") } else { name.clone() };
        let names: Vec<String> = dataset.dropped.iter().filter(|d| d.role == role).map(|d| marked(&d.name)).collect();
        if !names.is_empty() {
            page.item(reason, &names.join(", "));
        }
    }
    if dataset.dropped.is_empty() {
        page.paragraph("Nothing.");
    }
    if dataset.dropped.iter().any(|d| serves(pipeline, dataset, &d.name)) {
        page.paragraph("* serves to compute a column that leaves, and stays itself");
    }
}

/// Whether a column that stays is used to compute one that leaves: an age is counted at it, or an expression names it.
fn serves(pipeline: &Pipeline, dataset: &Dataset, name: &str) -> bool {
    dataset.kept.iter().any(|kept| {
        let at = match kept.generalise {
            Generalise::Age { at } | Generalise::AgeBand { at, .. } => Some(at),
            _ => None,
        };
        let expression = match kept.from {
            ColumnRef::Derived(position) => dataset.derived[position].sql.as_str(),
            _ => "",
        };
        let mut words = expression.split(|c: char| !c.is_alphanumeric() && c != '_');
        at.is_some_and(|at| column(pipeline, dataset, at) == name) || words.any(|w| w == name)
    })
}

/// How a value leaves, in words.
fn becomes(pipeline: &Pipeline, dataset: &Dataset, generalise: &Generalise) -> String {
    match generalise {
        Generalise::Keep => "as it is".to_owned(),
        Generalise::Age { at } => format!("age in years at {}", column(pipeline, dataset, *at)),
        Generalise::AgeBand { at, bounds } => {
            format!("age band at {} from {}", column(pipeline, dataset, *at), list(bounds))
        }
        Generalise::Band { bounds } => format!("band from {}", list(bounds)),
        Generalise::Year => "its year".to_owned(),
        Generalise::Quarter => "its quarter".to_owned(),
        Generalise::Month => "its month".to_owned(),
        Generalise::Departement => "its department".to_owned(),
        Generalise::Region => "its region".to_owned(),
        Generalise::Clamp { bottom: Some(bottom), top: Some(top) } => format!("held between {bottom} and {top}"),
        Generalise::Clamp { bottom: Some(bottom), .. } => format!("{bottom} where it is lower"),
        Generalise::Clamp { top: Some(top), .. } => format!("{top} where it is higher"),
        Generalise::Clamp { .. } => "as it is".to_owned(),
        Generalise::Hierarchy { path, level, .. } => {
            let file = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
            format!("level {level} of {file}")
        }
    }
}

fn rate(rate: Rate) -> String {
    format!("{}/{}", rate.numerator(), rate.denominator())
}

fn outputs(page: &mut Page, pipeline: &Pipeline) {
    if !pipeline.persons.is_empty() {
        page.heading("Files with a row for each record (données individuelles)");
    }
    for output in &pipeline.persons {
        persons(page, pipeline, output);
    }
    if !pipeline.aggregates.is_empty() {
        page.heading("Tables (données agrégées)");
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
        Linkage::None => "no pseudonym: nothing ties two records of one person",
        Linkage::Release => "records of one person bear a pseudonym of this file and this release only",
        Linkage::Longitudinal => "records of one person bear a lasting pseudonym",
    };
    page.pair("", ties);
    if pipeline.sample.is_some() {
        page.pair("", "every row bears the weight of the draw");
    }
    let k = output.k.get();
    let quasi = names(&output.quasi_identifiers);
    page.pair("", &format!("protection: a combination of {quasi} that fewer than {k} persons share does not leave"));
    output.protection.iter().for_each(|protection| protected(page, protection));
}

/// What more is said than k.
fn protected(page: &mut Page, protection: &Protection) {
    let coarser = protection.quasi.iter().filter(|quasi| quasi.levels != Levels::Same);
    let coarser: Vec<&str> = coarser.map(|quasi| quasi.column.as_str()).collect();
    if !coarser.is_empty() {
        page.pair("", &format!("{} may become coarser, as little as is needed", coarser.join(", ")));
    }
    let share = protection.suppress * 100.0;
    let limit = format!("at most {share} % of the records are left out, or nothing leaves");
    match protection.local {
        Local::Global => page.pair("", &limit),
        Local::Recode => page.pair("", &format!("levels are chosen class by class; {limit}")),
        Local::Suppress { .. } => page.pair(
            "",
            "single values are left out, class by class, at fixed levels; records where no set of values is enough",
        ),
    }
    if protection.rules.len() > 1 {
        let sensitive: Vec<&str> = protection.sensitive.iter().map(|column| column.column.as_str()).collect();
        let on = if sensitive.is_empty() { String::new() } else { format!(" on {}", sensitive.join(", ")) };
        page.pair("", &format!("{} further rules{on}", protection.rules.len() - 1));
    }
    for change in &protection.changes {
        page.pair("", &format!("values of {} are changed: {}", change.columns.join(", "), change.method.word()));
    }
    match &protection.population {
        None => {}
        Some(Population::Frame) => page.pair("", "classes are compared with everybody whom the sample may draw"),
        Some(Population::File(path)) => {
            let file = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
            page.pair("", &format!("classes are compared with the population of {file}"));
        }
    }
    page.pair("", "the evidence lies beside the data, in data/anonymisation.json");
}

fn aggregate(page: &mut Page, pipeline: &Pipeline, table: &Aggregate) {
    let dataset = &pipeline.datasets[table.dataset];
    let by: Vec<&str> = table.by.iter().map(|p| dataset.kept[*p].name.as_str()).collect();
    let over = match table.over {
        Over::Population if pipeline.over_word(table) == "release" => {
            "those whose rows were released (a sample, perhaps)"
        }
        Over::Population => "everyone who is not left out",
        Over::Sample if table.estimates(pipeline.sample.as_ref()) => "the sample, as estimates for the frame",
        Over::Sample => "the sample",
    };
    page.pair(&table.name, &format!("{} by {}, over {over}", name(pipeline, dataset), by.join(" × ")));
    let totals: Vec<&str> = by.iter().zip(&table.margins).filter(|(_, margin)| **margin).map(|(b, _)| *b).collect();
    if !totals.is_empty() {
        page.pair("", &format!("with totals (\"_T\") over {}", totals.join(", ")));
    }
    let measure = |(name, measure): &(String, Measure)| {
        let column = |p: &usize| dataset.kept[*p].name.as_str();
        let what = match measure {
            Measure::Records => "number of records".to_owned(),
            Measure::Persons => "number of persons".to_owned(),
            Measure::Sum(p) => format!("sum of {}", column(p)),
            Measure::Mean(p) => format!("mean of {}", column(p)),
            Measure::Share { column: p, equals } => format!("share of {} = {equals}", column(p)),
        };
        format!("{name} ({what})")
    };
    page.pair("", &table.measures.iter().map(measure).collect::<Vec<_>>().join(", "));
    match &table.perturb {
        Some(perturb) => page.pair("", &format!("protection: {}; no cell is suppressed", changed(perturb))),
        None => rules(page, dataset, table),
    }
    let linked =
        |other: &&Aggregate| (other.dataset, other.over) == (table.dataset, table.over) && other.name != table.name;
    let others: Vec<&str> = pipeline.aggregates.iter().filter(linked).map(|other| other.name.as_str()).collect();
    if !others.is_empty() {
        page.pair("", &format!("protected together with {}: the same records are counted", others.join(", ")));
    }
}

/// How counts are changed, in words.
fn changed(perturb: &Perturb) -> String {
    let counts = match perturb {
        Perturb::Rounding { base, to: RoundTo::Random, .. } => {
            format!("every count is rounded up or down by chance to a multiple of {base}")
        }
        Perturb::Rounding { base, to: RoundTo::Nearest, .. } => {
            format!("every count is rounded to the nearest multiple of {base}")
        }
        Perturb::ControlledRounding { base } => {
            format!("small counts are rounded to 0 or {base}, and totals added up anew; each person counts once")
        }
        Perturb::CellKey { counts: CellKey::Made { max, variance, .. }, .. } => {
            format!("every count is changed by cell key, by {max} at most and with variance {}", variance.as_str())
        }
        Perturb::CellKey { counts: CellKey::File { path, .. }, .. } => {
            format!("every count is changed by cell key, by the p-table {}", path.display())
        }
        Perturb::Noise(noise) => format!(
            "every declared cell gets noise; all tables of these records together lose epsilon = {}, paid from {}; each person \
             counts once",
            noise.epsilon.as_str(),
            noise.budget.file.display()
        ),
    };
    let sums: Vec<String> = perturb.sums().iter().map(summed).collect();
    if sums.is_empty() { counts } else { format!("{counts}; {}", sums.join("; ")) }
}

/// How sums of a column are changed, in words.
fn summed(change: &SumChange) -> String {
    let column = &change.column;
    match &change.how {
        SumHow::Rounded { base, p } => format!(
            "sums of {column} are rounded to multiples of {}, and refused where one contribution shows within {} %",
            base.as_str(),
            p.as_str()
        ),
        SumHow::Keyed { weights, p, .. } => format!(
            "sums of {column} are changed by parts of their {} largest contributions, which hide the largest within {} %",
            weights.len(),
            p.as_str()
        ),
        SumHow::Bounded { lowest, highest, .. } => format!(
            "sums of {column} get noise, each record brought between {} and {}",
            lowest.as_str(),
            highest.as_str()
        ),
    }
}

/// The rules of a table of which cells are suppressed.
fn rules(page: &mut Page, dataset: &Dataset, table: &Aggregate) {
    let threshold = table.threshold.get();
    let rule = "and enough others that none can be found or narrowed down by subtraction";
    page.pair("", &format!("protection: cells of fewer than {threshold} persons are suppressed, {rule}"));
    let mut rules = table.concentration.words();
    rules.extend(table.holdings.map(|least| format!("fewer than {least} holdings")));
    if !rules.is_empty() {
        let holding = table.holding.map(|column| dataset.kept[column].name.as_str());
        let whom = holding.map_or_else(String::new, |column| format!("; of persons, and of what `{column}` names"));
        page.pair("", &format!("and those unsafe by {}{whom}", rules.join(", ")));
    }
}

fn end(page: &mut Page, pipeline: &Pipeline) {
    page.heading("Where it goes and what is destroyed (transmission, destruction)");
    let formats: Vec<&str> = pipeline.export.formats.iter().map(|f| format_word(*f)).collect();
    let to = pipeline.export.to.display();
    page.pair("release", &format!("a new folder under {to}, as {}", formats.join(" and ")));
    if let Some(sender) = &pipeline.sender {
        page.pair("signed by", sender.key.as_str());
    }
    for recipient in &pipeline.recipients {
        self::recipient(page, pipeline, recipient);
    }
    if let Some(ledger) = &pipeline.ledger {
        page.pair("ledger", &format!("tables are written down in {}", ledger.file.display()));
        let what = "what they would tell beside earlier releases of the universe";
        page.pair("", &format!("{what} {} is suppressed", ledger.universe));
    }
    page.pair("destroyed", "the key and all working data, once the written files have been read back and compared");
    page.pair("", "and also after every failure; a certificate says what was destroyed and how");
    if pipeline.destroy.when == When::Acknowledged {
        page.pair("", "the sealed files, once every recipient has acknowledged that they could be opened");
    }
    match &pipeline.destroy.sources_beneath {
        None => page.pair("kept", "the source files: they stay with the sender, whose own rules hold for them"),
        Some(root) => {
            let root = root.display();
            page.pair(
                "",
                &format!("the source files beneath {root}, if an operator confirms it and they are unchanged"),
            );
        }
    }
    if pipeline.sources.iter().any(|source| source.query.is_some()) {
        page.pair("kept", "the records in databases: they are read and never destroyed");
    }
}

fn recipient(page: &mut Page, pipeline: &Pipeline, recipient: &Recipient) {
    let position = pipeline.recipients.iter().position(|r| r.name == recipient.name);
    let persons = pipeline.persons.iter().filter(|p| p.recipient == position).map(|p| p.name.as_str());
    let tables = pipeline.aggregates.iter().filter(|a| a.recipient == position).map(|a| a.name.as_str());
    let outputs: Vec<&str> = persons.chain(tables).collect();
    page.pair("sealed to", &format!("{}: {}", recipient.name, outputs.join(", ")));
    page.pair("", &recipient.age);
    let until = match recipient.use_until {
        UseUntil::Date(date) => format!("used until {date}, then destroyed by the recipient"),
        UseUntil::Days(days) => format!("used for {days} days, then destroyed by the recipient"),
    };
    page.pair("", &until);
    if recipient.reinforced {
        page.pair("", "may receive columns under reinforced protection");
    }
    if let Some(deliver) = &recipient.deliver {
        page.pair("", &format!("delivered to {}", delivery(deliver)));
    }
}
