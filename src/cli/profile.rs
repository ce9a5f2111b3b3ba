//! `tamis profile`.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::args::Format;
use super::sample::in_reception;
use super::{Shell, french, show};
use crate::infer::InferError;
use crate::profile::{self, ColumnProfile, Place, Profile};
use crate::report;
use crate::words::Words;

/// Arguments of `tamis profile`.
#[derive(Debug, clap::Args)]
pub struct ProfileArgs {
    /// Files of one form: CSV, Parquet, Arrow, XLSX, ODS or JSON lines.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Sheet of a workbook (XLSX, ODS) that holds more than one.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
}

/// Tells what files hold; no value but those that many records have.
pub(super) fn profile(shell: &Shell, args: &ProfileArgs) -> u8 {
    let words = Words::new(shell.lang);
    if let Some(file) = args.files.iter().find(|file| in_reception(file)) {
        let path = file.display().to_string();
        return shell.complain(4, &words.tell("error-reception", &[("path", (&path).into())]));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(shell.threads.unwrap_or(0)).build();
    let found = match &pool {
        Ok(pool) => pool.install(|| profile::profile(&args.files, args.sheet.as_deref())),
        Err(_) => profile::profile(&args.files, args.sheet.as_deref()),
    };
    match (found, shell.format) {
        (Ok(found), Format::Human) => shell.print(&human(&found, &words)),
        (Ok(found), Format::Json) => shell.print_json(&in_json(&found, &words)),
        (Err(error @ InferError::Ingest(_)), _) => shell.complain(6, &french::of_inference(shell.lang, &error)),
        (Err(error), _) => shell.complain(1, &french::of_inference(shell.lang, &error)),
    }
}

fn human(found: &Profile, words: &Words) -> String {
    let number = |n: u64| words.lang.number(n);
    let files: Vec<String> = found.files.iter().map(|file| show::place(file)).collect();
    let (files, records, columns) = (files.join(", "), number(found.records), number(found.columns.len() as u64));
    let parts = [("files", (&files).into()), ("records", (&records).into()), ("columns", (&columns).into())];
    let mut out = format!("{}\n", words.tell("profile-head", &parts));
    if found.malformed > 0 {
        let count = number(found.malformed);
        let parts = [("n", found.malformed.into()), ("count", (&count).into())];
        let _ = writeln!(out, "! {}", words.tell("profile-malformed", &parts));
    }
    let mut are_suspected = false;
    for column in &found.columns {
        let missing = number(column.missing);
        let more = || {
            let most = number(ColumnProfile::MOST_DISTINCT as u64);
            words.tell("profile-distinct-more", &[("most", (&most).into())])
        };
        let distinct = column.distinct.map_or_else(more, number);
        let parts = [("missing", (&missing).into()), ("distinct", (&distinct).into())];
        let proposed = &column.proposed;
        let _ = writeln!(out, "\n{}  {}  {}", proposed.name, proposed.ty, words.tell("profile-values", &parts));
        if column.is_direct() {
            let _ = writeln!(out, "  {}", words.say("profile-direct"));
            // Why it is held for one.
            for reason in proposed.reasons.iter().filter(|reason| reason.what != "type") {
                let _ = writeln!(out, "    {}", report::reason(reason, words));
            }
        }
        if !column.quantiles.is_empty() {
            let one = |q: &profile::Quantile| {
                let about = if q.is_rounded { "≈ " } else { "" };
                format!("{} % {about}{}", q.percent, q.text)
            };
            let all: Vec<String> = column.quantiles.iter().map(one).collect();
            let _ = writeln!(out, "  {} {}", words.say("profile-quantiles"), all.join(" · "));
        }
        if !column.frequent.is_empty() {
            let all: Vec<String> =
                column.frequent.iter().map(|(text, n)| format!("{} ({})", on_one_line(text), number(*n))).collect();
            let _ = writeln!(out, "  {} {}", words.say("profile-frequent"), all.join(" · "));
        }
        for suspicion in &column.suspicions {
            are_suspected = true;
            let _ = writeln!(out, "  ! {}", suspected(found, suspicion, words));
        }
    }
    if are_suspected {
        let _ = writeln!(out, "\n{}", words.say("profile-advice"));
    }
    out
}

/// A text without what breaks lines.
fn on_one_line(text: &str) -> String {
    text.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn suspected(found: &Profile, (what, cells, places): &(profile::Suspicion, u64, Vec<Place>), words: &Words) -> String {
    let mut places: Vec<String> = places.iter().map(|place| at(found, place, words)).collect();
    if places.len() < usize::try_from(*cells).unwrap_or(usize::MAX) {
        places.push("…".to_owned());
    }
    let (count, places) = (words.lang.number(*cells), places.join(", "));
    let what = words.say(&format!("profile-{}", what.word()));
    let parts = [
        ("cells", (*cells).into()),
        ("count", (&count).into()),
        ("what", (&what).into()),
        ("places", (&places).into()),
    ];
    words.tell("profile-suspicion", &parts)
}

fn at(found: &Profile, place: &Place, words: &Words) -> String {
    let (record, line) = (words.lang.number(place.record), words.lang.number(place.line));
    let key = if place.line == 0 { "profile-place" } else { "profile-place-line" };
    let text = words.tell(key, &[("record", (&record).into()), ("line", (&line).into())]);
    if found.files.len() == 1 {
        return text;
    }
    let file = found.files.get(place.file as usize).and_then(|file| file.file_name()).unwrap_or_default();
    let file = file.to_string_lossy();
    let file: &str = &file;
    words.tell("profile-place-file", &[("file", file.into()), ("place", (&text).into())])
}

fn in_json(found: &Profile, words: &Words) -> Value {
    let column = |column: &ColumnProfile| {
        let proposed = &column.proposed;
        let reasons: Vec<String> = proposed.reasons.iter().map(|reason| report::reason(reason, words)).collect();
        let quantile =
            |q: &profile::Quantile| json!({ "percent": q.percent, "value": q.text, "rounded": q.is_rounded });
        let place = |p: &Place| json!({ "file": found.files.get(p.file as usize), "record": p.record, "line": (p.line > 0).then_some(p.line) });
        let suspicions: Vec<Value> = column
            .suspicions
            .iter()
            .map(|(what, cells, places)| {
                json!({ "what": what.word(), "cells": cells, "places": places.iter().map(place).collect::<Value>() })
            })
            .collect();
        json!({
            "column": proposed.name,
            "type": proposed.ty,
            "role": proposed.role,
            "reasons": reasons,
            "values": column.values,
            "missing": column.missing,
            "distinct": column.distinct,
            "lengths": column.lengths.map(|(low, high)| [low, high]),
            "quantiles": column.quantiles.iter().map(quantile).collect::<Value>(),
            "frequent": column.frequent.iter().map(|(text, n)| json!({ "value": text, "records": n })).collect::<Value>(),
            "suspicions": suspicions,
        })
    };
    json!({ "files": found.files, "records": found.records, "malformed": found.malformed, "columns": found.columns.iter().map(column).collect::<Value>() })
}
