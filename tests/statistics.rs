//! Statistics of anonymised data (décret, art. 1, 6°): made of a release that its maker signed and certified, held against counts of its
//! rows; everything else is refused.

#![allow(clippy::unwrap_used)]

#[path = "common/bilans.rs"]
mod bilans;
mod common;
#[path = "common/machines.rs"]
mod machines;
#[path = "statistics/refusals.rs"]
mod refusals;
#[path = "statistics/scene.rs"]
mod scene;
#[path = "common/tables.rs"]
mod tables;

use std::fs;
use std::sync::Arc;

use machines::{Machine, PURPOSE};
use scene::{CERTIFIED, Statistics, agrees, counted, made, persons, with_release};
use serde_json::Value;
use tables::Table;
use tamis::admission::AdmissionError;
use tamis::clock::FixedClock;
use tamis::config::Pipeline;
use tamis::pipeline::{RunError, RunOptions, Unwatched};

/// The legal basis of statistics.
const BASIS: &str = "décret, art. 1, 6°";
const LABELS: [Option<&str>; 4] = [Some("persons"), Some("records"), None, Some("part")];

/// A table with its output, its columns, what a share is of, and the labels of its measures.
type Shown =
    (&'static str, &'static str, &'static [&'static str], (&'static str, &'static str), [Option<&'static str>; 4]);

fn json(machine: &Machine, name: &str) -> Value {
    serde_json::from_str(&machine.read(name)).unwrap()
}

#[test]
fn a_table_over_a_certified_release_says_what_its_rows_say_and_what_they_are() {
    let (house, run) = with_release("release", CERTIFIED);
    let release = format!("{}/release", run.directory);
    Statistics::of(&release).run(&house, &[]).ends(0);
    let stats = made(&house);
    let rows = Table::read(&house.path(format!("{release}/data/personnes.csv")));
    let cells = counted(&rows, &["age", "sexe"], None, ("tabac", "2"));
    let table = Table::read(&house.path(format!("{stats}/release/tables/fumeurs.csv")));
    assert!(agrees(&table, &cells, &["age", "sexe"], LABELS) > 5);
    assert!(rows.rows.len() > cells[&vec!["_T".to_owned(), "_T".to_owned()]].persons.len(), "some come twice");

    // The table says that it counts a release, of which run, and what was signed about it.
    let package = json(&house, &format!("{stats}/release/datapackage.json"));
    let protection = &package["resources"][0]["tamis:protection"];
    assert_eq!((&protection["over"], &protection["counted_over"]), (&"release".into(), &"distinct persons".into()));
    let of = &package["tamis:release"]["protection"]["source_releases"][0];
    assert_eq!((&of["run"], &of["output"]), (&run.name.as_str().into(), &"personnes".into()));
    let note = tamis::seal::Hash::of(&fs::read(house.path(format!("{release}/statement.note"))).unwrap());
    assert_eq!(of["statement_sha256"], note.to_string());
    let log = tamis::audit::read(&house.path(format!("{stats}/dossier/audit.jsonl"))).unwrap();
    let admitted = log.iter().find(|entry| entry.event == "release_admitted").unwrap();
    assert_eq!(admitted.fields["of_run"], run.name.as_str());
    assert_eq!(admitted.fields["statement_sha256"], note.to_string());

    // Nothing that tells persons apart is in what was made of them, or was ever said.
    let written = common::files(&house.path(&stats));
    let said: String = house.said().into_iter().map(|(_, said)| said).collect();
    for pseudonym in rows.column("pseudonyme") {
        assert!(!said.contains(pseudonym));
        for (name, bytes) in &written {
            assert!(!String::from_utf8_lossy(bytes).contains(pseudonym), "a pseudonym in {}", name.display());
        }
    }
}

#[test]
fn statistics_of_a_release_are_the_same_bytes_each_time() {
    let (house, run) = with_release("release", CERTIFIED);
    let statistics = Statistics::of(&format!("{}/release", run.directory));
    let tables = |threads: &str| {
        statistics.run(&house, &["--threads", threads]).ends(0);
        let stats = made(&house);
        let tables = common::files(&house.path(format!("{stats}/release/tables")));
        fs::remove_dir_all(house.path("stats")).unwrap();
        tables
    };
    let once = tables("1");
    assert_eq!((once.len(), &once), (2, &tables("3")));
}

#[test]
fn where_no_pseudonym_ties_records_each_counts_as_a_person_and_the_table_says_so() {
    let (house, run) = with_release("none", CERTIFIED);
    let schema = scene::SCHEMA.lines().filter(|line| !line.contains("pseudonyme")).collect::<Vec<_>>().join("\n");
    fs::write(house.path("personnes.json"), schema).unwrap();
    let release = format!("{}/release", run.directory);
    Statistics::of(&release).run(&house, &[]).ends(0);
    let stats = made(&house);
    let rows = Table::read(&house.path(format!("{release}/data/personnes.csv")));
    assert!(rows.rows.iter().collect::<std::collections::BTreeSet<_>>().len() < rows.rows.len(), "some rows are alike");
    let cells = counted(&rows, &["age", "sexe"], None, ("tabac", "2"));
    let table = Table::read(&house.path(format!("{stats}/release/tables/fumeurs.csv")));
    assert!(agrees(&table, &cells, &["age", "sexe"], LABELS) > 5);
    let package = json(&house, &format!("{stats}/release/datapackage.json"));
    let told = &package["resources"][0];
    assert_eq!(told["tamis:protection"]["counted_over"], "records, each as a person of its own");
    let titles = told["schema"]["fields"].as_array().unwrap().iter().filter_map(|field| field["title"].as_str());
    assert!(titles.clone().any(|title| title == "Nombre d'enregistrements, chacun compté comme une personne"));
}

#[test]
fn whoever_received_a_sealed_release_makes_statistics_of_what_was_opened_until_its_use_ends() {
    let sender = scene::house();
    let recipient = machines::recipient("dgs", &sender);
    let to = machines::transmission(&sender, &["dgs"], "use_until = \"2999-12-31\"\n");
    bilans::pipeline(&sender, "release", &(persons(CERTIFIED) + &to));
    let run = machines::run(&sender, &[]);
    machines::hand_over(&sender, &recipient, &run, "dgs").ends(0);
    machines::acknowledge(&sender, &recipient, &run, "dgs");
    recipient.fetch(&sender, "personnes.json", "personnes.json");

    let release = format!("{}/release", run.reception("dgs"));
    let statistics = Statistics { verifier: "crcdc.pub".to_owned(), ..Statistics::of(&release) };
    statistics.run(&recipient, &[]).ends(0);
    let table = Table::read(&recipient.path(format!("{}/release/tables/fumeurs.csv", made(&recipient))));
    let rows = Table::read(&recipient.path(format!("{release}/data/personnes.csv")));
    let cells = counted(&rows, &["age", "sexe"], None, ("tabac", "2"));
    assert!(agrees(&table, &cells, &["age", "sexe"], LABELS) > 5);

    // A file that was changed on the desk is seen by the sender's signature.
    let file = recipient.path(format!("{release}/data/personnes.csv"));
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen(",F,", ",M,", 1)).unwrap();
    statistics.run(&recipient, &["--again"]).ends(4).says("changed after its maker signed");
    fs::write(&file, text).unwrap();

    // After the last day it is to be destroyed, not counted.
    let after = FixedClock("3000-01-01T00:00:00Z".parse().unwrap());
    let mut pipeline = Pipeline::read(&recipient.path("statistiques.toml")).unwrap();
    assert!(pipeline.take_release_from("bilans", &recipient.path(&release)));
    let options = RunOptions {
        out: Some(recipient.path("late")),
        threads: Some(1),
        key: None,
        draw_key: None,
        epoch: None,
        signer: None,
        operator: None,
        repeat: tamis::pipeline::Repeat::Allowed,
        clock: Arc::new(after),
        watch: &Unwatched,
    };
    let late = tamis::pipeline::run(&pipeline, options).err().unwrap();
    assert!(matches!(late, RunError::Admission(AdmissionError::UseIsOver { .. })), "{late}");
    assert_eq!(late.exit_code(), 4);
}

