//! What is left for those who use the data: distributions before and after, and pictures of released tables.

use maud::{Markup, html};
use serde_json::Value;

use super::bars::{self, Row};
use super::shown::{Page, each, word};
use crate::words::Lang;

/// Names of the series, as messages and in the page's style.
const SERIES: [&str; 3] = ["before", "after", "weighted"];

/// Distributions, output by output.
pub(super) fn outputs(page: &Page<'_>) -> Markup {
    let outputs: Vec<&Value> = each(&page.papers.utility["persons"]).collect();
    // A run that failed after its rows were selected released nothing of them.
    if outputs.is_empty() || page.papers.summary.is_null() {
        return html! {};
    }
    let body = html! {
        p.soft { (page.say("run-utility-told")) }
        @for output in outputs { (one(page, output)) }
    };
    page.section("utility", &body)
}

fn one(page: &Page<'_>, output: &Value) -> Markup {
    let columns: Vec<&Value> = each(&output["columns"]).collect();
    let heads =
        ["column", "utility-from", "distance", "distance-weighted", "step"].map(|key| page.say(&format!("run-{key}")));
    let percent = |value: &Value| value.as_u64().map_or_else(|| "–".to_owned(), |share| page.whole(share));
    let row = |column: &&Value| {
        vec![
            html! { code { (word(&column["column"])) } },
            html! { (from(page, column)) },
            html! { (percent(&column["distance"])) },
            html! { (percent(&column["distance_weighted"])) },
            html! { (percent(&column["step"])) },
        ]
    };
    let rows: Vec<Vec<Markup>> = columns.iter().map(row).collect();
    let name = word(&output["name"]);
    html! {
        article {
            h3 { (name) }
            (page.table(&page.words.tell("run-utility-of", &[("output", name.into())]), &heads, &rows, false))
            div.columns {
                (pyramid(page, &output["pyramid"], "share"))
                @for column in columns.iter().filter(|column| each(&column["lines"]).next().is_some()) {
                    (distribution(page, column))
                }
            }
        }
    }
}

/// Where the numbers before come from, or why there are none.
fn from(page: &Page<'_>, column: &Value) -> String {
    let key = match (word(&column["before"]), word(&column["why"])) {
        ("", "") => return "–".to_owned(),
        ("", why) => format!("run-why-{why}"),
        (from, _) => format!("run-from-{from}"),
    };
    page.say(&key)
}

/// A line's name.
fn label(page: &Page<'_>, line: &Value) -> String {
    let number = |value: &Value| {
        let text = word(value);
        // A date has no decimal point.
        if page.words.lang == Lang::Fr { text.replace('.', ",") } else { text.to_owned() }
    };
    match (&line["value"], &line["from"], &line["to"]) {
        (Value::String(value), ..) => value_name(page, value),
        (_, Value::String(_), Value::String(_)) => format!("{} – {}", number(&line["from"]), number(&line["to"])),
        (_, Value::String(_), _) => format!("≥ {}", number(&line["from"])),
        (.., Value::String(_)) => format!("< {}", number(&line["to"])),
        _ => page.say(&format!("run-line-{}", word(&line["is"]))),
    }
}

fn value_name(page: &Page<'_>, value: &str) -> String {
    match value {
        "true" | "false" => page.say(&format!("run-line-{value}")),
        "" => page.say("run-line-missing"),
        value => value.to_owned(),
    }
}

