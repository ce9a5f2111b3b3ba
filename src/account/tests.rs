#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Ended, Papers, Passed, Traced, Turn, Verdict, compare, gates, masked, metrics, page};
use crate::words::Lang;

proptest! {
    #[test]
    fn what_is_masked_does_not_follow_from_the_sum(counts in prop::collection::vec(0_u64..60, 1..12), least in 2_u64..20) {
        let shown = masked(&counts, least);
        let hidden: Vec<u64> = counts.iter().zip(&shown).filter(|(_, shown)| shown.is_none()).map(|(count, _)| *count).collect();
        for (count, shown) in counts.iter().zip(&shown) {
            prop_assert!(shown.is_none_or(|shown| shown == *count));
            prop_assert!(!(1..least).contains(count) || shown.is_none());
        }
        let others = counts.iter().zip(&shown).filter(|(count, shown)| shown.is_some() && **count > 0).count();
        // Alone, or few together, only where there is nobody else to hide among.
        prop_assert!(hidden.is_empty() || others == 0 || (hidden.len() > 1 && hidden.iter().sum::<u64>() >= least));
        if !counts.iter().any(|count| (1..least).contains(count)) {
            prop_assert!(hidden.is_empty());
        }
    }
}

/// A run that released.
fn released() -> Papers {
    let risk = |smallest: u64, alone: u64| {
        json!({
            "persons": 200, "uniques": alone, "smallest_class": smallest, "threshold": 11,
            "prosecutor": { "highest": 1.0 / smallest as f64, "average": 0.05, "share_over_threshold": 0.1 },
            "class_sizes": [{ "from": 1, "to": 1, "persons": alone }, { "from": 2, "to": null, "persons": 200 - alone }],
            "journalist": null, "individual": { "highest": 0.3, "average": 0.1 }, "groups": null, "suda": null, "population_uniques": 3.0,
        })
    };
    Papers {
        plan: json!({
            "pipeline": { "name": "essai", "purpose": "suivi <b>" },
            "limits": { "reject_above": 0.05 },
            "datasets": [{
                "name": "sejours",
                "kept": [{ "column": "age", "as": "age", "generalise": { "to": "band", "bounds": [18, 65] }, "role": "quasi-identifier", "why": "étude" }],
                "dropped": [{ "column": "nom", "reason": "identifier" }],
            }],
            "persons": [{ "name": "lignes", "protect": { "k": 11 } }],
            "aggregates": [],
        }),
        summary: json!({
            "pipeline": "essai", "run": "20260101T000000.000Z",
            "records": { "read": 1000, "rejected": 40, "filtered": 0, "excluded": 7, "released": 180 },
            "persons": [{
                "name": "lignes", "sampled": 200, "released": 180, "suppressed": 20, "smallest_class": 11,
                "protection": {
                    "risk": { "before": risk(1, 4), "after": risk(11, 0) },
                    "cost": { "records": 200, "records_left_out": 20, "granularity": { "mean": 0.1, "columns": { "age": 0.1 } } },
                },
            }],
            "tables": [{ "name": "par_age", "cells": 30, "suppressed_primary": 4, "suppressed_secondary": 5 }],
            "cells_unprotected": 1,
            "leak_scan": { "leaks": false, "columns": [{ "resource": "lignes", "cells": 180 }], "stripped": [{ "class": "full_name" }] },
            "vault": { "stores": 7, "spilled_bytes": 1_048_576 },
            "seconds": 2.0,
            "sources": [{
                "source": "sejours", "files": ["in.csv"],
                "records": { "read": 1000, "rejected": 40 },
                "findings": [{ "type": "constraint-error", "field": "age", "rule": "minimum", "count": 40 }],
            }],
        }),
        utility: utility(),
        certificate: json!({ "working_data_destroyed": true, "items": [{ "what": "keys", "class": "key-erased", "how": "wiped", "count": 6 }] }),
        ..Papers::default()
    }
}

