//! What is shown beside estimates, and what is not.

use std::fs;
use std::path::Path;

use crate::against_r::{CALIBRATED, CLUSTERS, STRATIFIED};
use crate::common;
use crate::frame::{Workshop, measured, names, table};
use crate::tables::Table;

/// Takes the commitment out, wherever it stands; how often it did.
fn without_commitment(value: &mut serde_json::Value) -> usize {
    match value {
        serde_json::Value::Object(fields) => {
            let here = usize::from(fields.remove("commitment").is_some());
            here + fields.values_mut().map(without_commitment).sum::<usize>()
        }
        serde_json::Value::Array(values) => values.iter_mut().map(without_commitment).sum(),
        _ => 0,
    }
}

#[test]
fn the_bytes_are_the_same_whatever_the_threads_the_buckets_and_the_order_of_the_records() {
    let workshop = Workshop::new();
    let two_phase =
        "[sample]\ndesign = \"two-phase\"\nrate = \"1/2\"\nsecond = { strata = [\"sexe\"], rate = \"1/2\" }";
    let cube = "[sample]\ndesign = \"cube\"\nstrata = [\"region\"]\nsize = 24\nbalance = [\"sexe\", \"taille\"]";
    let file = workshop.path().join("actes.csv");
    let text = fs::read_to_string(&file).unwrap();
    let mut lines: Vec<&str> = text.lines().skip(1).collect();
    lines.reverse();
    let reversed = format!("{}\n{}\n", text.lines().next().unwrap(), lines.join("\n"));
    for sample in [STRATIFIED, CLUSTERS, CALIBRATED, two_phase, cube] {
        let mut expected = None;
        for (threads, buckets) in [(1, 1), (2, 8), (4, 64), (4, 1), (1, 64)] {
            for order in [&text, &reversed] {
                fs::write(&file, order).unwrap();
                let mut pipeline = workshop.pipeline(sample, &table("\"acte\", \"bassin\"", 2));
                pipeline.limits.buckets = Some(buckets);
                let mut release = common::files(&workshop.run(&pipeline, threads).unwrap().release);
                // The commitment binds a nonce that is drawn for each run.
                let mut package: serde_json::Value =
                    serde_json::from_slice(&release[Path::new("datapackage.json")]).unwrap();
                let told = without_commitment(&mut package);
                assert_eq!(told, 1);
                release.insert("datapackage.json".into(), package.to_string().into_bytes());
                assert_eq!(release.len(), 3, "the table in two formats, and the package");
                match &expected {
                    None => expected = Some(release),
                    Some(expected) => assert!(*expected == release, "{sample}: {threads} threads, {buckets} buckets"),
                }
            }
        }
    }
}

#[test]
fn of_a_suppressed_cell_neither_estimate_nor_error_nor_limit_is_shown() {
    let workshop = Workshop::new();
    let (all, held) =
        (workshop.table(STRATIFIED, "\"acte\", \"region\"", 2), workshop.table(STRATIFIED, "\"acte\", \"region\"", 6));
    let status = |table: &Table, row: usize| table.rows[row][table.at("statut")].clone();
    let (mut hidden, mut shown, mut parts) = (0, 0, 0);
    for row in 0..held.rows.len() {
        let cell = names().map(|name| measured(&held, row, name));
        if status(&held, row) != "publie" {
            assert!(cell.iter().flatten().all(Option::is_none), "{:?}", held.rows[row]);
            hidden += 1;
            continue;
        }
        shown += 1;
        for (name, group) in names().into_iter().zip(cell) {
            let whole = group.iter().all(Option::is_some);
            assert!(
                whole || group.iter().all(Option::is_none),
                "{name}: a group of columns is shown whole or not at all"
            );
            if whole {
                assert_eq!(group, measured(&all, row, name), "{name}");
            } else {
                parts += 1;
            }
        }
    }
    assert!(
        hidden >= 2 && shown > 2 && parts > 0,
        "{hidden} hidden, {shown} shown, {parts} measures hidden in shown cells"
    );
}