fn distribution(page: &Page<'_>, column: &Value) -> Markup {
    let name = word(&column["column"]);
    let mut lines: Vec<&Value> = each(&column["lines"]).collect();
    let has = |key: &str| lines.iter().any(|line| line[key].is_u64());
    let series: Vec<usize> = (0..SERIES.len()).filter(|&at| has(SERIES[at])).collect();
    let is_range = |line: &&Value| line["from"].is_string() || line["to"].is_string();
    let ranges = lines.iter().filter(|line| is_range(line)).count();
    if word(&column["is"]) == "place" {
        // Places are ranked; what is no place comes last.
        let rank = |line: &&Value| {
            let share = if series.contains(&0) { &line["before"] } else { &line["after"] };
            (line["is"].is_string(), std::cmp::Reverse(share.as_u64()))
        };
        lines.sort_by_key(rank);
    }
    let rows: Vec<Row> =
        lines.iter().map(|line| Row { name: label(page, line), numbers: numbers(line, &series) }).collect();
    let shown = |share: f64| page.whole(share as u64);
    let spoken: Vec<String> = rows
        .iter()
        .map(|row| {
            let told: Vec<String> = row.numbers.iter().map(|n| n.map_or_else(|| "–".to_owned(), shown)).collect();
            format!("{}: {}", row.name, told.join(" → "))
        })
        .collect();
    let told = page.words.tell("run-distribution-of", &[("column", name.into())]);
    let told = format!("{told} {}", spoken.join("; "));
    let drawing = if ranges > 1 {
        let inner = &rows[..ranges];
        let edges: Vec<String> =
            lines.iter().filter(|line| line["from"].is_string()).map(|line| edge(page, line)).collect();
        bars::histogram(page, &told, inner, &edges, &series)
    } else {
        bars::across(&told, &rows, &series, &shown)
    };
    let heads: Vec<String> = ["run-line".to_owned()]
        .into_iter()
        .chain(series.iter().map(|at| format!("run-{}", SERIES[*at])))
        .map(|key| page.say(&key))
        .collect();
    let cell = |number: &Option<f64>| html! { (number.map_or_else(|| "–".to_owned(), shown)) };
    let table: Vec<Vec<Markup>> = rows
        .iter()
        .map(|row| std::iter::once(html! { (row.name) }).chain(row.numbers.iter().map(cell)).collect())
        .collect();
    html! {
        figure {
            h4 { code { (name) } }
            (drawing)
            (legend(page, &series))
            details { summary { (page.say("run-as-table")) } (page.table(name, &heads, &table, true)) }
        }
    }
}

fn edge(page: &Page<'_>, line: &Value) -> String {
    let text = word(&line["from"]);
    if page.words.lang == Lang::Fr { text.replace('.', ",") } else { text.to_owned() }
}

fn numbers(line: &Value, series: &[usize]) -> Vec<Option<f64>> {
    series.iter().map(|at| line[SERIES[*at]].as_u64().map(|share| share as f64)).collect()
}

fn legend(page: &Page<'_>, series: &[usize]) -> Markup {
    html! {
        p.legend {
            @for at in series {
                span class=(format!("swatch {}", SERIES[*at])) aria-hidden="true" {}
                " " (page.say(&format!("run-{}", SERIES[*at]))) " "
            }
        }
    }
}

/// Age by sex: shares of an output, or counts of a table.
fn pyramid(page: &Page<'_>, pyramid: &Value, of: &str) -> Markup {
    let name = |cell: &Value, of: &str| match &cell[of] {
        Value::String(value) => value_name(page, value),
        line => label(page, line),
    };
    let cells: Vec<(String, String, f64)> = each(&pyramid["cells"])
        .filter_map(|cell| Some((name(cell, "age"), name(cell, "sex"), cell[of].as_f64()?)))
        .collect();
    let sum = |sex: &str| cells.iter().filter(|(_, s, _)| s == sex).map(|(.., n)| n).sum::<f64>();
    let (mut ages, mut sexes): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for (age, sex, _) in &cells {
        if !ages.contains(&age.as_str()) {
            ages.push(age);
        }
        if !sexes.contains(&sex.as_str()) {
            sexes.push(sex);
        }
    }
    // The two largest have a side each, in the order of their names; what is left stands in the table.
    sexes.sort_by(|one, two| sum(two).total_cmp(&sum(one)).then(one.cmp(two)));
    let others = sexes.split_off(sexes.len().min(2));
    if sexes.len() < 2 {
        return html! {};
    }
    sexes.sort_unstable();
    let number = |age: &str, sex: &str| cells.iter().find(|(a, s, _)| a == age && s == sex).map(|(.., n)| *n);
    let shown = |n: f64| if of == "share" { page.whole(n as u64) } else { page.number(n.round().max(0.0) as u64) };
    let row = |age: &&str| Row { name: (*age).to_owned(), numbers: sexes.iter().map(|sex| number(age, sex)).collect() };
    let rows: Vec<Row> = ages.iter().map(row).collect();
    // A share of nothing is not told; of a table, what is missing is suppressed, and a pyramid with holes says what is not so.
    if of == "count" && rows.iter().flat_map(|row| &row.numbers).any(Option::is_none) {
        return html! {};
    }
    let heads: Vec<String> =
        std::iter::once(word(&pyramid["age"])).chain(sexes.iter().chain(&others).copied()).map(str::to_owned).collect();
    let table: Vec<Vec<Markup>> = ages
        .iter()
        .map(|age| {
            let cell = |sex: &&str| html! { (number(age, sex).map_or_else(|| "–".to_owned(), shown)) };
            std::iter::once(html! { (age) }).chain(sexes.iter().chain(&others).map(cell)).collect()
        })
        .collect();
    let spoken: Vec<String> = rows
        .iter()
        .map(|row| {
            let both = sexes.iter().zip(&row.numbers);
            let told: Vec<String> =
                both.map(|(sex, n)| format!("{sex} {}", n.map_or_else(|| "–".to_owned(), shown))).collect();
            format!("{}: {}", row.name, told.join(", "))
        })
        .collect();
    let title =
        page.words.tell("run-pyramid", &[("age", word(&pyramid["age"]).into()), ("sex", word(&pyramid["sex"]).into())]);
    html! {
        figure {
            h4 { (title) }
            (bars::pyramid(&format!("{title}. {}", spoken.join("; ")), &rows, &shown))
            p.legend {
                @for (at, sex) in sexes.iter().enumerate() {
                    span class=(format!("swatch {}", SERIES[at])) aria-hidden="true" {} " " (sex) " "
                }
            }
            details { summary { (page.say("run-as-table")) } (page.table(&title, &heads, &table, true)) }
        }
    }
}

