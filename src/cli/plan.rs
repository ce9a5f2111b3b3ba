//! `tamis plan`: what a pipeline will do, for a reader who answers for it. Nothing is read but the pipeline, unless `--with-data`
//! asks what protection would do to its records.

mod data;
mod outputs;
mod page;
mod sample;
#[cfg(test)]
mod tests;

use crate::config::plan::{column, name};
use crate::config::{
    ColumnRef, Dataset, EvidenceLimits, Exclude, Generalise, Kept, Measure, Pipeline, Rate, SourceRelease, SubjectKind,
    Verifier,
};
use crate::schema::Role;
use crate::words::Lang;

pub(super) use data::{cost, population_refused, with_data};
use page::{Page, list};

/// The plan as plain text, at most 100 characters wide.
#[must_use]
pub fn human(lang: Lang, pipeline: &Pipeline) -> String {
    let mut page = Page::new(lang);
    head(&mut page, pipeline);
    read(&mut page, pipeline);
    left_out(&mut page, pipeline);
    for dataset in &pipeline.datasets {
        leaves(&mut page, pipeline, dataset);
        stays(&mut page, pipeline, dataset);
    }
    page.heading("sample", &[]);
    sample::sample(&mut page, pipeline);
    outputs::outputs(&mut page, pipeline);
    outputs::end(&mut page, pipeline);
    page.finish()
}

fn head(page: &mut Page, pipeline: &Pipeline) {
    page.title("title", &[("name", &pipeline.name)]);
    page.fact("legal-basis", &pipeline.legal_basis);
    page.fact("purpose", &pipeline.purpose);
    page.fact("policy", &pipeline.policy);
    page.fact("file", &pipeline.path.display().to_string());
    page.pair("SHA-256", &pipeline.digest);
}