#[test]
fn a_stratum_with_a_single_drawn_unit_leaves_the_error_empty_and_never_zero() {
    let sample = "[sample]\ndesign = \"stratified\"\nstrata = [\"region\"]\n[[sample.stratum]]\nwhere = { region = \"nord\" }\n\
                  size = 60\n[[sample.stratum]]\nwhere = { region = \"sud\" }\nsize = 40\n[[sample.stratum]]\n\
                  where = { region = \"ouest\" }\nsize = 1\n";
    let table = Workshop::new().table(sample, "\"sexe\"", 2);
    let mut unknown = 0;
    for row in 0..table.rows.len() {
        let [value, error, low, high] = measured(&table, row, "personnes");
        assert!(value.is_some() && error != Some(0.0));
        if error.is_none() {
            assert_eq!((low, high), (None, None));
            unknown += 1;
        }
    }
    assert_eq!(unknown, 1, "the one unit of ouest is a woman or a man");
}

#[test]
fn strata_with_too_few_units_for_their_design_leave_the_error_empty_and_the_others_not() {
    let workshop = Workshop::new();
    // Two units of ouest for three variables; one woman and one man of ouest in the second phase.
    let cube = "[sample]\ndesign = \"cube\"\nstrata = [\"region\"]\nsize = 30\nbalance = [\"sexe\", \"taille\"]\n\
                [[sample.stratum]]\nwhere = { region = \"ouest\" }\nsize = 2\n";
    let phases = "[sample]\ndesign = \"two-phase\"\nstrata = [\"region\"]\nrate = \"1/2\"\n\
                  second = { strata = [\"sexe\"], rate = \"1/12\" }";
    for sample in [cube, phases] {
        let table = workshop.table(sample, "\"region\"", 2);
        let (mut empty, mut known) = (Vec::new(), 0);
        for row in (0..table.rows.len()).filter(|row| table.rows[*row][table.at("statut")] == "publie") {
            let [value, error, low, _] = measured(&table, row, "actes");
            assert!(value.is_some() && error.is_none() == low.is_none() && error != Some(0.0));
            if error.is_none() { empty.push(table.rows[row][0].as_str()) } else { known += 1 }
        }
        assert!(empty == ["ouest"] && known > 0, "{sample}: {empty:?} {known}");
    }
}

#[test]
fn weights_below_zero_stop_the_run_and_say_what_to_do() {
    let workshop = Workshop::new();
    let sample = "[sample]\ndesign = \"stratified\"\nstrata = [\"region\"]\nrate = \"1/4\"\n[sample.calibrate]\n\
                  method = \"linear\"\nmargin = [{ column = \"taille\", total = 100 }]";
    let error = workshop.run(&workshop.pipeline(sample, &table("\"acte\"", 2)), 2).expect_err("the total is far off");
    assert!(error.to_string().contains("are below 0"), "{error}");
    assert_eq!(error.exit_code(), 4);
}

#[test]
fn columns_are_described_and_the_method_is_told() {
    let workshop = Workshop::new();
    let release = workshop.release(CALIBRATED, "\"acte\"", 2);
    let table = Table::read(&release.join("tables/tableau.csv"));
    let four = |name: &str| ["", "_erreur_type", "_ic_bas", "_ic_haut"].map(|suffix| format!("{name}{suffix}"));
    let mut expected = vec!["acte".to_owned()];
    expected.extend(names().into_iter().flat_map(four));
    expected.push("statut".to_owned());
    assert_eq!(table.labels, expected);
    let package: serde_json::Value =
        serde_json::from_slice(&fs::read(release.join("datapackage.json")).unwrap()).unwrap();
    let text = package.to_string();
    for told in ["Deville and Särndal 1992", "without replacement within strata", "\"confidence\":0.95", "erreur type"]
    {
        assert!(text.contains(told), "{told}: {text}");
    }
    let fields = package["resources"][0]["schema"]["fields"].as_array().unwrap();
    let persons = fields.iter().find(|f| f["name"] == "personnes").unwrap();
    assert_eq!(persons["type"], "number", "an estimated count is no whole number");
    assert_eq!(persons["title"], "Nombre de personnes distinctes (estimation)");
}