/// Pictures of released tables: age by sex, and places in order of their numbers. What two tables show alike is shown once.
pub(super) fn tables(page: &Page<'_>) -> Markup {
    let mut shown: Vec<(&Value, &Value)> = Vec::new();
    let mut pictures: Vec<(&str, Markup)> = Vec::new();
    for table in each(&page.papers.utility["tables"]) {
        let name = word(&table["name"]);
        pictures.push((name, pyramid(page, &table["pyramid"], "count")));
        for margin in each(&table["margins"]).filter(|margin| word(&margin["is"]) == "place") {
            if !shown.contains(&(&table["measure"], margin)) {
                shown.push((&table["measure"], margin));
                pictures.push((name, places(page, table, margin)));
            }
        }
    }
    pictures.retain(|(_, picture)| !picture.0.is_empty());
    html! {
        @if !pictures.is_empty() {
            h3 { (page.say("run-pictures")) }
            p.soft { (page.say("run-pictures-told")) }
            div.columns {
                @for (table, picture) in pictures { div { p { code { (table) } } (picture) } }
            }
        }
    }
}

fn places(page: &Page<'_>, table: &Value, margin: &Value) -> Markup {
    let mut cells: Vec<(String, Option<f64>)> =
        each(&margin["cells"]).map(|cell| (value_name(page, word(&cell["value"])), cell["count"].as_f64())).collect();
    cells.sort_by(|(_, one), (_, two)| two.unwrap_or(-1.0).total_cmp(&one.unwrap_or(-1.0)));
    let shown = |n: f64| page.number(n.round().max(0.0) as u64);
    let published = cells.iter().filter(|(_, count)| count.is_some());
    let rows: Vec<Row> = published.map(|(name, count)| Row { name: name.clone(), numbers: vec![*count] }).collect();
    let (column, measure) = (word(&margin["column"]), word(&table["measure"]));
    let title = page.words.tell("run-places", &[("column", column.into()), ("measure", measure.into())]);
    let spoken: Vec<String> =
        rows.iter().map(|row| format!("{}: {}", row.name, shown(row.numbers[0].unwrap_or(0.0)))).collect();
    let heads = [column.to_owned(), measure.to_owned()];
    let cell = |count: &Option<f64>| count.map_or_else(|| page.say("run-cell-suppressed"), shown);
    if rows.is_empty() {
        return html! {};
    }
    let table: Vec<Vec<Markup>> =
        cells.iter().map(|(name, count)| vec![html! { (name) }, html! { (cell(count)) }]).collect();
    html! {
        figure {
            h4 { (title) }
            (bars::across(&format!("{title}. {}", spoken.join("; ")), &rows, &[1], &shown))
            @let hidden = cells.len() - rows.len();
            @if hidden > 0 {
                p.soft { (page.words.tell("run-places-suppressed", &[("n", (hidden as u64).into()), ("count", (&page.number(hidden as u64)).into())])) }
            }
            details { summary { (page.say("run-as-table")) } (page.table(&title, &heads, &table, true)) }
        }
    }
}
