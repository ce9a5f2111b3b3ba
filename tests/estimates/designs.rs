//! Every design: an estimate with an error, near the frame; and what can be said without a formula.

use std::collections::BTreeSet;

use crate::frame::{Record, Workshop, measured, names, records};

/// Standard errors that an estimate may be off. The draws are fixed; drawn anew, one of the 240 estimates below would be so
/// far off by chance with a probability under 2·10⁻³, were they normal.
const FAR: f64 = 4.5;

const DESIGNS: [&str; 16] = [
    "design = \"bernoulli\"\nrate = \"1/3\"",
    "design = \"stratified\"\nstrata = [\"region\"]\nsize = 20",
    "design = \"stratified\"\nstrata = [\"region\"]\nsize = 80\nallocation = \"proportional\"",
    "design = \"minimum\"\nstrata = [\"region\"]\nrate = \"1/5\"\nat_least = 15",
    "design = \"panel\"\nstrata = [\"region\"]\nrate = \"1/3\"\ncampaign = 2\nrotation = \"1/10\"",
    "design = \"systematic\"\nstrata = [\"region\"]\nsize = 20\norder = [\"bassin\"]",
    "design = \"poisson\"\nstrata = [\"region\"]\nsize = 25\nproportional_to = \"taille\"",
    "design = \"sequential-poisson\"\nstrata = [\"region\"]\nsize = 20\nproportional_to = \"taille\"",
    "design = \"pareto\"\nstrata = [\"region\"]\nsize = 20\nproportional_to = \"taille\"",
    "design = \"systematic-pps\"\nstrata = [\"region\"]\nsize = 20\nproportional_to = \"taille\"",
    "design = \"conditional-poisson\"\nstrata = [\"region\"]\nsize = 20\nproportional_to = \"taille\"",
    "design = \"sampford\"\nstrata = [\"region\"]\nsize = 20\nproportional_to = \"taille\"",
    "design = \"pivotal\"\nstrata = [\"region\"]\nsize = 20\nproportional_to = \"taille\"",
    "design = \"cube\"\nstrata = [\"region\"]\nsize = 24\nbalance = [\"sexe\", \"taille\"]",
    "design = \"two-phase\"\nstrata = [\"region\"]\nrate = \"1/2\"\nsecond = { strata = [\"sexe\"], rate = \"1/2\" }",
    "design = \"two-stage\"\nstrata = [\"region\"]\ncluster = \"bassin\"\nclusters = \"2/3\"\nwithin = \"1/2\"",
];

/// Persons, records, sum, mean and share of an act in the whole frame.
fn truth(records: &[Record], act: &str) -> [f64; 5] {
    let here: Vec<&Record> = records.iter().filter(|r| r.acte == act).collect();
    let persons: BTreeSet<u64> = here.iter().map(|r| r.person).collect();
    let paid: Vec<f64> = here.iter().filter_map(|r| r.montant).collect();
    let known: Vec<bool> = here.iter().filter_map(|r| r.fumeur).collect();
    let (sum, smokers) = (paid.iter().sum::<f64>(), known.iter().filter(|is| **is).count() as f64);
    [persons.len() as f64, here.len() as f64, sum, sum / paid.len() as f64, smokers / known.len() as f64]
}

#[test]
fn every_design_estimates_the_frame_within_its_own_error() {
    let (workshop, all) = (Workshop::new(), records());
    for design in DESIGNS {
        let table = workshop.table(&format!("[sample]\n{design}"), "\"acte\"", 2);
        assert_eq!(table.rows.len(), 3, "{design}");
        for row in 0..3 {
            for (name, truth) in names().into_iter().zip(truth(&all, &table.rows[row][0])) {
                let [value, error, low, high] = measured(&table, row, name).map(Option::unwrap);
                assert!(error > 0.0 && low < value && value < high, "{design}: {name}");
                assert!((value - truth).abs() < FAR * error, "{design}: {name} {value} ± {error} for {truth}");
                assert!(name != "part" || (0.0 < low && high < 1.0), "{design}: a share stays within 0 and 1");
            }
        }
    }
}

#[test]
fn of_everybody_estimates_are_counts_and_errors_are_nothing() {
    let (workshop, all) = (Workshop::new(), records());
    for design in [
        "design = \"stratified\"\nstrata = [\"region\"]\nrate = \"1/1\"",
        "design = \"bernoulli\"\nrate = \"1/1\"",
        "design = \"clusters\"\ncluster = \"bassin\"\nclusters = \"1/1\"",
        "design = \"two-phase\"\nrate = \"1/1\"\nsecond = { strata = [\"sexe\"], rate = \"1/1\" }",
        "design = \"cube\"\nrate = \"1/1\"\nbalance = [\"taille\"]",
        "design = \"bernoulli\"\nrate = \"1/1\"\nunit = \"record\"",
    ] {
        let table = workshop.table(&format!("[sample]\n{design}"), "\"acte\"", 2);
        for row in 0..3 {
            for (name, truth) in names().into_iter().zip(truth(&all, &table.rows[row][0])) {
                let [value, error, low, high] = measured(&table, row, name).map(Option::unwrap);
                assert!((value - truth).abs() <= 1e-12 * truth, "{design}: {name} {value} for {truth}");
                assert_eq!((error, low, high), (0.0, value, value), "{design}: {name}");
            }
        }
    }
}