#[test]
fn the_plan_says_what_is_estimated_and_by_what() {
    let workshop = Workshop::new();
    let pipeline = workshop.pipeline(CALIBRATED, &table("\"acte\"", 2));
    let plan = |json: &[&str]| {
        let told = common::tamis().arg("plan").args(json).arg(&pipeline.path).output().unwrap();
        assert!(told.status.success());
        String::from_utf8(told.stdout).unwrap()
    };
    let text = plan(&[]);
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for told in [
        "over the sample, as estimates for the frame",
        "weights fitted to known margins",
        "standard errors (erreurs types): without replacement within strata",
        "technique des résidus",
        "intervalles de confiance) of 95 %",
    ] {
        assert!(flat.contains(told), "{told}: {text}");
    }
    let json: serde_json::Value = serde_json::from_str(&plan(&["--format", "json"])).unwrap();
    assert_eq!(json["aggregates"][0]["estimates"]["confidence"], 0.95, "{json}");
}

#[test]
fn a_table_over_the_population_beside_the_sample_stays_as_it_was() {
    let workshop = Workshop::new();
    let counted = table("\"acte\"", 2).replace("over = \"sample\"\n", "");
    let release = workshop.run(&workshop.pipeline(STRATIFIED, &counted), 2).unwrap().release;
    let table = Table::read(&release.join("tables/tableau.csv"));
    assert_eq!(table.labels, ["acte", "personnes", "actes", "somme", "moyenne", "part", "statut"]);
    let persons: Vec<u64> = table.column("personnes").iter().map(|n| n.parse().unwrap()).collect();
    assert!(persons.iter().sum::<u64>() >= 240);
}

#[test]
fn totals_that_weights_are_fitted_to_are_taken_to_be_known() {
    let workshop = Workshop::new();
    let pipeline = workshop.pipeline(CALIBRATED, &table("\"acte\", \"sexe\"", 2));
    let system = &pipeline.linked()[0];
    let fitted = pipeline.datasets[system.dataset].kept.iter().position(|kept| kept.name == "sexe").unwrap();
    let (dimension, level) = system.place(fitted).unwrap();
    let alone =
        |levels: &[usize]| levels.iter().enumerate().all(|(at, l)| *l == if at == dimension { level } else { 0 });
    assert!(system.shapes.iter().any(|shape| shape.known && alone(&shape.levels)), "{:?}", system.shapes);
}

#[test]
fn what_has_no_error_or_a_name_twice_is_refused() {
    let workshop = Workshop::new();
    let refused = |sample: &str, outputs: &str| {
        let good = workshop.pipeline(STRATIFIED, &table("\"acte\"", 2));
        let text =
            fs::read_to_string(&good.path).unwrap().replace(STRATIFIED, sample).replace(&table("\"acte\"", 2), outputs);
        fs::write(&good.path, text).unwrap();
        format!("{:?}", tamis::config::Pipeline::read(&good.path).expect_err("it is refused"))
    };
    let phases = "[sample]\ndesign = \"two-phase\"\nrate = \"1/2\"\nsecond = { rate = \"1/2\" }\n[sample.calibrate]\n\
                  method = \"raking\"\nmargin = [{ column = \"sexe\" }]";
    let phases = refused(phases, &table("\"acte\"", 2));
    assert!(phases.contains("two-phase sample with fitted weights"), "{phases}");
    let doubled = table("\"acte\"", 2).replace("as = \"actes\"", "as = \"personnes_ic_bas\"");
    let doubled = refused(STRATIFIED, &doubled);
    assert!(doubled.contains("personnes_ic_bas"), "{doubled}");
}
