#![allow(clippy::unwrap_used)]
use std::path::Path;

use super::*;
use crate::config::Pipeline;

fn pipeline(name: &str) -> Pipeline {
    Pipeline::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines").join(name)).unwrap()
}

#[test]
fn no_line_is_wider_than_a_hundred_characters() {
    for name in ["l1411-8.toml", "certificats-enfant.toml"] {
        let text = human(Lang::En, &pipeline(name));
        for line in text.lines().filter(|l| !l.contains(env!("CARGO_MANIFEST_DIR"))) {
            assert!(line.chars().count() <= 100, "{line}");
            assert_eq!(line, line.trim_end());
        }
    }
}

#[test]
fn every_column_of_every_schema_is_accounted_for() {
    for name in ["l1411-8.toml", "certificats-enfant.toml"] {
        let pipeline = pipeline(name);
        let text = human(Lang::En, &pipeline);
        let json = crate::config::plan::json(&pipeline);
        for (number, dataset) in pipeline.datasets.iter().enumerate() {
            let told = &json["datasets"][number];
            let lists = ["kept", "dropped"].map(|l| told[l].as_array().unwrap());
            for field in &pipeline.sources[dataset.source].schema.fields {
                assert!(text.contains(&field.name), "{}", field.name);
                let times = lists.iter().filter(|l| l.iter().any(|c| c["column"] == field.name.as_str())).count();
                assert_eq!(times, 1, "{} either leaves or stays", field.name);
            }
        }
    }
}

#[test]
fn the_plan_says_what_a_lawyer_asks() {
    let text = human(Lang::En, &pipeline("l1411-8.toml"));
    for said in [
        "CSP L1411-8",
        "suivi statistique et épidémiologique",
        "age band at date_consultation",
        "direct identifiers: they can never leave",
        "every person whose identifier is in the column matricule_ins of oppositions.csv",
        "in each combination of region × sexe: 1/4 of the persons",
        "fewer than 11 persons",
        "taille_cm*, poids_kg*",
        "« les programmes sont pilotés par région »",
    ] {
        let flat = text.replace('\u{a0}', " ");
        let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(said), "{said}\n{text}");
    }
}