/// Distributions as a run tells them, of every kind.
fn utility() -> Value {
    let line = |value: &str, before: u64, after: u64| json!({ "value": value, "before": before, "after": after, "weighted": after });
    let range = |from: Option<&str>, to: Option<&str>, share: u64| json!({ "from": from, "to": to, "before": share, "after": share });
    let cell =
        |age: &str, sex: &str, share: u64| json!({ "age": { "value": age }, "sex": { "value": sex }, "share": share });
    let count = |age: &str, sex: &str, count: f64| json!({ "age": age, "sex": sex, "count": count });
    let bare =
        |column: &str, why: &str| json!({ "column": column, "is": "other", "before": null, "why": why, "lines": [] });
    json!({
        "persons": [{
            "name": "lignes", "threshold": 11,
            "columns": [
                { "column": "statut", "is": "other", "before": "counted", "why": null, "step": 2, "distance": 4, "distance_weighted": 4,
                  "lines": [line("A<b>", 60, 64), line("true", 40, 36), { "is": "other", "before": 0, "after": 0, "weighted": 0 }] },
                { "column": "taille", "is": "other", "before": "table", "why": null, "step": 1, "distance": 0, "distance_weighted": null,
                  "lines": [range(None, Some("1.5"), 20), range(Some("1.5"), Some("1.75"), 50), range(Some("1.75"), None, 29),
                            { "is": "missing", "before": 1, "after": 1 }] },
                { "column": "region", "is": "place", "before": null, "why": "table", "step": 1, "distance": null, "distance_weighted": null,
                  "lines": [{ "value": "11", "before": null, "after": 30 }, { "value": "84", "before": null, "after": 70 }] },
                bare("a", "levels"), bare("b", "many"), bare("c", "few"),
            ],
            "pyramid": { "age": "age", "sex": "sexe", "step": 2, "cells": [cell("0-17", "F", 30), cell("0-17", "M", 20), cell("18+", "F", 50)] },
        }],
        "tables": [{
            "name": "par_lieu", "measure": "personnes",
            "margins": [{ "column": "departement", "is": "place", "cells": [
                { "value": "31", "count": 1200.0 }, { "value": "09", "count": null }, { "value": "75", "count": 3400.0 }] }],
            "pyramid": { "age": "age", "sex": "sexe", "cells": [count("0-17", "F", 120.0), count("0-17", "M", 130.0)] },
        }, {
            "name": "trouee", "measure": "personnes", "margins": [],
            "pyramid": { "age": "age", "sex": "sexe", "cells": [count("0-17", "F", 120.0), count("18+", "M", 130.0)] },
        }],
    })
}

#[test]
fn every_plot_has_a_text_and_a_table_of_its_numbers() {
    let text = page(&released(), Lang::En);
    assert!(!text.contains("A<b>") && text.contains("A&lt;b&gt;"));
    let english = &text[text.find("<main class=\"said\" lang=\"en\"").unwrap()..];
    for part in [
        "Share of persons by statut, in the order of the legend. A&lt;b&gt;: 60% → 64% → 64%; yes: 40% → 36% → 36%",
        "1.5 – 1.75: 50% → 50%",
        "age by sexe. 0-17: F 30%, M 20%; 18+: F 50%, M –",
        "personnes by departement. 75: 3,400; 31: 1,200",
        "One value is suppressed.",
        "not told: tables show it",
    ] {
        assert!(english.contains(part), "{part}");
    }
    // Sexes stand in one order, places by their numbers, the largest first.
    let places = &english[english.find("<h4><code>region</code></h4>").unwrap()..];
    assert!(places.find("84: – ").unwrap_or_else(|| places.find("84: ").unwrap()) < places.find("11: ").unwrap());
    // A pyramid with holes would say what is not so.
    assert!(!english.contains("trouee"));
    let figures = english.matches("<figure>").count();
    let plots = english.matches("role=\"img\" aria-label=").count();
    assert!(figures >= 6 && plots >= 6, "{figures} {plots}");
    for figure in english.split("<figure>").skip(1) {
        let figure = &figure[..figure.find("</figure>").unwrap()];
        assert!(figure.contains("<svg") && figure.contains("aria-label"), "{}", &figure[..200.min(figure.len())]);
        assert!(figure.contains("<table") || figure.contains("<figcaption"));
    }
    // French numbers have a comma.
    assert!(text.contains("1,5 – 1,75"));
}