#[test]
fn the_two_pipelines_of_the_project_run_one_after_the_other() {
    let house = Machine::new();
    let project = common::project();
    for (schema, name) in [("consultation_prevention", "consultations"), ("depistage_organise", "depistages")] {
        let options = tamis::synth::SynthOptions { records: 3000, seed: 5, ..tamis::synth::SynthOptions::default() };
        common::synth(&house.path(format!("{name}-1.csv")), schema, options);
    }
    for name in ["l1411-8", "art1-6"] {
        let text = fs::read_to_string(project.join(format!("pipelines/{name}.toml"))).unwrap();
        let text = text
            .replace("../schemas", project.join("schemas").to_str().unwrap())
            .replace("../sample_data/oppositions.csv", "oppositions.csv")
            .replace("../sample_data/depistages.csv.gz", "depistages-1.csv")
            .replace("../sample_data/", "")
            .replace("\"1/4\"", "\"3/4\"")
            .replace("advantage = 0.25", "advantage = 0.5")
            .replace("\"../", "\"");
        assert!(!text.contains("\"../"));
        fs::write(house.path(format!("{name}.toml")), text).unwrap();
    }
    fs::write(house.path("oppositions.csv"), "matricule_ins\n").unwrap();
    house.tamis(&["keys", "generate", "signing", "--name", "maison", "--to", "maison.sign"]).ends(0);
    // What the plan asks for needs no release to be there.
    house.tamis(&["plan", "art1-6.toml"]).ends(0).says("signed by the key in maison.sign.pub");
    house.tamis(&["run", "art1-6.toml"]).ends(6).says("there is no such release");
    house.tamis(&["run", "l1411-8.toml", "--signing-key", "maison.sign"]).ends(0);
    house.tamis(&["run", "art1-6.toml"]).ends(0);

    let find = |begin: &str| {
        let runs = fs::read_dir(house.path("out")).unwrap().map(|run| run.unwrap().path().join("release"));
        runs.filter(|run| run.is_dir()).find(|run| run.to_str().unwrap().contains(begin)).unwrap()
    };
    let (release, stats) = (find("l1411-8"), find("art1-6"));
    let tables: [Shown; 4] = [
        (
            "consultations",
            "bilans_par_region",
            &["region", "sexe"],
            ("tabac", "2"),
            [Some("persons"), Some("records"), Some("effectif_estime"), Some("part_fumeurs")],
        ),
        (
            "consultations",
            "bilans_par_age",
            &["age", "sexe"],
            ("vaccins_a_jour", "true"),
            [Some("persons"), None, Some("effectif_estime"), Some("part_vaccins_a_jour")],
        ),
        (
            "consultations",
            "bilans_par_corpulence",
            &["corpulence", "sexe"],
            ("tabac", "2"),
            [Some("persons"), None, Some("effectif_estime"), None],
        ),
        (
            "depistages",
            "depistages_par_programme",
            &["region", "programme"],
            ("resultat", "pos"),
            [Some("persons"), Some("records"), Some("effectif_estime"), Some("part_positifs")],
        ),
    ];
    for (output, table, by, share, labels) in tables {
        let rows = Table::read(&release.join(format!("data/{output}.csv")));
        let cells = counted(&rows, by, Some("poids_sondage"), share);
        let shown = Table::read(&stats.join(format!("tables/{table}.csv")));
        assert!(agrees(&shown, &cells, by, labels) > 5, "{table}");
    }
}

#[test]
fn a_plan_for_programs_names_what_is_asked_of_the_release() {
    let house = scene::house();
    fs::write(house.path("statistiques.toml"), Statistics::of("out/*/release").text()).unwrap();
    let plan = house.tamis(&["plan", "statistiques.toml", "--format", "json"]).ends(0).json();
    let release = &plan["sources"][0]["release"];
    assert_eq!((&release["output"], &release["purpose"]), (&"personnes".into(), &PURPOSE.into()));
    assert_eq!((&release["verifier"], &release["evidence"]["smallest"]), (&"signing.key.pub".into(), &11.into()));
    assert_eq!(plan["aggregates"][0]["over"], "release");
}
