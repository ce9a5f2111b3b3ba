//! The sample, the risk of per-person outputs and what protection took, and the tables.

use maud::{Markup, html};
use serde_json::Value;

use super::chart;
use super::masked::masked;
use super::shown::{Page, bar, count, each, part, word};
use super::utility;

/// Target and result of the draw, stratum by stratum.
pub(super) fn sample(page: &Page<'_>) -> Markup {
    let sample = &page.papers.sample;
    if sample["design"].is_null() {
        return html! {};
    }
    let (frame, drawn) = (count(&sample["frame"]), count(&sample["drawn"]));
    let strata: Vec<&Value> = each(&sample["strata"]).collect();
    let of = |key: &str| -> Vec<Option<u64>> {
        masked(&strata.iter().map(|stratum| count(&stratum[key])).collect::<Vec<u64>>(), page.papers.least())
    };
    let (frames, draws) = (of("frame"), of("drawn"));
    let columns: Vec<&str> = each(&sample["strata_columns"]).map(word).collect();
    let heads: Vec<String> = [columns.join(" × ")]
        .into_iter()
        .chain(["in-frame", "drawn", "obtained", "weight"].map(|key| page.say(&format!("run-{key}"))))
        .collect();
    let row = |(at, stratum): (usize, &&Value)| {
        let values: Vec<String> = each(&stratum["stratum"]).map(text_of).collect();
        let both = frames[at].zip(draws[at]).filter(|(_, drawn)| *drawn > 0);
        vec![
            html! { (values.join(" · ")) },
            html! { (page.maybe(frames[at])) },
            html! { (page.maybe(draws[at])) },
            html! { @if let Some((frame, drawn)) = both { (page.share(part(drawn, frame))) } @else { "–" } },
            html! { @if let Some((frame, drawn)) = both { (page.decimal(frame as f64 / drawn as f64)) } @else { "–" } },
        ]
    };
    let rows: Vec<Vec<Markup>> = strata.iter().enumerate().map(row).collect();
    let rate = sample["design"]["rate"].as_str().map(str::to_owned);
    let body = html! {
        dl.facts {
            div { dt { (page.say("run-design")) } dd { (word(&sample["design"]["design"])) } }
            @if let Some(rate) = rate { div { dt { (page.say("run-target")) } dd { (rate) } } }
            div { dt { (page.say("run-in-frame")) } dd { (page.few(frame)) } }
            div { dt { (page.say("run-drawn")) } dd { (page.few(drawn)) } }
            div { dt { (page.say("run-obtained")) } dd { (page.share(part(drawn, frame))) } }
        }
        @if !rows.is_empty() {
            details open[rows.len() <= 12] {
                summary { (page.say("run-strata")) }
                (page.table(&page.say("run-strata"), &heads, &rows, true))
            }
        }
        p.soft { (page.say("run-weights-told")) }
    };
    page.section("sample", &body)
}