/// Contrast of two colours (WCAG 2.2, 1.4.3).
fn contrast(one: &str, two: &str) -> f64 {
    let luminance = |colour: &str| {
        let digits = colour.trim_start_matches('#');
        let wide: String =
            if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits.to_owned() };
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&wide[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4) + 0.05
    };
    let (a, b) = (luminance(one), luminance(two));
    a.max(b) / a.min(b)
}

#[test]
fn texts_and_plots_stand_out_in_light_and_dark() {
    let style = include_str!("page.css");
    let schemes: Vec<&str> =
        style.split(":root{").skip(1).take(2).map(|scheme| &scheme[..scheme.find('}').unwrap()]).collect();
    for scheme in schemes {
        let of = |name: &str| {
            let at = scheme.find(&format!("--{name}:")).unwrap() + name.len() + 3;
            scheme[at..].split(';').next().unwrap()
        };
        for back in ["page", "card"] {
            for text in ["ink", "soft", "good", "warn", "bad"] {
                assert!(contrast(of(text), of(back)) >= 4.5, "{text} on {back}: {}", contrast(of(text), of(back)));
            }
            for mark in ["before", "after", "weighted"] {
                assert!(contrast(of(mark), of(back)) >= 3.0, "{mark} on {back}");
            }
        }
    }
}

fn passed(papers: &Papers, name: &str) -> Passed {
    gates(papers).iter().find(|gate| gate.name == name).unwrap().passed
}

#[test]
fn gates_and_verdict_are_those_of_the_documents() {
    let good = released();
    assert_eq!(Verdict::of(&good), Verdict::Released);
    let all = ["input", "classes", "evidence", "tables", "scan", "read-back", "destroyed"];
    let found: Vec<Passed> = all.iter().map(|name| passed(&good, name)).collect();
    let (yes, look) = (Passed::Yes, Passed::Look);
    assert_eq!(found, [look, yes, Passed::NotAsked, look, yes, yes, yes]);

    let mut waits = released();
    waits.certificate = Value::Null;
    waits.summary["waiting"] = json!({ "for": "acknowledgement" });
    assert_eq!((Verdict::of(&waits), passed(&waits, "destroyed")), (Verdict::Waiting, Passed::NotAsked));
    let mut left = released();
    left.certificate["working_data_destroyed"] = json!(false);
    assert_eq!((Verdict::of(&left), passed(&left, "destroyed")), (Verdict::NotClosed, Passed::No));
    let mut small = released();
    small.summary["persons"][0]["smallest_class"] = json!(10);
    assert_eq!(passed(&small, "classes"), Passed::No);
    let mut failed = released();
    failed.persons = json!([{ "evidence": { "thresholds": { "smallest": 20 }, "failed": ["singling out"] } }]);
    assert_eq!(passed(&failed, "evidence"), Passed::No);
    let leaked = Papers { summary: Value::Null, scan: json!({ "leaks": true }), ..released() };
    assert_eq!((Verdict::of(&leaked), passed(&leaked, "scan")), (Verdict::Nothing, Passed::No));
    let broken = Papers { summary: Value::Null, certificate: Value::Null, ..released() };
    assert_eq!((Verdict::of(&broken), passed(&broken, "read-back")), (Verdict::Uncertain, Passed::NotAsked));
}

#[test]
fn the_page_says_everything_in_both_languages_and_escapes_what_it_is_given() {
    let mut papers = released();
    papers.earlier = vec![json!({ "run": "20250101T000000.000Z", "records": { "read": 1000, "rejected": 10 } })];
    let text = page(&papers, Lang::Fr);
    for part in [
        "Transmis, et les données de travail détruites",
        "Released, and the working data destroyed",
        "lang=\"fr\"",
        "lang=\"en\"",
        "minimum",
        "dit qui est la personne",
        "uniques of the population, estimated",
        "aria-label=\"Share left out, run by run",
        // Few were left out: of one run as wrong, of the other since they objected. Neither share is told closer.
        "1.10%, 4.40%",
        "suivi &lt;b&gt;",
    ] {
        assert!(text.contains(part), "{part}");
    }
    // A message that is missing shows its key.
    assert!(!text.contains("run-"), "{}", &text[text.find("run-").unwrap_or(0)..][..60]);
    // The name of SVG's vocabulary is no address that a browser would ask for.
    let loads = text.replace("http://www.w3.org/2000/svg", "");
    assert!(!loads.contains("<script") && !loads.contains("http:") && !loads.contains("src="));
    // Seven objected: neither they nor what is left follow.
    assert!(!text.contains(">7</span>") && !text.contains("953"), "the seven who objected");
    // Plots have the colours of the page.
    assert!(text.contains("var(--before)") && !text.contains("#010101"));
}

