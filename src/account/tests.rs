#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Ended, Papers, Passed, Verdict, gates, masked, metrics, page};
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
        certificate: json!({ "working_data_destroyed": true, "items": [{ "what": "keys", "class": "key-erased", "how": "wiped", "count": 6 }] }),
        ..Papers::default()
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
        "1.00%, 4.00%",
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