/// A value of a stratum; a missing one is a dash.
fn text_of(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The risk before and after, the classes, and what protection took, output by output.
pub(super) fn risk(page: &Page<'_>) -> Markup {
    let outputs: Vec<&Value> = each(&page.papers.summary["persons"]).collect();
    if outputs.is_empty() {
        return html! {};
    }
    let body = html! { @for output in outputs { (one(page, output)) } };
    page.section("risk", &body)
}

fn one(page: &Page<'_>, output: &Value) -> Markup {
    let name = word(&output["name"]);
    let (before, after) = (&output["protection"]["risk"]["before"], &output["protection"]["risk"]["after"]);
    let cost = &output["protection"]["cost"];
    let records = [("drawn", "sampled"), ("released", "released"), ("suppressed", "suppressed")];
    html! {
        article {
            h3 { (name) }
            dl.facts {
                @for (told, key) in records {
                    @let hidden = key == "sampled" && page.papers.lost_few(output);
                    div {
                        dt { (page.say(&format!("run-{told}"))) }
                        dd { (page.maybe_hidden((!hidden).then(|| count(&output[key])))) }
                    }
                }
            }
            @if before.is_null() {
                p.soft { (page.say("run-nobody-drawn")) }
            } @else {
                (measures(page, name, before, after))
                figure {
                    (chart::classes(page, &before["class_sizes"], &after["class_sizes"]))
                    figcaption { (page.say("run-classes-told")) }
                }
                (lost(page, cost, page.papers.lost_few(output).then(|| part(page.papers.least(), count(&output["sampled"])))))
            }
            (evidence(page, name))
        }
    }
}

/// The figures side by side.
fn measures(page: &Page<'_>, name: &str, before: &Value, after: &Value) -> Markup {
    let few = |value: &Value| value.as_u64().map_or_else(|| "–".to_owned(), |count| page.few(count));
    let size = |value: &Value| value.as_u64().map_or_else(|| "–".to_owned(), |count| page.number(count));
    let mut rows: Vec<Vec<Markup>> = Vec::new();
    let mut row = |key: &str, shown: &dyn Fn(&Value) -> String| {
        rows.push(vec![
            html! { (page.say(&format!("run-risk-{key}"))) },
            html! { (shown(before)) },
            html! { (shown(after)) },
        ]);
    };
    // Before less after are those whom protection took.
    let taken = count(&before["persons"]).saturating_sub(count(&after["persons"]));
    let hidden = page.papers.is_few(taken);
    row("persons", &|of| if hidden && std::ptr::eq(of, before) { "–".to_owned() } else { few(&of["persons"]) });
    row("smallest", &|of| size(&of["smallest_class"]));
    row("alone", &|of| few(&of["uniques"]));
    row("highest", &|of| page.told(&of["prosecutor"]["highest"]));
    row("average", &|of| page.told(&of["prosecutor"]["average"]));
    row("under", &|of| {
        let share = &of["prosecutor"]["share_over_threshold"];
        let persons = (share.as_f64().unwrap_or(0.0) * count(&of["persons"]) as f64).round() as u64;
        if page.papers.is_few(persons) {
            format!("≤ {}", page.percent(part(page.papers.least(), count(&of["persons"])).min(1.0)))
        } else {
            page.told(share)
        }
    });
    for key in ["journalist", "individual", "groups", "suda"] {
        if !before[key].is_null() || !after[key].is_null() {
            row(key, &|of| page.told(&of[key]["highest"]));
        }
    }
    if !before["population_uniques"].is_null() {
        row("population", &|of| {
            of["population_uniques"].as_f64().map_or_else(|| "–".to_owned(), |found| page.few(found.round() as u64))
        });
    }
    let heads = ["measure", "before", "after"].map(|key| page.say(&format!("run-{key}")));
    page.table(&page.words.tell("run-risk-of", &[("output", name.into())]), &heads, &rows, true)
}

/// What is lost of each column, from nothing to everything; not closer than `few`, where few records were left out.
fn lost(page: &Page<'_>, cost: &Value, few: Option<f64>) -> Markup {
    let columns = cost["granularity"]["columns"].as_object();
    html! {
        h4 { (page.say("run-cost")) }
        p.soft { (page.say("run-cost-told")) }
        ol.funnel {
            @for (column, share) in columns.into_iter().flatten() {
                @let share = share.as_f64().unwrap_or(0.0).max(few.unwrap_or(0.0)).min(1.0);
                li { span.name { code { (column) } } (bar(share, "warn")) span.figure { @if few.is_some() { "≤ " (page.percent(share)) } @else { (page.share(share)) } } }
            }
        }
    }
}

/// Singling out, linkability and inference, beside their limits.
fn evidence(page: &Page<'_>, name: &str) -> Markup {
    let Some(output) = each(&page.papers.persons).find(|output| word(&output["name"]) == name) else { return html! {} };
    let evidence = &output["evidence"];
    if evidence.is_null() {
        return html! {};
    }
    let limits = &evidence["thresholds"];
    let dash = || "–".to_owned();
    let mut rows = vec![
        vec![
            html! { (page.say("run-evidence-singling")) },
            html! { (page.number(count(&evidence["singling_out"]["smallest_class"]))) },
            html! { (limits["smallest"].as_u64().map_or_else(dash, |limit| format!("≥ {}", page.number(limit)))) },
        ],
        vec![
            html! { (page.say("run-evidence-link")) },
            html! { (page.told(&evidence["linkability"]["expected_share"])) },
            html! { (limits["linkable"].as_f64().map_or_else(dash, |limit| format!("≤ {}", page.share(limit)))) },
        ],
    ];
    for (column, found) in evidence["inference"].as_object().into_iter().flatten() {
        rows.push(vec![
            html! { (page.words.tell("run-evidence-inference", &[("column", column.into())])) },
            html! { (page.told(&found["advantage"])) },
            html! { (limits["advantage"].as_f64().map_or_else(dash, |limit| format!("≤ {}", page.share(limit)))) },
        ]);
    }
    let heads = ["criterion", "found", "limit-asked"].map(|key| page.say(&format!("run-{key}")));
    html! {
        h4 { (page.say("run-evidence")) }
        (page.table(&page.say("run-evidence"), &heads, &rows, true))
    }
}

/// Tables, and how much of them is suppressed.
pub(super) fn tables(page: &Page<'_>) -> Markup {
    let tables: Vec<&Value> = each(&page.papers.summary["tables"]).collect();
    if tables.is_empty() {
        return html! {};
    }
    let heads = ["table", "cells", "published", "primary", "secondary", "share-suppressed"]
        .map(|key| page.say(&format!("run-{key}")));
    let row = |table: &&Value| {
        let (cells, primary, secondary) =
            (count(&table["cells"]), count(&table["suppressed_primary"]), count(&table["suppressed_secondary"]));
        let out = part(primary + secondary, cells);
        vec![
            html! { code { (word(&table["name"])) } },
            html! { (page.number(cells)) },
            html! { (page.number(cells.saturating_sub(primary + secondary))) },
            html! { (page.number(primary)) },
            html! { (page.number(secondary)) },
            html! { (bar(out, "warn")) (page.share(out)) },
        ]
    };
    let rows: Vec<Vec<Markup>> = tables.iter().map(row).collect();
    let known = count(&page.papers.summary["cells_unprotected"]);
    let method = each(&page.papers.tables).map(|system| word(&system["method"])).find(|method| !method.is_empty());
    let body = html! {
        (page.table(&page.say("run-tables"), &heads, &rows, true))
        @if known > 0 {
            p { (page.words.tell("run-known", &[("n", known.into()), ("count", (&page.number(known)).into())])) }
        }
        (utility::tables(page))
        @if let Some(method) = method { p.soft { (page.say("run-method")) " " span lang="en" { (method) } } }
    };
    page.section("tables", &body)
}