/// A run without a sample: what few lost, in every way that adds up.
#[test]
fn small_counts_do_not_follow_from_page_or_figures_by_subtraction() {
    let mut papers = released();
    papers.summary["sources"][0]["records"] = json!({ "read": 1000, "rejected": 40, "filtered": 0, "excluded": 7 });
    papers.summary["vault"]["stores"] = json!(8);
    papers.summary["sources"][0]["findings"][0]["places"] = json!([{ "file": 1, "record": 17 }]);
    let output = &mut papers.summary["persons"][0];
    (output["sampled"], output["suppressed"], output["released"]) = (json!(953), json!(3), json!(950));
    let risk = &mut output["protection"]["risk"];
    (risk["before"]["persons"], risk["after"]["persons"]) = (json!(903), json!(900));
    output["protection"]["cost"]["granularity"]["columns"]["age"] = json!(3.0 / 953.0);
    papers.summary["records"]["released"] = json!(950);
    for lang in [Lang::Fr, Lang::En] {
        let text = page(&papers, lang);
        // Seven objected, three were suppressed. Read and released are told: neither what was drawn, nor what is wrong may be.
        for told in [">953<", ">40<", ": 40.", ">903<", "0.31%", "0,31", "4.00%", "4,00", ">7<", ">3</span>", ">3</dd>"]
        {
            let at = text.find(told);
            assert_eq!(at.map(|at| &text[at.saturating_sub(80)..at]), None, "{told}");
        }
        // Nor is the length of a bar that of seven, three, or forty of a thousand.
        for width in ["width:0.70%", "width:0.30%", "width:0.31%", "width:4.00%", "width:95.30%"] {
            assert!(!text.contains(width), "{width}");
        }
        assert!(text.contains(">950<"));
    }
    let figures = papers.to_json();
    let summary = &figures["summary"];
    for hidden in [
        &summary["records"]["rejected"],
        &summary["records"]["excluded"],
        &summary["sources"][0]["records"]["rejected"],
        &summary["sources"][0]["records"]["excluded"],
        &summary["persons"][0]["sampled"],
        &summary["persons"][0]["suppressed"],
        &summary["persons"][0]["protection"]["cost"],
        &summary["persons"][0]["protection"]["risk"]["before"]["uniques"],
        &summary["persons"][0]["protection"]["risk"]["before"]["persons"],
        &summary["sources"][0]["findings"][0]["places"],
    ] {
        assert!(hidden.is_null(), "{hidden}");
    }
    assert_eq!(figures["gates"][0]["figures"]["rejected"], Value::Null);
    assert_eq!((&summary["records"]["read"], &summary["records"]["released"]), (&json!(1000), &json!(950)));
    // What is wrong is told in elevens.
    assert_eq!(summary["sources"][0]["findings"][0]["count"], json!(33));
    // Nothing is hidden where nothing is small.
    let mut large = released();
    large.summary["records"]["excluded"] = json!(70);
    let figures = large.to_json();
    assert_eq!(figures["summary"]["records"]["rejected"], json!(40));
    assert_eq!(figures["summary"]["persons"][0]["sampled"], json!(200));
    assert!(page(&large, Lang::En).contains("4.00%"));
}

#[test]
fn a_dossier_that_lacks_documents_is_shown_as_far_as_it_goes() {
    let bare =
        Papers { certificate: json!({ "working_data_destroyed": true, "pipeline": "essai" }), ..Papers::default() };
    let text = page(&bare, Lang::En);
    assert!(text.contains("Nothing was released; the working data are destroyed") && text.contains("essai"));
    assert!(!text.contains("run-"));
}

