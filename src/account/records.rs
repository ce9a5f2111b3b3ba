//! From what was read to what leaves: the funnel, the inputs, what is wrong with them, and what became of every column.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use serde_json::Value;

use super::chart;
use super::shown::{Page, bar, count, each, part, word};

/// Records from reading to release.
pub(super) fn funnel(page: &Page<'_>) -> Markup {
    let records = &page.papers.summary["records"];
    if records.is_null() {
        return html! {};
    }
    let read = count(&records["read"]);
    let (drawn, small) = page.papers.drawn();
    let sum = |key: &str| each(&page.papers.summary["persons"]).map(|output| count(&output[key])).sum::<u64>();
    let out = ["rejected", "filtered", "excluded"].map(|key| count(&records[key]));
    let framed = read.saturating_sub(out.iter().sum());
    // What is left out, and what is left: neither tells the other where few were left out.
    let shown = page.papers.left_out(&page.papers.summary);
    let all_shown = shown.iter().all(Option::is_some);
    let steps = [
        ("read", Some(read), part(read, read)),
        ("rejected", shown[0], part(out[0], read)),
        ("filtered", shown[1], part(out[1], read)),
        ("excluded", shown[2], part(out[2], read)),
        ("kept", all_shown.then_some(framed), part(framed, read)),
        ("drawn", drawn, part(sum("sampled"), read)),
        ("suppressed", small, part(sum("suppressed"), read)),
        ("released", Some(count(&records["released"])), part(count(&records["released"]), read)),
    ];
    let left_out = |name: &str| ["rejected", "filtered", "excluded", "suppressed"].contains(&name);
    // Neither does the length of a bar, which stands in the page's source.
    let rough = |share: f64| part(page.papers.rough((share * read as f64).round() as u64).min(read), read);
    let steps = steps.map(|(name, figure, share)| {
        // One that is hidden for the sake of another is told roughly.
        let is_few = page.papers.is_few((share * read as f64).round() as u64);
        let few = figure.is_none_or(|figure| page.papers.is_few(figure));
        (name, figure, if few && share > 0.0 { rough(share) } else { share }, is_few)
    });
    let body = html! {
        p.soft { (page.say("run-funnel-told")) }
        ol.funnel {
            @for (name, figure, share, is_few) in steps {
                li class=[left_out(name).then_some("out")] {
                    span.name { (page.say(&format!("run-funnel-{name}"))) }
                    (bar(share, if left_out(name) { "bad" } else { "good" }))
                    span.figure {
                        @match figure {
                            Some(figure) => { (page.few(figure)) },
                            None if is_few => { (page.masked()) },
                            None => { "≈ " (page.percent(share)) },
                        }
                    }
                }
            }
        }
    };
    page.section("funnel", &body)
}

/// Files, source by source.
pub(super) fn inputs(page: &Page<'_>) -> Markup {
    let heads = ["source", "files", "records-read", "records-rejected", "share-rejected"]
        .map(|key| page.say(&format!("run-{key}")));
    // Its content, so that anybody can hold a file against what was read.
    let sha256 = |file: &str| {
        let input = each(&page.papers.run["inputs"]).find(|input| word(&input["file"]) == file);
        input.map_or("", |input| word(&input["sha256"]))
    };
    let rejected = page.papers.rejected();
    let row = |(source, rejected): (&Value, &Option<u64>)| {
        let files: Vec<&str> = each(&source["files"]).map(word).collect();
        let read = count(&source["records"]["read"]);
        vec![
            html! { (word(&source["source"])) },
            html! {
                ul.plain {
                    @for file in files {
                        li {
                            code { (file) }
                            @if !sha256(file).is_empty() { span.digest { "SHA-256 " (sha256(file)) } }
                        }
                    }
                }
            },
            html! { (page.number(read)) },
            html! { (page.maybe_hidden(*rejected)) },
            html! { (rejected.map_or_else(|| "–".to_owned(), |rejected| page.share(part(rejected, read)))) },
        ]
    };
    let rows: Vec<Vec<Markup>> = page.papers.sources().iter().zip(&rejected).map(row).collect();
    if rows.is_empty() {
        return html! {};
    }
    let limit = page.papers.plan["limits"]["reject_above"].as_f64();
    let body = html! {
        (page.table(&page.say("run-inputs"), &heads, &rows, true))
        @if page.papers.run["left_out"].as_u64().is_some_and(|files| files > 0) {
            p.soft { (page.words.tell("run-left-out", &[("files", count(&page.papers.run["left_out"]).into())])) }
        }
        @if let Some(limit) = limit {
            p.soft { (page.words.tell("run-limit", &[("share", (&page.share(limit)).into())])) }
        }
    };
    page.section("inputs", &body)
}

