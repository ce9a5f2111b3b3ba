//! Estimates of whole runs against R's `survey`: benches/r/tables.R reads the drawn records below and writes the figures.
//! `TAMIS_WRITE=1 cargo test --test estimates` writes the drawn records anew, for another draw.

use std::fs;

use crate::common;
use crate::frame::{Workshop, measured, names};
use crate::tables::Table;

pub const STRATIFIED: &str = "[sample]\ndesign = \"stratified\"\nstrata = [\"region\"]\nrate = \"1/4\"";
pub const CLUSTERS: &str =
    "[sample]\ndesign = \"clusters\"\nstrata = [\"region\"]\ncluster = \"bassin\"\nclusters = \"1/2\"";
const STAGES: &str =
    "[sample]\ndesign = \"two-stage\"\nstrata = [\"region\"]\ncluster = \"bassin\"\nclusters = \"1/2\"\nwithin = 4";
pub const CALIBRATED: &str = "[sample]\ndesign = \"stratified\"\nstrata = [\"region\"]\nrate = \"1/4\"\n\
     [sample.calibrate]\nmethod = \"raking\"\nmargin = [{ column = \"sexe\" }, { column = \"taille\" }]";
const FITTED_CLUSTERS: &str = "[sample]\ndesign = \"clusters\"\nstrata = [\"region\"]\ncluster = \"bassin\"\nclusters = \"1/2\"\n\
     [sample.calibrate]\nmethod = \"linear\"\nmargin = [{ column = \"sexe\" }]";
const PARETO: &str = "[sample]\ndesign = \"pareto\"\nstrata = [\"region\"]\nsize = 20\nproportional_to = \"taille\"";
const POISSON: &str = "[sample]\ndesign = \"poisson\"\nstrata = [\"region\"]\nsize = 20\nproportional_to = \"taille\"";

fn hold(name: &str, sample: &str) {
    let workshop = Workshop::new();
    let drawn = workshop.drawn(sample);
    let columns = ["numero", "region", "bassin", "sexe", "taille", "acte", "montant", "fumeur"];
    let mut lines: Vec<String> =
        drawn.rows.iter().map(|row| columns.map(|column| row[drawn.at(column)].clone()).join(",")).collect();
    lines.sort();
    let text = format!("{}\n{}\n", columns.join(","), lines.join("\n"));
    let path = common::project().join(format!("tests/vectors/sample/drawn_{name}.csv"));
    if std::env::var_os("TAMIS_WRITE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "R has looked at another draw");

    let figures = fs::read_to_string(common::project().join("tests/vectors/sample/tables.txt")).unwrap();
    let table: Table = workshop.table(sample, "\"acte\"", 2);
    assert_eq!(table.rows.len(), 3);
    let mut held = 0;
    for row in 0..3 {
        for measure in names() {
            let key = format!("{name} {} {measure} ", table.rows[row][0]);
            let line = figures.lines().find(|line| line.starts_with(&key)).unwrap_or_else(|| panic!("no figure {key}"));
            let expected: Vec<f64> = line[key.len()..].split(' ').map(|n| n.parse().unwrap()).collect();
            for (found, expected) in measured(&table, row, measure).into_iter().zip(&expected) {
                let found = found.unwrap_or_else(|| panic!("{key}: nothing shown"));
                assert!((found - expected).abs() <= 1e-8 * expected.abs().max(1e-8), "{key}: {found} for {expected}");
                held += 1;
            }
        }
    }
    assert_eq!(held, 60);
}

#[test]
fn a_stratified_sample_is_estimated_as_r_does() {
    hold("stratified", STRATIFIED);
}

#[test]
fn clusters_are_estimated_as_r_does() {
    hold("clusters", CLUSTERS);
}

#[test]
fn two_stages_are_estimated_as_r_does() {
    hold("stages", STAGES);
}

#[test]
fn a_raked_sample_is_estimated_as_r_does() {
    hold("raked", CALIBRATED);
}

#[test]
fn fitted_clusters_are_estimated_as_r_does() {
    hold("fitted_clusters", FITTED_CLUSTERS);
}

#[test]
fn probabilities_proportional_to_size_are_estimated_as_r_does() {
    hold("pareto", PARETO);
}

#[test]
fn units_drawn_on_their_own_are_estimated_as_r_does() {
    hold("poisson", POISSON);
}