#[test]
fn figures_for_alarms_leave_out_counts_of_few_and_keep_the_last_success_of_a_run_that_fails() {
    let at = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let ended = |exit_code| Ended { pipeline: "es\"sai", exit_code, at, seconds: 2.5 };
    let told = metrics(&ended(3), Some(&released()), None);
    let figure = |text: &str, series: &str| -> Option<f64> {
        text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
    };
    let records = |what: &str| figure(&told, &format!("tamis_records{{pipeline=\"es\\\"sai\",what=\"{what}\"}}"));
    assert_eq!((records("read"), records("released")), (Some(1000.0), Some(180.0)));
    // Seven persons objected: neither they nor the others whose number would tell them.
    assert_eq!((records("excluded"), records("rejected")), (None, None));
    let last = "tamis_run_last_success_timestamp_seconds{pipeline=\"es\\\"sai\"}";
    assert_eq!(figure(&told, last), Some(1_800_000_000.0));

    let later = Ended { at: at + chrono::TimeDelta::days(1), ..ended(4) };
    let failed = metrics(&later, None, Some(&told));
    assert_eq!(figure(&failed, last), Some(1_800_000_000.0));
    assert_eq!(figure(&failed, "tamis_run_exit_code{pipeline=\"es\\\"sai\"}"), Some(4.0));
    assert!(!failed.contains("tamis_records"), "of a run that did not begin nothing is known");
    assert_eq!(figure(&metrics(&later, None, None), last), None);
}

#[test]
fn events_hide_few_rows_and_tell_who_was_asked_to_stop() {
    let run = Traced::new("tamis", "essai", "essai-20260101T000000.000Z");
    let at = chrono::DateTime::UNIX_EPOCH;
    let event = |turn, papers: &Papers| run.event(turn, at, &papers.plan, Some(papers));
    let rows =
        |papers: &Papers| event(Turn::Ended(0), papers)["outputs"][0]["outputFacets"]["outputStatistics"].clone();
    let mut papers = released();
    assert_eq!(rows(&papers)["rowCount"], 180);
    papers.summary["leak_scan"]["columns"][0]["cells"] = json!(10);
    assert!(rows(&papers).is_null(), "ten rows are few");
    assert_eq!(event(Turn::Ended(143), &papers)["eventType"], "ABORT");
    assert_eq!(event(Turn::Ended(7), &papers)["eventType"], "FAIL");
    assert_eq!(event(Turn::Ended(3), &papers)["eventType"], "COMPLETE");
    // One run has one number, another another; and it is a UUID of version 8.
    assert_eq!(run.id(), Traced::new("tamis", "essai", "essai-20260101T000000.000Z").id());
    assert_ne!(run.id(), Traced::new("tamise", "ssai", "essai-20260101T000000.000Z").id());
    assert_eq!((run.id().len(), &run.id()[14..15]), (36, "8"));
}

#[test]
fn two_runs_side_by_side_tell_no_small_count() {
    let with = |rejected: u64, excluded: u64| {
        let mut papers = released();
        papers.summary["records"]["rejected"] = json!(rejected);
        papers.summary["records"]["excluded"] = json!(excluded);
        papers.summary["persons"][0]["suppressed"] = json!(rejected);
        papers.summary["sources"][0]["records"]["rejected"] = json!(rejected);
        papers.summary["sources"][0]["findings"][0]["count"] = json!(rejected);
        papers
    };
    let told = |before: &Papers, after: &Papers| compare(before, after).to_json()["figures"].clone();
    let figures = told(&with(40, 50), &with(4, 60));
    let of = |what: &str| figures.as_array().unwrap().iter().find(|figure| figure["what"] == what).cloned();
    // Four is told nowhere, be it as a sum, as a finding, or as what protection took.
    for what in ["records.rejected", "persons.lignes.suppressed", "findings.sejours.age.minimum"] {
        let figure = of(what).unwrap();
        assert_eq!((&figure["before"], &figure["after"]), (&json!(40), &Value::Null), "{what}");
    }
    assert!(!figures.to_string().contains(":4,") && !figures.to_string().contains(":4}"), "{figures}");
    // That few became another few is not told either; what nothing small follows from is.
    assert_eq!(told(&with(4, 50), &with(6, 50)), json!([]));
    let figure = &told(&with(40, 50), &with(40, 60))[0];
    assert_eq!(
        (&figure["what"], &figure["before"], &figure["after"]),
        (&json!("records.excluded"), &json!(50), &json!(60))
    );
}