/// Findings of a source: per field and rule, how many.
type Found<'a> = BTreeMap<(&'a str, &'a str), u64>;

fn findings_of(source: &Value) -> Found<'_> {
    let mut found = Found::new();
    for one in each(&source["findings"]) {
        let rule = one["rule"].as_str().unwrap_or_else(|| word(&one["type"]));
        *found.entry((word(&one["field"]), rule)).or_insert(0) += count(&one["count"]);
    }
    found
}

/// What is wrong with records: rule by field, and its trend.
pub(super) fn findings(page: &Page<'_>) -> Markup {
    let sources: Vec<(&str, Found<'_>)> =
        page.papers.sources().iter().map(|source| (word(&source["source"]), findings_of(source))).collect();
    if page.papers.sources().is_empty() {
        return html! {};
    }
    let body = html! {
        @if sources.iter().all(|(_, found)| found.is_empty()) {
            p.good { (page.say("run-findings-none")) }
        }
        @for (name, found) in sources.iter().filter(|(_, found)| !found.is_empty()) {
            h3 { (name) }
            (heat(page, name, found))
        }
        (trend(page))
    };
    page.section("findings", &body)
}

fn heat(page: &Page<'_>, name: &str, found: &Found<'_>) -> Markup {
    let fields: BTreeSet<&str> = found.keys().map(|(field, _)| *field).collect();
    let rules: BTreeSet<&str> = found.keys().map(|(_, rule)| *rule).collect();
    let most = found.values().copied().max().unwrap_or(1) as f64;
    let heads: Vec<String> =
        [page.say("run-rule")].into_iter().chain(fields.iter().map(|field| field_name(page, field))).collect();
    let cell = |field: &str, rule: &str| match found.get(&(field, rule)) {
        None => hot(page, 0, most, &page.papers.summary),
        Some(&times) => hot(page, times, most, &page.papers.summary),
    };
    let row = |rule: &&str| -> Vec<Markup> {
        [html! { code { (rule) } }].into_iter().chain(fields.iter().map(|field| cell(field, rule))).collect()
    };
    let rows: Vec<Vec<Markup>> = rules.iter().map(row).collect();
    let caption = page.words.tell("run-heat", &[("source", name.into())]);
    html! { div.heatmap { (page.table(&caption, &heads, &rows, true)) } }
}

/// A count on its heat, by orders of magnitude: one column with thousands would leave all others white. Those of few have one heat,
/// as they have one text. Where few records of the run were left out for some reason, their number must not follow from the others.
fn hot(page: &Page<'_>, times: u64, most: f64, run: &Value) -> Markup {
    if times == 0 {
        return html! { span.soft { "·" } };
    }
    let least = page.papers.least().max(2);
    let rough = page.papers.left_out(run).iter().any(Option::is_none) && times >= least;
    let times = if rough { times / least * least } else { times };
    let told = times.max(least - 1) as f64;
    let heat = 15.0 + 70.0 * (told.ln_1p() / most.max(1000.0).max(told).ln_1p());
    html! { span.heat style=(format!("--heat:{heat:.0}%")) { @if rough { "≥ " } (page.few(times)) } }
}

fn field_name(page: &Page<'_>, field: &str) -> String {
    if field.is_empty() { page.say("run-whole-record") } else { field.to_owned() }
}

/// Records rejected in this and earlier runs of the pipeline.
fn trend(page: &Page<'_>) -> Markup {
    let runs: Vec<&Value> = page.papers.earlier.iter().chain([&page.papers.summary]).filter(|s| !s.is_null()).collect();
    if runs.len() < 2 {
        return html! { p.soft { (page.say("run-trend-none")) } };
    }
    let share = |run: &&Value| {
        let records = &run["records"];
        let (rejected, read) = (count(&records["rejected"]), count(&records["read"]));
        // Where few were left out for some reason, others are told roughly.
        let told = page.papers.left_out(run)[0].unwrap_or_else(|| page.papers.rough(rejected).min(read));
        (word(&run["run"]).to_owned(), part(told, read))
    };
    let shares: Vec<(String, f64)> = runs.iter().map(share).collect();
    let heads = ["run", "share-rejected"].map(|key| page.say(&format!("run-{key}")));
    let rows: Vec<Vec<Markup>> =
        shares.iter().map(|(run, share)| vec![html! { code { (run) } }, html! { (page.share(*share)) }]).collect();
    html! {
        h3 { (page.say("run-trend")) }
        (chart::trend(page, &shares))
        details { summary { (page.say("run-as-table")) } (page.table(&page.say("run-trend"), &heads, &rows, true)) }
        (trends(page, &runs))
    }
}

/// Most runs that stand side by side.
const MOST_RUNS: usize = 6;

/// Rule by field in this and the last runs.
fn trends(page: &Page<'_>, runs: &[&Value]) -> Markup {
    let runs = &runs[runs.len().saturating_sub(MOST_RUNS)..];
    let mut found: BTreeMap<(&str, &str, &str), Vec<u64>> = BTreeMap::new();
    for (at, run) in runs.iter().enumerate() {
        for source in each(&run["sources"]) {
            for ((field, rule), times) in findings_of(source) {
                let times_of =
                    found.entry((word(&source["source"]), field, rule)).or_insert_with(|| vec![0; runs.len()]);
                times_of[at] += times;
            }
        }
    }
    if found.is_empty() {
        return html! {};
    }
    let most = found.values().flatten().copied().max().unwrap_or(1) as f64;
    let heads: Vec<String> = ["source", "column", "rule"]
        .map(|key| page.say(&format!("run-{key}")))
        .into_iter()
        .chain(runs.iter().map(|run| word(&run["run"]).get(..15).unwrap_or_default().to_owned()))
        .collect();
    let rows: Vec<Vec<Markup>> = found
        .iter()
        .map(|((source, field, rule), times)| {
            let cells = times.iter().zip(runs).map(|(&times, run)| hot(page, times, most, run));
            [html! { (source) }, html! { code { (field_name(page, field)) } }, html! { code { (rule) } }]
                .into_iter()
                .chain(cells)
                .collect()
        })
        .collect();
    html! { (page.table(&page.say("run-trends"), &heads, &rows, true)) }
}

/// Every column of every source: what leaves of it, how coarse, and why; or why it stays.
pub(super) fn columns(page: &Page<'_>) -> Markup {
    let datasets: Vec<&Value> = each(&page.papers.plan["datasets"]).collect();
    if datasets.is_empty() {
        return html! {};
    }
    let heads = ["column", "leaves-as", "role", "why"].map(|key| page.say(&format!("run-{key}")));
    let body = html! {
        @for dataset in datasets {
            @let name = word(&dataset["name"]);
            h3 { (name) }
            (page.table(&page.words.tell("run-leave", &[("source", name.into())]), &heads, &kept(page, dataset), false))
            @let dropped = dropped(page, dataset);
            @if !dropped.is_empty() {
                p { (page.say("run-stay")) }
                ul.dropped { @for (column, why) in dropped { li { code { (column) } " " span.soft { (why) } } } }
            }
        }
    };
    page.section("columns", &body)
}

fn kept(page: &Page<'_>, dataset: &Value) -> Vec<Vec<Markup>> {
    let row = |kept: &Value| {
        let how = word(&kept["generalise"]["to"]);
        let bounds: Vec<String> = each(&kept["generalise"]["bounds"]).map(Value::to_string).collect();
        vec![
            html! { code { (word(&kept["column"])) } },
            html! {
                code { (word(&kept["as"])) } " " span.soft { (page.say(&format!("run-how-{how}"))) }
                @if !bounds.is_empty() { " " span.soft { (bounds.join(", ")) } }
            },
            html! { (page.say(&format!("run-role-{}", word(&kept["role"])))) },
            html! { (word(&kept["why"])) },
        ]
    };
    each(&dataset["kept"]).map(row).collect()
}

fn dropped<'a>(page: &Page<'_>, dataset: &'a Value) -> Vec<(&'a str, String)> {
    let why = |one: &Value| match word(&one["reason"]) {
        "identifier" => page.say("run-dropped-identifier"),
        _ => page.say("run-dropped-unnamed"),
    };
    each(&dataset["dropped"]).map(|one| (word(&one["column"]), why(one))).collect()
}
