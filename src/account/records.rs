//! From what was read to what leaves: the funnel, the inputs, what is wrong with them, and what became of every column.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use serde_json::Value;

use super::chart;
use super::masked::masked;
use super::shown::{Page, bar, count, each, part, word};

/// Records from reading to release.
pub(super) fn funnel(page: &Page<'_>) -> Markup {
    let records = &page.papers.summary["records"];
    if records.is_null() {
        return html! {};
    }
    let read = count(&records["read"]);
    let outputs = || each(&page.papers.summary["persons"]);
    let (drawn, small): (u64, u64) =
        (outputs().map(|o| count(&o["sampled"])).sum(), outputs().map(|o| count(&o["suppressed"])).sum());
    let out = ["rejected", "filtered", "excluded"].map(|key| count(&records[key]));
    let framed = read.saturating_sub(out.iter().sum());
    // What is left out, and what is left: neither tells the other where few were left out.
    let shown = masked(&out, page.papers.least());
    let all_shown = shown.iter().all(Option::is_some);
    let steps = [
        ("read", Some(read), part(read, read)),
        ("rejected", shown[0], part(out[0], read)),
        ("filtered", shown[1], part(out[1], read)),
        ("excluded", shown[2], part(out[2], read)),
        ("kept", all_shown.then_some(framed), part(framed, read)),
        ("drawn", Some(drawn), part(drawn, read)),
        ("suppressed", Some(small), part(small, read)),
        ("released", Some(count(&records["released"])), part(count(&records["released"]), read)),
    ];
    let left_out = |name: &str| ["rejected", "filtered", "excluded", "suppressed"].contains(&name);
    let body = html! {
        p.soft { (page.say("run-funnel-told")) }
        ol.funnel {
            @for (name, figure, share) in steps {
                li class=[left_out(name).then_some("out")] {
                    span.name { (page.say(&format!("run-funnel-{name}"))) }
                    (bar(share, if left_out(name) { "bad" } else { "good" }))
                    span.figure {
                        @match figure {
                            Some(figure) => { (page.few(figure)) },
                            None if name == "kept" => { "≈ " (page.percent(share)) },
                            None => { (page.masked()) },
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
    let row = |source: &Value| {
        let files: Vec<&str> = each(&source["files"]).map(word).collect();
        let (read, rejected) = (count(&source["records"]["read"]), count(&source["records"]["rejected"]));
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
            html! { (page.number(rejected)) },
            html! { (page.share(part(rejected, read))) },
        ]
    };
    let rows: Vec<Vec<Markup>> = page.papers.sources().iter().map(row).collect();
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
        None => html! { span.soft { "·" } },
        Some(&times) => {
            // By orders of magnitude: one column with thousands would leave all others white.
            let heat = 15.0 + 70.0 * (times as f64).ln_1p() / most.ln_1p();
            html! { span.heat style=(format!("--heat:{heat:.0}%")) { (page.few(times)) } }
        }
    };
    let row = |rule: &&str| -> Vec<Markup> {
        [html! { code { (rule) } }].into_iter().chain(fields.iter().map(|field| cell(field, rule))).collect()
    };
    let rows: Vec<Vec<Markup>> = rules.iter().map(row).collect();
    let caption = page.words.tell("run-heat", &[("source", name.into())]);
    page.table(&caption, &heads, &rows, true)
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
        (word(&run["run"]).to_owned(), part(count(&records["rejected"]), count(&records["read"])))
    };
    let shares: Vec<(String, f64)> = runs.iter().map(share).collect();
    let heads = ["run", "share-rejected"].map(|key| page.say(&format!("run-{key}")));
    let rows: Vec<Vec<Markup>> =
        shares.iter().map(|(run, share)| vec![html! { code { (run) } }, html! { (page.share(*share)) }]).collect();
    html! {
        h3 { (page.say("run-trend")) }
        (chart::trend(page, &shares))
        details { summary { (page.say("run-as-table")) } (page.table(&page.say("run-trend"), &heads, &rows, true)) }
    }
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