fn read(page: &mut Page, pipeline: &Pipeline) {
    page.heading("read", &[]);
    for (position, source) in pipeline.sources.iter().enumerate() {
        let title = source.schema.title.as_deref().unwrap_or(&source.schema.name);
        let columns = source.schema.fields.len().to_string();
        let columns = page.tell("columns", &[("title", title), ("columns", &columns)]);
        page.pair(&source.name, &columns);
        for file in &source.files {
            page.pair("", short(pipeline, file));
        }
        if let Some(query) = &source.query {
            page.note("query", &[("credential", &query.credential)]);
            page.pair("", &query.sql.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        if let Some(resource) = &source.resource {
            page.note("resource", &[("type", resource)]);
        }
        if let Some(sheet) = &source.sheet {
            page.note("sheet", &[("sheet", sheet)]);
        }
        if let Some(release) = &source.release {
            required(page, pipeline, release);
        }
        if let Some(filter) = &source.filter {
            page.note("filter", &[("sql", filter)]);
        }
        if let Some(join) = pipeline.joins.iter().find(|j| j.left == position) {
            let right = &pipeline.sources[join.right];
            let left_key = &source.schema.fields[join.left_key].name;
            let right_key = &right.schema.fields[join.right_key].name;
            page.note("join", &[("right", &right.name), ("leftkey", left_key), ("rightkey", right_key)]);
        }
    }
    whose(page, pipeline);
}

/// Whose the records are, and how many may be wrong.
fn whose(page: &mut Page, pipeline: &Pipeline) {
    let Pipeline { subject, limits, .. } = pipeline;
    let kind = match subject.kind {
        SubjectKind::Nir => page.say("kind-nir"),
        SubjectKind::Text => page.say("kind-text"),
    };
    if pipeline.sources.iter().all(|source| source.release.is_none()) {
        page.labelled("persons", "told-apart", &[("column", &subject.column), ("kind", &kind)]);
    }
    for dataset in pipeline.datasets.iter().filter(|d| pipeline.sources[d.source].release.is_some()) {
        let whose = match dataset.subject {
            Some(subject) => page.tell("told-apart-by", &[("column", &column(pipeline, dataset, subject))]),
            None => page.say("not-told-apart"),
        };
        page.labelled("persons", "of", &[("dataset", name(pipeline, dataset)), ("whose", &whose)]);
    }
    if pipeline.sources.iter().any(|source| source.release.is_some()) {
        return page.labelled("tolerance", "tolerance-none", &[]);
    }
    let percent = (limits.reject_above.get() * 100.0).to_string();
    page.labelled("tolerance", "tolerance", &[("percent", &percent)]);
}

/// What a release must be before its first record is read.
fn required(page: &mut Page, pipeline: &Pipeline, release: &SourceRelease) {
    page.note("release-output", &[("output", &release.output), ("from", short(pipeline, &release.from))]);
    let whose = match &release.verifier {
        Verifier::Key(key) => page.tell("the-key", &[("key", key.name())]),
        Verifier::File(path) => page.tell("the-key-in", &[("file", short(pipeline, &path.display().to_string()))]),
    };
    page.note("release-signed", &[("whose", &whose), ("purpose", &release.purpose)]);
    page.note("release-certified", &[]);
    let EvidenceLimits { smallest, linkable, advantage } = release.evidence;
    let limits = [
        smallest.map(|n| page.tell("evidence-smallest", &[("count", &n.to_string())])),
        linkable.map(|share| page.tell("evidence-linkable", &[("percent", &(share * 100.0).to_string())])),
        advantage.map(|share| page.tell("evidence-advantage", &[("share", &share.to_string())])),
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
    page.heading("left-out", &[]);
    if pipeline.excludes.is_empty() {
        page.paragraph("nobody");
    }
    for exclude in &pipeline.excludes {
        match exclude {
            Exclude::Register { path, column, .. } => {
                let file = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
                page.labelled("register", "register", &[("column", column), ("file", &file)]);
            }
            Exclude::When { source, sql } => {
                let source = &pipeline.sources[*source].name;
                page.labelled("condition", "condition", &[("source", source), ("sql", sql)]);
            }
        }
    }
}

fn leaves(page: &mut Page, pipeline: &Pipeline, dataset: &Dataset) {
    page.heading("leaves", &[("dataset", name(pipeline, dataset))]);
    if dataset.kept.is_empty() {
        return page.paragraph("nothing");
    }
    let row = |kept: &Kept| {
        let how = becomes(page, pipeline, dataset, &kept.generalise);
        let role = page.say(&format!("role-{}", kept.role.as_str()));
        [kept.from_name.clone(), format!("→ {}", kept.name), how, role]
    };
    let used = used(pipeline, dataset);
    let rows: Vec<_> = dataset.kept.iter().map(row).collect();
    let notes = dataset.kept.iter().enumerate().map(|(position, kept)| {
        let derived = match kept.from {
            ColumnRef::Derived(at) => Some(page.tell("computed", &[("sql", &dataset.derived[at].sql)])),
            _ => None,
        };
        let unused = (!used[position]).then(|| page.say("unused"));
        let why = kept.why.as_ref().map(|why| format!("«\u{a0}{why}\u{a0}»"));
        derived.into_iter().chain(why).chain(unused).collect::<Vec<_>>()
    });
    let notes: Vec<Vec<String>> = notes.collect();
    let [column, released, how, role] = ["column", "as", "how", "role"].map(|head| page.say(&format!("head-{head}")));
    page.table([&column, &format!("  {released}"), &how, &role], &rows, &notes);
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
    page.heading("stays", &[("dataset", name(pipeline, dataset))]);
    const ROLES: [Role; 5] =
        [Role::DirectIdentifier, Role::SubjectIdentifier, Role::Sensitive, Role::QuasiIdentifier, Role::Other];
    for role in ROLES {
        let marked = |name: &String| if serves(pipeline, dataset, name) { format!("{name}*") } else { name.clone() };
        let names: Vec<String> = dataset.dropped.iter().filter(|d| d.role == role).map(|d| marked(&d.name)).collect();
        if !names.is_empty() {
            let reason = page.say(&format!("stays-{}", role.as_str()));
            page.item(&reason, &names.join(", "));
        }
    }
    if dataset.dropped.is_empty() {
        page.paragraph("nothing");
    }
    if dataset.dropped.iter().any(|d| serves(pipeline, dataset, &d.name)) {
        page.paragraph("serves");
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
fn becomes(page: &Page, pipeline: &Pipeline, dataset: &Dataset, generalise: &Generalise) -> String {
    match generalise {
        Generalise::Keep | Generalise::Clamp { bottom: None, top: None, .. } => page.say("as-it-is"),
        Generalise::Age { at } => page.tell("age", &[("at", &column(pipeline, dataset, *at))]),
        Generalise::AgeBand { at, bounds } => {
            page.tell("age-band", &[("at", &column(pipeline, dataset, *at)), ("bounds", &list(bounds))])
        }
        Generalise::Band { bounds } => page.tell("band", &[("bounds", &list(bounds))]),
        Generalise::Year => page.say("year"),
        Generalise::Quarter => page.say("quarter"),
        Generalise::Month => page.say("month"),
        Generalise::Departement => page.say("departement"),
        Generalise::Region => page.say("region"),
        Generalise::Clamp { bottom: Some(bottom), top: Some(top) } => {
            page.tell("between", &[("bottom", &bottom.to_string()), ("top", &top.to_string())])
        }
        Generalise::Clamp { bottom: Some(bottom), .. } => page.tell("bottom", &[("bottom", &bottom.to_string())]),
        Generalise::Clamp { top: Some(top), .. } => page.tell("top", &[("top", &top.to_string())]),
        Generalise::Hierarchy { path, level, .. } => {
            let file = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
            page.tell("level", &[("level", &level.to_string()), ("file", &file)])
        }
    }
}

fn rate(rate: Rate) -> String {
    format!("{}/{}", rate.numerator(), rate.denominator())
}