#[test]
fn drawn_one_by_one_at_a_rate_of_one_half_a_count_has_the_error_of_the_binomial() {
    let table = Workshop::new().table("[sample]\ndesign = \"bernoulli\"\nrate = \"1/2\"", "\"acte\"", 2);
    for row in 0..3 {
        let [value, error, ..] = measured(&table, row, "personnes").map(Option::unwrap);
        // n persons of weight 2, each with the variance ½ · 2²
        assert!((error * error - value).abs() < 1e-9, "{value} ± {error}");
    }
}

#[test]
fn records_drawn_one_by_one_count_a_person_with_several_once() {
    let all = records();
    let sample = "[sample]\ndesign = \"bernoulli\"\nrate = \"1/2\"\nunit = \"record\"";
    let table = Workshop::new().table(sample, "\"acte\"", 2);
    let mut repeated = false;
    for row in 0..3 {
        let [persons, records, ..] = truth(&all, &table.rows[row][0]);
        repeated |= persons < records;
        let [value, error, ..] = measured(&table, row, "personnes").map(Option::unwrap);
        assert!((value - persons).abs() < FAR * error, "{value} ± {error} for {persons}");
        let [value, error, ..] = measured(&table, row, "actes").map(Option::unwrap);
        assert!((value - records).abs() < FAR * error, "{value} ± {error} for {records}");
        assert!((error * error - value).abs() < 1e-9);
    }
    assert!(repeated, "some persons have an act several times");
}

#[test]
fn a_person_in_several_clusters_counts_by_share_and_every_cluster_is_one_total() {
    // Everybody's second record lies in a district of its own beside the first.
    let mut all = records();
    let mut seen = BTreeSet::new();
    for record in &mut all {
        record.region = "nord";
        record.bassin = format!("n{}", record.person % 20);
        if !seen.insert(record.person) {
            record.bassin = format!("n{}", (record.person + 7) % 20);
        }
    }
    let workshop = Workshop::with(&all);
    let table = workshop.table("[sample]\ndesign = \"clusters\"\ncluster = \"bassin\"\nclusters = 10", "\"acte\"", 2);
    let drawn = workshop.drawn("[sample]\ndesign = \"clusters\"\ncluster = \"bassin\"\nclusters = 10");
    // Of a cluster all persons are drawn: those that are drawn whole are the clusters of the draw.
    let persons: BTreeSet<u64> = drawn.column("numero").iter().map(|n| n.parse().unwrap()).collect();
    let clusters_of = |person: u64| -> BTreeSet<&str> {
        all.iter().filter(|r| r.person == person).map(|r| r.bassin.as_str()).collect()
    };
    let names: BTreeSet<&str> = all.iter().map(|r| r.bassin.as_str()).collect();
    let whole = |name: &&&str| (0..240).filter(|p| clusters_of(*p).contains(**name)).all(|p| persons.contains(&p));
    let taken: Vec<&&str> = names.iter().filter(whole).collect();
    assert_eq!(taken.len(), 10, "the draw can be told from its persons");
    for row in 0..3 {
        let act = table.rows[row][0].as_str();
        let has = |p: u64| all.iter().any(|r| r.person == p && r.acte == act);
        let shared = |name: &str| -> f64 {
            let members = (0..240).filter(|p| clusters_of(*p).contains(name) && has(*p));
            members.map(|p| 1.0 / clusters_of(p).len() as f64).sum()
        };
        let totals: Vec<f64> = taken.iter().map(|name| shared(name)).collect();
        let mean = totals.iter().sum::<f64>() / 10.0;
        let spread = totals.iter().map(|t| (t - mean) * (t - mean)).sum::<f64>() / 9.0;
        // 20² (1 − 10/20) s²/10
        let (estimate, error) = (20.0 * mean, (400.0 * 0.5 * spread / 10.0).sqrt());
        let [value, found, ..] = measured(&table, row, "personnes").map(Option::unwrap);
        assert!((value - estimate).abs() < 1e-9 * estimate, "{value} for {estimate}");
        assert!((found - error).abs() < 1e-9 * error, "{found} for {error}");
    }
}
