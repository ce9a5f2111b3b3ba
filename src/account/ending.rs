//! The search for what was stripped, the destruction, and how long it all took.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value;

use super::shown::{Page, bar, count, each, word};

/// What was searched for in what leaves, and whether it was found.
pub(super) fn scan(page: &Page<'_>) -> Markup {
    let papers = page.papers;
    let scan = if papers.scan.is_null() { &papers.summary["leak_scan"] } else { &papers.scan };
    if scan.is_null() {
        return html! {};
    }
    let mut cells: BTreeMap<&str, u64> = BTreeMap::new();
    each(&scan["columns"])
        .for_each(|column| *cells.entry(word(&column["resource"])).or_insert(0) += count(&column["cells"]));
    let heads = ["output", "cells-searched"].map(|key| page.say(&format!("run-{key}")));
    let rows: Vec<Vec<Markup>> = cells
        .iter()
        .map(|(output, cells)| vec![html! { code { (output) } }, html! { (page.number(*cells)) }])
        .collect();
    let kinds: Vec<String> = each(&scan["stripped"])
        .map(|one| page.say(&format!("run-stripped-{}", word(&one["class"]).replace('_', "-"))))
        .collect();
    let leaks = scan["leaks"].as_bool() == Some(true);
    let body = html! {
        p class=(if leaks { "bad" } else { "good" }) {
            (page.say(if leaks { "run-scan-leaks" } else { "run-scan-clean" }))
        }
        @if !kinds.is_empty() { p { (page.say("run-scan-for")) " " (kinds.join(", ")) "." } }
        (page.table(&page.say("run-scan"), &heads, &rows, true))
    };
    page.section("scan", &body)
}

/// Item by item, what became of the working data.
pub(super) fn destruction(page: &Page<'_>) -> Markup {
    let certificate = &page.papers.certificate;
    if certificate.is_null() {
        return page.section("destruction", &html! { p { (page.say("run-not-certified")) } });
    }
    let heads = ["item", "class", "count", "how"].map(|key| page.say(&format!("run-{key}")));
    let row = |item: &Value| {
        let class = word(&item["class"]);
        let tone = match class {
            "key-erased" => "good",
            "not-destroyed" => "soft",
            _ => "warn",
        };
        vec![
            html! { span lang="en" { (word(&item["what"])) } },
            html! { span class=(tone) { (page.say(&format!("run-class-{class}"))) } },
            html! { @match item["count"].as_u64() { Some(n) => { (page.number(n)) }, None => { "–" } } },
            html! { span lang="en" { (word(&item["how"])) } },
        ]
    };
    let rows: Vec<Vec<Markup>> = each(&certificate["items"]).map(row).collect();
    let sweep = &certificate["scan"]["working_directory_after"];
    let body = html! {
        @let at = word(&certificate["destroyed_at"]);
        p { (page.words.tell("run-destroyed-at", &[("at", at.into())])) }
        (page.table(&page.say("run-destruction"), &heads, &rows, false))
        @if !sweep.is_null() {
            @let (files, hits) = (count(&sweep["files"]), count(&sweep["hits"]));
            p { (page.words.tell("run-sweep", &[("files", files.into()), ("hits", hits.into())])) }
        }
        p.soft { (page.say("run-certificate")) }
    };
    page.section("destruction", &body)
}

/// Time, rate and spilling.
pub(super) fn performance(page: &Page<'_>) -> Markup {
    let summary = &page.papers.summary;
    let Some(seconds) = summary["seconds"].as_f64() else { return html! {} };
    let read = count(&summary["records"]["read"]);
    let rate = if seconds > 0.0 { (read as f64 / seconds).round() as u64 } else { 0 };
    let spilled = count(&summary["vault"]["spilled_bytes"]);
    let stages: Vec<(&str, f64)> =
        each(&summary["stages"]).map(|one| (word(&one["stage"]), one["seconds"].as_f64().unwrap_or(0.0))).collect();
    let longest = stages.iter().map(|(_, seconds)| *seconds).fold(0.001, f64::max);
    let body = html! {
        dl.facts {
            div { dt { (page.say("run-seconds")) } dd { (page.decimal(seconds)) " s" } }
            div { dt { (page.say("run-rate")) } dd { (page.number(rate)) } }
            div { dt { (page.say("run-spilled")) } dd { (page.decimal(spilled as f64 / 1_048_576.0)) " MiB" } }
            div { dt { (page.say("run-stores")) } dd { (page.number(count(&summary["vault"]["stores"]))) } }
        }
        @if !stages.is_empty() {
            h3 { (page.say("run-stages")) }
            ol.funnel {
                @for (stage, seconds) in stages {
                    li {
                        span.name { (page.say(&format!("run-stage-{stage}"))) }
                        (bar(seconds / longest, ""))
                        span.figure { (page.hundredths(seconds)) " s" }
                    }
                }
            }
        }
    };
    page.section("performance", &body)
}
